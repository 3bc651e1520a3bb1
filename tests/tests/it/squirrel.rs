//! The history of a service that keeps process variables and snapshots of them,
//! on PostgreSQL: each version of its models, walked by autogen, and what went
//! wrong on the way.
//!
//! `fixtures/squirrel` has the models, some of them as the text of the first
//! version with a few words changed here, the migrations that autogen makes of
//! them, and rows. The schemas that the service really had lie beside the
//! repository.
//!
//! | module | owns |
//! |---|---|
//! | `walk` | the whole history, there and back |
//! | `steps` | single changes, with the rows that are in their way |
//! | `chain` | heads, ids and versions that are not what they should be |
//! | `status` | a text that becomes an enum |

mod chain;
mod status;
mod steps;
mod walk;

use std::fs;
use std::path::PathBuf;

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use crate::Outcome;
use crate::house::root;
use crate::project::Project;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = walk::trials();
    trials.extend(steps::trials());
    trials.extend(chain::trials());
    trials.extend(status::trials());
    trials
}

/// The revisions, by version of the models: the id and the message.
const HISTORY: [(&str, &str); 8] = [
    ("8f6d5390d49b", "initial"),
    ("559e07df8e00", "add job"),
    ("d365210f8676", "indexes for searching"),
    ("61476c608fc3", "rename comment to description"),
    ("c4797e015c4b", "add api_key"),
    ("7cb2f0b7580f", "one active key an application"),
    ("6c1c0c2f8a1b", "addresses may be shared"),
    ("95c2670ff066", "add elog_last_entry"),
];

/// The last version that is in production everywhere.
const HEAD: usize = 7;

/// The head of that version.
const HEAD_ID: &str = HISTORY[HEAD - 1].0;

fn folder() -> PathBuf {
    root().join("fixtures/squirrel")
}

fn fixture(name: &str) -> Result<String, Failed> {
    let path = folder().join(name);
    fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// An empty database, and names as the service has them.
fn started() -> Result<Project, Failed> {
    let project = Project::on(On::Postgres, "")?;
    project.edit(
        "aludel.toml",
        "[migrations]",
        "[naming]\nforeign_key = \"{table}_{columns}_fkey\"\nunique = \"{table}_{columns}_key\"\n\n\
         [migrations]",
    )?;
    Ok(project)
}

/// The same with the models and the migrations of a version.
fn at_version(version: usize) -> Result<Project, Failed> {
    let project = started()?;
    set_models(&project, version)?;
    for (id, _) in HISTORY.iter().take(version) {
        let found = fs::read_dir(folder().join("versions"))?.flatten();
        let of_id = |name: &String| name.starts_with(id);
        let mut names = found.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let name = names.find(of_id).ok_or("every revision has its file")?;
        project.write(
            &format!("versions/{name}"),
            &fixture(&format!("versions/{name}"))?,
        )?;
    }
    Ok(project)
}

/// Text with another part, which must be there.
fn with(text: &str, part: &str, by: &str) -> Result<String, Failed> {
    match text.contains(part) {
        true => Ok(text.replace(part, by)),
        false => Err(format!("there is no `{part}`\n{text}").into()),
    }
}

/// The indexes of the third version, which the sixth has no more.
const PV_INDEXES: &str = r#"#[table(
    name = "pv",
    index(setpoint_address, name = "idx_pv_setpoint_address"),
    index(readback_address, name = "idx_pv_readback_address"),
    index(device, name = "idx_pv_device"),
    index(
        expr = "to_tsvector('english', coalesce(setpoint_address, '') || ' ' || coalesce(readback_address, '') || ' ' || coalesce(device, '') || ' ' || coalesce(description, ''))",
        using = "gin",
        name = "idx_pv_search"
    )
)]"#;

const VALUE_INDEXES: &str = r#"#[table(
    name = "snapshot_value",
    index(pv_name, name = "idx_snapshot_value_pv_name"),
    index(snapshot_id, pv_id, name = "idx_snapshot_value_snapshot_pv")
)]"#;

/// One active key an application, instead of one key.
const ACTIVE_KEY: &str = r#"#[table(
    name = "api_key",
    index(app_name, unique, where = "is_active = TRUE", name = "uq_api_key_app_name_active")
)]"#;

/// The models of a version.
fn set_models(project: &Project, version: usize) -> Outcome {
    let mut models = fixture("v1.rs")?;
    if (3..=5).contains(&version) {
        models = with(&models, "#[table(name = \"pv\")]", PV_INDEXES)?;
        models = with(
            &models,
            "#[table(name = \"snapshot_value\")]",
            VALUE_INDEXES,
        )?;
    }
    if version >= 4 {
        let renamed = "    #[column(renamed_from = \"comment\")]\n    pub description:";
        models = with(&models, "    pub comment:", renamed)?;
    }
    if version >= 7 {
        for name in ["readback_address", "config_address"] {
            let column = |index: &str| format!("{index})]\n    pub {name}:");
            models = with(&models, &column("index(unique)"), &column("index"))?;
        }
    }
    project.write("models.rs", &models)?;
    if version >= 2 {
        project.write("models_job.rs", &fixture("job.rs")?)?;
    }
    if version >= 5 {
        let mut keys = fixture("api_key.rs")?;
        if version >= 6 {
            keys = with(&keys, "#[table(name = \"api_key\")]", ACTIVE_KEY)?;
            keys = with(
                &keys,
                "(type = \"varchar(255)\", unique)",
                "(type = \"varchar(255)\")",
            )?;
        }
        project.write("models_api_key.rs", &keys)?;
    }
    if version >= 8 {
        project.write("models_elog.rs", &fixture("elog.rs")?)?;
    }
    Ok(())
}

/// Has the models say the constraint on the hash, which the service has in its
/// database alone.
fn say_the_drift(project: &Project) -> Outcome {
    project.edit(
        "models_api_key.rs",
        "\"varchar(128)\", index(unique)",
        "\"varchar(128)\", unique, index(unique)",
    )
}

/// Every column, index, constraint and enum value of the database, line by line.
fn state(project: &Project) -> Result<Vec<String>, Failed> {
    project.query(
        "SELECT * FROM (SELECT concat_ws(' ', attrelid::regclass, attname, \
         format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)) AS line, \
         relname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON \
         adrelid = attrelid AND adnum = attnum WHERE attnum > 0 AND NOT attisdropped AND \
         relnamespace = 'public'::regnamespace AND relkind = 'r' \
         UNION ALL SELECT indexdef, tablename FROM pg_indexes WHERE schemaname = 'public' \
         UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(c.oid)), relname \
         FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid \
         WHERE connamespace = 'public'::regnamespace \
         UNION ALL SELECT concat_ws(' ', enumtypid::regtype, enumsortorder, enumlabel), '' \
         FROM pg_enum) all_lines WHERE relname NOT LIKE 'aludel\\_%' ORDER BY line COLLATE \"C\"",
    )
}
