//! The database as commands meet it: opened, read, left aside what is not
//! ours, and the library's errors as reports.

use std::fmt;
use std::sync::Arc;

use aludel::db::{self, Connection, Mode, Url, is_bookkeeping};
use aludel_core::dialect::{Dialect, ObjectKind, Scope, Snapshot};
use aludel_core::diff::{Answers, Renames, Wanted};
use aludel_core::schema::{Schema, TableNames};
use globset::{Glob, GlobSet, GlobSetBuilder};
use miette::Diagnostic;

use crate::compare::Comparison;
use crate::config::Config;
use crate::error::{Failure, Result};
use crate::hooks::{Hooks, Kind};
use crate::session::Session;

/// The dialect of a url, before anybody has asked the server which one it is.
///
/// # Errors
/// A database that this build does not know.
pub(crate) fn dialect(url: &Url) -> Result<&'static dyn Dialect> {
    url.dialect().ok_or_else(|| {
        let name = url.dialect_name();
        Failure::with_hint(
            format!("this build knows no `{name}` databases"),
            format!("build it with the feature `{name}`"),
        )
    })
}

/// Whether a database is a file that is not there yet.
pub(crate) fn is_absent(url: &Url) -> bool {
    url.path().is_some_and(|path| !path.exists())
}

/// What is in a database, without what the configuration leaves aside.
pub(crate) async fn snapshot(connection: &mut Connection<'_>, config: &Config) -> Result<Snapshot> {
    snapshot_of(connection, config, &config.scope()).await
}

/// The same of another part of the database than the configuration names.
pub(crate) async fn snapshot_of(
    connection: &mut Connection<'_>,
    config: &Config,
    scope: &Scope,
) -> Result<Snapshot> {
    let snapshot = db::introspect(connection, scope).await?;
    without_excluded(&snapshot, config)
}

/// Opens a database to look at it.
pub(crate) async fn open(url: &Url) -> Result<Connection<'static>> {
    Ok(db::connect(url, Mode::ReadOnly).await?)
}

/// Says which schemas are named and nobody has a table in: a name with a
/// mistake in it would never be noticed. A table that is wanted there will make
/// its schema.
pub(crate) fn mention_empty(
    session: &Session<'_>,
    scope: &Scope,
    snapshot: &Snapshot,
    wanted: &Wanted,
) {
    let tables = || {
        snapshot
            .schema
            .tables
            .keys()
            .chain(wanted.schema.tables.keys())
    };
    let own = &snapshot.server.schema;
    let has_tables =
        |name: &String| tables().any(|t| t.schema.as_ref().is_some_and(|s| s == &**name));
    // One that holds functions alone is found itself.
    let is_found = |name: &String| {
        let mut objects = snapshot.objects.iter();
        objects.any(|object| object.kind == ObjectKind::Schema && object.name == *name)
    };
    for name in &scope.schemas {
        if !own.is_empty() && name != own && !has_tables(name) && !is_found(name) {
            session.ui.warn(format_args!(
                "the schema `{name}` has no tables, or it is not there"
            ));
        }
    }
}

/// Asks the server about the expressions that only it can compare: all of them
/// at once, and nothing where the texts are alike. Says so where it cannot be
/// asked.
pub(crate) async fn settle(
    session: &Session<'_>,
    connection: &mut Connection<'_>,
    comparison: &mut Comparison,
    before: &Schema,
    wanted: &Wanted,
    renames: &Renames,
) -> Result<()> {
    // The second time about the server's own words for what it was told.
    const ROUNDS: usize = 3;
    let mut notes: Vec<String> = Vec::new();
    for _ in 0..ROUNDS {
        let questions = comparison.questions(before, wanted, renames)?;
        let questions = comparison.answers.left_of(questions);
        if questions.is_empty() {
            break;
        }
        let settled = db::settle(connection, &questions).await?;
        let silent = settled.answers == Answers::default();
        // What was answered before is not asked again.
        comparison.answers.extend(settled.answers);
        notes.extend(settled.notes);
        if silent {
            break;
        }
    }
    notes.dedup();
    for note in notes {
        session.ui.warn(note);
    }
    Ok(())
}

/// A snapshot without the tables that `[database] exclude` matches, without
/// the version table and without those of other tools.
pub(crate) fn without_excluded(snapshot: &Snapshot, config: &Config) -> Result<Snapshot> {
    let excluded = excluded(config)?;
    Ok(snapshot.without(|name| {
        let own = config.version_table();
        let is_own = match snapshot.server.table_names {
            TableNames::AsOtherNames | TableNames::AsWritten => name == own,
            TableNames::InSmallLetters | TableNames::InAnyCase => name.eq_ignore_ascii_case(own),
        };
        excluded.is_match(name) || is_own || is_bookkeeping(name)
    }))
}

/// The tables that `[database] exclude` matches.
///
/// # Errors
/// A pattern that is none.
pub(crate) fn excluded(config: &Config) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in &config.file.database.exclude {
        set.add(Glob::new(pattern).map_err(wrong_pattern)?);
    }
    set.build().map_err(wrong_pattern)
}

fn wrong_pattern(error: globset::Error) -> Failure {
    Failure::because("`[database] exclude` has a pattern that is none", error)
}

/// What the project knows better, and that the parts of tables are left alone
/// that `[database] exclude` matches: `results.ix_*`.
///
/// # Errors
/// A pattern that is none.
pub(crate) fn hooks(session: &Session<'_>, config: &Config) -> Result<Hooks> {
    let mut hooks = session.app.hooks.clone();
    let matcher = |pattern: &str| Glob::new(pattern).map(|glob| glob.compile_matcher());
    let mut parts = Vec::new();
    for pattern in &config.file.database.exclude {
        if let Some((table, part)) = pattern.split_once('.') {
            parts.push((
                matcher(table).map_err(wrong_pattern)?,
                matcher(part).map_err(wrong_pattern)?,
            ));
        }
    }
    if parts.is_empty() {
        return Ok(hooks);
    }
    let own = hooks.filter.take();
    hooks.filter = Some(Arc::new(move |thing| {
        let is_part = thing.kind != Kind::Table
            && thing.table.is_some_and(|table| {
                let mut parts = parts.iter();
                parts.any(|(of, part)| of.is_match(table) && part.is_match(thing.name))
            });
        !is_part && own.as_ref().is_none_or(|own| own(thing))
    }));
    Ok(hooks)
}

impl From<aludel::Error> for Failure {
    fn from(error: aludel::Error) -> Self {
        Self::many(vec![miette::Report::new(Library(error))])
    }
}

/// An error of the library as a report.
#[derive(Debug)]
struct Library(aludel::Error);

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Library {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.0)
    }
}

impl Diagnostic for Library {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let mut lines: Vec<String> = Vec::new();
        lines.extend(self.0.hint().map(str::to_owned));
        if let Some(failure) = self.0.failure() {
            lines.push(failure.outcome.to_string());
            lines.push(format!("the statement was:\n{}", failure.sql));
        }
        (!lines.is_empty()).then(|| Box::new(lines.join("\n")) as Box<dyn fmt::Display>)
    }
}
