//! Keys, indexes and checks: from attribute entries to core's words.

use aludel_core::model::{CheckModel, ForeignKeyModel, PrimaryKeyModel, UniqueModel};
use aludel_core::schema::{Deferrable, Expression, Index, IndexKey, IndexTarget, Name, TableName};

use super::{Keys, Part};
use crate::attr::{Entries, Entry, FieldRef, KeyRef, List, Place, Target};
use crate::problem::Problems;

/// Reads the keys that a struct says.
pub(super) fn of_table(entries: &Entries, keys: &mut Keys, problems: &mut Problems) {
    if let Some(entry) = entries.get("primary_key") {
        let list = entry.list(Place::PrimaryKey);
        if listed(entry, &list, problems) {
            keys.primary_key = Some(primary_key(entry, &list, list.fields()));
        }
    }
    for entry in entries.all("unique") {
        let list = entry.list(Place::Unique);
        if listed(entry, &list, problems) {
            keys.uniques.push(unique(entry, &list, list.fields()));
        }
    }
    for entry in entries.all("index") {
        let list = entry.list(Place::Index);
        if listed(entry, &list, problems) {
            keys.indexes
                .push(index(entry, &list, list.keys.clone(), problems));
        }
    }
    for entry in entries.all("foreign_key") {
        let list = entry.list(Place::ForeignKey);
        if let Some(target) = list.target.clone()
            && listed(entry, &list, problems)
        {
            let part = foreign_key(entry, &list, list.fields());
            keys.foreign_keys.push((part, target));
        }
    }
    for entry in entries.all("check") {
        keys.checks
            .extend(check(entry, &entry.list(Place::Check), None));
    }
}

fn listed(entry: &Entry, list: &List, problems: &mut Problems) -> bool {
    if list.keys.is_empty() {
        problems.push(
            entry.span,
            format!("`{}` lists no field", entry.key.name),
            entry.key.form(Place::Table),
        );
    }
    !list.keys.is_empty()
}

fn name(options: &Entries) -> Option<Name> {
    options.text("name").map(Name::from)
}

fn names(fields: &[FieldRef]) -> Vec<Name> {
    fields.iter().map(|field| Name::new(&field.name)).collect()
}

fn deferrable(options: &Entries) -> Deferrable {
    if options.has("initially_deferred") {
        Deferrable::InitiallyDeferred
    } else if options.has("deferrable") {
        Deferrable::InitiallyImmediate
    } else {
        Deferrable::No
    }
}

fn part<T>(model: T, mut fields: Vec<FieldRef>, entry: &Entry, list: &List) -> Part<T> {
    let keys = fields.len();
    fields.extend(list.options.fields("include"));
    Part {
        model,
        fields,
        keys,
        place: list.options.place,
        span: entry.span,
    }
}

pub(super) fn primary_key(
    entry: &Entry,
    list: &List,
    fields: Vec<FieldRef>,
) -> Part<PrimaryKeyModel> {
    let listed = list.keys.iter().filter(|key| key.field.is_some());
    let mut prefixes: Vec<Option<u32>> = listed.map(|key| key.key.prefix).collect();
    if prefixes.is_empty() {
        prefixes.push(list.own.prefix);
    }
    let model = PrimaryKeyModel {
        name: name(&list.options),
        columns: names(&fields),
        prefixes,
    };
    part(model, fields, entry, list)
}

pub(super) fn unique(entry: &Entry, list: &List, fields: Vec<FieldRef>) -> Part<UniqueModel> {
    let model = UniqueModel {
        name: name(&list.options),
        columns: names(&fields),
        include: names(&list.options.fields("include")),
        nulls_not_distinct: list.options.has("nulls_not_distinct"),
        deferrable: deferrable(&list.options),
    };
    part(model, fields, entry, list)
}

pub(super) fn index(
    entry: &Entry,
    list: &List,
    keys: Vec<KeyRef>,
    problems: &mut Problems,
) -> Part<Index> {
    let options = &list.options;
    if let Some(span) = options.span("nulls_not_distinct")
        && !options.has("unique")
    {
        problems.push(
            span,
            "`nulls_not_distinct` without `unique`",
            "two NULLs can only be equal where an index is `unique`",
        );
    }
    let fields = keys.iter().filter_map(|key| key.field.clone()).collect();
    let model = Index {
        name: name(options),
        keys: keys.into_iter().map(|key| key.key).collect(),
        unique: options.has("unique"),
        method: options.text("using"),
        predicate: options.text("where").map(Expression::new),
        include: names(&options.fields("include")),
        nulls_not_distinct: options.has("nulls_not_distinct"),
        concurrently: options.has("concurrently"),
        extra: None,
    };
    part(model, fields, entry, list)
}

/// The key of an index that a field declares on itself.
pub(super) fn own_key(list: &List, field: &FieldRef) -> KeyRef {
    KeyRef {
        field: Some(field.clone()),
        key: IndexKey {
            target: IndexTarget::Column(Name::new(&field.name)),
            ..list.own.clone()
        },
    }
}

pub(super) fn foreign_key(
    entry: &Entry,
    list: &List,
    fields: Vec<FieldRef>,
) -> Part<ForeignKeyModel> {
    let options = &list.options;
    let model = ForeignKeyModel {
        name: name(options),
        columns: names(&fields),
        references: TableName::default(),
        referenced_columns: Vec::new(),
        on_delete: options.action("on_delete").unwrap_or_default(),
        on_update: options.action("on_update").unwrap_or_default(),
        deferrable: deferrable(options),
        not_valid: options.has("not_valid"),
        origin: aludel_core::model::Origin::default(),
    };
    part(model, fields, entry, list)
}

pub(super) fn check(entry: &Entry, list: &List, column: Option<Name>) -> Option<Part<CheckModel>> {
    let (text, _) = list.text.clone()?;
    let model = CheckModel {
        name: name(&list.options),
        column,
        expression: Expression::new(text),
    };
    Some(part(model, Vec::new(), entry, list))
}

/// The reference of a field, with the actions that stand beside it.
pub(super) fn reference(
    entry: &Entry,
    field: &FieldRef,
    beside: &Entries,
    problems: &mut Problems,
) -> Option<(Part<ForeignKeyModel>, Target)> {
    let mut list = entry.list(Place::ForeignKey);
    for name in ["on_delete", "on_update"] {
        let Some(outer) = beside.get(name) else {
            continue;
        };
        if list.options.has(name) {
            problems.push(
                outer.span,
                format!("`{name}` is given twice"),
                "keep one of them",
            );
        } else {
            list.options.list.push(outer.clone());
        }
    }
    let part = foreign_key(entry, &list, vec![field.clone()]);
    Some((part, list.target?))
}
