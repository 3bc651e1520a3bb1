//! From recorded calls to operations, given the schema before them.
//!
//! A call names what it drops or changes; an operation carries it. What is
//! wrong with a name is said by replay ([`Operation::apply`]), so that the
//! words are the same wherever operations are replayed. What a call makes is
//! brought to the form that the database would report.

use aludel_core::change::{Change, Pair};
use aludel_core::dialect::Dialect;
use aludel_core::error::Error;
use aludel_core::operation::{Operation, RenamedValues, TableChange};
use aludel_core::schema::{
    Check, Column, ColumnType, EnumType, ForeignKey, Name, PrimaryKey, Schema, Table, TableName,
    Unique, Using,
};

use super::canonical::{Stages, Words};
use super::fold::{push_folded, renamed_twice};
use super::record::{
    AddEnumValue, Call, CallError, Location, Mistake, Request, TableCall, TableRequest,
};
use super::recording::ColumnAlteration;

/// The operations that the calls ask for on that dialect. The schema is the
/// one before them, and afterwards the one after them.
///
/// # Errors
/// Every call that cannot be done, each with its place; the schema is then
/// somewhere in between.
pub fn resolve(
    calls: &[Call],
    schema: &mut Schema,
    dialect: &dyn Dialect,
) -> Result<Vec<Operation>, Vec<CallError>> {
    Words::of(dialect, |words| resolve_in(words, calls, schema))
}

/// Where the changes of an operation were called, one place a change; of a
/// call that was folded into another, the last one.
pub(crate) type Places = Vec<Location>;

/// The operations of [`resolve`], each with the places of its changes.
///
/// # Errors
/// As [`resolve`].
pub(crate) fn resolve_placed(
    calls: &[Call],
    schema: &mut Schema,
    dialect: &dyn Dialect,
) -> Result<Vec<(Operation, Places)>, Vec<CallError>> {
    Words::of(dialect, |words| {
        let mut resolver = Resolver::new(words, schema);
        let operations = resolver.all(calls)?;
        Ok(operations.into_iter().zip(resolver.places).collect())
    })
}

/// As [`resolve`], where a dialect is only what is asked of it here.
pub(super) fn resolve_in(
    words: &Words<'_>,
    calls: &[Call],
    schema: &mut Schema,
) -> Result<Vec<Operation>, Vec<CallError>> {
    Resolver::new(words, schema).all(calls)
}

struct Resolver<'s> {
    words: &'s Words<'s>,
    has_enums: bool,
    schema: &'s mut Schema,
    operations: Vec<Operation>,
    /// Of each operation, where its changes were called.
    places: Vec<Places>,
    errors: Vec<CallError>,
}

impl<'s> Resolver<'s> {
    fn new(words: &'s Words<'s>, schema: &'s mut Schema) -> Self {
        Self {
            words,
            has_enums: words.has_enums(),
            schema,
            operations: Vec::new(),
            places: Vec::new(),
            errors: Vec::new(),
        }
    }

    fn all(&mut self, calls: &[Call]) -> Result<Vec<Operation>, Vec<CallError>> {
        for call in calls {
            self.call(call);
        }
        if self.errors.is_empty() {
            Ok(std::mem::take(&mut self.operations))
        } else {
            Err(std::mem::take(&mut self.errors))
        }
    }

    fn call(&mut self, call: &Call) {
        if let Request::AlterTable(table, changes) = &call.request {
            self.alter_table(table, changes, call.location);
            return;
        }
        if !self.has_enums && self.is_done_without_enums(&call.request) {
            return;
        }
        let operation = match self.operation(&call.request) {
            Ok(operation) => operation,
            Err(error) => return self.fail(error, call.location),
        };
        match operation.apply(self.schema) {
            Ok(()) if self.has_enums || !matches!(operation, Operation::Enum(_)) => {
                self.operations.push(operation);
                self.places.push(vec![call.location]);
            }
            // Its values become part of the columns that use it.
            Ok(()) => {}
            Err(error) => self.fail(error, call.location),
        }
    }

