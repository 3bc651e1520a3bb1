//! Operations to statements.
//!
//! Owns the walk through a list of operations with a working copy of the
//! database. It knows the snapshot before, never a connection.
//!
//! | module | owns |
//! |---|---|
//! | `objects` | what is written in SQL |
//! | `tables` | whole tables, renames, and SQL that somebody wrote |
//! | `batch` | changes of one table, combined into as few statements as may be |
//! | `column` | what a change of a column becomes |
//! | `computed` | columns that are computed from others |
//! | `every_row` | whether a new column is written into every row |
//! | `numbering` | identity and serial columns, and their sequences |
//! | `cast` | which type becomes which, how, and at what price |
//! | `part` | keys, constraints and indexes |
//! | `named` | what constraints are called |
//! | `said` | what is said of these in statements of their own |
//! | `enums` | enum types, and the columns that have one |
//! | `in_place` | domains and composite types that change while they are in use |
//! | `inherit` | what follows a parent by itself |
//! | `unused` | enum types that no column has, which are found as objects |
//! | `values` | values of columns that get other names |
//! | `aside` | what is taken away around a change, and made again |
//! | `leaning` | what leans on what is changed, and may be in the way |
//! | `mention` | which views and triggers name something |
//! | `schemas` | schemas, made for the first thing that stands in them |
//! | `remake` | a whole database again |
//! | `insert` | rows of a migration |

mod aside;
mod batch;
pub(super) mod cast;
mod column;
mod computed;
mod enums;
mod every_row;
mod in_place;
mod inherit;
mod insert;
mod leaning;
mod mention;
mod named;
mod numbering;
mod objects;
mod part;
mod remake;
mod said;
pub(super) mod schemas;
mod tables;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
mod unused;
mod values;

pub(super) use cast::is_relabelled;
pub(super) use every_row::{fills_every_row, is_volatile};
pub(super) use insert::insert;
pub(super) use objects::can_replace;
pub(super) use part::requires;
pub(super) use remake::remake;

use std::collections::BTreeMap;

use super::canonical;
use super::render::{qualified, string_literal};
use crate::change::Change;
use crate::dialect::{Lowered, Snapshot};
use crate::error::{Error, Result};
use crate::hazard::{Hazard, hazards_after};
use crate::operation::{Operation, RawSql, RenamedValues, TableChange};
use crate::plan::{Plan, Statement, Step};
use crate::schema::{Name, Schema, Table, TableName};
use aside::Aside;

/// How many leading operations may be lowered together.
///
/// Changes of objects stand by themselves: what is taken away around a change
/// of a table is what is there then. SQL that somebody wrote, and a rename while there are views or triggers
/// (whose texts the server then rewrites), stand alone: what comes after is
/// lowered against the database as it then is.
pub(super) fn together(before: &Snapshot, operations: &[Operation]) -> usize {
    let code = before.objects.iter().any(mention::is_code);
    let barrier = |operation: &Operation| match operation {
        Operation::Object(_) => true,
        Operation::Execute(raw) => is_ours(raw) && !schemas::is_known(raw),
        Operation::RenameTable(_) => code,
        Operation::AlterTable { changes, .. } => {
            code && changes.iter().any(|change| match change {
                TableChange::Column(Change::Rename(_)) => true,
                TableChange::Column(Change::Alter(pair)) => pair.from.name != pair.to.name,
                _ => false,
            })
        }
        Operation::Enum(change) => code && matches!(change, Change::Rename(_)),
        Operation::RenameEnumValue { .. } => code,
        Operation::CreateTable(_) | Operation::DropTable(_) => false,
    };
    let objects = operations.iter();
    let objects = objects
        .take_while(|o| matches!(o, Operation::Object(_)))
        .count();
    if objects > 0 {
        return objects;
    }
    match operations.iter().position(barrier) {
        Some(0) => 1,
        Some(n) => n,
        None => operations.len(),
    }
}

/// The statements of a list of operations.
pub(super) fn lower(before: &Snapshot, operations: &[Operation]) -> Result<Lowered> {
    let mut lowering = Lowering {
        operations,
        before,
        now: before.clone(),
        steps: BTreeMap::new(),
        aside: Aside::default(),
        mapped: Vec::new(),
        ready: None,
        refused: None,
    };
    unused::take(&mut lowering.now);
    for (at, operation) in operations.iter().enumerate() {
        lowering.operation(at, operation)?;
        lowering.follow_dependents(operation);
    }
    lowering.finish()
}

fn is_ours(raw: &RawSql) -> bool {
    raw.dialect.is_none_or(|d| d == "postgres")
}

