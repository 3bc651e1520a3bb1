//! `rebase`.

use std::collections::BTreeMap;

use aludel_core::revision::{Revision, RevisionGraph, with_parents};
use serde_json::{Value, json};

use crate::app::Outcome;
use crate::config::Config;
use crate::error::{Failure, Result};
use crate::file;
use crate::placing::named;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::{Versions, ticked};
use crate::{database, runner};

/// Move a branch onto another head, so that there is one line again.
///
/// What the branch has of its own follows that head from now on: the `Revises`
/// line of its first files is changed, and nothing else. Where the project's
/// database has run the branch and not that head, nothing is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask rebase ac31 --onto 7f20
  cargo xtask rebase wifi
  cargo xtask rebase wifi --onto mesh@head --dry-run")]
pub(crate) struct Args {
    /// The branch: its head, its label, or any revision of it.
    branch: String,
    /// The revision that it is to follow; the only other head else.
    #[arg(long, value_name = "REV")]
    onto: Option<String>,
    /// Say what would be changed; change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Change the files whatever the project's database has run.
    #[arg(long)]
    force: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A file that follows something else.
struct Edit<'v> {
    revision: &'v Revision,
    parents: Vec<String>,
    text: String,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let branch = one(&versions, &args.branch)?;
    let onto = onto(args, &versions, branch)?;
    let own = own(&versions, branch, onto)?;
    let edits = edits(&versions, &own, onto)?;
    prove(&versions, &edits)?;
    if !args.force {
        refuse_halfway(session, &config, &versions, &own, onto).await?;
    }
    if !args.dry_run {
        let files = edits.iter();
        let files = files.map(|edit| (versions.path(edit.revision), edit.text.as_str()));
        file::replace_all(&files.collect::<Vec<_>>()).map_err(|(path, error)| {
            let shown = config.shown(&path);
            Failure::because(
                format!("cannot write `{shown}`; no file was changed"),
                error,
            )
        })?;
    }
    report(args, session, &config, &versions, (&own, onto, &edits));
    Ok(Outcome::Done)
}

fn one<'v>(versions: &'v Versions, name: &str) -> Result<&'v Revision> {
    named(versions, name)?;
    Ok(versions.graph.resolve_one(name, &[])?)
}

/// What the branch is to follow.
fn onto<'v>(args: &Args, versions: &'v Versions, branch: &Revision) -> Result<&'v Revision> {
    if let Some(name) = &args.onto {
        return one(versions, name);
    }
    let graph = &versions.graph;
    let above: Vec<&str> = graph.above(branch.id()).iter().map(|r| r.id()).collect();
    let heads = graph.heads().into_iter();
    let others: Vec<&str> = heads
        .filter(|head| *head != branch.id() && !above.contains(head))
        .collect();
    match others.as_slice() {
        [one] => Ok(graph.resolve_one(one, &[])?),
        [] => Err(Failure::with_hint(
            format!("there is no other head than that of `{}`", args.branch),
            "`--onto REV` names what it is to follow",
        )),
        several => Err(Failure::with_hint(
            format!("there are several other heads: {}", ticked(several)),
            "`--onto REV` names what it is to follow",
        )),
    }
}

/// What the branch has of its own.
fn own<'v>(
    versions: &'v Versions,
    branch: &Revision,
    onto: &Revision,
) -> Result<Vec<&'v Revision>> {
    let graph = &versions.graph;
    let own = graph.own_of(branch.id(), onto.id());
    let above = graph.above(branch.id());
    let is_below = graph.own_of(onto.id(), branch.id()).is_empty();
    if own.is_empty() || is_below || above.iter().any(|r| r.id() == onto.id()) {
        return Err(on_one_line(branch, onto));
    }
    let joined = graph.above(onto.id());
    if let Some(merge) = above.iter().find(|r| joined.contains(r)) {
        return Err(Failure::with_hint(
            format!(
                "`{}` and `{}` are joined already, by `{}`",
                branch.id(),
                onto.id(),
                merge.id()
            ),
            "delete that file first if nothing has run it",
        ));
    }
    if let Some(needed) = joined.iter().find(|r| own.contains(r)) {
        return Err(Failure::with_hint(
            format!("`{}` needs `{}` already", needed.id(), onto.id()),
            "a revision of the branch depends on it; mend its `Depends On` line first",
        ));
    }
    Ok(own)
}

fn on_one_line(branch: &Revision, onto: &Revision) -> Failure {
    Failure::with_hint(
        format!("`{}` and `{}` are on one line", branch.id(), onto.id()),
        "there is nothing to move; `history --graph` shows which follows which",
    )
}

