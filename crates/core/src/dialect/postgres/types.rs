//! Column types: what PostgreSQL calls them, what it makes of other words for
//! them, and which Rust types they go with.
//!
//! It owns the aliases (`int8`, `timestamptz`), the types that PostgreSQL has
//! not, and what sqlx encodes and decodes. It must not know tables.

use super::name;
use super::tokens::{self, Kind, Token};
use crate::change::Pair;
use crate::dialect::types::spelled;
use crate::error::{Error, Result};
use crate::model::RustType;
use crate::schema::ColumnType;

/// The type as PostgreSQL writes it in a statement.
pub(super) fn write(ty: &ColumnType) -> String {
    match canonical(ty) {
        ColumnType::Custom(spelling) => spelling,
        ColumnType::Enum(name) => super::render::qualified(&name),
        ColumnType::Array(inner) => format!("{}[]", write(&inner)),
        other => spelled(&other, |row| row.postgres).unwrap_or_else(|| "text".to_owned()),
    }
}

/// The type that PostgreSQL gives back for what it is told.
pub(super) fn canonical(ty: &ColumnType) -> ColumnType {
    match ty {
        ColumnType::TinyInteger | ColumnType::TinyUnsigned => ColumnType::SmallInteger,
        ColumnType::SmallUnsigned => ColumnType::Integer,
        ColumnType::Unsigned => ColumnType::BigInteger,
        ColumnType::BigUnsigned => ColumnType::Decimal(Some((20, Some(0)))),
        ColumnType::Decimal(Some((precision, None))) => {
            ColumnType::Decimal(Some((*precision, Some(0))))
        }
        ColumnType::Char(None) => ColumnType::Char(Some(1)),
        ColumnType::Binary(_) | ColumnType::Varbinary(_) => ColumnType::Blob,
        // However many dimensions are said, an array has any number of them.
        ColumnType::Array(inner) => match canonical(inner) {
            ColumnType::Array(inner) => ColumnType::Array(inner),
            inner => ColumnType::Array(Box::new(inner)),
        },
        ColumnType::Custom(spelling) => {
            read(spelling).unwrap_or_else(|| ColumnType::Custom(spelling.clone()))
        }
        other => other.clone(),
    }
}

/// The type that a text says, be it `format_type`'s or somebody's; nothing where
/// it is no type.
pub(super) fn read(text: &str) -> Option<ColumnType> {
    let list = tokens::tokens(text);
    let (list, is_array) = without_brackets(&list, text)?;
    let inner = read_single(list, text)?;
    Some(match inner {
        inner if is_array => ColumnType::Array(Box::new(inner)),
        inner => inner,
    })
}

/// The tokens without `[]`, `[3]` or `ARRAY` at the end, and whether there was
/// such a thing.
fn without_brackets<'a>(mut list: &'a [Token], sql: &str) -> Option<(&'a [Token], bool)> {
    let all = list.len();
    loop {
        match list {
            [rest @ .., open, close] if open.is(sql, "[") && close.is(sql, "]") => list = rest,
            [rest @ .., open, size, close]
                if open.is(sql, "[") && close.is(sql, "]") && size.kind == Kind::Number =>
            {
                list = rest;
            }
            [rest @ .., word] if word.is(sql, "array") && !rest.is_empty() => list = rest,
            [] => return None,
            _ => return Some((list, list.len() < all)),
        }
    }
}

/// A type that is no array.
fn read_single(list: &[Token], sql: &str) -> Option<ColumnType> {
    let Shape {
        words,
        arguments,
        is_own,
    } = shape(list, sql)?;
    let numbers = arguments.as_deref().map(numbers);
    let numbers = match numbers {
        None => Some(Vec::new()),
        Some(numbers) => numbers,
    };
    if !is_own && let Some(known) = numbers.and_then(|numbers| known(&words, &numbers)) {
        return Some(known);
    }
    let arguments = arguments.map_or_else(String::new, |text| format!("({text})"));
    Some(ColumnType::Custom(match words.strip_prefix("interval ") {
        // The precision of an interval comes last.
        Some(fields) if !is_own => format!("interval {fields}{arguments}"),
        _ => format!("{words}{arguments}"),
    }))
}

