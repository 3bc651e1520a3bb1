//! What a run meets that is not its own: locks of others, other runs, servers
//! that refuse, connections that break, settings that change what SQL means.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use aludel::db::{Connection, Mode, Url, connect, introspect};
use aludel::migration::*;
use aludel::{Error, ErrorKind, MigrationFile, Migrations, Migrator, Wait};
use aludel_core::dialect::Scope;
use aludel_test_servers::{Fresh, Product, Programs, Server};
use libtest_mimic::{Failed, Trial};

use crate::halfway::{applied, down, failing, sql, up};
use crate::project::{Project, block_on};
use crate::startup::same;
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// A test, by its name.
type Test = (&'static str, fn() -> Outcome);

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<Test> = vec![
        ("postgres::a_locked_table", postgres_locked),
        ("postgres::an_index_beside_others", an_index_beside_others),
        ("mysql::a_table_that_is_read", || {
            mysql_locked("START TRANSACTION; SELECT * FROM t")
        }),
        ("mysql::a_table_that_is_locked", || {
            mysql_locked("LOCK TABLES t WRITE")
        }),
        ("mysql::rows_that_are_locked", mysql_rows_locked),
        ("postgres::eight_at_once", || eight_at_once(On::Postgres)),
        ("mysql::eight_at_once", || eight_at_once(On::MySql)),
        ("postgres::a_reader_waits", || a_reader_waits(On::Postgres)),
        ("mysql::a_reader_waits", || a_reader_waits(On::MySql)),
        ("postgres::a_broken_connection", postgres_broken),
        ("mysql::a_broken_connection", mysql_broken),
        ("nobody_listens", nobody_listens),
        ("an_unknown_database", an_unknown_database),
        ("a_password_with_signs", a_password_with_signs),
        ("a_server_that_wants_tls", a_server_that_wants_tls),
        ("postgres::a_session_that_only_reads", postgres_read_only),
        ("postgres::a_role_without_create", postgres_without_create),
        ("mysql::a_user_without_create", mysql_without_create),
        ("mysql::modes_change_nothing", modes_change_nothing),
        ("mysql::names_in_small_letters", names_in_small_letters),
        ("mysql::a_server_that_only_reads", mysql_read_only),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("outside::{name}"), run))
        .collect()
}

fn history(files: Vec<(String, String)>) -> Migrator {
    Migrator::new(Migrations::from_files(files)).table_lock_timeout(Duration::from_millis(300))
}

/// A connection beside the run, which has done something.
async fn beside(url: &str, sql: &str) -> Result<Connection<'static>, Error> {
    let mut connection = connect(&Url::parse(url)?, Mode::ReadWrite).await?;
    connection.execute(sql).await?;
    Ok(connection)
}

/// An upgrade while another session has done something; and that session.
fn while_another(
    migrator: &Migrator,
    fresh: &Fresh,
    sql: &str,
    id: &str,
) -> Result<(Error, String), Failed> {
    block_on(async {
        let mut other = beside(fresh.url(), sql).await?;
        let id = other.rows(id).await?.into_iter().flatten().flatten().next();
        let done = migrator.upgrade(fresh.url(), "head").await;
        other.close().await?;
        let error = done.err().ok_or("the lock is no obstacle")?;
        Ok((error, id.unwrap_or_default()))
    })
}

fn says(error: &Error, words: &[&str]) -> Outcome {
    let text = format!("{error}\n{}", error.hint().unwrap_or_default());
    match words.iter().find(|word| !text.contains(**word)) {
        None => Ok(()),
        Some(word) => Err(format!("no `{word}` in: {text}").into()),
    }
}

fn postgres_locked() -> Outcome {
    let fresh = Fresh::postgres()?;
    fresh.query("CREATE TABLE t (x INT)")?;
    let body = "CREATE TABLE a (x INT);\nALTER TABLE t ADD COLUMN y INT;";
    let migrator = history(vec![sql("postgres", "aaaa0001", "", body, "")]);
    let lock = "BEGIN; LOCK TABLE t IN SHARE MODE";
    let (error, pid) = while_another(&migrator, &fresh, lock, "SELECT pg_backend_pid()")?;
    same(error.kind(), ErrorKind::Locked)?;
    same(applied(&error)?, 0)?;
    says(
        &error,
        &[
            "aaaa0001",
            "statement 2 of 2",
            &format!("process {pid}"),
            "aludel",
            "idle in transaction",
            "since",
        ],
    )?;
    same(fresh.query("SELECT to_regclass('a')")?.as_str(), "\n")?;
    up(&migrator, &fresh)?.map_err(Failed::from)
}

