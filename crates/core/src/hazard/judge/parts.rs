//! What can be read off one part of a table.

use crate::change::Pair;
use crate::operation::identifiers;
use crate::operation::part::Part as _;
use crate::schema::{
    Column, DefaultValue, Expression, ForeignKey, Index, Literal, Name, PrimaryKey, Table, Unique,
};

/// Whether a foreign key asks nothing new of rows.
pub(in crate::hazard) fn refers_alike(pair: &Pair<ForeignKey>) -> bool {
    let Pair { from, to } = pair;
    !from.not_valid
        && from.columns == to.columns
        && from.references == to.references
        && from.referenced_columns == to.referenced_columns
}

/// Whether a check only lists the values of a column: `c IN ('a', 'b')`. NULL
/// passes it.
pub(in crate::hazard) fn is_a_list_of(column: &Name, check: &str) -> bool {
    let name = column.as_str();
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    let Some(rest) = [quoted.as_str(), name]
        .iter()
        .find_map(|name| check.trim().strip_prefix(name))
    else {
        return false;
    };
    let rest = rest.trim_start();
    let list = match (rest.get(..2), rest.get(2..)) {
        (Some(word), Some(list)) if word.eq_ignore_ascii_case("in") => list.trim(),
        _ => return false,
    };
    list.strip_prefix('(')
        .and_then(|list| list.strip_suffix(')'))
        .is_some_and(|list| !list.contains(['(', ')']))
}

/// Whether that is as good as no value.
pub(in crate::hazard) fn no_value(value: &Option<DefaultValue>) -> bool {
    matches!(value, None | Some(DefaultValue::Literal(Literal::Null)))
}

/// Whether rows that are NULL in a column get a value, since it takes no NULL
/// any more: what is said for them, or the default.
pub(crate) fn fills_nulls(pair: &Pair<Column>) -> bool {
    let Pair { from, to } = pair;
    from.nullable
        && !to.nullable
        && from.generated.is_none()
        && to.generated.is_none()
        && !(no_value(&to.fill) && no_value(&to.default))
}

/// Whether the expression that fills a column which takes no NULL may be NULL
/// for a row of the table: it reads a column that may be.
pub(in crate::hazard) fn may_fill_with_null(column: &Column, table: &Table) -> bool {
    let Some(DefaultValue::Expression(fill)) = &column.fill else {
        return false;
    };
    let reads_null = || {
        let read = identifiers::mentioned(fill, table);
        let mut read = read.iter().filter_map(|name| table.column(name.as_str()));
        read.any(|column| column.nullable)
    };
    !column.nullable && column.generated.is_none() && !has_a_constant_at_last(fill) && reads_null()
}

/// Whether it is `COALESCE(.., 'constant')`, as a whole.
fn has_a_constant_at_last(expression: &Expression) -> bool {
    let text = expression.as_str().trim().to_lowercase();
    let calls = ["coalesce(", "ifnull("];
    let call = calls.iter().find_map(|call| text.strip_prefix(call));
    let Some(list) = call.and_then(|rest| rest.strip_suffix(')')) else {
        return false;
    };
    let mut open = 0_i32;
    let is_one_call = list.chars().all(|c| {
        open += i32::from(c == '(') - i32::from(c == ')');
        open >= 0
    });
    let last = list.rsplit(',').next().unwrap_or_default().trim();
    let text = last.strip_prefix('\'').and_then(|l| l.strip_suffix('\''));
    let is_constant = text.is_some_and(|t| !t.contains('\'')) || last.parse::<f64>().is_ok();
    is_one_call && is_constant
}

/// The keys that tell rows apart by a column, or by something that is computed
/// from it.
pub(crate) fn unique_keys_over<'t>(table: &'t Table, column: &Name) -> Vec<UniqueKey<'t>> {
    let primary = table.primary_key.iter().map(UniqueKey::Primary);
    let uniques = table.uniques.iter().map(UniqueKey::Unique);
    let indexes = table.indexes.iter().filter(|index| index.unique);
    let all = primary.chain(uniques).chain(indexes.map(UniqueKey::Index));
    let is_over = |key: &UniqueKey<'_>| match key {
        UniqueKey::Primary(key) => key.columns.contains(column),
        UniqueKey::Unique(unique) => unique.columns.contains(column),
        UniqueKey::Index(index) => index.uses(column, table) && !index.include.contains(column),
    };
    all.filter(is_over).collect()
}

/// What tells the rows of a table apart.
#[derive(Debug, Clone, Copy)]
pub(crate) enum UniqueKey<'t> {
    Primary(&'t PrimaryKey),
    Unique(&'t Unique),
    Index(&'t Index),
}

/// Whether every row has NULL in a new column.
pub(in crate::hazard) fn is_null_everywhere(column: &Column) -> bool {
    column.nullable
        && column.generated.is_none()
        && !column.autoincrement
        && no_value(&column.default)
        && no_value(&column.fill)
}

/// Whether rows have nothing to put into a new column.
pub(in crate::hazard) fn lacks_a_value(column: &Column) -> bool {
    !column.nullable
        && column.generated.is_none()
        && !column.autoincrement
        && no_value(&column.default)
        && no_value(&column.fill)
}
