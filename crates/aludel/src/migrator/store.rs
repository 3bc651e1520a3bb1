//! aludel's own tables: the version rows, the status, the log.
//!
//! It owns reading and writing them over a connection; what is written there
//! is `books`' to say.

use aludel_core::dialect::TextRow;

use super::books::{self, Entry, Words, keeps_steps, words};
use super::status::{Halfway, LoggedRun, Running};
use crate::db::{Connection, Driver, Value, database_error, is_missing_table, kind};
use crate::error::{ErrorKind, Result};
use crate::run::{Direction, journal};

/// aludel's tables in one database.
#[derive(Debug, Clone)]
pub(super) struct Store {
    /// The name of the version table.
    name: String,
}

impl Store {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }

    /// The name of the version table.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn quoted(&self, connection: &Connection<'_>) -> String {
        own(connection, &connection.dialect().quote_name(&self.name))
    }

    /// The version rows, in order; none where there is no version table.
    pub(super) async fn rows(&self, connection: &mut Connection<'_>) -> Result<Vec<String>> {
        let wrong = |error| {
            let what = format!("the version table `{}` cannot be read", self.name);
            database_error(&error, &what)
        };
        let table = self.quoted(connection);
        // A statement that fails takes the whole transaction with it.
        if needs_care(connection) && !self.has_rows(connection).await? {
            return Ok(Vec::new());
        }
        let sql = format!("SELECT version_num FROM {table} ORDER BY 1");
        match connection.read(&sql).await {
            Ok(rows) => Ok(rows.into_iter().flatten().flatten().collect()),
            Err(error) if is_missing_table(&error) => Ok(Vec::new()),
            Err(error) => Err(wrong(error)),
        }
    }

    /// Whether the version table is there.
    pub(super) async fn has_rows(&self, connection: &mut Connection<'_>) -> Result<bool> {
        let table = self.quoted(connection);
        if needs_care(connection) {
            let sql = format!("SELECT count(to_regclass('{}'))", table.replace('\'', "''"));
            return Ok(number(&connection.read(&sql).await.map_err(wrong)?) > 0);
        }
        let sql = format!("SELECT version_num FROM {table} LIMIT 0");
        match connection.read(&sql).await {
            Ok(_) => Ok(true),
            Err(error) if is_missing_table(&error) => Ok(false),
            Err(error) => Err(wrong(error)),
        }
    }

    /// The version rows, and the revision that is half done, in one message.
    pub(super) async fn place(
        &self,
        connection: &mut Connection<'_>,
    ) -> Result<(Vec<String>, Option<Halfway>)> {
        if !keeps_steps(connection.dialect()) {
            return Ok((self.rows(connection).await?, None));
        }
        let table = self.quoted(connection);
        let sql = format!(
            "SELECT version_num FROM {table} ORDER BY 1; {}",
            journal::table::BRIEF
        );
        let answers = match needs_care(connection) {
            true => None,
            // It fails where one of them is not there yet, or only for those
            // who write.
            false => connection.answers(&sql).await.ok(),
        };
        let Some(mut answers) = answers else {
            let rows = self.rows(connection).await?;
            let steps = match journal::steps(connection, &self.name).await {
                Err(error) if error.kind() == ErrorKind::Denied => Vec::new(),
                steps => steps?,
            };
            return Ok((rows, Halfway::of(steps)));
        };
        let steps = answers.pop().unwrap_or_default();
        let rows = answers.pop().unwrap_or_default();
        let steps = journal::table::steps(steps, &self.name);
        let rows = rows.into_iter().flatten().flatten().collect();
        Ok((rows, Halfway::of(steps)))
    }

    /// Forgets what is on record of a revision that was half done.
    pub(super) async fn forget_steps(&self, connection: &mut Connection<'_>) -> Result<()> {
        if keeps_steps(connection.dialect()) {
            journal::clear(connection, &self.name).await?;
        }
        Ok(())
    }

    /// Takes the table of steps back where nothing else was made: a first
    /// migration that fails at once leaves a database as it was.
    pub(super) async fn leave_nothing(&self, connection: &mut Connection<'_>) {
        let table = self.quoted(connection);
        let sql = format!("SELECT version_num FROM {table} LIMIT 1");
        let missing = connection.read(&sql).await;
        if missing.is_err_and(|error| is_missing_table(&error)) {
            let done = connection.run("DROP TABLE IF EXISTS aludel_step").await;
            if let Err(error) = done {
                tracing::debug!(%error, "the table of steps stays");
            }
        }
    }

    /// Makes the tables that are not there.
    pub(super) async fn ensure(&self, connection: &mut Connection<'_>) -> Result<()> {
        for sql in books::tables(connection.dialect(), &self.name) {
            run(connection, &sql, &[]).await?;
        }
        Ok(())
    }

    /// Makes the version rows those.
    pub(super) async fn set_rows(
        &self,
        connection: &mut Connection<'_>,
        before: &[String],
        after: &[String],
    ) -> Result<()> {
        for line in books::moved(connection.dialect(), &self.name, before, after) {
            run(connection, &line.sql, &line.values).await?;
        }
        Ok(())
    }

    /// Forgets every version row, also those that nobody knows.
    pub(super) async fn purge(&self, connection: &mut Connection<'_>) -> Result<()> {
        let sql = books::purged(connection.dialect(), &self.name);
        run(connection, &sql, &[]).await
    }

    pub(super) async fn log(
        &self,
        connection: &mut Connection<'_>,
        entry: &Entry<'_>,
    ) -> Result<()> {
        let line = books::logged(connection.dialect(), entry);
        run(connection, &line.sql, &line.values).await
    }

    pub(super) async fn begin_status(
        &self,
        connection: &mut Connection<'_>,
        revision: &str,
        direction: Direction,
    ) -> Result<()> {
        let Words {
            now,
            replace: (verb, tail),
            ..
        } = words(connection.dialect());
        let sql = format!(
            "{verb} INTO aludel_status (id, revision, direction, started_at, host, pid) \
             VALUES (1, ?, ?, {now}, ?, ?){tail}"
        );
        let values = [
            Value::Text(revision),
            Value::Text(direction.as_str()),
            Value::Text(&host()),
            Value::Number(i64::from(std::process::id())),
        ];
        run(connection, &sql, &values).await
    }

    /// Whether there is a table for the status.
    pub(super) async fn has_status(&self, connection: &mut Connection<'_>) -> Result<bool> {
        let sql = words(connection.dialect()).has_status;
        let rows = connection.read(sql).await.map_err(wrong)?;
        Ok(number(&rows) > 0)
    }

    /// Takes our own status back; another process's stays.
    pub(super) async fn end_status(&self, connection: &mut Connection<'_>) -> Result<()> {
        let values = [
            Value::Text(&host()),
            Value::Number(i64::from(std::process::id())),
        ];
        let sql = "DELETE FROM aludel_status WHERE host = ? AND pid = ?";
        run(connection, sql, &values).await
    }

    /// The migration in progress, as far as somebody said so.
    pub(super) async fn status(&self, connection: &mut Connection<'_>) -> Result<Option<Running>> {
        let sql = format!(
            "SELECT revision, direction, started_at, host, pid FROM {}",
            own(connection, "aludel_status")
        );
        let row = match connection.read(&sql).await {
            Err(error) if is_for_writers(&error) => return Ok(None),
            rows => rows.map_err(wrong)?.into_iter().next(),
        };
        Ok(row.map(|row| {
            let mut values = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || values.next().unwrap_or_default();
            Running {
                revision: next(),
                direction: next(),
                started_at: next(),
                host: next(),
                pid: next().parse().unwrap_or_default(),
            }
        }))
    }

    /// Every run on record, the oldest first.
    pub(super) async fn runs(&self, connection: &mut Connection<'_>) -> Result<Vec<LoggedRun>> {
        let sql = format!(
            "SELECT revision, direction, started_at, duration_ms, host, pid, \
             aludel_version, checksum FROM {} ORDER BY id",
            own(connection, "aludel_log")
        );
        let rows = match connection.read(&sql).await {
            Err(error) if is_for_writers(&error) => return Ok(Vec::new()),
            rows => rows.map_err(wrong)?,
        };
        let run = |row: TextRow| {
            let mut values = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || values.next().unwrap_or_default();
            LoggedRun {
                revision: next(),
                direction: next(),
                started_at: next(),
                duration_ms: next().parse().unwrap_or_default(),
                host: next(),
                pid: next().parse().unwrap_or_default(),
                aludel_version: next(),
                checksum: next(),
            }
        };
        Ok(rows.into_iter().map(run).collect())
    }

    /// The checksum of each revision's file when it was last upgraded to, or
    /// accepted since.
    pub(super) async fn checksums(
        &self,
        connection: &mut Connection<'_>,
    ) -> Result<Vec<(String, String)>> {
        let log = own(connection, "aludel_log");
        let sql = format!(
            "SELECT revision, checksum FROM {log} WHERE id IN \
             (SELECT max(id) FROM {log} WHERE direction <> 'downgrade' GROUP BY revision)"
        );
        let rows = match connection.read(&sql).await {
            Err(error) if is_for_writers(&error) => return Ok(Vec::new()),
            rows => rows.map_err(wrong)?,
        };
        let pairs = rows.into_iter().filter_map(|row| {
            let mut values = row.into_iter().flatten();
            Some((values.next()?, values.next()?))
        });
        Ok(pairs.collect())
    }
}

