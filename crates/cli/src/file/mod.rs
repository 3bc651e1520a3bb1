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
