//! What a step may destroy, fail on, rewrite, lock or break.
//!
//! | module | owns |
//! |---|---|
//! | `rules` | the kinds, one row each: word, title, level, what, why, the safe way |
//! | `judge` | what only the operation tells: rows that go, rows that object |
//! | `running` | what breaks programs that are running, and what no way back restores |
//! | `statement` | what only the words of a statement tell |
//! | `widening` | which types hold every value of which others |
//!
//! This module judges operations by what they say. What depends on the
//! database (what is rewritten, scanned and locked) is decided where plans are
//! made, not here.

mod judge;
mod rules;
mod running;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(crate) mod statement;
mod widening;

pub(crate) use judge::code;
pub(crate) use judge::is_new;
pub(crate) use judge::{UniqueKey, fills_nulls, unique_keys_over};
pub use judge::{hazards, hazards_after};
pub use rules::{Level, Rule, Safe};
pub(crate) use widening::whole_number;
pub(crate) use widening::widens;

/// The kind of a hazard. What there is to say of each is its [`Rule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HazardKind {
    /// Values are gone afterwards.
    DeletesData,
    /// Rows that exist already can make the statement fail.
    MayFailOnRows,
    /// Values are kept with less of them.
    LosesPrecision,
    /// What the downgrade makes again is not what was there.
    NotReversible,
    /// Programs that run while the migration does go wrong.
    BreaksRunningCode,
    /// Every row is written again.
    RewritesTable,
    /// Every row is read while the table is locked.
    ScansTable,
    /// Nobody reads or writes the table meanwhile.
    BlocksReads,
    /// Nobody writes to the table meanwhile.
    BlocksWrites,
    /// Statements that clients have prepared fail.
    InvalidatesPlans,
    /// Triggers do for rows that exist already what they do for programs.
    FiresTriggers,
    /// What is done stays done where a later statement fails.
    NotTransactional,
}

impl HazardKind {
    /// Every kind, in the order in which those of one statement are told.
    pub const ALL: [Self; 12] = [
        Self::DeletesData,
        Self::MayFailOnRows,
        Self::LosesPrecision,
        Self::NotReversible,
        Self::BreaksRunningCode,
        Self::RewritesTable,
        Self::ScansTable,
        Self::BlocksReads,
        Self::BlocksWrites,
        Self::InvalidatesPlans,
        Self::FiresTriggers,
        Self::NotTransactional,
    ];

    /// Whether it is the database that makes it one: how it does a statement,
    /// and not what the statement means.
    pub fn is_of_the_database(self) -> bool {
        self >= Self::RewritesTable
    }

    /// The kind of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What there is to say of the kind.
    pub fn rule(self) -> &'static Rule {
        rules::of(self)
    }

    /// The word used in JSON, in `[lint]` and in `allow(...)`.
    pub fn as_str(self) -> &'static str {
        self.rule().word
    }

    /// The words used on screen and in migration files.
    pub fn title(self) -> &'static str {
        self.rule().title
    }

    /// How bad it is where nobody says otherwise.
    pub fn level(self) -> Level {
        self.rule().level
    }
}

/// What it is about rows that exist already that a change may fail on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Objection {
    /// They have no value for a new column.
    NoValue,
    /// They are NULL in the column.
    Null,
    /// What fills the column is NULL for them.
    FilledWithNull,
    /// Their value does not fit the new type of the column.
    Misfit,
    /// Their keys are equal (or NULL, in a primary key).
    Equal,
    /// They are equal under the new collation of the column.
    EqualInCollation,
    /// They are equal once those that are NULL in the column have the value that
    /// is said for them.
    EqualWhereFilled,
    /// They refer to no row.
    Orphan,
    /// The check is false for them.
    False,
    /// They hold this value, which the enum type loses.
    Holds(String),
    /// Their values keep less of themselves as the new type.
    Loss,
    /// Their values come back written otherwise.
    Respelled,
    /// Their values are not of the type of their column (SQLite `STRICT`).
    Untyped,
    /// Their primary key is NULL (SQLite `WITHOUT ROWID`).
    NullKey,
    /// Their primary key is to be the number of the row, and is no whole number
    /// (SQLite, a table with neither `WITHOUT ROWID` nor `STRICT`).
    NoNumber,
}

/// One hazard of one statement or operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hazard {
    /// What kind.
    pub kind: HazardKind,
    /// What exactly, with names in backticks: "every value of `t.c`".
    pub message: String,
    /// What rows may object to, where it is they that the change may fail on, or
    /// whose values become others.
    pub objection: Option<Objection>,
    /// How bad it is here: that of its kind, or less.
    pub level: Level,
    /// What to do instead, where that is more than what is said of the kind.
    pub safe: Option<&'static str>,
}

impl Hazard {
    /// A hazard.
    pub fn new(kind: HazardKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            objection: None,
            level: kind.level(),
            safe: None,
        }
    }

    /// A change that rows which exist already may make fail.
    pub fn of_rows(objection: Objection, message: impl Into<String>) -> Self {
        Self {
            objection: Some(objection),
            ..Self::new(HazardKind::MayFailOnRows, message)
        }
    }

    /// The same hazard, which comes of what rows hold.
    #[must_use]
    pub fn because(mut self, objection: Objection) -> Self {
        self.objection = Some(objection);
        self
    }

    /// The same hazard, which nobody can do anything about, or which does not
    /// need it.
    #[must_use]
    pub fn note(mut self) -> Self {
        self.level = Level::Note;
        self
    }

    /// The same hazard with what to do instead.
    #[must_use]
    pub fn instead(mut self, safe: &'static str) -> Self {
        self.safe = Some(safe);
        self
    }

    /// What to do instead on the database of that name.
    pub fn safe_way(&self, dialect: &str) -> &'static str {
        self.safe
            .unwrap_or_else(|| self.kind.rule().safe_way(dialect))
    }

    /// Whether it is told in a migration file, for who reviews it.
    pub fn is_for_review(&self) -> bool {
        self.level > Level::Note
    }
}

impl std::fmt::Display for Hazard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind.title(), self.message)
    }
}

/// Brings the hazards of one statement into the order in which they are told,
/// each once.
pub fn in_order(hazards: &mut Vec<Hazard>) {
    hazards.sort();
    hazards.dedup_by(|a, b| a.kind == b.kind && a.message == b.message);
}
