//! Working on several databases at a time.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::list::Tenant;
use crate::error::{Failure, Result};
use crate::interrupt;
use crate::session::Session;
use crate::ui::Bar;

/// What came out on one database: what was found or done until then, and what
/// it ended with.
#[derive(Debug)]
pub(crate) struct Worked<T> {
    pub(crate) found: T,
    pub(crate) ended: Result<Ending>,
}

impl<T: Default> Worked<T> {
    pub(super) fn done(found: T) -> Self {
        Self {
            found,
            ended: Ok(Ending::Done),
        }
    }

    pub(super) fn failed(failure: Failure) -> Self {
        Self {
            found: T::default(),
            ended: Err(failure),
        }
    }
}

/// How work on a database comes to a good end.
#[derive(Debug)]
pub(crate) enum Ending {
    /// All is done.
    Done,
    /// It was asked to stop, and this is left.
    Stopped(String),
}

/// What is known of one tenant at the end.
#[derive(Debug)]
pub(crate) struct Entry<T> {
    pub(crate) name: String,
    /// The url as it may be shown.
    pub(crate) url: Option<String>,
    pub(crate) found: T,
    pub(crate) state: State,
    pub(crate) took: Duration,
}

/// How it ended for a tenant.
#[derive(Debug)]
pub(crate) enum State {
    Done,
    Failed(Failure),
    /// Somebody interrupted it before its end.
    Stopped(String),
    /// Somebody interrupted before it began.
    NotStarted,
}

/// What work on one database knows of all of them.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    stop: Arc<AtomicBool>,
    pub(crate) bar: Bar,
}

impl Shared {
    /// Whether somebody has asked for an end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Something to know of one tenant.
    pub(crate) fn warn(&self, tenant: &Tenant, text: impl Display) {
        self.bar.warn(format_args!("{}: {text}", tenant.name));
    }
}

/// What is said where the work on a database is broken off.
pub(crate) type Interrupted = Box<dyn Fn() -> String>;

/// Does the same on every database, `jobs` at a time, and goes on past those
/// that fail. An interrupt lets what runs come to a good end and begins nothing
/// more; a second one ends at once, and each says what that leaves.
pub(crate) async fn over<'t, T, Work>(
    tenants: &'t [Tenant],
    (jobs, what): (u16, &str),
    session: &Session<'_>,
    mut work: impl FnMut(&'t Tenant, Shared) -> (Work, Interrupted),
) -> Result<Vec<Entry<T>>>
where
    T: Default,
    Work: Future<Output = Worked<T>> + 't,
{
    let shared = Shared {
        stop: Arc::default(),
        bar: session.ui.bar(tenants.len(), what),
    };
    let mut entries: Vec<Entry<T>> = tenants.iter().map(entry).collect();
    let mut begun: Vec<Option<(Instant, Interrupted)>> = Vec::new();
    begun.resize_with(tenants.len(), || None);
    let mut queue = tenants.iter().enumerate();
    let mut running = FuturesUnordered::new();
    let mut heard = Box::pin(interrupt::signal());
    loop {
        while running.len() < usize::from(jobs) && !shared.is_stopping() {
            let Some((at, tenant)) = queue.next() else {
                break;
            };
            let (work, interrupted) = work(tenant, shared.clone());
            if let Some(begun) = begun.get_mut(at) {
                *begun = Some((Instant::now(), interrupted));
            }
            running.push(async move { (at, work.await) });
        }
        tokio::select! {
            done = running.next() => {
                let Some((at, worked)) = done else {
                    break;
                };
                let start = begun.get_mut(at).and_then(Option::take);
                if let Some(entry) = entries.get_mut(at) {
                    entry.end(worked, start.map(|(start, _)| start), &shared);
                }
            }
            signal = &mut heard => {
                signal?;
                if shared.is_stopping() {
                    break;
                }
                shared.stop.store(true, Ordering::Relaxed);
                heard = Box::pin(interrupt::signal());
                shared.bar.warn(format_args!(
                    "interrupted: what is running ends with the migration it is at, and no more \
                     begins; interrupt again to end at once"
                ));
            }
        }
    }
    drop(running);
    shared.bar.clear();
    for (entry, begun) in entries.iter_mut().zip(begun) {
        if let Some((start, interrupted)) = begun {
            entry.took = start.elapsed();
            entry.state = State::Stopped(interrupted());
        }
    }
    Ok(entries)
}

/// A tenant at which nothing was done yet.
fn entry<T: Default>(tenant: &Tenant) -> Entry<T> {
    Entry {
        name: tenant.name.clone(),
        url: tenant.place.as_ref().ok().map(ToString::to_string),
        found: T::default(),
        state: State::NotStarted,
        took: Duration::ZERO,
    }
}

impl<T> Entry<T> {
    fn end(&mut self, worked: Worked<T>, start: Option<Instant>, shared: &Shared) {
        self.took = start.map(|start| start.elapsed()).unwrap_or_default();
        self.found = worked.found;
        self.state = match worked.ended {
            Ok(Ending::Done) => State::Done,
            Ok(Ending::Stopped(left)) => State::Stopped(left),
            Err(failure) => {
                shared.bar.failed(&self.name, &failure);
                State::Failed(failure)
            }
        };
        shared.bar.step();
    }
}
