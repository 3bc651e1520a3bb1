//! What a file says, as a hash: its tokens, not its bytes.
//!
//! Line endings, white space and comments change nothing. This is a lexer by
//! hand for both formats, as exact as that purpose needs: it must know where
//! strings and comments begin and end.

use sha2::{Digest, Sha256};

use super::Format;

/// A hash over the tokens of a migration file, header and comments left out.
pub fn checksum(text: &str, format: Format) -> String {
    let mut hash = Sha256::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some(first) = rest.chars().next() {
        let length = length(rest, first, format);
        let (token, after) = rest.split_at(length);
        rest = after;
        if !is_blank(token, first, format) {
            // Tokens are told apart whatever stood between them; a line end
            // inside one counts as one, however it is written.
            hash.update(token.replace("\r\n", "\n").as_bytes());
            hash.update([0]);
        }
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn is_blank(token: &str, first: char, format: Format) -> bool {
    first.is_whitespace() || token.starts_with(comment(format)) || token.starts_with("/*")
}

fn comment(format: Format) -> &'static str {
    match format {
        Format::Rust => "//",
        Format::Sql => "--",
    }
}

/// The length in bytes of the token, the comment or the space that begins here.
fn length(rest: &str, first: char, format: Format) -> usize {
    if rest.starts_with(comment(format)) {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest, format == Format::Rust);
    }
    match (first, format) {
        ('\'' | '"' | '`', Format::Sql) => sql_quoted(rest, first),
        ('"', Format::Rust) => rust_string(rest),
        ('\'', Format::Rust) => rust_quote(rest),
        ('r' | 'b' | 'c', Format::Rust) => rust_prefixed(rest).unwrap_or_else(|| word(rest)),
        (first, _) if is_word(first) => word(rest),
        (first, _) => first.len_utf8(),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(rest: &str) -> usize {
    rest.find(|c| !is_word(c)).unwrap_or(rest.len())
}

fn block_comment(rest: &str, nested: bool) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else if tail.starts_with("/*") && (nested || depth == 0) {
            depth += 1;
            at += 2;
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// A doubled quote inside reads as two tokens, which tells them apart as well.
fn sql_quoted(rest: &str, quote: char) -> usize {
    rest[1..].find(quote).map_or(rest.len(), |at| at + 2)
}

fn rust_string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character, or a lifetime.
fn rust_quote(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    let Some((_, first)) = chars.next() else {
        return rest.len();
    };
    if first == '\\' {
        let end = rest[2..].char_indices().skip(1).find(|(_, c)| *c == '\'');
        return end.map_or(rest.len(), |(at, _)| at + 3);
    }
    match chars.next() {
        Some((at, '\'')) => at + 1,
        _ => 1,
    }
}

/// `r"..."`, `br#"..."#`, `b"..."`, `b'x'`; not the identifier `r#type`.
fn rust_prefixed(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c: char| !"rbc".contains(c))?;
    let tail = &rest[prefix..];
    if !rest[..prefix].contains('r') {
        return match tail.chars().next()? {
            '"' => Some(prefix + rust_string(tail)),
            '\'' => Some(prefix + rust_quote(tail)),
            _ => None,
        };
    }
    let fences = tail.find(|c| c != '#')?;
    let body = tail[fences..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(fences));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(prefix + fences + 1 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_count() {
        let a = "//! m\n\nfn up(op: &'a X) {\n    op.execute(r#\"a \" // b\"#); // c\n}\n";
        let b = "/* x /* y */ */ fn up ( op : & 'a X ) {\r\n op.execute(r#\"a \" // b\"#) ; }";
        assert_eq!(checksum(a, Format::Rust), checksum(b, Format::Rust));
        let c = b.replace("// b", "//  b");
        assert_ne!(checksum(a, Format::Rust), checksum(&c, Format::Rust));
        let a = "-- m\nCREATE TABLE t (a TEXT DEFAULT 'x -- y''z');";
        let b = "CREATE TABLE\r\n t(a TEXT DEFAULT 'x -- y''z') /* e */ ;\n-- f";
        assert_eq!(checksum(a, Format::Sql), checksum(b, Format::Sql));
        assert_ne!(
            checksum(a, Format::Sql),
            checksum(&b.replace("y'", "w'"), Format::Sql)
        );
        assert_ne!(checksum("ab", Format::Sql), checksum("a b", Format::Sql));
    }

    #[test]
    fn any_text_has_one() {
        for text in [
            "'",
            "\"",
            "r#\"",
            "b'",
            "'\\",
            "/*",
            "é'ü",
            "r#type",
            "'\\u{1F600}'x",
            "[''",
            "\\",
        ] {
            for format in Format::ALL {
                assert_eq!(checksum(text, format).len(), 32, "{text}");
            }
        }
    }
}
