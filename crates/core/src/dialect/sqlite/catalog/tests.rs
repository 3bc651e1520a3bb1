//! Rows as SQLite gives them. That the query itself runs is tested where there
//! is a SQLite to run it.

use super::*;
use crate::schema::{ColumnType, IndexTarget};

fn row(part: i64, tbl: &str, n: i64, name: &str, kind: &str) -> CatalogRow {
    CatalogRow {
        part: Some(part),
        tbl: Some(tbl.into()),
        n: Some(n),
        name: Some(name.into()),
        kind: Some(kind.into()),
        ..CatalogRow::default()
    }
}

fn object(kind: &str, table: &str, n: i64, name: &str, sql: &str) -> CatalogRow {
    CatalogRow {
        sql: Some(sql.into()),
        ..row(1, table, n, name, kind)
    }
}

fn column(table: &str, n: i64, name: &str, ty: &str, pk: i64) -> CatalogRow {
    CatalogRow {
        x: Some(0),
        y: Some(pk),
        z: Some(0),
        ..row(2, table, n, name, ty)
    }
}

fn database() -> Vec<CatalogRow> {
    vec![
        object(
            "trigger",
            "t",
            9,
            "t",
            "CREATE TRIGGER t AFTER INSERT ON t BEGIN SELECT 1; END",
        ),
        object("view", "v", 2, "v", "CREATE VIEW v AS SELECT a FROM t"),
        object(
            "index",
            "t",
            8,
            "ix",
            "CREATE INDEX ix ON t (lower(B) DESC, a) WHERE a > 1",
        ),
        object(
            "table",
            "t",
            3,
            "t",
            "CREATE TABLE t (a TEXT PRIMARY KEY, \"b\" VARCHAR (30))",
        ),
        object(
            "virtual",
            "f",
            4,
            "f",
            "CREATE VIRTUAL TABLE f USING FTS5(x)",
        ),
        object(
            "table",
            "f_data",
            5,
            "f_data",
            "CREATE TABLE f_data (id INTEGER PRIMARY KEY)",
        ),
        object("index", "f_data", 6, "fi", "CREATE INDEX fi ON f_data (id)"),
        object(
            "table",
            "broken",
            7,
            "broken",
            "CREATE TABLE broken (a TEXT,",
        ),
        column("t", 0, "a", "TEXT", 1),
        column("t", 1, "b", "VARCHAR (30)", 0),
        column("f_data", 0, "id", "INTEGER", 1),
        column("broken", 0, "x", "INT", 0),
        column("broken", 1, "y", "INTEGER", 0),
        row(3, "t", 0, "ix", "c").with(0, 1),
        row(3, "t", 1, "sqlite_autoindex_t_1", "pk").with(1, 0),
        CatalogRow {
            name: None,
            ..row(4, "t", 0, "", "ix").with(-2, 1)
        },
        row(4, "t", 1, "a", "ix").with(0, 0),
        row(4, "t", 0, "a", "sqlite_autoindex_t_1").with(0, 0),
        CatalogRow {
            x: Some(0),
            kind: None,
            txt: Some("T".into()),
            sql: Some("NO ACTION|CASCADE".into()),
            ..row(5, "broken", 0, "y", "")
        },
    ]
}

impl CatalogRow {
    fn with(mut self, x: i64, y: i64) -> Self {
        (self.x, self.y) = (Some(x), Some(y));
        self
    }
}

#[test]
fn objects_stand_in_an_order_that_can_be_run() {
    let read = snapshot(database());
    let order: Vec<_> = (read.objects.iter())
        .map(|o| (o.kind, o.name.as_str()))
        .collect();
    let expected = vec![
        (ObjectKind::Table, "t"),
        (ObjectKind::Table, "broken"),
        (ObjectKind::VirtualTable, "f"),
        (ObjectKind::ShadowTable, "f_data"),
        (ObjectKind::ShadowTable, "fi"),
        (ObjectKind::Index, "ix"),
        (ObjectKind::View, "v"),
        (ObjectKind::Trigger, "t"),
    ];
    assert_eq!(order, expected);
}

#[test]
fn only_ordinary_tables_are_compared() {
    let read = snapshot(database());
    let names: Vec<_> = read.schema.tables.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["broken", "t"]);
    let kinds: Vec<_> = (read.unmanaged.iter())
        .map(|u| (u.kind.as_str(), u.name.as_str()))
        .collect();
    for expected in [
        ("opaque table", "broken"),
        ("trigger", "t"),
        ("view", "v"),
        ("virtual table", "f"),
    ] {
        assert!(kinds.contains(&expected), "{expected:?} in {kinds:?}");
    }
    assert_eq!(canonical(read.schema.clone()), read.schema);
}

#[test]
fn an_index_is_read_from_its_text_and_checked_by_the_pragmas() {
    let read = snapshot(database());
    let table = read.schema.tables.get(&TableName::new("t"));
    let indexes = table.map(|t| t.indexes.as_slice()).unwrap_or_default();
    assert_eq!(indexes.len(), 1);
    for index in indexes {
        let targets: Vec<_> = index.keys.iter().map(|k| k.target.clone()).collect();
        let lower = IndexTarget::Expression("lower(B)".into());
        assert_eq!(targets, [lower, IndexTarget::Column("a".into())]);
        assert_eq!(index.predicate, Some("a > 1".into()));
        assert!(index.keys.first().is_some_and(|k| k.descending));
    }
    let mut rows = database();
    rows.retain(|row| row.part != Some(4));
    let read = snapshot(rows);
    let missing = |u: &Unmanaged| u.kind == "opaque index" && u.name == "ix";
    assert!(read.unmanaged.iter().any(missing));
}

#[test]
fn an_opaque_table_is_read_from_the_pragmas() {
    let read = snapshot(database());
    let table = read.schema.tables.get(&TableName::new("broken"));
    let keys = table.map(|t| t.foreign_keys.as_slice()).unwrap_or_default();
    assert_eq!(keys.len(), 1);
    for key in keys {
        assert_eq!(key.references, TableName::new("t"));
        assert_eq!(key.referenced_columns, [Name::from("a")]);
        let cascade = crate::schema::ReferentialAction::Cascade;
        assert_eq!(key.on_delete, cascade);
    }
    let types: Vec<_> = table
        .iter()
        .flat_map(|t| &t.columns)
        .map(|c| &c.ty)
        .collect();
    assert_eq!(
        types,
        [&ColumnType::Custom("INT".into()), &ColumnType::Integer]
    );
}

#[test]
fn what_others_manage_can_be_left_out() {
    let read = snapshot(database());
    let rest = read.without(|name| name == "broken");
    assert_eq!(rest.schema.tables.len(), 1);
    assert_eq!(rest.objects, read.objects);
    assert!(!rest.unmanaged.iter().any(|u| u.name == "broken"));
    assert!(rest.unmanaged.iter().any(|u| u.name == "v"));
}
