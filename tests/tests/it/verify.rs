//! `status` and `verify` in real projects.

use libtest_mimic::{Failed, Trial};

use crate::cli::{json, says};
use crate::project::Project;
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// A test.
type Test = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<(&str, Test)> = vec![
        ("status_in_one_screen", status_in_one_screen),
        ("status_of_what_is_wrong", status_of_what_is_wrong),
        ("status_of_a_writer", status_of_a_writer),
        (
            "status_while_one_runs_on_postgres",
            status_while_one_runs_on_postgres,
        ),
        (
            "status_while_one_runs_on_mysql",
            status_while_one_runs_on_mysql,
        ),
        ("there_and_back_on_sqlite", there_and_back_on_sqlite),
        ("there_and_back_on_postgres", there_and_back_on_postgres),
        ("there_and_back_on_mysql", there_and_back_on_mysql),
        ("a_downgrade_that_forgets", a_downgrade_that_forgets),
        ("an_upgrade_that_fails", an_upgrade_that_fails),
        ("what_cannot_be_undone", what_cannot_be_undone),
        ("only_a_range", only_a_range),
        ("rust_files_are_replayed_too", rust_files_are_replayed_too),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("verify::{name}"), run))
        .collect()
}

const ITEM: &str = "#[derive(aludel::Model)]\npub struct Item {\n    #[column(primary_key)]\n    \
                    pub id: i64,\n    pub name: Option<String>,\n}\n";

