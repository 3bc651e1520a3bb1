//! Runs on real files: up, down, failing, waiting, all at once.

use std::time::Duration;

use crate::support::{Fixture, ask, chain, id};
use aludel::{Direction, ErrorKind, Event, Migrations, Migrator, Outcome, Wait};
use sqlx::{Connection as _, SqliteConnection};

aludel::migrations!("tests/versions");

fn three() -> Migrations {
    chain(&[
        (
            "CREATE TABLE a (x INTEGER PRIMARY KEY);\nCREATE INDEX ia ON a (x);",
            "DROP TABLE a;",
        ),
        ("CREATE TABLE b (y TEXT);", "DROP TABLE b;"),
        (
            "ALTER TABLE b ADD COLUMN z;",
            "ALTER TABLE b DROP COLUMN z;",
        ),
    ])
}

#[tokio::test]
async fn sql_goes_up_and_down() {
    let fixture = Fixture::new();
    let url = fixture.url();
    let migrator = Migrator::new(three());
    let ran = migrator.upgrade(&url, "head").await.unwrap();
    assert_eq!(ran.len(), 3);
    assert_eq!(fixture.objects().await, ["a", "b", "ia"]);
    assert_eq!(migrator.current(&url).await.unwrap(), [id(3)]);
    assert!(migrator.is_current(&url).await.unwrap());
    migrator.downgrade(&url, "-1").await.unwrap();
    assert_eq!(migrator.current(&url).await.unwrap(), [id(2)]);
    assert_eq!(migrator.status(&url).await.unwrap().pending, [id(3)]);
    migrator.upgrade(&url, "+1").await.unwrap();
    migrator.downgrade(&url, &id(1)).await.unwrap();
    assert_eq!(fixture.objects().await, ["a", "ia"]);
    migrator.downgrade(&url, "base").await.unwrap();
    assert_eq!(fixture.objects().await, [""; 0]);
    assert_eq!(migrator.current(&url).await.unwrap(), [""; 0]);
    let log = fixture
        .ask("SELECT revision || ' ' || direction FROM aludel_log ORDER BY id LIMIT 4")
        .await;
    let line = |n, direction| format!("{} {direction}", id(n));
    assert_eq!(
        log,
        [
            line(1, "upgrade"),
            line(2, "upgrade"),
            line(3, "upgrade"),
            line(3, "downgrade")
        ]
    );
    assert_eq!(
        fixture.ask("SELECT revision FROM aludel_status").await,
        [""; 0]
    );
}

#[tokio::test]
async fn rust_goes_up_and_down() {
    let fixture = Fixture::new();
    let url = fixture.url();
    let migrator = Migrator::new(&MIGRATIONS);
    assert_eq!(MIGRATIONS.files().len(), 3);
    let ran = migrator.upgrade(&url, "head").await.unwrap();
    assert_eq!(ran.len(), 3);
    assert_eq!(
        fixture
            .ask("SELECT id || name || age FROM node ORDER BY id")
            .await,
        ["1ONE7", "2TWO7"]
    );
    let not_null = "SELECT [notnull] FROM pragma_table_info('node') WHERE name = 'age'";
    assert_eq!(fixture.ask(not_null).await, ["1"]);
    assert_eq!(fixture.objects().await, ["ix_node_age", "node"]);
    migrator.downgrade(&url, "-1").await.unwrap();
    assert_eq!(fixture.ask(not_null).await, ["0"]);
    assert_eq!(
        fixture
            .ask("SELECT id || name || age FROM node")
            .await
            .len(),
        2
    );
    migrator.downgrade(&url, "base").await.unwrap();
    assert_eq!(fixture.objects().await, [""; 0]);
}

#[tokio::test]
async fn a_database_at_head_is_not_touched() {
    let fixture = Fixture::new();
    let url = fixture.url();
    let migrator = Migrator::new(three());
    migrator.upgrade(&url, "head").await.unwrap();
    let before = std::fs::read(fixture.path()).unwrap();
    assert!(migrator.upgrade(&url, "head").await.unwrap().is_empty());
    migrator.status(&url).await.unwrap();
    migrator
        .wait_until_current(&url, Wait::default())
        .await
        .unwrap();
    assert_eq!(std::fs::read(fixture.path()).unwrap(), before);
}

