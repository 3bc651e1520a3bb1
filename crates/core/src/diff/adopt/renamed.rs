//! Which renames are to be done.
//!
//! A rename that was told on the command line must be possible. One that a
//! model hints at (`renamed_from`) stays in the source after it was done, so it
//! counts only where the old name exists and the new one does not.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::change::Pair;
use crate::error::{Error, Result};

/// Everything known about the renames of one kind of thing in one place.
pub(super) struct Question<'a, N> {
    /// What it is called in messages: "table", "column".
    pub(super) noun: &'static str,
    /// Where, for messages: empty, or " of `t`".
    pub(super) place: String,
    /// What stands before a name in a flag: empty, or "t.".
    pub(super) prefix: String,
    /// What was told.
    pub(super) told: Vec<Pair<N>>,
    /// What models hint at.
    pub(super) hinted: Vec<Pair<N>>,
    /// What exists, by folded name.
    pub(super) existing: BTreeMap<String, N>,
    /// What is wanted, by folded name.
    pub(super) wanted: BTreeMap<String, N>,
    /// The folding.
    pub(super) fold: &'a dyn Fn(&N) -> String,
}

impl<N: Clone + PartialEq + Display> Question<'_, N> {
    /// The renames to do, from existing to wanted spelling.
    pub(super) fn answer(self) -> Result<Vec<Pair<N>>> {
        let mut renames: Vec<Pair<N>> = Vec::new();
        for told in &self.told {
            let pair = self.spelled(told)?;
            self.is_new(&renames, &pair)?;
            if (self.fold)(&pair.from) != (self.fold)(&pair.to) {
                renames.push(pair);
            }
        }
        for pair in &renames {
            if self.is_taken(&renames, &pair.to) {
                return Err(Error::new(format!(
                    "{} `{}`{} cannot become `{}`, which exists already",
                    self.noun, pair.from, self.place, pair.to
                )));
            }
        }
        // One rename can set free the name that another one needs.
        loop {
            let next = self
                .hinted
                .iter()
                .find_map(|hint| self.hint(&renames, hint));
            let Some(pair) = next else {
                return match self.circle(&renames) {
                    Some(circle) => Err(self.undecided(&circle)),
                    None => Ok(renames),
                };
            };
            self.is_new(&renames, &pair)?;
            renames.push(pair);
        }
    }

    fn spelled(&self, told: &Pair<N>) -> Result<Pair<N>> {
        let unknown = |name: &N, whose: &str, there: &BTreeMap<String, N>| {
            let error = Error::new(format!(
                "cannot rename `{}` to `{}`: {whose} {} `{name}`{}",
                told.from, told.to, self.noun, self.place
            ));
            match nearest(&name.to_string(), there.values()) {
                Some(nearest) => error.with_hint(format!("did you mean `{nearest}`?")),
                None => error,
            }
        };
        let from = self.existing.get(&(self.fold)(&told.from));
        let from =
            from.ok_or_else(|| unknown(&told.from, "the database has no", &self.existing))?;
        let to = self.wanted.get(&(self.fold)(&told.to));
        let to = to.ok_or_else(|| unknown(&told.to, "the models have no", &self.wanted))?;
        Ok(Pair::new(from.clone(), to.clone()))
    }

    fn hint(&self, renames: &[Pair<N>], hint: &Pair<N>) -> Option<Pair<N>> {
        let from = self.existing.get(&(self.fold)(&hint.from))?;
        let to = self.wanted.get(&(self.fold)(&hint.to))?;
        let known = renames.iter().any(|pair| pair.to == *to);
        let told = self
            .told
            .iter()
            .any(|t| (self.fold)(&t.from) == (self.fold)(&hint.from));
        let same = (self.fold)(from) == (self.fold)(to);
        (!known && !told && !same && !self.is_taken(renames, to))
            .then(|| Pair::new(from.clone(), to.clone()))
    }

    /// Hints that pass names round in a circle, and of which nothing was told.
    /// All of the names exist before and after, so nothing says whether that has
    /// been done.
    fn circle(&self, renames: &[Pair<N>]) -> Option<Vec<&Pair<N>>> {
        let fold = self.fold;
        let open = |hint: &&Pair<N>| {
            let (from, to) = (fold(&hint.from), fold(&hint.to));
            let there =
                |name: &String| self.existing.contains_key(name) && self.wanted.contains_key(name);
            let told = |name: &String| {
                let mut all = renames.iter().chain(&self.told);
                all.any(|pair| fold(&pair.from) == *name || fold(&pair.to) == *name)
            };
            from != to && there(&from) && there(&to) && !told(&from) && !told(&to)
        };
        let open: Vec<&Pair<N>> = self.hinted.iter().filter(open).collect();
        open.iter().find_map(|start| {
            let mut circle = vec![*start];
            loop {
                let last = fold(&circle.last()?.from);
                let next = *open.iter().find(|hint| fold(&hint.to) == last)?;
                if fold(&next.to) == fold(&start.to) {
                    return Some(circle);
                }
                if circle.iter().any(|known| fold(&known.to) == last) {
                    return None;
                }
                circle.push(next);
            }
        })
    }

    fn undecided(&self, circle: &[&Pair<N>]) -> Error {
        let said = circle
            .iter()
            .map(|hint| format!("`{}` from `{}`", hint.to, hint.from));
        let flags = circle
            .iter()
            .map(|hint| format!("--rename {0}{1}={0}{2}", self.prefix, hint.from, hint.to));
        Error::new(format!(
            "`renamed_from`{} goes round in a circle: {}",
            self.place,
            said.collect::<Vec<_>>().join(", ")
        ))
        .with_hint(format!(
            "all of these {}s exist, so nothing says whether that has been done: if not, type \
             `{}`; if it has, take `renamed_from` out",
            self.noun,
            flags.collect::<Vec<_>>().join(" ")
        ))
    }

    /// Whether the name exists and none of the renames takes it away.
    fn is_taken(&self, renames: &[Pair<N>], name: &N) -> bool {
        self.existing
            .get(&(self.fold)(name))
            .is_some_and(|existing| !renames.iter().any(|pair| pair.from == *existing))
    }

    fn is_new(&self, renames: &[Pair<N>], pair: &Pair<N>) -> Result<()> {
        let twice = |a: &N, b: &N, c: &N, d: &N| {
            Err(Error::new(format!(
                "{} `{a}`{} cannot become `{b}` when `{c}` becomes `{d}`",
                self.noun, self.place
            ))
            .with_hint("tell one of the two renames"))
        };
        match renames
            .iter()
            .find(|r| r.from == pair.from || r.to == pair.to)
        {
            Some(other) => twice(&pair.from, &pair.to, &other.from, &other.to),
            None => Ok(()),
        }
    }
}

/// The name most like another one, if one is alike at all.
pub(super) fn nearest<'a, N: Display + 'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a N>,
) -> Option<String> {
    names
        .into_iter()
        .map(ToString::to_string)
        .map(|other| {
            let likeness = strsim::jaro_winkler(&other.to_lowercase(), &name.to_lowercase());
            (likeness, other)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}
