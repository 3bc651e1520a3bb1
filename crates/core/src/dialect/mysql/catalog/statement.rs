//! The statement that makes a table, as the server shows it, taken apart for
//! what no query of the catalogue tells.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::dialect::mysql::lexer::{self, Token, TokenKind};

/// What a statement says that makes a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Made {
    /// What is said of keys, by their names; the primary key is `PRIMARY`.
    keys: BTreeMap<String, Key>,
    /// The names of its periods.
    periods: BTreeSet<String>,
    /// What its foreign keys do on delete and on update, by their names.
    pub(super) actions: BTreeMap<String, [String; 2]>,
    /// The tables of a MERGE table, and where new rows of it go.
    pub(super) merged: Vec<String>,
    /// `PARTITION BY ..`.
    pub(super) partitions: Option<String>,
}

/// What is said of a key.
#[derive(Debug, Default, PartialEq, Eq)]
struct Key {
    /// The period that is the last part of it.
    period: Option<String>,
    options: Vec<String>,
}

impl Made {
    /// Reads a statement; what cannot be read is not said.
    pub(super) fn read(sql: &str) -> Self {
        let sql = opened(sql);
        let Ok(tokens) = lexer::tokens(&sql) else {
            return Self::default();
        };
        let read = Reading { sql: &sql, tokens };
        let mut made = Self::default();
        let Some(list) = read.parentheses(0..read.tokens.len()) else {
            return made;
        };
        for item in read.items(list.clone()) {
            made.item(&read, item);
        }
        let tail = list.end + 1..read.tokens.len();
        let by = tail
            .clone()
            .find(|&at| read.is(at, "partition") && read.is(at + 1, "by"));
        made.partitions = by.map(|at| read.partitions(at));
        for at in tail.start..by.unwrap_or(tail.end) {
            if read.is(at, "union")
                && let Some(tables) = read.parentheses(at..tail.end)
            {
                made.merged.push(read.text(at..tables.end + 1));
            } else if read.is(at, "insert_method") {
                made.merged.push(read.text(at..at + 3));
            }
        }
        made
    }

    fn item(&mut self, read: &Reading<'_>, item: Range<usize>) {
        let at = item.start;
        if read.is(at, "constraint") && read.is(at + 2, "foreign") {
            let Some(name) = read.name(at + 1) else {
                return;
            };
            let action = |event: &str| {
                let mut words = item.clone();
                let found = words.find(|&at| read.is(at, "on") && read.is(at + 1, event));
                let start = found.map_or(item.end, |at| at + 2);
                let end = (start..item.end).find(|&at| read.is(at, "on"));
                let said = read.text(start..end.unwrap_or(item.end));
                if said.is_empty() {
                    "RESTRICT".to_owned()
                } else {
                    said
                }
            };
            self.actions
                .insert(name, [action("delete"), action("update")]);
        } else if read.is(at, "period") && read.is(at + 1, "for") {
            self.periods.extend(read.name(at + 2));
        } else if let Some(word) = (at..at + 2).find(|&at| read.is(at, "key")) {
            let name = match read.is(at, "primary") {
                true => Some("PRIMARY".to_owned()),
                false => read.name(word + 1),
            };
            let parts = read.parentheses(item.clone());
            if let Some((name, parts)) = name.zip(parts) {
                self.keys.insert(name, read.key(parts, item.end));
            }
        }
    }

    /// The period that is the last part of a key, in the words of a key.
    pub(super) fn overlaps(&self, key: &str) -> Option<&str> {
        self.keys.get(key)?.period.as_deref()
    }

    /// What is said of a key behind its parts.
    pub(super) fn key_options(&self, key: &str) -> &[String] {
        let options = self.keys.get(key).map(|key| key.options.as_slice());
        options.unwrap_or_default()
    }

    /// Whether it has a period of that name.
    pub(super) fn has_period(&self, name: &str) -> bool {
        self.periods.contains(name)
    }
}

