//! A place among the tokens of a text, and what may be expected there.

use std::ops::Range;

use super::super::lexer::{Token, TokenKind};
use crate::error::{Error, Result};

/// A place among the tokens of a text.
pub(super) struct Cursor<'a> {
    /// The text.
    pub(super) sql: &'a str,
    /// Its tokens.
    pub(super) tokens: Vec<Token>,
    /// The next of them.
    pub(super) at: usize,
}

impl Cursor<'_> {
    /// The inside of a pair of parentheses.
    pub(super) fn group(&mut self) -> Result<Range<usize>> {
        let open = self.expect("(")?;
        let mut depth = 1_usize;
        loop {
            let token = self.next()?;
            if token.is(self.sql, "(") {
                depth += 1;
            } else if token.is(self.sql, ")") {
                depth -= 1;
                if depth == 0 {
                    return Ok(open.range.end..token.range.start);
                }
            }
        }
    }

    /// A name, in whatever quotes.
    pub(super) fn name(&mut self) -> Result<Token> {
        let named = self.tokens.get(self.at).filter(|t| {
            matches!(
                t.kind,
                TokenKind::Word | TokenKind::Quoted | TokenKind::Text
            )
        });
        match named {
            Some(token) => {
                self.at += 1;
                Ok(token.clone())
            }
            None => Err(self.unexpected("a name")),
        }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| self.unexpected("more"))
    }

    /// Where the next token begins.
    pub(super) fn start(&self) -> Result<usize> {
        self.tokens
            .get(self.at)
            .map(|t| t.range.start)
            .ok_or_else(|| self.unexpected("more"))
    }

    /// Where the last token taken ends.
    pub(super) fn end(&self) -> usize {
        self.at
            .checked_sub(1)
            .and_then(|n| self.tokens.get(n))
            .map_or(0, |t| t.range.end)
    }

    /// Whether that word comes next.
    pub(super) fn peek(&self, word: &str) -> bool {
        self.peek_at(0, word)
    }

    /// Whether that word comes a few tokens ahead.
    pub(super) fn peek_at(&self, ahead: usize, word: &str) -> bool {
        self.tokens
            .get(self.at + ahead)
            .is_some_and(|t| t.is(self.sql, word))
    }

    /// Takes that word if it comes next.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.peek(word);
        self.at += usize::from(found);
        found
    }

    /// Takes that word, which must come next.
    pub(super) fn expect(&mut self, word: &str) -> Result<Token> {
        if self.peek(word) {
            self.next()
        } else {
            Err(self.unexpected(&format!("`{}`", word.to_ascii_uppercase())))
        }
    }

    /// What comes next is not what was wanted.
    pub(super) fn unexpected(&self, wanted: &str) -> Error {
        match self.tokens.get(self.at) {
            Some(token) => Error::new(format!(
                "`{}` stands where {wanted} was expected",
                token.text(self.sql)
            )),
            None => Error::new(format!("the text ends where {wanted} was expected")),
        }
    }
}
