//! Rows that object to a change, counted in real databases.

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::project::Project;
use crate::{Outcome, trial};

type Test = (&'static str, fn(On) -> Outcome);

const TESTS: &[Test] = &[
    ("a_dry_run_counts_them", a_dry_run_counts_them),
    ("autogen_counts_them", autogen_counts_them),
    ("counting_takes_a_while_only", counting_takes_a_while_only),
    ("a_run_that_fails_counts_them", a_run_that_fails_counts_them),
    ("names_of_the_same_migration", names_of_the_same_migration),
    ("composite_and_own_keys", composite_and_own_keys),
    ("values_of_an_enum", values_of_an_enum),
    ("counting_stops", counting_stops),
    (
        "rows_without_a_value_are_a_question",
        rows_without_a_value_are_a_question,
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let tests = TESTS.iter().flat_map(|(name, run)| {
        On::ALL.into_iter().map(move |on| {
            trial(format!("objections::{}::{name}", on.name()), move || {
                run(on)
            })
        })
    });
    let mut trials: Vec<Trial> = tests.collect();
    for on in [On::Postgres, On::MySql] {
        trials.push(trial(
            format!("objections::{}::a_role_that_may_not_look", on.name()),
            move || a_role_that_may_not_look(on),
        ));
    }
    trials.push(trial(
        "objections::sqlite::a_question_is_answered_at_a_terminal",
        || a_question_is_answered_at_a_terminal(On::Sqlite),
    ));
    trials.push(trial("objections::sqlite::a_key_that_is_no_number", || {
        a_key_that_is_no_number()
    }));
    trials
}

/// What was text in a key with another column cannot be the number of the row.
fn a_key_that_is_no_number() -> Outcome {
    let project = started(
        On::Sqlite,
        r#"#[derive(aludel::Model)]
#[table(name = "pv", primary_key(number, place))]
pub struct Pv {
    #[column(unique)]
    pub number: i64,
    pub place: String,
}
"#,
    )?;
    project.sql("INSERT INTO pv VALUES ('12', 'a'), ('b''c', 'a');")?;
    project.edit(
        "models.rs",
        "primary_key(number, place)",
        "primary_key(number)",
    )?;
    project.edit("models.rs", "#[column(unique)]\n    ", "")?;
    let said = project.expect(&["autogen", "-m", "second"], 0)?;
    let told = format!("{}{}", said.stdout, said.stderr);
    has(&told, &["`pv.number`: 1 row is no whole number"])?;
    let failed = project.expect(&["upgrade"], 2)?;
    has(&failed.stderr, &["`pv.number`: 1 row is no whole number"])?;
    project.sql("DELETE FROM pv WHERE number = 'b''c'")?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    match project.query("SELECT number FROM pv")?.as_slice() {
        [left] if left == "12" => Ok(()),
        left => Err(format!("the rows are {left:?}").into()),
    }
}

/// A project whose first migration has run.
fn started(on: On, models: &str) -> Result<Project, Failed> {
    let project = Project::on(on, models)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa00000001"], 0)?;
    project.expect(&["upgrade"], 0)?;
    Ok(project)
}

fn has(text: &str, parts: &[&str]) -> Outcome {
    match parts.iter().find(|part| !text.contains(**part)) {
        None => Ok(()),
        Some(part) => Err(format!("`{part}` is not in\n{text}").into()),
    }
}

fn has_not(text: &str, part: &str) -> Outcome {
    if text.contains(part) {
        return Err(format!("`{part}` is in\n{text}").into());
    }
    Ok(())
}

/// Every hazard of a document that has been counted, by its message.
fn hazards(document: &Value) -> Vec<Value> {
    match document {
        Value::Array(list) => list.iter().flat_map(hazards).collect(),
        Value::Object(object) if object.contains_key("kind") && object.contains_key("message") => {
            vec![document.clone()]
        }
        Value::Object(object) => object.values().flat_map(hazards).collect(),
        _ => Vec::new(),
    }
}

fn hazard<'h>(hazards: &'h [Value], part: &str) -> Result<&'h Value, Failed> {
    let found = hazards.iter().find(|hazard| {
        let message = hazard["message"].as_str().unwrap_or_default();
        message.contains(part)
    });
    found.ok_or_else(|| format!("no hazard with `{part}` in {hazards:#?}").into())
}

