//! A schema that the database takes, made of one that it may not.

use std::collections::BTreeSet;

use aludel_core::schema::{
    ColumnType, Expression, ForeignKey, Index, IndexKey, IndexTarget, Literal, Name,
    ReferentialAction, Schema, Table, TableName,
};
use aludel_core::schema::{DefaultValue, Deferrable};

use super::Ground;
use super::ground::{ENUMS, Kind, enum_type};

/// The names that are given so far, by where they may not be given twice.
type Taken = BTreeSet<(Option<TableName>, String)>;

/// Removes whatever refers to what is not there, or could not be there.
pub fn repair(schema: &mut Schema, ground: Ground) {
    repair_enums(schema);
    let mut taken = Taken::new();
    for table in schema.tables.values_mut() {
        repair_columns(table, ground);
        repair_keys(table, ground);
        if !ground.is_sqlite() {
            repair_numbered(table, ground);
        }
        repair_checks(table, ground);
        repair_indexes(table, ground);
        repair_names(table, &mut taken, ground);
        table.sort_lists();
    }
    repair_foreign_keys(schema, ground);
}

fn has(table: &Table, name: &Name) -> bool {
    table.column(name.as_str()).is_some()
}

fn has_all(table: &Table, names: &[Name]) -> bool {
    names.iter().all(|name| has(table, name))
}

/// Whether the table has the column and it is not computed.
fn is_plain(name: &Name, table: &Table) -> bool {
    table
        .column(name.as_str())
        .is_some_and(|c| c.generated.is_none())
}

/// Whether the column may be in a key.
fn is_key(name: &Name, table: &Table, ground: Ground) -> bool {
    let column = table.column(name.as_str());
    column.is_some_and(|c| ground.is_key(&c.ty) && !(ground.is_postgres() && is_virtual(c)))
}

fn is_virtual(column: &aludel_core::schema::Column) -> bool {
    column.generated.as_ref().is_some_and(|g| !g.stored)
}

/// Whether the table has what the expression is over.
fn fits(expression: &Expression, table: &Table, ground: Ground) -> bool {
    let (names, blank) = ground.taken_apart(expression);
    let needs = ground.needs(&blank);
    names.iter().all(|name| {
        let column = table.column(name.as_str());
        column.is_some_and(|c| needs == Kind::Any || ground.kind(&c.ty) == needs)
    })
}

