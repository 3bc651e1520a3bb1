//! MySQL and MariaDB: the dialect, in one file an idea.
//!
//! | module | owns |
//! |---|---|
//! | `name` | identifiers: quoting, comparing |
//! | `lexer` | the tokens of the database, statement splitting |
//! | `expression` | whether two expressions mean the same without asking |
//! | `types` | spellings of column types, Rust types |
//! | `default` | which texts are constants, and the one form of each |
//! | `canonical` | the form in which the database would report a schema |
//! | `wanted` | models read for this database |
//! | `catalog` | the bulk catalogue queries and what their rows mean |
//! | `probe` | asking the server for its own words |
//! | `render` | definitions written from the schema |
//! | `online` | the same changes, so that nothing is locked for long |
//! | `judge` | what statements rewrite, read and lock |
//! | `rows` | which rows object to a change |
//! | `lower` | operations to statements |

mod canonical;
mod cast;
mod catalog;
mod default;
mod expression;
mod judge;
mod lexer;
mod lower;
mod modes;
mod name;
mod online;
mod probe;
mod render;
mod rows;
mod tree;
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
use crate::hazard::Hazard;
use crate::model::{ModelError, Models, RustType};
use crate::object::{Definition, Noun, Spelling, Word};
use crate::operation::Operation;
use crate::plan::Statement;
use crate::schema::{ColumnType, DefaultValue, Expression, Name, Schema, TableName};
use crate::statement::{Reading, follow};

/// MySQL 8.0 and later, and MariaDB 10.6 and later, which is told apart where
/// the two differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MySql {
    maria: bool,
}

impl MySql {
    /// MariaDB.
    pub const MARIADB: Self = Self { maria: true };
    /// MySQL.
    pub const MYSQL: Self = Self { maria: false };

    /// Whether it is MariaDB.
    pub fn is_mariadb(self) -> bool {
        self.maria
    }
}

impl Dialect for MySql {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn title(&self) -> &'static str {
        if self.maria { "MariaDB" } else { "MySQL" }
    }

    fn catalog(&self, scope: &Scope) -> Vec<String> {
        catalog::queries(*self, scope)
    }

    fn catalog_of_hidden(&self, answers: &[Vec<TextRow>]) -> Vec<String> {
        catalog::shown::queries(*self, answers)
    }

    fn snapshot(&self, scope: &Scope, answers: Vec<Vec<TextRow>>) -> Result<Snapshot> {
        catalog::snapshot(*self, scope, answers)
    }

    fn remake(&self, snapshot: &Snapshot) -> Result<Vec<Statement>> {
        lower::remake(*self, snapshot)
    }

    fn write_type(&self, ty: &ColumnType) -> String {
        types::write(ty)
    }

    fn cast(&self, column: &Name, types: Pair<&ColumnType>) -> Option<Cast> {
        cast::of(*self, column, types)
    }

    fn canonical(&self, schema: Schema) -> Schema {
        canonical::canonical(*self, schema)
    }

    fn on_server(&self, schema: Schema, server: &Server) -> Schema {
        canonical::of_server(canonical::spelled_by(schema, server), server)
    }

    fn wanted(&self, models: &Models) -> Result<Wanted, Vec<ModelError>> {
        wanted::wanted(*self, models)
    }

    fn accepts(&self, rust: &RustType, existing: &ColumnType) -> bool {
        types::accepts(rust, existing)
    }

    fn same_expression(&self, a: &Expression, b: &Expression) -> bool {
        expression::same(a.as_str(), b.as_str())
    }

    fn probe(&self, question: &Question) -> Option<Probe> {
        probe::probe(*self, question)
    }

    fn answer(&self, question: &Question, rows: &[TextRow]) -> Option<Expression> {
        probe::answer(*self, question, rows)
    }

    fn fold_name(&self, name: &str) -> String {
        name::fold(name)
    }

    fn shared_names(&self) -> SharedNames {
        SharedNames {
            foreign_keys: true,
            checks: !self.is_mariadb(),
            ..SharedNames::default()
        }
    }

    fn quote_name(&self, name: &str) -> String {
        name::quote(name)
    }

    fn client(&self) -> Client {
        if self.maria {
            Client::MARIADB
        } else {
            Client::MYSQL
        }
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

    fn needed(&self, _before: &Snapshot, _operations: &[Operation]) -> Vec<Operation> {
        Vec::new()
    }

    fn together(&self, _before: &Snapshot, operations: &[Operation]) -> usize {
        lower::together(operations)
    }

    fn keeps_conversions(&self, types: Pair<&ColumnType>) -> bool {
        cast::keeps_conversions(types)
    }

    fn words(&self, sql: &str) -> Result<Vec<Word>> {
        lexer::words(sql)
    }

    fn spelling(&self) -> Spelling {
        Spelling {
            nouns: &[Noun::Function, Noun::Procedure, Noun::View, Noun::Trigger],
            overloads: false,
            triggers_by_table: false,
        }
    }

    fn keeps_text(&self, noun: Noun) -> bool {
        noun == Noun::Trigger
    }

    fn can_replace(&self, _from: &Definition, _to: &str) -> bool {
        // Nothing stands upon an object before it is used.
        true
    }

    fn renames(&self, _noun: Noun) -> bool {
        // Other views that read a view do not follow.
        false
    }

    fn lower(&self, before: &Snapshot, operations: &[Operation]) -> Result<Lowered> {
        refuse_guesses(self, operations)?;
        let lowered = lower::lower(*self, before, operations)?;
        Ok(judged(self, before, operations, lowered))
    }

    fn online(&self, before: &Snapshot, operations: &[Operation]) -> Option<Vec<OnlineStep>> {
        Some(online::steps(before, operations))
    }

    fn judge(&self, sql: &str, ground: &Ground<'_>) -> Vec<Found> {
        judge::judge(*self, sql, ground)
    }

    fn outline(&self, sql: &str) -> Outline {
        judge::said(sql).outline()
    }

    fn follow(&self, sql: &str, server: &Server, known: &mut Known) {
        let reading = Reading {
            read_type: |text| Some(types::read(text)),
            default: &server.schema,
            indexes_foreign_keys: true,
        };
        follow(&judge::said(sql), known, reading);
    }

    fn takes_text(&self, _server: &Server, _ty: &ColumnType, _text: &str) -> bool {
        false
    }

    fn is_transactional(&self) -> bool {
        false
    }

    fn only_looks(&self, statement: &Statement) -> bool {
        lower::only_looks(statement)
    }

    fn has(&self, operation: &Operation, change: usize, hazard: &Hazard) -> bool {
        is_so(self, operation, change, hazard)
    }

    fn around(&self, sql: &str) -> Option<Pair<&'static str>> {
        modes::around(sql)
    }

    fn fingerprint(&self, _snapshot: &Snapshot, _table: &str) -> Option<String> {
        // No table is ever rebuilt.
        None
    }

    fn split_statements(&self, script: &str) -> Result<Vec<String>> {
        lexer::split_statements(script)
    }
}
