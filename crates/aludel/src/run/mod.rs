//! Running one migration on an open connection.
//!
//! | module | owns |
//! |---|---|
//! | `body` | what a file does, as segments |
//! | `concurrently` | indexes that PostgreSQL could not build |
//! | `doubt` | what a replay does not know |
//! | `journal` | the record of what was run, where that cannot be taken back |
//! | `integrity` | what is broken before and after |
//! | `lock` | the lock of what runs outside of a transaction |
//! | `replay` | what would run, told without running it |
//! | `segment` | running segments, lowering what is to be lowered |
//! | `statement` | one statement, and the error when it fails |
//! | `trace` | what a rehearsal does, as operations |
//! | `transaction` | the lock, BEGIN, the checks before COMMIT |
//!
//! It knows no version table: who calls it keeps the books, all but the record of
//! statements.

mod body;
mod concurrently;
mod doubt;
#[cfg(feature = "sqlite")]
mod integrity;
pub(crate) mod journal;
#[cfg(feature = "sqlite")]
mod lock;
mod replay;
mod segment;
mod statement;
mod trace;
mod transaction;

use std::time::Duration;

use aludel_core::dialect::Scope;
use aludel_core::operation::Operation;
use aludel_core::plan::{Plan, Statement};
use aludel_core::revision::Revision;

use crate::db::Connection;
use crate::error::Result;

pub(crate) use body::{Body, body, record};
pub(crate) use replay::Replay;
pub(crate) use segment::mistakes;
pub(crate) use statement::Runner;
pub(crate) use trace::Trace;
pub(crate) use transaction::{
    Limits, OnWait, Settings, Transaction, Waiting, holder, in_transaction,
};

/// How long something took, for logs.
pub(crate) fn millis(took: Duration) -> i64 {
    i64::try_from(took.as_millis()).unwrap_or(i64::MAX)
}

/// Which way a migration runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `upgrade`.
    Up,
    /// `downgrade`.
    Down,
}

impl Direction {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "upgrade",
            Self::Down => "downgrade",
        }
    }

    /// What is run of a revision: `upgrade a -> b, message`.
    pub fn describe(self, revision: &Revision) -> String {
        let parents = revision.header.parents.join(", ");
        let (from, to) = match self {
            Self::Up => (parents.as_str(), revision.id()),
            Self::Down => (revision.id(), parents.as_str()),
        };
        let message = revision.header.message.lines().next();
        let message = message.map(|m| format!(", {m}")).unwrap_or_default();
        format!("{} {from} -> {to}{message}", self.as_str())
    }
}

/// Runs operations in one transaction, with the checks of an upgrade and
/// without its books, and gives what they became.
///
/// # Errors
/// An operation that this database cannot do, a statement that fails, rows or
/// views that would be left broken; nothing stays.
pub async fn run_operations(
    connection: &mut Connection<'_>,
    operations: &[Operation],
) -> Result<Vec<Plan>> {
    let limits = Limits::default();
    let settings = Settings::apply(connection, &limits).await?;
    let done = run_in_transaction(connection, operations, &limits).await;
    if connection.is_shared() {
        settings.restore(connection).await?;
    }
    done
}

async fn run_in_transaction(
    connection: &mut Connection<'_>,
    operations: &[Operation],
    limits: &Limits,
) -> Result<Vec<Plan>> {
    let mut plans = Vec::new();
    let mut watch = |_: &Statement, _| {};
    let mut runner = Runner::new(None, false, Scope::default(), &mut watch);
    let mut transaction = Transaction::begin(connection, limits).await?;
    let done = checked(&mut runner, &mut transaction, operations, &mut plans).await;
    match done {
        Ok(()) => transaction.commit().await.map(|()| plans),
        Err(error) => {
            let error = transaction.fail(error).await;
            Err(runner.tell(error))
        }
    }
}

async fn checked(
    runner: &mut Runner<'_>,
    transaction: &mut Transaction<'_>,
    operations: &[Operation],
    plans: &mut Vec<Plan>,
) -> Result<()> {
    transaction.watch_integrity().await?;
    runner.operations(transaction, operations, plans).await?;
    transaction.check().await
}
