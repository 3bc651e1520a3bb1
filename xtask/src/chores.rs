//! What this repository needs beside aludel's own commands.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, ExitCode};

use crate::{bench, corpus, laws, matrix, packages};

/// One of this repository's own commands.
pub(crate) struct Chore {
    /// What is typed.
    pub(crate) name: &'static str,
    /// What it does, for the help.
    about: &'static str,
    /// Does it, with what is typed behind its name.
    pub(crate) run: fn(&[OsString]) -> ExitCode,
}

/// All of them.
pub(crate) const CHORES: [Chore; 5] = [
    Chore {
        name: "test",
        about: "Run every test; with --matrix, on other versions of the servers too",
        run: test,
    },
    Chore {
        name: "bless",
        about: "Write what the tests get as what they expect",
        run: bless,
    },
    Chore {
        name: "bench",
        about: "Measure commands on databases of 1 to 1000 tables, and on long histories",
        run: bench::bench,
    },
    Chore {
        name: "corpus",
        about: "Hold every schema below a folder against what aludel promises",
        run: corpus::corpus,
    },
    Chore {
        name: "laws",
        about: "Hold what must be true of any two migrations against thousands of them",
        run: laws::laws,
    },
];

/// The flag that asks for other versions of the servers.
const MATRIX: &str = "--matrix";

/// What the help of the commands says about these.
pub(crate) fn help() -> String {
    let mut text = String::from("This repository's own:\n");
    for chore in &CHORES {
        text.push_str(&format!("  {:<11}  {}\n", chore.name, chore.about));
    }
    text
}

/// `cargo xtask test`: every test of the workspace, after what the tests need
/// is installed. What is typed behind it goes to `cargo test`.
fn test(words: &[OsString]) -> ExitCode {
    if let Err(error) = packages::install_servers() {
        return fail(&error);
    }
    // What follows `--` is for the tests.
    let own = words.iter().take_while(|word| *word != "--");
    let matrix = own.clone().any(|word| word == MATRIX);
    let words: Vec<OsString> = own
        .filter(|word| *word != MATRIX)
        .chain(words.iter().skip_while(|word| *word != "--"))
        .cloned()
        .collect();
    let tested = cargo(test_command(&["--workspace"]).args(&words));
    if !matrix || tested != ExitCode::SUCCESS {
        return tested;
    }
    match matrix::test(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fail(&error),
    }
}

/// `cargo xtask bless`: the tests write what they get as what they expect.
fn bless(words: &[OsString]) -> ExitCode {
    if let Err(error) = packages::install_servers() {
        return fail(&error);
    }
    cargo(
        test_command(&["--package", "aludel-tests"])
            .args(words)
            .env("UPDATE", "1")
            .env("INSTA_UPDATE", "always")
            .env("TRYBUILD", "overwrite"),
    )
}

/// The cargo that runs us.
pub(crate) fn cargo_path() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// `cargo test` in the repository, whatever the current folder is, without a
/// database of somebody's own.
pub(crate) fn test_command(words: &[&str]) -> Command {
    let mut command = Command::new(cargo_path());
    command
        .arg("test")
        .args(words)
        .current_dir(crate::example::repository())
        .env_remove("DATABASE_URL")
        .env_remove("ALUDEL_DATABASE_URL");
    command
}

/// Runs cargo.
pub(crate) fn cargo(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => fail(&format!("cannot start cargo: {error}")),
    }
}

pub(crate) fn fail(error: &str) -> ExitCode {
    // Where stderr is gone there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "error: {error}");
    ExitCode::from(2)
}
