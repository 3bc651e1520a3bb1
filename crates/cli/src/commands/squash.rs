//! `squash`.

use std::collections::BTreeSet;
use std::time::Duration;

use aludel::db::{self, Connection};
use aludel::{BesideSchema, Migrator};
use aludel_core::dialect::Snapshot;
use aludel_core::revision::{Header, Revision, RevisionGraph};
use serde_json::json;

use crate::app::Outcome;
use crate::compare::{self, Comparison, Entry};
use crate::config::{Config, FileFormat};
use crate::error::{Failure, Result};
use crate::file::{self, NewFile};
use crate::proof::Proof;
use crate::scratch::Scratch;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::{Versions, ticked};
use crate::{database, lossy, renames, runner, write};

/// Write one proven migration in the place of a range of them.
///
/// It keeps the id of the last one, so that databases which have run the whole
/// range go on as before, and names the others in its header, so that a
/// database in the middle of the range is told what to do. What the schema
/// does not show, such as rows that were inserted, would be lost: it is named,
/// and nothing is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask squash :head -m \"the first year\"
  cargo xtask squash ac31:7f20 --dry-run
  cargo xtask squash ac31:head --rename node.fw=node.firmware")]
pub(crate) struct Args {
    /// The range, both ends included: `a:b`, `:b`, `a:`.
    #[arg(value_name = "RANGE", allow_hyphen_values = true)]
    range: String,
    /// What the migration is about; the ends of the range else.
    #[arg(short, long)]
    message: Option<String>,
    /// A column, a table, or a value of an enum type, that gets another name in
    /// the range. May be given often.
    #[arg(long, value_name = "A.B=A.C|A=B")]
    rename: Vec<String>,
    /// What goes and what comes in the range are different things.
    #[arg(long)]
    no_rename: bool,
    /// Leave out what the schema does not show.
    #[arg(long)]
    schema_only: bool,
    /// The format of the file; `[migrations] format` else.
    #[arg(long, value_enum)]
    file_format: Option<FileFormat>,
    /// Print the file; write and delete nothing.
    #[arg(long)]
    dry_run: bool,
    /// A file that can only be replayed, not tried in a database, is not
    /// written.
    #[arg(long)]
    strict: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A range that can become one revision.
struct Range<'v> {
    /// In topological order.
    inside: Vec<&'v Revision>,
    /// The one that everything else of it comes to.
    last: &'v Revision,
    /// What it follows, and what it depends on.
    parents: Vec<String>,
    depends_on: Vec<String>,
}

/// What the range makes of a database.
struct Made {
    before: Snapshot,
    after: Snapshot,
    lost: Vec<(String, BesideSchema)>,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let range = Range::read(&args.range, &versions)?;
    let migrator = runner::running(session, &config, &versions)?;
    let path = versions.graph.ancestors(&[range.last.id().to_owned()])?;
    runner::refuse_uncompiled(&migrator, &path, &format!("squash {}", args.range))?;
    range
        .refuse_database_inside(session, &config, &versions)
        .await?;
    let progress = session.ui.progress("squashing");
    let mut scratch = Scratch::empty(session, &config).await?;
    let made = match scratch.connection() {
        Ok(connection) => range.made(connection, &migrator, &config).await,
        Err(failure) => Err(failure),
    };
    let dialect = scratch.connection().map(|c| c.dialect());
    scratch.close().await?;
    let (made, dialect) = (made?, dialect?);
    if !args.schema_only {
        made.refuse_loss()?;
    }
    let told = renames::parse(&args.rename)?;
    let mut comparison = Comparison::new(dialect, config.naming(dialect));
    let wanted = compare::exactly_all(&mut comparison, made.after.clone());
    let difference = comparison.difference(&made.before, &wanted, &told)?;
    if !args.no_rename && !difference.candidates.is_empty() {
        return Err(renames::likely(&difference.candidates).without_document());
    }
    difference.refuse_impossible()?;
    let format = args.file_format.unwrap_or(config.file.migrations.format);
    let mut header = range.header(
        args,
        &versions,
        format.dialect(&session.database_url(&config)?),
    )?;
    let writing = write::Writing::new(dialect, &made.before, &difference)?;
    let below = range.below(&versions)?;
    let proof = Proof {
        comparison: &comparison,
        config: &config,
        versions: &below,
        before: &made.before,
        wanted: &wanted,
        difference: &difference,
        format,
        strict: args.strict,
        session,
    };
    let url = session.database_url(&config)?;
    let mut connection = match url.is_server() {
        true => Some(database::open(&url).await?),
        false => None,
    };
    let new = proof.file(&writing, &mut header, connection.as_mut()).await;
    if let Some(connection) = connection {
        connection.close().await?;
    }
    let new = new?;
    drop(progress);
    let mut followed = Ok(());
    if !args.dry_run {
        range.replace(&new, &config, &versions)?;
        followed = file::after::written(session, &config, &new.path, &header);
    }
    report(args, session, &config, &range, &new, &difference.entries);
    followed.map(|()| Outcome::Done)
}

