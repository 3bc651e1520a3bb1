//! Columns as values, and the values that defaults are made of.

use aludel_core::schema::{Column, ColumnType, Expression, Generated, Literal};

pub use aludel_core::schema::DefaultValue;

use super::types::Type;

/// A column: NOT NULL, without a default, unless more is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDef {
    column: Column,
    ty: Type,
}

impl ColumnDef {
    pub(super) fn new(name: &str, ty: Type) -> Self {
        // The type is put in by `on`, once the dialect is known.
        let column = Column::new(name, ColumnType::Custom(String::new()));
        Self { column, ty }
    }

    /// NULL may be stored.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.column.nullable = true;
        self
    }

    /// What a row gets that does not name the column.
    #[must_use]
    pub fn default(mut self, value: impl Value) -> Self {
        self.column.default = Some(value.into_value());
        self
    }

    /// Computed from other columns and kept on disk.
    #[must_use]
    pub fn generated_stored(mut self, expression: &str) -> Self {
        self.column.generated = Some(generated(expression, true));
        self
    }

    /// Computed from other columns at each read.
    #[must_use]
    pub fn generated_virtual(mut self, expression: &str) -> Self {
        self.column.generated = Some(generated(expression, false));
        self
    }

    /// Numbers are given by the database and never used twice.
    #[must_use]
    pub fn autoincrement(mut self) -> Self {
        self.column.autoincrement = true;
        self
    }

    /// The collation.
    #[must_use]
    pub fn collate(mut self, collation: &str) -> Self {
        self.column.collation = Some(collation.to_owned());
        self
    }

    /// The comment.
    #[must_use]
    pub fn comment(mut self, comment: &str) -> Self {
        self.column.comment = Some(comment.to_owned());
        self
    }

    /// What rows that exist already get.
    #[must_use]
    pub fn fill(mut self, value: impl Value) -> Self {
        self.column.fill = Some(value.into_value());
        self
    }

    /// Fractional digits of a time.
    #[must_use]
    pub fn precision(mut self, digits: u32) -> Self {
        self.ty = self.ty.precision(digits);
        self
    }

    /// The column on one dialect, or what is wrong with it.
    pub(super) fn on(self, dialect: &str) -> Result<Column, String> {
        let ty = self
            .ty
            .on(dialect)
            .map_err(|message| format!("column `{}`: {message}", self.column.name))?;
        Ok(Column { ty, ..self.column })
    }
}

pub(super) fn generated(expression: &str, stored: bool) -> Generated {
    Generated {
        expression: Expression::new(expression),
        stored,
    }
}

/// What can be a default, a fill or a value of a row: text, a number, true or
/// false, bytes, [`sql`], [`number`], [`null`].
///
/// Whole numbers are `i128`, and only that, so that a bare `5` needs no suffix.
pub trait Value {
    /// The value.
    fn into_value(self) -> DefaultValue;
}

impl Value for DefaultValue {
    fn into_value(self) -> DefaultValue {
        self
    }
}

impl Value for &str {
    fn into_value(self) -> DefaultValue {
        self.to_owned().into_value()
    }
}

impl Value for String {
    fn into_value(self) -> DefaultValue {
        DefaultValue::Literal(Literal::Text(self))
    }
}

impl Value for bool {
    fn into_value(self) -> DefaultValue {
        DefaultValue::Literal(Literal::Boolean(self))
    }
}

impl Value for i128 {
    fn into_value(self) -> DefaultValue {
        DefaultValue::Literal(Literal::Integer(self))
    }
}

impl Value for f64 {
    fn into_value(self) -> DefaultValue {
        DefaultValue::Literal(Literal::Number(format!("{self:?}")))
    }
}

impl Value for &[u8] {
    fn into_value(self) -> DefaultValue {
        DefaultValue::Literal(Literal::Bytes(self.to_vec()))
    }
}

impl<const N: usize> Value for &[u8; N] {
    fn into_value(self) -> DefaultValue {
        self.as_slice().into_value()
    }
}

/// An SQL expression: `sql("CURRENT_TIMESTAMP")`.
pub fn sql(expression: &str) -> DefaultValue {
    DefaultValue::Expression(Expression::new(expression))
}

/// A number exactly as it is written: `number("1.50")`.
pub fn number(digits: &str) -> DefaultValue {
    DefaultValue::Literal(Literal::Number(digits.to_owned()))
}

/// NULL.
pub fn null() -> DefaultValue {
    DefaultValue::Literal(Literal::Null)
}
