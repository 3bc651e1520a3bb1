use super::*;
use crate::change::Change;
use crate::dialect::mysql::MySql;
use crate::dialect::postgres::Postgres;
use crate::dialect::sqlite::Sqlite;
use crate::dialect::{Dialect, Server, Snapshot, Unmanaged};
use crate::operation::{Operation, TableChange};
use crate::schema::{Column, ColumnType, Schema};

mod order;

fn id(dialect: &dyn Dialect, sql: &str) -> String {
    read(dialect, sql).unwrap().id.to_string()
}

fn refused(dialect: &dyn Dialect, sql: &str) -> (String, String) {
    let refused = read(dialect, sql).unwrap_err();
    (refused.message, sql[refused.at].to_owned())
}

#[test]
fn statements_are_recognised_by_their_first_words() {
    assert_eq!(
        id(&Sqlite, "create view if not exists \"a b\" as select 1"),
        "view `a b`"
    );
    let trigger = "CREATE TRIGGER tr AFTER UPDATE OF a ON t BEGIN SELECT 1; END";
    assert_eq!(id(&Sqlite, trigger), "trigger `tr` on `t`");
    let maria = "CREATE DEFINER=`a`@`%` SQL SECURITY INVOKER VIEW db.v AS SELECT 1";
    assert_eq!(id(&MySql::MARIADB, maria), "view `db.v`");
    for (sql, name) in [
        ("CREATE OR REPLACE VIEW s.\"V\" AS SELECT 1", "view `s.V`"),
        (
            "CREATE MATERIALIZED VIEW v AS SELECT 1",
            "materialized view `v`",
        ),
        (
            "CREATE UNIQUE INDEX ix ON ONLY s.v (a)",
            "index `s.ix` on `s.v`",
        ),
        (
            "CREATE CONSTRAINT TRIGGER tr AFTER INSERT ON s.t",
            "trigger `s.tr` on `s.t`",
        ),
        ("CREATE DOMAIN Money AS numeric", "domain `money`"),
        ("CREATE TYPE pair AS (a int)", "type `pair`"),
        ("CREATE SEQUENCE IF NOT EXISTS s", "sequence `s`"),
        (
            "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"",
            "extension `uuid-ossp`",
        ),
        (
            "CREATE PROCEDURE p(INOUT a int) LANGUAGE sql AS ''",
            "procedure `p(inout a integer)`",
        ),
        (
            "CREATE FUNCTION f(a varchar(10) = 'x, y', b timestamptz[] DEFAULT NULL, c timestamp) RETURNS int AS ''",
            "function `f(a character varying, b timestamp with time zone[], c timestamp without time zone)`",
        ),
    ] {
        assert_eq!(id(&Postgres, sql), name);
    }
}

#[test]
fn what_is_no_object_is_refused_at_its_word() {
    let told = |message: &str, at: &str| (message.to_owned(), at.to_owned());
    for (sql, message, at) in [
        ("CREATE TABLE t (a int)", "tables are models", "TABLE"),
        (
            "CREATE TEMP VIEW v AS SELECT 1",
            "what is temporary goes away with its connection",
            "TEMP",
        ),
        ("ALTER TABLE t ADD a int", "`ALTER` makes nothing", "ALTER"),
        (
            "INSERT INTO t VALUES (1)",
            "`INSERT` makes nothing",
            "INSERT",
        ),
        (
            "CREATE INDEX ix ON t (a)",
            "indexes are parts of models",
            "INDEX",
        ),
        (
            "CREATE DOMAIN d AS int",
            "no domain can be written for SQLite",
            "DOMAIN",
        ),
        (
            "CREATE USER u",
            "`CREATE USER` is nothing that a file may say",
            "USER",
        ),
        ("CREATE VIEW", "a name is expected after `VIEW`", "VIEW"),
        (
            "CREATE TRIGGER tr",
            "the trigger does not say what it is on",
            "tr",
        ),
        ("CREATE TRIGGER ON t", "the trigger has no name", "t"),
    ] {
        assert_eq!(refused(&Sqlite, sql), told(message, at));
    }
    let sql = "CREATE TYPE mood AS ENUM ('a')";
    assert_eq!(
        refused(&Postgres, sql).0,
        "the enum type `mood` is a Rust enum"
    );
}

#[test]
fn the_text_is_kept_but_for_what_makes_no_difference() {
    let made = read(&Postgres, "CREATE OR REPLACE /* x */ VIEW v AS SELECT 1;").unwrap();
    assert_eq!(made.sql, "CREATE VIEW v AS SELECT 1");
    let same = |dialect: &dyn Dialect, a: &str, b: &str| same_text(dialect, a, b, "public");
    assert!(same(
        &Postgres,
        "CREATE OR REPLACE VIEW public.v AS\n SELECT public.t.a FROM public.t -- all",
        "create view v as select t.a from t",
    ));
    assert!(!same(
        &Postgres,
        "CREATE VIEW v AS SELECT 'A'",
        "CREATE VIEW v AS SELECT 'a'"
    ));
    assert!(!same(
        &Postgres,
        "CREATE VIEW v AS SELECT a.public.b",
        "CREATE VIEW v AS SELECT a.b"
    ));
    assert!(same(
        &MySql::MYSQL,
        "CREATE DEFINER=`root`@`%` TRIGGER `tr` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.a = 1",
        "CREATE DEFINER = CURRENT_USER() TRIGGER tr BEFORE INSERT ON t FOR EACH ROW set NEW.a = 1",
    ));
}

