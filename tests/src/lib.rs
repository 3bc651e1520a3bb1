//! What the tests share: schemas at random, the laws that hold for all of them,
//! and the road that commands take from models to operations.

pub mod files;
pub mod generate;
pub mod laws;
pub mod live;
pub mod place;
mod smaller;
pub mod stacked;
pub mod stored;
pub mod world;
