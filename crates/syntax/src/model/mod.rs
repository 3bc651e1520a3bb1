//! One struct or enum, read through the attribute grammar.
//!
//! Owns everything that the item alone can say. Must not know any other item:
//! references, newtypes, enums and `flatten` are left for the scanner.

pub(crate) mod case;
mod check;
mod enums;
mod field;
mod key_list;
pub(crate) mod rust_type;
pub(crate) mod sqlx;

use aludel_core::change::Pair;
use aludel_core::model::{CheckModel, ForeignKeyModel, PrimaryKeyModel, Spelling, UniqueModel};
use aludel_core::schema::{DefaultValue, Expression, Index, Name, TableName, TableOptions};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Attribute, Fields, Ident, Type};

pub use enums::EnumPart;

use crate::attr::{self, Entries, FieldRef, Place, Target};
use crate::problem::Problems;

/// A struct that is a model.
#[derive(Clone)]
pub struct StructModel {
    /// The name of the struct.
    pub ident: Ident,
    /// The name of the table.
    pub name: TableName,
    /// The name it had before.
    pub renamed_from: Option<TableName>,
    /// The comment.
    pub comment: Option<String>,
    /// What a dialect says of the whole table.
    pub options: TableOptions,
    /// The fields that are columns or hold columns, in order.
    pub(crate) fields: Vec<FieldModel>,
    /// The fields that are no columns.
    pub(crate) skipped: Vec<String>,
    /// Keys, indexes and checks; they name fields where core names columns.
    pub(crate) keys: Keys,
}

/// A field that is not skipped.
#[derive(Clone)]
pub(crate) struct FieldModel {
    pub(crate) ident: Ident,
    pub(crate) field: String,
    pub(crate) ty: Type,
    /// `None` where the field is flattened.
    pub(crate) column: Option<Box<ColumnPart>>,
}

/// The text of `type`, and those for single databases.
pub(crate) type SaidType = (Option<String>, Vec<(String, String)>);

/// What a field says about its column.
#[derive(Debug, Clone)]
pub(crate) struct ColumnPart {
    pub(crate) name: Name,
    pub(crate) renamed_from: Option<Name>,
    pub(crate) said: Option<SaidType>,
    pub(crate) json: bool,
    pub(crate) try_from: Option<String>,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) fill: Option<DefaultValue>,
    pub(crate) using: Pair<Spelling>,
    pub(crate) allow_lossy: bool,
    pub(crate) generated: Option<(Expression, bool)>,
    /// Where `autoincrement` stands, if it was said.
    pub(crate) autoincrement: Option<Span>,
    /// Where `identity` or `identity_always` stands, if one was said.
    pub(crate) identity: Option<Span>,
    /// It was `identity_always`.
    pub(crate) identity_always: bool,
    pub(crate) collation: Option<String>,
    pub(crate) comment: Option<String>,
}

/// Everything that names several fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    pub(crate) primary_key: Option<Part<PrimaryKeyModel>>,
    pub(crate) uniques: Vec<Part<UniqueModel>>,
    pub(crate) indexes: Vec<Part<Index>>,
    pub(crate) foreign_keys: Vec<(Part<ForeignKeyModel>, Target)>,
    pub(crate) checks: Vec<Part<CheckModel>>,
}

/// A part of core's model, with the fields that it names.
#[derive(Debug, Clone)]
pub(crate) struct Part<T> {
    pub(crate) model: T,
    /// Every field it names, keys first.
    pub(crate) fields: Vec<FieldRef>,
    /// How many of them are keys.
    pub(crate) keys: usize,
    pub(crate) place: Place,
    pub(crate) span: Span,
}

impl StructModel {
    /// Reads a struct; what cannot be read is left out and noted.
    pub fn read(
        attributes: &[Attribute],
        ident: &Ident,
        fields: &Fields,
        problems: &mut Problems,
    ) -> Self {
        let attributes = attr::effective(attributes);
        let entries = attr::attributes(&attributes, Place::Table, problems);
        let mut model = Self::of_table(ident, &entries);
        key_list::of_table(&entries, &mut model.keys, problems);
        match fields {
            Fields::Named(named) => {
                let rename_all = sqlx::Sqlx::of(&attributes).rename_all;
                for field in &named.named {
                    if attr::enabled(&field.attrs) {
                        field::read(field, rename_all.as_deref(), &mut model, problems);
                    }
                }
            }
            _ => problems.push(
                ident.span(),
                format!("`{ident}` has no named fields"),
                "a model is a struct whose fields have names",
            ),
        }
        check::whole(&model, problems);
        model
    }

    fn of_table(ident: &Ident, entries: &Entries) -> Self {
        let struct_name = ident.unraw().to_string();
        let schema = entries.text("schema").map(Name::from);
        let in_schema = |name: String| TableName {
            schema: schema.clone(),
            name: Name::from(name),
        };
        Self {
            ident: ident.clone(),
            name: in_schema(
                entries
                    .text("name")
                    .unwrap_or_else(|| case::snake(&struct_name)),
            ),
            renamed_from: entries.text("renamed_from").map(|text| {
                // It may have been in another schema.
                match text.split_once('.') {
                    Some((schema, name)) => TableName::in_schema(schema, name),
                    None => in_schema(text),
                }
            }),
            comment: entries.text("comment"),
            options: TableOptions {
                strict: entries.has("strict"),
                without_rowid: entries.has("without_rowid"),
                engine: entries.text("engine"),
                charset: entries.text("charset"),
                collation: entries.text("collate"),
                extra: None,
            },
            fields: Vec::new(),
            skipped: Vec::new(),
            keys: Keys::default(),
        }
    }

    /// The names of the columns that are fields of this struct, in order.
    pub fn column_names(&self) -> impl Iterator<Item = &Name> {
        self.fields
            .iter()
            .filter_map(|field| field.column.as_ref().map(|column| &column.name))
    }

    /// Whether some of the columns are fields of other structs.
    pub(crate) fn is_open(&self) -> bool {
        self.fields.iter().any(|field| field.column.is_none())
    }
}

#[cfg(feature = "report")]
pub(crate) use {
    check::{counted, known_fields, quoted},
    field::not_an_integer,
};
