//! `merge`.

use aludel_core::revision::{Format as Written, Revision};
use serde_json::json;

use super::revision::empty_file;
use crate::app::Outcome;
use crate::config::{Config, FileFormat};
use crate::error::{Failure, Result};
use crate::file;
use crate::placing::{Placing, named, refuse_no_heads};
use crate::session::Session;
use crate::ui::Format;
use crate::versions::{Versions, ticked};

/// Write a revision that joins branches: it follows several others.
///
/// It needs no database and does nothing by itself; a body may be filled in.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask merge heads
  cargo xtask merge -m \"join wifi and mesh\" ac31 7f20
  cargo xtask merge wifi@head mesh@head --branch-label all")]
pub(crate) struct Args {
    /// What is joined: ids, their beginnings, `label@head`; all heads else.
    #[arg(default_value = "heads")]
    revisions: Vec<String>,
    /// What the revision is about; "merge" and the ids else.
    #[arg(short, long)]
    message: Option<String>,
    /// Join revisions that are no heads any more.
    #[arg(long)]
    splice: bool,
    /// Give the branch that begins here a name. May be given often.
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// The id of the revision; a fresh one else.
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// The format of the file; `[migrations] format` else.
    #[arg(long, value_enum)]
    file_format: Option<FileFormat>,
    /// Print the file; write nothing.
    #[arg(long)]
    dry_run: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let joined = joined(args, &versions)?;
    let ids: Vec<&str> = joined.iter().map(|r| r.id()).collect();
    let message = match &args.message {
        Some(message) => message.clone(),
        None => format!("merge {}", ids.join(" and ")),
    };
    let placing = Placing {
        branch_label: args.branch_label.clone(),
        ..Placing::default()
    };
    let format = args.file_format.unwrap_or(config.file.migrations.format);
    let mut header = file::header_of(&versions, &message, args.rev_id.as_deref())?;
    header.parents = ids.iter().map(|id| (*id).to_owned()).collect();
    header.labels = placing.labels(&versions)?;
    header.dialect = match format {
        FileFormat::Rust => None,
        FileFormat::Sql => Some(dialect(&joined, &config, session)?),
    };
    let new = empty_file(&config, format, &header)?;
    let path = config.shown(&new.path);
    let mut followed = Ok(());
    if !args.dry_run {
        new.write(&config)?;
        followed = file::after::written(session, &config, &new.path, &header);
    }
    match args.format {
        Format::Json => session.ui.document(&json!({
            "revision": header.id,
            "parents": header.parents,
            "path": path,
        })),
        Format::Text if args.dry_run => session.ui.report_raw(&new.text),
        Format::Text => {
            session
                .ui
                .report(format_args!("Generating {path} ... done"));
            session.ui.report(format_args!("  joins {}", ticked(&ids)));
            let left = versions.graph.heads().len() + 1 - ids.len();
            let next = session.typed(if left > 1 {
                "upgrade heads"
            } else {
                "upgrade head"
            });
            session.ui.note(format_args!("Then type `{next}`"));
        }
    }
    followed.map(|()| Outcome::Done)
}

/// What is joined: several, none of which stands on another one.
fn joined<'v>(args: &Args, versions: &'v Versions) -> Result<Vec<&'v Revision>> {
    let mut joined: Vec<&Revision> = Vec::new();
    for name in &args.revisions {
        for revision in named(versions, name)? {
            if !joined.contains(&revision) {
                joined.push(revision);
            }
        }
    }
    if joined.len() < 2 {
        let ids: Vec<&str> = joined.iter().map(|r| r.id()).collect();
        let what = match ids.as_slice() {
            [] => "there is no revision to merge".to_owned(),
            ids => format!("{} is the only revision there is to merge", ticked(ids)),
        };
        return Err(Failure::with_hint(
            what,
            "a merge joins two heads or more; `heads` shows them",
        ));
    }
    let asked: Vec<&str> = joined.iter().map(|r| r.id()).collect();
    versions.graph.rows_after_stamp(&[], &asked)?;
    if !args.splice {
        refuse_no_heads(versions, &joined)?;
    }
    Ok(joined)
}

/// The dialect of a SQL file: that of what it joins, else the database's.
fn dialect(joined: &[&Revision], config: &Config, session: &Session<'_>) -> Result<String> {
    let said = joined.iter().filter(|r| r.format == Written::Sql);
    let mut said: Vec<&String> = said.filter_map(|r| r.header.dialect.as_ref()).collect();
    said.dedup();
    match said.as_slice() {
        [one] => Ok((*one).clone()),
        _ => Ok(session.database_url(config)?.dialect_name().to_owned()),
    }
}
