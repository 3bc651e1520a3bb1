//! .

/// What migration files are written with.
pub mod migration;
