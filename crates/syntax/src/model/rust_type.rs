//! Which Rust types have a column type, by name.
//!
//! Knows names only; what a name stands for in a file is the scanner's.

use aludel_core::model::RustType;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// What a named type is to a column.
pub(crate) enum Named<'t> {
    /// A value.
    Is(RustType),
    /// A value that may be missing.
    Nullable(&'t Type),
    /// The same as another type.
    Same(&'t Type),
    /// Several of another type; several bytes are bytes.
    Many(&'t Type),
}

/// Names that need no `use`.
const PRELUDE: &[&str] = &["String", "str", "Vec", "Option", "Box"];

/// Names that a crate's own types often have too.
const COMMON: &[&str] = &[
    "Value",
    "Json",
    "Date",
    "Time",
    "DateTime",
    "Timestamp",
    "Zoned",
    "Bytes",
    "Text",
    "Decimal",
];

/// Whether the name means the same in every file that does not shadow it.
pub(crate) fn is_prelude(name: &str) -> bool {
    PRELUDE.contains(&name) || primitive(name).is_some()
}

/// Whether the name alone, found behind `crate::`, says too little.
pub(crate) fn is_common(name: &str) -> bool {
    COMMON.contains(&name)
}

fn primitive(name: &str) -> Option<RustType> {
    Some(match name {
        "i8" => RustType::I8,
        "i16" => RustType::I16,
        "i32" => RustType::I32,
        "i64" | "isize" => RustType::I64,
        "u8" => RustType::U8,
        "u16" => RustType::U16,
        "u32" => RustType::U32,
        "u64" | "usize" => RustType::U64,
        "f32" => RustType::F32,
        "f64" => RustType::F64,
        "bool" => RustType::Bool,
        "char" => RustType::Char,
        _ => return None,
    })
}

fn non_zero(name: &str) -> Option<RustType> {
    let inner = name.strip_prefix("NonZero")?.to_lowercase();
    primitive(&inner).filter(is_integer)
}

/// Whether the type is a whole number.
pub(crate) fn is_integer(ty: &RustType) -> bool {
    matches!(
        ty,
        RustType::I8
            | RustType::I16
            | RustType::I32
            | RustType::I64
            | RustType::U8
            | RustType::U16
            | RustType::U32
            | RustType::U64
    )
}

/// The types between the angle brackets.
pub(crate) fn arguments(segment: &PathSegment) -> Vec<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(list) => list
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// What a path that ends in this segment is, if its name is known. The name is
/// the segment's own, or the one that it stands for after `use .. as`.
pub(crate) fn named<'t>(name: &str, segment: &'t PathSegment) -> Option<Named<'t>> {
    let arguments = arguments(segment);
    if let Some(inner) = arguments.first() {
        match name {
            "Option" => return Some(Named::Nullable(inner)),
            "Box" | "Arc" | "Rc" | "Cow" | "NonZero" => return Some(Named::Same(inner)),
            "Vec" => return Some(Named::Many(inner)),
            _ => {}
        }
    }
    let zoned = !arguments.is_empty();
    let known = match name {
        // The two spellings of a UUID are text wherever sqlx writes them.
        "String" | "str" | "Text" | "Hyphenated" | "Simple" => RustType::String,
        "Bytes" | "BytesMut" => RustType::Bytes,
        "Uuid" => RustType::Uuid,
        "Json" | "JsonValue" | "JsonRawValue" | "Value" | "RawValue" => RustType::Json,
        "Decimal" => RustType::Decimal,
        "BigDecimal" => RustType::BigDecimal,
        "NaiveDate" | "Date" => RustType::Date,
        "NaiveTime" | "Time" => RustType::Time,
        "DateTime" if zoned => RustType::TimestampTz,
        "NaiveDateTime" | "PrimitiveDateTime" | "DateTime" => RustType::DateTime,
        "OffsetDateTime" | "UtcDateTime" | "Timestamp" | "Zoned" => RustType::TimestampTz,
        "IpNet" | "Ipv4Net" | "Ipv6Net" | "IpNetwork" | "Ipv4Network" | "Ipv6Network" => {
            RustType::IpNetwork
        }
        "IpAddr" | "Ipv4Addr" | "Ipv6Addr" => RustType::IpAddress,
        other => return primitive(other).or_else(|| non_zero(other)).map(Named::Is),
    };
    Some(Named::Is(known))
}

/// Whether a type that needs nothing else to be known is a whole number.
pub(crate) fn plainly_integer(ty: &Type) -> Option<bool> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match named(&last.ident.to_string(), last)? {
        Named::Is(ty) => Some(is_integer(&ty)),
        Named::Nullable(inner) | Named::Same(inner) => plainly_integer(inner),
        Named::Many(_) => Some(false),
    }
}
