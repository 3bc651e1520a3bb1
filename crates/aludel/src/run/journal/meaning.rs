//! What a statement is, as far as it must be known whether it was run.

use super::words::{Word, words};

/// A kind of statement, by what tells whether it was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It changes rows: its transaction tells.
    Rows,
    /// It changes what it names: that tells.
    Structure,
    /// It may run twice.
    Repeatable,
    /// It is for the session alone, and has to run again in another one.
    Session,
    /// It makes what goes away with the session.
    Temporary,
    /// Nothing tells.
    Other,
}

/// Whether it stands for Rust over the connection.
pub(super) fn is_rust(sql: &str) -> bool {
    sql.starts_with("-- Rust ")
}

/// What kind of statement it is.
pub(super) fn kind(sql: &str, mysql: bool) -> Kind {
    if is_rust(sql) {
        return Kind::Rows;
    }
    let words = words(sql, mysql);
    let first = words.iter().find_map(Word::name).unwrap_or_default();
    match first.to_ascii_lowercase().as_str() {
        "insert" | "update" | "delete" | "replace" | "merge" | "load" | "copy" | "with" => {
            Kind::Rows
        }
        "create" if is_temporary(&words) => Kind::Temporary,
        "create" | "alter" | "drop" | "rename" => Kind::Structure,
        "set" | "use" | "reset" | "discard" => Kind::Session,
        "truncate" | "analyze" | "optimize" | "vacuum" | "reindex" | "refresh" | "comment"
        | "grant" | "revoke" | "select" | "cluster" | "flush" | "check" => Kind::Repeatable,
        _ => Kind::Other,
    }
}

fn is_temporary(words: &[Word]) -> bool {
    let start = words.iter().take(5);
    start
        .take_while(|word| !word.is("table"))
        .any(|word| word.is("temporary") || word.is("temp"))
}

/// The names in a statement, and the words that may be names; each once.
pub(super) fn names(sql: &str, mysql: bool) -> Vec<String> {
    let mut names: Vec<String> = words(sql, mysql)
        .iter()
        .filter_map(|word| word.name().map(str::to_owned))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The renames that a statement does: of a table, or of a column of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rename {
    /// The table of a column, by its name before the statement.
    pub(super) table: Option<String>,
    pub(super) from: String,
    pub(super) to: String,
}

/// What a statement renames, in order.
pub(super) fn renames(sql: &str, mysql: bool) -> Vec<Rename> {
    let words = words(sql, mysql);
    if words.first().is_some_and(|word| word.is("rename")) {
        return renamed_tables(&words);
    }
    let is_alter = words.first().is_some_and(|word| word.is("alter"));
    let Some(at) = words.iter().position(|word| word.is("table")) else {
        return Vec::new();
    };
    if !is_alter {
        return Vec::new();
    }
    let mut at = at + 1;
    for word in ["if", "exists", "only"] {
        at += usize::from(words.get(at).is_some_and(|found| found.is(word)));
    }
    let Some((table, at)) = name_at(&words, at) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for clause in words[at..].split(|word| *word == Word::Mark(',')) {
        found.extend(renamed_in(clause, &table));
    }
    found
}

/// `RENAME TABLE a TO b, c TO d`.
fn renamed_tables(words: &[Word]) -> Vec<Rename> {
    let mut found = Vec::new();
    for clause in words[1..].split(|word| *word == Word::Mark(',')) {
        let skip = usize::from(clause.first().is_some_and(|word| word.is("table")));
        let Some((from, at)) = name_at(clause, skip) else {
            continue;
        };
        let Some((to, _)) = clause
            .get(at)
            .filter(|word| word.is("to"))
            .and_then(|_| name_at(clause, at + 1))
        else {
            continue;
        };
        found.push(Rename {
            table: None,
            from,
            to,
        });
    }
    found
}

/// One clause of an ALTER TABLE.
fn renamed_in(clause: &[Word], table: &str) -> Option<Rename> {
    let is = |at: usize, word: &str| clause.get(at).is_some_and(|found| found.is(word));
    let name = |at: usize| clause.get(at).and_then(Word::name).map(str::to_owned);
    let column = |from: usize, to: usize| {
        Some(Rename {
            table: Some(table.to_owned()),
            from: name(from)?,
            to: name(to)?,
        })
    };
    if is(0, "change") {
        let at = 1 + usize::from(is(1, "column"));
        return column(at, at + 1).filter(|rename| rename.from != rename.to);
    }
    if !is(0, "rename") || is(1, "constraint") || is(1, "index") || is(1, "key") {
        return None;
    }
    let at = 1 + usize::from(is(1, "column"));
    if at == 2 || (!is(1, "to") && is(2, "to")) {
        return column(at, at + 2).filter(|_| is(at + 1, "to"));
    }
    let at = 1 + usize::from(is(1, "to") || is(1, "as"));
    let (to, _) = name_at(clause, at)?;
    Some(Rename {
        table: None,
        from: table.to_owned(),
        to,
    })
}

/// A name that may have its schema before it, without that, and where it ends.
fn name_at(words: &[Word], at: usize) -> Option<(String, usize)> {
    let first = words.get(at)?.name()?;
    if words.get(at + 1) == Some(&Word::Mark('.')) {
        let second = words.get(at + 2)?.name()?;
        return Some((second.to_owned(), at + 3));
    }
    Some((first.to_owned(), at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_apart() {
        for (sql, wanted) in [
            ("-- x\nINSERT INTO a VALUES (1)", Kind::Rows),
            ("CREATE TEMPORARY TABLE a (b INT)", Kind::Temporary),
            ("CREATE TABLE temporary (b INT)", Kind::Structure),
            ("alter table a add b int", Kind::Structure),
            ("SET @a = 1", Kind::Session),
            ("TRUNCATE a", Kind::Repeatable),
            ("CALL a()", Kind::Other),
        ] {
            assert_eq!(kind(sql, true), wanted, "{sql}");
        }
    }

    #[test]
    fn renames_are_found() {
        let found = |sql: &str| -> Vec<String> {
            let renames = renames(sql, true);
            let said = renames.iter().map(|r| match &r.table {
                Some(table) => format!("{table}.{} {}", r.from, r.to),
                None => format!("{} {}", r.from, r.to),
            });
            said.collect()
        };
        assert_eq!(
            found("RENAME TABLE a TO b, `x`.`c` TO `x`.`d`"),
            ["a b", "c d"]
        );
        assert_eq!(
            found(
                "ALTER TABLE `t` RENAME COLUMN a TO b, CHANGE c d INT, CHANGE e e DECIMAL(1, 2), \
                 RENAME INDEX i TO j, ADD COLUMN f INT, RENAME TO u"
            ),
            ["t.a b", "t.c d", "t u"]
        );
        assert_eq!(found("ALTER TABLE ONLY s.t RENAME a TO b"), ["t.a b"]);
        assert_eq!(found("ALTER TABLE t RENAME u"), ["t u"]);
        assert_eq!(found("ALTER INDEX t RENAME TO u"), [""; 0]);
    }
}
