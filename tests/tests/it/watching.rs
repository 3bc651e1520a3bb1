//! Hooks of git and the workflow of GitHub, as `init` writes them, run in
//! repositories as git and GitHub run them.

mod repository;

use std::fs;

use libtest_mimic::{Failed, Trial};

use crate::house::root;
use crate::project::Project;
use crate::{Outcome, trial};
use repository::{Repository, executable};

const MODELS: &str = "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"item\")]\n\
                      pub struct Item {\n    #[column(primary_key)]\n    pub id: i64,\n}\n";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("watching::a_hook_stops_a_commit", a_hook_stops_a_commit),
        trial("watching::a_hook_stops_a_merge", a_hook_stops_a_merge),
        trial("watching::nothing_else_is_written", nothing_else_is_written),
        trial(
            "watching::a_folder_of_a_repository",
            a_folder_of_a_repository,
        ),
        trial("watching::a_pull_request", a_pull_request),
        trial("watching::every_database", every_database),
        trial("watching::sql_of_a_server", sql_of_a_server),
        trial("watching::hooks_of_others", hooks_of_others),
    ]
}

/// The lines that `init --pre-commit` gives to who does not have the tool.
fn set_up_by_hand(said: &str) -> Result<String, Failed> {
    let lines = said.lines().map(str::trim);
    let lines: Vec<&str> = lines
        .filter(|line| line.starts_with("printf ") || line.starts_with("chmod "))
        .collect();
    match lines.len() {
        2 => Ok(lines.join("\n")),
        _ => Err(format!("no commands in\n{said}").into()),
    }
}

fn a_hook_stops_a_commit() -> Outcome {
    let repository = Repository::new("")?;
    let said = repository.ok("aludel init --pre-commit")?;
    repository.ok(&set_up_by_hand(&said)?)?;
    repository.ok("git add -A && git commit -qm 'hold commits to the models'")?;
    repository.edit(
        "models.rs",
        "id: i64,\n",
        "id: i64,\n    pub name: Option<String>,\n",
    )?;
    repository.stopped(
        "git commit -qam 'a field more'",
        &[
            "add column `item.name`",
            "aludel autogen --offline -m \"...\"` writes the migration",
        ],
    )?;
    repository.ok("aludel autogen --offline -m second && git add -A && git commit -qm second")?;
    Ok(())
}

fn a_hook_stops_a_merge() -> Outcome {
    let repository = Repository::new("")?;
    let said = repository.ok("aludel init --pre-commit")?;
    repository.ok(&set_up_by_hand(&said)?)?;
    repository.ok("git add -A && git commit -qm hook")?;
    for (branch, id, field) in [
        ("one", "bbbb00000001", "one: Option<i64>"),
        ("two", "bbbb00000002", "two: Option<i64>"),
    ] {
        repository.ok(&format!("git checkout -q -b {branch} main"))?;
        let (part, by) = match branch {
            // Apart, so that git can merge the text.
            "one" => (
                "    #[column(primary_key)]\n",
                format!("    pub {field},\n    #[column(primary_key)]\n"),
            ),
            _ => ("id: i64,\n", format!("id: i64,\n    pub {field},\n")),
        };
        repository.edit("models.rs", part, &by)?;
        repository.ok(&format!(
            "aludel autogen --offline -m {branch} --rev-id {id} && git add -A && git commit -qm {branch}"
        ))?;
    }
    repository.ok("git checkout -q main && git merge -q --no-ff -m one one")?;
    repository.stopped(
        "git merge --no-ff -m two two",
        &[
            "Multiple heads are present: `bbbb00000001`, `bbbb00000002`",
            "`aludel merge -m \"...\" bbbb00000001 bbbb00000002` joins them",
        ],
    )?;
    repository.ok("aludel merge -m join && git add -A && git commit -qm two")?;
    Ok(())
}

fn nothing_else_is_written() -> Outcome {
    let repository = Repository::new("")?;
    repository.ok("aludel init --pre-commit --github")?;
    let status = repository.ok("git status --porcelain -uall")?;
    let written: Vec<&str> = status.lines().filter(|line| !line.is_empty()).collect();
    if written
        != [
            "?? .github/workflows/aludel.yml",
            "?? .pre-commit-config.yaml",
        ]
    {
        return Err(status.into());
    }
    // What is there is kept, and what it lacks is said.
    let own = "repos: []\n";
    fs::write(repository.folder.join(".pre-commit-config.yaml"), own)?;
    let said = repository.ok("aludel init --pre-commit")?;
    let added = "      - id: aludel-check\n";
    if repository.read(".pre-commit-config.yaml")? != own || !said.contains(added) {
        return Err(said.into());
    }
    let text = format!(
        "repos:\n{}",
        said.split("`repos`:\n").nth(1).unwrap_or_default()
    );
    fs::write(repository.folder.join(".pre-commit-config.yaml"), text)?;
    let said = repository.ok("aludel init --pre-commit")?;
    match said.contains("To do by hand") {
        false => Ok(()),
        true => Err(said.into()),
    }
}

