//! `history`.

mod draw;
mod mermaid;

use std::collections::BTreeSet;

use aludel::LoggedRun;
use aludel_core::revision::Revision;
use serde_json::{Value, json};

use crate::app::Outcome;
use crate::config::Config;
use crate::describe::Describe;
use crate::error::{Failure, Result};
use crate::session::Session;
use crate::versions::Versions;
use crate::{database, runner};

/// List the revisions, newest first.
///
/// With `-v` all that their headers say, and where there is a database also
/// when each was run, by whom, how long that took, and the checksum of the file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask history
  cargo xtask history -v -i
  cargo xtask history --graph
  cargo xtask history -r ac31:head
  cargo xtask history -r -2:current
  cargo xtask history --format mermaid > history.mmd")]
pub(crate) struct Args {
    /// Only this range, both ends included: `a:b`, `a:`, `:b`. `-2` and `+3`
    /// count from the other end.
    #[arg(short = 'r', long, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Mark where the database is.
    #[arg(short, long)]
    indicate_current: bool,
    /// Draw which revision follows which.
    #[arg(long)]
    graph: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How a history is reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document on stdout, nothing else there.
    Json,
    /// A flow chart that Mermaid draws, as in Markdown on GitHub.
    Mermaid,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let range = args.rev_range.as_deref().map(parse_range).transpose()?;
    let asks_database = args.indicate_current || range.is_some_and(|r| asks(&versions, r));
    let current = match asks_database {
        true => super::current::rows(session, &config, &versions).await?,
        false => Vec::new(),
    };
    let shown: Vec<&Revision> = match range {
        None => versions.graph.revisions().iter().collect(),
        Some((from, to)) => versions.graph.range(from, to, &current)?,
    };
    let runs = match session.ui.verbose {
        0 => Vec::new(),
        _ => runs(session, &config, &versions, asks_database).await?,
    };
    let describe = Describe::new(session, &config, &versions, &current).with_runs(&runs);
    let newest_first = || shown.iter().rev().copied();
    match args.format {
        Format::Json => {
            let revisions: Vec<Value> = newest_first().map(|r| describe.document(r)).collect();
            session.ui.document(&json!({ "revisions": revisions }));
        }
        Format::Mermaid => {
            let heads: BTreeSet<&str> = versions.graph.heads().into_iter().collect();
            session
                .ui
                .report_raw(&mermaid::chart(&versions, &shown, &heads, &describe));
        }
        Format::Text if args.graph => {
            let text = |revision: &Revision| match session.ui.verbose {
                0 => describe.named(revision),
                _ => describe.long(revision),
            };
            for line in draw::drawn(&shown, text) {
                session.ui.report(line);
            }
        }
        Format::Text => {
            for revision in newest_first() {
                session.ui.report(match session.ui.verbose {
                    0 => describe.short(revision),
                    _ => describe.long(revision),
                });
            }
        }
    }
    Ok(Outcome::Done)
}

/// What is on record in the database. A history can be read without one, so
/// one that cannot be reached is an error only where it is asked for.
async fn runs(
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
    is_asked: bool,
) -> Result<Vec<LoggedRun>> {
    let read = async {
        let url = session.database_url(config)?;
        if database::is_absent(&url) {
            return Ok(Vec::new());
        }
        let migrator = runner::looking(config, versions);
        if !is_asked {
            let rows = migrator.current(&url).await?;
            super::current::mention_unknown(&rows, versions, session);
        }
        Ok(migrator.runs(&url).await?)
    };
    let read: Result<Vec<LoggedRun>> = read.await;
    match read {
        Err(failure) if !is_asked => {
            tracing::debug!(?failure, "what was run is not known");
            Ok(Vec::new())
        }
        read => read,
    }
}

/// Both ends of `a:b`; an end that is left out is empty.
pub(super) fn parse_range(text: &str) -> Result<(&str, &str)> {
    let ends = text.split_once(':').filter(|(_, to)| !to.contains(':'));
    ends.ok_or_else(|| {
        Failure::with_hint(
            format!("History range requires [start]:[end], [start]:, or :[end]: `{text}`"),
            "both ends are shown too",
        )
    })
}

/// Whether only the database can tell what a range is. An end that counts does
/// so from the other one.
fn asks(versions: &Versions, (from, to): (&str, &str)) -> bool {
    let counts = |end: &str| end.starts_with(['+', '-']);
    let asks = |end: &str| versions.graph.needs_database(end);
    match (counts(from), counts(to)) {
        (true, false) => asks(to),
        (false, true) => asks(from),
        _ => asks(from) || asks(to),
    }
}
