//! Scripts of compiled migrations, run by the plain client of each database.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use aludel::db::{Connection, Mode, Url, connect, introspect};
use aludel::{Direction, ErrorKind, Migrations, Migrator};
use aludel_core::dialect::{Dialect, Scope, Snapshot, SqlObject, client, named};
use aludel_test_servers::Fresh;
use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};
use sqlx::{AssertSqlSafe, Connection as _};

use super::history::{both, declared, migrator, orphans, undeclared, with_data};
use crate::project::{block_on, open};
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for on in On::ALL {
        let name = on.name();
        trials.extend([
            trial(format!("offline::everything_on_{name}"), move || {
                there_and_back(on, &migrator())
            }),
            trial(format!("offline::ranges_on_{name}"), move || ranges(on)),
            trial(format!("offline::both_formats_on_{name}"), move || {
                both_formats(on)
            }),
            trial(format!("offline::a_stamp_on_{name}"), move || stamps(on)),
            trial(format!("offline::elsewhere_on_{name}"), move || {
                elsewhere(on)
            }),
        ]);
    }
    // MariaDB takes no index over the whole of its texts.
    for on in [On::Sqlite, On::Postgres] {
        let name = on.name();
        trials.push(trial(format!("offline::meshview_on_{name}"), move || {
            there_and_back(on, &Migrator::new(&meshview_migrations::MIGRATIONS))
        }));
    }
    trials.push(trial("offline::rust_is_refused", rust_is_refused));
    trials.push(trial("offline::orphans_are_refused", orphans_are_refused));
    trials.push(trial(
        "offline::sql_that_says_nothing",
        sql_that_says_nothing,
    ));
    trials
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// An empty database that a plain client runs scripts on.
pub(super) struct Target {
    server: Option<Fresh>,
    folder: tempfile::TempDir,
}

impl Target {
    pub(super) fn new(on: On) -> Result<Self, Failed> {
        Ok(Self {
            server: match on {
                On::Sqlite => None,
                On::Postgres => Some(Fresh::postgres()?),
                On::MySql => Some(Fresh::mysql()?),
            },
            folder: tempfile::tempdir()?,
        })
    }

    fn url(&self) -> Result<Url, Failed> {
        let file = format!("sqlite:{}", self.folder.path().join("a.db").display());
        let url = self.server.as_ref().map_or(file.as_str(), Fresh::url);
        Ok(Url::parse(url)?)
    }

    /// Runs a script by the plain client.
    pub(super) fn run(&self, script: &str) -> Result<(), Failed> {
        match &self.server {
            Some(server) => Ok(server.query(script).map(drop)?),
            None => sqlite(&self.folder.path().join("a.db"), script),
        }
    }

    async fn connect(&self) -> Result<Connection<'static>, Error> {
        let url = self
            .url()
            .map_err(|e| e.message().unwrap_or("").to_owned())?;
        Ok(connect(&url, Mode::Create).await?)
    }

    /// What is in it, and its version rows.
    fn seen(&self, migrator: &Migrator) -> Result<(Snapshot, Vec<String>), Failed> {
        block_on(async {
            let mut connection = self.connect().await?;
            let mut snapshot = introspect(&mut connection, &Scope::default()).await?;
            // The name of the database is not the same in two of them.
            snapshot.server.schema.clear();
            // A script makes aludel's own tables first.
            let key = |o: &SqlObject| (o.kind, o.name.clone(), o.table.clone());
            snapshot.objects.sort_by_key(key);
            let rows = migrator.current(&mut connection).await?;
            connection.close().await?;
            Ok((snapshot, rows))
        })
    }

    /// What stands on record, without what is another each time.
    fn record(&self, migrator: &Migrator) -> Result<Vec<(String, String, String)>, Failed> {
        block_on(async {
            let mut connection = self.connect().await?;
            let runs = migrator.runs(&mut connection).await?;
            let edited = migrator.status(&mut connection).await?.edited;
            connection.close().await?;
            if !edited.is_empty() || runs.iter().any(|run| !run.started_at.ends_with('Z')) {
                return Err(format!("{edited:?} {runs:?}").into());
            }
            let runs = runs.into_iter();
            Ok(runs
                .map(|r| (r.revision, r.direction, r.checksum))
                .collect())
        })
    }

    async fn dialect(&self) -> Result<&'static dyn Dialect, Error> {
        let connection = self.connect().await?;
        let dialect = connection.dialect();
        connection.close().await?;
        Ok(dialect)
    }
}

/// `sqlite3`, or where there is none a fresh connection that is given all of
/// the script at once.
fn sqlite(path: &Path, script: &str) -> Result<(), Failed> {
    let client = Command::new("sqlite3")
        .arg("-bail")
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut client) = client else {
        let (path, script) = (path.to_owned(), script.to_owned());
        return block_on(async move {
            let mut connection = open(&path, true).await?;
            sqlx::raw_sql(AssertSqlSafe(script))
                .execute(&mut connection)
                .await?;
            Ok(connection.close().await?)
        });
    };
    if let Some(mut stdin) = client.stdin.take() {
        // A client that stops says why.
        let _ = stdin.write_all(script.as_bytes());
    }
    let output = client.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}\n{script}", String::from_utf8_lossy(&output.stderr)).into())
}

