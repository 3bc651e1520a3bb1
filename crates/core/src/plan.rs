//! Statements in order, each with its reason and its hazards.
//!
//! A plan is what a dialect makes of operations, given the database before
//! them. It is run by the outer crate exactly as it stands.

use crate::hazard::Hazard;

/// One statement for the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The SQL, one statement, without a final semicolon.
    pub sql: String,
    /// Why it is there, as an English clause for logs and errors:
    /// "add column `t.c`".
    pub why: String,
    /// What nobody would see in the SQL itself, for who reads it in a file.
    pub note: Option<String>,
    /// What it may destroy, fail on or rewrite.
    pub hazards: Vec<Hazard>,
    /// It may not run inside a transaction (PostgreSQL `CONCURRENTLY`).
    pub alone: bool,
}

impl Statement {
    /// A statement without hazards.
    pub fn new(sql: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            why: why.into(),
            note: None,
            hazards: Vec::new(),
            alone: false,
        }
    }

    /// What is no statement, but Rust over the connection: it shows as a
    /// comment.
    pub fn of_rust(why: impl Into<String>) -> Self {
        let why = why.into();
        let line = why.split(['\n', '\r']).collect::<Vec<_>>().join(" ");
        Self::new(format!("{RUST}{line}"), why)
    }

    /// Whether it is Rust over the connection, which no text can do.
    pub fn is_rust(&self) -> bool {
        self.sql.starts_with(RUST) && !self.sql.contains('\n')
    }
}

/// How a statement begins that is none. No other one does: a comment goes with
/// the statement that it stands above.
const RUST: &str = "-- Rust over the connection: ";

/// What one operation, or one change of a batch, becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The index of the operation in the list that was lowered.
    pub operation: usize,
    /// The index of the change inside [`crate::operation::Operation::AlterTable`].
    pub change: Option<usize>,
    /// Its statements, in order; empty where an earlier step did its work.
    pub statements: Vec<Statement>,
    /// All hazards of the change, also where its statements are those of
    /// another step.
    pub hazards: Vec<Hazard>,
}

/// A table that is written again under a new definition, and what was known of
/// it when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuild {
    /// The table.
    pub table: String,
    /// A hash over the tokens of everything that the rebuild reads: the
    /// definition of the table, its indexes and triggers, and all views.
    pub expects: String,
}

/// The statements of a list of operations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Run inside the transaction before the first step (SQLite: views and
    /// triggers are taken down before a rebuild).
    pub before: Vec<Statement>,
    /// One step for each operation, and for each change of a batch, in order.
    pub steps: Vec<Step>,
    /// Run inside the transaction after the last step (SQLite: views and
    /// triggers are made again).
    pub after: Vec<Statement>,
    /// The tables that are rebuilt.
    pub rebuilds: Vec<Rebuild>,
}

impl Plan {
    /// All statements in the order in which they run.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.before
            .iter()
            .chain(self.steps.iter().flat_map(|s| &s.statements))
            .chain(&self.after)
    }
}
