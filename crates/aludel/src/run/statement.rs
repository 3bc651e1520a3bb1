//! One statement, and the error when it fails.

use aludel_core::dialect::Scope;
use aludel_core::plan::Statement;
use aludel_core::revision::Revision;

use super::Transaction;
use crate::db::{hint_for, kind, text_in};
use crate::error::{Error, ErrorKind, Failure, Outcome, Result};

/// Runs what one migration does, and remembers what stays if it fails.
pub(crate) struct Runner<'r> {
    revision: Option<&'r Revision>,
    /// Nothing that needs rows is run: Rust over the connection.
    pub(super) dry: bool,
    /// Which schemas are looked at.
    pub(super) scope: Scope,
    /// The statements that were run outside of a transaction.
    kept: Vec<String>,
    /// The statements that the open transaction holds.
    held: Vec<String>,
    watch: &'r mut (dyn FnMut(&Statement) + Send),
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
            kept: Vec::new(),
            held: Vec::new(),
            watch,
        }
    }

    /// What was done so far stays, whatever comes.
    pub(crate) fn keep(&mut self) {
        self.kept.append(&mut self.held);
    }

    pub(super) fn announce(&mut self, statement: &Statement) {
        tracing::debug!(why = %statement.why, sql = %statement.sql, "statement");
        (self.watch)(statement);
    }

    pub(super) async fn statement(
        &mut self,
        transaction: &mut Transaction<'_>,
        statement: &Statement,
    ) -> Result<()> {
        if statement.alone && transaction.is_open() {
            transaction.check().await?;
            transaction.suspend().await?;
            self.keep();
            self.one(transaction, statement).await?;
            transaction.resume().await?;
            return transaction.watch_integrity().await;
        }
        self.one(transaction, statement).await
    }

    async fn one(
        &mut self,
        transaction: &mut Transaction<'_>,
        statement: &Statement,
    ) -> Result<()> {
        self.announce(statement);
        let ran = transaction.connection().run(&statement.sql).await;
        ran.map_err(|error| self.failed(statement, &error))?;
        self.held.push(statement.sql.clone());
        if !transaction.is_atomic() {
            self.keep();
        }
        Ok(())
    }

    fn failed(&self, statement: &Statement, error: &sqlx::Error) -> Error {
        let database = text_in(error, &statement.sql);
        // A lock that is not got is nothing that the statement does wrong.
        let kind = match kind(error) {
            ErrorKind::Locked => ErrorKind::Locked,
            _ => ErrorKind::Statement,
        };
        let file = self.revision.map(|revision| revision.file_name.clone());
        let place = match &file {
            Some(file) => format!("`{file}`: "),
            None => String::new(),
        };
        Error::new(kind, format!("{place}cannot {}: {database}", statement.why))
            .with_optional_hint(hint_for(error))
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
        if self.kept.is_empty() {
            return error;
        }
        let outcome = Outcome::Kept(self.kept.clone());
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
