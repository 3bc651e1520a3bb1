//! `aludel.toml`: found, read, checked.
//!
//! This module owns what the file may say and the defaults of what it leaves
//! out; which database is meant is in [`url`].

mod lint;
mod possible;
mod url;

use std::path::{Path, PathBuf};

use aludel::Migrations;
use aludel_core::dialect::{Dialect, Scope};
use aludel_core::diff::Naming;
use miette::NamedSource;
use serde::Deserialize;

pub(crate) use lint::LintSection;
pub(crate) use url::{COMMON_VARIABLE, OWN_AND_COMMON, UrlSources, named, scratch};

use crate::error::{Failure, Result};

/// The name of the file.
pub(crate) const FILE_NAME: &str = "aludel.toml";

/// A project's configuration and where it was found.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The file.
    pub(crate) path: PathBuf,
    /// The folder of the file; everything relative is relative to it.
    pub(crate) root: PathBuf,
    /// What the file says.
    pub(crate) file: ConfigFile,
    /// The migrations that were compiled in; they stand for the folder where
    /// there is none.
    pub(crate) embedded: Option<&'static Migrations>,
}

/// What `aludel.toml` says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConfigFile {
    /// `[database]`
    pub(crate) database: DatabaseSection,
    /// `[models]`
    pub(crate) models: ModelsSection,
    /// `[migrations]`
    pub(crate) migrations: MigrationsSection,
    /// `[naming]`
    pub(crate) naming: NamingSection,
    /// `[lint]`
    pub(crate) lint: LintSection,
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DatabaseSection {
    /// The url, or `env:NAME`.
    pub(crate) url: Option<String>,
    /// The database in which migrations are proven; emptied for it. Without
    /// one it is made on the server and dropped again; SQLite needs none.
    pub(crate) scratch_url: Option<String>,
    /// The schemas to look at beside the default one (PostgreSQL).
    pub(crate) schemas: Vec<String>,
    /// The table that holds the current revision.
    pub(crate) version_table: String,
    /// Globs of tables that are never looked at, and of parts of tables that
    /// are left as they are: `results.ix_*`.
    pub(crate) exclude: Vec<String>,
}

impl Default for DatabaseSection {
    fn default() -> Self {
        Self {
            url: None,
            scratch_url: None,
            schemas: Vec::new(),
            version_table: "aludel_version".into(),
            exclude: Vec::new(),
        }
    }
}

/// `[models]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ModelsSection {
    /// Globs of the files with models, and of the `.sql` files with objects.
    pub(crate) paths: Vec<String>,
    /// Whether `.sql` files are all of the truth about objects.
    pub(crate) sql_objects: SqlObjects,
}

impl Default for ModelsSection {
    fn default() -> Self {
        Self {
            paths: vec!["src/**/*.rs".into()],
            sql_objects: SqlObjects::Listed,
        }
    }
}

/// `[models] sql_objects`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SqlObjects {
    /// Only what the files list is compared.
    #[default]
    Listed,
    /// What no file lists is to go.
    All,
}

/// `[migrations]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MigrationsSection {
    /// The folder of the migration files.
    pub(crate) dir: PathBuf,
    /// What is written.
    pub(crate) format: FileFormat,
    /// The template of a file's name, without its extension.
    pub(crate) file_name: String,
    /// A template for the text of a file.
    pub(crate) template: Option<PathBuf>,
    /// How migrations share transactions.
    pub(crate) transaction: TransactionMode,
    /// Whether `autogen` makes changes in steps that lock no table for long, on
    /// databases that have such ways.
    pub(crate) online: bool,
    /// Commands that are run behind every new file, `{file}` being its path.
    pub(crate) post_write: Vec<String>,
}

impl Default for MigrationsSection {
    fn default() -> Self {
        Self {
            dir: "migrations/versions".into(),
            format: FileFormat::Rust,
            file_name: "{rev}_{slug}".into(),
            template: None,
            transaction: TransactionMode::Each,
            online: false,
            post_write: Vec::new(),
        }
    }
}

/// The format of a migration file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileFormat {
    /// Typed calls, compiled into the application.
    #[default]
    Rust,
    /// Statements for the one dialect that the file names.
    Sql,
}

