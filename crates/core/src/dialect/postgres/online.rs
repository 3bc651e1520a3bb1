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

use std::collections::BTreeSet;

use super::lower::{default_name, fills_every_row, requires};
use super::name::quote;
use super::render;
use crate::change::{Change, Pair};
use crate::dialect::Snapshot;
use crate::dialect::online::{OnlineStep, alter};
use crate::operation::{Operation, RawSql, TableChange};
use crate::schema::{
    Check, Column, DefaultValue, Expression, ForeignKey, Index, IndexKey, Literal, Name, Schema,
    Table, TableName, Unique,
};

/// The steps of operations; those alone where nothing of them locks for long.
pub(super) fn steps(before: &Snapshot, operations: &[Operation]) -> Vec<OnlineStep> {
    let mut steps = Steps::new(&before.schema);
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
    /// The tables before the operation that is looked at.
    schema: Schema,
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
    fn new(schema: &Schema) -> Self {
        Self {
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
    /// while an index is built: that of a partitioned table cannot.
    fn is_in_use(&self, name: &TableName) -> bool {
        let partitioned = |table: &Table| {
            let extra = table.options.extra.as_deref().unwrap_or_default();
            extra.to_ascii_uppercase().contains("PARTITION BY")
        };
        !self.fresh.contains(name) && self.schema.table(name).is_some_and(|t| !partitioned(t))
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
            TableChange::Check(Change::Add(check)) => self.check(table, check),
            TableChange::Column(Change::Add(column)) => self.add_column(table, column, kept),
            TableChange::Column(Change::Alter(pair)) => self.not_null(table, pair, kept),
            _ => false,
        }
    }

    fn build(&mut self, table: &TableName, index: &Index) -> bool {
        let Some(name) = &index.name else {
            return false;
        };
        self.builds.push((name.clone(), make(table, index)));
        true
    }

    /// An index goes before anything else, where nothing before it says
    /// something of its table.
    fn drop_first(&mut self, table: &TableName, index: &Index) -> bool {
        let (Some(name), false) = (&index.name, self.is_leant_on(table, index)) else {
            return false;
        };
        if self.touched.contains(table) {
            return false;
        }
        self.drops.push((name.clone(), take(table, index)));
        true
    }

    fn replace(&mut self, table: &TableName, pair: &Pair<Index>) -> bool {
        let (Some(from), Some(to)) = (&pair.from.name, &pair.to.name) else {
            return false;
        };
        if from != to || self.is_leant_on(table, &pair.from) {
            return false;
        }
        let meanwhile = self.free_name(table, default_name(to.as_str(), "", "new"));
        let index = Index {
            name: Some(meanwhile.clone()),
            ..pair.to.clone()
        };
        self.builds.push((to.clone(), make(table, &index)));
        self.replaced.push((from.clone(), take(table, &pair.from)));
        let names = Pair::new(meanwhile, to.clone());
        let rename = TableChange::Index(Change::Rename(names));
        self.last.push(alter(table, rename));
        true
    }

    /// Whether a foreign key leans on a unique index.
    fn is_leant_on(&self, table: &TableName, index: &Index) -> bool {
        let Some(columns) = index.unique_columns() else {
            return false;
        };
        let mut keys = self.schema.tables.values().flat_map(|t| &t.foreign_keys);
        keys.any(|key| {
            key.references == *table
                && key.referenced_columns.len() == columns.len()
                && key.referenced_columns.iter().all(|c| columns.contains(&c))
        })
    }

    fn unique(&mut self, table: &TableName, unique: &Unique) -> bool {
        let Some(name) = unique.name.as_ref().filter(|_| unique.extra.is_none()) else {
            return false;
        };
        let index = Index {
            name: Some(name.clone()),
            keys: unique
                .columns
                .iter()
                .cloned()
                .map(IndexKey::column)
                .collect(),
            unique: true,
            include: unique.include.clone(),
            nulls_not_distinct: unique.nulls_not_distinct,
            ..Index::on::<Name>([])
        };
        self.builds.push((name.clone(), make(table, &index)));
        self.last.push(Operation::AlterTable {
            table: table.clone(),
            changes: vec![
                TableChange::Index(Change::Drop(index)),
                TableChange::Unique(Change::Add(unique.clone())),
            ],
        });
        true
    }

    fn foreign_key(
        &mut self,
        table: &TableName,
        key: &ForeignKey,
        kept: &mut Vec<TableChange>,
    ) -> bool {
        if key.name.is_none() || key.not_valid {
            return false;
        }
        let unchecked = ForeignKey {
            not_valid: true,
            ..key.clone()
        };
        let add = TableChange::ForeignKey(Change::Add(unchecked.clone()));
        if self
            .builds
            .iter()
            .any(|(_, b)| is_about(b, &key.references))
        {
            self.keys.push(alter(table, add));
        } else {
            kept.push(add);
        }
        let checked = Pair::new(unchecked, key.clone());
        let validate = TableChange::ForeignKey(Change::Alter(checked));
        self.validations.push(alter(table, validate));
        true
    }

    fn check(&mut self, table: &TableName, check: &Check) -> bool {
        if check.name.is_none() || check.extra.is_some() {
            return false;
        }
        let unchecked = Check {
            extra: Some("NOT VALID".to_owned()),
            ..check.clone()
        };
        let add = TableChange::Check(Change::Add(unchecked.clone()));
        self.checks.push(alter(table, add));
        let checked = Pair::new(unchecked, check.clone());
        let validate = TableChange::Check(Change::Alter(checked));
        self.validations.push(alter(table, validate));
        true
    }

    /// A new column whose rows do not all get one constant.
    fn add_column(
        &mut self,
        table: &TableName,
        column: &Column,
        kept: &mut Vec<TableChange>,
    ) -> bool {
        let computed = column.generated.is_some() || column.identity.is_some();
        let everywhere = fills_every_row(column);
        let default = column.default.as_ref();
        let told = column.fill.as_ref();
        let told = told.filter(|fill| is_computed(fill) && (everywhere || default != Some(*fill)));
        let default = default.filter(|_| column.fill.is_none() && everywhere);
        let Some(value) = told.or(default).filter(|_| !computed) else {
            return false;
        };
        let mut bare = column.clone();
        bare.forget_rows();
        let whole = bare.clone();
        bare.nullable = true;
        bare.default = None;
        kept.push(TableChange::Column(Change::Add(bare.clone())));
        let mut said = bare.clone();
        said.default.clone_from(&column.default);
        if said != bare {
            let change = Change::Alter(Pair::new(bare, said.clone()));
            kept.push(TableChange::Column(change));
        }
        self.fill(table, &column.name, value);
        if !column.nullable {
            self.require(table, Pair::new(said, whole));
        }
        true
    }

    /// A column that takes no NULL any more.
    fn not_null(
        &mut self,
        table: &TableName,
        pair: &Pair<Column>,
        kept: &mut Vec<TableChange>,
    ) -> bool {
        let Pair { from, to } = pair;
        if !from.nullable || to.nullable || to.generated.is_some() || from.name != to.name {
            return false;
        }
        let meanwhile = Column {
            nullable: true,
            fill: None,
            ..to.clone()
        };
        if meanwhile != *from {
            let change = Change::Alter(Pair::new(from.clone(), meanwhile.clone()));
            kept.push(TableChange::Column(change));
        }
        let null = DefaultValue::Literal(Literal::Null);
        let value = to.fill.as_ref().or(to.default.as_ref());
        if let Some(value) = value.filter(|value| **value != null) {
            self.fill(table, &to.name, value);
        }
        let (mut meanwhile, mut to) = (meanwhile, to.clone());
        meanwhile.forget_rows();
        to.forget_rows();
        self.require(table, Pair::new(meanwhile, to));
        true
    }

    fn fill(&mut self, table: &TableName, column: &Name, value: &DefaultValue) {
        let column = quote(column.as_str());
        self.fills.push(Operation::Execute(RawSql {
            sql: format!(
                "UPDATE {} SET {column} = {} WHERE {column} IS NULL",
                render::qualified(table),
                render::value(value)
            ),
            reverse: None,
            dialect: Some("postgres"),
        }));
    }

    /// NOT NULL through a check that the rows were held to already.
    fn require(&mut self, table: &TableName, pair: Pair<Column>) {
        let column = &pair.to.name;
        let own = format!("ck_{}", table.name);
        let name = default_name(&own, column.as_str(), "not_null");
        let check = Check {
            name: Some(self.free_name(table, name)),
            expression: Expression::new(format!("{} IS NOT NULL", quote(column.as_str()))),
            extra: None,
        };
        self.check(table, &check);
        self.last.push(Operation::AlterTable {
            table: table.clone(),
            changes: vec![
                TableChange::Column(Change::Alter(pair)),
                TableChange::Check(Change::Drop(check)),
            ],
        });
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

fn make(table: &TableName, index: &Index) -> Operation {
    alter(
        table,
        TableChange::Index(Change::Add(beside_writers(index))),
    )
}

fn take(table: &TableName, index: &Index) -> Operation {
    alter(
        table,
        TableChange::Index(Change::Drop(beside_writers(index))),
    )
}

fn beside_writers(index: &Index) -> Index {
    Index {
        concurrently: true,
        ..index.clone()
    }
}

fn is_about(operation: &Operation, name: &TableName) -> bool {
    matches!(operation, Operation::AlterTable { table, .. } if table == name)
}

/// Whether rows may get values of their own.
fn is_computed(fill: &DefaultValue) -> bool {
    matches!(fill, DefaultValue::Expression(_))
}
