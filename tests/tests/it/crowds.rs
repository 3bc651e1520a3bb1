//! Many processes that start at once: each revision is applied once, and nobody
//! fails or waits in silence.
//!
//! `ALUDEL_TEST_CROWD_ROUNDS` says how often each is done; once otherwise.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::halfway::sql;
use crate::project::{Project, block_on, open};
use crate::startup::{beside, same};
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// How many rounds there are.
const ROUNDS: &str = "ALUDEL_TEST_CROWD_ROUNDS";

pub(crate) fn trials() -> Vec<Trial> {
    let places = [
        ("sqlite_delete", On::Sqlite, "PRAGMA journal_mode = delete"),
        ("sqlite_wal", On::Sqlite, "PRAGMA journal_mode = wal"),
        ("postgres", On::Postgres, ""),
        ("mysql", On::MySql, ""),
    ];
    let mut trials = Vec::new();
    for (name, on, setting) in places {
        for (begin, steps) in [("empty", 0), ("the_middle", 2)] {
            trials.push(trial(format!("crowds::{name}::from_{begin}"), move || {
                rounds(on, setting, steps)
            }));
        }
        trials.push(trial(
            format!("crowds::{name}::who_waits_says_on_whom"),
            move || who_waits(on, setting),
        ));
    }
    trials.push(trial(
        "crowds::sqlite_delete::a_file_that_nobody_may_read",
        locked_file,
    ));
    trials
}

/// The ids of the history, in order.
const IDS: [&str; 5] = [
    "aaaa00000001",
    "aaaa00000002",
    "aaaa00000003",
    "aaaa00000004",
    "aaaa00000005",
];

/// A revision: what stands in its header, and what it does.
type Revision = (&'static str, &'static str);

const LOOSE: &str = "-- Transaction: none\n";

fn history(on: On) -> [Revision; 5] {
    let second = (
        "",
        "ALTER TABLE t ADD COLUMN b VARCHAR(20);\nINSERT INTO t (id, a) VALUES (2, 'y');",
    );
    let last = ("", "INSERT INTO t (id, a) VALUES (5, 'last');");
    match on {
        On::Sqlite => [
            (
                "",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);\nINSERT INTO t (id, a) VALUES (1, 'x');",
            ),
            second,
            (
                LOOSE,
                "CREATE INDEX ix ON t (a);\nINSERT INTO t (id, a) VALUES (3, 'z');",
            ),
            (
                "",
                "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT, b TEXT, CHECK (id > 0));\n\
                 INSERT INTO n SELECT id, a, b FROM t;\nDROP TABLE t;\nALTER TABLE n RENAME TO t;",
            ),
            last,
        ],
        On::Postgres => [
            (
                "",
                "CREATE TYPE mood AS ENUM ('calm');\n\
                 CREATE TABLE t (id BIGINT PRIMARY KEY, a TEXT, m mood);\n\
                 INSERT INTO t (id, a) VALUES (1, 'x');",
            ),
            second,
            // It waits for whoever has a snapshot.
            (LOOSE, "CREATE INDEX CONCURRENTLY ix ON t (a);"),
            (LOOSE, "ALTER TYPE mood ADD VALUE 'glad';"),
            ("", "INSERT INTO t (id, a, m) VALUES (5, 'last', 'glad');"),
        ],
        On::MySql => [
            (
                "",
                "CREATE TABLE t (id BIGINT PRIMARY KEY, a VARCHAR(20));\n\
                 INSERT INTO t (id, a) VALUES (1, 'x');",
            ),
            second,
            ("", "CREATE INDEX ix ON t (a);"),
            ("", "ALTER TABLE t MODIFY a VARCHAR(40);"),
            last,
        ],
    }
}

/// A project with files of SQL, one behind the other.
fn project<'r>(
    on: On,
    setting: &str,
    revisions: impl IntoIterator<Item = &'r (&'r str, &'r str)>,
) -> Result<Project, Failed> {
    let project = Project::on(on, "")?;
    if !setting.is_empty() {
        project.sql(setting)?;
    }
    let mut parent = "";
    for (id, (more, up)) in IDS.into_iter().zip(revisions) {
        let (name, text) = sql(on.name(), id, parent, up, "SELECT 1;");
        let dialect = format!("-- Dialect: {}\n", on.name());
        let text = text.replace(&dialect, &format!("{dialect}{more}"));
        project.write(&format!("versions/{name}"), &text)?;
        parent = id;
    }
    Ok(project)
}

fn rounds(on: On, setting: &str, steps: usize) -> Outcome {
    let rounds = std::env::var(ROUNDS).ok().map(|rounds| rounds.parse());
    for _ in 0..rounds.transpose()?.unwrap_or(1) {
        for size in [2, 8, 50] {
            let said = |error: Failed| -> Failed {
                let what = error.message().unwrap_or_default().to_owned();
                format!("{size} processes: {what}").into()
            };
            round(on, setting, steps, size).map_err(said)?;
        }
    }
    Ok(())
}