/// A snapshot with these objects, all of them noted.
fn snapshot(dialect: &dyn Dialect, statements: &[&str]) -> Snapshot {
    let mut snapshot = Snapshot {
        server: Server {
            schema: "public".into(),
            ..Server::default()
        },
        ..Snapshot::default()
    };
    for sql in statements {
        let made = read(dialect, sql).unwrap();
        let change = ObjectChange::Create(made);
        replay(dialect, &mut snapshot, &change);
    }
    snapshot
}

fn wanted(dialect: &dyn Dialect, statements: &[&str]) -> WantedObjects {
    let list = statements.iter().map(|sql| WantedObject {
        definition: read(dialect, sql).unwrap(),
        renamed_from: None,
        origin: Origin::default(),
    });
    WantedObjects {
        list: list.collect(),
        whole: false,
    }
}

fn difference(
    dialect: &dyn Dialect,
    found: &[&str],
    wanted: &WantedObjects,
    tables: &[Operation],
) -> (Vec<String>, Vec<String>) {
    let sides = Sides {
        dialect,
        found: &snapshot(dialect, found),
        wanted,
        own: &OwnWords::default(),
    };
    let diff = between(&sides, tables, &Schema::default());
    let words = |list: Vec<Operation>| -> Vec<String> {
        list.iter()
            .flat_map(Operation::describe)
            .map(|d| d.text)
            .collect()
    };
    (words(diff.before), words(diff.after))
}

const T: &str = "CREATE VIEW t_view AS SELECT a, b FROM t";
const UPON: &str = "CREATE VIEW a_view AS SELECT a FROM t_view";

fn drop_b() -> Vec<Operation> {
    let column = Column::new("b", ColumnType::Integer);
    vec![Operation::AlterTable {
        table: "t".into(),
        changes: vec![TableChange::Column(Change::Drop(column))],
    }]
}

#[test]
fn what_stands_upon_another_comes_after_it() {
    let files = wanted(&Sqlite, &[UPON, T]);
    let (before, after) = difference(&Sqlite, &[], &files, &[]);
    assert!(before.is_empty());
    assert_eq!(after, ["create view `t_view`", "create view `a_view`"]);
}

#[test]
fn a_text_over_a_changed_column_goes_before_and_comes_after() {
    let other = "CREATE VIEW t_view AS SELECT a FROM t";
    let files = wanted(&Sqlite, &[other]);
    let (before, after) = difference(&Sqlite, &[T, UPON], &files, &[]);
    assert!(before.is_empty());
    assert_eq!(after, ["replace view `t_view`"]);
    // Also what no file mentions, where it stands upon it.
    let (before, after) = difference(&Sqlite, &[T, UPON], &files, &drop_b());
    assert_eq!(before, ["drop view `a_view`", "drop view `t_view`"]);
    assert_eq!(after, ["create view `t_view`", "create view `a_view`"]);
}

#[test]
fn what_no_file_mentions_stays_unless_files_are_the_whole_truth() {
    let mut files = wanted(&Sqlite, &[T]);
    assert_eq!(
        difference(&Sqlite, &[T, UPON], &files, &[]),
        (vec![], vec![])
    );
    files.whole = true;
    let (before, _) = difference(&Sqlite, &[T, UPON], &files, &[]);
    assert_eq!(before, ["drop view `a_view`"]);
}

#[test]
fn what_columns_may_be_of_comes_before_tables_and_goes_after() {
    let domain = "CREATE DOMAIN d AS integer";
    let files = wanted(&Postgres, &[T, domain]);
    let (before, after) = difference(&Postgres, &[], &files, &[]);
    assert_eq!(before, ["create domain `d`"]);
    assert_eq!(after, ["create view `t_view`"]);
    let mut none = wanted(&Postgres, &[]);
    none.whole = true;
    let (before, after) = difference(&Postgres, &[T, domain], &none, &[]);
    assert_eq!(before, ["drop view `t_view`"]);
    assert_eq!(after, ["drop domain `d`"]);
}

#[test]
fn a_function_with_other_arguments_takes_the_place_of_the_old_one() {
    let old = "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'";
    let new = "CREATE FUNCTION f(a bigint) RETURNS integer LANGUAGE sql AS 'SELECT 1'";
    let files = wanted(&Postgres, &[new]);
    let (before, after) = difference(&Postgres, &[old], &files, &[]);
    assert_eq!(before, ["drop function `f(a integer)`"]);
    assert_eq!(after, ["create function `f(a bigint)`"]);
}

#[test]
fn a_rename_is_told_by_the_file_and_keeps_what_stands_upon_it() {
    let mut files = wanted(&Postgres, &["CREATE VIEW fresh AS SELECT a, b FROM t"]);
    files.list[0].renamed_from = Some("t_view".into());
    let (before, after) = difference(&Postgres, &[T, UPON], &files, &[]);
    assert_eq!(before, ["rename view `t_view` to `fresh`"]);
    assert!(after.is_empty());
    let (before, after) = difference(&Sqlite, &[T], &files, &[]);
    assert_eq!(before, ["drop view `t_view`"]);
    assert_eq!(after, ["create view `fresh`"]);
}

#[test]
fn a_snapshot_follows_a_change_and_its_way_back() {
    let start = snapshot(&Sqlite, &[T]);
    let mut now = start.clone();
    let upon = read(&Sqlite, UPON).unwrap();
    let change = ObjectChange::Create(upon);
    replay(&Sqlite, &mut now, &change);
    assert_eq!(now.objects.len(), 2);
    let note = |u: &Unmanaged| u.name == "a_view";
    assert!(now.unmanaged.iter().any(note));
    replay(&Sqlite, &mut now, &change.reverse());
    assert_eq!(now, start);
}
