//! Foreign keys that refer to what is not unique.
//!
//! SQLite takes them and fails at the first row, and the others say no more than
//! that they are wrong. Only what a change brings about is looked at: a database
//! may have lived with one for years.

use crate::error::{Error, Result};
use crate::operation::part::listed;
use crate::schema::{ForeignKey, Index, IndexTarget, Name, Schema, Table};

/// Refuses a foreign key that is new, or whose unique constraint goes away, if
/// nothing makes the columns unique that it refers to.
///
/// # Errors
/// The first such foreign key.
pub fn refuse_unmatched(before: &Schema, after: &Schema) -> Result<()> {
    for table in after.tables.values() {
        for key in &table.foreign_keys {
            // Under another name as well, of the table or of a column.
            let was_there = before.tables.values().any(|old| {
                let mut keys = old.foreign_keys.iter();
                let same = old.name == table.name || after.table(&old.name).is_none();
                same && keys.any(|known| {
                    known.columns.len() == key.columns.len() && is_unmatched(before, known)
                })
            });
            if was_there || !is_unmatched(after, key) {
                continue;
            }
            let name = match &key.name {
                Some(name) => format!("foreign key `{name}` of `{}`", table.name),
                None => format!("a foreign key of `{}`", table.name),
            };
            return Err(Error::new(format!(
                "{name} refers to {} of `{}`, which nothing makes unique",
                listed(&key.referenced_columns),
                key.references
            ))
            .with_hint("make what it refers to a primary key or unique, or drop the foreign key"));
        }
    }
    Ok(())
}

/// Whether the table that is referred to is known, and has no such key.
fn is_unmatched(schema: &Schema, key: &ForeignKey) -> bool {
    let Some(table) = schema.table(&key.references) else {
        return false;
    };
    let said = &key.referenced_columns;
    !said.is_empty() && !keys(table).any(|columns| alike(&columns, said))
}

/// The lists of columns that no two rows of a table share.
fn keys(table: &Table) -> impl Iterator<Item = Vec<Name>> {
    let primary = table.primary_key.iter().map(|key| key.columns.clone());
    let uniques = table.uniques.iter().map(|unique| unique.columns.clone());
    primary
        .chain(uniques)
        .chain(table.indexes.iter().filter_map(unique_columns))
}

fn unique_columns(index: &Index) -> Option<Vec<Name>> {
    if !index.unique || index.predicate.is_some() {
        return None;
    }
    let column = |target: &IndexTarget| match target {
        IndexTarget::Column(name) => Some(name.clone()),
        IndexTarget::Expression(_) => None,
    };
    index.keys.iter().map(|key| column(&key.target)).collect()
}

fn alike(a: &[Name], b: &[Name]) -> bool {
    // In any order: each is said once.
    a.len() == b.len()
        && a.iter().all(|name| {
            let mut others = b.iter();
            others.any(|other| other.as_str().eq_ignore_ascii_case(name.as_str()))
        })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::schema::{Column, ColumnType, Unique};

    fn schema(unique: bool, key: bool) -> Schema {
        let mut table = Table::new("t");
        table.columns = vec![Column::new("a", ColumnType::Integer)];
        if unique {
            table.uniques = vec![Unique::on(["a"])];
        }
        if key {
            table.foreign_keys = vec![ForeignKey::new(["a"], "t", ["a"])];
        }
        let mut schema = Schema::default();
        schema.insert(table);
        schema
    }

    #[test]
    fn only_what_a_change_brings_about_is_refused() {
        let refused = |before: (bool, bool), after: (bool, bool)| {
            let (before, after) = (schema(before.0, before.1), schema(after.0, after.1));
            refuse_unmatched(&before, &after).is_err()
        };
        assert!(refused((false, false), (false, true)));
        assert!(refused((true, true), (false, true)));
        assert!(!refused((false, true), (false, true)));
        assert!(!refused((false, false), (true, true)));
        assert!(!refused((true, true), (false, false)));
        let error = refuse_unmatched(&schema(false, false), &schema(false, true)).unwrap_err();
        assert_eq!(
            error.message,
            "a foreign key of `t` refers to (`a`) of `t`, which nothing makes unique"
        );
    }
}
