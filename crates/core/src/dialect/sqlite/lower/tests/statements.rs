//! What operations become.

use super::*;
use crate::dialect::sqlite::FIT_PREFIX;
use crate::schema::{ReferentialAction, TableOptions};

#[test]
fn a_rebuild_edits_the_stored_text_and_brings_everything_back() {
    let before = database(TORTURE);
    let change = altered(&before, "k", "v", |c| c.nullable = false);
    let lowered = lower(&before, &[alter("k", vec![change])]).unwrap();
    let texts: Vec<String> = sql(&lowered)
        .iter()
        .map(|s| lexer::normalised_tokens(s))
        .collect();
    let expected = [
        "DROP TRIGGER tr",
        "DROP VIEW vk",
        "CREATE TABLE _aludel_new_k (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE,
            v INT NOT NULL DEFAULT (1+1), g INT AS (v*2) STORED, z TEXT,
            CHECK (length(_aludel_new_k.z) < 5), UNIQUE (name, v) ON CONFLICT REPLACE)",
        "INSERT OR ABORT INTO _aludel_new_k (id, name, v, z)
            SELECT id, name, COALESCE(v, (1+1)), z FROM k",
        "DELETE FROM sqlite_sequence WHERE name = '_aludel_new_k'",
        "INSERT INTO sqlite_sequence (name, seq)
            SELECT '_aludel_new_k', seq FROM sqlite_sequence WHERE name = 'k'",
        "DROP TABLE k",
        "ALTER TABLE _aludel_new_k RENAME TO k",
        "CREATE INDEX ik ON k(z DESC) WHERE z IS NOT NULL",
        "CREATE VIEW vk AS SELECT id, name FROM k",
        "CREATE TRIGGER tr AFTER INSERT ON k BEGIN UPDATE k SET z = 't' WHERE id = new.id; END",
    ]
    .map(lexer::normalised_tokens);
    assert_eq!(texts, expected);
    assert_eq!(lowered.plan.rebuilds[0].table, "k");

    let copies: Vec<_> = lowered
        .plan
        .statements()
        .filter(|s| {
            s.hazards
                .iter()
                .any(|h| h.kind == HazardKind::RewritesTable)
        })
        .collect();
    assert_eq!(copies.len(), 1);
    assert!(copies[0].sql.starts_with("INSERT OR ABORT"));

    // There and back is the same text.
    let back = altered(&lowered.after, "k", "v", |c| c.nullable = true);
    let back = lower(&lowered.after, &[alter("k", vec![back])]).unwrap();
    let table = |s: &Snapshot| lexer::normalised_tokens(&s.objects[1].sql);
    assert_eq!(table(&back.after), table(&before));
    assert_eq!(back.after.schema, before.schema);
}

/// A column that is changed twice is asked once, from what it is to what it
/// becomes; one that goes in the end is not asked.
#[test]
fn several_changes_of_a_column_are_asked_once() {
    let before = database("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c TEXT)");
    let column = |name: &str| {
        let mut columns = before.schema.tables[&TableName::new("t")].columns.iter();
        columns.find(|c| c.name == *name).unwrap().clone()
    };
    let typed = |name: &str, ty: ColumnType| Column { ty, ..column(name) };
    let change = |from: Column, to: Column| TableChange::Column(Change::Alter(Pair::new(from, to)));
    let whole = typed("b", ColumnType::Integer);
    let list = [alter(
        "t",
        vec![
            change(column("b"), whole.clone()),
            change(whole, typed("b", ColumnType::Boolean)),
            change(column("c"), typed("c", ColumnType::Integer)),
            TableChange::Column(Change::Drop(typed("c", ColumnType::Integer))),
        ],
    )];
    let lowered = lower(&before, &list).unwrap();
    let texts = sql(&lowered);
    let mut guards = texts.clone();
    guards.retain(|s| s.contains(FIT_PREFIX));
    assert_eq!(guards.len(), 3, "{texts:#?}");
    assert!(guards[0].starts_with("CREATE TEMP TABLE"), "{guards:?}");
    assert_eq!(guards[0].matches("CONSTRAINT").count(), 1, "{guards:?}");
    assert!(guards[1].contains("'true'"), "{guards:?}");
    assert!(guards[2].starts_with("DROP TABLE"), "{guards:?}");
}

