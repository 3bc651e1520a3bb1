//! What a step may destroy, fail on, or rewrite.
//!
//! This module judges operations by what they say. That a table is rewritten
//! is decided where plans are made, not here.

mod judge;
mod widening;

pub use judge::{hazards, hazards_after};

/// The kind of a hazard. Its text in JSON is [`HazardKind::as_str`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HazardKind {
    /// Values are gone afterwards.
    DeletesData,
    /// Rows that exist already can make the statement fail.
    MayFailOnRows,
    /// Every row is written again.
    RewritesTable,
}

impl HazardKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::DeletesData, Self::MayFailOnRows, Self::RewritesTable];

    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeletesData => "deletes_data",
            Self::MayFailOnRows => "may_fail_on_rows",
            Self::RewritesTable => "rewrites_table",
        }
    }

    /// The words used on screen and in migration files.
    pub fn title(self) -> &'static str {
        match self {
            Self::DeletesData => "deletes data",
            Self::MayFailOnRows => "may fail on rows",
            Self::RewritesTable => "rewrites the table",
        }
    }
}

/// What it is about rows that exist already that a change may fail on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Objection {
    /// They have no value for a new column.
    NoValue,
    /// They are NULL in the column.
    Null,
    /// Their value does not fit the new type of the column.
    Misfit,
    /// Their keys are equal (or NULL, in a primary key).
    Equal,
    /// They are equal under the new collation of the column.
    EqualInCollation,
    /// They refer to no row.
    Orphan,
    /// The check is false for them.
    False,
    /// They hold this value, which the enum type loses.
    Holds(String),
    /// Their values are not of the type of their column (SQLite `STRICT`).
    Untyped,
    /// Their primary key is NULL (SQLite `WITHOUT ROWID`).
    NullKey,
}

/// One hazard of one statement or operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hazard {
    /// What kind.
    pub kind: HazardKind,
    /// What exactly, with names in backticks: "every value of `t.c`".
    pub message: String,
    /// What rows may object to, where it is they that the change may fail on.
    pub objection: Option<Objection>,
}

impl Hazard {
    /// A hazard.
    pub fn new(kind: HazardKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            objection: None,
        }
    }

    /// A change that rows which exist already may make fail.
    pub fn of_rows(objection: Objection, message: impl Into<String>) -> Self {
        Self {
            objection: Some(objection),
            ..Self::new(HazardKind::MayFailOnRows, message)
        }
    }
}

impl std::fmt::Display for Hazard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind.title(), self.message)
    }
}
