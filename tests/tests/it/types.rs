//! Every column type and every Rust type on every database: written,
//! introspected, no difference; reflected, no difference.

use aludel_core::dialect::types::{TYPES, from_verb};
use aludel_core::dialect::{Dialect, named};
use libtest_mimic::{Failed, Trial};

use crate::project::Project;
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// Every Rust type that the scanner knows, and the databases that have no
/// column for it.
pub(crate) const RUST: &[(&str, &[On])] = &[
    ("i8", &[]),
    ("i16", &[]),
    ("i32", &[]),
    ("i64", &[]),
    ("u8", &[]),
    ("u16", &[]),
    ("u32", &[]),
    ("u64", &[]),
    ("isize", &[]),
    ("usize", &[]),
    ("f32", &[]),
    ("f64", &[]),
    ("bool", &[]),
    ("char", &[]),
    ("String", &[]),
    ("&'static str", &[]),
    ("std::borrow::Cow<'static, str>", &[]),
    ("Vec<u8>", &[]),
    ("bytes::Bytes", &[]),
    ("uuid::Uuid", &[]),
    ("serde_json::Value", &[]),
    ("sqlx::types::Json<Whatever>", &[]),
    ("rust_decimal::Decimal", &[]),
    ("bigdecimal::BigDecimal", &[]),
    ("chrono::NaiveDate", &[]),
    ("chrono::NaiveTime", &[]),
    ("chrono::NaiveDateTime", &[]),
    ("chrono::DateTime<chrono::Utc>", &[]),
    ("time::Date", &[]),
    ("time::Time", &[]),
    ("time::PrimitiveDateTime", &[]),
    ("time::OffsetDateTime", &[]),
    ("jiff::civil::Date", &[]),
    ("jiff::civil::Time", &[]),
    ("jiff::civil::DateTime", &[]),
    ("jiff::Timestamp", &[]),
    ("std::net::IpAddr", &[]),
    ("ipnetwork::IpNetwork", &[]),
    ("Vec<i32>", &[On::Sqlite, On::MySql]),
    ("Vec<String>", &[On::Sqlite, On::MySql]),
    ("Vec<uuid::Uuid>", &[On::Sqlite, On::MySql]),
    ("Mood", &[]),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for on in On::ALL {
        let name = on.name();
        trials.push(trial(format!("types::{name}::rust"), move || {
            every_rust_type(on)
        }));
        trials.push(trial(format!("types::{name}::row"), move || every_row(on)));
    }
    trials
}

const MOOD: &str = "#[derive(sqlx::Type)]\n#[sqlx(type_name = \"mood\", rename_all = \"snake_case\")]\n\
                    pub enum Mood {\n    Happy,\n    VerySad,\n}\n";

/// A model with these fields, and the enum that some of them use.
fn model(fields: &str) -> String {
    format!(
        "use aludel::Model;\n\n{MOOD}\n#[derive(Model)]\n#[table(name = \"every\")]\n\
         pub struct Every {{\n    #[column(primary_key)]\n    pub id: i32,\n{fields}}}\n"
    )
}

fn every_rust_type(on: On) -> Outcome {
    let mut fields = String::new();
    let mut problems = Vec::new();
    let project = Project::on(on, "")?;
    for (number, (rust, lacking)) in RUST.iter().enumerate() {
        let field = format!("    pub c{number}: {rust},\n    pub n{number}: Option<{rust}>,\n");
        project.write("models.rs", &model(&field))?;
        let ran = project.run(&["diff", "--from", "migrations", "--to", "models"])?;
        match (ran.code, lacking.contains(&on)) {
            (0, false) => fields.push_str(&field),
            (2, true) if ran.stderr.contains("[models.rs:") => {}
            _ => problems.push(format!("{rust}: ended with {}\n{}", ran.code, ran.stderr)),
        }
    }
    if !problems.is_empty() {
        return Err(problems.join("\n").into());
    }
    round_trip(on, &fields)
}

fn every_row(on: On) -> Outcome {
    let dialect: &dyn Dialect = named(on.name()).ok_or("no such dialect in this build")?;
    let mut fields = String::new();
    for row in TYPES {
        let has = match on {
            On::Sqlite => true,
            On::Postgres => row.postgres.is_some(),
            On::MySql => row.mysql.is_some(),
        };
        for count in row.args.0..=row.args.1 {
            // Digits of a second go up to six.
            let args: &[i64] = if row.args == (0, 1) && row.verb.contains("time") {
                &[3]
            } else {
                &[10, 2]
            };
            let Some(ty) = args.get(..count).and_then(|args| from_verb(row.verb, args)) else {
                continue;
            };
            if has {
                let spelling = dialect.write_type(&ty);
                fields.push_str(&format!(
                    "    #[column(type = {spelling:?})]\n    pub {}_{count}: Option<Whatever>,\n",
                    row.verb
                ));
            }
        }
    }
    round_trip(on, &fields)
}

/// Made from models, introspected, reflected: nothing differs.
fn round_trip(on: On, fields: &str) -> Outcome {
    let project = Project::on(on, &model(fields))?;
    let run = |words: &[&str]| -> Result<(), Failed> { project.expect(words, 0).map(|_| ()) };
    run(&["autogen", "-m", "every"])?;
    run(&["upgrade", "head"])?;
    run(&["check"])?;
    std::fs::remove_file(project.path("models.rs"))?;
    run(&["reflect", "--out", "models.rs"])?;
    run(&["check"])?;
    run(&["downgrade", "base"])
}
