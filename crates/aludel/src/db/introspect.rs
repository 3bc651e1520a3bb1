//! Reading what is in a database.
//!
//! It owns how the statements of a dialect's catalogue are sent, so that they
//! see one state of the database. It knows nothing of their meaning.

use aludel_core::dialect::{Scope, Snapshot, TextRow};

use super::connection::Driver;
use super::{Connection, database_error};
use crate::error::{Error, ErrorKind, Result};

/// The tables in which tools, this one among them, keep what they have done.
pub(crate) const BOOKKEEPING: [&str; 5] = [
    "alembic_version",
    "_sqlx_migrations",
    "seaql_migrations",
    "__diesel_schema_migrations",
    "refinery_schema_history",
];

/// Whether a table keeps the books of a migration tool. Such tables are never
/// compared with models.
pub fn is_bookkeeping(table: &str) -> bool {
    let own = table
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("aludel_"));
    own || BOOKKEEPING
        .iter()
        .any(|name| name.eq_ignore_ascii_case(table))
}

/// The database as it is: a fixed number of statements, whatever the number of
/// tables, and one for each of the few things that those do not tell. The tables of migration tools are among the objects only.
///
/// # Errors
/// What the database says when its catalogue is read.
pub async fn introspect(connection: &mut Connection<'_>, scope: &Scope) -> Result<Snapshot> {
    let mut snapshot = read_catalog(connection, scope).await?;
    let tables = &mut snapshot.schema.tables;
    tables.retain(|name, _| !is_bookkeeping(name.name.as_str()));
    snapshot.unmanaged.retain(|thing| {
        let table = thing.name.split('.').next().unwrap_or_default();
        !is_bookkeeping(table)
    });
    Ok(snapshot)
}

/// The same with every table, as a migration may well drop another tool's.
pub(crate) async fn read_catalog(
    connection: &mut Connection<'_>,
    scope: &Scope,
) -> Result<Snapshot> {
    let answers = read_answers(connection, scope).await?;
    let snapshot = connection.dialect().snapshot(scope, answers);
    snapshot.map_err(|error| Error::of_core(ErrorKind::Database, error))
}

/// What the catalogue says, in the rows that the dialect reads.
pub(crate) async fn read_answers(
    connection: &mut Connection<'_>,
    scope: &Scope,
) -> Result<Vec<Vec<TextRow>>> {
    let queries = connection.dialect().catalog(scope);
    let wrong = |error| database_error(&error, "the catalogue of the database cannot be read");
    let (before, after) = around(connection);
    let mut sql = String::new();
    let all = before.iter().copied();
    for statement in all
        .chain(queries.iter().map(String::as_str))
        .chain(after.iter().copied())
    {
        sql.push_str(statement.trim().trim_end_matches(';'));
        sql.push_str(";\n");
    }
    let answers = match connection.answers(&sql).await {
        Ok(answers) => answers,
        Err(error) => {
            if !after.is_empty() && !connection.is_in_transaction() {
                // The transaction of the message is still open.
                let _ = connection.run("ROLLBACK").await;
            }
            return Err(wrong(error));
        }
    };
    let answers = answers.into_iter().skip(before.len()).take(queries.len());
    let mut answers: Vec<_> = answers.collect();
    let more = connection.dialect().catalog_of_hidden(&answers);
    if !more.is_empty() {
        answers.extend(shown(connection, &more).await.map_err(wrong)?);
    }
    Ok(answers)
}

/// The answers of statements that are each about one thing; of one that the
/// database refuses, as it cannot read the thing, none.
async fn shown(
    connection: &mut Connection<'_>,
    statements: &[String],
) -> Result<Vec<Vec<TextRow>>, sqlx::Error> {
    if let Ok(answers) = connection.answers(&(statements.join(";\n") + ";\n")).await {
        return Ok(answers);
    }
    let mut answers = Vec::new();
    for statement in statements {
        answers.push(match connection.answers(statement).await {
            Ok(rows) => rows.into_iter().next().unwrap_or_default(),
            Err(sqlx::Error::Database(_)) => Vec::new(),
            Err(error) => return Err(error),
        });
    }
    Ok(answers)
}

/// What is sent before and after the statements of the catalogue, in the same
/// message.
///
/// PostgreSQL spells a name with its schema only where the search path does
/// not find it. With an empty path the same thing always has the same words;
/// the catalogue reads the schema that was first on it from a setting. Other
/// settings, too, are for people who look at names and constants.
fn around(connection: &Connection<'_>) -> (&'static [&'static str], &'static [&'static str]) {
    match &connection.driver {
        #[cfg(feature = "sqlite")]
        Driver::Sqlite(_) => (&[], &[]),
        // What comes after in the transaction must not notice.
        #[cfg(feature = "postgres")]
        Driver::Postgres(_) if connection.is_in_transaction() => (
            &[
                "SELECT set_config('aludel.schema', coalesce(current_schema(), ''), true)",
                "SELECT set_config('aludel.search_path', current_setting('search_path'), true), \
                 set_config('aludel.quotes', current_setting('quote_all_identifiers'), true), \
                 set_config('aludel.intervals', current_setting('IntervalStyle'), true), \
                 set_config('aludel.bytes', current_setting('bytea_output'), true), \
                 set_config('aludel.jit', current_setting('jit'), true)",
                "SET LOCAL search_path = ''",
                QUOTES,
                INTERVALS,
                BYTES,
                NO_COMPILING,
            ],
            &[
                "SELECT set_config('search_path', current_setting('aludel.search_path'), true), \
               set_config('quote_all_identifiers', current_setting('aludel.quotes'), true), \
               set_config('IntervalStyle', current_setting('aludel.intervals'), true), \
               set_config('bytea_output', current_setting('aludel.bytes'), true), \
               set_config('jit', current_setting('aludel.jit'), true)",
            ],
        ),
        #[cfg(feature = "postgres")]
        Driver::Postgres(_) => (
            &[
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                "SELECT set_config('aludel.schema', coalesce(current_schema(), ''), true)",
                "SET LOCAL search_path = ''",
                QUOTES,
                INTERVALS,
                BYTES,
                NO_COMPILING,
            ],
            &["COMMIT"],
        ),
        // A transaction does not make what its catalogue tells consistent.
        #[cfg(feature = "mysql")]
        Driver::MySql(_) => (&[], &[]),
    }
}

/// Names in quotes where they need them.
#[cfg(feature = "postgres")]
pub(super) const QUOTES: &str = "SET LOCAL quote_all_identifiers = off";
/// Intervals in constants as the server came with them.
#[cfg(feature = "postgres")]
pub(super) const INTERVALS: &str = "SET LOCAL IntervalStyle = postgres";
/// Bytes in constants as the server came with them.
#[cfg(feature = "postgres")]
pub(super) const BYTES: &str = "SET LOCAL bytea_output = hex";
/// The planner takes the queries over the catalogue for expensive ones; to
/// compile them takes longer than to run them.
#[cfg(feature = "postgres")]
const NO_COMPILING: &str = "SET LOCAL jit = off";
