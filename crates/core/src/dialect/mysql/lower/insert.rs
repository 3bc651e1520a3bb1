//! Rows of a migration file as one `INSERT`.

use crate::dialect::mysql::name::quote;
use crate::dialect::mysql::render;
use crate::error::{Error, Result};
use crate::schema::{DefaultValue, Name, TableName};

/// One statement for all rows.
pub(in crate::dialect::mysql) fn insert(
    table: &TableName,
    columns: &[Name],
    rows: &[Vec<DefaultValue>],
) -> Result<String> {
    let mut lines = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        if row.len() != columns.len() {
            return Err(Error::new(format!(
                "row {} has {} values for {} columns",
                at + 1,
                row.len(),
                columns.len()
            )));
        }
        let values: Vec<String> = row.iter().map(render::value).collect();
        lines.push(format!("({})", values.join(", ")));
    }
    let columns: Vec<String> = columns.iter().map(|c| quote(c.as_str())).collect();
    Ok(format!(
        "INSERT INTO {} ({}) VALUES {}",
        render::table_name(table),
        columns.join(", "),
        lines.join(", ")
    ))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::schema::{Expression, Literal};

    #[test]
    fn every_kind_of_value_is_written() {
        let row = vec![
            DefaultValue::Literal(Literal::Null),
            DefaultValue::Literal(Literal::Boolean(true)),
            DefaultValue::Literal(Literal::Integer(-9_007_199_254_740_993)),
            DefaultValue::Literal(Literal::Number("0.10".into())),
            DefaultValue::Literal(Literal::Text("it's ? \\ ☂\0".into())),
            DefaultValue::Literal(Literal::Bytes(vec![0, 255])),
            DefaultValue::Expression(Expression::new("1 + 1")),
        ];
        let columns: Vec<Name> = ["a", "b", "c", "d", "e", "f`", "g"].map(Name::from).into();
        assert_eq!(
            insert(&"t".into(), &columns, &[row]).unwrap(),
            "INSERT INTO `t` (`a`, `b`, `c`, `d`, `e`, `f```, `g`) VALUES \
             (NULL, 1, -9007199254740993, 0.10, 'it''s ? \\\\ ☂\\0', x'00FF', (1 + 1))"
        );
        let short = insert(&"t".into(), &columns, &[vec![]]).unwrap_err();
        assert_eq!(short.message, "row 1 has 0 values for 7 columns");
    }
}
