//! Which rows that exist already object to a change, as questions to the live
//! database.
//!
//! | module | owns |
//! |---|---|
//! | `live` | what the tables of now were before the first operation |
//! | `objections` | which rows object to a change of each kind |
//! | `query` | the statements that count rows and give their keys |
//! | `words` | how an answer is said |
//!
//! Pure: it gives SQL and words. Who asks, and for how long, is not its
//! business. Where it cannot tell what the rows will be by then (behind SQL
//! that somebody wrote, in a column whose values are computed) it asks nothing
//! rather than something else.

mod live;
mod objections;
mod query;
mod words;

#[cfg(all(test, feature = "sqlite", feature = "postgres", feature = "mysql"))]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests;

use crate::change::{Change, Pair};
use crate::dialect::{Dialect, RowSql, Server, Snapshot};
use crate::hazard::{Hazard, HazardKind, Objection, UniqueKey, hazards_after, unique_keys_over};
use crate::operation::{Operation, TableChange};
use crate::schema::{Expression, Name, Schema, Table, TableName};

use live::Live;
use query::Rows as Found;
pub use words::Words;

/// Where counting stops.
pub const MOST_ROWS: u64 = 1000;

/// A question to the live database: which rows object to a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCheck {
    /// The index of the operation in the list that was asked about.
    pub operation: usize,
    /// The index of the change among [`Operation::describe`].
    pub change: usize,
    /// The hazard that it is about. Several questions may be about one: a type
    /// has many columns.
    pub hazard: Hazard,
    /// The live table whose rows are counted.
    pub table: TableName,
    /// A statement that gives one row of two numbers: how many rows object,
    /// and how many things were counted for that. Where the second is
    /// [`MOST_ROWS`], there may be more.
    pub count: String,
    /// What gives the keys of such rows, where rows can be told apart.
    pub keys: Option<RowKeys>,
    /// A statement for people that shows the rows.
    pub see: String,
    /// How the answer is said.
    pub words: Words,
}

/// How the keys of rows are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowKeys {
    /// What the columns of the answer are called.
    pub columns: Vec<Name>,
    /// The statement, every value as text, without a limit.
    pub sql: String,
}

impl RowKeys {
    /// The statement for at most so many rows.
    pub fn limited(&self, rows: usize) -> String {
        format!("{} LIMIT {rows}", self.sql)
    }
}

/// Rows that something writes between two operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// How many operations come before.
    pub behind: usize,
    /// The table, by its name at that point.
    pub table: TableName,
    /// The column that every row gets another value in, with the expression
    /// over what the row was; nobody knows what is written where there is none.
    pub value: Option<(String, Expression)>,
}

/// What rows may object to in a list of operations, given the live database
/// before them. Of rows that are `written` on the way nothing is asked any
/// more, unless it is known what they are then.
pub fn row_checks(
    dialect: &dyn Dialect,
    before: &Snapshot,
    operations: &[Operation],
    written: &[Written],
) -> Vec<RowCheck> {
    let mut asking = Asking {
        dialect,
        sql: dialect.row_sql(),
        server: &before.server,
        now: before.schema.clone(),
        live: Live::new(dialect, &before.schema),
        checks: Vec::new(),
    };
    for (number, operation) in operations.iter().enumerate() {
        for rows in written.iter().filter(|rows| rows.behind == number) {
            asking.live.written(&asking.now, rows);
        }
        if asking
            .operation(&operations[..number], number, operation)
            .is_none()
        {
            break;
        }
    }
    asking.checks
}

/// The walk through the operations.
struct Asking<'a> {
    dialect: &'a dyn Dialect,
    sql: &'a dyn RowSql,
    server: &'a Server,
    /// The schema as it is by now.
    now: Schema,
    live: Live<'a>,
    checks: Vec<RowCheck>,
}

/// Which change of which operation is asked about.
#[derive(Clone, Copy)]
struct Place<'a> {
    operation: usize,
    change: usize,
    hazard: &'a Hazard,
}

impl<'a> Asking<'a> {
    /// Asks about one operation; `None` where nothing is known afterwards.
    fn operation(
        &mut self,
        earlier: &[Operation],
        number: usize,
        operation: &Operation,
    ) -> Option<()> {
        let mut hazards = hazards_after(earlier, operation, &self.now);
        for (change, hazards) in hazards.iter_mut().enumerate() {
            hazards.retain(|hazard| self.dialect.has(operation, change, hazard));
        }
        match operation {
            Operation::AlterTable { table, changes } => {
                self.live.begin_batch(changes);
                for (index, change) in changes.iter().enumerate() {
                    for hazard in hazards.get(index).into_iter().flatten() {
                        let place = Place {
                            operation: number,
                            change: index,
                            hazard,
                        };
                        self.change(place, table, change);
                    }
                    self.live.change(&self.now, table, change);
                    let one = Operation::AlterTable {
                        table: table.clone(),
                        changes: vec![change.clone()],
                    };
                    one.apply(&mut self.now).ok()?;
                    for hazard in hazards.get(index).into_iter().flatten() {
                        let place = Place {
                            operation: number,
                            change: index,
                            hazard,
                        };
                        self.changed(place, table, change);
                    }
                }
                return Some(());
            }
            Operation::Execute(raw) => {
                let other = raw.dialect.is_some_and(|name| name != self.dialect.name());
                return (other || raw.sql.trim().is_empty()).then_some(());
            }
            Operation::Enum(Change::Alter(pair)) => {
                for hazard in hazards.iter().flatten() {
                    let place = Place {
                        operation: number,
                        change: 0,
                        hazard,
                    };
                    self.value_gone(place, &pair.from.name);
                }
            }
            Operation::CreateTable(_)
            | Operation::DropTable(_)
            | Operation::RenameTable(_)
            | Operation::RenameEnumValue { .. }
            | Operation::Object(_)
            | Operation::Enum(_) => {}
        }
        self.live.operation(&self.now, operation);
        operation.apply(&mut self.now).ok()
    }

