//! Who follows whom.

use std::collections::{BTreeMap, BTreeSet};

use super::{GraphError, Revision};

/// The revisions of a folder with their edges: a directed graph without
/// rings, in which a revision may have several parents and several children.
#[derive(Debug, Clone, Default)]
pub struct RevisionGraph {
    /// In topological order.
    revisions: Vec<Revision>,
    pub(super) by_id: BTreeMap<String, usize>,
    pub(super) by_label: BTreeMap<String, usize>,
    pub(super) parents: Vec<Vec<usize>>,
    pub(super) children: Vec<Vec<usize>>,
    /// Parents and dependencies.
    requires: Vec<Vec<usize>>,
    /// Children and dependents.
    pub(super) required_by: Vec<Vec<usize>>,
}

impl RevisionGraph {
    /// The graph of these revisions; their order makes no difference.
    ///
    /// # Errors
    /// Two files with one id, a parent that is not there, a ring.
    pub fn new(mut revisions: Vec<Revision>) -> Result<Self, GraphError> {
        revisions.sort_by(|a, b| (a.id(), &a.file_name).cmp(&(b.id(), &b.file_name)));
        for pair in revisions.windows(2) {
            if let [a, b] = pair
                && a.id() == b.id()
            {
                return Err(GraphError::Duplicate {
                    id: a.id().to_owned(),
                    first: a.file_name.clone(),
                    second: b.file_name.clone(),
                });
            }
        }
        let by_id = index(&revisions);
        let by_label = labels(&revisions, &by_id)?;
        let requires = requirements(&revisions, &by_id, &by_label)?;
        let order = sort(&revisions, &requires)?;
        Ok(Self::arranged(revisions, &order, &requires, by_label))
    }

    fn arranged(
        revisions: Vec<Revision>,
        order: &[usize],
        requires: &[Vec<usize>],
        by_label: BTreeMap<String, usize>,
    ) -> Self {
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        let mut slots: Vec<Option<Revision>> = revisions.into_iter().map(Some).collect();
        let revisions: Vec<_> = order.iter().filter_map(|old| slots[*old].take()).collect();
        let by_id = index(&revisions);
        let requires: Vec<Vec<usize>> = order
            .iter()
            .map(|old| requires[*old].iter().map(|r| place[*r]).collect())
            .collect();
        let parents: Vec<Vec<usize>> = revisions
            .iter()
            .map(|revision| {
                let ids = revision.header.parents.iter();
                ids.filter_map(|id| by_id.get(id).copied()).collect()
            })
            .collect();
        Self {
            children: reversed(&parents),
            required_by: reversed(&requires),
            by_label: by_label.into_iter().map(|(l, at)| (l, place[at])).collect(),
            revisions,
            by_id,
            parents,
            requires,
        }
    }

    /// Every revision, each after those that it needs. The order follows from
    /// the graph and the ids alone.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty()
    }

    /// The revision with exactly that id.
    pub fn get(&self, id: &str) -> Option<&Revision> {
        self.by_id.get(id).map(|at| &self.revisions[*at])
    }

    /// The ids of the revisions that no other one follows.
    pub fn heads(&self) -> Vec<&str> {
        self.ids(self.head_set())
    }

    /// The ids of the revisions that follow none.
    pub fn bases(&self) -> Vec<&str> {
        self.ids(self.base_set())
    }

    /// The ids of these revisions' children.
    pub fn children(&self, id: &str) -> Vec<&str> {
        let children = self.by_id.get(id).map(|at| self.children[*at].clone());
        self.ids(children.unwrap_or_default())
    }

    /// These revisions and everything before them, in topological order.
    ///
    /// # Errors
    /// An id that the graph does not hold.
    pub fn ancestors(&self, ids: &[String]) -> Result<Vec<&Revision>, GraphError> {
        let set = self.closure(&self.places(ids)?);
        Ok(set.into_iter().map(|at| &self.revisions[at]).collect())
    }

    /// The version rows after a revision was applied over them.
    pub fn rows_after_upgrade(&self, rows: &[String], revision: &Revision) -> Vec<String> {
        let mut after: BTreeSet<String> = rows.iter().cloned().collect();
        for parent in &revision.header.parents {
            after.remove(parent);
        }
        after.insert(revision.header.id.clone());
        after.into_iter().collect()
    }

    /// The version rows after a revision was undone. A parent becomes a row
    /// again unless another row still stands on it.
    pub fn rows_after_downgrade(&self, rows: &[String], revision: &Revision) -> Vec<String> {
        let mut after: BTreeSet<String> = rows.iter().cloned().collect();
        after.remove(&revision.header.id);
        let left: Vec<usize> = after
            .iter()
            .filter_map(|id| self.by_id.get(id).copied())
            .collect();
        let below = self.reach(&left, &self.parents);
        for parent in &revision.header.parents {
            if self.by_id.get(parent).is_none_or(|at| !below.contains(at)) {
                after.insert(parent.clone());
            }
        }
        after.into_iter().collect()
    }

    pub(super) fn head_set(&self) -> Vec<usize> {
        (0..self.revisions.len())
            .filter(|at| self.children[*at].is_empty())
            .collect()
    }

    pub(super) fn base_set(&self) -> Vec<usize> {
        (0..self.revisions.len())
            .filter(|at| self.parents[*at].is_empty())
            .collect()
    }

    pub(super) fn ids(&self, places: impl IntoIterator<Item = usize>) -> Vec<&str> {
        places
            .into_iter()
            .map(|at| self.revisions[at].id())
            .collect()
    }

    pub(super) fn at(&self, place: usize) -> &Revision {
        &self.revisions[place]
    }

    pub(super) fn places(&self, ids: &[String]) -> Result<Vec<usize>, GraphError> {
        ids.iter()
            .map(|id| {
                self.by_id
                    .get(id)
                    .copied()
                    .ok_or_else(|| GraphError::NotFound {
                        name: id.clone(),
                        closest: self.closest(id),
                    })
            })
            .collect()
    }

    /// These and all that they need.
    pub(super) fn closure(&self, from: &[usize]) -> BTreeSet<usize> {
        self.reach(from, &self.requires)
    }

    pub(super) fn reach(&self, from: &[usize], edges: &[Vec<usize>]) -> BTreeSet<usize> {
        let mut seen: BTreeSet<usize> = from.iter().copied().collect();
        let mut open: Vec<usize> = from.to_vec();
        while let Some(at) = open.pop() {
            open.extend(edges[at].iter().copied().filter(|next| seen.insert(*next)));
        }
        seen
    }

    /// Up to three ids that look like a name that nothing has.
    pub(super) fn closest(&self, name: &str) -> Vec<String> {
        closest(self.by_id.keys().chain(self.by_label.keys()), name)
    }
}

