//! Who uses a column, and how uses follow a rename.

use super::identifiers;
use super::part::Part;
use crate::change::Pair;
use crate::schema::{
    ColumnType, DefaultValue, Expression, IndexTarget, Name, Schema, Table, TableName,
};

/// What still uses the column, as a phrase, if anything does.
pub(super) fn user_of_column(schema: &Schema, table: &Table, column: &Name) -> Option<String> {
    fn first<T: Part>(parts: &[T], column: &Name, table: &Table) -> Option<String> {
        let part = parts.iter().find(|p| p.uses(column, table))?;
        Some(format!("{} {}", T::NOUN, part.label()))
    }
    let generated = || {
        let user = table.columns.iter().find(|c| {
            c.name != *column
                && c.generated
                    .as_ref()
                    .is_some_and(|g| identifiers::mentions(&g.expression, column, table))
        })?;
        Some(format!("generated column `{}`", user.name))
    };
    let elsewhere = || {
        schema.tables.values().find_map(|other| {
            let key = other
                .foreign_keys
                .iter()
                .find(|k| k.references == table.name && k.referenced_columns.contains(column))?;
            Some(format!("foreign key {} of `{}`", key.label(), other.name))
        })
    };
    first(table.primary_key.as_slice(), column, table)
        .or_else(|| first(&table.uniques, column, table))
        .or_else(|| first(&table.foreign_keys, column, table))
        .or_else(|| first(&table.checks, column, table))
        .or_else(|| first(&table.indexes, column, table))
        .or_else(generated)
        .or_else(elsewhere)
}

/// Brings every use of a renamed column to its new name. The table must still
/// have the old one.
pub(super) fn follow_column(schema: &mut Schema, table: &TableName, names: &Pair<Name>) {
    if let Some(owner) = schema.tables.get_mut(table) {
        let old = owner.clone();
        let rename = |name: &mut Name| {
            if *name == names.from {
                *name = names.to.clone();
            }
        };
        each_column_name(owner, &rename);
        each_expression(owner, &|e: &mut Expression| {
            *e = identifiers::rename_column(e, &names.from, &names.to, &old);
        });
        owner.sort_lists();
    }
    for other in schema.tables.values_mut() {
        let mut touched = false;
        for key in &mut other.foreign_keys {
            if key.references == *table {
                for column in &mut key.referenced_columns {
                    if *column == names.from {
                        *column = names.to.clone();
                        touched = true;
                    }
                }
            }
        }
        if touched {
            other.sort_lists();
        }
    }
}

/// Brings every reference to a renamed table to its new name.
pub(super) fn follow_table(schema: &mut Schema, names: &Pair<TableName>) {
    if let Some(table) = schema.tables.get_mut(&names.to) {
        each_expression(table, &|e: &mut Expression| {
            *e = identifiers::rename_table(e, &names.from.name, &names.to.name);
        });
        table.sort_lists();
    }
    for table in schema.tables.values_mut() {
        let mut touched = false;
        for key in &mut table.foreign_keys {
            if key.references == names.from {
                key.references = names.to.clone();
                touched = true;
            }
        }
        if touched {
            table.sort_lists();
        }
    }
}

/// Brings every column of a renamed enum type to its new name.
pub(super) fn follow_enum(schema: &mut Schema, names: &Pair<TableName>) {
    for table in schema.tables.values_mut() {
        for column in &mut table.columns {
            if let Some(name) = enum_of(&mut column.ty)
                && *name == names.from
            {
                *name = names.to.clone();
            }
        }
    }
}

/// The enum type that a column type is made of.
pub(crate) fn enum_of(ty: &mut ColumnType) -> Option<&mut TableName> {
    match ty {
        ColumnType::Enum(name) => Some(name),
        ColumnType::Array(inner) => enum_of(inner),
        _ => None,
    }
}

fn each_column_name(table: &mut Table, rename: &dyn Fn(&mut Name)) {
    for column in &mut table.columns {
        rename(&mut column.name);
    }
    if let Some(key) = &mut table.primary_key {
        key.columns.iter_mut().for_each(rename);
    }
    for unique in &mut table.uniques {
        unique
            .columns
            .iter_mut()
            .chain(&mut unique.include)
            .for_each(rename);
    }
    for key in &mut table.foreign_keys {
        key.columns.iter_mut().for_each(rename);
    }
    for index in &mut table.indexes {
        for key in &mut index.keys {
            if let IndexTarget::Column(name) = &mut key.target {
                rename(name);
            }
        }
        index.include.iter_mut().for_each(rename);
    }
}

pub(super) fn each_expression(table: &mut Table, change: &dyn Fn(&mut Expression)) {
    for column in &mut table.columns {
        if let Some(generated) = &mut column.generated {
            change(&mut generated.expression);
        }
        if let Some(DefaultValue::Expression(expression)) = &mut column.default {
            change(expression);
        }
    }
    for check in &mut table.checks {
        change(&mut check.expression);
    }
    for index in &mut table.indexes {
        for key in &mut index.keys {
            if let IndexTarget::Expression(expression) = &mut key.target {
                change(expression);
            }
        }
        if let Some(predicate) = &mut index.predicate {
            change(predicate);
        }
    }
}
