//! Types of columns: a verb for each that every dialect knows, and spellings.

use aludel_core::schema::{ColumnType, TableName};

use super::column::ColumnDef;

/// The type of a column as a migration file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type(Said);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    /// The same on every database.
    Known(ColumnType),
    /// One spelling a dialect.
    ByDialect(Vec<(String, String)>),
    /// An array of another type.
    ArrayOf(Box<Type>),
    /// Something that makes no sense.
    Mistake(String),
}

impl Type {
    /// An array of another type (PostgreSQL).
    pub fn array_of(element: impl Into<Type>) -> Self {
        Self(Said::ArrayOf(Box::new(element.into())))
    }

    /// An enum type of the database's own.
    pub fn enumeration(name: impl Into<TableName>) -> Self {
        Self(Said::Known(ColumnType::Enum(name.into())))
    }

    /// Fractional digits of a time.
    #[must_use]
    pub fn precision(self, digits: u32) -> Self {
        let digits = Some(digits);
        Self(match self.0 {
            Said::Known(ColumnType::Time(_)) => Said::Known(ColumnType::Time(digits)),
            Said::Known(ColumnType::DateTime(_)) => Said::Known(ColumnType::DateTime(digits)),
            Said::Known(ColumnType::TimestampTz(_)) => Said::Known(ColumnType::TimestampTz(digits)),
            mistake @ Said::Mistake(_) => mistake,
            Said::Known(_) | Said::ByDialect(_) | Said::ArrayOf(_) => Said::Mistake(
                "`precision` belongs to `time`, `datetime` and `timestamp_tz` only".into(),
            ),
        })
    }

    /// The type on one dialect, or what is wrong with it.
    pub(super) fn on(&self, dialect: &str) -> Result<ColumnType, String> {
        match &self.0 {
            Said::Known(ty) => Ok(ty.clone()),
            Said::ArrayOf(element) => Ok(ColumnType::Array(Box::new(element.on(dialect)?))),
            Said::Mistake(message) => Err(message.clone()),
            Said::ByDialect(spellings) => spellings
                .iter()
                .find(|(name, _)| name == dialect)
                .map(|(_, spelling)| ColumnType::Custom(spelling.clone()))
                .ok_or_else(|| format!("`by_dialect` has no type for `{dialect}`")),
        }
    }
}

impl From<&str> for Type {
    fn from(spelling: &str) -> Self {
        Self(Said::Known(ColumnType::Custom(spelling.to_owned())))
    }
}

impl From<String> for Type {
    fn from(spelling: String) -> Self {
        Self(Said::Known(ColumnType::Custom(spelling)))
    }
}

/// A type in each database's own spelling: `by_dialect([("postgres", "citext"), ("sqlite", "text")])`.
pub fn by_dialect<'a>(spellings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Type {
    Type(Said::ByDialect(
        spellings
            .into_iter()
            .map(|(dialect, spelling)| (dialect.to_owned(), spelling.to_owned()))
            .collect(),
    ))
}

/// A column of any type: a spelling of the database's own (`"NVARCHAR(100)"`),
/// [`by_dialect`], or a [`Type`].
pub fn column(name: &str, ty: impl Into<Type>) -> ColumnDef {
    ColumnDef::new(name, ty.into())
}

/// A column of an enum type of the database's own.
pub fn enumeration(name: &str, enum_type: impl Into<TableName>) -> ColumnDef {
    ColumnDef::new(name, Type::enumeration(enum_type))
}

/// How many characters, bytes or digits: a number, or `None` for no limit.
pub trait Length {
    /// The number.
    fn into_length(self) -> Option<u32>;
}

impl Length for u32 {
    fn into_length(self) -> Option<u32> {
        Some(self)
    }
}

impl Length for Option<u32> {
    fn into_length(self) -> Option<u32> {
        self
    }
}

/// Digits behind the point: a number, or `None` where it is left to the database.
pub trait Scale {
    /// The number.
    fn into_scale(self) -> Option<i32>;
}

impl Scale for i32 {
    fn into_scale(self) -> Option<i32> {
        Some(self)
    }
}

impl Scale for Option<i32> {
    fn into_scale(self) -> Option<i32> {
        self
    }
}

/// For each type the column function and the method of [`Type`], so that the
/// two cannot drift apart.
macro_rules! verbs {
    ($($(#[doc = $doc:literal])+ $verb:ident ( $($arg:ident : $ty:ty),* ) = $value:expr;)+) => {
        $(
            $(#[doc = $doc])+
            pub fn $verb(name: &str, $($arg: $ty),*) -> ColumnDef {
                ColumnDef::new(name, Type::$verb($($arg),*))
            }
        )+

        impl Type {
            $(
                $(#[doc = $doc])+
                pub fn $verb($($arg: $ty),*) -> Self {
                    Self(Said::Known($value))
                }
            )+
        }
    };
}

verbs! {
    /// 8 bits, signed.
    tiny_integer() = ColumnType::TinyInteger;
    /// 16 bits, signed.
    small_integer() = ColumnType::SmallInteger;
    /// 32 bits, signed.
    integer() = ColumnType::Integer;
    /// 64 bits, signed.
    big_integer() = ColumnType::BigInteger;
    /// 8 bits, unsigned (MySQL).
    tiny_unsigned() = ColumnType::TinyUnsigned;
    /// 16 bits, unsigned (MySQL).
    small_unsigned() = ColumnType::SmallUnsigned;
    /// 32 bits, unsigned (MySQL).
    unsigned() = ColumnType::Unsigned;
    /// 64 bits, unsigned (MySQL).
    big_unsigned() = ColumnType::BigUnsigned;
    /// 32 bits, binary floating point.
    float() = ColumnType::Float;
    /// 64 bits, binary floating point.
    double() = ColumnType::Double;
    /// Exact decimal: `decimal("price", 10, 2)`.
    decimal(precision: impl Length, scale: impl Scale) = ColumnType::Decimal(
        precision.into_length().map(|p| (p, scale.into_scale()))
    );
    /// True or false.
    boolean() = ColumnType::Boolean;
    /// Text of exactly so many characters.
    char(length: impl Length) = ColumnType::Char(length.into_length());
    /// Text of at most so many characters.
    varchar(length: impl Length) = ColumnType::Varchar(length.into_length());
    /// Text without a limit.
    text() = ColumnType::Text;
    /// Bytes without a limit.
    blob() = ColumnType::Blob;
    /// Exactly so many bytes.
    binary(length: u32) = ColumnType::Binary(length);
    /// At most so many bytes.
    varbinary(length: u32) = ColumnType::Varbinary(length);
    /// A day.
    date() = ColumnType::Date;
    /// A time of day.
    time() = ColumnType::Time(None);
    /// Date and time without a zone.
    datetime() = ColumnType::DateTime(None);
    /// Date and time with a zone.
    timestamp_tz() = ColumnType::TimestampTz(None);
    /// A span of time (PostgreSQL).
    interval() = ColumnType::Interval;
    /// A UUID.
    uuid() = ColumnType::Uuid;
    /// JSON kept as text.
    json() = ColumnType::Json;
    /// JSON kept as a tree (PostgreSQL).
    jsonb() = ColumnType::Jsonb;
    /// An IP address, maybe with a network (PostgreSQL).
    inet() = ColumnType::Inet;
}
