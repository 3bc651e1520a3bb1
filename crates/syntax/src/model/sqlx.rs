//! What sqlx's own attributes say about columns.
//!
//! They are sqlx's to check: keys that mean nothing here are passed over.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, LitStr, Token, token};

/// The keys of `#[sqlx(..)]` that matter to a column, a struct or an enum.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sqlx {
    pub(crate) rename: Option<String>,
    pub(crate) rename_all: Option<String>,
    pub(crate) type_name: Option<String>,
    pub(crate) try_from: Option<String>,
    pub(crate) skip: bool,
    pub(crate) flatten: bool,
    pub(crate) json: bool,
    pub(crate) transparent: bool,
}

impl Sqlx {
    /// Reads the attributes of one item.
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let mut found = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("sqlx")) {
            // a mistake in there is for sqlx to report
            let _ = attribute.parse_args_with(|input: ParseStream| found.read(input));
        }
        found
    }

    fn read(&mut self, input: ParseStream) -> syn::Result<()> {
        while !input.is_empty() {
            let key = Ident::parse_any(input)?.to_string();
            let mut text = None;
            if input.parse::<Option<Token![=]>>()?.is_some() {
                if input.peek(LitStr) {
                    text = Some(input.parse::<LitStr>()?.value());
                }
            } else if input.peek(token::Paren) {
                let content;
                syn::parenthesized!(content in input);
                content.parse::<TokenStream>()?;
            }
            match key.as_str() {
                "rename" => self.rename = text,
                "rename_all" => self.rename_all = text,
                "type_name" => self.type_name = text,
                "try_from" => self.try_from = text,
                "skip" => self.skip = true,
                "flatten" => self.flatten = true,
                "json" => self.json = true,
                "transparent" => self.transparent = true,
                _ => {}
            }
            while !input.is_empty() && !input.peek(Token![,]) {
                input.parse::<TokenTree>()?;
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    }
}
