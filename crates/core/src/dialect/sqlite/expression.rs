//! Whether two expressions mean the same.
//!
//! Owns the comparison of expressions as syntax trees. It must not know what an
//! expression is for.

use bumpalo::Bump;
use fallible_iterator::FallibleIterator;
use sqlite3_parser::ast::{
    Cmd, Distinctness, Expr, Literal, OneSelect, Operator, ResultColumn, Select, Stmt,
    UnaryOperator,
};
use sqlite3_parser::lexer::sql::Parser;

use super::lexer;
use super::render::quote;

/// Whether two expressions are the same tree. Parentheses that change nothing,
/// white space, comments, the case of keywords and identifiers and the style
/// of their quotes do not count; `"x"` is an identifier and `'x'` a string.
///
/// What does not parse is compared by its tokens.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || tree(a).unwrap_or_else(|| bare(a)) == tree(b).unwrap_or_else(|| bare(b))
}

/// The tree of an expression, written so that equal trees have equal texts.
fn tree(text: &str) -> Option<String> {
    let sql = format!("SELECT {text}\n");
    let bump = Bump::new();
    let mut parser = Parser::new(&bump, sql.as_bytes());
    let command = parser.next().ok()??;
    if !matches!(parser.next(), Ok(None)) {
        return None;
    }
    let Cmd::Stmt(Stmt::Select(Select {
        with: None,
        body,
        order_by: None,
        limit: None,
    })) = command
    else {
        return None;
    };
    let OneSelect::Select {
        distinctness: None,
        columns: [ResultColumn::Expr(expression, None)],
        from: None,
        where_clause: None,
        group_by: None,
        having: None,
        window_clause: None,
    } = &body.select
    else {
        return None;
    };
    if body.compounds.is_some() {
        return None;
    }
    let mut out = String::new();
    write(expression, &mut out);
    Some(out)
}

/// The tokens of a text, without parentheses around all of it.
fn bare(text: &str) -> String {
    let mut inner = lexer::normalised_tokens(text);
    while let Some(shorter) = without_parentheses(&inner) {
        inner = shorter;
    }
    inner
}

/// The text without the parentheses around all of it, if there are any.
pub(super) fn without_parentheses(text: &str) -> Option<String> {
    let all = lexer::tokens(text).ok()?;
    let (first, last) = (all.first()?, all.last()?);
    if !first.is(text, "(") || !last.is(text, ")") {
        return None;
    }
    let mut depth = 0_usize;
    for (n, token) in all.iter().enumerate() {
        if token.is(text, "(") {
            depth += 1;
        } else if token.is(text, ")") {
            depth = depth.checked_sub(1)?;
            if depth == 0 && n + 1 < all.len() {
                return None;
            }
        }
    }
    Some(text[first.range.end..last.range.start].trim().to_owned())
}

/// The text without any parentheses around all of it.
pub(super) fn unwrapped(text: &str) -> String {
    let mut inner = text.trim().to_owned();
    while let Some(shorter) = without_parentheses(&inner) {
        inner = shorter;
    }
    inner
}