/// The files that change: those that follow something else than the branch.
fn edits<'v>(versions: &Versions, own: &[&'v Revision], onto: &Revision) -> Result<Vec<Edit<'v>>> {
    let is_own = |id: &String| own.iter().any(|r| r.id() == id);
    let mut edits = Vec::new();
    for revision in own {
        let before = &revision.header.parents;
        if !before.is_empty() && before.iter().all(is_own) {
            continue;
        }
        let mut parents = vec![onto.id().to_owned()];
        parents.extend(before.iter().filter(|id| is_own(id)).cloned());
        let text = versions.texts.get(&revision.file_name);
        let text = text.map(String::as_str).unwrap_or_default();
        edits.push(Edit {
            revision,
            text: with_parents(text, revision.format, &parents)?,
            parents,
        });
    }
    Ok(edits)
}

/// The history that comes of it is one.
fn prove(versions: &Versions, edits: &[Edit<'_>]) -> Result<()> {
    let mut texts: BTreeMap<&String, &String> = versions.texts.iter().collect();
    for edit in edits {
        texts.insert(&edit.revision.file_name, &edit.text);
    }
    let revisions = texts
        .into_iter()
        .map(|(name, text)| Revision::read(name, text));
    let revisions: aludel_core::Result<Vec<Revision>> = revisions.collect();
    RevisionGraph::new(revisions?)?;
    Ok(())
}

/// Stops where the project's database would be thought to have run what it has
/// not.
async fn refuse_halfway(
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
    own: &[&Revision],
    onto: &Revision,
) -> Result<()> {
    let Ok(url) = session.database_url(config) else {
        return Ok(());
    };
    if database::is_absent(&url) {
        return Ok(());
    }
    let rows = async {
        let mut connection = database::open(&url).await?;
        let rows = runner::looking(config, versions)
            .current(&mut connection)
            .await?;
        connection.close().await?;
        Ok::<_, Failure>(rows)
    };
    let rows = match rows.await {
        Ok(rows) => rows,
        Err(failure) => {
            let why = failure.summary();
            session
                .ui
                .warn(format_args!("nobody has looked at the database: {why}"));
            return Ok(());
        }
    };
    let graph = &versions.graph;
    let has = |id: &str| graph.holds(&rows, id);
    let run: Vec<&str> = own.iter().map(|r| r.id()).filter(|id| has(id)).collect();
    let Some(first) = run.first() else {
        return Ok(());
    };
    if has(onto.id()) {
        return Ok(());
    }
    let up = session.typed(&format!("upgrade {}", onto.id()));
    let down = session.typed(&format!("downgrade {}", graph.undoing(first)));
    Err(Failure::with_hint(
        format!(
            "the database has run {}, and not `{}`, which would come before",
            ticked(&run),
            onto.id()
        ),
        format!("type `{up}` first, or `{down}`; `--force` changes the files all the same"),
    ))
}

fn report(
    args: &Args,
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
    (own, onto, edits): (&[&Revision], &Revision, &[Edit<'_>]),
) {
    let ids: Vec<&str> = own.iter().map(|r| r.id()).collect();
    if args.format == Format::Json {
        let edited: Vec<Value> = edits
            .iter()
            .map(|edit| {
                json!({
                    "id": edit.revision.id(),
                    "path": config.shown(&versions.path(edit.revision)),
                    "from": edit.revision.header.parents,
                    "to": edit.parents,
                })
            })
            .collect();
        session
            .ui
            .document(&json!({ "onto": onto.id(), "moved": ids, "edited": edited }));
        return;
    }
    let verb = if args.dry_run { "Would move" } else { "Moved" };
    session
        .ui
        .report(format_args!("{verb} {} onto `{}`", ticked(&ids), onto.id()));
    for edit in edits {
        let from = match edit.revision.header.parents.as_slice() {
            [] => "<base>".to_owned(),
            parents => parents.join(", "),
        };
        let path = config.shown(&versions.path(edit.revision));
        session.ui.report(format_args!(
            "  {path}: revises {}, not {from}",
            edit.parents.join(", ")
        ));
    }
    if args.dry_run {
        return;
    }
    let first = ids.first().copied().unwrap_or_default();
    session.ui.note(format_args!(
        "They were proven on another schema: `{}` tries them on this one.\nA database that has run \
         `{first}` and not `{}` must run that one too, or go back below `{first}`, before it meets \
         these files",
        session.typed(&format!("verify {first}:")),
        onto.id()
    ));
}
