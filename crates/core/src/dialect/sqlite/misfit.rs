//! Which values do not become values of another type.
//!
//! SQLite takes any value into any column and converts what it can: text that
//! is a number becomes one in a column of numbers, all else stays what it is.
//! A program that expects the type cannot read what stayed. What is asked here
//! is asked of the values before they are copied, by SQLite's own conversion:
//! a comparison with a number reads text as a column of numbers would. It must
//! not know any statement.

use crate::change::Pair;
use crate::dialect::cast::table::{FALSE_WORDS, Kind, TRUE_WORDS, kind};
use crate::dialect::types::{Affinity, sqlite_affinity, sqlite_write};
use crate::hazard::whole_number;
use crate::schema::ColumnType;

use super::cast;

/// Whether a value that is not NULL becomes none of the new type, as an
/// expression; `None` where any value is one, or nobody can tell.
pub(super) fn of(v: &str, from: &ColumnType, to: &ColumnType) -> Option<String> {
    let text = kind(from) == Kind::Text;
    match to {
        ColumnType::Boolean if text => Some(format!(
            "lower(trim({v})) NOT IN ({TRUE_WORDS}, {FALSE_WORDS})"
        )),
        ColumnType::Boolean => Some(no_whole(v, 0, 1)),
        to if cast::rounds(Pair::new(from, to)) => {
            let (integer, real) = match range(to) {
                Some((low, high)) => (
                    format!("{v} NOT BETWEEN {low} AND {high}"),
                    format!("round({v}) NOT BETWEEN {low} AND {high}"),
                ),
                None => ("0".to_owned(), format!("abs({v}) >= {}", cast::WHOLE)),
            };
            Some(format!(
                "CASE typeof({v}) WHEN 'integer' THEN {integer} WHEN 'real' THEN {real} ELSE 1 END"
            ))
        }
        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_) => Some(no_number(v)),
        ColumnType::Char(Some(n)) | ColumnType::Varchar(Some(n)) => {
            let expression = cast::expression(v, Pair::new(from, to));
            let new = expression.as_deref().unwrap_or(v);
            let long = format!("typeof({new}) = 'blob' OR length(CAST({new} AS TEXT)) > {n}");
            Some(match kind(from) {
                Kind::Bytes => format!("({}) OR {long}", no_text(v)),
                _ => long,
            })
        }
        ColumnType::Text | ColumnType::Char(None) | ColumnType::Varchar(None)
            if kind(from) != Kind::Bytes =>
        {
            Some(format!("typeof({v}) = 'blob'"))
        }
        ColumnType::Text | ColumnType::Char(None) | ColumnType::Varchar(None) => Some(no_text(v)),
        ColumnType::Date if text => Some(no_date(v)),
        ColumnType::Time(_) if text => Some(no_time(v)),
        ColumnType::DateTime(_) | ColumnType::TimestampTz(_) if text => Some(no_datetime(v)),
        ColumnType::Date => Some(no_moment(v, "date")),
        ColumnType::Time(_) => Some(no_moment(v, "time")),
        ColumnType::DateTime(_) | ColumnType::TimestampTz(_) => Some(no_moment(v, "datetime")),
        ColumnType::Json | ColumnType::Jsonb => Some(format!("NOT json_valid({v})")),
        to => match (whole_number(to), to) {
            (Some((low, high)), to) if *to != ColumnType::Integer => {
                let (low, high) = bounds(low, high);
                Some(no_whole(v, low, high))
            }
            (Some(_), _) => Some(no_integer(v)),
            (None, ColumnType::Custom(_)) => of_affinity(v, to),
            (None, _) => None,
        },
    }
}

/// The least and the greatest whole number of so many bits.
fn bounds(low: u32, high: u32) -> (i128, i128) {
    let low = if low == 0 { 0 } else { -(1_i128 << low) };
    (low, (1_i128 << high) - 1)
}

/// The numbers that a type of whole ones has; `None` where it has all of 64
/// bits. `INTEGER` is one of them on SQLite.
fn range(ty: &ColumnType) -> Option<(i128, i128)> {
    let (low, high) = whole_number(ty).filter(|(low, high)| low.max(high) < &63)?;
    (*ty != ColumnType::Integer).then(|| bounds(low, high))
}

