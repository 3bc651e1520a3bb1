//! A scratch database that is kept on a server: which ones are never taken for
//! it, and how it is emptied.

use std::time::Duration;

use aludel_core::dialect::TextRow;

use super::no_scratch;
use crate::db::connection::{Connection, Mode, connect};
use crate::db::{Url, database_error};
use crate::error::{Error, ErrorKind, Result};

/// The table by which a database is known that somebody was killed in.
const MARK: &str = "aludel_scratch";

/// How often, and how many times, it is looked whether the database is free.
const PAUSE: Duration = Duration::from_millis(250);
const TRIES: u32 = 120;

/// Which database it is, whatever url led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// The product, as people know it.
    title: &'static str,
    rows: Vec<TextRow>,
}

impl Identity {
    /// The identity of the database that is connected.
    pub(super) async fn of(connection: &mut Connection<'_>) -> Result<Self> {
        let title = connection.dialect().title();
        let sql = if connection.dialect().name() == "mysql" {
            "SELECT lower(DATABASE()), @@hostname, @@port, @@datadir"
        } else {
            // The moment is that of one server alone.
            "SELECT current_database(), extract(epoch FROM pg_postmaster_start_time())::text"
        };
        let rows = connection.read(sql).await;
        let wrong = |error| database_error(&error, "the database does not tell which one it is");
        Ok(Self {
            title,
            rows: rows.map_err(wrong)?,
        })
    }
}

/// The database that migrations are for, which must not be taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Real {
    /// One that was asked.
    Known(Identity),
    /// One that is left out, of this product.
    Absent(&'static str),
}

/// Opens a database that is kept for this, and empties it. It must be empty
/// or bear our mark, and it must not be the one that migrations are for: a url
/// that was written down by mistake costs nothing.
pub(super) async fn open(url: &Url, real: &Real) -> Result<Connection<'static>> {
    let reason = |error: &Error| no_scratch(&error.to_string());
    let title = match real {
        Real::Known(real) => real.title,
        Real::Absent(title) => title,
    };
    if !url.is_server() {
        return Err(other_kind(url, "SQLite", title));
    }
    let mut connection = connect(url, Mode::ReadWrite)
        .await
        .map_err(|error| reason(&error))?;
    let own = Identity::of(&mut connection).await?;
    // Whether a server is MySQL or MariaDB is only known once one was asked.
    let same_kind = match real {
        Real::Known(_) => own.title == title,
        Real::Absent(_) => {
            let named = |title: &str| ["MySQL", "MariaDB"].contains(&title);
            own.title == title || (named(own.title) && named(title))
        }
    };
    if !same_kind {
        return Err(other_kind(url, own.title, title));
    }
    if matches!(real, Real::Known(real) if own == *real) {
        return Err(Error::new(
            ErrorKind::Url,
            format!("`scratch_url` names the database that the migrations are for, `{url}`"),
        )
        .with_hint(
            "a scratch database is emptied: name one of its own, or leave `scratch_url` out",
        ));
    }
    alone(&mut connection, url).await?;
    let mysql = connection.dialect().name() == "mysql";
    let rows = connection.read(tables(mysql)).await.map_err(wrong)?;
    let tables: Vec<String> = rows.into_iter().flatten().flatten().collect();
    if !tables.is_empty() && !tables.iter().any(|table| table == MARK) {
        return Err(no_scratch(&format!(
            "`{url}` holds tables that aludel did not make there (`{}`)",
            tables.first().map_or("", String::as_str)
        )));
    }
    empty(&mut connection).await?;
    let mark = format!("CREATE TABLE {MARK} (a INTEGER)");
    connection.run(&mark).await.map_err(wrong)?;
    Ok(connection)
}

fn other_kind(url: &Url, own: &str, title: &str) -> Error {
    Error::new(
        ErrorKind::Url,
        format!(
            "`scratch_url` names a {own} database, `{url}`, and the migrations are for {title}"
        ),
    )
    .with_hint(format!(
        "name an empty {title} database, or leave `scratch_url` out"
    ))
}

fn wrong(error: sqlx::Error) -> Error {
    database_error(&error, "the scratch database cannot be emptied")
}

/// Waits until nobody else uses it, and keeps others waiting for as long as the
/// connection lives.
async fn alone(connection: &mut Connection<'_>, url: &Url) -> Result<()> {
    let sql = if connection.dialect().name() == "mysql" {
        "SELECT GET_LOCK(left(concat('aludel_scratch_', DATABASE()), 64), 0)"
    } else {
        // Any number will do, as long as it is always the same.
        "SELECT pg_try_advisory_lock(4711081517)::int"
    };
    for _ in 0..TRIES {
        let rows = connection.read(sql).await.map_err(wrong)?;
        if rows.into_iter().flatten().flatten().eq(["1"]) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(Error::new(
        ErrorKind::Locked,
        format!("somebody else is using the scratch database `{url}`"),
    )
    .with_hint("wait for it to end, and try again"))
}

/// Takes everything out of it, the mark last of all.
pub(super) async fn empty(connection: &mut Connection<'_>) -> Result<()> {
    let mysql = connection.dialect().name() == "mysql";
    let rows = connection.read(leftovers(mysql)).await.map_err(wrong)?;
    let mut drops: Vec<String> = rows.into_iter().flatten().flatten().collect();
    if mysql {
        drops.insert(0, "SET SESSION foreign_key_checks = 0".to_owned());
        drops.push(format!("DROP TABLE IF EXISTS {MARK}"));
        drops.push("SET SESSION foreign_key_checks = DEFAULT".to_owned());
    } else {
        // All or nothing, so that the mark goes with the rest.
        drops.insert(0, "BEGIN".to_owned());
        drops.push("CREATE SCHEMA IF NOT EXISTS public".to_owned());
        drops.push("COMMIT".to_owned());
    }
    for sql in drops {
        connection.run(&sql).await.map_err(wrong)?;
    }
    Ok(())
}

/// The tables of a database.
fn tables(mysql: bool) -> &'static str {
    if mysql {
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
    } else {
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' \
         AND n.nspname <> 'information_schema'"
    }
}

/// The statements that empty a database.
fn leftovers(mysql: bool) -> &'static str {
    if mysql {
        "SELECT concat('DROP ', if(table_type LIKE '%VIEW%', 'VIEW', \
         if(table_type = 'SEQUENCE', 'SEQUENCE', 'TABLE')), \
         ' `', replace(table_name, '`', '``'), '`') \
         FROM information_schema.tables WHERE table_schema = DATABASE() \
         AND table_name <> 'aludel_scratch' \
         UNION ALL SELECT concat('DROP ', routine_type, ' `', replace(routine_name, '`', '``'), '`') \
         FROM information_schema.routines WHERE routine_schema = DATABASE() \
         UNION ALL SELECT concat('DROP EVENT `', replace(event_name, '`', '``'), '`') \
         FROM information_schema.events WHERE event_schema = DATABASE()"
    } else {
        "SELECT 'DROP SCHEMA ' || quote_ident(nspname) || ' CASCADE' FROM pg_namespace \
         WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
    }
}
