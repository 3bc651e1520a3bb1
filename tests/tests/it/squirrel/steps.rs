//! Single steps of the history, with the rows that are in their way.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use aludel_test_servers::client;
use libtest_mimic::{Failed, Trial};

use super::{HEAD, HEAD_ID, HISTORY, at_version, fixture, set_models, state};
use crate::cli::says;
use crate::everyday::{current, file};
use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial("squirrel::a_column_renamed_and_back", a_column_renamed),
        trial("squirrel::keys_of_an_application", keys_of_an_application),
        trial("squirrel::an_address_of_two", an_address_of_two),
        trial("squirrel::an_index_beside_writers", an_index_beside_writers),
        trial("squirrel::an_index_that_fails", an_index_that_fails),
    ]
}

/// A database at a version, with the rows of the first one.
fn with_rows(version: usize) -> Result<Project, Failed> {
    let project = at_version(version)?;
    let (first, _) = HISTORY[0];
    project.expect(&["upgrade", first], 0)?;
    project.sql(&fixture("rows_at_initial.sql")?)?;
    project.expect(&["upgrade", "head"], 0)?;
    Ok(project)
}

/// Behind the head of production.
fn behind(project: &Project, id: &str, parent: &str, up: &str, down: &str) -> Outcome {
    let header = format!("-- Revision ID: {id}\n-- Revises: {parent}\n");
    file(project, &format!("{id}_x"), &header, up, down)
}

/// Without a word about it a likely rename is a question, not a loss; told, it
/// is one statement, and the values follow both ways.
fn a_column_renamed() -> Outcome {
    let project = with_rows(3)?;
    set_models(&project, 4)?;
    let hint = "#[column(renamed_from = \"comment\")]";
    project.edit("models.rs", hint, "")?;
    let autogen = ["autogen", "-m", "rename", "--rev-id", "aaaa00000001"];
    let ran = project.expect(&autogen, 2)?;
    says(
        &ran,
        &[
            "column `snapshot.comment` goes and `snapshot.description` comes: a rename?",
            "`--rename snapshot.comment=snapshot.description` to keep the data",
            "`--no-rename` to drop it",
        ],
    )?;
    let words = [&autogen[..], &["--no-rename", "--dry-run"]].concat();
    let lost = "-- deletes data: every value of `snapshot.comment`";
    says(&project.expect(&words, 0)?, &[lost])?;
    let words = [
        &autogen[..],
        &["--rename", "snapshot.comment=snapshot.description"],
    ]
    .concat();
    project.expect(&words, 0)?;
    let text = std::fs::read_to_string(project.version("aaaa00000001")?)?;
    let statements = text.lines().filter(|line| line.starts_with("ALTER"));
    same(
        statements.collect::<Vec<_>>(),
        vec![
            "ALTER TABLE \"snapshot\" RENAME COLUMN \"comment\" TO \"description\";",
            "ALTER TABLE \"snapshot\" RENAME COLUMN \"description\" TO \"comment\";",
        ],
    )?;
    let values = |column: &str| {
        project.query(&format!(
            "SELECT coalesce({column}, 'NULL') FROM snapshot ORDER BY id"
        ))
    };
    let wanted = || vec!["before the shift; \"100%\"".to_owned(), "NULL".to_owned()];
    project.expect(&["upgrade", "head"], 0)?;
    same(values("description")?, wanted())?;
    project.expect(&["downgrade", "-1"], 0)?;
    same(values("comment")?, wanted())
}

