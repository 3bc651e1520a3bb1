//! Operations to statements.
//!
//! Owns the walk through a list of operations with a working copy of the
//! database, and what is folded into what. It knows the schema and the stored
//! statements before, never a connection.
//!
//! | module | owns |
//! |---|---|
//! | `objects` | views and triggers that are written in SQL |
//! | `tables` | whole tables, renames, and SQL that somebody wrote |
//! | `batch` | changes of one table, folded |
//! | `native` | what ALTER TABLE has a way for |
//! | `rebuild` | the table rebuild |
//! | `fit` | what stops where values do not fit a new type |
//! | `guard` | what is refused before anything is touched |
//! | `working` | the stored statements between two operations |
//! | `mention` | which views, triggers and virtual tables name something |
//! | `reading` | the names in one stored view or trigger |

mod batch;
mod fit;
mod guard;
mod mention;
mod native;
mod objects;
mod reading;
mod rebuild;
mod tables;
#[cfg(test)]
mod tests;
mod working;

pub use fit::{FIT_PREFIX, MISFITS};
pub use rebuild::REBUILT_PREFIX;
pub(super) use rebuild::expects;

use std::collections::{BTreeMap, BTreeSet};

use super::canonical;
use super::ddl::TableDdl;
use crate::change::Change;
use crate::dialect::{Lowered, ObjectKind, Snapshot};
use crate::error::{Error, Result};
use crate::hazard::{Hazard, hazards_after};
use crate::operation::{Operation, RawSql, TableChange};
use crate::plan::{Plan, Rebuild, Statement, Step};
use crate::schema::{DefaultValue, Name, Schema, Table, TableName};
use guard::Lost;

/// How many leading operations may be lowered together.
///
/// Changes of views and triggers stand by themselves: a rebuild takes down and
/// makes again what is there then. SQL that somebody wrote, and a rename while there are views or triggers
/// (whose texts SQLite then rewrites), stand alone: what comes after is lowered
/// against the database as it then is, and no rebuild takes the views away
/// that they need.
pub(super) fn together(before: &Snapshot, operations: &[Operation]) -> usize {
    let code = before
        .objects
        .iter()
        .any(|o| matches!(o.kind, ObjectKind::View | ObjectKind::Trigger));
    let barrier = |operation: &Operation| match operation {
        Operation::Object(_) => true,
        Operation::Execute(raw) => is_ours(raw),
        Operation::RenameTable(_) => code,
        Operation::AlterTable { table, changes } => {
            renames_column(changes) && (code || is_opaque(before, table))
        }
        _ => false,
    };
    let objects = of_objects(operations);
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
        done: BTreeSet::new(),
        origin: BTreeMap::new(),
        rebuilds: Vec::new(),
        rebuilt: None,
        lost: Vec::new(),
        rewritten: None,
    };
    for (at, operation) in operations.iter().enumerate() {
        if !lowering.done.contains(&at) {
            lowering.operation(at, operation)?;
        }
    }
    lowering.finish()
}

/// How many of the leading operations are changes of objects.
fn of_objects(operations: &[Operation]) -> usize {
    let objects = operations.iter();
    objects
        .take_while(|operation| matches!(operation, Operation::Object(_)))
        .count()
}

fn is_ours(raw: &RawSql) -> bool {
    raw.dialect.is_none_or(|d| d == "sqlite")
}

fn renames_column(changes: &[TableChange]) -> bool {
    changes
        .iter()
        .any(|c| matches!(c, TableChange::Column(Change::Rename(_))))
}

fn is_opaque(snapshot: &Snapshot, table: &TableName) -> bool {
    working::table_sql(snapshot, table.name.as_str())
        .is_some_and(|sql| TableDdl::parse(sql).is_err())
}

/// Whether the changes can be made earlier or later than others of the list.
fn is_movable(operation: &Operation) -> bool {
    match operation {
        Operation::Execute(raw) => !is_ours(raw),
        Operation::RenameTable(_) | Operation::Object(_) => false,
        Operation::AlterTable { changes, .. } => !renames_column(changes),
        _ => true,
    }
}

/// The table that an operation is about.
fn table_of(operation: &Operation) -> Option<&TableName> {
    match operation {
        Operation::CreateTable(t) | Operation::DropTable(t) => Some(&t.name),
        Operation::AlterTable { table, .. } => Some(table),
        _ => None,
    }
}

/// One change of a batch.
pub(super) struct Unit<'a> {
    /// Its operation in the list.
    operation: usize,
    /// Its place in the operation.
    change: usize,
    /// The change.
    pub(super) what: &'a TableChange,
    /// What it does, in words.
    pub(super) why: String,
    /// What it may destroy, fail on or rewrite.
    pub(super) hazards: Vec<Hazard>,
    /// The table before it, canonical.
    pub(super) before: Table,
    /// The table after it, canonical.
    pub(super) after: Table,
}

