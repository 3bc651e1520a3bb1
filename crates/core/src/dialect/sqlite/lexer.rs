//! SQLite's tokens.
//!
//! Owns the cutting of a text into tokens with exact byte ranges, the splitting
//! of a script into statements, and the spelling of a text in which only its
//! tokens count. It must not know what any statement means.

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::object::Word;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A keyword or an identifier without quotes.
    Word,
    /// An identifier in double quotes, back quotes or brackets.
    Quoted,
    /// A string in single quotes.
    Text,
    /// `x'00'`.
    Blob,
    /// A number.
    Number,
    /// `?1`, `:a`, `@a`, `$a`.
    Parameter,
    /// An operator or a mark.
    Mark,
}

/// A token: what it is and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: TokenKind,
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
}

impl Token {
    /// Its text.
    pub(super) fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.range.clone()]
    }

    /// Whether it is that word (without quotes) or mark, whatever its case.
    pub(super) fn is(&self, sql: &str, word: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Mark)
            && self.text(sql).eq_ignore_ascii_case(word)
    }
}

/// The tokens of a text, without white space and comments.
///
/// # Errors
/// A text that ends inside a string, a quoted name or a comment.
pub(super) fn tokens(sql: &str) -> Result<Vec<Token>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < sql.len() {
        let (kind, end) = next(sql, at)?;
        if let Some(kind) = kind {
            found.push(Token {
                kind,
                range: at..end,
            });
        }
        at = end;
    }
    Ok(found)
}

/// The token, white space or comment (no kind) at `at`, and where it ends.
fn next(sql: &str, at: usize) -> Result<(Option<TokenKind>, usize)> {
    let rest = &sql.as_bytes()[at..];
    let run = |from: usize, test: fn(u8) -> bool| {
        rest[from..]
            .iter()
            .position(|&b| !test(b))
            .map_or(rest.len(), |n| from + n)
    };
    let second = rest.get(1).copied().unwrap_or(0);
    let (kind, length) = match rest[0] {
        b if is_space(b) => (None, run(1, is_space)),
        _ if sql[at..].starts_with('\u{feff}') => (None, '\u{feff}'.len_utf8()),
        b'-' if second == b'-' => (None, run(2, |b| b != b'\n')),
        b'/' if second == b'*' => match sql[at + 2..].find("*/") {
            Some(n) => (None, n + 4),
            None => return Err(unfinished("comment", &sql[at..])),
        },
        b'x' | b'X' if second == b'\'' => (
            Some(TokenKind::Blob),
            1 + quoted(&sql[at + 1..], b'\'', "blob")?,
        ),
        b'\'' => (Some(TokenKind::Text), quoted(&sql[at..], b'\'', "string")?),
        b @ (b'"' | b'`') => (
            Some(TokenKind::Quoted),
            quoted(&sql[at..], b, "quoted name")?,
        ),
        b'[' => match sql[at..].find(']') {
            Some(n) => (Some(TokenKind::Quoted), n + 1),
            None => return Err(unfinished("quoted name", &sql[at..])),
        },
        b'0'..=b'9' => (Some(TokenKind::Number), number(rest)),
        b'.' if second.is_ascii_digit() => (Some(TokenKind::Number), number(rest)),
        b'?' => (Some(TokenKind::Parameter), run(1, |b| b.is_ascii_digit())),
        b':' | b'@' | b'$' | b'#' if is_word(second) => {
            (Some(TokenKind::Parameter), run(1, is_word))
        }
        b if is_word_start(b) => (Some(TokenKind::Word), run(1, is_word)),
        _ => (Some(TokenKind::Mark), mark(&sql[at..])),
    };
    Ok((kind, at + length))
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

fn is_word_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

fn is_word(b: u8) -> bool {
    is_word_start(b) || b.is_ascii_digit() || b == b'$'
}

fn unfinished(what: &str, text: &str) -> Error {
    let start: String = text.chars().take(40).collect();
    Error::new(format!("the {what} that begins with `{start}` has no end"))
}

/// How many bytes a text in doubled quotes takes, both quotes included.
fn quoted(text: &str, quote: u8, what: &str) -> Result<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return Ok(at + 1);
            }
            at += 1;
        }
        at += 1;
    }
    Err(unfinished(what, text))
}

