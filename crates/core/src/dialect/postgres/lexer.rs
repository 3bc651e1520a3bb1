//! PostgreSQL's tokens.
//!
//! Owns the cutting of a text into tokens with exact byte ranges and the
//! splitting of a script into statements. It must not know what any statement
//! means.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::object::Word;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A keyword or an identifier without quotes.
    Word,
    /// An identifier in double quotes, with or without `U&`.
    Quoted,
    /// A string in single quotes, with whatever letter before it.
    Text,
    /// A string between dollar signs.
    Dollar,
    /// A number.
    Number,
    /// `$1`.
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

    /// The identifier that it is, as the database folds it.
    pub(super) fn name(&self, sql: &str) -> Option<String> {
        match self.kind {
            TokenKind::Word => Some(self.text(sql).to_lowercase()),
            TokenKind::Quoted => Some(unquote(self.text(sql))),
            _ => None,
        }
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
    let text = &sql[at..];
    let rest = text.as_bytes();
    let run = |from: usize, test: fn(u8) -> bool| {
        rest[from..]
            .iter()
            .position(|&b| !test(b))
            .map_or(rest.len(), |n| from + n)
    };
    let second = rest.get(1).copied().unwrap_or(0);
    let (kind, length) = match rest[0] {
        b if is_space(b) => (None, run(1, is_space)),
        _ if text.starts_with('\u{feff}') => (None, '\u{feff}'.len_utf8()),
        b'-' if second == b'-' => (None, run(2, |b| b != b'\n' && b != b'\r')),
        b'/' if second == b'*' => (None, comment(text)?),
        b'\'' => (Some(TokenKind::Text), quoted(text, 0, "string")?),
        b'"' => (Some(TokenKind::Quoted), quoted(text, 0, "quoted name")?),
        b'e' | b'E' if second == b'\'' => (Some(TokenKind::Text), escaped(text)?),
        b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if second == b'\'' => {
            (Some(TokenKind::Text), quoted(text, 1, "string")?)
        }
        b'u' | b'U' if second == b'&' && rest.get(2) == Some(&b'\'') => {
            (Some(TokenKind::Text), quoted(text, 2, "string")?)
        }
        b'u' | b'U' if second == b'&' && rest.get(2) == Some(&b'"') => {
            (Some(TokenKind::Quoted), quoted(text, 2, "quoted name")?)
        }
        b'$' if second.is_ascii_digit() => {
            (Some(TokenKind::Parameter), run(1, |b| b.is_ascii_digit()))
        }
        b'$' => match dollar(text)? {
            Some(length) => (Some(TokenKind::Dollar), length),
            None => (Some(TokenKind::Mark), 1),
        },
        b'0'..=b'9' => (Some(TokenKind::Number), number(rest)),
        b'.' if second.is_ascii_digit() => (Some(TokenKind::Number), number(rest)),
        b if is_word_start(b) => (Some(TokenKind::Word), run(1, is_word)),
        _ => (Some(TokenKind::Mark), mark(text)),
    };
    Ok((kind, at + length))
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
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

/// How many bytes a comment takes; comments may stand in comments.
fn comment(text: &str) -> Result<usize> {
    let bytes = text.as_bytes();
    let mut depth = 1;
    let mut at = 2;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Ok(at);
                }
            }
            _ => at += 1,
        }
    }
    Err(unfinished("comment", text))
}

/// How many bytes a text in doubled quotes takes, with what stands before the
/// first quote.
fn quoted(text: &str, from: usize, what: &str) -> Result<usize> {
    let bytes = text.as_bytes();
    let quote = bytes[from];
    let mut at = from + 1;
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

/// How many bytes `E'..'` takes.
fn escaped(text: &str) -> Result<usize> {
    let bytes = text.as_bytes();
    let mut at = 2;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return Ok(at + 1),
            _ => at += 1,
        }
    }
    Err(unfinished("string", text))
}

/// How many bytes a string between dollar signs takes; `None` where the dollar
/// sign begins none.
fn dollar(text: &str) -> Result<Option<usize>> {
    let bytes = text.as_bytes();
    let tag = bytes[1..].iter().position(|&b| !is_word(b) || b == b'$');
    let Some(end) = tag.map(|n| n + 1).filter(|&n| bytes[n] == b'$') else {
        return Ok(None);
    };
    let quote = &text[..=end];
    match text[end + 1..].find(quote) {
        Some(n) => Ok(Some(end + 1 + n + quote.len())),
        None => Err(unfinished("string", text)),
    }
}

