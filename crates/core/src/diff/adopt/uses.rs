//! What the models use and no longer have.

use crate::diff::Adopted;
use crate::error::{Error, Result};
use crate::operation::identifiers;
use crate::operation::part::Part;
use crate::schema::{Expression, Name, Schema, Table};

/// Refuses a wanted schema that uses a column or a table that goes away.
/// `existing` is the database as it is, `before` with the renames done.
pub(super) fn check(adopted: &Adopted, existing: &Schema, before: &Schema) -> Result<()> {
    for table in adopted.schema.tables.values() {
        lists_own_columns(table)?;
        refers_to_what_stays(table, adopted, before)?;
        mentions_what_stays(table, adopted, existing, before)?;
    }
    Ok(())
}

fn lists_own_columns(table: &Table) -> Result<()> {
    fn of<T: Part>(parts: &[T], table: &Table) -> Result<()> {
        for part in parts {
            for column in part.columns() {
                has_column(
                    table,
                    column,
                    &format!("{} {}", T::NOUN, part.label()),
                    table,
                )?;
            }
        }
        Ok(())
    }
    of(table.primary_key.as_slice(), table)?;
    of(&table.uniques, table)?;
    of(&table.foreign_keys, table)?;
    of(&table.indexes, table)
}

fn has_column(owner: &Table, column: &Name, user: &str, table: &Table) -> Result<()> {
    if table.column(column.as_str()).is_some() {
        return Ok(());
    }
    let error = Error::new(format!(
        "{user} of `{}` uses `{}.{column}`, which the model has not",
        owner.name, table.name
    ));
    let names = table.columns.iter().map(|c| &c.name);
    Err(match super::renamed::nearest(column.as_str(), names) {
        Some(nearest) => error.with_hint(format!("did you mean `{nearest}`?")),
        None => error,
    })
}

/// A table that neither the models nor the database have may be one that aludel
/// does not manage; one that the database has would be dropped.
fn refers_to_what_stays(table: &Table, adopted: &Adopted, before: &Schema) -> Result<()> {
    for key in &table.foreign_keys {
        let user = format!("foreign key {}", key.label());
        if let Some(referenced) = adopted.schema.table(&key.references) {
            for column in &key.referenced_columns {
                has_column(table, column, &user, referenced)?;
            }
        } else if before.table(&key.references).is_some() {
            return Err(Error::new(format!(
                "{user} of `{}` refers to `{}`, which no model describes and which would be dropped",
                table.name, key.references
            ))
            .with_hint("add a model of that table, or exclude the table"));
        }
    }
    Ok(())
}

fn mentions_what_stays(
    table: &Table,
    adopted: &Adopted,
    existing: &Schema,
    before: &Schema,
) -> Result<()> {
    let renamed = adopted
        .renames
        .tables
        .iter()
        .find(|pair| pair.to == table.name);
    let old_name = renamed.map_or(&table.name, |pair| &pair.from);
    let columns = [existing.table(old_name), before.table(&table.name)];
    let columns = columns.into_iter().flatten().flat_map(|t| &t.columns);
    let mut gone: Vec<&Name> = Vec::new();
    for column in columns {
        if table.column(column.name.as_str()).is_none() && !gone.contains(&&column.name) {
            gone.push(&column.name);
        }
    }
    for (user, expression) in expressions(table) {
        for column in &gone {
            if identifiers::mentions(expression, column, table)
                && !is_own(expression, column, table)
            {
                return Err(went_away(table, &user, column, adopted));
            }
        }
    }
    Ok(())
}

/// Whether what looks like the column that goes is another spelling of one that
/// stays.
fn is_own(expression: &Expression, gone: &Name, table: &Table) -> bool {
    identifiers::mentioned(expression, table)
        .iter()
        .any(|own| own.as_str().eq_ignore_ascii_case(gone.as_str()))
}

fn went_away(table: &Table, user: &str, column: &Name, adopted: &Adopted) -> Error {
    let error = Error::new(format!(
        "{user} of `{}` mentions `{column}`, which the model has no longer",
        table.name
    ));
    let renamed = adopted.renames.columns.iter();
    let renamed = renamed.filter(|(name, _)| *name == table.name);
    match renamed
        .map(|(_, pair)| pair)
        .find(|pair| pair.from == *column)
    {
        Some(pair) => error.with_hint(format!("it is `{}` now: change the expression", pair.to)),
        None => error.with_hint("change the expression, or keep the column"),
    }
}

fn expressions(table: &Table) -> Vec<(String, &Expression)> {
    fn of<T: Part>(parts: &[T]) -> impl Iterator<Item = (String, &Expression)> {
        parts.iter().flat_map(|part| {
            let user = format!("{} {}", T::NOUN, part.label());
            let all = part.expressions().into_iter();
            all.map(move |expression| (user.clone(), expression))
        })
    }
    let generated = table.columns.iter().filter_map(|column| {
        let generated = column.generated.as_ref()?;
        Some((
            format!("generated column `{}`", column.name),
            &generated.expression,
        ))
    });
    of(&table.checks)
        .chain(of(&table.indexes))
        .chain(generated)
        .collect()
}
