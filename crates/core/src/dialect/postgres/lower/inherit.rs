//! Columns that a table has from another one by `INHERITS`.
//!
//! Owns which changes of such a column the server makes by itself when it
//! changes the parent's. It must not know how a change is written.

use super::Lowering;
use crate::change::{Change, Pair};
use crate::dialect::ObjectKind;
use crate::dialect::postgres::tokens;
use crate::error::{Error, Result};
use crate::operation::{Operation, TableChange};
use crate::schema::{Column, Name, Schema, Table, TableName};

impl Lowering<'_> {
    /// The tables that a table inherits from, however far away.
    fn ancestors(&self, table: &TableName) -> Vec<TableName> {
        let mut found: Vec<TableName> = Vec::new();
        let mut open = vec![table.clone()];
        while let Some(next) = open.pop() {
            let table = self.before.schema.table(&next);
            for parent in table.map(|t| t.options.inherits()).unwrap_or_default() {
                if !found.contains(&parent) {
                    open.push(parent.clone());
                    found.push(parent);
                }
            }
        }
        found
    }

    /// What is left of a change of a column when the list makes the same change
    /// of a parent's column; `None` where nothing is.
    pub(super) fn left_to_do(
        &self,
        table: &TableName,
        change: &Change<Column>,
    ) -> Option<Change<Column>> {
        let ancestors = self.ancestors(table);
        if ancestors.is_empty() {
            return Some(change.clone());
        }
        let mut left = change.clone();
        for operation in self.operations {
            let Operation::AlterTable { table, changes } = operation else {
                continue;
            };
            if !ancestors.contains(table) {
                continue;
            }
            for other in changes {
                let TableChange::Column(other) = other else {
                    continue;
                };
                // Said of the parent alone, it does nothing below.
                if let Change::Drop(column) = other
                    && self.is_kept_below(table, &column.name)
                {
                    continue;
                }
                left = without(left, other)?;
            }
        }
        Some(left)
    }

    /// Whether the list has a parent's column take NULL as it does with this one.
    pub(super) fn follows_in_null(&self, table: &TableName, pair: &Pair<Column>) -> bool {
        match self.left_to_do(table, &Change::Alter(pair.clone())) {
            None => true,
            Some(Change::Alter(left)) => left.from.nullable,
            Some(_) => false,
        }
    }

    /// Refuses what the server does to a column with its parent's alone, and
    /// what it would do to columns of tables below.
    pub(super) fn refuse_inherited(
        &self,
        table: &TableName,
        change: &Change<Column>,
    ) -> Result<()> {
        let (name, what) = match change {
            Change::Add(column) => return self.refuse_unwanted_below(table, column),
            Change::Drop(column) => (&column.name, "dropped"),
            Change::Rename(names) => (&names.from, "renamed"),
            Change::Alter(pair) => {
                let Pair { from, to } = pair;
                if from.name != to.name {
                    (&from.name, "renamed")
                } else if from.ty != to.ty || from.collation != to.collation {
                    (&from.name, "given another type")
                } else if !from.nullable && to.nullable {
                    (&from.name, "made to take NULL")
                } else {
                    return self.refuse_unlike_below(table, pair);
                }
            }
        };
        // A parent that takes NULL leaves that to each table below.
        let is_free = |theirs: &Column| match change {
            Change::Alter(pair) => {
                let Pair { from, to } = pair;
                let same = from.name == to.name && from.ty == to.ty;
                same && from.collation == to.collation && theirs.nullable
            }
            _ => false,
        };
        let stands_in_the_way = |parent: &TableName| {
            let before = self.before.schema.table(parent);
            let column = before.and_then(|t| t.column(name.as_str()));
            let theirs = column.and_then(|column| self.in_the_end(parent, column));
            theirs.is_some_and(|theirs| !is_free(&theirs))
        };
        let mut parents = self.ancestors(table).into_iter();
        match parents.find(stands_in_the_way) {
            Some(parent) => Err(Error::new(format!(
                "column `{table}.{name}` is that of `{parent}`, which `{table}` inherits, and \
                 cannot be {what} by itself"
            ))
            .with_hint(format!(
                "do the same with `{parent}.{name}`, or leave `{table}.{name}` as it is"
            ))),
            None => match change {
                Change::Alter(pair) => self.refuse_unlike_below(table, pair),
                Change::Rename(names) => self.refuse_to_rename(table, &names.from),
                Change::Add(_) | Change::Drop(_) => Ok(()),
            },
        }
    }

    /// Refuses to rename a column that a parent still has and loses later:
    /// renames come first.
    fn refuse_to_rename(&self, table: &TableName, name: &Name) -> Result<()> {
        let has = |parent: &TableName| {
            let now = self.now.schema.table(parent);
            now.is_some_and(|t| t.column(name.as_str()).is_some())
        };
        match self.ancestors(table).into_iter().find(has) {
            Some(parent) => Err(Error::new(format!(
                "column `{table}.{name}` is still that of `{parent}`, which `{table}` inherits, \
                 where it gets another name"
            ))
            .with_hint(format!(
                "drop `{parent}.{name}` in a migration before this one"
            ))),
            None => Ok(()),
        }
    }

    /// Refuses what the columns of tables below would get with this one, and
    /// are not to have.
    fn refuse_unlike_below(&self, table: &TableName, pair: &Pair<Column>) -> Result<()> {
        let Pair { from, to } = pair;
        let new_type = from.ty != to.ty || from.collation != to.collation;
        let new_rule = from.nullable && !to.nullable;
        for below in self.below(table) {
            let own = below.column(from.name.as_str());
            let own = own.or_else(|| below.column(to.name.as_str()));
            let Some(own) = own.and_then(|own| self.in_the_end(&below.name, own)) else {
                continue;
            };
            let what = if new_type && (own.ty != to.ty || own.collation != to.collation) {
                "get another type"
            } else if new_rule && own.nullable {
                "no longer take NULL"
            } else {
                continue;
            };
            return Err(Error::new(format!(
                "column `{}.{}` would {what} with `{table}.{}`, since `{}` inherits `{table}`",
                below.name, own.name, to.name, below.name
            ))
            .with_hint(format!(
                "change both models in the same way, or leave `{table}.{}` as it is",
                to.name
            )));
        }
        Ok(())
    }

    fn refuse_unwanted_below(&self, table: &TableName, column: &Column) -> Result<()> {
        let lacks = |below: &&Table| {
            below.column(column.name.as_str()).is_none()
                && !self.adds_or_drops(&below.name, &column.name)
        };
        match self.below(table).into_iter().find(lacks) {
            Some(below) => Err(Error::new(format!(
                "column `{table}.{0}` would be added to `{1}` too, which inherits `{table}`",
                column.name, below.name
            ))
            .with_hint(format!(
                "add `{}` to the model of `{}` too",
                column.name, below.name
            ))),
            None => Ok(()),
        }
    }

    /// Whether the list adds that column to a table, or drops the whole table.
    fn adds_or_drops(&self, table: &TableName, column: &Name) -> bool {
        self.operations.iter().any(|operation| {
            match operation {
            Operation::DropTable(dropped) => dropped.name == *table,
            Operation::AlterTable {
                table: own,
                changes,
            } => {
                own == table
                    && changes.iter().any(|change| {
                        matches!(change, TableChange::Column(Change::Add(c)) if c.name == *column)
                    })
            }
            _ => false,
        }
        })
    }

    /// The tables that inherit from one, however far away.
    pub(super) fn below(&self, table: &TableName) -> Vec<&Table> {
        let tables = self.now.schema.tables.values();
        tables
            .filter(|t| self.ancestors(&t.name).contains(table))
            .collect()
    }

    /// The partitions of a table, and theirs.
    pub(super) fn partitions_of(&self, table: &TableName) -> Vec<TableName> {
        let default = self.default_schema();
        let full = |name: TableName| TableName {
            schema: Some(name.schema.unwrap_or_else(|| default.into())),
            ..name
        };
        let partitions = self.before.objects.iter();
        let partitions = partitions.filter(|o| o.kind == ObjectKind::Partition);
        let known: Vec<(TableName, TableName)> = partitions
            .filter_map(|object| {
                let list = tokens::tokens(&object.sql);
                let behind = |word: &str| {
                    let at = list.iter().position(|token| token.is(&object.sql, word))?;
                    Some(tokens::table_name(&list, at + 1, &object.sql)?.0)
                };
                Some((full(behind("TABLE")?), full(behind("OF")?)))
            })
            .collect();
        let mut found: Vec<TableName> = Vec::new();
        let mut open = vec![full(table.clone())];
        while let Some(next) = open.pop() {
            let own = known.iter().filter(|(_, parent)| *parent == next);
            let own: Vec<TableName> = own.map(|(one, _)| one.clone()).collect();
            open.extend(own.iter().cloned());
            found.extend(own);
        }
        let plain = |name: TableName| TableName {
            schema: name.schema.filter(|schema| schema.as_str() != default),
            ..name
        };
        found.into_iter().map(plain).collect()
    }

    /// Whether a table below keeps a column that this one loses.
    pub(super) fn is_kept_below(&self, table: &TableName, column: &Name) -> bool {
        self.below(table).into_iter().any(|below| {
            let own = below.column(column.as_str());
            own.is_some_and(|own| self.in_the_end(&below.name, own).is_some())
        })
    }

    /// How many tables stand above one.
    pub(super) fn depth(&self, table: &TableName) -> usize {
        self.ancestors(table).len()
    }

    /// The columns of tables below whose default the server overwrites with the
    /// one that a column of this table gets, as they are in the end: those next
    /// to the table first.
    pub(super) fn own_defaults_below(
        &self,
        table: &TableName,
        column: &Column,
    ) -> Vec<(TableName, Column)> {
        let below = self.below(table).into_iter();
        let theirs = below.filter_map(|t| {
            let own = t.column(column.name.as_str())?;
            Some((t.name.clone(), self.in_the_end(&t.name, own)?))
        });
        let differ = theirs.filter(|(_, own)| own.default != column.default);
        let mut found: Vec<(TableName, Column)> = differ.collect();
        found.sort_by_key(|(table, _)| self.depth(table));
        found
    }

    /// The tables below that go on refusing NULL where a column of this table
    /// takes it from now on: those next to the table first.
    pub(super) fn not_null_below(&self, table: &TableName, column: &Name) -> Vec<TableName> {
        let below = self.below(table).into_iter();
        let theirs = below.filter_map(|t| {
            let own = t.column(column.as_str())?;
            let own = self.in_the_end(&t.name, own)?;
            (!own.nullable).then(|| t.name.clone())
        });
        let mut found: Vec<TableName> = theirs.collect();
        found.sort_by_key(|table| self.depth(table));
        found
    }

    /// A column as the list leaves it; `None` where it goes.
    fn in_the_end(&self, table: &TableName, column: &Column) -> Option<Column> {
        let mut found = column.clone();
        for operation in self.operations {
            match operation {
                Operation::DropTable(dropped) if dropped.name == *table => return None,
                Operation::AlterTable {
                    table: own,
                    changes,
                } if own == table => {
                    for change in changes {
                        match change {
                            TableChange::Column(Change::Drop(c)) if c.name == found.name => {
                                return None;
                            }
                            TableChange::Column(Change::Rename(names))
                                if names.from == found.name =>
                            {
                                found.name.clone_from(&names.to);
                            }
                            TableChange::Column(Change::Alter(pair))
                                if [&pair.from.name, &pair.to.name].contains(&&found.name) =>
                            {
                                found.clone_from(&pair.to);
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Some(found)
    }
}

/// A change without what a parent's change does as well.
fn without(own: Change<Column>, parents: &Change<Column>) -> Option<Change<Column>> {
    match (own, parents) {
        (Change::Add(own), Change::Add(other)) if own.name == other.name => None,
        (Change::Drop(own), Change::Drop(other)) if own.name == other.name => None,
        (Change::Rename(own), Change::Rename(other)) if own == *other => None,
        (Change::Alter(own), Change::Alter(other)) if own.to.name == other.to.name => {
            let Pair { mut from, to } = own;
            if other.from.ty != other.to.ty || other.from.collation != other.to.collation {
                from.ty.clone_from(&other.to.ty);
                from.collation.clone_from(&other.to.collation);
            }
            if other.from.nullable != other.to.nullable {
                from.nullable = other.to.nullable;
            }
            if other.from.default != other.to.default {
                from.default.clone_from(&other.to.default);
            }
            if other.from.generated != other.to.generated {
                from.generated.clone_from(&other.to.generated);
            }
            let mut filled = to.clone();
            filled.fill.clone_from(&from.fill);
            (from != filled).then_some(Change::Alter(Pair::new(from, to)))
        }
        (own, _) => Some(own),
    }
}

/// A table as it is written: where a parent says that a column is not NULL, the
/// table that inherits it does not say so again. Since PostgreSQL 18 that would
/// be a constraint of its own beside the parent's, and one that stands in the
/// way when the type of the parent's column changes.
pub(super) fn as_written(table: &Table, schema: &Schema) -> Table {
    let mut written = table.clone();
    for parent in table.options.inherits() {
        let Some(parent) = schema.table(&parent) else {
            continue;
        };
        for column in &mut written.columns {
            let theirs = parent.column(column.name.as_str());
            if theirs.is_some_and(|theirs| !theirs.nullable) {
                column.nullable = true;
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ColumnType, DefaultValue, Literal};

    #[test]
    fn a_parents_not_null_is_not_said_again() {
        let mut parent = Table::new("p");
        for (name, nullable) in [("a", false), ("b", true)] {
            let mut column = Column::new(name, ColumnType::Integer);
            column.nullable = nullable;
            parent.columns.push(column);
        }
        let mut table = parent.clone();
        table.name = TableName::new("t");
        table.options.extra = Some("INHERITS (p)".into());
        for column in &mut table.columns {
            column.nullable = false;
        }
        let mut schema = Schema::default();
        schema.tables.insert(parent.name.clone(), parent);
        let written = as_written(&table, &schema);
        let nullable: Vec<bool> = written.columns.iter().map(|c| c.nullable).collect();
        assert_eq!(nullable, [true, false]);
    }

    #[test]
    fn what_a_parent_does_is_not_done_again() {
        let column = |ty: ColumnType, default: Option<i128>| {
            let mut column = Column::new("c", ty);
            column.default = default.map(|n| DefaultValue::Literal(Literal::Integer(n)));
            column
        };
        let (int, big) = (ColumnType::Integer, ColumnType::BigInteger);
        let alter = |from: Column, to: Column| Change::Alter(Pair::new(from, to));
        let parents = alter(column(int.clone(), Some(1)), column(big.clone(), Some(1)));
        let same = alter(column(int.clone(), None), column(big.clone(), None));
        assert_eq!(without(same, &parents), None);
        let more = alter(column(int, None), column(big.clone(), Some(5)));
        let left = alter(column(big.clone(), None), column(big.clone(), Some(5)));
        assert_eq!(without(more, &parents), Some(left));
        let added = Change::Add(column(big.clone(), None));
        assert_eq!(without(added.clone(), &parents), Some(added.clone()));
        assert_eq!(without(added, &Change::Add(column(big, None))), None);
    }
}
