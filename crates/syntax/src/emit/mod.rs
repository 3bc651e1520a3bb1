//! Writing: migration files in both formats, and models.
//!
//! Everything here is text from values; no file is touched. What is written in
//! Rust is what `aludel::migration` reads: the two belong together.

mod atoms;
mod body;
mod layout;
mod models;
pub use models::models;

pub mod rust;
pub mod sql;
mod steps;
#[cfg(test)]
mod tests;
