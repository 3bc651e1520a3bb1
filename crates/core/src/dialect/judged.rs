//! Plans with the hazards that the database itself makes.
//!
//! Owns the ground on which a statement is judged, and the walk over a plan
//! that was just made. What a statement does on a database is the dialect's to
//! say ([`Dialect::judge`]).

use super::{Dialect, Lowered, Server, Snapshot};
use crate::change::{Change, Pair};
use crate::hazard::{Hazard, hazards_after, in_order, is_new};
use crate::object::{Noun, ObjectChange, OnUpdate, fired_by_update};
use crate::operation::{Operation, TableChange};
use crate::plan::{Plan, Step};
use crate::schema::{Check, Column, ColumnType, Name, Schema, Table, TableName};

/// What is known of the database when a statement runs.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The tables as they are before it; nothing where nobody knows.
    pub schema: Option<&'a Schema>,
    /// The server.
    pub server: &'a Server,
    /// Whether a table was made by the same migration, so that it has no rows
    /// and nobody uses it.
    pub new: &'a dyn Fn(&TableName) -> bool,
    /// The triggers that an `UPDATE` fires, as far as they are known.
    pub triggers: &'a [OnUpdate],
    /// What type a spelling is; set by the dialect.
    pub(crate) read_type: fn(&str) -> Option<ColumnType>,
    /// Whether a check says of every row that a column is not NULL; set by the
    /// dialect.
    pub(crate) requires: fn(&Check, &Name) -> bool,
}

impl std::fmt::Debug for Ground<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground")
            .field("server", self.server)
            .finish_non_exhaustive()
    }
}

impl<'a> Ground<'a> {
    /// The ground of a statement on that server.
    pub fn new(server: &'a Server, new: &'a dyn Fn(&TableName) -> bool) -> Self {
        Self {
            schema: None,
            server,
            new,
            triggers: &[],
            read_type: |_| None,
            requires: |_, _| false,
        }
    }

    /// The same with the tables that are there.
    #[must_use]
    pub fn with(mut self, schema: &'a Schema) -> Self {
        self.schema = Some(schema);
        self
    }

    /// The same with the triggers that are there.
    #[must_use]
    pub fn triggers(mut self, triggers: &'a [OnUpdate]) -> Self {
        self.triggers = triggers;
        self
    }

    /// The names of the triggers that an `UPDATE` of these columns fires.
    pub(crate) fn fired_by_update(&self, table: &TableName, columns: &[String]) -> Vec<String> {
        let table = self.name(table);
        let fired = self.triggers.iter().filter(|t| t.fires(&table, columns));
        fired.map(|trigger| trigger.name.clone()).collect()
    }

    /// The same, reading types as that database does.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    #[must_use]
    pub(crate) fn reading(mut self, read_type: fn(&str) -> Option<ColumnType>) -> Self {
        self.read_type = read_type;
        self
    }

    /// The same, knowing which checks require a value.
    #[cfg(feature = "postgres")]
    #[must_use]
    pub(crate) fn trusting(mut self, requires: fn(&Check, &Name) -> bool) -> Self {
        self.requires = requires;
        self
    }

    /// Whether a row may have NULL in a column, as far as checks tell.
    pub(crate) fn has_null(&self, table: &TableName, column: &str) -> bool {
        let Some(table) = self.table(table) else {
            return true;
        };
        let name = Name::new(column);
        !table
            .checks
            .iter()
            .any(|check| (self.requires)(check, &name))
    }

    /// Whether a table was made by the same migration.
    pub(crate) fn is_new(&self, table: &TableName) -> bool {
        (self.new)(&self.name(table))
    }

    /// The name under which a table is known here: the default schema is not
    /// said.
    fn name(&self, table: &TableName) -> TableName {
        let default = table.schema.as_ref();
        let default = default.is_some_and(|schema| *schema == *self.server.schema);
        TableName {
            schema: table.schema.clone().filter(|_| !default),
            name: table.name.clone(),
        }
    }

    pub(crate) fn table(&self, table: &TableName) -> Option<&Table> {
        let schema = self.schema?;
        let name = self.name(table);
        schema.table(&name).or_else(|| {
            let text = name.to_string();
            let mut all = schema.tables.values();
            all.find(|t| t.name.to_string().eq_ignore_ascii_case(&text))
        })
    }

    pub(crate) fn column(&self, table: &TableName, column: &str) -> Option<&Column> {
        let columns = &self.table(table)?.columns;
        columns
            .iter()
            .find(|c| c.name.as_str().eq_ignore_ascii_case(column))
    }
}

/// A hazard of a statement, and what in it makes it one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The hazard.
    pub hazard: Hazard,
    /// The column, constraint or index that it comes of, where it is of one.
    pub of: Option<String>,
}

impl Found {
    /// A hazard of the whole statement.
    pub(crate) fn new(hazard: Hazard) -> Self {
        Self { hazard, of: None }
    }

    /// The same, of one column, constraint or index.
    pub(crate) fn of(mut self, of: Option<String>) -> Self {
        self.of = of;
        self
    }
}

