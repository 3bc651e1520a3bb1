//! What locks a table of PostgreSQL for long, done in steps that do not.
//!
//! | change | steps |
//! |---|---|
//! | an index | `CONCURRENTLY`, alone in its revision |
//! | another index under the name of one | built under a name of its own, the old one dropped, renamed |
//! | a unique constraint | its index `CONCURRENTLY`, then `USING INDEX` |
//! | a foreign key, a check | `NOT VALID`, validated in a later transaction |
//! | NOT NULL | the values, a check `NOT VALID`, validated, then `SET NOT NULL`, which does not look again |
//! | a new column whose values are computed | the column, its default, the values, NOT NULL |
//!
//! What has no such way (another type that is stored otherwise) stays as it is,
//! and its hazards say so. A table that the same migration makes is not in use.
//! See <https://www.postgresql.org/docs/current/sql-altertable.html>, Notes.

mod columns;
mod parts;

use std::collections::BTreeSet;

use super::lower::{default_name, requires};
use crate::change::{Change, Pair};
use crate::dialect::Snapshot;
use crate::dialect::online::OnlineStep;
use crate::operation::{Operation, TableChange};
use crate::schema::{Name, Schema, Table, TableName};

/// The steps of operations; those alone where nothing of them locks for long.
pub(super) fn steps(before: &Snapshot, operations: &[Operation]) -> Vec<OnlineStep> {
    let mut steps = Steps::new(&before.schema, operations);
    for (at, operation) in operations.iter().enumerate() {
        let renamed_later = operations[at + 1..].iter().any(renames);
        match operation {
            Operation::AlterTable { table, changes }
                if !renamed_later && steps.is_in_use(table) =>
            {
                steps.split(table, changes);
            }
            _ => steps.keep(operation),
        }
        if operation.apply(&mut steps.schema).is_err() {
            return vec![OnlineStep::new("", operations.to_vec())];
        }
    }
    steps.in_order()
}

/// Whether what is said before an operation has another name after it.
fn renames(operation: &Operation) -> bool {
    match operation {
        Operation::RenameTable(_) => true,
        Operation::AlterTable { changes, .. } => changes.iter().any(renames_column),
        _ => false,
    }
}

fn renames_column(change: &TableChange) -> bool {
    match change {
        TableChange::Column(Change::Rename(_)) => true,
        TableChange::Column(Change::Alter(pair)) => pair.from.name != pair.to.name,
        _ => false,
    }
}

/// The steps as they are gathered, in the order in which they run.
struct Steps {
    /// The tables before everything.
    start: Schema,
    /// The tables before the operation that is looked at.
    schema: Schema,
    /// The columns that a new primary key makes NOT NULL.
    in_key: BTreeSet<(TableName, Name)>,
    /// The tables that the migration makes.
    fresh: BTreeSet<TableName>,
    /// The tables of which something has changed in `main`.
    touched: BTreeSet<TableName>,
    /// Indexes that go, one a revision.
    drops: Vec<(Name, Operation)>,
    /// What is quick, or has no other way.
    main: Vec<Operation>,
    /// Values for rows that are there.
    fills: Vec<Operation>,
    /// Checks that rows are not held to yet. Who changes a row is: the values
    /// come first.
    checks: Vec<Operation>,
    /// Indexes that come, one a revision.
    builds: Vec<(Name, Operation)>,
    /// Foreign keys to what only now is unique.
    keys: Vec<Operation>,
    /// Indexes that others have replaced, one a revision.
    replaced: Vec<(Name, Operation)>,
    /// Constraints that rows are held to.
    validations: Vec<Operation>,
    /// What is quick now.
    last: Vec<Operation>,
}

impl Steps {
    fn new(schema: &Schema, operations: &[Operation]) -> Self {
        Self {
            start: schema.clone(),
            in_key: operations.iter().flat_map(columns_of_key).collect(),
            schema: schema.clone(),
            fresh: BTreeSet::new(),
            touched: BTreeSet::new(),
            drops: Vec::new(),
            main: Vec::new(),
            fills: Vec::new(),
            checks: Vec::new(),
            builds: Vec::new(),
            keys: Vec::new(),
            replaced: Vec::new(),
            validations: Vec::new(),
            last: Vec::new(),
        }
    }

    /// Whether rows of the table may be read and written meanwhile, and can be
    /// while an index is built. That of a partitioned table cannot, and what
    /// tables inherit is made with their parents.
    fn is_in_use(&self, name: &TableName) -> bool {
        let is_partitioned = |table: &Table| {
            let extra = table.options.extra.as_deref().unwrap_or_default();
            extra.to_ascii_uppercase().contains("PARTITION")
        };
        let others = self.schema.tables.values();
        let is_inherited = others
            .flat_map(|t| t.options.inherits())
            .any(|p| p == *name);
        let own = self.schema.table(name);
        !self.fresh.contains(name)
            && !is_inherited
            && own.is_some_and(|t| !is_partitioned(t) && t.options.inherits().is_empty())
    }

