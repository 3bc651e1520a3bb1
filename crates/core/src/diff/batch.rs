//! The changes from one form of a table to another.

use super::order;
use super::pair_up::pair_up;
use super::parts::changes;
use crate::change::{Change, Pair};
use crate::operation::part::Part;
use crate::operation::{TableChange, identifiers};
use crate::schema::{Column, ForeignKey, Index, Name, Table};

/// All changes of one table, in the order in which they can be done.
pub(super) fn batch(tables: Pair<&Table>) -> Vec<TableChange> {
    let (mut batch, gone) = columns(&tables);
    let uses_gone = |part: &dyn Fn(&Name) -> bool| gone.iter().any(part);
    let Pair { from, to } = tables;
    batch.extend(changes(
        Pair::new(list(&from.primary_key), list(&to.primary_key)),
        &|key| uses_gone(&|c| key.uses(c, from)),
    ));
    batch.extend(changes(
        Pair::new(from.uniques.clone(), to.uniques.clone()),
        &|unique| uses_gone(&|c| unique.uses(c, from)),
    ));
    batch.extend(changes(
        Pair::new(from.checks.clone(), to.checks.clone()),
        &|check| uses_gone(&|c| check.uses(c, from)),
    ));
    batch.extend(changes(
        Pair::new(from.foreign_keys.clone(), to.foreign_keys.clone()),
        &|key| {
            uses_gone(&|c| key.uses(c, from) || refers_to_own(key, c, from))
                || (key.references == from.name && loses(&tables, &key.referenced_columns))
        },
    ));
    batch.extend(changes(
        Pair::new(from.indexes.clone(), to.indexes.clone()),
        &|index| uses_gone(&|c| index.uses(c, from)),
    ));
    if from.comment != to.comment {
        let comments = Pair::new(from.comment.clone(), to.comment.clone());
        batch.push(TableChange::Comment(comments));
    }
    if from.options != to.options {
        let options = Pair::new(from.options.clone(), to.options.clone());
        batch.push(TableChange::Options(options));
    }
    order::within(&mut batch);
    batch
}

fn list<T: Clone>(one: &Option<T>) -> Vec<T> {
    one.iter().cloned().collect()
}

fn refers_to_own(key: &ForeignKey, column: &Name, table: &Table) -> bool {
    key.references == table.name && key.referenced_columns.contains(column)
}

/// Whether what lets a foreign key refer to these columns goes. On the way back
/// it comes again before the foreign key does.
fn loses(tables: &Pair<&Table>, columns: &[Name]) -> bool {
    identifies(tables.from, columns) && !identifies(tables.to, columns)
}

fn identifies(table: &Table, columns: &[Name]) -> bool {
    let over =
        |key: &[&Name]| key.len() == columns.len() && key.iter().all(|c| columns.contains(c));
    let keys = table.primary_key.iter().map(|key| &key.columns);
    let mut keys = keys.chain(table.uniques.iter().map(|unique| &unique.columns));
    let mut indexes = table.indexes.iter().filter_map(Index::referable_columns);
    columns.is_empty()
        || keys.any(|key| over(&key.iter().collect::<Vec<_>>()))
        || indexes.any(|index| over(&index))
}

