//! Wanted names in the spelling that exists.

use std::collections::{BTreeMap, BTreeSet};

use super::renamed::Question;
use crate::change::Pair;
use crate::diff::{Adopted, Judge, Renames, TableHint, Wanted};
use crate::error::{Error, Result};
use crate::schema::{ColumnType, IndexTarget, Name, Schema, Table, TableName};

/// What was told with the tables of other schemas seen as such: `s.a=s.b` reads
/// like a column.
fn of_schemas(told: &Renames, wanted: &Wanted, existing: &Schema) -> Renames {
    let mut told = told.clone();
    for (owner, pair) in std::mem::take(&mut told.columns) {
        let in_it = |name: &Name| TableName {
            schema: Some(owner.name.clone()),
            name: name.clone(),
        };
        let tables = Pair::new(in_it(&pair.from), in_it(&pair.to));
        let is_table = owner.schema.is_none()
            && wanted.schema.table(&owner).is_none()
            && wanted.schema.table(&tables.to).is_some()
            && existing.table(&tables.from).is_some();
        if is_table {
            told.tables.push(tables);
        } else {
            told.columns.push((owner, pair));
        }
    }
    told
}

/// The wanted schema and its hints with every name spelled as it will be in the
/// database, and the renames.
pub(super) fn respell(
    wanted: &Wanted,
    existing: &Schema,
    told: &Renames,
    judge: &Judge<'_>,
) -> Result<Adopted> {
    let keys = Keys::new(wanted, existing, judge);
    let fold = |name: &TableName| keys.of(name);
    let told = &of_schemas(told, wanted, existing);
    let mut renames = Renames {
        tables: renamed_tables(wanted, existing, told, &fold)?,
        ..Renames::default()
    };
    let mut book = Book {
        judge,
        keys: &keys,
        tables: BTreeMap::new(),
        enums: spellings(existing.enums.keys(), &fold),
    };
    for table in wanted.schema.tables.values() {
        let page = page(existing, &renames.tables, table, &keys);
        let columns = renamed_columns(wanted, told, &page, table, &keys)?;
        let columns_of = |pair: Pair<Name>| (page.name.clone(), pair);
        let spelled = page.columns(table, &columns, judge);
        renames.columns.extend(columns.into_iter().map(columns_of));
        book.tables
            .insert(fold(&table.name), (page.name.clone(), spelled));
    }
    unknown_tables(told, &book)?;
    for table in existing.tables.values() {
        let gone = (table.name.clone(), BTreeMap::new());
        book.tables.entry(fold(&table.name)).or_insert(gone);
    }
    Ok(Adopted {
        schema: book.schema(&wanted.schema),
        hints: book.hints(&wanted.hints),
        renames,
    })
}

/// The keys under which tables are found.
pub(super) struct Keys<'a> {
    judge: &'a Judge<'a>,
    /// [`Wanted::exact_tables`].
    exact: bool,
    /// The folded names that several tables of one schema have: there the
    /// database can only mean the exact ones.
    twins: BTreeSet<String>,
}

impl<'a> Keys<'a> {
    fn new(wanted: &Wanted, existing: &Schema, judge: &'a Judge<'a>) -> Self {
        let mut twins = BTreeSet::new();
        for schema in [&wanted.schema, existing] {
            let mut seen = BTreeSet::new();
            let keys = schema.tables.keys().map(|name| fold_table(name, judge));
            twins.extend(keys.filter(|key| !seen.insert(key.clone())));
        }
        let exact = wanted.exact_tables;
        Self {
            judge,
            exact,
            twins,
        }
    }

    /// The key of a table.
    fn of(&self, name: &TableName) -> String {
        let key = fold_table(name, self.judge);
        if self.exact || self.twins.contains(&key) {
            format!("{key}\u{0}{}", name.name)
        } else {
            key
        }
    }
}

/// The name of a table as the database compares it.
fn fold_table(name: &TableName, judge: &Judge<'_>) -> String {
    let schema = name.schema.as_ref().map(|s| (judge.fold_name)(s.as_str()));
    let own = (judge.fold_name)(name.name.as_str());
    match schema {
        Some(schema) => format!("{schema}\u{0}{own}"),
        None => own,
    }
}

