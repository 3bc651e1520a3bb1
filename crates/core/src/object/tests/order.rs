//! Objects and tables among each other, and what a server is asked about.

use super::*;
use crate::schema::{Check, DefaultValue, Expression, ForeignKey, Table};

/// The order of new tables and new objects; a table calls the function, if any,
/// in the default of its one column, and refers to the others.
fn order(objects: &[&str], tables: &[(&str, Option<&str>, &[&str])]) -> Vec<String> {
    let mut schema = Schema::default();
    let mut made = Vec::new();
    for (name, calls, references) in tables {
        let mut column = Column::new("a", ColumnType::Integer);
        let call = |name: &&str| DefaultValue::Expression(Expression::new(format!("{name}()")));
        column.default = calls.as_ref().map(call);
        let mut table = Table::new(*name);
        table.columns.push(column);
        for other in *references {
            let key = ForeignKey::new(["a"], *other, ["a"]);
            table.foreign_keys.push(key);
        }
        schema.insert(table.clone());
        made.push(Operation::CreateTable(table));
    }
    let sides = Sides {
        dialect: &Postgres,
        found: &snapshot(&Postgres, &[]),
        wanted: &wanted(&Postgres, objects),
        own: &OwnWords::default(),
    };
    let all = between(&sides, &made, &schema).around(&Postgres, "public", made);
    let words = all.iter().flat_map(Operation::describe);
    words
        .map(|said| said.text.replace("create ", "").replace('`', ""))
        .collect()
}

#[test]
fn a_function_stands_between_the_table_that_it_reads_and_the_one_that_calls_it() {
    let me = "CREATE FUNCTION me() RETURNS int LANGUAGE sql AS $$ SELECT u.a FROM users u $$";
    let tables: [(&str, Option<&str>, &[&str]); 4] = [
        ("entity", None, &[]),
        ("notes", Some("me"), &["entity"]),
        ("tags", None, &["notes"]),
        ("users", None, &["entity"]),
    ];
    assert_eq!(
        order(&[me], &tables),
        [
            "table entity",
            "table users",
            "function me()",
            "table notes",
            "table tags"
        ]
    );
    // Over others, and a view.
    let by_others = [
        "CREATE FUNCTION me() RETURNS int LANGUAGE sql AS $$ SELECT inner_one() + 1 $$",
        "CREATE FUNCTION inner_one() RETURNS int LANGUAGE sql AS $$ SELECT a FROM seen LIMIT 1 $$",
        "CREATE VIEW seen AS SELECT a FROM users",
        "CREATE DOMAIN d AS int",
    ];
    assert_eq!(
        order(&by_others, &tables),
        [
            "domain d",
            "table entity",
            "table users",
            "view seen",
            "function inner_one()",
            "function me()",
            "table notes",
            "table tags"
        ]
    );
}

#[test]
fn what_a_body_in_another_language_reads_is_looked_up_when_it_runs() {
    let tables: [(&str, Option<&str>, &[&str]); 2] =
        [("notes", Some("me"), &[]), ("users", None, &["notes"])];
    let with = |body: &str| {
        let sql = format!("CREATE FUNCTION me() RETURNS int LANGUAGE plpgsql AS $$ {body} $$");
        order(&[&sql], &tables)
    };
    let read = with("BEGIN RETURN (SELECT a FROM users); END");
    assert_eq!(read, ["function me()", "table notes", "table users"]);
    // A circle has no order, and an end.
    assert_eq!(
        with("DECLARE u users%ROWTYPE; BEGIN RETURN 1; END").len(),
        3
    );
    let free: [(&str, Option<&str>, &[&str]); 2] =
        [("notes", Some("me"), &[]), ("users", None, &[])];
    for declared in [
        "u users%ROWTYPE",
        "u users.a%TYPE",
        "u public.users.a % type",
    ] {
        let sql = format!(
            "CREATE FUNCTION me() RETURNS int LANGUAGE plpgsql AS \
             $$ DECLARE {declared}; BEGIN RETURN 1; END $$"
        );
        assert_eq!(
            order(&[&sql], &free),
            ["table users", "function me()", "table notes"],
            "{declared}"
        );
    }
}

#[test]
fn a_domain_comes_after_the_function_that_it_calls() {
    let objects = [
        "CREATE FUNCTION ok(a int) RETURNS bool LANGUAGE sql AS $$ SELECT a > 0 $$",
        "CREATE DOMAIN d AS int CHECK (ok(VALUE))",
    ];
    assert_eq!(
        order(&objects, &[("t", None, &[])]),
        ["function ok(a integer)", "domain d", "table t"]
    );
}

#[test]
fn of_functions_with_one_name_those_that_call_it_come_last() {
    let objects = [
        "CREATE FUNCTION f(a int[]) RETURNS bool LANGUAGE sql AS $$ SELECT f(a[1]) $$",
        "CREATE FUNCTION f(a int) RETURNS bool LANGUAGE sql AS $$ SELECT a > 0 $$",
    ];
    assert_eq!(
        order(&objects, &[]),
        ["function f(a integer)", "function f(a integer[])"]
    );
    let objects = [
        "CREATE AGGREGATE glue(text) (SFUNC = public.glue, STYPE = text)",
        "CREATE FUNCTION glue(text, text) RETURNS text LANGUAGE sql AS $$ SELECT $1 || $2 $$",
    ];
    assert_eq!(
        order(&objects, &[]),
        ["function glue(text, text)", "aggregate glue(text)"]
    );
}

