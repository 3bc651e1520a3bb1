//! A database that laws walk on: in memory, or one of a test server's, emptied
//! between two walks.
//!
//! It owns rows: putting some in, reading them back as text. It knows nothing
//! of laws.

use std::collections::BTreeMap;

use aludel::db::{Connection, Mode, Url, connect, introspect};
use aludel_core::dialect::{Scope, Snapshot};
use aludel_core::schema::{Column, Schema, Table};
use aludel_test_servers::Fresh;

use crate::generate::{Choices, Ground, value};

/// The values of every column of every table, sorted.
pub type Content = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// In memory, or a file.
    Sqlite,
    /// On the PostgreSQL server of the tests.
    Postgres,
    /// On the MariaDB or MySQL server of the tests.
    MySql,
}

impl On {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];

    /// The name of the dialect.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }
}

/// An open database.
pub struct Place {
    /// The connection to it.
    pub connection: Connection<'static>,
    /// What it can hold.
    pub ground: Ground,
    /// Nothing in memory.
    server: Option<Fresh>,
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Place {
    /// A database of its own.
    ///
    /// # Errors
    /// There is no server, or it makes none.
    pub async fn open(on: On) -> Result<Self, String> {
        let server = match on {
            On::Sqlite => None,
            On::Postgres => Some(Fresh::postgres()?),
            On::MySql => Some(Fresh::mysql()?),
        };
        let url = server.as_ref().map_or("sqlite::memory:", Fresh::url);
        let url = Url::parse(url).map_err(words)?;
        let mut connection = connect(&url, Mode::Create).await.map_err(words)?;
        let snapshot = introspect(&mut connection, &Scope::default()).await;
        let major = snapshot.map_err(words)?.server.version.0;
        Ok(Self {
            ground: Ground::new(connection.dialect(), major),
            connection,
            server,
        })
    }

    /// Takes everything out of it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn empty(&mut self) -> Result<(), String> {
        let Some(server) = &self.server else {
            let url = Url::parse("sqlite::memory:").map_err(words)?;
            self.connection = connect(&url, Mode::Create).await.map_err(words)?;
            return Ok(());
        };
        let name = server.name();
        let sql = if self.ground.is_postgres() {
            "ROLLBACK; DROP SCHEMA public CASCADE; CREATE SCHEMA public".to_owned()
        } else {
            format!("DROP DATABASE {name}; CREATE DATABASE {name}; USE {name}")
        };
        self.run(&sql).await
    }

    /// Runs statements.
    ///
    /// # Errors
    /// What the database says.
    pub async fn run(&mut self, sql: &str) -> Result<(), String> {
        self.connection.execute(sql).await.map_err(words)
    }

