//! Databases of it that a program made at its start, taken over; and the
//! program that prepares one.

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use super::{models, started};
use crate::cli::{json, says};
use crate::everyday::current;
use crate::project::Project;
use crate::rows::content;
use crate::startup::same;
use crate::walked::{Walk, fixture, loaded, names_of_postgres};
use crate::{Outcome, trial};

pub(super) fn trials() -> Vec<Trial> {
    let name = |what: &str| format!("ibutsu::postgres::{what}");
    vec![
        trial(name("a_database_without_a_version"), without_a_version),
        trial(name("a_database_of_before"), of_before),
        trial(name("a_text_that_is_no_uuid"), no_uuid),
        trial(name("a_program_that_prepares"), a_program),
    ]
}

/// The chain of four versions, and a database at its head.
fn chain() -> Result<Walk, Failed> {
    let mut walk = started(On::Postgres)?;
    for version in 2..=4 {
        walk.to(&models(version)?, &[])?;
    }
    Ok(walk)
}

/// The tables of the first version with nothing that says so: the first
/// statement is refused with the way out, and nothing is made.
fn without_a_version() -> Outcome {
    let walk = chain()?;
    let project = &walk.project;
    let first = project.expect(&["history", "--format", "json"], 0)?;
    let first = json(&first)?["revisions"]
        .as_array()
        .and_then(|all| all.last()?["id"].as_str().map(str::to_owned))
        .ok_or("no revisions")?;
    let script = project.expect(&["upgrade", "--sql", &first], 0)?.stdout;
    let (url, kept) = loaded(project, &script)?;
    let fresh = kept.ok_or("no server")?;
    fresh.query("DROP TABLE aludel_version, aludel_log, aludel_status, aludel_step")?;
    let at = |words: &[&str], code: i32| {
        project.expect(&[words, &["--database-url", &url]].concat(), code)
    };
    let ran = at(&["upgrade", "head"], 2)?;
    let hint = format!("`stamp {first}` says so");
    says(
        &ran,
        &[
            "already exists",
            &hint,
            "nothing of this migration was applied",
        ],
    )?;
    same(fresh.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'aludel%'")?.trim(), "13")?;
    same(at(&["current"], 0)?.stdout.trim(), "")?;
    at(&["stamp", &first], 0)?;
    at(&["upgrade", "head"], 0)?;
    at(&["check"], 0)?;
    Ok(())
}

/// What differs, as `check` says it.
fn differences(project: &Project) -> Result<Vec<String>, Failed> {
    let found = json(&project.expect(&["check", "--format", "json"], 1)?)?;
    let operations = found["operations"].as_array().ok_or("no operations")?;
    Ok(operations
        .iter()
        .filter_map(|operation| operation["describe"].as_str().map(str::to_owned))
        .collect())
}

/// A database that nine upgrades at the start of a program made: all that
/// differs and nothing else, and no row is left without a value.
fn of_before() -> Outcome {
    let project = Project::on(On::Postgres, &models(4)?)?;
    names_of_postgres(&project)?;
    project.sql(&fixture("ibutsu/before_v0.sql")?)?;
    project.sql(&fixture("ibutsu/before_v9.sql")?)?;
    project.sql(
        "INSERT INTO users (id, email, is_superadmin, is_active) VALUES \
         ('22222222-0000-4000-8000-000000000001', 'a@x.test', NULL, true)",
    )?;
    let mut found = differences(&project)?;
    found.sort();
    let mut wanted = vec![
        "drop table `meta`".to_owned(),
        "alter foreign key `import_files_import_id_fkey` of `import_files`".to_owned(),
        // The models say these names, and nobody else looks at names.
        "rename foreign key `dashboards_project_id_fkey` of `dashboards` to \
         `fk_dashboards_project_id`"
            .to_owned(),
        "rename foreign key `projects_default_dashboard_id_fkey` of `projects` to \
         `fk_project_default_dashboard`"
            .to_owned(),
    ];
    for column in [
        "artifacts.upload_date",
        "imports.created",
        "results.start_time",
        "runs.created",
        "runs.start_time",
        "users.is_superadmin",
        "users.is_active",
    ] {
        let default = match column {
            "imports.created" => ", default",
            _ => "",
        };
        wanted.push(format!("alter column `{column}` (NOT NULL{default})"));
    }
    for (verb, index, table) in [
        ("add", "ix_artifacts_run_id", "to `artifacts`"),
        (
            "add",
            "ix_widget_configs_dashboard_id",
            "to `widget_configs`",
        ),
        ("drop", "ix_results_requirements", "from `results`"),
        ("drop", "ix_results_tags", "from `results`"),
        ("drop", "ix_runs_tags", "from `runs`"),
    ] {
        wanted.push(format!("{verb} index `{index}` {table}"));
    }
    wanted.sort();
    same(found, wanted)?;
    let ran = project.expect(&["autogen", "-m", "as the models say"], 2)?;
    says(
        &ran,
        &["`users.is_superadmin` is to be NOT NULL, and 1 row is NULL"],
    )?;
    // A file from elsewhere, where the row was not yet there.
    project.sql("UPDATE users SET is_superadmin = false")?;
    project.expect(
        &[
            "autogen",
            "-m",
            "as the models say",
            "--rev-id",
            "aaaa00000001",
        ],
        0,
    )?;
    project.sql("UPDATE users SET is_superadmin = NULL")?;
    let before = content(&project)?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(&ran, &["users.is_superadmin", "1 row is NULL"])?;
    same(content(&project)? == before, true)?;
    same(current(&project)?, String::new())?;
    std::fs::remove_file(project.version("aaaa00000001")?)?;
    let fill = ["--fill", "users.is_superadmin=sql:false"];
    project.expect(
        &[&["autogen", "-m", "as the models say"], &fill[..]].concat(),
        0,
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    same(
        project.query("SELECT is_superadmin FROM users")?,
        vec!["f".to_owned()],
    )
}

/// A column of texts becomes one of keys: a text that is none is counted when
/// the file is written, and stops it when it runs.
fn no_uuid() -> Outcome {
    let project = Project::on(On::Postgres, "")?;
    project.sql(&fixture("ibutsu/before_v0.sql")?)?;
    project.sql(
        "INSERT INTO projects (id, name, owner_id) VALUES \
         ('c6fd19a7-858a-4226-8c27-d8fa7ddf6d0c', 'p', '22222222-0000-4000-8000-000000000001'), \
         ('3915c900-85fc-1222-833c-10d51af56f2e', 'q', 'not-a-uuid')",
    )?;
    let text = project.expect(&["reflect"], 0)?.stdout;
    project.write("models.rs", &text)?;
    project.edit(
        "models.rs",
        "owner_id: Option<String>",
        "owner_id: Option<uuid::Uuid>",
    )?;
    let ran = project.expect(&["autogen", "-m", "owners", "--rev-id", "aaaa00000006"], 0)?;
    says(&ran, &["`projects.owner_id`: 1 row does not fit `uuid`"])?;
    let file = std::fs::read_to_string(project.version("aaaa00000006")?)?;
    same(file.contains("USING \"owner_id\"::uuid"), true)?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &["invalid input syntax for type uuid: \"not-a-uuid\""],
    )?;
    same(current(&project)?, String::new())?;
    let owners = "SELECT coalesce(owner_id::text, 'none') FROM projects ORDER BY name";
    let one = "22222222-0000-4000-8000-000000000001".to_owned();
    same(
        project.query(owners)?,
        vec![one.clone(), "not-a-uuid".to_owned()],
    )?;
    project.sql("UPDATE projects SET owner_id = NULL WHERE name = 'q'")?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    same(project.query(owners)?, vec![one, "none".to_owned()])?;
    project.expect(&["downgrade", "base"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    Ok(())
}

/// What is run before the application is started: without migrations it is
/// told so and can be made to stop, a server that is not there is named without
/// the password, and where all is done it says where the database is.
fn a_program() -> Outcome {
    let project = Project::on(On::Postgres, &models(1)?)?;
    project.write("versions/.gitkeep", "")?;
    let words = ["`versions` holds no migrations", "autogen -m"];
    says(
        &project.expect(&["upgrade", "head", "--strict"], 2)?,
        &words,
    )?;
    says(&project.expect(&["upgrade", "head"], 0)?, &words)?;
    same(content(&project)?.0.len(), 0)?;
    project.expect(
        &["autogen", "-m", "baseline", "--rev-id", "cacecc4f1237"],
        0,
    )?;
    let nobody = "postgres://me:se%25cret@localhost:1/none";
    let ran = project.expect(&["upgrade", "head", "--database-url", nobody], 2)?;
    says(&ran, &["cannot be opened"])?;
    for secret in ["se%25cret", "se%cret"] {
        same(
            ran.stderr.contains(secret) || ran.stdout.contains(secret),
            false,
        )?;
    }
    let ran = project.expect(&["upgrade", "head"], 0)?;
    says(&ran, &["Running upgrade -> cacecc4f1237, baseline"])?;
    let ran = project.expect(&["upgrade", "head"], 0)?;
    says(&ran, &["nothing to run: the database is at `cacecc4f1237`"])
}