/// The changes of columns in the order in which they can be done, and the names
/// of those that go away. Others go after some came, so that the table is never
/// without columns, and because a computed one may move from one to another.
fn columns(tables: &Pair<&Table>) -> (Vec<TableChange>, Vec<Name>) {
    let lists = Pair::new(tables.from.columns.clone(), tables.to.columns.clone());
    let paired = pair_up(lists, &[&|a: &Column, b: &Column| a.name == b.name]);
    let gone = paired.from.iter().map(|c| c.name.clone()).collect();
    let alters: Vec<Change<Column>> = paired.both.into_iter().filter_map(altered).collect();
    let computing = |step: Computing| {
        let of_step = alters.iter().filter(move |change| step.is_of(change));
        of_step.cloned()
    };
    let altered = |step: Computing| -> Vec<Name> {
        let names = computing(step).filter_map(|change| match change {
            Change::Alter(pair) => Some(pair.to.name),
            _ => None,
        });
        names.collect()
    };
    let (added, added_late) = apart(
        users_last(paired.to, tables.to),
        &altered(Computing::Stops),
        tables.to,
    );
    let (mut dropped, mut dropped_early) = apart(
        users_last(paired.from, tables.from),
        &altered(Computing::Starts),
        tables.from,
    );
    dropped.reverse();
    dropped_early.reverse();
    let changes = added.into_iter().map(Change::Add);
    let changes = changes
        .chain(computing(Computing::Stops))
        .chain(dropped_early.into_iter().map(Change::Drop))
        .chain(added_late.into_iter().map(Change::Add))
        .chain(computing(Computing::Stays))
        .chain(computing(Computing::Otherwise))
        .chain(computing(Computing::Starts))
        .chain(dropped.into_iter().map(Change::Drop));
    (changes.map(TableChange::Column).collect(), gone)
}

/// What becomes of how an altered column is computed, in the order in which it
/// is done. One that is no longer computed lets go of the others before they
/// change, and others can be computed from it then; one that is computed from
/// now on waits until no other is computed from it. Read from the end, it is so
/// on the way back, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Computing {
    Stops,
    Stays,
    Otherwise,
    Starts,
}

impl Computing {
    fn is_of(self, change: &Change<Column>) -> bool {
        let Change::Alter(pair) = change else {
            return false;
        };
        self == match (&pair.from.generated, &pair.to.generated) {
            (Some(_), None) => Self::Stops,
            (None, Some(_)) => Self::Starts,
            (from, to) if from == to => Self::Stays,
            _ => Self::Otherwise,
        }
    }
}

/// The columns, and apart from them those that are computed from one of these,
/// also by way of each other.
fn apart(columns: Vec<Column>, from: &[Name], table: &Table) -> (Vec<Column>, Vec<Column>) {
    let (mut others, mut computed): (Vec<Column>, Vec<Column>) = (Vec::new(), Vec::new());
    // Those that they are computed from come before them.
    for column in columns {
        let above = computed.iter().map(|column| &column.name);
        let mut above = from.iter().chain(above);
        match above.any(|name| is_computed_from(&column, name, table)) {
            true => computed.push(column),
            false => others.push(column),
        }
    }
    (others, computed)
}

/// One change with all differences of a column, if there are any. Only a column
/// that no longer takes NULL has rows to fill.
fn altered(mut pair: Pair<Column>) -> Option<Change<Column>> {
    let (fill, using) = (pair.to.fill.clone(), pair.to.using.clone());
    pair.from.forget_rows();
    pair.to.forget_rows();
    if pair.from == pair.to {
        return None;
    }
    if pair.from.ty != pair.to.ty {
        pair.to.using.up = using.up;
        pair.to.using.lossy = using.lossy;
        pair.from.using.up = using.down;
    }
    if pair.from.nullable && !pair.to.nullable {
        pair.to.fill = fill;
    }
    Some(Change::Alter(pair))
}

/// Columns in an order in which each generated one comes after those of the
/// list that it is computed from.
fn users_last(mut columns: Vec<Column>, table: &Table) -> Vec<Column> {
    let mut sorted = Vec::new();
    while !columns.is_empty() {
        let free = columns.iter().position(|column| {
            !columns.iter().any(|other| {
                other.name != column.name && is_computed_from(column, &other.name, table)
            })
        });
        // Columns that are computed from each other are no table, so the first
        // is as good as any.
        sorted.push(columns.remove(free.unwrap_or(0)));
    }
    sorted
}

