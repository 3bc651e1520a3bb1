//! Identifiers.

/// The key under which names are compared.
pub(super) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// A name in backticks.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text in quotes, for a statement: backslashes are doubled, as every mode of
/// the servers but one reads them.
pub(super) fn string(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
