//! `heads`.

use aludel_core::revision::Revision;
use serde_json::json;

use crate::app::Outcome;
use crate::describe::Describe;
use crate::error::Result;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::Versions;

/// Show the newest revisions.
///
/// There is one, unless branches were begun; `merge` joins them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask heads
  cargo xtask heads -v
  cargo xtask heads --format json")]
pub(crate) struct Args {
    /// Leave out the heads that others depend on: what remains is what the
    /// version table holds when everything has run.
    #[arg(long)]
    resolve_dependencies: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let heads = match args.resolve_dependencies {
        true => versions.graph.effective_heads(),
        false => versions.graph.heads(),
    };
    let describe = Describe::new(session, &config, &versions, &[]);
    let revisions = heads.iter().filter_map(|id| versions.graph.get(id));
    if args.format == Format::Json {
        session.ui.document(&json!({ "heads": heads }));
        return Ok(Outcome::Done);
    }
    let line = |revision: &Revision| match session.ui.verbose {
        0 => describe.marked(revision),
        _ => describe.long(revision),
    };
    for revision in revisions {
        session.ui.report(line(revision));
    }
    Ok(Outcome::Done)
}
