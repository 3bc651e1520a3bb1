//! What no query of the catalogue tells, and the statement that makes a thing
//! does: partitions as they were said, periods, what is said of an index, the
//! tables of a MERGE table, where a sequence starts, how MySQL runs a view, and
//! what foreign keys do where the user may only read. Only what has such a
//! thing, or may have it, is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::queries::Asked;
use super::rows::Row;
use super::statement::Made;
use crate::dialect::TextRow;
use crate::dialect::mysql::name::quote;
use crate::dialect::mysql::{MySql, lexer};

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Table,
    View,
    Sequence,
}

/// A thing, with its database in front.
type Place<'a> = (Kind, &'a str, &'a str);

/// The statements that tell the rest; none where the queries told all.
pub(in crate::dialect::mysql) fn queries(on: MySql, answers: &[Vec<TextRow>]) -> Vec<String> {
    let show = |(kind, schema, name): Place<'_>| {
        let word = match kind {
            Kind::Table => "TABLE",
            Kind::View => "VIEW",
            Kind::Sequence => "SEQUENCE",
        };
        format!("SHOW CREATE {word} {}.{}", quote(schema), quote(name))
    };
    places(on, answers).into_iter().map(show).collect()
}

/// Everything that has to be asked, in the order in which it is.
fn places(on: MySql, answers: &[Vec<TextRow>]) -> BTreeSet<Place<'_>> {
    let rows = |asked: Asked| {
        let at = Asked::LIST.iter().position(|a| *a == asked);
        let rows = at.and_then(|at| answers.get(at + 1));
        rows.map(Vec::as_slice).unwrap_or_default().iter().map(Row)
    };
    let mut places = hidden_keys(rows(Asked::References), rows(Asked::KeyColumns));
    let tables = rows(Asked::Tables);
    places.extend(
        tables
            .clone()
            .filter(says_more)
            .filter_map(|row| place(Kind::Table, row)),
    );
    let sequences = tables.filter(|row| row.get(2) == Some("SEQUENCE"));
    places.extend(sequences.filter_map(|row| place(Kind::Sequence, row)));
    let fulltext = rows(Asked::Indexes).filter(|row| row.get(8) == Some("FULLTEXT"));
    places.extend(fulltext.filter_map(|row| place(Kind::Table, row)));
    if on.is_mariadb() {
        let checks = rows(Asked::Checks).filter(|row| row.get(3).is_some_and(may_be_period));
        places.extend(checks.filter_map(|row| place(Kind::Table, row)));
    } else {
        let views = rows(Asked::Views).filter(|row| row.filled(2).is_some());
        places.extend(views.filter_map(|row| place(Kind::View, row)));
    }
    places
}

fn place(kind: Kind, row: Row<'_>) -> Option<Place<'_>> {
    Some((kind, row.get(0)?, row.get(1)?))
}

/// The tables with foreign keys of which nothing more was told.
fn hidden_keys<'a>(
    references: impl Iterator<Item = Row<'a>>,
    columns: impl Iterator<Item = Row<'a>>,
) -> BTreeSet<Place<'a>> {
    let key = |row: Row<'a>| -> Option<(&'a str, &'a str, &'a str)> {
        Some((row.get(0)?, row.get(1)?, row.get(2)?))
    };
    let told: BTreeSet<_> = references.filter_map(key).collect();
    columns
        .filter_map(key)
        .filter(|key| !told.contains(key))
        .map(|(schema, table, _)| (Kind::Table, schema, table))
        .collect()
}

/// Whether more is said of a table than its row tells. One without an engine
/// cannot be shown.
fn says_more(row: &Row<'_>) -> bool {
    let options = row.get(5).unwrap_or_default().to_ascii_lowercase();
    let Some(engine) = row.get(3) else {
        return false;
    };
    matches!(row.get(2), Some("BASE TABLE" | "SYSTEM VERSIONED"))
        && (engine.eq_ignore_ascii_case("MRG_MYISAM")
            || options.contains("partitioned")
            || options.contains("key_block_size"))
}

/// Whether a check may be that of a period, whose end comes after its start.
fn may_be_period(check: &str) -> bool {
    let sides = check.split_once("` < `");
    sides.is_some_and(|(start, end)| start.starts_with('`') && end.ends_with('`'))
}

/// What was shown.
#[derive(Default)]
pub(super) struct Shown {
    texts: BTreeMap<(Kind, String, String), String>,
    tables: BTreeMap<(String, String), Made>,
}

impl Shown {
    /// From what [`queries`] gave, one list of rows a statement; what could not
    /// be shown has no rows.
    pub(super) fn new(on: MySql, answers: &[Vec<TextRow>], shown: &[Vec<TextRow>]) -> Self {
        let mut own = Self::default();
        for ((kind, schema, name), rows) in places(on, answers).into_iter().zip(shown) {
            let Some(text) = rows.first().and_then(|row| Row(row).get(1)) else {
                continue;
            };
            let (schema, name) = (schema.to_owned(), name.to_owned());
            if kind == Kind::Table {
                own.tables.insert((schema, name), Made::read(text));
            } else {
                own.texts.insert((kind, schema, name), text.to_owned());
            }
        }
        own
    }

    /// A table, by its database and its name.
    pub(super) fn table(&self, schema: &str, name: &str) -> Option<&Made> {
        self.tables.get(&(schema.to_owned(), name.to_owned()))
    }

    /// What foreign keys do, as rows that tell it of others.
    pub(super) fn rules(&self) -> Vec<TextRow> {
        let mut rules = Vec::new();
        for ((schema, table), made) in &self.tables {
            for (key, [delete, update]) in &made.actions {
                let row = [schema, table, key, delete, update];
                rules.push(row.map(|value| Some(value.clone())).to_vec());
            }
        }
        rules
    }

    /// What is said of a sequence: `start with 1 ..`.
    pub(super) fn sequence(&self, schema: &str, name: &str) -> Option<&str> {
        let text = self.text(Kind::Sequence, schema, name)?;
        let said = text.strip_prefix("CREATE SEQUENCE ")?;
        let said = said.strip_prefix(&quote(name))?.trim_start();
        // The engine is the one that the server takes.
        Some(said.split_once(" ENGINE=").map_or(said, |(said, _)| said))
    }

    /// How a view is run.
    pub(super) fn algorithm(&self, schema: &str, name: &str) -> Option<&str> {
        let text = self.text(Kind::View, schema, name)?;
        text.strip_prefix("CREATE ALGORITHM=")?.split(' ').next()
    }

    /// The list of the columns of a view, where it has one: ` (`a`,`b`)`.
    pub(super) fn columns(&self, schema: &str, name: &str) -> Option<String> {
        let sql = self.text(Kind::View, schema, name)?;
        let tokens = lexer::tokens(sql).ok()?;
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(sql, word));
        let mut at = (0..tokens.len()).find(|&at| is(at, "view"))? + 2;
        if is(at, ".") {
            at += 2;
        }
        if !is(at, "(") {
            return Some(String::new());
        }
        let end = (at..tokens.len()).find(|&at| is(at, ")"))?;
        let list = sql.get(tokens.get(at)?.range.start..tokens.get(end)?.range.end)?;
        Some(format!(" {list}"))
    }

    fn text(&self, kind: Kind, schema: &str, name: &str) -> Option<&str> {
        let place = (kind, schema.to_owned(), name.to_owned());
        self.texts.get(&place).map(String::as_str)
    }
}
