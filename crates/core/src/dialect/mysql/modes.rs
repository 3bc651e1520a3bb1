//! The `sql_mode` that an object keeps of the session that made it.
//!
//! Sessions of ours have modes of their own (a row keeps its number 0, a zero
//! date is no error), for what is done to tables. A trigger that kept them would
//! do something else than the same text does that a plain client has run.

use super::lexer::{self, Token};
use crate::change::Pair;

/// Gives the session the modes of the server, but for those in which a text of
/// a migration would be read otherwise, and remembers those that it had.
const PLAIN: &str = "SET @aludel_modes = @@SESSION.sql_mode, SESSION sql_mode = TRIM(BOTH ',' FROM \
    REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(CONCAT(',', \
    @@GLOBAL.sql_mode, ','), ',ANSI,', ','), ',ANSI_QUOTES,', ','), ',DB2,', ','), ',MAXDB,', \
    ','), ',MSSQL,', ','), ',NO_BACKSLASH_ESCAPES,', ','), ',ORACLE,', ','), ',POSTGRESQL,', \
    ','))";

/// Gives the session back what it had.
const BACK: &str = "SET SESSION sql_mode = @aludel_modes";

/// What runs before and after the statement, if what it makes keeps the modes
/// of its session.
pub(super) fn around(sql: &str) -> Option<Pair<&'static str>> {
    keeps_modes(sql).then_some(Pair {
        from: PLAIN,
        to: BACK,
    })
}

fn keeps_modes(sql: &str) -> bool {
    let Ok(tokens) = lexer::tokens(sql) else {
        return false;
    };
    let is = |token: &Token, words: &[&str]| words.iter().any(|word| token.is(sql, word));
    let Some((first, rest)) = tokens.split_first() else {
        return false;
    };
    if is(first, &["ALTER"]) {
        return rest.iter().any(|token| is(token, &["EVENT"])) && !rest.iter().any(of_tables(sql));
    }
    let kept = ["TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "PACKAGE"];
    // `DEFINER = user@host` stands before the word.
    let made = |token: &&Token| is(token, &kept) || of_tables(sql)(token);
    let word = rest.iter().find(made);
    is(first, &["CREATE"]) && word.is_some_and(|word| is(word, &kept))
}

/// Whether a word says that it is about something without modes.
fn of_tables(sql: &str) -> impl Fn(&Token) -> bool {
    move |token| {
        let words = [
            "TABLE", "VIEW", "INDEX", "DATABASE", "SCHEMA", "USER", "SEQUENCE",
        ];
        words.iter().any(|word| token.is(sql, word))
    }
}

/// Whether an `sql_mode` has texts read by the grammar of Oracle (MariaDB).
pub(super) fn is_oracle(mode: &str) -> bool {
    mode.split(',').any(|word| word == "ORACLE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_the_modes_of_its_session_is_known() {
        for sql in [
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.b = 1",
            "/* x */ create definer=`root`@`%` trigger t after delete on a for each row call p()",
            "CREATE OR REPLACE FUNCTION f() RETURNS INT RETURN 1",
            "CREATE DEFINER = CURRENT_USER PROCEDURE p() SELECT 1",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
            "ALTER EVENT e DISABLE",
        ] {
            assert!(keeps_modes(sql), "{sql}");
        }
        for sql in [
            "CREATE TABLE trigger_log (a INT)",
            "CREATE VIEW v AS SELECT 1 AS function",
            "CREATE UNIQUE INDEX i ON t (a)",
            "ALTER TABLE t ADD event INT",
            "SET STATEMENT sql_mode = '' FOR CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @a = 1",
            "DROP TRIGGER t",
            "",
        ] {
            assert!(!keeps_modes(sql), "{sql}");
        }
    }
}
