//! In which order changes can be done: `STAGES` inside a table, with the reason
//! for each place, and [`between`] tables.

mod between;
mod names;
mod sequences;

pub(super) use between::{Work, between};
pub(super) use names::{Space, halves, shared_by, shared_name};

use crate::change::Change;
use crate::operation::TableChange;

/// What a change of a batch is, for its place among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Values,
    DropIndex,
    DropForeignKey,
    DropCheck,
    DropUnique,
    DropPrimaryKey,
    Columns,
    RenameParts,
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
    Index,
    TableItself,
}

/// The stages of a batch in order, and why each stands where it does. Read from
/// the end, it is the order of the way back.
const STAGES: &[(Stage, &str)] = &[
    (
        Stage::Values,
        "what comes after it speaks of the new values alone",
    ),
    (
        Stage::DropIndex,
        "an index may use a column, an expression or a uniqueness that goes away",
    ),
    (
        Stage::DropForeignKey,
        "it leans on the unique constraint or key that it refers to, maybe of this table",
    ),
    (
        Stage::DropCheck,
        "it may mention a column that goes away or changes its type",
    ),
    (
        Stage::DropUnique,
        "its columns may go away; nothing leans on it any more",
    ),
    (
        Stage::DropPrimaryKey,
        "its columns may go away, and another key needs its place",
    ),
    (
        Stage::Columns,
        "no part uses those that go any more, and what follows may use those that come; \
         they have an order among themselves",
    ),
    (
        Stage::RenameParts,
        "a new part may take a name that a rename sets free",
    ),
    (
        Stage::PrimaryKey,
        "its columns are there and NOT NULL; foreign keys of this table may refer to it",
    ),
    (
        Stage::Unique,
        "its columns are there; foreign keys of this table may refer to it",
    ),
    (Stage::Check, "its columns are there and of their new types"),
    (
        Stage::ForeignKey,
        "what it refers to in this table is unique now",
    ),
    (Stage::Index, "nothing leans on an index"),
    (
        Stage::TableItself,
        "options such as WITHOUT ROWID need the primary key",
    ),
];

/// Sorts the changes of a batch; those of one stage keep their order.
pub(super) fn within(changes: &mut [TableChange]) {
    changes.sort_by_key(|change| {
        let stage = stage(change);
        STAGES.iter().position(|(s, _)| *s == stage)
    });
}

fn stage(change: &TableChange) -> Stage {
    fn of<T>(change: &Change<T>, drop: Stage, make: Stage) -> Stage {
        match change {
            Change::Drop(_) => drop,
            Change::Rename(_) => Stage::RenameParts,
            Change::Add(_) | Change::Alter(_) => make,
        }
    }
    match change {
        TableChange::Values(_) => Stage::Values,
        TableChange::Column(_) => Stage::Columns,
        TableChange::PrimaryKey(c) => of(c, Stage::DropPrimaryKey, Stage::PrimaryKey),
        TableChange::Unique(c) => of(c, Stage::DropUnique, Stage::Unique),
        TableChange::Check(c) => of(c, Stage::DropCheck, Stage::Check),
        TableChange::ForeignKey(c) => of(c, Stage::DropForeignKey, Stage::ForeignKey),
        TableChange::Index(c) => of(c, Stage::DropIndex, Stage::Index),
        TableChange::Comment(_) | TableChange::Options(_) => Stage::TableItself,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_has_one_place_and_a_reason() {
        for (i, (stage, because)) in STAGES.iter().enumerate() {
            assert_eq!(STAGES.iter().position(|(s, _)| s == stage), Some(i));
            assert!(!because.is_empty());
        }
        assert_eq!(STAGES.len(), Stage::TableItself as usize + 1);
    }
}
