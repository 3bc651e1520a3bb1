//! Names that a model says for a part of its table.
//!
//! Owns which of them another table has to give up: where a database knows a
//! name once among all tables, what stays unnamed there cannot keep it.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::order::{Space, shared_by, shared_name};
use crate::diff::parts::Compared;
use crate::diff::{Judge, Naming};
use crate::schema::{Name, Schema, TableName};

/// A name in its space and schema, folded.
type Place = (Space, Option<Name>, String);

/// The names that models say, each with the tables that say it.
pub(super) struct Said<'a> {
    by: BTreeMap<Place, BTreeSet<TableName>>,
    /// What the database judges.
    pub(super) judge: &'a Judge<'a>,
    /// How what no model names is called.
    pub(super) naming: &'a Naming,
}

impl<'a> Said<'a> {
    /// Those of a schema that has no other names yet.
    pub(super) fn of(schema: &Schema, judge: &'a Judge<'a>, naming: &'a Naming) -> Self {
        let mut by: BTreeMap<Place, BTreeSet<TableName>> = BTreeMap::new();
        for table in schema.tables.values() {
            for (space, name) in shared_by(table, judge.shared_names) {
                let place = place(space, &table.name, &name, judge);
                by.entry(place).or_default().insert(table.name.clone());
            }
        }
        Self { by, judge, naming }
    }

    /// Whether the name of a part of one table is said for one of another.
    pub(super) fn elsewhere<T: Compared>(&self, table: &TableName, part: &T) -> bool {
        let Some((space, name)) = shared_name(table, part, self.judge.shared_names) else {
            return false;
        };
        let tables = self.by.get(&place(space, table, &name, self.judge));
        tables.is_some_and(|tables| tables.iter().any(|other| other != table))
    }
}

fn place(space: Space, table: &TableName, name: &Name, judge: &Judge<'_>) -> Place {
    let folded = (judge.fold_name)(name.as_str());
    (space, table.schema.clone(), folded)
}
