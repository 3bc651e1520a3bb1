//! Changes of one table, folded.

use std::collections::BTreeSet;

use super::guard::Lost;
use super::working::{self, Own};
use super::{Lowering, Unit, is_movable, mention, native, only_table, rebuild, renames_column};
use crate::change::Change;
use crate::dialect::sqlite::canonical;
use crate::error::{Error, Result};
use crate::hazard::{Hazard, hazards_after};
use crate::operation::{Operation, TableChange};
use crate::plan::Rebuild;
use crate::schema::{Name, Schema, TableName};

impl<'a> Lowering<'a> {
    pub(super) fn alter_table(
        &mut self,
        at: usize,
        table: &'a TableName,
        changes: &'a [TableChange],
    ) -> Result<()> {
        let only_keys = changes
            .iter()
            .all(|c| matches!(c, TableChange::ForeignKey(Change::Drop(_))));
        if only_keys && self.is_dropped_later(at, table) {
            return self.operations[at].apply(&mut self.now.schema);
        }
        if !renames_column(changes) {
            let mut operations = vec![at];
            operations.extend(self.later_changes(at, table));
            self.done.extend(&operations);
            let parts: Vec<(usize, usize, &'a TableChange)> = operations
                .into_iter()
                .flat_map(|n| {
                    match &self.operations[n] {
                        Operation::AlterTable { changes, .. } => changes.as_slice(),
                        _ => &[],
                    }
                    .iter()
                    .enumerate()
                    .map(move |(c, what)| (n, c, what))
                })
                .collect();
            return self.batch(table, &parts);
        }
        let mut parts = Vec::new();
        for (n, change) in changes.iter().enumerate() {
            if let TableChange::Column(Change::Rename(names)) = change {
                self.batch(table, &parts)?;
                parts.clear();
                self.rename_column((at, n), table, change, names)?;
            } else {
                parts.push((at, n, change));
            }
        }
        self.batch(table, &parts)
    }

    /// Whether the list drops the table later, with nothing in between that
    /// could see its foreign keys.
    fn is_dropped_later(&self, at: usize, table: &TableName) -> bool {
        self.operations[at + 1..]
            .iter()
            .take_while(|o| is_movable(o))
            .any(|o| matches!(o, Operation::DropTable(t) if t.name == *table))
    }

    /// Changes of one table that are made together.
    pub(super) fn batch(
        &mut self,
        table: &TableName,
        parts: &[(usize, usize, &TableChange)],
    ) -> Result<()> {
        if parts.is_empty() {
            return Ok(());
        }
        let units = self.units(table, parts)?;
        let Some(first) = units.first() else {
            return Ok(());
        };
        let name = table.name.as_str();
        let own = Own {
            table: first.before.clone(),
            sql: working::table_sql(&self.now, name)
                .ok_or_else(|| Error::new(format!("there is no table `{table}`")))?
                .to_owned(),
            indexes: working::indexes_of(&self.now, name),
        };
        let dropped: BTreeSet<&Name> = units
            .iter()
            .filter_map(|u| match u.what {
                TableChange::Column(Change::Drop(c)) => Some(&c.name),
                _ => None,
            })
            .collect();
        for column in &dropped {
            self.refuse_content(name, Some(column.as_str()))?;
            for (object, _) in mention::of_column(&self.now, name, column.as_str())? {
                self.lost.push(Lost {
                    object: object.clone(),
                    table: name.to_owned(),
                    column: Some(column.to_string()),
                });
            }
        }
        if let Some(native) = native::lower(&self.now, &own, &units)? {
            for (unit, statements) in units.iter().zip(native.statements) {
                self.steps.insert((unit.operation, unit.change), statements);
            }
            working::put(&mut self.now, native.own);
        } else {
            let (own, statements) = rebuild::lower(&self.now, own, &units)?;
            self.expect(table);
            self.steps
                .insert((first.operation, first.change), statements);
            working::put(&mut self.now, own);
        }
        for column in dropped {
            working::drop_column(&mut self.now, name, column.as_str());
        }
        Ok(())
    }

    /// The changes, each with the table before and after it.
    fn units<'p>(
        &self,
        table: &TableName,
        parts: &[(usize, usize, &'p TableChange)],
    ) -> Result<Vec<Unit<'p>>> {
        let mut schema = Schema::default();
        schema.insert(
            self.now
                .schema
                .table(table)
                .ok_or_else(|| Error::new(format!("there is no table `{table}`")))?
                .clone(),
        );
        // What the operations say, also where SQLite does not show it yet: a
        // column that is to take NULL stays NOT NULL as long as it is in the key.
        let mut said = schema.clone();
        let mut units = Vec::with_capacity(parts.len());
        let mut judged: Option<(usize, Vec<Vec<Hazard>>)> = None;
        for &(operation, change, what) in parts {
            if judged.as_ref().is_none_or(|(n, _)| *n != operation) {
                let (earlier, rest) = self.operations.split_at(operation);
                judged = Some((operation, hazards_after(earlier, &rest[0], &schema)));
            }
            let hazards = judged
                .as_ref()
                .and_then(|(_, all)| all.get(change).cloned())
                .unwrap_or_default();
            let alone = Operation::AlterTable {
                table: table.clone(),
                changes: vec![what.clone()],
            };
            let before = only_table(schema.clone(), table)?;
            alone.apply(&mut said)?;
            schema = canonical::canonical(said.clone());
            units.push(Unit {
                operation,
                change,
                what,
                why: what.describe(&table.to_string()).text,
                hazards,
                before,
                after: only_table(schema.clone(), table)?,
            });
        }
        Ok(units)
    }

    /// Notes a rebuild, with what it expects of the database before the list.
    fn expect(&mut self, table: &TableName) {
        let before = self.origin.get(table).unwrap_or(table);
        let name = before.name.as_str();
        self.rebuilt.get_or_insert_with(|| table.to_string());
        if let Some(expects) = rebuild::expects(self.before, name)
            && !self.rebuilds.iter().any(|r| r.table == name)
        {
            self.rebuilds.push(Rebuild {
                table: name.to_owned(),
                expects,
            });
        }
    }
}
