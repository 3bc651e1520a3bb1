//! The laws of the canonical form, on chosen schemas and on random ones.

use proptest::prelude::*;

use super::*;
use crate::schema::{
    DefaultValue, IndexKey, Literal, NullsOrder, PrimaryKey, ReferentialAction, TableOptions,
};

fn schema(tables: impl IntoIterator<Item = Table>) -> Schema {
    let mut schema = Schema::default();
    for table in tables {
        schema.insert(table);
    }
    schema
}

fn key(columns: &[&str]) -> Option<PrimaryKey> {
    Some(PrimaryKey {
        prefixes: Vec::new(),
        name: None,
        columns: columns.iter().map(|c| Name::from(*c)).collect(),
        extra: None,
    })
}

fn table(name: &str, columns: &[(&str, ColumnType)]) -> Table {
    let mut table = Table::new(name);
    table.columns = columns
        .iter()
        .map(|(name, ty)| Column::new(*name, ty.clone()))
        .collect();
    table
}

fn only(schema: Schema) -> Table {
    let mut tables = canonical(schema).tables.into_values();
    tables.next().unwrap_or_else(|| Table::new("none"))
}

#[test]
fn types_become_what_sqlite_gives_back() {
    let written = table(
        "t",
        &[
            ("a", ColumnType::Uuid),
            ("b", ColumnType::Jsonb),
            ("c", ColumnType::TimestampTz(None)),
            ("d", ColumnType::Custom("varchar (30)".into())),
            ("e", ColumnType::Custom("nvarchar (30)".into())),
        ],
    );
    let types: Vec<_> = only(schema([written]))
        .columns
        .into_iter()
        .map(|c| c.ty)
        .collect();
    let expected = [
        ColumnType::Blob,
        ColumnType::Text,
        ColumnType::DateTime(None),
        ColumnType::Varchar(Some(30)),
        ColumnType::Custom("NVARCHAR(30)".into()),
    ];
    assert_eq!(types, expected);
}