fn script(
    migrator: &Migrator,
    target: &Target,
    direction: Direction,
    rows: &[&str],
    to: &str,
) -> Result<String, Failed> {
    let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
    block_on(async {
        let dialect = target.dialect().await?;
        Ok(migrator.script(dialect, direction, &rows, to).await?.text)
    })
}

/// The same database by a run and by a script, at every stop of the way.
fn there_and_back(on: On, migrator: &Migrator) -> Outcome {
    let (run, scripted) = (Target::new(on)?, Target::new(on)?);
    let text = script(migrator, &scripted, Direction::Up, &[], "head")?;
    scripted.run(&text)?;
    let url = run.url()?;
    block_on(async { Ok(migrator.upgrade(&url, "head").await?) })?;
    let at_head = run.seen(migrator)?;
    same(scripted.seen(migrator)?, at_head.clone())
        .map_err(|e| format!("{}\n{text}", e.message().unwrap_or_default()))?;
    same(scripted.record(migrator)?, run.record(migrator)?)?;
    // Nothing is left to do for one who runs.
    let url = scripted.url()?;
    let ran = block_on(async { Ok(migrator.upgrade(&url, "head").await?) })?;
    same(ran.len(), 0)?;
    let rows: Vec<&str> = at_head.1.iter().map(String::as_str).collect();
    let text = script(migrator, &scripted, Direction::Down, &rows, "base")?;
    scripted.run(&text)?;
    let url = run.url()?;
    block_on(async { Ok(migrator.downgrade(&url, "base").await?) })?;
    same(scripted.seen(migrator)?, run.seen(migrator)?)
        .map_err(|e| format!("{}\n{text}", e.message().unwrap_or_default()).into())
}

/// Scripts of parts, run one after the other.
fn ranges(on: On) -> Outcome {
    let migrator = migrator();
    let (run, scripted) = (Target::new(on)?, Target::new(on)?);
    let go = |direction, rows: &[&str], to: &str| -> Outcome {
        let text = script(&migrator, &scripted, direction, rows, to)?;
        scripted.run(&text)?;
        let url = run.url()?;
        block_on(async {
            match direction {
                Direction::Up => migrator.upgrade(&url, to).await?,
                Direction::Down => migrator.downgrade(&url, to).await?,
            };
            Ok(())
        })?;
        same(scripted.seen(&migrator)?, run.seen(&migrator)?)
    };
    go(Direction::Up, &[], "aaaa0002")?;
    go(Direction::Up, &["aaaa0002"], "bbbb0001")?;
    go(Direction::Up, &["aaaa0002", "bbbb0001"], "cccc0001")?;
    go(Direction::Down, &["cccc0001"], "aaaa0003")?;
    go(
        Direction::Down,
        &["aaaa0003", "bbbb0001"],
        "bbbb0001@base+1",
    )?;
    go(Direction::Up, &["aaaa0003"], "head")
}

