//! Foreign keys that refer to what is not unique.
//!
//! SQLite takes them and fails at the first row, and the others say no more than
//! that they are wrong. Only what a change brings about is looked at: a database
//! may have lived with one for years.

use crate::error::{Error, Result};
use crate::operation::part::listed;
use crate::schema::{ForeignKey, Schema};

/// Refuses a foreign key that is new, or whose unique constraint goes away, if
/// nothing makes the columns unique that it refers to.
///
/// # Errors
/// The first such foreign key.
pub fn refuse_unmatched(before: &Schema, after: &Schema) -> Result<()> {
    for table in after.tables.values() {
        for key in &table.foreign_keys {
            if !is_unmatched(after, key) {
                continue;
            }
            // Under another name as well, of the table or of a column.
            let was_there = before.tables.values().any(|old| {
                let mut keys = old.foreign_keys.iter();
                let same = old.name == table.name || after.table(&old.name).is_none();
                same && keys.any(|known| {
                    known.columns.len() == key.columns.len() && is_unmatched(before, known)
                })
            });
            if was_there {
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
    let said = &key.referenced_columns;
    let table = schema.table(&key.references);
    !said.is_empty() && table.is_some_and(|table| !table.is_referable(said))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::schema::{Column, ColumnType, Table, Unique};

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
