//! How one database spells and does what the other modules think of.
//!
//! A dialect reads models and introspected schemas into one canonical form,
//! and lowers operations to a plan of statements. Only here is a table
//! rebuilt, a name quoted, a step split. Dialects do not know the diff.

mod cast;
pub mod client;
mod dependent;
#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql")),
    expect(dead_code, reason = "only dialects judge")
)]
mod judged;
mod known;
#[cfg(feature = "mysql")]
pub mod mysql;
mod online;
#[cfg(feature = "postgres")]
pub mod postgres;
mod row_sql;
#[cfg(all(test, any(feature = "postgres", feature = "sqlite")))]
mod samples;
mod script;
mod server;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod types;
mod whole;

pub use cast::{Cast, Retyped, casts};
pub use client::Client;
pub use dependent::{Dependent, DependentKind, Support};
pub use judged::{Found, Ground};
pub use known::Known;
pub use online::OnlineStep;
pub use row_sql::{Conversion, RowSql};
pub use script::{Outline, judge_script};
pub use server::{Probe, Scope, Server, TextRow};
pub use whole::{lower_all, lower_as_one};

use crate::change::Pair;
use crate::diff::{Question, SharedNames, Wanted};
use crate::error::Result;
use crate::hazard::Hazard;
use crate::model::{ModelError, Models, RustType};
use crate::object::{Definition, Noun, Spelling, Word};
use crate::operation::Operation;
use crate::plan::{Plan, Statement};
use crate::schema::{ColumnType, DefaultValue, Expression, Name, Schema, TableName};

/// Every dialect of this build, one value a name.
pub const ALL: &[&dyn Dialect] = &[
    #[cfg(feature = "sqlite")]
    &sqlite::Sqlite,
    #[cfg(feature = "postgres")]
    &postgres::Postgres,
    #[cfg(feature = "mysql")]
    &mysql::MySql::MARIADB,
];

/// The dialect of that name, if this build has it.
pub fn named(name: &str) -> Option<&'static dyn Dialect> {
    let mut all = ALL.iter().copied();
    all.find(|dialect| dialect.name().eq_ignore_ascii_case(name))
}

/// A database as introspection found it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// What models can say, in canonical form.
    pub schema: Schema,
    /// The texts that the database itself keeps, in the order in which they
    /// can be run to make the same database again.
    pub objects: Vec<SqlObject>,
    /// What was seen and no model can say.
    pub unmanaged: Vec<Unmanaged>,
    /// What leans on what, as far as the server notes it; a database that was
    /// never on one knows nothing of it.
    pub dependents: Vec<Dependent>,
    /// Which server it is on, as far as it matters for statements.
    pub server: Server,
}

impl Snapshot {
    /// The same database without the tables that somebody else manages, and
    /// without what was noted about them. `objects` stays complete: a copy of
    /// the database needs them all.
    #[must_use]
    pub fn without(&self, excluded: impl Fn(&str) -> bool) -> Self {
        let mut rest = self.clone();
        rest.schema
            .tables
            .retain(|name, _| !excluded(name.name.as_str()));
        let gone = |note: &Unmanaged| {
            let table = self.schema.tables.keys().find(|name| {
                let name = name.name.as_str();
                let part = note.name.strip_prefix(name);
                part.is_some_and(|part| part.is_empty() || part.starts_with('.'))
            });
            excluded(table.map_or(note.name.as_str(), |name| name.name.as_str()))
        };
        rest.unmanaged.retain(|note| !gone(note));
        rest
    }
}

/// One object of a database with the statement that makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// The table that it belongs to; its own name where it is one.
    pub table: String,
    /// The `CREATE` statement as the database keeps it.
    pub sql: String,
}

/// What an object of a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A schema beside the default one.
    Schema,
    /// An extension.
    Extension,
    /// A type of its own: a domain, a composite or a range type.
    Type,
    /// A sequence that no column owns.
    Sequence,
    /// A function or procedure.
    Function,
    /// A table.
    Table,
    /// A partition of a table, or a table that inherits one.
    Partition,
    /// A virtual table.
    VirtualTable,
    /// A table that a virtual table keeps for itself.
    ShadowTable,
    /// An index.
    Index,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A trigger.
    Trigger,
    /// Statements that the server runs at a time (MySQL).
    Event,
    /// A constraint of a kind that models cannot say (PostgreSQL `EXCLUDE`).
    Constraint,
    /// A rule that rewrites statements (PostgreSQL).
    Rule,
    /// Row level security, or a policy of it (PostgreSQL).
    Policy,
    /// Statistics over several columns (PostgreSQL).
    Statistics,
    /// What is said of another object in a statement of its own, and goes with
    /// it: its owner, who may use it, its comment, that it is disabled
    /// (PostgreSQL).
    Property,
    /// The same of an index or a constraint of a table, with holes where the
    /// names stand (PostgreSQL).
    PartProperty,
    /// An operator, a class of operators or a cast (PostgreSQL).
    Operator,
    /// Something that only the whole database has: a text search configuration,
    /// a publication, an event trigger (PostgreSQL). Nobody makes it again.
    Other,
}