fn spellings<'a, N: Clone + 'a>(
    names: impl Iterator<Item = &'a N>,
    fold: &dyn Fn(&N) -> String,
) -> BTreeMap<String, N> {
    names.map(|name| (fold(name), name.clone())).collect()
}

fn renamed_tables(
    wanted: &Wanted,
    existing: &Schema,
    told: &Renames,
    fold: &dyn Fn(&TableName) -> String,
) -> Result<Vec<Pair<TableName>>> {
    let hinted = wanted.hints.iter().filter_map(|(name, hint)| {
        let from = hint.renamed_from.clone()?;
        Some(Pair::new(from, name.clone()))
    });
    Question {
        noun: "table",
        place: String::new(),
        prefix: String::new(),
        told: told.tables.clone(),
        hinted: hinted.collect(),
        existing: spellings(existing.tables.keys(), fold),
        wanted: spellings(wanted.schema.tables.keys(), fold),
        fold,
    }
    .answer()
}

/// What is known of one wanted table before its columns are looked at.
struct Page<'a> {
    /// Its name in the end.
    name: TableName,
    /// The table that it is now.
    partner: Option<&'a Table>,
}

fn page<'a>(
    existing: &'a Schema,
    renames: &[Pair<TableName>],
    table: &Table,
    keys: &Keys<'_>,
) -> Page<'a> {
    if let Some(pair) = renames.iter().find(|pair| pair.to == table.name) {
        return Page {
            name: table.name.clone(),
            partner: existing.table(&pair.from),
        };
    }
    let key = keys.of(&table.name);
    let stays = |t: &&Table| !renames.iter().any(|pair| pair.from == t.name);
    // The exact name first: it is the only one where case is not folded.
    let partner = existing
        .table(&table.name)
        .or_else(|| existing.tables.values().find(|t| keys.of(&t.name) == key));
    let partner = partner.filter(stays);
    Page {
        name: partner.map_or_else(|| table.name.clone(), |t| t.name.clone()),
        partner,
    }
}

impl Page<'_> {
    /// The names that the columns of the table have in the end, by folded name.
    fn columns(
        &self,
        table: &Table,
        renames: &[Pair<Name>],
        judge: &Judge<'_>,
    ) -> BTreeMap<String, Name> {
        let fold = |name: &Name| (judge.fold_name)(name.as_str());
        let columns = self.partner.map_or(&[][..], |t| t.columns.as_slice());
        let existing = spellings(columns.iter().map(|c| &c.name), &fold);
        let spelled = table.columns.iter().map(|column| {
            let key = fold(&column.name);
            let renamed = renames.iter().any(|pair| pair.to == column.name);
            let same = existing.get(&key).filter(|_| !renamed);
            let same = same.filter(|name| !renames.iter().any(|pair| pair.from == **name));
            (key, same.unwrap_or(&column.name).clone())
        });
        spelled.collect()
    }
}

fn renamed_columns(
    wanted: &Wanted,
    told: &Renames,
    page: &Page<'_>,
    table: &Table,
    keys: &Keys<'_>,
) -> Result<Vec<Pair<Name>>> {
    let fold = |name: &Name| (keys.judge.fold_name)(name.as_str());
    let key = keys.of(&table.name);
    let told = told.columns.iter();
    let told = told.filter(|(name, _)| keys.of(name) == key);
    let hint = wanted.hints.get(&table.name);
    let hinted = hint.into_iter().flat_map(|h| &h.columns);
    let hinted = hinted.filter_map(|(name, hint)| {
        let from = hint.renamed_from.clone()?;
        Some(Pair::new(from, name.clone()))
    });
    let columns = page.partner.map_or(&[][..], |t| t.columns.as_slice());
    Question {
        noun: "column",
        place: format!(" of `{}`", page.name),
        prefix: format!("{}.", page.name),
        told: told.map(|(_, pair)| pair.clone()).collect(),
        hinted: hinted.collect(),
        existing: spellings(columns.iter().map(|c| &c.name), &fold),
        wanted: spellings(table.columns.iter().map(|c| &c.name), &fold),
        fold: &fold,
    }
    .answer()
}

