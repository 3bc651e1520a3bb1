//! `migrations!("versions")`: the files of a folder, embedded.
//!
//! It reads names and headers only; what stands in a Rust file is the
//! compiler's business, and what lies between files is the graph's, at run
//! time, so that a broken history can still be mended with the commands.

use std::collections::BTreeMap;
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
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (at, name) in names(&path, folder)?.iter().enumerate() {
        match file(&path, name, at, folder) {
            Ok(file) => {
                if let Some(other) = seen.insert(file.id.clone(), name.clone()) {
                    let id = &file.id;
                    let message =
                        format!("revision `{id}` is in two files, `{other}` and `{name}`");
                    add(&mut errors, Error::new(folder.span(), message));
                }
                modules.push(file.module);
                entries.push(file.entry);
            }
            Err(error) => add(&mut errors, error),
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

/// One file, as it is embedded.
struct File {
    id: String,
    /// The module of a Rust file.
    module: TokenStream,
    /// What stands for it in the list.
    entry: TokenStream,
}

fn add(errors: &mut Option<Error>, error: Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
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

fn file(folder: &Path, name: &str, at: usize, literal: &LitStr) -> Result<File> {
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
    let (module, entry) = match revision.format {
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
    };
    Ok(File {
        id: revision.header.id,
        module,
        entry,
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn embed(files: &[(&str, &str)]) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let literal = LitStr::new(
            folder.path().to_str().unwrap(),
            proc_macro2::Span::call_site(),
        );
        migrations(&literal).map(|tokens| tokens.to_string())
    }

    const RUST: &str = "//! m\n//!\n//! Revision ID: a1\n//! Revises:\n//! Create Date: d\n";

    #[test]
    fn files_become_modules_and_texts() {
        let sql = RUST.replace("//!", "--").replace("a1", "b2") + "-- Dialect: sqlite\n";
        let tokens = embed(&[
            ("a1_m.rs", RUST),
            ("b2_m.sql", &sql),
            (".hidden.rs", "broken"),
            ("c3.rs.disabled", "broken"),
            ("README.md", "broken"),
        ])
        .unwrap();
        assert!(tokens.contains("mod revision_a1"), "{tokens}");
        assert!(tokens.contains("\"b2_m.sql\""), "{tokens}");
        assert!(
            !tokens.contains("hidden") && !tokens.contains("c3"),
            "{tokens}"
        );
    }

    #[test]
    fn every_broken_header_names_its_file() {
        let error = embed(&[("a.rs", "pub fn upgrade() {}"), ("b.sql", "SELECT 1")]).unwrap_err();
        let messages: Vec<String> = error.into_iter().map(|error| error.to_string()).collect();
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert!(messages[0].contains("`a.rs`") && messages[0].contains("`Revision ID`"));
        assert!(messages[1].contains("`b.sql`"));
    }

    #[test]
    fn two_files_with_one_id_are_named() {
        let error = embed(&[("a1_m.rs", RUST), ("other.rs", RUST)])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`a1_m.rs`") && error.contains("`other.rs`"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_folder_is_named() {
        let literal = LitStr::new("no/such/folder", proc_macro2::Span::call_site());
        let error = migrations(&literal).unwrap_err().to_string();
        assert!(error.contains("no/such/folder"), "{error}");
    }
}
