//! The connections of a run over many databases.
//!
//! Schemas of one database are looked at one after another on the same
//! connection, as opening one takes longer than what is asked on it. Where
//! something was run the connection is closed: what a migration has set on it
//! must not come to the next tenant.

use std::cell::RefCell;

use aludel::ErrorKind;
use aludel::db::{Connection, Mode, Url, connect};

use super::list::Tenant;
use crate::error::Result;

/// Connections that nobody uses just now; with those that are used they are
/// never more than databases that are worked on at a time.
#[derive(Debug)]
pub(super) struct Connections {
    mode: Mode,
    idle: RefCell<Vec<(Url, Connection<'static>)>>,
}

impl Connections {
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            mode,
            idle: RefCell::default(),
        }
    }

    /// A connection to the database of a tenant.
    ///
    /// # Errors
    /// A database that cannot be opened, a schema that is not there.
    pub(super) async fn open(&self, tenant: &Tenant) -> Result<Connection<'static>> {
        let url = tenant.url()?;
        let mode = match self.mode {
            Mode::Create if !tenant.makes => Mode::ReadWrite,
            mode => mode,
        };
        let Some(schema) = url.schema() else {
            self.close_one().await;
            return Ok(connect(url, mode).await?);
        };
        let whole = url.without_schema();
        let mut connection = match self.idle_at(&whole) {
            Some(connection) => connection,
            None => {
                self.close_one().await;
                connect(&whole, mode).await?
            }
        };
        match connection.enter_schema(schema).await {
            Ok(()) => Ok(connection),
            Err(error) => {
                // What cannot even be asked would fail for the next one, too.
                if matches!(error.kind(), ErrorKind::Missing | ErrorKind::Denied) {
                    self.idle.borrow_mut().push((whole, connection));
                }
                Err(error.into())
            }
        }
    }

    /// Takes a connection back, on which something was run or not.
    ///
    /// # Errors
    /// One that cannot be closed.
    pub(super) async fn close(
        &self,
        tenant: &Tenant,
        connection: Connection<'static>,
        has_run: bool,
    ) -> Result<()> {
        match tenant.url() {
            Ok(url) if url.schema().is_some() && !has_run => {
                let whole = url.without_schema();
                self.idle.borrow_mut().push((whole, connection));
                Ok(())
            }
            _ => Ok(connection.close().await?),
        }
    }

    /// Closes those that nobody uses.
    pub(super) async fn finish(&self) {
        while !self.idle.borrow().is_empty() {
            self.close_one().await;
        }
    }

    fn idle_at(&self, whole: &Url) -> Option<Connection<'static>> {
        let mut idle = self.idle.borrow_mut();
        let at = idle.iter().position(|(url, _)| url == whole)?;
        Some(idle.swap_remove(at).1)
    }

    async fn close_one(&self) {
        let last = self.idle.borrow_mut().pop();
        if let Some((_, connection)) = last
            && let Err(error) = connection.close().await
        {
            tracing::debug!(%error, "a connection that nobody uses any more");
        }
    }
}
