//! A project in a temporary folder, and what commands say there.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aludel_test_servers::Fresh;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use tempfile::TempDir;

use aludel_tests::place::On;

/// A temporary project.
pub(crate) struct Project {
    folder: TempDir,
    /// The database, where it is on a server.
    server: Option<Fresh>,
}

/// What a command ended with.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Two models: the second refers to the first.
pub(crate) const MODELS: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "author")]
pub struct Author {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
}

#[derive(Model)]
#[table(name = "book", index(title))]
pub struct Book {
    #[column(primary_key)]
    pub id: i64,
    pub title: String,
    #[column(references = Author::id)]
    pub author_id: i64,
}
"#;

impl Project {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            server: None,
        }
    }

    /// A project with these models whose migrations are SQL, with an empty
    /// database of that kind.
    pub(crate) fn on(kind: On, models: &str) -> Self {
        let mut project = Self::empty();
        project.server = match kind {
            On::Sqlite => None,
            On::Postgres => Some(Fresh::postgres().unwrap()),
            On::MySql => Some(Fresh::mysql().unwrap()),
        };
        project.write("src/models.rs", models);
        let url = project.server.as_ref().map_or("sqlite:app.db", Fresh::url);
        let words = ["init", "--file-format", "sql", "--database-url", url];
        project.ok(&words);
        project
    }

    /// The same, its first migration written and run.
    pub(crate) fn started_on(kind: On, models: &str) -> Self {
        let project = Self::on(kind, models);
        project.ok(&["autogen", "-m", "initial", "--rev-id", "aaaa11111111"]);
        project.ok(&["upgrade", "head"]);
        project
    }

    /// The database on a server.
    pub(crate) fn server(&self) -> &Fresh {
        self.server.as_ref().unwrap()
    }

    /// Runs SQL on the server, by its own client.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.server().query(sql).unwrap()
    }

    /// A project whose migrations are SQL, with [`MODELS`] and no migration.
    pub(crate) fn new() -> Self {
        let project = Self::empty();
        project.write("src/models.rs", MODELS);
        project.ok(&["init", "--file-format", "sql"]);
        project
    }

    /// The same, its first migration written and run.
    pub(crate) fn started() -> Self {
        let project = Self::new();
        project.ok(&["autogen", "-m", "initial", "--rev-id", "aaaa11111111"]);
        project.ok(&["upgrade", "head"]);
        project
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces a part of a file, which has to be there.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "`{from}` is not in {text}");
        self.write(path, &text.replacen(from, to, 1));
    }

    /// The names of the migration files.
    pub(crate) fn migrations(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path("migrations"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        names
    }

    /// Types a command.
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        self.run_with(words, &[])
    }

    /// Types a command with environment variables.
    pub(crate) fn run_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Ended {
        Self::typed(self.folder.path(), words, variables)
    }

    /// Types a command in another folder.
    pub(crate) fn run_in(&self, folder: &Path, words: &[&str]) -> Ended {
        Self::typed(folder, words, &[])
    }

    fn typed(folder: &Path, words: &[&str], variables: &[(&str, &str)]) -> Ended {
        let output = Self::command(folder, words)
            .stdin(Stdio::null())
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let ended = Ended {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!said.contains("panicked"), "{words:?}: {said}");
        ended
    }

    /// A command, without what the one who runs the tests has set.
    fn command(folder: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(words)
            .current_dir(folder)
            .env(crate::project::ACT_AS_ALUDEL, "1")
            .env_remove("DATABASE_URL")
            .env_remove("ALUDEL_DATABASE_URL")
            .env_remove("RUST_LOG")
            .env("SOURCE_DATE_EPOCH", "1800000000");
        command
    }

    /// Types a command at a terminal, and then the answers, a line each; its
    /// code, its stdout, and what the terminal shows.
    pub(crate) fn at_terminal(&self, words: &[&str], answers: &[&str]) -> Ended {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let terminal = openpt(flags).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let path = PathBuf::from(name.into_string().unwrap());
        let side = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .unwrap();
        let mut terminal = File::from(terminal);
        // What is typed ahead waits, and the last is the end of the input.
        let typed: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
        terminal
            .write_all(format!("{typed}\u{4}").as_bytes())
            .unwrap();
        let child = Self::command(self.folder.path(), words)
            .env("NO_COLOR", "1")
            .stdin(side.try_clone().unwrap())
            .stdout(Stdio::piped())
            .stderr(side)
            .spawn()
            .unwrap();
        let mut shown = Vec::new();
        // Linux ends a terminal that nobody else has open with an error.
        let _ = terminal.read_to_end(&mut shown);
        let output = child.wait_with_output().unwrap();
        Ended {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(shown).unwrap(),
        }
    }

    /// Types a command that has to end well, and gives what it reports.
    pub(crate) fn ok(&self, words: &[&str]) -> String {
        let ended = self.run(words);
        assert_eq!(ended.code, 0, "{words:?}: {ended:?}");
        ended.stdout
    }

    /// Types a command that has to end with 2, and gives what it says.
    pub(crate) fn fails(&self, words: &[&str]) -> String {
        let ended = self.run(words);
        assert_eq!(ended.code, 2, "{words:?}: {ended:?}");
        // Lines are wrapped for people; tests look for words.
        let bare = ended.stderr.replace('│', " ");
        bare.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Types a command that reports JSON; its code and its document.
    pub(crate) fn json(&self, words: &[&str]) -> (i32, Value) {
        let words: Vec<&str> = words.iter().copied().chain(["--format", "json"]).collect();
        let ended = self.run(&words);
        let document = serde_json::from_str(&ended.stdout);
        assert!(document.is_ok(), "{words:?}: {ended:?}");
        (ended.code, document.unwrap())
    }
}
