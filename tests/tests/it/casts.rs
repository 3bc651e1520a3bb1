//! Columns that get another type: what is asked, what is refused, and what
//! values are afterwards.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![trial("casts::sqlite_keeps_what_does_not_fit", sqlite_keeps)];
    for on in On::ALL {
        let name = |what: &str| format!("casts::{}::{what}", on.name());
        trials.push(trial(name("loss_is_asked_for"), move || {
            loss_is_asked_for(on)
        }));
        trials.push(trial(name("a_guess_is_refused"), move || {
            a_guess_is_refused(on)
        }));
        trials.push(trial(name("only_a_truth_is_one"), move || {
            only_a_truth_is_one(on)
        }));
    }
    trials
}

fn models(ty: &str, key: &str) -> String {
    format!(
        "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"item\")]\npub struct Item {{\n    \
         #[column(primary_key)]\n    pub id: i64,\n    {key}\n    pub made: {ty},\n}}\n"
    )
}

/// A project whose database has the table.
fn made(on: On, ty: &str) -> Result<Project, libtest_mimic::Failed> {
    let project = Project::on(on, &models(ty, ""))?;
    project.expect(&["autogen", "-m", "first"], 0)?;
    project.expect(&["upgrade"], 0)?;
    Ok(project)
}

fn loss_is_asked_for(on: On) -> Outcome {
    let project = made(on, "chrono::NaiveDateTime")?;
    project.write("models.rs", &models("chrono::NaiveDate", ""))?;
    // Without a row there is nothing to lose.
    project.expect(&["autogen", "-m", "empty", "--dry-run"], 0)?;
    project.sql("INSERT INTO item (id, made) VALUES (1, '2024-05-06 07:08:09');")?;
    let ran = project.expect(&["autogen", "-m", "date"], 2)?;
    for words in [
        "`item.made`",
        "the time of day",
        "--allow-lossy",
        "allow_lossy",
    ] {
        if !ran.stderr.contains(words) {
            return Err(format!("no `{words}` in\n{}", ran.stderr).into());
        }
    }
    let ran = project.expect(&["autogen", "-m", "date", "--format", "json"], 2)?;
    let document: Value = serde_json::from_str(&ran.stdout)?;
    let question = &document["questions"][0];
    same(question["kind"].as_str(), Some("lossy_cast"))?;
    same(question["column"].as_str(), Some("item.made"))?;
    same(
        question["answers"][0]["flag"].as_str(),
        Some("--allow-lossy"),
    )?;
    project.write(
        "models.rs",
        &models("chrono::NaiveDate", "#[column(allow_lossy)]"),
    )?;
    project.expect(&["autogen", "-m", "looked at", "--dry-run"], 0)?;
    project.write("models.rs", &models("chrono::NaiveDate", ""))?;
    project.expect(&["autogen", "-m", "date", "--allow-lossy"], 0)?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    same(
        project.query("SELECT made FROM item")?,
        vec!["2024-05-06".to_owned()],
    )
}

fn a_guess_is_refused(on: On) -> Outcome {
    let project = made(on, "chrono::NaiveDateTime")?;
    project.write("models.rs", &models("i64", ""))?;
    let ran = project.expect(&["autogen", "-m", "number"], 2)?;
    for words in [
        "`item.made`",
        "`using = \"..\"`",
        "`using_down`",
        "extract(epoch",
    ] {
        if !ran
            .stderr
            .replace(['\n', '│'], " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains(words)
        {
            return Err(format!("no `{words}` in\n{}", ran.stderr).into());
        }
    }
    // The way back has to be told as well.
    let told = "#[column(using = \"id * 10\")]";
    project.write("models.rs", &models("i64", told))?;
    project.expect(&["autogen", "-m", "number"], 2)?;
    let told = "#[column(using = \"id * 10\", using_down = \"'2024-05-06'\")]";
    let told = if on == On::Postgres {
        told.replace("\"'2024-05-06'\"", "\"timestamp '2024-05-06'\"")
    } else {
        told.to_owned()
    };
    project.write("models.rs", &models("i64", &told))?;
    project.sql("INSERT INTO item (id, made) VALUES (4, '2024-05-06 07:08:09');")?;
    project.expect(&["autogen", "-m", "number"], 0)?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    same(
        project.query("SELECT made FROM item")?,
        vec!["40".to_owned()],
    )?;
    project.expect(&["downgrade", "-1"], 0)?;
    let day = project.query("SELECT made FROM item")?;
    match day.as_slice() {
        [day] if day.starts_with("2024-05-06") => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// A number other than 0 and 1 is not taken for true.
fn only_a_truth_is_one(on: On) -> Outcome {
    let project = made(on, "String")?;
    project.sql("INSERT INTO item (id, made) VALUES (1, ' Yes '), (2, 'off'), (3, 'perhaps');")?;
    project.write("models.rs", &models("bool", ""))?;
    project.expect(&["autogen", "-m", "truth"], 0)?;
    if on == On::Sqlite {
        project.expect(&["upgrade"], 0)?;
        let values = project.query("SELECT concat_ws('', made) FROM item ORDER BY id")?;
        return same(values, vec!["1".into(), "0".into(), "perhaps".into()]);
    }
    project.expect(&["upgrade"], 2)?;
    let text = project.query("SELECT concat_ws('', made) FROM item ORDER BY id")?;
    same(text, vec![" Yes ".into(), "off".into(), "perhaps".into()])?;
    project.sql("DELETE FROM item WHERE id = 3;")?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    let values = project.query("SELECT CASE WHEN made THEN 1 ELSE 0 END FROM item ORDER BY id")?;
    same(values, vec!["1".into(), "0".into()])
}

/// SQLite's own CAST makes 2024 of a day and 0 of a word.
fn sqlite_keeps() -> Outcome {
    let project = made(On::Sqlite, "String")?;
    project.sql(
        "INSERT INTO item (id, made) VALUES (1, '2024-05-06'), (2, 'abc'), (3, '12'), (4, '1.5');",
    )?;
    project.write("models.rs", &models("i64", ""))?;
    project.expect(&["autogen", "-m", "number"], 0)?;
    project.expect(&["upgrade"], 0)?;
    let values = project.query("SELECT typeof(made) || ' ' || made FROM item ORDER BY id")?;
    let expected = ["text 2024-05-06", "text abc", "integer 12", "real 1.5"];
    same(values, expected.map(str::to_owned).to_vec())?;
    project.expect(&["downgrade", "-1"], 0)?;
    let values = project.query("SELECT typeof(made) || ' ' || made FROM item ORDER BY id")?;
    let expected = ["text 2024-05-06", "text abc", "text 12", "text 1.5"];
    same(values, expected.map(str::to_owned).to_vec())
}
