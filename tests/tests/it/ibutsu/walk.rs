//! Its versions, made from models and walked.

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use super::{models, started};
use crate::cli::{json, says};
use crate::everyday::file;
use crate::project::Project;
use crate::rows::content;
use crate::startup::same;
use crate::walked::{Walk, beside_real_ones, fixture, is_real, names_of_postgres};
use crate::{Outcome, trial};

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = vec![trial(
        "ibutsu::postgres::indexes_that_only_a_migration_makes",
        indexes_of_a_migration,
    )];
    for on in [On::Sqlite, On::Postgres] {
        let name = |what: &str| format!("ibutsu::{}::{what}", on.name());
        trials.push(beside_real_ones(
            name("every_version_is_the_real_one"),
            move || every_version(on),
        ));
        trials.push(trial(name("tables_that_refer_to_each_other"), move || {
            a_cycle(on)
        }));
        trials.push(trial(name("a_key_that_is_unique_as_well"), move || {
            unique_as_well(on)
        }));
        trials.push(trial(name("there_and_back"), move || there_and_back(on)));
        trials.push(trial(name("files_go_with_their_import"), move || {
            files_go(on)
        }));
    }
    trials
}

/// The indexes that no model can say on every database: name and statement.
fn indexes() -> Result<Vec<(String, String)>, Failed> {
    let script = fixture("ibutsu/indexes.sql")?;
    let index = |line: &str| {
        let name = line.strip_prefix("CREATE INDEX ")?.split(' ').next()?;
        Some((name.to_owned(), line.to_owned()))
    };
    Ok(script.lines().filter_map(index).collect())
}

