//! Bad input on PostgreSQL and MariaDB: a report and exit code 2, and nothing
//! lost.

use super::project::{MODELS, Project};
use aludel_tests::place::On;

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
    ("names_that_are_too_long", names_that_are_too_long),
    ("names_with_signs_in_them", names_with_signs_in_them),
    ("names_that_differ_in_case", names_that_differ_in_case),
    ("rows_that_do_not_fit", rows_that_do_not_fit),
    ("a_user_who_may_only_read", a_user_who_may_only_read),
    ("a_user_who_may_only_stamp", a_user_who_may_only_stamp),
    (
        "a_user_without_temporary_tables",
        a_user_without_temporary_tables,
    ),
    (
        "a_user_without_databases_to_make",
        a_user_without_databases_to_make,
    ),
    ("passwords_with_signs_in_them", passwords_with_signs_in_them),
    (
        "servers_and_databases_that_are_not_there",
        servers_and_databases_that_are_not_there,
    ),
    ("histories_that_make_no_sense", histories_that_make_no_sense),
];

/// A user of the server who is gone with this value.
struct User<'p> {
    project: &'p Project,
    on: On,
    name: String,
}

impl<'p> User<'p> {
    /// A user with that password who may do nothing yet.
    fn new(project: &'p Project, on: On, password: &str) -> Self {
        // The server is shared, and the name of the database is not.
        let name = project.server().name().replace("test", "u");
        project.sql(&match on {
            On::Postgres => format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'"),
            _ => format!("CREATE USER {name}@localhost IDENTIFIED BY '{password}'"),
        });
        Self { project, on, name }
    }

    /// Grants, with `{db}` for the database and `{user}` for the user; on
    /// PostgreSQL and on MariaDB.
    fn may(&self, postgres: &str, mysql: &str) {
        let (sql, user) = match self.on {
            On::Postgres => (postgres, self.name.clone()),
            _ => (mysql, format!("{}@localhost", self.name)),
        };
        let sql = sql.replace("{db}", self.project.server().name());
        self.project.sql(&sql.replace("{user}", &user));
    }

    /// The url under which they come, with the password as it is written there.
    fn url(&self, password: &str) -> String {
        let url = self.project.server().url();
        let (scheme, rest) = url.split_once("://").unwrap();
        let end = rest.find('/').unwrap();
        let host = rest[..end].rsplit('@').next().unwrap();
        format!("{scheme}://{}:{password}@{host}{}", self.name, &rest[end..])
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        let sql = match self.on {
            On::Postgres => format!("DROP OWNED BY {name}; DROP ROLE {name}"),
            _ => format!("DROP USER {name}@localhost"),
        };
        // A trial that has failed says why already.
        let _ = self.project.server().query(&sql);
    }
}

/// A table with a check, by which expressions are held against each other.
const CHECKED: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "item", check("price > 0 AND name IN ('a', 'b')", name = "ck_item"))]
pub struct Item {
    #[column(primary_key)]
    pub id: i64,
    #[column(type = "varchar(20)")]
    pub name: String,
    pub price: i32,
    pub note: Option<i64>,
}

#[derive(Model)]
#[table(name = "line")]
pub struct Line {
    #[column(primary_key)]
    pub id: i64,
    #[column(references = Item::id, on_delete = cascade)]
    pub item_id: i64,
}
"#;

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

/// A model with a column of that name.
fn with_column(name: &str) -> String {
    let column = "#[column(name = \"author\", index)]\n    pub author_id";
    MODELS
        .replace(
            "#[column(references = Author::id)]\n    pub author_id",
            column,
        )
        .replace("\"author\", index", &format!("{name:?}, index"))
}

