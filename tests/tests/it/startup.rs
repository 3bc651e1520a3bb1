//! Processes that start: writers that migrate, readers that wait, whatever
//! state the database is in.

use std::path::Path;
use std::time::{Duration, Instant};

use aludel::{ErrorKind, Migrations, Migrator, Wait};
use libtest_mimic::{Failed, Trial};

use crate::project::{Project, block_on, open};
use crate::{Outcome, trial};

/// A test, by its name.
type Test = (&'static str, fn() -> Outcome);

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<Test> = vec![
        ("writers_and_readers_at_once", writers_and_readers_at_once),
        ("a_reader_alone_gives_up", a_reader_alone_gives_up),
        ("a_reader_needs_no_right_to_write", a_reader_needs_no_right),
        ("a_database_that_is_ahead", a_database_that_is_ahead),
        ("a_stale_status_is_no_obstacle", a_stale_status),
        ("a_second_start_writes_nothing", a_second_start),
        ("killed_in_a_rebuild", killed_in_a_rebuild),
        ("a_failed_first_upgrade_leaves_nothing", a_failed_first),
        ("a_commit_waits_for_readers", a_commit_waits_for_readers),
        ("one_at_a_time_without_transaction", one_at_a_time),
        ("a_left_lock_is_no_obstacle", a_left_lock),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("startup::{name}"), run))
        .collect()
}

/// A file of a history, with its header.
pub(crate) fn file(id: &str, parent: &str, more: &str, body: &str) -> (String, String) {
    let text = format!(
        "-- {id}\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n\
         -- Create Date: 2026-11-20T18:30:12Z\n-- Dialect: sqlite\n{more}\n\
         -- upgrade\n{body}\n\n-- downgrade\nSELECT 1;\n"
    );
    (format!("{id}_step.sql"), text)
}

fn three() -> Migrator {
    Migrator::new(Migrations::from_files(vec![
        file(
            "aaaa0001",
            "",
            "",
            "CREATE TABLE node (id INTEGER PRIMARY KEY);",
        ),
        file("aaaa0002", "aaaa0001", "", "ALTER TABLE node ADD COLUMN a;"),
        file(
            "aaaa0003",
            "aaaa0002",
            "",
            "INSERT INTO node (a) VALUES (7);",
        ),
    ]))
}

/// A project that is only a folder for a database, and its url.
pub(crate) fn folder() -> Result<(Project, String), Failed> {
    let project = Project::new("")?;
    let url = format!("sqlite:{}", project.path("app.db").display());
    Ok((project, url))
}

fn soon(timeout: u64) -> Wait {
    Wait {
        timeout: Duration::from_millis(timeout),
        every: Duration::from_millis(10),
    }
}

pub(crate) fn beside(database: &Path) -> Result<Vec<String>, Failed> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(database.parent().ok_or("no folder")?)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with("app.db") && name != "app.db" {
            names.push(name);
        }
    }
    Ok(names)
}

pub(crate) fn same<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Outcome {
    if found == wanted {
        return Ok(());
    }
    Err(format!("found {found:?}, not {wanted:?}").into())
}

fn writers_and_readers_at_once() -> Outcome {
    for _ in 0..10 {
        let (project, url) = folder()?;
        let (migrator, wait) = (three(), soon(20_000));
        let ran = block_on(async {
            let (one, two, read, also) = tokio::join!(
                migrator.upgrade(&url, "head"),
                migrator.upgrade(&url, "head"),
                migrator.wait_until_current(&url, wait),
                migrator.wait_until_current(&url, wait),
            );
            read?;
            also?;
            Ok(one?.len() + two?.len())
        })?;
        same(ran, 3)?;
        same(project.query("SELECT a FROM node")?, vec!["7".to_owned()])?;
        same(
            project.query("SELECT count(*) FROM aludel_status")?,
            vec!["0".to_owned()],
        )?;
        same(beside(&project.path("app.db"))?, vec![])?;
    }
    Ok(())
}

fn a_reader_alone_gives_up() -> Outcome {
    let (project, url) = folder()?;
    let start = Instant::now();
    let done = block_on(async { Ok(three().wait_until_current(&url, soon(100)).await) })?;
    let error = done.err().ok_or("nobody has upgraded it")?;
    same(error.kind(), ErrorKind::TimedOut)?;
    if !error.to_string().contains("`aaaa0003`") || error.hint().is_none() {
        return Err(format!("{error}").into());
    }
    if start.elapsed() > Duration::from_secs(10) || project.path("app.db").exists() {
        return Err("too long, or it has made something".into());
    }
    Ok(())
}

