//! A database of before there were migrations, brought up by the ten that
//! MeshView has had, and a new one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aludel::{ErrorKind, Migrator, Wait};
use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use super::{catalog, down, file, kept, legacy, records, up, url};
use crate::cli::says;
use crate::everyday::current;
use crate::house::root;
use crate::project::{Project, block_on};
use crate::startup::same;
use crate::{Outcome, trial};

mod chain {
    aludel::migrations!("../fixtures/meshview/history/versions");
}

pub(super) fn trials(on: On) -> Vec<Trial> {
    let name = |what: &str| format!("meshview::{}::{what}", on.name());
    let dump = dump(on);
    let is_missing = dump.is_none();
    vec![
        trial(name("an_adopted_database"), move || adopted(on)),
        trial(name("a_new_database"), move || new(on)),
        trial(name("a_revision_that_was_deleted"), move || lost(on)),
        trial(name("a_reader_beside_its_writer"), move || reader(on)),
        trial(name("what_alembic_has_made"), move || {
            of_alembic(on, &dump.ok_or("no dump of it lies beside the repository")?)
        })
        .with_ignored_flag(is_missing),
    ]
}

/// The tables that Alembic's ten migrations make, where the folder with them
/// lies beside the repository.
fn dump(on: On) -> Option<PathBuf> {
    let short = if on == On::Sqlite { "sqlite" } else { "pg" };
    let name = format!("shared/data/seed_systems/meshview/{short}.v10.23dad03d2e42.sql");
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut places = package.ancestors().map(|above| above.join(&name));
    places.find(|place| place.is_file())
}

/// The example application's models, its migrations of old, and no database.
fn project(on: On) -> Result<Project, Failed> {
    let models = fs::read_to_string(root().join("fixtures/meshview/src/models.rs"))?;
    let models = match on {
        // Sequences give the numbers there.
        On::Postgres => models
            .replace("type = \"bigint\"", "type = \"bigserial\"")
            .replace(
                "#[column(primary_key)]\n    pub id: i64",
                "#[column(primary_key, type = \"serial\")]\n    pub id: i32",
            ),
        _ => models,
    };
    let project = Project::on(on, &models)?;
    for entry in fs::read_dir(file("versions"))? {
        let from = entry?.path();
        let name = from.file_name().ok_or("a file has a name")?;
        fs::copy(&from, project.path("versions").join(name))?;
    }
    Ok(project)
}

fn migrator() -> Migrator {
    Migrator::new(&chain::MIGRATIONS)
}

/// What models and database differ in, in one line each.
fn drift(project: &Project) -> Result<Vec<String>, Failed> {
    let said = project.expect(&["check"], 1)?.stdout;
    let lines = said.lines().filter_map(|line| line.strip_prefix("  "));
    let changes = lines.filter(|line| !line.starts_with(' '));
    Ok(changes.map(str::to_owned).collect())
}

/// What is still missing behind the ten, and what they make that is in no model.
const DRIFT: [&str; 2] = [
    "add index `idx_traceroute_packet_id` to `traceroute`",
    "drop table `example`",
];

/// Indexes from high to low are still that.
fn both_descend(catalog: &[String]) -> Outcome {
    let found = catalog.iter().filter(|line| {
        line.contains("import_time_us DESC") || line.contains("import_time_us 1 BINARY")
    });
    same(found.count(), 2)
}

