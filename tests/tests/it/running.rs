//! What a compiled migration does beside changing the schema: SQL, rows, Rust
//! over the connection, and what may not run in a transaction.

use aludel::migration::*;
use aludel::{ErrorKind, MigrationFile, Migrations, Migrator};
use libtest_mimic::Trial;

use crate::project::block_on;
use crate::startup::{folder, same};
use crate::{Outcome, trial};

/// A test, by its name.
type Test = (&'static str, fn() -> Outcome);

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<Test> = vec![
        ("every_kind_of_call", every_kind_of_call),
        ("mistakes_name_their_line", mistakes_name_their_line),
        ("what_autocommit_did_stays", what_autocommit_did_stays),
        (
            "a_compiled_migration_runs_once",
            a_compiled_migration_runs_once,
        ),
        ("data_may_not_commit", data_may_not_commit),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("running::{name}"), run))
        .collect()
}

const HEADER: &str = "//! m\n//!\n//! Revision ID: aaaa0001\n//! Revises:\n\
                      //! Create Date: 2026-11-20T18:30:12Z\n";

/// A history of one compiled file.
macro_rules! only {
    ($up:expr) => {{
        static FILES: [MigrationFile; 1] =
            [MigrationFile::rust("aaaa0001_m.rs", HEADER, $up, nothing)];
        Migrator::new(Migrations::embedded(&FILES))
    }};
}

fn nothing(_: &mut Op) {}

fn create(op: &mut Op) {
    op.create_table("a", |t| {
        t.column(integer("id"));
        t.column(text("name").nullable());
        t.primary_key(["id"]);
    });
}

fn every_kind(op: &mut Op) {
    create(op);
    op.bulk_insert("a", ["id", "name"])
        .row((1, "it's"))
        .row((2, "two"));
    op.execute("UPDATE a SET name = name || '!'; CREATE TABLE by_hand (x INTEGER)");
    op.execute_for("postgres", "THIS IS NO SQL OF SQLITE");
    op.execute_for("sqlite", "UPDATE a SET name = name || '?' WHERE id = 2");
    // Known only since the SQL above has run.
    op.alter_table("by_hand", |t| {
        t.add_column(integer("y").nullable());
    });
    op.data("fill by_hand", |connection| {
        Box::pin(async move {
            sqlx::query("INSERT INTO by_hand (x, y) SELECT id, id * 2 FROM a")
                .execute(connection.sqlite()?)
                .await?;
            Ok(())
        })
    });
    op.autocommit(op_vacuum);
    op.alter_table("by_hand", |t| {
        t.add_column(text("z").nullable());
        t.drop_column("x");
    });
}

fn op_vacuum(op: &mut Op) {
    op.execute("VACUUM");
}

fn every_kind_of_call() -> Outcome {
    let (project, url) = folder()?;
    let migrator = only!(every_kind);
    block_on(async { Ok(migrator.upgrade(&url, "head").await?) })?;
    same(
        project.query("SELECT name FROM a ORDER BY id")?,
        vec!["it's!".to_owned(), "two!?".to_owned()],
    )?;
    same(
        project.query("SELECT group_concat(name) FROM pragma_table_info('by_hand')")?,
        vec!["y,z".to_owned()],
    )?;
    same(
        project.query("SELECT sum(y) FROM by_hand")?,
        vec!["6".to_owned()],
    )
}

fn unknown_names(op: &mut Op) {
    create(op);
    op.execute("CREATE TABLE b (c INTEGER)");
    op.alter_table("b", |t| {
        t.drop_column("nowhere");
    });
    op.drop_table("zebra");
}

fn bad_sql(op: &mut Op) {
    create(op);
    op.execute("INSERT INTO nowhere VALUES (1)");
}

fn bad_rows(op: &mut Op) {
    create(op);
    op.bulk_insert("a", ["id", "name"])
        .row((1, "a"))
        .row((1, "b"));
}

