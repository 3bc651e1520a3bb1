//! A model with every Rust type that sqlx writes to MySQL, and its values.
//!
//! The same text is compiled here and read by the scanner.

use aludel::Model;

use super::edges::*;

/// An enum of the database.
#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
#[sqlx(type_name = "mood", rename_all = "snake_case")]
pub(crate) enum Mood {
    Happy,
    VerySad,
}

/// An enum that is a number.
#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
#[repr(i32)]
pub(crate) enum Level {
    Low = -1,
    High = 7,
}

/// A newtype.
#[derive(Debug, Clone, PartialEq, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct Name(pub(crate) String);

/// Columns of their own in the table of another struct.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct Place {
    pub(crate) x: i64,
    #[sqlx(rename = "type")]
    pub(crate) y: String,
}

/// Every type.
#[derive(Debug, Clone, PartialEq, Model, sqlx::FromRow)]
#[table(name = "every")]
pub(crate) struct Every {
    #[column(primary_key)]
    pub(crate) id: i32,
    pub(crate) v_bool: bool,
    pub(crate) v_i8: i8,
    pub(crate) v_i16: i16,
    pub(crate) v_i32: i32,
    pub(crate) v_i64: i64,
    pub(crate) v_u8: u8,
    pub(crate) v_u16: u16,
    pub(crate) v_u32: u32,
    pub(crate) v_u64: u64,
    pub(crate) v_non_zero: std::num::NonZeroI64,
    pub(crate) v_f32: f32,
    pub(crate) v_f64: f64,
    pub(crate) v_string: String,
    pub(crate) v_cow: std::borrow::Cow<'static, str>,
    pub(crate) v_box: Box<i64>,
    pub(crate) v_bytes: Vec<u8>,
    pub(crate) v_uuid: uuid::Uuid,
    pub(crate) v_hyphenated: uuid::fmt::Hyphenated,
    pub(crate) v_simple: uuid::fmt::Simple,
    pub(crate) v_value: serde_json::Value,
    pub(crate) v_json: sqlx::types::Json<Whatever>,
    pub(crate) v_decimal: rust_decimal::Decimal,
    pub(crate) v_big_decimal: bigdecimal::BigDecimal,
    pub(crate) v_naive_date: chrono::NaiveDate,
    pub(crate) v_naive_time: chrono::NaiveTime,
    pub(crate) v_naive_date_time: chrono::NaiveDateTime,
    pub(crate) v_utc: chrono::DateTime<chrono::Utc>,
    pub(crate) v_date: time::Date,
    pub(crate) v_time: time::Time,
    pub(crate) v_primitive: time::PrimitiveDateTime,
    pub(crate) v_offset: time::OffsetDateTime,
    pub(crate) v_ip_addr: std::net::IpAddr,
    pub(crate) v_mood: Option<Mood>,
    pub(crate) v_level: Level,
    pub(crate) v_name: Name,
    pub(crate) v_text: sqlx::types::Text<std::net::Ipv4Addr>,
    #[sqlx(flatten)]
    pub(crate) place: Place,
    #[sqlx(skip)]
    pub(crate) cached: bool,
}

/// Every type, each of which may be missing.
#[derive(Debug, Clone, PartialEq, Model, sqlx::FromRow)]
#[table(name = "maybe")]
pub(crate) struct Maybe {
    #[column(primary_key)]
    pub(crate) id: i32,
    pub(crate) v_bool: Option<bool>,
    pub(crate) v_i8: Option<i8>,
    pub(crate) v_i16: Option<i16>,
    pub(crate) v_i32: Option<i32>,
    pub(crate) v_i64: Option<i64>,
    pub(crate) v_u8: Option<u8>,
    pub(crate) v_u16: Option<u16>,
    pub(crate) v_u32: Option<u32>,
    pub(crate) v_u64: Option<u64>,
    pub(crate) v_non_zero: Option<std::num::NonZeroI64>,
    pub(crate) v_f32: Option<f32>,
    pub(crate) v_f64: Option<f64>,
    pub(crate) v_string: Option<String>,
    pub(crate) v_cow: Option<std::borrow::Cow<'static, str>>,
    pub(crate) v_box: Option<Box<i64>>,
    pub(crate) v_bytes: Option<Vec<u8>>,
    pub(crate) v_uuid: Option<uuid::Uuid>,
    pub(crate) v_hyphenated: Option<uuid::fmt::Hyphenated>,
    pub(crate) v_simple: Option<uuid::fmt::Simple>,
    pub(crate) v_value: Option<serde_json::Value>,
    pub(crate) v_json: Option<sqlx::types::Json<Whatever>>,
    pub(crate) v_decimal: Option<rust_decimal::Decimal>,
    pub(crate) v_big_decimal: Option<bigdecimal::BigDecimal>,
    pub(crate) v_naive_date: Option<chrono::NaiveDate>,
    pub(crate) v_naive_time: Option<chrono::NaiveTime>,
    pub(crate) v_naive_date_time: Option<chrono::NaiveDateTime>,
    pub(crate) v_utc: Option<chrono::DateTime<chrono::Utc>>,
    pub(crate) v_date: Option<time::Date>,
    pub(crate) v_time: Option<time::Time>,
    pub(crate) v_primitive: Option<time::PrimitiveDateTime>,
    pub(crate) v_offset: Option<time::OffsetDateTime>,
    pub(crate) v_ip_addr: Option<std::net::IpAddr>,
    pub(crate) v_mood: Option<Mood>,
    pub(crate) v_level: Option<Level>,
    pub(crate) v_name: Option<Name>,
    pub(crate) v_text: Option<sqlx::types::Text<std::net::Ipv4Addr>>,
}

