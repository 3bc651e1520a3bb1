//! What rows get that exist already.
//!
//! A new column with a constant for them is added with that constant as its
//! default, which the next statement takes away: rows never have anything else
//! in it. Everything else is an UPDATE between two statements.

use std::collections::BTreeMap;

use super::Lowering;
use super::tables::alter;
use crate::dialect::mysql::name::quote;
use crate::dialect::mysql::render::{self, extra_has, type_of};
use crate::error::Result;
use crate::plan::Statement;
use crate::schema::{Column, DefaultValue, Literal, Name, Table};

/// What the rows of each column get.
pub(super) type Fills = BTreeMap<Name, DefaultValue>;

fn is_null(value: &DefaultValue) -> bool {
    matches!(value, DefaultValue::Literal(Literal::Null))
}

/// Whether nothing says what rows get in a new column that takes no NULL.
fn lacks_a_value(column: &Column) -> bool {
    !column.nullable
        && column.generated.is_none()
        && !column.autoincrement
        && column.default.as_ref().is_none_or(is_null)
}

/// How the statement begins that fails where a table has rows.
const GUARD: &str = "SELECT CASE WHEN EXISTS (SELECT 1 FROM ";

/// Whether a statement only looks whether a table has rows.
pub(in crate::dialect::mysql) fn only_looks(statement: &Statement) -> bool {
    statement.sql.starts_with(GUARD)
}

/// The statement that fails where a table has rows. Without it they would get
/// a zero or an empty text that nobody said.
fn no_rows(table: &Table, column: &Column) -> Statement {
    let guard = Statement::new(
        format!(
            "{GUARD}{}) THEN (SELECT 1 UNION ALL SELECT 2) END",
            render::table_name(&table.name)
        ),
        format!(
            "stop if `{}` has rows, which have no value for `{}`",
            table.name, column.name
        ),
    );
    Statement {
        note: Some(format!(
            "stops here if `{}` has rows, which would get a value for `{}` that nobody said",
            table.name, column.name
        )),
        ..guard
    }
}

/// `UPDATE`, which leaves those columns alone that every UPDATE changes.
pub(super) fn update(table: &Table, column: &Name, to: &str, only: &str) -> String {
    let mut set = vec![format!("{} = {to}", quote(column.as_str()))];
    for other in &table.columns {
        if other.name != *column && extra_has(other, &["on", "update"]) {
            let name = quote(other.name.as_str());
            set.push(format!("{name} = {name}"));
        }
    }
    format!(
        "UPDATE {} SET {}{only}",
        render::table_name(&table.name),
        set.join(", ")
    )
}

impl Lowering<'_> {
    /// Statements that come before the one ALTER TABLE, and the table after
    /// them. `made` says that the list has made the table itself.
    pub(super) fn fill(
        &self,
        from: &Table,
        to: &Table,
        fills: &Fills,
        made: bool,
    ) -> Result<(Vec<Statement>, Table)> {
        let mut statements = Vec::new();
        let mut now = from.clone();
        for column in &to.columns {
            let fill = fills.get(&column.name).filter(|fill| !is_null(fill));
            match from.column(column.name.as_str()) {
                None => match fill {
                    Some(fill)
                        if column.generated.is_none() && column.default.as_ref() != Some(fill) =>
                    {
                        self.add_filled(&mut now, column, fill, &mut statements);
                    }
                    _ if lacks_a_value(column) && !made => {
                        statements.push(no_rows(from, column));
                    }
                    _ => {}
                },
                Some(old) => {
                    let default = column.default.as_ref().filter(|d| !is_null(d));
                    let value = fill.or(default);
                    if old.nullable
                        && !column.nullable
                        && old.generated.is_none()
                        && column.generated.is_none()
                        && column.using.up.is_none()
                        && let Some(value) = value
                    {
                        self.fill_nulls(&mut now, old, column, value, &mut statements);
                    }
                }
            }
        }
        Ok((statements, now))
    }

    fn add_filled(
        &self,
        now: &mut Table,
        column: &Column,
        fill: &DefaultValue,
        statements: &mut Vec<Statement>,
    ) {
        let why = format!("add column `{}.{}`", now.name, column.name);
        let mut first = column.clone();
        first.autoincrement = false;
        let constant = matches!(fill, DefaultValue::Literal(_));
        if constant {
            first.default = Some(fill.clone());
        } else {
            first.default = None;
            first.nullable = true;
        }
        let clause = format!("ADD COLUMN {}", render::column(self.on, &first, None));
        statements.push(Statement::new(alter(&now.name, &[clause]), &why));
        now.columns.push(first);
        if !constant {
            let sql = update(now, &column.name, &render::value(fill), "");
            let why = format!("fill `{}.{}`", now.name, column.name);
            statements.push(Statement::new(sql, why));
        }
    }

    fn fill_nulls(
        &self,
        now: &mut Table,
        old: &Column,
        column: &Column,
        value: &DefaultValue,
        statements: &mut Vec<Statement>,
    ) {
        let why = format!("fill `{}.{}`", now.name, column.name);
        if type_of(&old.ty) != type_of(&column.ty) {
            let mut first = column.clone();
            first.nullable = true;
            first.autoincrement = false;
            first.default = None;
            let clause = format!("MODIFY COLUMN {}", render::column(self.on, &first, None));
            statements.push(Statement::new(alter(&now.name, &[clause]), &why));
            if let Some(place) = now.columns.iter_mut().find(|c| c.name == column.name) {
                *place = first;
            }
        }
        let only = format!(" WHERE {} IS NULL", quote(column.name.as_str()));
        let sql = update(now, &column.name, &render::value(value), &only);
        statements.push(Statement::new(sql, why));
    }
}
