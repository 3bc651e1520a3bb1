//! The envelope on SQLite: pragmas, BEGIN IMMEDIATE, waiting in small steps.

use std::time::Duration;

use sqlx::sqlite::SqliteTransactionManager;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, SqliteConnection};
use sqlx_core::transaction::TransactionManager;

use super::{Limits, PAUSE, Waiting, held_by, in_transaction};
use crate::db::driver::{SENT, sqlite};
use crate::db::{code, database_error};
use crate::error::Result;
use crate::run::integrity::refuse_hidden;
use crate::run::lock::Lock;

/// How long one BEGIN waits inside SQLite. A lock is never waited for in one
/// long sleep there, so that the caller can give up at any time.
const SLICE: Duration = Duration::from_millis(250);

/// The pause between two looks at a migration outside of a transaction, which
/// needs between them what is locked for a look.
const PAUSE_BESIDE: Duration = Duration::from_millis(50);

/// SQLITE_BUSY.
const BUSY: i32 = 5;

/// What is set on a connection while a migration runs, by pragma and value.
/// Foreign keys would delete the children of a table that is rebuilt; the
/// legacy ALTER would not look at views.
const SETTINGS: [(&str, i64); 2] = [("foreign_keys", 0), ("legacy_alter_table", 0)];

/// The settings that a connection had.
#[derive(Debug, Default)]
pub(super) struct Settings {
    before: Vec<(&'static str, i64)>,
}

impl Settings {
    /// Reads, sets and checks them.
    pub(super) async fn apply(
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
    pub(super) async fn restore(self, connection: &mut SqliteConnection) -> Result<()> {
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

pub(super) async fn begin(connection: &mut SqliteConnection, limits: &Limits) -> Result<()> {
    let mut waiting = Waiting::begin(limits);
    begin_within(connection, &mut waiting).await
}

async fn begin_within(connection: &mut SqliteConnection, waiting: &mut Waiting<'_>) -> Result<()> {
    // A migration that ran outside of a transaction may have changed them.
    for (pragma, value) in SETTINGS {
        enforce(connection, pragma, value).await?;
    }
    loop {
        tracing::trace!(target: SENT, sql = "BEGIN IMMEDIATE");
        let sql = "BEGIN IMMEDIATE".into_sql_str();
        match SqliteTransactionManager::begin(connection, Some(sql)).await {
            Ok(()) => return Ok(()),
            Err(error) if is_busy(&error) && !waiting.is_over() => {
                if waiting.is_due() {
                    waiting.tell(&running(connection).await);
                }
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) if is_busy(&error) => {
                return Err(match running(connection).await.as_slice() {
                    [] => cannot_begin(&error),
                    holders => held_by(holders),
                });
            }
            Err(error) => return Err(cannot_begin(&error)),
        }
    }
}

/// Whether somebody else has the lock.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    code(error) == Some(BUSY)
}

/// Who says that they run a migration: SQLite does not know who has its lock,
/// and a writer may keep even this from being read.
async fn running(connection: &mut SqliteConnection) -> Vec<String> {
    let sql = "SELECT 'process ' || pid || ' on ' || host || ', in the ' || direction || ' of `' \
               || revision || '` since ' || started_at FROM main.aludel_status";
    let rows = sqlite::answers(connection, sql).await;
    let rows = rows.unwrap_or_default().into_iter().flatten();
    rows.flatten().flatten().collect()
}

/// Whether somebody writes, or runs a migration outside of a transaction, and
/// who says so.
pub(super) async fn holder(connection: &mut SqliteConnection) -> Result<Option<Vec<String>>> {
    let sql = "BEGIN IMMEDIATE".into_sql_str();
    match SqliteTransactionManager::begin(connection, Some(sql)).await {
        Ok(()) => {}
        Err(error) if is_busy(&error) => return Ok(Some(running(connection).await)),
        Err(error) => return Err(cannot_begin(&error)),
    }
    let free = Lock::is_free(connection).await;
    let done = SqliteTransactionManager::rollback(connection).await;
    done.map_err(|error| database_error(&error, "the database cannot be unlocked"))?;
    match free? {
        true => Ok(None),
        false => Ok(Some(running(connection).await)),
    }
}

fn cannot_begin(error: &sqlx::Error) -> crate::Error {
    let nested = matches!(error, sqlx::Error::InvalidSavePointStatement)
        || error
            .as_database_error()
            .is_some_and(|error| error.message().contains("within a transaction"));
    if nested {
        return in_transaction();
    }
    database_error(error, "the database cannot be locked for writing")
}

/// Begins, and waits also for those who run a migration outside of a
/// transaction.
pub(super) async fn begin_migration(
    connection: &mut SqliteConnection,
    limits: &Limits,
) -> Result<()> {
    let mut waiting = Waiting::begin(limits);
    loop {
        begin_within(connection, &mut waiting).await?;
        let free = match Lock::is_free(connection).await {
            Ok(true) => refuse_hidden(connection).await.map(|()| true),
            other => other,
        };
        if let Ok(true) = free {
            return Ok(());
        }
        let done = SqliteTransactionManager::rollback(connection).await;
        done.map_err(|error| database_error(&error, "the database cannot be unlocked"))?;
        free?;
        if waiting.is_over() {
            return Err(held_by(&running(connection).await));
        }
        if waiting.is_due() {
            waiting.tell(&running(connection).await);
        }
        tokio::time::sleep(PAUSE_BESIDE).await;
    }
}

/// Whether the transaction is still there: no other can be begun inside it.
pub(super) async fn is_open(connection: &mut SqliteConnection) -> bool {
    connection.execute("BEGIN").await.is_err()
}

/// COMMIT has to wait for those who read, where there is no WAL; what it could
/// not commit stays open.
pub(super) async fn end(connection: &mut SqliteConnection, limits: &Limits) -> Result<()> {
    let waiting = Waiting::begin(limits);
    loop {
        tracing::trace!(target: SENT, sql = "COMMIT");
        match SqliteTransactionManager::commit(connection).await {
            Ok(()) => {
                tracing::trace!(target: SENT, "committed");
                return Ok(());
            }
            Err(error) if is_busy(&error) && !waiting.is_over() => {
                tracing::debug!("waiting for a reader");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => {
                return Err(database_error(&error, "the migration cannot be committed"));
            }
        }
    }
}

/// Rolls back, and says whether that is done.
pub(super) async fn rollback(connection: &mut SqliteConnection) -> bool {
    if SqliteTransactionManager::rollback(connection).await.is_ok() {
        return true;
    }
    // SQLite has rolled back by itself, which the driver does not see: give it
    // a transaction to roll back.
    if connection.execute("BEGIN").await.is_err() {
        return false;
    }
    SqliteTransactionManager::rollback(connection).await.is_ok()
}

pub(super) fn start_rollback(connection: &mut SqliteConnection) {
    SqliteTransactionManager::start_rollback(connection);
}
