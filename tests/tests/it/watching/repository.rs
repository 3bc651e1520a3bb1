//! A repository of git in which programs are run as people, git and GitHub run
//! them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Failed;

use super::MODELS;
use crate::Outcome;
use crate::project::{ACT_AS_ALUDEL, Project};

/// A repository with a project in a folder of it, at its first revision.
pub(super) struct Repository {
    /// Keeps the program's folder.
    pub(super) project: Project,
    pub(super) folder: PathBuf,
}

/// What a program printed, and whether it ended well.
pub(super) struct Ended {
    pub(super) well: bool,
    pub(super) said: String,
}

impl Repository {
    /// The project is the repository, or a folder below it.
    pub(super) fn new(below: &str) -> Result<Self, Failed> {
        let project = Project::new(MODELS)?;
        let words = [
            "autogen",
            "-m",
            "first",
            "--offline",
            "--rev-id",
            "aaaa00000001",
        ];
        project.expect(&words, 0)?;
        let folder = project.path("repository");
        let own = folder.join(below);
        fs::create_dir_all(own.join("versions"))?;
        for name in [
            "aludel.toml",
            "models.rs",
            "versions/aaaa00000001_first.sql",
        ] {
            fs::rename(project.path(name), own.join(name))?;
        }
        let bin = project.path("bin");
        fs::create_dir_all(&bin)?;
        // The program that is typed, under its name.
        let this = std::env::current_exe()?;
        let program = format!(
            "#!/bin/sh\n{ACT_AS_ALUDEL}=1 exec '{}' \"$@\"\n",
            this.display()
        );
        executable(&bin.join("aludel"), &program)?;
        let repository = Self { project, folder };
        repository.ok("git init -q -b main . && git add -A && git commit -qm first")?;
        Ok(repository)
    }

    pub(super) fn shell(
        &self,
        folder: &Path,
        script: &str,
        variables: &[(&str, &str)],
    ) -> Result<Ended, Failed> {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("bash");
        command
            .args(["-e", "-o", "pipefail", "-c", script])
            .current_dir(folder)
            .env(
                "PATH",
                format!("{}:{path}", self.project.path("bin").display()),
            )
            .env("HOME", self.project.path("home"))
            .env("NO_COLOR", "1")
            .env("SOURCE_DATE_EPOCH", "1700000000")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("DATABASE_URL")
            .env_remove("ALUDEL_DATABASE_URL")
            .envs(variables.iter().copied());
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "a");
            command.env(format!("GIT_{who}_EMAIL"), "a@example.org");
        }
        let output = command.output()?;
        let texts = [output.stdout, output.stderr];
        let said = texts.map(|text| String::from_utf8_lossy(&text).into_owned());
        Ok(Ended {
            well: output.status.success(),
            said: said.join("\n"),
        })
    }

    /// Runs what has to end well.
    pub(super) fn ok(&self, script: &str) -> Result<String, Failed> {
        let ended = self.shell(&self.folder, script, &[])?;
        match ended.well {
            true => Ok(ended.said),
            false => Err(format!("{script}\n{}", ended.said).into()),
        }
    }

    /// Runs what has to be stopped, with these words.
    pub(super) fn stopped(&self, script: &str, words: &[&str]) -> Outcome {
        let ended = self.shell(&self.folder, script, &[])?;
        let flat: Vec<&str> = ended.said.split_whitespace().collect();
        let flat = flat.join(" ");
        match !ended.well && words.iter().all(|word| flat.contains(word)) {
            true => Ok(()),
            false => Err(format!("{script}\nended well: {}\n{}", ended.well, ended.said).into()),
        }
    }

    pub(super) fn read(&self, path: &str) -> Result<String, Failed> {
        let full = self.folder.join(path);
        fs::read_to_string(&full).map_err(|e| format!("{}: {e}", full.display()).into())
    }

    pub(super) fn edit(&self, path: &str, part: &str, by: &str) -> Outcome {
        let text = self.read(path)?;
        if !text.contains(part) {
            return Err(format!("`{path}` has no `{part}`").into());
        }
        Ok(fs::write(
            self.folder.join(path),
            text.replacen(part, by, 1),
        )?)
    }
}

pub(super) fn executable(path: &Path, text: &str) -> Outcome {
    fs::write(path, text)?;
    Ok(fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o755),
    )?)
}
