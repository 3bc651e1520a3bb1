//! Values that a statement has renamed in rows.
//!
//! It reads the statements that a rename of values becomes, and takes no other
//! UPDATE for one.

use aludel_core::change::Pair;

use super::words::{Word, words};

/// Values of a column, or of an enum type, that got other names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RenamedValues {
    /// The table, or the type.
    pub(crate) of: String,
    /// The column of a table.
    pub(crate) column: Option<String>,
    /// The values, each by the name before the statement and after it.
    pub(crate) values: Vec<Pair<String>>,
}

/// What a statement renames, if it is one that renames values.
pub(super) fn renamed(sql: &str, mysql: bool) -> Option<RenamedValues> {
    let words = words(sql, mysql);
    let mut reader = Reader {
        rest: words.as_slice(),
    };
    if reader.is("update") {
        reader.rows()
    } else {
        reader.of_type()
    }
}

struct Reader<'w> {
    rest: &'w [Word],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<&Word> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// Takes a keyword, if it is the next word.
    fn is(&mut self, keyword: &str) -> bool {
        let found = self.rest.first().is_some_and(|word| word.is(keyword));
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn mark(&mut self, mark: char) -> bool {
        let found = self.rest.first() == Some(&Word::Mark(mark));
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// A name, without the schema that may stand before it.
    fn name(&mut self) -> Option<String> {
        let first = self.next()?.name()?.to_owned();
        if self.mark('.') {
            return Some(self.next()?.name()?.to_owned());
        }
        Some(first)
    }

    fn text(&mut self) -> Option<String> {
        match self.next()? {
            Word::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// `t SET c = 'b' .. WHERE c = 'a'`, or
    /// `t SET c = CASE c WHEN 'a' THEN 'b' .. ELSE c END .. WHERE ..`.
    fn rows(&mut self) -> Option<RenamedValues> {
        let of = self.name()?;
        if !self.is("set") {
            return None;
        }
        let column = self.name()?;
        let same = |name: Option<String>| name.as_deref() == Some(column.as_str());
        if !self.mark('=') {
            return None;
        }
        let mut values = Vec::new();
        if self.is("case") {
            if !same(self.name()) {
                return None;
            }
            while self.is("when") {
                let from = self.text()?;
                let to = self.is("then").then(|| self.text())??;
                values.push(Pair::new(from, to));
            }
            if !self.is("else") || !same(self.name()) || !self.is("end") {
                return None;
            }
        } else {
            let to = self.text()?;
            while !self.is("where") {
                self.next()?;
            }
            let from = (same(self.name()) && self.mark('=')).then(|| self.text())??;
            values.push(Pair::new(from, to));
            if !self.rest.is_empty() {
                return None;
            }
        }
        Some(RenamedValues {
            of,
            column: Some(column),
            values,
        })
    }

    /// `ALTER TYPE t RENAME VALUE 'a' TO 'b'`.
    fn of_type(&mut self) -> Option<RenamedValues> {
        let starts = self.is("alter") && self.is("type");
        let of = starts.then(|| self.name())??;
        let starts = self.is("rename") && self.is("value");
        let from = starts.then(|| self.text())??;
        let to = self.is("to").then(|| self.text())??;
        Some(RenamedValues {
            of,
            column: None,
            values: vec![Pair::new(from, to)],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str, mysql: bool) -> String {
        let Some(renamed) = renamed(sql, mysql) else {
            return String::new();
        };
        let column = renamed.column.unwrap_or_default();
        let values = renamed.values.iter();
        let values: Vec<String> = values.map(|p| format!("{}>{}", p.from, p.to)).collect();
        format!("{}.{column} {}", renamed.of, values.join(" "))
    }

    #[test]
    fn only_renames_of_values_are_taken_for_such() {
        let one = r"UPDATE `t` SET `c` = 'b\\', `ts` = `ts` WHERE `c` = 'it''s'";
        assert_eq!(found(one, true), r"t.c it's>b\");
        let swap = "UPDATE `s`.`t` SET `c` = CASE `c` WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' \
                    ELSE `c` END WHERE `c` IN ('a', 'b')";
        assert_eq!(found(swap, true), "t.c a>b b>a");
        let ty = "ALTER TYPE \"s\".\"mood\" RENAME VALUE 'a' TO 'b'";
        assert_eq!(found(ty, false), "mood. a>b");
        for other in [
            "UPDATE t SET c = 'b' WHERE d = 'a'",
            "UPDATE t SET c = 'b' WHERE c = 'a' AND d = 1",
            "UPDATE t SET c = 'b'",
            "UPDATE t SET c = 5 WHERE c = 'a'",
            "ALTER TYPE mood RENAME TO x",
            "ALTER TYPE mood ADD VALUE 'a'",
            "DELETE FROM t",
        ] {
            assert_eq!(found(other, true), "", "{other}");
        }
    }
}
