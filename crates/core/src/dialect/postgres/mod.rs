//! PostgreSQL: the dialect, in one file an idea.
//!
//! | module | owns |
//! |---|---|
//! | `name` | identifiers: quoting, comparing |
//! | `tokens` | the tokens of expressions and definitions, names and strings |
//! | `lexer` | the tokens of the database, statement splitting |
//! | `expression` | whether two expressions mean the same without asking |
//! | `types` | spellings of column types, Rust types |
//! | `default` | which texts are constants, and the one form of each |
//! | `input` | which texts it takes for numbers and values of truth |
//! | `canonical` | the form in which the database would report a schema |
//! | `wanted` | models read for this database |
//! | `catalog` | the bulk catalogue queries and what their rows mean |
//! | `probe` | asking the server for its own words |
//! | `render` | definitions written from the schema |
//! | `online` | the steps of a change that locks nothing for long |
//! | `judge` | what statements rewrite, read and lock |
//! | `rows` | which rows object to a change |
//! | `lower` | operations to statements |

mod canonical;
mod catalog;
mod default;
mod expression;
mod input;
mod judge;
mod lexer;
mod lower;
mod name;
mod online;
mod probe;
mod render;
mod rows;
mod tokens;
mod types;
mod wanted;

use super::cast::is_so;
use super::cast::table::refuse_guesses;
use super::judged::judged;
use super::{
    Cast, Client, Dialect, Found, Ground, Known, Lowered, OnlineStep, Outline, Probe, RowSql,
    Scope, Server, Snapshot, TextRow,
};
use crate::change::Pair;
use crate::diff::{Question, SharedNames, Wanted};
use crate::error::Result;
use crate::hazard::{Hazard, Objection};
use crate::model::{ModelError, Models, RustType};
use crate::object::{Definition, Noun, Spelling, Word};
use crate::operation::Operation;
use crate::plan::Statement;
use crate::schema::{ColumnType, DefaultValue, Expression, Name, Schema, TableName};
use crate::statement::{Reading, follow};

/// PostgreSQL 12 and later.
#[derive(Debug, Clone, Copy, Default)]
pub struct Postgres;

impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn title(&self) -> &'static str {
        "PostgreSQL"
    }

    fn catalog(&self, scope: &Scope) -> Vec<String> {
        catalog::queries(scope)
    }

    fn catalog_of_hidden(&self, _answers: &[Vec<TextRow>]) -> Vec<String> {
        Vec::new()
    }

    fn snapshot(&self, scope: &Scope, answers: Vec<Vec<TextRow>>) -> Result<Snapshot> {
        catalog::snapshot(scope, answers)
    }

    fn remake(&self, snapshot: &Snapshot) -> Result<Vec<Statement>> {
        lower::remake(snapshot)
    }

    fn write_type(&self, ty: &ColumnType) -> String {
        types::write(ty)
    }

    fn cast(&self, column: &Name, types: Pair<&ColumnType>) -> Option<Cast> {
        lower::cast::of(column, types)
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
        types::accepts(rust, existing)
    }

    fn same_expression(&self, a: &Expression, b: &Expression) -> bool {
        expression::same(a.as_str(), b.as_str())
    }

    fn probe(&self, question: &Question) -> Option<Probe> {
        probe::probe(question)
    }

    fn answer(&self, question: &Question, rows: &[TextRow]) -> Option<Expression> {
        probe::answer(question, rows)
    }

    fn fold_name(&self, name: &str) -> String {
        name::fold(name)
    }

    fn shared_names(&self) -> SharedNames {
        SharedNames {
            indexes: true,
            uniques: true,
            primary_key: Some(|table| name::primary_key(&table.name)),
            ..SharedNames::default()
        }
    }

    fn quote_name(&self, name: &str) -> String {
        name::quote(name)
    }

    fn client(&self) -> Client {
        Client::POSTGRES
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
        lower::insert(table, columns, rows)
    }

    fn needed(&self, before: &Snapshot, operations: &[Operation]) -> Vec<Operation> {
        lower::schemas::needed(before, operations)
    }

    fn together(&self, before: &Snapshot, operations: &[Operation]) -> usize {
        lower::together(before, operations)
    }

    fn keeps_conversions(&self, types: Pair<&ColumnType>) -> bool {
        types::keeps_conversions(types)
    }

    fn words(&self, sql: &str) -> Result<Vec<Word>> {
        lexer::words(sql)
    }

    fn spelling(&self) -> Spelling {
        Spelling {
            nouns: Noun::ALL.split_last().map_or(&[], |(_, others)| others),
            overloads: true,
            triggers_by_table: true,
        }
    }

    fn keeps_text(&self, noun: Noun) -> bool {
        noun == Noun::Extension
    }

    fn can_replace(&self, from: &Definition, to: &str) -> bool {
        lower::can_replace(from, to)
    }

    fn renames(&self, noun: Noun) -> bool {
        noun != Noun::Extension
    }

    fn lower(&self, before: &Snapshot, operations: &[Operation]) -> Result<Lowered> {
        refuse_guesses(self, operations)?;
        let lowered = lower::lower(before, operations)?;
        Ok(judged(self, before, operations, lowered))
    }

    fn online(&self, before: &Snapshot, operations: &[Operation]) -> Option<Vec<OnlineStep>> {
        Some(online::steps(before, operations))
    }

    fn judge(&self, sql: &str, ground: &Ground<'_>) -> Vec<Found> {
        judge::judge(sql, ground)
    }

    fn outline(&self, sql: &str) -> Outline {
        judge::said(sql).outline()
    }

    fn follow(&self, sql: &str, server: &Server, known: &mut Known) {
        let reading = Reading {
            read_type: types::read,
            default: &server.schema,
            indexes_foreign_keys: false,
        };
        follow(&judge::said(sql), known, reading);
    }

    fn takes_text(&self, server: &Server, ty: &ColumnType, text: &str) -> bool {
        input::takes(server, ty, text)
    }

    fn is_transactional(&self) -> bool {
        true
    }

    fn has(&self, operation: &Operation, change: usize, hazard: &Hazard) -> bool {
        is_so(self, operation, change, hazard)
            && (hazard.objection != Some(Objection::Null)
                || !online::is_prepared(operation, change))
    }

    fn fingerprint(&self, _snapshot: &Snapshot, _table: &str) -> Option<String> {
        // No table is ever rebuilt.
        None
    }

    fn split_statements(&self, script: &str) -> Result<Vec<String>> {
        lexer::split_statements(script)
    }
}
