//! What the scanner finds, and what it makes of it.

#![expect(clippy::unwrap_used, reason = "tests")]

use aludel_core::model::{Models, RustType, TableModel, TypeModel};
use aludel_syntax::scan::{SourceFile, scan};

fn models(files: &[(&str, &str)]) -> Models {
    let sources = files
        .iter()
        .map(|(path, text)| SourceFile::new(*path, *text))
        .collect();
    match scan(sources) {
        Ok(scanned) => scanned.models,
        Err(mistakes) => {
            let text: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            assert_eq!(text, Vec::<String>::new());
            Models::default()
        }
    }
}

fn names(models: &Models) -> Vec<String> {
    models.tables.iter().map(|t| t.name.to_string()).collect()
}

fn columns(table: &TableModel) -> Vec<&str> {
    table.columns.iter().map(|c| c.name.as_str()).collect()
}

#[test]
fn a_model_in_full() {
    let models = models(&[
        (
            "src/node.rs",
            r#"
use aludel::Model;

/// A mesh node.
#[derive(Model)]
#[table(name = "node", index(last_seen desc), check("length(id) > 0", name = "ck_node_id"))]
pub struct Node {
    #[column(primary_key)]
    pub id: String,
    #[column(unique)]
    pub node_id: Option<i64>,
    #[column(type = "varchar(100)", default = "")]
    pub long_name: String,
    #[column(default = sql("CURRENT_TIMESTAMP"))]
    pub last_seen: chrono::NaiveDateTime,
    #[column(references = User::id, on_delete = cascade)]
    pub owner_id: i64,
    #[column(renamed_from = "fw")]
    pub firmware: Option<String>,
    #[column(skip)]
    pub cached: u8,
}
"#,
        ),
        (
            "src/user.rs",
            "#[derive(Debug, aludel::Model)] struct User { #[column(primary_key, name = \"uid\")] id: i64 }",
        ),
    ]);
    let node = &models.tables[0];
    assert_eq!(node.struct_name, "Node");
    assert_eq!(
        columns(node),
        [
            "id",
            "node_id",
            "long_name",
            "last_seen",
            "owner_id",
            "firmware"
        ]
    );
    let nullable: Vec<bool> = node.columns.iter().map(|c| c.nullable).collect();
    assert_eq!(nullable, [false, true, false, false, false, true]);
    let key = &node.foreign_keys[0];
    assert_eq!(key.references.to_string(), "user");
    assert_eq!(key.referenced_columns, ["uid"]);
    assert!(node.indexes[0].keys[0].descending);
    assert_eq!(node.comment, None);
}

