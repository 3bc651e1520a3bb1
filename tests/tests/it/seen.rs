//! What people see on 80 columns: the help of every command and the main errors,
//! with and without colours, as `fixtures/seen` has them.
//!
//! `UPDATE=1` writes these files anew.

use std::fs;
use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};

use crate::anywhere::at_terminal;
use crate::house::root;
use crate::project::{Project, Ran};
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// Every command; the first one is none.
const COMMANDS: [&str; 24] = [
    "",
    "init",
    "autogen",
    "revision",
    "check",
    "diff",
    "upgrade",
    "downgrade",
    "status",
    "current",
    "history",
    "heads",
    "branches",
    "show",
    "merge",
    "rebase",
    "squash",
    "edit",
    "stamp",
    "ensure-version",
    "verify",
    "lint",
    "reflect",
    "completions",
];

const MODELS: &str = "use aludel::Model;

#[derive(Model)]
#[table(name = \"item\")]
pub struct Item {
    #[column(primary_key)]
    pub id: i64,
    pub name: Option<String>,
}
";

/// A key that nobody knows, and a type that nobody knows.
const MISTAKEN: &str = "use aludel::Model;

#[derive(Model)]
#[table(name = \"item\")]
pub struct Item {
    #[column(primary_key)]
    pub id: i64,
    #[column(defualt = \"\")]
    pub name: String,
    pub place: GeoPoint,
}
";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = COMMANDS
        .into_iter()
        .map(|name| {
            let shown = if name.is_empty() { "aludel" } else { name };
            trial(format!("seen::help::{shown}"), move || help(name))
        })
        .collect();
    for (name, run) in ERRORS {
        trials.push(trial(format!("seen::{name}"), move || plain(name, *run)));
    }
    trials.push(trial("seen::every_command_is_here", every_command_is_here));
    trials.push(trial("seen::coloured_help", coloured_help));
    trials.push(trial("seen::coloured_mistakes", coloured_mistakes));
    trials.push(trial("seen::coloured_header", coloured_header));
    trials.push(trial("seen::coloured_difference", coloured_difference));
    for on in On::ALL {
        let name = format!("failed_statement_{}", on.name());
        trials.push(trial(format!("seen::{name}"), move || {
            plain(&name, || failed_statement(on))
        }));
    }
    trials
}

/// A text that is as the file of that name has it.
fn is_as(name: &str, said: &str) -> Outcome {
    let path: PathBuf = root().join("fixtures/seen").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        return Ok(fs::write(path, said)?);
    }
    let wanted = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    match said == wanted {
        true => Ok(()),
        false => Err(format!("{}\nwanted:\n{wanted}\nsaid:\n{said}", path.display()).into()),
    }
}

/// No line is wider than the screen.
fn fits(said: &str) -> Outcome {
    match said.lines().find(|line| line.chars().count() > 80) {
        None => Ok(()),
        Some(line) => Err(format!("{} columns: {line}", line.chars().count()).into()),
    }
}

fn help(command: &'static str) -> Outcome {
    let project = Project::new("")?;
    let words: Vec<&str> = [command, "--help"]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    let output = project.command(&words)?.env("COLUMNS", "80").output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !said.contains("\nExample") {
        return Err(format!("no examples\n{said}").into());
    }
    // An example is typed as it stands, and nobody breaks it.
    let (text, _) = said.split_once("\nExample").unwrap_or((&said, ""));
    fits(text)?;
    let name = if command.is_empty() {
        "aludel"
    } else {
        command
    };
    is_as(&format!("help/{name}"), &said)
}

fn every_command_is_here() -> Outcome {
    let project = Project::new("")?;
    let help = project.expect(&["--help"], 0)?.stdout;
    let listed = help
        .split_once("Commands:\n")
        .and_then(|(_, rest)| rest.split_once("\n\n"))
        .ok_or("no list of commands")?
        .0;
    let listed = listed.lines().filter_map(|line| {
        let name = line.strip_prefix("  ")?;
        let name = name.split(' ').next()?;
        (!name.is_empty() && name != "help").then_some(name)
    });
    let missing: Vec<&str> = listed.filter(|name| !COMMANDS.contains(name)).collect();
    match missing.as_slice() {
        [] => Ok(()),
        missing => Err(format!("{missing:?} of\n{help}").into()),
    }
}

/// Runs something that fails.
type Run = fn() -> Result<Ran, Failed>;

const ERRORS: &[(&str, Run)] = &[
    ("mistakes", mistakes),
    ("header", header),
    ("two_heads", two_heads),
    ("likely_rename", likely_rename),
    ("pending", pending),
];