/// An index that is built beside others' work waits for them no longer than
/// any other statement, and says for whom it has waited.
fn an_index_beside_others() -> Outcome {
    let fresh = Fresh::postgres()?;
    fresh.query("CREATE TABLE t (x INT)")?;
    let body = "-- autocommit\nCREATE INDEX CONCURRENTLY ix_t ON t (x);";
    let migrator = history(vec![sql("postgres", "aaaa0001", "", body, "")]);
    // Its work began earlier, whatever it is about.
    let old = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class";
    let (error, pid) = while_another(&migrator, &fresh, old, "SELECT pg_backend_pid()")?;
    same(error.kind(), ErrorKind::Locked)?;
    says(&error, &[&format!("process {pid}"), "idle in transaction"])?;
    let left = "SELECT count(*) FROM pg_class WHERE relname = 'ix_t'";
    same(fresh.query(left)?.as_str(), "0\n")?;
    up(&migrator, &fresh)?.map_err(Failed::from)?;
    same(fresh.query(left)?.as_str(), "1\n")
}

fn mysql_locked(lock: &str) -> Outcome {
    let fresh = Fresh::mysql()?;
    fresh.query("CREATE TABLE t (x INT); INSERT INTO t VALUES (1)")?;
    let body = "CREATE TABLE a (x INT);\nALTER TABLE t ADD COLUMN y INT;";
    let migrator = history(vec![sql("mysql", "aaaa0001", "", body, "")]);
    let (error, id) = while_another(&migrator, &fresh, lock, "SELECT CONNECTION_ID()")?;
    same(error.kind(), ErrorKind::Locked)?;
    same(applied(&error)?, 1)?;
    says(
        &error,
        &["statement 2 of 2", &format!("connection {id}"), "user "],
    )?;
    up(&migrator, &fresh)??;
    same(fresh.query("SELECT count(y) FROM t")?.as_str(), "0\n")
}

fn mysql_rows_locked() -> Outcome {
    let fresh = Fresh::mysql()?;
    fresh.query("CREATE TABLE t (x INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)")?;
    let body = "UPDATE t SET x = x + 10 ORDER BY x DESC;\nCREATE TABLE a (x INT);";
    let migrator = history(vec![sql("mysql", "aaaa0001", "", body, "")]);
    let lock = "START TRANSACTION; UPDATE t SET x = 5 WHERE x = 1";
    let (error, id) = while_another(&migrator, &fresh, lock, "SELECT CONNECTION_ID()")?;
    same(error.kind(), ErrorKind::Locked)?;
    same(applied(&error)?, 0)?;
    says(&error, &[&format!("connection {id}")])?;
    up(&migrator, &fresh)??;
    same(fresh.query("SELECT x FROM t")?.as_str(), "11\n12\n")
}

/// A project with a history of four revisions.
fn four(on: On) -> Result<Project, Failed> {
    let project = Project::on(on, "")?;
    let third = match on {
        On::Postgres => {
            "-- autocommit\nCREATE INDEX CONCURRENTLY ix_a ON a (x);\nINSERT INTO a VALUES (3);"
        }
        _ => "CREATE INDEX ix_a ON a (x);\nINSERT INTO a VALUES (3);",
    };
    for (id, parent, body) in [
        (
            "aaaa0001",
            "",
            "CREATE TABLE a (x INT);\nINSERT INTO a VALUES (1);",
        ),
        (
            "aaaa0002",
            "aaaa0001",
            "ALTER TABLE a ADD COLUMN y INT;\nINSERT INTO a (x) VALUES (2);",
        ),
        (
            "aaaa0003",
            "aaaa0002",
            &third.replace("a VALUES", "a (x) VALUES"),
        ),
        ("aaaa0004", "aaaa0003", "CREATE TABLE b (x INT);"),
    ] {
        let (name, text) = sql(on.name(), id, parent, body, "SELECT 1;");
        project.write(&format!("versions/{name}"), &text)?;
    }
    Ok(project)
}

