//! The expected Rust migration of every case, compiled and run on the database
//! that it was written for: what is written is what runs, there and back.

use std::error::Error;
use std::path::Path;

use aludel::db::{introspect, run_operations};
use aludel::migration::Op;
use aludel::migration::record::Segment;
use aludel::migration::resolve::resolve;
use aludel_core::dialect::{Dialect, Scope};
use aludel_core::diff::{Renames, Wanted};
use aludel_core::operation::{Operation, RawSql};
use aludel_core::schema::Schema;
use aludel_tests::place::{On, Place};
use aludel_tests::world::{settled, wanted_by};
use libtest_mimic::Trial;

use crate::golden::{models, objects, schemas, speaks_first};
use crate::house::root;
use crate::project::block_on;
use crate::trial;

/// A function of a migration file.
type Body = fn(&mut Op);

include!(concat!(env!("OUT_DIR"), "/cases.rs"));

pub(crate) fn trials() -> Vec<Trial> {
    let cases = root().join("fixtures/cases");
    let compiled = COMPILED.iter().map(|(name, upgrade, downgrade)| {
        let case = cases.join(name);
        trial(format!("compiled::{name}"), move || {
            let on = speaks_first(&case).ok_or("no database takes the case")?;
            let schemas = schemas(&case)?;
            block_on(walk(on, &case, schemas, (*upgrade, *downgrade)))
        })
    });
    compiled.collect()
}

/// What a function does to a database with this schema.
fn record(
    dialect: &'static dyn Dialect,
    body: Body,
    schema: &Schema,
) -> Result<Vec<Operation>, Box<dyn Error + Send + Sync>> {
    let mut op = Op::new(schema.clone(), dialect.name());
    body(&mut op);
    let mut schema = schema.clone();
    let mut operations = Vec::new();
    for segment in op.finish().segments {
        let calls = match segment {
            Segment::Schema(calls) => calls,
            // A schema of PostgreSQL, which nothing else can say.
            Segment::Execute(execute) if execute.dialect.is_some() => {
                if execute.dialect.as_deref() == Some(dialect.name()) {
                    operations.push(Operation::Execute(RawSql {
                        name: None,
                        sql: execute.sql,
                        reverse: None,
                        dialect: Some(dialect.name()),
                    }));
                }
                continue;
            }
            _ => return Err("a generated migration holds only changes of the schema".into()),
        };
        operations.extend(
            resolve(&calls, &mut schema, dialect)
                .map_err(|errors| errors.iter().map(|e| format!("{e}\n")).collect::<String>())?,
        );
    }
    Ok(operations)
}

async fn walk(
    on: On,
    case: &Path,
    schemas: Vec<String>,
    (upgrade, downgrade): (Body, Body),
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut place = Place::open(on).await?;
    let dialect = place.connection.dialect();
    let scope = Scope { schemas };
    let before = wanted_by(dialect, &models(on, case, "before"))?;
    let after = wanted_by(dialect, &models(on, case, "after"))?;
    let connection = &mut place.connection;
    let none = Renames::default();

    let empty = introspect(connection, &scope).await?;
    let create = settled(connection, &empty, &before, &none).await?;
    run_operations(connection, &create).await?;
    for sql in dialect.split_statements(&objects(on, case, "before"))? {
        aludel::db::execute(connection, &sql).await?;
    }
    let start = introspect(connection, &scope).await?;

    let operations = record(dialect, upgrade, &start.schema)?;
    run_operations(connection, &operations).await?;
    let upgraded = introspect(connection, &scope).await?;
    let left = settled(connection, &upgraded, &after, &none).await?;
    if !left.is_empty() {
        return Err(format!("after the upgrade: {left:#?}").into());
    }

    let operations = record(dialect, downgrade, &upgraded.schema)?;
    run_operations(connection, &operations).await?;
    let downgraded = introspect(connection, &scope).await?;
    let as_before = Wanted {
        schema: dialect.canonical(start.schema),
        ..Wanted::default()
    };
    let left = settled(connection, &downgraded, &as_before, &none).await?;
    if !left.is_empty() {
        return Err(format!("after the downgrade: {left:#?}").into());
    }
    Ok(())
}
