//! The commands as they are typed, on databases that cannot be reached.

use libtest_mimic::{Failed, Trial};

use aludel_test_servers::Fresh;

use super::scripts::Target;
use crate::cli::{json, says};
use crate::project::{Project, Ran};
use crate::readme;
use crate::startup::same;
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// A test.
type Test = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<(&str, Test)> = vec![
        ("typed_scripts_on_sqlite", || typed_scripts(On::Sqlite)),
        ("typed_scripts_on_postgres", || typed_scripts(On::Postgres)),
        ("typed_scripts_on_mysql", || typed_scripts(On::MySql)),
        ("ranges_are_refused", ranges_are_refused),
        ("which_database", which_database),
        ("uncompiled_files", uncompiled_files),
        ("models_and_migrations_on_sqlite", || {
            models_and_migrations(On::Sqlite)
        }),
        ("models_and_migrations_on_postgres", || {
            models_and_migrations(On::Postgres)
        }),
        ("models_and_migrations_on_mysql", || {
            models_and_migrations(On::MySql)
        }),
        ("rust_files_need_no_server", rust_files_need_no_server),
        ("rows_may_be_anywhere", rows_may_be_anywhere),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("offline::{name}"), run))
        .collect()
}

const ITEM: &str = "#[derive(aludel::Model)]\npub struct Item {\n    #[column(primary_key)]\n    \
                    pub id: i64,\n    pub name: Option<String>,\n}\n";

