//! Columns that are computed from others.
//!
//! Owns which of them are made anew around a change, when, and with what. It
//! must not know what becomes of plain columns.

use super::batch::{Item, Pass, Unit};
use super::column::{add, alter, comment, drop, rename, told};
use super::leaning::Fate;
use super::named::Named;
use super::part::{add_check, add_primary_key, add_unique, create_index};
use super::{Lowering, numbering};
use crate::change::{Change, Pair};
use crate::dialect::postgres::name::quote;
use crate::dialect::postgres::render::{self, column_type, qualified};
use crate::operation::part::Part;
use crate::operation::{TableChange, identifiers};
use crate::schema::{Column, Generated, Index, Name, Table};

/// What becomes of the expression of a column.
pub(super) enum Generation<'c> {
    /// Nothing.
    Same,
    /// Another one, in place.
    Expression(&'c Generated),
    /// It goes, and the values stay.
    Dropped,
    /// As `Dropped`, by way of another column.
    Kept,
    /// The column is dropped and added.
    Anew,
}

impl Lowering<'_> {
    pub(super) fn generation<'c>(
        &self,
        from: &Column,
        to: &'c Column,
        new_type: bool,
    ) -> Generation<'c> {
        match (&from.generated, &to.generated) {
            (None, None) => Generation::Same,
            (Some(a), Some(b)) if a == b => {
                let told = told(from, to);
                // `USING` may not be said of a generated column.
                if new_type && told.is_some() {
                    Generation::Anew
                } else {
                    Generation::Same
                }
            }
            (Some(a), Some(b)) => {
                // Where it is computed at each read, checks are in the way of that,
                // and making it anew costs nothing.
                let in_place = a.stored && b.stored && !new_type && from.nullable == to.nullable;
                if in_place && self.before.server.at_least(17, 0) {
                    Generation::Expression(b)
                } else {
                    Generation::Anew
                }
            }
            (None, Some(_)) => Generation::Anew,
            (Some(a), None) if a.stored && self.before.server.at_least(13, 0) => {
                Generation::Dropped
            }
            (Some(_), None) => Generation::Kept,
        }
    }

    /// The generated columns of a table that are computed from a column.
    pub(super) fn computed_from(&self, table: &Table, column: &Name) -> Vec<Column> {
        let uses = |c: &&Column| {
            let expression = c.generated.as_ref().map(|g| &g.expression);
            expression.is_some_and(|e| identifiers::mentions(e, column, table))
        };
        table.columns.iter().filter(uses).cloned().collect()
    }

    /// A column that is dropped and added, with all that goes and comes with
    /// it. It is the last one then.
    pub(super) fn made_anew(&mut self, table: &Table, column: &Column) -> (Vec<Item>, Vec<Item>) {
        self.aside_views_of_column(&table.name, &column.name, Fate::Changes);
        let mut drops = self.aside_keys_of(&table.name, &column.name);
        drops.extend(self.aside_referrers_beside(table, &column.name));
        drops.push(drop(column).into());
        if let Some(table) = self.now.schema.tables.get_mut(&table.name)
            && let Some(at) = table.columns.iter().position(|c| c.name == column.name)
        {
            let moved = table.columns.remove(at);
            table.columns.push(moved);
        }
        let mut adds = vec![add(column, table).into()];
        adds.extend(self.parts_of(table, &column.name));
        if column.comment.is_some() {
            adds.push(comment(&table.name, column));
        }
        (drops, adds)
    }

    /// What goes when a column goes, made again.
    fn parts_of(&self, table: &Table, column: &Name) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let keys = table.primary_key.iter();
        for key in keys.filter(|k| k.uses(column, table)) {
            items.push(add_primary_key(key, table).into());
            names.push(key.constraint(table));
        }
        let uniques = table.uniques.iter().filter(|u| u.uses(column, table));
        for unique in uniques {
            items.push(add_unique(unique, table).into());
            names.push(unique.constraint(table));
        }
        let checks = table.checks.iter().filter(|c| c.uses(column, table));
        for check in checks {
            items.push(add_check(check, table).into());
            names.push(check.constraint(table));
        }
        // The change that took an index makes it as it is to be.
        let there = |i: &&Index| !self.aside.has_taken_index(&table.name, i.name.as_ref());
        let indexes = table.indexes.iter().filter(|i| i.uses(column, table));
        for index in indexes.filter(there) {
            items.push(create_index(index, &table.name));
            names.extend(index.name.iter().map(Name::to_string));
        }
        let said = names
            .iter()
            .flat_map(|name| self.said_of(&table.name, name));
        items.extend(said);
        items
    }

    /// A generated column that becomes a plain one where PostgreSQL cannot do
    /// that by itself: its values are copied into a new one.
    pub(super) fn with_values_kept(
        &mut self,
        table: &Table,
        from: &Column,
        to: &Column,
    ) -> Vec<Item> {
        let mut plain = to.clone();
        plain.name = format!("aludel_new_{}", to.name).into();
        plain.nullable = true;
        plain.default = None;
        plain.identity = None;
        let numbers = numbering::change(
            &table.name,
            Pair::new(&plain, to),
            false,
            numbering::Beside::Nothing,
        );
        let mut items = self.aside_keys_of(&table.name, &to.name);
        items.push(add(&plain, table).into());
        items.push(Item::statement(format!(
            "UPDATE {} SET {} = {}",
            qualified(&table.name),
            quote(plain.name.as_str()),
            quote(to.name.as_str())
        )));
        items.push(drop(from).into());
        let names = Pair::new(plain.name.clone(), to.name.clone());
        items.push(rename(&table.name, &names));
        if let Some(default) = &to.default {
            let set = format!("SET DEFAULT {}", render::value(default));
            items.push(alter(Pass::Add, &to.name, &set).into());
        }
        if !to.nullable {
            items.push(alter(Pass::Attribute, &to.name, "SET NOT NULL").into());
        }
        items.extend(numbers.last);
        let parts = self.parts_of(table, &to.name);
        items.extend(parts);
        if to.comment.is_some() {
            items.push(comment(&table.name, to));
        }
        items
    }
}

/// Whether a computed column is what it will be once the change is done: none
/// that follows in the batch alters or drops it, or gives another type to a
/// column that it is computed from.
pub(super) fn settles(unit: &Unit<'_>, column: &Column) -> bool {
    let Some(generated) = &column.generated else {
        return true;
    };
    !unit.rest.iter().any(|later| match later {
        TableChange::Column(Change::Alter(pair)) if pair.from.name == column.name => {
            pair.from.generated != pair.to.generated && pair.to.generated.is_some()
        }
        TableChange::Column(Change::Alter(pair)) => {
            column_type(&pair.from.ty) != column_type(&pair.to.ty)
                && identifiers::mentions(&generated.expression, &pair.from.name, &unit.after)
        }
        TableChange::Column(Change::Drop(gone)) => gone.name == column.name,
        _ => false,
    })
}