    /// Whether a call is nothing where enums are no types of their own: one
    /// that an earlier migration made left nothing but columns.
    fn is_done_without_enums(&self, request: &Request) -> bool {
        match request {
            Request::DropEnum(name) => !self.schema.enums.contains_key(name),
            Request::RenameEnum(names) => {
                let mut known = self.schema.enums.keys();
                !known.any(|name| name.name == names.from)
            }
            _ => false,
        }
    }

    fn fail(&mut self, error: Error, location: Location) {
        self.errors.push(CallError {
            message: error.message,
            hint: error.hint,
            location,
        });
    }

    fn operation(&self, request: &Request) -> Result<Operation, Error> {
        Ok(match request {
            Request::CreateTable(table) => {
                Operation::CreateTable(self.words.table(table, self.schema))
            }
            Request::DropTable(name) => {
                let table = self.schema.table(name).cloned();
                Operation::DropTable(table.unwrap_or_else(|| Table::new(name.clone())))
            }
            Request::RenameTable(names) => Operation::RenameTable(names.clone()),
            Request::AlterTable(table, _) => Operation::AlterTable {
                table: table.clone(),
                changes: Vec::new(),
            },
            Request::CreateEnum(to) => Operation::Enum(Change::Add(to.clone())),
            Request::AlterEnum(to) => {
                let from = self.enum_type(&to.name)?;
                Operation::Enum(Change::Alter(Pair::new(from, to.clone())))
            }
            Request::AddEnumValue(added) => {
                let from = self.enum_type(&added.name)?;
                let to = with_value(&from, added)?;
                Operation::Enum(Change::Alter(Pair::new(from, to)))
            }
            Request::RenameEnum(names) => Operation::Enum(Change::Rename(names.clone())),
            Request::RenameEnumValue(name, values) => Operation::RenameEnumValue {
                name: self.enum_type(name)?.name,
                values: values.clone(),
            },
            Request::DropEnum(name) => match self.schema.enums.get(name) {
                Some(known) => Operation::Enum(Change::Drop(known.clone())),
                None => Operation::Enum(Change::Drop(self.enum_type(name)?)),
            },
            Request::Object(change) => Operation::Object(change.as_ref().clone()),
            Request::Mistake(mistake) => return Err(error(mistake)),
        })
    }

    fn enum_type(&self, name: &TableName) -> Result<EnumType, Error> {
        if !self.has_enums {
            let title = self.words.title;
            return Err(Error::new(format!(
                "{title} has no enum types, so `{name}` cannot change for all of its columns"
            ))
            .with_hint(format!(
                "change the columns where `op.dialect()` says {title}, and the type elsewhere"
            )));
        }
        self.schema.enums.get(name).cloned().ok_or_else(|| {
            let there = self.schema.enums.keys().map(TableName::to_string);
            unknown(&format!("enum type `{name}`"), there.collect())
        })
    }

    fn alter_table(&mut self, name: &TableName, calls: &[TableCall], location: Location) {
        if self.schema.table(name).is_none() {
            let missing = Operation::DropTable(Table::new(name.clone()));
            if let Err(error) = missing.apply(&mut self.schema.clone()) {
                self.fail(error, location);
            }
            return;
        }
        let mut changes = Vec::new();
        let mut places = Vec::new();
        for call in calls {
            let change = match self.schema.table(name) {
                Some(table) => table_change(table, &call.request, self.words),
                None => return,
            };
            let change = change.and_then(|change| {
                let twice = change
                    .as_ref()
                    .and_then(|c| renamed_twice(name, &changes, c));
                twice.map_or(Ok(change), Err)
            });
            match change {
                Ok(Some(change)) => self.change(name, change, &mut changes, call.location),
                Ok(None) => {}
                Err(error) => self.fail(error, call.location),
            }
            places.resize(changes.len(), call.location);
        }
        if !changes.is_empty() {
            self.places.push(places);
            self.operations.push(Operation::AlterTable {
                table: name.clone(),
                changes,
            });
        }
    }

