//! Whether two expressions mean the same without asking the server, and the
//! one form in which this dialect keeps what servers report.
//!
//! It owns white space, case, quoting and enclosing parentheses. What an
//! operator means it must not know: there the server is asked.

use super::tree;

/// One token, as far as comparing goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a keyword, in lower case, without backticks.
    Word(String),
    /// A text, without its quotes.
    Text(String),
    /// A number, or bytes in digits, in lower case.
    Number(String),
    /// Anything else.
    Symbol(char),
}

/// The tokens of an expression; nothing where a quote is not closed.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut scanner = Scanner { text, at: 0 };
    let mut list = Vec::new();
    while let Some((token, _)) = scanner.next()? {
        list.push(token);
    }
    Some(list)
}

/// Reads one token after the other.
pub(super) struct Scanner<'a> {
    /// The whole text.
    pub(super) text: &'a str,
    /// How far it has been read.
    pub(super) at: usize,
}

impl Scanner<'_> {
    /// The next token and where it begins; `None` where a quote is not closed.
    #[expect(clippy::option_option, reason = "the end and a mistake differ")]
    pub(super) fn next(&mut self) -> Option<Option<(Token, usize)>> {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        let start = self.at;
        let Some(first) = trimmed.chars().next() else {
            return Some(None);
        };
        let token = match first {
            '\'' | '"' => {
                let (text, length) = quoted(trimmed)?;
                self.at += length;
                Token::Text(text)
            }
            '`' => {
                let (name, length) = name(trimmed)?;
                self.at += length;
                Token::Word(name.to_lowercase())
            }
            _ if is_word(first) || first == '@' => {
                let end = trimmed.find(|c: char| !is_word(c) && c != '@');
                let word = &trimmed[..end.unwrap_or(trimmed.len())];
                self.at += word.len();
                let word = word.to_lowercase();
                if first.is_ascii_digit() {
                    Token::Number(self.fraction(word))
                } else if trimmed[word.len()..].starts_with('\'') && is_prefix(&word) {
                    let (text, length) = quoted(&trimmed[word.len()..])?;
                    self.at += length;
                    match word.as_str() {
                        "x" | "b" => Token::Number(format!("{word}'{text}'").to_lowercase()),
                        _ => Token::Text(text),
                    }
                } else {
                    Token::Word(word)
                }
            }
            other => {
                self.at += other.len_utf8();
                Token::Symbol(other)
            }
        };
        Some(Some((token, start)))
    }

    /// The rest of a number with a point in it.
    fn fraction(&mut self, mut number: String) -> String {
        let rest = &self.text[self.at..];
        if number.bytes().all(|b| b.is_ascii_digit())
            && let Some(digits) = rest.strip_prefix('.')
        {
            let end = digits.find(|c: char| !c.is_ascii_alphanumeric());
            let digits = &digits[..end.unwrap_or(digits.len())];
            self.at += 1 + digits.len();
            number.push('.');
            number.push_str(&digits.to_ascii_lowercase());
        }
        number
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// What may stand right before a quote: the mark of bits or bytes, or the name
/// of a character set.
fn is_prefix(word: &str) -> bool {
    matches!(word, "x" | "b" | "n") || word.starts_with('_')
}

/// A text in quotes at the beginning, and how long it is in the source.
pub(super) fn quoted(source: &str) -> Option<(String, usize)> {
    let mut chars = source.char_indices().peekable();
    let (_, quote) = chars.next()?;
    let mut text = String::new();
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            let (_, next) = chars.next()?;
            match next {
                '0' => text.push('\0'),
                'b' => text.push('\u{8}'),
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                'Z' => text.push('\u{1a}'),
                // They stay escaped: LIKE reads them.
                '%' | '_' => text.extend(['\\', next]),
                other => text.push(other),
            }
        } else if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
                text.push(quote);
            } else {
                return Some((text, at + quote.len_utf8()));
            }
        } else {
            text.push(c);
        }
    }
    None
}

/// A name in backticks at the beginning, and how long it is in the source.
fn name(source: &str) -> Option<(String, usize)> {
    let mut chars = source.char_indices().skip(1).peekable();
    let mut name = String::new();
    while let Some((at, c)) = chars.next() {
        if c != '`' {
            name.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == '`') {
            chars.next();
            name.push('`');
        } else {
            return Some((name, at + 1));
        }
    }
    None
}

/// Whether two expressions are the same but for white space, case, quoting,
/// character sets of texts, and parentheses that change nothing.
pub(super) fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match (tokens(bare(a)), tokens(bare(b))) {
        (Some(a), Some(b)) if a == b => true,
        (Some(_), Some(_)) => tree::of(a).is_some_and(|one| Some(one) == tree::of(b)),
        _ => false,
    }
}

/// The expression without parentheses around the whole of it.
pub(super) fn bare(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) = without_parentheses(text) {
        text = inner.trim();
    }
    text
}

