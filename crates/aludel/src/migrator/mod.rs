//! Bringing a database to a revision, and knowing where it is.
//!
//! | module | owns |
//! |---|---|
//! | `database` | what can be given as a database |
//! | `books` | what is written into aludel's own tables |
//! | `store` | the version rows, the status, the log |
//! | `record` | what was run, and whether its files still say the same |
//! | `stamp` | saying where a database is, running nothing |
//! | `status` | where a database is |
//! | `event` | what an observer is told |
//! | `explain` | which rows a migration failed on |
//! | `baseline` | keeping a baseline off databases that have tables |
//! | `halfway` | taking back what was half done |
//! | `step` | one revision inside a transaction, and its books |
//! | `together` | how revisions share transactions, and running several in one |
//! | `walk` | running a path of revisions, one transaction each |
//! | `plan` | the same on a copy, to see the statements |
//! | `offline` | the same without its database |
//! | `guard` | what a script stops on |
//! | `script` | the same as a script for a plain client |
//! | `unknown` | version rows that no file holds |
//! | `verify` | holding a history to what it says |
//! | `wait` | waiting until somebody else has upgraded |

mod baseline;
mod books;
mod database;
mod event;
mod explain;
mod guard;
mod halfway;
mod judge;
mod offline;
mod plan;
mod record;
mod script;
mod stamp;
mod status;
mod step;
mod store;
mod together;
mod unknown;
mod values;
mod verify;
mod wait;
mod walk;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aludel_core::dialect::Scope;
use aludel_core::revision::{Revision, RevisionGraph};

use self::store::Store;
use self::unknown::{refuse_unknown, unknown};
use crate::db::{Connection, Mode, RowLimits, Url};
use crate::error::Result;
use crate::migrations::Migrations;
use crate::run::{Direction, Limits, OnWait, Waiting};

pub use database::Database;
pub use event::Event;
pub use judge::{JudgedRevision, JudgedStep, Place};
pub use offline::ReplayedHistory;
pub use plan::PlannedRevision;
pub use script::Script;
pub use status::{Halfway, LoggedRun, Running, Status};
pub use together::Transactions;
pub use verify::BesideSchema;
pub use wait::Wait;
pub use walk::Ran;

/// The version table where nothing else is said.
pub const DEFAULT_VERSION_TABLE: &str = "aludel_version";

/// How long a writer waits for another one where nothing else is said.
pub const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a revision is tried that cannot get the lock of a table, where
/// nothing else is said.
pub const DEFAULT_TABLE_LOCK_ATTEMPTS: u32 = 3;

/// How long a statement waits for the lock of a table, and everybody else
/// behind it, where nothing else is said.
pub const DEFAULT_TABLE_LOCK_TIMEOUT: Duration = Duration::from_secs(10);

type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

type OfOthers = Arc<dyn Fn(&str) -> bool + Send + Sync>;

type Stop = Arc<dyn Fn() -> bool + Send + Sync>;

