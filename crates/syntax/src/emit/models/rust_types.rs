//! The Rust type of a column.

use aludel_core::dialect::{Dialect, types};
use aludel_core::diff::Naming;
use aludel_core::model::{ColumnModel, Models, Origin, RustType, TableModel, TypeModel};
use aludel_core::schema::{Column, ColumnType, Name, Table, TableName, TableOptions};
use proc_macro2::TokenStream;
use quote::quote;

/// The types to choose from, the likeliest first: whole numbers before `bool`,
/// which is kept in the same columns and holds less.
const CANDIDATES: &[RustType] = &[
    RustType::I64,
    RustType::String,
    RustType::F64,
    RustType::Bytes,
    RustType::Bool,
    RustType::Date,
    RustType::Time,
    RustType::DateTime,
];

/// Chooses types by asking the dialect what a model would become.
pub(super) struct RustTypes<'a> {
    dialect: &'a dyn Dialect,
}

/// The type of a field.
pub(super) struct Found {
    pub(super) rust: &'static str,
    /// `type = ".."`, where the Rust type alone would say something else.
    pub(super) said: Option<TokenStream>,
}

impl<'a> RustTypes<'a> {
    pub(super) fn new(dialect: &'a dyn Dialect) -> Self {
        Self { dialect }
    }

    pub(super) fn of(&self, column: &Column, table: &Table) -> Found {
        let becomes = |rust: &&RustType| {
            let ty = self.becomes(rust, &table.options);
            ty.as_ref() == Some(&column.ty)
        };
        if let Some(rust) = CANDIDATES.iter().find(becomes) {
            return Found {
                rust: path(rust),
                said: None,
            };
        }
        let rust = CANDIDATES
            .iter()
            .find(|rust| self.dialect.accepts(rust, &column.ty))
            .unwrap_or(&RustType::String);
        let spelling = types::sqlite_write(&column.ty);
        let said = if spelling.is_empty() {
            quote!(type(sqlite = ""))
        } else {
            quote!(type = #spelling)
        };
        Found {
            rust: path(rust),
            said: Some(said),
        }
    }

    /// The type of a column whose field has this type and says nothing.
    fn becomes(&self, rust: &RustType, options: &TableOptions) -> Option<ColumnType> {
        let models = Models {
            tables: vec![only_column(rust, options)],
            enums: Vec::new(),
        };
        let wanted = self.dialect.wanted(&models, &Naming::default()).ok()?;
        let table = wanted.schema.tables.into_values().next()?;
        table.columns.into_iter().next().map(|column| column.ty)
    }
}

fn only_column(rust: &RustType, options: &TableOptions) -> TableModel {
    TableModel {
        struct_name: "T".into(),
        name: TableName::new("t"),
        renamed_from: None,
        columns: vec![ColumnModel {
            field_name: "c".into(),
            name: Name::new("c"),
            renamed_from: None,
            ty: TypeModel::Inferred(rust.clone()),
            nullable: false,
            default: None,
            fill: None,
            generated: None,
            autoincrement: false,
            identity: false,
            collation: None,
            comment: None,
            origin: Origin::default(),
        }],
        primary_key: None,
        uniques: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        comment: None,
        options: TableOptions {
            // It wants a primary key, which has nothing to do with the type.
            without_rowid: false,
            ..options.clone()
        },
        origin: Origin::default(),
    }
}

fn path(rust: &RustType) -> &'static str {
    match rust {
        RustType::Bool => "bool",
        RustType::I64 => "i64",
        RustType::F64 => "f64",
        RustType::Bytes => "Vec<u8>",
        RustType::Date => "chrono::NaiveDate",
        RustType::Time => "chrono::NaiveTime",
        RustType::DateTime => "chrono::NaiveDateTime",
        _ => "String",
    }
}
