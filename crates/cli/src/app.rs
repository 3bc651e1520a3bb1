//! From the words that were typed to an exit code.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use aludel::Migrations;
use aludel_core::operation::Operation;
use clap::{CommandFactory, FromArgMatches};

use crate::args::Cli;
use crate::commands;
use crate::error::{Failure, Result};
use crate::hooks::{Applied, ColumnPair, Compared, Hooks, Refusal, Rewriting, Verdict, Written};
use crate::session::Session;
use crate::ui::Ui;

/// The commands, bound to one project.
#[derive(Debug, Clone)]
pub struct App {
    /// What a user types before a command: `aludel`, `cargo xtask`.
    pub(crate) invocation: String,
    /// The migrations that were compiled in.
    pub(crate) migrations: Option<&'static Migrations>,
    /// The configuration where `--config` is not given.
    pub(crate) config: Option<PathBuf>,
    /// Whether the environment's `DATABASE_URL` counts.
    pub(crate) database_url_variable: bool,
    /// What the help says behind everything else.
    pub(crate) more_help: Option<String>,
    /// What the project has to say.
    pub(crate) hooks: Hooks,
}

/// What commands begin with: compiled migrations, which are run as `cargo
/// xtask`, or the name under which commands without them are typed.
#[derive(Debug, Clone)]
pub struct Start {
    invocation: String,
    migrations: Option<&'static Migrations>,
}

impl From<&'static Migrations> for Start {
    fn from(migrations: &'static Migrations) -> Self {
        Self {
            invocation: "cargo xtask".to_owned(),
            migrations: Some(migrations),
        }
    }
}

impl From<&str> for Start {
    fn from(invocation: &str) -> Self {
        Self {
            invocation: invocation.to_owned(),
            migrations: None,
        }
    }
}

impl From<String> for Start {
    fn from(invocation: String) -> Self {
        Self::from(invocation.as_str())
    }
}

/// What a command found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done (exit code 0).
    Done,
    /// A check found something (exit code 1).
    Found,
}

impl App {
    /// The commands over compiled migrations (`App::new(&MIGRATIONS)`), or those
    /// that need none, by the name under which they are typed
    /// (`App::new("aludel")`).
    pub fn new(start: impl Into<Start>) -> Self {
        let Start {
            invocation,
            migrations,
        } = start.into();
        Self {
            invocation,
            migrations,
            config: None,
            database_url_variable: true,
            more_help: None,
            hooks: Hooks::default(),
        }
    }

    /// The commands over compiled migrations.
    #[must_use]
    pub fn migrations(mut self, migrations: &'static Migrations) -> Self {
        self.migrations = Some(migrations);
        self
    }

    /// The configuration file to use where `--config` is not given.
    #[must_use]
    pub fn config(mut self, path: impl Into<PathBuf>) -> Self {
        self.config = Some(path.into());
        self
    }

    /// Leaves the environment variable `DATABASE_URL` aside.
    #[must_use]
    pub fn ignore_database_url_variable(mut self) -> Self {
        self.database_url_variable = false;
        self
    }

    /// What the help says behind everything else: the commands that a project
    /// has beside these.
    #[must_use]
    pub fn more_help(mut self, text: impl Into<String>) -> Self {
        self.more_help = Some(text.into());
        self
    }

