//! Keys over fields that are not there.

extern crate self as aludel;

use aludel_derive::Model;

/// The trait that the derive fills.
pub trait Model {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
}

#[derive(Model)]
#[table(primary_key(idd), index(cached), foreign_key(a => Other(x, y)), check())]
struct Node {
    id: i64,
    a: i64,
    #[column(skip)]
    cached: i64,
}

fn main() {}
