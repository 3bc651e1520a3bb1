//! The order of whole tables, by their foreign keys.
//!
//! | first | then | because |
//! |---|---|---|
//! | create `p` | create or alter `c` | a new foreign key of `c` refers to `p` |
//! | alter `p` | create or alter `c` | it refers to a column or key that `p` gets |
//! | alter or drop `c` | drop `p` | an old foreign key of `c` refers to `p` |
//! | alter or drop `c` | alter `p` | it refers to a column or key that `p` loses |
//! | create or alter `p` | create or alter `c` | a default of `c` takes its numbers from where `p` has or gets them |
//! | create `p` | create `c` | `c` inherits `p` |
//! | alter `p` | create `c` | `c` inherits `p` |
//! | drop `c` | alter or drop `p` | the same the other way round |
//!
//! Where these go in a circle, foreign keys are cut out: an old one is dropped
//! before everything, a new one is added after everything; a default is made as
//! it comes. Among what is free,
//! tables are created, then altered, then dropped, each in the order of names.

use std::collections::{BTreeMap, BTreeSet};

use super::{names, sequences, within};
use crate::change::{Change, Pair};
use crate::diff::SharedNames;
use crate::operation::{Operation, TableChange};
use crate::schema::{ForeignKey, Name, Schema, Table, TableName};

/// What is to be done, a table at a time.
#[derive(Debug, Default)]
pub(in crate::diff) struct Work {
    /// Tables to create.
    pub(in crate::diff) creates: Vec<Table>,
    /// Tables to alter.
    pub(in crate::diff) batches: Vec<(TableName, Vec<TableChange>)>,
    /// Tables to drop.
    pub(in crate::diff) drops: Vec<Table>,
}

/// The kinds of nodes, in the order that is taken where foreign keys leave a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Create,
    Alter,
    Drop,
}

/// The place of a table among the others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) rank: Rank,
    pub(super) table: TableName,
}

/// What is done to one table.
#[derive(Debug)]
pub(super) enum Node {
    Create(Table),
    Alter(Vec<TableChange>),
    Drop(Table),
}

/// All that is to be done.
pub(super) type Nodes = BTreeMap<Key, Node>;

/// One reason for an order of two nodes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edge {
    pub(super) first: Key,
    pub(super) then: Key,
    /// The node that has the foreign key.
    owner: Key,
    /// The foreign key, if it is about one.
    key: Option<ForeignKey>,
    /// Whether the foreign key comes or goes.
    comes: bool,
}

impl Edge {
    /// For the sake of a sequence, or of a table that is inherited.
    pub(super) fn between_tables(first: Key, then: Key) -> Self {
        Self {
            owner: then.clone(),
            first,
            then,
            key: None,
            comes: true,
        }
    }
}

/// All operations on tables, in order. `schemas` are the two schemas that the
/// work leads between, `shared` which names all tables share.
pub(in crate::diff) fn between(
    work: Work,
    schemas: Pair<&Schema>,
    shared: SharedNames,
) -> Vec<Operation> {
    let mut nodes = nodes(work);
    names::untangle(&mut nodes, &schemas);
    let freed = names::free(&mut nodes, &schemas, shared);
    let mut early: BTreeMap<TableName, Vec<TableChange>> = BTreeMap::new();
    let mut late: BTreeMap<TableName, Vec<TableChange>> = BTreeMap::new();
    for edge in leaning(&nodes, &freed) {
        cut(&mut nodes, &edge, &mut early, &mut late);
    }
    let mut sorted = Vec::new();
    let mut sequences = sequences::edges(&nodes, schemas.from);
    loop {
        let mut edges = edges(&nodes);
        // Nobody waits for what is done.
        sequences.retain(|edge| nodes.contains_key(&edge.first) && nodes.contains_key(&edge.then));
        edges.extend(sequences.iter().cloned());
        take_free(&mut nodes, &edges, &mut sorted);
        if nodes.is_empty() {
            break;
        }
        let weakest = weakest_of_a_circle(&nodes, &edges);
        if weakest.is_empty() {
            // Nothing waits, so everything is free.
            take_free(&mut nodes, &[], &mut sorted);
        }
        for edge in weakest {
            sequences.retain(|sequence| *sequence != edge);
            cut(&mut nodes, &edge, &mut early, &mut late);
        }
    }
    let batches = |changes: BTreeMap<TableName, Vec<TableChange>>| {
        changes.into_iter().map(|(table, mut changes)| {
            within(&mut changes);
            Operation::AlterTable { table, changes }
        })
    };
    let first = batches(early).chain(batches(freed));
    first.chain(sorted).chain(batches(late)).collect()
}

