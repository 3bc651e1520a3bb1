//! A stored `CREATE TABLE`, read and edited without losing a token.
//!
//! SQLite keeps the text of a table as somebody wrote it. This module cuts it
//! into items by the ranges of their tokens and edits it by replacing ranges,
//! so that comments, spacing and whatever no model can say stay where they
//! are. It must not know of indexes, nor how a changed table gets into the
//! database.

use crate::change::Pair;
use crate::dialect::Unmanaged;
use crate::error::{Error, Result};
use crate::operation::TableChange;
use crate::schema::{Name, Table};

/// Whether references of a table to itself follow when it gets another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelfReferences {
    /// They keep the old name: the table is a stand-in that will get that name.
    Keep,
    /// They get the new name too.
    Follow,
}

/// The text of a `CREATE TABLE` statement and where its parts stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDdl {
    sql: String,
}

impl TableDdl {
    /// Reads the text of a table.
    ///
    /// # Errors
    /// A text that this module and the parser of SQLite's grammar do not
    /// understand alike; the table is then *opaque* and must not be edited.
    pub fn parse(_sql: &str) -> Result<Self> {
        Err(Error::new("not read yet"))
    }

    /// The text.
    pub fn to_sql(&self) -> &str {
        &self.sql
    }

    /// The name of the table.
    pub fn name(&self) -> Name {
        Name::default()
    }

    /// The table that the text describes, as it is declared: nothing is made
    /// canonical but the types. Indexes are not in the text.
    pub fn read_table(&self) -> Table {
        Table::new("")
    }

    /// What the text says and no model can.
    pub fn unmanaged(&self) -> Vec<Unmanaged> {
        Vec::new()
    }

    /// Makes one change in the text. Indexes and comments are not in it and
    /// change nothing.
    ///
    /// # Errors
    /// A change that does not fit the text; the text is as it was.
    pub fn apply(&mut self, _change: &TableChange) -> Result<()> {
        Err(Error::new("not edited yet"))
    }

    /// Gives the table another name: in `CREATE TABLE`, before the columns of
    /// expressions, and in its references to itself as asked.
    ///
    /// # Errors
    /// A name under which the text can no longer be read.
    pub fn rename_to(&mut self, _name: &str, _references: SelfReferences) -> Result<()> {
        Err(Error::new("not edited yet"))
    }

    /// Follows the renaming of another table (or of itself) in the foreign keys.
    ///
    /// # Errors
    /// A name under which the text can no longer be read.
    pub fn rename_referenced_table(&mut self, _names: Pair<&str>) -> Result<()> {
        Err(Error::new("not edited yet"))
    }

    /// Follows the renaming of a column of a referenced table in the foreign keys.
    ///
    /// # Errors
    /// A name under which the text can no longer be read.
    pub fn rename_referenced_column(&mut self, _table: &str, _names: Pair<&str>) -> Result<()> {
        Err(Error::new("not edited yet"))
    }
}