/// A type taken apart: `time(3) without time zone`.
struct Shape {
    /// The words in lower case, a name in the database's own spelling.
    words: String,
    /// What stands in parentheses, without white space.
    arguments: Option<String>,
    /// It is in quotes or has a schema, so it is none of the known ones.
    is_own: bool,
}

fn shape(list: &[Token], sql: &str) -> Option<Shape> {
    let mut words: Vec<String> = Vec::new();
    let mut arguments = None;
    let mut is_own = false;
    let mut at = 0;
    while let Some(token) = list.get(at) {
        if token.is(sql, "(") {
            let end = tokens::closing(list, at, sql)?;
            if arguments.is_some() || words.is_empty() || end == at + 1 {
                return None;
            }
            let inner: Vec<&str> = list[at + 1..end].iter().map(|t| t.text(sql)).collect();
            if inner.contains(&"(") {
                return None;
            }
            arguments = Some(inner.concat());
            at = end + 1;
            continue;
        }
        let (name, length) = tokens::table_name(list, at, sql)?;
        let quoted = length > 1 || token.kind == Kind::Quoted;
        if quoted && !words.is_empty() || is_own {
            return None;
        }
        if quoted {
            is_own = true;
            words.push(name::spelled_table(&name));
            let builtin = name.schema.as_ref().is_some_and(|s| *s == "pg_catalog");
            if builtin {
                is_own = false;
                words = vec![name.name.as_str().to_owned()];
            }
        } else {
            let word = name.name.as_str();
            if NOT_IN_A_TYPE.contains(&word) {
                return None;
            }
            words.push(word.to_owned());
        }
        at += length;
    }
    let words = words.join(" ");
    if words.is_empty() {
        return None;
    }
    let several = words.contains(' ') && !is_own;
    if several && !SEVERAL_WORDS.iter().any(|first| words.starts_with(first)) {
        return None;
    }
    Some(Shape {
        words,
        arguments,
        is_own,
    })
}

/// Words that end a type: a constraint would follow.
const NOT_IN_A_TYPE: &[&str] = &[
    "as",
    "check",
    "collate",
    "constraint",
    "default",
    "generated",
    "not",
    "null",
    "primary",
    "references",
    "unique",
];

/// How types of more than one word begin.
const SEVERAL_WORDS: &[&str] = &[
    "bit varying",
    "char varying",
    "character varying",
    "double precision",
    "interval ",
    "national char",
    "nchar varying",
    "time with",
    "timestamp with",
];

fn numbers(text: &str) -> Option<Vec<i64>> {
    text.split(',').map(|n| n.parse().ok()).collect()
}

