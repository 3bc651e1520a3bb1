//! The calls of `alter_table` for those who need only one: `op.add_column("t", ..)`.

use std::sync::Arc;

use aludel_core::schema::{Check, ForeignKey, Index, Name, PrimaryKey, TableName, Unique};

use super::alter_table::{
    AlterTable, alter_column, check, foreign_key, index, primary_key, unique,
};
use super::column::ColumnDef;
use super::key::{Key, OptionalName};
use super::op::Op;
use super::record::{Location, Request, TableCall, TableRequest, here};
use super::recording::{ColumnAlteration, DropIndex, Recording};

/// The calls of a batch, for one table each.
impl Op {
    /// One call of a batch, outside of one.
    fn one<R>(
        &mut self,
        table: TableName,
        location: Location,
        call: impl FnOnce(&mut AlterTable<'_>) -> R,
    ) {
        let dialect = Arc::clone(&self.dialect);
        let mut batch = AlterTable::new(&dialect);
        call(&mut batch);
        let calls = batch.calls.into_iter();
        let calls = calls.map(|call| TableCall { location, ..call }).collect();
        self.push(Request::AlterTable(table, calls), location);
    }

    /// Adds a column.
    #[track_caller]
    pub fn add_column(&mut self, table: impl Into<TableName>, column: ColumnDef) {
        self.one(table.into(), here(), |t| t.add_column(column));
    }

    /// Drops a column.
    #[track_caller]
    pub fn drop_column(&mut self, table: impl Into<TableName>, name: &str) {
        self.one(table.into(), here(), |t| t.drop_column(name));
    }

    /// Gives a column another name.
    #[track_caller]
    pub fn rename_column(&mut self, table: impl Into<TableName>, from: &str, to: &str) {
        self.one(table.into(), here(), |t| t.rename_column(from, to));
    }

    /// Drops the constraint of that name, of whatever kind.
    #[track_caller]
    pub fn drop_constraint(&mut self, table: impl Into<TableName>, name: &str) {
        self.one(table.into(), here(), |t| t.drop_constraint(name));
    }

    /// Holds the rows that exist to a foreign key or a check that was added
    /// `NOT VALID` (PostgreSQL `VALIDATE CONSTRAINT`).
    #[track_caller]
    pub fn validate_constraint(&mut self, table: impl Into<TableName>, name: &str) {
        self.one(table.into(), here(), |t| t.validate_constraint(name));
    }

    /// Gives a constraint another name.
    #[track_caller]
    pub fn rename_constraint(&mut self, table: impl Into<TableName>, from: &str, to: &str) {
        self.one(table.into(), here(), |t| t.rename_constraint(from, to));
    }

    /// Sets the comment of a table.
    #[track_caller]
    pub fn set_comment(&mut self, table: impl Into<TableName>, comment: &str) {
        self.one(table.into(), here(), |t| t.set_comment(comment));
    }
}

/// The calls of a batch that take options, for one table each.
impl Op {
    fn refined<'a, T: Clone + 'a>(
        &'a mut self,
        table: TableName,
        location: Location,
        value: T,
        request: impl Fn(T, &str) -> TableRequest + 'a,
    ) -> Recording<'a, T> {
        Recording::new(value, move |value| {
            let request = request(value, &self.dialect);
            let call = TableCall { request, location };
            self.push(Request::AlterTable(table.clone(), vec![call]), location);
        })
    }

    /// Changes a column; what is not said stays as it is.
    #[track_caller]
    pub fn alter_column(
        &mut self,
        table: impl Into<TableName>,
        name: &str,
    ) -> Recording<'_, ColumnAlteration> {
        let (name, nothing) = (Name::from(name), ColumnAlteration::default());
        self.refined(table.into(), here(), nothing, move |to, dialect| {
            alter_column(name.clone(), to, dialect)
        })
    }

    /// Creates an index.
    #[track_caller]
    pub fn create_index<K: Into<Key>>(
        &mut self,
        table: impl Into<TableName>,
        name: impl OptionalName,
        on: impl IntoIterator<Item = K>,
    ) -> Recording<'_, Index> {
        self.refined(table.into(), here(), index(name, on), |index, _| {
            TableRequest::CreateIndex(index)
        })
    }

    /// Drops an index.
    #[track_caller]
    pub fn drop_index(
        &mut self,
        table: impl Into<TableName>,
        name: &str,
    ) -> Recording<'_, DropIndex> {
        self.refined(table.into(), here(), DropIndex::new(name), |dropped, _| {
            TableRequest::DropIndex(dropped)
        })
    }

    /// Creates the primary key.
    #[track_caller]
    pub fn create_primary_key<N: Into<Name>>(
        &mut self,
        table: impl Into<TableName>,
        name: impl OptionalName,
        columns: impl IntoIterator<Item = N>,
    ) -> Recording<'_, PrimaryKey> {
        let key = primary_key(name, columns);
        self.refined(table.into(), here(), key, |key, _| {
            TableRequest::CreatePrimaryKey(key)
        })
    }

    /// Creates a check: what must not be false.
    #[track_caller]
    pub fn create_check_constraint(
        &mut self,
        table: impl Into<TableName>,
        name: impl OptionalName,
        expression: &str,
    ) -> Recording<'_, Check> {
        let check = check(name, expression);
        self.refined(table.into(), here(), check, |check, _| {
            TableRequest::CreateCheck(check)
        })
    }

    /// Creates a unique constraint.
    #[track_caller]
    pub fn create_unique_constraint<N: Into<Name>>(
        &mut self,
        table: impl Into<TableName>,
        name: impl OptionalName,
        columns: impl IntoIterator<Item = N>,
    ) -> Recording<'_, Unique> {
        self.refined(table.into(), here(), unique(name, columns), |unique, _| {
            TableRequest::CreateUnique(unique)
        })
    }

    /// Creates a foreign key: its columns, the table that they refer to, the
    /// columns there.
    #[track_caller]
    pub fn create_foreign_key<N: Into<Name>, M: Into<Name>>(
        &mut self,
        table: impl Into<TableName>,
        name: impl OptionalName,
        columns: impl IntoIterator<Item = N>,
        references: impl Into<TableName>,
        referenced_columns: impl IntoIterator<Item = M>,
    ) -> Recording<'_, ForeignKey> {
        let key = foreign_key(name, columns, references, referenced_columns);
        self.refined(table.into(), here(), key, |key, _| {
            TableRequest::CreateForeignKey(Box::new(key))
        })
    }
}
