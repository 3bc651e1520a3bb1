//! What PostgreSQL calls the rows that may object to a change.
//!
//! A cast that fails would end the whole statement, so every text is looked at
//! before it is cast.

use super::{Postgres, render, types};
use crate::dialect::{Conversion, RowSql};
use crate::hazard::whole_number;
use crate::schema::{ColumnType, DefaultValue, Literal, Table, TableName};

/// The texts that are whole numbers.
const WHOLE: &str = r"'^\s*[-+]?[0-9]+\s*$'";
/// The texts that are numbers.
const NUMBER: &str = r"'^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$'";
/// The texts that are UUIDs.
const UUID: &str = "'^\\s*\\{?[0-9a-fA-F]{4}(-?[0-9a-fA-F]{4}){7}\\}?\\s*$'";
/// The texts that are true or false.
const TRUTHS: &str = "'t', 'tr', 'tru', 'true', 'f', 'fa', 'fal', 'fals', 'false', 'y', 'ye', \
                      'yes', 'n', 'no', 'on', 'of', 'off', '1', '0'";

impl RowSql for Postgres {
    fn constant(&self, value: &Literal, ty: &ColumnType) -> String {
        let ty = match ty {
            // It may be a type that is only to come.
            ColumnType::Enum(_) => "text".to_owned(),
            ty => types::write(ty),
        };
        let value = render::value(&DefaultValue::Literal(value.clone()));
        format!("CAST({value} AS {ty})")
    }

    fn address(&self, table: &Table) -> Option<&'static str> {
        let extra = table.options.extra.as_deref().unwrap_or_default();
        (!extra.contains("PARTITION BY")).then_some("ctid")
    }

    fn shown(&self, value: &str, _ty: &ColumnType) -> String {
        format!("CAST({value} AS text)")
    }

    fn collated(&self, value: &str, collation: &str) -> String {
        format!("{value} COLLATE {}", render::collation(collation))
    }

    fn prefix(&self, value: &str, length: u32) -> String {
        format!("left({value}, {length})")
    }

    fn key_takes_null(&self, _table: &Table) -> bool {
        false
    }

    fn holds(&self, column: &str, ty: &ColumnType, value: &str) -> String {
        let value = text(value);
        match ty {
            ColumnType::Array(_) => format!("{value} = ANY ({column})"),
            _ => format!("{column} = {value}"),
        }
    }

    fn misfit(&self, conversion: &Conversion<'_>) -> Option<String> {
        let Conversion {
            value: v, from, to, ..
        } = *conversion;
        if let Some((low, high)) = whole_number(to) {
            let low = if low == 0 { 0 } else { -(1_i128 << low) };
            return no_integer(v, from, low, (1_i128 << high) - 1);
        }
        match to {
            ColumnType::Decimal(digits) => no_decimal(v, from, *digits),
            ColumnType::Float | ColumnType::Double if is_text(from) => Some(format!(
                "{v} !~ {NUMBER} AND lower(btrim({v})) NOT IN \
                 ('nan', 'inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity')"
            )),
            ColumnType::Varchar(Some(n)) | ColumnType::Char(Some(n)) => Some(too_long(v, from, *n)),
            ColumnType::Text | ColumnType::Varchar(None) if !is_bytes(from) => Some("false".into()),
            ColumnType::Boolean if is_text(from) => {
                Some(format!("lower(btrim({v})) NOT IN ({TRUTHS})"))
            }
            ColumnType::Boolean if whole_number(from).is_some() => {
                Some(format!("{v} NOT IN (0, 1)"))
            }
            ColumnType::Uuid if is_text(from) => Some(format!("{v} !~ {UUID}")),
            ColumnType::Enum(name) => no_value_of(conversion, name),
            to if is_text(from) => no_input(conversion, to),
            to => no_moment(v, from, to),
        }
    }

    fn loss(&self, conversion: &Conversion<'_>) -> Option<String> {
        use ColumnType as T;
        let Conversion {
            value: v, from, to, ..
        } = *conversion;
        match to {
            // Whatever is not plainly a day, or a time, may say more than that.
            T::Date if is_text(from) => Some(format!("CAST({v} AS text) !~ '{PLAIN_DAY}'")),
            T::Time(_) if is_text(from) => Some(format!("CAST({v} AS text) !~ '{PLAIN_TIME}'")),
            T::Time(_) if matches!(from, T::DateTime(_) | T::TimestampTz(_)) => Some("true".into()),
            T::Float | T::Double if is_fraction(from) || whole_number(from).is_some() => {
                let ty = types::write(to);
                Some(format!(
                    "CAST(CAST({v} AS {ty}) AS numeric) <> CAST({v} AS numeric)"
                ))
            }
            _ => self.misfit(conversion),
        }
    }

    fn untyped(&self, _column: &str, _ty: &ColumnType) -> Option<String> {
        None
    }
}

