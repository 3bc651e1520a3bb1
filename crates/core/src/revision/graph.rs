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
    pub(super) requires: Vec<Vec<usize>>,
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
            .map(|old| {
                let mut places: Vec<usize> = requires[*old].iter().map(|r| place[*r]).collect();
                places.sort_unstable();
                places
            })
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

    /// The revision that stands for one which has no file any more.
    pub fn squashed_into(&self, id: &str) -> Option<&Revision> {
        let stands_for = |r: &&Revision| r.header.squashes.iter().any(|gone| gone == id);
        self.revisions.iter().find(stands_for)
    }

    /// The ids of the revisions that no other one follows.
    pub fn heads(&self) -> Vec<&str> {
        self.ids(self.head_set())
    }

    /// The ids of the revisions that follow none.
    pub fn bases(&self) -> Vec<&str> {
        self.ids(self.base_set())
    }

    /// The ids of the revisions that follow this one.
    pub fn children(&self, id: &str) -> Vec<&str> {
        self.neighbours(id, &self.children)
    }

    /// The ids of the revisions that have to run right before this one: its
    /// parents, and what it depends on.
    pub fn requirements(&self, id: &str) -> Vec<&str> {
        self.neighbours(id, &self.requires)
    }

    /// The ids of the revisions that need this one: its children, and those
    /// that depend on it.
    pub fn dependents(&self, id: &str) -> Vec<&str> {
        self.neighbours(id, &self.required_by)
    }

    fn neighbours(&self, id: &str, edges: &[Vec<usize>]) -> Vec<&str> {
        let places = self.by_id.get(id).map(|at| edges[*at].as_slice());
        self.ids(places.unwrap_or_default().iter().copied())
    }

    /// The ids of the revisions that no other one needs, neither as its parent
    /// nor as something that it depends on: the version rows of a database
    /// that has run everything.
    pub fn effective_heads(&self) -> Vec<&str> {
        self.ids((0..self.revisions.len()).filter(|at| self.required_by[*at].is_empty()))
    }

    /// These revisions and everything before them, in topological order.
    ///
    /// # Errors
    /// An id that the graph does not hold.
    pub fn ancestors(&self, ids: &[String]) -> Result<Vec<&Revision>, GraphError> {
        let set = self.closure(&self.places(ids)?);
        Ok(set.places().map(|at| &self.revisions[at]).collect())
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
                        begins: Vec::new(),
                        closest: self.closest(id),
                    })
            })
            .collect()
    }

    /// Up to three ids or labels that look like a name that nothing has.
    pub fn closest(&self, name: &str) -> Vec<String> {
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
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    for (at, revision) in revisions.iter().enumerate() {
        for label in &revision.header.labels {
            let file = |at: usize| revisions[at].file_name.clone();
            if let Some(other) = by_id.get(label) {
                return Err(GraphError::LabelIsId {
                    label: label.clone(),
                    file: file(at),
                    revision: file(*other),
                });
            }
            // Said twice in one file it is still one label.
            if let Some(first) = labels
                .insert(label.clone(), at)
                .filter(|first| *first != at)
            {
                return Err(GraphError::DuplicateLabel {
                    label: label.clone(),
                    first: file(first),
                    second: file(at),
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
            let revises = revision.header.parents.iter().any(|id| id == revision.id());
            let verb = if revises { "revises" } else { "depends on" };
            return Err(GraphError::SelfLoop { file: file(), verb });
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
    let ring = ring(requires, |at| missing[*at] > 0);
    Err(GraphError::Cycle {
        ids: ring
            .iter()
            .map(|at| revisions[*at].id().to_owned())
            .collect(),
        files: ring
            .iter()
            .map(|at| revisions[*at].file_name.clone())
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
