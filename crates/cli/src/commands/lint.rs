//! `lint`.

use aludel::Migrator;
use aludel::db::Url;
use aludel_core::dialect::{Dialect, Snapshot, named};
use aludel_core::revision::{Format as FileFormat, Revision};

use crate::annotate::{self, Format};
use crate::app::Outcome;
use crate::config::Config;
use crate::error::{Failure, Result};
use crate::lint::{self, Finding, Looked, Totals};
use crate::session::Session;
use crate::versions::Versions;
use crate::{database, runner};

/// Say what migrations may destroy, fail on, rewrite, lock or break.
///
/// Looks at the revisions that are named, or at those that the database has
/// not run yet, or at all where no database is given; ends with 1 where a
/// finding is an error. `[lint]` in `aludel.toml` says how bad each kind is, and
/// a comment above a step allows one there:
/// `// aludel: allow(deletes_data) the reason` (`--` in SQL).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask lint
  cargo xtask lint head
  cargo xtask lint ac31:head --format json
  cargo xtask lint ac31: --format github
  cargo xtask lint --dialect postgres")]
pub(crate) struct Args {
    /// Revisions, or ranges of them: `ac31`, `head`, `a:b`.
    #[arg(value_name = "REV|A:B", allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// What Rust files are judged for where no database is given: `sqlite`,
    /// `postgres`, `mysql`.
    #[arg(long, value_name = "NAME")]
    dialect: Option<String>,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    annotate::failing(linted(args, session).await, args.format, session)
}

