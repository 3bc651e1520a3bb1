//! Names that move from one part to another, of the same table or of two.
//!
//! Owns which names those are, and that they are free in time. How far the
//! names of a kind reach is told by [`SharedNames`].

use std::collections::{BTreeMap, BTreeSet};

use super::between::{Node, Nodes};
use crate::change::{Change, Pair};
use crate::diff::SharedNames;
use crate::diff::parts::Compared;
use crate::operation::TableChange;
use crate::schema::{Name, Schema, Table, TableName};

/// Where a name may stand only once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::diff) enum Space {
    /// Indexes, and constraints that are one.
    Indexes,
    ForeignKeys,
    Checks,
}

/// A name in its space and schema.
type Place = (Space, Option<Name>, String);

fn place(space: Space, table: &TableName, name: &Name) -> Place {
    let folded = name.as_str().to_ascii_lowercase();
    (space, table.schema.clone(), folded)
}

/// What a change says of a name.
#[derive(Debug, Clone, Copy)]
enum Side {
    /// The one that it sets free.
    Old,
    /// The one that it needs.
    New,
}

/// Lets go of what gets another name while a part of another kind in the same
/// table gets the one that it has, and adds it anew: of two that change names
/// neither can be first.
pub(super) fn untangle(nodes: &mut Nodes, schemas: &Pair<&Schema>) {
    for (key, node) in nodes.iter_mut() {
        let Node::Alter(changes) = node else {
            continue;
        };
        // Here no kind has names of its own: some databases know one per table.
        let folded = |name: &Name| name.as_str().to_ascii_lowercase();
        let renames = changes.iter().filter_map(renamed);
        let needed: BTreeSet<String> = renames.map(|names| folded(&names.to)).collect();
        let tables = Pair::new(schemas.from.table(&key.table), schemas.to.table(&key.table));
        let tangled = |change: &TableChange| {
            renamed(change).is_some_and(|names| needed.contains(&folded(&names.from)))
        };
        let drops = of_altered(changes, &tables, &tangled);
        if !drops.is_empty() {
            changes.extend(drops);
            super::within(changes);
        }
    }
}

/// The names of a part that only gets another one.
fn renamed(change: &TableChange) -> Option<&Pair<Name>> {
    fn of<T>(change: &Change<T>) -> Option<&Pair<Name>> {
        match change {
            Change::Rename(names) => Some(names),
            Change::Add(_) | Change::Drop(_) | Change::Alter(_) => None,
        }
    }
    match change {
        TableChange::Index(c) => of(c),
        TableChange::Unique(c) => of(c),
        TableChange::PrimaryKey(c) => of(c),
        TableChange::ForeignKey(c) => of(c),
        TableChange::Check(c) => of(c),
        TableChange::Column(_)
        | TableChange::Values(_)
        | TableChange::Comment(_)
        | TableChange::Options(_) => None,
    }
}

/// Takes out what gives up a name that another table needs, where all tables
/// share such names and the other table's turn may come first: a change of name
/// to one that nobody has, or a drop.
pub(super) fn free(
    nodes: &mut Nodes,
    schemas: &Pair<&Schema>,
    shared: SharedNames,
) -> BTreeMap<TableName, Vec<TableChange>> {
    let claims = claims(nodes, shared);
    let tables = schemas.from.tables.values();
    let taken = tables.flat_map(|table| {
        let names = shared_by(table, shared);
        names.map(|(space, name)| place(space, &table.name, &name))
    });
    let taken: BTreeSet<Place> = taken.collect();
    let mut early: BTreeMap<TableName, Vec<TableChange>> = BTreeMap::new();
    for (key, node) in nodes.iter_mut() {
        let name = &key.table;
        let claimed = |change: &TableChange| {
            let found = name_of(name, change, Side::Old, shared);
            let tables = found.and_then(|(space, old)| claims.get(&place(space, name, &old)));
            tables.is_some_and(|tables| tables.iter().any(|t| t != name))
        };
        let freed = match node {
            Node::Create(_) => Vec::new(),
            Node::Drop(table) => of_dropped(table, &claimed),
            Node::Alter(changes) => {
                let is_spare = |change: &TableChange| {
                    let found = name_of(name, change, Side::New, shared);
                    found.is_some_and(|(space, new)| !taken.contains(&place(space, name, &new)))
                };
                let is_free =
                    |c: &mut TableChange| renamed(c).is_some() && claimed(c) && is_spare(c);
                let mut freed: Vec<TableChange> = changes.extract_if(.., is_free).collect();
                let tables = Pair::new(schemas.from.table(name), schemas.to.table(name));
                freed.extend(of_altered(changes, &tables, &claimed));
                freed
            }
        };
        if !freed.is_empty() {
            early.entry(name.clone()).or_default().extend(freed);
        }
    }
    early
}

