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
    project.expect(&["status", "--strict"], 1)?;
    for words in [&["upgrade", "head"][..], &["downgrade", "aaaa0002"]] {
        says(
            &project.expect(words, 0)?,
            &[
                "`aaaa0001` was changed since",
                "aludel stamp --repair aaaa0001",
            ],
        )?;
        let strict = [words, &["--strict"]].concat();
        let ran = project.expect(&strict, 2)?;
        says(
            &ran,
            &["`aaaa0001` was changed since", "stamp --repair aaaa0001"],
        )?;
    }
    let document = json(&project.expect(&["check", "--format", "json"], 0)?)?;
    if document["edited"] != serde_json::json!(["aaaa0001"]) {
        return Err(format!("{document:#}").into());
    }
    let ran = project.expect(&["status"], 0)?;
    says(&ran, &["`aaaa0001`: changed since it was run"])?;
    let ran = project.expect(&["stamp", "--repair", "aaaa0001", "head"], 0)?;
    says(&ran, &["Accepted what is in the files of `aaaa0001` now"])?;
    for command in ["check", "status", "upgrade"] {
        project.expect(&[command, "--strict"], 0)?;
    }
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

/// Every command that meets the database says which revisions it does not know
/// and what to do; none touches anything.
fn unknown_revisions_are_all_told() -> Outcome {
    let project = project(On::Sqlite)?;
    project.sql("INSERT INTO aludel_version VALUES ('aaaa0003'), ('gone0001')")?;
    let facts = [
        "Can't locate revision identified by `aaaa0003`, `gone0001`",
        "is ahead of these migrations",
        "stamp --purge REV",
        "`aaaa0001`, `aaaa0002`",
    ];
    let seen = || -> Result<(Vec<u8>, Vec<std::path::PathBuf>), Failed> {
        let mut files: Vec<_> = std::fs::read_dir(project.path("versions"))?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        Ok((std::fs::read(project.path("app.db"))?, files))
    };
    let before = seen()?;
    for (typed, code) in [
        ("upgrade head", 2),
        ("upgrade head --dry-run", 2),
        ("upgrade --sql current:head", 2),
        ("downgrade -1", 2),
        ("downgrade --sql current:base", 2),
        ("stamp head", 2),
        ("stamp --repair head", 2),
        ("check", 2),
        ("autogen -m x", 2),
        ("revision --autogenerate -m x", 2),
        ("lint", 2),
        ("edit current", 2),
        ("show current", 2),
        ("history -r current:head", 2),
        ("rebase aaaa0002 --onto aaaa0001", 2),
        // Those that only look go on.
        ("current", 0),
        ("status", 0),
        ("status --strict", 1),
        ("history -i", 0),
        ("history -v", 0),
    ] {
        let words: Vec<&str> = typed.split(' ').collect();
        let ran = project.expect(&words, code)?;
        if typed.starts_with("rebase") {
            // Stopped by the graph, long before.
            continue;
        }
        says(&ran, &facts).map_err(|e| format!("{typed}: {}", e.message().unwrap_or_default()))?;
        if seen()? != before {
            return Err(format!("`{typed}` has changed something").into());
        }
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
