//! What becomes of values under another type on MySQL and MariaDB.
//!
//! MODIFY converts by rules of its own: a date becomes the number 20240506, a
//! value of an ENUM its place in the list, and text that says `true` is an
//! error. What is not meant by a change of type is not in the table; what is
//! meant and not done is told here. It must not know any statement.

use crate::change::Pair;
use crate::dialect::cast::Cast;
use crate::dialect::cast::table::{self, Kind, text_of_truth, truth_of_text, uuid_as_text};
use crate::hazard::widens;
use crate::schema::{ColumnType, Name};

use super::MySql;
use super::name::quote;
use super::render::{first_word, type_of};
use super::types::Class;

/// What becomes of the values; `None` where nobody can say how.
pub(super) fn of(on: MySql, column: &Name, types: Pair<&ColumnType>) -> Option<Cast> {
    let kinds = Pair::new(kind(types.from), kind(types.to));
    let cast = table::verdict(Pair::new(kinds.from, kinds.to), types.clone())?;
    let own = |ty: &ColumnType| matches!(ty, ColumnType::Custom(_));
    let column = quote(column.as_str());
    Some(match (kinds.from, kinds.to) {
        (Kind::Text, Kind::Boolean) => cast.told(truth_of_text(&column)),
        (Kind::Boolean, Kind::Text) => cast.told(text_of_truth(&column)),
        // A truth is kept as a small number, and 7 would stay one.
        (Kind::Number, Kind::Boolean) if *types.from != ColumnType::Boolean => cast.told(format!(
            "CASE WHEN {column} IN (0, 1) THEN {column} ELSE 1000 END"
        )),
        // What is no UUID becomes too long for the column, which is an error.
        (Kind::Text, Kind::Uuid) => cast.told(format!(
            "CASE WHEN {column} REGEXP '^[0-9a-fA-F]{{8}}(-?[0-9a-fA-F]{{4}}){{3}}-?[0-9a-fA-F]{{12}}$' \
             THEN UNHEX(REPLACE({column}, '-', '')) ELSE CAST(RPAD({column}, 40, '?') AS BINARY) END"
        )),
        (Kind::Uuid, Kind::Text) => {
            let hex = uuid_as_text(&format!("HEX({column})"), ", ");
            cast.told(format!("LOWER(CONCAT({hex}))"))
        }
        // MariaDB refuses what MySQL rounds.
        (Kind::Text, Kind::Number) if !on.is_mariadb() => Cast {
            loses: Some("digits after the point".to_owned()),
            ..cast
        },
        // It begins in 1970 and ends, and has no hour that a clock left out.
        (Kind::Date | Kind::DateTime, Kind::TimestampTz) => {
            cast.or_fails("values that a TIMESTAMP cannot hold")
        }
        (Kind::Enum, Kind::Enum) if widens(types.from, types.to) => Cast::safe(),
        (Kind::Number | Kind::Text | Kind::Bytes, to)
            if kinds.from == to && (own(types.from) || own(types.to)) =>
        {
            sized(types)
        }
        _ => cast,
    })
}

/// [`crate::dialect::Dialect::keeps_conversions`]: MariaDB keeps constants as
/// values of the type that they are compared with, so `'0'` beside a number is
/// `0`, and still is where the number becomes text.
pub(super) fn keeps_conversions(types: Pair<&ColumnType>) -> bool {
    let reads = |ty| match kind(ty) {
        Kind::Enum => Kind::Text,
        Kind::Boolean => Kind::Number,
        other => other,
    };
    reads(types.from) != reads(types.to)
}

/// The kind of a type, those of the server's own as well.
fn kind(ty: &ColumnType) -> Kind {
    let ColumnType::Custom(spelling) = ty else {
        return table::kind(ty);
    };
    match Class::of(ty) {
        _ if matches!(first_word(spelling).as_str(), "enum" | "set") => Kind::Enum,
        Class::Integer | Class::Decimal(_) | Class::Float | Class::Double => Kind::Number,
        Class::Date => Kind::Date,
        Class::Time(_) => Kind::Time,
        Class::DateTime(_) => Kind::DateTime,
        Class::Text | Class::LongText => Kind::Text,
        Class::Binary(_) | Class::Blob => Kind::Bytes,
        Class::Json => Kind::Json,
        Class::Bit | Class::Geometry | Class::Other => Kind::Other,
    }
}

/// The same kind in another size.
fn sized(types: Pair<&ColumnType>) -> Cast {
    if type_of(types.from) == type_of(types.to) || widens(types.from, types.to) {
        return Cast::safe();
    }
    let digits = |ty: &ColumnType| match Class::of(ty) {
        Class::Integer => Some(0),
        Class::Decimal(scale) => Some(scale),
        _ => None,
    };
    let cast = Cast::checked("values that do not fit");
    match (digits(types.from), digits(types.to)) {
        (Some(from), Some(to)) if from <= to => cast,
        (None, None) => cast,
        _ => Cast {
            loses: Some("digits after the point".to_owned()),
            ..cast
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnType as T;

    #[test]
    fn what_modify_would_do_by_rules_of_its_own_is_not_done() {
        let own = |text: &str| T::Custom(text.to_owned());
        let cast = |from: T, to: T| of(MySql::MARIADB, &"c".into(), Pair::new(&from, &to));
        assert_eq!(cast(T::Date, T::Integer), None);
        assert_eq!(cast(own("enum('a','b')"), T::Integer), None);
        assert_eq!(cast(T::Integer, own("enum('a','b')")), None);
        assert_eq!(cast(T::Time(None), T::DateTime(None)), None);
        assert!(cast(T::Text, T::Boolean).is_some_and(|c| c.expression.is_some()));
        let lists = |from: &str, to: &str| cast(own(from), own(to)).map(|c| c.fails.is_some());
        assert_eq!(lists("enum('a')", "enum('a','b')"), Some(false));
        assert_eq!(lists("enum('a','b')", "enum('a')"), Some(true));
        let text = |from: T, to: T| cast(from, to).map(|c| c.fails.is_some());
        assert_eq!(text(T::Text, own("longtext")), Some(false));
        assert_eq!(text(own("longtext"), T::Text), Some(true));
        let text = T::Text;
        let on = |on: MySql| of(on, &"c".into(), Pair::new(&text, &T::Integer));
        assert!(on(MySql::MARIADB).is_some_and(|c| c.loses.is_none()));
        assert!(on(MySql::MYSQL).is_some_and(|c| c.loses.is_some()));
    }
}
