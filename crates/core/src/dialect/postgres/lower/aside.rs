//! What is taken away around a change, and made again.
//!
//! Owns the foreign keys that lean on a key while it is another one, the views
//! that show a column while it changes, and the triggers, rules and policies that
//! name it. It must not know why.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use super::Lowering;
use super::batch::Item;
use super::cast::comparable;
use super::enums::standing;
use super::leaning::Fate;
use super::mention::{Mentions, is_code, is_view, part_names, view_name};
use super::named::Named;
use crate::change::Pair;
use crate::dialect::postgres::Postgres;
use crate::dialect::postgres::name::quote;
use crate::dialect::postgres::render::{self, qualified};
use crate::dialect::{ObjectKind, SqlObject};
use crate::error::{Error, Result};
use crate::object::{drop_statement, read};
use crate::operation::part::listed;
use crate::plan::Statement;
use crate::schema::{ForeignKey, Index, Name, Table, TableName};

/// What is away at this point of the list.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// Foreign keys: the table that has them, and their names.
    keys: Vec<(TableName, String)>,
    /// Indexes that went before the change that makes them anew.
    indexes: Vec<(TableName, Name)>,
    /// Views, triggers, rules and policies, by their place among the objects before the list.
    objects: BTreeSet<usize>,
    /// Views that name a table which is dropped.
    lost: Vec<(usize, TableName)>,
    /// Columns that wait for the primary key to go before they may be NULL.
    waiting: Vec<(TableName, Name)>,
    /// What follows a change of an inherited column, with how many tables stand
    /// above.
    inherited: Vec<(usize, Statement)>,
    /// Computed columns that are not there until what they are computed from is
    /// what it will be.
    computed: Vec<(TableName, Name)>,
    /// The names in the objects before the list, once they were looked for.
    mentions: Option<Vec<Mentions>>,
}

impl Aside {
    /// The objects that are away, by their places.
    pub(super) fn objects(&self) -> &BTreeSet<usize> {
        &self.objects
    }

    /// Takes more objects away; whether any was still there.
    pub(super) fn add(&mut self, places: impl IntoIterator<Item = usize>) -> bool {
        let before = self.objects.len();
        self.objects.extend(places);
        self.objects.len() > before
    }

    /// Leaves a foreign key away for good; whether it was away.
    pub(super) fn forget(&mut self, table: &TableName, key: &str) -> bool {
        let before = self.keys.len();
        self.keys.retain(|(t, k)| t != table || k != key);
        self.keys.len() < before
    }

    /// Gives a foreign key that is away another name; whether it was away.
    pub(super) fn rename(&mut self, table: &TableName, names: &Pair<Name>) -> bool {
        let found = self
            .keys
            .iter_mut()
            .find(|(t, k)| t == table && names.from == *k.as_str());
        if let Some((_, key)) = found {
            *key = names.to.to_string();
            return true;
        }
        false
    }

    pub(super) fn rename_table(&mut self, names: &Pair<TableName>) {
        for (table, _) in &mut self.keys {
            if *table == names.from {
                table.clone_from(&names.to);
            }
        }
    }

    /// Notes an index that goes early; whether it has not gone yet.
    pub(super) fn take_index(&mut self, table: &TableName, index: Option<&Name>) -> bool {
        let Some(index) = index else { return false };
        let entry = (table.clone(), index.clone());
        let is_new = !self.indexes.contains(&entry);
        if is_new {
            self.indexes.push(entry);
        }
        is_new
    }

    /// Whether an index went early and is still to be made anew.
    pub(super) fn has_taken_index(&self, table: &TableName, index: Option<&Name>) -> bool {
        let mut taken = self.indexes.iter();
        taken.any(|(t, i)| t == table && Some(i) == index)
    }

    /// Whether an index went early; from now on it is there.
    pub(super) fn forget_index(&mut self, table: &TableName, index: Option<&Name>) -> bool {
        let before = self.indexes.len();
        self.indexes.retain(|(t, i)| t != table || Some(i) != index);
        self.indexes.len() < before
    }

