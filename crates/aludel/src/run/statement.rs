//! One statement, and the error when it fails.

use std::pin::pin;
use std::time::{Duration, Instant};

use aludel_core::dialect::Scope;
use aludel_core::plan::Statement;
use aludel_core::revision::Revision;
use tracing::{Instrument, Span};

use super::concurrently::Build;
use super::journal::{Journal, changes_rows};
use super::trace::Trace;
use super::{Transaction, Waiting, millis};
use crate::db::{Connection, hint_for, kind, text_in};
use crate::error::{Error, ErrorKind, Failure, Outcome, Result};

/// What is told of a statement: that it is about to run, and then, from time to
/// time, for how long it has been running.
pub(crate) type Watch<'w> = dyn FnMut(&Statement, Option<Duration>) + Send + 'w;

/// How long a statement runs before that is told, and until it is told again.
const LONG: Duration = Duration::from_secs(10);

/// Runs what one migration does, and remembers what stays if it fails.
pub(crate) struct Runner<'r> {
    revision: Option<&'r Revision>,
    /// Nothing that needs rows is run: Rust over the connection.
    pub(super) dry: bool,
    /// Which schemas are looked at.
    pub(super) scope: Scope,
    /// What is done, as operations, where somebody wants to know.
    pub(crate) trace: Option<Trace>,
    /// What is put down so that another run can go on.
    pub(super) journal: Option<Journal>,
    /// How many statements it has come by.
    pub(super) step: usize,
    /// The migration has begun a transaction by itself.
    in_own: bool,
    /// The statements that were run outside of a transaction.
    kept: Vec<String>,
    /// The statements that the open transaction holds.
    held: Vec<String>,
    watch: &'r mut Watch<'r>,
}

/// Runs a statement so that what it makes is what any client would have made.
async fn as_others_would(connection: &mut Connection<'_>, sql: &str) -> Result<(), sqlx::Error> {
    let Some(around) = connection.dialect().around(sql) else {
        return connection.run(sql).await;
    };
    connection.run(around.from).await?;
    let ran = connection.run(sql).await;
    ran.and(connection.run(around.to).await)
}

/// Does something, and tells each so often for how long it has been done.
async fn ticking<T>(
    done: impl Future<Output = T>,
    every: Duration,
    mut tell: impl FnMut(Duration),
) -> T {
    let start = Instant::now();
    let mut done = pin!(done);
    loop {
        tokio::select! {
            biased;
            done = &mut done => return done,
            () = tokio::time::sleep(every) => tell(start.elapsed()),
        }
    }
}

/// Does something in its span, which then says how long it took.
pub(super) async fn timed(done: impl Future<Output = Result<()>>, span: &Span) -> Result<()> {
    let start = Instant::now();
    let done = done.instrument(span.clone()).await;
    let took = millis(start.elapsed());
    span.record("duration_ms", took);
    let said = if done.is_ok() { "done" } else { "failed" };
    tracing::debug!(parent: span, duration_ms = took, "statement {said}");
    done
}

impl<'r> Runner<'r> {
    pub(crate) fn new(
        revision: Option<&'r Revision>,
        dry: bool,
        scope: Scope,
        watch: &'r mut Watch<'r>,
    ) -> Self {
        Self {
            revision,
            dry,
            scope,
            trace: None,
            journal: None,
            step: 0,
            in_own: false,
            kept: Vec::new(),
            held: Vec::new(),
            watch,
        }
    }

    /// Puts down what is run, and goes on where an earlier run has stopped.
    pub(crate) fn with_journal(mut self, journal: Option<Journal>) -> Self {
        self.journal = journal;
        self
    }

