//! What models become on SQLite, and what is refused.

use super::*;
use crate::dialect::samples::{field, model, rust, said};
use crate::dialect::types::sqlite_write;
use crate::model::{PrimaryKeyModel, TypeModel};
use crate::schema::Name;

fn key(columns: &[&str]) -> Option<PrimaryKeyModel> {
    Some(PrimaryKeyModel {
        prefixes: Vec::new(),
        name: None,
        columns: columns.iter().map(|c| Name::from(*c)).collect(),
    })
}

fn read(tables: Vec<TableModel>) -> Result<Wanted, Vec<ModelError>> {
    let models = Models {
        tables,
        enums: vec![EnumModel {
            enum_name: "Mood".into(),
            name: TableName::new("mood"),
            values: vec!["sad".into(), "happy".into()],
            renamed_values: Vec::new(),
            origin: Origin::default(),
        }],
    };
    wanted(&models)
}

fn messages(tables: Vec<TableModel>) -> Vec<String> {
    let errors = read(tables).err().unwrap_or_default();
    assert!(errors.iter().all(|e| e.hint.is_some()));
    errors.into_iter().map(|e| e.message).collect()
}

fn refused(table: TableModel) -> String {
    messages(vec![table]).join("; ")
}

fn only(table: TableModel) -> (Table, TableHint) {
    let wanted = read(vec![table]).unwrap_or_default();
    let table = wanted.schema.tables.into_values().next();
    let hint = wanted.hints.into_values().next();
    (
        table.unwrap_or_else(|| Table::new("none")),
        hint.unwrap_or_default(),
    )
}

#[test]
fn types_said_and_inferred() {
    let table = model(
        "t",
        vec![
            rust("id", RustType::I64),
            rust("uid", RustType::Uuid),
            rust("at", RustType::TimestampTz),
            said("name", "varchar( 100 )"),
            said("n", "bigint"),
        ],
    );
    let (table, hint) = only(table);
    let spelled: Vec<_> = table.columns.iter().map(|c| sqlite_write(&c.ty)).collect();
    assert_eq!(
        spelled,
        ["INTEGER", "BLOB", "DATETIME", "VARCHAR(100)", "BIGINT"]
    );
    let neutral = |name: &str| hint.columns.get(name).and_then(|h| h.neutral.clone());
    let inferred = |name: &str| hint.columns.get(name).and_then(|h| h.inferred.clone());
    assert_eq!(neutral("uid"), Some(ColumnType::Uuid));
    assert_eq!(neutral("at"), Some(ColumnType::TimestampTz(None)));
    assert_eq!(neutral("id"), Some(ColumnType::BigInteger));
    assert_eq!(neutral("n"), None);
    assert_eq!(inferred("id"), Some(RustType::I64));
    assert_eq!(inferred("n"), None);
}

#[test]
fn the_text_for_sqlite_goes_before_the_one_for_all() {
    let by = |all: Option<&str>, dialect: &str, rust: Option<RustType>| TypeModel::Said {
        all: all.map(str::to_owned),
        by_dialect: vec![(dialect.into(), "clob".into())],
        rust,
    };
    let table = model(
        "t",
        vec![
            field("a", by(Some("text"), "sqlite", None)),
            field("b", by(Some("text"), "postgres", None)),
            field("c", by(None, "postgres", Some(RustType::Bytes))),
        ],
    );
    let (table, hint) = only(table);
    let spelled: Vec<_> = table.columns.iter().map(|c| sqlite_write(&c.ty)).collect();
    assert_eq!(spelled, ["CLOB", "TEXT", "BLOB"]);
    let inferred = hint.columns.get("c").and_then(|h| h.inferred.clone());
    assert_eq!(inferred, Some(RustType::Bytes));
    let none = model("t", vec![field("a", by(None, "postgres", None))]);
    assert_eq!(refused(none), "no column type is known for `t.a` on SQLite");
}

