//! `upgrade`, and what it shares with `downgrade`.

use std::time::Duration;

use aludel::db::Url;
use aludel::{Direction, Migrator, PlannedRevision, Ran, Status};
use serde_json::{Value, json};

use crate::app::Outcome;
use crate::config::{Config, TransactionMode};
use crate::database;
use crate::error::{Failure, Result};
use crate::hazards;
use crate::interrupt::Progress;
use crate::offline::{Product, Way};
use crate::rows;
use crate::runner::{self, Listener};
use crate::session::Session;
use crate::tenants::{self, Many};
use crate::ui::{Format, Ui};
use crate::versions::{Versions, ticked};

/// Run what lies between the database and a revision.
///
/// A SQLite database that is not there is made. Every migration has a
/// transaction of its own, where `[migrations] transaction` says nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask upgrade head
  cargo xtask upgrade +1
  cargo xtask upgrade ac31 --dry-run
  cargo xtask upgrade head --dry-run --rows
  cargo xtask upgrade head --strict
  cargo xtask upgrade head --table-lock-timeout 2 --table-lock-attempts 10
  cargo xtask upgrade --each urls.txt --jobs 8
  cargo xtask upgrade --tenants 'SELECT schema_name FROM tenant'
  cargo xtask upgrade --sql > script.sql
  cargo xtask upgrade --sql ac31:head --dialect postgres")]
pub(crate) struct Args {
    /// `head`, `+N`, an id or the beginning of one; with `--sql` also `FROM:TO`.
    #[arg(default_value = "head", allow_negative_numbers = true)]
    revision: String,
    #[command(flatten)]
    options: Options,
}

/// What `upgrade` and `downgrade` share.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Show what would run, with its hazards; run nothing.
    #[arg(long, conflicts_with = "sql")]
    dry_run: bool,
    /// Print a script for the database's own client (`sqlite3`, `psql`,
    /// `mariadb`); run nothing, and open no database. It begins at `base` where
    /// no `FROM:TO` is given.
    #[arg(long)]
    sql: bool,
    /// Which database the script is for; else the one of the url.
    #[arg(long, value_enum, requires = "sql", value_name = "NAME")]
    dialect: Option<Product>,
    /// Stop where a file was changed after it was run, or came in below what was
    /// run, and where there are no migrations.
    #[arg(long, conflicts_with = "sql")]
    strict: bool,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    rows: rows::Counting,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    many: Many,
}

/// How long what may be waited for, and how often it is tried.
#[derive(Debug, clap::Args)]
struct Limits {
    /// How long to wait while somebody else runs a migration; 30 s else.
    #[arg(long, value_name = "SECONDS")]
    lock_timeout: Option<u64>,
    /// How long a statement waits for the lock of a table on a server, and
    /// everybody else behind it; 10 s else.
    #[arg(long, value_name = "SECONDS")]
    table_lock_timeout: Option<u64>,
    /// How often a revision is tried that cannot get that lock; 3 times else.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    table_lock_attempts: Option<u32>,
    /// How long one statement may take on a server; for ever else. MySQL knows
    /// no such limit, MariaDB does.
    #[arg(long, visible_alias = "timeout", value_name = "SECONDS")]
    statement_timeout: Option<u64>,
}

impl Limits {
    fn of(&self, mut migrator: Migrator) -> Migrator {
        if let Some(seconds) = self.lock_timeout {
            migrator = migrator.lock_timeout(Duration::from_secs(seconds));
        }
        if let Some(seconds) = self.table_lock_timeout {
            migrator = migrator.table_lock_timeout(Duration::from_secs(seconds));
        }
        if let Some(attempts) = self.table_lock_attempts {
            migrator = migrator.table_lock_attempts(attempts);
        }
        match self.statement_timeout {
            Some(seconds) => migrator.statement_timeout(Duration::from_secs(seconds)),
            None => migrator,
        }
    }
}