impl Unit<'_> {
    /// Whether it makes no difference to SQLite.
    pub(super) fn is_void(&self) -> bool {
        self.before == self.after
    }

    /// Whether it changes NULL, and makes no difference only because the column
    /// is in the primary key at that moment of the batch.
    pub(super) fn waits_for_the_key(&self, batch: &[Unit<'_>]) -> bool {
        let TableChange::Column(Change::Alter(pair)) = self.what else {
            return false;
        };
        let end = batch.last();
        let end = end.and_then(|u| u.after.column(pair.to.name.as_str()));
        pair.from.nullable != pair.to.nullable
            && end.is_some_and(|c| c.nullable == pair.to.nullable)
    }

    /// The column that is added or altered, and what its rows get.
    pub(super) fn fill(&self) -> Option<&DefaultValue> {
        match self.what {
            TableChange::Column(Change::Add(column)) => column.fill.as_ref(),
            TableChange::Column(Change::Alter(pair)) => pair.to.fill.as_ref(),
            _ => None,
        }
    }
}

struct Lowering<'a> {
    operations: &'a [Operation],
    before: &'a Snapshot,
    now: Snapshot,
    steps: BTreeMap<(usize, usize), Vec<Statement>>,
    /// Operations that an earlier one has taken along.
    done: BTreeSet<usize>,
    /// The names in `before` of tables that were renamed since.
    origin: BTreeMap<TableName, TableName>,
    rebuilds: Vec<Rebuild>,
    /// The first table that is rebuilt.
    rebuilt: Option<String>,
    lost: Vec<Lost>,
    /// A rename, and a view or trigger that SQLite rewrites for it.
    rewritten: Option<(String, String)>,
}

impl<'a> Lowering<'a> {
    fn operation(&mut self, at: usize, operation: &'a Operation) -> Result<()> {
        match operation {
            Operation::CreateTable(table) => self.create_table(at, operation, table),
            Operation::DropTable(table) => self.drop_table(at, operation, &table.name),
            Operation::RenameTable(names) => self.rename_table(at, operation, names),
            Operation::AlterTable { table, changes } => self.alter_table(at, table, changes),
            Operation::Enum(_) | Operation::RenameEnumValue { .. } => Ok(()),
            Operation::Object(change) => self.object(at, operation, change),
            Operation::Execute(raw) => self.execute(at, operation, raw),
        }
    }

    fn why(&self, operation: &Operation) -> String {
        operation
            .describe()
            .into_iter()
            .next()
            .map(|d| d.text)
            .unwrap_or_default()
    }

    fn hazards(&self, at: usize, operation: &Operation) -> Vec<Hazard> {
        let earlier = &self.operations[..at];
        hazards_after(earlier, operation, &self.now.schema).concat()
    }

    /// Later changes of a table, up to the first operation that they must not
    /// overtake.
    fn later_changes(&self, at: usize, table: &TableName) -> Vec<usize> {
        let mut found = Vec::new();
        for (n, operation) in self.operations.iter().enumerate().skip(at + 1) {
            if !is_movable(operation) {
                break;
            }
            if table_of(operation) == Some(table) && !self.done.contains(&n) {
                let Operation::AlterTable { changes, .. } = operation else {
                    break;
                };
                if self.waits_for_an_index_name(changes, table) {
                    break;
                }
                found.push(n);
            }
        }
        found
    }

    /// Whether a change gives an index a name that another table's index has
    /// until an operation in between drops it.
    fn waits_for_an_index_name(&self, changes: &[TableChange], table: &TableName) -> bool {
        let others = self.now.schema.tables.values().filter(|t| t.name != *table);
        let taken: Vec<&str> = others
            .flat_map(|t| &t.indexes)
            .filter_map(|index| index.name.as_ref().map(Name::as_str))
            .collect();
        let is_taken = |name: &Name| taken.iter().any(|t| working::same(t, name.as_str()));
        changes.iter().any(|change| match change {
            TableChange::Index(Change::Add(index)) => index.name.as_ref().is_some_and(is_taken),
            TableChange::Index(Change::Rename(names)) => is_taken(&names.to),
            _ => false,
        })
    }

    fn finish(mut self) -> Result<Lowered> {
        self.refuse_lost()?;
        let mut plan = Plan {
            steps: self.all_steps(),
            rebuilds: std::mem::take(&mut self.rebuilds),
            ..Plan::default()
        };
        if let Some(table) = &self.rebuilt {
            if let Some((rename, object)) = &self.rewritten {
                return Err(Error::new(format!(
                    "cannot {rename} together with a rebuild of `{table}`: {object} would not follow"
                ))
                .with_hint("make the rename a step of its own, before the other changes"));
            }
            (plan.before, plan.after) = rebuild::around(self.before, &self.now);
        }
        self.now.schema = canonical::canonical(self.now.schema);
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
