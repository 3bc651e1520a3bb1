//! Column types as models say them.

use crate::dialect::types::sqlite_read;
use crate::error::{Error, Result};
use crate::model::{RustType, TypeModel};
use crate::schema::ColumnType;

/// Where the type of a column comes from on SQLite.
pub(super) enum Chosen<'a> {
    /// From this text.
    Said(&'a str),
    /// From the Rust type alone.
    Inferred(&'a RustType),
    /// From nowhere: only other databases have a text.
    Nothing,
}

/// The text for SQLite, or else the Rust type.
pub(super) fn sqlite_type(model: &TypeModel) -> Chosen<'_> {
    match model {
        TypeModel::Inferred(rust) => Chosen::Inferred(rust),
        TypeModel::Said {
            all,
            by_dialect,
            rust,
        } => {
            let own = by_dialect.iter().find(|(dialect, _)| dialect == "sqlite");
            match (own.map(|(_, text)| text).or(all.as_ref()), rust) {
                (Some(text), _) => Chosen::Said(text),
                (None, Some(rust)) => Chosen::Inferred(rust),
                (None, None) => Chosen::Nothing,
            }
        }
    }
}

/// The type that a text says.
///
/// # Errors
/// A text that SQLite would not read as a type, or not in a STRICT table.
pub(super) fn read(text: &str, strict: bool) -> Result<ColumnType> {
    if !is_type(text) {
        return Err(
            Error::new(format!("`{text}` is not a type that SQLite can read"))
                .with_hint("write words and at most two numbers: `varchar(100)`, `decimal(10, 2)`"),
        );
    }
    let ty = sqlite_read(text);
    if strict && !is_strict(&ty) {
        return Err(Error::new(format!("a STRICT table has no type `{text}`"))
            .with_hint("write one of INTEGER, INT, REAL, TEXT, BLOB, ANY"));
    }
    Ok(ty)
}

fn is_strict(ty: &ColumnType) -> bool {
    match ty {
        ColumnType::Integer | ColumnType::Double | ColumnType::Text | ColumnType::Blob => true,
        ColumnType::Custom(spelling) => matches!(spelling.as_str(), "INT" | "ANY"),
        _ => false,
    }
}

/// What a type that all dialects know is in a STRICT table: the one of its few
/// types that holds what sqlx encodes.
pub(super) fn strict_type(ty: ColumnType) -> ColumnType {
    match ty {
        ColumnType::Boolean => ColumnType::Integer,
        ColumnType::Char(_)
        | ColumnType::Varchar(_)
        | ColumnType::Date
        | ColumnType::Time(_)
        | ColumnType::DateTime(_) => ColumnType::Text,
        other => other,
    }
}

/// Words that end a type: a constraint would follow.
const NOT_IN_A_TYPE: &[&str] = &[
    "ALWAYS",
    "AS",
    "CHECK",
    "COLLATE",
    "CONSTRAINT",
    "DEFAULT",
    "GENERATED",
    "NOT",
    "NULL",
    "PRIMARY",
    "REFERENCES",
    "UNIQUE",
];

/// Whether a text is what SQLite's grammar calls a type: words, then maybe one
/// or two numbers in parentheses. No text is the type of a column without one.
fn is_type(text: &str) -> bool {
    let text = text.trim();
    let (words, numbers) = match text.strip_suffix(')') {
        Some(rest) => match rest.split_once('(') {
            Some((words, numbers)) => (words, Some(numbers)),
            None => return false,
        },
        None => (text, None),
    };
    let number = |n: &str| {
        let digits = n.trim().strip_prefix(['+', '-']).unwrap_or(n.trim());
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let numbers_fit = numbers.is_none_or(|list| {
        let parts: Vec<&str> = list.split(',').collect();
        parts.len() <= 2 && parts.iter().all(|part| number(part))
    });
    let Some(list) = type_words(words) else {
        return false;
    };
    if numbers.is_some() && list.is_empty() {
        return false;
    }
    numbers_fit && list.into_iter().all(is_type_word)
}

/// The words of a type; one in quotes may have white space in it. Nothing where
/// a quote is not closed.
fn type_words(mut text: &str) -> Option<Vec<&str>> {
    let mut list = Vec::new();
    loop {
        text = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let Some(first) = text.chars().next() else {
            return Some(list);
        };
        let end = match closing(first) {
            Some(close) => 1 + text[1..].find(close)? + 1,
            None => text
                .find(|c: char| c.is_ascii_whitespace() || closing(c).is_some())
                .unwrap_or(text.len()),
        };
        let (word, rest) = text.split_at(end);
        list.push(word);
        text = rest;
    }
}

/// What ends a word that this begins.
fn closing(quote: char) -> Option<char> {
    match quote {
        '"' | '`' => Some(quote),
        '[' => Some(']'),
        _ => None,
    }
}

fn is_type_word(word: &str) -> bool {
    if word.chars().next().and_then(closing).is_some() {
        return true;
    }
    let starts = word
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_');
    starts
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
        && !NOT_IN_A_TYPE.iter().any(|w| w.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_are_types() {
        for text in [
            "varchar(100)",
            "DECIMAL(10, 2)",
            "double precision",
            "",
            "x(-1,+2)",
            "int8",
            "\"odd type\" [of mine](3)",
        ] {
            assert!(is_type(text), "{text}");
        }
        for text in [
            "int not null",
            "text default 'x'",
            "varchar(100",
            "varchar)",
            "(3)",
            "varchar(max)",
            "varchar()",
            "x(1,2,3)",
            "text); drop table t; --",
            "'a'",
            "\"a",
            "a-b",
        ] {
            assert!(!is_type(text), "{text}");
        }
    }

    #[test]
    fn strict_tables_have_few_types() {
        for text in ["int", "Integer", "REAL", "text", "blob", "any"] {
            assert!(read(text, true).is_ok(), "{text}");
        }
        for text in ["varchar(3)", "boolean", "", "datetime", "bigint"] {
            assert!(read(text, true).is_err(), "{text}");
            assert!(read(text, false).is_ok(), "{text}");
        }
    }
}
