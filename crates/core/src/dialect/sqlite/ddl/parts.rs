//! The parts of a stored text and where they stand.

use std::ops::Range;

use super::super::lexer::Token;
use crate::schema::{Deferrable, Name, ReferentialAction};

/// Where the parts of a table stand in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    /// All tokens.
    pub(super) tokens: Vec<Token>,
    /// The name of the table.
    pub(super) name: Token,
    /// The columns.
    pub(super) columns: Vec<ColumnItem>,
    /// The constraints of the table.
    pub(super) constraints: Vec<Clause>,
    /// From behind the closing parenthesis to the end of the last option.
    pub(super) options: Range<usize>,
    /// `STRICT` is there.
    pub(super) strict: bool,
    /// `WITHOUT ROWID` is there.
    pub(super) without_rowid: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnItem {
    /// From its name to the end of its last clause.
    pub(super) range: Range<usize>,
    /// The name as it is written.
    pub(super) token: Token,
    /// The name.
    pub(super) name: Name,
    /// The type, if there is one.
    pub(super) ty: Option<Range<usize>>,
    /// Everything behind the type.
    pub(super) clauses: Vec<Clause>,
}

/// A clause of a column, or a constraint of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clause {
    /// All of it, its name included.
    pub(super) range: Range<usize>,
    /// What follows `CONSTRAINT`.
    pub(super) name: Option<Name>,
    /// Where the clause itself begins, behind its name.
    pub(super) start: usize,
    /// What it is.
    pub(super) kind: Kind,
    /// `ON CONFLICT ..`.
    pub(super) conflict: Option<Range<usize>>,
}

/// What a clause is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// `NOT NULL`.
    NotNull,
    /// `NULL`.
    Null,
    /// `PRIMARY KEY`.
    PrimaryKey {
        /// The columns, where the key is a constraint of the table.
        keys: Option<KeyList>,
        /// `DESC` beside a column.
        descending: bool,
        /// `AUTOINCREMENT`.
        autoincrement: Option<Range<usize>>,
    },
    /// `UNIQUE`, with columns where it is a constraint of the table.
    Unique(Option<KeyList>),
    /// `CHECK`: the expression, without its parentheses.
    Check(Range<usize>),
    /// `DEFAULT`: all of the value.
    Default(Range<usize>),
    /// `COLLATE`: the name.
    Collate(Range<usize>),
    /// `REFERENCES`, with or without `FOREIGN KEY (..)`.
    ForeignKey(Reference),
    /// `GENERATED ALWAYS AS`.
    Generated {
        /// The expression, without its parentheses.
        expression: Range<usize>,
        /// `STORED` stands behind it.
        stored: bool,
    },
}

/// The columns of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyList {
    /// The columns.
    pub(super) parts: Vec<KeyPart>,
    /// From the first column to the end of the last.
    pub(super) range: Range<usize>,
}

/// One column of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyPart {
    /// The name as it is written.
    pub(super) token: Token,
    /// `COLLATE ..`.
    pub(super) collation: Option<Range<usize>>,
    /// `DESC`.
    pub(super) descending: bool,
}

/// What a foreign key says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// The columns here, where the key is a constraint of the table.
    pub(super) columns: Vec<Token>,
    /// The table there.
    pub(super) table: Token,
    /// The columns there; none stands for its primary key.
    pub(super) referenced: Vec<Token>,
    /// `ON DELETE`.
    pub(super) on_delete: ReferentialAction,
    /// `ON UPDATE`.
    pub(super) on_update: ReferentialAction,
    /// `MATCH ..`.
    pub(super) matching: Option<Range<usize>>,
    /// `DEFERRABLE ..`.
    pub(super) deferrable: Deferrable,
}
