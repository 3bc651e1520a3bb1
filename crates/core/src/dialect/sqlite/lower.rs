//! Operations to statements.
//!
//! Owns the walk through a list of operations with a working copy of the
//! database, and what is folded into what. How one table is changed is said in
//! [`super::native`] and [`super::rebuild`].

use std::collections::{BTreeMap, BTreeSet};

use super::ddl::TableDdl;
use super::native;
use super::rebuild;
use super::render::{self, quote};
use super::working::{self, Own};
use super::{canonical, lexer, mention};
use crate::change::{Change, Pair};
use crate::dialect::{Lowered, ObjectKind, Snapshot, SqlObject};
use crate::error::{Error, Result};
use crate::hazard::{Hazard, hazards};
use crate::operation::{Operation, RawSql, TableChange};
use crate::plan::{Plan, Rebuild, Statement, Step};
use crate::schema::{DefaultValue, Name, Schema, Table, TableName};

/// How many leading operations may be lowered together.
///
/// SQL that somebody wrote, and a rename while there are views or triggers
/// (whose texts SQLite then rewrites), stand alone: what comes after is lowered
/// against the database as it then is, and no rebuild takes the views away
/// that they need.
pub(super) fn together(before: &Snapshot, operations: &[Operation]) -> usize {
    let code = before
        .objects
        .iter()
        .any(|o| matches!(o.kind, ObjectKind::View | ObjectKind::Trigger));
    let barrier = |operation: &Operation| match operation {
        Operation::Execute(raw) => is_ours(raw),
        Operation::RenameTable(_) => code,
        Operation::AlterTable { table, changes } => {
            renames_column(changes) && (code || is_opaque(before, table))
        }
        _ => false,
    };
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
        Operation::RenameTable(_) => false,
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
        self.before == self.after && self.fill().is_none()
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

/// Something that goes away while a view or a trigger names it.
struct Lost {
    object: SqlObject,
    table: String,
    column: Option<String>,
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
            Operation::Enum(_) => Ok(()),
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

    fn hazards(&self, operation: &Operation) -> Vec<Hazard> {
        hazards(operation, &self.now.schema).concat()
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
                if !matches!(operation, Operation::AlterTable { .. }) {
                    break;
                }
                found.push(n);
            }
        }
        found
    }

    /// A new table, with what the rest of the list adds to it.
    fn create_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        table: &'a Table,
    ) -> Result<()> {
        if self.now.schema.table(&table.name).is_some() {
            return Err(Error::new(format!("table `{}` exists already", table.name)));
        }
        let mut schema = Schema::default();
        operation.apply(&mut schema)?;
        for n in self.later_changes(at, &table.name) {
            self.operations[n].apply(&mut schema)?;
            self.done.insert(n);
        }
        let table = only_table(canonical::canonical(schema), &table.name)?;
        let mut own = Own {
            sql: render::create_table(&table, None),
            indexes: Vec::new(),
            table,
        };
        let mut statements = vec![Statement {
            hazards: self.hazards(operation),
            ..Statement::new(own.sql.clone(), self.why(operation))
        }];
        for index in own.table.indexes.clone() {
            let why = TableChange::Index(Change::Add(index.clone()))
                .describe(own.name())
                .text;
            statements.extend(native::change_index(&mut own, &Change::Add(index), &why)?);
        }
        working::create(&mut self.now, own);
        self.steps.insert((at, 0), statements);
        Ok(())
    }

    fn drop_table(&mut self, at: usize, operation: &'a Operation, table: &TableName) -> Result<()> {
        let name = table.name.as_str();
        self.refuse_content(name, None)?;
        for object in mention::of_table(&self.now, name)? {
            self.lost.push(Lost {
                object: object.clone(),
                table: name.to_owned(),
                column: None,
            });
        }
        let statement = Statement {
            hazards: self.hazards(operation),
            ..Statement::new(format!("DROP TABLE {}", quote(name)), self.why(operation))
        };
        self.steps.insert((at, 0), vec![statement]);
        operation.apply(&mut self.now.schema)?;
        working::drop(&mut self.now, name);
        Ok(())
    }

    fn rename_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        names: &Pair<TableName>,
    ) -> Result<()> {
        let (from, to) = (names.from.name.as_str(), names.to.name.as_str());
        self.refuse_content(from, None)?;
        let why = self.why(operation);
        if self.rewritten.is_none() {
            self.rewritten = self
                .now
                .objects
                .iter()
                .filter(|o| matches!(o.kind, ObjectKind::View | ObjectKind::Trigger))
                .find(|o| {
                    mention::Reading::new(&o.sql)
                        .is_ok_and(|r| r.names_table(&from.to_ascii_lowercase()))
                })
                .map(|o| (why.clone(), described(o)));
        }
        let rename = |a: &str, b: &str| {
            Statement::new(
                format!("ALTER TABLE {} RENAME TO {}", quote(a), quote(b)),
                &why,
            )
        };
        // SQLite does not rename a table to its own name in other letters.
        let mut statements = if working::same(from, to) {
            let between = rebuild::free_name(&self.now, from);
            vec![rename(from, &between), rename(&between, to)]
        } else {
            vec![rename(from, to)]
        };
        statements[0].hazards = self.hazards(operation);
        operation.apply(&mut self.now.schema)?;
        working::rename_table(&mut self.now, from, to)?;
        let origin = self
            .origin
            .remove(&names.from)
            .unwrap_or_else(|| names.from.clone());
        self.origin.insert(names.to.clone(), origin);
        self.steps.insert((at, 0), statements);
        Ok(())
    }

    fn execute(&mut self, at: usize, operation: &Operation, raw: &RawSql) -> Result<()> {
        if !is_ours(raw) {
            return Ok(());
        }
        let why = self.why(operation);
        let hazards = self.hazards(operation);
        let statements = lexer::split_statements(&raw.sql)?
            .into_iter()
            .map(|sql| Statement {
                hazards: hazards.clone(),
                ..Statement::new(sql, &why)
            })
            .collect();
        self.steps.insert((at, 0), statements);
        Ok(())
    }

    fn alter_table(
        &mut self,
        at: usize,
        table: &'a TableName,
        changes: &'a [TableChange],
    ) -> Result<()> {
        let only_keys = changes
            .iter()
            .all(|c| matches!(c, TableChange::ForeignKey(Change::Drop(_))));
        if only_keys && self.is_dropped_later(at, table) {
            return self.operations[at].apply(&mut self.now.schema);
        }
        if !renames_column(changes) {
            let mut operations = vec![at];
            operations.extend(self.later_changes(at, table));
            self.done.extend(&operations);
            let parts: Vec<(usize, usize, &'a TableChange)> = operations
                .into_iter()
                .flat_map(|n| {
                    match &self.operations[n] {
                        Operation::AlterTable { changes, .. } => changes.as_slice(),
                        _ => &[],
                    }
                    .iter()
                    .enumerate()
                    .map(move |(c, what)| (n, c, what))
                })
                .collect();
            return self.batch(table, &parts);
        }
        let mut parts = Vec::new();
        for (n, change) in changes.iter().enumerate() {
            if let TableChange::Column(Change::Rename(names)) = change {
                self.batch(table, &parts)?;
                parts.clear();
                self.rename_column((at, n), table, change, names)?;
            } else {
                parts.push((at, n, change));
            }
        }
        self.batch(table, &parts)
    }

    /// Whether the list drops the table later, with nothing in between that
    /// could see its foreign keys.
    fn is_dropped_later(&self, at: usize, table: &TableName) -> bool {
        self.operations[at + 1..]
            .iter()
            .take_while(|o| is_movable(o))
            .any(|o| matches!(o, Operation::DropTable(t) if t.name == *table))
    }

    fn rename_column(
        &mut self,
        step: (usize, usize),
        table: &TableName,
        change: &TableChange,
        names: &Pair<Name>,
    ) -> Result<()> {
        let name = table.name.as_str();
        self.refuse_content(name, Some(names.from.as_str()))?;
        let operation = Operation::AlterTable {
            table: table.clone(),
            changes: vec![change.clone()],
        };
        let why = self.why(&operation);
        if self.rewritten.is_none() {
            self.rewritten = mention::of_column(&self.now, name, names.from.as_str())?
                .first()
                .map(|(o, _)| (why.clone(), described(o)));
        }
        let statement = Statement {
            hazards: self.hazards(&operation),
            ..Statement::new(
                format!(
                    "ALTER TABLE {} RENAME COLUMN {} TO {}",
                    quote(name),
                    quote(names.from.as_str()),
                    quote(names.to.as_str())
                ),
                why,
            )
        };
        working::rename_column(&mut self.now, name, names)?;
        operation.apply(&mut self.now.schema)?;
        self.steps.insert(step, vec![statement]);
        Ok(())
    }

    /// Changes of one table that are made together.
    fn batch(
        &mut self,
        table: &TableName,
        parts: &[(usize, usize, &'a TableChange)],
    ) -> Result<()> {
        if parts.is_empty() {
            return Ok(());
        }
        let units = self.units(table, parts)?;
        let Some(first) = units.first() else {
            return Ok(());
        };
        let name = table.name.as_str();
        let own = Own {
            table: first.before.clone(),
            sql: working::table_sql(&self.now, name)
                .ok_or_else(|| Error::new(format!("there is no table `{table}`")))?
                .to_owned(),
            indexes: working::indexes_of(&self.now, name),
        };
        let dropped: BTreeSet<&Name> = units
            .iter()
            .filter_map(|u| match u.what {
                TableChange::Column(Change::Drop(c)) => Some(&c.name),
                _ => None,
            })
            .collect();
        for column in &dropped {
            self.refuse_content(name, Some(column.as_str()))?;
            for (object, _) in mention::of_column(&self.now, name, column.as_str())? {
                self.lost.push(Lost {
                    object: object.clone(),
                    table: name.to_owned(),
                    column: Some(column.to_string()),
                });
            }
        }
        if let Some(native) = native::lower(&self.now, &own, &units)? {
            for (unit, statements) in units.iter().zip(native.statements) {
                self.steps.insert((unit.operation, unit.change), statements);
            }
            working::put(&mut self.now, native.own);
        } else {
            let (own, statements) = rebuild::lower(&self.now, own, &units)?;
            self.expect(table);
            self.steps
                .insert((first.operation, first.change), statements);
            working::put(&mut self.now, own);
        }
        for column in dropped {
            working::drop_column(&mut self.now, name, column.as_str());
        }
        Ok(())
    }

    /// The changes, each with the table before and after it.
    fn units(
        &self,
        table: &TableName,
        parts: &[(usize, usize, &'a TableChange)],
    ) -> Result<Vec<Unit<'a>>> {
        let mut schema = Schema::default();
        schema.insert(
            self.now
                .schema
                .table(table)
                .ok_or_else(|| Error::new(format!("there is no table `{table}`")))?
                .clone(),
        );
        let mut units = Vec::with_capacity(parts.len());
        for &(operation, change, what) in parts {
            let alone = Operation::AlterTable {
                table: table.clone(),
                changes: vec![what.clone()],
            };
            let before = only_table(schema.clone(), table)?;
            let hazards = hazards(&alone, &schema).concat();
            alone.apply(&mut schema)?;
            schema = canonical::canonical(schema);
            units.push(Unit {
                operation,
                change,
                what,
                why: what.describe(&table.to_string()).text,
                hazards,
                before,
                after: only_table(schema.clone(), table)?,
            });
        }
        Ok(units)
    }

    /// Notes a rebuild, with what it expects of the database before the list.
    fn expect(&mut self, table: &TableName) {
        let before = self.origin.get(table).unwrap_or(table);
        let name = before.name.as_str();
        self.rebuilt.get_or_insert_with(|| table.to_string());
        if let Some(expects) = rebuild::expects(self.before, name)
            && !self.rebuilds.iter().any(|r| r.table == name)
        {
            self.rebuilds.push(Rebuild {
                table: name.to_owned(),
                expects,
            });
        }
    }

    /// A virtual table that keeps its content in a table finds it by name, and
    /// SQLite does not follow.
    fn refuse_content(&self, table: &str, column: Option<&str>) -> Result<()> {
        let Some(object) = mention::content_of(&self.now, table) else {
            return Ok(());
        };
        let what = match column {
            Some(column) if mention::count_name(&object.sql, column) == 0 => return Ok(()),
            Some(column) => format!("column `{table}.{column}`"),
            None => format!("table `{table}`"),
        };
        Err(Error::new(format!(
            "virtual table `{}` keeps its content in {what}",
            object.name
        ))
        .with_hint(
            "drop the virtual table before with `execute`, and create it again after the change",
        ))
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
                });
            }
        }
        steps
    }

    /// Refuses what would leave a view or a trigger without something that it
    /// names.
    fn refuse_lost(&self) -> Result<()> {
        for lost in &self.lost {
            let stays = self
                .now
                .objects
                .iter()
                .any(|o| o.kind == lost.object.kind && o.name == lost.object.name);
            let table = self
                .now
                .schema
                .tables
                .values()
                .find(|t| working::same(t.name.name.as_str(), &lost.table));
            let back = match (table, &lost.column) {
                (None, column) => column.is_some(),
                (Some(_), None) => true,
                (Some(t), Some(c)) => t.columns.iter().any(|x| working::same(x.name.as_str(), c)),
            };
            if !stays || back {
                continue;
            }
            let what = match &lost.column {
                Some(column) => format!("column `{}.{column}`", lost.table),
                None => format!("table `{}`", lost.table),
            };
            let object = described(&lost.object);
            let kind = kind_word(&lost.object);
            return Err(
                Error::new(format!("{object} names {what}, which is dropped")).with_hint(format!(
                    "drop the {kind} before with `execute`, or create it again without {what}"
                )),
            );
        }
        Ok(())
    }
}

fn kind_word(object: &SqlObject) -> &'static str {
    match object.kind {
        ObjectKind::View => "view",
        ObjectKind::Trigger => "trigger",
        _ => "object",
    }
}

fn described(object: &SqlObject) -> String {
    format!("{} `{}`", kind_word(object), object.name)
}

fn only_table(mut schema: Schema, name: &TableName) -> Result<Table> {
    schema
        .tables
        .remove(name)
        .ok_or_else(|| Error::new(format!("there is no table `{name}`")))
}
