#![expect(clippy::unwrap_used, reason = "tests")]

use super::{SelfReferences, TableDdl};
use crate::change::{Change, Pair};
use crate::operation::TableChange;
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, Deferrable, Expression, ForeignKey, Generated,
    Literal, Name, PrimaryKey, ReferentialAction, TableOptions, Unique,
};

const TORTURE: &str = "CREATE TABLE k (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE NOT NULL, v INT DEFAULT (1+1),
  g INT GENERATED ALWAYS AS (v*2) STORED, z TEXT, ok BOOLEAN, \"end\" DATETIME, p_id INTEGER REFERENCES p(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT ck_z CHECK (length(z) < 5), CHECK (ok IN (0, 1)), UNIQUE (name, v) ON CONFLICT REPLACE)";

fn parse(sql: &str) -> TableDdl {
    TableDdl::parse(sql).unwrap()
}

/// The text after some changes.
fn edited(sql: &str, changes: &[TableChange]) -> String {
    let mut ddl = parse(sql);
    for change in changes {
        ddl.apply(change).unwrap();
    }
    assert_eq!(parse(ddl.to_sql()).read_table(), ddl.read_table());
    ddl.to_sql().to_owned()
}

/// A changed copy of the column of that name.
fn altered(sql: &str, name: &str, change: impl FnOnce(&mut Column)) -> String {
    let from = parse(sql).read_table().column(name).unwrap().clone();
    let mut to = from.clone();
    change(&mut to);
    edited(
        sql,
        &[TableChange::Column(Change::Alter(Pair::new(from, to)))],
    )
}

fn text_column(name: &str) -> Column {
    Column::new(name, ColumnType::Text)
}

fn key(columns: &[&str]) -> PrimaryKey {
    PrimaryKey {
        prefixes: Vec::new(),
        name: None,
        columns: columns.iter().map(|c| Name::from(*c)).collect(),
        extra: None,
    }
}

fn check(name: Option<&str>, text: &str) -> Check {
    Check {
        name: name.map(Name::from),
        expression: Expression::from(text),
        extra: None,
    }
}

#[test]
fn reads_a_table_of_everything() {
    let ddl = parse(TORTURE);
    let table = ddl.read_table();
    assert_eq!(ddl.rowid_alias(), Some("id".into()));
    assert!(table.column("id").unwrap().autoincrement);
    assert!(!table.column("name").unwrap().nullable);
    assert_eq!(
        table.column("name").unwrap().collation.as_deref(),
        Some("NOCASE")
    );
    assert_eq!(
        table.column("v").unwrap().default,
        Some(DefaultValue::Expression("1+1".into()))
    );
    assert_eq!(
        table.column("g").unwrap().generated,
        Some(Generated {
            expression: "v*2".into(),
            stored: true
        })
    );
    assert_eq!(table.primary_key, Some(key(&["id"])));
    assert_eq!(table.uniques, vec![Unique::on(["name", "v"])]);
    assert_eq!(
        table.checks,
        vec![
            check(Some("ck_z"), "length(z) < 5"),
            check(None, "ok IN (0, 1)")
        ]
    );
    assert_eq!(
        table.foreign_keys,
        vec![ForeignKey {
            on_delete: ReferentialAction::SetNull,
            deferrable: Deferrable::InitiallyDeferred,
            ..ForeignKey::new(["p_id"], "p", ["id"])
        }]
    );
    let unmanaged: Vec<String> = ddl.unmanaged().into_iter().map(|u| u.kind).collect();
    assert_eq!(unmanaged, vec!["conflict clause"]);
}

