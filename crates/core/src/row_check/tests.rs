use super::*;
use crate::change::Pair;
use crate::operation::{RawSql, RenamedValues};
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, EnumType, ForeignKey, Index, IndexKey, Literal,
    PrimaryKey, Unique,
};

fn dialects() -> Vec<(&'static str, &'static dyn Dialect)> {
    crate::dialect::ALL.iter().map(|d| (d.name(), *d)).collect()
}

fn dialect(name: &str) -> &'static dyn Dialect {
    crate::dialect::named(name).unwrap()
}

fn nullable(name: &str, ty: ColumnType) -> Column {
    Column {
        nullable: true,
        ..Column::new(name, ty)
    }
}

/// `pv(id, full_address, n, s)` and `child(a, b)`.
fn before() -> Snapshot {
    let mut pv = Table::new("pv");
    pv.columns = vec![
        Column::new("id", ColumnType::Integer),
        nullable("full_address", ColumnType::Text),
        nullable("n", ColumnType::BigInteger),
        nullable("s", ColumnType::Varchar(Some(20))),
    ];
    pv.primary_key = Some(PrimaryKey::on(["id"]));
    let mut child = Table::new("child");
    child.columns = vec![
        nullable("a", ColumnType::Integer),
        nullable("b", ColumnType::Text),
    ];
    let mut snapshot = Snapshot::default();
    snapshot.schema.insert(pv);
    snapshot.schema.insert(child);
    snapshot
}

fn alter(table: &str, changes: Vec<TableChange>) -> Operation {
    Operation::AlterTable {
        table: table.into(),
        changes,
    }
}

fn not_null(name: &str, ty: ColumnType) -> TableChange {
    let from = nullable(name, ty.clone());
    TableChange::Column(Change::Alter(Pair::new(from, Column::new(name, ty))))
}

fn retyped(name: &str, from: ColumnType, to: ColumnType) -> TableChange {
    TableChange::Column(Change::Alter(Pair::new(
        nullable(name, from),
        nullable(name, to),
    )))
}

fn renamed(from: &str, to: &str) -> TableChange {
    TableChange::Column(Change::Rename(Pair::new(from.into(), to.into())))
}

fn checks(dialect: &dyn Dialect, operations: &[Operation]) -> Vec<RowCheck> {
    row_checks(dialect, &before(), operations, &[])
}

/// What stands behind FROM in the count of the only question.
fn only(name: &str, operations: &[Operation]) -> String {
    let found = checks(dialect(name), operations);
    let [check] = found.as_slice() else {
        return format!("{} questions", found.len());
    };
    let count = check.count.as_str();
    let start = count.find("FROM (SELECT").map_or(0, |at| at + 6);
    count[start..].replace(" LIMIT 1000) AS found", "")
}

fn unique(columns: &[&str]) -> TableChange {
    TableChange::Unique(Change::Add(Unique::on(columns.iter().copied())))
}

#[test]
fn a_column_that_takes_no_null_any_more() {
    let operations = [alter(
        "pv",
        vec![not_null("full_address", ColumnType::Text)],
    )];
    for (name, dialect) in dialects() {
        let found = checks(dialect, &operations);
        let [check] = found.as_slice() else {
            panic!("{name}: {found:?}")
        };
        let quoted = dialect.quote_name("full_address");
        let table = dialect.quote_name("pv");
        assert_eq!((check.operation, check.change), (0, 0));
        assert_eq!(
            check.count,
            format!(
                "SELECT count(*), count(*) FROM (SELECT 1 AS aludel_row FROM {table} WHERE \
                 {quoted} IS NULL LIMIT 1000) AS found"
            )
        );
        assert_eq!(
            check.see,
            format!("SELECT * FROM {table} WHERE {quoted} IS NULL")
        );
        assert_eq!(
            check.words.rows(1, false),
            "`pv.full_address`: 1 row is NULL"
        );
        let keys = check.keys.as_ref().unwrap();
        assert_eq!(keys.columns, [Name::from("id")]);
        assert!(
            keys.limited(5)
                .ends_with(&format!("{quoted} IS NULL LIMIT 5"))
        );
    }
}

