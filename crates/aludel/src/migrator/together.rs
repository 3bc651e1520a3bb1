//! How the migrations of a run share transactions, and running several in one.
//!
//! It owns where such a transaction begins and ends. What is done of a revision
//! inside of it is that of [`super::step`].

use aludel_core::dialect::Dialect;
use aludel_core::revision::{Revision, RevisionGraph};
use tracing::Instrument;

use super::Migrator;
use super::step::{Task, log_stopped, note_duration, span};
use super::walk::{Ran, can_be_tried_again};
use crate::db::Connection;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Direction, Transaction};

/// How the migrations of a run share transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Transactions {
    /// One a migration.
    #[default]
    Each,
    /// One for all of a run: where one fails nothing of any is left. What may
    /// not run in a transaction ends it, with all that was run before, and what
    /// comes behind that migration begins another.
    All,
    /// None: every statement stays as soon as it is run.
    None,
}

impl Transactions {
    /// Stops where a database cannot do that.
    pub(super) fn refuse_on(self, dialect: &dyn Dialect) -> Result<()> {
        if self != Self::All || dialect.client().transactional {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Migration,
            format!(
                "one transaction for all migrations of a run is not to be had on {}, which \
                 commits every statement that defines something by itself",
                dialect.title()
            ),
        )
        .with_hint(
            "leave `transaction = \"all\"` out; a migration that fails is gone on with by the \
             next run",
        ))
    }
}

/// Why the migrations of one transaction were not run.
struct Failed<'p> {
    error: Error,
    /// The one that failed.
    at: Option<&'p Revision>,
    /// Those that were rolled back with it.
    with: Vec<String>,
}

impl Migrator {
    /// Runs a path in as few transactions as it can be.
    pub(super) async fn walk_together(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        direction: Direction,
        path: &[&Revision],
    ) -> Result<Vec<Ran>> {
        let mut ran = Vec::new();
        let mut rest = path;
        let mut tries = 1;
        while !rest.is_empty() {
            match self.group(connection, graph, direction, rest).await {
                Ok((count, group)) => {
                    rest = rest.get(count..).unwrap_or_default();
                    ran.extend(group);
                    tries = 1;
                }
                Err(Failed {
                    error: reason,
                    at: Some(revision),
                    ..
                }) if tries < self.table_lock_attempts
                    && can_be_tried_again(connection, &reason) =>
                {
                    self.wait_for_lock(revision, &reason, tries).await;
                    tries += 1;
                }
                Err(failed) => {
                    self.clear_status(connection).await;
                    let at = failed.at;
                    let error = self.told(connection, direction, failed).await;
                    if let Some(revision) = at {
                        log_stopped(revision, direction, &error);
                    }
                    return Err(error);
                }
            }
        }
        let last = |ran: &Ran| path.last().is_some_and(|r| r.id() == ran.revision);
        if !ran.last().is_some_and(last) {
            self.clear_status(connection).await;
        }
        Ok(ran)
    }

    /// Runs revisions in one transaction, up to the first that has to leave it;
    /// gives how many that are.
    async fn group<'p>(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        direction: Direction,
        path: &[&'p Revision],
    ) -> Result<(usize, Vec<Ran>), Failed<'p>> {
        let begun = Transaction::begin_migration(connection, &self.limits()).await;
        let mut transaction = begun.map_err(|error| Failed {
            error,
            at: path.first().copied(),
            with: Vec::new(),
        })?;
        let mut ran: Vec<(&Revision, Ran)> = Vec::new();
        let mut count = 0;
        for (at, revision) in path.iter().copied().enumerate() {
            let done = async {
                if at > 0 {
                    transaction.begin_next().await?;
                }
                let task = Task {
                    revision,
                    file: self.file(revision)?,
                    direction,
                    next: path.get(at + 1).copied(),
                };
                self.inside(&mut transaction, graph, &task).await
            };
            count += 1;
            let span = span(revision, direction);
            match done.instrument(span.clone()).await {
                Ok(Some(done)) => {
                    note_duration(&span, &done.ran);
                    ran.push((revision, done.ran));
                    if done.has_left {
                        // What is committed already must not outlive its books.
                        break;
                    }
                }
                Ok(None) => {}
                Err(stopped) => {
                    let with = match transaction.has_been_committed() {
                        true => Vec::new(),
                        false => ran.iter().map(|(r, _)| r.id().to_owned()).collect(),
                    };
                    return Err(Failed {
                        error: self.failed(transaction, stopped).await,
                        at: Some(revision),
                        with,
                    });
                }
            }
        }
        transaction.commit().await.map_err(|error| Failed {
            error,
            at: None,
            with: ran.iter().map(|(r, _)| r.id().to_owned()).collect(),
        })?;
        for (revision, ran) in &ran {
            self.tell_finished(revision, ran);
        }
        Ok((count, ran.into_iter().map(|(_, ran)| ran).collect()))
    }

    /// The error with what became of the others.
    async fn told(
        &self,
        connection: &mut Connection<'_>,
        direction: Direction,
        failed: Failed<'_>,
    ) -> Error {
        let Failed { error, at, with } = failed;
        if !with.is_empty() {
            let with: Vec<String> = with.iter().map(|id| format!("`{id}`")).collect();
            return error.with_note(&format!(
                "{} shared the transaction and were rolled back",
                with.join(", ")
            ));
        }
        match at {
            Some(revision) => self.explained(connection, revision, direction, error).await,
            None => error,
        }
    }
}
