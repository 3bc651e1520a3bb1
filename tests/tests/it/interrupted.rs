//! A run that somebody interrupts at the keyboard: what stays, what is said,
//! and how it goes on.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use aludel_tests::place::On;
use libtest_mimic::Trial;

use crate::halfway::sql;
use crate::project::Project;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = On::ALL
        .into_iter()
        .map(|on| {
            trial(
                format!("interrupted::{}::says_what_stays", on.name()),
                move || says_what_stays(on),
            )
        })
        .collect();
    trials.push(trial(
        "interrupted::sqlite::a_full_disk_says_what_to_do",
        full,
    ));
    trials.push(trial(
        "interrupted::postgres::what_takes_long_is_told",
        what_takes_long_is_told,
    ));
    trials
}

/// Nobody has to guess whether a run is still at something.
fn what_takes_long_is_told() -> Outcome {
    let project = Project::on(On::Postgres, "")?;
    write(
        &project,
        On::Postgres,
        FIRST,
        "",
        "SELECT 1;\nSELECT 1 FROM pg_sleep(11);",
    )?;
    let said = project.expect(&["upgrade"], 0)?.stderr;
    let told = said.matches("still running after 10 s: ").count();
    require(told == 1, &said)
}

/// Writes a file that nothing takes back.
fn write(project: &Project, on: On, id: &str, parent: &str, upgrade: &str) -> Outcome {
    let (name, text) = sql(on.name(), id, parent, upgrade, "SELECT 1;");
    project.write(&format!("versions/{name}"), &text)
}

const FIRST: &str = "aaaa00000001";
const SECOND: &str = "aaaa00000002";

/// What takes some seconds, and one row.
fn slow(on: On) -> &'static str {
    match on {
        On::Sqlite => {
            "INSERT INTO t (a) WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c \
             WHERE n < 900000000) SELECT max(n) FROM c;"
        }
        On::Postgres => "INSERT INTO t (a) SELECT 1 FROM pg_sleep(6);",
        On::MySql => "INSERT INTO t (a) SELECT 1 FROM (SELECT SLEEP(6)) s;",
    }
}

fn require(holds: bool, said: &impl std::fmt::Debug) -> Outcome {
    if holds {
        return Ok(());
    }
    Err(format!("{said:?}").into())
}

fn says_what_stays(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    write(&project, on, FIRST, "", "CREATE TABLE t (a bigint);")?;
    let second = format!("ALTER TABLE t ADD COLUMN b int;\n{}", slow(on));
    write(&project, on, SECOND, FIRST, &second)?;
    let mut child = project
        .command(&["upgrade"])?
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stderr = BufReader::new(child.stderr.take().ok_or("no stderr")?);
    let mut line = String::new();
    while !line.contains(&format!("-> {SECOND}")) {
        line.clear();
        require(stderr.read_line(&mut line)? > 0, &"it ended before")?;
    }
    std::thread::sleep(Duration::from_millis(1000));
    let id = child.id().to_string();
    // As from a keyboard, and as a container is stopped.
    let signal = match on {
        On::Postgres => "-TERM",
        On::Sqlite | On::MySql => "-INT",
    };
    require(
        Command::new("kill").args([signal, &id]).status()?.success(),
        &id,
    )?;
    let mut said = String::new();
    stderr.read_to_string(&mut said)?;
    require(child.wait()?.code() == Some(130), &said)?;
    let said = said.replace('│', " ");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let stays = match on {
        On::MySql => "which was running, those statements stay that were done",
        On::Sqlite | On::Postgres => "which was running, stays",
    };
    for part in [
        &format!("interrupted: `{FIRST}` was applied and stays"),
        &format!("`{SECOND}`, "),
        stays,
        "the same command",
    ] {
        require(said.contains(part), &(part, &said))?;
    }
    if on == On::Sqlite {
        // It would take as long again.
        let quick = second.replace("900000000", "3");
        write(&project, on, SECOND, FIRST, &quick)?;
    }
    require(
        project.query("SELECT count(*) FROM t")? == ["0"],
        &"it has a row",
    )?;
    if on != On::MySql {
        let version = project.query("SELECT version_num FROM aludel_version")?;
        require(version == [FIRST], &version)?;
    }
    project.expect(&["upgrade"], 0)?;
    require(
        project.query("SELECT count(*) FROM t WHERE b IS NULL")? == ["1"],
        &"it did not go on",
    )
}

/// A database that may not grow any more.
fn full() -> Outcome {
    let project = Project::new("")?;
    let fill = "CREATE TABLE t (a);\nPRAGMA max_page_count = 20;\nINSERT INTO t WITH RECURSIVE \
                c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) SELECT \
                randomblob(1000) FROM c;";
    write(&project, On::Sqlite, FIRST, "", fill)?;
    let ran = project.expect(&["upgrade"], 2)?;
    let said = ran.stderr.replace('│', " ");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "database or disk is full",
        "nothing of this migration was applied",
        "make room on the disk",
        "run the same command again",
    ] {
        require(said.contains(part), &(part, &said))?;
    }
    let tables = project.query("SELECT count(*) FROM sqlite_schema WHERE name = 't'")?;
    require(tables == ["0"], &tables)
}
