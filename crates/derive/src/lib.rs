//! The macros of aludel: a doorway, no rooms.
//!
//! `#[derive(Model)]` and `#[derive(Enum)]` read one item through the grammar
//! of aludel-syntax, the same that the scanner reads whole projects with.

mod migrations;
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

/// Embeds the migrations of a folder: `aludel::migrations!("versions");`.
///
/// The folder is relative to the crate's `Cargo.toml`. The item defines
/// `pub static MIGRATIONS: aludel::Migrations`, with one module for each `.rs`
/// file; `.sql` files are embedded as text. Hidden files, `mod.rs` and files
/// with another suffix are left out. A header that cannot be read is an error
/// here that names the file.
///
/// Cargo does not see new files by itself; the crate needs a `build.rs` that
/// prints `cargo::rerun-if-changed=versions`.
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    let folder = parse_macro_input!(input as syn::LitStr);
    migrations::migrations(&folder)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
