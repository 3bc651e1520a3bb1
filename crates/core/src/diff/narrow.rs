//! Foreign keys whose columns hold less than what they refer to.
//!
//! PostgreSQL takes them, and the first row whose parent has a greater number
//! is refused. Only what a change brings about is told: a database may have
//! lived with one for years.

use crate::hazard::{whole_number, widens};
use crate::schema::{Column, ForeignKey, Name, Schema, Table};

/// A column that cannot hold every number that it refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Narrow<'s> {
    /// The table that refers.
    pub table: &'s Table,
    /// Its column.
    pub column: &'s Column,
    /// The table that it refers to.
    pub parent: &'s Table,
    /// The column of that.
    pub referenced: &'s Column,
}

impl std::fmt::Display for Narrow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}.{}` does not hold every value of `{}.{}`, which it refers to: give it the same \
             type",
            self.table.name, self.column.name, self.parent.name, self.referenced.name
        )
    }
}

/// Every column of a foreign key that a change leaves too narrow for what it
/// refers to, where it was not so before.
pub fn narrow_references<'s>(before: &Schema, after: &'s Schema) -> Vec<Narrow<'s>> {
    let mut found = Vec::new();
    for table in after.tables.values() {
        for key in &table.foreign_keys {
            for (column, to) in key.columns.iter().zip(&key.referenced_columns) {
                let Some(narrow) = narrow(after, table, key, (column, to)) else {
                    continue;
                };
                let was_there = before.table(&table.name).is_some_and(|known| {
                    known.foreign_keys.iter().any(|old| {
                        let mut pairs = old.columns.iter().zip(&old.referenced_columns);
                        pairs.any(|pair| {
                            pair == (column, to) && self::narrow(before, known, old, pair).is_some()
                        })
                    })
                });
                if !was_there {
                    found.push(narrow);
                }
            }
        }
    }
    found
}

/// A pair of columns of a foreign key, if the first holds less.
fn narrow<'s>(
    schema: &'s Schema,
    table: &'s Table,
    key: &ForeignKey,
    (column, referenced): (&Name, &Name),
) -> Option<Narrow<'s>> {
    let parent = schema.table(&key.references)?;
    let column = table.column(column.as_str())?;
    let referenced = parent.column(referenced.as_str())?;
    let numbers = whole_number(&column.ty).is_some() && whole_number(&referenced.ty).is_some();
    (numbers && !widens(&referenced.ty, &column.ty)).then_some(Narrow {
        table,
        column,
        parent,
        referenced,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ColumnType;

    /// A table of processes whose parents are processes as well.
    fn processes(id: ColumnType, parent: ColumnType) -> Schema {
        let mut table = Table::new("processes");
        table.columns = vec![Column::new("id", id), Column::new("parent_id", parent)];
        table.foreign_keys = vec![ForeignKey::new(["parent_id"], "processes", ["id"])];
        let mut schema = Schema::default();
        schema.insert(table);
        schema
    }

    #[test]
    fn a_key_that_grows_outgrows_what_refers_to_it() {
        use ColumnType::{BigInteger, Integer, Text};
        let count = |before: &Schema, after: &Schema| narrow_references(before, after).len();
        let small = processes(Integer, Integer);
        let half = processes(BigInteger, Integer);
        let wide = processes(BigInteger, BigInteger);
        assert_eq!(count(&small, &half), 1);
        assert_eq!(count(&wide, &half), 1);
        assert_eq!(count(&Schema::default(), &half), 1);
        assert_eq!(count(&half, &half), 0);
        assert_eq!(count(&small, &wide), 0);
        assert_eq!(count(&small, &processes(Integer, BigInteger)), 0);
        assert_eq!(count(&small, &processes(Text, Integer)), 0);
        let found = narrow_references(&small, &half);
        assert_eq!(
            found[0].to_string(),
            "`processes.parent_id` does not hold every value of `processes.id`, which it refers \
             to: give it the same type"
        );
    }
}
