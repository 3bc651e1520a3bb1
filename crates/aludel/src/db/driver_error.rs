//! What SQLite's error codes mean for the one who reads the message.

use aludel_core::dialect::sqlite::REBUILT_PREFIX;

use crate::error::{Error, ErrorKind};

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READ_ONLY: i32 = 8;
const CANNOT_OPEN: i32 = 14;
const NOT_A_DATABASE: i32 = 26;

const CONSTRAINT: i32 = 19;

/// The primary result code of a driver's error.
pub(crate) fn code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// What a driver's error says, without the code, and about a table that is
/// being rebuilt by its own name.
pub(crate) fn text(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(error) => error.message().replace(REBUILT_PREFIX, ""),
        None => error.to_string(),
    }
}

/// The error for something that a driver refused: `what` says what could not
/// be done.
pub(crate) fn database_error(error: &sqlx::Error, what: &str) -> Error {
    let (kind, hint) = match code(error) {
        Some(BUSY | LOCKED) => (
            ErrorKind::Locked,
            Some("another process holds the lock of this database; try again when it is done"),
        ),
        Some(READ_ONLY) => (
            ErrorKind::ReadOnly,
            Some("the file, or the folder that it is in, must be writable"),
        ),
        Some(CANNOT_OPEN) => (
            ErrorKind::Missing,
            Some("is the file readable, and its folder writable?"),
        ),
        Some(NOT_A_DATABASE) => (
            ErrorKind::NotADatabase,
            Some("the file is no SQLite database, or it is encrypted"),
        ),
        _ => (ErrorKind::Database, None),
    };
    Error::new(kind, format!("{what}: {}", text(error))).with_optional_hint(hint.map(str::to_owned))
}

/// What to do about a statement of a migration that failed.
pub(crate) fn hint_for(error: &sqlx::Error) -> Option<String> {
    let text = text(error);
    if code(error) != Some(CONSTRAINT) {
        return hint_for_text(&text);
    }
    let (kind, what) = text.split_once(" constraint failed").unwrap_or((&text, ""));
    let what = what.trim_start_matches([':', ' ']);
    Some(match kind {
        "NOT NULL" => format!(
            "rows that exist already have NULL in `{what}`: fill them first, or give the column \
             `fill` or a default"
        ),
        "UNIQUE" => format!(
            "rows that exist already have equal values in `{what}`: find them with GROUP BY .. \
             HAVING count(*) > 1 and mend them first"
        ),
        "CHECK" => {
            format!("rows that exist already do not fulfil the check `{what}`: mend them first")
        }
        "FOREIGN KEY" => "rows refer to rows that do not exist: mend them first".into(),
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
