//! `cargo xtask bench`: what `check` and `autogen` cost on databases of 1 to
//! 1000 tables, beside the bare queries of the catalogue.
//!
//! Every table has ten columns, two indexes, a unique constraint and a foreign
//! key. The figures are those of whole processes of the release build: the
//! best time of several runs, the peak of the resident memory where
//! `/usr/bin/time` can tell it, and on servers how many connections were opened
//! and how many messages with statements were sent.
//!
//! `cargo xtask bench history` is about long histories instead, on SQLite, and
//! ends with 2 where something costs more than its share in a longer one.
//! `cargo xtask bench rebuild` copies tables of up to ten million rows on SQLite,
//! beside `sqlite3` that does nothing else.

mod history;
mod place;
mod rebuild;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use crate::chores::{cargo_path, fail};
use crate::example::repository;
use place::{Place, Sent};

/// The numbers of tables.
const SIZES: [usize; 4] = [1, 10, 100, 1000];

/// How often everything is run.
const RUNS: usize = 5;

/// What a process took.
struct Cost {
    time: Duration,
    /// In KiB.
    memory: Option<u64>,
}

/// Builds the binary, and prints the tables of long histories and of all
/// databases, or of those that are named: `history`, `sqlite`, `postgres`,
/// `mysql`, and `rebuild`, which is large and only runs where it is named.
pub(crate) fn bench(words: &[OsString]) -> ExitCode {
    let names = ["history", "rebuild", "sqlite", "postgres", "mysql"];
    if let Some(word) = words
        .iter()
        .find(|word| names.iter().all(|name| word != name))
    {
        let word = word.to_string_lossy();
        return fail(&format!(
            "`{word}` is none of {}; without a word there are all but `rebuild`",
            names.join(", ")
        ));
    }
    let long = words.iter().any(|word| word == "history");
    let large = words.iter().any(|word| word == "rebuild");
    let done = binary().and_then(|aludel| {
        if long || words.is_empty() {
            history::table(&aludel)?;
        }
        if large {
            rebuild::table(&aludel)?;
        }
        for name in ["sqlite", "postgres", "mysql"] {
            if words.is_empty() || words.iter().any(|word| word == name) {
                table(&aludel, name)?;
            }
        }
        Ok(())
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where stderr is gone there is nobody to tell.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

/// The figures of one kind of database.
fn table(aludel: &Path, name: &str) -> io::Result<()> {
    let place = Place::new(name)?;
    say(&format!("\n{}", place.title()?))?;
    say(&head())?;
    for size in SIZES {
        say(&line(aludel, &place, size)?)?;
    }
    Ok(())
}

/// The release build of `aludel`; another one where `ALUDEL_BENCH` names it.
fn binary() -> io::Result<PathBuf> {
    if let Some(path) = std::env::var_os("ALUDEL_BENCH") {
        return Ok(path.into());
    }
    let built = Command::new(cargo_path())
        .args(["build", "--release", "--locked", "--package", "aludel-cli"])
        .current_dir(repository())
        .status()?;
    if !built.success() {
        return Err(io::Error::other("the release build has failed"));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(target, PathBuf::from);
    Ok(target.join("release/aludel"))
}

fn target() -> PathBuf {
    repository().join("target")
}

fn head() -> String {
    format!(
        "{:>6} | {:>10} | {:>10} {:>9} {:>9} | {:>10} {:>9} {:>9}",
        "tables", "catalogue", "check", "peak", "sent", "autogen", "peak", "sent"
    )
}

fn line(aludel: &Path, place: &Place, size: usize) -> io::Result<String> {
    let folder = target()
        .join("bench")
        .join(place.name())
        .join(size.to_string());
    let database = place.database(&folder)?;
    make(aludel, &folder, database.url(), size)?;
    let catalog = best(|| database.catalog(&folder));
    let check = || run(Command::new(aludel).arg("check"), &folder, 0);
    let check_sent = place.sent(|| check().map(drop))?;
    let check = best(check)?;
    fs::write(folder.join("models.rs"), models(size, true))?;
    let autogen = || {
        let id = "bbbb00000002";
        let words = ["autogen", "-m", "more", "--rev-id", id];
        let cost = run(Command::new(aludel).args(words), &folder, 0)?;
        fs::remove_file(folder.join(format!("versions/{id}_more.sql")))?;
        Ok(cost)
    };
    let autogen_sent = place.sent(|| autogen().map(drop))?;
    let autogen = best(autogen)?;
    Ok(format!(
        "{size:>6} | {:>10} | {:>10} {:>9} {:>9} | {:>10} {:>9} {:>9}",
        // Without the database's own client there is no such figure.
        catalog.map_or_else(|_| "-".into(), |cost| millis(&cost)),
        millis(&check),
        memory(&check),
        sent(check_sent),
        millis(&autogen),
        memory(&autogen),
        sent(autogen_sent),
    ))
}

/// Messages, and the connections that they were sent on.
fn sent(sent: Option<Sent>) -> String {
    sent.map_or_else(
        || "-".into(),
        |sent| format!("{} on {}", sent.statements, sent.connections),
    )
}

fn millis(cost: &Cost) -> String {
    format!("{:.1} ms", cost.time.as_secs_f64() * 1000.0)
}

fn memory(cost: &Cost) -> String {
    cost.memory
        .map_or_else(|| "-".into(), |kib| format!("{} MiB", kib.div_ceil(1024)))
}

/// A project whose database is at head.
fn make(aludel: &Path, folder: &Path, url: &str, size: usize) -> io::Result<()> {
    fs::create_dir_all(folder.join("versions"))?;
    fs::write(
        folder.join("aludel.toml"),
        format!(
            "[database]\nurl = \"{url}\"\n\n[models]\npaths = [\"models.rs\"]\n\n\
             [migrations]\ndir = \"versions\"\nformat = \"sql\"\n"
        ),
    )?;
    fs::write(folder.join("models.rs"), models(size, false))?;
    let words = ["autogen", "-m", "first", "--rev-id", "aaaa00000001"];
    run(Command::new(aludel).args(words), folder, 0)?;
    run(Command::new(aludel).args(["upgrade", "head"]), folder, 0)?;
    Ok(())
}

/// The models; with `more`, the last one has another column.
fn models(size: usize, more: bool) -> String {
    let mut text = String::from("use aludel::Model;\n");
    for at in 0..size {
        let parent = at / 2;
        let extra = if more && at + 1 == size {
            "    pub extra: Option<i64>,\n"
        } else {
            ""
        };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n#[derive(Model)]\n#[table(name = \"item_{at}\", index(created), \
             index(label, amount), unique(code, rank))]\npub struct Item{at} {{\n    \
             #[column(primary_key)]\n    pub id: i64,\n    pub code: String,\n    \
             pub rank: i64,\n    pub label: String,\n    pub amount: Option<f64>,\n    \
             #[column(default = 1)]\n    pub active: bool,\n    pub body: Option<Vec<u8>>,\n    \
             pub created: i64,\n    pub note: Option<String>,\n    \
             #[column(references = Item{parent}::id)]\n    pub parent_id: Option<i64>,\n{extra}}}\n"
        );
    }
    text
}

/// The quickest of several runs, and the most memory.
fn best(mut run: impl FnMut() -> io::Result<Cost>) -> io::Result<Cost> {
    let mut best = run()?;
    for _ in 1..RUNS {
        let next = run()?;
        best.time = best.time.min(next.time);
        best.memory = best.memory.max(next.memory);
    }
    Ok(best)
}

/// Runs a process, which must end with this code.
fn run(command: &mut Command, folder: &Path, code: i32) -> io::Result<Cost> {
    let peak = folder.join("peak");
    let measured = Path::new("/usr/bin/time").exists();
    let mut command = if measured {
        let mut time = Command::new("/usr/bin/time");
        time.args(["-f", "%M", "-o"]).arg(&peak);
        time.arg(command.get_program()).args(command.get_args());
        time
    } else {
        let mut plain = Command::new(command.get_program());
        plain.args(command.get_args());
        plain
    };
    let start = Instant::now();
    let output = command
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .env_remove("ALUDEL_DATABASE_URL")
        .stdin(Stdio::null())
        .output()?;
    let time = start.elapsed();
    if output.status.code() != Some(code) {
        return Err(io::Error::other(format!(
            "{command:?} ended with {}:\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    let memory = fs::read_to_string(&peak)
        .ok()
        .filter(|_| measured)
        .and_then(|text| text.trim().parse().ok());
    Ok(Cost { time, memory })
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
