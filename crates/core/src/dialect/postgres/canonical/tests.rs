//! The laws of the canonical form, on chosen schemas and on random ones.

use proptest::prelude::*;

use super::*;
use crate::schema::{DefaultValue, Deferrable, Generated, Literal, ReferentialAction};

fn only(table: Table) -> Table {
    let mut schema = Schema::default();
    schema.insert(table);
    let mut tables = canonical(schema).tables.into_values();
    tables.next().unwrap_or_else(|| Table::new("none"))
}

#[test]
fn a_usual_name_is_no_name() {
    let mut table = Table::new("t");
    table.columns.push(Column::new("id", ColumnType::Integer));
    table.columns[0].nullable = true;
    let mut key = PrimaryKey::on(["id"]);
    key.name = Some("t_pkey".into());
    table.primary_key = Some(key.clone());
    let read = only(table.clone());
    assert_eq!(read.primary_key.and_then(|key| key.name), None);
    assert!(!read.columns[0].nullable);
    key.name = Some("other".into());
    table.primary_key = Some(key.clone());
    assert_eq!(only(table).primary_key, Some(key));
}

#[test]
fn an_index_is_said_in_one_way() {
    let mut table = Table::new("t");
    let mut column = Column::new("a", ColumnType::Text);
    column.collation = Some("\"C\"".into());
    table.columns.push(column);
    let mut index = Index::on(Vec::<Name>::new());
    index.method = Some("BTREE".into());
    index.predicate = Some("(a <> '')".into());
    let mut key = IndexKey::expression("(\"a\")");
    key.collation = Some("C".into());
    key.nulls = Some(NullsOrder::Last);
    key.opclass = Some("text_ops".into());
    index.keys.push(key);
    table.indexes.push(index);
    let read = only(table);
    assert_eq!(read.columns[0].collation.as_deref(), Some("C"));
    let mut expected = Index::on(["a"]);
    expected.predicate = Some("a <> ''".into());
    assert_eq!(read.indexes, [expected]);
}

#[test]
fn a_foreign_key_without_columns_refers_to_the_key() {
    let mut schema = Schema::default();
    let mut parent = Table::new("p");
    parent.columns.push(Column::new("id", ColumnType::Integer));
    parent.primary_key = Some(PrimaryKey::on(["id"]));
    let mut child = Table::new("c");
    let key = ForeignKey::new(["p"], "p", Vec::<Name>::new());
    child.foreign_keys.push(key);
    schema.insert(parent);
    schema.insert(child);
    let read = canonical(schema);
    let key = &read.tables[&TableName::new("c")].foreign_keys[0];
    assert_eq!(key.referenced_columns, [Name::from("id")]);
}

#[test]
fn long_names_never_become_one() {
    let mut table = Table::new(Name::new("t".repeat(70)));
    for end in ["a", "b"] {
        let name = format!("{}{end}", "c".repeat(64));
        table.columns.push(Column::new(name, ColumnType::Integer));
    }
    let read = only(table);
    assert_eq!(read.name.name.as_str().len(), name::LIMIT);
    assert_ne!(read.columns[0].name, read.columns[1].name);
}

fn any_name() -> impl Strategy<Value = Name> {
    prop::sample::select(vec!["a", "b", "Odd name", "user", "ü"]).prop_map(Name::from)
}

fn any_text() -> impl Strategy<Value = String> {
    let texts = vec![
        "a > 0",
        "((a > 0))",
        "(a) + (b)",
        "\"a\"",
        "(lower(b))",
        "'x'::text",
        "'{1,2}'::int[]",
        "now()",
        "NULL::text",
        "'2020-1-1'::date",
        "(-1)",
        "'5'::integer",
        "(",
        "'unfinished",
        "",
        "1.50",
        "true",
        "ARRAY[]::text[]",
        "E'a\\n'",
        "'a'::mood",
        "'b'::\"bit\"",
        "a::",
    ];
    prop::sample::select(texts).prop_map(str::to_owned)
}

fn any_type() -> impl Strategy<Value = ColumnType> {
    let custom = vec![
        "mood",
        "\"mood\"",
        "INT8",
        "varchar (3)",
        "citext",
        "o.\"T\"",
        "bit",
        "int[]",
        "serial",
        "timetz(3)",
        "odd text",
        "interval second(3)",
        "\"char\"",
        "bpchar",
    ];
    let plain = vec![
        ColumnType::TinyInteger,
        ColumnType::BigUnsigned,
        ColumnType::Integer,
        ColumnType::Char(None),
        ColumnType::Decimal(Some((5, None))),
        ColumnType::Text,
        ColumnType::Boolean,
        ColumnType::Blob,
        ColumnType::Varbinary(3),
        ColumnType::Date,
        ColumnType::DateTime(Some(3)),
        ColumnType::TimestampTz(None),
        ColumnType::Jsonb,
        ColumnType::Uuid,
        ColumnType::Inet,
        ColumnType::Enum(TableName::new("mood")),
    ];
    let one = prop_oneof![
        prop::sample::select(plain),
        prop::sample::select(custom).prop_map(|text| ColumnType::Custom(text.to_owned())),
    ];
    one.prop_recursive(2, 4, 1, |inner| {
        inner.prop_map(|ty| ColumnType::Array(Box::new(ty)))
    })
}

