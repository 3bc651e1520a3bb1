//! Rows of a migration file as one `INSERT`.
//!
//! Owns the statement. It is written here and not by a query builder: numbers
//! stay as they were written, strings are standard ones, expressions stand as
//! they are.

use crate::dialect::postgres::render::{literal, name_list, parenthesised, qualified};
use crate::error::{Error, Result};
use crate::schema::{DefaultValue, Name, TableName};

/// One statement for all rows.
pub(in crate::dialect::postgres) fn insert(
    table: &TableName,
    columns: &[Name],
    rows: &[Vec<DefaultValue>],
) -> Result<String> {
    let mut tuples = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        if row.len() != columns.len() {
            return Err(Error::new(format!(
                "row {} has {} values for {} columns",
                at + 1,
                row.len(),
                columns.len()
            )));
        }
        let values: Vec<String> = row
            .iter()
            .map(|value| match value {
                DefaultValue::Literal(value) => literal(value),
                DefaultValue::Expression(expression) => parenthesised(expression),
            })
            .collect();
        tuples.push(format!("({})", values.join(", ")));
    }
    Ok(format!(
        "INSERT INTO {} {} VALUES {}",
        qualified(table),
        name_list(columns),
        tuples.join(", ")
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
            DefaultValue::Literal(Literal::Text("it's ? \\ ☂".into())),
            DefaultValue::Literal(Literal::Bytes(vec![0, 255])),
            DefaultValue::Expression(Expression::new("1 + 1")),
        ];
        let columns: Vec<Name> = ["a", "b", "c", "d", "e", "f\"", "g"].map(Name::from).into();
        let table = TableName::in_schema("s", "t");
        assert_eq!(
            insert(&table, &columns, &[row.clone(), row]).unwrap(),
            "INSERT INTO \"s\".\"t\" (\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"\"\", \"g\") VALUES \
             (NULL, true, -9007199254740993, 0.10, 'it''s ? \\ ☂', '\\x00ff', (1 + 1)), \
             (NULL, true, -9007199254740993, 0.10, 'it''s ? \\ ☂', '\\x00ff', (1 + 1))"
        );
        let short = insert(&table, &columns, &[vec![]]).unwrap_err();
        assert_eq!(short.message, "row 1 has 0 values for 7 columns");
    }
}
