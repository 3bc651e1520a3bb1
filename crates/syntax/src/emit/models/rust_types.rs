//! The Rust type of a column.

use std::collections::BTreeMap;

use aludel_core::change::Pair;
use aludel_core::dialect::Dialect;
use aludel_core::model::{
    ColumnModel, EnumModel, Models, Origin, RustType, TableModel, TypeModel, UniqueModel,
};
use aludel_core::schema::{
    Column, ColumnType, Deferrable, Identity, IndexTarget, Name, Table, TableName, TableOptions,
};
use proc_macro2::TokenStream;
use quote::quote;

use super::enums::Enums;

/// The types to choose from with the words for them, the likeliest first: wide
/// numbers before narrow ones, which SQLite keeps in the same columns, and
/// whole numbers before `bool`, which may be kept in them too and holds less.
const CANDIDATES: &[(RustType, &str)] = &[
    (RustType::I64, "i64"),
    (RustType::String, "String"),
    (RustType::F64, "f64"),
    (RustType::Bytes, "Vec<u8>"),
    (RustType::Bool, "bool"),
    (RustType::I32, "i32"),
    (RustType::I16, "i16"),
    (RustType::I8, "i8"),
    (RustType::U64, "u64"),
    (RustType::U32, "u32"),
    (RustType::U16, "u16"),
    (RustType::U8, "u8"),
    (RustType::F32, "f32"),
    (RustType::Decimal, "rust_decimal::Decimal"),
    (RustType::Date, "chrono::NaiveDate"),
    (RustType::Time, "chrono::NaiveTime"),
    (RustType::DateTime, "chrono::NaiveDateTime"),
    (RustType::TimestampTz, "chrono::DateTime<chrono::Utc>"),
    (RustType::Uuid, "uuid::Uuid"),
    (RustType::Json, "serde_json::Value"),
    (RustType::IpNetwork, "ipnetwork::IpNetwork"),
];

/// Chooses types by asking the dialect what a model would become.
pub(super) struct RustTypes<'a> {
    dialect: &'a dyn Dialect,
    enums: &'a Enums,
    /// What each candidate becomes, and a list of it: in an ordinary table, and
    /// in a STRICT one.
    plain: Vec<Becomes>,
    strict: Vec<Becomes>,
}

/// What a candidate is to a column.
struct Becomes {
    rust: RustType,
    words: String,
    ty: Option<ColumnType>,
    /// What it becomes as a key: MySQL cannot index all of a long text.
    key: Option<ColumnType>,
}

/// The type of a field.
pub(super) struct Found {
    pub(super) rust: String,
    /// `type = ".."`, where the Rust type alone would say something else.
    pub(super) said: Option<TokenStream>,
}

impl<'a> RustTypes<'a> {
    pub(super) fn new(dialect: &'a dyn Dialect, enums: &'a Enums) -> Self {
        let all = |strict: bool| {
            let options = TableOptions {
                strict,
                ..TableOptions::default()
            };
            let one = |rust: RustType, words: String| Becomes {
                ty: becomes(dialect, &rust, &options, &[]),
                key: type_of(dialect, keyed(only_column(&rust, &options)), &[]),
                rust,
                words,
            };
            let single = CANDIDATES
                .iter()
                .map(|(r, w)| one(r.clone(), (*w).to_owned()));
            let many = CANDIDATES.iter().filter(|(r, _)| *r != RustType::U8);
            let many = many.map(|(rust, words)| {
                one(
                    RustType::Array(Box::new(rust.clone())),
                    format!("Vec<{words}>"),
                )
            });
            single.chain(many).collect()
        };
        Self {
            dialect,
            enums,
            plain: all(false),
            strict: all(true),
        }
    }

