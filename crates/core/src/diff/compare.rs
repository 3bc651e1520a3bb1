//! Two schemas to operations.

use super::batch::batch;
use super::order::{self, Work};
use super::pair_up::pair_up;
use super::{Renames, SharedNames, renames};
use crate::change::{Change, Pair};
use crate::operation::Operation;
use crate::schema::{EnumType, Schema, Table, TableName};

/// The operations that take `schemas.from` to `schemas.to`, in an order in
/// which each can be done. A rename of something that is not there is passed
/// over; [`super::adopt`] tells none.
///
/// For a database of which no more is known than that indexes share their names.
pub fn diff(schemas: Pair<&Schema>, renames: &Renames) -> Vec<Operation> {
    let shared = SharedNames {
        indexes: true,
        ..SharedNames::default()
    };
    diff_on(shared, schemas, renames)
}

/// As [`diff`], for a database whose tables share those names.
pub fn diff_on(shared: SharedNames, schemas: Pair<&Schema>, renames: &Renames) -> Vec<Operation> {
    let mut before = schemas.from.clone();
    let mut operations = in_the_way(&schemas, renames);
    operations.retain(|operation| operation.apply(&mut before).is_ok());
    let mut told = renames::operations(&before, renames);
    told.retain(|operation| operation.apply(&mut before).is_ok());
    operations.extend(told);
    let (made, dropped) = enums(Pair::new(&before, schemas.to));

    let lists = Pair::new(
        before.tables.values().collect(),
        schemas.to.tables.values().collect(),
    );
    let paired = pair_up(lists, &[&|a: &&Table, b: &&Table| a.name == b.name]);
    let work = Work {
        creates: paired.to.into_iter().cloned().collect(),
        batches: paired
            .both
            .into_iter()
            .map(|pair| {
                let name = pair.to.name.clone();
                let mut changes = renames::values_of_columns(renames, &name);
                changes.extend(batch(pair));
                (name, changes)
            })
            .filter(|(_, changes)| !changes.is_empty())
            .collect(),
        drops: paired.from.into_iter().cloned().collect(),
    };
    // An enum type comes before the columns that are of it, and goes after them.
    operations.extend(made);
    operations.extend(order::between(work, Pair::new(&before, schemas.to), shared));
    operations.extend(dropped);
    operations
}

/// A table is a type, too: an enum type that goes away gives its name to a table
/// that comes before that, and a table that goes away to an enum type.
fn in_the_way(schemas: &Pair<&Schema>, renames: &Renames) -> Vec<Operation> {
    let Pair { from, to } = schemas;
    let taken = |name: &TableName| {
        [from, to]
            .iter()
            .any(|s| s.tables.contains_key(name) || s.enums.contains_key(name))
    };
    let spare = |name: &TableName| {
        let names = (1..).map(|n| renames::spare_table_name(name, n));
        let mut free = names.filter(|name| !taken(name));
        free.next().map(|spare| Pair::new(name.clone(), spare))
    };
    let types = from.enums.keys().filter(|name| {
        !to.enums.contains_key(*name)
            && to.tables.contains_key(*name)
            && !from.tables.contains_key(*name)
            && from.enums.keys().filter(|n| n.name == name.name).count() == 1
    });
    let types = types.filter_map(spare);
    let types = types.map(|names| {
        let names = Pair::new(names.from.name, names.to.name);
        Operation::Enum(Change::Rename(names))
    });
    let tables = from.tables.keys().filter(|name| {
        !to.tables.contains_key(*name)
            && to.enums.contains_key(*name)
            && !from.enums.contains_key(*name)
            && !renames.tables.iter().any(|pair| pair.from == **name)
    });
    let tables = tables.filter_map(spare).map(Operation::RenameTable);
    types.chain(tables).collect()
}

