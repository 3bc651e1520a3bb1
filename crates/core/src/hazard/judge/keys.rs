//! What tells the rows of a table apart before and within a batch.

use super::Place;
use super::parts::unique_keys_over;
use crate::schema::{Index, Name, PrimaryKey};

impl Place<'_> {
    pub(super) fn is_in_a_key(&self, column: &Name) -> bool {
        self.unique_keys().iter().any(|key| key.contains(&column))
    }

    /// Whether a column is by now in a key that tells rows apart.
    pub(super) fn tells_rows_apart(&self, column: &Name) -> bool {
        let table = self.now.as_ref().and_then(|now| now.table(self.name));
        table.is_some_and(|table| !unique_keys_over(table, column).is_empty())
    }

    /// Every list of columns that no two rows share.
    fn unique_keys(&self) -> Vec<Vec<&Name>> {
        let primary = self
            .table
            .primary_key
            .iter()
            .map(|k| k.columns.iter().collect());
        let uniques = self
            .table
            .uniques
            .iter()
            .map(|u| u.columns.iter().collect());
        let indexes = self.table.indexes.iter().filter_map(Index::unique_columns);
        primary.chain(uniques).chain(indexes).collect()
    }

    /// Whether rows are told apart by these columns already.
    pub(super) fn is_unique_already(&self, columns: &[&Name]) -> bool {
        self.unique_keys()
            .iter()
            .any(|key| key.iter().all(|c| columns.contains(c)))
    }

    /// Whether the columns tell rows apart already and are never NULL.
    pub(super) fn is_a_key(&self, key: &PrimaryKey) -> bool {
        let numbered = |name: &Name| self.numbered.contains(&name);
        let columns: Vec<&Name> = key.columns.iter().collect();
        let unique = key.columns.iter().any(numbered) || self.is_unique_already(&columns);
        let filled = |name: &Name| {
            let column = self.table.column(name.as_str());
            column.is_some_and(|column| !column.nullable) || numbered(name)
        };
        unique && key.columns.iter().all(filled)
    }
}
