//! From the words that were typed to an exit code.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use aludel::Migrations;
use clap::{CommandFactory, FromArgMatches};

use crate::args::Cli;
use crate::commands;
use crate::error::{Failure, Result};
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
    /// The commands without compiled migrations, typed as `invocation`.
    pub fn new(invocation: impl Into<String>) -> Self {
        Self {
            invocation: invocation.into(),
            migrations: None,
            config: None,
            database_url_variable: true,
            more_help: None,
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
        };
        match self.dispatch(&cli, ui) {
            Ok(Outcome::Done) => ExitCode::SUCCESS,
            Ok(Outcome::Found) => ExitCode::from(1),
            Err(failure) => {
                if let Some(document) = &failure.document {
                    ui.document(document);
                }
                ui.failure(&failure.reports);
                ExitCode::from(2)
            }
        }
    }

    /// The command line under the name that is typed.
    pub(crate) fn command(&self) -> clap::Command {
        let command = Cli::command()
            .bin_name(self.invocation.clone())
            .display_name("aludel");
        match &self.more_help {
            Some(text) => command.after_help(text.clone()),
            None => command,
        }
    }

    fn dispatch(&self, cli: &Cli, ui: Ui) -> Result<Outcome> {
        start_log(cli.global.verbose);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Failure::because("cannot start the runtime", e))?;
        let session = Session {
            app: self,
            global: &cli.global,
            ui,
        };
        runtime.block_on(commands::run(&cli.command, &session))
    }
}

/// The commands over compiled migrations: all of a user's `xtask`.
pub fn main(migrations: &'static Migrations) -> ExitCode {
    App::new("cargo xtask").migrations(migrations).run()
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
