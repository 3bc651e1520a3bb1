//! Migrations that stop halfway where a migration is not all or nothing: they
//! go on from there, or are taken back.

use std::process::Stdio;
use std::time::Duration;

use aludel::migration::*;
use aludel::{Error, ErrorKind, MigrationFile, Migrations, Migrator};
use aludel_test_servers::Fresh;
use libtest_mimic::{Failed, Trial};

use crate::project::{Project, block_on};
use crate::startup::same;
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// A test, by its name.
pub(crate) type Test = (&'static str, fn() -> Outcome);

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<Test> = vec![
        ("sql_goes_on", sql_goes_on),
        ("rust_goes_on", rust_goes_on),
        ("is_taken_back", is_taken_back),
        ("renamed_values_are_taken_back", renamed_values),
        ("a_downgrade_goes_on", a_downgrade_goes_on),
        ("a_downgrade_is_taken_back", a_downgrade_is_taken_back),
        ("what_was_run_may_not_change", what_was_run_may_not_change),
        ("an_open_rename_is_taken_back", an_open_rename),
        ("an_open_end_is_looked_at", an_open_end_is_looked_at),
        ("nothing_tells_of_a_call", nothing_tells_of_a_call),
        ("a_first_failure_leaves_nothing", a_first_failure),
        ("killed_again_and_again", killed_again_and_again),
        ("commands_say_so", commands_say_so),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("halfway::{name}"), run))
        .collect()
}

/// A SQL file, its id and its sections.
pub(crate) fn sql(on: &str, id: &str, parent: &str, up: &str, down: &str) -> (String, String) {
    let text = format!(
        "-- {id}\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n\
         -- Create Date: 2026-11-20T18:30:12Z\n-- Dialect: {on}\n\n\
         -- upgrade\n{up}\n\n-- downgrade\n{down}\n"
    );
    (format!("{id}_step.sql"), text)
}

pub(crate) fn history(files: Vec<(String, String)>) -> Migrator {
    Migrator::new(Migrations::from_files(files))
}

/// One file for MariaDB and MySQL.
fn only(up: &str, down: &str) -> Migrator {
    history(vec![sql("mysql", "aaaa0001", "", up, down)])
}

/// How a run has ended.
type Ended = Result<Result<(), Error>, Failed>;

pub(crate) fn up(migrator: &Migrator, fresh: &Fresh) -> Ended {
    block_on(async { Ok(migrator.upgrade(fresh.url(), "head").await.map(drop)) })
}

pub(crate) fn down(migrator: &Migrator, fresh: &Fresh, target: &str) -> Ended {
    block_on(async { Ok(migrator.downgrade(fresh.url(), target).await.map(drop)) })
}

pub(crate) fn status(migrator: &Migrator, fresh: &Fresh) -> Result<aludel::Status, Failed> {
    block_on(async { Ok(migrator.status(fresh.url()).await?) })
}

/// The statements that a failure says were applied.
pub(crate) fn applied(error: &Error) -> Result<usize, Failed> {
    match error.failure().map(|failure| &failure.outcome) {
        Some(aludel::Outcome::Recorded(applied)) => Ok(applied.len()),
        Some(aludel::Outcome::RolledBack) => Ok(0),
        _ => Err(format!("{error:?}").into()),
    }
}

pub(crate) fn failing(ended: Ended) -> Result<Error, Failed> {
    ended?.err().ok_or_else(|| "it has a mistake".into())
}

/// The tables with their columns and keys, and the views.
fn shape(fresh: &Fresh) -> Result<String, Failed> {
    Ok(fresh.query(
        "SELECT table_name, column_name, column_type, column_key FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name NOT LIKE 'aludel%' ORDER BY 1, 2; \
         SELECT table_name, index_name, column_name FROM information_schema.statistics \
         WHERE table_schema = DATABASE() AND table_name NOT LIKE 'aludel%' ORDER BY 1, 2, 3",
    )?)
}

pub(crate) const TWICE: &str =
    "CREATE TABLE t (x INT, old INT); INSERT INTO t VALUES (1, 7), (1, 8)";

const THREE: &str = "CREATE TABLE a (x INT PRIMARY KEY);\nCREATE UNIQUE INDEX uq_t ON t (x);\n\
                     ALTER TABLE t ADD COLUMN y INT;";

