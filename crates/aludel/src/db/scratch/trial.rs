//! A copy inside of one transaction of the database itself, which is rolled
//! back: nothing has to be made or dropped, and a role needs no more than to
//! make a schema.
//!
//! It holds tables of one schema and their enum types. Whatever else there is
//! may be named in a way that leads out of the copy; and a statement that may
//! not run in a transaction cannot be tried in it. It knows nothing of what is
//! tried.

use aludel_core::dialect::{ObjectKind, Snapshot, SqlObject};
use sqlx::postgres::PgTransactionManager;
use sqlx::{AssertSqlSafe, SqlSafeStr};
use sqlx_core::transaction::TransactionManager;

use super::name::ScratchName;
use super::{ScratchCopy, at_once, one_by_one};
use crate::db::connection::Connection;
use crate::db::database_error;
use crate::error::Result;

/// A copy on a connection of its own, or `None` where it cannot be had.
pub(super) async fn copy(
    snapshot: &Snapshot,
    connection: &Connection<'_>,
) -> Result<Option<ScratchCopy>> {
    if !snapshot.objects.is_empty() || !fits(snapshot) {
        return Ok(None);
    }
    opened(snapshot, connection, "").await
}

/// The same with objects, in which the server is only asked what it makes of
/// them: what the copy lacks is found in the schema of the database itself.
pub(super) async fn sample(
    snapshot: &Snapshot,
    connection: &Connection<'_>,
) -> Result<Option<ScratchCopy>> {
    let own = snapshot.server.schema.as_str();
    let stands_here = |object: &SqlObject| match object.kind {
        ObjectKind::Schema | ObjectKind::Extension | ObjectKind::Operator => true,
        _ => !object
            .name
            .split('(')
            .next()
            .is_some_and(|name| name.contains('.')),
    };
    if own.is_empty() || !snapshot.objects.iter().all(stands_here) || !fits(snapshot) {
        return Ok(None);
    }
    let mut here = snapshot.clone();
    // These are there already, and would be made for everybody.
    here.objects.retain(|object| {
        !matches!(
            object.kind,
            ObjectKind::Schema | ObjectKind::Extension | ObjectKind::Operator
        )
    });
    let path = format!(", {}", connection.dialect().quote_name(own));
    opened(&here, connection, &path).await
}

async fn opened(
    snapshot: &Snapshot,
    connection: &Connection<'_>,
    path: &str,
) -> Result<Option<ScratchCopy>> {
    let mut trial = connection.origin().connect(None).await?;
    match begun(&mut trial, snapshot, path).await {
        Ok(true) => {
            trial.trial = true;
            Ok(Some(ScratchCopy {
                connection: Some(trial),
                skipped: Vec::new(),
                made: None,
                kept: false,
            }))
        }
        Ok(false) => trial.close().await.map(|()| None),
        Err(error) => {
            tracing::debug!(%error, "no copy can be made in a transaction");
            trial.close().await.map(|()| None)
        }
    }
}

/// Whether everything stands in one schema and is made without the help of
/// what this program only carries along.
fn fits(snapshot: &Snapshot) -> bool {
    let schema = &snapshot.schema;
    schema.tables.keys().all(|name| name.schema.is_none())
        && schema.enums.keys().all(|name| name.schema.is_none())
}

/// Begins the transaction and fills its schema; gives whether that worked.
async fn begun(connection: &mut Connection<'_>, snapshot: &Snapshot, path: &str) -> Result<bool> {
    let wrong = |error| database_error(&error, "no copy can be made");
    // Nothing outside of the schema has a name in it: a statement that leads
    // there fails.
    let name = ScratchName::new();
    let sql = format!(
        "BEGIN; SET LOCAL lock_timeout = 2000; CREATE SCHEMA {name}; \
         SET LOCAL search_path = {name}{path}; SET LOCAL check_function_bodies = off"
    );
    let sql = AssertSqlSafe(sql).into_sql_str();
    let begun = PgTransactionManager::begin(connection.postgres()?, Some(sql)).await;
    begun.map_err(wrong)?;
    let dialect = connection.dialect();
    let Ok(statements) = dialect.remake(snapshot) else {
        return Ok(false);
    };
    let statements: Vec<_> = statements.iter().collect();
    if at_once(connection, dialect, &statements).await {
        if path.is_empty() {
            // What is tried is checked as it will be.
            let checked = connection.run("SET LOCAL check_function_bodies = DEFAULT");
            checked.await.map_err(wrong)?;
        }
        return Ok(true);
    }
    // In another order all may go.
    Ok(!path.is_empty()
        && one_by_one(connection, dialect, statements)
            .await?
            .is_empty())
}
