//! Replay on a schema.
//!
//! Replay is strict: what is dropped or changed must be there, what is made
//! must not, and nothing that is still used goes away. A foreign key may refer
//! to a table that the schema does not hold, since it may be one that aludel
//! does not manage.

use super::enums::change_enum;
use super::part::Part;
use super::references::{follow_column, follow_table, user_of_column};
use super::values::rename_enum_value;
use super::{Operation, TableChange};
use crate::change::{Change, Pair};
use crate::error::{Error, Result};
use crate::schema::{Column, ForeignKey, Name, PrimaryKey, Schema, Table, TableName};

impl Operation {
    /// Replays the operation on a schema, which is as good as lost if that fails.
    ///
    /// # Errors
    /// The schema has not what the operation is about, has already what it
    /// makes, or still uses what it drops.
    pub fn apply(&self, schema: &mut Schema) -> Result<()> {
        match self {
            Self::CreateTable(table) => create_table(schema, table),
            Self::DropTable(table) => drop_table(schema, &table.name),
            Self::RenameTable(names) => rename_table(schema, names),
            Self::AlterTable { table, changes } => changes
                .iter()
                .try_for_each(|change| change.apply(schema, table)),
            Self::Enum(change) => change_enum(schema, change),
            Self::RenameEnumValue { name, values } => rename_enum_value(schema, name, values),
            // A schema says nothing of objects, and what SQL does is not known
            // here; who runs it looks again.
            Self::Object(_) | Self::Execute(_) => Ok(()),
        }
    }
}

impl TableChange {
    /// Replays one change of a batch.
    fn apply(&self, schema: &mut Schema, name: &TableName) -> Result<()> {
        match self {
            Self::Column(change) => return change_column(schema, name, change),
            Self::ForeignKey(change) => return change_foreign_key(schema, name, change),
            _ => {}
        }
        let table = table_mut(schema, name)?;
        match self {
            Self::Column(_) | Self::ForeignKey(_) => {}
            // The schema says nothing of rows.
            Self::Values(renamed) => {
                if table.column(renamed.column.as_str()).is_none() {
                    return Err(unknown_column(table, &renamed.column));
                }
            }
            Self::PrimaryKey(change) => change_primary_key(table, change)?,
            Self::Unique(change) => change_part(table, change, |t| &mut t.uniques)?,
            Self::Index(change) => {
                change_part(table, change, |t| &mut t.indexes)?;
                for index in &mut table.indexes {
                    index.concurrently = false;
                }
            }
            Self::Check(change) => change_part(table, change, |t| &mut t.checks)?,
            Self::Comment(pair) => table.comment.clone_from(&pair.to),
            Self::Options(pair) => table.options.clone_from(&pair.to),
        }
        Ok(())
    }
}

/// An error about a name that is not there, with what is.
fn unknown<'a>(
    what: &str,
    name: &str,
    whose: &str,
    there: impl IntoIterator<Item = &'a str>,
) -> Error {
    let there: Vec<&str> = there.into_iter().collect();
    let error = Error::new(format!("there is no {what} `{name}`{whose}"));
    let nearest = there
        .iter()
        .map(|t| {
            (
                strsim::jaro_winkler(&t.to_lowercase(), &name.to_lowercase()),
                *t,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, nearest)) => error.with_hint(format!("did you mean `{nearest}`?")),
        None if there.is_empty() => error.with_hint("there are none at all"),
        None => {
            let list: Vec<String> = there.iter().map(|t| format!("`{t}`")).collect();
            error.with_hint(format!("there are {}", list.join(", ")))
        }
    }
}

fn unknown_table(schema: &Schema, name: &TableName) -> Error {
    let names: Vec<String> = schema.tables.keys().map(TableName::to_string).collect();
    unknown(
        "table",
        &name.to_string(),
        "",
        names.iter().map(String::as_str),
    )
}

fn unknown_column(table: &Table, name: &Name) -> Error {
    let whose = format!(" in `{}`", table.name);
    let names = table.columns.iter().map(|c| c.name.as_str());
    unknown("column", name.as_str(), &whose, names)
}

fn table_mut<'a>(schema: &'a mut Schema, name: &TableName) -> Result<&'a mut Table> {
    if !schema.tables.contains_key(name) {
        return Err(unknown_table(schema, name));
    }
    schema
        .tables
        .get_mut(name)
        .ok_or_else(|| Error::new(format!("there is no table `{name}`")))
}