/// A type that every PostgreSQL has, by any of its names.
fn known(words: &str, numbers: &[i64]) -> Option<ColumnType> {
    let custom = |text: String| Some(ColumnType::Custom(text));
    let one = match numbers {
        [] => None,
        [n, ..] => Some(u32::try_from(*n).ok()?),
    };
    let length = one.map_or_else(String::new, |n| format!("({n})"));
    Some(match (words, numbers) {
        ("numeric" | "decimal" | "dec", []) => ColumnType::Decimal(None),
        ("numeric" | "decimal" | "dec", [_]) => ColumnType::Decimal(Some((one?, Some(0)))),
        ("numeric" | "decimal" | "dec", [_, scale]) => {
            ColumnType::Decimal(Some((one?, Some(i32::try_from(*scale).ok()?))))
        }
        (_, [_, _, ..]) => return None,
        ("float", [n]) if *n <= 24 => ColumnType::Float,
        ("float", [_]) => ColumnType::Double,
        ("character" | "char" | "nchar" | "national character" | "national char", _) => {
            ColumnType::Char(one.or(Some(1)))
        }
        ("bpchar", [_]) => ColumnType::Char(one),
        (
            "character varying"
            | "varchar"
            | "char varying"
            | "nchar varying"
            | "national character varying"
            | "national char varying",
            _,
        ) => ColumnType::Varchar(one),
        ("time" | "time without time zone", _) => ColumnType::Time(one),
        ("timetz" | "time with time zone", _) => {
            return custom(format!("time{length} with time zone"));
        }
        ("timestamp" | "timestamp without time zone", _) => ColumnType::DateTime(one),
        ("timestamptz" | "timestamp with time zone", _) => ColumnType::TimestampTz(one),
        ("bit", []) => return custom("bit(1)".to_owned()),
        ("varbit" | "bit varying", _) => return custom(format!("bit varying{length}")),
        (_, [_]) => return None,
        ("integer" | "int" | "int4", _) => ColumnType::Integer,
        ("bigint" | "int8", _) => ColumnType::BigInteger,
        ("smallint" | "int2", _) => ColumnType::SmallInteger,
        ("real" | "float4", _) => ColumnType::Float,
        ("double precision" | "float8" | "float", _) => ColumnType::Double,
        ("boolean" | "bool", _) => ColumnType::Boolean,
        ("text", _) => ColumnType::Text,
        ("bytea", _) => ColumnType::Blob,
        ("date", _) => ColumnType::Date,
        ("interval", _) => ColumnType::Interval,
        ("uuid", _) => ColumnType::Uuid,
        ("json", _) => ColumnType::Json,
        ("jsonb", _) => ColumnType::Jsonb,
        ("inet", _) => ColumnType::Inet,
        _ => return None,
    })
}

/// The column type of a Rust type: the one that sqlx encodes it to, or else the
/// smallest that loses nothing.
///
/// # Errors
/// A Rust type that no column can hold.
pub(super) fn rust_type(rust: &RustType) -> Result<ColumnType> {
    Ok(match rust {
        // One byte that is no character: `"char"` is what sqlx takes an i8 for.
        RustType::I8 => ColumnType::Custom("\"char\"".to_owned()),
        RustType::I16 | RustType::U8 => ColumnType::SmallInteger,
        RustType::I32 | RustType::U16 => ColumnType::Integer,
        RustType::I64 | RustType::U32 => ColumnType::BigInteger,
        RustType::U64 => ColumnType::Decimal(Some((20, Some(0)))),
        RustType::F32 => ColumnType::Float,
        RustType::F64 => ColumnType::Double,
        RustType::Bool => ColumnType::Boolean,
        RustType::Char => ColumnType::Char(Some(1)),
        RustType::String => ColumnType::Text,
        RustType::Bytes => ColumnType::Blob,
        RustType::Uuid => ColumnType::Uuid,
        RustType::Json => ColumnType::Jsonb,
        RustType::Decimal | RustType::BigDecimal => ColumnType::Decimal(None),
        RustType::Date => ColumnType::Date,
        RustType::Time => ColumnType::Time(None),
        RustType::DateTime => ColumnType::DateTime(None),
        RustType::TimestampTz => ColumnType::TimestampTz(None),
        RustType::IpNetwork | RustType::IpAddress => ColumnType::Inet,
        RustType::Enum(name) => ColumnType::Enum(name.clone()),
        RustType::Array(inner) => match rust_type(inner)? {
            ColumnType::Array(_) => {
                return Err(Error::new("sqlx stores no arrays of arrays on PostgreSQL")
                    .with_hint("use one `Vec`, or `sqlx::types::Json<Vec<Vec<..>>>`"));
            }
            inner => ColumnType::Array(Box::new(inner)),
        },
    })
}

/// What every dialect calls the type of a Rust type, where PostgreSQL makes the
/// same of it and of `ty`.
pub(super) fn neutral(rust: &RustType, ty: &ColumnType) -> Option<ColumnType> {
    let neutral = match rust {
        RustType::U8 => ColumnType::TinyUnsigned,
        RustType::U16 => ColumnType::SmallUnsigned,
        RustType::U32 => ColumnType::Unsigned,
        RustType::U64 => ColumnType::BigUnsigned,
        _ => return None,
    };
    (canonical(&neutral) == *ty).then_some(neutral)
}

