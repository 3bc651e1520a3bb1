//! `current`.

use aludel::db::{Connection, Mode};
use aludel::{Halfway, Migrator, Status};
use serde_json::{Value, json};

use crate::app::Outcome;
use crate::config::Config;
use crate::describe::Describe;
use crate::error::Result;
use crate::session::Session;
use crate::tenants::{self, Findings, Many, Telling};
use crate::ui::{Format, Paint};
use crate::versions::Versions;
use crate::{database, runner};

/// Show the revision that the database is at.
///
/// With `--check-heads` the command ends with 1 where that is not the head.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask current
  cargo xtask current -v
  cargo xtask current --check-heads --quiet
  cargo xtask current --tenants 'SELECT schema_name FROM tenant'")]
pub(crate) struct Args {
    /// End with 1 where the database is not at the head.
    #[arg(short, long)]
    check_heads: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    many: Many,
}

/// Where one of many databases is.
#[derive(Debug, Default)]
struct Place(Option<Status>);

impl Findings for Place {
    const HEADINGS: &'static [&'static str] = &["current", "pending"];

    fn cells(&self) -> Vec<String> {
        let rows = self.0.as_ref().map(|status| status.current.as_slice());
        let pending = match &self.0 {
            None => "?".to_owned(),
            Some(status) if !status.unknown.is_empty() => "in no migration file".to_owned(),
            Some(status) if status.halfway.is_some() => "stopped halfway".to_owned(),
            Some(status) => status.pending.len().to_string(),
        };
        vec![tenants::rows(rows), pending]
    }

    fn document(&self) -> Value {
        self.0.as_ref().map_or(Value::Null, document)
    }
}

/// Where a database is, in JSON.
fn document(status: &Status) -> Value {
    json!({
        "current": status.current,
        "heads": status.heads,
        "at_head": status.is_current(),
        "pending": status.pending,
        "unknown": status.unknown,
        "halfway": status.halfway.as_ref().map(|halfway| json!({
            "revision": halfway.revision,
            "direction": halfway.direction,
            "applied": halfway.applied,
            "unsettled": halfway.unsettled,
        })),
    })
}

/// Where each of many databases is.
async fn of_many(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let migrator = runner::looking(&config, &versions);
    let how = (Mode::ReadOnly, "current");
    let work = async |connection: &mut Connection<'_>| {
        let status = migrator.status(connection).await?;
        Ok(Place(Some(status)))
    };
    let places = args.many.on_each(how, session, &config, work).await?;
    let telling = Telling {
        format: args.format,
        about: json!({}),
    };
    telling.report(&places, session)?;
    let behind = |place: &Place| place.0.as_ref().is_some_and(|s| !s.is_current());
    let behind = places.iter().filter(|entry| behind(&entry.found)).count();
    if args.check_heads && behind > 0 {
        let all = places.len();
        session.ui.note(format_args!(
            "{behind} of {all} databases are not on all head revisions"
        ));
        return Ok(Outcome::Found);
    }
    Ok(Outcome::Done)
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    if args.many.is_asked_for() {
        return of_many(args, session).await;
    }
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let url = session.database_url(&config)?;
    let mut connection = database::open(&url).await?;
    let status = status(session, &config, &versions, &mut connection).await?;
    connection.close().await?;
    let at_head = status.is_current();
    if args.format == Format::Json {
        session.ui.document(&document(&status));
    } else {
        if session.ui.verbose > 0 {
            session
                .ui
                .report(format_args!("Current revision(s) for {url}:"));
        }
        let describe = Describe::new(session, &config, &versions, &[]);
        for id in &status.current {
            session.ui.report(match versions.graph.get(id) {
                Some(revision) if session.ui.verbose > 0 => describe.long(revision),
                Some(revision) => describe.marked(revision),
                None => {
                    let mark = session.ui.paint("(in no migration file)", Paint::Bad);
                    format!("{id} {mark}")
                }
            });
        }
    }
    mention_unknown(&status.current, &versions, session);
    if let Some(halfway) = &status.halfway {
        session.ui.warn(halfway_words(halfway));
    }
    if args.check_heads && !at_head {
        session.ui.note("Database is not on all head revisions");
        return Ok(Outcome::Found);
    }
    Ok(Outcome::Done)
}

/// What is said of a revision that is half done.
pub(crate) fn halfway_words(halfway: &Halfway) -> String {
    let Halfway {
        revision,
        direction,
        applied,
        unsettled,
    } = halfway;
    let opposite = match direction.as_str() {
        "downgrade" => "upgrade",
        _ => "downgrade",
    };
    let unsettled = match unsettled {
        Some(sql) => format!(", and one may have been: {sql}"),
        None => String::new(),
    };
    format!(
        "the {direction} of `{revision}` is running, or has stopped halfway: {} statement(s) were \
         applied{unsettled}; `{direction}` goes on with it, `{opposite}` takes it back",
        applied.len()
    )
}

/// Where the database is.
pub(crate) async fn status(
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
    connection: &mut Connection<'_>,
) -> Result<Status> {
    let _ = session;
    let migrator = runner::looking(config, versions);
    Ok(migrator.status(connection).await?)
}

/// The version rows.
pub(crate) async fn rows(
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
) -> Result<Vec<String>> {
    let url = session.database_url(config)?;
    let mut connection = database::open(&url).await?;
    let rows = runner::looking(config, versions)
        .current(&mut connection)
        .await?;
    connection.close().await?;
    mention_unknown(&rows, versions, session);
    Ok(rows)
}

/// The version rows where a name needs them, such as `current` and `+1`.
pub(crate) async fn rows_for(
    names: &[&str],
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
) -> Result<Vec<String>> {
    let asks = |name: &&str| versions.graph.needs_database(name);
    match names.iter().any(asks) {
        true => rows(session, config, versions).await,
        false => Ok(Vec::new()),
    }
}

/// Stops where the database is at a revision that no file holds.
pub(crate) fn refuse_unknown(status: &Status, versions: &Versions) -> Result<()> {
    Ok(Migrator::refuse_unknown(&versions.graph, &status.current)?)
}

/// Says the same where it is no reason to stop.
pub(crate) fn mention_unknown(rows: &[String], versions: &Versions, session: &Session<'_>) {
    if let Err(error) = Migrator::refuse_unknown(&versions.graph, rows) {
        let hint = error.hint().unwrap_or_default();
        session.ui.warn(format_args!("{error}; {hint}"));
    }
}
