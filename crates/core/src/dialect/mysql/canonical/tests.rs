//! The laws of the canonical form, on chosen schemas and on random ones.

use proptest::prelude::*;

use super::*;
use crate::dialect::Server;
use crate::schema::{
    Check, DefaultValue, Generated, IndexKey, Literal, PrimaryKey, TableOptions, Unique,
};

fn table(name: &str, columns: &[(&str, ColumnType)]) -> Table {
    let mut table = Table::new(name);
    table.columns = columns
        .iter()
        .map(|(name, ty)| Column::new(*name, ty.clone()))
        .collect();
    table
}

fn schema(tables: impl IntoIterator<Item = Table>) -> Schema {
    let mut schema = Schema::default();
    tables.into_iter().for_each(|table| schema.insert(table));
    schema
}

fn only(on: MySql, table: Table) -> Table {
    let mut tables = canonical(on, schema([table])).tables.into_values();
    tables.next().unwrap_or_else(|| Table::new("none"))
}

fn named(name: &str, index: Index) -> Index {
    Index {
        name: Some(name.into()),
        ..index
    }
}

#[test]
fn types_become_what_the_servers_give_back() {
    let mut written = table(
        "t",
        &[
            ("a", ColumnType::Uuid),
            ("b", ColumnType::Jsonb),
            ("c", ColumnType::TimestampTz(None)),
            ("d", ColumnType::Custom("INT(11)".into())),
            ("e", ColumnType::Enum("mood".into())),
            ("f", ColumnType::Decimal(None)),
            ("g", ColumnType::Varchar(None)),
        ],
    );
    written.name = "t".into();
    let mut models = schema([written]);
    let values = vec!["ok".to_owned(), "it's".to_owned()];
    let mood = EnumType {
        name: "mood".into(),
        values,
    };
    models.enums.insert(mood.name.clone(), mood);
    let once = canonical(MySql::MARIADB, models);
    assert!(once.enums.is_empty());
    let types: Vec<ColumnType> = once
        .tables
        .into_values()
        .flat_map(|t| t.columns)
        .map(|c| c.ty)
        .collect();
    assert_eq!(
        types,
        [
            ColumnType::Binary(16),
            ColumnType::Json,
            ColumnType::TimestampTz(Some(6)),
            ColumnType::Integer,
            ColumnType::Custom("enum('ok','it''s')".into()),
            ColumnType::Decimal(Some((65, Some(30)))),
            ColumnType::Text,
        ]
    );
}

#[test]
fn a_unique_index_is_a_unique_constraint() {
    let mut written = table("t", &[("a", ColumnType::Integer), ("b", ColumnType::Text)]);
    let unique = |index: Index| Index {
        unique: true,
        ..index
    };
    let mut short = unique(named("short", Index::on(["b"])));
    short.keys.iter_mut().for_each(|key| key.prefix = Some(5));
    written.indexes = vec![unique(named("one", Index::on(["A"]))), short];
    written.uniques = vec![Unique::on(["a"])];
    let read = only(MySql::MYSQL, written);
    let names: Vec<_> = read.uniques.iter().flat_map(|u| u.name.clone()).collect();
    assert_eq!(names, [Name::from("one")]);
    assert_eq!(
        read.uniques.first().map(|u| u.columns.clone()),
        Some(vec!["a".into()])
    );
    let kept: Vec<_> = read.indexes.iter().flat_map(|i| i.name.clone()).collect();
    assert_eq!(kept, [Name::from("short")]);
    let found = drop_named(&read, &"ONE".into());
    assert!(matches!(found, Some(Named::Unique(_))), "{found:?}");
    assert_eq!(drop_named(&read, &"two".into()), None);
}

#[test]
fn a_key_is_never_null_and_a_unique_constraint_over_it_is_one_more() {
    let mut written = table("t", &[("Id", ColumnType::Integer)]);
    written.columns.iter_mut().for_each(|c| c.nullable = true);
    written.primary_key = Some(PrimaryKey {
        name: Some("pk_t".into()),
        ..PrimaryKey::on(["id"])
    });
    written.uniques = vec![Unique::on(["ID"])];
    let read = only(MySql::MARIADB, written);
    assert_eq!(read.primary_key, Some(PrimaryKey::on(["Id"])));
    assert_eq!(read.uniques, [Unique::on(["Id"])]);
    assert!(read.columns.iter().all(|c| !c.nullable));
}

