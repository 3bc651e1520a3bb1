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
pub(crate) const INTERRUPTED: u8 = 130;

/// Waits for Ctrl-C, or for the signal by which a container or a service is
/// stopped.
///
/// # Errors
/// A system that lets nobody listen.
pub(crate) async fn signal() -> Result<()> {
    let wrong = |error| Failure::because("cannot listen for signals", error);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(wrong)?;
        tokio::select! {
            typed = tokio::signal::ctrl_c() => typed.map_err(wrong),
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(wrong)
}

/// Where a run goes on that was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GoesOn {
    /// Behind what is done.
    Behind,
    /// At the beginning of what was running.
    Again,
    /// In the midst of it.
    Within,
}

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
            heard = signal() => {
                heard?;
                Err(self.interrupted(keeps, session))
            }
        }
    }

    /// The revisions that were run, in order.
    pub(crate) fn done(&self) -> Vec<String> {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.done.clone()
    }

    fn interrupted(&self, keeps: bool, session: &Session<'_>) -> Failure {
        let (left, goes_on) = self.words(keeps);
        let hint = match goes_on {
            GoesOn::Behind => "the same command does what is left".to_owned(),
            GoesOn::Again => "the same command begins again with it".to_owned(),
            GoesOn::Within => format!(
                "the server may still be at the last one; `{}` says where it stopped, and the \
                 same command goes on from there",
                session.typed("status")
            ),
        };
        Failure::with_hint(format!("interrupted: {left}"), hint).ending(INTERRUPTED)
    }

    /// What an end at this moment leaves, and where the same command goes on.
    /// `keeps` says that every statement is committed by itself.
    pub(crate) fn words(&self, keeps: bool) -> (String, GoesOn) {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let applied = match steps.done.as_slice() {
            [] => "no revision was applied".to_owned(),
            done => format!("{} was applied and stays", ticked(done)),
        };
        let (current, goes_on) = match (&steps.current, keeps || steps.keeps) {
            (None, _) => (String::new(), GoesOn::Behind),
            (Some(current), false) => (
                format!("; nothing of `{current}`, which was running, stays"),
                GoesOn::Again,
            ),
            (Some(current), true) => (
                format!(
                    "; of `{current}`, which was running, those statements stay that were done"
                ),
                GoesOn::Within,
            ),
        };
        (format!("{applied}{current}"), goes_on)
    }
}
