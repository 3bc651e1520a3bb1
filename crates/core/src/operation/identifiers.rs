//! Identifiers inside SQL expressions, found by a small lexer that fits every
//! dialect.
//!
//! It answers two questions only: which columns an expression mentions, and how
//! it reads after a rename. Whether two expressions mean the same is not asked
//! here.

use std::ops::Range;

use crate::schema::{Expression, Name, Table};

/// Words that are never a bare identifier.
const RESERVED: &[&str] = &[
    "ADD",
    "ALL",
    "ALTER",
    "AND",
    "AS",
    "BETWEEN",
    "CASE",
    "CHECK",
    "COLLATE",
    "COMMIT",
    "CONSTRAINT",
    "CREATE",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "DEFAULT",
    "DEFERRABLE",
    "DELETE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "ESCAPE",
    "EXISTS",
    "FALSE",
    "FOREIGN",
    "FROM",
    "GROUP",
    "HAVING",
    "IN",
    "INDEX",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LIMIT",
    "NOT",
    "NOTHING",
    "NOTNULL",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "SELECT",
    "SET",
    "TABLE",
    "THEN",
    "TO",
    "TRANSACTION",
    "TRUE",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
];

/// Other words that a database takes for something else than a column where
/// they have no quotes, or that PostgreSQL quotes when it writes a column.
#[rustfmt::skip]
const QUOTED: &[&str] = &[
    "analyse", "analyze", "any", "array", "asc", "asymmetric", "authorization", "autoincrement",
    "bigint", "binary", "bit", "boolean", "both", "cast", "char", "character", "coalesce",
    "collation", "column", "concurrently", "cross", "current_catalog", "current_role",
    "current_schema", "current_user", "dec", "decimal", "desc", "do", "end", "except", "extract",
    "fetch", "float", "for", "freeze", "full", "grant", "greatest", "grouping", "ilike",
    "initially", "inner", "inout", "int", "integer", "interval", "json", "json_array",
    "json_arrayagg", "json_exists", "json_object", "json_objectagg", "json_query", "json_scalar",
    "json_serialize", "json_table", "json_value", "lateral", "leading", "least", "left", "like",
    "localtime", "localtimestamp", "merge_action", "national", "natural", "nchar", "none",
    "normalize", "nullif", "numeric", "offset", "only", "out", "outer", "overlaps", "overlay",
    "placing", "position", "precision", "real", "right", "row", "session_user", "setof", "similar",
    "smallint", "some", "substring", "symmetric", "system_user", "tablesample", "time", "timestamp",
    "trailing", "treat", "trim", "user", "varchar", "variadic", "verbose", "window", "with",
    "xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces",
    "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
];

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word without quotes.
    Bare,
    /// A word in quotes of that kind.
    Quoted(char),
    /// Punctuation, a number, a string.
    Other,
}

/// One token that is neither white space nor comment.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
    /// The identifier without quotes, or the text itself.
    pub(crate) text: String,
}

/// What an identifier names, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Column,
    Table,
    Neither,
}

/// Whether the expression mentions the column of that table.
pub fn mentions(expression: &Expression, column: &Name, table: &Table) -> bool {
    names_in(expression, Role::Column)
        .iter()
        .any(|token| refers_to(token, column.as_str(), table))
}

/// The columns of the table that the expression mentions, each once, in the
/// order in which they come.
pub(crate) fn mentioned(expression: &Expression, table: &Table) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    for token in names_in(expression, Role::Column) {
        let column = table
            .columns
            .iter()
            .find(|c| refers_to(&token, c.name.as_str(), table));
        if let Some(column) = column
            && !found.contains(&column.name)
        {
            found.push(column.name.clone());
        }
    }
    found
}

/// The expression after a column of the table was renamed. The table still has
/// the old name.
pub(crate) fn rename_column(
    expression: &Expression,
    from: &Name,
    to: &Name,
    table: &Table,
) -> Expression {
    rewrite(expression, Role::Column, to.as_str(), |token| {
        refers_to(token, from.as_str(), table)
    })
}