    pub(super) fn of(&self, column: &Column, table: &Table) -> Found {
        if let Some(found) = self.enumeration(column, table) {
            return found;
        }
        let candidates = if table.options.strict {
            &self.strict
        } else {
            &self.plain
        };
        if column.identity == Some(Identity::Serial) {
            return serial(&column.ty);
        }
        let same = candidates
            .iter()
            .find(|c| c.ty.as_ref() == Some(&column.ty))
            .filter(|c| c.key == c.ty || !is_key(&column.name, table));
        if let Some(same) = same {
            return Found {
                rust: same.words.clone(),
                said: None,
            };
        }
        let accepts = |c: &&Becomes| self.dialect.accepts(&c.rust, &column.ty);
        let words = candidates.iter().find(accepts).map(|c| c.words.clone());
        let spelling = self.dialect.write_type(&column.ty);
        let said = if spelling.is_empty() {
            quote!(type(sqlite = ""))
        } else {
            quote!(type = #spelling)
        };
        Found {
            rust: words.unwrap_or_else(|| whole_number(&spelling).unwrap_or("String").to_owned()),
            said: Some(said),
        }
    }

    /// An enum, or a list of one, that the models declare.
    fn enumeration(&self, column: &Column, table: &Table) -> Option<Found> {
        let (rust, words) = match &column.ty {
            ColumnType::Array(element) => {
                let ColumnType::Enum(name) = element.as_ref() else {
                    return None;
                };
                let (model, ident) = self.enums.of_type(name)?;
                let rust = RustType::Array(Box::new(RustType::Enum(model.name.clone())));
                ((rust, model), format!("Vec<{ident}>"))
            }
            ColumnType::Enum(name) => {
                let (model, ident) = self.enums.of_type(name)?;
                (
                    (RustType::Enum(model.name.clone()), model),
                    ident.to_string(),
                )
            }
            _ => {
                let (model, ident) = self.enums.of_column(&table.name, &column.name)?;
                (
                    (RustType::Enum(model.name.clone()), model),
                    ident.to_string(),
                )
            }
        };
        let (rust, model) = rust;
        let known = std::slice::from_ref(model);
        let ty = becomes(self.dialect, &rust, &table.options, known);
        (ty.as_ref() == Some(&column.ty)).then_some(Found {
            rust: words,
            said: None,
        })
    }
}

/// The Rust type that holds the whole numbers of a type that is no other's own,
/// by its spelling: `mediumint`, `int(8) unsigned zerofill`.
fn whole_number(spelling: &str) -> Option<&'static str> {
    let end = spelling.find(|c: char| !c.is_ascii_alphanumeric());
    let (word, rest) = spelling.split_at(end.unwrap_or(spelling.len()));
    let rest = rest.to_ascii_lowercase();
    let unsigned = rest.contains("unsigned") || rest.contains("zerofill");
    Some(match (word.to_ascii_lowercase().as_str(), unsigned) {
        ("tinyint", false) => "i8",
        ("tinyint", true) => "u8",
        ("smallint", false) => "i16",
        ("smallint", true) => "u16",
        ("mediumint" | "int", false) => "i32",
        ("mediumint" | "int", true) => "u32",
        ("bigint", false) => "i64",
        ("bigint", true) => "u64",
        _ => return None,
    })
}

/// A number from a sequence of the column's own, which the type says.
fn serial(ty: &ColumnType) -> Found {
    let (rust, spelling) = match ty {
        ColumnType::SmallInteger => ("i16", "smallserial"),
        ColumnType::Integer => ("i32", "serial"),
        _ => ("i64", "bigserial"),
    };
    Found {
        rust: rust.to_owned(),
        said: Some(quote!(type = #spelling)),
    }
}

/// The type of a column whose field has this type and says nothing.
pub(super) fn becomes(
    dialect: &dyn Dialect,
    rust: &RustType,
    options: &TableOptions,
    enums: &[EnumModel],
) -> Option<ColumnType> {
    type_of(dialect, only_column(rust, options), enums)
}

/// The type of a table's first column.
fn type_of(dialect: &dyn Dialect, table: TableModel, enums: &[EnumModel]) -> Option<ColumnType> {
    let models = Models {
        tables: vec![table],
        enums: enums.to_vec(),
    };
    let wanted = dialect.wanted(&models).ok()?;
    let mut tables: BTreeMap<_, _> = wanted.schema.tables;
    let table = tables.pop_first()?.1;
    table.columns.into_iter().next().map(|column| column.ty)
}

/// The same table with a unique constraint over its column.
fn keyed(mut table: TableModel) -> TableModel {
    table.uniques.push(UniqueModel {
        name: None,
        columns: vec![Name::new("c")],
        include: Vec::new(),
        nulls_not_distinct: false,
        deferrable: Deferrable::No,
    });
    table
}

/// Whether a column is part of a key or an index as a whole.
fn is_key(column: &Name, table: &Table) -> bool {
    let key = table.primary_key.iter().flat_map(|key| key.whole());
    let uniques = table.uniques.iter().flat_map(|unique| &unique.columns);
    let foreign = table.foreign_keys.iter().flat_map(|key| &key.columns);
    let indexes = table.indexes.iter();
    let indexes = indexes.filter(|index| index.method.as_deref() != Some("fulltext"));
    let keys = indexes.flat_map(|index| &index.keys);
    let whole = keys.filter(|key| key.prefix.is_none());
    let indexed = whole.filter_map(|key| match &key.target {
        IndexTarget::Column(name) => Some(name),
        IndexTarget::Expression(_) => None,
    });
    let mut all = key.chain(uniques).chain(foreign).chain(indexed);
    all.any(|name| name == column)
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
            using: Pair::default(),
            allow_lossy: false,
            generated: None,
            autoincrement: false,
            identity: false,
            identity_always: false,
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
