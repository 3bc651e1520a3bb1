//! What SQLite calls the rows that may object to a change.
//!
//! SQLite keeps what does not fit a type as it is: such values are found by
//! what they are, as programs find them that expect the type.

use super::{Sqlite, render};
use crate::dialect::types::{Affinity, sqlite_affinity};
use crate::dialect::{Conversion, RowSql};
use crate::hazard::whole_number;
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
        let Conversion { value: v, to, .. } = *conversion;
        if *to == ColumnType::Boolean {
            return Some(no_integer(v, Some((0, 1))));
        }
        if let Some((low, high)) = whole_number(to) {
            let low = if low == 0 { 0 } else { -(1_i128 << low) };
            return Some(no_integer(v, Some((low, (1_i128 << high) - 1))));
        }
        match to {
            ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_) => Some(no_number(v)),
            ColumnType::Char(Some(n)) | ColumnType::Varchar(Some(n)) => Some(format!(
                "typeof({v}) = 'blob' OR length(CAST({v} AS TEXT)) > {n}"
            )),
            ColumnType::Text | ColumnType::Varchar(None) => Some(format!("typeof({v}) = 'blob'")),
            ColumnType::Date => Some(no_moment(v, "date")),
            ColumnType::Time(_) => Some(no_moment(v, "time")),
            ColumnType::DateTime(_) | ColumnType::TimestampTz(_) => Some(no_moment(v, "datetime")),
            ColumnType::Json | ColumnType::Jsonb => Some(format!("NOT json_valid({v})")),
            _ => None,
        }
    }

    fn untyped(&self, column: &str, ty: &ColumnType) -> Option<String> {
        let v = column;
        let test = match sqlite_affinity(ty) {
            Affinity::Integer => no_integer(v, None),
            Affinity::Real => no_number(v),
            Affinity::Text => format!("typeof({v}) = 'blob'"),
            Affinity::Blob => format!("typeof({v}) <> 'blob'"),
            // `ANY`, the only one of these that a strict table takes.
            Affinity::Numeric => return None,
        };
        Some(format!("({v} IS NOT NULL AND ({test}))"))
    }
}

/// Whether a value is no whole number of that range, nor the text of one.
fn no_integer(v: &str, range: Option<(i128, i128)>) -> String {
    let outside = |number: &str| match range {
        Some((low, high)) => format!("{number} NOT BETWEEN {low} AND {high}"),
        None => "0".to_owned(),
    };
    let digits =
        format!("CASE WHEN trim({v}) GLOB '[-+]*' THEN substr(trim({v}), 2) ELSE trim({v}) END");
    format!(
        "CASE typeof({v}) WHEN 'integer' THEN {} \
         WHEN 'real' THEN {v} <> CAST({v} AS INTEGER) OR {} \
         WHEN 'text' THEN {digits} = '' OR {digits} GLOB '*[^0-9]*' OR {} ELSE 1 END",
        outside(v),
        outside(v),
        outside(&format!("CAST({v} AS INTEGER)"))
    )
}

/// Whether a value is no number, nor the text of one.
fn no_number(v: &str) -> String {
    format!(
        "typeof({v}) = 'blob' OR (typeof({v}) = 'text' AND \
         (trim({v}, ' +-0123456789.eE') <> '' OR {v} NOT GLOB '*[0-9]*'))"
    )
}

/// Whether a text is no point in time.
fn no_moment(v: &str, read: &str) -> String {
    format!("typeof({v}) = 'blob' OR (typeof({v}) = 'text' AND {read}({v}) IS NULL)")
}
