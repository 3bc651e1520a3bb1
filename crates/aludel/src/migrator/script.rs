//! What a run would do as a script for the database's own client.
//!
//! It owns what stands around the statements: transactions, the version rows,
//! the log; what a script stops on is in [`super::guard`]. The statements are those of [`super::offline`], which come from
//! where a run has its own.

use aludel_core::dialect::client::{COMMIT, comment};
use aludel_core::dialect::{Client, Dialect};
use aludel_core::plan::Statement;
use aludel_core::revision::{Format, Revision, RevisionGraph, checksum};

use super::books::{self, Entry, SCRIPT};
use super::{Migrator, PlannedRevision, Transactions};
use crate::error::{Error, ErrorKind, Result};
use crate::run::Direction;

/// A script that the plain client of a database runs: `sqlite3`, `psql`,
/// `mariadb`.
#[derive(Debug, Clone)]
pub struct Script {
    /// What it is written for.
    pub dialect: &'static dyn Dialect,
    /// The revisions in it, in order, with their statements.
    pub revisions: Vec<PlannedRevision>,
    /// All of it.
    pub text: String,
}

/// The text of a script while it grows.
pub(super) struct Writer<'w> {
    pub(super) dialect: &'static dyn Dialect,
    pub(super) client: Client,
    /// The version table.
    pub(super) table: &'w str,
    /// The key of the lock of a run.
    pub(super) key: i64,
    /// Several revisions share a transaction.
    together: bool,
    /// The revision has left its transaction.
    has_left: bool,
    pub(super) text: String,
    /// A transaction is open.
    open: bool,
    /// Foreign keys can be checked on such a database.
    checks: bool,
    /// What was broken before is noted.
    watching: bool,
    /// aludel's tables are there.
    has_tables: bool,
}

impl Migrator {
    /// What [`Self::upgrade`] or [`Self::downgrade`] would do to a database
    /// with these version rows, as a script. The database is not looked at:
    /// the schema before is that of the migrations below.
    ///
    /// # Errors
    /// A target that is not in the history, a file that was not compiled, and
    /// what needs the database itself ([`ErrorKind::Offline`]): Rust over the
    /// connection, or SQL that does not say what it does, where that counts.
    pub async fn script(
        &self,
        dialect: &'static dyn Dialect,
        direction: Direction,
        rows: &[String],
        target: &str,
    ) -> Result<Script> {
        let graph = self.migrations.graph()?;
        self.transactions.refuse_on(dialect)?;
        let path = self.path(&graph, rows, direction, target)?;
        let (revisions, checks) = self
            .planned_offline(dialect, &graph, direction, rows, &path)
            .await?;
        refuse_rust(&revisions)?;
        let mut writer = Writer::new(dialect, self);
        writer.checks = checks;
        writer.head(
            &format!("{} {}", direction.as_str(), target),
            &self.waits(dialect),
        );
        let baseline = revisions.iter().map(|planned| &planned.revision);
        let mut baseline = baseline
            .filter(|revision| direction == Direction::Up && revision.header.baseline)
            .map(Revision::id);
        let baseline = baseline
            .next()
            .map(|id| (id, self.scope.schemas.as_slice()));
        if !revisions.is_empty() {
            writer.lock();
            writer.guard(rows, baseline);
        }
        let mut rows = rows.to_vec();
        for (at, planned) in revisions.iter().enumerate() {
            writer.next(&rows, at);
            let after = match direction {
                Direction::Up => graph.rows_after_upgrade(&rows, &planned.revision),
                Direction::Down => graph.rows_after_downgrade(&rows, &planned.revision),
            };
            writer.revision(planned, direction);
            let file = self.file(&planned.revision)?;
            let said = checksum(file.text(), planned.revision.format);
            writer.books(planned.revision.id(), direction, &said, (&rows, &after));
            rows = after;
        }
        writer.commit();
        if !revisions.is_empty() {
            writer.unlock();
        }
        Ok(Script {
            dialect,
            revisions,
            text: writer.text,
        })
    }

