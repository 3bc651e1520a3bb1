//! What a rehearsal does, as operations, for whoever asks what rows would say.
//!
//! | module | owns |
//! |---|---|
//! | `script` | statements that somebody wrote, understood by what they change |
//! | `tokens` | the words of a statement |

mod script;
mod tokens;

use aludel_core::hazard::Hazard;
use aludel_core::operation::{Operation, RawSql};
use aludel_core::row_check::Written;
use aludel_core::schema::{Expression, TableName};

pub(crate) use script::Script;

/// What was done, in order, by one revision after the other.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// As far as it can be told; behind SQL that nobody can read it says so.
    pub(crate) operations: Vec<Operation>,
    /// Rows that were written between them.
    pub(crate) written: Vec<Written>,
    /// The hazards of statements that somebody wrote: the revision, the
    /// statement in it, and what it may do.
    pub(crate) hazards: Vec<(usize, usize, Hazard)>,
    /// The operations of each revision begin here.
    starts: Vec<usize>,
    /// How many statements the revision has run.
    statements: usize,
}

impl Trace {
    /// The next revision begins.
    pub(crate) fn begin(&mut self) {
        self.starts.push(self.operations.len());
        self.statements = 0;
    }

    /// Which revision an operation is of.
    pub(crate) fn revision_of(&self, operation: usize) -> usize {
        let behind = self.starts.iter().filter(|start| **start <= operation);
        behind.count().saturating_sub(1)
    }

    /// A statement is about to run.
    pub(super) fn announce(&mut self) {
        self.statements += 1;
    }

    pub(super) fn operations(&mut self, operations: &[Operation]) {
        self.operations.extend_from_slice(operations);
    }

    /// Rows of a table are written: a column gets the value of an expression,
    /// or nobody knows what.
    pub(super) fn written(&mut self, table: &TableName, value: Option<(String, Expression)>) {
        self.written.push(Written {
            behind: self.operations.len(),
            table: table.clone(),
            value,
        });
    }

    /// From here on nothing is known.
    pub(super) fn unknown(&mut self, sql: &str) {
        self.operations.push(Operation::Execute(RawSql {
            name: None,
            sql: sql.to_owned(),
            reverse: None,
            dialect: None,
        }));
    }
}
