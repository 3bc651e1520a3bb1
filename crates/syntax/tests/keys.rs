//! Every key of the grammar, in every place where it may stand.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use aludel_syntax::attr::{KEYS, Place};
use aludel_syntax::scan::{SourceFile, scan};

/// A key in a place, an example of it, and what the model then holds.
struct Case(&'static str, Place, &'static str, &'static [&'static str]);

use Place::*;

const CASES: &[Case] = &[
    Case(
        "name",
        Table,
        "#[table(name = \"Tee\")]",
        &["name: Name(\"Tee\")"],
    ),
    Case(
        "schema",
        Table,
        "#[table(schema = \"app\")]",
        &["schema: Some(Name(\"app\"))"],
    ),
    Case(
        "renamed_from",
        Table,
        "#[table(renamed_from = \"old\", schema = \"s\")]",
        &["renamed_from: Some(TableName { schema: Some(Name(\"s\")), name: Name(\"old\") })"],
    ),
    Case(
        "comment",
        Table,
        "#[table(comment = \"\")]",
        &["comment: Some(\"\"), options"],
    ),
    Case(
        "primary_key",
        Table,
        "#[table(primary_key(b, a))]",
        &[
            "Some(PrimaryKeyModel { name: None, columns: [Name(\"b\"), Name(\"aa\")], prefixes: [] })",
        ],
    ),
    Case(
        "unique",
        Table,
        "#[table(unique(a, b))]",
        &["uniques: [UniqueModel { name: None, columns: [Name(\"aa\"), Name(\"b\")]"],
    ),
    Case(
        "index",
        Table,
        "#[table(index(b), index(a))]",
        &["Column(Name(\"b\"))", "Column(Name(\"aa\"))"],
    ),
    Case(
        "check",
        Table,
        "#[table(check(\"a < b\"), check = \"b > 0\")]",
        &[
            "CheckModel { name: None, column: None, expression: Expression(\"a < b\") }",
            "CheckModel { name: None, column: None, expression: Expression(\"b > 0\") }",
        ],
    ),
    Case(
        "foreign_key",
        Table,
        "#[table(foreign_key(a, b => Other(x, y)))]",
        &[
            "columns: [Name(\"aa\"), Name(\"b\")], references: TableName { schema: None, \
           name: Name(\"others\") }, referenced_columns: [Name(\"ex\"), Name(\"y\")]",
        ],
    ),
    Case("strict", Table, "#[table(strict)]", &["strict: true"]),
    Case(
        "without_rowid",
        Table,
        "#[table(without_rowid)]",
        &["without_rowid: true"],
    ),
    Case(
        "engine",
        Table,
        "#[table(engine = \"InnoDB\")]",
        &["engine: Some(\"InnoDB\")"],
    ),
    Case(
        "charset",
        Table,
        "#[table(charset = \"utf8\")]",
        &["charset: Some(\"utf8\")"],
    ),
    Case(
        "collate",
        Table,
        "#[table(collate = \"bin\")]",
        &["collation: Some(\"bin\")"],
    ),
    Case(
        "name",
        Field,
        "#[column(name = \"Bee\")]",
        &["field_name: \"b\", name: Name(\"Bee\")"],
    ),
    Case(
        "type",
        Field,
        "#[column(type = \"varchar(100)\")]",
        &["ty: Said { all: Some(\"varchar(100)\"), by_dialect: [], rust: Some(I64) }"],
    ),
    Case(
        "primary_key",
        Field,
        "#[column(primary_key)]",
        &["Some(PrimaryKeyModel { name: None, columns: [Name(\"b\")], prefixes: [] })"],
    ),
    Case(
        "autoincrement",
        Field,
        "#[column(primary_key, autoincrement)]",
        &["autoincrement: true"],
    ),
    Case(
        "identity",
        Field,
        "#[column(identity)]",
        &["identity: true, identity_always: false"],
    ),
    Case(
        "identity_always",
        Field,
        "#[column(identity_always)]",
        &["identity: true, identity_always: true"],
    ),
    Case(
        "unique",
        Field,
        "#[column(unique)]",
        &["uniques: [UniqueModel { name: None, columns: [Name(\"b\")]"],
    ),
    Case(
        "index",
        Field,
        "#[column(index, index(desc, name = \"ix\"))]",
        &[
            "Index { name: None, keys: [IndexKey { target: Column(Name(\"b\")), descending: false",
            "Index { name: Some(Name(\"ix\")), keys: [IndexKey { target: Column(Name(\"b\")), \
           descending: true",
        ],
    ),
    Case(
        "default",
        Field,
        "#[column(default = sql(\"CURRENT_TIMESTAMP\"))]",
        &["default: Some(Expression(Expression(\"CURRENT_TIMESTAMP\")))"],
    ),
    Case(
        "generated",
        Field,
        "#[column(generated = \"a + 1\")]",
        &["generated: Some((Expression(\"a + 1\"), false))"],
    ),
    Case(
        "stored",
        Field,
        "#[column(generated = \"a + 1\", stored)]",
        &["generated: Some((Expression(\"a + 1\"), true))"],
    ),
    Case(
        "virtual",
        Field,
        "#[column(generated = \"a + 1\", virtual)]",
        &["generated: Some((Expression(\"a + 1\"), false))"],
    ),
    Case(
        "references",
        Field,
        "#[column(references = Other::x)]",
        &[
            "columns: [Name(\"b\")], references: TableName { schema: None, name: Name(\"others\") \
           }, referenced_columns: [Name(\"ex\")], on_delete: NoAction, on_update: NoAction",
        ],
    ),
    Case(
        "on_delete",
        Field,
        "#[column(references = \"others.y\", on_delete = cascade)]",
        &["referenced_columns: [Name(\"y\")], on_delete: Cascade"],
    ),
    Case(
        "on_update",
        Field,
        "#[column(references(Other::x, name = \"fk\"), on_update = set_null)]",
        &["name: Some(Name(\"fk\"))", "on_update: SetNull"],
    ),
    Case(
        "check",
        Field,
        "#[column(check = \"b > 0\", check(\"b < 9\", name = \"ck\"))]",
        &[
            "CheckModel { name: None, column: Some(Name(\"b\")), expression: Expression(\"b > 0\")",
            "CheckModel { name: Some(Name(\"ck\")), column: Some(Name(\"b\")), expression: \
           Expression(\"b < 9\")",
        ],
    ),
    Case(
        "collate",
        Field,
        "#[column(collate = \"nocase\")]",
        &["collation: Some(\"nocase\")"],
    ),
    Case(
        "comment",
        Field,
        "#[column(comment = \"c\")]",
        &["comment: Some(\"c\"), origin"],
    ),
    Case(
        "renamed_from",
        Field,
        "#[column(renamed_from = \"fw\")]",
        &["renamed_from: Some(Name(\"fw\"))"],
    ),
    Case(
        "fill",
        Field,
        "#[column(fill = -5)]",
        &["fill: Some(Literal(Integer(-5)))"],
    ),
    Case(
        "using",
        Field,
        "#[column(using = \"b::int\")]",
        &["to: Spelling { all: Some(\"b::int\"), by_dialect: [] }"],
    ),
    Case(
        "using_down",
        Field,
        "#[column(using_down(postgres = \"b::text\"))]",
        &["from: Spelling { all: None, by_dialect: [(\"postgres\", \"b::text\")] }"],
    ),
    Case(
        "allow_lossy",
        Field,
        "#[column(allow_lossy)]",
        &["allow_lossy: true"],
    ),
    Case("skip", Field, "#[column(skip)]", &[]),
    Case(
        "name",
        Index,
        "#[table(index(b, name = \"ix\"))]",
        &["Index { name: Some(Name(\"ix\"))"],
    ),
    Case(
        "name",
        Unique,
        "#[table(unique(b, name = \"uq\"))]",
        &["UniqueModel { name: Some(Name(\"uq\"))"],
    ),
    Case(
        "name",
        PrimaryKey,
        "#[table(primary_key(b, name = \"pk\"))]",
        &["PrimaryKeyModel { name: Some(Name(\"pk\"))"],
    ),
    Case(
        "name",
        ForeignKey,
        "#[table(foreign_key(b => Other(x), name = \"fk\"))]",
        &["ForeignKeyModel { name: Some(Name(\"fk\"))"],
    ),
    Case(
        "name",
        Check,
        "#[table(check(\"b > 0\", name = \"ck\"))]",
        &["CheckModel { name: Some(Name(\"ck\"))"],
    ),
    Case(
        "unique",
        Index,
        "#[table(index(b, unique))]",
        &["unique: true"],
    ),
    Case(
        "using",
        Index,
        "#[table(index(b, using = \"gin\"))]",
        &["method: Some(\"gin\")"],
    ),
    Case(
        "where",
        Index,
        "#[table(index(b, where = \"b > 0\"))]",
        &["predicate: Some(Expression(\"b > 0\"))"],
    ),
    Case(
        "include",
        Index,
        "#[table(index(b, include(a)))]",
        &["include: [Name(\"aa\")]"],
    ),
    Case(
        "include",
        Unique,
        "#[table(unique(b, include(a)))]",
        &["include: [Name(\"aa\")]"],
    ),
    Case(
        "expr",
        Index,
        "#[table(index(expr = \"lower(a)\" desc, b, expr = \"b + 1\"))]",
        &[
            "keys: [IndexKey { target: Expression(Expression(\"lower(a)\")), descending: true",
            "IndexKey { target: Expression(Expression(\"b + 1\")), descending: false",
        ],
    ),
    Case(
        "nulls_not_distinct",
        Index,
        "#[table(index(b, unique, nulls_not_distinct))]",
        &["nulls_not_distinct: true, extra"],
    ),
    Case(
        "nulls_not_distinct",
        Unique,
        "#[column(unique(nulls_not_distinct))]",
        &["nulls_not_distinct: true, deferrable"],
    ),
    Case(
        "concurrently",
        Index,
        "#[table(index(b, concurrently))]",
        &["concurrently: true"],
    ),
    Case(
        "on_delete",
        ForeignKey,
        "#[table(foreign_key(b => Other(x), on_delete = set_default))]",
        &["on_delete: SetDefault"],
    ),
    Case(
        "on_update",
        ForeignKey,
        "#[table(foreign_key(b => Other(x), on_update = restrict))]",
        &["on_update: Restrict"],
    ),
    Case(
        "deferrable",
        ForeignKey,
        "#[column(references(Other::x, deferrable))]",
        &["deferrable: InitiallyImmediate"],
    ),
    Case(
        "deferrable",
        Unique,
        "#[table(unique(b, deferrable))]",
        &["deferrable: InitiallyImmediate"],
    ),
    Case(
        "initially_deferred",
        ForeignKey,
        "#[table(foreign_key(b => Other(x), initially_deferred))]",
        &["deferrable: InitiallyDeferred"],
    ),
    Case(
        "initially_deferred",
        Unique,
        "#[table(unique(b, deferrable, initially_deferred))]",
        &["deferrable: InitiallyDeferred"],
    ),
    Case(
        "not_valid",
        ForeignKey,
        "#[table(foreign_key(b => Other(x), not_valid))]",
        &["not_valid: true"],
    ),
    Case(
        "asc",
        IndexKey,
        "#[table(index(b asc))]",
        &["descending: false"],
    ),
    Case(
        "desc",
        IndexKey,
        "#[table(index(b desc))]",
        &["descending: true"],
    ),
    Case(
        "collate",
        IndexKey,
        "#[table(index(b collate \"nocase\" desc))]",
        &["descending: true, collation: Some(\"nocase\")"],
    ),
    Case(
        "nulls",
        IndexKey,
        "#[table(index(b desc nulls last))]",
        &["nulls: Some(Last)"],
    ),
    Case(
        "opclass",
        IndexKey,
        "#[table(index(b opclass \"ops\"))]",
        &["opclass: Some(\"ops\")"],
    ),
    Case(
        "prefix",
        IndexKey,
        "#[table(index(b prefix 10))]",
        &["prefix: Some(10)"],
    ),
    Case(
        "sqlite",
        Type,
        "#[column(type(sqlite = \"\"))]",
        &["Said { all: None, by_dialect: [(\"sqlite\", \"\")]"],
    ),
    Case(
        "postgres",
        Type,
        "#[column(type(\"text\", postgres = \"citext\"))]",
        &["Said { all: Some(\"text\"), by_dialect: [(\"postgres\", \"citext\")]"],
    ),
    Case(
        "mysql",
        Type,
        "#[column(type(postgres = \"a\", mysql = \"b\"))]",
        &["by_dialect: [(\"postgres\", \"a\"), (\"mysql\", \"b\")]"],
    ),
    Case(
        "name",
        Enum,
        "#[db_enum(name = \"em\")]",
        &["name: Name(\"em\") }, values: [\"One\""],
    ),
    Case(
        "schema",
        Enum,
        "#[db_enum(schema = \"s\")]",
        &["schema: Some(Name(\"s\"))"],
    ),
    Case(
        "rename_all",
        Enum,
        "#[db_enum(rename_all = \"SCREAMING_SNAKE_CASE\")]",
        &["values: [\"ONE\", \"TWO_PARTS\"]"],
    ),
    Case(
        "name",
        Variant,
        "#[db_enum(name = \"uno\")]",
        &["values: [\"uno\", \"TwoParts\"]"],
    ),
    Case(
        "renamed_from",
        Variant,
        "#[db_enum(renamed_from = \"eins\")]",
        &["renamed_values: [Pair { from: \"eins\", to: \"One\" }]"],
    ),
];