/// What a file expects of a table on the way back is what the way up makes.
#[test]
fn what_was_foretold_of_a_table_is_there() {
    let before = database(
        "CREATE TABLE p (k TEXT PRIMARY KEY, v); CREATE TABLE c (a, b REFERENCES p (k) MATCH FULL)",
    );
    let options = |strict: bool, without_rowid: bool| TableOptions {
        strict,
        without_rowid,
        ..TableOptions::default()
    };
    let mut key = before.schema.tables[&TableName::new("c")].foreign_keys[0].clone();
    let old = key.clone();
    key.on_delete = ReferentialAction::Cascade;
    let changes = [
        alter(
            "p",
            vec![TableChange::Options(Pair::new(
                options(false, false),
                options(false, true),
            ))],
        ),
        alter(
            "c",
            vec![TableChange::ForeignKey(Change::Alter(Pair::new(old, key)))],
        ),
    ];
    let lowered = lower(&before, &changes).unwrap();
    let sql: Vec<&str> = lowered
        .after
        .objects
        .iter()
        .map(|o| o.sql.as_str())
        .collect();
    assert!(sql[0].ends_with("WITHOUT ROWID"), "{sql:?}");
    let seen = database(&sql.join(";"));
    for table in ["p", "c"] {
        let expects = |snapshot| super::super::expects(snapshot, table);
        assert_eq!(expects(&lowered.after), expects(&seen), "{table}");
    }
}

#[test]
fn what_a_rebuild_expects_depends_on_tokens_alone() {
    let expects = |script: &str| super::super::expects(&database(script), "k").unwrap();
    let hash = expects(TORTURE);
    assert_eq!(
        hash,
        expects(&TORTURE.replace("SELECT id", "select  \"id\""))
    );
    for other in [
        TORTURE.replace("SELECT id,", "SELECT"),
        TORTURE.replace("z DESC", "z"),
        TORTURE.replace("'t'", "'u'"),
        TORTURE.replace("1+1", "1+2"),
    ] {
        assert_ne!(hash, expects(&other));
    }
    assert_eq!(hash, expects(&TORTURE.replace("CASCADE", "SET NULL")));
    assert_eq!(super::super::expects(&database(TORTURE), "q"), None);
}

#[test]
fn alter_table_does_what_it_can_and_takes_constraints_along() {
    let before = database(TORTURE);
    let operations = vec![alter(
        "child",
        vec![
            add(column("p_id", ColumnType::Integer)),
            add(column("mood", ColumnType::Text)),
            TableChange::ForeignKey(Change::Add(foreign_key("fk_p", "p_id", "p"))),
            check("ck_mood", "mood IN ('a', 'b')"),
            TableChange::Index(Change::Add(index("ix_p", "p_id"))),
        ],
    )];
    let lowered = lower(&before, &operations).unwrap();
    assert_eq!(
        sql(&lowered),
        [
            "ALTER TABLE \"child\" ADD COLUMN \"p_id\" INTEGER CONSTRAINT \"fk_p\" REFERENCES \"p\" (\"id\")",
            "ALTER TABLE \"child\" ADD COLUMN \"mood\" TEXT CONSTRAINT \"ck_mood\" CHECK (mood IN ('a', 'b'))",
            "CREATE INDEX \"ix_p\" ON \"child\" (\"p_id\")",
        ]
    );
    let steps: Vec<usize> = lowered
        .plan
        .steps
        .iter()
        .map(|s| s.statements.len())
        .collect();
    assert_eq!(steps, [1, 1, 0, 0, 1]);

    let back = lower(&lowered.after, &reverse_all(operations)).unwrap();
    assert_eq!(
        sql(&back),
        [
            "DROP INDEX \"ix_p\"",
            "ALTER TABLE \"child\" DROP COLUMN \"mood\"",
            "ALTER TABLE \"child\" DROP COLUMN \"p_id\"",
        ]
    );
    assert_eq!(back.after.schema, before.schema);
}

#[test]
fn what_alter_table_refuses_on_rows_is_a_rebuild() {
    let before = database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT UNIQUE, c INT CHECK (a > 0))",
    );
    let rebuilds = |change: TableChange| {
        let lowered = lower(&before, &[alter("t", vec![change])]).unwrap();
        !lowered.plan.rebuilds.is_empty()
    };
    let with = |edit: &dyn Fn(&mut Column)| {
        let mut new = column("n", ColumnType::Text);
        edit(&mut new);
        rebuilds(add(new))
    };
    assert!(!with(&|_| {}));
    assert!(!with(&|c| c.default = Some(text("x"))));
    // It fits an empty table; nothing would fit a filled one.
    assert!(!with(&|c| c.nullable = false));
    assert!(with(&|c| c.fill = Some(text("x"))));
    assert!(with(&|c| {
        c.default = Some(DefaultValue::Expression("CURRENT_TIMESTAMP".into()));
    }));
    assert!(rebuilds(TableChange::Unique(Change::Add(
        crate::schema::Unique::on(["a"])
    ))));
    // The check beside `c` names `a`.
    assert!(rebuilds(check("ck", "c > 1")));
    let unused = database("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)");
    let lowered = lower(&unused, &[alter("t", vec![remove(&unused, "t", "a")])]).unwrap();
    assert_eq!(sql(&lowered), ["ALTER TABLE \"t\" DROP COLUMN \"a\""]);
    // The check beside `a` is about `b`, and SQLite would take it along.
    let beside = database("CREATE TABLE t (b INT, a INT CHECK (b > 0))");
    let lowered = lower(&beside, &[alter("t", vec![remove(&beside, "t", "a")])]).unwrap();
    let made = lexer::normalised_tokens(sql(&lowered)[0]);
    let expected = "CREATE TABLE _aludel_new_t (b INT, CHECK (b > 0))";
    assert_eq!(made, lexer::normalised_tokens(expected));
    let checks = |s: &Snapshot| s.schema.tables[&TableName::new("t")].checks.clone();
    assert_eq!(checks(&lowered.after), checks(&beside));
}

