//! Heads that nobody keeps apart: what is left when two branches of the source,
//! each with a migration of its own, are merged.
//!
//! Branches that are meant to stay have labels of their own, and then their heads
//! are no mistake; nor is one that another one depends on.

use std::collections::BTreeMap;

use aludel_core::revision::Revision;

use crate::session::Session;
use crate::versions::{Versions, ticked};

/// Heads that have to be joined.
#[derive(Debug)]
pub(crate) struct Split<'v> {
    /// Two or more, in the order of the history.
    pub(crate) heads: Vec<&'v Revision>,
}

/// All of them, those of equal labels together.
pub(crate) fn all(versions: &Versions) -> Vec<Split<'_>> {
    let graph = &versions.graph;
    let heads = graph.effective_heads();
    let mut groups: BTreeMap<_, Vec<&Revision>> = BTreeMap::new();
    for (revision, labels) in graph.revisions().iter().zip(graph.branch_labels()) {
        if heads.contains(&revision.id()) {
            groups.entry(labels).or_default().push(revision);
        }
    }
    let several = groups.into_values().filter(|heads| heads.len() > 1);
    several.map(|heads| Split { heads }).collect()
}

impl Split<'_> {
    /// Their ids.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.heads.iter().map(|head| head.id()).collect()
    }

    /// What is wrong.
    pub(crate) fn message(&self) -> String {
        format!("Multiple heads are present: {}", ticked(&self.ids()))
    }

    /// What to do about it.
    pub(crate) fn hint(&self, session: &Session<'_>) -> String {
        let merge = format!("merge -m \"...\" {}", self.ids().join(" "));
        format!(
            "`{}` joins them; branches that are to stay apart have `Branch Labels`",
            session.typed(&merge)
        )
    }
}
