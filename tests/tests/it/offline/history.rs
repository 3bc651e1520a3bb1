//! Compiled migrations with everything that stands around statements in a
//! script: rebuilds, enum values, objects with bodies, what runs outside of a
//! transaction, rows, branches and a merge.

use aludel::migration::*;
use aludel::{MigrationFile, Migrations, Migrator};
use aludel_tests::place::On;

macro_rules! header {
    ($id:literal, $parents:literal, $more:literal) => {
        concat!(
            "//! it's ",
            $id,
            ": a step; of several\n//!\n//! Revision ID: ",
            $id,
            "\n//! Revises: ",
            $parents,
            "\n",
            $more,
            "//! Create Date: 2026-11-20T18:30:12Z\n"
        )
    };
}

/// All of them.
pub(super) fn migrator() -> Migrator {
    static FILES: [MigrationFile; 6] = [
        MigrationFile::rust(
            "aaaa0001_make.rs",
            header!("aaaa0001", "", ""),
            make,
            unmake,
        ),
        MigrationFile::rust(
            "aaaa0002_change.rs",
            header!("aaaa0002", "aaaa0001", ""),
            change,
            change_back,
        ),
        MigrationFile::rust(
            "aaaa0003_outside.rs",
            header!("aaaa0003", "aaaa0002", ""),
            outside,
            outside_back,
        ),
        MigrationFile::rust(
            "bbbb0001_branch.rs",
            header!("bbbb0001", "aaaa0001", "//! Transaction: none\n"),
            branch,
            branch_back,
        ),
        MigrationFile::rust(
            "cccc0001_merge.rs",
            header!("cccc0001", "aaaa0003, bbbb0001", ""),
            nothing,
            nothing,
        ),
        MigrationFile::rust(
            "cccc0002_last.rs",
            header!("cccc0002", "cccc0001", ""),
            last,
            last_back,
        ),
    ];
    Migrator::new(Migrations::embedded(&FILES))
}

/// Of two files, the second one with Rust over the connection.
pub(super) fn with_data() -> Migrator {
    static FILES: [MigrationFile; 3] = [
        MigrationFile::rust(
            "aaaa0001_make.rs",
            header!("aaaa0001", "", ""),
            make,
            unmake,
        ),
        MigrationFile::rust(
            "aaaa0002_data.rs",
            header!("aaaa0002", "aaaa0001", ""),
            data,
            nothing,
        ),
        MigrationFile::rust(
            "aaaa0003_change.rs",
            header!("aaaa0003", "aaaa0002", ""),
            change,
            change_back,
        ),
    ];
    Migrator::new(Migrations::embedded(&FILES))
}

/// SQL of which nobody says what it does, and what depends on it.
pub(super) fn undeclared() -> Migrator {
    static FILES: [MigrationFile; 3] = [
        MigrationFile::rust(
            "aaaa0001_make.rs",
            header!("aaaa0001", "", ""),
            make,
            unmake,
        ),
        MigrationFile::rust(
            "aaaa0002_raw.rs",
            header!("aaaa0002", "aaaa0001", ""),
            raw,
            nothing,
        ),
        MigrationFile::rust(
            "aaaa0003_change.rs",
            header!("aaaa0003", "aaaa0002", ""),
            after_raw,
            nothing,
        ),
    ];
    Migrator::new(Migrations::embedded(&FILES))
}

/// The same, declared.
pub(super) fn declared() -> Migrator {
    static FILES: [MigrationFile; 3] = [
        MigrationFile::rust(
            "aaaa0001_make.rs",
            header!("aaaa0001", "", ""),
            make,
            unmake,
        ),
        MigrationFile::rust(
            "aaaa0002_raw.rs",
            header!("aaaa0002", "aaaa0001", ""),
            said,
            nothing,
        ),
        MigrationFile::rust(
            "aaaa0003_change.rs",
            header!("aaaa0003", "aaaa0002", ""),
            after_raw,
            nothing,
        ),
    ];
    Migrator::new(Migrations::embedded(&FILES))
}

