//! Every change of the models since the first day as a migration of its own,
//! over rows; and the whole way back, which MeshView's own migrations do not go.

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use super::edits::{EDITS, Edit, IMPORT_TIME, LAST_UPDATE};
use super::{catalog, down, file, kept, legacy, records, text, up};
use crate::cli::says;
use crate::everyday::current;
use crate::golden::same_text;
use crate::project::Project;
use crate::rebuilds::from_folder;
use crate::startup::same;
use crate::{Outcome, trial};

pub(super) fn trials(on: On) -> Vec<Trial> {
    let name = format!("meshview::{}::every_change_of_the_models", on.name());
    vec![trial(name, move || walk(on))]
}

/// A literal of bytes.
fn blob(on: On, hex: &str) -> String {
    match on {
        On::Postgres => format!("'\\x{hex}'"),
        _ => format!("x'{hex}'"),
    }
}

/// The rows of the first three tables, as far as these have columns.
fn first_rows(on: On) -> String {
    let payload = |hex| blob(on, hex);
    format!(
        "INSERT INTO node VALUES ('!a1b2c3d4', 2712847316, 'Base Camp', 'BC', 'TBEAM'), \
           ('!00000002', 2, 'Relay ''two''', 'R2', '-'), \
           ('!ffffffff', 4294967295, 'Zoë ☂', 'Z☂', 'HELTEC_V3'); \
         INSERT INTO packet VALUES \
           (4111222333, 1, 2712847316, 4294967295, {}, '2025-03-12 04:15:56.058038'), \
           (7, 67, 2, 4294967295, {}, '2025-01-01 00:00:00'), \
           (9007199254740993, 70, 2712847316, 2, {}, '2025-10-25 12:00:00.000001'); \
         INSERT INTO packet_seen VALUES (4111222333, 2, 1741752956, 3, 'LongFast', -7.25, -101, \
             'msh/US/bayarea', '2025-03-12 04:15:56.100000'), \
           (4111222333, 2, 1741752957, 2, 'LongFast', 0.1, -99, \
             'msh/US/bayarea', '2025-03-12 04:15:57.000000'), \
           (7, 4294967295, 0, 0, '-', NULL, NULL, '-', '2025-01-01 00:00:00')",
        payload("00ff10deadbeef"),
        payload("00"),
        payload("")
    )
}

fn routes(on: On) -> String {
    format!(
        "INSERT INTO traceroute VALUES (1, 9007199254740993, 2, (1 = 1), {}), \
         (2, NULL, 0, (1 = 0), {}), (41, 7, 2, (1 = 1), {})",
        blob(on, "0a0b0c"),
        blob(on, "00"),
        blob(on, "")
    )
}

/// What the rows have to say once they may say less.
const RELAXED: &str = "\
UPDATE node SET firmware = '2.5.18', role = 'ROUTER', last_lat = 374219999,
  last_long = -1220840000, last_update = '2025-03-12 04:15:56.058038' WHERE node_id = 2712847316;
UPDATE node SET hw_model = NULL, firmware = NULL, role = 'CLIENT', channel = 'MediumSlow',
  last_update = NULL WHERE node_id = 2;
UPDATE node SET role = 'CLIENT', last_lat = -337777777, last_long = 1511111111, channel = NULL,
  last_update = '2024-02-29 23:59:59.999999' WHERE node_id = 4294967295;
UPDATE packet SET payload = NULL, import_time = NULL, channel = NULL WHERE id = 7;
UPDATE packet SET channel = 'MediumSlow' WHERE id = 9007199254740993;
UPDATE packet_seen SET hop_start = 3 WHERE packet_id = 4111222333;
UPDATE packet_seen SET hop_limit = NULL, channel = NULL, topic = NULL, import_time = NULL
  WHERE packet_id = 7;
UPDATE traceroute SET import_time = '2025-10-25 12:00:00.000001' WHERE id = 1;
UPDATE traceroute SET gateway_node_id = NULL, route = NULL, import_time = NULL WHERE id = 2;
UPDATE traceroute SET done = NULL, import_time = NULL WHERE id = 41;";

/// Rows that nothing is missing of, as the models were before that.
fn without_null(on: On) -> String {
    format!(
        "UPDATE node SET hw_model = coalesce(hw_model, '-'), firmware = coalesce(firmware, ''), \
           channel = coalesce(channel, '-'), last_update = coalesce(last_update, '2025-01-31'); \
         UPDATE packet SET payload = coalesce(payload, {0}), channel = coalesce(channel, '-'), \
           import_time = coalesce(import_time, '2025-01-31'); \
         UPDATE packet_seen SET hop_limit = coalesce(hop_limit, 0), topic = coalesce(topic, ''), \
           channel = coalesce(channel, '-'), import_time = coalesce(import_time, '2025-01-31'); \
         UPDATE traceroute SET gateway_node_id = coalesce(gateway_node_id, 0), \
           done = coalesce(done, (1 = 0)), route = coalesce(route, {0}), \
           import_time = coalesce(import_time, '2025-01-31')",
        blob(on, "00")
    )
}

