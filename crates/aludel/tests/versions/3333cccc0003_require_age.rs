//! require age
//!
//! Revision ID: 3333cccc0003
//! Revises: 2222bbbb0002
//! Create Date: 2026-11-20T18:30:14Z

use aludel::migration::*;

pub fn upgrade(op: &mut Op) {
    op.execute("UPDATE node SET age = 7 WHERE age IS NULL");
    op.alter_table("node", |t| {
        t.alter_column("age").set_not_null();
        t.create_index("ix_node_age", ["age"]);
    });
}

pub fn downgrade(op: &mut Op) {
    op.alter_table("node", |t| {
        t.drop_index("ix_node_age");
        t.alter_column("age").set_nullable();
    });
}
