//! `show`.

use aludel::{Direction, PlannedRevision};
use aludel_core::dialect::Dialect;
use aludel_core::revision::Revision;
use serde_json::{Value, json};

use super::current;
use crate::app::Outcome;
use crate::config::Config;
use crate::describe::Describe;
use crate::error::Result;
use crate::offline::{self, Product};
use crate::runner;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::Versions;

/// Show what is known of revisions: all that the header says, and the file.
///
/// With `-v` also the text of the file, with `--sql` what it runs in both
/// directions: told from the migrations below it, without the database.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask show head
  cargo xtask show ac31 -v
  cargo xtask show current
  cargo xtask show wifi@head-1
  cargo xtask show ac31 --sql --dialect postgres")]
pub(crate) struct Args {
    /// Ids, their beginnings, labels, `head`, `heads`, `current`, `-1` ...
    #[arg(default_value = "heads", allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// Also the statements of its upgrade and its downgrade.
    #[arg(long)]
    sql: bool,
    /// For which database; else the one of the url.
    #[arg(long, value_enum, requires = "sql", value_name = "NAME")]
    dialect: Option<Product>,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let names: Vec<&str> = args.revisions.iter().map(String::as_str).collect();
    let rows = current::rows_for(&names, session, &config, &versions).await?;
    let mut shown: Vec<&Revision> = Vec::new();
    for name in names {
        for revision in versions.graph.resolve(name, &rows)? {
            if !shown.contains(&revision) {
                shown.push(revision);
            }
        }
    }
    let describe = Describe::new(session, &config, &versions, &rows);
    let told = match args.sql {
        true => Some(Told::of(args, session, &config, &versions, &shown).await?),
        false => None,
    };
    if args.format == Format::Json {
        let revisions: Vec<Value> = shown
            .iter()
            .enumerate()
            .map(|(at, r)| {
                let mut document = describe.document(r);
                if let Some(fields) = document.as_object_mut() {
                    fields.insert(
                        "text".into(),
                        versions.texts.get(&r.file_name).cloned().into(),
                    );
                    if let Some(told) = &told {
                        fields.insert("sql".into(), told.document(at));
                    }
                }
                document
            })
            .collect();
        session.ui.document(&json!({ "revisions": revisions }));
        return Ok(Outcome::Done);
    }
    for (at, revision) in shown.into_iter().enumerate() {
        session.ui.report(describe.long(revision));
        let text = versions.texts.get(&revision.file_name);
        if let Some(text) = text.filter(|_| session.ui.verbose > 0) {
            session.ui.report(text);
        }
        if let Some(told) = &told {
            session.ui.report_raw(&told.text(at));
        }
    }
    Ok(Outcome::Done)
}

/// What revisions run, up and, where they can be undone, down.
struct Told {
    dialect: &'static dyn Dialect,
    list: Vec<(PlannedRevision, Option<PlannedRevision>)>,
}

impl Told {
    async fn of(
        args: &Args,
        session: &Session<'_>,
        config: &Config,
        versions: &Versions,
        shown: &[&Revision],
    ) -> Result<Self> {
        let dialect = offline::dialect(args.dialect, session, config, versions)?;
        let migrator = offline::migrator(session, config, versions)?;
        let typed = format!("show {} --sql", args.revisions.join(" "));
        let mut needed = shown.to_vec();
        if dialect.name() == "sqlite" {
            let ids: Vec<String> = shown.iter().map(|r| r.id().to_owned()).collect();
            needed = versions.graph.ancestors(&ids)?;
        }
        runner::refuse_uncompiled(&migrator, &needed, &typed)?;
        let mut list = Vec::new();
        for revision in shown {
            let up = migrator
                .statements_offline(dialect, revision, Direction::Up)
                .await?;
            let down = match migrator.can_undo(dialect, revision)? {
                true => Some(
                    migrator
                        .statements_offline(dialect, revision, Direction::Down)
                        .await?,
                ),
                false => None,
            };
            list.push((up, down));
        }
        Ok(Self { dialect, list })
    }

    fn text(&self, at: usize) -> String {
        let Some((up, down)) = self.list.get(at) else {
            return String::new();
        };
        let down = match down {
            Some(down) => offline::listing(down, self.dialect),
            None => "-- it cannot be undone\n".to_owned(),
        };
        let up = offline::listing(up, self.dialect);
        format!("\n-- upgrade\n{up}\n-- downgrade\n{down}")
    }

    fn document(&self, at: usize) -> Value {
        let pair = self.list.get(at);
        json!({
            "dialect": offline::name(self.dialect),
            "upgrade": pair.map(|(up, _)| offline::statements(up)),
            "downgrade": pair.and_then(|(_, down)| down.as_ref()).map(offline::statements),
        })
    }
}
