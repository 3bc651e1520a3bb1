//! Changes to the columns of a stored text.

use super::super::{column_name, lexer, render};
use super::TableDdl;
use super::parts::{Clause, ColumnItem, Kind};
use crate::change::Pair;
use crate::dialect::types;
use crate::error::{Error, Result};
use crate::schema::{Column, Generated};

impl TableDdl {
    pub(super) fn item(&self, name: &str) -> Result<&ColumnItem> {
        self.find_column(name)
            .ok_or_else(|| Error::new(format!("table `{}` has no column `{name}`", self.name())))
    }

    pub(super) fn add_column(&mut self, column: &Column) -> Result<()> {
        if self.find_column(column.name.as_str()).is_some() {
            return Err(Error::new(format!(
                "table `{}` has a column `{}` already",
                self.name(),
                column.name
            )));
        }
        let last = self
            .parts
            .columns
            .last()
            .ok_or_else(|| Error::new(format!("table `{}` has no columns", self.name())))?;
        let edits = self.insert_item(&last.range, &render::column_definition(column, false));
        if column.autoincrement {
            self.pending.autoincrement.push(column.name.clone());
        }
        self.splice(edits)
    }

    /// Whether a check beside that column is about others alone. It stays when
    /// the column goes, which SQLite's own `DROP COLUMN` does not know.
    pub fn checks_others(&self, column: &str) -> bool {
        self.find_column(column)
            .is_some_and(|item| !self.checks_of_others(item).is_empty())
    }

    fn checks_of_others(&self, item: &ColumnItem) -> Vec<String> {
        item.clauses
            .iter()
            .filter(|c| matches!(c.kind, Kind::Check(_)) && !self.speaks_of(c, item.name.as_str()))
            .map(|c| self.text(&c.range).to_owned())
            .collect()
    }

    /// Takes a column out with its own clauses; a check about others becomes
    /// one of the table. What else speaks of the column must have gone before.
    pub(super) fn drop_column(&mut self, name: &str) -> Result<()> {
        let item = self.item(name)?;
        for (beside, clause) in self.clauses() {
            if beside.is_some_and(|c| c.name == item.name) || !self.speaks_of(clause, name) {
                continue;
            }
            let what = match &clause.name {
                Some(name) => format!("constraint `{name}`"),
                None => format!("`{}`", self.text(&clause.range)),
            };
            return Err(Error::new(format!(
                "column `{}.{name}` is still used by {what}",
                self.name()
            ))
            .with_hint("drop or change that first"));
        }
        let staying = self.checks_of_others(item);
        let edits = self.cut_item(&item.range);
        self.splice(edits)?;
        staying
            .iter()
            .try_for_each(|text| self.add_constraint(text))
    }

    /// Whether a clause uses a column by name.
    fn speaks_of(&self, clause: &Clause, column: &str) -> bool {
        !self.column_tokens_of(clause, column).is_empty()
    }

    /// The tokens of a clause that name that column of this table.
    fn column_tokens_of(&self, clause: &Clause, column: &str) -> Vec<lexer::Token> {
        let named =
            |t: &&lexer::Token| lexer::unquote(t.text(&self.sql)).eq_ignore_ascii_case(column);
        match &clause.kind {
            Kind::PrimaryKey { keys, .. } | Kind::Unique(keys) => keys
                .iter()
                .flat_map(|list| list.parts.iter().map(|p| &p.token))
                .filter(named)
                .cloned()
                .collect(),
            Kind::Check(range)
            | Kind::Generated {
                expression: range, ..
            } => {
                let inside: Vec<lexer::Token> = self
                    .parts
                    .tokens
                    .iter()
                    .filter(|t| t.range.start >= range.start && t.range.end <= range.end)
                    .cloned()
                    .collect();
                column_name::column_tokens(&self.sql, &inside)
                    .into_iter()
                    .map(|n| &inside[n])
                    .filter(named)
                    .cloned()
                    .collect()
            }
            Kind::ForeignKey(key) => {
                let own = self.name();
                let itself =
                    lexer::unquote(key.table.text(&self.sql)).eq_ignore_ascii_case(own.as_str());
                let there = key.referenced.iter().filter(|_| itself);
                key.columns
                    .iter()
                    .chain(there)
                    .filter(named)
                    .cloned()
                    .collect()
            }
            Kind::NotNull | Kind::Null | Kind::Default(_) | Kind::Collate(_) => Vec::new(),
        }
    }

    /// Renames a column wherever the table itself speaks of it.
    pub(super) fn rename_column(&mut self, from: &str, to: &str) -> Result<()> {
        let mut tokens = vec![self.item(from)?.token.clone()];
        for (_, clause) in self.clauses() {
            tokens.extend(self.column_tokens_of(clause, from));
        }
        for pending in [&mut self.pending.autoincrement, &mut self.pending.nullable] {
            for name in pending.iter_mut().filter(|n| n.as_str() == from) {
                *name = to.into();
            }
        }
        self.rename_tokens(&tokens, to)
    }

