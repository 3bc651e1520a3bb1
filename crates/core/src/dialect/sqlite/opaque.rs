//! Tables and indexes as the pragmas alone describe them.
//!
//! The last resort where a stored text cannot be read: names, types, keys and
//! plain constraints are right, the rest is not to be had. What SQLite says of
//! an index also checks how its text was read.

use super::catalog::{CatalogRow, TableRows};
use super::default::read_default;
use super::index::read_index;
use super::lexer;
use crate::dialect::types::sqlite_read;
use crate::error::{Error, Result};
use crate::schema::{
    Column, Expression, ForeignKey, Generated, Index, IndexKey, IndexTarget, Name, PrimaryKey,
    ReferentialAction, Table, Unique,
};

/// The table as the pragmas describe it, without its indexes.
pub(super) fn table(name: &str, object: &CatalogRow, rows: &TableRows<'_>) -> Table {
    let mut table = Table::new(name);
    table.options.without_rowid = object.x == Some(1);
    table.options.strict = object.y == Some(1);
    table.columns = rows.columns.iter().map(|row| column(row)).collect();
    let key = rows.primary_key();
    if !key.is_empty() {
        table.primary_key = Some(PrimaryKey {
            name: None,
            columns: key,
            prefixes: Vec::new(),
            extra: None,
        });
    }
    for index in rows.indexes.iter().filter(|row| row.kind() == "u") {
        let columns = keys_of(index, rows).map(|key| Name::from(key.name()));
        table.uniques.push(Unique::on(columns));
    }
    table.foreign_keys = foreign_keys(rows);
    table
}

fn column(row: &CatalogRow) -> Column {
    let mut column = Column::new(row.name(), sqlite_read(row.kind()));
    column.nullable = row.x != Some(1);
    match row.z {
        // The expression is in the text alone.
        Some(hidden @ (2 | 3)) => {
            column.generated = Some(Generated {
                expression: Expression::new(""),
                stored: hidden == 3,
            });
        }
        _ => column.default = row.txt.as_deref().map(read_default),
    }
    column
}

fn keys_of<'a>(
    index: &'a CatalogRow,
    rows: &'a TableRows<'_>,
) -> impl Iterator<Item = &'a CatalogRow> {
    let of_index = rows.keys.iter().filter(|key| key.kind() == index.name());
    of_index.copied()
}

fn foreign_keys(rows: &TableRows<'_>) -> Vec<ForeignKey> {
    let mut keys: Vec<(Option<i64>, ForeignKey)> = Vec::new();
    // The rows come in the order of the columns inside each key.
    for row in &rows.foreign_keys {
        let known = keys.iter().position(|(id, _)| *id == row.x);
        let at = known.unwrap_or_else(|| {
            keys.push((row.x, start_foreign_key(row)));
            keys.len() - 1
        });
        if let Some((_, key)) = keys.get_mut(at) {
            key.columns.push(Name::from(row.name()));
            key.referenced_columns
                .extend(row.kind.clone().map(Name::from));
        }
    }
    keys.into_iter().map(|(_, key)| key).collect()
}

fn start_foreign_key(row: &CatalogRow) -> ForeignKey {
    let actions = row.sql.as_deref().unwrap_or_default();
    let (on_update, on_delete) = actions.split_once('|').unwrap_or_default();
    let none: [Name; 0] = [];
    ForeignKey {
        on_update: action(on_update),
        on_delete: action(on_delete),
        ..ForeignKey::new(none.clone(), row.txt.as_deref().unwrap_or_default(), none)
    }
}

fn action(text: &str) -> ReferentialAction {
    match text {
        "RESTRICT" => ReferentialAction::Restrict,
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}

/// An index that somebody made, from its text, checked against the pragmas.
///
/// # Errors
/// A text that cannot be read, or is not read as SQLite reads it, where the
/// pragmas alone do not say all.
pub(super) fn index(row: &CatalogRow, rows: &TableRows<'_>) -> Result<Index> {
    let keys: Vec<&CatalogRow> = keys_of(row, rows).collect();
    let unreadable = |why: &str| Err(Error::new(why.to_owned()));
    let read = match rows.index_sql(row.name()) {
        Some(sql) => read_index(sql),
        None => unreadable("its text is missing"),
    };
    match read {
        Ok(mut index) if agrees(&index, &keys, row) => {
            index.name = Some(Name::from(row.name()));
            Ok(index)
        }
        other => {
            let plain =
                row.y != Some(1) && !keys.is_empty() && keys.iter().all(|key| key.name.is_some());
            match other {
                _ if plain => Ok(plain_index(row, &keys)),
                Err(error) => Err(error),
                Ok(_) => unreadable("its text and SQLite do not name the same keys"),
            }
        }
    }
}

fn agrees(index: &Index, keys: &[&CatalogRow], row: &CatalogRow) -> bool {
    index.keys.len() == keys.len()
        && index.unique == (row.x == Some(1))
        && index.predicate.is_some() == (row.y == Some(1))
        && (index.keys.iter().zip(keys)).all(|(key, seen)| {
            key.descending == (seen.y == Some(1))
                && match (&key.target, &seen.name) {
                    (IndexTarget::Column(a), Some(b)) => a.as_str().eq_ignore_ascii_case(b),
                    (IndexTarget::Expression(_), None) => true,
                    _ => false,
                }
        })
}

fn plain_index(row: &CatalogRow, keys: &[&CatalogRow]) -> Index {
    let keys = keys.iter().map(|seen| {
        let mut key = IndexKey::column(seen.name());
        key.descending = seen.y == Some(1);
        key.collation.clone_from(&seen.txt);
        key
    });
    Index {
        name: Some(Name::from(row.name())),
        unique: row.x == Some(1),
        keys: keys.collect(),
        ..Index::on::<Name>([])
    }
}

/// The module of a virtual table, in lower case.
pub(super) fn module(sql: &str) -> Option<String> {
    let tokens = lexer::tokens(sql).ok()?;
    let using = tokens.iter().position(|token| token.is(sql, "using"))?;
    let name = lexer::unquote(tokens.get(using + 1)?.text(sql));
    Some(name.to_ascii_lowercase())
}