macro_rules! sql {
    ($dialect:literal) => {
        concat!(
            "-- a table\n--\n-- Revision ID: aaaa0002\n-- Revises: aaaa0001\n-- Create Date: \
             2026-11-20T18:30:12Z\n-- Dialect: ",
            $dialect,
            "\n\n-- upgrade\nCREATE TABLE by_hand (a integer NOT NULL, b varchar(9));\n\
             INSERT INTO by_hand VALUES (1, 'x');\n\n-- downgrade\nDROP TABLE by_hand;\n"
        )
    };
}

macro_rules! around {
    ($dialect:literal) => {{
        static FILES: [MigrationFile; 3] = [
            MigrationFile::rust(
                "aaaa0001_make.rs",
                header!("aaaa0001", "", ""),
                make,
                unmake,
            ),
            MigrationFile::source("aaaa0002_table.sql", sql!($dialect)),
            MigrationFile::rust(
                "aaaa0003_more.rs",
                header!("aaaa0003", "aaaa0002", ""),
                more,
                nothing,
            ),
        ];
        Migrator::new(Migrations::embedded(&FILES))
    }};
}

/// A file of SQL between two of Rust.
pub(super) fn both(on: On) -> Migrator {
    match on {
        On::Sqlite => around!("sqlite"),
        On::Postgres => around!("postgres"),
        On::MySql => around!("mysql"),
    }
}

/// Rows that would refer to nothing, behind a revision that is right.
pub(super) fn orphans() -> Migrator {
    static FILES: [MigrationFile; 3] = [
        MigrationFile::rust(
            "aaaa0001_make.rs",
            header!("aaaa0001", "", ""),
            make,
            unmake,
        ),
        MigrationFile::rust(
            "aaaa0002_change.rs",
            header!("aaaa0002", "aaaa0001", ""),
            change,
            change_back,
        ),
        MigrationFile::rust(
            "aaaa0003_orphans.rs",
            header!("aaaa0003", "aaaa0002", ""),
            orphan,
            nothing,
        ),
    ];
    Migrator::new(Migrations::embedded(&FILES))
}

fn orphan(op: &mut Op) {
    op.execute("DELETE FROM parent WHERE id = 1");
}

fn more(op: &mut Op) {
    op.alter_table("by_hand", |t| {
        t.alter_column("a").set_type(Type::big_integer());
        t.create_check_constraint("ck_by_hand", "a > 0");
        t.drop_column("b");
    });
}

fn nothing(_: &mut Op) {}

fn make(op: &mut Op) {
    let typed = op.dialect() == "postgres";
    if typed {
        op.create_enum("mood", ["sad", "glad"]);
    }
    op.create_table("parent", |t| {
        t.column(integer("id"));
        t.column(varchar("name", 50).default("it's; a \\ name"));
        t.primary_key(["id"]);
    });
    op.create_table("item", |t| {
        t.column(integer("id"));
        t.column(integer("parent_id").nullable());
        t.column(varchar("label", 50).nullable());
        t.column(integer("size").default(0));
        if typed {
            t.column(enumeration("mood", "mood").default("glad"));
        }
        t.primary_key(["id"]);
        t.foreign_key("fk_item_parent", ["parent_id"], "parent", ["id"])
            .on_delete(Cascade);
        t.index("ix_item_label", ["label"]);
    });
    op.bulk_insert("parent", ["id", "name"])
        .row((1, "one; -- 'two'"))
        .row((2, "a\\b"));
    op.bulk_insert("item", ["id", "parent_id", "label"])
        .row((1, 1, "x"))
        .row((2, 2, "y"));
    match op.dialect() {
        "sqlite" => op.create_object(
            trigger("tr_item").on("item"),
            "CREATE TRIGGER tr_item AFTER UPDATE ON item BEGIN\n  UPDATE parent SET name = 'a;b' \
             WHERE id = new.parent_id;\n  SELECT 1;\nEND",
        ),
        "postgres" => {
            op.create_object(
                function("touch").arguments(""),
                "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $body$\nBEGIN\n  \
                 UPDATE parent SET name = 'a;b' WHERE id = new.parent_id;\n  RETURN new;\nEND\n$body$",
            );
            op.create_object(
                trigger("tr_item").on("item"),
                "CREATE TRIGGER tr_item BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch()",
            );
        }
        _ => op.create_object(
            trigger("tr_item").on("item"),
            "CREATE TRIGGER tr_item AFTER UPDATE ON item FOR EACH ROW BEGIN\n  UPDATE parent SET \
             name = 'a;b' WHERE id = NEW.parent_id;\n  SET @touched = 1;\nEND",
        ),
    }
    op.create_object(
        view("labels"),
        "CREATE VIEW labels AS SELECT id, label FROM item",
    );
}

