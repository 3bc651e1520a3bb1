//! Its rows, changed by migrations in Rust: those of one project moved to
//! another, and a share computed for every run, batch by batch.

use std::sync::{Mutex, PoisonError};

use aludel::migration::*;
use aludel::{MigrationFile, Migrations, Migrator};
use aludel_core::dialect::named;
use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use super::started;
use crate::project::{Project, block_on};
use crate::rows::content;
use crate::startup::same;
use crate::{Outcome, trial};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "ibutsu::postgres::one_project_into_another",
            one_into_another,
        ),
        trial("ibutsu::postgres::a_share_in_batches", a_share_in_batches),
    ]
}

/// The first version with its rows, as if nobody had migrated it.
fn rows() -> Result<Project, Failed> {
    let project = started(On::Postgres)?.project;
    project.sql("DROP TABLE aludel_version, aludel_log, aludel_status, aludel_step")?;
    Ok(project)
}

fn url(project: &Project) -> Result<String, Failed> {
    Ok(project.server().ok_or("no server")?.url().to_owned())
}

const MERGE: &str = "//! move rows\n//!\n//! Revision ID: e5736dbcc0b0\n//! Revises:\n\
                     //! Create Date: 2026-05-01T00:00:00Z\n";
const SHARE: &str = "//! compute shares\n//!\n//! Revision ID: d18de2b3253f\n//! Revises:\n\
                     //! Create Date: 2026-05-18T00:00:00Z\n";

static MERGES: [MigrationFile; 1] = [MigrationFile::rust(
    "e5736dbcc0b0_move_rows.rs",
    MERGE,
    merge,
    nothing,
)];
static SHARES: [MigrationFile; 1] = [MigrationFile::rust(
    "d18de2b3253f_compute_shares.rs",
    SHARE,
    compute,
    without_index,
)];

const SOURCE: &str = "c6fd19a7-858a-4226-8c27-d8fa7ddf6d0c";
const TARGET: &str = "3915c900-85fc-1222-833c-10d51af56f2e";

fn nothing(_: &mut Op) {}

/// Moves what belongs to one project to another.
fn merge(op: &mut Op) {
    op.data("move the rows of a project", |connection| {
        Box::pin(async move {
            let database = connection.postgres()?;
            let name = "SELECT name FROM projects WHERE id = $1::uuid";
            let of = |id: &'static str| sqlx::query_scalar::<_, String>(name).bind(id);
            if of(SOURCE).fetch_optional(&mut *database).await?.is_none() {
                return Ok(());
            }
            for table in ["runs", "results"] {
                let sql = format!(
                    "UPDATE {table} SET project_id = $2::uuid, data = coalesce(data, '{{}}') || \
                     coalesce((SELECT jsonb_build_object('project', name) FROM projects \
                     WHERE id = $2::uuid), '{{}}') WHERE project_id = $1::uuid"
                );
                sqlx::query(sqlx::AssertSqlSafe(sql))
                    .bind(SOURCE)
                    .bind(TARGET)
                    .execute(&mut *database)
                    .await?;
            }
            // What was moved so far is moved back.
            if of(TARGET).fetch_optional(&mut *database).await?.is_none() {
                return Err(format!("there is no project {TARGET} to move rows to").into());
            }
            for sql in [
                "UPDATE dashboards SET project_id = $2::uuid WHERE project_id = $1::uuid",
                "UPDATE widget_configs SET project_id = $2::uuid WHERE project_id = $1::uuid",
                "INSERT INTO users_projects (user_id, project_id) SELECT user_id, $2::uuid \
                 FROM users_projects WHERE project_id = $1::uuid ON CONFLICT DO NOTHING",
            ] {
                sqlx::query(sql)
                    .bind(SOURCE)
                    .bind(TARGET)
                    .execute(&mut *database)
                    .await?;
            }
            Ok(())
        })
    });
}

/// Rows are moved once, and not at all where there is nowhere to move them to.
fn one_into_another() -> Outcome {
    let project = rows()?;
    let (at, migrator) = (url(&project)?, Migrator::new(Migrations::embedded(&MERGES)));
    // A copy whose target is missing when the step runs.
    let other = rows()?;
    other.sql(&format!(
        "ALTER TABLE runs DROP CONSTRAINT runs_project_id_fkey; \
         ALTER TABLE results DROP CONSTRAINT results_project_id_fkey; \
         DELETE FROM users_projects WHERE project_id = '{TARGET}'; \
         DELETE FROM runs WHERE project_id = '{TARGET}'; DELETE FROM projects WHERE id = '{TARGET}'"
    ))?;
    let (before, elsewhere) = (content(&other)?, url(&other)?);
    let refused = block_on(async { Ok(migrator.upgrade(&elsewhere, "head").await.err()) })?;
    let refused = refused.ok_or("rows were moved to nowhere")?.to_string();
    same(refused.contains("there is no project"), true)?;
    same(content(&other)? == before, true)?;
    let none = block_on(async { Ok(migrator.current(&elsewhere).await?) })?;
    same(none, Vec::new())?;

    block_on(async { Ok(migrator.upgrade(&at, "head").await?) })?;
    for (table, count) in [
        ("runs", 3),
        ("results", 1),
        ("dashboards", 1),
        ("widget_configs", 1),
    ] {
        let sql = format!(
            "SELECT count(*) FILTER (WHERE project_id = '{TARGET}') || ':' || \
             count(*) FILTER (WHERE project_id = '{SOURCE}') FROM {table}"
        );
        same(project.query(&sql)?, vec![format!("{count}:0")])?;
    }
    let names = "SELECT coalesce(data->>'project', 'none') FROM runs ORDER BY id";
    let wanted = ["insights-qe", "insights-qe", "old", "none", "none"];
    same(project.query(names)?, wanted.map(str::to_owned).to_vec())?;
    let members = "SELECT count(*) FROM users_projects";
    same(project.query(members)?, vec!["4".to_owned()])?;
    let kept = "SELECT data->'jenkins'->>'job_name' FROM runs ORDER BY id LIMIT 1";
    same(project.query(kept)?, vec!["j".to_owned()])?;

    // The way back does nothing, and a second time there is nothing to move.
    let moved = content(&project)?;
    block_on(async { Ok(migrator.downgrade(&at, "base").await?) })?;
    same(content(&project)? == moved, true)?;
    block_on(async { Ok(migrator.upgrade(&at, "head").await?) })?;
    same(content(&project)? == moved, true)?;

    let postgres = named("postgres").ok_or("no such dialect")?;
    let script = block_on(async {
        let way = aludel::Direction::Up;
        Ok(migrator.script(postgres, way, &[], "head").await.err())
    })?;
    let refused = script.ok_or("a script was made of it")?.to_string();
    same(refused.contains("move the rows of a project"), true)
}

