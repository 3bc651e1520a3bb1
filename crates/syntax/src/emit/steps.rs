//! From one change to its calls.

use std::collections::BTreeMap;

use aludel_core::change::{Change, Pair};
use aludel_core::operation::{RenamedValues, TableChange};
use aludel_core::schema::{
    Check, Column, ColumnType, Deferrable, ForeignKey, Identity, Index, Name, PrimaryKey,
    ReferentialAction, Table, TableName, TableOptions, Unique,
};

use super::atoms::{
    action, atom, column, generated_verb, identity, keys, name, names, optional_name,
    optional_text, table_name, text, type_of, value, with_extra,
};
use super::layout::Expr;

/// Types to write instead of those of the schema, by table and column: `to` in
/// the place of `from`, and nothing where a column has another type than `from`.
pub type NeutralTypes = BTreeMap<(TableName, Name), Pair<ColumnType>>;

fn t(method: &str, args: Vec<Expr>) -> Expr {
    atom("t").then(method, args)
}

fn type_in<'a>(table: &TableName, column: &'a Column, neutral: &'a NeutralTypes) -> &'a ColumnType {
    neutral
        .get(&(table.clone(), column.name.clone()))
        .filter(|pair| pair.from == column.ty)
        .map_or(&column.ty, |pair| &pair.to)
}

/// The calls inside the closure of `create_table`.
pub(super) fn create_table(table: &Table, neutral: &NeutralTypes) -> Vec<Expr> {
    let mut calls = Vec::new();
    for c in &table.columns {
        let ty = type_in(&table.name, c, neutral);
        calls.push(t("column", vec![column(c, ty)]));
    }
    if let Some(key) = &table.primary_key {
        let call = t("primary_key", vec![names(&key.columns)]);
        let call = match &key.name {
            Some(own) => call.then("name", vec![name(own)]),
            None => call,
        };
        calls.push(with_extra(prefixes(call, key), key.extra.as_deref()));
    }
    calls.extend(table.uniques.iter().map(|u| unique("unique", u)));
    let keys = table.foreign_keys.iter();
    calls.extend(keys.map(|k| foreign_key("foreign_key", k)));
    calls.extend(table.checks.iter().map(|c| check("check", c)));
    calls.extend(table.indexes.iter().map(|i| index("index", i)));
    let mut with_text = |method: &str, value: &Option<String>| {
        if let Some(value) = value {
            calls.push(t(method, vec![text(value)]));
        }
    };
    with_text("comment", &table.comment);
    with_text("engine", &table.options.engine);
    with_text("charset", &table.options.charset);
    with_text("collation", &table.options.collation);
    with_text("extra", &table.options.extra);
    if table.options.strict {
        calls.push(t("strict", Vec::new()));
    }
    if table.options.without_rowid {
        calls.push(t("without_rowid", Vec::new()));
    }
    calls
}

/// The calls for one change, given the table before it where that is known.
pub(super) fn table_change(
    table: &TableName,
    before: Option<&Table>,
    change: &TableChange,
    neutral: &NeutralTypes,
) -> Vec<Expr> {
    match change {
        TableChange::Column(change) => of_column(table, change, neutral),
        TableChange::Values(renamed) => rename_values(renamed),
        TableChange::PrimaryKey(change) => of_part(change, |_| drop_primary_key(), primary_key),
        TableChange::Unique(change) => {
            let drop = |u: &Unique| {
                drop_named(before, u.name.as_ref())
                    .unwrap_or_else(|| t("drop_unique_constraint", vec![names(&u.columns)]))
            };
            of_part(change, drop, |u| unique("create_unique_constraint", u))
        }
        TableChange::Index(change) => of_index(change),
        TableChange::ForeignKey(Change::Alter(pair))
            if pair.to.name.is_some() && pair.from.validated().as_ref() == Some(&pair.to) =>
        {
            validate(pair.to.name.as_ref())
        }
        TableChange::Check(Change::Alter(pair))
            if pair.to.name.is_some() && pair.from.validated().as_ref() == Some(&pair.to) =>
        {
            validate(pair.to.name.as_ref())
        }
        TableChange::ForeignKey(change) => {
            let drop = |k: &ForeignKey| {
                drop_named(before, k.name.as_ref()).unwrap_or_else(|| {
                    let args = vec![names(&k.columns), table_name(&k.references)];
                    t("drop_foreign_key", args)
                })
            };
            of_part(change, drop, |k| foreign_key("create_foreign_key", k))
        }
        TableChange::Check(change) => {
            let drop = |c: &Check| {
                drop_named(before, c.name.as_ref()).unwrap_or_else(|| {
                    t("drop_check_constraint", vec![text(c.expression.as_str())])
                })
            };
            of_part(change, drop, |c| check("create_check_constraint", c))
        }
        TableChange::Comment(pair) => vec![match &pair.to {
            Some(comment) => t("set_comment", vec![text(comment)]),
            None => t("drop_comment", Vec::new()),
        }],
        TableChange::Options(pair) => set_options(pair),
    }
}