/// A table with a foreign key of that name over `a`.
fn child(name: &str) -> Table {
    let mut child = table(
        "c",
        &[("a", ColumnType::Integer), ("b", ColumnType::Integer)],
    );
    child.foreign_keys.push(ForeignKey {
        name: Some(name.into()),
        ..ForeignKey::new(["a"], "p", ["id"])
    });
    child
}

#[test]
fn the_index_of_a_foreign_key_goes_without_saying() {
    let mut written = child("fk_a");
    written.indexes = vec![named("fk_a", Index::on(["a"]))];
    let read = only(MySql::MARIADB, written.clone());
    assert!(read.indexes.is_empty());
    assert_eq!(
        implied_indexes(MySql::MARIADB, &read),
        [named("fk_a", Index::on(["a"]))]
    );

    // Where another index serves, none is implied, and all are listed.
    written.indexes.push(named("ix", Index::on(["a", "b"])));
    let read = only(MySql::MARIADB, written);
    assert_eq!(read.indexes.len(), 2);
    assert!(implied_indexes(MySql::MARIADB, &read).is_empty());

    // One of another name is listed and serves.
    let mut written = child("fk_a");
    written.indexes = vec![named("ix_a", Index::on(["a"]))];
    let read = only(MySql::MARIADB, written);
    assert_eq!(read.indexes.len(), 1);
    assert!(implied_indexes(MySql::MARIADB, &read).is_empty());

    // InnoDB names the index of a constraint that it named itself.
    let mut written = child("c_ibfk_1");
    written.indexes = vec![named("a", Index::on(["a"]))];
    let read = only(MySql::MARIADB, written);
    assert!(read.indexes.is_empty());
    assert_eq!(
        implied_indexes(MySql::MARIADB, &read),
        [named("a", Index::on(["a"]))]
    );

    // An unnamed one has no index yet that could be named.
    let mut written = child("x");
    written.foreign_keys.iter_mut().for_each(|k| k.name = None);
    assert!(implied_indexes(MySql::MARIADB, &only(MySql::MARIADB, written)).is_empty());
}

#[test]
fn an_index_from_high_to_low_serves_on_mariadb_only() {
    let mut written = child("fk_a");
    let mut index = named("ix", Index::on(["a", "b"]));
    index.keys[0].descending = true;
    written.indexes = vec![index, named("fk_a", Index::on(["a"]))];
    for (on, listed) in [(MySql::MARIADB, 2), (MySql::MYSQL, 1)] {
        let read = only(on, written.clone());
        assert_eq!(read.indexes.len(), listed);
        assert_eq!(implied_indexes(on, &read).len(), 2 - listed);
    }
}

#[test]
fn an_index_over_more_columns_serves_two_foreign_keys() {
    let mut written = child("fk_a");
    written.foreign_keys.push(ForeignKey {
        name: Some("fk_ab".into()),
        ..ForeignKey::new(["a", "b"], "p", ["id", "x"])
    });
    written.indexes = vec![named("fk_ab", Index::on(["a", "b"]))];
    let read = only(MySql::MARIADB, written);
    assert!(read.indexes.is_empty());
    let implied = implied_indexes(MySql::MARIADB, &read);
    assert_eq!(implied, [named("fk_ab", Index::on(["a", "b"]))]);
}

#[test]
fn actions_that_are_one_and_names_that_are_meant() {
    let mut parent = table("P", &[("Id", ColumnType::Integer)]);
    parent.primary_key = Some(PrimaryKey::on(["Id"]));
    let mut child = table("c", &[("A", ColumnType::Integer)]);
    let none: [&str; 0] = [];
    child.foreign_keys.push(ForeignKey {
        on_delete: ReferentialAction::Restrict,
        deferrable: Deferrable::InitiallyDeferred,
        ..ForeignKey::new(["a"], "p", none)
    });
    let read = canonical(MySql::MYSQL, schema([parent, child]));
    let key = read.table(&"c".into()).and_then(|t| t.foreign_keys.first());
    assert_eq!(key, Some(&ForeignKey::new(["A"], "P", ["Id"])));
}

#[test]
fn json_needs_no_check_on_mariadb() {
    let mut written = table("t", &[("j", ColumnType::Json), ("k", ColumnType::Text)]);
    written.checks = vec![Check::new("json_valid(`j`)"), Check::new("json_valid(`k`)")];
    let texts = |on: MySql| -> Vec<String> {
        let checks = only(on, written.clone()).checks.into_iter();
        checks.map(|c| c.expression.to_string()).collect()
    };
    assert_eq!(texts(MySql::MARIADB), ["json_valid(`k`)"]);
    assert_eq!(texts(MySql::MYSQL).len(), 2);
}

