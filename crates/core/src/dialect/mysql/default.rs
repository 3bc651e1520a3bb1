//! Which texts are constants, and the one form of each constant and of the
//! words for the present time.
//!
//! It owns how a default looks once the server has read it into a column of a
//! type. It must not know tables.

use super::expression::{Token, bare, plain, tokens};
use super::types::Class;
use crate::schema::{ColumnType, DefaultValue, Expression, Literal};

/// The default as the server would report it; nothing where it is NULL, which
/// is no default.
///
/// An expression that is a constant becomes one, a constant takes the form of
/// its column's type, and the present time takes the column's fractional
/// digits: MySQL takes no other, and MariaDB changes it by itself.
pub(super) fn canonical_default(value: DefaultValue, ty: &ColumnType) -> Option<DefaultValue> {
    let literal = match value {
        DefaultValue::Literal(literal) => literal,
        DefaultValue::Expression(expression) => match literal(expression.as_str()) {
            Some(literal) => literal,
            None => {
                let text = canonical_expression(expression.as_str(), Class::of(ty));
                return Some(DefaultValue::Expression(Expression::new(text)));
            }
        },
    };
    match fitting(literal, ty) {
        Literal::Null => None,
        other => Some(DefaultValue::Literal(other)),
    }
}

/// The one form of the words for the present; any other expression without
/// enclosing parentheses.
fn canonical_expression(text: &str, class: Class) -> String {
    match (now(text), class) {
        (Some(Now::Timestamp), Class::DateTime(0)) => "CURRENT_TIMESTAMP".into(),
        (Some(Now::Timestamp), Class::DateTime(digits)) => format!("CURRENT_TIMESTAMP({digits})"),
        (Some(Now::Timestamp), Class::Date) | (Some(Now::Date), _) => "curdate()".into(),
        _ => plain(text),
    }
}

enum Now {
    Timestamp,
    Date,
}

/// Whether a text is one of the words for the present.
fn now(text: &str) -> Option<Now> {
    let list = tokens(bare(text))?;
    let (Some(Token::Word(word)), rest) = (list.first(), list.get(1..).unwrap_or_default()) else {
        return None;
    };
    let called = match rest {
        [Token::Symbol('('), Token::Symbol(')')]
        | [Token::Symbol('('), Token::Number(_), Token::Symbol(')')] => true,
        [] => false,
        _ => return None,
    };
    match word.as_str() {
        "current_timestamp" | "localtime" | "localtimestamp" => Some(Now::Timestamp),
        "now" if called => Some(Now::Timestamp),
        "current_date" => Some(Now::Date),
        "curdate" if called => Some(Now::Date),
        _ => None,
    }
}

/// The clause `ON UPDATE ..` in its one form, from the text after these words.
pub(super) fn on_update(text: &str, ty: &ColumnType) -> String {
    format!("ON UPDATE {}", canonical_expression(text, Class::of(ty)))
}

