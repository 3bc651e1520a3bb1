//! A schema near another one.

use aludel_core::schema::{Name, Schema, Table, TableName};

use super::default::default;
use super::ground::{ENUMS, enum_type};
use super::{Choices, parts, repair};

/// A valid schema that differs in a few things, or in none. Nothing is renamed,
/// though what is dropped may come back under a name that was used before.
pub fn mutate(schema: &Schema, choices: &mut Choices) -> Schema {
    let mut next = schema.clone();
    // Names that are given from here on are new ones, most of the time.
    choices.serial += choices.below(40);
    for _ in 0..choices.below(8) {
        change(&mut next, choices);
    }
    repair(&mut next, choices.ground);
    next
}

fn change(schema: &mut Schema, choices: &mut Choices) {
    let names: Vec<TableName> = schema.tables.keys().cloned().collect();
    let Some(name) = choices.pick(&names).cloned() else {
        return parts::add_table(schema, choices);
    };
    match choices.below(15) {
        0 => parts::add_table(schema, choices),
        1 => {
            schema.tables.remove(&name);
        }
        2 | 3 => parts::add_foreign_key(schema, choices),
        14 => change_enum(schema, choices),
        4 if choices.once_in(2) => swap_names(schema, choices),
        4 => move_index(schema, &name, choices),
        5 => {
            let all = schema.clone();
            if let Some(table) = schema.tables.get_mut(&name) {
                parts::add_index(&all, table, choices);
            }
        }
        _ => {
            if let Some(table) = schema.tables.get_mut(&name) {
                change_table(table, choices);
            }
        }
    }
}

/// An enum type gets other values; columns that are of none make it go away.
fn change_enum(schema: &mut Schema, choices: &mut Choices) {
    let Some((name, values)) = choices.pick(ENUMS) else {
        return;
    };
    let kept = choices.below(values.len());
    let mut ty = enum_type(name, kept + 1);
    if choices.once_in(3) {
        ty.values.reverse();
    }
    if choices.once_in(3) {
        let at = choices.below(ty.values.len() + 1);
        ty.values.insert(at, "new".to_owned());
    }
    schema.enums.insert(ty.name.clone(), ty);
}

/// What two tables have gets each other's names.
fn swap_names(schema: &mut Schema, choices: &mut Choices) {
    fn swap(a: &mut Option<Name>, b: &mut Option<Name>) {
        if a.is_some() && b.is_some() {
            std::mem::swap(a, b);
        }
    }
    let mut tables: Vec<&mut Table> = schema.tables.values_mut().collect();
    let [first, .., last] = tables.as_mut_slice() else {
        return;
    };
    let what = choices.below(5);
    if what != 0
        && let (Some(a), Some(b)) = (first.uniques.last_mut(), last.uniques.last_mut())
    {
        swap(&mut a.name, &mut b.name);
    }
    if what != 1
        && let (Some(a), Some(b)) = (first.foreign_keys.last_mut(), last.foreign_keys.last_mut())
    {
        swap(&mut a.name, &mut b.name);
    }
    if what != 2
        && let (Some(a), Some(b)) = (first.checks.last_mut(), last.checks.last_mut())
    {
        swap(&mut a.name, &mut b.name);
    }
    if what == 3
        && let (Some(a), Some(b)) = (&mut first.primary_key, &mut last.primary_key)
    {
        swap(&mut a.name, &mut b.name);
    }
    if let (Some(a), Some(b)) = (first.indexes.last_mut(), last.uniques.last_mut()) {
        swap(&mut a.name, &mut b.name);
    }
}

/// An index goes, and another table gets one of its name.
fn move_index(schema: &mut Schema, from: &TableName, choices: &mut Choices) {
    let names: Vec<TableName> = schema.tables.keys().cloned().collect();
    let (Some(to), all) = (choices.pick(&names).cloned(), schema.clone()) else {
        return;
    };
    let Some(index) = schema.tables.get_mut(from).and_then(|t| t.indexes.pop()) else {
        return;
    };
    if let Some(table) = schema.tables.get_mut(&to) {
        parts::add_index(&all, table, choices);
        if let Some(moved) = table.indexes.last_mut() {
            moved.name = index.name;
        }
    }
}

fn change_table(table: &mut Table, choices: &mut Choices) {
    match choices.below(12) {
        0 | 1 => table.columns.extend(parts::column(table, choices)),
        2 => drop_column(table, choices),
        3 => table.primary_key = parts::primary_key(table, choices),
        4 => parts::add_unique(table, choices),
        5 => parts::add_check(table, choices),
        6 => {
            table.uniques.pop();
            table.checks.pop();
        }
        7 => {
            table.foreign_keys.pop();
            table.indexes.pop();
        }
        8 => rename_parts(table, choices),
        9 => {
            if let Some(key) = table.foreign_keys.last_mut() {
                key.on_delete = parts::action(choices);
            }
            if let Some(index) = table.indexes.last_mut() {
                index.unique = !index.unique;
            }
        }
        10 if choices.ground.is_sqlite() => {
            table.options.without_rowid = !table.options.without_rowid;
        }
        10 => table.comment = parts::comment(choices).filter(|_| !choices.once_in(3)),
        _ => change_column(table, choices),
    }
}

fn drop_column(table: &mut Table, choices: &mut Choices) {
    let Some(name) = choices.pick(&table.columns).map(|c| c.name.clone()) else {
        return;
    };
    let is_plain = |c: &aludel_core::schema::Column| c.generated.is_none();
    if table.columns.iter().any(|c| c.name != name && is_plain(c)) {
        table.columns.retain(|c| c.name != name);
    }
}

/// The same constraints and indexes under other names, or under each other's.
fn rename_parts(table: &mut Table, choices: &mut Choices) {
    fn renamed(prefix: &str, choices: &mut Choices) -> Option<Name> {
        Some(Name::new(format!("{prefix}_renamed_{}", choices.serial())))
    }
    if let [.., a, b] = table.indexes.as_mut_slice()
        && choices.once_in(2)
    {
        std::mem::swap(&mut a.name, &mut b.name);
    } else if let Some(index) = table.indexes.last_mut() {
        index.name = renamed("ix", choices);
    }
    if let [.., a, b] = table.checks.as_mut_slice() {
        std::mem::swap(&mut a.name, &mut b.name);
    } else if let Some(check) = table.checks.last_mut() {
        check.name = renamed("ck", choices);
    }
    for key in &mut table.foreign_keys {
        key.name = renamed("fk", choices);
    }
    if let Some(unique) = table.uniques.last_mut() {
        unique.name = match &unique.name {
            Some(_) if choices.once_in(2) => None,
            _ => renamed("uq", choices),
        };
    }
}

fn change_column(table: &mut Table, choices: &mut Choices) {
    let at = choices.below(table.columns.len());
    let Some(column) = table.columns.get_mut(at) else {
        return;
    };
    match choices.below(7) {
        0 => {
            column.ty = parts::column_type(choices);
            if !choices.ground.is_sqlite() {
                column.default = None;
            }
        }
        1 => column.nullable = !column.nullable,
        2 => column.default = default(&column.ty, choices),
        3 => {
            column.collation = match column.collation {
                None => parts::collation(choices),
                Some(_) => None,
            }
        }
        4 => column.generated = None,
        5 => column.comment = parts::comment(choices),
        _ => {
            column.autoincrement = !column.autoincrement;
            column.identity = parts::identity(column.autoincrement, choices);
        }
    }
}
