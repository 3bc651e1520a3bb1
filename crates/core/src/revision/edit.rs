//! Headers that are changed in their place; the rest of the file stays as it
//! is, to the byte.

use super::header::{Format, Header, REVISES, field, fields, lines};
use crate::error::{Error, Result};

/// A file that follows other revisions than before.
///
/// # Errors
/// A header that cannot be read.
pub fn with_parents(text: &str, format: Format, parents: &[String]) -> Result<String> {
    let before = Header::read(text, format)?;
    let lines = lines(text, format);
    let mut of_fields = fields(&lines.texts).unwrap_or_default();
    let is_it = |at: &usize| field(lines.texts[*at]).is_some_and(|(name, _)| name == REVISES);
    let Some(at) = of_fields.find(is_it) else {
        return Err(Error::new(format!("the header has no `{REVISES}` line")));
    };
    let said = format!("{} {REVISES}: {}", format.comment(), parents.join(", "));
    let mut changed = text.to_owned();
    changed.replace_range(lines.ranges[at].clone(), said.trim_end());
    let wanted = Header {
        parents: parents.to_vec(),
        ..before
    };
    if Header::read(&changed, format)? != wanted {
        return Err(Error::new(format!(
            "the `{REVISES}` line cannot be changed in its place"
        ))
        .with_hint("change it by hand"));
    }
    Ok(changed)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_is_another() {
        let text = "-- Revises: x\r\n--\r\n-- Revision ID: abc\r\n--   revises : old\r\n-- Create \
                    Date: d\r\n-- Dialect: sqlite\r\n\r\n-- upgrade\r\n-- Revises: y\r\n";
        let changed = with_parents(text, Format::Sql, &["a".into(), "b".into()]).unwrap();
        let expected = text.replace("--   revises : old", "-- Revises: a, b");
        assert_eq!(changed, expected);
        let text = "\u{feff}//! m\n//!\n//! Revision ID: abc\n//! Revises:\n//! Create Date: d\n\nfn x() {}\n";
        let changed = with_parents(text, Format::Rust, &["a".into()]).unwrap();
        assert_eq!(changed, text.replace("Revises:", "Revises: a"));
        let back = with_parents(&changed, Format::Rust, &[]).unwrap();
        assert_eq!(back, text);
        assert!(with_parents("fn x() {}", Format::Rust, &[]).is_err());
    }

    #[test]
    fn what_is_no_field_stays() {
        let text = "\u{feff} -- Revises: old \n-- Revision ID: abc\n-- Create Date: d\n-- Dialect: \
                    sqlite\n--\n-- Revises: the rest\n-- upgrade\n";
        let changed = with_parents(text, Format::Sql, &["a".into()]).unwrap();
        assert_eq!(changed, text.replace("old", "a"));
    }
}
