//! The order of objects and tables among each other.
//!
//! Most objects stand before or behind all tables. Not so a function that a
//! table calls and that needs other tables itself: it stands between them. What
//! it needs is looked up when it is made: the types of its arguments, and its
//! body, where that is SQL; another language looks up what it declares. What goes
//! does so in the order in which it would be made, from its end.

use super::between::{Held, ObjectDiff};
use super::called::called_by;
use super::order::comes_first;
use super::words::Mentions;
use super::{Definition, Noun, ObjectChange, ObjectId};
use crate::change::Change;
use crate::dialect::Dialect;
use crate::operation::{Operation, TableChange, reverse_all};
use crate::schema::{DefaultValue, Table, TableName};

impl ObjectDiff {
    /// All operations in an order in which they can be done: those of tables,
    /// with those of objects around them, and between them where a table calls
    /// what needs another one. `default` is the schema of names without one.
    pub fn around(
        self,
        dialect: &dyn Dialect,
        default: &str,
        tables: Vec<Operation>,
    ) -> Vec<Operation> {
        let Self {
            before,
            after,
            held,
        } = self;
        let places = [before.len(), before.len() + tables.len()];
        let all = [before, tables, after].concat();
        let order = Loom::new(dialect, default, &all, places, Direction::There).order();
        let is_table = |at: &usize| (places[0]..places[1]).contains(at);
        let first = order.iter().position(is_table);
        let all = in_order(all, &order);
        let Some(first) = first else { return all };
        let last = order.iter().rposition(is_table).unwrap_or(first);
        // The way back makes what goes.
        let back = reverse_all(all.clone());
        let places = [all.len() - 1 - last, all.len() - first];
        let mut order = Loom::new(dialect, default, &back, places, Direction::Back(&held)).order();
        order.reverse();
        for at in &mut order {
            *at = all.len() - 1 - *at;
        }
        in_order(all, &order)
    }
}

/// The operations at these places, one after the other.
fn in_order(all: Vec<Operation>, order: &[usize]) -> Vec<Operation> {
    let mut all: Vec<Option<Operation>> = all.into_iter().map(Some).collect();
    let take = |at: &usize| all.get_mut(*at).and_then(Option::take);
    order.iter().filter_map(take).collect()
}

/// Which way is sorted.
#[derive(Clone, Copy)]
enum Direction<'a> {
    /// What is made, in its order.
    There,
    /// What the way back makes, with the functions that a table needs for what
    /// only the server knows of it.
    Back(&'a [Held]),
}

/// What is sorted.
struct Loom<'a> {
    all: &'a [Operation],
    direction: Direction<'a>,
    /// Where the tables begin and end.
    places: [usize; 2],
    /// What each operation comes after, by its place.
    needs: Vec<Vec<usize>>,
    /// The functions that need a table.
    waiting: Vec<bool>,
}

impl<'a> Loom<'a> {
    fn new(
        dialect: &dyn Dialect,
        default: &str,
        all: &'a [Operation],
        places: [usize; 2],
        direction: Direction<'a>,
    ) -> Self {
        let mut loom = Self {
            all,
            direction,
            places,
            needs: Vec::new(),
            waiting: vec![false; all.len()],
        };
        if !all.iter().any(is_function) {
            return loom;
        }
        for (at, operation) in all.iter().enumerate() {
            let needs = match operation {
                Operation::Object(ObjectChange::Create(made)) => {
                    loom.needs_of_object(dialect, default, at, made)
                }
                Operation::CreateTable(table) => loom.needs_of_table(dialect, at, table),
                Operation::AlterTable { changes, .. } if loom.is_of_tables(at) => {
                    let mut needs: Vec<usize> = (places[0]..at).collect();
                    needs.extend(loom.calls(dialect, &made_by(changes)));
                    needs
                }
                _ if loom.is_of_tables(at) => (places[0]..at).collect(),
                _ => Vec::new(),
            };
            loom.needs.push(needs);
        }
        // The way there has found a place for what goes and comes again.
        let again: Vec<bool> = all.iter().map(|one| loom.comes_again(one)).collect();
        for needs in &mut loom.needs {
            needs.retain(|other| !again[*other]);
        }
        for (at, operation) in all.iter().enumerate() {
            loom.waiting[at] =
                is_function(operation) && loom.needs_a_table(at, &mut vec![false; all.len()]);
        }
        // What stands before all tables gets no table before its time.
        for (at, needs) in loom.needs.iter_mut().enumerate().take(places[0]) {
            let waiting = &loom.waiting;
            let early = |other: &usize| *other < places[0] || is_function(&all[*other]);
            needs.retain(|other| waiting[at] || (!waiting[*other] && early(other)));
        }
        loom
    }

    fn is_of_tables(&self, at: usize) -> bool {
        (self.places[0]..self.places[1]).contains(&at)
    }

