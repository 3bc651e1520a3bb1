//! The form in which SQLite would report a schema.
//!
//! It owns what is the same on SQLite though it is written differently, and
//! what SQLite does not keep. It must not know models or stored texts.

use super::default::canonical_default;
use super::{index, render, said};
use crate::dialect::types::{sqlite_read, sqlite_write};
use crate::model::RustType;
use crate::schema::{
    Check, Column, ColumnType, Deferrable, EnumType, Expression, ForeignKey, Index, IndexTarget,
    Name, Schema, Table, TableName, Unique,
};
use std::collections::BTreeMap;

/// The canonical schema: `canonical(canonical(s)) == canonical(s)`.
pub(super) fn canonical(schema: Schema) -> Schema {
    let Schema { tables, enums } = schema;
    let mut tables: BTreeMap<TableName, Table> = tables
        .into_iter()
        .map(|(name, table)| (name, canonical_table(table, &enums)))
        .collect();
    let targets: BTreeMap<String, Target> = tables
        .values()
        .map(|table| (fold(&table.name.name), Target::of(table)))
        .collect();
    for table in tables.values_mut() {
        for key in &mut table.foreign_keys {
            canonical_reference(key, &targets);
        }
        table.sort_lists();
    }
    Schema {
        tables,
        enums: BTreeMap::new(),
    }
}

fn fold(name: &Name) -> String {
    name.as_str().to_ascii_lowercase()
}

/// What a foreign key may refer to.
struct Target {
    name: TableName,
    columns: Vec<Name>,
    primary_key: Vec<Name>,
}

impl Target {
    fn of(table: &Table) -> Self {
        Self {
            name: table.name.clone(),
            columns: table.columns.iter().map(|c| c.name.clone()).collect(),
            primary_key: table
                .primary_key
                .iter()
                .flat_map(|key| key.columns.clone())
                .collect(),
        }
    }
}

fn canonical_reference(key: &mut ForeignKey, targets: &BTreeMap<String, Target>) {
    let Some(target) = targets.get(&fold(&key.references.name)) else {
        return;
    };
    key.references = target.name.clone();
    if key.referenced_columns.is_empty() && target.primary_key.len() == key.columns.len() {
        key.referenced_columns.clone_from(&target.primary_key);
    }
    respell(&mut key.referenced_columns, &target.columns);
}

/// Gives names the spelling of the columns that they mean.
fn respell(names: &mut [Name], columns: &[Name]) {
    for name in names {
        if let Some(column) = columns.iter().find(|c| fold(c) == fold(name)) {
            *name = column.clone();
        }
    }
}

fn canonical_table(mut table: Table, enums: &BTreeMap<TableName, EnumType>) -> Table {
    table.checks.extend(enum_checks(&table.columns, enums));
    let names: Vec<Name> = table.columns.iter().map(|c| c.name.clone()).collect();
    if let Some(key) = &mut table.primary_key {
        respell(&mut key.columns, &names);
        key.extra = None;
    }
    for check in &mut table.checks {
        check.extra = None;
    }
    table.primary_key = table.primary_key.filter(|key| !key.columns.is_empty());
    for column in &mut table.columns {
        canonical_column(column, table.options.strict);
        let keyed = |key: &crate::schema::PrimaryKey| key.columns.contains(&column.name);
        // SQLite lets NULL into most keys unless it is told not to; whether it
        // was told is no difference, only a note of introspection.
        if table.primary_key.as_ref().is_some_and(keyed) {
            column.nullable = false;
        }
    }
    for unique in &mut table.uniques {
        respell(&mut unique.columns, &names);
        *unique = Unique {
            name: unique.name.take(),
            ..Unique::on(std::mem::take(&mut unique.columns))
        };
    }
    for key in &mut table.foreign_keys {
        respell(&mut key.columns, &names);
        key.not_valid = false;
        key.extra = None;
        // Without INITIALLY DEFERRED the word DEFERRABLE changes nothing.
        if key.deferrable == Deferrable::InitiallyImmediate {
            key.deferrable = Deferrable::No;
        }
    }
    let columns = std::mem::take(&mut table.columns);
    for index in &mut table.indexes {
        canonical_index(index, &columns);
    }
    table.columns = columns;
    drop_idle_uniques(&mut table);
    drop_twin_checks(&mut table);
    table.comment = None;
    table.options.extra = None;
    table.options.engine = None;
    table.options.charset = None;
    table.options.collation = None;
    table
}

fn canonical_column(column: &mut Column, strict: bool) {
    column.ty = canonical_type(&column.ty);
    if strict {
        column.ty = said::strict_type(std::mem::replace(&mut column.ty, ColumnType::Blob));
    }
    column.default = column
        .default
        .take()
        .and_then(|value| canonical_default(value, &column.ty, strict));
    column.collation = column.collation.take().and_then(canonical_collation);
    column.comment = None;
    // What belongs to other databases alone.
    column.identity = None;
    column.extra = None;
}

/// The type that SQLite gives back for what it is told.
pub(super) fn canonical_type(ty: &ColumnType) -> ColumnType {
    sqlite_read(&sqlite_write(ty))
}

/// SQLite compares names of collations without case; BINARY is the default.
fn canonical_collation(name: String) -> Option<String> {
    let name = name.to_ascii_uppercase();
    (name != "BINARY").then_some(name)
}

/// The checks that enums become.
fn enum_checks(columns: &[Column], enums: &BTreeMap<TableName, EnumType>) -> Vec<Check> {
    columns
        .iter()
        .filter_map(|column| match &column.ty {
            ColumnType::Enum(name) => Some((column, enums.get(name)?)),
            _ => None,
        })
        .map(|(column, ty)| Check {
            name: None,
            expression: one_of(&column.name, &ty.values),
            extra: None,
        })
        .collect()
}

