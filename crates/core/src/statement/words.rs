//! A walk through tokens.

use crate::schema::{Name, TableName};

/// What a token is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word or a number.
    Word,
    /// A name in quotes.
    Name,
    /// A string.
    Text,
    /// Anything else.
    Mark,
}

/// One token of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token<'s> {
    pub(crate) kind: Kind,
    /// As it stands in the statement.
    pub(crate) text: &'s str,
    /// The name that it says as the database knows it, if it can be one.
    pub(crate) name: Option<String>,
}

impl Token<'_> {
    /// Whether it is that word or mark, whatever its case; a name in quotes is
    /// no word.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Mark) && self.text.eq_ignore_ascii_case(word)
    }
}

/// A place in the tokens of a statement.
#[derive(Debug, Clone)]
pub(super) struct Words<'t, 's> {
    tokens: &'t [Token<'s>],
    at: usize,
}

impl<'t, 's> Words<'t, 's> {
    pub(super) fn new(tokens: &'t [Token<'s>]) -> Self {
        Self { tokens, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'s>> {
        self.tokens.get(self.at)
    }

    pub(super) fn next(&mut self) -> Option<&'t Token<'s>> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    pub(super) fn is_at_the_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is(word))
    }

    /// Whether these words stand here, and goes behind them if so.
    pub(super) fn eat(&mut self, words: &str) -> bool {
        let words: Vec<&str> = words.split(' ').collect();
        let found = self.tokens.get(self.at..self.at + words.len());
        let fits = found.is_some_and(|found| found.iter().zip(&words).all(|(t, w)| t.is(w)));
        if fits {
            self.at += words.len();
        }
        fits
    }

    /// The first of these that stands here; goes behind it.
    pub(super) fn eat_any(&mut self, all: &[&'static str]) -> Option<&'static str> {
        all.iter().copied().find(|words| self.eat(words))
    }

    /// `IF EXISTS` and `IF NOT EXISTS`.
    pub(super) fn eat_if(&mut self) {
        let _ = self.eat("IF NOT EXISTS") || self.eat("IF EXISTS");
    }

    /// The name that stands here.
    pub(super) fn name(&mut self) -> Option<String> {
        let name = self.peek()?.name.clone()?;
        self.at += 1;
        Some(name)
    }

    /// The name of a table that stands here, with what stands before it.
    pub(super) fn table(&mut self) -> Option<TableName> {
        let mut first = self.name()?;
        let mut schema = None;
        while self.is(".") {
            self.at += 1;
            schema = Some(std::mem::replace(&mut first, self.name()?));
        }
        let _ = self.eat("*");
        Some(TableName {
            schema: schema.map(Name::from),
            name: first.into(),
        })
    }

    /// Tables with commas between them.
    pub(super) fn tables(&mut self) -> Vec<TableName> {
        let mut all = Vec::new();
        loop {
            let _ = self.eat("ONLY");
            match self.table() {
                Some(table) => all.push(table),
                None => return all,
            }
            if !self.eat(",") {
                return all;
            }
        }
    }

    /// What stands in the parentheses here, if there are any; goes behind them.
    pub(super) fn inside(&mut self) -> Option<Words<'t, 's>> {
        if !self.is("(") {
            return None;
        }
        let start = self.at + 1;
        let mut depth = 0_usize;
        while let Some(token) = self.next() {
            if token.is("(") {
                depth += 1;
            } else if token.is(")") {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
        }
        let end = self.at.saturating_sub(1).max(start);
        Some(Words::new(self.tokens.get(start..end).unwrap_or_default()))
    }

    /// Goes over one token, or over all that parentheses enclose.
    pub(super) fn skip(&mut self) {
        if self.inside().is_none() {
            self.at += 1;
        }
    }

    /// The words up to the first that satisfies the test, outside of
    /// parentheses, one blank between them.
    pub(super) fn until(&mut self, test: impl Fn(&Token<'s>) -> bool) -> String {
        let start = self.at;
        while self.peek().is_some_and(|token| !test(token)) {
            self.skip();
        }
        self.text(start)
    }

    /// The words from a place up to here.
    fn text(&self, start: usize) -> String {
        let end = self.at.min(self.tokens.len());
        let words = self.tokens.get(start..end).unwrap_or_default();
        let words: Vec<&str> = words.iter().map(|t| t.text).collect();
        words.join(" ")
    }

    /// How many tokens are left.
    pub(super) fn left(&self) -> usize {
        self.tokens.len().saturating_sub(self.at)
    }

    /// So many words from here on.
    pub(super) fn taken(&mut self, count: usize) -> String {
        let start = self.at;
        self.at += count;
        self.text(start)
    }

    /// All that is left, as words.
    pub(super) fn rest(&mut self) -> String {
        self.until(|_| false)
    }

    /// The names behind which a parenthesis opens, anywhere behind this place.
    pub(super) fn calls(&self) -> Vec<String> {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let pairs = rest.windows(2).filter(|pair| pair[1].is("("));
        pairs.filter_map(|pair| pair[0].name.clone()).collect()
    }

    /// Whether that word stands anywhere behind this place, outside of
    /// parentheses.
    pub(super) fn has(&self, word: &str) -> bool {
        let mut rest = self.clone();
        while let Some(token) = rest.peek() {
            if token.is(word) {
                return true;
            }
            rest.skip();
        }
        false
    }

    /// The word after `KEY=` or `KEY`, in capitals, if that stands behind this
    /// place.
    pub(super) fn setting(&self, key: &str) -> Option<String> {
        let mut rest = self.clone();
        while rest.peek().is_some() {
            if rest.eat(key) {
                let _ = rest.eat("=");
                return rest.next().map(|t| t.text.to_uppercase());
            }
            rest.skip();
        }
        None
    }

    /// The pieces between the commas outside of parentheses, from here on.
    pub(super) fn pieces(&mut self) -> Vec<Words<'t, 's>> {
        let mut all = Vec::new();
        let mut start = self.at;
        loop {
            let end = self.peek().is_none();
            if end || self.is(",") {
                let piece = self.tokens.get(start..self.at.min(self.tokens.len()));
                all.push(Words::new(piece.unwrap_or_default()));
                if end {
                    return all;
                }
                self.at += 1;
                start = self.at;
            } else {
                self.skip();
            }
        }
    }

    /// The names of a list in parentheses.
    pub(super) fn names(&mut self) -> Vec<String> {
        let inside = self.inside();
        let pieces = inside.map(|mut w| w.pieces()).unwrap_or_default();
        pieces.into_iter().filter_map(|mut w| w.name()).collect()
    }
}