fn round(on: On, setting: &str, steps: usize, size: usize) -> Outcome {
    let project = project(on, setting, &history(on))?;
    if steps > 0 {
        project.expect(&["upgrade", &format!("+{steps}")], 0)?;
    }
    let start = |_| -> Result<Child, Failed> { started(&project, &["upgrade", "head"]) };
    let children: Vec<Child> = (0..size).map(start).collect::<Result<_, _>>()?;
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for child in children {
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() != Some(0) {
            return Err(format!("{:?}\n{said}", output.status).into());
        }
        for line in said.lines().filter(|line| line.starts_with("Running ")) {
            *times.entry(line.to_owned()).or_default() += 1;
        }
    }
    // Each was run by one of them, and nothing by two.
    same(times.len(), IDS.len() - steps)?;
    same(times.values().copied().max(), Some(1))?;
    same(
        project.query("SELECT revision FROM aludel_log ORDER BY id")?,
        IDS.map(str::to_owned).to_vec(),
    )?;
    same(
        project.query("SELECT version_num FROM aludel_version")?,
        vec![IDS[4].to_owned()],
    )?;
    let rows = match on {
        On::Sqlite => vec!["x", "y", "z", "last"],
        _ => vec!["x", "y", "last"],
    };
    same(project.query("SELECT a FROM t ORDER BY id")?, owned(&rows))?;
    same(
        project.query("SELECT count(*) FROM aludel_status")?,
        owned(&["0"]),
    )?;
    match on {
        On::Sqlite => same(beside(&project.path("app.db"))?, vec![]),
        On::Postgres => same(
            project.query("SELECT count(*) FROM pg_index WHERE NOT indisvalid")?,
            owned(&["0"]),
        ),
        On::MySql => Ok(()),
    }
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn started(project: &Project, words: &[&str]) -> Result<Child, Failed> {
    let mut command = project.command(words)?;
    let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
    Ok(command.spawn()?)
}

/// A run that takes some seconds; one that waits says on whom after a second,
/// and one that waits no longer says it in its error.
fn who_waits(on: On, setting: &str) -> Outcome {
    let slow = match on {
        On::Sqlite => {
            "INSERT INTO t (a) WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c \
             WHERE n < 6000000) SELECT max(n) FROM c;"
        }
        On::Postgres => "INSERT INTO t (a) SELECT 1 FROM pg_sleep(4);",
        On::MySql => "INSERT INTO t (a) SELECT 1 FROM (SELECT SLEEP(4)) s;",
    };
    let project = project(
        on,
        setting,
        &[("", "CREATE TABLE t (a BIGINT);"), ("", slow)],
    )?;
    project.expect(&["upgrade", "+1"], 0)?;
    let mut first = started(&project, &["upgrade"])?;
    let mut stderr = BufReader::new(first.stderr.take().ok_or("no stderr")?);
    let mut line = String::new();
    while !line.contains("Running upgrade") {
        line.clear();
        if stderr.read_line(&mut line)? == 0 {
            return Err("it has ended".into());
        }
    }
    let patient = started(&project, &["upgrade"])?;
    let ran = project.expect(&["upgrade", "--lock-timeout", "1"], 2)?;
    let whom = match on {
        On::Sqlite => format!("process {} on ", first.id()),
        On::Postgres => "process ".to_owned(),
        On::MySql => "connection ".to_owned(),
    };
    let flat = |text: &str| {
        let text = text.replace('│', " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for part in ["another process is running a migration", &whom] {
        if !flat(&ran.stderr).contains(part) {
            return Err(format!("no `{part}` in\n{}", ran.stderr).into());
        }
    }
    let mut rest = String::new();
    stderr.read_to_string(&mut rest)?;
    same(first.wait()?.code(), Some(0))?;
    let output = patient.wait_with_output()?;
    let said = flat(&String::from_utf8_lossy(&output.stderr));
    same(output.status.code(), Some(0))?;
    if !said.contains(&format!("waiting for another migration, of {whom}")) {
        return Err(said.into());
    }
    same(project.query("SELECT count(*) FROM t")?, owned(&["1"]))
}

/// Without WAL a writer may keep everybody from reading, longer than SQLite
/// waits by itself.
fn locked_file() -> Outcome {
    let project = project(
        On::Sqlite,
        "",
        &[
            ("", "CREATE TABLE t (a);"),
            ("", "INSERT INTO t VALUES (1);"),
        ],
    )?;
    project.expect(&["upgrade", "+1"], 0)?;
    let path = project.path("app.db");
    let ran = block_on(async {
        let mut holder = open(&path, false).await?;
        sqlx::raw_sql("BEGIN EXCLUSIVE")
            .execute(&mut holder)
            .await?;
        let child = started(&project, &["upgrade"]).map_err(|_| "it does not start")?;
        tokio::time::sleep(Duration::from_millis(6500)).await;
        sqlx::raw_sql("ROLLBACK").execute(&mut holder).await?;
        Ok(child.wait_with_output()?)
    })?;
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    if ran.status.code() != Some(0) || !said.contains("that has the database locked") {
        return Err(format!("{:?}\n{said}", ran.status).into());
    }
    same(project.query("SELECT count(*) FROM t")?, owned(&["1"]))
}
