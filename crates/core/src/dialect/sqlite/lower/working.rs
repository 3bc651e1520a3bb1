//! The working copy: the database as it is between two operations.
//!
//! Owns the edits of stored statements that follow when SQLite renames a table
//! or a column, and what is forgotten when one is dropped. It must not write
//! any statement of the plan.

use std::ops::Range;

use super::mention;
use super::reading::Reading;
use crate::change::{Change, Pair};
use crate::dialect::sqlite::ddl::TableDdl;
use crate::dialect::sqlite::lexer::{self, Token, TokenKind};
use crate::dialect::sqlite::render::quote;
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::error::Result;
use crate::operation::TableChange;
use crate::schema::{Name, Table};

/// One table with the statements that belong to it.
#[derive(Debug, Clone)]
pub(super) struct Own {
    /// What is modelled.
    pub(super) table: Table,
    /// Its stored `CREATE TABLE`.
    pub(super) sql: String,
    /// Its indexes.
    pub(super) indexes: Vec<SqlObject>,
}

impl Own {
    /// The name of the table.
    pub(super) fn name(&self) -> &str {
        self.table.name.name.as_str()
    }
}

/// Whether two identifiers are one for SQLite.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// The index objects of a table.
pub(super) fn indexes_of(snapshot: &Snapshot, table: &str) -> Vec<SqlObject> {
    snapshot
        .objects
        .iter()
        .filter(|o| o.kind == ObjectKind::Index && same(&o.table, table))
        .cloned()
        .collect()
}

/// The stored `CREATE TABLE` of a table.
pub(super) fn table_sql<'a>(snapshot: &'a Snapshot, table: &str) -> Option<&'a str> {
    snapshot
        .objects
        .iter()
        .find(|o| o.kind == ObjectKind::Table && same(&o.name, table))
        .map(|o| o.sql.as_str())
}

/// Puts a changed table back into the snapshot.
pub(super) fn put(snapshot: &mut Snapshot, own: Own) {
    let name = own.name().to_owned();
    let mut kept = own.indexes;
    for object in &mut snapshot.objects {
        if object.kind == ObjectKind::Table && same(&object.name, &name) {
            object.sql.clone_from(&own.sql);
        }
    }
    // Indexes that stay keep their place; new ones go to the end.
    snapshot.objects.retain_mut(|object| {
        if object.kind != ObjectKind::Index || !same(&object.table, &name) {
            return true;
        }
        match kept.iter().position(|o| same(&o.name, &object.name)) {
            Some(at) => {
                *object = kept.remove(at);
                true
            }
            None => false,
        }
    });
    snapshot.objects.append(&mut kept);
    snapshot.schema.insert(own.table);
}

/// Adds a new table.
pub(super) fn create(snapshot: &mut Snapshot, own: Own) {
    let name = own.name().to_owned();
    snapshot.objects.push(SqlObject {
        kind: ObjectKind::Table,
        name: name.clone(),
        table: name,
        sql: own.sql,
    });
    snapshot.objects.extend(own.indexes);
    snapshot.schema.insert(own.table);
}

/// Forgets a table with its indexes and triggers.
pub(super) fn drop(snapshot: &mut Snapshot, table: &str) {
    let gone: Vec<String> = snapshot
        .objects
        .iter()
        .filter(|o| o.kind == ObjectKind::Trigger && same(&o.table, table))
        .map(|o| o.name.clone())
        .collect();
    snapshot
        .objects
        .retain(|o| !same(&o.table, table) || o.kind == ObjectKind::View);
    snapshot.unmanaged.retain(|u| {
        let (owner, _) = split(&u.name);
        let trigger = u.kind == "trigger" && gone.contains(&u.name);
        !same(owner, table) && !trigger
    });
}

/// Forgets what is known of a column beside the schema.
pub(super) fn drop_column(snapshot: &mut Snapshot, table: &str, column: &str) {
    snapshot.unmanaged.retain(|u| match split(&u.name) {
        (owner, Some(part)) => !(same(owner, table) && same(part, column)),
        _ => true,
    });
}

fn split(name: &str) -> (&str, Option<&str>) {
    name.split_once('.')
        .map_or((name, None), |(table, column)| (table, Some(column)))
}