    /// What was put down.
    pub(crate) fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    /// Whether something was run outside of the transaction.
    pub(crate) fn has_left(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Commits what was run so far, for what may not run in a transaction.
    pub(crate) async fn suspend(&mut self, transaction: &mut Transaction<'_>) -> Result<()> {
        transaction.check().await?;
        if let Some(journal) = &mut self.journal {
            journal.write(transaction.connection()).await?;
        }
        transaction.suspend().await?;
        self.kept.append(&mut self.held);
        Ok(())
    }

    pub(super) fn announce(&mut self, statement: &Statement) {
        tracing::debug!(why = %statement.why, sql = %statement.sql, "statement");
        if let Some(trace) = &mut self.trace {
            trace.announce();
        }
        (self.watch)(statement, None);
    }

    pub(super) async fn statement(
        &mut self,
        transaction: &mut Transaction<'_>,
        statement: &Statement,
    ) -> Result<()> {
        self.step += 1;
        if let Some(begins) = begins_or_ends(&statement.sql) {
            self.in_own = begins;
        }
        if self.was_done(transaction, &statement.sql).await? {
            return Ok(());
        }
        if statement.alone && transaction.is_open() {
            self.suspend(transaction).await?;
            self.one(transaction, statement).await?;
            transaction.resume().await?;
            return transaction.watch_integrity().await;
        }
        self.one(transaction, statement).await
    }

    /// Runs a statement that is nobody's operation.
    pub(crate) async fn loose(
        &mut self,
        transaction: &mut Transaction<'_>,
        sql: String,
    ) -> Result<()> {
        let statement = Statement::new(sql, "take back what was half done");
        self.statement(transaction, &statement).await
    }

    async fn one(
        &mut self,
        transaction: &mut Transaction<'_>,
        statement: &Statement,
    ) -> Result<()> {
        let span = self.span(&statement.why);
        let ran = self.watched(transaction, statement);
        timed(ran, &span).await
    }

    /// The span of a statement.
    pub(super) fn span(&self, why: &str) -> Span {
        tracing::debug_span!(
            "statement",
            step = self.step,
            why,
            duration_ms = tracing::field::Empty,
        )
    }

    async fn watched(
        &mut self,
        transaction: &mut Transaction<'_>,
        statement: &Statement,
    ) -> Result<()> {
        let mut told = statement.clone();
        told.alone |= !transaction.is_open();
        self.announce(&told);
        let build = match transaction.is_open() {
            true => None,
            false => Build::prepare(transaction.connection(), &statement.sql).await?,
        };
        self.begin(transaction, &statement.sql).await?;
        let give_back = transaction.limit().await?;
        let limits = transaction.limits().clone();
        let mut waiting = Waiting::begin(&limits);
        let ran = loop {
            let ran = as_others_would(transaction.connection(), &statement.sql);
            let ran = ticking(ran, LONG, |elapsed| {
                tracing::info!(elapsed_ms = millis(elapsed), why = %told.why, "still running");
                (self.watch)(&told, Some(elapsed));
            });
            match ran.await {
                Err(error) if transaction.lasts(&error, &mut waiting).await => {}
                ran => break ran,
            }
        };
        if let Some(sql) = give_back
            && let Err(error) = transaction.connection().run(&sql).await
        {
            tracing::debug!(%error, "the settings of the session cannot be given back");
        }
        let mut ran = ran.map_err(|error| self.failed(statement, &error));
        if let Some(build) = build
            && let Err(error) = ran
        {
            ran = Err(build.clean_up(transaction.connection(), error).await);
        }
        self.end(transaction, &statement.sql, ran).await
    }

    /// Whether an earlier run has done it.
    pub(super) async fn was_done(
        &mut self,
        transaction: &mut Transaction<'_>,
        sql: &str,
    ) -> Result<bool> {
        let Some(journal) = &mut self.journal else {
            return Ok(false);
        };
        let done = journal.was_done(transaction.connection(), sql).await?;
        if done {
            self.kept.push(sql.to_owned());
        }
        Ok(done)
    }

    /// Puts down that a statement is about to run, where it could not be taken
    /// back.
    pub(super) async fn begin(
        &mut self,
        transaction: &mut Transaction<'_>,
        sql: &str,
    ) -> Result<()> {
        if transaction.is_atomic() {
            return Ok(());
        }
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        let mysql = transaction.connection().dialect().name() == "mysql";
        // What is tried is in a transaction already, and so is what begins one.
        let inside = self.in_own || transaction.connection().is_trial();
        let bound = transaction.is_open() || (!inside && changes_rows(sql, mysql));
        journal.begin(transaction.connection(), sql, bound).await?;
        match bound {
            true => transaction.bind().await,
            false => Ok(()),
        }
    }

    /// Puts down how it ended.
    pub(super) async fn end(
        &mut self,
        transaction: &mut Transaction<'_>,
        sql: &str,
        ran: Result<()>,
    ) -> Result<()> {
        let atomic = transaction.is_atomic();
        if let Some(journal) = &mut self.journal {
            if atomic {
                if ran.is_ok() {
                    journal.hold(sql);
                }
            } else if let Err(error) = ran {
                transaction.unbind().await;
                journal.refused(transaction.connection()).await;
                return Err(error);
            } else {
                let put = journal.end(transaction.connection()).await;
                let put = match put {
                    Ok(()) => transaction.commit_bound().await,
                    Err(error) => Err(error),
                };
                if put.is_err() {
                    transaction.unbind().await;
                    return put;
                }
            }
        }
        ran?;
        self.held.push(sql.to_owned());
        if !atomic {
            self.kept.append(&mut self.held);
        }
        Ok(())
    }

    fn failed(&self, statement: &Statement, error: &sqlx::Error) -> Error {
        let database = text_in(error, &statement.sql);
        // What is nothing that the statement does wrong.
        let kind = match kind(error) {
            kind @ (ErrorKind::Locked
            | ErrorKind::TimedOut
            | ErrorKind::Unreachable
            | ErrorKind::ReadOnly
            | ErrorKind::Denied) => kind,
            _ => ErrorKind::Statement,
        };
        let file = self.revision.map(|revision| revision.file_name.clone());
        let place = match &file {
            Some(file) => format!("`{file}`: "),
            None => String::new(),
        };
        Error::new(kind, format!("{place}cannot {}: {database}", statement.why))
            .with_optional_hint(hint_for(error, &statement.sql))
            .with_failure(Failure {
                revision: self.revision.map(|revision| revision.id().to_owned()),
                file,
                why: statement.why.clone(),
                sql: statement.sql.clone(),
                database,
                outcome: Outcome::RolledBack,
            })
    }

    /// The error with what stays of the migration.
    pub(crate) fn tell(&self, mut error: Error) -> Error {
        if let Some(revision) = self.revision {
            error = error.in_file(&revision.file_name);
        }
        // Where nothing can be rolled back, a broken connection says nothing.
        let unsettled = self.journal.as_ref().is_some_and(Journal::is_unsettled);
        // Where it has found out, it has said so.
        let known = error.kind() == ErrorKind::Changed;
        if unsettled && !known {
            error = error.with_note("the next run finds out whether the statement was run");
        }
        if self.kept.is_empty() && (!unsettled || known) {
            return error;
        }
        let kept = self.kept.clone();
        let outcome = match self.journal {
            Some(_) => Outcome::Recorded(kept),
            None => Outcome::Kept(kept),
        };
        match error.failure_mut() {
            Some(failure) => failure.outcome = outcome,
            None => error = error.with_note(&outcome.to_string()),
        }
        error
    }
}

/// Whether a statement begins a transaction, or ends one; `None` for others.
fn begins_or_ends(sql: &str) -> Option<bool> {
    let mut words = words(sql);
    let first = words.next().unwrap_or_default();
    let is_transaction = |next: Option<String>| next.as_deref() == Some("transaction");
    match first.as_str() {
        // A compound statement of MariaDB, which is none of a transaction.
        "begin" => (words.next().as_deref() != Some("not")).then_some(true),
        "start" => is_transaction(words.next()).then_some(true),
        "prepare" => is_transaction(words.next()).then_some(false),
        "commit" | "end" | "abort" => Some(false),
        // ROLLBACK TO a savepoint of the migration's own is its own business.
        "rollback" => (!words.take(2).any(|word| word == "to")).then_some(false),
        _ => None,
    }
}

/// Refuses statements that would end the transaction around a migration.
pub(super) fn forbid_transaction_control(sql: &str) -> Result<()> {
    if begins_or_ends(sql).is_none() {
        return Ok(());
    }
    let first = words(sql).next().unwrap_or_default();
    Err(Error::new(
        ErrorKind::Migration,
        format!(
            "`{}` in a migration that runs in a transaction",
            first.to_uppercase()
        ),
    )
    .with_hint(
        "leave it out: aludel begins and commits; or say `Transaction: none` in the header of the \
         file",
    ))
}

/// The words of a statement in lower case, without the comments before them.
fn words(sql: &str) -> impl Iterator<Item = String> + '_ {
    let mut rest = sql;
    loop {
        rest = rest.trim_start();
        let after = if let Some(tail) = rest.strip_prefix("--") {
            tail.split_once('\n').map(|(_, after)| after)
        } else if let Some(tail) = rest.strip_prefix("/*") {
            tail.split_once("*/").map(|(_, after)| after)
        } else {
            break;
        };
        rest = after.unwrap_or_default();
    }
    rest.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_takes_long_is_told_again_and_again() {
        let short = Duration::from_millis(5);
        let mut told = Vec::new();
        let slow = tokio::time::sleep(short * 20);
        ticking(slow, short, |elapsed| told.push(elapsed)).await;
        assert!(told.len() >= 2, "{told:?}");
        assert!(told.is_sorted() && told[0] >= short, "{told:?}");
        ticking(async {}, short, |elapsed| told.push(elapsed)).await;
        let count = told.len();
        assert_eq!(ticking(async { 7 }, short, |e| told.push(e)).await, 7);
        assert_eq!(told.len(), count);
    }

    #[test]
    fn what_ends_a_transaction_is_refused() {
        for sql in [
            "COMMIT",
            "begin immediate",
            "/* a */ -- b\n END",
            "ROLLBACK",
            "rollback transaction",
            "PREPARE TRANSACTION 'a'",
        ] {
            assert!(forbid_transaction_control(sql).is_err(), "{sql}");
        }
        for sql in [
            "SAVEPOINT a",
            "ROLLBACK TO a",
            "rollback transaction to savepoint a",
            "INSERT INTO t VALUES ('COMMIT')",
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",
            "-- COMMIT",
            "PREPARE a AS SELECT 1",
        ] {
            assert!(forbid_transaction_control(sql).is_ok(), "{sql}");
        }
    }
}
