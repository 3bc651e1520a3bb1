//! `#[derive(Model)]` and `#[derive(Enum)]`: compile errors, or two constants.
//!
//! What may be written, and what is said when it is wrong, is aludel-syntax's.

use aludel_syntax::Problems;
use aludel_syntax::model::{EnumPart, StructModel};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

/// The implementation of `aludel::Model`, and an error for each mistake.
pub(crate) fn derive_model(input: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    let name = &input.ident;
    let Data::Struct(data) = &input.data else {
        problems.push(
            name.span(),
            format!("`{name}` is not a struct"),
            "a model is a struct whose fields have names",
        );
        return errors(problems);
    };
    let model = StructModel::read(&input.attrs, name, &data.fields, &mut problems);
    let table = model.name.to_string();
    let columns = model.column_names().map(|column| column.as_str());
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let errors = errors(problems);
    quote! {
        #errors
        #[automatically_derived]
        impl #generics ::aludel::Model for #name #arguments #bounds {
            const TABLE: &'static str = #table;
            const COLUMNS: &'static [&'static str] = &[#(#columns),*];
        }
    }
}

/// The implementation of `aludel::Enum`, and an error for each mistake.
pub(crate) fn derive_enum(input: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    let name = &input.ident;
    let Data::Enum(data) = &input.data else {
        problems.push(
            name.span(),
            format!("`{name}` is not an enum"),
            "derive `aludel::Model` for a struct",
        );
        return errors(problems);
    };
    let part = EnumPart::read(&input.attrs, name, &data.variants, &mut problems);
    let database_name = part.name.to_string();
    let values = &part.values;
    let errors = errors(problems);
    quote! {
        #errors
        #[automatically_derived]
        impl ::aludel::Enum for #name {
            const NAME: &'static str = #database_name;
            const VALUES: &'static [&'static str] = &[#(#values),*];
        }
    }
}

fn errors(problems: Problems) -> TokenStream {
    problems
        .into_iter()
        .map(|problem| {
            let text = match problem.hint {
                Some(hint) => format!("{}\nhelp: {hint}", problem.message),
                None => problem.message,
            };
            syn::Error::new(problem.span, text).to_compile_error()
        })
        .collect()
}