fn of_column(table: &TableName, change: &Change<Column>, neutral: &NeutralTypes) -> Vec<Expr> {
    match change {
        Change::Add(added) => {
            let ty = type_in(table, added, neutral);
            vec![t("add_column", vec![column(added, ty)])]
        }
        Change::Drop(dropped) => vec![t("drop_column", vec![name(&dropped.name)])],
        Change::Rename(pair) => vec![rename("rename_column", pair)],
        Change::Alter(pair) => {
            let mut calls = Vec::new();
            if pair.from.name != pair.to.name {
                let names = Pair::new(pair.from.name.clone(), pair.to.name.clone());
                calls.push(rename("rename_column", &names));
            }
            calls.extend(alter_column(pair, type_in(table, &pair.to, neutral)));
            calls
        }
    }
}

/// One call for each value; a batch takes those of a column together.
fn rename_values(renamed: &RenamedValues) -> Vec<Expr> {
    let call = |pair: &Pair<String>| {
        let args = vec![name(&renamed.column), text(&pair.from), text(&pair.to)];
        t("rename_value", args)
    };
    renamed.values.iter().map(call).collect()
}

fn rename(method: &str, names: &Pair<Name>) -> Expr {
    t(method, vec![name(&names.from), name(&names.to)])
}

/// Only what changes; nothing where nothing does. A computed column of which
/// nothing changes is told again what computes it.
fn alter_column(pair: &Pair<Column>, ty: &ColumnType) -> Option<Expr> {
    let Pair { from, to } = pair;
    let start = t("alter_column", vec![name(&to.name)]);
    let mut expr = start.clone();
    if from.ty != to.ty {
        expr = expr.then("set_type", vec![type_of(ty)]);
    }
    if let Some(using) = &to.using.up {
        expr = expr.then("using", vec![text(using.as_str())]);
    }
    match (from.nullable, to.nullable) {
        (false, true) => expr = expr.then("set_nullable", Vec::new()),
        (true, false) => expr = expr.then("set_not_null", Vec::new()),
        (true, true) | (false, false) => {}
    }
    if let Some(fill) = &to.fill {
        expr = expr.then("fill", vec![value(fill)]);
    }
    if from.default != to.default {
        expr = match &to.default {
            Some(default) => expr.then("set_default", vec![value(default)]),
            None => expr.then("drop_default", Vec::new()),
        };
    }
    if from.generated != to.generated || (from == to && to.generated.is_some()) {
        expr = match &to.generated {
            Some(generated) => {
                let method = format!("set_{}", generated_verb(generated.stored));
                expr.then(&method, vec![text(generated.expression.as_str())])
            }
            None => expr.then("drop_generated", Vec::new()),
        };
    }
    expr = numbering(expr, pair);
    let texts = [
        ("collation", &from.collation, &to.collation),
        ("comment", &from.comment, &to.comment),
        ("extra", &from.extra, &to.extra),
    ];
    for (what, from, to) in texts {
        match to {
            _ if from == to => {}
            Some(to) => expr = expr.then(&format!("set_{what}"), vec![text(to)]),
            None => expr = expr.then(&format!("drop_{what}"), Vec::new()),
        }
    }
    (expr != start).then_some(expr)
}

/// How rows are numbered, where that changes; in the word that every database
/// knows where it says all.
fn numbering(expr: Expr, pair: &Pair<Column>) -> Expr {
    let Pair { from, to } = pair;
    let on = |on: bool| vec![atom(on.to_string())];
    match to.identity {
        _ if (from.autoincrement, from.identity) == (to.autoincrement, to.identity) => expr,
        None => expr.then("set_autoincrement", on(to.autoincrement)),
        Some(Identity::ByDefault) if !from.autoincrement => {
            expr.then("set_autoincrement", on(true))
        }
        Some(other) => expr.then("set_identity", vec![identity(other)]),
    }
}

/// A changed constraint is dropped and created; reading makes one change of
/// the two calls again.
fn of_part<T>(
    change: &Change<T>,
    drop: impl Fn(&T) -> Expr,
    create: impl Fn(&T) -> Expr,
) -> Vec<Expr> {
    match change {
        Change::Add(part) => vec![create(part)],
        Change::Drop(part) => vec![drop(part)],
        Change::Alter(pair) => vec![drop(&pair.from), create(&pair.to)],
        Change::Rename(names) => vec![rename("rename_constraint", names)],
    }
}

fn validate(own: Option<&Name>) -> Vec<Expr> {
    vec![t(
        "validate_constraint",
        own.map(name).into_iter().collect(),
    )]
}

fn of_index(change: &Change<Index>) -> Vec<Expr> {
    let drop = |i: &Index| {
        let own = i.name.as_ref().map_or_else(|| text(""), name);
        concurrently(t("drop_index", vec![own]), i)
    };
    match change {
        Change::Rename(names) => vec![rename("rename_index", names)],
        change => of_part(change, drop, |i| concurrently(index("create_index", i), i)),
    }
}

fn concurrently(expr: Expr, index: &Index) -> Expr {
    if index.concurrently {
        expr.then("concurrently", Vec::new())
    } else {
        expr
    }
}

