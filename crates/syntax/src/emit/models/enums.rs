//! Enums of the database as Rust enums.
//!
//! It owns which enums there are, what they and their variants are called, and
//! their text. It must not know tables beyond the columns that hold an enum.

use std::collections::{BTreeMap, BTreeSet};

use aludel_core::dialect::Dialect;
use aludel_core::model::{EnumModel, Origin, RustType};
use aludel_core::schema::{ColumnType, EnumType, Name, Schema, TableName};
use proc_macro2::Ident;
use quote::quote;

use super::names::{Names, free, ident, struct_name, variant_name};
use super::print::attribute;
use super::rust_types::becomes;
use crate::model::case::{self, rename};

/// All enums that the models declare.
pub(super) struct Enums {
    list: Vec<Declared>,
    types: BTreeMap<TableName, usize>,
    columns: BTreeMap<(TableName, Name), usize>,
}

struct Declared {
    model: EnumModel,
    ident: Ident,
    /// Whether the database has a type of that name.
    is_type: bool,
    /// Whether a column has it.
    is_used: bool,
}

impl Enums {
    /// The enum types of the schema, and the columns that list their values
    /// themselves.
    pub(super) fn of(
        schema: &Schema,
        dialect: &dyn Dialect,
        names: &Names,
        taken: &mut BTreeSet<String>,
    ) -> Self {
        let mut enums = Self {
            list: Vec::new(),
            types: BTreeMap::new(),
            columns: BTreeMap::new(),
        };
        let used = used(schema);
        for (name, ty) in &schema.enums {
            if ty.values.is_empty() {
                continue;
            }
            enums.types.insert(name.clone(), enums.list.len());
            enums
                .list
                .push(declared(name, ty, used.contains(name), taken));
        }
        for table in schema.tables.values() {
            for column in &table.columns {
                let ColumnType::Custom(spelling) = &column.ty else {
                    continue;
                };
                let Some(values) = listed(spelling) else {
                    continue;
                };
                let model = EnumModel {
                    enum_name: "E".into(),
                    name: TableName::new("e"),
                    values,
                    renamed_values: Vec::new(),
                    origin: Origin::default(),
                };
                let rust = RustType::Enum(model.name.clone());
                let known = std::slice::from_ref(&model);
                if becomes(dialect, &rust, &table.options, known).as_ref() != Some(&column.ty) {
                    continue;
                }
                let Some(own) = names.table(&table.name) else {
                    continue;
                };
                let wanted = format!("{}{}", own.ident, struct_name(column.name.as_str()));
                let own = free_in_any_case(&wanted, taken);
                let at = (table.name.clone(), column.name.clone());
                enums.columns.insert(at, enums.list.len());
                enums.list.push(Declared {
                    model: EnumModel {
                        name: TableName::new(own.to_ascii_lowercase().as_str()),
                        enum_name: own.clone(),
                        ..model
                    },
                    ident: ident(&own),
                    is_type: false,
                    is_used: true,
                });
            }
        }
        enums
    }

    /// The enum of a type of the database.
    pub(super) fn of_type(&self, name: &TableName) -> Option<(&EnumModel, &Ident)> {
        self.at(*self.types.get(name)?)
    }

    /// The enum of a column that lists its values itself.
    pub(super) fn of_column(
        &self,
        table: &TableName,
        column: &Name,
    ) -> Option<(&EnumModel, &Ident)> {
        self.at(*self.columns.get(&(table.clone(), column.clone()))?)
    }

    fn at(&self, at: usize) -> Option<(&EnumModel, &Ident)> {
        let found = self.list.get(at)?;
        Some((&found.model, &found.ident))
    }

    /// Whether some are aludel's own, and so need its derive.
    pub(super) fn need_derive(&self) -> bool {
        self.list.iter().any(Declared::is_our_own)
    }

    /// The text of each.
    pub(super) fn items(&self) -> impl Iterator<Item = String> {
        self.list.iter().map(Declared::item)
    }
}

/// The enum types that columns have.
fn used(schema: &Schema) -> BTreeSet<&TableName> {
    let columns = schema.tables.values().flat_map(|t| &t.columns);
    let types = columns.filter_map(|column| match &column.ty {
        ColumnType::Enum(name) => Some(name),
        ColumnType::Array(element) => match element.as_ref() {
            ColumnType::Enum(name) => Some(name),
            _ => None,
        },
        _ => None,
    });
    types.collect()
}

