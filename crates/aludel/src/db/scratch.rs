//! A database of the same shape as another one, without its rows, in which
//! migrations can be tried.
//!
//! On SQLite it is in memory. On a server it is a database that was kept for
//! that, or one that is made and dropped again. Its name says what it is and
//! who made it, so that one that was left behind by a process that was killed
//! is dropped by the next one that looks.

use std::time::Duration;

use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::plan::Statement;

use super::connection::{Connection, Mode, connect};
use super::driver::Origin;
use super::{Url, database_error, text_in};
use crate::error::{Error, ErrorKind, Result};

mod kept;
mod made;
mod name;
#[cfg(feature = "postgres")]
mod trial;

use kept::{Identity, Real};
use made::Made;

/// How old a scratch database is that nobody can be using any more.
const STALE: Duration = Duration::from_secs(3600);

/// [`scratch_copy`] in memory, for SQLite.
///
/// # Errors
/// What SQLite says.
pub async fn memory_copy(snapshot: &Snapshot) -> Result<ScratchCopy> {
    scratch_copy(snapshot, &ScratchSource::memory()).await
}

/// Where a scratch database is to be had.
#[derive(Debug, Clone)]
pub struct ScratchSource {
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Memory,
    Kept {
        url: Url,
        /// The database that must not be taken for it.
        real: Real,
    },
    Beside(Origin),
    Nowhere,
}

impl ScratchSource {
    /// In memory, for SQLite.
    pub fn memory() -> Self {
        Self {
            place: Place::Memory,
        }
    }

    /// In memory for SQLite, otherwise a database that is kept for this, for
    /// migrations of the one that is connected. It is emptied before and
    /// after.
    ///
    /// # Errors
    /// The database does not tell which one it is.
    pub async fn kept(url: &Url, connection: &mut Connection<'_>) -> Result<Self> {
        let place = match connection.dialect().name() {
            "sqlite" => Place::Memory,
            _ => Place::Kept {
                url: url.clone(),
                real: Real::Known(Identity::of(connection).await?),
            },
        };
        Ok(Self { place })
    }

    /// In memory for SQLite, otherwise the database that is kept for this, where
    /// the one that the migrations are for is left out; none where none is kept.
    pub fn offline(url: Option<&Url>, dialect: &dyn Dialect) -> Self {
        let place = match (dialect.name(), url) {
            ("sqlite", _) => Place::Memory,
            (_, Some(url)) => Place::Kept {
                url: url.clone(),
                real: Real::Absent(dialect.title()),
            },
            (_, None) => Place::Nowhere,
        };
        Self { place }
    }

    /// In memory for SQLite, otherwise a database that is made on the server
    /// of an open connection.
    pub fn beside(connection: &Connection<'_>) -> Self {
        let place = match connection.dialect().name() {
            "sqlite" => Place::Memory,
            _ => Place::Beside(connection.origin().clone()),
        };
        Self { place }
    }
}

/// A database to try things in. [`ScratchCopy::close`] gives it up; dropping
/// it does so too, at the cost of a thread.
#[derive(Debug)]
pub struct ScratchCopy {
    connection: Option<Connection<'static>>,
    /// It stays, and has to be emptied.
    kept: bool,
    /// What could not be copied.
    pub skipped: Vec<Skipped>,
    /// The database that has to be dropped.
    made: Option<Made>,
}

/// Something that could not be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// What was to be made: "create table `t`".
    pub what: String,
    /// The statement.
    pub sql: String,
    /// What the database said: most often that an extension or a module is
    /// missing.
    pub reason: String,
}

/// Makes a database with the same tables, indexes, views and whatever else a
/// snapshot knows of. What cannot be made is left out and reported.
///
/// # Errors
/// [`ErrorKind::NoScratch`] where no database can be had: a role that may not
/// make one. Otherwise what the database says.
pub async fn scratch_copy(snapshot: &Snapshot, source: &ScratchSource) -> Result<ScratchCopy> {
    let mut copy = open(source).await?;
    let dialect = copy.connection()?.dialect();
    if dialect.name() == "mysql" && snapshot.schema.tables.keys().any(|t| t.schema.is_some()) {
        copy.close().await?;
        // A statement that names another database would reach the real one.
        return Err(no_scratch(
            "the tables are in several databases, and a copy would have to be several too",
        ));
    }
    match fill(copy.connection()?, dialect, snapshot).await {
        Ok(skipped) => {
            copy.skipped = skipped;
            Ok(copy)
        }
        Err(error) => {
            copy.close().await?;
            Err(error)
        }
    }
}

