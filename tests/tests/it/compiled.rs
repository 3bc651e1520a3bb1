//! The expected Rust migration of every case, compiled and run: what is
//! written is what runs, there and back.

use std::fs;

use aludel::db::{Mode, Url, connect, introspect, run_operations};
use aludel::migration::Op;
use aludel::migration::record::Segment;
use aludel::migration::resolve::resolve;
use aludel_core::dialect::Scope;
use aludel_core::dialect::sqlite::Sqlite;
use aludel_core::diff::Renames;
use aludel_core::operation::Operation;
use aludel_core::schema::Schema;
use aludel_tests::world;
use libtest_mimic::{Failed, Trial};

use crate::house::root;
use crate::project::block_on;
use crate::{Outcome, trial};

/// A function of a migration file.
type Body = fn(&mut Op);

include!(concat!(env!("OUT_DIR"), "/cases.rs"));

pub(crate) fn trials() -> Vec<Trial> {
    let cases = root().join("fixtures/cases");
    COMPILED
        .iter()
        // The others are written for a server, and are compiled only.
        .filter(|(name, ..)| cases.join(name).join("expected/sqlite.sql").is_file())
        .map(|(name, upgrade, downgrade)| {
            trial(format!("compiled::{name}"), move || {
                walk(name, *upgrade, *downgrade)
            })
        })
        .collect()
}

/// What a function does to a database with this schema.
fn record(body: Body, schema: &Schema) -> Result<Vec<Operation>, Failed> {
    let mut op = Op::new(schema.clone(), "sqlite");
    body(&mut op);
    let mut schema = schema.clone();
    let mut operations = Vec::new();
    for segment in op.finish().segments {
        let Segment::Schema(calls) = segment else {
            return Err("a generated migration holds only changes of the schema".into());
        };
        operations.extend(
            resolve(&calls, &mut schema, &Sqlite)
                .map_err(|errors| errors.iter().map(|e| format!("{e}\n")).collect::<String>())?,
        );
    }
    Ok(operations)
}

fn walk(name: &str, upgrade: Body, downgrade: Body) -> Outcome {
    let case = root().join("fixtures/cases").join(name);
    let before = world::wanted(&fs::read_to_string(case.join("before.rs"))?)?;
    let after = world::wanted(&fs::read_to_string(case.join("after.rs"))?)?;
    let none = Renames::default();
    block_on(async {
        let mut connection = connect(&Url::parse("sqlite::memory:")?, Mode::Create).await?;
        let create = world::operations(&Schema::default(), &before, &none)?;
        run_operations(&mut connection, &create).await?;
        let start = introspect(&mut connection, &Scope::default()).await?;

        let operations = record(upgrade, &start.schema).map_err(message)?;
        run_operations(&mut connection, &operations).await?;
        let upgraded = introspect(&mut connection, &Scope::default()).await?;
        let left = world::operations(&upgraded.schema, &after, &none)?;
        if !left.is_empty() {
            return Err(format!("after the upgrade: {left:#?}").into());
        }

        let operations = record(downgrade, &upgraded.schema).map_err(message)?;
        run_operations(&mut connection, &operations).await?;
        let downgraded = introspect(&mut connection, &Scope::default()).await?;
        let left = world::operations(&downgraded.schema, &world::exactly(&start.schema), &none)?;
        if !left.is_empty() {
            return Err(format!("after the downgrade: {left:#?}").into());
        }
        Ok(())
    })
}

fn message(failed: Failed) -> String {
    failed.message().unwrap_or_default().to_owned()
}