/// A row of values.
pub(crate) fn every(id: i32) -> Every {
    Every {
        id,
        v_bool: nth(id, [true, false]),
        v_i8: nth(id, [i8::MIN, i8::MAX, 0, 7]),
        v_i16: nth(id, [i16::MIN, i16::MAX, 0, 7]),
        v_i32: nth(id, [i32::MIN, i32::MAX, 0, 7]),
        v_i64: nth(id, [i64::MIN, i64::MAX, 0, 7]),
        v_u8: nth(id, [u8::MIN, u8::MAX, 0, 7]),
        v_u16: nth(id, [u16::MIN, u16::MAX, 0, 7]),
        v_u32: nth(id, [u32::MIN, u32::MAX, 0, 7]),
        v_u64: nth(id, [u64::MIN, u64::MAX, 0, 7]),
        v_non_zero: nth(id, [std::num::NonZeroI64::MIN, std::num::NonZeroI64::MAX]),
        v_f32: nth(id, [0.1, f32::MAX, f32::MIN, f32::MIN_POSITIVE, -1.5e-7]),
        v_f64: nth(id, [0.1, f64::MAX, f64::MIN, f64::MIN_POSITIVE, -1.5e-7]),
        v_string: nth(
            id,
            [
                "Grüße, 世界 🦀".to_owned(),
                String::new(),
                "  it's \"quoted\" `so` \\ \n\t%_ ".to_owned(),
                "a\0b".to_owned(),
            ],
        ),
        v_cow: nth(id, ["é".into(), "".into()]),
        v_box: nth(id, [Box::new(i64::MIN)]),
        v_bytes: nth(
            id,
            [vec![0, 1, 0, 255, 39, 92], Vec::new(), (0..=255).collect()],
        ),
        v_uuid: nth(
            id,
            [
                uuid::Uuid::nil(),
                uuid::Uuid::max(),
                uuid::Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
            ],
        ),
        v_hyphenated: nth(
            id,
            [
                uuid::Uuid::nil().hyphenated(),
                uuid::Uuid::max().hyphenated(),
                uuid::Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef).hyphenated(),
            ],
        ),
        v_simple: nth(
            id,
            [
                uuid::Uuid::nil().simple(),
                uuid::Uuid::max().simple(),
                uuid::Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef).simple(),
            ],
        ),
        v_value: nth(
            id,
            [
                serde_json::json!({"a": [1, -2.5, null, true], "é": "\"\\\n🦀"}),
                serde_json::json!([]),
                serde_json::json!("text"),
                serde_json::json!(9007199254740993_i64),
            ],
        ),
        v_json: nth(
            id,
            [
                sqlx::types::Json(Whatever {
                    name: "ü'".to_owned(),
                    many: vec![i64::MIN, i64::MAX],
                }),
                sqlx::types::Json(Whatever {
                    name: String::new(),
                    many: Vec::new(),
                }),
            ],
        ),
        v_decimal: nth(
            id,
            [
                decimal("0.0000000000000000000000000001"),
                rust_decimal::Decimal::MAX,
                rust_decimal::Decimal::MIN,
                decimal("-1.50"),
                rust_decimal::Decimal::ZERO,
            ],
        ),
        v_big_decimal: nth(
            id,
            [
                big("123456789012345678901234567890.123456789"),
                big("-0.00001"),
                big("0"),
            ],
        ),
        v_naive_date: nth(id, [day(1000, 1, 1), day(9999, 12, 31), day(2024, 2, 29)]),
        v_naive_time: nth(
            id,
            [
                clock(0, 0, 0, 0),
                clock(23, 59, 59, 999_999),
                clock(12, 30, 0, 1),
            ],
        ),
        v_naive_date_time: nth(
            id,
            [
                day(1000, 1, 1).and_time(clock(0, 0, 0, 0)),
                day(9999, 12, 31).and_time(clock(23, 59, 59, 999_999)),
                day(1969, 7, 20).and_time(clock(20, 17, 40, 123_456)),
            ],
        ),
        v_utc: nth(
            id,
            [
                day(1970, 1, 1).and_time(clock(0, 0, 1, 0)).and_utc(),
                day(2038, 1, 19)
                    .and_time(clock(3, 14, 7, 999_999))
                    .and_utc(),
                day(2024, 2, 29).and_time(clock(1, 2, 3, 4)).and_utc(),
            ],
        ),
        v_date: nth(id, [date(1000, 1), date(9999, 365), date(2024, 60)]),
        v_time: nth(
            id,
            [
                time::Time::MIDNIGHT,
                at(23, 59, 59, 999_999),
                at(12, 30, 0, 1),
            ],
        ),
        v_primitive: nth(
            id,
            [
                date(1000, 1).midnight(),
                date(9999, 365).with_time(at(23, 59, 59, 999_999)),
                date(1969, 201).with_time(at(20, 17, 40, 123_456)),
            ],
        ),
        v_offset: nth(
            id,
            [
                date(1970, 1).with_time(at(0, 0, 1, 0)).assume_utc(),
                date(2038, 19).with_time(at(3, 14, 7, 999_999)).assume_utc(),
                date(2024, 60).with_time(at(1, 2, 3, 4)).assume_utc(),
            ],
        ),
        v_ip_addr: nth(
            id,
            [
                std::net::IpAddr::from([127, 0, 0, 1]),
                std::net::IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0xff00, 0x42, 0x8329]),
            ],
        ),
        v_mood: nth(id, [Some(Mood::Happy), Some(Mood::VerySad)]),
        v_level: nth(id, [Level::Low, Level::High]),
        v_name: nth(id, [Name("é".to_owned()), Name(String::new())]),
        v_text: nth(id, [sqlx::types::Text(std::net::Ipv4Addr::BROADCAST)]),
        place: Place {
            x: i64::from(id),
            y: "y".to_owned(),
        },
        cached: false,
    }
}

