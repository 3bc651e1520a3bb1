//! One row of the catalogue, by position.

use crate::dialect::TextRow;
use crate::error::{Error, Result};

/// A row of texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a>(pub(super) &'a TextRow);

impl<'a> Row<'a> {
    /// The value at a place; nothing for NULL.
    pub(super) fn get(self, at: usize) -> Option<&'a str> {
        self.0.get(at).and_then(|value| value.as_deref())
    }

    /// The value at a place, which is never NULL.
    pub(super) fn text(self, at: usize) -> Result<&'a str> {
        self.get(at).ok_or_else(|| {
            let row = self.0.iter().take(3).flatten();
            let row: Vec<&str> = row.map(String::as_str).collect();
            Error::new(format!(
                "the catalogue has no value {} for `{}`",
                at + 1,
                row.join(".")
            ))
            .with_hint("may the user read `information_schema` and all the tables?")
        })
    }

    /// The number at a place; 0 for NULL.
    pub(super) fn number(self, at: usize) -> usize {
        self.get(at).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// The text at a place, if it is not empty.
    pub(super) fn filled(self, at: usize) -> Option<&'a str> {
        self.get(at).filter(|text| !text.is_empty())
    }
}