/// How many bytes a number takes. Letters that follow it at once belong to it:
/// PostgreSQL refuses such a token, and so it must not become two.
fn number(rest: &[u8]) -> usize {
    let prefixed =
        rest[0] == b'0' && matches!(rest.get(1), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B'));
    let mut at = 1;
    while let Some(&b) = rest.get(at) {
        let sign = matches!(b, b'+' | b'-')
            && !prefixed
            && matches!(rest[at - 1], b'e' | b'E')
            && rest.get(at + 1).is_some_and(u8::is_ascii_digit);
        // `1..10` is a range, not two numbers.
        let point = b == b'.' && !prefixed && rest.get(at + 1) != Some(&b'.');
        if !(is_word(b) || sign || point) {
            break;
        }
        at += 1;
    }
    at
}

const OPERATOR: &[u8] = b"+-*/<>=~!@#%^&|`?";

fn mark(text: &str) -> usize {
    let bytes = text.as_bytes();
    for long in ["::", ":=", ".."] {
        if text.starts_with(long) {
            return 2;
        }
    }
    let mut end = bytes
        .iter()
        .position(|b| !OPERATOR.contains(b))
        .unwrap_or(bytes.len());
    for comment in ["--", "/*"] {
        if let Some(n) = text[..end].find(comment) {
            end = end.min(n.max(1));
        }
    }
    if end == 0 {
        return text.chars().next().map_or(1, char::len_utf8);
    }
    // `a=-1` is two operators: a sign ends one only beside other marks.
    let free = |b: &u8| b"~!@#%^&|`?".contains(b);
    while end > 1 && matches!(bytes[end - 1], b'+' | b'-') && !bytes[..end].iter().any(free) {
        end -= 1;
    }
    end
}

/// The tokens as objects that are written in SQL are looked at.
pub(super) fn words(sql: &str) -> Result<Vec<Word>> {
    let word = |token: Token| {
        let name = token.name(sql);
        let written = token.text(sql);
        let text = match (token.kind, &name) {
            (TokenKind::Word, _) => written.to_lowercase(),
            // A name that would be the same without its quotes.
            (TokenKind::Quoted, Some(name)) if is_plain(name) => name.clone(),
            _ => written.to_owned(),
        };
        Word {
            bare: matches!(token.kind, TokenKind::Word | TokenKind::Mark),
            range: token.range,
            name,
            text,
        }
    };
    Ok(tokens(sql)?.into_iter().map(word).collect())
}

fn is_plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts = |b: u8| b.is_ascii_lowercase() || b == b'_';
    bytes.next().is_some_and(starts) && bytes.all(|b| starts(b) || b.is_ascii_digit())
}

/// A quoted name without its quotes. A name with `U&` keeps its escapes.
pub(super) fn unquote(text: &str) -> String {
    let start = text.find('"').map_or(0, |n| n + 1);
    let inner = text.get(start..text.len().saturating_sub(1));
    inner.unwrap_or_default().replace("\"\"", "\"")
}

/// What a string in single quotes says; `None` for one with Unicode escapes.
pub(super) fn string(text: &str) -> Option<String> {
    let start = text.find('\'')?;
    let inner = text.get(start + 1..text.len() - 1)?;
    let plain = inner.replace("''", "'");
    match text.get(..start)?.to_ascii_lowercase().as_str() {
        "" | "n" => Some(plain),
        "e" => {
            let mut said = String::new();
            let mut rest = plain.chars();
            while let Some(c) = rest.next() {
                said.push(if c == '\\' { rest.next()? } else { c });
            }
            Some(said)
        }
        _ => None,
    }
}

/// The statements of a script, without their final semicolons, without the
/// comments around them, and without empty ones.
///
/// # Errors
/// A text that ends inside a string, a comment or the body of a function; what
/// only `psql` understands.
pub(super) fn split_statements(script: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = Open::default();
    let mut at = 0;
    while at < script.len() {
        let (kind, end) = next(script, at)?;
        let range = at..end;
        at = end;
        let Some(kind) = kind else { continue };
        let token = Token { kind, range };
        if token.is(script, "\\") {
            return Err(psql_command(script, token.range.start));
        }
        if token.is(script, ";") && open.is_at_the_end() {
            found.extend(open.take(script)?);
        } else {
            open.push(script, token);
        }
    }
    if open.bodies > 0 {
        let start = open.tokens.first().map_or(0, |t| t.range.start);
        return Err(unfinished("function", &script[start..]));
    }
    found.extend(open.take(script)?);
    Ok(found)
}

fn psql_command(script: &str, at: usize) -> Error {
    let line = script[at..].lines().next().unwrap_or_default();
    Error::new(format!(
        "`{}` is a command of psql, not SQL",
        line.trim_end()
    ))
    .with_hint("leave it out, or write what it does as SQL")
}

/// A statement whose end has not been seen.
#[derive(Default)]
struct Open {
    tokens: Vec<Token>,
    parentheses: usize,
    /// How many `BEGIN`s of a body, and `CASE`s in it, wait for their `END`.
    bodies: usize,
}

impl Open {
    fn is_at_the_end(&self) -> bool {
        self.parentheses == 0 && self.bodies == 0
    }