/// Whether sqlx decodes what such a column holds into that Rust type. Where it
/// has no such Rust type at all, whatever is wide enough will do.
pub(super) fn accepts(rust: &RustType, existing: &ColumnType) -> bool {
    use ColumnType as C;
    match (rust, existing) {
        (RustType::U8, C::SmallInteger | C::Integer | C::BigInteger)
        | (RustType::U16, C::Integer | C::BigInteger)
        | (RustType::U32, C::BigInteger)
        | (RustType::String, C::Text | C::Varchar(_) | C::Char(_))
        | (RustType::Char, C::Text | C::Varchar(_) | C::Char(_))
        | (RustType::Json, C::Json | C::Jsonb)
        | (RustType::Decimal | RustType::BigDecimal, C::Decimal(_))
        | (RustType::Time, C::Time(_))
        | (RustType::DateTime, C::DateTime(_))
        | (RustType::TimestampTz, C::TimestampTz(_)) => true,
        (RustType::U64, C::Decimal(size)) => match size {
            None => true,
            Some((precision, scale)) => {
                let scale = i64::from(scale.unwrap_or(0));
                scale >= 0 && i64::from(*precision) - scale >= 20
            }
        },
        (RustType::String, C::Custom(spelling)) => {
            let base = spelling.rsplit('.').next().unwrap_or_default();
            matches!(base, "citext") || matches!(spelling.as_str(), "name" | "bpchar")
        }
        (RustType::IpNetwork | RustType::IpAddress, C::Custom(spelling)) => spelling == "cidr",
        (RustType::Array(rust), C::Array(existing)) => accepts(rust, existing),
        (rust, existing) => rust_type(rust).is_ok_and(|ty| ty == *existing),
    }
}

/// [`crate::dialect::Dialect::keeps_conversions`]: types of one family have the
/// operators and constants of the family; those of another one are converted for
/// each operator, or have constants of their own.
pub(super) fn keeps_conversions(types: Pair<&ColumnType>) -> bool {
    family(types.from) != family(types.to)
}