/// A copy inside of one transaction of the database itself, which is rolled
/// back when the copy is closed: quickly made, and asking less of the role.
/// `None` where it cannot be had: on databases that cannot roll a change of a
/// table back, and where there is more than tables of the default schema.
///
/// A statement that may not run in a transaction fails in it; then
/// [`scratch_copy`] gives another one to try.
///
/// # Errors
/// A server that cannot be reached any more.
pub async fn trial_copy(
    snapshot: &Snapshot,
    connection: &Connection<'_>,
) -> Result<Option<ScratchCopy>> {
    match connection.dialect().name() {
        #[cfg(feature = "postgres")]
        "postgres" => trial::copy(snapshot, connection).await,
        _ => {
            let _ = snapshot;
            Ok(None)
        }
    }
}

/// A small copy with objects, inside of a transaction that is rolled back, in
/// which the server is asked what it makes of them. `None` where it cannot be
/// had; then [`scratch_copy`] gives another one.
///
/// # Errors
/// A server that cannot be reached any more.
pub async fn sample_copy(
    snapshot: &Snapshot,
    connection: &Connection<'_>,
) -> Result<Option<ScratchCopy>> {
    match connection.dialect().name() {
        #[cfg(feature = "postgres")]
        "postgres" => trial::sample(snapshot, connection).await,
        _ => {
            let _ = snapshot;
            Ok(None)
        }
    }
}

fn no_scratch(why: &str) -> Error {
    Error::new(
        ErrorKind::NoScratch,
        format!("no scratch database can be had: {why}"),
    )
    .with_hint("name one that aludel may use as `scratch_url`, or let the role make databases")
}

async fn open(source: &ScratchSource) -> Result<ScratchCopy> {
    let (connection, made) = match &source.place {
        Place::Memory => {
            let url = Url::parse("sqlite::memory:")?;
            (connect(&url, Mode::Create).await?, None)
        }
        Place::Kept { url, real } => (kept::open(url, real).await?, None),
        Place::Beside(origin) => made::new(origin).await?,
        Place::Nowhere => return Err(no_scratch("the server is left out")),
    };
    Ok(ScratchCopy {
        connection: Some(connection),
        kept: matches!(source.place, Place::Kept { .. }),
        skipped: Vec::new(),
        made,
    })
}

impl ScratchCopy {
    /// The connection to it.
    ///
    /// # Errors
    /// Never, as long as it is not closed.
    pub fn connection(&mut self) -> Result<&mut Connection<'static>> {
        self.connection
            .as_mut()
            .ok_or_else(|| Error::new(ErrorKind::NoScratch, "the scratch database is closed"))
    }

    /// Gives it up: a database that was made is dropped, one that is kept is
    /// emptied.
    ///
    /// # Errors
    /// What the database says to that.
    pub async fn close(mut self) -> Result<()> {
        let closed = match self.connection.take() {
            Some(mut connection) if self.kept => {
                let emptied = kept::empty(&mut connection).await;
                let closed = connection.close().await;
                emptied.and(closed)
            }
            Some(connection) => connection.close().await,
            None => Ok(()),
        };
        match self.made.take() {
            Some(made) => made.drop().await,
            None => closed,
        }
    }
}

impl Drop for ScratchCopy {
    fn drop(&mut self) {
        drop(self.connection.take());
        if let Some(made) = self.made.take() {
            made.drop_on_a_thread();
        }
    }
}

/// Runs what makes the shape. Statements that fail are tried again after the
/// others, as long as one more works.
async fn fill(
    connection: &mut Connection<'_>,
    dialect: &dyn Dialect,
    snapshot: &Snapshot,
) -> Result<Vec<Skipped>> {
    let statements = dialect
        .remake(snapshot)
        .map_err(|error| Error::of_core(ErrorKind::Database, error))?;
    if dialect.name() == "postgres" {
        default_schema(connection, dialect, &snapshot.server.schema).await?;
    }
    let (before, after) = around(dialect);
    run_all(connection, before).await?;
    let left: Vec<&Statement> = statements.iter().collect();
    let skipped = if at_once(connection, dialect, &left).await {
        Vec::new()
    } else {
        one_by_one(connection, dialect, left).await?
    };
    run_all(connection, after).await?;
    Ok(skipped)
}

