//! Runs that are killed at each of their steps: the next one completes, up and
//! down, and nothing is lost, done twice or left over.

use std::process::Stdio;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::killer::{Ended, KILL_AT, Proxy, When};
use crate::project::Project;
use crate::startup::{beside, same};
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for mode in ["delete", "wal"] {
        trials.push(trial(
            format!("crashes::sqlite::at_every_statement_{mode}"),
            move || at_every_statement(mode),
        ));
        trials.push(trial(
            format!("crashes::sqlite::in_the_middle_of_a_copy_{mode}"),
            move || in_the_middle(mode),
        ));
    }
    for on in [On::Postgres, On::MySql] {
        let name = format!("crashes::{}::at_every_message", on.name());
        let all = trial(name, move || at_every_message(on));
        // Some hundred starts of a process and as many of a client.
        trials.push(all.with_ignored_flag(std::env::var_os(SERVERS).is_none()));
    }
    trials
}

/// Has runs on servers killed too, which takes some minutes.
const SERVERS: &str = "ALUDEL_TEST_CRASHES";

const FIRST: &str = "aaaa00000001";

const BEFORE: &str = r#"use aludel::Model;

#[derive(sqlx::Type)]
#[sqlx(type_name = "mood", rename_all = "snake_case")]
pub enum Mood {
    Calm,
    Glad,
}

#[derive(Model)]
#[table(name = "item")]
pub struct Item {
    #[column(primary_key)]
    pub id: i64,
    #[column(type = "varchar(50)")]
    pub label: String,
    pub n: i64,
    pub mood: Mood,
}

#[derive(Model)]
#[table(name = "part")]
pub struct Part {
    #[column(primary_key)]
    pub id: i64,
    #[column(references = Item::id, on_delete = cascade)]
    pub item_id: i64,
}
"#;

const ROWS: &str = "INSERT INTO item (id, label, n, mood) VALUES (1, 'one', 10, 'calm'), \
                    (2, 'it''s', 20, 'glad'), (3, 'three', 30, 'calm'); \
                    INSERT INTO part (id, item_id) VALUES (1, 1), (2, 1), (3, 3)";

/// What is written anew on SQLite, what runs in no transaction on PostgreSQL,
/// and what is plain everywhere.
fn after() -> String {
    let more =
        "    pub mood: Mood,\n    #[column(default = 5, check = \"size > 0\")]\n    pub size: i64,";
    BEFORE
        .replace("    Glad,\n", "    Glad,\n    Sad,\n")
        .replace("    pub mood: Mood,", more)
        .replace(
            "(name = \"item\")",
            "(name = \"item\", index(label, concurrently))",
        )
        + "\n#[derive(Model)]\n#[table(name = \"log\")]\npub struct Log {\n    \
           #[column(primary_key)]\n    pub id: i64,\n}\n"
}

/// Everything of a database that a run may change, line by line: what there is,
/// the rows, and aludel's own books.
fn state(project: &Project, on: On) -> Result<Vec<String>, Failed> {
    let schema = match on {
        On::Sqlite => "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema",
        On::Postgres => {
            "SELECT concat_ws(' ', table_name, column_name, udt_name, is_nullable, column_default) \
             FROM information_schema.columns WHERE table_schema = 'public' \
             UNION ALL SELECT concat_ws(' ', indexrelid::regclass, indisvalid) FROM pg_index i \
             JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace \
             UNION ALL SELECT concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) \
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
             UNION ALL SELECT concat_ws(' ', enumtypid::regtype, enumlabel) FROM pg_enum"
        }
        On::MySql => {
            "SELECT concat_ws(' ', table_name, column_name, column_type, is_nullable, \
             column_default) FROM information_schema.columns WHERE table_schema = DATABASE() \
             UNION ALL SELECT concat_ws(' ', table_name, index_name, column_name) \
             FROM information_schema.statistics WHERE table_schema = DATABASE() \
             UNION ALL SELECT concat_ws(' ', table_name, constraint_name, constraint_type) \
             FROM information_schema.table_constraints WHERE table_schema = DATABASE()"
        }
    };
    let (item, part) = match on {
        On::Sqlite => (
            "'item ' || id || ' ' || label || ' ' || n || ' ' || mood",
            "'part ' || id || ' ' || item_id",
        ),
        _ => (
            "concat_ws(' ', 'item', id, label, n, mood)",
            "concat_ws(' ', 'part', id, item_id)",
        ),
    };
    let steps = match on {
        On::Sqlite => "",
        _ => "UNION ALL SELECT 'step' FROM aludel_step",
    };
    let mut lines = project.query(&format!(
        "{schema} UNION ALL SELECT {item} FROM item UNION ALL SELECT {part} FROM part \
         UNION ALL SELECT version_num FROM aludel_version \
         UNION ALL SELECT 'status' FROM aludel_status {steps}"
    ))?;
    lines.sort();
    Ok(lines)
}