    /// Which objects are compared. What is not is neither made, changed nor
    /// dropped, in every command that compares: `autogen`, `check`, `diff`,
    /// `status`. The function is asked once for each side that has the thing, and
    /// one no is a no. Parts of a table that stand on a column that is left alone
    /// are left alone with it.
    ///
    /// ```
    /// use aludel_cli::{App, Kind};
    ///
    /// // What the reporting tool makes is its own, and so are all triggers.
    /// let app = App::new("cargo xtask").filter(|thing| {
    ///     let reports = thing.schema == Some("reports") || thing.name.starts_with("rp_");
    ///     !reports && thing.kind != Kind::Object("trigger")
    /// });
    /// ```
    #[must_use]
    pub fn filter(
        mut self,
        filter: impl Fn(&Compared<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.hooks.filter = Some(Arc::new(filter));
        self
    }

    /// What somebody knows better of the types and defaults of columns that both
    /// sides have.
    ///
    /// ```
    /// use aludel_cli::{App, Attribute, Verdict};
    ///
    /// // The proxy rewrites the default of every `id`.
    /// let app = App::new("cargo xtask").compare(|pair| match (pair.column, pair.what) {
    ///     ("id", Attribute::Default) => Verdict::Same,
    ///     _ => Verdict::Undecided,
    /// });
    /// ```
    #[must_use]
    pub fn compare(
        mut self,
        compare: impl Fn(&ColumnPair<'_>) -> Verdict + Send + Sync + 'static,
    ) -> Self {
        self.hooks.compare = Some(Arc::new(compare));
        self
    }

    /// What becomes of the operations of `autogen` before they are written:
    /// they may be split, left out, added to
    /// ([`CustomOperation`](crate::CustomOperation)), or refused with an error. What
    /// comes back is proven both ways like any other migration; where nothing
    /// comes back, nothing is written.
    ///
    /// ```
    /// use aludel_cli::operation::Operation;
    /// use aludel_cli::{App, CustomOperation};
    ///
    /// let app = App::new("cargo xtask").rewrite(|operations, about| {
    ///     let drops = |o: &Operation| matches!(o, Operation::DropTable(_));
    ///     if operations.iter().any(drops) && !about.message.contains("drop") {
    ///         return Err("a migration that drops tables says so in its message".into());
    ///     }
    ///     let mut all = Vec::new();
    ///     for operation in operations {
    ///         let made = match &operation {
    ///             Operation::CreateTable(table) => Some(table.name.to_string()),
    ///             _ => None,
    ///         };
    ///         all.push(operation);
    ///         if let Some(table) = made.filter(|_| about.dialect == "postgres") {
    ///             let grant = CustomOperation::new(
    ///                 format!("let the reports read `{table}`"),
    ///                 format!("GRANT SELECT ON \"{table}\" TO reports"),
    ///             );
    ///             let undo = format!("REVOKE SELECT ON \"{table}\" FROM reports");
    ///             all.push(grant.undone_by(undo).into());
    ///         }
    ///     }
    ///     Ok(all)
    /// });
    /// ```
    #[must_use]
    pub fn rewrite(
        mut self,
        rewrite: impl Fn(Vec<Operation>, &Rewriting<'_>) -> Result<Vec<Operation>, Refusal>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.hooks.rewrite = Some(Arc::new(rewrite));
        self
    }

    /// Is told of every migration file once it is written, behind the commands
    /// of `[migrations] post_write`. May be given often.
    ///
    /// ```
    /// use aludel_cli::App;
    ///
    /// let app = App::new("cargo xtask").on_written(|file| {
    ///     eprintln!("review {} ({})", file.path.display(), file.message);
    /// });
    /// ```
    #[must_use]
    pub fn on_written(mut self, told: impl Fn(&Written<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.on_written.push(Arc::new(told));
        self
    }

    /// Is told of every revision that `upgrade` or `downgrade` has run, once it
    /// is committed. May be given often.
    ///
    /// ```
    /// use aludel_cli::App;
    ///
    /// let app = App::new("cargo xtask").on_applied(|ran| {
    ///     let seconds = ran.took.as_secs_f64();
    ///     eprintln!("{} {} in {seconds:.1} s", ran.direction.as_str(), ran.revision);
    /// });
    /// ```
    #[must_use]
    pub fn on_applied(mut self, told: impl Fn(&Applied<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.on_applied.push(Arc::new(told));
        self
    }

    /// Runs the command that the process was started with.
    pub fn run(&self) -> ExitCode {
        self.run_with(std::env::args_os().skip(1).collect())
    }

    /// Runs one command, given as its words.
    pub fn run_with(&self, words: Vec<OsString>) -> ExitCode {
        let name = OsString::from(&self.invocation);
        let matches = self
            .command()
            .try_get_matches_from(std::iter::once(name).chain(words));
        let cli = matches.and_then(|m| Cli::from_arg_matches(&m));
        let cli = match cli {
            Ok(cli) => cli,
            Err(error) => {
                // Where even this cannot be printed there is nobody to tell.
                let _ = error.print();
                return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
            }
        };
        let ui = Ui {
            verbose: cli.global.verbose,
            quiet: cli.global.quiet,
            silent: false,
        };
        match self.dispatch(&cli, ui) {
            Ok(Outcome::Done) => ExitCode::SUCCESS,
            Ok(Outcome::Found) => ExitCode::from(1),
            Err(failure) => {
                if let Some(document) = &failure.document {
                    ui.document(document);
                }
                ui.failure(&failure.reports);
                ExitCode::from(failure.code)
            }
        }
    }

    /// The command line under the name that is typed, which is also the one of its
    /// examples.
    pub(crate) fn command(&self) -> clap::Command {
        let command = Cli::command()
            .bin_name(self.invocation.clone())
            .display_name("aludel");
        let mut command = self.with_own_examples(command);
        let names: Vec<String> = command
            .get_subcommands()
            .map(|one| one.get_name().to_owned())
            .collect();
        for name in names {
            command = command.mut_subcommand(name, |one| self.with_own_examples(one));
        }
        match &self.more_help {
            Some(text) => {
                let examples = command.get_after_help().map(ToString::to_string);
                let examples = examples.unwrap_or_default();
                command.after_help(format!("{examples}\n\n{text}"))
            }
            None => command,
        }
    }

    fn with_own_examples(&self, command: clap::Command) -> clap::Command {
        let Some(examples) = command.get_after_help().map(ToString::to_string) else {
            return command;
        };
        let own = format!("  {} ", self.invocation);
        command.after_help(examples.replace("  cargo xtask ", &own))
    }

    fn dispatch(&self, cli: &Cli, ui: Ui) -> Result<Outcome> {
        start_log(cli.global.verbose);
        let runtime = runtime()?;
        let session = Session {
            app: self,
            global: &cli.global,
            ui,
        };
        runtime.block_on(commands::run(&cli.command, &session))
    }
}

/// What commands run on.
///
/// # Errors
/// A system that has nothing left.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::because("cannot start the runtime", e))
}

/// The commands over compiled migrations, with nothing said beside.
pub fn main(migrations: &'static Migrations) -> ExitCode {
    App::new(migrations).run()
}

/// Events of the library on stderr where `RUST_LOG` or `-vv` ask for them.
fn start_log(verbose: u8) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        let level = if verbose > 1 { "aludel=debug" } else { "off" };
        tracing_subscriber::EnvFilter::new(level)
    });
    // A second call in one process (tests) keeps the first subscriber.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}
