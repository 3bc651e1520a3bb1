//! `ensure-version`.

use serde_json::json;

use crate::app::Outcome;
use crate::error::Result;
use crate::runner;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::Versions;

/// Make the version table, and aludel's own tables beside it, where they are
/// not there yet.
///
/// `upgrade` and `stamp` do it by themselves.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo xtask ensure-version")]
pub(crate) struct Args {
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let url = session.database_url(&config)?;
    let table = config.version_table();
    let made = runner::looking(&config, &versions)
        .ensure_version(&url)
        .await?;
    match args.format {
        Format::Json => session
            .ui
            .document(&json!({ "version_table": table, "created": made })),
        Format::Text if made => session
            .ui
            .note(format_args!("made the table `{table}` in {url}")),
        Format::Text => session
            .ui
            .note(format_args!("the table `{table}` is there already")),
    }
    Ok(Outcome::Done)
}
