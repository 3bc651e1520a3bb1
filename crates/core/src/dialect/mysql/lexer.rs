//! The tokens of MySQL and MariaDB, and where one statement ends.
//!
//! Owns strings, quoted names, comments, the client's `DELIMITER` lines and the
//! bodies of triggers, procedures, functions and events. It must not know what
//! any statement does.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::object::Word;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A bare word or a number.
    Word,
    /// A name in backticks.
    Quoted,
    /// A string in single or double quotes.
    Text,
    /// A comment that the server runs: `/*!40101 .. */`.
    Version,
    /// Any other character.
    Symbol,
}

/// One token that is neither white space nor a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: TokenKind,
    /// Where it stands.
    pub(super) range: Range<usize>,
}

impl Token {
    /// Its text.
    pub(super) fn text<'a>(&self, sql: &'a str) -> &'a str {
        sql.get(self.range.clone()).unwrap_or_default()
    }

    /// Whether it is that word or character; a quoted name is not.
    pub(super) fn is(&self, sql: &str, word: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Symbol)
            && self.text(sql).eq_ignore_ascii_case(word)
    }

    /// The name that it says, if it can be one.
    pub(super) fn name(&self, sql: &str) -> Option<String> {
        let text = self.text(sql);
        match self.kind {
            TokenKind::Word => Some(text.to_owned()),
            TokenKind::Quoted => {
                let inner = text.strip_prefix('`')?.strip_suffix('`')?;
                Some(inner.replace("``", "`"))
            }
            TokenKind::Text | TokenKind::Version | TokenKind::Symbol => None,
        }
    }
}

/// All tokens of a text.
///
/// # Errors
/// A text that ends inside a string, a name or a comment.
pub(super) fn tokens(sql: &str) -> Result<Vec<Token>> {
    let mut scanner = Scanner { sql, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = scanner.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

/// The tokens as objects that are written in SQL are looked at.
pub(super) fn words(sql: &str) -> Result<Vec<Word>> {
    let word = |token: Token| {
        let name = token.name(sql);
        let text = match (token.kind, &name) {
            (TokenKind::Word, _) => token.text(sql).to_lowercase(),
            (TokenKind::Quoted, Some(name)) if name.chars().all(is_word) => name.to_lowercase(),
            _ => token.text(sql).to_owned(),
        };
        Word {
            bare: matches!(token.kind, TokenKind::Word | TokenKind::Symbol),
            range: token.range,
            name,
            text,
        }
    };
    Ok(tokens(sql)?.into_iter().map(word).collect())
}

struct Scanner<'a> {
    sql: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.sql.get(self.at..).unwrap_or_default()
    }

    /// The next token, past white space and comments.
    fn next(&mut self) -> Result<Option<Token>> {
        self.skip_blank()?;
        let Some(first) = self.rest().chars().next() else {
            return Ok(None);
        };
        let start = self.at;
        let kind = match first {
            '\'' | '"' => {
                self.at = self.end_of_quoted(first, true)?;
                TokenKind::Text
            }
            '`' => {
                self.at = self.end_of_quoted('`', false)?;
                TokenKind::Quoted
            }
            '/' if is_version_comment(self.rest()) => {
                self.skip_version_comment()?;
                TokenKind::Version
            }
            c if is_word(c) => {
                let rest = self.rest();
                self.at += rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                TokenKind::Word
            }
            c => {
                self.at += c.len_utf8();
                TokenKind::Symbol
            }
        };
        Ok(Some(Token {
            kind,
            range: start..self.at,
        }))
    }

    /// Moves past white space and the comments that the server does not run.
    fn skip_blank(&mut self) -> Result<()> {
        loop {
            let rest = self.rest();
            let length = if rest.starts_with('#') || is_line_comment(rest) {
                rest.find('\n').map_or(rest.len(), |end| end + 1)
            } else if rest.starts_with("/*") && !is_version_comment(rest) {
                match rest.get(2..).and_then(|inner| inner.find("*/")) {
                    Some(end) => end + 4,
                    None => return Err(self.unterminated("comment", self.at)),
                }
            } else {
                match rest.chars().next() {
                    Some(c) if c.is_whitespace() || c == '\u{feff}' => c.len_utf8(),
                    _ => return Ok(()),
                }
            };
            self.at += length;
        }
    }

    /// Where the quoted thing that starts here ends; a doubled quote is one
    /// inside it, as is one after a backslash in a string.
    fn end_of_quoted(&self, quote: char, backslash: bool) -> Result<usize> {
        let mut letters = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = letters.next() {
            if backslash && c == '\\' {
                letters.next();
            } else if c == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
                return Ok(self.at + at + 1);
            }
        }
        let what = if quote == '`' { "name" } else { "string" };
        Err(self.unterminated(what, self.at))
    }

    /// Moves past a version comment, in which strings and comments count.
    fn skip_version_comment(&mut self) -> Result<()> {
        let start = self.at;
        self.at += 2;
        loop {
            if self.rest().starts_with("*/") {
                self.at += 2;
                return Ok(());
            }
            match self.next()? {
                None => return Err(self.unterminated("comment", start)),
                // The two characters that close it are found one at a time.
                Some(token) if token.is(self.sql, "*") && self.rest().starts_with('/') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => {}
            }
        }
    }

    fn unterminated(&self, what: &str, start: usize) -> Error {
        let line = 1 + self
            .sql
            .get(..start)
            .map_or(0, |before| before.matches('\n').count());
        Error::new(format!("the {what} that starts on line {line} never ends"))
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || (!c.is_ascii() && !c.is_whitespace())
}

