//! Which values get other names: those of an enum type, and those of a column
//! that lists what it takes.
//!
//! The same holds as for tables and columns (`renamed`): what was told must be
//! possible, what a model hints at counts only where it is still to be done.

use super::renamed::Question;
use crate::change::Pair;
use crate::diff::{Adopted, ColumnHint, Renames, ValuesOf, Wanted};
use crate::error::{Error, Result};
use crate::listed;
use crate::model::RustType;
use crate::schema::{Column, ColumnType, Name, Schema, Table, TableName};

/// What was told, with the values seen as such: `mood.sad=mood.low` reads like
/// a column, `item.mood.sad=item.mood.low` like a column in a schema.
pub(super) fn seen(told: &Renames, wanted: &Wanted) -> Renames {
    let mut told = told.clone();
    for (owner, pair) in std::mem::take(&mut told.columns) {
        match owner_of(&owner, wanted) {
            Some(values) => {
                let pair = Pair::new(pair.from.to_string(), pair.to.to_string());
                told.values.push((values, pair));
            }
            None => told.columns.push((owner, pair)),
        }
    }
    told
}

fn owner_of(name: &TableName, wanted: &Wanted) -> Option<ValuesOf> {
    if wanted.schema.table(name).is_some() {
        return None;
    }
    let mut hints = wanted.hints.values().flat_map(|hint| hint.columns.values());
    if wanted.schema.enums.contains_key(name) || hints.any(|hint| enum_of(hint) == Some(name)) {
        return Some(ValuesOf::Enum(name.clone()));
    }
    let schema = name.schema.as_ref()?;
    let (table, column) = match name.name.as_str().rsplit_once('.') {
        Some((table, column)) => (TableName::in_schema(schema.as_str(), table), column),
        None => (TableName::new(schema.as_str()), name.name.as_str()),
    };
    let known = wanted.schema.table(&table)?.column(column)?;
    Some(ValuesOf::Column(table, known.name.clone()))
}

fn enum_of(hint: &ColumnHint) -> Option<&TableName> {
    hint.inferred.as_ref().and_then(RustType::enum_name)
}

/// The renames to do, where `before` has all tables and columns under their
/// wanted names.
pub(super) fn renames(
    adopted: &Adopted,
    before: &Schema,
    told: &[(ValuesOf, Pair<String>)],
) -> Result<Vec<(ValuesOf, Pair<String>)>> {
    let mut search = Search {
        adopted,
        before,
        told: told.iter().map(|(of, pair)| (of, pair, false)).collect(),
        found: Vec::new(),
    };
    for name in adopted.schema.enums.keys() {
        search.of_enum(name)?;
    }
    for table in adopted.schema.tables.values() {
        let Some(old) = before.table(&table.name) else {
            continue;
        };
        for column in &table.columns {
            if let Some(before) = old.column(column.name.as_str()) {
                search.of_column(Pair::new(old, table), Pair::new(before, column))?;
            }
        }
    }
    search.all_told()
}

struct Search<'a> {
    adopted: &'a Adopted,
    before: &'a Schema,
    /// What was told, and whether it was about anything that is there.
    told: Vec<(&'a ValuesOf, &'a Pair<String>, bool)>,
    found: Vec<(ValuesOf, Pair<String>)>,
}

impl Search<'_> {
    fn hint(&self, table: &TableName, column: &Name) -> Option<&ColumnHint> {
        self.adopted.hints.get(table)?.columns.get(column)
    }

    /// A type that is an enum before and afterwards.
    fn of_enum(&mut self, name: &TableName) -> Result<()> {
        let lists = |schema: &Schema| schema.enums.get(name).map(|e| e.values.clone());
        let (Some(from), Some(to)) = (lists(self.before), lists(&self.adopted.schema)) else {
            return Ok(());
        };
        let mut hinted: Vec<Pair<String>> = Vec::new();
        let mut columns: Vec<(&TableName, &Name)> = Vec::new();
        for table in self.adopted.schema.tables.values() {
            for column in table.columns.iter().filter(|c| type_name(c) == Some(name)) {
                columns.push((&table.name, &column.name));
                let hints = self.hint(&table.name, &column.name);
                for pair in hints.into_iter().flat_map(|hint| &hint.renamed_values) {
                    if !hinted.contains(pair) {
                        hinted.push(pair.clone());
                    }
                }
            }
        }
        let mut told = Vec::new();
        for (of, pair, used) in &mut self.told {
            let about = match of {
                ValuesOf::Enum(own) => own == name,
                ValuesOf::Column(table, column) => columns.contains(&(table, column)),
            };
            if about {
                *used = true;
                told.push(pair.clone());
            }
        }
        self.answer(
            ValuesOf::Enum(name.clone()),
            told,
            hinted,
            Pair::new(from, to),
        )
    }

    /// A column whose values are its own, or which gets another type.
    fn of_column(&mut self, tables: Pair<&Table>, columns: Pair<&Column>) -> Result<()> {
        let ty = type_name(columns.to);
        let known = ty.is_some_and(|name| self.adopted.schema.enums.contains_key(name));
        if known && ty == type_name(columns.from) {
            return Ok(());
        }
        let (Some(from), Some(to)) = (
            listed::of_column(self.before, tables.from, columns.from),
            listed::of_column(&self.adopted.schema, tables.to, columns.to),
        ) else {
            return Ok(());
        };
        let (table, column) = (&tables.to.name, &columns.to.name);
        let hint = self.hint(table, column);
        let name = hint.and_then(enum_of).cloned();
        let hinted = hint.map(|h| h.renamed_values.clone()).unwrap_or_default();
        let mut told = Vec::new();
        for (of, pair, used) in &mut self.told {
            let about = match of {
                ValuesOf::Enum(own) => Some(own) == name.as_ref() && from.contains(&pair.from),
                ValuesOf::Column(t, c) => t == table && c == column,
            };
            if about {
                *used = true;
                told.push(pair.clone());
            }
        }
        let of = ValuesOf::Column(table.clone(), column.clone());
        self.answer(of, told, hinted, Pair::new(from, to))
    }

    fn answer(
        &mut self,
        of: ValuesOf,
        told: Vec<Pair<String>>,
        hinted: Vec<Pair<String>>,
        lists: Pair<Vec<String>>,
    ) -> Result<()> {
        let own = |list: Vec<String>| list.into_iter().map(|v| (v.clone(), v)).collect();
        let renames = Question {
            noun: "value",
            place: format!(" of `{of}`"),
            prefix: format!("{of}."),
            told,
            hinted,
            existing: own(lists.from),
            wanted: own(lists.to),
            fold: &String::clone,
        }
        .answer()?;
        let renames = renames.into_iter().map(|pair| (of.clone(), pair));
        self.found.extend(renames);
        Ok(())
    }

    /// What was found, if nothing was told in vain.
    fn all_told(self) -> Result<Vec<(ValuesOf, Pair<String>)>> {
        match self.told.iter().find(|(_, _, used)| !used) {
            Some((of, pair, _)) => Err(Error::new(format!(
                "cannot rename `{of}.{}` to `{}`: the database has no value `{}` of `{of}`",
                pair.from, pair.to, pair.from
            ))),
            None => Ok(self.found),
        }
    }
}

/// The enum type of a column, or of the list that it holds.
fn type_name(column: &Column) -> Option<&TableName> {
    fn of(ty: &ColumnType) -> Option<&TableName> {
        match ty {
            ColumnType::Enum(name) => Some(name),
            ColumnType::Array(inner) => of(inner),
            _ => None,
        }
    }
    of(&column.ty)
}