#[test]
fn reads_odd_spellings() {
    let ddl = parse(
        "create temp table if not exists main.[odd \"t] ('a' 'my type', b varchar ( 10 ) /* , */ -- )\n\
         unique, `c` NULL constraint x not null constraint \"y z\" check (c>(1)) default -5,\
         primary key (\"A\" desc, B collate nocase) on conflict ignore check (b) unique (c)\
         foreign key (c) references [odd \"t] match full not deferrable initially deferred) without rowid, strict;",
    );
    let table = ddl.read_table();
    assert_eq!(table.name.name, "odd \"t");
    assert_eq!(table.primary_key, Some(key(&["a", "b"])));
    assert_eq!(table.uniques, vec![Unique::on(["b"]), Unique::on(["c"])]);
    assert_eq!(
        table.checks,
        vec![check(Some("y z"), "c>(1)"), check(None, "b")]
    );
    assert!(table.foreign_keys[0].referenced_columns.is_empty());
    assert!(table.options.strict && table.options.without_rowid);
    assert_eq!(
        table.column("c").unwrap().default,
        Some(DefaultValue::Literal(Literal::Integer(-5)))
    );
    let kinds: Vec<String> = ddl.unmanaged().into_iter().map(|u| u.kind).collect();
    assert_eq!(
        kinds,
        vec![
            "constraint name",
            "conflict clause",
            "key collation",
            "key order",
            "match clause"
        ]
    );
}

#[test]
fn knows_the_rowid() {
    for (sql, alias) in [
        ("CREATE TABLE t (a integer primary key)", true),
        ("CREATE TABLE t (a INTEGER, PRIMARY KEY (A DESC))", true),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY DESC)", false),
        ("CREATE TABLE t (a \"INTEGER\" PRIMARY KEY)", true),
        ("CREATE TABLE t (a 'integer' odd PRIMARY KEY)", false),
        ("CREATE TABLE t (a INT PRIMARY KEY)", false),
        (
            "CREATE TABLE t (a INTEGER PRIMARY KEY) WITHOUT ROWID",
            false,
        ),
        ("CREATE TABLE t (a INTEGER, b, PRIMARY KEY (a, b))", false),
    ] {
        assert_eq!(parse(sql).rowid_alias().is_some(), alias, "{sql}");
    }
}

#[test]
fn what_is_not_understood_is_opaque() {
    for sql in [
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TABLE t (a REFERENCES p NOT NULL DEFERRABLE)",
        "CREATE TABLE t (a CONSTRAINT c)",
        "CREATE TABLE t (a",
        "CREATE TABLE t (a) x",
        "CREATE TABLE t (a 'b",
    ] {
        assert!(TableDdl::parse(sql).is_err(), "{sql}");
    }
}

#[test]
fn columns_come_and_go_with_their_commas_and_comments() {
    let sql = "CREATE TABLE t (\n  a INT, -- the a\n  b INT, /* the b */\n  c INT -- the c\n)";
    let drop = |name: &str| TableChange::Column(Change::Drop(text_column(name)));
    assert_eq!(
        edited(sql, &[drop("a")]),
        "CREATE TABLE t (\n  b INT, /* the b */\n  c INT -- the c\n)"
    );
    assert_eq!(
        edited(sql, &[drop("b")]),
        "CREATE TABLE t (\n  a INT, -- the a\n  c INT -- the c\n)"
    );
    assert_eq!(
        edited(sql, &[drop("c")]),
        "CREATE TABLE t (\n  a INT, -- the a\n  b INT /* the b */\n)"
    );
    let mut new = text_column("d");
    new.default = Some(DefaultValue::Literal(Literal::Text("it's".into())));
    let add = TableChange::Column(Change::Add(new));
    assert_eq!(
        edited(sql, std::slice::from_ref(&add)),
        "CREATE TABLE t (\n  a INT, -- the a\n  b INT, /* the b */\n  c INT, -- the c\n  \"d\" TEXT NOT NULL DEFAULT 'it''s'\n)"
    );
    assert_eq!(
        edited("CREATE TABLE t(a, UNIQUE (a))", std::slice::from_ref(&add)),
        "CREATE TABLE t(a, \"d\" TEXT NOT NULL DEFAULT 'it''s', UNIQUE (a))"
    );
    assert_eq!(edited(sql, &[add, drop("d")]), sql);
    assert_eq!(
        edited("CREATE TABLE t(a, b)", &[drop("a")]),
        "CREATE TABLE t(b)"
    );
    assert!(parse("CREATE TABLE t(a)").apply(&drop("a")).is_err());
    assert!(parse("CREATE TABLE t(a)").apply(&drop("x")).is_err());
}

