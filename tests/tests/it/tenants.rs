//! One command on many databases: files, schemas of PostgreSQL, databases of
//! MariaDB.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::everyday::{file, table};
use crate::project::{Project, Ran};
use crate::startup::same;
use crate::{Outcome, readme, trial};

/// A test, by its name.
type Test = (&'static str, fn() -> Outcome);

pub(crate) fn trials() -> Vec<Trial> {
    let list: [Test; 7] = [
        ("a_thousand_files", a_thousand_files),
        ("a_thousand_schemas", a_thousand_schemas),
        ("databases_of_mariadb", databases_of_mariadb),
        ("from_revision_to_revision", from_revision_to_revision),
        ("compiled_migrations", compiled_migrations),
        ("an_interrupt_ends_well", an_interrupt_ends_well),
        ("two_interrupts_end_at_once", two_interrupts_end_at_once),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("tenants::{name}"), run))
        .collect()
}

fn id(number: u32) -> String {
    format!("aaaa{number:04}")
}

/// A project with so many revisions, each a table of its own name.
pub(crate) fn project(on: On, revisions: u32) -> Result<Project, Failed> {
    let project = Project::on(on, "")?;
    for number in 1..=revisions {
        let parent = match number {
            1 => String::new(),
            _ => id(number - 1),
        };
        table(&project, &id(number), &parent)?;
    }
    Ok(project)
}

/// The urls of so many files, in a list with what a list may have beside.
pub(crate) fn list_of_files(project: &Project, count: u32) -> Outcome {
    std::fs::create_dir(project.path("db"))?;
    let mut list = "# all of them\n\n".to_owned();
    for number in 1..=count {
        list.push_str(&format!("  sqlite:db/{number}.db\n"));
    }
    project.write("urls.txt", &list)
}

pub(crate) fn in_file(project: &Project, number: u32, sql: &'static str) -> Outcome {
    let path = project.path(&format!("db/{number}.db"));
    crate::project::block_on(async move {
        let mut connection = crate::project::open(&path, true).await?;
        sqlx::raw_sql(sql).execute(&mut connection).await?;
        sqlx::Connection::close(connection).await?;
        Ok(())
    })
}

pub(crate) fn document(ran: &Ran) -> Result<Value, Failed> {
    Ok(serde_json::from_str(&ran.stdout)?)
}

/// The tenants of a document with that result.
pub(crate) fn with_result<'d>(document: &'d Value, result: &str) -> Vec<&'d Value> {
    let tenants = document["tenants"].as_array();
    let all = tenants.into_iter().flatten();
    all.filter(|tenant| tenant["result"] == result).collect()
}

/// How many done, failed, interrupted, not started.
pub(crate) fn counts(document: &Value) -> [u64; 4] {
    ["done", "failed", "interrupted", "not_started"]
        .map(|state| document[state].as_u64().unwrap_or(u64::MAX))
}

pub(crate) fn names(tenants: &[&Value]) -> BTreeSet<String> {
    let names = tenants
        .iter()
        .filter_map(|tenant| tenant["tenant"].as_str());
    names.map(str::to_owned).collect()
}

/// What tenants ran anything.
pub(crate) fn busy(document: &Value) -> BTreeSet<String> {
    let mut done = with_result(document, "done");
    done.retain(|tenant| {
        tenant["revisions"]
            .as_array()
            .is_some_and(|r| !r.is_empty())
    });
    names(&done)
}