/// The same values; in every other row they are missing.
pub(crate) fn maybe(id: i32) -> Maybe {
    let row = every(id / 2);
    Maybe {
        id,
        v_bool: every_other(id, row.v_bool),
        v_i8: every_other(id, row.v_i8),
        v_i16: every_other(id, row.v_i16),
        v_i32: every_other(id, row.v_i32),
        v_i64: every_other(id, row.v_i64),
        v_u8: every_other(id, row.v_u8),
        v_u16: every_other(id, row.v_u16),
        v_u32: every_other(id, row.v_u32),
        v_u64: every_other(id, row.v_u64),
        v_non_zero: every_other(id, row.v_non_zero),
        v_f32: every_other(id, row.v_f32),
        v_f64: every_other(id, row.v_f64),
        v_string: every_other(id, row.v_string),
        v_cow: every_other(id, row.v_cow),
        v_box: every_other(id, row.v_box),
        v_bytes: every_other(id, row.v_bytes),
        v_uuid: every_other(id, row.v_uuid),
        v_hyphenated: every_other(id, row.v_hyphenated),
        v_simple: every_other(id, row.v_simple),
        v_value: every_other(id, row.v_value),
        v_json: every_other(id, row.v_json),
        v_decimal: every_other(id, row.v_decimal),
        v_big_decimal: every_other(id, row.v_big_decimal),
        v_naive_date: every_other(id, row.v_naive_date),
        v_naive_time: every_other(id, row.v_naive_time),
        v_naive_date_time: every_other(id, row.v_naive_date_time),
        v_utc: every_other(id, row.v_utc),
        v_date: every_other(id, row.v_date),
        v_time: every_other(id, row.v_time),
        v_primitive: every_other(id, row.v_primitive),
        v_offset: every_other(id, row.v_offset),
        v_ip_addr: every_other(id, row.v_ip_addr),
        v_mood: every_other(id, row.v_mood).flatten(),
        v_level: every_other(id, row.v_level),
        v_name: every_other(id, row.v_name),
        v_text: every_other(id, row.v_text),
    }
}

/// Does something with the names of all fields but those of [`Place`].
macro_rules! fields {
    ($then:ident $args:tt) => {
        $then! {
            $args
            id v_bool v_i8 v_i16 v_i32 v_i64 v_u8 v_u16 v_u32 v_u64 v_non_zero v_f32 v_f64 v_string v_cow v_box v_bytes v_uuid v_hyphenated v_simple v_value v_json v_decimal v_big_decimal v_naive_date v_naive_time v_naive_date_time v_utc v_date v_time v_primitive v_offset v_ip_addr v_mood v_level v_name v_text
        }
    };
}

pub(crate) use fields;
