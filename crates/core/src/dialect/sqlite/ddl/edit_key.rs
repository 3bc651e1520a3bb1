//! Changes to the primary key of a stored text.

use super::super::render;
use super::TableDdl;
use super::constraint::{Constraint, same_name, same_names};
use super::edit_constraint::name_edit;
use super::parts::{Clause, ColumnItem, Kind};
use super::splice::Edit;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::schema::{Name, PrimaryKey, Unique};

impl TableDdl {
    fn find_primary_key(&self) -> Option<(Option<&ColumnItem>, &Clause)> {
        self.clauses().find(|(_, c)| is_primary_key(&c.kind))
    }

    fn primary_key_clause(&self) -> Result<(Option<&ColumnItem>, &Clause)> {
        self.find_primary_key()
            .ok_or_else(|| Error::new(format!("table `{}` has no primary key", self.name())))
    }

    pub(super) fn change_primary_key(&mut self, change: &Change<PrimaryKey>) -> Result<()> {
        match change {
            Change::Add(key) => self.add_primary_key(key, ""),
            Change::Drop(_) => self.drop_primary_key(&[]),
            Change::Rename(names) => self.rename_constraint(names, "primary key", is_primary_key),
            Change::Alter(pair) => self.alter_primary_key(&pair.to),
        }
    }

    fn alter_primary_key(&mut self, to: &PrimaryKey) -> Result<()> {
        let (column, clause) = self.primary_key_clause()?;
        if same_names(&self.key_columns(column, clause), &to.columns) {
            if same_name(clause.name.as_ref(), to.name.as_ref()) {
                return Ok(());
            }
            let edit = name_edit(clause, to.name.as_ref());
            return self.splice(vec![edit]);
        }
        let conflict = self.with_conflict(String::new(), clause);
        self.drop_primary_key(&to.columns)?;
        self.add_primary_key(to, &conflict)
    }

    /// A single `INTEGER` column gets its key beside it, any other key stands
    /// on its own behind the columns.
    fn add_primary_key(&mut self, key: &PrimaryKey, conflict: &str) -> Result<()> {
        if self.find_primary_key().is_some() {
            return Err(Error::new(format!(
                "table `{}` has a primary key already",
                self.name()
            )));
        }
        for name in &key.columns {
            self.item(name.as_str())?;
            self.pending.nullable.retain(|n| n != name);
        }
        if let [name] = key.columns.as_slice() {
            let counts = self.pending.autoincrement.contains(name);
            let item = self.item(name.as_str())?;
            if counts || self.type_text(item).eq_ignore_ascii_case("integer") {
                let at = Self::behind_type(item);
                let clause = render::inline_key(key.name.as_ref(), false);
                let last = if counts { " AUTOINCREMENT" } else { "" };
                self.pending.autoincrement.retain(|n| n != name);
                return self.insert_at(at, &format!("{clause}{conflict}{last}"));
            }
        }
        let text = format!("{}{conflict}", render::primary_key(key));
        let last = self.parts.columns.last().map(|c| c.range.clone());
        match last {
            Some(range) => {
                let edits = self.insert_item(&range, &text);
                self.splice(edits)
            }
            None => Err(Error::new(format!(
                "table `{}` has no columns",
                self.name()
            ))),
        }
    }

    /// Takes the key out. Its columns took no NULLs as a key (or count as if
    /// they had taken none); those that do not stay in it are told so now.
    fn drop_primary_key(&mut self, staying: &[Name]) -> Result<()> {
        let (column, clause) = self.primary_key_clause()?;
        let columns = self.key_columns(column, clause);
        let counts = matches!(
            &clause.kind,
            Kind::PrimaryKey {
                autoincrement: Some(_),
                ..
            }
        );
        let mut edits = self.cut_constraint(column, clause);
        edits.extend(self.spelled_references(&columns));
        self.splice(edits)?;
        self.cut_idle_uniques(&columns)?;
        for name in columns {
            if !staying.contains(&name) && !self.pending.nullable.contains(&name) {
                self.set_nullable(name.as_str(), false)?;
            }
            if counts {
                self.pending.autoincrement.push(name);
            }
        }
        Ok(())
    }

    /// References of the table to itself that left out the columns of its key
    /// say them, now that the key goes.
    fn spelled_references(&self, key: &[Name]) -> Vec<Edit> {
        let own = self.name();
        self.references_to(own.as_str())
            .filter(|reference| {
                let here = reference.columns.len().max(1);
                reference.referenced.is_empty() && here == key.len()
            })
            .map(|reference| {
                let at = reference.table.range.end;
                (at..at, format!(" {}", render::name_list(key)))
            })
            .collect()
    }

    /// Takes out unique constraints over the columns of a key that goes: beside
    /// it they had no effect and are not in the schema.
    fn cut_idle_uniques(&mut self, columns: &[Name]) -> Result<()> {
        loop {
            let idle = self.clauses().find(|(column, c)| {
                Unique::is_kind(&c.kind) && same_names(columns, &self.key_columns(*column, c))
            });
            let Some((column, clause)) = idle else {
                return Ok(());
            };
            let edits = self.cut_constraint(column, clause);
            self.splice(edits)?;
        }
    }
}

fn is_primary_key(kind: &Kind) -> bool {
    matches!(kind, Kind::PrimaryKey { .. })
}
