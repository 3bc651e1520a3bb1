//! Findings as the lines by which a build on GitHub marks places of files.
//!
//! Owns the form of these lines and the paths in them; what is found, and where,
//! is the commands' own. The form is GitHub's: `::error file=a.rs,line=3::text`.

use std::fmt;
use std::path::{Path, PathBuf};

use aludel_core::hazard::Level;
use miette::Report;

use crate::app::Outcome;
use crate::error::{Failure, Result};
use crate::session::Session;

/// How a command reports that a build on GitHub may run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document on stdout, nothing else there.
    Json,
    /// Annotations of a pull request, as GitHub Actions reads them.
    Github,
}

/// One place with something to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) level: Level,
    /// Where; nowhere where no file is to blame.
    pub(crate) place: Option<Place>,
    /// What it is about, in a few words.
    pub(crate) title: String,
    /// All there is to say; may have several lines.
    pub(crate) message: String,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file, as messages show it.
    pub(crate) file: String,
    /// The line and the column, from 1, where one line is meant.
    pub(crate) at: Option<(usize, usize)>,
}

impl Place {
    /// A whole file.
    pub(crate) fn file(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            at: None,
        }
    }

    /// A line of a file, from 1.
    pub(crate) fn line(file: impl Into<String>, line: usize) -> Self {
        Self {
            file: file.into(),
            at: Some((line, 1)),
        }
    }

    /// The place of a byte in the text of a file.
    pub(crate) fn byte(file: impl Into<String>, text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        // What no editor counts.
        let own = before[start..].trim_start_matches('\u{feff}');
        Self {
            file: file.into(),
            at: Some((line, own.chars().count() + 1)),
        }
    }
}

impl fmt::Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.level {
            Level::Error => "::error ",
            Level::Warning => "::warning ",
            Level::Note => "::notice ",
        })?;
        if let Some(place) = &self.place {
            write!(f, "file={},", property(&place.file))?;
            if let Some((line, column)) = place.at {
                write!(f, "line={line},col={column},")?;
            }
        }
        let (title, message) = (property(&self.title), data(&self.message));
        write!(f, "title={title}::{message}")
    }
}

/// A text behind the `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A text before it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The paths of files as the repository has them.
#[derive(Debug)]
pub(crate) struct Repository {
    /// From where messages may show paths: the folder of the configuration, and
    /// the current one.
    folders: Vec<PathBuf>,
    /// The root of the repository.
    root: Option<PathBuf>,
}

impl Repository {
    /// The repository of a project; its folder is not known where the
    /// configuration cannot be read.
    pub(crate) fn of(project: Option<&Path>) -> Self {
        let here = std::env::current_dir().ok();
        let folders: Vec<PathBuf> = [project.map(Path::to_owned), here]
            .into_iter()
            .flatten()
            .filter_map(|folder| folder.canonicalize().ok())
            .collect();
        let root = folders.first().and_then(|folder| {
            let mut above = folder.ancestors();
            above.find(|folder| folder.join(".git").exists())
        });
        Self {
            root: root.map(Path::to_owned).or_else(|| folders.last().cloned()),
            folders,
        }
    }

    /// The same annotation with the path that the repository has.
    fn own(&self, mut annotation: Annotation) -> Annotation {
        if let Some(place) = &mut annotation.place {
            place.file = self.path(&place.file);
        }
        annotation
    }

    fn path(&self, shown: &str) -> String {
        let mut paths = self.folders.iter().map(|folder| folder.join(shown));
        let found = paths.find_map(|path| path.canonicalize().ok());
        let relative = found.as_deref().and_then(|path| {
            let root = self.root.as_deref()?;
            path.strip_prefix(root).ok()
        });
        let path = relative.map_or_else(|| shown.to_owned(), |path| path.display().to_string());
        path.replace('\\', "/")
    }
}

/// Prints annotations.
pub(crate) fn print(annotations: Vec<Annotation>, project: Option<&Path>, session: &Session<'_>) {
    let repository = Repository::of(project);
    for annotation in annotations {
        session.ui.report(repository.own(annotation));
    }
}

/// Annotates what stopped a command, which goes on as a failure.
///
/// # Errors
/// The failure that came.
pub(crate) fn failing(
    ran: Result<Outcome>,
    format: Format,
    session: &Session<'_>,
) -> Result<Outcome> {
    if let (Err(failure), Format::Github) = (&ran, format) {
        let project = session.config().ok().map(|config| config.root);
        print(of_failure(failure), project.as_deref(), session);
    }
    ran
}

/// What stopped a command, one annotation a mistake.
fn of_failure(failure: &Failure) -> Vec<Annotation> {
    failure.reports.iter().map(of_report).collect()
}

fn of_report(report: &Report) -> Annotation {
    let mut message: Vec<String> = report.chain().map(ToString::to_string).collect();
    message.extend(report.help().map(|help| help.to_string()));
    Annotation {
        level: Level::Error,
        place: place_of(report),
        title: "aludel".into(),
        message: message.join("\n"),
    }
}

/// Where a report underlines something.
fn place_of(report: &Report) -> Option<Place> {
    let source = report.source_code()?;
    let label = report.labels()?.next()?;
    let contents = source.read_span(label.inner(), 0, 0).ok()?;
    Some(Place {
        file: contents.name()?.to_owned(),
        at: Some((contents.line() + 1, contents.column() + 1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_mean_something_are_escaped() {
        let annotation = Annotation {
            level: Level::Warning,
            place: Some(Place::line("src/a,b:c.rs", 3)),
            title: "100%: a, b".into(),
            message: "one: 5%, two\r\nthree".into(),
        };
        assert_eq!(
            annotation.to_string(),
            "::warning file=src/a%2Cb%3Ac.rs,line=3,col=1,title=100%25%3A a%2C b::one: 5%25, \
             two%0D%0Athree"
        );
    }

    #[test]
    fn nothing_is_said_of_a_place_that_is_not_known() {
        let annotation = Annotation {
            level: Level::Error,
            place: None,
            title: "t".into(),
            message: "m".into(),
        };
        assert_eq!(annotation.to_string(), "::error title=t::m");
        let file = Annotation {
            level: Level::Note,
            place: Some(Place::file("a.rs")),
            ..annotation
        };
        assert_eq!(file.to_string(), "::notice file=a.rs,title=t::m");
    }

    #[test]
    fn columns_are_counted_in_characters() {
        let text = "\u{feff}struct Ä { é: i64 }\n    ñ: i64\n";
        let at = |word: &str| text.find(word).map(|at| Place::byte("a", text, at).at);
        assert_eq!(at("é"), Some(Some((1, 12))));
        assert_eq!(at("ñ"), Some(Some((2, 5))));
    }
}
