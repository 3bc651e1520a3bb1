//! Columns that get another type: what is asked, what is refused, and what
//! values are afterwards.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("casts::sqlite_refuses_what_does_not_fit", sqlite_refuses),
        trial(
            "casts::sqlite_refuses_on_the_way_back",
            sqlite_refuses_on_the_way_back,
        ),
        trial(
            "casts::sqlite_refuses_what_only_looks_right",
            sqlite_refuses_what_only_looks_right,
        ),
        trial(
            "casts::sqlite_takes_seconds_where_somebody_says_so",
            sqlite_takes_seconds_where_somebody_says_so,
        ),
        trial(
            "casts::sqlite_gives_a_uuid_its_text",
            sqlite_gives_a_uuid_its_text,
        ),
        trial(
            "casts::sqlite_looks_at_the_range",
            sqlite_looks_at_the_range,
        ),
    ];
    for on in On::ALL {
        let name = |what: &str| format!("casts::{}::{what}", on.name());
        trials.push(trial(name("loss_is_asked_for"), move || {
            loss_is_asked_for(on)
        }));
        trials.push(trial(name("a_guess_is_refused"), move || {
            a_guess_is_refused(on)
        }));
        trials.push(trial(
            name("what_comes_back_otherwise_is_said"),
            move || what_comes_back_otherwise_is_said(on),
        ));
        trials.push(trial(name("no_number_is_taken_for_true"), move || {
            no_number_is_taken_for_true(on)
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
    let example = match on {
        On::Sqlite => "unixepoch(",
        On::Postgres => "extract(epoch",
        On::MySql => "unix_timestamp(",
    };
    for words in ["`item.made`", "`using = \"..\"`", "`using_down`", example] {
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

/// A value that no row would lose anything of is not asked about, and one that
/// comes back written otherwise is told.
fn what_comes_back_otherwise_is_said(on: On) -> Outcome {
    let project = made(on, "f64")?;
    project.sql("INSERT INTO item (id, made) VALUES (1, 3), (2, -4);")?;
    project.write("models.rs", &models("i64", ""))?;
    project.expect(&["autogen", "-m", "whole", "--dry-run"], 0)?;
    project.sql("INSERT INTO item (id, made) VALUES (3, 1.5);")?;
    let ran = project.expect(&["autogen", "-m", "whole", "--rows"], 2)?;
    must_say(
        &ran.stderr,
        &["1 row loses digits after the point", "id = 3"],
    )?;
    project.expect(&["autogen", "-m", "whole", "--allow-lossy"], 0)?;
    project.expect(&["upgrade"], 0)?;
    let values = project.query("SELECT made FROM item ORDER BY id")?;
    same(values, vec!["3".into(), "-4".into(), "2".into()])?;
    let written = "not reversible: `downgrade` does not bring back how values of `item.made` were \
                   written";
    project.write("models.rs", &models("String", ""))?;
    let ran = project.expect(&["autogen", "-m", "text"], 0)?;
    if ran.stdout.contains(written) {
        return Err(format!("a number comes back as it was: {}", ran.stdout).into());
    }
    project.expect(&["upgrade"], 0)?;
    project.write("models.rs", &models("f64", ""))?;
    let ran = project.expect(&["autogen", "-m", "number"], 0)?;
    must_say(&ran.stdout, &[written])
}

/// A truth is a number on SQLite and MySQL, where 7 would stay one.
fn no_number_is_taken_for_true(on: On) -> Outcome {
    let project = made(on, "i64")?;
    project.sql("INSERT INTO item (id, made) VALUES (1, 0), (2, 1), (3, 7);")?;
    // A field of truth is content with a number there.
    let said = match on {
        On::Sqlite => "#[column(type = \"boolean\")]",
        On::Postgres | On::MySql => "",
    };
    project.write("models.rs", &models("bool", said))?;
    let ran = project.expect(&["autogen", "-m", "truth", "--rows"], 0)?;
    must_say(&ran.stdout, &["1 row does not fit", "id = 3"])?;
    project.expect(&["upgrade"], 2)?;
    same(
        project.query("SELECT made FROM item ORDER BY id")?,
        vec!["0".into(), "1".into(), "7".into()],
    )?;
    project.sql("DELETE FROM item WHERE id = 3;")?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    let values = project.query("SELECT CASE WHEN made THEN 1 ELSE 0 END FROM item ORDER BY id")?;
    same(values, vec!["0".into(), "1".into()])
}

/// A number other than 0 and 1 is not taken for true.
fn only_a_truth_is_one(on: On) -> Outcome {
    let project = made(on, "String")?;
    project.sql("INSERT INTO item (id, made) VALUES (1, ' Yes '), (2, 'off'), (3, 'perhaps');")?;
    project.write("models.rs", &models("bool", ""))?;
    project.expect(&["autogen", "-m", "truth"], 0)?;
    project.expect(&["upgrade"], 2)?;
    let text = project.query("SELECT concat_ws('', made) FROM item ORDER BY id")?;
    same(text, vec![" Yes ".into(), "off".into(), "perhaps".into()])?;
    project.sql("DELETE FROM item WHERE id = 3;")?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    let values = project.query("SELECT CASE WHEN made THEN 1 ELSE 0 END FROM item ORDER BY id")?;
    same(values, vec!["1".into(), "0".into()])
}

/// SQLite's own CAST makes 2024 of a day and 0 of a word, and without one it
/// keeps them: a value that does not fit stops the run, which says what it is.
fn sqlite_refuses() -> Outcome {
    let project = made(On::Sqlite, "String")?;
    project.sql(
        "INSERT INTO item (id, made) VALUES (1, '2024-05-06'), (2, 'abc'), (3, '12'), (4, '1.5'), \
         (5, ' 7 '), (6, '1e3'), (7, '5.0');",
    )?;
    let text = project.query("SELECT made FROM item ORDER BY id")?;
    project.write("models.rs", &models("i64", ""))?;
    let ran = project.expect(&["autogen", "-m", "number", "--rows"], 0)?;
    must_say(
        &ran.stdout,
        &["3 rows do not fit `INTEGER`", "id = 1, id = 2, id = 4"],
    )?;
    let ran = project.expect(&["upgrade"], 2)?;
    must_say(
        &ran.stderr,
        &[
            "values that do not fit: item.made as INTEGER",
            "`item.made`: 3 rows do not fit `INTEGER`",
            "SELECT * FROM \"item\" WHERE",
            "nothing of this migration was applied",
        ],
    )?;
    same(project.query("SELECT made FROM item ORDER BY id")?, text)?;
    project.sql("DELETE FROM item WHERE id IN (1, 2, 4);")?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    let values = project.query("SELECT typeof(made) || ' ' || made FROM item ORDER BY id")?;
    let expected = ["integer 12", "integer 7", "integer 1000", "integer 5"];
    same(values, expected.map(str::to_owned).to_vec())?;
    project.expect(&["downgrade", "-1"], 0)?;
    let values = project.query("SELECT typeof(made) || ' ' || made FROM item ORDER BY id")?;
    let expected = ["text 12", "text 7", "text 1000", "text 5"];
    same(values, expected.map(str::to_owned).to_vec())
}

/// The way back stops as well where values do not fit what was before, and so
/// does a script for the plain client.
fn sqlite_refuses_on_the_way_back() -> Outcome {
    let project = made(On::Sqlite, "bool")?;
    project.write("models.rs", &models("String", ""))?;
    project.expect(&["autogen", "-m", "text"], 0)?;
    let script = project
        .expect(&["downgrade", "head:-1", "--sql"], 0)?
        .stdout;
    project.expect(&["upgrade"], 0)?;
    project.sql("INSERT INTO item (id, made) VALUES (1, 'true'), (2, 'perhaps');")?;
    let ran = project.expect(&["downgrade", "-1"], 2)?;
    must_say(
        &ran.stderr,
        &[
            "values that do not fit: item.made as BOOLEAN",
            "1 row does not fit",
        ],
    )?;
    let Err(said) = project.sql(&script) else {
        return Err("the script went through".into());
    };
    must_say(
        &format!("{said:?}"),
        &["values that do not fit: item.made as BOOLEAN"],
    )?;
    same(
        project.query("SELECT made FROM item ORDER BY id")?,
        vec!["true".to_owned(), "perhaps".to_owned()],
    )
}

/// What somebody's own expression makes has to be of the type, too; and texts
/// that SQLite would read as days that there are not do not fit.
fn sqlite_refuses_what_only_looks_right() -> Outcome {
    let project = made(On::Sqlite, "String")?;
    project
        .sql("INSERT INTO item (id, made) VALUES (1, '2023-02-30'), (2, '12:00'), (3, 'now');")?;
    let day = "#[column(type = \"date\")]";
    project.write("models.rs", &models("chrono::NaiveDate", day))?;
    let flags = [
        "autogen",
        "-m",
        "day",
        "--allow-lossy",
        "--dry-run",
        "--rows",
    ];
    let ran = project.expect(&flags, 0)?;
    must_say(
        &format!("{}{}", ran.stderr, ran.stdout),
        &["id = 1, id = 2, id = 3"],
    )?;
    let told = "#[column(using = \"CASE id WHEN 1 THEN 'x' ELSE '5' END\", using_down = \"'a'\")]";
    project.write("models.rs", &models("f64", told))?;
    project.expect(&["autogen", "-m", "told"], 0)?;
    let ran = project.expect(&["upgrade"], 2)?;
    must_say(&ran.stderr, &["values that do not fit: item.made as REAL"])?;
    project.sql("DELETE FROM item WHERE id = 1;")?;
    project.expect(&["upgrade"], 0).map(drop)
}

/// The text of a number becomes a number in a column of moments, where it is
/// read as the seconds since 1970.
fn sqlite_takes_seconds_where_somebody_says_so() -> Outcome {
    let project = made(On::Sqlite, "String")?;
    project.sql("INSERT INTO item VALUES (1, '1714953600'), (2, '2024-05-06 01:02:03')")?;
    let key = "#[column(type = \"datetime\", using = \"made\", allow_lossy)]";
    project.write("models.rs", &models("String", key))?;
    project.expect(&["autogen", "-m", "second"], 0)?;
    project.sql("INSERT INTO item VALUES (3, 'soon')")?;
    let failed = project.expect(&["upgrade"], 2)?;
    must_say(&failed.stderr, &["item.made"])?;
    project.sql("DELETE FROM item WHERE id = 3")?;
    project.expect(&["upgrade"], 0)?;
    let found = project.query("SELECT typeof(made) || ' ' || made FROM item ORDER BY id")?;
    let wanted: &[&str] = &["integer 1714953600", "text 2024-05-06 01:02:03"];
    same(
        found.iter().map(String::as_str).collect::<Vec<_>>(),
        wanted.to_vec(),
    )
}

const UUID: &str = "00112233-4455-4677-8899-aabbccddeeff";

/// Bytes that are neither a UUID nor text do not become text.
fn sqlite_gives_a_uuid_its_text() -> Outcome {
    let project = made(On::Sqlite, "Vec<u8>")?;
    let bytes = UUID.replace('-', "");
    project.sql(&format!(
        "INSERT INTO item VALUES (1, x'{bytes}'), (2, CAST('sixteen letters!' AS BLOB)), \
         (3, CAST('Zürich' AS BLOB))"
    ))?;
    project.write("models.rs", &models("String", "#[column(type = \"text\")]"))?;
    project.expect(&["autogen", "-m", "second"], 0)?;
    for odd in ["ff00", "6100", "c041"] {
        project.sql(&format!("INSERT INTO item VALUES (4, x'{odd}')"))?;
        let failed = project.expect(&["upgrade"], 2)?;
        must_say(&failed.stderr, &["item.made"])?;
        project.sql("DELETE FROM item WHERE id = 4")?;
    }
    project.expect(&["upgrade"], 0)?;
    let found = project.query("SELECT made FROM item ORDER BY id")?;
    let wanted: &[&str] = &[UUID, "sixteen letters!", "Zürich"];
    same(
        found.iter().map(String::as_str).collect::<Vec<_>>(),
        wanted.to_vec(),
    )
}

fn sqlite_looks_at_the_range() -> Outcome {
    let project = made(On::Sqlite, "f64")?;
    project.sql("INSERT INTO item VALUES (1, 32767.0), (2, -32768), (3, 32768.0)")?;
    let key = "#[column(type = \"smallint\", allow_lossy)]";
    project.write("models.rs", &models("i16", key))?;
    project.expect(&["autogen", "-m", "second"], 0)?;
    let failed = project.expect(&["upgrade"], 2)?;
    must_say(&failed.stderr, &["item.made"])?;
    project.sql("DELETE FROM item WHERE id = 3")?;
    project.expect(&["upgrade"], 0)?;
    let found = project.query("SELECT typeof(made) || ' ' || made FROM item ORDER BY id")?;
    let wanted: &[&str] = &["integer 32767", "integer -32768"];
    same(
        found.iter().map(String::as_str).collect::<Vec<_>>(),
        wanted.to_vec(),
    )
}

fn must_say(text: &str, words: &[&str]) -> Outcome {
    let line = text.replace(['\n', '│'], " ");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.iter().find(|words| !line.contains(**words)) {
        Some(missing) => Err(format!("no `{missing}` in\n{text}").into()),
        None => Ok(()),
    }
}
