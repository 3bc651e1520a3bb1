//! What `lint` finds in migration files.
//!
//! | module | owns |
//! |---|---|
//! | `allow` | comments that allow a hazard at a line, with the reason |
//! | `lines` | which line of a file a step is on |
//! | `report` | findings for people, in JSON, as annotations |
//!
//! It is given what was judged and the texts of the files; it knows neither
//! databases nor how anything is judged.

mod allow;
mod lines;
mod report;

use aludel::{JudgedRevision, Place};
use aludel_core::dialect::Dialect;
use aludel_core::hazard::{Hazard, HazardKind, Level, in_order};
use aludel_core::revision::Revision;

use crate::config::LintSection;
use allow::Allow;

pub(crate) use report::{Totals, annotation, document, reports};

/// One thing that `lint` says of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The id of the revision.
    pub(crate) revision: String,
    /// The file, as messages show it.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The word of the kind of hazard, or `allow`.
    pub(crate) kind: &'static str,
    /// How bad it is.
    pub(crate) level: Level,
    /// What it is about.
    pub(crate) message: String,
    /// Why that is bad.
    pub(crate) why: &'static str,
    /// What to do instead.
    pub(crate) safe: String,
}

/// A file that is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looked<'a> {
    /// Its revision.
    pub(crate) revision: &'a Revision,
    /// The file, as messages show it.
    pub(crate) shown: &'a str,
    /// What stands in it.
    pub(crate) text: &'a str,
    /// What it is judged for.
    pub(crate) dialect: &'a dyn Dialect,
}

/// What there is to say of a file.
pub(crate) fn findings(
    file: Looked<'_>,
    judged: &JudgedRevision,
    section: &LintSection,
) -> Vec<Finding> {
    let mut steps = placed(file, judged);
    if judged.one_way {
        let line = lines::of_upgrade(file.text, file.revision.format);
        let message = "the revision has no way back";
        let hazard = Hazard::new(HazardKind::NotReversible, message);
        let hazard = hazard
            .instead("write the downgrade, or say with `allow(not_reversible)` why there is none");
        steps.push((line, vec![hazard]));
    }
    let mut allows = Allow::all(file.text, file.revision.format);
    let mut found = Vec::new();
    for (line, hazards) in steps {
        for hazard in hazards {
            let Some(level) = section.level(&hazard) else {
                allow::mark_off(&mut allows, line, hazard.kind);
                continue;
            };
            if allow::allows(&mut allows, line, hazard.kind) {
                continue;
            }
            found.push(Finding {
                revision: judged.id.clone(),
                file: file.shown.to_owned(),
                line,
                kind: hazard.kind.as_str(),
                level,
                safe: hazard.safe_way(file.dialect.name()).to_owned(),
                message: hazard.to_string(),
                why: hazard.kind.rule().why,
            });
        }
    }
    let about_allows = allows.iter().flat_map(Allow::problems);
    found.extend(about_allows.map(|problem| Finding {
        revision: judged.id.clone(),
        file: file.shown.to_owned(),
        line: problem.line,
        kind: "allow",
        level: problem.level,
        message: problem.message,
        why: problem.why,
        safe: problem.safe,
    }));
    found.sort_by_key(|finding| finding.line);
    found
}

/// The steps with their lines; two steps of one line are one.
fn placed(file: Looked<'_>, judged: &JudgedRevision) -> Vec<(usize, Vec<Hazard>)> {
    let statements = lines::of_statements(file.text, file.revision.format, file.dialect);
    let mut steps: Vec<(usize, Vec<Hazard>)> = Vec::new();
    for step in &judged.steps {
        let line = match step.place {
            Place::Line(line) => line as usize,
            Place::Statement(at) => statements.get(at).copied().unwrap_or(1),
        };
        match steps.iter_mut().find(|(known, _)| *known == line) {
            Some((_, hazards)) => {
                hazards.extend(step.hazards.iter().cloned());
                in_order(hazards);
            }
            None => steps.push((line, step.hazards.clone())),
        }
    }
    steps
}
