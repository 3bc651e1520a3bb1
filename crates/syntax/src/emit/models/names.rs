//! Names of structs and fields: valid in Rust, and no two alike.

use std::collections::{BTreeMap, BTreeSet};

use aludel_core::schema::{ForeignKey, Name, Schema, Table, TableName};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::model::case::{rename, snake};

/// What the structs use under its own name.
const TAKEN: &[&str] = &["Enum", "Model", "Option", "Self", "String", "Vec"];

/// The names that nothing else may have.
pub(super) fn taken() -> BTreeSet<String> {
    TAKEN.iter().map(|t| (*t).to_owned()).collect()
}

/// Words of `unique(..)`, `index(..)` and `foreign_key(..)` that stand alone; a
/// field of that name is written raw there.
const FLAGS: &[&str] = &[
    "concurrently",
    "deferrable",
    "initially_deferred",
    "not_valid",
    "nulls_not_distinct",
    "unique",
];

/// The names of all structs.
pub(super) struct Names {
    tables: BTreeMap<TableName, TableNames>,
}

/// The names of one struct and its fields.
pub(super) struct TableNames {
    /// The struct.
    pub(super) ident: Ident,
    /// The table that the scanner takes the struct for.
    pub(super) inferred: String,
    fields: BTreeMap<Name, String>,
}

impl Names {
    /// Of two tables of one name the one in the default schema has it, and the
    /// others have the name of their schema before it.
    pub(super) fn of(schema: &Schema, taken: &mut BTreeSet<String>) -> Self {
        let mut tables = BTreeMap::new();
        for table in schema.tables.values() {
            let TableName { schema, name } = &table.name;
            let mut wanted = struct_name(name.as_str());
            if let Some(schema) = schema
                && taken.contains(&wanted)
            {
                wanted = struct_name(&format!("{schema}_{name}"));
            }
            let name = free(&wanted, "", taken);
            let names = TableNames {
                inferred: snake(&name),
                ident: ident(&name),
                fields: fields(table),
            };
            tables.insert(table.name.clone(), names);
        }
        Self { tables }
    }

    pub(super) fn table(&self, name: &TableName) -> Option<&TableNames> {
        self.tables.get(name)
    }

    /// The struct and the fields that a key refers to, where all are models.
    fn models(&self, key: &ForeignKey) -> Option<(&Ident, Vec<Ident>)> {
        let other = self.tables.get(&key.references)?;
        let known = key
            .referenced_columns
            .iter()
            .all(|c| other.fields.contains_key(c));
        known.then(|| (&other.ident, other.fields(&key.referenced_columns)))
    }