#[test]
fn what_the_database_has_anyway_is_not_said() {
    let mut written = table("t", &[("a", ColumnType::Text), ("n", ColumnType::Integer)]);
    written.options = TableOptions {
        engine: Some("innodb".into()),
        charset: Some("utf8".into()),
        strict: true,
        ..TableOptions::default()
    };
    for column in &mut written.columns {
        column.collation = Some("UTF8MB3_GENERAL_CI".into());
    }
    let read = only(MySql::MARIADB, written);
    let collation = Some("utf8mb3_general_ci".to_owned());
    let expected = TableOptions {
        charset: Some("utf8mb3".into()),
        collation: collation.clone(),
        ..TableOptions::default()
    };
    assert_eq!(read.options, expected);
    assert!(read.columns.iter().all(|c| c.collation.is_none()));

    let server = |collation: &str| Server {
        collation: collation.into(),
        ..Server::default()
    };
    let here = of_server(schema([read.clone()]), &server("utf8mb3_general_ci"));
    let options = here.tables.into_values().map(|t| t.options).next();
    assert_eq!(options, Some(TableOptions::default()));
    let there = of_server(schema([read.clone()]), &server("latin1_swedish_ci"));
    assert_eq!(there, schema([read]));
}

#[test]
fn a_generated_column_is_null_on_mariadb() {
    let mut written = table("t", &[("a", ColumnType::Integer)]);
    for column in &mut written.columns {
        column.generated = Some(Generated {
            expression: "((1))".into(),
            stored: true,
        });
    }
    let read = |on| only(on, written.clone()).columns.into_iter().next();
    assert_eq!(read(MySql::MARIADB).map(|c| c.nullable), Some(true));
    assert_eq!(read(MySql::MYSQL).map(|c| c.nullable), Some(false));
    let text = read(MySql::MYSQL).and_then(|c| c.generated);
    assert_eq!(text.map(|g| g.expression.to_string()), Some("1".into()));
}

fn any_type() -> impl Strategy<Value = ColumnType> {
    let spelling = "[a-zA-Z(),' 0-9]{0,14}".prop_map(ColumnType::Custom);
    let real = prop::sample::select(vec![
        "int(11)",
        "tinyint(1)",
        "INTEGER UNSIGNED",
        "int zerofill",
        "decimal(5,2) unsigned",
        "numeric",
        "float(7,3)",
        "double precision",
        "bit(3)",
        "year(4)",
        "enum('a','B')",
        "datetime(3)",
        "timestamp",
        "varbinary(9)",
        "binary(3)",
        "longtext",
        "json",
    ]);
    let known = prop::sample::select(vec![
        ColumnType::Integer,
        ColumnType::Uuid,
        ColumnType::Boolean,
        ColumnType::Double,
        ColumnType::Json,
        ColumnType::Enum("e".into()),
        ColumnType::Decimal(Some((10, Some(2)))),
        ColumnType::Array(Box::new(ColumnType::Text)),
        ColumnType::TimestampTz(None),
        ColumnType::Interval,
        ColumnType::Inet,
        ColumnType::Time(Some(3)),
    ]);
    let real = real.prop_map(|s| ColumnType::Custom(s.to_owned()));
    prop_oneof![1 => spelling, 3 => real, 3 => known]
}

fn any_default() -> impl Strategy<Value = Option<DefaultValue>> {
    let word = prop::sample::select(vec![
        "CURRENT_TIMESTAMP",
        "now(3)",
        "(uuid())",
        "current_date",
        "_utf8mb4'x'",
        "((1 + 2))",
        "b'101'",
        "x'41'",
        "-1.50",
        "'2000-1-1 10:00'",
    ]);
    let word = word.prop_map(str::to_owned);
    let text = prop_oneof![word, "[-+() 0-9a-zA-Z'\".]{0,10}"];
    let expression = text.prop_map(|text| DefaultValue::Expression(Expression::new(text)));
    let number = "-?[0-9]{1,20}(\\.[0-9]{1,3})?(e[0-9]{1,3})?";
    let literal = prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i128>().prop_map(Literal::Integer),
        number.prop_map(Literal::Number),
        number.prop_map(Literal::Text),
        "[ 0-9a-z.:+-]{0,12}".prop_map(Literal::Text),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(Literal::Bytes),
    ];
    prop::option::of(prop_oneof![
        expression,
        literal.prop_map(DefaultValue::Literal)
    ])
}