    fn push(&mut self, script: &str, token: Token) {
        match token.text(script) {
            "(" if token.kind == TokenKind::Mark => self.parentheses += 1,
            ")" if token.kind == TokenKind::Mark => {
                self.parentheses = self.parentheses.saturating_sub(1);
            }
            _ if token.kind == TokenKind::Word && self.parentheses == 0 => {
                self.word(script, &token);
            }
            _ => {}
        }
        self.tokens.push(token);
    }

    /// Counts the bodies that a word begins or ends; only functions have any.
    fn word(&mut self, script: &str, token: &Token) {
        let inside = self.bodies > 0;
        if token.is(script, "atomic") {
            let begins = self.tokens.last().is_some_and(|t| t.is(script, "begin"));
            if begins && !inside && self.makes_a_routine(script) {
                self.bodies = 1;
            }
        } else if inside && token.is(script, "case") {
            self.bodies += 1;
        } else if inside && token.is(script, "end") {
            self.bodies -= 1;
        }
    }

    fn makes_a_routine(&self, script: &str) -> bool {
        let mut words = self.tokens.iter();
        words.next().is_some_and(|t| t.is(script, "create"))
            && words
                .find(|t| !t.is(script, "or") && !t.is(script, "replace"))
                .is_some_and(|t| t.is(script, "function") || t.is(script, "procedure"))
    }

    /// The statement, if there is one.
    fn take(&mut self, script: &str) -> Result<Option<String>> {
        let tokens = std::mem::take(&mut self.tokens);
        self.parentheses = 0;
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            return Ok(None);
        };
        let copies = first.is(script, "copy")
            && tokens
                .windows(2)
                .any(|two| two[0].is(script, "from") && two[1].is(script, "stdin"));
        if copies {
            return Err(Error::new(
                "`COPY .. FROM stdin` and the data below it are for psql, not for a server",
            )
            .with_hint("write the rows as `INSERT` statements (pg_dump has `--inserts`)"));
        }
        Ok(Some(script[first.range.start..last.range.end].to_owned()))
    }
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
                "a$1 \"b\"\"c\" U&\"d\" 'g''h' E'i\\'j' X'0a' $$k;$$ $t$ $$ $t$ $1 0x1F 1_000 .5 2e-3 1..2 \
                 -- x\n /* y /* z */ */ a->>b c||d!=-1 e::f g:=h;"
            ),
            vec![
                "a$1",
                "\"b\"\"c\"",
                "U&\"d\"",
                "'g''h'",
                "E'i\\'j'",
                "X'0a'",
                "$$k;$$",
                "$t$ $$ $t$",
                "$1",
                "0x1F",
                "1_000",
                ".5",
                "2e-3",
                "1",
                "..",
                "2",
                "a",
                "->>",
                "b",
                "c",
                "||",
                "d",
                "!=-",
                "1",
                "e",
                "::",
                "f",
                "g",
                ":=",
                "h",
                ";"
            ]
        );
        assert_eq!(texts("a=-1"), vec!["a", "=", "-", "1"]);
        assert_eq!(texts("a+--b\n1"), vec!["a", "+", "1"]);
        assert_eq!(texts("a+/*b*/1"), vec!["a", "+", "1"]);
    }

    #[test]
    fn splits_what_a_dump_holds() {
        let script = "-- first\nCREATE FUNCTION f() RETURNS int AS $body$ BEGIN; END; $body$ LANGUAGE plpgsql;\n\
            ; CREATE OR REPLACE PROCEDURE p(a int DEFAULT (1)) BEGIN ATOMIC INSERT INTO t VALUES (CASE WHEN a > 1 THEN 1 END); \
            SELECT CASE a WHEN 1 THEN 2 END; END;\n\
            CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);\n\
            BEGIN; INSERT INTO t VALUES ('a;b', E'\\';'); COMMIT /* end; */";
        let found = split_statements(script).unwrap();
        assert_eq!(found.len(), 6, "{found:#?}");
        assert!(found[1].ends_with("END; END"), "{}", found[1]);
        assert!(found[2].ends_with("SELECT 2)"));
        assert_eq!(found[5], "COMMIT");
    }

    #[test]
    fn refuses_what_only_psql_understands_and_what_has_no_end() {
        for (script, message) in [
            (
                "\\connect x\nSELECT 1;",
                "`\\connect x` is a command of psql, not SQL",
            ),
            ("COPY t (a) FROM stdin;\n1'\n\\.\n", "`COPY .. FROM stdin`"),
            ("SELECT 'a", "the string that begins with `'a` has no end"),
            ("SELECT \"a", "the quoted name that begins with"),
            ("SELECT $a$ $$", "the string that begins with"),
            ("SELECT 1 /* /* */", "the comment that begins with"),
            (
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;",
                "the function that begins with",
            ),
        ] {
            let error = split_statements(script).unwrap_err();
            assert!(error.message.starts_with(message), "{}", error.message);
        }
        assert_eq!(
            split_statements(" ;; -- x\n").unwrap(),
            Vec::<String>::new()
        );
    }
}
