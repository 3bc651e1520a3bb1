//! Whole tables, renames, and SQL that somebody wrote.

use super::aside::kind_word;
use super::{Lowering, inherit, is_ours, numbering};
use crate::change::Pair;
use crate::dialect::postgres::lexer;
use crate::dialect::postgres::name::{self, quote};
use crate::dialect::postgres::render::{self, qualified};
use crate::dialect::{ObjectKind, Snapshot};
use crate::error::{Error, Result};
use crate::operation::{Operation, RawSql};
use crate::plan::Statement;
use crate::schema::{Name, Table, TableName};

impl<'a> Lowering<'a> {
    pub(super) fn create_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        table: &Table,
    ) -> Result<()> {
        let why = Self::why(operation);
        let hazards = self.hazards(at, operation);
        if let Some(statement) = self.schema_for(&table.name) {
            self.put(at, 0, statement);
        }
        operation.apply(&mut self.now.schema)?;
        self.settle(&table.name);
        let table = inherit::as_written(self.table(&table.name)?, &self.now.schema);
        self.refuse_virtual(table.columns.iter())?;
        let mut statements = whole_table(&table, &why, true);
        if let Some(first) = statements.first_mut() {
            first.hazards = hazards;
        }
        self.steps.entry((at, 0)).or_default().extend(statements);
        Ok(())
    }

    pub(super) fn drop_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        table: &TableName,
    ) -> Result<()> {
        self.aside_views_of_table(table);
        let statement = Statement {
            hazards: self.hazards(at, operation),
            note: lost_with(&self.now, table),
            ..Statement::new(
                format!("DROP TABLE {}", qualified(table)),
                Self::why(operation),
            )
        };
        self.put(at, 0, statement);
        operation.apply(&mut self.now.schema)?;
        let full = table.to_string();
        let is_of = |name: &str| is_named(table, name);
        self.now.objects.retain(|o| {
            let goes = matches!(
                o.kind,
                ObjectKind::Table
                    | ObjectKind::Index
                    | ObjectKind::Trigger
                    | ObjectKind::Partition
                    | ObjectKind::Constraint
                    | ObjectKind::Rule
                    | ObjectKind::Policy
                    | ObjectKind::Statistics
                    | ObjectKind::Property
                    | ObjectKind::PartProperty
            );
            !(goes && is_of(&o.table))
        });
        self.now.unmanaged.retain(|note| {
            let part = note.name.strip_prefix(full.as_str());
            !part.is_some_and(|part| part.is_empty() || part.starts_with('.'))
        });
        Ok(())
    }

    /// A new name, a new schema, or both. Constraints, indexes and sequences
    /// keep their names; a primary key that nobody named goes on being called
    /// as nobody would name it, unless something else is called so.
    pub(super) fn rename_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        names: &Pair<TableName>,
    ) -> Result<()> {
        let why = Self::why(operation);
        let hazards = self.hazards(at, operation);
        if let Some(statement) = self.schema_for(&names.to) {
            self.put(at, 0, statement);
        }
        let mut now = names.from.clone();
        let mut statements = Vec::new();
        if self.schema_of(&names.from) != self.schema_of(&names.to) {
            statements.push(format!(
                "ALTER TABLE {} SET SCHEMA {}",
                qualified(&now),
                quote(self.schema_of(&names.to))
            ));
            now.schema.clone_from(&names.to.schema);
        }
        if names.from.name != names.to.name {
            statements.push(format!(
                "ALTER TABLE {} RENAME TO {}",
                qualified(&now),
                quote(names.to.name.as_str())
            ));
        }
        statements.extend(self.key_follows(names));
        for (n, sql) in statements.into_iter().enumerate() {
            let mut statement = Statement::new(sql, &why);
            if n == 0 {
                statement.hazards.clone_from(&hazards);
            }
            self.put(at, 0, statement);
        }
        if let Some(table) = self.now.schema.tables.get_mut(&names.from) {
            for column in &mut table.columns {
                let name = column.name.clone();
                numbering::follow(column, names.as_ref(), Pair::new(&name, &name));
            }
        }
        operation.apply(&mut self.now.schema)?;
        self.settle(&names.to);
        self.aside.rename_table(names);
        let (from, to) = (names.from.to_string(), names.to.to_string());
        for object in &mut self.now.objects {
            if object.table == from {
                object.table.clone_from(&to);
                if object.kind == ObjectKind::PartProperty {
                    let part = TableName {
                        schema: names.to.schema.clone(),
                        name: last_name(&object.name, names.from.schema.as_ref()).into(),
                    };
                    object.name = part.to_string();
                }
            }
        }
        Ok(())
    }

    /// The statement that gives the primary key of a table the name that goes
    /// with the table's new one. Where that is taken, the key keeps its own.
    fn key_follows(&mut self, names: &Pair<TableName>) -> Option<String> {
        let tables = &self.now.schema.tables;
        let key = tables.get(&names.from)?.primary_key.as_ref()?;
        let was = name::primary_key(&names.from.name);
        let usual = name::primary_key(&names.to.name);
        if key.name.is_some() || was == usual {
            return None;
        }
        let is_taken = tables
            .values()
            .filter(|t| self.schema_of(&t.name) == self.schema_of(&names.to))
            .any(|t| {
                let key = t.primary_key.iter().filter_map(|k| k.name.as_ref());
                let uniques = t.uniques.iter().filter_map(|u| u.name.as_ref());
                let indexes = t.indexes.iter().filter_map(|i| i.name.as_ref());
                let relations = key.chain(uniques).chain(indexes).chain([&t.name.name]);
                let constraints = t.checks.iter().filter_map(|c| c.name.as_ref());
                let constraints =
                    constraints.chain(t.foreign_keys.iter().filter_map(|k| k.name.as_ref()));
                relations
                    .chain(constraints.filter(|_| t.name == names.from))
                    .any(|name| *name == usual)
            })
            || self.now.objects.iter().any(|o| usual == *o.name);
        if is_taken {
            let table = self.now.schema.tables.get_mut(&names.from)?;
            table.primary_key.as_mut()?.name = Some(was);
            return None;
        }
        Some(format!(
            "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
            qualified(&names.to),
            quote(was.as_str()),
            quote(usual.as_str())
        ))
    }

    pub(super) fn execute(&mut self, at: usize, operation: &Operation, raw: &RawSql) -> Result<()> {
        if !is_ours(raw) {
            return Ok(());
        }
        let why = Self::why(operation);
        self.note_schema(&raw.sql);
        for sql in lexer::split_statements(&raw.sql)? {
            let statement = Statement {
                note: raw.name.clone(),
                ..Statement::new(sql, &why)
            };
            self.put(at, 0, statement);
        }
        Ok(())
    }
}