async fn linted(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let asked = asked_dialect(args)?;
    let url = match asked {
        Some(_) if session.global.database_url.is_none() => None,
        _ => given_url(session, &config)?,
    };
    let there = match &url {
        Some(url) => Some(There::read(session, &config, &versions, url).await?),
        None => None,
    };
    let selected = select(args, &versions, there.as_ref())?;
    let migrator = runner::running(session, &config, &versions)?;
    let typed = format!("lint {}", args.revisions.join(" "));
    runner::refuse_uncompiled(&migrator, &selected, typed.trim_end())?;
    let dialect = asked.or(there.as_ref().map(|there| there.dialect));
    let all = judge(&migrator, &selected, &config, &versions, there, dialect)?;
    let found: Vec<Finding> = all.iter().flat_map(|(found, _)| found.clone()).collect();
    match args.format {
        Format::Json => session.ui.document(&lint::document(&found, selected.len())),
        Format::Text => {
            for (found, text) in &all {
                session.ui.findings(&lint::reports(found, text));
            }
        }
        Format::Github => {
            let annotations = found.iter().map(lint::annotation).collect();
            annotate::print(annotations, Some(&config.root), session);
        }
    }
    let totals = Totals::of(&found);
    if args.format != Format::Json {
        let revisions = match selected.len() {
            1 => "1 revision".to_owned(),
            n => format!("{n} revisions"),
        };
        session.ui.report(format_args!("{revisions}: {totals}"));
    }
    let failed = totals.errors > 0;
    Ok(if failed {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

fn asked_dialect(args: &Args) -> Result<Option<&'static dyn Dialect>> {
    let Some(name) = &args.dialect else {
        return Ok(None);
    };
    let known: Vec<&str> = aludel_core::dialect::ALL.iter().map(|d| d.name()).collect();
    let found = named(name).ok_or_else(|| {
        Failure::with_hint(
            format!("there is no dialect `{name}`"),
            format!("there are {}", known.join(", ")),
        )
    })?;
    Ok(Some(found))
}

/// The database, if one is given anywhere.
fn given_url(session: &Session<'_>, config: &Config) -> Result<Option<Url>> {
    match session.database_url(config) {
        Ok(url) => Ok(Some(url)),
        Err(_) if session.has_no_url(config) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What is known of the database.
struct There {
    dialect: &'static dyn Dialect,
    snapshot: Snapshot,
    pending: Vec<String>,
    current: Vec<String>,
}

impl There {
    async fn read(
        session: &Session<'_>,
        config: &Config,
        versions: &Versions,
        url: &Url,
    ) -> Result<Self> {
        if database::is_absent(url) {
            return Self::absent(versions, url);
        }
        let mut connection = database::open(url).await?;
        let status = super::current::status(session, config, versions, &mut connection).await?;
        super::current::refuse_unknown(&status, versions)?;
        let snapshot = database::snapshot(&mut connection, config).await?;
        let dialect = connection.dialect();
        connection.close().await?;
        Ok(Self {
            dialect,
            snapshot,
            pending: status.pending,
            current: status.current,
        })
    }
}

impl There {
    /// A file that nobody has made yet: nothing was run.
    fn absent(versions: &Versions, url: &Url) -> Result<Self> {
        let name = url.dialect_name();
        let dialect = named(name).ok_or_else(|| {
            Failure::with_hint(
                format!("this program knows no database `{name}`"),
                "it was built without it",
            )
        })?;
        let all = versions.graph.revisions().iter();
        Ok(Self {
            dialect,
            snapshot: Snapshot::default(),
            pending: all.map(|r| r.id().to_owned()).collect(),
            current: Vec::new(),
        })
    }
}

/// The revisions to look at, oldest first.
fn select<'v>(
    args: &Args,
    versions: &'v Versions,
    there: Option<&There>,
) -> Result<Vec<&'v Revision>> {
    let all = versions.graph.revisions().iter();
    if args.revisions.is_empty() {
        let wanted = |r: &&Revision| there.is_none_or(|t| t.pending.iter().any(|p| p == r.id()));
        return Ok(all.filter(wanted).collect());
    }
    let current = there.map(|t| t.current.as_slice()).unwrap_or_default();
    let mut wanted: Vec<&str> = Vec::new();
    for target in &args.revisions {
        if target.contains(':') {
            let (from, to) = super::history::parse_range(target)?;
            let range = versions.graph.range(from, to, current)?;
            wanted.extend(range.into_iter().map(Revision::id));
        } else {
            let found = versions.graph.resolve(target, current)?;
            wanted.extend(found.iter().map(|r| r.id()));
        }
    }
    Ok(all.filter(|r| wanted.contains(&r.id())).collect())
}

/// What there is to say of each file, with its text.
fn judge<'v>(
    migrator: &Migrator,
    selected: &[&Revision],
    config: &Config,
    versions: &'v Versions,
    there: Option<There>,
    dialect: Option<&'static dyn Dialect>,
) -> Result<Vec<(Vec<Finding>, &'v str)>> {
    let mut all = Vec::new();
    let (before, path) = path(selected, versions, there.as_ref());
    let rust = |r: &&Revision| r.format == FileFormat::Rust;
    let walked = if selected.iter().any(rust) {
        let dialect = dialect.ok_or_else(|| {
            Failure::with_hint(
                "what a Rust migration does depends on the database, and none is given",
                "give `--dialect NAME`, or `--database-url URL`",
            )
        })?;
        runner::refuse_uncompiled(migrator, &path, "lint")?;
        walk(migrator, before, &path, dialect)?
    } else if let Some(own) = common_dialect(&path, dialect)? {
        // Of a database that is not this one nothing is known.
        let other = there
            .as_ref()
            .is_some_and(|t| t.dialect.name() != own.name());
        let before = if other { Snapshot::default() } else { before };
        walk(migrator, before, &path, own)?
    } else {
        Vec::new()
    };
    for revision in selected {
        let text = versions.texts.get(&revision.file_name);
        let text = text.map(String::as_str).unwrap_or_default();
        let judged = match walked.iter().find(|(judged, _)| judged.id == revision.id()) {
            Some(judged) => judged.clone(),
            None => {
                let own = own_dialect(revision, dialect)?;
                let snapshot = there.as_ref().filter(|t| t.dialect.name() == own.name());
                let snapshot = snapshot.map(|t| t.snapshot.clone()).unwrap_or_default();
                match walk(migrator, snapshot, &[*revision], own)?.pop() {
                    Some(judged) => judged,
                    None => continue,
                }
            }
        };
        let (judged, dialect) = judged;
        let shown = config.shown(&versions.path(revision));
        let looked = Looked {
            revision,
            shown: &shown,
            text,
            dialect,
        };
        all.push((lint::findings(looked, &judged, &config.file.lint), text));
    }
    Ok(all)
}

/// What runs up to the last of these revisions, and the database before it: all
/// that the given one has not run, or everything from nothing.
fn path<'v>(
    selected: &[&Revision],
    versions: &'v Versions,
    there: Option<&There>,
) -> (Snapshot, Vec<&'v Revision>) {
    let all = versions.graph.revisions().iter();
    let is_pending = |t: &There, id: &str| t.pending.iter().any(|p| p == id);
    let pending = |t: &&There| selected.iter().all(|r| is_pending(t, r.id()));
    let (before, mut path): (Snapshot, Vec<&Revision>) = match there.filter(pending) {
        Some(there) => {
            let path = all.filter(|r| is_pending(there, r.id()));
            (there.snapshot.clone(), path.collect())
        }
        None => {
            let snapshot = Snapshot {
                server: there.map(|t| t.snapshot.server.clone()).unwrap_or_default(),
                ..Snapshot::default()
            };
            (snapshot, all.collect())
        }
    };
    let last = path
        .iter()
        .rposition(|r| selected.iter().any(|s| s.id() == r.id()));
    path.truncate(last.map_or(0, |at| at + 1));
    (before, path)
}

/// What revisions do one after another.
fn walk(
    migrator: &Migrator,
    before: Snapshot,
    path: &[&Revision],
    dialect: &'static dyn Dialect,
) -> Result<Vec<(aludel::JudgedRevision, &'static dyn Dialect)>> {
    let judged = migrator.judge(dialect, before, path)?;
    Ok(judged.into_iter().map(|judged| (judged, dialect)).collect())
}

/// The dialect of files of SQL that follow each other; `None` where there are
/// others among them.
fn common_dialect(
    path: &[&Revision],
    asked: Option<&'static dyn Dialect>,
) -> Result<Option<&'static dyn Dialect>> {
    let mut common: Option<&'static dyn Dialect> = None;
    for revision in path {
        if revision.format == FileFormat::Rust {
            return Ok(None);
        }
        let own = own_dialect(revision, asked)?;
        if common.is_some_and(|common| common.name() != own.name()) {
            return Ok(None);
        }
        common = Some(own);
    }
    Ok(common)
}

/// The dialect that a SQL file names.
fn own_dialect(
    revision: &Revision,
    asked: Option<&'static dyn Dialect>,
) -> Result<&'static dyn Dialect> {
    let own = revision.header.dialect.as_deref();
    let own = own.and_then(named).or(asked);
    own.ok_or_else(|| {
        Failure::with_hint(
            format!(
                "`{}` does not say for which database it is",
                revision.file_name
            ),
            "its header has a line `Dialect:`",
        )
    })
}
