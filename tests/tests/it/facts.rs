//! What a schema written by hand may hold: it must be reflected into models
//! that do not differ, survive a rebuild to the letter, and be built again
//! from the models alone.

use libtest_mimic::{Failed, Trial};

use crate::project::Project;
use crate::rows::content;
use crate::{Outcome, trial};

/// A script of the folder `facts`.
macro_rules! fact {
    ($name:literal) => {
        ($name, include_str!(concat!("facts/", $name, ".sql")))
    };
}

/// A name, and a script that makes the schema.
const FACTS: &[(&str, &str)] = &[
    fact!("collations"),
    fact!("comments"),
    fact!("composite_keys"),
    fact!("conflict_clauses"),
    fact!("copied_table"),
    fact!("defaults"),
    fact!("foreign_key_cycle"),
    fact!("foreign_keys"),
    fact!("generated"),
    fact!("hostile_names"),
    fact!("indexes"),
    fact!("integer_keys"),
    fact!("letter_case"),
    fact!("listed_values"),
    fact!("missing_parent"),
    fact!("named_constraints"),
    fact!("no_key"),
    fact!("quoting_styles"),
    fact!("redundant_uniques"),
    fact!("reserved_words"),
    fact!("said_twice"),
    fact!("self_reference"),
    fact!("table_options"),
    fact!("types"),
    fact!("views_and_triggers"),
    fact!("virtual_tables"),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = FACTS
        .iter()
        .map(|(name, script)| {
            trial(format!("facts::{name}"), move || {
                let project = reflected(script)?;
                rebuilt_and_back(&project)?;
                built_from_nothing(&project)
            })
        })
        .collect();
    trials.push(trial("facts::key_of_130_columns", || {
        let columns = |f: fn(usize) -> String| (0..130).map(f).collect::<Vec<_>>().join(", ");
        let project = reflected(&format!(
            "CREATE TABLE wide ({}, PRIMARY KEY ({}))",
            columns(|i| format!("c{i} INT NOT NULL")),
            columns(|i| format!("c{}", 129 - i)),
        ))?;
        rebuilt_and_back(&project)?;
        built_from_nothing(&project)
    }));
    trials.push(trial("facts::missing_module", || {
        let project = reflected(
            "CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT);
             INSERT INTO a VALUES (1, NULL);
             PRAGMA writable_schema = ON;
             INSERT INTO sqlite_schema VALUES \
             ('table', 'gone', 'gone', 0, 'CREATE VIRTUAL TABLE gone USING nosuch(x)');",
        )?;
        project.expect(&["check"], 0)?;
        Ok(())
    }));
    trials.push(trial("facts::whole_numbers_are_not_bool", || {
        let project =
            reflected("CREATE TABLE a (id INTEGER PRIMARY KEY, b BIGINT, c INT, d BOOL)")?;
        let models = models(&project)?;
        let fields: Vec<&str> = models.lines().filter(|l| l.contains("pub ")).collect();
        let wanted = [
            "id: i64",
            "b: Option<i64>",
            "c: Option<i64>",
            "d: Option<bool>",
        ];
        for field in wanted {
            if !fields.iter().any(|l| l.contains(field)) {
                return Err(format!("no `{field}` in\n{models}").into());
            }
        }
        Ok(())
    }));
    trials
}

/// A project whose models were reflected from its database, and do not differ.
pub(crate) fn reflected(script: &str) -> Result<Project, Failed> {
    let project = Project::new("")?;
    std::fs::remove_file(project.path("models.rs"))?;
    project.sql(script)?;
    std::fs::copy(project.path("app.db"), project.path("start.db"))?;
    project.expect(&["reflect", "--out", "models.rs"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(project)
}

fn models(project: &Project) -> Result<String, Failed> {
    Ok(std::fs::read_to_string(project.path("models.rs"))?)
}

/// Every object's statement, but for quotes and white space.
fn objects(project: &Project) -> Result<Vec<String>, Failed> {
    let statements = project.query(
        "SELECT type || ' ' || name || ' ' || sql FROM sqlite_schema \
         WHERE sql IS NOT NULL AND name NOT LIKE 'aludel\\_%' ESCAPE '\\' \
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1",
    )?;
    let plain = |sql: String| {
        sql.chars()
            .filter(|c| !c.is_whitespace() && !"\"'`[]".contains(*c))
            .collect::<String>()
            .to_lowercase()
    };
    Ok(statements.into_iter().map(plain).collect())
}

/// Says that the project's database has the schema that it had at the start.
pub(crate) fn as_at_the_start(project: &Project) -> Outcome {
    let ran = project.expect(
        &[
            "diff",
            "--from",
            "sqlite:app.db",
            "--to",
            "sqlite:start.db",
            "--format",
            "json",
        ],
        0,
    )?;
    if ran.stdout.contains("\"in_sync\": true") {
        Ok(())
    } else {
        Err(ran.stdout.into())
    }
}

/// Rebuilds every table, and goes back.
pub(crate) fn rebuilt_and_back(project: &Project) -> Outcome {
    let (before, rows) = (objects(project)?, content(project)?);
    let models = models(project)?;
    let mut parts = models.split("#[derive(Model)]\n");
    let mut stricter = parts.next().unwrap_or_default().to_owned();
    for (number, part) in parts.enumerate() {
        stricter.push_str("#[derive(Model)]\n");
        stricter.push_str(&format!(
            "#[table(check(\"1 = 1\", name = \"ck_new_{number}\"))]\n{part}"
        ));
    }
    project.write("models.rs", &stricter)?;
    project.expect(
        &[
            "autogen",
            "-m",
            "rust",
            "--file-format",
            "rust",
            "--dry-run",
        ],
        0,
    )?;
    project.expect(&["autogen", "-m", "rebuild"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    if content(project)? != rows {
        return Err("rows changed on the way up".into());
    }
    project.expect(&["downgrade", "base"], 0)?;
    if content(project)? != rows {
        return Err("rows changed on the way down".into());
    }
    let after = objects(project)?;
    if after != before {
        return Err(format!("was {before:#?}\nis {after:#?}").into());
    }
    as_at_the_start(project)?;
    std::fs::remove_dir_all(project.path("versions"))?;
    std::fs::create_dir(project.path("versions"))?;
    project.write("models.rs", &models)
}

/// Takes out of the start what `reflect` says that no file can make: triggers
/// that name virtual tables.
fn without_left_out(project: &Project) -> Outcome {
    let files = std::fs::read_to_string(project.path("models.sql")).unwrap_or_default();
    for line in files.lines().filter(|line| line.starts_with("-- left out")) {
        let told = line.split("which it names: ").nth(1).unwrap_or_default();
        let (Some(kind), Some(name)) = (told.split(' ').next(), told.split('`').nth(1)) else {
            return Err(format!("nothing is told in `{line}`").into());
        };
        project.sql(&format!("DROP {kind} \"{name}\""))?;
        std::fs::copy(project.path("app.db"), project.path("start.db"))?;
    }
    Ok(())
}

/// Builds the schema of the models in an empty database, and takes it down.
pub(crate) fn built_from_nothing(project: &Project) -> Outcome {
    without_left_out(project)?;
    std::fs::remove_file(project.path("app.db"))?;
    project.expect(&["autogen", "-m", "initial"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    as_at_the_start(project)?;
    project.expect(&["downgrade", "base"], 0)?;
    let left = objects(project)?;
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("left behind: {left:?}").into())
    }
}