fn equal(found: &Value, expected: Value) -> Outcome {
    if *found == expected {
        return Ok(());
    }
    Err(format!("{found} is not {expected}").into())
}

const BEFORE: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "place")]
pub struct Place {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
}

#[derive(Model)]
#[table(name = "pv")]
pub struct Pv {
    #[column(primary_key)]
    pub id: i64,
    pub full_address: Option<String>,
    #[column(type = "varchar(20)")]
    pub code: Option<String>,
    #[column(type = "varchar(20)")]
    pub short: Option<String>,
    pub price: i64,
    pub place: Option<i64>,
}
"#;

/// Everything of `pv` is narrower.
fn narrow(project: &Project) -> Outcome {
    let by = [
        (
            "pub full_address: Option<String>",
            "pub full_address: String",
        ),
        (
            "#[column(type = \"varchar(20)\")]\n    pub code",
            "#[column(type = \"varchar(20)\", unique)]\n    pub code",
        ),
        (
            "#[column(type = \"varchar(20)\")]\n    pub short",
            "#[column(type = \"varchar(3)\")]\n    pub short",
        ),
        (
            "#[table(name = \"pv\")]",
            "#[table(name = \"pv\", check(\"price > 0\", name = \"ck_price\"))]",
        ),
        (
            "pub place: Option<i64>",
            "#[column(references = Place::id)]\n    pub place: Option<i64>,\n    pub added: i64",
        ),
    ];
    by.iter()
        .try_for_each(|(part, by)| project.edit("models.rs", part, by))
}

const ROWS: &str = "INSERT INTO place (id, name) VALUES (1, 'a'); \
    INSERT INTO pv (id, full_address, code, short, price, place) VALUES \
    (1, NULL, 'x', 'abc', 1, 1), (2, 'b', 'x', 'abcd', 0, 2), (3, 'c', 'y', NULL, -1, NULL), \
    (4, 'd', NULL, 'abc', 5, 3);";

const COUNTS: [&str; 6] = [
    "`pv.full_address`: 1 row is NULL",
    "`pv.code`: 2 rows are equal",
    "`pv.short`: 1 row does not fit `",
    "`pv`: 2 rows make `",
    "`pv.place`: 2 rows refer to no row of `place`",
    "`pv.added`: 4 rows have no value",
];

fn a_dry_run_counts_them(on: On) -> Outcome {
    let project = started(on, BEFORE)?;
    narrow(&project)?;
    project.expect(&["autogen", "-m", "second", "--rev-id", "aaaa00000002"], 0)?;
    let file = std::fs::read_to_string(project.version("aaaa00000002")?)?;
    let plan = project.expect(&["upgrade", "--dry-run"], 0)?.stdout;
    has(
        &plan,
        &["`pv.full_address`: no row now", "`pv.place`: no row now"],
    )?;
    project.sql(ROWS)?;
    let plan = project.expect(&["upgrade", "--dry-run"], 0)?.stdout;
    has(&plan, &COUNTS)?;
    has_not(&plan, "id = 1")?;
    let plan = project
        .expect(&["upgrade", "--dry-run", "--rows"], 0)?
        .stdout;
    has(&plan, &COUNTS)?;
    has(
        &plan,
        &["id = 1, id = 2", "id = 2, id = 3", "id = 2, id = 4"],
    )?;
    let document = project.expect(&["upgrade", "--dry-run", "--rows", "--format", "json"], 0)?;
    let document: Value = serde_json::from_str(&document.stdout)?;
    let found = hazards(&document);
    let null = hazard(&found, "`pv.full_address` is NULL")?;
    equal(&null["rows"], 1.into())?;
    equal(&null["rows_at_least"], false.into())?;
    equal(&null["keys"], serde_json::json!([{ "id": "1" }]))?;
    equal(&null["not_counted"], Value::Null)?;
    let none = project
        .expect(&["upgrade", "--dry-run", "--row-timeout", "0"], 0)?
        .stdout;
    has_not(&none, "rows are equal")?;
    // Nothing of that is in the file, and nothing has changed.
    has_not(&file, "no row now")?;
    let plan = project.expect(&["upgrade", "--dry-run"], 0)?.stdout;
    has(&plan, &COUNTS)
}

