//! What a script stops on before it does anything.

use libtest_mimic::{Failed, Trial};

use crate::cli::says;
use crate::project::{Project, Ran};
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for on in On::ALL {
        let name = on.name();
        trials.extend([
            trial(format!("offline::a_baseline_on_{name}"), move || {
                baseline(on)
            }),
            trial(format!("offline::one_at_a_time_on_{name}"), move || {
                one_at_a_time(on)
            }),
        ]);
    }
    trials
}

/// What the client says of a script that it does not run.
fn refused(project: &Project, script: &str) -> Result<String, Failed> {
    match project.sql(script) {
        Ok(()) => Err(format!("the script was run\n{script}").into()),
        Err(error) => Ok(error.message().unwrap_or_default().to_owned()),
    }
}

/// A file of SQL.
fn file(project: &Project, on: On, id: &str, header: &str, body: &str) -> Outcome {
    let name = on.name();
    project.write(
        &format!("versions/{id}_x.sql"),
        &format!(
            "-- {id}\n--\n-- Revision ID: {id}\n{header}-- Create Date: 2026-01-01T00:00:00Z\n-- Dialect: {name}\n\n-- upgrade\n\
             {body}\n\n-- downgrade\n"
        ),
    )
}

/// A baseline in a script is for an empty database; other tools' books are not
/// counted.
fn baseline(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    let header = "-- Revises:\n-- Baseline: true\n";
    let body = "CREATE TABLE one (a INTEGER);\nCREATE TABLE two (a INTEGER);";
    file(&project, on, "aaaa0001", header, body)?;
    file(
        &project,
        on,
        "aaaa0002",
        "-- Revises: aaaa0001\n",
        "CREATE TABLE three (a INTEGER);",
    )?;
    let script = project.expect(&["upgrade", "--sql"], 0)?.stdout;
    project.sql("CREATE TABLE two (a INTEGER)")?;
    let said = refused(&project, &script)?;
    if !said.contains("the database has tables already") || !script.contains("`stamp aaaa0001`") {
        return Err(format!("{said}\n{script}").into());
    }
    project.expect(&["current"], 0)?;
    if project.query("SELECT a FROM one").is_ok() {
        return Err("the baseline was begun".into());
    }
    if on == On::Sqlite {
        std::fs::remove_file(project.path("app.db"))?;
    } else {
        project.sql("DROP TABLE two")?;
    }
    project.sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32));\
         CREATE TABLE _sqlx_migrations (version BIGINT)",
    )?;
    project.sql(&script)?;
    says(&project.expect(&["current"], 0)?, &["aaaa0002 (head)"])?;
    // Where it is there already, the rest has nothing to ask.
    project.sql("DROP TABLE three")?;
    project.expect(&["stamp", "aaaa0001"], 0)?;
    let rest = project.expect(&["upgrade", "--sql", "aaaa0001:head"], 0)?;
    project.sql(&rest.stdout)
}

/// A script takes the lock that a run takes: while one goes on the other stops
/// or waits.
fn one_at_a_time(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    let wait = match on {
        // Long enough on any machine, and ended by nothing but itself.
        On::Sqlite => {
            "INSERT INTO one WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n \
             WHERE a < 6000000) SELECT max(a) FROM n;"
        }
        On::Postgres => "SELECT pg_sleep(4);",
        On::MySql => "SELECT SLEEP(4);",
    };
    file(
        &project,
        on,
        "aaaa0001",
        "-- Revises:\n",
        "CREATE TABLE one (a INTEGER);",
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    file(&project, on, "aaaa0002", "-- Revises: aaaa0001\n", wait)?;
    let script = project
        .expect(&["upgrade", "--sql", "aaaa0001:head"], 0)?
        .stdout;
    // Another script in the way of a run.
    let mut writer = project.command(&["upgrade", "head", "-q"])?.spawn()?;
    let said = loop {
        let begun = project.query("SELECT revision FROM aludel_status")?;
        if !begun.is_empty() {
            // It is said a moment before the transaction begins.
            std::thread::sleep(std::time::Duration::from_millis(500));
            break project.sql(&script).err();
        }
        if writer.try_wait()?.is_some() {
            return Err("the writer said nothing".into());
        }
    };
    let ran = writer.wait()?;
    let said = said.map(|error| error.message().unwrap_or_default().to_owned());
    let expected = match on {
        // It has waited for its turn, and found the database elsewhere; or in
        // vain, where the machine is slow.
        On::Sqlite => ["the database is not at aaaa0001", "database is locked"],
        _ => ["another process is running a migration"; 2],
    };
    match said {
        Some(said) if ran.success() && expected.iter().any(|text| said.contains(text)) => {}
        other => return Err(format!("{other:?}").into()),
    }
    if on == On::Sqlite {
        return Ok(());
    }
    run_behind_script(&project, script)
}

/// A run in the way of a script.
fn run_behind_script(project: &Project, script: String) -> Outcome {
    project.expect(&["downgrade", "aaaa0001"], 0)?;
    let server = project.server().ok_or("no server")?;
    let (begun, ran) = std::thread::scope(|scope| -> Result<(Ran, Outcome), Failed> {
        let scripted = scope.spawn(move || server.query(&script).map(drop));
        while !project.expect(&["status"], 0)?.stdout.contains("  held: ") {
            if scripted.is_finished() {
                break;
            }
        }
        let behind = project.run(&["upgrade", "head", "--lock-timeout", "0"])?;
        let done = scripted.join().map_err(|_| "the script panicked")?;
        Ok((behind, done.map_err(Into::into)))
    })?;
    ran?;
    if begun.code != 2 {
        return Err(format!("{begun:?}").into());
    }
    says(&begun, &["another process is running a migration"])?;
    says(&project.expect(&["current"], 0)?, &["aaaa0002 (head)"])
}
