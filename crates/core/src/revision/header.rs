//! The comment lines on top of a migration file.
//!
//! They are read from the text alone, so that nothing has to be compiled to
//! know the history.

use std::ops::Range;

use super::naming::{check_id, check_label};
use crate::error::{Error, Result};

/// What a migration file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Typed calls, compiled into the application.
    Rust,
    /// Statements for one dialect.
    Sql,
}

impl Format {
    /// Both formats.
    pub const ALL: [Self; 2] = [Self::Rust, Self::Sql];

    /// The word for it in flags and in the configuration; also the suffix of
    /// files in this format is [`Format::extension`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Sql => "sql",
        }
    }

    /// The suffix of its files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Rust => "rs",
            Self::Sql => "sql",
        }
    }

    /// The format of a file by its name; `None` for every file that is no
    /// migration: hidden ones, `mod.rs`, and those with another suffix.
    pub fn of_file(name: &str) -> Option<Self> {
        if name.starts_with('.') || name == "mod.rs" {
            return None;
        }
        let (stem, extension) = name.rsplit_once('.')?;
        Self::ALL
            .into_iter()
            .find(|format| !stem.is_empty() && format.extension() == extension)
    }

    pub(super) fn comment(self) -> &'static str {
        match self {
            Self::Rust => "//!",
            Self::Sql => "--",
        }
    }
}

/// How a migration uses transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransactionMode {
    /// In one of its own.
    #[default]
    Own,
    /// In none: every statement stands alone.
    None,
}

/// What the top of a migration file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// What the migration is about.
    pub message: String,
    /// Its id, unique in the folder.
    pub id: String,
    /// The revisions that it follows: none for the first, several for a merge.
    pub parents: Vec<String>,
    /// The branch that begins here, by name.
    pub labels: Vec<String>,
    /// Revisions of other branches that have to run before it.
    pub depends_on: Vec<String>,
    /// Revisions that this one stands for, which have no files any more.
    pub squashes: Vec<String>,
    /// When it was made, as in `2026-11-20T18:30:12Z`.
    pub create_date: String,
    /// How it uses transactions.
    pub transaction: TransactionMode,
    /// Whether it makes what databases had before there were revisions: it runs
    /// on an empty database alone, and any other one is stamped.
    pub baseline: bool,
    /// The dialect that a SQL file is written in.
    pub dialect: Option<String>,
    /// What it was proven on.
    pub proven: Option<String>,
}

const ID: &str = "Revision ID";
pub(super) const REVISES: &str = "Revises";
const LABELS: &str = "Branch Labels";
const DEPENDS_ON: &str = "Depends On";
const SQUASHES: &str = "Squashes";
const CREATE_DATE: &str = "Create Date";
const DIALECT: &str = "Dialect";
const TRANSACTION: &str = "Transaction";
const BASELINE: &str = "Baseline";
const PROVEN: &str = "Proven";

/// Every field, in the order in which they are written.
const FIELDS: [&str; 10] = [
    ID,
    REVISES,
    LABELS,
    DEPENDS_ON,
    SQUASHES,
    CREATE_DATE,
    DIALECT,
    TRANSACTION,
    BASELINE,
    PROVEN,
];

impl Header {
    /// The header of a file.
    ///
    /// # Errors
    /// A file without one, or with one that lacks a field, repeats one or has
    /// a value that means nothing.
    pub fn read(text: &str, format: Format) -> Result<Self> {
        read(&lines(text, format).texts, format)
    }

    /// The comment lines of the header, each ending in a newline.
    pub fn write(&self, format: Format) -> String {
        let comment = format.comment();
        let mut out = String::new();
        let mut line = |text: &str| {
            out.push_str(comment);
            if !text.is_empty() {
                out.push(' ');
                out.push_str(text);
            }
            out.push('\n');
        };
        let message = self.message.trim();
        if !message.is_empty() {
            for text in message.lines().map(str::trim) {
                // No line of the message may be taken for one that begins a section.
                let marks = is_marker(&format!("{comment} {text}"));
                line(&format!("{}{text}", if marks { " " } else { "" }));
            }
            line("");
        }
        for field in FIELDS {
            if let Some(value) = self.value(field) {
                line(format!("{field}: {value}").trim_end());
            }
        }
        out
    }