/// What is in the way of each of these is told by the run that fails.
const WRONG: [(&str, &str, &str, &str); 4] = [
    (
        "#[column(type = \"varchar(20)\")]\n    pub code",
        "#[column(type = \"varchar(20)\", unique)]\n    pub code",
        "`pv.code`: 2 rows are equal; see them with",
        "HAVING count(*) > 1",
    ),
    (
        "#[table(name = \"pv\")]",
        "#[table(name = \"pv\", check(\"price > 0\", name = \"ck_price\"))]",
        "`pv`: 2 rows make ",
        "ck_price",
    ),
    (
        "pub place: Option<i64>",
        "#[column(references = Place::id)]\n    pub place: Option<i64>",
        "`pv.place`: 2 rows refer to no row of `place`; see them with",
        "NOT EXISTS (SELECT 1 FROM",
    ),
    (
        "pub full_address: Option<String>",
        "pub full_address: String",
        "`pv.full_address`: 1 row is NULL; see them with",
        "full_address",
    ),
];

fn a_run_that_fails_counts_them(on: On) -> Outcome {
    let project = started(on, BEFORE)?;
    project.sql(ROWS)?;
    for (part, by, said, also) in WRONG {
        project.edit("models.rs", part, by)?;
        let second = [
            "autogen",
            "-m",
            "x",
            "--rev-id",
            "aaaa00000002",
            "--row-timeout",
            "0",
        ];
        project.expect(&second, 0)?;
        let failed = project.expect(&["upgrade"], 2)?;
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Long lines are broken on the way to people.
        let told = words(&failed.stderr.replace("│", " "));
        has(&told, &[said, also])?;
        let blind = project.expect(&["upgrade", "--row-timeout", "0"], 2)?;
        has_not(&words(&blind.stderr), "see them with")?;
        std::fs::remove_file(project.version("aaaa00000002")?)?;
        project.edit("models.rs", by, part)?;
        if project.query("SELECT count(*) FROM pv")? != ["4"] {
            return Err("rows are gone".into());
        }
    }
    project.expect(&["check"], 0)?;
    Ok(())
}

fn autogen_counts_them(on: On) -> Outcome {
    let written = |rows: bool| -> Result<(String, String), Failed> {
        let project = started(on, BEFORE)?;
        narrow(&project)?;
        project.edit(
            "models.rs",
            "pub full_address: String",
            "pub full_address: Option<String>",
        )?;
        project.edit("models.rs", "pub added: i64", "pub added: Option<i64>")?;
        if rows {
            project.sql(ROWS)?;
        }
        let second = [
            "autogen",
            "-m",
            "second",
            "--rev-id",
            "aaaa00000002",
            "--rows",
        ];
        let said = project.expect(&second, 0)?.stdout;
        let file = std::fs::read_to_string(project.version("aaaa00000002")?)?;
        Ok((said, file))
    };
    let (said, file) = written(true)?;
    has(&said, &COUNTS[1..5])?;
    has(&said, &["id = 1, id = 2", "id = 2, id = 3"])?;
    let (said, same) = written(false)?;
    has(&said, &["`pv.code`: no row now"])?;
    if file != same {
        return Err(format!("the rows change the file\n{file}\n{same}").into());
    }
    Ok(())
}

const ODD: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "or der")]
pub struct Order {
    #[column(primary_key, name = "the id")]
    pub id: i64,
    #[column(name = "ti'tle")]
    pub title: Option<i64>,
}
"#;

