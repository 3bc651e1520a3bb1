//! Tables that take their numbers from where another table has its own, or that
//! inherit another one.
//!
//! Owns how such a default is known: by the usual name of the sequence that a
//! numbered column has, `<table>_<column>_seq`. One that is called otherwise
//! is not found, and the order of names holds. A table that inherits another
//! one says so in the clauses that it carries.

use std::collections::BTreeMap;

use super::between::{Edge, Key, Node, Nodes, Rank};
use crate::change::{Change, Pair};
use crate::operation::TableChange;
use crate::schema::{Column, DefaultValue, Name, Schema};

/// The tables with a numbered column come before those that take numbers from
/// it, and go after them.
pub(super) fn edges(nodes: &Nodes, before: &Schema) -> Vec<Edge> {
    let mut owners: BTreeMap<(bool, String), Vec<&Key>> = BTreeMap::new();
    let all: Vec<(&Key, bool, &Column)> = nodes
        .iter()
        .flat_map(|(key, node)| {
            columns(node)
                .into_iter()
                .map(move |(comes, column)| (key, comes, column))
        })
        .collect();
    for (key, comes, column) in all.iter().filter(|(_, _, c)| c.autoincrement) {
        let name = format!("{}_{}_seq", key.table.name, column.name);
        owners.entry((*comes, name)).or_default().push(key);
    }
    let mut edges = Vec::new();
    for (key, node) in nodes {
        let (Node::Create(table) | Node::Drop(table)) = node else {
            continue;
        };
        let parents = table.options.inherits();
        for other in nodes.keys().filter(|_| !parents.is_empty()) {
            let near = other.rank == key.rank || other.rank == Rank::Alter;
            let name = other.table.name.as_str();
            if near && other != key && parents.iter().any(|parent| parent.name.as_str() == name) {
                edges.push(lean(key.rank != Rank::Drop, key, other));
            }
        }
    }
    edges.extend(kept_below(nodes, before));
    for (key, comes, column) in all {
        let found = taken(&column.default).and_then(|name| owners.get(&(comes, name)));
        for owner in found.into_iter().flatten().filter(|owner| **owner != key) {
            edges.push(lean(comes, key, owner));
        }
    }
    edges
}

/// A column that leaves a table, or comes to it, and changes in those that
/// inherit it: only while no parent has it can it change by itself.
fn kept_below(nodes: &Nodes, before: &Schema) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (key, node) in nodes {
        let own: Vec<Pair<Option<&Name>>> = of_columns(node).map(names).collect();
        let table = before.table(&key.table);
        for table in table.map(|t| t.options.inherits()).unwrap_or_default() {
            let rank = Rank::Alter;
            let parent = Key { rank, table };
            for theirs in nodes.get(&parent).into_iter().flat_map(of_columns) {
                match theirs {
                    Change::Drop(gone) if own.iter().any(|own| own.from == Some(&gone.name)) => {
                        edges.push(Edge::between_tables(parent.clone(), key.clone()));
                    }
                    Change::Add(new) if own.iter().any(|own| own.to == Some(&new.name)) => {
                        edges.push(Edge::between_tables(key.clone(), parent.clone()));
                    }
                    _ => {}
                }
            }
        }
    }
    edges
}

/// The changes of columns in a batch.
fn of_columns(node: &Node) -> impl Iterator<Item = &Change<Column>> {
    let changes: &[TableChange] = match node {
        Node::Alter(changes) => changes,
        Node::Create(_) | Node::Drop(_) => &[],
    };
    changes.iter().filter_map(|change| match change {
        TableChange::Column(change) => Some(change),
        _ => None,
    })
}

/// What a column that is there is called before and after a change.
fn names(change: &Change<Column>) -> Pair<Option<&Name>> {
    match change {
        Change::Add(_) => Pair::new(None, None),
        Change::Drop(column) => Pair::new(Some(&column.name), None),
        Change::Rename(names) => names.as_ref().map(Some),
        Change::Alter(pair) => pair.as_ref().map(|column| Some(&column.name)),
    }
}

/// One table needs another: where it comes, it comes later, and goes earlier.
fn lean(comes: bool, key: &Key, on: &Key) -> Edge {
    let (first, then) = if comes { (on, key) } else { (key, on) };
    Edge::between_tables(first.clone(), then.clone())
}

/// The columns that come (`true`) and go with what is done to a table.
fn columns(node: &Node) -> Vec<(bool, &Column)> {
    match node {
        Node::Create(table) => table.columns.iter().map(|c| (true, c)).collect(),
        Node::Drop(table) => table.columns.iter().map(|c| (false, c)).collect(),
        Node::Alter(changes) => changes
            .iter()
            .flat_map(|change| match change {
                TableChange::Column(Change::Add(c)) => vec![(true, c)],
                TableChange::Column(Change::Drop(c)) => vec![(false, c)],
                TableChange::Column(Change::Alter(pair))
                    if pair.from.autoincrement != pair.to.autoincrement
                        || pair.from.default != pair.to.default =>
                {
                    vec![(true, &pair.to), (false, &pair.from)]
                }
                _ => Vec::new(),
            })
            .collect(),
    }
}

