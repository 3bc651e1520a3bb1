//! What stands in the parentheses of `index(..)`, `unique(..)`, `check(..)`,
//! `foreign_key(..)`, `references(..)`, `primary_key(..)` and `type(..)`.

use aludel_core::schema::{IndexKey, IndexTarget, Name, NullsOrder, TableName};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitInt, LitStr, Path, Token, token};

use super::parse::{Read, Stop, at_end, entry, field, parens, separated, value_follows, word};
use super::value::{Entries, Value};
use super::{Key, Place, Takes};
use crate::problem::{Problems, suggestion};

/// A field, named in an attribute.
#[derive(Debug, Clone)]
pub(crate) struct FieldRef {
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// One key of an index.
#[derive(Debug, Clone)]
pub(crate) struct KeyRef {
    /// The field, unless it is an expression.
    pub(crate) field: Option<FieldRef>,
    /// The key; its target is the field's name until the columns are known.
    pub(crate) key: IndexKey,
}

/// What a foreign key refers to.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) of: TargetTable,
    /// The fields (of a struct) or columns (of a table) there; none means its
    /// primary key.
    pub(crate) fields: Vec<FieldRef>,
    pub(crate) span: Span,
}

/// The other side of a foreign key.
#[derive(Debug, Clone)]
pub(crate) enum TargetTable {
    /// A struct, by its path.
    Struct(Vec<String>),
    /// A table, by its name in the database.
    Table(TableName),
}

/// The contents of one pair of parentheses.
#[derive(Debug, Clone)]
pub(crate) struct List {
    /// What is listed, in order; only an index has more than plain fields.
    pub(crate) keys: Vec<KeyRef>,
    /// The words after the key, where a field speaks of itself.
    pub(crate) own: IndexKey,
    /// The text that comes first.
    pub(crate) text: Option<(String, Span)>,
    /// What it refers to.
    pub(crate) target: Option<Target>,
    /// The rest.
    pub(crate) options: Entries,
}

impl List {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            keys: Vec::new(),
            own: IndexKey::column(""),
            text: None,
            target: None,
            options: Entries::new(place),
        }
    }

    pub(crate) fn of_text(place: Place, text: String, span: Span) -> Self {
        Self {
            text: Some((text, span)),
            ..Self::new(place)
        }
    }

    /// The fields that are listed.
    pub(crate) fn fields(&self) -> Vec<FieldRef> {
        self.keys.iter().filter_map(|k| k.field.clone()).collect()
    }
}

/// The place whose keys stand in the parentheses.
pub(crate) fn place_of(takes: Takes) -> Place {
    match takes {
        Takes::Index => Place::Index,
        Takes::Unique => Place::Unique,
        Takes::PrimaryKey => Place::PrimaryKey,
        Takes::Check => Place::Check,
        Takes::Type => Place::Type,
        _ => Place::ForeignKey,
    }
}

/// Reads the contents of the parentheses after `key`.
pub(crate) fn list(
    key: &'static Key,
    at: Span,
    owner: Place,
    input: ParseStream,
    problems: &mut Problems,
) -> List {
    let mut list = List::new(place_of(key.takes));
    let before = problems.len();
    separated(input, problems, |input, problems| {
        if matches!(key.takes, Takes::Check | Takes::Type) && input.peek(LitStr) {
            return first_text(key, input, &mut list, problems);
        }
        if key.takes == Takes::Reference && list.target.is_none() && !option_follows(input) {
            list.target = Some(target(input, true, problems)?);
            return Ok(());
        }
        let name = word(input, list.options.place, problems)?;
        if value_follows(input) || is_flag(&name, &list) || !takes_words(key, owner, &name) {
            return option(&name, input, &mut list, problems);
        }
        if owner == Place::Field {
            let own = &mut list.own;
            return modifier(key, &name, input, own, problems)
                .and_then(|()| modifiers(key, input, own, problems));
        }
        listed(key, &name, input, &mut list, problems)
    });
    let missing = match key.takes {
        Takes::Check => list.text.is_none(),
        Takes::Type => list.text.is_none() && list.options.list.is_empty(),
        Takes::ForeignKey | Takes::Reference => list.target.is_none(),
        _ => false,
    };
    if missing && problems.len() == before {
        let what = match key.takes {
            Takes::Check => "has no condition",
            Takes::Type => "says no type",
            _ => "does not say what it refers to",
        };
        problems.push(at, format!("`{}` {what}", key.name), key.form(owner));
    }
    list
}

fn option_follows(input: ParseStream) -> bool {
    let fork = input.fork();
    Ident::parse_any(&fork).is_ok() && fork.peek(Token![=]) && !fork.peek(Token![=>])
}