    /// Edits what differs, and nothing else of the column.
    pub(super) fn alter_column(&mut self, pair: Pair<&Column>) -> Result<()> {
        let Pair { from, to } = pair;
        self.item(from.name.as_str())?;
        if from.name != to.name {
            self.rename_column(from.name.as_str(), to.name.as_str())?;
        }
        let name = to.name.as_str();
        if from.ty != to.ty {
            self.set_type(name, &types::sqlite_write(&to.ty))?;
        }
        if from.nullable != to.nullable {
            self.set_nullable(name, to.nullable)?;
        }
        if from.default != to.default {
            let value = to.default.as_ref().map(render::default_value);
            self.set_default(name, value.as_deref())?;
        }
        if from.collation != to.collation {
            self.set_collation(name, to.collation.as_deref())?;
        }
        if from.generated != to.generated {
            self.set_generated(name, to.generated.as_ref())?;
        }
        if from.autoincrement != to.autoincrement {
            self.set_autoincrement(name, to.autoincrement)?;
        }
        Ok(())
    }

    fn set_type(&mut self, name: &str, spelling: &str) -> Result<()> {
        let item = self.item(name)?;
        match item.ty.clone() {
            Some(range) if spelling.is_empty() => {
                let edit = self.cut(&range);
                self.splice(vec![edit])
            }
            Some(range) => self.splice(vec![(range, spelling.to_owned())]),
            None if spelling.is_empty() => Ok(()),
            None => {
                let at = item.token.range.end;
                self.insert_at(at, spelling)
            }
        }
    }

    /// Where a clause goes that a column does not have yet: behind its type
    /// and its `NOT NULL`.
    pub(super) fn behind_type(item: &ColumnItem) -> usize {
        let ty = item.ty.as_ref().map_or(item.token.range.end, |r| r.end);
        item.clauses
            .iter()
            .filter(|c| matches!(c.kind, Kind::NotNull))
            .map(|c| c.range.end)
            .fold(ty, usize::max)
    }

    /// Takes out every clause of a column that `unwanted` picks.
    fn cut_clauses(&mut self, name: &str, unwanted: impl Fn(&Kind) -> bool) -> Result<()> {
        let item = self.item(name)?;
        let edits = item
            .clauses
            .iter()
            .filter(|c| unwanted(&c.kind))
            .map(|c| self.cut(&c.range))
            .collect();
        self.splice(edits)
    }

    pub(super) fn set_nullable(&mut self, name: &str, nullable: bool) -> Result<()> {
        self.pending.nullable.retain(|n| n != name);
        if nullable {
            self.pending.nullable.push(name.into());
            return self.cut_clauses(name, |kind| matches!(kind, Kind::NotNull));
        }
        self.cut_clauses(name, |kind| matches!(kind, Kind::Null))?;
        let item = self.item(name)?;
        if item.clauses.iter().any(|c| c.kind == Kind::NotNull) {
            return Ok(());
        }
        let at = Self::behind_type(item);
        self.insert_at(at, "NOT NULL")
    }

    fn set_default(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        let Some(value) = value else {
            return self.cut_clauses(name, |kind| matches!(kind, Kind::Default(_)));
        };
        let item = self.item(name)?;
        let existing = item.clauses.iter().rev().find_map(|c| match &c.kind {
            Kind::Default(range) => Some(range.clone()),
            _ => None,
        });
        match existing {
            Some(range) => self.splice(vec![(range, value.to_owned())]),
            None => {
                let at = Self::behind_type(item);
                self.insert_at(at, &format!("DEFAULT {value}"))
            }
        }
    }

    fn set_collation(&mut self, name: &str, collation: Option<&str>) -> Result<()> {
        let Some(collation) = collation.map(render::collation) else {
            return self.cut_clauses(name, |kind| matches!(kind, Kind::Collate(_)));
        };
        let item = self.item(name)?;
        let existing = item.clauses.iter().rev().find_map(|c| match &c.kind {
            Kind::Collate(range) => Some(range.clone()),
            _ => None,
        });
        match existing {
            Some(range) => self.splice(vec![(range, collation)]),
            None => {
                let at = Self::behind_type(item);
                self.insert_at(at, &format!("COLLATE {collation}"))
            }
        }
    }

    fn set_generated(&mut self, name: &str, generated: Option<&Generated>) -> Result<()> {
        let Some(generated) = generated else {
            return self.cut_clauses(name, |kind| matches!(kind, Kind::Generated { .. }));
        };
        let item = self.item(name)?;
        let existing = item
            .clauses
            .iter()
            .find(|c| matches!(c.kind, Kind::Generated { .. }))
            .map(|c| c.start..c.range.end);
        let text = render::generated_clause(generated);
        match existing {
            Some(range) => self.splice(vec![(range, text)]),
            None => {
                let at = item.range.end;
                self.insert_at(at, &text)
            }
        }
    }

    /// `AUTOINCREMENT` belongs to the key; if the column is not the key yet,
    /// the key gets it when it comes.
    fn set_autoincrement(&mut self, name: &str, wanted: bool) -> Result<()> {
        self.pending.autoincrement.retain(|n| n != name);
        let key = self.clauses().find_map(|(beside, clause)| {
            let Kind::PrimaryKey {
                keys,
                autoincrement,
                ..
            } = &clause.kind
            else {
                return None;
            };
            let columns = self.key_columns(beside, clause);
            (columns.len() == 1 && columns[0] == name).then(|| {
                let end = keys.as_ref().map_or(clause.range.end, |k| k.range.end);
                (end, autoincrement.clone())
            })
        });
        match key {
            None if wanted => {
                self.pending.autoincrement.push(name.into());
                Ok(())
            }
            Some((end, None)) if wanted => self.insert_at(end, "AUTOINCREMENT"),
            Some((_, Some(range))) if !wanted => {
                let edit = self.cut(&range);
                self.splice(vec![edit])
            }
            _ => Ok(()),
        }
    }
}
