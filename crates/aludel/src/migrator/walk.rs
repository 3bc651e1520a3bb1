//! Running a path of revisions, one transaction each.

use std::time::{Duration, Instant};

use aludel_core::plan::Statement;
use aludel_core::revision::{Revision, RevisionGraph, TransactionMode, checksum};
use tracing::Instrument;

use super::books::Entry;
use super::status::Halfway;
use super::store::host;
use super::{Event, Migrator, refuse_transaction, refuse_unknown};
use crate::db::Connection;
use crate::error::{Error, ErrorKind, Failure, Outcome, Result};
use crate::migrations::MigrationFile;
use crate::run::journal::{Journal, half_done};
use crate::run::{Body, Direction, Runner, Settings, Transaction, body};

/// A revision that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Its id.
    pub revision: String,
    /// Its file.
    pub file_name: String,
    /// Which way.
    pub direction: Direction,
    /// How long it took.
    pub took: Duration,
}

/// One revision, ready to be run.
pub(super) struct Task<'t> {
    pub(super) revision: &'t Revision,
    pub(super) file: &'t MigrationFile,
    pub(super) direction: Direction,
    /// The revision after it, for the status.
    pub(super) next: Option<&'t Revision>,
}

impl Migrator {
    pub(super) async fn walk(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        direction: Direction,
        target: &str,
    ) -> Result<Vec<Ran>> {
        refuse_transaction(connection)?;
        let (rows, halfway) = self.store.place(connection).await?;
        let taken_back = halfway
            .as_ref()
            .filter(|halfway| halfway.direction() != direction);
        if halfway.is_none() && self.path(graph, &rows, direction, target)?.is_empty() {
            return Ok(Vec::new());
        }
        let settings = Settings::apply(connection, &self.limits()).await?;
        let ran = match taken_back {
            Some(halfway) => {
                let back = self.take_back(connection, graph, halfway).await;
                match back {
                    Ok(back) => {
                        self.walk_rest(connection, graph, direction, target, back)
                            .await
                    }
                    Err(error) => Err(error),
                }
            }
            None => {
                self.walk_rows(connection, graph, direction, target, halfway)
                    .await
            }
        };
        let restored = match connection.is_shared() {
            true => settings.restore(connection).await,
            false => Ok(()),
        };
        let ran = ran?;
        restored.map(|()| ran)
    }

    /// Runs what is left of the way after a revision was taken back.
    async fn walk_rest(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        direction: Direction,
        target: &str,
        back: Ran,
    ) -> Result<Vec<Ran>> {
        let mut ran = vec![back];
        if let Some(rest) = rest_of_target(direction, target) {
            let rest = self.walk_rows(connection, graph, direction, &rest, None);
            ran.extend(rest.await?);
        }
        Ok(ran)
    }

    /// Runs what lies between the version rows and the target; what is half
    /// done must be the first of it.
    async fn walk_rows(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        direction: Direction,
        target: &str,
        halfway: Option<Halfway>,
    ) -> Result<Vec<Ran>> {
        let mut halfway = halfway;
        let path = loop {
            let rows = self.store.rows(connection).await?;
            let path = self.path(graph, &rows, direction, target)?;
            let Some(open) = &halfway else {
                break path;
            };
            if path.first().map(|first| first.id()) == Some(open.revision.as_str()) {
                break path;
            }
            // Another process may have gone on since this was read.
            let (rows_now, now) = self.store.place(connection).await?;
            let same = now.as_ref().map(|now| &now.revision) == Some(&open.revision);
            if same && rows_now == rows {
                return Err(half_done(&open.revision, &open.direction));
            }
            halfway = now;
        };
        if path.is_empty() {
            return Ok(Vec::new());
        }
        // A file that cannot run stops the run before anything is done.
        for revision in &path {
            self.body(revision, direction, connection)?;
        }
        let resumed = halfway.map(|halfway| halfway.revision);
        self.announce(connection, graph, direction, &path, resumed)
            .await?;
        self.walk_path(connection, graph, direction, &path).await
    }

    pub(super) fn file(&self, revision: &Revision) -> Result<&MigrationFile> {
        self.migrations.file(revision).ok_or_else(|| {
            Error::new(
                ErrorKind::File,
                format!("there is no file `{}`", revision.file_name),
            )
        })
    }

    pub(super) fn body(
        &self,
        revision: &Revision,
        direction: Direction,
        connection: &Connection<'_>,
    ) -> Result<Body> {
        body(
            revision,
            self.file(revision)?,
            direction,
            connection.dialect(),
        )
    }