    /// `User::id`, or `"user.id"`.
    pub(super) fn single_target(&self, key: &ForeignKey) -> TokenStream {
        if let Some((ident, fields)) = self.models(key)
            && let [field] = fields.as_slice()
        {
            return quote!(#ident::#field);
        }
        let column = key.referenced_columns.first();
        let text = match column {
            Some(column) => format!("{}.{column}", key.references),
            None => key.references.to_string(),
        };
        quote!(#text)
    }

    /// `Other(x, y)`, or `"other"("x", "y")`.
    pub(super) fn target(&self, key: &ForeignKey) -> TokenStream {
        if let Some((ident, fields)) = self.models(key) {
            return quote!(#ident(#(#fields),*));
        }
        let table = key.references.to_string();
        let columns = key.referenced_columns.iter().map(|c| c.as_str());
        quote!(#table(#(#columns),*))
    }
}

impl TableNames {
    /// The field of a column, as it stands in the struct.
    pub(super) fn field(&self, column: &Name) -> Ident {
        match self.fields.get(column) {
            Some(field) => ident(field),
            // A key over a column that is not there; the scanner will say so.
            None => ident(&field_name(column.as_str())),
        }
    }

    /// The fields of columns, as they stand in attributes.
    pub(super) fn fields(&self, columns: &[Name]) -> Vec<Ident> {
        columns.iter().map(|c| self.in_attribute(c)).collect()
    }

    pub(super) fn in_attribute(&self, column: &Name) -> Ident {
        match self.fields.get(column) {
            Some(field) if FLAGS.contains(&field.as_str()) => {
                Ident::new_raw(field, Span::call_site())
            }
            _ => self.field(column),
        }
    }

    /// The column that the scanner takes the field for.
    pub(super) fn inferred_column(&self, column: &Name) -> Option<&str> {
        self.fields.get(column).map(String::as_str)
    }
}

fn fields(table: &Table) -> BTreeMap<Name, String> {
    let mut taken = BTreeSet::new();
    let mut fields = BTreeMap::new();
    // Names that need no change have the first choice.
    let (plain, odd): (Vec<_>, Vec<_>) = table
        .columns
        .iter()
        .partition(|c| field_name(c.name.as_str()) == c.name.as_str());
    for column in plain.into_iter().chain(odd) {
        let wanted = field_name(column.name.as_str());
        fields.insert(column.name.clone(), free(&wanted, "_", &mut taken));
    }
    fields
}

/// The name, with a number behind it where it is taken.
pub(super) fn free(wanted: &str, separator: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}{separator}{number}");
        number += 1;
    }
    name
}

/// A keyword is written raw; words that cannot be were changed before.
pub(super) fn ident(name: &str) -> Ident {
    match syn::parse_str::<Ident>(name) {
        // A keyword since the edition of 2024.
        Ok(plain) if name != "gen" => plain,
        _ => Ident::new_raw(name, Span::call_site()),
    }
}

fn field_name(column: &str) -> String {
    let name = valid(&rename(&spaced(column), "snake_case").unwrap_or_default());
    match name.as_str() {
        // No raw identifiers.
        "self" | "super" | "crate" | "_" => format!("{name}_"),
        _ => name,
    }
}

/// The variant of a value.
pub(super) fn variant_name(value: &str) -> String {
    valid(&rename(&snake(&spaced(value)), "PascalCase").unwrap_or_default())
}

pub(super) fn struct_name(table: &str) -> String {
    let words = snake(&spaced(table));
    let (head, last) = words
        .rsplit_once('_')
        .map_or(("", words.as_str()), |(h, l)| (h, l));
    let singular = format!("{head}_{}", singular(last));
    valid(&rename(&singular, "PascalCase").unwrap_or_default())
}

/// Everything that cannot be in an identifier parts words.
fn spaced(name: &str) -> String {
    let keep = |c: char| if is_ident(&format!("a{c}")) { c } else { '_' };
    name.chars().map(keep).collect()
}

fn is_ident(text: &str) -> bool {
    text == "_" || syn::parse_str::<Ident>(text).is_ok() || is_keyword(text)
}

fn is_keyword(text: &str) -> bool {
    let raw = format!("r#{text}");
    syn::parse_str::<Ident>(&raw).is_ok() || matches!(text, "self" | "Self" | "super" | "crate")
}

fn valid(name: &str) -> String {
    if name.is_empty() {
        "unnamed".to_owned()
    } else if is_ident(name) {
        name.to_owned()
    } else {
        // It begins with a digit, or with a mark that belongs to a letter.
        format!("n{name}")
    }
}

/// Plurals that no ending tells.
const IRREGULAR: [(&str, &str); 10] = [
    ("aliases", "alias"),
    ("analyses", "analysis"),
    ("buses", "bus"),
    ("children", "child"),
    ("cookies", "cookie"),
    ("heroes", "hero"),
    ("indices", "index"),
    ("movies", "movie"),
    ("people", "person"),
    ("statuses", "status"),
];

/// The English singular of one small word, by the commonest endings.
fn singular(word: &str) -> String {
    if let Some((_, single)) = IRREGULAR.iter().find(|(plural, _)| *plural == word) {
        return (*single).to_owned();
    }
    let keep = ["ss", "us", "is", "news", "series", "species"];
    if word.len() < 4 || keep.iter().any(|end| word.ends_with(end)) {
        return word.to_owned();
    }
    for (plural, single) in [
        ("ies", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
    ] {
        if let Some(stem) = word.strip_suffix(plural).filter(|stem| stem.len() > 1) {
            return format!("{stem}{single}");
        }
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{field_name, struct_name};

    #[test]
    fn structs_are_named_after_one_row() {
        let names = [
            "users",
            "categories",
            "status",
            "NodeInfo",
            "boxes",
            "addresses",
            "2fa keys",
            "",
            "news",
            "statuses",
            "order_people",
        ];
        let structs = names.map(struct_name);
        let expected = [
            "User",
            "Category",
            "Status",
            "NodeInfo",
            "Box",
            "Address",
            "N2faKey",
            "Unnamed",
            "News",
            "Status",
            "OrderPerson",
        ];
        assert_eq!(
            structs.map(|s| s.to_lowercase()),
            expected.map(str::to_lowercase)
        );
    }

    #[test]
    fn fields_are_small_words() {
        let names = ["userId", "type", "self", "a b", "größe", "1st", ""];
        let expected = [
            "user_id", "type", "self_", "a_b", "größe", "n1st", "unnamed",
        ];
        assert_eq!(names.map(field_name), expected.map(str::to_owned));
    }
}