    /// The text of a field; `None` where it is not written.
    fn value(&self, field: &str) -> Option<String> {
        let list = |items: &[String]| (!items.is_empty()).then(|| items.join(", "));
        match field {
            ID => Some(self.id.clone()),
            REVISES => Some(self.parents.join(", ")),
            LABELS => list(&self.labels),
            DEPENDS_ON => list(&self.depends_on),
            SQUASHES => list(&self.squashes),
            CREATE_DATE => Some(self.create_date.clone()),
            DIALECT => self.dialect.clone(),
            TRANSACTION => (self.transaction == TransactionMode::None).then(|| "none".to_owned()),
            BASELINE => self.baseline.then(|| "true".to_owned()),
            _ => self.proven.clone(),
        }
    }

    fn set(&mut self, field: &str, value: &str) -> Result<()> {
        match field {
            ID => {
                check_id(value)?;
                self.id = value.to_owned();
            }
            REVISES => self.parents = list(value),
            LABELS => {
                self.labels = list(value);
                self.labels
                    .iter()
                    .try_for_each(|label| check_label(label))?;
            }
            DEPENDS_ON => self.depends_on = list(value),
            SQUASHES => self.squashes = list(value),
            CREATE_DATE => self.create_date = value.to_owned(),
            DIALECT => self.dialect = text(value),
            TRANSACTION => self.transaction = transaction(value)?,
            BASELINE => self.baseline = baseline(value)?,
            _ => self.proven = text(value),
        }
        Ok(())
    }
}

/// The lines of the header without their comment marks, and where the body
/// begins.
pub(super) struct Lines<'a> {
    pub(super) texts: Vec<&'a str>,
    /// Where each of them stands, from its comment mark to its last letter.
    pub(super) ranges: Vec<Range<usize>>,
    /// The byte after the header.
    pub(super) end: usize,
}

/// A line that is a section mark and no part of a header that already has its
/// id. Before the id such a line can only be a message.
pub(super) fn is_marker(line: &str) -> bool {
    matches!(line, "-- upgrade" | "-- downgrade")
}

pub(super) fn lines(text: &str, format: Format) -> Lines<'_> {
    let comment = format.comment();
    let mut texts = Vec::new();
    let mut ranges = Vec::new();
    let mut offset = 0;
    let mut end = 0;
    let mut identified = false;
    for whole in text.split_inclusive('\n') {
        let start = offset;
        offset += whole.len();
        let line = whole.trim_end_matches(['\n', '\r']);
        let line = if start == 0 {
            line.trim_start_matches('\u{feff}')
        } else {
            line
        };
        if identified && format == Format::Sql && is_marker(line) {
            break;
        }
        let said = line.trim();
        if let Some(rest) = said.strip_prefix(comment) {
            let rest = rest.trim();
            let last = offset - (whole.len() - whole.trim_end().len());
            ranges.push(last - said.len()..last);
            identified = identified || field(rest).is_some_and(|(name, _)| name == ID);
            texts.push(rest);
            end = offset;
        } else if !(texts.is_empty() && may_stand_above(line, format)) {
            break;
        }
    }
    Lines { texts, ranges, end }
}

/// What may stand above a header: nothing, a licence, an attribute.
fn may_stand_above(line: &str, format: Format) -> bool {
    let line = line.trim();
    line.is_empty()
        || (format == Format::Rust && (line.starts_with("//") || line.starts_with("#!")))
}

/// Which lines of a header are its fields: one paragraph. Everything above is
/// the message, even a line in it that looks like a field.
pub(super) fn fields(lines: &[&str]) -> Option<Range<usize>> {
    let is_id = |line: &&str| field(line).is_some_and(|(name, _)| name == ID);
    let at = lines.iter().rposition(is_id)?;
    let blank = |line: &&str| line.is_empty();
    let from = lines[..at].iter().rposition(blank).map_or(0, |n| n + 1);
    let first = lines[from..=at]
        .iter()
        .position(|line| field(line).is_some())
        .unwrap_or_default();
    let end = lines[at..].iter().position(blank);
    Some(from + first..end.map_or(lines.len(), |n| at + n))
}

