//! The transaction around a migration: the lock, the settings, BEGIN, the
//! checks before COMMIT.
//!
//! | | SQLite | PostgreSQL | MySQL, MariaDB |
//! |---|---|---|---|
//! | lock | BEGIN IMMEDIATE; a file beside the database while suspended | advisory locks of the session | GET_LOCK |
//! | transaction | yes | yes | none: each statement commits by itself |
//!
//! This file owns the shape that all of them have. It must not know what runs
//! inside.

mod holder;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod waiting;

use std::time::Duration;

#[cfg(feature = "sqlite")]
use super::integrity::{Integrity, Orphans};
#[cfg(feature = "sqlite")]
use super::lock::Lock;
use crate::db::{Connection, Driver, database_error};
use crate::error::{Error, ErrorKind, Result};

pub(crate) use holder::holder;
pub(crate) use waiting::{OnWait, Waiting};

/// The pause between two looks at a lock.
#[cfg(feature = "sqlite")]
const PAUSE: Duration = Duration::from_millis(10);

/// The same where each look is a message to a server.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const PAUSE_ON_SERVERS: Duration = Duration::from_millis(50);

/// How long what may take, and which lock it is about.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    expect(dead_code, reason = "SQLite has one lock for everything")
)]
pub(crate) struct Limits {
    /// How long to wait while somebody else runs a migration.
    pub(crate) lock_timeout: Duration,
    /// How long a statement waits for the lock of a table; while it waits,
    /// everybody else waits behind it.
    pub(crate) table_lock_timeout: Duration,
    /// How long a statement may take.
    pub(crate) statement_timeout: Option<Duration>,
    /// What the lock protects: the name of the version table.
    pub(crate) lock_name: String,
    /// Who is told that it is waited for.
    pub(crate) on_wait: OnWait,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lock_timeout: crate::migrator::DEFAULT_LOCK_TIMEOUT,
            table_lock_timeout: crate::migrator::DEFAULT_TABLE_LOCK_TIMEOUT,
            statement_timeout: None,
            lock_name: crate::migrator::DEFAULT_VERSION_TABLE.to_owned(),
            on_wait: OnWait::default(),
        }
    }
}

impl Limits {
    /// The key of the lock of a server; the same in every version of aludel.
    pub(crate) fn key(&self) -> i64 {
        self.key_of("")
    }

    /// The key of the lock of one schema among others.
    #[cfg(feature = "postgres")]
    pub(crate) fn key_in(&self, schema: Option<&str>) -> Option<i64> {
        schema.map(|schema| self.key_of(schema))
    }

    fn key_of(&self, schema: &str) -> i64 {
        // FNV-1a.
        let text = ["aludel", schema, &self.lock_name].join("\0");
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        i64::from_ne_bytes(hash.to_ne_bytes())
    }
}

/// The settings that a connection had.
#[derive(Debug)]
pub(crate) struct Settings {
    before: Before,
}

#[derive(Debug)]
enum Before {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Settings),
    /// Everything is set for one transaction only.
    #[cfg(feature = "postgres")]
    Nothing,
    #[cfg(feature = "mysql")]
    MySql(mysql::Settings),
}

impl Settings {
    /// Reads, sets and checks them.
    pub(crate) async fn apply(connection: &mut Connection<'_>, limits: &Limits) -> Result<Self> {
        let before = match &mut connection.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(held) => {
                Before::Sqlite(sqlite::Settings::apply(held.get(), limits.lock_timeout).await?)
            }
            #[cfg(feature = "postgres")]
            Driver::Postgres(_) => {
                let _ = limits;
                Before::Nothing
            }
            #[cfg(feature = "mysql")]
            Driver::MySql(held) => Before::MySql(mysql::Settings::apply(held.get(), limits).await?),
        };
        Ok(Self { before })
    }

    /// Gives the connection back as it was.
    pub(crate) async fn restore(self, connection: &mut Connection<'_>) -> Result<()> {
        match (self.before, &mut connection.driver) {
            #[cfg(feature = "sqlite")]
            (Before::Sqlite(settings), Driver::Sqlite(held)) => settings.restore(held.get()).await,
            #[cfg(feature = "mysql")]
            (Before::MySql(settings), Driver::MySql(held)) => settings.restore(held.get()).await,
            #[cfg(any(feature = "postgres", all(feature = "sqlite", feature = "mysql")))]
            _ => Ok(()),
        }
    }
}

