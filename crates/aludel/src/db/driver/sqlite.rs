//! SQLite: files, and what can be said of them before they are opened.

use std::time::Duration;

use aludel_core::dialect::TextRow;
use aludel_core::dialect::sqlite::Sqlite;
use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection as _, Row, SqliteConnection};

use super::Origin;
use crate::db::connection::{Driver, Held, Value};
use crate::db::{Connection, Mode, Url, database_error};
use crate::error::{Error, ErrorKind, Result};

/// How long one statement waits for a lock. Longer waits are made of several.
const BUSY: Duration = Duration::from_secs(5);

/// Opens a connection without foreign-key enforcement: what is done to tables
/// must never delete rows elsewhere.
pub(super) async fn open(url: &Url, mode: Mode) -> Result<Connection<'static>> {
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
    let opened = match read_first(&options).await {
        Err(error) if was_cut_off(&error) => {
            if !url.is_read_only() {
                recover(&options).await.map_err(|_| cut_off(url))?;
            }
            read_first(&options).await
        }
        opened => opened,
    };
    match opened {
        Ok(connection) => Ok(of(Held::Owned(Box::new(connection)))),
        Err(error) if was_cut_off(&error) => Err(cut_off(url)),
        Err(error) => Err(wrong(error)),
    }
}

/// Opens, and reads the first page, since opening alone reads nothing.
async fn read_first(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    sqlx::query("PRAGMA schema_version")
        .fetch_one(&mut connection)
        .await?;
    Ok(connection)
}

/// Whether a connection that only reads was refused because a writer was cut
/// off, and what it left has to be taken back first, which is writing.
///
/// Source: <https://www.sqlite.org/rescode.html>, `SQLITE_READONLY_RECOVERY`,
/// `SQLITE_READONLY_ROLLBACK` and `SQLITE_READONLY_CANTINIT`.
fn was_cut_off(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    matches!(code.as_deref(), Some("264" | "776" | "1288"))
}

/// Opens the database for writing, which takes back what a writer left that was
/// cut off, and closes it.
async fn recover(options: &SqliteConnectOptions) -> Result<(), sqlx::Error> {
    let options = options.clone().read_only(false).create_if_missing(false);
    read_first(&options).await?.close().await
}

/// It may not be written from here; a process that may can come any time, so
/// that waiting for it is right.
fn cut_off(url: &Url) -> Error {
    Error::new(
        ErrorKind::Locked,
        format!("`{url}` cannot be read: what wrote it last was cut off in the middle"),
    )
    .with_hint(
        "its journal beside it has to be rolled back: any process that may write the file and its \
         folder does so when it opens it, `upgrade` for one",
    )
}

fn of(held: Held<'_, sqlx::Sqlite>) -> Connection<'_> {
    Connection::new(Driver::Sqlite(held), &Sqlite, Origin::Unknown)
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

/// A connection that stays the caller's.
pub(crate) fn borrowed(connection: &mut SqliteConnection) -> Connection<'_> {
    of(Held::Borrowed(connection))
}

/// A connection of a pool: detached, so that nothing that is set on it comes
/// back to the pool; but one to a database in memory is used in its place, as
/// the database would be lost with it.
pub(crate) async fn from_pool(pool: &sqlx::SqlitePool) -> Result<Connection<'static>> {
    let wrong = |error| database_error(&error, "the pool gives no connection");
    let mut pooled = pool.acquire().await.map_err(wrong)?;
    Ok(of(if file_of(&mut pooled).await?.is_none() {
        Held::Pooled(pooled)
    } else {
        Held::Owned(Box::new(pooled.detach()))
    }))
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

/// The values of a row as text.
pub(crate) fn text(row: &SqliteRow) -> Result<TextRow, sqlx::Error> {
    (0..row.len())
        .map(|column| row.try_get_unchecked(column))
        .collect()
}

super::statements!(SqliteConnection);

fn placeholders(sql: &str) -> &str {
    sql
}
