//! The values of `DEFAULT` clauses.
//!
//! It owns which texts are constants, and the one form that each constant has
//! on a column of a given type. A constant stays a constant only where the
//! database writes it back as it is; another spelling of a date or an array is
//! an expression with a cast, about which the server can be asked.

use super::name;
use super::tokens::{self, Kind, Token};
use super::types;
use crate::schema::{ColumnType, DefaultValue, Expression, Literal};

/// The one form of a default on a column of that type; `None` for NULL, which
/// is what a column without a default gets.
pub(super) fn canonical(value: DefaultValue, ty: &ColumnType) -> Option<DefaultValue> {
    match value {
        DefaultValue::Literal(literal) => on_type(literal, ty),
        DefaultValue::Expression(expression) => {
            let text = tokens::unwrapped(expression.as_str());
            let list = tokens::tokens(text);
            match constant(&list, text).filter(|found| found.fits(ty)) {
                Some(found) => on_type(found.literal, ty),
                None => Some(DefaultValue::Expression(Expression::new(text))),
            }
        }
    }
}

/// A constant with the types that it is cast to.
struct Constant {
    literal: Literal,
    casts: Vec<ColumnType>,
}

impl Constant {
    /// Whether the casts change nothing on a column of that type.
    fn fits(&self, ty: &ColumnType) -> bool {
        let whole = match &self.literal {
            Literal::Integer(_) => true,
            Literal::Text(text) => text.parse::<i128>().is_ok(),
            _ => false,
        };
        self.casts.iter().all(|cast| match (cast, family(ty)) {
            _ if self.literal == Literal::Null => true,
            (
                ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger,
                Family::Integer | Family::Number | Family::Own,
            ) => whole,
            (ColumnType::Decimal(None) | ColumnType::Double, Family::Number | Family::Own) => true,
            (ColumnType::Decimal(None), Family::Integer) => whole,
            (ColumnType::Text | ColumnType::Varchar(None), Family::Text | Family::Own) => true,
            (ColumnType::Custom(cast), Family::Text) if cast == "bpchar" => true,
            (ColumnType::Custom(cast), Family::Own) if cast == "\"bit\"" => true,
            (cast, _) => base(cast) == base(ty),
        })
    }
}

/// What kinds of constants a column takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Integer,
    Number,
    Boolean,
    Text,
    Bytes,
    Json,
    /// Dates and other things that the database writes in its own way.
    Formatted,
    /// Enums, domains, types of extensions: a text is what they are made from.
    Own,
}

fn family(ty: &ColumnType) -> Family {
    match ty {
        ColumnType::TinyInteger
        | ColumnType::SmallInteger
        | ColumnType::Integer
        | ColumnType::BigInteger
        | ColumnType::TinyUnsigned
        | ColumnType::SmallUnsigned
        | ColumnType::Unsigned
        | ColumnType::BigUnsigned => Family::Integer,
        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_) => Family::Number,
        ColumnType::Boolean => Family::Boolean,
        ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text => Family::Text,
        ColumnType::Blob | ColumnType::Binary(_) | ColumnType::Varbinary(_) => Family::Bytes,
        ColumnType::Json => Family::Json,
        ColumnType::Date
        | ColumnType::Time(_)
        | ColumnType::DateTime(_)
        | ColumnType::TimestampTz(_)
        | ColumnType::Interval
        | ColumnType::Uuid
        | ColumnType::Jsonb
        | ColumnType::Inet
        | ColumnType::Array(_) => Family::Formatted,
        ColumnType::Custom(spelling) if is_formatted(spelling) => Family::Formatted,
        ColumnType::Enum(_) | ColumnType::Custom(_) => Family::Own,
    }
}

/// The types of PostgreSQL's own that write a text in their own way and have no
/// variant.
fn is_formatted(spelling: &str) -> bool {
    const OTHERS: [&str; 15] = [
        "box",
        "cidr",
        "circle",
        "line",
        "lseg",
        "macaddr",
        "macaddr8",
        "path",
        "pg_lsn",
        "point",
        "polygon",
        "tsquery",
        "tsvector",
        "txid_snapshot",
        "pg_snapshot",
    ];
    let bare = without_modifier(spelling);
    OTHERS.contains(&bare.as_str())
        || bare.starts_with("interval")
        || ["int4", "int8", "num", "ts", "tstz", "date"]
            .iter()
            .any(|of| {
                let rest = bare.strip_prefix(of);
                matches!(rest, Some("range" | "multirange"))
            })
}

