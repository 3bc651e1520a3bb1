//! Rows written into a migration file.

use aludel_core::dialect::Dialect;
use aludel_core::schema::{Name, TableName};

use super::column::{DefaultValue, Value};
use super::record::Location;
use super::recording::Recording;

/// Rows to insert.
#[derive(Debug, Clone)]
pub struct BulkInsert {
    /// The table.
    pub table: TableName,
    /// The columns that the rows name.
    pub columns: Vec<Name>,
    /// The rows.
    pub rows: Vec<Vec<DefaultValue>>,
    /// Where it was called.
    pub location: Location,
}

impl BulkInsert {
    /// One `INSERT` statement for all rows; `None` where there are no rows.
    ///
    /// # Errors
    /// The number of the first row (from 1) that has not one value a column.
    pub fn statement(&self, dialect: &dyn Dialect) -> Result<Option<String>, String> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        dialect
            .insert(&self.table, &self.columns, &self.rows)
            .map(Some)
            .map_err(|error| format!("`bulk_insert`: {}", error.message))
    }
}

impl Recording<'_, BulkInsert> {
    /// One row: a tuple with one value a column.
    pub fn row(self, row: impl Row) -> Self {
        self.with(|insert| insert.rows.push(row.into_row()))
    }
}

/// A tuple of values.
pub trait Row {
    /// The values.
    fn into_row(self) -> Vec<DefaultValue>;
}

impl Row for Vec<DefaultValue> {
    fn into_row(self) -> Vec<DefaultValue> {
        self
    }
}

macro_rules! rows {
    ($(($($name:ident),+);)+) => {
        $(
            impl<$($name: Value),+> Row for ($($name,)+) {
                fn into_row(self) -> Vec<DefaultValue> {
                    #[expect(non_snake_case, reason = "the type parameters name the values too")]
                    let ($($name,)+) = self;
                    vec![$($name.into_value()),+]
                }
            }
        )+
    };
}

rows! {
    (A);
    (A, B);
    (A, B, C);
    (A, B, C, D);
    (A, B, C, D, E);
    (A, B, C, D, E, F);
    (A, B, C, D, E, F, G);
    (A, B, C, D, E, F, G, H);
    (A, B, C, D, E, F, G, H, I);
    (A, B, C, D, E, F, G, H, I, J);
    (A, B, C, D, E, F, G, H, I, J, K);
    (A, B, C, D, E, F, G, H, I, J, K, L);
}
