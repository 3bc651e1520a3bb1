//! Objects that are written in SQL, as a user meets them: mistakes in files,
//! renames, what no file mentions, and files that `reflect` writes.

use libtest_mimic::Trial;

use crate::project::Project;
use crate::{Outcome, trial};
use aludel_tests::place::On;

const MODELS: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "node")]
pub struct Node {
    #[column(primary_key)]
    pub id: i64,
    pub seen: Option<i64>,
}
"#;

const VIEWS: &str = "CREATE VIEW seen AS SELECT id FROM node WHERE seen > 0;\n\
                     CREATE VIEW upon AS SELECT id FROM seen;\n";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("objects::mistakes", mistakes),
        trial("objects::files_of_one_database", files_of_one_database),
        trial("objects::what_is_neither", what_is_neither),
        trial("objects::with_its_table", with_its_table),
        trial("objects::beside_virtual_tables", beside_virtual_tables),
    ];
    for on in On::ALL {
        let name = |what: &str| format!("objects::{}::{what}", on.name());
        trials.push(trial(name("listed_and_all"), move || listed_and_all(on)));
        trials.push(trial(name("renamed"), move || renamed(on)));
        trials.push(trial(name("reflected"), move || reflected(on)));
        trials.push(trial(name("there_already"), move || there_already(on)));
        trials.push(trial(name("between_databases"), move || {
            between_databases(on)
        }));
    }
    trials
}

fn require(holds: bool, what: &str, said: &impl std::fmt::Debug) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(format!("{what}: {said:?}").into())
    }
}

/// A project with a node and these objects, migrated.
fn migrated(on: On, objects: &str) -> Result<Project, libtest_mimic::Failed> {
    let project = Project::on(on, MODELS)?;
    project.write("models.sql", objects)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa11111111"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(project)
}

/// All mistakes of all files at once, each with its place.
fn mistakes() -> Outcome {
    let project = Project::new(MODELS)?;
    project.write(
        "models.sql",
        "CREATE VIEW a AS SELECT 1;\n\nCREATE TABLE t (a INTEGER);\n\
         -- CREATE VIEW b AS SELECT 2;\nCREATE VIEW A AS SELECT 2;\n  ALTER TABLE t ADD b;\n\
         CREATE FUNCTION f() RETURNS INTEGER;\nCREATE INDEX ix ON node (seen);\n",
    )?;
    project.write("models_more.sql", "CREATE VIEW c AS SELECT 'a;\n")?;
    let said = project.expect(&["autogen", "-m", "m"], 2)?.stderr;
    for part in [
        "tables are models",
        "[models.sql:3:8]",
        "view `A` is defined twice",
        "[models.sql:5:1]",
        "`ALTER` makes nothing",
        "[models.sql:6:3]",
        "no function can be written for SQLite",
        "name.postgres.sql",
        "indexes are parts of models",
        "[models.sql:8:8]",
        "[models_more.sql:1:1]",
        "6 mistakes",
    ] {
        require(said.contains(part), part, &said)?;
    }
    Ok(())
}

fn files_of_one_database() -> Outcome {
    let project = Project::new(MODELS)?;
    project.write("models.postgres.sql", "CREATE EXTENSION citext;\n")?;
    project.write(
        "models.mysql.sql",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1;\n",
    )?;
    project.write(
        "models.sqlite.sql",
        "CREATE VIEW own AS SELECT id FROM node;\n",
    )?;
    let said = project.expect(&["autogen", "-m", "m", "--sql"], 0)?.stdout;
    require(
        said.contains("CREATE VIEW own"),
        "the file for SQLite",
        &said,
    )?;
    require(!said.contains("citext"), "only the file for SQLite", &said)
}

fn what_is_neither() -> Outcome {
    let project = Project::new(MODELS)?;
    project.edit("aludel.toml", "\"models*.sql\"", "\"models*.txt\"")?;
    project.write("models.txt", "")?;
    let said = project.expect(&["check"], 2)?.stderr;
    require(
        said.contains("`models.txt` is no file with models"),
        "refused",
        &said,
    )
}

