//! Things that are said twice.

extern crate self as aludel;

use aludel_derive::Model;

/// The trait that the derive fills.
pub trait Model {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
}

#[derive(Model)]
#[table(name = "node", name = "nodes", unique(a), unique(a))]
struct Node {
    #[column(primary_key, primary_key)]
    a: i64,
    #[column(name = "a")]
    b: i64,
}

fn main() {}
