//! Small things that are asked of an open connection.

use sqlx::{AssertSqlSafe, Row};

use super::{Connection, database_error};
use crate::error::Result;

/// The version of the database, as it says it: `3.51.3`.
///
/// # Errors
/// What the database says.
pub async fn server_version(connection: &mut Connection<'_>) -> Result<String> {
    let wrong = |error| database_error(&error, "the database does not tell its version");
    let row = sqlx::query("SELECT sqlite_version()")
        .fetch_one(&mut **connection)
        .await
        .map_err(wrong)?;
    row.try_get(0).map_err(wrong)
}

/// Runs one statement that somebody wrote.
///
/// # Errors
/// What the database says, with the statement.
pub async fn execute(connection: &mut Connection<'_>, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut **connection)
        .await
        .map(drop)
        .map_err(|error| database_error(&error, &format!("`{sql}` fails")))
}
