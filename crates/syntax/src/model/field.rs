//! One field of a model.

use aludel_core::change::Pair;
use aludel_core::model::Spelling;
use aludel_core::schema::{Expression, Name};
use proc_macro2::Span;
use syn::Field;
use syn::ext::IdentExt;

use super::key_list::{check, index, own_key, primary_key, reference, unique};
use super::sqlx::Sqlx;
use super::{ColumnPart, FieldModel, SaidType, StructModel, case, rust_type};
use crate::attr::{self, Entries, FieldRef, Place};
use crate::problem::Problems;

/// Reads a field into the model.
pub(super) fn read(
    field: &Field,
    rename_all: Option<&str>,
    model: &mut StructModel,
    problems: &mut Problems,
) {
    let Some(ident) = &field.ident else { return };
    let attributes = attr::effective(&field.attrs);
    let entries = attr::attributes(&attributes, Place::Field, problems);
    let sqlx = Sqlx::of(&attributes);
    let name = ident.unraw().to_string();
    if entries.has("skip") || sqlx.skip || sqlx.flatten {
        refuse_keys(&entries, &sqlx, problems);
        if sqlx.flatten && !entries.has("skip") {
            model.fields.push(FieldModel {
                ident: ident.clone(),
                field: name,
                ty: field.ty.clone(),
                column: None,
            });
        } else {
            model.skipped.push(name);
        }
        return;
    }
    let this = FieldRef {
        name: name.clone(),
        span: ident.span(),
    };
    let column = column(&entries, &sqlx, &name, rename_all);
    conflicts(&entries, field, problems);
    keys(&entries, &this, &column.name, model, problems);
    model.fields.push(FieldModel {
        ident: ident.clone(),
        field: name,
        ty: field.ty.clone(),
        column: Some(Box::new(column)),
    });
}

fn refuse_keys(entries: &Entries, sqlx: &Sqlx, problems: &mut Problems) {
    let (what, hint) = if entries.has("skip") || sqlx.skip {
        ("a skipped", "remove the key, or `skip`")
    } else {
        ("a flattened", "remove the key, or `#[sqlx(flatten)]`")
    };
    for entry in entries.list.iter().filter(|entry| entry.key.name != "skip") {
        problems.push(
            entry.span,
            format!("`{}` on {what} field", entry.key.name),
            hint,
        );
    }
}

fn column(entries: &Entries, sqlx: &Sqlx, field: &str, rename_all: Option<&str>) -> ColumnPart {
    let name = entries
        .text("name")
        .or_else(|| sqlx.rename.clone())
        .or_else(|| rename_all.and_then(|rule| case::rename(field, rule)))
        .unwrap_or_else(|| field.to_owned());
    ColumnPart {
        name: Name::from(name),
        renamed_from: entries.text("renamed_from").map(Name::from),
        said: spelling(entries, "type"),
        json: sqlx.json,
        try_from: sqlx.try_from.clone(),
        default: entries.default("default"),
        fill: entries.default("fill"),
        using: Pair::new("using_down", "using").map(|key| spelled(entries, key)),
        allow_lossy: entries.has("allow_lossy"),
        generated: entries
            .text("generated")
            .map(|text| (Expression::new(text), entries.has("stored"))),
        autoincrement: entries.span("autoincrement"),
        identity: (entries.span("identity")).or_else(|| entries.span("identity_always")),
        identity_always: entries.has("identity_always"),
        collation: entries.text("collate"),
        comment: entries.text("comment"),
    }
}

/// The text of a key, empty where it was not given.
fn spelled(entries: &Entries, key: &str) -> Spelling {
    let (all, by_dialect) = spelling(entries, key).unwrap_or_default();
    Spelling { all, by_dialect }
}

fn spelling(entries: &Entries, key: &str) -> Option<SaidType> {
    let entry = entries.get(key)?;
    let list = entry.list(Place::Type);
    let by_dialect: Vec<(String, String)> = list
        .options
        .list
        .iter()
        .filter_map(|option| {
            let text = list.options.text(option.key.name)?;
            Some((option.key.name.to_owned(), text))
        })
        .collect();
    let all = list.text.map(|(text, _)| text);
    Some((all, by_dialect))
}