fn change(project: &Project, edit: &Edit) -> Outcome {
    for (part, by) in edit.parts {
        project.edit("models.rs", part, by)?;
    }
    let models = std::fs::read_to_string(project.path("models.rs"))?;
    project.write("models.rs", &format!("{models}{}", edit.more))
}

/// Has the migration written, and gives back what it does.
fn written(project: &Project, edit: &Edit, more: &[&str]) -> Result<String, Failed> {
    let mut words = vec!["revision", "--autogenerate", "-m", edit.message];
    words.extend(["--rev-id", edit.id]);
    words.extend(more);
    project.expect(&words, 0)?;
    let text = std::fs::read_to_string(project.version(edit.id)?)?;
    let body = text.split_once("\n-- upgrade").ok_or("no upgrade")?.1;
    Ok(format!("-- {}\n-- upgrade{body}\n", edit.id))
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn walk(on: On) -> Outcome {
    let project = Project::on(on, &text("first.rs")?)?;
    let mut all = String::new();
    let mut states: Vec<Vec<String>> = vec![vec![]];
    for edit in &EDITS {
        change(&project, edit)?;
        if edit.id == IMPORT_TIME {
            in_the_way_of_import_time(on, &project)?;
        }
        let fill: Vec<&str> = edit.fill.iter().flat_map(|fill| ["--fill", fill]).collect();
        if !fill.is_empty() {
            // Rows have no value for it, and nobody has said which they get.
            let words = ["revision", "--autogenerate", "-m", "x"];
            says(
                &project.expect(&words, 2)?,
                &["is new and NOT NULL, and 3 rows have no value for it"],
            )?;
        }
        all += &written(&project, edit, &fill)?;
        by_hand(on, &project, edit)?;
        let rows = match states.len() {
            1 => None,
            _ => Some(records(&project)?),
        };
        project.expect(&["upgrade", "head"], 0)?;
        states.push(catalog(&project)?);
        if let Some(rows) = rows {
            kept(&rows, &records(&project)?)?;
        }
        afterwards(on, &project, edit)?;
        same(Some(&catalog(&project)?), states.last())?;
    }
    same_text(&file(&format!("expected/{}.sql", on.name())), &all)?;
    project.expect(&["check", "--strict"], 0)?;
    back(on, &project, &states)
}

/// Where a table has rows the migration fails and nothing is done; where it has
/// none it runs, and that it may fail is said.
fn in_the_way_of_import_time(on: On, project: &Project) -> Outcome {
    let ask = ["revision", "--autogenerate", "-m", "x", "--rev-id"];
    let ran = project.expect(&[&ask[..], &["empty001"]].concat(), 0)?;
    says(
        &ran,
        &["may fail on rows: `traceroute.import_time` is NOT NULL"],
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.sql(&routes(on))?;
    let said = match on {
        On::Sqlite => "Cannot add a NOT NULL column with default value NULL",
        _ => "column \"import_time\" of relation \"traceroute\" contains null values",
    };
    let before = (records(project)?, catalog(project)?);
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &[said, "`traceroute.import_time`: 3 rows have no value"],
    )?;
    same((records(project)?, catalog(project)?) == before, true)?;
    same(current(project)?, "a02_traceroute".to_owned())?;
    Ok(std::fs::remove_file(project.version("empty001")?)?)
}

/// What no comparison of models can know: how values become others.
fn by_hand(on: On, project: &Project, edit: &Edit) -> Outcome {
    let path = project.version(edit.id)?;
    let text = std::fs::read_to_string(&path)?;
    let (up, down) = text
        .split_once("\n-- downgrade\n")
        .ok_or("it can be undone")?;
    let micros = |column: &str| match on {
        On::Sqlite => format!(
            "strftime('%s', {column}) * 1000000 \
             + CAST(substr(substr({column}, 21) || '000000', 1, 6) AS INTEGER)"
        ),
        _ => format!("CAST(extract(epoch FROM {column}) * 1000000 AS bigint)"),
    };
    let (up, down) = match edit.id {
        "b01_microseconds" => {
            let fill = ["packet", "packet_seen", "traceroute"].map(|table| {
                format!(
                    "UPDATE {table} SET import_time_us = {};\n",
                    micros("import_time")
                )
            });
            (format!("{up}{}", fill.concat()), down.to_owned())
        }
        LAST_UPDATE => {
            let to = format!(
                "UPDATE node SET last_update_us = {};\n",
                micros("last_update")
            );
            let from = match on {
                On::Sqlite => {
                    "UPDATE node SET last_update = datetime(last_update_us / 1000000, 'unixepoch') \
                     || printf('.%06d', last_update_us % 1000000);\n"
                }
                _ => {
                    "UPDATE node SET last_update = timestamp '1970-01-01' \
                     + last_update_us * interval '1 microsecond';\n"
                }
            };
            (
                between(on, up, "last_update", &to)?,
                between(on, down, "last_update_us", from)?,
            )
        }
        _ => return Ok(()),
    };
    Ok(std::fs::write(path, format!("{up}\n-- downgrade\n{down}"))?)
}

/// A statement before the one that drops the column whose values it reads.
fn between(on: On, text: &str, column: &str, sql: &str) -> Result<String, Failed> {
    // PostgreSQL is told both halves in one statement.
    let drop = match on {
        On::Sqlite => format!("ALTER TABLE \"node\" DROP COLUMN \"{column}\";"),
        _ => format!(",\n  DROP COLUMN \"{column}\";"),
    };
    let (before, after) = text.split_once(&drop).ok_or("the column is dropped")?;
    let end = if on == On::Sqlite { "" } else { ";\n" };
    Ok(format!(
        "{before}{end}{sql}ALTER TABLE \"node\" DROP COLUMN \"{column}\";{after}"
    ))
}

/// The values of a column of the nodes, or of another table, by number.
fn values(project: &Project, column: &str, table: &str, by: &str) -> Result<Vec<String>, Failed> {
    project.query(&format!(
        "SELECT coalesce(CAST({column} AS VARCHAR), 'NULL') FROM {table} ORDER BY {by}"
    ))
}

const MICROS: [&str; 3] = ["NULL", "1741752956058038", "1709251199999999"];
const NOTHING: [&str; 3] = ["NULL"; 3];

/// What a change is followed by: rows as soon as there is a table for them,
/// and a look at what it was about.
fn afterwards(on: On, project: &Project, edit: &Edit) -> Outcome {
    match edit.id {
        "a00_first" => project.sql(&first_rows(on))?,
        IMPORT_TIME | "b03_example" => {
            // No default of those that rows were given for once.
            project.expect(&["check"], 0)?;
        }
        "a09_relaxed" => {
            project.sql(RELAXED)?;
            let ran = project.expect(&["downgrade", "-1"], 2)?;
            says(
                &ran,
                &[
                    "`traceroute.gateway_node_id`: 1 row is NULL",
                    "1 more of this kind; `--dry-run` counts the rows of all",
                ],
            )?;
            same(current(project)?, "a09_relaxed (head)".to_owned())?;
        }
        "a14_more_indexes" => {
            // The same as what was there before there were migrations.
            let old = Project::on(on, "")?;
            legacy(&old, on)?;
            same(catalog(project)?, catalog(&old)?)?;
            same(records(project)?, records(&old)?)?;
            project.expect(&["check"], 0)?;
        }
        "b01_microseconds" => {
            for (table, by, expected) in [
                (
                    "packet",
                    "id",
                    ["NULL", "1741752956058038", "1761393600000001"],
                ),
                (
                    "packet_seen",
                    "rx_time",
                    ["NULL", "1741752956100000", "1741752957000000"],
                ),
                ("traceroute", "id", ["1761393600000001", "NULL", "NULL"]),
            ] {
                let found = values(project, "import_time_us", table, by)?;
                same(found, owned(&expected))?;
            }
        }
        LAST_UPDATE => {
            let column = |name| values(project, name, "node", "node_id");
            same(column("last_update_us")?, owned(&MICROS))?;
            project.expect(&["downgrade", "-1"], 0)?;
            same(
                column("last_update")?,
                owned(&[
                    "NULL",
                    "2025-03-12 04:15:56.058038",
                    "2024-02-29 23:59:59.999999",
                ]),
            )?;
            project.expect(&["upgrade", "head"], 0)?;
            same(column("last_update_us")?, owned(&MICROS))?;
        }
        "b08_no_last_update_us" => {
            // What is gone is not made up.
            let column = |name| values(project, name, "node", "node_id");
            project.expect(&["downgrade", "-1"], 0)?;
            same(column("last_update_us")?, owned(&NOTHING))?;
            project.expect(&["downgrade", "-1"], 0)?;
            same(column("last_update")?, owned(&NOTHING))?;
            project.expect(&["upgrade", "head"], 0)?;
        }
        _ => {}
    }
    Ok(())
}

/// Back one by one, with the rows, to each state as it was; and up again at once.
fn back(on: On, project: &Project, states: &[Vec<String>]) -> Outcome {
    let migrator = from_folder(project)?;
    for (state, edit) in states.iter().zip(&EDITS).rev() {
        if edit.id == "a09_relaxed" {
            project.sql(&without_null(on))?;
        }
        let rows = records(project)?;
        same(down(project, &migrator, "-1")?, 1)?;
        same(&catalog(project)?, state).map_err(|e| {
            let said = e.message().unwrap_or_default().to_owned();
            format!("below {}: {said}", edit.id)
        })?;
        kept(&rows, &records(project)?)?;
    }
    same(current(project)?, String::new())?;
    same(up(project, &migrator, "head")?, EDITS.len())?;
    same(Some(&catalog(project)?), states.last())
}
