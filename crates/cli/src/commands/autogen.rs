//! `autogen`.

pub(super) mod baseline;
mod deliver;
mod start;

use aludel::db::Url;
use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::diff::{self, RenameCandidate, Renames, Wanted};
use aludel_core::operation::Operation;
use serde_json::json;

use self::start::Start;
use crate::app::Outcome;
use crate::compare::{self, Comparison, Difference};
use crate::config::{Config, FileFormat};
use crate::error::{Failure, Result};
use crate::file;
use crate::hooks::Rewriting;
use crate::objects::Asking;
use crate::offline::{self, Product};
use crate::online::{Making, One, Whole};
use crate::placing::Placing;
use crate::session::Session;
use crate::ui::Format;
use crate::versions::Versions;
use crate::{ask, database, fills, lossy, models, online, renames, rows};

/// Write the migration that takes the database to the models.
///
/// The file is proven before it is written: upgraded, compared with the
/// models, downgraded and compared with the start, on a copy of the schema: in
/// memory for SQLite, else in a transaction that is rolled back, in a database
/// that is made on the same server and dropped again, or in `[database]
/// scratch_url`. Where nothing differs, nothing is written. Rows of the database
/// that would make a change fail are counted; what rows get that a NOT NULL
/// column leaves without a value is asked for. What changes is said in words and
/// line by line; with `-v` new and dropped tables are shown in full, and so are
/// the statements.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask autogen -m \"add route_return to traceroute\"
  cargo xtask autogen -m \"rename\" --rename node.fw=node.firmware
  cargo xtask autogen -m \"require a name\" --fill node.name=unknown
  cargo xtask autogen -m \"look\" --sql --rows
  cargo xtask autogen -m \"without a database\" --offline
  cargo xtask autogen -m \"add channels\" --head wifi@head
  cargo xtask autogen -m \"what there was\" --baseline")]
pub(crate) struct Args {
    /// What the migration is about.
    #[arg(short, long)]
    message: String,
    #[command(flatten)]
    options: Options,
}

/// What `autogen` and `revision --autogenerate` share.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Print the statements; write nothing.
    #[arg(long)]
    pub(crate) sql: bool,
    /// Print the file; write nothing.
    #[arg(long, conflicts_with = "sql")]
    dry_run: bool,
    /// A column, a table, or a value of an enum type (`mood.sad=mood.low`), that
    /// got another name. May be given often.
    #[arg(long, value_name = "A.B=A.C|A=B")]
    rename: Vec<String>,
    /// What goes and what comes are different things: rename nothing else.
    #[arg(long)]
    no_rename: bool,
    /// Values may lose something where a column gets another type: digits, the
    /// time of day.
    #[arg(long)]
    allow_lossy: bool,
    /// What rows that exist already get in a column that takes no NULL, as
    /// `fill` in the model would say it; `t.c=sql:EXPR` for an expression. May be
    /// given often.
    #[arg(long, value_name = "T.C=VALUE")]
    fill: Vec<String>,
    /// Make the change in steps that lock no table in use for long, each a
    /// revision where that is needed (PostgreSQL, MySQL); `[migrations] online`
    /// asks for it always.
    #[arg(long)]
    online: bool,
    /// The first revision, for a database that has its tables already: it makes
    /// all that is there, and the database is stamped with it. Elsewhere it runs
    /// on an empty database alone.
    #[arg(long, conflicts_with_all = ["online", "offline", "rename", "fill", "empty", "head", "splice"])]
    baseline: bool,
    /// Compare the models with what the migrations make; open no database. The
    /// file is proven in memory for SQLite, else in `[database] scratch_url`, or
    /// by replay only.
    #[arg(long, conflicts_with_all = ["baseline", "rows"])]
    offline: bool,
    /// Which database the migrations are for; else the one of the url.
    #[arg(long, value_enum, requires = "offline", value_name = "NAME")]
    dialect: Option<Product>,
    /// Write the file without proving it.
    #[arg(long)]
    no_verify: bool,
    /// A file that can only be replayed, not tried in a database, is not
    /// written.
    #[arg(long)]
    strict: bool,
    /// Write a file even if nothing differs.
    #[arg(long)]
    empty: bool,
    #[command(flatten)]
    pub(crate) placing: Placing,
    /// The format of the file; `[migrations] format` else.
    #[arg(long, value_enum)]
    pub(crate) file_format: Option<FileFormat>,
    #[command(flatten)]
    rows: rows::Counting,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    generate(&args.message, &args.options, session).await
}

