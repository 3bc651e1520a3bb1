//! The statements of each kind of operation.

use crate::change::{Change, Pair};
use crate::dialect::{Dialect as _, Lowered, ObjectKind, Server, Snapshot, SqlObject};
use crate::error::Result;
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

fn alter(changes: Vec<TableChange>) -> Operation {
    Operation::AlterTable {
        table: "item".into(),
        changes,
    }
}

fn altered(name: &str, change: impl Fn(&mut Column)) -> TableChange {
    let before = base();
    let item = before.schema.table(&"item".into()).unwrap();
    let from = item.column(name).unwrap().clone();
    let mut to = from.clone();
    change(&mut to);
    TableChange::Column(Change::Alter(Pair::new(from, to)))
}

fn added(column: Column) -> TableChange {
    TableChange::Column(Change::Add(column))
}

fn dropped(name: &str) -> TableChange {
    let before = base();
    let item = before.schema.table(&"item".into()).unwrap();
    TableChange::Column(Change::Drop(item.column(name).unwrap().clone()))
}

fn check(name: &str, expression: &str) -> Check {
    let mut check = Check::new(expression);
    check.name = Some(name.into());
    check
}

fn unique(name: &str, columns: &[&str]) -> Unique {
    let mut unique = Unique::on(columns.iter().copied());
    unique.name = Some(name.into());
    unique
}

fn index(name: &str, columns: &[&str]) -> Index {
    let mut index = Index::on(columns.iter().copied());
    index.name = Some(name.into());
    index
}

fn generated(name: &str, expression: &str) -> Column {
    let mut column = nullable(name, ColumnType::Text);
    column.generated = Some(Generated {
        expression: expression.into(),
        stored: true,
    });
    column
}

/// A table with all that a table can have.
fn everything() -> Table {
    let mut id = column("id", ColumnType::BigInteger);
    id.identity = Some(Identity::Always);
    id.autoincrement = true;
    let mut number = column("number", ColumnType::Integer);
    number.identity = Some(Identity::Serial);
    number.autoincrement = true;
    let mut odd = column("odd", ColumnType::Integer);
    odd.identity = Some(Identity::Serial);
    odd.autoincrement = true;
    odd.extra = Some("\"odd seq\" AS integer START WITH 10".into());
    let mut code = column("code", ColumnType::Varchar(Some(10)));
    code.collation = Some("C".into());
    code.default = Some(text("it's"));
    code.comment = Some("what's in a name".into());
    let mut made = column("made", ColumnType::TimestampTz(Some(3)));
    made.default = Some(DefaultValue::Expression("now()".into()));
    let mut all = table(
        "all of it",
        vec![
            id,
            number,
            odd,
            code,
            made,
            generated("upper", "upper((code)::text)"),
            nullable(
                "moods",
                ColumnType::Array(Box::new(ColumnType::Enum("mood".into()))),
            ),
            nullable("parent_id", ColumnType::Integer),
        ],
    );
    let mut named = unique("uq_code", &["code"]);
    named.include = vec!["made".into()];
    named.deferrable = Deferrable::InitiallyDeferred;
    all.uniques = vec![named];
    let mut key = ForeignKey::new(["parent_id"], "parent", ["id"]);
    key.name = Some("fk_parent".into());
    key.on_delete = ReferentialAction::Cascade;
    let mut later = key.clone();
    later.name = Some("fk_later".into());
    later.not_valid = true;
    all.foreign_keys = vec![later, key];
    let mut loose = check("ck_loose", "number > 0");
    loose.extra = Some("NOT VALID".into());
    all.checks = vec![check("ck_code", "code <> ''"), loose];
    let mut by_expression = index("ix_lower", &[]);
    by_expression
        .keys
        .push(IndexKey::expression("lower((code)::text)"));
    by_expression.predicate = Some("number > 0".into());
    let mut gin = index("ix_moods", &["moods"]);
    gin.method = Some("gin".into());
    gin.concurrently = true;
    all.indexes = vec![by_expression, gin];
    all.comment = Some("a table".into());
    all.options.extra = Some("UNLOGGED WITH (fillfactor='70')".into());
    all
}

