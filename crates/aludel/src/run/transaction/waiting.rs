//! Waiting for a lock: how long, and who is told of it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Limits;
use crate::error::{Error, ErrorKind};

/// How long is waited before anybody is told, and how long until they are told
/// again.
const QUIET: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_secs(10);

/// The pause before something is tried again that could not be read.
const PAUSE: Duration = Duration::from_millis(50);

type Told = Arc<dyn Fn(&[String], Duration) + Send + Sync>;

/// Who is told that a lock is waited for.
#[derive(Clone, Default)]
pub(crate) struct OnWait(Option<Told>);

impl OnWait {
    /// That one: it is given who has the lock, as far as that is known, and for
    /// how long it was waited.
    pub(crate) fn tell(told: impl Fn(&[String], Duration) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }
}

impl fmt::Debug for OnWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnWait").field(&self.0.is_some()).finish()
    }
}

/// One wait.
#[derive(Debug)]
pub(crate) struct Waiting<'l> {
    limits: &'l Limits,
    start: Instant,
    /// When somebody is told next.
    next: Duration,
}

impl<'l> Waiting<'l> {
    /// Begins now.
    pub(crate) fn begin(limits: &'l Limits) -> Self {
        Self {
            limits,
            start: Instant::now(),
            next: QUIET,
        }
    }

    /// Whether it was waited long enough.
    pub(crate) fn is_over(&self) -> bool {
        self.start.elapsed() >= self.limits.lock_timeout
    }

    /// Whether it is time to tell on whom.
    pub(crate) fn is_due(&self) -> bool {
        self.start.elapsed() >= self.next
    }

    /// Whether what has failed so is worth another try: somebody has locked the
    /// whole database, and it was not waited long enough. Waits a moment.
    pub(crate) async fn lasts(&mut self, error: &Error) -> bool {
        if error.kind() != ErrorKind::Locked || self.is_over() {
            return false;
        }
        if self.is_due() {
            self.tell(&[]);
        }
        tokio::time::sleep(PAUSE).await;
        true
    }

    /// Tells it.
    pub(crate) fn tell(&mut self, holders: &[String]) {
        let waited = self.start.elapsed();
        self.next = waited + AGAIN;
        tracing::info!(
            holders = %holders.join("; "),
            waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            "waiting for another migration"
        );
        if let Some(told) = &self.limits.on_wait.0 {
            told(holders, waited);
        }
    }
}
