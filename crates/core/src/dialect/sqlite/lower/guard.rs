//! What is refused before anything is touched.
//!
//! Owns the refusals that need the whole list: a view or a trigger that would
//! be left without what it names, a virtual table without its content.

use super::{Lowering, mention, working};
use crate::dialect::{ObjectKind, SqlObject};
use crate::error::{Error, Result};

/// Something that goes away while a view or a trigger names it.
pub(super) struct Lost {
    pub(super) object: SqlObject,
    pub(super) table: String,
    pub(super) column: Option<String>,
}

impl Lowering<'_> {
    /// A virtual table that keeps its content in a table finds it by name, and
    /// SQLite does not follow.
    pub(super) fn refuse_content(&self, table: &str, column: Option<&str>) -> Result<()> {
        let Some(object) = mention::content_of(&self.now, table) else {
            return Ok(());
        };
        let what = match column {
            Some(column) if mention::count_name(&object.sql, column) == 0 => return Ok(()),
            Some(column) => format!("column `{table}.{column}`"),
            None => format!("table `{table}`"),
        };
        Err(Error::new(format!(
            "cannot rename or drop {what}: virtual table `{}` keeps its content there",
            object.name
        ))
        .with_hint(
            "drop the virtual table before with `execute`, and create it again after the change",
        ))
    }

    /// Refuses what would leave a view or a trigger without something that it
    /// names.
    pub(super) fn refuse_lost(&self) -> Result<()> {
        for lost in &self.lost {
            let stays = self
                .now
                .objects
                .iter()
                .any(|o| o.kind == lost.object.kind && o.name == lost.object.name);
            let table = self
                .now
                .schema
                .tables
                .values()
                .find(|t| working::same(t.name.name.as_str(), &lost.table));
            let back = match (table, &lost.column) {
                (None, column) => column.is_some(),
                (Some(_), None) => true,
                (Some(t), Some(c)) => t.columns.iter().any(|x| working::same(x.name.as_str(), c)),
            };
            if !stays || back {
                continue;
            }
            let what = match &lost.column {
                Some(column) => format!("column `{}.{column}`", lost.table),
                None => format!("table `{}`", lost.table),
            };
            let object = described(&lost.object);
            let kind = kind_word(&lost.object);
            return Err(
                Error::new(format!("{object} names {what}, which is dropped")).with_hint(format!(
                    "write its new definition into a `.sql` file among the models, or drop the {kind} \
                     before with `execute`"
                )),
            );
        }
        Ok(())
    }
}

fn kind_word(object: &SqlObject) -> &'static str {
    match object.kind {
        ObjectKind::View => "view",
        ObjectKind::Trigger => "trigger",
        _ => "object",
    }
}

/// A view or a trigger in words.
pub(super) fn described(object: &SqlObject) -> String {
    format!("{} `{}`", kind_word(object), object.name)
}
