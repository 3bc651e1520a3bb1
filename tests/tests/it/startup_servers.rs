//! Processes that start on PostgreSQL and MariaDB, as those of `startup` do on
//! SQLite: writers that migrate, readers that wait.

use std::time::Duration;

use aludel::{ErrorKind, Migrations, Migrator, Wait};
use libtest_mimic::Trial;

use crate::project::{Project, block_on};
use crate::startup::{file, same};
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// A test, by its name.
type Test = (&'static str, fn(On) -> Outcome);

pub(crate) fn trials() -> Vec<Trial> {
    let list: [Test; 3] = [
        ("writers_and_readers_at_once", writers_and_readers_at_once),
        ("a_reader_alone_gives_up", a_reader_alone_gives_up),
        ("a_second_start_writes_nothing", a_second_start),
    ];
    let mut trials = Vec::new();
    for on in [On::Postgres, On::MySql] {
        for (name, run) in list {
            let name = format!("startup::{}::{name}", on.name());
            trials.push(trial(name, move || run(on)));
        }
    }
    trials
}

fn three(on: On) -> Migrator {
    let file = |id, parent, body| {
        let (name, text) = file(id, parent, "", body);
        let dialect = format!("Dialect: {}", on.name());
        (name, text.replace("Dialect: sqlite", &dialect))
    };
    Migrator::new(Migrations::from_files(vec![
        file(
            "aaaa0001",
            "",
            "CREATE TABLE node (id INTEGER PRIMARY KEY);",
        ),
        file(
            "aaaa0002",
            "aaaa0001",
            "ALTER TABLE node ADD COLUMN a INTEGER;",
        ),
        file(
            "aaaa0003",
            "aaaa0002",
            "INSERT INTO node (id, a) VALUES (1, 7);",
        ),
    ]))
}

/// A database on a server, and its url.
fn database(on: On) -> Result<(Project, String), libtest_mimic::Failed> {
    let project = Project::on(on, "")?;
    let url = project.server().ok_or("no server")?.url().to_owned();
    Ok((project, url))
}

fn soon(timeout: u64) -> Wait {
    Wait {
        timeout: Duration::from_millis(timeout),
        every: Duration::from_millis(20),
    }
}

fn writers_and_readers_at_once(on: On) -> Outcome {
    for _ in 0..3 {
        let (project, url) = database(on)?;
        let (migrator, wait) = (three(on), soon(60_000));
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
        let left = project.query("SELECT count(*) FROM aludel_status")?;
        same(left, vec!["0".to_owned()])?;
    }
    Ok(())
}

fn a_reader_alone_gives_up(on: On) -> Outcome {
    let (project, url) = database(on)?;
    let done = block_on(async { Ok(three(on).wait_until_current(&url, soon(300)).await) })?;
    let error = done.err().ok_or("nobody has upgraded it")?;
    same(error.kind(), ErrorKind::TimedOut)?;
    if !error.to_string().contains("`aaaa0003`") || error.hint().is_none() {
        return Err(format!("{error}").into());
    }
    let here = match on {
        On::Postgres => "current_schema()",
        _ => "DATABASE()",
    };
    let tables =
        format!("SELECT count(*) FROM information_schema.tables WHERE table_schema = {here}");
    same(project.query(&tables)?, vec!["0".to_owned()])
}

fn a_second_start(on: On) -> Outcome {
    let (project, url) = database(on)?;
    block_on(async { Ok(three(on).upgrade(&url, "head").await?) })?;
    let log = "SELECT count(*) FROM aludel_log";
    let before = project.query(log)?;
    let ran = block_on(async {
        three(on).wait_until_current(&url, soon(10_000)).await?;
        Ok(three(on).upgrade(&url, "head").await?.len())
    })?;
    same(ran, 0)?;
    same(project.query(log)?, before)?;
    // Somebody else's database is ahead: nobody waits for it.
    project.sql("UPDATE aludel_version SET version_num = 'ffff0000'")?;
    let (writer, reader) = block_on(async {
        let writer = three(on).upgrade(&url, "head").await.map(drop);
        let reader = three(on).wait_until_current(&url, soon(60_000)).await;
        Ok((writer, reader.map(drop)))
    })?;
    for done in [writer, reader] {
        let error = done.err().ok_or("it is ahead")?;
        same(error.kind(), ErrorKind::UnknownRevision)?;
    }
    Ok(())
}
