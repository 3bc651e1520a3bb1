//! Where a stored text names tables, and columns of other tables.

use std::ops::Range;

use super::super::lexer::{self, Token};
use super::TableDdl;
use super::parts::{Kind, Reference};

impl TableDdl {
    /// The names of this table before columns of its expressions.
    pub(super) fn qualifiers(&self, table: &str) -> Vec<Token> {
        let inside = |range: &Range<usize>, at: usize| range.start <= at && at < range.end;
        let expressions: Vec<&Range<usize>> = self
            .clauses()
            .filter_map(|(_, clause)| match &clause.kind {
                Kind::Check(range)
                | Kind::Generated {
                    expression: range, ..
                } => Some(range),
                _ => None,
            })
            .collect();
        let pairs = self.parts.tokens.windows(2);
        pairs
            .filter(|pair| {
                pair[1].is(&self.sql, ".")
                    && lexer::unquote(pair[0].text(&self.sql)).eq_ignore_ascii_case(table)
                    && expressions.iter().any(|r| inside(r, pair[0].range.start))
            })
            .map(|pair| pair[0].clone())
            .collect()
    }

    pub(super) fn references_to(&self, table: &str) -> impl Iterator<Item = &Reference> {
        self.clauses()
            .filter_map(move |(_, clause)| match &clause.kind {
                Kind::ForeignKey(key)
                    if lexer::unquote(key.table.text(&self.sql)).eq_ignore_ascii_case(table) =>
                {
                    Some(key)
                }
                _ => None,
            })
    }

    pub(super) fn referenced_table_tokens(&self, table: &str) -> Vec<Token> {
        self.references_to(table)
            .map(|key| key.table.clone())
            .collect()
    }

    pub(super) fn referenced_column_tokens(&self, table: &str, column: &str) -> Vec<Token> {
        self.references_to(table)
            .flat_map(|key| key.referenced.iter())
            .filter(|t| lexer::unquote(t.text(&self.sql)).eq_ignore_ascii_case(column))
            .cloned()
            .collect()
    }
}
