//! Operations to statements.
//!
//! Owns the walk through a list of operations with a working copy of the
//! schema. Every statement of MySQL that changes a table commits by itself, so
//! a batch becomes as few of them as can be, each of which leaves a table that
//! makes sense.
//!
//! | module | owns |
//! |---|---|
//! | `objects` | what is written in SQL |
//! | `tables` | whole tables, renames, and SQL that somebody wrote |
//! | `batch` | changes of one table, folded into one ALTER TABLE |
//! | `alteration` | the clauses between two forms of a table |
//! | `rename` | renames of columns, with what does not follow |
//! | `replace` | generated columns that can only be dropped and made again |
//! | `keys` | indexes, and those that foreign keys imply |
//! | `listed` | unique keys by whatever word they are called |
//! | `detach` | foreign keys that are away while their columns change |
//! | `values` | values of columns that get other names |
//! | `fill` | what rows get that exist already |
//! | `mention` | which objects name something that goes away |
//! | `trigger` | when triggers fire |
//! | `supported` | what the database has no way for |
//! | `remake` | an empty database like another |
//! | `insert` | rows of a migration |

mod alteration;
mod batch;
mod detach;
mod fill;
mod insert;
mod keys;
mod listed;
mod mention;
mod objects;
mod remake;
mod rename;
mod replace;
mod supported;
mod tables;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
mod trigger;
mod values;

pub(super) use fill::only_looks;
pub(super) use insert::insert;
pub(super) use remake::remake;

use std::collections::{BTreeMap, BTreeSet};

use super::{MySql, canonical};
use crate::dialect::{Lowered, Snapshot};
use crate::error::{Error, Result};
use crate::operation::{Operation, RawSql};
use crate::plan::{Plan, Statement, Step};
use crate::schema::{EnumType, Name, Schema, Table, TableName};
use mention::Lost;

/// How many leading operations may be lowered together: all, up to SQL that
/// somebody wrote, after which the database is looked at again.
pub(super) fn together(operations: &[Operation]) -> usize {
    let objects = operations.iter();
    let objects = objects
        .take_while(|o| matches!(o, Operation::Object(_)))
        .count();
    if objects > 0 {
        return objects;
    }
    let barrier = |o: &Operation| match o {
        Operation::Object(_) => true,
        Operation::Execute(raw) => is_ours(raw),
        _ => false,
    };
    match operations.iter().position(barrier) {
        Some(0) => 1,
        Some(n) => n,
        None => operations.len(),
    }
}

/// The statements of a list of operations.
pub(super) fn lower(on: MySql, before: &Snapshot, operations: &[Operation]) -> Result<Lowered> {
    let mut lowering = Lowering {
        on,
        operations,
        before,
        now: before.clone(),
        enums: before.schema.enums.clone(),
        steps: BTreeMap::new(),
        detached: BTreeSet::new(),
        lost: Vec::new(),
    };
    for (at, operation) in operations.iter().enumerate() {
        lowering.operation(at, operation)?;
        lowering.attach(at)?;
    }
    lowering.finish()
}

fn is_ours(raw: &RawSql) -> bool {
    raw.dialect.is_none_or(|d| d == "mysql")
}

/// A foreign key by its table and its name.
type KeyOf = (TableName, Name);

struct Lowering<'a> {
    on: MySql,
    operations: &'a [Operation],
    before: &'a Snapshot,
    now: Snapshot,
    /// The enum types that the list makes; columns hold their values.
    enums: BTreeMap<TableName, EnumType>,
    steps: BTreeMap<(usize, usize), Vec<Statement>>,
    /// Foreign keys that were dropped for a while.
    detached: BTreeSet<KeyOf>,
    lost: Vec<Lost>,
}

impl<'a> Lowering<'a> {
    fn operation(&mut self, at: usize, operation: &'a Operation) -> Result<()> {
        match operation {
            Operation::CreateTable(table) => self.create_table(at, operation, table),
            Operation::DropTable(table) => self.drop_table(at, operation, &table.name),
            Operation::RenameTable(names) => self.rename_table(at, operation, names),
            Operation::AlterTable { table, changes } => {
                self.alter_table(at, operation, table, changes)
            }
            Operation::Enum(_) | Operation::RenameEnumValue { .. } => {
                let mut types = Schema {
                    enums: std::mem::take(&mut self.enums),
                    ..Schema::default()
                };
                // A type that is not known here was written into its columns.
                let known = types.clone();
                self.enums = match operation.apply(&mut types) {
                    Ok(()) => types.enums,
                    Err(_) => known.enums,
                };
                Ok(())
            }
            Operation::Object(change) => self.object(at, operation, change),
            Operation::Execute(raw) => self.execute(at, operation, raw),
        }
    }

    /// A table of the working schema.
    fn table(&self, name: &TableName) -> Result<&Table> {
        self.now
            .schema
            .table(name)
            .ok_or_else(|| Error::new(format!("there is no table `{name}`")))
    }

    /// A table as the database would report it.
    fn canonical(&self, table: Table) -> Result<Table> {
        let name = table.name.clone();
        let mut alone = Schema {
            enums: self.enums.clone(),
            ..Schema::default()
        };
        alone.insert(table);
        let alone = canonical::canonical(self.on, alone);
        only_table(canonical::of_server(alone, &self.before.server), &name)
    }

    /// Adds statements to a step.
    fn push(&mut self, step: (usize, usize), statements: impl IntoIterator<Item = Statement>) {
        self.steps.entry(step).or_default().extend(statements);
    }

    fn finish(mut self) -> Result<Lowered> {
        self.refuse_lost()?;
        supported::check_references(&self.before.server, &self.before.schema, &self.now.schema)?;
        let plan = Plan {
            steps: self.all_steps(),
            ..Plan::default()
        };
        self.now.schema.enums = self.before.schema.enums.clone();
        Ok(Lowered {
            plan,
            after: self.now,
        })
    }

    /// One step for each description, empty where another did its work.
    fn all_steps(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (at, operation) in self.operations.iter().enumerate() {
            let batch = matches!(operation, Operation::AlterTable { .. });
            for change in 0..operation.describe().len() {
                steps.push(Step {
                    operation: at,
                    change: batch.then_some(change),
                    statements: self.steps.remove(&(at, change)).unwrap_or_default(),
                    hazards: Vec::new(),
                });
            }
        }
        steps
    }
}

fn only_table(mut schema: Schema, name: &TableName) -> Result<Table> {
    schema
        .tables
        .remove(name)
        .ok_or_else(|| Error::new(format!("there is no table `{name}`")))
}

/// What the first description of an operation says.
fn why(operation: &Operation) -> String {
    let first = operation.describe().into_iter().next();
    first.map(|d| d.text).unwrap_or_default()
}
