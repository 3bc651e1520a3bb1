//! Files that were changed after they were run, and what is on record of runs.

use libtest_mimic::{Failed, Trial};

use crate::cli::{json, says};
use crate::project::Project;
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// A test.
type Test = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<(&str, Test)> = vec![
        ("changed_files_on_sqlite", changed_files_on_sqlite),
        ("changed_files_on_postgres", changed_files_on_postgres),
        ("changed_files_on_mysql", changed_files_on_mysql),
        ("history_tells_the_runs", history_tells_the_runs),
        (
            "a_squashed_file_is_not_changed",
            a_squashed_file_is_not_changed,
        ),
        (
            "unknown_revisions_are_all_told",
            unknown_revisions_are_all_told,
        ),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("tampering::{name}"), run))
        .collect()
}

const ITEM: &str = "#[derive(aludel::Model)]\npub struct Item {\n    #[column(primary_key)]\n    \
                    pub id: i64,\n    pub name: Option<String>,\n}\n";

/// Two revisions, both run.
fn project(on: On) -> Result<Project, Failed> {
    let project = Project::on(on, ITEM)?;
    project.expect(&["autogen", "-m", "items", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.edit(
        "models.rs",
        "    pub name",
        "    pub size: Option<i64>,\n    pub name",
    )?;
    project.expect(&["autogen", "-m", "sizes", "--rev-id", "aaaa0002"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    Ok(project)
}

/// Adds a statement to the first file.
fn change(project: &Project) -> Outcome {
    let path = project.version("aaaa0001")?;
    let text = std::fs::read_to_string(&path)?;
    let text = text.replace(
        "-- downgrade\n",
        "CREATE TABLE more (a INTEGER);\n\n-- downgrade\n",
    );
    Ok(std::fs::write(path, text)?)
}

fn changed_files(on: On) -> Outcome {
    let project = project(on)?;
    // Comments and layout are no change.
    let path = project.version("aaaa0001")?;
    let text = std::fs::read_to_string(&path)?;
    std::fs::write(
        &path,
        text.replace("-- downgrade\n", "\n-- a word\n-- downgrade\n"),
    )?;
    let ran = project.expect(&["check", "--strict"], 0)?;
    if ran.stderr.contains("changed") {
        return Err(ran.stderr.into());
    }
    change(&project)?;
    let ran = project.expect(&["check"], 0)?;
    says(
        &ran,
        &[
            "`aaaa0001` was changed since",
            "aludel stamp --repair aaaa0001",
        ],
    )?;
    project.expect(&["check", "--strict"], 1)?;
    let document = json(&project.expect(&["check", "--format", "json"], 0)?)?;
    if document["edited"] != serde_json::json!(["aaaa0001"]) {
        return Err(format!("{document:#}").into());
    }
    let ran = project.expect(&["status"], 0)?;
    says(&ran, &["`aaaa0001`: changed since it was run"])?;
    let ran = project.expect(&["stamp", "--repair", "aaaa0001", "head"], 0)?;
    says(&ran, &["Accepted what is in the files of `aaaa0001` now"])?;
    project.expect(&["check", "--strict"], 0)?;
    let ran = project.expect(&["stamp", "--repair", "head"], 0)?;
    says(&ran, &["head says what it said when it was run"])?;
    // What is run again is on record as it is now.
    project.expect(&["downgrade", "aaaa0001"], 0)?;
    let ran = project.expect(&["stamp", "--repair", "aaaa0002"], 2)?;
    says(&ran, &["the database has not run `aaaa0002`"])?;
    let ran = project.expect(&["current"], 0)?;
    says(&ran, &["aaaa0001"])
}

fn changed_files_on_sqlite() -> Outcome {
    changed_files(On::Sqlite)
}

fn changed_files_on_postgres() -> Outcome {
    changed_files(On::Postgres)
}

fn changed_files_on_mysql() -> Outcome {
    changed_files(On::MySql)
}

fn history_tells_the_runs() -> Outcome {
    let project = project(On::Sqlite)?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    change(&project)?;
    project.expect(&["stamp", "--repair", "aaaa"], 2)?;
    project.expect(&["stamp", "--repair", "aaaa0001"], 0)?;
    let ran = project.expect(&["history", "-v"], 0)?;
    let words = ["Upgrade: ", "Downgrade: ", "Repair: "];
    let counts = words.map(|word| ran.stdout.lines().filter(|l| l.starts_with(word)).count());
    if counts != [3, 1, 1]
        || !ran.stdout.contains("checksum ")
        || !ran.stdout.contains(", by process ")
    {
        return Err(ran.stdout.into());
    }
    let document = json(&project.expect(&["history", "-v", "--format", "json"], 0)?)?;
    if document["revisions"][0]["runs"][1]["direction"] != "downgrade" {
        return Err(format!("{document:#}").into());
    }
    // Without a database it is a history all the same.
    std::fs::remove_file(project.path("app.db"))?;
    let ran = project.expect(&["history", "-v"], 0)?;
    if ran.stdout.contains("Upgrade: ") || project.path("app.db").exists() {
        return Err(ran.stdout.into());
    }
    Ok(())
}

fn a_squashed_file_is_not_changed() -> Outcome {
    let project = project(On::Sqlite)?;
    project.expect(&["squash", ":head"], 0)?;
    project.expect(&["check", "--strict"], 0)?;
    let ran = project.expect(&["status"], 0)?;
    says(&ran, &["edited none"])
}

fn unknown_revisions_are_all_told() -> Outcome {
    let project = project(On::Sqlite)?;
    project.sql("INSERT INTO aludel_version VALUES ('aaaa0003'), ('gone0001')")?;
    for words in [
        vec!["upgrade", "head"],
        vec!["downgrade", "-1"],
        vec!["stamp", "head"],
        vec!["upgrade", "head", "--dry-run"],
        vec!["stamp", "--repair", "head"],
    ] {
        let ran = project.expect(&words, 2)?;
        says(
            &ran,
            &[
                "Can't locate revision identified by `aaaa0003`, `gone0001`",
                "is ahead of these migrations",
                "stamp --purge REV",
                "`aaaa0001`, `aaaa0002`",
            ],
        )?;
    }
    for words in [vec!["check"], vec!["autogen", "-m", "x"], vec!["lint"]] {
        let ran = project.expect(&words, 2)?;
        says(
            &ran,
            &[
                "Can't locate revision identified by `aaaa0003`, `gone0001`",
                "stamp --purge REV",
                "`aaaa0001`, `aaaa0002`",
            ],
        )?;
    }
    let ran = project.expect(&["current"], 0)?;
    says(
        &ran,
        &[
            "aaaa0003 (in no migration file)",
            "gone0001 (in no migration file)",
        ],
    )?;
    project.expect(&["stamp", "--purge", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}
