//! What an observer of a run is told.

use std::time::Duration;

use aludel_core::plan::Statement;
use aludel_core::revision::Revision;

use crate::error::Error;
use crate::run::Direction;

/// Something that happens in a run.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'e> {
    /// A revision begins.
    Started {
        /// Which.
        revision: &'e Revision,
        /// Which way.
        direction: Direction,
    },
    /// A revision goes on where an earlier run of it has stopped.
    Resumed {
        /// Which.
        revision: &'e Revision,
        /// Which way.
        direction: Direction,
        /// How many of its statements were run then.
        applied: usize,
    },
    /// A revision that was half done is taken back.
    TakenBack {
        /// Which.
        revision: &'e Revision,
        /// Which way it was going.
        direction: Direction,
        /// How many of its statements were run then.
        applied: usize,
    },
    /// A statement is about to run.
    Statement {
        /// Of which revision.
        revision: &'e Revision,
        /// Which.
        statement: &'e Statement,
    },
    /// A statement is still running: told after ten seconds, and every ten from
    /// then on.
    Running {
        /// Of which revision.
        revision: &'e Revision,
        /// Which.
        statement: &'e Statement,
        /// For how long.
        elapsed: Duration,
    },
    /// What would run is told without a rehearsal, as no database was to be had
    /// for that.
    Unrehearsed {
        /// Why.
        reason: &'e Error,
    },
    /// Another process has the lock that a run needs, and it is waited for; told
    /// after a second, and every ten seconds from then on.
    Waiting {
        /// Who has it, as far as that is known.
        holders: &'e [String],
        /// For how long it was waited.
        waited: Duration,
    },
    /// Another session holds a table that a statement needs. Everything of the
    /// revision was taken back, and it begins again.
    Retrying {
        /// Which.
        revision: &'e Revision,
        /// What failed.
        reason: &'e Error,
        /// After how long.
        wait: Duration,
    },
    /// Rows of a SQLite database refer to others that do not exist. They did so
    /// before, and a run keeps them as they are; told with its last revision.
    Orphans {
        /// The table of the rows.
        table: &'e str,
        /// The table that they refer to.
        parent: &'e str,
        /// How many there are.
        rows: u64,
    },
    /// A revision is done and committed.
    Finished {
        /// Which.
        revision: &'e Revision,
        /// Which way.
        direction: Direction,
        /// How long it took.
        took: Duration,
    },
}

impl<'e> Event<'e> {
    /// A statement is about to run, or has been running for so long.
    pub(super) fn of_statement(
        revision: &'e Revision,
        statement: &'e Statement,
        elapsed: Option<Duration>,
    ) -> Self {
        match elapsed {
            None => Self::Statement {
                revision,
                statement,
            },
            Some(elapsed) => Self::Running {
                revision,
                statement,
                elapsed,
            },
        }
    }
}
