//! `verify`.

use std::collections::BTreeSet;

use aludel::db::{self, Connection};
use aludel::{Direction, Migrator};
use aludel_core::dialect::Snapshot;
use aludel_core::revision::Revision;
use serde_json::{Value, json};

use crate::app::Outcome;
use crate::config::Config;
use crate::describe::first_line;
use crate::error::{Failure, Result};
use crate::same::{What, differences};
use crate::scratch::Scratch;
use crate::session::Session;
use crate::ui::{Format, Paint};
use crate::versions::Versions;
use crate::{database, runner};

/// Run every revision up, down and up again on an empty scratch database.
///
/// After the way down the database has to be what it was, after the second way
/// up what it was after the first; and what a Rust file is thought to make has
/// to be what it makes. Ends with 1 where something is not so. The scratch
/// database is in memory for SQLite; else it is made on the server and dropped
/// again, or named by `[database] scratch_url`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask verify
  cargo xtask verify head
  cargo xtask verify ac31:head --format json")]
pub(crate) struct Args {
    /// Revisions, or ranges of them; all else. Those below them only run.
    #[arg(value_name = "REV|A:B", allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// A revision that cannot be undone is a finding.
    #[arg(long)]
    strict: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was found of one revision.
struct Verified<'v> {
    revision: &'v Revision,
    /// Whether it has a way down.
    undone: bool,
    /// What is not as it should be.
    problems: Vec<String>,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let chosen = chosen(args, session, &config, &versions).await?;
    let migrator = runner::running(session, &config, &versions)?;
    let ids: Vec<String> = chosen.iter().map(|id| (*id).to_owned()).collect();
    let path = versions.graph.ancestors(&ids)?;
    let typed = format!("verify {}", args.revisions.join(" "));
    runner::refuse_uncompiled(&migrator, &path, typed.trim_end())?;
    let progress = session.ui.progress("verifying");
    let mut scratch = Scratch::empty(session, &config).await?;
    let trips = Trips {
        session,
        config: &config,
        versions: &versions,
        migrator: &migrator,
    };
    let verified = match scratch.connection() {
        Ok(connection) => trips.all(connection, &path, &chosen).await,
        Err(failure) => Err(failure),
    };
    let closed = scratch.close().await;
    let (verified, server) = verified?;
    closed?;
    drop(progress);
    let bad = |v: &&Verified<'_>| !v.problems.is_empty() || (args.strict && !v.undone);
    let found = verified.iter().filter(bad).count();
    match args.format {
        Format::Json => session.ui.document(&json!({
            "verified": found == 0,
            "server": server,
            "revisions": verified.iter().map(Verified::document).collect::<Vec<Value>>(),
        })),
        Format::Text => {
            for verified in &verified {
                verified.report(bad(&verified), session);
            }
            let all = verified.len();
            session.ui.note(match (found, all) {
                (_, 0) => "there is no revision".to_owned(),
                (0, 1) => format!("1 revision is right on {server}"),
                (0, all) => format!("all {all} revisions are right on {server}"),
                (found, all) => format!("{found} of {all} revisions are not right on {server}"),
            });
        }
    }
    Ok(match found {
        0 => Outcome::Done,
        _ => Outcome::Found,
    })
}

/// The ids that were asked for.
async fn chosen<'v>(
    args: &Args,
    session: &Session<'_>,
    config: &Config,
    versions: &'v Versions,
) -> Result<BTreeSet<&'v str>> {
    let graph = &versions.graph;
    if args.revisions.is_empty() {
        return Ok(graph.revisions().iter().map(Revision::id).collect());
    }
    let names = args.revisions.iter().flat_map(|name| name.split(':'));
    let names: Vec<&str> = names.collect();
    let rows = super::current::rows_for(&names, session, config, versions).await?;
    let mut ids = BTreeSet::new();
    for name in &args.revisions {
        let found = match name.contains(':') {
            true => {
                let (from, to) = super::history::parse_range(name)?;
                graph.range(from, to, &rows)?
            }
            false => graph.resolve(name, &rows)?,
        };
        ids.extend(found.into_iter().map(Revision::id));
    }
    Ok(ids)
}

/// What is needed for the way there and back.
struct Trips<'t> {
    session: &'t Session<'t>,
    config: &'t Config,
    versions: &'t Versions,
    migrator: &'t Migrator,
}

