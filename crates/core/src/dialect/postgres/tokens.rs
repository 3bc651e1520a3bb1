//! The tokens of a text in PostgreSQL's own words.
//!
//! It owns the cutting of expressions and definitions into tokens with exact
//! byte ranges, and the reading of names and strings. It must not know what a
//! statement means. A text that is cut short inside a string is one last token.

use std::ops::Range;

use crate::schema::{Name, TableName};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or an identifier without quotes.
    Word,
    /// An identifier in double quotes.
    Quoted,
    /// A string, with whatever stands before its quotes (`E'a'`, `$$a$$`).
    Text,
    /// A number.
    Number,
    /// An operator: as many of its signs as belong together.
    Operator,
    /// A parenthesis, a bracket, a comma, a dot, `::`, a parameter.
    Mark,
}

/// A token: what it is and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
}

impl Token {
    /// Its text.
    pub(super) fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.range.clone()]
    }

    /// Whether it is that word (without quotes), mark or operator.
    pub(super) fn is(&self, sql: &str, word: &str) -> bool {
        !matches!(self.kind, Kind::Quoted | Kind::Text) && self.text(sql).eq_ignore_ascii_case(word)
    }

    /// Whether it can be a name.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted)
    }
}

/// The tokens of a text, without white space and comments.
pub(super) fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < sql.len() {
        let (kind, length) = next(&sql[at..]);
        let end = at + length.max(1);
        if let Some(kind) = kind {
            found.push(Token {
                kind,
                range: at..end,
            });
        }
        at = end;
    }
    found
}

/// The token, white space or comment (no kind) that the text begins with, and
/// how many bytes it has.
fn next(text: &str) -> (Option<Kind>, usize) {
    let bytes = text.as_bytes();
    let second = bytes.get(1).copied().unwrap_or(0);
    match bytes[0] {
        b if b.is_ascii_whitespace() || b == 0x0b => (None, 1),
        b'-' if second == b'-' => (None, text.find('\n').unwrap_or(text.len())),
        b'/' if second == b'*' => (None, comment(text)),
        b'\'' => (Some(Kind::Text), quoted(text, 0, false)),
        b'"' => (Some(Kind::Quoted), quoted(text, 0, false)),
        b'$' => dollar(text),
        b'0'..=b'9' => (Some(Kind::Number), number(bytes)),
        b'.' if second.is_ascii_digit() => (Some(Kind::Number), number(bytes)),
        b'(' | b')' | b'[' | b']' | b',' | b';' | b'.' => (Some(Kind::Mark), 1),
        b':' => (Some(Kind::Mark), if second == b':' { 2 } else { 1 }),
        b if is_operator(b) => (Some(Kind::Operator), operator(text)),
        b'e' | b'E' if second == b'\'' => (Some(Kind::Text), quoted(text, 1, true)),
        b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if second == b'\'' => {
            (Some(Kind::Text), quoted(text, 1, false))
        }
        b'u' | b'U' if text[1..].starts_with("&'") => (Some(Kind::Text), quoted(text, 2, false)),
        b'u' | b'U' if text[1..].starts_with("&\"") => (Some(Kind::Quoted), quoted(text, 2, false)),
        _ => (Some(Kind::Word), word(text)),
    }
}

fn word(text: &str) -> usize {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
    text.find(|c: char| !part(c)).unwrap_or(text.len()).max(
        // Whatever else it is, it is one character.
        text.chars().next().map_or(1, char::len_utf8),
    )
}

fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}

/// An operator ends before a comment, and `a=-1` is two operators: a sign at
/// the end stays only beside the marks that no standard operator has.
fn operator(text: &str) -> usize {
    let end = text
        .bytes()
        .position(|b| !is_operator(b))
        .unwrap_or(text.len());
    let comments = [text[..end].find("--"), text[..end].find("/*")];
    let mut end = comments.into_iter().flatten().min().unwrap_or(end).max(1);
    let odd = text[..end].bytes().any(|b| b"~!@#%^&|`?".contains(&b));
    while end > 1 && !odd && text[..end].ends_with(['+', '-']) {
        end -= 1;
    }
    end
}

fn number(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let exponent = matches!(bytes.get(at.wrapping_sub(1)), Some(b'e' | b'E'))
            && !bytes.starts_with(b"0x")
            && !bytes.starts_with(b"0X");
        if !(byte.is_ascii_alphanumeric()
            || byte == b'.'
            || byte == b'_'
            || (matches!(byte, b'+' | b'-') && exponent))
        {
            break;
        }
        at += 1;
    }
    at
}

/// The length of something in quotes that begins at `from`.
fn quoted(text: &str, from: usize, escapes: bool) -> usize {
    let bytes = text.as_bytes();
    let quote = bytes[from];
    let mut at = from + 1;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' && escapes {
            at += 2;
        } else if byte == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    text.len()
}