/// The statements of a new table and of all that belongs to it.
pub(super) fn whole_table(table: &Table, why: &str, with_foreign_keys: bool) -> Vec<Statement> {
    let name = &table.name;
    let sequences = table.columns.iter();
    let sequences = sequences.filter_map(|c| render::own_sequence(c, name));
    let (mut statements, owned): (Vec<String>, Vec<String>) = sequences.unzip();
    statements.push(render::create_table(table, with_foreign_keys));
    statements.extend(owned);
    let columns = table.columns.iter();
    statements.extend(columns.filter_map(|c| render::serial_or_null(c, name)));
    let later = table.foreign_keys.iter().filter(|k| k.not_valid);
    let later = later
        .filter(|_| with_foreign_keys)
        .map(render::foreign_key)
        .chain(
            table
                .checks
                .iter()
                .filter(|c| c.is_not_valid())
                .map(render::check),
        );
    statements.extend(later.map(|add| format!("ALTER TABLE {} ADD {add}", qualified(name))));
    let mut indexes = table.indexes.clone();
    for index in &mut indexes {
        index.concurrently = false;
    }
    statements.extend(indexes.iter().map(|i| render::create_index(i, name)));
    if let Some(text) = &table.comment {
        statements.push(render::comment(name, None, Some(text)));
    }
    for column in &table.columns {
        if let Some(text) = &column.comment {
            statements.push(render::comment(name, Some(&column.name), Some(text)));
        }
    }
    let statements = statements.into_iter();
    statements.map(|sql| Statement::new(sql, why)).collect()
}

/// The name of a part of a table in that schema, without the schema.
fn last_name<'n>(full: &'n str, schema: Option<&Name>) -> &'n str {
    let bare = schema.and_then(|schema| full.strip_prefix(schema.as_str())?.strip_prefix('.'));
    bare.unwrap_or(full)
}

/// The error about a name that something must have.
pub(super) fn nameless(what: &str) -> Error {
    Error::new(format!("{what} has no name"))
        .with_hint("PostgreSQL finds it by its name: give the one that it has")
}

fn is_named(table: &TableName, name: &str) -> bool {
    name == table.to_string() || (table.schema.is_none() && name == table.name.as_str())
}

/// What goes with a table that no model and no file says, so that nothing brings
/// it back.
fn lost_with(now: &Snapshot, table: &TableName) -> Option<String> {
    let parts = now.objects.iter().filter(|o| is_named(table, &o.table));
    let lost: Vec<String> = parts
        .filter_map(|o| match o.kind {
            ObjectKind::Policy if o.sql.starts_with("ALTER ") => Some("row level security".into()),
            ObjectKind::Trigger
            | ObjectKind::Rule
            | ObjectKind::Policy
            | ObjectKind::Statistics => Some(format!("{} `{}`", kind_word(o), o.name)),
            _ => None,
        })
        .collect();
    let which = lost.join(", ");
    (!lost.is_empty()).then(|| format!("{which} of `{table}` does not come back with it"))
}
