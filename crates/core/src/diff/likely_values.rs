//! Values that go and come and look like one rename.

use super::likely::{ALIKE, RenameCandidate, RenameKind, likeness};
use crate::change::{Change, Pair};
use crate::listed;
use crate::operation::{Operation, TableChange};
use crate::schema::{Name, Schema, TableName};

/// The values among the operations that are likely to be renames. `before` is
/// the schema before them.
pub(super) fn values(before: &Schema, operations: &[Operation]) -> Vec<RenameCandidate> {
    let mut found = Vec::new();
    let mut now = before.clone();
    // New values of a type come first and old ones go last.
    let mut types: Vec<(TableName, Pair<Vec<String>>)> = Vec::new();
    for operation in operations {
        let there = match operation {
            Operation::AlterTable { table, .. } => now.table(table).cloned(),
            _ => None,
        };
        let enums = now.clone();
        if operation.apply(&mut now).is_err() {
            break;
        }
        match operation {
            Operation::Enum(Change::Alter(Pair { from, to })) => {
                match types.iter_mut().find(|(name, _)| *name == to.name) {
                    Some((_, lists)) => lists.to.clone_from(&to.values),
                    None => {
                        let lists = Pair::new(from.values.clone(), to.values.clone());
                        types.push((to.name.clone(), lists));
                    }
                }
            }
            Operation::AlterTable { table, changes } => {
                let (Some(old), Some(new)) = (&there, now.table(table)) else {
                    continue;
                };
                for column in &old.columns {
                    let Some(after) = new.column(column.name.as_str()) else {
                        continue;
                    };
                    let lists = (
                        listed::of_column(&enums, old, column),
                        listed::of_column(&now, new, after),
                    );
                    if let (Some(from), Some(to)) = lists {
                        let from = renamed(changes, &column.name, from);
                        let owner = (table.clone(), Some(column.name.clone()));
                        found.extend(pairs(&owner, &from, &to));
                    }
                }
            }
            _ => {}
        }
    }
    for (name, lists) in types {
        found.extend(pairs(&(name, None), &lists.from, &lists.to));
    }
    found
}

/// The values as the changes have told that they are called.
fn renamed(changes: &[TableChange], column: &Name, values: Vec<String>) -> Vec<String> {
    let told = changes.iter().find_map(|change| match change {
        TableChange::Values(renamed) if renamed.column == *column => Some(renamed),
        _ => None,
    });
    match told {
        Some(told) => values.iter().map(|v| told.renamed(v).to_owned()).collect(),
        None => values,
    }
}

type Owner = (TableName, Option<Name>);

fn pairs(owner: &Owner, from: &[String], to: &[String]) -> Vec<RenameCandidate> {
    let gone: Vec<usize> = (0..from.len())
        .filter(|n| !to.contains(&from[*n]))
        .collect();
    let come: Vec<usize> = (0..to.len()).filter(|n| !from.contains(&to[*n])).collect();
    let only_pair = gone.len() == 1 && come.len() == 1;
    let mut found = Vec::new();
    for &goes in &gone {
        for &comes in &come {
            let same_place = neighbours(from, to, goes) == neighbours(to, from, comes);
            let (goes, comes) = (&from[goes], &to[comes]);
            let likeness = likeness(goes, comes);
            if likeness < ALIKE && !(only_pair && same_place) {
                continue;
            }
            let mut reasons = Vec::new();
            if likeness >= ALIKE {
                reasons.push("the names are alike".to_owned());
            }
            if same_place {
                reasons.push("it stands in the same place".to_owned());
            }
            if only_pair {
                reasons.push("no other value goes and no other one comes".to_owned());
            }
            found.push(RenameCandidate {
                kind: RenameKind::Value,
                table: owner.0.clone(),
                column: owner.1.clone(),
                from: Name::new(goes.clone()),
                to: Name::new(comes.clone()),
                score: 0.6 * likeness
                    + if same_place { 0.3 } else { 0.0 }
                    + if only_pair { 0.1 } else { 0.0 },
                reasons,
            });
        }
    }
    found
}

/// The values beside one that are in the other list too.
fn neighbours<'v>(
    list: &'v [String],
    other: &[String],
    at: usize,
) -> (Option<&'v String>, Option<&'v String>) {
    let stays = |value: &&String| other.contains(value);
    let before = list[..at].iter().rev().find(stays);
    (before, list[at + 1..].iter().find(stays))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(from: &[&str], to: &[&str]) -> Vec<String> {
        let list = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
        pairs(&("mood".into(), None), &list(from), &list(to))
            .into_iter()
            .map(|c| format!("{} {}", c.from, c.to))
            .collect()
    }

    #[test]
    fn one_for_one_in_the_same_place_is_likely() {
        assert_eq!(found(&["a", "sad", "b"], &["a", "low", "b"]), ["sad low"]);
        assert_eq!(found(&["a", "b", "sad"], &["low", "a", "b"]), [""; 0]);
        assert_eq!(found(&["sad", "glad"], &["x1", "y2"]), [""; 0]);
        assert_eq!(found(&["a"], &["a", "b"]), [""; 0]);
    }

    #[test]
    fn alike_names_are_likely_anywhere() {
        let pairs = found(&["very_sad", "ok"], &["ok", "verysad", "new"]);
        assert_eq!(pairs, ["very_sad verysad"]);
    }
}
