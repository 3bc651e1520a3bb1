//! The files with models: found, read, scanned.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use aludel::db::is_bookkeeping;
use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::diff::{self, Wanted};
use aludel_core::model::{ModelError, Origin, TableModel};
use aludel_core::schema::{ColumnType, TableName};
use aludel_syntax::report::{Report, model_error};
use aludel_syntax::scan::{Scanned, SourceFile, scan};
use globset::GlobBuilder;
use walkdir::WalkDir;

use crate::config::{Config, SqlObjects};
use crate::database::excluded;
use crate::error::{Failure, Result};
use crate::objects;
use crate::session::Session;

/// Everything that says what a database should be.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The Rust files.
    pub(crate) rust: Scanned,
    /// The SQL files.
    sql: Vec<Arc<SourceFile>>,
    /// Whether the SQL files are the whole truth about objects.
    whole: bool,
}

impl Sources {
    /// Models without any SQL files.
    pub(crate) fn of_models(rust: Scanned) -> Self {
        Self {
            rust,
            sql: Vec::new(),
            whole: false,
        }
    }

    /// The SQL files, as the objects' [`Origin`] counts them.
    pub(crate) fn sql(&self) -> &[Arc<SourceFile>] {
        &self.sql
    }
}

/// The models of the project.
///
/// # Errors
/// Every mistake of every file at once; no model at all, which would mean to
/// drop every table.
pub(crate) fn scanned(session: &Session<'_>, config: &Config) -> Result<Sources> {
    let (sources, sql) = read(config)?;
    let count = sources.len();
    let scanned = scan_all(sources)?;
    if scanned.models.tables.is_empty() {
        return Err(no_models(config, count));
    }
    refuse_books(&scanned, config)?;
    let names: Vec<String> = scanned
        .models
        .tables
        .iter()
        .map(|t| t.name.to_string())
        .collect();
    session.ui.note(counted(&names));
    Ok(Sources {
        rust: scanned,
        sql: sql.into_iter().map(Arc::new).collect(),
        whole: config.file.models.sql_objects == SqlObjects::All,
    })
}

/// Whether the files have models; also where one cannot be read, as it may be
/// a model that is wrong.
pub(crate) fn are_there(config: &Config) -> bool {
    let Ok((sources, _)) = read(config) else {
        return true;
    };
    match scan_all(sources) {
        Ok(scanned) => !scanned.models.tables.is_empty(),
        Err(_) => true,
    }
}

/// Rust files, scanned.
///
/// # Errors
/// Every mistake of every file at once.
pub(crate) fn scan_all(sources: Vec<SourceFile>) -> Result<Scanned> {
    scan(sources).map_err(|mistakes| {
        let reports = mistakes
            .iter()
            .map(|m| miette::Report::new(Report::from(m)));
        Failure::many(reports.collect())
    })
}