fn names_that_are_too_long(on: On) {
    // PostgreSQL cuts after 63 bytes, MySQL refuses more than 64 characters.
    let (good, bad) = match on {
        On::Postgres => (
            ["n".repeat(63), "é".repeat(31)],
            ["n".repeat(64), "é".repeat(32)],
        ),
        _ => (
            ["n".repeat(64), "é".repeat(64)],
            ["n".repeat(65), "é".repeat(65)],
        ),
    };
    let project = Project::on(on, MODELS);
    for name in bad {
        project.write("src/models.rs", &with_column(&name));
        let said = project.fails(&["autogen", "-m", "x"]);
        assert!(said.contains("src/models.rs:19"), "{said}");
        assert!(
            said.contains("give a shorter one with `name = \"..\"`"),
            "{said}"
        );
    }
    assert!(project.migrations().is_empty());
    for name in good {
        project.write("src/models.rs", &with_column(&name));
        project.ok(&["autogen", "-m", "x"]);
        project.ok(&["upgrade"]);
        assert_eq!(project.json(&["check"]).0, 0, "{name}");
        project.ok(&["downgrade", "base"]);
        for file in project.migrations() {
            std::fs::remove_file(project.path("migrations").join(file)).unwrap();
        }
    }
}

fn names_with_signs_in_them(on: On) {
    for name in [
        "it's",
        "a\"b",
        "a`b",
        "a;--b",
        "%s {x} $1 ?",
        "a\\b",
        "é€😊",
        "SELECT",
    ] {
        if on == On::MySql && name.contains('😊') {
            continue;
        }
        let project = Project::started_on(on, &with_column(name));
        assert_eq!(project.json(&["check"]).0, 0, "{name}");
        project.edit(
            "src/models.rs",
            "pub title: String",
            "pub title: Option<String>",
        );
        project.ok(&["autogen", "-m", "x", "--rev-id", "aaaa22222222"]);
        project.ok(&["upgrade"]);
        assert_eq!(
            project.json(&["diff", "--from", "migrations"]).1["in_sync"],
            true
        );
        project.ok(&["downgrade", "base"]);
    }
}

fn names_that_differ_in_case(on: On) {
    let both = MODELS
        .replace("name = \"author\"", "name = \"Book\"")
        .replace("index(title)", "index(Title)")
        .replace("pub title", "pub Title");
    let project = Project::on(on, &both);
    let apart = on == On::Postgres || project.sql("SELECT @@lower_case_table_names") == "0\n";
    if apart {
        project.ok(&["autogen", "-m", "x"]);
        project.ok(&["upgrade"]);
        assert_eq!(project.json(&["check"]).0, 0);
    } else {
        project.fails(&["autogen", "-m", "x"]);
    }
    // The names of columns never differ in case alone on MariaDB.
    let project = Project::on(
        on,
        &MODELS.replace("pub title", "pub Name: i64,\n    pub title"),
    );
    project.edit(
        "src/models.rs",
        "pub title",
        "pub name: i64,\n    pub title",
    );
    project.edit("src/models.rs", "index(title)", "index(name)");
    if on == On::Postgres {
        project.ok(&["autogen", "-m", "x"]);
    } else {
        let said = project.fails(&["autogen", "-m", "x"]);
        assert!(said.contains("src/models.rs"), "{said}");
    }
}

fn rows_that_do_not_fit(on: On) {
    let project = Project::started_on(on, CHECKED);
    project.sql(
        "INSERT INTO item (id, name, price, note) VALUES (1, 'a', 1, NULL), (2, 'a', 70000, 7)",
    );
    let before = project.sql("SELECT * FROM item ORDER BY id");
    let good = project.read("src/models.rs");
    let name = "#[column(type = \"varchar(20)\")]\n    pub name";
    for (from, to, words) in [
        (
            name,
            "#[column(type = \"varchar(20)\", unique)]\n    pub name",
            ["equal values in", "GROUP BY"],
        ),
        (
            "price > 0 AND name IN ('a', 'b')",
            "price > 7",
            ["do not fulfil the check `ck_item`", "mend them first"],
        ),
        (
            "pub note: Option<i64>",
            "pub note: i64",
            ["have NULL in", "mend them first"],
        ),
        (
            "pub note: Option<i64>",
            "#[column(references = Line::id)]\n    pub note: Option<i64>",
            ["rows refer to rows that do not exist", "mend them first"],
        ),
        (
            "    pub price: i32",
            "    #[column(type = \"smallint\")]\n    pub price: i16",
            ["values that do not fit the new type", "mend them first"],
        ),
        (
            "pub note: Option<i64>",
            "pub note: Option<i64>,\n    pub must: i64",
            ["`fill` or a default", "item"],
        ),
    ] {
        project.edit("src/models.rs", from, to);
        // Rows are in the way, and nobody looks.
        let blind = ["--row-timeout", "0"];
        let typed = ["autogen", "-m", "x", "--rev-id", "aaaa22222222"];
        project.ok(&[&typed[..], &blind[..]].concat());
        let said = project.fails(&["upgrade"]);
        for word in words.into_iter().chain([
            "aaaa22222222_x.sql",
            "cannot run statement",
            "nothing of this migration was applied",
            "the statement was",
        ]) {
            // What NULL becomes has more than one message.
            let fill = word == "mend them first" && said.contains("fill them first");
            assert!(fill || said.contains(word), "{to}: no `{word}` in {said}");
        }
        assert_eq!(project.ok(&["current"]), "aaaa11111111\n", "{to}");
        assert_eq!(
            project.sql("SELECT * FROM item ORDER BY id"),
            before,
            "{to}"
        );
        std::fs::remove_file(project.path("migrations/aaaa22222222_x.sql")).unwrap();
        project.write("src/models.rs", &good);
        assert_eq!(project.json(&["check"]).0, 0, "{to}");
    }
}