fn index(revisions: &[Revision]) -> BTreeMap<String, usize> {
    let ids = revisions.iter().map(|revision| revision.id().to_owned());
    ids.enumerate().map(|(at, id)| (id, at)).collect()
}

fn reversed(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut out = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            out[*to].push(from);
        }
    }
    out
}

fn labels(
    revisions: &[Revision],
    by_id: &BTreeMap<String, usize>,
) -> Result<BTreeMap<String, usize>, GraphError> {
    let mut labels = BTreeMap::new();
    for (at, revision) in revisions.iter().enumerate() {
        for label in &revision.header.labels {
            let taken = labels
                .insert(label.clone(), at)
                .or(by_id.get(label).copied());
            if let Some(first) = taken {
                return Err(GraphError::DuplicateLabel {
                    label: label.clone(),
                    first: revisions[first].file_name.clone(),
                    second: revision.file_name.clone(),
                });
            }
        }
    }
    Ok(labels)
}

/// For each revision its parents, then its dependencies.
fn requirements(
    revisions: &[Revision],
    by_id: &BTreeMap<String, usize>,
    by_label: &BTreeMap<String, usize>,
) -> Result<Vec<Vec<usize>>, GraphError> {
    let one = |at: usize| {
        let revision = &revisions[at];
        let file = || revision.file_name.clone();
        let mut places = Vec::new();
        for parent in &revision.header.parents {
            let place = by_id.get(parent).ok_or_else(|| GraphError::UnknownParent {
                file: file(),
                parent: parent.clone(),
                closest: closest(by_id.keys(), parent),
            })?;
            places.push(*place);
        }
        for name in &revision.header.depends_on {
            let place = by_id.get(name).or_else(|| by_label.get(name));
            places.push(*place.ok_or_else(|| GraphError::UnknownDependency {
                file: file(),
                name: name.clone(),
                closest: closest(by_id.keys().chain(by_label.keys()), name),
            })?);
        }
        if places.contains(&at) {
            return Err(GraphError::SelfLoop { file: file() });
        }
        places.sort_unstable();
        places.dedup();
        Ok(places)
    };
    (0..revisions.len()).map(one).collect()
}

/// A topological order, the smaller id first where the graph leaves a choice.
fn sort(revisions: &[Revision], requires: &[Vec<usize>]) -> Result<Vec<usize>, GraphError> {
    let required_by = reversed(requires);
    let mut missing: Vec<usize> = requires.iter().map(Vec::len).collect();
    // The revisions are sorted by id, so their places compare like their ids.
    let mut ready: BTreeSet<usize> = (0..revisions.len())
        .filter(|at| missing[*at] == 0)
        .collect();
    let mut order = Vec::with_capacity(revisions.len());
    while let Some(at) = ready.pop_first() {
        order.push(at);
        for next in &required_by[at] {
            missing[*next] -= 1;
            if missing[*next] == 0 {
                ready.insert(*next);
            }
        }
    }
    if order.len() == revisions.len() {
        return Ok(order);
    }
    let left = |at: &usize| missing[*at] > 0;
    Err(GraphError::Cycle {
        ids: ring(requires, left)
            .into_iter()
            .map(|at| revisions[at].id().to_owned())
            .collect(),
    })
}

/// One ring among the revisions that could not be ordered. Each of them needs
/// another one of them, so walking on must come back.
fn ring(requires: &[Vec<usize>], left: impl Fn(&usize) -> bool) -> Vec<usize> {
    let mut path = Vec::new();
    let mut seen_at = BTreeMap::new();
    let mut next = (0..requires.len()).find(|at| left(at));
    while let Some(at) = next {
        if let Some(start) = seen_at.insert(at, path.len()) {
            return path.split_off(start);
        }
        path.push(at);
        next = requires[at].iter().copied().find(|to| left(to));
    }
    path
}

fn closest<'a>(known: impl Iterator<Item = &'a String>, name: &str) -> Vec<String> {
    let mut scored: Vec<_> = known
        .map(|id| (strsim::normalized_damerau_levenshtein(id, name), id))
        .filter(|(score, _)| *score >= 0.6)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored
        .into_iter()
        .take(3)
        .map(|(_, id)| id.clone())
        .collect()
}
