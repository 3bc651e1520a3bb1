//! What the database has no way for, refused before anything is touched.

use crate::dialect::mysql::{MySql, render};
use crate::dialect::{Dialect, Server};
use crate::error::{Error, Result};
use crate::operation::part::Part;
use crate::schema::{ColumnType, ForeignKey, IndexTarget, Name, ReferentialAction, Schema, Table};

/// Refuses a table that cannot be written.
pub(super) fn check(on: MySql, table: &Table) -> Result<()> {
    let title = on.title();
    for column in &table.columns {
        if let ColumnType::Enum(name) = &column.ty {
            return Err(Error::new(format!(
                "the values of enum type `{name}` of `{}.{}` are not known here",
                table.name, column.name
            ))
            .with_hint("spell the type with its values: `enum('a','b')`"));
        }
        if render::type_of(&column.ty).is_empty() {
            return Err(Error::new(format!(
                "{title} has no type for `{}.{}`",
                table.name, column.name
            ))
            .with_hint("give its spelling there: `by_dialect([(\"mysql\", \"..\")])`"));
        }
    }
    for index in &table.indexes {
        let what = format!("index {} of `{}`", index.label(), table.name);
        if index.predicate.is_some() {
            return Err(Error::new(format!(
                "{title} has no partial indexes: {what} has a condition"
            ))
            .with_hint("leave the condition out, or index a generated column"));
        }
        let expression = index
            .keys
            .iter()
            .any(|k| matches!(k.target, IndexTarget::Expression(_)));
        if expression && on.is_mariadb() {
            return Err(
                Error::new(format!("{title} indexes no expressions: {what} has one"))
                    .with_hint("index a generated column with that expression"),
            );
        }
    }
    if is_partitioned(table)
        && let Some(key) = table.foreign_keys.first()
    {
        return Err(Error::new(format!(
            "{title} has no foreign keys of partitioned tables: foreign key {} of `{}`",
            key.label(),
            table.name
        ))
        .with_hint(format!(
            "leave the foreign key out, or take the partitions away before: \
             `ALTER TABLE {} REMOVE PARTITIONING`",
            render::table_name(&table.name)
        )));
    }
    Ok(())
}

fn is_partitioned(table: &Table) -> bool {
    let extra = table.options.extra.as_deref().unwrap_or_default();
    extra.contains("PARTITION BY ")
}

/// Refuses new foreign keys that refer to a partitioned table.
fn refuse_to_partitioned(server: &Server, before: &Schema, now: &Schema) -> Result<()> {
    for table in now.tables.values() {
        for key in &table.foreign_keys {
            let was = before.table(&table.name);
            let known = was.is_some_and(|table| table.foreign_keys.contains(key));
            let other = now.table(&key.references);
            if !known && other.is_some_and(is_partitioned) {
                return Err(Error::new(format!(
                    "{} has no foreign keys that refer to partitioned tables: foreign key {} \
                     of `{}` refers to `{}`",
                    server.product,
                    key.label(),
                    table.name,
                    key.references
                ))
                .with_hint("leave the foreign key out, or take the partitions away before"));
            }
        }
    }
    Ok(())
}

/// Refuses foreign keys that the server does not have: those that refer to a
/// partitioned table, and those that would hand on a NULL where none may be, which
/// MariaDB takes no more since it looks at that. One that an older version has
/// taken is left alone.
pub(super) fn check_references(server: &Server, before: &Schema, now: &Schema) -> Result<()> {
    refuse_to_partitioned(server, before, now)?;
    if server.product != MySql::MARIADB.title() || !looks_at_null(server.version) {
        return Ok(());
    }
    for table in now.tables.values() {
        for key in &table.foreign_keys {
            let was = before.table(&table.name);
            let was = was.filter(|t| t.foreign_keys.contains(key));
            let known = was.and_then(|table| hands_on_null(table, key, before));
            if let Some((own, there)) = hands_on_null(table, key, now)
                && known.is_none()
            {
                return Err(Error::new(format!(
                    "{} refuses foreign key {} of `{}`: an update of `{}.{there}` could \
                     hand NULL on to `{own}`, which is NOT NULL",
                    server.product,
                    key.label(),
                    table.name,
                    key.references,
                ))
                .with_hint(format!(
                    "make both columns optional or neither, or leave `on_update = cascade` out \
                     of the foreign key over `{own}`"
                )));
            }
        }
    }
    Ok(())
}

/// The versions that refuse such a key.
fn looks_at_null(version: (u32, u32, u32)) -> bool {
    matches!(
        version,
        (10, 5, 26..)
            | (10, 6, 19..)
            | (10, 11, 9..)
            | (11, 1, 6..)
            | (11, 2, 5..)
            | (11, 4, 3..)
            | (11, 5, 2..)
            | (11, 6.., _)
            | (12.., _, _)
    )
}

/// The first two columns of a foreign key of which only the other table's may
/// be NULL, where updates are handed on.
fn hands_on_null<'k>(
    table: &Table,
    key: &'k ForeignKey,
    schema: &Schema,
) -> Option<(&'k Name, &'k Name)> {
    let other = schema.table(&key.references)?;
    let may_be_null = |table: &Table, name: &Name| table.column(name.as_str()).map(|c| c.nullable);
    let mut pairs = key.columns.iter().zip(&key.referenced_columns);
    let found = pairs.find(|(own, there)| {
        may_be_null(table, own) == Some(false) && may_be_null(other, there) == Some(true)
    });
    found.filter(|_| key.on_update == ReferentialAction::Cascade)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Column;

    #[test]
    fn a_key_that_hands_on_null_is_refused_where_the_server_does() {
        let mut schema = Schema::default();
        for (name, nullable) in [("p", true), ("c", false)] {
            let mut table = Table::new(name);
            let mut column = Column::new("x", ColumnType::Integer);
            column.nullable = nullable;
            table.columns = vec![column];
            schema.insert(table);
        }
        let mut key = ForeignKey::new(
            vec![Name::new("x")],
            Table::new("p").name,
            vec![Name::new("x")],
        );
        key.on_update = ReferentialAction::Cascade;
        for table in schema.tables.values_mut() {
            if table.name == Table::new("c").name {
                table.foreign_keys = vec![key.clone()];
            }
        }
        let server = |product: &str, version| Server {
            product: product.to_owned(),
            version,
            ..Server::default()
        };
        let refused =
            |server: &Server, before: &Schema| check_references(server, before, &schema).is_err();
        let none = Schema::default();
        assert!(refused(&server("MariaDB", (10, 11, 19)), &none));
        assert!(!refused(&server("MariaDB", (10, 11, 19)), &schema));
        assert!(!refused(&server("MariaDB", (10, 11, 8)), &none));
        assert!(!refused(&server("MySQL", (9, 7, 0)), &none));
    }
}
