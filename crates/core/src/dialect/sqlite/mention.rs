//! Which tables and columns a view, a trigger or an index names.
//!
//! Owns the reading of stored statements by their tokens, as far as it takes
//! to say that a statement names a table or a column. Where the tokens leave
//! it open (an unqualified name that another table has too), nothing is
//! claimed: SQLite itself resolves every view and trigger before the end of a
//! migration, and refuses what is wrong. It must not know any operation.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::lexer::{self, Token, TokenKind};
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::error::Result;
use crate::schema::Table;

/// Words that are never the name of a column unless they are in quotes, or
/// that stand far more often for themselves.
const KEYWORDS: &str = " add all alter and as asc between by case cast check collate commit \
    constraint create cross default delete desc distinct do drop each else end escape except \
    exists filter following for foreign from full glob group having in index inner insert \
    intersect into is isnull join left like limit natural not nothing notnull null on or order \
    outer over partition preceding primary recursive references regexp returning right select \
    set table then to transaction union unique update using values when where window with ";

/// One token, with the name that it may be.
struct Word {
    kind: TokenKind,
    range: Range<usize>,
    /// In lower case and without quotes; marks as they are.
    fold: String,
}

/// A table or view that a statement names.
struct Relation {
    /// The word.
    at: usize,
    /// The word of its alias.
    alias: Option<usize>,
}

/// A stored statement, read as far as names go.
pub(super) struct Reading {
    words: Vec<Word>,
    relations: Vec<Relation>,
    /// The relation of a trigger's `ON`.
    target: Option<usize>,
    /// The first word after the header: a view's `AS`, a trigger's `BEGIN`.
    body: usize,
    /// The words of `UPDATE OF a, b`.
    update_of: Range<usize>,
}

impl Reading {
    /// Reads a `CREATE` statement.
    pub(super) fn new(sql: &str) -> Result<Self> {
        let words: Vec<Word> = lexer::tokens(sql)?
            .into_iter()
            .map(|token| word(&token, sql))
            .collect();
        let mut reading = Self {
            words,
            relations: Vec::new(),
            target: None,
            body: 0,
            update_of: 0..0,
        };
        reading.read_header();
        reading.read_relations();
        Ok(reading)
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.words
            .get(at)
            .is_some_and(|w| matches!(w.kind, TokenKind::Word | TokenKind::Mark) && w.fold == text)
    }

    fn before(&self, at: usize, text: &str) -> bool {
        at > 0 && self.is(at - 1, text)
    }

