//! create node
//!
//! Revision ID: 1111aaaa0001
//! Revises:
//! Create Date: 2026-11-20T18:30:12Z

use aludel::migration::*;

pub fn upgrade(op: &mut Op) {
    op.create_table("node", |t| {
        t.column(integer("id"));
        t.column(text("name").default(""));
        t.primary_key(["id"]);
    });
    op.bulk_insert("node", ["id", "name"])
        .row((1, "one"))
        .row((2, "two"));
    op.data("shout", |connection| {
        Box::pin(async move {
            sqlx::query("UPDATE node SET name = upper(name)")
                .execute(connection.sqlite()?)
                .await?;
            Ok(())
        })
    });
}

pub fn downgrade(op: &mut Op) {
    op.drop_table("node");
}
