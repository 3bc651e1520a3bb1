//! What a database looks like, in words that all dialects share.
//!
//! This module owns the nouns and must not know how any database spells them.
//! A [`Schema`] is plain data: it is compared with `==`, cloned, and replayed
//! by [`crate::operation`].

mod column;
mod expression;
mod index;
mod inherits;
mod name;
mod table;
mod table_names;
mod types;

use std::collections::BTreeMap;

pub use column::{Column, DefaultValue, Generated, Identity, Literal, Using};
pub use expression::Expression;
pub use index::{Index, IndexKey, IndexTarget, NullsOrder};
pub use name::{Name, TableName};
pub use table::{
    Check, Deferrable, ForeignKey, PrimaryKey, ReferentialAction, Table, TableOptions, Unique,
};
pub use table_names::TableNames;
pub use types::ColumnType;

/// All tables and enum types of a database that aludel manages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// The tables, by name.
    pub tables: BTreeMap<TableName, Table>,
    /// Enum types of the database's own, by name (PostgreSQL; elsewhere empty
    /// once a dialect has made the schema canonical).
    pub enums: BTreeMap<TableName, EnumType>,
}

impl Schema {
    /// The table of that name, if there is one.
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.get(name)
    }

    /// Adds a table, or replaces the one of the same name.
    pub fn insert(&mut self, table: Table) {
        self.tables.insert(table.name.clone(), table);
    }
}

/// An enum type: its values in their declared order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumType {
    /// The name of the type.
    pub name: TableName,
    /// The values, in order.
    pub values: Vec<String>,
}
