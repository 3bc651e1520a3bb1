//! `check`.

use serde_json::{Value, json};

use crate::app::Outcome;
use crate::compare::{self, Difference};
use crate::drift::Drift;
use crate::error::Result;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::{Versions, ticked};
use crate::{database, models, objects, stale};

/// Compare the models with the database; end with 1 where they differ.
///
/// Revisions that the database has not run yet count as a difference. What the
/// database has and models cannot say is listed with `-v`; it counts with
/// `--strict`, and so does a file that was changed after it was run.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cargo xtask check\n  cargo xtask check --format json --strict"
)]
pub(crate) struct Args {
    /// What models cannot say counts as a difference, and so does a file that
    /// was changed after it was run.
    #[arg(long)]
    strict: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let url = session.database_url(&config)?;
    let scanned = models::scanned(session, &config)?;
    let progress = session.ui.progress("reading the database");
    let mut connection = database::open(&url).await?;
    let dialect = connection.dialect();
    let status = super::current::status(session, &config, &versions, &mut connection).await?;
    super::current::refuse_unknown(&status, &versions)?;
    let drift = Drift::look(session, &config, &scanned, &mut connection).await?;
    connection.close().await?;
    drop(progress);
    let Drift {
        difference,
        snapshot,
        wanted,
        mut unmanaged,
    } = drift;
    if let Some(problem) = difference.impossible() {
        session.ui.warn(problem);
    }
    objects::tell_makers(&mut unmanaged, &versions, dialect);
    let unmanaged = &unmanaged;
    let clean = difference.is_empty() && status.pending.is_empty();
    let strict = !unmanaged.is_empty() || !status.edited.is_empty();
    let found = !clean || (args.strict && strict);
    if !status.edited.is_empty() {
        let repair = format!("stamp --repair {}", status.edited.join(" "));
        session.ui.warn(format_args!(
            "{} was changed since the database has run it: put it back, or accept it with `{}`",
            ticked(&status.edited),
            session.typed(&repair)
        ));
    }
    // What differs may still need them.
    let stale = match clean {
        true => stale::renames(dialect, &wanted, &scanned.rust.models, &snapshot.schema),
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
                "edited": status.edited,
                "unmanaged": unmanaged,
                "removable": stale
                    .iter()
                    .map(|s| json!({ "name": s.now, "renamed_from": s.renamed_from }))
                    .collect::<Vec<Value>>(),
            }));
        }
        Format::Text => {
            report(&difference, &status, session);
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
fn report(difference: &Difference, status: &aludel::Status, session: &Session<'_>) {
    let pending = &status.pending;
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
                .report("in sync: models and database do not differ");
        }
        return;
    }
    session.ui.report("models and database differ:");
    for line in difference.entries.iter().flat_map(compare::Entry::lines) {
        session.ui.report(line);
    }
    if pending.is_empty() {
        let next = session.typed("autogen -m \"...\"");
        session
            .ui
            .note(format_args!("`{next}` writes the migration"));
    }
}
