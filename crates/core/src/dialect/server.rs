//! What is asked of a server, and how.
//!
//! It owns the plain shapes that go between a dialect, which knows what to ask
//! and what the answer means, and a driver, which knows how to ask. It must
//! not know either.

use crate::schema::TableNames;

/// One row of an answer, every value as text.
pub type TextRow = Vec<Option<String>>;

/// Which part of a database is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Schemas beside the default one.
    pub schemas: Vec<String>,
}

/// Which server a database is on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Server {
    /// What it calls itself: `PostgreSQL`, `MariaDB`; empty where nobody asked.
    pub product: String,
    /// Its version; zeros where nobody asked.
    pub version: (u32, u32, u32),
    /// The default schema (MySQL: the database); empty where nobody asked.
    pub schema: String,
    /// The collation of a table that says none (MySQL); empty where nobody asked.
    pub collation: String,
    /// What it makes of the names of tables.
    pub table_names: TableNames,
}

impl Server {
    /// Whether the server has that version or a later one. One that is not
    /// known counts as new.
    pub fn at_least(&self, major: u32, minor: u32) -> bool {
        self.version == (0, 0, 0) || (self.version.0, self.version.1) >= (major, minor)
    }
}

/// How a server is asked for its own words for an expression. Everything is
/// undone afterwards: by rolling back where the database can, and by `undo`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probe {
    /// Statements that put the expression into something temporary.
    pub setup: Vec<String>,
    /// One statement that reads it back.
    pub read: String,
    /// Statements that take the temporary thing away; run also after a failure.
    pub undo: Vec<String>,
}
