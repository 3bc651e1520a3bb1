//! Keys, constraints and indexes of a table in use.

use super::super::lower::default_name;
use super::Steps;
use crate::change::{Change, Pair};
use crate::dialect::online::alter;
use crate::operation::{Operation, TableChange};
use crate::schema::{Check, ForeignKey, Index, IndexKey, Name, Schema, TableName, Unique};

impl Steps {
    pub(super) fn build(&mut self, table: &TableName, index: &Index) -> bool {
        let Some(name) = &index.name else {
            return false;
        };
        self.builds.push((name.clone(), make(table, index)));
        true
    }

    /// An index goes before anything else, where nothing before it says
    /// something of its table.
    pub(super) fn drop_first(&mut self, table: &TableName, index: &Index) -> bool {
        let (Some(name), false) = (&index.name, self.is_leant_on(table, index)) else {
            return false;
        };
        if self.touched.contains(table) || leans(&self.start, table, index) {
            return false;
        }
        self.drops.push((name.clone(), take(table, index)));
        true
    }

    pub(super) fn replace(&mut self, table: &TableName, pair: &Pair<Index>) -> bool {
        let (Some(from), Some(to)) = (&pair.from.name, &pair.to.name) else {
            return false;
        };
        if from != to || self.is_leant_on(table, &pair.from) {
            return false;
        }
        let meanwhile = self.free_name(table, default_name(to.as_str(), "", "new"));
        let index = Index {
            name: Some(meanwhile.clone()),
            ..pair.to.clone()
        };
        self.builds.push((to.clone(), make(table, &index)));
        self.replaced.push((from.clone(), take(table, &pair.from)));
        let names = Pair::new(meanwhile, to.clone());
        let rename = TableChange::Index(Change::Rename(names));
        self.last.push(alter(table, rename));
        true
    }

    fn is_leant_on(&self, table: &TableName, index: &Index) -> bool {
        leans(&self.schema, table, index)
    }

    pub(super) fn unique(&mut self, table: &TableName, unique: &Unique) -> bool {
        let Some(name) = unique.name.as_ref().filter(|_| unique.extra.is_none()) else {
            return false;
        };
        let index = Index {
            name: Some(name.clone()),
            keys: unique
                .columns
                .iter()
                .cloned()
                .map(IndexKey::column)
                .collect(),
            unique: true,
            include: unique.include.clone(),
            nulls_not_distinct: unique.nulls_not_distinct,
            ..Index::on::<Name>([])
        };
        self.builds.push((name.clone(), make(table, &index)));
        self.last.push(Operation::AlterTable {
            table: table.clone(),
            changes: vec![
                TableChange::Index(Change::Drop(index)),
                TableChange::Unique(Change::Add(unique.clone())),
            ],
        });
        true
    }

    pub(super) fn foreign_key(
        &mut self,
        table: &TableName,
        key: &ForeignKey,
        kept: &mut Vec<TableChange>,
    ) -> bool {
        if key.name.is_none() || key.not_valid {
            return false;
        }
        let unchecked = ForeignKey {
            not_valid: true,
            ..key.clone()
        };
        let add = TableChange::ForeignKey(Change::Add(unchecked.clone()));
        if self
            .builds
            .iter()
            .any(|(_, b)| is_about(b, &key.references))
        {
            self.keys.push(alter(table, add));
        } else {
            kept.push(add);
        }
        let checked = Pair::new(unchecked, key.clone());
        let validate = TableChange::ForeignKey(Change::Alter(checked));
        self.validations.push(alter(table, validate));
        true
    }

    /// A foreign key that acts otherwise, or refers to something else.
    pub(super) fn other_key(
        &mut self,
        table: &TableName,
        pair: &Pair<ForeignKey>,
        kept: &mut Vec<TableChange>,
    ) -> bool {
        let Pair { from, to } = pair;
        let in_place = ForeignKey {
            deferrable: to.deferrable,
            not_valid: to.not_valid,
            ..from.clone()
        };
        if to.name.is_none() || to.not_valid || in_place == *to {
            return false;
        }
        let unchecked = ForeignKey {
            not_valid: true,
            ..to.clone()
        };
        let change = Change::Alter(Pair::new(from.clone(), unchecked.clone()));
        kept.push(TableChange::ForeignKey(change));
        let validate = Change::Alter(Pair::new(unchecked, to.clone()));
        let validate = TableChange::ForeignKey(validate);
        self.validations.push(alter(table, validate));
        true
    }

    /// A check that says something else.
    pub(super) fn other_check(
        &mut self,
        table: &TableName,
        pair: &Pair<Check>,
        kept: &mut Vec<TableChange>,
    ) -> bool {
        let Pair { from, to } = pair;
        if to.name.is_none() || to.extra.is_some() || from.expression == to.expression {
            return false;
        }
        let unchecked = Check {
            extra: Some("NOT VALID".to_owned()),
            ..to.clone()
        };
        let change = Change::Alter(Pair::new(from.clone(), unchecked.clone()));
        kept.push(TableChange::Check(change));
        let validate = Change::Alter(Pair::new(unchecked, to.clone()));
        self.validations
            .push(alter(table, TableChange::Check(validate)));
        true
    }

    pub(super) fn check(&mut self, table: &TableName, check: &Check) -> bool {
        if check.name.is_none() || check.extra.is_some() {
            return false;
        }
        let unchecked = Check {
            extra: Some("NOT VALID".to_owned()),
            ..check.clone()
        };
        let add = TableChange::Check(Change::Add(unchecked.clone()));
        self.checks.push(alter(table, add));
        let checked = Pair::new(unchecked, check.clone());
        let validate = TableChange::Check(Change::Alter(checked));
        self.validations.push(alter(table, validate));
        true
    }
}

/// Whether a foreign key leans on a unique index.
fn leans(schema: &Schema, table: &TableName, index: &Index) -> bool {
    let Some(columns) = index.unique_columns() else {
        return false;
    };
    let mut keys = schema.tables.values().flat_map(|t| &t.foreign_keys);
    keys.any(|key| {
        key.references == *table
            && key.referenced_columns.len() == columns.len()
            && key.referenced_columns.iter().all(|c| columns.contains(&c))
    })
}

fn make(table: &TableName, index: &Index) -> Operation {
    alter(
        table,
        TableChange::Index(Change::Add(beside_writers(index))),
    )
}

fn take(table: &TableName, index: &Index) -> Operation {
    alter(
        table,
        TableChange::Index(Change::Drop(beside_writers(index))),
    )
}

fn beside_writers(index: &Index) -> Index {
    Index {
        concurrently: true,
        ..index.clone()
    }
}

fn is_about(operation: &Operation, name: &TableName) -> bool {
    matches!(operation, Operation::AlterTable { table, .. } if table == name)
}
