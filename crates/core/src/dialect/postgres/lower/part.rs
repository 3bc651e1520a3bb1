//! Keys, constraints and indexes.

use super::Lowering;
use super::batch::{Action, Item, Pass, Unit};
use super::named::Named;
use super::tables::nameless;
use crate::change::{Change, Pair};
use crate::dialect::postgres::expression;
use crate::dialect::postgres::name::quote;
use crate::dialect::postgres::render::{self, beside, qualified};
use crate::error::{Error, Result};
use crate::operation::part::Part;
use crate::operation::{TableChange, identifiers};
use crate::plan::Statement;
use crate::schema::{
    Check, Deferrable, ForeignKey, Index, IndexKey, IndexTarget, Name, PrimaryKey, Table,
    TableName, TableOptions, Unique,
};

fn drop_constraint(name: &str) -> Action {
    Action::new(Pass::Drop, format!("DROP CONSTRAINT {}", quote(name))).of(name)
}

fn add(pass: Pass, definition: &str) -> Action {
    Action::new(pass, format!("ADD {definition}"))
}

fn rename_constraint(table: &TableName, names: &Pair<Name>) -> Item {
    Item::statement(format!(
        "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
        qualified(table),
        quote(names.from.as_str()),
        quote(names.to.as_str())
    ))
}

/// The clause that adds a primary key.
pub(super) fn add_primary_key(key: &PrimaryKey, table: &Table) -> Action {
    add(Pass::AddIndex, &render::primary_key(key))
        .using(&key.columns)
        .of(&key.constraint(table))
}

/// The clause that adds a unique constraint.
pub(super) fn add_unique(unique: &Unique, table: &Table) -> Action {
    add(Pass::AddIndex, &render::unique(unique))
        .using(unique.columns.iter().chain(&unique.include))
        .of(&unique.constraint(table))
}

/// The clause that makes a unique constraint of the index of its name.
fn use_index(unique: &Unique) -> Action {
    let name = unique.name.as_ref().map_or("", Name::as_str);
    let when = render::deferrable(unique.deferrable);
    let sql = format!(
        "ADD CONSTRAINT {0} UNIQUE USING INDEX {0}{when}",
        quote(name)
    );
    Action::new(Pass::AddIndex, sql)
        .using(&unique.columns)
        .of(name)
}

/// The clause that adds a check.
pub(super) fn add_check(check: &Check, table: &Table) -> Action {
    let columns = identifiers::mentioned(&check.expression, table);
    add(Pass::Add, &render::check(check))
        .using(&columns)
        .of(&check.constraint(table))
}

/// The clause that drops a check.
pub(super) fn drop_check(check: &Check, table: &Table) -> Action {
    drop_constraint(&check.constraint(table))
}

/// The clause that adds a foreign key.
pub(super) fn add_foreign_key(key: &ForeignKey, table: &Table) -> Action {
    add(Pass::Add, &render::foreign_key(key))
        .using(&key.columns)
        .of(&key.constraint(table))
}

/// The statement that drops an index.
pub(super) fn drop_index(index: &Index, table: &TableName) -> Result<Item> {
    let name = index.name.as_ref().ok_or_else(|| nameless("an index"))?;
    let how = if index.concurrently {
        "CONCURRENTLY "
    } else {
        ""
    };
    Ok(Item::Statement(Statement {
        alone: index.concurrently,
        ..Statement::new(
            format!("DROP INDEX {how}{}", beside(table, name.as_str())),
            "",
        )
    }))
}

/// The statement that makes an index.
pub(super) fn create_index(index: &Index, table: &TableName) -> Item {
    Item::Statement(Statement {
        alone: index.concurrently,
        ..Statement::new(render::create_index(index, table), "")
    })
}

