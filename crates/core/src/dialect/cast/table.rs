//! The table of casts that all databases share.
//!
//! Owns which kinds of values become which others, which of them may not fit,
//! and what is lost on the way. A pair that is not in the table is a guess (a
//! date as a number: of what?), and nobody guesses about data: somebody has to
//! say how.

use super::{Cast, casts};
use crate::change::Pair;
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::hazard::whole_number;
use crate::operation::Operation;
use crate::schema::{ColumnType, Name};

/// Types that are alike as far as casts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect) enum Kind {
    /// Numbers of every kind.
    Number,
    /// True and false.
    Boolean,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day with a time, without a zone.
    DateTime,
    /// A moment.
    TimestampTz,
    /// A span of time.
    Interval,
    /// UUID.
    Uuid,
    /// JSON.
    Json,
    /// A network address.
    Inet,
    /// One of listed values.
    Enum,
    /// A list.
    Array,
    /// What only the database knows.
    Other,
}

impl Cast {
    /// Every value stays.
    pub(in crate::dialect) fn safe() -> Self {
        Self::default()
    }

    /// Some values may not fit.
    pub(in crate::dialect) fn checked(fails: &str) -> Self {
        Self {
            fails: Some(fails.to_owned()),
            ..Self::default()
        }
    }

    /// Values lose something.
    pub(in crate::dialect) fn lossy(loses: &str) -> Self {
        Self {
            loses: Some(loses.to_owned()),
            ..Self::default()
        }
    }

    /// The same, told in so many words.
    #[cfg(any(feature = "sqlite", feature = "mysql"))]
    #[must_use]
    pub(in crate::dialect) fn told(self, expression: impl Into<String>) -> Self {
        Self {
            expression: Some(expression.into()),
            ..self
        }
    }

    /// The same, which values may not fit as well.
    #[must_use]
    pub(in crate::dialect) fn or_fails(self, fails: &str) -> Self {
        Self {
            fails: Some(fails.to_owned()),
            ..self
        }
    }
}

/// The kind of a type by its variant alone.
pub(in crate::dialect) fn kind(ty: &ColumnType) -> Kind {
    match ty {
        ColumnType::TinyInteger
        | ColumnType::SmallInteger
        | ColumnType::Integer
        | ColumnType::BigInteger
        | ColumnType::TinyUnsigned
        | ColumnType::SmallUnsigned
        | ColumnType::Unsigned
        | ColumnType::BigUnsigned
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Decimal(_) => Kind::Number,
        ColumnType::Boolean => Kind::Boolean,
        ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text => Kind::Text,
        ColumnType::Blob | ColumnType::Binary(_) | ColumnType::Varbinary(_) => Kind::Bytes,
        ColumnType::Date => Kind::Date,
        ColumnType::Time(_) => Kind::Time,
        ColumnType::DateTime(_) => Kind::DateTime,
        ColumnType::TimestampTz(_) => Kind::TimestampTz,
        ColumnType::Interval => Kind::Interval,
        ColumnType::Uuid => Kind::Uuid,
        ColumnType::Json | ColumnType::Jsonb => Kind::Json,
        ColumnType::Inet => Kind::Inet,
        ColumnType::Enum(_) => Kind::Enum,
        ColumnType::Array(_) => Kind::Array,
        ColumnType::Custom(_) => Kind::Other,
    }
}

const TIME_OF_DAY: &str = "the time of day";
const DAY: &str = "the day";
const FRACTION: &str = "digits of the fraction of a second";
const TOO_LONG: &str = "values that are too long";

