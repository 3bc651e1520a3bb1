//! aludel's own tables: the version rows, the status, the log.

use sqlx::{AssertSqlSafe, Executor, Row, SqliteConnection};

use super::status::Running;
use crate::db::{database_error, text};
use crate::error::Result;
use crate::run::Direction;

/// What is written about one run of a revision.
pub(super) struct Entry<'e> {
    pub(super) revision: &'e str,
    pub(super) direction: Direction,
    pub(super) started_at: &'e str,
    pub(super) duration_ms: i64,
    pub(super) checksum: &'e str,
}

/// aludel's tables in one database.
#[derive(Debug, Clone)]
pub(super) struct Store {
    /// The quoted name of the version table.
    version_table: String,
    /// Its name.
    name: String,
}

const STATUS: &str = "CREATE TABLE IF NOT EXISTS aludel_status (\
    id INTEGER PRIMARY KEY CHECK (id = 1), revision TEXT NOT NULL, direction TEXT NOT NULL, \
    started_at TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL)";

const LOG: &str = "CREATE TABLE IF NOT EXISTS aludel_log (\
    id INTEGER PRIMARY KEY, revision TEXT NOT NULL, direction TEXT NOT NULL, \
    started_at TEXT NOT NULL, duration_ms INTEGER NOT NULL, host TEXT NOT NULL, \
    pid INTEGER NOT NULL, aludel_version TEXT NOT NULL, checksum TEXT NOT NULL)";

impl Store {
    pub(super) fn new(name: &str) -> Self {
        Self {
            version_table: quoted(name),
            name: name.to_owned(),
        }
    }

    /// The version rows, in order; none where there is no version table.
    pub(super) async fn rows(&self, connection: &mut SqliteConnection) -> Result<Vec<String>> {
        let sql = format!("SELECT version_num FROM {} ORDER BY 1", self.version_table);
        match sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_all(connection)
            .await
        {
            Ok(rows) => Ok(rows),
            Err(error) if text(&error).starts_with("no such table") => Ok(Vec::new()),
            Err(error) => Err(database_error(
                &error,
                &format!("the version table `{}` cannot be read", self.name),
            )),
        }
    }

    /// Makes the tables that are not there.
    pub(super) async fn ensure(&self, connection: &mut SqliteConnection) -> Result<()> {
        let constraint = quoted(&format!("{}_pkc", self.name));
        let version = format!(
            "CREATE TABLE IF NOT EXISTS {} (version_num VARCHAR(32) NOT NULL, \
             CONSTRAINT {constraint} PRIMARY KEY (version_num))",
            self.version_table
        );
        for sql in [version.as_str(), STATUS, LOG] {
            run(connection, sql).await?;
        }
        Ok(())
    }

    /// Makes the version rows those.
    pub(super) async fn set_rows(
        &self,
        connection: &mut SqliteConnection,
        before: &[String],
        after: &[String],
    ) -> Result<()> {
        for (rows, other, sql) in [
            (
                before,
                after,
                format!("DELETE FROM {} WHERE version_num = ?", self.version_table),
            ),
            (
                after,
                before,
                format!(
                    "INSERT INTO {} (version_num) VALUES (?)",
                    self.version_table
                ),
            ),
        ] {
            for row in rows.iter().filter(|row| !other.contains(row)) {
                sqlx::query(AssertSqlSafe(sql.as_str()))
                    .bind(row)
                    .execute(&mut *connection)
                    .await
                    .map_err(|error| wrong(&error))?;
            }
        }
        Ok(())
    }

    /// Forgets every version row, also those that nobody knows.
    pub(super) async fn purge(&self, connection: &mut SqliteConnection) -> Result<()> {
        run(connection, &format!("DELETE FROM {}", self.version_table)).await
    }

    pub(super) async fn log(
        &self,
        connection: &mut SqliteConnection,
        entry: &Entry<'_>,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO aludel_log (revision, direction, started_at, duration_ms, host, pid, \
             aludel_version, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(entry.revision)
        .bind(entry.direction.as_str())
        .bind(entry.started_at)
        .bind(entry.duration_ms)
        .bind(host())
        .bind(i64::from(std::process::id()))
        .bind(env!("CARGO_PKG_VERSION"))
        .bind(entry.checksum)
        .execute(connection)
        .await
        .map(drop)
        .map_err(|error| wrong(&error))
    }

    pub(super) async fn begin_status(
        &self,
        connection: &mut SqliteConnection,
        revision: &str,
        direction: Direction,
    ) -> Result<()> {
        sqlx::query(
            "INSERT OR REPLACE INTO aludel_status (id, revision, direction, started_at, host, pid) \
             VALUES (1, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?, ?)",
        )
        .bind(revision)
        .bind(direction.as_str())
        .bind(host())
        .bind(i64::from(std::process::id()))
        .execute(connection)
        .await
        .map(drop)
        .map_err(|error| wrong(&error))
    }

    /// Whether there is a table for the status.
    pub(super) async fn has_status(&self, connection: &mut SqliteConnection) -> Result<bool> {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND \
                   lower(name) = 'aludel_status'";
        let found: i64 = sqlx::query_scalar(sql)
            .fetch_one(connection)
            .await
            .map_err(|error| wrong(&error))?;
        Ok(found > 0)
    }

    /// Takes our own status back; another process's stays.
    pub(super) async fn end_status(&self, connection: &mut SqliteConnection) -> Result<()> {
        sqlx::query("DELETE FROM aludel_status WHERE host = ? AND pid = ?")
            .bind(host())
            .bind(i64::from(std::process::id()))
            .execute(connection)
            .await
            .map(drop)
            .map_err(|error| wrong(&error))
    }

    /// The migration in progress, as far as somebody said so.
    pub(super) async fn status(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<Option<Running>> {
        let sql = "SELECT revision, direction, started_at, host, pid FROM aludel_status";
        let row = match sqlx::query(sql).fetch_optional(connection).await {
            Err(error) if text(&error).starts_with("no such table") => return Ok(None),
            row => row.map_err(|error| wrong(&error))?,
        };
        row.map(|row| {
            Ok(Running {
                revision: row.try_get(0)?,
                direction: row.try_get(1)?,
                started_at: row.try_get(2)?,
                host: row.try_get(3)?,
                pid: row.try_get(4)?,
            })
        })
        .transpose()
        .map_err(|error| wrong(&error))
    }

    /// The checksum of each revision's file when it was last upgraded to.
    pub(super) async fn checksums(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<Vec<(String, String)>> {
        let sql = "SELECT revision, checksum FROM aludel_log WHERE id IN \
                   (SELECT max(id) FROM aludel_log WHERE direction = 'upgrade' GROUP BY revision)";
        match sqlx::query_as(sql).fetch_all(connection).await {
            Err(error) if text(&error).starts_with("no such table") => Ok(Vec::new()),
            rows => rows.map_err(|error| wrong(&error)),
        }
    }

    /// The time by the database's clock.
    pub(super) async fn now(connection: &mut SqliteConnection) -> Result<String> {
        sqlx::query_scalar("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now')")
            .fetch_one(connection)
            .await
            .map_err(|error| wrong(&error))
    }
}

async fn run(connection: &mut SqliteConnection, sql: &str) -> Result<()> {
    let done = connection.execute(AssertSqlSafe(sql)).await;
    done.map(drop).map_err(|error| wrong(&error))
}

fn wrong(error: &sqlx::Error) -> crate::Error {
    database_error(error, "aludel's own tables cannot be written or read")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The name of this machine, for people who read the log.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}
