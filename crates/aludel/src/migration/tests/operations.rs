//! A schema, and operations on it that need every verb and every option.

use aludel_core::change::{Change, Pair};
use aludel_core::dialect::types::TYPES;
use aludel_core::object::{Definition, Noun, ObjectChange, ObjectId};
use aludel_core::operation::{Operation, RenamedValues, TableChange};
use aludel_core::schema::{
    Check, Column, ColumnType, DefaultValue, Deferrable, EnumType, Expression, ForeignKey,
    Generated, Identity, Index, IndexKey, Literal, Name, NullsOrder, PrimaryKey, ReferentialAction,
    Schema, Table, TableName, TableOptions, Unique,
};

fn columns(names: &[&str]) -> Vec<Column> {
    let names = names.iter();
    names
        .map(|n| Column::new(*n, ColumnType::Integer))
        .collect()
}

fn check(name: Option<&str>, expression: &str) -> Check {
    Check {
        name: name.map(Name::from),
        expression: Expression::new(expression),
        extra: None,
    }
}

fn foreign_key(name: Option<&str>, column: &str) -> ForeignKey {
    let mut key = ForeignKey::new([column], "parent", ["id"]);
    key.name = name.map(Name::from);
    key
}

fn unique(name: Option<&str>, column: &str) -> Unique {
    let mut unique = Unique::on([column]);
    unique.name = name.map(Name::from);
    unique
}

fn index(name: &str, columns: &[&str]) -> Index {
    let mut index = Index::on(columns.iter().copied());
    index.name = Some(name.into());
    index
}

fn alone(name: &str, columns: &[&str]) -> Index {
    Index {
        concurrently: true,
        ..index(name, columns)
    }
}

fn key(name: Option<&str>, columns: &[&str]) -> PrimaryKey {
    PrimaryKey {
        prefixes: Vec::new(),
        name: name.map(Name::from),
        columns: columns.iter().map(|c| Name::from(*c)).collect(),
        extra: None,
    }
}

/// The schema before [`all`].
pub(super) fn before() -> Schema {
    let mut schema = Schema::default();
    let mut parent = Table::new("parent");
    parent.columns = columns(&["id"]);
    parent.primary_key = Some(key(None, &["id"]));
    let mut child = Table::new("child");
    child.columns = columns(&["a", "b", "c", "d", "f", "e"]);
    child.checks = vec![
        check(None, "a > 1"),
        check(None, "a > 2"),
        check(Some("ck_named"), "b > 1"),
        check(Some("ck_renamed"), "c > 1"),
    ];
    child
        .checks
        .sort_by(|a, b| (&a.name, &a.expression).cmp(&(&b.name, &b.expression)));
    child.uniques = vec![unique(None, "a"), unique(Some("uq_b"), "b")];
    child.foreign_keys = vec![foreign_key(None, "a"), foreign_key(Some("fk_b"), "b")];
    child.indexes = vec![
        index("ix_a", &["a"]),
        index("ix_b", &["b"]),
        index("ix_c", &["c"]),
    ];
    child.primary_key = Some(key(None, &["a"]));
    let mut old = Table::new("old");
    old.columns = columns(&["id"]);
    for table in [parent, child, old] {
        schema.insert(table);
    }
    let mood = EnumType {
        name: "mood".into(),
        values: vec!["sad".into(), "happy".into()],
    };
    schema.enums.insert("mood".into(), mood);
    schema
}

/// Every operation and every kind of change.
pub(super) fn all() -> Vec<Operation> {
    let mut operations = vec![
        Operation::Enum(Change::Add(EnumType {
            name: TableName::in_schema("audit", "level"),
            values: vec!["low".into()],
        })),
        Operation::CreateTable(types()),
        Operation::CreateTable(full()),
        Operation::RenameTable(Pair::new(
            TableName::new("old"),
            TableName::in_schema("audit", "new"),
        )),
    ];
    let batches = [columns_of_child(), constraints_of_child(), table_of_child()];
    operations.extend(batches.into_iter().map(|changes| Operation::AlterTable {
        table: "child".into(),
        changes,
    }));
    operations.push(Operation::RenameEnumValue {
        name: "mood".into(),
        values: Pair::new("sad".into(), "low".into()),
    });
    operations.push(Operation::RenameEnumValue {
        name: "mood".into(),
        values: Pair::new("low".into(), "sad".into()),
    });
    operations.extend(enums());
    operations.extend(objects());
    let mut dropped = Table::new(TableName::in_schema("audit", "new"));
    dropped.columns = columns(&["id"]);
    operations.push(Operation::DropTable(dropped));
    operations
}

