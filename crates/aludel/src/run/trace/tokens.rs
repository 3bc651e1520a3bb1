//! The words of a statement, as far as one has to read them to know what kind
//! of statement it is and which table it is about.

use std::ops::Range;

use aludel_core::schema::TableName;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word without quotes, in small letters.
    Word,
    /// A name in quotes, without them.
    Quoted,
    /// A string with its quotes, a number, a sign.
    Other,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// Where it stands.
    range: Range<usize>,
}

impl Token {
    /// Whether it is that word or sign.
    pub(super) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Quoted && self.text == text
    }

    fn is_name(&self) -> bool {
        self.kind != Kind::Other
    }
}

/// The tokens of a statement, without comments.
pub(super) fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let start = sql.len() - rest.len();
        let token = |kind: Kind, text: &str, length: usize| Token {
            kind,
            text: text.to_owned(),
            range: start..start + length,
        };
        let length = match first {
            _ if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            c if c.is_whitespace() => c.len_utf8(),
            '\'' | '"' | '`' => {
                let length = quoted(rest, first);
                let text = rest.get(..length).unwrap_or_default();
                found.push(if first == '\'' {
                    token(Kind::Other, text, length)
                } else {
                    let twice = format!("{first}{first}");
                    let inner = text.strip_prefix(first).unwrap_or(text);
                    let inner = inner.strip_suffix(first).unwrap_or(inner);
                    token(
                        Kind::Quoted,
                        &inner.replace(&twice, &first.to_string()),
                        length,
                    )
                });
                length
            }
            c if is_word(c) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let text = rest.get(..length).unwrap_or_default();
                let kind = if c.is_ascii_digit() {
                    Kind::Other
                } else {
                    Kind::Word
                };
                found.push(token(kind, &text.to_lowercase(), length));
                length
            }
            c => {
                found.push(token(Kind::Other, &c.to_string(), c.len_utf8()));
                c.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    while found.last().is_some_and(|last| last.is(";")) {
        found.pop();
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The length of what begins with a quote; a doubled one is one inside it.
fn quoted(text: &str, quote: char) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = letters.next() {
        if c == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return at + c.len_utf8();
        }
    }
    text.len()
}

/// Whether two statements are the same but for quotes that are not needed.
pub(super) fn same(a: &[Token], b: &[Token]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            a.text == b.text || (a.is_name() && b.is_name() && a.text.eq_ignore_ascii_case(&b.text))
        })
}

/// The table that a statement writes rows of: what stands behind `UPDATE` or
/// `INTO`.
pub(super) fn target(tokens: &[Token]) -> Option<TableName> {
    let start = if tokens.first()?.is("update") {
        1
    } else {
        1 + tokens.iter().position(|token| token.is("into"))?
    };
    let skipped = [
        "only", "or", "ignore", "rollback", "abort", "replace", "fail",
    ];
    let rest = tokens.get(start..)?;
    let skip = |t: &&Token| t.kind == Kind::Word && skipped.contains(&&*t.text);
    let rest = rest.get(rest.iter().take_while(skip).count()..)?;
    let first = rest.first().filter(|token| token.is_name())?;
    if rest.get(1).is_some_and(|token| token.is(".")) {
        let name = rest.get(2).filter(|token| token.is_name())?;
        return Some(TableName::in_schema(&*first.text, &*name.text));
    }
    Some(TableName::new(&*first.text))
}

/// The text of tokens that stand next to each other.
pub(super) fn text<'s>(sql: &'s str, tokens: &[Token]) -> &'s str {
    let (first, last) = (tokens.first(), tokens.last());
    let range = first.zip(last).map(|(a, b)| a.range.start..b.range.end);
    range.and_then(|range| sql.get(range)).unwrap_or_default()
}

/// The lists of `INSERT INTO t (a, b) SELECT x, y FROM ..`: each column with
/// the tokens of its value.
pub(super) fn copied(tokens: &[Token]) -> Option<Vec<(String, Vec<Token>)>> {
    let open = tokens.iter().position(|token| token.is("("))?;
    let close = open + tokens.get(open..)?.iter().position(|token| token.is(")"))?;
    let names = tokens.get(open + 1..close)?;
    let names = names.iter().filter(|token| !token.is(","));
    let names: Vec<String> = names.map(|token| token.text.clone()).collect();
    let rest = tokens.get(close + 1..)?;
    if !rest.first()?.is("select") {
        return None;
    }
    let mut values = vec![Vec::new()];
    let mut depth = 0_i32;
    for token in rest.get(1..)? {
        match token.text.as_str() {
            "(" if token.kind == Kind::Other => depth += 1,
            ")" if token.kind == Kind::Other => depth -= 1,
            "from" if depth == 0 && token.kind == Kind::Word => break,
            "," if depth == 0 && token.kind == Kind::Other => {
                values.push(Vec::new());
                continue;
            }
            _ => {}
        }
        values.last_mut()?.push(token.clone());
    }
    (names.len() == values.len()).then(|| names.into_iter().zip(values).collect())
}

