//! How keys, constraints and indexes are compared.

use super::pair_up::pair_up;
use crate::change::{Change, Pair};
use crate::operation::TableChange;
use crate::operation::part::Part;
use crate::schema::{
    Check, Expression, ForeignKey, Index, IndexKey, IndexTarget, Name, PrimaryKey, Unique,
};

/// Whether two expressions mean the same.
pub(super) type SameExpression<'a> = &'a dyn Fn(&Expression, &Expression) -> bool;

/// A part of a table that can be told from another one without its name.
pub(super) trait Compared: Part {
    /// Whether the two are the same but for their names.
    fn same_content(&self, other: &Self, same: SameExpression<'_>) -> bool;
    /// Whether the two are one thing, though not the same: what it is about
    /// did not change, only how.
    fn same_core(&self, other: &Self, same: SameExpression<'_>) -> bool;
    /// The change of a table that changes this part.
    fn change(change: Change<Self>) -> TableChange;
}

impl Compared for PrimaryKey {
    fn same_content(&self, other: &Self, _: SameExpression<'_>) -> bool {
        self.columns == other.columns && self.prefixes == other.prefixes
    }
    fn same_core(&self, _: &Self, _: SameExpression<'_>) -> bool {
        // A table has one.
        true
    }
    fn change(change: Change<Self>) -> TableChange {
        TableChange::PrimaryKey(change)
    }
}

impl Compared for Unique {
    fn same_content(&self, other: &Self, _: SameExpression<'_>) -> bool {
        let mut renamed = self.clone();
        renamed.name.clone_from(&other.name);
        renamed.extra.clone_from(&other.extra);
        renamed == *other
    }
    fn same_core(&self, other: &Self, _: SameExpression<'_>) -> bool {
        self.columns == other.columns
    }
    fn change(change: Change<Self>) -> TableChange {
        TableChange::Unique(change)
    }
}

impl Compared for ForeignKey {
    fn same_content(&self, other: &Self, _: SameExpression<'_>) -> bool {
        let mut renamed = self.clone();
        renamed.name.clone_from(&other.name);
        renamed.extra.clone_from(&other.extra);
        renamed == *other
    }
    fn same_core(&self, other: &Self, _: SameExpression<'_>) -> bool {
        self.columns == other.columns
            && self.references == other.references
            && self.referenced_columns == other.referenced_columns
    }
    fn change(change: Change<Self>) -> TableChange {
        TableChange::ForeignKey(change)
    }
}

impl Compared for Check {
    fn same_content(&self, other: &Self, same: SameExpression<'_>) -> bool {
        same(&self.expression, &other.expression)
    }
    fn same_core(&self, _: &Self, _: SameExpression<'_>) -> bool {
        // A check is its expression and nothing else.
        false
    }
    fn change(change: Change<Self>) -> TableChange {
        TableChange::Check(change)
    }
}

impl Compared for Index {
    fn same_content(&self, other: &Self, same: SameExpression<'_>) -> bool {
        let predicates = match (&self.predicate, &other.predicate) {
            (Some(a), Some(b)) => same(a, b),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        predicates
            && self.same_core(other, same)
            && self.unique == other.unique
            && self.method == other.method
            && self.include == other.include
            && self.nulls_not_distinct == other.nulls_not_distinct
    }
    fn same_core(&self, other: &Self, same: SameExpression<'_>) -> bool {
        self.keys.len() == other.keys.len()
            && self
                .keys
                .iter()
                .zip(&other.keys)
                .all(|(a, b)| same_key(a, b, same))
    }
    fn change(change: Change<Self>) -> TableChange {
        TableChange::Index(match change {
            // What is built without locking out writers goes away so, too.
            Change::Alter(mut pair) => {
                pair.from.concurrently = pair.to.concurrently;
                Change::Alter(pair)
            }
            other => other,
        })
    }
}

fn same_key(a: &IndexKey, b: &IndexKey, same: SameExpression<'_>) -> bool {
    let targets = match (&a.target, &b.target) {
        (IndexTarget::Column(a), IndexTarget::Column(b)) => a == b,
        (IndexTarget::Expression(a), IndexTarget::Expression(b)) => same(a, b),
        (IndexTarget::Column(_), IndexTarget::Expression(_))
        | (IndexTarget::Expression(_), IndexTarget::Column(_)) => false,
    };
    targets
        && a.descending == b.descending
        && a.collation == b.collation
        && a.nulls == b.nulls
        && a.opclass == b.opclass
        && a.prefix == b.prefix
}

/// The changes from one list of parts to the other. `goes_along` says which of
/// the existing ones use a column that goes away, and so must go before it.
pub(super) fn changes<T: Compared>(
    lists: Pair<Vec<T>>,
    goes_along: &dyn Fn(&T) -> bool,
) -> Vec<TableChange> {
    let equal = |a: &Expression, b: &Expression| a == b;
    let named_alike = |a: &T, b: &T| a.name().is_some() && a.name() == b.name();
    let paired = pair_up(
        lists,
        &[
            &|a, b| a == b,
            &named_alike,
            &|a, b| a.same_content(b, &equal),
            &|a, b| (a.name().is_none() || b.name().is_none()) && a.same_core(b, &equal),
        ],
    );
    let staying: Vec<Name> = paired
        .both
        .iter()
        .filter_map(|pair| pair.from.name().cloned())
        .collect();
    let mut changes: Vec<Change<T>> = paired.from.into_iter().map(Change::Drop).collect();
    for pair in paired.both {
        if pair.from == pair.to {
            continue;
        }
        let new_name = pair
            .to
            .name()
            .filter(|name| pair.from.name() != Some(*name));
        // A name that another one still has is free only once that one is
        // gone, and of two that swap names neither can be first.
        let taken = new_name.is_some_and(|name| staying.contains(name));
        if taken || goes_along(&pair.from) {
            changes.push(Change::Drop(pair.from));
            changes.push(Change::Add(pair.to));
            continue;
        }
        let names = (pair.from.name().cloned(), pair.to.name().cloned());
        changes.push(match names {
            (Some(from), Some(to)) if from != to => Change::Rename(Pair::new(from, to)),
            (_, _) => Change::Alter(pair),
        });
    }
    changes.extend(paired.to.into_iter().map(Change::Add));
    changes.into_iter().map(T::change).collect()
}