/// Whether a change may not run in a transaction.
pub(super) fn is_alone(change: &TableChange) -> bool {
    match change {
        TableChange::Index(Change::Add(index) | Change::Drop(index)) => index.concurrently,
        TableChange::Index(Change::Alter(pair)) => pair.from.concurrently || pair.to.concurrently,
        _ => false,
    }
}

/// By its name, where it has one that no other constraint of the table has.
fn drop_named(before: Option<&Table>, own: Option<&Name>) -> Option<Expr> {
    let own = own?;
    let called = |name: &Option<Name>| usize::from(name.as_ref() == Some(own));
    let namesakes = before.map_or(1, |table| {
        let key = table.primary_key.iter().map(|k| called(&k.name));
        let uniques = table.uniques.iter().map(|u| called(&u.name));
        let foreign = table.foreign_keys.iter().map(|k| called(&k.name));
        let checks = table.checks.iter().map(|c| called(&c.name));
        key.chain(uniques).chain(foreign).chain(checks).sum()
    });
    (namesakes <= 1).then(|| t("drop_constraint", vec![name(own)]))
}

fn drop_primary_key() -> Expr {
    t("drop_primary_key", Vec::new())
}

fn primary_key(key: &PrimaryKey) -> Expr {
    let args = vec![optional_name(key.name.as_ref()), names(&key.columns)];
    let call = prefixes(t("create_primary_key", args), key);
    with_extra(call, key.extra.as_deref())
}

/// The lengths of what the key does not have as a whole.
fn prefixes(call: Expr, key: &PrimaryKey) -> Expr {
    let parts = key
        .parts()
        .filter_map(|(column, prefix)| Some((column, prefix?)));
    parts.fold(call, |call, (column, length)| {
        call.then("prefix", vec![name(column), atom(length.to_string())])
    })
}

fn check(method: &str, check: &Check) -> Expr {
    let args = vec![
        optional_name(check.name.as_ref()),
        text(check.expression.as_str()),
    ];
    with_extra(t(method, args), check.extra.as_deref())
}

fn unique(method: &str, unique: &Unique) -> Expr {
    let args = vec![optional_name(unique.name.as_ref()), names(&unique.columns)];
    let mut expr = t(method, args);
    if !unique.include.is_empty() {
        expr = expr.then("include", vec![names(&unique.include)]);
    }
    if unique.nulls_not_distinct {
        expr = expr.then("nulls_not_distinct", Vec::new());
    }
    with_extra(deferrable(expr, unique.deferrable), unique.extra.as_deref())
}

fn deferrable(expr: Expr, when: Deferrable) -> Expr {
    match when {
        Deferrable::No => expr,
        Deferrable::InitiallyImmediate => expr.then("deferrable", Vec::new()),
        Deferrable::InitiallyDeferred => expr.then("initially_deferred", Vec::new()),
    }
}

fn foreign_key(method: &str, key: &ForeignKey) -> Expr {
    let args = vec![
        optional_name(key.name.as_ref()),
        names(&key.columns),
        table_name(&key.references),
        names(&key.referenced_columns),
    ];
    let mut expr = t(method, args);
    for (method, what) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
        if what != ReferentialAction::NoAction {
            expr = expr.then(method, vec![action(what)]);
        }
    }
    expr = deferrable(expr, key.deferrable);
    if key.not_valid {
        expr = expr.then("not_valid", Vec::new());
    }
    with_extra(expr, key.extra.as_deref())
}

fn index(method: &str, index: &Index) -> Expr {
    let args = vec![optional_name(index.name.as_ref()), keys(index)];
    let mut expr = t(method, args);
    if index.unique {
        expr = expr.then("unique", Vec::new());
    }
    if let Some(using) = &index.method {
        expr = expr.then("using", vec![text(using)]);
    }
    if !index.include.is_empty() {
        expr = expr.then("include", vec![names(&index.include)]);
    }
    if index.nulls_not_distinct {
        expr = expr.then("nulls_not_distinct", Vec::new());
    }
    if let Some(condition) = &index.predicate {
        expr = expr.then("filter", vec![text(condition.as_str())]);
    }
    with_extra(expr, index.extra.as_deref())
}

fn set_options(pair: &Pair<TableOptions>) -> Vec<Expr> {
    let Pair { from, to } = pair;
    let start = t("set_options", Vec::new());
    let mut expr = start.clone();
    let switches = [
        ("strict", from.strict, to.strict),
        ("without_rowid", from.without_rowid, to.without_rowid),
    ];
    for (method, from, to) in switches {
        if from != to {
            expr = expr.then(method, vec![atom(to.to_string())]);
        }
    }
    let texts = [
        ("engine", &from.engine, &to.engine),
        ("charset", &from.charset, &to.charset),
        ("collation", &from.collation, &to.collation),
        ("extra", &from.extra, &to.extra),
    ];
    for (method, from, to) in texts {
        if from != to {
            expr = expr.then(method, vec![optional_text(to.as_deref())]);
        }
    }
    if expr == start {
        Vec::new()
    } else {
        vec![expr]
    }
}
