//! When triggers fire.

use crate::dialect::mysql::lexer::{self, Token};
use crate::dialect::mysql::name::quote;

/// What stands before the body of a trigger.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Its name.
    pub(super) name: String,
    /// `before insert`.
    pub(super) moment: [String; 2],
    /// Where the words stand, or would, that tell its place among the others.
    order: usize,
    /// Whether it tells its place.
    ordered: bool,
}

impl Head {
    /// The head of a `CREATE TRIGGER`.
    pub(super) fn of(sql: &str) -> Option<Self> {
        let tokens = lexer::tokens(sql).ok()?;
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t: &Token| t.is(sql, word));
        let mut at = (0..tokens.len()).find(|&at| is(at, "trigger"))? + 1;
        if is(at, "if") {
            at += 3;
        }
        if is(at + 1, ".") {
            at += 2;
        }
        let word = |at: usize| Some(tokens.get(at)?.text(sql).to_ascii_lowercase());
        let row = (at..tokens.len()).find(|&at| is(at, "each") && is(at + 1, "row"))? + 1;
        Some(Self {
            name: tokens.get(at)?.name(sql)?,
            moment: [word(at + 1)?, word(at + 2)?],
            order: tokens.get(row)?.range.end,
            ordered: is(row + 1, "follows") || is(row + 1, "precedes"),
        })
    }

    /// The statement, told to fire before another trigger, unless it tells that.
    pub(super) fn before(&self, sql: &str, other: &str) -> String {
        if self.ordered {
            return sql.to_owned();
        }
        let (head, body) = sql.split_at(self.order);
        format!("{head} PRECEDES {}{body}", quote(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_is_told_its_place() {
        let sql = "CREATE DEFINER=`a`@`b` TRIGGER `d`.`t``g` BEFORE INSERT ON `x` FOR EACH ROW SET @a = 1";
        let head = Head::of(sql).expect("a trigger");
        assert_eq!(head.name, "t`g");
        assert_eq!(head.moment, ["before", "insert"]);
        let placed = head.before(sql, "n");
        assert!(
            placed.ends_with("FOR EACH ROW PRECEDES `n` SET @a = 1"),
            "{placed}"
        );
        let again = Head::of(&placed).expect("a trigger");
        assert_eq!(again.before(&placed, "m"), placed);
        let short = "create trigger if not exists t after update on x for each row begin end";
        let head = Head::of(short).expect("a trigger");
        assert_eq!(
            (head.name.as_str(), head.moment[1].as_str()),
            ("t", "update")
        );
        assert_eq!(Head::of("CREATE VIEW v AS SELECT 1"), None);
    }
}
