//! Which types hold every value of which others.

use crate::schema::ColumnType;

/// Whether every value of one type is a value of the other, unchanged.
pub(super) fn widens(from: &ColumnType, to: &ColumnType) -> bool {
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
        (ColumnType::Decimal(Some((p, s))), ColumnType::Decimal(Some((q, t)))) => {
            let (s, t) = (i64::from(s.unwrap_or(0)), i64::from(t.unwrap_or(0)));
            s <= t && i64::from(*p) - s <= i64::from(*q) - t
        }
        // Any pair that is not listed is asked about, so a new type errs on
        // the side of a warning.
        (_, _) => false,
    }
}

/// How many bits the type has below zero and above it.
fn whole_number(ty: &ColumnType) -> Option<(u32, u32)> {
    match ty {
        ColumnType::TinyInteger => Some((7, 7)),
        ColumnType::SmallInteger => Some((15, 15)),
        ColumnType::Integer => Some((31, 31)),
        ColumnType::BigInteger => Some((63, 63)),
        ColumnType::TinyUnsigned => Some((0, 8)),
        ColumnType::SmallUnsigned => Some((0, 16)),
        ColumnType::Unsigned => Some((0, 32)),
        ColumnType::BigUnsigned => Some((0, 64)),
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
        | ColumnType::Array(_)
        | ColumnType::Custom(_) => None,
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
}
