//! The form in which PostgreSQL would report a schema.
//!
//! Introspection, models and lowering agree on this form:
//!
//! - Names are those of the database, at most 63 bytes. A table or type of the
//!   default schema has no schema.
//! - Types are the ones that PostgreSQL has: no unsigned ones, no `tinyint`,
//!   `char` is `char(1)`, `numeric(10)` is `numeric(10, 0)`. A type that has no
//!   variant is `Custom` in the words of `format_type`, with its schema where
//!   that is not the default one. A type that is in `Schema::enums` is `Enum`.
//! - Expressions have no parentheses around all of them. Whoever writes them
//!   into a statement puts them there.
//! - A default is a literal where it is a plain constant (`default`); NULL is
//!   no default. A `Text` literal may stand on a column of any type and is
//!   written without a cast.
//! - A numbered column has `autoincrement` and says how in `identity`; it has
//!   no default. Identity columns and columns of the primary key are NOT NULL.
//! - A primary key that is called as PostgreSQL would call it has no name.
//! - A collation or operator class is a bare name, or a text that begins with a
//!   double quote or holds several names, which is written as it stands.
//! - Unique constraints over the columns of the primary key are left out.
//! - `method` is `None` for a B-tree; `nulls` is `None` where NULLs go by
//!   default; a key that is a column is never an expression.
//!
//! What `extra` holds, each in the place where the statement has it:
//!
//! | of | text |
//! |---|---|
//! | an identity column | the options of the sequence in parentheses, after `AS IDENTITY` |
//! | a serial column | what follows `CREATE SEQUENCE`: the name, then options, where they are not those of `serial` |
//! | a primary key, a unique constraint | what follows the columns and INCLUDE: `WITH (..)`, `USING INDEX TABLESPACE x`, and for a primary key `INCLUDE (..)` and `DEFERRABLE ..` |
//! | a foreign key | `MATCH FULL` before the actions, `(a)` after `ON DELETE SET NULL` |
//! | a check | `NO INHERIT`, `NOT VALID` after the parentheses |
//! | an index | `WITH (..)`, then `TABLESPACE x`, before `WHERE` |
//! | a table | `UNLOGGED` first if it is; then what follows the parentheses: `INHERITS (..)`, `PARTITION BY ..`, `USING ..`, `WITH (..)`, `TABLESPACE ..` |
//!
//! A virtual generated column has `stored: false`; servers before 18 have none,
//! which lowering has to say.

use std::collections::BTreeMap;

use super::{default, name, tokens, types};
use crate::schema::{
    Check, Column, ColumnType, EnumType, Expression, ForeignKey, Identity, Index, IndexKey,
    IndexTarget, Name, NullsOrder, PrimaryKey, Schema, Table, TableName, TableOptions, Unique,
};

/// The canonical schema: `canonical(canonical(s)) == canonical(s)`.
pub(super) fn canonical(schema: Schema) -> Schema {
    let enums: BTreeMap<TableName, EnumType> = schema
        .enums
        .into_values()
        .map(|mut ty| {
            limit_table(&mut ty.name);
            (ty.name.clone(), ty)
        })
        .collect();
    let mut tables: BTreeMap<TableName, Table> = schema
        .tables
        .into_values()
        .map(|table| {
            let table = canonical_table(table, &enums);
            (table.name.clone(), table)
        })
        .collect();
    let keys: BTreeMap<TableName, Vec<Name>> = tables
        .values()
        .filter_map(|table| {
            let key = table.primary_key.as_ref()?;
            Some((table.name.clone(), key.columns.clone()))
        })
        .collect();
    for table in tables.values_mut() {
        for key in &mut table.foreign_keys {
            if key.referenced_columns.is_empty()
                && let Some(columns) = keys.get(&key.references)
            {
                key.referenced_columns.clone_from(columns);
            }
        }
        table.sort_lists();
    }
    Schema { tables, enums }
}

fn limit(name: &mut Name) {
    *name = name::within_limit(std::mem::take(name));
}

fn limit_table(name: &mut TableName) {
    limit(&mut name.name);
    if let Some(schema) = &mut name.schema {
        limit(schema);
    }
}

