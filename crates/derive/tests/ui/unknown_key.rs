//! Keys that do not exist, each with the one that was meant.

extern crate self as aludel;

use aludel_derive::Model;

/// The trait that the derive fills.
pub trait Model {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
}

#[derive(Model)]
#[table(nmae = "node", index(long_name dsc))]
struct Node {
    #[column(primary_key)]
    id: i64,
    #[column(defualt = 1)]
    long_name: i64,
    #[column(varchar)]
    short_name: String,
}

fn main() {}
