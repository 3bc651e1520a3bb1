//! Schemas, which are made for the first thing that stands in them.
//!
//! Owns which schemas a list of operations needs, and the SQL by which one
//! comes and goes. It must not know what stands in them.

use std::collections::BTreeSet;

use super::Lowering;
use crate::dialect::postgres::name::quote;
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::operation::{Operation, RawSql};
use crate::plan::Statement;
use crate::schema::TableName;

const CREATE: &str = "CREATE SCHEMA IF NOT EXISTS ";
const DROP: &str = "DROP SCHEMA ";
/// Whatever somebody else has put into it stops the statement.
const RESTRICT: &str = " RESTRICT";

fn create(quoted: &str) -> String {
    format!("{CREATE}{quoted}")
}

/// The schemas that the operations need and nobody has made, as operations.
/// Their way back is for the end of the downgrade, when nothing is left in
/// them.
pub(in crate::dialect::postgres) fn needed(
    before: &Snapshot,
    operations: &[Operation],
) -> Vec<Operation> {
    let names: BTreeSet<&str> = operations
        .iter()
        .flat_map(Operation::schemas)
        .map(|name| name.as_str())
        .filter(|name| !is_there(before, name))
        .collect();
    let made = names.into_iter().map(|name| {
        let quoted = quote(name);
        Operation::Execute(RawSql {
            name: None,
            sql: create(&quoted),
            reverse: Some(format!("{DROP}{quoted}{RESTRICT}")),
            dialect: Some("postgres"),
        })
    });
    made.collect()
}

fn is_there(now: &Snapshot, schema: &str) -> bool {
    let default = match now.server.schema.as_str() {
        "" => "public",
        own => own,
    };
    let is_schema = |o: &SqlObject| o.kind == ObjectKind::Schema && o.name == schema;
    let tables = now.schema.tables.keys();
    schema == default
        || now.objects.iter().any(is_schema)
        || tables
            .chain(now.schema.enums.keys())
            .any(|name| name.schema.as_ref().is_some_and(|own| *own == *schema))
}

/// Whether it is SQL of ours that makes a schema or takes one away, of which
/// nothing has to be looked up afterwards.
pub(super) fn is_known(raw: &RawSql) -> bool {
    change(&raw.sql).is_some()
}

/// The schema that comes (or goes) by a statement as it is written here.
fn change(sql: &str) -> Option<(String, bool)> {
    let (quoted, comes) = match sql.strip_prefix(CREATE) {
        Some(quoted) => (quoted, true),
        None => (sql.strip_prefix(DROP)?.strip_suffix(RESTRICT)?, false),
    };
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let name = inner.replace("\"\"", "\"");
    (quote(&name) == quoted).then_some((name, comes))
}

impl Lowering<'_> {
    /// Keeps account of a schema that SQL of ours makes or takes away.
    pub(super) fn note_schema(&mut self, sql: &str) {
        match change(sql) {
            Some((name, true)) => self.add_schema(&name),
            Some((name, false)) => {
                let is_it = |o: &SqlObject| o.kind == ObjectKind::Schema && o.name == name;
                self.now.objects.retain(|o| !is_it(o));
            }
            None => {}
        }
    }

    /// The statement that makes the schema of a new thing, if there is no such
    /// schema.
    pub(super) fn schema_for(&mut self, name: &TableName) -> Option<Statement> {
        let schema = name.schema.as_ref()?.as_str();
        if is_there(&self.now, schema) {
            return None;
        }
        self.add_schema(schema);
        Some(Statement::new(
            create(&quote(schema)),
            format!("create schema `{schema}`"),
        ))
    }

    fn add_schema(&mut self, name: &str) {
        if is_there(&self.now, name) {
            return;
        }
        let object = SqlObject {
            kind: ObjectKind::Schema,
            name: name.to_owned(),
            table: name.to_owned(),
            sql: format!("CREATE SCHEMA {}", quote(name)),
        };
        self.now.objects.insert(0, object);
    }
}