struct Lowering<'a> {
    operations: &'a [Operation],
    before: &'a Snapshot,
    now: Snapshot,
    steps: BTreeMap<(usize, usize), Vec<Statement>>,
    aside: Aside,
    /// The renamed values of the batch in hand whose columns get another type:
    /// the cast maps them.
    mapped: Vec<RenamedValues>,
    /// The index that the next change makes a unique constraint of.
    ready: Option<(TableName, Name)>,
    /// The first reason to refuse the whole list: what leans on what it changes.
    refused: Option<Error>,
}

impl<'a> Lowering<'a> {
    fn operation(&mut self, at: usize, operation: &'a Operation) -> Result<()> {
        match operation {
            Operation::CreateTable(table) => self.create_table(at, operation, table),
            Operation::DropTable(table) => self.drop_table(at, operation, &table.name),
            Operation::RenameTable(names) => self.rename_table(at, operation, names),
            Operation::AlterTable { table, changes } => self.alter_table(at, table, changes),
            Operation::Enum(change) => self.change_enum(at, operation, change),
            Operation::RenameEnumValue { name, values } => {
                self.rename_enum_value(at, operation, name, values)
            }
            Operation::Object(change) => self.object(at, operation, change),
            Operation::Execute(raw) => self.execute(at, operation, raw),
        }
    }

    fn why(operation: &Operation) -> String {
        let first = operation.describe().into_iter().next();
        first.map(|d| d.text).unwrap_or_default()
    }

    fn hazards(&self, at: usize, operation: &Operation) -> Vec<Hazard> {
        let earlier = &self.operations[..at];
        hazards_after(earlier, operation, &self.now.schema).concat()
    }

    fn table(&self, name: &TableName) -> Result<&Table> {
        let found = self.now.schema.table(name);
        found.ok_or_else(|| Error::new(format!("there is no table `{name}`")))
    }

    /// Brings a table of the working schema into its canonical form.
    fn settle(&mut self, name: &TableName) {
        if let Some(table) = self.now.schema.tables.remove(name) {
            let settled = self.settled(table);
            self.now.schema.insert(settled);
        }
    }

    /// A table in its canonical form.
    fn settled(&self, table: Table) -> Table {
        let name = table.name.clone();
        let mut schema = Schema {
            enums: self.now.schema.enums.clone(),
            ..Schema::default()
        };
        schema.insert(table.clone());
        let mut settled = canonical::canonical(schema);
        settled.tables.remove(&name).unwrap_or(table)
    }

    /// The default schema, as far as it is known.
    fn default_schema(&self) -> &str {
        match self.before.server.schema.as_str() {
            "" => "public",
            schema => schema,
        }
    }

    /// The schema of a table or type, said in full.
    fn schema_of<'n>(&'n self, name: &'n TableName) -> &'n str {
        match &name.schema {
            Some(schema) => schema.as_str(),
            None => self.default_schema(),
        }
    }

    fn put(&mut self, at: usize, change: usize, statement: Statement) {
        self.steps.entry((at, change)).or_default().push(statement);
    }

    fn finish(mut self) -> Result<Lowered> {
        let mut plan = Plan {
            steps: self.all_steps(),
            ..Plan::default()
        };
        (plan.before, plan.after) = self.around()?;
        if let Some(error) = self.refused {
            return Err(error);
        }
        self.now.schema = canonical::canonical(self.now.schema);
        unused::put_back(&mut self.now);
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

/// What PostgreSQL calls something whose name nobody gave: the words joined by
/// underscores, the first two cut so that the whole has at most 63 bytes.
pub(super) fn default_name(table: &str, columns: &str, label: &str) -> String {
    let (mut one, mut two) = (table.len(), columns.len());
    let rest = usize::from(!columns.is_empty()) + usize::from(!label.is_empty()) + label.len();
    while one + two + rest > 63 {
        if one > two {
            one -= 1;
        } else {
            two -= 1;
        }
    }
    let cut = |text: &str, mut n: usize| {
        while !text.is_char_boundary(n) {
            n -= 1;
        }
        text[..n].to_owned()
    };
    let words = [cut(table, one), cut(columns, two), label.to_owned()];
    let words: Vec<String> = words.into_iter().filter(|w| !w.is_empty()).collect();
    words.join("_")
}

fn joined(columns: &[Name]) -> String {
    let names: Vec<&str> = columns.iter().map(Name::as_str).collect();
    names.join("_")
}

/// The call that finds the sequence of a numbered column.
fn sequence_of(table: &TableName, column: &Name) -> String {
    format!(
        "pg_get_serial_sequence({}, {})",
        string_literal(&qualified(table)),
        string_literal(column.as_str())
    )
}
