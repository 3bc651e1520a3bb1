//! `check`.

mod github;
mod places;

use aludel::ReplayedHistory;
use aludel_core::dialect::Dialect;
use serde_json::{Value, json};

use crate::annotate::{self, Format};
use crate::app::Outcome;
use crate::compare;
use crate::config::Config;
use crate::drift::Drift;
use crate::error::{Failure, Result};
use crate::objects::Asking;
use crate::offline::{self, Product};
use crate::session::Session;
use crate::split::{self, Split};
use crate::versions::Versions;
use crate::{database, models, objects, stale};

/// Compare the models with the database; end with 1 where they differ.
///
/// Revisions that the database has not run yet count as a difference. What the
/// database has and models cannot say is listed with `-v`; it counts with
/// `--strict`, and so does a file that was changed after it was run. Several heads
/// that nobody keeps apart by branch labels are told; they count with `--offline`
/// and with `--strict`. `--format github` annotates the lines of a pull request:
/// the fields that differ, the files of revisions.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cargo xtask check\n  cargo xtask check --format json --strict\n  \
                  cargo xtask check --offline --dialect postgres\n  \
                  cargo xtask check --offline --format github"
)]
pub(crate) struct Args {
    /// What models cannot say counts as a difference, and so does a file that
    /// was changed after it was run.
    #[arg(long)]
    strict: bool,
    /// Compare the models with what the migrations make instead; open no
    /// database.
    #[arg(long)]
    offline: bool,
    /// Which database the migrations are for; else the one of the url.
    #[arg(long, value_enum, requires = "offline", value_name = "NAME")]
    dialect: Option<Product>,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Both sides, and what only a database tells.
struct Looked {
    drift: Drift,
    dialect: &'static dyn Dialect,
    pending: Vec<String>,
    heads: Vec<String>,
    edited: Vec<String>,
    unrecorded: Vec<String>,
    /// What is told of both.
    not_as_run: Vec<(String, String)>,
}

/// The database, at work.
async fn online(
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
    scanned: &models::Sources,
) -> Result<Looked> {
    let url = session.database_url(config)?;
    let _progress = session.ui.progress("reading the database");
    let mut connection = database::open(&url).await?;
    let dialect = connection.dialect();
    let status = super::current::status(session, config, versions, &mut connection).await?;
    super::current::refuse_unknown(&status, versions)?;
    let drift = Drift::look(session, config, scanned, &mut connection).await?;
    connection.close().await?;
    Ok(Looked {
        drift,
        dialect,
        not_as_run: super::upgrade::not_as_run(&status, session),
        pending: status.pending,
        heads: status.heads,
        edited: status.edited,
        unrecorded: status.unrecorded,
    })
}

/// What the migrations make, and no database.
async fn offline(
    args: &Args,
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
    scanned: &models::Sources,
) -> Result<Looked> {
    let dialect = offline::dialect(args.dialect, session, config, versions)?;
    let history = offline::replayed(dialect, session, config, versions, "check --offline").await?;
    let ReplayedHistory {
        dialect,
        snapshot,
        mut copy,
    } = history;
    let asking = Asking {
        session,
        config,
        on_scratch: true,
    };
    let asked = match &mut copy {
        Some(copy) => Some(copy.connection()?),
        None => None,
    };
    let drift = Drift::between(&asking, scanned, (dialect, snapshot), asked).await;
    if let Some(copy) = copy {
        copy.close().await?;
    }
    Ok(Looked {
        drift: drift?,
        dialect,
        pending: Vec::new(),
        heads: Vec::new(),
        edited: Vec::new(),
        unrecorded: Vec::new(),
        not_as_run: Vec::new(),
    })
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    annotate::failing(checked(args, session).await, args.format, session)
}

/// Looks at both sides, or says in addition why nothing could be seen: what two
/// branches have made in the same way cannot be run one after the other.
async fn looked(
    args: &Args,
    session: &Session<'_>,
    config: &Config,
    (versions, splits): (&Versions, &[Split<'_>]),
    scanned: &models::Sources,
) -> Result<Looked> {
    let looked = match args.offline {
        true => offline(args, session, config, versions, scanned).await,
        false => online(session, config, versions, scanned).await,
    };
    looked.map_err(|mut failure| {
        for split in splits {
            let split = Failure::with_hint(split.message(), split.hint(session));
            failure.reports.extend(split.reports);
        }
        failure
    })
}

async fn checked(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let splits = split::all(&versions);
    let scanned = models::scanned(session, &config)?;
    let status = looked(args, session, &config, (&versions, &splits), &scanned).await?;
    let (dialect, drift) = (status.dialect, &status.drift);
    let Drift {
        difference,
        snapshot,
        wanted,
        unmanaged,
    } = drift;
    let mut unmanaged = unmanaged.clone();
    if let Some(problem) = difference.impossible() {
        session.ui.warn(problem);
    }
    objects::tell_makers(&mut unmanaged, &versions, dialect);
    let unmanaged = &unmanaged;
    let clean = difference.is_empty() && status.pending.is_empty();
    let strict = !unmanaged.is_empty() || !status.not_as_run.is_empty();
    // A database that has run them all is where it should be.
    let unmerged = !splits.is_empty() && (args.offline || args.strict);
    let found = !clean || unmerged || (args.strict && strict);
    for (said, hint) in &status.not_as_run {
        session.ui.warn(format_args!("{said}: {hint}"));
    }
    // What differs may still need them.
    let stale = match clean {
        true => stale::renames(dialect, wanted, &scanned.rust.models, &snapshot.schema),
        false => Vec::new(),
    };
    match args.format {
        Format::Json => {
            let unmanaged: Vec<Value> = unmanaged
                .iter()
                .map(|u| json!({ "kind": u.kind, "name": u.name, "detail": u.detail }))
                .collect();
            session.ui.document(&json!({
                "in_sync": clean,
                "operations": difference.document(),
                "pending": status.pending,
                "unmerged": splits.iter().map(Split::ids).collect::<Vec<_>>(),
                "edited": status.edited,
                "unrecorded": status.unrecorded,
                "unmanaged": unmanaged,
                "removable": stale
                    .iter()
                    .map(|s| json!({ "name": s.now, "renamed_from": s.renamed_from }))
                    .collect::<Vec<Value>>(),
            }));
        }
        Format::Github => {
            let seen = github::Seen {
                session,
                config: &config,
                versions: &versions,
                sources: &scanned,
                status: &status,
                splits: &splits,
                unmerged,
                unmanaged,
                strict: args.strict,
                next: next(args, session),
            };
            annotate::print(seen.annotations(), Some(&config.root), session);
            if !found {
                report(args, &status, session);
            }
        }
        Format::Text => {
            report(args, &status, session);
            for split in &splits {
                let said = format!("{}: {}", split.message(), split.hint(session));
                match unmerged {
                    true => session.ui.report(said),
                    false => session.ui.warn(said),
                }
            }
            for stale in &stale {
                session.ui.note(stale);
            }
            if session.ui.verbose > 0 || args.strict {
                for thing in unmanaged {
                    let detail = thing.detail.as_deref().unwrap_or_default();
                    let line = format!("unmanaged {} `{}` {detail}", thing.kind, thing.name);
                    session.ui.report(line.trim_end());
                }
            }
        }
    }
    Ok(if found { Outcome::Found } else { Outcome::Done })
}

/// Says what differs.
fn report(args: &Args, status: &Looked, session: &Session<'_>) {
    let (difference, pending) = (&status.drift.difference, &status.pending);
    let side = match args.offline {
        true => "migrations",
        false => "database",
    };
    if !pending.is_empty() {
        session.ui.report(format_args!(
            "pending: {}; `{}` runs them",
            pending.join(", "),
            session.typed(super::autogen::upgrade_to(&status.heads))
        ));
    }
    if difference.is_empty() {
        if pending.is_empty() {
            session
                .ui
                .report(format_args!("in sync: models and {side} do not differ"));
        }
        return;
    }
    session.ui.report(format_args!("models and {side} differ:"));
    for line in difference.entries.iter().flat_map(compare::Entry::lines) {
        session.ui.report(line);
    }
    if pending.is_empty() {
        session.ui.note(next(args, session));
    }
}

/// What to do about a difference.
fn next(args: &Args, session: &Session<'_>) -> String {
    let offline = if args.offline { "--offline " } else { "" };
    let next = session.typed(&format!("autogen {offline}-m \"...\""));
    format!("`{next}` writes the migration")
}