/// The sequence, without its schema, that a default takes its numbers from.
fn taken(default: &Option<DefaultValue>) -> Option<String> {
    let Some(DefaultValue::Expression(expression)) = default else {
        return None;
    };
    let (_, call) = expression.as_str().split_once("nextval(")?;
    let (text, _) = call.trim_start().strip_prefix('\'')?.split_once('\'')?;
    let name = text.rsplit_once('.').map_or(text, |(_, name)| name);
    Some(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Work, between};
    use super::*;
    use crate::diff::SharedNames;
    use crate::operation::Operation;
    use crate::schema::{Column, ColumnType, Expression, ForeignKey, Table};

    fn table(name: &str, default: Option<&str>) -> Table {
        let mut column = Column::new("id", ColumnType::BigInteger);
        column.autoincrement = default.is_none();
        column.default = default.map(|text| DefaultValue::Expression(Expression::new(text)));
        let mut table = Table::new(name);
        table.columns.push(column);
        table
    }

    fn names(work: Work) -> Vec<String> {
        names_over(work, &Schema::default())
    }

    fn names_over(work: Work, schema: &Schema) -> Vec<String> {
        let operations = between(work, Pair::new(schema, schema), SharedNames::default());
        let name = |operation: &Operation| match operation {
            Operation::CreateTable(t) | Operation::DropTable(t) => t.name.to_string(),
            Operation::AlterTable { table, .. } => table.to_string(),
            _ => String::new(),
        };
        operations.iter().map(name).collect()
    }

    #[test]
    fn the_table_with_the_numbers_comes_first_and_goes_last() {
        let borrowed = || table("a", Some("nextval('\"b_id_seq\"'::regclass)"));
        let tables = || {
            vec![
                borrowed(),
                table("b", None),
                table("c", Some("nextval('s.a_id_seq')")),
            ]
        };
        let creates = Work {
            creates: tables(),
            ..Work::default()
        };
        assert_eq!(names(creates), ["b", "a", "c"]);
        let drops = Work {
            drops: vec![table("b", Some("nextval('c_id_seq')")), table("c", None)],
            ..Work::default()
        };
        assert_eq!(names(drops), ["b", "c"]);
        let drops = Work {
            drops: vec![table("b", None), table("c", Some("nextval('b_id_seq')"))],
            ..Work::default()
        };
        assert_eq!(names(drops), ["c", "b"]);
    }

    #[test]
    fn a_column_that_gets_or_loses_its_numbers_counts_like_its_table() {
        let numbered = table("b", None).columns.remove(0);
        let taking = || table("a", Some("nextval('b_id_seq')"));
        let batch = |change| vec![("b".into(), vec![TableChange::Column(change)])];
        let creates = Work {
            creates: vec![taking()],
            batches: batch(Change::Add(numbered.clone())),
            ..Work::default()
        };
        assert_eq!(names(creates), ["b", "a"]);
        let drops = Work {
            batches: batch(Change::Drop(numbered)),
            drops: vec![taking()],
            ..Work::default()
        };
        assert_eq!(names(drops), ["a", "b"]);
    }

    #[test]
    fn what_is_inherited_comes_first_and_goes_last() {
        let tables = || {
            let mut child = table("a", None);
            child.options.extra = Some("INHERITS (s.\"b\", c) WITH (fillfactor='70')".into());
            vec![child, table("b", None), table("c", None)]
        };
        let creates = Work {
            creates: tables(),
            ..Work::default()
        };
        assert_eq!(names(creates), ["b", "c", "a"]);
        let mut drops = tables();
        drops[0].name = "z".into();
        let drops = Work {
            drops,
            ..Work::default()
        };
        assert_eq!(names(drops), ["z", "b", "c"]);
    }

    #[test]
    fn a_column_changes_while_no_parent_has_it() {
        let mut child = table("a", None);
        child.options.extra = Some("INHERITS (b)".into());
        let mut schema = Schema::default();
        schema.insert(child);
        schema.insert(table("b", None));
        let column = Column::new("n", ColumnType::Integer);
        let wide = Column::new("n", ColumnType::BigInteger);
        let forth = [
            (Change::Drop(column.clone()), Pair::new(&column, &wide)),
            (Change::Add(column.clone()), Pair::new(&wide, &column)),
        ];
        for ((theirs, own), expected) in forth.into_iter().zip([["b", "a"], ["a", "b"]]) {
            let own = Change::Alter(own.map(Column::clone));
            let batches = [("a", own), ("b", theirs)];
            let work = Work {
                batches: (batches.into_iter())
                    .map(|(name, change)| (name.into(), vec![TableChange::Column(change)]))
                    .collect(),
                ..Work::default()
            };
            assert_eq!(names_over(work, &schema), expected);
        }
    }

    #[test]
    fn a_circle_elsewhere_changes_no_order() {
        let refer = |mut table: Table, other: &str| {
            table
                .foreign_keys
                .push(ForeignKey::new(["id"], other, ["id"]));
            table
        };
        let creates = Work {
            creates: vec![
                // What waits for the circle, although its sequence is there.
                refer(table("b", Some("nextval('a_id_seq')")), "z"),
                table("a", None),
                refer(table("x", None), "y"),
                refer(table("y", None), "x"),
                refer(table("z", None), "y"),
            ],
            ..Work::default()
        };
        assert_eq!(names(creates), ["a", "y", "x", "z", "b", "y"]);
    }

    #[test]
    fn a_circle_has_an_end() {
        let both = |name: &str, other: &str| {
            let mut table = table(name, None);
            let mut column = Column::new("n", ColumnType::BigInteger);
            let text = format!("nextval('{other}_id_seq')");
            column.default = Some(DefaultValue::Expression(Expression::new(text)));
            table.columns.push(column);
            table
        };
        let creates = Work {
            creates: vec![both("a", "b"), both("b", "a")],
            ..Work::default()
        };
        assert_eq!(names(creates).len(), 2);
    }
}
