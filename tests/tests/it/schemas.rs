//! A migrator that works in one schema of a database: side by side with others,
//! never beside a run over the whole, on what an application hands in.

use std::time::Duration;

use aludel::db::{Mode, Url, connect};
use aludel::{ErrorKind, Migrations, Migrator};
use aludel_tests::place::On;
use libtest_mimic::Trial;
use sqlx::Connection as _;

use crate::project::{Project, block_on};
use crate::startup::{file, same};
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("schemas::side_by_side", side_by_side),
        trial("schemas::connections_of_an_application", handed_in),
        trial("schemas::databases_of_mariadb", of_mariadb),
        trial("schemas::a_run_that_is_stopped", a_run_that_is_stopped),
    ]
}

fn migrator(on: On, bodies: &[&str]) -> Migrator {
    let mut parent = String::new();
    let files = bodies.iter().enumerate().map(|(at, body)| {
        let id = format!("aaaa000{}", at + 1);
        let (name, text) = file(&id, &parent, "", body);
        parent = id;
        let dialect = format!("Dialect: {}", on.name());
        (name, text.replace("Dialect: sqlite", &dialect))
    });
    Migrator::new(Migrations::from_files(files.collect()))
        .lock_timeout(Duration::ZERO)
        .table_lock_timeout(Duration::from_secs(60))
}

/// One run waits for a table: another schema goes on, the same one and the
/// whole database do not.
fn side_by_side() -> Outcome {
    let project = Project::on(On::Postgres, "")?;
    project.sql(
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE gate (n int);
         CREATE TABLE a.gate (n int); CREATE TABLE b.gate (n int);",
    )?;
    let url = project.server().ok_or("no server")?.url().to_owned();
    let whole = migrator(On::Postgres, &["INSERT INTO gate VALUES (1);"]);
    let (a, b) = (whole.clone().schema("a"), whole.clone().schema("b"));
    block_on(async {
        let mut gate = connect(&Url::parse(&url)?, Mode::ReadWrite).await?;
        let close = |table: &str| format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'";
        let locked = |error: Option<aludel::Error>| match error {
            Some(error) if error.kind() == ErrorKind::Locked => Ok(()),
            other => Err(format!("{other:?}")),
        };

        gate.execute(&close("a.gate")).await?;
        let beside = async {
            while gate.rows(waits).await?.concat() != [Some("1".to_owned())] {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let held = (a.lock_holder(&url).await?, b.lock_holder(&url).await?);
            let other = b.upgrade(&url, "head").await?.len();
            locked(a.upgrade(&url, "head").await.err())?;
            locked(whole.upgrade(&url, "head").await.err())?;
            gate.execute("COMMIT").await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((held, other))
        };
        let (ran, beside) = tokio::join!(a.upgrade(&url, "head"), beside);
        let ((of_a, of_b), other) = beside?;
        if (ran?.len(), other) != (1, 1) || of_b.is_some() {
            return Err(format!("{other} {of_b:?}").into());
        }
        if !of_a.is_some_and(|by| by.concat().contains("INSERT INTO gate")) {
            return Err("nobody is told who holds the lock".into());
        }

        gate.execute(&close("public.gate")).await?;
        let beside = async {
            while gate.rows(waits).await?.concat() != [Some("1".to_owned())] {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            locked(a.downgrade(&url, "base").await.err())?;
            gate.execute("COMMIT").await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        };
        let (ran, beside) = tokio::join!(whole.upgrade(&url, "head"), beside);
        beside?;
        ran?;
        gate.close().await?;
        Ok(())
    })?;
    let rows = "SELECT (SELECT count(*) FROM gate) + (SELECT count(*) FROM a.gate) \
                + (SELECT count(*) FROM b.gate)";
    same(project.query(rows)?, vec!["3".to_owned()])
}

/// A pool and a connection work in the schema and are left as they were.
fn handed_in() -> Outcome {
    let project = Project::on(On::Postgres, "")?;
    project.sql("CREATE SCHEMA \"it's\"; CREATE SCHEMA b;")?;
    let url = project.server().ok_or("no server")?.url().to_owned();
    let whole = migrator(On::Postgres, &["CREATE TABLE t (n int);"]);
    let tenant = whole.clone().schema("it's");
    let (rows, path, by_url, missing) = block_on(async {
        let pool = sqlx::PgPool::connect(&url).await?;
        tenant.upgrade(&pool, "head").await?;
        pool.close().await;
        let mut connection = sqlx::PgConnection::connect(&url).await?;
        sqlx::raw_sql("SET search_path = b, public")
            .execute(&mut connection)
            .await?;
        let rows = tenant.current(&mut connection).await?;
        let missing = whole.clone().schema("nope").current(&mut connection).await;
        let path: String = sqlx::query_scalar("SHOW search_path")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        let named = Url::parse(&url)?.in_schema("it's")?;
        let by_url = whole.is_current(&named).await?;
        Ok((rows, path, by_url, missing.err()))
    })?;
    same(rows, vec!["aaaa0001".to_owned()])?;
    same(path.as_str(), "b, public")?;
    same(by_url, true)?;
    same(missing.map(|error| error.kind()), Some(ErrorKind::Missing))?;
    let tables = "SELECT schemaname FROM pg_tables WHERE tablename = 't'";
    same(project.query(tables)?, vec!["it's".to_owned()])?;
    let folder = tempfile::tempdir()?;
    let file = Url::sqlite(folder.path().join("a.db"));
    let none = block_on(async { Ok(tenant.upgrade(&file, "head").await.err()) })?;
    same(none.map(|error| error.kind()), Some(ErrorKind::Missing))
}

fn of_mariadb() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    let server = project.server().ok_or("no server")?;
    let (url, main) = (server.url().to_owned(), server.name().to_owned());
    let other = format!("{main}_`s");
    let quoted = format!("`{}`", other.replace('`', "``"));
    project.sql(&format!("CREATE DATABASE {quoted}"))?;
    let whole = migrator(On::MySql, &["CREATE TABLE t (n int);"]);
    let tenant = whole.clone().schema(&other);
    let done = block_on(async {
        let mut connection = sqlx::MySqlConnection::connect(&url).await?;
        tenant.upgrade(&mut connection, "head").await?;
        let here: String = sqlx::query_scalar("SELECT DATABASE()")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        let at = tenant.current(&url).await?;
        Ok((here, at, whole.current(&url).await?))
    });
    project.sql(&format!("DROP DATABASE {quoted}"))?;
    same(done?, (main, vec!["aaaa0001".to_owned()], Vec::new()))
}

/// What was run is given back, and nothing says that a run is still on.
fn a_run_that_is_stopped() -> Outcome {
    let project = Project::new("")?;
    let url = Url::sqlite(project.path("app.db"));
    let bodies = [
        "CREATE TABLE a (n);",
        "CREATE TABLE b (n);",
        "CREATE TABLE c (n);",
    ];
    let whole = migrator(On::Sqlite, &bodies);
    let (ran, status, left) = block_on(async {
        let ran = whole
            .clone()
            .stop_when(|| true)
            .upgrade(&url, "head")
            .await?;
        let status = whole.status(&url).await?;
        Ok((ran.len(), status, whole.upgrade(&url, "head").await?.len()))
    })?;
    same((ran, left), (1, 2))?;
    same(status.running.is_none(), true)
}
