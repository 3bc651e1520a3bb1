//! What a migration would run, told without a database to run it in.
//!
//! It owns the walk through a body with a catalogue that is only thought of.
//! It knows less than a run: what SQL that somebody wrote makes of the database
//! is not known, unless the migration declares it.

use aludel_core::dialect::{Dialect, Snapshot, lower_all};
use aludel_core::operation::Operation;
use aludel_core::plan::Statement;

use super::Body;
use super::body::record;
use super::doubt::Doubts;
use super::segment::mistakes;
use super::trace::Trace;
use crate::error::{Error, ErrorKind, Result};
use crate::migration::record::{Call, Execute, Segment};
use crate::migration::resolve::resolve;

/// A database that is only thought of.
#[derive(Debug)]
pub(crate) struct Replay {
    dialect: &'static dyn Dialect,
    /// As it is thought to be; `None` behind a file of statements, which say
    /// what to run and not what comes of it.
    snapshot: Option<Snapshot>,
    statements: Vec<Statement>,
    /// What is done, as operations.
    pub(crate) trace: Trace,
    /// What is not known of the database; `None` where nobody asks.
    doubts: Option<Doubts>,
}

impl Replay {
    /// It begins as the database is.
    pub(crate) fn new(dialect: &'static dyn Dialect, snapshot: Snapshot) -> Self {
        Self {
            dialect,
            snapshot: Some(snapshot),
            statements: Vec::new(),
            trace: Trace::default(),
            doubts: None,
        }
    }

    /// What is not known for certain is an error where anything depends on it.
    pub(crate) fn strict(mut self) -> Self {
        self.doubts = Some(Doubts::default());
        self
    }

    /// The file that is replayed from now on.
    pub(crate) fn enter(&mut self, file: &str) {
        if let Some(doubts) = &mut self.doubts {
            doubts.file = file.to_owned();
        }
    }

    /// The error of a file that stands behind statements, of which nobody
    /// knows what they make.
    pub(crate) fn lost(&self, file: &str) -> Error {
        let what = format!("`{file}` cannot be told without a database");
        self.doubts.clone().unwrap_or_default().error(&what)
    }

    /// The database as it is thought to be, where all of it is known.
    ///
    /// # Errors
    /// What is not known.
    pub(crate) fn known(&self) -> Result<Snapshot> {
        let what = "what the migrations make cannot be told without a database";
        let doubts = self.doubts.as_ref().filter(|doubts| !doubts.is_empty());
        match (&self.snapshot, doubts) {
            (Some(snapshot), None) => Ok(snapshot.clone()),
            (_, Some(doubts)) => Err(doubts.error(what)),
            (None, None) => Err(Doubts::default().error(what)),
        }
    }

    /// The database as it is thought to be by now; `None` behind a file of
    /// statements.
    pub(crate) fn into_snapshot(self) -> Option<Snapshot> {
        self.snapshot
    }

    /// The statements of the next migration; `None` where nobody can tell
    /// without running those before it.
    ///
    /// # Errors
    /// A migration that makes no sense on the database as it is thought to be.
    pub(crate) fn body(&mut self, body: Body) -> Result<Option<Vec<Statement>>> {
        self.trace.begin();
        match body {
            Body::Sql { statements, .. } => {
                let count = statements.len();
                if count > 0 {
                    self.trace.unknown("statements");
                    let known = match (&mut self.doubts, &mut self.snapshot) {
                        (Some(doubts), Some(snapshot)) => statements.iter().all(|written| {
                            let known = doubts.known(self.dialect, &written.sql, snapshot);
                            known || doubts.note_file()
                        }),
                        _ => false,
                    };
                    self.snapshot = self.snapshot.take().filter(|_| known);
                }
                for (at, written) in statements.into_iter().enumerate() {
                    let why = format!("run statement {} of {count}", at + 1);
                    let mut statement = Statement::new(written.sql, why);
                    statement.alone = written.alone;
                    self.statements.push(statement);
                }
            }
            Body::Rust(function) => {
                let Some(mut snapshot) = self.snapshot.take() else {
                    return Ok(None);
                };
                let segments = record(function, snapshot.clone(), self.dialect);
                self.segments(segments, &mut snapshot, false)?;
                self.snapshot = Some(snapshot);
            }
        }
        Ok(Some(std::mem::take(&mut self.statements)))
    }

