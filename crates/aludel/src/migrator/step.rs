//! Running one revision inside a transaction, and writing down that it was run.
//!
//! It owns what is done of a revision while the transaction is open. Where one
//! begins and is committed is the business of [`super::walk`] and
//! [`super::together`].

use std::time::{Duration, Instant};

use aludel_core::plan::Statement;
use aludel_core::revision::{Revision, RevisionGraph, TransactionMode, checksum};
use tracing::Span;

use super::books::Entry;
use super::store::host;
use super::walk::{Ran, is_pending, moved};
use super::{Event, Migrator, Transactions};
use crate::db::Connection;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::migrations::MigrationFile;
use crate::run::journal::Journal;
use crate::run::{Body, Direction, Runner, Transaction, millis};

/// One revision, ready to be run.
pub(super) struct Task<'t> {
    pub(super) revision: &'t Revision,
    pub(super) file: &'t MigrationFile,
    pub(super) direction: Direction,
    /// The revision after it, for the status.
    pub(super) next: Option<&'t Revision>,
}

/// What was done of a revision in a transaction that is still open.
pub(super) struct Done {
    pub(super) ran: Ran,
    /// It has left the transaction on its way: some of it is committed.
    pub(super) has_left: bool,
}

/// Why a revision stopped, in a transaction that is still open.
pub(super) struct Stopped {
    error: Error,
    /// Nothing of it is on record.
    empty: bool,
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self {
            error,
            empty: false,
        }
    }
}

/// The span of everything that is done of a revision.
pub(super) fn span(revision: &Revision, direction: Direction) -> Span {
    tracing::info_span!(
        "migration",
        revision = revision.id(),
        direction = direction.as_str(),
        duration_ms = tracing::field::Empty,
    )
}

/// Says in its span how long it took.
pub(super) fn note_duration(span: &Span, ran: &Ran) {
    span.record("duration_ms", millis(ran.took));
}

/// Logs that a revision has failed.
pub(super) fn log_stopped(revision: &Revision, direction: Direction, error: &Error) {
    tracing::error!(%error, "stopped {}", direction.describe(revision));
}

impl Migrator {
    /// Whether no transaction is around a revision.
    pub(super) fn is_unbound(&self, revision: &Revision) -> bool {
        self.transactions == Transactions::None
            || revision.header.transaction == TransactionMode::None
    }

    /// Does a revision and its books in a transaction, unless somebody else has
    /// done it; the transaction is left to who has begun it.
    pub(super) async fn inside(
        &self,
        transaction: &mut Transaction<'_>,
        graph: &RevisionGraph,
        task: &Task<'_>,
    ) -> Result<Option<Done>, Stopped> {
        let Task {
            revision,
            direction,
            ..
        } = *task;
        let body = self.body(revision, direction, transaction.connection())?;
        let start = Instant::now();
        let mut watch = |statement: &Statement, elapsed| {
            self.tell(&Event::of_statement(revision, statement, elapsed));
        };
        let runner = Runner::new(Some(revision), false, self.scope.clone(), &mut watch);
        let Some(journal) = self.pending(transaction, graph, task).await? else {
            return Ok(None);
        };
        self.tell_start(task, journal.as_ref());
        let mut runner = runner.with_journal(journal);
        let loose = self.is_unbound(revision);
        let path = transaction.search_path().await?;
        let done = match loose {
            true => unbound(&mut runner, transaction, body).await,
            false => bound(&mut runner, transaction, body).await,
        };
        let restored = transaction.restore_search_path(path.as_deref()).await;
        // After a failure the transaction may hear nothing but its end.
        if let Err(error) = done.and(restored) {
            let empty = runner.journal().is_some_and(Journal::is_empty);
            let error = runner.tell(error);
            return Err(Stopped { error, empty });
        }
        if loose {
            let rows = self.store.rows(transaction.connection()).await?;
            if !is_pending(graph, &rows, direction, revision)? {
                return Err(moved(revision).into());
            }
        }
        #[cfg(feature = "sqlite")]
        if task.next.is_none() {
            self.tell_orphans(transaction);
        }
        let took = start.elapsed();
        self.keep_books(transaction, graph, task, took).await?;
        Ok(Some(Done {
            has_left: loose || runner.has_left(),
            ran: Ran {
                revision: revision.id().to_owned(),
                file_name: revision.file_name.clone(),
                direction,
                took,
            },
        }))
    }

    /// Tells of rows that refer to none, and did so before.
    #[cfg(feature = "sqlite")]
    fn tell_orphans(&self, transaction: &Transaction<'_>) {
        for ((table, parent), &rows) in transaction.orphans() {
            tracing::warn!(table, parent, rows, "rows refer to none");
            self.tell(&Event::Orphans {
                table,
                parent,
                rows,
            });
        }
    }

