//! Emitted Rust parses, and rustfmt has nothing to change in it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod models;
mod random;
#[cfg(feature = "report")]
mod reflect;
#[cfg(feature = "report")]
mod servers;

use std::io::Write;
use std::process::{Command, Stdio};

use aludel_core::change::{Change, Pair};
use aludel_core::hazard::{Hazard, HazardKind};
use aludel_core::operation::{Operation, TableChange};
use aludel_core::plan::{Plan, Rebuild, Statement};
use aludel_core::revision::{Format, Header};
use aludel_core::schema::{Column, ColumnType, Name, Schema, Table, TableName};
use proptest::prelude::*;

use super::rust::{Body, NeutralTypes, Parts, TEMPLATE, rust_migration};
use super::sql;

fn header() -> Header {
    Header {
        message: "add route_return to traceroute".into(),
        id: "ac311b3782a1".into(),
        parents: vec!["1717fa5c6545".into()],
        create_date: "2026-11-20T18:30:12Z".into(),
        ..Header::default()
    }
}

fn rustfmt(source: &str) -> String {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        // Away from any configuration.
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(source.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}\n{source}");
    String::from_utf8(output.stdout).unwrap()
}

/// The first lines that differ, so that a failure can be read.
fn assert_unchanged(source: &str) {
    let formatted = rustfmt(source);
    if formatted == source {
        return;
    }
    let (ours, theirs): (Vec<&str>, Vec<&str>) =
        (source.lines().collect(), formatted.lines().collect());
    let same = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    let show = |lines: &[&str]| {
        let from = same.saturating_sub(3).min(lines.len());
        lines[from..lines.len().min(same + 10)].join("\n")
    };
    panic!("rustfmt changes\n{}\ninto\n{}", show(&ours), show(&theirs));
}

fn file(upgrade: &Body<'_>, downgrade: &Body<'_>) -> String {
    let text = rust_migration(&header(), upgrade, downgrade).fill(TEMPLATE);
    if let Err(error) = syn::parse_file(&text) {
        panic!("{error}\n{text}");
    }
    text
}

fn table(name: &str, columns: &[&str]) -> Table {
    let mut table = Table::new(name);
    let columns = columns.iter();
    table.columns = columns.map(|c| Column::new(*c, ColumnType::Text)).collect();
    table
}

#[test]
fn the_sample_of_the_documentation() {
    let mut before = Schema::default();
    before.insert(table("traceroute", &["id"]));
    let mut column = Column::new("route_return", ColumnType::Blob);
    column.nullable = true;
    let operations = [Operation::AlterTable {
        table: "traceroute".into(),
        changes: vec![TableChange::Column(Change::Add(column))],
    }];
    let mut after = before.clone();
    operations[0].apply(&mut after).unwrap();
    let back = operations.clone().map(Operation::reverse);
    let text = file(&Body::new(&before, &operations), &Body::new(&after, &back));
    assert_eq!(
        text,
        r#"//! add route_return to traceroute
//!
//! Revision ID: ac311b3782a1
//! Revises: 1717fa5c6545
//! Create Date: 2026-11-20T18:30:12Z

use aludel::migration::*;

pub fn upgrade(op: &mut Op) {
    op.alter_table("traceroute", |t| {
        t.add_column(blob("route_return").nullable());
    });
}

pub fn downgrade(op: &mut Op) {
    op.alter_table("traceroute", |t| {
        // deletes data: every value of `traceroute.route_return`
        // breaks running code: what still uses `traceroute.route_return`
        t.drop_column("route_return");
    });
}
"#
    );
    assert_unchanged(&text);
}

#[test]
fn nothing_to_do_is_an_empty_function() {
    let nothing = Schema::default();
    let text = file(&Body::new(&nothing, &[]), &Body::new(&nothing, &[]));
    assert!(text.contains("pub fn upgrade(_op: &mut Op) {}\n"));
    assert_unchanged(&text);
}

#[test]
fn a_message_that_reads_like_the_template_stays_a_message() {
    let parts = Parts {
        header: "//! {{ upgrade }} and {{ downgrade }}".into(),
        upgrade: "UP".into(),
        downgrade: "DOWN".into(),
    };
    let text = parts.fill(TEMPLATE);
    assert!(text.starts_with("//! {{ upgrade }} and {{ downgrade }}\n"));
    assert!(text.ends_with("\nUP\n\nDOWN\n"));
}

