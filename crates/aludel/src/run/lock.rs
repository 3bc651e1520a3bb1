//! The lock of a migration that is between two transactions: a file beside
//! the database.
//!
//! What runs outside of a transaction cannot hold the database's own lock. So
//! it takes this one before it lets go of that, and everybody who is about to
//! run a migration looks for it while they hold the database's. The operating
//! system gives it back when a process dies, whatever it dies of; the file
//! that is left then says nothing, and the next one takes it away.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use sqlx::SqliteConnection;

use super::transaction::held_by;
use crate::db::driver::sqlite::file_of;
use crate::error::{Error, ErrorKind, Result};

/// What is put behind the name of the database.
const SUFFIX: &str = "-aludel-lock";

/// A lock that is held; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    /// Unlocked when it is closed.
    _file: File,
}

impl Lock {
    /// Takes it. The database's own lock must be held, and the lock be free.
    /// A database in memory has none: nobody else can see it.
    pub(crate) async fn take(connection: &mut SqliteConnection) -> Result<Option<Self>> {
        let Some(path) = path(connection).await? else {
            return Ok(None);
        };
        let open = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = open.map_err(|error| wrong(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { path, _file: file })),
            Err(TryLockError::WouldBlock) => Err(held_by(&[])),
            // A file system without locks: then there is none to be had.
            Err(TryLockError::Error(error)) if error.kind() == Io::Unsupported => {
                let _ = std::fs::remove_file(&path);
                Ok(None)
            }
            Err(TryLockError::Error(error)) => Err(wrong(&path, error)),
        }
    }

    /// Whether nobody holds it. The database's own lock must be held.
    pub(crate) async fn is_free(connection: &mut SqliteConnection) -> Result<bool> {
        let Some(path) = path(connection).await? else {
            return Ok(true);
        };
        let Ok(file) = OpenOptions::new().write(true).open(&path) else {
            return Ok(true);
        };
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Ok(false);
        }
        // Somebody died with it. It was made under the database's lock, which
        // is ours now, so that it cannot be a new one.
        let _ = std::fs::remove_file(&path);
        Ok(true)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before the file is unlocked, so that nobody takes a lock on a file
        // that is about to go; where it cannot go, it says nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn wrong(path: &Path, error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Database,
        format!("the lock `{}` cannot be taken: {error}", path.display()),
    )
    .with_source(error)
}

async fn path(connection: &mut SqliteConnection) -> Result<Option<PathBuf>> {
    Ok(file_of(connection).await?.map(|file| {
        let mut name = OsString::from(file);
        name.push(SUFFIX);
        name.into()
    }))
}