const THREE_BACK: &str = "ALTER TABLE t DROP COLUMN y;\nDROP INDEX uq_t ON t;\nDROP TABLE a;";

fn sql_goes_on() -> Outcome {
    let fresh = Fresh::mysql()?;
    fresh.query(TWICE)?;
    let migrator = only(THREE, THREE_BACK);
    let error = failing(up(&migrator, &fresh))?;
    same(applied(&error)?, 1)?;
    let said = error.failure().map(|f| f.outcome.to_string());
    let said = said.unwrap_or_default();
    if !said.contains("CREATE TABLE a") || !error.to_string().contains("statement 2 of 3") {
        return Err(format!("{error}\n{said}").into());
    }
    let status_now = status(&migrator, &fresh)?;
    let halfway = status_now.halfway.ok_or("nothing is half done")?;
    same(halfway.applied.len(), 1)?;
    same(halfway.unsettled, None)?;
    same(
        block_on(async { Ok(migrator.is_current(fresh.url()).await?) })?,
        false,
    )?;
    // The cause is still there: nothing more and nothing less.
    same(applied(&failing(up(&migrator, &fresh))?)?, 1)?;
    fresh.query("DELETE FROM t WHERE old = 8")?;
    up(&migrator, &fresh)??;
    same(status(&migrator, &fresh)?.halfway, None)?;
    same(
        fresh
            .query("SELECT version_num FROM aludel_version")?
            .as_str(),
        "aaaa0001\n",
    )?;
    same(
        fresh.query("SELECT count(*) FROM aludel_step")?.as_str(),
        "0\n",
    )?;
    down(&migrator, &fresh, "base")??;
    same(fresh.query("SELECT * FROM t")?.as_str(), "1\t7\n")
}

pub(crate) const HEADER: &str = "//! m\n//!\n//! Revision ID: aaaa0001\n//! Revises:\n\
                      //! Create Date: 2026-11-20T18:30:12Z\n";

pub(crate) fn nothing(_: &mut Op) {}

fn in_rust(op: &mut Op) {
    op.create_table("a", |t| {
        t.column(integer("x"));
        t.primary_key(["x"]);
    });
    op.alter_table("t", |t| {
        t.rename_column("old", "new");
    });
    op.execute("INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)");
    op.data("insert by hand", |connection| {
        Box::pin(async move {
            connection.execute("INSERT INTO a VALUES (3)").await?;
            Ok(())
        })
    });
    op.alter_table("t", |t| {
        t.add_column(integer("y").nullable());
    });
    op.alter_table("t", |t| {
        t.create_index("uq_t", ["x"]).unique();
    });
    op.drop_table("gone");
    op.alter_table("t", |t| {
        t.drop_column("new");
    });
}

fn rust_goes_on() -> Outcome {
    static FILES: [MigrationFile; 1] = [MigrationFile::rust(
        "aaaa0001_m.rs",
        HEADER,
        in_rust,
        nothing,
    )];
    let fresh = Fresh::mysql()?;
    fresh.query(TWICE)?;
    fresh.query("CREATE TABLE gone (a INT)")?;
    let migrator = Migrator::new(Migrations::embedded(&FILES));
    let error = failing(up(&migrator, &fresh))?;
    if applied(&error)? < 4 || error.kind() != ErrorKind::Statement {
        return Err(format!("{error:?}").into());
    }
    same(fresh.query("SELECT count(*) FROM a")?.as_str(), "3\n")?;
    failing(up(&migrator, &fresh))?;
    fresh.query("UPDATE t SET x = 2 WHERE new = 8")?;
    up(&migrator, &fresh)??;
    same(fresh.query("SELECT count(*) FROM a")?.as_str(), "3\n")?;
    same(
        fresh.query("SELECT * FROM t ORDER BY x")?.as_str(),
        "1\tNULL\n2\tNULL\n",
    )?;
    same(fresh.query("SHOW TABLES LIKE 'gone'")?.as_str(), "")
}

