//! `squash` in real projects: one file in the place of several.

use std::fs;

use libtest_mimic::{Failed, Trial};

use crate::cli::{json, says};
use crate::project::Project;
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// A test.
type Test = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<(&str, Test)> = vec![
        ("from_the_base_on_sqlite", from_the_base_on_sqlite),
        ("from_the_base_on_postgres", from_the_base_on_postgres),
        ("from_the_base_on_mysql", from_the_base_on_mysql),
        ("in_the_middle", in_the_middle),
        ("into_a_rust_file", into_a_rust_file),
        ("a_database_inside_is_told", a_database_inside_is_told),
        ("nothing_is_lost", nothing_is_lost),
        ("views_come_along", views_come_along),
        ("renames_are_asked_for", renames_are_asked_for),
        ("ranges_that_cannot_be", ranges_that_cannot_be),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("squash::{name}"), run))
        .collect()
}

const ITEM: &str = "#[derive(aludel::Model)]\npub struct Item {\n    #[column(primary_key)]\n    \
                    pub id: i64,\n    pub name: Option<String>,\n}\n";

/// Four generated revisions, which the database has run.
fn project(on: On) -> Result<Project, Failed> {
    let project = Project::on(on, ITEM)?;
    let step = |id: &str, message: &str| -> Outcome {
        project.expect(&["autogen", "-m", message, "--rev-id", id], 0)?;
        project.expect(&["upgrade", "head"], 0)?;
        Ok(())
    };
    step("aaaa0001", "items")?;
    project.edit(
        "models.rs",
        "    pub name",
        "    #[column(index)]\n    pub size: Option<i64>,\n    pub name",
    )?;
    step("aaaa0002", "sizes")?;
    project.edit("models.rs", "    pub name: Option<String>,\n", "")?;
    step("aaaa0003", "no names")?;
    let more = "#[derive(aludel::Model)]\npub struct Place {\n    #[column(primary_key)]\n    pub \
                id: i64,\n    #[column(references = Item::id)]\n    pub item: i64,\n}\n";
    project.write("models_more.rs", more)?;
    step("aaaa0004", "places")?;
    Ok(project)
}

fn files(project: &Project) -> Result<Vec<String>, Failed> {
    let entries = fs::read_dir(project.path("versions"))?.flatten();
    let mut names: Vec<String> = entries
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Ok(names)
}

/// The project's database anew.
fn anew(project: &Project) -> Outcome {
    match project.server() {
        None => Ok(fs::remove_file(project.path("app.db"))?),
        Some(_) => project.sql(
            "DROP TABLE place; DROP TABLE item; DELETE FROM aludel_version; DELETE FROM aludel_log",
        ),
    }
}

fn from_the_base(on: On) -> Outcome {
    let project = project(on)?;
    let ran = project.expect(&["squash", ":head", "-m", "the first year"], 0)?;
    says(
        &ran,
        &[
            "aaaa0004_the_first_year.sql",
            "create table `item`",
            "create table `place`",
            "stands for `aaaa0001`, `aaaa0002`, `aaaa0003`, `aaaa0004`",
        ],
    )?;
    if files(&project)? != ["aaaa0004_the_first_year.sql"] {
        return Err(format!("{:?}", files(&project)?).into());
    }
    let text = fs::read_to_string(project.version("aaaa0004")?)?;
    for part in [
        "-- Revises:\n",
        "-- Squashes: aaaa0001, aaaa0002, aaaa0003\n",
        "-- Proven: ",
    ] {
        if !text.contains(part) {
            return Err(format!("no `{part}`\n{text}").into());
        }
    }
    if text.contains("replay only") || text.contains("name") && text.contains("ADD COLUMN") {
        return Err(text.into());
    }
    // A database that has run the range is where it was.
    project.expect(&["current", "--check-heads"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    // A new one gets the same.
    anew(&project)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["verify"], 0)?;
    project.expect(&["downgrade", "base"], 0)?;
    Ok(())
}

fn from_the_base_on_sqlite() -> Outcome {
    from_the_base(On::Sqlite)
}

fn from_the_base_on_postgres() -> Outcome {
    from_the_base(On::Postgres)
}

fn from_the_base_on_mysql() -> Outcome {
    from_the_base(On::MySql)
}

fn in_the_middle() -> Outcome {
    let project = project(On::Sqlite)?;
    let before = files(&project)?;
    let words = ["squash", "aaaa0002:aaaa0003", "--dry-run"];
    let ran = project.expect(&words, 0)?;
    says(
        &ran,
        &["squash aaaa0002 to aaaa0003", "-- Revises: aaaa0001"],
    )?;
    if files(&project)? != before {
        return Err("something was written".into());
    }
    let words = ["squash", "aaaa0002:aaaa0003", "--format", "json"];
    let document = json(&project.expect(&words, 0)?)?;
    if document["revision"] != "aaaa0003" || files(&project)?.len() != 3 {
        return Err(format!("{document:#}").into());
    }
    project.expect(&["verify"], 0)?;
    project.expect(&["downgrade", "-2"], 0)?;
    let ran = project.expect(&["current"], 0)?;
    says(&ran, &["aaaa0001"])?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    // Again, with one that stands for others already.
    project.expect(&["squash", ":", "-m", "all"], 0)?;
    let text = fs::read_to_string(project.version("aaaa0004")?)?;
    if !text.contains("-- Squashes: aaaa0001, aaaa0002, aaaa0003\n") {
        return Err(text.into());
    }
    Ok(())
}

fn into_a_rust_file() -> Outcome {
    let project = project(On::Sqlite)?;
    project.expect(&["squash", ":", "-m", "all", "--file-format", "rust"], 0)?;
    let text = fs::read_to_string(project.version("aaaa0004")?)?;
    for part in [
        "//! Squashes: aaaa0001, ",
        "op.create_table(\"item\"",
        "//! Proven: sqlite",
    ] {
        if !text.contains(part) {
            return Err(format!("no `{part}`\n{text}").into());
        }
    }
    Ok(())
}

fn a_database_inside_is_told() -> Outcome {
    let project = project(On::Sqlite)?;
    project.expect(&["downgrade", "aaaa0002"], 0)?;
    let ran = project.expect(&["squash", ":"], 2)?;
    says(
        &ran,
        &["has run 2 of the 4 revisions", "aludel upgrade aaaa0004"],
    )?;
    fs::copy(project.path("app.db"), project.path("other.db"))?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["squash", ":"], 0)?;
    // A database of somebody else that was in the middle.
    for command in [
        vec!["upgrade", "head"],
        vec!["check"],
        vec!["downgrade", "base"],
    ] {
        let words = [command.as_slice(), &["--database-url", "sqlite:other.db"]].concat();
        let ran = project.expect(&words, 2)?;
        says(
            &ran,
            &[
                "Can't locate revision identified by `aaaa0002`",
                "was squashed into `aaaa0004`",
                "upgrade aaaa0004",
            ],
        )?;
    }
    Ok(())
}

