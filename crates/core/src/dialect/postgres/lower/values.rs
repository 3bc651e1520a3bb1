//! Values that get other names.
//!
//! Owns the rename inside an enum type, where rows, defaults and whatever else
//! holds the value follow by themselves, and the one in the rows of a column.

use super::Lowering;
use super::batch::{Item, Unit};
use crate::change::{Change, Pair};
use crate::dialect::ObjectKind;
use crate::dialect::postgres::name::quote;
use crate::dialect::postgres::render::{qualified, string_literal};
use crate::error::Result;
use crate::operation::values::rename_in;
use crate::operation::{Operation, RenamedValues, TableChange};
use crate::plan::Statement;
use crate::schema::{Column, ColumnType, DefaultValue, Expression, TableName};

impl<'a> Lowering<'a> {
    pub(super) fn rename_enum_value(
        &mut self,
        at: usize,
        operation: &'a Operation,
        name: &TableName,
        values: &Pair<String>,
    ) -> Result<()> {
        operation.apply(&mut self.now.schema)?;
        for object in &mut self.now.objects {
            // The server keeps a body as it was written; all else it keeps as
            // it has understood it.
            if object.kind != ObjectKind::Function {
                object.sql = rename_in(&object.sql, name, false, values);
            }
        }
        let sql = format!(
            "ALTER TYPE {} RENAME VALUE {} TO {}",
            qualified(name),
            string_literal(&values.from),
            string_literal(&values.to)
        );
        let statement = Statement::new(sql, Self::why(operation));
        self.steps.entry((at, 0)).or_default().push(statement);
        Ok(())
    }

    /// Notes which of the renamed values of a batch the cast of their column
    /// maps, on the way up or down.
    pub(super) fn map_values(&mut self, changes: &[TableChange]) {
        let retyped = |renamed: &RenamedValues| {
            changes.iter().any(|change| match change {
                TableChange::Column(Change::Alter(pair)) => {
                    pair.to.name == renamed.column && pair.from.ty != pair.to.ty
                }
                _ => false,
            })
        };
        let renamed = changes.iter().filter_map(|change| match change {
            TableChange::Values(renamed) if retyped(renamed) => Some(renamed.clone()),
            _ => None,
        });
        self.mapped = renamed.collect();
    }

    /// The rows of a column that keeps its type.
    pub(super) fn rename_values(&self, unit: &Unit<'_>, renamed: &RenamedValues) -> Vec<Item> {
        let column = unit.before.column(renamed.column.as_str());
        let Some(column) = column.filter(|_| !self.mapped.contains(renamed)) else {
            return Vec::new();
        };
        let quoted = quote(column.name.as_str());
        let old: Vec<String> = renamed
            .values
            .iter()
            .map(|pair| string_literal(&pair.from))
            .collect();
        let (only, value) = if is_array(column) {
            let text = format!("{quoted}::text[] && ARRAY[{}]", old.join(", "));
            (text, mapped(column, renamed))
        } else {
            let text = format!("{quoted}::text IN ({})", old.join(", "));
            (text, mapped(column, renamed))
        };
        let ty = crate::dialect::postgres::render::column_type(&column.ty);
        let value = DefaultValue::Expression(Expression::new(format!("({value})::{ty}")));
        let only = format!(" WHERE {only}");
        self.filled(&unit.before, &column.name, &value, &only)
    }
}

fn is_array(column: &Column) -> bool {
    matches!(column.ty, ColumnType::Array(_))
}

/// The value of a column as text, by its new name.
pub(super) fn mapped(column: &Column, renamed: &RenamedValues) -> String {
    let quoted = quote(column.name.as_str());
    if is_array(column) {
        return mapped_array(format!("{quoted}::text[]"), &renamed.values);
    }
    let mut sql = format!("CASE {quoted}::text");
    for Pair { from, to } in &renamed.values {
        let (from, to) = (string_literal(from), string_literal(to));
        sql.push_str(&format!(" WHEN {from} THEN {to}"));
    }
    sql + &format!(" ELSE {quoted}::text END")
}

/// One function a value. Where a new name is an old one too, every value goes
/// over a name that none has.
fn mapped_array(mut sql: String, values: &[Pair<String>]) -> String {
    let mut replace = |from: &str, to: &str| {
        let (from, to) = (string_literal(from), string_literal(to));
        sql = format!("array_replace({sql}, {from}, {to})");
    };
    let meets = values.iter().any(|a| values.iter().any(|b| a.to == b.from));
    if meets {
        let spare = |value: &str| format!("aludel: {value}");
        for Pair { from, to } in values {
            replace(from, &spare(to));
        }
        for Pair { to, .. } in values {
            replace(&spare(to), to);
        }
    } else {
        for Pair { from, to } in values {
            replace(from, to);
        }
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(from: &str, to: &str) -> Pair<String> {
        Pair::new(from.to_owned(), to.to_owned())
    }

    #[test]
    fn values_of_an_array_may_change_places() {
        let sql = |values: &[Pair<String>]| mapped_array("m".to_owned(), values);
        assert_eq!(
            sql(&[pair("a", "x"), pair("b", "it's")]),
            "array_replace(array_replace(m, 'a', 'x'), 'b', 'it''s')"
        );
        assert_eq!(
            sql(&[pair("a", "b"), pair("b", "a")]),
            "array_replace(array_replace(array_replace(array_replace(m, 'a', 'aludel: b'), \
             'b', 'aludel: a'), 'aludel: b', 'b'), 'aludel: a', 'a')"
        );
    }
}