fn without_parentheses(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut scanner = Scanner { text: inner, at: 0 };
    let mut depth = 0_i32;
    while let Some((token, _)) = scanner.next()? {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    (depth == 0 && !inner.trim().is_empty()).then_some(inner)
}

/// The expression as MySQL's catalogue gives it, in the words of its `SHOW
/// CREATE TABLE`: the catalogue escapes quotes and backslashes once more, and
/// takes the bytes of UTF-8 for as many characters of Latin-1.
pub(super) fn unescaped(text: &str) -> String {
    let text = &encoded_once(text);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('0') => out.push('\0'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('Z') => out.push('\u{1a}'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

/// A text whose characters are the bytes of another one; any other stays.
fn encoded_once(text: &str) -> String {
    let bytes: Result<Vec<u8>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
    let decoded = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or_else(|| text.to_owned())
}

/// The expression without the names of character sets that MySQL puts before
/// every text, without enclosing parentheses, and without those around the
/// number of a negative one: MySQL says `-(5)` at one time and `-5` at another.
pub(super) fn plain(text: &str) -> String {
    let text = bare(text);
    let mut scanner = Scanner { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(Some((token, start))) = scanner.next() {
        tokens.push((token, start, scanner.at));
    }
    // What is left out.
    let mut gone: Vec<(usize, usize)> = Vec::new();
    for (token, start, end) in &tokens {
        let source = &text[*start..*end];
        if matches!(token, Token::Text(_)) && source.starts_with("_utf8mb") {
            gone.push((*start, start + source.find('\'').unwrap_or(0)));
        }
    }
    for four in tokens.windows(4) {
        if let [minus, open, number, close] = four
            && minus.0 == Token::Symbol('-')
            && open.0 == Token::Symbol('(')
            && matches!(number.0, Token::Number(_))
            && close.0 == Token::Symbol(')')
        {
            gone.extend([(open.1, open.2), (close.1, close.2)]);
        }
    }
    gone.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut written = 0;
    for (start, end) in gone {
        out.push_str(&text[written..start]);
        written = end;
    }
    out.push_str(&text[written..]);
    out
}

/// The expression with quotes inside of texts doubled, which everybody reads,
/// and not escaped.
pub(super) fn requoted(text: &str) -> String {
    let mut scanner = Scanner { text, at: 0 };
    let mut out = String::with_capacity(text.len());
    let mut written = 0;
    while let Some(Some((token, start))) = scanner.next() {
        let source = &text[start..scanner.at];
        if matches!(token, Token::Text(_)) && source.ends_with('\'') {
            for at in escaped_quotes(source) {
                out.push_str(&text[written..start + at]);
                out.push_str("''");
                written = start + at + 2;
            }
        }
    }
    out.push_str(&text[written..]);
    out
}

/// Where a text has a quote behind a backslash of its own.
fn escaped_quotes(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && letters.next().is_some_and(|(_, next)| next == '\'') {
            found.push(at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_but_for_spelling() {
        for (a, b) in [
            ("a > 0", "`a`>0"),
            ("LOWER( A )", "lower(`a`)"),
            ("((a + 1))", "a+1"),
            ("a in (1,2)", "A IN ( 1, 2 )"),
            ("a = 'it''s'", r"a = 'it\'s'"),
            ("a = _utf8mb4'x'", "a = 'x'"),
            ("a = \"x\"", "a = 'x'"),
            ("a = X'0A'", "a = x'0a'"),
            ("a < 1.50", "a<1.50"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("a > 0", "a > 1"),
            ("a = 'A'", "a = 'a'"),
            ("a = '1'", "a = 1"),
            ("a like 'x\\_'", "a like 'x_'"),
            ("`a b`", "a b"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn only_parentheses_around_the_whole_go() {
        assert_eq!(bare(" ((a)) "), "a");
        assert_eq!(bare("(a) + (b)"), "(a) + (b)");
        assert_eq!(bare("(a = ')')"), "a = ')'");
        assert_eq!(bare("()"), "()");
        assert_eq!(bare("(a = '"), "(a = '");
    }

    #[test]
    fn a_quote_in_a_text_is_doubled() {
        for (reported, written) in [
            (r"`a` in ('x','it\'s')", "`a` in ('x','it''s')"),
            (
                r"`a` <> '\\' or `b` = '\\\''",
                r"`a` <> '\\' or `b` = '\\'''",
            ),
            (r#"`a\'b` = "it\'s""#, r#"`a\'b` = "it\'s""#),
        ] {
            assert_eq!(requoted(reported), written);
            assert!(same(reported, written));
        }
    }

    #[test]
    fn mysql_reports_lose_their_second_escape_and_the_character_sets() {
        let reported = r"(`a` in (_utf8mb4\'x\',_utf8mb4\'it\\\'s\'))";
        let shown = unescaped(reported);
        assert_eq!(shown, r"(`a` in (_utf8mb4'x',_utf8mb4'it\'s'))");
        assert_eq!(plain(&shown), r"`a` in ('x','it\'s')");
        // `ü` and `日` as the catalogue of 9.7 reports them, and as they are.
        let reported = "(`a` in (_utf8mb4\\'\u{c3}\u{bc}\\',_utf8mb4\\'\u{e6}\u{97}\u{a5}\\'))";
        assert_eq!(unescaped(reported), "(`a` in (_utf8mb4'ü',_utf8mb4'日'))");
        for text in ["`a` <> 'ü'", "`a` <> '日'", "`a` <> 'ü日'"] {
            assert_eq!(unescaped(text), text);
        }
        assert_eq!(plain("`_utf8mb4` = _latin1'x'"), "`_utf8mb4` = _latin1'x'");
        let negative = "`a` between -(5) and -(0.5) or `b` = '-(1)' or -(`a`) > abs(2)";
        assert_eq!(
            plain(negative),
            "`a` between -5 and -0.5 or `b` = '-(1)' or -(`a`) > abs(2)"
        );
    }
}