    /// Says what is about to run, in a transaction of its own so that others
    /// can see it. The first migration makes aludel's tables, and nothing can
    /// be said before it: a failure of it leaves no table behind.
    async fn announce(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        direction: Direction,
        path: &[&Revision],
        resumed: Option<String>,
    ) -> Result<()> {
        let Some(first) = path.first() else {
            return Ok(());
        };
        let mut transaction = Transaction::begin(connection, &self.limits()).await?;
        let done = async {
            let connection = transaction.connection();
            let rows = self.store.rows(connection).await?;
            if direction == Direction::Up {
                // Under the lock: nobody else is making these tables just now.
                let left = path.iter().copied();
                let left = left
                    .filter(|r| !graph.holds(&rows, r.id()) && resumed.as_deref() != Some(r.id()));
                self.refuse_tables(connection, left).await?;
            }
            if self.store.has_status(connection).await?
                && is_pending(graph, &rows, direction, first)?
            {
                self.store
                    .begin_status(connection, first.id(), direction)
                    .await?;
            }
            Ok(())
        };
        let done: Result<()> = done.await;
        close(transaction, done).await
    }

    async fn walk_path(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        direction: Direction,
        path: &[&Revision],
    ) -> Result<Vec<Ran>> {
        let mut ran = Vec::new();
        let mut cleared = false;
        for (at, revision) in path.iter().enumerate() {
            let task = Task {
                revision,
                file: self.file(revision)?,
                direction,
                next: path.get(at + 1).copied(),
            };
            let span = tracing::info_span!("migration", revision = revision.id());
            match self.tried(connection, graph, &task).instrument(span).await {
                Ok(Some(done)) => {
                    cleared = task.next.is_none();
                    ran.push(done);
                }
                Ok(None) => cleared = false,
                Err(error) => {
                    self.clear_status(connection).await;
                    let error = self.explained(connection, revision, direction, error);
                    return Err(error.await);
                }
            }
        }
        if !cleared {
            self.clear_status(connection).await;
        }
        Ok(ran)
    }

