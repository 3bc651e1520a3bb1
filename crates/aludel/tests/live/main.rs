//! Everything that needs a database, on files in a folder of its own.
#![expect(clippy::unwrap_used, reason = "tests")]

mod db;
mod migrator;
mod support;