/// The type without lengths and precisions, which a constant keeps anyway.
fn base(ty: &ColumnType) -> ColumnType {
    match ty {
        ColumnType::Time(_) => ColumnType::Time(None),
        ColumnType::DateTime(_) => ColumnType::DateTime(None),
        ColumnType::TimestampTz(_) => ColumnType::TimestampTz(None),
        ColumnType::Decimal(_) => ColumnType::Decimal(None),
        ColumnType::Array(inner) => ColumnType::Array(Box::new(match inner.as_ref() {
            ColumnType::Varchar(_) => ColumnType::Varchar(None),
            inner => base(inner),
        })),
        ColumnType::Enum(name) => ColumnType::Custom(name::spelled_table(name)),
        ColumnType::Custom(spelling) => ColumnType::Custom(without_modifier(spelling)),
        other => other.clone(),
    }
}

/// `bit varying(5)` is `bit varying`.
fn without_modifier(spelling: &str) -> String {
    match spelling.strip_suffix(')').and_then(|s| s.rsplit_once('(')) {
        Some((bare, modifier)) if modifier.bytes().all(|b| b"0123456789,- ".contains(&b)) => {
            bare.trim_end().to_owned()
        }
        _ => spelling.to_owned(),
    }
}

/// The constant that these tokens are, with its casts.
fn constant(list: &[Token], sql: &str) -> Option<Constant> {
    let first = list.first()?;
    if first.is(sql, "(") {
        let end = tokens::closing(list, 0, sql)?;
        let inner = constant(&list[1..end], sql)?;
        return with_casts(inner, &list[end + 1..], sql);
    }
    if first.is(sql, "-") || first.is(sql, "+") {
        // A sign binds less than a cast: `-1::text` is no constant.
        let [number] = &list[1..] else {
            return None;
        };
        if number.kind != Kind::Number {
            return None;
        }
        let sign = if first.is(sql, "-") { "-" } else { "" };
        return plain(self::number(&format!("{sign}{}", number.text(sql))));
    }
    let literal = match first.kind {
        Kind::Number => number(first.text(sql)),
        Kind::Text => Literal::Text(tokens::string(first, sql)?),
        Kind::Word if first.is(sql, "true") => Literal::Boolean(true),
        Kind::Word if first.is(sql, "false") => Literal::Boolean(false),
        Kind::Word if first.is(sql, "null") => Literal::Null,
        _ => return None,
    };
    with_casts(plain(literal)?, &list[1..], sql)
}

#[expect(clippy::unnecessary_wraps, reason = "the end of a chain of `?`")]
fn plain(literal: Literal) -> Option<Constant> {
    let casts = Vec::new();
    Some(Constant { literal, casts })
}

fn with_casts(mut constant: Constant, list: &[Token], sql: &str) -> Option<Constant> {
    if list.is_empty() {
        return Some(constant);
    }
    // Before the first cast and between two of them stands `::`.
    let text = &sql[list[0].range.start..list[list.len() - 1].range.end];
    let mut start = None;
    let mut ends: Vec<(usize, usize)> = Vec::new();
    for token in tokens::tokens(text) {
        if token.is(text, "::") {
            if let Some(start) = start {
                ends.push((start, token.range.start));
            } else if token.range.start > 0 {
                return None;
            }
            start = Some(token.range.end);
        }
    }
    ends.push((start?, text.len()));
    for (start, end) in ends {
        let spelling = &text[start..end];
        // `"bit"` is how the database casts to bits of any length.
        let cast = if spelling == "\"bit\"" {
            ColumnType::Custom(spelling.to_owned())
        } else {
            types::read(spelling)?
        };
        constant.casts.push(cast);
    }
    Some(constant)
}

fn number(text: &str) -> Literal {
    let digits = text.replace('_', "");
    match digits.parse() {
        Ok(whole) => Literal::Integer(whole),
        Err(_) => Literal::Number(digits),
    }
}

/// A constant on a column of that type.
fn on_type(literal: Literal, ty: &ColumnType) -> Option<DefaultValue> {
    let literal = match (family(ty), literal) {
        (_, Literal::Null) => return None,
        (Family::Integer | Family::Number, Literal::Boolean(truth)) => {
            Literal::Integer(i128::from(truth))
        }
        (Family::Integer | Family::Number, Literal::Text(text)) => number_in(text),
        (Family::Number | Family::Own, Literal::Number(text)) => number(&text),
        (Family::Boolean, Literal::Integer(n @ (0 | 1))) => Literal::Boolean(n == 1),
        (Family::Boolean, Literal::Text(text)) => {
            truth(&text).map_or_else(|| Literal::Text(text.clone()), Literal::Boolean)
        }
        (Family::Text | Family::Json | Family::Formatted, Literal::Integer(n)) => {
            Literal::Text(n.to_string())
        }
        (Family::Text | Family::Json | Family::Formatted, Literal::Number(text)) => {
            Literal::Text(text)
        }
        (Family::Text | Family::Json | Family::Formatted, Literal::Boolean(truth)) => {
            Literal::Text(truth.to_string())
        }
        (Family::Bytes, Literal::Text(text)) => bytes(&text),
        (_, literal) => literal,
    };
    Some(match literal {
        Literal::Text(text) if family(ty) == Family::Formatted => formatted(&text, ty),
        literal => DefaultValue::Literal(literal),
    })
}

