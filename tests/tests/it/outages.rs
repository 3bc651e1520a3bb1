//! What comes from outside in the middle of a run: the connection is lost, a
//! statement takes too long, the disk is full. Nothing is half done, or it is
//! on record how far it was; and the message says what was applied.

use std::io::{Read, Seek, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};

use crate::halfway::sql;
use crate::project::{Project, Ran};
use crate::startup::same;
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// A folder on a file system of a few megabytes, which the trial fills.
const SMALL_DISK: &str = "ALUDEL_TEST_SMALL_DISK";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for on in [On::Postgres, On::MySql] {
        let name = on.name();
        trials.push(trial(
            format!("outages::{name}::a_lost_connection"),
            move || lost(on),
        ));
        trials.push(trial(
            format!("outages::{name}::a_statement_that_takes_too_long"),
            move || too_long(on),
        ));
    }
    for mode in ["delete", "wal"] {
        let name = format!("outages::sqlite::a_full_disk_{mode}");
        let full = trial(name, move || full_disk(mode));
        // Only who names such a folder has one.
        trials.push(full.with_ignored_flag(std::env::var_os(SMALL_DISK).is_none()));
    }
    trials
}

const FIRST: &str = "aaaa00000001";
const SECOND: &str = "aaaa00000002";

/// A project at its first revision; the second makes a column, and one row that
/// takes as long as it is said.
fn project(on: On, seconds: u32) -> Result<Project, Failed> {
    let project = Project::on(on, "")?;
    let file = |id, parent, up: &str| {
        let (name, text) = sql(on.name(), id, parent, up, "SELECT 1;");
        project.write(&format!("versions/{name}"), &text)
    };
    file(FIRST, "", "CREATE TABLE t (a BIGINT);")?;
    project.expect(&["upgrade"], 0)?;
    file(SECOND, FIRST, &second(on, seconds))?;
    Ok(project)
}

fn second(on: On, seconds: u32) -> String {
    let sleep = match on {
        On::MySql => format!("(SELECT SLEEP({seconds})) s"),
        _ => format!("pg_sleep({seconds})"),
    };
    format!("ALTER TABLE t ADD COLUMN b BIGINT;\nINSERT INTO t (a) SELECT 1 FROM {sleep};")
}

/// Makes the second revision quick.
fn mend(project: &Project, on: On) -> Outcome {
    let (name, text) = sql(on.name(), SECOND, FIRST, &second(on, 0), "SELECT 1;");
    project.write(&format!("versions/{name}"), &text)
}