fn read(lines: &[&str], format: Format) -> Result<Header> {
    let Some(fields) = fields(lines) else {
        return Err(no_header(format));
    };
    let mut header = Header {
        message: lines[..fields.start].join("\n").trim().to_owned(),
        ..Header::default()
    };
    let mut seen = Vec::new();
    for line in &lines[fields] {
        let Some((name, value)) = field(line) else {
            misspelt(line)?;
            continue;
        };
        if seen.contains(&name) {
            return Err(Error::new(format!("the header says `{name}` twice")));
        }
        seen.push(name);
        header.set(name, value)?;
    }
    for name in [REVISES, CREATE_DATE] {
        if !seen.contains(&name) {
            let hint = match name {
                REVISES => format!(
                    "add a line `{} Revises: <id>`; the first migration has `{} Revises:`",
                    format.comment(),
                    format.comment()
                ),
                _ => format!(
                    "add a line `{} Create Date: 2026-01-31T12:00:00Z`",
                    format.comment()
                ),
            };
            return Err(Error::new(format!("the header has no `{name}` line")).with_hint(hint));
        }
    }
    if format == Format::Sql && header.dialect.is_none() {
        return Err(Error::new("the header has no `Dialect` line")
            .with_hint("a SQL file is for one dialect: add a line `-- Dialect: sqlite`"));
    }
    if header.baseline && !(header.parents.is_empty() && header.depends_on.is_empty()) {
        return Err(Error::new(format!(
            "revision `{}` is a baseline and needs others before it",
            header.id
        ))
        .with_hint(
            "a baseline makes an empty database what others are already, so nothing comes before \
             it: leave out `Baseline`, or `Revises` and `Depends On` empty",
        ));
    }
    if header.parents.contains(&header.id) {
        return Err(
            Error::new(format!("revision `{}` revises itself", header.id))
                .with_hint("`Revises` names the revision before it"),
        );
    }
    Ok(header)
}

fn no_header(format: Format) -> Error {
    let comment = format.comment();
    Error::new("no migration header: there is no `Revision ID` line").with_hint(format!(
        "a migration begins with `{comment}` lines: a message, `Revision ID:`, `Revises:` and \
         `Create Date:`"
    ))
}

/// The canonical name of a field and its value.
pub(super) fn field(line: &str) -> Option<(&'static str, &str)> {
    let (name, value) = line.split_once(':')?;
    let name = FIELDS
        .into_iter()
        .find(|field| field.eq_ignore_ascii_case(name.trim()))?;
    Some((name, value.trim()))
}

/// A line among the fields that is none, but nearly one.
fn misspelt(line: &str) -> Result<()> {
    let Some((name, _)) = line.split_once(':') else {
        return Ok(());
    };
    let close = FIELDS
        .into_iter()
        .find(|field| strsim::jaro_winkler(&field.to_lowercase(), &name.to_lowercase()) > 0.87);
    match close {
        Some(field) => Err(Error::new(format!("unknown header field `{name}`"))
            .with_hint(format!("did you mean `{field}`?"))),
        None => Ok(()),
    }
}

fn list(value: &str) -> Vec<String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty() && text(item).is_some() && *item != "base")
        .map(str::to_owned)
        .collect()
}

/// A value, unless it says in words that there is none.
fn text(value: &str) -> Option<String> {
    (!value.is_empty() && !value.eq_ignore_ascii_case("none") && value != "-")
        .then(|| value.to_owned())
}

fn baseline(value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" => Ok(true),
        "" | "false" | "no" | "none" => Ok(false),
        _ => Err(
            Error::new(format!("`{value}` does not say whether this is a baseline"))
                .with_hint("write `Baseline: true`, or leave the line out"),
        ),
    }
}

