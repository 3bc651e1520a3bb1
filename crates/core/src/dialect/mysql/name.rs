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
/// the servers but `NO_BACKSLASH_ESCAPES` reads them.
pub(super) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\'' => out.push_str("''"),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}
