//! The two sections of a SQL file.
//!
//! A section is statements and marker lines. A marker is a line with exactly
//! its words:
//!
//! | line | says |
//! |---|---|
//! | `-- upgrade`, `-- downgrade` | here a section begins |
//! | `-- expects: <table> <hash>` | what the section was written for |
//! | `-- autocommit` | the statement below may not run in a transaction |
//!
//! What stands above `-- autocommit` is committed before that statement runs,
//! and what follows it runs in a transaction of its own. A file without such a
//! line is all or nothing.

use std::fmt;

use super::header::{Format, is_marker, lines};
use crate::dialect::Dialect;
use crate::error::{Error, Result};

/// What a SQL file does, as text; statements are split by the dialect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// The text after `-- upgrade`.
    pub upgrade: String,
    /// The text after `-- downgrade`; `None` where there is no such line.
    pub downgrade: Option<String>,
}

/// What a section says of a table that it writes again:
/// `-- expects: <table> <hash>`. A name that a line cannot hold as it is stands
/// there in quotes, as Rust writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expects {
    /// The table.
    pub table: String,
    /// The hash over all that the rebuild reads.
    pub hash: String,
}

impl fmt::Display for Expects {
    /// The whole line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = &self.table;
        let plain = !table.contains(char::is_control) && table.trim() == table;
        if plain && !table.is_empty() && !table.starts_with('"') {
            write!(f, "{EXPECTS} {table} {}", self.hash)
        } else {
            write!(f, "{EXPECTS} {table:?} {}", self.hash)
        }
    }
}

/// What follows the beginning of such a line.
fn expected(rest: &str) -> Option<Expects> {
    let (table, hash) = rest.trim().rsplit_once(' ')?;
    let table = match table.trim() {
        quoted if quoted.starts_with('"') => unquoted(quoted)?,
        plain => plain.to_owned(),
    };
    Some(Expects {
        table,
        hash: hash.to_owned(),
    })
}

/// The text that Rust writes so, without its quotes.
fn unquoted(text: &str) -> Option<String> {
    let mut letters = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut out = String::new();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        out.push(match letters.next()? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '0' => '\0',
            'u' => {
                let (code, rest) = letters.as_str().strip_prefix('{')?.split_once('}')?;
                letters = rest.chars();
                char::from_u32(u32::from_str_radix(code, 16).ok()?)?
            }
            other => other,
        });
    }
    Some(out)
}

/// One statement of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptStatement {
    /// The SQL, without a final semicolon.
    pub sql: String,
    /// It may not run inside a transaction.
    pub alone: bool,
}

/// The line above a statement that may not run inside a transaction.
pub const AUTOCOMMIT: &str = "-- autocommit";

/// What a line of [`Expects`] begins with.
const EXPECTS: &str = "-- expects:";

impl Script {
    /// The statements of a section, in order.
    ///
    /// # Errors
    /// A text that ends inside a string, a comment or a body, or an
    /// `-- autocommit` line that no statement follows.
    pub fn statements(section: &str, dialect: &dyn Dialect) -> Result<Vec<ScriptStatement>> {
        let mut stretches = vec![String::new()];
        for whole in section.split_inclusive('\n') {
            if whole.trim_end_matches(['\n', '\r']) == AUTOCOMMIT {
                stretches.push(String::new());
            } else if let Some(last) = stretches.last_mut() {
                last.push_str(whole);
            }
        }
        let mut all = Vec::new();
        for (number, stretch) in stretches.iter().enumerate() {
            let statements = dialect.split_statements(stretch)?;
            if number > 0 && statements.is_empty() {
                return Err(
                    Error::new(format!("no statement follows a line `{AUTOCOMMIT}`"))
                        .with_hint("the line stands right above the statement that it is about"),
                );
            }
            let of_stretch = statements.into_iter().enumerate();
            all.extend(of_stretch.map(|(at, sql)| ScriptStatement {
                sql,
                alone: number > 0 && at == 0,
            }));
        }
        Ok(all)
    }

