//! Which texts PostgreSQL takes for numbers and for values of truth, beside
//! those that every database takes.
//!
//! Owns the spellings of its input functions ("Numeric Constants" and "Boolean
//! Type" in the manual), and since when it knows them.

use crate::dialect::Server;
use crate::schema::ColumnType;

/// Whether a text is a value of that type on the server.
pub(super) fn takes(server: &Server, ty: &ColumnType, text: &str) -> bool {
    match ty {
        ColumnType::Boolean => is_truth(text),
        ColumnType::Float | ColumnType::Double => hexadecimal(text).is_some(),
        ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger => {
            server.at_least(16, 0) && is_whole(text)
        }
        ColumnType::Decimal(_) => server.at_least(16, 0) && (is_whole(text) || is_grouped(text)),
        _ => false,
    }
}

/// Words may be cut where they still mean one thing.
fn is_truth(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let words = ["true", "false", "yes", "no", "on", "off"];
    let mut found = words.iter().filter(|word| word.starts_with(&text));
    !text.is_empty() && found.next().is_some() && found.next().is_none()
}

fn unsigned(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

/// The digits behind `0x`.
fn hexadecimal(text: &str) -> Option<&str> {
    let text = unsigned(text);
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))?;
    let all = digits.chars().all(|c| c.is_ascii_hexdigit());
    (all && !digits.is_empty()).then_some(digits)
}

/// `0x1F`, `0o17`, `0b101` and `1_000`: single underscores stand between
/// digits.
fn is_whole(text: &str) -> bool {
    let text = unsigned(text).to_ascii_lowercase();
    let prefixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    let based = prefixes
        .iter()
        .find_map(|(prefix, base)| Some((text.strip_prefix(prefix)?, *base)));
    match based {
        // One may stand behind the prefix too.
        Some((digits, base)) => is_group(digits.strip_prefix('_').unwrap_or(digits), base),
        None => is_group(&text, 10),
    }
}

fn is_group(text: &str, base: u32) -> bool {
    let mut groups = text.split('_');
    groups.all(|group| !group.is_empty() && group.chars().all(|c| c.is_digit(base)))
}

/// `1_000.25` and `1_0e1_0`.
fn is_grouped(text: &str) -> bool {
    let text = unsigned(text).to_ascii_lowercase();
    let (number, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
    let part = |digits: &str| digits.is_empty() || is_group(digits, 10);
    part(whole) && part(rest) && (whole.len() + rest.len() > 0) && is_group(unsigned(exponent), 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_version_reads_is_taken() {
        let on = |major: u32| Server {
            version: (major, 0, 0),
            ..Server::default()
        };
        let (old, new) = (on(15), on(16));
        for text in ["0x10", "-0X1f", "1_000", "0b1_01", "0o_17", " +1_0 "] {
            assert!(takes(&new, &ColumnType::Integer, text), "{text}");
            assert!(!takes(&old, &ColumnType::Integer, text), "{text}");
        }
        for text in ["0x", "1__000", "_1", "1_", "0b2", "0xg", "abc", ""] {
            assert!(!takes(&new, &ColumnType::Integer, text), "{text}");
        }
        let decimal = ColumnType::Decimal(None);
        assert!(takes(&new, &decimal, "1_000.25"));
        assert!(takes(&new, &decimal, "0x10"));
        assert!(!takes(&new, &decimal, "1_000._5"));
        assert!(takes(&old, &ColumnType::Double, "0x10"));
        assert!(!takes(&new, &ColumnType::Double, "1_000"));
    }

    #[test]
    fn words_of_truth_may_be_cut() {
        let takes = |text: &str| takes(&Server::default(), &ColumnType::Boolean, text);
        for text in ["tr", "fals", "ye", "of", " ON "] {
            assert!(takes(text), "{text}");
        }
        for text in ["o", "", "truely", "x"] {
            assert!(!takes(text), "{text}");
        }
    }
}
