//! The words of a statement, as far as it must be known what it names.
//!
//! It owns no grammar: comments go, names, words and strings stay.

use std::iter::Peekable;
use std::str::Chars;

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::run) enum Word {
    /// A keyword, or a name without quotes.
    Plain(String),
    /// A name in quotes, without them.
    Quoted(String),
    /// A string, without its quotes.
    Text(String),
    /// Anything else that is no space.
    Mark(char),
}

impl Word {
    /// Whether it is that keyword.
    pub(in crate::run) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Plain(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// The text of a word or name.
    pub(in crate::run) fn name(&self) -> Option<&str> {
        match self {
            Self::Plain(name) | Self::Quoted(name) => Some(name),
            Self::Text(_) | Self::Mark(_) => None,
        }
    }
}

/// The words of a statement of MySQL, or of PostgreSQL.
pub(in crate::run) fn words(sql: &str, mysql: bool) -> Vec<Word> {
    let mut lexer = Lexer {
        rest: sql.chars().peekable(),
        mysql,
    };
    let mut words = Vec::new();
    while let Some(c) = lexer.rest.next() {
        lexer.take(c, &mut words);
    }
    words
}

struct Lexer<'s> {
    rest: Peekable<Chars<'s>>,
    mysql: bool,
}

impl Lexer<'_> {
    fn take(&mut self, c: char, words: &mut Vec<Word>) {
        match c {
            c if c.is_whitespace() => {}
            '\'' => words.push(Word::Text(self.quoted('\'', self.mysql))),
            '"' if self.mysql => words.push(Word::Text(self.quoted('"', true))),
            '"' | '`' => words.push(Word::Quoted(self.quoted(c, false))),
            '#' if self.mysql => self.line(),
            '-' if self.rest.peek() == Some(&'-') => self.line(),
            '/' if self.rest.peek() == Some(&'*') => self.comment(),
            '*' if self.mysql && self.rest.peek() == Some(&'/') => {
                // The end of a comment that the server runs.
                self.rest.next();
            }
            '$' if !self.mysql => self.dollar(),
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(next) = self.rest.next_if(|c| is_word(*c) || *c == '$') {
                    word.push(next);
                }
                words.push(Word::Plain(word));
            }
            c => words.push(Word::Mark(c)),
        }
    }

    /// What stands in quotes; a doubled quote is one.
    fn quoted(&mut self, quote: char, escapes: bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.rest.next() {
            if c == quote {
                if self.rest.next_if_eq(&quote).is_none() {
                    break;
                }
            } else if c == '\\' && escapes {
                text.extend(self.rest.next());
                continue;
            }
            text.push(c);
        }
        text
    }

    fn line(&mut self) {
        while self.rest.next_if(|c| *c != '\n').is_some() {}
    }

    fn comment(&mut self) {
        self.rest.next();
        if self.mysql && self.rest.next_if(|c| matches!(c, '!')).is_some() {
            // What stands in it is run; the number is a version.
            while self.rest.next_if(char::is_ascii_digit).is_some() {}
            return;
        }
        let mut last = ' ';
        for c in self.rest.by_ref() {
            if last == '*' && c == '/' {
                break;
            }
            last = c;
        }
    }

    /// A body between two equal marks, or the number of a parameter.
    fn dollar(&mut self) {
        let mut mark = String::from("$");
        while let Some(c) = self.rest.next_if(|c| is_word(*c)) {
            mark.push(c);
        }
        if self.rest.next_if_eq(&'$').is_none() {
            return;
        }
        mark.push('$');
        let mut body = String::new();
        for c in self.rest.by_ref() {
            body.push(c);
            if body.ends_with(&mark) {
                break;
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &str, mysql: bool) -> Vec<String> {
        let words = words(sql, mysql);
        words
            .iter()
            .filter_map(|word| word.name().map(str::to_owned))
            .collect()
    }

    #[test]
    fn names_stay_and_strings_and_comments_go() {
        assert_eq!(
            names(
                "/* a */ ALTER TABLE `b``c` -- d\n ADD e$f TEXT DEFAULT 'g\\'h' COMMENT \"i\" # j",
                true
            ),
            [
                "ALTER", "TABLE", "b`c", "ADD", "e$f", "TEXT", "DEFAULT", "COMMENT"
            ]
        );
        assert_eq!(
            names("SELECT \"A b\", 'c''d' FROM $x$ e $x$ f $1", false),
            ["SELECT", "A b", "FROM", "f"]
        );
        assert_eq!(
            names("CREATE /*!50003 TRIGGER */ t", true),
            ["CREATE", "TRIGGER", "t"]
        );
    }
}
