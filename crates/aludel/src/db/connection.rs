//! An open connection, and how to get one.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use aludel_core::dialect::Dialect;
use aludel_core::dialect::sqlite::Sqlite;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection as _, Row, SqliteConnection};

use super::{Url, database_error};
use crate::error::{Error, ErrorKind, Result};

/// What a connection is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is ever written.
    ReadOnly,
    /// The database is there and may be written to.
    ReadWrite,
    /// The database is made where it is not there.
    Create,
}

/// How long one statement waits for a lock. Longer waits are made of several.
pub(crate) const BUSY: Duration = Duration::from_secs(5);

/// An open connection to a database; for SQLite it is a
/// [`sqlx::SqliteConnection`] wherever one is wanted.
pub struct Connection<'c> {
    inner: Inner<'c>,
}

enum Inner<'c> {
    Owned(SqliteConnection),
    Pooled(PoolConnection<sqlx::Sqlite>),
    Borrowed(&'c mut SqliteConnection),
}

/// Opens a connection of its own, without foreign-key enforcement: what is
/// done to tables must never delete rows elsewhere.
///
/// # Errors
/// A database that is missing, locked, read-only or no database.
pub async fn connect(url: &Url, mode: Mode) -> Result<Connection<'static>> {
    if mode != Mode::ReadOnly && url.is_read_only() {
        return Err(
            Error::new(ErrorKind::ReadOnly, format!("`{url}` is opened read-only"))
                .with_hint("take `mode=ro` out of the url"),
        );
    }
    let mut options = SqliteConnectOptions::new()
        .foreign_keys(false)
        .busy_timeout(BUSY)
        .disable_statement_logging();
    options = match url.path() {
        None => options
            .in_memory(true)
            .shared_cache(false)
            .filename(":memory:"),
        Some(path) => {
            check_place(url, mode)?;
            options
                .filename(path)
                .read_only(mode == Mode::ReadOnly)
                .create_if_missing(mode == Mode::Create)
        }
    };
    let wrong = |error| database_error(&error, &format!("`{url}` cannot be opened"));
    let mut connection = options.connect().await.map_err(wrong)?;
    // Opening reads nothing; this reads the first page.
    sqlx::query("PRAGMA schema_version")
        .fetch_one(&mut connection)
        .await
        .map_err(wrong)?;
    Ok(Connection {
        inner: Inner::Owned(connection),
    })
}

/// What the file system can say beforehand, and better than the driver.
fn check_place(url: &Url, mode: Mode) -> Result<()> {
    let Some(path) = url.path() else {
        return Ok(());
    };
    if path.is_dir() {
        return Err(Error::new(
            ErrorKind::NotADatabase,
            format!("`{}` is a folder, not a database", path.display()),
        ));
    }
    if path.exists() {
        return Ok(());
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(Error::new(
            ErrorKind::Missing,
            format!(
                "there is no folder `{}` for the database `{}`",
                folder.display(),
                path.display()
            ),
        )
        .with_hint("make the folder, or mend the url"));
    }
    if mode == Mode::Create {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Missing,
        format!("there is no database `{}`", path.display()),
    )
    .with_hint("`upgrade` makes it; or mend the url"))
}

impl<'c> Connection<'c> {
    /// A connection that stays the caller's.
    pub fn borrowed(connection: &'c mut SqliteConnection) -> Self {
        Self {
            inner: Inner::Borrowed(connection),
        }
    }

    /// A connection of a pool: detached, so that nothing that is set on it
    /// comes back to the pool; but one to a database in memory is used in its
    /// place, as the database would be lost with it.
    pub(crate) async fn from_pool(pool: &sqlx::SqlitePool) -> Result<Self> {
        let wrong = |error| database_error(&error, "the pool gives no connection");
        let mut pooled = pool.acquire().await.map_err(wrong)?;
        let inner = if file_of(&mut pooled).await?.is_none() {
            Inner::Pooled(pooled)
        } else {
            Inner::Owned(pooled.detach())
        };
        Ok(Self { inner })
    }

    /// The dialect that the database speaks.
    pub fn dialect(&self) -> &'static dyn Dialect {
        &Sqlite
    }

    /// Whether the connection goes on to live after this value.
    pub(crate) fn is_shared(&self) -> bool {
        !matches!(self.inner, Inner::Owned(_))
    }

    /// Ends the connection, if it is ours.
    ///
    /// # Errors
    /// What the database says to that.
    pub async fn close(self) -> Result<()> {
        match self.inner {
            Inner::Owned(connection) => {
                let closed = connection.close().await;
                closed.map_err(|error| database_error(&error, "the connection cannot be closed"))
            }
            Inner::Pooled(_) | Inner::Borrowed(_) => Ok(()),
        }
    }
}

/// The file of the main database of a connection; one in memory has none.
pub(crate) async fn file_of(connection: &mut SqliteConnection) -> Result<Option<String>> {
    let wrong = |error| database_error(&error, "the databases of the connection cannot be read");
    let rows = sqlx::query("PRAGMA database_list")
        .fetch_all(connection)
        .await
        .map_err(wrong)?;
    let main = rows
        .iter()
        .find(|row| row.try_get(1).is_ok_and(|name: &str| name == "main"));
    let file: Option<String> = main.and_then(|row| row.try_get(2).ok());
    Ok(file.filter(|file| !file.is_empty()))
}

impl Deref for Connection<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match &self.inner {
            Inner::Owned(connection) => connection,
            Inner::Pooled(connection) => connection,
            Inner::Borrowed(connection) => connection,
        }
    }
}

impl DerefMut for Connection<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match &mut self.inner {
            Inner::Owned(connection) => connection,
            Inner::Pooled(connection) => connection,
            Inner::Borrowed(connection) => connection,
        }
    }
}

impl fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
