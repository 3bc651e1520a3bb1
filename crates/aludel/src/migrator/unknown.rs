//! Version rows that the history does not hold: what may have happened, and what
//! to do about it.

use aludel_core::revision::{Revision, RevisionGraph};

use super::Migrator;
use crate::error::{Error, ErrorKind, Result};

impl Migrator {
    /// Stops where the history does not hold a version row.
    ///
    /// # Errors
    /// Which rows those are, what may have happened, and what to do about it.
    pub fn refuse_unknown(graph: &RevisionGraph, rows: &[String]) -> Result<()> {
        refuse_unknown(graph, rows)
    }
}

/// The version rows that the history does not hold.
pub(super) fn unknown(graph: &RevisionGraph, rows: &[String]) -> Vec<String> {
    let unknown = rows.iter().filter(|row| graph.get(row).is_none());
    unknown.cloned().collect()
}

pub(super) fn refuse_unknown(graph: &RevisionGraph, rows: &[String]) -> Result<()> {
    let unknown = unknown(graph, rows);
    let Some(row) = unknown.first() else {
        return Ok(());
    };
    let all: Vec<String> = unknown.iter().map(|row| format!("`{row}`")).collect();
    let error = Error::new(
        ErrorKind::UnknownRevision,
        format!(
            "Can't locate revision identified by {}, which the database is at",
            all.join(", ")
        ),
    );
    Err(match graph.squashed_into(row) {
        Some(whole) => error.with_hint(squashed(whole)),
        None => error.with_hint(ahead(graph, row)),
    })
}

/// What may have happened to a revision that the database has run.
fn ahead(graph: &RevisionGraph, row: &str) -> String {
    if graph.is_empty() {
        return "there are no migrations here yet, or they are elsewhere (`[migrations] dir`): \
                where another tool or checkout has written that row, `autogen --baseline -m \
                \"baseline\"` makes the first one, of that id, from the database as it is, and \
                `init --baseline` its models too; `stamp --purge base` forgets the row"
            .to_owned();
    }
    let close = graph.closest(row);
    let close: Vec<String> = close.iter().map(|id| format!("`{id}`")).collect();
    let close = match close.as_slice() {
        [] => String::new(),
        close => format!("; the nearest that there are: {}", close.join(", ")),
    };
    format!(
        "the database is ahead of these migrations: is this checkout or build older? if the file \
         is gone for good, `stamp --purge REV` records where the database really is{close}"
    )
}

/// What is to be done about a database that is inside of what is one file now.
fn squashed(whole: &Revision) -> String {
    let (id, file) = (whole.id(), &whole.file_name);
    format!(
        "it was squashed into `{id}` (`{file}`), so the database is in the middle of that: run \
         `upgrade {id}` with the files from before, and it goes on with these"
    )
}