#[test]
fn a_column_that_is_used_is_not_dropped() {
    let drop = TableChange::Column(Change::Drop(text_column("a")));
    for (sql, says) in [
        ("CREATE TABLE t (a, b, CONSTRAINT u UNIQUE (b, A))", "`u`"),
        ("CREATE TABLE t (a, b CHECK (b > [a]))", "`CHECK (b > [a])`"),
        ("CREATE TABLE t (a, b AS (a))", "`AS (a)`"),
        ("CREATE TABLE t (a, b REFERENCES t (a))", "REFERENCES t (a)"),
    ] {
        let mut ddl = parse(sql);
        let error = ddl.apply(&drop).unwrap_err();
        assert!(error.message.contains(says), "{error}");
        assert_eq!(ddl.to_sql(), sql);
    }
    assert_eq!(
        edited(
            "CREATE TABLE t (a UNIQUE CHECK (a > 0) REFERENCES p, b CHECK (t.b <> 'a'))",
            &[drop]
        ),
        "CREATE TABLE t (b CHECK (t.b <> 'a'))"
    );
}

#[test]
fn no_two_words_become_one() {
    let sql = "CREATE TABLE t (a TEXT CHECK(b>0)CONSTRAINT ck CHECK(a>'')DEFAULT 1, b)";
    assert_eq!(
        edited(sql, &[TableChange::Check(Change::Drop(check(None, "b>0")))]),
        sql.replace(" CHECK(b>0)", " ")
    );
    let sql = "CREATE TABLE t (\"a\"CHECK(a)DEFAULT 1, b)";
    assert_eq!(
        altered(sql, "a", |c| c.ty = ColumnType::Text),
        "CREATE TABLE t (\"a\" TEXT CHECK(a)DEFAULT 1, b)"
    );
    assert_eq!(
        edited(sql, &[TableChange::Check(Change::Drop(check(None, "a")))]),
        "CREATE TABLE t (\"a\" DEFAULT 1, b)"
    );
}

#[test]
fn a_check_about_another_column_stays() {
    let drop = TableChange::Column(Change::Drop(text_column("a")));
    let sql = "CREATE TABLE t (b INT, a INT CHECK (a > 0) CONSTRAINT ck_b CHECK (b > 0 /* a */) CHECK (1), UNIQUE (b))";
    assert!(parse(sql).checks_others("A") && !parse(sql).checks_others("b"));
    assert_eq!(
        edited(sql, &[drop]),
        "CREATE TABLE t (b INT, UNIQUE (b), CONSTRAINT ck_b CHECK (b > 0 /* a */), CHECK (1))"
    );
}

#[test]
fn altering_edits_only_what_differs() {
    let sql = "CREATE TABLE t (a INT /* x */ NOT NULL ON CONFLICT FAIL DEFAULT 1 UNIQUE, b)";
    assert_eq!(
        altered(sql, "a", |c| c.nullable = true),
        "CREATE TABLE t (a INT /* x */ DEFAULT 1 UNIQUE, b)"
    );
    assert_eq!(
        altered(sql, "a", |c| c.ty = ColumnType::Text),
        "CREATE TABLE t (a TEXT /* x */ NOT NULL ON CONFLICT FAIL DEFAULT 1 UNIQUE, b)"
    );
    assert_eq!(
        altered(sql, "a", |c| c.default = None),
        "CREATE TABLE t (a INT /* x */ NOT NULL ON CONFLICT FAIL UNIQUE, b)"
    );
    assert_eq!(
        altered(sql, "b", |c| {
            c.nullable = false;
            c.ty = ColumnType::Text;
            c.default = Some(DefaultValue::Expression("CURRENT_TIMESTAMP".into()));
            c.collation = Some("NOCASE".into());
        }),
        "CREATE TABLE t (a INT /* x */ NOT NULL ON CONFLICT FAIL DEFAULT 1 UNIQUE, \
         b TEXT NOT NULL COLLATE NOCASE DEFAULT CURRENT_TIMESTAMP)"
    );
    assert_eq!(
        altered("CREATE TABLE t (a -- why\n NOT NULL, b)", "a", |c| c
            .nullable =
            true),
        "CREATE TABLE t (a -- why\n, b)"
    );
    assert_eq!(
        altered("CREATE TABLE t (a, b AS (a + 1))", "b", |c| {
            c.generated = Some(Generated {
                expression: "a -- two\n + 2".into(),
                stored: true,
            });
        }),
        "CREATE TABLE t (a, b GENERATED ALWAYS AS (a -- two\n + 2\n) STORED)"
    );
}

