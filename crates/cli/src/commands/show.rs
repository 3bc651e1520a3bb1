//! `show`.

use aludel_core::revision::Revision;
use serde_json::{Value, json};

use super::current;
use crate::app::Outcome;
use crate::describe::Describe;
use crate::error::Result;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::Versions;

/// Show what is known of revisions: all that the header says, and the file.
///
/// With `-v` also the text of the file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask show head
  cargo xtask show ac31 -v
  cargo xtask show current
  cargo xtask show wifi@head-1")]
pub(crate) struct Args {
    /// Ids, their beginnings, labels, `head`, `heads`, `current`, `-1` ...
    #[arg(default_value = "heads", allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let names: Vec<&str> = args.revisions.iter().map(String::as_str).collect();
    let rows = current::rows_for(&names, session, &config, &versions).await?;
    let mut shown: Vec<&Revision> = Vec::new();
    for name in names {
        for revision in versions.graph.resolve(name, &rows)? {
            if !shown.contains(&revision) {
                shown.push(revision);
            }
        }
    }
    let describe = Describe::new(session, &config, &versions, &rows);
    if args.format == Format::Json {
        let revisions: Vec<Value> = shown
            .iter()
            .map(|r| {
                let mut document = describe.document(r);
                if let Some(fields) = document.as_object_mut() {
                    fields.insert(
                        "text".into(),
                        versions.texts.get(&r.file_name).cloned().into(),
                    );
                }
                document
            })
            .collect();
        session.ui.document(&json!({ "revisions": revisions }));
        return Ok(Outcome::Done);
    }
    for revision in shown {
        session.ui.report(describe.long(revision));
        let text = versions.texts.get(&revision.file_name);
        if let Some(text) = text.filter(|_| session.ui.verbose > 0) {
            session.ui.report(text);
        }
    }
    Ok(Outcome::Done)
}