fn unknown_tables(told: &Renames, book: &Book<'_>) -> Result<()> {
    for (table, names) in &told.columns {
        if !book.tables.contains_key(&book.keys.of(table)) {
            let error = Error::new(format!(
                "cannot rename `{table}.{}` to `{}`: the models have no table `{table}`",
                names.from, names.to
            ));
            let known = book.tables.values().map(|(name, _)| name);
            return Err(match super::renamed::nearest(&table.to_string(), known) {
                Some(nearest) => error.with_hint(format!("did you mean `{nearest}`?")),
                None => error,
            });
        }
    }
    Ok(())
}

/// The names of everything in the end, by folded wanted name.
struct Book<'a> {
    judge: &'a Judge<'a>,
    keys: &'a Keys<'a>,
    tables: BTreeMap<String, (TableName, BTreeMap<String, Name>)>,
    enums: BTreeMap<String, TableName>,
}

impl Book<'_> {
    fn table(&self, name: &TableName) -> TableName {
        let found = self.tables.get(&self.keys.of(name));
        found.map_or_else(|| name.clone(), |(spelled, _)| spelled.clone())
    }

    fn respell_column(&self, table: &TableName, name: &mut Name) {
        let found = self
            .tables
            .get(&self.keys.of(table))
            .and_then(|(_, columns)| columns.get(&(self.judge.fold_name)(name.as_str())));
        if let Some(spelled) = found {
            name.clone_from(spelled);
        }
    }

    fn respell_type(&self, ty: &mut ColumnType) {
        match ty {
            ColumnType::Enum(name) => {
                if let Some(spelled) = self.enums.get(&self.keys.of(name)) {
                    name.clone_from(spelled);
                }
            }
            ColumnType::Array(inner) => self.respell_type(inner),
            _ => {}
        }
    }

    fn schema(&self, wanted: &Schema) -> Schema {
        let mut schema = Schema::default();
        for table in wanted.tables.values() {
            schema.insert(self.respelled(table));
        }
        for (name, values) in &wanted.enums {
            let mut values = values.clone();
            if let Some(spelled) = self.enums.get(&self.keys.of(name)) {
                values.name.clone_from(spelled);
            }
            schema.enums.insert(values.name.clone(), values);
        }
        schema
    }

    fn respelled(&self, wanted: &Table) -> Table {
        let mut table = wanted.clone();
        table.name = self.table(&wanted.name);
        let own = |name: &mut Name| self.respell_column(&wanted.name, name);
        for column in &mut table.columns {
            own(&mut column.name);
            self.respell_type(&mut column.ty);
        }
        if let Some(key) = &mut table.primary_key {
            key.columns.iter_mut().for_each(own);
        }
        for unique in &mut table.uniques {
            unique
                .columns
                .iter_mut()
                .chain(&mut unique.include)
                .for_each(own);
        }
        for index in &mut table.indexes {
            for key in &mut index.keys {
                if let IndexTarget::Column(name) = &mut key.target {
                    own(name);
                }
            }
            index.include.iter_mut().for_each(own);
        }
        for key in &mut table.foreign_keys {
            key.columns.iter_mut().for_each(own);
            let referenced = key.references.clone();
            let theirs = |name: &mut Name| self.respell_column(&referenced, name);
            key.referenced_columns.iter_mut().for_each(theirs);
            key.references = self.table(&referenced);
        }
        table
    }

    fn hints(&self, wanted: &BTreeMap<TableName, TableHint>) -> BTreeMap<TableName, TableHint> {
        let respelled = wanted.iter().map(|(table, hint)| {
            let mut hint = hint.clone();
            let columns = std::mem::take(&mut hint.columns).into_iter();
            hint.columns = columns
                .map(|(mut name, hint)| {
                    self.respell_column(table, &mut name);
                    (name, hint)
                })
                .collect();
            (self.table(table), hint)
        });
        respelled.collect()
    }
}