/// The old foreign keys that lean on what goes early for its name's sake.
fn leaning(nodes: &Nodes, freed: &BTreeMap<TableName, Vec<TableChange>>) -> Vec<Edge> {
    let leans = |key: &&ForeignKey| {
        let changes = freed.get(&key.references).into_iter().flatten();
        let mut changes = changes.map(std::slice::from_ref);
        changes.any(|change| concern(change, &key.referenced_columns, false))
    };
    let of_node = |(owner, node): (&Key, &Node)| {
        let keys: Vec<ForeignKey> = going(node).into_iter().filter(leans).cloned().collect();
        let owner = owner.clone();
        keys.into_iter().map(move |key| Edge {
            first: owner.clone(),
            then: owner.clone(),
            owner: owner.clone(),
            key: Some(key),
            comes: false,
        })
    };
    nodes.iter().flat_map(of_node).collect()
}

fn nodes(work: Work) -> Nodes {
    let key = |rank, table: &TableName| Key {
        rank,
        table: table.clone(),
    };
    let creates = work.creates.into_iter();
    let creates = creates.map(|t| (key(Rank::Create, &t.name), Node::Create(t)));
    let batches = work.batches.into_iter();
    let batches = batches.map(|(t, changes)| (key(Rank::Alter, &t), Node::Alter(changes)));
    let drops = work.drops.into_iter();
    let drops = drops.map(|t| (key(Rank::Drop, &t.name), Node::Drop(t)));
    creates.chain(batches).chain(drops).collect()
}

/// Moves every node that nothing holds back to the sorted operations.
fn take_free(nodes: &mut Nodes, edges: &[Edge], sorted: &mut Vec<Operation>) {
    let mut waits: BTreeMap<&Key, BTreeSet<&Key>> = BTreeMap::new();
    let mut holds: BTreeMap<&Key, BTreeSet<&Key>> = BTreeMap::new();
    for edge in edges {
        waits.entry(&edge.then).or_default().insert(&edge.first);
        holds.entry(&edge.first).or_default().insert(&edge.then);
    }
    let free = nodes.keys().filter(|key| !waits.contains_key(key));
    let mut free: BTreeSet<Key> = free.cloned().collect();
    while let Some(key) = free.pop_first() {
        for then in holds.get(&key).into_iter().flatten() {
            if let Some(left) = waits.get_mut(then) {
                left.remove(&key);
                if left.is_empty() {
                    free.insert((*then).clone());
                }
            }
        }
        match nodes.remove(&key) {
            Some(Node::Create(table)) => sorted.push(Operation::CreateTable(table)),
            Some(Node::Drop(table)) => sorted.push(Operation::DropTable(table)),
            Some(Node::Alter(changes)) if !changes.is_empty() => {
                sorted.push(Operation::AlterTable {
                    table: key.table,
                    changes,
                });
            }
            // Cuts can leave nothing of a batch.
            Some(Node::Alter(_)) | None => {}
        }
    }
}

fn edges(nodes: &Nodes) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (owner, node) in nodes {
        let others = |key: &&ForeignKey| key.references != owner.table;
        for key in coming(node).into_iter().filter(others) {
            let edge = |first: Key| Edge {
                first,
                then: owner.clone(),
                owner: owner.clone(),
                key: Some(key.clone()),
                comes: true,
            };
            edges.extend(node_at(nodes, Rank::Create, key).map(|(first, _)| edge(first)));
            let alter = node_at(nodes, Rank::Alter, key);
            let alter = alter.filter(|(_, node)| touches(node, &key.referenced_columns, true));
            edges.extend(alter.map(|(first, _)| edge(first)));
        }
        for key in going(node).into_iter().filter(others) {
            let edge = |then: Key| Edge {
                first: owner.clone(),
                then,
                owner: owner.clone(),
                key: Some(key.clone()),
                comes: false,
            };
            edges.extend(node_at(nodes, Rank::Drop, key).map(|(then, _)| edge(then)));
            let alter = node_at(nodes, Rank::Alter, key);
            let alter = alter.filter(|(_, node)| touches(node, &key.referenced_columns, false));
            edges.extend(alter.map(|(then, _)| edge(then)));
        }
    }
    edges
}

fn node_at<'a>(nodes: &'a Nodes, rank: Rank, key: &ForeignKey) -> Option<(Key, &'a Node)> {
    let place = Key {
        rank,
        table: key.references.clone(),
    };
    nodes.get(&place).map(|node| (place, node))
}

/// Foreign keys that are there after the node and were not before.
fn coming(node: &Node) -> Vec<&ForeignKey> {
    match node {
        Node::Create(table) => table.foreign_keys.iter().collect(),
        Node::Drop(_) => Vec::new(),
        Node::Alter(changes) => changes
            .iter()
            .filter_map(|change| match change {
                TableChange::ForeignKey(Change::Add(key)) => Some(key),
                TableChange::ForeignKey(Change::Alter(pair)) => Some(&pair.to),
                _ => None,
            })
            .collect(),
    }
}

/// Foreign keys that were there before the node and are not after it.
fn going(node: &Node) -> Vec<&ForeignKey> {
    match node {
        Node::Create(_) => Vec::new(),
        Node::Drop(table) => table.foreign_keys.iter().collect(),
        Node::Alter(changes) => changes
            .iter()
            .filter_map(|change| match change {
                TableChange::ForeignKey(Change::Drop(key)) => Some(key),
                TableChange::ForeignKey(Change::Alter(pair)) => Some(&pair.from),
                _ => None,
            })
            .collect(),
    }
}

