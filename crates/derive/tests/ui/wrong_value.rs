//! Values of the wrong kind.

extern crate self as aludel;

use aludel_derive::Model;

/// The trait that the derive fills.
pub trait Model {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
}

#[derive(Model)]
#[table(name = 5, strict = true, primary_key)]
struct Node {
    #[column(type = 100, unique = "yes")]
    id: i64,
    #[column(default = now(), on_delete = "cascade", name = "")]
    at: i64,
}

fn main() {}
