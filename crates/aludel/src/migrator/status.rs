//! What is known of a database's place in the history.

/// Where a database is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The version rows.
    pub current: Vec<String>,
    /// The heads of the migrations.
    pub heads: Vec<String>,
    /// The revisions that an upgrade to all heads would run, in order.
    pub pending: Vec<String>,
    /// Version rows that the migrations do not hold.
    pub unknown: Vec<String>,
    /// Applied revisions whose file says something else now than it did when
    /// it ran; comments and layout do not count.
    pub edited: Vec<String>,
    /// The migration that is in progress, if one is.
    pub running: Option<Running>,
}

impl Status {
    /// Whether there is nothing to run, and nothing that is not known.
    pub fn is_current(&self) -> bool {
        self.pending.is_empty() && self.unknown.is_empty()
    }
}

/// A migration in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The revision.
    pub revision: String,
    /// `upgrade` or `downgrade`.
    pub direction: String,
    /// Since when.
    pub started_at: String,
    /// On which machine.
    pub host: String,
    /// In which process.
    pub pid: i64,
}
