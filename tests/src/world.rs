//! The road from texts and schemas to operations, as the commands take it.

use aludel::db::{Connection, settle};
use aludel_core::change::Pair;
use aludel_core::dialect::sqlite::Sqlite;
use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::diff::{self, Answers, Judge, Naming, Renames, Wanted};
use aludel_core::operation::Operation;
use aludel_core::schema::Schema;
use aludel_syntax::scan::{SourceFile, scan};

/// What the models of one file want on SQLite.
///
/// # Errors
/// Every mistake in the text.
pub fn wanted(text: &str) -> Result<Wanted, String> {
    wanted_by(&Sqlite, text)
}

/// What the models of one file want.
///
/// # Errors
/// Every mistake in the text.
pub fn wanted_by(dialect: &dyn Dialect, text: &str) -> Result<Wanted, String> {
    let scanned = scan(vec![SourceFile::new("models.rs", text)]).map_err(|mistakes| {
        mistakes
            .iter()
            .map(|m| format!("{}\n", m.message))
            .collect::<String>()
    })?;
    let wanted = dialect.wanted(&scanned.models);
    wanted.map_err(|errors| {
        errors
            .iter()
            .map(|e| format!("{}\n", e.message))
            .collect::<String>()
    })
}

/// A schema, wanted on SQLite exactly as it is.
pub fn exactly(schema: &Schema) -> Wanted {
    Wanted {
        schema: Sqlite.canonical(schema.clone()),
        ..Wanted::default()
    }
}

/// What takes an existing schema on SQLite to a wanted one.
///
/// # Errors
/// What [`diff::adopt`] refuses.
pub fn operations(
    existing: &Schema,
    wanted: &Wanted,
    renames: &Renames,
) -> Result<Vec<Operation>, String> {
    compared(&Sqlite, &Answers::default(), existing, wanted, renames)
}

/// What takes the database of a connection, which is as the snapshot says, to
/// a wanted schema; the server is asked where texts differ.
///
/// # Errors
/// What [`diff::adopt`] refuses, or the server.
pub async fn settled(
    connection: &mut Connection<'_>,
    existing: &Snapshot,
    wanted: &Wanted,
    renames: &Renames,
) -> Result<Vec<Operation>, String> {
    let dialect = connection.dialect();
    let wanted = Wanted {
        schema: dialect.on_server(wanted.schema.clone(), &existing.server),
        hints: wanted.hints.clone(),
        ..Wanted::default()
    };
    let questions = judged(dialect, &Answers::default(), |judge| {
        let naming = Naming::default();
        diff::unsettled(&wanted, &existing.schema, renames, judge, &naming)
    })?;
    let answers = settle(connection, &questions).await;
    let answers = answers.map_err(|e| e.to_string())?.answers;
    compared(dialect, &answers, &existing.schema, &wanted, renames)
}

/// What makes a wanted schema in an empty database.
///
/// # Errors
/// What [`diff::adopt`] refuses.
pub fn creation(dialect: &dyn Dialect, wanted: &Wanted) -> Result<Vec<Operation>, String> {
    let (empty, none) = (Schema::default(), Renames::default());
    compared(dialect, &Answers::default(), &empty, wanted, &none)
}

fn compared(
    dialect: &dyn Dialect,
    answers: &Answers,
    existing: &Schema,
    wanted: &Wanted,
    renames: &Renames,
) -> Result<Vec<Operation>, String> {
    let adopted = judged(dialect, answers, |judge| {
        diff::adopt(wanted, existing, renames, judge, &Naming::default())
    })?;
    Ok(diff::diff_on(
        dialect.shared_names(),
        Pair::new(existing, &adopted.schema),
        &adopted.renames,
    ))
}

fn judged<T>(
    dialect: &dyn Dialect,
    answers: &Answers,
    ask: impl FnOnce(&Judge<'_>) -> aludel_core::Result<T>,
) -> Result<T, String> {
    let judge = Judge {
        accepts: &|rust, existing| dialect.accepts(rust, existing),
        same_expression: &|a, b| dialect.same_expression(a, b) || answers.same(a, b),
        fold_name: &|name| dialect.fold_name(name),
    };
    ask(&judge).map_err(|e| e.to_string())
}
