//! Rows that a migration changes: in SQL with any signs in its texts, in Rust
//! row by row, in batches that are committed one by one; and ways back that do
//! nothing or are not there.

use std::sync::{Arc, Mutex, PoisonError};

use aludel::migration::*;
use aludel::{Event, MigrationFile, Migrations, Migrator};
use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use crate::cli::says;
use crate::everyday::{current, file};
use crate::project::{Project, block_on};
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for on in On::ALL {
        let name = |what: &str| format!("data_steps::{}::{what}", on.name());
        trials.push(trial(name("signs_in_texts"), move || signs_in_texts(on)));
        trials.push(trial(name("added_filled_and_required"), move || {
            added_filled_and_required(on)
        }));
        trials.push(trial(name("batches_are_seen"), move || {
            batches_are_seen(on)
        }));
        trials.push(trial(name("ways_back"), move || ways_back(on)));
    }
    trials.push(trial("data_steps::logging_is_left_alone", logging));
    trials
}

const HEADER: &str = "//! m\n//!\n//! Revision ID: aaaa0001\n//! Revises:\n\
                      //! Create Date: 2026-11-20T18:30:12Z\n";

/// A history of one compiled file.
macro_rules! only {
    ($up:expr, $down:expr) => {{
        static FILES: [MigrationFile; 1] =
            [MigrationFile::rust("aaaa0001_m.rs", HEADER, $up, $down)];
        Migrator::new(Migrations::embedded(&FILES))
    }};
}

fn url(project: &Project) -> String {
    match project.server() {
        Some(server) => server.url().to_owned(),
        None => format!("sqlite:{}", project.path("app.db").display()),
    }
}

/// The same text in the words of each database, with what is read back.
const SIGNS: [(&str, &str); 3] = [
    (
        "sqlite",
        "UPDATE t SET a = 'it''s 100% :x ? $1; -- no /* comment */' || ':' || 'two\nlines \\n'",
    ),
    (
        "postgres",
        "UPDATE t SET a = 'it''s 100% :x ? $1; -- no /* comment */' || ':' || 'two\nlines \\n' \
         WHERE '{\"a\": 1}'::jsonb ? 'a' AND $$it's;$$ <> ''",
    ),
    (
        "mysql",
        "UPDATE t SET a = CONCAT('it''s 100% :x ? $1; -- no /* comment */', ':', 'two\nlines \\\\n')",
    ),
];

fn signs(op: &mut Op) {
    for (database, sql) in SIGNS {
        op.execute_for(database, sql);
    }
}

fn nothing(_: &mut Op) {}