#[test]
fn what_the_caller_knows_stands_in_the_place_of_what_core_knows() {
    let mut before = Schema::default();
    before.insert(table("t", &["a", "b"]));
    let mut to = Column::new("a", ColumnType::Text);
    let from = to.clone();
    to.nullable = true;
    let changes = vec![
        TableChange::Column(Change::Drop(Column::new("b", ColumnType::Text))),
        TableChange::Column(Change::Alter(Pair::new(from, to))),
    ];
    let operations = [Operation::AlterTable {
        table: "t".into(),
        changes,
    }];
    let rewrites = Hazard::new(HazardKind::RewritesTable, "`t`\nwholly");
    let body = Body {
        hazards: &[vec![vec![], vec![rewrites]]],
        ..Body::new(&before, &operations)
    };
    let text = rust_migration(&header(), &body, &Body::new(&before, &[])).upgrade;
    assert_eq!(
        text,
        r#"pub fn upgrade(op: &mut Op) {
    op.alter_table("t", |t| {
        t.drop_column("b");
        // rewrites the table: `t` wholly
        t.alter_column("a").set_nullable();
    });
}"#
    );
}

#[test]
fn a_neutral_type_is_written_instead_of_the_canonical_one() {
    let mut created = table("t", &[]);
    created.columns.push(Column::new("id", ColumnType::Blob));
    created.columns.push(Column::new("said", ColumnType::Text));
    let mut neutral = NeutralTypes::new();
    let words = Pair::new(ColumnType::Blob, ColumnType::Uuid);
    neutral.insert((TableName::new("t"), Name::new("id")), words.clone());
    neutral.insert((TableName::new("t"), Name::new("said")), words);
    let before = Schema::default();
    let operations = [Operation::CreateTable(created)];
    let body = Body {
        neutral: &neutral,
        ..Body::new(&before, &operations)
    };
    let text = rust_migration(&header(), &body, &body).upgrade;
    assert!(text.contains(r#"t.column(uuid("id"));"#), "{text}");
    // It had another type then: that is what the way back gives it.
    assert!(text.contains(r#"t.column(text("said"));"#), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rustfmt_changes_nothing(operations in prop::collection::vec(random::operation(), 1..40)) {
        let before = Schema::default();
        let body = Body::new(&before, &operations);
        assert_unchanged(&file(&body, &Body::new(&before, &[])));
    }
}

#[test]
fn sql_statements_end_and_hazards_stand_above_them() {
    let mut drop = Statement::new("ALTER TABLE \"t\" DROP COLUMN \"c\"", "drop column `t.c`");
    drop.hazards = vec![Hazard::new(HazardKind::DeletesData, "every value of `t.c`")];
    let mut index = Statement::new(
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "create index `i` on `t`",
    );
    index.alone = true;
    let view = Statement::new("CREATE VIEW v AS SELECT 1 -- one", "make view `v` again");
    let trigger = "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n  SELECT 1;\nEND";
    let plan = Plan {
        before: vec![Statement::new("DROP VIEW v", "take down view `v`")],
        steps: vec![aludel_core::plan::Step {
            hazards: Vec::new(),
            operation: 0,
            change: Some(0),
            statements: vec![drop, index],
        }],
        after: vec![view, Statement::new(trigger, "make trigger `g` again")],
        rebuilds: vec![Rebuild {
            table: "t".into(),
            expects: "0123abcd".into(),
        }],
    };
    let sql_header = Header {
        dialect: Some("sqlite".into()),
        ..header()
    };
    let parts = sql::sql_migration(&sql_header, &plan, &Plan::default()).unwrap();
    let text = parts.fill(sql::TEMPLATE);
    assert_eq!(
        text.split_once("Dialect: sqlite\n").unwrap().1,
        "
-- upgrade
-- expects: t 0123abcd
DROP VIEW v;
-- deletes data: every value of `t.c`
ALTER TABLE \"t\" DROP COLUMN \"c\";
-- autocommit
CREATE INDEX CONCURRENTLY i ON t (a);
CREATE VIEW v AS SELECT 1 -- one
;
CREATE TRIGGER g AFTER INSERT ON t BEGIN
  SELECT 1;
END;

-- downgrade
"
    );
    assert_eq!(Header::read(&text, Format::Sql).unwrap(), sql_header);
}

#[test]
fn an_operation_may_be_called_like_a_section() {
    let mut plan = Plan::default();
    plan.after.push(Statement {
        note: Some("upgrade".into()),
        ..Statement::new("SELECT 1", "upgrade")
    });
    let parts = sql::sql_migration(&header(), &plan, &Plan::default()).unwrap();
    assert_eq!(parts.upgrade, "-- upgrade\n-- `upgrade`\nSELECT 1;");
}

#[test]
fn a_statement_that_reads_like_a_section_is_refused() {
    let mut plan = Plan::default();
    plan.after
        .push(Statement::new("SELECT 1\n-- upgrade\n+ 1", "run it"));
    let error = sql::sql_migration(&header(), &plan, &Plan::default()).unwrap_err();
    assert!(error.message.contains("-- upgrade"), "{error}");
}
