//! Two schemas to operations.

use super::batch::batch;
use super::order::{self, Work};
use super::pair_up::pair_up;
use super::{Renames, renames};
use crate::change::{Change, Pair};
use crate::operation::Operation;
use crate::schema::{EnumType, Schema, Table};

/// The operations that take `schemas.from` to `schemas.to`, in an order in
/// which each can be done. A rename of something that is not there is passed
/// over; [`super::adopt`] tells none.
pub fn diff(schemas: Pair<&Schema>, renames: &Renames) -> Vec<Operation> {
    let mut before = schemas.from.clone();
    let mut operations = renames::operations(schemas.from, renames);
    operations.retain(|operation| operation.apply(&mut before).is_ok());
    let (made, dropped) = enums(Pair::new(&before, schemas.to));

    let lists = Pair::new(
        before.tables.values().collect(),
        schemas.to.tables.values().collect(),
    );
    let paired = pair_up(lists, &[&|a: &&Table, b: &&Table| a.name == b.name]);
    let work = Work {
        creates: paired.to.into_iter().cloned().collect(),
        batches: paired
            .both
            .into_iter()
            .map(|pair| (pair.to.name.clone(), batch(pair)))
            .filter(|(_, changes)| !changes.is_empty())
            .collect(),
        drops: paired.from.into_iter().cloned().collect(),
    };
    // An enum type comes before the columns that are of it, and goes after them.
    operations.extend(made);
    operations.extend(order::between(work, Pair::new(&before, schemas.to)));
    operations.extend(dropped);
    operations
}

/// Enum types that are made or changed, and those that go away.
fn enums(schemas: Pair<&Schema>) -> (Vec<Operation>, Vec<Operation>) {
    let lists = Pair::new(
        schemas.from.enums.values().cloned().collect(),
        schemas.to.enums.values().cloned().collect(),
    );
    let paired = pair_up(lists, &[&|a: &EnumType, b: &EnumType| a.name == b.name]);
    let changed = paired.both.into_iter().filter(|pair| pair.from != pair.to);
    let made = paired.to.into_iter().map(Change::Add);
    let made = made.chain(changed.map(Change::Alter));
    let dropped = paired.from.into_iter().map(Change::Drop);
    (
        made.map(Operation::Enum).collect(),
        dropped.map(Operation::Enum).collect(),
    )
}

/// Whether two schemas are the same but for the order of columns and of lists
/// whose order means nothing, and for what rows are filled with.
pub fn same(a: &Schema, b: &Schema) -> bool {
    fn plain(schema: &Schema) -> Schema {
        let mut schema = schema.clone();
        for table in schema.tables.values_mut() {
            table.sort_lists();
            table.columns.sort_by(|a, b| a.name.cmp(&b.name));
            for column in &mut table.columns {
                column.fill = None;
            }
        }
        schema
    }
    plain(a) == plain(b)
}
