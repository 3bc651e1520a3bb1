//! What models leave unsaid takes the value that exists.
//!
//! | module | owns |
//! |---|---|
//! | `renamed` | which renames, told or hinted, are to be done |
//! | `spelling` | wanted names in the spelling that exists |
//! | `table` | types, defaults, expressions and names of one table |
//! | `naming` | names for what is new |
//! | `said` | names that a model says, which no other table may keep |
//! | `values` | which values get other names |
//! | `uses` | what the models use and no longer have |

mod naming;
mod renamed;
mod said;
mod spelling;
mod table;
mod uses;
mod values;

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests;

use super::{Adopted, Judge, Naming, Renames, Wanted, renames};
use crate::error::Result;
use crate::schema::{ColumnType, EnumType, Schema, Table, TableName};

/// The existing schema as it will be once the renames are done: what there is to
/// be compared with.
///
/// # Errors
/// A rename that cannot be.
pub(super) fn renamed_before(existing: &Schema, told: &Renames) -> Result<Schema> {
    let mut before = existing.clone();
    for operation in renames::operations(existing, told) {
        operation.apply(&mut before)?;
    }
    Ok(before)
}

/// Keeps the enum types of columns whose models say the type by its name and
/// not its values.
fn keep_enums(schema: &mut Schema, before: &Schema) {
    let columns = schema.tables.values().flat_map(|table| &table.columns);
    let used: Vec<&TableName> = columns
        .filter_map(|column| match &column.ty {
            ColumnType::Enum(name) => Some(name),
            ColumnType::Array(inner) => match inner.as_ref() {
                ColumnType::Enum(name) => Some(name),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let missing = used
        .into_iter()
        .filter(|name| !schema.enums.contains_key(name));
    let found = missing.filter_map(|name| before.enums.get(name));
    let kept: Vec<EnumType> = found.cloned().collect();
    let kept = kept.into_iter().map(|ty| (ty.name.clone(), ty));
    schema.enums.extend(kept);
}

/// The wanted schema in the words of the existing one.
///
/// # Errors
/// A rename that was told and cannot be, or a wanted table that uses a column
/// or a table that is to go away.
pub fn adopt(
    wanted: &Wanted,
    existing: &Schema,
    renames: &Renames,
    judge: &Judge<'_>,
    naming: &Naming,
) -> Result<Adopted> {
    let told = values::seen(renames, wanted);
    let mut adopted = spelling::respell(wanted, existing, &told, judge)?;
    let before = renamed_before(existing, &adopted.renames)?;
    adopted.renames.values = values::renames(&adopted, &before, &told.values)?;
    let before = renamed_before(existing, &adopted.renames)?;
    let said = said::Said::of(&adopted.schema, judge, naming);
    let mut unnamed = Vec::new();
    for table in adopted.schema.tables.values_mut() {
        let hint = adopted.hints.get_mut(&table.name);
        let open = hint.as_deref();
        let (own, new) = table::adopt(table, before.table(&table.name), open, &said);
        for (name, hint) in hint.into_iter().flat_map(|h| &mut h.columns) {
            let ty = |t: &Table| t.column(name.as_str()).map(|c| c.ty.clone());
            // The words for the inferred type do not fit the one that exists.
            if ty(table) != ty(&own) {
                hint.neutral = None;
            }
        }
        *table = own;
        unnamed.push((table.name.clone(), new));
    }
    naming::give_names(&mut adopted.schema, unnamed, naming, judge);
    keep_enums(&mut adopted.schema, &before);
    for table in adopted.schema.tables.values_mut() {
        table.sort_lists();
    }
    uses::check(&adopted, existing, &before)?;
    Ok(adopted)
}
