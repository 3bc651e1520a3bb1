//! Columns that list what they take: MySQL's `enum('a','b')`, a check
//! `c IN ('a', 'b')`, and columns of an enum type.
//!
//! Owns the reading of such lists, for whoever compares two of them. It must
//! not know what becomes of a difference.

use crate::operation::identifiers::{self, Kind};
use crate::schema::{Column, ColumnType, Expression, Name, Schema, Table};

/// The values that a column of the table takes, in order, if they are listed.
pub(crate) fn of_column(schema: &Schema, table: &Table, column: &Column) -> Option<Vec<String>> {
    of_enum(schema, &column.ty)
        .or_else(|| of_type(&column.ty))
        .or_else(|| {
            let mut lists = table
                .checks
                .iter()
                .filter_map(|check| of_check(&check.expression, &column.name));
            lists.next().filter(|_| lists.next().is_none())
        })
}

fn of_enum(schema: &Schema, ty: &ColumnType) -> Option<Vec<String>> {
    match ty {
        ColumnType::Enum(name) => schema.enums.get(name).map(|e| e.values.clone()),
        ColumnType::Array(inner) => of_enum(schema, inner),
        _ => None,
    }
}

/// The values of `enum('a','b')`.
pub(crate) fn of_type(ty: &ColumnType) -> Option<Vec<String>> {
    let ColumnType::Custom(spelling) = ty else {
        return None;
    };
    let list = spelling.strip_prefix("enum(")?.strip_suffix(')')?;
    let mut values = Vec::new();
    let mut value: Option<String> = None;
    let mut chars = list.chars().peekable();
    while let Some(c) = chars.next() {
        match (&mut value, c) {
            (None, '\'') => value = Some(String::new()),
            (None, ',' | ' ') => {}
            (None, _) => return None,
            (Some(open), '\\') => open.push(match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                other => other,
            }),
            (Some(open), '\'') if chars.next_if_eq(&'\'').is_some() => open.push('\''),
            (Some(_), '\'') => values.extend(value.take()),
            (Some(open), c) => open.push(c),
        }
    }
    (value.is_none() && !values.is_empty()).then_some(values)
}

/// The values of a check that does nothing but list those of the column.
pub(crate) fn of_check(expression: &Expression, column: &Name) -> Option<Vec<String>> {
    let list = identifiers::tokens(expression.as_str());
    let mut list = list.as_slice();
    while let [first, inner @ .., last] = list
        && first.text == "("
        && last.text == ")"
        && inner
            .first()
            .is_some_and(|t| t.kind != Kind::Other || t.text == "(")
    {
        list = inner;
    }
    let [name, word, open, values @ .., close] = list else {
        return None;
    };
    let names = name.kind != Kind::Other && name.text.eq_ignore_ascii_case(column.as_str());
    let is_in = word.kind == Kind::Bare && word.text.eq_ignore_ascii_case("in");
    if !names || !is_in || open.text != "(" || close.text != ")" {
        return None;
    }
    let mut found = Vec::new();
    for (at, token) in values.iter().enumerate() {
        if at % 2 == 1 {
            if token.text != "," {
                return None;
            }
            continue;
        }
        let inner = token.text.strip_prefix('\'')?.strip_suffix('\'')?;
        found.push(inner.replace("''", "'"));
    }
    (values.len() % 2 == 1).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_lists_its_values() {
        let of = |text: &str| of_type(&ColumnType::Custom(text.into()));
        let values = ["a", "it's, b", "c\\d", ""].map(str::to_owned).to_vec();
        assert_eq!(of(r"enum('a','it''s, b','c\\d','')"), Some(values));
        let values = ["a\nb", "\r"].map(str::to_owned).to_vec();
        assert_eq!(of(r"enum('a\nb','\r')"), Some(values));
        for other in ["set('a')", "enum()", "enum('a", "point", "enum(a)"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn a_check_lists_the_values_of_one_column() {
        let of = |text: &str| of_check(&Expression::new(text), &"mood".into());
        let values = || Some(["sad", "it's"].map(str::to_owned).to_vec());
        assert_eq!(of("\"mood\" IN ('sad', 'it''s')"), values());
        assert_eq!(of("(mood in ('sad','it''s'))"), values());
        for other in [
            "note IN ('sad')",
            "mood NOT IN ('sad')",
            "mood IN (1, 2)",
            "mood IN ('sad') OR mood IS NULL",
            "mood IN ()",
            "mood IN ('a' 'b')",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
