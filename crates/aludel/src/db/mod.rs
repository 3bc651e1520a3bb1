//! Databases: opening one, reading what is in it, copying its shape.
//!
//! This module knows drivers. It knows no migrations: those are run by
//! [`crate::Migrator`].

mod connection;
mod copy;
mod driver_error;
mod introspect;
mod script;
mod url;

pub(crate) use connection::file_of;
pub use connection::{Connection, Mode, connect};
pub use copy::{MemoryCopy, Skipped, memory_copy};
pub(crate) use driver_error::{code, database_error, hint_for, text};
pub(crate) use introspect::read_catalog;
pub use introspect::{introspect, is_bookkeeping};
pub use script::{execute, server_version};
pub use url::Url;

pub use crate::run::run_operations;
