//! Enum types that no column has.
//!
//! A model says an enum type by having a column of it, so introspection finds
//! one without a column among the objects. While operations are lowered, all
//! enum types are alike; this module owns the way from the one to the other.

use crate::dialect::postgres::catalog::create_enum;
use crate::dialect::postgres::lexer::{self, TokenKind};
use crate::dialect::{ObjectKind, Snapshot, SqlObject, Unmanaged};
use crate::schema::{ColumnType, EnumType, TableName};

/// What introspection calls such a type.
const NOTE: &str = "enum without a column";

/// All enum types become ones of the schema.
pub(super) fn take(snapshot: &mut Snapshot) {
    let enums = &mut snapshot.schema.enums;
    let unmanaged = &mut snapshot.unmanaged;
    snapshot.objects.retain(|object| {
        let found = (object.kind == ObjectKind::Type).then(|| read(&object.sql));
        let Some(found) = found.flatten() else {
            return true;
        };
        unmanaged.retain(|note| note.kind != NOTE || note.name != object.name);
        enums.insert(found.name.clone(), found);
        false
    });
}

/// Enum types that no column has become objects.
pub(super) fn put_back(snapshot: &mut Snapshot) {
    let tables = snapshot.schema.tables.values();
    let columns = tables.flat_map(|t| &t.columns);
    let used: Vec<TableName> = columns.filter_map(|c| enum_of(&c.ty)).cloned().collect();
    let all = std::mem::take(&mut snapshot.schema.enums);
    let (used, others) = all.into_iter().partition(|(name, _)| used.contains(name));
    snapshot.schema.enums = used;
    let first = |o: &SqlObject| !matches!(o.kind, ObjectKind::Schema | ObjectKind::Extension);
    for (name, ty) in others.into_iter().rev() {
        let name = name.to_string();
        let at = snapshot.objects.iter().position(first);
        let object = SqlObject {
            kind: ObjectKind::Type,
            name: name.clone(),
            table: name.clone(),
            sql: create_enum(&ty),
        };
        let at = at.unwrap_or(snapshot.objects.len());
        snapshot.objects.insert(at, object);
        snapshot.unmanaged.push(Unmanaged {
            kind: NOTE.to_owned(),
            name,
            detail: None,
        });
    }
    snapshot.unmanaged.sort();
}

fn enum_of(ty: &ColumnType) -> Option<&TableName> {
    match ty {
        ColumnType::Enum(name) => Some(name),
        ColumnType::Array(of) => enum_of(of),
        _ => None,
    }
}

/// The type that a `CREATE TYPE .. AS ENUM` makes.
fn read(sql: &str) -> Option<EnumType> {
    let tokens = lexer::tokens(sql).ok()?;
    let [create, ty, rest @ ..] = tokens.as_slice() else {
        return None;
    };
    if !create.is(sql, "create") || !ty.is(sql, "type") {
        return None;
    }
    let (name, rest) = match rest {
        [schema, point, name, rest @ ..] if point.is(sql, ".") => (
            TableName::in_schema(schema.name(sql)?, name.name(sql)?),
            rest,
        ),
        [name, rest @ ..] => (TableName::new(name.name(sql)?), rest),
        [] => return None,
    };
    let [is, word, ..] = rest else { return None };
    if !is.is(sql, "as") || !word.is(sql, "enum") {
        return None;
    }
    let values = rest.iter().filter(|t| t.kind == TokenKind::Text);
    let values = values.map(|t| lexer::string(t.text(sql)));
    Some(EnumType {
        name,
        values: values.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_comes_back_as_it_was() {
        let ty = EnumType {
            name: TableName::in_schema("s t", "mood"),
            values: vec!["it's".into(), "a\\b".into()],
        };
        let mut snapshot = Snapshot::default();
        snapshot.schema.enums.insert(ty.name.clone(), ty.clone());
        put_back(&mut snapshot);
        assert!(snapshot.schema.enums.is_empty());
        assert_eq!(snapshot.objects.len(), 1);
        assert_eq!(snapshot.unmanaged.len(), 1);
        take(&mut snapshot);
        assert_eq!(snapshot.schema.enums.get(&ty.name), Some(&ty));
        assert!(snapshot.objects.is_empty() && snapshot.unmanaged.is_empty());
        assert!(read("CREATE TYPE c AS (a integer)").is_none());
    }
}
