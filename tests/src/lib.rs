//! What the tests share: schemas at random, and the laws that hold for all of them.

pub mod generate;
pub mod laws;