impl FileFormat {
    /// The dialect that a file of this format names, for that database.
    pub(crate) fn dialect(self, url: &aludel::db::Url) -> Option<&'static str> {
        match self {
            Self::Rust => None,
            Self::Sql => Some(url.dialect_name()),
        }
    }

    /// The same for the name of a dialect.
    pub(crate) fn named(self, dialect: &'static str) -> Option<&'static str> {
        match self {
            Self::Rust => None,
            Self::Sql => Some(dialect),
        }
    }
}

/// How migrations share transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransactionMode {
    /// One a migration.
    #[default]
    Each,
    /// One for all migrations of a run.
    All,
    /// None.
    None,
}

/// `[naming]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NamingSection {
    /// Indexes.
    pub(crate) index: Option<String>,
    /// Unique constraints.
    pub(crate) unique: Option<String>,
    /// Foreign keys.
    pub(crate) foreign_key: Option<String>,
    /// Checks.
    pub(crate) check: Option<String>,
    /// Primary keys.
    pub(crate) primary_key: Option<String>,
}

impl Config {
    /// The configuration that `--config` names, or the nearest `aludel.toml`
    /// in the current folder and those above it.
    ///
    /// # Errors
    /// No file, a file that cannot be read, or one that says something unknown.
    pub(crate) fn load(given: Option<&Path>, invocation: &str) -> Result<Self> {
        Self::look(given)?.ok_or_else(|| {
            Failure::with_hint(
                format!("no `{FILE_NAME}` found here or in a folder above"),
                format!("`{invocation} init` writes one; `--config FILE` names one elsewhere"),
            )
        })
    }

    /// The same; nothing where none is named and none is found.
    ///
    /// # Errors
    /// A file that cannot be read, or one that says something unknown.
    pub(crate) fn look(given: Option<&Path>) -> Result<Option<Self>> {
        let found = match given {
            Some(path) => Some(path.to_owned()),
            None => find()?,
        };
        found.map(Self::read).transpose()
    }

    /// What is true where no file says anything.
    ///
    /// # Errors
    /// There is no current folder.
    pub(crate) fn absent() -> Result<Self> {
        let root = std::env::current_dir()
            .map_err(|e| Failure::because("cannot find the current folder", e))?;
        Ok(Self {
            path: root.join(FILE_NAME),
            root,
            file: ConfigFile::default(),
            embedded: None,
        })
    }

    fn read(path: PathBuf) -> Result<Self> {
        let text = std::fs::read_to_string(&path)
            .map_err(|e| Failure::because(format!("cannot read `{}`", path.display()), e))?;
        let path = std::path::absolute(&path)
            .map_err(|e| Failure::because(format!("cannot find `{}`", path.display()), e))?;
        let root = path.parent().map(Path::to_owned).unwrap_or_default();
        let file = parse(&text, &path)?;
        file.refuse_impossible()?;
        Ok(Self {
            path,
            root,
            file,
            embedded: None,
        })
    }

    /// A path of the file, from where commands run.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }

    /// The folder of the migration files.
    pub(crate) fn versions(&self) -> PathBuf {
        self.resolve(&self.file.migrations.dir)
    }

    /// The table that holds the current revision.
    pub(crate) fn version_table(&self) -> &str {
        &self.file.database.version_table
    }

    /// A path as messages show it: relative to the current folder, or to the
    /// configuration, or as it is.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let here = std::env::current_dir().ok();
        let shorter = here
            .as_deref()
            .and_then(|here| path.strip_prefix(here).ok())
            .or_else(|| path.strip_prefix(&self.root).ok())
            .unwrap_or(path);
        shorter.display().to_string()
    }

    /// The part of a database that is looked at.
    pub(crate) fn scope(&self) -> Scope {
        Scope {
            schemas: self.file.database.schemas.clone(),
        }
    }

    /// The patterns for new names, and how long these may be.
    pub(crate) fn naming(&self, dialect: &dyn Dialect) -> Naming {
        let section = &self.file.naming;
        let base = Naming::default();
        Naming {
            index: section.index.clone().unwrap_or(base.index),
            unique: section.unique.clone().unwrap_or(base.unique),
            foreign_key: section.foreign_key.clone().unwrap_or(base.foreign_key),
            check: section.check.clone().unwrap_or(base.check),
            primary_key: section.primary_key.clone().or(base.primary_key),
            limit: name_limit(dialect, base.limit),
        }
    }
}

