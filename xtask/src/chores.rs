//! What this repository needs beside aludel's own commands.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, ExitCode};

/// `cargo xtask test`: every test of the workspace. What is typed behind it
/// goes to `cargo test`.
pub(crate) fn test(words: &[OsString]) -> ExitCode {
    cargo(
        Command::new(cargo_path())
            .arg("test")
            .arg("--workspace")
            .args(words),
    )
}

/// `cargo xtask bless`: the tests write what they get as what they expect.
pub(crate) fn bless(words: &[OsString]) -> ExitCode {
    cargo(
        Command::new(cargo_path())
            .args(["test", "--package", "aludel-tests"])
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

/// Runs cargo in the repository, whatever the current folder is, without a
/// database of somebody's own.
fn cargo(command: &mut Command) -> ExitCode {
    let command = command
        .current_dir(crate::example::repository())
        .env_remove("DATABASE_URL")
        .env_remove("ALUDEL_DATABASE_URL");
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // Where stderr is gone there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "error: cannot start cargo: {error}");
            ExitCode::from(2)
        }
    }
}
