//! `Op`: what `upgrade` and `downgrade` are given.

use std::sync::Arc;

use aludel_core::change::Pair;
use aludel_core::schema::{EnumType, Name, Schema, Table, TableName, TableNames};

use super::alter_table::AlterTable;
use super::create_table::CreateTable;
use super::data::DataFuture;
use super::insert::BulkInsert;
use super::key::names;
use super::record::{
    AddEnumValue, Call, Data, Execute, Location, Mistake, Recorded, Request, Segment, here,
};
use super::recording::Recording;
use crate::db::Connection;

/// Records what a migration does.
///
/// The calls take effect after the function has returned, in their order; a
/// name that does not exist is reported with its line, together with all other
/// mistakes.
#[derive(Debug)]
pub struct Op {
    before: Arc<Schema>,
    pub(super) dialect: Arc<str>,
    /// What the server makes of the names of tables.
    names: TableNames,
    segments: Vec<Segment>,
}

impl Op {
    /// A recorder for one migration: the schema before it, and the name of the
    /// dialect that it will run on.
    pub fn new(before: Schema, dialect: &str) -> Self {
        Self {
            before: Arc::new(before),
            dialect: dialect.into(),
            names: TableNames::default(),
            segments: Vec::new(),
        }
    }

    /// The same for a server that has its own way with the names of tables.
    #[must_use]
    pub fn on_server(mut self, names: TableNames) -> Self {
        self.names = names;
        self
    }

    /// What was recorded.
    pub fn finish(mut self) -> Recorded {
        if self.names != TableNames::AsWritten {
            let (names, there) = (self.names, Arc::clone(&self.before));
            let spell = |name: &mut TableName| *name = names.spelled(name, &there);
            self.segments.iter_mut().for_each(|s| s.spell(&spell));
        }
        Recorded {
            segments: self.segments,
        }
    }

    /// The name of the database's dialect: `sqlite`.
    pub fn dialect(&self) -> &str {
        &self.dialect
    }

    /// Whether there was such a table before this migration.
    pub fn has_table(&self, table: impl Into<TableName>) -> bool {
        self.table(table).is_some()
    }

    /// Whether there was such a column before this migration.
    pub fn has_column(&self, table: impl Into<TableName>, column: &str) -> bool {
        self.table(table)
            .is_some_and(|table| table.column(column).is_some())
    }

    /// Whether there was such an index before this migration.
    pub fn has_index(&self, table: impl Into<TableName>, index: &str) -> bool {
        self.table(table).is_some_and(|table| {
            let mut names = table.indexes.iter().filter_map(|i| i.name.as_ref());
            names.any(|name| *name == index)
        })
    }

    fn table(&self, name: impl Into<TableName>) -> Option<&Table> {
        let name = self.names.spelled(&name.into(), &self.before);
        self.before.table(&name)
    }

    pub(super) fn push(&mut self, request: Request, location: Location) {
        let call = Call { request, location };
        if let Some(Segment::Schema(calls)) = self.segments.last_mut() {
            calls.push(call);
        } else {
            self.segments.push(Segment::Schema(vec![call]));
        }
    }

    /// Creates a table.
    #[track_caller]
    pub fn create_table(
        &mut self,
        name: impl Into<TableName>,
        body: impl FnOnce(&mut CreateTable<'_>),
    ) {
        let dialect = Arc::clone(&self.dialect);
        let mut new = CreateTable::new(name.into(), &dialect);
        body(&mut new);
        for (mistake, location) in new.mistakes {
            self.push(Request::Mistake(mistake), location);
        }
        self.push(Request::CreateTable(Box::new(new.table)), here());
    }

    /// Drops a table.
    #[track_caller]
    pub fn drop_table(&mut self, name: impl Into<TableName>) {
        self.push(Request::DropTable(name.into()), here());
    }

    /// Gives a table another name.
    #[track_caller]
    pub fn rename_table(&mut self, from: impl Into<TableName>, to: impl Into<TableName>) {
        self.push(
            Request::RenameTable(Pair::new(from.into(), to.into())),
            here(),
        );
    }

    /// Changes a table: the batch. On SQLite it becomes native `ALTER`s where
    /// SQLite has them, and one rebuild of the table where it has not.
    #[track_caller]
    pub fn alter_table(
        &mut self,
        name: impl Into<TableName>,
        body: impl FnOnce(&mut AlterTable<'_>),
    ) {
        let dialect = Arc::clone(&self.dialect);
        let mut batch = AlterTable::new(&dialect);
        body(&mut batch);
        self.push(Request::AlterTable(name.into(), batch.calls), here());
    }

    /// Creates an enum type.
    #[track_caller]
    pub fn create_enum<'v>(
        &mut self,
        name: impl Into<TableName>,
        values: impl IntoIterator<Item = &'v str>,
    ) {
        self.push(Request::CreateEnum(enum_type(name.into(), values)), here());
    }

    /// Gives an enum type other values.
    #[track_caller]
    pub fn alter_enum<'v>(
        &mut self,
        name: impl Into<TableName>,
        values: impl IntoIterator<Item = &'v str>,
    ) {
        self.push(Request::AlterEnum(enum_type(name.into(), values)), here());
    }

