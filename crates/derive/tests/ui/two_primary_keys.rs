//! Two spellings of the primary key.

extern crate self as aludel;

use aludel_derive::Model;

/// The trait that the derive fills.
pub trait Model {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
}

#[derive(Model)]
#[table(primary_key(id))]
struct Node {
    #[column(primary_key)]
    id: i64,
}

fn main() {}
