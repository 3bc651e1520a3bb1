//! The envelope on PostgreSQL: advisory locks of the session, and a transaction
//! with its own timeouts.
//!
//! A run holds the lock of the database. One that works in a schema of its own
//! holds that of the schema, and the one of the database together with all
//! others of its kind: schemas go on side by side, and beside none of them goes
//! a run that names no schema.
//!
//! The lock is tried again and again without an open transaction. A session
//! that waits for it inside the server has a snapshot, for which another
//! session's CREATE INDEX CONCURRENTLY waits in turn: a deadlock.

use std::fmt::Write;
use std::time::Duration;

use aludel_core::dialect::TextRow;
use aludel_core::dialect::client::POSTGRES_DEFER_AGAIN;
use sqlx::postgres::PgTransactionManager;
use sqlx::{AssertSqlSafe, PgConnection, SqlSafeStr};
use sqlx_core::transaction::TransactionManager;

use super::{Limits, PAUSE_ON_SERVERS, Waiting, held_by, in_transaction};
use crate::db::database_error;
use crate::db::driver::{SENT, postgres};
use crate::error::Result;

/// The setting that is there as long as the transaction is.
const MARK: &str = "aludel.transaction";

/// Which lock a run holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    database: i64,
    schema: Option<i64>,
}

impl Key {
    pub(super) fn of(limits: &Limits, schema: Option<&str>) -> Self {
        Self {
            database: limits.key(),
            schema: limits.key_in(schema),
        }
    }

    /// The expression that tries to take it, both or none.
    fn take(self) -> String {
        let database = self.database;
        match self.schema {
            None => format!("pg_try_advisory_lock({database})"),
            Some(schema) => format!(
                "CASE WHEN NOT pg_try_advisory_lock_shared({database}) THEN false \
                 WHEN pg_try_advisory_lock({schema}) THEN true \
                 ELSE NOT pg_advisory_unlock_shared({database}) END"
            ),
        }
    }

    fn give_back(self) -> String {
        let database = self.database;
        match self.schema {
            None => format!("SELECT pg_advisory_unlock({database})"),
            Some(schema) => format!(
                "SELECT pg_advisory_unlock({schema}), pg_advisory_unlock_shared({database})"
            ),
        }
    }
}

/// Takes the lock, waiting for whoever has it.
pub(super) async fn lock(connection: &mut PgConnection, key: Key, limits: &Limits) -> Result<()> {
    // Inside of somebody's transaction its beginning is not this statement's.
    let sql = format!(
        "SELECT {}, transaction_timestamp() = statement_timestamp()",
        key.take()
    );
    let wrong = |error| database_error(&error, "the database cannot be locked for a migration");
    let mut waiting = Waiting::begin(limits);
    loop {
        let rows = postgres::rows(connection, &sql).await.map_err(wrong)?;
        let yes = |column: usize| {
            let value = rows.first().and_then(|row| row.get(column));
            value.is_some_and(|value| value.as_deref() == Some("t"))
        };
        if !yes(1) {
            if yes(0) {
                unlock(connection, key).await;
            }
            return Err(in_transaction());
        }
        if yes(0) {
            return Ok(());
        }
        if waiting.is_over() {
            return Err(held_by(&holders(connection, key).await));
        }
        if waiting.is_due() {
            waiting.tell(&holders(connection, key).await);
        }
        tokio::time::sleep(PAUSE_ON_SERVERS).await;
    }
}

/// Gives the lock back; the session's end does it too.
pub(super) async fn unlock(connection: &mut PgConnection, key: Key) {
    if let Err(error) = postgres::rows(connection, &key.give_back()).await {
        tracing::warn!(%error, "the lock of the migration could not be given back");
    }
}

/// The search path of the session.
pub(super) async fn path(connection: &mut PgConnection) -> Result<String> {
    let rows = postgres::rows(connection, "SELECT current_setting('search_path')").await;
    let wrong = |error| database_error(&error, "the search path cannot be read");
    let first = rows.map_err(wrong)?.into_iter().flatten().next();
    Ok(first.flatten().unwrap_or_default())
}

