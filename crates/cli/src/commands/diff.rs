//! `diff`.

mod markdown;
mod side;

use aludel_core::change::Pair;
use aludel_core::dialect::Snapshot;
use aludel_core::diff::{Renames, Wanted};
use serde_json::json;
use similar::TextDiff;

use crate::app::Outcome;
use crate::compare::{self, Comparison, Difference};
use crate::config::Config;
use crate::error::Result;
use crate::objects::Asking;
use crate::session::Session;
use crate::write::Writing;
use crate::{database, renames};
use side::{Home, Named, Side};

/// Show what takes one schema to another.
///
/// A side is `models`, `database`, a database url, `migrations` or
/// `migrations@REV`, or a file of SQL statements. Migrations and files are run
/// in a database of their own: in memory for SQLite, else one that is made on
/// the server and dropped again.
///
/// Two databases of different kinds are compared through models: what `--to`
/// has is written as models, and these are read for the database of `--from`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask diff
  cargo xtask diff --from migrations --to models --format sql
  cargo xtask diff --from migrations --to models --format markdown
  cargo xtask diff --from schema.sql --to sqlite:app.db
  cargo xtask diff --from postgres://localhost/app --to sqlite:app.db")]
pub(crate) struct Args {
    /// What is.
    #[arg(long, default_value = "database", value_name = "SIDE")]
    from: String,
    /// What is wanted.
    #[arg(long, default_value = "models", value_name = "SIDE")]
    to: String,
    /// A column, a table, or a value of an enum type (`mood.sad=mood.low`), that
    /// got another name. May be given often.
    #[arg(long, value_name = "A.B=A.C|A=B")]
    rename: Vec<String>,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: DiffFormat,
}

/// How a difference is reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum DiffFormat {
    /// In words, and line by line in the statements that make the schemas.
    #[default]
    Text,
    /// The statements that take one to the other.
    Sql,
    /// One JSON document.
    Json,
    /// A table of the changes with their hazards, and the statements of both
    /// directions: for a pull request.
    Markdown,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    let config = session.config()?;
    let renames = renames::parse(&args.rename)?;
    let from = Named::read(&args.from, session, &config)?;
    let to = Named::read(&args.to, session, &config)?;
    let names = Pair::new(from.shown(&args.from), to.shown(&args.to));
    let mut home = Home::of(&from, &to, session, &config).await?;
    let from = from.side(session, &config, &mut home).await?;
    let to = to.side(session, &config, &mut home).await?;
    let mut comparing = Comparing {
        session,
        config: &config,
        renames: &renames,
        home: &mut home,
    };
    let (before, difference) = comparing.between(from, to).await?;
    let made = |snapshot: &Snapshot| side::statements(snapshot, home.dialect);
    let statements = Pair::new(made(&before), made(&difference.after));
    home.close().await?;
    if args.format == DiffFormat::Sql {
        difference.refuse_impossible()?;
    } else if let Some(problem) = difference.impossible() {
        session.ui.warn(problem);
    }
    match args.format {
        DiffFormat::Json => session.ui.document(&json!({
            "in_sync": difference.is_empty(),
            "operations": difference.document(),
        })),
        DiffFormat::Sql => session.ui.report_raw(&difference.script()),
        DiffFormat::Markdown => {
            let both = Writing::new(difference.dialect, &before, &difference);
            let back = both.map(|both| compare::script_of(&both.downgrade.plan));
            let back = back.map_err(|failure| failure.summary());
            let text = markdown::text(&names, &difference, &back);
            session.ui.report_raw(&text);
        }
        DiffFormat::Text if difference.is_empty() => session.ui.note("no difference"),
        DiffFormat::Text => {
            for line in difference.entries.iter().flat_map(compare::Entry::lines) {
                session.ui.report(line);
            }
            session.ui.report("");
            session.ui.unified(&unified(&statements, &names));
        }
    }
    Ok(Outcome::Done)
}

/// How two sides are compared.
struct Comparing<'a> {
    session: &'a Session<'a>,
    config: &'a Config,
    renames: &'a Renames,
    home: &'a mut Home,
}

impl Comparing<'_> {
    /// The difference of two sides, and what the first one is.
    async fn between(&mut self, from: Side, to: Side) -> Result<(Snapshot, Difference)> {
        let home = self.home.dialect;
        let hooks = database::hooks(self.session, self.config)?;
        let mut own = Comparison::new(home, self.config.naming(home)).with(hooks);
        let (before, wanted) = match (from, to) {
            (Side::Found(before), Side::Models(models)) => {
                let wanted = models.found_in(home, &before, self.config)?;
                (before, wanted)
            }
            (Side::Found(before), Side::Found(after)) => {
                (before, compare::exactly_all(&mut own, after))
            }
            (Side::Models(models), Side::Models(_)) => {
                let empty = Snapshot::default();
                let wanted = models.wanted;
                let made = self.compared(&empty, &wanted).await?;
                made.refuse_impossible()?;
                (made.after, wanted)
            }
            // What the models leave open is what the other side has.
            (Side::Models(models), Side::Found(after)) => {
                let wanted = models.found_in(home, &after, self.config)?;
                let back = self.compared(&after, &wanted).await?;
                let before = match back.impossible() {
                    None => back.after,
                    Some(_) => compare::made_from(home, &back.wanted, after.server.clone())?,
                };
                (before, compare::exactly_all(&mut own, after))
            }
        };
        let difference = self.compared_with(own, &before, &wanted).await?;
        Ok((before, difference))
    }

    /// What takes one to the other, the server asked where there is one.
    async fn compared(&mut self, before: &Snapshot, wanted: &Wanted) -> Result<Difference> {
        let home = self.home.dialect;
        let hooks = database::hooks(self.session, self.config)?;
        let comparison = Comparison::new(home, self.config.naming(home)).with(hooks);
        self.compared_with(comparison, before, wanted).await
    }

    async fn compared_with(
        &mut self,
        mut comparison: Comparison,
        before: &Snapshot,
        wanted: &Wanted,
    ) -> Result<Difference> {
        let Self {
            session,
            config,
            renames,
            home,
        } = self;
        if let Some(connection) = &mut home.connection {
            let asking = &mut comparison;
            database::settle(session, connection, asking, &before.schema, wanted, renames).await?;
            let asking = Asking::new(session, config);
            asking
                .settle(connection, &mut comparison, before, wanted, renames)
                .await?;
        }
        comparison.difference(before, wanted, renames)
    }
}

/// The statements that make both schemas, line by line.
fn unified(statements: &Pair<String>, names: &Pair<String>) -> String {
    TextDiff::from_lines(&statements.from, &statements.to)
        .unified_diff()
        .header(&names.from, &names.to)
        .to_string()
}
