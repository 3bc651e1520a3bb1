//! The whole catalogue in a fixed number of queries, and what their rows mean.
//!
//! It owns the queries and puts a [`Snapshot`] together; its parts know what
//! the rows of one query say. It must not know models or statements.
//!
//! | part | owns |
//! |---|---|
//! | `queries` | what is asked |
//! | `rows` | one row, by position |
//! | `shown` | what has to be asked of one thing after the other, and is rare |
//! | `statement` | the statement that makes a table, taken apart |
//! | `columns` | columns with their defaults and clauses |
//! | `keys` | indexes, foreign keys and checks |
//! | `options` | what is said of a whole table |
//! | `objects` | views, triggers, routines, events |

mod columns;
mod keys;
mod objects;
mod options;
mod queries;
mod rows;
pub(super) mod shown;
mod statement;

use std::collections::BTreeMap;

pub(super) use queries::queries;

use self::queries::Asked;
use self::rows::Row;
use self::shown::Shown;
use super::MySql;
use super::canonical::{canonical, of_server};
use crate::dialect::{Scope, Server, Snapshot, SqlObject, TextRow, Unmanaged};
use crate::error::{Error, Result};
use crate::schema::{Name, Schema, Table, TableName, TableNames};

/// The database that the rows describe.
pub(super) fn snapshot(on: MySql, _: &Scope, mut answers: Vec<Vec<TextRow>>) -> Result<Snapshot> {
    let shown = answers.split_off(answers.len().min(Asked::LIST.len() + 1));
    let shown = Shown::new(on, &answers, &shown);
    let mut answers = answers.into_iter();
    let mut found = Found::new(on, &answers.next().unwrap_or_default(), shown)?;
    let mut rows: BTreeMap<Asked, Vec<TextRow>> =
        Asked::LIST.iter().copied().zip(answers).collect();
    let mut take = |asked: Asked| rows.remove(&asked).unwrap_or_default();
    options::tables(&mut found, &take(Asked::Tables))?;
    columns::columns(&mut found, &take(Asked::Columns))?;
    keys::indexes(&mut found, &take(Asked::Indexes))?;
    let mut rules = take(Asked::References);
    rules.extend(found.shown.rules());
    keys::foreign_keys(&mut found, &take(Asked::KeyColumns), &rules)?;
    keys::checks(&mut found, &take(Asked::Checks))?;
    objects::views(&mut found, &take(Asked::Views))?;
    objects::triggers(&mut found, &take(Asked::Triggers))?;
    let parameters = take(Asked::Parameters);
    objects::routines(&mut found, &take(Asked::Routines), &parameters)?;
    objects::events(&mut found, &take(Asked::Events))?;
    Ok(found.finish())
}

/// What has been read so far.
struct Found {
    on: MySql,
    server: Server,
    /// Who asks, as the server writes it.
    user: String,
    /// The `sql_mode` of the session that asks.
    mode: String,
    /// The default collations of the databases.
    collations: BTreeMap<String, String>,
    tables: BTreeMap<TableName, Table>,
    /// The columns of what is no table.
    view_columns: BTreeMap<TableName, Vec<String>>,
    objects: Vec<SqlObject>,
    unmanaged: Vec<Unmanaged>,
    /// What was asked of single things.
    shown: Shown,
}

impl Found {
    fn new(on: MySql, rows: &[TextRow], shown: Shown) -> Result<Self> {
        let mut found = Self {
            on,
            server: Server::default(),
            user: String::new(),
            mode: String::new(),
            collations: BTreeMap::new(),
            tables: BTreeMap::new(),
            view_columns: BTreeMap::new(),
            objects: Vec::new(),
            unmanaged: Vec::new(),
            shown,
        };
        for row in rows.iter().map(Row) {
            let (schema, collation) = (row.text(0)?, row.text(1)?);
            let current = row.text(4)?;
            found
                .collations
                .insert(schema.to_owned(), collation.to_owned());
            if schema == current {
                let version = row.text(2)?;
                let maria = version.to_ascii_lowercase().contains("mariadb");
                found.server = Server {
                    product: if maria { "MariaDB" } else { "MySQL" }.into(),
                    version: version_of(version),
                    schema: current.to_owned(),
                    collation: collation.to_owned(),
                    table_names: match row.text(5)? {
                        "1" => TableNames::InSmallLetters,
                        "2" => TableNames::InAnyCase,
                        _ => TableNames::AsWritten,
                    },
                };
                row.get(6).unwrap_or_default().clone_into(&mut found.mode);
                row.text(7)?.clone_into(&mut found.user);
            }
        }
        if found.server.schema.is_empty() {
            return Err(
                Error::new("the connection has chosen no database, or may not see it").with_hint(
                    "name a database that exists at the end of the url: `mysql://host/name`",
                ),
            );
        }
        Ok(found)
    }

    /// The name of a table, with its database where it is not the default one.
    fn name(&self, schema: &str, name: &str) -> TableName {
        TableName {
            schema: (schema != self.server.schema).then(|| Name::from(schema)),
            name: Name::from(name),
        }
    }

    /// The table that a row with the database and the name in front is about.
    fn table(&mut self, row: Row<'_>) -> Result<Option<&mut Table>> {
        let name = self.name(row.text(0)?, row.text(1)?);
        Ok(self.tables.get_mut(&name))
    }

    fn note(&mut self, kind: &str, name: String, detail: Option<String>) {
        self.unmanaged.push(Unmanaged {
            kind: kind.to_owned(),
            name,
            detail,
        });
    }

    fn finish(self) -> Snapshot {
        let tables = self.tables;
        let mut unmanaged = self.unmanaged;
        unmanaged.sort();
        unmanaged.dedup();
        let schema = Schema {
            tables,
            enums: BTreeMap::new(),
        };
        Snapshot {
            schema: of_server(canonical(self.on, schema), &self.server),
            objects: self.objects,
            unmanaged,
            server: self.server,
            ..Snapshot::default()
        }
    }
}

/// `10.11.6-MariaDB-log` as its three numbers.
fn version_of(text: &str) -> (u32, u32, u32) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let mut numbers = text[..end.unwrap_or(text.len())].split('.').map(str::parse);
    let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
mod tests;
