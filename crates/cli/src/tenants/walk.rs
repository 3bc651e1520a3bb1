//! `upgrade` and `downgrade` on many databases.

use aludel::db::{Connection, Mode, Url};
use aludel::{Direction, Migrator, Status};
use serde_json::json;

use super::Many;
use super::connections::Connections;
use super::list::Tenant;
use super::moved::Moved;
use super::report::Telling;
use super::run::{Ending, Interrupted, Shared, Worked, over};
use crate::app::Outcome;
use crate::config::{Config, TransactionMode};
use crate::database;
use crate::error::{Failure, Result};
use crate::interrupt::Progress;
use crate::runner::{self, Listener};
use crate::session::Session;
use crate::ui::Format;
use crate::versions::Versions;

/// What is to be run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk<'a> {
    pub(crate) direction: Direction,
    pub(crate) target: &'a str,
    /// Whether it is only to be shown.
    pub(crate) dry_run: bool,
    /// Whether files that are not what was run stop a database.
    pub(crate) strict: bool,
    pub(crate) format: Format,
}

/// Runs migrations on every database.
///
/// # Errors
/// Databases that cannot be listed, a target that means something else on each
/// of them; at the end those that failed.
pub(crate) async fn walk(
    walk: Walk<'_>,
    many: &Many,
    session: &Session<'_>,
    limited: impl Fn(Migrator) -> Migrator,
) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    refuse_relative(walk.target, &versions)?;
    versions.graph.resolve(walk.target, &[])?;
    let migrator = limited(runner::running(session, &config, &versions)?);
    let tenants = many.list(session, &config).await?;
    let connections = Connections::new(match (walk.dry_run, walk.direction) {
        (true, _) => Mode::ReadOnly,
        (false, Direction::Up) => Mode::Create,
        (false, Direction::Down) => Mode::ReadWrite,
    });
    let all = All {
        walk,
        session,
        config: &config,
        versions: &versions,
        migrator: &migrator,
        connections: &connections,
    };
    let jobs = (many.jobs, walk.direction.as_str());
    let entries = over(&tenants, jobs, session, |tenant, shared| {
        let progress = Progress::default();
        let told = progress.clone();
        let keeps = all.keeps(tenant);
        let interrupted: Interrupted = Box::new(move || told.words(keeps).0);
        (all.one(tenant, shared, progress), interrupted)
    });
    let telling = Telling {
        format: walk.format,
        about: json!({ "direction": walk.direction.as_str(), "target": walk.target }),
    };
    let entries = entries.await?;
    connections.finish().await;
    telling.report(&entries, session)
}

/// A number of steps leads somewhere else on each database, and further each
/// time that the command is given.
///
/// # Errors
/// Such a target.
pub(crate) fn refuse_relative(target: &str, versions: &Versions) -> Result<()> {
    match versions.graph.needs_database(target) {
        true => Err(Failure::with_hint(
            format!("`{target}` is another revision on every database"),
            "give `head`, `base` or an id: the same command again is then what goes on after \
             a failure",
        )),
        false => Ok(()),
    }
}

/// What the work on each database has in common.
#[derive(Clone, Copy)]
struct All<'a> {
    walk: Walk<'a>,
    session: &'a Session<'a>,
    config: &'a Config,
    versions: &'a Versions,
    migrator: &'a Migrator,
    connections: &'a Connections,
}

impl<'a> All<'a> {
    /// Whether every statement is committed by itself.
    fn keeps(&self, tenant: &Tenant) -> bool {
        let transactional = |url: &Url| url.dialect().is_none_or(|d| d.client().transactional);
        self.config.file.migrations.transaction == TransactionMode::None
            || !tenant.place.as_ref().is_ok_and(transactional)
    }

    async fn one(self, tenant: &'a Tenant, shared: Shared, progress: Progress) -> Worked<Moved> {
        let mut found = Moved::default();
        let ended = self.run(tenant, &shared, &progress, &mut found).await;
        Worked { found, ended }
    }