/// One column that `UPDATE` gives another value in every row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assigned<'t> {
    pub(super) column: &'t Token,
    pub(super) value: &'t [Token],
    /// Only where it is NULL.
    pub(super) is_fill: bool,
}

/// What `UPDATE t SET a = x` says, also with `WHERE a IS NULL`; nothing of one
/// that says more.
pub(super) fn assigned(tokens: &[Token]) -> Option<Assigned<'_>> {
    let (first, mut rest) = tokens.split_first()?;
    if !first.is("update") {
        return None;
    }
    if rest.first()?.is("only") {
        rest = rest.get(1..)?;
    }
    let name = if rest.get(1)?.is(".") { 3 } else { 1 };
    let [set, column, equal, value @ ..] = rest.get(name..)? else {
        return None;
    };
    if !set.is("set") || !column.is_name() || !equal.is("=") {
        return None;
    }
    let (value, is_fill) = match value {
        [value @ .., condition, own, is, null]
            if condition.is("where")
                && (own.is_name() && own.text == column.text)
                && (is.is("is") && null.is("null")) =>
        {
            (value, true)
        }
        value => (value, false),
    };
    let mut depth = 0_i32;
    let ends = ["where", "from", "returning", "order", "limit", ","];
    for token in value {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        if depth == 0 && ends.iter().any(|end| token.is(end)) {
            return None;
        }
    }
    (!value.is_empty()).then_some(Assigned {
        column,
        value,
        is_fill,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_found_in_any_quotes() {
        let of = |sql: &str| target(&tokens(sql)).map(|name| name.to_string());
        assert_eq!(of("UPDATE \"my t\" SET a = 1").as_deref(), Some("my t"));
        assert_eq!(of("update only s.t set a = 1").as_deref(), Some("s.t"));
        assert_eq!(of("INSERT INTO `t` VALUES (1)").as_deref(), Some("t"));
        assert_eq!(
            of("-- a\nINSERT OR IGNORE INTO t(a) SELECT 1").as_deref(),
            Some("t")
        );
        assert_eq!(of("UPDATE 5"), None);
    }

    #[test]
    fn an_update_of_one_column_is_read() {
        let read = |sql: &str| {
            let tokens = tokens(sql);
            let found = assigned(&tokens)?;
            let column = found.column.text.clone();
            Some((column, text(sql, found.value).to_owned(), found.is_fill))
        };
        let of = |column: &str, value: &str, is_fill| {
            Some((column.to_owned(), value.to_owned(), is_fill))
        };
        assert_eq!(
            read("UPDATE pv\nSET a = b || ':' || COALESCE(c, '') -- all\n;"),
            of("a", "b || ':' || COALESCE(c, '')", false)
        );
        assert_eq!(
            read("UPDATE ONLY \"s\".\"t\" SET \"a\" = (1) WHERE \"a\" IS NULL"),
            of("a", "(1)", true)
        );
        for other in [
            "UPDATE t SET a = 1, b = 2",
            "UPDATE t SET a = 1 WHERE b IS NULL",
            "UPDATE t SET a = u.x FROM u",
            "UPDATE t AS v SET a = v.b",
            "UPDATE t SET (a, b) = (1, 2)",
            "UPDATE t SET a = 1 LIMIT 1",
            "UPDATE t SET a =",
            "INSERT INTO t VALUES (1)",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn quotes_that_are_not_needed_make_no_difference() {
        let same = |a: &str, b: &str| same(&tokens(a), &tokens(b));
        assert!(same(
            "ALTER TABLE t RENAME a TO b;",
            "alter table \"t\" rename \"a\" to `b`"
        ));
        assert!(!same("SELECT 'a'", "SELECT 'A'"));
        assert!(!same("SELECT a", "SELECT a, b"));
    }

    #[test]
    fn a_copy_says_where_each_column_is_from() {
        let sql = "INSERT INTO \"n\" (\"a\", \"b\") SELECT \"a\", coalesce(\"b\", trim('x' from c)) FROM \"t\"";
        let copied = copied(&tokens(sql)).unwrap();
        let lengths: Vec<(&str, usize)> =
            copied.iter().map(|(n, v)| (n.as_str(), v.len())).collect();
        assert_eq!(lengths, [("a", 1), ("b", 11)]);
        let (_, value) = &copied[1];
        assert_eq!(text(sql, value), "coalesce(\"b\", trim('x' from c))");
    }
}
