//! The tables of what real systems need and of the scenarios of their histories,
//! held to the tests that they name.

use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;

use libtest_mimic::Trial;

use crate::house::root;
use crate::{Outcome, trial};

/// The tables.
const FILE: &str = "tests/checklist.md";

/// The rows of the first table that have to be there.
const ROWS: [RangeInclusive<u32>; 4] = [4..=40, 61..=93, 105..=120, 124..=124];

/// The scenarios of each system: how their ids begin, and the last number. Where
/// one of them is there, all have to be.
const SCENARIOS: [(&str, u32); 5] = [("MV-", 6), ("SQ-", 10), ("EP-", 8), ("IB-", 8), ("X", 6)];

/// The trial that knows all others.
pub(crate) fn trial_of(trials: &[Trial]) -> Trial {
    let names: Vec<String> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    trial("house::checklist", move || every_row_is_shown(&names))
}

fn every_row_is_shown(trials: &[String]) -> Outcome {
    let text = fs::read_to_string(root().join(FILE))?;
    let mut rows: BTreeMap<&str, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    let expected: Vec<String> = ROWS.into_iter().flatten().map(|n| n.to_string()).collect();
    let scenarios = SCENARIOS.map(|(start, last)| ids(start, last));
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, promise, shown] = cells.as_slice() else {
            problems.push(format!("not three cells: {line}"));
            continue;
        };
        if matches!(*id, "row" | "scenario") {
            continue;
        }
        let mut known = expected.iter().chain(scenarios.iter().flatten());
        if !known.any(|one| one == id) {
            problems.push(format!("there is no row {id}"));
        }
        if promise.is_empty() || rows.insert(id, shown).is_some() {
            problems.push(format!("row {id} is said twice, or says nothing"));
        }
    }
    let is_there = |id: &String| rows.contains_key(id.as_str());
    let begun = scenarios.iter().filter(|ids| ids.iter().any(is_there));
    let missing = expected.iter().chain(begun.flatten());
    let missing = missing.filter(|id| !is_there(id));
    problems.extend(missing.map(|id| format!("row {id} is missing")));
    for (id, shown) in rows {
        let wrong = not_there(shown, trials)?;
        problems.extend(wrong.into_iter().map(|name| format!("row {id}: {name}")));
    }
    match problems.as_slice() {
        [] => Ok(()),
        problems => Err(problems.join("\n").into()),
    }
}

/// The ids of the scenarios of one system.
fn ids(start: &str, last: u32) -> Vec<String> {
    (1..=last).map(|n| format!("{start}{n}")).collect()
}

/// What is named and is not there.
fn not_there(shown: &str, trials: &[String]) -> Result<Vec<String>, std::io::Error> {
    let mut wrong = Vec::new();
    if let Some(reason) = shown.strip_prefix("reason:") {
        if reason.split_whitespace().count() < 3 {
            wrong.push("no reason is given".to_owned());
        }
        return Ok(wrong);
    }
    for name in shown.split(", ") {
        let there = match name.split_once(".rs::") {
            Some((file, function)) => fs::read_to_string(root().join(format!("{file}.rs")))
                .is_ok_and(|text| text.contains(&format!("fn {function}("))),
            None => trials.iter().any(|trial| is_like(trial, name)),
        };
        if !there {
            wrong.push(format!("there is no `{name}`"));
        }
    }
    Ok(wrong)
}

/// Whether a name is that pattern, in which `*` is anything.
fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|left| {
            let ends = left.char_indices().map(|(at, _)| at).chain([left.len()]);
            ends.into_iter().any(|at| is_like(&left[at..], rest))
        }),
    }
}
