//! The proof that a migration does what it is for, before it is written.
//!
//! First by replay: the operations take the schema before to the one that is
//! wanted, and back. Then on a copy of the database's schema in memory, with
//! the same runner that will run the file.

use aludel::db::{self, Connection};
use aludel::{Migrations, Migrator};
use aludel_core::dialect::{Snapshot, lower_all};
use aludel_core::diff::{Renames, Wanted};
use aludel_core::revision::Header;
use aludel_core::schema::Schema;

use crate::compare::{self, Comparison, Difference};
use crate::config::{Config, FileFormat};
use crate::database;
use crate::error::{Failure, Result};
use crate::file::{self, NewFile};
use crate::scratch::Scratch;
use crate::ui::Ui;
use crate::versions::Versions;
use crate::write::Writing;

/// What is proven, and against what.
pub(crate) struct Proof<'a> {
    /// How the models were compared with the database.
    pub(crate) comparison: &'a Comparison,
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
    /// The format of the file.
    pub(crate) format: FileFormat,
    /// Where to say what could not be copied.
    pub(crate) ui: Ui,
}

impl Proof<'_> {
    /// Proves the migration, notes so in its header, and gives its file.
    ///
    /// # Errors
    /// A direction that does not arrive.
    pub(crate) async fn file(&self, writing: &Writing<'_>, header: &mut Header) -> Result<NewFile> {
        self.replay(writing)?;
        let mut scratch = Scratch::like(self.before, self.ui).await?;
        let proven = self.tried(&mut scratch, writing, header).await;
        // The copy goes away also where nothing was proven.
        let closed = scratch.close().await;
        let file = proven?;
        closed.map(|()| file)
    }

    /// Both directions on the copy, by what will run: the calls of a Rust
    /// file, the text of a SQL file.
    async fn tried(
        &self,
        scratch: &mut Scratch,
        writing: &Writing<'_>,
        header: &mut Header,
    ) -> Result<NewFile> {
        let copy = &mut scratch.connection;
        if self.format == FileFormat::Rust {
            self.operations(copy, writing).await?;
        }
        header.proven = Some(format!(
            "{} {} ({})",
            self.comparison.dialect.name(),
            db::server_version(copy).await?,
            self.fingerprint(writing)?
        ));
        let parts = writing.parts(self.format, header)?;
        let new = file::compose(self.config, self.format, header, &parts)?;
        if self.format == FileFormat::Sql {
            self.script(copy, &new, header).await?;
        }
        Ok(new)
    }

    /// The operations, there and back.
    async fn operations(&self, copy: &mut Connection<'_>, writing: &Writing<'_>) -> Result<()> {
        db::run_operations(copy, &writing.upgrade.operations)
            .await
            .map_err(|e| broken("the upgrade fails on a copy of the database", e))?;
        self.arrived(copy).await?;
        db::run_operations(copy, &writing.downgrade.operations)
            .await
            .map_err(|e| broken("the downgrade fails on a copy of the database", e))?;
        self.returned(copy).await
    }

    /// The text of a SQL file, in its place behind the other revisions.
    async fn script(
        &self,
        copy: &mut Connection<'_>,
        new: &NewFile,
        header: &Header,
    ) -> Result<()> {
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
        let start = header.parents.first().map_or("base", String::as_str);
        migrator.stamp_purging(&mut *copy, start).await?;
        migrator
            .upgrade(&mut *copy, &header.id)
            .await
            .map_err(|e| broken("the upgrade fails on a copy of the database", e))?;
        self.arrived(copy).await?;
        migrator
            .downgrade(&mut *copy, start)
            .await
            .map_err(|e| broken("the downgrade fails on a copy of the database", e))?;
        self.returned(copy).await
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

    /// The copy has no difference to the models.
    async fn arrived(&self, copy: &mut Connection<'_>) -> Result<()> {
        let now = database::snapshot(copy, self.config).await?;
        let none = Renames::default();
        let left = self.comparison.difference(&now, self.wanted, &none)?;
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
        let dialect = self.comparison.dialect;
        let wanted = compare::exactly(dialect.canonical(then.clone()));
        let now = dialect.canonical(now.clone());
        let left = self.comparison.operations(&now, &wanted)?;
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
        let made = compare::made_from(self.comparison.dialect, &self.before.schema)?;
        let (plans, _) = lower_all(self.comparison.dialect, &made, &writing.upgrade.operations)?;
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