/// The plan with what its statements do on the database, and with the hazards
/// of each step.
pub(super) fn judged(
    dialect: &dyn Dialect,
    before: &Snapshot,
    operations: &[Operation],
    mut lowered: Lowered,
) -> Lowered {
    let mut schema = before.schema.clone();
    let mut steps = std::mem::take(&mut lowered.plan.steps);
    let mut triggers = fired_by_update(dialect, &before.objects, &before.server.schema);
    for (at, operation) in operations.iter().enumerate() {
        let of_operation = hazards_after(&operations[..at], operation, &schema);
        let steps: Vec<&mut Step> = steps.iter_mut().filter(|s| s.operation == at).collect();
        let mut walk = Walk {
            dialect,
            server: &before.server,
            schema: &schema,
            earlier: &operations[..at],
            operation,
            triggers: &triggers,
            hazards: of_operation,
        };
        walk.steps(steps);
        if let Operation::Object(ObjectChange::Drop(gone)) = operation
            && gone.id.noun == Noun::Trigger
        {
            triggers.retain(|trigger| *trigger.name != *gone.id.name.name.as_str());
        }
        // A list that cannot be replayed has been lowered all the same.
        let _ = operation.apply(&mut schema);
    }
    lowered.plan.steps = steps;
    sort(&mut lowered.plan);
    lowered
}

fn sort(plan: &mut Plan) {
    for step in &mut plan.steps {
        in_order(&mut step.hazards);
        for statement in &mut step.statements {
            in_order(&mut statement.hazards);
        }
    }
}

/// One operation of a plan.
struct Walk<'a> {
    dialect: &'a dyn Dialect,
    server: &'a Server,
    schema: &'a Schema,
    earlier: &'a [Operation],
    operation: &'a Operation,
    triggers: &'a [OnUpdate],
    /// What the operation itself tells, one list for each of its changes.
    hazards: Vec<Vec<Hazard>>,
}

impl Walk<'_> {
    fn steps(&mut self, mut steps: Vec<&mut Step>) {
        let not_here = self.leave_out();
        for step in &mut steps {
            let own = self.hazards.get(step.change.unwrap_or(0));
            step.hazards.extend(own.into_iter().flatten().cloned());
        }
        let mut found_of = Vec::new();
        for (n, step) in steps.iter_mut().enumerate() {
            for statement in &mut step.statements {
                statement.hazards.retain(|h| !not_here.contains(h));
                let found = self.judge(&statement.sql);
                for found in found {
                    found_of.push((self.change_of(&found).unwrap_or(n), found.hazard.clone()));
                    statement.hazards.push(found.hazard);
                }
            }
            // What lowering itself knows of a statement: a rebuild.
            let known = step.statements.iter().flat_map(|s| &s.hazards);
            let known = known.filter(|h| h.kind.is_of_the_database());
            let own: Vec<Hazard> = known
                .filter(|h| !found_of.iter().any(|(_, f)| f == *h))
                .cloned()
                .collect();
            step.hazards.extend(own);
        }
        for (n, hazard) in found_of {
            if let Some(step) = steps.get_mut(n) {
                step.hazards.push(hazard);
            }
        }
    }

    /// Takes out what is no hazard on this database; gives it back.
    fn leave_out(&mut self) -> Vec<Hazard> {
        let mut out = Vec::new();
        for (change, hazards) in self.hazards.iter_mut().enumerate() {
            hazards.retain(|hazard| {
                let stays = self.dialect.has(self.operation, change, hazard);
                if !stays {
                    out.push(hazard.clone());
                }
                stays
            });
        }
        out
    }

    fn judge(&self, sql: &str) -> Vec<Found> {
        if matches!(self.operation, Operation::Object(_)) {
            // What it makes is new with all that hangs on it.
            return Vec::new();
        }
        let made = match self.operation {
            Operation::CreateTable(made) => Some(&made.name),
            _ => None,
        };
        let new = |table: &TableName| made == Some(table) || is_new(self.earlier, table);
        let ground = Ground::new(self.server, &new).with(self.schema);
        let ground = ground.triggers(self.triggers);
        let written = matches!(self.operation, Operation::Execute(_));
        let mut found = self.dialect.judge(sql, &ground);
        // What an operation means is told by the operation.
        found.retain(|f| written || f.hazard.kind.is_of_the_database());
        found
    }

    /// The change of the batch that a hazard comes of.
    fn change_of(&self, found: &Found) -> Option<usize> {
        let Operation::AlterTable { changes, .. } = self.operation else {
            return None;
        };
        let of = found.of.as_deref()?;
        changes.iter().position(|change| is_about(change, of))
    }
}

/// Whether a change is about the column, constraint or index of that name.
fn is_about(change: &TableChange, name: &str) -> bool {
    let same = |n: Option<&crate::schema::Name>| n.is_some_and(|n| *n == *name);
    match change {
        TableChange::Column(Change::Add(c)) => *c.name.as_str() == *name,
        TableChange::Column(Change::Alter(pair)) => {
            *pair.from.name.as_str() == *name || *pair.to.name.as_str() == *name
        }
        TableChange::Unique(Change::Add(u) | Change::Alter(Pair { to: u, .. })) => {
            same(u.name.as_ref())
        }
        TableChange::Index(Change::Add(i) | Change::Alter(Pair { to: i, .. })) => {
            same(i.name.as_ref())
        }
        TableChange::ForeignKey(Change::Add(k) | Change::Alter(Pair { to: k, .. })) => {
            same(k.name.as_ref())
        }
        TableChange::Check(Change::Add(c) | Change::Alter(Pair { to: c, .. })) => {
            same(c.name.as_ref())
        }
        TableChange::PrimaryKey(Change::Add(_) | Change::Alter(_)) => name == "PRIMARY KEY",
        _ => false,
    }
}
