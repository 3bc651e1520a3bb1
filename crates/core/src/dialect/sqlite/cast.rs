//! What becomes of values under another type on SQLite.
//!
//! A column takes values of any kind, and none is changed but by the affinity of
//! its new type, which keeps what is no number. What has another spelling under
//! the new type is spelled anew here; a value that is not what the old type says
//! stays as it is, for `misfit` to find. It must not know any statement.

use crate::change::Pair;
use crate::dialect::cast::Cast;
use crate::dialect::cast::table::{self, Kind, kind, text_of_truth, truth_of_text, uuid_as_text};
use crate::hazard::whole_number;
use crate::schema::{ColumnType, Name};

use super::misfit;
use super::render::quote;

/// What becomes of the values; `None` where nobody can say how.
pub(super) fn of(column: &Name, types: Pair<&ColumnType>) -> Option<Cast> {
    let column = quote(column.as_str());
    let cast = of_value(&column, types.clone())?;
    // What has no rule here always fits, but for bytes: which of them are text,
    // or a UUID, nobody can tell, and nothing stops them.
    let stops = misfit::of(&column, types.from, types.to).is_some();
    let unknown = kind(types.from) == Kind::Bytes || kind(types.to) == Kind::Uuid;
    Some(Cast {
        fails: cast.fails.filter(|_| stops || unknown),
        ..cast
    })
}

/// The expression that makes the new value of an old one, where it is another.
pub(super) fn expression(value: &str, types: Pair<&ColumnType>) -> Option<String> {
    of_value(value, types)?.expression
}

fn of_value(column: &str, types: Pair<&ColumnType>) -> Option<Cast> {
    let kinds = Pair::new(kind(types.from), kind(types.to));
    let cast = table::verdict(Pair::new(kinds.from, kinds.to), types.clone())?;
    let only_text = |value: &str| {
        format!(
            "CASE WHEN typeof({column}) = 'text' THEN coalesce({value}, {column}) ELSE {column} END"
        )
    };
    Some(match (kinds.from, kinds.to) {
        (Kind::Number, Kind::Number) if rounds(types.clone()) => cast.told(format!(
            "CASE WHEN typeof({column}) = 'real' AND abs({column}) < {WHOLE} \
             THEN CAST(round({column}) AS INTEGER) ELSE {column} END"
        )),
        // A day is taken as it is written, and nothing else is.
        (Kind::Text, Kind::Date | Kind::Time) => Cast {
            loses: None,
            respells: false,
            ..cast
        },
        (Kind::Text, Kind::Boolean) => cast.told(truth_of_text(column)),
        (Kind::Boolean, Kind::Text) => cast.told(text_of_truth(column)),
        (Kind::Text, Kind::Uuid) => cast.told(format!(
            "CASE WHEN length(replace({column}, '-', '')) = 32 \
             THEN coalesce(unhex(replace({column}, '-', '')), {column}) ELSE {column} END"
        )),
        (Kind::Uuid, Kind::Text) => {
            let hex = uuid_as_text(&format!("hex({column})"), " || ");
            cast.told(format!(
                "CASE WHEN typeof({column}) = 'blob' AND length({column}) = 16 \
                 THEN lower({hex}) ELSE {column} END"
            ))
        }
        (Kind::Text, Kind::Bytes) => cast.told(format!("CAST({column} AS BLOB)")),
        // A field of that type is kept as bytes.
        (Kind::Bytes, Kind::Text) => {
            let hex = uuid_as_text(&format!("hex({column})"), " || ");
            let uuid = is_uuid(column);
            cast.told(format!(
                "CASE WHEN {uuid} THEN lower({hex}) ELSE CAST({column} AS TEXT) END"
            ))
        }
        (Kind::Text | Kind::Date, Kind::DateTime | Kind::TimestampTz) => cast.told(format!(
            "CASE WHEN {column} GLOB '????-??-??' THEN {column} || ' 00:00:00' ELSE {column} END"
        )),
        (Kind::DateTime | Kind::TimestampTz, Kind::Date) => {
            cast.told(only_text(&format!("date({column})")))
        }
        (Kind::DateTime | Kind::TimestampTz, Kind::Time) => {
            cast.told(only_text(&format!("time({column})")))
        }
        // No column has an end, or a number of digits.
        (from, to) if from == to && cast.loses.is_some() => Cast::safe(),
        (Kind::DateTime, Kind::TimestampTz) | (Kind::TimestampTz, Kind::DateTime) => Cast::safe(),
        _ => cast,
    })
}

/// Whether bytes are a UUID of a version that there is. Text of 16 bytes is
/// none: its ninth would be the end of a letter.
pub(super) fn is_uuid(value: &str) -> String {
    let digit = |at: u32| format!("substr(hex({value}), {at}, 1)");
    format!(
        "typeof({value}) = 'blob' AND length({value}) = 16 AND {} BETWEEN '1' AND '8' \
         AND {} IN ('8', '9', 'A', 'B')",
        digit(13),
        digit(17)
    )
}

/// The smallest number that has no place in 64 bits.
pub(super) const WHOLE: &str = "9223372036854775807.0";

/// Whether digits after the point have no place any more.
pub(super) fn rounds(types: Pair<&ColumnType>) -> bool {
    let floating = |ty: &ColumnType| matches!(ty, ColumnType::Float | ColumnType::Double);
    floating(types.from) && whole_number(types.to).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnType as T;

    #[test]
    fn only_what_is_spelled_in_another_way_is_told() {
        let cast = |from: T, to: T| of(&"c".into(), Pair::new(&from, &to));
        let told = |from: T, to: T| cast(from, to).and_then(|c| c.expression);
        assert_eq!(told(T::Text, T::Integer), None);
        assert_eq!(told(T::Integer, T::Text), None);
        assert_eq!(told(T::Text, T::Date), None);
        assert_eq!(
            told(T::Text, T::Blob).as_deref(),
            Some("CAST(\"c\" AS BLOB)")
        );
        assert!(told(T::Boolean, T::Text).is_some());
        assert!(told(T::Text, T::Boolean).is_some());
        assert_eq!(cast(T::DateTime(None), T::BigInteger), None);
        let date = cast(T::DateTime(None), T::Date);
        assert!(date.is_some_and(|c| c.loses.is_some()));
        let whole = cast(T::Double, T::Integer);
        assert!(whole.is_some_and(|c| c.loses.is_some() && c.fails.is_some()));
    }
}
