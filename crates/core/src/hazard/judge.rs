//! Which operation has which hazards.
//!
//! Every match is exhaustive, so that a new operation or change does not
//! compile before somebody has thought about what it may do to rows.

mod keys;
pub(super) mod parts;

use std::collections::BTreeMap;

pub(crate) use parts::{UniqueKey, fills_nulls, unique_keys_over};
use parts::{
    is_a_list_of, is_null_everywhere, lacks_a_value, may_fill_with_null, no_value, refers_alike,
};

use super::widening::widens;
use super::{Hazard, HazardKind, Objection, in_order, running};
use crate::change::{Change, Pair};
use crate::listed;
use crate::object::{Definition, Noun, ObjectChange};
use crate::operation::{Operation, RenamedValues, TableChange};
use crate::schema::{
    Check, Column, ColumnType, EnumType, ForeignKey, Index, Name, PrimaryKey, Schema, Table,
    TableName, TableOptions, Unique,
};

/// The hazards of an operation on the schema before it, one list for each entry
/// of [`Operation::describe`].
pub fn hazards(operation: &Operation, before: &Schema) -> Vec<Vec<Hazard>> {
    match operation {
        Operation::CreateTable(_) | Operation::Execute(_) => vec![Vec::new()],
        Operation::RenameTable(names) => vec![running::of_renamed_table(names)],
        Operation::RenameEnumValue { name, values } => {
            vec![vec![running::of_renamed_value(&name.to_string(), values)]]
        }
        Operation::DropTable(table) => {
            let rows = format!("every row of `{}`", table.name);
            let mut found = vec![Hazard::new(HazardKind::DeletesData, rows)];
            found.extend(running::of_dropped_table(&table.name));
            in_order(&mut found);
            vec![found]
        }
        Operation::AlterTable { table, changes } => {
            let empty = Table::new(table.clone());
            let mut place = Place {
                name: table,
                table: before.table(table).unwrap_or(&empty),
                enums: &before.enums,
                changes,
                now: None,
                empty: Vec::new(),
                numbered: Vec::new(),
                renamed: changes
                    .iter()
                    .filter_map(|change| match change {
                        TableChange::Values(renamed) => Some(renamed),
                        _ => None,
                    })
                    .collect(),
            };
            if changes.iter().any(is_a_fill) {
                let mut now = Schema::default();
                now.insert(place.table.clone());
                place.now = Some(now);
            }
            let judge = |change| {
                let mut found = place.of_change(change);
                in_order(&mut found);
                place.note(change);
                found
            };
            changes.iter().map(judge).collect()
        }
        Operation::Enum(change) => vec![of_enum(change)],
        Operation::Object(change) => vec![of_object(change)],
    }
}

/// The same where `earlier` operations of the same migration came before it:
/// a table that they made has no rows yet, and nothing can happen to them.
pub fn hazards_after(
    earlier: &[Operation],
    operation: &Operation,
    before: &Schema,
) -> Vec<Vec<Hazard>> {
    match operation {
        Operation::AlterTable { table, changes } if is_new(earlier, table) => {
            vec![Vec::new(); changes.len()]
        }
        Operation::DropTable(table) if is_new(earlier, &table.name) => vec![Vec::new()],
        Operation::RenameTable(names) if is_new(earlier, &names.from) => vec![Vec::new()],
        _ => hazards(operation, before),
    }
}

/// Whether a table was made by these operations, and nothing since may have
/// put a row into it: no program can know it.
pub(crate) fn is_new(operations: &[Operation], table: &TableName) -> bool {
    let mut name = table;
    for operation in operations.iter().rev() {
        match operation {
            Operation::CreateTable(made) if made.name == *name => return true,
            Operation::RenameTable(names) if names.to == *name => name = &names.from,
            // Nobody reads what it does.
            Operation::Execute(_) => return false,
            _ => {}
        }
    }
    false
}

