//! Every command from wherever it is typed: a sub-folder, another folder, a
//! pipe, a terminal without colours, a script, and a container that holds the
//! binary alone.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::cli::says;
use crate::house::root;
use crate::project::{ACT_AS_ALUDEL, Project, Ran};
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("anywhere::no_command_is_left_out", no_command_is_left_out),
        trial("anywhere::from_a_folder_below", from_below),
        trial("anywhere::from_elsewhere", from_elsewhere),
        trial("anywhere::without_a_terminal", without_a_terminal),
        trial("anywhere::without_colours", without_colours),
        trial("anywhere::json_of_all_that_report", json_of_all),
        trial("anywhere::an_entry_point", an_entry_point),
        trial("anywhere::the_binary_alone", the_binary_alone),
    ]
}

/// Every command that has a project, as it is typed in [`project`], and whether
/// it reports.
const COMMANDS: [(&str, bool); 22] = [
    ("autogen -m more --head left0002 --sql", true),
    ("revision -m more --head left0002", true),
    ("check", true),
    ("diff", true),
    ("upgrade heads", true),
    ("downgrade left0001@base0001", true),
    ("status", true),
    ("current", true),
    ("history", true),
    ("heads", true),
    ("branches", true),
    ("show left0001", true),
    ("merge -m join heads", true),
    ("rebase right001 --onto left0001 --dry-run", true),
    ("squash left0001:left0002 --dry-run", true),
    ("edit left0001", false),
    ("stamp heads", true),
    ("ensure-version", true),
    ("verify", true),
    ("lint left0001", true),
    ("reflect", false),
    ("completions bash", false),
];

/// Two branches, both run, and the models of what they make.
fn project() -> Result<Project, Failed> {
    let project = Project::new("")?;
    for (id, parent) in [
        ("base0001", ""),
        ("left0001", "base0001"),
        ("left0002", "left0001"),
        ("right001", "base0001"),
    ] {
        project.write(
            &format!("versions/{id}_x.sql"),
            &format!(
                "-- {id}\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n-- Create Date: \
                 2026-01-01T00:00:00Z\n-- Dialect: sqlite\n\n-- upgrade\nCREATE TABLE {id} \
                 (id INTEGER NOT NULL PRIMARY KEY);\n\n-- downgrade\nDROP TABLE {id};\n"
            ),
        )?;
    }
    project.expect(&["upgrade", "heads"], 0)?;
    project.write("models.rs", &project.expect(&["reflect"], 0)?.stdout)?;
    fs::create_dir_all(project.path("src/far/below"))?;
    Ok(project)
}

fn words(typed: &str) -> Vec<&str> {
    typed.split(' ').collect()
}

