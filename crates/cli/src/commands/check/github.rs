//! What `check` found, as annotations of a pull request.

use aludel_core::dialect::Unmanaged;
use aludel_core::hazard::Level;

use super::Looked;
use super::places::Source;
use crate::annotate::{Annotation, Place};
use crate::commands::upgrade;
use crate::compare::Entry;
use crate::config::Config;
use crate::hazards;
use crate::models::Sources;
use crate::session::Session;
use crate::split::Split;
use crate::versions::Versions;

/// Everything that was looked at.
pub(super) struct Seen<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) config: &'a Config,
    pub(super) versions: &'a Versions,
    pub(super) sources: &'a Sources,
    pub(super) status: &'a Looked,
    pub(super) splits: &'a [Split<'a>],
    /// Whether several heads are an error.
    pub(super) unmerged: bool,
    pub(super) unmanaged: &'a [Unmanaged],
    pub(super) strict: bool,
    /// What to do about a difference.
    pub(super) next: String,
}

impl Seen<'_> {
    /// One for every difference and every revision that is not as it should be.
    pub(super) fn annotations(&self) -> Vec<Annotation> {
        let mut all = self.of_differences();
        all.extend(self.of_heads());
        all.extend(self.of_pending());
        all.extend(self.of_changed_files());
        if self.strict {
            all.extend(self.unmanaged.iter().map(|thing| {
                let detail = thing.detail.as_deref().unwrap_or_default();
                let message = format!("unmanaged {} `{}` {detail}", thing.kind, thing.name);
                error("models cannot say it", None, message.trim_end().to_owned())
            }));
        }
        all
    }

    fn of_differences(&self) -> Vec<Annotation> {
        let drift = &self.status.drift;
        let source = Source {
            sources: self.sources,
            wanted: &drift.wanted,
            default_schema: &drift.snapshot.server.schema,
        };
        let difference = &drift.difference;
        let one = |entry: &Entry| {
            let place = source.of(entry, &difference.operations);
            let mut lines = vec![entry.description.text.clone()];
            let hazards = entry.hazards.iter().filter(|h| h.is_for_review());
            lines.extend(hazards.map(hazards::line));
            lines.push(self.next.clone());
            error("schema difference", place, lines.join("\n"))
        };
        difference.entries.iter().map(one).collect()
    }

    fn of_heads(&self) -> Vec<Annotation> {
        let one = |split: &Split<'_>| {
            let message = format!("{}\n{}", split.message(), split.hint(self.session));
            let level = match self.unmerged {
                true => Level::Error,
                false => Level::Warning,
            };
            let heads = split.heads.iter().map(|head| Annotation {
                level,
                place: self.file(head.id()),
                title: "several heads".into(),
                message: message.clone(),
            });
            heads.collect::<Vec<_>>()
        };
        self.splits.iter().flat_map(one).collect()
    }

    fn of_pending(&self) -> Vec<Annotation> {
        let pending = self.status.pending.iter();
        pending
            .map(|id| {
                let message = format!("the database has not run `{id}` yet");
                error("pending revision", self.file(id), message)
            })
            .collect()
    }

    fn of_changed_files(&self) -> Vec<Annotation> {
        let level = match self.strict {
            true => Level::Error,
            false => Level::Warning,
        };
        let one = |id: &String, told: Vec<(String, String)>| {
            let told = told.into_iter();
            told.map(|(said, hint)| Annotation {
                level,
                place: self.file(id),
                title: "not as it was run".into(),
                message: format!("{said}\n{hint}"),
            })
            .collect::<Vec<_>>()
        };
        let tell = |edited: &[String], unrecorded: &[String]| {
            upgrade::told_not_as_run(edited, unrecorded, self.session)
        };
        let edited = self.status.edited.iter();
        let edited = edited.flat_map(|id| one(id, tell(std::slice::from_ref(id), &[])));
        let unrecorded = self.status.unrecorded.iter();
        let unrecorded = unrecorded.flat_map(|id| one(id, tell(&[], std::slice::from_ref(id))));
        edited.chain(unrecorded).collect()
    }

    /// The line of a revision's file with its id, where there is such a file.
    fn file(&self, id: &str) -> Option<Place> {
        let revision = self.versions.graph.get(id)?;
        let path = self.versions.path(revision);
        let text = self.versions.texts.get(&revision.file_name)?;
        let has_id = |line: &str| line.contains("Revision ID:");
        let line = text.lines().position(has_id).map_or(1, |at| at + 1);
        Some(Place::line(self.config.shown(&path), line))
    }
}

fn error(title: &str, place: Option<Place>, message: String) -> Annotation {
    Annotation {
        level: Level::Error,
        place,
        title: title.to_owned(),
        message,
    }
}
