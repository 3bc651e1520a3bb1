//! Databases: opening one, reading what is in it, copying its shape.
//!
//! This module knows drivers. It knows no migrations: those are run by
//! [`crate::Migrator`].
//!
//! | module | owns |
//! |---|---|
//! | `url` | where a database is, shown without secrets |
//! | `connection` | an open connection, whatever driver is behind it |
//! | `driver` | opening, and rows as text, for each driver |
//! | `said` | what the errors of the databases mean |
//! | `introspect` | sending the catalogue's statements |
//! | `row_count` | counting the rows that object to a change |
//! | `scratch` | an empty database of the same shape |
//! | `settle` | asking a server for its own words |
//! | `script` | small things that are asked |

mod connection;
pub(crate) mod driver;
mod introspect;
mod row_count;
mod said;
mod scratch;
mod script;
mod settle;
mod url;

pub use connection::{Connection, Mode, connect};
pub(crate) use connection::{Driver, Value};
pub(crate) use introspect::{BOOKKEEPING, read_answers, read_catalog};
pub use introspect::{introspect, is_bookkeeping};
pub use row_count::{Counted, RowCount, RowKey, RowLimits, count_rows, may_have_rows};
#[cfg(feature = "sqlite")]
pub(crate) use said::code;
pub(crate) use said::{database_error, hint_for, is_missing_table, kind, text, text_in};
pub use scratch::{
    ScratchCopy, ScratchSource, Skipped, memory_copy, sample_copy, scratch_copy, trial_copy,
};
pub use script::{execute, server_version};
pub use settle::{Settled, settle};
pub use url::Url;

pub use crate::run::run_operations;