/// A revision behind the head that makes these indexes.
fn make_indexes(project: &Project, id: &str, indexes: &[(String, String)]) -> Outcome {
    let heads = project.expect(&["heads"], 0)?.stdout;
    let head = heads.split(' ').next().unwrap_or_default().trim();
    let lines = |line: &dyn Fn(&(String, String)) -> String| -> String {
        indexes.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let up = lines(&|(_, statement)| statement.clone());
    let down = lines(&|(name, _)| format!("DROP INDEX {name};"));
    let header = format!("-- Revision ID: {id}\n-- Revises: {head}\n");
    file(project, &format!("{id}_indexes"), &header, &up, &down)?;
    project.expect(&["upgrade", "head"], 0)?;
    Ok(())
}

/// Leaves the indexes alone that no model has.
fn leave_indexes_alone(project: &Project) -> Outcome {
    let patterns: Vec<String> = indexes()?
        .iter()
        .map(|(name, _)| {
            let table = name.split('_').nth(1).unwrap_or_default();
            format!("{table}.{name}")
        })
        .collect();
    let section = format!("[database]\nexclude = {patterns:?}\n");
    project.edit("aludel.toml", "[database]\n", &section)
}

/// Models written from nothing make what Alembic made of the real ones.
fn every_version(on: On) -> Outcome {
    let mut walk = Walk::new(on, "")?;
    names_of_postgres(&walk.project)?;
    walk.to(&models(1)?, &[])?;
    if on != On::Postgres {
        walk.to(&models(2)?, &[])?;
        walk.to(&models(3)?, &[])?;
        // The program made the real one at its start, without a default.
        let default = "default = sql(\"CURRENT_TIMESTAMP\"), ";
        walk.to(&models(4)?.replace(default, ""), &[])?;
        return is_real(&walk.project, on, "ibutsu_models_create_all");
    }
    is_real(&walk.project, on, "ibutsu_v1.cacecc4f1237")?;
    walk.to(&models(2)?, &[])?;
    let all = indexes()?;
    let (first, last) = all.split_at(all.len() - 1);
    make_indexes(&walk.project, "fc3df1d9ee4e", first)?;
    leave_indexes_alone(&walk.project)?;
    is_real_with_indexes(&walk.project, "ibutsu_v2.fc3df1d9ee4e")?;
    walk.to(&models(3)?, &[])?;
    is_real_with_indexes(&walk.project, "ibutsu_v3.53994db980f1")?;
    walk.to(&models(4)?, &[])?;
    is_real_with_indexes(&walk.project, "ibutsu_v4.8cf9148b9ad9")?;
    make_indexes(&walk.project, "d18de2b3253f", last)?;
    is_real_with_indexes(&walk.project, "ibutsu_v6.d18de2b3253f")
}

/// The same as a real database, the indexes that no model has among it.
fn is_real_with_indexes(project: &Project, name: &str) -> Outcome {
    let config = std::fs::read_to_string(project.path("aludel.toml"))?;
    let line = config.lines().find(|line| line.starts_with("exclude"));
    project.edit("aludel.toml", line.ok_or("nothing is left alone")?, "")?;
    is_real(project, On::Postgres, name)?;
    project.write("aludel.toml", &config)
}

/// Each table of a cycle is made and dropped; where the key of the first has to
/// wait for the second it comes last and goes first.
fn a_cycle(on: On) -> Outcome {
    let walk = started(on)?;
    let project = &walk.project;
    let path = project.version("")?;
    let text = std::fs::read_to_string(path)?;
    let (up, down) = text.split_once("-- downgrade").ok_or("no way back")?;
    let at = |text: &str, words: &str| text.find(words).ok_or(format!("no `{words}` in {text}"));
    match on {
        On::Postgres => {
            let add = at(up, "ADD CONSTRAINT \"fk_project_default_dashboard\"")?;
            same(up[add..].contains("CREATE TABLE"), false)?;
            let drop = at(down, "DROP CONSTRAINT \"fk_project_default_dashboard\"")?;
            same(down[..drop].contains("DROP TABLE \"projects\""), false)?;
            same(down[..drop].contains("DROP TABLE \"dashboards\""), false)?;
        }
        On::Sqlite | On::MySql => same(text.contains("ALTER TABLE"), false)?,
    }
    for key in ["fk_project_default_dashboard", "fk_dashboards_project_id"] {
        at(up, key)?;
    }
    same(
        project.query(
            "SELECT d.title FROM projects p JOIN dashboards d ON d.id = p.default_dashboard_id",
        )?,
        vec!["Main".to_owned()],
    )?;
    project.expect(&["downgrade", "base"], 0)?;
    same(content(project)?.0.len(), 0)
}

/// What PostgreSQL and SQLite fold into the key is no difference, however often
/// it is looked at.
fn unique_as_well(on: On) -> Outcome {
    let walk = started(on)?;
    for _ in 0..3 {
        walk.project.expect(&["check"], 0)?;
    }
    let ran = walk.project.expect(&["autogen", "-m", "noise"], 0)?;
    says(&ran, &["no changes detected"])
}

/// A table goes, a column gets a value where it had none, a key another action:
/// with the rows, down to nothing and up again.
fn there_and_back(on: On) -> Outcome {
    let mut walk = started(on)?;
    walk.to(&models(2)?, &[])?;
    walk.to(&models(3)?, &[])?;
    let project = &walk.project;
    let dates = "SELECT CASE WHEN created IS NULL THEN 'none' \
                 WHEN created = '2025-12-01 10:00:00' THEN 'kept' \
                 WHEN created > '2026-01-01' THEN 'new' END FROM imports ORDER BY filename";
    let words = |all: &[&str]| {
        all.iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    same(project.query(dates)?, words(&["kept", "new"]))?;
    let last = {
        let mut files: Vec<_> = std::fs::read_dir(project.path("versions"))?
            .flatten()
            .map(|entry| std::fs::read_to_string(entry.path()))
            .collect::<std::io::Result<_>>()?;
        files.retain(|text| text.contains("CURRENT_TIMESTAMP"));
        files.concat()
    };
    let rebuilds = usize::from(on == On::Sqlite);
    let up = last.split("-- downgrade").next().unwrap_or_default();
    same(up.matches("CREATE TABLE").count(), rebuilds)?;
    project.sql(
        "INSERT INTO imports (id, filename) VALUES ('55555555-0000-4000-8000-000000000003', 'c')",
    )?;
    same(project.query(dates)?, words(&["kept", "new", "new"]))?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.sql(
        "INSERT INTO imports (id, filename) VALUES ('55555555-0000-4000-8000-000000000004', 'd')",
    )?;
    same(
        project.query(dates)?,
        words(&["kept", "new", "new", "none"]),
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    walk.to(&models(4)?, &[])?;
    walk.back_and_again()
}

/// What refers to a row goes with it: under the name that the key has, whatever
/// that is, and where it has none.
fn files_go(on: On) -> Outcome {
    let mut walk = started(on)?;
    let project = &walk.project;
    let named = match on {
        On::Postgres => {
            project.sql(
                "ALTER TABLE import_files RENAME CONSTRAINT import_files_import_id_fkey TO weird_fk",
            )?;
            "SELECT conname FROM pg_constraint WHERE contype = 'f' \
             AND conrelid = 'import_files'::regclass"
        }
        On::Sqlite | On::MySql => {
            project.sql(
                "PRAGMA writable_schema = ON; \
                 UPDATE sqlite_schema SET sql = replace(sql, \
                 'CONSTRAINT \"import_files_import_id_fkey\" ', '') WHERE name = 'import_files'; \
                 PRAGMA writable_schema = RESET",
            )?;
            "SELECT CASE WHEN sql LIKE '%CONSTRAINT%' THEN 'named' ELSE 'weird_fk' END \
             FROM sqlite_schema WHERE name = 'import_files'"
        }
    };
    let unnamed_or_weird = vec!["weird_fk".to_owned()];
    same(project.query(named)?, unnamed_or_weird.clone())?;
    project.expect(&["check"], 0)?;
    let text = models(1)?.replace(
        "references = Import::id",
        "references = Import::id, on_delete = cascade",
    );
    walk.to(&text, &[])?;
    let project = &walk.project;
    same(project.query(named)?, unnamed_or_weird.clone())?;
    let delete = |name: &str| {
        let held = match on {
            On::Sqlite => "PRAGMA foreign_keys = ON; ",
            On::Postgres | On::MySql => "",
        };
        project.sql(&format!(
            "{held}DELETE FROM imports WHERE filename = '{name}'"
        ))
    };
    delete("a.xml")?;
    let left = "SELECT count(*) FROM import_files";
    same(project.query(left)?, vec!["1".to_owned()])?;
    project.expect(&["downgrade", "-1"], 0)?;
    same(project.query(named)?, unnamed_or_weird)?;
    same(delete("b.tar.gz").is_err(), true)?;
    same(project.query(left)?, vec!["1".to_owned()])?;
    project.expect(&["upgrade", "head"], 0)?;
    Ok(())
}

/// Indexes that no model can say on every database: each is a difference, until
/// it is said that they are left alone.
fn indexes_of_a_migration() -> Outcome {
    let mut walk = Walk::new(On::Postgres, "")?;
    walk.to(&models(4)?, &[])?;
    let project = &walk.project;
    make_indexes(project, "fc3df1d9ee4e", &indexes()?)?;
    let found = json(&project.expect(&["check", "--format", "json"], 1)?)?;
    let operations = found["operations"].as_array().ok_or("no operations")?;
    let dropped: Vec<String> = operations
        .iter()
        .filter(|operation| operation["op"] == "drop_index")
        .filter_map(|operation| operation["name"].as_str().map(str::to_owned))
        .collect();
    same(dropped.len(), operations.len())?;
    let names: Vec<String> = indexes()?.into_iter().map(|(name, _)| name).collect();
    same(names.len(), 16)?;
    let mut sorted = names.clone();
    sorted.sort();
    same(dropped, sorted)?;
    leave_indexes_alone(project)?;
    project.expect(&["check"], 0)?;
    let ran = project.expect(&["autogen", "-m", "none"], 0)?;
    says(&ran, &["no changes detected"])?;
    // Everything else of their tables is compared as before.
    let with = models(4)?.replace(
        "pub summary: Option<Value>,",
        "pub summary: Option<Value>,\n    pub passed: Option<i32>,",
    );
    walk.to(&with, &[])?;
    let names = "SELECT count(*) FROM pg_indexes WHERE tablename IN ('results', 'runs')";
    let all = walk.project.query(names)?;
    walk.project.expect(&["downgrade", "-1"], 0)?;
    same(walk.project.query(names)?, all)
}
