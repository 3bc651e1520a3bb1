//! Models that no row could live with: refused at the field, and told on
//! SQLite, which takes them.

use libtest_mimic::Trial;

use crate::project::Project;
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for on in On::ALL {
        let name = |what: &str| format!("mistaken::{}::{what}", on.name());
        trials.push(trial(name("defaults"), move || defaults(on)));
        trials.push(trial(name("references"), move || references(on)));
    }
    // No server lets it in.
    trials.push(trial(
        "mistaken::sqlite::what_was_there_stays",
        what_was_there_stays,
    ));
    trials.push(trial(
        "mistaken::mysql::a_copy_keeps_nothing",
        nothing_stays,
    ));
    trials
}

fn models(fields: &str) -> String {
    format!(
        "#[derive(aludel::Enum, Debug)]\npub enum E {{ A, B }}\n\n#[derive(aludel::Model)]\n\
         #[table(name = \"t\")]\npub struct T {{\n    #[column(primary_key)]\n    pub id: i64,\n    \
         {fields}\n}}\n"
    )
}

/// SQLite takes what no row could live with, so that there it is a warning.
fn code(on: On) -> i32 {
    match on {
        On::Sqlite => 0,
        On::Postgres | On::MySql => 2,
    }
}

fn must_say(text: &str, words: &[&str]) -> Outcome {
    let line = text.replace(['\n', '│'], " ");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.iter().find(|words| !line.contains(**words)) {
        Some(missing) => Err(format!("no `{missing}` in\n{text}").into()),
        None => Ok(()),
    }
}

fn defaults(on: On) -> Outcome {
    let fields = "#[column(default = \"abc\")]\n    pub a: i32,\n    #[column(default = \"zz\")]\n    \
                  pub e: E,\n    #[column(default = true)]\n    pub d: chrono::NaiveDate,";
    let project = Project::on(on, &models(fields))?;
    if on == On::Sqlite {
        project.sql("")?;
    }
    let ran = project.expect(&["autogen", "-m", "x", "--dry-run"], code(on))?;
    must_say(
        &ran.stderr,
        &[
            "the default of `t.a` is no number",
            "`t.e` is `zz`, which is not among",
        ],
    )?;
    // The servers have words of their own for a truth there.
    if on != On::Sqlite {
        must_say(&ran.stderr, &["models.rs:"])?;
    } else {
        must_say(&ran.stderr, &["the default of `t.d` is no point in time"])?;
    }
    let fields = "#[column(default = \"5\")]\n    pub a: i32,\n    #[column(default = \"B\")]\n    \
                  pub e: E,\n    #[column(default = \"2024-05-06\")]\n    pub d: chrono::NaiveDate,";
    project.write("models.rs", &models(fields))?;
    project.expect(&["autogen", "-m", "x"], 0).map(drop)
}

fn references(on: On) -> Outcome {
    let project = Project::on(
        on,
        &models("#[column(references = \"zz.u\")]\n    pub bu: i32,"),
    )?;
    if on == On::Sqlite {
        project.sql("")?;
    }
    let ran = project.expect(&["autogen", "-m", "x"], code(on))?;
    must_say(
        &ran.stderr,
        &["`t` refers to `zz`, and there is no such table"],
    )
}

/// Whoever has lived with it for years is not stopped over something else.
fn what_was_there_stays() -> Outcome {
    let text = "#[column(default = \"abc\")]\n    pub a: i32,\n    #[column(references = \"zz.u\")]\n    \
                pub bu: Option<i32>,";
    let project = Project::on(On::Sqlite, &models(text))?;
    project.sql(
        "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a INTEGER NOT NULL DEFAULT 'abc', \
         bu INTEGER, CONSTRAINT fk_t_bu_zz FOREIGN KEY (bu) REFERENCES zz (u));",
    )?;
    project.write(
        "models.rs",
        &models(&format!("{text}\n    pub more: Option<String>,")),
    )?;
    project
        .expect(&["autogen", "-m", "x", "--dry-run"], 0)
        .map(drop)
}

/// What is done to a copy that is thrown away does not stay.
fn nothing_stays() -> Outcome {
    let text = "#[derive(aludel::Model)]\n#[table(name = \"a\")]\npub struct A {\n    \
                #[column(primary_key)]\n    pub id: i64,\n}\n\n#[derive(aludel::Model)]\n\
                #[table(name = \"b\", check(\"nothing(id) > 0\"))]\npub struct B {\n    \
                #[column(primary_key)]\n    pub id: i64,\n}\n";
    let project = Project::on(On::MySql, text)?;
    let ran = project.expect(&["autogen", "-m", "x"], 2)?;
    must_say(&ran.stderr, &["the migration was not written"])?;
    if ran.stderr.contains("applied and stay") {
        return Err(format!("a copy is said to keep something: {}", ran.stderr).into());
    }
    Ok(())
}