/// A project with rows at its first revision, and how it is there and at its
/// head; it is at the first one.
struct Scene {
    project: Project,
    on: On,
    low: Vec<String>,
    high: Vec<String>,
}

/// A command, and what is there afterwards.
type Way<'s> = (&'static [&'static str], &'s [String]);

impl Scene {
    fn new(on: On, setting: &str) -> Result<Self, Failed> {
        let project = Project::on(on, BEFORE)?;
        if !setting.is_empty() {
            project.sql(setting)?;
        }
        project.expect(&["autogen", "-m", "first", "--rev-id", FIRST], 0)?;
        project.expect(&["upgrade"], 0)?;
        project.sql(ROWS)?;
        let low = state(&project, on)?;
        // Who runs it twice makes other numbers of it.
        let file = |id: &str, parent: &str, more: &str, body: (&str, &str)| {
            project.write(
                &format!("versions/{id}_rows.sql"),
                &format!(
                    "-- rows\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n-- Create Date: \
                     2026-01-01T00:00:00Z\n-- Dialect: {}\n{more}\n-- upgrade\n{}\n\n\
                     -- downgrade\n{}\n",
                    on.name(),
                    body.0,
                    body.1
                ),
            )
        };
        let (second, third, last) = ("aaaa00000002", "aaaa00000003", "aaaa00000004");
        let up = "UPDATE item SET n = n + 1;\nINSERT INTO part (id, item_id) VALUES (4, 2);";
        let down = "DELETE FROM part WHERE id = 4;\nUPDATE item SET n = n - 1;";
        file(second, FIRST, "", (up, down))?;
        // What a run without a transaction has committed is on no record there.
        let loose = if on == On::Sqlite {
            ""
        } else {
            "-- Transaction: none\n"
        };
        let doubled = (
            "UPDATE item SET n = n * 2;\nINSERT INTO part (id, item_id) VALUES (5, 2);",
            "DELETE FROM part WHERE id = 5;\nUPDATE item SET n = n / 2;",
        );
        file(third, second, loose, doubled)?;
        project.expect(&["upgrade"], 0)?;
        project.write("models.rs", &after())?;
        project.expect(&["autogen", "-m", "last", "--rev-id", last], 0)?;
        project.expect(&["upgrade"], 0)?;
        project.expect(&["check"], 0)?;
        let high = state(&project, on)?;
        project.expect(&["downgrade", FIRST], 0)?;
        same(&state(&project, on)?, &low)?;
        Ok(Self {
            project,
            on,
            low,
            high,
        })
    }

    /// Both ways, with what is there afterwards.
    fn ways(&self) -> [Way<'_>; 2] {
        [
            (&["--quiet", "upgrade"], &self.high),
            (&["--quiet", "downgrade", FIRST], &self.low),
        ]
    }
}

/// Kills a run at each text of SQL that it sends, one further each time.
fn at_every_statement(mode: &str) -> Outcome {
    let scene = Scene::new(On::Sqlite, &format!("PRAGMA journal_mode = {mode}"))?;
    let project = &scene.project;
    let mut kills = 0;
    for at in 1.. {
        let mut reached = false;
        for (words, wanted) in scene.ways() {
            let status = project
                .command(words)?
                .env(KILL_AT, at.to_string())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()?;
            match status.code() {
                None => {
                    reached = true;
                    kills += 1;
                    complete(&scene, words, wanted, &(mode, at))?;
                }
                Some(0) => same(state(project, scene.on)?.as_slice(), wanted)?,
                code => return Err(format!("{words:?}, text {at}: {code:?}").into()),
            }
        }
        if !reached {
            break;
        }
    }
    same(project.query("PRAGMA journal_mode")?, vec![mode.to_owned()])?;
    enough(kills, &scene)
}

