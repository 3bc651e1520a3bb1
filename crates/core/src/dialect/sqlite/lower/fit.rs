//! What stops a rebuild where values do not fit the new type of their column.
//!
//! SQLite would keep such a value as it is, where no program that expects the
//! type can read it, and `RAISE` is for triggers alone. So a table that takes
//! no value is made, and given those that do not fit: its constraint is named
//! by what is wrong, which is all that SQLite says of it. Owns these
//! statements; which values fit is the business of `misfit`.

use super::Unit;
use super::rebuild::free_name;
use crate::change::{Change, Pair};
use crate::dialect::Snapshot;
use crate::dialect::sqlite::render::quote;
use crate::dialect::sqlite::{cast, misfit};
use crate::dialect::types::sqlite_write;
use crate::hazard::{Hazard, Objection};
use crate::operation::TableChange;
use crate::plan::Statement;
use crate::schema::{Column, Table};

/// How the name of the constraint begins that values break which do not fit
/// their new type.
pub const MISFITS: &str = "values that do not fit: ";

/// What the name of the table begins with that takes no value.
pub const FIT_PREFIX: &str = "_aludel_fit_";

/// A column whose values may not fit its new type.
struct Doubt<'a> {
    column: &'a Column,
    /// Its values as they will be copied.
    value: String,
    /// Whether one of them does not fit.
    misfit: String,
    hazard: &'a Hazard,
}

/// The statements that stop where values do not fit; none where all do.
pub(super) fn guards(now: &Snapshot, before: &Table, units: &[Unit<'_>]) -> Vec<Statement> {
    let mut doubts: Vec<Doubt<'_>> = Vec::new();
    for doubt in units.iter().filter_map(|unit| doubt(unit, before, units)) {
        // What counts of several changes of one column is what it is in the end.
        doubts.retain(|earlier| earlier.column.name != doubt.column.name);
        doubts.push(doubt);
    }
    if doubts.is_empty() {
        return Vec::new();
    }
    let table = before.name.name.as_str();
    let fit = quote(&free_name(now, FIT_PREFIX, table));
    let columns = doubts.iter().map(|doubt| {
        let (name, ty) = (&doubt.column.name, sqlite_write(&doubt.column.ty));
        let rule = quote(&format!("{MISFITS}{table}.{name} as {ty}"));
        let name = quote(name.as_str());
        format!("  {name} CONSTRAINT {rule} CHECK ({name} IS NULL)")
    });
    let columns: Vec<String> = columns.collect();
    let why = format!("look for values of `{table}` that do not fit");
    let mut statements = vec![Statement::new(
        format!("CREATE TEMP TABLE {fit} (\n{}\n)", columns.join(",\n")),
        &why,
    )];
    for doubt in doubts {
        let name = quote(doubt.column.name.as_str());
        let rows = if doubt.value == name {
            quote(table)
        } else {
            format!("(SELECT {} AS {name} FROM {})", doubt.value, quote(table))
        };
        let mut statement = Statement::new(
            format!(
                "INSERT INTO {fit} ({name}) SELECT {name} FROM {rows} \
                 WHERE {name} IS NOT NULL AND ({})",
                doubt.misfit
            ),
            format!(
                "stop where values of `{table}.{}` do not fit",
                doubt.column.name
            ),
        );
        statement.hazards.push(doubt.hazard.clone());
        statements.push(statement);
    }
    statements.push(Statement::new(format!("DROP TABLE {fit}"), why));
    statements
}

fn doubt<'a>(unit: &'a Unit<'_>, before: &'a Table, units: &[Unit<'_>]) -> Option<Doubt<'a>> {
    let TableChange::Column(Change::Alter(pair)) = unit.what else {
        return None;
    };
    let mut hazards = unit.hazards.iter();
    let hazard = hazards.find(|h| h.objection == Some(Objection::Misfit))?;
    let Pair { from, to } = pair;
    // One that is new has no values, and those of one that goes are not copied.
    let old = before.column(from.name.as_str())?;
    let goes = |unit: &Unit<'_>| matches!(unit.what, TableChange::Column(Change::Drop(gone)) if gone.name == to.name);
    if units.iter().any(goes) {
        return None;
    }
    let types = Pair::new(&old.ty, &to.ty);
    let name = quote(to.name.as_str());
    let (value, misfit) = match &to.using.up {
        // Whatever somebody's own expression makes, it is to be of the type.
        Some(using) => (using.as_str().to_owned(), misfit::of(&name, &to.ty, &to.ty)),
        None => {
            cast::of(&to.name, types.clone())?.fails?;
            (name.clone(), misfit::of(&name, types.from, types.to))
        }
    };
    Some(Doubt {
        column: to,
        value,
        misfit: misfit?,
        hazard,
    })
}
