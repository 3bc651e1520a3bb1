//! Changes to the keys, constraints and options of a stored text.
//!
//! A constraint is found by its name or, if it has none, by what it says,
//! whether it stands beside a column or on its own.

use std::ops::Range;

use super::super::{expression, lexer, render};
use super::TableDdl;
use super::parse::{Clause, ColumnItem, Kind, Reference};
use super::splice::Edit;
use crate::change::{Change, Pair};
use crate::error::{Error, Result};
use crate::schema::{Check, Deferrable, ForeignKey, Name, PrimaryKey, TableOptions, Unique};

/// A constraint as it is looked for in a text.
pub(super) trait Constraint: Clone {
    /// What it is called in messages.
    const NOUN: &'static str;

    /// Its name.
    fn name(&self) -> Option<&Name>;

    /// Whether a clause is of this kind.
    fn is_kind(kind: &Kind) -> bool;

    /// Whether a clause says the same, names aside.
    fn is_said_by(&self, ddl: &TableDdl, column: Option<&ColumnItem>, clause: &Clause) -> bool;

    /// Whether it says something else than another, names aside.
    fn differs(&self, other: &Self) -> bool;

    /// Its text as a constraint of the table.
    fn written(&self) -> String;

    /// The edits that make a clause say this, its name aside, where that can
    /// be done in its place.
    fn replaced(&self, column: Option<&ColumnItem>, clause: &Clause) -> Option<Vec<Edit>>;
}

fn same_names(a: &[Name], b: &[Name]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| a.as_str().eq_ignore_ascii_case(b.as_str()))
}

fn same_name(a: Option<&Name>, b: Option<&Name>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.as_str().eq_ignore_ascii_case(b.as_str()),
        (None, None) => true,
        _ => false,
    }
}

/// The inside of a list of names.
fn inner_list(names: &[Name]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| render::quote(n.as_str())).collect();
    quoted.join(", ")
}

impl Constraint for Unique {
    const NOUN: &'static str = "unique constraint";

    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    fn is_kind(kind: &Kind) -> bool {
        matches!(kind, Kind::Unique(_))
    }

    fn is_said_by(&self, ddl: &TableDdl, column: Option<&ColumnItem>, clause: &Clause) -> bool {
        Self::is_kind(&clause.kind) && same_names(&self.columns, &ddl.key_columns(column, clause))
    }

    fn differs(&self, other: &Self) -> bool {
        !same_names(&self.columns, &other.columns)
    }

    fn written(&self) -> String {
        render::unique(self)
    }

    fn replaced(&self, _column: Option<&ColumnItem>, clause: &Clause) -> Option<Vec<Edit>> {
        match &clause.kind {
            Kind::Unique(Some(list)) => Some(vec![(list.range.clone(), inner_list(&self.columns))]),
            _ => None,
        }
    }
}

impl Constraint for Check {
    const NOUN: &'static str = "check constraint";

    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    fn is_kind(kind: &Kind) -> bool {
        matches!(kind, Kind::Check(_))
    }

    fn is_said_by(&self, ddl: &TableDdl, _column: Option<&ColumnItem>, clause: &Clause) -> bool {
        match &clause.kind {
            Kind::Check(range) => expression::same(self.expression.as_str(), ddl.text(range)),
            _ => false,
        }
    }

    fn differs(&self, other: &Self) -> bool {
        self.expression != other.expression
    }

    fn written(&self) -> String {
        render::check(self)
    }

    fn replaced(&self, _column: Option<&ColumnItem>, clause: &Clause) -> Option<Vec<Edit>> {
        match &clause.kind {
            Kind::Check(range) => Some(vec![(
                range.start - 1..range.end + 1,
                render::parenthesised(&self.expression),
            )]),
            _ => None,
        }
    }
}

impl Constraint for ForeignKey {
    const NOUN: &'static str = "foreign key";

    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    fn is_kind(kind: &Kind) -> bool {
        matches!(kind, Kind::ForeignKey(_))
    }

    /// References without columns mean a key that only the schema knows: they
    /// are taken for any.
    fn is_said_by(&self, ddl: &TableDdl, column: Option<&ColumnItem>, clause: &Clause) -> bool {
        let Kind::ForeignKey(reference) = &clause.kind else {
            return false;
        };
        let found = ddl.foreign_key(column, clause, reference);
        let table = |key: &Self| key.references.name.as_str().to_ascii_lowercase();
        // Without INITIALLY DEFERRED the word DEFERRABLE changes nothing.
        let deferred = |key: &Self| key.deferrable == Deferrable::InitiallyDeferred;
        same_names(&self.columns, &found.columns)
            && table(self) == table(&found)
            && (found.referenced_columns.is_empty()
                || self.referenced_columns.is_empty()
                || same_names(&self.referenced_columns, &found.referenced_columns))
            && (self.on_delete, self.on_update) == (found.on_delete, found.on_update)
            && deferred(self) == deferred(&found)
    }

    fn differs(&self, other: &Self) -> bool {
        let nameless = |key: &Self| Self {
            name: None,
            ..key.clone()
        };
        nameless(self) != nameless(other)
    }

    fn written(&self) -> String {
        render::foreign_key(self)
    }

