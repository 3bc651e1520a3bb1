//! Models as `reflect` writes them.

use aludel_core::dialect::Dialect;
use aludel_core::dialect::sqlite::Sqlite;
use aludel_core::schema::{
    Check, Column, ColumnType, DefaultValue, Expression, ForeignKey, Generated, Index, IndexKey,
    Literal, Name, PrimaryKey, ReferentialAction, Schema, Table, TableName, Unique,
};
use proptest::prelude::*;

use super::random;
use crate::emit::models;

fn key(columns: &[&str]) -> Option<PrimaryKey> {
    Some(PrimaryKey {
        prefixes: Vec::new(),
        name: None,
        columns: columns.iter().map(|c| Name::from(*c)).collect(),
        extra: None,
    })
}

pub(super) fn sample() -> Schema {
    let mut users = Table::new("users");
    users.columns = vec![
        Column::new("id", ColumnType::Integer),
        Column::new("userName", ColumnType::Varchar(Some(100))),
        Column::new("type", ColumnType::Text),
    ];
    users.columns[0].autoincrement = true;
    users.columns[1].default = Some(DefaultValue::Literal(Literal::Text(String::new())));
    users.columns[2].nullable = true;
    users.primary_key = key(&["id"]);
    users.checks = vec![Check {
        name: Some("ck_named".into()),
        expression: Expression::new("length(\"userName\") > 0"),
        extra: None,
    }];

    let mut posts = Table::new("post");
    posts.columns = vec![
        Column::new("a", ColumnType::Integer),
        Column::new("b", ColumnType::Integer),
        Column::new("owner", ColumnType::Integer),
        Column::new("seen", ColumnType::DateTime(None)),
        Column::new("double", ColumnType::Integer),
    ];
    posts.columns[3].default = Some(DefaultValue::Expression("CURRENT_TIMESTAMP".into()));
    posts.columns[4].generated = Some(Generated {
        expression: "a * 2".into(),
        stored: true,
    });
    posts.primary_key = key(&["a", "b"]);
    posts.options.without_rowid = true;
    let mut owner = ForeignKey::new(["owner"], "users", ["id"]);
    owner.on_delete = ReferentialAction::Cascade;
    posts.foreign_keys = vec![
        owner,
        ForeignKey::new(["a", "b"], "else where", ["x", "y z"]),
    ];
    posts.uniques = vec![Unique::on(["owner"])];
    let mut usual = Index::on(["seen"]);
    usual.name = Some("ix_post_seen".into());
    let mut odd = Index::on(["owner"]);
    odd.name = Some("odd".into());
    odd.keys = vec![IndexKey::column("owner"), IndexKey::expression("lower(b)")];
    odd.keys[0].descending = true;
    odd.unique = true;
    odd.predicate = Some("a > 1".into());
    posts.indexes = vec![usual, odd];

    let mut schema = Schema::default();
    schema.insert(users);
    schema.insert(posts);
    schema
}

#[test]
fn readable_models() {
    assert_eq!(
        models(&sample(), &Sqlite),
        r#"use aludel::Model;

#[derive(Model)]
#[table(without_rowid)]
#[table(primary_key(a, b))]
#[table(index(owner desc, expr = "lower(b)", name = "odd", unique, where = "a > 1"))]
#[table(foreign_key(a, b => "else where"("x", "y z")))]
pub struct Post {
    pub a: i64,
    pub b: i64,
    #[column(unique, references = User::id, on_delete = cascade)]
    pub owner: i64,
    #[column(default = sql("CURRENT_TIMESTAMP"), index)]
    pub seen: chrono::NaiveDateTime,
    #[column(generated = "a * 2", stored)]
    pub double: i64,
}

#[derive(Model)]
#[table(name = "users")]
#[table(check("length(\"userName\") > 0", name = "ck_named"))]
pub struct User {
    #[column(primary_key, autoincrement)]
    pub id: i64,
    #[column(name = "userName", type = "VARCHAR(100)", default = "")]
    pub user_name: String,
    pub r#type: Option<String>,
}
"#
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the names are, the structs are Rust.
    #[test]
    fn models_parse(tables in prop::collection::vec(random::table(), 1..6)) {
        let mut schema = Schema::default();
        for mut table in tables {
            // Without rows of one name, which no database has.
            let mut seen = std::collections::BTreeSet::<Name>::new();
            table.columns.retain(|c| seen.insert(c.name.clone()));
            table.name = TableName::new(table.name.name);
            schema.insert(table);
        }
        let text = models(&Dialect::canonical(&Sqlite, schema), &Sqlite);
        super::assert_unchanged(&text);
        let file = syn::parse_file(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        let mut names = std::collections::BTreeSet::new();
        for item in file.items {
            if let syn::Item::Struct(item) = item {
                prop_assert!(names.insert(item.ident.to_string()), "two structs of one name in\n{text}");
                let mut fields = std::collections::BTreeSet::new();
                for field in item.fields {
                    prop_assert!(fields.insert(field.ident.map(|i| i.to_string())), "{text}");
                }
            }
        }
    }
}
