//! Changes of one table, combined into as few statements as may be.
//!
//! Owns what may stand in one `ALTER TABLE` and under which change of the batch
//! it is reported. PostgreSQL does the clauses of one statement in passes of
//! its own order, so a clause joins those before it only if it touches nothing
//! that a clause of a later pass touches.

use std::collections::BTreeSet;

use super::Lowering;
use crate::dialect::postgres::render::qualified;
use crate::error::Result;
use crate::hazard::{Hazard, Objection, hazards_after};
use crate::operation::{Operation, TableChange};
use crate::plan::Statement;
use crate::schema::{Name, Schema, Table, TableName};

/// When PostgreSQL does a clause of `ALTER TABLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pass {
    /// Whatever goes away.
    Drop,
    /// New types of columns.
    Type,
    /// New columns.
    AddColumn,
    /// New expressions of computed columns.
    Expression,
    /// NOT NULL and the like.
    Attribute,
    /// Constraints that are an index.
    AddIndex,
    /// Other constraints, defaults, identity.
    Add,
}

/// One clause of `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Action {
    sql: String,
    pass: Pass,
    /// The columns and constraints that it makes, changes or drops.
    touches: BTreeSet<String>,
    /// The columns that it only needs to be there.
    uses: BTreeSet<String>,
    rewrites: bool,
}

impl Action {
    pub(super) fn new(pass: Pass, sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            pass,
            touches: BTreeSet::new(),
            uses: BTreeSet::new(),
            rewrites: false,
        }
    }

    /// The clause itself.
    pub(super) fn text(&self) -> &str {
        &self.sql
    }

    /// The same clause, which is about this column.
    pub(super) fn on(mut self, column: &Name) -> Self {
        self.touches.insert(format!("column {column}"));
        self
    }

    /// The same clause, which uses these columns.
    pub(super) fn using<'n>(mut self, columns: impl IntoIterator<Item = &'n Name>) -> Self {
        let columns = columns.into_iter().map(|c| format!("column {c}"));
        self.uses.extend(columns);
        self
    }

    /// The same clause, which is about this constraint.
    pub(super) fn of(mut self, constraint: &str) -> Self {
        self.touches.insert(format!("constraint {constraint}"));
        self
    }

    /// The same clause; every row is written again where that is so.
    pub(super) fn rewriting(mut self, rewrites: bool) -> Self {
        self.rewrites = rewrites;
        self
    }
}

/// A piece of what a change becomes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// A clause that may join others.
    Action(Action),
    /// A statement of its own.
    Statement(Statement),
    /// A statement that waits until the clauses before it are done, and holds
    /// no others up.
    Late(String),
    /// A statement that waits until the whole batch is done.
    Last(Statement),
    /// What is said of what the items before it make, once that is there.
    Said(Statement),
}

impl From<Action> for Item {
    fn from(action: Action) -> Self {
        Self::Action(action)
    }
}

impl Item {
    /// A statement of its own, for the reason of its change.
    pub(super) fn statement(sql: impl Into<String>) -> Self {
        Self::Statement(Statement::new(sql, ""))
    }
}

/// One change of a batch.
pub(super) struct Unit<'a> {
    /// Its place in the operation.
    pub(super) change: usize,
    /// The change.
    pub(super) what: &'a TableChange,
    /// The changes that follow in the batch.
    pub(super) rest: &'a [TableChange],
    /// The table before it, canonical.
    pub(super) before: Table,
    /// The table after it, canonical.
    pub(super) after: Table,
    why: String,
    hazards: Vec<Hazard>,
}

impl Unit<'_> {
    /// The same change of a table that was another one before.
    pub(super) fn having_been(&self, before: Table) -> Self {
        Self {
            change: self.change,
            what: self.what,
            rest: self.rest,
            before,
            after: self.after.clone(),
            why: self.why.clone(),
            hazards: self.hazards.clone(),
        }
    }
}

/// A clause that waits for others.
struct Pending {
    change: usize,
    action: Action,
    why: String,
    hazards: Vec<Hazard>,
}

struct Batch {
    table: TableName,
    pending: Vec<Pending>,
    late: Vec<(usize, Statement)>,
    last: Vec<Statement>,
    done: Vec<(usize, Statement)>,
}

impl<'a> Lowering<'a> {
    pub(super) fn alter_table(
        &mut self,
        at: usize,
        table: &'a TableName,
        changes: &'a [TableChange],
    ) -> Result<()> {
        let mut batch = Batch {
            table: table.clone(),
            pending: Vec::new(),
            late: Vec::new(),
            last: Vec::new(),
            done: Vec::new(),
        };
        let mut schema = Schema::default();
        schema.insert(self.table(table)?.clone());
        self.map_values(changes);
        let mut dangers = match self.operations.split_at_checked(at) {
            Some((earlier, [operation, ..])) => hazards_after(earlier, operation, &schema),
            _ => Vec::new(),
        };
        dangers.resize(changes.len(), Vec::new());
        for (n, (what, hazards)) in changes.iter().zip(dangers).enumerate() {
            let before = self.settled(self.table(table)?.clone());
            let alone = Operation::AlterTable {
                table: table.clone(),
                changes: vec![what.clone()],
            };
            alone.apply(&mut self.now.schema)?;
            self.settle(table);
            let unit = Unit {
                change: n,
                what,
                rest: &changes[n + 1..],
                before,
                after: self.table(table)?.clone(),
                why: what.describe(&table.to_string()).text,
                hazards,
            };
            let items = self.items(&unit)?;
            batch.add(&unit, items);
        }
        batch.flush();
        for (change, statement) in batch.done {
            self.put(at, change, statement);
        }
        for statement in batch.last {
            self.put(at, changes.len().saturating_sub(1), statement);
        }
        Ok(())
    }