/// The expression after the table that it belongs to was renamed.
pub(crate) fn rename_table(expression: &Expression, from: &Name, to: &Name) -> Expression {
    rewrite(expression, Role::Table, to.as_str(), |token| {
        token.eq_ignore_ascii_case(from.as_str())
    })
}

/// Case matters only where the table has both spellings: databases differ in
/// how they fold, and none that folds can hold both.
fn refers_to(token: &str, column: &str, table: &Table) -> bool {
    token == column || (token.eq_ignore_ascii_case(column) && table.column(token).is_none())
}

fn names_in(expression: &Expression, role: Role) -> Vec<String> {
    let tokens = tokens(expression.as_str());
    (0..tokens.len())
        .filter(|&i| role_of(&tokens, i) == role)
        .filter_map(|i| tokens.get(i).map(|t| t.text.clone()))
        .collect()
}

fn rewrite(
    expression: &Expression,
    role: Role,
    to: &str,
    hit: impl Fn(&str) -> bool,
) -> Expression {
    let text = expression.as_str();
    let tokens = tokens(text);
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (i, token) in tokens.iter().enumerate() {
        if role_of(&tokens, i) == role && hit(&token.text) {
            out.push_str(text.get(copied..token.range.start).unwrap_or_default());
            out.push_str(&written(to, token.kind));
            copied = token.range.end;
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Expression::new(out)
}

/// An identifier in the quotes that the old one had, and in double quotes if it
/// had none but needs some.
fn written(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Quoted('`') => format!("`{}`", name.replace('`', "``")),
        Kind::Quoted('[') if !name.contains(']') => format!("[{name}]"),
        Kind::Quoted(_) => format!("\"{}\"", name.replace('"', "\"\"")),
        Kind::Bare | Kind::Other if is_plain(name) => name.to_owned(),
        Kind::Bare | Kind::Other => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

fn is_plain(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !is_reserved(name)
        && !QUOTED.contains(&name)
}

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|r| r.eq_ignore_ascii_case(word))
}

fn role_of(tokens: &[Token], i: usize) -> Role {
    let Some(token) = tokens.get(i) else {
        return Role::Neither;
    };
    let next = tokens.get(i + 1).map(|t| t.text.as_str());
    let previous = i.checked_sub(1).and_then(|p| tokens.get(p));
    if token.kind == Kind::Other || (token.kind == Kind::Bare && is_reserved(&token.text)) {
        return Role::Neither;
    }
    if token.kind == Kind::Bare && token.text.eq_ignore_ascii_case("end") && closes_case(tokens) {
        return Role::Neither;
    }
    match next {
        Some("(") if token.kind == Kind::Bare => return Role::Neither,
        Some(".") => return Role::Table,
        _ => {}
    }
    // `CAST(x AS text)`, `x COLLATE nocase` and `x::text` name no columns.
    let names_no_column = previous.is_some_and(|p| {
        (p.kind == Kind::Bare
            && (p.text.eq_ignore_ascii_case("as") || p.text.eq_ignore_ascii_case("collate")))
            || (p.kind == Kind::Other && p.text == ":")
    });
    if names_no_column {
        Role::Neither
    } else {
        Role::Column
    }
}

fn closes_case(tokens: &[Token]) -> bool {
    tokens
        .iter()
        .any(|t| t.kind == Kind::Bare && t.text.eq_ignore_ascii_case("case"))
}

/// The tokens of an expression.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(first) = rest.chars().next()
    {
        let length = match first {
            _ if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            c if c.is_whitespace() => c.len_utf8(),
            c => {
                let (kind, length) = token(rest, c);
                tokens.push(Token {
                    kind,
                    range: at..at + length,
                    text: unquoted(rest.get(..length).unwrap_or_default(), kind),
                });
                length
            }
        };
        at += length;
    }
    tokens
}

