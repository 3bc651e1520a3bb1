//! Columns that go and come and look like one rename.

use std::collections::BTreeMap;

use super::likely::{ALIKE, RenameCandidate, RenameKind, likeness, same_family};
use crate::change::{Change, Pair};
use crate::operation::{Operation, TableChange};
use crate::schema::{Column, Name, Schema, Table, TableName};

/// What happens to the columns of one table.
#[derive(Default)]
struct Columns<'a> {
    /// The names that it has before any goes, in their order.
    names: Vec<Name>,
    dropped: Vec<&'a Column>,
    added: Vec<&'a Column>,
}

/// The columns among the operations that are likely to be renames. The second
/// schema has its columns in the order that somebody wrote.
pub(super) fn columns(schemas: Pair<&Schema>, operations: &[Operation]) -> Vec<RenameCandidate> {
    let mut now = schemas.from.clone();
    // A table may be altered in several goes.
    let mut tables: BTreeMap<&TableName, Columns<'_>> = BTreeMap::new();
    for operation in operations {
        if let Operation::AlterTable { table, changes } = operation {
            for change in changes {
                let TableChange::Column(change @ (Change::Add(_) | Change::Drop(_))) = change
                else {
                    continue;
                };
                let of = tables.entry(table).or_insert_with(|| Columns {
                    names: names(now.table(table)),
                    ..Columns::default()
                });
                match change {
                    Change::Drop(column) => of.dropped.push(column),
                    Change::Add(column) => of.added.push(column),
                    Change::Alter(_) | Change::Rename(_) => {}
                }
            }
        }
        // Told renames come first: the rest of the place is kept as it was.
        let _ = operation.apply(&mut now);
    }
    let mut found = Vec::new();
    for (table, of) in tables {
        let written = names(schemas.to.table(table));
        let only_pair = of.dropped.len() == 1 && of.added.len() == 1;
        for from in &of.dropped {
            for to in &of.added {
                let (goes, comes) = (
                    place(&of.names, &written, &from.name),
                    place(&written, &of.names, &to.name),
                );
                let clues = Clues {
                    only_pair,
                    same_place: goes.is_some() && goes == comes,
                };
                found.extend(column(table, &Pair::new(*from, *to), clues));
            }
        }
    }
    found
}

fn names(table: Option<&Table>) -> Vec<Name> {
    let columns = table.into_iter().flat_map(|table| &table.columns);
    columns.map(|column| column.name.clone()).collect()
}

/// Where a column stands: the nearest one before it that is in the other list
/// too, and how far behind that.
fn place<'n>(list: &'n [Name], other: &[Name], name: &Name) -> Option<(Option<&'n Name>, usize)> {
    let at = list.iter().position(|n| n == name)?;
    let before = list[..at].iter().rposition(|n| other.contains(n));
    Some(match before {
        Some(before) => (list.get(before), at - before),
        None => (None, at),
    })
}

#[derive(Clone, Copy)]
struct Clues {
    /// No other column goes or comes.
    only_pair: bool,
    /// Both stand in the same place.
    same_place: bool,
}

fn column(table: &TableName, pair: &Pair<&Column>, clues: Clues) -> Option<RenameCandidate> {
    let Pair { from, to } = *pair;
    let Clues {
        only_pair,
        same_place,
    } = clues;
    let same_type = from.ty == to.ty;
    if !(same_type || same_family(&from.ty, &to.ty))
        || from.generated.is_some() != to.generated.is_some()
    {
        return None;
    }
    let likeness = likeness(from.name.as_str(), to.name.as_str());
    let same_rest = from.nullable == to.nullable
        && from.default == to.default
        && from.collation == to.collation
        && from.autoincrement == to.autoincrement;
    let mut reasons = Vec::new();
    if likeness >= ALIKE {
        reasons.push("the names are alike".to_owned());
    }
    if same_type && same_rest {
        reasons.push("everything but the name is the same".to_owned());
    } else if same_type {
        reasons.push("the types are the same".to_owned());
    } else {
        reasons.push("the types are alike".to_owned());
    }
    if same_place {
        reasons.push("it stands in the same place".to_owned());
    }
    if only_pair {
        reasons.push(format!(
            "no other column of `{table}` goes and no other one comes"
        ));
    }
    let likely = likeness >= ALIKE
        || (only_pair && same_type && from.nullable == to.nullable)
        || (same_place && same_type && same_rest);
    likely.then(|| RenameCandidate {
        kind: RenameKind::Column,
        table: table.clone(),
        column: None,
        from: from.name.clone(),
        to: to.name.clone(),
        score: 0.5 * likeness
            + if same_type { 0.2 } else { 0.0 }
            + if same_rest { 0.1 } else { 0.0 }
            + if same_place { 0.1 } else { 0.0 }
            + if only_pair { 0.1 } else { 0.0 },
        reasons,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ColumnType;

    /// What is likely where a table of one list of columns becomes one of
    /// another, the likeliest first; `n_` begins the names of numbers.
    fn found(from: &str, to: &str) -> Vec<String> {
        let table = |names: &str| {
            let mut table = Table::new("t");
            for name in names.split(' ') {
                let ty = match name.starts_with("n_") {
                    true => ColumnType::Integer,
                    false => ColumnType::Text,
                };
                table.columns.push(Column::new(name, ty));
            }
            let mut schema = Schema::default();
            schema.insert(table);
            schema
        };
        let (from, to) = (table(from), table(to));
        let none = crate::diff::Renames::default();
        let operations = crate::diff::diff(Pair::new(&from, &to), &none);
        let clues = crate::diff::Clues {
            written: &to,
            declined: &[],
        };
        let found = crate::diff::likely_renames(Pair::new(&from, &to), &operations, clues);
        let words = found.iter().map(|c| format!("{} {}", c.from, c.to));
        words.collect()
    }

    #[test]
    fn the_only_pair_of_one_type_is_likely() {
        assert_eq!(found("id xq", "firmware id"), ["xq firmware"]);
        assert_eq!(found("id n_q", "firmware id"), [""; 0]);
    }

    #[test]
    fn among_many_only_alike_names_are_likely() {
        let likely = found("id firstname age", "first_name colour id");
        assert_eq!(likely, ["firstname first_name"]);
    }

    #[test]
    fn columns_in_the_same_place_are_likely() {
        assert_eq!(found("id a b z", "id c d z"), ["a c", "b d"]);
        assert_eq!(found("id a n_b z", "id c n_d z"), ["n_b n_d", "a c"]);
        // The place ranks what is alike.
        let likely = found("id name_a z name_b", "id name_c z name_d");
        assert_eq!(likely, ["name_a name_c", "name_b name_d"]);
        let likely = found("name_a id name_b z", "id name_d z name_c");
        assert_eq!(likely, ["name_b name_d", "name_a name_c"]);
    }
}
