//! Running a path of revisions, one transaction each where nothing else is said.

use std::time::Duration;

use aludel_core::revision::{Revision, RevisionGraph};
use tracing::Instrument;

use super::status::Halfway;
use super::step::{Task, log_stopped, note_duration, span};
use super::{Event, Migrator, Transactions, refuse_transaction, refuse_unknown};
use crate::db::Connection;
use crate::error::{Error, ErrorKind, Failure, Outcome, Result};
use crate::migrations::MigrationFile;
use crate::run::journal::half_done;
use crate::run::{Body, Direction, Settings, Transaction, Waiting, body};

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

impl Migrator {
    pub(super) async fn walk(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        direction: Direction,
        target: &str,
    ) -> Result<Vec<Ran>> {
        refuse_transaction(connection)?;
        self.transactions.refuse_on(connection.dialect())?;
        let (rows, halfway) = self.place_waiting(connection).await?;
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

    /// The version rows, and what is half done; waits while nobody may read them.
    async fn place_waiting(
        &self,
        connection: &mut Connection<'_>,
    ) -> Result<(Vec<String>, Option<Halfway>)> {
        let limits = self.limits();
        let mut waiting = Waiting::begin(&limits);
        loop {
            match self.store.place(connection).await {
                Err(error) if waiting.lasts(&error).await => {}
                place => return place,
            }
        }
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
            let (rows, _) = self.place_waiting(connection).await?;
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
        match self.transactions {
            Transactions::All => {
                self.walk_together(connection, graph, direction, &path)
                    .await
            }
            _ => self.walk_path(connection, graph, direction, &path).await,
        }
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
            if at > 0 && self.stop.as_ref().is_some_and(|stop| stop()) {
                cleared = false;
                break;
            }
            let task = Task {
                revision,
                file: self.file(revision)?,
                direction,
                next: path.get(at + 1).copied(),
            };
            let span = span(revision, direction);
            let tried = self.tried(connection, graph, &task);
            match tried.instrument(span.clone()).await {
                Ok(Some(done)) => {
                    note_duration(&span, &done);
                    cleared = task.next.is_none();
                    ran.push(done);
                }
                Ok(None) => cleared = false,
                Err(error) => {
                    self.clear_status(connection).await;
                    let error = self.explained(connection, revision, direction, error);
                    let error = error.await;
                    log_stopped(revision, direction, &error);
                    return Err(error);
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
        for tries in 1..self.table_lock_attempts {
            match self.step(connection, graph, task).await {
                Err(error) if can_be_tried_again(connection, &error) => {
                    self.wait_for_lock(task.revision, &error, tries).await;
                }
                other => return other,
            }
        }
        self.step(connection, graph, task).await
    }

    /// Waits before a revision is tried again that could not get the lock of a
    /// table: a second after the first try, and twice as long after each other.
    pub(super) async fn wait_for_lock(&self, revision: &Revision, reason: &Error, tries: u32) {
        let wait = Duration::from_secs(1) * 2u32.saturating_pow(tries.saturating_sub(1));
        tracing::warn!(%reason, "the lock of a table is not to be had");
        self.tell(&Event::Retrying {
            revision,
            reason,
            wait,
        });
        tokio::time::sleep(wait).await;
    }

    /// Runs one revision in a transaction of its own, unless somebody else has
    /// done it.
    async fn step(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        task: &Task<'_>,
    ) -> Result<Option<Ran>> {
        let mut transaction = Transaction::begin_migration(connection, &self.limits()).await?;
        match self.inside(&mut transaction, graph, task).await {
            Ok(Some(done)) => {
                self.commit(transaction, task.revision).await?;
                self.tell_finished(task.revision, &done.ran);
                Ok(Some(done.ran))
            }
            Ok(None) => {
                transaction.rollback().await;
                Ok(None)
            }
            Err(stopped) => Err(self.failed(transaction, stopped).await),
        }
    }

    /// Takes the status back after a failure, or when somebody else did the
    /// work. It is information only, so nothing is said if that fails.
    pub(super) async fn clear_status(&self, connection: &mut Connection<'_>) {
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
pub(super) fn is_pending(
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
pub(super) fn can_be_tried_again(connection: &Connection<'_>, error: &Error) -> bool {
    let nothing_left = |failure: &Failure| failure.outcome == Outcome::RolledBack;
    error.kind() == ErrorKind::Locked
        && connection.dialect().name() != "sqlite"
        && error.failure().is_some_and(nothing_left)
}
