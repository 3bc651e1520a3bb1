//! What a statement says, as far as its words tell.
//!
//! Owns a small reader of statements that change a schema or whole tables; it
//! serves who judges them. It takes tokens from the dialect's own lexer, knows
//! the words of all databases at once, and must not know what any of them does
//! with a statement. What it does not know is [`Said::Other`] or
//! [`Clause::Other`]: it never fails.
//!
//! | module | owns |
//! |---|---|
//! | `words` | a walk through tokens |
//! | `read` | statements |
//! | `clauses` | the clauses of `ALTER TABLE` |
//! | `column` | the definition of a column |
//! | `change` | what a table is after a clause |
//! | `follow` | what a database is after a statement |

mod change;
mod clauses;
mod column;
mod follow;
mod read;
mod words;

pub(crate) use follow::{Reading, follow};
pub(crate) use read::read;
pub(crate) use words::{Kind, Token};

use crate::dialect::Outline;
use crate::schema::TableName;

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// `CREATE TABLE`.
    CreateTable(CreateTable),
    /// `DROP TABLE`.
    DropTables(Vec<TableName>),
    /// `RENAME TABLE a TO b`.
    RenameTables(Vec<(TableName, TableName)>),
    /// `ALTER TABLE`.
    AlterTable(TableName, Vec<Clause>),
    /// `CREATE INDEX`.
    CreateIndex(CreateIndex),
    /// `DROP INDEX`; MySQL says the table.
    DropIndex {
        concurrently: bool,
        names: Vec<String>,
        table: Option<TableName>,
    },
    /// `REINDEX`: what, in its words.
    Reindex { concurrently: bool, what: String },
    /// `TRUNCATE`.
    Truncate(Vec<TableName>),
    /// `DELETE` without a condition, of that table.
    DeleteAll(TableName),
    /// `DELETE` with one.
    Delete(TableName),
    /// `UPDATE`: the table, the columns that it sets, and whether it has no
    /// condition.
    Update {
        table: TableName,
        columns: Vec<String>,
        all: bool,
    },
    /// `LOCK TABLE`, with the mode in capitals.
    Lock {
        tables: Vec<TableName>,
        mode: String,
    },
    /// `VACUUM FULL`, `CLUSTER`, `OPTIMIZE TABLE`, SQLite's `VACUUM`: the
    /// statement, and the table if it names one.
    Rewrite {
        word: &'static str,
        table: Option<TableName>,
    },
    /// `REFRESH MATERIALIZED VIEW`.
    Refresh { concurrently: bool, view: TableName },
    /// `ALTER TYPE .. ADD VALUE`.
    AddEnumValue(TableName),
    /// `ALTER TYPE .. RENAME VALUE`.
    RenameEnumValue { ty: TableName, from: String },
    /// `DROP SCHEMA`, `DROP DATABASE`.
    DropSchema { name: String, cascade: bool },
    /// `DROP VIEW` and the like: the words, and the names.
    DropObject { kind: String, names: Vec<TableName> },
    /// `ALTER VIEW .. RENAME`, a rename of something that programs name.
    RenameObject { kind: String, name: TableName },
    /// Anything else that changes the schema, and no table that is there.
    OtherSchema,
    /// What may do anything at all: `DO`, `CALL`, a function that is called.
    Anything,
    /// Names mean other tables from now on: `SET search_path`, `USE`.
    Elsewhere,
    /// Anything else.
    Other,
}

impl Said {
    /// What it does to whole tables.
    pub(crate) fn outline(self) -> Outline {
        let changes_schema = !matches!(
            self,
            Self::Other
                | Self::Anything
                | Self::Elsewhere
                | Self::DeleteAll(_)
                | Self::Delete(_)
                | Self::Update { .. }
                | Self::Lock { .. }
        );
        let mut outline = Outline {
            changes_schema,
            ..Outline::default()
        };
        match self {
            Self::CreateTable(table) => outline.creates = Some(table.name),
            Self::DropTables(tables) => outline.drops = tables,
            Self::RenameTables(pairs) => outline.renames = pairs,
            Self::AlterTable(table, clauses) => {
                let renames = clauses.into_iter().filter_map(|clause| match clause {
                    Clause::RenameTable(to) => Some((table.clone(), to)),
                    _ => None,
                });
                outline.renames = renames.collect();
            }
            _ => {}
        }
        outline
    }
}

/// A `CREATE TABLE` statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CreateTable {
    pub(crate) name: TableName,
    /// `IF NOT EXISTS`.
    pub(crate) unless_there: bool,
    /// What it is made of, as clauses that add it; `None` where it takes
    /// something from elsewhere (`LIKE`, `INHERITS`, `AS`).
    pub(crate) clauses: Option<Vec<Clause>>,
    /// MySQL `ENGINE`, in small letters.
    pub(crate) engine: Option<String>,
    /// MySQL `CHARSET`, in small letters.
    pub(crate) charset: Option<String>,
    /// MySQL `COLLATE`, in small letters.
    pub(crate) collation: Option<String>,
}

