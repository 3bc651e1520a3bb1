#![expect(clippy::unwrap_used, reason = "tests")]

mod follow;
mod statements;

use super::{lower, together};
use crate::change::{Change, Pair};
use crate::dialect::sqlite::canonical::canonical;
use crate::dialect::sqlite::ddl::TableDdl;
use crate::dialect::sqlite::{index, lexer};
use crate::dialect::{Lowered, ObjectKind, Snapshot, SqlObject};
use crate::hazard::HazardKind;
use crate::operation::{Operation, RawSql, TableChange, reverse_all};
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, Expression, ForeignKey, Index, Literal, Name,
    PrimaryKey, Table, TableName,
};

/// A database from statements in which every name is a single plain word.
fn database(script: &str) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for sql in lexer::split_statements(script).unwrap() {
        let words: Vec<String> = lexer::tokens(&sql)
            .unwrap()
            .iter()
            .map(|t| lexer::unquote(t.text(&sql)))
            .collect();
        let after = |word: &str| {
            let at = words.iter().position(|w| w.eq_ignore_ascii_case(word));
            words[at.unwrap() + 1].clone()
        };
        let (kind, name, table) = match words[1].to_ascii_lowercase().as_str() {
            "table" => (ObjectKind::Table, after("table"), after("table")),
            "virtual" => (ObjectKind::VirtualTable, after("table"), after("table")),
            "view" => (ObjectKind::View, after("view"), after("view")),
            "trigger" => (ObjectKind::Trigger, after("trigger"), after("on")),
            _ => (ObjectKind::Index, after("index"), after("on")),
        };
        if kind == ObjectKind::Table {
            let table = TableDdl::parse(&sql)
                .map_or_else(|_| Table::new(name.as_str()), |ddl| ddl.read_table());
            snapshot.schema.insert(table);
        }
        if kind == ObjectKind::Index
            && let Ok(index) = index::read_index(&sql)
            && let Some(table) = snapshot
                .schema
                .tables
                .get_mut(&TableName::new(table.as_str()))
        {
            table.indexes.push(index);
        }
        snapshot.objects.push(SqlObject {
            kind,
            name,
            table,
            sql,
        });
    }
    snapshot.schema = canonical(snapshot.schema);
    snapshot
}

fn alter(table: &str, changes: Vec<TableChange>) -> Operation {
    Operation::AlterTable {
        table: table.into(),
        changes,
    }
}

fn column(name: &str, ty: ColumnType) -> Column {
    Column {
        nullable: true,
        ..Column::new(name, ty)
    }
}

fn existing(snapshot: &Snapshot, table: &str, name: &str) -> Column {
    let table = snapshot.schema.table(&TableName::from(table)).unwrap();
    table.column(name).unwrap().clone()
}

fn add(column: Column) -> TableChange {
    TableChange::Column(Change::Add(column))
}

fn remove(snapshot: &Snapshot, table: &str, name: &str) -> TableChange {
    TableChange::Column(Change::Drop(existing(snapshot, table, name)))
}

fn altered(
    snapshot: &Snapshot,
    table: &str,
    name: &str,
    edit: impl FnOnce(&mut Column),
) -> TableChange {
    let from = existing(snapshot, table, name);
    let mut to = from.clone();
    edit(&mut to);
    TableChange::Column(Change::Alter(Pair { from, to }))
}

fn renamed(from: &str, to: &str) -> TableChange {
    TableChange::Column(Change::Rename(Pair::new(from.into(), to.into())))
}

fn check(name: &str, expression: &str) -> TableChange {
    TableChange::Check(Change::Add(Check {
        name: Some(name.into()),
        expression: Expression::new(expression),
        extra: None,
    }))
}

fn foreign_key(name: &str, column: &str, to: &str) -> ForeignKey {
    ForeignKey {
        name: Some(name.into()),
        ..ForeignKey::new([column], to, ["id"])
    }
}

fn index(name: &str, column: &str) -> Index {
    Index {
        name: Some(name.into()),
        ..Index::on([column])
    }
}

fn sql(lowered: &Lowered) -> Vec<&str> {
    lowered.plan.statements().map(|s| s.sql.as_str()).collect()
}

fn text(value: &str) -> DefaultValue {
    DefaultValue::Literal(Literal::Text(value.to_owned()))
}

const TORTURE: &str = "
CREATE TABLE p (id INTEGER PRIMARY KEY);
CREATE TABLE k (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE, v INT DEFAULT (1+1),
  g INT AS (v*2) STORED, z TEXT, CHECK (length(k.z) < 5), UNIQUE (name, v) ON CONFLICT REPLACE);
CREATE INDEX ik ON k(z DESC) WHERE z IS NOT NULL;
CREATE VIEW vk AS SELECT id, name FROM k;
CREATE TRIGGER tr AFTER INSERT ON k BEGIN UPDATE k SET z = 't' WHERE id = new.id; END;
CREATE TABLE child (id INTEGER PRIMARY KEY, k_id INTEGER REFERENCES k(id) ON DELETE CASCADE)";