/// A project with three generated revisions, of which the database has run two.
fn project(on: On) -> Result<Project, Failed> {
    let project = Project::on(on, ITEM)?;
    project.expect(&["autogen", "-m", "items", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.edit(
        "models.rs",
        "id: i64,\n",
        "id: i64,\n    #[column(index)]\n    pub size: i64,\n",
    )?;
    let fill = [
        "autogen",
        "-m",
        "sizes",
        "--rev-id",
        "aaaa0002",
        "--fill",
        "item.size=0",
    ];
    project.expect(&fill, 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.edit("models.rs", "    pub name: Option<String>,\n", "")?;
    project.expect(&["autogen", "-m", "no names", "--rev-id", "aaaa0003"], 0)?;
    Ok(project)
}

fn status_in_one_screen() -> Outcome {
    let project = Project::new(ITEM)?;
    let ran = project.expect(&["status"], 0)?;
    says(&ran, &["(not there yet)", "current <base>", "pending none"])?;
    if project.path("app.db").exists() {
        return Err("a database was made".into());
    }
    project.expect(&["autogen", "-m", "items", "--rev-id", "aaaa0001"], 0)?;
    let ran = project.expect(&["status"], 0)?;
    says(
        &ran,
        &[
            "pending 1; `aludel upgrade head` runs it",
            "aaaa0001, items",
        ],
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    let ran = project.expect(&["status"], 0)?;
    says(
        &ran,
        &[
            "current aaaa0001, items",
            "heads aaaa0001, items",
            "pending none",
            "edited none",
            "drift none: models and database do not differ",
            "lock free",
        ],
    )?;
    let names: Vec<&str> = ran.stdout.lines().filter_map(|l| l.get(..11)).collect();
    if names.iter().any(|name| !name.ends_with("  ")) {
        return Err(format!("not aligned:\n{}", ran.stdout).into());
    }
    let document = json(&project.expect(&["status", "--format", "json"], 0)?)?;
    let right = document["at_head"] == true
        && document["drift"]["in_sync"] == true
        && document["lock"]["held"] == false
        && document["current"] == serde_json::json!(["aaaa0001"]);
    if right {
        return Ok(());
    }
    Err(format!("{document:#}").into())
}

fn status_of_what_is_wrong() -> Outcome {
    let project = project(On::Sqlite)?;
    let first = project.version("aaaa0001")?;
    let text = std::fs::read_to_string(&first)?.replace("NULL", "NULL /* x */");
    std::fs::write(&first, text)?;
    let ran = project.expect(&["status"], 0)?;
    says(
        &ran,
        &[
            "aaaa0003, no names",
            "1 difference to the models",
            "drop column `item.name`",
            "edited none",
        ],
    )?;
    let text =
        std::fs::read_to_string(&first)?.replacen("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1);
    std::fs::write(&first, text)?;
    project.sql("INSERT INTO aludel_version VALUES ('gone00000001')")?;
    project.write(
        "models.rs",
        "#[derive(aludel::Model)]\nstruct Broken { a: Nothing }\n",
    )?;
    let ran = project.expect(&["status"], 0)?;
    says(
        &ran,
        &[
            "`gone00000001`: in no migration file",
            "`aaaa0001`: changed since it was run",
            "drift not known",
        ],
    )
}

fn status_of_a_writer() -> Outcome {
    let project = project(On::Postgres)?;
    let ran = project.expect(&["status"], 0)?;
    says(&ran, &["lock free", "pending 1"])?;
    // A process that died leaves its word behind, and no lock.
    project.sql(
        "INSERT INTO aludel_status (id, revision, direction, started_at, host, pid) VALUES \
         (1, 'aaaa0003', 'upgrade', '2026-01-01T00:00:00Z', 'elsewhere', 7)",
    )?;
    let ran = project.expect(&["status"], 0)?;
    says(
        &ran,
        &[
            "free; the upgrade of `aaaa0003`",
            "process 7 on elsewhere",
            "is gone",
        ],
    )?;
    let document = json(&project.expect(&["status", "--format", "json"], 0)?)?;
    if document["running"]["pid"] != 7 || document["lock"]["held"] != false {
        return Err(format!("{document:#}").into());
    }
    let project = self::project(On::Sqlite)?;
    project.sql(
        "INSERT INTO aludel_status (id, revision, direction, started_at, host, pid) VALUES \
         (1, 'aaaa0003', 'upgrade', '2026-01-01T00:00:00Z', 'elsewhere', 7)",
    )?;
    let ran = project.expect(&["status"], 0)?;
    says(&ran, &["free; the upgrade of `aaaa0003`", "is gone"])
}

fn status_while_one_runs_on_postgres() -> Outcome {
    status_while_one_runs(On::Postgres, "SELECT pg_sleep(5);")
}

fn status_while_one_runs_on_mysql() -> Outcome {
    status_while_one_runs(On::MySql, "SELECT SLEEP(5);")
}

fn status_while_one_runs(on: On, sleep: &str) -> Outcome {
    let project = project(on)?;
    let path = project.version("aaaa0003")?;
    let text = std::fs::read_to_string(&path)?;
    std::fs::write(
        &path,
        text.replace("-- downgrade\n", &format!("{sleep}\n\n-- downgrade\n")),
    )?;
    let mut writer = project.command(&["upgrade", "head", "-q"])?.spawn()?;
    // Who looks before it is said that one runs may wait for its tables.
    while project
        .query("SELECT revision FROM aludel_status")?
        .is_empty()
    {
        if writer.try_wait()?.is_some() {
            return Err("the writer said nothing".into());
        }
    }
    let mut seen = String::new();
    let held = loop {
        let ran = project.expect(&["status"], 0)?;
        if ran.stdout.contains("held: the upgrade of `aaaa0003` since") {
            break true;
        }
        seen = ran.stdout;
        if writer.try_wait()?.is_some() {
            break false;
        }
    };
    if !writer.wait()?.success() || !held {
        return Err(format!("nobody held it\n{seen}").into());
    }
    let ran = project.expect(&["status"], 0)?;
    says(&ran, &["pending none", "lock free"])
}

fn there_and_back(on: On) -> Outcome {
    let project = project(on)?;
    let ran = project.expect(&["verify"], 0)?;
    says(
        &ran,
        &[
            "ok aaaa0001, items",
            "ok aaaa0002, sizes",
            "ok aaaa0003, no names",
            "all 3 revisions are right",
        ],
    )?;
    // The database itself was left alone.
    let ran = project.expect(&["current"], 0)?;
    says(&ran, &["aaaa0002"])?;
    let document = json(&project.expect(&["verify", "--format", "json"], 0)?)?;
    if document["verified"] != true || document["revisions"].as_array().map(Vec::len) != Some(3) {
        return Err(format!("{document:#}").into());
    }
    Ok(())
}

fn there_and_back_on_sqlite() -> Outcome {
    there_and_back(On::Sqlite)
}

fn there_and_back_on_postgres() -> Outcome {
    there_and_back(On::Postgres)
}

fn there_and_back_on_mysql() -> Outcome {
    there_and_back(On::MySql)
}

/// A SQL file by hand.
fn by_hand(project: &Project, id: &str, parent: &str, body: &str) -> Outcome {
    project.write(
        &format!("versions/{id}.sql"),
        &format!(
            "-- by hand\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n-- Create Date: \
             2026-01-01T00:00:00Z\n-- Dialect: sqlite\n\n-- upgrade\n{body}"
        ),
    )
}

fn a_downgrade_that_forgets() -> Outcome {
    let project = project(On::Sqlite)?;
    let body = "CREATE TABLE log (a INTEGER);\nCREATE VIEW v AS SELECT a FROM log;\nCREATE INDEX \
                ix_item_id ON item (id);\n\n-- downgrade\nDROP VIEW v;\nDROP TABLE log;\n";
    by_hand(&project, "bbbb0001", "aaaa0003", body)?;
    let body = "CREATE TABLE more (a INTEGER);\n\n-- downgrade\nDROP TABLE more;\n";
    by_hand(&project, "bbbb0002", "bbbb0001", body)?;
    let ran = project.expect(&["verify"], 1)?;
    says(
        &ran,
        &[
            "ok aaaa0003",
            "FAIL bbbb0001, by hand",
            "after the downgrade is left to do: drop index `ix_item_id`",
            "the second upgrade fails",
            "1 of 4 revisions are not right",
        ],
    )
}

fn an_upgrade_that_fails() -> Outcome {
    let project = project(On::Sqlite)?;
    by_hand(
        &project,
        "bbbb0001",
        "aaaa0003",
        "DROP TABLE no_such;\n\n-- downgrade\n",
    )?;
    let ran = project.expect(&["verify"], 1)?;
    says(
        &ran,
        &[
            "FAIL bbbb0001",
            "the upgrade fails",
            "no such table: no_such",
            "DROP TABLE no_such",
        ],
    )
}

fn what_cannot_be_undone() -> Outcome {
    let project = project(On::Sqlite)?;
    by_hand(&project, "bbbb0001", "aaaa0003", "DROP TABLE item;\n")?;
    let ran = project.expect(&["verify"], 0)?;
    says(&ran, &["ok bbbb0001 (cannot be undone), by hand"])?;
    project.expect(&["verify", "--strict"], 1)?;
    Ok(())
}

fn only_a_range() -> Outcome {
    let project = project(On::Sqlite)?;
    let ran = project.expect(&["verify", "aaaa0002:"], 0)?;
    says(
        &ran,
        &["aaaa0002, sizes", "aaaa0003, no names", "all 2 revisions"],
    )?;
    let ran = project.expect(&["verify", "head", "-q"], 0)?;
    if ran.stdout != "ok    aaaa0003, no names\n" {
        return Err(ran.stdout.into());
    }
    let ran = project.expect(&["verify", "current", "+1"], 0)?;
    says(
        &ran,
        &["aaaa0002, sizes", "aaaa0003, no names", "all 2 revisions"],
    )?;
    let ran = project.expect(&["verify", "nope1"], 2)?;
    says(&ran, &["Can't locate revision identified by `nope1`"])
}

fn rust_files_are_replayed_too() -> Outcome {
    let project = crate::readme::copy()?;
    let said = crate::readme::run(&project, &["verify"], 0)?;
    if !said.contains("ok    ") || !said.contains("right on SQLite") {
        return Err(said.into());
    }
    Ok(())
}