#[test]
fn rows_are_told_apart_by_their_number_where_no_key_does() {
    let operations = [alter("child", vec![not_null("b", ColumnType::Text)])];
    let columns = |name: &str| {
        let keys = checks(dialect(name), &operations).remove(0).keys;
        keys.map(|keys| keys.columns)
    };
    assert_eq!(columns("sqlite"), Some(vec!["rowid".into()]));
    assert_eq!(columns("postgres"), Some(vec!["ctid".into()]));
    assert_eq!(columns("mysql"), None);
}

#[test]
fn names_of_the_same_migration_are_those_of_the_live_database() {
    let operations = [
        Operation::RenameTable(Pair::new("pv".into(), "place".into())),
        alter(
            "place",
            vec![
                renamed("full_address", "address"),
                not_null("address", ColumnType::Text),
                TableChange::Check(Change::Add(Check::new("length(place.address) > n"))),
            ],
        ),
    ];
    let found = checks(dialect("postgres"), &operations);
    let counts: Vec<&str> = found.iter().map(|check| check.count.as_str()).collect();
    let [null, long] = counts.as_slice() else {
        panic!("{counts:?}")
    };
    assert!(
        null.contains(
            "FROM (SELECT \"full_address\" AS \"address\", \"id\" AS aludel_live_0 FROM \"pv\") \
             AS \"place\" WHERE \"address\" IS NULL"
        ),
        "{null}"
    );
    assert!(
        long.contains(
            "FROM (SELECT \"full_address\" AS \"address\", \"n\" AS \"n\", \
             \"id\" AS aludel_live_0 FROM \"pv\") AS \"place\" \
             WHERE NOT (length(place.address) > n)"
        ),
        "{long}"
    );
    assert_eq!(found[0].table, "pv".into());
    assert_eq!(found[0].words.subject, "`place.address`");
}

#[test]
fn a_table_of_the_same_migration_has_no_rows() {
    let mut made = Table::new("made");
    made.columns = vec![nullable("a", ColumnType::Integer)];
    let operations = [
        Operation::CreateTable(made),
        alter("made", vec![not_null("a", ColumnType::Integer)]),
    ];
    assert_eq!(checks(dialect("sqlite"), &operations), []);
    // What refers to it refers to nothing.
    let mut made = Table::new("made");
    made.columns = vec![Column::new("a", ColumnType::Integer)];
    let key = ForeignKey::new(["n"], "made", ["a"]);
    let operations = [
        Operation::CreateTable(made),
        alter("pv", vec![TableChange::ForeignKey(Change::Add(key))]),
    ];
    assert_eq!(
        only("sqlite", &operations),
        "SELECT 1 AS aludel_row FROM \"pv\" AS child WHERE child.\"n\" IS NOT NULL"
    );
}

#[test]
fn nothing_is_asked_behind_sql_that_somebody_wrote() {
    let raw = |dialect| {
        Operation::Execute(RawSql {
            name: None,
            sql: "UPDATE pv SET full_address = ''".into(),
            reverse: None,
            dialect,
        })
    };
    let change = || alter("pv", vec![not_null("full_address", ColumnType::Text)]);
    assert_eq!(checks(dialect("sqlite"), &[raw(None), change()]), []);
    assert_eq!(
        checks(dialect("sqlite"), &[raw(Some("sqlite")), change()]),
        []
    );
    assert_eq!(
        checks(dialect("sqlite"), &[raw(Some("mysql")), change()]).len(),
        1
    );
}

#[test]
fn nothing_is_asked_of_rows_that_are_written_on_the_way() {
    let null = |table: &str, column: &str| alter(table, vec![not_null(column, ColumnType::Text)]);
    let operations = [null("pv", "full_address"), null("child", "b")];
    let asked = |written: &[Written]| -> Vec<String> {
        let found = row_checks(dialect("sqlite"), &before(), &operations, written);
        found.into_iter().map(|c| c.words.subject).collect()
    };
    let written = |behind: usize, table: &str| Written {
        value: None,
        behind,
        table: table.into(),
    };
    assert_eq!(asked(&[written(0, "pv")]), ["`child.b`"]);
    assert_eq!(
        asked(&[written(1, "pv")]),
        ["`pv.full_address`", "`child.b`"]
    );
}

