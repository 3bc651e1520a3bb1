//! Which line of a file something is on.

use aludel_core::dialect::Dialect;
use aludel_core::revision::{Format, Script};

/// The line on which the byte at `at` stands, from 1.
fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count() + 1
}

/// Where `upgrade` begins in a file, in bytes; 0 where that is not found.
fn start_of_upgrade(text: &str, format: Format) -> usize {
    let mark = match format {
        Format::Rust => "fn upgrade",
        Format::Sql => "-- upgrade",
    };
    let found = match format {
        Format::Rust => text.find(mark),
        // The header may begin with the same words.
        Format::Sql => Script::read(text).ok().and_then(|script| {
            let body = text.find(script.upgrade.as_str())?;
            text.get(..body)?.trim_end().rfind(mark)
        }),
    };
    found.unwrap_or(0)
}

/// The line on which `upgrade` begins.
pub(super) fn of_upgrade(text: &str, format: Format) -> usize {
    line_of(text, start_of_upgrade(text, format))
}

/// The lines of `upgrade`: the first, and the one behind the last.
pub(super) fn upgrade_lines(text: &str, format: Format) -> std::ops::Range<usize> {
    let start = start_of_upgrade(text, format);
    let mark = match format {
        Format::Rust => "fn downgrade",
        Format::Sql => "\n-- downgrade",
    };
    let behind = text.get(start..).and_then(|rest| rest.find(mark));
    let end = behind.map_or(text.len() + 1, |at| start + at);
    line_of(text, start)..line_of(text, end.min(text.len())) + 1
}

/// The lines on which the statements of `upgrade` begin; none of a Rust file.
pub(super) fn of_statements(text: &str, format: Format, dialect: &dyn Dialect) -> Vec<usize> {
    if format == Format::Rust {
        return Vec::new();
    }
    let statements = Script::read(text)
        .and_then(|script| Script::statements(&script.upgrade, dialect))
        .unwrap_or_default();
    let mut at = start_of_upgrade(text, format);
    let mut lines = Vec::new();
    for statement in statements {
        let found = text.get(at..).and_then(|rest| rest.find(&statement.sql));
        at += found.unwrap_or(0);
        lines.push(line_of(text, at));
        at += statement.sql.len();
    }
    lines
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const FILE: &str = "-- upgrade\n--\n-- Revision ID: aa\n-- Revises:\n-- Create Date: d\n\
        -- Dialect: sqlite\n\n-- upgrade\n-- why\nDROP TABLE a;\n\nDROP TABLE a; DROP TABLE\n b;\n\
        \n-- downgrade\nSELECT 1;\n";

    #[test]
    fn statements_are_found_where_they_begin() {
        let sqlite = aludel_core::dialect::named("sqlite").unwrap();
        assert_eq!(of_statements(FILE, Format::Sql, sqlite), [10, 12, 12]);
        assert_eq!(of_upgrade(FILE, Format::Sql), 8);
        assert_eq!(upgrade_lines(FILE, Format::Sql), 8..15);
    }

    #[test]
    fn functions_are_found_by_their_names() {
        let file =
            "//! a\n\npub fn upgrade(op: &mut Op) {\n}\n\npub fn downgrade(op: &mut Op) {\n}\n";
        assert_eq!(of_upgrade(file, Format::Rust), 3);
        assert_eq!(upgrade_lines(file, Format::Rust), 3..7);
        assert_eq!(line_of(file, 0), 1);
    }
}