#[test]
fn which_structs_are_models() {
    let models = models(&[
        (
            "a.rs",
            "use aludel::{Model as M, Enum}; use aludel as al;
             #[derive(M)] struct Renamed { a: i64 }
             #[derive(al::Model)] struct Crate { a: i64 }
             #[derive(::aludel::Model)] struct Full { a: i64 }
             #[cfg_attr(feature = \"db\", derive(Clone, aludel::Model), table(name = \"cond\"))]
             struct Conditional { #[cfg_attr(any(test, unix), column(name = \"b\"))] a: i64 }
             mod inner { pub mod deep { #[derive(aludel::Model)] struct Deep { a: i64 } } }
             #[cfg(not(feature = \"x\"))] #[derive(aludel::Model)] struct Off { a: i64 }
             #[cfg(not(test))] #[derive(aludel::Model)] struct NotTest { a: i64 }
             #[cfg(test)] mod tests { #[derive(aludel::Model)] struct InTest { a: i64 } }
             #[cfg(all(unix, test))] #[derive(aludel::Model)] struct AlsoTest { a: i64 }
             #[cfg_attr(test, derive(aludel::Model))] struct OnlyInTest { a: i64 }
             #[derive(Model)] struct NotOurs { a: i64 }",
        ),
        (
            "b.rs",
            "use aludel::*; #[derive(Model)] struct Glob { a: i64 }",
        ),
        (
            "c.rs",
            "use other::Model; use aludel::*; #[derive(Model)] struct Other { a: i64 }",
        ),
        (
            "d.rs",
            "#![cfg(test)] #[derive(aludel::Model)] struct Whole { a: i64 }",
        ),
        ("e.rs", "#[derive(other::Model)] struct Foreign { a: i64 }"),
        (
            "src/f.rs",
            "#[cfg(test)] mod cases; #[derive(aludel::Model)] struct InF { a: i64 }",
        ),
        (
            "src/f/cases.rs",
            "#[derive(aludel::Model)] struct Case { a: i64 }",
        ),
        (
            "src/f/cases/more.rs",
            "#[derive(aludel::Model)] struct More { a: i64 }",
        ),
        (
            "src/f/casesx.rs",
            "#[derive(aludel::Model)] struct NotACase { a: i64 }",
        ),
        ("src/lib.rs", "#[cfg(test)] mod fixtures;"),
        (
            "src/fixtures.rs",
            "#[derive(aludel::Model)] struct Fixture { a: i64 }",
        ),
    ]);
    assert_eq!(
        names(&models),
        [
            "renamed",
            "crate",
            "full",
            "cond",
            "deep",
            "off",
            "not_test",
            "glob",
            "in_f",
            "not_a_case"
        ]
    );
    assert_eq!(columns(&models.tables[3]), ["b"]);
}

#[test]
fn no_models_and_no_files_are_fine() {
    assert_eq!(models(&[]), Models::default());
    assert_eq!(models(&[("a.rs", "fn main() {}")]), Models::default());
    assert_eq!(models(&[("a.rs", "")]), Models::default());
}

#[test]
fn rust_types() {
    use RustType::*;
    let cases = [
        ("i8", I8),
        ("i16", I16),
        ("i32", I32),
        ("i64", I64),
        ("isize", I64),
        ("u8", U8),
        ("u16", U16),
        ("u32", U32),
        ("u64", U64),
        ("usize", U64),
        ("f32", F32),
        ("f64", F64),
        ("bool", Bool),
        ("char", Char),
        ("String", String),
        ("std::string::String", String),
        ("&'static str", String),
        ("Cow<'static, str>", String),
        ("std::borrow::Cow<'a, str>", String),
        ("Box<str>", String),
        ("Vec<u8>", Bytes),
        ("[u8; 32]", Bytes),
        ("&[u8]", Bytes),
        ("bytes::Bytes", Bytes),
        ("uuid::Uuid", Uuid),
        ("sqlx::types::Uuid", Uuid),
        ("serde_json::Value", Json),
        ("sqlx::types::Json<Whatever>", Json),
        ("J<Whatever>", Json),
        ("rust_decimal::Decimal", Decimal),
        ("BigDecimal", BigDecimal),
        ("chrono::NaiveDate", Date),
        ("chrono::NaiveTime", Time),
        ("chrono::NaiveDateTime", DateTime),
        ("chrono::DateTime<chrono::Utc>", TimestampTz),
        ("time::Date", Date),
        ("time::Time", Time),
        ("time::PrimitiveDateTime", DateTime),
        ("time::OffsetDateTime", TimestampTz),
        ("jiff::civil::Date", Date),
        ("jiff::civil::Time", Time),
        ("jiff::civil::DateTime", DateTime),
        ("jiff::Timestamp", TimestampTz),
        ("jiff::Zoned", TimestampTz),
        ("ipnet::IpNet", IpNetwork),
        ("IpNetwork", IpNetwork),
        ("std::net::IpAddr", IpAddress),
        ("NonZeroI64", I64),
        ("Vec<String>", Array(Box::new(String))),
        ("Vec<Vec<i32>>", Array(Box::new(Array(Box::new(I32))))),
        ("Box<i32>", I32),
        ("UserId", I64),
        ("Wrapped", F64),
        ("Tagged<u8>", U16),
        ("Stamp", TimestampTz),
        ("Wrap<String>", String),
        ("Outer<u8>", Bytes),
        ("Again<Vec<u8>>", Bytes),
        ("Usual", I64),
        ("Level", I16),
        ("Mood", Enum("mood".into())),
        ("crate::other::Text", I32),
    ];
    for (written, expected) in cases {
        for (field, nullable) in [
            (written.to_owned(), false),
            (format!("Option<{written}>"), true),
        ] {
            let text = format!(
                "use sqlx::types::Json as J;
                 #[derive(aludel::Model)] struct T<'a> {{ a: {field} }}
                 struct UserId(pub i64);
                 #[derive(sqlx::Type)] #[sqlx(transparent)] struct Wrapped {{ inner: f64 }}
                 struct Tagged<T>(u16, std::marker::PhantomData<T>);
                 struct Wrap<T>(T); struct Outer<T>(Again<Vec<T>>);
                 type Again<U> = Wrap<U>; type Usual<T = i64> = Wrap<T>;
                 type Stamp = chrono::DateTime<chrono::Utc>;
                 #[derive(sqlx::Type)] #[repr(i16)] enum Level {{ Low = 1 }}
                 #[derive(sqlx::Type)] #[sqlx(type_name = \"mood\")] enum Mood {{ A }}"
            );
            let models = models(&[("a.rs", &text), ("other.rs", "struct Text(i32);")]);
            let column = &models.tables[0].columns[0];
            assert_eq!(column.ty, TypeModel::Inferred(expected.clone()), "{field}");
            assert_eq!(column.nullable, nullable, "{field}");
        }
    }
}

#[test]
fn what_may_be_missing_inside_a_generic_type_may_be_missing() {
    let models = models(&[(
        "a.rs",
        "type Maybe<T> = Option<T>; struct Wrap<T>(T);
         #[derive(aludel::Model)] struct T { a: Maybe<i64>, b: Wrap<Option<i64>>, c: Wrap<i64> }",
    )]);
    let nullable: Vec<bool> = models.tables[0]
        .columns
        .iter()
        .map(|c| c.nullable)
        .collect();
    assert_eq!(nullable, [true, true, false]);
}

#[test]
fn a_said_type_needs_no_known_rust_type() {
    let models = models(&[(
        "a.rs",
        "#[derive(aludel::Model)] struct T {
             #[column(type = \"geometry\")] a: Option<GeoPoint>, b: Maybe }
         type Maybe = Option<i64>;",
    )]);
    let [a, b] = models.tables[0].columns.as_slice() else {
        return assert_eq!(models.tables[0].columns.len(), 2);
    };
    assert!(a.nullable && b.nullable);
    assert_eq!(
        a.ty,
        TypeModel::Said {
            all: Some("geometry".to_owned()),
            by_dialect: Vec::new(),
            rust: None
        }
    );
}

#[test]
fn sqlx_attributes_are_honoured() {
    let models = models(&[(
        "a.rs",
        "#[derive(aludel::Model, sqlx::FromRow)]
         #[sqlx(rename_all = \"camelCase\")]
         struct T {
             long_name: i64,
             #[sqlx(rename = \"type\")] kind: i64,
             #[sqlx(rename = \"x\")] #[column(name = \"said\")] other_name: i64,
             r#match: i64,
             #[sqlx(skip)] cached: Unknown,
             #[sqlx(json)] data: Option<Unknown>,
             #[sqlx(try_from = \"i32\", default)] size: Size,
             #[sqlx(flatten)] audit: Audit,
         }
         #[derive(sqlx::FromRow)]
         struct Audit { created_at: i64, #[sqlx(flatten)] by: By }
         struct By { created_by: Option<String> }",
    )]);
    let table = &models.tables[0];
    assert_eq!(
        columns(table),
        [
            "longName",
            "type",
            "said",
            "match",
            "data",
            "size",
            "created_at",
            "created_by"
        ]
    );
    assert_eq!(table.columns[4].ty, TypeModel::Inferred(RustType::Json));
    assert!(table.columns[4].nullable);
    assert_eq!(table.columns[5].ty, TypeModel::Inferred(RustType::I32));
}

#[test]
fn enums() {
    let models = models(&[(
        "a.rs",
        "use sqlx::Type;
         #[derive(aludel::Model)] struct T { a: Mood, b: Option<Mood>, c: Vec<Plain>, d: Own,
             #[column(type = \"text\")] e: Unused }
         #[derive(Type)] #[sqlx(type_name = \"app.mood\", rename_all = \"snake_case\")]
         enum Mood { VeryHappy, #[sqlx(rename = \"blue\")] Sad }
         #[derive(sqlx::Type)] enum Plain { One, HTMLPage }
         #[derive(aludel::Enum)] #[db_enum(rename_all = \"kebab-case\")] enum Own { SoSo2Go }
         enum Unused { A }",
    )]);
    let shown: Vec<(String, Vec<String>)> = models
        .enums
        .iter()
        .map(|e| (e.name.to_string(), e.values.clone()))
        .collect();
    let expected = [
        ("app.mood", vec!["very_happy", "blue"]),
        ("plain", vec!["One", "HTMLPage"]),
        ("own", vec!["so-so2-go"]),
    ];
    let expected: Vec<(String, Vec<String>)> = expected
        .into_iter()
        .map(|(name, values)| {
            let values = values.into_iter().map(str::to_owned).collect();
            (name.to_owned(), values)
        })
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn an_enum_of_aludel_says_nothing_twice() {
    let models = models(&[(
        "a.rs",
        "#[derive(aludel::Model)] struct T { a: Mood, b: Own }
         #[derive(sqlx::Type, aludel::Enum)]
         #[sqlx(type_name = \"app.mood\", rename_all = \"snake_case\")]
         enum Mood { VeryHappy, #[sqlx(rename = \"blue\")] #[db_enum(renamed_from = \"sad\")] Sad,
             #[db_enum(renamed_from = \"very_happy_once\")] C }
         #[derive(sqlx::Type, aludel::Enum)] #[sqlx(type_name = \"mine\")]
         #[db_enum(name = \"own\", schema = \"s\")]
         enum Own { #[db_enum(name = \"b\", renamed_from = \"a\")] A,
             #[db_enum(name = \"c\", renamed_from = \"b\")] B }",
    )]);
    let shown: Vec<String> = models
        .enums
        .iter()
        .map(|e| {
            let renames = e.renamed_values.iter();
            let renames: Vec<String> = renames.map(|p| format!("{}-{}", p.from, p.to)).collect();
            format!("{}: {} {}", e.name, e.values.join(","), renames.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "app.mood: very_happy,blue,c sad-blue very_happy_once-c",
            "s.own: b,c a-b b-c",
        ]
    );
}

#[test]
fn references_find_their_model_by_the_longest_suffix() {
    let user = "#[derive(aludel::Model)] #[table(name = \"NAME\")] pub struct User { \
                #[column(primary_key)] pub id: i64 }";
    let auth = user.replace("NAME", "auth_user");
    let shop = user.replace("NAME", "shop_user");
    let with = |text: &str| {
        let files = [
            ("src/auth/mod.rs", auth.as_str()),
            ("src/shop.rs", shop.as_str()),
            ("src/order.rs", text),
        ];
        let models = models(&files);
        let keys = &models.tables.last().unwrap().foreign_keys;
        keys.iter()
            .map(|k| k.references.to_string())
            .collect::<Vec<_>>()
    };
    let order = |key: &str| {
        format!("#[derive(aludel::Model)] struct Order {{ #[column(references = {key})] a: i64 }}")
    };
    assert_eq!(with(&order("auth::User::id")), ["auth_user"]);
    assert_eq!(with(&order("crate::shop::User")), ["shop_user"]);
    assert_eq!(with(&order("\"shop_user.id\"")), ["shop_user"]);
    assert_eq!(with(&order("\"elsewhere\"")), ["elsewhere"]);
    assert_eq!(
        with(&format!("use crate::auth::User; {}", order("User::id"))),
        ["auth_user"]
    );
    assert_eq!(
        with(&format!(
            "use crate::shop::User as Client; {}",
            order("Client::id")
        )),
        ["shop_user"]
    );
    assert_eq!(
        with(&format!("use crate::shop; {}", order("shop::User::id"))),
        ["shop_user"]
    );

    let files = vec![
        SourceFile::new("src/auth/mod.rs", auth.as_str()),
        SourceFile::new("src/shop.rs", shop.as_str()),
        SourceFile::new("src/order.rs", order("User::id")),
    ];
    let found = scan(files).unwrap_err();
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].message,
        "`User` may be `src::auth::User` (src/auth/mod.rs:1) or `src::shop::User` (src/shop.rs:1)"
    );
    assert_eq!(found[0].also.len(), 2);
}

#[test]
fn keys_over_several_fields() {
    let models = models(&[(
        "a.rs",
        "#[derive(aludel::Model)]
         #[table(foreign_key(parent_a, parent_b => Self, on_delete = set_null))]
         struct T { #[column(primary_key)] a: i64, #[column(primary_key(name = \"pk\"))] b: i64,
             parent_a: Option<i64>, parent_b: Option<i64> }",
    )]);
    let table = &models.tables[0];
    let key = table.primary_key.as_ref().unwrap();
    assert_eq!(key.columns, ["a", "b"]);
    assert_eq!(key.name.as_ref().unwrap().as_str(), "pk");
    let foreign = &table.foreign_keys[0];
    assert_eq!(foreign.references.to_string(), "t");
    assert_eq!(foreign.referenced_columns, ["a", "b"]);
}

#[test]
fn fields_that_are_called_like_keys() {
    let models = models(&[(
        "a.rs",
        "#[derive(aludel::Model)]
         #[table(index(name, r#unique desc), unique(r#where, r#type), check(\"1\"))]
         struct T { name: i64, unique: i64, r#where: i64, r#type: i64 }",
    )]);
    let table = &models.tables[0];
    assert_eq!(columns(table), ["name", "unique", "where", "type"]);
    assert_eq!(table.indexes[0].keys.len(), 2);
    assert!(!table.indexes[0].unique);
    assert_eq!(table.uniques[0].columns, ["where", "type"]);
}

#[test]
fn the_same_texts_give_the_same_models() {
    let files = [
        (
            "b.rs",
            "#[derive(aludel::Model)] struct B { #[column(references = A)] a: i64 }",
        ),
        (
            "a.rs",
            "#[derive(aludel::Model)] struct A { #[column(primary_key)] id: i64 }",
        ),
    ];
    assert_eq!(models(&files), models(&files));
    assert_eq!(names(&models(&files)), ["b", "a"]);
}
