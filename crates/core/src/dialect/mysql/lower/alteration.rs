//! The clauses between two forms of a table.
//!
//! Owns what is one ALTER TABLE and what has to be two. It compares what is
//! there with what shall be, so that changes which take each other back cost
//! nothing, and whatever MODIFY would forget is said again.

use super::Lowering;
use super::fill::Fills;
use super::keys::{self, Key};
use super::replace::{Replacement, replaced};
use super::tables::unnamed;
use crate::change::Pair;
use crate::dialect::mysql::canonical::{implied_indexes, is_of_column, is_of_period};
use crate::dialect::mysql::name::{quote, string};
use crate::dialect::mysql::render::{self, is_text, type_of};
use crate::error::Result;
use crate::operation::identifiers::mentions;
use crate::operation::part::Part;
use crate::plan::Statement;
use crate::schema::{Check, Column, ForeignKey, Name, PrimaryKey, Table};

/// The clauses of up to three ALTER TABLE.
#[derive(Debug, Default)]
pub(super) struct Alteration {
    /// Statements before, which keep values.
    pub(super) aside: Vec<Statement>,
    /// What has to be gone before the rest.
    pub(super) first: Vec<String>,
    /// Everything else.
    pub(super) main: Vec<String>,
    /// Foreign keys that refer to a key of the table itself which `main` makes,
    /// or to columns whose type it changes.
    pub(super) last: Vec<String>,
}

/// The clauses of foreign keys.
#[derive(Default)]
struct ForeignKeys {
    /// The names of those that come.
    comes: Vec<Name>,
    /// The names of those that bring an index where they need one: another key
    /// may lean on it at once, so those that come last do not.
    bring: Vec<Name>,
    /// Drops of those in whose place one of the same name comes, or whose key in
    /// the same table goes, which takes a statement of its own.
    first: Vec<String>,
    drops: Vec<String>,
    adds: Vec<String>,
    /// Those that refer to what is only made in the table itself.
    last: Vec<String>,
}