fn bare(expression: &mut Expression) {
    let text = tokens::unwrapped(expression.as_str());
    if text != expression.as_str() {
        *expression = Expression::new(text);
    }
}

fn canonical_table(mut table: Table, enums: &BTreeMap<TableName, EnumType>) -> Table {
    limit_table(&mut table.name);
    for column in &mut table.columns {
        canonical_column(column, enums);
    }
    canonical_key(&mut table);
    for unique in &mut table.uniques {
        unique.name.iter_mut().for_each(limit);
        unique.columns.iter_mut().for_each(limit);
        unique.include.iter_mut().for_each(limit);
    }
    for key in &mut table.foreign_keys {
        canonical_reference(key);
    }
    for check in &mut table.checks {
        check.name.iter_mut().for_each(limit);
        bare(&mut check.expression);
    }
    let columns = std::mem::take(&mut table.columns);
    for index in &mut table.indexes {
        canonical_index(index, &columns);
    }
    table.columns = columns;
    drop_idle_uniques(&mut table);
    drop_twin_checks(&mut table);
    table.comment = table.comment.filter(|text| !text.is_empty());
    table.options = TableOptions {
        extra: table.options.extra,
        ..TableOptions::default()
    };
    table
}

fn canonical_key(table: &mut Table) {
    let Some(mut key) = table.primary_key.take().filter(|k| !k.columns.is_empty()) else {
        return;
    };
    key.columns.iter_mut().for_each(limit);
    key.name.iter_mut().for_each(limit);
    let usual = name::primary_key(&table.name.name);
    key.name = key.name.filter(|name| *name != usual);
    for column in &mut table.columns {
        if key.columns.contains(&column.name) {
            column.nullable = false;
        }
    }
    table.primary_key = Some(PrimaryKey { ..key });
}

fn canonical_column(column: &mut Column, enums: &BTreeMap<TableName, EnumType>) {
    limit(&mut column.name);
    column.ty = canonical_type(&column.ty, enums);
    if column.identity.is_some() {
        column.autoincrement = true;
    }
    if column.autoincrement {
        let identity = column.identity.unwrap_or(Identity::ByDefault);
        column.identity = Some(identity);
        column.default = None;
        if identity != Identity::Serial {
            column.nullable = false;
        }
    }
    column.default = column
        .default
        .take()
        .and_then(|value| default::canonical(value, &column.ty));
    if let Some(generated) = &mut column.generated {
        bare(&mut generated.expression);
    }
    column.collation = column.collation.take().and_then(|c| plain_name(&c));
    column.comment = column.comment.take().filter(|text| !text.is_empty());
}

/// The type, with the enums of the schema known.
pub(super) fn canonical_type(ty: &ColumnType, enums: &BTreeMap<TableName, EnumType>) -> ColumnType {
    match types::canonical(ty) {
        ColumnType::Array(inner) => ColumnType::Array(Box::new(canonical_type(&inner, enums))),
        ColumnType::Custom(spelling) => match name::read_table(&spelling) {
            Some(name) if enums.contains_key(&name) => ColumnType::Enum(name),
            _ => ColumnType::Custom(spelling),
        },
        ColumnType::Enum(mut name) => {
            limit_table(&mut name);
            ColumnType::Enum(name)
        }
        other => other,
    }
}

/// A collation without needless quotes; `None` for the default one.
fn plain_name(text: &str) -> Option<String> {
    let list = tokens::tokens(text);
    let plain = match list.as_slice() {
        [only] if text.starts_with('"') => tokens::name(only, text).as_str().to_owned(),
        _ => text.to_owned(),
    };
    (plain != "default").then_some(plain)
}

fn canonical_reference(key: &mut ForeignKey) {
    key.name.iter_mut().for_each(limit);
    key.columns.iter_mut().for_each(limit);
    key.referenced_columns.iter_mut().for_each(limit);
    limit_table(&mut key.references);
}

