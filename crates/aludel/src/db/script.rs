//! Small things that are asked of an open connection.

use super::connection::Driver;
use super::{Connection, database_error};
use crate::error::Result;

/// The version of the database, as it says it: `3.51.3`.
///
/// # Errors
/// What the database says.
pub async fn server_version(connection: &mut Connection<'_>) -> Result<String> {
    let sql = match &connection.driver {
        #[cfg(feature = "sqlite")]
        Driver::Sqlite(_) => "SELECT sqlite_version()",
        #[cfg(feature = "postgres")]
        Driver::Postgres(_) => "SHOW server_version",
        #[cfg(feature = "mysql")]
        Driver::MySql(_) => "SELECT VERSION()",
    };
    let rows = connection
        .read(sql)
        .await
        .map_err(|error| database_error(&error, "the database does not tell its version"))?;
    let version = rows.into_iter().flatten().flatten().next();
    let version = version.unwrap_or_default();
    // What a distribution adds (`15.18 (Debian ..)`, `10.11.19-MariaDB-0+deb12u1`)
    // says nothing of what the server can do.
    let end = version
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(version.len());
    Ok(version[..end].to_owned())
}

/// Runs one statement that somebody wrote.
///
/// # Errors
/// What the database says, with the statement.
pub async fn execute(connection: &mut Connection<'_>, sql: &str) -> Result<()> {
    connection.execute(sql).await
}