fn of_enum(change: &Change<EnumType>) -> Vec<Hazard> {
    match change {
        Change::Add(_) | Change::Drop(_) | Change::Rename(_) => Vec::new(),
        Change::Alter(pair) => {
            let removed = pair.from.values.iter();
            let removed = removed.filter(|value| !pair.to.values.contains(value));
            let row = |value: &String| {
                let message = format!("rows that hold `{value}` of `{}`", pair.to.name);
                Hazard::of_rows(Objection::Holds(value.clone()), message)
            };
            let mut found: Vec<Hazard> = removed.map(row).collect();
            found.extend(running::of_removed_values(pair));
            found
        }
    }
}

fn of_object(change: &ObjectChange) -> Vec<Hazard> {
    let gone = match change {
        ObjectChange::Drop(gone) => gone,
        ObjectChange::Replace(pair) => return of_type(pair),
        ObjectChange::Create(_) | ObjectChange::Rename(_) => return Vec::new(),
    };
    let lost = match gone.id.noun {
        Noun::Sequence => format!("the number that {} has reached", gone.id),
        Noun::MaterializedView => format!("the rows of {}, until it is made again", gone.id),
        Noun::Extension => format!("what is kept in types of {}", gone.id),
        _ => return Vec::new(),
    };
    vec![Hazard::new(HazardKind::DeletesData, lost)]
}

/// What a domain or a composite type that changes in its place asks of values.
fn of_type(pair: &Pair<Definition>) -> Vec<Hazard> {
    // What it asks of values stands behind its default.
    let asked = |sql: &str| {
        let words = sql.to_ascii_lowercase();
        let places = ["constraint", "check", "not null"].map(|word| words.find(word));
        let first = places.into_iter().flatten().min();
        first.map(|at| words[at..].to_owned())
    };
    let asks = asked(&pair.to.sql).is_some_and(|now| Some(now) != asked(&pair.from.sql));
    let kept = |sql: &str| sql.matches(',').count();
    match pair.to.id.noun {
        Noun::Domain if asks => {
            let message = format!("values of {} that are not as it asks", pair.to.id);
            vec![Hazard::new(HazardKind::MayFailOnRows, message)]
        }
        Noun::Type if kept(&pair.to.sql) < kept(&pair.from.sql) => {
            let lost = format!(
                "the values of what {} loses, wherever a column is of it",
                pair.to.id
            );
            vec![Hazard::new(HazardKind::DeletesData, lost)]
        }
        _ => Vec::new(),
    }
}

/// SQL among words. What has a backtick of its own gets two around it.
pub(crate) fn code(sql: &str) -> String {
    if sql.contains('`') {
        format!("`` {sql} ``")
    } else {
        format!("`{sql}`")
    }
}

fn list<'a>(names: impl IntoIterator<Item = &'a Name>) -> String {
    let names: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    names.join(", ")
}

/// Whether a change gives a value to rows that have none.
fn is_a_fill(change: &TableChange) -> bool {
    matches!(change, TableChange::Column(Change::Alter(pair)) if fills_nulls(pair))
}

/// A table that exists already, and so may have rows.
struct Place<'a> {
    name: &'a TableName,
    table: &'a Table,
    /// The enum types that there are.
    enums: &'a BTreeMap<TableName, EnumType>,
    /// The whole batch.
    changes: &'a [TableChange],
    /// The same after the changes so far, where one of the batch fills it.
    now: Option<Schema>,
    /// The columns that the changes so far added and that are NULL in every row.
    empty: Vec<&'a Name>,
    /// The columns that the changes so far added and that number the rows.
    numbered: Vec<&'a Name>,
    /// The values that the rows hold under other names afterwards, wherever in
    /// the batch that is said.
    renamed: Vec<&'a RenamedValues>,
}

