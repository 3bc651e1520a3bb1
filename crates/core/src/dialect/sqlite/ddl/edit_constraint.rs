//! Changes to the constraints and options of a stored text.
//!
//! A constraint is found by its name or, if it has none, by what it says,
//! whether it stands beside a column or on its own.

use super::super::render;
use super::TableDdl;
use super::constraint::{Constraint, same_name};
use super::parts::{Clause, ColumnItem, Kind, Reference};
use super::splice::Edit;
use crate::change::{Change, Pair};
use crate::error::{Error, Result};
use crate::schema::{Name, TableOptions};

impl TableDdl {
    /// The clause that is that constraint: the one of its name, or else one
    /// that says the same, best a nameless one in the same words. SQLite lets
    /// two constraints have one name.
    fn find_constraint<C: Constraint>(&self, wanted: &C) -> Result<(Option<&ColumnItem>, &Clause)> {
        let read = || {
            self.clauses()
                .filter_map(|(column, c)| Some(((column, c), C::read(self, column, c)?)))
        };
        let by_name = read()
            .filter(|(_, found)| wanted.name().is_some() && same_name(found.name(), wanted.name()))
            .min_by_key(|(_, found)| !wanted.means(found))
            .map(|(place, _)| place);
        let by_content = || {
            read()
                .filter(|(_, found)| wanted.means(found))
                .min_by_key(|(_, found)| (found.name().is_some(), wanted.differs(found)))
                .map(|(place, _)| place)
        };
        by_name.or_else(by_content).ok_or_else(|| {
            Error::new(format!(
                "table `{}` has no {} `{}`",
                self.name(),
                C::NOUN,
                wanted
                    .name()
                    .map_or_else(|| wanted.written(), ToString::to_string)
            ))
        })
    }

    /// Takes out what a constraint hid. Without it, that would have an effect
    /// which nobody asked for.
    fn cut_hidden<C: Constraint>(&mut self, gone: &C) -> Result<()> {
        loop {
            let hidden = self.clauses().find(|(column, c)| {
                C::read(self, *column, c).is_some_and(|other| gone.hides(&other))
            });
            // One after the other: neighbours share a comma.
            let Some((column, clause)) = hidden else {
                return Ok(());
            };
            let edits = self.cut_constraint(column, clause);
            self.splice(edits)?;
        }
    }

    pub(super) fn change_constraint<C: Constraint>(&mut self, change: &Change<C>) -> Result<()> {
        match change {
            Change::Add(constraint) => self.add_constraint(&constraint.written()),
            Change::Drop(constraint) => {
                let (column, clause) = self.find_constraint(constraint)?;
                let gone = C::read(self, column, clause);
                let edits = self.cut_constraint(column, clause);
                self.splice(edits)?;
                gone.map_or(Ok(()), |gone| self.cut_hidden(&gone))
            }
            Change::Alter(pair) => self.alter_constraint(pair),
            Change::Rename(names) => self.rename_constraint(names, C::NOUN, C::is_kind),
        }
    }

    fn alter_constraint<C: Constraint>(&mut self, pair: &Pair<C>) -> Result<()> {
        let (column, clause) = self.find_constraint(&pair.from)?;
        let gone = C::read(self, column, clause).filter(|found| !pair.to.means(found));
        let mut edits = Vec::new();
        if !same_name(clause.name.as_ref(), pair.to.name()) {
            edits.push(name_edit(clause, pair.to.name()));
        }
        if pair.to.differs(&pair.from) {
            match pair.to.replaced(column, clause) {
                Some(more) => edits.extend(more.into_iter().map(|e| self.keep_match(clause, e))),
                None => {
                    let text = self.with_conflict(pair.to.written(), clause);
                    let cut = self.cut_constraint(column, clause);
                    self.splice(cut)?;
                    gone.map_or(Ok(()), |gone| self.cut_hidden(&gone))?;
                    return self.add_constraint(&text);
                }
            }
        }
        self.splice(edits)?;
        gone.map_or(Ok(()), |gone| self.cut_hidden(&gone))
    }

    /// `MATCH` has no effect in SQLite and no place in a model; where a foreign
    /// key is written anew it keeps it.
    fn keep_match(&self, clause: &Clause, (range, mut text): Edit) -> Edit {
        if let Kind::ForeignKey(Reference {
            matching: Some(matching),
            ..
        }) = &clause.kind
        {
            let at = text.rfind(" DEFERRABLE").unwrap_or(text.len());
            text.insert_str(at, &format!(" {}", self.text(matching)));
        }
        (range, text)
    }

    pub(super) fn with_conflict(&self, text: String, clause: &Clause) -> String {
        match &clause.conflict {
            Some(range) => format!("{text} {}", self.text(range)),
            None => text,
        }
    }

    pub(super) fn cut_constraint(&self, column: Option<&ColumnItem>, clause: &Clause) -> Vec<Edit> {
        match column {
            Some(_) => vec![self.cut(&clause.range)],
            None => self.cut_item(&clause.range),
        }
    }

    pub(super) fn add_constraint(&mut self, text: &str) -> Result<()> {
        let constraints = self.parts.constraints.iter().map(|c| &c.range);
        let last = self
            .parts
            .columns
            .iter()
            .map(|c| &c.range)
            .chain(constraints)
            .next_back()
            .ok_or_else(|| Error::new(format!("table `{}` has no columns", self.name())))?;
        let edits = self.insert_item(last, text);
        self.splice(edits)
    }

    pub(super) fn rename_constraint(
        &mut self,
        names: &Pair<Name>,
        noun: &str,
        is_kind: fn(&Kind) -> bool,
    ) -> Result<()> {
        let found = self
            .clauses()
            .find(|(_, c)| is_kind(&c.kind) && same_name(c.name.as_ref(), Some(&names.from)));
        let Some((_, clause)) = found else {
            return Err(Error::new(format!(
                "table `{}` has no {noun} `{}`",
                self.name(),
                names.from
            )));
        };
        let edit = name_edit(clause, Some(&names.to));
        self.splice(vec![edit])
    }

    pub(super) fn set_options(&mut self, options: &TableOptions) -> Result<()> {
        let text = render::table_options(options);
        let space = if text.is_empty() { "" } else { " " };
        let range = self.parts.options.clone();
        self.splice(vec![(range, format!("{space}{text}"))])
    }
}

/// The edit that gives a clause that name, or takes its name away.
pub(super) fn name_edit(clause: &Clause, name: Option<&Name>) -> Edit {
    let text = name
        .map(|n| format!("CONSTRAINT {} ", render::quote(n.as_str())))
        .unwrap_or_default();
    (clause.range.start..clause.start, text)
}
