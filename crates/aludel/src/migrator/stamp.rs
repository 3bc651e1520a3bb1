//! Saying where a database is, and running nothing.

use aludel_core::change::Pair;
use aludel_core::revision::{Revision, RevisionGraph};

use super::books::STAMP;
use super::walk::close;
use super::{Database, Migrator, finish, refuse_transaction, refuse_unknown};
use crate::db::{Connection, Mode};
use crate::error::Result;
use crate::run::{Settings, Transaction};

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
        let mut connection = self.open(&mut database, Mode::Create).await?;
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
        let mut connection = self.open(&mut database, Mode::Create).await?;
        let rows = self.stamped(&mut connection, &graph, targets, purge).await;
        finish(connection, rows).await
    }

    /// Makes aludel's tables, where they are not there; says whether it did.
    async fn ensured(&self, connection: &mut Connection<'_>) -> Result<bool> {
        refuse_transaction(connection)?;
        if self.store.has_rows(connection).await? {
            return Ok(false);
        }
        let settings = Settings::apply(connection, &self.limits()).await?;
        let mut transaction = Transaction::begin(connection, &self.limits()).await?;
        let done = self.store.ensure(transaction.connection()).await;
        let done = close(transaction, done).await;
        if connection.is_shared() {
            settings.restore(connection).await?;
        }
        done.map(|()| true)
    }

    async fn stamped(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        targets: &[&str],
        purge: bool,
    ) -> Result<Vec<String>> {
        refuse_transaction(connection)?;
        let settings = Settings::apply(connection, &self.limits()).await?;
        let mut transaction = Transaction::begin(connection, &self.limits()).await?;
        let done = async {
            let connection = transaction.connection();
            let found = self.store.rows(connection).await?;
            let before = if purge { Vec::new() } else { found.clone() };
            refuse_unknown(graph, &before)?;
            let after = graph.rows_after_stamp(&before, targets)?;
            if after != found {
                if !self.store.has_rows(connection).await? {
                    self.store.ensure(connection).await?;
                }
                if purge {
                    self.store.purge(connection).await?;
                }
                self.store.set_rows(connection, &before, &after).await?;
            }
            // Who says where the database is has looked at it.
            self.store.forget_steps(connection).await?;
            Ok(Pair::new(found, after))
        };
        let done: Result<Pair<Vec<String>>> = done.await;
        let done = match done {
            Ok(rows) => close(transaction, Ok(())).await.map(|()| rows),
            Err(error) => {
                let none = Pair::new(Vec::new(), Vec::new());
                close(transaction, Err(error)).await.map(|()| none)
            }
        };
        if let Ok(rows) = &done {
            self.note_stamp(connection, graph, rows).await;
        }
        if connection.is_shared() {
            settings.restore(connection).await?;
        }
        done.map(|rows| rows.to)
    }

    /// Puts down what a database was said to be past without a run, so that it
    /// is not taken for what came in below. Where nothing is on record there is
    /// nothing to be below of; and who may write the version rows alone may
    /// stamp all the same.
    async fn note_stamp(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        rows: &Pair<Vec<String>>,
    ) {
        // Asking for what is not there would end the transaction of a trial.
        if connection.is_trial() {
            return;
        }
        let noted = async {
            let logged = self.store.checksums(connection).await?;
            if logged.is_empty() {
                return Ok(());
            }
            // Rows that nobody knows were purged.
            let past = graph.ancestors(&rows.from).unwrap_or_default();
            for revision in graph.ancestors(&rows.to)? {
                let is = |other: &&Revision| other.id() == revision.id();
                let on_record = logged.iter().any(|(id, _)| id == revision.id());
                if !on_record && !past.iter().any(is) {
                    self.note(connection, revision, STAMP).await?;
                }
            }
            Ok(())
        };
        let noted: Result<()> = noted.await;
        if let Err(error) = noted {
            tracing::debug!(%error, "the stamp is not on record");
        }
    }
}