impl Lowering<'_> {
    pub(super) fn change_primary_key(
        &mut self,
        unit: &Unit<'_>,
        change: &Change<PrimaryKey>,
    ) -> Result<Vec<Item>> {
        let (before, after) = (&unit.before, &unit.after);
        let mut items = Vec::new();
        if let Change::Rename(names) = change {
            self.said_follows(&after.name, names);
            return Ok(vec![rename_constraint(&after.name, names)]);
        }
        if let Change::Drop(_) | Change::Alter(_) = change
            && let Some(key) = &before.primary_key
        {
            items.extend(self.aside_referrers(&before.name, &key.columns));
            let action = drop_constraint(&key.constraint(before));
            items.push(action.into());
            items.extend(self.freed_by_the_key(unit, key));
        }
        if let Change::Add(_) | Change::Alter(_) = change
            && let Some(key) = &after.primary_key
        {
            items.push(add_primary_key(key, after).into());
            items.extend(self.said_of(&after.name, &key.constraint(after)));
        }
        Ok(items)
    }

    pub(super) fn change_unique(
        &mut self,
        unit: &Unit<'_>,
        change: &Change<Unique>,
    ) -> Result<Vec<Item>> {
        let table = &unit.before;
        let drop = |this: &mut Self, unique: &Unique| {
            let mut items = this.aside_referrers(&table.name, &unique.columns);
            let action = drop_constraint(&unique.constraint(table));
            items.push(action.into());
            items
        };
        Ok(match change {
            Change::Add(unique) => match self.is_ready(&table.name, unique) {
                true => vec![use_index(unique).into()],
                false => {
                    let name = unique.constraint(table);
                    let said = self.said_of_unique(unique, &name, &unit.after)?;
                    [vec![add_unique(unique, table).into()], said].concat()
                }
            },
            Change::Drop(unique) => drop(self, unique),
            Change::Alter(pair) => {
                let mut items = drop(self, &pair.from);
                items.push(add_unique(&pair.to, table).into());
                let name = pair.to.constraint(table);
                items.extend(self.said_of_unique(&pair.to, &name, &unit.after)?);
                items
            }
            Change::Rename(names) => {
                self.said_follows(&table.name, names);
                vec![rename_constraint(&table.name, names)]
            }
        })
    }

    pub(super) fn change_index(
        &mut self,
        unit: &Unit<'_>,
        change: &Change<Index>,
    ) -> Result<Vec<Item>> {
        let table = &unit.before.name;
        let drop = |this: &mut Self, index: &Index| -> Result<Vec<Item>> {
            let mut items = Vec::new();
            if let Some(columns) = index.referable_columns() {
                items = this.aside_referrers(table, &columns);
            }
            items.push(drop_index(index, table)?);
            Ok(items)
        };
        // What is computed from a column, or fits one type of it only, is made
        // when that has its new type.
        let create = |this: &mut Self, index: &Index| {
            let columns = retyped_later(unit);
            match create_index(index, table) {
                Item::Statement(statement)
                    if (index_computes(index, &columns, &unit.after)
                        || needs_the_type(index, &columns))
                        && !statement.alone =>
                {
                    // It is not there until then, whatever is made anew.
                    this.aside.take_index(table, index.name.as_ref());
                    Item::Last(statement)
                }
                item => item,
            }
        };
        Ok(match change {
            Change::Add(index) => {
                let said = self.said_of_index(index, &unit.after)?;
                [vec![create(self, index)], said].concat()
            }
            Change::Drop(index) if becomes(index, unit).is_some() => {
                let name = index.name.clone();
                self.ready = name.map(|name| (table.clone(), name));
                Vec::new()
            }
            Change::Drop(index) => drop(self, index)?,
            Change::Alter(pair) => {
                let early = self.aside.forget_index(table, pair.from.name.as_ref());
                let mut items = if early {
                    Vec::new()
                } else {
                    drop(self, &pair.from)?
                };
                items.push(create(self, &pair.to));
                items.extend(self.said_of_index(&pair.to, &unit.after)?);
                items
            }
            Change::Rename(names) => {
                self.said_follows(table, names);
                vec![Item::statement(format!(
                    "ALTER INDEX {} RENAME TO {}",
                    beside(table, names.from.as_str()),
                    quote(names.to.as_str())
                ))]
            }
        })
    }

    pub(super) fn change_foreign_key(
        &mut self,
        unit: &Unit<'_>,
        change: &Change<ForeignKey>,
    ) -> Result<Vec<Item>> {
        let table = &unit.before;
        let place = |key: &ForeignKey| drop_constraint(&key.constraint(table));
        Ok(match change {
            Change::Add(key) => {
                let said = self.said_of(&table.name, &key.constraint(table));
                [vec![add_foreign_key(key, table).into()], said].concat()
            }
            Change::Drop(key) if self.aside.forget(&table.name, &key.constraint(table)) => {
                Vec::new()
            }
            Change::Drop(key) => vec![place(key).into()],
            Change::Alter(pair) => {
                let said = self.said_of(&table.name, &pair.to.constraint(table));
                if self.aside.forget(&table.name, &pair.from.constraint(table)) {
                    let again = vec![add_foreign_key(&pair.to, table).into()];
                    return Ok([again, said].concat());
                }
                if let Some(action) = in_place(pair, table) {
                    return Ok(vec![action.into()]);
                }
                let anew = vec![
                    place(&pair.from).into(),
                    add_foreign_key(&pair.to, table).into(),
                ];
                [anew, said].concat()
            }
            Change::Rename(names) => {
                self.said_follows(&table.name, names);
                match self.aside.rename(&table.name, names) {
                    true => Vec::new(),
                    false => vec![rename_constraint(&table.name, names)],
                }
            }
        })
    }

    pub(super) fn change_check(&mut self, unit: &Unit<'_>, change: &Change<Check>) -> Vec<Item> {
        let table = &unit.before;
        let drop = |check: &Check| drop_check(check, table);
        match change {
            Change::Add(check) => {
                let said = self.said_of(&table.name, &check.constraint(table));
                [vec![add_check(check, table).into()], said].concat()
            }
            Change::Drop(check) if is_not_null(check, table) => {
                // `SET NOT NULL` does not look at the rows as long as it is there.
                let action = drop(check);
                let table = qualified(&table.name);
                let sql = format!("ALTER TABLE {table} {}", action.text());
                vec![Item::Last(Statement::new(sql, ""))]
            }
            Change::Drop(check) => vec![drop(check).into()],
            Change::Alter(pair) if pair.from.validated().as_ref() == Some(&pair.to) => {
                vec![validate(&pair.from.constraint(table)).into()]
            }
            Change::Alter(pair) => {
                let said = self.said_of(&table.name, &pair.to.constraint(table));
                let anew = vec![drop(&pair.from).into(), add_check(&pair.to, table).into()];
                [anew, said].concat()
            }
            Change::Rename(names) => {
                self.said_follows(&table.name, names);
                vec![rename_constraint(&table.name, names)]
            }
        }
    }

    pub(super) fn change_comment(unit: &Unit<'_>, pair: &Pair<Option<String>>) -> Vec<Item> {
        if pair.from == pair.to {
            return Vec::new();
        }
        let text = pair.to.as_deref();
        vec![Item::Late(render::comment(&unit.after.name, None, text))]
    }

    pub(super) fn change_options(unit: &Unit<'_>, pair: &Pair<TableOptions>) -> Result<Vec<Item>> {
        let (from, to) = (&unit.before.options.extra, &unit.after.options.extra);
        if from == to {
            return Ok(Vec::new());
        }
        let logged = |extra: &Option<String>| {
            let extra = extra.as_deref().unwrap_or_default().trim();
            match extra.get(..8) {
                Some(word) if word.eq_ignore_ascii_case("unlogged") => {
                    (false, extra[8..].trim().to_owned())
                }
                _ => (true, extra.to_owned()),
            }
        };
        let (was, is) = (logged(from), logged(to));
        if was.1 != is.1 {
            return Err(Error::new(format!(
                "cannot make `{}` of `{}` in table `{}`",
                pair.to.extra.as_deref().unwrap_or_default(),
                pair.from.extra.as_deref().unwrap_or_default(),
                unit.after.name
            ))
            .with_hint("change it with `execute`"));
        }
        let word = if is.0 { "SET LOGGED" } else { "SET UNLOGGED" };
        Ok(vec![Action::new(Pass::Add, word).rewriting(true).into()])
    }

    /// The indexes over a column of a new type that a later change of the batch
    /// makes anew anyway: they go now, since they may not fit that type.
    pub(super) fn early_indexes(&mut self, unit: &Unit<'_>, column: &Name) -> Result<Vec<Item>> {
        let table = &unit.after;
        let mut items = Vec::new();
        for change in unit.rest {
            if let TableChange::Index(Change::Alter(pair)) = change
                && pair.from.uses(column, table)
                && self.aside.take_index(&table.name, pair.from.name.as_ref())
            {
                if let Some(columns) = pair.from.referable_columns() {
                    items.extend(self.aside_referrers(&table.name, &columns));
                }
                items.push(drop_index(&pair.from, &table.name)?);
            }
        }
        Ok(items)
    }

    /// Whether the index of a unique constraint is there already; it is used up.
    fn is_ready(&mut self, table: &TableName, unique: &Unique) -> bool {
        let ready = self.ready.take();
        ready.is_some_and(|(on, name)| on == *table && Some(name) == unique.name)
    }

    /// The columns that may be NULL once the key is gone, and could not before.
    fn freed_by_the_key(&mut self, unit: &Unit<'_>, key: &PrimaryKey) -> Vec<Item> {
        let waiting = self.aside.take_waiting(&unit.before.name);
        let stays = unit.after.primary_key.as_ref();
        let freed: Vec<Name> = waiting
            .into_iter()
            .filter(|c| key.columns.contains(c) && stays.is_none_or(|k| !k.columns.contains(c)))
            .collect();
        if let Some(table) = self.now.schema.tables.get_mut(&unit.before.name) {
            for column in &mut table.columns {
                column.nullable |= freed.contains(&column.name);
            }
        }
        let clause = |c: &Name| {
            let sql = format!("ALTER COLUMN {} DROP NOT NULL", quote(c.as_str()));
            Item::Action(Action::new(Pass::Drop, sql).on(c))
        };
        freed.iter().map(clause).collect()
    }
}

