//! Tables and their constraints.

use super::{Column, ColumnType, Expression, Index, Name, TableName};

/// One table.
///
/// The order of columns is the database's; the order of the other lists means
/// nothing, and a canonical schema keeps them sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The name.
    pub name: TableName,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The primary key.
    pub primary_key: Option<PrimaryKey>,
    /// Unique constraints (not unique indexes, which are in `indexes`).
    pub uniques: Vec<Unique>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Check constraints.
    pub checks: Vec<Check>,
    /// Indexes that no constraint implies.
    pub indexes: Vec<Index>,
    /// The comment, where the database keeps one.
    pub comment: Option<String>,
    /// What a dialect says of a whole table.
    pub options: TableOptions,
}

impl Table {
    /// A table without columns.
    pub fn new(name: impl Into<TableName>) -> Self {
        Self {
            name: name.into(),
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            indexes: Vec::new(),
            comment: None,
            options: TableOptions::default(),
        }
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// Whether a foreign key may refer to these columns, in whatever order: a
    /// key, a unique constraint or a unique index has them and no others.
    pub fn is_referable(&self, columns: &[Name]) -> bool {
        let primary = self.primary_key.iter().map(|key| &key.columns);
        let uniques = self.uniques.iter().map(|unique| &unique.columns);
        let mut keys = primary
            .chain(uniques)
            .map(|key| key.iter().collect())
            .chain(self.indexes.iter().filter_map(Index::referable_columns));
        keys.any(|key: Vec<&Name>| {
            key.len() == columns.len() && key.iter().all(|name| columns.contains(name))
        })
    }

    /// The only column of its primary key, if its type is `INTEGER`: on SQLite
    /// the number of the row, but for `WITHOUT ROWID`.
    pub fn row_number(&self) -> Option<&Column> {
        let [name] = self.primary_key.as_ref()?.columns.as_slice() else {
            return None;
        };
        let column = self.column(name.as_str());
        column.filter(|column| column.ty == ColumnType::Integer)
    }

    /// Brings the lists whose order means nothing into the one order that all
    /// canonical schemas share.
    pub fn sort_lists(&mut self) {
        self.uniques.sort();
        self.foreign_keys.sort();
        self.checks.sort();
        self.indexes.sort();
    }
}

/// The primary key of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrimaryKey {
    /// The constraint's name, if it has one that somebody chose.
    pub name: Option<Name>,
    /// The columns, in key order.
    pub columns: Vec<Name>,
    /// For each column, of how many characters the key is where it is not of
    /// all (MySQL); empty where the key is of whole columns.
    pub prefixes: Vec<Option<u32>>,
    /// Clauses of the database's own that no model can say, in its words; they
    /// come and go with the thing, and are never a difference.
    pub extra: Option<String>,
}

impl PrimaryKey {
    /// An unnamed primary key.
    pub fn on<N: Into<Name>>(columns: impl IntoIterator<Item = N>) -> Self {
        Self {
            name: None,
            columns: columns.into_iter().map(Into::into).collect(),
            prefixes: Vec::new(),
            extra: None,
        }
    }

    /// The columns, each with how many of its characters the key is of.
    pub fn parts(&self) -> impl Iterator<Item = (&Name, Option<u32>)> {
        let prefixes = self.prefixes.iter().copied();
        self.columns
            .iter()
            .zip(prefixes.chain(std::iter::repeat(None)))
    }

