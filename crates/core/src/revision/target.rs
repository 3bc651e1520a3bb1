//! What people type where a revision is asked for.

use super::graph::RevisionGraph;
use super::{GraphError, Revision};

/// The fewest characters that may stand for an id.
pub(super) const PREFIX: usize = 4;

/// Where a target counts from.
enum Anchor<'a> {
    Base,
    Current,
    Head,
    Heads,
    Name(&'a str),
}

/// A target, split into where it counts from and how far.
pub(super) struct Target<'a> {
    text: &'a str,
    anchor: Anchor<'a>,
    steps: i64,
    /// `+1` and `-1`, without a name before them.
    pub(super) relative: bool,
}

impl<'a> Target<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let (name, steps) = match text.rfind(['+', '-']) {
            Some(at) => match text[at..].parse::<i64>() {
                Ok(steps) => (&text[..at], steps),
                Err(_) => (text, 0),
            },
            None => (text, 0),
        };
        let anchor = match name {
            // Nothing at all is more likely an empty variable of a script.
            "" if text.is_empty() => Anchor::Name(""),
            "" | "current" => Anchor::Current,
            "base" => Anchor::Base,
            "head" => Anchor::Head,
            "heads" => Anchor::Heads,
            name => Anchor::Name(name),
        };
        Self {
            text,
            anchor,
            steps,
            relative: name.is_empty() && !text.is_empty(),
        }
    }

    /// Whether it goes back from where the database is.
    pub(super) fn goes_back(&self) -> bool {
        self.steps < 0
    }
}

impl RevisionGraph {
    /// The revisions that a target names, given the version rows of the
    /// database: none for `base`, several for `heads`.
    ///
    /// # Errors
    /// A name that nothing has, or several things; steps beyond the ends.
    pub fn resolve(&self, target: &str, current: &[String]) -> Result<Vec<&Revision>, GraphError> {
        let places = self.resolve_target(&Target::parse(target), current)?;
        Ok(places.into_iter().map(|at| self.at(at)).collect())
    }

    /// The one revision that a name stands for: an id, the beginning of one,
    /// or a branch label.
    ///
    /// # Errors
    /// A name that nothing has, or several things.
    pub fn find(&self, name: &str) -> Result<&Revision, GraphError> {
        self.place(name).map(|at| self.at(at))
    }

    pub(super) fn resolve_target(
        &self,
        target: &Target<'_>,
        current: &[String],
    ) -> Result<Vec<usize>, GraphError> {
        let start = match target.anchor {
            Anchor::Base => Vec::new(),
            Anchor::Current => self.places(current)?,
            Anchor::Heads => self.head_set(),
            Anchor::Head => {
                let heads = self.head_set();
                if heads.len() > 1 {
                    return Err(GraphError::MultipleHeads {
                        name: target.text.to_owned(),
                        heads: self.owned(&heads),
                    });
                }
                heads
            }
            Anchor::Name(name) => vec![self.place(name)?],
        };
        self.walk(start, target)
    }

    fn place(&self, name: &str) -> Result<usize, GraphError> {
        let exact = self.by_id.get(name).or_else(|| self.by_label.get(name));
        if let Some(at) = exact {
            return Ok(*at);
        }
        let not_found = || GraphError::NotFound {
            name: name.to_owned(),
            closest: self.closest(name),
        };
        if name.chars().count() < PREFIX {
            return Err(not_found());
        }
        let found: Vec<usize> = self
            .by_id
            .range(name.to_owned()..)
            .take_while(|(id, _)| id.starts_with(name))
            .map(|(_, at)| *at)
            .collect();
        match found[..] {
            [] => Err(not_found()),
            [one] => Ok(one),
            _ => Err(GraphError::Ambiguous {
                prefix: name.to_owned(),
                candidates: self.owned(&found),
            }),
        }
    }

    /// Goes up or down from a set that must stay a single revision (or base)
    /// as long as there are steps to make.
    fn walk(&self, mut set: Vec<usize>, target: &Target<'_>) -> Result<Vec<usize>, GraphError> {
        let wanted = target.steps.unsigned_abs();
        for found in 0..wanted {
            let ambiguous = |places: &[usize]| GraphError::AmbiguousWalk {
                name: target.text.to_owned(),
                candidates: self.owned(places),
            };
            let too_far = || GraphError::TooFar {
                name: target.text.to_owned(),
                wanted,
                found,
            };
            let next = match (&set[..], target.goes_back()) {
                ([], true) => return Err(too_far()),
                ([one], true) => self.parents[*one].clone(),
                ([], false) => self.base_set(),
                ([one], false) => self.children[*one].clone(),
                (several, _) => return Err(ambiguous(several)),
            };
            if !target.goes_back() {
                match next.len() {
                    0 => return Err(too_far()),
                    1 => {}
                    _ => return Err(ambiguous(&next)),
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
