//! Whether a new column is written into every row that exists.

use crate::dialect::postgres::lexer;
use crate::schema::{Column, DefaultValue};

/// Functions whose value is the same for every row of a statement.
const CALM: &[&str] = &[
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "lower",
    "upper",
    "coalesce",
    "nullif",
    "greatest",
    "least",
    "concat",
    "md5",
    "length",
    "abs",
    "round",
    "date_trunc",
    "date_part",
    "extract",
    "timezone",
    "to_char",
    "to_timestamp",
    "to_date",
    "make_date",
    "make_interval",
    "current_setting",
    "jsonb_build_object",
    "jsonb_build_array",
    "json_build_object",
    "json_build_array",
    "to_json",
    "to_jsonb",
    "array",
    "row",
    "cast",
    "numeric",
    "varchar",
    "char",
    "bpchar",
    "character",
    "varying",
    "timestamp",
    "time",
    "interval",
    "bit",
    "decode",
    "encode",
    "replace",
    "trim",
    "btrim",
];

/// Whether PostgreSQL writes every row again to add the column.
pub(in crate::dialect::postgres) fn fills_every_row(column: &Column) -> bool {
    if column.generated.as_ref().is_some_and(|g| g.stored) || column.identity.is_some() {
        return true;
    }
    let Some(DefaultValue::Expression(expression)) = &column.default else {
        return false;
    };
    is_volatile(expression.as_str())
}

/// Whether an expression may be another in every row: it calls something that
/// is not known not to be.
pub(in crate::dialect::postgres) fn is_volatile(text: &str) -> bool {
    let tokens = lexer::tokens(text).unwrap_or_default();
    tokens.windows(2).any(|two| {
        let called = two[1].is(text, "(").then(|| two[0].name(text)).flatten();
        called.is_some_and(|name| !CALM.contains(&name.as_str()))
    })
}
