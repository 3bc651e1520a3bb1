//! What breaks programs that are running, what no way back restores, and what
//! values lose.
//!
//! Owns what a change means for who uses the schema before it, and for who
//! wants it back.

use super::judge::parts::no_value;
use super::{Hazard, HazardKind, Objection};
use crate::change::{Change, Pair};
use crate::operation::RenamedValues;
use crate::schema::{Column, EnumType, Name, TableName};

/// A hazard for programs: who it goes wrong for.
fn breaks(who: String) -> Hazard {
    Hazard::new(HazardKind::BreaksRunningCode, who)
}

/// What a table that goes away, or is called otherwise, means.
pub(super) fn of_dropped_table(table: &TableName) -> Vec<Hazard> {
    let back = format!("`downgrade` makes `{table}` again, without its rows");
    vec![
        breaks(format!("what still uses `{table}`")),
        Hazard::new(HazardKind::NotReversible, back).note(),
    ]
}

/// What a new name of a table means.
pub(super) fn of_renamed_table(names: &Pair<TableName>) -> Vec<Hazard> {
    vec![breaks(format!("what still says `{}`", names.from))]
}

/// What a new name of a value means.
pub(super) fn of_renamed_value(of: &str, values: &Pair<String>) -> Hazard {
    breaks(format!("what still says `{}` of `{of}`", values.from))
}

/// What new names of the values of a column mean.
pub(super) fn of_renamed_values(table: &TableName, renamed: &RenamedValues) -> Vec<Hazard> {
    let of = format!("{table}.{}", renamed.column);
    let values = renamed.values.iter();
    values.map(|pair| of_renamed_value(&of, pair)).collect()
}

/// What it means that a type has a value no longer.
pub(super) fn of_removed_values(pair: &Pair<EnumType>) -> Vec<Hazard> {
    let removed = pair.from.values.iter();
    let removed = removed.filter(|value| !pair.to.values.contains(value));
    let what =
        |value: &String| breaks(format!("what still writes `{value}` of `{}`", pair.to.name));
    removed.map(what).collect()
}

/// What a change of a column means. `fits` tells whether every value of its
/// type is one of the new type.
pub(super) fn of_column(table: &TableName, change: &Change<Column>, fits: bool) -> Vec<Hazard> {
    let of = |column: &Name| format!("`{table}.{column}`");
    match change {
        Change::Add(column) if must_be_said(column) => vec![breaks(format!(
            "what inserts into `{table}` without `{}`",
            column.name
        ))],
        Change::Add(_) => Vec::new(),
        Change::Drop(column) => {
            let mut found = vec![breaks(format!("what still uses {}", of(&column.name)))];
            if column.generated.is_none() {
                let back = format!(
                    "`downgrade` makes {} again, without its values",
                    of(&column.name)
                );
                found.push(Hazard::new(HazardKind::NotReversible, back).note());
            }
            found
        }
        Change::Rename(names) => vec![breaks(format!("what still says {}", of(&names.from)))],
        Change::Alter(pair) => of_altered(table, pair, fits),
    }
}

fn of_altered(table: &TableName, pair: &Pair<Column>, fits: bool) -> Vec<Hazard> {
    let Pair { from, to } = pair;
    let column = format!("`{table}.{}`", to.name);
    let mut found = Vec::new();
    if from.name != to.name {
        found.push(breaks(format!("what still says `{table}.{}`", from.name)));
    }
    if from.generated.is_none() && to.generated.is_some() {
        found.push(breaks(format!("what still writes {column}")));
        return found;
    }
    if !must_be_said(from) && must_be_said(to) {
        found.push(breaks(if from.nullable {
            format!("what still writes NULL into {column}, or leaves it out")
        } else {
            format!("what inserts into `{table}` without `{}`", to.name)
        }));
    }
    if to.generated.is_none() && !fits {
        found.push(breaks(format!(
            "what still uses {column} as what it was before"
        )));
    }
    // Which of these it is, and whether any, the database knows whose cast it is.
    if to.generated.is_none() && from.ty != to.ty && !fits {
        let lost = format!("`downgrade` does not bring back what values of {column} lose");
        let written =
            format!("`downgrade` does not bring back how values of {column} were written");
        found.extend([
            Hazard::new(HazardKind::LosesPrecision, format!("values of {column}"))
                .because(Objection::Loss),
            Hazard::new(HazardKind::NotReversible, lost).because(Objection::Loss),
            Hazard::new(HazardKind::NotReversible, written).because(Objection::Respelled),
        ]);
    }
    found
}

/// Whether who inserts a row has to say a value for the column.
fn must_be_said(column: &Column) -> bool {
    !column.nullable
        && column.generated.is_none()
        && !column.autoincrement
        && no_value(&column.default)
}