fn names_of_the_same_migration(on: On) -> Outcome {
    let project = started(on, ODD)?;
    project.edit(
        "models.rs",
        "#[table(name = \"or der\")]",
        "#[table(name = \"new order\", renamed_from = \"or der\")]",
    )?;
    project.edit(
        "models.rs",
        "#[column(name = \"ti'tle\")]\n    pub title: Option<i64>",
        "#[column(name = \"the title\", renamed_from = \"ti'tle\", unique)]\n    pub title: Option<i64>",
    )?;
    let quote = if on == On::MySql { '`' } else { '"' };
    let script = "INSERT INTO \"or der\" (\"the id\", \"ti'tle\") VALUES (7, 1), (8, 1), (9, 2);";
    project.sql(&script.replace('"', &quote.to_string()))?;
    let second = [
        "autogen",
        "-m",
        "second",
        "--rev-id",
        "aaaa00000002",
        "--rows",
    ];
    let said = project.expect(&second, 0)?.stdout;
    let counted = [
        "`new order.the title`: 2 rows are equal",
        "the id = 7, the id = 8",
    ];
    has(&said, &counted)?;
    let plan = project
        .expect(&["upgrade", "--dry-run", "--rows"], 0)?
        .stdout;
    has(&plan, &counted)
}

const KEYS: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "seat", primary_key(row, number))]
pub struct Seat {
    pub row: i64,
    pub number: i64,
    pub next_row: Option<i64>,
    pub next_number: Option<i64>,
}
"#;

fn composite_and_own_keys(on: On) -> Outcome {
    let project = started(on, KEYS)?;
    project.edit(
        "models.rs",
        "primary_key(row, number))",
        "primary_key(row, number), foreign_key(next_row, next_number => Seat(row, number)))",
    )?;
    let rows = "INSERT INTO seat VALUES (1, 1, 1, 2), (1, 2, 2, 1), (1, 3, NULL, 9), \
                (1, 4, 3, NULL), (1, 5, 5, 5);";
    let quote = if on == On::MySql { "`seat`" } else { "seat" };
    project.sql(&rows.replace("seat", quote))?;
    let second = [
        "autogen",
        "-m",
        "second",
        "--rev-id",
        "aaaa00000002",
        "--rows",
    ];
    let said = project.expect(&second, 0)?.stdout;
    let counted = [
        "`seat`: 2 rows refer to no row of `seat`",
        "(row, number) = (1, 2), (row, number) = (1, 5)",
    ];
    has(&said, &counted)?;
    let plan = project
        .expect(&["upgrade", "--dry-run", "--rows"], 0)?
        .stdout;
    has(&plan, &counted)
}

const MOODS: &str = r#"
use aludel::Model;

#[derive(sqlx::Type)]
#[sqlx(type_name = "mood", rename_all = "snake_case")]
pub enum Mood {
    Sad,
    Fine,
    Happy,
}

#[derive(Model)]
#[table(name = "cat")]
pub struct Cat {
    #[column(primary_key)]
    pub id: i64,
    pub mood: Mood,
}
"#;

fn values_of_an_enum(on: On) -> Outcome {
    let project = started(on, MOODS)?;
    project.sql("INSERT INTO cat (id, mood) VALUES (1, 'sad'), (2, 'fine'), (3, 'sad');")?;
    project.edit("models.rs", "    Sad,\n", "")?;
    let second = [
        "autogen",
        "-m",
        "second",
        "--rev-id",
        "aaaa00000002",
        "--rows",
    ];
    let said = project.expect(&second, 0)?.stdout;
    has(&said, &["2 rows", "id = 1, id = 3"])?;
    let plan = project
        .expect(&["upgrade", "--dry-run", "--rows"], 0)?
        .stdout;
    has(&plan, &["2 rows", "id = 1, id = 3"])
}

fn counting_stops(on: On) -> Outcome {
    let project = started(on, BEFORE)?;
    project.edit(
        "models.rs",
        "#[table(name = \"pv\")]",
        "#[table(name = \"pv\", check(\"price > 0\"))]",
    )?;
    let values: Vec<String> = (0..1500).map(|id| format!("({id}, 0)")).collect();
    project.sql(&format!(
        "INSERT INTO pv (id, price) VALUES {};",
        values.join(", ")
    ))?;
    let said = project
        .expect(&["autogen", "-m", "second", "--format", "json"], 0)?
        .stdout;
    let document: Value = serde_json::from_str(&said)?;
    let found = hazards(&document);
    let check = hazard(&found, "is false")?;
    equal(&check["rows"], 1000.into())?;
    equal(&check["rows_at_least"], true.into())?;
    equal(&check["keys"], Value::Null)?;
    let plan = project.expect(&["upgrade", "--dry-run"], 0)?.stdout;
    has(&plan, &["`pv`: at least 1000 rows make `"])
}

