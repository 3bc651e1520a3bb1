//! The sides of a difference: what they are called, and how each is read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aludel::db::{self, Connection, Url};
use aludel_core::dialect::{self, Dialect, Snapshot};
use aludel_core::diff::Wanted;
use aludel_syntax::emit::models as write_models;
use aludel_syntax::scan::SourceFile;

use crate::config::Config;
use crate::error::{Failure, Result};
use crate::models::Sources;
use crate::scratch::{Had, Scratch};
use crate::session::Session;
use crate::versions::Versions;
use crate::{database, models, runner};

/// A side by its name.
#[derive(Debug)]
pub(super) enum Named {
    Models,
    /// Up to this revision.
    Migrations(String),
    Script(PathBuf),
    Database(Url),
}

/// A side that was read.
#[derive(Debug)]
pub(super) enum Side {
    Models(Box<Models>),
    Found(Snapshot),
}

/// What models want.
#[derive(Debug)]
pub(super) struct Models {
    sources: Sources,
    /// Before anybody knows what the default schema is called.
    pub(super) wanted: Wanted,
}

impl Models {
    fn side(sources: Sources, wanted: Wanted) -> Side {
        Side::Models(Box::new(Self { sources, wanted }))
    }

    /// The same, as the other side names it.
    ///
    /// # Errors
    /// Models of schemas that are not looked at.
    pub(super) fn found_in(
        mut self,
        dialect: &dyn Dialect,
        other: &Snapshot,
        config: &Config,
    ) -> Result<Wanted> {
        let Self { wanted, sources } = &mut self;
        models::as_found_in(wanted, sources, config, dialect, other)?;
        Ok(self.wanted)
    }
}

/// The database as which the sides are compared.
#[derive(Debug)]
pub(super) struct Home {
    url: Option<Url>,
    /// What it speaks.
    pub(super) dialect: &'static dyn Dialect,
    /// `None` where no side needs one.
    pub(super) connection: Option<Connection<'static>>,
}

impl Named {
    /// Reads what was typed.
    ///
    /// # Errors
    /// A name of nothing.
    pub(super) fn read(text: &str, session: &Session<'_>, config: &Config) -> Result<Self> {
        if text == "models" {
            Ok(Self::Models)
        } else if text == "database" {
            Ok(Self::Database(session.database_url(config)?))
        } else if text == "migrations" {
            Ok(Self::Migrations("heads".into()))
        } else if let Some(target) = text.strip_prefix("migrations@") {
            Ok(Self::Migrations(target.to_owned()))
        } else if text.ends_with(".sql") && Path::new(text).is_file() {
            Ok(Self::Script(text.into()))
        } else if text.contains(':') {
            Ok(Self::Database(Url::parse(text)?.under(&config.root)))
        } else {
            Err(Failure::with_hint(
                format!("`{text}` is no side of a difference"),
                "a side is `models`, `database`, `migrations`, `migrations@REV`, a database url \
                 or a file that ends in `.sql`",
            ))
        }
    }

    /// What it is called: as it was typed, but for the password of a url.
    pub(super) fn shown(&self, typed: &str) -> String {
        match self {
            Self::Database(url) if typed != "database" => url.to_string(),
            _ => typed.to_owned(),
        }
    }

    /// What it is, as the database of `home` sees it.
    pub(super) async fn side(
        &self,
        session: &Session<'_>,
        config: &Config,
        home: &mut Home,
    ) -> Result<Side> {
        match self {
            Self::Models => {
                let scanned = models::scanned(session, config)?;
                let wanted = models::wanted(&scanned, home.dialect)?;
                Ok(Models::side(scanned, wanted))
            }
            Self::Migrations(target) => of_migrations(target, session, config, home).await,
            Self::Script(path) => of_script(path, session, config, home).await,
            Self::Database(url) => match &mut home.connection {
                Some(connection) if home.url.as_ref() == Some(url) => {
                    Ok(Side::Found(database::snapshot(connection, config).await?))
                }
                _ => of_other(url, config, home.dialect).await,
            },
        }
    }

    fn url(&self) -> Option<&Url> {
        match self {
            Self::Database(url) => Some(url),
            _ => None,
        }
    }
}

impl Home {
    /// The database that a side names, the first one before the second, or the
    /// project's own.
    pub(super) async fn of(
        from: &Named,
        to: &Named,
        session: &Session<'_>,
        config: &Config,
    ) -> Result<Self> {
        let named = from.url().or(to.url()).cloned();
        let is_named = named.is_some();
        // Models and files alone can be compared without any database.
        let url = named.or_else(|| session.database_url(config).ok());
        let alone = matches!((from, to), (Named::Models, Named::Models));
        let connection = match &url {
            Some(url) if is_named || (url.is_server() && !alone) => {
                Some(database::open(url).await?)
            }
            _ => None,
        };
        let dialect = match (&connection, &url) {
            (Some(connection), _) => connection.dialect(),
            (None, Some(url)) => database::dialect(url)?,
            (None, None) => first_dialect()?,
        };
        Ok(Self {
            url,
            dialect,
            connection,
        })
    }

