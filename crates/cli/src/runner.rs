//! Migrations for the migrator: those that were compiled in, or those of the
//! folder.

use std::collections::BTreeSet;
use std::fmt::Display;

use aludel::{Event, Migrations, Migrator, Transactions};
use aludel_core::revision::Revision;

use crate::config::{Config, TransactionMode};
use crate::error::{Failure, Result};
use crate::hooks::{Applied, OnApplied};
use crate::interrupt::Progress;
use crate::session::Session;
use crate::ui::{Bar, Ui};
use crate::versions::{Versions, ticked};

/// A migrator that only looks: it needs nothing compiled.
pub(crate) fn looking(config: &Config, versions: &Versions) -> Migrator {
    Migrator::new(of_folder(versions))
        .version_table(config.version_table())
        .schemas(config.scope().schemas)
}

/// A migrator that runs.
///
/// # Errors
/// Compiled migrations that are not those of the folder.
pub(crate) fn running(
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
) -> Result<Migrator> {
    let migrations = match session.app.migrations {
        Some(compiled) => {
            refuse_stale(compiled, versions, session)?;
            compiled.clone()
        }
        None => of_folder(versions),
    };
    let excluded = crate::database::excluded(config)?;
    Ok(Migrator::new(&migrations)
        .version_table(config.version_table())
        .schemas(config.scope().schemas)
        .transactions(match config.file.migrations.transaction {
            TransactionMode::Each => Transactions::Each,
            TransactionMode::All => Transactions::All,
            TransactionMode::None => Transactions::None,
        })
        .tables_of_others(move |table| excluded.is_match(table)))
}

/// Who is told of a run as it goes.
#[derive(Clone)]
pub(crate) struct Listener {
    ui: Ui,
    told: Vec<OnApplied>,
    /// The database, where there are many; revisions are then told with `-v`
    /// alone, above the bar.
    tenant: Option<(String, Bar)>,
}

impl Listener {
    /// Who is told of the run of a command.
    pub(crate) fn of(session: &Session<'_>) -> Self {
        Self {
            ui: session.ui,
            told: session.app.hooks.on_applied.clone(),
            tenant: None,
        }
    }

    /// The same for one database of many.
    pub(crate) fn of_tenant(session: &Session<'_>, name: &str, bar: Bar) -> Self {
        Self {
            tenant: Some((name.to_owned(), bar)),
            ..Self::of(session)
        }
    }

    fn note(&self, text: impl Display) {
        match &self.tenant {
            None => self.ui.note(text),
            Some((name, bar)) if self.ui.verbose > 0 => bar.note(format_args!("{name}: {text}")),
            Some(_) => {}
        }
    }

    fn warn(&self, text: impl Display) {
        match &self.tenant {
            None => self.ui.warn(text),
            Some((name, bar)) => bar.warn(format_args!("{name}: {text}")),
        }
    }
}

/// The same, telling each revision as it begins, and whoever wants to know when
/// it is done.
pub(crate) fn telling(migrator: Migrator, listener: Listener, progress: &Progress) -> Migrator {
    let progress = progress.clone();
    migrator.on_event(move |event| {
        progress.note(event);
        tell(event, &listener);
    })
}

fn tell(event: &Event<'_>, ui: &Listener) {
    match event {
        Event::Started {
            revision,
            direction,
        } => ui.note(format_args!("Running {}", direction.describe(revision))),
        Event::Resumed { applied, .. } => ui.note(format_args!(
            "  going on behind {applied} statement(s) that were applied before"
        )),
        Event::TakenBack {
            revision,
            direction,
            applied,
        } => ui.note(format_args!(
            "Taking back the {} of {}, which stopped behind {applied} statement(s)",
            direction.as_str(),
            revision.id()
        )),
        Event::Retrying { reason, wait, .. } => ui.warn(format_args!(
            "{reason}; trying again in {} s, nothing is locked meanwhile",
            wait.as_secs()
        )),
        Event::Waiting { holders: [], .. } => {
            ui.note("waiting for another process that has the database locked");
        }
        Event::Waiting { holders, .. } => ui.note(format_args!(
            "waiting for another migration, of {}",
            holders.join("; ")
        )),
        Event::Running {
            statement, elapsed, ..
        } => ui.note(format_args!(
            "  still running after {} s: {}",
            elapsed.as_secs(),
            statement.why
        )),
        Event::Unrehearsed { reason } => ui.warn(format_args!(
            "the plan is what is written, tried nowhere: {reason}; {}",
            reason.hint().unwrap_or_default()
        )),
        Event::Orphans {
            table,
            parent,
            rows,
        } => ui.warn(format_args!(
            "{rows} row(s) of `{table}` refer to rows of `{parent}` that do not exist, as before; \
             they are kept"
        )),
        Event::Finished {
            revision,
            direction,
            took,
        } => {
            for told in &ui.told {
                told(&Applied {
                    tenant: ui.tenant.as_ref().map(|(name, _)| name.as_str()),
                    revision: revision.id(),
                    direction: *direction,
                    took: *took,
                });
            }
        }
        Event::Statement { statement, .. } if ui.ui.verbose > 0 => {
            ui.note(format_args!("  {};", statement.sql));
        }
        _ => {}
    }
}

/// Stops before anything runs where a file on the way has to be compiled and
/// was not.
///
/// # Errors
/// Such files, with the command that compiles them.
pub(crate) fn refuse_uncompiled(
    migrator: &Migrator,
    path: &[&Revision],
    typed: &str,
) -> Result<()> {
    let migrations = migrator.migrations();
    let uncompiled: Vec<&str> = path
        .iter()
        .filter(|r| migrations.file(r).is_some_and(|f| !f.is_runnable()))
        .map(|r| r.file_name.as_str())
        .collect();
    if uncompiled.is_empty() {
        return Ok(());
    }
    Err(Failure::with_hint(
        format!(
            "{} has to be compiled before it can run",
            ticked(&uncompiled)
        ),
        format!("type `cargo xtask {typed}`"),
    ))
}

/// The migrations of the folder, as they are.
fn of_folder(versions: &Versions) -> Migrations {
    let texts = versions.texts.iter();
    Migrations::from_files(texts.map(|(n, t)| (n.clone(), t.clone())).collect())
}

/// Compiled migrations have to be those of the folder.
fn refuse_stale(compiled: &Migrations, versions: &Versions, session: &Session<'_>) -> Result<()> {
    let differs = |name: &str, text: &str| versions.texts.get(name).is_none_or(|t| t != text);
    let mut names: Vec<&str> = compiled
        .files()
        .iter()
        .filter(|file| differs(file.name(), file.text()))
        .map(aludel::MigrationFile::name)
        .collect();
    let compiled: BTreeSet<&str> = compiled.files().iter().map(|file| file.name()).collect();
    names.extend(
        versions
            .texts
            .keys()
            .map(String::as_str)
            .filter(|n| !compiled.contains(n)),
    );
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok(());
    }
    Err(Failure::with_hint(
        format!(
            "the compiled migrations are older than the folder: {} differs",
            ticked(&names)
        ),
        format!(
            "run `{} ...` again, so that cargo compiles them; the build.rs of the migrations crate \
             has to say `cargo::rerun-if-changed=versions`",
            session.app.invocation
        ),
    ))
}
