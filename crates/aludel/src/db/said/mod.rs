//! What the errors of drivers mean for the one who reads the message.
//!
//! It owns the words for everything that can happen before a server has said
//! anything; what the databases themselves say is read in the other files.
//! No url is ever shown here, so that no password can be.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub(crate) use sqlite::code;

use crate::error::{Error, ErrorKind};

/// What an error is and what to do about it.
struct Meaning {
    kind: ErrorKind,
    hint: Option<String>,
}

impl Meaning {
    fn new(kind: ErrorKind, hint: &str) -> Self {
        Self {
            kind,
            hint: Some(hint.to_owned()),
        }
    }

    fn unknown() -> Self {
        Self {
            kind: ErrorKind::Database,
            hint: None,
        }
    }
}

/// What a driver's error says, in the words of the database.
pub(crate) fn text(error: &sqlx::Error) -> String {
    text_in(error, "")
}

/// The same, with the place in the statement where the database gives it.
pub(crate) fn text_in(error: &sqlx::Error, sql: &str) -> String {
    let Some(said) = error.as_database_error() else {
        return of_driver(error).1;
    };
    #[cfg(feature = "postgres")]
    if let Some(said) = said.try_downcast_ref() {
        return postgres::text(said, sql);
    }
    #[cfg(feature = "mysql")]
    if let Some(said) = said.try_downcast_ref() {
        return mysql::text(said, sql);
    }
    #[cfg(feature = "sqlite")]
    if let Some(said) = said.try_downcast_ref() {
        return sqlite::text_in(said, sql);
    }
    let _ = sql;
    said.message().to_owned()
}

/// The line of a statement in which a byte stands, and a mark under it.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
fn marked(sql: &str, byte: usize) -> Option<String> {
    let (before, behind) = (sql.get(..byte)?, sql.get(byte..)?);
    if behind.is_empty() {
        return None;
    }
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = behind
        .find('\n')
        .map_or(sql.len(), |newline| byte + newline);
    let line = sql[start..end].trim_end();
    let number = before.matches('\n').count() + 1;
    let head = format!("line {number}: ");
    let column = head.chars().count() + before[start..].chars().count();
    Some(format!("{head}{line}\n{}^", " ".repeat(column)))
}

/// The one place where a text stands in a statement; `None` where it stands in
/// several, as nobody knows which one is meant.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
fn only_place(sql: &str, text: &str) -> Option<usize> {
    let is_part = |sign: Option<char>| sign.is_some_and(|c| c.is_alphanumeric() || c == '_');
    // Not in the middle of a word.
    let within = |one: Option<char>, other: Option<char>| is_part(one) && is_part(other);
    let begins = |at: usize| !within(sql[..at].chars().next_back(), text.chars().next());
    let ends = |at: usize| !within(text.chars().next_back(), sql[at..].chars().next());
    let places = sql.match_indices(text).map(|(at, _)| at);
    let mut places = places.filter(|at| begins(*at) && ends(at + text.len()));
    let first = places.next().filter(|_| !text.is_empty())?;
    places.next().is_none().then_some(first)
}

/// The error for something that a driver refused: `what` says what could not
/// be done.
pub(crate) fn database_error(error: &sqlx::Error, what: &str) -> Error {
    let meaning = meaning(error);
    Error::new(meaning.kind, format!("{what}: {}", text(error))).with_optional_hint(meaning.hint)
}

/// What kind of error it is.
pub(crate) fn kind(error: &sqlx::Error) -> ErrorKind {
    meaning(error).kind
}

fn meaning(error: &sqlx::Error) -> Meaning {
    let Some(said) = error.as_database_error() else {
        return of_driver(error).0;
    };
    #[cfg(feature = "postgres")]
    if let Some(said) = said.try_downcast_ref() {
        return postgres::meaning(said);
    }
    #[cfg(feature = "mysql")]
    if let Some(said) = said.try_downcast_ref() {
        return mysql::meaning(said);
    }
    #[cfg(feature = "sqlite")]
    if let Some(said) = said.try_downcast_ref() {
        return sqlite::meaning(said);
    }
    let _ = said;
    Meaning::unknown()
}

/// What to do about a statement of a migration that failed.
pub(crate) fn hint_for(error: &sqlx::Error, sql: &str) -> Option<String> {
    let said = error.as_database_error()?;
    #[cfg(feature = "postgres")]
    if let Some(said) = said.try_downcast_ref() {
        return of_new_table(sql, postgres::hint(said));
    }
    #[cfg(feature = "mysql")]
    if let Some(said) = said.try_downcast_ref() {
        return mysql::hint(said, sql);
    }
    #[cfg(feature = "sqlite")]
    if let Some(said) = said.try_downcast_ref() {
        return sqlite::hint(said);
    }
    let _ = (said, sql);
    None
}

