//! `branches`.

use serde_json::{Value, json};

use crate::app::Outcome;
use crate::describe::Describe;
use crate::error::Result;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::Versions;

/// Show the revisions from which branches go out, with what follows them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask branches
  cargo xtask branches -v
  cargo xtask history --graph")]
pub(crate) struct Args {
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let graph = &versions.graph;
    let describe = Describe::new(session, &config, &versions, &[]);
    let points = graph.revisions().iter().rev();
    let points = points.filter(|r| graph.children(r.id()).len() > 1);
    if args.format == Format::Json {
        let branches: Vec<Value> = points
            .map(|r| {
                json!({
                    "id": r.id(),
                    "message": r.header.message,
                    "children": graph.children(r.id()),
                })
            })
            .collect();
        session.ui.document(&json!({
            "branches": branches,
            "bases": graph.bases(),
            "heads": graph.heads(),
        }));
        return Ok(Outcome::Done);
    }
    let mut any = false;
    for point in points {
        any = true;
        session.ui.report(match session.ui.verbose {
            0 => describe.named(point),
            _ => describe.long(point),
        });
        for child in graph.children(point.id()) {
            if let Some(child) = graph.get(child) {
                let line = describe.named(child);
                session.ui.report(format_args!("    -> {line}"));
            }
        }
    }
    if !any {
        session.ui.note("no revision has several that follow it");
    }
    Ok(Outcome::Done)
}
