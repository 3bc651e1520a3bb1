//! The form in which MySQL and MariaDB would report a schema.
//!
//! It owns what is the same on these servers though it is written differently,
//! and what they do not keep. It must not know models or rows of a catalogue.
//!
//! What the form is, where the servers leave a choice:
//!
//! - **Unique keys.** A unique constraint is a unique index here. One over
//!   whole columns, ascending, is in `uniques`; one with a length, an
//!   expression or `DESC` is in `indexes` with `unique`. Either way
//!   [`drop_named`] finds it by its name.
//! - **Indexes of foreign keys.** InnoDB makes an index for a foreign key that
//!   no other index serves. That one is not listed: [`implied_indexes`] tells
//!   from the rest of the table which there are, so a statement list keeps
//!   them in step by comparing this list before and after. An index that
//!   serves a foreign key and has another name or other columns is listed.
//! - **Checks** have the bare expression. A check that MariaDB keeps with its
//!   column (and drops or restates with it) has [`COLUMN_CHECK`] as `extra`;
//!   its name is the column's; the one that a period comes with has
//!   [`PERIOD_CHECK`]. JSON columns of MariaDB have no check listed.
//! - **Defaults** are constants in the form of the column's type, or bare
//!   expressions; `CURRENT_TIMESTAMP` and `CURRENT_TIMESTAMP(n)` are the only
//!   ones that may stand without parentheses everywhere.
//! - **`extra` of a column** follows its default: `ON UPDATE
//!   CURRENT_TIMESTAMP`, `INVISIBLE`, `COMPRESSED`. Of a table: its options,
//!   then `WITH SYSTEM VERSIONING`, then `PARTITION BY ..`, and it comes last.
//! - **`collation`** of a column is there where it differs from the table's,
//!   that of a table where it differs from the database's, together with its
//!   `charset`; [`of_server`] takes out what one database has anyway.
//! - **`extra` of a key** begins with what is said of its parts, in parentheses:
//!   how they are sorted where a primary key says so, and the period that is the
//!   last part (MariaDB).
//! - Names keep the spelling of what they refer to; a primary key has none.

mod parts;
mod server;

use std::collections::BTreeMap;

pub(super) use parts::{
    COLUMN_CHECK, Named, PERIOD_CHECK, comes_by_itself, drop_named, implied_indexes, is_json_check,
    is_of_column, is_of_period, kept_with,
};
pub(super) use server::{charset_of, of_server, spelled_by};

use super::MySql;
use super::default::canonical_default;
use super::expression::{bare, plain, requoted};
use super::types::{Class, canonical_type, enum_of};
use crate::schema::{
    Column, ColumnType, Deferrable, EnumType, Expression, ForeignKey, Index, IndexTarget, Name,
    ReferentialAction, Schema, Table, TableName,
};

/// The canonical schema: `canonical(canonical(s)) == canonical(s)`.
pub(super) fn canonical(on: MySql, schema: Schema) -> Schema {
    let Schema { tables, enums } = schema;
    let mut tables: BTreeMap<TableName, Table> = tables
        .into_iter()
        .map(|(name, table)| (name, canonical_table(on, table, &enums)))
        .collect();
    let targets: Vec<Target> = tables.values().map(Target::of).collect();
    for table in tables.values_mut() {
        for key in &mut table.foreign_keys {
            canonical_reference(key, &table.name, &targets);
        }
        parts::drop_implied_indexes(on, table);
        table.sort_lists();
    }
    Schema {
        tables,
        enums: BTreeMap::new(),
    }
}

pub(super) fn fold(name: &Name) -> String {
    name.as_str().to_lowercase()
}

/// What a foreign key may refer to.
struct Target {
    name: TableName,
    columns: Vec<Name>,
    primary_key: Vec<Name>,
}

impl Target {
    fn of(table: &Table) -> Self {
        let key = table.primary_key.iter();
        Self {
            name: table.name.clone(),
            columns: table.columns.iter().map(|c| c.name.clone()).collect(),
            primary_key: key.flat_map(|key| key.columns.clone()).collect(),
        }
    }
}

