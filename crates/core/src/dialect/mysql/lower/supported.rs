//! What the database has no way for, refused before anything is touched.

use crate::dialect::Dialect;
use crate::dialect::mysql::{MySql, render};
use crate::error::{Error, Result};
use crate::operation::part::Part;
use crate::schema::{ColumnType, IndexTarget, Table};

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
    Ok(())
}