fn source(case: &Case) -> String {
    let Case(_, _, attribute, _) = case;
    let at = |place: &str| match (place, case.1) {
        ("enum", Enum) | ("variant", Variant) => *attribute,
        ("table" | "field", Enum | Variant) => "",
        ("table", _) if attribute.starts_with("#[table") => *attribute,
        ("field", _) if attribute.starts_with("#[column") => *attribute,
        _ => "",
    };
    let (table, field, on_enum, variant) = (at("table"), at("field"), at("enum"), at("variant"));
    format!(
        "use aludel::{{Enum, Model}};
         #[derive(Model)] {table} struct Tea {{
             #[column(name = \"aa\")] a: i32, {field} b: i64, kind: Kind }}
         #[derive(Model)] #[table(name = \"others\")] struct Other {{
             #[column(name = \"ex\")] x: i32, y: i64 }}
         #[derive(Enum)] {on_enum} enum Kind {{ {variant} One, TwoParts }}"
    )
}

#[test]
fn every_key_says_what_it_should() {
    for case in CASES {
        let Case(key, place, attribute, expected) = case;
        let scanned = scan(vec![SourceFile::new("tea.rs", source(case))]);
        let models = match scanned {
            Ok(scanned) => scanned.models,
            Err(mistakes) => {
                let text: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
                assert_eq!(text, Vec::<String>::new(), "{attribute}");
                continue;
            }
        };
        let text = if matches!(place, Enum | Variant) {
            format!("{:?}", models.enums)
        } else {
            format!("{:?}", models.tables[0])
        };
        for part in *expected {
            assert!(
                text.contains(part),
                "`{key}` in {place}: {attribute}\nno {part}\nin {text}"
            );
        }
        if *key == "skip" {
            assert_eq!(models.tables[0].columns.len(), 2);
        }
    }
}

