//! Paths and version rows over random histories, held against a reference that
//! knows only sets of applied revisions and asks the definition each time.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Revision, RevisionGraph, revision};

type Set = BTreeSet<String>;

/// For each revision, by id: its parents and its dependencies.
#[derive(Debug, Clone)]
struct History {
    parents: BTreeMap<String, Vec<String>>,
    depends_on: BTreeMap<String, Vec<String>>,
}

impl History {
    fn graph(&self) -> RevisionGraph {
        let all = self.parents.iter().map(|(id, parents)| {
            let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
            let mut revision = revision(id, &parents);
            revision.header.depends_on = self.depends_on[id].clone();
            revision
        });
        RevisionGraph::new(all.collect()).unwrap()
    }

    fn needs(&self, id: &str) -> Set {
        let both = self.parents[id].iter().chain(&self.depends_on[id]);
        both.cloned().collect()
    }

    /// Everything that must have run for these to have run.
    fn with_all_below(&self, ids: &Set) -> Set {
        let mut all = ids.clone();
        loop {
            let more: Set = all.iter().flat_map(|id| self.needs(id)).collect();
            let before = all.len();
            all.extend(more);
            if all.len() == before {
                return all;
            }
        }
    }

    /// What nothing else of the set needs.
    fn tops(&self, applied: &Set) -> Vec<String> {
        let needed: Set = applied.iter().flat_map(|id| self.needs(id)).collect();
        applied.difference(&needed).cloned().collect()
    }

    /// What cannot stay when the children of a revision go.
    fn above(&self, target: Option<&str>, applied: &Set) -> Set {
        let first = |id: &&String| match target {
            None => true,
            Some(target) => self.parents[*id].iter().any(|parent| parent == target),
        };
        let mut gone: Set = applied.iter().filter(first).cloned().collect();
        loop {
            let more: Vec<String> = applied
                .iter()
                .filter(|id| !gone.contains(*id) && !self.needs(id).is_disjoint(&gone))
                .cloned()
                .collect();
            if more.is_empty() {
                return gone;
            }
            gone.extend(more);
        }
    }
}

/// Ids that say nothing of the order.
fn name(n: usize) -> String {
    format!("{:04x}{n}", (n * 40_503 + 7) % 65_536)
}

fn histories() -> impl Strategy<Value = History> {
    let picks = prop::collection::vec((any::<u32>(), any::<u32>(), 0_u8..10), 1..14);
    picks.prop_map(|picks| {
        let mut history = History {
            parents: BTreeMap::new(),
            depends_on: BTreeMap::new(),
        };
        for (n, (first, second, kind)) in picks.into_iter().enumerate() {
            let earlier = |pick: u32| (n > 0).then(|| name(pick as usize % n.max(1)));
            let mut parents: Vec<String> = match kind {
                0 => Vec::new(),
                1..=3 => [earlier(first), earlier(second)]
                    .into_iter()
                    .flatten()
                    .collect(),
                _ => earlier(first).into_iter().collect(),
            };
            parents.sort();
            parents.dedup();
            let depends: Vec<String> = match kind {
                0 | 4 | 5 => earlier(second).into_iter().collect(),
                _ => Vec::new(),
            };
            history.depends_on.insert(name(n), depends);
            history.parents.insert(name(n), parents);
        }
        history
    })
}

fn set(path: &[&Revision]) -> Set {
    path.iter().map(|r| r.id().to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn paths_and_rows_follow_the_definition(
        history in histories(),
        picks in prop::collection::vec(any::<u32>(), 4),
    ) {
        let graph = history.graph();
        let count = history.parents.len();
        let pick = |n: usize| name(picks[n] as usize % count);

        // Somewhere, told by its rows.
        let applied = history.with_all_below(&[pick(0), pick(1)].into());
        let rows = history.tops(&applied);
        for id in history.parents.keys() {
            prop_assert_eq!(graph.holds(&rows, id), applied.contains(id), "{}", id);
        }
        prop_assert_eq!(&graph.rows_after_stamp(&[], &["heads"]).unwrap(), &{
            let mut all = history.tops(&history.parents.keys().cloned().collect());
            all.sort();
            all
        });

        // Up to another place, step by step.
        let target = pick(2);
        let wanted = history.with_all_below(&[target.clone()].into());
        let path = graph.upgrade_path(&rows, &target).unwrap();
        prop_assert_eq!(set(&path), wanted.difference(&applied).cloned().collect::<Set>());
        let (mut now, mut at) = (applied.clone(), rows.clone());
        for revision in &path {
            prop_assert!(history.needs(revision.id()).is_subset(&now));
            now.insert(revision.id().to_owned());
            at = graph.rows_after_upgrade(&at, revision);
            prop_assert_eq!(&at, &history.tops(&now));
        }

        // Down to something that was run, or to the base.
        let below: Vec<&String> = now.iter().collect();
        let down = below[picks[3] as usize % below.len()].clone();
        for to in [Some(down.as_str()), None] {
            let path = graph.downgrade_path(&at, to.unwrap_or("base")).unwrap();
            let gone = history.above(to, &now);
            prop_assert_eq!(set(&path), gone.clone(), "to {:?}", to);
            let (mut left, mut rows) = (now.clone(), at.clone());
            for revision in &path {
                let undoing = graph.undoing(revision.id());
                let alone = graph.downgrade_path(&rows, &undoing).unwrap();
                prop_assert_eq!(alone, vec![*revision], "{}", undoing);
                left.remove(revision.id());
                let broken = left.iter().any(|id| history.needs(id).contains(revision.id()));
                prop_assert!(!broken, "{} is still needed", revision.id());
                rows = graph.rows_after_downgrade(&rows, revision);
                prop_assert_eq!(&rows, &history.tops(&left));
            }
            if let Some(to) = to {
                prop_assert!(left.contains(to));
            }
        }
    }

    #[test]
    fn the_order_of_files_means_nothing(history in histories()) {
        let graph = history.graph();
        let mut reversed = graph.revisions().to_vec();
        reversed.reverse();
        let again = RevisionGraph::new(reversed).unwrap();
        prop_assert_eq!(graph.revisions(), again.revisions());
    }

    #[test]
    fn common_ancestors_are_below_all(history in histories(), picks in prop::collection::vec(any::<u32>(), 2)) {
        let graph = history.graph();
        let ids: Vec<String> = picks.iter().map(|n| name(*n as usize % history.parents.len())).collect();
        let below = |id: &String| {
            let mut all: Set = [id.clone()].into();
            loop {
                let more: Set = all.iter().flat_map(|id| history.parents[id].clone()).collect();
                let before = all.len();
                all.extend(more);
                if all.len() == before {
                    return all;
                }
            }
        };
        let both: Set = below(&ids[0]).intersection(&below(&ids[1])).cloned().collect();
        let newest: Set = both
            .iter()
            .filter(|id| !both.iter().any(|up| history.parents[up].contains(id)))
            .cloned()
            .collect();
        let asked: Vec<&str> = ids.iter().map(String::as_str).collect();
        prop_assert_eq!(set(&graph.common_ancestors(&asked)), newest);
    }
}
