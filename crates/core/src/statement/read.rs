//! Statements.

use super::clauses::{add, clauses, index_parts};
use super::words::{Token, Words};
use super::{Clause, CreateIndex, CreateTable, Said};
use crate::schema::TableName;

/// What a statement says, given its tokens.
pub(crate) fn read(tokens: &[Token<'_>]) -> Said {
    let mut words = Words::new(tokens);
    statement(&mut words).unwrap_or(Said::Other)
}

fn statement(words: &mut Words<'_, '_>) -> Option<Said> {
    let first = words.next()?;
    let word = first.text.to_uppercase();
    match word.as_str() {
        "CREATE" => create(words),
        "DROP" => drop(words),
        "ALTER" => alter(words),
        "RENAME" => rename(words),
        "TRUNCATE" => {
            let _ = words.eat("TABLE");
            Some(Said::Truncate(words.tables()))
        }
        "DELETE" => delete(words),
        "UPDATE" => update(words),
        "LOCK" => Some(lock(words)),
        "REINDEX" => {
            let concurrently = words.has("CONCURRENTLY");
            let what = words.until(|t| t.is("CONCURRENTLY")).to_lowercase();
            Some(Said::Reindex { concurrently, what })
        }
        "VACUUM" => vacuum(words),
        "CLUSTER" => {
            let table = words.table();
            Some(Said::Rewrite {
                word: "CLUSTER",
                table,
            })
        }
        "OPTIMIZE" => {
            let _ = words.eat("NO_WRITE_TO_BINLOG") || words.eat("LOCAL");
            let _ = words.eat("TABLE");
            let table = words.table();
            Some(Said::Rewrite {
                word: "OPTIMIZE TABLE",
                table,
            })
        }
        "REFRESH" if words.eat("MATERIALIZED VIEW") => {
            let concurrently = words.eat("CONCURRENTLY");
            let view = words.table()?;
            Some(Said::Refresh { concurrently, view })
        }
        "SELECT" | "WITH" => Some(select(words)),
        "DO" | "CALL" | "EXECUTE" => Some(Said::Anything),
        "USE" | "ATTACH" | "DETACH" => Some(Said::Elsewhere),
        "SET" | "RESET" if words.has("SEARCH_PATH") || words.is("ALL") => Some(Said::Elsewhere),
        "COMMENT" | "GRANT" | "REVOKE" | "SECURITY" => Some(Said::OtherSchema),
        _ => None,
    }
}

fn create(words: &mut Words<'_, '_>) -> Option<Said> {
    let _ = words.eat("OR REPLACE");
    let _ = words.eat_any(&[
        "TEMPORARY",
        "TEMP",
        "UNLOGGED",
        "GLOBAL",
        "LOCAL",
        "VIRTUAL",
    ]);
    if words.eat("TABLE") {
        let unless_there = words.is("IF");
        words.eat_if();
        return words.table().map(|name| {
            let mut made = CreateTable {
                name,
                unless_there,
                ..CreateTable::default()
            };
            made_of(words, &mut made);
            Said::CreateTable(made)
        });
    }
    let mut index = CreateIndex {
        unique: words.eat("UNIQUE"),
        ..CreateIndex::default()
    };
    let kind = words.eat_any(&["FULLTEXT", "SPATIAL"]);
    index.kind = kind.map(str::to_lowercase);
    if !words.eat("INDEX") {
        return Some(Said::OtherSchema);
    }
    index.concurrently = words.eat("CONCURRENTLY");
    words.eat_if();
    if !words.is("ON") {
        // SQLite writes the schema before it.
        index.name = words.table().map(|name| name.name.to_string());
    }
    let _ = words.until(|t| t.is("ON"));
    let _ = words.eat("ON");
    index.only = words.eat("ONLY");
    index.table = words.table()?;
    let _ = words.until(|t| t.is("("));
    index.parts = index_parts(words);
    let mut rest = words.clone();
    let _ = rest.until(|t| t.is("WHERE"));
    index.predicate = rest.eat("WHERE").then(|| rest.rest());
    index.lock = words.setting("LOCK");
    Some(Said::CreateIndex(index))
}

/// What a table is made of, and what is said of all of it.
fn made_of(words: &mut Words<'_, '_>, made: &mut CreateTable) {
    let Some(mut inside) = words.inside() else {
        return;
    };
    let small = |key: &str| words.setting(key).map(|word| word.to_lowercase());
    made.engine = small("ENGINE");
    made.charset = small("CHARSET").or_else(|| small("CHARACTER SET"));
    made.collation = small("COLLATE");
    let elsewhere = [
        "AS",
        "SELECT",
        "INHERITS",
        "VALUES",
        "WITH SYSTEM VERSIONING",
    ];
    if elsewhere.iter().any(|word| words.has(word)) {
        return;
    }
    let mut clauses = Vec::new();
    for mut piece in inside.pieces() {
        if ["LIKE", "PERIOD", "SELECT"]
            .iter()
            .any(|word| piece.is(word))
        {
            return;
        }
        clauses.extend(add(&mut piece));
    }
    let known = !clauses.contains(&Clause::Other);
    made.clauses = known.then_some(clauses);
}

/// The functions that a statement of rows may call without changing a schema.
const HARMLESS: &[&str] = &[
    "setval",
    "nextval",
    "currval",
    "pg_get_serial_sequence",
    "set_config",
    "coalesce",
    "max",
    "min",
    "count",
    "sum",
    "lower",
    "upper",
    "length",
    "concat",
    "now",
    "exists",
    "in",
    "values",
    "case",
    "and",
    "or",
    "not",
    "select",
    "from",
    "where",
    "pg_sleep",
    "sleep",
    "version",
];

/// `SELECT`: a function of somebody's own may do anything.
fn select(words: &mut Words<'_, '_>) -> Said {
    let calls = words.calls();
    let harmless = |name: &String| {
        HARMLESS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    };
    if calls.iter().all(harmless) {
        Said::Other
    } else {
        Said::Anything
    }
}

fn drop(words: &mut Words<'_, '_>) -> Option<Said> {
    let _ = words.eat("TEMPORARY");
    if words.eat("TABLE") || words.eat("TABLES") {
        words.eat_if();
        return Some(Said::DropTables(words.tables()));
    }
    if words.eat("INDEX") {
        let concurrently = words.eat("CONCURRENTLY");
        words.eat_if();
        let names = words.tables();
        let table = words.eat("ON").then(|| words.table()).flatten();
        let names = names.into_iter().map(|n| n.name.to_string()).collect();
        return Some(Said::DropIndex {
            concurrently,
            names,
            table,
        });
    }
    if words.eat("SCHEMA") || words.eat("DATABASE") {
        words.eat_if();
        let name = words.name()?;
        let cascade = words.has("CASCADE");
        return Some(Said::DropSchema { name, cascade });
    }
    let kinds = [
        "MATERIALIZED VIEW",
        "VIEW",
        "FUNCTION",
        "PROCEDURE",
        "SEQUENCE",
        "TYPE",
        "DOMAIN",
        "EXTENSION",
    ];
    let Some(kind) = words.eat_any(&kinds) else {
        return Some(Said::OtherSchema);
    };
    words.eat_if();
    Some(Said::DropObject {
        kind: kind.to_lowercase(),
        names: words.tables(),
    })
}

fn alter(words: &mut Words<'_, '_>) -> Option<Said> {
    let _ = words.eat("ONLINE") || words.eat("OFFLINE");
    let _ = words.eat("IGNORE");
    if words.eat("TABLE") {
        words.eat_if();
        let _ = words.eat("ONLY");
        let table = words.table()?;
        return Some(Said::AlterTable(table, clauses(words)));
    }
    if words.eat("TYPE") {
        let ty = words.table()?;
        if words.eat("ADD VALUE") {
            return Some(Said::AddEnumValue(ty));
        }
        if words.eat("RENAME VALUE") {
            let from = words.next()?.text.trim_matches('\'').to_owned();
            return Some(Said::RenameEnumValue { ty, from });
        }
        return Some(renamed(words, "type", ty));
    }
    let kinds = ["MATERIALIZED VIEW", "VIEW", "FUNCTION", "SEQUENCE"];
    if let Some(kind) = words.eat_any(&kinds) {
        words.eat_if();
        let name = words.table()?;
        return Some(renamed(words, &kind.to_lowercase(), name));
    }
    Some(Said::OtherSchema)
}

/// `RENAME TO`, or anything else.
fn renamed(words: &Words<'_, '_>, kind: &str, name: TableName) -> Said {
    let mut rest = words.clone();
    let _ = rest.until(|t| t.is("RENAME"));
    if rest.eat("RENAME TO") {
        return Said::RenameObject {
            kind: kind.to_owned(),
            name,
        };
    }
    Said::OtherSchema
}

fn rename(words: &mut Words<'_, '_>) -> Option<Said> {
    if !words.eat("TABLE") && !words.eat("TABLES") {
        return None;
    }
    words.eat_if();
    let mut all = Vec::new();
    for mut piece in words.pieces() {
        let from = piece.table()?;
        let _ = piece.until(|t| t.is("TO"));
        let _ = piece.eat("TO");
        all.push((from, piece.table()?));
    }
    Some(Said::RenameTables(all))
}

fn delete(words: &mut Words<'_, '_>) -> Option<Said> {
    let _ = words.until(|t| t.is("FROM"));
    let _ = words.eat("FROM");
    let _ = words.eat("ONLY");
    let table = words.table()?;
    let bounded = words.has("WHERE") || words.has("LIMIT") || words.has("USING");
    Some(if bounded {
        Said::Delete(table)
    } else {
        Said::DeleteAll(table)
    })
}

fn update(words: &mut Words<'_, '_>) -> Option<Said> {
    if words.eat("OR") {
        words.skip();
    }
    let _ = words.eat("ONLY");
    let _ = words.eat("LOW_PRIORITY") || words.eat("IGNORE");
    let table = words.table()?;
    let all = !words.has("WHERE") && !words.has("LIMIT");
    let _ = words.until(|t| t.is("SET"));
    let _ = words.eat("SET");
    let columns = words.pieces().into_iter().filter_map(|mut piece| {
        // MySQL names the table too, several columns stand in parentheses.
        match piece.inside() {
            Some(mut inside) => inside.pieces().into_iter().next()?.table(),
            None => piece.table(),
        }
    });
    let columns = columns.map(|column| column.name.to_string()).collect();
    Some(Said::Update {
        table,
        columns,
        all,
    })
}

/// PostgreSQL `LOCK a, b IN .. MODE`, MySQL `LOCK TABLES a READ, b WRITE`.
fn lock(words: &mut Words<'_, '_>) -> Said {
    let _ = words.eat("TABLES") || words.eat("TABLE");
    let mut tables = Vec::new();
    let mut mode = String::new();
    for mut piece in words.pieces() {
        let _ = piece.eat("ONLY");
        tables.extend(piece.table());
        mode = piece.rest().to_uppercase();
    }
    let mode = mode.trim_start_matches("IN ").trim_end_matches(" MODE");
    let mode = mode.trim_end_matches(" NOWAIT").to_owned();
    Said::Lock { tables, mode }
}

fn vacuum(words: &mut Words<'_, '_>) -> Option<Said> {
    let full = match words.inside() {
        Some(options) => options.has("FULL"),
        None => words.eat("FULL"),
    };
    // SQLite has no other one.
    if !full && !words.is_at_the_end() && !words.is("INTO") {
        return None;
    }
    let _ = words.eat_any(&["FREEZE", "VERBOSE", "ANALYZE"]);
    Some(Said::Rewrite {
        word: if full { "VACUUM FULL" } else { "VACUUM" },
        table: words.table(),
    })
}