fn flat(text: &str) -> String {
    let text = text.replace('│', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn says(text: &str, parts: &[&str]) -> Outcome {
    let said = flat(text);
    match parts.iter().find(|part| !said.contains(**part)) {
        None => Ok(()),
        Some(part) => Err(format!("`{part}` is not said\n{text}").into()),
    }
}

/// A thousand files, of which some fail: the others are done, and the same
/// command does what is left once that is mended.
fn a_thousand_files() -> Outcome {
    let project = project(On::Sqlite, 1)?;
    list_of_files(&project, 1000)?;
    let broken = [1, 500, 1000];
    for number in broken {
        in_file(&project, number, "CREATE TABLE aaaa0001 (b)")?;
    }
    let words = ["upgrade", "--each", "urls.txt", "--format", "json"];
    let ran = project.expect(&words, 2)?;
    let first = document(&ran)?;
    same(counts(&first), [997, 3, 0, 0])?;
    let failed = with_result(&first, "failed");
    for (tenant, number) in failed.iter().zip(broken) {
        let name = tenant["tenant"].as_str().unwrap_or_default();
        same(name.ends_with(&format!("/db/{number}.db")), true)?;
        let message = tenant["error"]["message"].as_str().unwrap_or_default();
        says(message, &["table aaaa0001", "already exists"])?;
        same(&tenant["to"], &serde_json::json!([]))?;
    }
    says(
        &ran.stderr,
        &[
            "1000 databases: 997 done, 3 failed",
            "the same command again",
        ],
    )?;
    for number in broken {
        in_file(&project, number, "DROP TABLE aaaa0001")?;
    }
    let second = document(&project.expect(&words, 0)?)?;
    same(counts(&second), [1000, 0, 0, 0])?;
    same(busy(&second), names(&failed))
}

/// The same with the schemas of one database, each with a version table of its
/// own, and two tenants that cannot be found.
fn a_thousand_schemas() -> Outcome {
    let project = project(On::Postgres, 1)?;
    project.sql(
        "CREATE TABLE tenant (name text);
         INSERT INTO tenant SELECT 'Tenant \"' || n || '''' FROM generate_series(1, 1000) n;
         DO $$ DECLARE t text; BEGIN FOR t IN SELECT name FROM tenant LOOP
             EXECUTE format('CREATE SCHEMA %I', t); END LOOP; END $$;
         CREATE TABLE \"Tenant \"\"7'\".aaaa0001 (b int);
         INSERT INTO tenant VALUES (NULL), ('nowhere');",
    )?;
    let query = "SELECT name FROM tenant";
    let words = ["upgrade", "--tenants", query, "--format", "json"];
    let first = document(&project.expect(&words, 2)?)?;
    same(counts(&first), [999, 3, 0, 0])?;
    let failed = with_result(&first, "failed");
    let message = |tenant: &&Value| tenant["error"]["message"].as_str().map(str::to_owned);
    let messages: Vec<String> = failed.iter().filter_map(message).collect();
    says(
        &messages.join("; "),
        &[
            "already exists",
            "gives NULL",
            "there is no schema `nowhere`",
        ],
    )?;
    let versions = "SELECT count(*) FROM pg_tables WHERE tablename = 'aludel_version' \
                    AND schemaname LIKE 'Tenant %'";
    same(project.query(versions)?, vec!["999".to_owned()])?;
    let outside = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    same(project.query(outside)?, vec!["1".to_owned()])?;
    project.sql(
        "DROP TABLE \"Tenant \"\"7'\".aaaa0001;
         DELETE FROM tenant WHERE name IS NULL OR name = 'nowhere';",
    )?;
    let second = document(&project.expect(&words, 0)?)?;
    same(counts(&second), [1000, 0, 0, 0])?;
    same(busy(&second), BTreeSet::from(["Tenant \"7'".to_owned()]))?;
    let words = [
        "current",
        "--tenants",
        query,
        "--check-heads",
        "--jobs",
        "2",
    ];
    project.expect(&words, 0).map(drop)
}

fn databases_of_mariadb() -> Outcome {
    let project = project(On::MySql, 2)?;
    let main = project.server().ok_or("no server")?.name().to_owned();
    let made: Vec<String> = (1..=4).map(|n| format!("{main}_t`{n}")).collect();
    let quoted = |name: &String| format!("`{}`", name.replace('`', "``"));
    project.sql("CREATE TABLE tenant (name varchar(100))")?;
    for name in &made {
        project.sql(&format!("INSERT INTO tenant VALUES ('{name}')"))?;
        if !name.ends_with('4') {
            project.sql(&format!("CREATE DATABASE {}", quoted(name)))?;
        }
    }
    let done = on_mariadb(&project, &made);
    for name in &made {
        project.sql(&format!("DROP DATABASE IF EXISTS {}", quoted(name)))?;
    }
    done
}

fn on_mariadb(project: &Project, made: &[String]) -> Outcome {
    let query = "SELECT name FROM tenant ORDER BY name";
    let upgrade = ["upgrade", "--tenants", query, "--format", "json"];
    let first = document(&project.expect(&upgrade, 2)?)?;
    same(counts(&first), [3, 1, 0, 0])?;
    let missing = with_result(&first, "failed");
    same(names(&missing), made.last().cloned().into_iter().collect())?;
    same(busy(&first).len(), 3)?;
    project.sql("DELETE FROM tenant WHERE name LIKE '%4'")?;
    let second = document(&project.expect(&upgrade, 0)?)?;
    same(busy(&second).len(), 0)?;
    // What the query ran on is no tenant.
    let here = "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE()";
    same(project.query(here)?, vec!["1".to_owned()])?;
    let back = ["downgrade", "base", "--tenants", query];
    says(&project.expect(&back, 0)?.stdout, &["aaaa0002 base 2"])
}

/// Up, half of the way, down: in the table, with what failed and how far it came.
fn from_revision_to_revision() -> Outcome {
    let project = project(On::Sqlite, 2)?;
    list_of_files(&project, 3)?;
    let each = |words: &[&'static str]| -> Vec<&'static str> {
        words
            .iter()
            .copied()
            .chain(["--each", "urls.txt"])
            .collect()
    };
    let planned = project.expect(&each(&["upgrade", "--dry-run"]), 0)?;
    says(&planned.stdout, &["base aaaa0002 2", "db/3.db"])?;
    same(project.path("db/1.db").exists(), false)?;
    // To look at what is not there is a failure, not a reason to make it.
    says(
        &project.expect(&each(&["current"]), 2)?.stdout,
        &["1.db ? ?"],
    )?;
    in_file(&project, 2, "CREATE TABLE aaaa0002 (b)")?;
    let ran = project.expect(&each(&["upgrade"]), 2)?;
    says(
        &ran.stdout,
        &[
            "tenant from to revisions time result",
            "1.db base aaaa0002 2",
        ],
    )?;
    let failed = ran.stdout.lines().find(|line| line.contains("db/2.db"));
    says(
        failed.unwrap_or_default(),
        &["base aaaa0001 1", "failed: ", "already exists"],
    )?;
    says(
        &ran.stderr,
        &[
            "error: sqlite:",
            "db/2.db: ",
            "nothing of this migration was applied",
        ],
    )?;
    let behind = project.expect(&each(&["current", "--check-heads"]), 1)?;
    says(&behind.stdout, &["1.db aaaa0002 0", "2.db aaaa0001 1"])?;
    says(
        &behind.stderr,
        &["1 of 3 databases are not on all head revisions"],
    )?;
    project.expect(&each(&["stamp", "head"]), 0)?;
    project.expect(&each(&["current", "--check-heads"]), 0)?;
    let planned = project.expect(&each(&["downgrade", "base", "--dry-run"]), 0)?;
    says(&planned.stdout, &["2.db aaaa0002 base 2"])?;
    project.expect(&each(&["downgrade", "aaaa0001"]), 0)?;
    let down = project.expect(&each(&["downgrade", "base", "--quiet"]), 0)?;
    says(&down.stdout, &["3.db aaaa0001 base 1"])?;
    same(down.stderr.as_str(), "")
}

/// Rust files that are compiled into a project's own commands run on all
/// databases in one process.
fn compiled_migrations() -> Outcome {
    let project = readme::copy()?;
    list_of_files(&project, 3)?;
    let words = [
        "upgrade", "--each", "urls.txt", "--format", "json", "--quiet",
    ];
    let told: Value = serde_json::from_str(&readme::run(&project, &words, 0)?)?;
    same(busy(&told).len(), 3)?;
    readme::run(
        &project,
        &["current", "--check-heads", "--each", "urls.txt"],
        0,
    )?;
    // Without them there is nothing that could run.
    let uncompiled = project.expect(&["downgrade", "base", "--each", "urls.txt"], 2)?;
    says(
        &uncompiled.stdout,
        &["has to be compiled before it can run"],
    )?;
    readme::run(&project, &["downgrade", "base", "--each", "urls.txt"], 0).map(drop)
}

/// Interrupts a command when it says something, so many times; gives what it
/// says on stderr, and its document.
fn interrupted(project: &Project, words: &[&str], at: &str, times: u32) -> Result<Ran, Failed> {
    let mut child = project
        .command(words)?
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stderr = BufReader::new(child.stderr.take().ok_or("no stderr")?);
    let mut said = String::new();
    let mut heard = at;
    for _ in 0..times {
        let mut line = String::new();
        while !line.contains(heard) {
            line.clear();
            if stderr.read_line(&mut line)? == 0 {
                return Err(format!("it ended before `{heard}`\n{said}").into());
            }
            said.push_str(&line);
        }
        let id = child.id().to_string();
        Command::new("kill").args(["-INT", &id]).status()?;
        heard = "interrupt again";
    }
    stderr.read_to_string(&mut said)?;
    let mut stdout = String::new();
    let out = child.stdout.as_mut().ok_or("no stdout")?;
    out.read_to_string(&mut stdout)?;
    let code = child.wait()?.code().unwrap_or(-1);
    Ok(Ran {
        code,
        stdout,
        stderr: said,
    })
}

/// What runs ends with its migration, the rest is not begun, and the same
/// command does all that.
fn an_interrupt_ends_well() -> Outcome {
    let project = project(On::Sqlite, 1)?;
    let header = "-- Revision ID: aaaa0002\n-- Revises: aaaa0001\n";
    let slow = "INSERT INTO aaaa0001 WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 \
                FROM c WHERE n < 3000000) SELECT max(n) FROM c;";
    file(
        &project,
        "aaaa0002_x",
        header,
        slow,
        "DELETE FROM aaaa0001;",
    )?;
    table(&project, "aaaa0003", "aaaa0002")?;
    list_of_files(&project, 3)?;
    let words = ["upgrade", "--each", "urls.txt", "--format", "json"];
    let one: Vec<&str> = words.into_iter().chain(["-v", "--jobs", "1"]).collect();
    let ran = interrupted(&project, &one, "-> aaaa0002", 1)?;
    same((ran.code, &ran.stderr), (130, &ran.stderr))?;
    let told = document(&ran)?;
    same(counts(&told), [0, 0, 1, 2])?;
    let stopped = with_result(&told, "interrupted");
    let to: Vec<&Value> = stopped.iter().map(|tenant| &tenant["to"]).collect();
    same(to, vec![&serde_json::json!(["aaaa0002"])])?;
    says(
        &ran.stderr,
        &["interrupted: 3 databases: 0 done, 1 interrupted, 2 not started"],
    )?;
    let told = document(&project.expect(&words, 0)?)?;
    same(counts(&told), [3, 0, 0, 0])
}

/// Nothing stays of what was running.
fn two_interrupts_end_at_once() -> Outcome {
    let project = project(On::Postgres, 1)?;
    let header = "-- Revision ID: aaaa0002\n-- Revises: aaaa0001\n";
    let slow = "CREATE TABLE late (a int);\nSELECT pg_sleep(600);";
    file(&project, "aaaa0002_x", header, slow, "DROP TABLE late;")?;
    project.sql("CREATE SCHEMA a; CREATE SCHEMA b;")?;
    let query = "SELECT unnest(ARRAY['a', 'b'])";
    let words = [
        "upgrade",
        "--tenants",
        query,
        "-v",
        "--jobs",
        "1",
        "--format",
        "json",
    ];
    let ran = interrupted(&project, &words, "-> aaaa0002", 2)?;
    same((ran.code, &ran.stderr), (130, &ran.stderr))?;
    let told = document(&ran)?;
    same(counts(&told), [0, 0, 1, 1])?;
    let stopped = with_result(&told, "interrupted");
    let message = |tenant: &&Value| tenant["error"]["message"].as_str().map(str::to_owned);
    says(
        &stopped.iter().filter_map(message).collect::<String>(),
        &["`aaaa0001` was applied and stays; nothing of `aaaa0002`, which was running, stays"],
    )?;
    // The server sees that nobody waits any more when it has slept.
    project.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'aludel'",
    )?;
    same(
        project.query("SELECT version_num FROM a.aludel_version")?,
        vec!["aaaa0001".to_owned()],
    )
}
