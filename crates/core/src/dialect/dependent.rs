//! What leans on what, as a database itself has noted it.
//!
//! Texts tell what an object may mean; a server that keeps such notes knows,
//! also of what lies in schemas that nobody looks at. It owns the notes, and
//! must not know what becomes of them.

use std::fmt;

use crate::schema::{Name, TableName};

/// One thing that leans on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// What it is.
    pub kind: DependentKind,
    /// What it is called: a function with what it takes, a column without its
    /// table.
    pub name: TableName,
    /// The table that it is a part of.
    pub table: Option<TableName>,
    /// What it leans on.
    pub on: Support,
}

/// What something leans on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// A table or a view, as a whole or as the type of its rows.
    Relation(TableName),
    /// A column of a table or view.
    Column(TableName, Name),
    /// A domain, or a composite, range or enum type.
    Type(TableName),
    /// A function, with what it takes.
    Function(TableName),
}

/// What a thing is that leans on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependentKind {
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A rule.
    Rule,
    /// A trigger.
    Trigger,
    /// A policy.
    Policy,
    /// Statistics over several columns.
    Statistics,
    /// A publication, with a list of columns or a filter.
    Publication,
    /// A function or procedure.
    Function,
    /// A column of that type.
    Column,
    /// The default of a column, or what it is computed from.
    Default,
    /// A check, an exclusion constraint or a foreign key.
    Constraint,
    /// An index.
    Index,
    /// A domain, or a composite or range type.
    Type,
    /// A table that inherits it.
    Table,
    /// Anything else, in the word of the server.
    Other,
}

impl Support {
    /// The table or view, where it is one or a column of one.
    pub fn relation(&self) -> Option<&TableName> {
        match self {
            Self::Relation(name) | Self::Column(name, _) => Some(name),
            Self::Type(_) | Self::Function(_) => None,
        }
    }

    /// Whether it is that thing or a column of it.
    pub fn is_of(&self, whole: &Self) -> bool {
        match whole {
            Self::Relation(name) => self.relation() == Some(name),
            _ => self == whole,
        }
    }
}

impl DependentKind {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Rule => "rule",
            Self::Trigger => "trigger",
            Self::Policy => "policy",
            Self::Statistics => "statistics",
            Self::Publication => "publication",
            Self::Function => "function",
            Self::Column => "column",
            Self::Default => "the default of",
            Self::Constraint => "constraint",
            Self::Index => "index",
            Self::Type => "type",
            Self::Table => "table",
            Self::Other => "object",
        }
    }
}

impl fmt::Display for Dependent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.kind.word();
        match (&self.table, self.kind) {
            (Some(table), DependentKind::Column | DependentKind::Default) => {
                write!(f, "{word} `{table}.{}`", self.name.name)
            }
            (Some(table), _) => write!(f, "{word} `{}` of `{table}`", self.name.name),
            (None, _) => write!(f, "{word} `{}`", self.name),
        }
    }
}
