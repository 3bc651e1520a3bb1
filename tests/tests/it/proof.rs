//! Where a migration is tried on a server before it is written, and that
//! nothing of it stays.

use aludel_test_servers::Fresh;
use libtest_mimic::{Failed, Trial};

use crate::project::Project;
use crate::{Outcome, trial};
use aludel_tests::place::On;

const MODEL: &str = "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"item\")]\n\
                     pub struct Item {\n    #[column(primary_key)]\n    pub id: i64,\n    \
                     pub name: String,\n}\n";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("proof::postgres::a_schema_is_enough", a_schema_is_enough),
        trial(
            "proof::postgres::more_than_tables_asks_for_a_database",
            more_than_tables_asks_for_a_database,
        ),
        trial("proof::sqlite::what_fails_says_so", || {
            what_fails_says_so(On::Sqlite)
        }),
        trial("proof::postgres::what_fails_says_so", || {
            what_fails_says_so(On::Postgres)
        }),
        trial("proof::mysql::what_fails_says_so", || {
            what_fails_says_so(On::MySql)
        }),
    ]
}

/// A role that owns the project's database and may make no other.
struct Role {
    name: String,
    project: Project,
}

impl Role {
    fn new() -> Result<Self, Failed> {
        let project = Project::on(On::Postgres, MODEL)?;
        let server = server(&project)?;
        let name = format!("owner_of_{}", server.name());
        server.query(&format!(
            "CREATE ROLE {name} LOGIN; ALTER DATABASE {} OWNER TO {name}; \
             ALTER SCHEMA public OWNER TO {name}",
            server.name()
        ))?;
        let (scheme, rest) = server.url().split_once("://").ok_or("no url")?;
        let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
        let url = format!("{scheme}://{name}@{rest}");
        project.edit("aludel.toml", server.url(), &url)?;
        Ok(Self { name, project })
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        if let Some(server) = self.project.server() {
            let database = server.name();
            let _ = server.query(&format!(
                "ALTER DATABASE {database} OWNER TO CURRENT_USER; \
                 REASSIGN OWNED BY {0} TO CURRENT_USER; DROP OWNED BY {0}; DROP ROLE {0}",
                self.name
            ));
        }
    }
}

fn server(project: &Project) -> Result<&Fresh, Failed> {
    project.server().ok_or_else(|| "no server".into())
}

/// The file of a revision.
fn written(project: &Project, id: &str) -> Result<String, Failed> {
    Ok(std::fs::read_to_string(project.version(id)?)?)
}

fn a_schema_is_enough() -> Outcome {
    let role = Role::new()?;
    let project = &role.project;
    project.expect(&["autogen", "-m", "a", "--rev-id", "00000000000a"], 0)?;
    let text = written(project, "00000000000a")?;
    if !text.contains("Proven: postgres ") {
        return Err(text.into());
    }
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'aludel%'";
    same(&project.query(schemas)?, &["0"])?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0).map(|_| ())
}

fn more_than_tables_asks_for_a_database() -> Outcome {
    let role = Role::new()?;
    let project = &role.project;
    project.sql("CREATE VIEW v AS SELECT 1 AS one")?;
    let words = ["autogen", "-m", "a", "--rev-id", "00000000000a"];
    let strict = project.run(&[&words[..], &["--strict"]].concat())?;
    let reason = "permission denied to create database";
    if strict.code != 2 || !strict.stderr.contains(reason) {
        return Err(format!("{}{}", strict.stdout, strict.stderr).into());
    }
    let ran = project.expect(&words, 0)?;
    let text = written(project, "00000000000a")?;
    let (warned, noted) = (ran.stderr.contains(reason), "Proven: replay only (");
    if !warned || !text.contains(noted) || !text.contains(reason) {
        return Err(format!("{}\n{text}", ran.stderr).into());
    }
    Ok(())
}

/// A default that the database does not take is found before a file is written,
/// also where it would only be found by the first row.
fn what_fails_says_so(on: On) -> Outcome {
    let project = Project::on(on, MODEL)?;
    let default = "    #[column(default = sql(\"no_such_function()\"))]\n    pub name";
    project.edit("models.rs", "    pub name", default)?;
    let ran = project.run(&["autogen", "-m", "a"])?;
    let said = ["the migration was not written", "no_such_function"];
    if ran.code != 2 || said.iter().any(|word| !ran.stderr.contains(word)) {
        return Err(format!("ended with {}\n{}", ran.code, ran.stderr).into());
    }
    let files = std::fs::read_dir(project.path("versions"))?.count();
    same(&[files.to_string()], &["0"])
}

fn same(found: &[String], expected: &[&str]) -> Outcome {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{found:?}, not {expected:?}").into())
    }
}
