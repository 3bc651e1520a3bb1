//! What lies below and above a revision.
//!
//! A place is where a revision stands in topological order, so what a revision
//! needs has a smaller one. Questions about two revisions look only at the
//! places between them: asking one question for each of ten thousand
//! revisions stays cheap.

use std::collections::BTreeSet;

use super::Revision;
use super::graph::RevisionGraph;

/// A set of places.
#[derive(Debug, Clone)]
pub(super) struct Places(Vec<bool>);

impl Places {
    pub(super) fn none(count: usize) -> Self {
        Self(vec![false; count])
    }

    pub(super) fn contains(&self, place: usize) -> bool {
        self.0.get(place).copied().unwrap_or_default()
    }

    /// Whether the place is new.
    pub(super) fn insert(&mut self, place: usize) -> bool {
        match self.0.get_mut(place) {
            Some(slot) => !std::mem::replace(slot, true),
            None => false,
        }
    }

    /// The places, in topological order.
    pub(super) fn places(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let all = self.0.iter().enumerate();
        all.filter(|(_, is_in)| **is_in).map(|(place, _)| place)
    }
}

impl RevisionGraph {
    /// These and all that they need.
    pub(super) fn closure(&self, from: &[usize]) -> Places {
        self.reach(from, &self.requires)
    }

    pub(super) fn reach(&self, from: &[usize], edges: &[Vec<usize>]) -> Places {
        let mut seen = Places::none(self.revisions().len());
        let mut open: Vec<usize> = from.to_vec();
        from.iter().for_each(|at| {
            seen.insert(*at);
        });
        while let Some(at) = open.pop() {
            open.extend(edges[at].iter().copied().filter(|next| seen.insert(*next)));
        }
        seen
    }

    /// What is on one line with a revision: what it follows, and what follows
    /// it. Dependencies do not count.
    pub(super) fn lineage(&self, place: usize) -> Places {
        let mut line = self.reach(&[place], &self.parents);
        for above in self.reach(&[place], &self.children).places() {
            line.insert(above);
        }
        line
    }

    /// Whether one of these needs that place, or is it.
    pub(super) fn covers(&self, from: &[usize], place: usize) -> bool {
        if from.contains(&place) {
            return true;
        }
        // Few are met: the question is asked for each revision of a run.
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = from.iter().copied().filter(|at| *at > place).collect();
        while let Some(at) = open.pop() {
            for next in &self.requires[at] {
                if *next == place {
                    return true;
                }
                // Below the place there is no way back up to it.
                if *next > place && seen.insert(*next) {
                    open.push(*next);
                }
            }
        }
        false
    }

    /// These without those that others of them need.
    pub(super) fn uncovered(&self, places: &[usize]) -> Vec<usize> {
        let is_told = |at: &usize| {
            let mut others = places.to_vec();
            others.retain(|other| other != at);
            self.covers(&others, *at)
        };
        places.iter().copied().filter(|at| !is_told(at)).collect()
    }

    /// Those of a set that no other one of it needs.
    pub(super) fn tips(&self, set: &Places) -> Vec<usize> {
        let is_tip = |at: &usize| !self.required_by[*at].iter().any(|up| set.contains(*up));
        set.places().filter(is_tip).collect()
    }

    /// What a branch has of its own beside another one: the revisions that the
    /// first follows and the second does not, itself included, in topological
    /// order.
    pub fn own_of(&self, branch: &str, other: &str) -> Vec<&Revision> {
        let below = |id: &str| {
            let places: Vec<usize> = self.by_id.get(id).copied().into_iter().collect();
            self.reach(&places, &self.parents)
        };
        let (own, other) = (below(branch), below(other));
        let own = own.places().filter(|at| !other.contains(*at));
        own.map(|at| self.at(at)).collect()
    }

    /// Everything that follows a revision, dependents included, in topological
    /// order.
    pub fn above(&self, id: &str) -> Vec<&Revision> {
        let place = self.by_id.get(id).copied();
        let places: Vec<usize> = place.into_iter().collect();
        let above = self.reach(&places, &self.required_by);
        let above = above.places().filter(|at| Some(*at) != place);
        above.map(|at| self.at(at)).collect()
    }

    /// The newest revisions that all of these follow: none where they have
    /// nothing in common.
    pub fn common_ancestors(&self, ids: &[&str]) -> Vec<&Revision> {
        let mut common: Option<Places> = None;
        for place in ids.iter().filter_map(|id| self.by_id.get(*id)) {
            let below = self.reach(&[*place], &self.parents);
            common = Some(match common {
                None => below,
                Some(common) => {
                    let mut both = Places::none(self.revisions().len());
                    for at in common.places().filter(|at| below.contains(*at)) {
                        both.insert(at);
                    }
                    both
                }
            });
        }
        let Some(common) = common else {
            return Vec::new();
        };
        let is_newest = |at: &usize| !self.children[*at].iter().any(|up| common.contains(*up));
        common
            .places()
            .filter(is_newest)
            .map(|at| self.at(at))
            .collect()
    }

    /// For each revision, in topological order, the labels of the branches
    /// that it is on: its own, and those of what it follows.
    pub fn branch_labels(&self) -> Vec<BTreeSet<&str>> {
        let mut labels: Vec<BTreeSet<&str>> = Vec::with_capacity(self.revisions().len());
        for (at, revision) in self.revisions().iter().enumerate() {
            let mut own: BTreeSet<&str> = BTreeSet::new();
            own.extend(revision.header.labels.iter().map(String::as_str));
            for parent in &self.parents[at] {
                own.extend(labels[*parent].iter().copied());
            }
            labels.push(own);
        }
        labels
    }
}
