//! Tables that other tools made, whose constraints no model would have said
//! so, taken through changes and back.

use aludel::db::{Mode, Url, connect, introspect};
use aludel_core::dialect::Scope;
use aludel_core::schema::Schema;
use libtest_mimic::{Failed, Trial};

use crate::project::{Project, block_on};
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("carried::mysql::checks_of_columns", checks_of_columns),
        trial(
            "carried::postgres::checks_over_retyped_columns",
            checks_over_retyped_columns,
        ),
    ]
}

/// What the database holds but for aludel's own tables.
fn holds(project: &Project) -> Result<Schema, Failed> {
    let url = match project.server() {
        Some(server) => server.url().to_owned(),
        None => format!("sqlite:{}", project.path("app.db").display()),
    };
    block_on(async move {
        let mut connection = connect(&Url::parse(&url)?, Mode::ReadOnly).await?;
        let found = introspect(&mut connection, &Scope::default()).await?;
        connection.close().await?;
        let mut schema = found.schema;
        schema
            .tables
            .retain(|name, _| !name.name.as_str().starts_with("aludel_"));
        Ok(schema)
    })
}

/// A model of the table `t` with these fields.
fn model(table: &str, fields: &str) -> String {
    format!(
        "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"t\"{table})]\npub struct T {{\n    \
         #[column(primary_key)]\n    pub id: i64,\n{fields}\n}}\n"
    )
}

/// Takes a database through models, one migration each; after each there is no
/// difference, and each step down gives back what was there.
fn there_and_back(on: On, sql: &str, models: &[String]) -> Outcome {
    let (first, later) = models.split_first().ok_or("no models")?;
    let project = Project::on(on, first)?;
    project.sql(sql)?;
    project.expect(&["check"], 0)?;
    let mut seen = vec![holds(&project)?];
    for (at, models) in later.iter().enumerate() {
        project.write("models.rs", models)?;
        let id = format!("aaaa0000000{at}");
        project.expect(&["autogen", "-m", "next", "--rev-id", &id, "--allow-lossy"], 0)?;
        project.expect(&["upgrade", "head"], 0)?;
        project.expect(&["check"], 0)?;
        seen.push(holds(&project)?);
    }
    while seen.pop().is_some() {
        let Some(was) = seen.last() else { break };
        project.expect(&["downgrade", "-1"], 0)?;
        let is = holds(&project)?;
        if is != *was {
            let at = seen.len() - 1;
            return Err(format!("step {at} down gives\n{is:#?}\nnot\n{was:#?}").into());
        }
    }
    Ok(())
}

/// MariaDB keeps the name that the column of a check had when it was made.
fn checks_of_columns() -> Outcome {
    let with = |field: &str| model("", &format!("    {field}\n    pub b: i32,"));
    there_and_back(
        On::MySql,
        "CREATE TABLE t (id BIGINT PRIMARY KEY, mass INT CHECK (mass > 0), b INT NOT NULL);\
         INSERT INTO t VALUES (1, 1, 2);",
        &[
            with("#[column(check = \"mass > 0\")]\n    pub mass: Option<i32>,"),
            with("#[column(check = \"weight > 0\", renamed_from = \"mass\")]\n    pub weight: Option<i32>,"),
            with("#[column(check = \"weight > 0\")]\n    pub weight: Option<i64>,"),
            with("pub weight: Option<i64>,"),
        ],
    )
}

/// The server writes casts to the old type into what mentions a column.
fn checks_over_retyped_columns() -> Outcome {
    let with = |ty: &str| {
        model(
            ", check(\"price > 0 AND price < 100\", name = \"ck_t_price\")",
            &format!("    pub price: {ty},"),
        )
    };
    there_and_back(
        On::Postgres,
        "CREATE TABLE t (id BIGINT PRIMARY KEY, price REAL NOT NULL, \
         CONSTRAINT ck_t_price CHECK (price > 0 AND price < 100));\
         INSERT INTO t VALUES (1, 1), (2, 98.5);",
        &[
            with("f32"),
            with("f64"),
            with("i32"),
            with("i64"),
            with("f32"),
        ],
    )
}
