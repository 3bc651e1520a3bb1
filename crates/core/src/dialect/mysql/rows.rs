//! What MySQL and MariaDB call the rows that may object to a change.
//!
//! In a query, other than in a change of a table, a value that does not fit
//! is a warning and becomes NULL.

use super::{MySql, render};
use crate::dialect::{Conversion, RowSql};
use crate::hazard::whole_number;
use crate::listed;
use crate::schema::{ColumnType, Literal, Table};

/// The texts that are numbers.
const NUMBER: &str = "'^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$'";
/// The texts that are whole numbers.
const WHOLE: &str = "'^[-+]?[0-9]+$'";

impl RowSql for MySql {
    fn constant(&self, value: &Literal, _ty: &ColumnType) -> String {
        render::literal(value)
    }

    fn address(&self, _table: &Table) -> Option<&'static str> {
        None
    }

    fn shown(&self, value: &str, ty: &ColumnType) -> String {
        if is_bytes(ty) {
            format!("HEX({value})")
        } else {
            format!("CAST({value} AS CHAR)")
        }
    }

    fn collated(&self, value: &str, collation: &str) -> String {
        let set = collation.split('_').next().unwrap_or(collation);
        format!("CONVERT({value} USING {set}) COLLATE {collation}")
    }

    fn prefix(&self, value: &str, length: u32) -> String {
        format!("LEFT({value}, {length})")
    }

    fn key_takes_null(&self, _table: &Table) -> bool {
        false
    }

    fn holds(&self, column: &str, _ty: &ColumnType, value: &str) -> String {
        format!("{column} = {}", text(value))
    }

    fn misfit(&self, conversion: &Conversion<'_>) -> Option<String> {
        let Conversion {
            value: v, from, to, ..
        } = *conversion;
        if *to == ColumnType::Boolean && (whole(from).is_some() || is_fraction(from)) {
            return Some(format!("{v} NOT IN (0, 1)"));
        }
        if let Some((low, high)) = whole(to) {
            let low = if low == 0 { 0 } else { -(1_i128 << low) };
            return no_integer(v, from, low, (1_i128 << high) - 1);
        }
        match to {
            ColumnType::Decimal(digits) => no_decimal(v, from, *digits),
            ColumnType::Float | ColumnType::Double if is_text(from) => {
                Some(format!("TRIM({v}) NOT REGEXP {NUMBER}"))
            }
            ColumnType::Varchar(Some(n)) | ColumnType::Char(Some(n)) => {
                Some(too_long(v, from, to, *n))
            }
            ColumnType::Binary(n) | ColumnType::Varbinary(n) => Some(format!("LENGTH({v}) > {n}")),
            ColumnType::Json | ColumnType::Jsonb if is_text(from) => {
                Some(format!("NOT JSON_VALID({v})"))
            }
            ColumnType::Date if is_text(from) => Some(format!("CAST({v} AS DATE) IS NULL")),
            ColumnType::Time(_) if is_text(from) => Some(format!("CAST({v} AS TIME) IS NULL")),
            ColumnType::DateTime(_) | ColumnType::TimestampTz(_) if is_text(from) => {
                Some(format!("CAST({v} AS DATETIME) IS NULL"))
            }
            to => no_value_of(v, from, to).or_else(|| too_many_bytes(v, from, to)),
        }
    }

    fn loss(&self, conversion: &Conversion<'_>) -> Option<String> {
        use ColumnType as T;
        let Conversion {
            value: v, from, to, ..
        } = *conversion;
        let moment = matches!(from, T::DateTime(_) | T::TimestampTz(_));
        match to {
            // Whatever is not plainly a day, or a time, may say more than that.
            T::Date if is_text(from) => Some(format!("{v} NOT REGEXP '{PLAIN_DAY}'")),
            T::Time(_) if is_text(from) => Some(format!("{v} NOT REGEXP '{PLAIN_TIME}'")),
            T::Date if moment => Some(format!("{v} <> CAST({v} AS DATE)")),
            T::Time(_) if moment => Some("TRUE".into()),
            T::DateTime(_) | T::TimestampTz(_) | T::Time(_) => None,
            T::Float | T::Double => None,
            _ if is_text(from) => Some(format!("{v} LIKE '%.%'")),
            _ => self.misfit(conversion),
        }
    }

    fn untyped(&self, _column: &str, _ty: &ColumnType) -> Option<String> {
        None
    }
}

/// A day and nothing else, and a time and nothing else.
const PLAIN_DAY: &str = "^ *[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2} *$";
const PLAIN_TIME: &str = "^ *[0-9]{1,3}:[0-9:.]* *$";

fn text(value: &str) -> String {
    render::literal(&Literal::Text(value.to_owned()))
}