fn eight_at_once(on: On) -> Outcome {
    let project = four(on)?;
    let mut children = Vec::new();
    for _ in 0..8 {
        let mut command = project.command(&["upgrade"])?;
        children.push(
            command
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()?,
        );
    }
    for child in children {
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
    }
    let four: Vec<String> = (1..=4).map(|n| format!("aaaa000{n}")).collect();
    same(
        project.query("SELECT revision FROM aludel_log ORDER BY id")?,
        four,
    )?;
    same(
        project.query("SELECT x FROM a ORDER BY x")?.join(""),
        "123".to_owned(),
    )?;
    same(
        project.query("SELECT count(*) FROM aludel_step")?,
        vec!["0".to_owned()],
    )?;
    same(
        project.query("SELECT count(*) FROM aludel_status")?,
        vec!["0".to_owned()],
    )
}

/// The same database as another user.
fn as_user(url: &str, user: &str, password: &str) -> Result<String, Failed> {
    let (scheme, rest) = url.split_once("://").ok_or("no address")?;
    let (place, more) = rest.split_once('/').ok_or("no database")?;
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    Ok(format!("{scheme}://{user}:{password}@{host}/{more}"))
}

/// A user who may do that much, and the address for it.
pub(crate) fn user(fresh: &Fresh, grants: &str) -> Result<String, Failed> {
    let name = fresh.name().replace("test_", "u");
    let postgres = fresh.url().starts_with("postgres");
    let make = match postgres {
        true => format!("CREATE ROLE {name} LOGIN PASSWORD 'secret'; "),
        false => format!("CREATE USER {name}; "),
    };
    fresh.query(&format!(
        "{make}{}",
        grants.replace("@user", &name).replace("@db", fresh.name())
    ))?;
    as_user(fresh.url(), &name, if postgres { "secret" } else { "" })
}

fn a_reader_waits(on: On) -> Outcome {
    let project = four(on)?;
    let fresh = project.server().ok_or("no server")?;
    // Before there is anything to be read.
    let grants = match on {
        On::Postgres => "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO @user",
        _ => "GRANT SELECT ON @db.* TO @user",
    };
    let url = user(fresh, grants)?;
    let files: Vec<(String, String)> = std::fs::read_dir(project.path("versions"))?
        .flatten()
        .map(|entry| {
            Ok((
                entry.file_name().to_string_lossy().into_owned(),
                std::fs::read_to_string(entry.path())?,
            ))
        })
        .collect::<std::io::Result<_>>()?;
    let migrator = history(files);
    let wait = Wait {
        timeout: Duration::from_secs(60),
        every: Duration::from_millis(20),
    };
    let mut child = project
        .command(&["upgrade"])?
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let status = block_on(async { Ok(migrator.wait_until_current(url.as_str(), wait).await?) })?;
    child.wait()?;
    same(status.current, vec!["aaaa0004".to_owned()])?;
    let none = block_on(async { Ok(migrator.downgrade(url.as_str(), "-1").await.err()) })?;
    same(none.map(|error| error.kind()), Some(ErrorKind::Denied))?;
    // A role that sees the version table and nothing else.
    let only = "REVOKE ALL ON @db.* FROM @user; GRANT SELECT ON @db.aludel_version TO @user";
    let name = url.split(['/', ':']).nth(3).unwrap_or_default();
    match on {
        On::Postgres => fresh.query(&format!(
            "REVOKE SELECT ON aludel_log, aludel_status, aludel_step FROM {name}"
        ))?,
        _ => fresh.query(&only.replace("@db", fresh.name()).replace("@user", name))?,
    };
    let status = block_on(async { Ok(migrator.status(url.as_str()).await?) })?;
    same(status.is_current(), true)
}