/// What becomes of the values, whatever the database; `None` where nobody can
/// say how.
pub(in crate::dialect) fn verdict(kinds: Pair<Kind>, types: Pair<&ColumnType>) -> Option<Cast> {
    use Kind as K;
    let Pair { from, to } = types;
    if from == to {
        return Some(Cast::safe());
    }
    Some(match (kinds.from, kinds.to) {
        (K::Other, _) | (_, K::Other) => Cast::checked("values that are none of the new type"),
        (K::Array, K::Array) => match (from, to) {
            (ColumnType::Array(from), ColumnType::Array(to)) => {
                verdict(Pair::new(kind(from), kind(to)), Pair::new(from, to))?
            }
            _ => Cast::safe(),
        },
        (K::Number, K::Number) => number(from, to),
        (K::Number, K::Boolean) => Cast::checked("values other than 0 and 1"),
        (K::Boolean, K::Number) => Cast::safe(),
        (K::Bytes, K::Text) => Cast::checked("bytes that are no text"),
        (K::Text, K::Bytes) | (K::Bytes, K::Bytes) | (K::Uuid, K::Bytes) => sized(from, to),
        (_, K::Text) => sized(from, to),
        (K::Text, kind) => Cast {
            respells: !matches!(kind, K::Enum | K::Array),
            ..from_text(kind)
        },
        (K::Bytes, K::Uuid) => Cast::checked("values that are not 16 bytes"),
        (K::Date, K::DateTime | K::TimestampTz) => Cast::safe(),
        (K::DateTime, K::TimestampTz) | (K::TimestampTz, K::DateTime) => fraction(from, to),
        (K::DateTime | K::TimestampTz, K::Date) => Cast::lossy(TIME_OF_DAY),
        (K::DateTime | K::TimestampTz, K::Time) => Cast::lossy(DAY),
        (K::Interval, K::Time) => Cast::lossy("whole days"),
        (K::Time, K::Interval) => Cast::safe(),
        (K::Enum, K::Enum) => Cast::checked("values that the new type does not list"),
        (a, b) if a == b => fraction(from, to),
        (_, _) => return None,
    })
}

fn from_text(to: Kind) -> Cast {
    Cast::checked(match to {
        Kind::Number => "values that are no number of the new type",
        Kind::Boolean => "values that are neither true nor false",
        Kind::Date => return Cast::lossy(TIME_OF_DAY).or_fails("values that are no date"),
        Kind::Time => return Cast::lossy(DAY).or_fails("values that are no time"),
        Kind::DateTime | Kind::TimestampTz => "values that are no date and time",
        Kind::Interval => "values that are no interval",
        Kind::Uuid => "values that are no UUID",
        Kind::Json => "values that are no JSON",
        Kind::Inet => "values that are no network address",
        Kind::Enum => "values that the new type does not list",
        Kind::Array => "values that are no list",
        Kind::Text | Kind::Bytes | Kind::Other => TOO_LONG,
    })
}

/// How many characters or bytes a type takes; `None` where there is no end.
fn length(ty: &ColumnType) -> Option<u32> {
    match ty {
        ColumnType::Char(length) => Some(length.unwrap_or(1)),
        ColumnType::Varchar(length) => *length,
        ColumnType::Binary(length) | ColumnType::Varbinary(length) => Some(*length),
        _ => None,
    }
}

fn sized(from: &ColumnType, to: &ColumnType) -> Cast {
    let text = |ty| matches!(kind(ty), Kind::Text | Kind::Bytes);
    match (length(from).filter(|_| text(from)), length(to)) {
        (_, None) => Cast::safe(),
        (Some(from), Some(to)) if from <= to => Cast::safe(),
        (_, Some(_)) => Cast::checked(TOO_LONG),
    }
}

/// The digits of the fraction of a second; a time without a number has six.
fn fraction(from: &ColumnType, to: &ColumnType) -> Cast {
    let digits = |ty: &ColumnType| match ty {
        ColumnType::Time(n) | ColumnType::DateTime(n) | ColumnType::TimestampTz(n) => {
            n.unwrap_or(6)
        }
        _ => 0,
    };
    if digits(from) <= digits(to) {
        Cast::safe()
    } else {
        Cast::lossy(FRACTION)
    }
}

/// A number as casts see it.
#[derive(Clone, Copy)]
enum Number {
    /// From and to which power of two, whether it has a sign.
    Whole { low: u32, high: u32 },
    /// All digits, and those after the point.
    Decimal(Option<(u32, i32)>),
    /// How many bits are exact.
    Floating(u32),
}

fn number_of(ty: &ColumnType) -> Number {
    match ty {
        ColumnType::Float => Number::Floating(24),
        ColumnType::Double => Number::Floating(53),
        ColumnType::Decimal(size) => {
            Number::Decimal(size.map(|(digits, scale)| (digits, scale.unwrap_or(0))))
        }
        _ => {
            let (low, high) = whole_number(ty).unwrap_or((63, 63));
            Number::Whole { low, high }
        }
    }
}

