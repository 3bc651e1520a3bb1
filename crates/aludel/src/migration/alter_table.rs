//! The closure of `op.alter_table`: a batch of changes to one table.

use aludel_core::change::Pair;
use aludel_core::schema::{
    Check, Expression, ForeignKey, Index, Name, PrimaryKey, TableName, Unique,
};

use super::column::ColumnDef;
use super::key::{Key, OptionalName, keys, names};
use super::record::{Location, Mistake, TableCall, TableRequest, here};
use super::recording::{ColumnAlteration, DropIndex, OptionsAlteration, Recording};

/// Changes to one table, in order.
#[derive(Debug)]
pub struct AlterTable<'d> {
    pub(super) calls: Vec<TableCall>,
    dialect: &'d str,
}

impl<'d> AlterTable<'d> {
    pub(super) fn new(dialect: &'d str) -> Self {
        Self {
            calls: Vec::new(),
            dialect,
        }
    }

    fn push(&mut self, request: TableRequest, location: Location) {
        self.calls.push(TableCall { request, location });
    }

    fn record<T: Clone>(
        &mut self,
        value: T,
        location: Location,
        request: impl Fn(T) -> TableRequest + 'static,
    ) -> Recording<'_, T> {
        Recording::new(value, move |value| self.push(request(value), location))
    }

    /// Adds a column.
    #[track_caller]
    pub fn add_column(&mut self, column: ColumnDef) {
        let request = match column.on(self.dialect) {
            Ok(column) => TableRequest::AddColumn(Box::new(column)),
            Err(message) => TableRequest::Mistake(Mistake::new(message)),
        };
        self.push(request, here());
    }

    /// Drops a column.
    #[track_caller]
    pub fn drop_column(&mut self, name: &str) {
        self.push(TableRequest::DropColumn(name.into()), here());
    }

    /// Changes a column; what is not said stays as it is.
    #[track_caller]
    pub fn alter_column(&mut self, name: &str) -> Recording<'_, ColumnAlteration> {
        let (name, dialect) = (Name::from(name), self.dialect.to_owned());
        self.record(ColumnAlteration::default(), here(), move |to| {
            alter_column(name.clone(), to, &dialect)
        })
    }

    /// Gives a column another name.
    #[track_caller]
    pub fn rename_column(&mut self, from: &str, to: &str) {
        self.push(TableRequest::RenameColumn(pair(from, to)), here());
    }

    /// Gives a value of a column another name in every row that has it. What
    /// else names the value, such as a check or the type of the column, is
    /// changed beside it in the same closure. All renames of one column are one:
    /// two values may change places.
    #[track_caller]
    pub fn rename_value(&mut self, column: &str, from: &str, to: &str) {
        let values = Pair::new(from.to_owned(), to.to_owned());
        self.push(TableRequest::RenameValue(column.into(), values), here());
    }

    /// Creates an index.
    #[track_caller]
    pub fn create_index<K: Into<Key>>(
        &mut self,
        name: impl OptionalName,
        on: impl IntoIterator<Item = K>,
    ) -> Recording<'_, Index> {
        self.record(index(name, on), here(), TableRequest::CreateIndex)
    }

    /// Drops an index.
    #[track_caller]
    pub fn drop_index(&mut self, name: &str) -> Recording<'_, DropIndex> {
        self.record(DropIndex::new(name), here(), TableRequest::DropIndex)
    }

    /// Gives an index another name.
    #[track_caller]
    pub fn rename_index(&mut self, from: &str, to: &str) {
        self.push(TableRequest::RenameIndex(pair(from, to)), here());
    }

    /// Creates the primary key.
    #[track_caller]
    pub fn create_primary_key<N: Into<Name>>(
        &mut self,
        name: impl OptionalName,
        columns: impl IntoIterator<Item = N>,
    ) -> Recording<'_, PrimaryKey> {
        let key = primary_key(name, columns);
        self.record(key, here(), TableRequest::CreatePrimaryKey)
    }

    /// Drops the primary key, whatever its name.
    #[track_caller]
    pub fn drop_primary_key(&mut self) {
        self.push(TableRequest::DropPrimaryKey, here());
    }

    /// Creates a unique constraint.
    #[track_caller]
    pub fn create_unique_constraint<N: Into<Name>>(
        &mut self,
        name: impl OptionalName,
        columns: impl IntoIterator<Item = N>,
    ) -> Recording<'_, Unique> {
        self.record(unique(name, columns), here(), TableRequest::CreateUnique)
    }

    /// Drops the unique constraint over these columns, whatever its name.
    #[track_caller]
    pub fn drop_unique_constraint<N: Into<Name>>(&mut self, columns: impl IntoIterator<Item = N>) {
        self.push(TableRequest::DropUnique(names(columns)), here());
    }

    /// Creates a foreign key: its columns, the table that they refer to, the
    /// columns there.
    #[track_caller]
    pub fn create_foreign_key<N: Into<Name>, M: Into<Name>>(
        &mut self,
        name: impl OptionalName,
        columns: impl IntoIterator<Item = N>,
        references: impl Into<TableName>,
        referenced_columns: impl IntoIterator<Item = M>,
    ) -> Recording<'_, ForeignKey> {
        let key = foreign_key(name, columns, references, referenced_columns);
        self.record(key, here(), |key| {
            TableRequest::CreateForeignKey(Box::new(key))
        })
    }

    /// Drops the foreign key of these columns to that table, whatever its name.
    #[track_caller]
    pub fn drop_foreign_key<N: Into<Name>>(
        &mut self,
        columns: impl IntoIterator<Item = N>,
        references: impl Into<TableName>,
    ) {
        let request = TableRequest::DropForeignKey(names(columns), references.into());
        self.push(request, here());
    }

    /// Creates a check: what must not be false.
    #[track_caller]
    pub fn create_check_constraint(
        &mut self,
        name: impl OptionalName,
        expression: &str,
    ) -> Recording<'_, Check> {
        self.record(check(name, expression), here(), TableRequest::CreateCheck)
    }

    /// Drops the check with this expression, whatever its name.
    #[track_caller]
    pub fn drop_check_constraint(&mut self, expression: &str) {
        let request = TableRequest::DropCheck(Expression::new(expression));
        self.push(request, here());
    }

    /// Drops the constraint of that name, of whatever kind.
    #[track_caller]
    pub fn drop_constraint(&mut self, name: &str) {
        self.push(TableRequest::DropConstraint(name.into()), here());
    }

    /// Holds the rows that exist to a foreign key or a check that was added
    /// `NOT VALID` (PostgreSQL `VALIDATE CONSTRAINT`).
    #[track_caller]
    pub fn validate_constraint(&mut self, name: &str) {
        self.push(TableRequest::ValidateConstraint(name.into()), here());
    }

    /// Gives a constraint another name.
    #[track_caller]
    pub fn rename_constraint(&mut self, from: &str, to: &str) {
        self.push(TableRequest::RenameConstraint(pair(from, to)), here());
    }

    /// Sets the comment of the table.
    #[track_caller]
    pub fn set_comment(&mut self, comment: &str) {
        self.push(TableRequest::SetComment(Some(comment.to_owned())), here());
    }

    /// Removes the comment of the table.
    #[track_caller]
    pub fn drop_comment(&mut self) {
        self.push(TableRequest::SetComment(None), here());
    }

    /// Changes what a database says of the whole table:
    /// `t.set_options().strict(true)`.
    #[track_caller]
    pub fn set_options(&mut self) -> Recording<'_, OptionsAlteration> {
        let nothing = OptionsAlteration::default();
        self.record(nothing, here(), TableRequest::SetOptions)
    }
}