fn is_taken_back() -> Outcome {
    let fresh = Fresh::mysql()?;
    fresh.query(TWICE)?;
    fresh.query("CREATE VIEW v AS SELECT 1 AS one")?;
    let before = shape(&fresh)?;
    let up_sql = "ALTER TABLE t RENAME COLUMN old TO new;\nRENAME TABLE t TO u;\n\
                  CREATE TABLE t (z INT);\nINSERT INTO t VALUES (1);\n\
                  ALTER TABLE u ADD COLUMN w INT, CHANGE new newer BIGINT;\n\
                  CREATE VIEW w AS SELECT z FROM t;\nDROP VIEW v;\n\
                  CREATE UNIQUE INDEX uq_t ON u (x);";
    let migrator = history(vec![
        sql(
            "mysql",
            "aaaa0000",
            "",
            "CREATE TABLE zero (a INT);",
            "DROP TABLE zero;",
        ),
        sql("mysql", "aaaa0001", "aaaa0000", up_sql, "NO SQL AT ALL;"),
    ]);
    let error = failing(up(&migrator, &fresh))?;
    same(applied(&error)?, 7)?;
    same(fresh.query("SELECT count(*) FROM u")?.as_str(), "2\n")?;
    down(&migrator, &fresh, "-1")??;
    same(
        fresh
            .query("SELECT version_num FROM aludel_version")?
            .as_str(),
        "aaaa0000\n",
    )?;
    same(
        fresh.query("SELECT x, old FROM t ORDER BY old")?.as_str(),
        "1\t7\n1\t8\n",
    )?;
    same(fresh.query("SELECT one FROM v")?.as_str(), "1\n")?;
    same(status(&migrator, &fresh)?.halfway, None)?;
    // And again, all the way this time.
    failing(up(&migrator, &fresh))?;
    down(&migrator, &fresh, "base")??;
    same(shape(&fresh)?, before)
}

const TWO: &str = "CREATE TABLE p (id INT PRIMARY KEY);\nCREATE TABLE c (p INT);";

/// Rows with values that were renamed before the stop get their old ones, both
/// where the type has the new ones alone by then and where it still has all.
fn renamed_values() -> Outcome {
    let fresh = Fresh::mysql()?;
    fresh.query(TWICE)?;
    fresh.query("CREATE TABLE m (id INT PRIMARY KEY, a ENUM('x','y','z'), b ENUM('x','y'))")?;
    fresh.query("INSERT INTO m VALUES (1, 'x', 'x'), (2, 'y', 'y'), (3, 'z', NULL)")?;
    let before = shape(&fresh)?;
    let wide = "ALTER TABLE m MODIFY COLUMN a enum('x','y','z','it''s');\n\
                UPDATE m SET a = 'it''s' WHERE a = 'y';";
    let narrow = "ALTER TABLE m MODIFY COLUMN a enum('x','it''s','z');\n\
                  UPDATE `m` SET `b` = CASE `b` WHEN 'x' THEN 'y' WHEN 'y' THEN 'x' ELSE `b` END \
                  WHERE `b` IN ('x', 'y');";
    for sqls in [wide.to_owned(), format!("{wide}\n{narrow}")] {
        let migrator = only(&format!("{sqls}\nCREATE UNIQUE INDEX uq_t ON t (x);"), "");
        failing(up(&migrator, &fresh))?;
        let changed = fresh.query("SELECT a FROM m WHERE id = 2")?;
        same(changed.as_str(), "it's\n")?;
        down(&migrator, &fresh, "base")??;
        let rows = fresh.query("SELECT * FROM m ORDER BY id")?;
        same(rows.as_str(), "1\tx\tx\n2\ty\ty\n3\tz\tNULL\n")?;
        same(shape(&fresh)?, before.clone())?;
    }
    Ok(())
}

fn a_downgrade_goes_on() -> Outcome {
    let fresh = Fresh::mysql()?;
    let migrator = only(TWO, "DROP TABLE c;\nDROP TABLE p;");
    up(&migrator, &fresh)??;
    fresh.query("CREATE TABLE other (p INT, FOREIGN KEY (p) REFERENCES p (id))")?;
    same(applied(&failing(down(&migrator, &fresh, "base"))?)?, 1)?;
    fresh.query("DROP TABLE other")?;
    down(&migrator, &fresh, "base")??;
    same(shape(&fresh)?.as_str(), "")?;
    same(
        fresh.query("SELECT count(*) FROM aludel_version")?.as_str(),
        "0\n",
    )
}

