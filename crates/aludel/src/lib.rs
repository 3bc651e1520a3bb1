//! .

/// What migration files are written with.
pub mod migration;
mod model;

pub use aludel_derive::{Enum, Model};
pub use model::{Enum, Model};