    fn needs_of_object(
        &self,
        dialect: &dyn Dialect,
        default: &str,
        at: usize,
        made: &Definition,
    ) -> Vec<usize> {
        let mentions = Mentions::when_made(dialect, &made.sql);
        let named = |(other, operation): (usize, &Operation)| {
            let is_named = match operation {
                _ if other == at => false,
                Operation::Object(ObjectChange::Create(one)) => {
                    comes_first(dialect, default, (&mentions, made), one)
                }
                Operation::CreateTable(table) => mentions.has(dialect, &table.name, default),
                Operation::AlterTable { table, changes } => {
                    changes.iter().any(is_column) && mentions.has(dialect, table, default)
                }
                _ => false,
            };
            is_named.then_some(other)
        };
        self.all.iter().enumerate().filter_map(named).collect()
    }

    /// What a table leans on when it is made, among what is done before it.
    fn needs_of_table(&self, dialect: &dyn Dialect, at: usize, table: &Table) -> Vec<usize> {
        let earlier = self.all.iter().enumerate().take(at).skip(self.places[0]);
        let leans = |other: &TableName| {
            table
                .foreign_keys
                .iter()
                .any(|key| key.references == *other)
                || texts(table).any(|text| text.contains(other.name.as_str()))
        };
        let needed = earlier.filter(|(_, operation)| match operation {
            Operation::CreateTable(other) => leans(&other.name),
            // It may set a name free.
            _ => true,
        });
        let mut needs: Vec<usize> = needed.map(|(other, _)| other).collect();
        needs.extend(self.calls(dialect, table));
        needs
    }

    /// The functions that a table calls.
    fn calls(&self, dialect: &dyn Dialect, table: &Table) -> Vec<usize> {
        let called = called_by(table);
        let held = match self.direction {
            Direction::There => &[],
            Direction::Back(held) => held,
        };
        let is_held = |id: &ObjectId| {
            held.iter()
                .any(|held| held.table == table.name && held.by == *id)
        };
        let is_called = |(at, operation): (usize, &Operation)| match operation {
            Operation::Object(ObjectChange::Create(made)) if made.id.noun == Noun::Function => {
                let name = dialect.fold_name(made.id.name.name.as_str());
                (called.contains(&name) || is_held(&made.id)).then_some(at)
            }
            _ => None,
        };
        self.all.iter().enumerate().filter_map(is_called).collect()
    }

    /// Whether the way back makes a function whose namesake the way there made.
    fn comes_again(&self, operation: &Operation) -> bool {
        let Operation::Object(ObjectChange::Create(made)) = operation else {
            return false;
        };
        let mut all = self.all.iter();
        matches!(self.direction, Direction::Back(_))
            && all.any(|other| match other {
                Operation::Object(ObjectChange::Drop(gone)) => gone.id.name == made.id.name,
                _ => false,
            })
    }

    fn needs_a_table(&self, at: usize, seen: &mut [bool]) -> bool {
        let needs = self.needs.get(at).into_iter().flatten();
        needs.copied().any(|other| {
            self.is_of_tables(other)
                || (!std::mem::replace(&mut seen[other], true) && self.needs_a_table(other, seen))
        })
    }

    /// The places of all operations, each after what it needs, else as they are.
    fn order(&self) -> Vec<usize> {
        let mut made = Vec::with_capacity(self.all.len());
        let mut begun = vec![false; self.all.len()];
        let is_early = |at: &usize| !(*at < self.places[0] && self.waiting[*at]);
        for at in (0..self.places[1]).filter(is_early) {
            self.place(at, &mut begun, &mut made);
        }
        for at in 0..self.all.len() {
            self.place(at, &mut begun, &mut made);
        }
        made
    }

    /// One that is begun already is part of a circle, and there is no order.
    fn place(&self, at: usize, begun: &mut [bool], made: &mut Vec<usize>) {
        if std::mem::replace(&mut begun[at], true) {
            return;
        }
        for other in self.needs.get(at).into_iter().flatten() {
            self.place(*other, begun, made);
        }
        made.push(at);
    }
}

fn is_function(operation: &Operation) -> bool {
    matches!(operation, Operation::Object(ObjectChange::Create(made)) if made.id.noun == Noun::Function)
}

/// What a text may speak of.
fn is_column(change: &TableChange) -> bool {
    matches!(
        change,
        TableChange::Column(Change::Add(_) | Change::Alter(_) | Change::Rename(_))
    )
}

/// What changes of a table make, as if it were a table.
fn made_by(changes: &[TableChange]) -> Table {
    let mut made = Table::new("");
    for change in changes {
        match change {
            TableChange::Column(Change::Add(column)) => made.columns.push(column.clone()),
            TableChange::Column(Change::Alter(pair)) => made.columns.push(pair.to.clone()),
            TableChange::Check(Change::Add(check)) => made.checks.push(check.clone()),
            TableChange::Check(Change::Alter(pair)) => made.checks.push(pair.to.clone()),
            TableChange::Index(Change::Add(index)) => made.indexes.push(index.clone()),
            TableChange::Index(Change::Alter(pair)) => made.indexes.push(pair.to.clone()),
            _ => {}
        }
    }
    made
}

/// Where a table may name another one without a foreign key: a sequence that it
/// shares, a table that it inherits.
fn texts(table: &Table) -> impl Iterator<Item = &str> {
    let defaults = table
        .columns
        .iter()
        .filter_map(|column| match &column.default {
            Some(DefaultValue::Expression(text)) => Some(text.as_str()),
            _ => None,
        });
    defaults.chain(table.options.extra.as_deref())
}
