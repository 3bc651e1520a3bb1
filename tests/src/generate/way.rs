//! Two migrations, one on top of the other.

use aludel_core::change::Pair;
use aludel_core::diff::Renames;
use aludel_core::schema::Schema;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

use super::{Choices, Ground, keep_some, mutate, numbers, rename_some, schema, values_stay};

/// A schema, and what becomes of it.
#[derive(Clone)]
pub struct Way {
    /// What there is first.
    pub first: Schema,
    /// One migration after the other.
    pub migrations: [Migration; 2],
    /// What rows are made by.
    pub choices: Choices,
}

/// What one migration wants.
#[derive(Clone)]
pub struct Migration {
    /// What is told.
    pub renames: Renames,
    /// What there is then.
    pub to: Schema,
}

/// Two migrations: mostly with a few changes each, also under other names;
/// sometimes to a schema that has nothing to do with the one before.
pub fn arbitrary_way(ground: Ground) -> impl Strategy<Value = Way> {
    let rows = vec(any::<u16>(), 0..120);
    let all = (numbers(), numbers(), numbers(), rows);
    all.prop_filter_map("what is renamed goes away", move |numbers| {
        let (first, second, third, rows) = numbers;
        let start = schema(&mut Choices::new(ground, first));
        let one = migration(&start, Choices::new(ground, second))?;
        let two = migration(&one.to, Choices::new(ground, third))?;
        let canonical = |migration: Migration| Migration {
            to: ground.canonical(migration.to),
            ..migration
        };
        Some(Way {
            first: ground.canonical(start),
            migrations: [canonical(one), canonical(two)],
            choices: Choices::new(ground, rows),
        })
    })
}

fn migration(from: &Schema, mut choices: Choices) -> Option<Migration> {
    if choices.once_in(6) {
        let mut to = schema(&mut choices);
        if choices.ground.is_sqlite() {
            keep_some(from, &mut to);
        }
        let renames = Renames::default();
        return Some(Migration { renames, to });
    }
    let (renames, renamed) = match choices.once_in(3) {
        true => rename_some(from, &mut choices).ok()?,
        false => (Renames::default(), from.clone()),
    };
    let mut to = mutate(&renamed, &mut choices);
    if choices.ground.is_sqlite() {
        keep_some(&renamed, &mut to);
    }
    let stays = |table: &_| to.table(table);
    let tables = renames.tables.iter().all(|p| stays(&p.to).is_some());
    let columns = renames
        .columns
        .iter()
        .all(|(table, pair)| stays(table).is_some_and(|t| t.column(pair.to.as_str()).is_some()));
    let values = renames
        .values
        .iter()
        .all(|(of, pair)| values_stay(Pair::new(from, &to), of, pair));
    (tables && columns && values).then_some(Migration { renames, to })
}