/// Values of all kinds, as they have to come out at the end.
fn values(project: &Project, on: On) -> Outcome {
    let hex = |column: &str| match on {
        On::Postgres => format!("encode({column}, 'hex')"),
        _ => format!("lower(hex({column}))"),
    };
    let payload = format!(
        "SELECT CASE WHEN payload IS NULL THEN 'NULL' ELSE {} END FROM packet ORDER BY id",
        hex("payload")
    );
    let route = format!(
        "SELECT CASE WHEN route IS NULL THEN 'NULL' ELSE {} END FROM traceroute ORDER BY id",
        hex("route")
    );
    for (query, expected) in [
        (
            "SELECT CAST(id AS VARCHAR) FROM packet ORDER BY packet.id",
            ["7", "4111222333", "9007199254740993"],
        ),
        (payload.as_str(), ["NULL", "00ff10deadbeef", ""]),
        (&route, ["0a0b0c", "NULL", ""]),
        (
            "SELECT long_name FROM node ORDER BY node_id",
            ["Relay 'two'", "Base Camp", "Zoë ☂"],
        ),
        (
            "SELECT coalesce(CAST(rx_snr AS VARCHAR), 'NULL') FROM packet_seen ORDER BY rx_time",
            ["NULL", "-7.25", "0.1"],
        ),
        (
            "SELECT CAST(id AS VARCHAR) FROM traceroute ORDER BY traceroute.id",
            ["1", "2", "41"],
        ),
    ] {
        same(project.query(query)?, expected.map(str::to_owned).to_vec())?;
    }
    Ok(())
}

/// One by one, with the rows; what is there at the end and what is not; back
/// one by one to what was there, and up again.
fn adopted(on: On) -> Outcome {
    let project = project(on)?;
    let migrator = migrator();
    legacy(&project, on)?;
    let rows = records(&project)?;
    let before = catalog(&project)?;
    let mut states = Vec::new();
    for step in 1..=10 {
        let rows = records(&project)?;
        same(up(&project, &migrator, "+1")?, 1)?;
        kept(&rows, &records(&project)?)?;
        states.push(catalog(&project)?);
        if step == 7 {
            let micros = "SELECT coalesce(CAST(last_update_us AS VARCHAR), 'NULL') FROM node \
                          ORDER BY node_id";
            let expected = ["NULL", "1741752956058038", "1709251199999999"];
            same(project.query(micros)?, expected.map(str::to_owned).to_vec())?;
        }
    }
    same(current(&project)?, "23dad03d2e42 (head)".to_owned())?;
    same(&states[0], &before)?;
    kept(&rows, &records(&project)?)?;
    values(&project, on)?;
    both_descend(&states[9])?;
    same(drift(&project)?, DRIFT.map(str::to_owned).to_vec())?;
    if project
        .sql("INSERT INTO node (id, node_id) VALUES ('!2', 2)")
        .is_ok()
    {
        return Err("a second node has the number of another".into());
    }
    // A writer that starts again has nothing to do.
    same(up(&project, &migrator, "head")?, 0)?;
    for state in states[..9].iter().rev() {
        let rows = records(&project)?;
        same(down(&project, &migrator, "-1")?, 1)?;
        same(&catalog(&project)?, state)?;
        kept(&rows, &records(&project)?)?;
    }
    values(&project, on)?;
    same(up(&project, &migrator, "head")?, 9)?;
    same(&catalog(&project)?, &states[9])?;
    values(&project, on)
}

/// From nothing to the same tables, and back to nothing.
fn new(on: On) -> Outcome {
    let old = project(on)?;
    legacy(&old, on)?;
    same(up(&old, &migrator(), "head")?, 10)?;
    let project = project(on)?;
    same(up(&project, &migrator(), "head")?, 10)?;
    same(catalog(&project)?, catalog(&old)?)?;
    both_descend(&catalog(&project)?)?;
    same(drift(&project)?, DRIFT.map(str::to_owned).to_vec())?;
    // One step takes back what a new database had before it: nothing fails over
    // that.
    same(down(&project, &migrator(), "base")?, 10)?;
    same(catalog(&project)?, vec![])?;
    same(up(&project, &migrator(), "head")?, 10)?;
    same(catalog(&project)?, catalog(&old)?)
}

