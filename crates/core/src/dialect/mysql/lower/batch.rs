//! Changes of one table, folded into one ALTER TABLE.

use std::collections::{BTreeMap, BTreeSet};

use super::fill::Fills;
use super::listed::as_listed;
use super::tables::alter;
use super::{Lowering, mention, supported};
use crate::change::{Change, Pair};
use crate::dialect::mysql::cast;
use crate::error::Result;
use crate::hazard::{Hazard, hazards_after};
use crate::operation::{Operation, RenamedValues, TableChange};
use crate::plan::Statement;
use crate::schema::{Column, Expression, Name, Table, TableName, Using};

/// Changes that are made together.
struct Chunk {
    /// The step that gets the statements.
    step: (usize, usize),
    /// The table before them, canonical.
    from: Table,
    whys: Vec<String>,
    hazards: Vec<Hazard>,
    fills: Fills,
    usings: BTreeMap<Name, Using>,
    renamed: Vec<RenamedValues>,
    /// The names of columns that are dropped.
    dropped: BTreeSet<Name>,
    /// How the table may be locked, where that was asked.
    how: &'static [&'static str],
}

impl<'a> Lowering<'a> {
    pub(super) fn alter_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        table: &'a TableName,
        changes: &'a [TableChange],
    ) -> Result<()> {
        let mut dangers =
            hazards_after(&self.operations[..at], operation, &self.now.schema).into_iter();
        let mut open: Option<Chunk> = None;
        for (n, change) in changes.iter().enumerate() {
            let dangers = dangers.next().unwrap_or_default();
            let alone = Operation::AlterTable {
                table: table.clone(),
                changes: vec![as_listed(self.table(table)?, change)],
            };
            if let TableChange::Column(Change::Rename(names)) = change {
                self.close(open.take())?;
                self.rename_column((at, n), table, &alone, names)?;
                continue;
            }
            let adds = match change {
                TableChange::Column(Change::Add(column)) => Some(&column.name),
                _ => None,
            };
            // A new column under the name of one that has just gone is another.
            let how = beside_writers(change);
            let clash = |chunk: &Chunk| {
                chunk.how != how || adds.is_some_and(|name| chunk.dropped.contains(name))
            };
            if open.as_ref().is_some_and(clash) {
                self.close(open.take())?;
            }
            let chunk = match &mut open {
                Some(chunk) => chunk,
                None => open.insert(Chunk {
                    step: (at, n),
                    from: self.canonical(self.table(table)?.clone())?,
                    whys: Vec::new(),
                    hazards: Vec::new(),
                    fills: Fills::new(),
                    usings: BTreeMap::new(),
                    renamed: Vec::new(),
                    dropped: BTreeSet::new(),
                    how,
                }),
            };
            chunk.whys.push(change.describe(&table.to_string()).text);
            chunk.hazards.extend(dangers);
            note_column(chunk, change);
            if let TableChange::Values(renamed) = change {
                chunk.renamed.push(renamed.clone());
            }
            if let TableChange::Column(Change::Drop(column)) = change {
                let found = mention::of_column(&self.now, table, &column.name, "dropped");
                self.lost.extend(found);
            }
            alone.apply(&mut self.now.schema)?;
        }
        self.close(open)
    }

    /// Makes the statements of a chunk; the working schema is after it.
    fn close(&mut self, chunk: Option<Chunk>) -> Result<()> {
        let Some(chunk) = chunk else {
            return Ok(());
        };
        let name = chunk.from.name.clone();
        let mut to = self.canonical(self.table(&name)?.clone())?;
        self.now.schema.insert(to.clone());
        for column in &mut to.columns {
            if let Some(using) = chunk.usings.get(&column.name) {
                column.using = using.clone();
            } else if let Some(old) = chunk.from.column(column.name.as_str()) {
                column.using.up = self.told(old, column);
            }
        }
        supported::check(self.on, &to)?;
        self.put_off(chunk.step.0, &chunk.from, &to);
        let why = chunk.whys.join(", ");
        let staying = Table {
            foreign_keys: to
                .foreign_keys
                .iter()
                .filter(|k| chunk.from.foreign_keys.contains(k))
                .cloned()
                .collect(),
            ..chunk.from.clone()
        };
        let retyped = self.retyped(&chunk.from, &to);
        let keys = self.keys_over(&staying, &retyped)?;
        self.detach(chunk.step, keys, &why);
        let made = self.before.schema.table(&name).is_none()
            && self
                .operations
                .iter()
                .any(|o| matches!(o, Operation::CreateTable(t) if t.name == name));
        let (mut statements, from) = self.rename_values(&chunk.from, &to, &chunk.renamed)?;
        let (filled, from) = self.fill(&from, &to, &chunk.fills, made)?;
        statements.extend(filled);
        let alteration = self.between(&from, &to, &chunk.fills)?;
        statements.extend(alteration.aside);
        for mut clauses in [alteration.first, alteration.main, alteration.last] {
            if !clauses.is_empty() {
                clauses.extend(chunk.how.iter().map(|&how| how.to_owned()));
                statements.push(Statement::new(alter(&name, &clauses), &why));
            }
        }
        if let Some(last) = statements.last_mut() {
            last.hazards.extend(chunk.hazards);
        }
        self.push(chunk.step, statements);
        Ok(())
    }
}

impl Lowering<'_> {
    /// The expression that makes values of another type where MODIFY does not.
    fn told(&self, from: &Column, to: &Column) -> Option<Expression> {
        if from.ty == to.ty || from.generated.is_some() || to.generated.is_some() {
            return None;
        }
        let cast = cast::of(self.on, &to.name, Pair::new(&from.ty, &to.ty))?;
        cast.expression.map(Expression::new)
    }
}

/// How the database is to change an index that is built without locking out
/// writers: so or not at all. Full-text and spatial indexes let readers in only.
fn beside_writers(change: &TableChange) -> &'static [&'static str] {
    let index = match change {
        TableChange::Index(Change::Add(index) | Change::Drop(index)) => index,
        TableChange::Index(Change::Alter(pair)) => &pair.to,
        _ => return &[],
    };
    match index.method.as_deref() {
        _ if !index.concurrently => &[],
        Some("fulltext" | "spatial") => &["ALGORITHM=INPLACE", "LOCK=SHARED"],
        _ => &["ALGORITHM=INPLACE", "LOCK=NONE"],
    }
}

/// Keeps account of what rows get, and of the columns that go.
fn note_column(chunk: &mut Chunk, change: &TableChange) {
    let TableChange::Column(change) = change else {
        return;
    };
    match change {
        Change::Add(column) | Change::Alter(Pair { to: column, .. }) => {
            if let Some(fill) = &column.fill {
                chunk.fills.insert(column.name.clone(), fill.clone());
            }
            if column.using.up.is_some() {
                let using = column.using.clone();
                chunk.usings.insert(column.name.clone(), using);
            }
        }
        Change::Drop(column) => {
            chunk.fills.remove(&column.name);
            chunk.usings.remove(&column.name);
            chunk.dropped.insert(column.name.clone());
        }
        Change::Rename(_) => {}
    }
}