fn number(from: &ColumnType, to: &ColumnType) -> Cast {
    use Number as N;
    const RANGE: &str = "values out of its range";
    const POINT: &str = "digits after the point";
    const DIGITS: &str = "digits of large and of long numbers";
    match (number_of(from), number_of(to)) {
        (N::Whole { low, high }, N::Whole { low: l, high: h }) => {
            if low <= l && high <= h {
                Cast::safe()
            } else {
                Cast::checked(RANGE)
            }
        }
        (N::Whole { low, high }, N::Floating(bits)) => {
            if low.max(high) <= bits {
                Cast::safe()
            } else {
                Cast::lossy(DIGITS)
            }
        }
        (_, N::Decimal(None)) => Cast::safe(),
        (N::Whole { low, high }, N::Decimal(Some((digits, scale)))) => {
            // The decimal digits of a number of so many bits.
            let needed = low.max(high) * 30_103 / 100_000 + 1;
            let room = i64::from(digits) - i64::from(scale);
            if i64::from(needed) <= room && scale >= 0 {
                Cast::safe()
            } else {
                Cast::checked(RANGE)
            }
        }
        (N::Decimal(Some((d, s))), N::Decimal(Some((digits, scale)))) => {
            let fits = i64::from(d) - i64::from(s) <= i64::from(digits) - i64::from(scale);
            let cast = if s <= scale {
                Cast::safe()
            } else {
                Cast::lossy(POINT)
            };
            if fits { cast } else { cast.or_fails(RANGE) }
        }
        (N::Decimal(None) | N::Floating(_), N::Decimal(Some(_)))
        | (N::Decimal(_) | N::Floating(_), N::Whole { .. }) => Cast::lossy(POINT).or_fails(RANGE),
        (N::Decimal(_), N::Floating(_)) => Cast::lossy(DIGITS),
        (N::Floating(from), N::Floating(to)) if from <= to => Cast::safe(),
        (N::Floating(_), N::Floating(_)) => Cast::lossy(DIGITS).or_fails(RANGE),
    }
}

/// Stops where nobody can say what becomes of the values of a column.
///
/// # Errors
/// The first such column, both types, and how to say it.
pub(in crate::dialect) fn refuse_guesses(
    dialect: &dyn Dialect,
    operations: &[Operation],
) -> Result<()> {
    let Some(guess) = casts(dialect, operations).find(|retyped| retyped.cast.is_none()) else {
        return Ok(());
    };
    let Pair { from, to } = &guess.columns;
    let (old, new) = (dialect.write_type(&from.ty), dialect.write_type(&to.ty));
    Err(Error::new(format!(
        "what `{guess}` holds as `{old}` can become `{new}` in more than one way, or in none"
    ))
    .with_hint(format!(
        "say how with `using = \"..\"` on the field, an SQL expression such as `{}`, and with \
         `using_down` how it comes back; or give the new column another name",
        example(dialect, &to.name, Pair::new(&from.ty, &to.ty))
    )))
}

/// An expression to begin with.
fn example(dialect: &dyn Dialect, column: &Name, types: Pair<&ColumnType>) -> String {
    let column = dialect.quote_name(column.as_str());
    match (kind(types.from), kind(types.to), dialect.name()) {
        (Kind::DateTime | Kind::TimestampTz | Kind::Date, Kind::Number, name) => match name {
            "postgres" => format!("extract(epoch from {column})"),
            "mysql" => format!("unix_timestamp({column})"),
            _ => format!("unixepoch({column})"),
        },
        (Kind::Number, Kind::DateTime | Kind::TimestampTz | Kind::Date, name) => match name {
            "postgres" => format!("to_timestamp({column})"),
            "mysql" => format!("from_unixtime({column})"),
            _ => format!("datetime({column}, 'unixepoch')"),
        },
        _ => format!("some_function({column})"),
    }
}

/// The words for true, as PostgreSQL knows them.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
pub(in crate::dialect) const TRUE_WORDS: &str = "'true', 't', 'yes', 'y', 'on', '1'";

