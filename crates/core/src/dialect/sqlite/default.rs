//! The values of `DEFAULT` clauses.
//!
//! It owns which texts are constants, and the one form that each constant has
//! on a column of a given type: SQLite converts a default by the column's
//! affinity, so `'5'`, `5` and `5.0` are one value on a numeric column.

use super::expression;
use super::lexer::{self, Token, TokenKind};
use crate::dialect::types::{Affinity, sqlite_affinity};
use crate::schema::{ColumnType, DefaultValue, Expression, Literal};

/// The value of a `DEFAULT` clause, from the text that stands after the word.
///
/// A bare word that is no keyword is a string there, and so is a name in
/// quotes.
pub(super) fn read_default(text: &str) -> DefaultValue {
    let text = text.trim();
    if let Some(literal) = read_literal(text) {
        return DefaultValue::Literal(literal);
    }
    let only = lexer::tokens(text).ok();
    match only.as_deref() {
        Some([token]) if !is_current(text) => match token.kind {
            TokenKind::Word | TokenKind::Quoted => {
                DefaultValue::Literal(Literal::Text(lexer::unquote(text)))
            }
            _ => expression_default(text),
        },
        _ => expression_default(text),
    }
}

fn expression_default(text: &str) -> DefaultValue {
    let mut inner = expression::unwrapped(text);
    if is_current(&inner) {
        inner.make_ascii_uppercase();
    }
    DefaultValue::Expression(Expression::new(inner))
}

fn is_current(text: &str) -> bool {
    ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// The constant that a text is, with or without parentheses around it.
fn read_literal(text: &str) -> Option<Literal> {
    let inner = expression::unwrapped(text);
    let tokens = lexer::tokens(&inner).ok()?;
    let (last, signs) = tokens.split_last()?;
    let minus = signs.iter().filter(|t| t.is(&inner, "-")).count();
    if !signs.iter().all(|t| t.is(&inner, "-") || t.is(&inner, "+")) {
        return None;
    }
    if last.kind == TokenKind::Number {
        return read_number(last.text(&inner), minus % 2 == 1);
    }
    if signs.is_empty() {
        read_word(last, &inner)
    } else {
        None
    }
}

fn read_word(token: &Token, sql: &str) -> Option<Literal> {
    let text = token.text(sql);
    match token.kind {
        TokenKind::Text => Some(Literal::Text(lexer::unquote(text))),
        TokenKind::Blob => read_bytes(text).map(Literal::Bytes),
        TokenKind::Quoted if text.starts_with('"') => Some(Literal::Text(lexer::unquote(text))),
        TokenKind::Word => match text.to_ascii_lowercase().as_str() {
            "null" => Some(Literal::Null),
            "true" => Some(Literal::Boolean(true)),
            "false" => Some(Literal::Boolean(false)),
            _ => None,
        },
        _ => None,
    }
}

fn read_number(text: &str, negative: bool) -> Option<Literal> {
    let digits = text.replace('_', "");
    let hex = digits.strip_prefix("0x").or(digits.strip_prefix("0X"));
    let sign = if negative { "-" } else { "" };
    if let Some(hex) = hex {
        // Sixteen digits are the 64 bits of a signed number.
        let bits = u64::from_str_radix(hex, 16).ok()?.cast_signed();
        let value = i128::from(bits);
        return Some(Literal::Integer(if negative { -value } else { value }));
    }
    if digits.bytes().all(|b| b.is_ascii_digit())
        && let Ok(value) = format!("{sign}{digits}").parse()
    {
        return Some(Literal::Integer(value));
    }
    Some(Literal::Number(format!("{sign}{digits}")))
}

fn read_bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.get(2..text.len().checked_sub(1)?)?;
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect()
}

/// The one form of a default on a column of that type; `None` for NULL, which
/// is what a column without a default gets.
pub(super) fn canonical_default(
    value: DefaultValue,
    ty: &ColumnType,
    strict: bool,
) -> Option<DefaultValue> {
    let literal = match value {
        DefaultValue::Literal(literal) => literal,
        DefaultValue::Expression(expression) => match read_literal(expression.as_str()) {
            Some(literal) => literal,
            None => return Some(expression_default(expression.as_str().trim())),
        },
    };
    let literal = match (convert(literal, ty, strict), ty) {
        (Literal::Null, _) => return None,
        (Literal::Integer(n @ (0 | 1)), ColumnType::Boolean) => Literal::Boolean(n == 1),
        (literal, _) => literal,
    };
    Some(DefaultValue::Literal(literal))
}

/// What SQLite stores for a constant.
fn convert(literal: Literal, ty: &ColumnType, strict: bool) -> Literal {
    let literal = match literal {
        Literal::Boolean(truth) => Literal::Integer(i128::from(truth)),
        other => other,
    };
    let untouched = strict && *ty == ColumnType::Custom("ANY".to_owned());
    let affinity = if untouched {
        Affinity::Blob
    } else {
        sqlite_affinity(ty)
    };
    match (affinity, literal) {
        (Affinity::Text, Literal::Integer(n)) => Literal::Text(n.to_string()),
        (Affinity::Text, other) => other,
        (Affinity::Blob, Literal::Number(text)) => number(&text, false),
        (Affinity::Blob, other) => other,
        (_, Literal::Number(text)) => number(&text, true),
        (_, Literal::Integer(n)) if i64::try_from(n).is_err() => number(&n.to_string(), true),
        (_, Literal::Text(text)) => match numeric_text(&text) {
            Some(literal) => literal,
            None => Literal::Text(text),
        },
        (_, other) => other,
    }
}

