//! Models on a server that has its own way with the names of tables.
//!
//! Owns which names the models then mean, and which of them are one. It must
//! not know any dialect.

use std::collections::BTreeMap;

use super::{TableHint, Wanted};
use crate::change::Pair;
use crate::schema::{Schema, TableName, TableNames};

impl Wanted {
    /// The same, with the names that the server has for the tables. Gives the
    /// names that are one there; only the later one of them is kept.
    pub fn spelled_by(&mut self, names: TableNames) -> Vec<Pair<TableName>> {
        self.exact_tables = names == TableNames::AsWritten;
        if names != TableNames::InSmallLetters {
            return Vec::new();
        }
        let none = Schema::default();
        let mut said: BTreeMap<TableName, TableName> = BTreeMap::new();
        let mut twins = Vec::new();
        for mut table in std::mem::take(&mut self.schema.tables).into_values() {
            let written = table.name.clone();
            names.spell_table(&mut table, &none);
            if let Some(first) = said.insert(table.name.clone(), written.clone()) {
                twins.push(Pair::new(first, written));
            }
            self.schema.insert(table);
        }
        let hints = std::mem::take(&mut self.hints).into_iter();
        self.hints = hints
            .map(|(name, mut hint): (TableName, TableHint)| {
                hint.renamed_from = hint.renamed_from.map(|from| names.spelled(&from, &none));
                (names.spelled(&name, &none), hint)
            })
            .collect();
        twins
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::schema::{ForeignKey, Table};

    fn wanted(names: &[&str]) -> Wanted {
        let mut wanted = Wanted::default();
        for name in names {
            let mut table = Table::new(*name);
            let key = ForeignKey::new(["a"], "Other", ["Id"]);
            table.foreign_keys.push(key);
            let hint = TableHint {
                renamed_from: Some("Old".into()),
                ..TableHint::default()
            };
            wanted.hints.insert(table.name.clone(), hint);
            wanted.schema.insert(table);
        }
        wanted
    }

    #[test]
    fn small_letters_are_for_tables_and_what_refers_to_them() {
        let mut models = wanted(&["Node"]);
        let same = models.clone();
        assert_eq!(models.spelled_by(TableNames::AsOtherNames), []);
        assert_eq!(models.spelled_by(TableNames::InAnyCase), []);
        assert_eq!(models, same);
        assert_eq!(models.spelled_by(TableNames::InSmallLetters), []);
        let table = models.schema.table(&"node".into()).unwrap();
        assert_eq!(table.foreign_keys[0].references, "other".into());
        assert_eq!(table.foreign_keys[0].referenced_columns, ["Id"]);
        let hint = &models.hints[&TableName::from("node")];
        assert_eq!(hint.renamed_from, Some("old".into()));
    }

    #[test]
    fn two_models_of_one_table_are_told() {
        let mut models = wanted(&["Node", "edge", "node"]);
        let twins = models.spelled_by(TableNames::InSmallLetters);
        assert_eq!(twins, [Pair::new("Node".into(), "node".into())]);
    }

    #[test]
    fn what_is_there_in_another_case_is_meant() {
        let there = wanted(&["Node", "a", "A"]).schema;
        let spelled = |names: TableNames, name: &str| names.spelled(&name.into(), &there);
        assert_eq!(spelled(TableNames::AsWritten, "NODE"), "NODE".into());
        assert_eq!(spelled(TableNames::InSmallLetters, "NODE"), "node".into());
        assert_eq!(spelled(TableNames::InAnyCase, "NODE"), "Node".into());
        assert_eq!(spelled(TableNames::InAnyCase, "a"), "a".into());
        assert_eq!(spelled(TableNames::InAnyCase, "New"), "New".into());
    }
}