/// Compares, proves, writes.
pub(crate) async fn generate(
    message: &str,
    options: &Options,
    session: &Session<'_>,
) -> Result<Outcome> {
    let generated = match options.baseline {
        true => baseline::write(message, options, session).await,
        false => compare_and_write(message, options, session).await,
    };
    generated.map_err(|failure| match options.format {
        Format::Text => failure.without_document(),
        Format::Json => failure,
    })
}

async fn compare_and_write(
    message: &str,
    options: &Options,
    session: &Session<'_>,
) -> Result<Outcome> {
    let config = session.config()?;
    let versions = Versions::load(&config)?;
    let format = options.file_format.unwrap_or(config.file.migrations.format);
    let against = match options.offline {
        true => Against::Migrations(offline::dialect(
            options.dialect,
            session,
            &config,
            &versions,
        )?),
        false => Against::Database(session.database_url(&config)?),
    };
    let named = match &against {
        Against::Migrations(dialect) => format.named(dialect.name()),
        Against::Database(url) => format.dialect(url),
    };
    let placing = &options.placing;
    let mut header = file::new_header(&versions, message, placing, named)?;
    let mut renames = renames::parse(&options.rename)?;
    let mut scanned = models::scanned(session, &config)?;
    fills::tell(&mut scanned.rust.models, &options.fill)?;
    let mut start = match &against {
        Against::Migrations(dialect) => {
            start::refuse_inside(&versions, &header.parents)?;
            start::replayed(session, &config, &versions, *dialect).await?
        }
        Against::Database(url) => {
            start::live(session, &config, &versions, url, &header.parents).await?
        }
    };
    let Compared {
        wanted,
        comparison,
        difference,
    } = loop {
        let asks = options.format == Format::Text && ask::can_ask();
        let compared = {
            let from = &mut start;
            compare(message, &config, &scanned, from, &renames, options, session).await?
        };
        let compared = match compared {
            Found::Difference(compared) => *compared,
            Found::Likely(candidates) if asks => {
                renames::ask(&candidates, &mut renames, &mut ask::Asking::at_terminal())?;
                continue;
            }
            Found::Likely(candidates) => return Err(renames::likely(&candidates)),
        };
        let gaps = fills::gaps(&compared.difference);
        if gaps.is_empty() {
            break compared;
        }
        if !asks {
            return Err(fills::refuse(&gaps));
        }
        fills::ask(
            &mut scanned.rust.models,
            &gaps,
            &mut ask::Asking::at_terminal(),
        )?;
    };
    let Start {
        dialect,
        before,
        reach,
    } = start;
    let mut connection = reach.settled().await?;
    if difference.is_empty() && !options.empty {
        return Ok(nothing(options, session));
    }
    // SQLite limits no whole number, and MySQL refuses such a foreign key itself.
    if dialect.name() == "postgres" {
        for narrow in diff::narrow_references(&before.schema, &difference.after.schema) {
            session.ui.warn(narrow);
        }
    }
    let steps = online::steps(options.online, &config, dialect, &before, &difference)?;
    let making = Making {
        session,
        config: &config,
        comparison: &comparison,
        format,
        dialect: named,
        prove: !options.no_verify,
        strict: options.strict,
    };
    if let Some(steps) = steps {
        let made = if options.sql {
            making.steps(&before, steps, &difference)?
        } else {
            online::refuse_one_id(options.placing.rev_id.as_deref(), &steps)?;
            let whole = Whole {
                message,
                placing: &options.placing,
                versions,
                before,
                wanted: &wanted,
                difference: &difference,
            };
            making.files(whole, steps, connection.as_mut()).await?
        };
        if let Some(connection) = connection {
            connection.close().await?;
        }
        return options.deliver_steps(&config, &made, &difference, session);
    }
    if options.sql {
        return Ok(deliver::print_sql(&difference, options, session));
    }
    let one = One {
        versions: &versions,
        before: &before,
        wanted: &wanted,
        difference: &difference,
    };
    let new = making.file(&one, &mut header, connection.as_mut()).await?;
    if let Some(connection) = connection {
        connection.close().await?;
    }
    options.deliver(&config, &header, &new, Some(&difference), session)
}