fn canonical_index(index: &mut Index, columns: &[Column]) {
    index.name.iter_mut().for_each(limit);
    index.include.iter_mut().for_each(limit);
    index.method = index
        .method
        .take()
        .map(|method| method.to_ascii_lowercase())
        .filter(|method| method != "btree");
    if let Some(predicate) = &mut index.predicate {
        bare(predicate);
    }
    let sorted = index.method.is_none();
    for key in &mut index.keys {
        canonical_index_key(key, sorted, columns);
    }
}

fn canonical_index_key(key: &mut IndexKey, sorted: bool, columns: &[Column]) {
    if let IndexTarget::Expression(expression) = &mut key.target {
        bare(expression);
        let only = name::read_table(expression.as_str());
        if let Some(TableName { schema: None, name }) = only
            && columns.iter().any(|c| c.name == name)
        {
            key.target = IndexTarget::Column(name);
        }
    }
    let column = match &mut key.target {
        IndexTarget::Column(name) => {
            limit(name);
            columns.iter().find(|c| c.name == *name)
        }
        IndexTarget::Expression(_) => None,
    };
    let usual = if key.descending {
        NullsOrder::First
    } else {
        NullsOrder::Last
    };
    key.nulls = key.nulls.filter(|nulls| *nulls != usual);
    let own = column.and_then(|c| c.collation.clone());
    key.collation = key
        .collation
        .take()
        .and_then(|c| plain_name(&c))
        .filter(|c| Some(c) != own.as_ref());
    let idle = column.and_then(|c| usual_opclass(&c.ty));
    key.opclass = key
        .opclass
        .take()
        .map(|class| class.trim().to_owned())
        .filter(|class| !(sorted && Some(class.as_str()) == idle));
    key.prefix = None;
}

/// The operator class that a B-tree over such a column has if none is said.
fn usual_opclass(ty: &ColumnType) -> Option<&'static str> {
    Some(match ty {
        ColumnType::SmallInteger => "int2_ops",
        ColumnType::Integer => "int4_ops",
        ColumnType::BigInteger => "int8_ops",
        ColumnType::Float => "float4_ops",
        ColumnType::Double => "float8_ops",
        ColumnType::Decimal(_) => "numeric_ops",
        ColumnType::Boolean => "bool_ops",
        ColumnType::Char(_) => "bpchar_ops",
        ColumnType::Text | ColumnType::Varchar(_) => "text_ops",
        ColumnType::Blob => "bytea_ops",
        ColumnType::Date => "date_ops",
        ColumnType::Time(_) => "time_ops",
        ColumnType::DateTime(_) => "timestamp_ops",
        ColumnType::TimestampTz(_) => "timestamptz_ops",
        ColumnType::Interval => "interval_ops",
        ColumnType::Uuid => "uuid_ops",
        ColumnType::Jsonb => "jsonb_ops",
        ColumnType::Inet => "inet_ops",
        ColumnType::Enum(_) => "enum_ops",
        ColumnType::Array(_) => "array_ops",
        _ => return None,
    })
}

/// A unique constraint over the columns of the primary key, or a second
/// unnamed one over the same columns, changes nothing.
fn drop_idle_uniques(table: &mut Table) {
    let key = table.primary_key.as_ref().map(|key| key.columns.clone());
    let (named, unnamed): (Vec<Unique>, Vec<Unique>) = std::mem::take(&mut table.uniques)
        .into_iter()
        .filter(|unique| Some(&unique.columns) != key.as_ref())
        .partition(|unique| unique.name.is_some());
    let mut kept = named;
    kept.dedup();
    for unique in unnamed {
        if !kept.iter().any(|other| other.columns == unique.columns) {
            kept.push(unique);
        }
    }
    table.uniques = kept;
}

/// An unnamed check with the text of another check changes nothing.
fn drop_twin_checks(table: &mut Table) {
    let (mut kept, unnamed): (Vec<Check>, Vec<Check>) = std::mem::take(&mut table.checks)
        .into_iter()
        .partition(|check| check.name.is_some());
    for check in unnamed {
        if !kept
            .iter()
            .any(|other| other.expression == check.expression)
        {
            kept.push(check);
        }
    }
    table.checks = kept;
}

#[cfg(test)]
mod tests;
