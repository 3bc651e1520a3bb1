//! `downgrade`.

use aludel::Direction;

use super::upgrade::{Options, walk};
use crate::app::Outcome;
use crate::error::Result;
use crate::session::Session;

/// Undo what lies above a revision.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask downgrade -1
  cargo xtask downgrade ac31
  cargo xtask downgrade base --dry-run
  cargo xtask downgrade --sql ac31:base --dialect mariadb
  cargo xtask downgrade --sql current:-1")]
pub(crate) struct Args {
    /// `base`, `-N`, an id or the beginning of one; with `--sql` a range
    /// `FROM:TO`.
    #[arg(allow_negative_numbers = true)]
    revision: String,
    #[command(flatten)]
    options: Options,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    walk(&args.revision, Direction::Down, &args.options, session).await
}
