//! What people type where a revision is asked for.
//!
//! | typed | means |
//! |---|---|
//! | `ac311b3782a1`, `ac31`, `label` | an id, the beginning of one, the revision that carries a label |
//! | `head`, `heads`, `base`, `current` | the newest, all newest, nothing, where the database is |
//! | `+2`, `-1` | from where the database is |
//! | `ac31+2`, `head-1`, `base+3` | from there |
//! | `label@...` | the same, looking at one branch only; an id may play the label |

use super::ancestry::Places;
use super::graph::RevisionGraph;
use super::{GraphError, Revision};

/// The fewest characters that may stand for an id.
pub(super) const PREFIX: usize = 4;

/// Where a target counts from.
#[derive(Debug, Clone, Copy)]
enum Anchor<'a> {
    Base,
    Current,
    Head,
    Heads,
    Name(&'a str),
}

/// A target, split into branch, where it counts from and how far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    text: &'a str,
    branch: Option<&'a str>,
    anchor: Anchor<'a>,
    steps: i64,
    /// `+1` and `label@-1`: nothing is named to count from.
    pub(super) relative: bool,
}

/// What a target comes to.
#[derive(Debug, Clone, Default)]
pub(super) struct Destination {
    /// None is the base.
    pub(super) places: Vec<usize>,
    /// The revision whose branch was named.
    pub(super) branch: Option<usize>,
    /// What `-1` counted from.
    pub(super) from: Option<usize>,
}

impl<'a> Target<'a> {
    pub(super) fn parse(text: &'a str, graph: &RevisionGraph) -> Result<Self, GraphError> {
        let text = text.trim();
        if text.contains(':') {
            return Err(GraphError::Range {
                name: text.to_owned(),
            });
        }
        let (branch, rest) = match text.split_once('@') {
            Some((branch, rest)) => (Some(branch), rest),
            None => (None, text),
        };
        // A label may end like a number of steps.
        let is_name = graph.by_id.contains_key(rest) || graph.by_label.contains_key(rest);
        let (name, steps) = match rest.rfind(['+', '-']).filter(|_| !is_name) {
            Some(at) => match rest[at..].parse::<i64>() {
                Ok(steps) => (&rest[..at], steps),
                Err(_) => (rest, 0),
            },
            None => (rest, 0),
        };
        let anchor = match name {
            // Nothing at all is more likely an empty variable of a script.
            "" if rest.is_empty() => Anchor::Name(""),
            "" | "current" => Anchor::Current,
            "base" => Anchor::Base,
            "head" => Anchor::Head,
            "heads" => Anchor::Heads,
            name => Anchor::Name(name),
        };
        Ok(Self {
            text,
            branch,
            anchor,
            steps,
            relative: name.is_empty() && !rest.is_empty(),
        })
    }

    /// Whether it goes back from where it counts.
    pub(super) fn goes_back(&self) -> bool {
        self.steps < 0
    }

    /// Whether the database is asked for it.
    pub(super) fn needs_database(&self) -> bool {
        matches!(self.anchor, Anchor::Current)
    }
}

impl RevisionGraph {
    /// The revisions that a target names, given the version rows of the
    /// database: none for `base`, several for `heads`.
    ///
    /// # Errors
    /// A name that nothing has, or several things; steps beyond the ends.
    pub fn resolve(&self, target: &str, current: &[String]) -> Result<Vec<&Revision>, GraphError> {
        let found = self.destination(&Target::parse(target, self)?, current)?;
        Ok(found.places.into_iter().map(|at| self.at(at)).collect())
    }

    /// The one revision that a target names.
    ///
    /// # Errors
    /// As [`Self::resolve`]; also `base`, which is none, and several.
    pub fn resolve_one(&self, target: &str, current: &[String]) -> Result<&Revision, GraphError> {
        match self.resolve(target, current)?.as_slice() {
            [one] => Ok(one),
            [] => Err(GraphError::NotOne {
                name: target.to_owned(),
                found: Vec::new(),
            }),
            several => Err(GraphError::NotOne {
                name: target.to_owned(),
                found: several.iter().map(|r| r.id().to_owned()).collect(),
            }),
        }
    }