/// A type that stands for all whose expressions read alike.
fn family(ty: &ColumnType) -> ColumnType {
    use ColumnType as T;
    match ty {
        T::SmallInteger | T::Integer | T::BigInteger => T::Integer,
        T::Float | T::Double => T::Double,
        T::Decimal(_) => T::Decimal(None),
        T::Varchar(_) | T::Text => T::Text,
        T::Char(_) => T::Char(None),
        T::Time(_) => T::Time(None),
        T::DateTime(_) => T::DateTime(None),
        T::TimestampTz(_) => T::TimestampTz(None),
        T::Array(inner) => T::Array(Box::new(family(inner))),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::TableName;

    fn custom(text: &str) -> Option<ColumnType> {
        Some(ColumnType::Custom(text.to_owned()))
    }

    #[test]
    fn what_format_type_says_is_read_and_written_back() {
        for text in [
            "integer",
            "bigint",
            "smallint",
            "real",
            "double precision",
            "numeric",
            "numeric(10,2)",
            "numeric(5,-2)",
            "boolean",
            "character(3)",
            "character varying",
            "character varying(100)",
            "text",
            "bytea",
            "date",
            "time without time zone",
            "time(3) without time zone",
            "time(3) with time zone",
            "time with time zone",
            "timestamp without time zone",
            "timestamp(3) without time zone",
            "timestamp with time zone",
            "timestamp(6) with time zone",
            "interval",
            "interval(3)",
            "interval year to month",
            "interval day to second(2)",
            "uuid",
            "json",
            "jsonb",
            "inet",
            "cidr",
            "macaddr",
            "money",
            "oid",
            "name",
            "bpchar",
            "\"char\"",
            "bit(3)",
            "bit varying",
            "bit varying(5)",
            "tsvector",
            "xml",
            "int4range",
            "point",
            "integer[]",
            "character varying(10)[]",
            "mood",
            "other.mood",
            "\"Odd type\"[]",
            "o.\"Odd type\"",
            "geometry(Point,4326)",
            "o.geometry(Point,4326)",
            "regclass",
        ] {
            let ty = read(text);
            assert!(ty.is_some(), "{text}");
            let again = ty.as_ref().and_then(|ty| read(&write(ty)));
            assert_eq!(again, ty, "{text}");
            if let Some(ColumnType::Custom(spelling)) = ty {
                assert_eq!(spelling, text);
            }
        }
    }

    #[test]
    fn other_words_are_the_same_type() {
        for (said, ty) in [
            ("INT8", Some(ColumnType::BigInteger)),
            ("timestamptz(3)", Some(ColumnType::TimestampTz(Some(3)))),
            (
                "Timestamp With Time Zone",
                Some(ColumnType::TimestampTz(None)),
            ),
            ("varchar(100)", Some(ColumnType::Varchar(Some(100)))),
            (
                "decimal(10, 2)",
                Some(ColumnType::Decimal(Some((10, Some(2))))),
            ),
            (
                "numeric(10)",
                Some(ColumnType::Decimal(Some((10, Some(0))))),
            ),
            ("char", Some(ColumnType::Char(Some(1)))),
            ("float(10)", Some(ColumnType::Float)),
            ("float", Some(ColumnType::Double)),
            ("CITEXT", custom("citext")),
            ("\"citext\"", custom("citext")),
            ("varbit(5)", custom("bit varying(5)")),
            ("bit", custom("bit(1)")),
            ("timetz", custom("time with time zone")),
            ("geometry( Point, 4326 )", custom("geometry(Point,4326)")),
            ("pg_catalog.int4", Some(ColumnType::Integer)),
            (
                "int[3][]",
                Some(ColumnType::Array(Box::new(ColumnType::Integer))),
            ),
            (
                "int array",
                Some(ColumnType::Array(Box::new(ColumnType::Integer))),
            ),
        ] {
            assert_eq!(read(said), ty, "{said}");
        }
    }

    #[test]
    fn only_types_are_types() {
        for text in [
            "",
            "int not null",
            "text default 'x'",
            "varchar(100",
            "text); drop table t; --",
            "'a'",
            "a-b",
            "(3)",
            "text text",
            "varchar()",
            "int collate \"C\"",
            "a.b.c",
            "[]",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_sqlx_decodes_is_accepted() {
        let yes = [
            (RustType::String, ColumnType::Varchar(Some(3))),
            (RustType::String, ColumnType::Custom("o.citext".into())),
            (RustType::Json, ColumnType::Json),
            (RustType::Decimal, ColumnType::Decimal(Some((10, Some(2))))),
            (RustType::U64, ColumnType::Decimal(Some((20, Some(0))))),
            (
                RustType::Array(Box::new(RustType::String)),
                ColumnType::Array(Box::new(ColumnType::Varchar(None))),
            ),
            (
                RustType::Enum(TableName::new("mood")),
                ColumnType::Enum(TableName::new("mood")),
            ),
        ];
        for (rust, existing) in yes {
            assert!(accepts(&rust, &existing), "{rust:?} {existing:?}");
        }
        let no = [
            (RustType::I64, ColumnType::Integer),
            (RustType::I32, ColumnType::BigInteger),
            (RustType::F64, ColumnType::Float),
            (RustType::U64, ColumnType::BigInteger),
            (RustType::DateTime, ColumnType::TimestampTz(None)),
            (RustType::String, ColumnType::Enum(TableName::new("mood"))),
            (RustType::U8, ColumnType::Boolean),
        ];
        for (rust, existing) in no {
            assert!(!accepts(&rust, &existing), "{rust:?} {existing:?}");
        }
    }

    #[test]
    fn types_that_postgres_has_not_become_what_holds_them() {
        assert_eq!(write(&ColumnType::TinyInteger), "smallint");
        assert_eq!(write(&ColumnType::BigUnsigned), "numeric(20, 0)");
        assert_eq!(write(&ColumnType::Varbinary(3)), "bytea");
        assert_eq!(
            write(&ColumnType::Enum(TableName::in_schema("o", "Mood"))),
            "\"o\".\"Mood\""
        );
        assert_eq!(
            neutral(&RustType::U32, &ColumnType::BigInteger),
            Some(ColumnType::Unsigned)
        );
    }
}