fn a_folder_of_a_repository() -> Outcome {
    let repository = Repository::new("it's an/app")?;
    let said = repository.ok("cd \"it's an/app\" && aludel init --pre-commit --github")?;
    let by_hand = set_up_by_hand(&said)?;
    repository.ok(&format!("cd \"it's an/app\"\n{by_hand}"))?;
    repository.ok("git add -A && git commit -qm hook")?;
    let workflow = repository.read(".github/workflows/aludel.yml")?;
    if !workflow.contains("working-directory: \"it's an/app\"\n") {
        return Err(workflow.into());
    }
    let hooks = repository.read(".pre-commit-config.yaml")?;
    let entry = hooks
        .lines()
        .find_map(|line| line.trim().strip_prefix("entry: "));
    // The tool reads it as YAML, and then as words of a shell.
    let entry: String = serde_json::from_str(entry.ok_or("no entry")?)?;
    repository.ok(&entry)?;
    repository.edit(
        "it's an/app/models.rs",
        "id: i64,\n",
        "id: i64,\n    pub name: Option<String>,\n",
    )?;
    repository.stopped(&entry, &["add column `item.name`"])?;
    repository.stopped("git commit -qam more", &["add column `item.name`"])
}

/// The scripts of a workflow's steps, by their names.
fn steps(workflow: &str) -> Vec<(String, String)> {
    let steps = workflow.split("\n      - ").skip(1);
    steps
        .filter_map(|step| {
            let name = step.strip_prefix("name: ")?.lines().next()?.to_owned();
            let run = step.split("\n        run: ").nth(1)?;
            let script = match run.strip_prefix("|\n") {
                Some(lines) => lines
                    .lines()
                    .map_while(|line| line.strip_prefix("          "))
                    .collect::<Vec<_>>()
                    .join("\n"),
                None => run.lines().next()?.to_owned(),
            };
            Some((name, script))
        })
        .collect()
}