fn any_column() -> impl Strategy<Value = Column> {
    let collation = prop::option::of(prop::sample::select(vec!["utf8_bin", "Latin1_Swedish_ci"]));
    let generated = prop::option::weighted(0.2, "[(]?[ab][)]?( \\+ 1)?");
    let parts = (
        any_type(),
        any_default(),
        collation,
        generated,
        any::<bool>(),
    );
    ("[aAbBcC]", parts).prop_map(
        |(name, (ty, default, collation, generated, nullable))| Column {
            default,
            nullable,
            generated: generated.map(|text| Generated {
                expression: Expression::new(text),
                stored: nullable,
            }),
            collation: collation.map(str::to_owned),
            comment: Some(String::new()),
            ..Column::new(name, ty)
        },
    )
}

fn any_index() -> impl Strategy<Value = Index> {
    let key = (
        "([(`]?[abAB][)`]?|lower\\(a\\))",
        any::<bool>(),
        prop::option::of(1_u32..9),
    );
    let keys = prop::collection::vec(key, 1..3);
    let method = prop::option::of(prop::sample::select(vec!["BTREE", "fulltext", "hash"]));
    let name = prop::option::of("(fk|ix|a|c_ibfk_1)");
    (keys, any::<bool>(), method, name).prop_map(|(keys, unique, method, name)| Index {
        keys: keys
            .into_iter()
            .map(|(text, descending, prefix)| IndexKey {
                descending,
                prefix,
                ..IndexKey::expression(text)
            })
            .collect(),
        unique,
        method: method.map(str::to_owned),
        name: name.map(Name::from),
        ..Index::on::<Name>([])
    })
}

fn any_table() -> impl Strategy<Value = Table> {
    let names = || prop::collection::vec("[aAbB]", 1..3);
    let checks = prop::collection::vec("[(]?json_valid\\(`?[ab]`?\\)[)]?|[(]?a > 0[)]?", 0..3);
    let key_names = prop::option::of("(fk|ix|[tc]_ibfk_1)");
    let keys = prop::collection::vec((names(), "[tTu]", names(), key_names), 0..3);
    let parts = (
        prop::collection::vec(any_column(), 1..4),
        names(),
        prop::collection::vec(names(), 0..3),
        keys,
        prop::collection::vec(any_index(), 0..4),
        checks,
    );
    let charset = prop::option::of(prop::sample::select(vec!["utf8", "LATIN1", "utf8mb4"]));
    ("[tTu]", parts, charset).prop_map(
        |(name, (columns, key, uniques, foreign_keys, indexes, checks), charset)| Table {
            columns,
            primary_key: Some(PrimaryKey::on(key)),
            uniques: uniques.into_iter().map(Unique::on).collect(),
            foreign_keys: foreign_keys
                .into_iter()
                .map(|(from, table, to, name)| ForeignKey {
                    name: name.map(Name::from),
                    ..ForeignKey::new(from, table.as_str(), to)
                })
                .collect(),
            indexes,
            checks: checks.into_iter().map(Check::new).collect(),
            options: TableOptions {
                charset: charset.map(str::to_owned),
                engine: charset.map(|_| "InnoDB".to_owned()),
                ..TableOptions::default()
            },
            ..Table::new(name.as_str())
        },
    )
}

proptest! {
    #[test]
    fn canonical_twice_is_canonical_once(
        tables in prop::collection::vec(any_table(), 1..4),
        maria in any::<bool>(),
    ) {
        let on = if maria { MySql::MARIADB } else { MySql::MYSQL };
        let mut written = schema(tables);
        let name = TableName::new("e");
        let values = vec!["x".to_owned()];
        written.enums.insert(name.clone(), EnumType { name, values });
        let once = canonical(on, written);
        prop_assert_eq!(canonical(on, once.clone()), once.clone());
        let server = Server { collation: "latin1_swedish_ci".into(), ..Server::default() };
        let here = of_server(once, &server);
        prop_assert_eq!(of_server(canonical(on, here.clone()), &server), here);
    }

    #[test]
    fn types_read_twice_are_read_once(text in "[a-zA-Z(),' 0-9]{0,24}") {
        let once = super::super::types::read(&text);
        prop_assert_eq!(canonical_type(&once), once);
    }
}