/// Whether the batch makes (or unmakes) one of the columns, or a key or unique
/// constraint over them.
fn touches(node: &Node, columns: &[Name], makes: bool) -> bool {
    let Node::Alter(changes) = node else {
        return false;
    };
    concern(changes, columns, makes)
}

fn concern(changes: &[TableChange], columns: &[Name], makes: bool) -> bool {
    let over = |key: &[Name]| key.len() == columns.len() && key.iter().all(|c| columns.contains(c));
    changes.iter().any(|change| match change {
        TableChange::Column(change) => {
            side(change, makes).is_some_and(|c| columns.contains(&c.name))
        }
        TableChange::PrimaryKey(change) => side(change, makes).is_some_and(|k| over(&k.columns)),
        TableChange::Unique(change) => side(change, makes).is_some_and(|u| over(&u.columns)),
        TableChange::Index(change) => side(change, makes).is_some_and(|i| i.unique),
        TableChange::Values(_)
        | TableChange::ForeignKey(_)
        | TableChange::Check(_)
        | TableChange::Comment(_)
        | TableChange::Options(_) => false,
    })
}

/// What a change makes, or what it unmakes.
fn side<T>(change: &Change<T>, makes: bool) -> Option<&T> {
    match change {
        Change::Add(thing) => Some(thing).filter(|_| makes),
        Change::Drop(thing) => Some(thing).filter(|_| !makes),
        Change::Alter(pair) => Some(if makes { &pair.to } else { &pair.from }),
        Change::Rename(_) => None,
    }
}

/// The reasons for one step of a circle, that step which costs least to cut: a
/// table that is created anyway first, one that is dropped anyway second.
fn weakest_of_a_circle(nodes: &Nodes, edges: &[Edge]) -> Vec<Edge> {
    let mut before: BTreeMap<&Key, &Key> = BTreeMap::new();
    for edge in edges {
        if nodes.contains_key(&edge.first) && nodes.contains_key(&edge.then) {
            before.entry(&edge.then).or_insert(&edge.first);
        }
    }
    let Some(mut at) = nodes.keys().next() else {
        return Vec::new();
    };
    let mut path: Vec<&Key> = Vec::new();
    while !path.contains(&at) {
        path.push(at);
        match before.get(at) {
            Some(first) => at = *first,
            None => break,
        }
    }
    let start = path.iter().position(|key| *key == at).unwrap_or(0);
    let circle = path.get(start..).unwrap_or_default();
    let cost = |edge: &Edge| match edge.owner.rank {
        _ if edge.key.is_none() => 3,
        Rank::Create => 0,
        Rank::Drop => 1,
        Rank::Alter => 2,
    };
    let steps = circle.iter().filter_map(|then| {
        let first = before.get(then)?;
        let reasons: Vec<&Edge> = edges
            .iter()
            .filter(|e| e.first == **first && e.then == **then)
            .collect();
        let cost = reasons.iter().map(|e| cost(e)).max()?;
        Some((cost, reasons))
    });
    let weakest = steps.min_by_key(|(cost, _)| *cost);
    weakest
        .into_iter()
        .flat_map(|(_, reasons)| reasons.into_iter().cloned())
        .collect()
}

/// Cuts the foreign key of an edge out of its node.
fn cut(
    nodes: &mut Nodes,
    edge: &Edge,
    early: &mut BTreeMap<TableName, Vec<TableChange>>,
    late: &mut BTreeMap<TableName, Vec<TableChange>>,
) {
    let Some(key) = &edge.key else {
        return;
    };
    let drop = || TableChange::ForeignKey(Change::Drop(key.clone()));
    let add = || TableChange::ForeignKey(Change::Add(key.clone()));
    let found = match nodes.get_mut(&edge.owner) {
        Some(Node::Create(table) | Node::Drop(table)) => {
            let at = table.foreign_keys.iter().position(|k| k == key);
            at.map(|at| table.foreign_keys.remove(at)).is_some()
        }
        Some(Node::Alter(changes)) => take_out(changes, key, edge.comes),
        None => false,
    };
    if !found {
        return;
    }
    let table = edge.owner.table.clone();
    if edge.comes {
        late.entry(table).or_default().push(add());
    } else {
        early.entry(table).or_default().push(drop());
    }
}

/// Takes one side of a foreign key's change out of a batch; the other side of
/// an alteration stays.
fn take_out(changes: &mut Vec<TableChange>, key: &ForeignKey, comes: bool) -> bool {
    let at = changes.iter().position(|change| match change {
        TableChange::ForeignKey(change) => side(change, comes) == Some(key),
        _ => false,
    });
    let Some(at) = at else {
        return false;
    };
    if let TableChange::ForeignKey(Change::Alter(pair)) = changes.remove(at) {
        changes.push(TableChange::ForeignKey(if comes {
            Change::Drop(pair.from)
        } else {
            Change::Add(pair.to)
        }));
        within(changes);
    }
    true
}
