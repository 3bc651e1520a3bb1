//! Bad input on PostgreSQL and MariaDB: a report and exit code 2, and nothing
//! lost.

use super::project::{MODELS, Project};
use crate::project::On;

/// A test, by its name.
type Test = (&'static str, fn(On));

pub(super) const TESTS: &[Test] = &[
    (
        "a_schema_that_is_not_looked_at",
        a_schema_that_is_not_looked_at,
    ),
    ("a_schema_that_is_not_there", a_schema_that_is_not_there),
    (
        "a_scratch_url_that_must_not_be_taken",
        a_scratch_url_that_must_not_be_taken,
    ),
];

/// Sets `[database] scratch_url`.
fn set_scratch(project: &Project, url: &str) {
    let text = project.read("aludel.toml");
    let lines = text.lines().map(|line| {
        let said = line.trim_start_matches("# ").starts_with("scratch_url = ");
        let own = format!("scratch_url = \"{url}\"");
        if said { own } else { line.to_owned() }
    });
    let lines: Vec<String> = lines.collect();
    project.write("aludel.toml", &(lines.join("\n") + "\n"));
}

fn a_schema_that_is_not_looked_at(on: On) {
    let project = Project::on(
        on,
        &MODELS.replace("name = \"author\"", "name = \"author\", schema = \"other\""),
    );
    for words in [["check"].as_slice(), &["autogen", "-m", "x"], &["diff"]] {
        let said = project.fails(words);
        for word in [
            "the schema `other` of `other.author` is not looked at",
            "src/models.rs:6",
            "write `schemas = [\"other\"]` below `[database]` in `aludel.toml`",
        ] {
            assert!(said.contains(word), "{words:?}: no `{word}` in {said}");
        }
    }
    assert!(project.migrations().is_empty());
    // The default schema has a name too.
    let name = match on {
        On::Postgres => "public".to_owned(),
        _ => project.server().name().to_owned(),
    };
    project.edit("src/models.rs", "\"other\"", &format!("{name:?}"));
    project.ok(&["autogen", "-m", "x"]);
    project.ok(&["upgrade"]);
    assert_eq!(project.json(&["check"]).0, 0);
    let (_, document) = project.json(&["diff", "--from", "models", "--to", "database"]);
    assert_eq!(document["in_sync"], true, "{document:#}");
}

fn a_schema_that_is_not_there(on: On) {
    let project = Project::started_on(on, MODELS);
    project.edit(
        "aludel.toml",
        "[database]",
        "[database]\nschemas = [\"nosuch\"]",
    );
    for command in ["check", "reflect"] {
        let ended = project.run(&[command]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let word = "the schema `nosuch` has no tables, or it is not there";
        assert!(ended.stderr.contains(word), "{ended:?}");
    }
}

fn a_scratch_url_that_must_not_be_taken(on: On) {
    let project = Project::started_on(on, MODELS);
    project.sql("INSERT INTO author (id, name) VALUES (1, 'a')");
    project.edit(
        "src/models.rs",
        "pub title: String,",
        "pub title: String,\n    pub year: Option<i64>,",
    );
    let own = project.server().url().to_owned();
    let autogen = ["autogen", "-m", "x"];

    // The database itself, also when it looks like one that was left behind.
    set_scratch(&project, &own);
    let word = "`scratch_url` names the database that the migrations are for";
    let said = project.fails(&autogen);
    assert!(said.contains(word), "{said}");
    project.sql("CREATE TABLE aludel_scratch (a INTEGER)");
    let said = project.fails(&autogen);
    assert!(said.contains(word), "{said}");
    let said = project.fails(&["diff", "--from", "migrations"]);
    assert!(said.contains(word), "{said}");
    project.sql("DROP TABLE aludel_scratch");

    // One with tables of somebody else.
    let other = Project::started_on(on, MODELS);
    other.sql("INSERT INTO author (id, name) VALUES (1, 'b')");
    set_scratch(&project, other.server().url());
    let ended = project.run(&autogen);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("holds tables that aludel did not make there"),
        "{ended:?}"
    );
    let name = project
        .migrations()
        .into_iter()
        .find(|n| n.ends_with("_x.sql"))
        .unwrap();
    let path = format!("migrations/{name}");
    assert!(
        project
            .read(&path)
            .contains("-- Proven: replay only (no scratch"),
        "{path}"
    );
    std::fs::remove_file(project.path(&path)).unwrap();
    let said = project.fails(&["autogen", "-m", "x", "--strict"]);
    assert!(said.contains("proven by replay only"), "{said}");

    // One of another kind, and one that is not there.
    set_scratch(&project, "sqlite:scratch.db");
    let said = project.fails(&autogen);
    assert!(said.contains("names a SQLite database"), "{said}");
    set_scratch(&project, &own.replace(project.server().name(), "nosuch"));
    let said = project.fails(&["autogen", "-m", "x", "--strict"]);
    assert!(
        said.contains("make the database") || said.contains("scratch_url"),
        "{said}"
    );

    for database in [&project, &other] {
        assert_eq!(database.sql("SELECT count(*) FROM author"), "1\n");
    }
    assert_eq!(project.migrations().len(), 1);
}
