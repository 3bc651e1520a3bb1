//! One enum that is a column type.

use aludel_core::change::Pair;
use aludel_core::schema::{Name, TableName};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Fields, Ident, Token, Variant};

use super::case;
use super::sqlx::Sqlx;
use crate::attr::{self, Place};
use crate::problem::{Problems, suggestion};

/// An enum that is a column type.
#[derive(Debug, Clone)]
pub struct EnumPart {
    /// The name of the enum.
    pub ident: Ident,
    /// The name of the database type.
    pub name: TableName,
    /// The values, in declared order.
    pub values: Vec<String>,
    /// The names that values had before, each with the one it has now.
    pub renamed_values: Vec<Pair<String>>,
}

/// What is said of one variant.
#[derive(Default)]
struct Said {
    name: Option<String>,
    renamed_from: Option<(String, Span)>,
}

impl EnumPart {
    /// Reads an enum that derives `aludel::Enum`. Where it says nothing itself,
    /// what is said to sqlx holds, so that nothing needs to be said twice.
    pub fn read(
        attributes: &[Attribute],
        ident: &Ident,
        variants: &Punctuated<Variant, Token![,]>,
        problems: &mut Problems,
    ) -> Self {
        let attributes = attr::effective(attributes);
        let entries = attr::attributes(&attributes, Place::Enum, problems);
        let sqlx = Sqlx::of(&attributes);
        let rule = entries.text("rename_all");
        if let Some(rule) = &rule
            && !case::RULES.contains(&rule.as_str())
        {
            let hint = suggestion(rule, case::RULES.iter().copied(), || {
                format!("the rules are {}", case::RULES.join(", "))
            });
            let span = entries.span("rename_all").unwrap_or(ident.span());
            problems.push(span, format!("unknown rule `{rule}`"), hint);
        }
        let name = match (entries.text("name"), sqlx.type_name) {
            (None, Some(name)) => type_name(&name),
            (own, _) => {
                TableName::new(own.unwrap_or_else(|| case::snake(&ident.unraw().to_string())))
            }
        };
        let mut part = Self {
            ident: ident.clone(),
            name: TableName {
                schema: entries.text("schema").map(Name::from).or(name.schema),
                name: name.name,
            },
            values: Vec::new(),
            renamed_values: Vec::new(),
        };
        let rule = rule.or(sqlx.rename_all);
        part.variants(
            variants,
            rule.as_deref(),
            problems,
            |attributes, problems| {
                let entries = attr::attributes(attributes, Place::Variant, problems);
                let from = entries.text("renamed_from");
                Said {
                    name: (entries.text("name")).or_else(|| Sqlx::of(attributes).rename),
                    renamed_from: from.zip(entries.span("renamed_from")),
                }
            },
        );
        part
    }

    /// Reads an enum that derives `sqlx::Type`.
    pub(crate) fn read_sqlx(
        attributes: &[Attribute],
        ident: &Ident,
        variants: &Punctuated<Variant, Token![,]>,
        problems: &mut Problems,
    ) -> Self {
        let sqlx = Sqlx::of(&attr::effective(attributes));
        // PostgreSQL looks the bare name up in lower case
        let name = sqlx
            .type_name
            .unwrap_or_else(|| ident.unraw().to_string().to_ascii_lowercase());
        let mut part = Self {
            ident: ident.clone(),
            name: type_name(&name),
            values: Vec::new(),
            renamed_values: Vec::new(),
        };
        let rule = sqlx.rename_all;
        part.variants(
            variants,
            rule.as_deref(),
            problems,
            |attributes, problems| {
                let ours = attributes.iter().find(|a| a.path().is_ident("db_enum"));
                if let Some(ours) = ours {
                    problems.push(
                        ours.path().span(),
                        "`db_enum` belongs to the derive of aludel",
                        "derive `aludel::Enum` beside `sqlx::Type`",
                    );
                }
                Said {
                    name: Sqlx::of(attributes).rename,
                    renamed_from: None,
                }
            },
        );
        part
    }

    fn variants(
        &mut self,
        variants: &Punctuated<Variant, Token![,]>,
        rule: Option<&str>,
        problems: &mut Problems,
        said: impl Fn(&[Attribute], &mut Problems) -> Said,
    ) {
        if variants.is_empty() {
            problems.push(
                self.ident.span(),
                format!("`{}` has no values", self.ident),
                "give it a variant",
            );
        }
        let mut renamed = Vec::new();
        for variant in variants.iter().filter(|v| attr::enabled(&v.attrs)) {
            if !matches!(variant.fields, Fields::Unit) {
                problems.push(
                    variant.ident.span(),
                    format!("variant `{}` has fields", variant.ident),
                    "the values of a database enum are names alone",
                );
            }
            let name = variant.ident.unraw().to_string();
            let said = said(&attr::effective(&variant.attrs), problems);
            let value = (said.name)
                .or_else(|| rule.and_then(|rule| case::rename(&name, rule)))
                .unwrap_or(name);
            if self.values.contains(&value) {
                problems.push(
                    variant.ident.span(),
                    format!("value `{value}` is declared twice"),
                    "give one of them another name",
                );
            }
            if let Some((from, span)) = said.renamed_from {
                renamed.push((Pair::new(from, value.clone()), span));
            }
            self.values.push(value);
        }
        self.renames(renamed, problems);
    }

    /// Takes over the renames that can be done: each old name is gone, or is
    /// set free by a rename of its own.
    fn renames(&mut self, renamed: Vec<(Pair<String>, Span)>, problems: &mut Problems) {
        for (at, (pair, span)) in renamed.iter().enumerate() {
            let Pair { from, to } = pair;
            let mistake = if from == to {
                let hint = "say the name that it had before, or leave `renamed_from` out";
                Some((format!("value `{to}` is renamed from itself"), hint))
            } else if let Some((other, _)) = renamed[..at].iter().find(|(p, _)| p.from == *from) {
                let hint = "one value cannot become two: keep one of them";
                let other = &other.to;
                Some((format!("`{other}` is renamed from `{from}` already"), hint))
            } else if !self.is_set_free(from, &renamed) {
                let hint = "leave `renamed_from` out if both are values; two that change places \
                            are told with `--rename`";
                Some((format!("`{from}` is still a value"), hint))
            } else {
                None
            };
            match mistake {
                Some((message, hint)) => problems.push(*span, message, hint),
                None => self.renamed_values.push(pair.clone()),
            }
        }
    }

    /// Whether a name is free in the end, or once the value that has it now has
    /// taken one that is free.
    fn is_set_free(&self, name: &str, renamed: &[(Pair<String>, Span)]) -> bool {
        let mut name = name;
        for _ in 0..=renamed.len() {
            if !self.values.iter().any(|value| value == name) {
                return true;
            }
            match renamed.iter().find(|(pair, _)| pair.to == name) {
                Some((pair, _)) => name = &pair.from,
                None => return false,
            }
        }
        false
    }
}

/// The name of a type as it is said to sqlx.
fn type_name(text: &str) -> TableName {
    match text.split_once('.') {
        Some((schema, name)) => TableName::in_schema(schema, name),
        None => TableName::new(text),
    }
}