impl Lowering<'_> {
    /// The columns whose type changes, which foreign keys do not allow.
    pub(super) fn retyped(&self, from: &Table, to: &Table) -> Vec<Name> {
        let mut names = replaced(from, to);
        for column in &to.columns {
            let Some(old) = from.column(column.name.as_str()) else {
                continue;
            };
            let new = self.following(from, to, column);
            let spelling = |c: &Column| type_of(&c.ty);
            let text = is_text(&spelling(&new));
            let collations =
                super::detach::collation(from, old) != super::detach::collation(to, &new);
            // MySQL counts numbering as a part of the type.
            let numbered = !self.on.is_mariadb() && old.autoincrement != new.autoincrement;
            if spelling(old) != spelling(&new) || (text && collations) || numbered {
                names.push(column.name.clone());
            }
        }
        names
    }

    /// The clauses from one form to the other.
    pub(super) fn between(&self, from: &Table, to: &Table, fills: &Fills) -> Result<Alteration> {
        let again = replaced(from, to);
        let mut out = Alteration::default();
        let replacement = self.replacement(from, to, &again, fills);
        let foreign = self.foreign_keys(from, to, &again)?;
        let comes: Vec<&Name> = foreign.comes.iter().collect();
        // The server would put an index with the name of the new key in its place.
        let new_over = |key: &Key, foreign: &ForeignKey| {
            let name = foreign.name.as_ref();
            key.is_over(&foreign.columns)
                && name.is_some_and(|name| *name != key.name && comes.contains(&name))
        };
        let implied = implied_indexes(self.on, to);
        let touched = |key: &Key| {
            // The server would take the column out of the index, and leave that.
            let index = to
                .indexes
                .iter()
                .chain(&implied)
                .find(|i| i.name.as_ref() == Some(&key.name));
            let unique = to
                .uniques
                .iter()
                .find(|u| u.name.as_ref() == Some(&key.name));
            let retyped = again.iter().any(|c| {
                index.is_some_and(|i| i.uses(c, to)) || unique.is_some_and(|u| u.uses(c, to))
            });
            retyped || (key.is_implied() && to.foreign_keys.iter().any(|f| new_over(key, f)))
        };
        let lists = Pair::new(keys::of_table(self.on, from)?, keys::of_table(self.on, to)?);
        let indexes = keys::clauses(lists, &touched, &foreign.bring);
        let checks = self.checks(from, to, &again)?;
        out.first = foreign.first;
        out.main = foreign.drops;
        out.main.extend(checks.from);
        out.main.extend(indexes.from);
        let key = |t: &Table| t.primary_key.as_ref().map(nameless);
        let replaced = |k: &PrimaryKey| k.columns.iter().any(|c| again.contains(c));
        let primary = key(from) != key(to) || to.primary_key.as_ref().is_some_and(replaced);
        if primary && from.primary_key.is_some() {
            out.main.push("DROP PRIMARY KEY".to_owned());
        }
        self.columns(from, to, &again, replacement, &mut out);
        if primary && let Some(key) = &to.primary_key {
            out.main.push(format!("ADD {}", render::primary_key(key)));
        }
        out.main.extend(indexes.to);
        out.main.extend(foreign.adds);
        out.last = foreign.last;
        out.main.extend(checks.to);
        self.options(from, to, &mut out.main);
        Ok(out)
    }

    /// The clauses that drop foreign keys and those that add them.
    fn foreign_keys(&self, from: &Table, to: &Table, again: &[Name]) -> Result<ForeignKeys> {
        let away = |key: &ForeignKey, table: &Table| {
            let name = key.name.as_ref();
            name.is_some_and(|name| self.is_detached(&table.name, name))
        };
        let same = |a: &ForeignKey, b: &ForeignKey| {
            render::foreign_key(a) == render::foreign_key(b)
                && !a.columns.iter().any(|c| again.contains(c))
        };
        let mut out = ForeignKeys::default();
        let retyped = self.retyped(from, to);
        // The server looks at the table as it was.
        let waits = |key: &ForeignKey| {
            key.references == to.name
                && (!has_key(from, &key.referenced_columns)
                    || key.referenced_columns.iter().any(|c| retyped.contains(c)))
        };
        for key in to.foreign_keys.iter().filter(|k| !away(k, to)) {
            if !from.foreign_keys.iter().any(|old| same(old, key)) {
                out.comes.extend(key.name.clone());
                let add = format!("ADD {}", render::foreign_key(key));
                if waits(key) {
                    out.last.push(add);
                } else {
                    out.bring.extend(key.name.clone());
                    out.adds.push(add);
                }
            }
        }
        for key in from.foreign_keys.iter().filter(|k| !away(k, from)) {
            if to.foreign_keys.iter().any(|new| same(key, new)) {
                continue;
            }
            let name = keys::named(key, &from.name)?;
            let drop = format!("DROP FOREIGN KEY {}", quote(name.as_str()));
            let own_key_goes = key.references == from.name && !has_key(to, &key.referenced_columns);
            if out.comes.contains(&name) || own_key_goes {
                out.first.push(drop);
            } else {
                out.drops.push(drop);
            }
        }
        Ok(out)
    }

    /// The clauses that drop checks and those that add them.
    fn checks(&self, from: &Table, to: &Table, again: &[Name]) -> Result<Pair<Vec<String>>> {
        let same = |a: &Check, b: &Check| {
            render::check(a) == render::check(b)
                && !again.iter().any(|c| mentions(&a.expression, c, from))
        };
        let word = if self.on.is_mariadb() {
            "CONSTRAINT"
        } else {
            "CHECK"
        };
        let mut clauses = Pair::new(Vec::new(), Vec::new());
        for check in from.checks.iter().filter(|c| !is_of_column(c)) {
            if !to.checks.iter().any(|new| same(check, new)) {
                let Some(name) = &check.name else {
                    return Err(unnamed("check", &from.name));
                };
                let word = if is_of_period(check) {
                    "PERIOD FOR"
                } else {
                    word
                };
                clauses
                    .from
                    .push(format!("DROP {word} {}", quote(name.as_str())));
            }
        }
        for check in to.checks.iter().filter(|c| !is_of_column(c)) {
            if !from.checks.iter().any(|old| same(old, check)) {
                clauses.to.push(format!("ADD {}", render::check(check)));
            }
        }
        Ok(clauses)
    }

    fn columns(
        &self,
        from: &Table,
        to: &Table,
        again: &[Name],
        replacement: Replacement,
        out: &mut Alteration,
    ) {
        out.aside = replacement.aside;
        out.main.extend(replacement.drops);
        for column in &from.columns {
            if to.column(column.name.as_str()).is_none() {
                let name = quote(column.name.as_str());
                out.main.push(format!("DROP COLUMN {name}"));
            }
        }
        for column in &to.columns {
            let Some(old) = from.column(column.name.as_str()) else {
                let column = render::column(self.on, column, Some(to));
                out.main.push(format!("ADD COLUMN {column}"));
                continue;
            };
            let new = self.following(from, to, column);
            let old = render::column(self.on, old, Some(from));
            let new = render::column(self.on, &new, Some(to));
            if !again.contains(&column.name) && old != new {
                out.main.push(format!("MODIFY COLUMN {new}"));
            }
        }
        out.main.extend(replacement.adds);
    }

    /// A column that has the collation of its table follows where that changes,
    /// and has to be told.
    fn following(&self, from: &Table, to: &Table, column: &Column) -> Column {
        let mut column = column.clone();
        let moved = self.collation(from) != self.collation(to);
        let bound = column.collation.is_some() || render::extra_has(&column, &["character", "set"]);
        if !moved || bound || !is_text(&type_of(&column.ty)) {
            return column;
        }
        column.collation = self.collation(to);
        column
    }

    /// The collation of a table, its own or its database's, if it is known.
    fn collation(&self, table: &Table) -> Option<String> {
        let usual = Some(&self.before.server.collation).filter(|c| !c.is_empty());
        table.options.collation.as_ref().or(usual).cloned()
    }

    fn options(&self, from: &Table, to: &Table, clauses: &mut Vec<String>) {
        if from.options.engine != to.options.engine {
            let engine = to.options.engine.as_deref().unwrap_or("InnoDB");
            clauses.push(format!("ENGINE={engine}"));
        }
        let collation = self.collation(to);
        if let Some(collation) = &collation
            && self.collation(from).as_ref() != Some(collation)
        {
            clauses.push(format!("DEFAULT COLLATE {collation}"));
        }
        if from.comment != to.comment {
            let comment = to.comment.as_deref().unwrap_or_default();
            clauses.push(format!("COMMENT={}", string(comment)));
        }
    }
}

/// Whether a table has a key over these columns.
fn has_key(table: &Table, columns: &[Name]) -> bool {
    let primary = table.primary_key.iter().map(|key| &key.columns);
    let uniques = table.uniques.iter().map(|unique| &unique.columns);
    primary.chain(uniques).any(|key| key.starts_with(columns))
}

/// A primary key has no name here.
fn nameless(key: &PrimaryKey) -> PrimaryKey {
    PrimaryKey {
        name: None,
        ..key.clone()
    }
}
