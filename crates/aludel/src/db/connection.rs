//! An open connection to any of the databases.
//!
//! It owns which driver is behind it, and the few things that are the same on
//! all of them: statements and rows of text. What a driver has of its own is
//! in `driver`.

use std::fmt;

use aludel_core::dialect::{Dialect, TextRow};

use super::driver::{self, Origin};
use super::{Url, database_error};
use crate::error::Result;

/// What a connection is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is ever written.
    ReadOnly,
    /// The database is there and may be written to.
    ReadWrite,
    /// The database is made where it is not there. Servers are not asked for
    /// that: there it must be there.
    Create,
}

/// An open connection to a database.
///
/// [`Connection::execute`] and [`Connection::rows`] are the same on every
/// database; [`Connection::sqlite`] and its like give the driver's own
/// connection, for everything else.
pub struct Connection<'c> {
    pub(crate) driver: Driver<'c>,
    dialect: &'static dyn Dialect,
    origin: Origin,
    /// A transaction is around everything, which will be rolled back.
    pub(super) trial: bool,
    /// The schema that was entered.
    schema: Option<String>,
    /// The statement that leaves it, where the session goes on to live.
    leave: Option<String>,
}

/// The connection of a driver.
pub(crate) enum Driver<'c> {
    #[cfg(feature = "sqlite")]
    Sqlite(Held<'c, sqlx::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(Held<'c, sqlx::Postgres>),
    #[cfg(feature = "mysql")]
    MySql(Held<'c, sqlx::MySql>),
}

impl Driver<'_> {
    #[cfg(feature = "sqlite")]
    pub(crate) fn as_sqlite(&mut self) -> Option<&mut sqlx::SqliteConnection> {
        match self {
            Self::Sqlite(held) => Some(held.get()),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => None,
        }
    }
}

/// Whose a connection is.
pub(crate) enum Held<'c, D: sqlx::Database> {
    /// Ours, and closed by us.
    Owned(Box<D::Connection>),
    /// Goes back to its pool.
    #[cfg(feature = "sqlite")]
    Pooled(sqlx::pool::PoolConnection<D>),
    /// Stays the caller's.
    Borrowed(&'c mut D::Connection),
}

impl<D: sqlx::Database> Held<'_, D> {
    pub(crate) fn get(&mut self) -> &mut D::Connection {
        match self {
            Self::Owned(connection) => connection,
            #[cfg(feature = "sqlite")]
            Self::Pooled(connection) => connection,
            Self::Borrowed(connection) => connection,
        }
    }

    fn get_ref(&self) -> &D::Connection {
        match self {
            Self::Owned(connection) => connection,
            #[cfg(feature = "sqlite")]
            Self::Pooled(connection) => connection,
            Self::Borrowed(connection) => connection,
        }
    }

    fn is_owned(&self) -> bool {
        matches!(self, Self::Owned(_))
    }
}

/// Does the same with the connection of whatever driver it is.
macro_rules! on_driver {
    ($driver:expr, $held:ident => $body:expr) => {
        match $driver {
            #[cfg(feature = "sqlite")]
            $crate::db::Driver::Sqlite($held) => $body,
            #[cfg(feature = "postgres")]
            $crate::db::Driver::Postgres($held) => $body,
            #[cfg(feature = "mysql")]
            $crate::db::Driver::MySql($held) => $body,
        }
    };
}

/// Opens a connection of its own, with the settings that migrations need.
///
/// # Errors
/// A database that is missing, locked, read-only or no database; a server that
/// does not answer or lets nobody in.
pub async fn connect(url: &Url, mode: Mode) -> Result<Connection<'static>> {
    let Some(server) = url.server() else {
        return driver::file(url, mode).await;
    };
    let mut connection = driver::server(url, server, mode).await?;
    if let Some(schema) = server.schema() {
        connection.enter_schema(schema).await?;
    }
    Ok(connection)
}

/// A value that a statement is given.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'v> {
    Text(&'v str),
    Number(i64),
}

