//! What the annotated structs say, before a dialect has read them.
//!
//! `aludel-syntax` fills these; [`crate::dialect::Dialect::wanted`] turns them
//! into the schema that one database should have.

use std::ops::Range;

use crate::change::Pair;
use crate::schema::{
    DefaultValue, Deferrable, Expression, Index, Name, ReferentialAction, TableName, TableOptions,
    Using,
};

/// Everything that the scanned files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Models {
    /// One for each struct that is a model, in the order of files and lines.
    pub tables: Vec<TableModel>,
    /// One for each Rust enum that a model uses as a column.
    pub enums: Vec<EnumModel>,
}

/// Where something stands in the source: a file (an index into the list that
/// the scanner keeps) and a range of bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The index of the file.
    pub file: usize,
    /// The bytes in that file.
    pub span: Range<usize>,
}

/// One struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableModel {
    /// The name of the struct, for messages and for models that refer to it.
    pub struct_name: String,
    /// The name of the table.
    pub name: TableName,
    /// The name it had before.
    pub renamed_from: Option<TableName>,
    /// The fields that are columns, in order.
    pub columns: Vec<ColumnModel>,
    /// The primary key; columns are database names.
    pub primary_key: Option<PrimaryKeyModel>,
    /// Unique constraints.
    pub uniques: Vec<UniqueModel>,
    /// Indexes.
    pub indexes: Vec<Index>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKeyModel>,
    /// Checks.
    pub checks: Vec<CheckModel>,
    /// The comment (said with `comment = ".."`).
    pub comment: Option<String>,
    /// What a dialect says of the whole table.
    pub options: TableOptions,
    /// Where the struct's name stands.
    pub origin: Origin,
}

/// A text of SQL, which may be another one on another database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spelling {
    /// The text for every database that is not listed.
    pub all: Option<String>,
    /// Texts by dialect name (`sqlite`, `postgres`, `mysql`), in order.
    pub by_dialect: Vec<(String, String)>,
}

