//! Which types hold every value of which others.

use crate::schema::ColumnType;

/// Whether every value of one type is a value of the other, unchanged.
pub(crate) fn widens(from: &ColumnType, to: &ColumnType) -> bool {
    if from == to {
        return true;
    }
    match (whole_number(from), whole_number(to)) {
        (Some((low, high)), Some((to_low, to_high))) => return low <= to_low && high <= to_high,
        (Some((low, high)), None) => return number_holds(to, low.max(high)),
        (None, _) => {}
    }
    match (from, to) {
        (ColumnType::Float, ColumnType::Double)
        | (
            ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Enum(_),
            ColumnType::Text | ColumnType::Varchar(None),
        )
        | (ColumnType::Text, ColumnType::Varchar(None))
        | (ColumnType::Decimal(_), ColumnType::Decimal(None))
        | (ColumnType::Binary(_) | ColumnType::Varbinary(_), ColumnType::Blob) => true,
        (
            ColumnType::Char(Some(n)) | ColumnType::Varchar(Some(n)),
            ColumnType::Varchar(Some(m)),
        )
        | (ColumnType::Binary(n) | ColumnType::Varbinary(n), ColumnType::Varbinary(m))
        | (ColumnType::Time(Some(n)), ColumnType::Time(Some(m)))
        | (ColumnType::DateTime(Some(n)), ColumnType::DateTime(Some(m)))
        | (ColumnType::TimestampTz(Some(n)), ColumnType::TimestampTz(Some(m))) => n <= m,
        (ColumnType::Decimal(Some(from)), ColumnType::Decimal(Some(to))) => {
            let digits =
                |(all, after): (u32, Option<i32>)| (i64::from(all), i64::from(after.unwrap_or(0)));
            more_digits(digits(*from), digits(*to))
        }
        (ColumnType::Custom(from), ColumnType::Custom(to)) => {
            lists_all(from, to)
                || is_larger_text(from, to)
                || matches!(
                    (unsigned_digits(from), unsigned_digits(to)),
                    (Some(from), Some(to)) if more_digits(from, to)
                )
        }
        (ColumnType::Custom(from), ColumnType::Text | ColumnType::Varchar(None)) => {
            values(from).is_some()
        }
        (
            ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Enum(_) | ColumnType::Text,
            ColumnType::Custom(to),
        ) => {
            matches!(to.as_str(), "mediumtext" | "longtext")
        }
        (
            ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob,
            ColumnType::Custom(to),
        ) => {
            matches!(to.as_str(), "mediumblob" | "longblob")
        }
        (ColumnType::Custom(from), ColumnType::Decimal(Some((all, after)))) => {
            let to = (i64::from(*all), i64::from(after.unwrap_or(0)));
            unsigned_digits(from).is_some_and(|from| more_digits(from, to))
        }
        // Any pair that is not listed is asked about, so a new type errs on
        // the side of a warning.
        (_, _) => false,
    }
}

/// Whether a decimal has no fewer digits than another on either side of the
/// point; both are told as all digits and those after it.
fn more_digits(from: (i64, i64), to: (i64, i64)) -> bool {
    from.1 <= to.1 && from.0 - from.1 <= to.0 - to.1
}

/// Whether one of the sized texts or blobs of MySQL is smaller than another.
fn is_larger_text(from: &str, to: &str) -> bool {
    let sizes = [
        ["tinytext", "mediumtext", "longtext"],
        ["tinyblob", "mediumblob", "longblob"],
    ];
    sizes.iter().any(|list| {
        let at = |ty: &str| list.iter().position(|one| *one == ty);
        matches!((at(from), at(to)), (Some(from), Some(to)) if from <= to)
    })
}

/// The digits of `decimal(10,2) unsigned`.
fn unsigned_digits(spelling: &str) -> Option<(i64, i64)> {
    let list = spelling.strip_prefix("decimal(")?;
    let (all, after) = list.strip_suffix(") unsigned")?.split_once(',')?;
    Some((all.parse().ok()?, after.parse().ok()?))
}

/// Whether one `enum('a','b')` or `set('a','b')` has all the values of another.
fn lists_all(from: &str, to: &str) -> bool {
    match (values(from), values(to)) {
        (Some((from_word, from)), Some((to_word, to))) => {
            from_word == to_word && from.iter().all(|value| to.contains(value))
        }
        _ => false,
    }
}

