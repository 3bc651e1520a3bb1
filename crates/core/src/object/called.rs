//! What tables call.
//!
//! Owns how the names of functions are found in the texts of a table. It must
//! not know which functions there are.

use std::collections::BTreeSet;

use crate::operation::part::Part;
use crate::schema::{DefaultValue, Expression, Schema, Table};

/// The names of everything that tables call.
pub(super) fn needed_by(schema: &Schema) -> BTreeSet<String> {
    schema.tables.values().flat_map(called_by).collect()
}

/// The names of everything that a table calls: in defaults, computed columns,
/// checks and indexes.
pub(super) fn called_by(table: &Table) -> BTreeSet<String> {
    let mut texts: Vec<&str> = Vec::new();
    for column in &table.columns {
        if let Some(DefaultValue::Expression(text)) = &column.default {
            texts.push(text.as_str());
        }
        texts.extend(column.generated.iter().map(|g| g.expression.as_str()));
    }
    texts.extend(table.checks.iter().map(|check| check.expression.as_str()));
    for index in &table.indexes {
        texts.extend(index.expressions().into_iter().map(Expression::as_str));
    }
    texts.into_iter().flat_map(called).collect()
}

/// The words before a parenthesis, in small letters. The same word without one
/// is a column.
fn called(text: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let before = |(at, _): (usize, &str)| {
        let rest = text[..at].trim_end().trim_end_matches(['"', '`']);
        let start = rest.rfind(|c: char| !is_word(c)).map_or(0, |at| {
            at + rest[at..].chars().next().map_or(0, char::len_utf8)
        });
        (start < rest.len()).then(|| rest[start..].to_lowercase())
    };
    text.match_indices('(').filter_map(before).collect()
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn a_column_is_not_called() {
        assert_eq!(
            called("bal * 100 > (1) AND lower (a) = \"F\"(b)"),
            ["lower", "f"]
        );
        assert_eq!(called("größe(a)"), ["größe"]);
        assert!(called("bal").is_empty());
    }
}