    /// The database as it is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn seen(&mut self) -> Result<Snapshot, String> {
        introspect(&mut self.connection, &Scope::default())
            .await
            .map_err(words)
    }

    /// Puts a few rows into every table; what a constraint refuses stays out.
    ///
    /// # Errors
    /// A connection that breaks.
    pub async fn fill(&mut self, schema: &Schema, choices: &mut Choices) -> Result<(), String> {
        let inserts = inserts(self.ground, schema, choices);
        if inserts.is_empty() {
            return Ok(());
        }
        if self.ground.is_postgres() {
            let each = |sql| format!("BEGIN {sql}; EXCEPTION WHEN OTHERS THEN NULL; END;\n");
            let all: String = inserts.iter().map(each).collect();
            let sql = format!("DO $fill$ BEGIN\nSET CONSTRAINTS ALL IMMEDIATE;\n{all}END $fill$");
            return self.run(&sql).await;
        }
        if self.ground.is_mysql() {
            return self.run(&inserts.join(";\n")).await;
        }
        for sql in inserts {
            // A row that a STRICT table or a check refuses is no row.
            let _ = self.run(&sql).await;
        }
        Ok(())
    }

    /// The same without rows that refer to nothing.
    ///
    /// # Errors
    /// A connection that breaks.
    pub async fn fill_whole(
        &mut self,
        schema: &Schema,
        choices: &mut Choices,
    ) -> Result<(), String> {
        if !self.ground.is_sqlite() {
            return self.fill(schema, choices).await;
        }
        self.run("PRAGMA foreign_keys = ON").await?;
        self.fill(schema, choices).await?;
        self.run("PRAGMA foreign_keys = OFF").await
    }

    /// Every stored column's values, in one answer.
    ///
    /// # Errors
    /// What the database says.
    pub async fn content(&mut self, schema: &Schema) -> Result<Content, String> {
        let ground = self.ground;
        let mut content = Content::new();
        let mut parts = Vec::new();
        for (number, table) in schema.tables.values().enumerate() {
            let columns = content.entry(table.name.name.to_string()).or_default();
            for (at, column) in stored(table).into_iter().enumerate() {
                columns.insert(column.name.to_string(), Vec::new());
                let name = ground.quoted(&column.name);
                let text = match ground.dialect().name() {
                    "sqlite" => format!("quote({name})"),
                    "postgres" => format!("CAST({name} AS text)"),
                    _ => format!("HEX(CAST({name} AS BINARY))"),
                };
                parts.push(format!(
                    "SELECT {number}, {at}, {text} FROM {}",
                    ground.quoted(&table.name.name)
                ));
            }
        }
        // SQLite takes no more than 500 parts.
        for some in parts.chunks(400) {
            let rows = self.connection.rows(&some.join("\nUNION ALL ")).await;
            for row in rows.map_err(words)? {
                let place = |at: usize| {
                    let text = row.get(at).cloned().flatten();
                    text.and_then(|text| text.parse::<usize>().ok())
                };
                let found = place(0).zip(place(1)).and_then(|(number, at)| {
                    let table = schema.tables.values().nth(number)?;
                    let column = stored(table).get(at)?.name.to_string();
                    let columns = content.get_mut(table.name.name.as_str())?;
                    columns.get_mut(&column)
                });
                let values = found.ok_or("an answer to no question")?;
                let text = row.get(2).cloned().flatten();
                values.push(text.unwrap_or_else(|| "NULL".to_owned()));
            }
        }
        for values in content.values_mut().flat_map(BTreeMap::values_mut) {
            values.sort();
        }
        Ok(content)
    }
}

/// A few rows for every table, as statements.
pub(crate) fn inserts(ground: Ground, schema: &Schema, choices: &mut Choices) -> Vec<String> {
    let mut inserts = Vec::new();
    // Twice, since a row may refer to a table whose turn comes later.
    for _ in 0..2 {
        for table in schema.tables.values() {
            for _ in 0..choices.below(4) {
                inserts.extend(insert(ground, table, choices));
            }
        }
    }
    inserts
}

fn insert(ground: Ground, table: &Table, choices: &mut Choices) -> Option<String> {
    let stored = stored(table);
    if stored.is_empty() {
        return None;
    }
    let names: Vec<String> = stored.iter().map(|c| ground.quoted(&c.name)).collect();
    let values: Vec<&str> = stored
        .iter()
        .map(|column| match column.nullable && choices.once_in(3) {
            true => "NULL",
            false => value(&column.ty, choices),
        })
        .collect();
    let (insert, given) = match ground.dialect().name() {
        "sqlite" => ("INSERT OR IGNORE", ""),
        "postgres" => ("INSERT", " OVERRIDING SYSTEM VALUE"),
        _ => ("INSERT IGNORE", ""),
    };
    Some(format!(
        "{insert} INTO {} ({}){given} VALUES ({})",
        ground.quoted(&table.name.name),
        names.join(", "),
        values.join(", ")
    ))
}

fn stored(table: &Table) -> Vec<&Column> {
    let columns = table.columns.iter();
    columns.filter(|c| c.generated.is_none()).collect()
}
