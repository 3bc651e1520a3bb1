//! What was run, and whether the files still say what they said then.

use std::collections::{BTreeMap, BTreeSet};

use aludel_core::revision::{Revision, RevisionGraph, checksum};

use super::books::{Entry, REPAIR};
use super::status::LoggedRun;
use super::store::host;
use super::walk::close;
use super::{Database, Migrator, finish, refuse_transaction, refuse_unknown};
use crate::db::{Connection, Mode};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Settings, Transaction};

impl Migrator {
    /// Every run that stands on record, the oldest first; none where there is
    /// no record, or not for this role.
    ///
    /// # Errors
    /// A database that cannot be opened or read.
    pub async fn runs<'d>(&self, database: impl Into<Database<'d>>) -> Result<Vec<LoggedRun>> {
        let mut database = database.into();
        let mut connection = self.open(&mut database, Mode::ReadOnly).await?;
        let runs = self.store.runs(&mut connection).await;
        finish(connection, runs).await
    }

    /// Accepts what the files of these revisions say now, though it is not what
    /// they said when they were run, or though no run is on record; gives the ids
    /// of those.
    ///
    /// # Errors
    /// A revision that is not in the history, or that the database has not run.
    pub async fn repair<'d>(
        &self,
        database: impl Into<Database<'d>>,
        targets: &[&str],
    ) -> Result<Vec<String>> {
        let graph = self.migrations.graph()?;
        let mut database = database.into();
        let mut connection = self.open(&mut database, Mode::ReadWrite).await?;
        let repaired = self.repaired(&mut connection, &graph, targets).await;
        finish(connection, repaired).await
    }

    async fn repaired(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        targets: &[&str],
    ) -> Result<Vec<String>> {
        refuse_transaction(connection)?;
        let rows = self.store.rows(connection).await?;
        refuse_unknown(graph, &rows)?;
        let mut asked: Vec<&Revision> = Vec::new();
        for target in targets {
            for revision in graph.resolve(target, &rows)? {
                if !graph.holds(&rows, revision.id()) {
                    return Err(Error::new(
                        ErrorKind::Revision,
                        format!("the database has not run `{}`", revision.id()),
                    )
                    .with_hint("there is nothing on record that could be repaired"));
                }
                asked.push(revision);
            }
        }
        let mut edited = self.edited(connection, &asked).await?;
        let applied = graph.ancestors(&rows)?;
        let unrecorded = self.unrecorded(connection, graph, &applied).await?;
        let is_asked = |id: &String| asked.iter().any(|revision| revision.id() == id);
        edited.extend(unrecorded.into_iter().filter(is_asked));
        if edited.is_empty() {
            return Ok(edited);
        }
        let settings = Settings::apply(connection, &self.limits()).await?;
        let mut transaction = Transaction::begin(connection, &self.limits()).await?;
        let done = self.accept(transaction.connection(), &asked, &edited).await;
        let done = close(transaction, done).await;
        if connection.is_shared() {
            settings.restore(connection).await?;
        }
        done.map(|()| edited)
    }

    async fn accept(
        &self,
        connection: &mut Connection<'_>,
        asked: &[&Revision],
        edited: &[String],
    ) -> Result<()> {
        for revision in asked
            .iter()
            .filter(|r| edited.iter().any(|id| id == r.id()))
        {
            self.note(connection, revision, REPAIR).await?;
        }
        Ok(())
    }

    /// Puts down that somebody said something of a revision without a run.
    pub(super) async fn note(
        &self,
        connection: &mut Connection<'_>,
        revision: &Revision,
        what: &str,
    ) -> Result<()> {
        let entry = Entry {
            revision: revision.id(),
            direction: what,
            duration_ms: 0,
            checksum: &self.said(revision).unwrap_or_default(),
            host: &host(),
            pid: std::process::id(),
        };
        self.store.log(connection, &entry).await
    }

    /// Those of which the file says something else than when it was run.
    pub(super) async fn edited(
        &self,
        connection: &mut Connection<'_>,
        applied: &[&Revision],
    ) -> Result<Vec<String>> {
        let logged = self.store.checksums(connection).await?;
        let logged: BTreeMap<String, String> = logged.into_iter().collect();
        let edited = applied.iter().filter(|revision| {
            // What it stands for was run one by one, from other files.
            let squashed = &revision.header.squashes;
            let in_parts = squashed.iter().any(|id| logged.contains_key(id));
            let then = logged.get(revision.id());
            !in_parts && then.is_some() && then != self.said(revision).as_ref()
        });
        Ok(edited.map(|revision| revision.id().to_owned()).collect())
    }

    /// Those without a run on record between those with one. Where somebody has
    /// stamped, nothing is on record below that.
    pub(super) async fn unrecorded(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        applied: &[&Revision],
    ) -> Result<Vec<String>> {
        let logged = self.store.checksums(connection).await?;
        let logged: BTreeSet<String> = logged.into_iter().map(|(id, _)| id).collect();
        let is_logged = |revision: &Revision| {
            let squashed = &revision.header.squashes;
            logged.contains(revision.id()) || squashed.iter().any(|id| logged.contains(id))
        };
        // They are in topological order.
        let mut follows: BTreeSet<&str> = BTreeSet::new();
        for revision in applied {
            let below = graph.requirements(revision.id());
            if is_logged(revision) || below.iter().any(|id| follows.contains(id)) {
                follows.insert(revision.id());
            }
        }
        let mut is_followed: BTreeSet<&str> = BTreeSet::new();
        for revision in applied.iter().rev() {
            let above = graph.dependents(revision.id());
            if is_logged(revision) || above.iter().any(|id| is_followed.contains(id)) {
                is_followed.insert(revision.id());
            }
        }
        let between = |r: &&&Revision| {
            !is_logged(r) && follows.contains(r.id()) && is_followed.contains(r.id())
        };
        let between = applied.iter().filter(between);
        Ok(between.map(|revision| revision.id().to_owned()).collect())
    }

    /// What the file of a revision says, as a hash.
    fn said(&self, revision: &Revision) -> Option<String> {
        let file = self.migrations.file(revision)?;
        Some(checksum(file.text(), revision.format))
    }
}