    fn change(
        &mut self,
        name: &TableName,
        change: TableChange,
        changes: &mut Vec<TableChange>,
        location: Location,
    ) {
        let before = self.schema.table(name).cloned();
        let alone = Operation::AlterTable {
            table: name.clone(),
            changes: vec![change.clone()],
        };
        if let Err(error) = alone.apply(self.schema) {
            return self.fail(error, location);
        }
        let (Some(before), Some(said)) = (before, self.schema.table(name)) else {
            return;
        };
        let after = self.words.table(said, self.schema);
        let stages = Stages {
            before: &before,
            said,
            after: &after,
        };
        for change in stages.changes(change) {
            push_folded(changes, change);
        }
        let after = stages.waiting();
        self.schema.insert(after);
    }
}

/// The change that a call asks for; `None` where all is so already.
fn table_change(
    table: &Table,
    request: &TableRequest,
    words: &Words<'_>,
) -> Result<Option<TableChange>, Error> {
    use TableChange as T;
    Ok(Some(match request {
        TableRequest::AddColumn(column) => T::Column(Change::Add(column.as_ref().clone())),
        TableRequest::DropColumn(name) => T::Column(Change::Drop(column(table, name))),
        TableRequest::AlterColumn(name, to, ty) => {
            let from = column(table, name);
            let to = altered_column(&from, to, ty.as_ref());
            if from == to && table.column(name.as_str()).is_some() {
                return Ok(None);
            }
            T::Column(Change::Alter(Pair::new(from, to)))
        }
        TableRequest::RenameColumn(names) => T::Column(Change::Rename(names.clone())),
        TableRequest::RenameValue(column, values) => T::Values(RenamedValues {
            column: column.clone(),
            values: vec![values.clone()],
        }),
        TableRequest::CreateIndex(index) => T::Index(Change::Add(index.clone())),
        TableRequest::DropIndex(dropped) => {
            let name = &dropped.name;
            let mut indexes = table.indexes.iter();
            let index = indexes.find(|i| i.name.as_ref() == Some(name)).cloned();
            let mut index = index.ok_or_else(|| no_index(table, name))?;
            index.concurrently = dropped.concurrently;
            T::Index(Change::Drop(index))
        }
        TableRequest::RenameIndex(names) => T::Index(Change::Rename(names.clone())),
        TableRequest::CreatePrimaryKey(key) => T::PrimaryKey(Change::Add(key.clone())),
        TableRequest::DropPrimaryKey => {
            let nothing = PrimaryKey {
                name: None,
                columns: Vec::new(),
                prefixes: Vec::new(),
                extra: None,
            };
            T::PrimaryKey(Change::Drop(table.primary_key.clone().unwrap_or(nothing)))
        }
        TableRequest::CreateUnique(unique) => T::Unique(Change::Add(unique.clone())),
        TableRequest::DropUnique(columns) => T::Unique(Change::Drop(unique_over(table, columns))),
        TableRequest::CreateForeignKey(key) => T::ForeignKey(Change::Add(key.as_ref().clone())),
        TableRequest::DropForeignKey(columns, to) => {
            T::ForeignKey(Change::Drop(foreign_key_of(table, columns, to)))
        }
        TableRequest::CreateCheck(check) => T::Check(Change::Add(check.clone())),
        TableRequest::DropCheck(expression) => {
            let nothing = Check {
                name: None,
                expression: expression.clone(),
                extra: None,
            };
            let exactly = table.checks.iter().filter(|c| c.expression == *expression);
            let checks = table.checks.iter();
            let alike = checks.filter(|c| (words.same)(&c.expression, expression));
            let found = unnamed_first(exactly, |c| &c.name);
            let found = found.or_else(|| unnamed_first(alike, |c| &c.name));
            T::Check(Change::Drop(found.unwrap_or(nothing)))
        }
        TableRequest::DropConstraint(name) => drop_constraint(table, name)?,
        TableRequest::ValidateConstraint(name) => validate_constraint(table, name)?,
        TableRequest::RenameConstraint(names) => rename_constraint(table, names)?,
        TableRequest::SetComment(to) => T::Comment(Pair::new(table.comment.clone(), to.clone())),
        TableRequest::SetOptions(to) => {
            let to = to.apply(&table.options);
            T::Options(Pair::new(table.options.clone(), to))
        }
        TableRequest::Mistake(mistake) => return Err(error(mistake)),
    }))
}