#[test]
fn what_the_migration_fills_is_full() {
    let mut filled = Column::new("full_address", ColumnType::Text);
    filled.fill = Some(DefaultValue::Literal(Literal::Text("?".into())));
    let from = nullable("full_address", ColumnType::Text);
    let fill = TableChange::Column(Change::Alter(Pair::new(from, filled)));
    let operations = [alter("pv", vec![fill, unique(&["full_address"])])];
    // Two rows without an address become equal.
    assert_eq!(
        only("sqlite", &operations),
        "SELECT count(*) AS aludel_rows FROM (SELECT COALESCE(\"full_address\", '?') AS \
         \"full_address\", \"id\" AS aludel_live_0 FROM \"pv\") AS \"pv\" WHERE \"full_address\" \
         IS NOT NULL GROUP BY \"full_address\" HAVING count(*) > 1"
    );
    let mut added = Column::new("code", ColumnType::Integer);
    added.fill = Some(DefaultValue::Expression("id + 1".into()));
    let add = TableChange::Column(Change::Add(added.clone()));
    assert_eq!(
        only("postgres", &[alter("pv", vec![add, unique(&["code"])])]),
        "SELECT count(*) AS aludel_rows FROM (SELECT (id + 1) AS \"code\", \"id\" AS \
         aludel_live_0 FROM \"pv\") AS \"pv\" WHERE \"code\" IS NOT NULL GROUP BY \"code\" \
         HAVING count(*) > 1"
    );
    // What nobody can tell without running the migration is not asked.
    for expression in ["(SELECT max(a) FROM child)", "other + 1"] {
        added.fill = Some(DefaultValue::Expression(expression.into()));
        let add = TableChange::Column(Change::Add(added.clone()));
        let changes = vec![renamed("n", "other"), add, unique(&["code"])];
        assert_eq!(checks(dialect("sqlite"), &[alter("pv", changes)]), []);
    }
}

#[test]
fn a_value_for_old_rows_may_be_there_already() {
    let mut before = before();
    let mut pv = before.schema.table(&"pv".into()).unwrap().clone();
    let mut only_some = Index::on(["full_address"]);
    only_some.unique = true;
    only_some.predicate = Some("full_address IS NOT NULL".into());
    pv.indexes = vec![only_some];
    pv.uniques = vec![Unique::on(["n", "full_address"]), Unique::on(["s"])];
    before.schema.insert(pv);
    let filled = |value: DefaultValue| {
        let mut filled = Column::new("address", ColumnType::Text);
        filled.fill = Some(value);
        let from = nullable("address", ColumnType::Text);
        TableChange::Column(Change::Alter(Pair::new(from, filled)))
    };
    let text = DefaultValue::Literal(Literal::Text("?".into()));
    let operations = |changes: Vec<TableChange>| [alter("pv", changes)];
    let constant = |dialect: &dyn Dialect| {
        let text = Literal::Text("?".into());
        dialect.row_sql().constant(&text, &ColumnType::Text)
    };
    for (name, dialect) in dialects() {
        let changes = vec![renamed("full_address", "address"), filled(text.clone())];
        let found = row_checks(dialect, &before, &operations(changes), &[]);
        let counts: Vec<&str> = found.iter().map(|check| check.count.as_str()).collect();
        assert_eq!(counts.len(), 2, "{name}: {counts:#?}");
        let quoted = |name: &str| dialect.quote_name(name);
        let (live, own) = (quoted("full_address"), quoted("address"));
        for part in [
            format!("COALESCE({live}, {}) AS {own}", constant(dialect)),
            format!("GROUP BY {}, {own} HAVING count(*) > 1", quoted("n")),
        ] {
            assert!(
                counts[0].contains(&part),
                "{name}: no {part} in {}",
                counts[0]
            );
        }
        let rows = "(address IS NOT NULL) AND ";
        assert!(counts[1].contains(rows), "{name}: {}", counts[1]);
        let said = found[1].words.rows(2, false);
        assert!(said.starts_with("`pv`: 2 rows have equal keys"), "{said}");
    }
    // A key that goes first asks nothing.
    let gone = vec![
        TableChange::Unique(Change::Drop(Unique::on(["n", "full_address"]))),
        TableChange::Index(Change::Drop(
            before.schema.table(&"pv".into()).unwrap().indexes[0].clone(),
        )),
        renamed("full_address", "address"),
        filled(text),
    ];
    for (_, dialect) in dialects() {
        assert_eq!(
            row_checks(dialect, &before, &operations(gone.clone()), &[]),
            []
        );
    }
}

