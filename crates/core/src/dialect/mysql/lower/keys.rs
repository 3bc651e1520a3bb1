//! Indexes, and those that foreign keys imply.
//!
//! InnoDB wants an index that begins with the columns of every foreign key,
//! makes one where there is none, and keeps it when the foreign key goes. A
//! canonical schema does not list these, so they are compared here with the rest.

use super::tables::unnamed;
use crate::change::Pair;
use crate::dialect::mysql::canonical::{comes_by_itself, implied_indexes};
use crate::dialect::mysql::name::quote;
use crate::dialect::mysql::{MySql, render};
use crate::error::Result;
use crate::operation::part::Part;
use crate::schema::{ForeignKey, Index, Name, Table, TableName};

/// One index that the database has.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) name: Name,
    /// Its definition as ADD takes it.
    pub(super) sql: String,
    /// Its definition without its name.
    nameless: String,
    /// A foreign key implies it.
    implied: bool,
    /// It comes with its foreign key.
    by_itself: bool,
}

impl Key {
    /// Whether a foreign key implies it.
    pub(super) fn is_implied(&self) -> bool {
        self.implied
    }

    /// Whether it is a plain index over these columns and nothing else.
    pub(super) fn is_over(&self, columns: &[Name]) -> bool {
        self.nameless == render::index(&Index::on(columns.to_vec()))
    }
}

/// All indexes of a table but the primary key.
pub(super) fn of_table(on: MySql, table: &Table) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    for unique in &table.uniques {
        let mut nameless = unique.clone();
        nameless.name = None;
        keys.push(Key {
            name: named(unique, &table.name)?,
            sql: render::unique(unique),
            nameless: render::unique(&nameless),
            implied: false,
            by_itself: false,
        });
    }
    let implied = implied_indexes(on, table);
    let all = table.indexes.iter().map(|i| (i, false));
    for (index, implied) in all.chain(implied.iter().map(|i| (i, true))) {
        let mut nameless = index.clone();
        nameless.name = None;
        keys.push(Key {
            name: named(index, &table.name)?,
            sql: render::index(index),
            nameless: render::index(&nameless),
            implied,
            by_itself: implied && comes_by_itself(table, index),
        });
    }
    Ok(keys)
}

/// The clauses that make the implied index of a foreign key anew, under the name
/// that it has, where the server would otherwise put one in its place with the
/// name of the foreign key that comes.
pub(super) fn kept_under(on: MySql, table: &Table, key: &ForeignKey) -> Option<String> {
    let implied = implied_indexes(on, table);
    let over = render::index(&Index::on(key.columns.clone()));
    let index = implied.iter().find(|index| {
        let mut nameless = (*index).clone();
        nameless.name = None;
        index.name != key.name && render::index(&nameless) == over
    })?;
    let name = quote(index.name.as_ref()?.as_str());
    Some(format!("DROP KEY {name}, ADD {}", render::index(index)))
}

/// The name of a part that the database finds by it.
pub(super) fn named<T: Part>(part: &T, table: &TableName) -> Result<Name> {
    part.name().cloned().ok_or_else(|| unnamed(T::NOUN, table))
}

/// The clauses between two lists of indexes. `again` are those to be made
/// again although they stay; `bring` are the names of the foreign keys that come
/// with theirs.
pub(super) fn clauses(
    keys: Pair<Vec<Key>>,
    again: &dyn Fn(&Key) -> bool,
    bring: &[Name],
) -> Pair<Vec<String>> {
    let Pair { from, to } = keys;
    let same = |a: &Key, b: &Key| a.name == b.name && a.sql == b.sql && !again(b);
    let mut gone: Vec<&Key> = from
        .iter()
        .filter(|a| !to.iter().any(|b| same(a, b)))
        .collect();
    let mut new: Vec<&Key> = to
        .iter()
        .filter(|b| !from.iter().any(|a| same(a, b)))
        .collect();
    let mut drops = Vec::new();
    let mut adds = Vec::new();
    new.retain(|b| {
        let renamed = gone
            .iter()
            .position(|a| a.nameless == b.nameless && a.name != b.name);
        match renamed {
            Some(at) if !b.implied && !gone[at].implied && !again(b) => {
                let from = gone.remove(at);
                adds.push(format!(
                    "RENAME INDEX {} TO {}",
                    quote(from.name.as_str()),
                    quote(b.name.as_str())
                ));
                false
            }
            _ => true,
        }
    });
    for key in &gone {
        drops.push(format!("DROP KEY {}", quote(key.name.as_str())));
    }
    for key in new {
        let by_itself =
            key.by_itself && bring.contains(&key.name) && !from.iter().any(|a| a.name == key.name);
        if !by_itself {
            adds.push(format!("ADD {}", key.sql));
        }
    }
    Pair::new(drops, adds)
}
