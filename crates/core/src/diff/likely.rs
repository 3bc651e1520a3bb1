//! Drops and adds that look like one rename.
//!
//! Nothing is renamed here: whoever asked for the operations is told, and says
//! which it is.

use std::collections::BTreeSet;

use super::NoRename;
use crate::change::Pair;
use crate::operation::Operation;
use crate::schema::{Column, ColumnType, Name, Schema, Table, TableName};

/// What is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RenameKind {
    /// A table.
    Table,
    /// A column.
    Column,
    /// A value of an enum type, or of a column that lists its values.
    Value,
}

/// A drop and an add that may be one rename.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameCandidate {
    /// What is renamed.
    pub kind: RenameKind,
    /// The table of a column, by its wanted name; the wanted table itself; the
    /// enum type of a value.
    pub table: TableName,
    /// The column of a value that is no enum type's.
    pub column: Option<Name>,
    /// The name that goes away; of a table with its schema, if it has one.
    pub from: Name,
    /// The name that comes, likewise.
    pub to: Name,
    /// How likely it is, from 0 to 1.
    pub score: f64,
    /// Why it is likely, as English clauses.
    pub reasons: Vec<String>,
}

/// Names from this likeness on are alike.
pub(super) const ALIKE: f64 = 0.6;

/// Of the columns of two tables, so many must be shared.
const SHARED: f64 = 0.6;

impl RenameCandidate {
    /// The same, as something that is none.
    pub fn declined(&self) -> NoRename {
        NoRename {
            kind: self.kind,
            table: self.table.clone(),
            column: self.column.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
        }
    }
}

/// What is known beside the two schemas.
#[derive(Debug, Clone, Copy)]
pub struct Clues<'a> {
    /// The wanted tables with their columns in the order that somebody wrote.
    pub written: &'a Schema,
    /// What is said to be no rename.
    pub declined: &'a [NoRename],
}

/// The drops and adds among the operations that are likely to be renames, the
/// likeliest first. Nothing is in two of them, and none is among the declined.
pub fn likely_renames(
    schemas: Pair<&Schema>,
    operations: &[Operation],
    clues: Clues<'_>,
) -> Vec<RenameCandidate> {
    let mut found = tables(&schemas, operations);
    found.extend(super::likely_columns::columns(
        Pair::new(schemas.from, clues.written),
        operations,
    ));
    found.extend(super::likely_values::values(schemas.from, operations));
    found.sort_by(|a, b| {
        let names = |c: &RenameCandidate| {
            let (table, column) = (c.table.clone(), c.column.clone());
            (c.kind, table, column, c.from.clone(), c.to.clone())
        };
        b.score
            .total_cmp(&a.score)
            .then_with(|| names(a).cmp(&names(b)))
    });
    found.retain(|c| !clues.declined.contains(&c.declined()));
    let mut used = BTreeSet::new();
    found.retain(|c| {
        let owner = match c.kind {
            RenameKind::Table => None,
            RenameKind::Column | RenameKind::Value => {
                Some((c.kind, c.table.clone(), c.column.clone()))
            }
        };
        let goes = (owner.clone(), false, c.from.clone());
        let comes = (owner, true, c.to.clone());
        if used.contains(&goes) || used.contains(&comes) {
            return false;
        }
        used.insert(goes);
        used.insert(comes)
    });
    found
}

fn tables(schemas: &Pair<&Schema>, operations: &[Operation]) -> Vec<RenameCandidate> {
    let mut dropped: Vec<&Table> = Vec::new();
    let mut created: Vec<&Table> = Vec::new();
    // The schemas have the tables whole; operations may hold them in pieces.
    for operation in operations {
        match operation {
            Operation::DropTable(table) => dropped.extend(schemas.from.table(&table.name)),
            Operation::CreateTable(table) => created.extend(schemas.to.table(&table.name)),
            Operation::RenameTable(_)
            | Operation::AlterTable { .. }
            | Operation::Enum(_)
            | Operation::RenameEnumValue { .. }
            | Operation::Object(_)
            | Operation::Execute(_) => {}
        }
    }
    let pairs = dropped
        .iter()
        .flat_map(|from| created.iter().map(move |to| (*from, *to)));
    pairs
        .filter_map(|(from, to)| table(&Pair::new(from, to)))
        .collect()
}

