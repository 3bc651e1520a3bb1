//! Identifiers.

/// The key under which names are compared.
pub(super) fn fold(name: &str) -> String {
    name.to_owned()
}

/// A name in quotes.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
