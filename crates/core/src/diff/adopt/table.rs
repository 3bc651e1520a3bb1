//! One table in the words of the existing one.

use super::naming::{Patterned, is_usual};
use super::said::Said;
use crate::change::Pair;
use crate::diff::pair_up::pair_up;
use crate::diff::{Judge, TableHint};
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, ForeignKey, Identity, Index, Literal, Name,
    PrimaryKey, Table, Unique, Using,
};

/// Parts of one table that are new and have no name yet.
#[derive(Debug, Default)]
pub(super) struct Unnamed {
    pub(super) primary_key: Option<PrimaryKey>,
    pub(super) uniques: Vec<Unique>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) checks: Vec<Check>,
    pub(super) indexes: Vec<Index>,
}

/// The wanted table in the words of the existing one, without the parts that
/// still need names; they come second. Names are those of the end on both sides.
pub(super) fn adopt(
    wanted: &Table,
    existing: Option<&Table>,
    hint: Option<&TableHint>,
    said: &Said<'_>,
) -> (Table, Unnamed) {
    let judge = said.judge;
    let nothing = Table::new(wanted.name.clone());
    let old = existing.unwrap_or(&nothing);
    let mut table = wanted.clone();
    let mut new = Unnamed::default();
    for column in &mut table.columns {
        if let Some(before) = old.column(column.name.as_str()) {
            adopt_column(column, before, wanted, old, hint, judge);
        }
    }
    let place = |column: &Column| {
        let at = old.columns.iter().position(|c| c.name == column.name);
        at.unwrap_or(old.columns.len())
    };
    table.columns.sort_by_key(place);

    // No model can say it, so none can want another one.
    table.options.extra.clone_from(&old.options.extra);
    let keys = adopt_parts(
        wanted,
        table.primary_key.as_slice(),
        old.primary_key.as_slice(),
        said,
    );
    table.primary_key = keys.0.into_iter().next();
    new.primary_key = keys.1.into_iter().next();
    (table.uniques, new.uniques) = adopt_parts(wanted, &wanted.uniques, &old.uniques, said);
    (table.foreign_keys, new.foreign_keys) =
        adopt_parts(wanted, &wanted.foreign_keys, &old.foreign_keys, said);
    (table.checks, new.checks) = adopt_parts(wanted, &wanted.checks, &old.checks, said);
    (table.indexes, new.indexes) = adopt_parts(wanted, &wanted.indexes, &old.indexes, said);
    (table, new)
}

fn adopt_column(
    column: &mut Column,
    before: &Column,
    wanted: &Table,
    old: &Table,
    hint: Option<&TableHint>,
    judge: &Judge<'_>,
) {
    let hint = hint.and_then(|h| h.columns.get(&column.name));
    let inferred = hint.and_then(|h| h.inferred.as_ref());
    if hint.is_some_and(|h| h.types.contains(&before.ty)) {
        column.ty = before.ty.clone();
    }
    let is_row_number = [(wanted, &column.ty), (old, &before.ty)]
        .iter()
        .any(|(table, ty)| is_only_key(table, &column.name) && **ty == ColumnType::Integer);
    let unfit = hint.is_some_and(|h| h.unfit.contains(&before.ty));
    if let Some(rust) = inferred
        && !is_row_number
        && !unfit
        && (judge.accepts)(rust, &before.ty)
    {
        column.ty = before.ty.clone();
    }
    if let (Some(a), Some(b)) = (&column.default, &before.default)
        && same_default(a, b, judge)
    {
        column.default.clone_from(&before.default);
    }
    if let (Some(a), Some(b)) = (&column.generated, &before.generated)
        && a.stored == b.stored
        && (judge.same_expression)(&a.expression, &b.expression)
    {
        column.generated.clone_from(&before.generated);
    }
    if let (Some(a), Some(b)) = (&column.collation, &before.collation)
        && a.eq_ignore_ascii_case(b)
    {
        column.collation.clone_from(&before.collation);
    }
    let accepted = hint.map_or(&[][..], |h| h.identity.as_slice());
    if let Some(identity) = before.identity
        && column.autoincrement
        && accepted.contains(&identity)
    {
        column.identity = Some(identity);
    }
    // No model can say it, so none can want another one. Of a numbered column it
    // is about the sequence: another way to number begins with one of its own.
    let owns = |column: &Column| column.identity.map(|identity| identity == Identity::Serial);
    if owns(column) == owns(before) {
        column.extra.clone_from(&before.extra);
    }
    if !before.nullable || column.nullable {
        column.fill = None;
    }
    if before.ty == column.ty {
        column.using = Using::default();
    }
}