fn transaction(value: &str) -> Result<TransactionMode> {
    match value.to_ascii_lowercase().as_str() {
        "none" => Ok(TransactionMode::None),
        "own" | "each" => Ok(TransactionMode::Own),
        _ => Err(
            Error::new(format!("`{value}` is no way to use transactions")).with_hint(
                "write `Transaction: none`, or leave the line out for a transaction of its own",
            ),
        ),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const RUST: &str = "\
//! add route_return to traceroute
//!
//! Revision ID: ac311b3782a1
//! Revises: 1717fa5c6545
//! Create Date: 2026-11-20T18:30:12Z
";
    const SQL: &str = "\
-- add route_return to traceroute
--
-- Revision ID: ac311b3782a1
-- Revises: 1717fa5c6545
-- Create Date: 2026-11-20T18:30:12Z
-- Dialect: sqlite
";

    #[test]
    fn both_formats_come_back_as_they_were_written() {
        let header = Header::read(RUST, Format::Rust).unwrap();
        assert_eq!(header.message, "add route_return to traceroute");
        assert_eq!(header.id, "ac311b3782a1");
        assert_eq!(header.parents, ["1717fa5c6545"]);
        assert_eq!(header.write(Format::Rust), RUST);
        let header = Header::read(SQL, Format::Sql).unwrap();
        assert_eq!(header.dialect.as_deref(), Some("sqlite"));
        assert_eq!(header.write(Format::Sql), SQL);
    }

    #[test]
    fn every_field_survives() {
        let header = Header {
            message: "merge\n\ntwo lines".into(),
            id: "abc".into(),
            parents: vec!["a1".into(), "b2".into()],
            labels: vec!["wifi".into()],
            depends_on: vec!["c3".into()],
            squashes: vec!["d4".into(), "e5".into()],
            create_date: "2026-11-20T18:30:12Z".into(),
            transaction: TransactionMode::None,
            baseline: false,
            dialect: Some("sqlite".into()),
            proven: Some("sqlite 3.51.3 0123abcd".into()),
        };
        for format in Format::ALL {
            let text = header.write(format);
            assert_eq!(Header::read(&text, format).unwrap(), header, "{text}");
        }
    }

    #[test]
    fn a_baseline_stands_at_the_beginning() {
        let header = Header {
            id: "abc".into(),
            create_date: "d".into(),
            baseline: true,
            dialect: Some("sqlite".into()),
            ..Header::default()
        };
        for format in Format::ALL {
            let text = header.write(format);
            assert!(text.contains(" Baseline: true\n"), "{text}");
            assert_eq!(Header::read(&text, format).unwrap(), header, "{text}");
            let later = text.replace("Revises:", "Revises: a1");
            let error = Header::read(&later, format).unwrap_err();
            assert!(error.message.contains("needs others"), "{error}");
            let odd = text.replace("true", "perhaps");
            assert!(Header::read(&odd, format).is_err(), "{odd}");
            let not = text.replace("true", "false");
            assert!(!Header::read(&not, format).unwrap().baseline, "{not}");
        }
    }

    #[test]
    fn a_message_may_look_like_anything() {
        for message in [
            "upgrade",
            "Revision ID: x",
            "Revises: y",
            "downgrade",
            "Revision ID: x\nupgrade",
        ] {
            let header = Header {
                message: message.into(),
                id: "abc".into(),
                create_date: "d".into(),
                dialect: Some("sqlite".into()),
                ..Header::default()
            };
            for format in Format::ALL {
                let text = header.write(format) + "\n-- upgrade\n";
                assert_eq!(Header::read(&text, format).unwrap(), header, "{text}");
            }
        }
    }

    #[test]
    fn what_stands_around_the_header_does_not_matter() {
        let text = format!("\u{feff}// Licence\n#![allow(x)]\n\n{RUST}\nuse aludel::x;\n//! no\n")
            .replace('\n', "\r\n");
        assert_eq!(
            Header::read(&text, Format::Rust).unwrap().id,
            "ac311b3782a1"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let message = |text: &str, format| Header::read(text, format).unwrap_err().message;
        assert!(message("use x;\n", Format::Rust).contains("`Revision ID`"));
        assert!(message("", Format::Sql).contains("`Revision ID`"));
        assert!(
            message("//! Revision ID: a\n//! Create Date: d", Format::Rust).contains("`Revises`")
        );
        assert!(
            message("//! Revision ID: a\n//! Revises:", Format::Rust).contains("`Create Date`")
        );
        let no_dialect = SQL.replace("-- Dialect: sqlite\n", "");
        assert!(message(&no_dialect, Format::Sql).contains("`Dialect`"));
        assert!(
            message(&RUST.replace("1717fa5c6545", "ac311b3782a1"), Format::Rust).contains("itself")
        );
        assert!(message(&format!("{RUST}//! Revises: x"), Format::Rust).contains("twice"));
        assert!(message(&format!("{RUST}//! Transaction: maybe"), Format::Rust).contains("maybe"));
        assert!(
            message(&format!("{RUST}//! Transactoin: none"), Format::Rust).contains("Transactoin")
        );
    }
}
