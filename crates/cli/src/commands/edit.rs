//! `edit`.

use std::path::Path;
use std::process::Command;

use super::current;
use crate::app::Outcome;
use crate::error::{Failure, Result};
use crate::session::Session;
use crate::versions::Versions;

/// Open the file of a revision in an editor: `$VISUAL`, `$EDITOR`, else `vi`.
///
/// Afterwards the history is read again, and what is wrong with it is said.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask edit
  cargo xtask edit ac31
  EDITOR=\"code --wait\" cargo xtask edit head-1")]
pub(crate) struct Args {
    /// An id, the beginning of one, a label, `head`, `current`, `-1` ...
    #[arg(default_value = "head", allow_negative_numbers = true)]
    revision: String,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let name = args.revision.as_str();
    let rows = current::rows_for(&[name], session, &config, &versions).await?;
    let revision = versions.graph.resolve_one(name, &rows)?;
    open(&versions.path(revision))?;
    Versions::load(&config)?;
    Ok(Outcome::Done)
}

/// Waits until the editor is closed.
fn open(path: &Path) -> Result<()> {
    let set = |name: &str| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    // The variable may hold options too.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let hint = "set EDITOR to the command that opens a file";
    let status = Command::new(program).args(words).arg(path).status();
    let status = status.map_err(|e| {
        Failure::because_with_hint(format!("the editor `{program}` cannot be started"), hint, e)
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::with_hint(
        format!("the editor `{editor}` ended with {status}"),
        hint,
    ))
}