    fn is_name(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|w| match w.kind {
            TokenKind::Quoted => true,
            TokenKind::Word => !KEYWORDS.contains(&format!(" {} ", w.fold)),
            _ => false,
        })
    }

    fn fold(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |w| w.fold.as_str())
    }

    fn read_header(&mut self) {
        let is_trigger = (0..4).any(|n| self.is(n, "trigger"));
        if !is_trigger {
            self.body = (0..self.words.len())
                .find(|&n| self.is(n, "as"))
                .unwrap_or(0);
            return;
        }
        self.body = (0..self.words.len())
            .find(|&n| self.is(n, "begin"))
            .unwrap_or(self.words.len());
        let on = (3..self.body).find(|&n| self.is(n, "on"));
        let of = (3..on.unwrap_or(0)).find(|&n| self.is(n, "of") && self.before(n, "update"));
        if let (Some(of), Some(on)) = (of, on) {
            self.update_of = of + 1..on;
        }
        if let Some(on) = on {
            let mut at = on + 1;
            if self.is(at + 1, ".") {
                at += 2;
            }
            self.relations.push(Relation { at, alias: None });
            self.target = Some(at);
        }
    }

    /// A walk through the body that knows only this: what follows `FROM`,
    /// `JOIN`, `INTO`, `UPDATE`, `IN`, and a comma among tables, is a table.
    fn read_relations(&mut self) {
        let mut from = vec![false];
        let mut expected = false;
        let mut at = self.target.map_or(self.body, |on| on + 1);
        while at < self.words.len() {
            // `UPDATE OR IGNORE t`: the word after OR is not the table.
            if expected && self.is_name(at) && !self.before(at, "or") {
                at = self.read_relation(at);
                expected = false;
                continue;
            }
            let fold = match self.words[at].kind {
                TokenKind::Word | TokenKind::Mark => self.fold(at).to_owned(),
                _ => String::new(),
            };
            match fold.as_str() {
                "from" if !self.before(at, "distinct") => {
                    set(&mut from, true);
                    expected = true;
                }
                "join" => {
                    set(&mut from, true);
                    expected = true;
                }
                "into" | "update" | "in" => expected = true,
                "or" => {}
                _ if expected && self.before(at, "or") => {}
                "," => expected = from.last().copied().unwrap_or(false),
                "(" => from.push(expected),
                ")" => {
                    if from.len() > 1 {
                        from.pop();
                    }
                    expected = false;
                }
                "select" | "where" | "group" | "order" | "having" | "limit" | "union"
                | "except" | "intersect" | "set" | "values" | "window" | "returning" | ";" => {
                    set(&mut from, false);
                    expected = false;
                }
                _ => expected = false,
            }
            at += 1;
        }
        let common = self.common_table_names();
        let relations = std::mem::take(&mut self.relations);
        self.relations = relations
            .into_iter()
            .filter(|r| Some(r.at) == self.target || !common.contains(self.fold(r.at)))
            .collect();
    }

    /// Reads `[schema.]name [[AS] alias]` and tells where it ends.
    fn read_relation(&mut self, at: usize) -> usize {
        let at = if self.is(at + 1, ".") { at + 2 } else { at };
        let mut end = at + 1;
        let mut alias = None;
        let named = if self.is(end, "as") { end + 1 } else { end };
        let follows_set = ["indexed", "begin"].contains(&self.fold(named));
        if self.is_name(named) && !follows_set {
            alias = Some(named);
            end = named + 1;
        }
        self.relations.push(Relation { at, alias });
        end
    }

    /// The names that `WITH` gives.
    fn common_table_names(&self) -> BTreeSet<String> {
        let starts = |n: usize| {
            self.is(n, "(")
                || ((self.is(n, "materialized")) && self.is(n + 1, "("))
                || (self.is(n, "not") && self.is(n + 1, "materialized"))
        };
        let mut names = BTreeSet::new();
        for at in self.body + 1..self.words.len() {
            let opens = self.before(at, "with")
                || self.before(at, "recursive")
                || (self.before(at, ",") && self.words.iter().any(|w| w.fold == "with"));
            if !opens || !self.is_name(at) {
                continue;
            }
            let mut next = at + 1;
            if self.is(next, "(") {
                while next < self.words.len() && !self.is(next, ")") {
                    next += 1;
                }
                next += 1;
            }
            if self.is(next, "as") && starts(next + 1) {
                names.insert(self.fold(at).to_owned());
            }
        }
        names
    }

    /// The tables and views that are named.
    pub(super) fn relations(&self) -> BTreeSet<&str> {
        self.relations.iter().map(|r| self.fold(r.at)).collect()
    }

    /// Whether a table or view of that (folded) name is named.
    pub(super) fn names_table(&self, table: &str) -> bool {
        self.relations.iter().any(|r| self.fold(r.at) == table)
    }

    /// The words that name the table, as a table or before a column.
    pub(super) fn table_words(&self, table: &str) -> Vec<Range<usize>> {
        let unaliased = self
            .relations
            .iter()
            .any(|r| r.alias.is_none() && self.fold(r.at) == table);
        let mut found = BTreeSet::new();
        for relation in &self.relations {
            if self.fold(relation.at) == table {
                found.insert(relation.at);
            }
        }
        for at in 0..self.words.len() {
            if unaliased
                && self.is_name(at)
                && self.fold(at) == table
                && self.is(at + 1, ".")
                && !self.before(at, ".")
            {
                found.insert(at);
            }
        }
        found
            .into_iter()
            .map(|at| self.words[at].range.clone())
            .collect()
    }

    /// Whether all columns of something are read with a `*`.
    fn has_star(&self) -> bool {
        (self.body..self.words.len()).any(|at| {
            self.is(at, "*")
                && ["select", "distinct", "all", ",", "."]
                    .iter()
                    .any(|word| self.before(at, word))
        })
    }

    /// The words that name `column` of one of `tables` (all folded);
    /// `elsewhere` tells whether another table has a column of that name.
    pub(super) fn column_words(
        &self,
        tables: &BTreeSet<String>,
        column: &str,
        elsewhere: &dyn Fn(&str) -> bool,
    ) -> Vec<Range<usize>> {
        let named = |at: usize| tables.contains(self.fold(at));
        let target = self.target.is_some_and(named);
        let some = self.relations.iter().any(|r| named(r.at));
        if !some {
            return Vec::new();
        }
        let open = self
            .relations
            .iter()
            .any(|r| !named(r.at) && elsewhere(self.fold(r.at)));
        let header = if self.target.is_some() { 3 } else { self.body };
        (header..self.words.len())
            .filter(|&at| self.is_name(at) && self.fold(at) == column)
            .filter(|&at| !self.is(at + 1, "(") && !self.before(at, "as") && !self.is(at + 1, "."))
            .filter(|&at| {
                !self
                    .relations
                    .iter()
                    .any(|r| r.at == at || r.alias == Some(at))
            })
            .filter(|&at| {
                if self.update_of.contains(&at) {
                    target
                } else if self.before(at, ".") && at >= 2 {
                    self.qualifies(self.fold(at - 2), tables, target)
                } else {
                    at > self.body && !open
                }
            })
            .map(|at| self.words[at].range.clone())
            .collect()
    }

    /// Whether a qualifier stands for one of the tables.
    fn qualifies(&self, qualifier: &str, tables: &BTreeSet<String>, target: bool) -> bool {
        if self.target.is_some() && (qualifier == "new" || qualifier == "old") {
            return target;
        }
        self.relations
            .iter()
            .filter(|r| self.fold(r.alias.unwrap_or(r.at)) == qualifier)
            .any(|r| tables.contains(self.fold(r.at)))
    }
}