fn a_downgrade_is_taken_back() -> Outcome {
    let fresh = Fresh::mysql()?;
    let migrator = only(TWO, "DROP TABLE c;\nDROP TABLE p;");
    up(&migrator, &fresh)??;
    let before = shape(&fresh)?;
    fresh.query("CREATE TABLE other (p INT, FOREIGN KEY (p) REFERENCES p (id))")?;
    failing(down(&migrator, &fresh, "base"))?;
    let now = status(&migrator, &fresh)?;
    same(now.pending.len(), 0)?;
    same(now.is_current(), false)?;
    // What somebody else does meanwhile stays as it is.
    fresh.query("DROP TABLE other")?;
    up(&migrator, &fresh)??;
    same(shape(&fresh)?, before)?;
    same(status(&migrator, &fresh)?.is_current(), true)
}

fn what_was_run_may_not_change() -> Outcome {
    let fresh = Fresh::mysql()?;
    fresh.query(TWICE)?;
    failing(up(&only(THREE, THREE_BACK), &fresh))?;
    let other = only(
        &THREE.replace("CREATE TABLE a", "CREATE TABLE b"),
        "SELECT 1;",
    );
    let error = failing(up(&other, &fresh))?;
    same(error.kind(), ErrorKind::Changed)?;
    let said = format!("{error} {:?}", error.hint());
    for word in [
        "CREATE TABLE a",
        "CREATE TABLE b",
        "statement 1",
        "downgrade",
    ] {
        if !said.contains(word) {
            return Err(format!("no `{word}` in {said}").into());
        }
    }
    let shorter = only("", "SELECT 1;");
    same(failing(up(&shorter, &fresh))?.kind(), ErrorKind::Changed)?;
    // What was not run may.
    up(&only(&THREE.replace("UNIQUE", ""), THREE_BACK), &fresh)??;
    same(fresh.query("SELECT count(y) FROM t")?.as_str(), "0\n")
}

fn an_open_end_is_looked_at() -> Outcome {
    for was_run in [true, false] {
        let fresh = Fresh::mysql()?;
        fresh.query(TWICE)?;
        let migrator = only(THREE, THREE_BACK);
        failing(up(&migrator, &fresh))?;
        // As a process leaves it that dies in the middle of a statement.
        fresh.query("UPDATE aludel_step SET state = 'bound'; DELETE FROM t WHERE old = 8")?;
        if !was_run {
            fresh.query("DROP TABLE a")?;
        }
        let halfway = status(&migrator, &fresh)?.halfway;
        let halfway = halfway.ok_or("nothing is half done")?;
        same(halfway.unsettled.is_some(), true)?;
        up(&migrator, &fresh)??;
        same(fresh.query("SELECT count(*) FROM a")?.as_str(), "0\n")?;
        same(
            fresh.query("SELECT x, old, y FROM t")?.as_str(),
            "1\t7\tNULL\n",
        )?;
    }
    Ok(())
}

fn an_open_rename() -> Outcome {
    for was_run in [true, false] {
        let fresh = Fresh::mysql()?;
        fresh.query(TWICE)?;
        let migrator = only("RENAME TABLE t TO u;\nNO SQL;", "SELECT 1;");
        failing(up(&migrator, &fresh))?;
        fresh.query("UPDATE aludel_step SET state = 'bound'; CREATE TABLE mine (a INT)")?;
        if !was_run {
            fresh.query("RENAME TABLE u TO t")?;
        }
        down(&migrator, &fresh, "base")??;
        same(
            fresh.query("SELECT old FROM t ORDER BY 1")?.as_str(),
            "7\n8\n",
        )?;
        same(fresh.query("SELECT count(*) FROM mine")?.as_str(), "0\n")?;
    }
    Ok(())
}

