//! `autogen` as a call, for a program of one's own.
//!
//! It owns what such a call takes and gives back; what it does is the command's.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aludel::db::Url;
use clap::Parser;

use crate::app::App;
use crate::args::{Cli, Command};
use crate::commands;
use crate::error::Failure;
use crate::session::Session;
use crate::ui::Ui;

/// Something that could not be done.
///
/// Displays what happened; [`Error::hint`] says what to do about it. No password
/// of a url is ever in it.
#[derive(Debug)]
pub struct Error {
    message: String,
    hint: Option<String>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl Error {
    /// What to do about it, if there is something.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let hints = failure.hints();
        Self {
            message: failure.summary(),
            hint: (!hints.is_empty()).then(|| hints.join("\n")),
        }
    }
}

/// What [`App::autogenerate`] is to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Autogenerate {
    message: String,
    url: Option<String>,
    flags: Vec<String>,
}

impl Autogenerate {
    /// A migration with that message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// On the database of that url, and not on the one that the configuration
    /// and the environment name.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// With a flag of the command `autogen`, one word each:
    /// `.flag("--rename").flag("node.fw=node.firmware")`.
    #[must_use]
    pub fn flag(mut self, word: impl Into<String>) -> Self {
        self.flags.push(word.into());
        self
    }
}

impl App {
    /// The database that commands meet, by the rules for all of them. It
    /// displays without its password.
    ///
    /// # Errors
    /// No configuration, no url, or one that cannot be read.
    pub fn database_url(&self, asked: &Autogenerate) -> Result<Url, Error> {
        let cli = self.read(asked)?;
        let session = self.silent(&cli);
        let config = session.config()?;
        Ok(session.database_url(&config)?)
    }

    /// Writes the migration that takes the database to the models, as the command
    /// `autogen` does, and gives its path; of several files (`--online`) that of
    /// the last one, and `None` where nothing differs. It asks nobody: what is
    /// open is an error that names the flags that answer it. Warnings go to
    /// stderr, nothing to stdout.
    ///
    /// It may be called from anywhere, also inside of an async runtime, which it
    /// blocks.
    ///
    /// ```no_run
    /// use aludel_cli::{App, Autogenerate};
    ///
    /// fn main() -> Result<(), aludel_cli::Error> {
    ///     // The application's own configuration.
    ///     let url = std::env::var("MESH_DATABASE").unwrap_or("sqlite:mesh.db".into());
    ///     let app = App::new("make-migration").config("aludel.toml");
    ///     let asked = Autogenerate::new("nightly").url(url);
    ///     println!("comparing with {}", app.database_url(&asked)?);
    ///     match app.autogenerate(&asked)? {
    ///         Some(path) => println!("wrote {}", path.display()),
    ///         None => println!("nothing differs"),
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// As the command: a database behind its migrations, an ambiguity, a file
    /// that cannot be proven.
    pub fn autogenerate(&self, asked: &Autogenerate) -> Result<Option<PathBuf>, Error> {
        let cli = self.read(asked)?;
        let paths: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
        let sink = Arc::clone(&paths);
        let app = self.clone().on_written(move |written| {
            let mut paths = sink.lock().unwrap_or_else(PoisonError::into_inner);
            paths.push(written.path.to_owned());
        });
        // A runtime inside of another one is refused.
        let done = std::thread::scope(|scope| {
            let run = scope.spawn(|| {
                let runtime = crate::app::runtime()?;
                let session = app.silent(&cli);
                runtime.block_on(commands::run(&cli.command, &session))
            });
            run.join()
        });
        match done {
            Ok(done) => done?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let mut paths = paths.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(paths.pop())
    }

    fn read(&self, asked: &Autogenerate) -> Result<Cli, Error> {
        let words = ["aludel", "autogen", "--format=json"];
        let mut words: Vec<String> = words.iter().map(ToString::to_string).collect();
        words.push(format!("--message={}", asked.message));
        words.extend(asked.url.iter().map(|url| format!("--database-url={url}")));
        words.extend(asked.flags.iter().cloned());
        let cli = Cli::try_parse_from(words).map_err(|error| Error {
            message: error.kind().to_string(),
            hint: Some(error.to_string().trim().to_owned()),
        })?;
        match cli.command {
            Command::Autogen(_) => Ok(cli),
            // Not even a flag makes another command of it.
            _ => Err(Error {
                message: "this is no `autogen`".to_owned(),
                hint: None,
            }),
        }
    }

    fn silent<'a>(&'a self, cli: &'a Cli) -> Session<'a> {
        Session {
            app: self,
            global: &cli.global,
            ui: Ui {
                verbose: 0,
                quiet: true,
                silent: true,
            },
        }
    }
}
