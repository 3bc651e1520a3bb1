//! Every case of `fixtures/cases` on every database: the files that are
//! written, and the walk before -> rows -> upgrade -> no difference -> rows
//! intact -> downgrade -> no difference -> upgrade.
//!
//! Each database has its own `expected/<dialect>.sql`, or an
//! `expected/<dialect>.txt` that tells why there is nothing to write: the
//! models differ in nothing that it has, or they say what it has not.
//! `expected/migration.rs` is what is written on the first of `On::ALL` on
//! which something is. Where a database has other words for the same thing,
//! `before.<dialect>.rs`, `after.<dialect>.rs` and `rows.<dialect>.sql` stand
//! in for the files without its name. `before.sql` and `after.sql` are the
//! views, triggers and the like that stand beside the models, where there are
//! any.

use std::fs;
use std::path::Path;

use libtest_mimic::{Failed, Trial};
use serde::Deserialize;

use crate::house::{cases, is_walked};
use crate::project::{Project, Ran};
use crate::rows;
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// The answers of a case, as flags.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    #[serde(default)]
    rename: Vec<String>,
    #[serde(default)]
    no_rename: bool,
    /// Columns whose values may become something else, as `table.column`.
    #[serde(default)]
    changes_values: Vec<String>,
    /// Values that are called otherwise afterwards, by `table.column`.
    #[serde(default)]
    renames_values: rows::RenamedValues,
    /// The schemas to look at beside the default one.
    #[serde(default)]
    schemas: Vec<String>,
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for case in cases() {
        let name = case.file_name().map(|n| n.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        for on in On::ALL {
            let (case, name) = (case.clone(), name.clone());
            if !is_walked(on, &case) {
                continue;
            }
            let place = match on {
                On::Sqlite => String::new(),
                On::Postgres | On::MySql => format!("{}::", on.name()),
            };
            trials.push(trial(format!("golden::{place}{name}"), move || {
                walk(on, &case, &name)
            }));
        }
    }
    trials
}

/// A text of the case; empty where there is no such file.
fn text(case: &Path, file: &str) -> String {
    fs::read_to_string(case.join(file)).unwrap_or_default()
}

/// A file of the case that a database may have in words of its own.
fn text_on(on: On, case: &Path, stem: &str, kind: &str) -> String {
    let own = format!("{stem}.{}.{kind}", on.name());
    if case.join(&own).is_file() {
        return text(case, &own);
    }
    text(case, &format!("{stem}.{kind}"))
}

/// The models of one side, `before` or `after`.
pub(crate) fn models(on: On, case: &Path, side: &str) -> String {
    text_on(on, case, side, "rs")
}

/// The objects beside the models of one side; empty where there are none.
pub(crate) fn objects(on: On, case: &Path, side: &str) -> String {
    text_on(on, case, side, "sql")
}

/// Writes the models of one side into a project, and what stands beside them.
fn write_side(on: On, case: &Path, project: &Project, side: &str) -> Outcome {
    project.write("models.rs", &models(on, case, side))?;
    let objects = objects(on, case, side);
    if objects.is_empty() {
        let _ = fs::remove_file(project.path("models.sql"));
        return Ok(());
    }
    project.write("models.sql", &objects)
}

/// The rows of a case, in the words of one database.
fn rows_of(on: On, case: &Path) -> String {
    let rows = text_on(on, case, "rows", "sql");
    match on {
        On::Sqlite | On::Postgres => rows,
        // Names stand in double quotes.
        On::MySql => format!("SET sql_mode = concat(@@sql_mode, ',ANSI_QUOTES');\n{rows}"),
    }
}

