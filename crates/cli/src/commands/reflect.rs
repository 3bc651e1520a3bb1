//! `reflect`.

use std::path::PathBuf;

use aludel_core::diff::Wanted;
use aludel_syntax::emit::models as write_models;

use crate::app::Outcome;
use crate::database;
use crate::error::{Failure, Result};
use crate::session::Session;

/// Write Rust models of a live database.
///
/// What models cannot say is listed on stderr; it stays in the database and
/// is never proposed for dropping.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask reflect
  cargo xtask reflect --out src/models.rs --database-url sqlite:app.db
  cargo xtask reflect --schema audit --database-url postgres://localhost/app")]
pub(crate) struct Args {
    /// The file to write; stdout else. One that is there is kept.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A schema to look at beside the default one and those that `[database]
    /// schemas` names. May be given often.
    #[arg(long, value_name = "NAME")]
    schema: Vec<String>,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let url = session.database_url(&config)?;
    let mut connection = database::open(&url).await?;
    let mut scope = config.scope();
    scope.schemas.extend(args.schema.iter().cloned());
    let snapshot = database::snapshot_of(&mut connection, &config, &scope).await?;
    database::mention_empty(session, &scope, &snapshot, &Wanted::default());
    let dialect = connection.dialect();
    connection.close().await?;
    let text = write_models(&snapshot.schema, dialect);
    match &args.out {
        None => session.ui.report_raw(&text),
        Some(path) => {
            if path.exists() {
                return Err(Failure::with_hint(
                    format!("`{}` is there already", path.display()),
                    "name a new file with `--out`; nothing is overwritten",
                ));
            }
            let failed = |e| Failure::because(format!("cannot write `{}`", path.display()), e);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(failed)?;
            }
            crate::file::write_new(path, &text).map_err(failed)?;
            session.ui.note(format_args!("Wrote {}", path.display()));
        }
    }
    for thing in &snapshot.unmanaged {
        let detail = thing.detail.as_deref().unwrap_or_default();
        let line = format!(
            "not in the models: {} `{}` {detail}",
            thing.kind, thing.name
        );
        session.ui.note(line.trim_end());
    }
    Ok(Outcome::Done)
}
