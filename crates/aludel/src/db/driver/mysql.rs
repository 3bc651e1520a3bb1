//! MySQL and MariaDB: the session that migrations run in, and which of the two
//! the server is.

use aludel_core::dialect::mysql::MySql;
use aludel_core::dialect::{Dialect, TextRow};
use sqlx::mysql::{MySqlConnectOptions, MySqlRow};
use sqlx::{ConnectOptions, MySqlConnection, Row};

use super::Origin;
use crate::db::connection::{Driver, Held, Value};
use crate::db::url::Server;
use crate::db::{Connection, Mode, Url, database_error};
use crate::error::{Error, ErrorKind, Result};

/// Modes in which a text in double quotes is a name or a backslash means
/// itself, and the collections that bring them. The statements that aludel
/// writes mean something else there. Every other mode of the server stays: what
/// a migration says means what it means to the application.
const FOREIGN_MODES: [&str; 8] = [
    "ANSI",
    "ANSI_QUOTES",
    "DB2",
    "MAXDB",
    "MSSQL",
    "NO_BACKSLASH_ESCAPES",
    "ORACLE",
    "POSTGRESQL",
];

pub(super) async fn open(url: &Url, server: &Server, mode: Mode) -> Result<Connection<'static>> {
    let options = server.mysql().map_err(|reason| {
        Error::new(
            ErrorKind::Url,
            format!("`{url}` cannot be opened: {reason}"),
        )
    })?;
    connect(options, mode, &format!("`{url}` cannot be opened")).await
}

/// Opens a connection with settings for migrations; `what` says what could not
/// be done.
pub(in crate::db) async fn connect(
    options: MySqlConnectOptions,
    mode: Mode,
    what: &str,
) -> Result<Connection<'static>> {
    // The driver would set a time zone and modes that give the same text
    // another meaning than it has in the application or at a prompt.
    let options = options
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .disable_statement_logging();
    let wrong = |error| database_error(&error, what);
    let mut connection = options.connect().await.map_err(wrong)?;
    let server = ask(&mut connection).await.map_err(wrong)?;
    let mut session = set_modes(&server.modes);
    if server.dialect.title() == MySql::MARIADB.title() {
        // Without it no table with system versioning can be altered.
        session.push_str("; SET SESSION system_versioning_alter_history = 'KEEP'");
    }
    if mode == Mode::ReadOnly {
        session.push_str("; SET SESSION TRANSACTION READ ONLY");
    }
    run(&mut connection, &session).await.map_err(wrong)?;
    Ok(Connection::new(
        Driver::MySql(Held::Owned(Box::new(connection))),
        server.dialect,
        Origin::MySql(Box::new(options)),
    ))
}

/// What has to be known of a server.
struct Known {
    dialect: &'static dyn Dialect,
    /// Its modes for everybody.
    modes: String,
}

async fn ask(connection: &mut MySqlConnection) -> Result<Known, sqlx::Error> {
    let sql = "SELECT VERSION(), @@GLOBAL.sql_mode";
    let answers = answers(connection, sql).await?;
    let mut row = answers.into_iter().flatten().next().unwrap_or_default();
    let modes = row.pop().flatten().unwrap_or_default();
    let version = row.pop().flatten().unwrap_or_default();
    let dialect: &'static dyn Dialect = if version.to_ascii_lowercase().contains("mariadb") {
        &MySql::MARIADB
    } else {
        &MySql::MYSQL
    };
    Ok(Known { dialect, modes })
}

/// The statement that gives a session the modes of the server, but for those
/// in which our statements would mean something else.
fn set_modes(modes: &str) -> String {
    let kept: Vec<&str> = modes
        .split(',')
        .filter(|mode| !FOREIGN_MODES.contains(mode))
        .filter(|mode| mode.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    format!("SET SESSION sql_mode = '{}'", kept.join(","))
}

/// The statement that gives this session, whatever it is, the modes in which
/// our statements mean what they say.
pub(crate) async fn modes(connection: &mut MySqlConnection) -> Result<String, sqlx::Error> {
    Ok(set_modes(&ask(connection).await?.modes))
}

/// A connection that stays the caller's.
pub(crate) async fn borrowed(connection: &mut MySqlConnection) -> Result<Connection<'_>> {
    let wrong = |error| database_error(&error, "the server does not tell its version");
    let dialect = ask(connection).await.map_err(wrong)?.dialect;
    let driver = Driver::MySql(Held::Borrowed(connection));
    Ok(Connection::new(driver, dialect, Origin::Unknown))
}

/// A connection of a pool, detached, so that nothing that is set on it comes
/// back to the pool.
pub(crate) async fn from_pool(pool: &sqlx::MySqlPool) -> Result<Connection<'static>> {
    let wrong = |error| database_error(&error, "the pool gives no connection");
    let mut connection = pool.acquire().await.map_err(wrong)?.detach();
    let dialect = ask(&mut connection).await.map_err(wrong)?.dialect;
    let options = pool.connect_options();
    Ok(Connection::new(
        Driver::MySql(Held::Owned(Box::new(connection))),
        dialect,
        Origin::MySql(Box::new((*options).clone())),
    ))
}

/// The values of a row as text, in which the text protocol sends them.
pub(crate) fn text(row: &MySqlRow) -> Result<TextRow, sqlx::Error> {
    (0..row.len())
        .map(|column| {
            let bytes: Option<&[u8]> = row.try_get_unchecked(column)?;
            Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
        })
        .collect()
}

super::statements!(MySqlConnection);

/// The rows of all statements of one text.
pub(crate) async fn rows(
    connection: &mut MySqlConnection,
    sql: &str,
) -> Result<Vec<TextRow>, sqlx::Error> {
    let answers = answers(connection, sql).await?;
    Ok(answers.into_iter().flatten().collect())
}

fn placeholders(sql: &str) -> &str {
    sql
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_modes_that_change_our_statements_are_taken_out() {
        assert_eq!(
            super::set_modes("REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ANSI"),
            "SET SESSION sql_mode = 'REAL_AS_FLOAT,PIPES_AS_CONCAT,IGNORE_SPACE'"
        );
        assert_eq!(super::set_modes(""), "SET SESSION sql_mode = ''");
    }
}