fn custom(ty: &ColumnType) -> &str {
    match ty {
        ColumnType::Custom(spelling) => spelling,
        _ => "",
    }
}

fn is_text(ty: &ColumnType) -> bool {
    let long = ["tinytext", "mediumtext", "longtext"];
    matches!(
        ty,
        ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text
    ) || long.contains(&custom(ty))
}

fn is_bytes(ty: &ColumnType) -> bool {
    let long = ["tinyblob", "mediumblob", "longblob"];
    matches!(
        ty,
        ColumnType::Blob | ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Uuid
    ) || long.contains(&custom(ty))
}

/// A truth is kept in the smallest whole number.
fn whole(ty: &ColumnType) -> Option<(u32, u32)> {
    match ty {
        ColumnType::Boolean => Some((7, 7)),
        ty => whole_number(ty),
    }
}

fn is_fraction(ty: &ColumnType) -> bool {
    matches!(
        ty,
        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_)
    )
}

fn no_integer(v: &str, from: &ColumnType, low: i128, high: i128) -> Option<String> {
    let outside = |v: &str| format!("{v} NOT BETWEEN {low} AND {high}");
    if whole(from).is_some() {
        Some(outside(v))
    } else if is_fraction(from) {
        Some(format!("{v} <> ROUND({v}) OR {}", outside(v)))
    } else if is_text(from) {
        Some(format!(
            "TRIM({v}) NOT REGEXP {WHOLE} OR {}",
            outside(&format!("CAST(TRIM({v}) AS DECIMAL(65, 0))"))
        ))
    } else {
        None
    }
}

fn no_decimal(v: &str, from: &ColumnType, digits: Option<(u32, Option<i32>)>) -> Option<String> {
    let (precision, scale) = digits?;
    let scale = u32::try_from(scale.unwrap_or(0)).ok()?;
    let before = usize::try_from(precision.checked_sub(scale)?).ok()?;
    let misfit = |v: &str| {
        format!(
            "{v} <> ROUND({v}, {scale}) OR ABS(ROUND({v}, {scale})) >= 1{}",
            "0".repeat(before)
        )
    };
    if whole(from).is_some() || is_fraction(from) {
        Some(misfit(v))
    } else if is_text(from) {
        let number = format!("CAST(TRIM({v}) AS DECIMAL(65, 30))");
        Some(format!(
            "TRIM({v}) NOT REGEXP {NUMBER} OR {}",
            misfit(&number)
        ))
    } else {
        None
    }
}

/// A `CHAR` has no spaces at its end anyway. For others they count: the servers
/// refuse to cut them off a `VARCHAR`, and cut them off other texts without a word.
fn too_long(v: &str, from: &ColumnType, to: &ColumnType, length: u32) -> String {
    if is_text(from) && !matches!(to, ColumnType::Char(_)) {
        format!("CHAR_LENGTH({v}) > {length}")
    } else if is_text(from) {
        format!("CHAR_LENGTH(TRIM(TRAILING ' ' FROM {v})) > {length}")
    } else {
        format!("CHAR_LENGTH(CAST({v} AS CHAR)) > {length}")
    }
}

/// The values of `enum(..)` or `set(..)`.
fn members(ty: &ColumnType, word: &str) -> Option<Vec<String>> {
    let list = custom(ty).strip_prefix(word)?;
    listed::of_type(&ColumnType::Custom(format!("enum{list}")))
}

fn no_value_of(v: &str, from: &ColumnType, to: &ColumnType) -> Option<String> {
    if let Some(values) = members(to, "enum") {
        let comparable = is_text(from) || members(from, "enum").is_some();
        let values: Vec<String> = values.iter().map(|value| text(value)).collect();
        return comparable.then(|| format!("{v} NOT IN ({})", values.join(", ")));
    }
    let (from, to) = (members(from, "set")?, members(to, "set")?);
    let gone = from.iter().filter(|value| !to.contains(value));
    let tests: Vec<String> = gone
        .map(|value| format!("FIND_IN_SET({}, {v}) > 0", text(value)))
        .collect();
    (!tests.is_empty()).then(|| tests.join(" OR "))
}

fn too_many_bytes(v: &str, from: &ColumnType, to: &ColumnType) -> Option<String> {
    if (is_text(from) && !is_text(to)) || (is_bytes(from) && !is_bytes(to)) {
        return None;
    }
    let most: u64 = match to {
        ColumnType::Text | ColumnType::Blob => (1 << 16) - 1,
        to => match custom(to) {
            "tinytext" | "tinyblob" => (1 << 8) - 1,
            "mediumtext" | "mediumblob" => (1 << 24) - 1,
            "longtext" | "longblob" => (1 << 32) - 1,
            _ => return None,
        },
    };
    Some(format!("LENGTH({v}) > {most}"))
}
