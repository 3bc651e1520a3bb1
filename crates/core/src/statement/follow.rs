//! What a database is after a statement, as far as its words tell.
//!
//! Owns the account of what is known while the statements of files run one
//! after another. It leaves out rather than guesses: what somebody may have
//! changed in a way that is not read here is not known any more, and whoever
//! judges then says what may be.

use super::change::{change, is_any, part};
use super::{Clause, CreateIndex, Said};
use crate::change::{Change, Pair};
use crate::dialect::Known;
use crate::operation::{Operation, TableChange};
use crate::schema::{ColumnType, Expression, Index, Name, Schema, Table, TableName, TableOptions};

/// How a database reads what a statement says.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// What type a spelling is.
    pub(crate) read_type: fn(&str) -> Option<ColumnType>,
    /// The schema that need not be said.
    pub(crate) default: &'a str,
    /// Whether a foreign key brings an index with it.
    pub(crate) indexes_foreign_keys: bool,
}

impl Reading<'_> {
    pub(super) fn name(&self, table: &TableName) -> TableName {
        let schema = table.schema.clone();
        TableName {
            schema: schema.filter(|schema| *schema != *self.default),
            name: table.name.clone(),
        }
    }
}

/// Brings what is known to what it is behind a statement.
pub(crate) fn follow(said: &Said, known: &mut Known, reading: Reading<'_>) {
    if *said == Said::Elsewhere {
        known.schema = None;
        known.triggers.clear();
        return;
    }
    let Some(schema) = &mut known.schema else {
        return;
    };
    match said {
        Said::CreateTable(made) => {
            let name = reading.name(&made.name);
            let there = key(schema, &name);
            if there.is_some() && made.unless_there {
                return;
            }
            if let Some(there) = there {
                schema.tables.remove(&there);
            }
            // One that was there already may be anything.
            if made.unless_there {
                return;
            }
            if let Some(table) = made.clauses.as_ref().and_then(|clauses| {
                let mut table = Table::new(name);
                table.options = TableOptions {
                    engine: made.engine.clone(),
                    charset: made.charset.clone(),
                    collation: made.collation.clone(),
                    ..TableOptions::default()
                };
                let mut all = clauses.iter();
                all.all(|clause| change(&mut table, clause, reading))
                    .then_some(table)
            }) {
                schema.insert(table);
            }
        }
        Said::DropTables(tables) => {
            for table in tables {
                let table = reading.name(table);
                if let Some(key) = key(schema, &table) {
                    schema.tables.remove(&key);
                }
                known.triggers.retain(|trigger| !trigger.is_on(&table));
            }
        }
        Said::RenameTables(pairs) => {
            for (from, to) in pairs {
                rename(known, &reading.name(from), &reading.name(to));
            }
        }
        Said::AlterTable(table, clauses) => {
            for clause in clauses {
                match clause {
                    Clause::RenameTable(to) => {
                        // It stays in its schema.
                        let from = reading.name(table);
                        let to = TableName {
                            schema: to.schema.clone().or_else(|| from.schema.clone()),
                            name: to.name.clone(),
                        };
                        rename(known, &from, &reading.name(&to));
                    }
                    _ => {
                        if let Some(schema) = &mut known.schema {
                            alter(schema, &reading.name(table), clause, reading);
                        }
                    }
                }
            }
        }
        Said::CreateIndex(index) => {
            let table = key(schema, &reading.name(&index.table));
            if let Some(table) = table.and_then(|key| schema.tables.get_mut(&key)) {
                table.indexes.push(indexed(index));
            }
        }
        Said::DropIndex { names, .. } => {
            for table in schema.tables.values_mut() {
                let gone = |index: &Index| is_any(index.name.as_ref(), names);
                table.indexes.retain(|index| !gone(index));
            }
            let unnamed = |table: &Table| table.indexes.iter().any(|index| index.name.is_none());
            schema.tables.retain(|_, table| !unnamed(table));
        }
        Said::RenameObject { kind, .. } if kind != "type" => {}
        Said::DropObject { kind, .. } if kind.ends_with("view") => {}
        Said::DropSchema { .. }
        | Said::DropObject { .. }
        | Said::RenameObject { .. }
        | Said::Anything => schema.tables.clear(),
        Said::Update { table, .. } if table.name.as_str().starts_with("sqlite_") => {
            schema.tables.clear();
        }
        Said::Reindex { .. }
        | Said::Truncate(_)
        | Said::DeleteAll(_)
        | Said::Delete(_)
        | Said::Update { .. }
        | Said::Lock { .. }
        | Said::Rewrite { .. }
        | Said::Refresh { .. }
        | Said::AddEnumValue(_)
        | Said::RenameEnumValue { .. }
        | Said::OtherSchema
        | Said::Elsewhere
        | Said::Other => {}
    }
}

/// The name under which a table is known.
fn key(schema: &Schema, name: &TableName) -> Option<TableName> {
    if schema.tables.contains_key(name) {
        return Some(name.clone());
    }
    let text = name.to_string();
    let mut all = schema.tables.keys();
    all.find(|own| own.to_string().eq_ignore_ascii_case(&text))
        .cloned()
}

fn rename(known: &mut Known, from: &TableName, to: &TableName) {
    for trigger in &mut known.triggers {
        if trigger.is_on(from) {
            trigger.table = to.clone();
        }
    }
    let Some(schema) = &mut known.schema else {
        return;
    };
    if let Some(key) = key(schema, to) {
        schema.tables.remove(&key);
    }
    let Some(key) = key(schema, from) else {
        return;
    };
    let operation = Operation::RenameTable(Pair::new(key.clone(), to.clone()));
    if operation.apply(schema).is_err() {
        schema.tables.remove(&key);
    }
}

fn alter(schema: &mut Schema, table: &TableName, clause: &Clause, reading: Reading<'_>) {
    let Some(key) = key(schema, table) else {
        return;
    };
    let renamed = match clause {
        Clause::RenameColumn(from, to) => Some((from, to)),
        Clause::Modify(from, said) if *from != said.name => Some((from, &said.name)),
        _ => None,
    };
    let mut stays = true;
    if let Some((from, to)) = renamed {
        let names = Pair::new(Name::new(from), Name::new(to));
        let operation = Operation::AlterTable {
            table: key.clone(),
            changes: vec![TableChange::Column(Change::Rename(names))],
        };
        stays = operation.apply(schema).is_ok();
    }
    if let Some(table) = schema.tables.get_mut(&key) {
        stays = stays && change(table, clause, reading);
    }
    if !stays {
        schema.tables.remove(&key);
    }
}

fn indexed(said: &CreateIndex) -> Index {
    Index {
        name: said.name.as_deref().map(Name::new),
        keys: said.parts.iter().map(part).collect(),
        unique: said.unique,
        method: said.kind.clone(),
        predicate: said.predicate.as_deref().map(Expression::new),
        ..Index::on([] as [Name; 0])
    }
}
