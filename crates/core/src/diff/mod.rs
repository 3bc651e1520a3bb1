//! From two schemas to a list of operations.
//!
//! What the models leave unsaid takes the value that exists where it is
//! compatible (`adopt`); after that, difference is plain inequality
//! (`diff`). This module knows no dialect: what only a database can judge
//! comes in through [`Judge`].

mod adopt;
mod anew;
mod batch;
mod compare;
mod default_schema;
mod likely;
mod likely_columns;
mod likely_values;
mod mistakes;
mod narrow;
mod order;
mod pair_up;
mod parts;
mod question;
mod renames;
mod table_names;
mod unmatched;

pub use adopt::adopt;
pub use anew::{Keeps, say_anew};
pub use compare::{diff, diff_on, same};
pub use likely::{Clues, RenameCandidate, RenameKind, likely_renames};
pub use mistakes::mistakes;
pub use narrow::{Narrow, narrow_references};
pub use question::{Answers, Asked, Question, unsettled};
pub use unmatched::refuse_unmatched;

use std::collections::BTreeMap;

use crate::change::Pair;
use crate::model::{Origin, RustType};
use crate::object::WantedObjects;
use crate::schema::{ColumnType, Expression, Identity, Name, Schema, TableName};

/// A schema that models want, and what they leave open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The canonical schema. Indexes and constraints may lack names; no
    /// default name has been given yet.
    pub schema: Schema,
    /// What is open, by table.
    pub hints: BTreeMap<TableName, TableHint>,
    /// The objects that are written in SQL.
    pub objects: WantedObjects,
    /// Whether tables are found under their names as these are written, though
    /// other names are folded.
    pub exact_tables: bool,
}

impl Wanted {
    /// The same, with nothing that had another name before.
    #[must_use]
    pub fn without_renames(mut self) -> Self {
        for hint in self.hints.values_mut() {
            hint.renamed_from = None;
            for column in hint.columns.values_mut() {
                column.renamed_from = None;
                column.renamed_values.clear();
            }
        }
        self
    }
}

/// What the model of one table leaves open or tells beside the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableHint {
    /// The name that the table had before.
    pub renamed_from: Option<TableName>,
    /// Where the model stands.
    pub origin: Origin,
    /// What is open, by column.
    pub columns: BTreeMap<Name, ColumnHint>,
}

/// What the model of one column leaves open or tells beside the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnHint {
    /// The Rust type, where the column's type follows from it alone; `None`
    /// where the type was said and compares exactly.
    pub inferred: Option<RustType>,
    /// The dialect-neutral type to write into migration files, if it differs
    /// from the canonical one (`Uuid` where SQLite has `BLOB`).
    pub neutral: Option<ColumnType>,
    /// Types that are the same thing as the column's by another name, and are as
    /// welcome where they exist (PostgreSQL: `varchar` and `text`).
    pub types: Vec<ColumnType>,
    /// Types that the Rust type would be content with, but which this column
    /// cannot have (MySQL: `text` in a key).
    pub unfit: Vec<ColumnType>,
    /// The ways of numbering rows that the model is content with, where it asks
    /// for one without saying which (PostgreSQL).
    pub identity: Vec<Identity>,
    /// The name that the column had before.
    pub renamed_from: Option<Name>,
    /// The names that its values had before, each with the one it has now.
    pub renamed_values: Vec<Pair<String>>,
    /// Where the field stands.
    pub origin: Origin,
}

/// A wanted schema that says everything in the words of the existing one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adopted {
    /// The schema that is wanted; plain inequality with the existing one is
    /// difference.
    pub schema: Schema,
    /// What is renamed, in existing and wanted spelling.
    pub renames: Renames,
    /// The hints under the names that `schema` uses.
    pub hints: BTreeMap<TableName, TableHint>,
}

/// What only a database can judge.
pub struct Judge<'a> {
    /// [`crate::dialect::Dialect::accepts`].
    pub accepts: &'a dyn Fn(&RustType, &ColumnType) -> bool,
    /// [`crate::dialect::Dialect::same_expression`], or the server's answer.
    pub same_expression: &'a dyn Fn(&Expression, &Expression) -> bool,
    /// [`crate::dialect::Dialect::fold_name`].
    pub fold_name: &'a dyn Fn(&str) -> String,
    /// [`crate::dialect::Dialect::shared_names`].
    pub shared_names: SharedNames,
}

/// Of which kinds of parts a name may stand only once among all tables of a
/// schema, so that one table has to give it up before another one takes it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SharedNames {
    /// Indexes.
    pub indexes: bool,
    /// Primary keys and unique constraints, which share theirs with indexes.
    pub uniques: bool,
    /// Foreign keys.
    pub foreign_keys: bool,
    /// Checks.
    pub checks: bool,
    /// What the database calls the primary key of a table where no name is said.
    pub primary_key: Option<fn(&TableName) -> Name>,
}

/// Renames that somebody told: by `renamed_from`, by `--rename`, by an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames {
    /// Tables: existing name to wanted name.
    pub tables: Vec<Pair<TableName>>,
    /// Columns: the wanted name of the table, then existing to wanted name.
    pub columns: Vec<(TableName, Pair<Name>)>,
    /// Values: whose they are, then existing to wanted value.
    pub values: Vec<(ValuesOf, Pair<String>)>,
    /// What looks like one, and somebody said that it is none.
    pub declined: Vec<NoRename>,
}

/// A drop and an add that are different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRename {
    /// What is not renamed.
    pub kind: RenameKind,
    /// As in [`RenameCandidate`].
    pub table: TableName,
    /// As in [`RenameCandidate`].
    pub column: Option<Name>,
    /// What goes.
    pub from: Name,
    /// What comes.
    pub to: Name,
}

/// What has a list of values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValuesOf {
    /// An enum type; every column of it follows.
    Enum(TableName),
    /// A column, by the wanted names of the table and of itself.
    Column(TableName, Name),
}

impl std::fmt::Display for ValuesOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Enum(name) => write!(f, "{name}"),
            Self::Column(table, column) => write!(f, "{table}.{column}"),
        }
    }
}

/// The patterns that give names to new indexes and constraints.
///
/// `{table}` is the table, `{columns}` the columns joined with `_`,
/// `{referred_table}` the other table of a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// Indexes: `ix_{table}_{columns}`.
    pub index: String,
    /// Unique constraints: `uq_{table}_{columns}`.
    pub unique: String,
    /// Foreign keys: `fk_{table}_{columns}_{referred_table}`.
    pub foreign_key: String,
    /// Checks: `ck_{table}_{columns}`.
    pub check: String,
    /// Primary keys; unnamed where `None`, as the database likes it.
    pub primary_key: Option<String>,
    /// The longest name in bytes that the database takes.
    pub limit: usize,
}

impl Default for Naming {
    fn default() -> Self {
        Self {
            index: "ix_{table}_{columns}".into(),
            unique: "uq_{table}_{columns}".into(),
            foreign_key: "fk_{table}_{columns}_{referred_table}".into(),
            check: "ck_{table}_{columns}".into(),
            primary_key: None,
            limit: 63,
        }
    }
}
