//! The database that migrations are tried in before they are written: a copy
//! of the shape of the real one, without its rows.
//!
//! It knows how such a copy is had and given up again. It must not know what
//! is tried in it.

use aludel::db::{self, Connection};
use aludel_core::dialect::Snapshot;

use crate::error::Result;
use crate::ui::Ui;

/// An open copy.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// The connection to it.
    pub(crate) connection: Connection<'static>,
}

impl Scratch {
    /// A database with the shape that was found; what cannot be copied is
    /// said.
    ///
    /// # Errors
    /// A shape that the database does not take again.
    pub(crate) async fn like(snapshot: &Snapshot, ui: Ui) -> Result<Self> {
        let copy = db::memory_copy(snapshot).await?;
        for skipped in &copy.skipped {
            ui.warn(format_args!(
                "`{}` is not in the copy that the migration is proven on: {}",
                skipped.name, skipped.reason
            ));
        }
        Ok(Self {
            connection: copy.connection,
        })
    }

    /// Gives the copy up.
    ///
    /// # Errors
    /// What the database says to that.
    pub(crate) async fn close(self) -> Result<()> {
        Ok(self.connection.close().await?)
    }
}