fn create_table(schema: &mut Schema, table: &Table) -> Result<()> {
    if schema.tables.contains_key(&table.name) {
        return Err(Error::new(format!("table `{}` exists already", table.name)));
    }
    let mut made = table.clone();
    made.columns.clear();
    for column in &table.columns {
        add_column(&mut made, column)?;
    }
    made.primary_key
        .iter()
        .try_for_each(|p| has_columns(table, p))?;
    made.uniques
        .iter()
        .try_for_each(|p| has_columns(table, p))?;
    made.indexes
        .iter()
        .try_for_each(|p| has_columns(table, p))?;
    for key in &made.foreign_keys {
        has_columns(table, key)?;
        has_referenced_columns(schema, table, key)?;
    }
    for index in &mut made.indexes {
        index.concurrently = false;
    }
    made.sort_lists();
    schema.insert(made);
    Ok(())
}

fn drop_table(schema: &mut Schema, name: &TableName) -> Result<()> {
    for other in schema.tables.values().filter(|t| t.name != *name) {
        if let Some(key) = other.foreign_keys.iter().find(|k| k.references == *name) {
            return Err(Error::new(format!(
                "table `{name}` cannot be dropped: foreign key {} of `{}` refers to it",
                key.label(),
                other.name
            ))
            .with_hint("drop the foreign key first"));
        }
    }
    match schema.tables.remove(name) {
        Some(_) => Ok(()),
        None => Err(unknown_table(schema, name)),
    }
}

fn rename_table(schema: &mut Schema, names: &Pair<TableName>) -> Result<()> {
    if schema.tables.contains_key(&names.to) {
        return Err(Error::new(format!(
            "table `{}` cannot become `{}`, which exists already",
            names.from, names.to
        )));
    }
    let Some(mut table) = schema.tables.remove(&names.from) else {
        return Err(unknown_table(schema, &names.from));
    };
    table.name = names.to.clone();
    schema.insert(table);
    follow_table(schema, names);
    Ok(())
}

fn change_column(schema: &mut Schema, name: &TableName, change: &Change<Column>) -> Result<()> {
    let table = table_mut(schema, name)?;
    match change {
        Change::Add(column) => add_column(table, column),
        Change::Drop(column) => drop_column(schema, name, &column.name),
        Change::Rename(names) => rename_column(schema, name, names),
        Change::Alter(pair) => {
            if pair.from.name != pair.to.name {
                let names = Pair::new(pair.from.name.clone(), pair.to.name.clone());
                rename_column(schema, name, &names)?;
            }
            let table = table_mut(schema, name)?;
            let Some(i) = table.columns.iter().position(|c| c.name == pair.to.name) else {
                return Err(unknown_column(table, &pair.to.name));
            };
            if let Some(column) = table.columns.get_mut(i) {
                column.clone_from(&pair.to);
                column.forget_rows();
            }
            Ok(())
        }
    }
}

fn add_column(table: &mut Table, column: &Column) -> Result<()> {
    if table.column(column.name.as_str()).is_some() {
        return Err(Error::new(format!(
            "column `{}.{}` exists already",
            table.name, column.name
        )));
    }
    let mut column = column.clone();
    column.forget_rows();
    table.columns.push(column);
    Ok(())
}

fn drop_column(schema: &mut Schema, name: &TableName, column: &Name) -> Result<()> {
    let table = table_mut(schema, name)?.clone();
    if table.column(column.as_str()).is_none() {
        return Err(unknown_column(&table, column));
    }
    if let Some(user) = user_of_column(schema, &table, column) {
        return Err(Error::new(format!(
            "column `{name}.{column}` cannot be dropped: {user} still uses it"
        ))
        .with_hint(format!("drop or change {user} first")));
    }
    let table = table_mut(schema, name)?;
    table.columns.retain(|c| c.name != *column);
    Ok(())
}

fn rename_column(schema: &mut Schema, name: &TableName, names: &Pair<Name>) -> Result<()> {
    let table = table_mut(schema, name)?;
    if table.column(names.from.as_str()).is_none() {
        return Err(unknown_column(table, &names.from));
    }
    if table.column(names.to.as_str()).is_some() {
        return Err(Error::new(format!(
            "column `{name}.{}` cannot become `{}`, which exists already",
            names.from, names.to
        )));
    }
    follow_column(schema, name, names);
    Ok(())
}

fn change_primary_key(table: &mut Table, change: &Change<PrimaryKey>) -> Result<()> {
    let missing = || Error::new(format!("table `{}` has no primary key", table.name));
    let next = match change {
        Change::Add(_) if table.primary_key.is_some() => {
            return Err(Error::new(format!(
                "table `{}` has a primary key already",
                table.name
            )));
        }
        Change::Add(key) => Some(key.clone()),
        Change::Drop(_) | Change::Alter(_) | Change::Rename(_) if table.primary_key.is_none() => {
            return Err(missing());
        }
        Change::Drop(_) => None,
        Change::Alter(pair) => Some(pair.to.clone()),
        Change::Rename(names) => {
            let mut key = table.primary_key.clone().ok_or_else(missing)?;
            if key.name.as_ref() != Some(&names.from) {
                let whose = format!(" in `{}`", table.name);
                let there = key.name.iter().map(Name::as_str);
                return Err(unknown("primary key", names.from.as_str(), &whose, there));
            }
            key.name = Some(names.to.clone());
            Some(key)
        }
    };
    if let Some(key) = &next {
        has_columns(table, key)?;
    }
    table.primary_key = next;
    Ok(())
}