fn flat(text: &str) -> String {
    let text = text.replace('│', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn says(text: &str, parts: &[&str]) -> Outcome {
    let text = flat(text);
    match parts.iter().find(|part| !text.contains(**part)) {
        None => Ok(()),
        Some(part) => Err(format!("no `{part}` in\n{text}").into()),
    }
}

/// What is left of the second revision, and what the next start makes of it.
fn stopped(project: &Project, on: On, ran: &Ran) -> Outcome {
    let columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 't' \
                   AND column_name = 'b' AND table_schema = ";
    let (here, left) = match on {
        On::MySql => ("DATABASE()", "1"),
        _ => ("current_schema()", "0"),
    };
    same(
        project.query(&format!("{columns}{here}"))?,
        vec![left.to_owned()],
    )?;
    same(
        project.query("SELECT count(*) FROM t")?,
        vec!["0".to_owned()],
    )?;
    same(
        project.query("SELECT version_num FROM aludel_version")?,
        vec![FIRST.to_owned()],
    )?;
    match on {
        On::MySql => says(&ran.stderr, &["1 statement(s)", "ADD COLUMN b"])?,
        _ => says(&ran.stderr, &["nothing of this migration was applied"])?,
    }
    mend(project, on)?;
    project.expect(&["upgrade"], 0)?;
    same(
        project.query("SELECT count(*) FROM t WHERE b IS NULL")?,
        vec!["1".to_owned()],
    )?;
    same(
        project.query("SELECT count(*) FROM aludel_status")?,
        vec!["0".to_owned()],
    )
}

fn lost(on: On) -> Outcome {
    let project = project(on, 30)?;
    let mut child = project
        .command(&["upgrade"])?
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let kill = match on {
        On::MySql => {
            "SELECT concat('KILL CONNECTION ', id) FROM information_schema.processlist \
             WHERE db = DATABASE() AND info LIKE 'INSERT INTO t%SLEEP(30)%'"
        }
        _ => {
            "SELECT 'SELECT pg_terminate_backend(' || pid || ')' FROM pg_stat_activity WHERE \
             datname = current_database() AND state = 'active' AND query LIKE 'INSERT INTO t%'"
        }
    };
    let start = Instant::now();
    let statement = loop {
        if let Some(statement) = project.query(kill)?.into_iter().next() {
            break statement;
        }
        if start.elapsed() > Duration::from_secs(20) || child.try_wait()?.is_some() {
            return Err("it does not get there".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    project.sql(&statement)?;
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().ok_or("no stderr")?;
    pipe.read_to_string(&mut stderr)?;
    let ran = Ran {
        code: child.wait()?.code().unwrap_or(-1),
        stdout: String::new(),
        stderr,
    };
    same(ran.code, 2)?;
    if start.elapsed() > Duration::from_secs(25) {
        return Err("it has waited for the statement".into());
    }
    stopped(&project, on, &ran)
}

fn too_long(on: On) -> Outcome {
    let project = project(on, 3)?;
    let start = Instant::now();
    let words = ["upgrade", "--timeout", "1"];
    if on == On::MySql
        && !project
            .query("SELECT version()")?
            .concat()
            .contains("MariaDB")
    {
        // It has such a limit for queries alone.
        return project.expect(&words, 0).map(drop);
    }
    let ran = project.expect(&words, 2)?;
    if start.elapsed() > Duration::from_millis(2900) {
        return Err("it has waited for the statement".into());
    }
    says(&ran.stderr, &["cannot run statement 2 of 2"])?;
    stopped(&project, on, &ran)
}

/// A table is written again where there is no room for it; with room the same
/// command does it.
fn full_disk(mode: &str) -> Outcome {
    let folder = std::env::var(SMALL_DISK)?;
    let folder = tempfile::tempdir_in(folder)?;
    let models = "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"item\")]\n\
                  pub struct Item {\n    #[column(primary_key)]\n    pub id: i64,\n    \
                  pub label: String,\n}\n";
    let project = Project::new(models)?;
    let path = folder.path().join("app.db");
    let url = format!("sqlite:{}", path.display());
    project.edit("aludel.toml", "sqlite:app.db", &url)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", FIRST], 0)?;
    project.expect(&["upgrade"], 0)?;
    let rows = format!(
        "PRAGMA journal_mode = {mode}; INSERT INTO item WITH RECURSIVE n(i) AS (SELECT 1 UNION \
         ALL SELECT i + 1 FROM n WHERE i < 6000) SELECT i, 'label ' || hex(zeroblob(40)) FROM n;"
    );
    project.write("rows.sql", &rows)?;
    let run = |sql: &str| -> Result<Vec<String>, Failed> {
        let sql = sql.to_owned();
        let path = path.clone();
        crate::project::block_on(async move {
            use sqlx::{Connection, Row};
            let mut connection = crate::project::open(&path, false).await?;
            let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await?;
            connection.close().await?;
            Ok(rows
                .iter()
                .map(|row| row.try_get_unchecked(0).unwrap_or_default())
                .collect())
        })
    };
    run(&rows)?;
    project.edit(
        "models.rs",
        "pub label: String",
        "#[column(check = \"label <> ''\")]\n    pub label: String",
    )?;
    project.expect(&["autogen", "-m", "second", "--rev-id", SECOND], 0)?;
    let before = run("SELECT sql FROM sqlite_schema WHERE name = 'item'")?;
    let mut filler = std::fs::File::create(folder.path().join("filler"))?;
    while filler.write_all(&[0; 4096]).is_ok() {}
    let length = filler.stream_position()?;
    filler.set_len(length.saturating_sub(200_000))?;
    let ran = project.expect(&["upgrade"], 2)?;
    says(
        &ran.stderr,
        &[
            "database or disk is full",
            "nothing of this migration was applied",
            "make room on the disk",
        ],
    )?;
    let sums = "SELECT count(*) || ' ' || sum(id) || ' ' || sum(length(label)) FROM item";
    let whole = vec!["6000 18003000 516000".to_owned()];
    same(run(sums)?, whole.clone())?;
    same(
        run("SELECT sql FROM sqlite_schema WHERE name = 'item'")?,
        before,
    )?;
    same(run("PRAGMA integrity_check")?, vec!["ok".to_owned()])?;
    same(
        run("SELECT version_num FROM aludel_version")?,
        vec![FIRST.to_owned()],
    )?;
    drop(filler);
    std::fs::remove_file(folder.path().join("filler"))?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    same(run(sums)?, whole)?;
    same(run("PRAGMA journal_mode")?, vec![mode.to_owned()])
}
