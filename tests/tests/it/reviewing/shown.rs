//! A difference as Markdown, and what `autogen` shows of its file.

use libtest_mimic::Trial;

use super::{AFTER, BEFORE, at_head};
use crate::cli::json;
use crate::project::Project;
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("reviewing::markdown_of_odd_names", markdown_of_odd_names),
        trial(
            "reviewing::markdown_shows_no_password",
            markdown_shows_no_password,
        ),
    ];
    for on in On::ALL {
        let name = on.name();
        trials.push(trial(
            format!("reviewing::{name}::markdown_of_a_change"),
            move || markdown_of_a_change(on),
        ));
        trials.push(trial(
            format!("reviewing::{name}::autogen_shows_the_difference"),
            move || autogen_shows_the_difference(on),
        ));
    }
    trials
}

fn markdown_of_a_change(on: On) -> Outcome {
    let project = at_head(on)?;
    let clean = project.expect(&["diff", "--format", "markdown"], 0)?;
    if clean.stdout != "No schema difference between `database` and `models`.\n" {
        return Err(clean.stdout.into());
    }
    project.write("models.rs", AFTER)?;
    let ran = project.expect(&["diff", "--format", "markdown"], 0)?;
    let (number, text, index) = match on {
        On::Sqlite => ("INTEGER", "TEXT", "`CREATE INDEX \"ix_item_name\""),
        On::Postgres => ("integer", "text", "`CREATE INDEX \"ix_item_name\""),
        On::MySql => ("int", "text", "``KEY `ix_item_name` (`name`)``"),
    };
    for wanted in [
        "### Schema changes: `database` → `models`\n\n| Operation | Where | From | To |\n",
        "| create table | `owner` |  |  |\n",
        &format!("| drop column | `item.size` | `{number} NOT NULL` |  |\n"),
        &format!("| add column | `item.note` |  | `{text}` |\n"),
        "| alter column | `item.name` | `",
        &format!("| create index | `ix_item_name` of `item` |  | {index}"),
        "**Hazards**\n\n| Change | Hazard | Safe way |\n|---|---|---|\n",
        "| drop column `item.size` | deletes data: every value of `item.size` | ",
        "<details>\n<summary>SQL: upgrade</summary>\n\n```sql\n",
        "<details>\n<summary>SQL: downgrade</summary>\n\n```sql\n",
    ] {
        if !ran.stdout.contains(wanted) {
            return Err(format!("no {wanted:?}\n{}", ran.stdout).into());
        }
    }
    cells_are(&ran.stdout, &[4, 3])
}

/// The tables have rows of that many cells each.
fn cells_are(markdown: &str, wanted: &[usize]) -> Outcome {
    let mut counts: Vec<usize> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        if !line.starts_with('|') {
            inside = false;
            continue;
        }
        let cells = line.replace("\\|", "").matches('|').count() - 1;
        if !inside {
            counts.push(cells);
        } else if counts.last() != Some(&cells) {
            return Err(format!("{cells} cells in {line}").into());
        }
        inside = true;
    }
    match counts == wanted {
        true => Ok(()),
        false => Err(format!("tables of {counts:?} cells\n{markdown}").into()),
    }
}

fn markdown_of_odd_names() -> Outcome {
    let project = Project::new(BEFORE)?;
    project.sql(
        "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, size INTEGER NOT NULL,
           \"a|b\" TEXT DEFAULT '```|\n</details>', \"c`d\" TEXT, \"e\nf <b>\" TEXT);
         CREATE TABLE \"`x|y`\" (id INTEGER PRIMARY KEY)",
    )?;
    let ran = project.expect(&["diff", "--format", "markdown"], 0)?;
    for wanted in [
        "| drop column | `item.a\\|b` | ",
        "| drop column | ``item.c`d`` | `TEXT` |  |\n",
        "| drop column | `item.e`<br>`f <b>` | `TEXT` |  |\n",
        "| drop table | `` `x\\|y` `` |  |  |\n",
        "\n\n````sql\n",
    ] {
        if !ran.stdout.contains(wanted) {
            return Err(format!("no {wanted:?}\n{}", ran.stdout).into());
        }
    }
    cells_are(&ran.stdout, &[4, 3])
}

fn markdown_shows_no_password() -> Outcome {
    let project = at_head(On::Postgres)?;
    let server = project.server().ok_or("no server")?;
    let url = server.url().replacen("postgres@", "postgres:s3cret@", 1);
    if !url.contains("s3cret") {
        return Err(format!("a url of another form: {url}").into());
    }
    for format in ["markdown", "text"] {
        let words = ["diff", "--from", &url, "--format", format];
        let ran = project.expect(&words, 0)?;
        if format!("{}{}", ran.stdout, ran.stderr).contains("s3cret") {
            return Err(ran.stdout.into());
        }
    }
    Ok(())
}

fn autogen_shows_the_difference(on: On) -> Outcome {
    let project = at_head(on)?;
    project.write("models.rs", AFTER)?;
    let words = |more: &[&'static str]| {
        let mut words = vec![
            "autogen",
            "-m",
            "second",
            "--rev-id",
            "aaaa00000002",
            "--fill",
            "item.name=none",
            "--no-rename",
        ];
        words.extend(more);
        words
    };
    let ran = project.expect(&words(&[]), 0)?;
    std::fs::remove_file(project.version("aaaa00000002")?)?;
    let shown = ["  drop column `item.size`\n", "\n--- item\n+++ item\n@@ "];
    let sides = ran.stdout.lines().filter(|line| {
        let quoted = |name: &str| {
            line.contains(&format!("\"{name}\" ")) || line.contains(&format!("`{name}` "))
        };
        (line.starts_with('-') && quoted("size")) || (line.starts_with('+') && quoted("note"))
    });
    let sides = sides.count();
    if !shown.iter().all(|part| ran.stdout.contains(part)) || sides != 2 {
        return Err(ran.stdout.into());
    }
    // A new table was said; it and the statements are shown to who asks.
    if ran.stdout.contains("/dev/null") || ran.stdout.contains("ALTER TABLE") {
        return Err(ran.stdout.into());
    }
    let ran = project.expect(&words(&["-v"]), 0)?;
    std::fs::remove_file(project.version("aaaa00000002")?)?;
    let shown = [
        "--- /dev/null\n+++ owner\n@@ ",
        "\n-- create table `owner`\n",
    ];
    if !shown.iter().all(|part| ran.stdout.contains(part)) {
        return Err(ran.stdout.into());
    }
    let ran = project.expect(&words(&["--format", "json"]), 0)?;
    json(&ran)?;
    Ok(())
}
