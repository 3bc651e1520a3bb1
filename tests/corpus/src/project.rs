//! A throw-away project, and the commands that are typed in it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Result;

/// The variable under which the program that uses this crate has to be the
/// binary `aludel`.
pub const ACT_AS_ALUDEL: &str = "ALUDEL_TEST_ACT_AS_ALUDEL";

/// A project in a folder that goes away with it.
#[derive(Debug)]
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A project without models on that database.
    pub(crate) fn new(url: &str, schemas: &[String]) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let project = Self { folder };
        let mut config = format!("[database]\nurl = {url:?}\n");
        if !schemas.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(config, "schemas = {schemas:?}");
        }
        config.push_str(
            "\n[models]\npaths = [\"models.rs\", \"*.sql\"]\n\n\
             [migrations]\ndir = \"versions\"\nformat = \"sql\"\n",
        );
        let failed = |e: std::io::Error| e.to_string();
        std::fs::create_dir(project.path("versions")).map_err(failed)?;
        std::fs::write(project.path("aludel.toml"), config).map_err(failed)?;
        Ok(project)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The text of a file.
    pub(crate) fn read(&self, name: &str) -> Result<String> {
        std::fs::read_to_string(self.path(name)).map_err(|e| format!("{name}: {e}"))
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<()> {
        std::fs::write(self.path(name), text).map_err(|e| format!("{name}: {e}"))
    }

    /// Has the files be the whole truth about what is written in SQL: what they
    /// do not mention goes away.
    pub(crate) fn says_all(&self) -> Result<()> {
        let config = self.read("aludel.toml")?;
        let section = "[models]\nsql_objects = \"all\"\n";
        self.write("aludel.toml", &config.replacen("[models]\n", section, 1))
    }

    /// Runs a command that must end with this code; what it printed.
    pub(crate) fn expect(&self, words: &[&str], code: i32) -> Result<String> {
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let output = Command::new(program)
            .args(words)
            .current_dir(self.folder.path())
            .env(ACT_AS_ALUDEL, "1")
            .env("NO_COLOR", "1")
            .env_remove("DATABASE_URL")
            .env_remove("ALUDEL_DATABASE_URL")
            .stdin(Stdio::null())
            .output()
            .map_err(|e| e.to_string())?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.code() == Some(code) {
            return Ok(stdout);
        }
        Err(format!(
            "`aludel {}` ended with {}, not {code}\n{stdout}{}",
            words.join(" "),
            output.status.code().unwrap_or(-1),
            String::from_utf8_lossy(&output.stderr)
        ))
    }

    /// The models do not differ from the database; what they cannot say of it.
    pub(crate) fn check(&self, url: &str) -> Result<Vec<Value>> {
        let words = ["check", "--format", "json", "--database-url", url];
        let found = self.expect(&words, 0);
        // What differs reads better as text.
        let told = |error| match self.expect(&["check", "--database-url", url], 0) {
            Ok(_) => error,
            Err(text) => text,
        };
        let document = json(&found.map_err(told)?)?;
        let unmanaged = document["unmanaged"].as_array();
        Ok(unmanaged.cloned().unwrap_or_default())
    }

    /// Two databases do not differ; how many columns number their rows by a
    /// sequence of their own (`serial`) in the second and as identities in the
    /// first, which are one and the same word in a model.
    /// Sequences that were `prepared` by hand are left behind.
    pub(crate) fn same(&self, from: &str, to: &str, prepared: &[String]) -> Result<usize> {
        let words = ["diff", "--from", from, "--to", to, "--format", "json"];
        let document = json(&self.expect(&words, 0)?)?;
        let operations = document["operations"].as_array();
        let by_hand = |operation: &&Value| {
            operation["op"] == "drop_sequence"
                && operation["name"]
                    .as_str()
                    .is_some_and(|own| prepared.iter().any(|p| p == own))
        };
        let all = operations.into_iter().flatten();
        let all: Vec<&Value> = all.filter(|one| !by_hand(one)).collect();
        let (numbered, left): (Vec<&Value>, Vec<&Value>) =
            all.into_iter().partition(|operation| is_serial(operation));
        if left.is_empty() {
            return Ok(numbered.len());
        }
        let lines: Vec<String> = left
            .iter()
            .map(|operation| format!("{}\n    {}", operation["describe"], operation["sql"]))
            .collect();
        Err(format!(
            "what was made is not what was there:\n{}",
            lines.join("\n")
        ))
    }

    /// A database has nothing that models could say.
    pub(crate) fn is_empty(&self, url: &str) -> Result<()> {
        let models = self.expect(&["reflect", "--database-url", url], 0)?;
        let left = ["struct ", "enum ", "// CREATE VIEW", "// CREATE TRIGGER"];
        if left.iter().any(|word| models.contains(word)) {
            return Err(format!("left behind:\n{models}"));
        }
        Ok(())
    }
}

fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|e| format!("no JSON: {e}\n{text}"))
}

/// Whether an operation does nothing but let a sequence number the rows that
/// an identity has numbered.
fn is_serial(operation: &Value) -> bool {
    let statements = operation["sql"].as_array();
    let mut statements = statements.into_iter().flatten().filter_map(Value::as_str);
    let first = statements.next().unwrap_or_default();
    first.ends_with(" DROP IDENTITY")
        && !first.contains(',')
        && statements.all(|sql| {
            let made = ["CREATE SEQUENCE ", "ALTER SEQUENCE ", "SELECT setval("];
            let set = sql.starts_with("ALTER TABLE ") && sql.contains(" SET DEFAULT nextval(");
            set || made.iter().any(|start| sql.starts_with(start))
        })
}
