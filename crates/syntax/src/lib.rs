//! Rust source to aludel's models and back.
//!
//! The attribute grammar is one table ([`attr::KEYS`]); the derive macro and
//! the scanner read structs through the same code, so that both accept and
//! refuse the same. This crate reads no files and meets no database.
//!
//! | module | owns |
//! |---|---|
//! | [`attr`] | the keys of `#[table(..)]` and `#[column(..)]`, and how they are parsed |
//! | [`model`] | one struct read through that grammar, nothing of other items |
//! | `emit` | migration files and models as text (feature `emit`) |
//! | `scan` | many files: finding models, following types and references (feature `report`) |
//! | `report` | mistakes as reports that underline the source (feature `report`) |

#![cfg_attr(
    not(feature = "report"),
    expect(
        dead_code,
        reason = "the derive reads less of a struct than the scanner"
    )
)]

pub mod attr;
#[cfg(feature = "emit")]
pub mod emit;
pub mod model;
mod problem;
#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "report")]
pub mod scan;

pub use problem::{Problem, Problems};
