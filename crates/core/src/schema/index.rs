//! Indexes.

use super::{Expression, Name};

/// One index of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index {
    /// The name; a model may leave it out, a database never does.
    pub name: Option<Name>,
    /// What is indexed, in order.
    pub keys: Vec<IndexKey>,
    /// Whether two rows may have equal keys.
    pub unique: bool,
    /// The method, if it is not the default one (`gin`, `hash`, `fulltext`).
    pub method: Option<String>,
    /// The condition of a partial index.
    pub predicate: Option<Expression>,
    /// Columns kept in the index beside its keys (PostgreSQL `INCLUDE`).
    pub include: Vec<Name>,
    /// Two NULLs count as equal (PostgreSQL 15).
    pub nulls_not_distinct: bool,
    /// Clauses of the database's own that no model can say, in its words; they
    /// come and go with the thing, and are never a difference.
    pub extra: Option<String>,
    /// Built without locking out writers (PostgreSQL `CONCURRENTLY`, MySQL
    /// `LOCK=NONE`). Not a property of the database: [`crate::operation::Operation::apply`] forgets
    /// it, and no introspection sets it.
    pub concurrently: bool,
}

impl Index {
    /// The columns of a unique index of whole columns and all rows, which no two
    /// rows share; `None` where the index says something else.
    pub fn unique_columns(&self) -> Option<Vec<&Name>> {
        let plain = self.keys.iter().all(|key| key.collation.is_none());
        self.referable_columns().filter(|_| plain)
    }

    /// The same under any collation: what a foreign key may refer to.
    pub fn referable_columns(&self) -> Option<Vec<&Name>> {
        if !self.unique || self.predicate.is_some() {
            return None;
        }
        let keys = self.keys.iter().map(|key| match &key.target {
            IndexTarget::Column(name) if key.prefix.is_none() => Some(name),
            IndexTarget::Column(_) | IndexTarget::Expression(_) => None,
        });
        keys.collect()
    }

    /// A plain index over columns.
    pub fn on<N: Into<Name>>(columns: impl IntoIterator<Item = N>) -> Self {
        Self {
            name: None,
            keys: columns.into_iter().map(|c| IndexKey::column(c)).collect(),
            unique: false,
            method: None,
            predicate: None,
            include: Vec::new(),
            nulls_not_distinct: false,
            extra: None,
            concurrently: false,
        }
    }
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexKey {
    /// The column or expression.
    pub target: IndexTarget,
    /// From high to low.
    pub descending: bool,
    /// The collation, if it is not the column's own.
    pub collation: Option<String>,
    /// Where NULLs go, if not where they go by default (PostgreSQL).
    pub nulls: Option<NullsOrder>,
    /// The operator class, if it is not the default one (PostgreSQL).
    pub opclass: Option<String>,
    /// Only so many characters are indexed (MySQL).
    pub prefix: Option<u32>,
}

impl IndexKey {
    /// A plain ascending column.
    pub fn column(name: impl Into<Name>) -> Self {
        Self::new(IndexTarget::Column(name.into()))
    }

    /// A plain ascending expression.
    pub fn expression(text: impl Into<String>) -> Self {
        Self::new(IndexTarget::Expression(Expression::new(text)))
    }

    /// An ascending key.
    pub fn new(target: IndexTarget) -> Self {
        Self {
            target,
            descending: false,
            collation: None,
            nulls: None,
            opclass: None,
            prefix: None,
        }
    }
}

/// What a key indexes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexTarget {
    /// A column.
    Column(Name),
    /// An expression.
    Expression(Expression),
}

/// Where NULLs go in an ordered index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NullsOrder {
    /// Before all values.
    First,
    /// After all values.
    Last,
}
