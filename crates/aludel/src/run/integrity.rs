//! What is broken in a database: rows that refer to nothing, views and
//! triggers that name what is not there. A migration may find such things; it
//! may not add to them.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Executor, Row, SqliteConnection};

use crate::db::{database_error, text};
use crate::error::{Error, ErrorKind, Result};

/// Rows without their parent, by the table and the table that it refers to.
pub(crate) type Orphans = BTreeMap<(String, String), u64>;

/// What is broken at one moment.
#[derive(Debug, Default)]
pub(super) struct Integrity {
    orphans: Orphans,
    /// What SQLite says of tables whose foreign keys refer to nothing unique.
    mismatched: BTreeMap<String, String>,
    /// What SQLite says when it is made to look at every view and trigger.
    unresolved: Option<String>,
}

impl Integrity {
    pub(super) async fn read(connection: &mut SqliteConnection) -> Result<Self> {
        let (orphans, mismatched) = match check(connection, "PRAGMA foreign_key_check").await {
            Ok(orphans) => (orphans, BTreeMap::new()),
            // One key whose parent has no unique index spoils the whole check.
            Err(_) => by_table(connection).await?,
        };
        Ok(Self {
            orphans,
            mismatched,
            unresolved: unresolved(connection).await?,
        })
    }

    /// Fails where something is broken now that was not before; gives the rows
    /// without a parent that were there all along.
    pub(super) async fn compare(self, connection: &mut SqliteConnection) -> Result<Orphans> {
        refuse_hidden(connection).await?;
        let after = Self::read(connection).await?;
        if let Some(message) = after.unresolved
            && self.unresolved.as_ref() != Some(&message)
        {
            return Err(Error::new(
                ErrorKind::Migration,
                format!("the migration would break something: {message}"),
            )
            .with_hint("change or drop it in the migration, before what it names goes away"));
        }
        // A renamed table brings what is broken of it along.
        if after.mismatched.len() > self.mismatched.len()
            && let Some((table, message)) = after
                .mismatched
                .iter()
                .find(|(table, _)| !self.mismatched.contains_key(*table))
        {
            return Err(Error::new(
                ErrorKind::Migration,
                format!("the migration would break a foreign key of `{table}`: {message}"),
            )
            .with_hint("the columns that it refers to need a primary key or a unique constraint"));
        }
        let total = |orphans: &Orphans| orphans.values().sum::<u64>();
        let more = total(&after.orphans) > total(&self.orphans);
        for ((table, parent), rows) in &after.orphans {
            let before = self.orphans.get(&(table.clone(), parent.clone()));
            // A renamed table brings its old orphans along under a new name.
            if before.map_or(more, |before| rows > before) {
                let new = rows - before.copied().unwrap_or_default();
                return Err(Error::new(
                    ErrorKind::Migration,
                    format!(
                        "FOREIGN KEY constraint failed: {new} row(s) of `{table}` would refer to \
                         rows of `{parent}` that do not exist"
                    ),
                )
                .with_hint("delete those rows, or add what they refer to, before the migration"));
            }
        }
        Ok(after.orphans)
    }
}

/// Refuses a connection whose temporary tables have the names of others: a name
/// means the temporary one first, so that the migration would change that.
pub(super) async fn refuse_hidden(connection: &mut SqliteConnection) -> Result<()> {
    let sql = "SELECT name FROM temp.sqlite_master WHERE type IN ('table', 'view') \
               AND name NOT LIKE 'sqlite!_stat%' ESCAPE '!' AND lower(name) IN \
               (SELECT lower(name) FROM main.sqlite_master WHERE type IN ('table', 'view')) LIMIT 1";
    let hidden: Option<String> = sqlx::query_scalar(sql)
        .fetch_optional(connection)
        .await
        .map_err(|error| database_error(&error, "the temporary tables cannot be read"))?;
    let Some(name) = hidden else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::Migration,
        format!(
            "the connection has a temporary `{name}`, which hides that of the database: a \
             migration would change the wrong one"
        ),
    )
    .with_hint("hand in a connection without temporary tables of these names"))
}

async fn by_table(
    connection: &mut SqliteConnection,
) -> Result<(Orphans, BTreeMap<String, String>)> {
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| database_error(&error, "the tables cannot be read"))?;
    let (mut all, mut mismatched) = (BTreeMap::new(), BTreeMap::new());
    for table in tables {
        let sql = format!(
            "PRAGMA foreign_key_check(\"{}\")",
            table.replace('"', "\"\"")
        );
        match check(connection, &sql).await {
            Ok(orphans) => all.extend(orphans),
            Err(error) => {
                mismatched.insert(table, text(&error));
            }
        }
    }
    Ok((all, mismatched))
}

async fn check(connection: &mut SqliteConnection, sql: &str) -> Result<Orphans, sqlx::Error> {
    let mut orphans = BTreeMap::new();
    for row in sqlx::raw_sql(AssertSqlSafe(sql))
        .fetch_all(connection)
        .await?
    {
        *orphans
            .entry((row.try_get(0)?, row.try_get(2)?))
            .or_default() += 1;
    }
    Ok(orphans)
}

/// A rename makes SQLite resolve every view and trigger; it is undone at once.
async fn unresolved(connection: &mut SqliteConnection) -> Result<Option<String>> {
    let wrong = |error| database_error(&error, "the views and triggers cannot be checked");
    connection
        .execute("SAVEPOINT aludel_check")
        .await
        .map_err(wrong)?;
    connection
        .execute("CREATE TABLE \"aludel_check\" (a)")
        .await
        .map_err(wrong)?;
    let renamed = connection
        .execute("ALTER TABLE \"aludel_check\" RENAME TO \"aludel_checked\"")
        .await;
    connection
        .execute("ROLLBACK TO aludel_check")
        .await
        .map_err(wrong)?;
    connection
        .execute("RELEASE aludel_check")
        .await
        .map_err(wrong)?;
    Ok(renamed.err().map(|error| text(&error)))
}
