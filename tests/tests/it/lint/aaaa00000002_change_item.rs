//! change item
//!
//! Revision ID: aaaa00000002
//! Revises: aaaa00000001
//! Create Date: 2026-01-02T00:00:00Z

use aludel::migration::*;

pub fn upgrade(op: &mut Op) {
    op.alter_table("item", |t| {
        // aludel: allow(deletes_data, breaks_running_code) nobody reads it since 2.0
        // deletes data: every value of `item.old`
        t.drop_column("old");
        // aludel: allow(deletes_data) there is nothing to delete
        t.alter_column("note").set_not_null().fill("");
    });
    op.execute("DELETE FROM item");
}

pub fn downgrade(op: &mut Op) {
    op.alter_table("item", |t| {
        t.alter_column("note").set_nullable();
        t.add_column(text("old").nullable());
    });
}