    async fn run(
        self,
        tenant: &Tenant,
        shared: &Shared,
        progress: &Progress,
        found: &mut Moved,
    ) -> Result<Ending> {
        let url = tenant.url()?;
        let absent = database::is_absent(url);
        if absent && tenant.makes && self.walk.direction == Direction::Up {
            // No database is made to run nothing on it, nor to look at it.
            let nothing = self.versions.graph.upgrade_path(&[], self.walk.target)?;
            if self.walk.dry_run || nothing.is_empty() {
                return self.plan(&Status::default(), found);
            }
        }
        let mut connection = self.connections.open(tenant).await?;
        let ended = self.on(&mut connection, (tenant, shared, progress), found);
        let ended = ended.await;
        let has_run = ended.is_err() || !found.revisions.is_empty() && !self.walk.dry_run;
        let closed = self.connections.close(tenant, connection, has_run).await;
        let ended = ended?;
        closed?;
        Ok(ended)
    }

    async fn on(
        self,
        connection: &mut Connection<'_>,
        (tenant, shared, progress): (&Tenant, &Shared, &Progress),
        found: &mut Moved,
    ) -> Result<Ending> {
        let Walk {
            direction, target, ..
        } = self.walk;
        let status = self.migrator.status_before_run(&mut *connection).await?;
        found.from = Some(status.current.clone());
        found.to.clone_from(&found.from);
        // Where a revision is half done, the way does not begin at the rows.
        if status.unknown.is_empty() && status.halfway.is_none() {
            let path = match direction {
                Direction::Up => self.versions.graph.upgrade_path(&status.current, target)?,
                Direction::Down => self
                    .versions
                    .graph
                    .downgrade_path(&status.current, target)?,
            };
            let typed = format!("{} {target}", direction.as_str());
            runner::refuse_uncompiled(self.migrator, &path, &typed)?;
        }
        for (said, hint) in crate::commands::upgrade::not_as_run(&status, self.session) {
            if self.walk.strict {
                return Err(Failure::with_hint(said, hint));
            }
            shared.warn(tenant, format_args!("{said}: {hint}"));
        }
        if self.walk.dry_run {
            return self.plan(&status, found);
        }
        let listener = Listener::of_tenant(self.session, &tenant.name, shared.bar.clone());
        let stop = shared.clone();
        let migrator = runner::telling(self.migrator.clone(), listener, progress)
            .stop_when(move || stop.is_stopping());
        let ran = match direction {
            Direction::Up => migrator.upgrade(&mut *connection, target).await,
            Direction::Down => migrator.downgrade(&mut *connection, target).await,
        };
        found.revisions = progress.done();
        if let Err(error) = ran {
            // How far a database has come that failed cannot always be asked.
            found.to = migrator.current(&mut *connection).await.ok();
            return Err(error.into());
        }
        if !found.revisions.is_empty() {
            found.to = Some(migrator.current(&mut *connection).await?);
        }
        let rows = found.to.clone().unwrap_or_default();
        let left = match direction {
            Direction::Up => self.versions.graph.upgrade_path(&rows, target)?,
            Direction::Down => self.versions.graph.downgrade_path(&rows, target)?,
        };
        Ok(match left.len() {
            0 => Ending::Done,
            left => Ending::Stopped(format!("{left} migration(s) are left")),
        })
    }

    /// What would be run on a database that is there.
    fn plan(&self, status: &Status, found: &mut Moved) -> Result<Ending> {
        Migrator::refuse_unknown(&self.versions.graph, &status.current)?;
        if let Some(halfway) = &status.halfway {
            return Err(Failure::with_hint(
                crate::commands::current::halfway_words(halfway),
                "without `--dry-run` the command does that",
            ));
        }
        let graph = &self.versions.graph;
        let path = match self.walk.direction {
            Direction::Up => graph.upgrade_path(&status.current, self.walk.target)?,
            Direction::Down => graph.downgrade_path(&status.current, self.walk.target)?,
        };
        let to = path.iter().fold(status.current.clone(), |rows, revision| {
            match self.walk.direction {
                Direction::Up => graph.rows_after_upgrade(&rows, revision),
                Direction::Down => graph.rows_after_downgrade(&rows, revision),
            }
        });
        found.from = Some(status.current.clone());
        found.to = Some(to);
        found.revisions = path.iter().map(|r| r.id().to_owned()).collect();
        Ok(Ending::Done)
    }
}
