//! The binary `aludel`: every command that needs no compiled migration.

use std::process::ExitCode;

fn main() -> ExitCode {
    aludel_cli::App::new("aludel").run()
}
