//! Running the segments of a migration, lowering what is to be lowered.

use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::operation::Operation;
use aludel_core::plan::{Plan, Statement};
use aludel_core::revision::{Expects, ScriptStatement};
use aludel_core::schema::Name;

use super::body::{Body, record};
use super::journal::Journal;
use super::statement::{Runner, forbid_transaction_control, timed};
use super::trace::Script;
use super::transaction::Transaction;
use crate::db::{read_answers, read_catalog};
use crate::error::{Error, ErrorKind, Result};
use crate::migration::BulkInsert;
use crate::migration::record::{Call, CallError, Data, Execute, Location, Segment};
use crate::migration::resolve::resolve;
use crate::migrations::MigrationFn;

/// A file of more statements is not looked at one by one.
const MOST_TRACED: usize = 200;

impl Runner<'_> {
    /// Runs a whole body inside the transaction, which is committed and begun
    /// again around what may not run in one.
    pub(crate) async fn body(
        &mut self,
        transaction: &mut Transaction<'_>,
        body: Body,
    ) -> Result<()> {
        self.bound(transaction, body).await?;
        self.journal.as_ref().map_or(Ok(()), Journal::finish)
    }

    async fn bound(&mut self, transaction: &mut Transaction<'_>, body: Body) -> Result<()> {
        let function = match body {
            Body::Sql {
                expects,
                statements,
            } => return self.script(transaction, &expects, &statements).await,
            Body::Rust(function) => function,
        };
        for segment in self.record(transaction, function).await? {
            match segment {
                Segment::Autocommit(segments) => {
                    self.suspend(transaction).await?;
                    self.alone(transaction, segments).await?;
                    transaction.resume().await?;
                    transaction.watch_integrity().await?;
                }
                Segment::Data(data) => {
                    self.data(transaction, data).await?;
                    transaction.ensure_open().await?;
                }
                segment => self.segment(transaction, segment).await?,
            }
        }
        Ok(())
    }

    /// Runs a whole body without a transaction: that around it is suspended.
    pub(crate) async fn body_alone(
        &mut self,
        transaction: &mut Transaction<'_>,
        body: Body,
    ) -> Result<()> {
        match body {
            Body::Sql {
                expects,
                statements,
            } => self.script(transaction, &expects, &statements).await?,
            Body::Rust(function) => {
                let segments = self.record(transaction, function).await?;
                self.alone(transaction, segments).await?;
            }
        }
        self.journal.as_ref().map_or(Ok(()), Journal::finish)
    }

    /// What a function records, given the database as it is.
    async fn record(
        &mut self,
        transaction: &mut Transaction<'_>,
        function: MigrationFn,
    ) -> Result<Vec<Segment>> {
        let before = self.catalog(transaction).await?;
        let dialect = transaction.connection().dialect();
        Ok(record(function, before, dialect))
    }

    /// Looks from now on at these schemas too: a migration is about what it
    /// names, whatever else was said.
    fn look_at<'n>(&mut self, schemas: impl Iterator<Item = &'n Name>) {
        for schema in schemas {
            if self.scope.schemas.iter().all(|known| *schema != **known) {
                self.scope.schemas.push(schema.to_string());
            }
        }
    }

    /// The database as it is; as it was then, where an earlier run has gone on
    /// from here.
    async fn catalog(&mut self, transaction: &mut Transaction<'_>) -> Result<Snapshot> {
        let connection = transaction.connection();
        let Some(journal) = &mut self.journal else {
            return read_catalog(connection, &self.scope).await;
        };
        let answers = match journal.recorded_catalog()? {
            Some(answers) => answers,
            None => {
                let answers = read_answers(connection, &self.scope).await?;
                journal.note_catalog(&answers);
                answers
            }
        };
        let snapshot = connection.dialect().snapshot(&self.scope, answers);
        snapshot.map_err(|error| Error::of_core(ErrorKind::Database, error))
    }

    /// Runs segments without a transaction.
    async fn alone(
        &mut self,
        transaction: &mut Transaction<'_>,
        segments: Vec<Segment>,
    ) -> Result<()> {
        let mut open: Vec<Segment> = segments.into_iter().rev().collect();
        while let Some(segment) = open.pop() {
            match segment {
                Segment::Autocommit(inner) => open.extend(inner.into_iter().rev()),
                Segment::Data(data) => self.data(transaction, data).await?,
                segment => self.segment(transaction, segment).await?,
            }
        }
        Ok(())
    }

    /// Runs one segment.
    async fn segment(&mut self, transaction: &mut Transaction<'_>, segment: Segment) -> Result<()> {
        match segment {
            Segment::Schema(calls) => self.calls(transaction, &calls).await,
            Segment::Execute(execute) => self.execute(transaction, &execute).await,
            Segment::BulkInsert(insert) => self.insert(transaction, &insert).await,
            // Both are the callers' business, which know what is around them.
            Segment::Data(_) | Segment::Autocommit(_) => Ok(()),
        }
    }

    async fn calls(&mut self, transaction: &mut Transaction<'_>, calls: &[Call]) -> Result<()> {
        self.look_at(calls.iter().flat_map(Call::schemas));
        let mut schema = self.catalog(transaction).await?.schema;
        let dialect = transaction.connection().dialect();
        let operations =
            resolve(calls, &mut schema, dialect).map_err(|errors| mistakes(&errors))?;
        self.operations(transaction, &operations, &mut Vec::new())
            .await
    }

    /// Lowers and runs operations, as many at a time as the dialect allows.
    pub(crate) async fn operations(
        &mut self,
        transaction: &mut Transaction<'_>,
        operations: &[Operation],
        plans: &mut Vec<Plan>,
    ) -> Result<()> {
        let dialect = transaction.connection().dialect();
        self.look_at(operations.iter().flat_map(Operation::schemas));
        if let Some(trace) = &mut self.trace {
            trace.operations(operations);
        }
        let mut rest = operations;
        while !rest.is_empty() {
            let snapshot = self.catalog(transaction).await?;
            let count = dialect.together(&snapshot, rest).clamp(1, rest.len());
            let (now, later) = rest.split_at(count);
            let lowered = dialect
                .lower(&snapshot, now)
                .map_err(|error| Error::of_core(ErrorKind::Migration, error))?;
            for statement in lowered.plan.statements() {
                self.statement(transaction, statement).await?;
            }
            plans.push(lowered.plan);
            rest = later;
        }
        Ok(())
    }

    async fn execute(
        &mut self,
        transaction: &mut Transaction<'_>,
        execute: &Execute,
    ) -> Result<()> {
        let dialect = transaction.connection().dialect();
        if let Some(other) = &execute.dialect
            && !other.eq_ignore_ascii_case(dialect.name())
        {
            return Ok(());
        }
        if let Some(trace) = &mut self.trace {
            trace.unknown(&execute.sql);
        }
        let statements = dialect
            .split_statements(&execute.sql)
            .map_err(|error| Error::of_core(ErrorKind::Migration, error))
            .map_err(|error| error.at(execute.location))?;
        for sql in statements {
            if transaction.is_open() {
                forbid_transaction_control(&sql).map_err(|error| error.at(execute.location))?;
            }
            let why = format!("execute the SQL of {}", execute.location);
            self.statement(transaction, &Statement::new(sql, why))
                .await?;
        }
        Ok(())
    }

    async fn insert(
        &mut self,
        transaction: &mut Transaction<'_>,
        insert: &BulkInsert,
    ) -> Result<()> {
        let sql = insert
            .statement(transaction.connection().dialect())
            .map_err(|message| Error::new(ErrorKind::Migration, message).at(insert.location))?;
        let Some(sql) = sql else {
            return Ok(());
        };
        if let Some(trace) = &mut self.trace {
            trace.written(&insert.table, None);
        }
        let why = format!(
            "insert the rows of {} into `{}`",
            insert.location, insert.table
        );
        self.statement(transaction, &Statement::new(sql, why)).await
    }

    async fn data(&mut self, transaction: &mut Transaction<'_>, data: Data) -> Result<()> {
        let statement = Statement::of_rust(data.why);
        let Statement { sql, why, .. } = statement.clone();
        self.step += 1;
        if self.was_done(transaction, &sql).await? {
            return Ok(());
        }
        self.announce(&statement);
        if let Some(trace) = &mut self.trace {
            trace.unknown(&sql);
        }
        if self.dry {
            return Ok(());
        }
        self.begin(transaction, &sql).await?;
        let ran = async {
            let ran = (data.run)(transaction.connection()).await;
            ran.map_err(|error| {
                Error::new(ErrorKind::Migration, format!("cannot {why}: {error}"))
                    .at(data.location)
                    .with_source(error)
            })
        };
        let ran = timed(ran, &self.span(&why)).await;
        self.end(transaction, &sql, ran).await
    }

    async fn script(
        &mut self,
        transaction: &mut Transaction<'_>,
        expects: &[Expects],
        statements: &[ScriptStatement],
    ) -> Result<()> {
        // What cannot be rolled back may have to be taken back.
        let loose = !transaction.is_atomic() || statements.iter().any(|one| one.alone);
        if !expects.is_empty() || (self.journal.is_some() && loose) {
            let snapshot = self.catalog(transaction).await?;
            let dialect = transaction.connection().dialect();
            for expected in expects {
                check_expected(dialect, &snapshot, expected)?;
            }
        }
        let mut script = None;
        if let Some(trace) = &mut self.trace
            && statements.len() > MOST_TRACED
        {
            trace.unknown("statements");
        } else if let Some(trace) = &self.trace {
            let dialect = transaction.connection().dialect();
            let before = read_catalog(transaction.connection(), &self.scope).await?;
            script = Some(Script::begin(dialect, before, trace));
        }
        for (at, written) in statements.iter().enumerate() {
            let why = format!("run statement {} of {}", at + 1, statements.len());
            let mut statement = Statement::new(&written.sql, why);
            statement.alone = written.alone;
            self.statement(transaction, &statement).await?;
            if let (Some(trace), Some(script)) = (&mut self.trace, &mut script)
                && !script.is_lost()
            {
                let after = read_catalog(transaction.connection(), &self.scope).await?;
                script.ran(&written.sql, after, trace);
            }
        }
        Ok(())
    }
}

