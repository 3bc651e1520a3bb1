//! One statement, and the error when it fails.

use aludel_core::dialect::Scope;
use aludel_core::plan::Statement;
use aludel_core::revision::Revision;

use super::Transaction;
use super::concurrently::Build;
use super::journal::Journal;
use super::trace::Trace;
use crate::db::{Connection, hint_for, kind, text_in};
use crate::error::{Error, ErrorKind, Failure, Outcome, Result};

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
    /// The statements that were run outside of a transaction.
    kept: Vec<String>,
    /// The statements that the open transaction holds.
    held: Vec<String>,
    watch: &'r mut (dyn FnMut(&Statement) + Send),
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

impl<'r> Runner<'r> {
    pub(crate) fn new(
        revision: Option<&'r Revision>,
        dry: bool,
        scope: Scope,
        watch: &'r mut (dyn FnMut(&Statement) + Send),
    ) -> Self {
        Self {
            revision,
            dry,
            scope,
            trace: None,
            journal: None,
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
        (self.watch)(statement);
    }

    pub(super) async fn statement(
        &mut self,
        transaction: &mut Transaction<'_>,
        statement: &Statement,
    ) -> Result<()> {
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
        let mut told = statement.clone();
        told.alone |= !transaction.is_open();
        self.announce(&told);
        let build = match transaction.is_open() {
            true => None,
            false => Build::prepare(transaction.connection(), &statement.sql).await?,
        };
        self.begin(transaction, &statement.sql).await?;
        let give_back = transaction.limit().await?;
        let ran = as_others_would(transaction.connection(), &statement.sql).await;
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
        let bound = transaction.is_open();
        journal.begin(transaction.connection(), sql, bound).await?;
        transaction.bind().await
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
        if unsettled {
            error = error.with_note("the next run finds out whether the statement was run");
        }
        if self.kept.is_empty() && !unsettled {
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

/// Refuses statements that would end the transaction around a migration.
pub(super) fn forbid_transaction_control(sql: &str) -> Result<()> {
    let mut words = words(sql);
    let first = words.next().unwrap_or_default();
    let ends = match first.as_str() {
        // A compound statement of MariaDB, which is none of a transaction.
        "begin" => words.next().as_deref() != Some("not"),
        "commit" | "end" | "abort" => true,
        "start" => words.next().as_deref() == Some("transaction"),
        // ROLLBACK TO a savepoint of the migration's own is its own business.
        "rollback" => !words.take(2).any(|word| word == "to"),
        _ => false,
    };
    if !ends {
        return Ok(());
    }
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

    #[test]
    fn what_ends_a_transaction_is_refused() {
        for sql in [
            "COMMIT",
            "begin immediate",
            "/* a */ -- b\n END",
            "ROLLBACK",
            "rollback transaction",
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
        ] {
            assert!(forbid_transaction_control(sql).is_ok(), "{sql}");
        }
    }
}
