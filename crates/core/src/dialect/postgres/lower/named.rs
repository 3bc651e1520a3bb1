//! What constraints are called that nobody gave a name.

use super::{default_name, joined};
use crate::operation::identifiers;
use crate::schema::{Check, ForeignKey, Name, PrimaryKey, Table, Unique};

/// The name of a constraint: its own, or the one that PostgreSQL gave it.
pub(super) trait Named {
    fn constraint(&self, table: &Table) -> String;
}

impl Named for PrimaryKey {
    fn constraint(&self, table: &Table) -> String {
        let own = self.name.as_ref().map(Name::to_string);
        own.unwrap_or_else(|| default_name(table.name.name.as_str(), "", "pkey"))
    }
}

impl Named for Unique {
    fn constraint(&self, table: &Table) -> String {
        let own = self.name.as_ref().map(Name::to_string);
        own.unwrap_or_else(|| default_name(table.name.name.as_str(), &joined(&self.columns), "key"))
    }
}

impl Named for ForeignKey {
    fn constraint(&self, table: &Table) -> String {
        let own = self.name.as_ref().map(Name::to_string);
        own.unwrap_or_else(|| {
            default_name(table.name.name.as_str(), &joined(&self.columns), "fkey")
        })
    }
}

impl Named for Check {
    fn constraint(&self, table: &Table) -> String {
        let own = self.name.as_ref().map(Name::to_string);
        own.unwrap_or_else(|| {
            let columns = identifiers::mentioned(&self.expression, table);
            let column = match columns.as_slice() {
                [one] => one.as_str(),
                _ => "",
            };
            default_name(table.name.name.as_str(), column, "check")
        })
    }
}
