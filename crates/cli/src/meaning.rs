//! What the type of a field says of values beyond the type of its column.
//!
//! Where a database has no type for it (SQLite keeps a UUID as bytes), a change
//! of types does not tell what values become. The field does, so that the
//! expressions are written into the migration, for everybody to read. Pure.

use std::collections::BTreeMap;

use aludel_core::change::{Change, Pair};
use aludel_core::dialect::Dialect;
use aludel_core::diff::TableHint;
use aludel_core::operation::{Operation, TableChange};
use aludel_core::schema::{Column, ColumnType, Expression, TableName};

/// Tells how values change of which the field says more than the column.
pub(crate) fn tell(
    dialect: &dyn Dialect,
    operations: &mut [Operation],
    hints: &BTreeMap<TableName, TableHint>,
) {
    for operation in operations {
        let Operation::AlterTable { table, changes } = operation else {
            continue;
        };
        let Some(hint) = hints.get(table) else {
            continue;
        };
        for change in changes {
            let TableChange::Column(Change::Alter(pair)) = change else {
                continue;
            };
            let column = hint.columns.get(&pair.to.name);
            if column.and_then(|c| c.neutral.as_ref()) == Some(&ColumnType::Uuid) {
                tell_of(dialect, pair);
            }
        }
    }
}

/// A column that takes UUIDs from now on.
fn tell_of(dialect: &dyn Dialect, pair: &mut Pair<Column>) {
    if pair.from.ty == pair.to.ty || pair.to.generated.is_some() {
        return;
    }
    let expression = |types: Pair<&ColumnType>| {
        let cast = dialect.cast(&pair.to.name, types)?;
        cast.expression.map(Expression::new)
    };
    let up = expression(Pair::new(&pair.from.ty, &ColumnType::Uuid));
    let down = expression(Pair::new(&ColumnType::Uuid, &pair.from.ty));
    // Somebody who has said how has said it.
    let Pair { from, to } = pair;
    to.using.up = to.using.up.take().or(up);
    from.using.up = from.using.up.take().or(down);
}
