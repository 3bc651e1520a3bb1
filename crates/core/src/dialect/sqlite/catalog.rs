//! The bulk catalogue query and what its rows mean.
//!
//! It owns the one statement that reads a whole database, however many tables
//! it has, and the [`Snapshot`] that its rows become. What the pragmas cannot
//! tell is read from the stored texts; a table whose text cannot be read is
//! *opaque* and taken from the pragmas alone. It must not run anything.

use std::collections::BTreeMap;

use super::canonical::canonical;
use super::ddl::TableDdl;
use super::opaque;
use crate::dialect::{ObjectKind, Snapshot, SqlObject, TextRow, Unmanaged};
use crate::schema::{Name, Schema, Table, TableName};

/// Reads everything, in one statement; one [`CatalogRow`] a row.
///
/// Only ordinary tables are asked for their columns: a virtual table whose
/// module is missing would make the whole statement fail.
pub const CATALOG: &str = r"
WITH listed AS MATERIALIZED (
       SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'),
     ordinary AS MATERIALIZED (
       SELECT name FROM listed WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\')
SELECT 1 AS part, o.tbl_name AS tbl, o.rowid AS n, o.name AS name, coalesce(l.type, o.type) AS kind,
       l.wr AS x, l.strict AS y, NULL AS z, NULL AS txt, o.sql AS sql
  FROM main.sqlite_schema AS o
  LEFT JOIN listed AS l ON l.name = o.name AND o.type IN ('table', 'view')
 WHERE o.name NOT LIKE 'sqlite\_%' ESCAPE '\'
UNION ALL
SELECT 2, t.name, c.cid, c.name, c.type, c.[notnull], c.pk, c.hidden, c.dflt_value, NULL
  FROM ordinary AS t, pragma_table_xinfo(t.name, 'main') AS c
UNION ALL
SELECT 3, t.name, i.seq, i.name, i.origin, i.[unique], i.partial, NULL, NULL, NULL
  FROM ordinary AS t, pragma_index_list(t.name, 'main') AS i
UNION ALL
SELECT 4, t.name, k.seqno, k.name, i.name, k.cid, k.[desc], NULL, k.coll, NULL
  FROM ordinary AS t, pragma_index_list(t.name, 'main') AS i,
       pragma_index_xinfo(i.name, 'main') AS k
 WHERE k.key = 1
UNION ALL
SELECT 5, t.name, f.seq, f.[from], f.[to], f.id, NULL, NULL, f.[table], f.on_update || '|' || f.on_delete
  FROM ordinary AS t, pragma_foreign_key_list(t.name, 'main') AS f
 ORDER BY 1, 2, 3
";

/// One row of [`CATALOG`], its columns in order. What they hold depends on
/// `part`: 1 objects, 2 columns, 3 indexes, 4 their keys, 5 foreign keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogRow {
    /// Which part of the catalogue the row is of.
    pub part: Option<i64>,
    /// The table that it belongs to.
    pub tbl: Option<String>,
    /// Its place among its like; of an object, the rowid in the catalogue.
    pub n: Option<i64>,
    /// The name of the object, the column, the index; of a foreign key, the
    /// column of this table.
    pub name: Option<String>,
    /// The kind of object, the type of a column, the origin of an index, the
    /// index of a key; of a foreign key, the column referred to.
    pub kind: Option<String>,
    /// 1 WITHOUT ROWID, 2 NOT NULL, 3 unique, 4 the column's number (-2 for an
    /// expression), 5 the number of the foreign key.
    pub x: Option<i64>,
    /// 1 STRICT, 2 place in the primary key, 3 partial, 4 descending.
    pub y: Option<i64>,
    /// 2 hidden: 2 generated when read, 3 generated and stored.
    pub z: Option<i64>,
    /// 2 the default, 4 the collation, 5 the table referred to.
    pub txt: Option<String>,
    /// 1 the statement, 5 the actions.
    pub sql: Option<String>,
}

impl CatalogRow {
    pub(super) fn table(&self) -> &str {
        self.tbl.as_deref().unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    pub(super) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or_default()
    }
}

/// A row as the driver gives it.
pub(super) fn row(values: TextRow) -> CatalogRow {
    let mut values = values.into_iter();
    let mut text = || values.next().flatten();
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
    CatalogRow {
        part: number(text()),
        tbl: text(),
        n: number(text()),
        name: text(),
        kind: text(),
        x: number(text()),
        y: number(text()),
        z: number(text()),
        txt: text(),
        sql: text(),
    }
}

/// What the catalogue says of one ordinary table.
#[derive(Debug, Default)]
pub(super) struct TableRows<'a> {
    pub(super) object: Option<&'a CatalogRow>,
    pub(super) columns: Vec<&'a CatalogRow>,
    pub(super) indexes: Vec<&'a CatalogRow>,
    pub(super) keys: Vec<&'a CatalogRow>,
    pub(super) foreign_keys: Vec<&'a CatalogRow>,
    /// The objects that stand on the table.
    pub(super) objects: Vec<&'a CatalogRow>,
}