/// What a database has not, told by the models of one side; then that is what
/// is expected of the case.
fn refused(on: On, case: &Path, project: &Project, side: &str) -> Result<bool, Failed> {
    write_side(on, case, project, side)?;
    let ran = project.run(&["check"])?;
    if ran.code != 2 {
        return Ok(false);
    }
    // Anything else that goes wrong is no property of the models.
    if !ran.stderr.contains("[models.rs:") {
        return Err(format!("`check` ended with 2\n{}", ran.stderr).into());
    }
    let text = expected(on, case, "txt");
    if is_other_server(on, project)? && text.is_file() {
        // It says the same under its own name.
        return Ok(true);
    }
    let said = format!("{side}.rs:\n{}", ran.stderr);
    same_text(&text, &said)?;
    Ok(true)
}

/// The file that is expected of a database.
fn expected(on: On, case: &Path, kind: &str) -> std::path::PathBuf {
    case.join(format!("expected/{}.{kind}", on.name()))
}

fn answers(case: &Path) -> Result<Answers, Failed> {
    Ok(toml::from_str(&text(case, "answers.toml"))?)
}

/// The schemas that a case looks at beside the default one.
pub(crate) fn schemas(case: &Path) -> Result<Vec<String>, Failed> {
    Ok(answers(case)?.schemas)
}