impl Options {
    /// The same on many databases.
    async fn walk_many(
        &self,
        target: &str,
        direction: Direction,
        session: &Session<'_>,
    ) -> Result<Outcome> {
        let script = "the script of one is the script of all: run it on each";
        self.many.refuse("--sql", self.sql, script)?;
        let rows = "look at one database: `--database-url URL`";
        self.many.refuse("--rows", self.rows.shows_keys(), rows)?;
        let walk = tenants::Walk {
            direction,
            target,
            dry_run: self.dry_run,
            strict: self.strict,
            format: self.format,
        };
        tenants::walk(walk, &self.many, session, |m| self.limits.of(m)).await
    }
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    walk(&args.revision, Direction::Up, &args.options, session).await
}

/// Runs migrations in one direction, or shows them.
pub(crate) async fn walk(
    target: &str,
    direction: Direction,
    options: &Options,
    session: &Session<'_>,
) -> Result<Outcome> {
    if options.many.is_asked_for() {
        return options.walk_many(target, direction, session).await;
    }
    if options.sql {
        let way = Way {
            direction,
            target,
            said: options.dialect,
            format: options.format,
        };
        way.print(session, |migrator| options.limits.of(migrator))
            .await?;
        return Ok(Outcome::Done);
    }
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let url = session.database_url(&config)?;
    let migrator = options
        .limits
        .of(runner::running(session, &config, &versions)?);
    let progress = Progress::default();
    let migrator = runner::telling(migrator, Listener::of(session), &progress);
    if versions.graph.is_empty() {
        without_migrations(&config, options, session)?;
    }
    let status = place(&migrator, &url).await?;
    let rows = &status.current;
    // Where a revision is half done, the way does not begin at the rows.
    if status.unknown.is_empty() && status.halfway.is_none() {
        let path = match direction {
            Direction::Up => versions.graph.upgrade_path(rows, target)?,
            Direction::Down => versions.graph.downgrade_path(rows, target)?,
        };
        if direction == Direction::Up && path.is_empty() && database::is_absent(&url) {
            // No database is made to run nothing on it.
            report_ran(&[], rows, direction, options, session.ui);
            return Ok(Outcome::Done);
        }
        let typed = format!("{} {target}", direction.as_str());
        runner::refuse_uncompiled(&migrator, &path, &typed)?;
        edited(&status, options, session)?;
    }
    let migrator = match session.scratch_url(&config)? {
        Some(scratch) => migrator.scratch(scratch),
        None => migrator,
    };
    let migrator = match options.rows.limits() {
        Some(limits) => migrator.count_rows(limits),
        None => migrator,
    };
    if options.dry_run {
        let planned = migrator.plan(&url, direction, target).await?;
        report_plan(&planned, direction, options, (&url, session.ui));
        return Ok(Outcome::Done);
    }
    if session.ui.verbose > 0 {
        tell_context(&url, session.ui)?;
    }
    let in_one = config.file.migrations.transaction != TransactionMode::None;
    let keeps = !in_one || !database::dialect(&url)?.client().transactional;
    let run = async {
        match direction {
            Direction::Up => migrator.upgrade(&url, target).await,
            Direction::Down => migrator.downgrade(&url, target).await,
        }
    };
    let ran = progress.run(run, keeps, session).await?;
    report_ran(&ran, rows, direction, options, session.ui);
    Ok(Outcome::Done)
}

/// What the database can do, in the words that Alembic has for it.
fn tell_context(url: &Url, ui: Ui) -> Result<()> {
    let dialect = database::dialect(url)?;
    let non = match dialect.client().transactional {
        true => "",
        false => "non-",
    };
    ui.note(format_args!(
        "Context impl {}; will assume {non}transactional DDL.",
        dialect.title()
    ));
    Ok(())
}

/// Where a database is; nowhere where it is not there.
async fn place(migrator: &Migrator, url: &Url) -> Result<Status> {
    let in_memory = !url.is_server() && url.path().is_none();
    if in_memory || database::is_absent(url) {
        return Ok(Status::default());
    }
    Ok(migrator.status_before_run(url).await?)
}

/// Tells that there is nothing that could be run: who starts a program may have
/// left the folder behind.
fn without_migrations(config: &Config, options: &Options, session: &Session<'_>) -> Result<()> {
    let said = format!("`{}` holds no migrations", config.shown(&config.versions()));
    let hint = format!(
        "`[migrations] dir` says where they are, and `{}` writes the first",
        session.typed("autogen -m \"...\"")
    );
    if options.strict {
        return Err(Failure::with_hint(said, hint));
    }
    session.ui.warn(format_args!("{said}: {hint}"));
    Ok(())
}

