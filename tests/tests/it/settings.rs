//! Databases whose settings are not those that the server came with.

use std::path::Path;

use aludel_test_servers::{Fresh, Product, Programs, Server};
use aludel_tests::place::On;
use libtest_mimic::Trial;

use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let list: [(&str, &[&str]); 4] = [
        (
            "names_and_constants",
            &[
                "quote_all_identifiers = on",
                "IntervalStyle = 'sql_standard'",
                "bytea_output = 'escape'",
            ],
        ),
        (
            "strings",
            &[
                "standard_conforming_strings = off",
                "backslash_quote = off",
                "client_encoding = 'latin1'",
            ],
        ),
        (
            "dates_and_numbers",
            &[
                "DateStyle = 'SQL, DMY'",
                "extra_float_digits = -5",
                "TimeZone = 'Asia/Kolkata'",
            ],
        ),
        (
            "transactions",
            &[
                "default_transaction_isolation = 'serializable'",
                "default_transaction_deferrable = on",
                "row_security = off",
                "transform_null_equals = on",
            ],
        ),
    ];
    let trials = list.into_iter().map(|(name, settings)| {
        trial(format!("settings::postgres::{name}"), move || {
            they_change_nothing(settings)
        })
    });
    let others = [
        trial("settings::postgres::no_schema", no_schema),
        trial("settings::mysql::another_engine", another_engine),
    ];
    trials.chain(others).collect()
}

const MODELS: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "author", comment = "it's a \\ \"thing\" é")]
pub struct Author {
    #[column(primary_key, autoincrement)]
    pub id: i64,
    #[column(type = "varchar(100)", default = "a\\b'c\"é", unique)]
    pub name: String,
    #[column(type = "interval", default = sql("INTERVAL '-1 day 02:00:00'"))]
    pub rest: String,
    #[column(default = sql("'\\x00ff'"))]
    pub data: Vec<u8>,
    #[column(default = "2020-02-29")]
    pub day: chrono::NaiveDate,
    #[column(default = sql("'2020-02-29 01:02:03+00'"))]
    pub at: chrono::DateTime<chrono::Utc>,
    #[column(default = sql("0.1234567890123456"))]
    pub part: f64,
}

#[derive(Model)]
#[table(name = "book", index(title desc), check("year > 0 AND title <> 'x\\y'", name = "ck_y"))]
pub struct Book {
    #[column(primary_key)]
    pub id: i64,
    #[column(type = "varchar(50)")]
    pub title: String,
    pub year: i32,
    #[column(generated = "upper(title)", stored)]
    pub loud: Option<String>,
    #[column(references = Author::id, on_delete = cascade)]
    pub author_id: i64,
}
"#;

/// The defaults as they are with the settings that the server came with.
const DEFAULTS: &str = "SET standard_conforming_strings = on; SET client_encoding = UTF8; \
     SET quote_all_identifiers = off; SET IntervalStyle = postgres; \
     SET bytea_output = hex; SET DateStyle = ISO; SET extra_float_digits = 1; SET TimeZone = UTC; \
     SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef \
     WHERE adrelid = 'author'::regclass ORDER BY adnum";

fn they_change_nothing(settings: &[&str]) -> Outcome {
    let project = Project::on(On::Postgres, MODELS)?;
    let name = project.server().ok_or("no server")?.name().to_owned();
    for setting in settings {
        project.sql(&format!("ALTER DATABASE {name} SET {setting}"))?;
    }
    let in_sync = || -> Outcome {
        let again = project.expect(&["autogen", "-m", "again"], 0)?;
        same(again.stderr.contains("no changes detected"), true)?;
        project.expect(&["check", "--strict"], 0)?;
        project
            .expect(&["diff", "--from", "migrations"], 0)
            .map(drop)
    };
    project.expect(&["autogen", "-m", "m", "--rev-id", "aaaa11111111"], 0)?;
    project.expect(&["upgrade"], 0)?;
    in_sync()?;
    let defaults = project.query(DEFAULTS)?;
    let found = |word: &str| defaults.iter().any(|text| text.contains(word));
    for word in [
        "'a\\b''c\"é'",
        "-1 days +02:00:00",
        "\\x00ff",
        "2020-02-29",
        "0.1234567890123456",
    ] {
        if !found(word) {
            return Err(format!("no `{word}` in {defaults:?}").into());
        }
    }
    // What a reflected model says is what is there.
    let models = project.expect(&["reflect"], 0)?.stdout;
    project.write("models.rs", &models)?;
    in_sync()?;
    project.write("models.rs", MODELS)?;
    // What is dropped comes back as it was.
    project.edit("models.rs", "pub year: i32,", "pub year: i64,")?;
    project.edit("models.rs", "    #[column(type = \"interval\", default = sql(\"INTERVAL '-1 day 02:00:00'\"))]\n    pub rest: String,\n", "")?;
    project.edit(
        "models.rs",
        "    #[column(default = sql(\"'\\\\x00ff'\"))]\n    pub data: Vec<u8>,\n",
        "",
    )?;
    project.expect(&["autogen", "-m", "m", "--rev-id", "aaaa22222222"], 0)?;
    project.expect(&["upgrade"], 0)?;
    in_sync()?;
    project.expect(&["downgrade", "-1"], 0)?;
    let mut again = project.query(DEFAULTS)?;
    let mut before = defaults.clone();
    again.sort();
    before.sort();
    same(again, before)?;
    project.expect(&["downgrade", "base"], 0).map(drop)
}

/// A search path on which there is nothing: what is wrong is said.
fn no_schema() -> Outcome {
    let project = Project::on(On::Postgres, MODELS)?;
    let name = project.server().ok_or("no server")?.name().to_owned();
    project.sql(&format!("ALTER DATABASE {name} SET search_path = ''"))?;
    project.expect(&["autogen", "-m", "m"], 0)?;
    let said = project.expect(&["upgrade"], 2)?.stderr;
    same(said.contains("search_path"), true)
}

const OTHERS: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "author")]
pub struct Author {
    #[column(primary_key, autoincrement)]
    pub id: i64,
}

#[derive(Model)]
#[table(name = "book")]
pub struct Book {
    #[column(primary_key)]
    pub id: i64,
    #[column(references = Author::id, on_delete = cascade)]
    pub author_id: i64,
}

#[derive(Model)]
#[table(name = "old", engine = "MyISAM")]
pub struct Old {
    #[column(primary_key)]
    pub id: i64,
}
"#;

/// A model that says no engine means one that keeps foreign keys, whatever the
/// server would take.
fn another_engine() -> Outcome {
    let server = Server::start_with(
        &Programs::find(Product::MySql, Path::new("/"))?,
        &["--default-storage-engine=MyISAM"],
    )?;
    let project = Project::with(Some(Fresh::on(server.url())?), OTHERS)?;
    project.expect(&["autogen", "-m", "m", "--rev-id", "aaaa11111111"], 0)?;
    project.expect(&["upgrade"], 0)?;
    let again = project.expect(&["autogen", "-m", "again"], 0)?;
    same(again.stderr.contains("no changes detected"), true)?;
    project.expect(&["check", "--strict"], 0)?;
    let engines = "SELECT engine FROM information_schema.tables WHERE \
                   table_schema = DATABASE() AND table_name IN ('author', 'book', 'old') \
                   ORDER BY table_name";
    same(
        project.query(engines)?.join(" ").as_str(),
        "InnoDB InnoDB MyISAM",
    )?;
    project.expect(&["downgrade", "base"], 0).map(drop)
}