impl<'v> Range<'v> {
    /// The revisions of the range.
    ///
    /// # Errors
    /// One that has several ends, or that others branch off from.
    fn read(text: &str, versions: &'v Versions) -> Result<Self> {
        let graph = &versions.graph;
        let (from, to) = super::history::parse_range(text)?;
        let inside = graph.range(from, to, &[])?;
        if inside.is_empty() {
            return Err(Failure::with_hint(
                format!("there is no revision in `{text}`"),
                "`history` shows those that there are",
            ));
        }
        let ids: BTreeSet<&str> = inside.iter().map(|r| r.id()).collect();
        let is_end = |r: &&&Revision| graph.dependents(r.id()).iter().all(|id| !ids.contains(id));
        let ends: Vec<&Revision> = inside.iter().filter(is_end).copied().collect();
        let [last] = ends.as_slice() else {
            let ends: Vec<&str> = ends.iter().map(|r| r.id()).collect();
            return Err(Failure::with_hint(
                format!(
                    "`{text}` ends in {} revisions: {}",
                    ends.len(),
                    ticked(&ends)
                ),
                "name one of them as the end of the range",
            ));
        };
        if inside.len() < 2 {
            return Err(Failure::with_hint(
                format!("`{text}` is one revision, `{}`", last.id()),
                "a range has both its ends in it: `a:b`",
            ));
        }
        for revision in inside.iter().filter(|r| r.id() != last.id()) {
            let mut outside = graph.dependents(revision.id()).into_iter();
            if let Some(other) = outside.find(|id| !ids.contains(id)) {
                return Err(Failure::with_hint(
                    format!(
                        "`{other}` needs `{}`, which would be no revision any more",
                        revision.id()
                    ),
                    format!(
                        "end the range at `{}`, or begin it behind it",
                        revision.id()
                    ),
                ));
            }
        }
        let outside = |names: &dyn Fn(&Revision) -> Vec<String>| -> Vec<String> {
            let mut all: Vec<String> = Vec::new();
            for id in inside.iter().flat_map(|r| names(r)) {
                let known = graph.find(&id).map(Revision::id).unwrap_or_default();
                if !ids.contains(known) && !all.contains(&id) {
                    all.push(id);
                }
            }
            all
        };
        Ok(Self {
            parents: outside(&|r| r.header.parents.clone()),
            depends_on: outside(&|r| r.header.depends_on.clone()),
            last,
            inside,
        })
    }

    /// The revisions that stand below it.
    fn below(&self, versions: &Versions) -> Result<Versions> {
        let graph = &versions.graph;
        let mut needed = Vec::new();
        for name in self.parents.iter().chain(&self.depends_on) {
            needed.push(graph.find(name)?.id().to_owned());
        }
        let kept: Vec<Revision> = graph.ancestors(&needed)?.into_iter().cloned().collect();
        let mut below = versions.clone();
        below
            .texts
            .retain(|name, _| kept.iter().any(|r| &r.file_name == name));
        below.graph = RevisionGraph::new(kept)?;
        Ok(below)
    }

    /// Runs what stands below, and then the range, on an empty database.
    async fn made(
        &self,
        connection: &mut Connection<'_>,
        migrator: &Migrator,
        config: &Config,
    ) -> Result<Made> {
        for name in self.parents.iter().chain(&self.depends_on) {
            migrator.upgrade(&mut *connection, name).await?;
        }
        let before = database::snapshot(connection, config).await?;
        let mut now = before.clone();
        let mut lost = Vec::new();
        for revision in &self.inside {
            let found = migrator.beside_schema(connection.dialect(), &now, revision)?;
            lost.extend(found.into_iter().map(|b| (revision.file_name.clone(), b)));
            migrator.upgrade(&mut *connection, revision.id()).await?;
            now = database::snapshot(connection, config).await?;
        }
        // Where nothing was before, rows that are not there now were not made.
        if self.parents.is_empty() && self.depends_on.is_empty() && !rows(connection, &now).await {
            lost.retain(|(_, beside)| !beside.is_about_rows);
        }
        Ok(Made {
            before,
            after: now,
            lost,
        })
    }