impl<'a> Place<'a> {
    /// Keeps account of the columns that no row has a value in, and of what the
    /// table has become.
    fn note(&mut self, change: &'a TableChange) {
        if let Some(now) = &mut self.now {
            let one = Operation::AlterTable {
                table: self.name.clone(),
                changes: vec![change.clone()],
            };
            // A batch that cannot be replayed is refused elsewhere.
            let _ = one.apply(now);
        }
        let TableChange::Column(change) = change else {
            return;
        };
        match change {
            Change::Add(column) if is_null_everywhere(column) => self.empty.push(&column.name),
            Change::Add(column) if column.autoincrement => self.numbered.push(&column.name),
            Change::Add(_) => {}
            Change::Drop(column) => self.empty.retain(|name| **name != column.name),
            Change::Rename(names) => self.empty.retain(|name| **name != names.from),
            Change::Alter(pair) => self.empty.retain(|name| **name != pair.from.name),
        }
    }

    /// Whether one of these columns is NULL in every row.
    fn any_is_empty(&self, columns: &[&Name]) -> bool {
        columns.iter().any(|c| self.empty.contains(c))
    }

    fn of_change(&self, change: &TableChange) -> Vec<Hazard> {
        match change {
            TableChange::Column(change) => self.of_column(change),
            TableChange::Values(renamed) => running::of_renamed_values(self.name, renamed),
            TableChange::PrimaryKey(change) => self.of_primary_key(change),
            TableChange::Unique(change) => self.of_unique(change),
            TableChange::Index(change) => self.of_index(change),
            TableChange::ForeignKey(change) => self.of_foreign_key(change),
            TableChange::Check(change) => self.of_check(change),
            TableChange::Comment(_) => Vec::new(),
            TableChange::Options(pair) => self.of_options(pair),
        }
    }

    fn of_column(&self, change: &Change<Column>) -> Vec<Hazard> {
        let fits = match change {
            Change::Alter(pair) => self.holds_all(pair),
            _ => true,
        };
        let mut found = self.of_its_rows(change);
        found.extend(running::of_column(self.name, change, fits));
        found
    }

    fn of_its_rows(&self, change: &Change<Column>) -> Vec<Hazard> {
        match change {
            Change::Add(column) if lacks_a_value(column) => vec![Hazard::of_rows(
                Objection::NoValue,
                format!(
                    "`{}.{}` is NOT NULL without a value for rows that exist",
                    self.name, column.name
                ),
            )],
            Change::Add(column) => self.of_fill(column),
            Change::Rename(_) => Vec::new(),
            // What is computed can be computed again.
            Change::Drop(column) if column.generated.is_some() => Vec::new(),
            Change::Drop(column) => vec![self.every_value(&column.name)],
            Change::Alter(pair) => self.of_altered(pair),
        }
    }

    fn of_fill(&self, column: &Column) -> Vec<Hazard> {
        if !may_fill_with_null(column, self.table) {
            return Vec::new();
        }
        vec![Hazard::of_rows(
            Objection::FilledWithNull,
            format!(
                "rows for which what fills `{}.{}` is NULL",
                self.name, column.name
            ),
        )]
    }

    fn every_value(&self, column: &Name) -> Hazard {
        Hazard::new(
            HazardKind::DeletesData,
            format!("every value of `{}.{column}`", self.name),
        )
    }

    fn of_altered(&self, pair: &Pair<Column>) -> Vec<Hazard> {
        let Pair { from, to } = pair;
        let mut found = Vec::new();
        if from.generated.is_none() && to.generated.is_some() {
            found.push(self.every_value(&to.name));
        }
        // Where rows have NULL they get the default.
        if from.nullable && !to.nullable && no_value(&to.fill) && no_value(&to.default) {
            found.push(Hazard::of_rows(
                Objection::Null,
                format!("rows where `{}.{}` is NULL", self.name, to.name),
            ));
        }
        if fills_nulls(pair) {
            found.extend(self.of_fill(to));
        }
        if to.generated.is_none() && !self.holds_all(pair) {
            found.push(Hazard::of_rows(
                Objection::Misfit,
                format!(
                    "values of `{}.{}` that do not fit its new type",
                    self.name, to.name
                ),
            ));
        } else if self.was_no_row_number(pair) {
            found.push(self.no_number(&to.name));
        }
        if fills_nulls(pair) && self.tells_rows_apart(&from.name) {
            found.push(Hazard::of_rows(
                Objection::EqualWhereFilled,
                format!(
                    "rows whose `{}.{}` is equal once those that are NULL have a value",
                    self.name, to.name
                ),
            ));
        }
        if from.collation != to.collation && self.is_in_a_key(&to.name) {
            found.push(Hazard::of_rows(
                Objection::EqualInCollation,
                format!(
                    "rows whose `{}.{}` is equal under its new collation",
                    self.name, to.name
                ),
            ));
        }
        found
    }