#[test]
fn no_key_is_left_out() {
    let tested: BTreeSet<(&str, Place)> = CASES.iter().map(|case| (case.0, case.1)).collect();
    let all: BTreeSet<(&str, Place)> = KEYS
        .iter()
        .flat_map(|key| key.places.iter().map(|place| (key.name, *place)))
        .collect();
    assert_eq!(tested, all);
}

#[test]
fn literals_of_defaults() {
    let cases = [
        ("\"\"", "Literal(Text(\"\"))"),
        ("5", "Literal(Integer(5))"),
        ("-5", "Literal(Integer(-5))"),
        ("1_000i64", "Literal(Integer(1000))"),
        ("-1.5", "Literal(Number(\"-1.5\"))"),
        ("true", "Literal(Boolean(true))"),
        ("'c'", "Literal(Text(\"c\"))"),
        ("b\"\\x01\"", "Literal(Bytes([1]))"),
        ("sql(\"1 + 1\")", "Expression(Expression(\"1 + 1\"))"),
    ];
    for (written, expected) in cases {
        let text = format!(
            "#[derive(aludel::Model)] struct T {{ #[column(default = {written}, fill = {written})] a: i64 }}"
        );
        let scanned = scan(vec![SourceFile::new("t.rs", text)]).unwrap();
        let column = &scanned.models.tables[0].columns[0];
        assert_eq!(format!("{:?}", column.default.clone().unwrap()), expected);
        assert_eq!(column.default, column.fill);
    }
}

#[test]
fn the_table_of_keys_is_documented() {
    let text = aludel_syntax::attr::key_table();
    assert_eq!(text.lines().count(), KEYS.len() + 2);
    for key in KEYS {
        assert!(
            !key.doc.is_empty() && !key.databases.is_empty(),
            "{}",
            key.name
        );
    }
}
