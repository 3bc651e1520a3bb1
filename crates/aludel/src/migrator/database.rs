//! What can be given where a database is asked for.

use sqlx::{SqliteConnection, SqlitePool};

use crate::db::{Connection, Mode, Url, connect};
use crate::error::Result;

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
    Pool(&'d SqlitePool),
    Connection(&'d mut SqliteConnection),
}

impl Database<'_> {
    /// Whether it is a file that is not there.
    pub(super) fn is_absent(&self) -> bool {
        let absent = |url: &Url| url.path().is_some_and(|path| !path.exists());
        match &self.source {
            Source::Text(text) => Url::parse(text).is_ok_and(|url| absent(&url)),
            Source::Url(url) => absent(url),
            Source::Pool(_) | Source::Connection(_) => false,
        }
    }

    pub(super) async fn open(&mut self, mode: Mode) -> Result<Connection<'_>> {
        match &mut self.source {
            Source::Text(text) => connect(&Url::parse(text)?, mode).await,
            Source::Url(url) => connect(url, mode).await,
            Source::Pool(pool) => Connection::from_pool(pool).await,
            Source::Connection(connection) => Ok(Connection::borrowed(connection)),
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

impl<'d> From<&'d SqlitePool> for Database<'d> {
    fn from(pool: &'d SqlitePool) -> Self {
        Self {
            source: Source::Pool(pool),
        }
    }
}

impl<'d> From<&'d mut SqliteConnection> for Database<'d> {
    fn from(connection: &'d mut SqliteConnection) -> Self {
        Self {
            source: Source::Connection(connection),
        }
    }
}

impl<'d> From<&'d mut Connection<'_>> for Database<'d> {
    fn from(connection: &'d mut Connection<'_>) -> Self {
        Self {
            source: Source::Connection(connection),
        }
    }
}