/// What a batch has done, and what somebody else saw then.
static BATCHES: Mutex<Vec<(u64, String)>> = Mutex::new(Vec::new());

/// The database of the trial, for who looks at it from outside.
static DATABASE: Mutex<String> = Mutex::new(String::new());

const BATCH: u64 = 5000;

const SHARE_OF_A_BATCH: &str = r"
WITH batch AS (
  SELECT id, number(summary->>'tests', 0) AS tests, number(summary->>'passes', NULL) AS passes,
    number(summary->>'failures', 0) + number(summary->>'errors', 0)
      + number(summary->>'skips', 0) AS others
  FROM runs
  WHERE summary IS NOT NULL AND NOT summary ? 'pass_percent' ORDER BY id LIMIT 5000
)
UPDATE runs SET summary = summary || jsonb_build_object('pass_percent', CASE WHEN tests = 0 THEN 0
  ELSE greatest(floor(100 * coalesce(passes, tests - others) / tests), 0)::int END)
FROM batch WHERE runs.id = batch.id";

/// Shares of five thousand runs at a time, each committed before the next; then
/// an index over them beside whoever writes.
fn compute(op: &mut Op) {
    op.autocommit(|op| {
        op.data("compute shares", |connection| {
            Box::pin(async move {
                let database = connection.postgres()?;
                // Of this session alone.
                sqlx::raw_sql(
                    "CREATE OR REPLACE FUNCTION pg_temp.number(value text, other numeric) \
                     RETURNS numeric LANGUAGE sql AS $$ SELECT CASE WHEN value ~ '^[0-9]+$' \
                     THEN value::numeric ELSE other END $$",
                )
                .execute(&mut *database)
                .await?;
                let sql = SHARE_OF_A_BATCH.replace("number(", "pg_temp.number(");
                loop {
                    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone()))
                        .execute(&mut *database)
                        .await?
                        .rows_affected();
                    let url = DATABASE
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .clone();
                    let seen = aludel_test_servers::query(
                        &url,
                        "SELECT count(*) FROM runs WHERE summary ? 'pass_percent'",
                    )?;
                    let mut batches = BATCHES.lock().unwrap_or_else(PoisonError::into_inner);
                    batches.push((done, seen.trim().to_owned()));
                    if done < BATCH {
                        return Ok(());
                    }
                }
            })
        });
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_runs_pass_percent \
             ON runs (((summary->>'pass_percent')::int))",
        );
    });
}

fn without_index(op: &mut Op) {
    op.execute("DROP INDEX IF EXISTS ix_runs_pass_percent");
}

/// What was noted since the last time.
fn batches() -> Vec<(u64, String)> {
    std::mem::take(&mut *BATCHES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Three batches, each there for everybody before the next; a second time there
/// is nothing to do.
fn a_share_in_batches() -> Outcome {
    let project = rows()?;
    let at = url(&project)?;
    DATABASE
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone_from(&at);
    project.sql(
        "INSERT INTO runs (id, start_time, created, summary) SELECT gen_random_uuid(), \
         '2025-12-01', '2025-12-01', '{\"tests\": 4, \"passes\": 1}' \
         FROM generate_series(1, 12000)",
    )?;
    let migrator = Migrator::new(Migrations::embedded(&SHARES));
    block_on(async { Ok(migrator.upgrade(&at, "head").await?) })?;
    let seen = |all: &[(u64, &str)]| -> Vec<(u64, String)> {
        all.iter()
            .map(|(done, seen)| (*done, (*seen).to_owned()))
            .collect()
    };
    same(
        batches(),
        seen(&[(5000, "5000"), (5000, "10000"), (2004, "12004")]),
    )?;
    let first = "SELECT coalesce(summary->>'pass_percent', 'none') FROM runs \
                 WHERE id::text LIKE '77777777-%' ORDER BY id";
    let shares = ["70", "33", "0", "none", "0"].map(str::to_owned).to_vec();
    same(project.query(first)?, shares.clone())?;
    let others = "SELECT count(*) FROM runs WHERE summary->>'pass_percent' = '25'";
    same(project.query(others)?, vec!["12000".to_owned()])?;
    let valid = "SELECT indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                 WHERE c.relname = 'ix_runs_pass_percent'";
    same(project.query(valid)?, vec!["t".to_owned()])?;
    block_on(async { Ok(migrator.downgrade(&at, "base").await?) })?;
    same(project.query(valid)?, Vec::new())?;
    same(project.query(first)?, shares.clone())?;
    block_on(async { Ok(migrator.upgrade(&at, "head").await?) })?;
    same(batches(), seen(&[(0, "12004")]))?;
    same(project.query(valid)?, vec!["t".to_owned()])?;
    same(project.query(first)?, shares)
}
