//! How a database differs from the models, for those who only look.

use aludel::db::Connection;
use aludel_core::dialect::{Dialect, Snapshot, Unmanaged};
use aludel_core::diff::{Renames, Wanted};

use crate::compare::{Comparison, Difference};
use crate::config::Config;
use crate::error::Result;
use crate::objects::Asking;
use crate::session::Session;
use crate::{database, models};

/// Both sides, and what lies between them.
#[derive(Debug)]
pub(crate) struct Drift {
    /// What the database lacks.
    pub(crate) difference: Difference,
    /// What is in it.
    pub(crate) snapshot: Snapshot,
    /// What the models want.
    pub(crate) wanted: Wanted,
    /// What the database has and models cannot say.
    pub(crate) unmanaged: Vec<Unmanaged>,
}

impl Drift {
    /// Reads the database, and compares it with the models.
    ///
    /// # Errors
    /// Models that the database cannot have, a database that cannot be read.
    pub(crate) async fn look(
        session: &Session<'_>,
        config: &Config,
        scanned: &models::Sources,
        connection: &mut Connection<'_>,
    ) -> Result<Self> {
        let dialect = connection.dialect();
        let snapshot = database::snapshot(connection, config).await?;
        let asking = Asking::new(session, config);
        Self::between(&asking, scanned, (dialect, snapshot), Some(connection)).await
    }

    /// Compares a database that was read, or that is thought of, with the
    /// models; who can be asked what expressions mean may be nobody.
    ///
    /// # Errors
    /// Models that the database cannot have.
    pub(crate) async fn between(
        asking: &Asking<'_>,
        scanned: &models::Sources,
        (dialect, snapshot): (&'static dyn Dialect, Snapshot),
        connection: Option<&mut Connection<'_>>,
    ) -> Result<Self> {
        let Asking {
            session, config, ..
        } = *asking;
        let mut wanted = models::wanted(scanned, dialect)?;
        models::as_found_in(&mut wanted, scanned, config, dialect, &snapshot)?;
        database::mention_empty(session, &config.scope(), &snapshot, &wanted);
        let none = Renames::default();
        let hooks = database::hooks(session, config)?;
        let mut comparison = Comparison::new(dialect, config.naming(dialect)).with(hooks);
        if let Some(connection) = connection {
            let answers = &mut comparison;
            let before = &snapshot.schema;
            database::settle(session, connection, answers, before, &wanted, &none).await?;
            asking
                .settle(connection, &mut comparison, &snapshot, &wanted, &none)
                .await?;
        }
        let difference = comparison.difference(&snapshot, &wanted, &none)?;
        let unmanaged = comparison.objects(&snapshot, &wanted).unmanaged();
        Ok(Self {
            difference,
            snapshot,
            wanted,
            unmanaged,
        })
    }
}