/// An upgrade whose session is ended as soon as it sleeps.
fn ended(migrator: &Migrator, fresh: &Fresh, sleeping: &str, end: &str) -> Result<Error, Failed> {
    let url = fresh.url();
    let done = block_on(async {
        let end = async {
            let mut other = beside(url, "SELECT 1").await?;
            let start = Instant::now();
            loop {
                let rows = other.rows(sleeping).await?;
                if let Some(id) = rows.into_iter().flatten().flatten().next() {
                    other.execute(&end.replace("@id", &id)).await?;
                    return Ok::<_, Error>(());
                }
                if start.elapsed() > Duration::from_secs(20) {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let (done, ended) = tokio::join!(migrator.upgrade(url, "head"), end);
        ended?;
        Ok(done)
    })?;
    done.err().ok_or_else(|| "the session was not ended".into())
}

fn postgres_broken() -> Outcome {
    let fresh = Fresh::postgres()?;
    let body = "CREATE TABLE a (x INT);\nSELECT pg_sleep(30);";
    let migrator = history(vec![sql("postgres", "aaaa0001", "", body, "")]);
    let sleeping = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' \
                    AND datname = current_database()";
    let error = ended(
        &migrator,
        &fresh,
        sleeping,
        "SELECT pg_terminate_backend(@id)",
    )?;
    same(error.kind(), ErrorKind::Unreachable)?;
    same(applied(&error)?, 0)?;
    says(&error, &["statement 2 of 2", "terminating connection"])?;
    same(
        fresh
            .query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")?
            .as_str(),
        "0\n",
    )
}

fn mysql_broken() -> Outcome {
    let fresh = Fresh::mysql()?;
    let body = "CREATE TABLE a (x INT);\nCREATE TABLE b AS SELECT SLEEP(@s) AS x;\n\
                CREATE TABLE c (x INT);";
    let slow = history(vec![sql(
        "mysql",
        "aaaa0001",
        "",
        &body.replace("@s", "30"),
        "",
    )]);
    let sleeping = "SELECT id FROM information_schema.processlist WHERE info LIKE 'CREATE TABLE b%' \
                    AND db = DATABASE()";
    let error = ended(&slow, &fresh, sleeping, "KILL @id")?;
    same(error.kind(), ErrorKind::Unreachable)?;
    says(&error, &["statement 2 of 3", "finds out"])?;
    same(applied(&error)?, 1)?;
    // MySQL wakes who sleeps, and makes the table all the same; MariaDB does not.
    let made = fresh.query(
        "SELECT count(*) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_name = 'b'",
    )?;
    let again = match made.trim() {
        "0" => history(vec![sql(
            "mysql",
            "aaaa0001",
            "",
            &body.replace("@s", "0"),
            "",
        )]),
        _ => slow,
    };
    up(&again, &fresh)??;
    same(fresh.query("SELECT count(*) FROM b")?.as_str(), "1\n")
}

/// What comes of looking at a database.
fn refused(url: &str) -> Result<Error, Failed> {
    let migrator = history(Vec::new());
    let done = block_on(async { Ok(migrator.current(url).await) })?;
    done.err().ok_or_else(|| "it can be opened".into())
}

fn nobody_listens() -> Outcome {
    // A port that nobody has any more.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    for scheme in ["postgres", "mysql"] {
        let error = refused(&format!("{scheme}://me:secret@127.0.0.1:{port}/d"))?;
        same(error.kind(), ErrorKind::Unreachable)?;
        says(&error, &["cannot be opened", "is the server running"])?;
        silent(&error)?;
    }
    Ok(())
}

/// No password is said.
fn silent(error: &Error) -> Outcome {
    let text = format!("{error} {error:?} {:?}", error.hint());
    match text.contains("secret") || text.contains("s%e") {
        true => Err(format!("a password in: {text}").into()),
        false => Ok(()),
    }
}

fn an_unknown_database() -> Outcome {
    for fresh in [Fresh::postgres()?, Fresh::mysql()?] {
        let error = refused(&fresh.url().replace(fresh.name(), "nowhere_at_all"))?;
        same(error.kind(), ErrorKind::Missing)?;
        says(&error, &["nowhere_at_all", "CREATE DATABASE"])?;
    }
    Ok(())
}

fn a_password_with_signs() -> Outcome {
    let fresh = Fresh::mysql()?;
    let name = fresh.name().replace("test_", "u");
    fresh.query(&format!(
        "CREATE USER {name} IDENTIFIED BY 's%e@c:r/t'; GRANT ALL ON {}.* TO {name}",
        fresh.name()
    ))?;
    let url = as_user(fresh.url(), &name, "s%25e%40c%3Ar%2Ft")?;
    let migrator = history(Vec::new());
    block_on(async { Ok(migrator.current(url.as_str()).await?) })?;
    for wrong in ["s%25e%40c%3Ar", "s%25e", ""] {
        let error = refused(&as_user(fresh.url(), &name, wrong)?)?;
        same(error.kind(), ErrorKind::Denied)?;
        says(&error, &["Access denied", "`@` is `%40`"])?;
        silent(&error)?;
    }
    Ok(())
}

/// A server that says no more than that much, to whoever comes.
fn answering(greeting: Vec<u8>, answer: Vec<u8>) -> Result<u16, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten().take(4) {
            let mut stream = stream;
            let mut said = [0; 1024];
            let _ = stream.write_all(&greeting);
            while let Ok(count @ 1..) = stream.read(&mut said) {
                // A question whether TLS can be had, which it cannot.
                let asks = count == 8 && said.get(4..8) == Some(&[4, 210, 22, 47]);
                let _ = stream.write_all(if asks { b"N" } else { &answer });
            }
        }
    });
    Ok(port)
}