/// The text with the comments that the server runs as what they say.
fn opened(sql: &str) -> String {
    let Ok(tokens) = lexer::tokens(sql) else {
        return sql.to_owned();
    };
    let mut out = String::with_capacity(sql.len());
    let mut from = 0;
    for token in tokens.iter().filter(|t| t.kind == TokenKind::Version) {
        out.push_str(sql.get(from..token.range.start).unwrap_or_default());
        let said = token.text(sql).trim_end_matches("*/");
        let start = said.find(|c: char| c.is_whitespace() || c == ',');
        out.push_str(said.get(start.unwrap_or(said.len())..).unwrap_or_default());
        from = token.range.end;
    }
    out.push_str(sql.get(from..).unwrap_or_default());
    out
}

struct Reading<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
}

impl Reading<'_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|t| t.is(self.sql, word))
    }

    fn name(&self, at: usize) -> Option<String> {
        self.tokens.get(at).and_then(|token| token.name(self.sql))
    }

    /// What stands between the first parentheses of a range.
    fn parentheses(&self, range: Range<usize>) -> Option<Range<usize>> {
        let start = range.clone().find(|&at| self.is(at, "("))? + 1;
        let mut depth = 1;
        let end = (start..range.end).find(|&at| {
            depth += usize::from(self.is(at, "("));
            depth -= usize::from(self.is(at, ")"));
            depth == 0
        })?;
        Some(start..end)
    }

    /// What stands between commas.
    fn items(&self, list: Range<usize>) -> Vec<Range<usize>> {
        let mut items = Vec::new();
        let (mut start, mut depth) = (list.start, 0_usize);
        for at in list.clone() {
            depth += usize::from(self.is(at, "("));
            depth = depth.saturating_sub(usize::from(self.is(at, ")")));
            if depth == 0 && self.is(at, ",") {
                items.push(start..at);
                start = at + 1;
            }
        }
        items.push(start..list.end);
        items
    }

    fn key(&self, parts: Range<usize>, end: usize) -> Key {
        let mut key = Key::default();
        let last = parts.end.saturating_sub(3);
        if last >= parts.start && self.is(last + 1, "without") && self.is(last + 2, "overlaps") {
            key.period = Some(self.text(last..parts.end));
        }
        for at in parts.end..end {
            if self.is(at, "key_block_size") || (self.is(at, "with") && self.is(at + 1, "parser")) {
                key.options.push(self.text(at..at + 3));
            }
        }
        key
    }

    /// The text of tokens, with no more than one blank between two and none at
    /// the end of what is listed.
    fn text(&self, range: Range<usize>) -> String {
        self.joined(range.filter_map(|at| self.tokens.get(at)))
    }

    fn joined<'t>(&self, tokens: impl Iterator<Item = &'t Token>) -> String {
        let mut out = String::new();
        let mut end = None;
        for token in tokens {
            let text = token.text(self.sql);
            if end.is_some_and(|end| end < token.range.start) && !matches!(text, "," | ")") {
                out.push(' ');
            }
            out.push_str(text);
            end = Some(token.range.end);
        }
        out
    }

    /// `PARTITION BY ..` to the end, without the engine, which is the table's.
    fn partitions(&self, start: usize) -> String {
        let engine = |at: usize| self.is(at, "engine") && self.is(at + 1, "=");
        let kept = (start..self.tokens.len()).filter(|&at| {
            let first = at.saturating_sub(2);
            !(first..=at).any(engine)
        });
        self.joined(kept.filter_map(|at| self.tokens.get(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(items: &str, tail: &str) -> Made {
        Made::read(&format!("CREATE TABLE `t (x` (\n  {items}\n) {tail}"))
    }

    fn actions(item: &str) -> Vec<(String, [String; 2])> {
        made(item, "").actions.into_iter().collect()
    }

    #[test]
    fn foreign_keys_say_what_they_do() {
        let is = |name: &str, delete: &str, update: &str| {
            vec![(name.to_owned(), [delete.to_owned(), update.to_owned()])]
        };
        let plain = "CONSTRAINT `fk` FOREIGN KEY (`a`) REFERENCES `t` (`id`)";
        assert_eq!(actions(plain), is("fk", "RESTRICT", "RESTRICT"));
        let both = "CONSTRAINT `f``k` FOREIGN KEY (`a`, `b`) REFERENCES `t (x)` (`id`, `c`) \
                    ON DELETE SET NULL ON UPDATE CASCADE";
        assert_eq!(actions(both), is("f`k", "SET NULL", "CASCADE"));
        let update = "CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `t` (`id`) ON UPDATE NO ACTION";
        assert_eq!(actions(update), is("k", "RESTRICT", "NO ACTION"));
        assert!(actions("CONSTRAINT `c` CHECK (`a` > 0)").is_empty());
        assert!(actions("`a` int(11) COMMENT 'x` FOREIGN KEY ('").is_empty());
    }

    #[test]
    fn keys_say_more_than_the_catalogue() {
        let made = made(
            "`id` int NOT NULL DEFAULT (1 + (2)),\n  PERIOD FOR `p` (`s`, `e`),\n  \
             PRIMARY KEY (`id`,`p` WITHOUT OVERLAPS),\n  KEY `kt` (`t`(3)) KEY_BLOCK_SIZE=4,\n  \
             FULLTEXT KEY `f` (`t`) /*!50100 WITH PARSER `ngram` */ COMMENT 'x'",
            "ENGINE=MRG_MyISAM INSERT_METHOD=LAST UNION=(`a`,`b`)",
        );
        assert!(made.has_period("p") && !made.has_period("s"));
        assert_eq!(made.overlaps("PRIMARY"), Some("`p` WITHOUT OVERLAPS"));
        assert_eq!(made.overlaps("kt"), None);
        assert_eq!(made.key_options("kt"), ["KEY_BLOCK_SIZE=4"]);
        assert_eq!(made.key_options("f"), ["WITH PARSER `ngram`"]);
        assert!(made.key_options("PRIMARY").is_empty());
        assert_eq!(made.merged, ["INSERT_METHOD=LAST", "UNION=(`a`,`b`)"]);
        assert_eq!(made.partitions, None);
    }

    #[test]
    fn partitions_are_said_as_they_were() {
        let maria = made(
            "`id` int",
            "ENGINE=InnoDB WITH SYSTEM VERSIONING\n PARTITION BY SYSTEM_TIME LIMIT 10\n\
             (PARTITION `h` HISTORY ENGINE = InnoDB,\n PARTITION `c` CURRENT ENGINE = InnoDB)",
        );
        assert_eq!(
            maria.partitions.as_deref(),
            Some(
                "PARTITION BY SYSTEM_TIME LIMIT 10 \
                 (PARTITION `h` HISTORY, PARTITION `c` CURRENT)"
            )
        );
        let mysql = made(
            "`id` int",
            "ENGINE=InnoDB\n/*!50100 PARTITION BY KEY */ /*!50611 ALGORITHM = 1 */ /*!50100 (id)\n\
             PARTITIONS 3 */",
        );
        assert_eq!(
            mysql.partitions.as_deref(),
            Some("PARTITION BY KEY ALGORITHM = 1 (id) PARTITIONS 3")
        );
        let list = made(
            "`id` int",
            "/*!50500 PARTITION BY LIST  COLUMNS(k)\n(PARTITION a VALUES IN ('x','y') \
             COMMENT = 'it\\'s */ ENGINE = ok' ENGINE = InnoDB) */",
        );
        assert_eq!(
            list.partitions.as_deref(),
            Some(
                "PARTITION BY LIST COLUMNS(k) (PARTITION a VALUES IN ('x','y') \
                 COMMENT = 'it\\'s */ ENGINE = ok')"
            )
        );
    }
}
