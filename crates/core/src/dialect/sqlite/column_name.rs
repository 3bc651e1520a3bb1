//! Which words of an expression name a column, and how a name replaces another.

use sqlite3_parser::dialect::keyword_token;

use super::lexer::{self, Token, TokenKind};
use super::render::quote;

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

/// A name as it replaces a token: in the same style of quotes, or without any
/// where the old one had none and the new one needs none.
pub(super) fn spelling_like(sql: &str, token: &Token, name: &str) -> String {
    let style = token.text(sql).as_bytes().first();
    if token.kind == TokenKind::Word && lexer::is_plain(name) && !is_keyword(name) {
        name.to_owned()
    } else if style == Some(&b'[') && !name.contains(']') {
        format!("[{name}]")
    } else if style == Some(&b'`') {
        format!("`{}`", name.replace('`', "``"))
    } else {
        quote(name)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn columns(sql: &str) -> Vec<&str> {
        let all = lexer::tokens(sql).unwrap();
        let found = column_tokens(sql, &all);
        found.into_iter().map(|n| all[n].text(sql)).collect()
    }

    #[test]
    fn finds_columns_and_nothing_else() {
        for (sql, expected) in [
            (
                "lower(a) LIKE 'b' AND t.c COLLATE nocase = A",
                vec!["a", "c", "A"],
            ),
            ("CAST(\"d e\" AS varchar(10)) = f", vec!["\"d e\"", "f"]),
            ("CASE key WHEN 1 THEN 2 END", vec!["key"]),
            ("length('a') + 1 -- a", vec![]),
            (
                "CREATE INDEX a ON a (a DESC, lower(b)) WHERE c > 0",
                vec!["a", "b", "c"],
            ),
        ] {
            assert_eq!(columns(sql), expected, "{sql}");
        }
    }

    #[test]
    fn a_name_is_spelled_like_the_one_before() {
        for (old, new, expected) in [
            ("a", "b", "b"),
            ("a", "order", "\"order\""),
            ("a", "b c", "\"b c\""),
            ("\"a\"", "b", "\"b\""),
            ("[a]", "b c", "[b c]"),
            ("[a]", "b]c", "\"b]c\""),
            ("`a`", "b`c", "`b``c`"),
            ("'a'", "b", "\"b\""),
        ] {
            let all = lexer::tokens(old).unwrap();
            assert_eq!(spelling_like(old, &all[0], new), expected);
        }
    }
}
