//! What a migration does: typed, reversible, replayable, and without a word of SQL.
//!
//! This module owns the operations, their way back, their replay on a schema
//! and the words for them. It must not know how any database does them.

mod apply;
mod describe;
mod enums;
pub(crate) mod identifiers;
pub(crate) mod part;
pub(crate) mod references;
pub(crate) mod values;

pub use describe::Description;
pub use identifiers::mentions;
pub use values::RenamedValues;

use crate::change::{Change, Pair};
use crate::object::{ObjectChange, ObjectId};
use crate::schema::{
    Check, Column, EnumType, ForeignKey, Index, Name, PrimaryKey, Table, TableName, TableOptions,
    Unique,
};

/// One step of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A new table with everything that belongs to it.
    CreateTable(Table),
    /// A table goes away; the value is what it was.
    DropTable(Table),
    /// A table gets another name.
    RenameTable(Pair<TableName>),
    /// A batch of changes to one table.
    AlterTable {
        /// The table, by its name at this point.
        table: TableName,
        /// What changes, in order.
        changes: Vec<TableChange>,
    },
    /// An enum type changes.
    Enum(Change<EnumType>),
    /// A value of an enum type gets another name. Rows and whatever else holds
    /// the value follow.
    RenameEnumValue {
        /// The type.
        name: TableName,
        /// The value.
        values: Pair<String>,
    },
    /// An object that is written in SQL changes: a view, a trigger.
    Object(ObjectChange),
    /// SQL that somebody wrote.
    Execute(RawSql),
}

/// One change to one table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "most changes are of columns, and all of them stand in short lists"
)]
pub enum TableChange {
    /// A column.
    Column(Change<Column>),
    /// Values of a column get other names, in the rows alone: what else names
    /// them changes beside it in the batch.
    Values(RenamedValues),
    /// The primary key.
    PrimaryKey(Change<PrimaryKey>),
    /// A unique constraint.
    Unique(Change<Unique>),
    /// An index.
    Index(Change<Index>),
    /// A foreign key.
    ForeignKey(Change<ForeignKey>),
    /// A check constraint.
    Check(Change<Check>),
    /// The comment of the table.
    Comment(Pair<Option<String>>),
    /// What a dialect says of the whole table.
    Options(Pair<TableOptions>),
}

/// SQL that somebody wrote, and what undoes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawSql {
    /// What people call it, where it has a name; a word of theirs, not of any
    /// database.
    pub name: Option<String>,
    /// The statements.
    pub sql: String,
    /// The statements of the way back, if they are known.
    pub reverse: Option<String>,
    /// Only for the dialect of that name; for all where `None`.
    pub dialect: Option<&'static str>,
}

impl Operation {
    /// The way back. It needs nothing but the operation itself.
    ///
    /// A [`RawSql`] whose way back is not known becomes one with an empty text,
    /// which runs nothing.
    #[must_use]
    pub fn reverse(self) -> Self {
        match self {
            Self::CreateTable(table) => Self::DropTable(table),
            Self::DropTable(table) => Self::CreateTable(table),
            Self::RenameTable(names) => Self::RenameTable(names.reverse()),
            Self::AlterTable { table, changes } => Self::AlterTable {
                table,
                changes: changes
                    .into_iter()
                    .rev()
                    .map(TableChange::reverse)
                    .collect(),
            },
            Self::Enum(change) => Self::Enum(change.reverse()),
            Self::RenameEnumValue { name, values } => Self::RenameEnumValue {
                name,
                values: values.reverse(),
            },
            Self::Object(change) => Self::Object(change.reverse()),
            Self::Execute(raw) => Self::Execute(raw.reverse()),
        }
    }

    /// The schemas of the tables and types that it is about, where they are not
    /// the default one.
    pub fn schemas(&self) -> impl Iterator<Item = &Name> {
        let (one, two) = match self {
            Self::CreateTable(table) | Self::DropTable(table) => (Some(&table.name), None),
            Self::RenameTable(names) => (Some(&names.from), Some(&names.to)),
            Self::AlterTable { table, .. } => (Some(table), None),
            Self::Enum(Change::Add(e) | Change::Drop(e)) => (Some(&e.name), None),
            Self::Enum(Change::Alter(pair)) => (Some(&pair.from.name), Some(&pair.to.name)),
            Self::RenameEnumValue { name, .. } => (Some(name), None),
            Self::Enum(Change::Rename(_)) | Self::Execute(_) | Self::Object(_) => (None, None),
        };
        let names = [one, two].into_iter().flatten();
        let object = match self {
            Self::Object(change) => Some(change.id()),
            _ => None,
        };
        let of_object = object.into_iter().flat_map(ObjectId::schemas);
        names
            .filter_map(|name| name.schema.as_ref())
            .chain(of_object)
    }
}

impl TableChange {
    /// The way back.
    #[must_use]
    pub fn reverse(self) -> Self {
        match self {
            Self::Column(change) => Self::Column(change.reverse()),
            Self::Values(renamed) => Self::Values(renamed.reverse()),
            Self::PrimaryKey(change) => Self::PrimaryKey(change.reverse()),
            Self::Unique(change) => Self::Unique(change.reverse()),
            Self::Index(change) => Self::Index(change.reverse()),
            Self::ForeignKey(change) => Self::ForeignKey(change.reverse()),
            Self::Check(change) => Self::Check(change.reverse()),
            Self::Comment(pair) => Self::Comment(pair.reverse()),
            Self::Options(pair) => Self::Options(pair.reverse()),
        }
    }
}

/// What stands before the name of SQL that undoes other SQL.
const UNDO: &str = "undo ";

impl RawSql {
    /// The way back. An unknown one is the empty text; its own way back is then
    /// the text that was there.
    #[must_use]
    fn reverse(self) -> Self {
        let back = if self.sql.is_empty() {
            None
        } else {
            Some(self.sql)
        };
        let name = self.name.map(|name| match name.strip_prefix(UNDO) {
            Some(name) => name.to_owned(),
            None => format!("{UNDO}{name}"),
        });
        Self {
            name,
            sql: self.reverse.unwrap_or_default(),
            reverse: back,
            dialect: self.dialect,
        }
    }
}

/// The way back of a list: the last first, each reversed. Names are right in
/// both directions, since every operation says them as they are at its point.
#[must_use]
pub fn reverse_all(operations: Vec<Operation>) -> Vec<Operation> {
    operations
        .into_iter()
        .rev()
        .map(Operation::reverse)
        .collect()
}