impl<'c> Connection<'c> {
    pub(super) fn new(driver: Driver<'c>, dialect: &'static dyn Dialect, origin: Origin) -> Self {
        Self {
            driver,
            dialect,
            origin,
            trial: false,
            schema: None,
            leave: None,
        }
    }

    /// The same connection for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Connection<'_> {
        let driver = match &mut self.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(held) => Driver::Sqlite(Held::Borrowed(held.get())),
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => Driver::Postgres(Held::Borrowed(held.get())),
            #[cfg(feature = "mysql")]
            Driver::MySql(held) => Driver::MySql(Held::Borrowed(held.get())),
        };
        Connection {
            driver,
            dialect: self.dialect,
            origin: self.origin.clone(),
            trial: self.trial,
            schema: self.schema.clone(),
            leave: None,
        }
    }

    /// Works in a schema from here on, as [`Migrator::schema`](crate::Migrator::schema)
    /// does: on PostgreSQL that one alone is looked through for names, on MySQL it
    /// is another database of the server. What is not there is not made.
    ///
    /// # Errors
    /// A schema that is not there, or not for this role; SQLite, which has none.
    pub async fn enter_schema(&mut self, schema: &str) -> Result<()> {
        let entered: Result<Option<String>> = match &mut self.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(_) => Err(crate::Error::new(
                crate::ErrorKind::Missing,
                format!("SQLite has no schema `{schema}`: every file has one"),
            )
            .with_hint("give the url of another file in its place")),
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => driver::postgres::enter(held.get(), schema).await,
            #[cfg(feature = "mysql")]
            Driver::MySql(held) => driver::mysql::enter(held.get(), schema).await,
        };
        let before = entered?;
        if self.is_shared() {
            self.leave = before;
        }
        self.schema = Some(schema.to_owned());
        Ok(())
    }

    /// The schema that was entered.
    #[cfg(feature = "postgres")]
    pub(crate) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// Whether a transaction is around everything that is done, and will be
    /// rolled back.
    pub(crate) fn is_trial(&self) -> bool {
        self.trial
    }

    /// The dialect that the database speaks.
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// How another connection to the same server is opened.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The connection of the driver, if the database is SQLite.
    ///
    /// # Errors
    /// Another database.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> Result<&mut sqlx::SqliteConnection> {
        match &mut self.driver {
            Driver::Sqlite(held) => Ok(held.get()),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Err(is_not(self.dialect, "SQLite")),
        }
    }

    /// The connection of the driver, if the database is PostgreSQL.
    ///
    /// # Errors
    /// Another database.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Result<&mut sqlx::PgConnection> {
        match &mut self.driver {
            Driver::Postgres(held) => Ok(held.get()),
            #[cfg(any(feature = "sqlite", feature = "mysql"))]
            _ => Err(is_not(self.dialect, "PostgreSQL")),
        }
    }

    /// The connection of the driver, if the database is MySQL or MariaDB.
    ///
    /// # Errors
    /// Another database.
    #[cfg(feature = "mysql")]
    pub fn mysql(&mut self) -> Result<&mut sqlx::MySqlConnection> {
        match &mut self.driver {
            Driver::MySql(held) => Ok(held.get()),
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            _ => Err(is_not(self.dialect, "MySQL or MariaDB")),
        }
    }

    /// Runs statements as they are. Where the database lets several be sent
    /// at once, they may be several.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&mut self, sql: &str) -> Result<()> {
        let done = self.run(sql).await;
        done.map_err(|error| database_error(&error, &format!("`{sql}` fails")))
    }

    /// The rows that a statement gives, every value as text.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rows(&mut self, sql: &str) -> Result<Vec<TextRow>> {
        let rows = self.read(sql).await;
        rows.map_err(|error| database_error(&error, &format!("`{sql}` fails")))
    }

    /// Runs statements as they are.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        match &mut self.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(held) => driver::sqlite::run(held.get(), sql).await,
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => driver::postgres::run(held.get(), sql).await,
            #[cfg(feature = "mysql")]
            Driver::MySql(held) => driver::mysql::run(held.get(), sql).await,
        }
    }

    /// The rows that all statements of a text give together.
    pub(crate) async fn read(&mut self, sql: &str) -> Result<Vec<TextRow>, sqlx::Error> {
        let answers = self.answers(sql).await?;
        Ok(answers.into_iter().flatten().collect())
    }

    /// The rows of each of the statements of one text, which is sent at once.
    pub(crate) async fn answers(&mut self, sql: &str) -> Result<Vec<Vec<TextRow>>, sqlx::Error> {
        match &mut self.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(held) => driver::sqlite::answers(held.get(), sql).await,
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => driver::postgres::answers(held.get(), sql).await,
            #[cfg(feature = "mysql")]
            Driver::MySql(held) => driver::mysql::answers(held.get(), sql).await,
        }
    }

    /// Runs one statement of our own, whose values are `?` wherever that stands
    /// outside of quotes.
    pub(crate) async fn run_with(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<(), sqlx::Error> {
        match &mut self.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(held) => driver::sqlite::run_with(held.get(), sql, values).await,
            #[cfg(feature = "postgres")]
            Driver::Postgres(held) => driver::postgres::run_with(held.get(), sql, values).await,
            #[cfg(feature = "mysql")]
            Driver::MySql(held) => driver::mysql::run_with(held.get(), sql, values).await,
        }
    }

    /// Whether the driver knows of an open transaction.
    pub(crate) fn is_in_transaction(&self) -> bool {
        use sqlx::Connection as _;
        on_driver!(&self.driver, held => held.get_ref().is_in_transaction())
    }

    /// Whether the connection goes on to live after this value.
    pub(crate) fn is_shared(&self) -> bool {
        on_driver!(&self.driver, held => !held.is_owned())
    }

    /// Ends the connection, if it is ours.
    ///
    /// # Errors
    /// What the database says to that.
    pub async fn close(mut self) -> Result<()> {
        use sqlx::Connection as _;
        if let Some(leave) = self.leave.take() {
            let left = self.run(&leave).await;
            left.map_err(|error| database_error(&error, "the schema cannot be left again"))?;
        }
        on_driver!(self.driver, held => match held {
            Held::Owned(connection) => {
                let closed = match connection.close().await {
                    // A server that was told of the end may be gone before the
                    // last word: over TLS each side has one more.
                    Err(sqlx::Error::Io(error)) => {
                        tracing::debug!(%error, "the connection has ended already");
                        Ok(())
                    }
                    closed => closed,
                };
                closed.map_err(|error| database_error(&error, "the connection cannot be closed"))
            }
            #[cfg(feature = "sqlite")]
            Held::Pooled(_) => Ok(()),
            Held::Borrowed(_) => Ok(()),
        })
    }
}

/// A connection that stays the caller's.
#[cfg(feature = "sqlite")]
impl<'c> From<&'c mut sqlx::SqliteConnection> for Connection<'c> {
    fn from(connection: &'c mut sqlx::SqliteConnection) -> Self {
        driver::sqlite::borrowed(connection)
    }
}

/// A connection that stays the caller's.
#[cfg(feature = "postgres")]
impl<'c> From<&'c mut sqlx::PgConnection> for Connection<'c> {
    fn from(connection: &'c mut sqlx::PgConnection) -> Self {
        driver::postgres::borrowed(connection)
    }
}

impl fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("dialect", &self.dialect.title())
            .finish_non_exhaustive()
    }
}

#[cfg(any(
    all(feature = "sqlite", feature = "postgres"),
    all(feature = "sqlite", feature = "mysql"),
    all(feature = "postgres", feature = "mysql")
))]
fn is_not(dialect: &dyn Dialect, wanted: &str) -> crate::Error {
    crate::Error::new(
        crate::ErrorKind::Database,
        format!("the database is {}, not {wanted}", dialect.title()),
    )
    .with_hint("ask `dialect().name()` first")
}
