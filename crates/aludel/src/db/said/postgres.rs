//! What PostgreSQL's states mean.

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

use super::{ENDED, Meaning, TLS, rows};
use crate::error::ErrorKind;

/// The message, with its detail, and the line of the statement with a mark
/// under the place.
pub(super) fn text(said: &PgDatabaseError, sql: &str) -> String {
    let mut text = said.message().to_owned();
    if let Some(detail) = said.detail() {
        text.push_str(": ");
        text.push_str(detail.trim_end_matches('.'));
    }
    let place = match said.position() {
        Some(PgErrorPosition::Original(at)) => marked(sql, at),
        Some(PgErrorPosition::Internal { position, query }) => marked(query, position),
        None => None,
    };
    if let Some(place) = place {
        text.push('\n');
        text.push_str(&place);
    }
    text
}

/// The line with the n-th character, counted from 1, and a mark under it.
fn marked(sql: &str, at: usize) -> Option<String> {
    let (byte, _) = sql.char_indices().nth(at.checked_sub(1)?)?;
    super::marked(sql, byte)
}

pub(super) fn meaning(said: &PgDatabaseError) -> Meaning {
    match said.code() {
        "55P03" | "40001" | "40P01" => Meaning::new(
            ErrorKind::Locked,
            "another session holds a lock that is needed; try again when it is done",
        ),
        "25006" => Meaning::new(
            ErrorKind::ReadOnly,
            "the server, or this session, does not allow writing: is it a standby, or is \
             `default_transaction_read_only` on?",
        ),
        "3F000" if said.message().starts_with("no schema has been selected") => Meaning::new(
            ErrorKind::Missing,
            "the `search_path` names no schema that is there: make one, or set it with \
             ALTER DATABASE .. SET search_path = ..",
        ),
        "42501" => Meaning::new(
            ErrorKind::Denied,
            "the role lacks a privilege: GRANT it, or take a role that has it",
        ),
        "28000" if said.message().contains("encryption") => Meaning::new(ErrorKind::Tls, TLS),
        "28000" | "28P01" => Meaning::new(
            ErrorKind::Denied,
            "are user and password in the url right? in a url, `@` is `%40` and `%` is `%25`",
        ),
        "3D000" => Meaning::new(
            ErrorKind::Missing,
            "make the database with CREATE DATABASE, or mend the url",
        ),
        "57014" => Meaning::new(ErrorKind::TimedOut, ENDED),
        // Starting up, shutting down, too many connections, ended by somebody.
        "57P01" | "57P02" | "57P03" | "53300" => {
            Meaning::new(ErrorKind::Unreachable, "try again when the server is ready")
        }
        _ => Meaning {
            kind: ErrorKind::Database,
            hint: said.hint().map(str::to_owned),
        },
    }
}

pub(super) fn hint(said: &PgDatabaseError) -> Option<String> {
    let what = |part: Option<&str>| match (said.table(), part) {
        (Some(table), Some(part)) => format!("{table}.{part}"),
        (None, Some(part)) | (Some(part), None) => part.to_owned(),
        (None, None) => String::new(),
    };
    Some(match said.code() {
        "23502" => rows::null(&what(said.column())),
        "23505" => rows::equal(&what(keys(said.detail()).or(said.constraint()))),
        "22001" | "22003" | "22007" | "22008" | "22P02" | "22P05" => rows::MISFITS.into(),
        "23514" => rows::check(said.constraint().unwrap_or_default()),
        "23503" => rows::ORPHANS.into(),
        "25001" => "write a line `-- autocommit` above the statement, or put it into \
                    `op.autocommit`; then what stands above it is committed first"
            .into(),
        "2BP01" => {
            let hint = "it depends on something that the migration removes: change or drop that \
                        in the migration first";
            match said.detail() {
                Some(_) => hint.into(),
                None => return said.hint().map(str::to_owned),
            }
        }
        _ => return meaning(said).hint,
    })
}

/// The columns in `Key (a, b)=(1, 2) is duplicated.`
fn keys(detail: Option<&str>) -> Option<&str> {
    let rest = detail?.strip_prefix("Key (")?;
    rest.split_once(")=(").map(|(keys, _)| keys)
}

#[cfg(test)]
mod tests {
    use super::{keys, marked};

    #[test]
    fn keys_stand_in_the_detail() {
        let detail = "Key (a, lower(b))=(1, x) is duplicated.";
        assert_eq!(keys(Some(detail)), Some("a, lower(b)"));
        assert_eq!(keys(Some("Something else.")), None);
    }

    #[test]
    fn the_place_is_shown_in_its_line() {
        let sql = "SELECT 'ü',\n  nope\nFROM t";
        assert_eq!(
            marked(sql, 15).as_deref(),
            Some("line 2:   nope\n          ^")
        );
        assert_eq!(
            marked(sql, 1).as_deref(),
            Some("line 1: SELECT 'ü',\n        ^")
        );
        assert_eq!(marked(sql, 99), None);
        assert_eq!(marked("", 1), None);
    }
}