/// Runs a command of the project in a folder.
fn run_in(project: &Project, folder: &Path, words: &[&str]) -> Result<Ran, Failed> {
    let mut command = project.command(words)?;
    let output = command
        .current_dir(folder)
        .env("EDITOR", "true")
        .env_remove("NO_COLOR")
        .output()?;
    Ok(Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn ends_well(typed: &str, ran: &Ran) -> Outcome {
    match ran.code {
        0 => Ok(()),
        _ => Err(format!("`{typed}`: {ran:?}").into()),
    }
}

/// The lists here name every command, but for `init`, which has no project.
fn no_command_is_left_out() -> Outcome {
    let args = fs::read_to_string(root().join("crates/cli/src/args.rs"))?;
    let list = args.split("pub(crate) enum Command {").nth(1);
    let list = list
        .and_then(|text| text.split('}').next())
        .ok_or("no list")?;
    for line in list.lines() {
        let Some((name, _)) = line.trim().split_once("(commands::") else {
            continue;
        };
        let mut word = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !word.is_empty() {
                word.push('-');
            }
            word.extend(letter.to_lowercase());
        }
        let typed = |(typed, _): &(&str, bool)| typed.split(' ').next() == Some(word.as_str());
        if word != "init" && !COMMANDS.iter().any(typed) {
            return Err(format!("`{word}` is not tried").into());
        }
    }
    Ok(())
}

fn from_below() -> Outcome {
    for (typed, _) in COMMANDS {
        let project = project()?;
        let ran = run_in(&project, &project.path("src/far/below"), &words(typed))?;
        ends_well(typed, &ran)?;
        if fs::read_dir(project.path("src/far/below"))?
            .next()
            .is_some()
        {
            return Err(format!("`{typed}` has left something").into());
        }
    }
    Ok(())
}

/// `--config` names the project, relative urls and folders are its own.
fn from_elsewhere() -> Outcome {
    for (typed, _) in COMMANDS {
        let project = project()?;
        let config = project.path("aludel.toml").display().to_string();
        let typed_words = [words(typed), vec!["--config", &config]].concat();
        let elsewhere = tempfile::tempdir()?;
        let ran = run_in(&project, elsewhere.path(), &typed_words)?;
        ends_well(typed, &ran)?;
        if fs::read_dir(elsewhere.path())?.next().is_some() {
            return Err(format!("`{typed}` has left something").into());
        }
    }
    Ok(())
}

/// What a terminal shows in colours.
fn is_coloured(text: &str) -> bool {
    text.split('\u{1b}').skip(1).any(|sequence| {
        let end = sequence.find(|c: char| c.is_ascii_alphabetic());
        end.is_some_and(|end| sequence.as_bytes().get(end) == Some(&b'm'))
    })
}

/// No question and no colour: what is to be answered is asked nobody.
fn without_a_terminal() -> Outcome {
    for (typed, _) in COMMANDS {
        let project = project()?;
        let ran = run_in(&project, &project.path("."), &words(typed))?;
        ends_well(typed, &ran)?;
        if ran.stdout.contains('\u{1b}') || ran.stderr.contains('\u{1b}') {
            return Err(format!("`{typed}`: {ran:?}").into());
        }
    }
    Ok(())
}

/// Runs a command at a terminal; its code, and what the terminal shows.
pub(crate) fn at_terminal(
    project: &Project,
    words: &[&str],
    no_color: bool,
) -> Result<(i32, String), Failed> {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&terminal)?;
    unlockpt(&terminal)?;
    let name = ptsname(&terminal, Vec::new())?;
    let path = PathBuf::from(name.into_string()?);
    let side = OpenOptions::new().read(true).write(true).open(path)?;
    let mut command = project.command(words)?;
    command
        .env("EDITOR", "true")
        .env("TERM", "xterm-256color")
        .env("COLUMNS", "80")
        .stdin(Stdio::null())
        .stdout(side.try_clone()?)
        .stderr(side);
    if !no_color {
        command.env_remove("NO_COLOR");
    }
    let mut child = command.spawn()?;
    // It has the other side open as long as it is there.
    drop(command);
    let mut terminal = File::from(terminal);
    let mut shown = Vec::new();
    // Linux ends a terminal that nobody else has open with an error.
    let _ = terminal.read_to_end(&mut shown);
    let code = child.wait()?.code().unwrap_or(-1);
    Ok((code, String::from_utf8_lossy(&shown).into_owned()))
}

/// `NO_COLOR` counts at a terminal too.
fn without_colours() -> Outcome {
    for (typed, _) in COMMANDS {
        let (code, shown) = at_terminal(&project()?, &words(typed), true)?;
        if code != 0 || is_coloured(&shown) {
            return Err(format!("`{typed}` ends with {code}: {shown:?}").into());
        }
    }
    for typed in ["history", "status", "current", "heads"] {
        let (_, shown) = at_terminal(&project()?, &words(typed), false)?;
        if !is_coloured(&shown) {
            return Err(format!("`{typed}` has no colours: {shown:?}").into());
        }
    }
    Ok(())
}