/// What the models are compared with.
enum Against {
    /// What the migrations make of such a database.
    Migrations(&'static dyn Dialect),
    /// A database.
    Database(Url),
}

/// What the models want, and what the database lacks for it.
struct Compared {
    wanted: Wanted,
    comparison: Comparison,
    difference: Difference,
}

/// What comes of comparing.
enum Found {
    /// All is said.
    Difference(Box<Compared>),
    /// Something may be a rename, the likeliest first.
    Likely(Vec<RenameCandidate>),
}

/// The operations that the project makes of those that were found; `None` where
/// it leaves them as they are.
fn rewritten(
    difference: &Difference,
    dialect: &dyn Dialect,
    before: &Snapshot,
    (message, session): (&str, &Session<'_>),
) -> Result<Option<Vec<Operation>>> {
    let Some(rewrite) = &session.app.hooks.rewrite else {
        return Ok(None);
    };
    let about = Rewriting {
        message,
        dialect: dialect.name(),
        before: &before.schema,
    };
    let found = &difference.operations;
    let made = rewrite(found.clone(), &about).map_err(|refusal| {
        Failure::with_hint(
            format!("the migration was not written: {refusal}"),
            "the project's own `rewrite` refuses it",
        )
    })?;
    Ok((made != *found).then_some(made))
}

/// Compares the models with the database, and asks its rows what they say.
async fn compare(
    message: &str,
    config: &Config,
    scanned: &models::Sources,
    start: &mut Start,
    renames: &Renames,
    options: &Options,
    session: &Session<'_>,
) -> Result<Found> {
    let Start {
        dialect,
        before,
        reach,
    } = start;
    let mut wanted = models::wanted(scanned, *dialect)?;
    models::as_found_in(&mut wanted, scanned, config, *dialect, before)?;
    if models::takes_mistakes(before) {
        for mistake in models::mistakes(&wanted, config, *dialect, before)? {
            session.ui.warn(&mistake.message);
        }
    }
    let hooks = database::hooks(session, config)?;
    let mut comparison = Comparison::new(*dialect, config.naming(*dialect)).with(hooks);
    if let Some((connection, on_scratch)) = reach.asked()? {
        database::settle(
            session,
            connection,
            &mut comparison,
            &before.schema,
            &wanted,
            renames,
        )
        .await?;
        let asking = Asking {
            session,
            config,
            on_scratch,
        };
        asking
            .settle(connection, &mut comparison, before, &wanted, renames)
            .await?;
    }
    let mut difference = comparison.difference(before, &wanted, renames)?;
    if !options.no_rename && !difference.candidates.is_empty() {
        return Ok(Found::Likely(difference.candidates));
    }
    if let Some(operations) = rewritten(&difference, *dialect, before, (message, session))? {
        // Where it leads is where it was sent, not what the models say.
        difference = comparison.step(before, operations, &difference)?;
        comparison = Comparison::new(*dialect, config.naming(*dialect));
        wanted = compare::exactly_all(&mut comparison, difference.after.clone());
    }
    difference.refuse_impossible()?;
    // MySQL takes any index for what a foreign key refers to.
    if dialect.name() != "mysql" {
        diff::refuse_unmatched(&before.schema, &difference.after.schema)?;
    }
    let operations = &difference.operations;
    let counts = rows::count(session, reach.live(), before, operations, &options.rows).await;
    if !options.allow_lossy {
        let limits = options.rows.limits();
        lossy::refuse(*dialect, operations, reach.live(), limits, &counts).await?;
    }
    difference.count(counts);
    Ok(Found::Difference(Box::new(Compared {
        wanted,
        comparison,
        difference,
    })))
}

/// The command that runs what is pending.
pub(super) fn upgrade_to(heads: &[String]) -> &'static str {
    match heads.len() {
        0 | 1 => "upgrade head",
        _ => "upgrade heads",
    }
}

/// A migration written now would repeat what the pending ones do.
fn not_up_to_date(status: &aludel::Status, session: &Session<'_>) -> Failure {
    let current = match status.current.as_slice() {
        [] => "<base>".to_owned(),
        rows => rows.join(", "),
    };
    Failure::with_hint(
        "Target database is not up to date",
        format!(
            "current: {current}, head: {}\npending: {}\ntype `{}` first",
            status.heads.join(", "),
            status.pending.join(", "),
            session.typed(upgrade_to(&status.heads))
        ),
    )
    .with_document(json!({
        "error": "Target database is not up to date",
        "current": status.current,
        "heads": status.heads,
        "pending": status.pending,
    }))
}

/// Says that there is nothing to write.
fn nothing(options: &Options, session: &Session<'_>) -> Outcome {
    match options.format {
        Format::Text => session.ui.note("no changes detected"),
        Format::Json => session.ui.document(
            &json!({ "in_sync": true, "operations": [], "revision": null, "path": null }),
        ),
    }
    Outcome::Done
}
