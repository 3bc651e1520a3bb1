//! A MySQL or MariaDB server that takes anything: values that do not fit
//! become others, and a timestamp gets a default that nobody said. A migration
//! loses nothing in silence there either.

use std::path::Path;

use aludel_test_servers::{Fresh, Product, Programs, Server, query};
use libtest_mimic::{Failed, Trial};

use crate::project::Project;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("loose::mysql", || {
        // A server of its own: what is set is set for everybody.
        let server = Server::start(&Programs::find(Product::MySql, Path::new("/"))?)?;
        query(
            server.url(),
            "SET GLOBAL sql_mode = ''; SET GLOBAL explicit_defaults_for_timestamp = 0",
        )?;
        timestamps_are_what_the_models_say(&server)?;
        values_are_not_cut_short(&server)
    })]
}

fn project(server: &Server, fields: &str) -> Result<Project, Failed> {
    Project::with(Some(Fresh::on(server.url())?), &models(fields))
}

fn models(fields: &str) -> String {
    format!(
        "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"item\")]\npub struct Item {{\n    \
         #[column(primary_key)]\n    pub id: i64,\n    {fields}\n}}\n"
    )
}

fn timestamps_are_what_the_models_say(server: &Server) -> Outcome {
    let project = project(
        server,
        "pub made: chrono::DateTime<chrono::Utc>, pub seen: chrono::DateTime<chrono::Utc>,",
    )?;
    project.expect(&["autogen", "-m", "first"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

fn values_are_not_cut_short(server: &Server) -> Outcome {
    for fields in [
        "#[column(type = \"varchar(2)\")] pub note: Option<String>,",
        "pub note: String,",
    ] {
        let project = project(server, "pub note: Option<String>,")?;
        project.expect(&["autogen", "-m", "first"], 0)?;
        project.expect(&["upgrade", "head"], 0)?;
        project.sql("INSERT INTO item (id, note) VALUES (1, 'long'), (2, NULL)")?;
        project.write("models.rs", &models(fields))?;
        // Without a look at the rows, which would end it here.
        project.expect(&["autogen", "-m", "narrow", "--row-timeout", "0"], 0)?;
        project.expect(&["upgrade", "head"], 2)?;
        let notes = project.query("SELECT ifnull(note, 'NULL') FROM item ORDER BY id")?;
        if notes != ["long", "NULL"] {
            return Err(format!("the rows have changed: {notes:?}").into());
        }
    }
    Ok(())
}
