//! Source files and the mistakes in them, as plain data.

use std::fmt;
use std::sync::Arc;

use aludel_core::model::Origin;

/// One file of Rust, already read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path to show, and to match struct paths with.
    pub path: String,
    /// The whole text, with a byte order mark if the file has one.
    pub text: Arc<str>,
}

impl SourceFile {
    /// A file from its path and text.
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }

    /// Line and column of a byte, both from 1; columns count characters.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[start..].chars().filter(|c| *c != '\u{feff}').count() + 1;
        (line, column)
    }

    /// The text of a place.
    pub fn slice(&self, origin: &Origin) -> &str {
        self.text.get(origin.span.clone()).unwrap_or_default()
    }
}

/// Something wrong in a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The place in it.
    pub origin: Origin,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Other places that belong to it.
    pub also: Vec<Also>,
}

/// Another place that belongs to a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The place in it.
    pub origin: Origin,
    /// What is there.
    pub message: String,
}

impl fmt::Display for Mistake {
    /// `path:line:column: message`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.file.position(self.origin.span.start);
        write!(f, "{}:{line}:{column}: {}", self.file.path, self.message)
    }
}

impl std::error::Error for Mistake {}
