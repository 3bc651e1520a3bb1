//! Whether two expressions mean the same, and which columns they speak of.
//!
//! Owns the comparison of expressions as syntax trees and the renaming of
//! columns inside their texts. It must not know what an expression is for.

use bumpalo::Bump;
use fallible_iterator::FallibleIterator;
use sqlite3_parser::ast::{
    Cmd, Distinctness, Expr, Literal, OneSelect, Operator, ResultColumn, Select, Stmt,
    UnaryOperator,
};
use sqlite3_parser::dialect::keyword_token;
use sqlite3_parser::lexer::sql::Parser;

use super::lexer::{self, Token, TokenKind};
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

/// Whether a name without quotes would be read as a keyword.
pub(super) fn is_keyword(name: &str) -> bool {
    name.is_ascii() && (2..=32).contains(&name.len()) && keyword_token(name.as_bytes()).is_some()
}

/// Words that never name a column unless they are quoted, though SQLite lets
/// some of them.
const NEVER_A_COLUMN: [&str; 19] = [
    "asc",
    "cast",
    "current_date",
    "current_time",
    "current_timestamp",
    "desc",
    "end",
    "filter",
    "first",
    "glob",
    "last",
    "like",
    "match",
    "nulls",
    "over",
    "raise",
    "regexp",
    "true",
    "false",
];

/// Words after which a name is not that of a column.
const NAMES_OTHER_THINGS: [&str; 7] = [
    "as",
    "collate",
    "constraint",
    "exists",
    "index",
    "references",
    "on",
];

/// Which tokens name a column, in an expression or a list of index keys.
///
/// A name before `(` is a function, one before `.` a table, what follows
/// `COLLATE` or stands as the type of a cast is neither.
pub(super) fn column_tokens(sql: &str, all: &[Token]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut cast: Option<usize> = None;
    for (n, token) in all.iter().enumerate() {
        if token.is(sql, "(") {
            depth += 1;
        } else if token.is(sql, ")") {
            if cast == Some(depth) {
                cast = None;
            }
            depth = depth.saturating_sub(1);
        } else if token.is(sql, "as") && cast.is_none() {
            cast = Some(depth);
        } else if cast.is_none() && names_column(sql, all, n) {
            found.push(n);
        }
    }
    found
}

fn names_column(sql: &str, all: &[Token], n: usize) -> bool {
    let text = all[n].text(sql);
    let name = match all[n].kind {
        TokenKind::Quoted => true,
        TokenKind::Word => {
            let reserved = is_reserved(text);
            let never = NEVER_A_COLUMN.iter().any(|w| w.eq_ignore_ascii_case(text));
            !reserved && !never
        }
        _ => false,
    };
    let follows = |words: &[&str]| {
        n.checked_sub(1)
            .is_some_and(|p| words.iter().any(|w| all[p].is(sql, w)))
    };
    let next = |mark: &str| all.get(n + 1).is_some_and(|t| t.is(sql, mark));
    let qualified = follows(&["."]);
    name && !next("(") && !next(".") && (qualified || !follows(&NAMES_OTHER_THINGS))
}

/// Keywords that SQLite never takes for a name. Of the others some name a
/// column where one is expected.
fn is_reserved(word: &str) -> bool {
    const RESERVED: [&str; 65] = [
        "add",
        "all",
        "alter",
        "and",
        "as",
        "autoincrement",
        "between",
        "case",
        "check",
        "collate",
        "commit",
        "constraint",
        "create",
        "cross",
        "default",
        "deferrable",
        "delete",
        "distinct",
        "drop",
        "else",
        "escape",
        "except",
        "exists",
        "foreign",
        "from",
        "full",
        "group",
        "having",
        "in",
        "index",
        "inner",
        "insert",
        "intersect",
        "into",
        "is",
        "isnull",
        "join",
        "left",
        "limit",
        "natural",
        "not",
        "nothing",
        "notnull",
        "null",
        "on",
        "or",
        "order",
        "outer",
        "primary",
        "references",
        "returning",
        "right",
        "select",
        "set",
        "table",
        "then",
        "to",
        "transaction",
        "union",
        "unique",
        "update",
        "using",
        "values",
        "when",
        "where",
    ];
    RESERVED.iter().any(|w| w.eq_ignore_ascii_case(word))
}

/// The names in an expression that may be columns, without quotes, each once.
pub(super) fn identifiers(text: &str) -> Vec<String> {
    let Ok(all) = lexer::tokens(text) else {
        return Vec::new();
    };
    let mut names: Vec<String> = Vec::new();
    for n in column_tokens(text, &all) {
        let name = lexer::unquote(all[n].text(text));
        if !names.iter().any(|m| m.eq_ignore_ascii_case(&name)) {
            names.push(name);
        }
    }
    names
}

/// Whether an expression speaks of a column.
pub(super) fn mentions(expression: &str, column: &str) -> bool {
    identifiers(expression)
        .iter()
        .any(|name| name.eq_ignore_ascii_case(column))
}

/// The text with a column under another name, `table.column` included. All
/// else stays as it was written.
pub(super) fn rename_identifier(text: &str, from: &str, to: &str) -> String {
    let Ok(all) = lexer::tokens(text) else {
        return text.to_owned();
    };
    let mut renamed = text.to_owned();
    for n in column_tokens(text, &all).into_iter().rev() {
        let token = &all[n];
        if lexer::unquote(token.text(text)).eq_ignore_ascii_case(from) {
            renamed.replace_range(token.range.clone(), &spelling_like(token, to));
        }
    }
    renamed
}

/// A name as it replaces a token: without quotes where the old one had none
/// and the new one needs none.
pub(super) fn spelling_like(token: &Token, name: &str) -> String {
    let plain = token.kind == TokenKind::Word && lexer::is_plain(name) && !is_keyword(name);
    if plain { name.to_owned() } else { quote(name) }
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

    #[test]
    fn finds_columns() {
        assert_eq!(
            identifiers("lower(a) LIKE 'b' AND t.c COLLATE nocase = CAST(\"d e\" AS text) OR A"),
            vec!["a", "c", "d e"]
        );
        assert!(mentions("CASE key WHEN 1 THEN 2 END", "Key"));
        assert!(!mentions("length('a')", "a"));
        assert!(!mentions("length(b)", "length"));
    }

    #[test]
    fn renames_columns_and_nothing_else() {
        assert_eq!(
            rename_identifier("a(a) > t.A AND \"a\" <> 'a' -- a\n COLLATE a", "a", "b"),
            "a(b) > t.b AND \"b\" <> 'a' -- a\n COLLATE a"
        );
        assert_eq!(rename_identifier("a + 1", "a", "order"), "\"order\" + 1");
        assert_eq!(
            rename_identifier(
                "CREATE INDEX a ON a (a DESC, lower(a)) WHERE a > 0",
                "a",
                "b"
            ),
            "CREATE INDEX a ON a (b DESC, lower(b)) WHERE b > 0"
        );
    }
}