fn dollar(text: &str) -> (Option<Kind>, usize) {
    let tag = text[1..].find('$').map(|n| &text[..n + 2]);
    let is_tag = |tag: &str| {
        let name = &tag[1..tag.len() - 1];
        !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    match tag.filter(|tag| is_tag(tag)) {
        Some(tag) => {
            let end = text[tag.len()..].find(tag);
            let length = end.map_or(text.len(), |n| n + 2 * tag.len());
            (Some(Kind::Text), length)
        }
        None => {
            let digits = text[1..].bytes().take_while(u8::is_ascii_digit).count();
            (Some(Kind::Mark), 1 + digits)
        }
    }
}

/// Comments can hold comments.
fn comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The name that a token is: folded to lower case unless it is in quotes.
pub(super) fn name(token: &Token, sql: &str) -> Name {
    let text = token.text(sql);
    match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
        Some(inner) => Name::new(inner.replace("\"\"", "\"")),
        None => Name::new(text.to_lowercase()),
    }
}

/// The name at `at`, with its schema if it has one, and how many tokens it has.
pub(super) fn table_name(list: &[Token], at: usize, sql: &str) -> Option<(TableName, usize)> {
    let first = list.get(at).filter(|token| token.is_name())?;
    let dot = list.get(at + 1).is_some_and(|token| token.is(sql, "."));
    match list.get(at + 2).filter(|token| dot && token.is_name()) {
        Some(second) => {
            let own = TableName::in_schema(name(first, sql), name(second, sql));
            Some((own, 3))
        }
        None => Some((TableName::from(name(first, sql)), 1)),
    }
}

/// The text of a string, if the token is one whose text can be told.
pub(super) fn string(token: &Token, sql: &str) -> Option<String> {
    let text = token.text(sql);
    if token.kind != Kind::Text {
        return None;
    }
    if let Some(inner) = text.strip_prefix('\'') {
        return Some(inner.strip_suffix('\'')?.replace("''", "'"));
    }
    if text.starts_with(['e', 'E']) {
        return unescaped(text.get(2..text.len().checked_sub(1)?)?);
    }
    if let Some(rest) = text.strip_prefix('$') {
        let tag = rest.find('$')? + 2;
        return text
            .get(tag..text.len().checked_sub(tag)?)
            .map(str::to_owned);
    }
    None
}

/// What stands between the quotes of an `E'..'` string; nothing where it has
/// an escape by number.
fn unescaped(inner: &str) -> Option<String> {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.push(match rest.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'x' | 'u' | 'U' | '0'..='7' => return None,
                other => other,
            }),
            '\'' => {
                rest.next();
                out.push('\'');
            }
            other => out.push(other),
        }
    }
    Some(out)
}

/// The index of the token that closes the parenthesis or bracket at `open`.
pub(super) fn closing(list: &[Token], open: usize, sql: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in list.iter().enumerate().skip(open) {
        if token.is(sql, "(") || token.is(sql, "[") {
            depth += 1;
        } else if token.is(sql, ")") || token.is(sql, "]") {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// The text without white space at its ends and without parentheses around all
/// of it.
pub(super) fn unwrapped(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let list = tokens(text);
        let Some(last) = list.len().checked_sub(1) else {
            return text;
        };
        if !list[0].is(text, "(") || closing(&list, 0, text) != Some(last) {
            return text;
        }
        text = text[list[0].range.end..list[last].range.start].trim();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).iter().map(|t| t.text(sql)).collect()
    }

    #[test]
    fn a_text_is_cut_where_postgres_cuts_it() {
        for (sql, expected) in [
            ("a=-1", vec!["a", "=", "-", "1"]),
            ("a @-b", vec!["a", "@-", "b"]),
            ("a->>'b'::text", vec!["a", "->>", "'b'", "::", "text"]),
            ("1.5e-3+x", vec!["1.5e-3", "+", "x"]),
            ("'it''s' || E'\\''", vec!["'it''s'", "||", "E'\\''"]),
            ("a -- b\n+ /* c /* d */ */ 1", vec!["a", "+", "1"]),
            ("$tag$ ; ' $tag$ $1", vec!["$tag$ ; ' $tag$", "$1"]),
            ("\"a\"\"b\".ü", vec!["\"a\"\"b\"", ".", "ü"]),
            ("a>=1--x", vec!["a", ">=", "1"]),
            ("a[1:2]", vec!["a", "[", "1", ":", "2", "]"]),
        ] {
            assert_eq!(texts(sql), expected, "{sql}");
        }
    }

    #[test]
    fn strings_are_read() {
        let read = |sql: &str| tokens(sql).first().and_then(|t| string(t, sql));
        assert_eq!(read("'it''s'").as_deref(), Some("it's"));
        assert_eq!(read("E'a\\n\\'b'''").as_deref(), Some("a\n'b'"));
        assert_eq!(read("E'\\x41'"), None);
        assert_eq!(read("$$a'b$$").as_deref(), Some("a'b"));
        assert_eq!(read("$q$a$q$").as_deref(), Some("a"));
        assert_eq!(read("a"), None);
    }

    #[test]
    fn only_parentheses_around_everything_go() {
        assert_eq!(unwrapped(" ((a) + (b)) "), "(a) + (b)");
        assert_eq!(unwrapped("(a) + (b)"), "(a) + (b)");
        assert_eq!(unwrapped("((a))"), "a");
        assert_eq!(unwrapped("(')')"), "')'");
        assert_eq!(unwrapped(""), "");
    }

    #[test]
    fn names_are_folded_unless_quoted() {
        let sql = "Other.\"T t\"";
        let list = tokens(sql);
        let found = table_name(&list, 0, sql);
        assert_eq!(found, Some((TableName::in_schema("other", "T t"), 3)));
    }
}
