//! The files that `autogen` makes: one, or the steps of a change that locks no
//! table in use for long.
//!
//! Which steps there are is the dialect's to say
//! ([`aludel_core::dialect::Dialect::online`]); every one of them is proven as
//! a migration of its own, from where the one before it has arrived.

use aludel::db::Connection;
use aludel_core::dialect::{Dialect, OnlineStep, Snapshot};
use aludel_core::diff::Wanted;
use aludel_core::hazard::HazardKind;
use aludel_core::revision::Header;
use serde_json::{Value, json};

use crate::compare::{self, Comparison, Difference};
use crate::config::{Config, FileFormat};
use crate::error::{Failure, Result};
use crate::file::{self, NewFile};
use crate::placing::Placing;
use crate::proof::Proof;
use crate::session::Session;
use crate::versions::Versions;
use crate::write::Writing;

/// How files are made.
pub(crate) struct Making<'a> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) config: &'a Config,
    pub(crate) comparison: &'a Comparison,
    pub(crate) format: FileFormat,
    /// The dialect that the files name.
    pub(crate) dialect: Option<&'a str>,
    /// Whether they are proven before they are written.
    pub(crate) prove: bool,
    /// Whether a replay alone is too little.
    pub(crate) strict: bool,
}

/// What one file does.
pub(crate) struct One<'a> {
    pub(crate) versions: &'a Versions,
    pub(crate) before: &'a Snapshot,
    pub(crate) wanted: &'a Wanted,
    pub(crate) difference: &'a Difference,
}

/// What all the steps do together.
pub(crate) struct Whole<'a> {
    pub(crate) message: &'a str,
    /// Where the first one stands.
    pub(crate) placing: &'a Placing,
    pub(crate) versions: Versions,
    pub(crate) before: Snapshot,
    pub(crate) wanted: &'a Wanted,
    pub(crate) difference: &'a Difference,
}

/// One step.
pub(crate) struct Step {
    /// What it is for; empty where there is only one.
    pub(crate) about: String,
    /// What it does.
    pub(crate) difference: Difference,
    /// Its revision and file; none where only statements are asked for.
    pub(crate) file: Option<(Header, NewFile)>,
}

/// The steps of a difference; `None` where they are not asked for, or where
/// the configuration asks for them and the database has none.
///
/// # Errors
/// They are asked for of a database that has none.
pub(crate) fn steps(
    asked: bool,
    config: &Config,
    dialect: &dyn Dialect,
    before: &Snapshot,
    difference: &Difference,
) -> Result<Option<Vec<OnlineStep>>> {
    if !asked && !config.file.migrations.online || difference.is_empty() {
        return Ok(None);
    }
    let steps = dialect.online(before, &difference.operations);
    if steps.is_none() && asked {
        return Err(Failure::with_hint(
            format!(
                "{} has one writer at a time: there are no steps that lock less",
                dialect.title()
            ),
            "leave `--online` out; what a change locks is told beside it",
        ));
    }
    Ok(steps)
}

/// One id is for one revision.
///
/// # Errors
/// There are several.
pub(crate) fn refuse_one_id(rev_id: Option<&str>, steps: &[OnlineStep]) -> Result<()> {
    match rev_id {
        Some(id) if steps.len() > 1 => Err(Failure::with_hint(
            format!(
                "`--rev-id {id}` names one revision, and this change is made in {}",
                steps.len()
            ),
            "leave `--rev-id` or `--online` out",
        )),
        _ => Ok(()),
    }
}

