//! A whole database again.
//!
//! Owns the order in which an empty database is filled. Statements that need a
//! later one are tried again by who runs them.

use super::enums::create_enum;
use super::inherit;
use super::mention::{Mentions, is_view, view_name};
use super::tables::whole_table;
use crate::dialect::postgres::name::quote;
use crate::dialect::postgres::render::{self, qualified};
use crate::dialect::postgres::{canonical, lexer};
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::error::Result;
use crate::plan::Statement;

/// What comes before tables, in order.
const BEFORE: &[ObjectKind] = &[ObjectKind::Schema, ObjectKind::Extension];

/// What tables may need, in order.
const NEEDED: &[ObjectKind] = &[
    ObjectKind::Type,
    ObjectKind::Sequence,
    ObjectKind::Function,
    ObjectKind::Operator,
];

/// What needs tables, in order.
const AFTER: &[ObjectKind] = &[
    ObjectKind::Table,
    ObjectKind::VirtualTable,
    ObjectKind::ShadowTable,
    ObjectKind::Partition,
    ObjectKind::Constraint,
    ObjectKind::View,
    ObjectKind::MaterializedView,
];

/// What needs views and functions, in order.
const UPON: &[ObjectKind] = &[
    ObjectKind::Index,
    ObjectKind::Trigger,
    ObjectKind::Rule,
    ObjectKind::Policy,
    ObjectKind::Statistics,
];

/// The statements that make an empty database like this one.
pub(in crate::dialect::postgres) fn remake(snapshot: &Snapshot) -> Result<Vec<Statement>> {
    let mut statements = Vec::new();
    objects(snapshot, BEFORE, &mut statements)?;
    let schema = canonical::canonical(snapshot.schema.clone());
    for name in missing_schemas(snapshot) {
        let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", quote(&name));
        statements.push(Statement::new(sql, format!("create schema `{name}`")));
    }
    for e in schema.enums.values() {
        let why = format!("create enum type `{}`", e.name);
        statements.push(create_enum(e, &why));
    }
    // One that takes the rows of a view waits for the view: where another of
    // that name can be seen, it would be made with that.
    let (upon, needed) = functions_upon_relations(snapshot);
    objects(&needed, NEEDED, &mut statements)?;
    for table in schema.tables.values() {
        let why = format!("create table `{}`", table.name);
        let table = inherit::as_written(table, &schema);
        statements.extend(whole_table(&table, &why, false));
    }
    let mut after = Vec::new();
    objects(&needed, AFTER, &mut after)?;
    objects(&upon, &[ObjectKind::Function], &mut after)?;
    objects(&needed, UPON, &mut after)?;
    for table in schema.tables.values() {
        for key in &table.foreign_keys {
            let add = render::foreign_key(key);
            statements.push(Statement::new(
                format!("ALTER TABLE {} ADD {add}", qualified(&table.name)),
                format!("create table `{}`", table.name),
            ));
        }
    }
    statements.extend(after);
    Ok(statements)
}

/// The functions that name a table or view outside of their strings, and the
/// database without them.
fn functions_upon_relations(snapshot: &Snapshot) -> (Snapshot, Snapshot) {
    let default = snapshot.server.schema.as_str();
    let views = snapshot.objects.iter().filter(|o| is_view(o));
    let views = views.filter_map(|view| {
        let (_, schema, name) = view_name(&view.sql)?;
        Some((schema.unwrap_or_else(|| default.to_owned()), name))
    });
    let tables = snapshot.schema.tables.keys().map(|table| {
        let schema = table.schema.as_ref().map_or(default, |s| s.as_str());
        (schema.to_owned(), table.name.to_string())
    });
    let relations: Vec<(String, String)> = views.chain(tables).collect();
    let upon = |object: &SqlObject| {
        let mentions = Mentions::of(&object.sql);
        let named =
            |(schema, name): &(String, String)| mentions.has_relation(default, schema, name);
        object.kind == ObjectKind::Function && relations.iter().any(named)
    };
    let (functions, others) = snapshot.objects.iter().cloned().partition(upon);
    let of = |objects| Snapshot {
        objects,
        server: snapshot.server.clone(),
        ..Snapshot::default()
    };
    (of(functions), of(others))
}

/// Schemas of tables and types that no object makes.
fn missing_schemas(snapshot: &Snapshot) -> Vec<String> {
    let names = snapshot.schema.tables.keys();
    let names = names.chain(snapshot.schema.enums.keys());
    let mut found: Vec<String> = names
        .filter_map(|name| name.schema.as_ref().map(ToString::to_string))
        .filter(|name| {
            let made = |o: &SqlObject| o.kind == ObjectKind::Schema && o.name == *name;
            !snapshot.objects.iter().any(made)
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The statements of the objects of these kinds.
fn objects(
    snapshot: &Snapshot,
    kinds: &[ObjectKind],
    statements: &mut Vec<Statement>,
) -> Result<()> {
    for kind in kinds {
        for object in snapshot.objects.iter().filter(|o| o.kind == *kind) {
            for sql in lexer::split_statements(&object.sql)? {
                let why = format!("create `{}`", object.name);
                statements.push(Statement::new(sql, why));
            }
        }
    }
    Ok(())
}