/// Has the copy call the same schema the default one as the database does; where
/// that is not known, the one that the url names has to be there at least.
async fn default_schema(
    connection: &mut Connection<'_>,
    dialect: &dyn Dialect,
    name: &str,
) -> Result<()> {
    let wrong = |error| database_error(&error, "no copy can be made");
    let statements = if name.is_empty() {
        let missing = "SELECT 'CREATE SCHEMA IF NOT EXISTS ' || s.name \
                       FROM unnest(string_to_array(current_setting('search_path'), ',')) s(name) \
                       WHERE current_schema() IS NULL AND s.name !~ '[$]user' LIMIT 1";
        let rows = connection.read(missing).await.map_err(wrong)?;
        rows.into_iter().flatten().flatten().collect()
    } else {
        let quoted = dialect.quote_name(name);
        vec![
            format!("CREATE SCHEMA IF NOT EXISTS {quoted}"),
            format!("SET search_path = {quoted}, public"),
        ]
    };
    for sql in statements {
        connection.run(&sql).await.map_err(wrong)?;
    }
    Ok(())
}

/// Each statement by itself, those that fail again after the others.
async fn one_by_one(
    connection: &mut Connection<'_>,
    dialect: &dyn Dialect,
    mut left: Vec<&Statement>,
) -> Result<Vec<Skipped>> {
    loop {
        let count = left.len();
        let mut failed = Vec::new();
        let mut again = Vec::new();
        for statement in left {
            if let Err(error) = one(connection, dialect, &statement.sql).await {
                failed.push(Skipped {
                    what: statement.why.clone(),
                    sql: statement.sql.clone(),
                    reason: text_in(&error, &statement.sql),
                });
                again.push(statement);
            }
        }
        if again.is_empty() || again.len() == count {
            return Ok(failed);
        }
        left = again;
    }
}

/// What is set while a copy is filled: nothing is checked that will only be
/// there later, and nothing has to survive a crash.
fn around(dialect: &dyn Dialect) -> (&'static [&'static str], &'static [&'static str]) {
    match dialect.name() {
        "postgres" => (
            &[
                "SET check_function_bodies = off",
                "SET synchronous_commit = off",
                "BEGIN",
            ],
            &["COMMIT", "RESET check_function_bodies"],
        ),
        "mysql" => (
            &["SET SESSION foreign_key_checks = 0"],
            &["SET SESSION foreign_key_checks = DEFAULT"],
        ),
        _ => (&["BEGIN"], &["COMMIT"]),
    }
}

async fn run_all(connection: &mut Connection<'_>, statements: &[&str]) -> Result<()> {
    for sql in statements {
        let done = connection.run(sql).await;
        done.map_err(|error| database_error(&error, "no copy can be made"))?;
    }
    Ok(())
}

/// Everything in one message, where a failure leaves nothing behind.
async fn at_once(
    connection: &mut Connection<'_>,
    dialect: &dyn Dialect,
    statements: &[&Statement],
) -> bool {
    if dialect.name() != "postgres" {
        return statements.is_empty();
    }
    // A text that cannot be read is refused as a whole, and with it a savepoint
    // that stands in it.
    if connection.run("SAVEPOINT aludel_copy").await.is_err() {
        return false;
    }
    let mut sql = String::new();
    for statement in statements {
        sql.push_str(&statement.sql);
        sql.push_str("\n;\n");
    }
    if connection.run(&sql).await.is_ok() {
        return true;
    }
    let _ = connection.run("ROLLBACK TO aludel_copy").await;
    false
}

async fn one(
    connection: &mut Connection<'_>,
    dialect: &dyn Dialect,
    sql: &str,
) -> Result<(), sqlx::Error> {
    if dialect.name() != "postgres" {
        return connection.run(sql).await;
    }
    // Inside a transaction a statement that fails takes the others with it.
    connection.run("SAVEPOINT aludel_copy").await?;
    let done = connection.run(sql).await;
    if done.is_err() {
        connection.run("ROLLBACK TO aludel_copy").await?;
    }
    done
}
