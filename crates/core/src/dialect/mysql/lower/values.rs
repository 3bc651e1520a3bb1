//! Values of columns that get other names.
//!
//! MySQL brings rows from one `enum` to another by the text of their value, so
//! the rows move between two ALTER TABLE: the first lets them have the new
//! values too, the second one those alone. What compares the column with an
//! old value is away in between.

use super::Lowering;
use super::fill::{Fills, update};
use super::tables::alter;
use crate::change::Pair;
use crate::dialect::mysql::name::{quote, string};
use crate::dialect::mysql::render;
use crate::dialect::mysql::types::enum_of;
use crate::error::Result;
use crate::listed;
use crate::operation::RenamedValues;
use crate::operation::identifiers::mentions;
use crate::plan::Statement;
use crate::schema::{Check, ColumnType, Name, Table};

impl Lowering<'_> {
    /// Statements that come before all others of the table, and the table after
    /// them.
    pub(super) fn rename_values(
        &self,
        from: &Table,
        to: &Table,
        renamed: &[RenamedValues],
    ) -> Result<(Vec<Statement>, Table)> {
        let mut wide = from.clone();
        let mut updates = Vec::new();
        for RenamedValues { column, values } in renamed {
            let moved: Vec<&Pair<String>> = values
                .iter()
                .filter(|pair| !self.is_equal(from, column, pair))
                .collect();
            if moved.is_empty() {
                continue;
            }
            widen(&mut wide, column, &moved);
            let stays = |check: &Check| {
                let same = |other: &Check| render::check(other) == render::check(check);
                to.checks.iter().any(same) || !mentions(&check.expression, column, from)
            };
            wide.checks.retain(stays);
            let why = format!("rename values in `{}.{column}`", from.name);
            updates.push(Statement::new(moves(from, column, &moved), why));
        }
        let mut statements = Vec::new();
        let alteration = self.between(from, &wide, &Fills::new())?;
        statements.extend(alteration.aside);
        for clauses in [alteration.first, alteration.main, alteration.last] {
            if !clauses.is_empty() {
                let why = format!("let rows of `{}` have the new values", from.name);
                statements.push(Statement::new(alter(&from.name, &clauses), why));
            }
        }
        statements.extend(updates);
        Ok((statements, wide))
    }

    /// Whether the two are one value to the server, which tells letters of
    /// another case apart only where the collation does. Then the new type
    /// brings the new name by itself.
    fn is_equal(&self, table: &Table, column: &Name, pair: &Pair<String>) -> bool {
        let own = table.column(column.as_str());
        let own = own.map_or_else(String::new, |c| super::detach::collation(table, c));
        let collation = if own.is_empty() {
            self.before.server.collation.clone()
        } else {
            own
        };
        let exact = ["_bin", "_cs", "binary"];
        !exact.iter().any(|end| collation.ends_with(end))
            && pair.from.to_lowercase() == pair.to.to_lowercase()
    }
}

/// Lets a column have the new values, which are the last ones: so no row is
/// written again.
fn widen(table: &mut Table, column: &Name, moved: &[&Pair<String>]) {
    for column in table.columns.iter_mut().filter(|c| c.name == *column) {
        let Some(mut values) = listed::of_type(&column.ty) else {
            continue;
        };
        for pair in moved {
            if !values.contains(&pair.to) {
                values.push(pair.to.clone());
            }
        }
        column.ty = ColumnType::Custom(enum_of(&values));
    }
}

/// The one statement that gives all rows their new values.
fn moves(table: &Table, column: &Name, moved: &[&Pair<String>]) -> String {
    let quoted = quote(column.as_str());
    if let [Pair { from, to }] = moved {
        let only = format!(" WHERE {quoted} = {}", string(from));
        return update(table, column, &string(to), &only);
    }
    let mut value = format!("CASE {quoted}");
    let mut old = Vec::new();
    for Pair { from, to } in moved {
        value.push_str(&format!(" WHEN {} THEN {}", string(from), string(to)));
        old.push(string(from));
    }
    value.push_str(&format!(" ELSE {quoted} END"));
    let only = format!(" WHERE {quoted} IN ({})", old.join(", "));
    update(table, column, &value, &only)
}