pub(super) fn pair<T: for<'a> From<&'a str>>(from: &str, to: &str) -> Pair<T> {
    Pair::new(T::from(from), T::from(to))
}

pub(super) fn index<K: Into<Key>>(
    name: impl OptionalName,
    on: impl IntoIterator<Item = K>,
) -> Index {
    let mut index = Index::on([] as [Name; 0]);
    index.name = name.into_name();
    index.keys = keys(on);
    index
}

pub(super) fn primary_key<N: Into<Name>>(
    name: impl OptionalName,
    columns: impl IntoIterator<Item = N>,
) -> PrimaryKey {
    PrimaryKey {
        name: name.into_name(),
        columns: names(columns),
        prefixes: Vec::new(),
        extra: None,
    }
}

pub(super) fn unique<N: Into<Name>>(
    name: impl OptionalName,
    columns: impl IntoIterator<Item = N>,
) -> Unique {
    let mut unique = Unique::on(columns);
    unique.name = name.into_name();
    unique
}

pub(super) fn foreign_key<N: Into<Name>, M: Into<Name>>(
    name: impl OptionalName,
    columns: impl IntoIterator<Item = N>,
    references: impl Into<TableName>,
    referenced_columns: impl IntoIterator<Item = M>,
) -> ForeignKey {
    let mut key = ForeignKey::new(columns, references, referenced_columns);
    key.name = name.into_name();
    key
}

pub(super) fn check(name: impl OptionalName, expression: &str) -> Check {
    Check {
        name: name.into_name(),
        expression: Expression::new(expression),
        extra: None,
    }
}

pub(super) fn alter_column(name: Name, to: ColumnAlteration, dialect: &str) -> TableRequest {
    if to == ColumnAlteration::default() {
        return TableRequest::Mistake(
            Mistake::new(format!(
                "`alter_column(\"{name}\")` does not say what changes"
            ))
            .with_hint("add `.set_not_null()`, `.set_type(..)`, `.set_default(..)`, .."),
        );
    }
    match to.ty.as_ref().map(|ty| ty.on(dialect)).transpose() {
        Ok(ty) => TableRequest::AlterColumn(name, Box::new(to), ty),
        Err(message) => TableRequest::Mistake(Mistake::new(format!("column `{name}`: {message}"))),
    }
}
