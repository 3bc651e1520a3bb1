//! create item
//!
//! Revision ID: aaaa00000001
//! Revises:
//! Create Date: 2026-01-01T00:00:00Z

use aludel::migration::*;

pub fn upgrade(op: &mut Op) {
    op.create_table("item", |t| {
        t.column(integer("id").autoincrement());
        t.column(text("note").nullable());
        t.column(text("old").nullable());
        t.primary_key(["id"]);
    });
    op.create_index("item", "ix_item_note", ["note"]);
}

pub fn downgrade(op: &mut Op) {
    op.drop_table("item");
}