pub(crate) fn in_transaction() -> Error {
    Error::new(
        ErrorKind::InTransaction,
        "the connection is inside a transaction",
    )
    .with_hint("commit it first: a migration needs a transaction of its own")
}

/// The error of who does not get the lock.
pub(super) fn held_by(sessions: &[String]) -> Error {
    let error = Error::new(
        ErrorKind::Locked,
        "another process is running a migration on this database",
    );
    match sessions {
        [] => error.with_hint("wait for it to end, and try again"),
        _ => error.with_hint(format!(
            "wait for it to end, and try again; the lock is held by {}",
            sessions.join("; ")
        )),
    }
}

/// An open writing transaction with the lock of a migration; dropping it rolls
/// back. On MySQL there is only the lock.
#[derive(Debug)]
pub(crate) struct Transaction<'t> {
    connection: Connection<'t>,
    /// Statements are bound together now.
    open: bool,
    /// Something was committed before its end.
    committed: bool,
    /// One statement and its record are in a transaction of their own.
    bound: bool,
    /// The lock of a server is held.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    locked: bool,
    limits: Limits,
    /// What was broken before; `None` where nothing is checked.
    #[cfg(feature = "sqlite")]
    integrity: Option<Integrity>,
    /// Rows without a parent that were there before, as the last check found.
    #[cfg(feature = "sqlite")]
    orphans: Orphans,
    /// Held from the first [`Self::suspend`] to the end.
    #[cfg(feature = "sqlite")]
    lock: Option<Lock>,
}

impl<'t> Transaction<'t> {
    /// Begins one, trying again until the time is over. The settings of the
    /// connection must have been applied.
    pub(crate) async fn begin(connection: &'t mut Connection<'_>, limits: &Limits) -> Result<Self> {
        let mut new = Self::closed(connection, limits);
        new.lock().await?;
        new.resume().await?;
        Ok(new)
    }

    /// Begins one for a migration: waits also for those who are running one
    /// outside of a transaction.
    pub(crate) async fn begin_migration(
        connection: &'t mut Connection<'_>,
        limits: &Limits,
    ) -> Result<Self> {
        let mut new = Self::closed(connection, limits);
        #[cfg(feature = "sqlite")]
        if let Some(connection) = new.connection.driver.as_sqlite() {
            sqlite::begin_migration(connection, limits).await?;
            new.open = true;
            return Ok(new);
        }
        new.lock().await?;
        new.resume().await?;
        Ok(new)
    }

    fn closed(connection: &'t mut Connection<'_>, limits: &Limits) -> Self {
        Self {
            connection: connection.reborrow(),
            open: false,
            committed: false,
            bound: false,
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            locked: false,
            limits: limits.clone(),
            #[cfg(feature = "sqlite")]
            integrity: None,
            #[cfg(feature = "sqlite")]
            orphans: Orphans::new(),
            #[cfg(feature = "sqlite")]
            lock: None,
        }
    }

    /// Takes the lock of a server.
    async fn lock(&mut self) -> Result<()> {
        if self.connection.is_trial() {
            // Nobody else sees what is tried.
            return Ok(());
        }
        #[cfg(feature = "postgres")]
        let key = postgres::Key::of(&self.limits, self.connection.schema());
        match &mut self.connection.driver {
            // BEGIN is the lock.
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(_) => {}
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => {
                postgres::lock(held.get(), key, &self.limits).await?;
                self.locked = true;
            }
            #[cfg(feature = "mysql")]
            Driver::MySql(held) => {
                mysql::lock(held.get(), &self.limits).await?;
                self.locked = true;
            }
        }
        Ok(())
    }

    /// Gives the lock of a server back.
    async fn unlock(&mut self) {
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        if std::mem::take(&mut self.locked) {
            #[cfg(feature = "postgres")]
            let key = postgres::Key::of(&self.limits, self.connection.schema());
            match &mut self.connection.driver {
                #[cfg(feature = "sqlite")]
                Driver::Sqlite(_) => {}
                #[cfg(feature = "postgres")]
                Driver::Postgres(held) => postgres::unlock(held.get(), key).await,
                #[cfg(feature = "mysql")]
                Driver::MySql(held) => mysql::unlock(held.get(), &self.limits).await,
            }
        }
    }

    /// Where names without a schema are looked up; none where a database has no
    /// such setting.
    pub(crate) async fn search_path(&mut self) -> Result<Option<String>> {
        match &mut self.connection.driver {
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => postgres::path(held.get()).await.map(Some),
            #[cfg(any(feature = "sqlite", feature = "mysql"))]
            _ => Ok(None),
        }
    }