fn node(out: &mut String, head: &str, parts: &[&Expr<'_>]) {
    out.push('(');
    out.push_str(head);
    for part in parts {
        out.push(' ');
        write(part, out);
    }
    out.push(')');
}

fn negated(out: &mut String, not: bool, body: impl FnOnce(&mut String)) {
    if not {
        out.push_str("(not ");
    }
    body(out);
    if not {
        out.push(')');
    }
}

fn write(expression: &Expr<'_>, out: &mut String) {
    match expression {
        Expr::Parenthesized(inner) if inner.len() == 1 => write(&inner[0], out),
        Expr::Parenthesized(inner) => {
            node(out, "row", &inner.iter().collect::<Vec<_>>());
        }
        Expr::Between {
            lhs,
            not,
            start,
            end,
        } => negated(out, *not, |out| node(out, "between", &[lhs, start, end])),
        Expr::Binary(_, operator @ (Operator::And | Operator::Or), _) => {
            let mut parts = Vec::new();
            flatten(expression, *operator, &mut parts);
            node(out, &operator_name(*operator), &parts);
        }
        Expr::Binary(a, Operator::Is, b) if is_null(b) => node(out, "isnull", &[a]),
        Expr::Binary(a, Operator::IsNot, b) if is_null(b) => {
            negated(out, true, |out| node(out, "isnull", &[a]));
        }
        Expr::Binary(a, operator, b) => node(out, &operator_name(*operator), &[a, b]),
        Expr::Case {
            base,
            when_then_pairs,
            else_expr,
        } => write_case(out, *base, when_then_pairs, *else_expr),
        Expr::Cast { expr, .. } => {
            node(out, &format!("cast {}", cast_type(expression)), &[expr]);
        }
        Expr::Collate(inner, name) => {
            node(out, &format!("collate {}", identifier(name)), &[inner]);
        }
        Expr::DoublyQualified(a, b, c) => {
            let names = [a.0, b.0, c.0].map(identifier);
            out.push_str(&names.join("."));
        }
        Expr::Qualified(a, b) => {
            out.push_str(&[a.0, b.0].map(identifier).join("."));
        }
        Expr::FunctionCall {
            name,
            distinctness,
            args,
            order_by: None,
            filter_over: None,
        } => {
            let distinct = match distinctness {
                Some(Distinctness::Distinct) => " distinct",
                Some(Distinctness::All) | None => "",
            };
            let parts: Vec<_> = args.iter().flat_map(|a| a.iter()).collect();
            node(
                out,
                &format!("call {}{distinct}", identifier(name.0)),
                &parts,
            );
        }
        Expr::Id(id) => write_word(id.0, out),
        Expr::Name(name) => out.push_str(&identifier(name.0)),
        Expr::InList { lhs, not, rhs } => negated(out, *not, |out| {
            let parts: Vec<_> = std::iter::once(*lhs)
                .chain(rhs.iter().flat_map(|r| r.iter()))
                .collect();
            node(out, "in", &parts);
        }),
        Expr::IsNull(inner) => node(out, "isnull", &[inner]),
        Expr::NotNull(inner) => {
            negated(out, true, |out| node(out, "isnull", &[inner]));
        }
        Expr::Like {
            lhs,
            not,
            op,
            rhs,
            escape,
        } => negated(out, *not, |out| {
            let mut parts = vec![*lhs, *rhs];
            parts.extend(*escape);
            node(out, &format!("{op:?}"), &parts);
        }),
        Expr::Literal(literal) => write_literal(literal, out),
        Expr::Unary(UnaryOperator::Not, inner) => {
            negated(out, true, |out| write(inner, out));
        }
        Expr::Unary(operator, inner) => node(out, &format!("{operator:?}"), &[inner]),
        // Queries, windows, RAISE and parameters: by their tokens.
        other => {
            out.push('{');
            out.push_str(&lexer::normalised_tokens(&other.to_string()));
            out.push('}');
        }
    }
}

fn write_case<'a>(
    out: &mut String,
    base: Option<&Expr<'a>>,
    pairs: &[(Expr<'a>, Expr<'a>)],
    otherwise: Option<&Expr<'a>>,
) {
    let mut head = "case".to_owned();
    let mut parts: Vec<&Expr<'a>> = Vec::new();
    if let Some(base) = base {
        head.push_str(" of");
        parts.push(base);
    }
    for (when, then) in pairs {
        parts.extend([when, then]);
    }
    if let Some(otherwise) = otherwise {
        head.push_str(" else");
        parts.push(otherwise);
    }
    node(out, &head, &parts);
}

/// The operands of a chain of `AND`s or of `OR`s, however it is nested.
fn flatten<'e, 'a>(expression: &'e Expr<'a>, operator: Operator, parts: &mut Vec<&'e Expr<'a>>) {
    match expression {
        Expr::Parenthesized(inner) if inner.len() == 1 => flatten(&inner[0], operator, parts),
        Expr::Binary(a, same, b) if *same == operator => {
            flatten(a, operator, parts);
            flatten(b, operator, parts);
        }
        other => parts.push(other),
    }
}

fn operator_name(operator: Operator) -> String {
    format!("{operator:?}")
}

fn is_null(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Literal(Literal::Null) => true,
        Expr::Parenthesized(inner) => inner.len() == 1 && is_null(&inner[0]),
        _ => false,
    }
}