    /// Notes a computed column that is not there for now.
    pub(super) fn take_computed(&mut self, table: &TableName, column: &Name) {
        self.computed.push((table.clone(), column.clone()));
    }

    /// Whether a computed column is not there for now.
    pub(super) fn is_computed_away(&self, table: &TableName, column: &Name) -> bool {
        self.computed.iter().any(|(t, c)| t == table && c == column)
    }

    /// Whether a computed column was not there; from now on it is, or is gone
    /// for good.
    pub(super) fn forget_computed(&mut self, table: &TableName, column: &Name) -> bool {
        let before = self.computed.len();
        self.computed.retain(|(t, c)| t != table || c != column);
        self.computed.len() < before
    }

    /// Notes a column that may be NULL once the primary key is gone.
    pub(super) fn wait_for_the_key(&mut self, table: &TableName, column: &Name) {
        self.waiting.push((table.clone(), column.clone()));
    }

    /// Notes a statement for after everything.
    pub(super) fn say_later(&mut self, depth: usize, statement: Statement) {
        self.inherited.push((depth, statement));
    }

    pub(super) fn take_waiting(&mut self, table: &TableName) -> Vec<Name> {
        let all = std::mem::take(&mut self.waiting);
        let (own, others) = all.into_iter().partition(|(t, _)| t == table);
        self.waiting = others;
        let own: Vec<(TableName, Name)> = own;
        own.into_iter().map(|(_, column)| column).collect()
    }
}

/// Whether two lists have the same columns, in whatever order.
fn alike<N: Borrow<Name>>(a: &[Name], b: &[N]) -> bool {
    let in_b = |name: &Name| b.iter().any(|other| other.borrow() == name);
    a.len() == b.len() && a.iter().all(in_b)
}