fn a_user_who_may_only_read(on: On) {
    let project = Project::started_on(on, CHECKED);
    let user = User::new(&project, on, "s3cret");
    user.may(
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}",
        "GRANT SELECT ON {db}.* TO {user}",
    );
    let url = user.url("s3cret");
    let on_it = |words: &[&str]| {
        let words: Vec<&str> = words
            .iter()
            .copied()
            .chain(["--database-url", &url])
            .collect();
        project.run(&words)
    };
    for words in [
        ["check", "--strict"].as_slice(),
        &["current", "--check-heads"],
        &["history", "-i"],
        &["heads"],
        &["diff"],
        &["upgrade"],
        &["autogen", "-m", "x"],
    ] {
        let ended = on_it(words);
        assert_eq!(ended.code, 0, "{words:?}: {ended:?}");
    }
    let reflected = on_it(&["reflect"]).stdout;
    assert_eq!(reflected, project.ok(&["reflect"]));
    assert!(reflected.contains("on_delete = cascade"), "{reflected}");

    project.edit(
        "src/models.rs",
        "pub price: i32",
        "pub price: i32,\n    pub may: Option<i64>",
    );
    project.ok(&["autogen", "-m", "x", "--rev-id", "aaaa22222222"]);
    for words in [
        ["upgrade"].as_slice(),
        &["downgrade", "base"],
        &["stamp", "base"],
    ] {
        let ended = on_it(words);
        assert_eq!(ended.code, 2, "{words:?}: {ended:?}");
        let said = ended.stderr.replace('│', " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("lacks a privilege: GRANT it"),
            "{words:?}: {said}"
        );
        assert!(!said.contains("s3cret"), "{said}");
    }
    assert_eq!(project.ok(&["current"]), "aaaa11111111\n");
    assert_eq!(
        project
            .json(&["diff", "--from", "migrations@aaaa1", "--to", "database"])
            .1["in_sync"],
        true
    );
}

fn a_user_who_may_only_stamp(on: On) {
    let project = Project::started_on(on, CHECKED);
    project.edit(
        "src/models.rs",
        "pub price: i32",
        "pub price: i32,\n    pub may: i64",
    );
    project.ok(&["autogen", "-m", "x", "--rev-id", "aaaa22222222"]);
    let user = User::new(&project, on, "s3cret");
    user.may(
        "GRANT SELECT, INSERT, DELETE ON aludel_version TO {user}",
        "GRANT SELECT, INSERT, DELETE ON {db}.aludel_version TO {user}",
    );
    let url = user.url("s3cret");
    for (words, now) in [
        (["stamp", "head"].as_slice(), "aaaa22222222 (head)\n"),
        (&["stamp", "base"], ""),
        (&["stamp", "--purge", "aaaa1"], "aaaa11111111\n"),
    ] {
        let words: Vec<&str> = words
            .iter()
            .copied()
            .chain(["--database-url", &url])
            .collect();
        project.ok(&words);
        assert_eq!(project.ok(&["current", "--database-url", &url]), now);
        assert_eq!(project.ok(&["current"]), now);
    }
}