fn change_foreign_key(
    schema: &mut Schema,
    name: &TableName,
    change: &Change<ForeignKey>,
) -> Result<()> {
    let table = table_mut(schema, name)?.clone();
    match change {
        Change::Add(key) | Change::Alter(Pair { to: key, .. }) => {
            has_referenced_columns(schema, &table, key)?;
        }
        Change::Drop(_) | Change::Rename(_) => {}
    }
    change_part(table_mut(schema, name)?, change, |t| &mut t.foreign_keys)
}

/// Replays a change of a part that a table has many of.
fn change_part<T: Part>(
    table: &mut Table,
    change: &Change<T>,
    list: impl Fn(&mut Table) -> &mut Vec<T>,
) -> Result<()> {
    if let Change::Add(part) | Change::Alter(Pair { to: part, .. }) = change {
        has_columns(table, part)?;
    }
    let owner = table.name.clone();
    let parts = list(table);
    match change {
        Change::Add(part) => {
            is_free(&owner, parts, part.name(), None)?;
            parts.push(part.clone());
        }
        Change::Drop(part) => {
            let at = find(&owner, parts, part)?;
            parts.remove(at);
        }
        Change::Alter(pair) => {
            let at = find(&owner, parts, &pair.from)?;
            is_free(&owner, parts, pair.to.name(), Some(at))?;
            parts.splice(at..=at, [pair.to.clone()]);
        }
        Change::Rename(names) => {
            let at = find_named(&owner, parts, &names.from)?;
            is_free(&owner, parts, Some(&names.to), Some(at))?;
            if let Some(part) = parts.get_mut(at) {
                part.set_name(Some(names.to.clone()));
            }
        }
    }
    table.sort_lists();
    Ok(())
}

fn is_free<T: Part>(
    table: &TableName,
    parts: &[T],
    name: Option<&Name>,
    except: Option<usize>,
) -> Result<()> {
    let taken = parts
        .iter()
        .enumerate()
        .any(|(i, p)| Some(i) != except && name.is_some() && p.name() == name);
    match name {
        Some(name) if taken => Err(Error::new(format!(
            "{} `{name}` of `{table}` exists already",
            T::NOUN
        ))),
        _ => Ok(()),
    }
}

/// A named part is found by its name, one without by what it is.
fn find<T: Part>(table: &TableName, parts: &[T], part: &T) -> Result<usize> {
    if let Some(name) = part.name() {
        return find_named(table, parts, name);
    }
    parts.iter().position(|p| p == part).ok_or_else(|| {
        let error = Error::new(format!(
            "there is no {} {} without a name in `{table}`",
            T::NOUN,
            part.made_of()
        ));
        let there: Vec<String> = parts.iter().map(Part::label).collect();
        if there.is_empty() {
            error.with_hint("there are none at all")
        } else {
            error.with_hint(format!("there are {}", there.join(", ")))
        }
    })
}

fn find_named<T: Part>(table: &TableName, parts: &[T], name: &Name) -> Result<usize> {
    parts
        .iter()
        .position(|p| p.name() == Some(name))
        .ok_or_else(|| {
            let there = parts.iter().filter_map(|p| p.name().map(Name::as_str));
            unknown(T::NOUN, name.as_str(), &format!(" in `{table}`"), there)
        })
}

fn has_columns<T: Part>(table: &Table, part: &T) -> Result<()> {
    for column in part.columns() {
        if table.column(column.as_str()).is_none() {
            let error = unknown_column(table, column);
            return Err(Error {
                message: format!("{} {}: {}", T::NOUN, part.label(), error.message),
                hint: error.hint,
            });
        }
    }
    Ok(())
}

fn has_referenced_columns(schema: &Schema, table: &Table, key: &ForeignKey) -> Result<()> {
    let referenced = if key.references == table.name {
        Some(table)
    } else {
        schema.table(&key.references)
    };
    let Some(referenced) = referenced else {
        return Ok(());
    };
    for column in &key.referenced_columns {
        if referenced.column(column.as_str()).is_none() {
            let error = unknown_column(referenced, column);
            return Err(Error {
                message: format!("foreign key {}: {}", key.label(), error.message),
                hint: error.hint,
            });
        }
    }
    Ok(())
}