/// Runs the migrations of an application on its database.
///
/// ```no_run
/// # async fn f(migrations: &aludel::Migrations) -> aludel::Result<()> {
/// aludel::Migrator::new(migrations)
///     .upgrade("sqlite:app.db", "head")
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// # Who runs when several start
///
/// Any number of processes may start an upgrade at once: one runs it, the others
/// wait for it and find nothing to do. On PostgreSQL the lock is an advisory lock
/// of the session, on MySQL and MariaDB one of `GET_LOCK`; both are about one
/// database and one version table, and the server gives them back when the
/// connection ends, however it does. They need one session from the beginning of
/// a run to its end: give a url that leads to the server itself, or to a pooler
/// that pools sessions, not transactions. On SQLite the lock is that of the file,
/// and beside a migration outside of a transaction a file `*-aludel-lock` whose
/// lock the operating system gives back. Who waits longer than a second tells on
/// whom ([`Event::Waiting`]), and gives up after [`Self::lock_timeout`].
///
/// # What it leaves alone
///
/// A connection that is handed in is given back with the settings that it had.
/// On SQLite its temporary tables and the databases that are attached to it stay
/// as they are; one whose temporary tables hide tables of the database by their
/// names is refused. Rows that refer to none and did so before are kept, and told
/// ([`Event::Orphans`]).
///
/// # What it logs
///
/// Everything goes to `tracing`, nothing is printed:
///
/// | what | level | with |
/// |---|---|---|
/// | span `migration` | info | `revision`, `direction`, `duration_ms` |
/// | span `statement`, inside of it | debug | `step`, `why`, `duration_ms` |
/// | `running upgrade a -> b, message` | info | `file` |
/// | `finished upgrade a -> b, message` | info | `duration_ms` |
/// | `stopped upgrade a -> b, message` | error | `error` |
/// | `waiting for another migration` | info | `holders`, `waited_ms` |
/// | `still running`, every ten seconds of a statement | info | `why`, `elapsed_ms` |
/// | `rows refer to none`, on SQLite | warn | `table`, `parent`, `rows` |
/// | every text of SQL, target `aludel::sql` | trace | `sql` |
///
/// A `duration_ms` is recorded when its span ends. No line holds the password of a url.
#[derive(Clone)]
pub struct Migrator {
    migrations: Migrations,
    store: Store,
    lock_timeout: Duration,
    table_lock_timeout: Duration,
    table_lock_attempts: u32,
    statement_timeout: Option<Duration>,
    transactions: Transactions,
    scope: Scope,
    schema: Option<String>,
    stop: Option<Stop>,
    scratch: Option<Url>,
    row_limits: Option<RowLimits>,
    observer: Option<Observer>,
    of_others: Option<OfOthers>,
}

impl Migrator {
    /// A migrator for these migrations.
    pub fn new(migrations: impl Into<Migrations>) -> Self {
        Self {
            migrations: migrations.into(),
            store: Store::new(DEFAULT_VERSION_TABLE),
            lock_timeout: DEFAULT_LOCK_TIMEOUT,
            table_lock_timeout: DEFAULT_TABLE_LOCK_TIMEOUT,
            table_lock_attempts: DEFAULT_TABLE_LOCK_ATTEMPTS,
            statement_timeout: None,
            transactions: Transactions::Each,
            scope: Scope::default(),
            schema: None,
            stop: None,
            scratch: None,
            row_limits: None,
            observer: None,
            of_others: None,
        }
    }

    /// Keeps the version rows in another table, such as `alembic_version`.
    #[must_use]
    pub fn version_table(mut self, name: &str) -> Self {
        self.store = Store::new(name);
        self
    }

    /// How long to wait while somebody else runs a migration.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// How long a statement waits on a server for the lock of a table. While
    /// it waits, all other users of the table wait behind it.
    #[must_use]
    pub fn table_lock_timeout(mut self, timeout: Duration) -> Self {
        self.table_lock_timeout = timeout;
        self
    }

    /// How often a revision is tried on a server that cannot get the lock of a
    /// table in time: between two tries everybody else has the table, for a
    /// second, then two, then four. Only a revision of which nothing is left is
    /// tried again. At least once.
    #[must_use]
    pub fn table_lock_attempts(mut self, attempts: u32) -> Self {
        self.table_lock_attempts = attempts.max(1);
        self
    }

    /// How long one statement may take on a server; for ever, or as long as
    /// the server itself allows, where nothing is said. MySQL knows no such
    /// limit, MariaDB does.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// How the migrations of a run share transactions; each has its own where
    /// nothing is said.
    #[must_use]
    pub fn transactions(mut self, transactions: Transactions) -> Self {
        self.transactions = transactions;
        self
    }

    /// Looks also at the tables of these schemas, beside the default one.
    #[must_use]
    pub fn schemas(mut self, schemas: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scope.schemas = schemas.into_iter().map(Into::into).collect();
        self
    }

