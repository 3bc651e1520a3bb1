//! What the writer emits is what is read back, and mistakes have their place.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

/// Written by the writer from [`every_operation`]; checked in, so that rustc
/// compiles it. `ALUDEL_BLESS=1 cargo test -p aludel every_verb` writes it anew.
#[expect(
    unreachable_pub,
    reason = "a migration file is a module of another crate"
)]
mod every_verb;
mod operations;

use aludel_core::object::ObjectChange;
use aludel_core::operation::{Operation, reverse_all};
use aludel_core::revision::Header;
use aludel_core::schema::{Column, ColumnType, Literal, Schema, Table};
use aludel_syntax::emit::rust::{Body, TEMPLATE, rust_migration};

use super::canonical::Words;
use super::record::{Call, CallError, Recorded, Segment};
use super::resolve::{resolve as resolve_on, resolve_in};
use super::*;

/// For a database that takes every call by its word.
fn as_said(calls: &[Call], schema: &mut Schema) -> Result<Vec<Operation>, Vec<CallError>> {
    let words = Words {
        canonical: &|schema| schema,
        same: &|a, b| a == b,
        title: "any database",
    };
    resolve_in(&words, calls, schema)
}

fn resolve(calls: &[Call], schema: &mut Schema) -> Result<Vec<Operation>, Vec<CallError>> {
    resolve_on(calls, schema, &aludel_core::dialect::sqlite::Sqlite)
}

fn calls(migration: fn(&mut Op), before: &Schema) -> Vec<Call> {
    let mut op = Op::new(before.clone(), "sqlite");
    migration(&mut op);
    flat(op.finish().segments)
}

fn flat(segments: Vec<Segment>) -> Vec<Call> {
    let calls = segments.into_iter().map(|segment| match segment {
        Segment::Schema(calls) => calls,
        Segment::Autocommit(inner) => flat(inner),
        other => panic!("{other:?} is no change of the schema"),
    });
    calls.flatten().collect()
}

/// Batches of one table that follow each other are written as one.
/// What goes away is called by its name alone.
fn as_a_file_says(operation: Operation) -> Operation {
    match operation {
        Operation::Object(ObjectChange::Drop(mut gone)) => {
            gone.sql.clear();
            Operation::Object(ObjectChange::Drop(gone))
        }
        Operation::Object(ObjectChange::Replace(mut pair)) => {
            pair.from.sql.clear();
            Operation::Object(ObjectChange::Replace(pair))
        }
        other => other,
    }
}

fn merged(operations: Vec<Operation>) -> Vec<Operation> {
    let mut out: Vec<Operation> = Vec::new();
    for operation in operations {
        match (out.last_mut(), as_a_file_says(operation)) {
            (
                Some(Operation::AlterTable { table, changes }),
                Operation::AlterTable {
                    table: same,
                    changes: more,
                },
            ) if *table == same => changes.extend(more),
            (_, operation) => out.push(operation),
        }
    }
    out
}

#[test]
fn every_verb_comes_back_as_the_operation_it_was_written_from() {
    let before = operations::before();
    let upgrade = operations::all();
    let mut after = before.clone();
    for operation in &upgrade {
        operation.apply(&mut after).unwrap();
    }
    let downgrade = reverse_all(upgrade.clone());
    let header = Header {
        message: "every verb".into(),
        id: "0123456789ab".into(),
        create_date: "2026-11-20T18:30:12Z".into(),
        ..Header::default()
    };
    let text = rust_migration(
        &header,
        &Body::new(&before, &upgrade),
        &Body::new(&after, &downgrade),
    )
    .fill(TEMPLATE);
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/migration/tests/every_verb.rs"
    );
    if std::env::var_os("ALUDEL_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text);

    let mut schema = before.clone();
    let read = as_said(&calls(every_verb::upgrade, &schema), &mut schema).unwrap();
    assert_same(merged(read), merged(upgrade));
    assert_eq!(schema, after);
    let read = as_said(&calls(every_verb::downgrade, &schema), &mut schema).unwrap();
    assert_same(merged(read), merged(downgrade));
    assert_eq!(schema, before);
}

/// Change by change, so that a failure can be read.
fn assert_same(read: Vec<Operation>, written: Vec<Operation>) {
    for (read, written) in read.iter().zip(&written) {
        if let (
            Operation::AlterTable { changes: read, .. },
            Operation::AlterTable {
                changes: written, ..
            },
        ) = (read, written)
        {
            read.iter().zip(written).for_each(|(r, w)| assert_eq!(r, w));
        }
        assert_eq!(read, written);
    }
    assert_eq!(read.len(), written.len());
}

