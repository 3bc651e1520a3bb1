//! A model that is no struct.

extern crate self as aludel;

use aludel_derive::Model;

/// The trait that the derive fills.
pub trait Model {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
}

#[derive(Model)]
enum Node {
    A,
}

fn main() {}
