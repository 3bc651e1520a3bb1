//! Running the segments of a migration, lowering what is to be lowered.

use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::operation::Operation;
use aludel_core::plan::{Plan, Statement};
use aludel_core::revision::Expects;

use super::body::{Body, record};
use super::statement::{Runner, forbid_transaction_control};
use super::transaction::Transaction;
use crate::db::read_catalog;
use crate::error::{Error, ErrorKind, Result};
use crate::migration::BulkInsert;
use crate::migration::record::{Call, CallError, Data, Execute, Location, Segment};
use crate::migration::resolve::resolve;
use crate::migrations::MigrationFn;

impl Runner<'_> {
    /// Runs a whole body inside the transaction, which is committed and begun
    /// again around what may not run in one.
    pub(crate) async fn body(
        &mut self,
        transaction: &mut Transaction<'_>,
        body: Body,
    ) -> Result<()> {
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
                    transaction.check().await?;
                    transaction.suspend().await?;
                    self.keep();
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
            } => self.script(transaction, &expects, &statements).await,
            Body::Rust(function) => {
                let segments = self.record(transaction, function).await?;
                self.alone(transaction, segments).await
            }
        }
    }

    /// What a function records, given the database as it is.
    async fn record(
        &mut self,
        transaction: &mut Transaction<'_>,
        function: MigrationFn,
    ) -> Result<Vec<Segment>> {
        let before = self.catalog(transaction).await?.schema;
        let dialect = transaction.connection().dialect();
        Ok(record(function, before, dialect))
    }

    async fn catalog(&mut self, transaction: &mut Transaction<'_>) -> Result<Snapshot> {
        read_catalog(transaction.connection(), &self.scope).await
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
        let why = format!(
            "insert the rows of {} into `{}`",
            insert.location, insert.table
        );
        self.statement(transaction, &Statement::new(sql, why)).await
    }

    async fn data(&mut self, transaction: &mut Transaction<'_>, data: Data) -> Result<()> {
        let why = data.why;
        self.announce(&Statement::new(
            format!("-- Rust over the connection: {}", why.replace('\n', " ")),
            why.clone(),
        ));
        if self.dry {
            return Ok(());
        }
        let ran = (data.run)(transaction.connection()).await;
        ran.map_err(|error| {
            Error::new(ErrorKind::Migration, format!("cannot {why}: {error}"))
                .at(data.location)
                .with_source(error)
        })
    }

    async fn script(
        &mut self,
        transaction: &mut Transaction<'_>,
        expects: &[Expects],
        statements: &[String],
    ) -> Result<()> {
        if !expects.is_empty() {
            let snapshot = self.catalog(transaction).await?;
            let dialect = transaction.connection().dialect();
            for expected in expects {
                check_expected(dialect, &snapshot, expected)?;
            }
        }
        for (at, sql) in statements.iter().enumerate() {
            let why = format!("run statement {} of {}", at + 1, statements.len());
            self.statement(transaction, &Statement::new(sql, why))
                .await?;
        }
        Ok(())
    }
}

/// All mistakes of one migration in one message.
fn mistakes(errors: &[CallError]) -> Error {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let hint = errors.iter().find_map(|error| error.hint.clone());
    Error::new(ErrorKind::Migration, lines.join("\n")).with_optional_hint(hint)
}

impl Error {
    /// The error of a call, with its place.
    fn at(self, location: Location) -> Self {
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
