//! The database that migrations are tried in before they are written: a copy
//! of the shape of the real one, without its rows.
//!
//! It knows how such a copy is had and given up again. It must not know what
//! is tried in it.

use aludel::db::{self, Connection, ScratchCopy, ScratchSource};
use aludel::{Error, ErrorKind};
use aludel_core::dialect::{Dialect, Snapshot};

use crate::config::Config;
use crate::error::Result;
use crate::session::Session;

/// An open copy.
#[derive(Debug)]
pub(crate) struct Scratch {
    copy: ScratchCopy,
}

/// What was had.
#[derive(Debug)]
pub(crate) enum Had {
    /// A copy.
    Copy(Scratch),
    /// None, and why.
    None(Error),
}

impl Scratch {
    /// A database with the shape that was found; what cannot be copied is
    /// said. For SQLite it is in memory, else the one that
    /// `[database] scratch_url` names, or one that is made on the server that
    /// `connection` leads to.
    ///
    /// # Errors
    /// A shape that the database does not take again.
    pub(crate) async fn like(
        snapshot: &Snapshot,
        dialect: &dyn Dialect,
        connection: Option<&mut Connection<'_>>,
        session: &Session<'_>,
        config: &Config,
    ) -> Result<Had> {
        let source = match connection {
            Some(connection) if connection.dialect().name() != "sqlite" => {
                match session.scratch_url(config)? {
                    Some(kept) => ScratchSource::kept(&kept, connection).await?,
                    None => ScratchSource::beside(connection),
                }
            }
            Some(_) => ScratchSource::memory(),
            None => ScratchSource::offline(session.scratch_url(config)?.as_ref(), dialect),
        };
        let copy = match db::scratch_copy(snapshot, &source).await {
            Ok(copy) => copy,
            Err(error) if error.kind() == ErrorKind::NoScratch => return Ok(Had::None(error)),
            Err(error) => return Err(error.into()),
        };
        for skipped in &copy.skipped {
            session.ui.warn(format_args!(
                "the copy that the migration is proven on lacks something: {} fails: {}",
                skipped.what, skipped.reason
            ));
        }
        Ok(Had::Copy(Self { copy }))
    }

    /// An empty database of the kind that the project's url names.
    ///
    /// # Errors
    /// No url, and no database to be had.
    pub(crate) async fn empty(session: &Session<'_>, config: &Config) -> Result<Self> {
        let url = session.database_url(config)?;
        let nothing = Snapshot::default();
        let dialect = crate::database::dialect(&url)?;
        let had = match url.is_server() {
            false => Self::like(&nothing, dialect, None, session, config).await?,
            true => {
                let mut connection = crate::database::open(&url).await?;
                let had = Self::like(&nothing, dialect, Some(&mut connection), session, config);
                let had = had.await;
                connection.close().await?;
                had?
            }
        };
        match had {
            Had::Copy(scratch) => Ok(scratch),
            Had::None(error) => Err(error.into()),
        }
    }

    /// A copy in a transaction that is rolled back, where the database can do
    /// that with this shape, and nobody has named another place.
    ///
    /// # Errors
    /// A server that cannot be reached any more.
    pub(crate) async fn trial(
        snapshot: &Snapshot,
        connection: Option<&Connection<'_>>,
        session: &Session<'_>,
        config: &Config,
    ) -> Result<Option<Self>> {
        let Some(connection) = connection else {
            return Ok(None);
        };
        if session.scratch_url(config)?.is_some() {
            return Ok(None);
        }
        let copy = db::trial_copy(snapshot, connection).await?;
        Ok(copy.map(|copy| Self { copy }))
    }

    /// The connection to it.
    ///
    /// # Errors
    /// None, as long as it is open.
    pub(crate) fn connection(&mut self) -> Result<&mut Connection<'static>> {
        Ok(self.copy.connection()?)
    }

    /// Gives the copy up.
    ///
    /// # Errors
    /// What the database says to that.
    pub(crate) async fn close(self) -> Result<()> {
        Ok(self.copy.close().await?)
    }
}