    /// Whether the new type of a column has every value of the old one.
    fn holds_all(&self, pair: &Pair<Column>) -> bool {
        let Pair { from, to } = pair;
        let lists = Pair::new(listed::of_type(&from.ty), listed::of_type(&to.ty));
        let values = match &from.ty {
            ColumnType::Enum(name) => self.enums.get(name).map(|found| &found.values),
            _ => lists.from.as_ref(),
        };
        let has_room = match (values, &to.ty) {
            (Some(values), ColumnType::Varchar(Some(room)))
                if self.renamed.iter().all(|r| r.column != to.name) =>
            {
                let fits =
                    |value: &String| u32::try_from(value.chars().count()).is_ok_and(|n| n <= *room);
                values.iter().all(fits)
            }
            _ => false,
        };
        has_room || self.fits(&to.name, &lists) || widens(&from.ty, &to.ty)
    }

    /// Whether every value of a list is in the other one by the name that it has
    /// there.
    fn fits(&self, column: &Name, lists: &Pair<Option<Vec<String>>>) -> bool {
        let (Some(from), Some(to)) = (&lists.from, &lists.to) else {
            return false;
        };
        let renamed = self.renamed.iter().find(|r| r.column == *column);
        from.iter().all(|value| {
            let value = renamed.map_or(value.as_str(), |r| r.renamed(value));
            to.iter().any(|other| other == value)
        })
    }

    /// Whether a check lists the values of a column, and one that is there lets
    /// no others in already.
    fn lists_no_less(&self, check: &Check) -> bool {
        let checks = || self.table.checks.iter().filter(|old| old.extra.is_none());
        self.table.columns.iter().any(|column| {
            let list = |check: &Check| listed::of_check(&check.expression, &column.name);
            let new = list(check);
            new.is_some()
                && checks().any(|old| self.fits(&column.name, &Pair::new(list(old), new.clone())))
        })
    }

    fn of_primary_key(&self, change: &Change<PrimaryKey>) -> Vec<Hazard> {
        let mut found = self.of_equal_keys(change);
        if let Change::Add(key) | Change::Alter(Pair { to: key, .. }) = change {
            found.extend(
                self.becomes_row_number(key)
                    .map(|name| self.no_number(name)),
            );
        }
        found
    }

    fn of_equal_keys(&self, change: &Change<PrimaryKey>) -> Vec<Hazard> {
        match change {
            Change::Drop(_) | Change::Rename(_) => Vec::new(),
            Change::Alter(pair) if pair.from.columns == pair.to.columns => Vec::new(),
            Change::Add(key) | Change::Alter(Pair { to: key, .. }) if self.is_a_key(key) => {
                Vec::new()
            }
            Change::Add(key) | Change::Alter(Pair { to: key, .. }) => vec![Hazard::of_rows(
                Objection::Equal,
                format!(
                    "rows of `{}` with equal or NULL {}",
                    self.name,
                    list(&key.columns)
                ),
            )],
        }
    }

    fn of_unique(&self, change: &Change<Unique>) -> Vec<Hazard> {
        match change {
            Change::Drop(_) | Change::Rename(_) => Vec::new(),
            Change::Alter(pair)
                if pair.from.columns == pair.to.columns
                    && pair.from.nulls_not_distinct == pair.to.nulls_not_distinct =>
            {
                Vec::new()
            }
            Change::Add(unique) | Change::Alter(Pair { to: unique, .. }) => {
                let columns: Vec<&Name> = unique.columns.iter().collect();
                self.of_equal_rows(&columns, unique.nulls_not_distinct)
            }
        }
    }