/// The kind and the length of the token at the start of `rest`.
fn token(rest: &str, first: char) -> (Kind, usize) {
    match first {
        '\'' => (Kind::Other, quoted_length(rest, '\'')),
        '"' | '`' => (Kind::Quoted(first), quoted_length(rest, first)),
        '[' => (
            Kind::Quoted('['),
            rest.find(']').map_or(rest.len(), |end| end + 1),
        ),
        c if is_word(c) => {
            let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let after = rest.get(word..).unwrap_or_default();
            if word == 1 && after.starts_with('\'') {
                // x'00', E'..', N'..': a string with a letter before it
                (Kind::Other, word + quoted_length(after, '\''))
            } else if c.is_ascii_digit() {
                (Kind::Other, word)
            } else {
                (Kind::Bare, word)
            }
        }
        c => (Kind::Other, c.len_utf8()),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || (!c.is_ascii() && !c.is_whitespace())
}

/// The length of a quoted token; a doubled quote is one inside it.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = letters.next() {
        if c == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return at + c.len_utf8();
        }
    }
    text.len()
}

fn unquoted(text: &str, kind: Kind) -> String {
    match kind {
        Kind::Quoted('[') => text.trim_matches(['[', ']']).to_owned(),
        Kind::Quoted(quote) => {
            let inner = text
                .strip_prefix(quote)
                .and_then(|t| t.strip_suffix(quote))
                .unwrap_or(text);
            inner.replace(&format!("{quote}{quote}"), &quote.to_string())
        }
        Kind::Bare | Kind::Other => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, ColumnType};

    fn table(columns: &[&str]) -> Table {
        let mut table = Table::new("t");
        for name in columns {
            table.columns.push(Column::new(*name, ColumnType::Integer));
        }
        table
    }

    fn renamed(text: &str, from: &str, to: &str) -> String {
        let table = table(&[from]);
        rename_column(&text.into(), &from.into(), &to.into(), &table).to_string()
    }

    #[test]
    fn a_rename_follows_every_way_to_write_an_identifier() {
        assert_eq!(
            renamed(
                "a > 0 and \"A\" <> `a` or [a] is null or t.a = 'a'",
                "a",
                "b"
            ),
            "b > 0 and \"b\" <> `b` or [b] is null or t.b = 'a'"
        );
        assert_eq!(renamed("a > 0", "a", "order"), "\"order\" > 0");
        assert_eq!(renamed("a > 0", "a", "end"), "\"end\" > 0");
        assert_eq!(renamed("\"a\" > 0", "a", "x\"y"), "\"x\"\"y\" > 0");
        assert_eq!(renamed("length(\"e f\")", "e f", "g"), "length(\"g\")");
    }

    #[test]
    fn words_that_are_no_columns_stay() {
        assert_eq!(
            renamed(
                "length(x) > x'00' and cast(y as length) = 'length'",
                "length",
                "l"
            ),
            "length(x) > x'00' and cast(y as length) = 'length'"
        );
        assert_eq!(
            renamed("a /* a */ -- a\n+ a", "a", "b"),
            "b /* a */ -- a\n+ b"
        );
        assert_eq!(
            renamed("x in (1) and \"in\" = 1", "in", "i"),
            "x in (1) and \"i\" = 1"
        );
        assert_eq!(
            renamed("case when a then 1 end", "end", "z"),
            "case when a then 1 end"
        );
    }

    #[test]
    fn case_matters_where_both_spellings_exist() {
        let both = table(&["a", "A"]);
        assert!(!mentions(&"\"A\" > 0".into(), &"a".into(), &both));
        assert!(mentions(&"\"A\" > 0".into(), &"a".into(), &table(&["a"])));
        assert_eq!(
            mentioned(&"lower(a) || A || b".into(), &both),
            ["a".into(), Name::from("A")]
        );
    }

    #[test]
    fn unfinished_quotes_end_with_the_text() {
        for text in ["'a", "\"a", "[a", "`a", "/* a", "x'"] {
            assert!(!tokens(text).is_empty() || text.starts_with("/*"));
        }
    }
}