    /// Asks about one hazard of one change.
    fn change(&mut self, place: Place<'_>, name: &TableName, change: &TableChange) {
        let Some(objection) = &place.hazard.objection else {
            return;
        };
        let Some(table) = self.now.table(name).cloned() else {
            return;
        };
        let about = About {
            name,
            table: &table,
        };
        match (change, objection) {
            (TableChange::Column(Change::Add(column)), Objection::NoValue) => {
                self.no_value(place, about, column);
            }
            (TableChange::Column(Change::Alter(pair)), Objection::Null) => {
                self.null(place, about, &pair.from.name);
            }
            (TableChange::Column(Change::Alter(pair)), Objection::Misfit) => {
                self.misfit(place, about, pair);
            }
            (TableChange::Column(Change::Alter(pair)), Objection::Loss)
                if place.hazard.kind == HazardKind::LosesPrecision =>
            {
                self.loss(place, about, pair);
            }
            (TableChange::Column(Change::Alter(pair)), Objection::EqualInCollation) => {
                self.equal_in_collation(place, about, &pair.to);
            }
            (
                TableChange::PrimaryKey(Change::Add(key) | Change::Alter(Pair { to: key, .. })),
                Objection::Equal,
            ) => self.primary_key(place, about, key),
            (
                TableChange::Unique(Change::Add(unique) | Change::Alter(Pair { to: unique, .. })),
                Objection::Equal,
            ) => self.unique(place, about, unique),
            (
                TableChange::Index(Change::Add(index) | Change::Alter(Pair { to: index, .. })),
                Objection::Equal,
            ) => self.index(place, about, index),
            (
                TableChange::ForeignKey(Change::Add(key) | Change::Alter(Pair { to: key, .. })),
                Objection::Orphan,
            ) => self.foreign_key(place, about, key),
            (
                TableChange::Check(Change::Add(check) | Change::Alter(Pair { to: check, .. })),
                Objection::False,
            ) => self.check(place, about, check),
            (TableChange::Options(_), Objection::Untyped) => self.untyped(place, about),
            (TableChange::Options(_), Objection::NullKey) => self.null_key(place, about),
            (TableChange::Options(_), Objection::NoNumber) => {
                if let Some(key) = table.row_number() {
                    self.no_number(place, about, &key.name);
                }
            }
            (
                TableChange::PrimaryKey(Change::Add(key) | Change::Alter(Pair { to: key, .. })),
                Objection::NoNumber,
            ) => {
                for name in &key.columns {
                    self.no_number(place, about, name);
                }
            }
            (TableChange::Column(Change::Alter(pair)), Objection::NoNumber) => {
                self.no_number(place, about, &pair.from.name);
            }
            _ => {}
        }
    }

    /// Asks about one hazard of what the rows are after a change.
    fn changed(&mut self, place: Place<'_>, name: &TableName, change: &TableChange) {
        let TableChange::Column(Change::Add(column) | Change::Alter(Pair { to: column, .. })) =
            change
        else {
            return;
        };
        let Some(table) = self.now.table(name).cloned() else {
            return;
        };
        let about = About {
            name,
            table: &table,
        };
        match place.hazard.objection {
            Some(Objection::FilledWithNull) => return self.null(place, about, &column.name),
            Some(Objection::EqualWhereFilled) => {}
            _ => return,
        }
        for key in unique_keys_over(&table, &column.name) {
            match key {
                UniqueKey::Primary(key) => self.primary_key(place, about, key),
                UniqueKey::Unique(unique) => self.unique(place, about, unique),
                UniqueKey::Index(index) => self.index(place, about, index),
            }
        }
    }

    fn ask(&mut self, place: Place<'_>, found: Option<Found>, words: Words) {
        let Some(found) = found else {
            return;
        };
        self.checks.push(RowCheck {
            operation: place.operation,
            change: place.change,
            hazard: place.hazard.clone(),
            table: found.table,
            count: found.count,
            keys: found.keys,
            see: found.see,
            words,
        });
    }
}

/// A table, by its name and as it is by now.
#[derive(Clone, Copy)]
struct About<'t> {
    name: &'t TableName,
    table: &'t Table,
}
