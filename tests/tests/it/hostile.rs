//! Names and texts that were chosen to get out of their quotes.

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use crate::cli::says;
use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = On::ALL
        .into_iter()
        .map(|on| {
            trial(format!("hostile::{}::names", on.name()), move || {
                nothing_gets_out(on)
            })
        })
        .collect();
    trials.push(trial(
        "hostile::mysql::characters_that_no_name_has",
        beyond_the_plane,
    ));
    trials.push(trial(
        "hostile::files_of_other_folders",
        files_of_other_folders,
    ));
    trials
}

/// Every one is a table, a column of every table, a value and a text.
const NAMES: [&str; 13] = [
    "it's; DROP TABLE canary; --",
    "a\"b`c",
    "back\\slash\\",
    "/* open",
    "$$ $x$ %s {} {0} ?1 :a",
    "line\nDROP TABLE canary;\n-- upgrade\tb",
    "größe 日本",
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
    "select",
    "-- x",
    " leads",
    "a.b[x]",
    "*/",
];

/// The text as Rust writes it.
fn rust(text: &str) -> String {
    format!("{text:?}")
}

/// A name made of two that is no longer than any database takes.
fn short(before: &str, name: &str) -> String {
    let mut all = format!("{before}{name}");
    while all.len() > 60 {
        all.pop();
    }
    all
}

/// A model of every name, which refer to one another.
fn models(on: On, values: &[&str]) -> String {
    let comment = |text: &str| match on {
        On::Sqlite => String::new(),
        _ => format!(", comment = {}", rust(text)),
    };
    let quote = |name: &str| match on {
        On::MySql => format!("`{}`", name.replace('`', "``")),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    };
    let literal = |text: &str| match on {
        On::MySql => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
        _ => format!("'{}'", text.replace('\'', "''")),
    };
    let mut all = String::from("use aludel::{Enum, Model};\n\n");
    for (at, name) in NAMES.into_iter().enumerate() {
        let next = (at + 1) % NAMES.len();
        let check = format!("{} <> {}", quote(name), literal(NAMES[next]));
        all += &format!(
            "#[derive(Model)]\n#[table(name = {}{}, index(c{at}, name = {}), \
             unique(c{next}, name = {}), check({}, name = {}))]\npub struct T{at} {{\n    \
             #[column(primary_key, name = {})]\n    pub id: i64,\n    \
             #[column(name = {})]\n    pub kind: Kind,\n",
            rust(name),
            comment(name),
            rust(&short("ix", name)),
            rust(&short("uq", name)),
            rust(&check),
            rust(&short("ck", name)),
            rust(&short("id", name)),
            rust(&short("e", name)),
        );
        if next > 0 {
            let key = rust(&short("fk", name));
            all += &format!(
                "    #[column(name = {key}, references = T{next}::id)]\n    pub to: Option<i64>,\n"
            );
        }
        for (number, column) in NAMES.into_iter().enumerate() {
            let text = rust(&short("", column));
            all += &format!(
                "    #[column(name = {}, type = \"varchar(80)\", default = {text}{})]\n    \
                 pub c{number}: String,\n",
                rust(column),
                comment(column)
            );
        }
        all += "}\n\n";
    }
    all += "#[derive(Enum)]\n#[db_enum(name = \"kind of it's; --\")]\npub enum Kind {\n";
    for (number, value) in values.iter().enumerate() {
        all += &format!("    #[db_enum(name = {})]\n    V{number},\n", rust(value));
    }
    all + "}\n"
}

/// What only somebody who got out of the quotes would have changed.
fn canary(project: &Project) -> Outcome {
    same(
        project.query("SELECT said FROM canary")?,
        vec!["alive".to_owned()],
    )
}

fn in_sync(project: &Project) -> Outcome {
    project.expect(&["check", "--strict"], 0)?;
    let again = project.expect(&["autogen", "-m", "again"], 0)?;
    same(again.stderr.contains("no changes detected"), true)?;
    canary(project)
}

fn with_canary(on: On, models: &str) -> Result<Project, Failed> {
    let project = Project::on(on, models)?;
    project.edit(
        "aludel.toml",
        "[database]\n",
        "[database]\nexclude = [\"canary\"]\n",
    )?;
    project.sql("CREATE TABLE canary (said VARCHAR(10)); INSERT INTO canary VALUES ('alive')")?;
    Ok(project)
}

/// There, further, and back to nothing.
fn nothing_gets_out(on: On) -> Outcome {
    let project = with_canary(on, &models(on, &NAMES))?;
    project.expect(&["autogen", "-m", "m", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade"], 0)?;
    in_sync(&project)?;
    let mut values = NAMES.to_vec();
    values.push("one's \\ more");
    project.write("models.rs", &models(on, &values))?;
    project.expect(&["autogen", "-m", "n", "--rev-id", "bbbb0001"], 0)?;
    project.expect(&["upgrade"], 0)?;
    in_sync(&project)?;
    project.expect(&["downgrade", "aaaa0001"], 0)?;
    project.expect(&["downgrade", "base"], 0)?;
    canary(&project)
}

/// Servers take no such name, so that it is refused before they are asked.
fn beyond_the_plane() -> Outcome {
    let model = "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"crab 🦀\")]\n\
                 pub struct Crab {\n    #[column(primary_key)]\n    pub id: i64,\n}\n";
    let project = Project::on(On::MySql, model)?;
    let ran = project.expect(&["autogen", "-m", "m"], 2)?;
    says(&ran, &["`crab 🦀`", "beyond U+FFFF"])?;
    // Values of enums neither, and no space at their end either.
    let lone = model.replace("crab 🦀", "crab");
    for (value, why) in [("a 🦀", "beyond U+FFFF"), ("end ", "end with a space")] {
        let ticked = format!("`{value}`");
        let said =
            format!("    #[column(type = \"enum('{value}', 'b')\")]\n    pub a: String,\n}}\n");
        project.write("models.rs", &lone.replace("}\n", &said))?;
        says(
            &project.expect(&["autogen", "-m", "m"], 2)?,
            &[&ticked, why],
        )?;
        let held = format!(
            "    pub a: Kind,\n}}\n\n#[derive(aludel::Enum)]\npub enum Kind {{\n    \
             #[db_enum(name = {value:?})]\n    A,\n}}\n"
        );
        project.write("models.rs", &lone.replace("}\n", &held))?;
        says(
            &project.expect(&["autogen", "-m", "m"], 2)?,
            &[&ticked, why],
        )?;
    }
    Ok(())
}

/// No id leads out of the folder, neither for a file that is written nor for
/// one that is read.
fn files_of_other_folders() -> Outcome {
    let project = with_canary(On::Sqlite, &models(On::Sqlite, &NAMES[..1]))?;
    for id in ["../x", "a/b", "..\\x", "/x"] {
        project.expect(&["revision", "-m", "m", "--rev-id", id], 2)?;
    }
    let text = "-- m\n--\n-- Revision ID: cccc0001\n-- Revises:\n-- Create Date: \
                2026-11-20T18:30:12Z\n-- Dialect: sqlite\n\n-- upgrade\nDROP TABLE canary;\n";
    // Beside the folder, below it, and hidden in it.
    std::fs::create_dir(project.path("versions/below.sql"))?;
    for name in [
        "outside.sql",
        "versions/below.sql/x.sql",
        "versions/.hidden.sql",
    ] {
        project.write(name, text)?;
    }
    for target in ["head", "../outside", "below.sql/x", "cccc0001"] {
        let ran = project.run(&["upgrade", target])?;
        same(ran.code == 0, target == "head")?;
    }
    canary(&project)
}
