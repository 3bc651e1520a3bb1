//! `cargo xtask laws`: what has to hold for any two migrations, held against
//! as many of them as there is time for.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::chores::{cargo, fail, test_command};
use crate::packages;

const HELP: &str = "\
Take random databases with rows through two migrations, up, down and up again.

Usage: cargo xtask laws [--database sqlite|postgres|mysql] [--pairs N] [--seed S]

Each time there must be what was wanted, and every column that stays must have
its values. A step may fail on rows only where a hazard said so, and without
rows none may fail. What breaks the law is made small and printed: the models
before and after each migration, the renames as flags, the rows, and the seed
that brings it back.

  --database NAME  On one database only; on all three without it
  --pairs N        So many pairs of migrations for each, 2000 without it
  --seed S         The same pairs as in another run; others each time without it

Servers are started and stopped as `cargo xtask test` does it.
";

/// The test that holds the law.
const LAW: &str = "two_migrations_with_rows";

/// What is typed.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    database: Option<String>,
    pairs: u32,
    seed: Option<u64>,
}

/// Holds the law.
pub(crate) fn laws(words: &[OsString]) -> ExitCode {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        let _ = io::stdout().write_all(HELP.as_bytes());
        return ExitCode::SUCCESS;
    }
    let run = match read(&words) {
        Ok(run) => run,
        Err(error) => return fail(&error),
    };
    if let Err(error) = packages::install_servers() {
        return fail(&error);
    }
    let seed = run.seed.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |now| now.as_secs())
    });
    // Where stderr is gone there is nobody to tell.
    let _ = writeln!(io::stderr(), "{} pairs, seed {seed}", run.pairs);
    let mut command = test_command(&["--package", "aludel-tests", "--test", "it", "--"]);
    command.args(filter(run.database.as_deref()));
    command.env("ALUDEL_LAW_CASES", run.pairs.to_string());
    command.env("ALUDEL_LAW_SEED", seed.to_string());
    cargo(&mut command)
}

/// Which tests.
fn filter(database: Option<&str>) -> Vec<String> {
    match database {
        None => vec![LAW.to_owned()],
        Some("sqlite") => vec!["--exact".to_owned(), format!("live::{LAW}")],
        Some(server) => vec!["--exact".to_owned(), format!("live::{server}::{LAW}")],
    }
}

fn read(words: &[String]) -> Result<Run, String> {
    let mut run = Run {
        database: None,
        pairs: 2000,
        seed: None,
    };
    let mut words = words.iter();
    while let Some(flag) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("`{flag}` has no value"))?;
        let number = |what: &str| format!("`{flag} {value}` is no {what}");
        match (flag.as_str(), value.as_str()) {
            ("--database", "sqlite" | "postgres" | "mysql") => run.database = Some(value.clone()),
            ("--database", _) => {
                return Err(format!("`{value}` is none of sqlite, postgres and mysql"));
            }
            ("--pairs", _) => run.pairs = value.parse().map_err(|_| number("count"))?,
            ("--seed", _) => run.seed = Some(value.parse().map_err(|_| number("number"))?),
            _ => return Err(format!("`{flag}` is no flag of `laws`; see `--help`")),
        }
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Result<Run, String> {
        let words: Vec<String> = text.split_whitespace().map(ToOwned::to_owned).collect();
        read(&words)
    }

    #[test]
    fn flags_say_where_and_how_often() {
        let run = Run {
            database: Some("mysql".to_owned()),
            pairs: 50,
            seed: Some(7),
        };
        assert_eq!(typed("--pairs 50 --seed 7 --database mysql"), Ok(run));
        assert_eq!(typed("").map(|run| run.pairs), Ok(2000));
        for wrong in ["--pairs", "--pairs x", "--database oracle", "--more 1"] {
            assert!(typed(wrong).is_err(), "{wrong}");
        }
        assert_eq!(filter(Some("sqlite"))[1], "live::two_migrations_with_rows");
    }
}
