//! A baseline makes what databases had before there were revisions: it runs on
//! an empty one alone.
//!
//! It owns what counts as empty. Who asks, and when, is not its business.

use aludel_core::dialect::Snapshot;
use aludel_core::revision::Revision;

use super::Migrator;
use crate::db::{Connection, is_bookkeeping, read_catalog};
use crate::error::{Error, ErrorKind, Result};

impl Migrator {
    /// Stops where a baseline is about to run on a database with tables. The
    /// catalogue is read only where there is a baseline.
    ///
    /// # Errors
    /// Which tables are there, and how to say that they are the baseline's.
    pub(super) async fn refuse_tables<'r>(
        &self,
        connection: &mut Connection<'_>,
        path: impl IntoIterator<Item = &'r Revision>,
    ) -> Result<()> {
        let baseline = path.into_iter().find(|r| r.header.baseline);
        let Some(baseline) = baseline else {
            return Ok(());
        };
        let found = read_catalog(connection, &self.scope).await?;
        self.refuse_found(&found, baseline)
    }

    /// The same of a database that was read already.
    ///
    /// # Errors
    /// As [`Self::refuse_tables`].
    pub(super) fn refuse_found(&self, found: &Snapshot, baseline: &Revision) -> Result<()> {
        /// More are counted.
        const MOST: usize = 5;
        let tables = found.schema.tables.keys().filter(|table| {
            let name = table.name.as_str();
            let of_others = self.of_others.as_ref().is_some_and(|are| are(name));
            !(is_bookkeeping(name) || name.eq_ignore_ascii_case(self.store.name()) || of_others)
        });
        let tables: Vec<String> = tables.map(|table| format!("`{table}`")).collect();
        if tables.is_empty() {
            return Ok(());
        }
        let named = tables.iter().take(MOST).cloned().collect::<Vec<_>>();
        let more = match tables.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Err(Error::new(
            ErrorKind::NotEmpty,
            format!(
                "`{}` is a baseline, which makes the tables of an empty database, and this one \
                 has {}{more}",
                baseline.file_name,
                named.join(", ")
            ),
        )
        .with_hint(format!(
            "nothing was run. Where the tables are those of the baseline, `stamp {}` says so, and \
             what comes after it can run",
            baseline.id()
        )))
    }
}
