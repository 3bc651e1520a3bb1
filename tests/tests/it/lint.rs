//! `lint`: what it says of every kind of hazard, how a project switches it, and
//! on which lines it finds what.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use aludel::{MigrationFile, Migrations};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::house::root;
use crate::project::{Project, Ran};
use crate::{Outcome, trial};

#[expect(unreachable_pub, reason = "a migration file as it is written")]
mod aaaa00000001_create_item;
#[expect(unreachable_pub, reason = "a migration file as it is written")]
mod aaaa00000002_change_item;

/// The variable under which this test binary has the Rust migrations of the
/// folder `lint` compiled in.
pub(crate) const ACT_AS_XTASK: &str = "ALUDEL_TEST_ACT_AS_XTASK";

const FIRST: &str = "aaaa00000001_create_item.rs";
const SECOND: &str = "aaaa00000002_change_item.rs";

static FILES: [MigrationFile; 2] = [
    MigrationFile::rust(
        FIRST,
        include_str!("lint/aaaa00000001_create_item.rs"),
        aaaa00000001_create_item::upgrade,
        aaaa00000001_create_item::downgrade,
    ),
    MigrationFile::rust(
        SECOND,
        include_str!("lint/aaaa00000002_change_item.rs"),
        aaaa00000002_change_item::upgrade,
        aaaa00000002_change_item::downgrade,
    ),
];

static MIGRATIONS: Migrations = Migrations::embedded(&FILES);

/// The binary with compiled migrations.
pub(crate) fn xtask() -> ExitCode {
    aludel_cli::App::new("cargo xtask")
        .migrations(&MIGRATIONS)
        .run()
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("lint::lines_and_levels", lines_and_levels),
        trial("lint::config_switches_kinds", config_switches_kinds),
        trial("lint::a_rebuild_is_no_loss", a_rebuild_is_no_loss),
        trial("lint::compiled_files", compiled_files),
        trial("lint::uncompiled_files", uncompiled_files),
        trial("lint::pending_and_named", pending_and_named),
        trial("lint::a_chain_is_followed", a_chain_is_followed),
        trial(
            "lint::what_nobody_knows_is_warned_of",
            what_nobody_knows_is_warned_of,
        ),
    ];
    for file in kinds() {
        let name = file.file_stem().map(|n| n.to_string_lossy().into_owned());
        let name = format!("lint::kind::{}", name.unwrap_or_default());
        trials.push(trial(name, move || says_of_kind(&file)));
    }
    trials
}

