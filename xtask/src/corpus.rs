//! `cargo xtask corpus DIR`: every schema file below a folder, held against
//! what aludel promises.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use aludel_test_corpus::{SchemaFile, all, beside, run};

use crate::example::repository;

const HELP: &str = "\
Load every schema file below a folder, reflect it, and build it again.

Usage: cargo xtask corpus [DIR] [FILTER]...

A file is for SQLite (.sq.sql), PostgreSQL (.pg.sql) or MariaDB and MySQL
(.my.sql). Its models must not differ from it; built from the models alone it
must not differ either but for what models cannot say, which is listed; taken
down it must be empty. Files named a_v1.*, a_v2.* are versions of one schema:
the models of one must take a database of the other there and back.

Only files whose names contain a FILTER are taken. Without DIR it is
`shared/data/corpus` in the nearest folder above that has it. Servers are
started and stopped as `cargo xtask test` does it. Ends with 1 where anything
differs.
";

/// Runs the checks, and prints a table of what came out.
pub(crate) fn corpus(words: &[OsString]) -> ExitCode {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        let _ = io::stdout().write_all(HELP.as_bytes());
        return ExitCode::SUCCESS;
    }
    let code = match check(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // Where stderr is gone there is nobody to tell.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    };
    aludel_test_corpus::drop_originals();
    aludel_test_servers::stop_all();
    code
}

/// Whether nothing differs.
fn check(words: &[String]) -> Result<bool, String> {
    let given = words.first().map(PathBuf::from);
    let folder = given
        .or_else(|| beside(&repository()))
        .ok_or("there is no corpus beside the repository: name its folder")?;
    let files = all(&folder)?;
    let filters = words.get(1..).unwrap_or_default();
    let taken = |file: &SchemaFile| {
        let path = file.path.to_string_lossy();
        filters.is_empty() || filters.iter().any(|f| path.contains(f.as_str()))
    };
    let files: Vec<SchemaFile> = files.into_iter().filter(taken).collect();
    if files.is_empty() {
        return Err(format!(
            "no file below `{}` ends in .sq.sql, .pg.sql or .my.sql",
            folder.display()
        ));
    }
    let done = run(&files, &mut io::stdout()).map_err(|e| e.to_string())?;
    Ok(done.iter().all(|done| done.outcome.is_ok()))
}