/// The column of that name, or one that replay will not find.
fn column(table: &Table, name: &Name) -> Column {
    let found = table.column(name.as_str()).cloned();
    found.unwrap_or_else(|| Column::new(name.clone(), ColumnType::Custom(String::new())))
}

fn altered_column(from: &Column, to: &ColumnAlteration, ty: Option<&ColumnType>) -> Column {
    let keep = |change: &Option<Option<String>>, from: &Option<String>| {
        change.clone().unwrap_or_else(|| from.clone())
    };
    Column {
        name: from.name.clone(),
        ty: ty.unwrap_or(&from.ty).clone(),
        nullable: to.nullable.unwrap_or(from.nullable),
        default: to.default.clone().unwrap_or_else(|| from.default.clone()),
        generated: (to.generated.clone()).unwrap_or_else(|| from.generated.clone()),
        autoincrement: (to.autoincrement).unwrap_or(from.autoincrement || to.identity.is_some()),
        collation: keep(&to.collation, &from.collation),
        comment: keep(&to.comment, &from.comment),
        fill: to.fill.clone(),
        using: Using {
            up: to.using.clone(),
            ..Using::default()
        },
        extra: keep(&to.extra, &from.extra),
        identity: match (to.identity, to.autoincrement) {
            (Some(identity), _) => Some(identity),
            (None, Some(false)) => None,
            (None, Some(true) | None) => from.identity,
        },
    }
}

fn unnamed_first<'t, T: Clone + 't>(
    found: impl Iterator<Item = &'t T>,
    name: impl Fn(&T) -> &Option<Name>,
) -> Option<T> {
    found.min_by_key(|part| name(part).is_some()).cloned()
}

fn unique_over(table: &Table, columns: &[Name]) -> Unique {
    let found = table.uniques.iter().filter(|u| u.columns == columns);
    unnamed_first(found, |u| &u.name).unwrap_or_else(|| Unique::on(columns.iter().cloned()))
}

fn foreign_key_of(table: &Table, columns: &[Name], references: &TableName) -> ForeignKey {
    let keys = table.foreign_keys.iter();
    let found = keys.filter(|k| k.columns == columns && k.references == *references);
    unnamed_first(found, |k| &k.name).unwrap_or_else(|| {
        ForeignKey::new(columns.iter().cloned(), references.clone(), [] as [Name; 0])
    })
}

/// Every constraint of that name, as the change that drops it.
fn constraints_named(table: &Table, name: &Name) -> Vec<TableChange> {
    let named = |n: &Option<Name>| n.as_ref() == Some(name);
    let keys = table.primary_key.iter().filter(|k| named(&k.name));
    let uniques = table.uniques.iter().filter(|u| named(&u.name));
    let foreign = table.foreign_keys.iter().filter(|k| named(&k.name));
    let checks = table.checks.iter().filter(|c| named(&c.name));
    keys.map(|k| TableChange::PrimaryKey(Change::Drop(k.clone())))
        .chain(uniques.map(|u| TableChange::Unique(Change::Drop(u.clone()))))
        .chain(foreign.map(|k| TableChange::ForeignKey(Change::Drop(k.clone()))))
        .chain(checks.map(|c| TableChange::Check(Change::Drop(c.clone()))))
        .collect()
}

fn the_constraint(table: &Table, name: &Name) -> Result<TableChange, Error> {
    let mut found = constraints_named(table, name);
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(Error::new(format!(
            "`{}` has more than one constraint `{name}`",
            table.name
        ))
        .with_hint(
            "say which: `drop_check_constraint(\"..\")`, `drop_unique_constraint([..])`, \
             `drop_foreign_key([..], \"..\")` or `drop_primary_key()`",
        )),
        (None, _) => Err(no_constraint(table, name)),
    }
}

fn drop_constraint(table: &Table, name: &Name) -> Result<TableChange, Error> {
    the_constraint(table, name)
}

