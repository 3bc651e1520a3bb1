//! Values that a migration gives to rows which have none: where they are equal
//! to others, and whom else they wake.

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use crate::project::Project;
use crate::{Outcome, trial};

type Test = (&'static str, fn(On) -> Outcome);

const TESTS: &[Test] = &[
    ("equal_values_are_counted", equal_values_are_counted),
    ("values_of_their_own_pass", values_of_their_own_pass),
    (
        "triggers_that_are_fired_are_told",
        triggers_that_are_fired_are_told,
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let tests = TESTS.iter().flat_map(|(name, run)| {
        On::ALL
            .into_iter()
            .map(move |on| trial(format!("filled::{}::{name}", on.name()), move || run(on)))
    });
    tests.collect()
}

const BEFORE: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "pv", unique(site, code), index(slug, unique, name = "ux_pv_slug"))]
pub struct Pv {
    #[column(primary_key)]
    pub id: i64,
    pub site: i64,
    #[column(type = "varchar(20)")]
    pub code: Option<String>,
    #[column(type = "varchar(20)")]
    pub slug: Option<String>,
}
"#;

const ROWS: &str = "INSERT INTO pv (id, site, code, slug) VALUES \
    (1, 1, 'x', 'a'), (2, 1, NULL, NULL), (3, 1, NULL, NULL), (4, 2, NULL, 'b')";

const SECOND: [&str; 5] = ["autogen", "-m", "second", "--rev-id", "aaaa00000002"];

/// A project with rows.
fn started(on: On) -> Result<Project, Failed> {
    let project = Project::on(on, BEFORE)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa00000001"], 0)?;
    project.expect(&["upgrade"], 0)?;
    project.sql(ROWS)?;
    Ok(project)
}

/// Both columns take no NULL, and rows get these values instead.
fn fill(project: &Project, code: &str, slug: &str) -> Outcome {
    for (column, value) in [("code", code), ("slug", slug)] {
        project.edit(
            "models.rs",
            &format!("varchar(20)\")]\n    pub {column}: Option<String>"),
            &format!("varchar(20)\", fill = {value})]\n    pub {column}: String"),
        )?;
    }
    Ok(())
}

fn has(text: &str, parts: &[&str]) -> Outcome {
    match parts.iter().find(|part| !text.contains(**part)) {
        None => Ok(()),
        Some(part) => Err(format!("`{part}` is not in\n{text}").into()),
    }
}

fn equal_values_are_counted(on: On) -> Outcome {
    let project = started(on)?;
    fill(&project, "\"x\"", "\"b\"")?;
    let said = project.expect(&SECOND, 0)?.stdout;
    has(
        &said,
        &[
            "rows whose `pv.code` is equal once those that are NULL have a value",
            "`pv`: 3 rows have equal `site`, `code`",
            "`pv.slug`: 3 rows are equal",
        ],
    )?;
    let file = std::fs::read_to_string(project.version("aaaa00000002")?)?;
    has(
        &file,
        &["may fail on rows: rows whose `pv.slug` is equal once"],
    )?;
    project.expect(&["upgrade"], 2)?;
    let rows = project.query("SELECT id FROM pv WHERE slug IS NULL OR code IS NULL ORDER BY id")?;
    if rows != ["2", "3", "4"] {
        return Err(format!("the run that failed wrote rows: {rows:?}").into());
    }
    // Without them the same file runs.
    project.sql("DELETE FROM pv WHERE id IN (1, 3, 4)")?;
    if on == On::Sqlite {
        // The file says it in one statement, which is read.
        let plan = project.expect(&["upgrade", "--dry-run"], 0)?.stdout;
        has(&plan, &["`pv.slug`: no row now", "`pv`: no row now"])?;
    }
    project.expect(&["upgrade"], 0)?;
    let row = project.query("SELECT slug FROM pv WHERE code = 'x'")?;
    if row != ["b"] {
        return Err(format!("the row has {row:?}").into());
    }
    project.expect(&["check"], 0)?;
    Ok(())
}

fn values_of_their_own_pass(on: On) -> Outcome {
    let project = started(on)?;
    let own = match on {
        On::MySql => "sql(\"concat('n', id)\")",
        On::Sqlite | On::Postgres => "sql(\"'n' || id\")",
    };
    fill(&project, own, own)?;
    let said = project.expect(&SECOND, 0)?.stdout;
    has(&said, &["`pv`: no row now", "`pv.slug`: no row now"])?;
    project.expect(&["upgrade"], 0)?;
    let slugs = project.query("SELECT slug FROM pv ORDER BY id")?;
    if slugs != ["a", "n2", "n3", "b"] {
        return Err(format!("the rows have {slugs:?}").into());
    }
    Ok(())
}

/// What notes the changes of rows, and what does so for another column alone.
fn triggers(on: On) -> Vec<&'static str> {
    match on {
        On::Sqlite => vec![
            "CREATE TABLE seen (id integer)",
            "CREATE TRIGGER tr_any AFTER UPDATE ON pv BEGIN INSERT INTO seen VALUES (new.id); END",
        ],
        On::Postgres => vec![
            "CREATE TABLE seen (id bigint)",
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             INSERT INTO seen VALUES (new.id); RETURN new; END $$",
            "CREATE TRIGGER tr_any AFTER UPDATE ON pv FOR EACH ROW EXECUTE FUNCTION note()",
            "CREATE TRIGGER tr_site AFTER UPDATE OF site ON pv FOR EACH ROW EXECUTE FUNCTION note()",
        ],
        On::MySql => vec![
            "CREATE TABLE seen (id bigint)",
            "CREATE TRIGGER tr_any AFTER UPDATE ON pv FOR EACH ROW INSERT INTO seen VALUES (new.id)",
            "CREATE TRIGGER tr_new AFTER INSERT ON pv FOR EACH ROW INSERT INTO seen VALUES (new.id)",
        ],
    }
}

/// A server runs the triggers of a table for the rows that are filled; SQLite
/// writes the table again without them.
fn triggers_that_are_fired_are_told(on: On) -> Outcome {
    let project = started(on)?;
    for statement in triggers(on) {
        project.sql(statement)?;
    }
    project.edit(
        "aludel.toml",
        "[database]",
        "[database]\nexclude = [\"seen\"]",
    )?;
    let own = match on {
        On::MySql => "sql(\"concat('n', id)\")",
        On::Sqlite | On::Postgres => "sql(\"'n' || id\")",
    };
    fill(&project, own, own)?;
    let said = project.expect(&SECOND, 0)?.stdout;
    let file = std::fs::read_to_string(project.version("aaaa00000002")?)?;
    project.expect(&["upgrade"], 0)?;
    let seen = project.query("SELECT count(*) FROM seen")?;
    let told = "fires triggers: those of `pv`: `tr_any`";
    if on == On::Sqlite {
        if said.contains("fires triggers") || seen != ["0"] {
            return Err(format!("{seen:?} rows were noted\n{said}").into());
        }
        return Ok(());
    }
    has(&said, &[told])?;
    has(&file, &[told])?;
    for other in ["tr_site", "tr_new"] {
        if file.contains(other) {
            return Err(format!("`{other}` is not fired\n{file}").into());
        }
    }
    // Three rows without a code, two without a slug.
    if seen != ["5"] {
        return Err(format!("{seen:?} rows were noted").into());
    }
    Ok(())
}
