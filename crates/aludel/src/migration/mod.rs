//! What a migration file is written with: `use aludel::migration::*;`.
//!
//! [`Op`] *records* calls, each with the place in the file where it stands; it
//! neither looks anything up nor runs anything. [`record`] holds what was
//! recorded, [`resolve`] makes operations of it, given the schema before them.
//! This module knows no SQL and no database.
//!
//! ```
//! use aludel::migration::*;
//!
//! pub fn upgrade(op: &mut Op) {
//!     op.create_table("node", |t| {
//!         t.column(integer("id"));
//!         t.column(varchar("name", 100).default(""));
//!         t.column(datetime("seen").default(sql("CURRENT_TIMESTAMP")));
//!         t.primary_key(["id"]);
//!         t.index("ix_node_seen", [desc("seen")]);
//!     });
//! }
//! ```

mod alter_table;
mod canonical;
mod column;
mod create_table;
mod data;
mod fold;
mod insert;
mod key;
mod object;
mod op;
mod op_table;
pub mod record;
mod recording;
pub mod resolve;
#[cfg(test)]
mod tests;
mod types;

pub use aludel_core::object::ObjectId;
pub use aludel_core::schema::ReferentialAction::{
    Cascade, NoAction, Restrict, SetDefault, SetNull,
};
pub use aludel_core::schema::{Identity, ReferentialAction, TableName};

pub use alter_table::AlterTable;
pub use column::{ColumnDef, DefaultValue, Value, null, number, sql};
pub use create_table::CreateTable;
pub use data::{DataError, DataFn, DataFuture};
pub use insert::{BulkInsert, Row};
pub use key::{Key, OptionalName, OptionalText, asc, desc, expr, in_schema};
pub use object::{
    aggregate, domain, event, extension, function, materialized_view, procedure, sequence,
    sql_type, trigger, view, view_index,
};
pub use op::{ExecuteCall, Op};
pub use recording::{ColumnAlteration, DropIndex, OptionsAlteration, Recording};
pub use types::*;
