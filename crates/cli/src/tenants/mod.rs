//! One command on many databases.
//!
//! | module | owns |
//! |---|---|
//! | `list` | which databases: a file of urls, the rows of a query |
//! | `connections` | opening them, and going on with one where that is safe |
//! | `run` | working on several at a time, until all are done or somebody interrupts |
//! | `report` | the table, the JSON document, the exit code |
//! | `moved` | what comes out where databases go from one revision to another |
//! | `walk` | `upgrade` and `downgrade` of one of them |
//!
//! What a command does to one database is its own business; all that it needs
//! here is a connection and what it found.

mod connections;
mod list;
mod moved;
mod report;
mod run;
mod walk;

use std::path::PathBuf;

use aludel::db::{Connection, Mode};

use self::connections::Connections;
use self::list::Tenant;
use self::run::{Entry, Interrupted, Worked, over};
use crate::config::Config;
use crate::error::{Failure, Result};
use crate::session::Session;

pub(crate) use moved::{Moved, rows};
pub(crate) use report::{Findings, Telling};
pub(crate) use walk::{Walk, refuse_relative, walk};

/// How many databases are worked on at a time where nothing is said.
const JOBS: u16 = 4;

/// Which databases, where it is not the one that is configured.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Many databases")]
pub(crate) struct Many {
    /// Do it on every database of a file: one url a line, or `env:NAME` for
    /// one that a variable holds; `#` begins a comment, `-` reads stdin.
    #[arg(long, value_name = "FILE", group = "many")]
    each: Option<PathBuf>,
    /// Do it for every tenant that a query on the database names: a schema on
    /// PostgreSQL, a database on MySQL, a file on SQLite, or a url.
    #[arg(long, value_name = "SELECT", group = "many")]
    tenants: Option<String>,
    /// How many at a time, which is how many connections there are.
    #[arg(long, value_name = "N", requires = "many", default_value_t = JOBS,
          value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
}

impl Many {
    /// Whether it is about many databases at all.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.each.is_some() || self.tenants.is_some()
    }

    /// The databases; none is opened yet but the one that a query runs on.
    ///
    /// # Errors
    /// Lines that cannot be read, a query that fails, the same database twice.
    async fn list(&self, session: &Session<'_>, config: &Config) -> Result<Vec<Tenant>> {
        match (&self.each, &self.tenants) {
            (Some(file), _) => list::of_file(file, session, config),
            (None, Some(query)) => list::of_query(query, session, config).await,
            (None, None) => Ok(Vec::new()),
        }
    }

    /// Does something on a connection to every database, what a query names as it
    /// is there.
    ///
    /// # Errors
    /// Databases that cannot be listed.
    pub(crate) async fn on_each<T: Findings>(
        &self,
        (mode, what): (Mode, &str),
        session: &Session<'_>,
        config: &Config,
        work: impl AsyncFn(&mut Connection<'_>) -> Result<T>,
    ) -> Result<Vec<Entry<T>>> {
        let tenants = self.list(session, config).await?;
        let connections = Connections::new(mode);
        let one = async |tenant: &Tenant| {
            let mut connection = connections.open(tenant).await?;
            let found = work(&mut connection).await;
            let closed = connections.close(tenant, connection, found.is_err());
            closed.await?;
            found
        };
        let one = async |tenant: &Tenant| match one(tenant).await {
            Ok(found) => Worked::done(found),
            Err(failure) => Worked::failed(failure),
        };
        let entries = over(&tenants, (self.jobs, what), session, |tenant, _| {
            let interrupted: Interrupted = Box::new(|| "in the midst of it".to_owned());
            (one(tenant), interrupted)
        });
        let entries = entries.await?;
        connections.finish().await;
        Ok(entries)
    }

    /// Stops at a flag that means one database.
    ///
    /// # Errors
    /// The flag, if it was given.
    pub(crate) fn refuse(&self, flag: &str, given: bool, instead: &str) -> Result<()> {
        match given && self.is_asked_for() {
            true => Err(Failure::with_hint(
                format!("`{flag}` is for one database, not for many"),
                instead,
            )),
            false => Ok(()),
        }
    }
}