/// The database is at a revision that was taken out of the history, and made
/// what another one makes now.
fn lost(on: On) -> Outcome {
    let project = project(on)?;
    legacy(&project, on)?;
    same(up(&project, &migrator(), "add_time_us_cols")?, 2)?;
    project.sql(
        "UPDATE packet SET import_time_us = 1741752956058038 WHERE id = 4111222333; \
         UPDATE aludel_version SET version_num = 'fb5781f0c470'",
    )?;
    let rows = records(&project)?;
    for words in [
        &["upgrade", "head"][..],
        &["downgrade", "-1"],
        &["check"],
        &["revision", "--autogenerate", "-m", "x"],
    ] {
        says(
            &project.expect(words, 2)?,
            &[
                "Can't locate revision identified by `fb5781f0c470`",
                "stamp --purge REV",
            ],
        )?;
    }
    if up(&project, &migrator(), "head").is_ok() {
        return Err("a revision that nobody knows was passed".into());
    }
    same(records(&project)? == rows, true)?;
    project.expect(&["stamp", "--purge", "add_time_us_cols"], 0)?;
    same(up(&project, &migrator(), "head")?, 8)?;
    same(current(&project)?, "23dad03d2e42 (head)".to_owned())?;
    kept(&rows, &records(&project)?)?;
    same(drift(&project)?, DRIFT.map(str::to_owned).to_vec())
}

/// A reader gives up where its writer fails, says where the database is, and
/// goes on where the writer gets through.
fn reader(on: On) -> Outcome {
    let project = project(on)?;
    legacy(&project, on)?;
    // In the way of the third migration.
    project.sql("CREATE INDEX idx_example_name ON node (id)")?;
    let (url, migrator) = (url(&project), migrator());
    let wait = |seconds| Wait {
        timeout: Duration::from_secs(seconds),
        every: Duration::from_millis(50),
    };
    let (wrote, read) = block_on(async {
        let wait = migrator.wait_until_current(&url, wait(2));
        Ok(tokio::join!(migrator.upgrade(&url, "head"), wait))
    })?;
    let (wrote, read) = (
        wrote.err().ok_or("it fails")?,
        read.err().ok_or("it waits")?,
    );
    same(wrote.kind(), ErrorKind::Statement)?;
    same(read.kind(), ErrorKind::TimedOut)?;
    same(
        read.to_string(),
        "the database is not at `23dad03d2e42` after 2 s: it is at `add_time_us_cols`".to_owned(),
    )?;
    let under_way = "SELECT revision FROM aludel_status";
    same(project.query(under_way)?, vec![])?;
    project.sql("DROP INDEX idx_example_name")?;
    let (wrote, read) = block_on(async {
        let wait = migrator.wait_until_current(&url, wait(60));
        Ok(tokio::join!(migrator.upgrade(&url, "head"), wait))
    })?;
    same(wrote?.len(), 8)?;
    same(read?.current, vec!["23dad03d2e42".to_owned()])?;
    same(project.query(under_way)?, vec![])
}

/// Beside a database that Alembic has brought up: nothing else is different than
/// what it has lost on the way, and that is told.
fn of_alembic(on: On, dump: &Path) -> Outcome {
    let theirs = project(on)?;
    theirs.sql(&fs::read_to_string(dump)?)?;
    let ours = project(on)?;
    same(up(&ours, &migrator(), "head")?, 10)?;
    let (theirs_has, ours_has) = (catalog(&theirs)?, catalog(&ours)?);
    let only = |one: &[String], other: &[String]| -> Vec<String> {
        let only = one.iter().filter(|line| !other.contains(line));
        only.cloned().collect()
    };
    let (lost, spelled): (&[&str], &[&str]) = match on {
        On::Sqlite => (
            &[
                "column example.is_active BOOLEAN 1 '1' 0",
                "index packet idx_packet_from_node_time_us 0 from_node_id 0 BINARY, \
                 import_time_us 0 BINARY",
                "index packet idx_packet_import_time_us 0 import_time_us 0 BINARY",
            ],
            &[
                "alter index `idx_packet_from_node_time_us` of `packet`",
                "alter index `idx_packet_import_time_us` of `packet`",
            ],
        ),
        _ => (&[], &[]),
    };
    same(only(&theirs_has, &ours_has), owned(lost))?;
    same(only(&ours_has, &theirs_has).len(), lost.len())?;
    let mut expected = owned(spelled);
    expected.extend(DRIFT.map(str::to_owned));
    expected.sort();
    let mut found = drift(&theirs)?;
    found.sort();
    same(found, expected)
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