/// The tables that need each name.
fn claims(nodes: &Nodes, shared: SharedNames) -> BTreeMap<Place, Vec<TableName>> {
    let mut claims: BTreeMap<Place, Vec<TableName>> = BTreeMap::new();
    for (key, node) in nodes {
        let claim = |change: &TableChange| {
            if let Some((space, name)) = name_of(&key.table, change, Side::New, shared) {
                let tables = claims.entry(place(space, &key.table, &name)).or_default();
                tables.push(key.table.clone());
            }
        };
        match node {
            Node::Create(table) => parts(table).iter().for_each(claim),
            Node::Drop(_) => {}
            Node::Alter(changes) => changes.iter().for_each(claim),
        }
    }
    claims
}

/// The parts of a new table, each as a change that adds it.
fn parts(table: &Table) -> Vec<TableChange> {
    fn added<T: Compared>(parts: &[T]) -> impl Iterator<Item = TableChange> {
        parts
            .iter()
            .cloned()
            .map(|part| T::change(Change::Add(part)))
    }
    added(table.primary_key.as_slice())
        .chain(added(&table.uniques))
        .chain(added(&table.checks))
        .chain(added(&table.foreign_keys))
        .chain(added(&table.indexes))
        .collect()
}

/// The names that the parts of a table have and share with those of all tables.
pub(in crate::diff) fn shared_by(
    table: &Table,
    shared: SharedNames,
) -> impl Iterator<Item = (Space, Name)> {
    let parts = parts(table).into_iter();
    parts.filter_map(move |part| name_of(&table.name, &part, Side::New, shared))
}

/// The name of one part of a table, if it shares it with those of all tables.
pub(in crate::diff) fn shared_name<T: Compared>(
    table: &TableName,
    part: &T,
    shared: SharedNames,
) -> Option<(Space, Name)> {
    name_of(
        table,
        &T::change(Change::Add(part.clone())),
        Side::New,
        shared,
    )
}

/// The name of the part that is changed, where all tables share such names.
fn name_of(
    table: &TableName,
    change: &TableChange,
    side: Side,
    shared: SharedNames,
) -> Option<(Space, Name)> {
    let usual = shared.primary_key.map(|usual| usual(table));
    let none = || None;
    let (space, is_shared, name) = match change {
        TableChange::Index(c) => (Space::Indexes, shared.indexes, moved(c, side, none)),
        TableChange::Unique(c) => (Space::Indexes, shared.uniques, moved(c, side, none)),
        TableChange::PrimaryKey(c) => {
            let name = moved(c, side, || usual.clone());
            (Space::Indexes, shared.uniques, name)
        }
        TableChange::ForeignKey(c) => (
            Space::ForeignKeys,
            shared.foreign_keys,
            moved(c, side, none),
        ),
        TableChange::Check(c) => (Space::Checks, shared.checks, moved(c, side, none)),
        TableChange::Column(_)
        | TableChange::Values(_)
        | TableChange::Comment(_)
        | TableChange::Options(_) => return None,
    };
    name.filter(|_| is_shared).map(|name| (space, name))
}

/// The name of a part on one side of its change; `usual` is what it has where
/// none is said.
fn moved<T: Compared>(
    change: &Change<T>,
    side: Side,
    usual: impl Fn() -> Option<Name>,
) -> Option<Name> {
    let name = |part: &T| part.name().cloned().or_else(&usual);
    match (change, side) {
        (Change::Add(part), Side::New) | (Change::Drop(part), Side::Old) => name(part),
        (Change::Add(_), Side::Old) | (Change::Drop(_), Side::New) => None,
        (Change::Rename(names), Side::Old) => Some(names.from.clone()),
        (Change::Rename(names), Side::New) => Some(names.to.clone()),
        (Change::Alter(pair), _) if name(&pair.from) == name(&pair.to) => None,
        (Change::Alter(pair), Side::Old) => name(&pair.from),
        (Change::Alter(pair), Side::New) => name(&pair.to),
    }
}

