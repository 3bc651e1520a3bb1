//! Which object comes before which.

use super::words::Mentions;
use super::{Definition, Noun, ObjectId};
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
            let first = |(_, other): &(_, _)| comes_first(dialect, default, (mentions, one), other);
            !left.iter().any(first)
        });
        made.push(left.remove(free.unwrap_or(0)).1);
    }
    made
}

/// The objects in an order in which they can be made.
pub fn in_order(dialect: &dyn Dialect, list: Vec<Definition>, default: &str) -> Vec<Definition> {
    as_made(dialect, list, default)
}

/// Whether an object, with the names in it, is made after another one. Of
/// functions of one name, those that call that name are made last: whom they
/// mean, the text does not say.
pub(super) fn comes_first(
    dialect: &dyn Dialect,
    default: &str,
    (mentions, one): (&Mentions, &Definition),
    other: &Definition,
) -> bool {
    let is_function = matches!(one.id.noun, Noun::Function | Noun::Procedure);
    if other.id.name != one.id.name || !is_function {
        return other.id != one.id && names(dialect, mentions, &other.id, default);
    }
    // Its own name stands at its head, too.
    let calls = |one: &Definition| {
        let bodies = Mentions::of_bodies(dialect, &one.sql);
        names(dialect, &bodies, &one.id, default)
    };
    other.id != one.id && calls(one) && !calls(other)
}

/// Whether a text names that object. A trigger is named by nothing, a function
/// by any of its namesakes.
pub(super) fn names(
    dialect: &dyn Dialect,
    mentions: &Mentions,
    id: &ObjectId,
    default: &str,
) -> bool {
    !matches!(id.noun, Noun::Trigger | Noun::Index) && mentions.has(dialect, &id.name, default)
}
