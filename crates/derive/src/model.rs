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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use aludel_syntax::scan::{SourceFile, scan};
    use proc_macro2::TokenTree;

    use super::*;

    /// The texts of all `compile_error!`s.
    fn errors_in(tokens: TokenStream) -> Vec<String> {
        let mut found = Vec::new();
        let mut after_macro = false;
        for tree in tokens {
            match tree {
                TokenTree::Ident(ident) => after_macro |= ident == "compile_error",
                TokenTree::Group(group) if after_macro => {
                    let text: syn::LitStr = syn::parse2(group.stream()).unwrap();
                    found.push(text.value());
                    after_macro = false;
                }
                TokenTree::Group(group) => found.extend(errors_in(group.stream())),
                _ => {}
            }
        }
        found
    }

    const STRUCTS: &[&str] = &[
        "struct Node<'a, T: Clone> where T: Copy { id: i64, name: &'a str, t: Vec<u8>, \
         #[column(skip)] x: T }",
        "#[table(name = \"n\", schema = \"s\", index(b desc))] struct Node { \
         #[column(name = \"aa\")] a: i64, r#type: i64, b: Option<i64> }",
        "#[sqlx(rename_all = \"camelCase\")] struct Node { #[sqlx(skip)] a: i64, long_name: i64, \
         #[sqlx(rename = \"x\")] c: i64 }",
        "#[table(nam = \"n\", primary_key(a, b))] struct Node { #[column(primary_key, skpi)] a: i64 }",
        "struct Node { #[column(default = 1, generated = \"2\", on_delete = cascade)] a: i64 }",
        "struct Node { #[column(primary_key, autoincrement)] a: String }",
        "#[table(index(a dsc), foreign_key(a), check())] struct Node { a: i64 }",
        "struct Node(i64);",
        "struct Node;",
        "enum Node { A }",
    ];

    #[test]
    fn derive_and_scanner_say_the_same() {
        for item in STRUCTS {
            let input: DeriveInput = syn::parse_str(item).unwrap();
            let tokens = derive_model(&input);
            let mut derived = errors_in(tokens.clone());
            derived.sort();
            let source = format!("#[derive(aludel::Model)] {item}");
            match scan(vec![SourceFile::new("node.rs", source)]) {
                Ok(scanned) => {
                    assert_eq!(derived, Vec::<String>::new(), "{item}");
                    let table = &scanned.models.tables[0];
                    let name = table.name.to_string();
                    let columns = table.columns.iter().map(|c| c.name.as_str());
                    let tail = quote! {
                        const TABLE: &'static str = #name;
                        const COLUMNS: &'static [&'static str] = &[#(#columns),*];
                    };
                    let text = tokens.to_string();
                    assert!(text.contains(&tail.to_string()), "no {tail} in {text}");
                }
                Err(mistakes) => {
                    let mut scanned: Vec<String> = mistakes
                        .into_iter()
                        .map(|m| match m.hint {
                            Some(hint) => format!("{}\nhelp: {hint}", m.message),
                            None => m.message,
                        })
                        .collect();
                    scanned.sort();
                    assert_eq!(derived, scanned, "{item}");
                }
            }
        }
    }
}
