//! What SQLite calls the rows that may object to a change.
//!
//! SQLite keeps what does not fit a type as it is: such values are found by
//! what they are, as programs find them that expect the type.

use super::{Sqlite, misfit, render};
use crate::dialect::types::{Affinity, sqlite_affinity};
use crate::dialect::{Conversion, RowSql};
use crate::schema::{ColumnType, Literal, Table};

/// The names of the number of a row; a column may have taken one.
const ROW_IDS: [&str; 3] = ["rowid", "_rowid_", "oid"];

impl RowSql for Sqlite {
    fn constant(&self, value: &Literal, _ty: &ColumnType) -> String {
        render::literal(value)
    }

    fn address(&self, table: &Table) -> Option<&'static str> {
        if table.options.without_rowid {
            return None;
        }
        let taken = |id: &str| {
            let mut columns = table.columns.iter();
            columns.any(|column| column.name.as_str().eq_ignore_ascii_case(id))
        };
        ROW_IDS.into_iter().find(|id| !taken(id))
    }

    fn shown(&self, value: &str, _ty: &ColumnType) -> String {
        format!("CASE typeof({value}) WHEN 'blob' THEN hex({value}) ELSE CAST({value} AS TEXT) END")
    }

    fn collated(&self, value: &str, collation: &str) -> String {
        format!("{value} COLLATE {}", render::collation(collation))
    }

    fn prefix(&self, value: &str, length: u32) -> String {
        format!("substr({value}, 1, {length})")
    }

    fn key_takes_null(&self, table: &Table) -> bool {
        !table.options.without_rowid
    }

    fn holds(&self, column: &str, _ty: &ColumnType, value: &str) -> String {
        format!("{column} = {}", render::string_literal(value))
    }

    fn misfit(&self, conversion: &Conversion<'_>) -> Option<String> {
        misfit::of(conversion.value, conversion.from, conversion.to)
    }

    fn loss(&self, conversion: &Conversion<'_>) -> Option<String> {
        misfit::loss(conversion.value, conversion.from, conversion.to)
    }

    fn untyped(&self, column: &str, ty: &ColumnType) -> Option<String> {
        let v = column;
        let test = match sqlite_affinity(ty) {
            Affinity::Integer => misfit::no_integer(v),
            Affinity::Real => misfit::no_number(v),
            Affinity::Text => format!("typeof({v}) = 'blob'"),
            Affinity::Blob => format!("typeof({v}) <> 'blob'"),
            // `ANY`, the only one of these that a strict table takes.
            Affinity::Numeric => return None,
        };
        Some(format!("({v} IS NOT NULL AND ({test}))"))
    }
}