/// The columns that later changes of the batch give another type.
fn retyped_later(unit: &Unit<'_>) -> Vec<Name> {
    let columns = unit.rest.iter().filter_map(|change| match change {
        TableChange::Column(Change::Alter(pair)) if pair.from.ty != pair.to.ty => {
            Some(pair.from.name.clone())
        }
        _ => None,
    });
    columns.collect()
}

/// The clause that changes a foreign key without looking at every row, if that
/// is enough.
fn in_place(pair: &Pair<ForeignKey>, table: &Table) -> Option<Action> {
    let Pair { from, to } = pair;
    let name = from.constraint(table);
    let mut wanted = from.clone();
    wanted.name.clone_from(&to.name);
    wanted.deferrable = to.deferrable;
    if wanted == *to && from.name == to.name {
        let when = match to.deferrable {
            Deferrable::No => "NOT DEFERRABLE",
            Deferrable::InitiallyImmediate => "DEFERRABLE INITIALLY IMMEDIATE",
            Deferrable::InitiallyDeferred => "DEFERRABLE INITIALLY DEFERRED",
        };
        let sql = format!("ALTER CONSTRAINT {} {when}", quote(&name));
        return Some(Action::new(Pass::Add, sql).of(&name));
    }
    (from.validated().as_ref() == Some(to)).then(|| validate(&name))
}

