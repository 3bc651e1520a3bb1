//! Values that lose something when their column gets another type.
//!
//! Owns the question whether they may. Nobody is asked where there is no row.

use aludel::db::{Connection, Counted, RowCount, RowLimits, may_have_rows};
use aludel_core::dialect::{Dialect, Retyped, casts};
use aludel_core::hazard::HazardKind;
use aludel_core::operation::Operation;
use aludel_core::schema::TableName;
use serde_json::{Value, json};

use crate::error::{Failure, Result};
use crate::rows;

/// Stops where values would lose something that nobody allowed. Without limits
/// nobody looks, and every table may have rows.
///
/// # Errors
/// Every such column, what its values lose, and how to allow it.
pub(crate) async fn refuse(
    dialect: &dyn Dialect,
    operations: &[Operation],
    mut connection: Option<&mut Connection<'static>>,
    limits: Option<RowLimits>,
    counts: &[RowCount],
) -> Result<()> {
    let mut reports = Vec::new();
    let mut questions = Vec::new();
    for retyped in casts(dialect, operations) {
        let Some(lost) = retyped.cast.as_ref().and_then(|cast| cast.loses.as_deref()) else {
            continue;
        };
        if retyped.columns.to.using.lossy {
            continue;
        }
        let counted = counted(&retyped, counts);
        if counted.is_some_and(|count| count.counted.as_ref().is_ok_and(is_none)) {
            continue;
        }
        let table = live_name(operations, retyped.table);
        // Where nobody looks there may be rows.
        let there = match (limits, connection.as_deref_mut()) {
            (Some(limits), Some(connection)) => {
                let name = quoted(dialect, &table);
                may_have_rows(connection, &name, limits.each).await
            }
            _ => true,
        };
        if !there {
            continue;
        }
        questions.push(document(dialect, questions.len() + 1, &retyped, lost));
        reports.extend(failure(dialect, &retyped, lost, counted).reports);
    }
    if reports.is_empty() {
        return Ok(());
    }
    Err(Failure::many(reports).with_document(json!({ "questions": questions })))
}

fn types(dialect: &dyn Dialect, retyped: &Retyped<'_>) -> (String, String) {
    let write = |ty| dialect.write_type(ty);
    (
        write(&retyped.columns.from.ty),
        write(&retyped.columns.to.ty),
    )
}

/// What was counted of the values that lose something.
fn counted<'c>(retyped: &Retyped<'_>, counts: &'c [RowCount]) -> Option<&'c RowCount> {
    let about = format!("values of `{retyped}`");
    counts.iter().find(|count| {
        let hazard = &count.check.hazard;
        hazard.kind == HazardKind::LosesPrecision && hazard.message == about
    })
}

fn is_none(counted: &Counted) -> bool {
    counted.rows == 0 && !counted.at_least
}

fn failure(
    dialect: &dyn Dialect,
    retyped: &Retyped<'_>,
    lost: &str,
    counted: Option<&RowCount>,
) -> Failure {
    let (old, new) = types(dialect, retyped);
    let rows: Vec<String> = counted.into_iter().flat_map(rows::sentences).collect();
    let rows: String = rows.iter().map(|line| format!("\n{line}")).collect();
    Failure::with_hint(
        format!("values of `{retyped}` lose something: {lost} (`{old}` becomes `{new}`){rows}"),
        "if they may, type `--allow-lossy`, or write `allow_lossy` on the field; \
         `using = \"..\"` there says how values are made instead",
    )
}

fn document(dialect: &dyn Dialect, number: usize, retyped: &Retyped<'_>, lost: &str) -> Value {
    let (old, new) = types(dialect, retyped);
    json!({
        "id": format!("q{number}"),
        "kind": "lossy_cast",
        "column": retyped.to_string(),
        "from": old,
        "to": new,
        "loses": lost,
        "answers": [{
            "flag": "--allow-lossy",
            "means": format!("make `{retyped}` `{new}`, without {lost}"),
        }],
    })
}

/// The name of a table in the database as it is.
fn live_name(operations: &[Operation], table: &TableName) -> TableName {
    let mut name = table;
    for operation in operations.iter().rev() {
        match operation {
            Operation::RenameTable(names) if names.to == *name => name = &names.from,
            _ => {}
        }
    }
    name.clone()
}

/// The name of a table, in quotes.
pub(crate) fn quoted(dialect: &dyn Dialect, table: &TableName) -> String {
    let schema = table.schema.as_ref().map(|schema| schema.as_str());
    let parts = schema.into_iter().chain([table.name.as_str()]);
    let name: Vec<String> = parts.map(|part| dialect.quote_name(part)).collect();
    name.join(".")
}
