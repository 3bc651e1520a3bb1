//! A store of the results of test runs, on PostgreSQL and SQLite: two tables
//! that refer to each other, keys that are said to be unique as well, indexes
//! that only a migration makes, rows that are moved and computed.

mod rows_moved;
mod taken_over;
mod walk;

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use crate::walked::{Walk, fixture, names_of_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = walk::trials();
    trials.extend(taken_over::trials());
    trials.extend(rows_moved::trials());
    trials
}

/// The models of a version: the first; without the table that counted versions
/// before; imports that always have a date; files that go with their import.
fn models(version: u32) -> Result<String, Failed> {
    let mut text = fixture("ibutsu/v1.rs")?;
    let edits = [
        (
            3,
            "index(name = \"ix_imports_created\"))]\n    pub created: Option<NaiveDateTime>",
            "default = sql(\"CURRENT_TIMESTAMP\"), index(name = \"ix_imports_created\"))]\n    \
             pub created: NaiveDateTime",
        ),
        (
            4,
            "references = Import::id",
            "references = Import::id,\n        on_delete = cascade",
        ),
    ];
    if version >= 2 {
        let at = text.find("\n#[derive(Model)]\n#[table(name = \"meta\")]");
        text.truncate(at.ok_or("no model of the versions")?);
    }
    for (from, part, by) in edits {
        if version >= from {
            if !text.contains(part) {
                return Err(format!("the models have no `{part}`").into());
            }
            text = text.replace(part, by);
        }
    }
    Ok(text)
}

/// A database of the first version, with rows in it where there are any for it.
fn started(on: On) -> Result<Walk, Failed> {
    let mut walk = Walk::new(on, "")?;
    names_of_postgres(&walk.project)?;
    walk.to(&models(1)?, &[])?;
    let rows = match on {
        On::Postgres => "ibutsu/rows.postgres.sql",
        On::Sqlite | On::MySql => "ibutsu/rows.sqlite.sql",
    };
    walk.project.sql(&fixture(rows)?)?;
    Ok(walk)
}