/// The type of a cast, by its tokens: all after the last `AS` outside of
/// parentheses.
fn cast_type(cast: &Expr<'_>) -> String {
    let Expr::Cast {
        type_name: Some(ty),
        ..
    } = cast
    else {
        return String::new();
    };
    let mut text = ty.name.to_owned();
    match &ty.size {
        Some(sqlite3_parser::ast::TypeSize::MaxSize(n)) => text.push_str(&format!("({n})")),
        Some(sqlite3_parser::ast::TypeSize::TypeSize(n, m)) => {
            text.push_str(&format!("({n},{m})"));
        }
        None => {}
    }
    lexer::normalised_tokens(&text)
}

fn identifier(text: &str) -> String {
    quote(&lexer::unquote(text).to_ascii_lowercase())
}

/// An identifier, or one of the words that are a value unless they are quoted.
fn write_word(text: &str, out: &mut String) {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        out.push_str(&text.to_ascii_lowercase());
    } else {
        out.push_str(&identifier(text));
    }
}

fn write_literal(literal: &Literal<'_>, out: &mut String) {
    match literal {
        Literal::Numeric(text) => {
            out.push_str(&text.replace('_', "").to_ascii_lowercase());
        }
        Literal::String(text) => out.push_str(text),
        Literal::Blob(text) => out.push_str(&format!("x'{}'", text.to_ascii_lowercase())),
        Literal::Keyword(text) => out.push_str(&text.to_ascii_lowercase()),
        Literal::Null => out.push_str("null"),
        Literal::CurrentDate => out.push_str("current_date"),
        Literal::CurrentTime => out.push_str("current_time"),
        Literal::CurrentTimestamp => out.push_str("current_timestamp"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_count() {
        for (a, b) in [
            ("length(id) > 0", "LENGTH( \"id\" )>0"),
            ("(a) AND (b OR c)", "a and (b or c)"),
            ("a AND (b AND c)", "(a AND b) AND c"),
            ("x IN (1,2)", "[x] in ( 1 , 2 )"),
            ("x NOT IN (1)", "NOT (x IN (1))"),
            ("a != 1", "a <> 1"),
            ("a == 1", "a = 1"),
            ("a IS NULL", "a ISNULL"),
            ("a IS NOT NULL", "`A` NOT NULL"),
            ("a -- why\n + 1", "(a /* so */ + 1)"),
            ("CAST(a AS  VARCHAR (10))", "cast(a as varchar(10))"),
            ("x'0A'", "X'0a'"),
            ("1_000", "1000"),
            (
                "case when a then 1 else 2 end",
                "CASE WHEN (a) THEN 1 ELSE 2 END",
            ),
            ("((a))", "a"),
            ("a collate nocase", "a COLLATE NOCASE"),
            ("count(*) filter (where a)", "COUNT(*) FILTER (WHERE a)"),
            ("t.a > 0", "\"T\".\"A\" > 0"),
            ("current_timestamp", "CURRENT_TIMESTAMP"),
        ] {
            assert!(same(a, b), "{a} / {b}");
        }
    }

    #[test]
    fn meaning_counts() {
        for (a, b) in [
            ("a = \"x\"", "a = 'x'"),
            ("a = 'x'", "a = 'X'"),
            ("a OR b AND c", "(a OR b) AND c"),
            ("a - (b - c)", "a - b - c"),
            ("true", "\"true\""),
            ("a", "+a"),
            ("1", "1.0"),
            ("x IN (1,2)", "x IN (2,1)"),
            ("case a when 1 then 2 end", "case when a then 1 else 2 end"),
            ("max(a)", "max(distinct a)"),
            ("a LIKE 'x'", "a GLOB 'x'"),
            ("t.a", "a"),
            ("a AS b", "a"),
            ("a, b", "a"),
        ] {
            assert!(!same(a, b), "{a} / {b}");
        }
    }

    #[test]
    fn what_does_not_parse_is_compared_by_tokens() {
        assert!(same("( a b  c )", "A b c"));
        assert!(!same("a b c", "a b d"));
        assert_eq!(without_parentheses("(a) + (b)"), None);
        assert_eq!(without_parentheses(" ( a ) ").as_deref(), Some("a"));
    }
}
