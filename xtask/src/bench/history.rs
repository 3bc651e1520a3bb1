//! What commands cost in histories of 1000 and of 10,000 revisions.
//!
//! A history that is ten times as long may cost about ten times as much. What
//! grows with the square of its length would cost a hundred times as much, and
//! is told by the exit code.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use super::{Cost, memory, millis, run, say, target};

/// The numbers of revisions.
const SIZES: [usize; 2] = [1000, 10_000];

/// How much more the longer one may cost than the shorter one: ten times, and
/// the noise of the machine.
const MOST: f64 = 25.0;

/// The commands, in the order in which they are typed.
const COMMANDS: [&[&str]; 9] = [
    &["heads"],
    &["history"],
    &["history", "--graph"],
    &["history", "-r", "r00500:head"],
    &["branches"],
    &["upgrade", "head"],
    &["status"],
    &["history", "-v"],
    &["downgrade", "base"],
];

/// The figures.
pub(super) fn table(aludel: &Path) -> io::Result<()> {
    say(&format!(
        "\n{:>26} | {:>12} {:>9} | {:>12} {:>9} | {:>6}",
        "revisions", SIZES[0], "peak", SIZES[1], "peak", "times"
    ))?;
    let folders = SIZES.map(|size| target().join("bench/history").join(size.to_string()));
    for (folder, size) in folders.iter().zip(SIZES) {
        make(folder, size)?;
    }
    let mut slow = Vec::new();
    for words in COMMANDS {
        let cost = |folder: &Path| run(Command::new(aludel).arg("-q").args(words), folder, 0);
        let costs: [Cost; 2] = [cost(&folders[0])?, cost(&folders[1])?];
        let times = costs[1].time.as_secs_f64() / costs[0].time.as_secs_f64();
        let typed = words.join(" ");
        say(&format!(
            "{typed:>26} | {:>12} {:>9} | {:>12} {:>9} | {times:>6.1}",
            millis(&costs[0]),
            memory(&costs[0]),
            millis(&costs[1]),
            memory(&costs[1])
        ))?;
        if times > MOST {
            slow.push(format!("`{typed}` costs {times:.1} times as much"));
        }
    }
    match slow.as_slice() {
        [] => Ok(()),
        slow => Err(io::Error::other(format!(
            "in a history that is ten times as long {}",
            slow.join(", ")
        ))),
    }
}

/// A project with so many revisions: a table is made, and goes again.
fn make(folder: &Path, size: usize) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder.join("versions"))?;
    fs::write(
        folder.join("aludel.toml"),
        "[database]\nurl = \"sqlite:app.db\"\n\n[models]\npaths = [\"models.rs\"]\n\n\
         [migrations]\ndir = \"versions\"\nformat = \"sql\"\n",
    )?;
    fs::write(
        folder.join("models.rs"),
        "use aludel::Model;\n\n#[derive(Model)]\npub struct Item {\n    \
         #[column(primary_key)]\n    pub id: i64,\n}\n",
    )?;
    for at in 0..size {
        let parent = match at {
            0 => String::new(),
            at => format!("r{:05}", at - 1),
        };
        let [make, drop] = [
            "CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY);",
            "DROP TABLE item;",
        ];
        let (up, down) = if at % 2 == 0 {
            (make, drop)
        } else {
            (drop, make)
        };
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "-- step {at}\n--\n-- Revision ID: r{at:05}\n-- Revises: {parent}\n-- Create Date: \
             2026-01-01T00:00:00Z\n-- Dialect: sqlite\n\n-- upgrade\n{up}\n\n-- downgrade\n{down}\n"
        );
        fs::write(folder.join(format!("versions/r{at:05}_step.sql")), text)?;
    }
    Ok(())
}