/// One key an application becomes one active key, and addresses may be shared.
/// Rows that only the new rules allow stop the way back, and nothing of it stays.
fn keys_of_an_application() -> Outcome {
    let project = at_version(HEAD)?;
    let (before, _) = HISTORY[HEAD - 2];
    project.expect(&["upgrade", before], 0)?;
    project.sql(&fixture("rows_at_api_key.sql")?)?;
    let second = "INSERT INTO api_key (id, app_name, token_hash) \
                  VALUES (gen_random_uuid(), 'elog', 'h3')";
    let refused = project.sql(second).err().ok_or("a second active key")?;
    let refused = refused.message().unwrap_or_default().to_owned();
    same(refused.contains("uq_api_key_app_name_active"), true)?;
    let unshared = state(&project)?;
    project.expect(&["upgrade", "head"], 0)?;
    let shared = state(&project)?;
    project.sql(
        "INSERT INTO pv (id, setpoint_address, readback_address) VALUES \
         (gen_random_uuid(), 'S1', 'SHARED:RBV'), (gen_random_uuid(), 'S2', 'SHARED:RBV')",
    )?;
    let ran = project.expect(&["downgrade", "-1"], 2)?;
    says(
        &ran,
        &[
            "could not create unique index \"ix_pv_readback_address\"",
            "is duplicated",
            "`pv.readback_address`: 2 rows are equal",
            "nothing of this migration was applied",
        ],
    )?;
    same(current(&project)?, format!("{HEAD_ID} (head)"))?;
    same(state(&project)?, shared)?;
    project.sql("DELETE FROM pv WHERE readback_address = 'SHARED:RBV'")?;
    project.expect(&["downgrade", "-1"], 0)?;
    same(state(&project)?, unshared.clone())?;
    // The six indexes are made again first, and are gone with the rest.
    let ran = project.expect(&["downgrade", "-1"], 2)?;
    says(
        &ran,
        &[
            "Key (app_name)=(elog) is duplicated",
            "`api_key.app_name`: 2 rows are equal",
        ],
    )?;
    same(current(&project)?, before.to_owned())?;
    same(state(&project)?, unshared)
}

/// A column that is added, filled and required: a row that has nothing to fill
/// it with stops it, and nothing of the column stays.
fn an_address_of_two() -> Outcome {
    let project = with_rows(HEAD)?;
    let fill =
        "UPDATE pv\nSET full_address = setpoint_address || ':' || COALESCE(readback_address, '');";
    let up = format!(
        "ALTER TABLE pv ADD COLUMN full_address VARCHAR(500);\n{fill}\n\
         ALTER TABLE pv ALTER COLUMN full_address SET NOT NULL;"
    );
    behind(
        &project,
        "aaaa00000001",
        HEAD_ID,
        &up,
        "ALTER TABLE pv DROP COLUMN full_address;",
    )?;
    let before = state(&project)?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &[
            "rows that exist already have NULL in `pv.full_address`",
            "`pv.full_address`: 1 row is NULL",
            "nothing of this migration was applied",
        ],
    )?;
    same(state(&project)?, before.clone())?;
    same(current(&project)?, HEAD_ID.to_owned())?;
    project.sql("DELETE FROM pv WHERE setpoint_address IS NULL")?;
    project.expect(&["upgrade", "head"], 0)?;
    same(
        project.query("SELECT full_address FROM pv ORDER BY id")?,
        vec![
            "QUAD:LI21:201:BCTRL:QUAD:LI21:201:BACT".to_owned(),
            "BPMS:LI21:1:X:".to_owned(),
        ],
    )?;
    project.expect(&["downgrade", "-1"], 0)?;
    same(state(&project)?, before)
}

/// An index that is built beside writers: while it waits for a reader that began
/// earlier, rows go on coming in.
fn an_index_beside_writers() -> Outcome {
    let project = with_rows(HEAD)?;
    project.edit(
        "models.rs",
        "    pub description: Option<String>,\n    #[column(default = 0.0)]",
        "    #[column(index(concurrently))]\n    pub description: Option<String>,\n    \
         #[column(default = 0.0)]",
    )?;
    project.edit(
        "models_api_key.rs",
        "\"varchar(128)\", index(unique)",
        "\"varchar(128)\", unique, index(unique)",
    )?;
    project.expect(&["autogen", "-m", "index", "--rev-id", "aaaa00000001"], 0)?;
    let url = project.server().ok_or("a server")?.url().to_owned();
    let mut reader = client(&url)?
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut says_to_reader = reader.stdin.take().ok_or("a client listens")?;
    writeln!(
        says_to_reader,
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pv;"
    )?;
    says_to_reader.flush()?;
    let number = |sql: &str| Ok::<_, Failed>(project.query(sql)?.concat());
    until(|| {
        let idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND state = 'idle in transaction'";
        Ok(number(idle)? == "1")
    })?;
    let run = project
        .command(&["upgrade", "head"])?
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let is_built = "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid \
                    WHERE relname = 'ix_pv_description'";
    until(|| Ok(number(is_built)? == "1"))?;
    project.sql(
        "SET lock_timeout = '2s'; \
         INSERT INTO pv (id, description) VALUES (gen_random_uuid(), 'meanwhile')",
    )?;
    let valid = format!("{is_built} AND indisvalid");
    same(number(&valid)?, "0".to_owned())?;
    writeln!(says_to_reader, "COMMIT;")?;
    drop(says_to_reader);
    reader.wait()?;
    let ran = run.wait_with_output()?;
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr).into_owned().into());
    }
    same(number(&valid)?, "1".to_owned())?;
    let seen = "SET enable_seqscan = off; SELECT count(*) FROM pv WHERE description = 'meanwhile'";
    same(number(seen)?.ends_with('1'), true)?;
    // A script leaves its transactions for it.
    let range = format!("{HEAD_ID}:aaaa00000001");
    let script = project.expect(&["upgrade", &range, "--sql"], 0)?.stdout;
    let (start, end) = script
        .split_once("CREATE INDEX CONCURRENTLY")
        .ok_or("a script makes the index")?;
    same(
        start.matches("BEGIN;").count(),
        start.matches("COMMIT;").count(),
    )?;
    same(
        end.contains("\nBEGIN;\n") && end.contains("\nCOMMIT;\n"),
        true,
    )
}

