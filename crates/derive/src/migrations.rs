//! `migrations!("versions")`: the files of a folder, embedded.
//!
//! It reads names and headers only; what stands in a Rust file is the
//! compiler's business, and what lies between files is the graph's, at run
//! time, so that a broken history can still be mended with the commands.

use std::path::{Path, PathBuf};

use aludel_core::revision::{Format, Revision};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, LitStr, Result};

pub(crate) fn migrations(folder: &LitStr) -> Result<TokenStream> {
    let path = root().join(folder.value());
    let mut errors: Option<Error> = None;
    let mut modules = Vec::new();
    let mut entries = Vec::new();
    for (at, name) in names(&path, folder)?.iter().enumerate() {
        match file(&path, name, at, folder) {
            Ok((module, entry)) => {
                modules.push(module);
                entries.push(entry);
            }
            Err(error) => match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            },
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    Ok(quote! {
        #(#modules)*

        /// The migrations of this crate.
        pub static MIGRATIONS: ::aludel::Migrations = {
            static FILES: &[::aludel::MigrationFile] = &[#(#entries),*];
            ::aludel::Migrations::embedded(FILES)
        };
    })
}

/// The folder of the crate that is being compiled.
fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default()
}

/// The names of the migration files, sorted, as every list of names that ends
/// up in a program must be.
fn names(path: &Path, folder: &LitStr) -> Result<Vec<String>> {
    let wrong = |error: std::io::Error| {
        let message = format!("the folder `{}` cannot be read: {error}", path.display());
        Error::new(folder.span(), message)
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if Format::of_file(&name).is_some() && entry.path().is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The module of a file, if it has one, and its entry in the list.
fn file(
    folder: &Path,
    name: &str,
    at: usize,
    literal: &LitStr,
) -> Result<(TokenStream, TokenStream)> {
    let error = |message: String| Error::new(literal.span(), message);
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path)
        .map_err(|e| error(format!("`{name}` cannot be read: {e}")))?;
    let revision = Revision::read(name, &text).map_err(|e| {
        let hint = e.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        error(format!("{}{hint}", e.message))
    })?;
    let Some(path) = path.to_str() else {
        return Err(error(format!("the path of `{name}` is not UTF-8")));
    };
    // include_str! makes the compiler look at the file again when it changes.
    Ok(match revision.format {
        Format::Sql => (
            TokenStream::new(),
            quote!(::aludel::MigrationFile::source(#name, ::core::include_str!(#path))),
        ),
        Format::Rust => {
            let module = module_name(revision.id(), at);
            (
                quote! {
                    #[allow(unreachable_pub, reason = "the module is private, the file says `pub`")]
                    #[path = #path]
                    mod #module;
                },
                quote! {
                    ::aludel::MigrationFile::rust(
                        #name,
                        ::core::include_str!(#path),
                        #module::upgrade,
                        #module::downgrade,
                    )
                },
            )
        }
    })
}

/// A module named after the id, for readable messages of the compiler; with a
/// number too where the id holds what an identifier cannot.
fn module_name(id: &str, at: usize) -> syn::Ident {
    let plain: String = id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    if plain == id {
        format_ident!("revision_{plain}")
    } else {
        format_ident!("revision_{at}_{plain}")
    }
}
