//! Foreign keys that are away while their columns change.
//!
//! The server refuses to change the type of a column that a foreign key has on
//! either side. So these are dropped before, and added again once nothing of
//! the list changes their columns any more.

use std::collections::BTreeMap;

use super::tables::alter;
use super::{KeyOf, Lowering, is_ours, keys};
use crate::change::Change;
use crate::dialect::mysql::name::quote;
use crate::dialect::mysql::render::{self, first_word, is_text, type_of};
use crate::error::{Error, Result};
use crate::operation::{Operation, TableChange};
use crate::plan::Statement;
use crate::schema::{Column, ForeignKey, Name, Table, TableName};

impl Lowering<'_> {
    /// The foreign keys, of this table and of others, that have one of these
    /// columns of it.
    pub(super) fn keys_over(&self, table: &Table, columns: &[Name]) -> Result<Vec<KeyOf>> {
        let mut found = Vec::new();
        if columns.is_empty() {
            return Ok(found);
        }
        for other in self.now.schema.tables.values() {
            let this = other.name == table.name;
            for key in if this {
                &table.foreign_keys
            } else {
                &other.foreign_keys
            } {
                let here = this && key.columns.iter().any(|c| columns.contains(c));
                let there = key.references == table.name
                    && key.referenced_columns.iter().any(|c| columns.contains(c));
                if here || there {
                    found.push((other.name.clone(), keys::named(key, &other.name)?));
                }
            }
        }
        Ok(found)
    }

    /// Drops foreign keys for a while.
    pub(super) fn detach(&mut self, step: (usize, usize), found: Vec<KeyOf>, why: &str) {
        let mut clauses: BTreeMap<TableName, Vec<String>> = BTreeMap::new();
        for (table, name) in found {
            if self.detached.insert((table.clone(), name.clone())) {
                let clause = format!("DROP FOREIGN KEY {}", quote(name.as_str()));
                clauses.entry(table).or_default().push(clause);
            }
        }
        for (table, clauses) in clauses {
            self.push(step, [Statement::new(alter(&table, &clauses), why)]);
        }
    }

    /// Whether a foreign key of that table is away.
    pub(super) fn is_detached(&self, table: &TableName, name: &Name) -> bool {
        self.detached.contains(&(table.clone(), name.clone()))
    }

    /// Adds the foreign keys again that no later operation touches.
    pub(super) fn attach(&mut self, at: usize) -> Result<()> {
        let mut clauses: BTreeMap<TableName, Vec<String>> = BTreeMap::new();
        for (owner, name) in self.detached.clone() {
            let table = self.table(&owner)?;
            let found = table.foreign_keys.iter();
            let Some(key) = found.clone().find(|k| k.name.as_ref() == Some(&name)) else {
                // It was dropped for good.
                self.detached.remove(&(owner, name));
                continue;
            };
            if self.is_touched_later(at, table, key) {
                continue;
            }
            self.refuse_other_types(table, key)?;
            let kept = keys::kept_under(self.on, table, key);
            let list = clauses.entry(owner.clone()).or_default();
            list.extend(kept.filter(|kept| !list.contains(kept)));
            list.push(format!("ADD {}", render::foreign_key(key)));
            self.detached.remove(&(owner, name));
        }
        let last = self.operations[at].describe().len().saturating_sub(1);
        for (table, clauses) in clauses {
            let why = format!("add the foreign keys of `{table}` again");
            self.push((at, last), [Statement::new(alter(&table, &clauses), why)]);
        }
        Ok(())
    }

    /// Whether a later operation, before the next rename, changes the columns
    /// of a foreign key or drops it.
    fn is_touched_later(&self, at: usize, table: &Table, key: &ForeignKey) -> bool {
        for operation in &self.operations[at + 1..] {
            let touches = match operation {
                Operation::RenameTable(_) => return false,
                Operation::Execute(raw) if is_ours(raw) => return false,
                Operation::DropTable(dropped) => dropped.name == table.name,
                Operation::AlterTable {
                    table: altered,
                    changes,
                } => changes.iter().any(|change| match change {
                    TableChange::Column(Change::Alter(pair)) => {
                        let name = &pair.from.name;
                        (*altered == table.name && key.columns.contains(name))
                            || (*altered == key.references && key.referenced_columns.contains(name))
                    }
                    // Texts follow the collation of their table.
                    TableChange::Options(pair) => {
                        pair.from.collation != pair.to.collation
                            && (*altered == table.name || *altered == key.references)
                    }
                    TableChange::ForeignKey(Change::Drop(old)) => {
                        *altered == table.name && old.name == key.name
                    }
                    TableChange::ForeignKey(Change::Alter(pair)) => {
                        *altered == table.name && pair.from.name == key.name
                    }
                    _ => false,
                }),
                _ => false,
            };
            if touches {
                return true;
            }
        }
        false
    }

    /// Has the new foreign keys of a table wait whose columns are not of one type
    /// yet, but will be.
    pub(super) fn put_off(&mut self, at: usize, from: &Table, to: &Table) {
        let names = |table: &Table| -> Vec<Option<Name>> {
            table.foreign_keys.iter().map(|k| k.name.clone()).collect()
        };
        let known = names(from);
        for key in to.foreign_keys.iter().filter(|k| !known.contains(&k.name)) {
            if let Some(name) = &key.name
                && self.refuse_other_types(to, key).is_err()
                && self.is_touched_later(at, to, key)
            {
                self.detached.insert((to.name.clone(), name.clone()));
            }
        }
    }

    /// A foreign key cannot be added again if only one of its sides has changed.
    fn refuse_other_types(&self, table: &Table, key: &ForeignKey) -> Result<()> {
        let Some(other) = self.now.schema.table(&key.references) else {
            return Ok(());
        };
        for (here, there) in key.columns.iter().zip(&key.referenced_columns) {
            let columns = table
                .column(here.as_str())
                .zip(other.column(there.as_str()));
            let Some((a, b)) = columns else { continue };
            if self.kind(table, a) != self.kind(other, b) {
                return Err(Error::new(format!(
                    "foreign key `{}` needs one type on both sides: `{}.{here}` would be {}, \
                     `{}.{there}` {}",
                    key.name.as_ref().map(Name::as_str).unwrap_or_default(),
                    table.name,
                    self.described(table, a),
                    other.name,
                    self.described(other, b),
                ))
                .with_hint("change both columns in one migration, or drop the foreign key first"));
            }
        }
        Ok(())
    }

    /// What has to be equal on both sides of a foreign key.
    fn kind(&self, table: &Table, column: &Column) -> String {
        let spelling = type_of(&column.ty).to_ascii_lowercase();
        if is_text(&spelling) {
            return format!("text {}", collation(table, column));
        }
        let word = first_word(&spelling);
        match word.as_str() {
            "binary" | "varbinary" => "bytes".to_owned(),
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => {
                let unsigned = spelling.contains("unsigned");
                format!("{word}{}", if unsigned { " unsigned" } else { "" })
            }
            "integer" => "int".to_owned(),
            "boolean" | "bool" => "tinyint".to_owned(),
            _ => spelling,
        }
    }

    fn described(&self, table: &Table, column: &Column) -> String {
        let spelling = type_of(&column.ty);
        if is_text(&spelling) {
            format!("`{spelling}` {}", collation(table, column))
        } else {
            format!("`{spelling}`")
        }
    }
}

/// The collation of a column, its own or its table's.
pub(super) fn collation(table: &Table, column: &Column) -> String {
    let own = column.collation.as_ref();
    let all = own.or(table.options.collation.as_ref());
    all.or(table.options.charset.as_ref())
        .cloned()
        .unwrap_or_default()
}
