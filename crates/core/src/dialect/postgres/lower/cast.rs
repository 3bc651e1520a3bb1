//! Which type becomes which, how, and at what price.
//!
//! Owns the table of casts. PostgreSQL changes a type by itself where it has an
//! implicit or an assignment cast; everywhere else it wants to be told how. It
//! must not know any statement.

use crate::change::Pair;
use crate::dialect::cast::Cast;
use crate::dialect::cast::table::{self, Kind, kind};
use crate::dialect::postgres::name::quote;
use crate::dialect::postgres::render::column_type;
use crate::schema::{ColumnType, Name};

/// Whether PostgreSQL assigns one to the other by itself, and rightly so.
fn assigns(from: &ColumnType, to: &ColumnType) -> bool {
    if column_type(from) == column_type(to) {
        return true;
    }
    if let (ColumnType::Array(from), ColumnType::Array(to)) = (from, to) {
        return assigns(from, to);
    }
    match (kind(from), kind(to)) {
        (Kind::Bytes, Kind::Text) => false,
        (_, Kind::Text)
        | (Kind::Number, Kind::Number)
        | (Kind::Bytes, Kind::Bytes)
        | (Kind::Json, Kind::Json)
        | (Kind::Time, Kind::Time | Kind::Interval)
        | (Kind::Interval, Kind::Interval | Kind::Time)
        | (Kind::Date, Kind::DateTime)
        | (Kind::DateTime, Kind::DateTime | Kind::Date | Kind::Time)
        | (Kind::TimestampTz, Kind::TimestampTz) => true,
        (_, _) => false,
    }
}

/// What becomes of the values; `None` where nobody can say how.
pub(in crate::dialect::postgres) fn of(column: &Name, types: Pair<&ColumnType>) -> Option<Cast> {
    let kinds = Pair::new(kind(types.from), kind(types.to));
    let cast = table::verdict(kinds, types.clone())?;
    let cast = match (types.from, types.to) {
        // A key that stands twice goes, and so do spaces and the order of keys;
        // `\u0000` is refused.
        (ColumnType::Json, ColumnType::Jsonb) => Cast {
            respells: true,
            ..cast.or_fails("values that are no jsonb")
        },
        _ => cast,
    };
    Some(Cast {
        expression: using(column, types),
        ..cast
    })
}

/// The expression of `USING`, where PostgreSQL has to be told.
pub(super) fn using(column: &Name, types: Pair<&ColumnType>) -> Option<String> {
    let Pair { from, to } = types;
    (!assigns(from, to)).then(|| told(&quote(column.as_str()), from, to))
}

/// Whether every row is written again.
pub(super) fn rewrites(types: Pair<&ColumnType>) -> bool {
    let Pair { from, to } = types;
    !assigns(from, to) || !is_relabelled(from, to)
}

/// The expression that makes one of the other.
fn told(column: &str, from: &ColumnType, to: &ColumnType) -> String {
    let name = column_type(to);
    match (kind(from), kind(to)) {
        // Other numbers than 0 and 1 are refused, not taken for true.
        (Kind::Number, Kind::Boolean) => format!("{column}::text::boolean"),
        (Kind::Boolean, Kind::Number) => format!("{column}::integer"),
        (Kind::Text, Kind::Bytes) => format!("convert_to({column}, 'UTF8')"),
        (Kind::Bytes, Kind::Text) => format!("convert_from({column}, 'UTF8')"),
        (Kind::Uuid, Kind::Bytes) => format!("uuid_send({column})"),
        (Kind::Bytes, Kind::Uuid) => format!("encode({column}, 'hex')::uuid"),
        (_, Kind::Bytes) => format!("convert_to({column}::text, 'UTF8')"),
        (Kind::Bytes, _) => format!("convert_from({column}, 'UTF8')::{name}"),
        // The time zone of the session must not decide what is stored.
        (Kind::DateTime, Kind::TimestampTz) | (Kind::TimestampTz, Kind::DateTime) => {
            format!("{column} AT TIME ZONE 'UTC'")
        }
        (Kind::Date, Kind::TimestampTz) => format!("{column}::timestamp AT TIME ZONE 'UTC'"),
        (Kind::TimestampTz, Kind::Date | Kind::Time) => {
            format!("({column} AT TIME ZONE 'UTC')::{name}")
        }
        (Kind::Text, _) => format!("{column}::{name}"),
        (Kind::Array, Kind::Array) => match from {
            ColumnType::Array(of) if kind(of) == Kind::Text => format!("{column}::{name}"),
            _ => format!("{column}::text[]::{name}"),
        },
        (_, _) => format!("{column}::text::{name}"),
    }
}

