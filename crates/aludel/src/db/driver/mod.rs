//! What the drivers do each in its own way: opening, reading rows as text.
//!
//! | module | owns |
//! |---|---|
//! | `sqlite` | files, and what can be said of them before they are opened |
//! | `postgres` | the session of PostgreSQL |
//! | `mysql` | the session of MySQL and MariaDB, and which of them it is |

#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use super::url::Server;
use super::{Connection, Mode, Url};
use crate::error::{Error, ErrorKind, Result};

/// How another connection to the same server can be opened.
#[derive(Clone, Default)]
pub(crate) enum Origin {
    /// There is no server, or nobody knows how it was reached.
    #[default]
    Unknown,
    #[cfg(feature = "postgres")]
    Postgres(Box<sqlx::postgres::PgConnectOptions>),
    #[cfg(feature = "mysql")]
    MySql(Box<sqlx::mysql::MySqlConnectOptions>),
}

impl Origin {
    /// Another connection to the same server, and to another database of it.
    pub(super) async fn connect(&self, database: Option<&str>) -> Result<Connection<'static>> {
        match self {
            Self::Unknown => {
                let _ = database;
                Err(Error::new(
                    ErrorKind::NoScratch,
                    "nobody knows how the server was reached",
                )
                .with_hint("give a url or a pool in the place of an open connection"))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(options) => {
                let mut options = (**options).clone();
                if let Some(database) = database {
                    options = options.database(database);
                }
                postgres::connect(options, Mode::ReadWrite, "the server cannot be reached").await
            }
            #[cfg(feature = "mysql")]
            Self::MySql(options) => {
                let mut options = (**options).clone();
                if let Some(database) = database {
                    options = options.database(database);
                }
                mysql::connect(options, Mode::ReadWrite, "the server cannot be reached").await
            }
        }
    }
}

impl std::fmt::Debug for Origin {
    /// Says nothing: the options hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Origin").finish_non_exhaustive()
    }
}

/// Opens the database in a file or in memory.
pub(super) async fn file(url: &Url, mode: Mode) -> Result<Connection<'static>> {
    #[cfg(feature = "sqlite")]
    return sqlite::open(url, mode).await;
    #[cfg(not(feature = "sqlite"))]
    {
        let _ = mode;
        Err(no_driver(url, "sqlite"))
    }
}

/// Opens a database on a server.
pub(super) async fn server(url: &Url, server: &Server, mode: Mode) -> Result<Connection<'static>> {
    match server.dialect_name() {
        #[cfg(feature = "postgres")]
        "postgres" => postgres::open(url, server, mode).await,
        #[cfg(feature = "mysql")]
        "mysql" => mysql::open(url, server, mode).await,
        name => {
            let _ = mode;
            Err(no_driver(url, name))
        }
    }
}

fn no_driver(url: &Url, feature: &str) -> Error {
    let what = format!("`{url}` cannot be opened: this build has no driver for it");
    Error::new(ErrorKind::Url, what)
        .with_hint(format!("switch on the feature `{feature}` of aludel"))
}

/// The target of an event for each text of SQL that is about to be sent.
pub(crate) const SENT: &str = "aludel::sql";

/// What every driver does in the same way. It is written out for each, as a
/// future over any executor could not be sent between threads.
macro_rules! statements {
    ($connection:ty) => {
        /// Runs statements as they are.
        pub(crate) async fn run(
            connection: &mut $connection,
            sql: &str,
        ) -> Result<(), sqlx::Error> {
            tracing::trace!(target: $crate::db::driver::SENT, sql);
            let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
            sqlx::Executor::execute(connection, sql).await.map(drop)
        }

        /// The rows of each statement of one text.
        pub(crate) async fn answers(
            connection: &mut $connection,
            sql: &str,
        ) -> Result<Vec<Vec<TextRow>>, sqlx::Error> {
            use futures_util::TryStreamExt;
            tracing::trace!(target: $crate::db::driver::SENT, sql);
            let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
            let mut stream = sqlx::Executor::fetch_many(connection, sql);
            let mut answers = Vec::new();
            let mut rows = Vec::new();
            while let Some(next) = stream.try_next().await? {
                match next {
                    sqlx::Either::Left(_) => answers.push(std::mem::take(&mut rows)),
                    sqlx::Either::Right(row) => rows.push(text(&row)?),
                }
            }
            if !rows.is_empty() {
                answers.push(rows);
            }
            Ok(answers)
        }

        /// Runs one statement with values.
        pub(crate) async fn run_with(
            connection: &mut $connection,
            sql: &str,
            values: &[Value<'_>],
        ) -> Result<(), sqlx::Error> {
            tracing::trace!(target: $crate::db::driver::SENT, sql);
            let mut query = sqlx::query(sqlx::AssertSqlSafe(placeholders(sql))).persistent(false);
            for value in values {
                query = match *value {
                    Value::Text(text) => query.bind(text.to_owned()),
                    Value::Number(number) => query.bind(number),
                };
            }
            sqlx::Executor::execute(connection, query).await.map(drop)
        }
    };
}
use statements;