/// A SQL file by hand.
fn by_hand(project: &Project, id: &str, parent: &str, up: &str, down: &str) -> Outcome {
    project.write(
        &format!("versions/{id}.sql"),
        &format!(
            "-- by hand\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n-- Create Date: \
             2026-01-01T00:00:00Z\n-- Dialect: sqlite\n\n-- upgrade\n{up}\n\n-- downgrade\n{down}\n"
        ),
    )
}

fn nothing_is_lost() -> Outcome {
    let project = project(On::Sqlite)?;
    by_hand(
        &project,
        "bbbb0001",
        "aaaa0004",
        "UPDATE item SET size = 1;",
        "SELECT 1;",
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    // From the base there is nothing that it could be about.
    project.expect(&["squash", ":", "--dry-run"], 0)?;
    let ran = project.expect(&["squash", "aaaa0002:"], 2)?;
    says(
        &ran,
        &[
            "that would be lost",
            "bbbb0001.sql: UPDATE item SET size = 1",
            "--schema-only",
        ],
    )?;
    by_hand(
        &project,
        "bbbb0002",
        "bbbb0001",
        "INSERT INTO item (id) VALUES (7);",
        "DELETE FROM item WHERE id = 7;",
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    let ran = project.expect(&["squash", ":"], 2)?;
    says(&ran, &["bbbb0002.sql: INSERT INTO item (id) VALUES (7)"])?;
    if files(&project)?.len() != 6 {
        return Err("something was written".into());
    }
    let ran = project.expect(&["squash", ":", "--schema-only"], 0)?;
    says(&ran, &["stands for"])
}

fn views_come_along() -> Outcome {
    let project = project(On::Sqlite)?;
    by_hand(
        &project,
        "bbbb0001",
        "aaaa0004",
        "CREATE VIEW big AS SELECT id FROM item WHERE size > 9;\nCREATE TRIGGER t AFTER DELETE ON \
         item BEGIN DELETE FROM place WHERE item = old.id; END;",
        "DROP TRIGGER t;\nDROP VIEW big;",
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["squash", ":"], 0)?;
    anew(&project)?;
    project.expect(&["upgrade", "head"], 0)?;
    let found = project
        .query("SELECT name FROM sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY 1")?;
    if found != ["big", "t"] {
        return Err(format!("{found:?}").into());
    }
    project.expect(&["downgrade", "base"], 0)?;
    Ok(())
}

fn renames_are_asked_for() -> Outcome {
    let project = project(On::Sqlite)?;
    project.edit(
        "models.rs",
        "pub size",
        "#[column(renamed_from = \"size\")]\n    pub extent",
    )?;
    project.expect(&["autogen", "-m", "extent", "--rev-id", "aaaa0005"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    let ran = project.expect(&["squash", "aaaa0004:"], 2)?;
    says(&ran, &["--rename item.size=item.extent"])?;
    let words = ["squash", "aaaa0004:", "--rename", "item.size=item.extent"];
    project.expect(&words, 0)?;
    let text = fs::read_to_string(project.version("aaaa0005")?)?;
    if !text.contains("RENAME COLUMN") {
        return Err(text.into());
    }
    project.expect(&["verify"], 0)?;
    Ok(())
}

fn ranges_that_cannot_be() -> Outcome {
    let ran = Project::new("")?.expect(&["squash", ":"], 2)?;
    says(&ran, &["there is no revision in `:`"])?;
    let project = project(On::Sqlite)?;
    let ran = project.expect(&["squash", "aaaa0002:aaaa0002"], 2)?;
    says(&ran, &["is one revision, `aaaa0002`"])?;
    let ran = project.expect(&["squash", "head"], 2)?;
    says(&ran, &["History range requires [start]:[end]"])?;
    by_hand(&project, "bbbb0001", "aaaa0002", "SELECT 1;", "SELECT 1;")?;
    let ran = project.expect(&["squash", ":aaaa0004"], 2)?;
    says(
        &ran,
        &["`bbbb0001` needs `aaaa0002`", "end the range at `aaaa0002`"],
    )?;
    let ran = project.expect(&["squash", ":"], 2)?;
    says(&ran, &["ends in 2 revisions: `aaaa0004`, `bbbb0001`"])?;
    Ok(())
}
