//! What is said of indexes and constraints in statements of their own.
//!
//! Owns that a comment, a statistics target, the order of a clustered table and
//! the identity of its rows come again with the part that they hang on. It must
//! not know why that is made anew.

use super::Lowering;
use super::batch::Item;
use crate::change::Pair;
use crate::dialect::postgres::name::quote;
use crate::dialect::postgres::render::{beside, qualified};
use crate::dialect::{ObjectKind, SqlObject};
use crate::error::{Error, Result};
use crate::plan::Statement;
use crate::schema::{Deferrable, Index, IndexTarget, Name, Table, TableName, Unique};

/// By this index the rows of its table lie.
const CLUSTERED: &str = "ALTER TABLE <table> CLUSTER ON <name>";

/// By this index those who follow the table know its rows.
const IDENTITY: &str = "ALTER TABLE <table> REPLICA IDENTITY USING INDEX <name>";

impl Lowering<'_> {
    /// What is said of a part of a table, to be said again where that is made
    /// again; a part that is added under a name of which something is said was
    /// dropped before.
    pub(super) fn said_of(&self, table: &TableName, part: &str) -> Vec<Item> {
        let said = self.properties(table, part).into_iter();
        said.map(|sql| Item::said(written(sql, table, part)))
            .collect()
    }

    /// What can be said again of an index that is made anew.
    pub(super) fn said_of_index(&self, index: &Index, table: &Table) -> Result<Vec<Item>> {
        let Some(name) = &index.name else {
            return Ok(Vec::new());
        };
        let computed = |sql: &str| {
            let number = sql.split_whitespace().nth(5);
            let at = number.and_then(|number| number.parse::<usize>().ok());
            let key = at.and_then(|at| index.keys.get(at.checked_sub(1)?));
            key.is_some_and(|key| matches!(key.target, IndexTarget::Expression(_)))
        };
        let mut items = Vec::new();
        for sql in self.properties(&table.name, name.as_str()) {
            let fits = match sql {
                IDENTITY => {
                    let columns = index.referable_columns();
                    let columns = columns.unwrap_or_default();
                    identifies(&table.name, name, table, &columns)?
                }
                CLUSTERED => index.predicate.is_none(),
                sql if sql.starts_with("ALTER INDEX ") => computed(sql),
                _ => true,
            };
            if fits {
                items.push(Item::said(written(sql, &table.name, name.as_str())));
            }
        }
        Ok(items)
    }

    /// What can be said again of a unique constraint that is made anew.
    pub(super) fn said_of_unique(
        &self,
        unique: &Unique,
        name: &str,
        table: &Table,
    ) -> Result<Vec<Item>> {
        if self.properties(&table.name, name).contains(&IDENTITY) {
            let at_once = unique.deferrable == Deferrable::No;
            let columns = unique.columns.iter().filter(|_| at_once);
            identifies(
                &table.name,
                &Name::from(name),
                table,
                &columns.collect::<Vec<_>>(),
            )?;
        }
        Ok(self.said_of(&table.name, name))
    }

    fn properties(&self, table: &TableName, part: &str) -> Vec<&str> {
        let (name, table) = (full(table, part), table.to_string());
        let of = |o: &&SqlObject| {
            o.kind == ObjectKind::PartProperty && o.name == name && o.table == table
        };
        let found = self.now.objects.iter().filter(of);
        found.map(|o| o.sql.as_str()).collect()
    }

    /// What is said of a part goes on being said of it under its new name.
    pub(super) fn said_follows(&mut self, table: &TableName, names: &Pair<Name>) {
        let (from, to) = (
            full(table, names.from.as_str()),
            full(table, names.to.as_str()),
        );
        let table = table.to_string();
        for object in &mut self.now.objects {
            let is_said = object.kind == ObjectKind::PartProperty;
            if is_said && object.table == table && object.name == from {
                object.name.clone_from(&to);
            }
        }
    }
}

/// A part of a table, which stands in the schema of that.
fn full(table: &TableName, part: &str) -> String {
    let full = TableName {
        schema: table.schema.clone(),
        name: part.into(),
    };
    full.to_string()
}

/// Whether rows can be known by these columns; refused where they cannot, since
/// those who follow the table would no longer know which row is meant.
fn identifies(of: &TableName, index: &Name, table: &Table, columns: &[&Name]) -> Result<bool> {
    let there = |name: &&Name| {
        let column = table.column(name.as_str());
        column.is_some_and(|column| !column.nullable)
    };
    if !columns.is_empty() && columns.iter().all(there) {
        return Ok(true);
    }
    Err(Error::new(format!(
        "index `{index}` is the replica identity of `{of}`, which it cannot be as it is to become"
    ))
    .with_hint(format!(
        "`ALTER TABLE {} REPLICA IDENTITY DEFAULT` or another one before, in a migration of its own",
        qualified(of)
    )))
}

/// The statement with the names in its holes, which stand before any text in
/// quotes. What is filled in is not searched: a name may look like a hole.
fn written(sql: &str, table: &TableName, part: &str) -> String {
    let (mut rest, text) = match sql.find('\'') {
        Some(at) => sql.split_at(at),
        None => (sql, ""),
    };
    let mut out = String::new();
    while let Some((before, behind)) = rest.split_once('<') {
        out.push_str(before);
        let (name, after) = match behind.split_once('>') {
            Some(("index", after)) => (beside(table, part), after),
            Some(("name", after)) => (quote(part), after),
            Some(("table", after)) => (qualified(table), after),
            _ => ("<".to_owned(), behind),
        };
        out.push_str(&name);
        rest = after;
    }
    out + rest + text
}

impl Item {
    fn said(sql: String) -> Self {
        Self::Said(Statement::new(sql, ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled() {
        let table = TableName::in_schema("o", "t");
        for (sql, expected) in [
            (CLUSTERED, "ALTER TABLE \"o\".\"t\" CLUSTER ON \"ix\""),
            (
                "COMMENT ON INDEX <index> IS 'a <name>'",
                "COMMENT ON INDEX \"o\".\"ix\" IS 'a <name>'",
            ),
            (
                "COMMENT ON CONSTRAINT <name> ON <table> IS 'x'",
                "COMMENT ON CONSTRAINT \"ix\" ON \"o\".\"t\" IS 'x'",
            ),
        ] {
            assert_eq!(written(sql, &table, "ix"), expected);
        }
        assert_eq!(
            written(
                "COMMENT ON CONSTRAINT <name> ON <table> IS 'x'",
                &table,
                "a<table>"
            ),
            "COMMENT ON CONSTRAINT \"a<table>\" ON \"o\".\"t\" IS 'x'"
        );
    }
}