/// Looks until it is so, for half a minute.
fn until(is_so: impl Fn() -> Result<bool, Failed>) -> Outcome {
    let start = Instant::now();
    while !is_so()? {
        if start.elapsed() > Duration::from_secs(30) {
            return Err("it never came".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// An index that may not be built in a transaction, and one that rows object to;
/// then a migration behind it that fails. Nothing of what failed stays, and
/// what stands before it does.
fn an_index_that_fails() -> Outcome {
    let project = with_rows(HEAD)?;
    let before = state(&project)?;
    let index = "CREATE UNIQUE INDEX CONCURRENTLY uq_pv_device ON pv (device);";
    let first = "aaaa00000001";
    let drop_it = "-- autocommit\nDROP INDEX CONCURRENTLY uq_pv_device;";
    for (up, said) in [
        (
            format!("ALTER TABLE pv ADD COLUMN x INTEGER;\n{index}"),
            "CREATE INDEX CONCURRENTLY cannot run inside a transaction block",
        ),
        (
            format!("COMMIT;\n{index}"),
            "`COMMIT` in a migration that runs in a transaction",
        ),
    ] {
        behind(&project, first, HEAD_ID, &up, drop_it)?;
        says(&project.expect(&["upgrade", "head"], 2)?, &[said])?;
        same(state(&project)?, before.clone())?;
    }
    behind(
        &project,
        first,
        HEAD_ID,
        &format!("-- autocommit\n{index}"),
        drop_it,
    )?;
    let (up, down) = (
        "ALTER TABLE pv ADD COLUMN full_address VARCHAR(500);\n\
         UPDATE pv SET full_address = readback_address;\n\
         ALTER TABLE pv ALTER COLUMN full_address SET NOT NULL;",
        "ALTER TABLE pv DROP COLUMN full_address;",
    );
    behind(&project, "aaaa00000002", first, up, down)?;
    project.sql("UPDATE pv SET device = 'same' WHERE device IS NOT NULL")?;
    for _ in 0..2 {
        let ran = project.expect(&["upgrade", "head"], 2)?;
        says(
            &ran,
            &[
                "the INVALID index public.uq_pv_device that it left was dropped",
                "`pv.device`: 2 rows are equal",
            ],
        )?;
        same(state(&project)?, before.clone())?;
    }
    project.sql("UPDATE pv SET device = setpoint_address")?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &[
            "aaaa00000002_x.sql",
            "nothing of this migration was applied",
        ],
    )?;
    same(current(&project)?, first.to_owned())?;
    let mut with_index = before;
    with_index
        .push("CREATE UNIQUE INDEX uq_pv_device ON public.pv USING btree (device)".to_owned());
    with_index.sort();
    same(state(&project)?, with_index)?;
    project.sql("UPDATE pv SET readback_address = 'of ' || id WHERE readback_address IS NULL")?;
    project.expect(&["upgrade", "head"], 0)?;
    same(current(&project)?, "aaaa00000002 (head)".to_owned())
}
