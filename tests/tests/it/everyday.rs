//! What is done every day with migrations: one by one up and down, an example
//! tried out, a database made anew.

use std::fs;

use libtest_mimic::{Failed, Trial};

use crate::cli::says;
use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for on in On::ALL {
        let name = |what: &str| format!("everyday::{}::{what}", on.name());
        trials.push(trial(name("one_by_one"), move || one_by_one(on)));
        trials.push(trial(name("a_database_made_anew"), move || made_anew(on)));
        trials.push(trial(name("tables_without_a_version"), move || {
            tables_without_a_version(on)
        }));
    }
    for on in [On::Sqlite, On::Postgres] {
        let name = format!("everyday::{}::the_example_of_the_guide", on.name());
        trials.push(trial(name, move || the_example(on)));
    }
    trials.extend([
        trial("everyday::a_blank_revision", a_blank_revision),
        trial("everyday::current_touches_nothing", current_touches_nothing),
        trial("everyday::after_the_own_tables", after_the_own_tables),
        trial("everyday::what_is_logged", what_is_logged),
    ]);
    trials
}

/// A file of SQL; its name says nothing.
pub(crate) fn file(project: &Project, name: &str, header: &str, up: &str, down: &str) -> Outcome {
    let dialect = match project.server().map(|server| server.url()) {
        None => "sqlite",
        Some(url) if url.starts_with("postgres") => "postgres",
        Some(_) => "mysql",
    };
    let date = match header.contains("Create Date") {
        true => "",
        false => "-- Create Date: 2026-01-01T00:00:00Z\n",
    };
    project.write(
        &format!("versions/{name}.sql"),
        &format!(
            "-- {name}\n--\n{header}{date}-- Dialect: {dialect}\n\n-- upgrade\n{up}\n\n-- downgrade\n{down}\n"
        ),
    )
}

/// A revision that makes a table of its own name.
pub(crate) fn table(project: &Project, id: &str, parent: &str) -> Outcome {
    file(
        project,
        &format!("{id}_x"),
        &format!("-- Revision ID: {id}\n-- Revises: {parent}\n"),
        &format!("CREATE TABLE {id} (a INTEGER NOT NULL);"),
        &format!("DROP TABLE {id};"),
    )
}

pub(crate) fn current(project: &Project) -> Result<String, Failed> {
    let ran = project.expect(&["current"], 0)?;
    Ok(ran.stdout.trim().to_owned())
}

/// All of a database as models say it.
pub(crate) fn state(project: &Project) -> Result<String, Failed> {
    Ok(project.expect(&["reflect"], 0)?.stdout)
}

/// Ten revisions, `+1` each, and back one at a time to the very same states.
fn one_by_one(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    let id = |n: u32| format!("step{n:04}");
    for n in 1..=10 {
        let (up, down) = match n {
            1 => (
                "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY);".to_owned(),
                "DROP TABLE t;".to_owned(),
            ),
            n => (
                format!("ALTER TABLE t ADD COLUMN c{n} INTEGER;"),
                format!("ALTER TABLE t DROP COLUMN c{n};"),
            ),
        };
        let parent = if n == 1 { String::new() } else { id(n - 1) };
        let header = format!("-- Revision ID: {}\n-- Revises: {parent}\n", id(n));
        file(&project, &id(n), &header, &up, &down)?;
    }
    let mut states = vec![state_of_nothing(&project)?];
    for n in 1..=10 {
        project.expect(&["upgrade", "+1"], 0)?;
        let head = if n == 10 { " (head)" } else { "" };
        same(current(&project)?, format!("{}{head}", id(n)))?;
        states.push(state(&project)?);
    }
    says(
        &project.expect(&["upgrade", "+1"], 2)?,
        &["Relative revision `+1` didn't produce 1"],
    )?;
    for n in (1..=10).rev() {
        same(&state(&project)?, &states[n as usize])?;
        project.expect(&["downgrade", "-1"], 0)?;
        let at = if n == 1 { String::new() } else { id(n - 1) };
        same(current(&project)?, at)?;
    }
    same(&state_of_nothing(&project)?, &states[0])?;
    project.expect(&["upgrade", &id(7)], 0)?;
    same(&state(&project)?, &states[7])?;
    project.expect(&["downgrade", &id(3)], 0)?;
    same(&state(&project)?, &states[3])?;
    says(
        &project.expect(&["downgrade", "-99"], 2)?,
        &["Relative revision `-99` didn't produce 99"],
    )?;
    same(current(&project)?, id(3))?;
    project.expect(&["downgrade", "base"], 0)?;
    same(&state_of_nothing(&project)?, &states[0])
}

