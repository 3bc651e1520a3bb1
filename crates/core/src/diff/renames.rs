//! Renames as operations, in an order in which no name is taken.
//!
//! Values of single columns are not here: they stand in the batch of their
//! table, beside what else changes for them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Renames, ValuesOf};
use crate::change::{Change, Pair};
use crate::operation::{Operation, RenamedValues, TableChange};
use crate::schema::{Name, Schema, TableName};

/// The operations that rename: first tables, then columns under the new names
/// of their tables, then values of enum types.
pub(super) fn operations(existing: &Schema, renames: &Renames) -> Vec<Operation> {
    let taken = existing.tables.keys().cloned().collect();
    let tables = sequence(&renames.tables, taken, &spare_table_name);

    let mut columns: BTreeMap<&TableName, Vec<Pair<Name>>> = BTreeMap::new();
    for (table, names) in &renames.columns {
        columns.entry(table).or_default().push(names.clone());
    }
    let columns = columns.into_iter().flat_map(|(table, names)| {
        let before = renames.tables.iter().find(|pair| pair.to == *table);
        let before = before.map_or(table, |pair| &pair.from);
        let taken = existing
            .table(before)
            .map(|t| t.columns.iter().map(|c| c.name.clone()).collect());
        sequence(&names, taken.unwrap_or_default(), &spare_name)
            .into_iter()
            .map(|names| Operation::AlterTable {
                table: table.clone(),
                changes: vec![TableChange::Column(Change::Rename(names))],
            })
    });
    tables
        .into_iter()
        .map(Operation::RenameTable)
        .chain(columns)
        .chain(enum_values(existing, renames))
        .collect()
}

fn enum_values(existing: &Schema, renames: &Renames) -> Vec<Operation> {
    let mut types: BTreeMap<&TableName, Vec<Pair<String>>> = BTreeMap::new();
    for (of, values) in &renames.values {
        if let ValuesOf::Enum(name) = of {
            types.entry(name).or_default().push(values.clone());
        }
    }
    let mut operations = Vec::new();
    for (name, values) in types {
        let taken = existing.enums.get(name).map(|e| e.values.iter().cloned());
        let taken = taken.into_iter().flatten().collect();
        for values in sequence(&values, taken, &|value: &String, n| spare_value(value, n)) {
            let name = name.clone();
            operations.push(Operation::RenameEnumValue { name, values });
        }
    }
    operations
}

/// The renames of values that stand in the batch of a table.
pub(super) fn values_of_columns(renames: &Renames, table: &TableName) -> Vec<TableChange> {
    let mut found: Vec<RenamedValues> = Vec::new();
    for (of, pair) in &renames.values {
        let ValuesOf::Column(own, column) = of else {
            continue;
        };
        if own != table {
            continue;
        }
        match found.iter_mut().find(|r| r.column == *column) {
            Some(renamed) => renamed.values.push(pair.clone()),
            None => found.push(RenamedValues {
                column: column.clone(),
                values: vec![pair.clone()],
            }),
        }
    }
    found.into_iter().map(TableChange::Values).collect()
}

/// PostgreSQL keeps 63 bytes of a value.
fn spare_value(value: &str, n: usize) -> String {
    let mut start = value;
    while start.len() > 56 {
        let last = start.char_indices().next_back();
        start = last.map_or("", |(at, _)| &start[..at]);
    }
    format!("{start}__{n}")
}

/// A name to wait under.
pub(super) fn spare_table_name(name: &TableName, n: usize) -> TableName {
    TableName {
        schema: name.schema.clone(),
        name: spare_name(&name.name, n),
    }
}

fn spare_name(name: &Name, n: usize) -> Name {
    Name::new(format!("{name}__{n}"))
}

/// Renames in an order in which every new name is free. A ring of names is
/// opened by a spare one; a rename to a name that stays taken is left out.
fn sequence<N: Ord + Clone>(
    renames: &[Pair<N>],
    mut taken: BTreeSet<N>,
    spare: &dyn Fn(&N, usize) -> N,
) -> Vec<Pair<N>> {
    let mut pending: Vec<Pair<N>> = renames.to_vec();
    let mut sorted: Vec<Pair<N>> = Vec::new();
    while !pending.is_empty() {
        let free = pending.iter().position(|pair| !taken.contains(&pair.to));
        let next = match free {
            Some(i) => pending.remove(i),
            None => {
                let stays: Vec<N> = pending.iter().map(|p| p.from.clone()).collect();
                pending.retain(|pair| stays.contains(&pair.to));
                let Some(first) = pending.first_mut() else {
                    break;
                };
                let name = (1..)
                    .map(|n| spare(&first.to, n))
                    .find(|name| !taken.contains(name))
                    .unwrap_or_else(|| first.to.clone());
                let opening = Pair::new(first.from.clone(), name.clone());
                first.from = name;
                opening
            }
        };
        taken.remove(&next.from);
        taken.insert(next.to.clone());
        sorted.push(next);
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(renames: &[(&str, &str)], taken: &[&str]) -> Vec<String> {
        let renames: Vec<Pair<String>> = renames
            .iter()
            .map(|(from, to)| Pair::new((*from).to_owned(), (*to).to_owned()))
            .collect();
        let taken = taken.iter().map(|t| (*t).to_owned()).collect();
        sequence(&renames, taken, &|name, n| format!("{name}{n}"))
            .iter()
            .map(|pair| format!("{}-{}", pair.from, pair.to))
            .collect()
    }

    #[test]
    fn a_chain_starts_at_its_free_end() {
        assert_eq!(
            sorted(&[("a", "b"), ("b", "c")], &["a", "b"]),
            ["b-c", "a-b"]
        );
    }

    #[test]
    fn a_swap_goes_through_a_spare_name() {
        let swap = [("a", "b"), ("b", "a")];
        assert_eq!(sorted(&swap, &["a", "b"]), ["a-b1", "b-a", "b1-b"]);
        assert_eq!(sorted(&swap, &["a", "b", "b1"]), ["a-b2", "b-a", "b2-b"]);
    }

    #[test]
    fn a_name_that_stays_taken_is_left_out() {
        assert_eq!(sorted(&[("a", "b")], &["a", "b"]), Vec::<String>::new());
    }
}
