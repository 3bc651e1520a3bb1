//! Rows of a migration file as one `INSERT`, written by sea-query.
//!
//! Owns what sea-query writes wrongly or not at all: numbers are given as they
//! were written, since its floats lose digits, and expressions as they stand.

use sea_query::{Alias, Expr, Query, SqliteQueryBuilder, Value};

use crate::error::{Error, Result};
use crate::schema::{DefaultValue, Literal, Name, TableName};

/// One statement for all rows.
pub(super) fn insert(
    table: &TableName,
    columns: &[Name],
    rows: &[Vec<DefaultValue>],
) -> Result<String> {
    let name = Alias::new(table.name.as_str());
    let mut insert = Query::insert();
    match &table.schema {
        Some(schema) => insert.into_table((Alias::new(schema.as_str()), name)),
        None => insert.into_table(name),
    };
    insert.columns(columns.iter().map(|column| Alias::new(column.as_str())));
    for (at, row) in rows.iter().enumerate() {
        insert.values(row.iter().map(value)).map_err(|_| {
            Error::new(format!(
                "row {} has {} values for {} columns",
                at + 1,
                row.len(),
                columns.len()
            ))
        })?;
    }
    Ok(insert.to_string(SqliteQueryBuilder))
}

fn value(value: &DefaultValue) -> Expr {
    match value {
        DefaultValue::Expression(expression) => Expr::cust(format!("({expression})")),
        DefaultValue::Literal(literal) => match literal {
            Literal::Null => Expr::cust("NULL"),
            Literal::Boolean(value) => Expr::value(*value),
            Literal::Integer(number) => Expr::cust(number.to_string()),
            Literal::Number(digits) => Expr::cust(digits.clone()),
            Literal::Text(text) => Expr::value(text.clone()),
            Literal::Bytes(bytes) => Expr::value(Value::Bytes(Some(bytes.clone()))),
        },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::schema::Expression;

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
        assert_eq!(
            insert(&"t".into(), &columns, &[row]).unwrap(),
            "INSERT INTO \"t\" (\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"\"\", \"g\") VALUES \
             (NULL, TRUE, -9007199254740993, 0.10, 'it''s ? \\ ☂', x'00FF', (1 + 1))"
        );
        let short = insert(&"t".into(), &columns, &[vec![]]).unwrap_err();
        assert_eq!(short.message, "row 1 has 0 values for 7 columns");
    }
}
