//! What to run to get from here to there.

use super::graph::RevisionGraph;
use super::target::{Destination, Target};
use super::{GraphError, Revision};

impl RevisionGraph {
    /// The revisions that bring a database with these version rows to the
    /// target, in the order in which they run. Those that it has already are
    /// left out, so the path to a revision that it is past is empty.
    ///
    /// # Errors
    /// A target that cannot be found; version rows that the graph does not
    /// hold.
    pub fn upgrade_path(
        &self,
        current: &[String],
        target: &str,
    ) -> Result<Vec<&Revision>, GraphError> {
        let parsed = Target::parse(target, self)?;
        if parsed.relative && parsed.goes_back() {
            return Err(GraphError::WrongWay {
                name: target.to_owned(),
                direction: "an upgrade",
            });
        }
        let applied = self.closure(&self.places(current)?);
        let wanted = self.closure(&self.destination(&parsed, current)?.places);
        let missing = wanted.places().filter(|at| !applied.contains(*at));
        Ok(missing.map(|at| self.at(at)).collect())
    }

    /// The revisions to undo so that a database with these version rows is at
    /// the target, in the order in which they are undone: what follows the
    /// target, and what needs that. Other branches stay as they are.
    ///
    /// # Errors
    /// A target that cannot be found, or that the database has not run.
    pub fn downgrade_path(
        &self,
        current: &[String],
        target: &str,
    ) -> Result<Vec<&Revision>, GraphError> {
        let parsed = Target::parse(target, self)?;
        if parsed.relative && !parsed.goes_back() {
            return Err(GraphError::WrongWay {
                name: target.to_owned(),
                direction: "a downgrade",
            });
        }
        let applied = self.closure(&self.places(current)?);
        let to = self.destination(&parsed, current)?;
        if to.places.iter().any(|at| !applied.contains(*at)) {
            return Err(GraphError::NotBelow {
                name: target.to_owned(),
                current: current.to_vec(),
            });
        }
        let undone = self.reach(&self.first_undone(&to), &self.required_by);
        let undone = undone.places().rev().filter(|at| applied.contains(*at));
        Ok(undone.map(|at| self.at(at)).collect())
    }

    /// The target of a downgrade that undoes this revision alone, on a database
    /// that has run nothing above it.
    pub fn undoing(&self, id: &str) -> String {
        // The highest: another parent may be below that one.
        let parents = self.by_id.get(id).map(|at| self.parents[*at].iter().max());
        match parents.flatten() {
            Some(parent) => format!("{id}@{}", self.at(*parent).id()),
            None => format!("{id}@base"),
        }
    }

    /// What stands right above the target, where the way down ends.
    fn first_undone(&self, to: &Destination) -> Vec<usize> {
        let mut first: Vec<usize> = match to.places.as_slice() {
            [] => self.base_set(),
            places => {
                let above = places.iter().flat_map(|at| &self.children[*at]);
                above.copied().filter(|at| !places.contains(at)).collect()
            }
        };
        // What was counted down from, or the branch that was named, says on
        // which of several branches it goes.
        if let Some(from) = to.from {
            let below = self.reach(&[from], &self.parents);
            first.retain(|at| below.contains(*at));
        } else if let Some(branch) = to.branch {
            let line = self.lineage(branch);
            first.retain(|at| line.contains(*at));
        }
        first
    }

    /// The revisions between two ends, both included, in topological order. A
    /// start that is empty is the base, an end that is empty all heads above
    /// the start; one that counts (`-2`,
    /// `+3`) counts from the other end.
    ///
    /// # Errors
    /// Ends that cannot be found, and ends with no way from one to the other.
    pub fn range(
        &self,
        from: &str,
        to: &str,
        current: &[String],
    ) -> Result<Vec<&Revision>, GraphError> {
        let counts = |end: &str| end.starts_with(['+', '-']);
        let named = |end: &str, current: &[String]| -> Result<Vec<usize>, GraphError> {
            let parsed = Target::parse(end, self)?;
            Ok(self.destination(&parsed, current)?.places)
        };
        let (lower, upper) = if counts(from) && !counts(to) {
            let to = if to.is_empty() { "heads" } else { to };
            let upper = named(to, current)?;
            (named(from, &self.owned(&upper))?, upper)
        } else {
            let lower = match from {
                "" => Vec::new(),
                from => named(from, current)?,
            };
            let upper = match to {
                "" => self.heads_above(&lower),
                to if counts(to) && !counts(from) => named(to, &self.owned(&lower))?,
                to => named(to, current)?,
            };
            (lower, upper)
        };
        self.between(&lower, &upper, (from, to))
    }

    /// The heads to which there is a way from here.
    fn heads_above(&self, lower: &[usize]) -> Vec<usize> {
        let heads = self.head_set();
        if lower.is_empty() {
            return heads;
        }
        let above = self.reach(lower, &self.required_by);
        heads.into_iter().filter(|at| above.contains(*at)).collect()
    }

    fn between(
        &self,
        lower: &[usize],
        upper: &[usize],
        (from, to): (&str, &str),
    ) -> Result<Vec<&Revision>, GraphError> {
        let below = self.closure(upper);
        if lower.iter().any(|at| !below.contains(*at)) {
            let other_way = self.closure(lower);
            return Err(GraphError::NoPath {
                from: from.to_owned(),
                to: to.to_owned(),
                reversed: upper.iter().all(|at| other_way.contains(*at)),
            });
        }
        let under = self.closure(lower);
        let shown = |at: &usize| lower.contains(at) || !under.contains(*at);
        Ok(below.places().filter(shown).map(|at| self.at(at)).collect())
    }
}
