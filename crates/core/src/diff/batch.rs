//! The changes from one form of a table to another.

use super::order;
use super::pair_up::pair_up;
use super::parts::changes;
use crate::change::{Change, Pair};
use crate::operation::part::Part;
use crate::operation::{TableChange, identifiers};
use crate::schema::{Column, ForeignKey, Name, Table};

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
        &|key| uses_gone(&|c| key.uses(c, from) || refers_to_own(key, c, from)),
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

/// The changes of columns, and the names of those that go away.
fn columns(tables: &Pair<&Table>) -> (Vec<TableChange>, Vec<Name>) {
    let lists = Pair::new(tables.from.columns.clone(), tables.to.columns.clone());
    let paired = pair_up(lists, &[&|a: &Column, b: &Column| a.name == b.name]);
    let gone = paired.from.iter().map(|c| c.name.clone()).collect();
    let mut changes = Vec::new();
    let added = users_last(paired.to, tables.to);
    changes.extend(added.into_iter().map(Change::Add));
    let mut alters: Vec<Change<Column>> = paired.both.into_iter().filter_map(altered).collect();
    alters.sort_by_key(computing);
    changes.extend(alters);
    let mut dropped = users_last(paired.from, tables.from);
    dropped.reverse();
    changes.extend(dropped.into_iter().map(Change::Drop));
    (changes.into_iter().map(TableChange::Column).collect(), gone)
}

/// A column that is no longer computed lets go of the others before they change,
/// and one that is computed otherwise waits until they have; read from the end,
/// it is so on the way back, too.
fn computing(change: &Change<Column>) -> u8 {
    let Change::Alter(pair) = change else {
        return 1;
    };
    match (&pair.from.generated, &pair.to.generated) {
        (Some(_), None) => 0,
        (from, to) if from == to => 1,
        _ => 2,
    }
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
            !columns
                .iter()
                .any(|other| other.name != column.name && is_computed_from(column, other, table))
        });
        // Columns that are computed from each other are no table, so the first
        // is as good as any.
        sorted.push(columns.remove(free.unwrap_or(0)));
    }
    sorted
}

fn is_computed_from(column: &Column, other: &Column, table: &Table) -> bool {
    column
        .generated
        .as_ref()
        .is_some_and(|g| identifiers::mentions(&g.expression, &other.name, table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ColumnType, Generated};

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
}
