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

/// Modes in which a value that does not fit is an error, either of which is
/// enough. Without them it would be cut short or become another one, and a
/// migration would lose it in silence.
const STRICT_MODES: [&str; 2] = ["STRICT_ALL_TABLES", "STRICT_TRANS_TABLES"];

/// Modes in which a table that has a zero date as a default cannot be altered,
/// whatever is altered of it, nor made again; and the collection that brings
/// them.
const ZERO_MODES: [&str; 3] = ["NO_ZERO_DATE", "NO_ZERO_IN_DATE", "TRADITIONAL"];

/// The mode in which a row with the number 0 keeps it where its column comes to
/// number the rows. Without it the row would get another one.
const KEEP_ZERO: &str = "NO_AUTO_VALUE_ON_ZERO";

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
    let mut session = server.modes().set;
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
    /// Whether a plain `timestamp` would get a default that nobody said, and
    /// `ON UPDATE`.
    timestamps_by_themselves: bool,
    /// What a table is kept by that says nothing of it.
    engine: String,
}

/// The engine of a table that says none, as models and migrations mean it:
/// others keep no foreign keys.
const ENGINE: &str = "InnoDB";

/// The modes of a session in which our statements mean what they say.
pub(crate) struct Modes {
    /// The statement that sets them.
    pub(crate) set: String,
    /// What is to be added to a statement that gives the former modes back.
    pub(crate) give_back: String,
}

impl Known {
    fn modes(&self) -> Modes {
        let mut modes = Modes {
            set: set_modes(&self.modes),
            give_back: String::new(),
        };
        if self.timestamps_by_themselves {
            modes.set.push_str(", explicit_defaults_for_timestamp = 1");
            modes
                .give_back
                .push_str(", explicit_defaults_for_timestamp = 0");
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !self.engine.eq_ignore_ascii_case(ENGINE) && self.engine.chars().all(plain) {
            let set = |engine: &str| format!(", default_storage_engine = '{engine}'");
            modes.set.push_str(&set(ENGINE));
            modes.give_back.push_str(&set(&self.engine));
        }
        modes
    }
}

async fn ask(connection: &mut MySqlConnection) -> Result<Known, sqlx::Error> {
    let sql = "SELECT VERSION(), @@GLOBAL.sql_mode, @@explicit_defaults_for_timestamp, \
               @@SESSION.default_storage_engine";
    let answers = answers(connection, sql).await?;
    let mut row = answers.into_iter().flatten().next().unwrap_or_default();
    let engine = row.pop().flatten().unwrap_or_default();
    let explicit = row.pop().flatten();
    let modes = row.pop().flatten().unwrap_or_default();
    let version = row.pop().flatten().unwrap_or_default();
    let is_mariadb = version.to_ascii_lowercase().contains("mariadb");
    let dialect: &'static dyn Dialect = if is_mariadb {
        &MySql::MARIADB
    } else {
        &MySql::MYSQL
    };
    // On MySQL a role needs a privilege to set it, and nobody turns it off.
    let settable = is_mariadb && lets_sessions_choose(&version);
    Ok(Known {
        dialect,
        modes,
        engine,
        timestamps_by_themselves: settable && explicit.as_deref() == Some("0"),
    })
}

/// Whether a MariaDB has `explicit_defaults_for_timestamp` for each session.
fn lets_sessions_choose(version: &str) -> bool {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.');
    let numbers = version[..end.unwrap_or(version.len())].split('.');
    let numbers: Vec<u32> = numbers.map(|n| n.parse().unwrap_or(0)).collect();
    match numbers.as_slice() {
        [10, 6, patch, ..] => *patch >= 9,
        [10, 7, patch, ..] => *patch >= 5,
        [10, 8, patch, ..] => *patch >= 4,
        [10, minor, ..] => *minor >= 9,
        [major, ..] => *major > 10,
        [] => false,
    }
}

/// The statement that gives a session the modes of the server, but for those
/// in which our statements would mean something else, and with those without
/// which they would lose values.
fn set_modes(modes: &str) -> String {
    let mut kept: Vec<&str> = modes
        .split(',')
        .filter(|mode| !mode.is_empty() && !FOREIGN_MODES.contains(mode))
        .filter(|mode| !ZERO_MODES.contains(mode))
        .filter(|mode| mode.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    if !STRICT_MODES.iter().any(|mode| kept.contains(mode)) {
        kept.push(STRICT_MODES[0]);
    }
    if !kept.contains(&KEEP_ZERO) {
        kept.push(KEEP_ZERO);
    }
    format!("SET SESSION sql_mode = '{}'", kept.join(","))
}

/// The modes for this session, whatever it is.
pub(crate) async fn modes(connection: &mut MySqlConnection) -> Result<Modes, sqlx::Error> {
    Ok(ask(connection).await?.modes())
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

/// Has names without a database be those of that one. Gives the statement that
/// takes it back.
pub(in crate::db) async fn enter(
    connection: &mut MySqlConnection,
    database: &str,
) -> Result<Option<String>> {
    let wrong =
        |error| database_error(&error, &format!("the database `{database}` cannot be used"));
    let before = rows(connection, "SELECT DATABASE()").await.map_err(wrong)?;
    let before = before.into_iter().flatten().flatten().next();
    let enter = |name: &str| format!("USE {}", MySql::MYSQL.quote_name(name));
    run(connection, &enter(database)).await.map_err(wrong)?;
    Ok(before.as_deref().map(enter))
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
            "SET SESSION sql_mode = 'REAL_AS_FLOAT,PIPES_AS_CONCAT,IGNORE_SPACE,\
             STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'"
        );
        assert_eq!(
            super::set_modes(""),
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'"
        );
        assert_eq!(
            super::set_modes("STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_AUTO_VALUE_ON_ZERO"),
            "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO'"
        );
    }

    #[test]
    fn a_script_takes_the_same_modes_out() {
        let set = aludel_core::dialect::Client::MARIADB.settings.join("; ");
        for mode in super::FOREIGN_MODES.iter().chain(&super::ZERO_MODES) {
            assert!(set.contains(&format!("',{mode},'")), "{mode}");
        }
        for mode in [super::STRICT_MODES[1], super::KEEP_ZERO] {
            assert!(set.contains(mode), "{mode}");
        }
    }

    #[test]
    fn the_setting_of_timestamps_is_each_sessions_own_since_late() {
        for (version, own) in [
            ("10.6.8-MariaDB-log", false),
            ("10.6.21-MariaDB", true),
            ("10.8.3-MariaDB", false),
            ("10.11.19-MariaDB-0+deb12u1", true),
            ("11.4.2-MariaDB", true),
        ] {
            assert_eq!(super::lets_sessions_choose(version), own, "{version}");
        }
    }
}