type Scenario = (&'static str, Snapshot, Vec<Operation>);

fn scenario(name: &'static str, changes: Vec<TableChange>) -> Scenario {
    (name, base(), vec![alter(changes)])
}

/// `base` with more in `item`.
fn base_with(change: impl Fn(&mut Table)) -> Snapshot {
    let mut before = base();
    change(
        before
            .schema
            .tables
            .get_mut(&TableName::new("item"))
            .unwrap(),
    );
    before
}

fn numbered(kind: Option<Identity>) -> impl Fn(&mut Column) {
    move |c| {
        c.identity = kind;
        c.autoincrement = kind.is_some();
    }
}

fn tables() -> Vec<Scenario> {
    let mut elsewhere = table("t", vec![column("id", ColumnType::Integer)]);
    elsewhere.name = TableName::in_schema("other", "t");
    vec![
        (
            "create a table with everything",
            base(),
            vec![Operation::CreateTable(everything())],
        ),
        (
            "create a table in a schema that is not there",
            base(),
            vec![Operation::CreateTable(elsewhere)],
        ),
        (
            "rename a table, then change its key",
            base(),
            vec![
                Operation::RenameTable(Pair::new("item".into(), "thing".into())),
                Operation::AlterTable {
                    table: "thing".into(),
                    changes: vec![TableChange::PrimaryKey(Change::Alter(Pair::new(
                        PrimaryKey::on(["id"]),
                        PrimaryKey::on(["id", "name"]),
                    )))],
                },
            ],
        ),
        (
            "rename a table to what another key is called after",
            base_with(|t: &mut Table| t.indexes.push(index("thing_pkey", &["id"]))),
            vec![Operation::RenameTable(Pair::new(
                "item".into(),
                "thing".into(),
            ))],
        ),
        (
            "move a table to another schema under another name",
            base(),
            vec![Operation::RenameTable(Pair::new(
                "item".into(),
                TableName::in_schema("other", "thing"),
            ))],
        ),
        (
            "run SQL",
            base(),
            vec![Operation::Execute(RawSql {
                name: None,
                sql: "UPDATE item SET name = ';'; DELETE FROM item".into(),
                reverse: None,
                dialect: None,
            })],
        ),
    ]
}

fn columns() -> Vec<Scenario> {
    let mut filled = column("filled", ColumnType::Integer);
    filled.fill = Some(DefaultValue::Literal(Literal::Integer(0)));
    let mut computed = column("computed", ColumnType::Text);
    computed.fill = Some(DefaultValue::Expression("lower(name)".into()));
    computed.default = Some(text("none"));
    let mut random = column("random", ColumnType::Uuid);
    random.default = Some(DefaultValue::Expression("gen_random_uuid()".into()));
    let mut told = nullable("told", ColumnType::Text);
    told.comment = Some("it's told".into());
    vec![
        scenario(
            "add columns and what needs them",
            vec![
                added(nullable("plain", ColumnType::Integer)),
                added(told),
                added(generated("shout", "upper(name)")),
                TableChange::Unique(Change::Add(unique("uq_plain", &["plain"]))),
                TableChange::Check(Change::Add(check("ck_plain", "plain > 0"))),
                TableChange::Index(Change::Add(index("ix_plain", &["plain"]))),
            ],
        ),
        scenario(
            "add columns that have to be filled",
            vec![added(filled), added(computed), added(random)],
        ),
        scenario("drop a column", vec![dropped("note")]),
        scenario(
            "rename a column",
            vec![TableChange::Column(Change::Rename(Pair::new(
                "note".into(),
                "remark".into(),
            )))],
        ),
        scenario(
            "take NULL no longer",
            vec![altered("note", |c| {
                c.nullable = false;
                c.fill = Some(text("?"));
                c.default = Some(text("!"));
            })],
        ),
        scenario(
            "change default, comment and collation",
            vec![
                altered("name", |c| {
                    c.default = Some(text("x"));
                    c.comment = Some("c".into());
                }),
                altered("note", |c| c.collation = Some("C".into())),
            ],
        ),
        scenario(
            "generate a column, and compute it otherwise",
            vec![altered("note", |c| {
                *c = generated("note", "lower(name)");
            })],
        ),
        (
            "compute a generated column otherwise, with what hangs on it",
            base_with(|t| {
                t.columns.push(generated("shout", "upper(name)"));
                t.uniques.push(unique("uq_shout", &["shout"]));
                t.indexes.push(index("ix_shout", &["shout", "note"]));
                t.checks.push(check("ck_shout", "shout <> ''"));
            }),
            vec![alter(vec![TableChange::Column(Change::Alter(Pair::new(
                generated("shout", "upper(name)"),
                generated("shout", "upper(name) || '!'"),
            )))])],
        ),
        scenario(
            "number a column, always and as serial",
            vec![altered("id", numbered(Some(Identity::Always)))],
        ),
        (
            "from by default to always",
            base_with(|t| {
                for c in t.columns.iter_mut().filter(|c| c.name == "id") {
                    numbered(Some(Identity::ByDefault))(c);
                }
            }),
            vec![alter(vec![TableChange::Column(Change::Alter(Pair::new(
                {
                    let mut c = column("id", ColumnType::BigInteger);
                    numbered(Some(Identity::ByDefault))(&mut c);
                    c
                },
                {
                    let mut c = column("id", ColumnType::BigInteger);
                    numbered(Some(Identity::Always))(&mut c);
                    c
                },
            )))])],
        ),
        (
            "from serial to identity, of another type",
            base_with(|t| {
                for c in t.columns.iter_mut().filter(|c| c.name == "id") {
                    c.ty = ColumnType::Integer;
                    numbered(Some(Identity::Serial))(c);
                }
            }),
            vec![alter(vec![TableChange::Column(Change::Alter(Pair::new(
                {
                    let mut c = column("id", ColumnType::Integer);
                    numbered(Some(Identity::Serial))(&mut c);
                    c
                },
                {
                    let mut c = column("id", ColumnType::BigInteger);
                    numbered(Some(Identity::ByDefault))(&mut c);
                    c
                },
            )))])],
        ),
        (
            "widen an identity column",
            base_with(|t| {
                for c in t.columns.iter_mut().filter(|c| c.name == "id") {
                    c.ty = ColumnType::SmallInteger;
                    numbered(Some(Identity::ByDefault))(c);
                }
            }),
            vec![alter(vec![TableChange::Column(Change::Alter(Pair::new(
                {
                    let mut c = column("id", ColumnType::SmallInteger);
                    numbered(Some(Identity::ByDefault))(&mut c);
                    c
                },
                {
                    let mut c = column("id", ColumnType::Integer);
                    numbered(Some(Identity::ByDefault))(&mut c);
                    c
                },
            )))])],
        ),
        (
            "widen a serial column",
            base_with(|t| {
                for c in t.columns.iter_mut().filter(|c| c.name == "id") {
                    c.ty = ColumnType::Integer;
                    numbered(Some(Identity::Serial))(c);
                }
            }),
            vec![alter(vec![TableChange::Column(Change::Alter(Pair::new(
                {
                    let mut c = column("id", ColumnType::Integer);
                    numbered(Some(Identity::Serial))(&mut c);
                    c
                },
                {
                    let mut c = column("id", ColumnType::BigInteger);
                    numbered(Some(Identity::Serial))(&mut c);
                    c
                },
            )))])],
        ),
    ]
}

fn types() -> Vec<Scenario> {
    let mut with_default = base_with(|t| {
        for c in t.columns.iter_mut().filter(|c| c.name == "note") {
            c.default = Some(text("5"));
        }
        t.columns.push(generated("shout", "upper((note)::text)"));
        t.indexes.push(index("ix_shout", &["shout"]));
    });
    let view = |name: &str, sql: &str| SqlObject {
        kind: ObjectKind::View,
        name: name.into(),
        table: name.into(),
        sql: sql.into(),
    };
    with_default.objects = vec![
        view(
            "v",
            "CREATE VIEW public.v AS SELECT item.id, item.note FROM item",
        ),
        // It has been replaced since it was made.
        view("u", "CREATE VIEW public.u AS SELECT w.id FROM w"),
        view("w", "CREATE VIEW public.w AS SELECT v.id FROM v"),
        SqlObject {
            kind: ObjectKind::Rule,
            name: "keep".into(),
            table: "item".into(),
            sql: "CREATE RULE keep AS\n    ON DELETE TO item\n   WHERE old.note = '' DO INSTEAD NOTHING".into(),
        },
        view(
            "other",
            "CREATE VIEW public.other AS SELECT parent.id FROM parent",
        ),
    ];
    let note = |ty: ColumnType, default: Option<DefaultValue>| {
        let mut c = nullable("note", ty);
        c.default = default;
        c
    };
    vec![
        scenario(
            "change types",
            vec![
                altered("name", |c| c.ty = ColumnType::Varchar(Some(20))),
                altered("note", |c| c.ty = ColumnType::Varchar(Some(60))),
                altered("owner_id", |c| c.ty = ColumnType::BigInteger),
            ],
        ),
        scenario(
            "from text to a number and from an enum to text",
            vec![
                altered("name", |c| c.ty = ColumnType::Integer),
                altered("mood", |c| c.ty = ColumnType::Text),
            ],
        ),
        (
            "change a type with a default, views and a computed column",
            with_default,
            vec![alter(vec![TableChange::Column(Change::Alter(Pair::new(
                note(ColumnType::Varchar(Some(50)), Some(text("5"))),
                note(
                    ColumnType::Integer,
                    Some(DefaultValue::Literal(Literal::Integer(5))),
                ),
            )))])],
        ),
        (
            "change a type, and what is computed from it with it",
            base_with(|t| {
                t.checks.push(check("ck_name", "name <> ''"));
                let mut partial = index("ix_name", &["id"]);
                partial.predicate = Some("name <> ''".into());
                t.indexes.push(partial);
            }),
            vec![alter(vec![
                altered("name", |c| c.ty = ColumnType::Integer),
                TableChange::Check(Change::Alter(Pair::new(
                    check("ck_name", "name <> ''"),
                    check("ck_name", "name > 0"),
                ))),
                TableChange::Index(Change::Alter(Pair::new(
                    {
                        let mut partial = index("ix_name", &["id"]);
                        partial.predicate = Some("name <> ''".into());
                        partial
                    },
                    {
                        let mut partial = index("ix_name", &["id"]);
                        partial.predicate = Some("name > 0".into());
                        partial
                    },
                ))),
            ])],
        ),
        (
            "change a key and what refers to it",
            base(),
            vec![
                Operation::AlterTable {
                    table: "parent".into(),
                    changes: vec![TableChange::Column(Change::Alter(Pair::new(
                        column("id", ColumnType::Integer),
                        column("id", ColumnType::Text),
                    )))],
                },
                alter(vec![altered("owner_id", |c| c.ty = ColumnType::Text)]),
            ],
        ),
    ]
}

fn parts() -> Vec<Scenario> {
    let mut elsewhere = index("ix_note", &["note"]);
    elsewhere.concurrently = true;
    let mut other = index("ix_note", &["note", "name"]);
    other.unique = true;
    let key = |deferrable: Deferrable, not_valid: bool| {
        let mut key = ForeignKey::new(["owner_id"], "parent", ["id"]);
        key.name = Some("fk_item_owner".into());
        key.deferrable = deferrable;
        key.not_valid = not_valid;
        key
    };
    let mut cascading = key(Deferrable::No, false);
    cascading.on_delete = ReferentialAction::Cascade;
    vec![
        scenario(
            "add an index beside writers",
            vec![TableChange::Index(Change::Add(elsewhere))],
        ),
        (
            "alter and rename an index",
            base_with(|t| t.indexes.push(index("ix_note", &["note"]))),
            vec![alter(vec![
                TableChange::Index(Change::Alter(Pair::new(index("ix_note", &["note"]), other))),
                TableChange::Index(Change::Rename(Pair::new("ix_note".into(), "ix_n".into()))),
            ])],
        ),
        scenario(
            "alter a foreign key",
            vec![TableChange::ForeignKey(Change::Alter(Pair::new(
                key(Deferrable::No, false),
                cascading,
            )))],
        ),
        scenario(
            "defer a foreign key",
            vec![TableChange::ForeignKey(Change::Alter(Pair::new(
                key(Deferrable::No, false),
                key(Deferrable::InitiallyDeferred, false),
            )))],
        ),
        scenario(
            "change the primary key, and let its old column be NULL",
            vec![
                altered("id", |c| c.nullable = true),
                TableChange::PrimaryKey(Change::Alter(Pair::new(
                    PrimaryKey::on(["id"]),
                    PrimaryKey::on(["name"]),
                ))),
            ],
        ),
        (
            "change a primary key that another table refers to",
            base(),
            vec![Operation::AlterTable {
                table: "parent".into(),
                changes: vec![
                    TableChange::PrimaryKey(Change::Drop(PrimaryKey::on(["id"]))),
                    TableChange::Unique(Change::Add(unique("uq_parent", &["id"]))),
                ],
            }],
        ),
        scenario(
            "rename a constraint, drop one, comment on the table",
            vec![
                TableChange::ForeignKey(Change::Rename(Pair::new(
                    "fk_item_owner".into(),
                    "fk_o".into(),
                ))),
                TableChange::PrimaryKey(Change::Drop(PrimaryKey::on(["id"]))),
                TableChange::Comment(Pair::new(None, Some("it's".into()))),
            ],
        ),
    ]
}

fn mood(values: &[&str]) -> EnumType {
    EnumType {
        name: "mood".into(),
        values: values.iter().map(ToString::to_string).collect(),
    }
}

fn enums() -> Vec<Scenario> {
    let two = || mood(&["happy", "sad"]);
    let alter_to = |values: &[&str]| Operation::Enum(Change::Alter(Pair::new(two(), mood(values))));
    let with_users = base_with(|t| {
        for c in t.columns.iter_mut().filter(|c| c.name == "mood") {
            c.default = Some(text("happy"));
        }
        let list = ColumnType::Array(Box::new(ColumnType::Enum("mood".into())));
        t.columns.push(nullable("moods", list));
        t.checks.push(check(
            "ck_mood",
            "(mood = 'happy'::mood) OR (mood = 'sad'::mood)",
        ));
        let mut partial = index("ix_mood", &["mood"]);
        partial.predicate = Some("mood = 'happy'::mood".into());
        t.indexes.push(partial);
    });
    let beside_a_key = base_with(|t| {
        let mut with_mood = unique("uq_name", &["name"]);
        with_mood.include = vec!["mood".into()];
        t.uniques.push(with_mood);
        let mut key = ForeignKey::new(["note"], "item", ["name"]);
        key.name = Some("fk_note".into());
        t.foreign_keys.push(key);
    });
    vec![
        (
            "create and rename an enum type",
            base(),
            vec![
                Operation::Enum(Change::Add(EnumType {
                    name: TableName::in_schema("other", "size"),
                    values: vec!["it's".into()],
                })),
                Operation::Enum(Change::Rename(Pair::new("mood".into(), "temper".into()))),
            ],
        ),
        (
            "add values to an enum type",
            base(),
            vec![alter_to(&["glad", "happy", "calm", "sad", "mad"])],
        ),
        (
            "add a value that is needed at once",
            base(),
            vec![
                alter_to(&["happy", "sad", "mad"]),
                alter(vec![altered("mood", |c| c.default = Some(text("mad")))]),
            ],
        ),
        (
            "take a value away that much hangs on",
            with_users,
            vec![alter_to(&["sad", "calm", "happy"])],
        ),
        (
            "take a value away that stands beside a key which others refer to",
            beside_a_key,
            vec![alter_to(&["sad", "happy"])],
        ),
    ]
}

/// With the hazards that the database makes.
fn lower(before: &Snapshot, operations: &[Operation]) -> Result<Lowered> {
    crate::dialect::postgres::Postgres.lower(before, operations)
}

fn scenarios() -> Vec<Scenario> {
    [tables(), columns(), types(), parts(), enums()].concat()
}

fn written() -> String {
    let mut out = String::new();
    for (name, before, operations) in scenarios() {
        out.push_str(&format!("-- # {name}\n"));
        let up = lower(&before, &operations).unwrap();
        let down = lower(&up.after, &reverse_all(operations)).unwrap();
        for (way, plan) in [("there", up.plan), ("back", down.plan)] {
            out.push_str(&format!("-- {way}\n"));
            for statement in plan.statements() {
                for hazard in &statement.hazards {
                    out.push_str(&format!("-- {hazard}\n"));
                }
                let alone = if statement.alone { " -- alone" } else { "" };
                out.push_str(&format!("{};{alone}\n", statement.sql));
            }
        }
        out.push('\n');
    }
    out
}

/// Every statement of `expected.sql` was run there and back on PostgreSQL 15.
/// With `UPDATE=1` it is written again.
#[test]
fn every_kind_of_operation_is_lowered() {
    let written = written();
    if std::env::var_os("UPDATE").is_some() {
        let expected = "src/dialect/postgres/lower/tests/expected.sql";
        let expected = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(expected);
        std::fs::write(expected, &written).unwrap();
        return;
    }
    assert_eq!(written, include_str!("expected.sql"));
}

/// A column that is computed from another one goes before that one gets a type
/// that nothing can be computed from, and on the way back comes after it.
#[test]
fn what_is_computed_goes_before_and_comes_after() {
    let before = base_with(|t| t.columns.push(generated("shout", "upper(name)")));
    let operations = vec![alter(vec![
        altered("name", |c| c.ty = ColumnType::Blob),
        TableChange::Column(Change::Drop(generated("shout", "upper(name)"))),
    ])];
    let up = lower(&before, &operations).unwrap();
    let down = lower(&up.after, &reverse_all(operations)).unwrap();
    let places = |plan: &crate::plan::Plan, computed: &str| {
        let all: Vec<&str> = plan.statements().map(|s| s.sql.as_str()).collect();
        let all = all.join(";\n");
        assert_eq!(all.matches("COLUMN \"shout\"").count(), 1, "{all}");
        (all.find(computed).unwrap(), all.find("TYPE ").unwrap())
    };
    let (goes, retyped) = places(&up.plan, "DROP COLUMN \"shout\"");
    assert!(goes < retyped);
    let (comes, retyped) = places(&down.plan, "ADD COLUMN \"shout\"");
    assert!(comes > retyped);
}

/// A computed column that becomes one with numbers of its own has them, also
/// where its values are copied into another column first (before version 13).
#[test]
fn what_was_computed_can_be_numbered() {
    for version in [(15, 18, 0), (12, 22, 0)] {
        let mut before = base_with(|t| t.columns.push(generated("number", "length(name)")));
        before.server.version = version;
        let mut to = column("number", ColumnType::BigInteger);
        to.identity = Some(Identity::Always);
        to.autoincrement = true;
        let from = generated("number", "length(name)");
        let change = TableChange::Column(Change::Alter(Pair::new(from, to)));
        let up = lower(&before, &[alter(vec![change])]).unwrap();
        let all: Vec<&str> = up.plan.statements().map(|s| s.sql.as_str()).collect();
        let all = all.join(";\n");
        let not_null = all.find("SET NOT NULL").unwrap();
        let numbered = all.find("ADD GENERATED ALWAYS AS IDENTITY").unwrap();
        assert!(not_null < numbered, "{all}");
    }
}

/// A new expression (since version 17) lets go of a column only once its
/// statement is done.
#[test]
fn what_a_column_is_computed_from_goes_after_its_new_expression() {
    let mut before = base_with(|t| t.columns.push(generated("shout", "upper(name)")));
    before.server.version = (18, 0, 0);
    for (gone, statements) in [("name", 2), ("note", 1)] {
        let there = before.schema.table(&"item".into()).unwrap();
        let gone = there.column(gone).unwrap().clone();
        let sides = ["upper(name)", "mood::text"].map(|text| generated("shout", text));
        let [from, to] = sides;
        let operations = [alter(vec![
            TableChange::Column(Change::Alter(Pair::new(from, to))),
            TableChange::Column(Change::Drop(gone)),
        ])];
        let up = lower(&before, &operations).unwrap();
        let all: Vec<&str> = up.plan.statements().map(|s| s.sql.as_str()).collect();
        assert!(all[0].contains("SET EXPRESSION"), "{all:?}");
        assert_eq!(all.len(), statements, "{all:?}");
    }
}
