//! What becomes of the values of a column that gets another type.
//!
//! Owns the words for it, and where in a list of operations it happens. Which
//! type becomes which is in `table`, and how a database is told in the `cast`
//! of its dialect.

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(super) mod table;

use super::Dialect;
use crate::change::{Change, Pair};
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
use crate::hazard::{Hazard, Objection};
use crate::operation::{Operation, TableChange};
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
use crate::schema::ColumnType;
use crate::schema::{Column, TableName};

/// What becomes of the values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cast {
    /// Which values make the statement fail: "values that are no whole number".
    pub fails: Option<String>,
    /// What values lose without a word: "the time of day".
    pub loses: Option<String>,
    /// Whether values come back written otherwise: `007` as `7`.
    pub respells: bool,
    /// The expression that makes the new value, where the database does not do
    /// it by itself, or not well.
    pub expression: Option<String>,
}

/// A column whose values become those of another type.
#[derive(Debug, Clone)]
pub struct Retyped<'o> {
    /// Its table, by the name that it has then.
    pub table: &'o TableName,
    /// The column before and after.
    pub columns: Pair<&'o Column>,
    /// What becomes of the values; `None` where nobody can say how.
    pub cast: Option<Cast>,
}

impl std::fmt::Display for Retyped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.table, self.columns.to.name)
    }
}

/// Whether what is said of the values of a column that gets another type, or of
/// a key, is so on this database. Whoever judges operations alone says all that
/// may be.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(super) fn is_so(
    dialect: &dyn Dialect,
    operation: &Operation,
    change: usize,
    hazard: &Hazard,
) -> bool {
    if hazard.objection == Some(Objection::NoNumber) {
        // Only where a column may hold what is not of its type.
        let untyped = dialect.row_sql().untyped("", &ColumnType::Integer);
        return untyped.is_some();
    }
    let Operation::AlterTable { changes, .. } = operation else {
        return true;
    };
    let Some(TableChange::Column(Change::Alter(Pair { from, to }))) = changes.get(change) else {
        return true;
    };
    let told = to.using.up.is_some();
    let cast = || dialect.cast(&to.name, Pair::new(&from.ty, &to.ty));
    match hazard.objection {
        // Whatever somebody's own expression makes may not fit.
        Some(Objection::Misfit) => told || cast().is_none_or(|cast| cast.fails.is_some()),
        // Who says how values are made says what they keep.
        Some(Objection::Loss) => !told && cast().is_some_and(|cast| cast.loses.is_some()),
        Some(Objection::Respelled) => {
            !told && cast().is_some_and(|cast| cast.respells && cast.loses.is_none())
        }
        _ => true,
    }
}

/// The columns that get another type and keep their values; those for which
/// somebody said how are not among them.
pub fn casts<'o>(
    dialect: &'o dyn Dialect,
    operations: &'o [Operation],
) -> impl Iterator<Item = Retyped<'o>> {
    let altered = operations.iter().filter_map(|operation| match operation {
        Operation::AlterTable { table, changes } => Some((table, changes)),
        _ => None,
    });
    let changes = altered.flat_map(|(table, changes)| changes.iter().map(move |c| (table, c)));
    changes.filter_map(|(table, change)| {
        let TableChange::Column(Change::Alter(Pair { from, to })) = change else {
            return None;
        };
        let told = to.using.up.is_some() || to.generated.is_some();
        (from.ty != to.ty && !told).then(|| Retyped {
            table,
            columns: Pair::new(from, to),
            cast: dialect.cast(&to.name, Pair::new(&from.ty, &to.ty)),
        })
    })
}
