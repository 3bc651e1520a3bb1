//! The envelope on MySQL and MariaDB: a lock by name, and the settings of the
//! session. There is no transaction: every statement that defines something
//! commits by itself.

use std::time::Duration;

use aludel_core::dialect::client::MYSQL_LOCK;
use aludel_core::dialect::{Client, TextRow};
use sqlx::MySqlConnection;

use super::{Limits, PAUSE_ON_SERVERS, Waiting, held_by};
use crate::db::database_error;
use crate::db::driver::mysql;
use crate::error::Result;

fn first(rows: &[TextRow]) -> Option<&str> {
    rows.first()?.first()?.as_deref()
}

/// The settings that a session had, as the statement that gives them back.
#[derive(Debug)]
pub(super) struct Settings {
    restore: String,
}

impl Settings {
    pub(super) async fn apply(connection: &mut MySqlConnection, limits: &Limits) -> Result<Self> {
        let wrong = |error| database_error(&error, "the settings of the session cannot be changed");
        let sql = "SELECT concat('SET SESSION sql_mode = ''', @@SESSION.sql_mode, \
                   ''', lock_wait_timeout = ', @@SESSION.lock_wait_timeout, \
                   ', innodb_lock_wait_timeout = ', @@SESSION.innodb_lock_wait_timeout, \
                   ', autocommit = ', @@SESSION.autocommit)";
        let rows = mysql::rows(connection, sql).await.map_err(wrong)?;
        let mut restore = first(&rows).unwrap_or_default().to_owned();
        let modes = mysql::modes(connection).await.map_err(wrong)?;
        restore.push_str(&modes.give_back);
        let seconds = seconds(limits.table_lock_timeout);
        let mut set = format!(
            "{}, lock_wait_timeout = {seconds}, innodb_lock_wait_timeout = {seconds}, \
             autocommit = 1",
            modes.set
        );
        if let Some(timeout) = limits.statement_timeout {
            set.push_str(&statement_timeout(connection, timeout).await);
        }
        mysql::run(connection, &set).await.map_err(wrong)?;
        Ok(Self { restore })
    }

    pub(super) async fn restore(self, connection: &mut MySqlConnection) -> Result<()> {
        if self.restore.is_empty() {
            return Ok(());
        }
        let done = mysql::run(connection, &self.restore).await;
        done.map_err(|error| {
            database_error(&error, "the settings of the session cannot be given back")
        })
    }
}

/// Whole seconds, at least one: none means for ever to the server.
fn seconds(time: Duration) -> u64 {
    time.as_secs().clamp(1, 31_536_000)
}

/// MariaDB ends every statement that takes too long; MySQL has that for
/// queries only, which a migration has none of.
async fn statement_timeout(connection: &mut MySqlConnection, timeout: Duration) -> String {
    match mysql::rows(connection, "SELECT @@SESSION.max_statement_time").await {
        Ok(_) => format!(", max_statement_time = {}", timeout.as_secs_f64()),
        Err(_) => String::new(),
    }
}

/// Takes the lock, waiting for whoever has it.
pub(super) async fn lock(connection: &mut MySqlConnection, limits: &Limits) -> Result<()> {
    let name = lock_name(limits);
    let wrong = |error| database_error(&error, "the database cannot be locked for a migration");
    // Any answer but 1 is no lock: 0 is another's, NULL an error that the
    // server does not report as one.
    let sql = format!("SELECT GET_LOCK({name}, 0)");
    let mut waiting = Waiting::begin(limits);
    loop {
        let rows = mysql::rows(connection, &sql).await.map_err(wrong)?;
        if first(&rows) == Some("1") {
            return Ok(());
        }
        let over = waiting.is_over();
        if over || waiting.is_due() {
            let holder = holder(connection, limits).await.ok().flatten();
            let holder = holder.unwrap_or_default();
            if over {
                return Err(held_by(&holder));
            }
            waiting.tell(&holder);
        }
        tokio::time::sleep(PAUSE_ON_SERVERS).await;
    }
}