/// In a file of SQL, and through a compiled one.
fn signs_in_texts(on: On) -> Outcome {
    // A client writes line ends and backslashes in its own way.
    let plain = match on {
        On::Postgres => "chr",
        On::Sqlite | On::MySql => "char",
    };
    let lines = format!("SELECT replace(replace(a, {plain}(10), '|'), {plain}(92), '/') FROM t");
    let expected = "it's 100% :x ? $1; -- no /* comment */:two|lines /n";
    let project = Project::on(on, "")?;
    project.sql("CREATE TABLE t (a VARCHAR(100)); INSERT INTO t VALUES ('')")?;
    let migrator = only!(signs, nothing);
    let at = url(&project);
    block_on(async { Ok(migrator.upgrade(&at, "head").await?) })?;
    same(project.query(&lines)?, vec![expected.to_owned()])?;

    let project = Project::on(on, "")?;
    project.sql("CREATE TABLE t (a VARCHAR(100)); INSERT INTO t VALUES ('')")?;
    let written = SIGNS.iter().find(|(database, _)| *database == on.name());
    let (_, sql) = written.ok_or("the database has its words")?;
    let header = "-- Revision ID: aaaa0001\n-- Revises:\n";
    file(
        &project,
        "aaaa0001_x",
        header,
        &format!("{sql};"),
        "SELECT 1;",
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    same(project.query(&lines)?, vec![expected.to_owned()])
}

fn add_fill_and_require(op: &mut Op) {
    op.add_column("pv", text("full_address").nullable());
    op.execute("UPDATE pv SET full_address = name");
    op.alter_table("pv", |t| {
        t.alter_column("full_address").set_not_null();
    });
}

fn drop_it(op: &mut Op) {
    op.drop_column("pv", "full_address");
}

fn added_filled_and_required(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    project.sql(
        "CREATE TABLE pv (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL); \
         INSERT INTO pv VALUES (1, 'one'), (2, 'two')",
    )?;
    let at = url(&project);
    let migrator = only!(add_fill_and_require, drop_it);
    block_on(async { Ok(migrator.upgrade(&at, "head").await?) })?;
    same(
        project.query("SELECT full_address FROM pv ORDER BY id")?,
        vec!["one".to_owned(), "two".to_owned()],
    )?;
    if project.sql("UPDATE pv SET full_address = NULL").is_ok() {
        return Err("the column takes NULL".into());
    }
    block_on(async { Ok(migrator.downgrade(&at, "base").await?) })?;
    if project.query("SELECT full_address FROM pv").is_ok() {
        return Err("the column is still there".into());
    }
    same(
        project.query("SELECT name FROM pv ORDER BY id")?,
        vec!["one".to_owned(), "two".to_owned()],
    )
}

const STAMPS: [(&str, i64); 5] = [
    ("2025-03-12 04:15:56.058038", 1_741_752_956_058_038),
    ("2024-02-29 23:59:59.999999", 1_709_251_199_999_999),
    ("1970-01-01 00:00:00.000001", 1),
    ("2025-03-12 04:15:57", 1_741_752_957_000_000),
    ("2025-10-25 12:00:00.5", 1_761_393_600_500_000),
];

type Wrong = Box<dyn std::error::Error + Send + Sync>;

fn micros(stamp: &str) -> Result<i64, Wrong> {
    let stamp = chrono::NaiveDateTime::parse_from_str(stamp, "%Y-%m-%d %H:%M:%S%.f")?;
    Ok(stamp.and_utc().timestamp_micros())
}

/// Two rows at a time: read, computed here, written with bound values.
macro_rules! two_rows {
    ($op:expr, $database:ident, $update:literal) => {
        $op.data("fill two rows", |connection| {
            Box::pin(async move {
                let database = connection.$database()?;
                let rows: Vec<(i64, String)> = sqlx::query_as(
                    "SELECT id, stamp FROM node WHERE us IS NULL ORDER BY id LIMIT 2",
                )
                .fetch_all(&mut *database)
                .await?;
                for (id, stamp) in rows {
                    sqlx::query($update)
                        .bind(micros(&stamp)?)
                        .bind(id)
                        .execute(&mut *database)
                        .await?;
                }
                Ok(())
            })
        })
    };
}

fn in_batches(op: &mut Op) {
    for _ in 0..3 {
        op.autocommit(|op| match op.dialect() {
            "sqlite" => two_rows!(op, sqlite, "UPDATE node SET us = ? WHERE id = ?"),
            "postgres" => two_rows!(op, postgres, "UPDATE node SET us = $1 WHERE id = $2"),
            _ => two_rows!(op, mysql, "UPDATE node SET us = ? WHERE id = ?"),
        });
    }
}

/// How many rows somebody else sees filled.
fn filled(server: Option<&str>, path: &std::path::Path) -> Result<String, Failed> {
    let count = "SELECT count(*) FROM node WHERE us IS NOT NULL";
    match server {
        Some(url) => Ok(aludel_test_servers::query(url, count)?.trim().to_owned()),
        None => block_on(async {
            let mut connection = crate::project::open(path, false).await?;
            let rows: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await?;
            Ok(rows.to_string())
        }),
    }
}

/// Each batch is told before it runs, and by then those before it are there for
/// everybody.
fn batches_are_seen(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    project
        .sql("CREATE TABLE node (id BIGINT NOT NULL PRIMARY KEY, stamp VARCHAR(30), us BIGINT)")?;
    for (id, (stamp, _)) in STAMPS.iter().enumerate() {
        project.sql(&format!("INSERT INTO node VALUES ({id}, '{stamp}', NULL)"))?;
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (noted, path) = (Arc::clone(&seen), project.path("app.db"));
    let server = project.server().map(|server| server.url().to_owned());
    let migrator = only!(in_batches, nothing).on_event(move |event| {
        let Event::Statement { statement, .. } = event else {
            return;
        };
        if statement.why != "fill two rows" {
            return;
        }
        let (server, path) = (server.clone(), path.clone());
        let looked = std::thread::spawn(move || {
            filled(server.as_deref(), &path).unwrap_or_else(|error| format!("{error:?}"))
        });
        let rows = looked.join().unwrap_or_else(|_| "nobody looked".to_owned());
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push(rows);
    });
    let at = url(&project);
    block_on(async { Ok(migrator.upgrade(&at, "head").await?) })?;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    same(seen, ["0", "2", "4"].map(str::to_owned).to_vec())?;
    let micros = STAMPS.map(|(_, micros)| micros.to_string());
    same(
        project.query("SELECT us FROM node ORDER BY id")?,
        micros.to_vec(),
    )?;
    same(
        block_on(async { Ok(migrator.current(&at).await?) })?.len(),
        1,
    )
}

/// A way back that does nothing moves the version; one that is not there stops
/// before anything is moved.
fn ways_back(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    let header = |id: &str, parent: &str| format!("-- Revision ID: {id}\n-- Revises: {parent}\n");
    let up = |name: &str| format!("CREATE TABLE {name} (a INTEGER);");
    file(
        &project,
        "aaaa0001_x",
        &header("aaaa0001", ""),
        &up("a"),
        "SELECT 1;",
    )?;
    file(
        &project,
        "aaaa0002_x",
        &header("aaaa0002", "aaaa0001"),
        &up("b"),
        "",
    )?;
    let text = std::fs::read_to_string(project.version("aaaa0002")?)?;
    let whole = text.split("\n-- downgrade").next().unwrap_or_default();
    project.write("versions/aaaa0002_x.sql", &format!("{whole}\n"))?;
    project.expect(&["upgrade", "head"], 0)?;
    for target in ["-1", "base"] {
        let ran = project.expect(&["downgrade", target], 2)?;
        says(&ran, &["aaaa0002", "cannot be undone"])?;
        same(current(&project)?, "aaaa0002 (head)".to_owned())?;
        same(
            project.query("SELECT count(*) FROM b")?,
            vec!["0".to_owned()],
        )?;
    }
    // Nobody needs what it made.
    project.expect(&["stamp", "aaaa0001"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    same(current(&project)?, String::new())?;
    same(
        project.query("SELECT count(*) FROM a")?,
        vec!["0".to_owned()],
    )
}

/// A run sets no logging up: whoever does it afterwards is the first.
fn logging() -> Outcome {
    let project = Project::new("")?;
    let at = url(&project);
    project.sql("CREATE TABLE pv (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")?;
    let migrator = only!(add_fill_and_require, drop_it);
    block_on(async { Ok(migrator.upgrade(&at, "head").await?) })?;
    let own = tracing::subscriber::NoSubscriber::default();
    tracing::subscriber::set_global_default(own).map_err(|error| error.to_string().into())
}
