//! The proof that a migration does what it is for, before it is written.
//!
//! First by replay: the operations take the schema before to the one that is
//! wanted, and back. Then on a copy of the database's shape, with the same
//! runner that will run the file.

use aludel::db::{self, Connection};
use aludel::{Migrations, Migrator};
use aludel_core::dialect::{Dialect, Server, Snapshot, lower_all};
use aludel_core::diff::{Renames, Wanted};
use aludel_core::object;
use aludel_core::operation::Operation;
use aludel_core::revision::Header;
use aludel_core::schema::{DefaultValue, Schema};

use crate::compare::{self, Comparison, Difference};
use crate::config::{Config, FileFormat};
use crate::database;
use crate::error::{Failure, Result};
use crate::file::{self, NewFile};
use crate::objects::Asking;
use crate::same::{self, What};
use crate::scratch::{Had, Scratch};
use crate::session::Session;
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
    /// Whether a replay alone is too little.
    pub(crate) strict: bool,
    /// Where to say what could not be copied.
    pub(crate) session: &'a Session<'a>,
}

impl Proof<'_> {
    /// Proves the migration, notes so in its header, and gives its file.
    ///
    /// # Errors
    /// A direction that does not arrive. With `strict` also that there is no
    /// database to try it in.
    pub(crate) async fn file(
        &self,
        writing: &Writing<'_>,
        header: &mut Header,
        connection: Option<&mut Connection<'_>>,
    ) -> Result<NewFile> {
        self.replay(writing)?;
        if let Some(file) = self
            .on_trial(writing, header, connection.as_deref())
            .await?
        {
            return Ok(file);
        }
        let dialect = self.comparison.dialect;
        let scratch = Scratch::like(self.before, dialect, connection, self.session, self.config);
        let scratch = scratch.await?;
        let mut scratch = match scratch {
            Had::Copy(scratch) => scratch,
            Had::None(error) => return self.replayed_only(writing, header, &error),
        };
        let proven = self.tried(scratch.connection()?, writing, header).await;
        // The copy goes away also where nothing was proven.
        let closed = scratch.close().await;
        let file = proven?;
        closed.map(|()| file)
    }

    /// The quick way: in a transaction that is rolled back. What fails there is
    /// tried in a database of its own, which has the last word.
    async fn on_trial(
        &self,
        writing: &Writing<'_>,
        header: &mut Header,
        connection: Option<&Connection<'_>>,
    ) -> Result<Option<NewFile>> {
        let mut names = self.wanted.schema.tables.keys();
        if !names.all(|name| name.schema.is_none()) {
            return Ok(None);
        }
        let trial = Scratch::trial(self.before, connection, self.session, self.config).await?;
        let Some(mut trial) = trial else {
            return Ok(None);
        };
        let mut proven = header.clone();
        let tried = self.tried(trial.connection()?, writing, &mut proven).await;
        trial.close().await?;
        match tried {
            Ok(file) => {
                *header = proven;
                Ok(Some(file))
            }
            Err(failure) => {
                tracing::debug!(?failure, "not proven in a transaction");
                Ok(None)
            }
        }
    }

    /// There is no database to try it in.
    fn replayed_only(
        &self,
        writing: &Writing<'_>,
        header: &mut Header,
        error: &aludel::Error,
    ) -> Result<NewFile> {
        let what = format!("the migration is proven by replay only: {error}");
        let hint = error.hint().unwrap_or_default();
        if self.strict {
            return Err(Failure::with_hint(what, hint));
        }
        self.session.ui.warn(format_args!("{what}; {hint}"));
        // A header is made of lines.
        let reason = error.to_string();
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        header.proven = Some(format!("replay only ({reason})"));
        self.compose(writing, header)
    }

    /// Both directions on the copy, by what will run: the calls of a Rust
    /// file, the text of a SQL file.
    async fn tried(
        &self,
        copy: &mut Connection<'_>,
        writing: &Writing<'_>,
        header: &mut Header,
    ) -> Result<NewFile> {
        // What could not be copied does not have to come back.
        let start = database::snapshot(copy, self.config).await?;
        if self.format == FileFormat::Rust {
            self.operations(copy, writing, &start).await?;
        }
        header.proven = Some(format!(
            "{} {} ({})",
            product(copy.dialect()),
            db::server_version(copy).await?,
            self.fingerprint(writing)?
        ));
        let new = self.compose(writing, header)?;
        if self.format == FileFormat::Sql {
            self.script(copy, &new, header, &start).await?;
        }
        Ok(new)
    }

    fn compose(&self, writing: &Writing<'_>, header: &Header) -> Result<NewFile> {
        let parts = writing.parts(self.format, header)?;
        file::compose(self.config, self.format, header, &parts)
    }

    /// The operations, there and back.
    async fn operations(
        &self,
        copy: &mut Connection<'_>,
        writing: &Writing<'_>,
        start: &Snapshot,
    ) -> Result<()> {
        db::run_operations(copy, &writing.upgrade.operations)
            .await
            .map_err(|e| broken("the upgrade fails on a copy of the database", e))?;
        self.arrived(copy, start).await?;
        db::run_operations(copy, &writing.downgrade.operations)
            .await
            .map_err(|e| broken("the downgrade fails on a copy of the database", e))?;
        self.returned(copy, start).await
    }

    /// The text of a SQL file, in its place behind the other revisions.
    async fn script(
        &self,
        copy: &mut Connection<'_>,
        new: &NewFile,
        header: &Header,
        before: &Snapshot,
    ) -> Result<()> {
        let mut files = files_of(self.versions);
        let name = new
            .path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned());
        files.push((name.unwrap_or_default(), new.text.clone()));
        let migrations = Migrations::from_files(files);
        let migrator = Migrator::new(&migrations).version_table(self.config.version_table());
        // The database has run everything, and so has its copy.
        let known = Migrations::from_files(files_of(self.versions));
        let known = Migrator::new(&known).version_table(self.config.version_table());
        known.stamp_purging(&mut *copy, "heads").await?;
        migrator
            .upgrade(&mut *copy, &header.id)
            .await
            .map_err(|e| broken("the upgrade fails on a copy of the database", e))?;
        self.arrived(copy, before).await?;
        let back = migrator.graph()?.undoing(&header.id);
        migrator
            .downgrade(&mut *copy, &back)
            .await
            .map_err(|e| broken("the downgrade fails on a copy of the database", e))?;
        self.returned(copy, before).await
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
    async fn arrived(&self, copy: &mut Connection<'_>, start: &Snapshot) -> Result<()> {
        self.defaults(copy).await?;
        let now = database::snapshot(copy, self.config).await?;
        let none = Renames::default();
        // The renames have been done.
        let mut wanted = self.wanted.clone().without_renames();
        // What could not be copied is not there (a view of a foreign table).
        let copied = object::definitions(copy.dialect(), start);
        let mut missing = object::definitions(copy.dialect(), self.before);
        missing.retain(|one| copied.iter().all(|other| other.id != one.id));
        wanted.objects.list.retain(|one| {
            let id = one.definition.id.clone();
            let id = id.in_default_schema(&self.before.server.schema);
            missing.iter().all(|gone| gone.id != id)
        });
        let mut comparison = self.comparison.unanswered();
        database::settle(
            self.session,
            copy,
            &mut comparison,
            &now.schema,
            &wanted,
            &none,
        )
        .await?;
        let asking = Asking::new(self.session, self.config);
        asking
            .settle(copy, &mut comparison, &now, &wanted, &none)
            .await?;
        let left = comparison.difference(&now, &wanted, &none)?;
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

    /// SQLite looks at what a default calls when a row needs it, and not before.
    async fn defaults(&self, copy: &mut Connection<'_>) -> Result<()> {
        if copy.dialect().name() != "sqlite" {
            return Ok(());
        }
        for table in self.wanted.schema.tables.values() {
            let before = self.before.schema.table(&table.name);
            for column in &table.columns {
                let was = before.and_then(|table| table.column(column.name.as_str()));
                let is_new = was.is_none_or(|was| was.default != column.default);
                if let (Some(DefaultValue::Expression(default)), true) = (&column.default, is_new) {
                    let asked = copy.rows(&format!("SELECT {}", default.as_str())).await;
                    asked.map_err(|error| {
                        let name = format!("{}.{}", table.name, column.name);
                        broken(&format!("the default of `{name}` has no value"), error)
                    })?;
                }
            }
        }
        Ok(())
    }

    /// The copy is what it was. What was settled on the way is not taken for
    /// granted: other types make other words of the same expression.
    async fn returned(&self, copy: &mut Connection<'_>, start: &Snapshot) -> Result<()> {
        let now = database::snapshot(copy, self.config).await?;
        let states = (&now, start);
        let left =
            same::differences(self.session, self.config, copy, states, What::Everything).await?;
        arrives(&left, "the downgrade")
    }

    /// The replay is where it should be.
    fn same(&self, now: &Schema, then: &Schema, what: &str) -> Result<()> {
        let (now, mut then) = self.sides(now, then);
        for (name, table) in &mut then.schema.tables {
            // Only the database knows what it calls a key that nobody named
            // once its table has been renamed.
            let there = now.table(name).and_then(|t| t.primary_key.as_ref());
            if let (Some(key), Some(there)) = (&mut table.primary_key, there) {
                key.name = key.name.take().filter(|_| there.name.is_some());
            }
        }
        nothing_left(self.comparison, &now, &then, what)
    }

    /// Two schemas to be held against each other. The server may have quoted a
    /// name in an expression: what the models leave to the database is left to
    /// it here too.
    fn sides(&self, now: &Schema, then: &Schema) -> (Schema, Wanted) {
        let dialect = self.comparison.dialect;
        let then = compare::exactly(dialect.canonical(then.clone()));
        (dialect.canonical(now.clone()), then)
    }

    /// A hash over the statements that the operations become on a database
    /// made from the schema alone.
    fn fingerprint(&self, writing: &Writing<'_>) -> Result<String> {
        let made = compare::made_from(
            self.comparison.dialect,
            &self.before.schema,
            Server::default(),
        )?;
        let (plans, _) = lower_all(self.comparison.dialect, &made, &writing.upgrade.operations)?;
        Ok(compare::fingerprint(&plans))
    }
}

