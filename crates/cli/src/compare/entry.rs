//! One change in words, with its statements and its hazards.

use aludel::db::RowCount;
use aludel_core::dialect::Dialect;
use aludel_core::hazard::{Hazard, hazards_after};
use aludel_core::operation::{Description, Operation};
use aludel_core::plan::Plan;
use aludel_core::schema::Schema;
use serde_json::{Value, json};

use crate::error::Result;
use crate::{hazards, rows};

/// One change in words.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// What it is called.
    pub(crate) description: Description,
    /// Its statements; empty where those of an earlier change do its work.
    pub(crate) sql: Vec<String>,
    /// What it may destroy, fail on or rewrite.
    pub(crate) hazards: Vec<Hazard>,
    /// The operation, and the change in it.
    pub(crate) place: (usize, usize),
    /// Which rows of the live database object to it, where they were counted.
    pub(crate) rows: Vec<RowCount>,
}

impl Entry {
    /// One change, as JSON says it.
    pub(super) fn document(&self, dialect: &str) -> Value {
        json!({
            "op": self.description.op,
            "table": self.description.table,
            "name": self.description.name,
            "describe": self.description.text,
            "sql": self.sql,
            "hazards": hazards::document(&self.hazards, dialect, &self.rows),
        })
    }

    /// One change on lines for people: its words, then its hazards.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("  {}", self.description.text)];
        for hazard in &self.hazards {
            lines.push(format!("    {}", hazards::line(hazard)));
            let counted = rows::lines(hazard, &self.rows);
            lines.extend(counted.iter().map(|line| format!("      {line}")));
        }
        lines
    }
}

/// Every change in words, with its statements and hazards.
pub(super) fn describe(
    dialect: &dyn Dialect,
    before: &Schema,
    operations: &[Operation],
    plans: &[Plan],
) -> Result<Vec<Entry>> {
    let mut schema = before.clone();
    let mut entries = Vec::new();
    for (number, operation) in operations.iter().enumerate() {
        let dangers = hazards_after(&operations[..number], operation, &schema);
        for (index, description) in operation.describe().into_iter().enumerate() {
            let step = plans
                .iter()
                .flat_map(|p| &p.steps)
                .find(|step| step.operation == number && step.change.is_none_or(|c| c == index));
            let statements = step.map(|s| s.statements.as_slice()).unwrap_or_default();
            // Where there is no plan, what the operation itself tells.
            let found = match step {
                Some(step) => step.hazards.clone(),
                None => {
                    let mut told = dangers.get(index).cloned().unwrap_or_default();
                    told.retain(|hazard| dialect.has(operation, index, hazard));
                    told
                }
            };
            entries.push(Entry {
                description,
                sql: statements.iter().map(|s| s.sql.clone()).collect(),
                hazards: found,
                place: (number, index),
                rows: Vec::new(),
            });
        }
        operation.apply(&mut schema)?;
    }
    Ok(entries)
}
