//! The status of a job: a text that becomes an enum, whose values come, get
//! another name and go.

use libtest_mimic::{Failed, Trial};

use super::{at_version, fixture, state};
use crate::cli::says;
use crate::everyday::file;
use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial("squirrel::postgres::a_status_becomes_an_enum", on_postgres),
        trial("squirrel::sqlite::a_status_becomes_an_enum", on_sqlite),
    ]
}

/// The enum, its values one a line.
const STATUS: &str = r#"/// How far a piece of work is.
#[derive(Enum)]
#[db_enum(name = "job_status", rename_all = "snake_case")]
pub enum JobStatus {
    Pending,
    Running,
    Completed,
    Failed,
}

/// A piece of work."#;

/// The models of jobs with an enum.
fn with_status(text: &str) -> Result<String, Failed> {
    let text = super::with(text, "use aludel::Model;", "use aludel::{Enum, Model};")?;
    let text = super::with(&text, "/// A piece of work.", STATUS)?;
    super::with(
        &text,
        "#[column(type = \"varchar(20)\", index, default = \"pending\")]\n    pub status: String,",
        "#[column(index, default = \"pending\")]\n    pub status: JobStatus,",
    )
}

/// Makes the migration and runs it; the models are then those of the database.
fn migrate(project: &Project, id: &str) -> Outcome {
    project.expect(&["autogen", "-m", "status", "--rev-id", id], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0).map(drop)
}

fn statuses(project: &Project) -> Result<String, Failed> {
    Ok(project
        .query("SELECT status FROM job ORDER BY id")?
        .join(" "))
}

/// The values of a type come in their order, one is used in the run that adds
/// it, one is renamed with its rows, and none goes that a row has.
fn on_postgres() -> Outcome {
    let project = at_version(2)?;
    project.expect(&["upgrade", "head"], 0)?;
    let row = |n: u32, status: &str| {
        format!("('00000000-0000-4000-8000-00000000000{n}', 'snapshot', '{status}')")
    };
    project.sql(&format!(
        "INSERT INTO job (id, type, status) VALUES {}, {}, {}",
        row(1, "pending"),
        row(2, "failed"),
        row(3, "bogus")
    ))?;
    let texts = state(&project)?;
    project.write("models_job.rs", &with_status(&fixture("job.rs")?)?)?;
    project.expect(&["autogen", "-m", "status", "--rev-id", "aaaa00000001"], 0)?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &[
            "invalid input value for enum job_status: \"bogus\"",
            "`job.status`: 1 row does not fit `\"job_status\"`",
            "nothing of this migration was applied",
        ],
    )?;
    same(state(&project)?, texts.clone())?;
    project.sql("UPDATE job SET status = 'running' WHERE status = 'bogus'")?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    same(statuses(&project)?.as_str(), "pending failed running")?;
    let lines = state(&project)?;
    for line in [
        "job status job_status t 'pending'::job_status",
        "CREATE INDEX ix_job_status ON public.job USING btree (status)",
        "job_status 4 failed",
    ] {
        same(lines.iter().any(|one| one == line), true)?;
    }

    // A value is added where it stands, and used by what comes next in the run.
    project.edit(
        "models_job.rs",
        "    Running,\n",
        "    Running,\n    Cancelled,\n",
    )?;
    project.expect(&["autogen", "-m", "status", "--rev-id", "aaaa00000002"], 0)?;
    file(
        &project,
        "aaaa00000003_x",
        "-- Revision ID: aaaa00000003\n-- Revises: aaaa00000002\n",
        "UPDATE job SET status = 'cancelled' WHERE status = 'running';",
        "UPDATE job SET status = 'running' WHERE status = 'cancelled';",
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    same(statuses(&project)?.as_str(), "pending failed cancelled")?;
    let values = "SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_enum";
    let named = |project: &Project| Ok::<_, Failed>(project.query(values)?.concat());
    same(
        named(&project)?.as_str(),
        "pending running cancelled completed failed",
    )?;

    let renamed = "    #[db_enum(renamed_from = \"failed\")]\n    Errored,\n";
    project.edit("models_job.rs", "    Failed,\n", renamed)?;
    migrate(&project, "aaaa00000004")?;
    same(statuses(&project)?.as_str(), "pending errored cancelled")?;

    project.edit("models_job.rs", "    Cancelled,\n", "")?;
    let ran = project.expect(&["autogen", "-m", "status", "--rev-id", "aaaa00000005"], 0)?;
    says(&ran, &["`job.status`: 1 row holds `cancelled`"])?;
    let before = state(&project)?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &[
            "`job.status`: 1 row does not fit",
            "nothing of this migration was applied",
        ],
    )?;
    same(state(&project)?, before)?;
    project.sql("UPDATE job SET status = 'completed' WHERE status = 'cancelled'")?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    same(
        named(&project)?.as_str(),
        "pending running completed errored",
    )?;
    same(statuses(&project)?.as_str(), "pending errored completed")?;

    project.expect(&["downgrade", "559e07df8e00"], 0)?;
    same(state(&project)?, texts)?;
    same(statuses(&project)?.as_str(), "pending failed completed")?;
    project.expect(&["downgrade", "base"], 0)?;
    same(
        project
            .query("SELECT count(*) FROM pg_type WHERE typname = 'job_status'")?
            .concat(),
        "0".to_owned(),
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0).map(drop)
}

/// Where there are no enum types it is a check, which is there once, and each
/// change writes the table once.
fn on_sqlite() -> Outcome {
    let job = fixture("job.rs")?.replace("sql(\"now()\")", "sql(\"CURRENT_TIMESTAMP\")");
    let project = Project::new(&job)?;
    migrate(&project, "aaaa00000001")?;
    project.sql(
        "INSERT INTO job (id, type, status) VALUES (x'01', 'a', 'pending'), (x'02', 'a', 'failed')",
    )?;
    project.write("models.rs", &with_status(&job)?)?;
    let mut at = 1;
    let mut step = |status: &str| {
        at += 1;
        let id = format!("aaaa{at:08}");
        migrate(&project, &id)?;
        let text = std::fs::read_to_string(project.version(&id)?)?;
        let (up, down) = text.split_once("-- downgrade").ok_or("a way down")?;
        for way in [up, down] {
            same(way.matches("CREATE TABLE").count(), 1)?;
        }
        let sql = project.query("SELECT sql FROM sqlite_schema WHERE name = 'job'")?;
        same(sql.concat().matches("CHECK").count(), 1)?;
        same(statuses(&project)?.as_str(), status)
    };
    step("pending failed")?;
    project.edit(
        "models.rs",
        "    Running,\n",
        "    Running,\n    Cancelled,\n",
    )?;
    step("pending failed")?;
    let renamed = "    #[db_enum(renamed_from = \"failed\")]\n    Errored,\n";
    project.edit("models.rs", "    Failed,\n", renamed)?;
    step("pending errored")?;
    project.sql("UPDATE job SET status = 'cancelled' WHERE status = 'pending'")?;
    project.edit("models.rs", "    Cancelled,\n", "")?;
    project.expect(&["autogen", "-m", "status", "--rev-id", "aaaa00000009"], 0)?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(&ran, &["1 row", "nothing of this migration was applied"])?;
    same(statuses(&project)?.as_str(), "cancelled errored")?;
    project.sql("UPDATE job SET status = 'completed' WHERE status = 'cancelled'")?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "aaaa00000001"], 0)?;
    same(statuses(&project)?.as_str(), "completed failed")?;
    let sql = project.query("SELECT sql FROM sqlite_schema WHERE name = 'job'")?;
    same(sql.concat().contains("CHECK"), false)
}