/// Puts the search path back where it is another one now.
pub(super) async fn restore_path(connection: &mut PgConnection, path: &str) -> Result<()> {
    let path = path.replace('\'', "''");
    let sql = format!(
        "SELECT set_config('search_path', '{path}', false) \
         WHERE current_setting('search_path') <> '{path}'"
    );
    let done = postgres::rows(connection, &sql).await;
    let wrong = |error| database_error(&error, "the search path cannot be put back");
    done.map(drop).map_err(wrong)
}

/// Who has the lock, as far as the role may see it.
pub(super) async fn holders(connection: &mut PgConnection, key: Key) -> Vec<String> {
    let number = "(l.classid::bigint << 32) + l.objid::bigint";
    let held = match key.schema {
        None => format!("{number} = {}", key.database),
        Some(schema) => format!(
            "({number} = {schema} OR {number} = {} AND l.mode = 'ExclusiveLock')",
            key.database
        ),
    };
    let sql = format!(
        "SELECT {SESSION} FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND {held}"
    );
    said(postgres::rows(connection, &sql).await)
}

/// What is said of a session.
const SESSION: &str = "concat_ws(', ', 'process ' || a.pid, nullif(a.application_name, ''), \
     'user ' || a.usename, a.state, \
     'since ' || to_char(coalesce(a.xact_start, a.query_start), 'YYYY-MM-DD HH24:MI:SS TZ'), \
     'last statement `' || nullif(left(a.query, 100), '') || '`')";

fn said(rows: Result<Vec<TextRow>, sqlx::Error>) -> Vec<String> {
    rows.unwrap_or_default()
        .into_iter()
        .flatten()
        .flatten()
        .collect()
}

/// The sessions that hold locks on tables that a statement names.
pub(super) async fn blockers(connection: &mut PgConnection, statement: &str) -> Vec<String> {
    let mut sessions: Vec<String> = Vec::new();
    if statement.to_ascii_uppercase().contains("CONCURRENTLY") {
        // It waits for every transaction that is older than itself.
        let sql = format!(
            "SELECT {SESSION} FROM pg_stat_activity a WHERE a.datname = current_database() \
             AND a.pid <> pg_backend_pid() \
             AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) ORDER BY a.xact_start"
        );
        sessions = said(postgres::rows(connection, &sql).await);
    }
    let sql = format!(
        "SELECT c.relname, {SESSION} FROM pg_locks l \
         JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid() \
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND c.relkind IN ('r', 'p', 'm', 'v') ORDER BY l.pid, c.relname"
    );
    let rows = postgres::rows(connection, &sql).await.unwrap_or_default();
    for row in rows {
        let [Some(table), Some(session)] = row.as_slice() else {
            continue;
        };
        if statement.contains(table.as_str()) && !sessions.contains(session) {
            sessions.push(session.clone());
        }
    }
    sessions
}

/// Begins a transaction. The session must have the lock.
pub(super) async fn begin(connection: &mut PgConnection, limits: &Limits) -> Result<()> {
    let sql = format!("BEGIN; {}", settings(limits));
    tracing::trace!(target: SENT, sql);
    let sql = AssertSqlSafe(sql).into_sql_str();
    match PgTransactionManager::begin(connection, Some(sql)).await {
        Ok(()) => Ok(()),
        Err(sqlx::Error::InvalidSavePointStatement) => Err(in_transaction()),
        Err(error) => Err(cannot_begin(&error)),
    }
}

/// Begins what takes the place of a transaction inside of another one.
pub(super) async fn begin_inside(connection: &mut PgConnection, limits: &Limits) -> Result<()> {
    let begun = PgTransactionManager::begin(connection, None).await;
    begun.map_err(|error| cannot_begin(&error))?;
    let set = postgres::run(connection, &settings(limits)).await;
    set.map_err(|error| cannot_begin(&error))
}