/// The clause that holds rows to a constraint that they were not held to.
fn validate(name: &str) -> Action {
    Action::new(Pass::Add, format!("VALIDATE CONSTRAINT {}", quote(name))).of(name)
}

/// Whether a check says of a column what its NOT NULL says too.
fn is_not_null(check: &Check, table: &Table) -> bool {
    let mut columns = table.columns.iter().filter(|c| !c.nullable);
    columns.any(|column| requires(check, &column.name))
}

/// Whether a check says of every row that a column is not NULL.
pub(in crate::dialect::postgres) fn requires(check: &Check, column: &Name) -> bool {
    let said = format!("{} IS NOT NULL", quote(column.as_str()));
    !check.is_not_valid() && expression::same(check.expression.as_str(), &said)
}

/// The unique constraint that an index becomes: the change after its drop in
/// the batch makes the same of it.
fn becomes<'u>(index: &Index, unit: &Unit<'u>) -> Option<&'u Unique> {
    let Some(TableChange::Unique(Change::Add(unique))) = unit.rest.first() else {
        return None;
    };
    let columns: Vec<&Name> = unique.columns.iter().collect();
    let plain = index.method.as_deref().is_none_or(|m| m == "btree")
        && index.keys.iter().all(|k| {
            *k == IndexKey {
                target: k.target.clone(),
                ..IndexKey::expression("")
            }
        });
    let same = index.name == unique.name
        && index.name.is_some()
        && index.include == unique.include
        && index.nulls_not_distinct == unique.nulls_not_distinct
        && index.extra == unique.extra
        && index.unique_columns() == Some(columns);
    (plain && same).then_some(unique)
}

/// Whether an index has an expression or a condition over one of the columns.
pub(super) fn index_computes(index: &Index, columns: &[Name], table: &Table) -> bool {
    index
        .expressions()
        .iter()
        .any(|e| columns.iter().any(|c| identifiers::mentions(e, c, table)))
}

/// Whether an index has a key over one of the columns that not every type takes.
fn needs_the_type(index: &Index, columns: &[Name]) -> bool {
    index.keys.iter().any(|key| {
        let of_type = key.collation.is_some() || key.opclass.is_some();
        let over = |c: &Name| matches!(&key.target, IndexTarget::Column(name) if name == c);
        of_type && columns.iter().any(over)
    })
}
