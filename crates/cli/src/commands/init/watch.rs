//! The files by which commits and pull requests are held to the models: hooks
//! of git, and a workflow of GitHub.

use std::path::{Component, Path};

use minijinja::context;

use super::{Args, Database, Folder, render};
use crate::app::Outcome;
use crate::config::{Config, FILE_NAME, FileFormat};
use crate::error::{Failure, Result};
use crate::session::Session;

/// The configuration of the tool `pre-commit`.
const HOOKS: &str = ".pre-commit-config.yaml";

/// The workflow.
const WORKFLOW: &str = ".github/workflows/aludel.yml";

/// What the files are written for.
#[derive(Debug)]
pub(super) struct Watched<'a> {
    pub(super) format: FileFormat,
    pub(super) database: Database,
    /// The folder of the migrations.
    pub(super) dir: &'a Path,
    /// Whether SQL files of a server can be run anywhere but in its database.
    pub(super) scratch: bool,
}

impl Watched<'_> {
    /// What a hook compares the models with: the migrations, where these can be
    /// replayed.
    fn other_side(&self) -> (&'static str, &'static str) {
        let replays = self.format == FileFormat::Rust || self.database == Database::Sqlite;
        match replays || self.scratch {
            true => ("migrations", "check --offline"),
            false => ("database", "check"),
        }
    }
}

/// Writes these files alone, beside the configuration of a project that is there.
pub(super) fn add(args: &Args, session: &Session<'_>, root: &Path) -> Result<Outcome> {
    let config = session.config()?;
    let mut folder = Folder {
        root: root.to_owned(),
        session,
        database: database_of(args, session, &config)?,
        held: None,
        by_hand: Vec::new(),
    };
    let watched = Watched {
        format: config.file.migrations.format,
        database: folder.database,
        dir: &config.file.migrations.dir,
        scratch: config.file.database.scratch_url.is_some(),
    };
    write(args, &watched, &mut folder)?;
    folder.tell();
    Ok(Outcome::Done)
}

/// The kind of database of a project that is there.
fn database_of(args: &Args, session: &Session<'_>, config: &Config) -> Result<Database> {
    let known = session.database_url(config);
    let known = known.map(|url| Database::of(url.dialect_name()));
    match (args.database, known) {
        (Some(said), _) => Ok(said),
        (None, Ok(Some(read))) => Ok(read),
        (None, _) if !args.github => Ok(Database::Sqlite),
        (None, _) => Err(Failure::with_hint(
            "which kind of database the workflow is for is not known",
            "say `--database sqlite`, `postgres` or `mysql`",
        )),
    }
}

/// Writes what is asked for.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn write(args: &Args, watched: &Watched<'_>, folder: &mut Folder<'_, '_>) -> Result<()> {
    if !args.pre_commit && !args.github {
        return Ok(());
    }
    let invocation = match watched.format {
        FileFormat::Rust => "cargo xtask",
        FileFormat::Sql => "aludel",
    };
    let place = Place::of(&folder.root);
    if args.pre_commit {
        write_hooks(invocation, watched.other_side(), &place, folder)?;
    }
    if args.github {
        let text = render(
            include_str!("../../templates/github.yml.j2"),
            &context! {
                invocation,
                database => watched.database.feature(),
                folder => place.below.as_deref().map(yaml),
                dir => shell(&watched.dir.to_string_lossy()),
            },
        )?;
        folder.write(&place.path(WORKFLOW), &text)?;
    }
    Ok(())
}

fn write_hooks(
    invocation: &str,
    (side, check): (&str, &str),
    place: &Place,
    folder: &mut Folder<'_, '_>,
) -> Result<()> {
    let check = format!("{invocation} {check}");
    let typed = match &place.below {
        None => check,
        Some(below) => format!("cd {} && {check}", shell(below)),
    };
    let entry = match &place.below {
        None => typed.clone(),
        Some(_) => yaml(&format!("sh -c {}", shell(&typed))),
    };
    let hook = render(
        include_str!("../../templates/pre-commit-hook.yaml.j2"),
        &context! { entry, side },
    )?;
    let hook = hook.trim_end();
    let all = render(
        include_str!("../../templates/pre-commit.yaml.j2"),
        &context! { hooks => hook },
    )?;
    let path = place.path(HOOKS);
    if !folder.write(&path, &all)? && !folder.read(&path)?.contains("aludel-check") {
        folder.by_hand.push(format!(
            "add to `default_install_hook_types` of {path} `pre-merge-commit`, and below \
             `repos`:\n{hook}"
        ));
    }
    let hooks = place.path(".git/hooks");
    let (commit, merge) = (
        format!("{hooks}/pre-commit"),
        format!("{hooks}/pre-merge-commit"),
    );
    folder.session.ui.note(format_args!(
        "\n`pre-commit install` sets it up. Without that tool, git runs it by itself:\n  \
         printf '#!/bin/sh\\n%s\\n' {} | tee {commit} > {merge}\n  chmod +x {commit} {merge}",
        shell(&typed)
    ));
    Ok(())
}

/// Where the project is in its repository.
#[derive(Debug)]
struct Place {
    /// The way to the root of the repository: empty, or `../` often.
    up: String,
    /// The folder of the project there, where it is not the root.
    below: Option<String>,
}

impl Place {
    /// A project without a repository is one.
    fn of(project: &Path) -> Self {
        let root = project
            .ancestors()
            .find(|folder| folder.join(".git").exists());
        let below = root.and_then(|root| project.strip_prefix(root).ok());
        let parts = below.into_iter().flat_map(Path::components);
        let parts: Vec<String> = parts
            .filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
                _ => None,
            })
            .collect();
        Self {
            up: "../".repeat(parts.len()),
            below: (!parts.is_empty()).then(|| parts.join("/")),
        }
    }

    /// A path of the repository, from the project.
    fn path(&self, path: &str) -> String {
        format!("{}{path}", self.up)
    }
}

/// A text as one word of a shell.
fn shell(text: &str) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "-_./".contains(sign);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// A text as YAML, which reads JSON's texts as its own.
fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether these files are all that is asked for: the project is there.
pub(super) fn is_all(args: &Args, root: &Path) -> bool {
    (args.pre_commit || args.github) && root.join(FILE_NAME).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(shell("migrations/versions"), "migrations/versions");
        assert_eq!(shell("it's a b"), "'it'\\''s a b'");
        assert_eq!(shell(""), "''");
        assert_eq!(yaml("a \"b\""), "\"a \\\"b\\\"\"");
    }
}
