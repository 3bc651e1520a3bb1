//! Whole tables, renames, and SQL that somebody wrote.

use super::guard::{Lost, described};
use super::reading::Reading;
use super::working::{self, Own};
use super::{Lowering, is_ours, only_table};
use super::{mention, native, rebuild};
use crate::change::{Change, Pair};
use crate::dialect::ObjectKind;
use crate::dialect::sqlite::render::{self, quote};
use crate::dialect::sqlite::{canonical, lexer};
use crate::error::{Error, Result};
use crate::operation::{Operation, RawSql, TableChange};
use crate::plan::Statement;
use crate::schema::{Name, Schema, Table, TableName, Unique};

impl<'a> Lowering<'a> {
    /// A new table, with what the rest of the list adds to it.
    pub(super) fn create_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        table: &'a Table,
    ) -> Result<()> {
        if self.now.schema.table(&table.name).is_some() {
            return Err(Error::new(format!("table `{}` exists already", table.name)));
        }
        let mut schema = Schema::default();
        operation.apply(&mut schema)?;
        for n in self.later_changes(at, &table.name) {
            self.operations[n].apply(&mut schema)?;
            self.done.insert(n);
        }
        let table = only_table(canonical::canonical(schema), &table.name)?;
        let mut own = Own {
            sql: render::create_table(&table, None),
            indexes: Vec::new(),
            table,
        };
        let mut statements = vec![Statement {
            hazards: self.hazards(at, operation),
            ..Statement::new(own.sql.clone(), self.why(operation))
        }];
        for index in own.table.indexes.clone() {
            let why = TableChange::Index(Change::Add(index.clone()))
                .describe(own.name())
                .text;
            statements.extend(native::change_index(&mut own, &Change::Add(index), &why)?);
        }
        working::create(&mut self.now, own);
        self.steps.insert((at, 0), statements);
        Ok(())
    }

    pub(super) fn drop_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        table: &TableName,
    ) -> Result<()> {
        let name = table.name.as_str();
        self.refuse_content(name, None)?;
        for object in mention::of_table(&self.now, name)? {
            self.lost.push(Lost {
                object: object.clone(),
                table: name.to_owned(),
                column: None,
            });
        }
        let statement = Statement {
            hazards: self.hazards(at, operation),
            ..Statement::new(format!("DROP TABLE {}", quote(name)), self.why(operation))
        };
        self.steps.insert((at, 0), vec![statement]);
        operation.apply(&mut self.now.schema)?;
        working::drop(&mut self.now, name);
        Ok(())
    }

    pub(super) fn rename_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        names: &Pair<TableName>,
    ) -> Result<()> {
        let (from, to) = (names.from.name.as_str(), names.to.name.as_str());
        self.refuse_content(from, None)?;
        let why = self.why(operation);
        if self.rewritten.is_none() {
            self.rewritten = self
                .now
                .objects
                .iter()
                .filter(|o| matches!(o.kind, ObjectKind::View | ObjectKind::Trigger))
                .find(|o| {
                    Reading::new(&o.sql).is_ok_and(|r| r.names_table(&from.to_ascii_lowercase()))
                })
                .map(|o| (why.clone(), described(o)));
        }
        let rename = |a: &str, b: &str| {
            Statement::new(
                format!("ALTER TABLE {} RENAME TO {}", quote(a), quote(b)),
                &why,
            )
        };
        // SQLite does not rename a table to its own name in other letters.
        let mut statements = if working::same(from, to) {
            let between = rebuild::free_name(&self.now, rebuild::REBUILT_PREFIX, from);
            vec![rename(from, &between), rename(&between, to)]
        } else {
            vec![rename(from, to)]
        };
        statements[0].hazards = self.hazards(at, operation);
        operation.apply(&mut self.now.schema)?;
        working::rename_table(&mut self.now, from, to)?;
        let origin = self
            .origin
            .remove(&names.from)
            .unwrap_or_else(|| names.from.clone());
        self.origin.insert(names.to.clone(), origin);
        self.steps.insert((at, 0), statements);
        Ok(())
    }

    pub(super) fn execute(&mut self, at: usize, operation: &Operation, raw: &RawSql) -> Result<()> {
        if !is_ours(raw) {
            return Ok(());
        }
        let why = self.why(operation);
        let hazards = self.hazards(at, operation);
        let statements = lexer::split_statements(&raw.sql)?
            .into_iter()
            .map(|sql| Statement {
                hazards: hazards.clone(),
                note: raw.name.clone(),
                ..Statement::new(sql, &why)
            })
            .collect();
        self.steps.insert((at, 0), statements);
        Ok(())
    }

    pub(super) fn rename_column(
        &mut self,
        step: (usize, usize),
        table: &TableName,
        change: &TableChange,
        names: &Pair<Name>,
    ) -> Result<()> {
        let name = table.name.as_str();
        self.refuse_content(name, Some(names.from.as_str()))?;
        let operation = Operation::AlterTable {
            table: table.clone(),
            changes: vec![change.clone()],
        };
        let why = self.why(&operation);
        if self.rewritten.is_none() {
            self.rewritten = mention::of_column(&self.now, name, names.from.as_str())?
                .first()
                .map(|(o, _)| (why.clone(), described(o)));
        }
        let statement = Statement {
            hazards: self.hazards(step.0, &operation),
            ..Statement::new(
                format!(
                    "ALTER TABLE {} RENAME COLUMN {} TO {}",
                    quote(name),
                    quote(names.from.as_str()),
                    quote(names.to.as_str())
                ),
                why,
            )
        };
        let held = self.held_by(table, &names.from);
        let drops = held.iter().cloned().map(Change::Drop);
        let mut statements = self.aside(step, table, drops.map(TableChange::Unique).collect())?;
        working::rename_column(&mut self.now, name, names)?;
        operation.apply(&mut self.now.schema)?;
        statements.push(statement);
        let adds = held.into_iter().map(|mut unique| {
            for column in unique.columns.iter_mut().filter(|c| **c == names.from) {
                column.clone_from(&names.to);
            }
            Change::Add(unique)
        });
        statements.extend(self.aside(step, table, adds.map(TableChange::Unique).collect())?);
        self.steps.insert(step, statements);
        Ok(())
    }

    /// The unique constraints that keep a column from getting another name:
    /// SQLite stumbles over them where it is the `INTEGER` primary key of a
    /// `WITHOUT ROWID` table (seen with 3.40 and 3.51).
    fn held_by(&self, table: &TableName, column: &Name) -> Vec<Unique> {
        let Some(table) = self.now.schema.table(table) else {
            return Vec::new();
        };
        let is_key = table.row_number().is_some_and(|key| key.name == *column);
        if !is_key || !table.options.without_rowid {
            return Vec::new();
        }
        let uniques = table.uniques.iter();
        let held = uniques.filter(|unique| unique.columns.contains(column));
        held.cloned().collect()
    }

    /// The statements of changes that a step needs besides its own.
    fn aside(
        &mut self,
        step: (usize, usize),
        table: &TableName,
        changes: Vec<TableChange>,
    ) -> Result<Vec<Statement>> {
        let parts: Vec<_> = changes.iter().map(|c| (step.0, step.1, c)).collect();
        self.batch(table, &parts)?;
        let mut statements = self.steps.remove(&step).unwrap_or_default();
        for statement in &mut statements {
            // Those of the step stand beside its own statement.
            statement.hazards.clear();
        }
        Ok(statements)
    }
}