#[test]
fn a_renamed_column_is_followed_everywhere() {
    let sql = "CREATE TABLE t (a INT CHECK (a > 0 OR 'a' = t.[a]), b AS (abs(\"A\")), a2, \
               PRIMARY KEY (a), FOREIGN KEY (a) REFERENCES t (a), FOREIGN KEY (b) REFERENCES p (a), \
               UNIQUE (`a` COLLATE NOCASE))";
    let rename = TableChange::Column(Change::Rename(Pair::new("a".into(), "the key".into())));
    assert_eq!(
        edited(sql, &[rename]),
        "CREATE TABLE t (\"the key\" INT CHECK (\"the key\" > 0 OR 'a' = t.[the key]), b AS (abs(\"the key\")), a2, \
         PRIMARY KEY (\"the key\"), FOREIGN KEY (\"the key\") REFERENCES t (\"the key\"), FOREIGN KEY (b) REFERENCES p (a), \
         UNIQUE (`the key` COLLATE NOCASE))"
    );
}

#[test]
fn keys_change_hands() {
    let drop = TableChange::PrimaryKey(Change::Drop(key(&["id"])));
    let add = |columns: &[&str]| TableChange::PrimaryKey(Change::Add(key(columns)));
    let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, b INTEGER REFERENCES t, UNIQUE (id))";
    assert_eq!(
        edited(sql, std::slice::from_ref(&drop)),
        "CREATE TABLE t (id INTEGER NOT NULL, b INTEGER REFERENCES t (\"id\"))"
    );
    assert_eq!(
        edited(sql, &[drop.clone(), add(&["id"])]),
        "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, b INTEGER REFERENCES t (\"id\"))"
    );
    assert_eq!(
        edited(
            "CREATE TABLE t (id INT, b, CHECK (b))",
            &[add(&["b", "id"])]
        ),
        "CREATE TABLE t (id INT, b, PRIMARY KEY (\"b\", \"id\"), CHECK (b))"
    );
    let alter = TableChange::PrimaryKey(Change::Alter(Pair::new(key(&["id"]), key(&["id", "b"]))));
    assert_eq!(
        edited(
            "CREATE TABLE t (id INT PRIMARY KEY ON CONFLICT FAIL, b)",
            &[alter]
        ),
        "CREATE TABLE t (id INT, b, PRIMARY KEY (\"id\", \"b\") ON CONFLICT FAIL)"
    );
    assert_eq!(
        altered("CREATE TABLE t (id INTEGER, PRIMARY KEY (id))", "id", |c| {
            c.autoincrement = true
        }),
        "CREATE TABLE t (id INTEGER, PRIMARY KEY (id AUTOINCREMENT))"
    );
    assert_eq!(
        altered(sql, "id", |c| c.autoincrement = false),
        "CREATE TABLE t (id INTEGER PRIMARY KEY, b INTEGER REFERENCES t, UNIQUE (id))"
    );
}