/// What a key of an index is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IndexPart {
    /// A column, or so many of its characters.
    Column(String, Option<u32>),
    /// Anything else, in its words.
    Expression(String),
}

/// A `CREATE INDEX` statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CreateIndex {
    pub(crate) name: Option<String>,
    pub(crate) table: TableName,
    pub(crate) unique: bool,
    pub(crate) concurrently: bool,
    /// `fulltext`, `spatial`.
    pub(crate) kind: Option<String>,
    /// Only the table itself, not its partitions (`ON ONLY`).
    pub(crate) only: bool,
    /// `LOCK=..` of MySQL, in capitals.
    pub(crate) lock: Option<String>,
    /// What it is of.
    pub(crate) parts: Vec<IndexPart>,
    /// Which rows it has, where it has not all.
    pub(crate) predicate: Option<String>,
}

/// One clause of `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clause {
    AddColumn(ColumnSaid),
    DropColumn(String),
    RenameColumn(String, String),
    RenameTable(TableName),
    SetSchema(String),
    /// `ALTER COLUMN .. TYPE`.
    ColumnType {
        column: String,
        ty: String,
        using: Option<String>,
        collation: Option<String>,
    },
    /// `MODIFY` and `CHANGE`: the name before, and the column afterwards.
    Modify(String, ColumnSaid),
    SetNotNull(String),
    DropNotNull(String),
    /// `SET DEFAULT`: the column and the words of the value.
    SetDefault(String, String),
    DropDefault(String),
    /// `ADD GENERATED .. AS IDENTITY`.
    AddIdentity(String),
    /// `SET EXPRESSION AS`: a generated column is computed otherwise.
    SetExpression(String),
    AddPrimaryKey(Key),
    AddUnique(Key),
    AddForeignKey {
        key: Key,
        references: TableName,
    },
    AddCheck {
        name: Option<String>,
        expression: String,
        not_valid: bool,
    },
    AddExclude,
    /// MySQL `ADD INDEX`, with `fulltext` or `spatial`.
    AddIndex {
        name: Option<String>,
        kind: Option<String>,
        parts: Vec<IndexPart>,
    },
    DropPrimaryKey,
    /// `DROP CONSTRAINT`, and MySQL's `DROP INDEX|FOREIGN KEY|CHECK`.
    DropPart(String),
    Validate(String),
    /// `RENAME CONSTRAINT|INDEX`: the name before and the one afterwards.
    RenamePart(Option<(String, String)>),
    SetLogged,
    SetTablespace,
    SetAccessMethod,
    AttachPartition(TableName),
    DetachPartition {
        concurrently: bool,
    },
    DropPartition,
    /// MySQL `ENGINE=`, in small letters.
    Engine(String),
    /// MySQL `CONVERT TO CHARACTER SET`.
    ConvertTo,
    /// MySQL `ROW_FORMAT=`, `KEY_BLOCK_SIZE=`, and `FORCE`.
    RowFormat,
    /// MySQL `ALGORITHM=`, in capitals.
    Algorithm(String),
    /// MySQL `LOCK=`, in capitals.
    Lock(String),
    Other,
}

/// The name and the columns of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<String>,
    /// `USING INDEX`: the index that is there already.
    pub(crate) using_index: Option<String>,
    pub(crate) not_valid: bool,
}

/// A column as a statement defines it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ColumnSaid {
    pub(crate) name: String,
    /// The words of its type, one blank between them, in small letters.
    pub(crate) ty: String,
    pub(crate) not_null: bool,
    /// The words of its default.
    pub(crate) default: Option<String>,
    /// `GENERATED ALWAYS AS (..)`, with whether it is kept on disk; `None`
    /// where neither word stands there.
    pub(crate) generated: Option<Option<bool>>,
    /// The words of the expression that computes it.
    pub(crate) expression: Option<String>,
    /// `GENERATED .. AS IDENTITY`, `AUTO_INCREMENT`, `serial`.
    pub(crate) numbered: bool,
    pub(crate) primary_key: bool,
    pub(crate) unique: bool,
    pub(crate) check: bool,
    /// The words of its checks.
    pub(crate) checks: Vec<String>,
    pub(crate) references: Option<TableName>,
    pub(crate) collation: Option<String>,
    pub(crate) charset: Option<String>,
    pub(crate) comment: bool,
    /// MySQL `FIRST` or `AFTER`.
    pub(crate) placed: bool,
}
