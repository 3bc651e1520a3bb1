//! What only shows when all keys and all fields of a struct are known.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;

use super::{Part, StructModel};
use crate::attr::{FieldRef, Place, Takes};
use crate::problem::{Problems, suggestion};

/// Checks a struct that has been read.
pub(super) fn whole(model: &StructModel, problems: &mut Problems) {
    if model.fields.is_empty() && problems.is_empty() {
        problems.push(
            model.ident.span(),
            format!("`{}` has no columns", model.ident),
            "give it a field that is not skipped",
        );
    }
    let mut columns = BTreeMap::new();
    for field in &model.fields {
        let Some(column) = &field.column else {
            continue;
        };
        if let Some(first) = columns.insert(column.name.clone(), &field.field) {
            problems.push(
                field.ident.span(),
                format!(
                    "column `{}` is declared twice, by `{first}` and by `{}`",
                    column.name, field.field
                ),
                "give one of them another `name`",
            );
        }
    }
    if !model.is_open() {
        let known: Vec<String> = model.fields.iter().map(|f| f.field.clone()).collect();
        known_fields(model, &known, problems);
    }
    numbered(model, problems);
    names(model, problems);
    arity(model, problems);
}

/// Checks that every field that is named exists.
pub(crate) fn known_fields(model: &StructModel, known: &[String], problems: &mut Problems) {
    let keys = &model.keys;
    let mut check = |place: Place, fields: &[FieldRef], count: usize| {
        let mut seen = BTreeSet::new();
        for (at, field) in fields.iter().enumerate() {
            if !known.contains(&field.name) {
                unknown(model, known, place, field, problems);
            } else if !seen.insert((at < count, &field.name)) && place != Place::Index {
                problems.push(
                    field.span,
                    format!("field `{}` is listed twice", field.name),
                    "keep one of them",
                );
            }
        }
    };
    if let Some(part) = &keys.primary_key {
        check(part.place, &part.fields, part.keys);
    }
    for part in &keys.uniques {
        check(part.place, &part.fields, part.keys);
    }
    for part in &keys.indexes {
        check(part.place, &part.fields, part.keys);
    }
    for (part, _) in &keys.foreign_keys {
        check(part.place, &part.fields, part.keys);
    }
}

fn unknown(
    model: &StructModel,
    known: &[String],
    place: Place,
    field: &FieldRef,
    problems: &mut Problems,
) {
    if model.skipped.contains(&field.name) {
        problems.push(
            field.span,
            format!("field `{}` is skipped, so it has no column", field.name),
            "name a field that is a column",
        );
        return;
    }
    let flags = place
        .keys()
        .filter(|key| key.takes == Takes::Nothing)
        .map(|key| key.name);
    let candidates = known.iter().map(String::as_str).chain(flags);
    let hint = suggestion(&field.name, candidates, || {
        format!("the fields are {}", quoted(known))
    });
    problems.push(
        field.span,
        format!("no field `{}` in `{}`", field.name, model.ident),
        hint,
    );
}

/// Names in backticks, between commas.
pub(crate) fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn numbered(model: &StructModel, problems: &mut Problems) {
    let mut first: Option<&str> = None;
    for field in &model.fields {
        let Some(span) = field.column.as_ref().and_then(|c| c.autoincrement) else {
            continue;
        };
        if let Some(first) = first {
            problems.push(
                span,
                format!("two fields are numbered, `{first}` and `{}`", field.field),
                "keep one `autoincrement`",
            );
        } else if !is_keyed(model, &field.field) {
            problems.push(
                span,
                "`autoincrement` on a field that is in no key",
                "give this field alone `primary_key`",
            );
        }
        first = first.or(Some(&field.field));
    }
}

/// Whether the field is in the primary key, or a unique constraint or an index
/// begins with it. What more a database wants is for the database to say.
fn is_keyed(model: &StructModel, field: &str) -> bool {
    let keys = &model.keys;
    let first = |fields: &[FieldRef]| fields.first().is_some_and(|f| f.name == field);
    let primary = keys.primary_key.as_ref().map(|key| &key.fields);
    primary.is_some_and(|fields| fields.iter().any(|f| f.name == field))
        || keys.uniques.iter().any(|unique| first(&unique.fields))
        || keys.indexes.iter().any(|index| first(&index.fields))
}

fn names(model: &StructModel, problems: &mut Problems) {
    let keys = &model.keys;
    let mut seen = BTreeSet::new();
    let mut check = |kind: &str, name: Option<&aludel_core::schema::Name>, span: Span| {
        let Some(name) = name else { return };
        // what more a database wants is for the database to say: on MySQL a
        // foreign key may be called like a unique constraint
        if !seen.insert((kind.to_owned(), name.clone())) {
            problems.push(
                span,
                format!("the name `{name}` is given twice"),
                format!("give this {kind} another name"),
            );
        }
    };
    fn at<T>(part: &Part<T>) -> Span {
        part.span
    }
    if let Some(part) = &keys.primary_key {
        check("primary key", part.model.name.as_ref(), at(part));
    }
    for part in &keys.uniques {
        check("unique constraint", part.model.name.as_ref(), at(part));
    }
    for (part, _) in &keys.foreign_keys {
        check("foreign key", part.model.name.as_ref(), at(part));
    }
    for part in &keys.checks {
        check("check", part.model.name.as_ref(), at(part));
    }
    for part in &keys.indexes {
        check("index", part.model.name.as_ref(), at(part));
    }
}

fn arity(model: &StructModel, problems: &mut Problems) {
    for (part, target) in &model.keys.foreign_keys {
        if !target.fields.is_empty() && target.fields.len() != part.keys {
            problems.push(
                target.span,
                format!(
                    "a foreign key of {} refers to {}",
                    counted(part.keys),
                    counted(target.fields.len())
                ),
                "list as many on both sides",
            );
        }
    }
    let mut seen = BTreeSet::new();
    for part in &model.keys.uniques {
        // Databases keep two of them that have names of their own.
        if !seen.insert((&part.model.columns, &part.model.name)) {
            problems.push(
                part.span,
                "a unique constraint over the same fields is declared already",
                "remove one of them, or give it a name of its own",
            );
        }
    }
}

/// `1 field`, `2 fields`.
pub(crate) fn counted(count: usize) -> String {
    format!("{count} field{}", if count == 1 { "" } else { "s" })
}
