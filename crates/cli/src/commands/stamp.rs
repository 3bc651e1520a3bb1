//! `stamp`.

use crate::app::Outcome;
use crate::error::Result;
use crate::runner;
use crate::session::Session;
use crate::versions::{Versions, ticked};

/// Say that the database is at a revision, and run nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask stamp head
  cargo xtask stamp --purge ac31")]
pub(crate) struct Args {
    /// `head`, `base`, an id or the beginning of one.
    #[arg(allow_negative_numbers = true)]
    revision: String,
    /// Forget every version row first, also one that no file holds.
    #[arg(long)]
    purge: bool,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let url = session.database_url(&config)?;
    let migrator = runner::looking(&config, &versions);
    // A name that nothing has must not make a database.
    let relative = args.revision.starts_with(['+', '-']) || args.revision.starts_with("current");
    if !relative {
        versions.graph.resolve(&args.revision, &[])?;
    }
    let rows = if args.purge {
        migrator.stamp_purging(&url, &args.revision).await?
    } else {
        migrator.stamp(&url, &args.revision).await?
    };
    let now = if rows.is_empty() {
        "`base`".to_owned()
    } else {
        ticked(&rows)
    };
    session
        .ui
        .note(format_args!("Stamped {url}: it is at {now}"));
    Ok(Outcome::Done)
}
