//! Where `autogen` starts: the database as it is, or what the migrations make.
//!
//! It owns what can be asked there: rows of a database at work, what
//! expressions mean on any. It must not know what is compared with it.

use aludel::ReplayedHistory;
use aludel::db::{Connection, ScratchCopy, Url};
use aludel_core::dialect::{Dialect, Snapshot};

use crate::commands::current;
use crate::config::Config;
use crate::database;
use crate::error::{Failure, Result};
use crate::offline;
use crate::session::Session;
use crate::versions::Versions;

/// Where it starts.
pub(super) struct Start {
    /// What it speaks.
    pub(super) dialect: &'static dyn Dialect,
    /// What is in it.
    pub(super) before: Snapshot,
    /// Who can be asked.
    pub(super) reach: Reach,
}

/// Who can be asked.
pub(super) enum Reach {
    /// A database at work.
    Live(Connection<'static>),
    /// A scratch database, which has no rows.
    Scratch(ScratchCopy),
    /// Nobody: there is no database yet, or none is opened.
    Nothing,
}

impl Reach {
    /// Who knows what expressions mean, and whether it is a scratch database.
    ///
    /// # Errors
    /// None, as long as it is open.
    pub(super) fn asked(&mut self) -> Result<Option<(&mut Connection<'static>, bool)>> {
        Ok(match self {
            Self::Live(connection) => Some((connection, false)),
            Self::Scratch(copy) => Some((copy.connection()?, true)),
            Self::Nothing => None,
        })
    }

    /// The database that has rows.
    pub(super) fn live(&mut self) -> Option<&mut Connection<'static>> {
        match self {
            Self::Live(connection) => Some(connection),
            Self::Scratch(_) | Self::Nothing => None,
        }
    }

    /// Gives a scratch database up: another one is wanted for the proof.
    ///
    /// # Errors
    /// What the server says to that.
    pub(super) async fn settled(self) -> Result<Option<Connection<'static>>> {
        match self {
            Self::Live(connection) => Ok(Some(connection)),
            Self::Nothing => Ok(None),
            Self::Scratch(copy) => {
                copy.close().await?;
                Ok(None)
            }
        }
    }
}

/// What the migrations make.
///
/// # Errors
/// What cannot be replayed.
pub(super) async fn replayed(
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
    dialect: &'static dyn Dialect,
) -> Result<Start> {
    let typed = "autogen --offline";
    let history = offline::replayed(dialect, session, config, versions, typed).await?;
    let ReplayedHistory {
        dialect,
        snapshot,
        copy,
    } = history;
    Ok(Start {
        dialect,
        before: snapshot,
        reach: copy.map_or(Reach::Nothing, Reach::Scratch),
    })
}

/// The database as it is, which has to be where the new revision begins: at the
/// head, or at what `--splice` names.
///
/// # Errors
/// It is not, or it cannot be read.
pub(super) async fn live(
    session: &Session<'_>,
    config: &Config,
    versions: &Versions,
    url: &Url,
    parents: &[String],
) -> Result<Start> {
    // A first migration needs no database: one that is not there is empty.
    if database::is_absent(url) && versions.graph.is_empty() {
        return Ok(Start {
            dialect: database::dialect(url)?,
            before: Snapshot::default(),
            reach: Reach::Nothing,
        });
    }
    let _progress = session.ui.progress("reading the database");
    let mut connection = database::open(url).await?;
    let status = current::status(session, config, versions, &mut connection).await?;
    current::refuse_unknown(&status, versions)?;
    refuse_elsewhere(&status, versions, parents, session)?;
    let before = database::snapshot(&mut connection, config).await?;
    Ok(Start {
        dialect: connection.dialect(),
        before,
        reach: Reach::Live(connection),
    })
}

/// Stops where the database is not where the new revision begins. What follows
/// its parents already is another branch, and has to be neither there nor run.
fn refuse_elsewhere(
    status: &aludel::Status,
    versions: &Versions,
    parents: &[String],
    session: &Session<'_>,
) -> Result<()> {
    let graph = &versions.graph;
    let mut aside: Vec<&str> = Vec::new();
    for parent in parents {
        let others: Vec<&str> = graph.above(parent).iter().map(|r| r.id()).collect();
        let mut run = others.iter().filter(|id| graph.holds(&status.current, id));
        if let Some(first) = run.next() {
            return Err(Failure::with_hint(
                format!("the database is past `{parent}`: it has run `{first}`, which follows it"),
                format!(
                    "what differs would count what was done there: type `{}` first, or leave \
                     `--splice` out",
                    session.typed(&format!("downgrade {parent}"))
                ),
            ));
        }
        aside.extend(others);
    }
    let is_aside = |id: &String| aside.contains(&id.as_str());
    match status.pending.iter().all(is_aside) {
        true => Ok(()),
        false => Err(super::not_up_to_date(status, session)),
    }
}

/// Stops where the new revision does not begin at a head: the migrations make
/// what all of them make.
///
/// # Errors
/// Such a parent.
pub(super) fn refuse_inside(versions: &Versions, parents: &[String]) -> Result<()> {
    let is_inside = |parent: &&String| !versions.graph.children(parent).is_empty();
    match parents.iter().find(is_inside) {
        None => Ok(()),
        Some(parent) => Err(Failure::with_hint(
            format!("`--offline` compares with all migrations, and `{parent}` is not the last"),
            format!("leave `--offline` out, with a database that is at `{parent}`"),
        )),
    }
}
