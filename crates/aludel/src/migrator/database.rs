//! What can be given where a database is asked for.

use crate::db::{Connection, Mode, Url, connect, driver};
use crate::error::Result;
use crate::run::{Limits, Waiting};

/// A database: a url, a pool, or an open connection.
///
/// From a pool one connection is acquired and detached. A connection is used
/// where it is and given back with its settings; it must not be inside a
/// transaction, and a run on it should not be cancelled halfway.
#[derive(Debug)]
pub struct Database<'d> {
    source: Source<'d>,
}

#[derive(Debug)]
enum Source<'d> {
    Text(String),
    Url(Url),
    Connection(Connection<'d>),
    #[cfg(feature = "sqlite")]
    SqlitePool(&'d sqlx::SqlitePool),
    #[cfg(feature = "sqlite")]
    Sqlite(&'d mut sqlx::SqliteConnection),
    #[cfg(feature = "postgres")]
    PgPool(&'d sqlx::PgPool),
    #[cfg(feature = "postgres")]
    Postgres(&'d mut sqlx::PgConnection),
    #[cfg(feature = "mysql")]
    MySqlPool(&'d sqlx::MySqlPool),
    #[cfg(feature = "mysql")]
    MySql(&'d mut sqlx::MySqlConnection),
}

impl Database<'_> {
    /// Whether it is a file that is not there.
    pub(super) fn is_absent(&self) -> bool {
        let absent = |url: &Url| url.path().is_some_and(|path| !path.exists());
        match &self.source {
            Source::Text(text) => Url::parse(text).is_ok_and(|url| absent(&url)),
            Source::Url(url) => absent(url),
            _ => false,
        }
    }

    /// Opens as [`Self::open`] does; waits while somebody else has locked the
    /// whole file, as who writes much to it does where there is no WAL.
    pub(super) async fn open_waiting(
        &mut self,
        mode: Mode,
        limits: &Limits,
    ) -> Result<Connection<'_>> {
        let url = match &self.source {
            Source::Text(text) => Url::parse(text)?,
            Source::Url(url) => url.clone(),
            _ => return self.open(mode).await,
        };
        let mut waiting = Waiting::begin(limits);
        loop {
            match connect(&url, mode).await {
                Err(error) if waiting.lasts(&error).await => {}
                opened => return opened,
            }
        }
    }

    pub(super) async fn open(&mut self, mode: Mode) -> Result<Connection<'_>> {
        match &mut self.source {
            Source::Text(text) => connect(&Url::parse(text)?, mode).await,
            Source::Url(url) => connect(url, mode).await,
            Source::Connection(connection) => Ok(connection.reborrow()),
            #[cfg(feature = "sqlite")]
            Source::SqlitePool(pool) => driver::sqlite::from_pool(pool).await,
            #[cfg(feature = "sqlite")]
            Source::Sqlite(connection) => Ok(driver::sqlite::borrowed(connection)),
            #[cfg(feature = "postgres")]
            Source::PgPool(pool) => driver::postgres::from_pool(pool).await,
            #[cfg(feature = "postgres")]
            Source::Postgres(connection) => Ok(driver::postgres::borrowed(connection)),
            #[cfg(feature = "mysql")]
            Source::MySqlPool(pool) => driver::mysql::from_pool(pool).await,
            #[cfg(feature = "mysql")]
            Source::MySql(connection) => driver::mysql::borrowed(connection).await,
        }
    }
}

impl From<&str> for Database<'_> {
    fn from(url: &str) -> Self {
        Self {
            source: Source::Text(url.to_owned()),
        }
    }
}

impl From<&String> for Database<'_> {
    fn from(url: &String) -> Self {
        Self::from(url.as_str())
    }
}

impl From<&Url> for Database<'_> {
    fn from(url: &Url) -> Self {
        Self {
            source: Source::Url(url.clone()),
        }
    }
}

impl<'d> From<&'d mut Connection<'_>> for Database<'d> {
    fn from(connection: &'d mut Connection<'_>) -> Self {
        Self {
            source: Source::Connection(connection.reborrow()),
        }
    }
}

/// A pool or a connection of a driver.
macro_rules! from_driver {
    ($feature:literal, $given:ty => $source:ident) => {
        #[cfg(feature = $feature)]
        impl<'d> From<$given> for Database<'d> {
            fn from(given: $given) -> Self {
                Self {
                    source: Source::$source(given),
                }
            }
        }
    };
}

from_driver!("sqlite", &'d sqlx::SqlitePool => SqlitePool);
from_driver!("sqlite", &'d mut sqlx::SqliteConnection => Sqlite);
from_driver!("postgres", &'d sqlx::PgPool => PgPool);
from_driver!("postgres", &'d mut sqlx::PgConnection => Postgres);
from_driver!("mysql", &'d sqlx::MySqlPool => MySqlPool);
from_driver!("mysql", &'d mut sqlx::MySqlConnection => MySql);
