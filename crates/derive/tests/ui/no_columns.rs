//! Structs without columns.

extern crate self as aludel;

use aludel_derive::Model;

/// The trait that the derive fills.
pub trait Model {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
}

#[derive(Model)]
struct Tuple(i64);

#[derive(Model)]
struct Unit;

#[derive(Model)]
struct Empty {}

#[derive(Model)]
struct Skipped {
    #[column(skip)]
    a: i64,
}

fn main() {}