fn nothing_left(comparison: &Comparison, now: &Schema, then: &Wanted, what: &str) -> Result<()> {
    let left = comparison.operations(now, then)?;
    let words: Vec<String> = left
        .iter()
        .flat_map(Operation::describe)
        .map(|d| d.text)
        .collect();
    arrives(&words, what)
}

fn arrives(left: &[String], what: &str) -> Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    Err(unproven(&format!("{what} does not arrive"), left))
}

/// The migrations so far, by name and text.
fn files_of(versions: &Versions) -> Vec<(String, String)> {
    let texts = versions.texts.iter();
    texts
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect()
}

/// A direction that fails.
fn broken(what: &str, error: aludel::Error) -> Failure {
    let mut failure = Failure::with_hint(
        format!("the migration was not written: {what}"),
        "`--no-verify` writes it all the same",
    );
    failure
        .reports
        .extend(Failure::from(error.of_a_copy()).reports);
    failure
}

/// Which database it was: MySQL and MariaDB are two, and one dialect.
fn product(dialect: &dyn Dialect) -> String {
    match dialect.name() {
        "mysql" => dialect.title().to_ascii_lowercase(),
        name => name.to_owned(),
    }
}

/// A direction that ends elsewhere.
fn unproven(what: &str, left: &[String]) -> Failure {
    Failure::with_hint(
        format!("the migration was not written: {what}"),
        format!(
            "left: {}\nwhere the project's own `rewrite` or `compare` has a say, it is theirs to \
             mend; else this is a mistake of aludel's own. `--no-verify` writes the file all the \
             same",
            left.join("; ")
        ),
    )
}
