//! The part of aludel that thinks.
//!
//! Two schemas go in, a list of operations comes out; a list of operations and
//! the schema before them go in, a plan of statements comes out. No I/O, no
//! async, no parsing of Rust and no clock live here: everything that can fail
//! because of the outside world belongs to the crates around this one.
//!
//! | module | owns |
//! |---|---|
//! | [`schema`] | what a database looks like: tables, columns, keys, indexes |
//! | [`model`] | what the annotated structs say, before a dialect reads them |
//! | [`change`] | one way to say add, drop, alter and rename, for every noun |
//! | [`operation`] | what a migration does, reversible and replayable |
//! | [`diff`] | from two schemas to a list of operations |
//! | [`hazard`] | what a step may destroy, fail on, rewrite, lock or break |
//! | [`row_check`] | which rows that exist already object to that |
//! | [`object`] | what is written in SQL beside the models: views, triggers, functions |
//! | [`plan`] | statements in order, with the reason and the hazards of each |
//! | [`dialect`] | how one database spells and does all that |
//! | [`revision`] | migration files as a graph |

pub mod change;
pub mod dialect;
pub mod diff;
pub mod error;
pub mod hazard;
mod listed;
pub mod model;
pub mod object;
pub mod operation;
pub mod plan;
pub mod revision;
pub mod row_check;
pub mod schema;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(crate) mod statement;

pub use error::{Error, Result};
