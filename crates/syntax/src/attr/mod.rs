//! The attribute grammar: its table and its parser.
//!
//! Owns what may be written inside `#[table(..)]`, `#[column(..)]` and
//! `#[db_enum(..)]`. Must not know what the rest of the item says.

mod cfg;
mod keys;
mod list;
mod parse;
mod value;

pub use keys::{DATABASES, Databases, KEYS, Key, Place, Takes, key_table};

pub(crate) use cfg::{effective, enabled};
#[cfg(feature = "report")]
pub(crate) use list::TargetTable;
pub(crate) use list::{FieldRef, KeyRef, List, Target};
pub(crate) use parse::attributes;
pub(crate) use value::{Entries, Entry};
