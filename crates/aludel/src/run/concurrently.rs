//! Indexes that PostgreSQL builds beside other work. One that cannot be built
//! is left behind INVALID: it finds nothing, costs every write, and its name
//! is taken.
//!
//! It owns taking such an index away, before its statement runs again and
//! after it has failed. It must not know why the index is built.

use super::journal::words::{Word, words};
use crate::db::{Connection, database_error};
use crate::error::{Error, Result};

/// A CREATE INDEX CONCURRENTLY that is about to run.
#[derive(Debug)]
pub(super) struct Build {
    /// The table, as the statement names it.
    table: String,
    /// What was INVALID before and is not ours.
    others: Vec<String>,
}

impl Build {
    /// Takes away what an earlier try has left; `None` for any other statement.
    pub(super) async fn prepare(
        connection: &mut Connection<'_>,
        sql: &str,
    ) -> Result<Option<Self>> {
        if connection.dialect().name() != "postgres" {
            return Ok(None);
        }
        let Some((index, table)) = built(&words(sql, false)) else {
            return Ok(None);
        };
        let mut others = Vec::new();
        for (name, spelled) in invalid(connection, &table).await? {
            if index.as_ref() == Some(&name) {
                tracing::info!(
                    index = spelled,
                    "an INVALID index of an earlier try goes away"
                );
                drop_index(connection, &spelled).await?;
            } else {
                others.push(spelled);
            }
        }
        Ok(Some(Self { table, others }))
    }

    /// Takes away what the failed statement has left, or says that it is there.
    pub(super) async fn clean_up(self, connection: &mut Connection<'_>, error: Error) -> Error {
        let left = match invalid(connection, &self.table).await {
            Ok(left) => left,
            Err(cause) => {
                tracing::debug!(%cause, "whether an INVALID index is left is not known");
                return error;
            }
        };
        let mut notes = Vec::new();
        for (_, spelled) in left {
            if self.others.contains(&spelled) {
                continue;
            }
            notes.push(match drop_index(connection, &spelled).await {
                Ok(()) => format!("the INVALID index {spelled} that it left was dropped"),
                Err(_) => format!(
                    "the INVALID index {spelled} is left: the next try drops it, or `DROP INDEX \
                     CONCURRENTLY {spelled}`"
                ),
            });
        }
        match notes.as_slice() {
            [] => error,
            _ => error.with_note(&notes.join("; ")),
        }
    }
}

/// The indexes of a table that are INVALID, and that nobody is building: the
/// name, and how it is written in a statement.
async fn invalid(connection: &mut Connection<'_>, table: &str) -> Result<Vec<(String, String)>> {
    let sql = format!(
        "SELECT c.relname, format('%I.%I', n.nspname, c.relname) FROM pg_index i \
         JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE NOT i.indisvalid AND i.indrelid = to_regclass('{}') AND c.relkind = 'i' \
         AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p \
           WHERE p.index_relid = i.indexrelid) ORDER BY 1",
        table.replace('\'', "''")
    );
    let rows = connection.read(&sql).await;
    let rows = rows.map_err(|error| {
        database_error(&error, "whether an index is INVALID cannot be found out")
    })?;
    let pairs = rows.into_iter().filter_map(|row| {
        let mut values = row.into_iter().flatten();
        Some((values.next()?, values.next()?))
    });
    Ok(pairs.collect())
}

async fn drop_index(connection: &mut Connection<'_>, spelled: &str) -> Result<()> {
    let sql = format!("DROP INDEX CONCURRENTLY IF EXISTS {spelled}");
    let done = connection.run(&sql).await;
    done.map_err(|error| {
        let what = format!("the INVALID index {spelled} cannot be dropped");
        database_error(&error, &what)
    })
}

/// The name of the index, if it has one, and the table of a
/// `CREATE [UNIQUE] INDEX CONCURRENTLY`.
fn built(words: &[Word]) -> Option<(Option<String>, String)> {
    let mut at = 0;
    let mut next_is = |word: &str| {
        let found = words.get(at).is_some_and(|found| found.is(word));
        at += usize::from(found);
        found
    };
    let is_create = next_is("create");
    next_is("unique");
    if !is_create || !next_is("index") || !next_is("concurrently") {
        return None;
    }
    if next_is("if") {
        next_is("not");
        next_is("exists");
    }
    let index = match words.get(at)? {
        word if word.is("on") => None,
        Word::Plain(name) => Some(name.to_lowercase()),
        Word::Quoted(name) => Some(name.clone()),
        Word::Text(_) | Word::Mark(_) => return None,
    };
    at += usize::from(index.is_some());
    if !words.get(at)?.is("on") {
        return None;
    }
    at += 1 + usize::from(words.get(at + 1)?.is("only"));
    let mut table = spelled(words.get(at)?)?;
    if words.get(at + 1) == Some(&Word::Mark('.')) {
        table = format!("{table}.{}", spelled(words.get(at + 2)?)?);
    }
    Some((index, table))
}

fn spelled(word: &Word) -> Option<String> {
    match word {
        Word::Plain(name) => Some(name.clone()),
        Word::Quoted(name) => Some(format!("\"{}\"", name.replace('"', "\"\""))),
        Word::Text(_) | Word::Mark(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_and_its_table_are_found() {
        let found = |sql: &str| built(&words(sql, false));
        let some =
            |index: Option<&str>, table: &str| Some((index.map(str::to_owned), table.to_owned()));
        assert_eq!(
            found("CREATE UNIQUE INDEX CONCURRENTLY Uq ON t (x)"),
            some(Some("uq"), "t")
        );
        assert_eq!(
            found("create index concurrently if not exists \"A b\" on only s.\"T\" using gin (x)"),
            some(Some("A b"), "s.\"T\"")
        );
        assert_eq!(found("CREATE INDEX CONCURRENTLY ON t (x)"), some(None, "t"));
        assert_eq!(found("CREATE INDEX uq ON t (x)"), None);
        assert_eq!(found("DROP INDEX CONCURRENTLY uq"), None);
    }
}