    /// Stops where the project's database has run a part of it.
    async fn refuse_database_inside(
        &self,
        session: &Session<'_>,
        config: &Config,
        versions: &Versions,
    ) -> Result<()> {
        let url = session.database_url(config)?;
        if database::is_absent(&url) {
            return Ok(());
        }
        let mut connection = database::open(&url).await?;
        let rows = runner::looking(config, versions)
            .current(&mut connection)
            .await;
        connection.close().await?;
        let rows = rows?;
        let has = |r: &&&Revision| versions.graph.holds(&rows, r.id());
        let run = self.inside.iter().filter(has).count();
        if run == 0 || run == self.inside.len() {
            return Ok(());
        }
        let last = self.last.id();
        Err(Failure::with_hint(
            format!(
                "the database has run {run} of the {} revisions of the range",
                self.inside.len()
            ),
            format!(
                "type `{}` first: it could not go on from the middle",
                session.typed(&format!("upgrade {last}"))
            ),
        ))
    }

    fn header(&self, args: &Args, versions: &Versions, dialect: Option<&str>) -> Result<Header> {
        let first = self.inside.first().map_or("", |r| r.id());
        let message = match &args.message {
            Some(message) => message.clone(),
            None => format!("squash {first} to {}", self.last.id()),
        };
        let all = |names: &dyn Fn(&Header) -> Vec<String>| -> Vec<String> {
            self.inside.iter().flat_map(|r| names(&r.header)).collect()
        };
        let mut squashes = all(&|header| {
            let mut ids = header.squashes.clone();
            ids.push(header.id.clone());
            ids
        });
        squashes.retain(|id| id != self.last.id());
        Ok(Header {
            id: self.last.id().to_owned(),
            parents: self.parents.clone(),
            labels: all(&|header| header.labels.clone()),
            depends_on: self.depends_on.clone(),
            squashes,
            baseline: self.parents.is_empty()
                && self.depends_on.is_empty()
                && self.inside.iter().any(|r| r.header.baseline),
            dialect: dialect.map(str::to_owned),
            ..file::header_of(versions, &message, None)?
        })
    }

    /// Writes the new file, and deletes those that it stands for.
    fn replace(&self, new: &NewFile, config: &Config, versions: &Versions) -> Result<()> {
        let old: Vec<_> = self.inside.iter().map(|r| versions.path(r)).collect();
        if old.contains(&new.path) {
            let shown = config.shown(&new.path);
            let failed = |e| Failure::because(format!("cannot write `{shown}`"), e);
            file::replace(&new.path, &new.text).map_err(failed)?;
        } else {
            new.write(config)?;
        }
        for path in old.iter().filter(|path| **path != new.path) {
            let shown = config.shown(path);
            std::fs::remove_file(path).map_err(|e| {
                Failure::because_with_hint(
                    format!("cannot delete `{shown}`"),
                    "delete the files of the range by hand: one revision stands for them now",
                    e,
                )
            })?;
        }
        Ok(())
    }
}

/// Whether any table has rows.
async fn rows(connection: &mut Connection<'_>, snapshot: &Snapshot) -> bool {
    const TIME: Duration = Duration::from_secs(5);
    let dialect = connection.dialect();
    for table in snapshot.schema.tables.keys() {
        let name = lossy::quoted(dialect, table);
        if db::may_have_rows(connection, &name, TIME).await {
            return true;
        }
    }
    false
}

impl Made {
    fn refuse_loss(&self) -> Result<()> {
        /// More are counted.
        const MOST: usize = 10;
        if self.lost.is_empty() {
            return Ok(());
        }
        let short = |text: &str| match text.char_indices().nth(100) {
            Some((at, _)) => format!("{} ...", &text[..at]),
            None => text.to_owned(),
        };
        let lines = self.lost.iter().take(MOST);
        let mut lines: Vec<String> = lines
            .map(|(file, beside)| format!("{file}: {}", short(&beside.text)))
            .collect();
        if self.lost.len() > MOST {
            lines.push(format!("and {} more", self.lost.len() - MOST));
        }
        Err(Failure::with_hint(
            "the range does more than the schema shows, and that would be lost",
            format!(
                "{}\nleave these out of the range, or give `--schema-only` and write them into the \
                 new file by hand",
                lines.join("\n")
            ),
        ))
    }
}

fn report(
    args: &Args,
    session: &Session<'_>,
    config: &Config,
    range: &Range<'_>,
    new: &NewFile,
    entries: &[Entry],
) {
    let ids: Vec<&str> = range.inside.iter().map(|r| r.id()).collect();
    let path = config.shown(&new.path);
    if args.format == Format::Json {
        session.ui.document(&json!({
            "revision": range.last.id(),
            "squashes": ids,
            "path": path,
        }));
        return;
    }
    if args.dry_run {
        session.ui.report_raw(&new.text);
        return;
    }
    session
        .ui
        .report(format_args!("Generating {path} ... done"));
    for line in entries.iter().flat_map(Entry::lines) {
        session.ui.report(line);
    }
    session
        .ui
        .report(format_args!("  stands for {}", ticked(&ids)));
    let last = range.last.id();
    session.ui.note(format_args!(
        "A database that has run `{last}` goes on as before. One in the middle of the range must \
         run `upgrade {last}` with the files from before; it is told so"
    ));
}