fn plain(name: &str, run: impl FnOnce() -> Result<Ran, Failed>) -> Outcome {
    let ran = run()?;
    let said = format!("exit {}\n{}{}", ran.code, ran.stdout, ran.stderr);
    fits(&said)?;
    is_as(name, &said)
}

fn at_head(on: On) -> Result<Project, Failed> {
    let project = Project::on(on, MODELS)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa00000001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    Ok(project)
}

fn mistakes() -> Result<Ran, Failed> {
    let project = Project::new(MISTAKEN)?;
    project.write(
        "models2.rs",
        "use aludel::Model;\n#[derive(Model)]\nstruct {\n",
    )?;
    project.run(&["check"])
}

/// A project with a revision whose header is not right.
fn with_odd_header() -> Result<Project, Failed> {
    let project = at_head(On::Sqlite)?;
    project.write(
        "versions/bbbb00000001_x.sql",
        "-- x\n--\n-- Revision ID: bbbb00000001\n-- Revise: aaaa00000001\n\
         -- Create Date: 2026-01-01T00:00:00Z\n-- Dialect: sqlite\n\n-- upgrade\n-- downgrade\n",
    )?;
    Ok(project)
}

fn header() -> Result<Ran, Failed> {
    with_odd_header()?.run(&["history"])
}

fn two_heads() -> Result<Ran, Failed> {
    let project = at_head(On::Sqlite)?;
    for id in ["bbbb00000001", "bbbb00000002"] {
        let words = [
            "revision",
            "-m",
            "x",
            "--head",
            "aaaa00000001",
            "--splice",
            "--rev-id",
            id,
        ];
        project.expect(&words, 0)?;
    }
    project.run(&["upgrade", "head"])
}

fn likely_rename() -> Result<Ran, Failed> {
    let project = at_head(On::Sqlite)?;
    project.edit("models.rs", "name: Option", "title: Option")?;
    project.run(&["autogen", "-m", "second"])
}

fn pending() -> Result<Ran, Failed> {
    let project = at_head(On::Sqlite)?;
    project.expect(&["revision", "-m", "x", "--rev-id", "bbbb00000001"], 0)?;
    project.run(&["autogen", "-m", "second"])
}

/// A statement that the database cannot read: a mark is under the word.
fn failed_statement(on: On) -> Result<Ran, Failed> {
    let project = at_head(on)?;
    project.expect(&["revision", "-m", "x", "--rev-id", "bbbb00000001"], 0)?;
    let path = project.version("bbbb")?;
    let text = fs::read_to_string(&path)?;
    let upgrade = "-- upgrade\nALTER TABLE item\n  ADDD COLUMN note TEXT;\n";
    fs::write(&path, text.replacen("-- upgrade\n", upgrade, 1))?;
    let mut ran = project.run(&["upgrade", "head"])?;
    // What MySQL and MariaDB say before it differs.
    match (on, ran.stderr.find("  │ line ")) {
        (_, None) => Err(ran.stderr.into()),
        (On::MySql, Some(at)) => {
            ran.stderr = ran.stderr.split_off(at);
            Ok(ran)
        }
        (On::Sqlite | On::Postgres, Some(_)) => Ok(ran),
    }
}

/// The same on a terminal, where an escape is `\e`.
fn coloured(name: &str, project: &Project, words: &[&str]) -> Outcome {
    let (code, shown) = at_terminal(project, words, false)?;
    let shown = shown.replace('\r', "").replace('\x1b', "\\e");
    if !shown.contains("\\e[") {
        return Err(format!("no colour\n{shown}").into());
    }
    is_as(
        &format!("coloured/{name}"),
        &format!("exit {code}\n{shown}"),
    )
}

fn coloured_help() -> Outcome {
    coloured("help", &Project::new("")?, &["check", "--help"])
}

fn coloured_mistakes() -> Outcome {
    coloured("mistakes", &Project::new(MISTAKEN)?, &["check"])
}

fn coloured_header() -> Outcome {
    coloured("header", &with_odd_header()?, &["history"])
}

fn coloured_difference() -> Outcome {
    let project = at_head(On::Sqlite)?;
    project.edit(
        "models.rs",
        "id: i64,\n",
        "id: i64,\n    #[column(index)]\n    pub size: Option<i64>,\n",
    )?;
    let words = ["autogen", "-q", "-m", "second", "--rev-id", "bbbb00000001"];
    coloured("difference", &project, &words)
}
