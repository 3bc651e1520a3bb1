//! What a migration function asked for, in order, before anything is looked up.

use std::fmt;

use aludel_core::change::Pair;
use aludel_core::object::{ObjectChange, ObjectId};
use aludel_core::schema::{
    Check, Column, ColumnType, EnumType, Expression, ForeignKey, Index, Name, PrimaryKey, Table,
    TableName, Unique,
};

use super::data::DataFn;
use super::insert::BulkInsert;
use super::recording::{ColumnAlteration, DropIndex, OptionsAlteration};

/// The place of a call in the migration file.
pub type Location = &'static std::panic::Location<'static>;

#[track_caller]
pub(super) fn here() -> Location {
    std::panic::Location::caller()
}

/// Everything that one function recorded.
#[derive(Debug, Default)]
pub struct Recorded {
    /// What was asked for, in order.
    pub segments: Vec<Segment>,
}

/// A stretch of a migration. What comes after anything but
/// [`Segment::Schema`] must be resolved against the database as it is then.
#[derive(Debug)]
pub enum Segment {
    /// Changes of the schema, for [`super::resolve::resolve`].
    Schema(Vec<Call>),
    /// SQL that somebody wrote.
    Execute(Execute),
    /// Rows to insert.
    BulkInsert(BulkInsert),
    /// Rust over the open connection.
    Data(Data),
    /// Segments that must not run in a transaction.
    Autocommit(Vec<Segment>),
}

impl Segment {
    /// Has every name of a table spelled.
    pub(super) fn spell(&mut self, spell: &dyn Fn(&mut TableName)) {
        match self {
            Self::Schema(calls) => calls.iter_mut().for_each(|call| call.spell(spell)),
            Self::Execute(execute) => execute.declares.iter_mut().for_each(|c| c.spell(spell)),
            Self::Autocommit(inner) => inner.iter_mut().for_each(|one| one.spell(spell)),
            // Their SQL is for the server, which knows what it means.
            Self::BulkInsert(_) | Self::Data(_) => {}
        }
    }
}

/// SQL that somebody wrote.
#[derive(Debug)]
pub struct Execute {
    /// The statements.
    pub sql: String,
    /// Only for the dialect of that name.
    pub dialect: Option<String>,
    /// What the SQL does to the schema, for replay.
    pub declares: Vec<Call>,
    /// Where it was called.
    pub location: Location,
}

/// Rust over the open connection.
pub struct Data {
    /// Why, for logs and errors.
    pub why: String,
    /// What to run.
    pub run: DataFn,
    /// Where it was called.
    pub location: Location,
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data")
            .field("why", &self.why)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

/// One call, and where it stands.
#[derive(Debug, Clone)]
pub struct Call {
    pub(super) request: Request,
    /// Where it was called.
    pub location: Location,
}

impl Call {
    /// The schemas of the tables and types that it is about.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = &Name> {
        let (one, two) = match &self.request {
            Request::CreateTable(table) => (Some(&table.name), None),
            Request::RenameTable(names) => (Some(&names.from), Some(&names.to)),
            Request::DropTable(name)
            | Request::AlterTable(name, _)
            | Request::DropEnum(name)
            | Request::RenameEnumValue(name, _) => (Some(name), None),
            Request::CreateEnum(e) | Request::AlterEnum(e) => (Some(&e.name), None),
            Request::AddEnumValue(value) => (Some(&value.name), None),
            Request::RenameEnum(_) | Request::Object(_) | Request::Mistake(_) => (None, None),
        };
        let object = match &self.request {
            Request::Object(change) => Some(change.id()),
            _ => None,
        };
        let names = [one, two].into_iter().flatten();
        names
            .filter_map(|name| name.schema.as_ref())
            .chain(object.into_iter().flat_map(ObjectId::schemas))
    }
}

impl Call {
    fn spell(&mut self, spell: &dyn Fn(&mut TableName)) {
        match &mut self.request {
            Request::CreateTable(table) => {
                spell(&mut table.name);
                let keys = table.foreign_keys.iter_mut();
                keys.for_each(|key| spell(&mut key.references));
            }
            Request::DropTable(name) => spell(name),
            Request::RenameTable(names) => {
                spell(&mut names.from);
                // In another case it may be the name that the table has.
                let from = names.from.clone();
                let mut to = names.to.clone();
                spell(&mut to);
                if to != from {
                    names.to = to;
                }
            }
            Request::AlterTable(name, changes) => {
                spell(name);
                for change in changes {
                    match &mut change.request {
                        TableRequest::CreateForeignKey(key) => spell(&mut key.references),
                        TableRequest::DropForeignKey(_, to) => spell(to),
                        _ => {}
                    }
                }
            }
            Request::CreateEnum(_)
            | Request::AlterEnum(_)
            | Request::AddEnumValue(_)
            | Request::RenameEnum(_)
            | Request::RenameEnumValue(..)
            | Request::DropEnum(_)
            | Request::Object(_)
            | Request::Mistake(_) => {}
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Request {
    CreateTable(Box<Table>),
    DropTable(TableName),
    RenameTable(Pair<TableName>),
    AlterTable(TableName, Vec<TableCall>),
    CreateEnum(EnumType),
    AlterEnum(EnumType),
    AddEnumValue(AddEnumValue),
    RenameEnum(Pair<Name>),
    RenameEnumValue(TableName, Pair<String>),
    DropEnum(TableName),
    Object(Box<ObjectChange>),
    Mistake(Mistake),
}

/// A new value of an enum type.
#[derive(Debug, Clone)]
pub struct AddEnumValue {
    pub(super) name: TableName,
    pub(super) value: String,
    pub(super) before: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct TableCall {
    pub(super) request: TableRequest,
    pub(super) location: Location,
}

#[derive(Debug, Clone)]
pub(super) enum TableRequest {
    AddColumn(Box<Column>),
    DropColumn(Name),
    /// The new type stands apart: which it is depends on the dialect.
    AlterColumn(Name, Box<ColumnAlteration>, Option<ColumnType>),
    RenameColumn(Pair<Name>),
    RenameValue(Name, Pair<String>),
    CreateIndex(Index),
    DropIndex(DropIndex),
    RenameIndex(Pair<Name>),
    CreatePrimaryKey(PrimaryKey),
    DropPrimaryKey,
    CreateUnique(Unique),
    DropUnique(Vec<Name>),
    CreateForeignKey(Box<ForeignKey>),
    DropForeignKey(Vec<Name>, TableName),
    CreateCheck(Check),
    DropCheck(Expression),
    DropConstraint(Name),
    ValidateConstraint(Name),
    RenameConstraint(Pair<Name>),
    SetComment(Option<String>),
    SetOptions(OptionsAlteration),
    Mistake(Mistake),
}

/// A call that makes no sense whatever the schema is.
#[derive(Debug, Clone)]
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Mistake {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A call that cannot be done, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Where the call stands.
    pub location: Location,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

impl std::error::Error for CallError {}
