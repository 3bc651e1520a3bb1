//! What a table is after a clause of `ALTER TABLE`, as far as its words tell.
//!
//! Owns the parts of one table. Which table it is, and what else a statement
//! does, is the business of `follow`.

use super::follow::Reading;
use super::{Clause, ColumnSaid, IndexPart, Key};
use crate::operation::part::Part;
use crate::schema::{
    Check, Column, DefaultValue, Expression, ForeignKey, Generated, Index, IndexKey, Name,
    PrimaryKey, Table, TableName, Unique,
};

/// Whether a thing has one of these names.
pub(super) fn is_any(name: Option<&Name>, names: &[String]) -> bool {
    name.is_some_and(|name| names.iter().any(|n| n.eq_ignore_ascii_case(name.as_str())))
}

/// Changes a table as a clause says. Nobody knows what it is afterwards where
/// that is false.
pub(super) fn change(table: &mut Table, clause: &Clause, reading: Reading<'_>) -> bool {
    match clause {
        Clause::AddColumn(said) => return add_column(table, said, reading),
        Clause::DropColumn(name) => return drop_column(table, &Name::new(name)),
        Clause::ColumnType {
            column,
            ty,
            collation,
            ..
        } => {
            let ty = (reading.read_type)(ty);
            let Some((column, ty)) = column_mut(table, column).zip(ty) else {
                return false;
            };
            column.ty = ty;
            column.collation = collation.clone();
        }
        Clause::Modify(_, said) => {
            let (key, is_bare) = (is_in_the_primary_key(table, &said.name), is_bare(said));
            let Some((old, mut new)) = column_mut(table, &said.name).zip(column(said, reading))
            else {
                return false;
            };
            new.nullable &= !key;
            *old = new;
            return is_bare;
        }
        Clause::SetNotNull(name) => return set(table, name, |column| column.nullable = false),
        Clause::DropNotNull(name) => return set(table, name, |column| column.nullable = true),
        Clause::SetDefault(name, value) => {
            let value = DefaultValue::Expression(Expression::new(value));
            return set(table, name, |column| column.default = Some(value));
        }
        Clause::DropDefault(name) => return set(table, name, |column| column.default = None),
        Clause::AddIdentity(name) => {
            return set(table, name, |column| column.autoincrement = true);
        }
        Clause::SetExpression(name) => return column_mut(table, name).is_some(),
        Clause::AddPrimaryKey(key) => return add_primary_key(table, key),
        Clause::AddUnique(key) => return add_unique(table, key),
        Clause::AddForeignKey { key, references } => {
            add_foreign_key(table, key, references, reading)
        }
        Clause::AddCheck {
            name,
            expression,
            not_valid,
        } => table.checks.push(Check {
            name: name.as_deref().map(Name::new),
            extra: not_valid.then(|| "NOT VALID".to_owned()),
            ..Check::new(expression)
        }),
        Clause::AddIndex { name, kind, parts } => table.indexes.push(Index {
            name: name.as_deref().map(Name::new),
            method: kind.clone(),
            ..Index {
                keys: parts.iter().map(part).collect(),
                ..Index::on([] as [Name; 0])
            }
        }),
        Clause::DropPrimaryKey => table.primary_key = None,
        Clause::DropPart(name) => return drop_part(table, name),
        Clause::RenamePart(names) => return rename_part(table, names.as_ref()),
        Clause::Validate(name) => {
            for check in &mut table.checks {
                if is_any(check.name.as_ref(), std::slice::from_ref(name))
                    && let Some(validated) = check.validated()
                {
                    *check = validated;
                }
            }
        }
        Clause::Engine(engine) => table.options.engine = Some(engine.clone()),
        Clause::RenameColumn(..)
        | Clause::RenameTable(_)
        | Clause::AddExclude
        | Clause::SetLogged
        | Clause::SetTablespace
        | Clause::SetAccessMethod
        | Clause::AttachPartition(_)
        | Clause::DetachPartition { .. }
        | Clause::DropPartition
        | Clause::RowFormat
        | Clause::Algorithm(_)
        | Clause::Lock(_) => {}
        Clause::SetSchema(_) | Clause::ConvertTo | Clause::Other => return false,
    }
    true
}

fn column_mut<'t>(table: &'t mut Table, name: &str) -> Option<&'t mut Column> {
    let mut columns = table.columns.iter_mut();
    columns.find(|c| c.name.as_str().eq_ignore_ascii_case(name))
}

fn set(table: &mut Table, name: &str, change: impl FnOnce(&mut Column)) -> bool {
    column_mut(table, name).map(change).is_some()
}

fn is_in_the_primary_key(table: &Table, column: &str) -> bool {
    let key = table.primary_key.iter().flat_map(|key| &key.columns);
    let mut key = key.map(Name::as_str);
    key.any(|name| name.eq_ignore_ascii_case(column))
}

/// Whether a column is defined without keys and checks of its own.
fn is_bare(said: &ColumnSaid) -> bool {
    !said.primary_key && !said.unique && !said.check && said.references.is_none()
}

fn column(said: &ColumnSaid, reading: Reading<'_>) -> Option<Column> {
    let ty = (reading.read_type)(&said.ty)?;
    let generated = said.generated.map(|stored| Generated {
        expression: Expression::new(said.expression.clone().unwrap_or_default()),
        stored: stored.unwrap_or(false),
    });
    let default = said
        .default
        .as_ref()
        .filter(|d| !d.eq_ignore_ascii_case("null"));
    let mut column = Column::new(said.name.as_str(), ty);
    column.nullable = !said.not_null && !said.primary_key && !said.numbered;
    column.default = default.map(|d| DefaultValue::Expression(Expression::new(d)));
    column.generated = generated;
    column.autoincrement = said.numbered;
    column.collation.clone_from(&said.collation);
    Some(column)
}

