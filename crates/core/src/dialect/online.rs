//! Changes of tables that are in use, in steps that do not lock them for long.
//!
//! Owns what a step is. How a database does it is that database's to say
//! ([`super::Dialect::online`]).

use crate::operation::Operation;
#[cfg(feature = "postgres")]
use crate::operation::TableChange;
#[cfg(feature = "postgres")]
use crate::schema::TableName;

/// The operations of one revision among several that make one change. Each is
/// committed before the next one begins, and each can be undone by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlineStep {
    /// What it is for, in a few words; empty where there is only one.
    pub about: String,
    /// The operations.
    pub operations: Vec<Operation>,
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl OnlineStep {
    /// A step.
    pub(super) fn new(about: impl Into<String>, operations: Vec<Operation>) -> Self {
        Self {
            about: about.into(),
            operations,
        }
    }
}

/// One change of a table, as an operation.
#[cfg(feature = "postgres")]
pub(super) fn alter(table: &TableName, change: TableChange) -> Operation {
    Operation::AlterTable {
        table: table.clone(),
        changes: vec![change],
    }
}
