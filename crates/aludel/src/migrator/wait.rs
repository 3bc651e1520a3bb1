//! Waiting until somebody else has upgraded.

use std::time::{Duration, Instant};

use super::{Database, Migrator, Status, finish};
use crate::db::Mode;
use crate::error::{Error, ErrorKind, Result};

/// How long to wait, and how often to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// When to give up.
    pub timeout: Duration,
    /// The pause between two looks.
    pub every: Duration,
}

impl Default for Wait {
    /// A minute, looking every two seconds.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            every: Duration::from_secs(2),
        }
    }
}

impl Migrator {
    /// Waits until the database is at the heads, as a reader does while the
    /// writer migrates. Writes nothing; a database that is not there yet is
    /// waited for.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] when the time is over;
    /// [`ErrorKind::UnknownRevision`] at once for a database that is ahead of
    /// these migrations.
    pub async fn wait_until_current<'d>(
        &self,
        database: impl Into<Database<'d>>,
        wait: Wait,
    ) -> Result<Status> {
        let graph = self.migrations.graph()?;
        let mut database = database.into();
        let start = Instant::now();
        loop {
            let seen = self.look(&mut database, &graph).await;
            let seen = match seen {
                Ok(status) if status.is_current() => return Ok(status),
                Ok(status) => {
                    super::refuse_unknown(&graph, &status.current)?;
                    tracing::info!(
                        current = %listed(&status.current),
                        head = %listed(&status.heads),
                        "waiting for the database to be upgraded"
                    );
                    format!("it is at {}", listed(&status.current))
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::Missing | ErrorKind::Locked | ErrorKind::Unreachable
                    ) =>
                {
                    tracing::info!(head = %listed_heads(&graph), %error, "waiting for the database");
                    error.to_string()
                }
                Err(error) => return Err(error),
            };
            let left = wait.timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(timed_out(wait, &seen, &listed_heads(&graph)));
            }
            tokio::time::sleep(wait.every.min(left)).await;
        }
    }

    /// Where the database is now.
    pub(super) async fn look(
        &self,
        database: &mut Database<'_>,
        graph: &aludel_core::revision::RevisionGraph,
    ) -> Result<Status> {
        let mut connection = self.open(database, Mode::ReadOnly).await?;
        let status = self.read_status(&mut connection, graph).await;
        finish(connection, status).await
    }
}

fn timed_out(wait: Wait, seen: &str, heads: &str) -> Error {
    Error::new(
        ErrorKind::TimedOut,
        format!(
            "the database is not at {heads} after {} s: {seen}",
            wait.timeout.as_secs_f32()
        ),
    )
    .with_hint("is the process that upgrades it running? `upgrade head` does it by hand")
}

fn listed_heads(graph: &aludel_core::revision::RevisionGraph) -> String {
    let heads: Vec<String> = graph.heads().into_iter().map(str::to_owned).collect();
    listed(&heads)
}

fn listed(ids: &[String]) -> String {
    if ids.is_empty() {
        return "`base`".into();
    }
    let quoted: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    quoted.join(", ")
}