    /// Whether only a database can tell what a target names: `current`, `+1`.
    pub fn needs_database(&self, target: &str) -> bool {
        Target::parse(target, self).is_ok_and(|target| target.needs_database())
    }

    /// The one revision that a name stands for: an id, the beginning of one,
    /// or a branch label.
    ///
    /// # Errors
    /// A name that nothing has, or several things.
    pub fn find(&self, name: &str) -> Result<&Revision, GraphError> {
        self.place(name, None).map(|at| self.at(at))
    }

    pub(super) fn destination(
        &self,
        target: &Target<'_>,
        current: &[String],
    ) -> Result<Destination, GraphError> {
        let branch = match target.branch {
            Some(name) => Some(self.branch(name)?),
            None => None,
        };
        let line = branch.map(|at| self.lineage(at));
        let line = line.as_ref();
        let start = match target.anchor {
            Anchor::Base => Vec::new(),
            Anchor::Current => self.start(target, current, line)?,
            Anchor::Heads => within(self.head_set(), line),
            Anchor::Head => {
                let heads = within(self.head_set(), line);
                if heads.len() > 1 {
                    return Err(self.multiple_heads(target.text, &heads));
                }
                heads
            }
            Anchor::Name(name) => vec![self.place(name, target.branch.zip(line))?],
        };
        let from = match start.as_slice() {
            [one] if target.relative && target.goes_back() => Some(*one),
            _ => None,
        };
        Ok(Destination {
            places: self.steps(start, target, line)?,
            branch,
            from,
        })
    }

    /// The error of several heads where one is asked for.
    pub(super) fn multiple_heads(&self, name: &str, heads: &[usize]) -> GraphError {
        let ids = self.ids(heads.iter().copied());
        let common = self.common_ancestors(&ids);
        GraphError::MultipleHeads {
            name: name.to_owned(),
            heads: heads
                .iter()
                .map(|at| (self.at(*at).id().to_owned(), self.at(*at).file_name.clone()))
                .collect(),
            ancestors: common.iter().map(|r| r.id().to_owned()).collect(),
        }
    }