/// A day and nothing else, and a time and nothing else.
const PLAIN_DAY: &str = "^ *[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2} *$";
const PLAIN_TIME: &str = "^ *[0-9]{1,2}:[0-9:.]* *$";

fn text(value: &str) -> String {
    render::value(&DefaultValue::Literal(Literal::Text(value.to_owned())))
}

fn is_text(ty: &ColumnType) -> bool {
    matches!(
        ty,
        ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text
    )
}

fn is_bytes(ty: &ColumnType) -> bool {
    matches!(
        ty,
        ColumnType::Blob | ColumnType::Binary(_) | ColumnType::Varbinary(_)
    )
}

fn is_fraction(ty: &ColumnType) -> bool {
    matches!(
        ty,
        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_)
    )
}

fn no_integer(v: &str, from: &ColumnType, low: i128, high: i128) -> Option<String> {
    let outside = |v: &str| format!("{v} NOT BETWEEN {low} AND {high}");
    match from {
        ColumnType::Boolean => Some("false".into()),
        from if whole_number(from).is_some() => Some(outside(v)),
        from if is_fraction(from) => Some(format!("{v} <> trunc({v}) OR {}", outside(v))),
        from if is_text(from) => Some(format!(
            "CASE WHEN {v} ~ {WHOLE} THEN {} ELSE true END",
            outside(&format!("CAST({v} AS numeric)"))
        )),
        _ => None,
    }
}

fn no_decimal(v: &str, from: &ColumnType, digits: Option<(u32, Option<i32>)>) -> Option<String> {
    let Some((precision, scale)) = digits else {
        return is_text(from).then(|| format!("{v} !~ {NUMBER}"));
    };
    let scale = scale.unwrap_or(0);
    let before = i64::from(precision) - i64::from(scale);
    let misfit = |v: &str| {
        format!(
            "{v} <> round({v}, {scale}) OR abs(round({v}, {scale})) >= CAST('1e{before}' AS numeric)"
        )
    };
    let number = format!("CAST({v} AS numeric)");
    match from {
        ColumnType::Decimal(_) => Some(misfit(v)),
        from if whole_number(from).is_some() || is_fraction(from) => Some(misfit(&number)),
        from if is_text(from) => Some(format!(
            "CASE WHEN {v} ~ {NUMBER} THEN {} ELSE true END",
            misfit(&number)
        )),
        _ => None,
    }
}

/// Spaces at the end are cut off without a word.
fn too_long(v: &str, from: &ColumnType, length: u32) -> String {
    if is_text(from) {
        format!("length(rtrim({v}, ' ')) > {length}")
    } else {
        format!("length(CAST({v} AS text)) > {length}")
    }
}

fn no_value_of(conversion: &Conversion<'_>, name: &TableName) -> Option<String> {
    let ty = conversion.schema.enums.get(name)?;
    let v = conversion.value;
    if ty.values.is_empty() {
        return Some("true".into());
    }
    let values: Vec<String> = ty.values.iter().map(|value| text(value)).collect();
    Some(format!("CAST({v} AS text) NOT IN ({})", values.join(", ")))
}

/// What only the type itself can tell, which PostgreSQL 16 lets one ask.
fn no_input(conversion: &Conversion<'_>, to: &ColumnType) -> Option<String> {
    let plain = matches!(
        to,
        ColumnType::Date
            | ColumnType::Time(_)
            | ColumnType::DateTime(_)
            | ColumnType::TimestampTz(_)
            | ColumnType::Interval
            | ColumnType::Json
            | ColumnType::Jsonb
            | ColumnType::Inet
    );
    let v = conversion.value;
    (plain && conversion.server.at_least(16, 0)).then(|| {
        let ty = text(&types::write(to));
        format!("NOT pg_input_is_valid(CAST({v} AS text), {ty})")
    })
}

/// Points in time that keep less of themselves.
fn no_moment(v: &str, from: &ColumnType, to: &ColumnType) -> Option<String> {
    use ColumnType as T;
    let ty = types::write(to);
    match (from, to) {
        (T::DateTime(_), T::DateTime(_) | T::Date)
        | (T::TimestampTz(_), T::TimestampTz(_))
        | (T::Time(_), T::Time(_)) => Some(format!("{v} <> CAST({v} AS {ty})")),
        (T::TimestampTz(_), T::Date) => {
            let utc = format!("({v} AT TIME ZONE 'UTC')");
            Some(format!("{utc} <> CAST({utc} AS {ty})"))
        }
        (T::Date, T::DateTime(_) | T::TimestampTz(_))
        | (T::DateTime(_), T::TimestampTz(_))
        | (T::TimestampTz(_), T::DateTime(_)) => Some("false".into()),
        _ => None,
    }
}