/// Tells of files that are not what was run: what is run now was made for what
/// they said then.
fn edited(status: &Status, options: &Options, session: &Session<'_>) -> Result<()> {
    for (said, hint) in not_as_run(status, session) {
        if options.strict {
            return Err(Failure::with_hint(said, hint));
        }
        session.ui.warn(format_args!("{said}: {hint}"));
    }
    Ok(())
}

/// Files that are not what the database has run, and what to do about them.
pub(crate) fn not_as_run(status: &Status, session: &Session<'_>) -> Vec<(String, String)> {
    told_not_as_run(&status.edited, &status.unrecorded, session)
}

/// The same of revisions that were changed, and of those of which no run is on
/// record.
pub(super) fn told_not_as_run(
    edited: &[String],
    unrecorded: &[String],
    session: &Session<'_>,
) -> Vec<(String, String)> {
    let mut told = Vec::new();
    let repair = |ids: &[String]| session.typed(&format!("stamp --repair {}", ids.join(" ")));
    if !edited.is_empty() {
        told.push((
            format!(
                "{} was changed since the database has run it",
                ticked(edited)
            ),
            format!("put it back, or accept it with `{}`", repair(edited)),
        ));
    }
    if let Some(first) = unrecorded.first() {
        told.push((
            format!(
                "no run of {} is on record, and the database counts as past it",
                ticked(unrecorded)
            ),
            format!(
                "where its file came in below what was run already, `{}` prints what the database \
                 lacks; where it is there, `{}` says so",
                session.typed(&format!("show {first} --sql")),
                repair(unrecorded)
            ),
        ));
    }
    told
}

/// Says what was run, or where the database is already.
fn report_ran(ran: &[Ran], at: &[String], direction: Direction, options: &Options, ui: Ui) {
    if options.format == Format::Json {
        let ids: Vec<&str> = ran.iter().map(|r| r.revision.as_str()).collect();
        ui.document(&json!({ "direction": direction.as_str(), "revisions": ids }));
    } else if ran.is_empty() && at.is_empty() {
        ui.note("nothing to run");
    } else if ran.is_empty() {
        ui.note(format_args!(
            "nothing to run: the database is at {}",
            ticked(at)
        ));
    }
}

/// Says what would be run.
fn report_plan(
    planned: &[PlannedRevision],
    direction: Direction,
    options: &Options,
    (url, ui): (&Url, Ui),
) {
    if options.format == Format::Json {
        let revisions: Vec<Value> = planned
            .iter()
            .map(|planned| planned_document(planned, url.dialect_name()))
            .collect();
        ui.document(&json!({ "direction": direction.as_str(), "revisions": revisions }));
        return;
    }
    if planned.is_empty() {
        ui.note("nothing to run");
    }
    for planned in planned {
        let message = planned
            .revision
            .header
            .message
            .lines()
            .next()
            .unwrap_or_default();
        ui.report(format_args!(
            "-- {} {}, {message}",
            direction.as_str(),
            planned.revision.id()
        ));
        for statement in &planned.statements {
            if let Some(note) = &statement.note {
                ui.report(format_args!("-- {note}"));
            }
            for hazard in &statement.hazards {
                ui.report(format_args!("-- {}", hazards::line(hazard)));
                for line in rows::lines(hazard, &planned.rows) {
                    ui.report(format_args!("--   {line}"));
                }
            }
            ui.report(format_args!("{};", statement.sql.trim_end()));
        }
    }
}

/// One revision that would be run, in JSON.
fn planned_document(planned: &PlannedRevision, dialect: &str) -> Value {
    let statements: Vec<Value> = planned
        .statements
        .iter()
        .map(|statement| {
            let hazards = hazards::document(&statement.hazards, dialect, &planned.rows);
            json!({ "sql": statement.sql, "why": statement.why, "hazards": hazards })
        })
        .collect();
    json!({
        "id": planned.revision.id(),
        "message": planned.revision.header.message,
        "statements": statements,
    })
}
