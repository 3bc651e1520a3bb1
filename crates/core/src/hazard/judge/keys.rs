//! What tells the rows of a table apart before and within a batch.

use super::Place;
use super::parts::unique_keys_over;
use crate::change::{Change, Pair};
use crate::hazard::{Hazard, Objection};
use crate::operation::TableChange;
use crate::schema::{Column, ColumnType, Index, Name, PrimaryKey};

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

    /// The column of a new primary key that is the number of the row from then
    /// on, as SQLite has it, and was there before. A strict table has no other
    /// values in it.
    pub(super) fn becomes_row_number<'k>(&self, key: &'k PrimaryKey) -> Option<&'k Name> {
        let [name] = key.columns.as_slice() else {
            return None;
        };
        let altered = self.changes.iter().find_map(|change| match change {
            TableChange::Column(Change::Alter(pair)) if pair.to.name == *name => Some(&pair.to),
            _ => None,
        });
        let before = self.table.column(self.name_before(name).as_str())?;
        let is_number = altered.unwrap_or(before).ty == ColumnType::Integer;
        (is_number && self.has_row_numbers()).then_some(name)
    }

    /// Whether a column is of the type of the number of the row from now on, in
    /// a key that stays.
    pub(super) fn was_no_row_number(&self, Pair { from, to }: &Pair<Column>) -> bool {
        let key = self.table.primary_key.as_ref();
        let is_key = key.is_some_and(
            |key| matches!(key.columns.as_slice(), [name] if self.name_before(&from.name) == name),
        );
        let stays = |change| !matches!(change, &TableChange::PrimaryKey(_));
        is_key
            && from.ty != ColumnType::Integer
            && to.ty == ColumnType::Integer
            && self.has_row_numbers()
            && self.changes.iter().all(stays)
    }

    fn has_row_numbers(&self) -> bool {
        let options = &self.table.options;
        !options.strict && !options.without_rowid
    }

    /// What a column is called before the batch.
    fn name_before<'k>(&'k self, name: &'k Name) -> &'k Name {
        let renamed = self.changes.iter().find_map(|change| match change {
            TableChange::Column(Change::Rename(names)) if names.to == *name => Some(&names.from),
            _ => None,
        });
        renamed.unwrap_or(name)
    }

    pub(super) fn no_number(&self, name: &Name) -> Hazard {
        let message = format!("rows of `{}` whose `{name}` is no whole number", self.name);
        Hazard::of_rows(Objection::NoNumber, message)
    }
}