impl Trips<'_> {
    /// All revisions of the path; and the database on which it was.
    async fn all<'v>(
        &self,
        connection: &mut Connection<'_>,
        path: &[&'v Revision],
        chosen: &BTreeSet<&str>,
    ) -> Result<(Vec<Verified<'v>>, String)> {
        let server = db::server_version(connection).await?;
        let server = format!("{} {server}", connection.dialect().title());
        let mut all = Vec::new();
        let mut before = database::snapshot(connection, self.config).await?;
        for revision in path {
            if !chosen.contains(revision.id()) {
                self.migrator
                    .upgrade(&mut *connection, revision.id())
                    .await?;
                before = database::snapshot(connection, self.config).await?;
                continue;
            }
            let (verified, after) = self.one(connection, revision, &before).await?;
            all.push(verified);
            match after {
                Some(after) => before = after,
                // Nothing that follows can be tried.
                None => break,
            }
        }
        Ok((all, server))
    }

    /// One revision up, down and up; and the database after it, if it gets
    /// there.
    async fn one<'v>(
        &self,
        connection: &mut Connection<'_>,
        revision: &'v Revision,
        before: &Snapshot,
    ) -> Result<(Verified<'v>, Option<Snapshot>)> {
        let mut verified = Verified {
            revision,
            undone: self.migrator.can_undo(connection.dialect(), revision)?,
            problems: Vec::new(),
        };
        let Some(after) = self.up(connection, &mut verified, "the upgrade").await? else {
            return Ok((verified, None));
        };
        let thought = self.migrator.replayed(
            connection.dialect(),
            before.clone(),
            revision,
            Direction::Up,
        );
        match thought {
            Err(error) => verified
                .problems
                .push(format!("it cannot be replayed: {error}")),
            Ok(None) => {}
            Ok(Some(thought)) => {
                let pair = (&thought, &after);
                self.compare(
                    connection,
                    &mut verified,
                    pair,
                    What::Tables,
                    "the replay does not know",
                )
                .await?;
            }
        }
        if !verified.undone {
            return Ok((verified, Some(after)));
        }
        let back = self.versions.graph.undoing(revision.id());
        if let Err(error) = self.migrator.downgrade(&mut *connection, &back).await {
            verified.problems.push(failed("the downgrade", error));
            // It is all or nothing but on MySQL, where nobody knows what is left.
            let whole = connection.dialect().name() != "mysql";
            return Ok((verified, whole.then_some(after)));
        }
        let returned = database::snapshot(connection, self.config).await?;
        let pair = (&returned, before);
        self.compare(
            connection,
            &mut verified,
            pair,
            What::Everything,
            "after the downgrade is left to do",
        )
        .await?;
        let Some(again) = self
            .up(connection, &mut verified, "the second upgrade")
            .await?
        else {
            return Ok((verified, None));
        };
        let pair = (&again, &after);
        self.compare(
            connection,
            &mut verified,
            pair,
            What::Everything,
            "after the second upgrade is left to do",
        )
        .await?;
        Ok((verified, Some(again)))
    }

    async fn up(
        &self,
        connection: &mut Connection<'_>,
        verified: &mut Verified<'_>,
        what: &str,
    ) -> Result<Option<Snapshot>> {
        let id = verified.revision.id();
        match self.migrator.upgrade(&mut *connection, id).await {
            Ok(_) => Ok(Some(database::snapshot(connection, self.config).await?)),
            Err(error) => {
                verified.problems.push(failed(what, error));
                Ok(None)
            }
        }
    }

    async fn compare(
        &self,
        connection: &mut Connection<'_>,
        verified: &mut Verified<'_>,
        sides: (&Snapshot, &Snapshot),
        what: What,
        words: &str,
    ) -> Result<()> {
        let left = differences(self.session, self.config, connection, sides, what).await?;
        let problems = left.into_iter().map(|text| format!("{words}: {text}"));
        verified.problems.extend(problems);
        Ok(())
    }
}

/// A direction that fails, in words.
fn failed(what: &str, error: aludel::Error) -> String {
    let statement = error
        .failure()
        .map(|f| format!("\n  the statement was: {}", f.sql));
    let mut causes = Vec::new();
    let mut next = std::error::Error::source(&error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    let mut said = vec![Failure::from(error).summary()];
    said.extend(causes);
    format!(
        "{what} fails: {}{}",
        said.join(": "),
        statement.unwrap_or_default()
    )
}

impl Verified<'_> {
    fn document(&self) -> Value {
        json!({
            "id": self.revision.id(),
            "message": self.revision.header.message,
            "undone": self.undone,
            "problems": self.problems,
        })
    }

    fn report(&self, bad: bool, session: &Session<'_>) {
        let ui = session.ui;
        let mark = match bad {
            true => ui.paint("FAIL", Paint::Bad),
            false => ui.paint("ok  ", Paint::Good),
        };
        let id = ui.paint(self.revision.id(), Paint::Revision);
        let once = if self.undone {
            ""
        } else {
            " (cannot be undone)"
        };
        ui.report(format!("{mark}  {id}{once}, {}", first_line(self.revision)));
        for problem in &self.problems {
            ui.report(format!("      {}", problem.replace('\n', "\n      ")));
        }
    }
}