/// `--` is a comment only before white space.
fn is_line_comment(rest: &str) -> bool {
    rest.strip_prefix("--").is_some_and(|after| {
        let next = after.chars().next();
        next.is_none_or(|c| c.is_whitespace() || c.is_control())
    })
}

fn is_version_comment(rest: &str) -> bool {
    rest.starts_with("/*!") || rest.starts_with("/*M!")
}

/// One script's statements, without final delimiters and without empty ones.
///
/// # Errors
/// A text that ends inside a string, a comment or a body.
pub(super) fn split_statements(script: &str) -> Result<Vec<String>> {
    let mut scanner = Scanner { sql: script, at: 0 };
    let mut statements = Vec::new();
    let mut delimiter = ";".to_owned();
    let mut open: Option<Open> = None;
    loop {
        scanner.skip_blank()?;
        if open.is_none()
            && let Some((length, new)) = delimiter_line(scanner.rest())
        {
            delimiter = new;
            scanner.at += length;
            continue;
        }
        let ends_here = scanner.rest().starts_with(delimiter.as_str());
        let inside = delimiter == ";" && open.as_ref().is_some_and(|o| !o.open.is_empty());
        if ends_here && !inside {
            scanner.at += delimiter.len();
            statements.extend(open.take().map(|o| o.text(script)));
            continue;
        }
        let Some(mut token) = scanner.next()? else {
            break;
        };
        // The client finds its delimiter inside words, too: `END$$`.
        let found = token.text(script).find(delimiter.as_str());
        if let (TokenKind::Word, Some(found)) = (token.kind, found) {
            token.range.end = token.range.start + found;
            scanner.at = token.range.end;
        }
        open.get_or_insert_with(|| Open::at(token.range.start))
            .take(script, &token);
    }
    match open {
        Some(rest) if !rest.open.is_empty() && delimiter == ";" => {
            Err(scanner.unterminated("body", rest.start))
        }
        rest => {
            statements.extend(rest.map(|o| o.text(script)));
            Ok(statements)
        }
    }
}

/// The length of a `DELIMITER` line and what it sets.
fn delimiter_line(rest: &str) -> Option<(usize, String)> {
    let word = rest.get(..9)?;
    let after = rest.get(9..)?;
    if !word.eq_ignore_ascii_case("delimiter") || !after.starts_with([' ', '\t']) {
        return None;
    }
    let line = after.lines().next().unwrap_or_default();
    let new = line.split_whitespace().next()?;
    Some((9 + line.len(), new.to_owned()))
}

/// A statement that has begun.
struct Open {
    start: usize,
    end: usize,
    /// The bodies, loops and conditions that are open.
    open: Vec<Nest>,
    /// Whether it can have a body.
    kind: Body,
    /// `SET STATEMENT .. FOR`, before the statement that this is for (MariaDB).
    for_one: bool,
    /// The last token: what it was, in upper case where it is a word.
    last: String,
    count: usize,
}

/// What is open inside of a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nest {
    /// A body, a loop, a condition: statements stand in it.
    Statements,
    /// A `CASE` that is a value: no statement begins in it.
    Value,
}

/// Whether a statement has a body with statements of its own.
#[derive(PartialEq, Eq)]
enum Body {
    /// It begins with CREATE or ALTER, and what is made is not said yet.
    Unknown,
    /// A trigger, procedure, function or event.
    Yes,
    No,
}