    /// Adds a value to an enum type: at the end, or `.before("other")`.
    #[track_caller]
    pub fn add_enum_value(
        &mut self,
        name: impl Into<TableName>,
        value: &str,
    ) -> Recording<'_, AddEnumValue> {
        let location = here();
        let added = AddEnumValue {
            name: name.into(),
            value: value.to_owned(),
            before: None,
        };
        Recording::new(added, move |added| {
            self.push(Request::AddEnumValue(added), location);
        })
    }

    /// Gives a value of an enum type another name. Rows, defaults and whatever
    /// else holds the value follow.
    #[track_caller]
    pub fn rename_enum_value(&mut self, name: impl Into<TableName>, from: &str, to: &str) {
        let values = Pair::new(from.to_owned(), to.to_owned());
        self.push(Request::RenameEnumValue(name.into(), values), here());
    }

    /// Gives an enum type another name.
    #[track_caller]
    pub fn rename_enum(&mut self, from: &str, to: &str) {
        let names = Pair::new(Name::from(from), Name::from(to));
        self.push(Request::RenameEnum(names), here());
    }

    /// Drops an enum type.
    #[track_caller]
    pub fn drop_enum(&mut self, name: impl Into<TableName>) {
        self.push(Request::DropEnum(name.into()), here());
    }
}

fn enum_type<'v>(name: TableName, values: impl IntoIterator<Item = &'v str>) -> EnumType {
    EnumType {
        name,
        values: values.into_iter().map(str::to_owned).collect(),
    }
}

impl Recording<'_, AddEnumValue> {
    /// The value that it stands before.
    pub fn before(self, value: &str) -> Self {
        self.with(|added| added.before = Some(value.to_owned()))
    }
}

/// What is not a change of the schema, or not only that.
impl Op {
    /// Runs SQL on every dialect. `.declares(|op| ..)` says what it does to
    /// the schema.
    #[track_caller]
    pub fn execute(&mut self, sql: impl Into<String>) -> ExecuteCall<'_> {
        self.execute_at(sql.into(), None, here())
    }

    /// Runs SQL on the dialect of that name (`"sqlite"`), and only there.
    #[track_caller]
    pub fn execute_for(&mut self, dialect: &str, sql: impl Into<String>) -> ExecuteCall<'_> {
        self.execute_at(sql.into(), Some(dialect.to_owned()), here())
    }

    fn execute_at(
        &mut self,
        sql: String,
        dialect: Option<String>,
        location: Location,
    ) -> ExecuteCall<'_> {
        self.segments.push(Segment::Execute(Execute {
            sql,
            dialect,
            declares: Vec::new(),
            location,
        }));
        ExecuteCall { op: self }
    }

    /// Inserts rows: `op.bulk_insert("t", ["id", "name"]).row((1, "a")).row((2, "b"))`.
    #[track_caller]
    pub fn bulk_insert<N: Into<Name>>(
        &mut self,
        table: impl Into<TableName>,
        columns: impl IntoIterator<Item = N>,
    ) -> Recording<'_, BulkInsert> {
        let insert = BulkInsert {
            table: table.into(),
            columns: names(columns),
            rows: Vec::new(),
            location: here(),
        };
        Recording::new(insert, |insert| {
            self.segments.push(Segment::BulkInsert(insert));
        })
    }

    /// Runs what may not run in a transaction.
    pub fn autocommit(&mut self, body: impl FnOnce(&mut Op)) {
        let mut inner = self.inner();
        body(&mut inner);
        self.segments.push(Segment::Autocommit(inner.segments));
    }

    /// Runs Rust over the open connection:
    /// `op.data("why", |conn| Box::pin(async move { .. Ok(()) }))`. What a
    /// query of sqlx runs on is `conn.sqlite()?`, `conn.postgres()?` or
    /// `conn.mysql()?`; `conn.execute(sql)` and `conn.rows(sql)` run on every
    /// database.
    #[track_caller]
    pub fn data<F>(&mut self, why: &str, run: F)
    where
        F: for<'c, 'o> FnOnce(&'c mut Connection<'o>) -> DataFuture<'c> + Send + 'static,
    {
        self.segments.push(Segment::Data(Data {
            why: why.to_owned(),
            run: Box::new(run),
            location: here(),
        }));
    }

    fn inner(&self) -> Op {
        Op {
            before: Arc::clone(&self.before),
            dialect: Arc::clone(&self.dialect),
            names: self.names,
            segments: Vec::new(),
        }
    }
}

/// SQL that was recorded, and can still say what it does.
#[derive(Debug)]
pub struct ExecuteCall<'a> {
    op: &'a mut Op,
}

impl ExecuteCall<'_> {
    /// What the SQL does to the schema, for replay.
    #[track_caller]
    pub fn declares(self, body: impl FnOnce(&mut Op)) {
        let location = here();
        let mut inner = self.op.inner();
        body(&mut inner);
        let mut calls = Vec::new();
        for segment in inner.segments {
            match segment {
                Segment::Schema(more) => calls.extend(more),
                Segment::Execute(_)
                | Segment::BulkInsert(_)
                | Segment::Data(_)
                | Segment::Autocommit(_) => calls.push(Call {
                    request: Request::Mistake(
                        Mistake::new("`declares` runs nothing")
                            .with_hint("only calls that change the schema belong there"),
                    ),
                    location,
                }),
            }
        }
        if let Some(Segment::Execute(execute)) = self.op.segments.last_mut() {
            execute.declares = calls;
        }
    }
}
