//! What migrations do, told without their database.
//!
//! It owns the stage on which they are replayed: SQLite in memory, where they
//! are really run; for a server the schema that is only thought of, or, where
//! that is not enough, the scratch database that somebody keeps. The code that
//! records, resolves and lowers is that of a run.

use aludel_core::dialect::{Dialect, Server, Snapshot};
use aludel_core::plan::Statement;
use aludel_core::revision::{Format, Header, Revision, RevisionGraph};

use super::{Migrator, PlannedRevision};
use crate::db::{Connection, ScratchCopy, ScratchSource, read_catalog, scratch_copy};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Direction, Replay, body};

/// Where revisions are replayed.
enum Stage {
    /// A database without rows, and what was found on it.
    Copy(Box<ScratchCopy>, Found),
    /// None.
    Thought(Box<Replay>),
}

/// What was found while migrations were replayed.
#[derive(Default)]
struct Found {
    /// The files whose Rust was left out.
    rust: Vec<String>,
    /// Foreign keys could not be checked: SQLite gives up on all of them where
    /// the parent of one has no unique index.
    unchecked: bool,
}

/// The database that a whole history makes.
#[derive(Debug)]
pub struct ReplayedHistory {
    /// What it speaks; where a scratch database was needed, that of its server.
    pub dialect: &'static dyn Dialect,
    /// What is in it.
    pub snapshot: Snapshot,
    /// The scratch database of a server, where one was needed: it can be asked
    /// what expressions mean there. It has to be closed.
    pub copy: Option<ScratchCopy>,
}

impl Migrator {
    /// The database that all migrations together make, by replaying them.
    ///
    /// # Errors
    /// A file that was not compiled; what cannot be replayed
    /// ([`ErrorKind::Offline`]).
    pub async fn replayed_history(&self, dialect: &'static dyn Dialect) -> Result<ReplayedHistory> {
        let graph = self.migrations.graph()?;
        let all: Vec<&Revision> = graph.revisions().iter().collect();
        let ids: Vec<String> = all.iter().map(|r| r.id().to_owned()).collect();
        let path = graph.ancestors(&ids)?;
        let thought = self.history_on(dialect, &path, None).await;
        match (thought, self.stand_in(dialect)) {
            (Err(error), Some(source)) if error.kind() == ErrorKind::Offline => {
                self.history_on(dialect, &path, Some(source)).await
            }
            (done, _) => done,
        }
    }

    /// What a revision does in one direction, on the database that the
    /// migrations below it make.
    ///
    /// # Errors
    /// As [`Self::replayed_history`]; Rust over the connection is no error, and
    /// shows as a comment.
    pub async fn statements_offline(
        &self,
        dialect: &'static dyn Dialect,
        revision: &Revision,
        direction: Direction,
    ) -> Result<PlannedRevision> {
        let graph = self.migrations.graph()?;
        let below = match direction {
            Direction::Up => graph.requirements(revision.id()),
            Direction::Down => vec![revision.id()],
        };
        let below: Vec<String> = below.into_iter().map(str::to_owned).collect();
        let (planned, _) = self
            .planned_offline(dialect, &graph, direction, &below, &[revision])
            .await?;
        let planned = planned.into_iter().next();
        planned.ok_or_else(|| Error::new(ErrorKind::Revision, "there is no such revision"))
    }

    /// The statements of a path, on the database that the migrations below the
    /// version rows make; and whether its foreign keys can be checked.
    pub(super) async fn planned_offline(
        &self,
        dialect: &'static dyn Dialect,
        graph: &RevisionGraph,
        direction: Direction,
        rows: &[String],
        path: &[&Revision],
    ) -> Result<(Vec<PlannedRevision>, bool)> {
        for revision in path {
            body(revision, self.file(revision)?, direction, dialect)?;
        }
        let below = graph.ancestors(rows)?;
        let way = (below.as_slice(), direction, path);
        let thought = self.planned_on(dialect, way, None).await;
        match (thought, self.stand_in(dialect)) {
            (Err(error), Some(source)) if error.kind() == ErrorKind::Offline => {
                self.planned_on(dialect, way, Some(source)).await
            }
            (done, _) => done,
        }
    }