fn declared(
    name: &TableName,
    ty: &EnumType,
    is_used: bool,
    taken: &mut BTreeSet<String>,
) -> Declared {
    let own = free_in_any_case(&struct_name(name.name.as_str()), taken);
    Declared {
        model: EnumModel {
            enum_name: own.clone(),
            name: name.clone(),
            values: ty.values.clone(),
            renamed_values: Vec::new(),
            origin: Origin::default(),
        },
        ident: ident(&own),
        is_type: true,
        is_used,
    }
}

/// sqlx takes the name in lower case for the type where it is told no other.
fn free_in_any_case(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = free(wanted, "", taken);
    while !taken.insert(format!("enum {}", name.to_lowercase())) {
        name = free(&format!("{name}Enum"), "", taken);
    }
    name
}

impl Declared {
    /// sqlx's derive says no schema with a point in its name, and the scanner
    /// takes an enum that no model uses for one only where the derive is ours.
    fn is_our_own(&self) -> bool {
        let name = &self.model.name;
        let pointed = |name: &Name| name.as_str().contains('.');
        let odd = pointed(&name.name) || name.schema.as_ref().is_some_and(pointed);
        self.is_type && (odd || !self.is_used)
    }

    fn item(&self) -> String {
        let ours = self.is_our_own();
        let values = &self.model.values;
        let mut taken = BTreeSet::from(["Self".to_owned()]);
        let variants: Vec<String> = values
            .iter()
            .map(|value| free(&variant_name(value), "", &mut taken))
            .collect();
        let rule = rule(&variants, values);
        let mut keys = Vec::new();
        let name = &self.model.name;
        match (&name.schema, ours) {
            _ if !self.is_type => {}
            (schema, true) => {
                let own = name.name.as_str();
                keys.push(quote!(name = #own));
                let schema = schema.as_ref().map(Name::as_str);
                keys.extend(schema.map(|schema| quote!(schema = #schema)));
            }
            (_, false) => {
                let own = name.to_string();
                keys.push(quote!(type_name = #own));
            }
        }
        keys.extend(rule.flatten().map(|rule| quote!(rename_all = #rule)));
        let (derive, word) = if ours {
            ("Enum", "db_enum")
        } else {
            ("sqlx::Type", "sqlx")
        };
        let mut lines = vec![format!("#[derive({derive})]")];
        if !keys.is_empty() {
            lines.extend(attribute(word, quote!(#(#keys),*), 0));
        }
        lines.push(format!("pub enum {} {{", self.ident));
        for (variant, value) in variants.iter().zip(values) {
            if rule.is_none() && variant != value {
                let key = if ours {
                    quote!(name = #value)
                } else {
                    quote!(rename = #value)
                };
                lines.extend(attribute(word, key, 1));
            }
            lines.push(format!("    {},", ident(variant)));
        }
        lines.push("}\n".to_owned());
        lines.join("\n")
    }
}

/// The rule under which all variants are the values: `Some(None)` where they are
/// so as they stand.
#[expect(clippy::option_option, reason = "no rule needed and none found differ")]
fn rule(variants: &[String], values: &[String]) -> Option<Option<&'static str>> {
    if variants == values {
        return Some(None);
    }
    let fits = |rule: &&&str| {
        let mut pairs = variants.iter().zip(values);
        pairs.all(|(variant, value)| rename(variant, rule).as_ref() == Some(value))
    };
    case::RULES.iter().find(fits).map(|rule| Some(*rule))
}

/// The values in `enum('a','b')`.
fn listed(spelling: &str) -> Option<Vec<String>> {
    let (word, rest) = spelling.split_at_checked(4)?;
    let list = rest.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    if !word.eq_ignore_ascii_case("enum") {
        return None;
    }
    let mut values = Vec::new();
    let mut rest = list.trim_start();
    loop {
        let (value, after) = quoted(rest)?;
        values.push(value);
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(values);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

/// The text in quotes at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut value = String::new();
    loop {
        let (before, after) = rest.split_once('\'')?;
        value.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return Some((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{listed, rule};

    #[test]
    fn values_are_read_out_of_a_column_type() {
        let found = listed("enum('PG-13','it''s', '')");
        let found = found.unwrap_or_default();
        assert_eq!(found, ["PG-13", "it's", ""]);
        for other in ["set('a')", "enum(a)", "enum('a'", "text", "enum()"] {
            assert_eq!(listed(other), None, "{other}");
        }
    }

    #[test]
    fn one_rule_for_all_or_none() {
        let names = |list: &[&str]| list.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let variants = names(&["VerySad", "Happy"]);
        assert_eq!(rule(&variants, &variants), Some(None));
        let values = names(&["very_sad", "happy"]);
        assert_eq!(rule(&variants, &values), Some(Some("snake_case")));
        assert_eq!(rule(&variants, &names(&["very sad", "happy"])), None);
    }
}
