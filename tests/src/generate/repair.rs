//! A schema that SQLite takes, made of one that it may not.

use std::collections::BTreeSet;

use aludel_core::schema::{
    ColumnType, Expression, Index, IndexTarget, Name, Schema, Table, TableName,
};

/// Removes whatever refers to what is not there, or could not be there.
pub fn repair(schema: &mut Schema) {
    let mut index_names: BTreeSet<Name> = BTreeSet::new();
    for table in schema.tables.values_mut() {
        repair_columns(table);
        repair_keys(table);
        repair_checks(table);
        repair_indexes(table, &mut index_names);
        table.sort_lists();
    }
    repair_foreign_keys(schema);
}

/// The identifiers in double quotes of an expression.
pub(super) fn mentioned(expression: &Expression) -> Vec<Name> {
    let mut names = Vec::new();
    let mut letters = expression.as_str().chars().peekable();
    while let Some(quote) = letters.next() {
        if quote != '"' && quote != '\'' {
            continue;
        }
        let mut text = String::new();
        while let Some(letter) = letters.next() {
            if letter == quote && letters.next_if_eq(&quote).is_none() {
                break;
            }
            text.push(letter);
        }
        if quote == '"' {
            names.push(Name::new(text));
        }
    }
    names
}

fn has(table: &Table, name: &Name) -> bool {
    table.column(name.as_str()).is_some()
}

/// Whether the table has the column and it is not computed.
fn is_plain(name: &Name, table: &Table) -> bool {
    table
        .column(name.as_str())
        .is_some_and(|c| c.generated.is_none())
}

fn has_all(table: &Table, expression: &Expression) -> bool {
    mentioned(expression).iter().all(|name| has(table, name))
}

fn repair_columns(table: &mut Table) {
    let mut computable: BTreeSet<Name> = table
        .columns
        .iter()
        .filter(|c| c.generated.is_none())
        .map(|c| c.name.clone())
        .collect();
    for _ in 0..table.columns.len() {
        for column in &table.columns {
            if let Some(generated) = &column.generated
                && mentioned(&generated.expression)
                    .iter()
                    .all(|name| computable.contains(name))
            {
                computable.insert(column.name.clone());
            }
        }
    }
    for column in &mut table.columns {
        if !computable.contains(&column.name) {
            column.generated = None;
        }
        if column.generated.is_some() {
            column.default = None;
            column.nullable = true;
        }
    }
}

fn repair_keys(table: &mut Table) {
    if let Some(mut key) = table.primary_key.take() {
        key.columns.retain(|name| is_plain(name, table));
        table.primary_key = Some(key).filter(|key| !key.columns.is_empty());
    }
    let key = table.primary_key.iter().flat_map(|k| k.columns.clone());
    let key: Vec<Name> = key.collect();
    let mut seen = vec![key.clone()];
    let mut names = BTreeSet::new();
    let mut uniques = std::mem::take(&mut table.uniques);
    uniques.retain(|unique| {
        let fits = unique.columns.iter().all(|name| has(table, name));
        let fresh = !unique.columns.is_empty() && !seen.contains(&unique.columns);
        let free = unique.name.as_ref().is_none_or(|n| names.insert(n.clone()));
        seen.push(unique.columns.clone());
        fits && fresh && free
    });
    table.uniques = uniques;
    table.options.without_rowid &= !key.is_empty();
    let without_rowid = table.options.without_rowid;
    for column in &mut table.columns {
        if key.contains(&column.name) {
            column.nullable = false;
        }
        let numbered = key.as_slice() == std::slice::from_ref(&column.name)
            && column.ty == ColumnType::Integer
            && !without_rowid;
        column.autoincrement &= numbered;
    }
}

fn repair_checks(table: &mut Table) {
    let mut checks = std::mem::take(&mut table.checks);
    let mut names = BTreeSet::new();
    let mut texts = BTreeSet::new();
    checks.retain(|check| {
        has_all(table, &check.expression)
            && check.name.as_ref().is_none_or(|n| names.insert(n.clone()))
            && texts.insert(check.expression.clone())
    });
    table.checks = checks;
}

fn repair_indexes(table: &mut Table, names: &mut BTreeSet<Name>) {
    let mut indexes = std::mem::take(&mut table.indexes);
    indexes.retain(|index| {
        !index.keys.is_empty()
            && uses_columns_of(index, table)
            && index.name.as_ref().is_some_and(|n| names.insert(n.clone()))
    });
    table.indexes = indexes;
}

fn uses_columns_of(index: &Index, table: &Table) -> bool {
    index.predicate.iter().all(|p| has_all(table, p))
        && index.keys.iter().all(|key| match &key.target {
            IndexTarget::Column(name) => has(table, name),
            IndexTarget::Expression(expression) => has_all(table, expression),
        })
}

fn repair_foreign_keys(schema: &mut Schema) {
    let targets: Vec<(TableName, Vec<Name>)> = schema
        .tables
        .values()
        .flat_map(|table| {
            let primary = table.primary_key.iter().map(|k| k.columns.clone());
            let uniques = table.uniques.iter().map(|u| u.columns.clone());
            let keys: Vec<Vec<Name>> = primary.chain(uniques).collect();
            keys.into_iter().map(|key| (table.name.clone(), key))
        })
        .collect();
    for table in schema.tables.values_mut() {
        let mut keys = std::mem::take(&mut table.foreign_keys);
        let mut names = BTreeSet::new();
        let mut seen: Vec<(Vec<Name>, TableName)> = Vec::new();
        keys.retain(|key| {
            let target = (key.references.clone(), key.referenced_columns.clone());
            let distinct: BTreeSet<&Name> = key.columns.iter().collect();
            let what = (key.columns.clone(), key.references.clone());
            let fresh = !seen.contains(&what);
            seen.push(what);
            targets.contains(&target)
                && fresh
                && key.columns.len() == key.referenced_columns.len()
                && distinct.len() == key.columns.len()
                && key.columns.iter().all(|name| is_plain(name, table))
                && key.name.as_ref().is_none_or(|n| names.insert(n.clone()))
        });
        table.foreign_keys = keys;
        table.sort_lists();
    }
}