fn bad_data(op: &mut Op) {
    create(op);
    op.data("ask the oracle", |_| {
        Box::pin(async move { Err("it is silent".into()) })
    });
}

fn commits(op: &mut Op) {
    create(op);
    op.execute("COMMIT");
}

/// A migration with a mistake, and what is said of it.
type Case = (Migrator, &'static [&'static str]);

fn mistakes_name_their_line() -> Outcome {
    let cases: [Case; 5] = [
        (
            only!(unknown_names),
            &["column `nowhere`", "table `zebra`", "`c`"],
        ),
        (only!(bad_sql), &["no such table: nowhere"]),
        (
            only!(bad_rows),
            &["rows", "`a`", "UNIQUE constraint failed"],
        ),
        (only!(bad_data), &["ask the oracle", "it is silent"]),
        (only!(commits), &["COMMIT", "Transaction: none"]),
    ];
    for (migrator, words) in cases {
        let (project, url) = folder()?;
        let done = block_on(async { Ok(migrator.upgrade(&url, "head").await) })?;
        let error = done.err().ok_or("it has a mistake")?;
        let text = format!("{error} {}", error.hint().unwrap_or_default());
        for word in words.iter().chain(&["aaaa0001_m.rs", "running.rs:"]) {
            if !text.contains(word) {
                return Err(format!("does not say `{word}`: {text}").into());
            }
        }
        same(project.query("SELECT name FROM sqlite_schema")?, vec![])?;
    }
    Ok(())
}

fn stays(op: &mut Op) {
    create(op);
    op.autocommit(|op| {
        op.execute("INSERT INTO a VALUES (1, 'kept')");
    });
    op.execute("INSERT INTO a VALUES (2, 'lost')");
    op.execute("INSERT INTO nowhere VALUES (1)");
}

fn what_autocommit_did_stays() -> Outcome {
    let (project, url) = folder()?;
    let migrator = only!(stays);
    let done = block_on(async { Ok(migrator.upgrade(&url, "head").await) })?;
    let error = done.err().ok_or("it has a mistake")?;
    let Some(aludel::Outcome::Kept(kept)) = error.failure().map(|f| &f.outcome) else {
        return Err(format!("{error:?}").into());
    };
    same(kept.len(), 2)?;
    same(
        project.query("SELECT name FROM a")?,
        vec!["kept".to_owned()],
    )?;
    let left = project.path("app.db-aludel-lock").exists();
    same(left, false)
}

fn slow(op: &mut Op) {
    create(op);
    op.autocommit(|op| {
        op.execute(
            "INSERT INTO a WITH RECURSIVE n(i) AS \
             (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i), '' FROM n",
        );
    });
    op.execute("INSERT INTO a VALUES (2, '')");
}

fn a_compiled_migration_runs_once() -> Outcome {
    let (project, url) = folder()?;
    let migrator = only!(slow);
    let ran = block_on(async {
        let (one, two) = tokio::join!(
            migrator.upgrade(&url, "head"),
            migrator.upgrade(&url, "head"),
        );
        Ok(one?.len() + two?.len())
    })?;
    same(ran, 1)?;
    same(
        project.query("SELECT count(*) FROM a")?,
        vec!["2".to_owned()],
    )
}

fn commits_in_rust(op: &mut Op) {
    create(op);
    op.data("end it", |connection| {
        Box::pin(async move {
            connection.execute("COMMIT").await?;
            Ok(())
        })
    });
}

fn data_may_not_commit() -> Outcome {
    let (project, url) = folder()?;
    let migrator = only!(commits_in_rust);
    let done = block_on(async { Ok(migrator.upgrade(&url, "head").await) })?;
    same(done.err().map(|e| e.kind()), Some(ErrorKind::Migration))?;
    same(
        block_on(async { Ok(migrator.current(&url).await?) })?.len(),
        0,
    )?;
    drop(project);
    Ok(())
}
