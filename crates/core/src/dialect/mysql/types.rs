//! Spellings of column types, and which of them a Rust type is content with.
//!
//! It owns what MySQL and MariaDB write for a type and which spellings are read
//! back as which, whatever their display widths. Where the two servers report
//! one type in two ways (`int(11)`, `int`), both read as one. It must not know
//! tables or statements.
//!
//! Without fractional digits a time is one of microseconds, which is what sqlx
//! sends: `Time(None)` is `time(6)`, and `time` alone is `Time(Some(0))`.
//! Likewise `Decimal(None)` is `decimal(65,30)`, since a plain `decimal` has no
//! fraction at all.

use crate::dialect::types::spelled;
use crate::model::RustType;
use crate::schema::ColumnType;

/// What is written for a type. Enums are written by `canonical`, which knows
/// their values; an array has no type here, and models that have one are refused.
pub(super) fn write(ty: &ColumnType) -> String {
    match ty {
        ColumnType::Custom(spelling) => spelling.clone(),
        ColumnType::Boolean => "tinyint(1)".into(),
        ColumnType::Decimal(None) => "decimal(65,30)".into(),
        ColumnType::Decimal(Some((precision, scale))) => {
            format!("decimal({precision},{})", scale.unwrap_or(0))
        }
        ColumnType::Char(length) => format!("char({})", length.unwrap_or(1)),
        ColumnType::Varchar(None) | ColumnType::Enum(_) | ColumnType::Array(_) => "text".into(),
        ColumnType::Time(digits) => with_digits("time", *digits),
        ColumnType::DateTime(digits) => with_digits("datetime", *digits),
        ColumnType::TimestampTz(digits) => with_digits("timestamp", *digits),
        ColumnType::Interval => "varchar(64)".into(),
        ColumnType::Inet => "varchar(43)".into(),
        other => spelled(other, |row| row.mysql).unwrap_or_else(|| "text".into()),
    }
}

fn with_digits(base: &str, digits: Option<u32>) -> String {
    match digits {
        None => format!("{base}(6)"),
        Some(0) => base.to_owned(),
        Some(digits) => format!("{base}({digits})"),
    }
}

/// The type that the server gives back for what it is told.
pub(super) fn canonical_type(ty: &ColumnType) -> ColumnType {
    read(&write(ty))
}

/// The type that a spelling stands for, the server's own or one of its aliases.
pub(super) fn read(spelling: &str) -> ColumnType {
    let text = normalise(spelling);
    let parts = Parts::of(&text);
    parts.read().unwrap_or(ColumnType::Custom(text))
}

/// A whole number with a display width that is not the usual one, in the
/// server's spelling. It means nothing, but a server that shows it has kept it.
pub(super) fn with_width(spelling: &str) -> Option<String> {
    let text = normalise(spelling);
    let parts = Parts::of(&text);
    let signed = match parts.after {
        "" => true,
        "unsigned" => false,
        _ => return None,
    };
    let usual = match (parts.base, signed) {
        ("tinyint", true) => 4,
        ("tinyint", false) => 3,
        ("smallint", true) => 6,
        ("smallint", false) => 5,
        ("mediumint", true) => 9,
        ("mediumint", false) => 8,
        ("int", true) => 11,
        ("int", false) => 10,
        ("bigint", _) => 20,
        _ => return None,
    };
    let odd = matches!(parts.args.as_deref(), Some([width]) if *width != usual);
    (odd && parts.read() != Some(ColumnType::Boolean)).then_some(text)
}