fn walk(on: On, case: &Path, name: &str) -> Outcome {
    let answers = answers(case)?;
    let project = Project::on(on, &models(on, case, "before"))?;
    if !answers.schemas.is_empty() {
        project.look_at(&answers.schemas)?;
    }
    if on == On::Sqlite {
        // The file, so that there is a database to check.
        project.sql("")?;
    }
    for side in ["after", "before"] {
        if refused(on, case, &project, side)? {
            return Ok(());
        }
    }
    project.expect(&["autogen", "-m", "before", "--rev-id", "000000000001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.sql(&rows_of(on, case))?;
    let before = rows::content(&project)?;

    write_side(on, case, &project, "after")?;
    let message = name.replace('_', " ");
    let mut words = vec!["autogen", "-m", &message, "--rev-id", "000000000002"];
    for rename in &answers.rename {
        words.extend(["--rename", rename]);
    }
    if answers.no_rename {
        words.push("--no-rename");
    }
    let Some(lineage) = write_and_compare(on, case, &project, &words)? else {
        // Nothing differs, or nothing can be done about it: that is the case.
        return Ok(());
    };

    project.expect(&["upgrade", "head"], 0)?;
    no_difference(&project)?;
    let upgraded = rows::content(&project)?;
    let renamed = before.renamed(&answers.renames_values);
    renamed.must_survive(&upgraded, &lineage, &answers.changes_values)?;

    project.expect(&["downgrade", "-1"], 0)?;
    let downgraded = rows::content(&project)?;
    before.same_tables_as(&downgraded)?;
    before.must_survive_there_and_back(&downgraded, &lineage, &answers.changes_values)?;
    write_side(on, case, &project, "before")?;
    let check = project.run(&["check"])?;
    if !check.stdout.contains("pending") && !check.stderr.contains("pending") {
        return Err(format!("a pending revision was not reported: {check:?}").into());
    }
    let diff = project.expect(
        &[
            "diff", "--from", "database", "--to", "models", "--format", "json",
        ],
        0,
    )?;
    if !diff.stdout.contains("\"in_sync\": true") && !diff.stdout.contains("\"in_sync\":true") {
        return Err(format!("the downgrade left a difference: {}", diff.stdout).into());
    }

    write_side(on, case, &project, "after")?;
    project.expect(&["upgrade", "head"], 0)?;
    no_difference(&project)
}

/// Straight after `upgrade`, `check` and a second `autogen` find nothing.
fn no_difference(project: &Project) -> Outcome {
    project.expect(&["check"], 0)?;
    let files = fs::read_dir(project.path("versions"))?.count();
    project.expect(&["autogen", "-m", "nothing"], 0)?;
    if fs::read_dir(project.path("versions"))?.count() != files {
        return Err("a second autogen wrote a file".into());
    }
    Ok(())
}

/// Writes the migration in both formats, compares each with what is expected,
/// leaves the SQL one in the project, and says which column becomes which.
fn write_and_compare(
    on: On,
    case: &Path,
    project: &Project,
    words: &[&str],
) -> Result<Option<rows::Lineage>, Failed> {
    let rust = [words, &["--file-format", "rust"]].concat();
    let ran = project.run(&rust)?;
    if is_too_old(on, case, &ran)? {
        return Ok(None);
    }
    if ran.code != 0 {
        return Err(format!("autogen: {ran:?}").into());
    }
    if !fs::read_dir(project.path("versions"))?
        .flatten()
        .any(|e| e.file_name().to_string_lossy().starts_with("000000000002"))
    {
        same_text(&expected(on, case, "txt"), "no difference\n")?;
        project.expect(&["check"], 0)?;
        return Ok(None);
    }
    let path = project.version("000000000002")?;
    let rust = fs::read_to_string(&path)?;
    rustfmt_is_content(&path)?;
    fs::remove_file(path)?;
    project.expect(&[words, &["--file-format", "sql"]].concat(), 0)?;
    let sql = fs::read_to_string(project.version("000000000002")?)?;
    if speaks_first(case) == Some(on) {
        same_text(&case.join("expected/migration.rs"), &without_proof(&rust))?;
    }
    if !is_other_server(on, project)? {
        same_text(&expected(on, case, "sql"), &without_proof(&sql))?;
    }
    Ok(Some(rows::Lineage::of(&rust)))
}

/// Whether the server is older than what is asked of it; beside the SQL for a
/// newer one stands what it says then.
fn is_too_old(on: On, case: &Path, ran: &Ran) -> Result<bool, Failed> {
    let unwrapped = ran.stderr.replace("\n  │ ", " ");
    if ran.code != 2 || !unwrapped.contains("knows from version") {
        return Ok(false);
    }
    same_text(
        &expected(on, case, "txt"),
        &format!("after.rs:\n{}", ran.stderr),
    )?;
    Ok(true)
}

/// The first database on which something is written.
pub(crate) fn speaks_first(case: &Path) -> Option<On> {
    let writes = |on: &On| !expected(*on, case, "txt").exists();
    On::ALL.into_iter().find(writes)
}

/// Whether the server is not the one whose words are expected: MySQL itself,
/// where MariaDB's are, or a PostgreSQL that can do more in one statement.
fn is_other_server(on: On, project: &Project) -> Result<bool, Failed> {
    match on {
        On::Sqlite => Ok(false),
        On::Postgres => {
            let version = project.query("SELECT current_setting('server_version_num');")?;
            let number = version.first().and_then(|v| v.trim().parse::<u32>().ok());
            Ok(number.ok_or("a version without a number")? >= 180_000)
        }
        On::MySql => {
            let version = project.query("SELECT version();")?;
            Ok(!version.iter().any(|v| v.contains("MariaDB")))
        }
    }
}

/// The text without the line that names versions.
fn without_proof(text: &str) -> String {
    text.lines()
        .filter(|line| !line.contains("Proven: "))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn rustfmt_is_content(path: &Path) -> Outcome {
    let output = std::process::Command::new("rustfmt")
        .args(["--check", "--edition", "2024", "--config-path", "/dev/null"])
        .arg(path)
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        let out = String::from_utf8_lossy(&output.stdout);
        Err(format!("rustfmt would change it:\n{out}").into())
    }
}

/// Compares with an expected file; `UPDATE=1` writes it.
pub(crate) fn same_text(path: &Path, text: &str) -> Outcome {
    if std::env::var_os("UPDATE").is_some() {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
        return Ok(());
    }
    let expected = fs::read_to_string(path)
        .map_err(|e| format!("{}: {e}; `UPDATE=1` writes it", path.display()))?;
    if expected == text {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(expected.as_str(), text);
    Err(format!(
        "{}\n{}",
        path.display(),
        diff.unified_diff().header("expected", "is")
    )
    .into())
}