#[test]
fn an_enum_becomes_a_checked_text() {
    let mood = TableName::new("mood");
    let mut models = schema([table("t", &[("m", ColumnType::Enum(mood.clone()))])]);
    models.enums.insert(
        mood.clone(),
        EnumType {
            name: mood,
            values: vec!["ok".into(), "it's".into()],
        },
    );
    let once = canonical(models);
    assert!(once.enums.is_empty());
    let read = only(once);
    assert_eq!(read.columns.first().map(|c| &c.ty), Some(&ColumnType::Text));
    let texts: Vec<_> = read.checks.iter().map(|c| c.expression.as_str()).collect();
    assert_eq!(texts, [r#""m" IN ('ok', 'it''s')"#]);
}

#[test]
fn a_key_is_never_null_and_needs_no_unique_constraint() {
    let mut written = table("t", &[("Id", ColumnType::Text), ("b", ColumnType::Text)]);
    for column in &mut written.columns {
        column.nullable = true;
    }
    written.primary_key = key(&["id"]);
    written.uniques = vec![
        Unique::on(["ID"]),
        Unique::on(["b"]),
        Unique {
            name: Some("uq".into()),
            ..Unique::on(["B"])
        },
    ];
    let read = only(schema([written]));
    assert_eq!(read.primary_key, key(&["Id"]));
    let nullable: Vec<_> = read.columns.iter().map(|c| c.nullable).collect();
    assert_eq!(nullable, [false, true]);
    let names: Vec<_> = read.uniques.iter().map(|u| u.name.clone()).collect();
    assert_eq!(names, [Some(Name::from("uq"))]);
}

#[test]
fn a_foreign_key_names_the_columns_it_means() {
    let mut parent = table("Parent", &[("A", ColumnType::Integer)]);
    parent.primary_key = key(&["A"]);
    let mut child = table(
        "child",
        &[("p", ColumnType::Integer), ("q", ColumnType::Integer)],
    );
    let none: [&str; 0] = [];
    child.foreign_keys = vec![
        ForeignKey {
            deferrable: Deferrable::InitiallyImmediate,
            on_delete: ReferentialAction::Cascade,
            ..ForeignKey::new(["P"], "parent", none)
        },
        ForeignKey::new(["q"], "PARENT", ["a"]),
        ForeignKey::new(["q"], "elsewhere", none),
    ];
    let read = canonical(schema([child, parent]));
    let child = read.table(&TableName::new("child"));
    let keys = child.map(|t| t.foreign_keys.clone()).unwrap_or_default();
    let parent = ForeignKey::new(["q"], "Parent", ["A"]);
    let expected = [
        ForeignKey {
            on_delete: ReferentialAction::Cascade,
            ..ForeignKey::new(["p"], "Parent", ["A"])
        },
        parent,
        ForeignKey::new(["q"], "elsewhere", none),
    ];
    assert_eq!(keys, expected);
}

#[test]
fn an_index_key_is_a_column_where_it_can_be() {
    let mut written = table("t", &[("a", ColumnType::Text), ("b", ColumnType::Text)]);
    if let Some(column) = written.columns.last_mut() {
        column.collation = Some("nocase".into());
    }
    let collated = |text: &str, collation: &str| IndexKey {
        collation: Some(collation.into()),
        ..IndexKey::expression(text)
    };
    let mut index = Index::on(["A"]);
    index.method = Some("btree".into());
    index.keys.extend([
        IndexKey::expression("(b) collate NoCase desc"),
        collated("a", "binary"),
        collated("b", "BINARY"),
        IndexKey {
            nulls: Some(NullsOrder::First),
            ..IndexKey::expression("lower(a) collate nocase")
        },
        IndexKey::expression("c"),
    ]);
    written.indexes.push(index);
    let read = only(schema([written]));
    let keys = read
        .indexes
        .first()
        .map(|i| i.keys.clone())
        .unwrap_or_default();
    let expected = [
        IndexKey::column("a"),
        IndexKey {
            descending: true,
            ..IndexKey::column("b")
        },
        IndexKey::column("a"),
        IndexKey {
            collation: Some("BINARY".into()),
            ..IndexKey::column("b")
        },
        collated("lower(a)", "NOCASE"),
        IndexKey::expression("c"),
    ];
    assert_eq!(keys, expected);
}

#[test]
fn what_sqlite_does_not_keep_is_gone() {
    let mut written = table("t", &[("a", ColumnType::Text)]);
    written.comment = Some("x".into());
    written.options = TableOptions {
        strict: true,
        engine: Some("InnoDB".into()),
        charset: Some("utf8".into()),
        collation: Some("utf8_bin".into()),
        ..TableOptions::default()
    };
    for column in &mut written.columns {
        column.comment = Some("y".into());
        column.collation = Some("Binary".into());
        column.default = Some(DefaultValue::Expression("NULL".into()));
    }
    let read = only(schema([written]));
    let mut expected = table("t", &[("a", ColumnType::Text)]);
    expected.options.strict = true;
    assert_eq!(read, expected);
}

#[test]
fn any_is_left_as_it_is_in_a_strict_table_only() {
    for (strict, expected) in [
        (true, Literal::Text("5".into())),
        (false, Literal::Integer(5)),
    ] {
        let mut written = table("t", &[("a", ColumnType::Custom("any".into()))]);
        written.options.strict = strict;
        for column in &mut written.columns {
            column.default = Some(DefaultValue::Literal(Literal::Text("5".into())));
        }
        let read = only(schema([written]));
        let default = read.columns.first().and_then(|c| c.default.clone());
        assert_eq!(default, Some(DefaultValue::Literal(expected)));
    }
}

#[test]
fn an_inferred_type_is_content_with_what_sqlx_decodes() {
    for (rust, good, bad) in [
        (
            RustType::I64,
            "INTEGER INT BIGINT TINYINT",
            "TEXT REAL NUMERIC DATETIME BOOLEAN",
        ),
        (
            RustType::Bool,
            "BOOLEAN BOOL INTEGER TINYINT",
            "TEXT REAL NUMERIC",
        ),
        (
            RustType::F64,
            "REAL FLOAT DOUBLE",
            "INTEGER NUMERIC TEXT DECIMAL",
        ),
        (
            RustType::String,
            "TEXT VARCHAR(100) CLOB NVARCHAR(9)",
            "INTEGER DATETIME BLOB STRING",
        ),
        (RustType::Bytes, "BLOB TEXT", "INTEGER BINARY(16)"),
        (
            RustType::DateTime,
            "DATETIME TIMESTAMP TEXT INTEGER DATETIME(6)",
            "DATE TIME BLOB",
        ),
        (RustType::Date, "DATE TEXT VARCHAR(10)", "DATETIME INTEGER"),
        (RustType::Json, "TEXT JSON", "BLOB INTEGER"),
        (
            RustType::Decimal,
            "TEXT DECIMAL(10,2) NUMERIC",
            "REAL INTEGER",
        ),
    ] {
        for spelling in good.split(' ') {
            assert!(
                accepts(&rust, &sqlite_read(spelling)),
                "{rust:?} {spelling}"
            );
        }
        for spelling in bad.split(' ') {
            assert!(
                !accepts(&rust, &sqlite_read(spelling)),
                "{rust:?} {spelling}"
            );
        }
        assert!(!accepts(&rust, &sqlite_read("")), "{rust:?}");
    }
}

#[test]
fn an_inferred_type_is_content_with_its_own() {
    use crate::dialect::types::rust_type;
    for rust in [
        RustType::I8,
        RustType::U64,
        RustType::F32,
        RustType::Bool,
        RustType::Char,
        RustType::String,
        RustType::Bytes,
        RustType::Uuid,
        RustType::Json,
        RustType::BigDecimal,
        RustType::Date,
        RustType::Time,
        RustType::DateTime,
        RustType::TimestampTz,
        RustType::IpNetwork,
        RustType::IpAddress,
        RustType::Enum(TableName::new("e")),
    ] {
        let own = rust_type(&rust).map(|column| column.sqlite);
        assert!(own.is_ok_and(|ty| accepts(&rust, &ty)), "{rust:?}");
    }
}

fn any_type() -> impl Strategy<Value = ColumnType> {
    let spelling = "[A-Za-z(), 0-9]{0,14}".prop_map(ColumnType::Custom);
    let known = prop::sample::select(vec![
        ColumnType::Integer,
        ColumnType::Uuid,
        ColumnType::Boolean,
        ColumnType::Double,
        ColumnType::Json,
        ColumnType::Enum(TableName::new("e")),
        ColumnType::Decimal(Some((10, Some(2)))),
        ColumnType::Array(Box::new(ColumnType::Text)),
        ColumnType::TimestampTz(Some(3)),
    ]);
    prop_oneof![spelling, known]
}

fn any_default() -> impl Strategy<Value = Option<DefaultValue>> {
    let expression = "[-+() 0-9a-zA-Z'\".]{0,10}"
        .prop_map(|text| DefaultValue::Expression(Expression::new(text)));
    let number = "-?[0-9]{1,20}(\\.[0-9]{1,3})?(e[0-9]{1,3})?";
    let literal = prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i128>().prop_map(Literal::Integer),
        number.prop_map(Literal::Number),
        number.prop_map(Literal::Text),
        "[ 0-9a-z.+-]{0,6}".prop_map(Literal::Text),
    ];
    prop::option::of(prop_oneof![
        expression,
        literal.prop_map(DefaultValue::Literal)
    ])
}

fn any_column() -> impl Strategy<Value = Column> {
    let collation = prop::option::of(prop::sample::select(vec!["binary", "NoCase"]));
    ("[aAbBcC]", any_type(), any_default(), collation).prop_map(|(name, ty, default, collation)| {
        Column {
            default,
            nullable: true,
            collation: collation.map(str::to_owned),
            ..Column::new(name, ty)
        }
    })
}

fn any_index() -> impl Strategy<Value = Index> {
    let text = "(\\(?[abc]\\)?|lower\\(a\\)|a \\|\\| b)( collate (nocase|binary))?( desc)?";
    prop::collection::vec(text, 1..3).prop_map(|texts| Index {
        keys: texts.into_iter().map(IndexKey::expression).collect(),
        ..Index::on::<Name>([])
    })
}

fn any_table() -> impl Strategy<Value = Table> {
    let names = || prop::collection::vec("[aAbB]", 0..3);
    (
        "[tTu]",
        prop::collection::vec(any_column(), 1..4),
        names(),
        prop::collection::vec(names(), 0..3),
        prop::collection::vec((names(), "[tTu]", names()), 0..3),
        prop::collection::vec(any_index(), 0..3),
        any::<bool>(),
    )
        .prop_map(
            |(name, columns, key, uniques, foreign_keys, indexes, strict)| Table {
                columns,
                primary_key: Some(PrimaryKey {
                    prefixes: Vec::new(),
                    name: None,
                    columns: key.into_iter().map(Name::from).collect(),
                    extra: None,
                }),
                uniques: uniques.into_iter().map(Unique::on).collect(),
                foreign_keys: foreign_keys
                    .into_iter()
                    .map(|(from, table, to)| ForeignKey::new(from, table.as_str(), to))
                    .collect(),
                indexes,
                options: TableOptions {
                    strict,
                    ..TableOptions::default()
                },
                ..Table::new(name.as_str())
            },
        )
}

proptest! {
    #[test]
    fn canonical_twice_is_canonical_once(tables in prop::collection::vec(any_table(), 1..4)) {
        let mut written = schema(tables);
        let name = TableName::new("e");
        let values = vec!["x".to_owned()];
        written.enums.insert(name.clone(), EnumType { name, values });
        let once = canonical(written);
        prop_assert_eq!(canonical(once.clone()), once);
    }
}
