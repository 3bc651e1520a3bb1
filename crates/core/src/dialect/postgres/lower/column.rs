//! What a change of a column becomes.

use super::batch::{Action, Item, Pass, Unit};
use super::computed::{Generation, settles};
use super::every_row::fills_every_row;
use super::leaning::Fate;
use super::part::requires;
use super::{Lowering, cast, numbering, values};
use crate::change::{Change, Pair};
use crate::dialect::postgres::name::quote;
use crate::dialect::postgres::render::{self, collation, column_type, qualified};
use crate::error::{Error, Result};
use crate::operation::{RenamedValues, identifiers};
use crate::plan::Statement;
use crate::schema::{Column, DefaultValue, Deferrable, Literal, Name, Table, TableName};

/// A clause of `ALTER TABLE` about one column.
pub(super) fn alter(pass: Pass, column: &Name, what: &str) -> Action {
    let sql = format!("ALTER COLUMN {} {what}", quote(column.as_str()));
    Action::new(pass, sql).on(column)
}

/// The clause that adds a column, as it stands.
pub(super) fn add(column: &Column, table: &Table) -> Action {
    let used = column.generated.as_ref();
    let used = used.map_or_else(Vec::new, |g| identifiers::mentioned(&g.expression, table));
    Action::new(
        Pass::AddColumn,
        format!("ADD COLUMN {}", render::column(column)),
    )
    .on(&column.name)
    .using(&used)
    .rewriting(fills_every_row(column))
}

pub(super) fn drop(column: &Column) -> Action {
    let sql = format!("DROP COLUMN {}", quote(column.name.as_str()));
    Action::new(Pass::Drop, sql).on(&column.name)
}

pub(super) fn rename(table: &TableName, names: &Pair<Name>) -> Item {
    Item::statement(format!(
        "ALTER TABLE {} RENAME COLUMN {} TO {}",
        qualified(table),
        quote(names.from.as_str()),
        quote(names.to.as_str())
    ))
}

pub(super) fn comment(table: &TableName, column: &Column) -> Item {
    let text = column.comment.as_deref();
    Item::Late(render::comment(table, Some(&column.name), text))
}

fn is_null(value: &DefaultValue) -> bool {
    matches!(value, DefaultValue::Literal(Literal::Null))
}

