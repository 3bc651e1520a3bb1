//! Column types in words that all dialects share.

use super::TableName;

/// The type of a column.
///
/// How each is spelled, and which spellings are read back as which, is the type
/// table of [`crate::dialect`]. What no variant says is [`ColumnType::Custom`]
/// with the database's own spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnType {
    /// 8 bits, signed (MySQL `tinyint`).
    TinyInteger,
    /// 16 bits, signed.
    SmallInteger,
    /// 32 bits, signed.
    Integer,
    /// 64 bits, signed.
    BigInteger,
    /// 8 bits, unsigned (MySQL).
    TinyUnsigned,
    /// 16 bits, unsigned (MySQL).
    SmallUnsigned,
    /// 32 bits, unsigned (MySQL).
    Unsigned,
    /// 64 bits, unsigned (MySQL).
    BigUnsigned,
    /// 32 bits, binary floating point.
    Float,
    /// 64 bits, binary floating point.
    Double,
    /// Exact decimal: precision and scale, if they are given.
    Decimal(Option<(u32, Option<i32>)>),
    /// True or false.
    Boolean,
    /// Text of exactly so many characters.
    Char(Option<u32>),
    /// Text of at most so many characters.
    Varchar(Option<u32>),
    /// Text without a limit.
    Text,
    /// Bytes without a limit.
    Blob,
    /// Exactly so many bytes (MySQL `binary`).
    Binary(u32),
    /// At most so many bytes (MySQL `varbinary`).
    Varbinary(u32),
    /// A day.
    Date,
    /// A time of day; fractional digits if they are given.
    Time(Option<u32>),
    /// Date and time without a zone; fractional digits if they are given.
    DateTime(Option<u32>),
    /// Date and time with a zone; fractional digits if they are given.
    TimestampTz(Option<u32>),
    /// A span of time (PostgreSQL).
    Interval,
    /// A UUID.
    Uuid,
    /// JSON kept as text.
    Json,
    /// JSON kept as a tree (PostgreSQL `jsonb`).
    Jsonb,
    /// An IP address, maybe with a network (PostgreSQL `inet`).
    Inet,
    /// An enum type of that name; `Schema::enums` has its values.
    Enum(TableName),
    /// An array of another type (PostgreSQL).
    Array(Box<ColumnType>),
    /// A type in the database's own spelling; empty for a SQLite column
    /// without a type.
    Custom(String),
}
