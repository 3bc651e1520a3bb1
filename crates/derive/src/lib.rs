//! The macros of aludel: a doorway, no rooms.
//!
//! `#[derive(Model)]` and `#[derive(Enum)]` read one item through the grammar
//! of aludel-syntax, the same that the scanner reads whole projects with.

mod model;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Checks the attributes of a model and gives `TABLE` and `COLUMNS`.
///
/// The keys are listed in `aludel_syntax::attr::KEYS`.
#[proc_macro_derive(Model, attributes(table, column))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    model::derive_model(&input).into()
}

/// Makes an enum a column type and gives `NAME` and `VALUES`.
#[proc_macro_derive(Enum, attributes(db_enum))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    model::derive_enum(&input).into()
}