fn cannot_begin(error: &sqlx::Error) -> crate::Error {
    database_error(error, "the migration cannot begin")
}

fn millis(time: Duration) -> u128 {
    time.as_millis().min(i32::MAX.unsigned_abs().into())
}

/// What is set as long as the transaction is open.
fn settings(limits: &Limits) -> String {
    let mut sql = format!(
        "SET LOCAL client_min_messages = warning; \
         SET LOCAL standard_conforming_strings = on; \
         SET LOCAL IntervalStyle = postgres; SET LOCAL lock_timeout = {}; \
         SELECT set_config('{MARK}', 'open', true)",
        millis(limits.table_lock_timeout)
    );
    if let Some(timeout) = limits.statement_timeout {
        let _ = write!(sql, "; SET LOCAL statement_timeout = {}", millis(timeout));
    }
    sql
}

/// Gives a session the limits that a transaction of ours has, for a statement
/// that may not run in one. Tells how they are taken back.
pub(super) async fn limit(connection: &mut PgConnection, limits: &Limits) -> Result<String> {
    let mut set = vec![
        ("client_min_messages", "warning".to_owned()),
        ("standard_conforming_strings", "on".to_owned()),
        ("IntervalStyle", "postgres".to_owned()),
        (
            "lock_timeout",
            millis(limits.table_lock_timeout).to_string(),
        ),
    ];
    if let Some(timeout) = limits.statement_timeout {
        set.push(("statement_timeout", millis(timeout).to_string()));
    }
    let all = |call: &dyn Fn(&(&str, String)) -> String| {
        let calls: Vec<String> = set.iter().map(call).collect();
        format!("SELECT {}", calls.join(", "))
    };
    // Quoted by the server, for the statement that gives them back.
    let before = all(&|(name, _)| {
        format!("format('set_config(''{name}'', %L, false)', current_setting('{name}'))")
    });
    let after = all(&|(name, value)| format!("set_config('{name}', '{value}', false)"));
    let wrong = |error| database_error(&error, "the settings of the session cannot be changed");
    let rows = postgres::rows(connection, &before).await.map_err(wrong)?;
    postgres::run(connection, &after).await.map_err(wrong)?;
    let back: Vec<String> = rows.into_iter().flatten().flatten().collect();
    Ok(format!("SELECT {}", back.join(", ")))
}

/// Whether the transaction is still the one that was begun.
pub(super) async fn is_open(connection: &mut PgConnection) -> Result<bool> {
    let sql = format!("SELECT current_setting('{MARK}', true)");
    let rows = postgres::rows(connection, &sql)
        .await
        .map_err(|error| database_error(&error, "the migration has failed"))?;
    Ok(rows.into_iter().flatten().flatten().next().as_deref() == Some("open"))
}

/// Checks what was put off to the end of the transaction.
pub(super) async fn check(connection: &mut PgConnection) -> Result<()> {
    let done = postgres::run(connection, "SET CONSTRAINTS ALL IMMEDIATE").await;
    done.map_err(|error| {
        let hint = crate::db::hint_for(&error, "");
        let error = database_error(&error, "the migration would leave rows broken");
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    })
}

/// Makes ready for another migration behind [`check`].
pub(super) async fn begin_next(connection: &mut PgConnection, limits: &Limits) -> Result<()> {
    let sql = format!("{}; {POSTGRES_DEFER_AGAIN}", settings(limits));
    let done = postgres::run(connection, &sql).await;
    done.map_err(|error| cannot_begin(&error))
}

pub(super) async fn end(connection: &mut PgConnection) -> Result<()> {
    tracing::trace!(target: SENT, sql = "COMMIT");
    PgTransactionManager::commit(connection)
        .await
        .map_err(|error| database_error(&error, "the migration cannot be committed"))
}

pub(super) async fn rollback(connection: &mut PgConnection) -> bool {
    PgTransactionManager::rollback(connection).await.is_ok()
}

pub(super) fn start_rollback(connection: &mut PgConnection) {
    PgTransactionManager::start_rollback(connection);
}