fn unmake(op: &mut Op) {
    op.drop_object(view("labels"));
    op.drop_object(trigger("tr_item").on("item"));
    if op.dialect() == "postgres" {
        op.drop_object(function("touch").arguments(""));
    }
    op.drop_table("item");
    op.drop_table("parent");
    if op.dialect() == "postgres" {
        op.drop_enum("mood");
    }
}

/// On SQLite the table is written again.
fn change(op: &mut Op) {
    op.alter_table("item", |t| {
        t.alter_column("size").set_type(Type::big_integer());
        t.create_check_constraint("ck_item_size", "size >= 0");
        t.add_column(text("note").nullable());
    });
    op.execute("UPDATE item SET note = 'new; ' -- said\n");
    if op.dialect() == "postgres" {
        op.add_enum_value("mood", "mad").before("glad");
    }
}

fn change_back(op: &mut Op) {
    if op.dialect() == "postgres" {
        op.alter_enum("mood", ["sad", "glad"]);
    }
    op.alter_table("item", |t| {
        t.drop_column("note");
        t.drop_constraint("ck_item_size");
        t.alter_column("size").set_type(Type::integer());
    });
}

fn outside(op: &mut Op) {
    op.create_table("audit", |t| {
        t.column(integer("id"));
        t.primary_key(["id"]);
    });
    op.autocommit(|op| {
        let concurrently = op.dialect() == "postgres";
        op.alter_table("item", |t| {
            let index = t.create_index("ix_item_size", ["size"]);
            if concurrently {
                index.concurrently();
            }
        });
        op.execute_for("sqlite", "VACUUM");
    });
    op.alter_table("audit", |t| {
        t.add_column(text("who").nullable());
    });
}

fn outside_back(op: &mut Op) {
    op.alter_table("item", |t| {
        t.drop_index("ix_item_size");
    });
    op.drop_table("audit");
}

fn branch(op: &mut Op) {
    op.create_table("other", |t| {
        t.column(integer("id"));
        t.column(integer("item_id"));
        t.primary_key(["id"]);
        t.foreign_key("fk_other_item", ["item_id"], "item", ["id"]);
    });
}

fn branch_back(op: &mut Op) {
    op.drop_table("other");
}

fn last(op: &mut Op) {
    op.rename_table("other", "others");
    op.alter_table("item", |t| {
        t.alter_column("label").set_not_null();
        t.rename_column("size", "length");
    });
}

fn last_back(op: &mut Op) {
    op.alter_table("item", |t| {
        t.rename_column("length", "size");
        t.alter_column("label").set_nullable();
    });
    op.rename_table("others", "other");
}

fn data(op: &mut Op) {
    op.data("count the items", |connection| {
        Box::pin(async move {
            connection.execute("DELETE FROM item").await?;
            Ok(())
        })
    });
}

fn raw(op: &mut Op) {
    op.execute("ALTER TABLE parent ADD COLUMN age integer");
}

fn said(op: &mut Op) {
    op.execute("ALTER TABLE parent ADD COLUMN age integer")
        .declares(|op| {
            op.alter_table("parent", |t| {
                t.add_column(integer("age").nullable());
            });
        });
}

fn after_raw(op: &mut Op) {
    op.alter_table("parent", |t| {
        t.alter_column("age").set_type(Type::big_integer());
    });
}
