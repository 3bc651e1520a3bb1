//! The transaction around a migration: settings, BEGIN IMMEDIATE, the checks
//! before COMMIT.

use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteTransactionManager;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, SqliteConnection};
use sqlx_core::transaction::TransactionManager;

use super::integrity::Integrity;
use super::lock::{self, Lock};
use crate::db::{code, database_error};
use crate::error::{Error, ErrorKind, Result};

/// How long one BEGIN waits inside SQLite. A lock is never waited for in one
/// long sleep there, so that the caller can give up at any time.
const SLICE: Duration = Duration::from_millis(250);

/// The pause between two looks at a lock.
const PAUSE: Duration = Duration::from_millis(10);

/// SQLITE_BUSY.
const BUSY: i32 = 5;

/// What is set on a connection while a migration runs, by pragma and value.
/// Foreign keys would delete the children of a table that is rebuilt; the
/// legacy ALTER would not look at views.
const SETTINGS: [(&str, i64); 2] = [("foreign_keys", 0), ("legacy_alter_table", 0)];

/// The settings that a connection had.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    before: Vec<(&'static str, i64)>,
}

impl Settings {
    /// Reads, sets and checks them.
    pub(crate) async fn apply(
        connection: &mut SqliteConnection,
        timeout: Duration,
    ) -> Result<Self> {
        let mut before = Vec::new();
        let slice = i64::try_from(SLICE.min(timeout).as_millis()).unwrap_or_default();
        for (pragma, value) in SETTINGS.into_iter().chain([("busy_timeout", slice)]) {
            let was = enforce(connection, pragma, value).await?;
            if was != value {
                before.push((pragma, was));
            }
        }
        Ok(Self { before })
    }

    /// Gives the connection back as it was.
    pub(crate) async fn restore(self, connection: &mut SqliteConnection) -> Result<()> {
        for (pragma, value) in self.before {
            set(connection, pragma, value).await?;
        }
        Ok(())
    }
}

/// Sets a pragma if it must be, checks that it took, and gives what it was.
async fn enforce(connection: &mut SqliteConnection, pragma: &str, value: i64) -> Result<i64> {
    let was = read(connection, pragma).await?;
    if was != value {
        set(connection, pragma, value).await?;
        if read(connection, pragma).await? != value {
            return Err(in_transaction());
        }
    }
    Ok(was)
}

async fn read(connection: &mut SqliteConnection, pragma: &str) -> Result<i64> {
    let sql = AssertSqlSafe(format!("PRAGMA {pragma}"));
    sqlx::query_scalar(sql)
        .fetch_one(connection)
        .await
        .map_err(|error| database_error(&error, "the settings of the connection cannot be read"))
}

async fn set(connection: &mut SqliteConnection, pragma: &str, value: i64) -> Result<()> {
    let sql = AssertSqlSafe(format!("PRAGMA {pragma} = {value}"));
    let done = sqlx::raw_sql(sql).execute(connection).await;
    done.map(drop)
        .map_err(|error| database_error(&error, "the settings of the connection cannot be changed"))
}

pub(crate) fn in_transaction() -> Error {
    Error::new(
        ErrorKind::InTransaction,
        "the connection is inside a transaction",
    )
    .with_hint("commit it first: a migration needs a transaction of its own")
}

/// An open writing transaction; dropping it rolls back.
#[derive(Debug)]
pub(crate) struct Transaction<'c> {
    connection: &'c mut SqliteConnection,
    open: bool,
    timeout: Duration,
    /// What was broken before; `None` where nothing is checked.
    integrity: Option<Integrity>,
    /// Held from the first [`Self::suspend`] to the end.
    lock: Option<Lock>,
}

impl<'c> Transaction<'c> {
    /// Begins one, trying again until the time is over. The settings of the
    /// connection must have been applied.
    pub(crate) async fn begin(
        connection: &'c mut SqliteConnection,
        timeout: Duration,
    ) -> Result<Self> {
        begin(connection, timeout).await?;
        Ok(Self {
            connection,
            open: true,
            timeout,
            integrity: None,
            lock: None,
        })
    }

