//! The proof that a migration does what it is for, before it is written.
//!
//! First by replay: the operations take the schema before to the one that is
//! wanted, and back. Then on a copy of the database's schema in memory, with
//! the same runner that will run the file.

use aludel::db::{self, Connection, MemoryCopy};
use aludel::{Migrations, Migrator};
use aludel_core::dialect::{Dialect, Snapshot, lower_all};
use aludel_core::diff::{Renames, Wanted};
use aludel_core::revision::Header;
use aludel_core::schema::Schema;

use crate::compare::{self, Difference};
use crate::config::Config;
use crate::database;
use crate::error::{Failure, Result};
use crate::file::NewFile;
use crate::ui::Ui;
use crate::versions::Versions;
use crate::write::Writing;

/// What is proven, and against what.
pub(crate) struct Proof<'a> {
    /// The dialect of the database.
    pub(crate) dialect: &'static dyn Dialect,
    /// The project.
    pub(crate) config: &'a Config,
    /// The migrations so far.
    pub(crate) versions: &'a Versions,
    /// The database as it is.
    pub(crate) before: &'a Snapshot,
    /// What the models want.
    pub(crate) wanted: &'a Wanted,
    /// What the migration does.
    pub(crate) difference: &'a Difference,
    /// Where to say what could not be copied.
    pub(crate) ui: Ui,
}

impl Proof<'_> {
    /// Proves the operations, and gives the text of the header's `Proven`.
    ///
    /// # Errors
    /// A direction that does not arrive.
    pub(crate) async fn operations(&self, writing: &Writing<'_>) -> Result<String> {
        self.replay(writing)?;
        let mut copy = self.copy().await?;
        db::run_operations(&mut copy.connection, &writing.upgrade.operations)
            .await
            .map_err(|e| broken("the upgrade fails on a copy of the database", e))?;
        self.arrived(&mut copy.connection).await?;
        db::run_operations(&mut copy.connection, &writing.downgrade.operations)
            .await
            .map_err(|e| broken("the downgrade fails on a copy of the database", e))?;
        self.returned(&mut copy.connection).await?;
        let version = db::server_version(&mut copy.connection).await?;
        copy.connection.close().await?;
        Ok(format!(
            "{} {version} ({})",
            self.dialect.name(),
            self.fingerprint(writing)?
        ))
    }

    /// Proves the text of a SQL file, in its place behind the other revisions.
    ///
    /// # Errors
    /// A direction that does not arrive.
    pub(crate) async fn script(&self, new: &NewFile, header: &Header) -> Result<()> {
        let mut files: Vec<(String, String)> = self
            .versions
            .texts
            .iter()
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect();
        let name = new
            .path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned());
        files.push((name.unwrap_or_default(), new.text.clone()));
        let migrations = Migrations::from_files(files);
        let migrator = Migrator::new(&migrations).version_table(self.config.version_table());
        let mut copy = self.copy().await?;
        let start = header.parents.first().map_or("base", String::as_str);
        migrator.stamp_purging(&mut copy.connection, start).await?;
        migrator
            .upgrade(&mut copy.connection, &header.id)
            .await
            .map_err(|e| broken("the upgrade fails on a copy of the database", e))?;
        self.arrived(&mut copy.connection).await?;
        migrator
            .downgrade(&mut copy.connection, start)
            .await
            .map_err(|e| broken("the downgrade fails on a copy of the database", e))?;
        self.returned(&mut copy.connection).await?;
        Ok(copy.connection.close().await?)
    }

    /// The operations in memory, there and back.
    fn replay(&self, writing: &Writing<'_>) -> Result<()> {
        let mut schema = self.before.schema.clone();
        for operation in &writing.upgrade.operations {
            operation.apply(&mut schema)?;
        }
        self.same(
            &schema,
            &self.difference.after.schema,
            "the upgrade, replayed,",
        )?;
        for operation in &writing.downgrade.operations {
            operation.apply(&mut schema)?;
        }
        self.same(&schema, &self.before.schema, "the downgrade, replayed,")
    }

    /// The database's shape in memory.
    async fn copy(&self) -> Result<MemoryCopy> {
        let copy = db::memory_copy(self.before).await?;
        for skipped in &copy.skipped {
            self.ui.warn(format_args!(
                "`{}` is not in the copy that the migration is proven on: {}",
                skipped.name, skipped.reason
            ));
        }
        Ok(copy)
    }

    /// The copy has no difference to the models.
    async fn arrived(&self, copy: &mut Connection<'_>) -> Result<()> {
        let now = database::snapshot(copy, self.config).await?;
        let left = compare::difference(
            self.dialect,
            &now,
            self.wanted,
            &Renames::default(),
            &self.config.naming(),
        )?;
        match left.entries.as_slice() {
            [] => Ok(()),
            entries => Err(unproven(
                "after the upgrade the copy still differs from the models",
                &entries
                    .iter()
                    .map(|e| e.description.text.clone())
                    .collect::<Vec<_>>(),
            )),
        }
    }

    /// The copy is what it was.
    async fn returned(&self, copy: &mut Connection<'_>) -> Result<()> {
        let now = database::snapshot(copy, self.config).await?;
        self.same(&now.schema, &self.before.schema, "the downgrade")
    }

    fn same(&self, now: &Schema, then: &Schema, what: &str) -> Result<()> {
        // The server may have quoted a name in an expression: what the models
        // leave to the database is left to it here too.
        let wanted = Wanted {
            schema: self.dialect.canonical(then.clone()),
            ..Wanted::default()
        };
        let now = self.dialect.canonical(now.clone());
        let naming = self.config.naming();
        let left = compare::operations(self.dialect, &now, &wanted, &naming)?;
        if left.is_empty() {
            return Ok(());
        }
        let words: Vec<String> = left
            .iter()
            .flat_map(|op| op.describe())
            .map(|d| d.text)
            .collect();
        Err(unproven(&format!("{what} does not arrive"), &words))
    }

    /// A hash over the statements that the operations become on a database
    /// made from the schema alone.
    fn fingerprint(&self, writing: &Writing<'_>) -> Result<String> {
        let made = compare::made_from(self.dialect, &self.before.schema)?;
        let (plans, _) = lower_all(self.dialect, &made, &writing.upgrade.operations)?;
        Ok(compare::fingerprint(&plans))
    }
}

/// A direction that fails.
fn broken(what: &str, error: aludel::Error) -> Failure {
    let mut failure = Failure::with_hint(
        format!("the migration was not written: {what}"),
        "`--no-verify` writes it all the same",
    );
    failure.reports.extend(Failure::from(error).reports);
    failure
}

/// A direction that ends elsewhere.
fn unproven(what: &str, left: &[String]) -> Failure {
    Failure::with_hint(
        format!("the migration was not written: {what}"),
        format!(
            "left: {}\nthis is a mistake of aludel's own; `--no-verify` writes the file all the same",
            left.join("; ")
        ),
    )
}