/// Something that introspection saw and models cannot say. It is never touched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmanaged {
    /// What kind of thing: `view`, `trigger`, `conflict clause`.
    pub kind: String,
    /// Which: a name, or `table.column`.
    pub name: String,
    /// One line more, where it helps: the text of a clause.
    pub detail: Option<String>,
}

/// What operations become, and the database that they leave behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lowered {
    /// The statements.
    pub plan: Plan,
    /// The database afterwards, as introspection would find it (the texts of
    /// `objects` by meaning, not by white space).
    pub after: Snapshot,
}

/// One kind of database.
pub trait Dialect: std::fmt::Debug + Send + Sync {
    /// Its name in files, urls and flags: `sqlite`.
    fn name(&self) -> &'static str;

    /// Its name for people: `SQLite`, `MariaDB`.
    fn title(&self) -> &'static str;

    /// The statements that read the whole catalogue, a fixed number whatever
    /// the number of tables. Every value is read as text.
    fn catalog(&self, scope: &Scope) -> Vec<String>;

    /// What has to be asked besides, given what [`Self::catalog`] was told: what
    /// a server keeps from a user with few privileges, and what no query over
    /// all tables tells of the few that have it. Nothing for others.
    fn catalog_of_hidden(&self, answers: &[Vec<TextRow>]) -> Vec<String>;

    /// The database that the rows of [`Self::catalog`], and then those of
    /// [`Self::catalog_of_hidden`], describe, one list of rows a statement.
    ///
    /// # Errors
    /// Rows that are not what the statements ask for.
    fn snapshot(&self, scope: &Scope, answers: Vec<Vec<TextRow>>) -> Result<Snapshot>;

    /// The statements that make an empty database like this one, in an order
    /// that mostly works; who runs them tries those that fail again after the
    /// others.
    ///
    /// # Errors
    /// A table that cannot be written.
    fn remake(&self, snapshot: &Snapshot) -> Result<Vec<Statement>>;

    /// What the database calls a type.
    fn write_type(&self, ty: &ColumnType) -> String;

    /// What becomes of the values of a column that gets another type, both
    /// canonical; `None` where nobody can say how.
    fn cast(&self, column: &Name, types: Pair<&ColumnType>) -> Option<Cast>;

    /// The schema with every name, type, default and implied object in the
    /// form that the database itself would report.
    /// `canonical(canonical(s)) == canonical(s)`.
    fn canonical(&self, schema: Schema) -> Schema;

    /// The schema that the models want on this database, canonical, with what
    /// they leave open.
    ///
    /// # Errors
    /// Every model that this database cannot hold, all at once.
    fn wanted(&self, models: &Models) -> Result<Wanted, Vec<ModelError>>;

    /// The canonical schema without what that server would have by itself: a
    /// collation that every table of the database has.
    fn on_server(&self, schema: Schema, server: &Server) -> Schema;

    /// Whether a field of that Rust type, whose type was not said, is content
    /// with an existing column of that (canonical) type.
    fn accepts(&self, rust: &RustType, existing: &ColumnType) -> bool;

    /// Whether two expressions mean the same as far as can be told without
    /// asking the database.
    fn same_expression(&self, a: &Expression, b: &Expression) -> bool;

    /// How the server can be asked for its own words for an expression; `None`
    /// where it keeps expressions as they were written.
    fn probe(&self, question: &Question) -> Option<Probe>;

    /// What the rows of [`Probe::read`] say; `None` where they say nothing.
    fn answer(&self, question: &Question, rows: &[TextRow]) -> Option<Expression>;

    /// The key under which the database compares identifiers.
    fn fold_name(&self, name: &str) -> String;

    /// Which names all tables of a schema share.
    fn shared_names(&self) -> SharedNames;

    /// An identifier, quoted for a statement.
    fn quote_name(&self, name: &str) -> String;

    /// The plain client of the database, for scripts.
    fn client(&self) -> Client;

    /// What it calls the rows that may object to a change.
    fn row_sql(&self) -> &dyn RowSql;

