//! Whether two expressions are the same whatever the data.
//!
//! Only what needs no server: spelling, parentheses that change nothing, and
//! the few words that PostgreSQL itself calls the same. The rest is for
//! `probe`. It must not know tables.

use super::name;
use super::tokens::{self, Kind, Token};

/// Whether the texts are the same but for their spelling.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || normal(a) == normal(b)
}

/// The tokens of an expression in one spelling.
fn normal(text: &str) -> Vec<String> {
    let text = tokens::unwrapped(text);
    let list = tokens::tokens(text);
    let skipped = needless(&list, text);
    let mut out: Vec<String> = Vec::new();
    for (at, token) in list.iter().enumerate() {
        if skipped.contains(&at) {
            continue;
        }
        out.push(spelled(token, text));
        // `now()` is documented to be the same as `CURRENT_TIMESTAMP`.
        if let [.., word, open, close] = out.as_slice()
            && matches!(word.as_str(), "now" | "transaction_timestamp")
            && open == "("
            && close == ")"
        {
            out.truncate(out.len() - 3);
            out.push("current_timestamp".to_owned());
        }
    }
    out
}

fn spelled(token: &Token, sql: &str) -> String {
    match token.kind {
        Kind::Word => token.text(sql).to_lowercase(),
        Kind::Quoted => name::spelled(tokens::name(token, sql).as_str()),
        Kind::Text => tokens::string(token, sql)
            .map_or_else(|| token.text(sql).to_owned(), |text| name::string(&text)),
        Kind::Number => token.text(sql).replace('_', "").to_lowercase(),
        Kind::Operator | Kind::Mark => match token.text(sql) {
            "!=" => "<>".to_owned(),
            text => text.to_owned(),
        },
    }
}

/// The parentheses that stand around one token or around another pair of them,
/// and belong to no function, list or keyword.
fn needless(list: &[Token], sql: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, token) in list.iter().enumerate() {
        if !token.is(sql, "(") {
            continue;
        }
        let Some(end) = tokens::closing(list, at, sql) else {
            return Vec::new();
        };
        let before = at.checked_sub(1).map(|before| &list[before]);
        let free = before.is_none_or(|t| t.is(sql, "(") || t.is(sql, ",") || is_operator(t));
        let single = end == at + 2 && !list[at + 1].is(sql, "*");
        let inner = tokens::closing(list, at + 1, sql);
        let double = list[at + 1].is(sql, "(") && inner == Some(end - 1);
        // `f((a, b))` has one argument.
        let double = double && !list[at + 2..end - 1].iter().any(|t| t.is(sql, ","));
        if (free && single) || double {
            found.extend([at, end]);
        }
    }
    found
}

fn is_operator(token: &Token) -> bool {
    token.kind == Kind::Operator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_count() {
        for (a, b) in [
            ("length(id) > 0", "(LENGTH( \"id\" )>0)"),
            ("a != 1", "a <> 1"),
            ("now()", "CURRENT_TIMESTAMP"),
            ("pg_catalog.now( )", "pg_catalog.now()"),
            ("((a)) = (1)", "a = 1"),
            ("f((a + b))", "f((a + b))"),
            ("a -- why\n + 1", "(a /* so */ + 1)"),
            ("E'it\\'s'", "'it''s'"),
            ("x IN (1,2)", "x in ( 1 , 2 )"),
        ] {
            assert!(same(a, b), "{a} / {b}");
        }
    }

    #[test]
    fn meaning_counts() {
        for (a, b) in [
            ("a = \"X\"", "a = x"),
            ("a = \"user\"", "a = user"),
            ("a = 'x'", "a = 'X'"),
            ("a - (b - c)", "a - b - c"),
            ("x IN (1)", "x IN 1"),
            ("f(a)", "f a"),
            ("count(*)", "count *"),
            ("1", "1.0"),
            ("x IN (1, 2)", "x = ANY (ARRAY[1, 2])"),
            ("f((a, b))", "f(a, b)"),
            ("clock_timestamp()", "now()"),
        ] {
            assert!(!same(a, b), "{a} / {b}");
        }
    }
}
