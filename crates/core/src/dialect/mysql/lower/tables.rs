//! Whole tables, renames, and SQL that somebody wrote.

use super::{Lowering, is_ours, mention, supported, why};
use crate::change::Pair;
use crate::dialect::ObjectKind;
use crate::dialect::mysql::canonical::implied_indexes;
use crate::dialect::mysql::name::quote;
use crate::dialect::mysql::{lexer, render};
use crate::error::{Error, Result};
use crate::hazard::{Hazard, hazards_after};
use crate::operation::{Operation, RawSql};
use crate::plan::Statement;
use crate::schema::{Name, Table, TableName};

impl<'a> Lowering<'a> {
    pub(super) fn hazards(&self, at: usize, operation: &Operation) -> Vec<Hazard> {
        let earlier = &self.operations[..at];
        hazards_after(earlier, operation, &self.now.schema).concat()
    }

    /// A new table with everything.
    pub(super) fn create_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        table: &'a Table,
    ) -> Result<()> {
        operation.apply(&mut self.now.schema)?;
        let made = self.canonical(self.table(&table.name)?.clone())?;
        supported::check(self.on, &made)?;
        let sql = render::create_table(self.on, &made, |_| true);
        self.now.schema.insert(made);
        self.push((at, 0), [Statement::new(sql, why(operation))]);
        Ok(())
    }

    pub(super) fn drop_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        table: &TableName,
    ) -> Result<()> {
        self.lost
            .extend(mention::of_table(&self.now, table, "dropped"));
        let statement = Statement {
            hazards: self.hazards(at, operation),
            ..Statement::new(
                format!("DROP TABLE {}", render::table_name(table)),
                why(operation),
            )
        };
        operation.apply(&mut self.now.schema)?;
        self.push((at, 0), [statement]);
        let name = table.name.as_str();
        self.detached.retain(|(owner, _)| owner != table);
        // A routine may have the name of a table.
        self.now.objects.retain(|o| {
            let of_table = match o.kind {
                ObjectKind::Trigger => true,
                ObjectKind::Property => o.name != o.table,
                _ => false,
            };
            o.table != name || !of_table
        });
        self.now.unmanaged.retain(|note| {
            let part = note.name.strip_prefix(name);
            !part.is_some_and(|part| part.is_empty() || part.starts_with('.'))
        });
        Ok(())
    }

    pub(super) fn rename_table(
        &mut self,
        at: usize,
        operation: &'a Operation,
        names: &Pair<TableName>,
    ) -> Result<()> {
        self.lost
            .extend(mention::of_table(&self.now, &names.from, "renamed"));
        let statement = Statement {
            hazards: self.hazards(at, operation),
            ..Statement::new(
                format!(
                    "RENAME TABLE {} TO {}",
                    render::table_name(&names.from),
                    render::table_name(&names.to)
                ),
                why(operation),
            )
        };
        operation.apply(&mut self.now.schema)?;
        self.push((at, 0), [statement]);
        let detached = std::mem::take(&mut self.detached);
        let follow = |(owner, key): (TableName, Name)| {
            let owner = if owner == names.from {
                names.to.clone()
            } else {
                owner
            };
            (owner, key)
        };
        self.detached = detached.into_iter().map(follow).collect();
        for object in &mut self.now.objects {
            if object.kind == ObjectKind::Trigger && object.table == names.from.name.as_str() {
                object.table = names.to.name.to_string();
            }
        }
        self.keep_names(at, names, &why(operation))
    }

    /// The server gives constraints another name that begin with the name of
    /// their table and are numbered as it does; here they keep their names.
    fn keep_names(&mut self, at: usize, names: &Pair<TableName>, why: &str) -> Result<()> {
        let table = self.table(&names.to)?.clone();
        let before = Table {
            name: names.from.clone(),
            ..table.clone()
        };
        let moved = |name: Option<&Name>, kind: &str| {
            let number = name?
                .as_str()
                .strip_prefix(names.from.name.as_str())?
                .strip_prefix(kind)?;
            let counts = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
            counts.then(|| quote(&format!("{}{kind}{number}", names.to.name)))
        };
        let mut clauses = Vec::new();
        for key in &table.foreign_keys {
            if let Some(new) = moved(key.name.as_ref(), "_ibfk_") {
                clauses.push(format!("DROP FOREIGN KEY {new}"));
                clauses.push(format!("ADD {}", render::foreign_key(key)));
            }
        }
        let indexes = Pair::new(
            implied_indexes(self.on, &before),
            implied_indexes(self.on, &table),
        );
        for (old, new) in indexes.from.iter().zip(&indexes.to) {
            if let (Some(old), Some(new)) = (&old.name, &new.name)
                && old != new
            {
                let (old, new) = (quote(old.as_str()), quote(new.as_str()));
                clauses.push(format!("RENAME INDEX {old} TO {new}"));
            }
        }
        if !self.on.is_mariadb() {
            for check in &table.checks {
                if let Some(new) = moved(check.name.as_ref(), "_chk_") {
                    clauses.push(format!("DROP CHECK {new}"));
                    clauses.push(format!("ADD {}", render::check(check)));
                }
            }
        }
        if !clauses.is_empty() {
            let sql = alter(&names.to, &clauses);
            self.push((at, 0), [Statement::new(sql, why)]);
        }
        Ok(())
    }

    pub(super) fn execute(&mut self, at: usize, operation: &Operation, raw: &RawSql) -> Result<()> {
        if !is_ours(raw) {
            return Ok(());
        }
        let why = why(operation);
        let statements = lexer::split_statements(&raw.sql)?;
        let statements = statements.into_iter().map(|sql| Statement {
            note: raw.name.clone(),
            ..Statement::new(sql, &why)
        });
        self.push((at, 0), statements);
        Ok(())
    }
}

/// One `ALTER TABLE`.
pub(super) fn alter(table: &TableName, clauses: &[String]) -> String {
    format!(
        "ALTER TABLE {} {}",
        render::table_name(table),
        clauses.join(", ")
    )
}

/// An error about something that has no name to drop it by.
pub(super) fn unnamed(what: &str, table: &TableName) -> Error {
    Error::new(format!("a {what} of `{table}` has no name"))
        .with_hint("the database finds it by its name: give it one")
}
