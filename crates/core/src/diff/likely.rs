//! Drops and adds that look like one rename.

use crate::change::Pair;
use crate::operation::Operation;
use crate::schema::{Name, Schema, TableName};

/// What is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RenameKind {
    /// A table.
    Table,
    /// A column.
    Column,
}

/// A drop and an add that may be one rename.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameCandidate {
    /// What is renamed.
    pub kind: RenameKind,
    /// The table; for a table its wanted name.
    pub table: TableName,
    /// The name that goes away.
    pub from: Name,
    /// The name that comes.
    pub to: Name,
    /// How likely it is, from 0 to 1.
    pub score: f64,
    /// Why it is likely, as English clauses.
    pub reasons: Vec<String>,
}

/// The drops and adds among the operations that are likely to be renames, the
/// likeliest first.
pub fn likely_renames(schemas: Pair<&Schema>, operations: &[Operation]) -> Vec<RenameCandidate> {
    let _ = (schemas, operations);
    Vec::new()
}
