//! What every command has at hand.

use std::collections::BTreeMap;
use std::path::Path;

use aludel::db::Url;

use crate::app::App;
use crate::args::Global;
use crate::config::{Config, FILE_NAME, UrlSources, scratch};
use crate::error::Result;
use crate::ui::Ui;

/// One run of one command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session<'a> {
    /// The commands and the project they are bound to.
    pub(crate) app: &'a App,
    /// The options of every command.
    pub(crate) global: &'a Global,
    /// Where to say things.
    pub(crate) ui: Ui,
}

impl Session<'_> {
    /// The project's configuration. Where migrations were compiled in nothing
    /// else need be there: a container holds the binary alone.
    pub(crate) fn config(&self) -> Result<Config> {
        let given = self.global.config.as_deref();
        let given = given.or(self.app.config.as_deref());
        let embedded = self.app.migrations;
        let config = match embedded {
            None => Config::load(given, &self.app.invocation)?,
            Some(_) => match Config::look(given)? {
                Some(config) => config,
                None => {
                    self.ui.note(format_args!(
                        "no `{FILE_NAME}` here: as it is where it says nothing"
                    ));
                    Config::absent()?
                }
            },
        };
        Ok(Config { embedded, ..config })
    }

    /// The database that the command means.
    pub(crate) fn database_url(&self, config: &Config) -> Result<Url> {
        let sources = UrlSources {
            flag: self.global.database_url.as_deref(),
            config: config.file.database.url.as_deref(),
            database_url_variable: self.app.database_url_variable,
        };
        sources.choose(&config.root, variables(&config.root))
    }

    /// Whether nothing anywhere names a database, or names only a variable that
    /// is not set.
    pub(crate) fn has_no_url(&self, config: &Config) -> bool {
        let lookup = variables(&config.root);
        let configured = config.file.database.url.as_deref();
        let unset = configured.is_none_or(|url| match url.strip_prefix("env:") {
            Some(name) => lookup(name).is_none(),
            None => false,
        });
        self.global.database_url.is_none() && unset
    }

    /// The database that migrations are proven in, if the project names one.
    pub(crate) fn scratch_url(&self, config: &Config) -> Result<Option<Url>> {
        let text = config.file.database.scratch_url.as_deref();
        scratch(text, &config.root, variables(&config.root))
    }

    /// A variable of the environment, or of the `.env` of a folder.
    pub(crate) fn variable(&self, root: &Path, name: &str) -> Option<String> {
        variables(root)(name)
    }

    /// A command of ours as the user would type it.
    pub(crate) fn typed(&self, command: &str) -> String {
        format!("{} {command}", self.app.invocation)
    }
}

/// Reads a variable of the environment, or of the nearest `.env`.
fn variables(root: &Path) -> impl Fn(&str) -> Option<String> {
    let dot_env = dot_env(root);
    move |name| {
        let set = std::env::var(name).ok().filter(|v| !v.is_empty());
        set.or_else(|| dot_env.get(name).cloned())
    }
}

/// What the nearest `.env` says; a line that cannot be read says nothing.
fn dot_env(root: &Path) -> BTreeMap<String, String> {
    let path = root
        .ancestors()
        .map(|f| f.join(".env"))
        .find(|p| p.is_file());
    let lines = path.and_then(|p| dotenvy::from_path_iter(p).ok());
    lines.into_iter().flatten().flatten().collect()
}
