//! What is needed to hold a history to what it says, step by step.

use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::revision::Revision;

use super::{Database, Migrator, finish};
use crate::db::Mode;
use crate::error::{Error, ErrorKind, Result};
use crate::migration::record::Segment;
use crate::run::{Body, Direction, Replay, body, holder, record};

/// Something that a revision does and that its tables do not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BesideSchema {
    /// The statement, or what is done.
    pub text: String,
    /// Whether it is about rows alone, and means nothing where there are none.
    pub is_about_rows: bool,
}

impl Migrator {
    /// The database as it is thought to be after a revision, given the one
    /// before it. `None` where the file is made of statements, of which nobody
    /// knows what they make without running them.
    ///
    /// # Errors
    /// A file that was not compiled, or that makes no sense there.
    pub fn replayed(
        &self,
        dialect: &'static dyn Dialect,
        before: Snapshot,
        revision: &Revision,
        direction: Direction,
    ) -> Result<Option<Snapshot>> {
        let body = body(revision, self.file(revision)?, direction, dialect)?;
        let mut replay = Replay::new(dialect, before);
        let told = replay.body(body);
        told.map_err(|error| error.in_file(&revision.file_name))?;
        Ok(replay.into_snapshot())
    }

    /// Whether a revision can be undone: a file of statements may say nothing
    /// of that.
    ///
    /// # Errors
    /// A file that was not compiled, or that cannot be read.
    pub fn can_undo(&self, dialect: &dyn Dialect, revision: &Revision) -> Result<bool> {
        let file = self.file(revision)?;
        body(revision, file, Direction::Up, dialect)?;
        Ok(body(revision, file, Direction::Down, dialect).is_ok())
    }

    /// What a revision does on its way up beside changing the schema: rows,
    /// Rust over the connection, privileges. The schema alone would lose it.
    ///
    /// # Errors
    /// A file that was not compiled, or that cannot be read.
    pub fn beside_schema(
        &self,
        dialect: &'static dyn Dialect,
        before: &Snapshot,
        revision: &Revision,
    ) -> Result<Vec<BesideSchema>> {
        let mut found = Vec::new();
        match body(revision, self.file(revision)?, Direction::Up, dialect)? {
            Body::Sql { statements, .. } => {
                found.extend(statements.iter().filter_map(|s| beside(&s.sql)));
            }
            Body::Rust(function) => {
                segments(
                    record(function, before.clone(), dialect),
                    dialect,
                    &mut found,
                )?;
            }
        }
        Ok(found)
    }

    /// Who holds the lock that a migration takes, as far as that can be told:
    /// nothing where nobody does. On SQLite the lock is tried, and given back
    /// at once.
    ///
    /// # Errors
    /// A database that cannot be opened for writing.
    pub async fn lock_holder<'d>(
        &self,
        database: impl Into<Database<'d>>,
    ) -> Result<Option<Vec<String>>> {
        let mut database = database.into();
        let mut connection = self.open(&mut database, Mode::ReadWrite).await?;
        let held = holder(&mut connection, &self.limits()).await;
        finish(connection, held).await
    }
}

fn segments(all: Vec<Segment>, dialect: &dyn Dialect, found: &mut Vec<BesideSchema>) -> Result<()> {
    for segment in all {
        match segment {
            Segment::Schema(_) => {}
            Segment::Execute(execute) => {
                let other = |name: &String| !name.eq_ignore_ascii_case(dialect.name());
                if execute.dialect.as_ref().is_some_and(other) {
                    continue;
                }
                let split = dialect.split_statements(&execute.sql);
                let split = split.map_err(|e| Error::of_core(ErrorKind::Migration, e))?;
                found.extend(split.iter().filter_map(|sql| beside(sql)));
            }
            Segment::BulkInsert(insert) => found.push(BesideSchema {
                text: format!("insert rows into {}", insert.table),
                is_about_rows: true,
            }),
            Segment::Data(data) => found.push(BesideSchema {
                text: format!("Rust over the connection: {}", data.why),
                is_about_rows: false,
            }),
            Segment::Autocommit(inner) => segments(inner, dialect, found)?,
        }
    }
    Ok(())
}

/// What begins a statement whose work the schema shows, or that does none.
const SHOWN: [&str; 8] = [
    "CREATE", "ALTER", "DROP", "COMMENT", "PRAGMA", "SET", "RESET", "ANALYZE",
];

/// What begins the name of a table that takes the place of another one, and of
/// one that stops where values do not fit.
const REBUILT: [&str; 2] = ["_aludel_new_", "_aludel_fit_"];

/// What begins a statement about rows.
const ROWS: [&str; 7] = [
    "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "TRUNCATE", "WITH",
];

/// A statement, if the schema does not show what it does.
fn beside(sql: &str) -> Option<BesideSchema> {
    let word = first_word(sql).to_ascii_uppercase();
    // A table that is written again takes its rows with it.
    let rewrites = REBUILT.iter().any(|name| sql.contains(name)) || sql.contains("sqlite_sequence");
    if rewrites || SHOWN.contains(&word.as_str()) {
        return None;
    }
    Some(BesideSchema {
        text: sql.split_whitespace().collect::<Vec<_>>().join(" "),
        is_about_rows: ROWS.contains(&word.as_str()),
    })
}

/// The first word behind comments.
fn first_word(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    loop {
        rest = if rest.starts_with("--") {
            rest.split_once('\n').map_or("", |(_, after)| after)
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map_or("", |(_, after)| after)
        } else {
            return rest
                .split(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or_default();
        }
        .trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_schema_shows_is_left_out() {
        let about = |sql: &str| beside(sql).map(|b| b.is_about_rows);
        assert_eq!(about("-- INSERT\n/* x */ CREATE TABLE t (a INT)"), None);
        assert_eq!(about("insert into t values (1)"), Some(true));
        assert_eq!(about("INSERT INTO \"_aludel_new_t\" SELECT * FROM t"), None);
        assert_eq!(about("GRANT SELECT ON t TO x"), Some(false));
        assert_eq!(about(""), Some(false));
    }
}
