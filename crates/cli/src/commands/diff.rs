//! `diff`.

use std::collections::BTreeSet;
use std::path::Path;

use aludel::db::{self, Url};
use aludel_core::change::Pair;
use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::diff::{Renames, Wanted};
use serde_json::json;
use similar::TextDiff;

use crate::app::Outcome;
use crate::compare::{self, Comparison, Difference};
use crate::config::Config;
use crate::error::{Failure, Result};
use crate::session::Session;
use crate::versions::Versions;
use crate::{database, models, renames, runner};

/// Show what takes one schema to another.
///
/// A side is `models`, `database`, a database url, `migrations` or
/// `migrations@REV` (run on a database in memory), or a file of SQL
/// statements (likewise).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask diff
  cargo xtask diff --from migrations --to models --format sql
  cargo xtask diff --from schema.sql --to sqlite:app.db")]
pub(crate) struct Args {
    /// What is.
    #[arg(long, default_value = "database", value_name = "SIDE")]
    from: String,
    /// What is wanted.
    #[arg(long, default_value = "models", value_name = "SIDE")]
    to: String,
    /// A column, or a table, that got another name. May be given often.
    #[arg(long, value_name = "A.B=A.C|A=B")]
    rename: Vec<String>,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: DiffFormat,
}

/// How a difference is reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum DiffFormat {
    /// In words, and line by line in the statements that make the schemas.
    #[default]
    Text,
    /// The statements that take one to the other.
    Sql,
    /// One JSON document.
    Json,
}

/// One side of a difference.
enum Side {
    Models(Wanted),
    Found(Snapshot),
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let dialect = default_dialect()?;
    let renames = renames::parse(&args.rename)?;
    let from = side(&args.from, session, &config, dialect).await?;
    let to = side(&args.to, session, &config, dialect).await?;
    let (before, difference) = between(dialect, from, to, &renames, &config)?;
    if args.format == DiffFormat::Sql {
        difference.refuse_impossible()?;
    } else if let Some(problem) = difference.impossible() {
        session.ui.warn(problem);
    }
    match args.format {
        DiffFormat::Json => session.ui.document(&json!({
            "in_sync": difference.is_empty(),
            "operations": difference.document(),
        })),
        DiffFormat::Sql => session.ui.report_raw(&difference.script()),
        DiffFormat::Text if difference.is_empty() => session.ui.note("no difference"),
        DiffFormat::Text => {
            for line in difference.entries.iter().flat_map(compare::Entry::lines) {
                session.ui.report(line);
            }
            session.ui.report("");
            session
                .ui
                .report_raw(&unified(&before, &difference.after, args));
        }
    }
    Ok(Outcome::Done)
}

/// The difference of two sides, and what the first one is.
fn between(
    dialect: &'static dyn Dialect,
    from: Side,
    to: Side,
    renames: &Renames,
    config: &Config,
) -> Result<(Snapshot, Difference)> {
    let comparison = Comparison::new(dialect, config.naming(dialect));
    let compared =
        |before: &Snapshot, wanted: &Wanted| comparison.difference(before, wanted, renames);
    let said = |found: Snapshot| compare::exactly(found.schema);
    let (before, wanted) = match (from, to) {
        (Side::Found(before), Side::Models(wanted)) => (before, wanted),
        (Side::Found(before), Side::Found(after)) => (before, said(after)),
        (Side::Models(wanted), Side::Models(_)) => {
            let made = compared(&Snapshot::default(), &wanted)?;
            made.refuse_impossible()?;
            (made.after, wanted)
        }
        // What the models leave open is what the other side has.
        (Side::Models(wanted), Side::Found(after)) => {
            let back = compared(&after, &wanted)?;
            back.refuse_impossible()?;
            (back.after, said(after))
        }
    };
    let difference = compared(&before, &wanted)?;
    Ok((before, difference))
}

/// The dialect of what no url says.
fn default_dialect() -> Result<&'static dyn Dialect> {
    let first = aludel_core::dialect::ALL.first().copied();
    first.ok_or_else(|| {
        Failure::with_hint("this build knows no database", "build it with a feature")
    })
}

/// Reads one side.
async fn side(
    text: &str,
    session: &Session<'_>,
    config: &Config,
    dialect: &dyn Dialect,
) -> Result<Side> {
    if text == "models" {
        let scanned = models::scanned(session, config)?;
        return Ok(Side::Models(models::wanted(&scanned, config, dialect)?));
    }
    let found = if text == "database" {
        of_url(&session.database_url(config)?, config).await?
    } else if text == "migrations" {
        of_migrations("heads", session, config).await?
    } else if let Some(target) = text.strip_prefix("migrations@") {
        of_migrations(target, session, config).await?
    } else if text.ends_with(".sql") && Path::new(text).is_file() {
        of_script(Path::new(text), config, dialect).await?
    } else if text.contains(':') {
        of_url(&Url::parse(text)?.under(&config.root), config).await?
    } else {
        return Err(Failure::with_hint(
            format!("`{text}` is no side of a difference"),
            "a side is `models`, `database`, `migrations`, `migrations@REV`, a database url or a \
             file that ends in `.sql`",
        ));
    };
    Ok(Side::Found(found))
}

/// What a database is.
async fn of_url(url: &Url, config: &Config) -> Result<Snapshot> {
    let mut connection = database::open(url).await?;
    let snapshot = database::snapshot(&mut connection, config).await?;
    connection.close().await?;
    Ok(snapshot)
}

/// What the migrations make of an empty database.
async fn of_migrations(target: &str, session: &Session<'_>, config: &Config) -> Result<Snapshot> {
    let versions = Versions::load(config)?;
    let migrator = runner::running(session, config, &versions)?;
    let path = versions.graph.upgrade_path(&[], target)?;
    runner::refuse_uncompiled(&migrator, &path, "diff ...")?;
    let mut copy = db::memory_copy(&Snapshot::default()).await?.connection;
    migrator.upgrade(&mut copy, target).await?;
    let snapshot = database::snapshot(&mut copy, config).await?;
    copy.close().await?;
    Ok(snapshot)
}

/// What a file of statements makes of an empty database.
async fn of_script(path: &Path, config: &Config, dialect: &dyn Dialect) -> Result<Snapshot> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::because(format!("cannot read `{shown}`"), e))?;
    let statements = dialect.split_statements(&text)?;
    let mut copy = db::memory_copy(&Snapshot::default()).await?.connection;
    for sql in statements {
        db::execute(&mut copy, &sql).await?;
    }
    let snapshot = database::snapshot(&mut copy, config).await?;
    copy.close().await?;
    Ok(snapshot)
}

/// The statements that make both schemas, line by line.
fn unified(before: &Snapshot, after: &Snapshot, args: &Args) -> String {
    let sides = Pair::new(ddl(before), ddl(after));
    TextDiff::from_lines(&sides.from, &sides.to)
        .unified_diff()
        .header(&args.from, &args.to)
        .to_string()
}

/// The statements that make what is compared, in the order of their names.
fn ddl(snapshot: &Snapshot) -> String {
    let tables: BTreeSet<&str> = snapshot
        .schema
        .tables
        .keys()
        .map(|table| table.name.as_str())
        .collect();
    let mut objects: Vec<_> = snapshot
        .objects
        .iter()
        .filter(|object| tables.contains(object.table.as_str()))
        .collect();
    objects.sort_by_key(|o| (&o.table, o.kind, &o.name));
    objects
        .iter()
        .map(|o| format!("{};\n", o.sql.trim_end()))
        .collect()
}
