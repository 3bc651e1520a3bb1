//! What a run would do: the same run on a scratch database, without rows.

use std::collections::BTreeSet;
use std::time::Duration;

use aludel_core::dialect::{Dialect, Known, Snapshot, judge_script, named};
use aludel_core::hazard::{HazardKind, in_order};
use aludel_core::plan::Statement;
use aludel_core::revision::{Format, Revision, RevisionGraph};
use aludel_core::row_check::row_checks;

use super::step::unbound;
use super::{Database, Event, Migrator, finish, refuse_transaction};
use crate::db::{
    Connection, Mode, RowCount, ScratchSource, count_rows, read_catalog, scratch_copy,
};
use crate::error::{Error, ErrorKind, Result};
use crate::run::journal::half_done;
use crate::run::{Direction, Replay, Runner, Settings, Trace, Transaction, body};

/// A revision that would be run, with its statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRevision {
    /// Its header.
    pub revision: Revision,
    /// Its statements, in order. Rust over the connection shows as a comment.
    pub statements: Vec<Statement>,
    /// Which rows of the database object to it, where they were counted
    /// ([`Migrator::count_rows`]). Each is about a hazard of a statement.
    pub rows: Vec<RowCount>,
}

impl Migrator {
    /// What [`Self::upgrade`] or [`Self::downgrade`] would run. The database is
    /// only read; what depends on its rows is not seen. It is rehearsed on a
    /// copy; where none can be had, an observer is told, and the statements
    /// are those that it is written to run.
    ///
    /// # Errors
    /// As the run itself, except where it is the rows that make it fail.
    pub async fn plan<'d>(
        &self,
        database: impl Into<Database<'d>>,
        direction: Direction,
        target: &str,
    ) -> Result<Vec<PlannedRevision>> {
        let graph = self.migrations.graph()?;
        let mut database = database.into();
        let (rows, snapshot, from) = if direction == Direction::Up && database.is_absent() {
            let from = (ScratchSource::memory(), None);
            (Vec::new(), Snapshot::default(), from)
        } else {
            let mut connection = self.open(&mut database, Mode::ReadOnly).await?;
            let read = self.read(&mut connection).await;
            let source = match &self.scratch {
                Some(url) => ScratchSource::kept(url, &mut connection).await,
                None => Ok(ScratchSource::beside(&connection)),
            };
            let dialect = connection.dialect();
            let read =
                read.and_then(|(rows, snapshot)| Ok((rows, snapshot, (source?, Some(dialect)))));
            finish(connection, read).await?
        };
        let path = self.path(&graph, &rows, direction, target)?;
        if path.is_empty() {
            return Ok(Vec::new());
        }
        if direction == Direction::Up
            && let Some(baseline) = path.iter().find(|r| r.header.baseline)
        {
            self.refuse_found(&snapshot, baseline)?;
        }
        let (source, dialect) = from;
        let mut copy = match (scratch_copy(&snapshot, &source).await, dialect) {
            (Err(error), Some(dialect)) if error.kind() == ErrorKind::NoScratch => {
                let replay = Replay::new(dialect, snapshot.clone());
                let (planned, trace) = self.replay(replay, dialect, direction, &path, error)?;
                return Ok(self
                    .counted(&mut database, &snapshot, planned, &trace)
                    .await);
            }
            (copy, _) => copy?,
        };
        let planned = match copy.connection() {
            Ok(connection) => self.rehearse(connection, direction, &path).await,
            Err(error) => Err(error),
        };
        let closed = copy.close().await;
        let (planned, trace) = planned?;
        closed?;
        Ok(self
            .counted(&mut database, &snapshot, planned, &trace)
            .await)
    }

    /// The plan with what rows of the database say of it. That they cannot be
    /// counted is no error.
    async fn counted(
        &self,
        database: &mut Database<'_>,
        before: &Snapshot,
        mut planned: Vec<PlannedRevision>,
        trace: &Trace,
    ) -> Vec<PlannedRevision> {
        for (revision, statement, hazard) in &trace.hazards {
            let revision = planned.get_mut(*revision);
            let statement = revision.and_then(|r| r.statements.get_mut(*statement));
            if let Some(statement) = statement
                && !statement.hazards.contains(hazard)
            {
                statement.hazards.push(hazard.clone());
            }
        }
        for revision in &mut planned {
            judge_written(revision, before);
        }
        let Some(limits) = self.row_limits.filter(|_| !database.is_absent()) else {
            return planned;
        };
        let Ok(mut connection) = self.open(database, Mode::ReadOnly).await else {
            return planned;
        };
        let dialect = connection.dialect();
        let checks = row_checks(dialect, before, &trace.operations, &trace.written);
        for count in count_rows(&mut connection, checks, &limits).await {
            let revision = trace.revision_of(count.check.operation);
            if let Some(planned) = planned.get_mut(revision) {
                planned.rows.push(count);
            }
        }
        if let Err(error) = connection.close().await {
            tracing::debug!(%error, "the connection that counted rows");
        }
        planned
    }

    /// What is written, where nothing can be tried.
    fn replay(
        &self,
        mut replay: Replay,
        dialect: &dyn Dialect,
        direction: Direction,
        path: &[&Revision],
        reason: Error,
    ) -> Result<(Vec<PlannedRevision>, Trace)> {
        let mut planned = Vec::new();
        for revision in path {
            let body = body(revision, self.file(revision)?, direction, dialect)?;
            let statements = replay
                .body(body)
                .map_err(|error| error.in_file(&revision.file_name))?;
            let Some(statements) = statements else {
                return Err(reason);
            };
            planned.push(PlannedRevision {
                revision: (*revision).clone(),
                statements,
                rows: Vec::new(),
            });
        }
        self.tell(&Event::Unrehearsed { reason: &reason });
        Ok((planned, replay.trace))
    }

    async fn read(&self, connection: &mut Connection<'_>) -> Result<(Vec<String>, Snapshot)> {
        refuse_transaction(connection)?;
        let (rows, halfway) = self.store.place(connection).await?;
        if let Some(halfway) = halfway {
            // A copy of what lies between two revisions leads nowhere.
            return Err(half_done(&halfway.revision, &halfway.direction));
        }
        Ok((rows, read_catalog(connection, &self.scope).await?))
    }

    pub(super) async fn rehearse(
        &self,
        copy: &mut Connection<'_>,
        direction: Direction,
        path: &[&Revision],
    ) -> Result<(Vec<PlannedRevision>, Trace)> {
        let limits = self.limits();
        Settings::apply(copy, &limits).await?;
        let mut planned = Vec::new();
        let mut trace = Trace::default();
        for revision in path {
            let body = self.body(revision, direction, copy)?;
            trace.begin();
            let mut statements = Vec::new();
            let mut watch = |statement: &Statement, elapsed: Option<Duration>| {
                if elapsed.is_none() {
                    statements.push(statement.clone());
                }
            };
            let mut runner = Runner::new(Some(revision), true, self.scope.clone(), &mut watch);
            // Looking at the copy behind every statement takes a while.
            runner.trace = self.row_limits.map(|_| trace);
            let mut transaction = Transaction::begin(copy, &limits).await?;
            let path = transaction.search_path().await?;
            let done = if self.is_unbound(revision) {
                unbound(&mut runner, &mut transaction, body).await
            } else {
                runner.body(&mut transaction, body).await
            };
            let done = match done {
                Ok(()) => transaction.restore_search_path(path.as_deref()).await,
                Err(error) => Err(error),
            };
            let done = match done {
                Ok(()) => transaction.commit().await,
                Err(error) => Err(transaction.fail(error).await),
            };
            done.map_err(|error| runner.tell(error))?;
            trace = runner.trace.take().unwrap_or_default();
            planned.push(PlannedRevision {
                revision: (*revision).clone(),
                statements,
                rows: Vec::new(),
            });
        }
        Ok((planned, trace))
    }

    /// The history of the migrations.
    ///
    /// # Errors
    /// A header that cannot be read, or a history that makes no sense.
    pub fn graph(&self) -> Result<RevisionGraph> {
        self.migrations.graph()
    }
}

/// Adds what the statements of a SQL file do on its database, where that is
/// not told already.
fn judge_written(planned: &mut PlannedRevision, before: &Snapshot) {
    let header = &planned.revision.header;
    let dialect = header.dialect.as_deref().and_then(named);
    let Some(dialect) = dialect.filter(|_| planned.revision.format == Format::Sql) else {
        return;
    };
    let texts: Vec<&str> = planned.statements.iter().map(|s| s.sql.as_str()).collect();
    let (mut known, none) = (Known::of(dialect, before), BTreeSet::new());
    let judged = judge_script(dialect, &texts, &mut known, &before.server, &none);
    for (statement, hazards) in planned.statements.iter_mut().zip(judged) {
        let told: Vec<HazardKind> = statement.hazards.iter().map(|h| h.kind).collect();
        let new = hazards.into_iter().filter(|h| !told.contains(&h.kind));
        statement.hazards.extend(new);
        in_order(&mut statement.hazards);
    }
}