/// Takes what is claimed out of a table that is dropped.
fn of_dropped(table: &mut Table, claimed: &dyn Fn(&TableChange) -> bool) -> Vec<TableChange> {
    fn take<T: Compared>(
        parts: &mut Vec<T>,
        claimed: &dyn Fn(&TableChange) -> bool,
        freed: &mut Vec<TableChange>,
    ) {
        parts.retain(|part| {
            let drop = T::change(Change::Drop(part.clone()));
            let is_claimed = claimed(&drop);
            freed.extend(is_claimed.then_some(drop));
            !is_claimed
        });
    }
    let mut freed = Vec::new();
    take(&mut table.indexes, claimed, &mut freed);
    take(&mut table.foreign_keys, claimed, &mut freed);
    take(&mut table.checks, claimed, &mut freed);
    take(&mut table.uniques, claimed, &mut freed);
    let mut key = Vec::from_iter(table.primary_key.take());
    take(&mut key, claimed, &mut freed);
    table.primary_key = key.pop();
    freed
}

/// Takes what is claimed out of a batch; what only gets another name is added
/// anew.
fn of_altered(
    changes: &mut Vec<TableChange>,
    tables: &Pair<Option<&Table>>,
    claimed: &dyn Fn(&TableChange) -> bool,
) -> Vec<TableChange> {
    let mut freed = Vec::new();
    let mut kept = Vec::new();
    for change in std::mem::take(changes) {
        if !claimed(&change) {
            kept.push(change);
            continue;
        }
        let halves = halves(&change, tables);
        if halves.from.is_none() {
            kept.push(change);
        } else {
            freed.extend(halves.from);
            kept.extend(halves.to);
        }
    }
    *changes = kept;
    super::within(changes);
    freed
}