fn is_flag(name: &Ident, list: &List) -> bool {
    let key = list.options.place.key(&name.to_string());
    key.is_some_and(|key| key.takes == Takes::Nothing)
}

/// Whether a word alone means something other than an option.
fn takes_words(key: &Key, owner: Place, word: &Ident) -> bool {
    match key.takes {
        Takes::Index => true,
        Takes::PrimaryKey if owner == Place::Field => word == "prefix",
        Takes::Unique | Takes::PrimaryKey | Takes::ForeignKey => owner == Place::Table,
        _ => false,
    }
}

fn first_text(key: &Key, input: ParseStream, list: &mut List, problems: &mut Problems) -> Read<()> {
    let text: LitStr = input.parse().map_err(|_| Stop)?;
    if list.text.is_some() {
        problems.push(text.span(), format!("`{}` has two texts", key.name), "");
        return Err(Stop);
    }
    if key.takes == Takes::Check && text.value().trim().is_empty() {
        problems.push(text.span(), format!("`{}` is empty", key.name), "");
        return Err(Stop);
    }
    list.text = Some((text.value(), text.span()));
    Ok(())
}

fn option(name: &Ident, input: ParseStream, list: &mut List, problems: &mut Problems) -> Read<()> {
    let entry = entry(name, input, &mut list.options, problems)?;
    if entry.key.name != "expr" {
        return Ok(());
    }
    let Value::Text(text) = &entry.value else {
        return Ok(());
    };
    let mut key = IndexKey::expression(text.clone());
    let read = modifiers(entry.key, input, &mut key, problems);
    list.keys.push(KeyRef { field: None, key });
    read
}

fn listed(
    key: &Key,
    name: &Ident,
    input: ParseStream,
    list: &mut List,
    problems: &mut Problems,
) -> Read<()> {
    let field = field(name);
    let mut index_key = IndexKey::new(IndexTarget::Column(Name::new(&field.name)));
    let after_target = list.target.is_some();
    if after_target {
        problems.push(
            field.span,
            format!("`{}` stands after what the key refers to", field.name),
            key.form(Place::Table),
        );
        return Err(Stop);
    }
    let read = if matches!(key.takes, Takes::Index | Takes::PrimaryKey) {
        modifiers(key, input, &mut index_key, problems)
    } else {
        Ok(())
    };
    list.keys.push(KeyRef {
        field: Some(field),
        key: index_key,
    });
    read?;
    if key.takes == Takes::ForeignKey && input.peek(Token![=>]) {
        input.parse::<Token![=>]>().map_err(|_| Stop)?;
        list.target = Some(target(input, false, problems)?);
    }
    Ok(())
}

fn modifiers(
    owner: &Key,
    input: ParseStream,
    key: &mut IndexKey,
    problems: &mut Problems,
) -> Read<()> {
    while !at_end(input) {
        let name = word(input, Place::IndexKey, problems)?;
        modifier(owner, &name, input, key, problems)?;
    }
    Ok(())
}

fn modifier(
    owner: &Key,
    name: &Ident,
    input: ParseStream,
    key: &mut IndexKey,
    problems: &mut Problems,
) -> Read<()> {
    let text = name.to_string();
    let mut wrong = |row: &Key, takes: &str| {
        problems.push(
            name.span(),
            format!("`{text}` takes {takes}"),
            row.form(Place::IndexKey),
        );
        Stop
    };
    let fits = |row: &&Key| owner.takes != Takes::PrimaryKey || row.takes == Takes::Number;
    match Place::IndexKey.key(&text).filter(fits) {
        Some(row) if row.name == "asc" => {}
        Some(row) if row.name == "desc" => key.descending = true,
        Some(row) if row.name == "nulls" => {
            let end = Ident::parse_any(input).map_err(|_| wrong(row, "`first` or `last`"))?;
            key.nulls = match end.to_string().as_str() {
                "first" => Some(NullsOrder::First),
                "last" => Some(NullsOrder::Last),
                _ => return Err(wrong(row, "`first` or `last`")),
            };
        }
        Some(row) if row.takes == Takes::Number => {
            let number = input.parse::<LitInt>().and_then(|n| n.base10_parse());
            key.prefix = Some(number.map_err(|_| wrong(row, "a number"))?);
        }
        Some(row) => {
            let value: LitStr = input.parse().map_err(|_| wrong(row, "a text"))?;
            let slot = if row.name == "collate" {
                &mut key.collation
            } else {
                &mut key.opclass
            };
            *slot = Some(value.value());
        }
        None => {
            let known = Place::IndexKey.keys().filter(|key| fits(key));
            let (words, what) = if owner.takes == Takes::PrimaryKey {
                ("`prefix`", "the primary key")
            } else {
                (
                    "`desc`, `asc`, `collate`, `nulls`, `opclass` or `prefix`",
                    "a key of an index",
                )
            };
            let hint = suggestion(&text, known.map(|key| key.name), || {
                format!("a field is followed by {words}")
            });
            problems.push(
                name.span(),
                format!("unknown word `{text}` in {what}"),
                hint,
            );
            return Err(Stop);
        }
    }
    Ok(())
}