/// One of aludel's tables, as it is read: that of another database which is
/// attached to the connection says nothing about this one.
fn own(connection: &Connection<'_>, table: &str) -> String {
    match &connection.driver {
        #[cfg(feature = "sqlite")]
        Driver::Sqlite(_) => format!("main.{table}"),
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => table.to_owned(),
    }
}

/// Whether a table is not there, or not for a role that only reads: what it
/// holds is information.
fn is_for_writers(error: &sqlx::Error) -> bool {
    is_missing_table(error) || kind(error) == ErrorKind::Denied
}

/// Whether a statement that fails would spoil more than itself.
fn needs_care(connection: &Connection<'_>) -> bool {
    match &connection.driver {
        #[cfg(feature = "sqlite")]
        Driver::Sqlite(_) => false,
        #[cfg(feature = "postgres")]
        Driver::Postgres(_) => connection.is_in_transaction(),
        #[cfg(feature = "mysql")]
        Driver::MySql(_) => false,
    }
}

/// The one number of an answer.
fn number(rows: &[TextRow]) -> i64 {
    let first = rows.first().and_then(|row| row.first());
    let first = first.and_then(Option::as_deref);
    first.and_then(|text| text.parse().ok()).unwrap_or_default()
}

async fn run(connection: &mut Connection<'_>, sql: &str, values: &[Value<'_>]) -> Result<()> {
    connection.run_with(sql, values).await.map_err(wrong)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn wrong(error: sqlx::Error) -> crate::Error {
    database_error(&error, "aludel's own tables cannot be written or read")
}

/// The name of this machine, for people who read the log.
pub(super) fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}