#[test]
fn an_enum_is_a_checked_text() {
    let mood = RustType::Enum(TableName::new("mood"));
    let (table, hint) = only(model("t", vec![rust("m", mood.clone())]));
    let texts: Vec<_> = table.checks.iter().map(|c| c.expression.as_str()).collect();
    assert_eq!(texts, [r#""m" IN ('sad', 'happy')"#]);
    assert_eq!(
        table.columns.first().map(|c| &c.ty),
        Some(&ColumnType::Text)
    );
    let inferred = hint.columns.get("m").and_then(|h| h.inferred.clone());
    assert_eq!(inferred, Some(mood));
    let unknown = RustType::Enum(TableName::new("nope"));
    let message = refused(model("t", vec![rust("m", unknown)]));
    assert_eq!(message, "the values of the enum `nope` are not known");
}

#[test]
fn strict_tables_take_what_sqlx_encodes() {
    let mut table = model(
        "t",
        vec![
            rust("a", RustType::Bool),
            rust("b", RustType::DateTime),
            rust("c", RustType::Uuid),
            said("d", "any"),
        ],
    );
    table.options.strict = true;
    let (read, hint) = only(table);
    let spelled: Vec<_> = read.columns.iter().map(|c| sqlite_write(&c.ty)).collect();
    assert_eq!(spelled, ["INTEGER", "TEXT", "BLOB", "ANY"]);
    let neutral = |name: &str| hint.columns.get(name).and_then(|h| h.neutral.clone());
    assert_eq!(neutral("a"), Some(ColumnType::Boolean));
    assert_eq!(neutral("b"), Some(ColumnType::DateTime(None)));
    assert_eq!(neutral("c"), Some(ColumnType::Uuid));
    let mut table = model("t", vec![said("a", "varchar(3)")]);
    table.options.strict = true;
    assert_eq!(
        refused(table),
        "`t.a`: a STRICT table has no type `varchar(3)`"
    );
}

#[test]
fn numbers_are_given_to_one_integer_key_only() {
    let table = |ty: ColumnModel, columns: &[&str]| {
        let mut column = ty;
        column.autoincrement = true;
        let mut table = model("t", vec![column, rust("b", RustType::I64)]);
        table.primary_key = key(columns);
        table
    };
    let (read, _) = only(table(rust("a", RustType::I32), &["a"]));
    assert!(
        read.columns
            .first()
            .is_some_and(|c| c.autoincrement && !c.nullable)
    );
    let message = "`t.a` cannot have `autoincrement`";
    assert_eq!(
        refused(table(rust("a", RustType::I64), &["a", "b"])),
        message
    );
    assert_eq!(refused(table(said("a", "bigint"), &["a"])), message);
    assert_eq!(refused(table(rust("a", RustType::I64), &["b"])), message);
    let mut rowless = table(rust("a", RustType::I64), &["a"]);
    rowless.options.without_rowid = true;
    assert!(refused(rowless).ends_with("in a table WITHOUT ROWID"));
}

#[test]
fn what_sqlite_has_not_is_refused_by_name() {
    let mut index = Index::on(["a"]);
    index.method = Some("gin".into());
    index.include = vec!["b".into()];
    let mut table = model("t", vec![rust("a", RustType::I64)]);
    index.concurrently = true;
    table.indexes.push(index);
    if let Some(column) = table.columns.first_mut() {
        column.identity = true;
    }
    let errors = messages(vec![table]);
    let expected = [
        "SQLite has no identity columns, and `t.a` is to be one",
        "SQLite has no `using = \"gin\"`, and `t` asks for it",
        "SQLite has no `include`, and `t` asks for it",
    ];
    assert_eq!(errors, expected);
    let array = RustType::Array(Box::new(RustType::I64));
    let message = refused(model("t", vec![rust("a", array)]));
    assert_eq!(message, "SQLite has no arrays, and `t.a` is one");
    let mut table = model("t", vec![rust("a", RustType::I64)]);
    table.name = TableName::in_schema("other", "t");
    assert!(refused(table).starts_with("SQLite has no schemas"));
}

#[test]
fn what_only_tunes_another_database_is_left_out() {
    let mut table = model("t", vec![rust("a", RustType::I64)]);
    table.name = TableName::in_schema("main", "t");
    table.options.engine = Some("InnoDB".into());
    table.comment = Some("x".into());
    let mut index = Index::on(["a"]);
    index.method = Some("BTREE".into());
    index.concurrently = true;
    table.indexes.push(index);
    let (read, _) = only(table);
    assert_eq!(read.name, TableName::new("t"));
    assert_eq!(read.options, TableOptions::default());
    assert_eq!(read.indexes, [Index::on(["a"])]);
}

#[test]
fn names_that_sqlite_takes_for_one_are_refused() {
    let column = || vec![rust("a", RustType::I64)];
    let errors = messages(vec![model("t", column()), model("T", column())]);
    assert_eq!(errors, ["a second model has the table `T`"]);
    let twice = model(
        "t",
        vec![rust("a", RustType::I64), rust("A", RustType::I64)],
    );
    assert_eq!(refused(twice), "`t` has two columns `A`");
    let own = refused(model("sqlite_x", column()));
    assert_eq!(own, "`sqlite_x` is a name that SQLite keeps for itself");
    let mut table = model("t", column());
    table.options.without_rowid = true;
    assert_eq!(
        refused(table),
        "`t` is WITHOUT ROWID and has no primary key"
    );
    let empty = refused(model("t", Vec::new()));
    assert!(empty.starts_with("`t` has no column"), "{empty}");
}