fn errors(migration: fn(&mut Op), before: &Schema) -> Vec<CallError> {
    let calls = calls(migration, before);
    resolve(&calls, &mut before.clone()).unwrap_err()
}

fn node() -> Schema {
    let mut table = Table::new("node");
    table.columns = vec![
        Column::new("id", ColumnType::Integer),
        Column::new("long_name", ColumnType::Text),
    ];
    let mut schema = Schema::default();
    schema.insert(table);
    schema
}

#[test]
fn all_mistakes_are_told_at_once_each_with_its_line() {
    let found = errors(
        |op| {
            op.drop_table("nodes");
            op.alter_table("node", |t| {
                t.drop_column("longname");
                t.add_column(text("id"));
                t.drop_constraint("ck_gone");
                t.drop_index("ix_gone");
                t.alter_column("id");
                t.create_index("ix", ["missing"]);
            });
            op.add_column("node", column("c", by_dialect([("mysql", "enum('a')")])));
        },
        &node(),
    );
    let lines: Vec<u32> = found.iter().map(|e| e.location.line()).collect();
    let first = lines[0];
    assert_eq!(lines, [0, 2, 3, 4, 5, 6, 7, 9].map(|n| first + n));
    assert!(
        found
            .iter()
            .all(|e| e.location.file().ends_with("tests/mod.rs"))
    );
    let told = |n: usize| (found[n].message.as_str(), found[n].hint.as_deref());
    assert_eq!(
        told(0),
        ("there is no table `nodes`", Some("did you mean `node`?"))
    );
    assert_eq!(
        told(1),
        (
            "there is no column `longname` in `node`",
            Some("did you mean `long_name`?")
        )
    );
    assert_eq!(told(2).0, "column `node.id` exists already");
    assert_eq!(told(3).0, "there is no constraint `ck_gone` in `node`");
    assert_eq!(told(4).0, "there is no index `ix_gone` on `node`");
    assert!(told(5).0.contains("does not say what changes"));
    assert!(told(6).0.contains("`missing`"));
    assert_eq!(
        told(7).0,
        "column `c`: `by_dialect` has no type for `sqlite`"
    );
}

#[test]
fn later_calls_see_what_earlier_ones_did() {
    let mut schema = node();
    let calls = calls(
        |op| {
            op.rename_table("node", "nodes");
            op.rename_column("nodes", "long_name", "name");
            op.alter_column("nodes", "name").set_nullable();
            op.create_index("nodes", "ix_nodes_name", ["name"]).unique();
            op.drop_index("nodes", "ix_nodes_name");
            op.create_check_constraint("nodes", "ck", "id > 0");
            op.drop_constraint("nodes", "ck");
        },
        &schema,
    );
    resolve(&calls, &mut schema).unwrap();
    let table = schema.table(&"nodes".into()).unwrap();
    assert!(table.column("name").unwrap().nullable);
    assert_eq!((table.indexes.len(), table.checks.len()), (0, 0));
}

#[test]
fn a_constraint_under_an_ambiguous_name_must_be_said_by_what_it_is() {
    let mut schema = node();
    let twice: fn(&mut Op) = |op| {
        op.alter_table("node", |t| {
            t.create_check_constraint("twice", "id > 0");
            t.create_unique_constraint("twice", ["id"]);
        });
    };
    resolve(&calls(twice, &schema), &mut schema).unwrap();
    let found = errors(|op| op.drop_constraint("node", "twice"), &schema);
    assert!(found[0].message.contains("more than one constraint"));
    let by_content: fn(&mut Op) = |op| {
        op.alter_table("node", |t| t.drop_unique_constraint(["id"]));
    };
    resolve(&calls(by_content, &schema), &mut schema).unwrap();
    assert_eq!(schema.table(&"node".into()).unwrap().uniques, []);
}

fn recorded(migration: fn(&mut Op)) -> Recorded {
    let mut op = Op::new(node(), "sqlite");
    migration(&mut op);
    op.finish()
}

#[test]
fn what_runs_parts_what_changes_the_schema() {
    let recorded = recorded(|op| {
        op.drop_table("a");
        op.drop_table("b");
        op.execute("CREATE TABLE c (id)").declares(|op| {
            op.create_table("c", |t| t.column(column("id", "")));
        });
        op.execute_for("postgres", "SELECT 1");
        op.data("fill it", |conn| {
            Box::pin(async move {
                sqlx::query("SELECT 1").execute(conn.sqlite()?).await?;
                Ok(())
            })
        });
        op.autocommit(|op| op.drop_table("d"));
        op.drop_table("e");
    });
    let [first, execute, other, data, autocommit, last] = recorded.segments.as_slice() else {
        panic!("{recorded:?}");
    };
    assert!(matches!(first, Segment::Schema(calls) if calls.len() == 2));
    assert!(matches!(execute, Segment::Execute(e) if e.dialect.is_none() && e.declares.len() == 1));
    assert!(matches!(other, Segment::Execute(e) if e.dialect.as_deref() == Some("postgres")));
    assert!(matches!(data, Segment::Data(d) if d.why == "fill it"));
    assert!(matches!(autocommit, Segment::Autocommit(inner) if inner.len() == 1));
    assert!(matches!(last, Segment::Schema(calls) if calls.len() == 1));
}