#[test]
fn equal_rows_are_counted_by_their_key() {
    assert_eq!(
        only("mysql", &[alter("pv", vec![unique(&["s", "n"])])]),
        "SELECT count(*) AS aludel_rows FROM `pv` WHERE `s` IS NOT NULL AND `n` IS NOT NULL \
         GROUP BY `s`, `n` HAVING count(*) > 1"
    );
    let mut same = Unique::on(["s"]);
    same.nulls_not_distinct = true;
    assert_eq!(
        only(
            "postgres",
            &[alter("pv", vec![TableChange::Unique(Change::Add(same))])]
        ),
        "SELECT count(*) AS aludel_rows FROM \"pv\" GROUP BY \"s\" HAVING count(*) > 1"
    );
    let key = || TableChange::PrimaryKey(Change::Add(PrimaryKey::on(["a", "b"])));
    assert_eq!(
        only("postgres", &[alter("child", vec![key()])]),
        "SELECT count(*) AS aludel_rows FROM \"child\" GROUP BY \"a\", \"b\" \
         HAVING count(*) > 1 OR \"a\" IS NULL OR \"b\" IS NULL"
    );
    // SQLite takes NULL there.
    assert_eq!(
        only("sqlite", &[alter("child", vec![key()])]),
        "SELECT count(*) AS aludel_rows FROM \"child\" WHERE \"a\" IS NOT NULL AND \
         \"b\" IS NOT NULL GROUP BY \"a\", \"b\" HAVING count(*) > 1"
    );
}

#[test]
fn an_index_compares_parts_expressions_and_some_rows_only() {
    let index = |keys: Vec<IndexKey>, predicate: Option<&str>| {
        let mut index = Index::on(Vec::<Name>::new());
        index.keys = keys;
        index.unique = true;
        index.predicate = predicate.map(Into::into);
        [alter("pv", vec![TableChange::Index(Change::Add(index))])]
    };
    assert_eq!(
        only(
            "postgres",
            &index(vec![IndexKey::expression("lower(s)")], Some("n > 0"))
        ),
        "SELECT count(*) AS aludel_rows FROM \"pv\" WHERE (n > 0) AND (lower(s)) IS NOT NULL \
         GROUP BY (lower(s)) HAVING count(*) > 1"
    );
    let mut key = IndexKey::column("full_address");
    key.prefix = Some(3);
    assert_eq!(
        only("mysql", &index(vec![key], None)),
        "SELECT count(*) AS aludel_rows FROM `pv` WHERE LEFT(`full_address`, 3) IS NOT NULL \
         GROUP BY LEFT(`full_address`, 3) HAVING count(*) > 1"
    );
    let mut key = IndexKey::column("s");
    key.collation = Some("NOCASE".into());
    assert_eq!(
        only("sqlite", &index(vec![key], None)),
        "SELECT count(*) AS aludel_rows FROM \"pv\" WHERE \"s\" COLLATE NOCASE IS NOT NULL \
         GROUP BY \"s\" COLLATE NOCASE HAVING count(*) > 1"
    );
}

#[test]
fn orphans_are_rows_whose_whole_key_is_nowhere() {
    let mut key = ForeignKey::new(["a", "b"], "pv", ["id", "s"]);
    let add = |key: &ForeignKey| {
        [alter(
            "child",
            vec![TableChange::ForeignKey(Change::Add(key.clone()))],
        )]
    };
    assert_eq!(
        only("postgres", &add(&key)),
        "SELECT 1 AS aludel_row FROM \"child\" AS child WHERE child.\"a\" IS NOT NULL AND \
         child.\"b\" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM \"pv\" AS parent WHERE \
         parent.\"id\" = child.\"a\" AND parent.\"s\" = child.\"b\")"
    );
    key.extra = Some("MATCH FULL".into());
    assert!(only("postgres", &add(&key)).ends_with(
        "OR ((child.\"a\" IS NOT NULL OR child.\"b\" IS NOT NULL) AND \
             (child.\"a\" IS NULL OR child.\"b\" IS NULL))"
    ));
    key.not_valid = true;
    assert_eq!(only("postgres", &add(&key)), "0 questions");
    // A table may refer to itself, and to one that nobody manages.
    let own = ForeignKey::new(["n"], "pv", ["id"]);
    let own = [alter("pv", vec![TableChange::ForeignKey(Change::Add(own))])];
    assert!(
        only("sqlite", &own)
            .contains("(SELECT 1 FROM \"pv\" AS parent WHERE parent.\"id\" = child.\"n\")")
    );
    let other = ForeignKey::new(["a"], "other", ["x"]);
    assert!(only("sqlite", &add(&other)).contains("FROM \"other\" AS parent WHERE parent.\"x\""));
}