/// That a column holds one of these texts.
pub(super) fn one_of(column: &Name, values: &[String]) -> Expression {
    let list: Vec<String> = values.iter().map(|v| render::string_literal(v)).collect();
    Expression::new(format!(
        "{} IN ({})",
        render::quote(column.as_str()),
        list.join(", ")
    ))
}

fn canonical_index(index: &mut Index, columns: &[Column]) {
    let find = |name: &Name| columns.iter().find(|c| fold(&c.name) == fold(name));
    for key in &mut index.keys {
        if let IndexTarget::Expression(expression) = &key.target
            && let Some(read) = index::expression_key(expression.as_str())
        {
            let known = match &read.target {
                IndexTarget::Column(name) => find(name).is_some(),
                IndexTarget::Expression(_) => true,
            };
            if known && (key.collation.is_none() || read.collation.is_none()) {
                key.target = read.target;
                key.collation = key.collation.take().or(read.collation);
                key.descending |= read.descending;
            }
        }
        let own = match &mut key.target {
            IndexTarget::Column(name) => {
                let column = find(name);
                if let Some(column) = column {
                    *name = column.name.clone();
                }
                column.and_then(|c| c.collation.clone())
            }
            IndexTarget::Expression(_) => None,
        };
        let said = key.collation.take().map(|name| name.to_ascii_uppercase());
        let own = own.unwrap_or_else(|| "BINARY".to_owned());
        key.collation = said.filter(|name| *name != own);
        key.nulls = None;
        key.opclass = None;
        key.prefix = None;
    }
    index.method = None;
    index.include.clear();
    index.nulls_not_distinct = false;
    index.concurrently = false;
    index.extra = None;
}

/// A unique constraint over the columns of the primary key, or a second
/// unnamed one over the same columns, changes nothing.
fn drop_idle_uniques(table: &mut Table) {
    let key = table.primary_key.as_ref().map(|key| key.columns.clone());
    let mut kept: Vec<Unique> = Vec::new();
    let (named, unnamed): (Vec<_>, Vec<_>) = std::mem::take(&mut table.uniques)
        .into_iter()
        .partition(|unique| unique.name.is_some());
    for unique in named {
        if Some(&unique.columns) != key.as_ref() && !kept.contains(&unique) {
            kept.push(unique);
        }
    }
    for unique in unnamed {
        let twin = kept.iter().any(|other| other.columns == unique.columns);
        if Some(&unique.columns) != key.as_ref() && !twin {
            kept.push(unique);
        }
    }
    table.uniques = kept;
}

/// An unnamed check with the text of another check changes nothing.
fn drop_twin_checks(table: &mut Table) {
    let (mut kept, unnamed): (Vec<_>, Vec<_>) = std::mem::take(&mut table.checks)
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

/// What sqlx takes a declared type for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    Integer,
    Float,
    Text,
    Blob,
    Boolean,
    Date,
    Time,
    DateTime,
}

fn declared(ty: &ColumnType) -> Option<Declared> {
    let spelling = sqlite_write(ty).to_ascii_lowercase();
    let base = spelling.split('(').next().unwrap_or_default().trim();
    let has = |part: &str| spelling.contains(part);
    Some(match base {
        "boolean" | "bool" => Declared::Boolean,
        "date" => Declared::Date,
        "time" => Declared::Time,
        "datetime" | "timestamp" => Declared::DateTime,
        _ if has("int") => Declared::Integer,
        _ if has("char") || has("clob") || has("text") => Declared::Text,
        _ if has("blob") => Declared::Blob,
        _ if has("real") || has("floa") || has("doub") => Declared::Float,
        _ => return None,
    })
}

/// Whether sqlx decodes what such a column holds into that Rust type.
///
/// A type that sqlx does not know by its name is taken only where values
/// survive SQLite's conversion: JSON objects in a column called JSON, decimals
/// in one called NUMERIC or DECIMAL.
pub(super) fn accepts(rust: &RustType, existing: &ColumnType) -> bool {
    use Declared as D;
    let known = declared(existing);
    let one_of = |list: &[Declared]| known.is_some_and(|d| list.contains(&d));
    match rust {
        RustType::I8
        | RustType::I16
        | RustType::I32
        | RustType::I64
        | RustType::U8
        | RustType::U16
        | RustType::U32
        | RustType::U64 => one_of(&[D::Integer]),
        RustType::Bool => one_of(&[D::Boolean, D::Integer]),
        RustType::F32 | RustType::F64 => one_of(&[D::Float]),
        RustType::Char
        | RustType::String
        | RustType::Enum(_)
        | RustType::IpNetwork
        | RustType::IpAddress => one_of(&[D::Text]),
        RustType::Json => one_of(&[D::Text]) || is_called(existing, &["JSON"]),
        RustType::Bytes | RustType::Uuid => one_of(&[D::Blob, D::Text]),
        RustType::Decimal | RustType::BigDecimal => {
            one_of(&[D::Text]) || is_called(existing, &["DECIMAL", "NUMERIC"])
        }
        RustType::Date => one_of(&[D::Date, D::Text]),
        RustType::Time => one_of(&[D::Time, D::Text]),
        RustType::DateTime | RustType::TimestampTz => one_of(&[D::DateTime, D::Text, D::Integer]),
        RustType::Array(_) => false,
    }
}

fn is_called(ty: &ColumnType, names: &[&str]) -> bool {
    let spelling = sqlite_write(ty);
    let base = spelling.split('(').next().unwrap_or_default().trim();
    names.iter().any(|name| base.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
