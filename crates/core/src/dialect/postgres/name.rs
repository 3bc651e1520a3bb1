//! Identifiers: quoting, comparing, the names that PostgreSQL gives by itself.

use sha2::{Digest, Sha256};

use super::tokens;
use crate::schema::{Name, TableName};

/// The longest name in bytes.
pub(super) const LIMIT: usize = 63;

/// The key under which names are compared.
pub(super) fn fold(name: &str) -> String {
    name.to_owned()
}

/// A name in quotes.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string in quotes, whatever `standard_conforming_strings` says.
pub(super) fn string(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// A name as the database itself would write it: in quotes only where it would
/// not be read back as it is. Keywords count as needing them.
pub(super) fn spelled(name: &str) -> String {
    let plain = name
        .bytes()
        .enumerate()
        .all(|(at, b)| b.is_ascii_lowercase() || b == b'_' || (at > 0 && b.is_ascii_digit()));
    if plain && !name.is_empty() && !is_reserved(name) {
        name.to_owned()
    } else {
        quote(name)
    }
}

/// [`spelled`] for a name with a schema.
pub(super) fn spelled_table(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!(
            "{}.{}",
            spelled(schema.as_str()),
            spelled(name.name.as_str())
        ),
        None => spelled(name.name.as_str()),
    }
}

/// A collation or an operator class in a statement: a bare name is put into
/// quotes, a longer text stands as it is.
pub(super) fn collation(text: &str) -> String {
    if text.starts_with('"') {
        text.to_owned()
    } else {
        quote(text)
    }
}

/// The name that a text is, with its schema, if it is nothing else.
pub(super) fn read_table(text: &str) -> Option<TableName> {
    let list = tokens::tokens(text);
    let (name, length) = tokens::table_name(&list, 0, text)?;
    (length == list.len()).then_some(name)
}

/// A name that PostgreSQL would not cut: what is too long ends with a hash of
/// all of it, so that two never become one.
pub(super) fn within_limit(name: Name) -> Name {
    if name.as_str().len() <= LIMIT {
        return name;
    }
    let digest = Sha256::digest(name.as_str().as_bytes());
    let hash: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
    let head = clipped(name.as_str(), LIMIT - hash.len() - 1);
    Name::new(format!("{head}_{hash}"))
}

/// The beginning of a name, at most so many bytes, whole characters only.
fn clipped(name: &str, limit: usize) -> &str {
    let mut end = limit.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

/// The name that PostgreSQL gives to the primary key of a table where nobody
/// names it and nothing else is called so.
pub(super) fn primary_key(table: &Name) -> Name {
    Name::new(format!("{}_pkey", clipped(table.as_str(), LIMIT - 5)))
}

/// The name of the sequence behind a `serial` or identity column, where nothing
/// else is called so.
pub(super) fn sequence(table: &Name, column: &Name) -> Name {
    let (mut table, mut column) = (table.as_str(), column.as_str());
    // As the server does it: the longer of the two gives way.
    let room = LIMIT - "__seq".len();
    while table.len() + column.len() > room {
        if table.len() > column.len() {
            table = shorter(table);
        } else {
            column = shorter(column);
        }
    }
    Name::new(format!("{table}_{column}_seq"))
}

fn shorter(name: &str) -> &str {
    clipped(name, name.len() - 1)
}

/// Words that are no name of a column or function without quotes, or that the
/// database quotes when it writes them as one.
fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

/// Sorted.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
    "between", "bigint", "binary", "bit", "boolean", "both", "case", "cast", "char", "character",
    "check", "coalesce", "collate", "collation", "column", "concurrently", "constraint", "create",
    "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
    "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable", "desc",
    "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch", "float",
    "for", "foreign", "freeze", "from", "full", "grant", "greatest", "group", "grouping", "having",
    "ilike", "in", "initially", "inner", "inout", "int", "integer", "intersect", "interval",
    "into", "is", "isnull", "join", "json", "json_array", "json_arrayagg", "json_exists",
    "json_object", "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table",
    "json_value", "lateral", "leading", "least", "left", "like", "limit", "localtime",
    "localtimestamp", "merge_action", "national", "natural", "nchar", "none", "normalize", "not",
    "notnull", "null", "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "outer",
    "overlaps", "overlay", "placing", "position", "precision", "primary", "real", "references",
    "returning", "right", "row", "select", "session_user", "setof", "similar", "smallint", "some",
    "substring", "symmetric", "system_user", "table", "tablesample", "then", "time", "timestamp",
    "to", "trailing", "treat", "trim", "true", "union", "unique", "user", "using", "values",
    "varchar", "variadic", "verbose", "when", "where", "window", "with", "xmlattributes",
    "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi",
    "xmlroot", "xmlserialize", "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn quotes_where_they_are_needed() {
        for (name, expected) in [
            ("a_1", "a_1"),
            ("A", "\"A\""),
            ("1a", "\"1a\""),
            ("user", "\"user\""),
            ("a\"b", "\"a\"\"b\""),
            ("", "\"\""),
            ("ü", "\"ü\""),
        ] {
            assert_eq!(spelled(name), expected);
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = |end: &str| Name::new(format!("{}{end}", "é".repeat(40)));
        let (a, b) = (within_limit(long("a")), within_limit(long("b")));
        assert!(a.as_str().len() <= LIMIT);
        assert_ne!(a, b);
        assert_eq!(within_limit(a.clone()), a);
        let table = Name::new("t".repeat(63));
        assert_eq!(primary_key(&table).as_str().len(), 63);
        let seq = sequence(&table, &Name::new("c".repeat(63)));
        let expected = format!("{}_{}_seq", "t".repeat(29), "c".repeat(29));
        assert_eq!(seq.as_str(), expected);
    }
}
