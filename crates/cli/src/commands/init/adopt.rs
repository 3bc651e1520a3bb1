//! `init` on a database that holds tables: what is in it, whether it is wanted,
//! and then models, a baseline and a stamp.

use std::path::{Path, PathBuf};

use aludel::{Migrations, Migrator};

use super::{Args, Folder};
use crate::app::Outcome;
use crate::ask::{self, Asking};
use crate::commands::{autogen, reflect};
use crate::config::{Config, ConfigFile, FILE_NAME};
use crate::error::{Failure, Result};
use crate::session::Session;
use crate::versions::Versions;
use crate::{database, models};

/// A database that is taken over.
#[derive(Debug)]
pub(super) struct Held {
    /// Whether Alembic has written its version rows.
    pub(super) alembic: bool,
}

/// The table in which Alembic says where a database is.
const ALEMBIC: &str = "alembic_version";

/// What the database holds, if it is to be taken over.
///
/// # Errors
/// It was asked for, and there is no database to be had or nothing in it.
pub(super) async fn look(args: &Args, session: &Session<'_>, root: &Path) -> Result<Option<Held>> {
    let looked = match tables(session, root).await {
        Ok(looked) => looked,
        Err(failure) if args.baseline => return Err(failure),
        Err(failure) => {
            session.ui.note(format_args!(
                "Nobody has looked at the database: {}",
                failure.summary()
            ));
            return Ok(None);
        }
    };
    let Some((tables, alembic)) = looked else {
        if args.baseline {
            return Err(Failure::with_hint(
                "there is no database with tables that a baseline could make",
                "name it with `--database-url URL`; an empty one needs no baseline",
            ));
        }
        return Ok(None);
    };
    let held = Held { alembic };
    if args.baseline {
        return Ok(Some(held));
    }
    let holds = format!("The database holds {}", counted(&tables));
    if ask::can_ask() {
        let question = format!(
            "{holds}.\nWrite their models, and a baseline that the database is stamped with? [y/n]"
        );
        let answer = Asking::at_terminal().ask(&question, yes_or_no)?;
        return Ok(answer.unwrap_or_default().then_some(held));
    }
    session.ui.note(format_args!(
        "{holds}: `{}` writes their models, and a baseline that the database is stamped with",
        session.typed("init --baseline")
    ));
    Ok(None)
}

fn yes_or_no(answer: &str) -> Result<bool, String> {
    match answer.to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        other => Err(format!("`{other}` is neither `y` nor `n`")),
    }
}

/// `3 tables: a, b, c`.
fn counted(tables: &[String]) -> String {
    /// More are counted.
    const MOST: usize = 8;
    let noun = if tables.len() == 1 { "table" } else { "tables" };
    let first: Vec<&str> = tables.iter().take(MOST).map(String::as_str).collect();
    let more = if tables.len() > MOST { ", ..." } else { "" };
    format!("{} {noun}: {}{more}", tables.len(), first.join(", "))
}

/// The tables that nobody has a revision for, and whether Alembic was there;
/// `None` where there is no database, nothing in it, or a history already.
async fn tables(session: &Session<'_>, root: &Path) -> Result<Option<(Vec<String>, bool)>> {
    let path = root.join(FILE_NAME);
    let config = match path.is_file() {
        true => Config::load(Some(&path), &session.app.invocation)?,
        false => Config {
            path,
            root: root.to_owned(),
            file: ConfigFile::default(),
            embedded: None,
        },
    };
    let history = Versions::load(&config);
    if history.is_ok_and(|versions| !versions.graph.is_empty()) {
        return Ok(None);
    }
    let named = super::url_of(session, root).is_some() || config.file.database.url.is_some();
    if !named {
        return Ok(None);
    }
    let url = session.database_url(&config)?;
    if database::is_absent(&url) {
        return Ok(None);
    }
    let mut connection = database::open(&url).await?;
    let found = database::snapshot(&mut connection, &config).await;
    let nothing = Migrations::from_files(Vec::new());
    let rows = Migrator::new(&nothing)
        .version_table(ALEMBIC)
        .current(&mut connection)
        .await;
    connection.close().await?;
    let tables: Vec<String> = found?
        .schema
        .tables
        .keys()
        .map(ToString::to_string)
        .collect();
    let alembic = !rows?.is_empty();
    Ok((!tables.is_empty()).then_some((tables, alembic)))
}

impl Held {
    /// The file for the models, below the project's folder.
    pub(super) fn models(&self, args: &Args, folder: &Folder<'_, '_>) -> PathBuf {
        if let Some(path) = &args.models {
            return path.clone();
        }
        let usual = Path::new("src/models.rs");
        if folder.root.join("src").is_dir() {
            return usual.to_owned();
        }
        let sources = folder.sources().into_iter();
        let member = sources.map(PathBuf::from).find(|member| {
            let has_sources = folder.root.join(member).join("src").is_dir();
            has_sources
                && !["migrations", "xtask"]
                    .iter()
                    .any(|own| member == Path::new(own))
        });
        match member {
            Some(member) => member.join(usual),
            None => usual.to_owned(),
        }
    }

    /// Writes models and baseline, and stamps.
    pub(super) async fn adopt(
        &self,
        args: &Args,
        folder: &Folder<'_, '_>,
        invocation: &str,
    ) -> Result<Outcome> {
        let session = folder.session;
        let config = Config::load(Some(&folder.root.join(FILE_NAME)), invocation)?;
        if self.alembic && config.version_table() != ALEMBIC {
            session.ui.warn(format_args!(
                "Alembic has written its version rows into `{ALEMBIC}`, and {FILE_NAME} names \
                 another `version_table`: they are left as they are"
            ));
        }
        if models::are_there(&config) {
            session.ui.note("Kept the models that are there");
        } else {
            let path = folder.root.join(self.models(args, folder));
            let url = session.database_url(&config)?;
            let mut connection = database::open(&url).await?;
            let found = database::snapshot(&mut connection, &config).await?;
            let dialect = connection.dialect();
            connection.close().await?;
            reflect::models_to(&path, &found, dialect, &config, session)?;
        }
        let options = autogen::Options::for_baseline(args.rev_id.clone());
        let done = autogen::generate("baseline", &options, session).await?;
        session.ui.note(format_args!(
            "\nNext: `{invocation} check`, and a `mod` line for the models where they are compiled"
        ));
        Ok(done)
    }
}