fn any_default() -> impl Strategy<Value = Option<DefaultValue>> {
    let literal = prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(|n| Literal::Integer(n.into())),
        prop::sample::select(vec!["1.5", "-0.50", "1e3"]).prop_map(|n| Literal::Number(n.into())),
        prop::sample::select(vec![
            "",
            "t",
            "5",
            "1e3",
            "it's",
            "\\x0",
            "\\x00ff",
            "2020-01-01",
            "2020-01-01 00:00:00",
            "2020-01-01T00:00",
            "{}",
            "[]",
            "{a}",
            "10.0.0.1",
            "10:00:00.50",
            "a\\b",
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        ])
        .prop_map(|text| Literal::Text(text.to_owned())),
        prop::collection::vec(any::<u8>(), 0..3).prop_map(Literal::Bytes),
    ];
    let value = prop_oneof![
        literal.prop_map(DefaultValue::Literal),
        any_text().prop_map(|text| DefaultValue::Expression(Expression::new(text))),
    ];
    prop::option::of(value)
}

fn any_column() -> impl Strategy<Value = Column> {
    let identity = prop::option::of(prop::sample::select(vec![
        Identity::Serial,
        Identity::ByDefault,
        Identity::Always,
    ]));
    let generated = prop::option::of((any_text(), any::<bool>()));
    let collation = prop::option::of(prop::sample::select(vec![
        "C",
        "\"C\"",
        "default",
        "\"o\".\"c\"",
    ]));
    let parts = (any_name(), any_type(), any_default(), any::<(bool, bool)>());
    (parts, identity, generated, collation).prop_map(|(parts, identity, generated, collation)| {
        let (name, ty, default, (nullable, autoincrement)) = parts;
        Column {
            nullable,
            default,
            autoincrement,
            identity,
            generated: generated.map(|(text, stored)| Generated {
                expression: Expression::new(text),
                stored,
            }),
            collation: collation.map(str::to_owned),
            comment: Some(String::new()),
            ..Column::new(name, ty)
        }
    })
}

fn any_index() -> impl Strategy<Value = Index> {
    let key = (
        any_text(),
        any::<(bool, bool)>(),
        prop::option::of(Just("C")),
    );
    let key = key.prop_map(|(text, (descending, first), collation)| {
        let mut key = IndexKey::expression(text);
        key.descending = descending;
        key.nulls = first.then_some(NullsOrder::First);
        key.collation = collation.map(str::to_owned);
        key.opclass = Some(" text_ops".to_owned());
        key
    });
    let method = prop::option::of(prop::sample::select(vec!["btree", "GIN"]));
    (
        prop::collection::vec(key, 1..3),
        method,
        prop::option::of(any_text()),
    )
        .prop_map(|(keys, method, predicate)| Index {
            method: method.map(str::to_owned),
            predicate: predicate.map(Expression::new),
            keys,
            ..Index::on(Vec::<Name>::new())
        })
}

fn any_table() -> impl Strategy<Value = Table> {
    let names = || prop::collection::vec(any_name(), 0..3);
    let lists = (
        prop::collection::vec(any_column(), 1..5),
        prop::collection::vec(any_index(), 0..3),
        prop::collection::vec(any_text(), 0..3),
    );
    (any_name(), lists, names(), names(), names()).prop_map(|(name, lists, key, unique, refers)| {
        let (columns, indexes, checks) = lists;
        let mut table = Table::new(name);
        table.columns = columns;
        table.indexes = indexes;
        table.checks = checks.into_iter().map(Check::new).collect();
        table.primary_key = Some(PrimaryKey::on(key));
        table.uniques = vec![Unique::on(unique.clone()), Unique::on(unique)];
        let mut reference = ForeignKey::new(refers, "a", Vec::<Name>::new());
        reference.on_delete = ReferentialAction::Cascade;
        reference.deferrable = Deferrable::InitiallyImmediate;
        table.foreign_keys.push(reference);
        table.options.strict = true;
        table
    })
}

proptest! {
    #[test]
    fn canonical_twice_is_canonical_once(tables in prop::collection::vec(any_table(), 1..4)) {
        let mut written = Schema::default();
        for table in tables {
            written.insert(table);
        }
        let name = TableName::new("mood");
        let values = vec!["x".to_owned()];
        written.enums.insert(name.clone(), EnumType { name, values });
        let once = canonical(written);
        prop_assert_eq!(canonical(once.clone()), once);
    }
}