/// A change as the drop and the addition that do the same.
pub(in crate::diff) fn halves(
    change: &TableChange,
    tables: &Pair<Option<&Table>>,
) -> Pair<Option<TableChange>> {
    fn of<T: Compared>(
        change: &Change<T>,
        tables: &Pair<Option<&Table>>,
        list: impl Fn(&Table) -> &[T],
    ) -> Pair<Option<TableChange>> {
        let named = |table: Option<&Table>, name: &Name| {
            let mut parts = list(table?).iter();
            parts.find(|part| part.name() == Some(name)).cloned()
        };
        let (from, to) = match change {
            Change::Add(part) => (None, Some(part.clone())),
            Change::Drop(part) => (Some(part.clone()), None),
            Change::Alter(pair) => (Some(pair.from.clone()), Some(pair.to.clone())),
            Change::Rename(names) => {
                let found = named(tables.from, &names.from).zip(named(tables.to, &names.to));
                found.unzip()
            }
        };
        Pair::new(
            from.map(|part| T::change(Change::Drop(part))),
            to.map(|part| T::change(Change::Add(part))),
        )
    }
    match change {
        TableChange::Index(c) => of(c, tables, |t| &t.indexes),
        TableChange::Unique(c) => of(c, tables, |t| &t.uniques),
        TableChange::PrimaryKey(c) => of(c, tables, |t| t.primary_key.as_slice()),
        TableChange::ForeignKey(c) => of(c, tables, |t| &t.foreign_keys),
        TableChange::Check(c) => of(c, tables, |t| &t.checks),
        TableChange::Column(_)
        | TableChange::Values(_)
        | TableChange::Comment(_)
        | TableChange::Options(_) => Pair::new(None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Renames, diff_on};
    use crate::operation::Operation;
    use crate::schema::{Check, Column, ColumnType, ForeignKey, PrimaryKey, Unique};

    const ALL: SharedNames = SharedNames {
        indexes: true,
        uniques: true,
        foreign_keys: true,
        checks: true,
        primary_key: Some(|table| Name::new(format!("{}_pkey", table.name))),
    };

    /// Tables, each with a unique constraint and a check of that name.
    fn schema(tables: &[(&str, &str)]) -> Schema {
        let mut schema = Schema::default();
        for (name, part) in tables {
            let mut table = Table::new(*name);
            table.columns = vec![Column::new("n", ColumnType::Integer)];
            let mut unique = Unique::on(vec![Name::new("n")]);
            unique.name = Some(Name::new(*part));
            table.uniques = vec![unique];
            table.checks = vec![Check {
                name: Some(Name::new(*part)),
                expression: "n > 0".into(),
                extra: None,
            }];
            schema.insert(table);
        }
        schema
    }

    /// What is done, in a few words each.
    fn done(from: &[(&str, &str)], to: &[(&str, &str)], shared: SharedNames) -> Vec<String> {
        let (from, to) = (schema(from), schema(to));
        let found = diff_on(shared, Pair::new(&from, &to), &Renames::default());
        let texts = found.iter().flat_map(Operation::describe).map(|d| d.text);
        texts.collect()
    }

    #[test]
    fn a_name_is_free_before_another_table_takes_it() {
        let swap = (&[("a", "x"), ("b", "y")], &[("a", "y"), ("b", "x")]);
        assert_eq!(
            done(swap.0, swap.1, ALL),
            [
                "drop check `x` from `a`",
                "drop unique constraint `x` from `a`",
                "drop check `y` from `b`",
                "drop unique constraint `y` from `b`",
                "add unique constraint `y` to `a`",
                "add check `y` to `a`",
                "add unique constraint `x` to `b`",
                "add check `x` to `b`",
            ]
        );
        let dropped = done(&[("b", "x")], &[("a", "x")], ALL);
        assert_eq!(
            dropped,
            [
                "drop check `x` from `b`",
                "drop unique constraint `x` from `b`",
                "create table `a`",
                "drop table `b`",
            ]
        );
    }

    #[test]
    fn parts_of_one_table_may_change_names() {
        let table = |unique: &str, check: &str| {
            let mut schema = schema(&[("a", unique)]);
            for table in schema.tables.values_mut() {
                table.checks[0].name = Some(Name::new(check));
            }
            schema
        };
        let (from, to) = (table("x", "y"), table("y", "x"));
        let none = SharedNames::default();
        let found = diff_on(none, Pair::new(&from, &to), &Renames::default());
        let texts = found.iter().flat_map(Operation::describe).map(|d| d.text);
        assert_eq!(
            Vec::from_iter(texts),
            [
                "drop check `y` from `a`",
                "drop unique constraint `x` from `a`",
                "add unique constraint `y` to `a`",
                "add check `x` to `a`",
            ]
        );
    }

    /// A table that was renamed keeps the names of its parts; the old table's
    /// key has that name without saying so.
    #[test]
    fn the_usual_name_of_a_key_is_free_in_time() {
        let table = |name: &str, key: Option<&str>| {
            let mut schema = Schema::default();
            let mut table = Table::new(name);
            table.columns = vec![Column::new("n", ColumnType::Integer)];
            table.primary_key = Some(PrimaryKey {
                name: key.map(Name::new),
                ..PrimaryKey::on(["n"])
            });
            schema.insert(table);
            schema
        };
        let (from, to) = (table("b", None), table("a", Some("b_pkey")));
        let found = diff_on(ALL, Pair::new(&from, &to), &Renames::default());
        let texts = found.iter().flat_map(Operation::describe).map(|d| d.text);
        assert_eq!(
            Vec::from_iter(texts),
            [
                "drop primary key (`n`) from `b`",
                "create table `a`",
                "drop table `b`"
            ]
        );
    }

    #[test]
    fn what_leans_on_it_goes_before_and_comes_back_after() {
        let mut from = schema(&[("a", "x")]);
        let mut child = Table::new("child");
        child.columns = vec![Column::new("n", ColumnType::Integer)];
        let columns = || vec![Name::new("n")];
        let mut key = ForeignKey::new(columns(), TableName::new("a"), columns());
        key.name = Some(Name::new("fk"));
        child.foreign_keys = vec![key];
        from.insert(child);
        let to = schema(&[("b", "x")]);
        let found = diff_on(ALL, Pair::new(&from, &to), &Renames::default());
        let texts: Vec<String> = found
            .iter()
            .flat_map(Operation::describe)
            .map(|d| d.text)
            .collect();
        assert_eq!(
            texts,
            [
                "drop foreign key `fk` from `child`",
                "drop check `x` from `a`",
                "drop unique constraint `x` from `a`",
                "create table `b`",
                "drop table `a`",
                "drop table `child`",
            ]
        );
    }

    #[test]
    fn a_name_that_each_table_has_for_itself_stays() {
        let none = SharedNames::default();
        let swap = (&[("a", "x"), ("b", "y")], &[("a", "y"), ("b", "x")]);
        let done = done(swap.0, swap.1, none);
        assert!(
            done.iter().all(|text| text.starts_with("rename")),
            "{done:?}"
        );
    }
}