/// The files of `fixtures/lint`, one a kind of hazard.
fn kinds() -> Vec<std::path::PathBuf> {
    let folder = fs::read_dir(root().join("fixtures/lint"));
    let files = folder.into_iter().flatten().flatten().map(|e| e.path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    files.sort();
    files
}

/// The whole report of a file, as `fixtures/lint` has it.
fn says_of_kind(file: &Path) -> Outcome {
    let project = project(&fs::read_to_string(file)?)?;
    let ran = project.run(&["lint"])?;
    let said = format!("exit {}\n{}", ran.code, ran.stdout);
    let expected = file.with_extension("txt");
    if std::env::var_os("UPDATE").is_some() {
        return Ok(fs::write(expected, said)?);
    }
    let wanted = fs::read_to_string(&expected)?;
    if said == wanted {
        return Ok(());
    }
    Err(format!(
        "{}\nwanted:\n{wanted}\nsaid:\n{said}{}",
        file.display(),
        ran.stderr
    )
    .into())
}

/// A project with one SQL file, and without a database.
fn project(text: &str) -> Result<Project, Failed> {
    let project = Project::new("")?;
    project.edit("aludel.toml", "url = \"sqlite:app.db\"", "")?;
    project.write("versions/aaaa00000001_first.sql", text)?;
    Ok(project)
}

fn header(dialect: &str) -> String {
    format!(
        "-- first\n--\n-- Revision ID: aaaa00000001\n-- Revises:\n\
         -- Create Date: 2026-01-01T00:00:00Z\n-- Dialect: {dialect}\n\n"
    )
}

fn json(ran: &Ran) -> Result<Value, Failed> {
    serde_json::from_str(&ran.stdout).map_err(|e| format!("{e}\n{ran:?}").into())
}

/// The findings as `line level kind`.
fn findings(ran: &Ran) -> Result<Vec<String>, Failed> {
    let document = json(ran)?;
    let findings = document["findings"].as_array().cloned().unwrap_or_default();
    let one = |f: &Value| {
        let text = |key: &str| f[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", f["line"], text("level"), text("kind"))
    };
    Ok(findings.iter().map(one).collect())
}

fn same(found: &[String], wanted: &[&str]) -> Outcome {
    if found == wanted {
        return Ok(());
    }
    Err(format!("found {found:#?}\nwanted {wanted:#?}").into())
}

const SCRIPT: &str = "-- upgrade
CREATE TABLE fresh (id integer);
CREATE INDEX ON fresh (id);
-- aludel: allow(deletes_data, breaks_running_code) moved to `t2` in abc123
-- another comment
DROP TABLE old;
ALTER TABLE t
  ALTER COLUMN c SET NOT NULL;
-- aludel: allow(blocks_writes)
CREATE INDEX ix ON t (c);
-- aludel: allow(deletes_dat) oh
-- aludel: allow(rewrites_table) not at all
SELECT 1;

-- downgrade
-- aludel: allow(deletes_data)
DROP TABLE fresh;
";

fn lines_and_levels() -> Outcome {
    let project = project(&(header("postgres") + SCRIPT))?;
    let ran = project.expect(&["lint", "--format", "json"], 1)?;
    same(
        &findings(&ran)?,
        &[
            "14 warning may_fail_on_rows",
            "14 warning breaks_running_code",
            "14 warning scans_table",
            "14 warning blocks_reads",
            "16 error allow",
            "17 warning blocks_writes",
            "18 error allow",
            "19 note allow",
        ],
    )?;
    let document = json(&ran)?;
    let first = &document["findings"][0];
    let right = first["file"] == "versions/aaaa00000001_first.sql"
        && first["revision"] == "aaaa00000001"
        && first["message"] == "may fail on rows: rows where `t.c` is NULL"
        && first["why"].as_str().is_some_and(|why| !why.is_empty())
        && first["safe"].as_str().is_some_and(|safe| !safe.is_empty())
        && document["errors"] == 2
        && document["warnings"] == 5
        && document["notes"] == 1;
    if !right {
        return Err(format!("{document:#}").into());
    }
    let text = project.expect(&["lint"], 1)?.stdout;
    for part in [
        "versions/aaaa00000001_first.sql:14:1",
        "did you mean `deletes_data`?",
        "1 revision: 2 errors, 5 warnings, 1 note",
    ] {
        if !text.contains(part) {
            return Err(format!("`{part}` is not in\n{text}").into());
        }
    }
    Ok(())
}

fn config_switches_kinds() -> Outcome {
    let drop = header("mysql") + "-- upgrade\nDROP TABLE t;\n\n-- downgrade\nSELECT 1;\n";
    let project = project(&drop)?;
    project.expect(&["lint"], 1)?;
    let config = fs::read_to_string(project.path("aludel.toml"))?;
    let with = |lint: &str| project.write("aludel.toml", &format!("{config}\n[lint]\n{lint}\n"));
    with("deletes_data = \"note\"\nbreaks_running_code = \"off\"")?;
    let ran = project.expect(&["lint", "--format", "json"], 0)?;
    same(&findings(&ran)?, &["9 note deletes_data"])?;
    with("breaks_running_code = \"error\"\ndeletes_data = \"off\"")?;
    let ran = project.expect(&["lint", "--format", "json"], 1)?;
    same(&findings(&ran)?, &["9 error breaks_running_code"])?;
    for (wrong, hint) in [
        ("delete_data = \"off\"", "did you mean `deletes_data`?"),
        ("deletes_data = \"of\"", "did you mean `off`?"),
    ] {
        with(wrong)?;
        let ran = project.expect(&["lint"], 2)?;
        if !ran.stderr.contains(hint) {
            return Err(format!("no `{hint}` in\n{}", ran.stderr).into());
        }
    }
    Ok(())
}

/// What SQLite writes again under its name is not dropped.
fn a_rebuild_is_no_loss() -> Outcome {
    let model = "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"item\")]\n\
                 pub struct Item {\n    #[column(primary_key)]\n    pub id: i64,\n    \
                 pub note: Option<String>,\n}\n";
    let project = Project::new(model)?;
    let autogen = |id: &str| {
        project.expect(&["autogen", "-m", id, "--rev-id", id], 0)?;
        Ok::<(), Failed>(())
    };
    autogen("aaaa00000001")?;
    project.expect(&["upgrade", "head"], 0)?;
    let fewer = model.replace("Option<String>", "String");
    project.write("models.rs", &fewer)?;
    autogen("aaaa00000002")?;
    let ran = project.expect(&["lint", "--format", "json"], 0)?;
    let found = findings(&ran)?;
    let kinds: Vec<&str> = found.iter().filter_map(|f| f.split(' ').nth(2)).collect();
    if kinds == ["rewrites_table", "blocks_writes"] {
        return Ok(());
    }
    Err(format!("{found:#?}").into())
}

/// The project of the compiled files, and a command in it.
fn compiled(words: &[&str]) -> Result<Ran, Failed> {
    let project = Project::new("")?;
    for file in &FILES {
        project.write(&format!("versions/{}", file.name()), file.text())?;
    }
    let mut command = project.command(words)?;
    command.env(ACT_AS_XTASK, "1");
    let output = command.output()?;
    Ok(Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn compiled_files() -> Outcome {
    let words = ["lint", "--dialect", "postgres", "--format", "json"];
    let ran = compiled(&words)?;
    same(
        &findings(&ran)?,
        &[
            "13 note not_reversible",
            "14 note allow",
            "15 warning breaks_running_code",
            "15 warning scans_table",
            "15 warning blocks_reads",
            "17 error deletes_data",
        ],
    )?;
    let document = json(&ran)?;
    if ran.code != 1 || document["revisions"] != 2 {
        return Err(format!("{ran:?}").into());
    }
    // The database of the project is a SQLite file, which is not there yet.
    let ran = compiled(&["lint", "head", "--format", "json"])?;
    let found = findings(&ran)?;
    if !found.contains(&"13 warning rewrites_table".to_owned()) {
        return Err(format!("{found:#?}\n{}", ran.stderr).into());
    }
    Ok(())
}

/// Without compilation a Rust file cannot be judged.
fn uncompiled_files() -> Outcome {
    let project = Project::new("")?;
    for file in &FILES {
        project.write(&format!("versions/{}", file.name()), file.text())?;
    }
    let ran = project.expect(&["lint"], 2)?;
    let said: Vec<&str> = ran.stderr.split_whitespace().collect();
    let said = said.join(" ").replace("│ ", "");
    for part in [
        "has to be compiled before it can run",
        "type `cargo xtask lint`",
    ] {
        if !said.contains(part) {
            return Err(format!("no `{part}` in\n{}", ran.stderr).into());
        }
    }
    Ok(())
}

fn pending_and_named() -> Outcome {
    let project = project(
        &(header("sqlite") + "-- upgrade\nCREATE TABLE t (a, b);\n\n-- downgrade\nDROP TABLE t;\n"),
    )?;
    let second = header("sqlite").replace("00001\n-- Revises:", "00002\n-- Revises: aaaa00000001")
        + "-- upgrade\nALTER TABLE t DROP COLUMN a;\n\n-- downgrade\nALTER TABLE t ADD a;\n";
    project.write("versions/aaaa00000002_second.sql", &second)?;
    let count = |words: &[&str], code| -> Result<Value, Failed> {
        let words = [&["lint", "--format", "json"], words].concat();
        Ok(json(&project.expect(&words, code)?)?["revisions"].clone())
    };
    let right = count(&[], 1)? == 2
        && count(&["aaaa00000001"], 0)? == 1
        && count(&["aaaa00000001:head"], 1)? == 2
        && count(&["head"], 1)? == 1;
    project.expect(&["upgrade", "head", "--database-url", "sqlite:app.db"], 0)?;
    let pending = count(&["--database-url", "sqlite:app.db"], 0)?;
    if right && pending == 0 {
        return Ok(());
    }
    Err(format!("{pending} revisions are pending").into())
}

/// A project of SQL files that follow each other, and what `lint` says of the
/// last.
fn chain(dialect: &str, files: &[&str]) -> Result<Vec<String>, Failed> {
    let project = project("")?;
    for (at, statements) in files.iter().enumerate() {
        let revision = format!("aaaa0000000{}", at + 1);
        let parent = if at == 0 {
            String::new()
        } else {
            format!(" aaaa0000000{at}")
        };
        let text = format!(
            "-- step\n--\n-- Revision ID: {revision}\n-- Revises:{parent}\n\
             -- Create Date: 2026-01-01T00:00:00Z\n-- Dialect: {dialect}\n\n\
             -- upgrade\n{statements}\n\n-- downgrade\nSELECT 1;\n"
        );
        let name = match at {
            0 => "versions/aaaa00000001_first.sql".to_owned(),
            _ => format!("versions/{revision}_step.sql"),
        };
        project.write(&name, &text)?;
    }
    let ran = project.run(&["lint", "head", "--format", "json"])?;
    let found = findings(&ran)?;
    Ok(found
        .into_iter()
        .map(|line| {
            line.split_once(' ')
                .map_or(String::new(), |(_, rest)| rest.to_owned())
        })
        .collect())
}

/// What earlier files say of a table is known when the last one is judged.
fn a_chain_is_followed() -> Outcome {
    let table = "CREATE TABLE t (id integer PRIMARY KEY, c varchar(20), d text NOT NULL);";
    let breaks = "warning breaks_running_code";
    for (dialect, files, wanted) in [
        (
            "postgres",
            &[
                table,
                "ALTER TABLE t ADD CONSTRAINT ck CHECK (c IS NOT NULL) NOT VALID;",
                "ALTER TABLE t VALIDATE CONSTRAINT ck;",
                "ALTER TABLE t ALTER COLUMN c SET NOT NULL; ALTER TABLE t DROP CONSTRAINT ck;",
            ] as &[&str],
            &[breaks] as &[&str],
        ),
        // `d` is NOT NULL already, and wider is no other type.
        (
            "postgres",
            &[
                table,
                "ALTER TABLE t ALTER d SET NOT NULL, ALTER c TYPE varchar(40);",
            ],
            &["note invalidates_plans"],
        ),
        (
            "mysql",
            &[table, "ALTER TABLE t MODIFY c varchar(40);"],
            &[],
        ),
        (
            "mysql",
            &[
                table,
                "ALTER TABLE t RENAME TO u;",
                "ALTER TABLE u CHANGE c e varchar(40);",
            ],
            &[breaks],
        ),
        // What is computed at each read is nothing that is lost or written.
        (
            "sqlite",
            &[
                "CREATE TABLE t (a integer, b integer AS (a + 1) VIRTUAL);",
                "ALTER TABLE t DROP COLUMN b;",
            ],
            &["error deletes_data", breaks],
        ),
        (
            "postgres",
            &[
                "CREATE TABLE t (id integer PRIMARY KEY, c text); CREATE TRIGGER tr BEFORE UPDATE \
                 OF c ON t FOR EACH ROW EXECUTE FUNCTION f();",
                "UPDATE t SET c = '' WHERE c IS NULL; UPDATE t SET id = 1 WHERE id IS NULL;",
            ],
            &["warning fires_triggers"],
        ),
    ] {
        same(&chain(dialect, files)?, wanted).map_err(|error| format!("{files:?}: {error:?}"))?;
    }
    Ok(())
}

/// Where something may have changed what is known, nothing is left out.
fn what_nobody_knows_is_warned_of() -> Outcome {
    let table = "CREATE TABLE t (id integer PRIMARY KEY, c varchar(20) NOT NULL);";
    let last = "ALTER TABLE t ALTER COLUMN c SET NOT NULL;";
    let all = [
        "warning may_fail_on_rows",
        "warning breaks_running_code",
        "warning scans_table",
        "warning blocks_reads",
    ];
    same(&chain("postgres", &[table, last])?, &[])?;
    for between in [
        "SELECT change_everything();",
        "DO $$ BEGIN ALTER TABLE t ALTER c DROP NOT NULL; END $$;",
        "ALTER TABLE t ALTER COLUMN c DROP NOT NULL;",
        "ALTER TABLE t DROP CONSTRAINT t_c_not_null;",
        "DROP TABLE t; CREATE TABLE t (LIKE u);",
        "DROP TABLE t; CREATE TABLE IF NOT EXISTS t (c text NOT NULL);",
        "ALTER TABLE t RENAME TO v; ALTER TABLE u RENAME TO t;",
        "ALTER TABLE t SET SCHEMA s;",
        "SET search_path = s;",
        "DROP TYPE mood CASCADE;",
    ] {
        let found = chain("postgres", &[table, between, last])?;
        same(&found, &all).map_err(|error| format!("{between}: {error:?}"))?;
    }
    // A check that was not validated, and one that goes again.
    for between in [
        "ALTER TABLE t ADD CONSTRAINT ck CHECK (c IS NOT NULL) NOT VALID;",
        "ALTER TABLE t ADD CONSTRAINT ck CHECK (c IS NOT NULL); ALTER TABLE t DROP CONSTRAINT ck;",
    ] {
        let open = "CREATE TABLE t (id integer PRIMARY KEY, c varchar(20));";
        let found = chain("postgres", &[open, between, last])?;
        same(&found, &all).map_err(|error| format!("{between}: {error:?}"))?;
    }
    Ok(())
}