#[test]
fn a_foreign_key_that_comes_late_is_nothing_that_a_function_needs() {
    let sql = "CREATE FUNCTION me() RETURNS int LANGUAGE sql AS $$ SELECT a FROM person $$";
    let table = |name: &str, other: &str, calls: bool| {
        let mut column = Column::new("a", ColumnType::Integer);
        column.default = calls.then(|| DefaultValue::Expression(Expression::new("me()")));
        let mut table = Table::new(name);
        table.columns.push(column);
        if !other.is_empty() {
            table
                .foreign_keys
                .push(ForeignKey::new(["a"], other, ["a"]));
        }
        table
    };
    let late = TableChange::ForeignKey(Change::Add(ForeignKey::new(["a"], "staff", ["a"])));
    let tables = vec![
        Operation::CreateTable(table("patient", "", true)),
        Operation::CreateTable(table("encounter", "patient", false)),
        Operation::CreateTable(table("person", "", false)),
        Operation::CreateTable(table("staff", "person", false)),
        Operation::AlterTable {
            table: "person".into(),
            changes: vec![late],
        },
    ];
    let before = vec![Operation::Object(ObjectChange::Create(
        read(&Postgres, sql).unwrap(),
    ))];
    let diff = ObjectDiff {
        before,
        ..ObjectDiff::default()
    };
    let order = diff.around(&Postgres, "public", tables);
    let words = order
        .iter()
        .flat_map(Operation::describe)
        .map(|said| said.text);
    assert_eq!(
        words.collect::<Vec<_>>()[..4],
        [
            "create table `person`",
            "create function `me()`",
            "create table `patient`",
            "create table `encounter`"
        ]
    );
}

#[test]
fn a_function_that_was_called_goes_after_what_called_it() {
    let gone = "CREATE FUNCTION sane(a int) RETURNS bool LANGUAGE sql AS $$ SELECT a > 0 $$";
    let caller = "CREATE FUNCTION f(a int) RETURNS bool LANGUAGE sql AS $$ SELECT sane(a) $$";
    let free = "CREATE FUNCTION free() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$";
    let now = "CREATE FUNCTION f(a int) RETURNS bool LANGUAGE sql AS $$ SELECT a > 1 $$";
    // By a check of a table.
    let mut table = Table::new("t");
    let check = Check {
        name: None,
        expression: Expression::new("sane(a)"),
        extra: None,
    };
    table.checks.push(check.clone());
    let mut found = snapshot(&Postgres, &[gone, free]);
    found.schema.insert(table);
    let mut none = wanted(&Postgres, &[]);
    none.whole = true;
    let changes = vec![TableChange::Check(Change::Drop(check))];
    let table = "t".into();
    let tables = [Operation::AlterTable { table, changes }];
    let words = |list: Vec<Operation>| -> Vec<String> {
        list.iter()
            .flat_map(Operation::describe)
            .map(|said| said.text)
            .collect()
    };
    let sides = Sides {
        dialect: &Postgres,
        found: &found,
        wanted: &none,
        own: &OwnWords::default(),
    };
    let diff = between(&sides, &tables, &Schema::default());
    assert_eq!(words(diff.before), ["drop function `free()`"]);
    assert_eq!(words(diff.after), ["drop function `sane(a integer)`"]);
    // By the old text of a function that stays.
    let mut files = wanted(&Postgres, &[now]);
    files.whole = true;
    let (before, after) = difference(&Postgres, &[gone, caller], &files, &[]);
    assert!(before.is_empty(), "{before:?}");
    assert_eq!(
        after,
        [
            "replace function `f(a integer)`",
            "drop function `sane(a integer)`"
        ]
    );
}

#[test]
fn tables_of_a_sample_need_no_others() {
    let view = "CREATE VIEW v AS SELECT a FROM child";
    let files = wanted(&Postgres, &[view]);
    let mut column = Column::new("a", ColumnType::Integer);
    let next = "nextval('parent_a_seq'::regclass)";
    column.default = Some(DefaultValue::Expression(Expression::new(next)));
    let mut table = Table::new("child");
    table.columns.push(column);
    for (extra, left) in [
        (
            "INHERITS (s.parent) WITH (fillfactor='70')",
            Some("WITH (fillfactor='70')"),
        ),
        ("INHERITS (a, b)", None),
        ("WITH (fillfactor='70')", Some("WITH (fillfactor='70')")),
    ] {
        table.options.extra = Some(extra.to_owned());
        let mut after = Schema::default();
        after.insert(table.clone());
        let sides = Sides {
            dialect: &Postgres,
            found: &snapshot(&Postgres, &[]),
            wanted: &files,
            own: &OwnWords::default(),
        };
        let asked = [read(&Postgres, view).unwrap()];
        let sample = sample(&sides, &asked, &after);
        let made = sample.schema.table(&"child".into()).unwrap();
        assert_eq!(made.options.extra.as_deref(), left);
        assert_eq!(made.columns[0].default, None);
    }
}
