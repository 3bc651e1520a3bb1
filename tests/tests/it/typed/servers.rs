//! The commands on PostgreSQL and MariaDB, as on SQLite.

use serde_json::json;

use super::project::{MODELS, Project};
use aludel_tests::place::On;

/// A test, by its name.
type Test = (&'static str, fn(On));

pub(super) const TESTS: &[Test] = &[
    ("the_whole_way", the_whole_way),
    (
        "expressions_are_settled_in_the_proof_too",
        expressions_are_settled_in_the_proof_too,
    ),
    (
        "every_pair_of_equal_sides_has_no_difference",
        every_pair_of_equal_sides_has_no_difference,
    ),
    (
        "a_view_is_no_obstacle_to_a_difference",
        a_view_is_no_obstacle_to_a_difference,
    ),
    (
        "databases_of_other_kinds_are_sides",
        databases_of_other_kinds_are_sides,
    ),
    (
        "models_of_a_live_database_have_no_difference_to_it",
        models_of_a_live_database_have_no_difference_to_it,
    ),
    (
        "autogen_writes_rust_and_prints_sql",
        autogen_writes_rust_and_prints_sql,
    ),
    ("json_is_one_document", json_is_one_document),
    (
        "a_scratch_database_is_used_and_left_empty",
        a_scratch_database_is_used_and_left_empty,
    ),
];

/// A table whose expressions the server says in other words.
const EXPRESSIONS: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "item", check("price > 0 AND name IN ('a', 'b')", name = "ck_item"))]
pub struct Item {
    #[column(primary_key, autoincrement)]
    pub id: i64,
    #[column(type = "varchar(20)", default = "a")]
    pub name: String,
    #[column(default = sql("(1 + 2)"))]
    pub price: i32,
    #[column(generated = "price*2", stored)]
    pub twice: Option<i32>,
}
"#;

