//! Defaults and values of rows, by the type of the column.

use aludel_core::schema::{ColumnType, DefaultValue, Literal};

use super::Choices;
use super::ground::ENUMS;

fn expression(text: &str) -> DefaultValue {
    DefaultValue::Expression(text.into())
}

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

/// A default that fits the type.
pub(super) fn default(ty: &ColumnType, choices: &mut Choices) -> Option<DefaultValue> {
    let number = i128::from(u8::try_from(choices.below(100)).unwrap_or(0));
    let ground = choices.ground;
    let on_server = !ground.is_sqlite();
    let literal = match ty {
        ColumnType::Integer | ColumnType::BigInteger | ColumnType::SmallInteger => {
            Literal::Integer(number - 50)
        }
        ColumnType::TinyInteger | ColumnType::Unsigned | ColumnType::BigUnsigned => {
            Literal::Integer(number)
        }
        ColumnType::Double | ColumnType::Float => Literal::Number(format!("{number}.5")),
        ColumnType::Decimal(_) if on_server => Literal::Number(format!("{number}.50")),
        ColumnType::Boolean => Literal::Boolean(number % 2 == 0),
        ColumnType::Blob => Literal::Bytes(vec![0, 0xff]),
        ColumnType::DateTime(_) => return Some(expression("CURRENT_TIMESTAMP")),
        ColumnType::TimestampTz(_) if on_server => return Some(expression("CURRENT_TIMESTAMP")),
        ColumnType::Date if on_server => text("2020-02-29"),
        ColumnType::Time(_) if on_server => text("12:34:56"),
        ColumnType::Json | ColumnType::Jsonb if on_server => text("{\"a\": [1, \"b\"]}"),
        ColumnType::Interval => text("1 day"),
        ColumnType::Uuid if ground.is_postgres() && number % 2 == 0 => {
            return Some(expression("gen_random_uuid()"));
        }
        ColumnType::Uuid if ground.is_postgres() => text("6f1a0e9c-5b0e-4d1f-9d43-2a8d5b3f7c11"),
        ColumnType::Array(_) => text("{}"),
        ColumnType::Enum(name) => {
            let known = ENUMS.iter().find(|(other, _)| name.name == *other);
            text(known.and_then(|(_, values)| values.first())?)
        }
        ColumnType::Text if number % 5 == 0 && !ground.is_mysql() => {
            return Some(expression("lower('ABC') || 'd'"));
        }
        ColumnType::Text if number % 5 == 0 => return Some(expression("concat('a', lower('B'))")),
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(Some(5..)) => text(
            ["", "it's", "a \"b\"", "é"]
                .get(choices.below(4))
                .copied()?,
        ),
        ColumnType::Char(_) if !on_server => text(
            ["", "it's", "a \"b\"", "é"]
                .get(choices.below(4))
                .copied()?,
        ),
        _ => return None,
    };
    Some(DefaultValue::Literal(literal))
}

/// A value for a row, as SQL; not always one that fits.
pub fn value(ty: &ColumnType, choices: &mut Choices) -> &'static str {
    let ground = choices.ground;
    let some: &[&'static str] = match ground.canonical_type(ty) {
        _ if ground.is_sqlite() => &["1", "2", "'a'", "'b''c'", "x'00ff'", "1.5", "'7'", "-3"],
        ColumnType::TinyInteger
        | ColumnType::SmallInteger
        | ColumnType::Integer
        | ColumnType::BigInteger => &["1", "2", "-3", "7", "100"],
        ColumnType::TinyUnsigned
        | ColumnType::SmallUnsigned
        | ColumnType::Unsigned
        | ColumnType::BigUnsigned => &["1", "2", "7", "200"],
        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_) => &["1", "2.5", "-3"],
        ColumnType::Boolean => &["true", "false"],
        ColumnType::Char(_) => &["'a'", "'b'", "'1'"],
        ColumnType::Varchar(_) | ColumnType::Text => &["'a'", "'B'", "'b''c'", "'7'", "'é'", "''"],
        ColumnType::Blob if ground.is_postgres() => &["'\\x00ff'", "'\\x31'"],
        ColumnType::Blob | ColumnType::Binary(_) | ColumnType::Varbinary(_) => {
            &["x'00ff'", "x'31'"]
        }
        ColumnType::Date => &["'2020-02-29'", "'1999-12-31'"],
        ColumnType::Time(_) => &["'12:34:56'", "'00:00:01.5'"],
        ColumnType::DateTime(_) | ColumnType::TimestampTz(_) => {
            &["'2020-02-29 12:00:00'", "'1999-12-31 23:59:59.5'"]
        }
        ColumnType::Interval => &["'1 day'", "'2 hours'"],
        ColumnType::Uuid => &["'6f1a0e9c-5b0e-4d1f-9d43-2a8d5b3f7c11'"],
        ColumnType::Json | ColumnType::Jsonb => &["'{\"a\": 1}'", "'[1, 2]'", "'5'"],
        ColumnType::Inet => &["'10.0.0.1'", "'::1'"],
        ColumnType::Array(_) => &["'{1,2}'", "'{}'"],
        ColumnType::Enum(_) => &["'sad'", "'ok'", "'a'", "'b'"],
        ColumnType::Custom(text) => match text.as_str() {
            "bit(3)" if ground.is_postgres() => &["'101'", "'000'"],
            "bit(3)" => &["1", "5"],
            "macaddr" => &["'08:00:2b:01:02:03'"],
            "int4range" => &["'[1,5)'"],
            "point" => &["'(1,2)'"],
            "year" => &["2020", "1999"],
            "mediumint" | "decimal(6,2) unsigned" => &["1", "2", "77"],
            "longblob" => &["x'00ff'", "x'31'"],
            _ => &["'a'", "'b'", "'ok'"],
        },
    };
    some.get(choices.below(some.len()))
        .copied()
        .unwrap_or("NULL")
}