/// Whether a value that fits keeps less of itself; `None` where nobody can tell.
pub(super) fn loss(v: &str, from: &ColumnType, to: &ColumnType) -> Option<String> {
    let floating = matches!(to, ColumnType::Float | ColumnType::Double);
    match (kind(from), kind(to)) {
        (Kind::Number, Kind::Number) if floating => {
            Some(format!("CAST(CAST({v} AS REAL) AS INTEGER) <> {v}"))
        }
        (Kind::Number, Kind::Number) => Some(format!("round({v}) <> {v}")),
        (Kind::DateTime | Kind::TimestampTz, Kind::Date) => {
            Some(format!("strftime('%H:%M:%f', {v}) <> '00:00:00.000'"))
        }
        (Kind::DateTime | Kind::TimestampTz, Kind::Time) => Some("1".to_owned()),
        _ => None,
    }
}

/// A type that only its words tell of.
fn of_affinity(v: &str, to: &ColumnType) -> Option<String> {
    let spelling = sqlite_write(to);
    match sqlite_affinity(to) {
        Affinity::Numeric
            if ["DECIMAL", "NUMERIC"]
                .iter()
                .any(|w| spelling.starts_with(w)) =>
        {
            Some(no_number(v))
        }
        // Who says so reads it as a number of 16 bits.
        Affinity::Integer if ["SMALLINT", "INT2"].contains(&spelling.as_str()) => {
            let (low, high) = bounds(15, 15);
            Some(no_whole(v, low, high))
        }
        Affinity::Integer => Some(no_integer(v)),
        Affinity::Real => Some(no_number(v)),
        Affinity::Text | Affinity::Numeric | Affinity::Blob => None,
    }
}

/// Whether a value is no number, nor the text of one.
pub(super) fn no_number(v: &str) -> String {
    format!("(coalesce({v} = CAST({v} AS NUMERIC), 0) = 0)")
}

/// Whether a value is no whole number of 64 bits, nor the text of one.
pub(super) fn no_integer(v: &str) -> String {
    let n = format!("CAST({v} AS NUMERIC)");
    format!("(CASE WHEN {v} = {n} THEN {n} <> CAST({n} AS INTEGER) ELSE 1 END)")
}

/// Whether a value is no whole number of that range, nor the text of one.
fn no_whole(v: &str, low: i128, high: i128) -> String {
    let n = format!("CAST({v} AS NUMERIC)");
    format!(
        "(CASE WHEN {v} = {n} THEN {n} <> CAST({n} AS INTEGER) OR {n} NOT BETWEEN {low} AND {high} \
         ELSE 1 END)"
    )
}

/// Whether a value is neither a number, nor the text of one (which the column
/// makes a number), nor a text that SQLite reads as a point in time.
fn no_moment(v: &str, read: &str) -> String {
    let number = no_number(v);
    format!("typeof({v}) = 'blob' OR (typeof({v}) = 'text' AND {read}({v}) IS NULL AND {number})")
}

/// Whether bytes are neither a UUID nor text: there is a byte in them that no
/// text has.
fn no_text(v: &str) -> String {
    let none = [0x00, 0xc0, 0xc1].into_iter().chain(0xf5..=0xff_u8);
    let none = none.map(|byte| format!("instr({v}, x'{byte:02x}')"));
    let none: Vec<String> = none.collect();
    let uuid = cast::is_uuid(v);
    format!(
        "typeof({v}) = 'blob' AND NOT ({uuid}) AND ({})",
        none.join(" OR ")
    )
}

const DAY: &str = "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";

/// Whether a value is no text of a day. SQLite would count a 30th of February
/// on into March, and read a time as one of the year 2000.
fn no_date(v: &str) -> String {
    format!("typeof({v}) <> 'text' OR {v} NOT GLOB {DAY}' OR date({v}) IS NOT {v}")
}

fn no_time(v: &str) -> String {
    format!("typeof({v}) <> 'text' OR {v} NOT GLOB '[0-9][0-9]:*' OR time({v}) IS NULL")
}

/// A day alone is its midnight.
fn no_datetime(v: &str) -> String {
    let day = format!("substr({v}, 1, 10)");
    format!(
        "typeof({v}) <> 'text' OR ({v} NOT GLOB {DAY}' AND {v} NOT GLOB {DAY}[ T][0-9][0-9]:*') \
         OR datetime({v}) IS NULL OR date({day}) IS NOT {day}"
    )
}
