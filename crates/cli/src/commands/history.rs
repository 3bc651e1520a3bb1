//! `history`.

use aludel_core::revision::Revision;
use serde_json::{Value, json};

use crate::app::Outcome;
use crate::config::Config;
use crate::error::{Failure, Result};
use crate::session::Session;
use crate::ui::Format;
use crate::versions::Versions;

/// List the revisions, newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask history
  cargo xtask history -v -i
  cargo xtask history -r ac31:head
  cargo xtask history -r -2:current")]
pub(crate) struct Args {
    /// Only this range: `a:b`, `a:`, `:b`.
    #[arg(short = 'r', long, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Mark where the database is.
    #[arg(short, long)]
    indicate_current: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let range = args.rev_range.as_deref().map(parse_range).transpose()?;
    let asks_database =
        args.indicate_current || range.is_some_and(|(a, b)| relative(a) || relative(b));
    let current = if asks_database {
        super::current::rows(session, &config).await?
    } else {
        Vec::new()
    };
    let shown = select(&versions, range, &current)?;
    if args.format == Format::Json {
        let revisions: Vec<Value> = shown
            .iter()
            .map(|r| document(r, &config, &versions, &current))
            .collect();
        session.ui.document(&json!({ "revisions": revisions }));
        return Ok(Outcome::Done);
    }
    for revision in shown {
        let line = if session.ui.verbose > 0 {
            long(revision, &config, &versions, &current)
        } else {
            short(revision, &versions, &current)
        };
        session.ui.report(line);
    }
    Ok(Outcome::Done)
}

/// Both ends of `a:b`; an end that is left out is empty.
pub(super) fn parse_range(text: &str) -> Result<(&str, &str)> {
    text.split_once(':').ok_or_else(|| {
        Failure::with_hint(
            format!("`{text}` is no range of revisions"),
            "write `start:end`, `start:` or `:end`",
        )
    })
}

/// Whether an end of a range counts from where the database is.
fn relative(end: &str) -> bool {
    end.starts_with(['+', '-']) || end.starts_with("current")
}

/// The revisions of a range with both its ends, newest first.
pub(super) fn select<'a>(
    versions: &'a Versions,
    range: Option<(&str, &str)>,
    current: &[String],
) -> Result<Vec<&'a Revision>> {
    let graph = &versions.graph;
    let Some((from, to)) = range else {
        return Ok(graph.revisions().iter().rev().collect());
    };
    let to = if to.is_empty() { "heads" } else { to };
    let ids = |target: &str| -> Result<Vec<String>> {
        let found = graph.resolve(target, current)?;
        Ok(found.iter().map(|r| r.id().to_owned()).collect())
    };
    let upper = graph.ancestors(&ids(to)?)?;
    let start = if from.is_empty() {
        Vec::new()
    } else {
        ids(from)?
    };
    let below: Vec<&str> = graph
        .ancestors(&start)?
        .into_iter()
        .map(Revision::id)
        .filter(|id| !start.iter().any(|s| s == id))
        .collect();
    Ok(upper
        .into_iter()
        .rev()
        .filter(|r| !below.contains(&r.id()))
        .collect())
}

/// `parent -> id (head), message`.
fn short(revision: &Revision, versions: &Versions, current: &[String]) -> String {
    let parents = if revision.header.parents.is_empty() {
        "<base>".to_owned()
    } else {
        revision.header.parents.join(", ")
    };
    let message = revision.header.message.lines().next().unwrap_or_default();
    let marks = marks(revision, versions, current);
    format!("{parents} -> {}{marks}, {message}", revision.id())
}

/// All that a header says, with the file.
fn long(revision: &Revision, config: &Config, versions: &Versions, current: &[String]) -> String {
    let header = &revision.header;
    let marks = marks(revision, versions, current);
    let mut lines = vec![format!("Rev: {}{marks}", header.id)];
    let list = |items: &[String]| items.join(", ");
    lines.push(match header.parents.as_slice() {
        [] => "Parent: <base>".into(),
        [parent] => format!("Parent: {parent}"),
        parents => format!("Merges: {}", list(parents)),
    });
    if !header.labels.is_empty() {
        lines.push(format!("Branch names: {}", list(&header.labels)));
    }
    if !header.depends_on.is_empty() {
        lines.push(format!("Also depends on: {}", list(&header.depends_on)));
    }
    lines.push(format!("Path: {}", config.shown(&versions.path(revision))));
    lines.push(format!("Create Date: {}", header.create_date));
    if let Some(proven) = &header.proven {
        lines.push(format!("Proven: {proven}"));
    }
    lines.push(String::new());
    lines.extend(header.message.lines().map(|l| format!("    {l}")));
    lines.push(String::new());
    lines.join("\n")
}

/// ` (head)`, ` (current)`.
fn marks(revision: &Revision, versions: &Versions, current: &[String]) -> String {
    let mut marks = String::new();
    if versions.graph.heads().contains(&revision.id()) {
        marks.push_str(" (head)");
    }
    if current.iter().any(|id| id == revision.id()) {
        marks.push_str(" (current)");
    }
    marks
}

/// One revision in JSON.
fn document(r: &Revision, config: &Config, versions: &Versions, current: &[String]) -> Value {
    json!({
        "id": r.id(),
        "parents": r.header.parents,
        "message": r.header.message,
        "labels": r.header.labels,
        "depends_on": r.header.depends_on,
        "create_date": r.header.create_date,
        "path": config.shown(&versions.path(r)),
        "is_head": versions.graph.heads().contains(&r.id()),
        "is_current": current.iter().any(|id| id == r.id()),
    })
}
