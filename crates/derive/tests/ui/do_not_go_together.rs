//! Keys that do not go together.

extern crate self as aludel;

use aludel_derive::Model;

/// The trait that the derive fills.
pub trait Model {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
}

#[derive(Model)]
struct Node {
    #[column(default = 1, generated = "2")]
    a: i64,
    #[column(on_delete = cascade)]
    b: i64,
    #[column(stored)]
    c: i64,
    #[column(primary_key, autoincrement)]
    d: String,
    #[column(skip, unique)]
    e: i64,
}

fn main() {}
