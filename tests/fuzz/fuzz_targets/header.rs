//! Migration files: the header, and the sections and statements of a SQL file.
#![no_main]

use aludel_core::dialect::{self, Dialect};
use aludel_core::revision::{Format, Header, Script, ScriptStatement, checksum, with_parents};
use libfuzzer_sys::fuzz_target;

/// What a line of the header begins with, by format.
const COMMENT: [&str; 2] = ["//!", "--"];

/// What is read is what would be written, and follows other revisions with no
/// other byte of the file changed.
fn read_and_change(text: &str, format: Format) {
    let Ok(header) = Header::read(text, format) else {
        return;
    };
    let written = header.write(format);
    let read = Header::read(&written, format).expect("what is written is read");
    assert_eq!(read, header, "{written}");

    let other = Header {
        parents: vec!["00aa11bb22cc".to_owned(), "ffff".to_owned()],
        ..header.clone()
    };
    let changed = with_parents(text, format, &other.parents);
    if Header::read(&other.write(format), format).is_err() {
        // A baseline, or the revision itself.
        assert!(changed.is_err(), "{text}");
        return;
    }
    let changed = changed.expect("what could be written can be changed");
    assert_eq!(Header::read(&changed, format).as_ref(), Ok(&other));
    let (before, after) = (text.split('\n'), changed.split('\n'));
    assert_eq!(before.clone().count(), after.clone().count(), "{changed}");
    let lines: Vec<(&str, &str)> = before.zip(after).filter(|(a, b)| a != b).collect();
    assert!(lines.len() <= 1, "{lines:?}");
    for (before, after) in lines {
        let tail = |line: &str| line[line.trim_end().len()..].to_owned();
        let mark = |line: &str| {
            line.find(COMMENT[format as usize])
                .map(|at| line[..at].to_owned())
        };
        assert_eq!(tail(before), tail(after));
        assert_eq!(mark(before), mark(after));
    }
    if format == Format::Sql {
        assert_eq!(checksum(&changed, format), checksum(text, format));
        assert_eq!(Script::read(&changed), Script::read(text));
    }
    let back = with_parents(&changed, format, &header.parents).expect("there and back");
    assert_eq!(Header::read(&back, format), Ok(header));
}

/// Every statement is a piece of the section and is one, they stand there in
/// that order, and nothing that a server would run stands between them.
fn split(section: &str, dialect: &dyn Dialect) {
    let Ok(statements) = Script::statements(section, dialect) else {
        return;
    };
    // The client's own delimiters: what is one statement is not known without them.
    if dialect.name() == "mysql" && section.to_ascii_lowercase().contains("delimiter") {
        return;
    }
    let is = |text: &str, all: &[&str]| dialect.split_statements(text).is_ok_and(|s| s == all);
    let mut rest = section;
    for ScriptStatement { sql, .. } in &statements {
        // `--` at the end of a text begins a comment, and before `;` it may not.
        assert!(
            is(sql, &[sql.as_str()]) || is(&format!("{sql};"), &[sql.as_str()]),
            "{sql:?}"
        );
        // A comment above may say the same.
        let places = rest.char_indices().map(|(at, _)| at);
        let mut places = places.filter(|at| rest[*at..].starts_with(sql.as_str()));
        let at = places.rfind(|at| {
            // At the end of a text `--` alone is a comment.
            let before = &rest[..*at];
            is(before, &[]) && !before.ends_with("--")
        });
        let at = at.expect("nothing stands between two statements");
        rest = &rest[at + sql.len()..];
    }
    assert!(is(rest, &[]), "{rest:?}");
}

/// Line endings say nothing.
fn with_other_line_endings(text: &str) {
    let other = text.replace('\n', "\r\n");
    for format in Format::ALL {
        assert_eq!(Header::read(&other, format), Header::read(text, format));
    }
    assert_eq!(checksum(&other, Format::Sql), checksum(text, Format::Sql));
    let (Ok(one), Ok(two)) = (Script::read(text), Script::read(&other)) else {
        assert_eq!(Script::read(text).is_ok(), Script::read(&other).is_ok());
        return;
    };
    for dialect in dialect::ALL {
        let count = |script: &Script| {
            let statements = Script::statements(&script.upgrade, *dialect);
            statements.map(|all| all.len()).ok()
        };
        assert_eq!(count(&one), count(&two), "{}", dialect.name());
    }
}

fuzz_target!(|text: &str| {
    for format in Format::ALL {
        checksum(text, format);
        read_and_change(text, format);
    }
    if !text.contains('\r') {
        with_other_line_endings(text);
    }
    let Ok(script) = Script::read(text) else {
        return;
    };
    for section in [Some(&script.upgrade), script.downgrade.as_ref()] {
        let Some(section) = section else { continue };
        for expects in Script::expects(section).unwrap_or_default() {
            let line = expects.to_string();
            assert_eq!(Script::expects(&line), Ok(vec![expects]), "{line}");
        }
        for dialect in dialect::ALL {
            split(section, *dialect);
        }
    }
});