    /// Begins one for a migration: waits also for those who are running one
    /// outside of a transaction.
    pub(crate) async fn begin_migration(
        connection: &'c mut SqliteConnection,
        timeout: Duration,
    ) -> Result<Self> {
        let start = Instant::now();
        loop {
            begin(connection, timeout.saturating_sub(start.elapsed())).await?;
            let free = Lock::is_free(connection).await;
            if let Ok(true) = free {
                return Ok(Self {
                    connection,
                    open: true,
                    timeout,
                    integrity: None,
                    lock: None,
                });
            }
            let done = SqliteTransactionManager::rollback(connection).await;
            done.map_err(|error| database_error(&error, "the database cannot be unlocked"))?;
            free?;
            if start.elapsed() >= timeout {
                return Err(lock::held());
            }
            tracing::debug!("waiting for a migration outside of a transaction");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Notes what is broken already, so that [`Self::commit`] finds what else
    /// would be.
    pub(crate) async fn watch_integrity(&mut self) -> Result<()> {
        self.integrity = Some(Integrity::read(self.connection).await?);
        Ok(())
    }

    /// What statements run on.
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection
    }

    /// Fails where the transaction was ended behind our back.
    pub(crate) async fn ensure_open(&mut self) -> Result<()> {
        if self.connection.execute("BEGIN").await.is_err() {
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
        match self.integrity.take() {
            Some(integrity) => integrity.compare(self.connection).await,
            None => Ok(()),
        }
    }

    /// Commits, for statements that may not run in a transaction. Nobody else
    /// runs a migration before this one has ended.
    pub(crate) async fn suspend(&mut self) -> Result<()> {
        if self.lock.is_none() {
            self.lock = Lock::take(self.connection).await?;
        }
        self.end().await
    }

    /// Begins again after [`Self::suspend`].
    pub(crate) async fn resume(&mut self) -> Result<()> {
        begin(self.connection, self.timeout).await?;
        self.open = true;
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        if let Err(error) = self.end().await {
            self.rollback().await;
            return Err(error);
        }
        Ok(())
    }

    /// COMMIT has to wait for those who read, where there is no WAL; what it
    /// could not commit stays open.
    async fn end(&mut self) -> Result<()> {
        let start = Instant::now();
        loop {
            match SqliteTransactionManager::commit(self.connection).await {
                Ok(()) => {
                    self.open = false;
                    return Ok(());
                }
                Err(error) if code(&error) == Some(BUSY) && start.elapsed() < self.timeout => {
                    tracing::debug!("waiting for a reader");
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => {
                    return Err(database_error(&error, "the migration cannot be committed"));
                }
            }
        }
    }

    pub(crate) async fn rollback(mut self) {
        if !self.open {
            return;
        }
        if SqliteTransactionManager::rollback(self.connection)
            .await
            .is_err()
        {
            // SQLite has rolled back by itself, which the driver does not see:
            // give it a transaction to roll back.
            if self.connection.execute("BEGIN").await.is_ok() {
                let again = SqliteTransactionManager::rollback(self.connection).await;
                self.open = again.is_err();
            }
            return;
        }
        self.open = false;
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            SqliteTransactionManager::start_rollback(self.connection);
        }
    }
}

async fn begin(connection: &mut SqliteConnection, timeout: Duration) -> Result<()> {
    // A migration that ran outside of a transaction may have changed them.
    for (pragma, value) in SETTINGS {
        enforce(connection, pragma, value).await?;
    }
    let start = Instant::now();
    loop {
        let sql = "BEGIN IMMEDIATE".into_sql_str();
        match SqliteTransactionManager::begin(connection, Some(sql)).await {
            Ok(()) => return Ok(()),
            Err(error) if code(&error) == Some(BUSY) && start.elapsed() < timeout => {
                tracing::debug!("waiting for another writer");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(cannot_begin(&error)),
        }
    }
}

fn cannot_begin(error: &sqlx::Error) -> Error {
    let nested = matches!(error, sqlx::Error::InvalidSavePointStatement)
        || error
            .as_database_error()
            .is_some_and(|error| error.message().contains("within a transaction"));
    if nested {
        return in_transaction();
    }
    database_error(error, "the database cannot be locked for writing")
}