    /// Runs one revision, again where it could not get the lock of a table and
    /// nothing of it is left.
    async fn tried(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        task: &Task<'_>,
    ) -> Result<Option<Ran>> {
        let mut wait = Duration::from_secs(1);
        for _ in 1..self.table_lock_attempts {
            match self.step(connection, graph, task).await {
                Err(error) if can_be_tried_again(connection, &error) => {
                    let (revision, reason) = (task.revision, &error);
                    tracing::warn!(%reason, "the lock of a table is not to be had");
                    self.tell(&Event::Retrying {
                        revision,
                        reason,
                        wait,
                    });
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                other => return other,
            }
        }
        self.step(connection, graph, task).await
    }

    /// Runs one revision, unless somebody else has done it.
    async fn step(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        task: &Task<'_>,
    ) -> Result<Option<Ran>> {
        let Task {
            revision,
            direction,
            ..
        } = *task;
        let body = self.body(revision, direction, connection)?;
        let start = Instant::now();
        let mut watch = |statement: &Statement| {
            self.tell(&Event::Statement {
                revision,
                statement,
            });
        };
        let runner = Runner::new(Some(revision), false, self.scope.clone(), &mut watch);
        let mut transaction = Transaction::begin_migration(connection, &self.limits()).await?;
        let journal = match self.pending(&mut transaction, graph, task).await {
            Ok(Some(journal)) => journal,
            other => {
                transaction.rollback().await;
                return other.map(|_| None);
            }
        };
        self.tell_start(task, journal.as_ref());
        let mut runner = runner.with_journal(journal);
        if revision.header.transaction == TransactionMode::None {
            let done = unbound(&mut runner, &mut transaction, body).await;
            if let Err(error) = done {
                let empty = runner.journal().is_some_and(Journal::is_empty);
                let error = self.failed(transaction, error, empty).await;
                return Err(runner.tell(error));
            }
            let rows = self.store.rows(transaction.connection()).await?;
            if !is_pending(graph, &rows, direction, revision)? {
                transaction.rollback().await;
                return Err(moved(revision));
            }
        } else {
            let done = bound(&mut runner, &mut transaction, body).await;
            if let Err(error) = done {
                let empty = runner.journal().is_some_and(Journal::is_empty);
                let error = self.failed(transaction, error, empty).await;
                return Err(runner.tell(error));
            }
        }
        let took = start.elapsed();
        let done = self.keep_books(&mut transaction, graph, task, took).await;
        close(transaction, done).await?;
        self.tell(&Event::Finished {
            revision,
            direction,
            took,
        });
        Ok(Some(Ran {
            revision: revision.id().to_owned(),
            file_name: revision.file_name.clone(),
            direction,
            took,
        }))
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
        tracing::info!(file = revision.file_name, "{}", direction.as_str());
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

    /// Gives the lock back, and the error with what can be told then; `empty`
    /// where nothing is on record.
    async fn failed(&self, mut transaction: Transaction<'_>, error: Error, empty: bool) -> Error {
        if empty && !transaction.is_atomic() {
            self.store.leave_nothing(transaction.connection()).await;
        }
        transaction.fail(error).await
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
            duration_ms: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
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

    /// Takes the status back after a failure, or when somebody else did the
    /// work. It is information only, so nothing is said if that fails.
    async fn clear_status(&self, connection: &mut Connection<'_>) {
        let done = async {
            if self.store.status(connection).await?.is_none() {
                return Ok(());
            }
            let mut transaction = Transaction::begin(connection, &self.limits()).await?;
            let done = self.store.end_status(transaction.connection()).await;
            close(transaction, done).await
        };
        let done: Result<()> = done.await;
        if let Err(error) = done {
            tracing::warn!(%error, "the status row could not be cleared");
        }
    }

    /// Makes aludel's tables, where they are not there; says whether it did.
    pub(super) async fn ensured(&self, connection: &mut Connection<'_>) -> Result<bool> {
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

    pub(super) async fn stamped(
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
            Ok(after)
        };
        let done: Result<Vec<String>> = done.await;
        let done = match done {
            Ok(rows) => close(transaction, Ok(())).await.map(|()| rows),
            Err(error) => close(transaction, Err(error)).await.map(|()| Vec::new()),
        };
        if connection.is_shared() {
            settings.restore(connection).await?;
        }
        done
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

/// Commits, or rolls back and gives the error.
pub(super) async fn close(transaction: Transaction<'_>, done: Result<()>) -> Result<()> {
    match done {
        Ok(()) => transaction.commit().await,
        Err(error) => {
            transaction.rollback().await;
            Err(error)
        }
    }
}

/// What of a target is left when a revision was taken back: that was a step.
fn rest_of_target(direction: Direction, target: &str) -> Option<String> {
    let (branch, steps) = match target.split_once('@') {
        Some((branch, steps)) => (format!("{branch}@"), steps),
        None => (String::new(), target),
    };
    let steps = steps.strip_prefix('-').and_then(|n| n.parse::<u64>().ok());
    match (direction, steps) {
        (Direction::Down, Some(0 | 1)) => None,
        (Direction::Down, Some(steps)) => Some(format!("{branch}-{}", steps - 1)),
        _ => Some(target.to_owned()),
    }
}

pub(super) fn moved(revision: &Revision) -> Error {
    Error::new(
        ErrorKind::Changed,
        format!(
            "somebody else has moved the database while `{}` was waiting or running",
            revision.file_name
        ),
    )
    .with_hint("look at `current`, and try again")
}

/// Whether a revision is still to be run on a database with these rows.
fn is_pending(
    graph: &RevisionGraph,
    rows: &[String],
    direction: Direction,
    revision: &Revision,
) -> Result<bool> {
    refuse_unknown(graph, rows)?;
    let applied = graph.holds(rows, revision.id());
    match direction {
        Direction::Up if applied => Ok(false),
        Direction::Up => {
            let needed = graph.requirements(revision.id());
            match needed.iter().all(|id| graph.holds(rows, id)) {
                true => Ok(true),
                false => Err(moved(revision)),
            }
        }
        Direction::Down if !applied => Ok(false),
        Direction::Down => {
            let above = graph.dependents(revision.id());
            match above.iter().any(|id| graph.holds(rows, id)) {
                true => Err(moved(revision)),
                false => Ok(true),
            }
        }
    }
}

/// Whether a failure was the lock of a table, on a server, and left nothing.
fn can_be_tried_again(connection: &Connection<'_>, error: &Error) -> bool {
    let nothing_left = |failure: &Failure| failure.outcome == Outcome::RolledBack;
    error.kind() == ErrorKind::Locked
        && connection.dialect().name() != "sqlite"
        && error.failure().is_some_and(nothing_left)
}
