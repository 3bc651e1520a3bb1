//! A database's shape, copied into memory, without its rows.

use aludel_core::dialect::{ObjectKind, Snapshot};

use super::connection::{Connection, Mode, connect};
use super::said::text;
use super::{Url, database_error};
use crate::error::Result;

/// A copy of a database's shape, in memory.
#[derive(Debug)]
pub struct MemoryCopy {
    /// The connection that the copy lives in.
    pub connection: Connection<'static>,
    /// What could not be copied.
    pub skipped: Vec<Skipped>,
}

/// An object that could not be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// What SQLite said: most often that a module is missing.
    pub reason: String,
}

/// Makes a database in memory with the same tables, indexes, views and
/// triggers. A virtual table whose module is missing here is left out and
/// reported, and so is what belongs to it.
///
/// # Errors
/// An object that SQLite does not take although nothing was left out.
pub async fn memory_copy(snapshot: &Snapshot) -> Result<MemoryCopy> {
    let mut connection = connect(&Url::parse("sqlite::memory:")?, Mode::Create).await?;
    let mut skipped = Vec::new();
    connection
        .run("BEGIN")
        .await
        .map_err(|e| database_error(&e, "no copy can be made"))?;
    for object in &snapshot.objects {
        // A virtual table makes its shadow tables itself.
        if object.kind == ObjectKind::ShadowTable || object.name.starts_with("sqlite_") {
            continue;
        }
        let Err(error) = connection.run(&object.sql).await else {
            continue;
        };
        if object.kind != ObjectKind::VirtualTable && skipped.is_empty() {
            let what = format!("`{}` cannot be made in a copy of the database", object.name);
            return Err(database_error(&error, &what));
        }
        skipped.push(Skipped {
            kind: object.kind,
            name: object.name.clone(),
            reason: text(&error),
        });
    }
    connection
        .run("COMMIT")
        .await
        .map_err(|e| database_error(&e, "no copy can be made"))?;
    Ok(MemoryCopy {
        connection,
        skipped,
    })
}
