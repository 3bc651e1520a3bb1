//! Calls in the words of the database that they will run on.
//!
//! A migration says `big_integer("id")` and `enumeration("mood", "mood")`
//! wherever it runs; what a database makes of that is what the next call, and
//! the next introspection, find there. This module owns that step and must not
//! know any dialect.

use aludel_core::change::{Change, Pair};
use aludel_core::dialect::Dialect;
use aludel_core::operation::TableChange;
use aludel_core::schema::{Column, EnumType, Expression, Schema, Table, TableName};

/// What is to be known of a dialect.
pub(super) struct Words<'d> {
    /// [`Dialect::canonical`].
    pub(super) canonical: &'d dyn Fn(Schema) -> Schema,
    /// [`Dialect::same_expression`].
    pub(super) same: &'d dyn Fn(&Expression, &Expression) -> bool,
    /// [`Dialect::title`].
    pub(super) title: &'d str,
}

impl Words<'_> {
    /// Does something with the words of a dialect.
    pub(super) fn of<R>(dialect: &dyn Dialect, run: impl FnOnce(&Words<'_>) -> R) -> R {
        run(&Words {
            canonical: &|schema| dialect.canonical(schema),
            same: &|a, b| dialect.same_expression(a, b),
            title: dialect.title(),
        })
    }

    /// Whether enums are types of their own there.
    pub(super) fn has_enums(&self) -> bool {
        let mut schema = Schema::default();
        let one = EnumType {
            name: TableName::new("e"),
            values: vec!["v".to_owned()],
        };
        schema.enums.insert(one.name.clone(), one);
        !(self.canonical)(schema).enums.is_empty()
    }

    /// The table as it will be in that schema.
    pub(super) fn table(&self, table: &Table, schema: &Schema) -> Table {
        let mut around = Schema::default();
        for key in &table.foreign_keys {
            if let Some(other) = schema.table(&key.references) {
                around.insert(other.clone());
            }
        }
        // A type in the database's own spelling may be one of them, too.
        around.enums.clone_from(&schema.enums);
        around.insert(table.clone());
        let mut canonical = (self.canonical)(around);
        let found = canonical.tables.remove(&table.name);
        found.unwrap_or_else(|| table.clone())
    }
}

/// A table on its way through one change.
pub(super) struct Stages<'t> {
    /// As it was.
    pub(super) before: &'t Table,
    /// As the call says.
    pub(super) said: &'t Table,
    /// As the database will have it.
    pub(super) after: &'t Table,
}

impl Stages<'_> {
    /// The change in the words of the database, and what comes with it there;
    /// nothing where the database makes nothing of it.
    pub(super) fn changes(&self, said: TableChange) -> Vec<TableChange> {
        use TableChange as T;
        let (before, after) = (self.before, self.after);
        match said {
            T::Column(change) => self.column(change),
            T::PrimaryKey(Change::Add(key)) => {
                vec![T::PrimaryKey(Change::Add(
                    after.primary_key.clone().unwrap_or(key),
                ))]
            }
            T::Unique(Change::Add(unique)) => {
                let found = fresh(&before.uniques, &after.uniques);
                vec![T::Unique(Change::Add(found.unwrap_or(unique)))]
            }
            T::ForeignKey(Change::Add(key)) => {
                let found = fresh(&before.foreign_keys, &after.foreign_keys);
                vec![T::ForeignKey(Change::Add(found.unwrap_or(key)))]
            }
            T::Check(Change::Add(check)) => {
                let found = fresh(&before.checks, &after.checks);
                vec![T::Check(Change::Add(found.unwrap_or(check)))]
            }
            T::Index(Change::Add(index)) => {
                let concurrently = index.concurrently;
                let mut found = fresh(&before.indexes, &after.indexes).unwrap_or(index);
                found.concurrently = concurrently;
                vec![T::Index(Change::Add(found))]
            }
            T::Comment(pair) => changed(pair.from, after.comment.clone(), T::Comment),
            T::Options(pair) => changed(pair.from, after.options.clone(), T::Options),
            other => vec![other],
        }
    }

    fn column(&self, change: Change<Column>) -> Vec<TableChange> {
        let change = match change {
            Change::Add(said) => Change::Add(self.in_its_words(said)),
            Change::Alter(pair) => {
                let to = self.in_its_words(pair.to);
                if pair.from == to {
                    return Vec::new();
                }
                Change::Alter(Pair::new(pair.from, to))
            }
            other @ (Change::Drop(_) | Change::Rename(_)) => {
                return vec![TableChange::Column(other)];
            }
        };
        // The values of an enum may be a check of their own.
        let checks = self.after.checks.iter();
        let new =
            checks.filter(|c| !self.before.checks.contains(c) && !self.said.checks.contains(c));
        let mut changes = vec![TableChange::Column(change)];
        changes.extend(new.map(|c| TableChange::Check(Change::Add(c.clone()))));
        changes
    }

    /// The table as it will be, with what waits for its key to go: a column of
    /// the key that is to take NULL takes none as long as it is in it.
    pub(super) fn waiting(&self) -> Table {
        let mut table = self.after.clone();
        for column in &mut table.columns {
            let said = self.said.column(column.name.as_str());
            let keyed = is_keyed(self.after, column);
            column.nullable |= keyed && said.is_some_and(|said| said.nullable);
        }
        table
    }

    /// The column at the same place; what no database keeps stays as it was said.
    fn in_its_words(&self, said: Column) -> Column {
        let mut columns = self.said.columns.iter();
        let at = columns.position(|c| c.name == said.name);
        let found = at.and_then(|at| self.after.columns.get(at)).cloned();
        match found {
            Some(column) if self.after.columns.len() == self.said.columns.len() => Column {
                nullable: column.nullable || said.nullable && is_keyed(self.before, &column),
                fill: said.fill,
                using: said.using,
                ..column
            },
            _ => said,
        }
    }
}

fn is_keyed(table: &Table, column: &Column) -> bool {
    let key = table.primary_key.as_ref();
    key.is_some_and(|key| key.columns.contains(&column.name))
}

fn changed<T: PartialEq>(
    from: T,
    to: T,
    change: impl Fn(Pair<T>) -> TableChange,
) -> Vec<TableChange> {
    if from == to {
        return Vec::new();
    }
    vec![change(Pair::new(from, to))]
}

/// The one part that was not there before.
fn fresh<T: PartialEq + Clone>(before: &[T], after: &[T]) -> Option<T> {
    let mut new = after.iter().filter(|part| !before.contains(part));
    match (new.next(), new.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}
