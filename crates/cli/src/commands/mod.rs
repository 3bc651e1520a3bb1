//! The commands, one a file.

pub(crate) mod autogen;
pub(crate) mod branches;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod current;
pub(crate) mod diff;
pub(crate) mod downgrade;
pub(crate) mod edit;
pub(crate) mod ensure_version;
pub(crate) mod heads;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod lint;
pub(crate) mod merge;
pub(crate) mod rebase;
pub(crate) mod reflect;
pub(crate) mod revision;
pub(crate) mod show;
pub(crate) mod squash;
pub(crate) mod stamp;
pub(crate) mod status;
pub(crate) mod upgrade;
pub(crate) mod verify;

use crate::app::Outcome;
use crate::args::Command;
use crate::error::Result;
use crate::session::Session;

/// Runs one command.
pub(crate) async fn run(command: &Command, session: &Session<'_>) -> Result<Outcome> {
    match command {
        Command::Init(args) => init::run(args, session).await,
        Command::Autogen(args) => autogen::run(args, session).await,
        Command::Revision(args) => revision::run(args, session).await,
        Command::Check(args) => check::run(args, session).await,
        Command::Diff(args) => diff::run(args, session).await,
        Command::Upgrade(args) => upgrade::run(args, session).await,
        Command::Downgrade(args) => downgrade::run(args, session).await,
        Command::Status(args) => status::run(args, session).await,
        Command::Current(args) => current::run(args, session).await,
        Command::History(args) => history::run(args, session).await,
        Command::Heads(args) => heads::run(args, session),
        Command::Branches(args) => branches::run(args, session),
        Command::Show(args) => show::run(args, session).await,
        Command::Merge(args) => merge::run(args, session),
        Command::Rebase(args) => rebase::run(args, session).await,
        Command::Squash(args) => squash::run(args, session).await,
        Command::Edit(args) => edit::run(args, session).await,
        Command::Stamp(args) => stamp::run(args, session).await,
        Command::Verify(args) => verify::run(args, session).await,
        Command::Lint(args) => lint::run(args, session).await,

        Command::EnsureVersion(args) => ensure_version::run(args, session).await,
        Command::Reflect(args) => reflect::run(args, session).await,
        Command::Completions(args) => completions::run(args, session),
    }
}
