//! The version rows: the smallest set of revisions that tells what a database
//! has run. A row stands for itself and for all that it needs, dependencies
//! included.

use std::collections::BTreeSet;

use super::ancestry::Places;
use super::graph::RevisionGraph;
use super::target::Target;
use super::{GraphError, Revision};

/// What a stamp does to version rows that nobody can look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampAnywhere {
    /// The rows that go; all where `None`.
    pub gone: Option<Vec<String>>,
    /// The rows that come, each unless there is one of these.
    pub rows: Vec<(String, Vec<String>)>,
}

impl RevisionGraph {
    /// Whether a database with these version rows has run a revision. Rows
    /// that the graph does not hold say nothing.
    pub fn holds(&self, rows: &[String], id: &str) -> bool {
        let place = self.by_id.get(id);
        place.is_some_and(|place| self.covers(&self.known(rows), *place))
    }

    /// The version rows after a revision was applied over them. Rows that it
    /// stands on go, also those that were no longer needed before: files may
    /// have been given other parents since.
    pub fn rows_after_upgrade(&self, rows: &[String], revision: &Revision) -> Vec<String> {
        let own = self.by_id.get(revision.id()).copied();
        let own: Vec<usize> = own.into_iter().collect();
        let below = |row: &&String| {
            let place = self.by_id.get(row.as_str());
            place.is_some_and(|place| self.covers(&own, *place))
        };
        let mut after: BTreeSet<String> = rows.iter().filter(|row| !below(row)).cloned().collect();
        after.insert(revision.header.id.clone());
        after.into_iter().collect()
    }

    /// The version rows after a revision was undone. What it needed becomes a
    /// row again unless another row still stands on it.
    pub fn rows_after_downgrade(&self, rows: &[String], revision: &Revision) -> Vec<String> {
        let mut after: BTreeSet<String> = rows.iter().cloned().collect();
        after.remove(&revision.header.id);
        let left: Vec<String> = after.iter().cloned().collect();
        let mut left = self.known(&left);
        let needed = self
            .by_id
            .get(revision.id())
            .map(|at| self.requires[*at].as_slice());
        // The highest first: it may stand for the others.
        for place in needed.unwrap_or_default().iter().rev() {
            if !self.covers(&left, *place) {
                left.push(*place);
                after.insert(self.at(*place).header.id.clone());
            }
        }
        after.into_iter().collect()
    }

    /// The version rows after a stamp: the targets, and those rows that lie on
    /// other branches.
    ///
    /// # Errors
    /// A target that cannot be found, targets of which one stands on another,
    /// version rows that the graph does not hold.
    pub fn rows_after_stamp(
        &self,
        current: &[String],
        targets: &[&str],
    ) -> Result<Vec<String>, GraphError> {
        let mut rows: BTreeSet<usize> = self.places(current)?.into_iter().collect();
        let mut wanted: Vec<usize> = Vec::new();
        for target in targets {
            let found = self.destination(&Target::parse(target, self)?, current)?;
            if !found.places.is_empty() {
                wanted.extend(found.places);
                continue;
            }
            match found.branch {
                // `base`: the database has run nothing.
                None => rows.clear(),
                Some(branch) => rows = self.rows_without(rows, branch),
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        self.refuse_overlap(&wanted)?;
        let below = self.reach(&wanted, &self.requires);
        let above = self.reach(&wanted, &self.children);
        rows.retain(|row| !below.contains(*row) && !above.contains(*row));
        rows.extend(wanted);
        let rows: Vec<usize> = rows.into_iter().collect();
        // One that another one depends on is told by that one.
        let mut ids = self.owned(&self.uncovered(&rows));
        ids.sort();
        Ok(ids)
    }

    /// What [`Self::rows_after_stamp`] does to any version rows, for who cannot
    /// look at them. A target that only a database can tell must not be among
    /// them.
    ///
    /// # Errors
    /// As [`Self::rows_after_stamp`]; the base of a branch, below which nobody
    /// knows what is left.
    pub fn stamp_anywhere(&self, targets: &[&str]) -> Result<StampAnywhere, GraphError> {
        let mut wanted: Vec<usize> = Vec::new();
        let mut all = false;
        for target in targets {
            let found = self.destination(&Target::parse(target, self)?, &[])?;
            match (found.places.as_slice(), found.branch) {
                ([], None) => all = true,
                ([], Some(_)) => {
                    return Err(GraphError::NeedsRows {
                        name: (*target).to_owned(),
                    });
                }
                (places, _) => wanted.extend(places),
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        self.refuse_overlap(&wanted)?;
        let below = self.reach(&wanted, &self.requires);
        let above = self.reach(&wanted, &self.children);
        let is_gone =
            |at: &usize| below.contains(*at) || above.contains(*at) || wanted.contains(at);
        let places = 0..self.revisions().len();
        let gone = (!all).then(|| self.ids(places.filter(is_gone)));
        let gone = gone.map(|ids| ids.into_iter().map(str::to_owned).collect());
        let rows = self.uncovered(&wanted).into_iter().map(|at| {
            let over = self.reach(&[at], &self.required_by);
            let over = over.places().filter(|other| !is_gone(other));
            let over: Vec<usize> = if all { Vec::new() } else { over.collect() };
            (self.at(at).header.id.clone(), self.owned(&over))
        });
        Ok(StampAnywhere {
            gone,
            rows: rows.collect(),
        })
    }

    /// The rows of a database in which a branch was undone to its base.
    fn rows_without(&self, rows: BTreeSet<usize>, branch: usize) -> BTreeSet<usize> {
        let line = self.lineage(branch);
        let first: Vec<usize> = self.base_set();
        let first: Vec<usize> = first.into_iter().filter(|at| line.contains(*at)).collect();
        let gone = self.reach(&first, &self.required_by);
        let rows: Vec<usize> = rows.into_iter().collect();
        let mut left = Places::none(self.revisions().len());
        for at in self
            .closure(&rows)
            .places()
            .filter(|at| !gone.contains(*at))
        {
            left.insert(at);
        }
        self.tips(&left).into_iter().collect()
    }

    /// Of two revisions on one line only the upper one can be meant.
    fn refuse_overlap(&self, wanted: &[usize]) -> Result<(), GraphError> {
        for (upper, at) in wanted.iter().enumerate().rev() {
            let below = self.reach(&[*at], &self.parents);
            if let Some(lower) = wanted[..upper].iter().find(|lower| below.contains(**lower)) {
                return Err(GraphError::Overlap {
                    lower: self.at(*lower).id().to_owned(),
                    upper: self.at(*at).id().to_owned(),
                });
            }
        }
        Ok(())
    }

    fn known(&self, rows: &[String]) -> Vec<usize> {
        let places = rows.iter().filter_map(|row| self.by_id.get(row));
        places.copied().collect()
    }
}