fn canonical_reference(key: &mut ForeignKey, own: &TableName, targets: &[Target]) {
    let exact = targets.iter().find(|t| t.name == key.references);
    // Where `book` refers to `Book`, which is not made yet, it does not mean
    // itself.
    let folded = |t: &&Target| {
        t.name != *own
            && t.name.schema == key.references.schema
            && fold(&t.name.name) == fold(&key.references.name)
    };
    let Some(target) = exact.or_else(|| targets.iter().find(folded)) else {
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

fn canonical_table(on: MySql, mut table: Table, enums: &BTreeMap<TableName, EnumType>) -> Table {
    let names: Vec<Name> = table.columns.iter().map(|c| c.name.clone()).collect();
    table.options.strict = false;
    table.options.without_rowid = false;
    server::canonical_options(on, &mut table.options);
    if let Some(key) = &mut table.primary_key {
        respell(&mut key.columns, &names);
        key.name = None;
        key.prefixes.resize(key.columns.len(), None);
        if key.prefixes.iter().all(Option::is_none) {
            key.prefixes.clear();
        }
    }
    table.primary_key = table.primary_key.filter(|key| !key.columns.is_empty());
    let keyed = |column: &Name| {
        let key = table.primary_key.as_ref();
        key.is_some_and(|key| key.columns.contains(column))
    };
    for column in &mut table.columns {
        canonical_column(on, column, enums);
        // A key is never NULL, nor is a number that the server gives.
        column.nullable &= !keyed(&column.name) && !column.autoincrement;
        if column.collation == table.options.collation {
            column.collation = None;
        }
    }
    for key in &mut table.foreign_keys {
        respell(&mut key.columns, &names);
        canonical_foreign_key(key);
    }
    for check in &mut table.checks {
        check.expression = canonical_expression(on, &check.expression);
    }
    for unique in &mut table.uniques {
        respell(&mut unique.columns, &names);
        unique.include.clear();
        unique.nulls_not_distinct = false;
        unique.deferrable = Deferrable::No;
    }
    let engine = table.options.engine.as_deref().unwrap_or_default();
    let hashes = engine.eq_ignore_ascii_case("MEMORY");
    for index in &mut table.indexes {
        canonical_index(on, index, &names, hashes);
    }
    parts::sort_out_uniques(&mut table);
    parts::drop_idle(&mut table);
    parts::drop_json_checks(on, &mut table);
    parts::name_column_checks(&mut table);
    table.comment = table.comment.filter(|text| !text.is_empty());
    table
}

fn canonical_column(on: MySql, column: &mut Column, enums: &BTreeMap<TableName, EnumType>) {
    column.ty = match &column.ty {
        ColumnType::Enum(name) => match enums.get(name) {
            Some(found) => ColumnType::Custom(enum_of(&found.values)),
            None => canonical_type(&column.ty),
        },
        other => canonical_type(other),
    };
    column.identity = None;
    column.default = column
        .default
        .take()
        .and_then(|value| canonical_default(value, &column.ty));
    if let Some(generated) = &mut column.generated {
        generated.expression = canonical_expression(on, &generated.expression);
        // MariaDB has no NOT NULL there.
        column.nullable |= on.is_mariadb();
        column.default = None;
    }
    let collated = Class::of(&column.ty).has_collation();
    column.collation = column
        .collation
        .take()
        .map(|name| name.to_ascii_lowercase())
        .filter(|_| collated);
    column.comment = column.comment.take().filter(|text| !text.is_empty());
}

/// The expression without what the servers add by themselves.
pub(super) fn canonical_expression(on: MySql, expression: &Expression) -> Expression {
    let text = expression.as_str();
    Expression::new(requoted(&match on.is_mariadb() {
        true => bare(text).to_owned(),
        false => plain(text),
    }))
}

fn canonical_foreign_key(key: &mut ForeignKey) {
    // InnoDB checks at once, so the two are one.
    for action in [&mut key.on_delete, &mut key.on_update] {
        if *action == ReferentialAction::Restrict {
            *action = ReferentialAction::NoAction;
        }
    }
    key.not_valid = false;
    key.deferrable = Deferrable::No;
}

/// `hashes`: the engine makes a hash where nothing is said.
fn canonical_index(on: MySql, index: &mut Index, columns: &[Name], hashes: bool) {
    for key in &mut index.keys {
        if let IndexTarget::Expression(expression) = &mut key.target {
            let text = bare(expression.as_str());
            let unquoted = text.trim_matches('`');
            match columns.iter().find(|c| fold(c) == unquoted.to_lowercase()) {
                Some(column) => key.target = IndexTarget::Column(column.clone()),
                None => *expression = canonical_expression(on, expression),
            }
        }
        if let IndexTarget::Column(name) = &mut key.target {
            respell(std::slice::from_mut(name), columns);
        }
        key.nulls = None;
        key.opclass = None;
        key.collation = None;
    }
    let method = index.method.take().map(|name| name.to_ascii_lowercase());
    // Engines other than MEMORY have B-trees only and take `hash` for one.
    let usual = if hashes {
        &["hash"][..]
    } else {
        &["btree", "hash"]
    };
    index.method = method.filter(|name| !usual.contains(&name.as_str()));
    if matches!(index.method.as_deref(), Some("fulltext" | "spatial")) {
        for key in &mut index.keys {
            key.descending = false;
            key.prefix = None;
        }
    }
    index.predicate = None;
    index.include.clear();
    index.nulls_not_distinct = false;
}

#[cfg(test)]
mod tests;
