//! Unique keys by whatever word they are called.
//!
//! The servers know one kind of unique key. The schema lists it as a unique
//! constraint or as an index, and a migration may say the other of the two.

use crate::change::{Change, Pair};
use crate::dialect::mysql::canonical::{Named, drop_named};
use crate::operation::TableChange;
use crate::schema::{Name, Table};

/// The same change in the words in which the table lists what it is about.
pub(super) fn as_listed(table: &Table, change: &TableChange) -> TableChange {
    match change {
        TableChange::Index(Change::Drop(index)) => dropped(table, index.name.as_ref()),
        TableChange::Unique(Change::Drop(unique)) => dropped(table, unique.name.as_ref()),
        TableChange::Index(Change::Rename(names)) | TableChange::Unique(Change::Rename(names)) => {
            renamed(table, names)
        }
        _ => None,
    }
    .unwrap_or_else(|| change.clone())
}

fn dropped(table: &Table, name: Option<&Name>) -> Option<TableChange> {
    Some(match drop_named(table, name?)? {
        Named::Unique(unique) => TableChange::Unique(Change::Drop(unique)),
        Named::Index(index) => TableChange::Index(Change::Drop(index)),
    })
}

fn renamed(table: &Table, names: &Pair<Name>) -> Option<TableChange> {
    Some(match drop_named(table, &names.from)? {
        Named::Unique(_) => TableChange::Unique(Change::Rename(names.clone())),
        Named::Index(_) => TableChange::Index(Change::Rename(names.clone())),
    })
}