/// The same where there may be no database yet.
fn state_of_nothing(project: &Project) -> Result<String, Failed> {
    match project.server().is_none() && !project.path("app.db").exists() {
        true => {
            project.sql("SELECT 1")?;
            state(project)
        }
        false => state(project),
    }
}

/// A database that is thrown away is made anew by the same command.
fn made_anew(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    table(&project, "one00001", "")?;
    table(&project, "two00001", "one00001")?;
    project.expect(&["upgrade", "head"], 0)?;
    let before = state(&project)?;
    match project.server() {
        None => fs::remove_file(project.path("app.db"))?,
        Some(server) if server.url().starts_with("postgres") => {
            server
                .query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                .map(drop)?;
        }
        Some(server) => {
            let name = server.name();
            let sql = format!("DROP DATABASE `{name}`; CREATE DATABASE `{name}`");
            server.query(&sql).map(drop)?;
        }
    }
    project.expect(&["upgrade", "head"], 0)?;
    same(&state(&project)?, &before)?;
    same(current(&project)?, "two00001 (head)".to_owned())
}

/// Tables that somebody else has made, and no version: nothing is done, and the
/// way to say so is told.
fn tables_without_a_version(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    table(&project, "one00001", "")?;
    table(&project, "two00001", "one00001")?;
    project.sql("CREATE TABLE one00001 (a INTEGER NOT NULL)")?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(&ran, &["already exists", "`stamp one00001` says so"])?;
    same(current(&project)?, String::new())?;
    project.expect(&["stamp", "one00001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    same(current(&project)?, "two00001 (head)".to_owned())
}

/// The model of the guide: made, seen, and gone again.
fn the_example(on: On) -> Outcome {
    let project = Project::on(
        on,
        "use aludel::Model;\n\n/// An example.\n#[derive(Model)]\npub struct Example {\n    \
         #[column(primary_key)]\n    pub id: i32,\n    #[column(type = \"varchar(100)\", index)]\n    \
         pub name: String,\n    #[column(type = \"text\")]\n    pub description: Option<String>,\n    \
         pub value: Option<f64>,\n    #[column(default = true)]\n    pub is_active: bool,\n    \
         #[column(default = sql(\"CURRENT_TIMESTAMP\"))]\n    pub created_at: chrono::NaiveDateTime,\n}\n",
    )?;
    project.expect(&["autogen", "-m", "Add example table"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.sql("INSERT INTO example (id, name) VALUES (1, 'a')")?;
    let (active, tables) = match on {
        On::Sqlite => (
            "SELECT is_active || ' ' || (created_at IS NOT NULL) FROM example",
            "SELECT sql FROM sqlite_master WHERE name LIKE '%example%'",
        ),
        _ => (
            "SELECT is_active::int || ' ' || (created_at IS NOT NULL)::int FROM example",
            "SELECT tablename FROM pg_tables WHERE tablename = 'example' \
             UNION ALL SELECT indexname FROM pg_indexes WHERE tablename = 'example'",
        ),
    };
    same(project.query(active)?, vec!["1 1".to_owned()])?;
    let seen = project.query(tables)?.join("\n");
    for part in ["example", "ix_example_name"] {
        if !seen.contains(part) {
            return Err(seen.into());
        }
    }
    project.expect(&["downgrade", "-1"], 0)?;
    same(project.query(tables)?, Vec::new())
}

/// An empty revision needs no database, and does nothing there and back. Its
/// name is cut, its header says all.
fn a_blank_revision() -> Outcome {
    let project = Project::new("")?;
    let message = "Add route_return to traceroute, and more words than a name of a file can take";
    project.edit(
        "aludel.toml",
        "sqlite:app.db",
        "postgres://nobody@127.0.0.1:1/none",
    )?;
    let words = [
        "revision",
        "-m",
        message,
        "--rev-id",
        "deadbeef",
        "--branch-label",
        "wifi",
    ];
    let ran = project.expect(&words, 0)?;
    let path = project.version("deadbeef")?;
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let slug = name
        .trim_start_matches("deadbeef_")
        .trim_end_matches(".sql");
    if slug.len() > 40 || !slug.starts_with("add_route_return_to_traceroute") {
        return Err(name.into());
    }
    says(&ran, &["Generating", "deadbeef_", "done"])?;
    let text = fs::read_to_string(&path)?;
    for part in [
        message,
        "-- Revision ID: deadbeef\n",
        "-- Revises:",
        "-- Create Date: 2023-11-14T22:13:20Z\n",
        "-- Branch Labels: wifi\n",
    ] {
        if !text.contains(part) {
            return Err(format!("no `{part}`\n{text}").into());
        }
    }
    project.edit(
        "aludel.toml",
        "postgres://nobody@127.0.0.1:1/none",
        "sqlite:app.db",
    )?;
    let path = path.display().to_string();
    let postgres = fs::read_to_string(&path)?;
    fs::write(
        &path,
        postgres.replace("Dialect: postgres", "Dialect: sqlite"),
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    let after = state(&project)?;
    project.expect(&["downgrade", "base"], 0)?;
    same(state(&project)?, after)?;
    // 33 characters are refused when the file is made, not when it is run.
    for (id, code) in [
        ("a".repeat(32), 0),
        ("a".repeat(33), 2),
        ("add_time_us_cols".to_owned(), 0),
    ] {
        project.expect(&["revision", "-m", "x", "--rev-id", &id], code)?;
    }
    project.expect(&["upgrade", "head"], 0)?;
    Ok(())
}

/// Where nothing was run `current` says nothing and makes nothing.
fn current_touches_nothing() -> Outcome {
    for on in On::ALL {
        let project = Project::on(on, "")?;
        table(&project, "one00001", "")?;
        project.sql("CREATE TABLE mine (a INTEGER)")?;
        let before = state(&project)?;
        same(current(&project)?, String::new())?;
        project.expect(&["current", "--check-heads"], 1)?;
        same(state(&project)?, before)?;
        if project.query("SELECT * FROM aludel_version").is_ok() {
            return Err("a table was made".into());
        }
    }
    Ok(())
}

/// aludel's own tables make no database full.
fn after_the_own_tables() -> Outcome {
    for on in On::ALL {
        let project = Project::on(on, "")?;
        file(
            &project,
            "first",
            "-- Revision ID: one00001\n-- Revises:\n-- Baseline: true\n",
            "CREATE TABLE mine (a INTEGER);",
            "DROP TABLE mine;",
        )?;
        project.expect(&["ensure-version"], 0)?;
        project.expect(&["upgrade", "head"], 0)?;
        same(current(&project)?, "one00001 (head)".to_owned())?;
    }
    Ok(())
}

/// The lines that people and their scripts know.
fn what_is_logged() -> Outcome {
    for (on, ddl) in [
        (On::Sqlite, "transactional DDL"),
        (On::Postgres, "transactional DDL"),
        (On::MySql, "non-transactional DDL"),
    ] {
        let project = Project::on(on, "")?;
        table(&project, "one00001", "")?;
        table(&project, "two00001", "one00001")?;
        let ran = project.expect(&["upgrade", "head", "-v"], 0)?;
        says(
            &ran,
            &[
                "Context impl ",
                &format!("will assume {ddl}"),
                "Running upgrade -> one00001, one00001_x",
                "Running upgrade one00001 -> two00001, two00001_x",
            ],
        )?;
        let ran = project.expect(&["downgrade", "base"], 0)?;
        says(
            &ran,
            &["Running downgrade two00001 -> one00001, two00001_x"],
        )?;
        if !ran.stdout.is_empty() || ran.stderr.contains('\u{1b}') {
            return Err(format!("{ran:?}").into());
        }
    }
    Ok(())
}
