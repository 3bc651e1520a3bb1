//! A server that keeps the names of tables in small letters, under models and
//! migrations that write them in capitals (`lower_case_table_names`).

use std::path::Path;

use aludel::migration::*;
use aludel::{MigrationFile, Migrations, Migrator};
use aludel_test_servers::{Fresh, Product, Programs, Server};
use libtest_mimic::{Failed, Trial};

use crate::halfway::{down, up};
use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("small_letters::commands", commands),
        trial("small_letters::compiled", compiled),
    ]
}

fn server() -> Result<Server, Failed> {
    Ok(Server::start_with(
        &Programs::find(Product::MySql, Path::new("/"))?,
        &["--lower-case-table-names=1"],
    )?)
}

const MODELS: &str = r#"
use aludel::Model;

#[derive(Model)]
#[table(name = "Node")]
pub struct Node {
    #[column(primary_key)]
    pub id: i64,
    #[column(type = "varchar(20)", index)]
    pub Name: String,
    #[column(references = Node::id)]
    pub Parent: Option<i64>,
}

#[derive(Model)]
#[table(name = "EdgeOf", check("Weight > 0"))]
pub struct Edge {
    #[column(primary_key)]
    pub id: i64,
    #[column(references = Node::id)]
    pub NodeId: i64,
    pub Weight: i64,
}
"#;

const TABLES: &str = "SELECT table_name FROM information_schema.tables \
                      WHERE table_schema = DATABASE() AND table_name NOT LIKE 'aludel%' \
                      ORDER BY 1";

/// The models and the database do not differ, nor do the migrations.
fn in_sync(project: &Project) -> Outcome {
    let again = project.expect(&["autogen", "-m", "again"], 0)?;
    same(again.stderr.contains("no changes detected"), true)?;
    project.expect(&["check", "--strict"], 0)?;
    let side = project.expect(&["diff", "--from", "migrations"], 0)?;
    same(format!("{side:?}").contains("no difference"), true)
}

fn commands() -> Outcome {
    let server = server()?;
    let project = Project::with(Some(Fresh::on(server.url())?), MODELS)?;
    project.edit(
        "aludel.toml",
        "[database]\n",
        "[database]\nversion_table = \"MyVersions\"\n",
    )?;
    let write = |id: &str| project.expect(&["autogen", "-m", "m", "--rev-id", id], 0);
    write("aaaa11111111")?;
    project.expect(&["upgrade"], 0)?;
    same(
        project.query(TABLES)?.join(" ").as_str(),
        "edgeof myversions node",
    )?;
    in_sync(&project)?;

    // Renamed in the model's words, which refers to it from two tables.
    project.edit(
        "models.rs",
        "name = \"Node\"",
        "name = \"Knot\", renamed_from = \"Node\"",
    )?;
    project.edit(
        "models.rs",
        "pub Weight: i64,",
        "pub Weight: i64,\n    #[column(references = Node::id)]\n    pub To: Option<i64>,",
    )?;
    project.sql("INSERT INTO node VALUES (1, 'a', NULL); INSERT INTO edgeof VALUES (1, 1, 1)")?;
    let said = write("aaaa22222222")?;
    same(said.stdout.contains("rename table `node` to `knot`"), true)?;
    project.expect(&["upgrade"], 0)?;
    in_sync(&project)?;
    same(
        project
            .query("SELECT count(*) FROM knot")?
            .join("")
            .as_str(),
        "1",
    )?;

    // A view is seen under whatever name it was made.
    project.sql("CREATE VIEW Names AS SELECT Name FROM Knot")?;
    project.edit("models.rs", "name = \"Knot\"", "name = \"Third\"")?;
    project.edit("models.rs", "from = \"Node\"", "from = \"KNOT\"")?;
    let said = project.expect(&["autogen", "-m", "x"], 2)?;
    same(
        said.stderr.contains("view `names` names table `knot`"),
        true,
    )?;
    project.sql("DROP VIEW names")?;
    write("aaaa33333333")?;
    project.expect(&["upgrade"], 0)?;
    in_sync(&project)?;
    project.expect(&["downgrade", "base"], 0)?;
    same(project.query(TABLES)?.join(" ").as_str(), "myversions")?;

    // What is there as models, and two models that are one table.
    project.expect(&["upgrade"], 0)?;
    let reflected = project.expect(&["reflect"], 0)?.stdout;
    project.write("models.rs", &reflected)?;
    in_sync(&project)?;
    let twin = "#[derive(Model)]\n#[table(name = \"NODE\")]\npub struct Twin {\n    \
                #[column(primary_key)]\n    pub id: i64,\n}\n";
    project.write("models.rs", &format!("{MODELS}\n{twin}"))?;
    let said = project.expect(&["check"], 2)?.stderr.replace('│', " ");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    same(
        said.contains("`NODE` and `Node` are one table on this server"),
        true,
    )
}

const HEADER: &str = "//! m\n//!\n//! Revision ID: aaaa0001\n//! Revises:\n\
                      //! Create Date: 2026-11-20T18:30:12Z\n";

fn there(op: &mut Op) {
    op.create_table("Node", |t| {
        t.column(big_integer("id"));
        t.primary_key(["id"]);
    });
    op.create_table("Edge", |t| {
        t.column(big_integer("A"));
        t.column(big_integer("B"));
        t.foreign_key("fk_a", ["A"], "Node", ["id"]);
    });
    op.bulk_insert("Node", ["id"]).row((1,));
    op.alter_table("Edge", |t| {
        t.create_foreign_key("fk_b", ["B"], "Node", ["id"]);
    });
    if op.has_table("Edge") {
        op.drop_table("Edge");
    }
    op.rename_table("Node", "Knot");
    op.alter_table("Knot", |t| {
        t.add_column(big_integer("More").nullable());
    });
}

fn back(op: &mut Op) {
    if op.has_table("KNOT") && op.has_column("Knot", "More") {
        op.drop_table("Edge");
        op.drop_table("Knot");
    }
}

fn compiled() -> Outcome {
    static FILES: [MigrationFile; 1] = [MigrationFile::rust("aaaa0001_m.rs", HEADER, there, back)];
    let server = server()?;
    let fresh = Fresh::on(server.url())?;
    let migrator = Migrator::new(Migrations::embedded(&FILES));
    up(&migrator, &fresh)??;
    same(fresh.query(TABLES)?.as_str(), "edge\nknot\n")?;
    let keys = "SELECT count(*) FROM information_schema.referential_constraints \
                WHERE constraint_schema = DATABASE() AND referenced_table_name = 'knot'";
    same(fresh.query(keys)?.as_str(), "2\n")?;
    down(&migrator, &fresh, "base")??;
    same(fresh.query(TABLES)?.as_str(), "")
}