impl Lowering<'_> {
    pub(super) fn change_column(
        &mut self,
        unit: &Unit<'_>,
        change: &Change<Column>,
    ) -> Result<Vec<Item>> {
        let table = &unit.before.name;
        self.take_null_with_the_parent(table, change);
        let Some(left) = self.left_to_do(table, change) else {
            // The server does it with the parent's column.
            self.rest_of_inherited(table, change);
            return Ok(Vec::new());
        };
        self.refuse_inherited(table, &left)?;
        let without_parents;
        let unit = match &left {
            Change::Alter(pair) if left != *change => {
                let mut before = unit.before.clone();
                for column in before
                    .columns
                    .iter_mut()
                    .filter(|c| c.name == pair.from.name)
                {
                    column.clone_from(&pair.from);
                }
                without_parents = unit.having_been(self.settled(before));
                &without_parents
            }
            _ => unit,
        };
        match &left {
            Change::Add(column) => {
                let name = column.name.as_str();
                let made = unit.after.column(name).unwrap_or(column);
                self.refuse_virtual([made])?;
                if !settles(unit, made) {
                    self.aside.take_computed(table, &made.name);
                    return Ok(Vec::new());
                }
                let mut items = self.add_column(&unit.after, made, column.fill.as_ref());
                if made.comment.is_some() {
                    items.push(comment(table, made));
                }
                Ok(items)
            }
            Change::Drop(column) => {
                self.aside_views_of_column(table, &column.name, Fate::Goes);
                let there = unit.before.column(column.name.as_str());
                if self.aside.forget_computed(table, &column.name) {
                    return Ok(Vec::new());
                }
                // Said without `ONLY`, those below would lose what they have of it.
                if self.is_kept_below(table, &column.name) {
                    return Ok(vec![Item::statement(format!(
                        "ALTER TABLE ONLY {} DROP COLUMN {}",
                        qualified(table),
                        quote(column.name.as_str())
                    ))]);
                }
                Ok(vec![drop(there.unwrap_or(column)).into()])
            }
            Change::Rename(names) => {
                self.renamed(table, names);
                Ok(vec![rename(table, names)])
            }
            Change::Alter(pair) => {
                let mut items = self.alter_column(unit, pair)?;
                if pair.from.ty != pair.to.ty || pair.from.default != pair.to.default {
                    let there = unit.after.column(pair.to.name.as_str());
                    items.extend(self.defaults_below(table, there.unwrap_or(&pair.to)));
                }
                if !pair.from.nullable && pair.to.nullable {
                    let below = self.not_null_below(table, &pair.to.name).into_iter();
                    items.extend(below.map(|below| {
                        let again = alter(Pass::Attribute, &pair.to.name, "SET NOT NULL");
                        let sql = format!("ALTER TABLE {} {}", qualified(&below), again.text());
                        Item::Last(Statement::new(sql, ""))
                    }));
                }
                Ok(items)
            }
        }
    }

    /// What is left of a change that the server makes with a parent's column: a
    /// comment, and a column that the table has said as its own too.
    fn rest_of_inherited(&mut self, table: &TableName, change: &Change<Column>) {
        let sql = match change {
            Change::Add(column) if column.comment.is_some() => {
                let text = column.comment.as_deref();
                render::comment(table, Some(&column.name), text)
            }
            Change::Drop(column) => {
                self.aside_views_of_column(table, &column.name, Fate::Goes);
                let only = match self.is_kept_below(table, &column.name) {
                    true => "ONLY ",
                    false => "",
                };
                format!(
                    "ALTER TABLE {only}{} DROP COLUMN IF EXISTS {}",
                    qualified(table),
                    quote(column.name.as_str())
                )
            }
            _ => return,
        };
        let why = format!("follow the table that `{table}` inherits");
        let depth = self.depth(table);
        self.aside.say_later(depth, Statement::new(sql, why));
    }

    /// Since PostgreSQL 18 a table may say for itself that a column of its
    /// parent's is not NULL, and goes on saying so when the parent no longer
    /// does.
    fn take_null_with_the_parent(&mut self, table: &TableName, change: &Change<Column>) {
        let Change::Alter(pair) = change else {
            return;
        };
        let comes = !pair.from.nullable && pair.to.nullable;
        if !comes || !self.before.server.at_least(18, 0) || !self.follows_in_null(table, pair) {
            return;
        }
        let drop = alter(Pass::Drop, &pair.to.name, "DROP NOT NULL");
        let sql = format!("ALTER TABLE {} {}", qualified(table), drop.text());
        let why = format!("follow the table that `{table}` inherits");
        let depth = self.depth(table);
        self.aside.say_later(depth, Statement::new(sql, why));
    }

    /// The statements that give tables below their own defaults again.
    fn defaults_below(&self, table: &TableName, column: &Column) -> Vec<Item> {
        let below = self.own_defaults_below(table, column).into_iter();
        let again = below.map(|(table, own)| {
            let what = match &own.default {
                Some(default) => format!("SET DEFAULT {}", render::value(default)),
                None => "DROP DEFAULT".to_owned(),
            };
            let name = quote(own.name.as_str());
            let sql = format!(
                "ALTER TABLE {} ALTER COLUMN {name} {what}",
                qualified(&table)
            );
            Item::Last(Statement::new(sql, ""))
        });
        again.collect()
    }

    /// Notes that the sequence of a column keeps its name.
    fn renamed(&mut self, table: &TableName, names: &Pair<Name>) {
        let tables = Pair::new(table, table);
        if let Some(table) = self.now.schema.tables.get_mut(table) {
            for column in table.columns.iter_mut().filter(|c| c.name == names.to) {
                numbering::follow(column, tables.clone(), names.as_ref());
            }
        }
    }

    /// Virtual columns came with PostgreSQL 18.
    pub(super) fn refuse_virtual<'c>(
        &self,
        columns: impl IntoIterator<Item = &'c Column>,
    ) -> Result<()> {
        let is_virtual = |c: &&Column| c.generated.as_ref().is_some_and(|g| !g.stored);
        match columns.into_iter().find(is_virtual) {
            Some(column) if !self.before.server.at_least(18, 0) => Err(Error::new(format!(
                "column `{}` is generated at each read, which PostgreSQL knows from version 18 on",
                column.name
            ))
            .with_hint("make it `stored`")),
            _ => Ok(()),
        }
    }

    /// A new column, and what the rows that exist get.
    fn add_column(&self, table: &Table, column: &Column, fill: Option<&DefaultValue>) -> Vec<Item> {
        let computed = column.generated.is_some() || column.identity.is_some();
        let Some(fill) = fill.filter(|fill| !computed && !is_null(fill)) else {
            if let Some((make, own)) = render::own_sequence(column, &table.name) {
                return vec![
                    Item::statement(make),
                    add(column, table).into(),
                    Item::Late(own),
                ];
            }
            let open = render::serial_or_null(column, &table.name).map(Item::Late);
            return std::iter::once(add(column, table).into())
                .chain(open)
                .collect();
        };
        if column.default.as_ref() == Some(fill) {
            return vec![add(column, table).into()];
        }
        let mut bare = column.clone();
        let default = match &column.default {
            Some(default) => format!("SET DEFAULT {}", render::value(default)),
            None => "DROP DEFAULT".to_owned(),
        };
        if let DefaultValue::Literal(_) = fill {
            // A constant is kept beside the table: no row is touched.
            bare.default = Some(fill.clone());
            return vec![
                add(&bare, table).into(),
                alter(Pass::Drop, &column.name, &default).into(),
            ];
        }
        bare.default = None;
        bare.nullable = true;
        let mut items = vec![add(&bare, table).into()];
        items.extend(self.filled(table, &column.name, fill, ""));
        if column.default.is_some() {
            items.push(alter(Pass::Add, &column.name, &default).into());
        }
        if !column.nullable {
            items.push(alter(Pass::Attribute, &column.name, "SET NOT NULL").into());
        }
        items
    }

    /// The statement that gives rows a value, and what lets the table be
    /// altered after it.
    pub(super) fn filled(
        &self,
        table: &Table,
        column: &Name,
        fill: &DefaultValue,
        only: &str,
    ) -> Vec<Item> {
        let mut items = vec![Item::statement(format!(
            "UPDATE {} SET {} = {}{only}",
            qualified(&table.name),
            quote(column.as_str()),
            render::value(fill),
        ))];
        let deferred = Deferrable::InitiallyDeferred;
        let keys = self.now.schema.tables.values().flat_map(|t| {
            let own = t.name == table.name;
            t.foreign_keys
                .iter()
                .filter(move |k| own || k.references == table.name)
        });
        if keys.map(|k| k.deferrable).any(|d| d == deferred)
            || table.uniques.iter().any(|u| u.deferrable == deferred)
        {
            // A table with checks that are still to come cannot be altered.
            items.push(Item::statement("SET CONSTRAINTS ALL IMMEDIATE"));
        }
        items
    }

    fn alter_column(&mut self, unit: &Unit<'_>, pair: &Pair<Column>) -> Result<Vec<Item>> {
        let table = &unit.after;
        let from = unit.before.column(pair.from.name.as_str());
        let from = from.unwrap_or(&pair.from);
        let to = table.column(pair.to.name.as_str()).unwrap_or(&pair.to);
        let to = &Column {
            using: pair.to.using.clone(),
            ..to.clone()
        };
        self.refuse_virtual([to])?;
        let mut items = Vec::new();
        if pair.from.name != pair.to.name {
            let names = Pair::new(pair.from.name.clone(), pair.to.name.clone());
            self.renamed(&table.name, &names);
            items.push(rename(&table.name, &names));
        }
        let new_type =
            column_type(&from.ty) != column_type(&to.ty) || from.collation != to.collation;
        let commented = from.comment != to.comment;
        let generation = match self.generation(from, to, new_type) {
            Generation::Expression(_) if self.aside.is_computed_away(&table.name, &to.name) => {
                Generation::Anew
            }
            other => other,
        };
        match generation {
            Generation::Same => {
                let fill = pair.to.fill.as_ref();
                items.extend(self.alter_plain(unit, &Pair::new(from, to), new_type, fill)?);
            }
            Generation::Expression(generated) => {
                let set = format!(
                    "SET EXPRESSION AS {}",
                    render::parenthesised(&generated.expression)
                );
                // Until then it holds what it was computed from.
                let held = from.generated.as_ref();
                let held = held.map(|g| identifiers::mentioned(&g.expression, &unit.before));
                items.push(
                    alter(Pass::Expression, &to.name, &set)
                        .using(&held.unwrap_or_default())
                        .rewriting(generated.stored)
                        .into(),
                );
            }
            Generation::Dropped => {
                let drop = alter(Pass::Drop, &to.name, "DROP EXPRESSION");
                let told = told(from, to);
                // `USING` is refused while the column is computed when the
                // statement begins.
                items.push(match new_type && told.is_some() {
                    true => Item::statement(format!(
                        "ALTER TABLE {} {}",
                        qualified(&table.name),
                        drop.text()
                    )),
                    false => drop.into(),
                });
                let mut plain = to.clone();
                plain.default = None;
                plain.generated = None;
                plain.identity = None;
                plain.ty = from.ty.clone();
                plain.collation.clone_from(&from.collation);
                plain.nullable = from.nullable;
                let fill = pair.to.fill.as_ref();
                items.extend(self.alter_plain(unit, &Pair::new(&plain, to), new_type, fill)?);
            }
            Generation::Kept => {
                items.extend(self.with_values_kept(table, from, to));
                return Ok(items);
            }
            Generation::Anew => {
                let (drops, adds) = self.made_anew(table, to);
                if !self.aside.forget_computed(&table.name, &to.name) {
                    items.extend(drops);
                }
                if settles(unit, to) {
                    items.extend(adds);
                } else {
                    self.aside.take_computed(&table.name, &to.name);
                }
                return Ok(items);
            }
        }
        if commented {
            items.push(comment(&table.name, to));
        }
        Ok(items)
    }

    /// A column that is computed neither before nor after, or in the same way.
    fn alter_plain(
        &mut self,
        unit: &Unit<'_>,
        columns: &Pair<&Column>,
        new_type: bool,
        fill: Option<&DefaultValue>,
    ) -> Result<Vec<Item>> {
        let Pair { from, to } = columns;
        let table = &unit.after;
        let name = &to.name;
        let mut items = Vec::new();
        let beside = self.sequence_beside(&table.name, Pair::new(from, to))?;
        let numbering = numbering::change(&table.name, Pair::new(from, to), new_type, beside);
        items.extend(numbering.first);
        let new_default = from.default != to.default;
        if from.default.is_some() && (new_type || (new_default && to.default.is_none())) {
            items.push(alter(Pass::Drop, name, "DROP DEFAULT").into());
        }
        if self.waits_for_the_key(unit, name) {
            self.aside.wait_for_the_key(&table.name, name);
        } else if !from.nullable && to.nullable {
            items.push(alter(Pass::Drop, name, "DROP NOT NULL").into());
        }
        let mut adds: Vec<Item> = Vec::new();
        if new_type {
            self.aside_views_of_column(&table.name, name, Fate::Changes);
            items.extend(self.aside_unlike_keys(&table.name, name));
            items.extend(self.aside_referrers_beside(table, name));
            items.extend(self.early_indexes(unit, name)?);
            for user in self.computed_from(table, name) {
                let (drops, again) = self.made_anew(table, &user);
                if !self.aside.forget_computed(&table.name, &user.name) {
                    items.extend(drops);
                }
                if settles(unit, &user) {
                    // What stands on several of them is made once, behind the
                    // last.
                    adds.retain(|item| !again.contains(item));
                    adds.extend(again);
                } else {
                    self.aside.take_computed(&table.name, &user.name);
                }
            }
            let mapped = self.mapped.iter().find(|renamed| renamed.column == *name);
            items.push(match mapped {
                Some(renamed) => retype_mapped(from, to, renamed).into(),
                None => retype(from, to).into(),
            });
        }
        if (new_type || new_default)
            && let Some(default) = &to.default
        {
            let set = format!("SET DEFAULT {}", render::value(default));
            items.push(alter(Pass::Add, name, &set).into());
        }
        items.extend(adds);
        if from.nullable && !to.nullable {
            let value = fill.or(to.default.as_ref()).filter(|v| !is_null(v));
            let checked = unit.before.checks.iter().any(|c| requires(c, name));
            if let Some(value) = value.filter(|_| !checked) {
                let only = format!(" WHERE {} IS NULL", quote(name.as_str()));
                items.extend(self.filled(table, name, value, &only));
            }
            items.push(alter(Pass::Attribute, name, "SET NOT NULL").into());
        }
        items.extend(numbering.last);
        Ok(items)
    }

    /// Whether a column is to take NULL that is in the primary key, which a
    /// later change of the batch takes away.
    fn waits_for_the_key(&self, unit: &Unit<'_>, column: &Name) -> bool {
        use crate::operation::TableChange;
        let TableChange::Column(Change::Alter(pair)) = unit.what else {
            return false;
        };
        let in_key = unit.after.primary_key.as_ref();
        pair.to.nullable
            && in_key.is_some_and(|k| k.columns.contains(column))
            && unit.rest.iter().any(|later| match later {
                TableChange::PrimaryKey(Change::Drop(_)) => true,
                TableChange::PrimaryKey(Change::Alter(pair)) => !pair.to.columns.contains(column),
                _ => false,
            })
    }
}