/// A whole number that is the whole primary key may be more than a column (on
/// SQLite it is the number of the row), so its type is never left open.
fn is_only_key(table: &Table, column: &Name) -> bool {
    table
        .primary_key
        .as_ref()
        .is_some_and(|key| key.columns.as_slice() == std::slice::from_ref(column))
}

fn same_default(a: &DefaultValue, b: &DefaultValue, judge: &Judge<'_>) -> bool {
    match (a, b) {
        (DefaultValue::Expression(a), DefaultValue::Expression(b)) => (judge.same_expression)(a, b),
        (DefaultValue::Literal(a), DefaultValue::Literal(b)) => a == b || same_number(a, b),
        // What a model writes as an expression may be a constant to the server.
        (DefaultValue::Expression(a), DefaultValue::Literal(b)) => {
            (judge.same_expression)(a, &b.to_expression())
        }
        (DefaultValue::Literal(_), DefaultValue::Expression(_)) => false,
    }
}

/// Two spellings of one number: a default is read by the type of its column, and
/// an inferred type may take another one that exists.
fn same_number(a: &Literal, b: &Literal) -> bool {
    fn whole(literal: &Literal) -> Option<i128> {
        match literal {
            Literal::Boolean(truth) => Some(i128::from(*truth)),
            Literal::Integer(number) => Some(*number),
            Literal::Number(text) => text.parse().ok(),
            Literal::Null | Literal::Text(_) | Literal::Bytes(_) => None,
        }
    }
    fn any(literal: &Literal) -> Option<f64> {
        match literal {
            Literal::Number(text) => text.parse().ok(),
            Literal::Integer(number) => number.to_string().parse().ok(),
            Literal::Boolean(_) | Literal::Null | Literal::Text(_) | Literal::Bytes(_) => None,
        }
    }
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a == b,
        _ => matches!((any(a), any(b)), (Some(a), Some(b)) if a.total_cmp(&b).is_eq()),
    }
}

/// Wanted parts in the words of the existing ones, and those that are new and
/// need a name.
fn adopt_parts<T: Patterned>(
    table: &Table,
    wanted: &[T],
    old: &[T],
    said: &Said<'_>,
) -> (Vec<T>, Vec<T>) {
    let judge = said.judge;
    let fold = |part: &T| part.name().map(|name| (judge.fold_name)(name.as_str()));
    let named_alike = |a: &T, b: &T| b.name().is_some() && fold(a) == fold(b);
    let same = |a: &T, b: &T| a.same_content(b, judge.same_expression);
    let paired = pair_up(
        Pair::new(old.to_vec(), wanted.to_vec()),
        &[
            &|a, b| named_alike(a, b) && same(a, b),
            &named_alike,
            // Of several that are the same, the one that it would be called.
            &|a, b| b.name().is_none() && same(a, b) && is_usual(a, table, said.naming, judge),
            &|a, b| b.name().is_none() && same(a, b),
            &same,
            &|a, b| b.name().is_none() && a.same_core(b, judge.same_expression),
        ],
    );
    let both = paired.both.into_iter().map(|Pair { from, to }| {
        let name = match to.name() {
            // It gets another one, as what is new does.
            None if said.elsewhere(&table.name, &from) => None,
            None => from.name().cloned(),
            // A said name stands, in the spelling that exists.
            Some(_) if fold(&from) == fold(&to) => from.name().cloned(),
            Some(own) => Some(own.clone()),
        };
        let is_settled = name.is_some() || from.name().is_none();
        let mut part = if same(&from, &to) {
            from
        } else {
            let mut part = to;
            part.set_extra(from.extra().map(str::to_owned));
            part
        };
        part.set_name(name);
        (part, is_settled)
    });
    let (adopted, open): (Vec<_>, Vec<_>) = both.partition(|(_, is_settled)| *is_settled);
    let parts = |list: Vec<(T, bool)>| list.into_iter().map(|(part, _)| part);
    let mut adopted: Vec<T> = parts(adopted).collect();
    let (named, mut unnamed): (Vec<T>, Vec<T>) = paired
        .to
        .into_iter()
        .partition(|part| part.name().is_some());
    adopted.extend(named);
    unnamed.extend(parts(open));
    (adopted, unnamed)
}