    /// An empty database of its kind.
    async fn empty(&mut self, session: &Session<'_>, config: &Config) -> Result<Scratch> {
        let nothing = Snapshot::default();
        let connection = self.connection.as_mut();
        match Scratch::like(&nothing, self.dialect, connection, session, config).await? {
            Had::Copy(scratch) => Ok(scratch),
            Had::None(error) => Err(error.into()),
        }
    }

    /// Ends the connection.
    pub(super) async fn close(self) -> Result<()> {
        match self.connection {
            Some(connection) => Ok(connection.close().await?),
            None => Ok(()),
        }
    }
}

/// The dialect of what no url says.
fn first_dialect() -> Result<&'static dyn Dialect> {
    dialect::ALL.first().copied().ok_or_else(|| {
        Failure::with_hint(
            "this build knows no database",
            "build it with the feature `sqlite`, `postgres` or `mysql`",
        )
    })
}

/// Another database than the one that is at home; one of another kind by the
/// models that would make it.
async fn of_other(url: &Url, config: &Config, home: &dyn Dialect) -> Result<Side> {
    let mut connection = database::open(url).await?;
    let mut snapshot = database::snapshot(&mut connection, config).await?;
    let own = connection.dialect();
    connection.close().await?;
    if own.name() == home.name() {
        if own.title() != home.title() {
            snapshot.schema = home.canonical(snapshot.schema);
        }
        return Ok(Side::Found(snapshot));
    }
    let text = write_models(&snapshot.schema, own);
    let name = format!("the models of {url}");
    let scanned = Sources::of_models(models::scan_all(vec![SourceFile::new(name, text)])?);
    let wanted = models::wanted(&scanned, home).map_err(|mut failure| {
        let (own, home) = (own.title(), home.title());
        failure.reports.extend(
            Failure::with_hint(
                format!("a {home} database cannot have what this {own} database has"),
                "databases of different kinds are compared through models, which both must be \
                 able to hold; compare each with the project's own models instead",
            )
            .reports,
        );
        failure
    })?;
    Ok(Models::side(scanned, wanted))
}

/// What the migrations make of an empty database.
async fn of_migrations(
    target: &str,
    session: &Session<'_>,
    config: &Config,
    home: &mut Home,
) -> Result<Side> {
    let versions = Versions::load(config)?;
    let migrator = runner::running(session, config, &versions)?;
    let path = versions.graph.upgrade_path(&[], target)?;
    runner::refuse_uncompiled(&migrator, &path, "diff ...")?;
    let mut scratch = home.empty(session, config).await?;
    let found = async {
        let connection = scratch.connection()?;
        migrator.upgrade(&mut *connection, target).await?;
        database::snapshot(connection, config).await
    };
    let found = found.await;
    scratch.close().await?;
    Ok(Side::Found(found?))
}

/// What a file of statements makes of an empty database.
async fn of_script(
    path: &Path,
    session: &Session<'_>,
    config: &Config,
    home: &mut Home,
) -> Result<Side> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::because(format!("cannot read `{shown}`"), e))?;
    let statements = home.dialect.split_statements(&text)?;
    let mut scratch = home.empty(session, config).await?;
    let found = async {
        let connection = scratch.connection()?;
        for sql in statements {
            db::execute(connection, &sql).await?;
        }
        if home.dialect.name() == "postgres" {
            // A dump takes the search path away from its session.
            db::execute(connection, "RESET search_path").await?;
        }
        database::snapshot(connection, config).await
    };
    let found = found.await;
    scratch.close().await?;
    Ok(Side::Found(found?))
}

/// The statements that make what is compared, in the order of their names
/// where the database keeps them as texts.
pub(super) fn statements(snapshot: &Snapshot, dialect: &dyn Dialect) -> String {
    if dialect.name() != "sqlite" {
        let made = dialect.remake(snapshot).unwrap_or_default();
        return made
            .iter()
            .map(|statement| format!("{};\n", statement.sql.trim_end()))
            .collect();
    }
    let tables: BTreeSet<&str> = snapshot
        .schema
        .tables
        .keys()
        .map(|table| table.name.as_str())
        .collect();
    let mut objects: Vec<_> = snapshot
        .objects
        .iter()
        .filter(|object| tables.contains(object.table.as_str()))
        .collect();
    objects.sort_by_key(|o| (&o.table, o.kind, &o.name));
    objects
        .iter()
        .map(|o| format!("{};\n", o.sql.trim_end()))
        .collect()
}
