//! `revision`.

use aludel_core::plan::Plan;
use aludel_core::revision::Header;
use aludel_core::schema::Schema;
use aludel_syntax::emit::rust::{Body, rust_migration};
use aludel_syntax::emit::sql::sql_migration;

use super::autogen;
use crate::app::Outcome;
use crate::config::{Config, FileFormat};
use crate::error::Result;
use crate::file::{self, NewFile};
use crate::session::Session;
use crate::versions::Versions;

/// Write an empty migration, to be filled in by hand.
///
/// It needs no database, unless `--autogenerate` is given, which is `autogen`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask revision -m \"fill in positions\"
  cargo xtask revision --autogenerate -m \"add route_return to traceroute\"
  cargo xtask revision -m \"begin wifi\" --head base --branch-label wifi
  cargo xtask revision -m \"fix\" --head ac31 --splice --depends-on wifi")]
pub(crate) struct Args {
    /// What the migration is about.
    #[arg(short, long)]
    message: String,
    /// Fill it in from the models and the database, as `autogen` does.
    #[arg(long)]
    autogenerate: bool,
    #[command(flatten)]
    options: autogen::Options,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    if args.autogenerate {
        return autogen::generate(&args.message, &args.options, session).await;
    }
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let options = &args.options;
    let format = options.file_format.unwrap_or(config.file.migrations.format);
    let dialect = match format {
        FileFormat::Rust => None,
        // Which database it is for, not what is in it.
        FileFormat::Sql => format.dialect(&session.database_url(&config)?),
    };
    let header = file::new_header(&versions, &args.message, &options.placing, dialect)?;
    let new = empty_file(&config, format, &header)?;
    if options.sql {
        session
            .ui
            .note("a revision that is to be filled in has no statements; nothing is written");
        return Ok(Outcome::Done);
    }
    options.deliver(&config, &header, &new, None, session)
}

/// A file that does nothing in either direction.
pub(crate) fn empty_file(config: &Config, format: FileFormat, header: &Header) -> Result<NewFile> {
    let parts = match format {
        FileFormat::Rust => {
            let nothing = Schema::default();
            let body = Body::new(&nothing, &[]);
            rust_migration(header, &body, &body)
        }
        FileFormat::Sql => sql_migration(header, &Plan::default(), &Plan::default())?,
    };
    file::compose(config, format, header, &parts)
}