fn validate_constraint(table: &Table, name: &Name) -> Result<TableChange, Error> {
    let validated = match the_constraint(table, name)? {
        TableChange::ForeignKey(Change::Drop(from)) => from
            .validated()
            .map(|to| TableChange::ForeignKey(Change::Alter(Pair::new(from, to)))),
        TableChange::Check(Change::Drop(from)) => from
            .validated()
            .map(|to| TableChange::Check(Change::Alter(Pair::new(from, to)))),
        _ => None,
    };
    validated.ok_or_else(|| {
        Error::new(format!(
            "constraint `{name}` of `{}` is valid already",
            table.name
        ))
        .with_hint("only a foreign key or a check that was added `NOT VALID` can be validated")
    })
}

fn rename_constraint(table: &Table, names: &Pair<Name>) -> Result<TableChange, Error> {
    let names = names.clone();
    Ok(match the_constraint(table, &names.from)? {
        TableChange::PrimaryKey(_) => TableChange::PrimaryKey(Change::Rename(names)),
        TableChange::Unique(_) => TableChange::Unique(Change::Rename(names)),
        TableChange::ForeignKey(_) => TableChange::ForeignKey(Change::Rename(names)),
        TableChange::Check(_) => TableChange::Check(Change::Rename(names)),
        // `the_constraint` gives none of these.
        other @ (TableChange::Column(_)
        | TableChange::Values(_)
        | TableChange::Index(_)
        | TableChange::Comment(_)
        | TableChange::Options(_)) => other,
    })
}

fn no_constraint(table: &Table, name: &Name) -> Error {
    let what = format!("constraint `{name}` in `{}`", table.name);
    if table.indexes.iter().any(|i| i.name.as_ref() == Some(name)) {
        return Error::new(format!("there is no {what}"))
            .with_hint(format!("`{name}` is an index: `drop_index(\"{name}\")`"));
    }
    let keys = table.primary_key.iter().map(|k| &k.name);
    let names = (keys.chain(table.uniques.iter().map(|u| &u.name)))
        .chain(table.foreign_keys.iter().map(|k| &k.name))
        .chain(table.checks.iter().map(|c| &c.name));
    unknown(&what, names.flatten().map(Name::to_string).collect())
}

fn no_index(table: &Table, name: &Name) -> Error {
    let what = format!("index `{name}` on `{}`", table.name);
    if !constraints_named(table, name).is_empty() {
        return Error::new(format!("there is no {what}")).with_hint(format!(
            "`{name}` is a constraint: `drop_constraint(\"{name}\")`"
        ));
    }
    let names = table.indexes.iter().filter_map(|i| i.name.as_ref());
    unknown(&what, names.map(Name::to_string).collect())
}

/// An error about a name that is not there, with what is.
fn unknown(what: &str, there: Vec<String>) -> Error {
    let wanted = what.split('`').nth(1).unwrap_or_default().to_lowercase();
    let nearest = there
        .iter()
        .map(|name| (strsim::jaro_winkler(&name.to_lowercase(), &wanted), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match nearest {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None if there.is_empty() => "there are none with a name".to_owned(),
        None => format!("there are `{}`", there.join("`, `")),
    };
    Error::new(format!("there is no {what}")).with_hint(hint)
}

fn with_value(from: &EnumType, added: &AddEnumValue) -> Result<EnumType, Error> {
    let (name, value) = (&added.name, &added.value);
    let mut to = from.clone();
    if to.values.contains(value) {
        return Err(Error::new(format!(
            "enum type `{name}` has `{value}` already"
        )));
    }
    let at = match &added.before {
        None => to.values.len(),
        Some(next) => (to.values.iter().position(|v| v == next)).ok_or_else(|| {
            unknown(
                &format!("value `{next}` of enum type `{name}`"),
                from.values.clone(),
            )
        })?,
    };
    to.values.insert(at, value.clone());
    Ok(to)
}

fn error(mistake: &Mistake) -> Error {
    Error {
        message: mistake.message.clone(),
        hint: mistake.hint.clone(),
    }
}