fn a_reader_needs_no_right() -> Outcome {
    let (project, url) = folder()?;
    let path = project.path("app.db");
    block_on(async { Ok(three().upgrade(&url, "head").await?) })?;
    let mut rights = std::fs::metadata(&path)?.permissions();
    rights.set_readonly(true);
    std::fs::set_permissions(&path, rights)?;
    let before = std::fs::read(&path)?;
    let ran = block_on(async {
        three().wait_until_current(&url, soon(2000)).await?;
        let pool = sqlx::sqlite::SqlitePoolOptions::new().connect_lazy_with(
            sqlx::sqlite::SqliteConnectOptions::new()
                .filename(&path)
                .read_only(true),
        );
        three().wait_until_current(&pool, soon(2000)).await?;
        // A writer has nothing to write either.
        Ok(three().upgrade(&pool, "head").await?.len())
    })?;
    same(ran, 0)?;
    same(std::fs::read(&path)?, before)
}

fn a_database_that_is_ahead() -> Outcome {
    let (project, url) = folder()?;
    block_on(async { Ok(three().upgrade(&url, "head").await?) })?;
    project.sql("UPDATE aludel_version SET version_num = 'ffff0000'")?;
    let before = std::fs::read(project.path("app.db"))?;
    let (writer, reader) = block_on(async {
        let writer = three().upgrade(&url, "head").await.map(drop);
        // At once, not when its time is over.
        let reader = three().wait_until_current(&url, soon(60_000)).await;
        Ok((writer, reader.map(drop)))
    })?;
    for done in [writer, reader] {
        let error = done.err().ok_or("it is ahead")?;
        same(error.kind(), ErrorKind::UnknownRevision)?;
    }
    same(std::fs::read(project.path("app.db"))?, before)
}

fn a_stale_status() -> Outcome {
    let (project, url) = folder()?;
    block_on(async { Ok(three().upgrade(&url, "+1").await?) })?;
    project.sql(
        "INSERT INTO aludel_status VALUES (1, 'aaaa0002', 'upgrade', '2020-01-01T00:00:00Z', 'x', 1)",
    )?;
    let ran = block_on(async { Ok(three().upgrade(&url, "head").await?) })?;
    same(ran.len(), 2)?;
    same(
        project.query("SELECT count(*) FROM aludel_status")?,
        vec!["0".to_owned()],
    )
}

fn a_second_start() -> Outcome {
    for mode in ["delete", "wal"] {
        let (project, url) = folder()?;
        project.sql(&format!(
            "PRAGMA journal_mode = {mode}; CREATE TABLE other (a)"
        ))?;
        block_on(async { Ok(three().upgrade(&url, "head").await?) })?;
        let before = std::fs::read(project.path("app.db"))?;
        let ran = block_on(async {
            let ran = three().upgrade(&url, "head").await?;
            three().wait_until_current(&url, soon(1000)).await?;
            Ok(ran)
        })?;
        same(ran.len(), 0)?;
        same(std::fs::read(project.path("app.db"))?, before)?;
        same(project.query("PRAGMA journal_mode")?, vec![mode.to_owned()])?;
    }
    Ok(())
}

fn killed_in_a_rebuild() -> Outcome {
    const ITEM: &str = "use aludel::Model;\n\n#[derive(Model)]\n\
        #[table(name = \"item\", index(label))]\npub struct Item {\n    \
        #[column(primary_key)]\n    pub id: i64,\n    pub label: String,\n}\n";
    let project = Project::new(ITEM)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa00000001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.sql(
        "PRAGMA journal_mode = wal; WITH RECURSIVE n(i) AS \
         (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) \
         INSERT INTO item SELECT i, 'label ' || (i % 9) FROM n",
    )?;
    let more = ITEM.replace(
        "}\n",
        "    #[column(check = \"size > 0\", default = 5)]\n    pub size: i64,\n}\n",
    );
    project.write("models.rs", &more)?;
    project.expect(&["autogen", "-m", "more", "--rev-id", "aaaa00000002"], 0)?;
    let base = std::fs::read(project.path("app.db"))?;
    for delay in [15, 40, 70, 110, 160] {
        for name in beside(&project.path("app.db"))? {
            std::fs::remove_file(project.path(&name))?;
        }
        std::fs::write(project.path("app.db"), &base)?;
        let mut child = project.command(&["--quiet", "upgrade", "head"])?.spawn()?;
        std::thread::sleep(Duration::from_millis(delay));
        child.kill()?;
        child.wait()?;
        project.expect(&["upgrade", "head"], 0)?;
        project.expect(&["check"], 0)?;
        let sums = "SELECT count(*) || ' ' || sum(id) || ' ' || sum(size) FROM item";
        same(
            project.query(sums)?,
            vec!["40000 800020000 200000".to_owned()],
        )?;
        same(
            project.query("PRAGMA integrity_check")?,
            vec!["ok".to_owned()],
        )?;
        same(
            project.query("PRAGMA journal_mode")?,
            vec!["wal".to_owned()],
        )?;
        same(
            project
                .query("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY 1")?,
            [
                "aludel_log",
                "aludel_status",
                "aludel_version",
                "item",
                "ix_item_label",
            ]
            .map(str::to_owned)
            .to_vec(),
        )?;
    }
    Ok(())
}