#[tokio::test]
async fn asking_makes_nothing() {
    let fixture = Fixture::new();
    let url = fixture.url();
    let migrator = Migrator::new(three());
    let error = migrator.current(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
    assert!(migrator.upgrade(&url, "nope").await.is_err());
    assert_eq!(
        migrator
            .plan(&url, Direction::Up, "head")
            .await
            .unwrap()
            .len(),
        3
    );
    assert!(!fixture.path().exists());
    fixture.run("CREATE TABLE mine (a)").await;
    assert_eq!(migrator.current(&url).await.unwrap(), [""; 0]);
    assert_eq!(
        migrator
            .plan(&url, Direction::Up, "head")
            .await
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        fixture.ask("SELECT name FROM sqlite_schema").await,
        ["mine"]
    );
}

#[tokio::test]
async fn a_failure_leaves_nothing_of_its_migration() {
    let fixture = Fixture::new();
    let url = fixture.url();
    let migrator = Migrator::new(chain(&[
        ("CREATE TABLE a (x);", ""),
        (
            "CREATE TABLE b (y);\nINSERT INTO b VALUES (1);\nINSERT INTO nowhere VALUES (1);",
            "",
        ),
    ]));
    let error = migrator.upgrade(&url, "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Statement);
    assert!(
        error.to_string().contains("no such table: nowhere"),
        "{error}"
    );
    let failure = error.failure().unwrap();
    assert_eq!(failure.revision, Some(id(2)));
    assert_eq!(failure.file, Some(format!("{}_step.sql", id(2))));
    assert_eq!(failure.sql, "INSERT INTO nowhere VALUES (1)");
    assert_eq!(failure.outcome, Outcome::RolledBack);
    assert_eq!(fixture.objects().await, ["a"]);
    assert_eq!(migrator.current(&url).await.unwrap(), [id(1)]);
    assert_eq!(migrator.status(&url).await.unwrap().running, None);
}

#[tokio::test]
async fn constraint_failures_say_what_to_mend() {
    let fixture = Fixture::new();
    fixture
        .run("CREATE TABLE t (a); INSERT INTO t VALUES (NULL), (1), (1)")
        .await;
    let make = "CREATE TABLE n (a NOT NULL); INSERT INTO n SELECT a FROM t;";
    for (up, word) in [
        (make, "`n.a`"),
        ("CREATE UNIQUE INDEX u ON t (a);", "GROUP BY"),
        (
            "CREATE TABLE c (a CONSTRAINT one CHECK (a > 1)); INSERT INTO c SELECT a FROM t;",
            "`one`",
        ),
    ] {
        let migrator = Migrator::new(chain(&[(up, "")]));
        let error = migrator.upgrade(&fixture.url(), "head").await.unwrap_err();
        assert!(error.hint().unwrap().contains(word), "{error:?}");
    }
    assert_eq!(fixture.objects().await, ["t"]);
}

#[tokio::test]
async fn rows_without_a_parent_are_refused_unless_they_were_there() {
    let fixture = Fixture::new();
    fixture
        .run(
            "PRAGMA foreign_keys = OFF; CREATE TABLE p (id INTEGER PRIMARY KEY); \
             CREATE TABLE c (p REFERENCES p (id)); INSERT INTO p VALUES (1); \
             INSERT INTO c VALUES (1), (99)",
        )
        .await;
    let fails = Migrator::new(chain(&[("DELETE FROM p;", "")]));
    let error = fails.upgrade(&fixture.url(), "head").await.unwrap_err();
    assert!(error.to_string().contains("1 row(s) of `c`"), "{error}");
    assert_eq!(fixture.ask("SELECT count(*) FROM p").await, ["1"]);
    let works = Migrator::new(chain(&[(
        "CREATE TABLE other (a); ALTER TABLE c RENAME TO d;",
        "",
    )]));
    works.upgrade(&fixture.url(), "head").await.unwrap();
}

#[tokio::test]
async fn a_view_is_not_broken_in_silence() {
    let fixture = Fixture::new();
    fixture
        .run("CREATE TABLE t (a, b); CREATE VIEW v AS SELECT b FROM t")
        .await;
    let migrator = Migrator::new(chain(&[("DROP TABLE t;", "")]));
    let error = migrator.upgrade(&fixture.url(), "head").await.unwrap_err();
    assert!(error.to_string().contains("view v"), "{error}");
    assert_eq!(fixture.objects().await, ["t", "v"]);
}

#[tokio::test]
async fn a_view_that_was_broken_before_does_not_matter() {
    let fixture = Fixture::new();
    fixture
        .run("CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t; DROP TABLE t")
        .await;
    let migrator = Migrator::new(chain(&[("CREATE TABLE u (a);", "")]));
    migrator.upgrade(&fixture.url(), "head").await.unwrap();
}

#[tokio::test]
async fn a_written_out_rebuild_is_refused_on_another_table() {
    let fixture = Fixture::new();
    fixture.run("CREATE TABLE t (a)").await;
    let url = aludel::db::Url::parse(&fixture.url()).unwrap();
    let mut connection = aludel::db::connect(&url, aludel::db::Mode::ReadOnly)
        .await
        .unwrap();
    let snapshot = aludel::db::introspect(&mut connection, &aludel_core::dialect::Scope::default())
        .await
        .unwrap();
    let hash = connection.dialect().fingerprint(&snapshot, "t").unwrap();
    connection.close().await.unwrap();
    let up = format!("-- expects: t {hash}\nDROP TABLE t;\nCREATE TABLE t (a, b);");
    let migrator = Migrator::new(chain(&[(&up, "")]));
    fixture.run("ALTER TABLE t ADD COLUMN x").await;
    let error = migrator.upgrade(&fixture.url(), "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Changed);
    assert!(
        error.to_string().contains("CREATE TABLE t (a, x)"),
        "{error}"
    );
    fixture.run("ALTER TABLE t DROP COLUMN x").await;
    migrator.upgrade(&fixture.url(), "head").await.unwrap();
}

#[tokio::test]
async fn transactions_are_the_runners_business() {
    let fixture = Fixture::new();
    let migrator = Migrator::new(chain(&[("CREATE TABLE a (x);\nCOMMIT;", "")]));
    let error = migrator.upgrade(&fixture.url(), "head").await.unwrap_err();
    assert!(error.to_string().contains("COMMIT"), "{error}");
    assert!(error.hint().unwrap().contains("Transaction: none"));
    // The file is refused before the run makes anything.
    assert_eq!(fixture.ask("SELECT name FROM sqlite_schema").await, [""; 0]);
}

#[tokio::test]
async fn a_migration_may_run_without_a_transaction() {
    let fixture = Fixture::new();
    let text = "-- m\n--\n-- Revision ID: aaaa\n-- Revises:\n-- Create Date: d\n\
                -- Dialect: sqlite\n-- Transaction: none\n\n-- upgrade\nCREATE TABLE a (x);\nVACUUM;\n";
    let file = |text: &str| Migrations::from_files(vec![("aaaa.sql".into(), text.to_owned())]);
    let migrator = Migrator::new(file(&format!("{text}INSERT INTO nowhere VALUES (1);\n")));
    let error = migrator.upgrade(&fixture.url(), "head").await.unwrap_err();
    let kept = ["CREATE TABLE a (x)".to_owned(), "VACUUM".to_owned()];
    assert_eq!(
        error.failure().unwrap().outcome,
        Outcome::Kept(kept.to_vec())
    );
    assert_eq!(fixture.objects().await, ["a"]);
    assert_eq!(migrator.current(&fixture.url()).await.unwrap(), [""; 0]);
    fixture.run("DROP TABLE a").await;
    let migrator = Migrator::new(file(text));
    migrator.upgrade(&fixture.url(), "head").await.unwrap();
    assert_eq!(migrator.current(&fixture.url()).await.unwrap(), ["aaaa"]);
    let error = migrator.downgrade(&fixture.url(), "-1").await.unwrap_err();
    assert!(error.to_string().contains("-- downgrade"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn started_many_times_at_once_it_runs_once() {
    // The last one finds no database at all.
    for journal in ["DELETE", "WAL", ""] {
        let fixture = Fixture::new();
        if !journal.is_empty() {
            let sql = format!("PRAGMA journal_mode = {journal}; CREATE TABLE unrelated (a)");
            fixture.run(&sql).await;
        }
        let bodies: Vec<(String, &str)> = (0..10)
            .map(|n| {
                (
                    format!("CREATE TABLE t{n} (a); CREATE TABLE IF NOT EXISTS count_of (run); INSERT INTO count_of VALUES ({n});"),
                    "",
                )
            })
            .collect();
        let bodies: Vec<(&str, &str)> = bodies
            .iter()
            .map(|(up, down)| (up.as_str(), *down))
            .collect();
        let migrator = Migrator::new(chain(&bodies));
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (migrator, url) = (migrator.clone(), fixture.url());
                tokio::spawn(async move { migrator.upgrade(&url, "head").await })
            })
            .collect();
        let mut ran = 0;
        for task in tasks {
            ran += task.await.unwrap().unwrap().len();
        }
        assert_eq!(ran, 10, "{journal}");
        assert_eq!(fixture.ask("SELECT count(*) FROM count_of").await, ["10"]);
        assert_eq!(migrator.current(&fixture.url()).await.unwrap(), [id(10)]);
        assert_eq!(
            fixture.ask("SELECT revision FROM aludel_status").await,
            [""; 0]
        );
    }
}

#[tokio::test]
async fn a_held_lock_is_an_error_in_the_end() {
    let fixture = Fixture::new();
    fixture.run("CREATE TABLE a (x)").await;
    let mut other = SqliteConnection::connect(&fixture.url()).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let migrator = Migrator::new(three()).lock_timeout(Duration::from_millis(300));
    let error = migrator.upgrade(&fixture.url(), "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn a_database_in_memory_is_used_in_place() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql("PRAGMA busy_timeout = 1234")
        .execute(&mut connection)
        .await
        .unwrap();
    let migrator = Migrator::new(three());
    migrator.upgrade(&mut connection, "head").await.unwrap();
    assert!(migrator.is_current(&mut connection).await.unwrap());
    assert_eq!(
        ask(&mut (&mut connection).into(), "PRAGMA foreign_keys").await,
        ["1"]
    );
    assert_eq!(
        ask(&mut (&mut connection).into(), "PRAGMA busy_timeout").await,
        ["1234"]
    );
    assert_eq!(
        ask(&mut (&mut connection).into(), "SELECT count(*) FROM a").await,
        ["0"]
    );
    // A failure gives the connection back in the same way.
    let broken = Migrator::new(chain(&[("", ""), ("", ""), ("", ""), ("SELECT nope;", "")]));
    assert!(broken.upgrade(&mut connection, "head").await.is_err());
    assert_eq!(
        ask(&mut (&mut connection).into(), "PRAGMA foreign_keys").await,
        ["1"]
    );
    connection.begin().await.unwrap().rollback().await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_attached_stays_as_it_is() {
    let migrator = Migrator::new(three());
    let other = Fixture::new();
    migrator.upgrade(&other.url(), "head").await.unwrap();
    other.run("INSERT INTO a VALUES (7)").await;
    let before = std::fs::read(other.path()).unwrap();
    let own = Fixture::new();
    own.run("CREATE TABLE mine (a)").await;
    let mut connection = SqliteConnection::connect(&own.url()).await.unwrap();
    let attach = format!("ATTACH '{}' AS other", other.path().display());
    sqlx::raw_sql(sqlx::AssertSqlSafe(attach))
        .execute(&mut connection)
        .await
        .unwrap();
    // What is on record there is not about this one.
    assert!(!migrator.is_current(&mut connection).await.unwrap());
    assert!(migrator.current(&mut connection).await.unwrap().is_empty());
    assert!(migrator.runs(&mut connection).await.unwrap().is_empty());
    migrator.upgrade(&mut connection, "head").await.unwrap();
    assert!(migrator.is_current(&mut connection).await.unwrap());
    let here = &mut (&mut connection).into();
    assert_eq!(ask(here, "SELECT count(*) FROM main.a").await, ["0"]);
    assert_eq!(ask(here, "SELECT count(*) FROM other.a").await, ["1"]);
    migrator.downgrade(&mut connection, "base").await.unwrap();
    assert!(migrator.current(&mut connection).await.unwrap().is_empty());
    connection.close().await.unwrap();
    assert!(std::fs::read(other.path()).unwrap() == before);
}

#[tokio::test]
async fn a_connection_inside_a_transaction_is_refused() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql("BEGIN")
        .execute(&mut connection)
        .await
        .unwrap();
    let migrator = Migrator::new(three());
    let error = migrator.upgrade(&mut connection, "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InTransaction, "{error}");
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut connection)
        .await
        .unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let error = migrator
        .upgrade(&mut *transaction, "head")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InTransaction, "{error}");
}

#[tokio::test]
async fn pools_keep_their_databases_and_settings() {
    let fixture = Fixture::new();
    fixture.run("CREATE TABLE mine (a)").await;
    let migrator = Migrator::new(three());
    for url in [fixture.url(), "sqlite::memory:".to_owned()] {
        let options = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = options.connect(&url).await.unwrap();
        migrator.upgrade(&pool, "head").await.unwrap();
        assert!(migrator.is_current(&pool).await.unwrap(), "{url}");
        let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(keys, 1, "{url}");
    }
}

#[tokio::test]
async fn readers_wait() {
    let fixture = Fixture::new();
    let url = fixture.url();
    let migrator = Migrator::new(three());
    let wait = Wait {
        timeout: Duration::from_millis(200),
        every: Duration::from_millis(50),
    };
    let error = migrator.wait_until_current(&url, wait).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(!fixture.path().exists());
    migrator.upgrade(&url, &id(2)).await.unwrap();
    let error = migrator.wait_until_current(&url, wait).await.unwrap_err();
    assert!(
        error.to_string().contains(&id(2)) && error.to_string().contains(&id(3)),
        "{error}"
    );
    let (reader, at) = (migrator.clone(), url.clone());
    let waiting = tokio::spawn(async move {
        let wait = Wait {
            timeout: Duration::from_secs(20),
            every: Duration::from_millis(20),
        };
        reader.wait_until_current(&at, wait).await
    });
    tokio::time::sleep(Duration::from_millis(60)).await;
    migrator.upgrade(&url, "head").await.unwrap();
    assert!(waiting.await.unwrap().unwrap().is_current());
    // A database that is ahead will never come back.
    let older = Migrator::new(chain(&[("", "")]));
    let long = Wait::default();
    let error = older.wait_until_current(&url, long).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownRevision);
    let error = older.upgrade(&url, "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownRevision);
}

#[tokio::test]
async fn stamps_write_rows_only() {
    let fixture = Fixture::new();
    let url = fixture.url();
    let migrator = Migrator::new(three()).version_table("alembic_version");
    assert_eq!(migrator.stamp(&url, "head").await.unwrap(), [id(3)]);
    assert_eq!(
        fixture.ask("SELECT version_num FROM alembic_version").await,
        [id(3)]
    );
    assert_eq!(migrator.stamp(&url, "base").await.unwrap(), [""; 0]);
    fixture
        .run("INSERT INTO alembic_version VALUES ('gone')")
        .await;
    assert!(migrator.stamp(&url, "head").await.is_err());
    assert_eq!(migrator.stamp_purging(&url, &id(1)).await.unwrap(), [id(1)]);
    assert_eq!(
        fixture.ask("SELECT version_num FROM alembic_version").await,
        [id(1)]
    );
}

/// A baseline, and what comes after it.
fn with_baseline() -> Migrations {
    let file = |id: &str, lines: &str, up: &str, down: &str| {
        let text = format!(
            "-- Revision ID: {id}\n-- {lines}\n-- Create Date: 2026-01-01\n-- Dialect: sqlite\n\n\
             -- upgrade\n{up}\n-- downgrade\n{down}\n"
        );
        (format!("{id}.sql"), text)
    };
    Migrations::from_files(vec![
        file(
            "aaaa0001",
            "Revises:\n-- Baseline: true",
            "CREATE TABLE a (x);",
            "DROP TABLE a;",
        ),
        file(
            "aaaa0002",
            "Revises: aaaa0001",
            "CREATE TABLE b (x);",
            "DROP TABLE b;",
        ),
    ])
}

#[tokio::test]
async fn a_baseline_is_for_empty_databases() {
    let migrator = Migrator::new(with_baseline());
    let empty = Fixture::new();
    let url = empty.url();
    empty.run("CREATE TABLE seaql_migrations (v)").await;
    migrator.upgrade(&url, "head").await.unwrap();
    migrator.downgrade(&url, "base").await.unwrap();
    migrator.upgrade(&url, "head").await.unwrap();

    let full = Fixture::new();
    let url = full.url();
    full.run("CREATE TABLE a (x)").await;
    let error = migrator.upgrade(&url, "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotEmpty);
    assert!(error.hint().unwrap().contains("`stamp aaaa0001`"));
    let error = migrator.plan(&url, Direction::Up, "+1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotEmpty);
    assert_eq!(full.objects().await, ["a"]);
    migrator.stamp(&url, "aaaa0001").await.unwrap();
    assert_eq!(migrator.upgrade(&url, "head").await.unwrap().len(), 1);

    let others = Fixture::new();
    others.run("CREATE TABLE theirs (x)").await;
    let beside = migrator.tables_of_others(|table| table == "theirs");
    beside.upgrade(&others.url(), "head").await.unwrap();
}

#[tokio::test]
async fn observers_and_plans_see_the_same_statements() {
    let fixture = Fixture::new();
    let url = fixture.url();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = seen.clone();
    let migrator = Migrator::new(&MIGRATIONS).on_event(move |event| {
        if let Event::Statement { statement, .. } = event {
            sink.lock().unwrap().push(statement.sql.clone());
        }
    });
    let plan = migrator.plan(&url, Direction::Up, "head").await.unwrap();
    let planned: Vec<String> = plan
        .iter()
        .flat_map(|revision| {
            revision
                .statements
                .iter()
                .map(|statement| statement.sql.clone())
        })
        .collect();
    assert!(seen.lock().unwrap().is_empty());
    migrator.upgrade(&url, "head").await.unwrap();
    assert_eq!(*seen.lock().unwrap(), planned);
    assert!(planned.len() > 5, "{planned:?}");
}

#[tokio::test]
async fn rust_that_is_not_compiled_is_known_but_not_run() {
    let fixture = Fixture::new();
    let files = MIGRATIONS.files().iter();
    let files = files.map(|file| (file.name().to_owned(), file.text().to_owned()));
    let migrator = Migrator::new(Migrations::from_files(files.collect()));
    let error = migrator.upgrade(&fixture.url(), "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    assert!(error.hint().unwrap().contains("cargo xtask"));
    assert_eq!(
        migrator.stamp(&fixture.url(), "head").await.unwrap(),
        ["3333cccc0003"]
    );
}

#[tokio::test]
async fn a_file_that_was_edited_after_it_ran_is_noticed() {
    let fixture = Fixture::new();
    let url = fixture.url();
    Migrator::new(chain(&[("CREATE TABLE a (x);", ""), ("SELECT 1;", "")]))
        .upgrade(&url, "head")
        .await
        .unwrap();
    let same = Migrator::new(chain(&[
        ("CREATE TABLE  a (x) ; -- b", ""),
        ("SELECT 1;", ""),
    ]));
    assert_eq!(same.status(&url).await.unwrap().edited, [""; 0]);
    let other = Migrator::new(chain(&[("CREATE TABLE a (y);", ""), ("SELECT 1;", "")]));
    assert_eq!(other.status(&url).await.unwrap().edited, [id(1)]);
}

#[tokio::test]
async fn books_are_not_part_of_the_schema() {
    let fixture = Fixture::new();
    fixture
        .run("CREATE TABLE alembic_version (version_num TEXT)")
        .await;
    Migrator::new(three())
        .upgrade(&fixture.url(), "head")
        .await
        .unwrap();
    let url = aludel::db::Url::parse(&fixture.url()).unwrap();
    let mut connection = aludel::db::connect(&url, aludel::db::Mode::ReadOnly)
        .await
        .unwrap();
    let snapshot = aludel::db::introspect(&mut connection, &aludel_core::dialect::Scope::default())
        .await
        .unwrap();
    let tables: Vec<_> = snapshot
        .schema
        .tables
        .keys()
        .map(|t| t.name.as_str())
        .collect();
    assert_eq!(tables, ["a", "b"]);
    assert_eq!(snapshot.unmanaged, []);
}
