//! What is done without the database: which one it would be, and scripts for
//! its own client.
//!
//! It owns the words that are typed for that, and what is said. What stands in
//! a script is the library's.

use aludel::{Direction, Migrator, PlannedRevision, ReplayedHistory, Script};
use aludel_core::dialect::{Dialect, client};
use aludel_core::plan::Statement;
use aludel_core::revision::{self, Revision};
use serde_json::{Value, json};

use crate::commands::current;
use crate::config::Config;
use crate::database;
use crate::error::{Failure, Result};
use crate::runner;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::Versions;

/// What may be said of a database that is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Product {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    #[value(alias = "postgresql")]
    Postgres,
    /// MySQL.
    Mysql,
    /// MariaDB.
    Mariadb,
}

impl Product {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
        }
    }
}

/// The dialect that is said, or that of the database's url, which is not
/// opened. Whether `mysql` is MySQL or MariaDB is what the last migration was
/// proven on; MariaDB where nothing tells.
///
/// # Errors
/// Nothing says which, or a database that this build does not know.
pub(crate) fn dialect(
    said: Option<Product>,
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
) -> Result<&'static dyn Dialect> {
    let Some(product) = said else {
        let found = session.database_url(config);
        let url = found.map_err(|failure| {
            let mut reports = Failure::with_hint(
                "which database it is for is not known",
                "say `--dialect sqlite`, `postgres`, `mysql` or `mariadb`",
            );
            reports.reports.extend(failure.reports);
            reports
        })?;
        let found = database::dialect(&url)?;
        return Ok(match (found.name(), proven_on_mysql(versions)) {
            ("mysql", true) => client::spoken("mysql").unwrap_or(found),
            _ => found,
        });
    };
    let name = product.name();
    client::spoken(name).ok_or_else(|| {
        Failure::with_hint(
            format!("this build knows no `{name}` databases"),
            "build it with the feature of that name",
        )
    })
}

/// Whether the last migration that was proven on either was so on MySQL.
fn proven_on_mysql(versions: &Versions) -> bool {
    let proven = versions.graph.revisions().iter().rev();
    let mut proven = proven.filter_map(|revision| revision.header.proven.as_deref());
    let product = proven.find_map(|text| {
        let mut words = text.split_whitespace();
        words.find(|word| ["mysql", "mariadb"].contains(word))
    });
    product == Some("mysql")
}

/// A migrator that replays.
///
/// # Errors
/// Compiled migrations that are not those of the folder.
pub(crate) fn migrator(
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
) -> Result<Migrator> {
    let migrator = runner::running(session, config, versions)?;
    Ok(match session.scratch_url(config)? {
        Some(scratch) => migrator.scratch(scratch),
        None => migrator,
    })
}

/// What the migrations of the folder make, without what the configuration
/// leaves aside.
///
/// # Errors
/// A file that was not compiled, and what cannot be replayed.
pub(crate) async fn replayed(
    dialect: &'static dyn Dialect,
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
    typed: &str,
) -> Result<ReplayedHistory> {
    let migrator = migrator(session, config, versions)?;
    let all: Vec<&Revision> = versions.graph.revisions().iter().collect();
    runner::refuse_uncompiled(&migrator, &all, typed)?;
    let _progress = session.ui.progress("replaying the migrations");
    let mut history = migrator.replayed_history(dialect).await?;
    history.snapshot = database::without_excluded(&history.snapshot, config)?;
    Ok(history)
}

/// What is to be written into a script.
pub(crate) struct Way<'w> {
    pub(crate) direction: Direction,
    /// `b`, or `a:b`.
    pub(crate) target: &'w str,
    pub(crate) said: Option<Product>,
    pub(crate) format: Format,
}

