//! Replay of changes of enum types.

use super::references::{enum_of, follow_enum};
use crate::change::{Change, Pair};
use crate::error::{Error, Result};
use crate::schema::{EnumType, Schema};

/// Replays a change of an enum type.
pub(super) fn change_enum(schema: &mut Schema, change: &Change<EnumType>) -> Result<()> {
    let missing =
        |name: &dyn std::fmt::Display| Error::new(format!("there is no enum type `{name}`"));
    match change {
        Change::Add(e) if schema.enums.contains_key(&e.name) => {
            Err(Error::new(format!("enum type `{}` exists already", e.name)))
        }
        Change::Add(e) => {
            schema.enums.insert(e.name.clone(), e.clone());
            Ok(())
        }
        Change::Drop(e) => {
            for table in schema.tables.values_mut() {
                for column in &mut table.columns {
                    if enum_of(&mut column.ty).is_some_and(|name| *name == e.name) {
                        return Err(Error::new(format!(
                            "enum type `{}` cannot be dropped: column `{}.{}` still uses it",
                            e.name, table.name, column.name
                        )));
                    }
                }
            }
            let gone = schema.enums.remove(&e.name);
            gone.map(|_| ()).ok_or_else(|| missing(&e.name))
        }
        Change::Alter(pair) => {
            schema
                .enums
                .remove(&pair.from.name)
                .ok_or_else(|| missing(&pair.from.name))?;
            schema.enums.insert(pair.to.name.clone(), pair.to.clone());
            Ok(())
        }
        Change::Rename(names) => {
            let from = schema.enums.keys().find(|k| k.name == names.from).cloned();
            let from = from.ok_or_else(|| missing(&names.from))?;
            let mut to = from.clone();
            to.name = names.to.clone();
            if let Some(mut moved) = schema.enums.remove(&from) {
                moved.name = to.clone();
                schema.enums.insert(to.clone(), moved);
            }
            follow_enum(schema, &Pair::new(from, to));
            Ok(())
        }
    }
}
