//! The migration files that an application carries, or that a folder holds.

use std::borrow::Cow;
use std::fmt;

use aludel_core::revision::{Format, Revision, RevisionGraph};

use crate::error::{Error, ErrorKind, Result};
use crate::migration::Op;

/// `upgrade` or `downgrade` of a Rust migration.
pub type MigrationFn = fn(&mut Op);

/// One migration file.
#[derive(Clone)]
pub struct MigrationFile {
    name: Cow<'static, str>,
    text: Cow<'static, str>,
    body: Option<(MigrationFn, MigrationFn)>,
}

impl MigrationFile {
    /// A Rust file with its compiled functions.
    pub const fn rust(
        name: &'static str,
        text: &'static str,
        upgrade: MigrationFn,
        downgrade: MigrationFn,
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            text: Cow::Borrowed(text),
            body: Some((upgrade, downgrade)),
        }
    }

    /// A file that needs no compiling: SQL, or Rust that is only looked at.
    pub const fn source(name: &'static str, text: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            text: Cow::Borrowed(text),
            body: None,
        }
    }

    /// Its name, without the folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The compiled functions of a Rust file, `upgrade` and `downgrade`.
    pub fn functions(&self) -> Option<(MigrationFn, MigrationFn)> {
        self.body
    }

    /// Whether it can be run: SQL always, Rust where it was compiled.
    pub fn is_runnable(&self) -> bool {
        self.body.is_some() || Format::of_file(&self.name) == Some(Format::Sql)
    }
}

impl fmt::Debug for MigrationFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigrationFile")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The migrations of an application: [`crate::migrations!`] embeds those of a
/// folder, [`Migrations::from_files`] takes those that were just read.
#[derive(Debug, Clone)]
pub struct Migrations {
    files: Cow<'static, [MigrationFile]>,
}

impl Migrations {
    /// Files that were compiled in.
    pub const fn embedded(files: &'static [MigrationFile]) -> Self {
        Self {
            files: Cow::Borrowed(files),
        }
    }

    /// Files that were read at run time, by name and text. Rust files are
    /// known, with their place in the history, but cannot be run. What is no
    /// migration file is left out.
    pub fn from_files(files: Vec<(String, String)>) -> Self {
        let mut files: Vec<MigrationFile> = files
            .into_iter()
            .filter(|(name, _)| Format::of_file(name).is_some())
            .map(|(name, text)| MigrationFile {
                name: Cow::Owned(name),
                text: Cow::Owned(text),
                body: None,
            })
            .collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            files: Cow::Owned(files),
        }
    }

    /// The files, by name.
    pub fn files(&self) -> &[MigrationFile] {
        &self.files
    }

    /// The file of a revision.
    pub fn file(&self, revision: &Revision) -> Option<&MigrationFile> {
        let name = revision.file_name.as_str();
        // Both ways to make this value sort by name; a list by hand need not.
        match self.files.binary_search_by(|file| file.name().cmp(name)) {
            Ok(at) => self.files.get(at),
            Err(_) => self.files.iter().find(|file| file.name == name),
        }
    }

    /// Their history.
    ///
    /// # Errors
    /// A header that cannot be read, or a history that makes no sense.
    pub fn graph(&self) -> Result<RevisionGraph> {
        let read = |file: &MigrationFile| Revision::read(&file.name, &file.text);
        let revisions: Result<Vec<_>, _> = self.files.iter().map(read).collect();
        let revisions = revisions.map_err(|error| Error::of_core(ErrorKind::File, error))?;
        Ok(RevisionGraph::new(revisions)?)
    }
}

impl From<&Migrations> for Migrations {
    fn from(migrations: &Migrations) -> Self {
        migrations.clone()
    }
}