/// The clause that gives a column another type or collation.
pub(super) fn retype(from: &Column, to: &Column) -> Action {
    let rewrites = cast::rewrites(Pair::new(&from.ty, &to.ty));
    let mut what = format!("TYPE {}", column_type(&to.ty));
    if let Some(name) = &to.collation {
        what.push_str(&format!(" COLLATE {}", collation(name)));
    }
    if let Some(using) = told(from, to) {
        what.push_str(&format!(" USING {using}"));
    }
    alter(Pass::Type, &to.name, &what).rewriting(rewrites || to.using.up.is_some())
}

/// The expression of `USING`: the one that somebody said, or the one that
/// PostgreSQL has to be told.
pub(super) fn told(from: &Column, to: &Column) -> Option<String> {
    match &to.using.up {
        Some(said) => Some(said.as_str().to_owned()),
        None => cast::using(&to.name, Pair::new(&from.ty, &to.ty)),
    }
}

/// The same where values get other names on the way.
fn retype_mapped(from: &Column, to: &Column, renamed: &RenamedValues) -> Action {
    let ty = column_type(&to.ty);
    let mut what = format!("TYPE {ty}");
    if let Some(name) = &to.collation {
        what.push_str(&format!(" COLLATE {}", collation(name)));
    }
    let value = values::mapped(from, renamed);
    what.push_str(&format!(" USING ({value})::{ty}"));
    alter(Pass::Type, &to.name, &what).rewriting(true)
}

/// Two columns of one name, for the clauses between them.
pub(super) fn drop_default(column: &Column) -> Option<Action> {
    column
        .default
        .as_ref()
        .map(|_| alter(Pass::Drop, &column.name, "DROP DEFAULT"))
}

/// The clause that sets the default of a column, if it has one.
pub(super) fn set_default(column: &Column) -> Option<Action> {
    let value = render::value(column.default.as_ref()?);
    let set = format!("SET DEFAULT {value}");
    Some(alter(Pass::Add, &column.name, &set))
}