/// The longest name in bytes. PostgreSQL cuts off what is longer than 63;
/// MySQL refuses more than 64 characters, which 64 bytes never are; SQLite
/// takes any, and gets names that a move to PostgreSQL keeps.
fn name_limit(dialect: &dyn Dialect, usual: usize) -> usize {
    if dialect.name() == "mysql" { 64 } else { usual }
}

/// The nearest configuration file.
fn find() -> Result<Option<PathBuf>> {
    let here = std::env::current_dir()
        .map_err(|e| Failure::because("cannot find the current folder", e))?;
    Ok(here
        .ancestors()
        .map(|folder| folder.join(FILE_NAME))
        .find(|path| path.is_file()))
}

/// The text of a configuration file, read.
fn parse(text: &str, path: &Path) -> Result<ConfigFile> {
    toml::from_str(text).map_err(|error| {
        let message = error.message().trim().to_owned();
        let (message, hint) = suggestion(&message).unwrap_or((message, None));
        Failure::at(
            message,
            hint,
            NamedSource::new(path.display().to_string(), text.to_owned()),
            error.span(),
        )
    })
}

/// serde's message about an unknown key, said in our words with the nearest
/// known key; `None` where the message is about something else.
fn suggestion(message: &str) -> Option<(String, Option<String>)> {
    let rest = message
        .strip_prefix("unknown field `")
        .map(|rest| (rest, "key"))
        .or_else(|| {
            let rest = message.strip_prefix("unknown variant `")?;
            Some((rest, "value"))
        });
    let (rest, noun) = rest?;
    let (unknown, known) = rest.split_once('`')?;
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let nearest = known
        .iter()
        .map(|k| (strsim::osa_distance(unknown, k), *k))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 3)
        .min();
    let hint = match (nearest, known.is_empty()) {
        (Some((_, nearest)), _) => Some(format!("did you mean `{nearest}`?")),
        (None, false) => Some(format!("known here: {}", ticked(&known))),
        (None, true) => None,
    };
    Some((format!("unknown {noun} `{unknown}`"), hint))
}

/// Names in backticks, with commas.
fn ticked(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    names.join(", ")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn message(text: &str) -> (String, String) {
        let failure = parse(text, Path::new("aludel.toml")).unwrap_err();
        let report = &failure.reports[0];
        let help = report.help().map(|h| h.to_string()).unwrap_or_default();
        (report.to_string(), help)
    }

    #[test]
    fn empty_file_is_all_defaults() {
        let file = parse("", Path::new("aludel.toml")).unwrap();
        assert_eq!(file.database.version_table, "aludel_version");
        assert_eq!(file.models.paths, ["src/**/*.rs"]);
        assert_eq!(file.migrations.format, FileFormat::Rust);
    }

    #[test]
    fn every_key_of_the_contract_is_read() {
        let file = parse(
            r#"
            [database]
            url = "env:X"
            scratch_url = "sqlite::memory:"
            schemas = ["main"]
            version_table = "alembic_version"
            exclude = ["tmp_*"]
            [models]
            paths = ["a.rs"]
            sql_objects = "all"
            [migrations]
            dir = "m"
            format = "sql"
            file_name = "{slug}"
            transaction = "none"
            online = true
            post_write = ["rustfmt {file}"]
            [naming]
            index = "i_{table}"
            primary_key = "pk_{table}"
            [lint]
            "#,
            Path::new("aludel.toml"),
        )
        .unwrap();
        assert_eq!(file.database.exclude, ["tmp_*"]);
        assert_eq!(file.models.sql_objects, SqlObjects::All);
        assert_eq!(file.migrations.transaction, TransactionMode::None);
        assert!(file.migrations.online);
        assert_eq!(file.naming.primary_key.as_deref(), Some("pk_{table}"));
    }

    #[test]
    fn unknown_key_names_the_nearest() {
        let (text, help) = message("[database]\nurll = \"x\"\n");
        assert_eq!(text, "unknown key `urll`");
        assert_eq!(help, "did you mean `url`?");
    }

    #[test]
    fn unknown_key_far_from_all_lists_them() {
        let (text, help) = message("[models]\nzzzzzzzz = 1\n");
        assert_eq!(text, "unknown key `zzzzzzzz`");
        assert_eq!(help, "known here: `paths`, `sql_objects`");
    }

    #[test]
    fn unknown_value_is_told_too() {
        let (text, help) = message("[migrations]\nformat = \"rusty\"\n");
        assert_eq!(text, "unknown value `rusty`");
        assert_eq!(help, "did you mean `rust`?");
    }
}