fn objects() -> Vec<Operation> {
    let defined = |id: ObjectId, sql: &str| Definition {
        id,
        sql: sql.to_owned(),
    };
    let view = || ObjectId::new(Noun::View, ("audit", "v"));
    let trigger = ObjectId::new(Noun::Trigger, "tr").on("child");
    let function = ObjectId::new(Noun::Function, "f").arguments("a integer");
    let first = "CREATE VIEW audit.v AS\nSELECT id, \"A\\\" AS a\nFROM child";
    let other = |noun: Noun, name: &str| {
        let sql = format!("CREATE {} {name} ..", noun.sql());
        Operation::Object(ObjectChange::Create(defined(
            ObjectId::new(noun, name),
            &sql,
        )))
    };
    let mut list = vec![
        Operation::Object(ObjectChange::Create(defined(view(), first))),
        Operation::Object(ObjectChange::Replace(Pair::new(
            defined(view(), first),
            defined(view(), "CREATE VIEW audit.v AS SELECT 1 AS \"b\""),
        ))),
        Operation::Object(ObjectChange::Create(defined(
            trigger.clone(),
            "CREATE TRIGGER tr AFTER INSERT ON child BEGIN\n  SELECT 1;\nEND",
        ))),
        Operation::Object(ObjectChange::Drop(defined(
            function.clone(),
            "CREATE FUNCTION f(a integer) ..",
        ))),
        Operation::Object(ObjectChange::Rename(Pair::new(
            trigger,
            ObjectId::new(Noun::Trigger, "renamed").on("child"),
        ))),
    ];
    let said = [Noun::View, Noun::Trigger, Noun::Function];
    let others = Noun::ALL.iter().filter(|noun| !said.contains(noun));
    list.extend(others.map(|noun| other(*noun, "x")));
    list
}