fn table(pair: &Pair<&Table>) -> Option<RenameCandidate> {
    let Pair { from, to } = *pair;
    let in_both = |column: &&Column| {
        let other = to.column(column.name.as_str());
        other.is_some_and(|other| same_family(&column.ty, &other.ty))
    };
    let in_both = from.columns.iter().filter(in_both).count();
    let in_all = from.columns.len() + to.columns.len() - in_both;
    // Counts of columns are far below the precision of the type.
    let as_number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let shared = as_number(in_both) / as_number(in_all.max(1));
    let likeness = likeness(from.name.name.as_str(), to.name.name.as_str());
    let mut reasons = Vec::new();
    if likeness >= ALIKE {
        reasons.push("the names are alike".to_owned());
    }
    reasons.push(format!("{in_both} of {in_all} columns are in both"));
    // One column in common, mostly an id, says little by itself.
    let likely = shared >= SHARED && (likeness >= ALIKE || in_both > 1);
    likely.then(|| RenameCandidate {
        kind: RenameKind::Table,
        table: to.name.clone(),
        column: None,
        from: Name::new(from.name.to_string()),
        to: Name::new(to.name.to_string()),
        score: 0.5 * likeness + 0.5 * shared,
        reasons,
    })
}

/// How alike two names are, from 0 to 1. A name inside another one is alike.
pub(super) fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let contains = |long: &str, short: &str| short.chars().count() > 2 && long.contains(short);
    let distance = strsim::normalized_damerau_levenshtein(&a, &b);
    if contains(&a, &b) || contains(&b, &a) {
        distance.max(0.7)
    } else {
        distance
    }
}

pub(super) fn same_family(a: &ColumnType, b: &ColumnType) -> bool {
    a == b || (family(a).is_some() && family(a) == family(b))
}

/// Types between which a column is likely to move while it is renamed.
fn family(ty: &ColumnType) -> Option<u8> {
    match ty {
        ColumnType::TinyInteger
        | ColumnType::SmallInteger
        | ColumnType::Integer
        | ColumnType::BigInteger
        | ColumnType::TinyUnsigned
        | ColumnType::SmallUnsigned
        | ColumnType::Unsigned
        | ColumnType::BigUnsigned => Some(0),
        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_) => Some(1),
        ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text => Some(2),
        ColumnType::Blob | ColumnType::Binary(_) | ColumnType::Varbinary(_) => Some(3),
        ColumnType::Date | ColumnType::DateTime(_) | ColumnType::TimestampTz(_) => Some(4),
        ColumnType::Time(_) => Some(5),
        ColumnType::Json | ColumnType::Jsonb => Some(6),
        ColumnType::Boolean
        | ColumnType::Interval
        | ColumnType::Uuid
        | ColumnType::Inet
        | ColumnType::Enum(_)
        | ColumnType::Array(_)
        | ColumnType::Custom(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> Column {
        Column::new(name, ColumnType::Text)
    }

    #[test]
    fn a_table_with_the_same_columns_is_likely() {
        let with = |name: &str, columns: &[&str]| {
            let mut table = Table::new(name);
            table.columns = columns.iter().map(|c| text(c)).collect();
            table
        };
        let (from, to) = (
            with("person", &["id", "name"]),
            with("account", &["id", "name"]),
        );
        let far = with("place", &["id", "street", "town"]);
        let operations = [
            Operation::CreateTable(to.clone()),
            Operation::CreateTable(far.clone()),
            Operation::DropTable(from.clone()),
        ];
        let (mut a, mut b) = (Schema::default(), Schema::default());
        a.insert(from);
        b.insert(to);
        b.insert(far);
        let found = |declined: &[NoRename]| {
            let clues = Clues {
                written: &b,
                declined,
            };
            likely_renames(Pair::new(&a, &b), &operations, clues)
        };
        let likely = found(&[]);
        assert_eq!(likely.len(), 1);
        assert_eq!(likely.first().map(|c| c.to.as_str()), Some("account"));
        let declined: Vec<NoRename> = likely.iter().map(RenameCandidate::declined).collect();
        assert_eq!(found(&declined), []);
    }
}
