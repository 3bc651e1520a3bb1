//! `cargo xtask`: aludel's commands on the example application, and this
//! repository's own chores.
//!
//! A user's xtask is two lines; this one also makes the example's database,
//! so that a fresh clone has something to work on.

mod bench;
mod chores;
mod corpus;
mod example;
mod laws;
mod matrix;
mod packages;

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    // The checks of a corpus run the commands in processes of their own.
    if std::env::var_os(aludel_test_corpus::ACT_AS_ALUDEL).is_some() {
        return aludel_cli::App::new("aludel").run();
    }
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let first = words.first().and_then(|word| word.to_str());
    match chores::CHORES
        .iter()
        .find(|chore| Some(chore.name) == first)
    {
        Some(chore) => (chore.run)(&words[1..]),
        None => example::run(words),
    }
}
