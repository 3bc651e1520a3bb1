//! What the values of the models are made with.

use serde::{Deserialize, Serialize};

/// What is stored as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Whatever {
    pub(crate) name: String,
    pub(crate) many: Vec<i64>,
}

/// One of the values, another one in every row.
pub(crate) fn nth<T, const N: usize>(id: i32, values: [T; N]) -> T
where
    T: Clone,
{
    let at = usize::try_from(id).unwrap_or_default() % N;
    values[at].clone()
}

/// The value, or none.
pub(crate) fn every_other<T>(id: i32, value: T) -> Option<T> {
    (id % 2 == 0).then_some(value)
}

/// A day that there is.
pub(crate) fn day(year: i32, month: u32, day: u32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// A time of the day.
pub(crate) fn clock(hour: u32, minute: u32, second: u32, micro: u32) -> chrono::NaiveTime {
    chrono::NaiveTime::from_hms_micro_opt(hour, minute, second, micro).unwrap_or_default()
}

/// A day by its number in the year.
pub(crate) fn date(year: i32, ordinal: u16) -> time::Date {
    time::Date::from_ordinal_date(year, ordinal).unwrap_or(time::Date::MAX)
}

/// A time of the day.
pub(crate) fn at(hour: u8, minute: u8, second: u8, micro: u32) -> time::Time {
    time::Time::from_hms_micro(hour, minute, second, micro).unwrap_or(time::Time::MIDNIGHT)
}

/// A decimal number.
pub(crate) fn decimal(text: &str) -> rust_decimal::Decimal {
    text.parse().unwrap_or_default()
}

/// A decimal number of any length.
pub(crate) fn big(text: &str) -> bigdecimal::BigDecimal {
    text.parse().unwrap_or_default()
}

/// A network.
pub(crate) fn network(text: &str) -> ipnetwork::IpNetwork {
    text.parse()
        .unwrap_or_else(|_| std::net::IpAddr::from([0, 0, 0, 0]).into())
}
