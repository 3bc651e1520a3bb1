//! `reflect`.

use std::path::{Path, PathBuf};

use aludel_core::dialect::{Dialect, Snapshot, Unmanaged};
use aludel_core::diff::Wanted;
use aludel_core::object::{self, OwnWords, Sides};
use aludel_syntax::emit::models as write_models;

use crate::app::Outcome;
use crate::config::Config;
use crate::error::{Failure, Result};
use crate::session::Session;
use crate::{database, models, objects};

/// Write Rust models of a live database, and its views, triggers and the like as
/// SQL.
///
/// With `--out models.rs` the objects that are written in SQL go to `models.sql`
/// beside it; without, they follow the models as comments, and `--sql-objects`
/// prints them alone. What neither can say is listed on stderr; it stays in the
/// database and is never proposed for dropping.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask reflect
  cargo xtask reflect --out src/models.rs --database-url sqlite:app.db
  cargo xtask reflect --sql-objects
  cargo xtask reflect --schema audit --database-url postgres://localhost/app")]
pub(crate) struct Args {
    /// The file to write; stdout else. One that is there is kept.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the objects that are written in SQL, and no models.
    #[arg(long, conflicts_with = "out")]
    sql_objects: bool,
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
    let (text, objects) = texts(&snapshot, dialect, &config, session)?;
    match &args.out {
        None if args.sql_objects => session.ui.report_raw(&objects),
        None => {
            session.ui.report_raw(&text);
            session.ui.report_raw(&commented(&objects));
        }
        Some(path) => to_files(path, (&text, &objects), &config, session)?,
    }
    for thing in left_out(dialect, &snapshot) {
        let line = in_a_line(&thing);
        session.ui.note(format_args!("not in the models: {line}"));
    }
    Ok(Outcome::Done)
}

/// Writes the models of a database, and beside them what is written in SQL.
///
/// # Errors
/// A file that is there already, a pattern of `exclude` that is none.
pub(super) fn models_to(
    path: &Path,
    snapshot: &Snapshot,
    dialect: &dyn Dialect,
    config: &Config,
    session: &Session<'_>,
) -> Result<()> {
    let (text, objects) = texts(snapshot, dialect, config, session)?;
    to_files(path, (&text, &objects), config, session)
}

/// The models, and the SQL beside them: of what is compared.
///
/// # Errors
/// A pattern of `exclude` that is none.
fn texts(
    snapshot: &Snapshot,
    dialect: &dyn Dialect,
    config: &Config,
    session: &Session<'_>,
) -> Result<(String, String)> {
    let hooks = database::hooks(session, config)?;
    let written = hooks.written(snapshot.schema.clone());
    let objects = objects::script(dialect, snapshot, &written, &hooks);
    Ok((write_models(&written, dialect), objects))
}

fn to_files(
    path: &Path,
    (text, objects): (&String, &String),
    config: &Config,
    session: &Session<'_>,
) -> Result<()> {
    let beside = path.with_extension("sql");
    let mut files = vec![(path, text)];
    if !objects.is_empty() {
        files.push((beside.as_path(), objects));
    }
    write(&files, session)?;
    if !objects.is_empty() {
        remind(config, &beside, session);
    }
    Ok(())
}

/// What a database has and neither models nor files of SQL can say.
pub(super) fn left_out(dialect: &dyn Dialect, snapshot: &Snapshot) -> Vec<Unmanaged> {
    let own = OwnWords::default();
    let wanted = object::wanted_of(dialect, snapshot);
    let sides = Sides {
        dialect,
        found: snapshot,
        wanted: &wanted,
        own: &own,
    };
    sides.unmanaged()
}

/// What it is, and which.
pub(super) fn in_a_line(thing: &Unmanaged) -> String {
    let detail = thing.detail.as_deref().unwrap_or_default();
    let line = format!("{} `{}` {detail}", thing.kind, thing.name);
    line.trim_end().to_owned()
}

/// Writes all files, or none where one is there already.
fn write(files: &[(&Path, &String)], session: &Session<'_>) -> Result<()> {
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(Failure::with_hint(
            format!("`{}` is there already", path.display()),
            "name a new file with `--out`; nothing is overwritten",
        ));
    }
    for (path, text) in files {
        let failed = |e| Failure::because(format!("cannot write `{}`", path.display()), e);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        crate::file::write_new(path, text).map_err(failed)?;
        session.ui.note(format_args!("Wrote {}", path.display()));
    }
    Ok(())
}

/// A file that no pattern names is read by nobody.
fn remind(config: &Config, beside: &Path, session: &Session<'_>) {
    let found = models::find(config).unwrap_or_default();
    let same = |path: &PathBuf| path.canonicalize().ok() == beside.canonicalize().ok();
    if !found.iter().any(same) {
        session.ui.warn(format_args!(
            "`[models] paths` in `{}` does not name `{}`: add it, so that its objects are compared",
            config.shown(&config.path),
            beside.display()
        ));
    }
}

/// The statements as comments behind Rust.
fn commented(script: &str) -> String {
    let mut text = String::new();
    if script.is_empty() {
        return text;
    }
    text.push_str("\n// For a `.sql` file among the models:\n");
    for line in script.lines() {
        let line = format!("// {line}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
