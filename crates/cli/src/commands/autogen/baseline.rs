//! `autogen --baseline`: the migration that makes what a database has already.
//!
//! It is made from the database, not from the models, so that it is true where
//! it is stamped; what the models want beside it is the next migration.

use aludel_core::dialect::{Snapshot, Unmanaged};
use aludel_core::diff::Renames;
use aludel_core::revision::Header;
use serde_json::json;

use super::super::reflect;
use super::Options;
use crate::app::Outcome;
use crate::compare::{self, Comparison, Difference};
use crate::config::Config;
use crate::error::{Failure, Result};
use crate::file::{self, NewFile, after};
use crate::online::{Making, One};
use crate::placing::Placing;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::{Versions, ticked};
use crate::{database, runner};

/// Writes the file, and says that the database is there.
pub(in crate::commands) async fn write(
    message: &str,
    options: &Options,
    session: &Session<'_>,
) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    refuse_history(&versions, session)?;
    let format = options.file_format.unwrap_or(config.file.migrations.format);
    let url = session.database_url(&config)?;
    let mut connection = database::open(&url).await?;
    let rows = runner::looking(&config, &versions)
        .current(&mut connection)
        .await?;
    let placing = Placing {
        rev_id: id(options.placing.rev_id.as_deref(), &rows, &config)?,
        branch_label: options.placing.branch_label.clone(),
        ..Placing::default()
    };
    let mut header = Header {
        baseline: true,
        ..file::new_header(&versions, message, &placing, format.dialect(&url))?
    };
    let found = database::snapshot(&mut connection, &config).await?;
    if found.schema.tables.is_empty() {
        return Err(Failure::with_hint(
            "the database has no tables, and a baseline makes those that are there",
            format!(
                "an empty database needs none: `{}` writes the first migration",
                session.typed("autogen -m \"...\"")
            ),
        ));
    }
    let dialect = connection.dialect();
    let before = Snapshot {
        server: found.server.clone(),
        ..Snapshot::default()
    };
    let mut comparison = Comparison::new(dialect, config.naming(dialect));
    let wanted = compare::exactly_all(&mut comparison, found.clone());
    let difference = comparison.difference(&before, &wanted, &Renames::default())?;
    difference.refuse_impossible()?;
    if options.sql {
        connection.close().await?;
        return Ok(super::deliver::print_sql(&difference, options, session));
    }
    let making = Making {
        session,
        config: &config,
        comparison: &comparison,
        format,
        dialect: format.dialect(&url),
        prove: !options.no_verify,
        strict: options.strict,
    };
    let one = One {
        versions: &versions,
        before: &before,
        wanted: &wanted,
        difference: &difference,
    };
    let new = making.file(&one, &mut header, Some(&mut connection)).await;
    connection.close().await?;
    let new = new?;
    for thing in reflect::left_out(dialect, &found) {
        if !is_written(&thing, &new.text) {
            let line = reflect::in_a_line(&thing);
            session.ui.warn(format_args!("not in the baseline: {line}"));
        }
    }
    let mut followed = Ok(());
    if !options.dry_run {
        new.write(&config)?;
        followed = after::written(session, &config, &new.path, &header);
        let versions = Versions::load(&config)?;
        let migrator = runner::looking(&config, &versions);
        migrator.stamp(&url, &header.id).await?;
    }
    options.report_baseline(&config, &header, &new, &difference, session);
    followed.map(|()| Outcome::Done)
}

/// Whether what models cannot say stands in the file all the same: a clause of
/// the database's own that goes with what it belongs to.
fn is_written(thing: &Unmanaged, text: &str) -> bool {
    let clause = thing.detail.as_deref().unwrap_or_default();
    clause.starts_with(|sign: char| sign.is_ascii_uppercase()) && text.contains(clause)
}

/// A baseline comes before everything.
fn refuse_history(versions: &Versions, session: &Session<'_>) -> Result<()> {
    let heads = versions.graph.heads();
    if heads.is_empty() {
        return Ok(());
    }
    Err(Failure::with_hint(
        format!(
            "there are revisions already ({}), and a baseline is the first one",
            ticked(&heads)
        ),
        format!(
            "`{}` says that the database is where they lead; `{}` writes what it lacks",
            session.typed("stamp REV"),
            session.typed("autogen")
        ),
    ))
}

/// The id of the baseline: the one that another tool has left in the version
/// table, so that the row stays as it is.
fn id(asked: Option<&str>, rows: &[String], config: &Config) -> Result<Option<String>> {
    let table = config.version_table();
    match (asked, rows) {
        (asked, []) => Ok(asked.map(str::to_owned)),
        (None, [row]) => Ok(Some(row.clone())),
        (Some(asked), [row]) if asked == row => Ok(Some(row.clone())),
        (Some(asked), [row]) => Err(Failure::with_hint(
            format!("`{table}` says that the database is at `{row}`, not at `{asked}`"),
            format!("leave `--rev-id` out, or give `--rev-id {row}`: the row stays as it is"),
        )),
        (_, rows) => Err(Failure::with_hint(
            format!(
                "`{table}` says that the database is at several revisions, {}, and a baseline is one",
                ticked(rows)
            ),
            "let the tool that has written them merge them first (Alembic: `alembic merge heads`, \
             then `alembic upgrade head`)",
        )),
    }
}

impl Options {
    /// What writes a baseline, of that id where one is wanted.
    pub(in crate::commands) fn for_baseline(rev_id: Option<String>) -> Self {
        Self {
            baseline: true,
            placing: Placing {
                rev_id,
                ..Placing::default()
            },
            ..Self::default()
        }
    }

    fn report_baseline(
        &self,
        config: &Config,
        header: &Header,
        new: &NewFile,
        difference: &Difference,
        session: &Session<'_>,
    ) {
        let path = config.shown(&new.path);
        if self.format == Format::Json {
            session.ui.document(&json!({
                "in_sync": difference.is_empty(),
                "operations": difference.document(),
                "revision": header.id,
                "path": path,
                "stamped": !self.dry_run,
            }));
            return;
        }
        if self.dry_run {
            session.ui.report_raw(&new.text);
            return;
        }
        session
            .ui
            .report(format_args!("Generating {path} ... done"));
        for line in difference.entries.iter().flat_map(compare::Entry::lines) {
            session.ui.report(line);
        }
        session.ui.note(format_args!(
            "The database is at `{0}` now. Another one that has these tables is told so with `{1}`; \
             an empty one gets them with `{2}`",
            header.id,
            session.typed(&format!("stamp {}", header.id)),
            session.typed("upgrade head")
        ));
    }
}