/// A spelling taken apart: `int(10) unsigned` is `int`, `[10]` and `unsigned`.
struct Parts<'a> {
    base: &'a str,
    args: Option<Vec<u32>>,
    after: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (head, args, after) = match text.split_once('(') {
            Some((head, rest)) => match rest.rsplit_once(')') {
                Some((list, after)) => (head, Some(list), after.trim()),
                None => (text, None, ""),
            },
            None => (text, None, ""),
        };
        let numbers = args.map(|list| list.split(',').map(str::parse).collect());
        if let Some(Ok(args)) = numbers {
            return Self {
                base: head.trim(),
                args: Some(args),
                after,
            };
        }
        let words = |word: &str| text.find(word).filter(|_| args.is_none());
        let at = [" signed", " unsigned", " zerofill"];
        let at = at.into_iter().filter_map(words).min();
        let (base, after) = text.split_at(at.unwrap_or(text.len()));
        Self {
            base,
            args: None,
            after: after.trim(),
        }
    }

    fn read(&self) -> Option<ColumnType> {
        let base = self.alias();
        let args = self.args.as_deref().unwrap_or_default();
        if let Some(ty) = self.integer(base, args) {
            return Some(ty);
        }
        if let Some(ty) = self.real(base, args) {
            return Some(ty);
        }
        if !self.after.is_empty() {
            return None;
        }
        let digits = args.first().copied().unwrap_or(0);
        Some(match (base, args) {
            ("bool" | "boolean", []) => ColumnType::Boolean,
            ("char", []) => ColumnType::Char(Some(1)),
            ("char", [length]) => ColumnType::Char(Some(*length)),
            ("varchar", []) => ColumnType::Varchar(None),
            ("varchar", [length]) => ColumnType::Varchar(Some(*length)),
            ("binary", []) => ColumnType::Binary(1),
            ("binary", [length]) => ColumnType::Binary(*length),
            ("varbinary", [length]) => ColumnType::Varbinary(*length),
            ("text", []) => ColumnType::Text,
            ("blob", []) => ColumnType::Blob,
            ("date", []) => ColumnType::Date,
            ("time", [] | [_]) => ColumnType::Time(Some(digits)),
            ("datetime", [] | [_]) => ColumnType::DateTime(Some(digits)),
            ("timestamp", [] | [_]) => ColumnType::TimestampTz(Some(digits)),
            ("json", []) => ColumnType::Json,
            ("year", [] | [4]) => ColumnType::Custom("year".into()),
            ("bit", []) => ColumnType::Custom("bit(1)".into()),
            ("long" | "long varchar", []) => ColumnType::Custom("mediumtext".into()),
            ("long varbinary", []) => ColumnType::Custom("mediumblob".into()),
            _ => return None,
        })
    }

    /// The server's own word for the base.
    fn alias(&self) -> &'a str {
        match self.base {
            "integer" | "int4" => "int",
            "int1" => "tinyint",
            "int2" => "smallint",
            "int3" | "middleint" => "mediumint",
            "int8" => "bigint",
            "dec" | "numeric" | "fixed" | "number" => "decimal",
            "float4" => "float",
            "double precision" | "float8" | "real" => "double",
            "character" | "nchar" | "national char" | "national character" => "char",
            "character varying"
            | "varcharacter"
            | "char varying"
            | "nvarchar"
            | "national varchar"
            | "nchar varying"
            | "national character varying"
            | "national char varying"
            | "nchar varchar"
            | "varchar2" => "varchar",
            other => other,
        }
    }

    fn integer(&self, base: &str, args: &[u32]) -> Option<ColumnType> {
        if args.len() > 1 {
            return None;
        }
        if self.after.contains("zerofill") {
            // Here the width is how many digits are shown.
            let usual = match base {
                "tinyint" => 3,
                "smallint" => 5,
                "mediumint" => 8,
                "int" => 10,
                "bigint" => 20,
                _ => return None,
            };
            let width = args.first().copied().unwrap_or(usual);
            let spelling = format!("{base}({width}) unsigned zerofill");
            return Some(ColumnType::Custom(spelling));
        }
        let signed = match self.after {
            "" | "signed" => true,
            "unsigned" => false,
            _ => return None,
        };
        Some(match (base, signed) {
            ("tinyint", true) if args == [1] => ColumnType::Boolean,
            ("tinyint", true) => ColumnType::TinyInteger,
            ("tinyint", false) => ColumnType::TinyUnsigned,
            ("smallint", true) => ColumnType::SmallInteger,
            ("smallint", false) => ColumnType::SmallUnsigned,
            ("mediumint", true) => ColumnType::Custom("mediumint".into()),
            ("mediumint", false) => ColumnType::Custom("mediumint unsigned".into()),
            ("int", true) => ColumnType::Integer,
            ("int", false) => ColumnType::Unsigned,
            ("bigint", true) => ColumnType::BigInteger,
            ("bigint", false) => ColumnType::BigUnsigned,
            _ => return None,
        })
    }

    fn real(&self, base: &str, args: &[u32]) -> Option<ColumnType> {
        // One number after `float` chooses between the two sizes.
        let (base, args) = match (base, args) {
            ("float", [bits]) if *bits > 24 => ("double", &[][..]),
            ("float", [_]) => ("float", &[][..]),
            other => other,
        };
        let plain = matches!(self.after, "" | "signed");
        let spelling = match (base, args) {
            ("decimal", []) if plain => return Some(ColumnType::Decimal(Some((10, Some(0))))),
            ("decimal", [precision]) if plain => {
                return Some(ColumnType::Decimal(Some((*precision, Some(0)))));
            }
            ("decimal", [precision, scale]) if plain => {
                let scale = i32::try_from(*scale).ok()?;
                return Some(ColumnType::Decimal(Some((*precision, Some(scale)))));
            }
            ("float", []) if plain => return Some(ColumnType::Float),
            ("double", []) if plain => return Some(ColumnType::Double),
            ("decimal", []) => "decimal(10,0)".to_owned(),
            ("decimal", [precision]) => format!("decimal({precision},0)"),
            ("decimal" | "float" | "double", [a, b]) => format!("{base}({a},{b})"),
            ("float" | "double", []) => base.to_owned(),
            _ => return None,
        };
        let spelling = match self.after {
            "" | "signed" => spelling,
            "unsigned" => format!("{spelling} unsigned"),
            "zerofill" | "unsigned zerofill" | "zerofill unsigned" => {
                format!("{spelling} unsigned zerofill")
            }
            _ => return None,
        };
        Some(ColumnType::Custom(spelling))
    }
}