/// One document, and nothing else, of every command that has `--format`; the
/// help says which those are.
fn json_of_all() -> Outcome {
    for (typed, reports) in COMMANDS {
        let project = project()?;
        let name = typed.split(' ').next().unwrap_or_default();
        let help = project.expect(&[name, "--help"], 0)?.stdout;
        same((name, help.contains("--format <")), (name, reports))?;
        if !reports {
            continue;
        }
        let json = [words(typed), vec!["--format", "json"]].concat();
        let ran = run_in(&project, &project.path("."), &json)?;
        ends_well(typed, &ran)?;
        let document: Result<serde_json::Value, _> = serde_json::from_str(&ran.stdout);
        if !document.is_ok_and(|document| document.is_object()) {
            return Err(format!("`{typed}`: {ran:?}").into());
        }
    }
    Ok(())
}

/// The exit code is all that a script needs.
fn an_entry_point() -> Outcome {
    let project = project()?;
    project.write(
        "entry.sh",
        "set -e\nif [ \"$RUN_MIGRATIONS\" = true ]; then \"$ALUDEL\" upgrade heads; fi\necho serving\n",
    )?;
    let enter = |run: &str| -> Result<(i32, String), Failed> {
        let output = Command::new("sh")
            .arg("entry.sh")
            .current_dir(project.path("."))
            .env("ALUDEL", std::env::current_exe()?)
            .env(ACT_AS_ALUDEL, "1")
            .env("RUN_MIGRATIONS", run)
            .env_remove("DATABASE_URL")
            .env_remove("ALUDEL_DATABASE_URL")
            .stdin(Stdio::null())
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok((output.status.code().unwrap_or(-1), said))
    };
    fs::remove_file(project.path("app.db"))?;
    same(enter("")?, (0, "serving\n".to_owned()))?;
    same(project.path("app.db").exists(), false)?;
    same(enter("true")?, (0, "serving\n".to_owned()))?;
    same(
        project.query("SELECT count(*) FROM aludel_version")?,
        vec!["2".to_owned()],
    )?;
    project.sql("UPDATE aludel_version SET version_num = 'gone' WHERE version_num = 'right001'")?;
    same(enter("true")?, (2, String::new()))
}

/// A container without the sources: the migrations are in the binary.
fn the_binary_alone() -> Outcome {
    let folder = tempfile::tempdir()?;
    let run = |typed: &str, code: i32| -> Result<Ran, Failed> {
        let output = Command::new(std::env::current_exe()?)
            .args(words(typed))
            .current_dir(folder.path())
            .env(ACT_AS_ALUDEL, "embedded")
            .env("ALUDEL_DATABASE_URL", "sqlite:app.db")
            .env("NO_COLOR", "1")
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .output()?;
        let ran = Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        match ran.code == code {
            true => Ok(ran),
            false => Err(format!("`{typed}` did not end with {code}: {ran:?}").into()),
        }
    };
    let head = run("heads", 0)?.stdout;
    let id = head.split(' ').next().unwrap_or_default().to_owned();
    same(head, format!("{id} (head)\n"))?;
    says(&run("upgrade --sql", 0)?, &["CREATE TABLE"])?;
    says(&run("upgrade head --dry-run", 0)?, &["CREATE TABLE"])?;
    says(
        &run("upgrade head", 0)?,
        &["Running upgrade", &id, "no `aludel.toml` here"],
    )?;
    same(run("current", 0)?.stdout, format!("{id} (head)\n"))?;
    says(&run("history -i", 0)?, &[&format!("{id} (head) (current)")])?;
    for typed in [
        "branches",
        "show head --sql",
        "status",
        "downgrade -1",
        "upgrade +1 --strict",
        "stamp head",
        "current --check-heads -q",
        "verify",
        "lint head",
        "ensure-version",
        "history --graph -v",
        "completions bash",
    ] {
        run(typed, if typed.starts_with("lint") { 1 } else { 0 }).or_else(|_| run(typed, 0))?;
    }
    // What needs sources says so.
    says(&run("check", 2)?, &["no models"])?;
    run("autogen -m x", 2)?;
    run("revision -m x", 2)?;
    let mut left: Vec<String> = fs::read_dir(folder.path())?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    same(left, vec!["app.db".to_owned()])
}
