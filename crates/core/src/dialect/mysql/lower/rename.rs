//! Renames of columns, with what does not follow.
//!
//! MariaDB brings every expression to the new name. MySQL does so for plain
//! indexes and foreign keys only, and refuses the rename while anything else
//! names the column, so that is dropped and made again in the same statement.

use super::keys::{self, named};
use super::replace::place;
use super::tables::alter;
use super::{Lowering, mention, why};
use crate::change::Pair;
use crate::dialect::mysql::name::{quote, string};
use crate::dialect::mysql::render;
use crate::error::Result;
use crate::operation::Operation;
use crate::operation::identifiers::mentions;
use crate::operation::part::Part;
use crate::plan::Statement;
use crate::schema::{Column, DefaultValue, Name, Table, TableName};

/// Why a table gets the comment that it has before a column is renamed. MariaDB
/// keeps tables open under the names that a query gave them, and then does not
/// find the column in their expressions (seen on 10.11; error 1054).
const CLOSES: &str = "closes the table where others have read it under another name";

/// Clauses around the rename itself.
#[derive(Default)]
struct Around {
    before: Vec<String>,
    after: Vec<String>,
}

impl Lowering<'_> {
    pub(super) fn rename_column(
        &mut self,
        step: (usize, usize),
        table: &TableName,
        operation: &Operation,
        names: &Pair<Name>,
    ) -> Result<()> {
        let lost = mention::of_column(&self.now, table, &names.from, "renamed");
        self.lost.extend(lost);
        let why = why(operation);
        let hazards = self.hazards(step.0, operation);
        let from = self.table(table)?.clone();
        operation.apply(&mut self.now.schema)?;
        let to = self.canonical(self.table(table)?.clone())?;
        self.now.schema.insert(to.clone());
        let mut around = Around::default();
        if self.on.is_mariadb() {
            if is_in_expressions(&from, &names.from) {
                let text = string(from.comment.as_deref().unwrap_or_default());
                let first = Statement {
                    note: Some(CLOSES.to_owned()),
                    ..Statement::new(alter(table, &[format!("COMMENT={text}")]), &why)
                };
                self.push(step, [first]);
            }
        } else {
            let again = computed_from(&from, &names.from);
            let keys = self.keys_over(&to, &again)?;
            self.detach(step, keys, &why);
            around = self.restate(Pair::new(&from, &to), names, &again)?;
        }
        let mut clauses = around.before;
        clauses.push(format!(
            "RENAME COLUMN {} TO {}",
            quote(names.from.as_str()),
            quote(names.to.as_str())
        ));
        clauses.extend(around.after);
        let statement = Statement {
            hazards,
            ..Statement::new(alter(table, &clauses), why)
        };
        self.push(step, [statement]);
        Ok(())
    }

    fn restate(&self, tables: Pair<&Table>, names: &Pair<Name>, again: &[Name]) -> Result<Around> {
        let Pair { from, to } = tables;
        let mut around = Around::default();
        let mut gone = again.to_vec();
        gone.push(names.from.clone());
        for old in &from.checks {
            if gone.iter().any(|c| mentions(&old.expression, c, from)) {
                let name = named(old, &from.name)?;
                around
                    .before
                    .push(format!("DROP CHECK {}", quote(name.as_str())));
                let new = to.checks.iter().filter(|c| c.name == old.name);
                around
                    .after
                    .extend(new.map(|c| format!("ADD {}", render::check(c))));
            }
        }
        let new = keys::of_table(self.on, to)?;
        for key in keys::of_table(self.on, from)? {
            if uses(from, &key.name, again, &gone) {
                around
                    .before
                    .push(format!("DROP KEY {}", quote(key.name.as_str())));
                let new = new.iter().filter(|k| k.name == key.name);
                around.after.extend(new.map(|k| format!("ADD {}", k.sql)));
            }
        }
        for column in again.iter().rev() {
            around
                .before
                .push(format!("DROP COLUMN {}", quote(column.as_str())));
        }
        let mut columns = Vec::new();
        for column in &to.columns {
            let definition = render::column(self.on, column, Some(to));
            if again.contains(&column.name) {
                columns.push(format!(
                    "ADD COLUMN {definition} {}",
                    place(to, &column.name)
                ));
            } else if from
                .column(column.name.as_str())
                .is_some_and(|old| default_mentions(old, &names.from, from))
            {
                columns.push(format!("MODIFY COLUMN {definition}"));
            }
        }
        columns.append(&mut around.after);
        around.after = columns;
        Ok(around)
    }
}

/// Whether an index has one of the columns that are made again, or an
/// expression with one that goes.
fn uses(table: &Table, key: &Name, again: &[Name], gone: &[Name]) -> bool {
    let unique = table.uniques.iter().find(|u| u.name.as_ref() == Some(key));
    let index = table.indexes.iter().find(|i| i.name.as_ref() == Some(key));
    unique.is_some_and(|u| again.iter().any(|c| u.uses(c, table)))
        || index.is_some_and(|i| {
            let computed = i.expressions();
            again.iter().any(|c| i.uses(c, table))
                || gone
                    .iter()
                    .any(|c| computed.iter().any(|e| mentions(e, c, table)))
        })
}

fn default_mentions(column: &Column, name: &Name, table: &Table) -> bool {
    matches!(&column.default, Some(DefaultValue::Expression(e)) if mentions(e, name, table))
}

/// The generated columns that are computed from a column, also by way of
/// others.
fn computed_from(table: &Table, column: &Name) -> Vec<Name> {
    let mut found = vec![column.clone()];
    loop {
        let more = table.columns.iter().find(|c| {
            let computed = c.generated.as_ref().is_some_and(|g| {
                found
                    .iter()
                    .any(|gone| mentions(&g.expression, gone, table))
            });
            computed && !found.contains(&c.name)
        });
        match more {
            Some(next) => found.push(next.name.clone()),
            None => {
                found.remove(0);
                return found;
            }
        }
    }
}

/// Whether an expression of the table itself names a column.
fn is_in_expressions(table: &Table, column: &Name) -> bool {
    let generated = table.columns.iter().filter_map(|c| c.generated.as_ref());
    let generated = generated.map(|g| &g.expression);
    let checks = table.checks.iter().map(|check| &check.expression);
    let defaults = table.columns.iter().filter_map(|c| match &c.default {
        Some(DefaultValue::Expression(expression)) => Some(expression),
        _ => None,
    });
    let mut all = generated.chain(checks).chain(defaults);
    all.any(|expression| mentions(expression, column, table))
}
