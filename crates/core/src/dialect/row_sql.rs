//! What one database calls the rows that may object to a change.
//!
//! It owns the questions whose words differ between databases where rows are
//! counted. How the whole statement reads is [`crate::row_check`]'s business.

use crate::schema::{ColumnType, Literal, Schema, Table};

use super::Server;

/// A column whose values become values of another type.
#[derive(Debug, Clone, Copy)]
pub struct Conversion<'c> {
    /// The column, as an expression.
    pub value: &'c str,
    /// The type that it has.
    pub from: &'c ColumnType,
    /// The type that it gets.
    pub to: &'c ColumnType,
    /// Where the enum types are.
    pub schema: &'c Schema,
    /// Which server is asked.
    pub server: &'c Server,
}

/// The words of one database for what is asked about rows.
pub trait RowSql: std::fmt::Debug + Send + Sync {
    /// A constant of that type, as an expression.
    fn constant(&self, value: &Literal, ty: &ColumnType) -> String;

    /// What tells the rows of the table apart where no key does, if anything.
    fn address(&self, table: &Table) -> Option<&'static str>;

    /// A value of that type as text that people can read.
    fn shown(&self, value: &str, ty: &ColumnType) -> String;

    /// A value that is compared under that collation.
    fn collated(&self, value: &str, collation: &str) -> String;

    /// The first so many characters of a value.
    fn prefix(&self, value: &str, length: u32) -> String;

    /// Whether rows may have NULL in a primary key of the table.
    fn key_takes_null(&self, table: &Table) -> bool;

    /// Whether a column of an enum type, or of an array of one, holds the value.
    fn holds(&self, column: &str, ty: &ColumnType, value: &str) -> String;

    /// Whether a value that is not NULL does not become the same value of the
    /// new type; `None` where that cannot be asked.
    fn misfit(&self, conversion: &Conversion<'_>) -> Option<String>;

    /// Whether a value that is not NULL keeps less of itself as the new type;
    /// `None` where that cannot be asked.
    fn loss(&self, conversion: &Conversion<'_>) -> Option<String>;

    /// Whether a value has another type than its column (SQLite); `None` where
    /// that cannot be, or cannot be asked.
    fn untyped(&self, column: &str, ty: &ColumnType) -> Option<String>;
}