impl Way<'_> {
    /// The script that goes this way; `with` gives the migrator its limits.
    ///
    /// # Errors
    /// Ends that are none, and what needs the database.
    pub(crate) async fn print(
        &self,
        session: &Session<'_>,
        with: impl FnOnce(Migrator) -> Migrator,
    ) -> Result<()> {
        let config = session.config()?;
        let versions = Versions::load(&config)?;
        let dialect = dialect(self.said, session, &config, &versions)?;
        let (rows, to) = self.ends(session, &config, &versions).await?;
        let graph = &versions.graph;
        let path = match self.direction {
            Direction::Up => graph.upgrade_path(&rows, &to)?,
            Direction::Down => graph.downgrade_path(&rows, &to)?,
        };
        let migrator = with(migrator(session, &config, &versions)?);
        let mut needed: Vec<&Revision> = path.clone();
        if dialect.name() == "sqlite" {
            needed.extend(graph.ancestors(&rows)?);
        }
        let typed = format!("{} --sql {}", self.direction.as_str(), self.target);
        runner::refuse_uncompiled(&migrator, &needed, &typed)?;
        let script = migrator.script(dialect, self.direction, &rows, &to).await?;
        match self.format {
            Format::Json => session.ui.document(&self.document(&script)),
            Format::Text if path.is_empty() => session.ui.note("nothing to run"),
            Format::Text => session.ui.report_raw(&script.text),
        }
        Ok(())
    }

    /// The version rows that it begins with, and where it goes.
    async fn ends(
        &self,
        session: &Session<'_>,
        config: &Config,
        versions: &Versions,
    ) -> Result<(Vec<String>, String)> {
        let graph = &versions.graph;
        let (from, to) = match (self.target.split_once(':'), self.direction) {
            (Some((from, to)), _) => (from.trim(), to.trim()),
            (None, Direction::Up) => ("base", self.target),
            (None, Direction::Down) => return Err(self.no_range(session, versions)),
        };
        let to = match (to, self.direction) {
            ("", Direction::Up) => "head",
            ("", Direction::Down) => "base",
            (to, _) => to,
        };
        let rows = match from {
            "" | "base" => Vec::new(),
            from if graph.needs_database(from) => {
                let rows = current::rows(session, config, versions).await?;
                graph.rows_after_stamp(&rows, &[from])?
            }
            from => graph.rows_after_stamp(&[], &[from])?,
        };
        if to == "current" {
            let rows_now = current::rows(session, config, versions).await?;
            let at = graph.resolve_one("current", &rows_now)?;
            return Ok((rows, at.id().to_owned()));
        }
        let ends: Vec<String> = graph
            .resolve(to, &rows)?
            .iter()
            .map(|r| r.id().to_owned())
            .collect();
        // What a range of an upgrade begins with has to lie below its end.
        let beside = |row: &&String| !graph.holds(&ends, row);
        if self.direction == Direction::Up
            && let Some(row) = rows.iter().find(beside)
            && from != "current"
        {
            graph.range(row, to, &[])?;
        }
        Ok((rows, to.to_owned()))
    }

    /// A downgrade has to be told where it begins.
    fn no_range(&self, session: &Session<'_>, versions: &Versions) -> Failure {
        let target = self.target;
        let heads = versions.graph.effective_heads();
        let from = match heads.as_slice() {
            [one] => *one,
            _ => "FROM",
        };
        Failure::with_hint(
            format!("downgrade with --sql requires <fromrev>:<torev>, and `{target}` is one end"),
            format!(
                "type `{}`; `current:{target}` asks the database where it is",
                session.typed(&format!("downgrade --sql {from}:{target}"))
            ),
        )
    }

    fn document(&self, script: &Script) -> Value {
        let revisions: Vec<Value> = script
            .revisions
            .iter()
            .map(|planned| {
                json!({
                    "id": planned.revision.id(),
                    "message": planned.revision.header.message,
                    "statements": statements(planned),
                })
            })
            .collect();
        json!({
            "direction": self.direction.as_str(),
            "dialect": name(script.dialect),
            "revisions": revisions,
            "script": script.text,
        })
    }
}

/// The name under which a dialect is said.
pub(crate) fn name(dialect: &dyn Dialect) -> String {
    match dialect.name() {
        "mysql" => dialect.title().to_ascii_lowercase(),
        name => name.to_owned(),
    }
}

/// The statements of a revision, as JSON says them.
pub(crate) fn statements(planned: &PlannedRevision) -> Vec<Value> {
    let document = |s: &Statement| json!({ "sql": s.sql, "why": s.why, "alone": s.alone });
    planned.statements.iter().map(document).collect()
}

/// The statements of a revision for people, each under what it is for.
pub(crate) fn listing(planned: &PlannedRevision, dialect: &dyn Dialect) -> String {
    let client = dialect.client();
    let mut text = String::new();
    for statement in &planned.statements {
        if statement.is_rust() {
            text.push_str(&format!("{}\n", statement.sql));
            continue;
        }
        if planned.revision.format == revision::Format::Rust {
            text.push_str(&client::comment(&statement.why));
        }
        if let Some(note) = &statement.note {
            text.push_str(&client::comment(note));
        }
        if statement.alone && client.transactional {
            text.push_str("-- autocommit\n");
        }
        text.push_str(&client.statement(&statement.sql));
    }
    text
}