fn nothing_tells_of_a_call() -> Outcome {
    let fresh = Fresh::mysql()?;
    fresh.query(TWICE)?;
    fresh.query("CREATE PROCEDURE p () INSERT INTO t VALUES (9, 9)")?;
    let migrator = only("CALL p();\nCREATE UNIQUE INDEX uq_t ON t (x);", "SELECT 1;");
    failing(up(&migrator, &fresh))?;
    fresh.query("UPDATE aludel_step SET state = 'begun'")?;
    let error = failing(up(&migrator, &fresh))?;
    same(error.kind(), ErrorKind::Changed)?;
    let said = format!("{error} {:?}", error.hint());
    if !said.contains("CALL p()") || !said.contains("stamp") {
        return Err(said.into());
    }
    block_on(async { Ok(migrator.stamp(fresh.url(), "head").await?) })?;
    same(status(&migrator, &fresh)?.is_current(), true)
}

fn a_first_failure() -> Outcome {
    let fresh = Fresh::mysql()?;
    same(applied(&failing(up(&only("NO SQL;", ""), &fresh))?)?, 0)?;
    same(fresh.query("SHOW TABLES")?.as_str(), "")
}

/// Fourteen statements, of rows and of tables, each of which takes a moment.
fn slow() -> String {
    let mut sql = String::from("CREATE TABLE log (n INT);\n");
    for n in 1..=6 {
        sql.push_str(&format!(
            "INSERT INTO log SELECT {n} FROM (SELECT SLEEP(0.02)) s;\n\
             CREATE TABLE t{n} AS SELECT SLEEP(0.02) AS a;\n\
             ALTER TABLE t{n} ADD INDEX (a), ADD COLUMN b INT;\n"
        ));
    }
    sql
}

fn killed_again_and_again() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    let (name, text) = sql("mysql", "aaaa0001", "", &slow(), "SELECT 1;");
    project.write(&format!("versions/{name}"), &text)?;
    let mut kills = 0;
    loop {
        let mut child = project
            .command(&["upgrade"])?
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        std::thread::sleep(Duration::from_millis(60 + 23 * kills % 90 + 4 * kills));
        if child.try_wait()?.is_some_and(|status| status.success()) {
            break;
        }
        child.kill()?;
        child.wait()?;
        kills += 1;
        if kills > 100 {
            return Err("it does not get on".into());
        }
    }
    if kills < 3 {
        return Err(format!("only {kills} kills").into());
    }
    same(
        project.query("SELECT group_concat(n ORDER BY n) FROM log")?,
        vec!["1,2,3,4,5,6".to_owned()],
    )?;
    same(
        project.query(
            "SELECT count(*) FROM information_schema.statistics \
             WHERE table_schema = DATABASE() AND column_name = 'a'",
        )?,
        vec!["6".to_owned()],
    )?;
    same(
        project.query("SELECT version_num FROM aludel_version")?,
        vec!["aaaa0001".to_owned()],
    )
}

fn commands_say_so() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    project.sql(TWICE)?;
    let (name, text) = sql("mysql", "aaaa0001", "", THREE, THREE_BACK);
    project.write(&format!("versions/{name}"), &text)?;
    let has = |text: &str, words: &[&str]| -> Outcome {
        match words.iter().find(|word| !text.contains(**word)) {
            None => Ok(()),
            Some(word) => Err(format!("no `{word}` in\n{text}").into()),
        }
    };
    let ran = project.expect(&["upgrade"], 2)?;
    has(
        &ran.stderr,
        &[
            "statement 2 of 3",
            "1 statement(s)",
            "CREATE TABLE a",
            "GROUP BY",
        ],
    )?;
    let ran = project.expect(&["current", "--check-heads"], 1)?;
    has(
        &ran.stderr,
        &["upgrade` goes on", "downgrade` takes it back"],
    )?;
    let ran = project.expect(&["current", "--format", "json"], 0)?;
    has(
        &ran.stdout,
        &["\"halfway\": {", "\"revision\": \"aaaa0001\""],
    )?;
    let ran = project.expect(&["upgrade", "--dry-run"], 2)?;
    has(&ran.stderr, &["stopped halfway"])?;
    let ran = project.expect(&["downgrade", "-1"], 0)?;
    has(&ran.stderr, &["Taking back the upgrade of aaaa0001"])?;
    project.expect(&["upgrade"], 2)?;
    project.sql("DELETE FROM t WHERE old = 8")?;
    let ran = project.expect(&["upgrade"], 0)?;
    has(&ran.stderr, &["going on behind 1 statement(s)"])?;
    project.expect(&["current", "--check-heads"], 0).map(drop)
}