    fn of_equal_rows(&self, columns: &[&Name], nulls_too: bool) -> Vec<Hazard> {
        if !nulls_too && (self.is_unique_already(columns) || self.any_is_empty(columns)) {
            return Vec::new();
        }
        vec![Hazard::of_rows(
            Objection::Equal,
            format!(
                "rows of `{}` with equal {}",
                self.name,
                list(columns.iter().copied())
            ),
        )]
    }

    fn of_index(&self, change: &Change<Index>) -> Vec<Hazard> {
        match change {
            Change::Drop(_) | Change::Rename(_) => Vec::new(),
            Change::Add(index) | Change::Alter(Pair { to: index, .. }) => {
                if !index.unique {
                    return Vec::new();
                }
                match index.unique_columns() {
                    Some(columns) => self.of_equal_rows(&columns, index.nulls_not_distinct),
                    None => vec![Hazard::of_rows(
                        Objection::Equal,
                        format!(
                            "rows of `{}` with equal keys of {}",
                            self.name,
                            match &index.name {
                                Some(name) => format!("index `{name}`"),
                                None => "the index".to_owned(),
                            }
                        ),
                    )],
                }
            }
        }
    }

    fn of_foreign_key(&self, change: &Change<ForeignKey>) -> Vec<Hazard> {
        match change {
            Change::Drop(_) | Change::Rename(_) => Vec::new(),
            Change::Add(key) | Change::Alter(Pair { to: key, .. }) if key.not_valid => Vec::new(),
            Change::Alter(pair) if refers_alike(pair) => Vec::new(),
            Change::Add(key) if key.columns.iter().any(|c| self.empty.contains(&c)) => Vec::new(),
            Change::Add(key) | Change::Alter(Pair { to: key, .. }) => vec![Hazard::of_rows(
                Objection::Orphan,
                format!(
                    "rows of `{}` whose {} is not in `{}`",
                    self.name,
                    list(&key.columns),
                    key.references
                ),
            )],
        }
    }

    fn of_check(&self, change: &Change<Check>) -> Vec<Hazard> {
        match change {
            Change::Drop(_) | Change::Rename(_) => Vec::new(),
            Change::Add(check) | Change::Alter(Pair { to: check, .. }) if check.is_not_valid() => {
                Vec::new()
            }
            Change::Alter(pair)
                if pair.from.expression == pair.to.expression && !pair.from.is_not_valid() =>
            {
                Vec::new()
            }
            Change::Add(check)
                if self
                    .empty
                    .iter()
                    .any(|c| is_a_list_of(c, check.expression.as_str())) =>
            {
                Vec::new()
            }
            Change::Add(check) | Change::Alter(Pair { to: check, .. })
                if self.lists_no_less(check) =>
            {
                Vec::new()
            }
            Change::Add(check) | Change::Alter(Pair { to: check, .. }) => vec![Hazard::of_rows(
                Objection::False,
                format!(
                    "rows of `{}` for which {} is false",
                    self.name,
                    code(check.expression.as_str())
                ),
            )],
        }
    }

    fn of_options(&self, pair: &Pair<TableOptions>) -> Vec<Hazard> {
        let mut found = Vec::new();
        if !pair.from.strict && pair.to.strict {
            found.push(Hazard::of_rows(
                Objection::Untyped,
                format!(
                    "values of `{}` that are not of the type of their column",
                    self.name
                ),
            ));
        }
        if !pair.from.without_rowid && pair.to.without_rowid {
            found.push(Hazard::of_rows(
                Objection::NullKey,
                format!("rows of `{}` whose primary key is NULL", self.name),
            ));
        }
        if pair.from.without_rowid
            && !pair.to.without_rowid
            && let Some(key) = self.table.row_number()
        {
            found.push(self.no_number(&key.name));
        }
        found
    }
}

#[cfg(test)]
mod tests;