impl TableRows<'_> {
    /// The statement that made an index.
    pub(super) fn index_sql(&self, name: &str) -> Option<&str> {
        let index = |row: &&&CatalogRow| row.kind() == "index" && row.name() == name;
        self.objects.iter().find(index)?.sql.as_deref()
    }

    /// The columns of the primary key, in key order.
    pub(super) fn primary_key(&self) -> Vec<Name> {
        let mut key: Vec<_> = self
            .columns
            .iter()
            .filter(|row| row.y.is_some_and(|place| place > 0))
            .collect();
        key.sort_by_key(|row| row.y);
        key.into_iter().map(|row| Name::from(row.name())).collect()
    }
}

/// The database that the rows of [`CATALOG`] describe.
pub fn snapshot(rows: Vec<CatalogRow>) -> Snapshot {
    let mut tables: BTreeMap<&str, TableRows<'_>> = BTreeMap::new();
    let mut objects = Vec::new();
    for row in &rows {
        if row.part == Some(1) {
            objects.push(row);
            if row.kind() == "table" {
                tables.entry(row.name()).or_default().object = Some(row);
            }
        }
        let table = tables.entry(row.table()).or_default();
        match row.part {
            Some(1) => table.objects.push(row),
            Some(2) => table.columns.push(row),
            Some(3) => table.indexes.push(row),
            Some(4) => table.keys.push(row),
            Some(5) => table.foreign_keys.push(row),
            _ => {}
        }
    }
    let shadows = shadows(&objects);
    let mut schema = Schema::default();
    let mut unmanaged = Vec::new();
    for (name, rows) in &tables {
        if let Some(object) = rows.object
            && !shadows.contains(name)
        {
            schema.insert(read_table(name, object, rows, &mut unmanaged));
        }
    }
    for row in &objects {
        note_object(row, &shadows, &mut unmanaged);
    }
    unmanaged.sort();
    unmanaged.dedup();
    Snapshot {
        schema: canonical(schema),
        objects: replayable(&objects, &shadows),
        unmanaged,
        ..Snapshot::default()
    }
}

fn read_table(
    name: &str,
    object: &CatalogRow,
    rows: &TableRows<'_>,
    unmanaged: &mut Vec<Unmanaged>,
) -> Table {
    let sql = object.sql.as_deref().unwrap_or_default();
    let read = TableDdl::parse(sql)
        .map_err(|error| error.message)
        .and_then(|ddl| {
            let table = ddl.read_table();
            match disagreement(&table, rows) {
                None => Ok((table, ddl.unmanaged())),
                Some(why) => Err(why),
            }
        });
    let mut table = match read {
        Ok((table, rest)) => {
            unmanaged.extend(rest);
            table
        }
        Err(why) => {
            unmanaged.push(note("opaque table", name, Some(why)));
            opaque::table(name, object, rows)
        }
    };
    table.name = TableName::new(name);
    for row in rows.indexes.iter().filter(|row| row.kind() == "c") {
        match opaque::index(row, rows) {
            Ok(index) => table.indexes.push(index),
            Err(error) => unmanaged.push(note("opaque index", row.name(), Some(error.message))),
        }
    }
    table
}

