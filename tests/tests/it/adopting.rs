//! Databases that were there before aludel: baselines, and what other tools
//! have left.

use std::fs;

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use crate::cli::{json, says};
use crate::project::Project;
use crate::{Outcome, trial};

/// A test.
type Test = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<(&str, Test)> = vec![
        ("init_on_sqlite", || init(On::Sqlite)),
        ("init_on_postgres", || init(On::Postgres)),
        ("init_on_mysql", || init(On::MySql)),
        ("init_for_rust", init_for_rust),
        ("init_says_what_it_can_write", init_says_what_it_can_write),
        ("init_takes_the_variable", init_takes_the_variable),
        ("files_by_a_template", files_by_a_template),
        ("what_a_baseline_cannot_make", what_a_baseline_cannot_make),
        (
            "init_without_a_terminal_tells",
            init_without_a_terminal_tells,
        ),
        ("baseline_of_sqlite", || baseline(On::Sqlite)),
        ("baseline_of_postgres", || baseline(On::Postgres)),
        ("baseline_of_mysql", || baseline(On::MySql)),
        ("baseline_in_rust", baseline_in_rust),
        ("baselines_that_cannot_be", baselines_that_cannot_be),
        ("tables_of_others", tables_of_others),
        ("squash_keeps_the_mark", squash_keeps_the_mark),
        ("alembic_on_sqlite", || alembic(On::Sqlite)),
        ("alembic_on_postgres", || alembic(On::Postgres)),
        ("alembic_on_mysql", || alembic(On::MySql)),
        ("a_row_without_files", a_row_without_files),
        ("alembic_with_two_heads", alembic_with_two_heads),
        ("other_tools_on_sqlite", || other_tools(On::Sqlite)),
        ("other_tools_on_postgres", || other_tools(On::Postgres)),
        ("other_tools_on_mysql", || other_tools(On::MySql)),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("adopting::{name}"), run))
        .collect()
}

/// Two tables with rows, and a view.
const SHOP: &str = "
    CREATE TABLE customers (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL);
    CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, customer_id INTEGER NOT NULL,
        note VARCHAR(80), CONSTRAINT fk_orders_customer FOREIGN KEY (customer_id)
        REFERENCES customers (id));
    CREATE INDEX ix_orders_note ON orders (note);
    CREATE VIEW named AS SELECT name FROM customers;
    INSERT INTO customers VALUES (1, 'ann'), (2, 'bob');
    INSERT INTO orders VALUES (1, 2, 'a chair');
";

/// A folder with a database of two tables, and nothing of aludel's.
fn shop(on: On) -> Result<Project, Failed> {
    let project = Project::on(on, "")?;
    project.sql(SHOP)?;
    fs::remove_file(project.path("models.rs"))?;
    fs::remove_file(project.path("aludel.toml"))?;
    fs::remove_dir(project.path("versions"))?;
    Ok(project)
}

fn url(project: &Project) -> String {
    let server = project.server();
    server.map_or("sqlite:app.db".to_owned(), |server| server.url().to_owned())
}

/// A table more among the models.
fn with_another_model(project: &Project) -> Outcome {
    let models = fs::read_to_string(project.path("src/models.rs"))?;
    let more = "\n#[derive(aludel::Model)]\npub struct Place {\n    #[column(primary_key)]\n    pub \
                id: i64,\n}\n";
    project.write("src/models.rs", &(models + more))
}