/// Keys that do not go together.
fn conflicts(entries: &Entries, field: &Field, problems: &mut Problems) {
    let mut pair = |one: &str, other: &str, hint: &str| {
        if let (Some(_), Some(span)) = (entries.span(one), entries.span(other)) {
            problems.push(span, format!("`{one}` and `{other}` on one field"), hint);
        }
    };
    let computed = "a generated column takes its value from its expression alone";
    pair("generated", "default", computed);
    pair("generated", "fill", computed);
    pair("generated", "autoincrement", computed);
    pair("generated", "identity", computed);
    pair("generated", "identity_always", computed);
    pair("stored", "virtual", "keep one of them");
    let numbered = "the database gives the number";
    pair("autoincrement", "default", numbered);
    pair("identity", "default", numbered);
    pair("identity_always", "default", numbered);
    pair("autoincrement", "identity", "keep one of them");
    pair("autoincrement", "identity_always", "keep one of them");
    pair("identity", "identity_always", "keep one of them");
    let mut needs = |key: &str, other: &str, hint: &str| {
        if let Some(span) = entries.span(key)
            && !entries.has(other)
        {
            problems.push(span, format!("`{key}` without `{other}`"), hint);
        }
    };
    let expression = "say the expression: `generated = \"..\"`";
    needs("stored", "generated", expression);
    needs("virtual", "generated", expression);
    let target = "say what the field refers to: `references = User::id`";
    needs("on_delete", "references", target);
    needs("on_update", "references", target);
    if rust_type::plainly_integer(&field.ty) == Some(false) {
        for key in ["autoincrement", "identity", "identity_always"] {
            if let Some(span) = entries.span(key) {
                not_an_integer(key, span, problems);
            }
        }
    }
}

/// The mistake of a column that cannot be numbered.
pub(crate) fn not_an_integer(key: &str, span: Span, problems: &mut Problems) {
    problems.push(
        span,
        format!("`{key}` on a field that is not an integer"),
        "give the field an integer type, such as `i64`",
    );
}

/// The keys, indexes and checks that a field declares on itself.
fn keys(
    entries: &Entries,
    this: &FieldRef,
    column: &Name,
    model: &mut StructModel,
    problems: &mut Problems,
) {
    let keys = &mut model.keys;
    if let Some(entry) = entries.get("primary_key") {
        let mut own = primary_key(entry, &entry.list(Place::PrimaryKey), vec![this.clone()]);
        own.place = Place::Field;
        match &mut keys.primary_key {
            None => keys.primary_key = Some(own),
            // written at fields: one more column of the same key
            Some(part) if part.place == Place::Field => {
                if part.model.name.is_some() && own.model.name.is_some() {
                    problems.push(
                        own.span,
                        "the primary key is named twice",
                        "name it at one of its fields",
                    );
                }
                part.model.name = part.model.name.take().or(own.model.name);
                part.model.columns.extend(own.model.columns);
                part.model.prefixes.extend(own.model.prefixes);
                part.fields.extend(own.fields);
                part.keys += 1;
            }
            Some(_) => problems.push(
                own.span,
                "two primary-key spellings",
                "keep `primary_key(..)` on the struct, or `primary_key` on its fields",
            ),
        }
    }
    if let Some(entry) = entries.get("unique") {
        let list = entry.list(Place::Unique);
        keys.uniques.push(unique(entry, &list, vec![this.clone()]));
    }
    for entry in entries.all("index") {
        let list = entry.list(Place::Index);
        let key = own_key(&list, this);
        keys.indexes.push(index(entry, &list, vec![key], problems));
    }
    for entry in entries.all("check") {
        let list = entry.list(Place::Check);
        keys.checks
            .extend(check(entry, &list, Some(column.clone())));
    }
    if let Some(entry) = entries.get("references") {
        keys.foreign_keys
            .extend(reference(entry, this, entries, problems));
    }
}
