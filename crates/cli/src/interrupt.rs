//! What a run that somebody interrupts leaves behind, and says.
//!
//! The connection is closed, so that the database takes back what was not
//! committed; what was applied is known from the events of the run.

use std::sync::{Arc, Mutex, PoisonError};

use aludel::Event;
use aludel_core::revision::TransactionMode;

use crate::error::{Failure, Result};
use crate::session::Session;
use crate::versions::ticked;

/// What a process ends with that was interrupted, as shells know it.
const INTERRUPTED: u8 = 130;

/// How far a run has come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<Steps>>);

#[derive(Debug, Default)]
struct Steps {
    done: Vec<String>,
    current: Option<String>,
    /// Whether a part of it is committed by itself.
    keeps: bool,
}

impl Progress {
    /// Takes in what a run tells.
    pub(crate) fn note(&self, event: &Event<'_>) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { revision, .. } => {
                steps.current = Some(revision.id().to_owned());
                steps.keeps = revision.header.transaction == TransactionMode::None;
            }
            Event::Statement { statement, .. } if statement.alone => steps.keeps = true,
            Event::Finished { revision, .. } => {
                steps.current = None;
                steps.done.push(revision.id().to_owned());
            }
            _ => {}
        }
    }

    /// Runs to the end, or until somebody interrupts it. `keeps` says that every
    /// statement is committed by itself.
    ///
    /// # Errors
    /// That of the run; that it was interrupted, with what was applied.
    pub(crate) async fn run<T>(
        &self,
        run: impl Future<Output = aludel::Result<T>>,
        keeps: bool,
        session: &Session<'_>,
    ) -> Result<T> {
        tokio::select! {
            ran = run => Ok(ran?),
            heard = tokio::signal::ctrl_c() => match heard {
                Ok(()) => Err(self.interrupted(keeps, session)),
                Err(error) => Err(Failure::because("cannot listen for signals", error)),
            },
        }
    }

    fn interrupted(&self, keeps: bool, session: &Session<'_>) -> Failure {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let applied = match steps.done.as_slice() {
            [] => "no revision was applied".to_owned(),
            done => format!("{} was applied and stays", ticked(done)),
        };
        let status = session.typed("status");
        let (current, hint) = match (&steps.current, keeps || steps.keeps) {
            (None, _) => (
                String::new(),
                "the same command does what is left".to_owned(),
            ),
            (Some(current), false) => (
                format!("; nothing of `{current}`, which was running, stays"),
                "the same command begins again with it".to_owned(),
            ),
            (Some(current), true) => (
                format!(
                    "; of `{current}`, which was running, those statements stay that were done"
                ),
                format!(
                    "the server may still be at the last one; `{status}` says where it stopped, \
                     and the same command goes on from there"
                ),
            ),
        };
        Failure::with_hint(format!("interrupted: {applied}{current}"), hint).ending(INTERRUPTED)
    }
}
