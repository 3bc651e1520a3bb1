//! What statements do on SQLite: what they write again and read.
//!
//! Owns which native `ALTER TABLE` goes over the rows ("ALTER TABLE" in
//! SQLite's manual). There is one writer at a time and readers never wait for
//! it long, so a lock is no hazard of its own but where it lasts.

use super::lexer;
use crate::change::{Change, Pair};
use crate::dialect::{Found, Ground};
use crate::hazard::statement::of_statement;
use crate::hazard::{Hazard, HazardKind};
use crate::operation::{Operation, TableChange};
use crate::schema::TableName;
use crate::statement::{self, Clause, Kind, Said, Token};

/// The hazards of a statement.
pub(super) fn judge(sql: &str, ground: &Ground<'_>) -> Vec<Found> {
    let said = said(sql);
    let mut found = of_statement(&said, ground);
    found.extend(of_database(&said, ground));
    found
}

/// What a statement says.
pub(super) fn said(sql: &str) -> Said {
    let tokens = lexer::tokens(sql).unwrap_or_default();
    let tokens: Vec<Token<'_>> = tokens.iter().map(|t| token(t, sql)).collect();
    statement::read(&tokens)
}

fn token<'s>(token: &lexer::Token, sql: &'s str) -> Token<'s> {
    use lexer::TokenKind as K;
    let text = token.text(sql);
    Token {
        kind: match token.kind {
            K::Word | K::Number | K::Parameter => Kind::Word,
            K::Quoted => Kind::Name,
            K::Text | K::Blob => Kind::Text,
            K::Mark => Kind::Mark,
        },
        text,
        name: match token.kind {
            K::Word => Some(text.to_owned()),
            K::Quoted => Some(lexer::unquote(text)),
            _ => None,
        },
    }
}

fn of_database(said: &Said, ground: &Ground<'_>) -> Vec<Found> {
    match said {
        Said::AlterTable(table, clauses) if !ground.is_new(table) => {
            let clauses = clauses.iter();
            clauses
                .flat_map(|clause| of_clause(table, clause, ground))
                .collect()
        }
        Said::CreateIndex(index) if !ground.is_new(&index.table) => {
            vec![waits(&index.table, "until the index is built").of(index.name.clone())]
        }
        Said::Reindex { .. } => {
            let message = "every table until its indexes are built again";
            let hazard = Hazard::new(HazardKind::BlocksWrites, message);
            vec![Found::new(hazard.note())]
        }
        Said::Rewrite { word: "VACUUM", .. } => {
            let message = "every row of every table";
            vec![
                Found::new(Hazard::new(HazardKind::RewritesTable, message)),
                Found::new(Hazard::new(
                    HazardKind::BlocksWrites,
                    "every table until then",
                )),
            ]
        }
        _ => Vec::new(),
    }
}

/// Writers wait, and SQLite has no other way.
pub(super) fn waits(table: &TableName, until: &str) -> Found {
    let message = format!("`{table}` {until}");
    Found::new(Hazard::new(HazardKind::BlocksWrites, message).note())
}

fn of_clause(table: &TableName, clause: &Clause, ground: &Ground<'_>) -> Vec<Found> {
    let (kind, message, of) = match clause {
        Clause::DropColumn(name) => {
            let known = ground.column(table, name);
            let kept = |c: &crate::schema::Column| c.generated.as_ref().is_none_or(|g| g.stored);
            if !known.is_none_or(kept) {
                return Vec::new();
            }
            let message = format!("every row of `{table}`, without `{name}`");
            (HazardKind::RewritesTable, message, name)
        }
        Clause::AddColumn(said) if said.check || said.not_null && said.generated.is_some() => {
            let message = format!("every row of `{table}`, for the check");
            (HazardKind::ScansTable, message, &said.name)
        }
        _ => return Vec::new(),
    };
    let of = Some(of.clone());
    vec![
        Found::new(Hazard::new(kind, message)).of(of.clone()),
        waits(table, "until then").of(of),
    ]
}

/// Whether a hazard of an operation is one here: the key that is the row's own
/// number is given by itself.
pub(super) fn has(operation: &Operation, change: usize, hazard: &Hazard) -> bool {
    let Operation::AlterTable { changes, .. } = operation else {
        return true;
    };
    let Some(TableChange::Column(Change::Alter(Pair { from, to }))) = changes.get(change) else {
        return true;
    };
    hazard.kind != HazardKind::BreaksRunningCode
        || !(from.autoincrement && !to.autoincrement && from.ty == to.ty)
}

#[cfg(test)]
mod tests;
