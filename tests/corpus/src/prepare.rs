//! What neither models nor SQL files say and tables need all the same: schemas,
//! collations, operators, and what these need.
//!
//! A user writes these into a migration by hand; here they are taken from the
//! database that the models were reflected from.

use std::borrow::Cow;

use aludel::db::{self, Connection, Mode, Url};
use aludel_core::dialect::{ObjectKind, Scope, SqlObject};
use aludel_core::object::{self, Noun};
use aludel_core::schema::Identity;

use crate::Result;

/// What a table may need before it can be made.
const BEFORE_TABLES: [ObjectKind; 6] = [
    ObjectKind::Schema,
    ObjectKind::Extension,
    ObjectKind::Type,
    ObjectKind::Sequence,
    ObjectKind::Function,
    ObjectKind::Operator,
];

/// Makes in one database what the tables of another need. What cannot be made
/// before the tables (a function that returns their rows) no table needs.
/// Gives the names of the sequences that stand alone now and belonged to a
/// column.
pub(crate) fn needed(from: &str, to: &str, schemas: &[String]) -> Result<Vec<String>> {
    if from.starts_with("sqlite:") {
        return Ok(Vec::new());
    }
    block_on(make(from, to, schemas))?
}

async fn make(from: &str, to: &str, schemas: &[String]) -> Result<Vec<String>> {
    let mut origin = open(from, Mode::ReadOnly).await?;
    let scope = Scope {
        schemas: schemas.to_vec(),
    };
    let snapshot = db::introspect(&mut origin, &scope)
        .await
        .map_err(|e| e.to_string())?;
    // What a file of objects says is made with the models, but for what an
    // operator may need, which no file says.
    let operators = (snapshot.objects.iter()).any(|o| o.kind == ObjectKind::Operator);
    let dialect = origin.dialect();
    let said = object::definitions(dialect, &snapshot);
    let is_said = |one: &SqlObject| {
        let own = object::definition(dialect, one, &snapshot.server.schema);
        !operators && own.is_some_and(|own| said.contains(&own))
    };
    let objects = snapshot.objects.iter();
    let objects = objects.filter(|o| BEFORE_TABLES.contains(&o.kind) && !is_said(o));
    let mut waiting: Vec<Cow<'_, str>> = objects.map(|o| o.sql.as_str().into()).collect();
    // A sequence that is not named after its column is one that models cannot
    // say, and the defaults of other columns may name it.
    let columns = snapshot.schema.tables.values();
    let columns = columns.flat_map(|table| &table.columns);
    let serial = columns.filter(|column| column.identity == Some(Identity::Serial));
    let named = serial.filter_map(|column| column.extra.as_deref());
    waiting.extend(named.map(|extra| format!("CREATE SEQUENCE {extra}").into()));
    let sequences = waiting.iter().filter_map(|sql| {
        let made = object::read(dialect, sql)
            .ok()?
            .id
            .in_default_schema(&snapshot.server.schema);
        (made.noun == Noun::Sequence).then(|| made.label())
    });
    let sequences: Vec<String> = sequences.collect();
    let mut target = open(to, Mode::ReadWrite).await?;
    if to.starts_with("postgres") {
        let unchecked = "SET check_function_bodies = off";
        let done = db::execute(&mut target, unchecked).await;
        done.map_err(|e| e.to_string())?;
    }
    // One may need another: as long as one more can be made, the others are
    // tried again.
    loop {
        let mut left = Vec::new();
        for sql in &waiting {
            if db::execute(&mut target, sql).await.is_err() {
                left.push(sql.clone());
            }
        }
        if left.is_empty() || left.len() == waiting.len() {
            break;
        }
        waiting = left;
    }
    origin.close().await.map_err(|e| e.to_string())?;
    target.close().await.map_err(|e| e.to_string())?;
    Ok(sequences)
}

async fn open(url: &str, mode: Mode) -> Result<Connection<'static>> {
    let url = Url::parse(url).map_err(|e| e.to_string())?;
    db::connect(&url, mode).await.map_err(|e| e.to_string())
}

/// A future, run to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    Ok(runtime.block_on(future))
}