/// The constant that a text is, if it is one.
pub(super) fn literal(text: &str) -> Option<Literal> {
    let text = bare(text);
    let list = tokens(text)?;
    let (negative, rest) = match list.as_slice() {
        [Token::Symbol('-'), rest @ ..] => (true, rest),
        [Token::Symbol('+'), rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let signed = rest.len() < list.len();
    // MySQL keeps `-7` as `-(7)`.
    let rest = match rest {
        [Token::Symbol('('), inner @ .., Token::Symbol(')')] if signed => inner,
        rest => rest,
    };
    match rest {
        [Token::Word(word)] if !signed && !text.starts_with('`') => match word.as_str() {
            "null" => Some(Literal::Null),
            "true" => Some(Literal::Boolean(true)),
            "false" => Some(Literal::Boolean(false)),
            _ => None,
        },
        [Token::Text(text)] if !signed => Some(Literal::Text(text.clone())),
        [Token::Number(number)] => number_literal(number, negative),
        // `.5`
        [Token::Symbol('.'), Token::Number(digits)] => {
            let sign = if negative { "-" } else { "" };
            Some(Literal::Number(format!("{sign}0.{digits}")))
        }
        // `1e-5` and `1e+5` are read as three tokens.
        [
            Token::Number(head),
            Token::Symbol(sign @ ('-' | '+')),
            Token::Number(tail),
        ] if head.ends_with('e') && !head.starts_with("0x") => {
            let number = format!("{head}{sign}{tail}");
            number_literal(&number, negative)
        }
        _ => None,
    }
}

fn number_literal(number: &str, negative: bool) -> Option<Literal> {
    if let Some(text) = number.strip_prefix("b'") {
        let bits = text.strip_suffix('\'')?;
        let value = i128::from_str_radix(if bits.is_empty() { "0" } else { bits }, 2).ok()?;
        return (!negative).then_some(Literal::Integer(value));
    }
    let hex = number
        .strip_prefix("0x")
        .or_else(|| number.strip_prefix("x'").and_then(|t| t.strip_suffix('\'')));
    if let Some(hex) = hex {
        return (!negative).then(|| Some(Literal::Bytes(bytes(hex)?)))?;
    }
    number.parse::<f64>().ok()?;
    let sign = if negative { "-" } else { "" };
    let text = format!("{sign}{number}");
    Some(text.parse().map_or(Literal::Number(text), Literal::Integer))
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let even = if hex.len().is_multiple_of(2) {
        hex.to_owned()
    } else {
        format!("0{hex}")
    };
    let pairs = even.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// The constant in the form that a column of that type gives it.
fn fitting(literal: Literal, ty: &ColumnType) -> Literal {
    if literal == Literal::Null {
        return literal;
    }
    let fitted = match Class::of(ty) {
        Class::Integer => integer(&literal).map(|n| match (ty, n) {
            (ColumnType::Boolean, 0 | 1) => Literal::Boolean(n == 1),
            _ => Literal::Integer(n),
        }),
        Class::Bit => integer(&literal).map(Literal::Integer),
        Class::Decimal(scale) => said(&literal).and_then(|text| decimal(&text, scale)),
        Class::Float => said(&literal).and_then(|t| t.parse().ok().map(single)),
        Class::Double => said(&literal).and_then(|t| t.parse().ok().map(double)),
        Class::Text | Class::LongText | Class::Json => text(&literal).map(Literal::Text),
        Class::Binary(length) => Some(binary(&literal, length)),
        Class::Blob => Some(binary(&literal, None)),
        Class::Date => text(&literal).map(|t| Literal::Text(date(&t))),
        Class::Time(digits) => text(&literal).map(|t| Literal::Text(time(&t, digits))),
        Class::DateTime(digits) => text(&literal).map(|t| Literal::Text(datetime(&t, digits))),
        Class::Geometry | Class::Other => text(&literal).map(Literal::Text),
    };
    fitted.unwrap_or(literal)
}

/// A number as text, whatever the constant was said as.
fn said(literal: &Literal) -> Option<String> {
    match literal {
        Literal::Boolean(truth) => Some(u8::from(*truth).to_string()),
        Literal::Integer(number) => Some(number.to_string()),
        Literal::Number(text) | Literal::Text(text) => Some(text.trim().to_owned()),
        Literal::Null | Literal::Bytes(_) => None,
    }
}

fn integer(literal: &Literal) -> Option<i128> {
    if let Literal::Bytes(bytes) = literal {
        return (bytes.len() < 16).then(|| {
            bytes
                .iter()
                .fold(0_i128, |sum, byte| sum * 256 + i128::from(*byte))
        });
    }
    let text = said(literal)?;
    let text = text.strip_prefix('+').unwrap_or(&text);
    match text.parse() {
        Ok(number) => Some(number),
        Err(_) => match decimal(text, 0)? {
            Literal::Integer(number) => Some(number),
            _ => None,
        },
    }
}

/// Text, as a column of texts takes a constant.
fn text(literal: &Literal) -> Option<String> {
    match literal {
        Literal::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
        Literal::Text(text) => Some(text.clone()),
        other => said(other),
    }
}

fn binary(literal: &Literal, length: Option<u32>) -> Literal {
    let mut bytes = match literal {
        Literal::Bytes(bytes) => bytes.clone(),
        other => match text(other) {
            Some(text) => text.into_bytes(),
            None => return literal.clone(),
        },
    };
    let length = length.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
    Literal::Bytes(bytes)
}

/// A number with so many digits after the point, rounded as the server does.
fn decimal(text: &str, scale: u32) -> Option<Literal> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (mantissa, exponent) = match lower.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (lower.as_str(), 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    if all.is_empty() || !all.iter().all(u8::is_ascii_digit) || exponent.abs() > 200 {
        return None;
    }
    // How many of the digits stay before the rounding place.
    let point = i64::try_from(whole.len()).ok()? + exponent + i64::from(scale);
    let digit = |at: i64| usize::try_from(at).ok().and_then(|at| all.get(at).copied());
    let mut kept: Vec<u8> = (0..point).map(|at| digit(at).unwrap_or(b'0')).collect();
    if point >= 0 && digit(point).is_some_and(|d| d >= b'5') {
        round_up(&mut kept);
    }
    let scale = usize::try_from(scale).ok()?;
    while kept.len() <= scale {
        kept.insert(0, b'0');
    }
    let digits = String::from_utf8(kept).ok()?;
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let zero = digits.bytes().all(|d| d == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    if scale > 0 {
        return Some(Literal::Number(format!("{sign}{whole}.{fraction}")));
    }
    let number = format!("{sign}{whole}");
    Some(
        number
            .parse()
            .map_or(Literal::Number(number), Literal::Integer),
    )
}

fn round_up(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

/// The one form of a 32-bit number.
fn single(value: f32) -> Literal {
    number(&format!("{value}"), &format!("{value:e}"))
}

/// The one form of a 64-bit number.
fn double(value: f64) -> Literal {
    number(&format!("{value}"), &format!("{value:e}"))
}

fn number(plain: &str, short: &str) -> Literal {
    let text = if plain.len() > 24 { short } else { plain };
    let text = if text == "-0" { "0" } else { text };
    text.parse()
        .map_or_else(|_| Literal::Number(text.to_owned()), Literal::Integer)
}

/// `2000-1-2` as `2000-01-02`; what is no day stays as it is.
fn date(text: &str) -> String {
    let day = text.split([' ', 'T']).next().unwrap_or(text);
    let parts: Vec<&str> = day.split('-').collect();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 && all_digits(&parts) => {
            format!("{year}-{month:0>2}-{day:0>2}")
        }
        _ => text.to_owned(),
    }
}

fn time(text: &str, digits: u32) -> String {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (sign, clock) = match clock.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", clock),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let whole = match parts.as_slice() {
        [h, m] if all_digits(&parts) => format!("{sign}{h:0>2}:{m:0>2}:00"),
        [h, m, s] if all_digits(&parts) => format!("{sign}{h:0>2}:{m:0>2}:{s:0>2}"),
        _ => return text.to_owned(),
    };
    with_fraction(&whole, fraction, digits).unwrap_or_else(|| text.to_owned())
}

fn datetime(text: &str, digits: u32) -> String {
    let (day, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let day = date(day);
    if day.len() != 10 {
        return text.to_owned();
    }
    format!("{day} {}", time(clock.trim(), digits))
}

fn all_digits(parts: &[&str]) -> bool {
    parts
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// The fraction cut or filled up to so many digits; nothing where it is no
/// number, or would have to be rounded.
fn with_fraction(whole: &str, fraction: &str, digits: u32) -> Option<String> {
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = usize::try_from(digits).ok()?;
    let cut = fraction.len().min(digits);
    let (kept, lost) = fraction.split_at(cut);
    if lost.bytes().any(|b| b != b'0') {
        return None;
    }
    Some(if digits == 0 {
        whole.to_owned()
    } else {
        format!("{whole}.{kept:0<digits$}")
    })
}

#[cfg(test)]
mod tests;