    /// Works in one schema of the database that it is given, which must be
    /// there: the version table and all names without a schema are those of it
    /// alone. On MySQL and MariaDB it is a database of the same server; SQLite
    /// has none. Schemas are migrated side by side, and none of them while a run
    /// that names no schema is at the same database. Scripts name no schema.
    ///
    /// ```no_run
    /// # #[cfg(feature = "postgres")]
    /// # async fn f(migrations: &aludel::Migrations, pool: &sqlx::PgPool) -> aludel::Result<()> {
    /// let migrator = aludel::Migrator::new(migrations);
    /// for tenant in ["tenant_1", "tenant_2"] {
    ///     migrator.clone().schema(tenant).upgrade(pool, "head").await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = Some(name.into());
        self
    }

    /// Is asked between two migrations of a run, and where it says yes the run
    /// ends there as if it had come to its end: what was run is given back.
    /// Migrations that share one transaction all run.
    #[must_use]
    pub fn stop_when(mut self, stop: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.stop = Some(Arc::new(stop));
        self
    }

    /// Where [`Self::plan`] rehearses on a server: in a database that is kept
    /// for that, and not in one that it makes and drops again.
    #[must_use]
    pub fn scratch(mut self, url: Url) -> Self {
        self.scratch = Some(url);
        self
    }

    /// [`Self::plan`] also counts the rows of the database that object to what
    /// would run, for as long as that; and a migration that fails on rows says
    /// how many, for which it is rehearsed on a copy.
    #[must_use]
    pub fn count_rows(mut self, limits: RowLimits) -> Self {
        self.row_limits = Some(limits);
        self
    }

    /// Which tables, by their names, are of somebody else: a baseline runs on a
    /// database that has no tables but these, aludel's own, and those in which
    /// other tools keep their books.
    #[must_use]
    pub fn tables_of_others(mut self, are: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.of_others = Some(Arc::new(are));
        self
    }

    /// Opens a database, in the schema that is meant.
    async fn open<'o>(&self, database: &'o mut Database<'_>, mode: Mode) -> Result<Connection<'o>> {
        self.entered(database.open(mode).await?).await
    }

    /// The same, for who is about to write.
    async fn open_waiting<'o>(
        &self,
        database: &'o mut Database<'_>,
        mode: Mode,
    ) -> Result<Connection<'o>> {
        let opened = database.open_waiting(mode, &self.limits()).await?;
        self.entered(opened).await
    }

    async fn entered<'o>(&self, mut connection: Connection<'o>) -> Result<Connection<'o>> {
        if let Some(schema) = &self.schema {
            connection.enter_schema(schema).await?;
        }
        Ok(connection)
    }

    fn limits(&self) -> Limits {
        Limits {
            lock_timeout: self.lock_timeout,
            table_lock_timeout: self.table_lock_timeout,
            statement_timeout: self.statement_timeout,
            lock_name: self.store.name().to_owned(),
            on_wait: match self.observer.clone() {
                Some(observer) => OnWait::tell(move |holders, waited| {
                    observer(&Event::Waiting { holders, waited });
                }),
                None => OnWait::default(),
            },
        }
    }

    /// Is told what happens, as it happens.
    #[must_use]
    pub fn on_event(mut self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// The migrations.
    pub fn migrations(&self) -> &Migrations {
        &self.migrations
    }

    /// Runs what lies between the database and the target: `head`, `heads`,
    /// `+1`, an id or the beginning of one. A database that is not there is
    /// made. Each migration has a transaction of its own; what was run is
    /// given back, in order.
    ///
    /// # Errors
    /// A target that is not in the history, a migration that fails (it leaves
    /// nothing behind, those before it stay), a lock that is not given up.
    pub async fn upgrade<'d>(
        &self,
        database: impl Into<Database<'d>>,
        target: &str,
    ) -> Result<Vec<Ran>> {
        let graph = self.migrations.graph()?;
        let mut database = database.into();
        if database.is_absent() {
            // No file is made for a target that cannot be found.
            self.path(&graph, &[], Direction::Up, target)?;
        }
        let mut connection = self.open_waiting(&mut database, Mode::Create).await?;
        let ran = self
            .walk(&mut connection, &graph, Direction::Up, target)
            .await;
        finish(connection, ran).await
    }

    /// Undoes what lies above the target: `base`, `-1`, an id or the beginning
    /// of one.
    ///
    /// # Errors
    /// As [`Self::upgrade`].
    pub async fn downgrade<'d>(
        &self,
        database: impl Into<Database<'d>>,
        target: &str,
    ) -> Result<Vec<Ran>> {
        let graph = self.migrations.graph()?;
        let mut database = database.into();
        let mut connection = self.open_waiting(&mut database, Mode::ReadWrite).await?;
        let ran = self
            .walk(&mut connection, &graph, Direction::Down, target)
            .await;
        finish(connection, ran).await
    }

    /// The version rows; none where there is no version table.
    ///
    /// # Errors
    /// A database that cannot be opened.
    pub async fn current<'d>(&self, database: impl Into<Database<'d>>) -> Result<Vec<String>> {
        let mut database = database.into();
        let mut connection = self.open(&mut database, Mode::ReadOnly).await?;
        let rows = self.store.rows(&mut connection).await;
        finish(connection, rows).await
    }

    /// Whether there is nothing to run. Costs one query.
    ///
    /// # Errors
    /// As [`Self::status`].
    pub async fn is_current<'d>(&self, database: impl Into<Database<'d>>) -> Result<bool> {
        let graph = self.migrations.graph()?;
        let mut database = database.into();
        let mut connection = self.open(&mut database, Mode::ReadOnly).await?;
        let place = self.store.place(&mut connection).await;
        let (rows, halfway) = finish(connection, place).await?;
        Ok(halfway.is_none()
            && unknown(&graph, &rows).is_empty()
            && graph.upgrade_path(&rows, "heads")?.is_empty())
    }

    /// Where the database is. Writes nothing.
    ///
    /// # Errors
    /// A database that cannot be opened, a history that makes no sense.
    pub async fn status<'d>(&self, database: impl Into<Database<'d>>) -> Result<Status> {
        let graph = self.migrations.graph()?;
        let mut database = database.into();
        self.look(&mut database, &graph).await
    }

    /// The same, for who is about to write: waits while somebody else has
    /// locked a whole SQLite file, as long as for the lock.
    ///
    /// # Errors
    /// As [`Self::status`].
    pub async fn status_before_run<'d>(&self, database: impl Into<Database<'d>>) -> Result<Status> {
        let graph = self.migrations.graph()?;
        let mut database = database.into();
        let limits = self.limits();
        let mut waiting = Waiting::begin(&limits);
        loop {
            match self.look(&mut database, &graph).await {
                Err(error) if waiting.lasts(&error).await => {}
                seen => return seen,
            }
        }
    }

    async fn read_status(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
    ) -> Result<Status> {
        let (current, halfway) = self.store.place(connection).await?;
        let unknown: Vec<String> = unknown(graph, &current);
        let known: Vec<String> = current
            .iter()
            .filter(|row| !unknown.contains(row))
            .cloned()
            .collect();
        let pending = graph.upgrade_path(&known, "heads")?;
        let applied = graph.ancestors(&known)?;
        Ok(Status {
            edited: self.edited(connection, &applied).await?,
            unrecorded: self.unrecorded(connection, graph, &applied).await?,
            heads: graph.heads().into_iter().map(str::to_owned).collect(),
            pending: pending.into_iter().map(|r| r.id().to_owned()).collect(),
            running: self.store.status(connection).await?,
            unknown,
            current,
            halfway,
        })
    }

    /// The revisions to run, in order.
    fn path<'g>(
        &self,
        graph: &'g RevisionGraph,
        rows: &[String],
        direction: Direction,
        target: &str,
    ) -> Result<Vec<&'g Revision>> {
        refuse_unknown(graph, rows)?;
        Ok(match direction {
            Direction::Up => graph.upgrade_path(rows, target)?,
            Direction::Down => graph.downgrade_path(rows, target)?,
        })
    }

    fn tell(&self, event: &Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}

/// Closes the connection; what was done counts more than how that ends.
async fn finish<T>(connection: Connection<'_>, done: Result<T>) -> Result<T> {
    let closed = connection.close().await;
    let done = done?;
    closed.map(|()| done)
}

fn refuse_transaction(connection: &Connection<'_>) -> Result<()> {
    if connection.is_in_transaction() && !connection.is_trial() {
        return Err(crate::run::in_transaction());
    }
    Ok(())
}

impl fmt::Debug for Migrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrator")
            .field("migrations", &self.migrations)
            .field("store", &self.store)
            .field("lock_timeout", &self.lock_timeout)
            .field("table_lock_attempts", &self.table_lock_attempts)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