    /// The sections of a file.
    ///
    /// # Errors
    /// No `-- upgrade` line, one that stands twice, or statements above both.
    pub fn read(text: &str) -> Result<Self> {
        let mut upgrade: Option<String> = None;
        let mut downgrade: Option<String> = None;
        let mut upwards = true;
        let body = text.get(lines(text, Format::Sql).end..).unwrap_or_default();
        for whole in body.split_inclusive('\n') {
            let line = whole.trim_end_matches(['\n', '\r']);
            if is_marker(line) {
                upwards = line == "-- upgrade";
                let section = if upwards {
                    &mut upgrade
                } else {
                    &mut downgrade
                };
                if section.is_some() {
                    return Err(Error::new(format!("the line `{line}` stands twice")));
                }
                *section = Some(String::new());
                continue;
            }
            match if upwards {
                &mut upgrade
            } else {
                &mut downgrade
            } {
                Some(section) => section.push_str(whole),
                None if line.trim().is_empty() || line.trim_start().starts_with("--") => {}
                None => {
                    return Err(Error::new(format!(
                        "`{}` stands above the line `-- upgrade`",
                        line.trim()
                    ))
                    .with_hint("statements belong below `-- upgrade` or `-- downgrade`"));
                }
            }
        }
        let upgrade = upgrade.ok_or_else(|| {
            Error::new("there is no line `-- upgrade`")
                .with_hint("the line has exactly those words and nothing else")
        })?;
        Ok(Self { upgrade, downgrade })
    }

    /// The expectations that a section names. The hash is the last word of the
    /// line, so that a table's name may hold spaces.
    ///
    /// # Errors
    /// A line that names no table or no hash.
    pub fn expects(section: &str) -> Result<Vec<Expects>> {
        section
            .lines()
            .filter_map(|line| line.trim_end().strip_prefix(EXPECTS))
            .map(|rest| {
                expected(rest).ok_or_else(|| {
                    Error::new(format!("`{EXPECTS}{rest}` is not complete"))
                        .with_hint("the line is `-- expects: <table> <hash>`")
                })
            })
            .collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const HEADER: &str =
        "-- upgrade\n--\n-- Revision ID: a\n-- Revises:\n-- Create Date: d\n-- Dialect: sqlite\n";

    #[test]
    fn sections_are_told_apart() {
        let script = Script::read(&format!(
            "{HEADER}\n-- upgrade\nCREATE TABLE a (b);\n  -- upgrade\n\n-- downgrade\r\nDROP TABLE a;\n"
        ))
        .unwrap();
        assert_eq!(script.upgrade, "CREATE TABLE a (b);\n  -- upgrade\n\n");
        assert_eq!(script.downgrade.as_deref(), Some("DROP TABLE a;\n"));
        let script = Script::read(&format!("{HEADER}-- upgrade\nSELECT 1")).unwrap();
        assert_eq!(script.upgrade, "SELECT 1");
        assert_eq!(script.downgrade, None);
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            Script::read(HEADER)
                .unwrap_err()
                .message
                .contains("no line")
        );
        let twice = format!("{HEADER}-- upgrade\n-- upgrade\n");
        assert!(Script::read(&twice).unwrap_err().message.contains("twice"));
        let above = format!("{HEADER}DROP TABLE a;\n-- upgrade\n");
        assert!(Script::read(&above).unwrap_err().message.contains("above"));
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_statement_may_stand_alone() {
        let sqlite = crate::dialect::sqlite::Sqlite;
        let section = "A;\n-- why\n-- autocommit\r\nB; C;\n-- autocommit\nD;\n";
        let found = Script::statements(section, &sqlite).unwrap();
        let found: Vec<_> = found.iter().map(|s| (s.sql.as_str(), s.alone)).collect();
        assert_eq!(
            found,
            [("A", false), ("B", true), ("C", false), ("D", true)]
        );
        let nothing = Script::statements("A;\n-- autocommit\n", &sqlite).unwrap_err();
        assert!(nothing.message.contains("no statement follows"));
        // A line of a string is no marker, so it is not one to write, either.
        assert!(Script::statements("SELECT '\n-- autocommit\n';", &sqlite).is_err());
    }

    #[test]
    fn expectations_may_name_odd_tables() {
        let found =
            Script::expects("-- expects: my table 00ff\nDROP TABLE x;\n-- expects: t 11").unwrap();
        assert_eq!(found[0].table, "my table");
        assert_eq!(found[1].hash, "11");
        assert!(Script::expects("-- expects: t").is_err());
    }

    #[test]
    fn no_name_gets_out_of_its_line() {
        for name in [
            "",
            "t",
            "a b",
            "it's \\ \"so\"",
            "\"t\"",
            " lead and trail ",
            "a\nDROP TABLE b;\n-- ",
            "\r\u{85}\u{0}\t\u{1f980}",
        ] {
            let expects = Expects {
                table: name.to_owned(),
                hash: "00ff".to_owned(),
            };
            let line = expects.to_string();
            assert!(!line.contains(char::is_control), "{line:?}");
            assert_eq!(Script::expects(&line).unwrap(), [expects], "{line}");
        }
        assert!(Script::expects("-- expects: \"t 00ff").is_err());
    }
}
