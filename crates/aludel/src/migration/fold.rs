//! Calls of one batch that are one change.
//!
//! Owns what is folded into what. It must not know how a call is looked up.

use aludel_core::change::{Change, Pair};
use aludel_core::error::Error;
use aludel_core::operation::TableChange;
use aludel_core::schema::{Name, TableName};

/// A value that gets two names, or a name that two values get.
pub(super) fn renamed_twice(
    table: &TableName,
    changes: &[TableChange],
    change: &TableChange,
) -> Option<Error> {
    let TableChange::Values(new) = change else {
        return None;
    };
    let column = &new.column;
    let known = changes.iter().filter_map(|change| match change {
        TableChange::Values(known) if known.column == *column => Some(&known.values),
        _ => None,
    });
    let known: Vec<&Pair<String>> = known.flatten().collect();
    new.values.iter().find_map(|pair| {
        let other = known
            .iter()
            .find(|k| k.from == pair.from || k.to == pair.to)?;
        Some(Error::new(format!(
            "value `{}` of `{table}.{column}` cannot become `{}` when `{}` becomes `{}`",
            pair.from, pair.to, other.from, other.to
        )))
    })
}

/// Dropping a constraint or an index and creating it again under its name is
/// one change of it; so is giving a name to an unnamed one. All renames of
/// values of one column are one.
pub(super) fn push_folded(changes: &mut Vec<TableChange>, change: TableChange) {
    use TableChange as T;
    if let T::Values(new) = &change {
        let known = changes.iter_mut().find_map(|change| match change {
            T::Values(known) if known.column == new.column => Some(known),
            _ => None,
        });
        if let Some(known) = known {
            known.values.extend_from_slice(&new.values);
            return;
        }
    }
    let folded = match (changes.last(), &change) {
        (Some(T::PrimaryKey(Change::Drop(from))), T::PrimaryKey(Change::Add(to))) => {
            Some(T::PrimaryKey(altered(from, to)))
        }
        (Some(T::Index(Change::Drop(from))), T::Index(Change::Add(to)))
            if same_name(from.name.as_ref(), to.name.as_ref()) =>
        {
            Some(T::Index(altered(from, to)))
        }
        (Some(T::Unique(Change::Drop(from))), T::Unique(Change::Add(to)))
            if same_name(from.name.as_ref(), to.name.as_ref()) || from.columns == to.columns =>
        {
            Some(T::Unique(altered(from, to)))
        }
        (Some(T::Check(Change::Drop(from))), T::Check(Change::Add(to)))
            if same_name(from.name.as_ref(), to.name.as_ref())
                || from.expression == to.expression =>
        {
            Some(T::Check(altered(from, to)))
        }
        (Some(T::ForeignKey(Change::Drop(from))), T::ForeignKey(Change::Add(to)))
            if same_name(from.name.as_ref(), to.name.as_ref())
                || (&from.columns, &from.references) == (&to.columns, &to.references) =>
        {
            Some(T::ForeignKey(altered(from, to)))
        }
        _ => None,
    };
    if let Some(folded) = folded {
        changes.pop();
        changes.push(folded);
    } else {
        changes.push(change);
    }
}

fn same_name(from: Option<&Name>, to: Option<&Name>) -> bool {
    from.is_some() && from == to
}

fn altered<T: Clone>(from: &T, to: &T) -> Change<T> {
    Change::Alter(Pair::new(from.clone(), to.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aludel_core::operation::RenamedValues;

    fn values(column: &str, from: &str, to: &str) -> TableChange {
        TableChange::Values(RenamedValues {
            column: column.into(),
            values: vec![Pair::new(from.to_owned(), to.to_owned())],
        })
    }

    #[test]
    fn values_of_one_column_are_renamed_at_once() {
        let mut changes = Vec::new();
        push_folded(&mut changes, values("a", "x", "y"));
        push_folded(&mut changes, values("b", "x", "y"));
        let swap = values("a", "y", "x");
        assert_eq!(renamed_twice(&"t".into(), &changes, &swap), None);
        push_folded(&mut changes, swap);
        let count = |change: &TableChange| match change {
            TableChange::Values(renamed) => renamed.values.len(),
            _ => 0,
        };
        assert_eq!(changes.iter().map(count).collect::<Vec<_>>(), [2, 1]);
        let refused = |change: TableChange| {
            let error = renamed_twice(&"t".into(), &changes, &change);
            error.map(|e| e.message).unwrap_or_default()
        };
        assert_eq!(
            refused(values("a", "x", "z")),
            "value `x` of `t.a` cannot become `z` when `x` becomes `y`"
        );
        assert_eq!(
            refused(values("a", "z", "x")),
            "value `z` of `t.a` cannot become `x` when `y` becomes `x`"
        );
    }
}
