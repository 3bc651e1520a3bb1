//! What migrations may destroy, fail on, rewrite, lock or break, told of what
//! they do on a database that is only thought of.

use std::collections::BTreeSet;

use aludel_core::dialect::{Dialect, Known, Server, Snapshot, judge_script, lower_all};
use aludel_core::hazard::{Hazard, in_order};
use aludel_core::operation::Operation;
use aludel_core::revision::Revision;
use aludel_core::schema::TableName;

use super::Migrator;
use crate::error::{Error, ErrorKind, Result};
use crate::migration::record::{Call, Execute, Segment};
use crate::migration::resolve::{resolve, resolve_placed};
use crate::run::{Body, Direction, body, mistakes, record};

/// The hazards of one revision, upwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedRevision {
    /// Its id.
    pub id: String,
    /// Its steps that have any, in order.
    pub steps: Vec<JudgedStep>,
    /// Whether it does something that no downgrade takes back.
    pub one_way: bool,
}

/// The hazards of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedStep {
    /// Where it is.
    pub place: Place,
    /// What it may do.
    pub hazards: Vec<Hazard>,
}

/// Where a step is in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A line of a Rust file, from 1.
    Line(u32),
    /// A statement of a SQL file, from 0.
    Statement(usize),
}

impl Migrator {
    /// The hazards of revisions that run one after another, from a database
    /// that is thought of. Nothing is run but the functions that record.
    ///
    /// # Errors
    /// A Rust file that was not compiled, or that follows a SQL file, whose
    /// schema nobody knows without running it; one that makes no sense there.
    pub fn judge(
        &self,
        dialect: &'static dyn Dialect,
        before: Snapshot,
        path: &[&Revision],
    ) -> Result<Vec<JudgedRevision>> {
        let mut walk = Walk {
            dialect,
            server: before.server.clone(),
            snapshot: Some(before),
            known: Known::default(),
            steps: Vec::new(),
            new: BTreeSet::new(),
        };
        let mut all = Vec::new();
        for revision in path {
            let judged = walk.revision(self, revision);
            all.push(judged.map_err(|error| error.in_file(&revision.file_name))?);
        }
        Ok(all)
    }
}

struct Walk {
    dialect: &'static dyn Dialect,
    server: Server,
    /// `None` behind a file of statements.
    snapshot: Option<Snapshot>,
    /// What is known behind a file of statements.
    known: Known,
    steps: Vec<JudgedStep>,
    /// The tables that the revision has made so far.
    new: BTreeSet<TableName>,
}

impl Walk {
    fn revision(&mut self, migrator: &Migrator, revision: &Revision) -> Result<JudgedRevision> {
        self.new.clear();
        let file = migrator.file(revision)?;
        let up = body(revision, file, Direction::Up, self.dialect)?;
        let does_something = match up {
            Body::Sql { statements, .. } => {
                if let Some(snapshot) = self.snapshot.take() {
                    self.known = Known::of(self.dialect, &snapshot);
                }
                let texts: Vec<&str> = statements.iter().map(|s| s.sql.as_str()).collect();
                let (server, known) = (&self.server, &mut self.known);
                let judged = judge_script(self.dialect, &texts, known, server, &self.new);
                for (at, hazards) in judged.into_iter().enumerate() {
                    self.step(Place::Statement(at), hazards);
                }
                !texts.is_empty()
            }
            Body::Rust(function) => {
                let Some(mut snapshot) = self.snapshot.take() else {
                    return Err(Error::new(
                        ErrorKind::Migration,
                        "it follows a SQL file, and what that makes of the schema is not known",
                    )
                    .with_hint(
                        "run the SQL file, and let `lint` look at what is pending: give \
                         `--database-url URL`",
                    ));
                };
                let segments = record(function, snapshot.clone(), self.dialect);
                let does_something = !segments.is_empty();
                self.segments(&segments, &mut snapshot)?;
                self.snapshot = Some(snapshot);
                does_something
            }
        };
        // A way back that is refused is none.
        let back = match body(revision, file, Direction::Down, self.dialect) {
            Ok(Body::Sql { statements, .. }) => !statements.is_empty(),
            Ok(Body::Rust(function)) => {
                let after = self.snapshot.clone().unwrap_or_default();
                !record(function, after, self.dialect).is_empty()
            }
            Err(_) => false,
        };
        Ok(JudgedRevision {
            id: revision.id().to_owned(),
            steps: std::mem::take(&mut self.steps),
            one_way: does_something && !back,
        })
    }

    fn step(&mut self, place: Place, hazards: Vec<Hazard>) {
        if !hazards.is_empty() {
            self.steps.push(JudgedStep { place, hazards });
        }
    }

    fn segments(&mut self, segments: &[Segment], snapshot: &mut Snapshot) -> Result<()> {
        for segment in segments {
            match segment {
                Segment::Schema(calls) => self.calls(calls, snapshot)?,
                Segment::Execute(execute) => self.execute(execute, snapshot)?,
                Segment::Autocommit(inner) => self.segments(inner, snapshot)?,
                // They change rows alone, and those they were written for.
                Segment::BulkInsert(_) | Segment::Data(_) => {}
            }
        }
        Ok(())
    }

    fn calls(&mut self, calls: &[Call], snapshot: &mut Snapshot) -> Result<()> {
        let mut schema = snapshot.schema.clone();
        let placed =
            resolve_placed(calls, &mut schema, self.dialect).map_err(|errors| mistakes(&errors))?;
        let (operations, places): (Vec<Operation>, Vec<_>) = placed.into_iter().unzip();
        let (plans, after) = lower_all(self.dialect, snapshot, &operations)
            .map_err(|error| Error::of_core(ErrorKind::Migration, error))?;
        for step in plans.into_iter().flat_map(|plan| plan.steps) {
            let places = places.get(step.operation);
            let place = places.and_then(|p| p.get(step.change.unwrap_or(0)).or(p.last()));
            if let Some(place) = place {
                self.step(Place::Line(place.line()), step.hazards);
            }
        }
        for operation in operations {
            if let Operation::CreateTable(table) = operation {
                self.new.insert(table.name);
            }
        }
        *snapshot = after;
        Ok(())
    }

    fn execute(&mut self, execute: &Execute, snapshot: &mut Snapshot) -> Result<()> {
        let other = |name: &String| !name.eq_ignore_ascii_case(self.dialect.name());
        if execute.dialect.as_ref().is_some_and(other) {
            return Ok(());
        }
        let statements = self
            .dialect
            .split_statements(&execute.sql)
            .map_err(|error| Error::of_core(ErrorKind::Migration, error).at(execute.location))?;
        let (server, mut known) = (&snapshot.server, Known::of(self.dialect, snapshot));
        let judged = judge_script(self.dialect, &statements, &mut known, server, &self.new);
        let mut hazards = judged.concat();
        in_order(&mut hazards);
        self.step(Place::Line(execute.location.line()), hazards);
        resolve(&execute.declares, &mut snapshot.schema, self.dialect)
            .map(drop)
            .map_err(|errors| mistakes(&errors))
    }
}
