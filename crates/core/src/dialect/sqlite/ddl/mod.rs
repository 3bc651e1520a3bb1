//! A stored `CREATE TABLE`, read and edited without losing a token.
//!
//! SQLite keeps the text of a table as somebody wrote it. This module cuts it
//! into items by the ranges of their tokens and edits it by replacing ranges,
//! so that comments, spacing and whatever no model can say stay where they
//! are. It must not know of indexes, nor how a changed table gets into the
//! database.
//!
//! | module | owns |
//! |---|---|
//! | `parse`, `cursor` | from the text to its parts |
//! | `parts` | what the parts are |
//! | `verify` | whether the parser of SQLite's grammar sees the same parts |
//! | `read` | from the parts to the schema |
//! | `splice` | how a part is put in, taken out, replaced |
//! | `constraint` | constraints as they are looked for in the text |
//! | `names` | where the text names tables, and columns of others |
//! | `edit_column`, `edit_constraint`, `edit_key` | changes as such replacements |

mod constraint;
mod cursor;
mod edit_column;
mod edit_constraint;
mod edit_key;
#[cfg(test)]
mod laws;
mod names;
mod parse;
mod parts;
mod read;
mod splice;
#[cfg(test)]
mod tests;
mod verify;

use std::ops::Range;

use self::parts::{ColumnItem, Parts};
use super::lexer;
use crate::change::{Change, Pair};
use crate::error::Result;
use crate::operation::TableChange;
use crate::schema::Name;

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
    parts: Parts,
    pending: Pending,
}

/// What earlier changes of a batch said and the text cannot hold yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Pending {
    /// Columns that are to have `AUTOINCREMENT` once they are the key.
    autoincrement: Vec<Name>,
    /// Key columns that are to take NULL once they are no longer the key.
    nullable: Vec<Name>,
}

impl TableDdl {
    /// Reads the text of a table.
    ///
    /// # Errors
    /// A text that this module and the parser of SQLite's grammar do not
    /// understand alike; the table is then *opaque* and must not be edited.
    pub fn parse(sql: &str) -> Result<Self> {
        let parts = parse::parse(sql)?;
        verify::verify(sql, &parts)?;
        Ok(Self {
            sql: sql.to_owned(),
            parts,
            pending: Pending::default(),
        })
    }

    /// The text.
    pub fn to_sql(&self) -> &str {
        &self.sql
    }

    /// The name of the table.
    pub fn name(&self) -> Name {
        Name::new(lexer::unquote(self.parts.name.text(&self.sql)))
    }

    /// Makes one change in the text. Indexes and comments are not in it and
    /// change nothing.
    ///
    /// # Errors
    /// A change that does not fit the text; the text is as it was.
    pub fn apply(&mut self, change: &TableChange) -> Result<()> {
        let mut edited = self.clone();
        match change {
            TableChange::Column(change) => edited.change_column(change)?,
            TableChange::PrimaryKey(change) => edited.change_primary_key(change)?,
            TableChange::Unique(change) => edited.change_constraint(change)?,
            TableChange::ForeignKey(change) => edited.change_constraint(change)?,
            TableChange::Check(change) => edited.change_constraint(change)?,
            TableChange::Options(pair) => edited.set_options(&pair.to)?,
            TableChange::Index(_) | TableChange::Comment(_) | TableChange::Values(_) => {}
        }
        *self = edited;
        Ok(())
    }

    /// Gives the table another name: in `CREATE TABLE`, before the columns of
    /// expressions, and in its references to itself as asked.
    ///
    /// # Errors
    /// A name under which the text can no longer be read.
    pub fn rename_to(&mut self, name: &str, references: SelfReferences) -> Result<()> {
        let from = self.name();
        let mut tokens = vec![self.parts.name.clone()];
        tokens.extend(self.qualifiers(from.as_str()));
        if references == SelfReferences::Follow {
            tokens.extend(self.referenced_table_tokens(from.as_str()));
        }
        self.rename_tokens(&tokens, name)
    }

    /// Follows the renaming of a referenced table in the foreign keys.
    ///
    /// # Errors
    /// A name under which the text can no longer be read.
    pub fn rename_referenced_table(&mut self, names: Pair<&str>) -> Result<()> {
        let tokens = self.referenced_table_tokens(names.from);
        self.rename_tokens(&tokens, names.to)
    }

    /// Follows the renaming of a column of a referenced table in the foreign keys.
    ///
    /// # Errors
    /// A name under which the text can no longer be read.
    pub fn rename_referenced_column(&mut self, table: &str, names: Pair<&str>) -> Result<()> {
        let tokens = self.referenced_column_tokens(table, names.from);
        self.rename_tokens(&tokens, names.to)
    }

    fn change_column(&mut self, change: &Change<crate::schema::Column>) -> Result<()> {
        match change {
            Change::Add(column) => self.add_column(column),
            Change::Drop(column) => self.drop_column(column.name.as_str()),
            Change::Alter(pair) => self.alter_column(pair.as_ref()),
            Change::Rename(names) => self.rename_column(names.from.as_str(), names.to.as_str()),
        }
    }

    fn text(&self, range: &Range<usize>) -> &str {
        &self.sql[range.clone()]
    }

    fn find_column(&self, name: &str) -> Option<&ColumnItem> {
        self.parts
            .columns
            .iter()
            .find(|c| c.name.as_str().eq_ignore_ascii_case(name))
    }
}
