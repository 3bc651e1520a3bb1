//! Columns.

use super::{ColumnType, Expression, Name};

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name of the column.
    pub name: Name,
    /// Its type.
    pub ty: ColumnType,
    /// Whether NULL may be stored. Columns of a primary key are written NOT
    /// NULL by models, but SQLite allows NULL there unless it is said.
    pub nullable: bool,
    /// What a row gets that does not name the column.
    pub default: Option<DefaultValue>,
    /// The expression that computes the column.
    pub generated: Option<Generated>,
    /// Numbers are given by the database and never used twice: SQLite
    /// `AUTOINCREMENT`, MySQL `AUTO_INCREMENT`, PostgreSQL identity.
    pub autoincrement: bool,
    /// The collation, if it is not the default one.
    pub collation: Option<String>,
    /// The comment, where the database keeps one.
    pub comment: Option<String>,
    /// What rows that exist already get when this column is added or made NOT
    /// NULL. Not a property of the database: [`crate::operation::Operation::apply`]
    /// forgets it, and no introspection sets it.
    pub fill: Option<DefaultValue>,
}

impl Column {
    /// A NOT NULL column without anything else.
    pub fn new(name: impl Into<Name>, ty: ColumnType) -> Self {
        Self {
            name: name.into(),
            ty,
            nullable: false,
            default: None,
            generated: None,
            autoincrement: false,
            collation: None,
            comment: None,
            fill: None,
        }
    }
}

/// The value of a `DEFAULT` clause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DefaultValue {
    /// A constant.
    Literal(Literal),
    /// An SQL expression; `CURRENT_TIMESTAMP` is one.
    Expression(Expression),
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Literal {
    /// NULL.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number, as it was written.
    Number(String),
    /// Text, without quotes.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// How a generated column is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The expression.
    pub expression: Expression,
    /// Kept on disk (`STORED`) or computed at each read (`VIRTUAL`).
    pub stored: bool,
}
