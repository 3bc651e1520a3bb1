//! Saying where a database is, and running nothing.

use super::{Database, Migrator, finish};
use crate::db::Mode;
use crate::error::Result;

impl Migrator {
    /// Says that the database is at the target, and runs nothing. Gives the
    /// version rows.
    ///
    /// # Errors
    /// A target that is not in the history, version rows that are not.
    pub async fn stamp<'d>(
        &self,
        database: impl Into<Database<'d>>,
        target: &str,
    ) -> Result<Vec<String>> {
        self.stamp_with(database.into(), &[target], false).await
    }

    /// As [`Self::stamp`], but forgets all version rows first, also those that
    /// the history does not hold.
    ///
    /// # Errors
    /// A target that is not in the history.
    pub async fn stamp_purging<'d>(
        &self,
        database: impl Into<Database<'d>>,
        target: &str,
    ) -> Result<Vec<String>> {
        self.stamp_with(database.into(), &[target], true).await
    }

    /// As [`Self::stamp`], for a database that is at several revisions, each on
    /// a branch of its own; `purge` forgets all version rows first, also those
    /// that the history does not hold.
    ///
    /// # Errors
    /// A target that is not in the history, or that stands on another one.
    pub async fn stamp_all<'d>(
        &self,
        database: impl Into<Database<'d>>,
        targets: &[&str],
        purge: bool,
    ) -> Result<Vec<String>> {
        self.stamp_with(database.into(), targets, purge).await
    }

    /// Makes the version table, and aludel's other tables, where they are not
    /// there; says whether it did.
    ///
    /// # Errors
    /// A database that cannot be opened or written.
    pub async fn ensure_version<'d>(&self, database: impl Into<Database<'d>>) -> Result<bool> {
        let mut database = database.into();
        let mut connection = database.open(Mode::Create).await?;
        let done = self.ensured(&mut connection).await;
        finish(connection, done).await
    }

    async fn stamp_with(
        &self,
        mut database: Database<'_>,
        targets: &[&str],
        purge: bool,
    ) -> Result<Vec<String>> {
        let graph = self.migrations.graph()?;
        let mut connection = database.open(Mode::Create).await?;
        let rows = self.stamped(&mut connection, &graph, targets, purge).await;
        finish(connection, rows).await
    }
}