    /// One `INSERT` statement for rows that were written into a migration; at
    /// least one row.
    ///
    /// # Errors
    /// A row that has not one value a column, by its number from 1.
    fn insert(
        &self,
        table: &TableName,
        columns: &[Name],
        rows: &[Vec<DefaultValue>],
    ) -> Result<String>;

    /// What has to be there before the operations and is not, as operations of
    /// its own that go away again on the way back: PostgreSQL's schemas.
    fn needed(&self, before: &Snapshot, operations: &[Operation]) -> Vec<Operation>;

    /// How many of the leading operations may be lowered together against this
    /// snapshot. A database rewrites views and triggers itself when something
    /// is renamed; what comes after such a rename is lowered against the
    /// database as it then is. At least 1 unless `operations` is empty.
    fn together(&self, before: &Snapshot, operations: &[Operation]) -> usize;

    /// Whether an expression over a column that gets another type may keep what
    /// only the first type asked for, or be no expression any more: PostgreSQL
    /// reads it again in the words that it was kept in, and `price > 0` over an
    /// integer is `price > (0)::numeric` over a decimal.
    fn keeps_conversions(&self, types: Pair<&ColumnType>) -> bool;

    /// The tokens of a text, for who looks at objects that are written in SQL.
    ///
    /// # Errors
    /// A text that ends inside a string, a comment or a quoted name.
    fn words(&self, sql: &str) -> Result<Vec<Word>>;

    /// Which objects that are written in SQL the database has.
    fn spelling(&self) -> Spelling;

    /// Whether the database gives the text of such an object back as it was
    /// written.
    fn keeps_text(&self, noun: Noun) -> bool;

    /// Whether an object can be defined anew under its name, so that what
    /// stands upon it stays: the statement is in the server's own words where
    /// they are known.
    fn can_replace(&self, from: &Definition, to: &str) -> bool;

    /// Whether the database can give such an object another name.
    fn renames(&self, noun: Noun) -> bool;

    /// The statements of a list of operations, given the database before them.
    ///
    /// # Errors
    /// An operation that this database, in this state, cannot do; nothing has
    /// been touched.
    fn lower(&self, before: &Snapshot, operations: &[Operation]) -> Result<Lowered>;

    /// The same operations in steps of which none locks a table that is in use
    /// for long, as far as the database has a way, each for a revision of its
    /// own; `None` where one writer locks out all others anyway.
    fn online(&self, before: &Snapshot, operations: &[Operation]) -> Option<Vec<OnlineStep>>;

    /// What a statement may destroy, fail on, rewrite, lock or break on this
    /// database, as far as its words and the ground tell.
    fn judge(&self, sql: &str, ground: &Ground<'_>) -> Vec<Found>;

    /// What a statement does to whole tables.
    fn outline(&self, sql: &str) -> Outline;

    /// Brings what is known of a database to what it is behind a statement, as
    /// far as its words tell.
    fn follow(&self, sql: &str, server: &Server, known: &mut Known);

    /// Whether the server takes a text for a value of that type in a spelling
    /// that only it knows: PostgreSQL's `0x10` and `1_000` (16), `tr` for true.
    fn takes_text(&self, server: &Server, ty: &ColumnType, text: &str) -> bool;

    /// Whether a statement that changes the schema can be taken back with
    /// those around it.
    fn is_transactional(&self) -> bool;

    /// Whether a statement of a plan changes nothing, and fails where rows do not
    /// allow what follows.
    fn only_looks(&self, _statement: &Statement) -> bool {
        false
    }

    /// Whether a change of an operation (by its place in a batch) has a hazard
    /// here that it has elsewhere.
    fn has(&self, operation: &Operation, change: usize, hazard: &Hazard) -> bool;

    /// What a run has to do before and after a statement so that what it makes
    /// is what a plain client would have made of it; `None` where there is
    /// nothing to do (MySQL: a trigger keeps the modes of its session).
    fn around(&self, sql: &str) -> Option<Pair<&'static str>> {
        let _ = sql;
        None
    }

    /// A hash over the tokens of everything that a rebuild of the table reads,
    /// as in [`crate::plan::Rebuild::expects`]; `None` where there is no such
    /// table.
    fn fingerprint(&self, snapshot: &Snapshot, table: &str) -> Option<String>;

    /// One script's statements, split by the dialect's own lexer, without
    /// final semicolons and without empty ones.
    ///
    /// # Errors
    /// A text that ends inside a string, a comment or a body.
    fn split_statements(&self, script: &str) -> Result<Vec<String>>;
}