/// A project with three revisions, the last one by hand, and a database that
/// has run none of them.
fn project(on: On) -> Result<Project, Failed> {
    let project = Project::on(on, ITEM)?;
    project.expect(&["autogen", "-m", "items", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.edit(
        "models.rs",
        "pub name: Option<String>",
        "#[column(check = \"size >= 0\")]\n    pub size: i64,\n    pub name: String",
    )?;
    let fill = [
        "autogen",
        "-m",
        "sizes",
        "--rev-id",
        "aaaa0002",
        "--fill",
        "item.size=0",
        "--fill",
        "item.name=x",
    ];
    project.expect(&fill, 0)?;
    let (body, drop) = match on {
        On::Sqlite => (
            "CREATE TRIGGER tr AFTER UPDATE ON item BEGIN\n  UPDATE item SET name = 'a;b';\n  \
             SELECT 1;\nEND",
            "DROP TRIGGER tr",
        ),
        On::Postgres => (
            "-- autocommit\nCREATE INDEX CONCURRENTLY ix ON item (name);\n-- autocommit\nDROP INDEX \
             CONCURRENTLY ix;\nCREATE FUNCTION f() \
             RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND $$",
            "DROP FUNCTION f()",
        ),
        On::MySql => (
            "CREATE TRIGGER tr BEFORE UPDATE ON item FOR EACH ROW BEGIN\n  SET NEW.name = 'a;b';\n  \
             SET @x = 1;\nEND",
            "DROP TRIGGER tr",
        ),
    };
    project.write(
        "versions/aaaa0003_by_hand.sql",
        &format!(
            "-- by hand\n--\n-- Revision ID: aaaa0003\n-- Revises: aaaa0002\n-- Create Date: \
             2026-01-01T00:00:00Z\n-- Dialect: {}\n\n-- upgrade\n{body};\n\n-- downgrade\n{drop};\n",
            on.name()
        ),
    )?;
    Ok(project)
}

/// The url of a database that cannot be reached, of the same kind.
fn nowhere(on: On) -> &'static str {
    match on {
        On::Sqlite => "sqlite:/nowhere/at/all/app.db",
        On::Postgres => "postgres://nobody@127.0.0.1:1/nothing",
        On::MySql => "mysql://nobody@127.0.0.1:1/nothing",
    }
}

fn typed_scripts(on: On) -> Outcome {
    let project = project(on)?;
    let target = Target::new(on)?;
    let print = |words: &[&str]| -> Result<String, Failed> {
        let mut all = vec!["--database-url", nowhere(on)];
        all.extend(words);
        Ok(project.expect(&all, 0)?.stdout)
    };
    target.run(&print(&["upgrade", "--sql"])?)?;
    target.run(&print(&["downgrade", "--sql", "aaaa0003:aaaa0001"])?)?;
    target.run(&print(&["upgrade", "--sql", "aaaa0001:+2"])?)?;
    target.run(&print(&["downgrade", "--sql", "head:base"])?)?;
    target.run(&print(&["stamp", "--sql", "aaaa0002"])?)?;
    let shown = print(&["show", "aaaa0003", "--sql"])?;
    for text in ["-- upgrade\n", "-- downgrade\n", "DROP "] {
        if !shown.contains(text) {
            return Err(shown.into());
        }
    }
    let words = ["upgrade", "--sql", "aaaa0001:aaaa0002", "--format", "json"];
    let document = json(&project.expect(&words, 0)?)?;
    same(document["revisions"].as_array().map(Vec::len), Some(1))?;
    same(document["revisions"][0]["id"].as_str(), Some("aaaa0002"))?;
    let words = ["show", "head-1", "--sql", "--format", "json"];
    let document = json(&project.expect(&words, 0)?)?;
    let down = &document["revisions"][0]["sql"]["downgrade"];
    if down.as_array().is_none_or(Vec::is_empty) {
        return Err(format!("{document:#}").into());
    }
    // Where the database is, only the database knows.
    let asked = project.expect(&["upgrade", "--sql", "current:head"], 0)?;
    says(&asked, &["Running upgrade aaaa0001 -> aaaa0002"])
}

fn ranges_are_refused() -> Outcome {
    let project = project(On::Sqlite)?;
    let refused = |words: &[&str], said: &[&str]| -> Outcome {
        let ran = project.expect(words, 2)?;
        if !ran.stdout.is_empty() {
            return Err(format!("half a script: {}", ran.stdout).into());
        }
        says(&ran, said)
    };
    refused(
        &["downgrade", "--sql", "base"],
        &[
            "downgrade with --sql requires <fromrev>:<torev>",
            "aludel downgrade --sql aaaa0003:base",
            "current:base",
        ],
    )?;
    refused(
        &["upgrade", "--sql", "aaaa0003:aaaa0001"],
        &[
            "does not refer to ancestor/descendant",
            "the other way around",
        ],
    )?;
    refused(
        &["downgrade", "--sql", "aaaa0001:aaaa0003"],
        &["not a valid downgrade target"],
    )?;
    refused(
        &["upgrade", "--sql", "nowhere0"],
        &["Can't locate revision"],
    )?;
    refused(&["stamp", "--sql", "+1"], &["only a database can tell"])?;
    refused(&["upgrade", "--sql", "--dry-run"], &["cannot be used with"])?;
    let nothing = project.expect(&["upgrade", "--sql", "head:head"], 0)?;
    says(&nothing, &["nothing to run"])
}

fn which_database() -> Outcome {
    let project = project(On::Sqlite)?;
    project.edit("aludel.toml", "url = \"sqlite:app.db\"\n", "")?;
    let ran = project.expect(&["upgrade", "--sql"], 2)?;
    says(
        &ran,
        &["which database it is for is not known", "--dialect sqlite"],
    )?;
    let ran = project.expect(&["upgrade", "--sql", "--dialect", "sqlite"], 0)?;
    says(&ran, &["for SQLite", "PRAGMA foreign_keys = OFF;"])?;
    let ran = project.expect(&["upgrade", "--sql", "--dialect", "postgres"], 2)?;
    says(
        &ran,
        &["the file is for `sqlite`, the database is `postgres`"],
    )?;
    for (name, title) in [("mysql", "MySQL"), ("mariadb", "MariaDB")] {
        let ran = project.expect(&["stamp", "head", "--sql", "--dialect", name], 0)?;
        says(&ran, &[&format!("for {title}"), "START TRANSACTION;"])?;
    }
    Ok(())
}

fn uncompiled_files() -> Outcome {
    let project = Project::new(ITEM)?;
    project.edit("aludel.toml", "format = \"sql\"", "format = \"rust\"")?;
    project.expect(&["autogen", "-m", "items", "--rev-id", "aaaa0001"], 0)?;
    let ran = project.expect(&["upgrade", "--sql"], 2)?;
    says(
        &ran,
        &["has to be compiled", "cargo xtask upgrade --sql head"],
    )?;
    let ran = project.expect(&["show", "head", "--sql"], 2)?;
    says(&ran, &["has to be compiled", "cargo xtask show head --sql"])?;
    let ran = project.expect(&["check", "--offline"], 2)?;
    says(&ran, &["has to be compiled", "cargo xtask check --offline"])?;
    let ran = project.expect(&["autogen", "-m", "x", "--offline"], 2)?;
    says(
        &ran,
        &["has to be compiled", "cargo xtask autogen --offline"],
    )
}

/// The database of the url is never reached: it is nowhere.
fn models_and_migrations(on: On) -> Outcome {
    let project = project(on)?;
    let run = |words: &[&str], code: i32| -> Result<Ran, Failed> {
        let mut all = vec!["--database-url", nowhere(on)];
        all.extend(words);
        project.expect(&all, code)
    };
    let scratch = match on {
        On::Sqlite => None,
        On::Postgres => Some(Fresh::postgres()?),
        On::MySql => Some(Fresh::mysql()?),
    };
    if let Some(scratch) = &scratch {
        let ran = run(&["check", "--offline"], 2)?;
        says(&ran, &["_items.sql", "written in SQL", "scratch_url"])?;
        let line = format!("[database]\nscratch_url = \"{}\"\n", scratch.url());
        project.edit("aludel.toml", "[database]\n", &line)?;
    }
    let start = std::time::Instant::now();
    let ran = run(&["check", "--offline"], 0)?;
    says(&ran, &["in sync: models and migrations do not differ"])?;
    if scratch.is_none() && start.elapsed() > std::time::Duration::from_secs(2) {
        return Err(format!("it took {:?}", start.elapsed()).into());
    }
    same(
        json(&run(&["check", "--offline", "--format", "json"], 0)?)?["in_sync"].as_bool(),
        Some(true),
    )?;
    project.edit(
        "models.rs",
        "    pub name: String",
        "    #[column(index, check = \"color <> 'a' AND length(color) > 1\")]\n    \
         #[column(type = \"varchar(20)\")]\n    pub color: Option<String>,\n    pub name: String",
    )?;
    let document = json(&run(&["check", "--offline", "--format", "json"], 1)?)?;
    same(document["in_sync"].as_bool(), Some(false))?;
    let ran = run(&["check", "--offline"], 1)?;
    says(
        &ran,
        &[
            "models and migrations differ:",
            "add column `item.color`",
            "autogen --offline -m",
        ],
    )?;
    let written = [
        "autogen",
        "--offline",
        "-m",
        "color",
        "--rev-id",
        "aaaa0004",
    ];
    run(&written, 0)?;
    let text = std::fs::read_to_string(project.version("aaaa0004")?)?;
    let proven = match on {
        On::MySql => "-- Proven: ma",
        _ => "-- Proven: ",
    };
    if !text.contains(proven) || text.contains("replay only") {
        return Err(text.into());
    }
    run(&["check", "--offline"], 0)?;
    // The database at work agrees.
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    let again = run(&["autogen", "--offline", "-m", "again"], 0)?;
    says(&again, &["no changes detected"])
}

/// What Rust files make is thought of.
fn rust_files_need_no_server() -> Outcome {
    let project = readme::copy()?;
    for name in ["sqlite", "postgres", "mysql", "mariadb"] {
        let words = ["check", "--offline", "--dialect", name];
        let said = readme::run(&project, &words, 1)?;
        let only = said.matches("add column").count();
        if only != 1 || !said.contains("add column `traceroute.route_return`") {
            return Err(said.into());
        }
    }
    let words = [
        "autogen",
        "--offline",
        "--dialect",
        "postgres",
        "-m",
        "add",
        "--rev-id",
        "aaaa0001",
    ];
    let said = readme::run(&project, &words, 0)?;
    if !said.contains("proven by replay only") {
        return Err(said.into());
    }
    let text = std::fs::read_to_string(project.version("aaaa0001")?)?;
    if !text.contains("Proven: replay only (") || !text.contains("route_return") {
        return Err(text.into());
    }
    if project.path("app.db").exists() {
        return Err("a database was made".into());
    }
    Ok(())
}

/// Nobody looks at the rows: what one of them may object to is told, and what
/// one of them may lose is refused.
fn rows_may_be_anywhere() -> Outcome {
    let project = project(On::Sqlite)?;
    project.edit(
        "models.rs",
        "pub size: i64",
        "pub size: i64,\n    pub weight: i64",
    )?;
    let words = ["autogen", "--offline", "-m", "weight", "--dry-run"];
    project.expect(&words, 0)?;
    let ran = project.expect(&["check", "--offline"], 1)?;
    says(
        &ran,
        &["may fail on rows: `item.weight` is NOT NULL without a value"],
    )?;
    let text = ITEM.replace("Option<String>", "chrono::NaiveDateTime");
    let project = Project::new(&text)?;
    project.expect(&["autogen", "--offline", "-m", "items"], 0)?;
    project.edit("models.rs", "NaiveDateTime", "NaiveDate")?;
    let ran = project.expect(&["autogen", "--offline", "-m", "name"], 2)?;
    says(&ran, &["item.name", "--allow-lossy"])
}