/// The word of a type that lists its values, and these as they are written.
fn values(spelling: &str) -> Option<(&str, Vec<&str>)> {
    let (word, rest) = spelling.split_once('(')?;
    let list = rest.strip_suffix(')')?;
    if !matches!(word, "enum" | "set") {
        return None;
    }
    let mut values = Vec::new();
    let mut inside = false;
    let mut escaped = false;
    let mut start = 0;
    for (at, c) in list.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            // A quote that is doubled closes and opens again at once.
            '\'' => inside = !inside,
            ',' if !inside => {
                values.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    values.push(&list[start..]);
    (!inside).then_some((word, values))
}

/// How many bits the type has below zero and above it.
pub(crate) fn whole_number(ty: &ColumnType) -> Option<(u32, u32)> {
    match ty {
        ColumnType::TinyInteger => Some((7, 7)),
        ColumnType::SmallInteger => Some((15, 15)),
        ColumnType::Integer => Some((31, 31)),
        ColumnType::BigInteger => Some((63, 63)),
        ColumnType::TinyUnsigned => Some((0, 8)),
        ColumnType::SmallUnsigned => Some((0, 16)),
        ColumnType::Unsigned => Some((0, 32)),
        ColumnType::BigUnsigned => Some((0, 64)),
        ColumnType::Custom(text) => match text.as_str() {
            "mediumint" => Some((23, 23)),
            "mediumint unsigned" => Some((0, 24)),
            _ => None,
        },
        ColumnType::Float
        | ColumnType::Double
        | ColumnType::Decimal(_)
        | ColumnType::Boolean
        | ColumnType::Char(_)
        | ColumnType::Varchar(_)
        | ColumnType::Text
        | ColumnType::Blob
        | ColumnType::Binary(_)
        | ColumnType::Varbinary(_)
        | ColumnType::Date
        | ColumnType::Time(_)
        | ColumnType::DateTime(_)
        | ColumnType::TimestampTz(_)
        | ColumnType::Interval
        | ColumnType::Uuid
        | ColumnType::Json
        | ColumnType::Jsonb
        | ColumnType::Inet
        | ColumnType::Enum(_)
        | ColumnType::Array(_) => None,
    }
}

/// Whether a type that is no whole number holds every one of so many bits.
fn number_holds(ty: &ColumnType, bits: u32) -> bool {
    match ty {
        ColumnType::Double => bits <= 53,
        ColumnType::Float => bits <= 24,
        ty => matches!(
            ty,
            ColumnType::Text | ColumnType::Varchar(None) | ColumnType::Decimal(None)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_widen_are_no_hazard() {
        use ColumnType as T;
        assert!(widens(&T::Integer, &T::BigInteger));
        assert!(!widens(&T::BigInteger, &T::Integer));
        assert!(!widens(&T::Integer, &T::Unsigned));
        assert!(widens(&T::Unsigned, &T::BigInteger));
        assert!(!widens(&T::BigInteger, &T::Double));
        assert!(widens(&T::Varchar(Some(10)), &T::Varchar(Some(20))));
        assert!(!widens(&T::Text, &T::Varchar(Some(20))));
        assert!(widens(
            &T::Decimal(Some((10, Some(2)))),
            &T::Decimal(Some((12, Some(4))))
        ));
        assert!(!widens(
            &T::Decimal(Some((10, Some(2)))),
            &T::Decimal(Some((11, Some(4))))
        ));
    }

    #[test]
    fn a_list_of_values_that_grows_is_no_hazard() {
        let list = |text: &str| ColumnType::Custom(text.to_owned());
        let old = list("enum('a','it''s, b')");
        assert!(widens(&old, &list("enum('it''s, b','new','a')")));
        assert!(!widens(&old, &list("enum('a','b')")));
        assert!(!widens(&old, &list("set('a','it''s, b')")));
        assert!(widens(&old, &ColumnType::Text));
        assert!(!widens(&list("point"), &ColumnType::Text));
        assert!(!widens(&list("enum('x')"), &list("enum('x,','y')")));
        let price = list("decimal(8,2) unsigned");
        assert!(widens(&price, &list("decimal(10,2) unsigned")));
        assert!(!widens(&price, &list("decimal(8,3) unsigned")));
    }
}