/// The enum types that columns are of, and no others: models say none.
fn repair_enums(schema: &mut Schema) {
    let columns = schema.tables.values().flat_map(|t| &t.columns);
    let used: BTreeSet<TableName> = columns
        .filter_map(|column| match &column.ty {
            ColumnType::Enum(name) => Some(name.clone()),
            ColumnType::Array(inner) => match inner.as_ref() {
                ColumnType::Enum(name) => Some(name.clone()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let enums = &mut schema.enums;
    enums.retain(|name, _| used.contains(name));
    for (name, values) in ENUMS {
        let name = TableName::new(*name);
        if used.contains(&name) && !enums.contains_key(&name) {
            let ty = enum_type(name.name.as_str(), values.len() - 2);
            enums.insert(name, ty);
        }
    }
    // Who knows only the first names of values may have said one that is gone.
    for column in schema.tables.values_mut().flat_map(|t| &mut t.columns) {
        if let ColumnType::Enum(name) = &column.ty
            && let Some(DefaultValue::Literal(Literal::Text(value))) = &column.default
            && let Some(ty) = schema.enums.get(name)
            && !ty.values.contains(value)
        {
            column.default = None;
        }
    }
}

fn repair_columns(table: &mut Table, ground: Ground) {
    let mut computable: BTreeSet<Name> = table
        .columns
        .iter()
        .filter(|c| c.generated.is_none())
        .map(|c| c.name.clone())
        .collect();
    // PostgreSQL computes nothing from what is computed.
    let rounds = if ground.is_postgres() {
        1
    } else {
        table.columns.len()
    };
    for _ in 0..rounds {
        let mut more = Vec::new();
        for column in &table.columns {
            if let Some(generated) = &column.generated
                && let (names, _) = ground.taken_apart(&generated.expression)
                && names.iter().all(|name| computable.contains(name))
                && fits(&generated.expression, table, ground)
            {
                more.push(column.name.clone());
            }
        }
        computable.extend(more);
    }
    for column in &mut table.columns {
        if !computable.contains(&column.name) {
            column.generated = None;
        }
        if column.generated.is_some() {
            column.default = None;
            column.nullable = true;
        }
        if ground.is_sqlite() {
            continue;
        }
        if let Some(generated) = &column.generated {
            let (_, blank) = ground.taken_apart(&generated.expression);
            let known = ground.templates().iter().find(|t| t.text == blank);
            let wanted = known.and_then(|t| ground.type_of(t.gives));
            if wanted.as_ref() != Some(&column.ty) {
                column.generated = None;
            }
        }
        let collated = matches!(column.ty, ColumnType::Text | ColumnType::Varchar(_));
        column.collation = column.collation.take().filter(|_| collated);
    }
}

/// On a server: numbered columns, and defaults that are values of their type.
fn repair_numbered(table: &mut Table, ground: Ground) {
    let key = table.primary_key.iter().flat_map(|k| k.columns.clone());
    let key: Vec<Name> = key.collect();
    let used = used_in_expressions(table, ground);
    for column in &mut table.columns {
        let alone = key.as_slice() == std::slice::from_ref(&column.name);
        column.autoincrement &= ground.is_number_of_rows(&column.ty)
            && column.generated.is_none()
            && (alone || ground.is_postgres())
            && !(ground.is_mysql() && used.contains(&column.name));
        if !column.autoincrement {
            column.identity = None;
        } else {
            column.default = None;
            column.nullable = false;
        }
    }
}

/// The columns that checks, generated columns and indexes compute with.
fn used_in_expressions(table: &Table, ground: Ground) -> BTreeSet<Name> {
    let checks = table.checks.iter().map(|c| &c.expression);
    let columns = table.columns.iter().filter_map(|c| c.generated.as_ref());
    let keys = table.indexes.iter().flat_map(|i| &i.keys);
    let keys = keys.filter_map(|key| match &key.target {
        IndexTarget::Column(_) => None,
        IndexTarget::Expression(expression) => Some(expression),
    });
    let all = checks.chain(columns.map(|g| &g.expression)).chain(keys);
    all.flat_map(|expression| ground.taken_apart(expression).0)
        .collect()
}

fn repair_keys(table: &mut Table, ground: Ground) {
    if let Some(mut key) = table.primary_key.take() {
        key.columns
            .retain(|name| is_plain(name, table) && is_key(name, table, ground));
        table.primary_key = Some(key).filter(|key| !key.columns.is_empty());
    }
    let key = table.primary_key.iter().flat_map(|k| k.columns.clone());
    let key: Vec<Name> = key.collect();
    let mut seen = vec![key.clone()];
    let mut names = BTreeSet::new();
    let mut uniques = std::mem::take(&mut table.uniques);
    uniques.retain_mut(|unique| {
        unique.include.retain(|name| is_plain(name, table));
        let known = has_all(table, &unique.columns);
        let fits = known && unique.columns.iter().all(|n| is_key(n, table, ground));
        let fresh = !unique.columns.is_empty() && !seen.contains(&unique.columns);
        let free = unique.name.as_ref().is_none_or(|n| names.insert(n.clone()));
        seen.push(unique.columns.clone());
        fits && fresh && free
    });
    table.uniques = uniques;
    table.options.without_rowid &= !key.is_empty();
    let without_rowid = table.options.without_rowid;
    for column in &mut table.columns {
        if key.contains(&column.name) {
            column.nullable = false;
            if column.default == Some(DefaultValue::Literal(Literal::Null)) {
                column.default = None;
            }
        }
        let numbered = key.as_slice() == std::slice::from_ref(&column.name)
            && column.ty == ColumnType::Integer
            && !without_rowid;
        column.autoincrement &= numbered || !ground.is_sqlite();
    }
}

fn repair_checks(table: &mut Table, ground: Ground) {
    let mut checks = std::mem::take(&mut table.checks);
    let mut names = BTreeSet::new();
    let mut texts = BTreeSet::new();
    checks.retain(|check| {
        fits(&check.expression, table, ground)
            && check.name.as_ref().is_none_or(|n| names.insert(n.clone()))
            && texts.insert(check.expression.clone())
    });
    table.checks = checks;
}

fn repair_indexes(table: &mut Table, ground: Ground) {
    let mut indexes = std::mem::take(&mut table.indexes);
    let mut names = BTreeSet::new();
    indexes.retain_mut(|index| {
        if !ground.is_sqlite() {
            repair_index(index, table, ground);
        }
        !index.keys.is_empty()
            && uses_columns_of(index, table, ground)
            && index.name.as_ref().is_some_and(|n| names.insert(n.clone()))
    });
    table.indexes = indexes;
}

/// On a server: keys that the index's method takes.
fn repair_index(index: &mut Index, table: &Table, ground: Ground) {
    let holds = |name: &Name| {
        let column = table.column(name.as_str());
        column.map_or(Kind::Other, |c| ground.kind(&c.ty))
    };
    let method = index.method.take();
    if let Some(method) = &method {
        index.unique = false;
        index.nulls_not_distinct = false;
        index.include.clear();
        index.keys.retain_mut(|key| {
            let name = match &key.target {
                IndexTarget::Column(name) => name.clone(),
                IndexTarget::Expression(_) => return false,
            };
            let ty = table.column(name.as_str()).map(|c| &c.ty);
            key.descending = false;
            (key.nulls, key.prefix, key.opclass) = (None, None, None);
            key.collation = key.collation.take().filter(|_| method == "hash");
            match method.as_str() {
                "gin" => matches!(ty, Some(ColumnType::Jsonb | ColumnType::Array(_))),
                "fulltext" => {
                    matches!(ty, Some(ColumnType::Text | ColumnType::Varchar(_)))
                        && !table.column(name.as_str()).is_some_and(is_virtual)
                }
                _ => holds(&name) == Kind::Number || holds(&name) == Kind::Text,
            }
        });
        if method == "hash" {
            index.keys.truncate(1);
        }
        if method == "fulltext" {
            // All of its columns have one collation.
            let collation = |key: &IndexKey| match &key.target {
                IndexTarget::Column(name) => table
                    .column(name.as_str())
                    .and_then(|column| column.collation.clone()),
                IndexTarget::Expression(_) => None,
            };
            let first = index.keys.first().and_then(collation);
            index.keys.retain(|key| collation(key) == first);
        }
    }
    index.method = method;
    index.include.retain(|name| is_plain(name, table));
    for key in &mut index.keys {
        let text = match &key.target {
            IndexTarget::Column(name) => holds(name) == Kind::Text,
            IndexTarget::Expression(expression) => {
                let (_, blank) = ground.taken_apart(expression);
                let known = ground.templates().iter().find(|t| t.text == blank);
                known.is_some_and(|t| t.gives == Kind::Text)
            }
        };
        // An expression over a column with a collation has that one.
        let own = match &key.target {
            IndexTarget::Column(_) => true,
            IndexTarget::Expression(expression) => {
                let (names, _) = ground.taken_apart(expression);
                let mut columns = names.iter().filter_map(|n| table.column(n.as_str()));
                columns.all(|c| c.collation.is_none())
            }
        };
        key.collation = key.collation.take().filter(|_| text && own);
        // Padded text has operator classes of its own.
        let padded = matches!(&key.target, IndexTarget::Column(name)
            if table.column(name.as_str()).is_some_and(|c| matches!(c.ty, ColumnType::Char(_))));
        key.opclass = key.opclass.take().filter(|_| text && !padded);
        if let IndexTarget::Expression(_) = key.target {
            key.prefix = None;
        }
        if let IndexTarget::Column(name) = &key.target
            && ground.is_mysql()
            && index.method.is_none()
        {
            let ty = table.column(name.as_str()).map(|c| &c.ty);
            let prefixed = match ty {
                Some(ColumnType::Text | ColumnType::Blob) => true,
                Some(ColumnType::Varchar(_)) => key.prefix.is_some(),
                _ => false,
            };
            key.prefix = prefixed.then_some(7);
        }
    }
}

fn uses_columns_of(index: &Index, table: &Table, ground: Ground) -> bool {
    let virtual_too = !ground.is_postgres();
    let plain = |name: &Name| {
        let column = table.column(name.as_str());
        column.is_some_and(|c| virtual_too || !is_virtual(c))
    };
    let fits = |expression: &Expression| {
        let (names, blank) = ground.taken_apart(expression);
        // A functional key may not be long text.
        let short = |name: &Name| {
            let ty = table.column(name.as_str()).map(|c| &c.ty);
            !ground.is_mysql()
                || blank.ends_with("IS NOT NULL")
                || !matches!(ty, Some(ColumnType::Text | ColumnType::Varchar(None)))
        };
        fits(expression, table, ground) && names.iter().all(|n| plain(n) && short(n))
    };
    index.predicate.iter().all(fits)
        && index.keys.iter().all(|key| match &key.target {
            IndexTarget::Column(name) => {
                let in_part = key.prefix.is_some() || index.method.is_some();
                has(table, name) && plain(name) && (in_part || is_key(name, table, ground))
            }
            IndexTarget::Expression(expression) => fits(expression),
        })
}

/// Gives up names that are given twice where they may not be.
fn repair_names(table: &mut Table, taken: &mut Taken, ground: Ground) {
    let own = Some(table.name.clone());
    let of_relations = if ground.is_mysql() { own.clone() } else { None };
    let fold = |name: &Name| ground.dialect().fold_name(name.as_str());
    let mut free =
        |scope: &Option<TableName>, name: &Name| taken.insert((scope.clone(), fold(name)));
    table
        .indexes
        .retain(|i| i.name.as_ref().is_none_or(|name| free(&of_relations, name)));
    if ground.is_sqlite() {
        return;
    }
    table
        .uniques
        .retain(|u| u.name.as_ref().is_none_or(|name| free(&of_relations, name)));
    if let Some(key) = table.primary_key.as_mut().filter(|_| ground.is_postgres()) {
        key.name.take_if(|name| !free(&of_relations, name));
    }
    // The constraints of a table on PostgreSQL; those of all tables on MySQL.
    let of_constraints = match ground.is_postgres() {
        true => own,
        false => Some(TableName::new("every table")),
    };
    table.checks.retain(|c| {
        c.name
            .as_ref()
            .is_none_or(|name| free(&of_constraints, name))
    });
    table.foreign_keys.retain(|k| {
        k.name
            .as_ref()
            .is_none_or(|name| free(&of_constraints, name))
    });
}

/// A key that may be referred to.
struct Target {
    table: TableName,
    columns: Vec<Name>,
    /// What a column has to be like to be compared, column by column.
    like: Vec<(ColumnType, Option<String>)>,
}

fn likeness(table: &Table, names: &[Name], ground: Ground) -> Vec<(ColumnType, Option<String>)> {
    let columns = names.iter().filter_map(|name| table.column(name.as_str()));
    let like = |c: &aludel_core::schema::Column| {
        let own = c.collation.clone();
        let of_table = || table.options.collation.clone();
        (ground.canonical_type(&c.ty), own.or_else(of_table))
    };
    columns.map(like).collect()
}

fn targets(schema: &Schema, ground: Ground) -> Vec<Target> {
    let mut targets = Vec::new();
    for table in schema.tables.values() {
        let primary = table.primary_key.iter().map(|k| k.columns.clone());
        let uniques = table.uniques.iter();
        let uniques = uniques
            .filter(|unique| unique.deferrable == Deferrable::No)
            .map(|u| u.columns.clone());
        for columns in primary.chain(uniques) {
            let plain = columns.iter().all(|name| is_plain(name, table));
            if plain || ground.is_sqlite() {
                targets.push(Target {
                    table: table.name.clone(),
                    like: likeness(table, &columns, ground),
                    columns,
                });
            }
        }
    }
    targets
}

fn repair_foreign_keys(schema: &mut Schema, ground: Ground) {
    let targets = targets(schema, ground);
    let optional: BTreeSet<(TableName, Name)> = schema
        .tables
        .values()
        .flat_map(|t| t.columns.iter().map(move |c| (&t.name, c)))
        .filter(|(_, column)| column.nullable)
        .map(|(table, column)| (table.clone(), column.name.clone()))
        .collect();
    for table in schema.tables.values_mut() {
        let mut keys = std::mem::take(&mut table.foreign_keys);
        let mut names = BTreeSet::new();
        let mut seen: Vec<(Vec<Name>, TableName)> = Vec::new();
        keys.retain_mut(|key| {
            let like = likeness(table, &key.columns, ground);
            let is_target = |target: &Target| {
                target.table == key.references
                    && target.columns == key.referenced_columns
                    && (ground.is_sqlite() || target.like == like)
            };
            let distinct: BTreeSet<&Name> = key.columns.iter().collect();
            let what = (key.columns.clone(), key.references.clone());
            let fresh = !seen.contains(&what);
            seen.push(what);
            let itself = key.references == table.name && key.columns == key.referenced_columns;
            let keep = targets.iter().any(is_target)
                && fresh
                && !(itself && ground.is_mysql())
                && key.columns.len() == key.referenced_columns.len()
                && distinct.len() == key.columns.len()
                && key.columns.iter().all(|name| is_plain(name, table))
                && key.name.as_ref().is_none_or(|n| names.insert(n.clone()));
            if ground.is_mysql() {
                repair_actions(key, table, ground);
            }
            if ground.is_mariadb() {
                // It refuses what could hand on a NULL.
                let may = |table: &TableName, name: &Name| {
                    optional.contains(&(table.clone(), name.clone()))
                };
                let mut pairs = key.columns.iter().zip(&key.referenced_columns);
                if pairs.any(|(own, there)| !may(&table.name, own) && may(&key.references, there))
                    && key.on_update == ReferentialAction::Cascade
                {
                    key.on_update = ReferentialAction::NoAction;
                }
            }
            keep
        });
        table.foreign_keys = keys;
        table.sort_lists();
    }
}

/// MySQL acts only on columns that may be NULL where that is asked, and that
/// nothing is computed from.
fn repair_actions(key: &mut ForeignKey, table: &Table, ground: Ground) {
    let used = used_in_expressions(table, ground);
    let columns = || key.columns.iter().filter_map(|n| table.column(n.as_str()));
    let nullable = columns().all(|c| c.nullable && !c.autoincrement);
    let computed = columns().any(|c| used.contains(&c.name));
    for action in [&mut key.on_delete, &mut key.on_update] {
        let refused = match action {
            ReferentialAction::SetDefault => true,
            ReferentialAction::SetNull => !nullable || computed,
            ReferentialAction::Cascade => computed,
            ReferentialAction::NoAction | ReferentialAction::Restrict => false,
        };
        if refused {
            *action = ReferentialAction::NoAction;
        }
    }
}