    /// The columns that the key is of as a whole.
    pub fn whole(&self) -> impl Iterator<Item = &Name> {
        let whole = self.parts().filter(|(_, prefix)| prefix.is_none());
        whole.map(|(name, _)| name)
    }
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unique {
    /// The constraint's name, if it has one.
    pub name: Option<Name>,
    /// The columns, in order.
    pub columns: Vec<Name>,
    /// Columns kept beside the keys (PostgreSQL `INCLUDE`).
    pub include: Vec<Name>,
    /// Two NULLs count as equal (PostgreSQL 15).
    pub nulls_not_distinct: bool,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// Clauses of the database's own that no model can say, in its words; they
    /// come and go with the thing, and are never a difference.
    pub extra: Option<String>,
}

impl Unique {
    /// An unnamed unique constraint.
    pub fn on<N: Into<Name>>(columns: impl IntoIterator<Item = N>) -> Self {
        Self {
            name: None,
            columns: columns.into_iter().map(Into::into).collect(),
            include: Vec::new(),
            nulls_not_distinct: false,
            deferrable: Deferrable::No,
            extra: None,
        }
    }
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignKey {
    /// The constraint's name, if it has one.
    pub name: Option<Name>,
    /// The columns of this table.
    pub columns: Vec<Name>,
    /// The table that they refer to.
    pub references: TableName,
    /// The columns there; a canonical schema never leaves them out.
    pub referenced_columns: Vec<Name>,
    /// What happens here when the row there is deleted.
    pub on_delete: ReferentialAction,
    /// What happens here when the key there changes.
    pub on_update: ReferentialAction,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// Rows that exist already are not checked (PostgreSQL `NOT VALID`).
    pub not_valid: bool,
    /// Clauses of the database's own that no model can say, in its words; they
    /// come and go with the thing, and are never a difference.
    pub extra: Option<String>,
}

impl ForeignKey {
    /// The same key, held to by rows that exist as well; `None` where they are.
    pub fn validated(&self) -> Option<Self> {
        self.not_valid.then(|| Self {
            not_valid: false,
            ..self.clone()
        })
    }

    /// An unnamed foreign key without actions.
    pub fn new<N: Into<Name>, M: Into<Name>>(
        columns: impl IntoIterator<Item = N>,
        references: impl Into<TableName>,
        referenced_columns: impl IntoIterator<Item = M>,
    ) -> Self {
        Self {
            name: None,
            columns: columns.into_iter().map(Into::into).collect(),
            references: references.into(),
            referenced_columns: referenced_columns.into_iter().map(Into::into).collect(),
            on_delete: ReferentialAction::NoAction,
            on_update: ReferentialAction::NoAction,
            deferrable: Deferrable::No,
            not_valid: false,
            extra: None,
        }
    }
}

impl Check {
    /// Whether rows that exist were not held to it, or no row is (PostgreSQL
    /// `NOT VALID`, `NOT ENFORCED`).
    pub fn is_not_valid(&self) -> bool {
        let extra = self.extra.as_deref().unwrap_or_default();
        let extra = extra.to_ascii_uppercase();
        extra.contains("NOT VALID") || extra.contains("NOT ENFORCED")
    }

    /// The same check, held to by rows that exist as well; `None` where it is
    /// not `NOT VALID`.
    pub fn validated(&self) -> Option<Self> {
        const WORDS: &str = "NOT VALID";
        let extra = self.extra.as_deref()?;
        let at = extra.to_ascii_uppercase().find(WORDS)?;
        let rest = [&extra[..at], &extra[at + WORDS.len()..]].concat();
        let rest: Vec<&str> = rest.split_whitespace().collect();
        Some(Self {
            extra: Some(rest.join(" ")).filter(|rest| !rest.is_empty()),
            ..self.clone()
        })
    }
}

/// What a foreign key does when the other side changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferentialAction {
    /// Refuse, at the end of the statement.
    #[default]
    NoAction,
    /// Refuse, at once.
    Restrict,
    /// Do the same here.
    Cascade,
    /// Set the columns to NULL.
    SetNull,
    /// Set the columns to their defaults.
    SetDefault,
}

/// When a constraint is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deferrable {
    /// At the end of each statement.
    #[default]
    No,
    /// At the end of each statement, unless a transaction asks otherwise.
    InitiallyImmediate,
    /// At the end of the transaction.
    InitiallyDeferred,
}

/// A check constraint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Check {
    /// The constraint's name, if it has one.
    pub name: Option<Name>,
    /// What must not be false.
    pub expression: Expression,
    /// Clauses of the database's own that no model can say, in its words; they
    /// come and go with the thing, and are never a difference.
    pub extra: Option<String>,
}

impl Check {
    /// An unnamed check.
    pub fn new(expression: impl Into<String>) -> Self {
        Self {
            name: None,
            expression: Expression::new(expression),
            extra: None,
        }
    }
}

/// What a dialect says of a whole table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// SQLite `STRICT`.
    pub strict: bool,
    /// SQLite `WITHOUT ROWID`.
    pub without_rowid: bool,
    /// MySQL `ENGINE`.
    pub engine: Option<String>,
    /// MySQL `CHARSET`.
    pub charset: Option<String>,
    /// MySQL table `COLLATE`.
    pub collation: Option<String>,
    /// Clauses of the database's own that no model can say, in its words; they
    /// come and go with the thing, and are never a difference.
    pub extra: Option<String>,
}
