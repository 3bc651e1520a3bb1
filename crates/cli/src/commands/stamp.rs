//! `stamp`.

use aludel::Migrator;
use aludel::db::{Connection, Mode, Url};
use serde_json::json;

use crate::app::Outcome;
use crate::config::Config;
use crate::error::Result;
use crate::offline::{self, Product};
use crate::runner;
use crate::session::Session;
use crate::tenants::{self, Many, Moved, Telling};
use crate::ui::Format;
use crate::versions::{Versions, ticked};

/// Say that the database is at a revision, and run nothing.
///
/// Version rows of other branches stay, unless `--purge` forgets them first.
/// Several revisions may be named, each on a branch of its own.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask stamp head
  cargo xtask stamp heads
  cargo xtask stamp ac31 wifi@head
  cargo xtask stamp --purge ac31
  cargo xtask stamp --repair ac31
  cargo xtask stamp head --each urls.txt
  cargo xtask stamp --sql ac31 --dialect postgres")]
pub(crate) struct Args {
    /// `head`, `heads`, `base`, a label, an id or the beginning of one.
    #[arg(required = true, allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// Forget every version row first, also one that no file holds.
    #[arg(long)]
    purge: bool,
    /// Accept what the files of these revisions say now, though they were
    /// changed after the database has run them; the version rows stay.
    #[arg(long, conflicts_with = "purge")]
    repair: bool,
    /// Print a script for the database's own client; open no database. It is
    /// right wherever the database is.
    #[arg(long, conflicts_with = "repair")]
    sql: bool,
    /// Which database the script is for; else the one of the url.
    #[arg(long, value_enum, requires = "sql", value_name = "NAME")]
    dialect: Option<Product>,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    many: Many,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let migrator = runner::looking(&config, &versions);
    let targets: Vec<&str> = args.revisions.iter().map(String::as_str).collect();
    if args.many.is_asked_for() {
        return many(args, &targets, (&migrator, &versions), session, &config).await;
    }
    if args.sql {
        let dialect = offline::dialect(args.dialect, session, &config, &versions)?;
        let script = migrator.stamp_script(dialect, &targets, args.purge)?;
        match args.format {
            Format::Json => session.ui.document(
                &json!({ "dialect": offline::name(script.dialect), "script": script.text }),
            ),
            Format::Text => session.ui.report_raw(&script.text),
        }
        return Ok(Outcome::Done);
    }
    let url = session.database_url(&config)?;
    if args.repair {
        return repair(args, &targets, (&migrator, &url), session).await;
    }
    // A name that nothing has must not make a database.
    let asks = |target: &&str| versions.graph.needs_database(target);
    if !targets.iter().any(asks) {
        versions.graph.rows_after_stamp(&[], &targets)?;
    }
    let rows = migrator.stamp_all(&url, &targets, args.purge).await?;
    if args.format == Format::Json {
        session.ui.document(&json!({ "current": rows }));
        return Ok(Outcome::Done);
    }
    let now = match rows.as_slice() {
        [] => "`base`".to_owned(),
        rows => ticked(rows),
    };
    session
        .ui
        .note(format_args!("Stamped {url}: it is at {now}"));
    Ok(Outcome::Done)
}

/// Says the same of many databases.
async fn many(
    args: &Args,
    targets: &[&str],
    (migrator, versions): (&Migrator, &Versions),
    session: &Session<'_>,
    config: &Config,
) -> Result<Outcome> {
    let script = "the script of one is the script of all: run it on each";
    args.many.refuse("--sql", args.sql, script)?;
    for target in targets {
        tenants::refuse_relative(target, versions)?;
    }
    if !args.repair {
        versions.graph.rows_after_stamp(&[], targets)?;
    }
    let work = async |connection: &mut Connection<'_>| {
        let from = migrator.current(&mut *connection).await?;
        let (to, revisions) = match args.repair {
            true => (from.clone(), migrator.repair(connection, targets).await?),
            false => {
                let to = migrator.stamp_all(connection, targets, args.purge).await?;
                (to, Vec::new())
            }
        };
        Ok(Moved {
            from: Some(from),
            to: Some(to),
            revisions,
        })
    };
    let (mode, what) = match args.repair {
        true => (Mode::ReadWrite, "repair"),
        false => (Mode::Create, "stamp"),
    };
    let stamped = args
        .many
        .on_each((mode, what), session, config, work)
        .await?;
    let telling = Telling {
        format: args.format,
        about: json!({ "direction": what }),
    };
    telling.report(&stamped, session)
}

/// Accepts the texts of files that were changed.
async fn repair(
    args: &Args,
    targets: &[&str],
    (migrator, url): (&Migrator, &Url),
    session: &Session<'_>,
) -> Result<Outcome> {
    let repaired = migrator.repair(url, targets).await?;
    match (args.format, repaired.as_slice()) {
        (Format::Json, repaired) => session.ui.document(&json!({ "repaired": repaired })),
        (Format::Text, []) => session.ui.note(format_args!(
            "{} says what it said when it was run",
            targets.join(", ")
        )),
        (Format::Text, repaired) => session.ui.note(format_args!(
            "Accepted what is in the files of {} now",
            ticked(repaired)
        )),
    }
    let edited = migrator.status(url).await?.edited;
    if !edited.is_empty() {
        let typed = session.typed(&format!("stamp --repair {}", edited.join(" ")));
        session.ui.warn(format_args!(
            "{} was changed, too: `{typed}` accepts that",
            ticked(&edited)
        ));
    }
    Ok(Outcome::Done)
}