fn stamps(on: On) -> Outcome {
    let migrator = migrator();
    let (run, scripted) = (Target::new(on)?, Target::new(on)?);
    for (targets, purge) in [
        (vec!["aaaa0002"], false),
        (vec!["bbbb0001"], false),
        (vec!["aaaa0001"], false),
        (vec!["heads"], false),
        (vec!["aaaa0003", "bbbb0001"], false),
        (vec!["aaaa0001"], true),
        (vec!["base"], false),
    ] {
        let dialect = block_on(async { scripted.dialect().await })?;
        let script = migrator.stamp_script(dialect, &targets, purge)?;
        scripted.run(&script.text)?;
        let url = run.url()?;
        let rows = block_on(async { Ok(migrator.stamp_all(&url, &targets, purge).await?) })?;
        let (seen, found) = scripted.seen(&migrator)?;
        same((&targets, found), (&targets, rows))?;
        same(seen, run.seen(&migrator)?.0)?;
    }
    let dialect = named(on.name()).ok_or("no dialect")?;
    match migrator.stamp_script(dialect, &["+1"], false) {
        Err(error) if error.kind() == ErrorKind::Offline => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// A script for another place does nothing.
fn elsewhere(on: On) -> Outcome {
    let migrator = migrator();
    let target = Target::new(on)?;
    target.run(&script(&migrator, &target, Direction::Up, &[], "aaaa0001")?)?;
    let before = target.seen(&migrator)?;
    for (rows, to, at) in [
        (vec!["aaaa0003"], "cccc0001", "aaaa0003"),
        (vec![], "bbbb0001", "base"),
    ] {
        let text = script(&migrator, &target, Direction::Up, &rows, to)?;
        match target.run(&text) {
            Ok(()) => return Err("the script was run".into()),
            Err(error) => {
                let said = error.message().unwrap_or_default();
                if !said.contains(&format!("the database is not at {at}")) {
                    return Err(said.into());
                }
            }
        }
    }
    same(target.seen(&migrator)?, before)
}

/// A script leaves no more rows without their parent than it found: those that
/// were there stay.
fn orphans_are_refused() -> Outcome {
    let migrator = orphans();
    let target = Target::new(On::Sqlite)?;
    let up = |rows: &[&str], to: &str| script(&migrator, &target, Direction::Up, rows, to);
    target.run(&up(&[], "aaaa0001")?)?;
    target.run("INSERT INTO item (id, parent_id) VALUES (9, 99);")?;
    target.run(&up(&["aaaa0001"], "aaaa0002")?)?;
    let before = target.seen(&migrator)?;
    match target.run(&up(&["aaaa0002"], "aaaa0003")?) {
        Ok(()) => return Err("the script was run".into()),
        Err(error) => {
            let said = error.message().unwrap_or_default();
            if !said.contains("aludel_guard.rows would refer to rows that do not exist") {
                return Err(said.into());
            }
        }
    }
    same(target.seen(&migrator)?, before)
}

/// All three dialects, and the other product of `mysql`.
fn dialects() -> Vec<&'static dyn Dialect> {
    let names = ["sqlite", "postgres", "mysql", "mariadb"];
    names.into_iter().filter_map(client::spoken).collect()
}

fn rust_is_refused() -> Outcome {
    for dialect in dialects() {
        let migrator = with_data();
        let refused =
            block_on(async { Ok(migrator.script(dialect, Direction::Up, &[], "head").await) })?;
        let error = match refused {
            Ok(script) => return Err(script.text.into()),
            Err(error) => error,
        };
        same(error.kind(), ErrorKind::Offline)?;
        let said = error.to_string();
        if !said.contains("aaaa0002_data.rs") || !said.contains("count the items") {
            return Err(said.into());
        }
        // What lies above it can be said all the same.
        let above = ["aaaa0002".to_owned()];
        let script = block_on(async {
            Ok(migrator
                .script(dialect, Direction::Up, &above, "head")
                .await?)
        })?;
        if !script.text.contains("ck_item_size") {
            return Err(script.text.into());
        }
    }
    Ok(())
}

/// SQLite runs it in memory; of a server nobody knows, unless it is declared.
fn sql_that_says_nothing() -> Outcome {
    for dialect in dialects() {
        let up = |migrator: Migrator| {
            block_on(async move { Ok(migrator.script(dialect, Direction::Up, &[], "head").await) })
        };
        let text = up(declared())?.map_err(|e| e.to_string())?.text;
        if !text.to_lowercase().contains("bigint") {
            return Err(text.into());
        }
        match (dialect.name(), up(undeclared())?) {
            ("sqlite", Ok(_)) => {}
            ("postgres" | "mysql", Err(error)) => {
                same(error.kind(), ErrorKind::Offline)?;
                let said = error.to_string();
                let right = said.contains("ALTER TABLE parent ADD COLUMN age")
                    && said.contains("aaaa0003_change.rs");
                if !right {
                    return Err(said.into());
                }
            }
            (name, other) => return Err(format!("{name}: {other:?}").into()),
        }
    }
    let files = Migrations::from_files(Vec::new());
    let empty = Migrator::new(&files);
    let dialect = named("sqlite").ok_or("no dialect")?;
    let history = block_on(async { Ok(empty.replayed_history(dialect).await?) })?;
    same(history.snapshot.schema.tables.len(), 0)
}

/// Rust and SQL in one history: what is replayed is what a run makes.
fn both_formats(on: On) -> Outcome {
    let target = Target::new(on)?;
    let dialect = named(on.name()).ok_or("no dialect")?;
    let migrator = both(on);
    let alone = block_on(async { Ok(migrator.replayed_history(dialect).await) })?;
    let scratch = Target::new(on)?;
    let url = scratch.url()?;
    match (on, alone) {
        (On::Sqlite, Ok(_)) => {}
        (On::Postgres | On::MySql, Err(error)) => {
            same(error.kind(), ErrorKind::Offline)?;
            let said = format!("{error} {}", error.hint().unwrap_or_default());
            if !said.contains("aaaa0002_table.sql") || !said.contains("scratch_url") {
                return Err(said.into());
            }
        }
        (_, other) => return Err(format!("{other:?}").into()),
    }
    let migrator = migrator.scratch(url.clone());
    let target_url = target.url()?;
    let (replayed, scripted) = block_on(async {
        migrator.upgrade(&target_url, "head").await?;
        let history = migrator.replayed_history(dialect).await?;
        if let Some(copy) = history.copy {
            copy.close().await?;
        }
        let script = migrator
            .script(history.dialect, Direction::Up, &[], "head")
            .await?;
        Ok((history.snapshot, script.text))
    })?;
    let (mut seen, _) = target.seen(&migrator)?;
    let own = |name: &aludel_core::schema::TableName| name.name.as_str().starts_with("aludel_");
    seen.schema.tables.retain(|name, _| !own(name));
    let mut replayed = replayed;
    replayed.schema.tables.retain(|name, _| !own(name));
    same(replayed.schema, seen.schema)?;
    let plain = Target::new(on)?;
    plain.run(&scripted)?;
    same(plain.seen(&migrator)?, target.seen(&migrator)?)
}