fn set(from: &mut [bool], value: bool) {
    if let Some(last) = from.last_mut() {
        *last = value;
    }
}

fn word(token: &Token, sql: &str) -> Word {
    let text = token.text(sql);
    let fold = match token.kind {
        TokenKind::Quoted => lexer::unquote(text).to_ascii_lowercase(),
        _ => text.to_ascii_lowercase(),
    };
    Word {
        kind: token.kind,
        range: token.range.clone(),
        fold,
    }
}

/// The table, and the views that show all its columns with a `*`.
fn with_star_views(snapshot: &Snapshot, table: &str) -> Result<BTreeSet<String>> {
    let mut tables = BTreeSet::from([table.to_ascii_lowercase()]);
    let views: Vec<(String, Reading)> = snapshot
        .objects
        .iter()
        .filter(|o| o.kind == ObjectKind::View)
        .map(|o| Ok((o.name.to_ascii_lowercase(), Reading::new(&o.sql)?)))
        .collect::<Result<_>>()?;
    loop {
        let more: Vec<String> = views
            .iter()
            .filter(|(name, view)| {
                !tables.contains(name)
                    && view.has_star()
                    && view.relations().iter().any(|r| tables.contains(*r))
            })
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            return Ok(tables);
        }
        tables.extend(more);
    }
}

fn is_code(object: &SqlObject) -> bool {
    matches!(object.kind, ObjectKind::View | ObjectKind::Trigger)
}

/// The views and triggers that name a table; not the triggers on it.
pub(super) fn of_table<'a>(snapshot: &'a Snapshot, table: &str) -> Result<Vec<&'a SqlObject>> {
    let fold = table.to_ascii_lowercase();
    let mut found = Vec::new();
    for object in snapshot.objects.iter().filter(|o| is_code(o)) {
        let own = object.kind == ObjectKind::Trigger && object.table.eq_ignore_ascii_case(table);
        if !own && Reading::new(&object.sql)?.names_table(&fold) {
            found.push(object);
        }
    }
    Ok(found)
}

/// The views and triggers that name a column, each with the words that do.
pub(super) fn of_column<'a>(
    snapshot: &'a Snapshot,
    table: &str,
    column: &str,
) -> Result<Vec<(&'a SqlObject, Vec<Range<usize>>)>> {
    if !snapshot.objects.iter().any(is_code) {
        return Ok(Vec::new());
    }
    let column = column.to_ascii_lowercase();
    let tables = with_star_views(snapshot, table)?;
    let others: BTreeMap<String, &Table> = snapshot
        .schema
        .tables
        .values()
        .map(|t| (t.name.name.as_str().to_ascii_lowercase(), t))
        .collect();
    let elsewhere = |name: &str| {
        others.get(name).is_some_and(|t| {
            t.columns
                .iter()
                .any(|c| c.name.as_str().eq_ignore_ascii_case(&column))
        })
    };
    let mut found = Vec::new();
    for object in snapshot.objects.iter().filter(|o| is_code(o)) {
        let words = Reading::new(&object.sql)?.column_words(&tables, &column, &elsewhere);
        if !words.is_empty() {
            found.push((object, words));
        }
    }
    Ok(found)
}

/// The virtual tables that keep their content in that table (`content='t'`).
pub(super) fn content_of<'a>(snapshot: &'a Snapshot, table: &str) -> Option<&'a SqlObject> {
    snapshot.objects.iter().find(|object| {
        object.kind == ObjectKind::VirtualTable
            && lexer::tokens(&object.sql).is_ok_and(|tokens| {
                tokens.windows(3).any(|three| {
                    three[0].is(&object.sql, "content")
                        && three[1].is(&object.sql, "=")
                        && lexer::unquote(three[2].text(&object.sql)).eq_ignore_ascii_case(table)
                })
            })
    })
}

/// Whether the keys or the condition of an index name a column.
pub(super) fn indexes_column(sql: &str, column: &str) -> bool {
    Reading::new(sql).is_ok_and(|reading| {
        let fold = column.to_ascii_lowercase();
        let from = (0..reading.words.len()).find(|&at| reading.is(at, "("));
        (from.unwrap_or(0)..reading.words.len()).any(|at| {
            reading.is_name(at)
                && reading.fold(at) == fold
                && !reading.is(at + 1, "(")
                && !reading.before(at, "collate")
        })
    })
}

/// How many tokens of a text are that identifier.
pub(super) fn count_name(sql: &str, name: &str) -> usize {
    Reading::new(sql).map_or(0, |reading| {
        let fold = name.to_ascii_lowercase();
        (0..reading.words.len())
            .filter(|&at| {
                matches!(reading.words[at].kind, TokenKind::Word | TokenKind::Quoted)
                    && reading.fold(at) == fold
            })
            .count()
    })
}