    fn replaced(&self, column: Option<&ColumnItem>, clause: &Clause) -> Option<Vec<Edit>> {
        let beside = column.is_some_and(|c| same_names(&self.columns, &[c.name.clone()]));
        let text = match column {
            Some(_) if beside => render::references_clause(self),
            Some(_) => return None,
            None => render::foreign_key(&Self {
                name: None,
                ..self.clone()
            }),
        };
        Some(vec![(clause.start..clause.range.end, text)])
    }
}

impl TableDdl {
    /// The clause that is that constraint: the one of its name, or else one
    /// that says the same, best a nameless one.
    fn find_constraint<C: Constraint>(&self, wanted: &C) -> Result<(Option<&ColumnItem>, &Clause)> {
        let by_name = self.clauses().find(|(_, c)| {
            wanted.name().is_some()
                && C::is_kind(&c.kind)
                && same_name(c.name.as_ref(), wanted.name())
        });
        let by_content = || {
            self.clauses()
                .filter(|(column, c)| wanted.is_said_by(self, *column, c))
                .min_by_key(|(_, c)| c.name.is_some())
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

    /// Takes out nameless repetitions of a constraint. They had no effect
    /// beside it and are not in the schema; without it they would have one.
    fn cut_twins<C: Constraint>(&mut self, constraint: &C) -> Result<()> {
        loop {
            let twin = self
                .clauses()
                .find(|(column, c)| c.name.is_none() && constraint.is_said_by(self, *column, c));
            // One after the other: neighbours share a comma.
            let Some((column, clause)) = twin else {
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
                let edits = self.cut_constraint(column, clause);
                self.splice(edits)?;
                self.cut_twins(constraint)
            }
            Change::Alter(pair) => self.alter_constraint(pair),
            Change::Rename(names) => self.rename_constraint(names, C::NOUN, C::is_kind),
        }
    }

    fn alter_constraint<C: Constraint>(&mut self, pair: &Pair<C>) -> Result<()> {
        let (column, clause) = self.find_constraint(&pair.from)?;
        let same = pair.to.is_said_by(self, column, clause);
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
                    self.cut_twins(&pair.from)?;
                    return self.add_constraint(&text);
                }
            }
        }
        self.splice(edits)?;
        if same {
            Ok(())
        } else {
            self.cut_twins(&pair.from)
        }
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

    fn with_conflict(&self, text: String, clause: &Clause) -> String {
        match &clause.conflict {
            Some(range) => format!("{text} {}", self.text(range)),
            None => text,
        }
    }

    fn cut_constraint(&self, column: Option<&ColumnItem>, clause: &Clause) -> Vec<Edit> {
        match column {
            Some(_) => vec![self.cut(&clause.range)],
            None => self.cut_item(&clause.range),
        }
    }

    fn add_constraint(&mut self, text: &str) -> Result<()> {
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

    fn rename_constraint(
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
        let edits = self.cut_constraint(column, clause);
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

    pub(super) fn set_options(&mut self, options: &TableOptions) -> Result<()> {
        let text = render::table_options(options);
        let space = if text.is_empty() { "" } else { " " };
        let range = self.parts.options.clone();
        self.splice(vec![(range, format!("{space}{text}"))])
    }

    /// The names of this table before columns of its expressions.
    pub(super) fn qualifiers(&self, table: &str) -> Vec<lexer::Token> {
        let inside = |range: &Range<usize>, at: usize| range.start <= at && at < range.end;
        let expressions: Vec<&Range<usize>> = self
            .clauses()
            .filter_map(|(_, clause)| match &clause.kind {
                Kind::Check(range)
                | Kind::Generated {
                    expression: range, ..
                } => Some(range),
                _ => None,
            })
            .collect();
        let pairs = self.parts.tokens.windows(2);
        pairs
            .filter(|pair| {
                pair[1].is(&self.sql, ".")
                    && lexer::unquote(pair[0].text(&self.sql)).eq_ignore_ascii_case(table)
                    && expressions.iter().any(|r| inside(r, pair[0].range.start))
            })
            .map(|pair| pair[0].clone())
            .collect()
    }

    fn references_to(&self, table: &str) -> impl Iterator<Item = &Reference> {
        self.clauses()
            .filter_map(move |(_, clause)| match &clause.kind {
                Kind::ForeignKey(key)
                    if lexer::unquote(key.table.text(&self.sql)).eq_ignore_ascii_case(table) =>
                {
                    Some(key)
                }
                _ => None,
            })
    }

    pub(super) fn referenced_table_tokens(&self, table: &str) -> Vec<lexer::Token> {
        self.references_to(table)
            .map(|key| key.table.clone())
            .collect()
    }

    pub(super) fn referenced_column_tokens(&self, table: &str, column: &str) -> Vec<lexer::Token> {
        self.references_to(table)
            .flat_map(|key| key.referenced.iter())
            .filter(|t| lexer::unquote(t.text(&self.sql)).eq_ignore_ascii_case(column))
            .cloned()
            .collect()
    }
}

fn is_primary_key(kind: &Kind) -> bool {
    matches!(kind, Kind::PrimaryKey { .. })
}

/// The edit that gives a clause that name, or takes its name away.
fn name_edit(clause: &Clause, name: Option<&Name>) -> Edit {
    let text = name
        .map(|n| format!("CONSTRAINT {} ", render::quote(n.as_str())))
        .unwrap_or_default();
    (clause.range.start..clause.start, text)
}