/// Lower case, single spaces, none around parentheses and commas; values in
/// quotes as they are.
fn normalise(spelling: &str) -> String {
    let mut out = String::with_capacity(spelling.len());
    let mut quote: Option<char> = None;
    let mut space = false;
    let mut escaped = false;
    for c in spelling.trim().chars() {
        if let Some(end) = quote {
            match c {
                // As the server says them.
                '\n' => out.push_str(if escaped { "n" } else { "\\n" }),
                '\r' => out.push_str(if escaped { "r" } else { "\\r" }),
                _ => out.push(c),
            }
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == end {
                // A doubled quote opens again at once.
                quote = None;
            }
            continue;
        }
        if c.is_whitespace() {
            space = true;
            continue;
        }
        let tight = matches!(c, '(' | ')' | ',') || out.ends_with(['(', ',']) || out.is_empty();
        if space && !tight || (out.ends_with(')') && !matches!(c, ')' | ',')) {
            out.push(' ');
        }
        space = false;
        match c {
            '\'' | '"' | '`' => {
                quote = Some(c);
                out.push(c);
            }
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// The spelling of an enum with these values.
pub(super) fn enum_of(values: &[String]) -> String {
    let list: Vec<String> = values.iter().map(|value| in_quotes(value)).collect();
    format!("enum({})", list.join(","))
}

/// A text in quotes as the server reports it: quotes are doubled, and
/// backslashes too, which most servers read as escapes; line breaks are escaped.
fn in_quotes(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\'', "''");
    let text = text.replace('\n', "\\n").replace('\r', "\\r");
    format!("'{}'", text.replace('\0', "\\0"))
}

/// What kind of values a type holds, as far as defaults and keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Whole numbers.
    Integer,
    /// Exact numbers with so many digits after the point.
    Decimal(u32),
    /// 32-bit floating point.
    Float,
    /// 64-bit floating point.
    Double,
    /// Bits.
    Bit,
    /// A day.
    Date,
    /// A time with so many fractional digits.
    Time(u32),
    /// Date and time with so many fractional digits.
    DateTime(u32),
    /// Text that can be a key.
    Text,
    /// Text that is kept apart from the row.
    LongText,
    /// Bytes that can be a key; exactly so many where it is given.
    Binary(Option<u32>),
    /// Bytes that are kept apart from the row.
    Blob,
    /// JSON.
    Json,
    /// Shapes.
    Geometry,
    /// Anything else.
    Other,
}

impl Class {
    /// The class of a canonical type.
    pub(super) fn of(ty: &ColumnType) -> Self {
        match ty {
            ColumnType::TinyInteger
            | ColumnType::SmallInteger
            | ColumnType::Integer
            | ColumnType::BigInteger
            | ColumnType::TinyUnsigned
            | ColumnType::SmallUnsigned
            | ColumnType::Unsigned
            | ColumnType::BigUnsigned
            | ColumnType::Boolean => Self::Integer,
            ColumnType::Float => Self::Float,
            ColumnType::Double => Self::Double,
            ColumnType::Decimal(None) => Self::Decimal(30),
            ColumnType::Decimal(Some((_, scale))) => {
                Self::Decimal(u32::try_from(scale.unwrap_or(0)).unwrap_or(0))
            }
            ColumnType::Char(_) | ColumnType::Varchar(Some(_)) | ColumnType::Inet => Self::Text,
            ColumnType::Interval => Self::Text,
            ColumnType::Varchar(None) | ColumnType::Text => Self::LongText,
            ColumnType::Blob => Self::Blob,
            ColumnType::Uuid => Self::Binary(Some(16)),
            ColumnType::Binary(length) => Self::Binary(Some(*length)),
            ColumnType::Varbinary(_) => Self::Binary(None),
            ColumnType::Date => Self::Date,
            ColumnType::Time(digits) => Self::Time(digits.unwrap_or(6)),
            ColumnType::DateTime(digits) | ColumnType::TimestampTz(digits) => {
                Self::DateTime(digits.unwrap_or(6))
            }
            ColumnType::Json | ColumnType::Jsonb => Self::Json,
            ColumnType::Enum(_) => Self::Text,
            ColumnType::Array(_) => Self::LongText,
            ColumnType::Custom(spelling) => Self::of_spelling(spelling),
        }
    }

    fn of_spelling(spelling: &str) -> Self {
        let end = spelling.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (base, rest) = spelling.split_at(end.unwrap_or(spelling.len()));
        let scale = || {
            let list = rest.strip_prefix('(')?.split_once(')')?.0;
            list.split_once(',')?.1.trim().parse().ok()
        };
        match base {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Self::Integer,
            "decimal" => Self::Decimal(scale().unwrap_or(0)),
            "float" => Self::Float,
            "double" => Self::Double,
            "bit" => Self::Bit,
            "enum" | "set" => Self::Text,
            "tinytext" | "mediumtext" | "longtext" | "text" => Self::LongText,
            "tinyblob" | "mediumblob" | "longblob" | "blob" => Self::Blob,
            "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
            | "multipolygon" | "geometrycollection" | "geomcollection" => Self::Geometry,
            _ => Self::Other,
        }
    }

    /// Whether values are kept apart from the row, so that a key needs a length.
    pub(super) fn is_long(self) -> bool {
        matches!(self, Self::LongText | Self::Blob | Self::Json)
    }

    /// Whether the values have a character set.
    pub(super) fn has_collation(self) -> bool {
        matches!(self, Self::Text | Self::LongText)
    }
}

/// The types of text and bytes whose values are kept apart from the row, so
/// that no key has all of them.
pub(super) fn long_types() -> Vec<ColumnType> {
    let others = [
        "tinytext",
        "mediumtext",
        "longtext",
        "tinyblob",
        "mediumblob",
        "longblob",
    ];
    let others = others.map(|text| ColumnType::Custom(text.to_owned()));
    [ColumnType::Text, ColumnType::Blob]
        .into_iter()
        .chain(others)
        .collect()
}

/// Whether an inferred Rust type is content with an existing column type: sqlx
/// decodes what is there, and everything that the Rust type can be has room.
///
/// sqlx would read any integer into any other of the same sign as long as the
/// value fits; here the sizes must be the same, so that a wider field is seen.
pub(super) fn accepts(rust: &RustType, existing: &ColumnType) -> bool {
    use ColumnType as T;
    let class = Class::of(existing);
    let is = |list: &[&str]| matches!(existing, T::Custom(text) if list.contains(&text.as_str()));
    let text = || {
        matches!(class, Class::Text | Class::LongText)
            || *existing == T::Json
            || is(&["uuid", "inet4", "inet6"])
    };
    match rust {
        RustType::I8 => matches!(existing, T::TinyInteger | T::Boolean),
        RustType::I16 => *existing == T::SmallInteger,
        RustType::I32 => *existing == T::Integer,
        RustType::I64 => *existing == T::BigInteger,
        RustType::U8 => *existing == T::TinyUnsigned,
        RustType::U16 => *existing == T::SmallUnsigned || is(&["year"]),
        RustType::U32 => *existing == T::Unsigned,
        RustType::U64 => *existing == T::BigUnsigned || class == Class::Bit,
        RustType::Bool => {
            matches!(existing, T::Boolean | T::TinyInteger | T::TinyUnsigned) || is(&["bit(1)"])
        }
        RustType::F32 => class == Class::Float,
        RustType::F64 => class == Class::Double,
        RustType::Char | RustType::String | RustType::IpNetwork | RustType::IpAddress => text(),
        RustType::Bytes => matches!(class, Class::Binary(_) | Class::Blob),
        RustType::Uuid => match existing {
            T::Binary(length) => *length == 16,
            T::Varbinary(length) => *length >= 16,
            _ => class == Class::Blob,
        },
        RustType::Json => class == Class::Json || text() || class == Class::Blob,
        RustType::Decimal | RustType::BigDecimal => matches!(class, Class::Decimal(_)),
        RustType::Date => class == Class::Date,
        RustType::Time => matches!(class, Class::Time(_)),
        RustType::DateTime | RustType::TimestampTz => matches!(class, Class::DateTime(_)),
        // Its values are part of the type, so it compares exactly.
        RustType::Enum(_) | RustType::Array(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(text: &str) -> ColumnType {
        ColumnType::Custom(text.to_owned())
    }

    #[test]
    fn what_both_servers_report_reads_as_one() {
        for (spelling, expected) in [
            ("int(11)", ColumnType::Integer),
            ("int", ColumnType::Integer),
            ("INTEGER", ColumnType::Integer),
            ("bigint(20) unsigned", ColumnType::BigUnsigned),
            ("bigint unsigned", ColumnType::BigUnsigned),
            ("tinyint(1)", ColumnType::Boolean),
            ("bool", ColumnType::Boolean),
            ("tinyint(4)", ColumnType::TinyInteger),
            ("tinyint(2)", ColumnType::TinyInteger),
            ("tinyint(1) unsigned", ColumnType::TinyUnsigned),
            ("mediumint(8) unsigned", custom("mediumint unsigned")),
            (
                "int(5) unsigned zerofill",
                custom("int(5) unsigned zerofill"),
            ),
            ("int unsigned zerofill", custom("int(10) unsigned zerofill")),
            ("decimal(10,2)", ColumnType::Decimal(Some((10, Some(2))))),
            ("dec", ColumnType::Decimal(Some((10, Some(0))))),
            (
                "NUMERIC ( 10 , 2 ) unsigned",
                custom("decimal(10,2) unsigned"),
            ),
            ("float(7,3)", custom("float(7,3)")),
            ("float(30)", ColumnType::Double),
            ("double  precision", ColumnType::Double),
            ("double unsigned", custom("double unsigned")),
            ("character varying(10)", ColumnType::Varchar(Some(10))),
            ("nvarchar(10)", ColumnType::Varchar(Some(10))),
            ("char", ColumnType::Char(Some(1))),
            ("datetime", ColumnType::DateTime(Some(0))),
            ("timestamp(6)", ColumnType::TimestampTz(Some(6))),
            ("year(4)", custom("year")),
            ("bit", custom("bit(1)")),
            ("LONGTEXT", custom("longtext")),
            (
                "ENUM( 'a' , 'It''s', 'b,  C' )",
                custom("enum('a','It''s','b,  C')"),
            ),
            ("enum('a\\'  B','c')", custom("enum('a\\'  B','c')")),
            ("enum('a\nb','c\rd')", custom("enum('a\\nb','c\\rd')")),
            ("uuid", custom("uuid")),
        ] {
            assert_eq!(read(spelling), expected, "{spelling}");
            assert_eq!(read(&write(&expected)), expected, "{spelling}");
        }
    }

    #[test]
    fn only_odd_display_widths_are_kept() {
        for usual in [
            "int(11)",
            "int(10) unsigned",
            "tinyint(1)",
            "bigint",
            "year(4)",
        ] {
            assert_eq!(with_width(usual), None, "{usual}");
        }
        for odd in [
            "int(10)",
            "int(11) unsigned",
            "tinyint(1) unsigned",
            "bigint(0)",
        ] {
            assert_eq!(with_width(odd).as_deref(), Some(odd));
        }
        assert_eq!(with_width("int(5) unsigned zerofill"), None);
    }

    #[test]
    fn every_row_of_the_table_has_a_fixed_point() {
        for row in crate::dialect::types::TYPES {
            for count in row.args.0..=row.args.1 {
                let args: Vec<i64> = [6, 2].into_iter().take(count).collect();
                let Some(ty) = crate::dialect::types::from_verb(row.verb, &args) else {
                    continue;
                };
                let once = canonical_type(&ty);
                assert!(!matches!(once, ColumnType::Custom(_)), "{ty:?}");
                assert_eq!(canonical_type(&once), once, "{ty:?}");
            }
        }
    }

    #[test]
    fn a_wider_field_is_not_content_with_a_narrow_column() {
        assert!(accepts(&RustType::I64, &ColumnType::BigInteger));
        assert!(!accepts(&RustType::I64, &ColumnType::Integer));
        assert!(!accepts(&RustType::I64, &ColumnType::BigUnsigned));
        assert!(accepts(&RustType::String, &ColumnType::Varchar(Some(20))));
        assert!(accepts(&RustType::String, &custom("mediumtext")));
        assert!(accepts(&RustType::String, &custom("enum('a','b')")));
        assert!(!accepts(&RustType::String, &ColumnType::Blob));
        assert!(accepts(&RustType::DateTime, &ColumnType::DateTime(Some(0))));
        assert!(accepts(&RustType::Bool, &custom("bit(1)")));
        assert!(!accepts(&RustType::Uuid, &custom("uuid")));
        assert!(accepts(&RustType::Uuid, &ColumnType::Binary(16)));
    }
}