/// After these a statement begins, so that IF, LOOP and the like are no
/// functions.
const STARTERS: &[&str] = &[
    ";",
    ":",
    "BEGIN",
    "THEN",
    "ELSE",
    "DO",
    "LOOP",
    "REPEAT",
    "ROW",
    ")",
    "DETERMINISTIC",
    "DATA",
    "SQL",
    "INVOKER",
    "DEFINER",
    "''",
];

impl Open {
    fn at(start: usize) -> Self {
        Self {
            start,
            end: start,
            open: Vec::new(),
            kind: Body::No,
            for_one: false,
            last: String::new(),
            count: 0,
        }
    }

    fn text(&self, script: &str) -> String {
        script
            .get(self.start..self.end)
            .unwrap_or_default()
            .to_owned()
    }

    fn take(&mut self, script: &str, token: &Token) {
        self.end = token.range.end;
        let text = token.text(script).to_ascii_uppercase();
        let word = match token.kind {
            TokenKind::Word | TokenKind::Symbol => text,
            TokenKind::Text => "''".to_owned(),
            TokenKind::Quoted | TokenKind::Version => String::new(),
        };
        self.count += 1;
        self.for_one |= self.count == 2 && self.last == "SET" && word == "STATEMENT";
        let begins = self.count == 1 || (self.for_one && self.last == "FOR");
        if begins && matches!(word.as_str(), "CREATE" | "ALTER") {
            self.kind = Body::Unknown;
            self.for_one = false;
        } else if self.count == 3 && self.last == "NOT" && word == "ATOMIC" {
            // BEGIN NOT ATOMIC
            self.kind = Body::Yes;
            self.open = vec![Nest::Statements];
        } else if self.kind == Body::Unknown {
            self.object(&word);
        } else if self.kind == Body::Yes {
            self.nest(&word);
        }
        self.last = word;
    }

    /// Looks for the word that says what is made.
    fn object(&mut self, word: &str) {
        // DEFINER = user@host
        if matches!(self.last.as_str(), "=" | "@") {
            return;
        }
        match word {
            "TRIGGER" | "PROCEDURE" | "FUNCTION" | "EVENT" => self.kind = Body::Yes,
            "TABLE" | "VIEW" | "INDEX" | "UNIQUE" | "DATABASE" | "SCHEMA" | "USER" | "SEQUENCE"
            | "TEMPORARY" | "SERVER" | "ROLE" => self.kind = Body::No,
            _ => {}
        }
    }