    /// What [`Self::stamp_all`] would write, as a script that is right wherever
    /// the database is; `purge` forgets all version rows first.
    ///
    /// # Errors
    /// A target that is not in the history, that stands on another one, or that
    /// only a database can tell.
    pub fn stamp_script(
        &self,
        dialect: &'static dyn Dialect,
        targets: &[&str],
        purge: bool,
    ) -> Result<Script> {
        let graph = self.migrations.graph()?;
        if let Some(asks) = targets.iter().find(|target| graph.needs_database(target)) {
            return Err(Error::new(
                ErrorKind::Offline,
                format!("only a database can tell what `{asks}` is"),
            )
            .with_hint("name a revision, a label, `head`, `heads` or `base`"));
        }
        let mut writer = Writer::new(dialect, self);
        writer.head(&format!("stamp {}", targets.join(" ")), &[]);
        writer.lock();
        writer.tables();
        writer.begin();
        writer.stamp(&graph, targets, purge)?;
        writer.commit();
        writer.unlock();
        Ok(Script {
            dialect,
            revisions: Vec::new(),
            text: writer.text,
        })
    }

    /// How long a statement waits for the lock of a table, as a run has it.
    fn waits(&self, dialect: &dyn Dialect) -> Vec<String> {
        let lock = self.table_lock_timeout;
        match dialect.name() {
            "postgres" => {
                let mut set = vec![format!("SET lock_timeout = {}", lock.as_millis())];
                let most = self.statement_timeout;
                set.extend(most.map(|t| format!("SET statement_timeout = {}", t.as_millis())));
                set
            }
            "mysql" => {
                let seconds = lock.as_secs().max(1);
                vec![format!(
                    "SET SESSION lock_wait_timeout = {seconds}, \
                     innodb_lock_wait_timeout = {seconds}"
                )]
            }
            _ => Vec::new(),
        }
    }
}

/// Stops where something is Rust: all of it at once.
fn refuse_rust(revisions: &[PlannedRevision]) -> Result<()> {
    let mut found = Vec::new();
    for planned in revisions {
        let rust = planned.statements.iter().filter(|s| s.is_rust());
        found.extend(rust.map(|s| format!("`{}`: {}", planned.revision.file_name, s.why)));
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Offline,
        format!(
            "Rust over the connection cannot be written into a script: {}",
            found.join("; ")
        ),
    )
    .with_hint(
        "run that revision online, and make scripts of the ranges `FROM:TO` below and above it",
    ))
}

impl<'w> Writer<'w> {
    fn new(dialect: &'static dyn Dialect, migrator: &'w Migrator) -> Self {
        Self {
            dialect,
            client: dialect.client(),
            table: migrator.store.name(),
            key: migrator.limits().key(),
            together: migrator.transactions == Transactions::All,
            has_left: false,
            text: String::new(),
            open: false,
            checks: false,
            watching: false,
            has_tables: false,
        }
    }

    pub(super) fn comment(&mut self, text: &str) {
        self.text.push_str(&comment(text));
    }

    pub(super) fn statement(&mut self, sql: &str) {
        self.text.push_str(&self.client.statement(sql));
    }

    pub(super) fn begin(&mut self) {
        if !self.open {
            self.statement(self.client.begin);
            self.open = true;
        }
    }

    pub(super) fn commit(&mut self) {
        if std::mem::take(&mut self.watching) {
            for sql in self.client.check {
                self.statement(sql);
            }
        }
        if self.open {
            self.statement(COMMIT);
            self.open = false;
        }
    }

    /// Notes what is broken, for the end of the transaction.
    fn watch(&mut self) {
        if self.checks && !self.watching {
            self.watching = !self.client.watch.is_empty();
            for sql in self.client.watch {
                self.statement(sql);
            }
        }
    }

    /// What it is, how it is run, and what is set before all.
    fn head(&mut self, what: &str, more: &[String]) {
        let (version, title) = (env!("CARGO_PKG_VERSION"), self.dialect.title());
        self.comment(&format!("aludel {version}: {what}, for {title}"));
        self.comment(self.client.command);
        for sql in self.client.settings {
            self.statement(sql);
        }
        for sql in more {
            self.statement(sql);
        }
    }

    /// The statements of one revision, those that may not run in a transaction
    /// outside of one.
    fn revision(&mut self, planned: &PlannedRevision, direction: Direction) {
        self.has_left = false;
        self.comment(&running_line(&planned.revision, direction));
        let moves = planned.statements.iter().any(|s| moves_path(&s.sql));
        let moves = moves && self.dialect.name() == "postgres";
        if moves {
            self.begin();
            self.statement(PATH_KEPT);
        }
        for statement in &planned.statements {
            if statement.alone || !self.client.transactional {
                self.commit();
                self.has_left = true;
            } else {
                self.begin();
                self.watch();
            }
            self.told(statement, planned.revision.format);
        }
        if moves {
            self.statement(PATH_AGAIN);
        }
    }

