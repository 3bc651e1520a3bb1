//! Objects that no file can say, since they name what neither models nor files
//! make.

use super::{Mentions, ObjectId, definitions, in_order};
use crate::dialect::{Dialect, ObjectKind, Snapshot};
use crate::schema::TableName;

/// The objects of a database that name a virtual table, one of these tables, or
/// each other, with what they name.
pub fn beyond_files(
    dialect: &dyn Dialect,
    found: &Snapshot,
    tables: &[TableName],
) -> Vec<(ObjectId, TableName)> {
    let default = &found.server.schema;
    let virtuals = found.objects.iter().filter(|object| {
        matches!(
            object.kind,
            ObjectKind::VirtualTable | ObjectKind::ShadowTable
        )
    });
    let mut missing: Vec<TableName> = virtuals.map(|o| o.name.as_str().into()).collect();
    missing.extend_from_slice(tables);
    let mut beyond = Vec::new();
    if missing.is_empty() {
        return beyond;
    }
    for one in in_order(dialect, definitions(dialect, found), default) {
        let named = Mentions::of(dialect, one.sql.trim());
        let names = |name: &&TableName| named.has(dialect, name, default);
        if let Some(name) = missing.iter().find(names).cloned() {
            missing.push(one.id.name.clone());
            beyond.push((one.id, name));
        }
    }
    beyond
}