/// The number that a text is; the text where it is none.
fn number_in(text: String) -> Literal {
    let trimmed = text.trim();
    let numeric = trimmed
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if numeric && trimmed.parse::<f64>().is_ok() {
        number(trimmed)
    } else {
        Literal::Text(text)
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "on" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn bytes(text: &str) -> Literal {
    let hex = text.strip_prefix("\\x").filter(|hex| hex.len() % 2 == 0);
    let read = hex.and_then(|hex| {
        let pair = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        (0..hex.len()).step_by(2).map(pair).collect()
    });
    match read {
        Some(bytes) => Literal::Bytes(bytes),
        None if !text.contains('\\') => Literal::Bytes(text.as_bytes().to_vec()),
        None => Literal::Text(text.to_owned()),
    }
}

/// A text for a type that has a form of its own: a constant where the text is
/// in that form already.
fn formatted(text: &str, ty: &ColumnType) -> DefaultValue {
    let lower = text.to_ascii_lowercase();
    if *ty == ColumnType::Uuid && looks_like(&lower, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") {
        return DefaultValue::Literal(Literal::Text(lower));
    }
    let kept = match ty {
        ColumnType::Date => looks_like(text, "dddd-dd-dd"),
        ColumnType::Time(_) => is_time(text),
        ColumnType::DateTime(_) => text
            .split_once(' ')
            .is_some_and(|(day, time)| looks_like(day, "dddd-dd-dd") && is_time(time)),
        ColumnType::Jsonb => matches!(text, "{}" | "[]" | "null" | "true" | "false"),
        ColumnType::Array(_) => text == "{}",
        ColumnType::Inet => text.parse::<std::net::Ipv4Addr>().is_ok(),
        _ => false,
    };
    if kept {
        return DefaultValue::Literal(Literal::Text(text.to_owned()));
    }
    let cast = types::write(&base(ty));
    let text = format!("{}::{}", name::string(text), long_name(cast));
    DefaultValue::Expression(Expression::new(text))
}

/// The name by which the database casts.
fn long_name(spelling: String) -> String {
    match spelling.as_str() {
        "timestamp" => "timestamp without time zone".to_owned(),
        "timestamptz" => "timestamp with time zone".to_owned(),
        "time" => "time without time zone".to_owned(),
        "varchar[]" => "character varying[]".to_owned(),
        "timestamp[]" => "timestamp without time zone[]".to_owned(),
        "timestamptz[]" => "timestamp with time zone[]".to_owned(),
        "time[]" => "time without time zone[]".to_owned(),
        "char(1)[]" => "bpchar[]".to_owned(),
        _ => spelling,
    }
}

/// `10:00:00`, with fractional digits that do not end in zero.
fn is_time(text: &str) -> bool {
    match text.split_once('.') {
        None => looks_like(text, "dd:dd:dd"),
        Some((time, fraction)) => {
            looks_like(time, "dd:dd:dd")
                && (1..=6).contains(&fraction.len())
                && fraction.bytes().all(|b| b.is_ascii_digit())
                && !fraction.ends_with('0')
        }
    }
}

/// Whether a text has digits (`d`), hexadecimal digits (`x`) and marks as the
/// pattern has them.
fn looks_like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(b, p)| match p {
            b'd' => b.is_ascii_digit(),
            b'x' => b.is_ascii_hexdigit(),
            p => b == p,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(ty: &str, text: &str) -> Option<DefaultValue> {
        let ty = types::read(ty).unwrap_or(ColumnType::Text);
        canonical(DefaultValue::Expression(Expression::new(text)), &ty)
    }

    fn literal(literal: Literal) -> Option<DefaultValue> {
        Some(DefaultValue::Literal(literal))
    }

    fn text(text: &str) -> Option<DefaultValue> {
        literal(Literal::Text(text.to_owned()))
    }

    fn expression(text: &str) -> Option<DefaultValue> {
        Some(DefaultValue::Expression(Expression::new(text)))
    }

    /// As PostgreSQL 15 writes them.
    #[test]
    fn the_words_of_the_catalogue_are_constants() {
        for (ty, catalogue, expected) in [
            ("integer", "'-1'::integer", literal(Literal::Integer(-1))),
            ("smallint", "'-1'::integer", literal(Literal::Integer(-1))),
            (
                "bigint",
                "'5000000000'::bigint",
                literal(Literal::Integer(5_000_000_000)),
            ),
            (
                "numeric(10,2)",
                "1.50",
                literal(Literal::Number("1.50".into())),
            ),
            (
                "numeric",
                "'-1.5'::numeric",
                literal(Literal::Number("-1.5".into())),
            ),
            (
                "double precision",
                "'-0.5'::numeric",
                literal(Literal::Number("-0.5".into())),
            ),
            ("double precision", "'NaN'::double precision", text("NaN")),
            ("text", "'a'::text", text("a")),
            (
                "character varying(10)",
                "'it''s'::character varying",
                text("it's"),
            ),
            ("character(3)", "'a'::bpchar", text("a")),
            ("name", "'q'::name", text("q")),
            ("date", "'2020-01-01'::date", text("2020-01-01")),
            (
                "timestamp(3)",
                "'2020-01-01 00:00:00'::timestamp without time zone",
                text("2020-01-01 00:00:00"),
            ),
            (
                "timestamptz",
                "'2020-01-01 00:00:00+00'::timestamp with time zone",
                expression("'2020-01-01 00:00:00+00'::timestamp with time zone"),
            ),
            ("boolean", "true", literal(Literal::Boolean(true))),
            ("json", "'{\"a\":1}'::json", text("{\"a\":1}")),
            ("jsonb", "'{}'::jsonb", text("{}")),
            (
                "jsonb",
                "'{\"a\": 1}'::jsonb",
                expression("'{\"a\": 1}'::jsonb"),
            ),
            (
                "bytea",
                "'\\x00ff'::bytea",
                literal(Literal::Bytes(vec![0, 255])),
            ),
            ("mood", "'a'::mood", text("a")),
            ("o.mood", "'a'::o.mood", text("a")),
            ("dt", "'x'::text", text("x")),
            ("di", "5", literal(Literal::Integer(5))),
            ("text[]", "'{}'::text[]", text("{}")),
            (
                "integer[]",
                "'{1,2}'::integer[]",
                expression("'{1,2}'::integer[]"),
            ),
            ("bit(3)", "'101'::\"bit\"", text("101")),
            ("bit varying(5)", "'101'::bit varying", text("101")),
            ("text", "'a\\b'::text", text("a\\b")),
            ("text", "5", text("5")),
            ("text", "'a'::character varying", text("a")),
            ("text", "NULL::text", None),
            ("integer", "(1 + 2)", expression("1 + 2")),
            ("timestamp", "now()", expression("now()")),
        ] {
            assert_eq!(on(ty, catalogue), expected, "{ty} {catalogue}");
        }
    }

    #[test]
    fn a_cast_that_changes_the_value_is_no_constant() {
        for (ty, text) in [
            ("text", "'abc'::character varying(2)"),
            ("integer", "1.5::integer"),
            ("text", "-1::text"),
            ("text", "'a' || 'b'"),
        ] {
            assert_eq!(on(ty, text), expression(text), "{ty} {text}");
        }
    }

    #[test]
    fn the_words_of_models_become_the_same() {
        let said = |ty: &str, literal: Literal| {
            let ty = types::read(ty).unwrap_or(ColumnType::Text);
            canonical(DefaultValue::Literal(literal), &ty)
        };
        let words = |text: &str| Literal::Text(text.to_owned());
        assert_eq!(
            said("boolean", Literal::Integer(1)),
            literal(Literal::Boolean(true))
        );
        assert_eq!(said("integer", words("5")), literal(Literal::Integer(5)));
        assert_eq!(said("date", words("2020-01-01")), text("2020-01-01"));
        assert_eq!(
            said("date", words("2020-1-1")),
            expression("'2020-1-1'::date")
        );
        let uuid = "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11";
        assert_eq!(said("uuid", words(uuid)), text(&uuid.to_lowercase()));
        let zoned = "2020-01-01 00:00:00+00";
        let expected = format!("'{zoned}'::timestamp with time zone");
        assert_eq!(said("timestamptz", words(zoned)), expression(&expected));
        assert_eq!(
            said("point", words("(0, 0)")),
            expression("'(0, 0)'::point")
        );
        assert_eq!(said("text", Literal::Null), None);
    }

    #[test]
    fn once_is_enough() {
        for ty in [
            "integer",
            "numeric",
            "text",
            "date",
            "timestamptz(3)",
            "jsonb",
            "bytea",
            "text[]",
        ] {
            for text in [
                "'a'",
                "1",
                "'1'",
                "1e3",
                "-2.50",
                "true",
                "'{}'",
                "now()",
                "'2020-01-01'",
            ] {
                let read = types::read(ty).unwrap_or(ColumnType::Text);
                let once = on(ty, text);
                let twice = once.clone().and_then(|value| canonical(value, &read));
                assert_eq!(once, twice, "{ty} {text}");
            }
        }
    }
}
