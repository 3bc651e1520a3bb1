//! The statements of each kind of operation.

use super::lower;
use crate::change::{Change, Pair};
use crate::dialect::{ObjectKind, Server, Snapshot, SqlObject};
use crate::operation::{Operation, RawSql, TableChange, reverse_all};
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, Deferrable, EnumType, ForeignKey, Generated, Identity,
    Index, IndexKey, Literal, PrimaryKey, ReferentialAction, Schema, Table, TableName, Unique,
};

fn text(value: &str) -> DefaultValue {
    DefaultValue::Literal(Literal::Text(value.into()))
}

fn column(name: &str, ty: ColumnType) -> Column {
    Column::new(name, ty)
}

fn nullable(name: &str, ty: ColumnType) -> Column {
    Column {
        nullable: true,
        ..Column::new(name, ty)
    }
}

fn table(name: &str, columns: Vec<Column>) -> Table {
    let mut table = Table::new(name);
    table.columns = columns;
    table.primary_key = Some(PrimaryKey::on(["id"]));
    table
}

/// `parent(id)`, `item(id, name, note, mood, owner_id)`.
fn base() -> Snapshot {
    let mut schema = Schema::default();
    let mood = TableName::new("mood");
    schema.enums.insert(
        mood.clone(),
        EnumType {
            name: mood.clone(),
            values: vec!["happy".into(), "sad".into()],
        },
    );
    schema.insert(table("parent", vec![column("id", ColumnType::Integer)]));
    let mut item = table(
        "item",
        vec![
            column("id", ColumnType::BigInteger),
            column("name", ColumnType::Text),
            nullable("note", ColumnType::Varchar(Some(50))),
            nullable("mood", ColumnType::Enum(mood)),
            nullable("owner_id", ColumnType::Integer),
        ],
    );
    let mut key = ForeignKey::new(["owner_id"], "parent", ["id"]);
    key.name = Some("fk_item_owner".into());
    item.foreign_keys.push(key);
    schema.insert(item);
    Snapshot {
        schema,
        server: Server {
            product: "PostgreSQL".into(),
            version: (15, 18, 0),
            schema: "public".into(),
            ..Server::default()
        },
        ..Snapshot::default()
    }
}

fn statements(before: &Snapshot, operations: &[Operation]) -> Vec<String> {
    let lowered = lower(before, operations).unwrap();
    lowered.plan.statements().map(|s| s.sql.clone()).collect()
}

fn alter(changes: Vec<TableChange>) -> Operation {
    Operation::AlterTable {
        table: "item".into(),
        changes,
    }
}

/// The statements of changes of `item`, and those of the way back.
fn there_and_back(changes: Vec<TableChange>) -> (Vec<String>, Vec<String>) {
    let before = base();
    let operations = vec![alter(changes)];
    let up = lower(&before, &operations).unwrap();
    let down = lower(&up.after, &reverse_all(operations)).unwrap();
    let all = |plan: &crate::plan::Plan| plan.statements().map(|s| s.sql.clone()).collect();
    (all(&up.plan), all(&down.plan))
}

fn altered(name: &str, change: impl Fn(&mut Column)) -> TableChange {
    let before = base();
    let item = before.schema.table(&"item".into()).unwrap();
    let from = item.column(name).unwrap().clone();
    let mut to = from.clone();
    change(&mut to);
    TableChange::Column(Change::Alter(Pair::new(from, to)))
}