/// A trigger that no file mentions goes with its table and comes back with it.
fn with_its_table() -> Outcome {
    let project = Project::new(&format!(
        "{MODELS}\n#[derive(Model)]\n#[table(name = \"log\")]\npub struct Log {{\n    \
         #[column(primary_key)]\n    pub id: i64,\n}}\n"
    ))?;
    project.expect(&["autogen", "-m", "first"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.sql("CREATE TRIGGER tr AFTER INSERT ON log BEGIN SELECT 1; END;")?;
    project.write("models.rs", MODELS)?;
    project.expect(&["autogen", "-m", "second"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    let there = project.query("SELECT name FROM sqlite_master WHERE type = 'trigger'")?;
    require(there == ["tr"], "the trigger is back", &there)
}

/// What no file mentions is left alone, or has to go.
fn listed_and_all(on: On) -> Outcome {
    let project = migrated(on, VIEWS)?;
    project.edit(
        "models.sql",
        "CREATE VIEW upon AS SELECT id FROM seen;\n",
        "",
    )?;
    let said = project.expect(&["check", "-v"], 0)?.stdout;
    require(said.contains("unmanaged view `upon`"), "listed", &said)?;
    require(said.contains("aaaa11111111"), "who made it", &said)?;
    require(
        !said.contains("`seen`"),
        "what a file mentions is managed",
        &said,
    )?;
    project.expect(&["check", "--strict"], 1)?;

    project.edit(
        "aludel.toml",
        "[models]\n",
        "[models]\nsql_objects = \"all\"\n",
    )?;
    let said = project.expect(&["check"], 1)?.stdout;
    require(said.contains("drop view `upon`"), "has to go", &said)?;
    project.expect(&["autogen", "-m", "second"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check", "--strict"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.write("models.sql", VIEWS)?;
    let diff = project.expect(&["diff", "--format", "json"], 0)?.stdout;
    require(diff.contains("\"in_sync\": true"), "it is back", &diff)
}

/// A comment above the statement tells the name that it had before.
fn renamed(on: On) -> Outcome {
    let project = migrated(on, VIEWS)?;
    project.write(
        "models.sql",
        "-- Nodes that somebody has seen.\n-- renamed_from: seen\n\
         CREATE VIEW visible AS SELECT id FROM node WHERE seen > 0;\n\
         CREATE VIEW upon AS SELECT id FROM visible;\n",
    )?;
    let said = project
        .expect(&["autogen", "-m", "second", "--format", "json"], 0)?
        .stdout;
    if on == On::Postgres {
        require(said.contains("\"rename_view\""), "renamed", &said)?;
        require(!said.contains("\"drop_view\""), "nothing is dropped", &said)?;
    }
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check", "--strict"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.write("models.sql", VIEWS)?;
    let diff = project.expect(&["diff", "--format", "json"], 0)?.stdout;
    require(
        diff.contains("\"in_sync\": true"),
        "its name is back",
        &diff,
    )
}

/// The file that `reflect` writes beside the models asks for nothing else.
fn reflected(on: On) -> Outcome {
    let project = migrated(on, VIEWS)?;
    std::fs::remove_file(project.path("models.sql"))?;
    std::fs::remove_file(project.path("models.rs"))?;
    let said = project.expect(&["reflect"], 0)?.stdout;
    require(said.contains("// CREATE VIEW"), "comments", &said)?;
    let alone = project.expect(&["reflect", "--sql-objects"], 0)?.stdout;
    require(alone.starts_with("CREATE VIEW"), "statements alone", &alone)?;
    project.expect(&["reflect", "--out", "models.rs"], 0)?;
    let text = std::fs::read_to_string(project.path("models.sql"))?;
    require(text == alone, "the file", &text)?;
    project.expect(&["check", "--strict"], 0)?;
    let said = project.expect(&["reflect", "--out", "other.rs"], 0)?.stderr;
    require(
        said.contains("does not name `other.sql`"),
        "reminded",
        &said,
    )?;
    project.expect(&["reflect", "--out", "models_other.rs"], 0)?;
    std::fs::remove_file(project.path("models_other.rs"))?;
    project
        .expect(&["reflect", "--out", "models_other.rs"], 2)
        .map(drop)
}

/// Objects that somebody made by hand are taken over without a change.
fn there_already(on: On) -> Outcome {
    let project = migrated(on, "")?;
    project.sql(VIEWS)?;
    project.write(
        "models.sql",
        "create or replace view seen as\n  select id\n  from node -- all\n  where seen > 0;\n",
    )?;
    project.expect(&["check"], 0)?;
    project.edit("models.sql", "> 0", "> 1")?;
    let said = project.expect(&["check"], 1)?.stdout;
    require(said.contains("replace view `seen`"), "it differs", &said)?;
    project.expect(&["autogen", "-m", "second"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0).map(drop)
}

/// Two databases differ in their objects, too.
fn between_databases(on: On) -> Outcome {
    let (one, two) = (migrated(on, VIEWS)?, migrated(on, "")?);
    let url = |project: &Project| match project.server() {
        Some(server) => server.url().to_owned(),
        None => format!("sqlite:{}", project.path("app.db").display()),
    };
    let words = [
        "diff",
        "--from",
        &url(&two),
        "--to",
        &url(&one),
        "--format",
        "json",
    ];
    let said = one.expect(&words, 0)?.stdout;
    require(said.contains("create view `upon`"), "lacks a view", &said)?;
    let words = [
        "diff",
        "--from",
        &url(&one),
        "--to",
        &url(&one),
        "--format",
        "json",
    ];
    let said = one.expect(&words, 0)?.stdout;
    require(said.contains("\"in_sync\": true"), "the same", &said)
}

/// What names a virtual table stays where files are the whole truth: no file can
/// say it.
fn beside_virtual_tables() -> Outcome {
    let project = migrated(On::Sqlite, VIEWS)?;
    project.sql(
        "CREATE VIRTUAL TABLE node_fts USING fts5(seen, content='node', content_rowid='id');
         CREATE TRIGGER node_ai AFTER INSERT ON node BEGIN
             INSERT INTO node_fts (rowid, seen) VALUES (new.id, new.seen); END;
         CREATE VIEW found AS SELECT rowid FROM node_fts;
         CREATE VIEW found_too AS SELECT rowid FROM found;
         CREATE VIEW unlisted AS SELECT id FROM node;",
    )?;
    project.edit("aludel.toml", "[models]", "[models]\nsql_objects = \"all\"")?;
    let ran = project.expect(&["autogen", "-m", "second", "--rev-id", "aaaa22222222"], 0)?;
    let file = std::fs::read_to_string(project.version("aaaa22222222")?)?;
    require(file.contains("DROP VIEW \"unlisted\""), "it is to go", &ran)?;
    for kept in ["node_ai", "node_fts", "found"] {
        require(!file.contains(kept), kept, &file)?;
    }
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    // A rebuild of the table brings them back.
    project.edit(
        "models.rs",
        "pub seen: Option<i64>",
        "#[column(fill = 0)]\n    pub seen: i64",
    )?;
    project.expect(&["autogen", "-m", "third"], 0)?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    let there = project.query(
        "SELECT name FROM sqlite_schema WHERE name IN ('node_ai', 'found', 'found_too') ORDER BY 1",
    )?;
    require(
        there == ["found", "found_too", "node_ai"],
        "they are gone",
        &there,
    )
}
