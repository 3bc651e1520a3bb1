//! A small database in which a server can be asked what it makes of objects.

use std::collections::BTreeSet;

use super::order::{as_made, names};
use super::read::definitions;
use super::words::Mentions;
use super::{Definition, Sides};
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::schema::{DefaultValue, Schema, Table, TableName};

/// A database without rows that has these objects, and of everything else only
/// what they name: tables as they will be, without what no text depends on.
pub fn sample(sides: &Sides<'_>, asked: &[Definition], after: &Schema) -> Snapshot {
    let dialect = sides.dialect;
    let default = sides.found.server.schema.as_str();
    let mut left: Vec<Definition> = Vec::new();
    let mut taken: Vec<Definition> = Vec::new();
    let is_asked = |one: &Definition| asked.iter().any(|other| other.id == one.id);
    let wanted = sides.wanted.list.iter().map(|one| {
        let id = one.definition.id.clone().in_default_schema(default);
        let sql = one.definition.sql.clone();
        Definition { id, sql }
    });
    for one in wanted {
        if is_asked(&one) || one.id.noun.is_early() {
            taken.push(one);
        } else {
            left.push(one);
        }
    }
    for found in definitions(dialect, sides.found) {
        let known = |list: &[Definition]| list.iter().any(|one| one.id == found.id);
        if known(&taken) || known(&left) {
            continue;
        }
        if found.id.noun.is_early() {
            taken.push(found);
        } else {
            left.push(found);
        }
    }
    // What they name, and what that names.
    loop {
        let mentions: Vec<Mentions> = (taken.iter())
            .map(|one| Mentions::with_bodies(dialect, &one.sql))
            .collect();
        let named = |one: &Definition| mentions.iter().any(|m| names(dialect, m, &one.id, default));
        let (more, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(named);
        left = rest;
        if more.is_empty() {
            break;
        }
        taken.extend(more);
    }
    let mentions: Vec<Mentions> = (taken.iter())
        .map(|one| Mentions::with_bodies(dialect, &one.sql))
        .collect();
    let tables: BTreeSet<&TableName> = (after.tables.keys())
        .filter(|name| mentions.iter().any(|m| m.has(dialect, name, default)))
        .collect();
    let mut schema = Schema {
        enums: after.enums.clone(),
        ..Schema::default()
    };
    for table in tables.into_iter().filter_map(|name| after.table(name)) {
        schema.insert(bare(table));
    }
    let mut objects: Vec<SqlObject> = (sides.found.objects.iter())
        .filter(|object| matches!(object.kind, ObjectKind::Schema | ObjectKind::Operator))
        .cloned()
        .collect();
    objects.extend(
        as_made(dialect, taken, default)
            .iter()
            .map(Definition::object),
    );
    Snapshot {
        schema,
        objects,
        server: sides.found.server.clone(),
        ..Snapshot::default()
    }
}

/// A table with its columns and its key, that needs no other one: not those whose
/// columns it inherits, which it says itself, and not their numbers.
fn bare(table: &Table) -> Table {
    let mut bare = table.clone();
    bare.uniques.clear();
    bare.indexes.clear();
    bare.foreign_keys.clear();
    bare.checks.clear();
    for column in &mut bare.columns {
        if let Some(DefaultValue::Expression(text)) = &column.default
            && text.as_str().contains("nextval(")
        {
            column.default = None;
        }
    }
    bare.options = bare.options.inheriting_nothing();
    bare
}