/// How many bytes a number takes. Letters that follow it at once belong to it:
/// SQLite refuses such a token, and so it must not become two.
fn number(rest: &[u8]) -> usize {
    let hexadecimal = rest[0] == b'0' && matches!(rest.get(1), Some(b'x' | b'X'));
    let mut at = 1;
    while let Some(&b) = rest.get(at) {
        let sign = matches!(b, b'+' | b'-')
            && !hexadecimal
            && matches!(rest[at - 1], b'e' | b'E')
            && rest.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !(is_word(b) || sign || (b == b'.' && !hexadecimal)) {
            break;
        }
        at += 1;
    }
    at
}

fn mark(text: &str) -> usize {
    const LONG: [&str; 10] = ["->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "==", "!="];
    LONG.iter()
        .find(|m| text.starts_with(**m))
        .map(|m| m.len())
        .or_else(|| text.chars().next().map(char::len_utf8))
        .unwrap_or(1)
}

/// A name without its quotes, whichever they are.
pub(super) fn unquote(text: &str) -> String {
    let inner = |n: usize| text.get(n..text.len().saturating_sub(1)).unwrap_or("");
    match text.as_bytes().first() {
        Some(b'"') => inner(1).replace("\"\"", "\""),
        Some(b'`') => inner(1).replace("``", "`"),
        Some(b'\'') => inner(1).replace("''", "'"),
        Some(b'[') => inner(1).to_owned(),
        _ => text.to_owned(),
    }
}

/// The statements of a script, without their final semicolons, without the
/// comments around them, and without empty ones.
///
/// # Errors
/// A text that ends inside a string, a comment or the body of a trigger.
pub(super) fn split_statements(script: &str) -> Result<Vec<String>> {
    Ok(statement_ranges(script)?
        .into_iter()
        .map(|range| script[range].to_owned())
        .collect())
}

/// Where the statements of a script stand.
///
/// A semicolon ends a statement, but inside `CREATE TRIGGER` only the one
/// after an `END` that itself follows a semicolon: SQLite's own shell tells
/// the end of a trigger in this way, and a `CASE .. END` does not deceive it.
///
/// # Errors
/// A text that ends inside a string, a comment or the body of a trigger.
pub(super) fn statement_ranges(script: &str) -> Result<Vec<Range<usize>>> {
    let all = tokens(script)?;
    let mut found = Vec::new();
    let mut first = 0;
    for (n, token) in all.iter().enumerate() {
        if !token.is(script, ";") {
            continue;
        }
        let statement = &all[first..n];
        if is_trigger(script, statement) && !ends_body(script, statement) {
            continue;
        }
        if let (Some(from), Some(to)) = (statement.first(), statement.last()) {
            found.push(from.range.start..to.range.end);
        }
        first = n + 1;
    }
    let statement = &all[first..];
    if let (Some(from), Some(to)) = (statement.first(), statement.last()) {
        if is_trigger(script, statement) && !ends_body(script, statement) {
            return Err(unfinished("trigger", &script[from.range.start..]));
        }
        found.push(from.range.start..to.range.end);
    }
    Ok(found)
}

fn is_trigger(sql: &str, statement: &[Token]) -> bool {
    let mut words = statement
        .iter()
        .skip_while(|t| t.is(sql, "explain") || t.is(sql, "query") || t.is(sql, "plan"));
    words.next().is_some_and(|t| t.is(sql, "create"))
        && words
            .find(|t| !t.is(sql, "temp") && !t.is(sql, "temporary"))
            .is_some_and(|t| t.is(sql, "trigger"))
}

fn ends_body(sql: &str, statement: &[Token]) -> bool {
    matches!(statement, [.., before, last] if before.is(sql, ";") && last.is(sql, "end"))
}

/// A text in which only the tokens count: no white space, no comments, no
/// quotes where a name needs none, no upper case outside strings.
///
/// A text that cannot be cut into tokens is given back as it is.
pub(super) fn normalised_tokens(sql: &str) -> String {
    let Ok(all) = tokens(sql) else {
        return sql.to_owned();
    };
    let mut words: Vec<String> = all.iter().map(|t| normalised(t, sql)).collect();
    while words.last().is_some_and(|w| w == ";") {
        words.pop();
    }
    words.join(" ")
}

/// One token as [`normalised_tokens`] writes it.
pub(super) fn normalised(token: &Token, sql: &str) -> String {
    let text = token.text(sql);
    match token.kind {
        TokenKind::Quoted => {
            let name = unquote(text).to_ascii_lowercase();
            if is_plain(&name) {
                name
            } else {
                format!("\"{}\"", name.replace('"', "\"\""))
            }
        }
        TokenKind::Text | TokenKind::Parameter => text.to_owned(),
        TokenKind::Number => text.replace('_', "").to_ascii_lowercase(),
        TokenKind::Word | TokenKind::Blob => text.to_ascii_lowercase(),
        TokenKind::Mark => match text {
            "==" => "=".to_owned(),
            "!=" => "<>".to_owned(),
            _ => text.to_owned(),
        },
    }
}

/// The tokens as objects that are written in SQL are looked at.
pub(super) fn words(sql: &str) -> Result<Vec<Word>> {
    let all = tokens(sql)?;
    let word = |token: Token| {
        let text = normalised(&token, sql);
        let name = match token.kind {
            TokenKind::Word | TokenKind::Quoted => Some(unquote(token.text(sql))),
            _ => None,
        };
        Word {
            bare: matches!(token.kind, TokenKind::Word | TokenKind::Mark),
            range: token.range,
            name,
            text,
        }
    };
    Ok(all.into_iter().map(word).collect())
}

/// Whether a name is made of the characters of a word, so that it may stand
/// without quotes if it is no keyword.
pub(super) fn is_plain(name: &str) -> bool {
    name.bytes().next().is_some_and(is_word_start) && name.bytes().all(is_word)
}

/// A short hash over the tokens of some statements, for noticing that a
/// database is not the one that a script was written for.
pub(super) fn token_hash<'a>(statements: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for sql in statements {
        hasher.update(normalised_tokens(sql));
        hasher.update(b"\n");
    }
    let digest = hasher.finalize();
    digest.iter().take(8).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).unwrap().iter().map(|t| t.text(sql)).collect()
    }

    #[test]
    fn cuts_every_kind_of_token() {
        assert_eq!(
            texts(
                "a \"b\"\"c\" [d e] `f` 'g''h' X'0a' 0x1F 1_000 .5 1. 2e-3 ?1 :n -- x\n /* y */ a->>b c||d!=e;"
            ),
            vec![
                "a",
                "\"b\"\"c\"",
                "[d e]",
                "`f`",
                "'g''h'",
                "X'0a'",
                "0x1F",
                "1_000",
                ".5",
                "1.",
                "2e-3",
                "?1",
                ":n",
                "a",
                "->>",
                "b",
                "c",
                "||",
                "d",
                "!=",
                "e",
                ";"
            ]
        );
        assert_eq!(
            texts("größe=1+2-3"),
            vec!["größe", "=", "1", "+", "2", "-", "3"]
        );
        assert_eq!(texts("0xe+1"), vec!["0xe", "+", "1"]);
        assert_eq!(texts("\u{feff}a\u{0c}b"), vec!["a", "b"]);
    }

    #[test]
    fn reports_what_has_no_end() {
        for text in ["'a", "\"a", "[a", "`a", "/* a", "x'0"] {
            assert!(tokens(text).unwrap_err().message.contains("has no end"));
        }
    }

    #[test]
    fn splits_scripts() {
        let script = "-- head\nCREATE TABLE a (b TEXT DEFAULT ';');;\n\
            CREATE TEMP TRIGGER t AFTER INSERT ON a WHEN CASE new.b WHEN 1 THEN 2 END BEGIN\n\
              SELECT CASE 1 WHEN 1 THEN 2 END; UPDATE a SET b = 'x'; -- END;\n\
            END;\n SELECT 1 -- tail";
        let parts = split_statements(script).unwrap();
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[0], "CREATE TABLE a (b TEXT DEFAULT ';')");
        assert!(parts[1].starts_with("CREATE TEMP TRIGGER") && parts[1].ends_with("END"));
        assert_eq!(parts[2], "SELECT 1");
        assert!(split_statements(" ; -- nothing\n").unwrap().is_empty());
        assert!(split_statements("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;").is_err());
    }

    #[test]
    fn spelling_without_meaning_is_ignored() {
        let a = "CREATE TABLE \"Node\" ([id] INTEGER /* key */ PRIMARY KEY, x CHECK (x == 'A'));";
        let b = "create table node(`ID` integer\nprimary key,x check(x='A'))";
        assert_eq!(normalised_tokens(a), normalised_tokens(b));
        assert_eq!(token_hash([a]), token_hash([b]));
        assert_ne!(
            token_hash([a]),
            token_hash([b.replace("'A'", "'a'").as_str()])
        );
        assert_ne!(token_hash(["a", "b"]), token_hash(["a b"]));
        assert_eq!(token_hash([a]).len(), 16);
        assert_ne!(normalised_tokens("\"a b\""), normalised_tokens("a b"));
    }
}
