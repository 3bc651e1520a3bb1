//! Where in the source a difference has its reason: the field, the struct, the
//! enum or the statement that the database is to follow.

use std::sync::Arc;

use aludel_core::change::Change;
use aludel_core::diff::Wanted;
use aludel_core::model::{ColumnModel, EnumModel, Origin, TableModel};
use aludel_core::operation::{Operation, TableChange};
use aludel_core::schema::{Check, ForeignKey, Index, IndexTarget, Name, TableName};
use aludel_syntax::scan::SourceFile;

use crate::annotate::Place;
use crate::compare::Entry;
use crate::models::Sources;

/// The source, and what it means on a database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) sources: &'a Sources,
    pub(super) wanted: &'a Wanted,
    /// The schema of tables that name none; may be empty.
    pub(super) default_schema: &'a str,
}

impl Source<'_> {
    /// The place of one change. What only the database has is nowhere: it is said
    /// of the models as a whole, where these are one file.
    pub(super) fn of(&self, entry: &Entry, operations: &[Operation]) -> Option<Place> {
        let (at, change) = entry.place;
        let found = match operations.get(at)? {
            Operation::Object(change) => {
                let objects = self.wanted.objects.list.iter();
                let mut same = objects.filter(|one| one.definition.id == *change.id());
                same.next()
                    .and_then(|one| place(self.sources.sql(), &one.origin))
            }
            other => self
                .in_models(other, change)
                .and_then(|origin| place(&self.sources.rust.files, origin)),
        };
        found.or_else(|| match self.sources.rust.files.as_slice() {
            [only] => Some(Place::file(&only.path)),
            _ => None,
        })
    }

    fn in_models(&self, operation: &Operation, change: usize) -> Option<&Origin> {
        match operation {
            Operation::CreateTable(table) => Some(&self.table(&table.name)?.origin),
            Operation::RenameTable(names) => Some(&self.table(&names.to)?.origin),
            Operation::AlterTable { table, changes } => {
                let model = self.table(table)?;
                Some(in_table(model, changes.get(change)?).unwrap_or(&model.origin))
            }
            Operation::Enum(change) => {
                let name = match change {
                    Change::Add(one) | Change::Drop(one) => &one.name,
                    Change::Alter(pair) => &pair.to.name,
                    Change::Rename(names) => return Some(&self.enum_of(&names.to)?.origin),
                };
                Some(&self.enum_of(&name.name)?.origin)
            }
            Operation::RenameEnumValue { name, .. } => Some(&self.enum_of(&name.name)?.origin),
            Operation::DropTable(_) | Operation::Object(_) | Operation::Execute(_) => None,
        }
    }

    fn table(&self, name: &TableName) -> Option<&TableModel> {
        let tables = || self.sources.rust.models.tables.iter();
        let is = |other: &TableName| {
            let schema = |name: &TableName| match &name.schema {
                Some(schema) => schema.to_string(),
                None => self.default_schema.to_owned(),
            };
            same(&other.name, &name.name) && schema(other) == schema(name)
        };
        let before = |model: &&TableModel| model.renamed_from.as_ref().is_some_and(is);
        tables()
            .find(|model| is(&model.name))
            .or_else(|| tables().find(before))
    }

    fn enum_of(&self, name: &Name) -> Option<&EnumModel> {
        let mut enums = self.sources.rust.models.enums.iter();
        enums.find(|model| same(&model.name.name, name))
    }
}

/// Databases fold names each in its own way; models do not differ in that alone.
fn same(one: &Name, other: &Name) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

fn place(files: &[Arc<SourceFile>], origin: &Origin) -> Option<Place> {
    let file = files.get(origin.file)?;
    Some(Place::byte(&file.path, &file.text, origin.span.start))
}

/// The field that a change of its table is about; `None` where it is about the
/// whole struct, or a field that is not there any more.
fn in_table<'m>(model: &'m TableModel, change: &TableChange) -> Option<&'m Origin> {
    let field = |name: &Name| {
        let mut columns = model.columns.iter();
        let found: Option<&ColumnModel> = columns.find(|column| same(&column.name, name));
        found.map(|column| &column.origin)
    };
    let only = |names: &[Name]| match names {
        [name] => field(name),
        _ => None,
    };
    match change {
        TableChange::Column(Change::Add(column) | Change::Drop(column)) => field(&column.name),
        TableChange::Column(Change::Alter(pair)) => field(&pair.to.name),
        TableChange::Column(Change::Rename(names)) => field(&names.to),
        TableChange::Values(renamed) => field(&renamed.column),
        TableChange::PrimaryKey(change) => only(&part(change)?.columns),
        TableChange::Unique(change) => only(&part(change)?.columns),
        TableChange::Index(change) => only(&columns_of(part(change)?)),
        TableChange::ForeignKey(change) => of_foreign_key(model, part(change)?)
            .or_else(|| part(change).and_then(|key| only(&key.columns))),
        TableChange::Check(change) => of_check(model, part(change)?).and_then(field),
        TableChange::Comment(_) | TableChange::Options(_) => None,
    }
}

/// What a change makes; what it was, where it goes away.
fn part<T>(change: &Change<T>) -> Option<&T> {
    match change {
        Change::Add(part) | Change::Drop(part) => Some(part),
        Change::Alter(pair) => Some(&pair.to),
        Change::Rename(_) => None,
    }
}

fn columns_of(index: &Index) -> Vec<Name> {
    let keys = index.keys.iter();
    keys.filter_map(|key| match &key.target {
        IndexTarget::Column(name) => Some(name.clone()),
        IndexTarget::Expression(_) => None,
    })
    .collect()
}

fn of_foreign_key<'m>(model: &'m TableModel, key: &ForeignKey) -> Option<&'m Origin> {
    let mut keys = model.foreign_keys.iter();
    let found = keys.find(|one| one.columns == key.columns);
    found.map(|one| &one.origin)
}

/// The column at which a check was written.
fn of_check<'m>(model: &'m TableModel, check: &Check) -> Option<&'m Name> {
    let is = |name: &Option<Name>| name.is_some() && *name == check.name;
    let mut checks = model.checks.iter();
    let found = checks.find(|one| is(&one.name) || one.expression == check.expression);
    found?.column.as_ref()
}
