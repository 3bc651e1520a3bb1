//! The folder of migration files, read without compiling anything.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use aludel::Migrations;
use aludel_core::revision::{Format, GraphError, Revision, RevisionGraph};
use miette::{NamedSource, Report};

use crate::config::Config;
use crate::error::{Failure, Result};

/// The migration files of a project.
#[derive(Debug, Clone)]
pub(crate) struct Versions {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The texts, by file name.
    pub(crate) texts: BTreeMap<String, String>,
    /// Who follows whom.
    pub(crate) graph: RevisionGraph,
}

impl Versions {
    /// Reads the folder that the configuration names.
    ///
    /// # Errors
    /// No folder, files without headers (all of them at once), a history that
    /// is none.
    pub(crate) fn load(config: &Config) -> Result<Self> {
        let folder = config.versions();
        let texts = match config.embedded.filter(|_| !folder.exists()) {
            Some(compiled) => embedded(compiled),
            None => read_folder(&folder, config)?,
        };
        let mut revisions = Vec::new();
        let mut reports: Vec<Report> = Vec::new();
        for (name, text) in &texts {
            match Revision::read(name, text) {
                Ok(revision) => revisions.push(revision),
                Err(error) => {
                    let shown = config.shown(&folder.join(name));
                    let span = mistaken_line(text, &error.message);
                    let source = NamedSource::new(shown, text.clone());
                    reports.extend(Failure::at(error.message, error.hint, source, span).reports);
                }
            }
        }
        if !reports.is_empty() {
            return Err(Failure::many(reports));
        }
        let graph = RevisionGraph::new(revisions)?;
        Ok(Self {
            folder,
            texts,
            graph,
        })
    }

    /// The same with a file more that is not written yet.
    ///
    /// # Errors
    /// A revision that has no place among them.
    pub(crate) fn with(&self, name: &str, text: &str) -> Result<Self> {
        let mut texts = self.texts.clone();
        texts.insert(name.to_owned(), text.to_owned());
        let mut revisions = Vec::new();
        for (name, text) in &texts {
            revisions.push(Revision::read(name, text)?);
        }
        Ok(Self {
            folder: self.folder.clone(),
            texts,
            graph: RevisionGraph::new(revisions)?,
        })
    }

    /// The path of a revision's file.
    pub(crate) fn path(&self, revision: &Revision) -> PathBuf {
        self.folder.join(&revision.file_name)
    }

    /// The one head, `None` where there is no revision yet.
    ///
    /// # Errors
    /// Several heads.
    pub(crate) fn head(&self) -> Result<Option<&Revision>> {
        Ok(self.graph.only_head()?)
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        Self::from(aludel_core::Error::from(error))
    }
}

/// Names in backticks.
pub(crate) fn ticked<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<String> = names.iter().map(|n| format!("`{}`", n.as_ref())).collect();
    names.join(", ")
}

/// The line of a header that a message is about: the last one with a word that it
/// gives in backticks, else the one with the id, else the first one.
fn mistaken_line(text: &str, message: &str) -> Option<Range<usize>> {
    const LONGEST_HEADER: usize = 60;
    let mut at = 0;
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for line in text.split_inclusive('\n').take(LONGEST_HEADER) {
        lines.push((at, line.trim_end()));
        at += line.len();
    }
    let comments = || {
        let comment = |line: &str| line.starts_with("--") || line.starts_with("//");
        lines.iter().rev().filter(move |(_, line)| comment(line))
    };
    let said = message.split_once("`: ").map_or(message, |(_, said)| said);
    let mut words = said.split('`').skip(1).step_by(2);
    let named = words.find_map(|word| comments().find(|(_, line)| line.contains(word)));
    let id = || comments().find(|(_, line)| line.contains("Revision ID:"));
    let (start, line) = named.or_else(id).or(lines.first())?;
    let start = start + line.len() - line.trim_start_matches('\u{feff}').len();
    (!line.is_empty()).then(|| start..start + line.trim_start_matches('\u{feff}').len())
}

/// The migration files that were compiled in, by name.
fn embedded(compiled: &Migrations) -> BTreeMap<String, String> {
    let files = compiled.files().iter();
    files
        .map(|file| (file.name().to_owned(), file.text().to_owned()))
        .collect()
}

/// The migration files of a folder, by name.
fn read_folder(folder: &Path, config: &Config) -> Result<BTreeMap<String, String>> {
    let shown = config.shown(folder);
    let failed = |e| {
        Failure::because_with_hint(
            format!("cannot read the folder of migrations `{shown}`"),
            "make it, or mend `[migrations] dir` in `aludel.toml`, which names it",
            e,
        )
    };
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if Format::of_file(&name).is_none() || entry.path().is_dir() {
            continue;
        }
        let text = fs::read_to_string(entry.path())
            .map_err(|e| Failure::because(format!("cannot read `{shown}/{name}`"), e))?;
        texts.insert(name, text);
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::mistaken_line;

    const FILE: &str = "\u{feff}-- add a\n--\n-- Revision ID: aaaa\n-- Revise:\n-- Dialect: sqlite\n\n\
                        -- upgrade\nSELECT 'Revises';\n";

    fn line(message: &str) -> Option<&'static str> {
        mistaken_line(FILE, message).and_then(|span| FILE.get(span))
    }

    #[test]
    fn the_line_that_a_message_names_is_found() {
        let said = "`a.sql`: unknown header field `Revise`";
        assert_eq!(line(said), Some("-- Revise:"));
        let said = "`a.sql`: the header has no `Create Date` line";
        assert_eq!(line(said), Some("-- Revision ID: aaaa"));
        assert_eq!(mistaken_line("\nSELECT 1;\n", said), None);
        assert_eq!(mistaken_line("SELECT 1;\n", said), Some(0..9));
    }
}
