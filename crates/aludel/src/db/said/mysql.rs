//! What the error numbers of MySQL and MariaDB mean.

use sqlx::mysql::MySqlDatabaseError;

use super::{ENDED, Meaning, TLS, rows};
use crate::error::ErrorKind;

/// The message with its number, under which it is looked up.
pub(super) fn text(said: &MySqlDatabaseError, sql: &str) -> String {
    if let Some(table) = guarded(said, sql) {
        return format!("{table} has rows, and nothing says what they get in the new column");
    }
    let text = format!("{} (error {})", said.message(), said.number());
    let near = near(said.message());
    match near.and_then(|near| super::marked(sql, super::only_place(sql, near)?)) {
        Some(place) => format!("{text}\n{place}"),
        None => text,
    }
}

/// What stands behind the place that a message is about: the rest of the
/// statement, or the beginning of it.
fn near(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once(" near '")?;
    Some(rest.rsplit_once("' at line ")?.0)
}

/// The table of a statement that is there to fail where it has rows.
fn guarded<'s>(said: &MySqlDatabaseError, sql: &'s str) -> Option<&'s str> {
    const MORE_THAN_ONE_ROW: u16 = 1242;
    let rest = sql
        .trim_start()
        .strip_prefix("SELECT CASE WHEN EXISTS (SELECT 1 FROM ")?;
    let table = rest.strip_suffix(") THEN (SELECT 1 UNION ALL SELECT 2) END")?;
    (said.number() == MORE_THAN_ONE_ROW).then_some(table)
}

pub(super) fn meaning(said: &MySqlDatabaseError) -> Meaning {
    match said.number() {
        1205 | 1213 | 3572 => Meaning::new(
            ErrorKind::Locked,
            "another session holds a lock that is needed; try again when it is done",
        ),
        1290 | 1792 | 1836 => Meaning::new(
            ErrorKind::ReadOnly,
            "the server, or this session, does not allow writing: is it a replica, or is \
             `transaction_read_only` on?",
        ),
        3159 => Meaning::new(ErrorKind::Tls, TLS),
        // Access to a database that is not there is denied in the same words.
        1044 | 1045 | 1698 => Meaning::new(
            ErrorKind::Denied,
            "are user, password and database in the url right? in a url, `@` is `%40` and `%` is \
             `%25`",
        ),
        1142 | 1143 | 1227 | 1370 | 1419 => Meaning::new(
            ErrorKind::Denied,
            "the user lacks a privilege: GRANT it, or take a user that has it",
        ),
        1049 => Meaning::new(
            ErrorKind::Missing,
            "make the database with CREATE DATABASE, or mend the url",
        ),
        1040 | 1053 | 1203 | 1927 | 4031 => {
            Meaning::new(ErrorKind::Unreachable, "try again when the server is ready")
        }
        // Ended by somebody, or by a limit of the server.
        1317 | 1969 | 3024 => Meaning {
            kind: ErrorKind::TimedOut,
            hint: Some(ENDED.into()),
        },
        1046 => Meaning::new(ErrorKind::Url, "name the database in the url"),
        _ => Meaning::unknown(),
    }
}

pub(super) fn hint(said: &MySqlDatabaseError, sql: &str) -> Option<String> {
    if guarded(said, sql).is_some() {
        return Some("give the column `fill` or a default, or let it be NULL".into());
    }
    let quoted = |nth: usize| said.message().split('\'').nth(nth).unwrap_or_default();
    Some(match said.number() {
        1048 | 1138 | 1364 => rows::null(quoted(1)),
        // For a NULL as for a value of another type.
        1265 => format!(
            "rows that exist already have NULL in `{}`, or a value that does not fit its new \
             type: mend them first",
            quoted(1)
        ),
        1264 | 1292 | 1366 | 1406 | 1411 | 3140 => rows::MISFITS.into(),
        1062 => rows::equal(quoted(3)),
        3819 => rows::check(quoted(1)),
        4025 => rows::check(said.message().split('`').nth(1).unwrap_or_default()),
        1216 | 1452 => rows::ORPHANS.into(),
        1217 | 1451 => "other rows refer to the rows that would go: delete those first".into(),
        _ => return meaning(said).hint,
    })
}
