//! The column type of a field: the one that was said, or the one that follows
//! from the Rust type.
//!
//! A `String` is `text`, unless the column is part of a key or an index: these
//! cannot hold all of a `text`, so there it is `varchar(255)`. Bytes likewise
//! are `blob` or `varbinary(255)`. Either is content with what exists, as long as
//! it can be the key that is asked for.

use super::{LAST_OF_NAMES, Reader};
use crate::dialect::mysql::types::{Class, canonical_type, enum_of, read};
use crate::dialect::types::rust_type;
use crate::diff::ColumnHint;
use crate::listed;
use crate::model::{ColumnModel, Origin, RustType, TypeModel};
use crate::schema::{ColumnType, TableName};

impl Reader<'_> {
    pub(super) fn column_type(
        &mut self,
        model: &ColumnModel,
        place: &str,
        keyed: bool,
    ) -> (ColumnType, ColumnHint) {
        match &model.ty {
            TypeModel::Inferred(rust) => self.inferred(rust, model, place, keyed),
            TypeModel::Said {
                all,
                by_dialect,
                rust,
            } => {
                let own = by_dialect.iter().find(|(dialect, _)| dialect == "mysql");
                match (own.map(|(_, text)| text).or(all.as_ref()), rust) {
                    (Some(text), _) => (self.said(text, model, place), ColumnHint::default()),
                    (None, Some(rust)) => self.inferred(rust, model, place, keyed),
                    (None, None) => {
                        self.refuse(
                            &model.origin,
                            format!("no column type is known for {place} on {}", self.title()),
                            "give one with `#[column(type(mysql = \"..\"))]`",
                        );
                        (ColumnType::Text, ColumnHint::default())
                    }
                }
            }
        }
    }

    fn said(&mut self, text: &str, model: &ColumnModel, place: &str) -> ColumnType {
        if !is_type(text) {
            self.refuse(
                &model.origin,
                format!(
                    "{place}: `{text}` is not a type that {} can read",
                    self.title()
                ),
                "write a type and nothing else: `varchar(100)`, `int unsigned`, `enum('a','b')`",
            );
        }
        let ty = read(text);
        if ty == ColumnType::Varchar(None) {
            self.refuse(
                &model.origin,
                format!("{place}: `varchar` needs a length"),
                "write `varchar(255)`, or `text`",
            );
        }
        let values = listed::of_type(&ty).unwrap_or_default();
        self.values_fit(&model.origin, &values);
        ty
    }

    fn inferred(
        &mut self,
        rust: &RustType,
        model: &ColumnModel,
        place: &str,
        keyed: bool,
    ) -> (ColumnType, ColumnHint) {
        let ty = match rust {
            RustType::Enum(name) => (self.enum_type(model, name), None),
            RustType::Array(_) => {
                self.refuse(
                    &model.origin,
                    format!("{} has no arrays, and {place} is one", self.title()),
                    "put the values into a table of their own, or make it `Json<Vec<..>>`",
                );
                (ColumnType::Json, None)
            }
            other => match rust_type(other) {
                Ok(found) => {
                    let usual = canonical_type(&found.neutral);
                    let ty = match Class::of(&usual) {
                        Class::LongText if keyed => ColumnType::Varchar(Some(255)),
                        Class::Blob if keyed => ColumnType::Varbinary(255),
                        _ => usual.clone(),
                    };
                    let says_more = found.neutral != ty && usual == ty;
                    (ty, says_more.then_some(found.neutral))
                }
                Err(error) => {
                    let hint = error.hint.unwrap_or_default();
                    let message = format!("{}, and {place} is one", error.message);
                    self.refuse(&model.origin, message, &hint);
                    (ColumnType::Text, None)
                }
            },
        };
        let hint = ColumnHint {
            inferred: Some(rust.clone()),
            neutral: ty.1,
            ..ColumnHint::default()
        };
        (ty.0, hint)
    }

    fn enum_type(&mut self, model: &ColumnModel, name: &TableName) -> ColumnType {
        let Some(found) = self.enums.get(name).copied() else {
            self.refuse(
                &model.origin,
                format!("the values of the enum `{name}` are not known"),
                "put the enum into a file that `[models] paths` covers, or give the column a type",
            );
            return ColumnType::Text;
        };
        if found.values.is_empty() {
            self.refuse(
                &found.origin,
                format!("the enum `{}` has no values", found.enum_name),
                "add a variant",
            );
        }
        self.values_fit(&found.origin, &found.values);
        ColumnType::Custom(enum_of(&found.values))
    }

    /// The values of an enum as the server would give them back.
    fn values_fit(&mut self, origin: &Origin, values: &[String]) {
        let title = self.title();
        for value in values {
            let hint = if value.ends_with(' ') {
                "give one that does not end with a space"
            } else if value.contains(|c: char| c > LAST_OF_NAMES) {
                "give one without characters beyond U+FFFF, such as emoji"
            } else {
                continue;
            };
            self.refuse(
                origin,
                format!("{title} does not keep the value `{value}` of an enum as it is"),
                hint,
            );
        }
    }
}

/// Words that end a type: a clause of the column would follow.
const NOT_IN_A_TYPE: &[&str] = &[
    "always",
    "as",
    "auto_increment",
    "check",
    "collate",
    "comment",
    "constraint",
    "default",
    "generated",
    "invisible",
    "key",
    "not",
    "null",
    "on",
    "primary",
    "references",
    "unique",
];

/// Whether a text is a type: words, then maybe a list in parentheses, then
/// maybe words such as `unsigned`.
fn is_type(text: &str) -> bool {
    let Some(list) = crate::dialect::mysql::expression::tokens(text) else {
        return false;
    };
    use crate::dialect::mysql::expression::Token;
    let mut depth = 0_u32;
    let mut lists = 0;
    for (at, token) in list.iter().enumerate() {
        let fits = match token {
            Token::Word(word) => depth == 0 && !NOT_IN_A_TYPE.contains(&word.as_str()),
            Token::Symbol('(') => {
                depth += 1;
                lists += 1;
                depth == 1 && lists == 1 && at > 0
            }
            Token::Symbol(')') if depth == 1 => {
                depth = 0;
                true
            }
            Token::Symbol(',') | Token::Number(_) | Token::Text(_) => depth == 1,
            Token::Symbol(_) => false,
        };
        if !fits {
            return false;
        }
    }
    depth == 0 && !list.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_are_types() {
        for text in [
            "varchar(100)",
            "int unsigned",
            "decimal(10, 2) unsigned",
            "enum('a', 'it''s')",
            "double precision",
            "point",
        ] {
            assert!(is_type(text), "{text}");
        }
        for text in [
            "",
            "int not null",
            "text default 'x'",
            "varchar(100",
            "(3)",
            "text) charset x (1)",
            "text; drop table t",
            "int comment 'x'",
            "enum('a",
        ] {
            assert!(!is_type(text), "{text}");
        }
    }
}