/// Two pull requests: one in order, one whose models are ahead.
fn a_pull_request() -> Outcome {
    let repository = Repository::new("")?;
    repository.ok("aludel init --github && git add -A && git commit -qm workflow")?;
    repository.ok("git update-ref refs/remotes/origin/main main && git checkout -qb more")?;
    repository.edit(
        "models.rs",
        "id: i64,\n",
        "id: i64,\n    pub name: Option<String>,\n",
    )?;
    repository.ok(
        "aludel autogen --offline -m more --rev-id bbbb00000001 && git add -A && git commit -qm more",
    )?;
    let temp = repository.project.path("runner");
    fs::create_dir_all(&temp)?;
    let said_to_github = temp.join("said");
    let gh = format!(
        "#!/bin/sh\necho \"$@\" >> '{}'\ncase \"$*\" in *--paginate*) cat '{}' ;; esac\n",
        said_to_github.display(),
        temp.join("known").display()
    );
    executable(&repository.project.path("bin").join("gh"), &gh)?;
    fs::write(temp.join("known"), "")?;
    let summary = temp.join("summary");
    let (temp_text, summary_text) = (temp.to_string_lossy(), summary.to_string_lossy());
    let variables = [
        ("GITHUB_BASE_REF", "main"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("NUMBER", "7"),
        ("ALUDEL_DATABASE_URL", "sqlite::memory:"),
        ("RUNNER_TEMP", &*temp_text),
        ("GITHUB_STEP_SUMMARY", &*summary_text),
    ];
    let steps = steps(&repository.read(".github/workflows/aludel.yml")?);
    let run = |name: &str| {
        let step = steps.iter().find(|(step, _)| step == name);
        let (_, script) = step.ok_or_else(|| format!("no step `{name}` in {steps:?}"))?;
        repository.shell(&repository.folder, script, &variables)
    };
    let well = |name: &str| {
        let ended = run(name)?;
        match ended.well {
            true => Ok(ended.said),
            false => Err(Failed::from(format!("{name}\n{}", ended.said))),
        }
    };
    well("Models and migrations agree")?;
    well("Find the new migrations")?;
    let said = well("Lint the new migrations")?;
    if !said.contains("1 revision: 0 errors") {
        return Err(said.into());
    }
    well("Say what the new migrations change")?;
    well("Comment")?;
    let comment = fs::read_to_string(temp.join("comment.md"))?;
    let row = "| add column | `item.name` |  | `TEXT` |\n";
    let title = "<!-- aludel -->\n### Schema changes: `migrations@aaaa00000001` → `migrations`\n";
    if !comment.starts_with(title) || !comment.contains(row) {
        return Err(comment.into());
    }
    if fs::read_to_string(&summary)? != comment {
        return Err("the summary is another one".into());
    }
    let posted = fs::read_to_string(&said_to_github)?;
    if !posted.contains("--method POST") || posted.contains("PATCH") {
        return Err(posted.into());
    }
    // The next push changes the comment that is there.
    fs::write(temp.join("known"), "42\n")?;
    well("Comment")?;
    let posted = fs::read_to_string(&said_to_github)?;
    if !posted.contains("repos/o/r/issues/comments/42") {
        return Err(posted.into());
    }
    // Models that are ahead, and nothing new: the field is annotated.
    repository.ok("git checkout -q main && git checkout -qb ahead")?;
    repository.edit(
        "models.rs",
        "id: i64,\n",
        "id: i64,\n    pub name: Option<String>,\n",
    )?;
    repository.ok("git commit -qam ahead")?;
    let ended = run("Models and migrations agree")?;
    if ended.well || !ended.said.contains("::error file=models.rs,line=8,col=9,") {
        return Err(ended.said.into());
    }
    well("Find the new migrations")?;
    well("Lint the new migrations")?;
    fs::remove_file(temp.join("comment.md"))?;
    well("Say what the new migrations change")?;
    well("Comment")?;
    match temp.join("comment.md").exists() {
        false => Ok(()),
        true => Err("a comment on nothing".into()),
    }
}

/// What is written for a new project, and for every kind of database.
fn every_database() -> Outcome {
    for (database, image, checks) in [
        (
            "sqlite",
            None,
            "check --offline --dialect sqlite --format github",
        ),
        ("postgres", Some("postgres:"), "check --format github"),
        ("mysql", Some("mysql:"), "check --format github"),
    ] {
        let project = Project::new("")?;
        fs::remove_file(project.path("aludel.toml"))?;
        project.write("Cargo.toml", "[workspace]\nmembers = []\n")?;
        project.expect(
            &["init", "--database", database, "--github", "--pre-commit"],
            0,
        )?;
        let workflow = fs::read_to_string(project.path(".github/workflows/aludel.yml"))?;
        let wanted = [
            format!("        run: cargo xtask {checks}\n"),
            format!("cargo xtask lint --dialect {database} --format github $new\n"),
            "-- migrations/versions |".to_owned(),
        ];
        let has_image = image.map(|image| format!("        image: {image}"));
        let missing = wanted
            .iter()
            .chain(&has_image)
            .find(|part| !workflow.contains(*part));
        if let Some(missing) = missing {
            return Err(format!("{database}: no `{missing}`\n{workflow}").into());
        }
        let odd = workflow.contains("{%") || workflow.contains('\t');
        if odd || workflow.contains("services:") != image.is_some() {
            return Err(workflow.into());
        }
        let hooks = fs::read_to_string(project.path(".pre-commit-config.yaml"))?;
        if !hooks.contains("        entry: cargo xtask check --offline\n") {
            return Err(hooks.into());
        }
    }
    Ok(())
}

/// SQL files of a server are run in a database alone.
fn sql_of_a_server() -> Outcome {
    for (more, entry) in [
        ("", "check"),
        (
            "scratch_url = \"postgres://localhost/b\"\n",
            "check --offline",
        ),
    ] {
        let project = Project::new(MODELS)?;
        let url = format!("url = \"postgres://localhost/a\"\n{more}");
        project.edit("aludel.toml", "url = \"sqlite:app.db\"\n", &url)?;
        project.expect(&["init", "--pre-commit"], 0)?;
        let hooks = fs::read_to_string(project.path(".pre-commit-config.yaml"))?;
        if !hooks.contains(&format!("        entry: aludel {entry}\n")) {
            return Err(hooks.into());
        }
    }
    Ok(())
}

/// What the repository gives to projects that name it in their own list.
fn hooks_of_others() -> Outcome {
    let text = fs::read_to_string(root().join(".pre-commit-hooks.yaml"))?;
    let entries: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("entry: "))
        .collect();
    let wanted = [
        "cargo xtask check --offline",
        "cargo xtask check",
        "aludel check --offline",
        "aludel check",
    ];
    if entries != wanted {
        return Err(text.into());
    }
    // All but the first words are taken from there.
    let repository = Repository::new("")?;
    repository.ok("aludel upgrade head")?;
    for entry in entries.iter().filter(|entry| entry.starts_with("aludel ")) {
        repository.ok(entry)?;
    }
    repository.edit(
        "models.rs",
        "id: i64,\n",
        "id: i64,\n    pub name: Option<String>,\n",
    )?;
    for entry in entries.iter().filter(|entry| entry.starts_with("aludel ")) {
        repository.stopped(entry, &["add column `item.name`"])?;
    }
    Ok(())
}