/// Who has the lock; `None` where nobody has.
pub(super) async fn holder(
    connection: &mut MySqlConnection,
    limits: &Limits,
) -> Result<Option<Vec<String>>> {
    let name = lock_name(limits);
    let sql = format!("SELECT IS_USED_LOCK({name})");
    let rows = mysql::rows(connection, &sql).await;
    let wrong = |error| database_error(&error, "the lock cannot be looked at");
    Ok(match first(&rows.map_err(wrong)?) {
        Some(id) => Some(vec![session(connection, id).await]),
        None => None,
    })
}

/// What may be known of a session.
async fn session(connection: &mut MySqlConnection, id: &str) -> String {
    let id: String = id.chars().filter(char::is_ascii_digit).collect();
    let sql = format!(
        "SELECT concat_ws(', ', concat('connection ', id), concat('user ', user, '@', host), \
         command, concat('for ', time, ' s'), \
         concat('statement `', left(info, 100), '`')) \
         FROM information_schema.processlist WHERE id = {id}"
    );
    let rows = mysql::rows(connection, &sql).await.unwrap_or_default();
    first(&rows).map_or_else(|| format!("connection {id}"), str::to_owned)
}

/// Who may hold a lock on a table, and on which: where the server tells that
/// (MySQL does, MariaDB with its plugin), otherwise every open transaction on
/// the database, or else whoever is connected to it or has one elsewhere.
const HOLDERS: [&str; 4] = [
    "SELECT DISTINCT t.processlist_id, l.object_name FROM performance_schema.metadata_locks l \
     JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id \
     WHERE l.object_type = 'TABLE' AND l.object_schema = DATABASE() \
     AND l.lock_status = 'GRANTED' AND t.processlist_id <> CONNECTION_ID()",
    "SELECT DISTINCT thread_id, table_name FROM information_schema.metadata_lock_info \
     WHERE table_schema = DATABASE() AND thread_id <> CONNECTION_ID()",
    "SELECT p.id, '' FROM information_schema.innodb_trx x \
     JOIN information_schema.processlist p ON p.id = x.trx_mysql_thread_id \
     WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID() ORDER BY x.trx_started",
    "SELECT id, '' FROM information_schema.processlist p WHERE id <> CONNECTION_ID() \
     AND (db = DATABASE() OR EXISTS (SELECT 1 FROM information_schema.innodb_trx x \
     WHERE x.trx_mysql_thread_id = p.id)) ORDER BY id",
];

/// The sessions that may hold a lock on a table that a statement names, as far
/// as the user may see them.
pub(super) async fn blockers(connection: &mut MySqlConnection, statement: &str) -> Vec<String> {
    for sql in HOLDERS {
        let rows = mysql::rows(connection, sql).await.unwrap_or_default();
        let mut sessions = Vec::new();
        for row in rows {
            let [Some(id), Some(table)] = row.as_slice() else {
                continue;
            };
            if statement.contains(table.as_str()) {
                let session = session(connection, id).await;
                if !sessions.contains(&session) {
                    sessions.push(session);
                }
            }
        }
        if !sessions.is_empty() {
            return sessions;
        }
    }
    Vec::new()
}

pub(super) async fn unlock(connection: &mut MySqlConnection, limits: &Limits) {
    let done = async {
        let name = lock_name(limits);
        let sql = format!("SELECT RELEASE_LOCK({name})");
        let asked = mysql::rows(connection, &sql).await;
        asked.map_err(|error| database_error(&error, "the lock cannot be given back"))
    };
    if let Err(error) = done.await {
        tracing::warn!(%error, "the lock of the migration could not be given back");
    }
}

/// The name of the lock, as an expression.
fn lock_name(limits: &Limits) -> String {
    let name = Client::MYSQL.literal(&limits.lock_name);
    MYSQL_LOCK.replace("{name}", &name)
}