impl Lowering<'_> {
    /// Takes a foreign key away until the end of the list.
    fn aside_key(&mut self, owner: &TableName, name: String) -> Option<Item> {
        let entry = (owner.clone(), name);
        if self.aside.keys.contains(&entry) {
            return None;
        }
        let sql = format!(
            "ALTER TABLE {} DROP CONSTRAINT {}",
            qualified(owner),
            quote(&entry.1)
        );
        let why = format!(
            "take foreign key `{}` of `{owner}` away while what it leans on changes",
            entry.1
        );
        self.aside.keys.push(entry);
        Some(Item::Statement(Statement::new(sql, why)))
    }

    /// Takes away the foreign keys that refer to these columns.
    pub(super) fn aside_referrers<N: Borrow<Name>>(
        &mut self,
        table: &TableName,
        columns: &[N],
    ) -> Vec<Item> {
        self.aside_keys_where(|_, key| {
            key.references == *table && alike(&key.referenced_columns, columns)
        })
    }

    /// Takes away the foreign keys that lean on an index which has the column
    /// beside those that it is over: the server makes it anew with the column
    /// and does not think of them.
    pub(super) fn aside_referrers_beside(&mut self, table: &Table, column: &Name) -> Vec<Item> {
        let uniques = table.uniques.iter();
        let uniques = uniques.filter(|unique| unique.include.contains(column));
        let indexes = table.indexes.iter();
        let indexes = indexes.filter(|index| index.include.contains(column));
        let keys: Vec<Vec<&Name>> = uniques
            .map(|unique| unique.columns.iter().collect())
            .chain(indexes.filter_map(Index::referable_columns))
            .collect();
        let mut items = Vec::new();
        for key in keys {
            items.extend(self.aside_referrers(&table.name, &key));
        }
        items
    }

    /// Takes away the foreign keys from or to a column.
    pub(super) fn aside_keys_of(&mut self, table: &TableName, column: &Name) -> Vec<Item> {
        self.aside_keys_where(|owner, key| {
            (key.references == *table && key.referenced_columns.contains(column))
                || (owner.name == *table && key.columns.contains(column))
        })
    }

    /// Takes away the foreign keys from or to a column whose two sides cannot
    /// be compared at this point of the list.
    pub(super) fn aside_unlike_keys(&mut self, table: &TableName, column: &Name) -> Vec<Item> {
        let schema = self.now.schema.clone();
        self.aside_keys_where(|owner, key| {
            let touches = (key.references == *table && key.referenced_columns.contains(column))
                || (owner.name == *table && key.columns.contains(column));
            let other = schema.table(&key.references);
            touches && other.is_some_and(|other| unlike(owner, other, key).is_some())
        })
    }

    fn aside_keys_where(&mut self, hit: impl Fn(&Table, &ForeignKey) -> bool) -> Vec<Item> {
        let mut found = Vec::new();
        for owner in self.now.schema.tables.values() {
            for key in owner.foreign_keys.iter().filter(|key| hit(owner, key)) {
                found.push((owner.name.clone(), key.constraint(owner)));
            }
        }
        let found = found.into_iter();
        found
            .filter_map(|(owner, key)| self.aside_key(&owner, key))
            .collect()
    }

    fn mentioning(&mut self, hit: impl Fn(&SqlObject, &Mentions) -> bool) -> Vec<usize> {
        let objects = &self.before.objects;
        let mentions = self.aside.mentions.get_or_insert_with(|| {
            let read = |o: &SqlObject| {
                if is_code(o) {
                    Mentions::of(&o.sql)
                } else {
                    Mentions::default()
                }
            };
            objects.iter().map(read).collect()
        });
        let all = objects.iter().zip(mentions.iter()).enumerate();
        all.filter(|(_, (object, mentions))| is_code(object) && hit(object, mentions))
            .map(|(n, _)| n)
            .collect()
    }

    /// Notes the views on a table that is dropped.
    pub(super) fn aside_views_of_table(&mut self, table: &TableName) {
        self.table_users(table);
        let schema = self.schema_of(table).to_owned();
        let default = self.default_schema().to_owned();
        let name = table.name.as_str();
        let found = self.mentioning(|o, m| is_view(o) && m.has_relation(&default, &schema, name));
        for n in found {
            self.aside.objects.insert(n);
            self.aside.lost.push((n, table.clone()));
        }
    }

    /// Takes away the views and triggers that may name a column, and refuses
    /// what cannot go and come with it. A column that changes does so in the
    /// tables below and in partitions, too.
    pub(super) fn aside_views_of_column(&mut self, table: &TableName, column: &Name, fate: Fate) {
        self.aside_views_of_one(table, column, fate);
        if fate == Fate::Changes {
            let below = self.below(table).into_iter().map(|t| t.name.clone());
            let all: Vec<TableName> = below.chain(self.partitions_of(table)).collect();
            for one in all {
                self.aside_views_of_one(&one, column, fate);
            }
        }
    }

    fn aside_views_of_one(&mut self, table: &TableName, column: &Name, fate: Fate) {
        self.column_users(table, column, fate);
        let schema = self.schema_of(table).to_owned();
        let default = self.default_schema().to_owned();
        let found = self.mentioning(|_, m| {
            let there = m.has_relation(&default, &schema, table.name.as_str());
            there && m.has_column(column.as_str())
        });
        self.aside.objects.extend(found);
    }

    /// The views that are away, with those upon them.
    fn with_views_upon(&mut self) {
        loop {
            let names: Vec<(Option<String>, String)> = self
                .aside
                .objects
                .iter()
                .filter_map(|&n| self.before.objects.get(n))
                .filter(|o| is_view(o))
                .filter_map(|o| view_name(&o.sql).map(|(_, schema, name)| (schema, name)))
                .collect();
            let default = self.default_schema().to_owned();
            let upon = self.mentioning(|_, m| {
                let named = |(schema, name): &(Option<String>, String)| {
                    m.has_relation(&default, schema.as_ref().unwrap_or(&default), name)
                };
                names.iter().any(named)
            });
            let before = self.aside.objects.len();
            self.aside.objects.extend(upon);
            if self.aside.objects.len() == before {
                return;
            }
        }
    }

    /// The statements before the first step and after the last one.
    pub(super) fn around(&mut self) -> Result<(Vec<Statement>, Vec<Statement>)> {
        loop {
            self.with_views_upon();
            if !self.with_leaning() {
                break;
            }
        }
        for (n, table) in &self.aside.lost {
            if self.now.schema.table(table).is_none()
                && let Some(view) = self.before.objects.get(*n)
            {
                return Err(Error::new(format!(
                    "view `{}` names table `{table}`, which is dropped",
                    view.name
                ))
                .with_hint(
                    "write its new definition into a `.sql` file among the models, or drop the view \
                     before with `execute`",
                ));
            }
        }
        let mut inherited = std::mem::take(&mut self.aside.inherited);
        inherited.sort_by_key(|(depth, _)| *depth);
        let mut after: Vec<Statement> = inherited.into_iter().map(|(_, s)| s).collect();
        for (owner, name) in &self.aside.keys {
            let Some(again) = self.key_again(owner, name)? else {
                continue;
            };
            let why = again.why.clone();
            after.push(again);
            let said = self.said_of(owner, name).into_iter();
            after.extend(said.filter_map(|item| standing(item, owner, &why)));
        }
        let mut before = Vec::new();
        let order = self.as_they_are_made();
        let away: Vec<&SqlObject> = order
            .iter()
            .filter_map(|&n| self.before.objects.get(n))
            .collect();
        for object in away.iter().rev() {
            before.extend(taken_away(object));
        }
        for object in &away {
            after.push(made_again(object));
            let hanging = self.before.objects.iter().enumerate().filter(|(n, o)| {
                is_view(object)
                    && matches!(o.kind, ObjectKind::Index | ObjectKind::Statistics)
                    && o.table == object.name
                    && !order.contains(n)
            });
            after.extend(hanging.map(|(_, o)| made_again(o)));
            after.extend(self.said_again(object));
        }
        Ok((before, after))
    }

    /// Who owns an object that is made again, who may use it, and what else is
    /// said of it in statements of their own.
    pub(super) fn said_again(&self, object: &SqlObject) -> Vec<Statement> {
        let of = |o: &&SqlObject| {
            o.kind == ObjectKind::Property && (&o.name, &o.table) == (&object.name, &object.table)
        };
        let said = self.before.objects.iter().filter(of);
        said.map(made_again).collect()
    }

    /// What is away, each thing after the views that it names. The server has
    /// them by kinds, and a view may have been replaced since it was made.
    fn as_they_are_made(&mut self) -> Vec<usize> {
        let default = self.default_schema().to_owned();
        let away: Vec<usize> = self.aside.objects.iter().copied().collect();
        let objects = &self.before.objects;
        let read = |&n: &usize| {
            let object = objects.get(n)?;
            let name = match object.kind {
                ObjectKind::View | ObjectKind::MaterializedView => {
                    view_name(&object.sql).map(|(_, schema, name)| (schema, name))
                }
                ObjectKind::Function => read(&Postgres, &object.sql).ok().map(|made| {
                    let schema = made.id.name.schema.map(|schema| schema.to_string());
                    (schema, made.id.name.name.to_string())
                }),
                _ => None,
            };
            let name = name.map(|(schema, name)| (schema.unwrap_or(default.clone()), name));
            Some((n, Mentions::of(&object.sql), name))
        };
        let mut left: Vec<_> = away.iter().filter_map(read).collect();
        let mut sorted = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let free = left.iter().position(|(n, mentions, _)| {
                !left.iter().any(|(other, _, view)| {
                    let named = |(schema, name): &(String, String)| {
                        mentions.has_relation(&default, schema, name)
                    };
                    other != n && view.as_ref().is_some_and(named)
                })
            });
            sorted.push(left.remove(free.unwrap_or(0)).0);
        }
        sorted
    }

    /// The statement that makes a foreign key again, if it is still wanted.
    fn key_again(&self, owner: &TableName, name: &str) -> Result<Option<Statement>> {
        let Some(table) = self.now.schema.table(owner) else {
            return Ok(None);
        };
        let mut keys = table.foreign_keys.iter();
        let Some(key) = keys.find(|key| key.constraint(table) == name) else {
            return Ok(None);
        };
        if let Some(other) = self.now.schema.table(&key.references) {
            if let Some((own, there)) = unlike(table, other, key) {
                return Err(Error::new(format!(
                    "foreign key `{name}` compares `{owner}.{own}` with `{}.{there}`, \
                     and the two are of different types",
                    other.name
                ))
                .with_hint(format!(
                    "give both the same type, or drop foreign key `{name}` first"
                )));
            }
            if !other.is_referable(&key.referenced_columns) {
                return Err(Error::new(format!(
                    "foreign key `{name}` of `{owner}` refers to {} of `{}`, \
                     which would no longer be unique",
                    listed(&key.referenced_columns),
                    other.name
                ))
                .with_hint(format!("drop foreign key `{name}` first")));
            }
        }
        let mut named = key.clone();
        named.name = Some(name.into());
        Ok(Some(Statement::new(
            format!(
                "ALTER TABLE {} ADD {}",
                qualified(owner),
                render::foreign_key(&named)
            ),
            format!("make foreign key `{name}` of `{owner}` again"),
        )))
    }
}