/// Rewrites every stored statement as SQLite does when a table is renamed.
pub(super) fn rename_table(snapshot: &mut Snapshot, from: &str, to: &str) -> Result<()> {
    let fold = from.to_ascii_lowercase();
    for object in &mut snapshot.objects {
        let own = same(&object.table, from);
        object.sql = match object.kind {
            ObjectKind::Table => table_words(&object.sql, from, own, to),
            ObjectKind::Index if own => table_words(&object.sql, from, true, to),
            ObjectKind::View | ObjectKind::Trigger => {
                let words = Reading::new(&object.sql)?.table_words(&fold);
                replaced(&object.sql, words, &quote(to))
            }
            _ => continue,
        };
        if own && object.kind != ObjectKind::View {
            to.clone_into(&mut object.table);
            if object.kind == ObjectKind::Table {
                to.clone_into(&mut object.name);
            }
        }
    }
    for entry in &mut snapshot.unmanaged {
        match split(&entry.name) {
            (owner, Some(part)) if same(owner, from) => entry.name = format!("{to}.{part}"),
            (owner, None) if same(owner, from) && entry.kind != "trigger" => {
                to.clone_into(&mut entry.name);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Rewrites every stored statement as SQLite does when a column is renamed.
pub(super) fn rename_column(
    snapshot: &mut Snapshot,
    table: &str,
    names: &Pair<Name>,
) -> Result<()> {
    let (from, to) = (names.from.as_str(), quote(names.to.as_str()));
    let code: Vec<(String, Vec<Range<usize>>)> = mention::of_column(snapshot, table, from)?
        .into_iter()
        .map(|(object, words)| (object.name.clone(), words))
        .collect();
    for object in &mut snapshot.objects {
        let own = same(&object.table, table);
        match object.kind {
            ObjectKind::Table => {
                if own {
                    object.sql = column_renamed(&object.sql, names);
                }
                object.sql = referenced_words(&object.sql, table, from, &to);
            }
            ObjectKind::Index if own => {
                object.sql = replaced(&object.sql, mention::index_words(&object.sql, from), &to);
            }
            ObjectKind::View | ObjectKind::Trigger => {
                if let Some((_, words)) = code.iter().find(|(name, _)| *name == object.name) {
                    object.sql = replaced(&object.sql, words.clone(), &to);
                }
            }
            _ => {}
        }
    }
    for entry in &mut snapshot.unmanaged {
        if let (owner, Some(part)) = split(&entry.name)
            && same(owner, table)
            && same(part, from)
        {
            entry.name = format!("{owner}.{}", names.to);
        }
    }
    Ok(())
}

/// The definition of a table with one of its columns renamed; where it cannot
/// be parsed, every token of that name is renamed.
fn column_renamed(sql: &str, names: &Pair<Name>) -> String {
    let edited = TableDdl::parse(sql).and_then(|mut ddl| {
        ddl.apply(&TableChange::Column(Change::Rename(names.clone())))?;
        Ok(ddl.to_sql().to_owned())
    });
    edited.unwrap_or_else(|_| {
        words_where(sql, &quote(names.to.as_str()), |tokens, at| {
            is_name(&tokens[at], sql, names.from.as_str())
                && !tokens.get(at + 1).is_some_and(|t| t.is(sql, "("))
        })
    })
}

/// An index under another name.
pub(super) fn index_renamed(sql: &str, to: &str) -> String {
    let mut done = false;
    words_where(sql, &quote(to), |tokens, at| {
        let name = tokens.get(at + 1).is_some_and(|t| t.is(sql, "on"));
        let first = name && !done;
        done |= name;
        first
    })
}

/// Where in a text the words stand that name its table: after `TABLE`, `ON`
/// and `REFERENCES`, and before a column.
fn table_words(sql: &str, table: &str, own: bool, to: &str) -> String {
    words_where(sql, &quote(to), |tokens, at| {
        if !is_name(&tokens[at], sql, table) {
            return false;
        }
        let before = |word: &str| at > 0 && tokens[at - 1].is(sql, word);
        let qualifies = tokens.get(at + 1).is_some_and(|t| t.is(sql, "."));
        before("references")
            || (own && (qualifies || before("table") || before("exists")))
            || (own && before("on") && tokens.get(at + 1).is_some_and(|t| t.is(sql, "(")))
    })
}

/// The columns after `REFERENCES table (`.
fn referenced_words(sql: &str, table: &str, column: &str, to: &str) -> String {
    let mut inside = false;
    words_where(sql, to, |tokens, at| {
        if at >= 2
            && tokens[at].is(sql, "(")
            && tokens[at - 2].is(sql, "references")
            && is_name(&tokens[at - 1], sql, table)
        {
            inside = true;
        } else if tokens[at].is(sql, ")") {
            inside = false;
        }
        inside && is_name(&tokens[at], sql, column)
    })
}

fn is_name(token: &Token, sql: &str, name: &str) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
        && same(&lexer::unquote(token.text(sql)), name)
}

fn words_where(sql: &str, to: &str, mut test: impl FnMut(&[Token], usize) -> bool) -> String {
    let Ok(tokens) = lexer::tokens(sql) else {
        return sql.to_owned();
    };
    let ranges = (0..tokens.len())
        .filter(|&at| test(&tokens, at))
        .map(|at| tokens[at].range.clone())
        .collect();
    replaced(sql, ranges, to)
}

fn replaced(sql: &str, ranges: Vec<Range<usize>>, to: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut end = 0;
    for range in ranges {
        text.push_str(&sql[end..range.start]);
        text.push_str(to);
        end = range.end;
    }
    text.push_str(&sql[end..]);
    text
}