fn a_user_without_temporary_tables(on: On) {
    let project = Project::started_on(on, CHECKED);
    let user = User::new(&project, on, "");
    user.may(
        "REVOKE TEMPORARY ON DATABASE {db} FROM PUBLIC;
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}",
        "GRANT SELECT ON {db}.* TO {user}",
    );
    // In words that only the server can know to be the same.
    project.edit(
        "src/models.rs",
        "price > 0 AND name",
        "0 < price AND price > 0 AND name",
    );
    let ended = project.run(&["check", "--database-url", &user.url("")]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let word = "the server cannot be asked whether expressions mean the same";
    assert!(ended.stderr.contains(word), "{ended:?}");
    // It is asked where it may be.
    let ended = project.run(&["check"]);
    assert!(!ended.stderr.contains(word), "{ended:?}");
}

fn a_user_without_databases_to_make(on: On) {
    let project = Project::on(on, CHECKED);
    // A model of another schema needs a copy of its own.
    let user = User::new(&project, on, "");
    user.may(
        "GRANT USAGE ON SCHEMA public TO {user}",
        "GRANT SELECT, CREATE TEMPORARY TABLES ON {db}.* TO {user}",
    );
    let url = user.url("");
    let words = [
        "autogen",
        "-m",
        "x",
        "--rev-id",
        "aaaa11111111",
        "--database-url",
        &url,
    ];
    let strict: Vec<&str> = words.into_iter().chain(["--strict"]).collect();
    let said = project.fails(&strict);
    for word in ["proven by replay only", "scratch_url"] {
        assert!(said.contains(word), "no `{word}` in {said}");
    }
    assert!(project.migrations().is_empty());
    let ended = project.run(&words);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("warning: the migration is proven by replay only"),
        "{ended:?}"
    );
    let file = project.read("migrations/aaaa11111111_x.sql");
    assert!(
        file.contains("-- Proven: replay only (no scratch database"),
        "{file}"
    );
    // It is shown as it is written, also after others.
    let more = format!(
        "-- y\n--\n-- Revision ID: aaaa22222222\n-- Revises: aaaa11111111\n\
         -- Create Date: 2026-01-31T12:00:00Z\n-- Dialect: {}\n\n\
         -- upgrade\nCREATE TABLE more (a INT);\n",
        on.name()
    );
    project.write("migrations/aaaa22222222_y.sql", &more);
    let shown = project.run(&["upgrade", "--dry-run", "--database-url", &url]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let said = shown.stderr.replace('│', " ");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("tried nowhere: no scratch database can be had"),
        "{said}"
    );
    assert!(said.contains("scratch_url"), "{said}");
    let tried = project.run(&["upgrade", "--dry-run"]);
    assert_eq!((tried.code, tried.stderr.as_str()), (0, ""), "{tried:?}");
    assert_eq!(shown.stdout, tried.stdout);
    // It runs all the same, for one who may.
    project.ok(&["upgrade", "aaaa11111111"]);
    std::fs::remove_file(project.path("migrations/aaaa22222222_y.sql")).unwrap();
    assert_eq!(project.json(&["check"]).0, 0);
}

fn passwords_with_signs_in_them(on: On) {
    let project = Project::started_on(on, MODELS);
    let user = User::new(&project, on, "p%@:/?#[]s3cret");
    user.may(
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}",
        "GRANT SELECT ON {db}.* TO {user}",
    );
    let good = user.url("p%25%40%3A%2F%3F%23%5B%5Ds3cret");
    let ended = project.run(&["current", "-v", "--database-url", &good]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("aaaa11111111 (head)"), "{ended:?}");
    let mut all = format!("{ended:?}");
    let variable = [("ALUDEL_DATABASE_URL", good.as_str())];
    let ended = project.run_with(&["-vv", "check"], &variable);
    assert_eq!(ended.code, 0, "{ended:?}");
    all.push_str(&format!("{ended:?}"));
    for url in [
        user.url("p%@:s3cret"),
        user.url("p%zzs3cret"),
        user.url("p#s3cret"),
        good.replace("://", ":/"),
    ] {
        for command in ["current", "check", "upgrade", "reflect"] {
            let ended = project.run(&[command, "--database-url", &url]);
            all.push_str(&format!("{ended:?}"));
        }
    }
    let path = project.path("aludel.toml");
    let init = Project::empty();
    init.ok(&["init", "--file-format", "sql", "--database-url", &good]);
    assert!(path.exists() && init.read("aludel.toml").contains(&good));
    assert!(!all.contains("s3cret"), "{all}");
}

