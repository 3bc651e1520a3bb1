//! Models of what only the servers have.

use aludel_core::dialect::Dialect;
use aludel_core::dialect::mysql::MySql;
use aludel_core::dialect::postgres::Postgres;
use aludel_core::schema::{
    Column, ColumnType, Deferrable, EnumType, ForeignKey, Identity, Index, IndexKey, Name,
    NullsOrder, PrimaryKey, ReferentialAction, Schema, Table, TableName, Unique,
};

use super::reflect::difference_on;
use crate::emit::models;

fn enum_type(name: TableName, values: &[&str]) -> EnumType {
    EnumType {
        name,
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    }
}

fn named(name: &str, index: Index) -> Index {
    Index {
        name: Some(name.into()),
        ..index
    }
}

fn numbered(name: &str, ty: ColumnType, identity: Identity) -> Column {
    Column {
        autoincrement: true,
        identity: Some(identity),
        ..Column::new(name, ty)
    }
}

/// Two schemas, two enum types.
fn of_postgres() -> Schema {
    let mut schema = Schema::default();
    let mood = TableName::new("mood");
    let rating = TableName::in_schema("sales", "mpaa_rating");
    for (name, values) in [
        (&mood, &["very_sad", "happy"][..]),
        (&rating, &["G", "PG-13", "self"]),
    ] {
        let ty = enum_type(name.clone(), values);
        schema.enums.insert(ty.name.clone(), ty);
    }
    let mut users = Table::new("users");
    users.comment = Some("everybody\nand more".into());
    let types = [
        ("small", ColumnType::SmallInteger),
        ("plain", ColumnType::Integer),
        ("big", ColumnType::BigInteger),
        ("real", ColumnType::Float),
        ("double", ColumnType::Double),
        ("exact", ColumnType::Decimal(None)),
        ("price", ColumnType::Decimal(Some((10, Some(2))))),
        ("yes", ColumnType::Boolean),
        ("code", ColumnType::Char(Some(2))),
        ("name", ColumnType::Varchar(Some(100))),
        ("text", ColumnType::Text),
        ("bytes", ColumnType::Blob),
        ("day", ColumnType::Date),
        ("at", ColumnType::Time(None)),
        ("seen", ColumnType::DateTime(None)),
        ("zoned", ColumnType::TimestampTz(None)),
        ("exactly", ColumnType::TimestampTz(Some(3))),
        ("span", ColumnType::Interval),
        ("uid", ColumnType::Uuid),
        ("old", ColumnType::Json),
        ("tree", ColumnType::Jsonb),
        ("host", ColumnType::Inet),
        ("mood", ColumnType::Enum(mood.clone())),
        ("moods", ColumnType::Array(Box::new(ColumnType::Enum(mood)))),
        ("rating", ColumnType::Enum(rating)),
        ("tags", ColumnType::Array(Box::new(ColumnType::Text))),
        (
            "sizes",
            ColumnType::Array(Box::new(ColumnType::SmallInteger)),
        ),
        ("words", ColumnType::Custom("tsvector".into())),
        ("odd", ColumnType::Custom("sales.odd_domain".into())),
    ];
    users.columns = types.map(|(name, ty)| Column::new(name, ty)).into();
    users.columns[0].comment = Some("how \"small\"".into());
    users.columns[10].collation = Some("C".into());
    users
        .columns
        .push(numbered("always", ColumnType::BigInteger, Identity::Always));
    users
        .columns
        .push(numbered("free", ColumnType::Integer, Identity::ByDefault));
    users
        .columns
        .push(numbered("serial", ColumnType::Integer, Identity::Serial));
    users.primary_key = Some(PrimaryKey {
        name: Some("the_key".into()),
        ..PrimaryKey::on(["big"])
    });
    users.uniques = vec![Unique {
        name: Some("uq_of_all".into()),
        include: vec!["text".into()],
        nulls_not_distinct: true,
        deferrable: Deferrable::InitiallyDeferred,
        ..Unique::on(["small", "plain"])
    }];
    let mut ordered = Index::on(["text"]);
    ordered.keys[0].opclass = Some("text_pattern_ops".into());
    ordered.keys[0].nulls = Some(NullsOrder::First);
    let mut many = Index::on([] as [Name; 0]);
    many.keys = vec![
        IndexKey {
            collation: Some("C".into()),
            descending: true,
            ..IndexKey::column("name")
        },
        IndexKey::expression("lower(text)"),
    ];
    many.unique = true;
    many.nulls_not_distinct = true;
    many.include = vec!["big".into()];
    many.predicate = Some("plain > 0".into());
    let mut tree = Index::on(["tree"]);
    tree.method = Some("gin".into());
    users.indexes = vec![
        named("ix_users_text", ordered),
        named("many", many),
        named("ix_users_tree", tree),
    ];
    schema.insert(users);
    for place in ["sales", "archive"] {
        let mut other = Table::new(TableName::in_schema(place, "users"));
        other.columns = vec![Column::new("user_id", ColumnType::BigInteger)];
        let mut key = ForeignKey::new(["user_id"], "users", ["big"]);
        key.name = Some("to_users".into());
        key.on_delete = ReferentialAction::SetDefault;
        key.deferrable = Deferrable::InitiallyImmediate;
        key.not_valid = true;
        other.foreign_keys = vec![key];
        schema.insert(other);
    }
    Postgres.canonical(schema)
}