/// Where the table as its text was read is not the one that SQLite sees.
fn disagreement(table: &Table, rows: &TableRows<'_>) -> Option<String> {
    let same = |a: &Name, b: &str| a.as_str().eq_ignore_ascii_case(b);
    let columns = table.columns.len() == rows.columns.len()
        && (table.columns.iter().zip(&rows.columns)).all(|(c, row)| {
            same(&c.name, row.name())
                && c.generated.is_some() == row.z.is_some_and(|hidden| hidden > 1)
        });
    if !columns {
        return Some("its text and SQLite do not name the same columns".to_owned());
    }
    let key: Vec<Name> = table
        .primary_key
        .iter()
        .flat_map(|k| k.columns.clone())
        .collect();
    let seen = rows.primary_key();
    if key.len() != seen.len() || !key.iter().zip(&seen).all(|(a, b)| same(a, b.as_str())) {
        return Some("its text and SQLite do not name the same primary key".to_owned());
    }
    None
}

fn note(kind: &str, name: &str, detail: Option<String>) -> Unmanaged {
    Unmanaged {
        kind: kind.to_owned(),
        name: name.to_owned(),
        detail,
    }
}

fn note_object(row: &CatalogRow, shadows: &[&str], unmanaged: &mut Vec<Unmanaged>) {
    let kind = match object_kind(row, shadows) {
        ObjectKind::View => "view",
        ObjectKind::Trigger => "trigger",
        ObjectKind::VirtualTable => "virtual table",
        _ => return,
    };
    unmanaged.push(note(kind, row.name(), None));
}

fn object_kind(row: &CatalogRow, shadows: &[&str]) -> ObjectKind {
    match row.kind() {
        // What stands on a shadow table comes and goes with the virtual one.
        _ if shadows.contains(&row.table()) => ObjectKind::ShadowTable,
        "shadow" => ObjectKind::ShadowTable,
        "virtual" => ObjectKind::VirtualTable,
        "index" => ObjectKind::Index,
        "view" => ObjectKind::View,
        "trigger" => ObjectKind::Trigger,
        _ => ObjectKind::Table,
    }
}

/// The tables that virtual tables of SQLite's own modules keep. SQLite knows
/// them by itself unless this build lacks the module.
const SHADOWS: &[(&str, &[&str])] = &[
    (
        "fts3",
        &["content", "segments", "segdir", "docsize", "stat"],
    ),
    (
        "fts4",
        &["content", "segments", "segdir", "docsize", "stat"],
    ),
    ("fts5", &["data", "idx", "content", "docsize", "config"]),
    ("geopoly", &["node", "parent", "rowid"]),
    ("rtree", &["node", "parent", "rowid"]),
    ("rtree_i32", &["node", "parent", "rowid"]),
];

fn shadows<'a>(objects: &[&'a CatalogRow]) -> Vec<&'a str> {
    let expected: Vec<String> = objects
        .iter()
        .filter(|row| row.kind() == "virtual")
        .flat_map(|row| {
            let module = opaque::module(row.sql.as_deref().unwrap_or_default());
            let suffixes = SHADOWS
                .iter()
                .filter(move |(name, _)| module.as_deref() == Some(*name))
                .flat_map(|(_, suffixes)| *suffixes);
            suffixes.map(|suffix| format!("{}_{suffix}", row.name()).to_ascii_lowercase())
        })
        .collect();
    objects
        .iter()
        .filter(|row| {
            row.kind() == "shadow"
                || (row.kind() == "table" && expected.contains(&row.name().to_ascii_lowercase()))
        })
        .map(|row| row.name())
        .collect()
}

/// The texts in the order in which they can be run: what others stand on
/// first, and among equals the older one.
fn replayable(objects: &[&CatalogRow], shadows: &[&str]) -> Vec<SqlObject> {
    let mut list: Vec<_> = objects
        .iter()
        .filter_map(|row| Some((object_kind(row, shadows), *row, row.sql.clone()?)))
        .collect();
    list.sort_by_key(|(kind, row, _)| (*kind, row.n));
    list.into_iter()
        .map(|(kind, row, sql)| SqlObject {
            kind,
            name: row.name().to_owned(),
            table: row.table().to_owned(),
            sql,
        })
        .collect()
}

#[cfg(test)]
mod tests;
