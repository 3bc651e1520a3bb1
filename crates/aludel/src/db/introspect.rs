//! Reading what is in a database.

use aludel_core::dialect::Snapshot;
use aludel_core::dialect::sqlite::catalog::{CATALOG, CatalogRow, snapshot};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Connection, database_error};
use crate::error::Result;

/// The tables in which tools, this one among them, keep what they have done.
const BOOKKEEPING: [&str; 5] = [
    "alembic_version",
    "_sqlx_migrations",
    "seaql_migrations",
    "__diesel_schema_migrations",
    "refinery_schema_history",
];

/// Whether a table keeps the books of a migration tool. Such tables are never
/// compared with models.
pub fn is_bookkeeping(table: &str) -> bool {
    let own = table
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("aludel_"));
    own || BOOKKEEPING
        .iter()
        .any(|name| name.eq_ignore_ascii_case(table))
}

/// The database as it is: one statement, whatever the number of tables. The
/// tables of migration tools are among the objects only.
///
/// # Errors
/// What the database says when its catalogue is read.
pub async fn introspect(connection: &mut Connection<'_>) -> Result<Snapshot> {
    let mut snapshot = read_catalog(connection).await?;
    let tables = &mut snapshot.schema.tables;
    tables.retain(|name, _| !is_bookkeeping(name.name.as_str()));
    snapshot.unmanaged.retain(|thing| {
        let table = thing.name.split('.').next().unwrap_or_default();
        !is_bookkeeping(table)
    });
    Ok(snapshot)
}

/// The same with every table, as a migration may well drop another tool's.
pub(crate) async fn read_catalog(connection: &mut SqliteConnection) -> Result<Snapshot> {
    let wrong = |error| database_error(&error, "the catalogue of the database cannot be read");
    let rows = sqlx::query(CATALOG)
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(wrong)?;
    let rows: Result<Vec<CatalogRow>, sqlx::Error> = rows.iter().map(row).collect();
    Ok(snapshot(rows.map_err(wrong)?))
}

fn row(row: &SqliteRow) -> Result<CatalogRow, sqlx::Error> {
    Ok(CatalogRow {
        part: row.try_get(0)?,
        tbl: row.try_get(1)?,
        n: row.try_get(2)?,
        name: row.try_get(3)?,
        kind: row.try_get(4)?,
        x: row.try_get(5)?,
        y: row.try_get(6)?,
        z: row.try_get(7)?,
        txt: row.try_get(8)?,
        sql: row.try_get(9)?,
    })
}