    pub(super) fn tell_finished(&self, revision: &Revision, ran: &Ran) {
        tracing::info!(
            duration_ms = millis(ran.took),
            "finished {}",
            ran.direction.describe(revision)
        );
        self.tell(&Event::Finished {
            revision,
            direction: ran.direction,
            took: ran.took,
        });
    }

    /// Commits what was done of revisions.
    pub(super) async fn commit(&self, transaction: Transaction<'_>, last: &Revision) -> Result<()> {
        let all_or_nothing = transaction.is_atomic() && !transaction.has_been_committed();
        let done = transaction.commit().await;
        done.map_err(|error| {
            let error = error.in_file(&last.file_name);
            // Who does not hear the answer does not know.
            match all_or_nothing && error.kind() != ErrorKind::Unreachable {
                true => error.with_note(&Outcome::RolledBack.to_string()),
                false => error,
            }
        })
    }

    /// Gives the lock back, and the error with what can be told then.
    pub(super) async fn failed(&self, mut transaction: Transaction<'_>, stopped: Stopped) -> Error {
        if stopped.empty && !transaction.is_atomic() {
            self.store.leave_nothing(transaction.connection()).await;
        }
        transaction.fail(stopped.error).await
    }

    /// Whether a revision is still to be run, and what an earlier run of it has
    /// left.
    async fn pending(
        &self,
        transaction: &mut Transaction<'_>,
        graph: &RevisionGraph,
        task: &Task<'_>,
    ) -> Result<Option<Option<Journal>>> {
        let recorded = transaction.is_recorded();
        let connection = transaction.connection();
        let rows = self.store.rows(connection).await?;
        if !is_pending(graph, &rows, task.direction, task.revision)? {
            return Ok(None);
        }
        if !recorded {
            return Ok(Some(None));
        }
        let (key, id) = (self.store.name(), task.revision.id());
        let journal = Journal::open(connection, key, id, task.direction).await?;
        Ok(Some(Some(journal)))
    }

    fn tell_start(&self, task: &Task<'_>, journal: Option<&Journal>) {
        let Task {
            revision,
            direction,
            ..
        } = *task;
        self.tell(&Event::Started {
            revision,
            direction,
        });
        tracing::info!(
            file = revision.file_name,
            "running {}",
            direction.describe(revision)
        );
        if let Some(journal) = journal.filter(|journal| journal.is_resumed()) {
            let applied = journal.done();
            self.tell(&Event::Resumed {
                revision,
                direction,
                applied,
            });
            tracing::info!(applied, "goes on where an earlier run has stopped");
        }
    }

    /// Writes down what was run, all or nothing.
    pub(super) async fn keep_books(
        &self,
        transaction: &mut Transaction<'_>,
        graph: &RevisionGraph,
        task: &Task<'_>,
        took: Duration,
    ) -> Result<()> {
        self.store.ensure(transaction.connection()).await?;
        transaction.bind().await?;
        let written = self.write_books(transaction.connection(), graph, task, took);
        match written.await {
            Ok(()) => transaction.commit_bound().await,
            Err(error) => {
                transaction.unbind().await;
                Err(error)
            }
        }
    }

    async fn write_books(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        task: &Task<'_>,
        took: Duration,
    ) -> Result<()> {
        let Task {
            revision,
            direction,
            ..
        } = *task;
        let rows = self.store.rows(connection).await?;
        let after = match direction {
            Direction::Up => graph.rows_after_upgrade(&rows, revision),
            Direction::Down => graph.rows_after_downgrade(&rows, revision),
        };
        self.store.set_rows(connection, &rows, &after).await?;
        let entry = Entry {
            revision: revision.id(),
            direction: direction.as_str(),
            duration_ms: millis(took),
            checksum: &checksum(task.file.text(), revision.format),
            host: &host(),
            pid: std::process::id(),
        };
        self.store.log(connection, &entry).await?;
        self.store.forget_steps(connection).await?;
        match task.next {
            Some(next) => {
                self.store
                    .begin_status(connection, next.id(), direction)
                    .await
            }
            None => self.store.end_status(connection).await,
        }
    }
}

async fn bound(
    runner: &mut Runner<'_>,
    transaction: &mut Transaction<'_>,
    body: Body,
) -> Result<()> {
    transaction.watch_integrity().await?;
    runner.body(transaction, body).await?;
    transaction.check().await
}

/// Runs a body without a transaction; one is begun again afterwards.
pub(super) async fn unbound(
    runner: &mut Runner<'_>,
    transaction: &mut Transaction<'_>,
    body: Body,
) -> Result<()> {
    runner.suspend(transaction).await?;
    runner.body_alone(transaction, body).await?;
    transaction.resume().await
}
