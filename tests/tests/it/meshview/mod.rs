//! MeshView, a real system whose models are those of the example application:
//! its database of before there were migrations, the ten that it has had since,
//! and all changes of its models from the first day on.

mod adopted;
mod edits;
mod walk;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use aludel::Migrator;
use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use crate::Outcome;
use crate::house::root;
use crate::project::{Project, block_on};
use crate::rows::content;
use crate::startup::same;

pub(crate) fn trials() -> Vec<Trial> {
    [On::Sqlite, On::Postgres]
        .into_iter()
        .flat_map(|on| adopted::trials(on).into_iter().chain(walk::trials(on)))
        .collect()
}

/// A file of the history.
fn file(name: &str) -> PathBuf {
    root().join("fixtures/meshview/history").join(name)
}

fn text(name: &str) -> Result<String, Failed> {
    Ok(fs::read_to_string(file(name))?)
}

/// The tables of before there were migrations, with rows.
fn legacy(project: &Project, on: On) -> Outcome {
    project.sql(&text(&format!("legacy.{}.sql", on.name()))?)?;
    project.sql(&text(&format!("rows.{}.sql", on.name()))?)
}

fn url(project: &Project) -> String {
    match project.server() {
        Some(server) => server.url().to_owned(),
        None => format!("sqlite:{}", project.path("app.db").display()),
    }
}

/// Runs migrations there, and says how many.
fn up(project: &Project, migrator: &Migrator, target: &str) -> Result<usize, Failed> {
    let url = url(project);
    block_on(async { Ok(migrator.upgrade(&url, target).await?.len()) })
}

/// Runs migrations back, and says how many.
fn down(project: &Project, migrator: &Migrator, target: &str) -> Result<usize, Failed> {
    let url = url(project);
    block_on(async { Ok(migrator.downgrade(&url, target).await?.len()) })
}

/// Every column, constraint and index, one a line, as the database itself
/// describes them; the order of columns and the names of constraints are not
/// among it.
fn catalog(project: &Project) -> Result<Vec<String>, Failed> {
    let sql = match project.server() {
        None => include_str!("catalog.sqlite.sql"),
        Some(_) => include_str!("catalog.postgres.sql"),
    };
    project.query(sql)
}

/// The rows of every table, each with its values by their columns.
type Records = BTreeMap<String, Vec<BTreeMap<String, String>>>;

fn records(project: &Project) -> Result<Records, Failed> {
    let found = content(project)?.0.into_iter();
    let tables = found.map(|(table, rows)| {
        let named = |row: Vec<String>| rows.columns.iter().cloned().zip(row).collect();
        let mut records: Vec<BTreeMap<String, String>> = rows.rows.into_iter().map(named).collect();
        records.sort();
        (table, records)
    });
    Ok(tables.collect())
}

/// Every row of before is there where its table is, with its values where their
/// columns are, and there are no others.
fn kept(before: &Records, after: &Records) -> Outcome {
    let common = |rows: &[BTreeMap<String, String>], others: &[BTreeMap<String, String>]| {
        let is_there = |column: &String| others.iter().all(|row| row.contains_key(column));
        let shared = |row: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            let columns = row.iter().filter(|(column, _)| is_there(column));
            columns.map(|(c, v)| (c.clone(), v.clone())).collect()
        };
        let mut rows: Vec<_> = rows.iter().map(shared).collect();
        rows.sort();
        rows
    };
    for (table, rows) in before {
        if let Some(others) = after.get(table) {
            same(common(others, rows), common(rows, others))
                .map_err(|e| format!("`{table}`: {}", e.message().unwrap_or_default()))?;
        }
    }
    Ok(())
}