fn add_column(table: &mut Table, said: &ColumnSaid, reading: Reading<'_>) -> bool {
    if column_mut(table, &said.name).is_some() {
        // `IF NOT EXISTS`.
        return true;
    }
    let Some(column) = column(said, reading) else {
        return false;
    };
    let name = column.name.clone();
    table.columns.push(column);
    if said.primary_key {
        table.primary_key = Some(PrimaryKey::on([name.clone()]));
    }
    if said.unique {
        table.uniques.push(Unique::on([name]));
    }
    table.checks.extend(said.checks.iter().map(Check::new));
    said.check != said.checks.is_empty()
}

/// Of keys over several columns databases make different things when one goes.
fn drop_column(table: &mut Table, name: &Name) -> bool {
    let Some(found) = column_mut(table, name.as_str()) else {
        return false;
    };
    let name = found.name.clone();
    let known = table.clone();
    let shared = |columns: Vec<&Name>| columns.len() > 1 && columns.contains(&&name);
    let keys = known
        .primary_key
        .iter()
        .map(|key| key.columns.iter().collect());
    let uniques = known.uniques.iter().map(|unique| unique.columns());
    let indexes = known.indexes.iter().map(|index| index.columns());
    if keys.chain(uniques).chain(indexes).any(shared) {
        return false;
    }
    let alone = |columns: &[Name]| columns.contains(&name);
    table.primary_key = table.primary_key.take().filter(|key| !alone(&key.columns));
    table.uniques.retain(|unique| !alone(&unique.columns));
    table.indexes.retain(|index| !index.uses(&name, &known));
    table.checks.retain(|check| !check.uses(&name, &known));
    table.foreign_keys.retain(|key| !alone(&key.columns));
    table.columns.retain(|column| column.name != name);
    true
}

fn add_foreign_key(table: &mut Table, key: &Key, references: &TableName, reading: Reading<'_>) {
    let columns: Vec<Name> = key.columns.iter().map(Name::new).collect();
    if reading.indexes_foreign_keys {
        table.indexes.push(Index::on(columns.clone()));
    }
    table.foreign_keys.push(ForeignKey {
        name: key.name.as_deref().map(Name::new),
        not_valid: key.not_valid,
        ..ForeignKey::new(columns, reading.name(references), [] as [Name; 0])
    });
}

/// The index that a constraint takes over, which is then none of its own.
fn taken_over(table: &mut Table, key: &Key) -> Option<Vec<Name>> {
    let Some(own) = &key.using_index else {
        return Some(key.columns.iter().map(Name::new).collect());
    };
    let at = table
        .indexes
        .iter()
        .position(|index| is_any(index.name.as_ref(), std::slice::from_ref(own)))?;
    let index = table.indexes.remove(at);
    let columns = index.columns().into_iter().cloned().collect();
    Some(columns)
}

fn add_primary_key(table: &mut Table, key: &Key) -> bool {
    let Some(columns) = taken_over(table, key) else {
        return false;
    };
    for name in &columns {
        if !set(table, name.as_str(), |column| column.nullable = false) {
            return false;
        }
    }
    let name = key.name.as_deref().map(Name::new);
    table.primary_key = Some(PrimaryKey {
        name,
        ..PrimaryKey::on(columns)
    });
    true
}

fn add_unique(table: &mut Table, key: &Key) -> bool {
    let Some(columns) = taken_over(table, key) else {
        return false;
    };
    let name = key.name.as_ref().or(key.using_index.as_ref());
    table.uniques.push(Unique {
        name: name.map(Name::new),
        ..Unique::on(columns)
    });
    true
}

/// Drops what has that name. It may be the name that the database gave to a
/// part without one.
fn drop_part(table: &mut Table, name: &str) -> bool {
    let names = [name.to_owned()];
    let is = |own: Option<&Name>| is_any(own, &names);
    let before = parts(table);
    let key = table.primary_key.take();
    table.primary_key = key.filter(|key| !is(key.name.as_ref()));
    table.uniques.retain(|part| !is(part.name.as_ref()));
    table.indexes.retain(|part| !is(part.name.as_ref()));
    table.checks.retain(|part| !is(part.name.as_ref()));
    table.foreign_keys.retain(|part| !is(part.name.as_ref()));
    parts(table) < before
}

fn parts(table: &Table) -> usize {
    usize::from(table.primary_key.is_some())
        + table.uniques.len()
        + table.indexes.len()
        + table.checks.len()
        + table.foreign_keys.len()
}

fn rename_part(table: &mut Table, names: Option<&(String, String)>) -> bool {
    let Some((from, to)) = names else {
        return false;
    };
    let primary = table.primary_key.iter_mut().map(|part| &mut part.name);
    let uniques = table.uniques.iter_mut().map(|part| &mut part.name);
    let indexes = table.indexes.iter_mut().map(|part| &mut part.name);
    let checks = table.checks.iter_mut().map(|part| &mut part.name);
    let keys = table.foreign_keys.iter_mut().map(|part| &mut part.name);
    let all = primary
        .chain(uniques)
        .chain(indexes)
        .chain(checks)
        .chain(keys);
    let mut found = false;
    for name in all {
        if is_any(name.as_ref(), std::slice::from_ref(from)) {
            *name = Some(Name::new(to));
            found = true;
        }
    }
    found
}

pub(super) fn part(part: &IndexPart) -> IndexKey {
    match part {
        IndexPart::Column(name, prefix) => {
            let mut key = IndexKey::column(name.as_str());
            key.prefix = *prefix;
            key
        }
        IndexPart::Expression(text) => IndexKey::expression(text.as_str()),
    }
}
