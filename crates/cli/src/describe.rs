//! Revisions in words: one line, all lines, JSON.
//!
//! The lines are Alembic's, so that people and their scripts know them.

use std::collections::{BTreeMap, BTreeSet};

use aludel::LoggedRun;
use aludel_core::revision::Revision;
use serde_json::{Value, json};

use crate::config::Config;
use crate::session::Session;
use crate::ui::Paint;
use crate::versions::Versions;

/// What is needed to tell of any revision of a folder.
#[derive(Debug)]
pub(crate) struct Describe<'a> {
    session: &'a Session<'a>,
    config: &'a Config,
    versions: &'a Versions,
    current: BTreeSet<&'a str>,
    heads: BTreeSet<&'a str>,
    labels: BTreeMap<&'a str, BTreeSet<&'a str>>,
    runs: BTreeMap<&'a str, Vec<&'a LoggedRun>>,
}

impl<'a> Describe<'a> {
    /// Revisions with marks at those that the database is at.
    pub(crate) fn new(
        session: &'a Session<'a>,
        config: &'a Config,
        versions: &'a Versions,
        current: &'a [String],
    ) -> Self {
        let graph = &versions.graph;
        let ids = graph.revisions().iter().map(Revision::id);
        Self {
            session,
            config,
            versions,
            current: current.iter().map(String::as_str).collect(),
            heads: graph.heads().into_iter().collect(),
            labels: ids.zip(graph.branch_labels()).collect(),
            runs: BTreeMap::new(),
        }
    }

    /// The same, with what is on record of them.
    pub(crate) fn with_runs(mut self, runs: &'a [LoggedRun]) -> Self {
        for run in runs {
            self.runs.entry(&run.revision).or_default().push(run);
        }
        self
    }

    /// The labels of the branches that a revision is on.
    pub(crate) fn labels(&self, id: &str) -> Vec<&'a str> {
        let labels = self.labels.get(id);
        labels.into_iter().flatten().copied().collect()
    }

    /// Whether the database is at it.
    pub(crate) fn is_current(&self, id: &str) -> bool {
        self.current.contains(id)
    }

    /// `ac31 (wifi) (head)`.
    pub(crate) fn marked(&self, revision: &Revision) -> String {
        let mut line = self.session.ui.paint(revision.id(), Paint::Revision);
        let labels = self.labels(revision.id());
        if !labels.is_empty() {
            line.push_str(&format!(" ({})", labels.join(", ")));
        }
        line.push_str(&self.marks(revision));
        line
    }

    /// `ac31 (wifi) (head), message`.
    pub(crate) fn named(&self, revision: &Revision) -> String {
        let mut line = self.marked(revision);
        let needed = &revision.header.depends_on;
        if !needed.is_empty() {
            let text = format!("(depends on {})", needed.join(", "));
            line.push(' ');
            line.push_str(&self.session.ui.paint(&text, Paint::Faint));
        }
        match first_line(revision) {
            "" => line,
            message => format!("{line}, {message}"),
        }
    }

    /// `parent -> id (head), message`.
    pub(crate) fn short(&self, revision: &Revision) -> String {
        let parents = match revision.header.parents.as_slice() {
            [] => "<base>".to_owned(),
            parents => parents.join(", "),
        };
        format!("{parents} -> {}", self.named(revision))
    }

    /// All that a header says, with the file.
    pub(crate) fn long(&self, revision: &Revision) -> String {
        let header = &revision.header;
        let ui = self.session.ui;
        let id = ui.paint(&header.id, Paint::Revision);
        let mut lines = vec![format!("Rev: {id}{}", self.marks(revision))];
        let list = |items: &[String]| items.join(", ");
        lines.push(match header.parents.as_slice() {
            [] => "Parent: <base>".into(),
            [parent] => format!("Parent: {parent}"),
            parents => format!("Merges: {}", list(parents)),
        });
        if !header.depends_on.is_empty() {
            lines.push(format!("Also depends on: {}", list(&header.depends_on)));
        }
        let children = self.versions.graph.children(revision.id());
        if children.len() > 1 {
            lines.push(format!("Branches into: {}", children.join(", ")));
        }
        let labels = self.labels(revision.id());
        if !labels.is_empty() {
            lines.push(format!("Branch names: {}", labels.join(", ")));
        }
        let path = self.config.shown(&self.versions.path(revision));
        lines.push(format!("Path: {path}"));
        lines.push(format!("Create Date: {}", header.create_date));
        if let Some(proven) = &header.proven {
            lines.push(format!("Proven: {proven}"));
        }
        for run in self.runs.get(revision.id()).into_iter().flatten() {
            lines.push(self.run_line(run));
        }
        lines.push(String::new());
        lines.extend(
            header
                .message
                .lines()
                .map(|l| format!("    {l}").trim_end().to_owned()),
        );
        lines.push(String::new());
        lines.join("\n")
    }

    /// `Upgrade: 2026-11-20T18:30:12Z, 12 ms, ...`.
    fn run_line(&self, run: &LoggedRun) -> String {
        let word = match run.direction.as_str() {
            "downgrade" => "Downgrade",
            "repair" => "Repair",
            _ => "Upgrade",
        };
        let text = format!(
            "{word}: {}, {} ms, by process {} on {}, aludel {}, checksum {}",
            run.started_at, run.duration_ms, run.pid, run.host, run.aludel_version, run.checksum
        );
        self.session.ui.paint(&text, Paint::Faint)
    }

    /// One revision in JSON.
    pub(crate) fn document(&self, revision: &Revision) -> Value {
        let header = &revision.header;
        let runs: Vec<Value> = self
            .runs
            .get(revision.id())
            .into_iter()
            .flatten()
            .map(|run| {
                json!({
                    "direction": run.direction,
                    "started_at": run.started_at,
                    "duration_ms": run.duration_ms,
                    "host": run.host,
                    "pid": run.pid,
                    "aludel_version": run.aludel_version,
                    "checksum": run.checksum,
                })
            })
            .collect();
        json!({
            "runs": runs,
            "id": revision.id(),
            "parents": header.parents,
            "children": self.versions.graph.children(revision.id()),
            "message": header.message,
            "labels": header.labels,
            "branches": self.labels(revision.id()),
            "depends_on": header.depends_on,
            "create_date": header.create_date,
            "proven": header.proven,
            "path": self.config.shown(&self.versions.path(revision)),
            "is_head": self.heads.contains(revision.id()),
            "is_current": self.is_current(revision.id()),
        })
    }

    /// ` (head)`, ` (current)`, ` (branchpoint)`, ` (mergepoint)`.
    fn marks(&self, revision: &Revision) -> String {
        let ui = self.session.ui;
        let id = revision.id();
        let mut marks = String::new();
        let mut mark = |is: bool, word: &str, paint: Paint| {
            if is {
                marks.push(' ');
                marks.push_str(&ui.paint(word, paint));
            }
        };
        mark(self.heads.contains(id), "(head)", Paint::Notable);
        let children = self.versions.graph.children(id).len();
        mark(children > 1, "(branchpoint)", Paint::Faint);
        let parents = revision.header.parents.len();
        mark(parents > 1, "(mergepoint)", Paint::Faint);
        mark(self.is_current(id), "(current)", Paint::Good);
        marks
    }
}

/// The first line of a message.
pub(crate) fn first_line(revision: &Revision) -> &str {
    revision.header.message.lines().next().unwrap_or_default()
}