fn a_failed_first() -> Outcome {
    let (project, url) = folder()?;
    let body = "CREATE TABLE a (x);\nINSERT INTO nowhere VALUES (1);";
    let migrator = Migrator::new(Migrations::from_files(vec![file("aaaa0001", "", "", body)]));
    let done = block_on(async { Ok(migrator.upgrade(&url, "head").await) })?;
    same(done.err().map(|e| e.kind()), Some(ErrorKind::Statement))?;
    same(project.query("SELECT name FROM sqlite_schema")?, vec![])
}

fn a_commit_waits_for_readers() -> Outcome {
    let (project, url) = folder()?;
    let path = project.path("app.db");
    block_on(async { Ok(three().upgrade(&url, "+2").await?) })?;
    let ran = block_on(async {
        let mut reader = open(&path, false).await?;
        sqlx::raw_sql("BEGIN; SELECT * FROM node")
            .fetch_all(&mut reader)
            .await?;
        let migrator = three();
        let (ran, read) = tokio::join!(migrator.upgrade(&url, "head"), async {
            // Longer than one wait inside of SQLite.
            tokio::time::sleep(Duration::from_millis(700)).await;
            sqlx::raw_sql("ROLLBACK").execute(&mut reader).await
        });
        read?;
        Ok(ran?)
    })?;
    same(ran.len(), 1)
}

/// A slow migration without a transaction, and one in a transaction after it.
fn slow() -> Migrator {
    let body = "CREATE TABLE a (x);\n\
        INSERT INTO a WITH RECURSIVE n(i) AS \
        (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n;";
    let second = "INSERT INTO a VALUES (2);";
    Migrator::new(Migrations::from_files(vec![
        file("aaaa0001", "", "-- Transaction: none\n", body),
        file("aaaa0002", "aaaa0001", "", second),
    ]))
}

fn one_at_a_time() -> Outcome {
    let (project, url) = folder()?;
    let ran = block_on(async {
        let migrator = slow();
        let (one, two, three) = tokio::join!(
            migrator.upgrade(&url, "head"),
            migrator.upgrade(&url, "head"),
            migrator.upgrade(&url, "head"),
        );
        Ok(one?.len() + two?.len() + three?.len())
    })?;
    same(ran, 2)?;
    same(
        project.query("SELECT x FROM a ORDER BY x")?,
        vec!["2".to_owned(), "300000".to_owned()],
    )?;
    same(beside(&project.path("app.db"))?, vec![])?;
    // Who does not want to wait gets an error of its own.
    let (project, url) = folder()?;
    let impatient = slow().lock_timeout(Duration::from_millis(1));
    let path = project.path("app.db-aludel-lock");
    let held = std::fs::File::create(&path)?;
    held.lock()?;
    let done = block_on(async { Ok(impatient.upgrade(&url, "head").await) })?;
    same(done.err().map(|e| e.kind()), Some(ErrorKind::Locked))?;
    same(project.query("SELECT name FROM sqlite_schema")?, vec![])
}

fn a_left_lock() -> Outcome {
    let (project, url) = folder()?;
    // As a process leaves it that is killed.
    project.write("app.db-aludel-lock", "")?;
    let ran = block_on(async { Ok(slow().upgrade(&url, "head").await?) })?;
    same(ran.len(), 2)?;
    same(beside(&project.path("app.db"))?, vec![])
}
