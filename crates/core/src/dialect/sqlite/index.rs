//! A stored `CREATE INDEX`, and single index keys, read from their texts.

use super::expression;
use super::lexer::{self, Token, TokenKind};
use crate::error::{Error, Result};
use crate::schema::{Expression, Index, IndexKey, IndexTarget, Name};

/// The index that a `CREATE INDEX` statement makes, as it is written.
///
/// # Errors
/// A text that is no such statement.
pub(super) fn read_index(sql: &str) -> Result<Index> {
    let broken = || Error::new(format!("the text of an index cannot be read: {sql}"));
    let tokens = lexer::tokens(sql)?;
    let on = tokens
        .iter()
        .position(|t| t.is(sql, "on"))
        .ok_or_else(broken)?;
    let unique = tokens.iter().take(on).any(|t| t.is(sql, "unique"));
    let name = on.checked_sub(1).and_then(|at| tokens.get(at));
    let name = name.ok_or_else(broken)?.text(sql);
    let list = tokens.get(on + 2..).ok_or_else(broken)?;
    if !list.first().is_some_and(|t| t.is(sql, "(")) {
        return Err(broken());
    }
    let mut keys = Vec::new();
    let (mut depth, mut start, mut end) = (0_usize, 1, None);
    for (at, token) in list.iter().enumerate() {
        if token.is(sql, "(") {
            depth += 1;
        } else if token.is(sql, ")") {
            depth = depth.checked_sub(1).ok_or_else(broken)?;
        }
        let closed = depth == 0;
        if closed || (depth == 1 && token.is(sql, ",")) {
            let key = list.get(start..at).ok_or_else(broken)?;
            keys.push(read_key(sql, key).ok_or_else(broken)?);
            start = at + 1;
        }
        if closed {
            end = Some(at);
            break;
        }
    }
    let rest = end.and_then(|end| list.get(end + 1..)).ok_or_else(broken)?;
    let predicate = match rest {
        [] => None,
        [word, condition @ ..] if word.is(sql, "where") => {
            let text = range(sql, condition).ok_or_else(broken)?;
            Some(bare(text))
        }
        _ => return Err(broken()),
    };
    Ok(Index {
        name: Some(Name::new(lexer::unquote(name))),
        unique,
        predicate,
        keys,
        ..Index::on::<Name>([])
    })
}

/// The key that an expression in an index is: `(a)` is the column `a`, and
/// `lower(a) COLLATE NOCASE` an expression with a collation.
pub(super) fn expression_key(text: &str) -> Option<IndexKey> {
    read_key(text, &lexer::tokens(text).ok()?)
}

fn read_key(sql: &str, tokens: &[Token]) -> Option<IndexKey> {
    let mut tokens = tokens;
    let mut descending = false;
    if let [rest @ .., last] = tokens
        && (last.is(sql, "asc") || last.is(sql, "desc"))
        && !rest.is_empty()
    {
        descending = last.is(sql, "desc");
        tokens = rest;
    }
    let mut collation = None;
    if let [rest @ .., word, name] = tokens
        && word.is(sql, "collate")
        && is_operand(sql, rest)
    {
        collation = Some(lexer::unquote(name.text(sql)));
        tokens = rest;
    }
    let target = match tokens {
        [only] if matches!(only.kind, TokenKind::Text) => {
            IndexTarget::Column(Name::new(lexer::unquote(only.text(sql))))
        }
        _ => target(range(sql, tokens)?),
    };
    let mut key = IndexKey::new(target);
    key.descending = descending;
    key.collation = collation;
    Some(key)
}

fn target(text: &str) -> IndexTarget {
    let expression = bare(text);
    let tokens = lexer::tokens(expression.as_str()).unwrap_or_default();
    match tokens.as_slice() {
        [only] if is_column(expression.as_str(), only) => {
            IndexTarget::Column(Name::new(lexer::unquote(expression.as_str())))
        }
        _ => IndexTarget::Expression(expression),
    }
}

fn is_column(sql: &str, token: &Token) -> bool {
    match token.kind {
        TokenKind::Quoted => true,
        TokenKind::Word => !["null", "true", "false"].iter().any(|w| token.is(sql, w)),
        _ => false,
    }
}

/// Whether a `COLLATE` after these tokens belongs to all of them: it binds
/// tighter than any operator.
fn is_operand(sql: &str, tokens: &[Token]) -> bool {
    let body = match tokens {
        [_] => return true,
        [name, rest @ ..] if matches!(name.kind, TokenKind::Word | TokenKind::Quoted) => rest,
        all => all,
    };
    let mut depth = 0_usize;
    for (at, token) in body.iter().enumerate() {
        if token.is(sql, "(") {
            depth += 1;
        } else if token.is(sql, ")") {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return at > 0 && at + 1 == body.len();
        }
    }
    false
}

fn range<'a>(sql: &'a str, tokens: &[Token]) -> Option<&'a str> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    sql.get(first.range.start..last.range.end)
}

fn bare(text: &str) -> Expression {
    Expression::new(expression::unwrapped(text))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn key(text: &str) -> (IndexTarget, Option<String>, bool) {
        let index = read_index(&format!("CREATE INDEX i ON t ({text})")).unwrap();
        assert_eq!(index.keys.len(), 1, "{text}");
        let key = index.keys.into_iter().next().unwrap();
        (key.target, key.collation, key.descending)
    }

    fn column(name: &str) -> IndexTarget {
        IndexTarget::Column(name.into())
    }

    fn expression(text: &str) -> IndexTarget {
        IndexTarget::Expression(text.into())
    }

    #[test]
    fn keys_are_read_as_sqlite_reads_them() {
        assert_eq!(key("a"), (column("a"), None, false));
        assert_eq!(key("(a) asc"), (column("a"), None, false));
        assert_eq!(key("[a b] DESC"), (column("a b"), None, true));
        assert_eq!(key("'a'"), (column("a"), None, false));
        assert_eq!(key("\"desc\""), (column("desc"), None, false));
        let nocase = Some("nocase".to_owned());
        assert_eq!(
            key("a COLLATE nocase DESC"),
            (column("a"), nocase.clone(), true)
        );
        let lower = (expression("lower(a)"), nocase.clone(), false);
        assert_eq!(key("lower(a) collate nocase"), lower);
        assert_eq!(key("(lower(a)) collate \"nocase\""), lower);
        let bound = (expression("a || b collate nocase"), None, false);
        assert_eq!(key("a || b collate nocase"), bound);
        let bound = (expression("(a) || (b) collate nocase"), None, false);
        assert_eq!(key("(a) || (b) collate nocase"), bound);
        assert_eq!(key("(a) || (b)"), (expression("(a) || (b)"), None, false));
        assert_eq!(key("max(a, b)"), (expression("max(a, b)"), None, false));
    }

    #[test]
    fn a_whole_statement() {
        let index = read_index(
            "CREATE UNIQUE INDEX \"i \"\"x\" ON \"on\" (a, lower(b) /* ( */ DESC) WHERE (a > ')')",
        )
        .unwrap();
        assert_eq!(index.name, Some("i \"x".into()));
        assert!(index.unique);
        assert_eq!(index.keys.len(), 2);
        assert_eq!(index.predicate, Some("a > ')'".into()));
        assert!(read_index("CREATE INDEX i ON t").is_err());
        assert!(read_index("CREATE INDEX i ON t (a").is_err());
    }
}