fn servers_and_databases_that_are_not_there(on: On) {
    let project = Project::on(on, MODELS);
    let url = project.server().url();
    let nobody = url.replace(project.server().name(), "no_such_database");
    for words in [
        ["check"].as_slice(),
        &["upgrade"],
        &["current"],
        &["reflect"],
        &["diff"],
        &["autogen", "-m", "x"],
        &["stamp", "head"],
    ] {
        let all: Vec<&str> = words
            .iter()
            .copied()
            .chain(["--database-url", &nobody])
            .collect();
        let said = project.fails(&all);
        assert!(
            said.contains("make the database with CREATE DATABASE"),
            "{words:?}: {said}"
        );
        let scheme = url.split("://").next().unwrap();
        let down = format!("{scheme}://me:s3cret@127.0.0.1:9/app");
        let all: Vec<&str> = words
            .iter()
            .copied()
            .chain(["--database-url", &down])
            .collect();
        let said = project.fails(&all);
        assert!(said.contains("is the server running"), "{words:?}: {said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
    assert!(project.migrations().is_empty());
}

fn histories_that_make_no_sense(on: On) {
    let project = Project::started_on(on, MODELS);
    let body = "\n-- upgrade\nCREATE TABLE x (a INT);\n\n-- downgrade\nDROP TABLE x;\n";
    let header = |id: &str, parent: &str| {
        format!(
            "-- x\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n-- Create Date: 2026-01-31T12:00:00Z\n-- Dialect: {}\n",
            on.name()
        )
    };
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'x'";

    // Two heads.
    for id in ["bbbb11111111", "bbbb22222222"] {
        let text = header(id, "aaaa11111111") + body;
        project.write(&format!("migrations/{id}_x.sql"), &text);
    }
    for words in [
        ["upgrade", "head"].as_slice(),
        &["autogen", "-m", "x"],
        &["stamp", "head"],
    ] {
        let said = project.fails(words);
        assert!(
            said.contains("Multiple heads are present"),
            "{words:?}: {said}"
        );
    }
    std::fs::remove_file(project.path("migrations/bbbb22222222_x.sql")).unwrap();

    // A file that is broken halfway: what the second statement does is not
    // half done where the database can take the first one back.
    let text =
        header("bbbb11111111", "aaaa11111111") + &body.replace("INT);", "INT);\nCREATE TABLE (;");
    project.write("migrations/bbbb11111111_x.sql", &text);
    let said = project.fails(&["upgrade"]);
    assert!(said.contains("bbbb11111111_x.sql"), "{said}");
    match on {
        On::Postgres => {
            assert!(
                said.contains("nothing of this migration was applied"),
                "{said}"
            );
            assert_eq!(project.sql(tables).trim(), "0");
        }
        _ => {
            assert_eq!(project.sql(tables).trim(), "1");
            project.sql("DROP TABLE x");
            project.ok(&["stamp", "--purge", "aaaa11111111"]);
        }
    }
    assert_eq!(project.ok(&["current"]), "aaaa11111111\n");

    // A file for another database, and one without a header.
    let other = header("bbbb11111111", "aaaa11111111").replace(on.name(), "sqlite");
    project.write("migrations/bbbb11111111_x.sql", &(other + body));
    let said = project.fails(&["upgrade"]);
    assert!(said.contains("sqlite") || said.contains("SQLite"), "{said}");
    project.write("migrations/bbbb11111111_x.sql", body);
    let said = project.fails(&["upgrade"]);
    assert!(said.contains("bbbb11111111_x.sql"), "{said}");
    std::fs::remove_file(project.path("migrations/bbbb11111111_x.sql")).unwrap();

    // The database is at a revision that nobody has.
    project.sql("UPDATE aludel_version SET version_num = 'ffffffffffff'");
    for words in [
        ["upgrade"].as_slice(),
        &["check"],
        &["autogen", "-m", "x"],
        &["downgrade", "base"],
    ] {
        let said = project.fails(words);
        assert!(
            said.contains("Can't locate revision identified by `ffffffffffff`"),
            "{words:?}: {said}"
        );
    }
    project.ok(&["stamp", "--purge", "head"]);
    assert_eq!(project.json(&["check"]).0, 0);
}