    fn segments(
        &mut self,
        segments: Vec<Segment>,
        snapshot: &mut Snapshot,
        alone: bool,
    ) -> Result<()> {
        let first = self.statements.len();
        for segment in segments {
            match segment {
                Segment::Schema(calls) => self.calls(&calls, snapshot)?,
                Segment::Execute(execute) => self.execute(&execute, snapshot)?,
                Segment::BulkInsert(insert) => {
                    self.trace.written(&insert.table, None);
                    let sql = insert.statement(self.dialect).map_err(|message| {
                        Error::new(ErrorKind::Migration, message).at(insert.location)
                    })?;
                    let why = format!("insert the rows of {}", insert.location);
                    self.statements
                        .extend(sql.map(|sql| Statement::new(sql, why)));
                }
                Segment::Data(data) => {
                    let sql = format!("-- Rust over the connection: {}", data.why);
                    let sql = sql.replace('\n', " ");
                    self.trace.unknown(&sql);
                    self.statements.push(Statement::new(sql, data.why));
                }
                Segment::Autocommit(inner) => self.segments(inner, snapshot, true)?,
            }
        }
        if alone {
            for statement in &mut self.statements[first..] {
                statement.alone = true;
            }
        }
        Ok(())
    }

    fn calls(&mut self, calls: &[Call], snapshot: &mut Snapshot) -> Result<()> {
        let mut schema = snapshot.schema.clone();
        let resolved = resolve(calls, &mut schema, self.dialect);
        let operations = resolved.map_err(|errors| self.doubted(mistakes(&errors)))?;
        self.refuse_doubts(&operations)?;
        let (plans, after) = lower_all(self.dialect, snapshot, &operations)
            .map_err(|error| Error::of_core(ErrorKind::Migration, error))?;
        *snapshot = after;
        self.trace.operations(&operations);
        let statements = plans.iter().flat_map(|plan| plan.statements());
        self.statements.extend(statements.cloned());
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
        self.trace.unknown(&execute.sql);
        if let Some(doubts) = &mut self.doubts
            && execute.declares.is_empty()
        {
            for sql in &statements {
                if !doubts.known(self.dialect, sql, snapshot) {
                    doubts.note(self.dialect, sql, &execute.location.to_string());
                }
            }
        }
        let why = format!("execute the SQL of {}", execute.location);
        let statements = statements.into_iter();
        self.statements
            .extend(statements.map(|sql| Statement::new(sql, why.as_str())));
        self.declared(execute, snapshot)
    }

    /// Does in the schema what SQL is said to do.
    fn declared(&self, execute: &Execute, snapshot: &mut Snapshot) -> Result<()> {
        let mut schema = snapshot.schema.clone();
        let resolved = resolve(&execute.declares, &mut schema, self.dialect);
        let operations = resolved.map_err(|errors| mistakes(&errors))?;
        if self.doubts.is_none() {
            snapshot.schema = schema;
            return Ok(());
        }
        let (_, after) = lower_all(self.dialect, snapshot, &operations)
            .map_err(|error| Error::of_core(ErrorKind::Migration, error).at(execute.location))?;
        *snapshot = after;
        Ok(())
    }

    fn refuse_doubts(&self, operations: &[Operation]) -> Result<()> {
        match &self.doubts {
            Some(doubts) => doubts.refuse(self.dialect, operations),
            None => Ok(()),
        }
    }

    /// A mistake may be none where something is not known.
    fn doubted(&self, error: Error) -> Error {
        match self.doubts.as_ref().filter(|doubts| !doubts.is_empty()) {
            Some(doubts) => doubts.error(&error.to_string()),
            None => error,
        }
    }
}