/// Enum types that are made or get values, and those that lose some or go away.
/// What a column, a check or an index says may use a new value only after it
/// came, and an old one until it goes.
fn enums(schemas: Pair<&Schema>) -> (Vec<Operation>, Vec<Operation>) {
    let lists = Pair::new(
        schemas.from.enums.values().cloned().collect(),
        schemas.to.enums.values().cloned().collect(),
    );
    let paired = pair_up(lists, &[&|a: &EnumType, b: &EnumType| a.name == b.name]);
    let mut first: Vec<Change<EnumType>> = paired.to.into_iter().map(Change::Add).collect();
    let mut last = Vec::new();
    for Pair { from, to } in paired.both {
        let between = with_all_values(&from, &to);
        if between != from {
            first.push(Change::Alter(Pair::new(from, between.clone())));
        }
        if between != to {
            last.push(Change::Alter(Pair::new(between, to)));
        }
    }
    last.extend(paired.from.into_iter().map(Change::Drop));
    (
        first.into_iter().map(Operation::Enum).collect(),
        last.into_iter().map(Operation::Enum).collect(),
    )
}

/// The type with the values of both, those that go where they were; the old
/// one where no value comes.
fn with_all_values(from: &EnumType, to: &EnumType) -> EnumType {
    if to.values.iter().all(|value| from.values.contains(value)) {
        return from.clone();
    }
    let mut values = to.values.clone();
    let mut before: Option<&String> = None;
    for value in &from.values {
        if !values.contains(value) {
            let at = before.and_then(|before| values.iter().position(|v| v == before));
            values.insert(at.map_or(0, |at| at + 1), value.clone());
        }
        before = Some(value);
    }
    EnumType {
        name: to.name.clone(),
        values,
    }
}

/// Whether two schemas are the same but for the order of columns and of lists
/// whose order means nothing, and for what rows are filled with.
pub fn same(a: &Schema, b: &Schema) -> bool {
    fn plain(schema: &Schema) -> Schema {
        let mut schema = schema.clone();
        for table in schema.tables.values_mut() {
            table.sort_lists();
            table.columns.sort_by(|a, b| a.name.cmp(&b.name));
            for column in &mut table.columns {
                column.forget_rows();
            }
        }
        schema
    }
    plain(a) == plain(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_and_a_table_of_one_name_get_out_of_each_others_way() {
        let mut ty = Schema::default();
        let mood = EnumType {
            name: TableName::new("mood"),
            values: vec!["sad".to_owned()],
        };
        ty.enums.insert(mood.name.clone(), mood);
        let mut table = Schema::default();
        table.insert(Table::new("mood"));
        let words = |from: &Schema, to: &Schema| {
            let found = diff(Pair::new(from, to), &Renames::default());
            let mut now = from.clone();
            let applied = found.iter().try_for_each(|o| o.apply(&mut now));
            assert!(applied.is_ok() && same(&now, to));
            let all = found.iter().flat_map(Operation::describe);
            all.map(|d| d.text).collect::<Vec<_>>()
        };
        assert_eq!(
            words(&ty, &table),
            [
                "rename enum type `mood` to `mood__1`",
                "create table `mood`",
                "drop enum type `mood__1`"
            ]
        );
        assert_eq!(
            words(&table, &ty),
            [
                "rename table `mood` to `mood__1`",
                "create enum type `mood`",
                "drop table `mood__1`"
            ]
        );
    }

    #[test]
    fn values_come_before_tables_change_and_go_after() {
        let ty = |values: &[&str]| EnumType {
            name: TableName::new("mood"),
            values: values.iter().map(ToString::to_string).collect(),
        };
        let halves = |from: &[&str], to: &[&str]| {
            let schema = |values: &[&str]| {
                let ty = ty(values);
                let enums = [(ty.name.clone(), ty)].into();
                Schema {
                    enums,
                    ..Schema::default()
                }
            };
            let (from, to) = (schema(from), schema(to));
            let (first, last) = enums(Pair::new(&from, &to));
            let values = |operations: Vec<Operation>| match operations.into_iter().next() {
                Some(Operation::Enum(Change::Alter(pair))) => pair.to.values.join(" "),
                _ => String::new(),
            };
            (values(first), values(last))
        };
        let told = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(halves(&["a", "b"], &["a", "x", "b"]), told("a x b", ""));
        assert_eq!(halves(&["a", "b", "c"], &["a", "c"]), told("", "a c"));
        assert_eq!(halves(&["a", "b"], &["b", "a"]), told("", "b a"));
        let both = halves(&["a", "b", "c"], &["x", "a", "c", "y"]);
        assert_eq!(both, told("x a b c y", "x a c y"));
    }
}