/// Field names between commas.
pub(crate) fn fields(input: ParseStream, problems: &mut Problems) -> Vec<FieldRef> {
    names(input, false, problems)
}

fn names(input: ParseStream, texts: bool, problems: &mut Problems) -> Vec<FieldRef> {
    let mut fields = Vec::new();
    separated(input, problems, |input, problems| {
        if texts && input.peek(LitStr) {
            let text: LitStr = input.parse().map_err(|_| Stop)?;
            fields.push(FieldRef {
                name: text.value(),
                span: text.span(),
            });
            return Ok(());
        }
        let name = Ident::parse_any(input).map_err(|_| {
            problems.push(input.span(), "expected the name of a field", "");
            Stop
        })?;
        fields.push(field(&name));
        Ok(())
    });
    fields
}

/// `User::id`, `User`, `"table.column"` where one field refers (`single`);
/// `Other(x, y)`, `"table"(x, y)` otherwise.
pub(crate) fn target(input: ParseStream, single: bool, problems: &mut Problems) -> Read<Target> {
    if input.peek(LitStr) {
        let text: LitStr = input.parse().map_err(|_| Stop)?;
        return table_target(&text, single, input, problems);
    }
    let path: Path = input.call(Path::parse_mod_style).map_err(|error| {
        problems.push(
            error.span(),
            "expected the struct that is referred to",
            "write `User::id`, or `\"table.column\"` for a table without a model",
        );
        Stop
    })?;
    let mut segments: Vec<Ident> = path.segments.iter().map(|s| s.ident.clone()).collect();
    let mut fields = Vec::new();
    if single {
        let names_field = segments.last().is_some_and(|last| {
            let name = last.unraw().to_string();
            segments.len() > 1 && !name.starts_with(char::is_uppercase)
        });
        if names_field {
            fields.extend(segments.pop().as_ref().map(field));
        }
    } else {
        fields = listed_names(input, problems)?;
    }
    Ok(Target {
        of: TargetTable::Struct(segments.iter().map(|s| s.unraw().to_string()).collect()),
        fields,
        span: joined(&segments),
    })
}

fn joined(segments: &[Ident]) -> Span {
    match segments {
        [] => Span::call_site(),
        [first, .., last] => first.span().join(last.span()).unwrap_or(first.span()),
        [only] => only.span(),
    }
}

fn listed_names(input: ParseStream, problems: &mut Problems) -> Read<Vec<FieldRef>> {
    if !input.peek(token::Paren) {
        return Ok(Vec::new());
    }
    let content = parens(input).map_err(|_| Stop)?;
    Ok(names(&content, true, problems))
}

fn table_target(
    text: &LitStr,
    single: bool,
    input: ParseStream,
    problems: &mut Problems,
) -> Read<Target> {
    let value = text.value();
    let mut parts: Vec<&str> = value.split('.').collect();
    let mut fields = Vec::new();
    if single {
        let column = (parts.len() > 1).then(|| parts.pop()).flatten();
        fields.extend(column.map(|column| FieldRef {
            name: column.to_owned(),
            span: text.span(),
        }));
    } else {
        fields = listed_names(input, problems)?;
    }
    let table = match parts.as_slice() {
        [name] if !name.is_empty() => Some(TableName::new(*name)),
        [schema, name] if !schema.is_empty() && !name.is_empty() => {
            Some(TableName::in_schema(*schema, *name))
        }
        _ => None,
    };
    let bad_column = fields.iter().any(|field| field.name.is_empty());
    let Some(table) = table.filter(|_| !bad_column) else {
        let form = if single {
            "`\"table.column\"` or `\"schema.table.column\"`"
        } else {
            "`\"table\"(column, ..)` or `\"schema.table\"(column, ..)`"
        };
        problems.push(
            text.span(),
            format!("`{value}` does not name what is referred to"),
            format!("write {form}"),
        );
        return Err(Stop);
    };
    Ok(Target {
        of: TargetTable::Table(table),
        fields,
        span: text.span(),
    })
}