    /// Puts back what a migration has made of it: our own tables stand where
    /// they stood before.
    pub(crate) async fn restore_search_path(&mut self, path: Option<&str>) -> Result<()> {
        match (&mut self.connection.driver, path) {
            #[cfg(feature = "postgres")]
            (Driver::Postgres(held), Some(path)) => postgres::restore_path(held.get(), path).await,
            _ => Ok(()),
        }
    }

    /// Notes what is broken already, so that [`Self::check`] finds what else
    /// would be. Servers do not let anything break.
    pub(crate) async fn watch_integrity(&mut self) -> Result<()> {
        #[cfg(feature = "sqlite")]
        if let Some(connection) = self.connection.driver.as_sqlite() {
            self.integrity = Some(Integrity::read(connection).await?);
        }
        Ok(())
    }

    /// Rows that refer to none, in what the last [`Self::check`] has let pass.
    #[cfg(feature = "sqlite")]
    pub(crate) fn orphans(&self) -> &Orphans {
        &self.orphans
    }

    /// How long what may take.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether a statement outside of a transaction, which has failed so, is
    /// worth another try: those who look whether they may begin have a SQLite
    /// file for a moment, in which nobody else writes. Waits a moment.
    pub(crate) async fn lasts(&self, error: &sqlx::Error, waiting: &mut Waiting<'_>) -> bool {
        #[cfg(feature = "sqlite")]
        if !self.open && sqlite::is_busy(error) && !waiting.is_over() {
            if waiting.is_due() {
                waiting.tell(&[]);
            }
            tokio::time::sleep(PAUSE).await;
            return true;
        }
        let _ = (error, waiting);
        false
    }

