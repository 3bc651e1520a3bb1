//! How a part is put into the text, taken out of it, and replaced.
//!
//! An edit replaces a range; what it does not cover keeps every byte. The one
//! thing to watch are line comments: nothing may slide up behind one.

use std::ops::Range;

use super::super::column_name::spelling_like;
use super::super::lexer::Token;
use super::{TableDdl, parse, verify};
use crate::error::Result;

/// A range and what stands there afterwards.
pub(super) type Edit = (Range<usize>, String);

impl TableDdl {
    /// Makes the edits, which do not overlap, and reads the text again.
    pub(super) fn splice(&mut self, mut edits: Vec<Edit>) -> Result<()> {
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut sql = self.sql.clone();
        for (range, mut text) in edits.into_iter().rev() {
            let before = sql[..range.start].chars().next_back();
            let after = sql[range.end..].chars().next();
            if joins(before, text.chars().next().or(after)) {
                text.insert(0, ' ');
            }
            if joins(text.chars().next_back(), after) {
                text.push(' ');
            }
            sql.replace_range(range, &text);
        }
        let parts = parse::parse(&sql)?;
        verify::verify(&sql, &parts)?;
        self.sql = sql;
        self.parts = parts;
        Ok(())
    }

    /// Puts text behind the token that ends at `at`.
    pub(super) fn insert_at(&mut self, at: usize, text: &str) -> Result<()> {
        self.splice(vec![(at..at, format!(" {text}"))])
    }

    /// Gives tokens another name, each in its own style of quotes.
    pub(super) fn rename_tokens(&mut self, tokens: &[Token], name: &str) -> Result<()> {
        let mut edits: Vec<Edit> = tokens
            .iter()
            .map(|token| (token.range.clone(), spelling_like(&self.sql, token, name)))
            .collect();
        edits.sort_by_key(|(range, _)| range.start);
        edits.dedup();
        self.splice(edits)
    }

    /// The edit that takes a clause out of its column.
    pub(super) fn cut(&self, range: &Range<usize>) -> Edit {
        (self.cut_start(range)..range.end, String::new())
    }

    /// The edits that take a column or a constraint out of the table, with its
    /// comma and a comment behind it on the same line.
    pub(super) fn cut_item(&self, range: &Range<usize>) -> Vec<Edit> {
        if let Some(comma) = self.token_after(range.end).filter(|t| t.is(&self.sql, ",")) {
            let mut end = self.comment_end(comma.range.end);
            let start = self.cut_start(&(range.start..end));
            if start == range.start && end == comma.range.end {
                let rest = &self.sql[end..];
                end += rest.len() - rest.trim_start_matches([' ', '\t']).len();
            }
            return vec![(start..end, String::new())];
        }
        let end = self.comment_end(range.end);
        let mut edits = vec![(self.cut_start(&(range.start..end))..end, String::new())];
        let last = self
            .token_after(range.end)
            .is_some_and(|t| t.is(&self.sql, ")"));
        let before = self.token_before(range.start);
        if let Some(comma) = before.filter(|t| last && t.is(&self.sql, ",")) {
            edits.push((comma.range.clone(), String::new()));
        }
        edits
    }

    /// The edits that put an item behind another one.
    pub(super) fn insert_item(&self, behind: &Range<usize>, text: &str) -> Vec<Edit> {
        let comma = self
            .token_after(behind.end)
            .filter(|t| t.is(&self.sql, ","))
            .map(|t| t.range.end);
        let from = comma.unwrap_or(behind.end);
        let at = self.comment_end(from);
        let mut separator = self.separator();
        if self.sql[from..at].contains("--") && !separator.starts_with('\n') {
            separator = "\n  ".to_owned();
        }
        let item = format!("{separator}{text}");
        match comma {
            Some(_) => vec![(at..at, format!("{item},"))],
            None if at == behind.end => vec![(at..at, format!(",{item}"))],
            None => vec![(behind.end..behind.end, ",".to_owned()), (at..at, item)],
        }
    }

    /// What stands between two items: a new line and an indentation, if the
    /// text has its items on lines of their own.
    fn separator(&self) -> String {
        let constraints = self.parts.constraints.iter().map(|c| c.range.start);
        let columns = self.parts.columns.iter().map(|c| c.range.start);
        let mut starts: Vec<usize> = columns.chain(constraints).collect();
        starts.reverse();
        for start in starts {
            let line = self.sql[..start].rfind('\n').map_or(0, |n| n + 1);
            let indentation = &self.sql[line..start];
            if line > 0 && indentation.chars().all(char::is_whitespace) {
                return format!("\n{indentation}");
            }
        }
        " ".to_owned()
    }

    /// Where a cut begins: with the white space before the range, but not with
    /// the end of a line comment unless the line ends behind the range too.
    fn cut_start(&self, range: &Range<usize>) -> usize {
        let before = &self.sql[..range.start];
        let from = self.token_before(range.start).map_or(0, |t| t.range.end);
        let ends_line = self.sql[range.end..]
            .trim_start_matches([' ', '\t', '\r'])
            .starts_with('\n');
        if before[from..].contains("--") && !ends_line {
            before.trim_end_matches([' ', '\t']).len()
        } else {
            before.trim_end().len()
        }
    }

    /// Where a comment ends that begins on this line and is the last of it;
    /// `at` if there is none.
    fn comment_end(&self, at: usize) -> usize {
        let rest = &self.sql[at..];
        let comment = rest.trim_start_matches([' ', '\t']);
        let start = at + rest.len() - comment.len();
        if comment.starts_with("--") {
            let line = comment.find('\n').unwrap_or(comment.len());
            return start + comment[..line].trim_end().len();
        }
        let Some(length) = comment
            .strip_prefix("/*")
            .and_then(|inner| inner.find("*/"))
        else {
            return at;
        };
        let end = start + length + 4;
        let last = self.sql[end..].trim_start_matches([' ', '\t', '\r']);
        if last.starts_with('\n') { end } else { at }
    }

    fn token_after(&self, at: usize) -> Option<&Token> {
        self.parts.tokens.iter().find(|t| t.range.start >= at)
    }

    fn token_before(&self, at: usize) -> Option<&Token> {
        self.parts.tokens.iter().rev().find(|t| t.range.end <= at)
    }
}

/// Whether two words, numbers or quoted texts become one where these letters
/// come to stand side by side.
fn joins(left: Option<char>, right: Option<char>) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || !c.is_ascii() || "_$\"'`".contains(c);
    left.is_some_and(in_word) && right.is_some_and(in_word)
}
