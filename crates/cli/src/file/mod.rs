//! New migration files: their ids, dates and text.
//!
//! What stands in a body is the writer's (`aludel-syntax`); this module puts
//! header and bodies together by a template and writes the file.

pub(crate) mod after;

use std::ffi::OsString;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use aludel_core::revision::{Format, GraphError, Header, check_id, file_name};
use aludel_syntax::emit;
use aludel_syntax::emit::rust::Parts;
use chrono::{DateTime, Utc};
use minijinja::context;

use crate::config::{Config, FileFormat};
use crate::error::{Failure, Result};
use crate::placing::Placing;
use crate::versions::Versions;

/// A migration file that is not written yet.
#[derive(Debug, Clone)]
pub(crate) struct NewFile {
    /// Where it goes.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) text: String,
}

/// The header of a new revision; a SQL file is for one dialect.
///
/// # Errors
/// Several heads and none named, an id that cannot be one or is taken, a clock
/// that is off.
pub(crate) fn new_header(
    versions: &Versions,
    message: &str,
    placing: &Placing,
    dialect: Option<&str>,
) -> Result<Header> {
    let header = Header {
        parents: placing.parents(versions)?,
        ..header_of(versions, message, placing.rev_id.as_deref())?
    };
    Ok(Header {
        labels: placing.labels(versions)?,
        depends_on: placing.depends_on(versions)?,
        dialect: dialect.map(str::to_owned),
        ..header
    })
}

/// The same, before it stands anywhere.
///
/// # Errors
/// An id that cannot be one or is taken, a clock that is off.
pub(crate) fn header_of(
    versions: &Versions,
    message: &str,
    rev_id: Option<&str>,
) -> Result<Header> {
    let id = match rev_id {
        Some(id) => {
            check_id(id)?;
            if let Some(taken) = versions.graph.get(id) {
                return Err(Failure::with_hint(
                    format!("revision `{id}` is there already, in `{}`", taken.file_name),
                    "leave `--rev-id` out for a new one",
                ));
            }
            id.to_owned()
        }
        None => fresh_id(versions),
    };
    Ok(Header {
        message: message.trim().to_owned(),
        id,
        create_date: now()?.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        ..Header::default()
    })
}

/// The file of a header and the texts that belong to it.
///
/// # Errors
/// A template that cannot be read or rendered, a name that is none.
pub(crate) fn compose(
    config: &Config,
    format: FileFormat,
    header: &Header,
    parts: &Parts,
) -> Result<NewFile> {
    let section = &config.file.migrations;
    let name = file_name(&section.file_name, header, format.into())?;
    let template = match &section.template {
        Some(path) => {
            let path = config.resolve(path);
            fs::read_to_string(&path).map_err(|e| {
                Failure::because(
                    format!("cannot read the template `{}`", config.shown(&path)),
                    e,
                )
            })?
        }
        None => default_template(format).to_owned(),
    };
    let values = context! {
        header => &parts.header,
        upgrade => &parts.upgrade,
        downgrade => &parts.downgrade,
    };
    let text = render(&template, &values)
        .map_err(|e| Failure::because("the template of migration files cannot be rendered", e))?;
    Ok(NewFile {
        path: config.versions().join(name),
        text,
    })
}

impl NewFile {
    /// Writes the file; one that is there already is kept.
    pub(crate) fn write(&self, config: &Config) -> Result<()> {
        let shown = config.shown(&self.path);
        let failed = |e| Failure::because(format!("cannot write `{shown}`"), e);
        write_new(&self.path, &self.text).map_err(failed)
    }
}

/// Writes a file that must not be there yet, wholly or not at all.
pub(crate) fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let part = write_beside(path, text)?;
    let linked = fs::hard_link(&part, path);
    let taken = path.exists();
    match linked {
        // A file system without links.
        Err(error) if error.kind() != ErrorKind::AlreadyExists && !taken => fs::rename(&part, path),
        linked => {
            fs::remove_file(&part)?;
            linked
        }
    }
}

/// Replaces a file wholly or not at all.
pub(crate) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // A link stays a link: what it points to is replaced.
    let path = path.canonicalize()?;
    let part = write_beside(&path, text)?;
    fs::set_permissions(&part, fs::metadata(&path)?.permissions())?;
    fs::rename(&part, &path)
}

/// Replaces all of several files, or none: the error names the one that cannot
/// be replaced.
pub(crate) fn replace_all(
    files: &[(PathBuf, &str)],
) -> std::result::Result<(), (PathBuf, std::io::Error)> {
    let mut swaps: Vec<Swap> = Vec::new();
    for (path, text) in files {
        match Swap::prepare(path, text) {
            Ok(swap) => swaps.push(swap),
            Err(error) => {
                swaps.iter().for_each(Swap::forget);
                return Err((path.clone(), error));
            }
        }
    }
    swap_all(&swaps)
}