/// What models want of a database of that dialect.
///
/// # Errors
/// Every model that the database cannot hold, at once.
pub(crate) fn wanted(sources: &Sources, dialect: &dyn Dialect) -> Result<Wanted> {
    let scanned = &sources.rust;
    let wanted = dialect.wanted(&scanned.models).map_err(|errors| {
        let reports = errors
            .iter()
            .map(|e| miette::Report::new(model_error(e, &scanned.files)));
        Failure::many(reports.collect())
    });
    let objects = objects::wanted(&sources.sql, dialect, sources.whole);
    match (wanted, objects) {
        (Ok(mut wanted), Ok(objects)) => {
            wanted.objects = objects;
            Ok(wanted)
        }
        (Err(mut failure), Err(more)) => {
            failure.reports.extend(more.reports);
            Err(failure)
        }
        (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => Err(failure),
    }
}

/// Names what models want as the database that was found names it: a table
/// whose model says the default schema has none.
///
/// # Errors
/// Every model of a schema that is not looked at: what is there would never be
/// seen.
pub(crate) fn as_found_in(
    wanted: &mut Wanted,
    sources: &Sources,
    config: &Config,
    dialect: &dyn Dialect,
    found: &Snapshot,
) -> Result<()> {
    let scanned = &sources.rust;
    let default = &found.server.schema;
    wanted.in_default_schema(default);
    let twins = wanted.spelled_by(found.server.table_names);
    let reports: Vec<_> = twins
        .iter()
        .filter_map(|pair| {
            let tables = &scanned.models.tables;
            let table = tables.iter().find(|table| table.name == pair.to)?;
            let error = ModelError {
                message: format!(
                    "`{}` and `{}` are one table on this server, which keeps the names of tables \
                     in small letters",
                    pair.from, pair.to
                ),
                hint: Some("give one of them another name".into()),
                origin: table.origin.clone(),
            };
            Some(miette::Report::new(model_error(&error, &scanned.files)))
        })
        .collect();
    if !reports.is_empty() {
        return Err(Failure::many(reports));
    }
    let looked_at = &config.file.database.schemas;
    let unseen = scanned.models.tables.iter().filter_map(|table| {
        let schema = table.name.schema.as_ref()?;
        let schema = schema.as_str();
        let seen = schema == default || looked_at.iter().any(|name| name == schema);
        (!seen).then_some((table, schema))
    });
    let reports: Vec<_> = unseen
        .map(|(table, schema)| {
            let error = unseen_schema(schema, &table.name, table.origin.clone(), config);
            miette::Report::new(model_error(&error, &scanned.files))
        })
        .collect();
    let reports = reports
        .into_iter()
        .chain(unseen_objects(wanted, sources, config, default));
    let mistakes = match takes_mistakes(found) {
        true => Vec::new(),
        false => mistakes(wanted, config, dialect, found)?,
    };
    let mistakes = mistakes.iter();
    let mistakes = mistakes.map(|error| miette::Report::new(model_error(error, &scanned.files)));
    let reports: Vec<_> = reports.chain(mistakes).collect();
    if reports.is_empty() {
        Ok(())
    } else {
        Err(Failure::many(reports))
    }
}

/// Whether the database takes what no row could live with, as SQLite does:
/// somebody may have lived with such models for years.
pub(crate) fn takes_mistakes(found: &Snapshot) -> bool {
    found.server.product.is_empty()
}

/// What models say that no row could live with.
///
/// # Errors
/// A pattern of `exclude` that is none.
pub(crate) fn mistakes(
    wanted: &Wanted,
    config: &Config,
    dialect: &dyn Dialect,
    found: &Snapshot,
) -> Result<Vec<ModelError>> {
    // Nobody has looked at what is left out.
    let excluded = excluded(config)?;
    let has = |name: &str| {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        let mut objects = found.objects.iter();
        excluded.is_match(name) || objects.any(|o| same(&o.name) || same(&o.table))
    };
    let takes = |ty: &ColumnType, text: &str| dialect.takes_text(&found.server, ty, text);
    Ok(diff::mistakes(wanted, &found.schema, &has, &takes))
}

/// Objects of SQL files in schemas that nobody looks at.
fn unseen_objects(
    wanted: &Wanted,
    sources: &Sources,
    config: &Config,
    default: &str,
) -> Vec<miette::Report> {
    let looked_at = &config.file.database.schemas;
    let objects = wanted.objects.list.iter().filter_map(|object| {
        let name = &object.definition.id.name;
        let schema = name.schema.as_ref()?.as_str();
        let seen = default.is_empty() || schema == default || looked_at.iter().any(|s| s == schema);
        (!seen).then(|| {
            let error = unseen_schema(schema, name, object.origin.clone(), config);
            miette::Report::new(model_error(&error, &sources.sql))
        })
    });
    objects.collect()
}

fn unseen_schema(schema: &str, name: &TableName, origin: Origin, config: &Config) -> ModelError {
    ModelError {
        message: format!("the schema `{schema}` of `{name}` is not looked at"),
        hint: Some(format!(
            "write `schemas = [{schema:?}]` below `[database]` in `{}`, beside those that are there",
            config.shown(&config.path)
        )),
        origin,
    }
}

/// A model of a table that is never compared could never be in sync.
fn refuse_books(scanned: &Scanned, config: &Config) -> Result<()> {
    let kept = |table: &&TableModel| {
        let name = table.name.name.as_str();
        name == config.version_table() || is_bookkeeping(name)
    };
    let reports: Vec<_> = scanned
        .models
        .tables
        .iter()
        .filter(kept)
        .map(|table| {
            let error = ModelError {
                message: format!("`{}` is where a migration tool keeps its books", table.name),
                hint: Some("such tables are never compared; choose another name".to_owned()),
                origin: table.origin.clone(),
            };
            miette::Report::new(model_error(&error, &scanned.files))
        })
        .collect();
    if reports.is_empty() {
        Ok(())
    } else {
        Err(Failure::many(reports))
    }
}

/// `5 models: node, packet, ...`.
fn counted(names: &[String]) -> String {
    const MANY: usize = 12;
    let noun = if names.len() == 1 { "model" } else { "models" };
    let first = names
        .iter()
        .take(MANY)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let more = if names.len() > MANY { ", ..." } else { "" };
    format!("{} {noun}: {first}{more}", names.len())
}

/// Nothing to compare with: dropping every table is never what was meant.
fn no_models(config: &Config, files: usize) -> Failure {
    let patterns = crate::versions::ticked(&config.file.models.paths);
    let noun = if files == 1 { "file" } else { "files" };
    Failure::with_hint(
        format!("no models found in the {files} {noun} of {patterns}"),
        format!(
            "a model is a struct with `#[derive(aludel::Model)]`; `[models] paths` in `{}` says \
             where they are. Without any, every table would have to go",
            config.shown(&config.path)
        ),
    )
}

/// The files that `[models] paths` names, sorted.
///
/// # Errors
/// A pattern that is none, a file that is named and not there.
pub(crate) fn find(config: &Config) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for pattern in &config.file.models.paths {
        let before = found.len();
        expand(pattern, config, &mut found)?;
        if found.len() == before
            && !pattern.contains(['*', '?', '[', '{'])
            && !config.root.join(pattern).is_dir()
        {
            return Err(Failure::with_hint(
                format!("there is no file `{pattern}` with models"),
                format!(
                    "`[models] paths` in `{}` names it",
                    config.shown(&config.path)
                ),
            ));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The files of one pattern; a folder stands for all Rust files below it.
fn expand(pattern: &str, config: &Config, found: &mut Vec<PathBuf>) -> Result<()> {
    let base = normal(&config.root.join(fixed_part(pattern)));
    let mut rest = pattern.get(fixed_part(pattern).len()..).unwrap_or_default();
    rest = rest.trim_start_matches('/');
    if rest.is_empty() {
        if base.is_file() {
            found.push(base);
            return Ok(());
        }
        if !base.is_dir() {
            return Ok(());
        }
        rest = "**/*.rs";
    }
    let glob = GlobBuilder::new(rest)
        .literal_separator(true)
        .build()
        .map_err(|e| Failure::because(format!("`{pattern}` is no pattern for files"), e))?
        .compile_matcher();
    let walk = WalkDir::new(&base).follow_links(true).sort_by_file_name();
    let entered = walk.into_iter().filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || is_build_folder(entry.path()))
    });
    for entry in entered.filter_map(std::result::Result::ok) {
        let relative = entry.path().strip_prefix(&base).unwrap_or(entry.path());
        if entry.file_type().is_file() && glob.is_match(relative) {
            found.push(entry.into_path());
        }
    }
    Ok(())
}

