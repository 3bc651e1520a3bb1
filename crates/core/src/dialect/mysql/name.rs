//! Identifiers.

/// The key under which names are compared.
pub(super) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// A name in backticks.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