    fn nest(&mut self, word: &str) {
        let in_value = self.open.last() == Some(&Nest::Value);
        let starts = !in_value && STARTERS.contains(&self.last.as_str());
        let ended = self.last == "END";
        match word {
            "BEGIN" => self.open.push(Nest::Statements),
            "CASE" if !ended && starts => self.open.push(Nest::Statements),
            "CASE" if !ended => self.open.push(Nest::Value),
            "IF" | "LOOP" | "WHILE" | "REPEAT" | "FOR" if starts && !ended => {
                self.open.push(Nest::Statements);
            }
            "END" => {
                self.open.pop();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn split(script: &str) -> Vec<String> {
        split_statements(script).unwrap()
    }

    #[test]
    fn a_case_may_be_a_value() {
        let value = "CREATE FUNCTION f(a int) RETURNS text BEGIN RETURN CASE WHEN a > 1 THEN \
                     IF(a > 2, 'x', 'y') ELSE IF(a > 0, CASE a WHEN 1 THEN REPEAT('p', 2) END, 'q') END; END";
        let statement = "CREATE PROCEDURE p(a int) BEGIN CASE a WHEN 1 THEN IF a THEN SET @x = 1; \
                         END IF; ELSE CASE WHEN a THEN SET @x = CASE a WHEN 2 THEN IF(a, 1, 2) END; \
                         END CASE; END CASE; END";
        let script = format!("{value}; {statement}; SELECT 1");
        assert_eq!(split(&script), [value, statement, "SELECT 1"]);
    }

    #[test]
    fn strings_names_and_comments_hide_semicolons() {
        let script = "-- a;\nSELECT 'a;\\';''', \"b;\"\"\", `c;```; # d;\n/* e; */ SELECT 1;;";
        let found = split(script);
        assert_eq!(found, ["SELECT 'a;\\';''', \"b;\"\"\", `c;```", "SELECT 1"]);
        assert_eq!(
            split("SELECT 5--1; SELECT 2 -- x"),
            ["SELECT 5--1", "SELECT 2"]
        );
        assert!(split(" ; /* nothing */ ; -- at all").is_empty());
    }

    #[test]
    fn version_comments_are_statements() {
        let table = "CREATE TABLE t (a int) /*!50100 PARTITION BY HASH (a) -- */\n */";
        assert_eq!(split(&format!("{table}; SELECT 1")), [table, "SELECT 1"]);
        let names = "/*!40101 SET NAMES utf8 */";
        assert_eq!(split(&format!("{names};\nSELECT 1")), [names, "SELECT 1"]);
        assert_eq!(split("/*!50000 SELECT '*/' */; SELECT 2").len(), 2);
    }

    #[test]
    fn bodies_need_no_delimiter() {
        let trigger = "CREATE DEFINER=`root`@`localhost` TRIGGER tr BEFORE INSERT ON t FOR EACH ROW \
                       BEGIN IF NEW.a > 1 THEN SET NEW.a = IF(NEW.b, 1, 2); ELSEIF NEW.c THEN SET \
                       NEW.a = CASE WHEN 1 THEN 2 END; END IF; CASE NEW.a WHEN 1 THEN SET @x = 1; \
                       END CASE; l: LOOP LEAVE l; END LOOP l; WHILE 0 DO SET @y = REPEAT('a', 2); \
                       END WHILE; REPEAT SET @z = 1; UNTIL 1 END REPEAT; END";
        assert_eq!(
            split(&format!("{trigger};\nSELECT 1;")),
            [trigger, "SELECT 1"]
        );
        let set = format!("SET STATEMENT sql_mode='' FOR {trigger}");
        assert_eq!(
            split(&format!("{set}; SELECT 1")),
            [set.as_str(), "SELECT 1"]
        );
        let plain = "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 1";
        assert_eq!(split(&format!("{plain}; SELECT 1")), [plain, "SELECT 1"]);
        let condition = "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW IF NEW.a THEN SET NEW.a = \
                         1; END IF";
        assert_eq!(
            split(&format!("{condition}; SELECT 1")),
            [condition, "SELECT 1"]
        );
        let procedure = "CREATE PROCEDURE IF NOT EXISTS p(a int) READS SQL DATA BEGIN DECLARE EXIT \
                         HANDLER FOR NOT FOUND BEGIN END; SELECT 1; END";
        assert_eq!(split(&format!("{procedure};;")), [procedure]);
        let function = "CREATE FUNCTION f() RETURNS int RETURN IF(1, 2, 3)";
        assert_eq!(
            split(&format!("{function}; SELECT 1")),
            [function, "SELECT 1"]
        );
        let block = "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END";
        assert_eq!(
            split(&format!("{block}; BEGIN; COMMIT;")),
            [block, "BEGIN", "COMMIT"]
        );
        let view = "CREATE ALGORITHM=UNDEFINED DEFINER=a@b SQL SECURITY DEFINER VIEW v AS SELECT \
                    CASE WHEN 1 THEN 2 END";
        assert_eq!(split(&format!("{view}; SELECT 1")), [view, "SELECT 1"]);
        let event = "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN SELECT 1; END";
        assert_eq!(split(&format!("{event}; SELECT 1")), [event, "SELECT 1"]);
    }

    #[test]
    fn delimiter_lines_are_the_clients() {
        let script = "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$\ndelimiter ;\nSELECT \
                      2;\nDELIMITER //\nSELECT 3;//\n";
        assert_eq!(
            split(script),
            [
                "CREATE PROCEDURE p() BEGIN SELECT 1; END",
                "SELECT 2",
                "SELECT 3;"
            ]
        );
    }

    #[test]
    fn what_never_ends_is_an_error() {
        for (script, what) in [
            ("SELECT 'a", "the string that starts on line 1 never ends"),
            (
                "SELECT 1;\nSELECT \"a\\\"",
                "the string that starts on line 2 never ends",
            ),
            ("SELECT `a", "the name that starts on line 1 never ends"),
            ("/* a", "the comment that starts on line 1 never ends"),
            ("/*! a", "the comment that starts on line 1 never ends"),
            (
                "CREATE PROCEDURE p() BEGIN SELECT 1;",
                "the body that starts on line 1 never ends",
            ),
        ] {
            assert_eq!(
                split_statements(script).unwrap_err().message,
                what,
                "{script}"
            );
        }
    }
}
