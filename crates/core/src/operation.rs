//! What a migration does: typed, reversible, replayable, and without a word of SQL.

use crate::change::{Change, Pair};
use crate::schema::{
    Check, Column, EnumType, ForeignKey, Index, PrimaryKey, Table, TableName, TableOptions, Unique,
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
    /// SQL that somebody wrote.
    Execute(RawSql),
}

/// One change to one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableChange {
    /// A column.
    Column(Change<Column>),
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
    /// The statements.
    pub sql: String,
    /// The statements of the way back, if they are known.
    pub reverse: Option<String>,
    /// Only for the dialect of that name; for all where `None`.
    pub dialect: Option<&'static str>,
}
