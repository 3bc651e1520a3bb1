//! `status`.

use std::time::Duration;

use aludel::db::Url;
use aludel::{Migrator, Status};
use serde_json::{Value, json};

use crate::app::Outcome;
use crate::config::Config;
use crate::drift::Drift;
use crate::error::{Failure, Result};
use crate::session::Session;
use crate::ui::{Format, Paint};
use crate::versions::{Versions, ticked};
use crate::{database, models, runner};

/// Show where the database is, what is to be run, what differs from the
/// models, and who is running a migration: all in one screen.
///
/// It changes nothing, and ends with 0 whatever it finds, but with `--strict`;
/// `check` is for scripts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask status
  cargo xtask status -v
  cargo xtask status --strict
  cargo xtask status --format json")]
pub(crate) struct Args {
    /// End with 1 where a file was changed after it was run, or the database is
    /// at a revision that no file holds.
    #[arg(long)]
    strict: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// All that is shown.
struct Seen {
    url: Url,
    /// Whether there is a database.
    exists: bool,
    status: Status,
    /// The lock, in words, and whether somebody has it.
    lock: (String, bool),
    drift: Differs,
}

/// How the database differs from the models.
enum Differs {
    By(Box<Drift>),
    /// It could not be told, and why.
    Unknown(String),
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let url = session.database_url(&config)?;
    let seen = look(url, session, &config, &versions).await?;
    match args.format {
        Format::Json => session.ui.document(&document(&seen)),
        Format::Text => report(&seen, session, &versions),
    }
    super::current::mention_unknown(&seen.status.current, &versions, session);
    let status = &seen.status;
    let wrong = [&status.edited, &status.unrecorded, &status.unknown];
    let wrong = wrong.iter().any(|ids| !ids.is_empty());
    Ok(match args.strict && wrong {
        true => Outcome::Found,
        false => Outcome::Done,
    })
}

async fn look(
    url: Url,
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
) -> Result<Seen> {
    let migrator = runner::looking(config, versions);
    if database::is_absent(&url) {
        let heads = versions.graph.heads();
        let pending = versions.graph.revisions().iter();
        return Ok(Seen {
            url,
            exists: false,
            status: Status {
                heads: heads.into_iter().map(str::to_owned).collect(),
                pending: pending.map(|r| r.id().to_owned()).collect(),
                ..Status::default()
            },
            lock: ("free".to_owned(), false),
            drift: Differs::Unknown("there is no database yet".to_owned()),
        });
    }
    let _progress = session.ui.progress("reading the database");
    let mut connection = database::open(&url).await?;
    let status = migrator.status(&mut connection).await?;
    // Before anything that takes a while: who runs now may be done by then.
    let lock = lock(&migrator, &url, &status).await;
    let drift = match models::scanned(session, config) {
        // What is halfway differs anyway, and its tables may be locked.
        _ if lock.1 => Err(Failure::with_hint("a migration is running", "wait for it")),
        Ok(scanned) => Drift::look(session, config, &scanned, &mut connection).await,
        Err(failure) => Err(failure),
    };
    connection.close().await?;
    let drift = match drift {
        Ok(drift) => Differs::By(Box::new(drift)),
        Err(failure) => Differs::Unknown(failure.summary()),
    };
    Ok(Seen {
        lock,
        exists: true,
        url,
        status,
        drift,
    })
}

/// Who runs a migration. What stands in the database may be left over from a
/// process that died: only the lock tells.
async fn lock(migrator: &Migrator, url: &Url, status: &Status) -> (String, bool) {
    let said = status.running.as_ref().map(|running| {
        format!(
            "the {} of `{}` since {} by process {} on {}",
            running.direction, running.revision, running.started_at, running.pid, running.host
        )
    });
    // To look at the lock of SQLite is to take it for a moment.
    if !url.is_server() && said.is_none() {
        return ("free".to_owned(), false);
    }
    let mut held = migrator.lock_holder(url).await;
    if said.is_some() && matches!(held, Ok(None)) {
        // It is said a moment before the lock is taken, and a moment after the
        // lock was given back.
        tokio::time::sleep(MOMENT).await;
        held = migrator.lock_holder(url).await;
        let now = migrator.status(url).await;
        if now.is_ok_and(|now| now.running != status.running) && matches!(held, Ok(None)) {
            return ("free".to_owned(), false);
        }
    }
    match (held, said) {
        (Err(error), said) => {
            let said = said.map(|said| format!("; on record is {said}"));
            (
                format!("not known: {error}{}", said.unwrap_or_default()),
                false,
            )
        }
        (Ok(None), None) => ("free".to_owned(), false),
        (Ok(None), Some(said)) => (
            format!("free; {said} was never ended: that process is gone"),
            false,
        ),
        (Ok(Some(by)), said) => {
            let mut words = said.into_iter().collect::<Vec<_>>();
            words.extend(by);
            (format!("held: {}", words.join("; ")), true)
        }
    }
}

/// How long what is said may differ from what is.
const MOMENT: Duration = Duration::from_millis(300);

/// The lines, aligned.
fn report(seen: &Seen, session: &Session<'_>, versions: &Versions) {
    let ui = session.ui;
    let line = |name: &str, text: String| {
        let name = format!("{name:<9}");
        ui.report(format!("{}  {text}", ui.paint(&name, Paint::Faint)));
    };
    let good = |text: &str| ui.paint(text, Paint::Good);
    let bad = |text: &str| ui.paint(text, Paint::Bad);
    let status = &seen.status;
    let absent = if seen.exists { "" } else { " (not there yet)" };
    line("database", format!("{}{absent}", seen.url));
    line("current", listed(&status.current, versions, session));
    line("heads", listed(&status.heads, versions, session));
    line(
        "pending",
        match status.pending.len() {
            0 => good("none"),
            n => {
                let next = session.typed(super::autogen::upgrade_to(&status.heads));
                let number = ui.paint(&n.to_string(), Paint::Notable);
                let shown = listed(&status.pending, versions, session);
                let them = if n == 1 { "it" } else { "them" };
                format!("{number}; `{next}` runs {them}\n           {shown}")
            }
        },
    );
    if !status.unknown.is_empty() {
        let ids = ticked(&status.unknown);
        line("unknown", bad(&format!("{ids}: in no migration file")));
    }
    if let Some(halfway) = &status.halfway {
        let words = super::current::halfway_words(halfway);
        line("halfway", bad(&words));
    }
    line(
        "edited",
        match status.edited.as_slice() {
            [] => good("none"),
            ids => {
                let repair = session.typed(&format!("stamp --repair {}", ids.join(" ")));
                let ids = ticked(ids);
                bad(&format!(
                    "{ids}: changed since it was run; `{repair}` accepts that"
                ))
            }
        },
    );
    if !status.unrecorded.is_empty() {
        let ids = ticked(&status.unrecorded);
        let show = session.typed("show REV --sql");
        let words =
            format!("{ids}: counted as run, and no run is on record; `{show}` tells what it does");
        line("below", bad(&words));
    }
    line("drift", drift_words(seen, session));
    let (lock, held) = &seen.lock;
    line(
        "lock",
        match held {
            true => ui.paint(lock, Paint::Notable),
            false => good(lock),
        },
    );
}

/// Revisions with their messages, one a line where there are several.
fn listed(ids: &[String], versions: &Versions, session: &Session<'_>) -> String {
    /// More are counted.
    const MOST: usize = 8;
    let ui = session.ui;
    let one = |id: &String| {
        let message = versions.graph.get(id).map(crate::describe::first_line);
        let id = ui.paint(id, Paint::Revision);
        match message.filter(|m| !m.is_empty()) {
            Some(message) => format!("{id}, {message}"),
            None => id,
        }
    };
    let most = if ui.verbose > 0 { ids.len() } else { MOST };
    let mut lines: Vec<String> = ids.iter().take(most).map(one).collect();
    if ids.len() > most {
        lines.push(format!("and {} more", ids.len() - most));
    }
    match lines.as_slice() {
        [] => "<base>".to_owned(),
        lines => lines.join("\n           "),
    }
}

fn drift_words(seen: &Seen, session: &Session<'_>) -> String {
    let ui = session.ui;
    let drift = match &seen.drift {
        Differs::Unknown(reason) => {
            return ui.paint(&format!("not known: {reason}"), Paint::Notable);
        }
        Differs::By(drift) => drift,
    };
    let entries = &drift.difference.entries;
    if entries.is_empty() {
        return ui.paint("none: models and database do not differ", Paint::Good);
    }
    let mut lines = vec![ui.paint(
        &match entries.len() {
            1 => "1 difference to the models".to_owned(),
            n => format!("{n} differences to the models"),
        },
        Paint::Bad,
    )];
    if !seen.status.pending.is_empty() {
        lines.push("(what is pending was not run, and may be what differs)".to_owned());
    }
    lines.extend(entries.iter().map(|e| format!("  {}", e.description.text)));
    lines.join("\n           ")
}

fn document(seen: &Seen) -> Value {
    let status = &seen.status;
    let drift = match &seen.drift {
        Differs::By(drift) => json!({
            "in_sync": drift.difference.is_empty(),
            "operations": drift.difference.document(),
        }),
        Differs::Unknown(reason) => json!({ "in_sync": null, "reason": reason }),
    };
    json!({
        "database": seen.url.to_string(),
        "exists": seen.exists,
        "current": status.current,
        "heads": status.heads,
        "at_head": seen.exists && status.is_current(),
        "pending": status.pending,
        "unknown": status.unknown,
        "edited": status.edited,
        "unrecorded": status.unrecorded,
        "halfway": status.halfway.as_ref().map(|h| json!({
            "revision": h.revision,
            "direction": h.direction,
            "applied": h.applied,
            "unsettled": h.unsettled,
        })),
        "running": status.running.as_ref().map(|r| json!({
            "revision": r.revision,
            "direction": r.direction,
            "started_at": r.started_at,
            "host": r.host,
            "pid": r.pid,
        })),
        "lock": { "held": seen.lock.1, "detail": seen.lock.0 },
        "drift": drift,
    })
}
