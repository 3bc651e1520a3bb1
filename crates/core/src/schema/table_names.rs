//! Servers that have their own way with the names of tables.

use super::{Name, Schema, Table, TableName};

/// What a server makes of the names of tables (MySQL: `lower_case_table_names`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TableNames {
    /// They are kept and found as all other names are, or nobody asked.
    #[default]
    AsOtherNames,
    /// They are as they are written: two that differ in case are two tables,
    /// though the names of columns may not differ so.
    AsWritten,
    /// They are kept in small letters, however they are written.
    InSmallLetters,
    /// They are kept as they are written first, and found in any case.
    InAnyCase,
}

impl TableNames {
    /// The name that the server has for a table of that name, given what is
    /// there.
    #[must_use]
    pub fn spelled(self, name: &TableName, there: &Schema) -> TableName {
        let small = |name: &Name| Name::from(name.as_str().to_lowercase());
        let in_small_letters = |name: &TableName| TableName {
            schema: name.schema.as_ref().map(small),
            name: small(&name.name),
        };
        match self {
            Self::AsOtherNames | Self::AsWritten => name.clone(),
            Self::InSmallLetters => in_small_letters(name),
            Self::InAnyCase if there.table(name).is_some() => name.clone(),
            Self::InAnyCase => {
                let key = in_small_letters(name);
                let mut names = there.tables.keys();
                let found = names.find(|other| in_small_letters(other) == key);
                found.unwrap_or(name).clone()
            }
        }
    }

    /// The same in a table, also of those that it refers to.
    pub fn spell_table(self, table: &mut Table, there: &Schema) {
        table.name = self.spelled(&table.name, there);
        for key in &mut table.foreign_keys {
            key.references = self.spelled(&key.references, there);
        }
    }
}
