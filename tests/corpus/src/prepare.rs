//! What models cannot say and need all the same: the schemas, extensions,
//! types, sequences, functions and operators that columns and defaults name.
//!
//! A user writes these into a migration by hand; here they are taken from the
//! database that the models were reflected from.

use std::borrow::Cow;

use aludel::db::{self, Connection, Mode, Url};
use aludel_core::dialect::{ObjectKind, Scope};
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
pub(crate) fn needed(from: &str, to: &str, schemas: &[String]) -> Result<()> {
    if from.starts_with("sqlite:") {
        return Ok(());
    }
    block_on(make(from, to, schemas))?
}

async fn make(from: &str, to: &str, schemas: &[String]) -> Result<()> {
    let mut origin = open(from, Mode::ReadOnly).await?;
    let scope = Scope {
        schemas: schemas.to_vec(),
    };
    let snapshot = db::introspect(&mut origin, &scope)
        .await
        .map_err(|e| e.to_string())?;
    let objects = snapshot.objects.iter();
    let objects = objects.filter(|object| BEFORE_TABLES.contains(&object.kind));
    let mut waiting: Vec<Cow<'_, str>> = objects.map(|o| o.sql.as_str().into()).collect();
    // A sequence that is not named after its column is one that models cannot
    // say, and the defaults of other columns may name it.
    let columns = snapshot.schema.tables.values();
    let columns = columns.flat_map(|table| &table.columns);
    let serial = columns.filter(|column| column.identity == Some(Identity::Serial));
    let named = serial.filter_map(|column| column.extra.as_deref());
    waiting.extend(named.map(|extra| format!("CREATE SEQUENCE {extra}").into()));
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
    target.close().await.map_err(|e| e.to_string())
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
