//! The road from texts and schemas to operations, as the commands take it.

use aludel::db::{Connection, settle};
use aludel_core::change::{Change, Pair};
use aludel_core::dialect::sqlite::Sqlite;
use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::diff::{self, Answers, Judge, Naming, Renames, Wanted};
use aludel_core::operation::{Operation, TableChange};
use aludel_core::schema::{Column, ColumnType, Expression, Schema};
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
    let mut answers = Answers::default();
    // As the commands do: a server may say its own words otherwise once more.
    for _ in 0..3 {
        let questions = judged(dialect, &answers, |judge| {
            let naming = Naming::default();
            diff::unsettled(&wanted, &existing.schema, renames, judge, &naming)
        })?;
        let questions = answers.left_of(questions);
        if questions.is_empty() {
            break;
        }
        let settled = settle(connection, &questions).await;
        answers.extend(settled.map_err(|e| e.to_string())?.answers);
    }
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
    let operations = judged(dialect, answers, |judge| {
        let adopted = diff::adopt(wanted, existing, renames, judge, &Naming::default())?;
        let sides = Pair::new(existing, &adopted.schema);
        let mut operations = diff::diff_on(dialect.shared_names(), sides, &adopted.renames);
        let keeps = |types: Pair<&ColumnType>| dialect.keeps_conversions(types);
        let sides = Pair::new(existing, &wanted.schema);
        diff::say_anew(&mut operations, sides, &keeps, judge);
        Ok(operations)
    })?;
    Ok(told(dialect, operations))
}

/// The operations with an expression for values of which nobody can say what
/// they become, there and back: what the database itself makes of their text.
pub(crate) fn told(dialect: &dyn Dialect, mut operations: Vec<Operation>) -> Vec<Operation> {
    let guess = |a: &Column, b: &Column| {
        let cast = dialect.cast(&a.name, Pair::new(&a.ty, &b.ty));
        let name = dialect.quote_name(b.name.as_str());
        let text = match dialect.name() {
            "postgres" => format!("{name}::text::{}", dialect.write_type(&b.ty)),
            _ => name,
        };
        let open = cast.is_none() && b.generated.is_none();
        open.then(|| Expression::new(text))
    };
    for operation in &mut operations {
        let Operation::AlterTable { changes, .. } = operation else {
            continue;
        };
        for change in changes {
            if let TableChange::Column(Change::Alter(Pair { from, to })) = change {
                let (up, down) = (guess(from, to), guess(to, from));
                to.using.up = up;
                from.using.up = down;
            }
        }
    }
    operations
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
        shared_names: dialect.shared_names(),
    };
    ask(&judge).map_err(|e| e.to_string())
}
