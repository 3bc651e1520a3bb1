//! The table in which the record is kept.

use aludel_core::dialect::{Dialect, TextRow};

use super::{State, Step};
#[cfg(feature = "postgres")]
use crate::db::Driver;
use crate::db::{Connection, Value, database_error, is_missing_table, kind};
use crate::error::{ErrorKind, Result};

/// The statement that makes the table where it is not there.
pub(crate) fn definition(dialect: &dyn Dialect) -> String {
    let (long, tail) = match dialect.name() {
        "mysql" => ("LONGTEXT", " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"),
        _ => ("TEXT", ""),
    };
    format!(
        "CREATE TABLE IF NOT EXISTS aludel_step (version_table VARCHAR(64) NOT NULL, \
         number INTEGER NOT NULL, revision VARCHAR(255) NOT NULL, \
         direction VARCHAR(16) NOT NULL, state VARCHAR(16) NOT NULL, statement {long} NOT NULL, \
         shape VARCHAR(16) NOT NULL, catalog {long} NOT NULL, \
         PRIMARY KEY (version_table, number)){tail}"
    )
}

/// What stands before the name of the table, where statements may look elsewhere
/// for names without a schema.
pub(super) async fn home(connection: &mut Connection<'_>) -> Result<String> {
    match &connection.driver {
        #[cfg(feature = "postgres")]
        Driver::Postgres(_) => {
            let sql = "SELECT quote_ident(current_schema()) || '.'";
            let rows = connection.read(sql).await.map_err(wrong)?;
            let found = rows.into_iter().flatten().flatten().next();
            Ok(found.unwrap_or_default())
        }
        #[cfg(any(feature = "mysql", feature = "sqlite"))]
        _ => Ok(String::new()),
    }
}

/// A statement about the table where it stands.
fn at_home(sql: &str, home: &str) -> String {
    sql.replacen("aludel_step", &format!("{home}aludel_step"), 1)
}

/// Makes the table where it is not there.
pub(super) async fn ensure(connection: &mut Connection<'_>, home: &str) -> Result<()> {
    let sql = at_home(&definition(connection.dialect()), home);
    connection.run(&sql).await.map_err(wrong)
}

/// The steps on record, in order; none where there is no table.
pub(super) async fn load(connection: &mut Connection<'_>, key: &str) -> Result<Vec<Step>> {
    if !is_there(connection).await? {
        return Ok(Vec::new());
    }
    let sql = "SELECT version_table, revision, direction, state, statement, shape, catalog \
               FROM aludel_step ORDER BY number";
    match connection.read(sql).await {
        Ok(rows) => Ok(steps(rows, key)),
        Err(error) if is_missing_table(&error) => Ok(Vec::new()),
        Err(error) => Err(wrong(error)),
    }
}

/// The query for [`steps`] without what only a run needs.
pub(crate) const BRIEF: &str = "SELECT version_table, revision, direction, state, statement, '', \
                                '' FROM aludel_step ORDER BY number";

/// What the rows of [`BRIEF`] say of one version table.
pub(crate) fn steps(rows: Vec<TextRow>, key: &str) -> Vec<Step> {
    let steps = rows.into_iter().filter_map(|row| {
        let mut values = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || values.next().unwrap_or_default();
        (next() == key).then(|| Step {
            revision: next(),
            direction: next(),
            state: State::of(&next()),
            sql: next(),
            shape: next(),
            catalog: next(),
        })
    });
    steps.collect()
}

/// Whether the table is there, where a statement that fails would spoil more
/// than itself.
async fn is_there(connection: &mut Connection<'_>) -> Result<bool> {
    match &connection.driver {
        #[cfg(feature = "postgres")]
        Driver::Postgres(_) => {
            let sql = "SELECT to_regclass('aludel_step')";
            let rows = connection.read(sql).await.map_err(wrong)?;
            Ok(rows.into_iter().flatten().flatten().next().is_some())
        }
        #[cfg(any(feature = "mysql", feature = "sqlite"))]
        _ => Ok(true),
    }
}

/// Whether the table is there, and the role may look into it, where a
/// statement that fails would spoil more than itself.
async fn may_read(connection: &mut Connection<'_>) -> Result<bool> {
    match &connection.driver {
        #[cfg(feature = "postgres")]
        Driver::Postgres(_) => {
            let sql = "SELECT has_table_privilege(to_regclass('aludel_step'), 'SELECT')";
            let rows = connection.read(sql).await.map_err(wrong)?;
            let may = rows.into_iter().flatten().flatten().next();
            Ok(may.as_deref() == Some("t"))
        }
        #[cfg(any(feature = "mysql", feature = "sqlite"))]
        _ => Ok(true),
    }
}

pub(super) async fn insert(
    connection: &mut Connection<'_>,
    (home, key): (&str, &str),
    number: usize,
    step: &Step,
) -> Result<()> {
    let sql = "INSERT INTO aludel_step (version_table, number, revision, direction, state, \
               statement, shape, catalog) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let values = [
        Value::Text(key),
        place(number),
        Value::Text(&step.revision),
        Value::Text(&step.direction),
        Value::Text(step.state.as_str()),
        Value::Text(&step.sql),
        Value::Text(&step.shape),
        Value::Text(&step.catalog),
    ];
    connection
        .run_with(&at_home(sql, home), &values)
        .await
        .map_err(wrong)
}

pub(super) async fn set_done(
    connection: &mut Connection<'_>,
    (home, key): (&str, &str),
    number: usize,
) -> Result<()> {
    let sql = "UPDATE aludel_step SET state = 'done' WHERE version_table = ? AND number = ?";
    let values = [Value::Text(key), place(number)];
    connection
        .run_with(&at_home(sql, home), &values)
        .await
        .map_err(wrong)
}

pub(super) async fn delete(
    connection: &mut Connection<'_>,
    (home, key): (&str, &str),
    number: usize,
) -> Result<()> {
    let sql = "DELETE FROM aludel_step WHERE version_table = ? AND number = ?";
    let values = [Value::Text(key), place(number)];
    connection
        .run_with(&at_home(sql, home), &values)
        .await
        .map_err(wrong)
}

/// Forgets every step. Where there is none nothing is written: a role that may
/// only say where the database is has no business with them.
pub(super) async fn clear(connection: &mut Connection<'_>, key: &str) -> Result<()> {
    if !may_read(connection).await? {
        return Ok(());
    }
    let rows = match connection.read(BRIEF).await {
        Err(error) if is_missing_table(&error) || kind(&error) == ErrorKind::Denied => {
            return Ok(());
        }
        rows => rows.map_err(wrong)?,
    };
    if steps(rows, key).is_empty() {
        return Ok(());
    }
    match connection.run_with(FORGET, &[Value::Text(key)]).await {
        Err(error) if is_missing_table(&error) => Ok(()),
        done => done.map_err(wrong),
    }
}

/// The statement that forgets every step of a version table.
pub(crate) const FORGET: &str = "DELETE FROM aludel_step WHERE version_table = ?";

fn place(number: usize) -> Value<'static> {
    Value::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn wrong(error: sqlx::Error) -> crate::Error {
    database_error(
        &error,
        "the record of the migration cannot be written or read",
    )
}