/// The folders of a pattern before its first part with a sign in it.
fn fixed_part(pattern: &str) -> &str {
    let Some(sign) = pattern.find(['*', '?', '[', '{']) else {
        return pattern;
    };
    let end = pattern[..sign].rfind('/').map_or(0, |slash| slash + 1);
    &pattern[..end]
}

/// Whether a folder is where cargo builds.
fn is_build_folder(path: &Path) -> bool {
    path.join("CACHEDIR.TAG").is_file()
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// A path as reports show it: relative to the configuration where it is below.
fn shown(config: &Config, path: &Path) -> String {
    let path = path.strip_prefix(&config.root).unwrap_or(path);
    path.display().to_string()
}

/// The Rust files with models, and the SQL files with objects.
///
/// # Errors
/// Every file that cannot be read, or is neither.
fn read(config: &Config) -> Result<(Vec<SourceFile>, Vec<SourceFile>)> {
    let mut rust = Vec::new();
    let mut sql = Vec::new();
    let mut unreadable = Vec::new();
    for path in find(config)? {
        let shown = shown(config, &path);
        let is_sql = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("sql"));
        if !is_sql && path.extension().is_none_or(|e| e != "rs") {
            let failure = Failure::with_hint(
                format!("`{shown}` is no file with models"),
                "models are in `.rs` files, and views, triggers and the like in `.sql` files: \
                 write a pattern that ends in one of the two",
            );
            unreadable.extend(failure.reports);
            continue;
        }
        let list = if is_sql { &mut sql } else { &mut rust };
        match fs::read_to_string(&path) {
            Ok(text) => list.push(SourceFile::new(shown, text)),
            Err(e) => {
                unreadable.extend(Failure::because(format!("cannot read `{shown}`"), e).reports)
            }
        }
    }
    if unreadable.is_empty() {
        Ok((rust, sql))
    } else {
        Err(Failure::many(unreadable))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::config::ConfigFile;

    fn project(paths: &[&str]) -> (tempfile::TempDir, Config) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        for file in [
            "src/a.rs",
            "src/deep/b.rs",
            "src/c.txt",
            "target/x/d.rs",
            "e.rs",
        ] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::write(root.join("target/CACHEDIR.TAG"), "").unwrap();
        let mut file = ConfigFile::default();
        file.models.paths = paths.iter().map(|p| (*p).to_owned()).collect();
        let path = root.join("aludel.toml");
        let embedded = None;
        (
            folder,
            Config {
                path,
                root,
                file,
                embedded,
            },
        )
    }

    fn found(paths: &[&str]) -> Vec<String> {
        let (_folder, config) = project(paths);
        let files = find(&config).unwrap();
        files.iter().map(|f| shown(&config, f)).collect()
    }

    #[test]
    fn patterns_are_relative_to_the_configuration() {
        assert_eq!(found(&["src/*.rs"]), ["src/a.rs"]);
        assert_eq!(found(&["src/**/*.rs"]), ["src/a.rs", "src/deep/b.rs"]);
        assert_eq!(found(&["src/../e.rs", "./e.rs"]), ["e.rs"]);
        assert_eq!(found(&["src"]), ["src/a.rs", "src/deep/b.rs"]);
        assert_eq!(found(&["./"]), ["e.rs", "src/a.rs", "src/deep/b.rs"]);
        assert_eq!(found(&["none/**/*.rs"]), Vec::<String>::new());
    }

    #[test]
    fn build_folders_are_not_searched() {
        assert_eq!(found(&["**/*.rs"]), ["e.rs", "src/a.rs", "src/deep/b.rs"]);
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let (_folder, config) = project(&["src/none.rs"]);
        assert!(find(&config).is_err());
    }
}
