//! The commands, one a file.

pub(crate) mod completions;
pub(crate) mod init;

use crate::app::Outcome;
use crate::args::Command;
use crate::error::Result;
use crate::session::Session;

/// Runs one command.
pub(crate) async fn run(command: &Command, session: &Session<'_>) -> Result<Outcome> {
    match command {
        Command::Init(args) => init::run(args, session),
        Command::Completions(args) => completions::run(args, session),
    }
}