fn is_computed_from(column: &Column, other: &Name, table: &Table) -> bool {
    column
        .generated
        .as_ref()
        .is_some_and(|g| identifiers::mentions(&g.expression, other, table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ColumnType, Generated, Unique};

    fn computed(name: &str, from: &str) -> Column {
        let mut column = Column::new(name, ColumnType::Text);
        column.generated = Some(Generated {
            expression: format!("lower({from})").as_str().into(),
            stored: true,
        });
        column
    }

    #[test]
    fn a_column_is_let_go_of_before_it_changes_and_computed_with_afterwards() {
        let mut from = Table::new("t");
        from.columns = vec![
            Column::new("a", ColumnType::Text),
            computed("b", "a"),
            Column::new("c", ColumnType::Text),
            Column::new("d", ColumnType::Integer),
        ];
        let mut to = from.clone();
        to.columns = vec![
            Column::new("a", ColumnType::Blob),
            Column::new("b", ColumnType::Text),
            computed("c", "d"),
            Column::new("d", ColumnType::Text),
        ];
        let (changes, _) = columns(&Pair::new(&from, &to));
        let names: Vec<&str> = changes
            .iter()
            .filter_map(|change| match change {
                TableChange::Column(Change::Alter(pair)) => Some(pair.to.name.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(names, ["b", "a", "d", "c"]);
    }

    #[test]
    fn a_table_refers_to_its_keys_while_they_are_there() {
        let mut from = Table::new("t");
        from.columns = vec![
            Column::new("a", ColumnType::Integer),
            Column::new("b", ColumnType::Integer),
        ];
        let mut to = from.clone();
        let refers_to = |column: &str| ForeignKey {
            name: Some("fk".into()),
            ..ForeignKey::new(["b"], "t", [column])
        };
        for (table, key) in [(&mut from, "b"), (&mut to, "a")] {
            table.uniques.push(Unique {
                name: Some(format!("uq_{key}").as_str().into()),
                ..Unique::on([key])
            });
            table.foreign_keys.push(refers_to(key));
        }
        let words = |changes: &[TableChange]| -> Vec<&str> {
            let word = |change: &TableChange| match change {
                TableChange::ForeignKey(Change::Drop(_)) => "-fk",
                TableChange::ForeignKey(Change::Add(_)) => "+fk",
                TableChange::Unique(Change::Drop(_)) => "-uq",
                TableChange::Unique(Change::Add(_)) => "+uq",
                _ => "another one",
            };
            changes.iter().map(word).collect()
        };
        let there = batch(Pair::new(&from, &to));
        assert_eq!(words(&there), ["-fk", "-uq", "+uq", "+fk"]);
        let back: Vec<TableChange> = there.into_iter().rev().map(TableChange::reverse).collect();
        assert_eq!(words(&back), ["-fk", "-uq", "+uq", "+fk"]);
        // What stays is no reason.
        to.uniques.extend(from.uniques.clone());
        let changes = batch(Pair::new(&from, &to));
        assert_eq!(words(&changes), ["+uq", "another one"]);
    }

    #[test]
    fn what_is_computed_from_a_column_goes_before_that_is_computed_itself() {
        let mut from = Table::new("t");
        from.columns = vec![
            Column::new("a", ColumnType::Text),
            Column::new("b", ColumnType::Text),
            computed("c", "b"),
            computed("d", "c"),
            computed("e", "b"),
        ];
        let mut to = from.clone();
        to.columns = vec![
            Column::new("a", ColumnType::Text),
            computed("b", "a"),
            computed("e", "a"),
        ];
        let order = |tables: Pair<&Table>| -> Vec<String> {
            let (changes, _) = columns(&tables);
            let names = changes.into_iter().filter_map(|change| match change {
                TableChange::Column(Change::Alter(pair)) => Some(pair.to.name.to_string()),
                TableChange::Column(Change::Add(column)) => Some(format!("+{}", column.name)),
                TableChange::Column(Change::Drop(column)) => Some(format!("-{}", column.name)),
                _ => None,
            });
            names.collect()
        };
        assert_eq!(order(Pair::new(&from, &to)), ["-d", "-c", "e", "b"]);
        assert_eq!(order(Pair::new(&to, &from)), ["b", "+c", "+d", "e"]);
    }
}