fn rows_without_a_value_are_a_question(on: On) -> Outcome {
    let project = started(on, BEFORE)?;
    project.edit(
        "models.rs",
        "pub full_address: Option<String>",
        "pub full_address: String",
    )?;
    project.edit(
        "models.rs",
        "pub price: i64",
        "pub price: i64,\n    pub added: i64",
    )?;
    let second = ["autogen", "-m", "second", "--rev-id", "aaaa00000002"];
    let mut json = second.to_vec();
    json.extend(["--format", "json"]);
    // Nobody is in the way.
    let mut look = second.to_vec();
    look.push("--dry-run");
    project.expect(&look, 0)?;
    project.sql(ROWS)?;
    let said = project.expect(&second, 2)?;
    let words = said.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    has(
        &words,
        &[
            "`pv.full_address` is to be NOT NULL, and 1 row is NULL",
            "`pv.added` is new and NOT NULL, and 4 rows have no value for it",
            "--fill pv.added=VALUE",
            "Option<..>",
        ],
    )?;
    let document: Value = serde_json::from_str(&project.expect(&json, 2)?.stdout)?;
    let questions = document["questions"].as_array().ok_or("no questions")?;
    let of = |column: &str| {
        let found = questions.iter().find(|q| q["column"] == column);
        found.ok_or_else(|| Failed::from(format!("no question about `{column}`: {document}")))
    };
    equal(&of("added")?["kind"], "fill_column".into())?;
    equal(&of("added")?["rows"], 4.into())?;
    equal(&of("full_address")?["rows"], 1.into())?;
    equal(
        &of("added")?["answers"][0]["flag"],
        "--fill pv.added=VALUE".into(),
    )?;
    if project.version("aaaa00000002").is_ok() {
        return Err("a file was written before the questions were answered".into());
    }
    // The flag is the attribute.
    let mut told = second.to_vec();
    told.extend(["--fill", "pv.added=7", "--fill", "pv.full_address=sql:code"]);
    project.expect(&told, 0)?;
    let path = project.version("aaaa00000002")?;
    let by_flag = std::fs::read_to_string(&path)?;
    std::fs::remove_file(&path)?;
    project.edit(
        "models.rs",
        "pub full_address",
        "#[column(fill = sql(\"code\"))]\n    pub full_address",
    )?;
    project.edit(
        "models.rs",
        "pub added",
        "#[column(fill = 7)]\n    pub added",
    )?;
    project.expect(&second, 0)?;
    let by_attribute = std::fs::read_to_string(&path)?;
    if by_flag != by_attribute {
        return Err(format!("{by_flag}\nis not\n{by_attribute}").into());
    }
    project.expect(&["upgrade"], 0)?;
    let found = project.query("SELECT full_address FROM pv WHERE id = 1")?;
    if found != ["x"] || project.query("SELECT added FROM pv WHERE id = 4")? != ["7"] {
        return Err(format!("the rows have {found:?}").into());
    }
    project.expect(&["check"], 0)?;
    Ok(())
}

