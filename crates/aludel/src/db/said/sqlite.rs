//! What SQLite's error codes mean.

use aludel_core::dialect::sqlite::{MISFITS, REBUILT_PREFIX};
use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

use super::{Meaning, rows};
use crate::error::ErrorKind;

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READ_ONLY: i32 = 8;
const FULL: i32 = 13;
const CANNOT_OPEN: i32 = 14;
const CONSTRAINT: i32 = 19;
const NOT_A_DATABASE: i32 = 26;

/// A table that is written again needs its room twice, and the journal as much.
const NO_ROOM: &str = "make room on the disk of the database and of its temporary files (a table \
                       that is written again needs about three times its size meanwhile), or raise \
                       `max_page_count`, and run the same command again";

/// The primary result code of a driver's error.
pub(crate) fn code(error: &sqlx::Error) -> Option<i32> {
    primary(error.as_database_error()?.try_downcast_ref()?)
}

fn primary(said: &SqliteError) -> Option<i32> {
    let code: i32 = DatabaseError::code(said)?.parse().ok()?;
    Some(code & 0xff)
}

/// Without the code, and about a table that is being rebuilt by its own name.
pub(super) fn text(said: &SqliteError) -> String {
    let text = said.message().replace(REBUILT_PREFIX, "");
    // The rule is aludel's own, and its name says all.
    match text.split_once(MISFITS) {
        Some((_, what)) => format!("{MISFITS}{what}"),
        None => text,
    }
}

/// The same with the place in the statement, where the word that SQLite names
/// stands there once.
pub(super) fn text_in(said: &SqliteError, sql: &str) -> String {
    let text = text(said);
    let named = |text: &str| -> Option<String> {
        let near = text
            .strip_prefix("near \"")
            .and_then(|rest| rest.split_once("\": syntax error"));
        let unknown = ["no such column: ", "no such table: ", "no such function: "];
        let unknown = unknown.into_iter().find_map(|says| text.strip_prefix(says));
        Some(near.map(|(word, _)| word).or(unknown)?.to_owned())
    };
    let place = named(&text).and_then(|word| super::only_place(sql, &word));
    match place.and_then(|at| super::marked(sql, at)) {
        Some(place) => format!("{text}\n{place}"),
        None => text,
    }
}

pub(super) fn meaning(said: &SqliteError) -> Meaning {
    match primary(said) {
        Some(BUSY | LOCKED) => Meaning::new(
            ErrorKind::Locked,
            "another process holds the lock of this database; try again when it is done",
        ),
        Some(READ_ONLY) => Meaning::new(
            ErrorKind::ReadOnly,
            "the file, or the folder that it is in, must be writable",
        ),
        Some(CANNOT_OPEN) => Meaning::new(
            ErrorKind::Missing,
            "is the file readable, and its folder writable?",
        ),
        Some(FULL) => Meaning::new(ErrorKind::Database, NO_ROOM),
        Some(NOT_A_DATABASE) => Meaning::new(
            ErrorKind::NotADatabase,
            "the file is no SQLite database, or it is encrypted",
        ),
        _ => Meaning::unknown(),
    }
}

pub(super) fn hint(said: &SqliteError) -> Option<String> {
    let text = text(said);
    if text.starts_with(MISFITS) {
        return Some(rows::MISFITS.into());
    }
    match primary(said) {
        Some(FULL) => return Some(NO_ROOM.into()),
        Some(CONSTRAINT) => {}
        _ => return hint_for_text(&text),
    }
    let (kind, what) = text.split_once(" constraint failed").unwrap_or((&text, ""));
    let what = what.trim_start_matches([':', ' ']);
    Some(match kind {
        "NOT NULL" => rows::null(what),
        "UNIQUE" => rows::equal(what),
        "CHECK" => rows::check(what),
        "FOREIGN KEY" => rows::ORPHANS.into(),
        _ => format!("rows that exist already do not fit: {text}"),
    })
}

fn hint_for_text(text: &str) -> Option<String> {
    if text.starts_with("error in view") || text.starts_with("error in trigger") {
        return Some(
            "it names something that the migration removes or renames: change or drop it in the \
             migration first"
                .into(),
        );
    }
    text.contains("cannot VACUUM from within a transaction")
        .then(|| "say `Transaction: none` in the header of the file".into())
}