    fn told(&mut self, statement: &Statement, format: Format) {
        // Of a statement in a file there is nothing more to be said.
        if format == Format::Rust {
            self.comment(&statement.why);
        }
        if let Some(note) = &statement.note {
            self.comment(note);
        }
        let around = self.dialect.around(&statement.sql);
        if let Some(around) = &around {
            self.statement(around.from);
        }
        self.statement(&statement.sql);
        if let Some(around) = &around {
            self.statement(around.to);
        }
    }

    /// aludel's own tables, where they are not there.
    pub(super) fn tables(&mut self) {
        if std::mem::replace(&mut self.has_tables, true) {
            return;
        }
        for sql in books::tables(self.dialect, self.table) {
            if self.client.transactional {
                self.begin();
            }
            self.statement(&sql);
        }
    }

    /// What is written down of a revision that was run.
    fn books(
        &mut self,
        revision: &str,
        direction: Direction,
        checksum: &str,
        (before, after): (&[String], &[String]),
    ) {
        self.tables();
        self.begin();
        for line in books::moved(self.dialect, self.table, before, after) {
            self.statement(&line.spelled(&self.client));
        }
        let entry = Entry {
            revision,
            direction: direction.as_str(),
            duration_ms: 0,
            checksum,
            host: SCRIPT,
            pid: 0,
        };
        let line = books::logged(self.dialect, &entry);
        self.statement(&line.spelled(&self.client));
        if !self.together || self.has_left {
            self.commit();
        }
    }

    /// Stands before a revision.
    fn next(&mut self, rows: &[String], at: usize) {
        if at == 0 {
            self.text.push('\n');
        } else if self.open {
            for sql in self.client.between {
                self.statement(sql);
            }
            self.text.push('\n');
        } else {
            self.text.push('\n');
            self.guard_again(rows);
        }
    }

    fn stamp(&mut self, graph: &RevisionGraph, targets: &[&str], purge: bool) -> Result<()> {
        let table = self.dialect.quote_name(self.table);
        let literals = |ids: &[String]| -> String {
            let ids: Vec<String> = ids.iter().map(|id| self.client.literal(id)).collect();
            ids.join(", ")
        };
        let stamp = graph.stamp_anywhere(targets)?;
        let mut lines = Vec::new();
        match &stamp.gone {
            Some(gone) if !purge => lines.push(format!(
                "DELETE FROM {table} WHERE version_num IN ({})",
                literals(gone)
            )),
            _ => lines.push(books::purged(self.dialect, self.table)),
        }
        for (id, unless) in &stamp.rows {
            let id = self.client.literal(id);
            lines.push(match unless.as_slice() {
                unless if unless.is_empty() || purge => {
                    format!("INSERT INTO {table} (version_num) VALUES ({id})")
                }
                // One that another one depends on is told by that one.
                unless => format!(
                    "INSERT INTO {table} (version_num) SELECT {id} WHERE NOT EXISTS \
                     (SELECT 1 FROM {table} WHERE version_num IN ({}))",
                    literals(unless)
                ),
            });
        }
        if books::keeps_steps(self.dialect) {
            lines.push(books::forgotten(self.table).spelled(&self.client));
        }
        for line in lines {
            self.statement(&line);
        }
        Ok(())
    }
}

/// Around statements that look elsewhere for names: aludel's own tables stand
/// where they stood before.
const PATH_KEPT: &str = "DO $$ BEGIN PERFORM set_config('aludel.script_path', current_setting('search_path'), false); END $$";
const PATH_AGAIN: &str = "DO $$ BEGIN PERFORM set_config('search_path', current_setting('aludel.script_path'), false); END $$";

/// Whether a statement may leave another search path behind.
fn moves_path(sql: &str) -> bool {
    sql.to_ascii_lowercase().contains("search_path")
}

/// `Running upgrade a -> b, message`.
fn running_line(revision: &Revision, direction: Direction) -> String {
    let parents = revision.header.parents.join(", ");
    let (from, to) = match direction {
        Direction::Up => (parents.as_str(), revision.id()),
        Direction::Down => (revision.id(), parents.as_str()),
    };
    let message = revision.header.message.lines().next().unwrap_or_default();
    format!("Running {} {from} -> {to}, {message}", direction.as_str())
}
