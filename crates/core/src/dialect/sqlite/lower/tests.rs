#![expect(clippy::unwrap_used, reason = "tests")]

use super::{lower, together};
use crate::change::{Change, Pair};
use crate::dialect::sqlite::canonical::canonical;
use crate::dialect::sqlite::ddl::TableDdl;
use crate::dialect::sqlite::lexer;
use crate::dialect::{Lowered, ObjectKind, Snapshot, SqlObject};
use crate::hazard::HazardKind;
use crate::operation::{Operation, RawSql, TableChange, reverse_all};
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, Expression, ForeignKey, Index, Literal, Name,
    PrimaryKey, Table, TableName,
};

/// A database from statements in which every name is a single plain word.
fn database(script: &str) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for sql in lexer::split_statements(script).unwrap() {
        let words: Vec<String> = lexer::tokens(&sql)
            .unwrap()
            .iter()
            .map(|t| lexer::unquote(t.text(&sql)))
            .collect();
        let after = |word: &str| {
            let at = words.iter().position(|w| w.eq_ignore_ascii_case(word));
            words[at.unwrap() + 1].clone()
        };
        let (kind, name, table) = match words[1].to_ascii_lowercase().as_str() {
            "table" => (ObjectKind::Table, after("table"), after("table")),
            "virtual" => (ObjectKind::VirtualTable, after("table"), after("table")),
            "view" => (ObjectKind::View, after("view"), after("view")),
            "trigger" => (ObjectKind::Trigger, after("trigger"), after("on")),
            _ => (ObjectKind::Index, after("index"), after("on")),
        };
        if kind == ObjectKind::Table {
            let table = TableDdl::parse(&sql)
                .map_or_else(|_| Table::new(name.as_str()), |ddl| ddl.read_table());
            snapshot.schema.insert(table);
        }
        snapshot.objects.push(SqlObject {
            kind,
            name,
            table,
            sql,
        });
    }
    snapshot.schema = canonical(snapshot.schema);
    snapshot
}

fn alter(table: &str, changes: Vec<TableChange>) -> Operation {
    Operation::AlterTable {
        table: table.into(),
        changes,
    }
}

fn column(name: &str, ty: ColumnType) -> Column {
    Column {
        nullable: true,
        ..Column::new(name, ty)
    }
}

fn existing(snapshot: &Snapshot, table: &str, name: &str) -> Column {
    let table = snapshot.schema.table(&TableName::from(table)).unwrap();
    table.column(name).unwrap().clone()
}

fn add(column: Column) -> TableChange {
    TableChange::Column(Change::Add(column))
}

fn remove(snapshot: &Snapshot, table: &str, name: &str) -> TableChange {
    TableChange::Column(Change::Drop(existing(snapshot, table, name)))
}

fn altered(
    snapshot: &Snapshot,
    table: &str,
    name: &str,
    edit: impl FnOnce(&mut Column),
) -> TableChange {
    let from = existing(snapshot, table, name);
    let mut to = from.clone();
    edit(&mut to);
    TableChange::Column(Change::Alter(Pair { from, to }))
}

fn renamed(from: &str, to: &str) -> TableChange {
    TableChange::Column(Change::Rename(Pair::new(from.into(), to.into())))
}

fn check(name: &str, expression: &str) -> TableChange {
    TableChange::Check(Change::Add(Check {
        name: Some(name.into()),
        expression: Expression::new(expression),
    }))
}

fn foreign_key(name: &str, column: &str, to: &str) -> ForeignKey {
    ForeignKey {
        name: Some(name.into()),
        ..ForeignKey::new([column], to, ["id"])
    }
}

fn index(name: &str, column: &str) -> Index {
    Index {
        name: Some(name.into()),
        ..Index::on([column])
    }
}

fn sql(lowered: &Lowered) -> Vec<&str> {
    lowered.plan.statements().map(|s| s.sql.as_str()).collect()
}

fn text(value: &str) -> DefaultValue {
    DefaultValue::Literal(Literal::Text(value.to_owned()))
}