fn swap_all(swaps: &[Swap]) -> std::result::Result<(), (PathBuf, std::io::Error)> {
    for (at, swap) in swaps.iter().enumerate() {
        if let Err(error) = fs::rename(&swap.part, &swap.path) {
            let (done, open) = swaps.split_at(at);
            done.iter().for_each(Swap::undo);
            open.iter().for_each(Swap::forget);
            return Err((swap.path.clone(), error));
        }
    }
    Ok(())
}

/// A file that is about to be replaced.
struct Swap {
    path: PathBuf,
    /// The new text, next to it.
    part: PathBuf,
    before: Vec<u8>,
}

impl Swap {
    fn prepare(path: &Path, text: &str) -> std::io::Result<Self> {
        // A link stays a link: what it points to is replaced.
        let path = path.canonicalize()?;
        let before = fs::read(&path)?;
        let swap = Self {
            part: write_beside(&path, text)?,
            before,
            path,
        };
        let permissions = fs::metadata(&swap.path).map(|found| found.permissions());
        match permissions.and_then(|p| fs::set_permissions(&swap.part, p)) {
            Ok(()) => Ok(swap),
            Err(error) => {
                swap.forget();
                Err(error)
            }
        }
    }

    /// Takes the new text away. The first error is the one to tell.
    fn forget(&self) {
        let _ = fs::remove_file(&self.part);
    }

    /// Gives the old text back, as far as that can be done.
    fn undo(&self) {
        let _ = fs::write(&self.path, &self.before);
    }
}

/// Writes a file that no command looks at, next to where it has to go.
fn write_beside(path: &Path, text: &str) -> std::io::Result<PathBuf> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    let part = path.with_file_name(name);
    let written = fs::write(&part, text);
    if written.is_err() {
        // What is there of it is of no use; the first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    written.map(|()| part)
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Rust => Self::Rust,
            FileFormat::Sql => Self::Sql,
        }
    }
}

/// The template of a file where the configuration names none.
pub(crate) fn default_template(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Rust => emit::rust::TEMPLATE,
        FileFormat::Sql => emit::sql::TEMPLATE,
    }
}

/// A template with its values; its last line break stays.
pub(crate) fn render(
    template: &str,
    values: &minijinja::Value,
) -> std::result::Result<String, minijinja::Error> {
    let mut environment = minijinja::Environment::new();
    environment.set_syntax(
        minijinja::syntax::SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.render_str(template, values)
}

/// 12 hex digits that no revision begins with.
fn fresh_id(versions: &Versions) -> String {
    loop {
        // The standard library seeds this from the system's random source.
        let random = std::hash::RandomState::new().build_hasher().finish();
        let id = format!("{:012x}", random & 0xffff_ffff_ffff);
        let begins = versions.graph.find(&id[..4]);
        if matches!(begins, Err(GraphError::NotFound { .. })) {
            return id;
        }
    }
}

/// Now, or the time that `SOURCE_DATE_EPOCH` says.
fn now() -> Result<DateTime<Utc>> {
    let Ok(epoch) = std::env::var("SOURCE_DATE_EPOCH") else {
        return Ok(Utc::now());
    };
    let time = epoch.trim().parse().ok();
    time.and_then(|t| DateTime::from_timestamp(t, 0))
        .ok_or_else(|| {
            Failure::with_hint(
                format!("`SOURCE_DATE_EPOCH` is `{epoch}`, which is no time"),
                "it is a number of seconds since 1970",
            )
        })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Two files, and one that is there no more when it is its turn.
    #[test]
    fn all_files_are_replaced_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let names = ["a", "b"];
        names
            .iter()
            .for_each(|name| fs::write(path(name), "old").unwrap());
        let read = || names.map(|name| fs::read_to_string(path(name)).unwrap());
        replace_all(&[(path("a"), "new"), (path("b"), "new")]).unwrap();
        assert_eq!(read(), ["new", "new"]);
        // One that cannot be read.
        let (wrong, _) = replace_all(&[(path("a"), "x"), (path("c"), "x")]).unwrap_err();
        assert_eq!(
            (wrong, read()),
            (path("c"), ["new", "new"].map(String::from))
        );
        // One that cannot be replaced: a folder is no file.
        fs::create_dir(path("c")).unwrap();
        let swaps = [("a", "x"), ("b", "y")].map(|(name, text)| Swap::prepare(&path(name), text));
        let mut swaps = swaps.map(std::result::Result::unwrap);
        swaps[1].path = path("c");
        let (wrong, _) = swap_all(&swaps).unwrap_err();
        assert_eq!(
            (wrong, read()),
            (path("c"), ["new", "new"].map(String::from))
        );
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 3, "no part is left");
    }
}