    fn items(&mut self, unit: &Unit<'_>) -> Result<Vec<Item>> {
        match unit.what {
            TableChange::Column(change) => self.change_column(unit, change),
            TableChange::Values(renamed) => Ok(self.rename_values(unit, renamed)),
            TableChange::PrimaryKey(change) => self.change_primary_key(unit, change),
            TableChange::Unique(change) => self.change_unique(unit, change),
            TableChange::Index(change) => self.change_index(unit, change),
            TableChange::ForeignKey(change) => self.change_foreign_key(unit, change),
            TableChange::Check(change) => Ok(self.change_check(unit, change)),
            TableChange::Comment(pair) => Ok(Self::change_comment(unit, pair)),
            TableChange::Options(pair) => Self::change_options(unit, pair),
        }
    }
}

impl Batch {
    fn add(&mut self, unit: &Unit<'_>, items: Vec<Item>) {
        let last = items.len().saturating_sub(1);
        // The hazards stand beside the clause that has them; where there is
        // none, beside the last statement, and so does what is only noticed
        // once the rows are filled.
        let main = items.iter().position(|i| matches!(i, Item::Action(_)));
        let makes = items.iter().rposition(|i| !matches!(i, Item::Said(_)));
        let main = main.or(makes).unwrap_or(last);
        let waits = items.iter().any(|i| matches!(i, Item::Last(_)));
        for (n, item) in items.into_iter().enumerate() {
            let is_here = |hazard: &&Hazard| match hazard.objection {
                Some(Objection::FilledWithNull) => n == last,
                _ => n == main,
            };
            let hazards: Vec<Hazard> = unit.hazards.iter().filter(is_here).cloned().collect();
            match item {
                Item::Action(action) => {
                    self.join(Pending {
                        change: unit.change,
                        action,
                        why: unit.why.clone(),
                        hazards,
                    });
                }
                Item::Statement(mut statement) => {
                    self.flush();
                    if statement.why.is_empty() {
                        statement.why.clone_from(&unit.why);
                    }
                    statement.hazards.extend(hazards);
                    self.done.push((unit.change, statement));
                }
                Item::Last(mut statement) => {
                    statement.why.clone_from(&unit.why);
                    statement.hazards.extend(hazards);
                    self.last.push(statement);
                }
                Item::Said(mut statement) => {
                    statement.why.clone_from(&unit.why);
                    match waits {
                        true => self.last.push(statement),
                        false => self.late.push((unit.change, statement)),
                    }
                }
                Item::Late(sql) => {
                    let statement = Statement {
                        hazards,
                        ..Statement::new(sql, &unit.why)
                    };
                    self.late.push((unit.change, statement));
                }
            }
        }
    }

    fn join(&mut self, next: Pending) {
        let overtakes = |Pending { action, .. }: &Pending| {
            let frees = match next.action.pass {
                Pass::Drop => true,
                Pass::Type => action.pass == Pass::Expression,
                _ => false,
            };
            let hits = !action.touches.is_disjoint(&next.action.touches)
                || (frees && !action.uses.is_disjoint(&next.action.touches));
            action.pass > next.action.pass && hits
        };
        if self.pending.iter().any(overtakes) {
            self.flush();
        }
        self.pending.push(next);
    }

    /// One statement of all clauses that wait, under the first change that
    /// rewrites the table, or else under the first one.
    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let place = pending.iter().find(|p| p.action.rewrites);
        if let Some(place) = place.or(pending.first()).map(|p| p.change) {
            let clauses: Vec<&str> = pending.iter().map(|p| p.action.sql.as_str()).collect();
            let (space, comma) = match clauses.len() {
                1 => (" ", ""),
                _ => ("\n  ", ",\n  "),
            };
            let mut whys: Vec<&str> = pending.iter().map(|p| p.why.as_str()).collect();
            whys.dedup();
            let mut statement = Statement::new(
                format!(
                    "ALTER TABLE {}{space}{}",
                    qualified(&self.table),
                    clauses.join(comma)
                ),
                whys.join(", "),
            );
            for hazard in pending.iter().flat_map(|p| &p.hazards) {
                if !statement.hazards.contains(hazard) {
                    statement.hazards.push(hazard.clone());
                }
            }
            self.done.push((place, statement));
        }
        let last = self.done.last().map_or(0, |(n, _)| *n);
        for (change, statement) in std::mem::take(&mut self.late) {
            self.done.push((change.max(last), statement));
        }
    }
}