/// The first two columns of a foreign key that cannot be compared.
fn unlike<'k>(table: &Table, other: &Table, key: &'k ForeignKey) -> Option<(&'k Name, &'k Name)> {
    let mut pairs = key.columns.iter().zip(&key.referenced_columns);
    pairs.find(|(own, there)| {
        let own = table.column(own.as_str());
        let there = other.column(there.as_str());
        match (own, there) {
            (Some(own), Some(there)) => !comparable(&own.ty, &there.ty),
            _ => false,
        }
    })
}

pub(super) fn kind_word(object: &SqlObject) -> &'static str {
    match object.kind {
        ObjectKind::View => "view",
        ObjectKind::MaterializedView => "materialized view",
        ObjectKind::Function => "function",
        ObjectKind::Trigger => "trigger",
        ObjectKind::Index => "index",
        ObjectKind::Rule => "rule",
        ObjectKind::Policy => "policy",
        ObjectKind::Statistics => "statistics",
        ObjectKind::Sequence => "sequence",
        ObjectKind::Property => "property of",
        _ => "object",
    }
}

pub(super) fn made_again(object: &SqlObject) -> Statement {
    let why = format!("make {} `{}` again", kind_word(object), object.name);
    Statement::new(object.sql.trim_end_matches(';'), why)
}

/// The statement that takes a view, or what is part of a table, away.
fn taken_away(object: &SqlObject) -> Option<Statement> {
    let sql = match object.kind {
        ObjectKind::View => format!("DROP VIEW {}", view_name(&object.sql)?.0),
        ObjectKind::MaterializedView => {
            format!("DROP MATERIALIZED VIEW {}", view_name(&object.sql)?.0)
        }
        ObjectKind::Function => drop_statement(&Postgres, &read(&Postgres, &object.sql).ok()?.id),
        ObjectKind::Trigger => {
            let (name, table) = part_names(&object.sql, "trigger", "on")?;
            format!("DROP TRIGGER {name} ON {table}")
        }
        ObjectKind::Rule => {
            let (name, table) = part_names(&object.sql, "rule", "to")?;
            format!("DROP RULE {name} ON {table}")
        }
        ObjectKind::Policy => {
            let (name, table) = part_names(&object.sql, "policy", "on")?;
            format!("DROP POLICY {name} ON {table}")
        }
        _ => return None,
    };
    let why = format!(
        "take {} `{}` away while what it names changes",
        kind_word(object),
        object.name
    );
    Some(Statement::new(sql, why))
}