    /// The scratch database that is kept for what cannot be thought of.
    fn stand_in(&self, dialect: &'static dyn Dialect) -> Option<ScratchSource> {
        let url = self.scratch.as_ref().filter(|_| dialect.name() != "sqlite");
        url.map(|url| ScratchSource::offline(Some(url), dialect))
    }

    async fn planned_on(
        &self,
        dialect: &'static dyn Dialect,
        (below, direction, path): (&[&Revision], Direction, &[&Revision]),
        source: Option<ScratchSource>,
    ) -> Result<(Vec<PlannedRevision>, bool)> {
        // Where nothing is to be lowered nothing below matters.
        let needs = |revision: &&Revision| revision.format == Format::Rust;
        let known = dialect.name() == "sqlite" || path.iter().any(needs);
        let below = if known { below } else { &[] };
        let mut stage = Stage::new(dialect, below.iter().chain(path), source).await?;
        let done = async {
            self.on_stage(&mut stage, dialect, Direction::Up, below)
                .await?;
            self.on_stage(&mut stage, dialect, direction, path).await
        };
        let done = done.await;
        let checks = matches!(&stage, Stage::Copy(_, found) if !found.unchecked);
        Ok((stage.close(done).await?, checks))
    }

    async fn history_on(
        &self,
        dialect: &'static dyn Dialect,
        path: &[&Revision],
        source: Option<ScratchSource>,
    ) -> Result<ReplayedHistory> {
        let mut stage = Stage::new(dialect, path.iter(), source).await?;
        let done = async {
            self.on_stage(&mut stage, dialect, Direction::Up, path)
                .await?;
            match &mut stage {
                Stage::Copy(copy, _) => {
                    let connection = copy.connection()?;
                    let snapshot = read_catalog(connection, &self.scope).await?;
                    Ok((connection.dialect(), snapshot))
                }
                Stage::Thought(replay) => Ok((dialect, replay.known()?)),
            }
        };
        let done = done.await;
        let (done, copy) = match (done, stage) {
            // What a server keeps has to be understood by that server.
            (Ok(done), Stage::Copy(copy, _)) if dialect.name() != "sqlite" => (done, Some(*copy)),
            (done, stage) => (stage.close(done).await?, None),
        };
        let (dialect, snapshot) = done;
        Ok(ReplayedHistory {
            dialect,
            snapshot,
            copy,
        })
    }

    /// Replays a path, and gives the statements of each revision.
    async fn on_stage(
        &self,
        stage: &mut Stage,
        dialect: &'static dyn Dialect,
        direction: Direction,
        path: &[&Revision],
    ) -> Result<Vec<PlannedRevision>> {
        match stage {
            Stage::Copy(copy, found) => {
                let copy = copy.connection()?;
                self.on_copy((copy, found), direction, path).await
            }
            Stage::Thought(replay) => self.in_thought(replay, dialect, direction, path),
        }
    }