impl Spelling {
    /// The text for a dialect, by its name, if there is one.
    pub fn on(&self, dialect: &str) -> Option<&str> {
        let own = self.by_dialect.iter().find(|(name, _)| name == dialect);
        own.map(|(_, text)| text.as_str()).or(self.all.as_deref())
    }
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnModel {
    /// The name of the field.
    pub field_name: String,
    /// The name of the column.
    pub name: Name,
    /// The name it had before.
    pub renamed_from: Option<Name>,
    /// Its type.
    pub ty: TypeModel,
    /// Whether the field is an `Option`.
    pub nullable: bool,
    /// The default.
    pub default: Option<DefaultValue>,
    /// The value for rows that exist already.
    pub fill: Option<DefaultValue>,
    /// `to`: the expression that makes a value when the type changes; `from`: the
    /// one that makes the former value again.
    pub using: Pair<Spelling>,
    /// The database may change values as it likes where the type changes.
    pub allow_lossy: bool,
    /// The expression of a generated column, and whether it is stored.
    pub generated: Option<(Expression, bool)>,
    /// `autoincrement` was said.
    pub autoincrement: bool,
    /// `identity` was said, or `identity_always`.
    pub identity: bool,
    /// `identity_always` was said.
    pub identity_always: bool,
    /// The collation.
    pub collation: Option<String>,
    /// The comment.
    pub comment: Option<String>,
    /// Where the field's name stands.
    pub origin: Origin,
}

impl ColumnModel {
    /// What it says of values that exist, on a dialect by its name.
    pub fn using_on(&self, dialect: &str) -> Using {
        let on = |spelling: &Spelling| spelling.on(dialect).map(Expression::new);
        Using {
            up: on(&self.using.to),
            down: on(&self.using.from),
            lossy: self.allow_lossy,
        }
    }
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeModel {
    /// Nothing was said: the type follows from the Rust type.
    Inferred(RustType),
    /// `type = ".."`: the text for all databases, and those for single ones.
    Said {
        /// The text for every database that is not listed.
        all: Option<String>,
        /// Texts by dialect name (`sqlite`, `postgres`, `mysql`), in order.
        by_dialect: Vec<(String, String)>,
        /// The Rust type, where it is known.
        rust: Option<RustType>,
    },
}

/// A Rust type that has a column type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RustType {
    /// `i8`
    I8,
    /// `i16`
    I16,
    /// `i32`
    I32,
    /// `i64`, `isize`
    I64,
    /// `u8`
    U8,
    /// `u16`
    U16,
    /// `u32`
    U32,
    /// `u64`, `usize`
    U64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `bool`
    Bool,
    /// `char`
    Char,
    /// `String`, `&str`, `Cow<str>`
    String,
    /// `Vec<u8>`, `bytes::Bytes`
    Bytes,
    /// `uuid::Uuid`
    Uuid,
    /// `serde_json::Value`, `sqlx::types::Json<T>`
    Json,
    /// `rust_decimal::Decimal`
    Decimal,
    /// `bigdecimal::BigDecimal`
    BigDecimal,
    /// A day of chrono, time or jiff.
    Date,
    /// A time of day of chrono, time or jiff.
    Time,
    /// A date and time without zone of chrono, time or jiff.
    DateTime,
    /// A date and time with zone of chrono, time or jiff.
    TimestampTz,
    /// `IpNet`, `IpNetwork`
    IpNetwork,
    /// `IpAddr`
    IpAddress,
    /// `Vec<T>` of another type.
    Array(Box<RustType>),
    /// An enum of the scanned files; the name is the database type's.
    Enum(TableName),
}

impl RustType {
    /// The enum that it is, or that it is a list of.
    pub fn enum_name(&self) -> Option<&TableName> {
        match self {
            Self::Enum(name) => Some(name),
            Self::Array(inner) => inner.enum_name(),
            _ => None,
        }
    }
}

impl TypeModel {
    /// The Rust type, where it is known.
    pub fn rust(&self) -> Option<&RustType> {
        match self {
            Self::Inferred(rust) => Some(rust),
            Self::Said { rust, .. } => rust.as_ref(),
        }
    }
}

impl EnumModel {
    /// The renames of the values of a column, if it is of one of the enums.
    pub fn renamed_of<'e>(
        enums: impl IntoIterator<Item = &'e Self>,
        ty: &TypeModel,
    ) -> Vec<Pair<String>> {
        let name = ty.rust().and_then(RustType::enum_name);
        let found = enums.into_iter().find(|model| Some(&model.name) == name);
        found.map_or_else(Vec::new, |model| model.renamed_values.clone())
    }
}

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKeyModel {
    /// The constraint's name, if it was said.
    pub name: Option<Name>,
    /// The columns, in key order.
    pub columns: Vec<Name>,
    /// For each column, of how many characters the key is, where that was said;
    /// empty where it was said of none.
    pub prefixes: Vec<Option<u32>>,
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueModel {
    /// The constraint's name, if it was said.
    pub name: Option<Name>,
    /// The columns, in order.
    pub columns: Vec<Name>,
    /// Columns kept beside the keys.
    pub include: Vec<Name>,
    /// Two NULLs count as equal.
    pub nulls_not_distinct: bool,
    /// When it is checked.
    pub deferrable: Deferrable,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKeyModel {
    /// The constraint's name, if it was said.
    pub name: Option<Name>,
    /// The columns of this table.
    pub columns: Vec<Name>,
    /// The table that they refer to.
    pub references: TableName,
    /// The columns there.
    pub referenced_columns: Vec<Name>,
    /// On delete.
    pub on_delete: ReferentialAction,
    /// On update.
    pub on_update: ReferentialAction,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// Rows that exist already are not checked.
    pub not_valid: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckModel {
    /// The constraint's name, if it was said.
    pub name: Option<Name>,
    /// The column it was written at, for naming.
    pub column: Option<Name>,
    /// What must not be false.
    pub expression: Expression,
}

/// A Rust enum that is a column type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumModel {
    /// The name of the Rust enum.
    pub enum_name: String,
    /// The name of the database type.
    pub name: TableName,
    /// The values, in declared order.
    pub values: Vec<String>,
    /// The names that values had before, each with the one it has now.
    pub renamed_values: Vec<Pair<String>>,
    /// Where the enum's name stands.
    pub origin: Origin,
}

/// A mistake in the models that only shows when a dialect reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Where.
    pub origin: Origin,
}