impl Making<'_> {
    /// The file of one migration.
    ///
    /// # Errors
    /// A direction that the database cannot go, or that does not arrive.
    pub(crate) async fn file(
        &self,
        one: &One<'_>,
        header: &mut Header,
        connection: Option<&mut Connection<'static>>,
    ) -> Result<NewFile> {
        let writing = Writing::new(self.comparison.dialect, one.before, one.difference)?;
        if !self.prove {
            let parts = writing.parts(self.format, header)?;
            return file::compose(self.config, self.format, header, &parts);
        }
        let _progress = self.session.ui.progress("proving");
        let proof = Proof {
            comparison: self.comparison,
            config: self.config,
            versions: one.versions,
            before: one.before,
            wanted: one.wanted,
            difference: one.difference,
            format: self.format,
            strict: self.strict,
            session: self.session,
        };
        proof.file(&writing, header, connection).await
    }

    /// What each step does, without files.
    ///
    /// # Errors
    /// A step that the database cannot do.
    pub(crate) fn steps(
        &self,
        before: &Snapshot,
        steps: Vec<OnlineStep>,
        whole: &Difference,
    ) -> Result<Vec<Step>> {
        let mut before = before.clone();
        let mut done = Vec::new();
        for OnlineStep { about, operations } in steps {
            let difference = self.comparison.step(&before, operations, whole)?;
            before = difference.after.clone();
            done.push(Step {
                about,
                difference,
                file: None,
            });
        }
        Ok(done)
    }

    /// The files of the steps, each behind the one before it.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub(crate) async fn files(
        &self,
        whole: Whole<'_>,
        steps: Vec<OnlineStep>,
        mut connection: Option<&mut Connection<'static>>,
    ) -> Result<Vec<Step>> {
        let Whole {
            mut versions,
            mut before,
            ..
        } = whole;
        let mut steps = self.steps(&before, steps, whole.difference)?;
        let count = steps.len();
        let mut behind: Option<Placing> = None;
        for (at, step) in steps.iter_mut().enumerate() {
            let message = match step.about.as_str() {
                "" => whole.message.to_owned(),
                about => format!("{}, {} of {count}, {about}", whole.message.trim(), at + 1),
            };
            let placing = behind.as_ref().unwrap_or(whole.placing);
            let mut header = file::new_header(&versions, &message, placing, self.dialect)?;
            behind = Some(Placing {
                head: Some(header.id.clone()),
                ..Placing::default()
            });
            let mut comparison = self.comparison.clone();
            let arrived;
            let wanted = if at + 1 == count {
                whole.wanted
            } else {
                arrived = compare::exactly_all(&mut comparison, step.difference.after.clone());
                &arrived
            };
            let one = One {
                versions: &versions,
                before: &before,
                wanted,
                difference: &step.difference,
            };
            let making = Making {
                comparison: &comparison,
                ..*self
            };
            let new = making
                .file(&one, &mut header, connection.as_deref_mut())
                .await?;
            let name = new.path.file_name().unwrap_or_default();
            versions = versions.with(&name.to_string_lossy(), &new.text)?;
            before = step.difference.after.clone();
            step.file = Some((header, new));
        }
        Ok(steps)
    }
}

/// All steps, as JSON says them.
pub(crate) fn document(steps: &[Step], config: &Config) -> Value {
    let file = |step: &Step| {
        step.file
            .as_ref()
            .map(|(header, new)| (header.id.clone(), config.shown(&new.path)))
    };
    let revisions: Vec<Value> = steps
        .iter()
        .map(|step| {
            let (id, path) = file(step).unzip();
            json!({
                "about": step.about,
                "revision": id,
                "path": path,
                "operations": step.difference.document(),
            })
        })
        .collect();
    let all = steps.iter().map(|step| step.difference.document());
    let all: Vec<Value> = all
        .flat_map(|document| match document {
            Value::Array(list) => list,
            other => vec![other],
        })
        .collect();
    let (id, path) = steps.last().and_then(file).unzip();
    json!({
        "in_sync": false,
        "operations": all,
        "revision": id,
        "path": path,
        "revisions": revisions,
    })
}

/// Says what locks a table all the same.
pub(crate) fn warn_of_locks(steps: &[Step], session: &Session<'_>) {
    let locks = |kind| matches!(kind, HazardKind::BlocksReads | HazardKind::BlocksWrites);
    for entry in steps.iter().flat_map(|step| &step.difference.entries) {
        if let Some(hazard) = entry.hazards.iter().find(|h| locks(h.kind)) {
            session.ui.warn(format_args!(
                "there is no way to {} that locks nothing for long: it {hazard}",
                entry.description.text
            ));
        }
    }
}
