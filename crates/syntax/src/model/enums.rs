//! One enum that is a column type.

use aludel_core::schema::{Name, TableName};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
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
}

impl EnumPart {
    /// Reads an enum that derives `aludel::Enum`.
    pub fn read(
        attributes: &[Attribute],
        ident: &Ident,
        variants: &Punctuated<Variant, Token![,]>,
        problems: &mut Problems,
    ) -> Self {
        let entries = attr::attributes(&attr::effective(attributes), Place::Enum, problems);
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
        let name = entries
            .text("name")
            .unwrap_or_else(|| case::snake(&ident.unraw().to_string()));
        let mut part = Self {
            ident: ident.clone(),
            name: TableName {
                schema: entries.text("schema").map(Name::from),
                name: Name::from(name),
            },
            values: Vec::new(),
        };
        part.variants(
            variants,
            rule.as_deref(),
            problems,
            |attributes, problems| {
                attr::attributes(attributes, Place::Variant, problems).text("name")
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
        let name = match name.split_once('.') {
            Some((schema, name)) => TableName::in_schema(schema, name),
            None => TableName::new(name),
        };
        let mut part = Self {
            ident: ident.clone(),
            name,
            values: Vec::new(),
        };
        let rule = sqlx.rename_all;
        part.variants(variants, rule.as_deref(), problems, |attributes, _| {
            Sqlx::of(attributes).rename
        });
        part
    }

    fn variants(
        &mut self,
        variants: &Punctuated<Variant, Token![,]>,
        rule: Option<&str>,
        problems: &mut Problems,
        said: impl Fn(&[Attribute], &mut Problems) -> Option<String>,
    ) {
        if variants.is_empty() {
            problems.push(
                self.ident.span(),
                format!("`{}` has no values", self.ident),
                "give it a variant",
            );
        }
        for variant in variants.iter().filter(|v| attr::enabled(&v.attrs)) {
            if !matches!(variant.fields, Fields::Unit) {
                problems.push(
                    variant.ident.span(),
                    format!("variant `{}` has fields", variant.ident),
                    "the values of a database enum are names alone",
                );
            }
            let name = variant.ident.unraw().to_string();
            let value = said(&attr::effective(&variant.attrs), problems)
                .or_else(|| rule.and_then(|rule| case::rename(&name, rule)))
                .unwrap_or(name);
            if self.values.contains(&value) {
                problems.push(
                    variant.ident.span(),
                    format!("value `{value}` is declared twice"),
                    "give one of them another name",
                );
            }
            self.values.push(value);
        }
    }
}
