//! Which object comes before which.

use super::words::Mentions;
use super::{Definition, ObjectId};
use crate::dialect::Dialect;

/// The objects in an order in which they can be made: each after those that it
/// names, kinds that others need first, else as they come. In a circle the
/// first one goes ahead.
pub(super) fn as_made(
    dialect: &dyn Dialect,
    list: Vec<Definition>,
    default: &str,
) -> Vec<Definition> {
    let mut left: Vec<(Mentions, Definition)> = list
        .into_iter()
        .map(|one| (Mentions::with_bodies(dialect, &one.sql), one))
        .collect();
    // The sort is stable: what is alike stays as it was.
    left.sort_by_key(|(_, one)| one.id.noun);
    let mut made = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = left.iter().position(|(mentions, one)| {
            left.iter().all(|(_, other)| {
                // A function does not wait for its namesakes.
                let own = other.id.noun == one.id.noun && other.id.name == one.id.name;
                own || !names(dialect, mentions, &other.id, default)
            })
        });
        made.push(left.remove(free.unwrap_or(0)).1);
    }
    made
}

/// The objects in an order in which they can be made.
pub fn in_order(dialect: &dyn Dialect, list: Vec<Definition>, default: &str) -> Vec<Definition> {
    as_made(dialect, list, default)
}

/// Whether a text names that object. A trigger is named by nothing, a function
/// by any of its namesakes.
pub(super) fn names(
    dialect: &dyn Dialect,
    mentions: &Mentions,
    id: &ObjectId,
    default: &str,
) -> bool {
    !matches!(id.noun, super::Noun::Trigger | super::Noun::Index)
        && mentions.has(dialect, &id.name, default)
}
