//! A history that is walked: every state is noted on the way up, held to on the
//! way down, and made again; and compared with the schema that another tool
//! made of the same models.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aludel_test_corpus::beside;
use aludel_test_servers::Fresh;
use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};
use sqlx::AssertSqlSafe;

use crate::cli::says;
use crate::everyday::state;
use crate::house::root;
use crate::project::{Project, Ran, block_on, open};
use crate::rows::{Content, Rows, content};
use crate::startup::same;
use crate::{Outcome, trial};

/// A project on its way.
pub(crate) struct Walk {
    pub(crate) project: Project,
    states: Vec<Vec<Vec<String>>>,
}

impl Walk {
    /// The start: nothing is there.
    pub(crate) fn new(on: On, models: &str) -> Result<Self, Failed> {
        let project = Project::on(on, models)?;
        Ok(Self {
            project,
            states: Vec::new(),
        })
    }

    /// Takes the database to these models, as a revision of its own.
    pub(crate) fn to(&mut self, models: &str, more: &[&str]) -> Result<Ran, Failed> {
        self.project.write("models.rs", models)?;
        let ran = self
            .project
            .expect(&[&["autogen", "-m", "step"], more].concat(), 0)?;
        self.project.expect(&["upgrade", "head"], 0)?;
        self.project.expect(&["check"], 0)?;
        self.note()?;
        Ok(ran)
    }

    /// Notes what the database is, after a revision.
    pub(crate) fn note(&mut self) -> Outcome {
        self.states.push(without_order(&state(&self.project)?));
        Ok(())
    }

    /// Goes down one by one, every state as it was on the way up and every row
    /// as it is before the step; then up again.
    pub(crate) fn back_and_again(&self) -> Outcome {
        let (project, states) = (&self.project, &self.states);
        let mut rows = content(project)?;
        for below in states.iter().rev().skip(1).map(Some).chain([None]) {
            project.expect(&["downgrade", "-1"], 0)?;
            let left = content(project)?;
            match below {
                Some(state_below) => {
                    same(&without_order(&state(project)?), state_below)?;
                }
                None => same(left.0.keys().collect::<Vec<_>>(), Vec::new())?,
            }
            kept(&rows, &left)?;
            rows = left;
        }
        project.expect(&["upgrade", "head"], 0)?;
        project.expect(&["check"], 0)?;
        same(Some(&without_order(&state(project)?)), states.last())
    }
}

/// The models of a database; the columns of a table may stand in any order.
fn without_order(models: &str) -> Vec<Vec<String>> {
    let block = |block: &str| {
        let mut lines: Vec<String> = block.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    models.split("\n\n").map(block).collect()
}

/// Every row of a table that both have says the same in the columns that both
/// have.
fn kept(before: &Content, after: &Content) -> Outcome {
    for (name, was) in &before.0 {
        let Some(is) = after.0.get(name) else {
            continue;
        };
        let both: Vec<&String> = was
            .columns
            .iter()
            .filter(|c| is.columns.contains(c))
            .collect();
        let of = |rows: &Rows| -> Vec<BTreeMap<&String, String>> {
            let mut all: Vec<BTreeMap<&String, String>> = rows
                .rows
                .iter()
                .map(|row| {
                    let place = |column: &&String| rows.columns.iter().position(|c| c == *column);
                    both.iter()
                        .filter_map(|column| Some((*column, row[place(column)?].clone())))
                        .collect()
                })
                .collect();
            all.sort();
            all
        };
        if of(was) != of(is) {
            return Err(format!("the rows of `{name}` were {was:?}, and are {is:?}").into());
        }
    }
    Ok(())
}

/// A file of a folder of `fixtures`.
pub(crate) fn fixture(name: &str) -> Result<String, Failed> {
    Ok(std::fs::read_to_string(root().join("fixtures").join(name))?)
}

/// The schema of that name, where real ones lie beside the repository.
fn real(on: On, name: &str) -> Option<PathBuf> {
    let suffix = match on {
        On::Sqlite => "sq",
        On::Postgres => "pg",
        On::MySql => "my",
    };
    let folder = beside(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    Some(folder.join(format!("{name}.{suffix}.sql")))
}

/// A trial that compares with a real schema; where they are not there it is
/// shown as ignored.
pub(crate) fn beside_real_ones(
    name: impl Into<String>,
    run: impl FnOnce() -> Outcome + Send + 'static,
) -> Trial {
    let there = beside(Path::new(env!("CARGO_MANIFEST_DIR"))).is_some();
    trial(name, run).with_ignored_flag(!there)
}

/// A database of that script beside the project's own: its address, and what
/// keeps it.
pub(crate) fn loaded(project: &Project, script: &str) -> Result<(String, Option<Fresh>), Failed> {
    if project.server().is_some() {
        let fresh = Fresh::postgres()?;
        fresh.query(script)?;
        return Ok((fresh.url().to_owned(), Some(fresh)));
    }
    let path = project.path("beside.db");
    let url = format!("sqlite:{}", path.display());
    let script = script.to_owned();
    block_on(async move {
        let _ = std::fs::remove_file(&path);
        let mut connection = open(&path, true).await?;
        sqlx::raw_sql(AssertSqlSafe(script))
            .execute(&mut connection)
            .await?;
        sqlx::Connection::close(connection).await?;
        Ok(())
    })?;
    Ok((url, None))
}

/// The project's database is the same as that real one.
pub(crate) fn is_real(project: &Project, on: On, name: &str) -> Outcome {
    let path = real(on, name).ok_or("no real schemas are there")?;
    let (url, _kept) = loaded(project, &std::fs::read_to_string(path)?)?;
    let ran = project.expect(&["diff", "--from", "database", "--to", &url], 0)?;
    says(&ran, &["no difference"])
}

/// Names that PostgreSQL gives by itself, which is what those schemas have.
pub(crate) fn names_of_postgres(project: &Project) -> Outcome {
    project.edit(
        "aludel.toml",
        "[migrations]",
        "[naming]\nforeign_key = \"{table}_{columns}_fkey\"\nunique = \"{table}_{columns}_key\"\n\n\
         [migrations]",
    )
}
