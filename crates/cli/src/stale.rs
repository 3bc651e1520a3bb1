//! `renamed_from` that has done its work.
//!
//! It has to stay in the source until the last database is past the rename, and
//! nobody remembers to take it out. Pure: it knows neither files nor
//! connections.

use aludel_core::change::Pair;
use aludel_core::dialect::Dialect;
use aludel_core::diff::Wanted;
use aludel_core::model::Models;
use aludel_core::schema::{Schema, TableName};

/// One that can go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stale {
    /// What has the new name: `node`, `node.firmware`, `mood.low`.
    pub(crate) now: String,
    /// What it says.
    pub(crate) renamed_from: String,
}

impl std::fmt::Display for Stale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`renamed_from = \"{}\"` of `{}` has done its work here; take it out when every \
             database is past it",
            self.renamed_from, self.now
        )
    }
}

/// All that can go, where models and database do not differ.
pub(crate) fn renames(
    dialect: &dyn Dialect,
    wanted: &Wanted,
    models: &Models,
    found: &Schema,
) -> Vec<Stale> {
    let mut stale = Vec::new();
    for (table, hint) in &wanted.hints {
        if let Some(from) = &hint.renamed_from
            && !has_table(dialect, wanted.exact_tables, found, from)
        {
            stale.push(Stale {
                now: table.to_string(),
                renamed_from: from.to_string(),
            });
        }
        for (column, hint) in &hint.columns {
            let Some(from) = &hint.renamed_from else {
                continue;
            };
            let fold = |name: &str| dialect.fold_name(name);
            let there = wanted.schema.table(table).is_some_and(|t| {
                let mut names = t.columns.iter().map(|c| fold(c.name.as_str()));
                names.any(|name| name == fold(from.as_str()))
            });
            if !there {
                stale.push(Stale {
                    now: format!("{table}.{column}"),
                    renamed_from: from.to_string(),
                });
            }
        }
    }
    for model in &models.enums {
        let gone = |pair: &&Pair<String>| !model.values.contains(&pair.from);
        stale.extend(model.renamed_values.iter().filter(gone).map(|pair| Stale {
            now: format!("{}.{}", model.name, pair.to),
            renamed_from: pair.from.clone(),
        }));
    }
    stale
}

fn has_table(dialect: &dyn Dialect, exact: bool, found: &Schema, name: &TableName) -> bool {
    let same = |other: &TableName| {
        let fold = |name: &str| match exact {
            true => name.to_owned(),
            false => dialect.fold_name(name),
        };
        other.schema == name.schema && fold(other.name.as_str()) == fold(name.name.as_str())
    };
    found.tables.keys().any(same)
}
