//! Index names that move from one table to another.

use std::collections::BTreeMap;

use super::between::{Node, Nodes};
use crate::change::{Change, Pair};
use crate::operation::TableChange;
use crate::schema::{Index, Name, Schema, Table, TableName};

/// Takes out the drops of indexes whose names another table needs, because the
/// names of indexes are shared by all tables of a database and the other
/// table's turn may come first.
pub(super) fn free(
    nodes: &mut Nodes,
    schemas: &Pair<&Schema>,
) -> BTreeMap<TableName, Vec<TableChange>> {
    let claims = claims(nodes);
    let mut early: BTreeMap<TableName, Vec<TableChange>> = BTreeMap::new();
    for (key, node) in nodes.iter_mut() {
        let claimed_elsewhere = |name: &Name| {
            claims
                .get(&fold(name))
                .is_some_and(|tables| tables.iter().any(|t| *t != key.table))
        };
        let freed = match node {
            Node::Create(_) => Vec::new(),
            Node::Drop(table) => of_dropped(table, &claimed_elsewhere),
            Node::Alter(changes) => {
                let tables =
                    Pair::new(schemas.from.table(&key.table), schemas.to.table(&key.table));
                of_altered(changes, &tables, &claimed_elsewhere)
            }
        };
        if !freed.is_empty() {
            let drops = freed
                .into_iter()
                .map(|i| TableChange::Index(Change::Drop(i)));
            early.entry(key.table.clone()).or_default().extend(drops);
        }
    }
    early
}

fn fold(name: &Name) -> String {
    name.as_str().to_ascii_lowercase()
}

/// The tables that need each name.
fn claims(nodes: &Nodes) -> BTreeMap<String, Vec<TableName>> {
    let mut claims: BTreeMap<String, Vec<TableName>> = BTreeMap::new();
    for (key, node) in nodes {
        let names: Vec<&Name> = match node {
            Node::Create(table) => table
                .indexes
                .iter()
                .filter_map(|i| i.name.as_ref())
                .collect(),
            Node::Drop(_) => Vec::new(),
            Node::Alter(changes) => changes.iter().filter_map(claimed).collect(),
        };
        for name in names {
            claims
                .entry(fold(name))
                .or_default()
                .push(key.table.clone());
        }
    }
    claims
}

fn claimed(change: &TableChange) -> Option<&Name> {
    match change {
        TableChange::Index(Change::Add(index)) => index.name.as_ref(),
        TableChange::Index(Change::Rename(names)) => Some(&names.to),
        _ => None,
    }
}

fn of_dropped(table: &mut Table, claimed: &dyn Fn(&Name) -> bool) -> Vec<Index> {
    let (freed, kept) = std::mem::take(&mut table.indexes)
        .into_iter()
        .partition(|index| index.name.as_ref().is_some_and(claimed));
    table.indexes = kept;
    freed
}

fn of_altered(
    changes: &mut Vec<TableChange>,
    tables: &Pair<Option<&Table>>,
    claimed: &dyn Fn(&Name) -> bool,
) -> Vec<Index> {
    let mut freed = Vec::new();
    let mut kept = Vec::new();
    for change in std::mem::take(changes) {
        match change {
            TableChange::Index(Change::Drop(index)) if index.name.as_ref().is_some_and(claimed) => {
                freed.push(index);
            }
            TableChange::Index(Change::Rename(names)) if claimed(&names.from) => {
                match (named(tables.from, &names.from), named(tables.to, &names.to)) {
                    (Some(from), Some(to)) => {
                        freed.push(from.clone());
                        kept.push(TableChange::Index(Change::Add(to.clone())));
                    }
                    (_, _) => kept.push(TableChange::Index(Change::Rename(names))),
                }
            }
            change => kept.push(change),
        }
    }
    *changes = kept;
    super::within(changes);
    freed
}

fn named<'a>(table: Option<&'a Table>, name: &Name) -> Option<&'a Index> {
    table?
        .indexes
        .iter()
        .find(|i| i.name.as_ref() == Some(name))
}
