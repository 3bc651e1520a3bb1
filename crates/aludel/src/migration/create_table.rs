//! The closure of `op.create_table`.

use aludel_core::schema::{Check, ForeignKey, Index, Name, PrimaryKey, Table, TableName, Unique};

use super::alter_table::{check, foreign_key, index, unique};
use super::column::ColumnDef;
use super::key::{Key, OptionalName, names};
use super::record::{Location, Mistake, here};
use super::recording::Recording;

/// A new table, in the making.
#[derive(Debug)]
pub struct CreateTable<'d> {
    pub(super) table: Table,
    pub(super) mistakes: Vec<(Mistake, Location)>,
    dialect: &'d str,
}

impl<'d> CreateTable<'d> {
    pub(super) fn new(name: TableName, dialect: &'d str) -> Self {
        Self {
            table: Table::new(name),
            mistakes: Vec::new(),
            dialect,
        }
    }

    /// A column.
    #[track_caller]
    pub fn column(&mut self, column: ColumnDef) {
        match column.on(self.dialect) {
            Ok(column) => self.table.columns.push(column),
            Err(message) => self.mistakes.push((Mistake::new(message), here())),
        }
    }

    /// The primary key.
    pub fn primary_key<N: Into<Name>>(
        &mut self,
        columns: impl IntoIterator<Item = N>,
    ) -> Recording<'_, PrimaryKey> {
        let key = PrimaryKey {
            name: None,
            columns: names(columns),
            prefixes: Vec::new(),
            extra: None,
        };
        Recording::new(key, |key| self.table.primary_key = Some(key))
    }

    /// A unique constraint.
    pub fn unique<N: Into<Name>>(
        &mut self,
        name: impl OptionalName,
        columns: impl IntoIterator<Item = N>,
    ) -> Recording<'_, Unique> {
        Recording::new(unique(name, columns), |unique| {
            self.table.uniques.push(unique)
        })
    }

    /// A foreign key: its columns, the table that they refer to, the columns there.
    pub fn foreign_key<N: Into<Name>, M: Into<Name>>(
        &mut self,
        name: impl OptionalName,
        columns: impl IntoIterator<Item = N>,
        references: impl Into<TableName>,
        referenced_columns: impl IntoIterator<Item = M>,
    ) -> Recording<'_, ForeignKey> {
        let key = foreign_key(name, columns, references, referenced_columns);
        Recording::new(key, |key| self.table.foreign_keys.push(key))
    }

    /// A check: what must not be false.
    pub fn check(&mut self, name: impl OptionalName, expression: &str) -> Recording<'_, Check> {
        Recording::new(check(name, expression), |check| {
            self.table.checks.push(check)
        })
    }

    /// An index.
    pub fn index<K: Into<Key>>(
        &mut self,
        name: impl OptionalName,
        on: impl IntoIterator<Item = K>,
    ) -> Recording<'_, Index> {
        Recording::new(index(name, on), |index| self.table.indexes.push(index))
    }

    /// The comment.
    pub fn comment(&mut self, comment: &str) {
        self.table.comment = Some(comment.to_owned());
    }

    /// SQLite `STRICT`.
    pub fn strict(&mut self) {
        self.table.options.strict = true;
    }

    /// SQLite `WITHOUT ROWID`.
    pub fn without_rowid(&mut self) {
        self.table.options.without_rowid = true;
    }

    /// MySQL `ENGINE`.
    pub fn engine(&mut self, engine: &str) {
        self.table.options.engine = Some(engine.to_owned());
    }

    /// MySQL `CHARSET`.
    pub fn charset(&mut self, charset: &str) {
        self.table.options.charset = Some(charset.to_owned());
    }

    /// MySQL table `COLLATE`.
    pub fn collation(&mut self, collation: &str) {
        self.table.options.collation = Some(collation.to_owned());
    }

    /// Clauses in the database's own words, for what has no word here:
    /// `"PARTITION BY RANGE (seen)"`.
    pub fn extra(&mut self, clauses: &str) {
        self.table.options.extra = Some(clauses.to_owned());
    }
}