fn a_server_that_wants_tls() -> Outcome {
    let fields =
        b"SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry for host \"127.0.0.1\", user \"me\", \
                   database \"d\", no encryption\0\0";
    let mut answer = vec![b'E'];
    answer.extend(u32::try_from(fields.len() + 4)?.to_be_bytes());
    answer.extend(fields);
    let port = answering(Vec::new(), answer)?;
    let error = refused(&format!("postgres://me:secret@127.0.0.1:{port}/d"))?;
    same(error.kind(), ErrorKind::Tls)?;
    silent(&error)?;
    let error = refused(&format!(
        "postgres://me:secret@127.0.0.1:{port}/d?sslmode=require"
    ))?;
    same(error.kind(), ErrorKind::Tls)?;

    let packet = |number: u8, body: &[u8]| -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap_or_default().to_le_bytes();
        let mut all = vec![length[0], length[1], length[2], number];
        all.extend(body);
        all
    };
    let mut greeting = b"\x0a8.0.30\0\x01\0\0\0abcdefgh\0".to_vec();
    greeting.extend([0x08, 0x82, 45, 2, 0, 0x08, 0, 21]);
    greeting.extend([0; 10]);
    greeting.extend(b"abcdefghijkl\0mysql_native_password\0");
    let refusal = b"\xff\x57\x0c#HY000Connections using insecure transport are prohibited while \
                    --require_secure_transport=ON.";
    let port = answering(packet(0, &greeting), packet(2, refusal))?;
    let error = refused(&format!("mysql://me:secret@127.0.0.1:{port}/d"))?;
    same(error.kind(), ErrorKind::Tls)?;
    says(&error, &["insecure transport"])?;
    silent(&error)
}

fn postgres_read_only() -> Outcome {
    let fresh = Fresh::postgres()?;
    fresh.query(&format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        fresh.name()
    ))?;
    let body = "CREATE TABLE a (x INT);";
    let migrator = history(vec![sql("postgres", "aaaa0001", "", body, "")]);
    let error = failing(up(&migrator, &fresh))?;
    same(error.kind(), ErrorKind::ReadOnly)?;
    says(&error, &["read-only", "standby"])
}

fn postgres_without_create() -> Outcome {
    let fresh = Fresh::postgres()?;
    fresh.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC; REVOKE TEMP ON DATABASE postgres FROM nobody_at_all")
        .err();
    let url = user(&fresh, "REVOKE CREATE ON SCHEMA public FROM @user")?;
    fresh.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC")?;
    let migrator = history(vec![sql(
        "postgres",
        "aaaa0001",
        "",
        "CREATE TABLE a (x INT);",
        "",
    )]);
    let done = block_on(async { Ok(migrator.upgrade(url.as_str(), "head").await) })?;
    let error = done.err().ok_or("it may not")?;
    same(error.kind(), ErrorKind::Denied)?;
    same(applied(&error)?, 0)?;
    says(&error, &["permission denied for schema public", "GRANT"])?;
    silent(&error)
}

fn mysql_without_create() -> Outcome {
    let fresh = Fresh::mysql()?;
    let url = user(&fresh, "GRANT SELECT, INSERT ON @db.* TO @user")?;
    let migrator = history(vec![sql(
        "mysql",
        "aaaa0001",
        "",
        "CREATE TABLE a (x INT);",
        "",
    )]);
    let done = block_on(async { Ok(migrator.upgrade(url.as_str(), "head").await) })?;
    let error = done.err().ok_or("it may not")?;
    same(error.kind(), ErrorKind::Denied)?;
    says(&error, &["denied", "GRANT"])?;
    same(fresh.query("SHOW TABLES")?.as_str(), "")
}