#[test]
fn declares_is_for_the_schema_only() {
    let recorded = recorded(|op| {
        op.execute("x").declares(|op| {
            op.execute("y");
        });
    });
    let [Segment::Execute(execute)] = recorded.segments.as_slice() else {
        panic!("{recorded:?}");
    };
    let error = resolve(&execute.declares, &mut node()).unwrap_err();
    assert_eq!(error[0].message, "`declares` runs nothing");
}

#[test]
fn a_step_may_depend_on_what_is_there() {
    let op = Op::new(node(), "sqlite");
    assert!(op.has_table("node") && !op.has_table("nodes"));
    assert!(op.has_column("node", "id") && !op.has_column("node", "x"));
    assert!(!op.has_index("node", "ix"));
    assert_eq!(op.dialect(), "sqlite");
}

#[test]
fn rows_are_inserted_as_they_are_written() {
    let recorded = recorded(|op| {
        op.bulk_insert("o'dd \"t\"", ["id", "name", "seen"])
            .row((1, "it's", sql("CURRENT_TIMESTAMP")))
            .row((-2, null(), b"\x01\xff"))
            .row((number("1.50"), true, 2.5));
    });
    let [Segment::BulkInsert(insert)] = recorded.segments.as_slice() else {
        panic!("{recorded:?}");
    };
    let sqlite = aludel_core::dialect::sqlite::Sqlite;
    assert_eq!(
        insert.statement(&sqlite).unwrap().unwrap(),
        "INSERT INTO \"o'dd \"\"t\"\"\" (\"id\", \"name\", \"seen\") VALUES \
         (1, 'it''s', (CURRENT_TIMESTAMP)), (-2, NULL, x'01FF'), (1.50, TRUE, 2.5)"
    );
    let mut short = insert.clone();
    short.rows[1].pop();
    assert!(short.statement(&sqlite).unwrap_err().contains("row 2"));
    short.rows.clear();
    assert_eq!(short.statement(&sqlite).unwrap(), None);
    assert_eq!(
        number("1.50"),
        DefaultValue::Literal(Literal::Number("1.50".into()))
    );
}

#[test]
fn calls_become_what_the_database_reports() {
    let mut schema = Schema::default();
    let made: fn(&mut Op) = |op| {
        op.create_enum("mood", ["sad", "happy"]);
        op.create_table("t", |t| {
            t.column(big_integer("id"));
            t.column(enumeration("m", "mood").comment("kept elsewhere"));
            t.primary_key(["id"]);
        });
        op.alter_table("t", |t| {
            t.add_column(decimal("price", 10, 2).fill(0));
            t.add_column(enumeration("n", "mood").nullable());
            t.alter_column("id").set_type(Type::integer());
            t.set_comment("kept elsewhere");
        });
        op.drop_enum("mood");
    };
    let operations = resolve(&calls(made, &schema), &mut schema).unwrap();
    let [
        Operation::CreateTable(table),
        Operation::AlterTable { changes, .. },
    ] = operations.as_slice()
    else {
        panic!("{operations:?}");
    };
    let types: Vec<_> = table.columns.iter().map(|c| &c.ty).collect();
    assert_eq!(types, [&ColumnType::Integer, &ColumnType::Text]);
    assert_eq!(table.checks.len(), 1);
    let described = operations.iter().flat_map(Operation::describe);
    let described: Vec<_> = described.map(|d| d.text).collect();
    assert_eq!(changes.len(), 3, "{described:?}");
    let after = schema.table(&"t".into()).unwrap();
    assert_eq!(after.checks.len(), 2);
    assert_eq!(after.column("price").unwrap().ty, ColumnType::Text);
    let canonical = aludel_core::dialect::Dialect::canonical(
        &aludel_core::dialect::sqlite::Sqlite,
        schema.clone(),
    );
    assert_eq!(canonical.tables, schema.tables);
    // Later, the columns are all that is left of the type.
    let later = errors(|op| op.alter_enum("mood", ["sad"]), &schema);
    assert!(later[0].message.contains("SQLite has no enum types"));
    let gone: fn(&mut Op) = |op| op.drop_enum("mood");
    assert_eq!(resolve(&calls(gone, &schema), &mut schema).unwrap(), []);
}