/// Kills a run at each message that a server gets: on the way up when it has it,
/// so that the next one meets the server still at work, and on the way down when
/// it has answered.
fn at_every_message(on: On) -> Outcome {
    let scene = Scene::new(on, "")?;
    let url = scene.project.server().ok_or("no server")?.url();
    let proxy = Proxy::before(url)?;
    let mut kills = 0;
    for at in 1.. {
        let mut reached = false;
        for ((words, wanted), when) in scene.ways().into_iter().zip([When::Sent, When::Answered]) {
            let mut command = scene.project.command(words)?;
            command.args(["--database-url", &proxy.url]);
            match proxy.run(&mut command, at, when)? {
                Ended::Killed => {
                    reached = true;
                    kills += 1;
                    complete(&scene, words, wanted, &(when, at))?;
                }
                Ended::With(Some(0)) => same(state(&scene.project, on)?.as_slice(), wanted)?,
                ended => return Err(format!("{words:?}, message {at}: {ended:?}").into()),
            }
        }
        if !reached {
            break;
        }
    }
    enough(kills, &scene)
}

/// The next start completes, and nothing tells that there was another before.
fn complete(scene: &Scene, words: &[&str], wanted: &[String], at: &dyn std::fmt::Debug) -> Outcome {
    let place = |error: Failed| -> Failed {
        format!(
            "{words:?}, killed at {at:?}: {}",
            error.message().unwrap_or_default()
        )
        .into()
    };
    scene.project.expect(words, 0).map_err(place)?;
    let now = state(&scene.project, scene.on)?;
    same(now.as_slice(), wanted).map_err(place)?;
    if scene.on == On::Sqlite {
        same(beside(&scene.project.path("app.db"))?, vec![]).map_err(place)?;
    }
    Ok(())
}

/// It was really killed again and again, and is where the models are.
fn enough(kills: usize, scene: &Scene) -> Outcome {
    if kills < 40 {
        return Err(format!("only {kills} kills").into());
    }
    scene.project.expect(&["upgrade"], 0)?;
    scene.project.expect(&["check"], 0).map(drop)
}

/// Kills a table's rebuild when some of its rows are on the disk.
fn in_the_middle(mode: &str) -> Outcome {
    let project = Project::new(BEFORE)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", FIRST], 0)?;
    project.expect(&["upgrade"], 0)?;
    project.sql(&format!(
        "PRAGMA journal_mode = {mode}; WITH RECURSIVE n(i) AS \
         (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) \
         INSERT INTO item SELECT i, 'label ' || (i % 9), i, 'calm' FROM n"
    ))?;
    project.write("models.rs", &after())?;
    project.expect(&["autogen", "-m", "last", "--rev-id", "aaaa00000002"], 0)?;
    let path = project.path("app.db");
    let size = || -> Result<u64, Failed> {
        let mut size = std::fs::metadata(&path)?.len();
        if mode == "wal" {
            let wal = std::fs::metadata(project.path("app.db-wal"));
            size += wal.map(|file| file.len()).unwrap_or_default();
        }
        Ok(size)
    };
    let base = size()?;
    for more in [1_000_000, 4_000_000] {
        let mut child = project.command(&["--quiet", "upgrade"])?.spawn()?;
        while size()? < base + more {
            if let Some(status) = child.try_wait()? {
                return Err(format!("it was quicker: {status}").into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill()?;
        same(child.wait()?.code(), None)?;
        let sums = "SELECT count(*) || ' ' || sum(id) || ' ' || sum(n) FROM item";
        let columns = "SELECT count(*) FROM pragma_table_info('item')";
        // The first to look is the command, which finds what was left.
        project.expect(&["current"], 0)?;
        same(
            project.query(sums)?,
            vec!["300000 45000150000 45000150000".to_owned()],
        )?;
        same(project.query(columns)?, vec!["4".to_owned()])?;
        same(
            project.query("PRAGMA integrity_check")?,
            vec!["ok".to_owned()],
        )?;
        if more > 1_000_000 {
            project.expect(&["upgrade"], 0)?;
            project.expect(&["check"], 0)?;
            same(
                project.query(sums)?,
                vec!["300000 45000150000 45000150000".to_owned()],
            )?;
            same(project.query(columns)?, vec!["5".to_owned()])?;
            same(beside(&path)?, vec![])?;
        }
    }
    Ok(())
}
