//! `heads`.

use serde_json::json;

use crate::app::Outcome;
use crate::error::Result;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::Versions;

/// Show the newest revisions.
///
/// There is one, unless two branches were begun.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask heads\n  cargo xtask heads --format json")]
pub(crate) struct Args {
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let heads = versions.graph.heads();
    if args.format == Format::Json {
        session.ui.document(&json!({ "heads": heads }));
        return Ok(Outcome::Done);
    }
    for id in &heads {
        let message = versions.graph.get(id).map(|r| r.header.message.as_str());
        let first = message.and_then(|m| m.lines().next()).unwrap_or_default();
        match session.ui.verbose {
            0 => session.ui.report(format_args!("{id} (head)")),
            _ => session.ui.report(format_args!("{id} (head), {first}")),
        }
    }
    Ok(Outcome::Done)
}