#[test]
fn a_type_that_holds_less() {
    let change = |from, to| [alter("pv", vec![retyped("n", from, to)])];
    let narrow = change(ColumnType::BigInteger, ColumnType::SmallInteger);
    for (name, expected) in [
        ("postgres", "\"n\" NOT BETWEEN -32768 AND 32767"),
        ("mysql", "`n` NOT BETWEEN -32768 AND 32767"),
        (
            "sqlite",
            "CAST(\"n\" AS NUMERIC) NOT BETWEEN -32768 AND 32767",
        ),
    ] {
        let sql = only(name, &narrow);
        assert!(sql.contains(expected), "{name}: {sql}");
        assert!(sql.contains(" IS NOT NULL AND ("), "{name}: {sql}");
    }
    let short = [alter(
        "pv",
        vec![retyped(
            "s",
            ColumnType::Varchar(Some(20)),
            ColumnType::Varchar(Some(3)),
        )],
    )];
    assert!(only("postgres", &short).contains("length(rtrim(\"s\", ' ')) > 3"));
    assert!(only("mysql", &short).contains("(CHAR_LENGTH(`s`) > 3)"));
    assert!(only("sqlite", &short).contains("length(CAST(\"s\" AS TEXT)) > 3"));
}

#[test]
fn values_that_an_enum_loses() {
    let mut snapshot = before();
    let values = |list: &[&str]| EnumType {
        name: "mood".into(),
        values: list.iter().map(|v| (*v).to_owned()).collect(),
    };
    snapshot
        .schema
        .enums
        .insert("mood".into(), values(&["sad", "ok"]));
    let pv = snapshot.schema.tables.get_mut(&"pv".into()).unwrap();
    pv.columns
        .push(nullable("mood", ColumnType::Enum("mood".into())));
    let many = ColumnType::Array(Box::new(ColumnType::Enum("mood".into())));
    pv.columns.push(nullable("moods", many));
    let operations = [
        Operation::RenameEnumValue {
            name: "mood".into(),
            values: Pair::new("sad".into(), "low".into()),
        },
        Operation::Enum(Change::Alter(Pair::new(
            values(&["low", "ok"]),
            values(&["ok"]),
        ))),
    ];
    let found = row_checks(dialect("postgres"), &snapshot, &operations, &[]);
    let said: Vec<(String, bool)> = found
        .iter()
        .map(|check| {
            let live = check.count.contains("WHERE \"mood\" = 'sad'")
                || check.count.contains("WHERE 'sad' = ANY (\"moods\")");
            (check.words.rows(2, false), live)
        })
        .collect();
    assert_eq!(
        said,
        [
            ("`pv.mood`: 2 rows hold `low`".to_owned(), true),
            ("`pv.moods`: 2 rows hold `low`".to_owned(), true),
        ]
    );
    let list = |text: &str| ColumnType::Custom(text.to_owned());
    let smaller = [alter(
        "pv",
        vec![retyped(
            "s",
            list("enum('sad','ok','new')"),
            list("enum('low','ok')"),
        )],
    )];
    assert!(only("mysql", &smaller).contains("`s` NOT IN ('low', 'ok')"));
    let followed = [alter(
        "pv",
        vec![
            retyped(
                "s",
                list("enum('sad','ok','new')"),
                list("enum('low','ok')"),
            ),
            TableChange::Values(RenamedValues {
                column: "s".into(),
                values: vec![Pair::new("sad".into(), "low".into())],
            }),
        ],
    )];
    assert!(
        only("mysql", &followed).contains("CASE `s` WHEN 'sad' THEN 'low' ELSE `s` END AS `s`"),
        "{}",
        only("mysql", &followed)
    );
}

