//! What is known of a database's place in the history.

use crate::run::Direction;
use crate::run::journal::{State, Step};

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
    /// Revisions that the version rows stand on and of which no run is on
    /// record, though what they follow was run and what follows them too: files
    /// may have been given other parents since.
    pub unrecorded: Vec<String>,
    /// The migration that is in progress, if one is.
    pub running: Option<Running>,
    /// The migration of which only some statements were run, if there is one:
    /// it has failed or was killed, or it is in progress.
    pub halfway: Option<Halfway>,
}

impl Status {
    /// Whether there is nothing to run, and nothing that is not known
    /// or half done.
    pub fn is_current(&self) -> bool {
        self.pending.is_empty() && self.unknown.is_empty() && self.halfway.is_none()
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

/// A run of a revision, as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRun {
    /// The revision.
    pub revision: String,
    /// `upgrade`, `downgrade`, or `repair` where only its text was accepted.
    pub direction: String,
    /// When it was written down.
    pub started_at: String,
    /// How long it took.
    pub duration_ms: i64,
    /// On which machine.
    pub host: String,
    /// In which process.
    pub pid: i64,
    /// By which version of aludel.
    pub aludel_version: String,
    /// What the file said, as a hash over its tokens.
    pub checksum: String,
}

/// A migration that is half done, on a database where it is not all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halfway {
    /// The revision.
    pub revision: String,
    /// `upgrade` or `downgrade`: the command that goes on with it.
    pub direction: String,
    /// The statements that were run, in order.
    pub applied: Vec<String>,
    /// The statement that was running when the run was ended. The next run
    /// finds out whether it was done.
    pub unsettled: Option<String>,
}

impl Halfway {
    /// What the steps on record say.
    pub(super) fn of(steps: Vec<Step>) -> Option<Self> {
        let first = steps.first()?;
        let mut halfway = Self {
            revision: first.revision.clone(),
            direction: first.direction.clone(),
            applied: Vec::new(),
            unsettled: None,
        };
        for step in steps {
            match step.state {
                State::Done => halfway.applied.push(step.sql),
                State::Begun | State::Bound => halfway.unsettled = Some(step.sql),
            }
        }
        Some(halfway)
    }

    /// Which way it was going.
    pub(super) fn direction(&self) -> Direction {
        match self.direction.as_str() {
            "downgrade" => Direction::Down,
            _ => Direction::Up,
        }
    }
}
