//! An empty database like another.

use std::collections::BTreeSet;

use super::tables::alter;
use crate::dialect::mysql::modes::is_oracle;
use crate::dialect::mysql::name::string;
use crate::dialect::mysql::{MySql, render};
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::error::Result;
use crate::plan::Statement;
use crate::schema::{ForeignKey, Table, TableName};

/// The statements that make an empty database like a snapshot: tables, the
/// foreign keys that wait for other tables, then everything else.
pub(in crate::dialect::mysql) fn remake(on: MySql, snapshot: &Snapshot) -> Result<Vec<Statement>> {
    let mut statements = Vec::new();
    let mut made: BTreeSet<&TableName> = BTreeSet::new();
    let mut waiting: Vec<(&Table, &ForeignKey)> = Vec::new();
    for table in sorted(snapshot) {
        made.insert(&table.name);
        let keeps = |key: &ForeignKey| made.contains(&key.references);
        waiting.extend(
            table
                .foreign_keys
                .iter()
                .filter(|k| !keeps(k))
                .map(|k| (table, k)),
        );
        statements.push(Statement::new(
            render::create_table(on, table, keeps),
            format!("create table `{}`", table.name),
        ));
    }
    for (table, key) in waiting {
        statements.push(Statement::new(
            alter(&table.name, &[format!("ADD {}", render::foreign_key(key))]),
            format!("add a foreign key to `{}`", table.name),
        ));
    }
    // The server would run an event there as well.
    let rest = snapshot.objects.iter().filter(|o| {
        !matches!(
            o.kind,
            ObjectKind::Table | ObjectKind::Index | ObjectKind::Property | ObjectKind::Event
        )
    });
    statements.extend(rest.map(|o| {
        let sql = match mode_of(snapshot, o) {
            Some(mode) if on.is_mariadb() => in_mode(mode, &o.sql),
            _ => o.sql.clone(),
        };
        Statement::new(sql, format!("create `{}`", o.name))
    }));
    Ok(statements)
}

/// The `sql_mode` that an object has been made in, where it is not the usual one.
pub(super) fn mode_of<'s>(snapshot: &'s Snapshot, object: &SqlObject) -> Option<&'s str> {
    // The table of a trigger may have got another name; a routine is its own.
    let by_itself = |o: &SqlObject| o.table == o.name;
    let of = |o: &&SqlObject| {
        o.kind == ObjectKind::Property && o.name == object.name && by_itself(o) == by_itself(object)
    };
    let found = snapshot.objects.iter().find(of);
    found.map(|mode| mode.sql.as_str())
}

/// The statement, run in that `sql_mode` (MariaDB). By `ORACLE` the server goes
/// by another grammar, which only a text that is read later on has.
pub(super) fn in_mode(mode: &str, sql: &str) -> String {
    let sql = match is_oracle(mode) {
        true => format!("EXECUTE IMMEDIATE {}", string(sql)),
        false => sql.to_owned(),
    };
    format!("SET STATEMENT sql_mode = {} FOR {sql}", string(mode))
}

/// The tables, each after those that it refers to where that can be.
fn sorted(snapshot: &Snapshot) -> Vec<&Table> {
    let mut left: Vec<&Table> = snapshot.schema.tables.values().collect();
    let mut done: BTreeSet<&TableName> = BTreeSet::new();
    let mut sorted = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let (free, rest): (Vec<&Table>, Vec<&Table>) = left.iter().partition(|t| {
            t.foreign_keys.iter().all(|k| {
                k.references == t.name
                    || done.contains(&k.references)
                    || !snapshot.schema.tables.contains_key(&k.references)
            })
        });
        // Tables in a circle: the first goes ahead without its foreign keys.
        let (free, rest) = match (free.is_empty(), rest.split_first()) {
            (true, Some((first, others))) => (vec![*first], others.to_vec()),
            _ => (free, rest),
        };
        done.extend(free.iter().map(|t| &t.name));
        sorted.extend(free);
        left = rest;
    }
    sorted
}