#[test]
fn models_of_postgres() {
    let schema = of_postgres();
    difference_on(&schema, &Postgres).unwrap_or_else(|e| panic!("{e}"));
    let text = models(&schema, &Postgres);
    super::assert_unchanged(&text);
    for line in [
        "use aludel::Model;",
        "#[derive(sqlx::Type)]",
        "#[sqlx(type_name = \"mood\", rename_all = \"snake_case\")]",
        "    VerySad,",
        "#[sqlx(type_name = \"sales.mpaa_rating\")]",
        "    #[sqlx(rename = \"PG-13\")]",
        "pub struct User {",
        "pub struct SalesUser {",
        "pub struct ArchiveUser {",
        "    pub small: i16,",
        "    pub plain: i32,",
        "    pub real: f32,",
        "    pub exact: rust_decimal::Decimal,",
        "    #[column(type = \"numeric(10, 2)\")]",
        "    pub price: rust_decimal::Decimal,",
        "    pub zoned: chrono::DateTime<chrono::Utc>,",
        "    #[column(type = \"json\")]",
        "    pub old: serde_json::Value,",
        "    pub host: ipnetwork::IpNetwork,",
        "    pub moods: Vec<Mood>,",
        "    pub tags: Vec<String>,",
        "    pub sizes: Vec<i16>,",
        "    #[column(type = \"tsvector\")]",
        "    #[column(identity_always)]",
        "    #[column(identity)]",
        "    #[column(type = \"serial\")]",
    ] {
        assert!(text.lines().any(|l| l == line), "no {line} in\n{text}");
    }
}

fn of_mysql(on: MySql) -> Schema {
    let mut schema = Schema::default();
    let mut film = Table::new("film");
    film.comment = Some("all of them".into());
    let spelled = |text: &str| ColumnType::Custom(text.into());
    let types = [
        ("id", ColumnType::SmallUnsigned),
        ("tiny", ColumnType::TinyInteger),
        ("flag", ColumnType::Boolean),
        ("number", ColumnType::BigUnsigned),
        ("price", ColumnType::Decimal(Some((5, Some(2))))),
        ("title", ColumnType::Varchar(Some(128))),
        ("body", spelled("longtext")),
        ("seen", ColumnType::DateTime(None)),
        ("exactly", ColumnType::DateTime(Some(6))),
        ("updated", ColumnType::TimestampTz(None)),
        ("uid", ColumnType::Binary(16)),
        ("rating", spelled("enum('G','PG-13','it''s')")),
        ("level", spelled("enum('low','high')")),
        ("features", spelled("set('a','b')")),
        ("year", spelled("year(4)")),
        ("medium", spelled("mediumint unsigned")),
        ("place", spelled("geometry")),
    ];
    film.columns = types.map(|(name, ty)| Column::new(name, ty)).into();
    film.columns[0].autoincrement = true;
    film.columns[5].comment = Some("what it is called".into());
    film.primary_key = Some(PrimaryKey::on(["id"]));
    let mut beginning = Index::on(["body"]);
    beginning.keys[0].prefix = Some(20);
    let mut words = Index::on(["title", "body"]);
    words.method = Some("fulltext".into());
    film.indexes = vec![named("ix_film_body", beginning), named("words", words)];
    schema.insert(film);
    let mut twin = Table::new("films");
    twin.columns = vec![Column::new("level", spelled("enum('low','high')"))];
    schema.insert(twin);
    let mut counted = Table::new("counted");
    counted.columns = vec![
        Column::new("id", spelled("mediumint unsigned")),
        Column::new("code", spelled("int(8) unsigned zerofill")),
    ];
    counted.columns[0].autoincrement = true;
    counted.primary_key = Some(PrimaryKey::on(["code", "id"]));
    counted.options.engine = Some("MyISAM".into());
    schema.insert(counted);
    if on.is_mariadb() {
        // It hashes what is too long for a tree.
        let mut long = Table::new("long");
        long.columns = vec![Column::new("words", spelled("text"))];
        long.uniques = vec![Unique::on(["words"])];
        schema.insert(long);
    }
    on.canonical(schema)
}

#[test]
fn models_of_mysql() {
    for on in [MySql::MARIADB, MySql::MYSQL] {
        let schema = of_mysql(on);
        difference_on(&schema, &on).unwrap_or_else(|e| panic!("{e}"));
        let text = models(&schema, &on);
        super::assert_unchanged(&text);
        let long = "    #[column(type = \"text\", unique)]\n    pub words: String,";
        assert_eq!(text.contains(long), on.is_mariadb(), "{text}");
        for line in [
            "use aludel::Model;",
            "pub enum FilmLevel {",
            "pub enum Film2Level {",
            "#[sqlx(rename_all = \"snake_case\")]",
            "    #[sqlx(rename = \"it's\")]",
            "    #[column(primary_key, autoincrement)]",
            "    pub id: u16,",
            "    pub tiny: i8,",
            "    pub flag: bool,",
            "    pub number: u64,",
            "    pub rating: FilmRating,",
            "    pub level: FilmLevel,",
            "    pub uid: uuid::Uuid,",
            "    #[column(type = \"mediumint unsigned\", autoincrement)]",
            "    pub id: u32,",
            "    pub code: u32,",
            "#[table(comment = \"all of them\")]",
        ] {
            assert!(text.lines().any(|l| l == line), "no {line} in\n{text}");
        }
    }
}