fn the_whole_way(on: On) {
    let project = Project::on(on, MODELS);
    let said = project.run(&["check"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stdout.contains("create table `author`"), "{said:?}");
    let said = project.ok(&["autogen", "-m", "initial", "--rev-id", "aaaa11111111"]);
    assert!(said.contains("create table `author`"), "{said}");
    let file = project.read("migrations/aaaa11111111_initial.sql");
    assert!(
        file.contains(&format!("-- Dialect: {}", on.name())),
        "{file}"
    );
    assert!(
        ["postgres 1", "mariadb 1", "mysql 8", "mysql 9"]
            .iter()
            .any(|product| file.contains(&format!("-- Proven: {product}"))),
        "{file}"
    );
    let said = project.fails(&["autogen", "-m", "again"]);
    assert!(said.contains("Target database is not up to date"), "{said}");

    let plan = project.ok(&["upgrade", "--dry-run"]);
    assert!(plan.contains("CREATE TABLE"), "{plan}");
    assert_eq!(project.ok(&["current"]), "");
    project.ok(&["upgrade"]);
    assert_eq!(project.ok(&["current"]), "aaaa11111111 (head)\n");
    assert_eq!(project.json(&["check", "--strict"]).0, 0);
    let again = project.run(&["autogen", "-m", "again"]);
    assert!(again.stderr.contains("no changes detected"), "{again:?}");

    project.sql("INSERT INTO author (id, name) VALUES (1, 'é')");
    project.sql("INSERT INTO book (id, title, author_id) VALUES (1, 't', 1)");
    project.edit(
        "src/models.rs",
        "pub title: String,",
        "pub title: String,\n    pub year: Option<i64>,",
    );
    let said = project.run(&["check"]);
    assert_eq!(
        (said.code, said.stdout.contains("add column `book.year`")),
        (1, true)
    );
    project.ok(&["autogen", "-m", "year", "--rev-id", "aaaa22222222"]);
    project.ok(&["upgrade"]);
    assert_eq!(project.json(&["check"]).0, 0);
    assert_eq!(project.ok(&["history"]).lines().count(), 2);
    project.ok(&["downgrade", "-1"]);
    assert_eq!(project.sql("SELECT title FROM book"), "t\n");
    project.ok(&["stamp", "head"]);
    assert_eq!(project.json(&["check"]).0, 1);
    project.ok(&["stamp", "aaaa1"]);
    project.ok(&["downgrade", "base"]);
    let left = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'book'";
    assert_eq!(project.sql(left).trim(), "0");
}

fn expressions_are_settled_in_the_proof_too(on: On) {
    let project = Project::started_on(on, EXPRESSIONS);
    assert_eq!(project.json(&["check"]).0, 0);
    // What the server was asked about the database holds on its copy.
    project.edit(
        "src/models.rs",
        "pub price: i32,",
        "pub price: i32,\n    pub may: Option<i64>,",
    );
    let said = project.ok(&["autogen", "-m", "may", "--rev-id", "aaaa22222222"]);
    assert!(!said.contains("check"), "{said}");
    project.ok(&["upgrade"]);
    assert_eq!(project.json(&["check"]).0, 0);
    // The same in words that only the server knows to be the same.
    project.edit("src/models.rs", "price > 0 AND", "not (price <= 0) AND");
    let said = project.run(&["check", "-vv"]);
    assert!(!said.stderr.contains("cannot be asked"), "{said:?}");
    project.edit("src/models.rs", "not (price <= 0)", "price > 0");
    // A check that means something else is another one.
    project.edit("src/models.rs", "price > 0", "price > 1");
    let said = project.ok(&["autogen", "-m", "more", "--rev-id", "aaaa33333333"]);
    assert!(said.contains("check `ck_item`"), "{said}");
    project.ok(&["upgrade"]);
    assert_eq!(project.json(&["check"]).0, 0);
    project.ok(&["downgrade", "base"]);
}

fn every_pair_of_equal_sides_has_no_difference(on: On) {
    let project = Project::started_on(on, EXPRESSIONS);
    let url = project.server().url().to_owned();
    let sides = ["models", "database", "migrations", "migrations@aaaa", &url];
    for from in sides {
        for to in sides {
            let (_, document) = project.json(&["diff", "--from", from, "--to", to]);
            assert_eq!(document["in_sync"], true, "{from} {to}: {document:#}");
        }
    }
    let there = project.ok(&["diff", "--from", "migrations@base", "--to", "models"]);
    assert!(there.contains("create table `item`"), "{there}");
    let back = project.ok(&["diff", "--from", "models", "--to", "migrations@base"]);
    assert!(back.contains("drop table `item`"), "{back}");
}

fn a_view_is_no_obstacle_to_a_difference(on: On) {
    let project = Project::started_on(on, MODELS);
    project.write(
        "other.sql",
        "CREATE TABLE p (id INT PRIMARY KEY, a INT);\nCREATE VIEW v AS SELECT a FROM p;\n",
    );
    let said = project.ok(&["diff", "--from", "models", "--to", "other.sql"]);
    assert!(said.contains("create table `p`"), "{said}");
    assert!(said.contains("drop table `book`"), "{said}");
    let same = project.json(&["diff", "--from", "other.sql", "--to", "other.sql"]);
    assert_eq!(same.1["in_sync"], json!(true));
    // Made on the same server, and gone again.
    project.write("other.sql", "CREATE TABLE p (");
    project.fails(&["diff", "--from", "models", "--to", "other.sql"]);
}

fn databases_of_other_kinds_are_sides(on: On) {
    let project = Project::started_on(on, MODELS);
    let here = project.server().url().to_owned();
    for other in On::ALL {
        if other == on {
            continue;
        }
        let there = Project::started_on(other, MODELS);
        let url = match other {
            On::Sqlite => format!("sqlite:{}", there.path("app.db").display()),
            On::Postgres | On::MySql => there.server().url().to_owned(),
        };
        // The models are the same, so that nothing differs but what the other
        // database cannot say: MariaDB has no index over an endless text.
        let (_, document) = project.json(&["diff", "--from", &url]);
        assert_eq!(document["in_sync"], true, "{url}: {document:#}");
        let (_, document) = project.json(&["diff", "--from", &here, "--to", &url]);
        for operation in document["operations"].as_array().unwrap() {
            assert_eq!(operation["op"], "alter_column", "{url}: {document:#}");
        }
    }
}

fn models_of_a_live_database_have_no_difference_to_it(on: On) {
    let project = Project::started_on(on, EXPRESSIONS);
    project.sql(match on {
        On::Postgres => {
            "CREATE SCHEMA audit;
             CREATE TYPE mood AS ENUM ('sad', 'so so');
             CREATE TABLE \"odd table\" (\"a b\" mood DEFAULT 'sad', c numeric(10, 2)[]);
             CREATE TABLE audit.log (id bigserial PRIMARY KEY, item bigint REFERENCES item (id));
             CREATE INDEX ix_part ON audit.log (item DESC) WHERE item > 3"
        }
        _ => {
            "CREATE TABLE `odd table` (`a b` ENUM('sad', 'so so') DEFAULT 'sad', c DECIMAL(10, 2) \
             UNSIGNED, d TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);
             CREATE TABLE log (id BIGINT AUTO_INCREMENT PRIMARY KEY, item BIGINT, \
             FOREIGN KEY (item) REFERENCES item (id))"
        }
    });
    if on == On::Postgres {
        project.edit(
            "aludel.toml",
            "# schemas = [\"audit\"]",
            "schemas = [\"audit\"]",
        );
    }
    project.write("src/models.rs", "");
    std::fs::remove_file(project.path("src/models.rs")).unwrap();
    project.ok(&["reflect", "--out", "src/models.rs"]);
    let (_, document) = project.json(&["diff"]);
    assert_eq!(document["in_sync"], true, "{document:#}");
    let said = project.fails(&["reflect", "--out", "src/models.rs"]);
    assert!(said.contains("is there already"), "{said}");
}

fn autogen_writes_rust_and_prints_sql(on: On) {
    let project = Project::on(on, EXPRESSIONS);
    let words = ["autogen", "-m", "x", "--dry-run", "--file-format", "rust"];
    let text = project.ok(&words);
    assert!(text.contains("op.create_table(\"item\""), "{text}");
    assert!(text.contains("//! Proven: "), "{text}");
    let sql = project.ok(&["autogen", "-m", "x", "--sql"]);
    assert!(sql.contains("CREATE TABLE"), "{sql}");
    assert!(project.migrations().is_empty());
}

fn json_is_one_document(on: On) {
    let project = Project::started_on(on, MODELS);
    for words in [
        ["check"].as_slice(),
        &["diff"],
        &["current"],
        &["history"],
        &["heads"],
        &["upgrade"],
        &["upgrade", "--dry-run"],
        &["downgrade", "base", "--dry-run"],
        &["autogen", "-m", "x"],
        &["autogen", "-m", "x", "--sql"],
    ] {
        assert_eq!(project.json(words).0, 0, "{words:?}");
    }
}

fn a_scratch_database_is_used_and_left_empty(on: On) {
    let project = Project::on(on, EXPRESSIONS);
    let kept = Project::on(on, MODELS);
    let line = format!("scratch_url = \"{}\"", kept.server().url());
    let text = project.read("aludel.toml");
    let place = text.find("# scratch_url = ").unwrap();
    let end = text[place..].find('\n').unwrap() + place;
    project.write(
        "aludel.toml",
        &format!("{}{line}{}", &text[..place], &text[end..]),
    );
    for id in ["aaaa11111111", "aaaa22222222"] {
        project.ok(&["autogen", "-m", "x", "--rev-id", id, "--empty", "--strict"]);
        project.ok(&["upgrade", "--dry-run"]);
        project.ok(&["upgrade"]);
    }
    project.ok(&["diff", "--from", "migrations", "--to", "database"]);
    let left = kept.sql(match on {
        On::Postgres => "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace",
        _ => "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
    });
    assert_eq!(left, "");
}
