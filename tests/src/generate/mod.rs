//! Schemas at random.
//!
//! A schema is read off a list of numbers, so that a smaller list is a simpler
//! schema and a failing one shrinks by itself. Whatever comes out is one that
//! the database takes: `repair` removes what could not be.
//!
//! | module | owns |
//! |---|---|
//! | `ground` | what a database can hold |
//! | `parts` | one thing more in a schema |
//! | `default` | defaults and values, by type |
//! | `mutate` | a schema near another one |
//! | `repair` | a schema that the database takes, made of one that it may not |
//! | `code` | views and triggers (SQLite), and renames |
//! | `way` | two migrations, one on top of the other |

mod code;
mod default;
mod ground;
mod mutate;
mod parts;
mod repair;
mod way;

use aludel_core::change::Pair;
use aludel_core::schema::{Column, Schema};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

pub(crate) use code::values_stay;
pub use code::{code, rename_some};
pub use default::value;
pub use ground::Ground;
pub use mutate::mutate;
pub use repair::repair;
pub use way::{Migration, Way, arbitrary_way};

/// Numbers to make choices by. When they run out, every choice is the first.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The database that it is for.
    pub ground: Ground,
    numbers: std::vec::IntoIter<u16>,
    serial: usize,
}

impl Choices {
    /// Choices by these numbers.
    pub fn new(ground: Ground, numbers: Vec<u16>) -> Self {
        Self {
            ground,
            numbers: numbers.into_iter(),
            serial: 0,
        }
    }

    /// A number below `n`; 0 if there is none.
    pub fn below(&mut self, n: usize) -> usize {
        let number = usize::from(self.numbers.next().unwrap_or(0));
        number.checked_rem(n).unwrap_or(0)
    }

    /// True once in `n` times, and never when the numbers have run out.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// One of the things.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.below(things.len()))
    }

    /// How many numbers are left.
    pub fn left(&self) -> usize {
        self.numbers.len()
    }

    /// The first so many of the numbers that are left.
    pub fn some(&self, count: usize) -> Vec<u16> {
        self.numbers.clone().take(count).collect()
    }

    /// A number that is given once.
    pub fn serial(&mut self) -> usize {
        self.serial += 1;
        self.serial
    }
}

fn numbers() -> impl Strategy<Value = Vec<u16>> {
    vec(any::<u16>(), 0..400)
}

/// Up to six tables with all that the database knows, as models might say them.
pub fn schema(choices: &mut Choices) -> Schema {
    let mut schema = Schema::default();
    for _ in 0..choices.below(7) {
        parts::add_table(&mut schema, choices);
    }
    for _ in 0..choices.below(9) {
        parts::add_foreign_key(&mut schema, choices);
    }
    repair(&mut schema, choices.ground);
    schema
}

/// A schema.
pub fn arbitrary_schema(ground: Ground) -> impl Strategy<Value = Schema> {
    numbers().prop_map(move |numbers| ground.canonical(schema(&mut Choices::new(ground, numbers))))
}

/// Two schemas: mostly the second is the first with some changes, sometimes it
/// has nothing to do with it.
pub fn arbitrary_pair(ground: Ground) -> impl Strategy<Value = Pair<Schema>> {
    (numbers(), numbers()).prop_map(move |(first, second)| {
        let from = schema(&mut Choices::new(ground, first));
        let mut choices = Choices::new(ground, second);
        let mut to = if choices.once_in(6) {
            schema(&mut choices)
        } else {
            mutate(&from, &mut choices)
        };
        if ground.is_sqlite() {
            keep_some(&from, &mut to);
        }
        Pair::new(ground.canonical(from), ground.canonical(to))
    })
}

/// A table keeps one of its columns, or is made anew under another name: one
/// that loses all that its rows hold is not rebuilt.
fn keep_some(from: &Schema, to: &mut Schema) {
    for (name, table) in &mut to.tables {
        let Some(before) = from.table(name) else {
            continue;
        };
        let plain = |c: &&Column| c.generated.is_none();
        let mut stored = before.columns.iter().filter(plain);
        let stays = |c: &Column| table.columns.iter().filter(plain).any(|d| d.name == c.name);
        if !stored.any(stays) {
            table.clone_from(before);
            table.foreign_keys.clear();
        }
    }
    repair(to, Ground::SQLITE);
}

/// A schema, and numbers to do something with it.
pub fn arbitrary_schema_and_choices(ground: Ground) -> impl Strategy<Value = (Schema, Choices)> {
    let choices = numbers().prop_map(move |numbers| Choices::new(ground, numbers));
    (arbitrary_schema(ground), choices)
}