/// All mistakes of one migration in one message.
pub(crate) fn mistakes(errors: &[CallError]) -> Error {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let hint = errors.iter().find_map(|error| error.hint.clone());
    Error::new(ErrorKind::Migration, lines.join("\n")).with_optional_hint(hint)
}

impl Error {
    /// The error of a call, with its place.
    pub(crate) fn at(self, location: Location) -> Self {
        self.in_file(&location.to_string())
    }
}

/// Fails where a table is not what a written-out rebuild was made for.
fn check_expected(dialect: &dyn Dialect, snapshot: &Snapshot, expected: &Expects) -> Result<()> {
    let table = &expected.table;
    let Some(found) = dialect.fingerprint(snapshot, table) else {
        return Err(Error::new(
            ErrorKind::Changed,
            format!("there is no table `{table}`, which the migration writes again"),
        ));
    };
    if found == expected.hash {
        return Ok(());
    }
    let texts: Vec<&str> = snapshot
        .objects
        .iter()
        .filter(|object| object.table.eq_ignore_ascii_case(table))
        .map(|object| object.sql.as_str())
        .collect();
    Err(Error::new(
        ErrorKind::Changed,
        format!(
            "the table `{table}` is not what the migration was written for\n\
             expected: {}\nfound: {found}, which is\n{}",
            expected.hash,
            texts.join(";\n")
        ),
    )
    .with_hint("write the migration again from the database as it is now"))
}
