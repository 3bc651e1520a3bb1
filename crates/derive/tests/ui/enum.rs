//! Mistakes of an enum.

extern crate self as aludel;

use aludel_derive::Enum;

/// The trait that the derive fills.
pub trait Enum {
    const NAME: &'static str;
    const VALUES: &'static [&'static str];
}

#[derive(Enum)]
#[db_enum(nme = "mood")]
enum Mood {
    #[db_enum(name = "good")]
    Good,
    #[db_enum(name = "good")]
    Better(i64),
    #[db_enum(renamed_from = "good")]
    Best,
}

#[derive(Enum)]
struct Struct;

fn main() {}