fn enums() -> Vec<Operation> {
    let mood = |values: &[&str]| EnumType {
        name: "mood".into(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    };
    let alter = |from: &[&str], to: &[&str]| {
        Operation::Enum(Change::Alter(Pair::new(mood(from), mood(to))))
    };
    vec![
        alter(&["sad", "happy"], &["sad", "so so", "happy"]),
        alter(
            &["sad", "so so", "happy"],
            &["sad", "so so", "happy", "mad"],
        ),
        alter(&["sad", "so so", "happy", "mad"], &["a", "b"]),
        Operation::Enum(Change::Rename(Pair::new("mood".into(), "temper".into()))),
        Operation::Enum(Change::Drop(EnumType {
            name: "temper".into(),
            ..mood(&["a", "b"])
        })),
    ]
}

/// A column of every type.
fn types() -> Table {
    let mut table = Table::new("types");
    let numbers: [&[i64]; 3] = [&[], &[10], &[10, 2]];
    for row in TYPES {
        for args in numbers {
            let ty = aludel_core::dialect::types::from_verb(row.verb, args);
            let name = format!("{}_{}", row.verb, args.len());
            table.columns.extend(ty.map(|ty| Column::new(name, ty)));
        }
    }
    let others = [
        ColumnType::Enum(TableName::in_schema("audit", "level")),
        ColumnType::Array(Box::new(ColumnType::Array(Box::new(ColumnType::Varchar(
            Some(9),
        ))))),
        ColumnType::Array(Box::new(ColumnType::Time(Some(3)))),
        ColumnType::Array(Box::new(ColumnType::Enum(TableName::in_schema(
            "audit", "level",
        )))),
        ColumnType::Array(Box::new(ColumnType::Custom("POINT".into()))),
        ColumnType::Custom("NVARCHAR(100)".into()),
        ColumnType::Custom(String::new()),
    ];
    for (n, ty) in others.into_iter().enumerate() {
        table.columns.push(Column::new(format!("other_{n}"), ty));
    }
    table
}

fn defaults() -> Vec<DefaultValue> {
    let literals = [
        Literal::Null,
        Literal::Boolean(true),
        Literal::Integer(-5),
        Literal::Integer(i128::MAX),
        Literal::Number("1.5".into()),
        Literal::Number("1.50".into()),
        Literal::Number("-1e300".into()),
        Literal::Text("it's \"quoted\" \\ and\nbroken".into()),
        Literal::Bytes(vec![0, 1, b'a', b'"', b'\\', 255]),
        Literal::Bytes(Vec::new()),
    ];
    let mut all: Vec<_> = literals.into_iter().map(DefaultValue::Literal).collect();
    all.push(DefaultValue::Expression("coalesce(\"a\", 'x')".into()));
    all
}

/// A table that says everything a table can say.
fn full() -> Table {
    let mut table = Table::new("full");
    table.columns = columns(&["id", "a", "b"]);
    table.columns[0].autoincrement = true;
    for (at, identity) in [(1, Identity::Always), (2, Identity::Serial)] {
        table.columns[at].autoincrement = true;
        table.columns[at].identity = Some(identity);
    }
    for (n, default) in defaults().into_iter().enumerate() {
        let mut column = Column::new(format!("d{n:02}"), ColumnType::Text);
        column.default = Some(default);
        column.nullable = true;
        table.columns.push(column);
    }
    let mut computed = Column::new("g", ColumnType::Text);
    computed.generated = Some(Generated {
        expression: "a + b".into(),
        stored: false,
    });
    computed.collation = Some("NOCASE".into());
    computed.comment = Some("a comment".into());
    computed.extra = Some("INVISIBLE".into());
    table.columns.push(computed);
    table.primary_key = Some(key(Some("pk_full"), &["id", "a"]));
    table.primary_key.as_mut().unwrap().extra = Some("INCLUDE (b)".into());
    let mut deferred = unique(Some("uq_full"), "a");
    deferred.include = vec!["b".into()];
    deferred.nulls_not_distinct = true;
    deferred.deferrable = Deferrable::InitiallyImmediate;
    deferred.extra = Some("WITH (fillfactor='70')".into());
    table.uniques = vec![unique(None, "a"), deferred];
    let mut acting = foreign_key(Some("fk_full"), "a");
    acting.on_delete = ReferentialAction::Cascade;
    acting.on_update = ReferentialAction::SetNull;
    acting.deferrable = Deferrable::InitiallyDeferred;
    acting.not_valid = true;
    acting.extra = Some("MATCH FULL".into());
    table.foreign_keys = vec![foreign_key(None, "b"), acting];
    table.checks = vec![check(None, "a > 0"), check(Some("ck_full"), "b IN (1, 2)")];
    table.checks[1].extra = Some("NO INHERIT".into());
    table.indexes = vec![index("ix_full", &["a", "b"]), odd_index()];
    table.comment = Some("of everything".into());
    table.options = TableOptions {
        strict: true,
        without_rowid: true,
        engine: Some("InnoDB".into()),
        charset: Some("utf8mb4".into()),
        collation: Some("utf8mb4_bin".into()),
        extra: Some("PARTITION BY RANGE (a)".into()),
    };
    table
}

fn odd_index() -> Index {
    let mut odd = index("ix_odd", &["a", "b"]);
    odd.keys[0].descending = true;
    odd.keys[0].collation = Some("NOCASE".into());
    odd.keys[1].nulls = Some(NullsOrder::First);
    odd.keys[1].opclass = Some("text_ops".into());
    let mut expression = IndexKey::expression("lower(\"a\")");
    expression.descending = true;
    expression.nulls = Some(NullsOrder::Last);
    expression.prefix = Some(10);
    odd.keys.push(expression);
    odd.unique = true;
    odd.method = Some("btree".into());
    odd.predicate = Some("a IS NOT NULL".into());
    odd.include = vec!["b".into()];
    odd.nulls_not_distinct = true;
    odd.extra = Some("TABLESPACE fast".into());
    odd
}

fn columns_of_child() -> Vec<TableChange> {
    let plain = |name: &str| Column::new(name, ColumnType::Integer);
    let mut everything = Column::new("c", ColumnType::DateTime(Some(6)));
    everything.nullable = true;
    everything.default = Some(DefaultValue::Expression("CURRENT_TIMESTAMP".into()));
    everything.generated = Some(Generated {
        expression: "a + 1".into(),
        stored: true,
    });
    everything.autoincrement = true;
    everything.collation = Some("NOCASE".into());
    everything.comment = Some("all of it".into());
    everything.identity = Some(Identity::Serial);
    everything.extra = Some("ON UPDATE current_timestamp()".into());
    let mut numbered = plain("f");
    numbered.autoincrement = true;
    let mut always = everything.clone();
    always.identity = Some(Identity::Always);
    let mut by_default = always.clone();
    by_default.identity = Some(Identity::ByDefault);
    let mut back = plain("c");
    back.default = Some(DefaultValue::Literal(Literal::Integer(0)));
    let mut added = Column::new("added", ColumnType::Uuid);
    added.nullable = true;
    let changes = [
        Change::Add(added),
        Change::Alter(Pair::new(plain("c"), everything.clone())),
        Change::Alter(Pair::new(everything, always.clone())),
        Change::Alter(Pair::new(always.clone(), by_default.clone())),
        Change::Alter(Pair::new(by_default, always.clone())),
        Change::Alter(Pair::new(always, back)),
        Change::Alter(Pair::new(plain("f"), numbered.clone())),
        Change::Alter(Pair::new(numbered, plain("f"))),
        Change::Rename(Pair::new("d".into(), "dd".into())),
        Change::Drop(plain("e")),
    ];
    changes.map(TableChange::Column).into()
}

fn constraints_of_child() -> Vec<TableChange> {
    use TableChange as T;
    let pair = |from: Check, to: Check| T::Check(Change::Alter(Pair::new(from, to)));
    let mut unchecked = foreign_key(Some("fk_later"), "c");
    unchecked.not_valid = true;
    let mut unseen = check(Some("ck_later"), "f > 3");
    unseen.extra = Some("NOT VALID".into());
    let mut cascading = foreign_key(Some("fk_b"), "b");
    cascading.on_delete = ReferentialAction::Cascade;
    vec![
        T::Check(Change::Drop(check(None, "a > 1"))),
        pair(check(None, "a > 2"), check(Some("ck_a"), "a > 2")),
        pair(
            check(Some("ck_named"), "b > 1"),
            check(Some("ck_named"), "b > 2"),
        ),
        T::Check(Change::Rename(Pair::new(
            "ck_renamed".into(),
            "ck_c".into(),
        ))),
        T::Check(Change::Add(check(Some("ck_new"), "f > 1"))),
        T::Unique(Change::Drop(unique(None, "a"))),
        T::Unique(Change::Rename(Pair::new("uq_b".into(), "uq_bb".into()))),
        T::Unique(Change::Add(unique(Some("uq_c"), "c"))),
        T::ForeignKey(Change::Drop(foreign_key(None, "a"))),
        T::ForeignKey(Change::Alter(Pair::new(
            foreign_key(Some("fk_b"), "b"),
            cascading,
        ))),
        T::ForeignKey(Change::Rename(Pair::new("fk_b".into(), "fk_bb".into()))),
        T::ForeignKey(Change::Add(foreign_key(Some("fk_c"), "c"))),
        T::ForeignKey(Change::Add(unchecked.clone())),
        T::ForeignKey(Change::Alter(Pair::new(
            unchecked,
            foreign_key(Some("fk_later"), "c"),
        ))),
        T::Check(Change::Add(unseen.clone())),
        T::Check(Change::Alter(Pair::new(
            unseen,
            check(Some("ck_later"), "f > 3"),
        ))),
        T::Index(Change::Drop(index("ix_a", &["a"]))),
        T::Index(Change::Alter(Pair::new(
            index("ix_b", &["b"]),
            index("ix_b", &["b", "c"]),
        ))),
        T::Index(Change::Rename(Pair::new("ix_c".into(), "ix_cc".into()))),
        T::Index(Change::Add(alone("ix_alone", &["c"]))),
        T::Index(Change::Alter(Pair::new(
            alone("ix_alone", &["c"]),
            alone("ix_alone", &["b"]),
        ))),
        T::Index(Change::Drop(alone("ix_alone", &["b"]))),
        T::PrimaryKey(Change::Alter(Pair::new(
            key(None, &["a"]),
            key(Some("pk"), &["a", "b"]),
        ))),
        T::PrimaryKey(Change::Rename(Pair::new("pk".into(), "pk_child".into()))),
        T::PrimaryKey(Change::Drop(key(Some("pk_child"), &["a", "b"]))),
        // Between the two, or they would be one change of the key.
        T::Index(Change::Add(index("ix_f", &["f"]))),
        T::PrimaryKey(Change::Add(key(None, &["b"]))),
    ]
}

fn table_of_child() -> Vec<TableChange> {
    let plain = TableOptions::default();
    let strict = TableOptions {
        strict: true,
        without_rowid: true,
        engine: Some("InnoDB".into()),
        extra: Some("ROW_FORMAT=DYNAMIC".into()),
        ..TableOptions::default()
    };
    vec![
        TableChange::Values(RenamedValues {
            column: "b".into(),
            values: vec![
                Pair::new("it's".into(), "b".into()),
                Pair::new("b".into(), "it's".into()),
            ],
        }),
        TableChange::Comment(Pair::new(None, Some("a child".into()))),
        TableChange::Options(Pair::new(plain.clone(), strict.clone())),
        TableChange::Options(Pair::new(strict, plain)),
        TableChange::Comment(Pair::new(Some("a child".into()), Some("the child".into()))),
    ]
}
