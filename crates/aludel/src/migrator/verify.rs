//! What is needed to hold a history to what it says, step by step.

use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::revision::Revision;

use super::{Database, Migrator, finish};
use crate::db::Mode;
use crate::error::Result;
use crate::run::{Direction, Replay, body, holder};

impl Migrator {
    /// The database as it is thought to be after a revision, given the one
    /// before it. `None` where the file is made of statements, of which nobody
    /// knows what they make without running them.
    ///
    /// # Errors
    /// A file that was not compiled, or that makes no sense there.
    pub fn replayed(
        &self,
        dialect: &'static dyn Dialect,
        before: Snapshot,
        revision: &Revision,
        direction: Direction,
    ) -> Result<Option<Snapshot>> {
        let body = body(revision, self.file(revision)?, direction, dialect)?;
        let mut replay = Replay::new(dialect, before);
        let told = replay.body(body);
        told.map_err(|error| error.in_file(&revision.file_name))?;
        Ok(replay.into_snapshot())
    }

    /// Whether a revision can be undone: a file of statements may say nothing
    /// of that.
    ///
    /// # Errors
    /// A file that was not compiled, or that cannot be read.
    pub fn can_undo(&self, dialect: &dyn Dialect, revision: &Revision) -> Result<bool> {
        let file = self.file(revision)?;
        body(revision, file, Direction::Up, dialect)?;
        Ok(body(revision, file, Direction::Down, dialect).is_ok())
    }

    /// Who holds the lock that a migration takes, as far as that can be told:
    /// nothing where nobody does. On SQLite the lock is tried, and given back
    /// at once.
    ///
    /// # Errors
    /// A database that cannot be opened for writing.
    pub async fn lock_holder<'d>(
        &self,
        database: impl Into<Database<'d>>,
    ) -> Result<Option<Vec<String>>> {
        let mut database = database.into();
        let mut connection = database.open(Mode::ReadWrite).await?;
        let held = holder(&mut connection, &self.limits()).await;
        finish(connection, held).await
    }
}
