//! `completions`.

use crate::app::Outcome;
use crate::error::Result;
use crate::session::Session;

/// Print the completions of a shell.
///
/// They complete the binary `aludel`; cargo completes `cargo xtask` itself.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  aludel completions bash > ~/.local/share/bash-completion/completions/aludel"
)]
pub(crate) struct Args {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Runs the command.
pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let mut text = Vec::new();
    let mut command = session.app.command().bin_name("aludel");
    clap_complete::generate(args.shell, &mut command, "aludel", &mut text);
    session.ui.report_raw(&String::from_utf8_lossy(&text));
    Ok(Outcome::Done)
}
