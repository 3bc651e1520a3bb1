//! What a server made of the statements of files.

use std::collections::BTreeMap;

/// What a server made of statements, by the statement that it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnWords {
    by_statement: BTreeMap<String, String>,
}

impl OwnWords {
    /// Notes what a server made of a statement.
    pub fn add(&mut self, statement: &str, own: String) {
        self.by_statement.insert(statement.to_owned(), own);
    }

    /// The server's own words for a statement, where it was asked.
    pub fn of(&self, statement: &str) -> Option<&str> {
        self.by_statement.get(statement).map(String::as_str)
    }
}