#[test]
fn constraints_are_found_by_name_or_content() {
    let unique = |columns: &[&str]| Unique::on(columns.iter().copied());
    let drop = |u: Unique| TableChange::Unique(Change::Drop(u));
    assert_eq!(
        edited(
            "CREATE TABLE t (a UNIQUE ON CONFLICT FAIL, b, UNIQUE (a, b), unique (A))",
            &[drop(unique(&["a"]))]
        ),
        "CREATE TABLE t (a, b, UNIQUE (a, b))"
    );
    let named = Unique {
        name: Some("U".into()),
        ..unique(&["b"])
    };
    assert_eq!(
        edited(
            "CREATE TABLE t (a, b, CONSTRAINT u UNIQUE (b) CHECK (a))",
            &[drop(named.clone())]
        ),
        "CREATE TABLE t (a, b, CHECK (a))"
    );
    assert_eq!(
        edited(
            "CREATE TABLE t (a, b, UNIQUE (b) ON CONFLICT FAIL)",
            &[TableChange::Unique(Change::Alter(Pair::new(
                unique(&["b"]),
                named
            )))]
        ),
        "CREATE TABLE t (a, b, CONSTRAINT \"U\" UNIQUE (b) ON CONFLICT FAIL)"
    );
    assert_eq!(
        edited(
            "CREATE TABLE t (a CHECK (a > 0), b)",
            &[TableChange::Check(Change::Alter(Pair::new(
                check(None, "(A) > 0"),
                check(None, "a > 1")
            )))]
        ),
        "CREATE TABLE t (a CHECK (a > 1), b)"
    );
    assert_eq!(
        edited(
            "CREATE TABLE t (a CONSTRAINT c CHECK (a))",
            &[TableChange::Check(Change::Rename(Pair::new(
                "c".into(),
                "d".into()
            )))]
        ),
        "CREATE TABLE t (a CONSTRAINT \"d\" CHECK (a))"
    );
    let missing = drop(unique(&["b"]));
    assert!(parse("CREATE TABLE t (a, b)").apply(&missing).is_err());
}

#[test]
fn foreign_keys_keep_their_place_and_what_no_model_says() {
    let from = ForeignKey::new(["a"], "p", ["id"]);
    let to = ForeignKey {
        on_delete: ReferentialAction::Cascade,
        deferrable: Deferrable::InitiallyDeferred,
        ..from.clone()
    };
    let alter = TableChange::ForeignKey(Change::Alter(Pair::new(from.clone(), to)));
    assert_eq!(
        edited(
            "CREATE TABLE t (a REFERENCES P MATCH FULL NOT NULL)",
            &[alter]
        ),
        "CREATE TABLE t (a REFERENCES \"p\" (\"id\") ON DELETE CASCADE MATCH FULL DEFERRABLE INITIALLY DEFERRED NOT NULL)"
    );
    let drop = TableChange::ForeignKey(Change::Drop(from));
    assert_eq!(
        edited(
            "CREATE TABLE t (a,\n\tFOREIGN KEY (a) REFERENCES p\n)",
            &[drop]
        ),
        "CREATE TABLE t (a\n)"
    );
}

#[test]
fn tables_are_renamed_with_their_qualifiers() {
    let sql = "CREATE TABLE t (a REFERENCES T (a), b CHECK (t.b > 0 AND b <> 't'), FOREIGN KEY (b) REFERENCES p (t)) STRICT";
    let mut ddl = parse(sql);
    ddl.rename_to("_new_t", SelfReferences::Keep).unwrap();
    assert_eq!(
        ddl.to_sql(),
        "CREATE TABLE _new_t (a REFERENCES T (a), b CHECK (_new_t.b > 0 AND b <> 't'), FOREIGN KEY (b) REFERENCES p (t)) STRICT"
    );
    let mut ddl = parse(sql);
    ddl.rename_to("x", SelfReferences::Follow).unwrap();
    ddl.rename_referenced_table(Pair::new("P", "q")).unwrap();
    ddl.rename_referenced_column("q", Pair::new("T", "u"))
        .unwrap();
    ddl.apply(&TableChange::Options(Pair::new(
        TableOptions::default(),
        TableOptions::default(),
    )))
    .unwrap();
    assert_eq!(
        ddl.to_sql(),
        "CREATE TABLE x (a REFERENCES x (a), b CHECK (x.b > 0 AND b <> 't'), FOREIGN KEY (b) REFERENCES q (u))"
    );
}