const TORTURE: &str = "
CREATE TABLE p (id INTEGER PRIMARY KEY);
CREATE TABLE k (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE, v INT DEFAULT (1+1),
  g INT AS (v*2) STORED, z TEXT, CHECK (length(k.z) < 5), UNIQUE (name, v) ON CONFLICT REPLACE);
CREATE INDEX ik ON k(z DESC) WHERE z IS NOT NULL;
CREATE VIEW vk AS SELECT id, name FROM k;
CREATE TRIGGER tr AFTER INSERT ON k BEGIN UPDATE k SET z = 't' WHERE id = new.id; END;
CREATE TABLE child (id INTEGER PRIMARY KEY, k_id INTEGER REFERENCES k(id) ON DELETE CASCADE)";

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

#[test]
fn what_a_rebuild_expects_depends_on_tokens_alone() {
    let expects = |script: &str| super::expects(&database(script), "k").unwrap();
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
    assert_eq!(super::expects(&database(TORTURE), "q"), None);
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
            name: None,
            columns: vec!["id".into()],
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
        let found = sql(&lowered).into_iter().find(|s| s.starts_with("INSERT"));
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

#[test]
fn views_and_triggers_are_never_left_without_what_they_name() {
    let before = database(
        "CREATE TABLE k (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
         CREATE TABLE other (id INTEGER PRIMARY KEY, a TEXT);
         CREATE VIEW every AS SELECT * FROM k;
         CREATE VIEW v AS SELECT x.a FROM every AS x JOIN other AS b ON b.id = x.id;
         CREATE TRIGGER tr AFTER INSERT ON other BEGIN INSERT INTO k (b) VALUES (new.a); END",
    );
    let message = |operation: Operation| lower(&before, &[operation]).unwrap_err().message;
    assert_eq!(
        message(alter("k", vec![remove(&before, "k", "a")])),
        "view `v` names column `k.a`, which is dropped"
    );
    assert_eq!(
        message(alter("k", vec![remove(&before, "k", "b")])),
        "trigger `tr` names column `k.b`, which is dropped"
    );
    assert_eq!(
        message(alter("other", vec![remove(&before, "other", "a")])),
        "trigger `tr` names column `other.a`, which is dropped"
    );
    let table = before.schema.table(&"k".into()).unwrap().clone();
    assert_eq!(
        message(Operation::DropTable(table)),
        "view `every` names table `k`, which is dropped"
    );
    // A column that comes back under its name is not lost.
    let again = alter(
        "k",
        vec![
            remove(&before, "k", "a"),
            add(column("a", ColumnType::Integer)),
        ],
    );
    let lowered = lower(&before, &[again]).unwrap();
    let insert = sql(&lowered).into_iter().find(|s| s.starts_with("INSERT"));
    assert_eq!(
        insert.unwrap(),
        "INSERT INTO \"_aludel_new_k\" (\"id\", \"b\") SELECT \"id\", \"b\" FROM \"k\""
    );
}

#[test]
fn renames_follow_into_every_stored_text() {
    let before = database(TORTURE);
    let table = Operation::RenameTable(Pair::new("k".into(), "kk".into()));
    let lowered = lower(&before, &[table]).unwrap();
    assert_eq!(sql(&lowered), ["ALTER TABLE \"k\" RENAME TO \"kk\""]);
    let texts: Vec<&str> = lowered
        .after
        .objects
        .iter()
        .map(|o| o.sql.as_str())
        .collect();
    assert!(texts[1].contains("length(\"kk\".z)"));
    assert_eq!(
        texts[2],
        "CREATE INDEX ik ON \"kk\"(z DESC) WHERE z IS NOT NULL"
    );
    assert_eq!(texts[3], "CREATE VIEW vk AS SELECT id, name FROM \"kk\"");
    assert!(texts[4].contains("ON \"kk\" BEGIN UPDATE \"kk\" SET"));
    assert!(texts[5].contains("REFERENCES \"kk\"(id)"));

    let operation = alter("k", vec![renamed("id", "key")]);
    let lowered = lower(&before, &[operation]).unwrap();
    let texts: Vec<&str> = lowered
        .after
        .objects
        .iter()
        .map(|o| o.sql.as_str())
        .collect();
    assert_eq!(texts[3], "CREATE VIEW vk AS SELECT \"key\", name FROM k");
    assert!(texts[4].contains("WHERE \"key\" = new.\"key\""));
    assert!(texts[5].contains("REFERENCES k(\"key\")"));
    let child = lowered.after.schema.table(&"child".into()).unwrap();
    assert_eq!(
        child.foreign_keys[0].referenced_columns,
        [Name::from("key")]
    );

    // In other letters only, SQLite needs a detour.
    let letters = Operation::RenameTable(Pair::new("p".into(), "P".into()));
    assert_eq!(sql(&lower(&before, &[letters]).unwrap()).len(), 2);
}

#[test]
fn renames_and_written_sql_stand_alone_where_texts_depend_on_it() {
    let plain = database("CREATE TABLE k (id INTEGER PRIMARY KEY, z TEXT)");
    let viewed = database(TORTURE);
    let execute = |dialect| {
        Operation::Execute(RawSql {
            sql: "DELETE FROM k; DELETE FROM p;".to_owned(),
            reverse: None,
            dialect,
        })
    };
    let step = || alter("k", vec![check("ck", "1")]);
    let rename = || alter("k", vec![renamed("z", "zz")]);
    assert_eq!(together(&plain, &[step(), rename(), step()]), 3);
    assert_eq!(together(&viewed, &[step(), rename(), step()]), 1);
    assert_eq!(together(&viewed, &[step(), step(), rename()]), 2);
    assert_eq!(together(&viewed, &[rename(), step()]), 1);
    assert_eq!(together(&plain, &[step(), execute(None), step()]), 1);
    assert_eq!(together(&plain, &[execute(Some("sqlite")), step()]), 1);
    assert_eq!(together(&plain, &[execute(Some("postgres")), step()]), 2);

    let run = lower(&plain, &[execute(None)]).unwrap();
    assert_eq!(sql(&run), ["DELETE FROM k", "DELETE FROM p"]);
    assert!(sql(&lower(&plain, &[execute(Some("mysql"))]).unwrap()).is_empty());

    let both = alter("k", vec![check("ck", "1"), renamed("z", "zz")]);
    let error = lower(&viewed, &[both]).unwrap_err();
    assert!(
        error.message.contains("trigger `tr` would not follow"),
        "{error}"
    );
}

#[test]
fn a_table_that_cannot_be_read_is_altered_but_not_rebuilt() {
    let mut before = database("CREATE TABLE k (id INTEGER PRIMARY KEY, z TEXT)");
    before.objects[0].sql = "CREATE TABLE k (id INTEGER PRIMARY KEY, z TEXT, % )".to_owned();
    let add = alter("k", vec![add(column("n", ColumnType::Text))]);
    assert_eq!(
        sql(&lower(&before, &[add]).unwrap()),
        ["ALTER TABLE \"k\" ADD COLUMN \"n\" TEXT"]
    );
    let error = lower(&before, &[alter("k", vec![check("ck", "1")])]).unwrap_err();
    assert!(
        error
            .message
            .starts_with("cannot add check `ck` to `k`: `k` must be rebuilt")
    );
}

#[test]
fn content_of_a_virtual_table_is_not_taken_away() {
    let before = database(
        "CREATE TABLE docs (t TEXT, body TEXT);
         CREATE VIRTUAL TABLE f USING fts5(body, content='docs')",
    );
    let refused = |o: Operation| lower(&before, &[o]).is_err();
    assert!(refused(Operation::RenameTable(Pair::new(
        "docs".into(),
        "d".into()
    ))));
    assert!(refused(alter("docs", vec![renamed("body", "b")])));
    assert!(refused(alter(
        "docs",
        vec![remove(&before, "docs", "body")]
    )));
    assert!(!refused(alter("docs", vec![remove(&before, "docs", "t")])));
}
