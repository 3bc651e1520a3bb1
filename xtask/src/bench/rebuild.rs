//! What the rebuild of a large table costs on SQLite, beside the bare copy.
//!
//! The bare copy is what anybody would type into `sqlite3`: a new table, the
//! rows, the old name, the indexes. Both go over the same rows in turn.

use std::io;
use std::path::Path;
use std::process::Command;
use std::{fmt::Write as _, fs};

use super::{Cost, memory, run, say, target};

/// The numbers of rows.
const SIZES: [usize; 2] = [1_000_000, 10_000_000];

/// There and back.
const RUNS: usize = 2;

/// How many times the bare copy it may cost.
const MOST: f64 = 1.3;

/// The figures.
pub(super) fn table(aludel: &Path) -> io::Result<()> {
    say(&format!(
        "\n{:>10} | {:>10} {:>9} | {:>10} {:>9} | {:>6}",
        "rows", "bare copy", "peak", "rebuild", "peak", "times"
    ))?;
    let mut slow = None;
    for size in SIZES {
        let folder = target().join("bench/rebuild").join(size.to_string());
        make(aludel, &folder, size)?;
        let mut best: [Option<Cost>; 2] = [None, None];
        for _ in 0..RUNS {
            for [word, nullable] in [["upgrade", ""], ["downgrade", " NOT NULL"]] {
                let bare = run(
                    Command::new("sqlite3").args(["-bail", "bare.db", &copy(nullable)]),
                    &folder,
                    0,
                )?;
                let to = if word == "upgrade" { "head" } else { "-1" };
                let own = run(Command::new(aludel).args(["-q", word, to]), &folder, 0)?;
                for (best, cost) in best.iter_mut().zip([bare, own]) {
                    if best.as_ref().is_none_or(|best| cost.time < best.time) {
                        *best = Some(cost);
                    }
                }
            }
        }
        let [Some(bare), Some(own)] = best else {
            continue;
        };
        let times = own.time.as_secs_f64() / bare.time.as_secs_f64();
        say(&format!(
            "{size:>10} | {:>8.1} s {:>9} | {:>8.1} s {:>9} | {times:>6.2}",
            bare.time.as_secs_f64(),
            memory(&bare),
            own.time.as_secs_f64(),
            memory(&own)
        ))?;
        fs::remove_dir_all(&folder)?;
        if times > MOST {
            slow = Some(times);
        }
    }
    match slow {
        None => Ok(()),
        Some(times) => Err(io::Error::other(format!(
            "a rebuild costs {times:.2} times the bare copy"
        ))),
    }
}

/// The statements of the bare copy.
fn copy(nullable: &str) -> String {
    format!(
        "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; \
         CREATE TABLE \"copy\" (\"id\" INTEGER NOT NULL PRIMARY KEY, \"label\" TEXT NOT NULL, \
         \"amount\" INTEGER{nullable}, \"created\" TEXT NOT NULL); \
         INSERT INTO \"copy\" (\"id\", \"label\", \"amount\", \"created\") \
         SELECT \"id\", \"label\", \"amount\", \"created\" FROM \"item\"; \
         DROP TABLE \"item\"; ALTER TABLE \"copy\" RENAME TO \"item\"; \
         CREATE INDEX \"ix_item_amount\" ON \"item\" (\"amount\"); \
         CREATE INDEX \"ix_item_label\" ON \"item\" (\"label\", \"created\"); COMMIT;"
    )
}

/// A project whose next migration rebuilds a table of so many rows, and a copy
/// of its database.
fn make(aludel: &Path, folder: &Path, size: usize) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder.join("versions"))?;
    fs::write(
        folder.join("aludel.toml"),
        "[database]\nurl = \"sqlite:app.db\"\n\n[models]\npaths = [\"models.rs\"]\n\n\
         [migrations]\ndir = \"versions\"\nformat = \"sql\"\n",
    )?;
    let types = ["i64", "Option<i64>"];
    for (at, ty) in types.into_iter().enumerate() {
        let mut text = String::from("use aludel::Model;\n\n#[derive(Model)]\n");
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "#[table(name = \"item\", index(amount), index(label, created, name = \
             \"ix_item_label\"))]\npub struct Item {{\n    #[column(primary_key)]\n    \
             pub id: i64,\n    pub label: String,\n    pub amount: {ty},\n    \
             pub created: String,\n}}\n"
        );
        fs::write(folder.join("models.rs"), text)?;
        let id = format!("aaaa0000000{at}");
        let words = ["autogen", "-m", "step", "--rev-id", &id];
        run(Command::new(aludel).args(words), folder, 0)?;
        if at == 0 {
            run(Command::new(aludel).args(["upgrade", "head"]), folder, 0)?;
        }
    }
    let rows = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size}) \
         INSERT INTO item (id, label, amount, created) \
         SELECT i, 'label ' || (i * 7919 % 1000003), i * 31 % 65537, '2026-01-01 00:00:00' FROM n"
    );
    run(
        Command::new("sqlite3").args(["-bail", "app.db", &rows]),
        folder,
        0,
    )?;
    fs::copy(folder.join("app.db"), folder.join("bare.db"))?;
    Ok(())
}