#[test]
fn names_are_quoted_everywhere() {
    let mut snapshot = Snapshot::default();
    let mut odd = Table::new(TableName::in_schema("s\"1", "t\"`2"));
    odd.columns = vec![
        Column::new("i`d", ColumnType::Integer),
        nullable("na\"me", ColumnType::Text),
    ];
    odd.primary_key = Some(PrimaryKey::on(["i`d"]));
    snapshot.schema.insert(odd);
    let operations = [Operation::AlterTable {
        table: TableName::in_schema("s\"1", "t\"`2"),
        changes: vec![not_null("na\"me", ColumnType::Text)],
    }];
    let check = row_checks(dialect("postgres"), &snapshot, &operations, &[]).remove(0);
    assert_eq!(
        check.see,
        "SELECT * FROM \"s\"\"1\".\"t\"\"`2\" WHERE \"na\"\"me\" IS NULL"
    );
    let check = row_checks(dialect("mysql"), &snapshot, &operations, &[]).remove(0);
    assert_eq!(
        check.see,
        "SELECT * FROM `s\"1`.`t\"``2` WHERE `na\"me` IS NULL"
    );
}

#[test]
fn what_fills_a_column_may_be_null() {
    let filled = |fill: &str| Column {
        fill: Some(DefaultValue::Expression(fill.into())),
        ..Column::new("full", ColumnType::Text)
    };
    let added = |fill: &str| {
        [alter(
            "pv",
            vec![TableChange::Column(Change::Add(filled(fill)))],
        )]
    };
    for (name, dialect) in dialects() {
        let fill = "full_address || ':' || COALESCE(s, '')";
        let found = checks(dialect, &added(fill));
        let [check] = found.as_slice() else {
            panic!("{name}: {found:?}")
        };
        assert!(check.see.contains(fill), "{name}: {}", check.see);
        assert!(check.see.ends_with("IS NULL"), "{name}: {}", check.see);
        assert_eq!(check.words.rows(1, false), "`pv.full`: 1 row is NULL");
        // Every row has an id, and the constant is there for the others.
        for fill in ["id + 1", "now()", "COALESCE(s, 'x')", "coalesce(n, s, 0)"] {
            assert_eq!(checks(dialect, &added(fill)), [], "{name}: {fill}");
        }
        for fill in [
            "coalesce(s, full_address)",
            "coalesce(s, '') || lower(s || '')",
        ] {
            assert_eq!(checks(dialect, &added(fill)).len(), 1, "{name}: {fill}");
        }
        let stricter = Pair::new(
            nullable("s", ColumnType::Text),
            Column {
                fill: Some(DefaultValue::Expression("full_address".into())),
                ..Column::new("s", ColumnType::Text)
            },
        );
        let operations = [alter(
            "pv",
            vec![TableChange::Column(Change::Alter(stricter))],
        )];
        let found = checks(dialect, &operations);
        let [check] = found.as_slice() else {
            panic!("{name}: {found:?}")
        };
        assert!(check.count.contains("COALESCE("), "{name}: {}", check.count);
    }
}

#[test]
fn rows_that_are_written_in_a_known_way() {
    let operations = [
        alter(
            "pv",
            vec![TableChange::Column(Change::Add(nullable(
                "full",
                ColumnType::Text,
            )))],
        ),
        alter("pv", vec![not_null("full", ColumnType::Text)]),
    ];
    let asked = |value: &str| -> Vec<String> {
        let written = Written {
            behind: 1,
            table: "pv".into(),
            value: Some(("FULL".to_owned(), value.into())),
        };
        let found = row_checks(dialect("postgres"), &before(), &operations, &[written]);
        found.into_iter().map(|check| check.see).collect()
    };
    let [see] = asked("full_address || s").try_into().unwrap();
    assert!(see.contains("(full_address || s) AS \"full\""), "{see}");
    assert!(see.ends_with("WHERE \"full\" IS NULL"), "{see}");
    // What another table has by then nobody knows.
    assert!(asked("(SELECT b FROM child)").is_empty());
}

#[test]
fn a_key_that_becomes_the_number_of_the_row() {
    let key = PrimaryKey::on(["a"]);
    let operations = [alter(
        "child",
        vec![TableChange::PrimaryKey(Change::Add(key))],
    )];
    let asked = |name: &str| {
        let found = checks(dialect(name), &operations).into_iter();
        found.map(|check| check.words.rows(1, false)).collect()
    };
    let equal: Vec<String> = asked("postgres");
    assert_eq!(equal.len(), 1, "{equal:?}");
    assert_eq!(asked("mysql").len(), 1);
    let [number, _] = &asked("sqlite")[..] else {
        panic!("{:?}", asked("sqlite"))
    };
    assert_eq!(number, "`child.a`: 1 row is no whole number");
}