    fn keep(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateTable(table) => {
                self.fresh.insert(table.name.clone());
            }
            Operation::RenameTable(names) => {
                if self.fresh.remove(&names.from) {
                    self.fresh.insert(names.to.clone());
                }
                self.touched.insert(names.to.clone());
            }
            Operation::AlterTable { table, .. } => {
                self.touched.insert(table.clone());
            }
            _ => {}
        }
        self.main.push(operation.clone());
    }

    fn split(&mut self, name: &TableName, changes: &[TableChange]) {
        let mut kept = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            let renamed_later = changes[at + 1..].iter().any(renames_column);
            if renamed_later || !self.moved(name, change, &mut kept) {
                kept.push(change.clone());
            }
            if !kept.is_empty() {
                self.touched.insert(name.clone());
            }
        }
        if !kept.is_empty() {
            self.main.push(Operation::AlterTable {
                table: name.clone(),
                changes: kept,
            });
        }
    }

    /// Puts a change into its steps, what is left of it into the batch. Gives
    /// back whether there is a way; else nothing was done.
    fn moved(
        &mut self,
        table: &TableName,
        change: &TableChange,
        kept: &mut Vec<TableChange>,
    ) -> bool {
        match change {
            TableChange::Index(Change::Add(index)) => self.build(table, index),
            TableChange::Index(Change::Drop(index)) => self.drop_first(table, index),
            TableChange::Index(Change::Alter(pair)) => self.replace(table, pair),
            TableChange::Unique(Change::Add(unique)) => self.unique(table, unique),
            TableChange::ForeignKey(Change::Add(key)) => self.foreign_key(table, key, kept),
            TableChange::ForeignKey(Change::Alter(pair)) => self.other_key(table, pair, kept),
            TableChange::Check(Change::Alter(pair)) => self.other_check(table, pair, kept),
            TableChange::Check(Change::Add(check)) => self.check(table, check),
            TableChange::Column(Change::Add(column)) => self.add_column(table, column, kept),
            TableChange::Column(Change::Alter(pair)) => self.not_null(table, pair, kept),
            _ => false,
        }
    }

    /// The name, or one that no index and no constraint of the schema has.
    fn free_name(&self, table: &TableName, name: String) -> Name {
        let beside = self.schema.tables.values();
        let beside = beside.filter(|t| t.name.schema == table.schema);
        let taken: BTreeSet<&str> = beside
            .flat_map(|t| {
                let indexes = t.indexes.iter().filter_map(|i| i.name.as_ref());
                let uniques = t.uniques.iter().filter_map(|u| u.name.as_ref());
                let keys = t.foreign_keys.iter().filter_map(|k| k.name.as_ref());
                let checks = t.checks.iter().filter_map(|c| c.name.as_ref());
                let key = t.primary_key.iter().filter_map(|k| k.name.as_ref());
                let own = std::iter::once(&t.name.name);
                own.chain(indexes)
                    .chain(uniques)
                    .chain(keys)
                    .chain(checks)
                    .chain(key)
            })
            .map(Name::as_str)
            .collect();
        let mut free = name.clone();
        let mut number = 1_u32;
        while taken.contains(free.as_str()) {
            number += 1;
            free = default_name(&name, "", &number.to_string());
        }
        free.into()
    }

    fn in_order(mut self) -> Vec<OnlineStep> {
        if self.fills.is_empty() {
            self.main.append(&mut self.checks);
        }
        let mut steps = Vec::new();
        let one_each = |steps: &mut Vec<OnlineStep>, what: &str, list: Vec<(Name, Operation)>| {
            for (name, operation) in list {
                steps.push(OnlineStep::new(format!("{what} {name}"), vec![operation]));
            }
        };
        let together = |steps: &mut Vec<OnlineStep>, what: &str, list: Vec<Operation>| {
            if !list.is_empty() {
                steps.push(OnlineStep::new(what, in_batches(list)));
            }
        };
        one_each(&mut steps, "drop", self.drops);
        together(&mut steps, "change tables", self.main);
        together(&mut steps, "fill values", self.fills);
        together(&mut steps, "add checks", self.checks);
        one_each(&mut steps, "build", self.builds);
        together(&mut steps, "add foreign keys", self.keys);
        one_each(&mut steps, "drop old", self.replaced);
        together(&mut steps, "validate", self.validations);
        together(&mut steps, "finish", self.last);
        if let [only] = steps.as_mut_slice() {
            only.about.clear();
        }
        steps
    }
}

/// Whether the change makes a column NOT NULL that a check held to it, which
/// goes in the same batch.
pub(super) fn is_prepared(operation: &Operation, change: usize) -> bool {
    let Operation::AlterTable { changes, .. } = operation else {
        return false;
    };
    let Some(TableChange::Column(Change::Alter(pair))) = changes.get(change) else {
        return false;
    };
    changes[change + 1..].iter().any(|later| match later {
        TableChange::Check(Change::Drop(check)) => requires(check, &pair.to.name),
        _ => false,
    })
}

/// The columns of a primary key that an operation makes.
fn columns_of_key(operation: &Operation) -> Vec<(TableName, Name)> {
    let Operation::AlterTable { table, changes } = operation else {
        return Vec::new();
    };
    let keys = changes.iter().filter_map(|change| match change {
        TableChange::PrimaryKey(Change::Add(key) | Change::Alter(Pair { to: key, .. })) => {
            Some(&key.columns)
        }
        _ => None,
    });
    keys.flatten()
        .map(|column| (table.clone(), column.clone()))
        .collect()
}

/// Changes of one table that follow each other, as one batch.
fn in_batches(operations: Vec<Operation>) -> Vec<Operation> {
    let mut batches: Vec<Operation> = Vec::new();
    for operation in operations {
        match (batches.last_mut(), operation) {
            (
                Some(Operation::AlterTable { table, changes }),
                Operation::AlterTable {
                    table: next,
                    changes: more,
                },
            ) if *table == next => changes.extend(more),
            (_, operation) => batches.push(operation),
        }
    }
    batches
}