#[test]
fn changes_of_one_table_are_one_rebuild_even_with_others_between() {
    let before = database(TORTURE);
    let operations = [
        alter("k", vec![add(column("extra", ColumnType::Integer))]),
        alter("child", vec![add(column("note", ColumnType::Text))]),
        alter("k", vec![check("ck_v", "v > 0"), check("ck_w", "v > 1")]),
    ];
    let lowered = lower(&before, &operations).unwrap();
    let creates = sql(&lowered)
        .iter()
        .filter(|s| s.starts_with("CREATE TABLE"))
        .count();
    assert_eq!(creates, 1);
    let places: Vec<_> = lowered
        .plan
        .steps
        .iter()
        .map(|s| (s.operation, s.change, s.statements.is_empty()))
        .collect();
    assert_eq!(
        places,
        [
            (0, Some(0), false),
            (1, Some(0), false),
            (2, Some(0), true),
            (2, Some(1), true)
        ]
    );
}

#[test]
fn foreign_key_cycles_need_no_rebuild() {
    let table = |name: &str, column_name: &str| {
        let mut table = Table::new(name);
        table.columns = vec![
            Column::new("id", ColumnType::Integer),
            column(column_name, ColumnType::Integer),
        ];
        table.primary_key = Some(PrimaryKey {
            prefixes: Vec::new(),
            name: None,
            columns: vec!["id".into()],
            extra: None,
        });
        table
    };
    let mut second = table("b", "a_id");
    second.foreign_keys = vec![foreign_key("fk_ba", "a_id", "a")];
    let operations = vec![
        Operation::CreateTable(table("a", "b_id")),
        Operation::CreateTable(second),
        alter(
            "a",
            vec![TableChange::ForeignKey(Change::Add(foreign_key(
                "fk_ab", "b_id", "b",
            )))],
        ),
    ];
    let up = lower(&Snapshot::default(), &operations).unwrap();
    assert_eq!(sql(&up).len(), 2);
    assert!(sql(&up)[0].contains("CONSTRAINT \"fk_ab\""));
    let down = lower(&up.after, &reverse_all(operations)).unwrap();
    assert_eq!(sql(&down), ["DROP TABLE \"b\"", "DROP TABLE \"a\""]);
    assert_eq!(down.after, Snapshot::default());
}

#[test]
fn rows_keep_their_rowid_and_their_values() {
    let insert = |script: &str, changes: &dyn Fn(&Snapshot) -> Vec<TableChange>| {
        let before = database(script);
        let lowered = lower(&before, &[alter("t", changes(&before))]).unwrap();
        let copies = |s: &&str| s.starts_with("INSERT INTO \"_aludel_new_");
        let all = sql(&lowered);
        let found = all.iter().map(|s| &**s).find(copies);
        found.unwrap().replace('"', "")
    };
    let checked = |_: &Snapshot| vec![check("ck", "1")];
    assert_eq!(
        insert("CREATE TABLE t (a, b)", &checked),
        "INSERT INTO _aludel_new_t (rowid, a, b) SELECT rowid, a, b FROM t"
    );
    assert_eq!(
        insert("CREATE TABLE t (rowid, _ROWID_)", &checked),
        "INSERT INTO _aludel_new_t (oid, rowid, _ROWID_) SELECT oid, rowid, _ROWID_ FROM t"
    );
    assert_eq!(
        insert("CREATE TABLE t (rowid, _rowid_, oid)", &checked),
        "INSERT INTO _aludel_new_t (rowid, _rowid_, oid) SELECT rowid, _rowid_, oid FROM t"
    );
    assert_eq!(
        insert("CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID", &checked),
        "INSERT INTO _aludel_new_t (a) SELECT a FROM t"
    );
    assert_eq!(
        insert("CREATE TABLE t (a INTEGER PRIMARY KEY DESC)", &checked),
        "INSERT INTO _aludel_new_t (rowid, a) SELECT rowid, a FROM t"
    );
    // No CAST: it would make 2024 of '2024-05-06'.
    assert_eq!(
        insert(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)",
            &|s| vec![
                altered(s, "t", "a", |c| c.ty = ColumnType::Integer),
                altered(s, "t", "b", |c| {
                    c.nullable = false;
                    c.fill = Some(text("it's"));
                }),
                add(Column {
                    fill: Some(text("new")),
                    ..Column::new("c", ColumnType::Text)
                }),
            ]
        ),
        "INSERT INTO _aludel_new_t (id, a, b, c) \
         SELECT id, a, COALESCE(b, 'it''s'), 'new' FROM t"
    );
}
