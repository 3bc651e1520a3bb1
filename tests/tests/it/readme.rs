//! What README shows of the example application is what its commands print.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Failed, Trial};

use crate::project::Project;
use crate::{Outcome, trial};

/// The variable under which this test binary is the example's xtask.
pub(crate) const ACT_AS_EXAMPLE: &str = "ALUDEL_TEST_ACT_AS_EXAMPLE";

/// The example's own commands.
pub(crate) fn example() -> ExitCode {
    aludel_cli::App::new("cargo xtask")
        .migrations(&meshview_migrations::MIGRATIONS)
        .run()
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("readme::sixty_seconds", sixty_seconds)]
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A project with the models and migrations of the example.
pub(crate) fn copy() -> Result<Project, Failed> {
    let example = root().join("fixtures/meshview");
    let project = Project::new(&fs::read_to_string(example.join("src/models.rs"))?)?;
    project.edit("aludel.toml", "format = \"sql\"", "format = \"rust\"")?;
    for entry in fs::read_dir(example.join("migrations/versions"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        project.write(
            &format!("versions/{name}"),
            &fs::read_to_string(entry.path())?,
        )?;
    }
    Ok(project)
}

/// Runs one of the example's commands, which must end with this code.
pub(crate) fn run(project: &Project, words: &[&str], code: i32) -> Result<String, Failed> {
    let output = project.command(words)?.env(ACT_AS_EXAMPLE, "1").output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(code) {
        Ok(format!("{stdout}{stderr}"))
    } else {
        Err(format!(
            "{words:?} ended with {:?}\n{stdout}\n{stderr}",
            output.status
        )
        .into())
    }
}

/// The first fenced block of that language after a text.
fn block<'a>(readme: &'a str, after: &str, language: &str) -> Result<&'a str, Failed> {
    let fence = format!("```{language}\n");
    let found = readme
        .split_once(after)
        .and_then(|(_, rest)| rest.split_once(fence.as_str()))
        .and_then(|(_, rest)| rest.split_once("```"));
    match found {
        Some((text, _)) => Ok(text),
        None => Err(format!("README has no block of {language} after {after:?}").into()),
    }
}

/// The lines without what is another on every machine and every day.
fn lines(text: &str, id: &str) -> Vec<String> {
    text.replace(id, "ID")
        .lines()
        .map(|line| {
            let own = ["//! Create Date: ", "//! Proven: sqlite "];
            let start = own.into_iter().find(|start| line.starts_with(start));
            start.unwrap_or(line).to_owned()
        })
        .collect()
}

/// What a terminal shows is what goes to stdout and to stderr, in whatever
/// order.
fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn same(what: &str, got: &[String], shown: &[String]) -> Outcome {
    if got == shown {
        return Ok(());
    }
    let (got, shown) = (got.join("\n"), shown.join("\n"));
    Err(format!("{what}\n--- README\n{shown}\n--- printed\n{got}").into())
}

fn sixty_seconds() -> Outcome {
    let readme = fs::read_to_string(root().join("README.md"))?;
    let file = block(&readme, "## Sixty seconds", "rust")?;
    let console = block(&readme, "repository:", "console")?;
    let id = file
        .lines()
        .find_map(|line| line.strip_prefix("//! Revision ID: "))
        .ok_or("README's file has no id")?;
    let project = copy()?;
    run(&project, &["upgrade", "head"], 0)?;
    let printed = run(
        &project,
        &[
            "autogen",
            "-m",
            "add route_return to traceroute",
            "--rev-id",
            id,
        ],
        0,
    )?
    .replace("versions/", "fixtures/meshview/migrations/versions/");
    let shown = sorted(lines(console, id).split_off(1));
    same("autogen", &sorted(lines(&printed, id)), &shown)?;
    let written = fs::read_to_string(project.version(id)?)?;
    same("the file", &lines(&written, id), &lines(file, id))?;
    let again = "Typed twice, it does not write the same migration again:";
    let shown = sorted(lines(block(&readme, again, "console")?, id).split_off(1));
    let printed = run(
        &project,
        &["autogen", "-m", "add route_return to traceroute"],
        2,
    )?;
    same("autogen again", &sorted(lines(&printed, id)), &shown)
}
