//! A stored view or trigger, read as far as the names of tables and columns go.
//!
//! Owns the reading of stored statements by their tokens, as far as it takes
//! to say that a statement names a table or a column. Where the tokens leave
//! it open (an unqualified name that another table has too), nothing is
//! claimed: SQLite itself resolves every view and trigger before the end of a
//! migration, and refuses what is wrong. It must not know any operation.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::dialect::sqlite::lexer::{self, Token, TokenKind};
use crate::error::Result;

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
                // `IN (1, 2)` lists values, or opens a query that says FROM.
                "(" => {
                    expected &= !self.before(at, "in");
                    from.push(expected);
                }
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
    pub(super) fn has_star(&self) -> bool {
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
        if !self.relations.iter().any(|r| named(r.at)) {
            return Vec::new();
        }
        // A trigger names columns of its own table only through NEW and OLD.
        let mut in_scope = self.relations.iter().filter(|r| Some(r.at) != self.target);
        let open = !in_scope.clone().any(|r| named(r.at))
            || in_scope.any(|r| !named(r.at) && elsewhere(self.fold(r.at)));
        let header = if self.target.is_some() { 3 } else { self.body };
        let written = self.written();
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
                } else if let Some(&relation) = written.get(&at) {
                    named(relation)
                } else {
                    at > self.body && !open
                }
            })
            .map(|at| self.words[at].range.clone())
            .collect()
    }

    /// The words that can only be columns of one relation, each with the word
    /// of that relation: `INSERT INTO t (a, b)`, `UPDATE t SET a = 1, b = 2`.
    fn written(&self) -> BTreeMap<usize, usize> {
        let mut found = BTreeMap::new();
        for relation in &self.relations {
            let mut at = relation.alias.unwrap_or(relation.at) + 1;
            let set = self.is(at, "set");
            let into = self.before(relation.at, "into")
                || (self.before(relation.at, ".") && self.is(relation.at.wrapping_sub(3), "into"));
            let list = into && self.is(at, "(");
            if !set && !list {
                continue;
            }
            at += 1;
            let mut depth = 0;
            while at < self.words.len() && depth >= 0 {
                let first = depth == 0 && (self.before(at, ",") || self.before(at, "set"));
                let listed = !set || (first && self.is(at + 1, "="));
                if self.is(at, "(") {
                    depth += 1;
                } else if self.is(at, ")") {
                    depth -= 1;
                } else if set && ["where", "from", ";"].iter().any(|w| self.is(at, w)) {
                    break;
                } else if listed && self.is_name(at) {
                    found.insert(at, relation.at);
                }
                at += 1;
            }
        }
        found
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn columns(sql: &str, table: &str, column: &str, elsewhere: &[&str]) -> Vec<String> {
        Reading::new(sql)
            .unwrap()
            .column_words(&BTreeSet::from([table.to_owned()]), column, &|t| {
                elsewhere.contains(&t)
            })
            .into_iter()
            .map(|range| sql[range].to_owned())
            .collect()
    }

    #[test]
    fn tables_are_what_follows_from_join_into_update_and_in() {
        let view = "CREATE VIEW v (node) AS WITH c AS (SELECT 1) SELECT packet.node, c.* \
            FROM main.\"Packet\", c LEFT JOIN (seen s JOIN \"user\") ON s.x IS DISTINCT FROM role \
            WHERE gateway IN (SELECT id FROM gate) AND y IN list";
        let reading = Reading::new(view).unwrap();
        let found: Vec<&str> = reading.relations().into_iter().collect();
        assert_eq!(found, ["gate", "list", "packet", "seen", "user"]);

        let trigger = "CREATE TRIGGER t AFTER UPDATE OF a ON k BEGIN INSERT OR IGNORE INTO log(k) \
            VALUES (new.a); UPDATE OR REPLACE stats SET n = 1; DELETE FROM old_rows; END";
        let reading = Reading::new(trigger).unwrap();
        let found: Vec<&str> = reading.relations().into_iter().collect();
        assert_eq!(found, ["k", "log", "old_rows", "stats"]);
    }

    #[test]
    fn columns_are_told_by_their_table() {
        let view = "CREATE VIEW v AS SELECT a.name, b.name AS z, Z FROM k AS a JOIN users b";
        assert_eq!(columns(view, "k", "name", &["users"]), ["name"]);
        assert_eq!(columns(view, "users", "name", &["k"]), ["name"]);
        assert_eq!(columns(view, "k", "z", &[]), ["Z"]);
        // Which of the two tables is meant cannot be told: nothing is claimed.
        assert!(columns(view, "k", "z", &["users"]).is_empty());
        assert!(columns(view, "other", "name", &[]).is_empty());
        // A name that the view gives, a string, a function, a keyword.
        let view =
            "CREATE VIEW v (x) AS SELECT id AS x, 'x', x(id), CASE id WHEN 1 THEN 2 END FROM k";
        assert!(columns(view, "k", "x", &[]).is_empty());
        assert!(columns(view, "k", "end", &[]).is_empty());
        assert_eq!(
            columns("CREATE VIEW v AS SELECT \"end\" FROM k", "k", "end", &[]).len(),
            1
        );
    }

    #[test]
    fn columns_of_a_trigger_are_those_of_its_table() {
        let sql = "CREATE TRIGGER t BEFORE UPDATE OF z, y ON k WHEN new.z > 1 \
            BEGIN INSERT INTO log (z) SELECT old.z; END";
        assert_eq!(columns(sql, "k", "z", &["log"]).len(), 3);
        assert_eq!(columns(sql, "log", "z", &["k"]).len(), 1);
        let sql = "CREATE TRIGGER t AFTER INSERT ON b BEGIN \
            UPDATE OR IGNORE a SET n = max(x, z), x = new.x WHERE y = x; END";
        assert_eq!(columns(sql, "a", "x", &["b"]).len(), 3);
        assert_eq!(columns(sql, "a", "x", &[]).len(), 3);
        assert_eq!(columns(sql, "b", "x", &["a"]).len(), 1);
    }
}
