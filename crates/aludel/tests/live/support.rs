//! A folder with a database, and SQL migrations made of their bodies.

use aludel::Migrations;
use aludel::db::{Connection, Mode, Url, connect};

pub(crate) struct Fixture {
    folder: tempfile::TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("app.db")
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    pub(crate) async fn run(&self, sql: &str) {
        let url = Url::parse(&self.url()).unwrap();
        let mut connection = connect(&url, Mode::Create).await.unwrap();
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    }

    /// The first column of every row, as text.
    pub(crate) async fn ask(&self, sql: &str) -> Vec<String> {
        let url = Url::parse(&self.url()).unwrap();
        let mut connection = connect(&url, Mode::ReadOnly).await.unwrap();
        let rows = ask(&mut connection, sql).await;
        connection.close().await.unwrap();
        rows
    }

    /// The objects that are not aludel's own.
    pub(crate) async fn objects(&self) -> Vec<String> {
        self.ask(
            "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'aludel%' \
             AND name NOT LIKE 'sqlite%' ORDER BY name",
        )
        .await
    }
}

pub(crate) async fn ask(connection: &mut Connection<'_>, sql: &str) -> Vec<String> {
    let rows = connection.rows(sql).await.unwrap();
    rows.into_iter()
        .filter_map(|row| row.into_iter().next())
        .map(|value| value.unwrap_or_else(|| "NULL".into()))
        .collect()
}

/// A chain of SQL migrations, `aaaa0001` and so on.
pub(crate) fn chain(bodies: &[(&str, &str)]) -> Migrations {
    let files = bodies.iter().enumerate().map(|(at, (up, down))| {
        let parent = if at == 0 { String::new() } else { id(at) };
        let id = id(at + 1);
        let text = format!(
            "-- step {at}\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n\
             -- Create Date: 2026-11-20T18:30:12Z\n-- Dialect: sqlite\n\n\
             -- upgrade\n{up}\n\n-- downgrade\n{down}\n"
        );
        (format!("{id}_step.sql"), text)
    });
    Migrations::from_files(files.collect())
}

/// The id of the n-th migration of a chain, from 1.
pub(crate) fn id(n: usize) -> String {
    format!("aaaa{n:04}")
}
