//! The road from texts and schemas to operations, as the commands take it.

use aludel_core::change::Pair;
use aludel_core::dialect::Dialect;
use aludel_core::dialect::sqlite::Sqlite;
use aludel_core::diff::{self, Judge, Naming, Renames, Wanted};
use aludel_core::operation::Operation;
use aludel_core::schema::Schema;
use aludel_syntax::scan::{SourceFile, scan};

/// What the models of one file want on SQLite.
///
/// # Errors
/// Every mistake in the text.
pub fn wanted(text: &str) -> Result<Wanted, String> {
    let scanned = scan(vec![SourceFile::new("models.rs", text)]).map_err(|mistakes| {
        mistakes
            .iter()
            .map(|m| format!("{}\n", m.message))
            .collect::<String>()
    })?;
    Sqlite
        .wanted(&scanned.models, &Naming::default())
        .map_err(|errors| {
            errors
                .iter()
                .map(|e| format!("{}\n", e.message))
                .collect::<String>()
        })
}

/// A schema, wanted exactly as it is.
pub fn exactly(schema: &Schema) -> Wanted {
    Wanted {
        schema: Sqlite.canonical(schema.clone()),
        ..Wanted::default()
    }
}

/// What takes an existing schema to a wanted one.
///
/// # Errors
/// What [`diff::adopt`] refuses.
pub fn operations(
    existing: &Schema,
    wanted: &Wanted,
    renames: &Renames,
) -> Result<Vec<Operation>, String> {
    let judge = Judge {
        accepts: &|rust, existing| Sqlite.accepts(rust, existing),
        same_expression: &|a, b| Sqlite.same_expression(a, b),
        fold_name: &|name| Sqlite.fold_name(name),
    };
    let adopted = diff::adopt(wanted, existing, renames, &judge, &Naming::default())
        .map_err(|e| e.to_string())?;
    Ok(diff::diff(
        Pair::new(existing, &adopted.schema),
        &adopted.renames,
    ))
}