/// The rows are those of before.
fn rows_are_there(project: &Project) -> Outcome {
    let names = project.query("SELECT name FROM customers ORDER BY id")?;
    let notes = project.query("SELECT note FROM orders")?;
    match (names.join(" ").as_str(), notes.join(" ").as_str()) {
        ("ann bob", "a chair") => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// The next change goes there and back.
fn goes_on(project: &Project) -> Outcome {
    project.expect(&["check"], 0)?;
    with_another_model(project)?;
    project.expect(&["autogen", "-m", "places", "--rev-id", "bbbb0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.query("SELECT id FROM place")?;
    project.expect(&["downgrade", "-1"], 0)?;
    rows_are_there(project)
}

fn init(on: On) -> Outcome {
    let project = shop(on)?;
    let words = [
        "init",
        "--file-format",
        "sql",
        "--baseline",
        "--database-url",
    ];
    let ran = project.expect(&[&words[..], &[&url(&project)]].concat(), 0)?;
    says(
        &ran,
        &[
            "Wrote aludel.toml",
            "src/models.rs",
            "src/models.sql",
            "_baseline.sql ... done",
            "create table `customers`",
            "create view `named`",
        ],
    )?;
    let models = fs::read_to_string(project.path("src/models.rs"))?;
    for part in [
        "pub struct Customer ",
        "pub struct Order ",
        "references(Customer::id",
    ] {
        if !models.contains(part) {
            return Err(format!("no `{part}`\n{models}").into());
        }
    }
    rows_are_there(&project)?;
    goes_on(&project)?;
    // A second time there is nothing to take over any more.
    let ran = project.expect(&["init", "--file-format", "sql"], 0)?;
    if ran.stderr.contains("--baseline") {
        return Err(ran.stderr.into());
    }
    Ok(())
}

fn init_for_rust() -> Outcome {
    let project = shop(On::Sqlite)?;
    project.write(
        "Cargo.toml",
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n",
    )?;
    let words = [
        "init",
        "--baseline",
        "--rev-id",
        "aaaa0001",
        "--database-url",
    ];
    project.expect(&[&words[..], &["sqlite:app.db"]].concat(), 0)?;
    let path = project.path("migrations/versions/aaaa0001_baseline.rs");
    let text = fs::read_to_string(path)?;
    for part in [
        "//! Baseline: true\n",
        "//! Proven: sqlite",
        "op.create_table(\"customers\"",
    ] {
        if !text.contains(part) {
            return Err(format!("no `{part}`\n{text}").into());
        }
    }
    let ran = project.expect(&["current"], 0)?;
    says(&ran, &["aaaa0001 (head)"])?;
    project.expect(&["check"], 0)?;
    Ok(())
}

fn init_without_a_terminal_tells() -> Outcome {
    let project = shop(On::Sqlite)?;
    let words = [
        "init",
        "--file-format",
        "sql",
        "--database-url",
        "sqlite:app.db",
    ];
    let ran = project.expect(&words, 0)?;
    says(
        &ran,
        &[
            "holds 2 tables: customers, orders",
            "`aludel init --baseline`",
        ],
    )?;
    if project.path("src").exists() {
        return Err("models were written".into());
    }
    // What it says, typed: the files stay, and the rest is done.
    let ran = project.expect(&["init", "--file-format", "sql", "--baseline"], 0)?;
    says(&ran, &["Kept aludel.toml", "_baseline.sql ... done"])?;
    rows_are_there(&project)?;
    let ran = project.expect(&["init", "--file-format", "sql", "--baseline"], 2)?;
    says(
        &ran,
        &["no database with tables that a baseline could make"],
    )
}

fn init_says_what_it_can_write() -> Outcome {
    let project = shop(On::Sqlite)?;
    let ran = project.expect(&["init", "--list-templates"], 0)?;
    says(
        &ran,
        &[
            "--file-format rust",
            "--file-format sql",
            "with or without Cargo",
            "--template",
        ],
    )?;
    match project.path("aludel.toml").exists() {
        true => Err("something was written".into()),
        false => Ok(()),
    }
}

/// A url in the configuration would win over the variable that was meant.
fn init_takes_the_variable() -> Outcome {
    let project = shop(On::Sqlite)?;
    project.write(".env", "DATABASE_URL=sqlite+aiosqlite:///app.db\n")?;
    let ran = project.expect(&["init", "--file-format", "sql", "--baseline"], 0)?;
    says(&ran, &["_baseline.sql ... done"])?;
    let config = fs::read_to_string(project.path("aludel.toml"))?;
    if !config.contains("\nurl = \"env:DATABASE_URL\"\n") {
        return Err(config.into());
    }
    project.expect(&["check"], 0)?;
    Ok(())
}

/// Clauses that no model says are in a baseline; partitions are not, and are
/// named. Another schema comes along.
fn what_a_baseline_cannot_make() -> Outcome {
    let project = Project::on(On::Postgres, "")?;
    project.look_at(&["audit".to_owned()])?;
    project.sql(
        "CREATE SCHEMA audit; CREATE TABLE audit.log (id INT PRIMARY KEY);\n\
         CREATE TABLE q (id INT PRIMARY KEY, x INT);\n\
         CREATE INDEX iq ON q (x) WITH (fillfactor=70);\n\
         CREATE TABLE p (at DATE) PARTITION BY RANGE (at);\n\
         CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');",
    )?;
    for format in ["sql", "rust"] {
        let words = [
            "autogen",
            "--baseline",
            "-m",
            "b",
            "--dry-run",
            "--file-format",
        ];
        let ran = project.expect(&[&words[..], &[format]].concat(), 0)?;
        says(
            &ran,
            &[
                "not in the baseline: partition `p1`",
                "not in the baseline: partitioned table `p`",
                "fillfactor='70'",
                "audit",
            ],
        )?;
        if ran.stderr.contains("q.iq") {
            return Err(ran.stderr.into());
        }
    }
    Ok(())
}

/// The text and the name of new files are the project's to say.
fn files_by_a_template() -> Outcome {
    let project = shop(On::Sqlite)?;
    let words = [
        "init",
        "--file-format",
        "sql",
        "--template",
        "--database-url",
    ];
    let ran = project.expect(&[&words[..], &["sqlite:app.db"]].concat(), 0)?;
    says(
        &ran,
        &[
            "Wrote migrations/template.j2",
            "template = \"migrations/template.j2\"",
        ],
    )?;
    let template = fs::read_to_string(project.path("migrations/template.j2"))?;
    project.write(
        "migrations/template.j2",
        &format!("{template}\n-- the end\n"),
    )?;
    project.edit("aludel.toml", "# template = ", "template = ")?;
    project.edit(
        "aludel.toml",
        "# file_name = \"{rev}_{slug}\"",
        "file_name = \"{year}_{slug}_{rev}\"",
    )?;
    let words = ["revision", "-m", "By hand", "--rev-id", "aaaa0001"];
    project.expect(&words, 0)?;
    let text = fs::read_to_string(project.path("migrations/2023_by_hand_aaaa0001.sql"))?;
    if !text.ends_with("\n-- the end\n") {
        return Err(text.into());
    }
    project.expect(&["heads"], 0)?;
    Ok(())
}

/// A project whose database has what the baseline makes, and is stamped.
fn with_baseline(on: On, format: &str) -> Result<Project, Failed> {
    let project = shop(on)?;
    let words = ["init", "--file-format", "sql", "--database-url"];
    project.expect(&[&words[..], &[&url(&project)]].concat(), 0)?;
    project.expect(&["reflect", "--out", "src/models.rs"], 0)?;
    let config = fs::read_to_string(project.path("aludel.toml"))?;
    let paths = "paths = [\"src/*.rs\", \"src/*.sql\"]";
    project.write(
        "aludel.toml",
        &config.replace("paths = [\"src/**/*.rs\"]", paths),
    )?;
    let words = [
        "autogen",
        "--baseline",
        "-m",
        "what there was",
        "--rev-id",
        "aaaa0001",
    ];
    project.expect(&[&words[..], &["--file-format", format]].concat(), 0)?;
    Ok(project)
}

/// Takes everything away.
fn empty(project: &Project) -> Outcome {
    match project.server() {
        None => Ok(fs::remove_file(project.path("app.db"))?),
        Some(_) => project.sql(
            "DROP VIEW named; DROP TABLE orders; DROP TABLE customers; \
             DELETE FROM aludel_version; DELETE FROM aludel_log",
        ),
    }
}

fn baseline(on: On) -> Outcome {
    let project = with_baseline(on, "sql")?;
    let path = project.path("migrations/aaaa0001_what_there_was.sql");
    let text = fs::read_to_string(path)?;
    if !text.contains("-- Baseline: true\n") {
        return Err(text.into());
    }
    project.expect(&["check"], 0)?;
    with_another_model(&project)?;
    project.expect(&["autogen", "-m", "places", "--rev-id", "bbbb0001"], 0)?;
    // Somebody else's database, which nobody has stamped.
    project.sql("DELETE FROM aludel_version")?;
    for words in [
        &["upgrade", "head"][..],
        &["upgrade", "head", "--dry-run"],
        &["upgrade", "+1"],
    ] {
        let ran = project.expect(words, 2)?;
        says(
            &ran,
            &[
                "`aaaa0001_what_there_was.sql` is a baseline",
                "this one has `customers`, `orders`",
                "nothing was run",
                "`stamp aaaa0001`",
            ],
        )?;
    }
    rows_are_there(&project)?;
    let rows = project.query("SELECT version_num FROM aludel_version")?;
    if !rows.is_empty() {
        return Err(format!("{rows:?}").into());
    }
    project.expect(&["stamp", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "aaaa0001"], 0)?;
    // An empty one gets it all, though tools have their tables there.
    empty(&project)?;
    if on != On::Sqlite {
        project.sql("DROP TABLE aludel_status")?;
    }
    project.sql("CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY)")?;
    project.expect(&["upgrade", "head", "--dry-run"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "base"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["verify"], 0)?;
    Ok(())
}

fn baseline_in_rust() -> Outcome {
    let project = with_baseline(On::Sqlite, "rust")?;
    let path = project.path("migrations/aaaa0001_what_there_was.rs");
    let text = fs::read_to_string(path)?;
    for part in ["//! Baseline: true\n", "op.drop_table(\"orders\")"] {
        if !text.contains(part) {
            return Err(format!("no `{part}`\n{text}").into());
        }
    }
    project.expect(&["check"], 0)?;
    Ok(())
}

fn baselines_that_cannot_be() -> Outcome {
    let project = with_baseline(On::Sqlite, "sql")?;
    let words = ["autogen", "--baseline", "-m", "again"];
    let ran = project.expect(&words, 2)?;
    says(
        &ran,
        &[
            "there are revisions already (`aaaa0001`)",
            "a baseline is the first one",
        ],
    )?;
    let path = "migrations/aaaa0001_what_there_was.sql";
    project.edit(path, "-- Revises:", "-- Revises: cccc0001")?;
    let ran = project.expect(&["heads"], 2)?;
    says(&ran, &["is a baseline and needs others before it"])?;
    let none = Project::new("")?;
    none.sql("CREATE TABLE aludel_log (id INTEGER)")?;
    let ran = none.expect(&words, 2)?;
    says(&ran, &["the database has no tables"])
}

fn tables_of_others() -> Outcome {
    let project = with_baseline(On::Sqlite, "sql")?;
    fs::remove_file(project.path("app.db"))?;
    project.sql("CREATE TABLE legacy_log (id INTEGER)")?;
    project.expect(&["upgrade", "head"], 2)?;
    project.edit(
        "aludel.toml",
        "# exclude = [\"legacy_*\"]",
        "exclude = [\"legacy_*\"]",
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    Ok(())
}

fn squash_keeps_the_mark() -> Outcome {
    let project = with_baseline(On::Sqlite, "sql")?;
    with_another_model(&project)?;
    project.expect(&["autogen", "-m", "places", "--rev-id", "bbbb0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["squash", ":head", "-m", "all"], 0)?;
    let text = fs::read_to_string(project.path("migrations/bbbb0001_all.sql"))?;
    if !text.contains("-- Baseline: true\n") {
        return Err(text.into());
    }
    Ok(())
}

/// The table as Alembic makes it, with these rows.
fn alembic_rows(project: &Project, rows: &[&str]) -> Outcome {
    project.sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, \
         CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
    )?;
    for row in rows {
        project.sql(&format!("INSERT INTO alembic_version VALUES ('{row}')"))?;
    }
    Ok(())
}

fn alembic(on: On) -> Outcome {
    let project = shop(on)?;
    alembic_rows(&project, &["1975ea83b712"])?;
    let words = [
        "init",
        "--file-format",
        "sql",
        "--baseline",
        "--database-url",
    ];
    let ran = project.expect(&[&words[..], &[&url(&project)]].concat(), 0)?;
    says(&ran, &["1975ea83b712_baseline.sql ... done"])?;
    let config = fs::read_to_string(project.path("aludel.toml"))?;
    if !config.contains("\nversion_table = \"alembic_version\"\n") {
        return Err(config.into());
    }
    let ran = project.expect(&["current", "--format", "json"], 0)?;
    if json(&ran)?["current"] != serde_json::json!(["1975ea83b712"]) {
        return Err(ran.stdout.into());
    }
    let models = fs::read_to_string(project.path("src/models.rs"))?;
    if models.to_lowercase().contains("alembic") {
        return Err(models.into());
    }
    goes_on(&project)?;
    project.expect(&["upgrade", "head"], 0)?;
    let row = project.query("SELECT version_num FROM alembic_version")?;
    if row != ["bbbb0001"] {
        return Err(format!("{row:?}").into());
    }
    project.expect(&["downgrade", "-1"], 0)?;
    let row = project.query("SELECT version_num FROM alembic_version")?;
    if row != ["1975ea83b712"] {
        return Err(format!("{row:?}").into());
    }
    // Alembic still finds its table as it has made it.
    project.sql("INSERT INTO alembic_version (version_num) VALUES ('x')")?;
    match project.sql("INSERT INTO alembic_version (version_num) VALUES ('x')") {
        Err(_) => Ok(()),
        Ok(()) => Err("the key of `alembic_version` is gone".into()),
    }
}

fn alembic_with_two_heads() -> Outcome {
    let project = shop(On::Sqlite)?;
    alembic_rows(&project, &["1975ea83b712", "ae1027a6acf0"])?;
    let words = [
        "init",
        "--file-format",
        "sql",
        "--baseline",
        "--database-url",
        "sqlite:app.db",
    ];
    let ran = project.expect(&words, 2)?;
    says(
        &ran,
        &["`1975ea83b712`, `ae1027a6acf0`", "alembic merge heads"],
    )?;
    project.sql("DELETE FROM alembic_version WHERE version_num = 'ae1027a6acf0'")?;
    let other = ["autogen", "--baseline", "-m", "b", "--rev-id", "cccc0001"];
    let ran = project.expect(&other, 2)?;
    says(
        &ran,
        &[
            "says that the database is at `1975ea83b712`",
            "--rev-id 1975ea83b712",
        ],
    )?;
    project.expect(&words, 0)?;
    rows_are_there(&project)
}

/// What sqlx, SeaORM, Diesel and refinery leave is nobody's model.
fn other_tools(on: On) -> Outcome {
    let project = shop(on)?;
    let mut names = Vec::new();
    for (name, columns) in [
        (
            "_sqlx_migrations",
            "version BIGINT PRIMARY KEY, description VARCHAR(80) NOT NULL",
        ),
        (
            "seaql_migrations",
            "version VARCHAR(255) PRIMARY KEY, applied_at BIGINT NOT NULL",
        ),
        (
            "__diesel_schema_migrations",
            "version VARCHAR(50) PRIMARY KEY, run_on TIMESTAMP NULL",
        ),
        (
            "refinery_schema_history",
            "version INTEGER PRIMARY KEY, name VARCHAR(255)",
        ),
    ] {
        project.sql(&format!("CREATE TABLE {name} ({columns})"))?;
        names.push(name);
    }
    let words = [
        "init",
        "--file-format",
        "sql",
        "--baseline",
        "--database-url",
    ];
    let ran = project.expect(&[&words[..], &[&url(&project)]].concat(), 0)?;
    let models = fs::read_to_string(project.path("src/models.rs"))?;
    let baseline = fs::read_dir(project.path("migrations"))?.flatten();
    let baseline = baseline
        .map(|e| e.path())
        .find(|p| p.to_string_lossy().ends_with("baseline.sql"));
    let baseline = fs::read_to_string(baseline.ok_or("no baseline")?)?;
    for name in names {
        for text in [&models, &baseline, &ran.stderr, &ran.stdout] {
            if text.contains(name) {
                return Err(format!("`{name}` is in\n{text}").into());
            }
        }
    }
    goes_on(&project)
}

/// A version row of another tool and no files: the way to go is told, and leads
/// there.
fn a_row_without_files() -> Outcome {
    let project = Project::new("")?;
    project.sql(
        "CREATE TABLE node (id INTEGER PRIMARY KEY, name TEXT);\
         CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);\
         INSERT INTO alembic_version VALUES ('23dad03d2e42')",
    )?;
    project.edit(
        "aludel.toml",
        "[database]\n",
        "[database]\nversion_table = \"alembic_version\"\n",
    )?;
    project.edit("aludel.toml", "\"models*.rs\"", "\"node.rs\"")?;
    project.expect(&["reflect", "--out", "node.rs"], 0)?;
    for words in [
        &["check"][..],
        &["autogen", "-m", "x"],
        &["stamp", "base"],
        &["upgrade", "head"],
    ] {
        let ran = project.expect(words, 2)?;
        says(
            &ran,
            &[
                "Can't locate revision identified by `23dad03d2e42`",
                "autogen --baseline -m \"baseline\"",
                "init --baseline",
            ],
        )?;
    }
    project.expect(&["autogen", "--baseline", "-m", "baseline"], 0)?;
    says(&project.expect(&["current"], 0)?, &["23dad03d2e42 (head)"])?;
    project.expect(&["check"], 0)?;
    Ok(())
}