    /// What statements run on.
    pub(crate) fn connection(&mut self) -> &mut Connection<'t> {
        &mut self.connection
    }

    /// Whether what is done now can be rolled back.
    pub(crate) fn is_atomic(&self) -> bool {
        match &self.connection.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(_) => self.open,
            #[cfg(feature = "postgres")]
            Driver::Postgres(_) => self.open,
            #[cfg(feature = "mysql")]
            Driver::MySql(_) => false,
        }
    }

    /// Whether a transaction is meant to be around what is done now.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Fails where the transaction was ended behind our back.
    pub(crate) async fn ensure_open(&mut self) -> Result<()> {
        let open = match &mut self.connection.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(held) => sqlite::is_open(held.get()).await,
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => postgres::is_open(held.get()).await?,
            #[cfg(feature = "mysql")]
            Driver::MySql(_) => true,
        };
        if open {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Migration,
            "the migration has ended its own transaction",
        )
        .with_hint("leave COMMIT and ROLLBACK out: aludel begins and commits"))
    }

    /// Fails where the migration would leave rows, views or triggers broken.
    pub(crate) async fn check(&mut self) -> Result<()> {
        self.ensure_open().await?;
        match &mut self.connection.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(held) => match self.integrity.take() {
                Some(integrity) => {
                    self.orphans = integrity.compare(held.get()).await?;
                    Ok(())
                }
                None => Ok(()),
            },
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => postgres::check(held.get()).await,
            #[cfg(feature = "mysql")]
            Driver::MySql(_) => Ok(()),
        }
    }

    /// Begins a transaction for one statement and its record, where there is
    /// none around the migration; a statement that defines something ends it.
    pub(crate) async fn bind(&mut self) -> Result<()> {
        self.bound = !self.is_atomic();
        self.bound("START TRANSACTION").await
    }

    /// Commits one statement and its record.
    pub(crate) async fn commit_bound(&mut self) -> Result<()> {
        self.bound("COMMIT").await?;
        self.bound = false;
        Ok(())
    }

    /// Rolls one statement back.
    pub(crate) async fn unbind(&mut self) {
        if let Err(error) = self.bound("ROLLBACK").await {
            tracing::debug!(%error, "the statement could not be rolled back");
        }
        self.bound = false;
    }

    async fn bound(&mut self, sql: &str) -> Result<()> {
        if !self.bound {
            return Ok(());
        }
        let done = self.connection.run(sql).await;
        done.map_err(|error| database_error(&error, "the statement cannot be committed"))
    }

    /// Sets, for a statement outside of a transaction, what one would have set;
    /// gives the statement that takes it back, where there is something to take
    /// back.
    pub(crate) async fn limit(&mut self) -> Result<Option<String>> {
        match &mut self.connection.driver {
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) if !self.open => {
                postgres::limit(held.get(), &self.limits).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Whether what was done may have to be gone on with by another run.
    pub(crate) fn is_recorded(&self) -> bool {
        match &self.connection.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(_) => false,
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => true,
        }
    }

    /// Commits, for statements that may not run in a transaction. Nobody else
    /// runs a migration before this one has ended.
    pub(crate) async fn suspend(&mut self) -> Result<()> {
        #[cfg(feature = "sqlite")]
        if self.lock.is_none()
            && let Some(connection) = self.connection.driver.as_sqlite()
        {
            self.lock = Lock::take(connection).await?;
        }
        self.end().await?;
        self.committed = true;
        Ok(())
    }

    /// Whether something was committed before its end.
    pub(crate) fn has_been_committed(&self) -> bool {
        self.committed
    }

    /// Makes ready for another migration in the same transaction: what the one
    /// before has set is set as at the beginning.
    pub(crate) async fn begin_next(&mut self) -> Result<()> {
        match &mut self.connection.driver {
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => postgres::begin_next(held.get(), &self.limits).await,
            #[cfg(any(feature = "sqlite", feature = "mysql"))]
            _ => Ok(()),
        }
    }

    /// Begins again after [`Self::suspend`].
    pub(crate) async fn resume(&mut self) -> Result<()> {
        #[cfg(feature = "postgres")]
        let inside = self.connection.is_trial();
        let begun = match &mut self.connection.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(held) => sqlite::begin(held.get(), &self.limits).await,
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) if inside => {
                postgres::begin_inside(held.get(), &self.limits).await
            }
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => postgres::begin(held.get(), &self.limits).await,
            #[cfg(feature = "mysql")]
            Driver::MySql(_) => Ok(()),
        };
        match begun {
            Ok(()) => {
                self.open = true;
                Ok(())
            }
            Err(error) => {
                self.unlock().await;
                Err(error)
            }
        }
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        match self.end().await {
            Ok(()) => {
                self.unlock().await;
                Ok(())
            }
            Err(error) => {
                self.rollback().await;
                Err(error)
            }
        }
    }

    async fn end(&mut self) -> Result<()> {
        match &mut self.connection.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(held) => sqlite::end(held.get(), &self.limits).await?,
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => postgres::end(held.get()).await?,
            #[cfg(feature = "mysql")]
            Driver::MySql(_) => {}
        }
        self.open = false;
        Ok(())
    }

    pub(crate) async fn rollback(mut self) {
        if self.open {
            let done = match &mut self.connection.driver {
                #[cfg(feature = "sqlite")]
                Driver::Sqlite(held) => sqlite::rollback(held.get()).await,
                #[cfg(feature = "postgres")]
                Driver::Postgres(held) => postgres::rollback(held.get()).await,
                #[cfg(feature = "mysql")]
                Driver::MySql(_) => true,
            };
            self.open = !done;
        }
        self.unlock().await;
    }

    /// Rolls back, and gives the error with what can be told about it then:
    /// who holds the lock that a statement did not get.
    pub(crate) async fn fail(mut self, error: Error) -> Error {
        if error.kind() != ErrorKind::Locked || error.failure().is_none() {
            self.rollback().await;
            return error;
        }
        let sql = error.failure().map(|failure| failure.sql.clone());
        let sessions = self.blockers(&sql.unwrap_or_default()).await;
        self.rollback().await;
        match sessions.as_slice() {
            [] => error,
            _ => error.with_hint(format!("it may be held by {}", sessions.join("; "))),
        }
    }

    async fn blockers(&mut self, sql: &str) -> Vec<String> {
        let _ = sql;
        match &mut self.connection.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(_) => Vec::new(),
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => {
                if self.open {
                    // Nothing can be asked inside a transaction that has failed.
                    self.open = !postgres::rollback(held.get()).await;
                }
                postgres::blockers(held.get(), sql).await
            }
            #[cfg(feature = "mysql")]
            Driver::MySql(held) => mysql::blockers(held.get(), sql).await,
        }
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        match &mut self.connection.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(held) => sqlite::start_rollback(held.get()),
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => postgres::start_rollback(held.get()),
            #[cfg(feature = "mysql")]
            Driver::MySql(_) => {}
        }
    }
}
