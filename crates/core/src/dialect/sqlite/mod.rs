//! SQLite: the dialect, in one file an idea.
//!
//! | module | owns |
//! |---|---|
//! | `lexer` | SQLite's tokens, statement splitting |
//! | `expression` | whether two expressions mean the same |
//! | `column_name` | which words of an expression name a column |
//! | [`ddl`] | a stored `CREATE TABLE`, read and edited without losing a token |
//! | [`render`] | definitions written from the schema |
//! | `canonical` | the form in which SQLite would report a schema |
//! | `default` | which texts are constants, and the one form of each |
//! | `index` | a stored `CREATE INDEX` read |
//! | `wanted` | models read for SQLite |
//! | `said` | column types as models say them |
//! | [`catalog`] | the bulk catalogue query and what its rows mean |
//! | `opaque` | tables and indexes as the pragmas alone describe them |
//! | `judge` | what statements rewrite, read and lock |
//! | `misfit` | which values do not become values of another type |
//! | `rows` | which rows object to a change |
//! | `lower` | operations to statements, with a rebuild where ALTER TABLE has no way |

pub mod catalog;
pub mod ddl;
pub mod render;

mod canonical;
mod cast;
mod column_name;
mod default;
mod expression;
mod index;
mod insert;
mod judge;
mod lexer;
mod lower;
mod misfit;
mod opaque;
mod rows;
mod said;
mod wanted;

pub use lower::{FIT_PREFIX, MISFITS, REBUILT_PREFIX};

use super::cast::is_so;
use super::cast::table::refuse_guesses;
use super::judged::judged;
use super::{
    Cast, Client, Dialect, Found, Ground, Known, Lowered, ObjectKind, OnlineStep, Outline, Probe,
    RowSql, Scope, Server, Snapshot, TextRow, types,
};
use crate::change::Pair;
use crate::diff::{Question, SharedNames, Wanted};
use crate::error::Result;
use crate::hazard::Hazard;
use crate::model::{ModelError, Models, RustType};
use crate::object::{Definition, Noun, Spelling, Word};
use crate::operation::Operation;
use crate::plan::Statement;
use crate::schema::{ColumnType, DefaultValue, Expression, Name, Schema, TableName};
use crate::statement::{Reading, follow};

/// SQLite 3.38 and later.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sqlite;

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn title(&self) -> &'static str {
        "SQLite"
    }

    fn catalog(&self, _scope: &Scope) -> Vec<String> {
        vec![catalog::CATALOG.to_owned()]
    }

    fn catalog_of_hidden(&self, _answers: &[Vec<TextRow>]) -> Vec<String> {
        Vec::new()
    }

    fn snapshot(&self, _scope: &Scope, answers: Vec<Vec<TextRow>>) -> Result<Snapshot> {
        let rows = answers.into_iter().flatten().map(catalog::row);
        Ok(catalog::snapshot(rows.collect()))
    }

    fn remake(&self, snapshot: &Snapshot) -> Result<Vec<Statement>> {
        // A virtual table makes its shadow tables itself.
        let own = snapshot.objects.iter().filter(|object| {
            object.kind != ObjectKind::ShadowTable && !object.name.starts_with("sqlite_")
        });
        Ok(own
            .map(|object| Statement::new(&object.sql, format!("make `{}`", object.name)))
            .collect())
    }

    fn write_type(&self, ty: &ColumnType) -> String {
        types::sqlite_write(ty)
    }

    fn cast(&self, column: &Name, types: Pair<&ColumnType>) -> Option<Cast> {
        cast::of(column, types)
    }

    fn canonical(&self, schema: Schema) -> Schema {
        canonical::canonical(schema)
    }

    fn on_server(&self, schema: Schema, _server: &Server) -> Schema {
        schema
    }

    fn wanted(&self, models: &Models) -> Result<Wanted, Vec<ModelError>> {
        wanted::wanted(models)
    }

    fn accepts(&self, rust: &RustType, existing: &ColumnType) -> bool {
        canonical::accepts(rust, existing)
    }

    fn same_expression(&self, a: &Expression, b: &Expression) -> bool {
        expression::same(a.as_str(), b.as_str())
    }

    fn probe(&self, _question: &Question) -> Option<Probe> {
        None
    }

    fn answer(&self, _question: &Question, _rows: &[TextRow]) -> Option<Expression> {
        None
    }

    fn fold_name(&self, name: &str) -> String {
        name.to_ascii_lowercase()
    }

    fn shared_names(&self) -> SharedNames {
        SharedNames {
            indexes: true,
            ..SharedNames::default()
        }
    }

    fn quote_name(&self, name: &str) -> String {
        render::quote(name)
    }

    fn client(&self) -> Client {
        Client::SQLITE
    }

    fn row_sql(&self) -> &dyn RowSql {
        self
    }

    fn insert(
        &self,
        table: &TableName,
        columns: &[Name],
        rows: &[Vec<DefaultValue>],
    ) -> Result<String> {
        insert::insert(table, columns, rows)
    }

    fn needed(&self, _before: &Snapshot, _operations: &[Operation]) -> Vec<Operation> {
        Vec::new()
    }

    fn together(&self, before: &Snapshot, operations: &[Operation]) -> usize {
        lower::together(before, operations)
    }

    fn keeps_conversions(&self, _types: Pair<&ColumnType>) -> bool {
        false
    }

    fn words(&self, sql: &str) -> Result<Vec<Word>> {
        lexer::words(sql)
    }

    fn spelling(&self) -> Spelling {
        Spelling {
            nouns: &[Noun::View, Noun::Trigger],
            overloads: false,
            triggers_by_table: false,
        }
    }

    fn keeps_text(&self, _noun: Noun) -> bool {
        true
    }

    fn can_replace(&self, _from: &Definition, _to: &str) -> bool {
        // Nothing stands upon a view before it is read.
        true
    }

    fn renames(&self, _noun: Noun) -> bool {
        false
    }

    fn lower(&self, before: &Snapshot, operations: &[Operation]) -> Result<Lowered> {
        refuse_guesses(self, operations)?;
        let lowered = lower::lower(before, operations)?;
        Ok(judged(self, before, operations, lowered))
    }

    fn online(&self, _: &Snapshot, _: &[Operation]) -> Option<Vec<OnlineStep>> {
        None
    }

    fn judge(&self, sql: &str, ground: &Ground<'_>) -> Vec<Found> {
        judge::judge(sql, ground)
    }

    fn outline(&self, sql: &str) -> Outline {
        judge::said(sql).outline()
    }

    fn follow(&self, sql: &str, server: &Server, known: &mut Known) {
        let reading = Reading {
            read_type: |text| Some(types::sqlite_read(text)),
            default: &server.schema,
            indexes_foreign_keys: false,
        };
        follow(&judge::said(sql), known, reading);
    }

    fn takes_text(&self, _server: &Server, _ty: &ColumnType, _text: &str) -> bool {
        false
    }

    fn is_transactional(&self) -> bool {
        true
    }

    fn has(&self, operation: &Operation, change: usize, hazard: &Hazard) -> bool {
        judge::has(operation, change, hazard) && is_so(self, operation, change, hazard)
    }

    fn fingerprint(&self, snapshot: &Snapshot, table: &str) -> Option<String> {
        lower::expects(snapshot, table)
    }

    fn split_statements(&self, script: &str) -> Result<Vec<String>> {
        lexer::split_statements(script)
    }
}
