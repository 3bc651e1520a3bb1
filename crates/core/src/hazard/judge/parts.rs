//! What can be read off one part of a table.

use crate::change::Pair;
use crate::schema::{Column, DefaultValue, ForeignKey, Literal, Name};

/// Whether a foreign key asks nothing new of rows.
pub(in crate::hazard) fn refers_alike(pair: &Pair<ForeignKey>) -> bool {
    let Pair { from, to } = pair;
    !from.not_valid
        && from.columns == to.columns
        && from.references == to.references
        && from.referenced_columns == to.referenced_columns
}

/// Whether a check only lists the values of a column: `c IN ('a', 'b')`. NULL
/// passes it.
pub(in crate::hazard) fn is_a_list_of(column: &Name, check: &str) -> bool {
    let name = column.as_str();
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    let Some(rest) = [quoted.as_str(), name]
        .iter()
        .find_map(|name| check.trim().strip_prefix(name))
    else {
        return false;
    };
    let rest = rest.trim_start();
    let list = match (rest.get(..2), rest.get(2..)) {
        (Some(word), Some(list)) if word.eq_ignore_ascii_case("in") => list.trim(),
        _ => return false,
    };
    list.strip_prefix('(')
        .and_then(|list| list.strip_suffix(')'))
        .is_some_and(|list| !list.contains(['(', ')']))
}

/// Whether that is as good as no value.
pub(in crate::hazard) fn no_value(value: &Option<DefaultValue>) -> bool {
    matches!(value, None | Some(DefaultValue::Literal(Literal::Null)))
}

/// Whether every row has NULL in a new column.
pub(in crate::hazard) fn is_null_everywhere(column: &Column) -> bool {
    column.nullable
        && column.generated.is_none()
        && !column.autoincrement
        && no_value(&column.default)
        && no_value(&column.fill)
}

/// Whether rows have nothing to put into a new column.
pub(in crate::hazard) fn lacks_a_value(column: &Column) -> bool {
    !column.nullable
        && column.generated.is_none()
        && !column.autoincrement
        && no_value(&column.default)
        && no_value(&column.fill)
}
