//! What a failed migration failed on, asked once it is rolled back: rows, or
//! tables that are there.
//!
//! The revision is rehearsed on an empty copy, as a plan is, and the rows of
//! the database are asked about the statement that failed. Where that cannot
//! be done, the error stays what it is.

use aludel_core::hazard::{Hazard, Objection};
use aludel_core::plan::Statement;
use aludel_core::revision::Revision;
use aludel_core::row_check::{RowCheck, row_checks};

use super::Migrator;
use crate::db::{
    Connection, RowCount, RowLimits, ScratchSource, count_rows, read_catalog, scratch_copy,
};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::run::Direction;

/// How many of the things that rows object to are told.
const TOLD: usize = 3;

impl Migrator {
    /// The error of a revision, with how many rows object and how to see them.
    pub(super) async fn explained(
        &self,
        connection: &mut Connection<'_>,
        revision: &Revision,
        direction: Direction,
        error: Error,
    ) -> Error {
        if direction == Direction::Up && makes_what_is_there(&error) {
            return error.with_more(&format!(
                "where the database has all that this migration makes, because somebody else \
                 made it, `stamp {}` says so, and `upgrade` runs what comes after it",
                revision.id()
            ));
        }
        let Some(limits) = self.row_limits.filter(|_| may_be_rows(&error)) else {
            return error;
        };
        let failed = error
            .failure()
            .map(|failure| (failure.sql.clone(), failure.database.clone()));
        let told = self
            .objections(connection, revision, direction, failed.as_ref(), &limits)
            .await;
        match told {
            Ok(lines) if lines.is_empty() => error,
            Ok(lines) => error.with_more(&lines.join("\n")),
            Err(reason) => {
                tracing::debug!(%reason, "the rows that object cannot be counted");
                error
            }
        }
    }

    async fn objections(
        &self,
        connection: &mut Connection<'_>,
        revision: &Revision,
        direction: Direction,
        failed: Option<&(String, String)>,
        limits: &RowLimits,
    ) -> Result<Vec<String>> {
        let before = read_catalog(connection, &self.scope).await?;
        let dialect = connection.dialect();
        let source = match &self.scratch {
            Some(url) => ScratchSource::kept(url, connection).await?,
            None => ScratchSource::beside(connection),
        };
        let mut copy = scratch_copy(&before, &source).await?;
        let rehearsed = match copy.connection() {
            Ok(copy) => self.rehearse(copy, direction, &[revision]).await,
            Err(error) => Err(error),
        };
        copy.close().await?;
        let (planned, trace) = rehearsed?;
        // Those of the statement that failed; where none did, it is foreign keys.
        let mut hazards: Vec<&Hazard> = Vec::new();
        for (at, statement) in planned.iter().flat_map(|p| p.statements.iter()).enumerate() {
            if failed.is_some_and(|(sql, _)| is_same(statement, sql)) {
                hazards.extend(&statement.hazards);
                let written = trace.hazards.iter().filter(|(_, place, _)| *place == at);
                hazards.extend(written.map(|(_, _, hazard)| hazard));
            }
        }
        let about = |check: &RowCheck| {
            let own = &check.hazard;
            let same = |h: &Hazard| h.kind == own.kind && h.message == own.message;
            match failed {
                Some(_) => hazards.iter().any(|hazard| same(hazard)),
                None => own.objection == Some(Objection::Orphan),
            }
        };
        let checks = row_checks(dialect, &before, &trace.operations, &trace.written);
        let checks: Vec<RowCheck> = checks.into_iter().filter(about).collect();
        let counts = count_rows(connection, checks, limits).await;
        let mut objecting: Vec<&RowCount> = counts
            .iter()
            .filter(|count| count.counted.as_ref().is_ok_and(|counted| counted.rows > 0))
            .collect();
        // The database names one of them, and people look for that one.
        let said = failed.map_or("", |(_, said)| said);
        objecting.sort_by_key(|count| !is_named(said, &count.check.hazard.message));
        let told = objecting.iter().take(TOLD).map(|count| {
            format!(
                "{}; see them with\n  {};",
                count.sentence(),
                count.check.see
            )
        });
        let mut lines: Vec<String> = told.collect();
        if let Some(more @ 1..) = objecting.len().checked_sub(TOLD) {
            lines.push(format!(
                "{more} more of this kind; `--dry-run` counts the rows of all"
            ));
        }
        Ok(lines)
    }
}

/// Whether a table was to be made that is there: in the words of every database,
/// and of a Rust file that is told before anything runs.
fn makes_what_is_there(error: &Error) -> bool {
    match error.failure() {
        // A comment may stand before the statement.
        Some(failure) => {
            failure.sql.to_ascii_uppercase().contains("CREATE TABLE")
                && failure.database.contains("already exists")
        }
        None => {
            let said = error.to_string();
            said.contains(": table `") && said.contains("` exists already")
        }
    }
}

/// Whether a failure may be one of rows, and the database is as it was before.
fn may_be_rows(error: &Error) -> bool {
    // SQLite looks at foreign keys when everything else is done.
    let kind = match error.failure() {
        Some(_) => error.kind() == ErrorKind::Statement,
        None => error.to_string().contains("FOREIGN KEY constraint failed"),
    };
    let untouched = match error.failure().map(|failure| &failure.outcome) {
        None | Some(Outcome::RolledBack) => true,
        // What only looks leaves nothing behind.
        Some(Outcome::Kept(statements) | Outcome::Recorded(statements)) => {
            let mut statements = statements.iter();
            statements.all(|sql| sql.trim_start().starts_with("SELECT "))
        }
    };
    kind && untouched
}

/// Whether a database has named what a hazard is about: the last part of its
/// first name in backticks.
fn is_named(said: &str, hazard: &str) -> bool {
    let name = hazard.split('`').nth(1).unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or_default();
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    !name.is_empty()
        && said.match_indices(name).any(|(at, _)| {
            let (before, after) = (&said[..at], &said[at + name.len()..]);
            !before.ends_with(is_letter) && !after.starts_with(is_letter)
        })
}

fn is_same(statement: &Statement, sql: &str) -> bool {
    statement.sql.trim() == sql.trim()
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn what_the_database_names_is_found_in_its_words() {
        let hazard = "rows where `traceroute.import_time` is NULL";
        for said in [
            "NOT NULL constraint failed: traceroute.import_time",
            "column \"import_time\" of relation \"traceroute\" contains null values",
            "Column 'import_time' cannot be null",
        ] {
            assert!(is_named(said, hazard), "{said}");
        }
        for said in [
            "NOT NULL constraint failed: traceroute.import_time_us",
            "column \"last_import_time\" contains null values",
            "",
        ] {
            assert!(!is_named(said, hazard), "{said}");
        }
        assert!(!is_named("something", "rows that nobody names"));
    }
}
