//! aludel's commands on the example application.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aludel_cli::App;
use meshview_migrations::MIGRATIONS;

/// The commands that want a database to look at.
const NEED_DATABASE: [&str; 10] = [
    "autogen",
    "check",
    "current",
    "diff",
    "downgrade",
    "history",
    "lint",
    "reflect",
    "revision",
    "stamp",
];

/// Words after which another project, another database or none is meant.
const ELSEWHERE: [&str; 4] = ["--config", "--database-url", "--each", "--offline"];

/// The root of this repository.
pub(crate) fn repository() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Runs one command of aludel.
pub(crate) fn run(words: Vec<OsString>) -> ExitCode {
    let app = App::new(&MIGRATIONS)
        .config(repository().join("fixtures/meshview/aludel.toml"))
        .ignore_database_url_variable()
        .more_help(crate::chores::help());
    let target = repository().join("target");
    if wants_example_database(&words) && !target.join("meshview.db").exists() {
        // A folder that cannot be made shows in the command itself.
        let _ = fs::create_dir_all(target);
        let made = app.run_with(["--quiet", "upgrade", "head"].map(OsString::from).to_vec());
        if made != ExitCode::SUCCESS {
            return made;
        }
    }
    app.run_with(words)
}

/// Whether a command looks at the example's own database.
fn wants_example_database(words: &[OsString]) -> bool {
    let mut texts = words.iter().filter_map(|word| word.to_str());
    let elsewhere = texts
        .clone()
        .any(|text| ELSEWHERE.iter().any(|flag| text.starts_with(flag)));
    let command = texts.find(|text| !text.starts_with('-'));
    let named = std::env::var_os("ALUDEL_DATABASE_URL").is_some();
    let asks = words.iter().any(|word| word == "--help" || word == "-h");
    !elsewhere && !named && !asks && command.is_some_and(|c| NEED_DATABASE.contains(&c))
}