    /// The head that a new revision follows: the only one.
    ///
    /// # Errors
    /// Several heads, with all that is needed to merge them.
    pub fn only_head(&self) -> Result<Option<&Revision>, GraphError> {
        match self.head_set().as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(self.at(*one))),
            several => Err(self.multiple_heads("head", several)),
        }
    }

    /// The revision that stands for a branch.
    fn branch(&self, name: &str) -> Result<usize, GraphError> {
        self.place(name, None).map_err(|error| match error {
            GraphError::NotFound { .. } => GraphError::NoBranch {
                name: name.to_owned(),
                known: self.by_label.keys().cloned().collect(),
            },
            error => error,
        })
    }

    /// Where `current` and relative targets begin.
    fn start(
        &self,
        target: &Target<'_>,
        current: &[String],
        line: Option<&Places>,
    ) -> Result<Vec<usize>, GraphError> {
        let rows = self.places(current)?;
        let start = match line {
            // A row below another one says nothing: files may have been given
            // other parents since.
            None => self.uncovered(&rows),
            Some(line) => {
                // A row may be told by another one that depends on it.
                let mut applied = Places::none(self.revisions().len());
                for at in self.closure(&rows).places().filter(|at| line.contains(*at)) {
                    applied.insert(at);
                }
                let is_last = |at: &usize| !self.children[*at].iter().any(|c| applied.contains(*c));
                let last: Vec<usize> = applied.places().filter(is_last).collect();
                match target.relative && target.goes_back() {
                    true => self.own_of_branch(last, &rows),
                    false => last,
                }
            }
        };
        // The branch has not begun, and there is nothing of it to take back.
        if start.is_empty() && line.is_some() && target.relative && target.goes_back() {
            return Err(GraphError::NotBelow {
                name: target.text.to_owned(),
                current: current.to_vec(),
            });
        }
        if target.steps != 0 && start.len() > 1 {
            return Err(GraphError::SeveralCurrent {
                name: target.text.to_owned(),
                current: self.owned(&start),
            });
        }
        Ok(start)
    }

    /// Not what other branches have been built on since.
    fn own_of_branch(&self, last: Vec<usize>, rows: &[usize]) -> Vec<usize> {
        let is_own = |at: &usize| {
            rows.contains(at) || !self.children[*at].iter().any(|c| self.covers(rows, *c))
        };
        last.into_iter().filter(is_own).collect()
    }

    /// The place of a name, on a branch where one was said.
    fn place(&self, name: &str, branch: Option<(&str, &Places)>) -> Result<usize, GraphError> {
        let on_branch = |at: usize| match branch {
            Some((label, line)) if !line.contains(at) => Err(GraphError::NotOnBranch {
                name: self.at(at).id().to_owned(),
                branch: label.to_owned(),
            }),
            _ => Ok(at),
        };
        if let Some(at) = self.by_id.get(name).or_else(|| self.by_label.get(name)) {
            return on_branch(*at);
        }
        let mut found: Vec<usize> = Vec::new();
        for names in [&self.by_id, &self.by_label] {
            if !name.is_empty() {
                let from = names.range(name.to_owned()..);
                found.extend(
                    from.take_while(|(id, _)| id.starts_with(name))
                        .map(|(_, at)| *at),
                );
            }
        }
        found.sort_unstable();
        found.dedup();
        if name.chars().count() < PREFIX {
            return Err(GraphError::NotFound {
                name: name.to_owned(),
                begins: self.owned(&found),
                closest: self.closest(name),
            });
        }
        let here = within(found.clone(), branch.map(|(_, line)| line));
        match (here.as_slice(), found.as_slice()) {
            ([one], _) => Ok(*one),
            ([], [other]) => on_branch(*other),
            ([], _) => Err(GraphError::NotFound {
                name: name.to_owned(),
                begins: Vec::new(),
                closest: self.closest(name),
            }),
            (several, _) => Err(GraphError::Ambiguous {
                prefix: name.to_owned(),
                candidates: self.owned(several),
            }),
        }
    }

    /// Goes up or down from a set that must be a single revision (or base) as
    /// long as there are steps to make.
    fn steps(
        &self,
        mut set: Vec<usize>,
        target: &Target<'_>,
        line: Option<&Places>,
    ) -> Result<Vec<usize>, GraphError> {
        let wanted = target.steps.unsigned_abs();
        let back = target.goes_back();
        for found in 0..wanted {
            let too_far = || GraphError::TooFar {
                name: target.text.to_owned(),
                wanted,
                found,
                back,
            };
            let next = match (set.as_slice(), back) {
                ([], true) => return Err(too_far()),
                ([one], true) => self.parents[*one].clone(),
                ([], false) => self.base_set(),
                ([one], false) => self.children[*one].clone(),
                (several, _) => {
                    return Err(GraphError::AmbiguousWalk {
                        name: target.text.to_owned(),
                        at: None,
                        candidates: self.owned(several),
                        back,
                    });
                }
            };
            let next = within(next, line);
            match next.len() {
                0 if !back => return Err(too_far()),
                0 | 1 => {}
                _ => {
                    return Err(GraphError::AmbiguousWalk {
                        name: target.text.to_owned(),
                        at: set.first().map(|at| self.at(*at).id().to_owned()),
                        candidates: self.owned(&next),
                        back,
                    });
                }
            }
            set = next;
        }
        Ok(set)
    }

    pub(super) fn owned(&self, places: &[usize]) -> Vec<String> {
        let ids = self.ids(places.iter().copied());
        ids.into_iter().map(str::to_owned).collect()
    }
}

/// Those that are on the branch, where one was said.
fn within(mut places: Vec<usize>, line: Option<&Places>) -> Vec<usize> {
    if let Some(line) = line {
        places.retain(|at| line.contains(*at));
    }
    places
}
