//! Tables and columns.

use super::{Reading, Row, joined, strange};
use crate::dialect::TextRow;
use crate::dialect::postgres::name::quote;
use crate::dialect::postgres::types;
use crate::error::Result;
use crate::schema::{
    Column, ColumnType, DefaultValue, Expression, Generated, Identity, Table, TableName,
};

pub(super) fn read(reading: &mut Reading, tables: &[TextRow], columns: &[TextRow]) -> Result<()> {
    for row in tables {
        table(reading, Row(row))?;
    }
    for row in columns {
        column(reading, Row(row))?;
    }
    Ok(())
}

fn table(reading: &mut Reading, row: Row<'_>) -> Result<()> {
    let name = row.table_name(1)?;
    let label = name.to_string();
    for (at, kind) in [
        (3, "unlogged table"),
        (4, "inheritance"),
        (5, "partitioned table"),
        (6, "access method"),
        (7, "storage parameters"),
        (8, "tablespace"),
        (9, "table of a type"),
        (10, "replica identity"),
    ] {
        if let Some(detail) = row.maybe(at) {
            reading.note(kind, label.clone(), Some(detail));
        }
    }
    let mut table = Table::new(name);
    table.comment = row.maybe(11).map(str::to_owned);
    table.options.extra = joined((3..=8).map(|at| row.maybe(at)));
    reading.tables.insert(row.text(0)?.to_owned(), table);
    Ok(())
}

fn column(reading: &mut Reading, row: Row<'_>) -> Result<()> {
    let ty = column_type(reading, row.text(2)?, row.text(3)?);
    let expression = row.maybe(7).map(Expression::from);
    let mut column = Column::new(row.text(1)?, ty);
    column.nullable = !row.flag(4);
    column.identity = match row.maybe(5) {
        Some("a") => Some(Identity::Always),
        Some("d") => Some(Identity::ByDefault),
        _ => None,
    };
    column.autoincrement = column.identity.is_some();
    match (row.maybe(6), expression) {
        (Some(kind), Some(expression)) => {
            let stored = kind == "s";
            column.generated = Some(Generated { expression, stored });
        }
        (_, expression) => column.default = expression.map(DefaultValue::Expression),
    }
    column.collation = row.maybe(9).map(|name| match row.maybe(8) {
        Some(schema) => format!("{}.{}", quote(schema), quote(name)),
        None => name.to_owned(),
    });
    column.comment = row.maybe(11).map(str::to_owned);
    let oid = row.text(0)?;
    let table = reading.tables.get_mut(oid);
    let table = table.ok_or_else(|| strange("a column without its table"))?;
    let label = format!("{}.{}", table.name, column.name);
    table.columns.push(column);
    if let Some(storage) = row.maybe(10) {
        let storage = match storage {
            "p" => "plain",
            "e" => "external",
            "m" => "main",
            _ => "extended",
        };
        reading.note("column storage", label, Some(storage));
    }
    Ok(())
}

/// The type; an enum by its number, since its name may be anything.
fn column_type(reading: &Reading, spelling: &str, oid: &str) -> ColumnType {
    if let Some(ty) = reading.enums.get(oid) {
        let one = ColumnType::Enum(ty.name.clone());
        return if spelling.ends_with(']') && !spelling.ends_with("\"]") {
            ColumnType::Array(Box::new(one))
        } else {
            one
        };
    }
    types::read(spelling).unwrap_or_else(|| ColumnType::Custom(spelling.to_owned()))
}

/// `table.part`, as notes have it.
pub(super) fn part(table: &TableName, part: &str) -> String {
    format!("{table}.{part}")
}
