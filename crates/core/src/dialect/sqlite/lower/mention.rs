//! Which views, triggers and virtual tables name a table or a column.
//!
//! Owns the questions that a drop and a rename ask of the whole database. It
//! must not know any operation.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::reading::Reading;
use crate::dialect::sqlite::lexer::{self, Token, TokenKind};
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::error::Result;
use crate::schema::Table;

/// The table, and the views that show all its columns with a `*`.
fn with_star_views(snapshot: &Snapshot, table: &str) -> Result<BTreeSet<String>> {
    let mut tables = BTreeSet::from([table.to_ascii_lowercase()]);
    let views: Vec<(String, Reading)> = snapshot
        .objects
        .iter()
        .filter(|o| o.kind == ObjectKind::View && o.sql.contains('*'))
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

/// Whether a text can have a name, in small letters, in it; what is read is far
/// dearer to find out. A quote in a name is written in several ways.
fn may_name(sql: &str, fold: &str) -> bool {
    fold.contains(['"', '`', '[', ']', '\'']) || sql.to_ascii_lowercase().contains(fold)
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
        let may_be = !own && may_name(&object.sql, &fold);
        if may_be && Reading::new(&object.sql)?.names_table(&fold) {
            found.push(object);
        }
    }
    Ok(found)
}

/// A view or a trigger, and the words of it that name a column.
pub(super) type Mention<'a> = (&'a SqlObject, Vec<Range<usize>>);

/// The views and triggers that name a column, each with the words that do.
pub(super) fn of_column<'a>(
    snapshot: &'a Snapshot,
    table: &str,
    column: &str,
) -> Result<Vec<Mention<'a>>> {
    let column = column.to_ascii_lowercase();
    let objects = snapshot.objects.iter();
    let objects = objects.filter(|o| is_code(o) && may_name(&o.sql, &column));
    let objects: Vec<&SqlObject> = objects.collect();
    if objects.is_empty() {
        return Ok(Vec::new());
    }
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
    for object in objects {
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

fn is_name(token: &Token, sql: &str, name: &str) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
        && lexer::unquote(token.text(sql)).eq_ignore_ascii_case(name)
}

/// Where the keys and the condition of an index name a column.
pub(super) fn index_words(sql: &str, column: &str) -> Vec<Range<usize>> {
    let Ok(tokens) = lexer::tokens(sql) else {
        return Vec::new();
    };
    let keys = tokens.iter().position(|t| t.is(sql, "(")).unwrap_or(0);
    (keys..tokens.len())
        .filter(|&at| {
            let call = tokens.get(at + 1).is_some_and(|t| t.is(sql, "("));
            let collation = at > 0 && tokens[at - 1].is(sql, "collate");
            !call && !collation && is_name(&tokens[at], sql, column)
        })
        .map(|at| tokens[at].range.clone())
        .collect()
}

/// How many tokens of a text are that identifier.
pub(super) fn count_name(sql: &str, name: &str) -> usize {
    lexer::tokens(sql).map_or(0, |tokens| {
        tokens.iter().filter(|t| is_name(t, sql, name)).count()
    })
}