fn a_question_is_answered_at_a_terminal(on: On) -> Outcome {
    use std::io::Write;
    use std::process::Stdio;

    let project = started(on, BEFORE)?;
    project.edit(
        "models.rs",
        "pub price: i64",
        "pub price: i64,\n    pub added: i64",
    )?;
    project.sql(ROWS)?;
    let command = project.command(&["autogen", "-m", "second", "--rev-id", "aaaa00000002"])?;
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    // It gives the command a terminal.
    let mut script = std::process::Command::new("script");
    script
        .args(["-qec", &words.join(" "), "/dev/null"])
        .current_dir(project.path(""))
        .envs(command.get_envs().filter_map(|(k, v)| Some((k, v?))))
        .env_remove("DATABASE_URL")
        .env_remove("ALUDEL_DATABASE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = script.spawn()?;
    let mut input = child.stdin.take().ok_or("no stdin")?;
    input.write_all(b"nothing\n5\n")?;
    // The terminal must not end before the command has read.
    child.wait()?;
    drop(input);
    let said = String::from_utf8_lossy(&child.wait_with_output()?.stdout).into_owned();
    has(
        &said,
        &[
            "4 rows have no value for it",
            "`nothing` is no whole number",
            "--fill pv.added=5",
        ],
    )?;
    let file = std::fs::read_to_string(project.version("aaaa00000002")?)?;
    has(&file, &["5"])
}

/// A check that takes long over many rows, and no time over none.
fn counting_takes_a_while_only(on: On) -> Outcome {
    let project = started(on, BEFORE)?;
    let (slow, many) = match on {
        On::Sqlite => (
            "length(replace(hex(zeroblob(200000 + id)), '0', 'ab')) > 0",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
             INSERT INTO pv (id, price) SELECT i, 1 FROM n;",
        ),
        On::Postgres => (
            "length(replace(repeat('ab', 200000 + id::integer), 'a', 'cd')) > 0",
            "INSERT INTO pv (id, price) SELECT i, 1 FROM generate_series(1, 5000) i;",
        ),
        On::MySql => (
            "length(replace(repeat('ab', 200000 + id), 'a', 'cd')) > 0",
            "INSERT INTO pv (id, price) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
             SELECT a.i * 1000 + b.i, 1 FROM n a, (SELECT 1 i UNION SELECT 2 UNION SELECT 3 \
             UNION SELECT 4 UNION SELECT 5) b;",
        ),
    };
    project.sql(many)?;
    project.edit(
        "models.rs",
        "#[table(name = \"pv\")]",
        &format!("#[table(name = \"pv\", check(\"{slow}\", name = \"ck_slow\"))]"),
    )?;
    let second = [
        "autogen",
        "-m",
        "second",
        "--row-timeout",
        "1",
        "--format",
        "json",
    ];
    let said = project.expect(&second, 0)?.stdout;
    let document: Value = serde_json::from_str(&said)?;
    let found = hazards(&document);
    let check = hazard(&found, "is false")?;
    equal(&check["not_counted"], "took longer than 1 s".into())?;
    equal(&check["rows"], Value::Null)?;
    let plan = project
        .expect(&["upgrade", "--dry-run", "--row-timeout", "1"], 0)?
        .stdout;
    has(&plan, &["`pv`: not counted: took longer than 1 s"])
}

fn a_role_that_may_not_look(on: On) -> Outcome {
    let project = started(on, BEFORE)?;
    narrow(&project)?;
    project.expect(&["autogen", "-m", "second", "--rev-id", "aaaa00000002"], 0)?;
    project.sql(ROWS)?;
    let server = project.server().ok_or("no server")?;
    let name = format!("u_{}", server.name());
    let name = &name[..name.len().min(32)];
    // Everything but the rows of `pv`.
    let (make, url) = match on {
        On::Postgres => (
            format!(
                "CREATE ROLE {name} LOGIN CREATEDB; GRANT SELECT ON aludel_version, aludel_status, \
                 aludel_log TO {name};"
            ),
            server
                .url()
                .replacen("postgres://postgres@", &format!("postgres://{name}@"), 1),
        ),
        _ => (
            format!(
                "CREATE USER {name}@localhost; \
                 GRANT SELECT ON {0}.aludel_version TO {name}@localhost; \
                 GRANT SELECT ON {0}.aludel_status TO {name}@localhost; \
                 GRANT SELECT ON {0}.aludel_log TO {name}@localhost; \
                 GRANT CREATE, REFERENCES, INSERT ON *.* TO {name}@localhost; \
                 GRANT ALL ON `aludel\\_scratch\\_%`.* TO {name}@localhost;",
                server.name()
            ),
            server
                .url()
                .replacen("mysql://root@", &format!("mysql://{name}@"), 1),
        ),
    };
    project.sql(&make)?;
    let ran = project.run(&["upgrade", "--dry-run", "--database-url", &url]);
    let dropped = match on {
        On::Postgres => format!("DROP OWNED BY {name}; DROP ROLE {name};"),
        _ => format!("DROP USER {name}@localhost;"),
    };
    project.sql(&dropped)?;
    let ran = ran?;
    let said = format!("{}{}", ran.stdout, ran.stderr);
    has(&said, &["not counted: permission denied for table pv"])
}