const HEADER: &str = "//! m\n//!\n//! Revision ID: aaaa0001\n//! Revises:\n\
                      //! Create Date: 2026-11-20T18:30:12Z\n";

fn odd_texts(op: &mut Op) {
    op.create_table("A \"table\"", |t| {
        t.column(integer("id"));
        t.column(varchar("said", 40).default("a\\b'c\"d`e"));
        t.column(text("note").nullable().comment("it's \\ \"so\""));
        t.primary_key(["id"]);
        t.check("ck_said", "said <> 'x\\\\y'");
    });
    op.bulk_insert("A \"table\"", ["id", "note"])
        .row((1, "n\\o't\"e"));
}

fn takes_back(op: &mut Op) {
    op.drop_table("A \"table\"");
}

/// The modes of a server's sessions.
const MODES: [&str; 6] = [
    "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION",
    "",
    "TRADITIONAL",
    "ANSI",
    "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT",
    "ORACLE",
];

fn odd() -> Migrator {
    static FILES: [MigrationFile; 1] = [MigrationFile::rust(
        "aaaa0001_m.rs",
        HEADER,
        odd_texts,
        takes_back,
    )];
    Migrator::new(Migrations::embedded(&FILES))
}

fn private(more: &[&str]) -> Result<Server, Failed> {
    Ok(Server::start_with(
        &Programs::find(Product::MySql, Path::new("/"))?,
        more,
    )?)
}

fn modes_change_nothing() -> Outcome {
    let server = private(&[])?;
    let mut seen = None;
    for modes in MODES {
        aludel_test_servers::query(server.url(), &format!("SET GLOBAL sql_mode = '{modes}'"))?;
        let fresh = Fresh::on(server.url())?;
        let migrator = odd();
        up(&migrator, &fresh)??;
        let (schema, rows) = block_on(async {
            let mut connection = connect(&Url::parse(fresh.url())?, Mode::ReadOnly).await?;
            let schema = introspect(&mut connection, &Scope::default()).await?.schema;
            let rows = connection
                .rows("SELECT said, note FROM `A \"table\"`")
                .await?;
            connection.close().await?;
            Ok((schema, rows))
        })?;
        let row = vec![Some("a\\b'c\"d`e".to_owned()), Some("n\\o't\"e".to_owned())];
        same(rows, vec![row])?;
        match &seen {
            None => seen = Some(schema),
            Some(seen) if *seen == schema => {}
            Some(seen) => return Err(format!("{modes}: {schema:#?}\nnot {seen:#?}").into()),
        }
        down(&migrator, &fresh, "base")??;
    }
    Ok(())
}

const TABLES: &str = "SELECT table_name FROM information_schema.tables WHERE \
                      table_schema = DATABASE() AND table_name NOT LIKE 'aludel%' ORDER BY 1";

fn names_in_small_letters() -> Outcome {
    let server = private(&["--lower-case-table-names=1"])?;
    let fresh = Fresh::on(server.url())?;
    let migrator = history(vec![
        sql(
            "mysql",
            "aaaa0001",
            "",
            "CREATE TABLE Node (Id INT PRIMARY KEY);",
            "DROP TABLE Node;",
        ),
        sql(
            "mysql",
            "aaaa0002",
            "aaaa0001",
            "CREATE TABLE Edge (A INT);\nNO SQL;",
            "",
        ),
    ]);
    failing(up(&migrator, &fresh))?;
    same(fresh.query(TABLES)?.as_str(), "edge\nnode\n")?;
    down(&migrator, &fresh, "base")??;
    same(fresh.query(TABLES)?.as_str(), "")
}

fn mysql_read_only() -> Outcome {
    let server = private(&[])?;
    let fresh = Fresh::on(server.url())?;
    let url = user(&fresh, "GRANT ALL ON @db.* TO @user")?;
    aludel_test_servers::query(server.url(), "SET GLOBAL read_only = 1")?;
    let migrator = history(vec![sql(
        "mysql",
        "aaaa0001",
        "",
        "CREATE TABLE a (x INT);",
        "",
    )]);
    let done = block_on(async { Ok(migrator.upgrade(url.as_str(), "head").await) })?;
    let error = done.err().ok_or("it may not")?;
    same(error.kind(), ErrorKind::ReadOnly)?;
    says(&error, &["read-only", "replica"])?;
    silent(&error)
}