    async fn on_copy(
        &self,
        (copy, found): (&mut Connection<'_>, &mut Found),
        direction: Direction,
        path: &[&Revision],
    ) -> Result<Vec<PlannedRevision>> {
        let mut all: Vec<PlannedRevision> = Vec::new();
        for revision in path {
            let one = [*revision];
            let rehearsed = self.rehearse(copy, direction, &one).await;
            let (planned, _) = rehearsed.map_err(|error| {
                let error = error.with_note("that was while the migrations were replayed");
                match found.rust.as_slice() {
                    [] => error,
                    rust => error.with_note(&format!(
                        "the Rust over the connection of {} was left out, which needs the \
                         database itself",
                        rust.join(", ")
                    )),
                }
            })?;
            let has_rust = |p: &PlannedRevision| p.statements.iter().any(Statement::is_rust);
            if planned.iter().any(has_rust) {
                found.rust.push(format!("`{}`", revision.file_name));
            }
            let sqlite = copy.dialect().name() == "sqlite";
            if sqlite && copy.read("PRAGMA foreign_key_check").await.is_err() {
                found.unchecked = true;
            }
            all.extend(planned);
        }
        Ok(all)
    }

    fn in_thought(
        &self,
        replay: &mut Replay,
        dialect: &'static dyn Dialect,
        direction: Direction,
        path: &[&Revision],
    ) -> Result<Vec<PlannedRevision>> {
        let mut all = Vec::new();
        for revision in path {
            let body = body(revision, self.file(revision)?, direction, dialect)?;
            replay.enter(&revision.file_name);
            let told = replay.body(body);
            let told = told.map_err(|error| error.in_file(&revision.file_name))?;
            let Some(mut statements) = told else {
                return Err(replay.lost(&revision.file_name));
            };
            if self.is_unbound(revision) {
                statements.iter_mut().for_each(|s| s.alone = true);
            }
            all.push(PlannedRevision {
                revision: (*revision).clone(),
                statements,
                rows: Vec::new(),
            });
        }
        Ok(all)
    }
}

impl Stage {
    async fn new<'r>(
        dialect: &'static dyn Dialect,
        mut path: impl DoubleEndedIterator<Item = &'r &'r Revision>,
        source: Option<ScratchSource>,
    ) -> Result<Self> {
        let source = match source {
            None if dialect.name() == "sqlite" => Some(ScratchSource::memory()),
            source => source,
        };
        if let Some(source) = source {
            let copy = scratch_copy(&Snapshot::default(), &source).await?;
            return Ok(Self::Copy(Box::new(copy), Found::default()));
        }
        // The newest that knows.
        let version = path
            .by_ref()
            .rev()
            .find_map(|r| proven_on(&r.header, dialect));
        let empty = Snapshot {
            server: Server {
                version: version.unwrap_or_default(),
                ..Server::default()
            },
            ..Snapshot::default()
        };
        let replay = Replay::new(dialect, empty).strict();
        Ok(Self::Thought(Box::new(replay)))
    }

    /// Gives it up; what was done on it counts more than how that ends.
    async fn close<T>(self, done: Result<T>) -> Result<T> {
        let closed = match self {
            Self::Copy(copy, _) => copy.close().await,
            Self::Thought(_) => Ok(()),
        };
        let done = done?;
        closed.map(|()| done)
    }
}

/// The version of the database on which a migration was proven, if it was one
/// of that kind: `postgres 15.18 (3fa2..)`.
fn proven_on(header: &Header, dialect: &dyn Dialect) -> Option<(u32, u32, u32)> {
    let product = match dialect.name() {
        "mysql" => dialect.title().to_ascii_lowercase(),
        name => name.to_owned(),
    };
    let mut words = header.proven.as_deref()?.split_whitespace();
    words.find(|word| *word == product)?;
    let mut numbers = words.next()?.split('.').map(|n| n.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    Some((next()?, next().unwrap_or(0), next().unwrap_or(0)))
}

#[cfg(all(test, feature = "postgres", feature = "mysql"))]
mod tests {
    use aludel_core::dialect::named;

    use super::*;

    #[test]
    fn a_server_is_as_new_as_the_one_of_the_proof() {
        let on = |proven: &str, dialect: &str| {
            let header = Header {
                proven: Some(proven.to_owned()),
                ..Header::default()
            };
            named(dialect).and_then(|dialect| proven_on(&header, dialect))
        };
        assert_eq!(on("postgres 15.18 (ab)", "postgres"), Some((15, 18, 0)));
        assert_eq!(on("mariadb 10.11.6 (ab)", "mysql"), Some((10, 11, 6)));
        assert_eq!(on("mysql 9.1.0 (ab)", "mysql"), None);
        assert_eq!(on("replay only (no postgres)", "postgres"), None);
    }
}
