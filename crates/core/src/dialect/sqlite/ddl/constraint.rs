//! Constraints as they are looked for in a stored text.

use super::super::{expression, render};
use super::TableDdl;
use super::parts::{Clause, ColumnItem, Kind};
use super::splice::Edit;
use crate::schema::{Check, Deferrable, ForeignKey, Name, Unique};

/// A constraint as it is looked for in a text.
pub(super) trait Constraint: Clone {
    /// What it is called in messages.
    const NOUN: &'static str;

    /// Its name.
    fn name(&self) -> Option<&Name>;

    /// Whether a clause is of this kind.
    fn is_kind(kind: &Kind) -> bool;

    /// What a clause says, if it is of this kind.
    fn read(ddl: &TableDdl, column: Option<&ColumnItem>, clause: &Clause) -> Option<Self>;

    /// Whether one that was found is this one, names aside.
    fn means(&self, found: &Self) -> bool;

    /// Whether another one has no effect beside this one, so that the schema
    /// does not show it.
    fn hides(&self, other: &Self) -> bool;

    /// Whether it says something else than another, names aside.
    fn differs(&self, other: &Self) -> bool;

    /// Its text as a constraint of the table.
    fn written(&self) -> String;

    /// The edits that make a clause say this, its name aside, where that can
    /// be done in its place.
    fn replaced(&self, column: Option<&ColumnItem>, clause: &Clause) -> Option<Vec<Edit>>;
}

pub(super) fn same_names(a: &[Name], b: &[Name]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| a.as_str().eq_ignore_ascii_case(b.as_str()))
}

pub(super) fn same_name(a: Option<&Name>, b: Option<&Name>) -> bool {
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

    fn read(ddl: &TableDdl, column: Option<&ColumnItem>, clause: &Clause) -> Option<Self> {
        Self::is_kind(&clause.kind).then(|| ddl.unique(column, clause))
    }

    fn means(&self, found: &Self) -> bool {
        same_names(&self.columns, &found.columns)
    }

    fn hides(&self, other: &Self) -> bool {
        other == self || (other.name.is_none() && self.columns == other.columns)
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

    fn read(ddl: &TableDdl, _column: Option<&ColumnItem>, clause: &Clause) -> Option<Self> {
        match &clause.kind {
            Kind::Check(range) => Some(ddl.check(clause, range)),
            _ => None,
        }
    }

    fn means(&self, found: &Self) -> bool {
        expression::same(self.expression.as_str(), found.expression.as_str())
    }

    fn hides(&self, other: &Self) -> bool {
        other == self || (other.name.is_none() && self.expression == other.expression)
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

    fn read(ddl: &TableDdl, column: Option<&ColumnItem>, clause: &Clause) -> Option<Self> {
        match &clause.kind {
            Kind::ForeignKey(reference) => Some(ddl.foreign_key(column, clause, reference)),
            _ => None,
        }
    }

    /// References without columns mean a key that only the schema knows: they
    /// are taken for any.
    fn means(&self, found: &Self) -> bool {
        let table = |key: &Self| key.references.name.as_str().to_ascii_lowercase();
        // Without INITIALLY DEFERRED the word DEFERRABLE changes nothing.
        let deferred = |key: &Self| key.deferrable == Deferrable::InitiallyDeferred;
        same_names(&self.columns, &found.columns)
            && table(self) == table(found)
            && (found.referenced_columns.is_empty()
                || self.referenced_columns.is_empty()
                || same_names(&self.referenced_columns, &found.referenced_columns))
            && (self.on_delete, self.on_update) == (found.on_delete, found.on_update)
            && deferred(self) == deferred(found)
    }

    fn hides(&self, other: &Self) -> bool {
        other == self
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
        let beside =
            column.is_some_and(|c| same_names(&self.columns, std::slice::from_ref(&c.name)));
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