/// Whether the values stay as they are on disk, without a look at each.
pub(in crate::dialect::postgres) fn is_relabelled(from: &ColumnType, to: &ColumnType) -> bool {
    // A timestamp without a number has six digits.
    let digits = |n: &Option<u32>| n.unwrap_or(6);
    match (from, to) {
        _ if column_type(from) == column_type(to) => true,
        (
            ColumnType::Varchar(_) | ColumnType::Text,
            ColumnType::Varchar(None) | ColumnType::Text,
        ) => true,
        (ColumnType::Varchar(Some(n)), ColumnType::Varchar(Some(m))) => n <= m,
        (ColumnType::Decimal(_), ColumnType::Decimal(None)) => true,
        (ColumnType::Decimal(Some((p, s))), ColumnType::Decimal(Some((q, t)))) => {
            p <= q && s.unwrap_or(0) == t.unwrap_or(0)
        }
        (ColumnType::Time(n), ColumnType::Time(m))
        | (ColumnType::DateTime(n), ColumnType::DateTime(m))
        | (ColumnType::TimestampTz(n), ColumnType::TimestampTz(m)) => digits(n) <= digits(m),
        (_, _) => false,
    }
}

/// Whether a foreign key may compare the two, as far as can be told.
pub(super) fn comparable(own: &ColumnType, there: &ColumnType) -> bool {
    if let (ColumnType::Array(own), ColumnType::Array(there)) = (own, there) {
        return comparable(own, there);
    }
    let is_whole = |ty: &ColumnType| {
        matches!(
            ty,
            ColumnType::TinyInteger
                | ColumnType::SmallInteger
                | ColumnType::Integer
                | ColumnType::BigInteger
        )
    };
    match (kind(own), kind(there)) {
        // What a domain is made of is not known here.
        (Kind::Other, _) | (_, Kind::Other) => true,
        (Kind::Enum, Kind::Enum) => own == there,
        (Kind::Number, Kind::Number) => {
            is_whole(own) || !is_whole(there) && own_is_exact(own) == own_is_exact(there)
        }
        (
            Kind::Date | Kind::DateTime | Kind::TimestampTz,
            Kind::Date | Kind::DateTime | Kind::TimestampTz,
        ) => true,
        (own, there) => own == there,
    }
}

fn own_is_exact(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::Decimal(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnType as T;

    #[test]
    fn a_cast_is_told_only_where_postgres_has_none() {
        let mood = T::Enum("mood".into());
        let list = |of: T| T::Array(Box::new(of));
        for (from, to, using) in [
            (T::Integer, T::BigInteger, None),
            (T::Double, T::Integer, None),
            (T::Integer, T::Text, None),
            (T::Text, T::Integer, Some("\"c\"::integer")),
            (T::Varchar(Some(9)), T::Uuid, Some("\"c\"::uuid")),
            (T::Integer, T::Boolean, Some("\"c\"::text::boolean")),
            (T::Boolean, T::BigInteger, Some("\"c\"::integer")),
            (T::Boolean, T::Text, None),
            (mood.clone(), T::Text, None),
            (T::Text, mood.clone(), Some("\"c\"::\"mood\"")),
            (T::Blob, T::Text, Some("convert_from(\"c\", 'UTF8')")),
            (T::Text, T::Blob, Some("convert_to(\"c\", 'UTF8')")),
            (T::Uuid, T::Blob, Some("uuid_send(\"c\")")),
            (T::Json, T::Jsonb, None),
            (list(T::Integer), list(T::BigInteger), None),
            (list(T::Text), list(T::Integer), Some("\"c\"::integer[]")),
            (
                list(T::Integer),
                list(T::Uuid),
                Some("\"c\"::text[]::uuid[]"),
            ),
            (
                T::DateTime(None),
                T::TimestampTz(None),
                Some("\"c\" AT TIME ZONE 'UTC'"),
            ),
        ] {
            let told = super::using(&"c".into(), Pair::new(&from, &to));
            assert_eq!(told.as_deref(), using, "{from:?} to {to:?}");
        }
    }

    #[test]
    fn only_what_keeps_its_bytes_is_not_written_again() {
        let rewrites = |from: T, to: T| rewrites(Pair::new(&from, &to));
        assert!(!rewrites(T::Varchar(Some(10)), T::Varchar(Some(20))));
        assert!(!rewrites(T::Varchar(Some(10)), T::Text));
        assert!(!rewrites(
            T::Decimal(Some((8, Some(2)))),
            T::Decimal(Some((9, Some(2))))
        ));
        assert!(rewrites(T::Varchar(Some(20)), T::Varchar(Some(10))));
        assert!(rewrites(T::Text, T::Varchar(Some(10))));
        assert!(rewrites(T::Integer, T::BigInteger));
        assert!(rewrites(
            T::Decimal(Some((8, Some(2)))),
            T::Decimal(Some((9, Some(3))))
        ));
        assert!(rewrites(T::Char(Some(3)), T::Text));
    }

    #[test]
    fn foreign_keys_compare_what_has_an_operator() {
        assert!(comparable(&T::Integer, &T::BigInteger));
        assert!(comparable(&T::Varchar(Some(3)), &T::Text));
        assert!(!comparable(&T::Text, &T::Uuid));
        assert!(!comparable(&T::Decimal(None), &T::Integer));
        assert!(comparable(&T::Integer, &T::Decimal(None)));
        assert!(!comparable(&T::Enum("a".into()), &T::Enum("b".into())));
    }
}