/// The words for false.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
pub(in crate::dialect) const FALSE_WORDS: &str = "'false', 'f', 'no', 'n', 'off', '0'";

/// A value of text as one of truth, by these words; any other stays as it is.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
pub(in crate::dialect) fn truth_of_text(column: &str) -> String {
    format!(
        "CASE WHEN LOWER(TRIM({column})) IN ({TRUE_WORDS}) THEN 1 \
         WHEN LOWER(TRIM({column})) IN ({FALSE_WORDS}) THEN 0 ELSE {column} END"
    )
}

/// A value of truth as text.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
pub(in crate::dialect) fn text_of_truth(column: &str) -> String {
    format!("CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE {column} END")
}

/// The groups of a UUID, from its 32 digits, with what stands between them.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
pub(in crate::dialect) fn uuid_as_text(digits: &str, and: &str) -> String {
    let groups = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)];
    let groups = groups.map(|(from, length)| format!("substr({digits}, {from}, {length})"));
    groups.join(&format!("{and}'-'{and}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnType as T;

    fn of(from: &T, to: &T) -> Option<Cast> {
        verdict(Pair::new(kind(from), kind(to)), Pair::new(from, to))
    }

    #[test]
    fn numbers_that_fit_are_safe_and_others_are_told_apart() {
        let cast = |from: T, to: T| of(&from, &to).map(|c| (c.fails.is_some(), c.loses.is_some()));
        let (safe, fails, loses, both) = (
            Some((false, false)),
            Some((true, false)),
            Some((false, true)),
            Some((true, true)),
        );
        for (from, to, expected) in [
            (T::Integer, T::BigInteger, safe),
            (T::BigInteger, T::Integer, fails),
            (T::Integer, T::Unsigned, fails),
            (T::Unsigned, T::BigInteger, safe),
            (T::Integer, T::Double, safe),
            (T::BigInteger, T::Double, loses),
            (T::Integer, T::Float, loses),
            (T::Double, T::Integer, both),
            (T::Float, T::Double, safe),
            (T::Double, T::Float, both),
            (T::Integer, T::Decimal(None), safe),
            (T::Integer, T::Decimal(Some((10, None))), safe),
            (T::Integer, T::Decimal(Some((9, None))), fails),
            (T::Integer, T::Decimal(Some((11, Some(2)))), fails),
            (T::Integer, T::Decimal(Some((12, Some(2)))), safe),
            (T::BigInteger, T::Decimal(Some((19, None))), safe),
            (T::BigInteger, T::Decimal(Some((18, None))), fails),
            (
                T::Decimal(Some((8, Some(2)))),
                T::Decimal(Some((9, Some(2)))),
                safe,
            ),
            (
                T::Decimal(Some((8, Some(2)))),
                T::Decimal(Some((8, Some(3)))),
                fails,
            ),
            (
                T::Decimal(Some((8, Some(2)))),
                T::Decimal(Some((8, Some(1)))),
                loses,
            ),
            (T::Decimal(Some((8, Some(2)))), T::Double, loses),
            (T::Text, T::Integer, fails),
            (T::Integer, T::Text, safe),
            (T::Integer, T::Varchar(Some(3)), fails),
            (T::Varchar(Some(3)), T::Varchar(Some(2)), fails),
            (T::Text, T::Date, both),
            (T::DateTime(None), T::Date, loses),
            (T::DateTime(None), T::DateTime(Some(3)), loses),
            (T::DateTime(Some(3)), T::TimestampTz(None), safe),
            (T::DateTime(None), T::BigInteger, None),
            (T::BigInteger, T::TimestampTz(None), None),
            (T::Date, T::Time(None), None),
            (T::Enum("a".into()), T::Integer, None),
            (T::Uuid, T::Integer, None),
            (T::Json, T::Integer, None),
            (T::Json, T::Jsonb, safe),
            (T::Boolean, T::Uuid, None),
            (T::Custom("point".into()), T::Text, fails),
        ] {
            assert_eq!(
                cast(from.clone(), to.clone()),
                expected,
                "{from:?} to {to:?}"
            );
        }
    }
}
