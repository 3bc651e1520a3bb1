//! What a project says about its own migrations: the functions that it gives to
//! [`App`](crate::App), and what they are told.
//!
//! It owns what such a function gets and gives back. What is done with the
//! answers is in `custom`.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aludel::Direction;
use aludel_core::operation::{Operation, RawSql};
use aludel_core::schema::Schema;

/// Which side of a comparison something stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The models, and the `.sql` files beside them, want it.
    Models,
    /// The database has it.
    Database,
}

/// What kind of thing is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A table.
    Table,
    /// A column.
    Column,
    /// A primary key.
    PrimaryKey,
    /// A unique constraint.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// A check constraint.
    Check,
    /// An index.
    Index,
    /// An enum type.
    Enum,
    /// Something that is written in SQL, by its word: `view`, `trigger`,
    /// `function`.
    Object(&'static str),
}

/// Something that is about to be compared ([`App::filter`](crate::App::filter)).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Compared<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its name; empty where nobody has given it one.
    pub name: &'a str,
    /// The table that it belongs to; its own name where it is one.
    pub table: Option<&'a str>,
    /// The schema, where it is not the default one.
    pub schema: Option<&'a str>,
    /// Where it comes from.
    pub side: Side,
}

/// What of a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attribute {
    /// Its type.
    Type,
    /// Its default.
    Default,
}

/// The type or the default of a column that both sides have
/// ([`App::compare`](crate::App::compare)).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ColumnPair<'a> {
    /// The table.
    pub table: &'a str,
    /// The schema, where it is not the default one.
    pub schema: Option<&'a str>,
    /// The column.
    pub column: &'a str,
    /// Which of the two.
    pub what: Attribute,
    /// What the models say, in the database's words; `None` for no default.
    pub models: Option<&'a str>,
    /// What the database says; `None` for no default.
    pub database: Option<&'a str>,
}

/// What somebody knows better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Both mean the same: the column stays as it is.
    Same,
    /// They differ, also where the model would have been content with what is
    /// there. Where both are spelled alike there is nothing to change.
    Different,
    /// aludel decides.
    Undecided,
}

/// What a rewriting is told ([`App::rewrite`](crate::App::rewrite)).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Rewriting<'a> {
    /// What the migration is about.
    pub message: &'a str,
    /// The dialect of the database: `sqlite`, `postgres`, `mysql`.
    pub dialect: &'static str,
    /// The database as it is.
    pub before: &'a Schema,
}

/// Why a rewriting refuses: what is said to whoever has typed the command.
pub type Refusal = Box<dyn StdError + Send + Sync>;

/// A file that was written ([`App::on_written`](crate::App::on_written)).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Written<'a> {
    /// The file.
    pub path: &'a Path,
    /// The id of its revision.
    pub revision: &'a str,
    /// What the migration is about.
    pub message: &'a str,
}

/// A revision that was run and committed
/// ([`App::on_applied`](crate::App::on_applied)).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Applied<'a> {
    /// Which of many databases (`--each`, `--tenants`), as reports name it.
    pub tenant: Option<&'a str>,
    /// Its id.
    pub revision: &'a str,
    /// Which way.
    pub direction: Direction,
    /// How long it took.
    pub took: Duration,
}

/// An operation of a project's own: SQL with a name, and what undoes it.
///
/// It is written into files of both formats under its name, run in the proof
/// like any other operation, and undone by `downgrade`. What it changes of
/// tables must be told by a typed operation beside it; what stands beside tables
/// (privileges, row security, settings) is its business alone.
///
/// ```
/// use aludel_cli::CustomOperation;
/// use aludel_cli::operation::Operation;
///
/// let grant = CustomOperation::new("let the reports read", "GRANT SELECT ON item TO reports")
///     .undone_by("REVOKE SELECT ON item FROM reports")
///     .only_for("postgres");
/// assert!(matches!(Operation::from(grant), Operation::Execute(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomOperation {
    name: String,
    sql: String,
    reverse: Option<String>,
    dialect: Option<&'static str>,
}

impl CustomOperation {
    /// SQL under a name that people read.
    pub fn new(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sql: sql.into(),
            reverse: None,
            dialect: None,
        }
    }

    /// The SQL of the way back. Without it a downgrade says that nothing is
    /// known, and goes on.
    #[must_use]
    pub fn undone_by(mut self, sql: impl Into<String>) -> Self {
        self.reverse = Some(sql.into());
        self
    }

    /// Only for the dialect of that name; for all of them else.
    #[must_use]
    pub fn only_for(mut self, dialect: &'static str) -> Self {
        self.dialect = Some(dialect);
        self
    }
}

impl From<CustomOperation> for Operation {
    fn from(custom: CustomOperation) -> Self {
        Self::Execute(RawSql {
            name: Some(custom.name),
            sql: custom.sql,
            reverse: custom.reverse,
            dialect: custom.dialect,
        })
    }
}

type Filter = Arc<dyn Fn(&Compared<'_>) -> bool + Send + Sync>;
type Compare = Arc<dyn Fn(&ColumnPair<'_>) -> Verdict + Send + Sync>;
type Rewrite =
    Arc<dyn Fn(Vec<Operation>, &Rewriting<'_>) -> Result<Vec<Operation>, Refusal> + Send + Sync>;
type OnWritten = Arc<dyn Fn(&Written<'_>) + Send + Sync>;
pub(crate) type OnApplied = Arc<dyn Fn(&Applied<'_>) + Send + Sync>;

/// What a project has said; nothing by itself.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    /// Which objects are compared.
    pub(crate) filter: Option<Filter>,
    /// What somebody knows better of columns.
    pub(crate) compare: Option<Compare>,
    /// What becomes of operations.
    pub(crate) rewrite: Option<Rewrite>,
    /// Who is told of files.
    pub(crate) on_written: Vec<OnWritten>,
    /// Who is told of revisions.
    pub(crate) on_applied: Vec<OnApplied>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("filter", &self.filter.is_some())
            .field("compare", &self.compare.is_some())
            .field("rewrite", &self.rewrite.is_some())
            .field("on_written", &self.on_written.len())
            .field("on_applied", &self.on_applied.len())
            .finish()
    }
}