/// A new table has no rows, and no type that was another one before.
#[cfg(feature = "postgres")]
fn of_new_table(sql: &str, hint: Option<String>) -> Option<String> {
    let mut words = sql.split_whitespace();
    let creates = words.any(|word| word.eq_ignore_ascii_case("create"))
        && words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("table"));
    if creates && hint.as_deref() == Some(rows::MISFITS) {
        return Some("a default of the new table is no value of the type of its column".into());
    }
    hint
}

/// Whether a statement failed because a table is not there.
pub(crate) fn is_missing_table(error: &sqlx::Error) -> bool {
    let Some(said) = error.as_database_error() else {
        return false;
    };
    match said.code().as_deref() {
        // The same state on PostgreSQL and on MySQL.
        Some("42P01" | "42S02") => true,
        _ => said.message().starts_with("no such table"),
    }
}

/// What a driver says by itself.
fn of_driver(error: &sqlx::Error) -> (Meaning, String) {
    let mut text = match error {
        sqlx::Error::Configuration(inner) | sqlx::Error::Tls(inner) => inner.to_string(),
        sqlx::Error::Io(inner) => inner.to_string(),
        other => other.to_string(),
    };
    if text.is_empty() {
        text = "no reason is given".into();
    }
    let meaning = match error {
        sqlx::Error::Tls(_) => Meaning::new(ErrorKind::Tls, TLS),
        sqlx::Error::Io(inner) if is_of_tls(&inner.to_string()) => {
            Meaning::new(ErrorKind::Tls, TLS)
        }
        sqlx::Error::Io(_) => Meaning::new(
            ErrorKind::Unreachable,
            "is the server running, and are host, port or socket in the url right?",
        ),
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
            Meaning::new(ErrorKind::Unreachable, "the pool gives no connection")
        }
        // A password goes to MySQL in a form that can be read, but through TLS.
        sqlx::Error::Configuration(inner) if inner.to_string().contains("RSA") => {
            text = "the server takes this password only over an encrypted connection".into();
            Meaning::new(ErrorKind::Tls, PASSWORD)
        }
        sqlx::Error::Configuration(_) => Meaning::new(ErrorKind::Url, "look at the url"),
        sqlx::Error::Protocol(message) if message.contains("TLS") || message.contains("SSL") => {
            Meaning::new(ErrorKind::Tls, TLS)
        }
        _ => Meaning::unknown(),
    };
    (meaning, text)
}

/// Whether the two sides could not agree on a connection that nobody reads.
fn is_of_tls(text: &str) -> bool {
    let words = [
        "certificate",
        "fatal alert",
        "peer is incompatible",
        "handshake",
    ];
    words.iter().any(|word| text.contains(word))
}

const ENCRYPTS: bool = cfg!(any(feature = "tls-rustls", feature = "tls-native-tls"));

const CANNOT_ENCRYPT: &str = "this build cannot encrypt connections: switch on the feature \
                              `tls-rustls` or `tls-native-tls` of aludel";

/// What to do when encryption is asked for.
const TLS: &str = if ENCRYPTS {
    "in the url, `sslmode=require` (on MySQL `ssl-mode=REQUIRED`) encrypts the connection and \
     `sslmode=disable` (`ssl-mode=DISABLED`) does not; where the server's certificate is to be \
     checked, `sslrootcert` (`ssl-ca`) names the file of its authority"
} else {
    CANNOT_ENCRYPT
};

/// What to do when a password may only go over an encrypted connection.
const PASSWORD: &str = if ENCRYPTS {
    "write `ssl-mode=REQUIRED` into the url in the place of `ssl-mode=DISABLED`; a server that \
     has no TLS has to get a certificate (`ssl_cert`, `ssl_key`), or the user another plugin than \
     caching_sha2_password"
} else {
    CANNOT_ENCRYPT
};

/// What to do about a statement that was ended.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const ENDED: &str = "somebody ended the statement, or it took longer than it may: is there a limit \
                     such as `statement_timeout`?";

/// What rows that are there already make of a new constraint.
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod rows {
    pub(super) fn null(what: &str) -> String {
        format!(
            "rows that exist already have NULL in `{what}`: fill them first, or give the column \
             `fill` or a default"
        )
    }

    pub(super) fn equal(what: &str) -> String {
        format!(
            "rows that exist already have equal values in `{what}`: find them with GROUP BY .. \
             HAVING count(*) > 1 and mend them first"
        )
    }

    pub(super) fn check(what: &str) -> String {
        format!("rows that exist already do not fulfil the check `{what}`: mend them first")
    }

    pub(super) const MISFITS: &str =
        "rows that exist already have values that do not fit the new type: mend them first";

    pub(super) const ORPHANS: &str = "rows refer to rows that do not exist: mend them first";
}