/// A number in its shortest form, as a whole number where it is one and SQLite
/// would make it one.
fn number(text: &str, whole: bool) -> Literal {
    /// Below this every whole number is exact in 64 bits of floating point.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match text.parse::<f64>() {
        Ok(value) if whole && value.fract() == 0.0 && value.abs() < EXACT => {
            format!("{value:.0}").parse().map_or_else(
                |_| Literal::Number(text.to_owned()),
                |n: i128| Literal::Integer(n),
            )
        }
        Ok(value) if value.is_finite() => Literal::Number(format!("{value:?}")),
        _ => Literal::Number(text.to_owned()),
    }
}

/// The number that SQLite would make of a text on a numeric column.
fn numeric_text(text: &str) -> Option<Literal> {
    let trimmed =
        text.trim_matches(|c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c'));
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let numeric = digits
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !numeric || !digits.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Ok(whole) = trimmed.parse::<i64>() {
        return Some(Literal::Integer(i128::from(whole)));
    }
    trimmed.parse::<f64>().ok().filter(|v| v.is_finite())?;
    Some(number(trimmed, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::types::sqlite_read;

    fn on(ty: &str, text: &str) -> Option<DefaultValue> {
        canonical_default(read_default(text), &sqlite_read(ty), false)
    }

    fn literal(literal: Literal) -> Option<DefaultValue> {
        Some(DefaultValue::Literal(literal))
    }

    #[test]
    fn one_value_has_one_form() {
        for text in ["5", "'5'", "5.0", "(5)", "+5", "((0x5))", "' 5 '", "50e-1"] {
            assert_eq!(on("INTEGER", text), literal(Literal::Integer(5)), "{text}");
            assert_eq!(on("REAL", text), literal(Literal::Integer(5)), "{text}");
        }
        for text in ["1", "'1'", "TRUE", "true", "(1)"] {
            assert_eq!(
                on("BOOLEAN", text),
                literal(Literal::Boolean(true)),
                "{text}"
            );
        }
        assert_eq!(on("TEXT", "1"), literal(Literal::Text("1".into())));
        assert_eq!(on("TEXT", "TRUE"), literal(Literal::Text("1".into())));
        assert_eq!(on("INTEGER", "TRUE"), literal(Literal::Integer(1)));
        assert_eq!(on("INTEGER", "(-(1))"), on("INTEGER", "(-(1))"));
        assert_eq!(on("REAL", "1.50"), literal(Literal::Number("1.5".into())));
        assert_eq!(
            on("DECIMAL(10,2)", "'1.50'"),
            literal(Literal::Number("1.5".into()))
        );
    }

    #[test]
    fn texts_stay_texts() {
        assert_eq!(on("TEXT", "'it''s'"), literal(Literal::Text("it's".into())));
        assert_eq!(on("TEXT", "'5'"), literal(Literal::Text("5".into())));
        assert_eq!(on("", "'5'"), literal(Literal::Text("5".into())));
        assert_eq!(on("INTEGER", "'nan'"), literal(Literal::Text("nan".into())));
        assert_eq!(on("INTEGER", "'inf'"), literal(Literal::Text("inf".into())));
        assert_eq!(on("INTEGER", "''"), literal(Literal::Text(String::new())));
        assert_eq!(on("TEXT", "\"dq\""), literal(Literal::Text("dq".into())));
        assert_eq!(on("TEXT", "bare"), literal(Literal::Text("bare".into())));
        let string = literal(Literal::Text("CURRENT_TIMESTAMP".into()));
        assert_eq!(on("TEXT", "'CURRENT_TIMESTAMP'"), string);
    }

    #[test]
    fn expressions_stay_expressions() {
        let expression = |text: &str| Some(DefaultValue::Expression(text.into()));
        assert_eq!(on("INTEGER", "(1+2)"), expression("1+2"));
        assert_eq!(
            on("TEXT", "(datetime('now'))"),
            expression("datetime('now')")
        );
        assert_eq!(
            on("TEXT", "current_timestamp"),
            expression("CURRENT_TIMESTAMP")
        );
        assert_eq!(on("TEXT", "(current_date)"), expression("CURRENT_DATE"));
        assert_eq!(on("TEXT", "(a)+(b)"), expression("(a)+(b)"));
    }

    #[test]
    fn null_is_no_default() {
        assert_eq!(on("TEXT", "NULL"), None);
        assert_eq!(on("TEXT", "(null)"), None);
    }

    #[test]
    fn bytes_and_big_numbers() {
        let bytes = literal(Literal::Bytes(vec![0, 0x11]));
        assert_eq!(on("BLOB", "x'0011'"), bytes);
        let hex = literal(Literal::Integer(-1));
        assert_eq!(on("INTEGER", "0xffffffffffffffff"), hex);
        let big = on("INTEGER", "9223372036854775808");
        assert_eq!(big, literal(Literal::Number("9.223372036854776e18".into())));
        let again = big
            .clone()
            .and_then(|v| canonical_default(v, &ColumnType::Integer, false));
        assert_eq!(again, big);
        assert_eq!(
            on("REAL", "1e400"),
            literal(Literal::Number("1e400".into()))
        );
    }
}
