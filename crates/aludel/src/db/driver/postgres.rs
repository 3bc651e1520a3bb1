//! PostgreSQL: the session that migrations run in.

use std::fmt::Write;

use aludel_core::dialect::TextRow;
use aludel_core::dialect::postgres::Postgres;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{ConnectOptions, PgConnection, Row};

use super::Origin;
use crate::db::connection::{Driver, Held, Value};
use crate::db::url::Server;
use crate::db::{Connection, Mode, Url, database_error};
use crate::error::{Error, ErrorKind, Result};

/// What servers and their log see of us.
const APPLICATION: &str = "aludel";

/// What is set on a session of our own. Notices are for people at a prompt; a
/// backslash in a string means itself on every server, and the minus of an
/// interval the same, as they do on one with the settings that it came with.
const SESSION: &str = "SET client_min_messages = warning; SET standard_conforming_strings = on; \
                       SET IntervalStyle = postgres";

pub(super) async fn open(url: &Url, server: &Server, mode: Mode) -> Result<Connection<'static>> {
    let mut options = server.postgres().map_err(|reason| {
        Error::new(
            ErrorKind::Url,
            format!("`{url}` cannot be opened: {reason}"),
        )
    })?;
    if !server.says("application_name") {
        options = options.application_name(APPLICATION);
    }
    connect(options, mode, &format!("`{url}` cannot be opened")).await
}

/// Opens a connection with settings for migrations; `what` says what could not
/// be done.
pub(in crate::db) async fn connect(
    options: PgConnectOptions,
    mode: Mode,
    what: &str,
) -> Result<Connection<'static>> {
    let options = options.disable_statement_logging();
    let wrong = |error| database_error(&error, what);
    let mut connection = options.connect().await.map_err(wrong)?;
    let mut session = SESSION.to_owned();
    if mode == Mode::ReadOnly {
        session.push_str("; SET default_transaction_read_only = on");
    }
    run(&mut connection, &session).await.map_err(wrong)?;
    Ok(of(
        Held::Owned(Box::new(connection)),
        Origin::Postgres(Box::new(options)),
    ))
}

fn of(held: Held<'_, sqlx::Postgres>, origin: Origin) -> Connection<'_> {
    Connection::new(Driver::Postgres(held), &Postgres, origin)
}

/// A connection that stays the caller's.
pub(crate) fn borrowed(connection: &mut PgConnection) -> Connection<'_> {
    of(Held::Borrowed(connection), Origin::Unknown)
}

/// A connection of a pool, detached, so that nothing that is set on it comes
/// back to the pool.
pub(crate) async fn from_pool(pool: &sqlx::PgPool) -> Result<Connection<'static>> {
    let wrong = |error| database_error(&error, "the pool gives no connection");
    let connection = pool.acquire().await.map_err(wrong)?.detach();
    let options = pool.connect_options();
    Ok(of(
        Held::Owned(Box::new(connection)),
        Origin::Postgres(Box::new((*options).clone())),
    ))
}

/// Has names without a schema be those of one alone. Gives the statement that
/// takes it back.
pub(in crate::db) async fn enter(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<Option<String>> {
    // It means the same whatever a backslash is to the session; and a text is
    // not cut off as a name is.
    let literal = |text: &str| {
        let text = text.replace('\\', "\\\\").replace('\'', "''");
        format!("E'{text}'::text")
    };
    let name = literal(schema);
    let sql = format!(
        "SELECT current_setting('search_path'), count(n.nspname), \
         count(nullif(has_schema_privilege(n.oid, 'USAGE'), false)) \
         FROM (SELECT 1) one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = {name}; \
         SELECT set_config('search_path', quote_ident(nspname), false) \
         FROM pg_catalog.pg_namespace WHERE nspname = {name}"
    );
    let wrong = |error| database_error(&error, &format!("the schema `{schema}` cannot be used"));
    let found = rows(connection, &sql).await.map_err(wrong)?;
    let mut first = found.into_iter().next().unwrap_or_default().into_iter();
    let path = first.next().flatten().unwrap_or_default();
    let mut counted = || first.next().flatten().as_deref() == Some("1");
    if !counted() {
        let error = Error::new(ErrorKind::Missing, format!("there is no schema `{schema}`"));
        return Err(error.with_hint("make it: CREATE SCHEMA"));
    }
    if !counted() {
        let error = Error::new(
            ErrorKind::Denied,
            format!("the role may not use the schema `{schema}`"),
        );
        return Err(error.with_hint("GRANT USAGE, CREATE ON SCHEMA"));
    }
    let path = literal(&path);
    Ok(Some(format!(
        "SELECT set_config('search_path', {path}, false)"
    )))
}

/// The values of a row as text, in which the simple protocol sends them.
pub(crate) fn text(row: &PgRow) -> Result<TextRow, sqlx::Error> {
    (0..row.len())
        .map(|column| row.try_get_unchecked(column))
        .collect()
}

super::statements!(PgConnection);

/// The rows of all statements of one text.
pub(crate) async fn rows(
    connection: &mut PgConnection,
    sql: &str,
) -> Result<Vec<TextRow>, sqlx::Error> {
    let answers = answers(connection, sql).await?;
    Ok(answers.into_iter().flatten().collect())
}

/// A statement with `$1` and so on for each `?` outside of quotes.
fn placeholders(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len() + 8);
    let mut quote = None;
    let mut count = 0;
    for c in sql.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        if c == '?' && quote.is_none() {
            count += 1;
            let _ = write!(text, "${count}");
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_are_numbered_outside_of_quotes() {
        assert_eq!(
            super::placeholders("INSERT INTO \"a?\" VALUES (?, '?', ?)"),
            "INSERT INTO \"a?\" VALUES ($1, '?', $2)"
        );
    }
}
