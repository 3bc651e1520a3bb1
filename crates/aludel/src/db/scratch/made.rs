//! Scratch databases that are made on a server: making and dropping one, and
//! dropping those that were left behind.

use aludel_core::dialect::TextRow;

use super::name::{PREFIX, ScratchName};
use super::{STALE, no_scratch};
use crate::db::connection::Connection;
use crate::db::driver::Origin;
use crate::db::{database_error, text_in};
use crate::error::{Error, ErrorKind, Result};

/// A database that was made, and how the server is reached.
#[derive(Debug)]
pub(super) struct Made {
    name: ScratchName,
    origin: Origin,
}

/// Makes a database on the server.
pub(super) async fn new(origin: &Origin) -> Result<(Connection<'static>, Option<Made>)> {
    let reason = |error: &Error| no_scratch(&error.to_string());
    let mut server = origin.connect(None).await.map_err(|error| reason(&error))?;
    drop_stale(&mut server).await;
    let mysql = server.dialect().name() == "mysql";
    let name = ScratchName::new();
    let create = creation(&mut server, &name).await?;
    let created = server.run(&create).await;
    let closed = server.close().await;
    if let Err(error) = created {
        return Err(no_scratch(&text_in(&error, "")).with_hint(privilege(mysql)));
    }
    if let Err(error) = closed {
        tracing::debug!(%error, "the connection to the server does not close");
    }
    let made = Made {
        origin: origin.clone(),
        name,
    };
    match origin.connect(Some(&made.name.to_string())).await {
        Ok(connection) => Ok((connection, Some(made))),
        Err(error) => {
            let error = reason(&error);
            made.drop().await?;
            Err(error)
        }
    }
}

/// What lets a role make one.
fn privilege(mysql: bool) -> &'static str {
    if mysql {
        "name an empty database as `scratch_url`, or let the user make them: \
         GRANT ALL ON `aludel\\_scratch\\_%`.* TO .."
    } else {
        "name an empty database as `scratch_url`, or let the role make them: ALTER ROLE .. CREATEDB"
    }
}

/// The statement that makes a database like the one that is connected.
async fn creation(server: &mut Connection<'_>, name: &ScratchName) -> Result<String> {
    let wrong = |error| database_error(&error, "the database does not tell how it was made");
    if server.dialect().name() == "mysql" {
        let sql = "SELECT default_character_set_name, default_collation_name \
                   FROM information_schema.schemata WHERE schema_name = DATABASE()";
        let rows = server.read(sql).await.map_err(wrong)?;
        let [Some(charset), Some(collation)] = first(rows) else {
            return Ok(format!("CREATE DATABASE `{name}`"));
        };
        return Ok(format!(
            "CREATE DATABASE `{name}` CHARACTER SET {charset} COLLATE {collation}"
        ));
    }
    // The provider of the locale has changed its columns from version to
    // version; the row as JSON has them all.
    let sql = "SELECT pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, \
               to_jsonb(d) ->> 'datlocprovider', \
               coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') \
               FROM pg_database d WHERE d.datname = current_database()";
    let rows = server.read(sql).await.map_err(wrong)?;
    let [encoding, collate, ctype, provider, locale] = first(rows);
    let text = |value: Option<String>| value.unwrap_or_default().replace('\'', "''");
    let mut sql = format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING '{}' LC_COLLATE '{}' LC_CTYPE '{}'",
        text(encoding),
        text(collate),
        text(ctype)
    );
    match (provider.as_deref(), locale) {
        (Some("i"), Some(locale)) => {
            sql.push_str(" LOCALE_PROVIDER icu ICU_LOCALE ");
            sql.push_str(&format!("'{}'", text(Some(locale))));
        }
        (Some("b"), Some(locale)) => {
            sql.push_str(" LOCALE_PROVIDER builtin BUILTIN_LOCALE ");
            sql.push_str(&format!("'{}'", text(Some(locale))));
        }
        _ => {}
    }
    Ok(sql)
}

/// The first values of the first row.
fn first<const N: usize>(rows: Vec<TextRow>) -> [Option<String>; N] {
    let mut values = rows.into_iter().next().unwrap_or_default().into_iter();
    std::array::from_fn(|_| values.next().flatten())
}

/// Drops what was left behind by processes that were killed.
async fn drop_stale(server: &mut Connection<'_>) {
    let mysql = server.dialect().name() == "mysql";
    let like = PREFIX.replace('_', r"\_");
    let sql = if mysql {
        format!(
            "SELECT s.schema_name FROM information_schema.schemata s \
             WHERE s.schema_name LIKE '{}%' AND NOT EXISTS \
             (SELECT 1 FROM information_schema.processlist p WHERE p.db = s.schema_name)",
            like.replace('\\', "\\\\")
        )
    } else {
        format!(
            "SELECT d.datname FROM pg_database d WHERE d.datname LIKE '{like}%' AND NOT EXISTS \
             (SELECT 1 FROM pg_stat_activity a WHERE a.datname = d.datname)"
        )
    };
    let names = server.read(&sql).await.unwrap_or_default();
    for name in names.into_iter().flatten().flatten() {
        if !ScratchName::read(&name).is_some_and(|name| name.is_stale(STALE)) {
            continue;
        }
        // Somebody else may be doing the same.
        if let Err(error) = server.run(&drop_statement(mysql, &name)).await {
            tracing::debug!(database = name, %error, "a scratch database cannot be dropped");
        }
    }
}

/// Names that are read by [`ScratchName`] need no quotes.
fn drop_statement(mysql: bool, name: &str) -> String {
    let quote = if mysql { "`" } else { "\"" };
    format!("DROP DATABASE IF EXISTS {quote}{name}{quote}")
}

impl Made {
    /// Drops the database. Nobody is connected to it any more but, for a
    /// moment, the session that has just been closed.
    pub(super) async fn drop(self) -> Result<()> {
        let mut server = self.origin.connect(None).await?;
        let mysql = server.dialect().name() == "mysql";
        let sql = drop_statement(mysql, &self.name.to_string());
        let mut tries = 0;
        let dropped = loop {
            match server.run(&sql).await {
                Err(error) if is_in_use(&error) && tries < 40 => {
                    tries += 1;
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                done => break done,
            }
        };
        let closed = server.close().await;
        dropped.map_err(|error| {
            database_error(&error, &format!("`{}` cannot be dropped", self.name))
                .with_hint("drop it by hand, or let the next run do it")
        })?;
        closed
    }

    /// The same where nothing can be waited for.
    pub(super) fn drop_on_a_thread(self) {
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let done = match runtime {
                Ok(runtime) => runtime.block_on(self.drop()),
                Err(error) => Err(Error::new(ErrorKind::Database, error.to_string())),
            };
            if let Err(error) = done {
                tracing::warn!(%error, "a scratch database was left behind");
            }
        });
        let _ = thread.join();
    }
}

/// Whether somebody is connected to a database that is to be dropped.
fn is_in_use(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.as_deref() == Some("55006")
}
