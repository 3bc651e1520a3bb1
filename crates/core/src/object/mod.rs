//! Objects that are written in SQL: views, triggers, functions and the like.
//!
//! Models say tables; SQL says the rest. This module owns what such an object
//! is called ([`ObjectId`]), the statement that makes it ([`Definition`]), what
//! a migration does with it ([`ObjectChange`]), how a text is recognised
//! ([`read`]), and the difference between what files say and what a database
//! has ([`between`]). It knows no grammar but that of the first words of a
//! statement; the tokens come from a dialect.

mod between;
mod beyond;
mod called;
mod leaning;
mod order;
mod own_words;
mod read;
mod replay;
mod sample;
#[cfg(all(test, feature = "sqlite", feature = "postgres", feature = "mysql"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
mod trigger;
mod weave;
mod words;

pub use between::{Held, ObjectDiff, Sides, between};
pub use beyond::beyond_files;
#[cfg(feature = "postgres")]
pub(crate) use leaning::{is_it, noted, support_of};
pub use order::in_order;
pub use own_words::OwnWords;
pub use read::{Refused, Spelling, definition, definitions, read, wanted_of};
pub(crate) use replay::is_same;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
pub(crate) use replay::no_rename;
#[cfg(feature = "postgres")]
pub(crate) use replay::place;
pub use replay::{drop_statement, rename_statement, replay};
pub use sample::sample;
pub use trigger::{OnUpdate, fired_by_update};
pub(crate) use trigger::{dropped_trigger, on_update};
pub use words::{Mentions, Word, plain, same_text};

use std::fmt;

use crate::change::Pair;
use crate::dialect::{ObjectKind, SqlObject};
use crate::model::Origin;
use crate::schema::{Name, TableName};

/// What an object is, in the word of its `CREATE` statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noun {
    /// An extension.
    Extension,
    /// A type that is no enum: a composite or a range type.
    Type,
    /// A domain.
    Domain,
    /// A sequence that no column owns.
    Sequence,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate function.
    Aggregate,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// An index of a materialised view.
    Index,
    /// A trigger.
    Trigger,
    /// An event.
    Event,
}

impl Noun {
    /// All of them, in the order in which they may need each other.
    pub const ALL: &'static [Self] = &[
        Self::Extension,
        Self::Type,
        Self::Domain,
        Self::Sequence,
        Self::Function,
        Self::Procedure,
        Self::Aggregate,
        Self::View,
        Self::MaterializedView,
        Self::Index,
        Self::Trigger,
        Self::Event,
    ];

    /// The word for people: `materialized view`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Extension => "extension",
            Self::Type => "type",
            Self::Domain => "domain",
            Self::Sequence => "sequence",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Aggregate => "aggregate",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Index => "index",
            Self::Trigger => "trigger",
            Self::Event => "event",
        }
    }

    /// The words of a statement: `MATERIALIZED VIEW`.
    pub fn sql(self) -> String {
        self.word().to_ascii_uppercase()
    }

    /// What introspection calls it.
    pub fn kind(self) -> ObjectKind {
        match self {
            Self::Extension => ObjectKind::Extension,
            Self::Type | Self::Domain => ObjectKind::Type,
            Self::Sequence => ObjectKind::Sequence,
            Self::Function | Self::Procedure | Self::Aggregate => ObjectKind::Function,
            Self::View => ObjectKind::View,
            Self::MaterializedView => ObjectKind::MaterializedView,
            Self::Index => ObjectKind::Index,
            Self::Trigger => ObjectKind::Trigger,
            Self::Event => ObjectKind::Other,
        }
    }

    /// The words of JSON for a change: `create_view`, `drop_view`,
    /// `replace_view`, `rename_view`.
    fn ops(self) -> [&'static str; 4] {
        macro_rules! ops {
            ($word:literal) => {
                [
                    concat!("create_", $word),
                    concat!("drop_", $word),
                    concat!("replace_", $word),
                    concat!("rename_", $word),
                ]
            };
        }
        match self {
            Self::Extension => ops!("extension"),
            Self::Type => ops!("type"),
            Self::Domain => ops!("domain"),
            Self::Sequence => ops!("sequence"),
            Self::Function => ops!("function"),
            Self::Procedure => ops!("procedure"),
            Self::Aggregate => ops!("aggregate"),
            Self::View => ops!("view"),
            Self::MaterializedView => ops!("materialized_view"),
            Self::Index => ops!("view_index"),
            Self::Trigger => ops!("trigger"),
            Self::Event => ops!("event"),
        }
    }

    /// Whether others may need it, and it hardly needs any.
    pub(crate) fn is_early(self) -> bool {
        self.comes_before_tables()
            || matches!(self, Self::Function | Self::Procedure | Self::Aggregate)
    }

    /// Whether it stands for its own before tables change: they may need it.
    pub(crate) fn comes_before_tables(self) -> bool {
        matches!(
            self,
            Self::Extension | Self::Type | Self::Domain | Self::Sequence
        )
    }
}

/// What an object is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    /// What it is.
    pub noun: Noun,
    /// Its name.
    pub name: TableName,
    /// The table of a trigger.
    pub table: Option<TableName>,
    /// What a function takes, where functions may share a name: `a integer`.
    pub arguments: Option<String>,
}

impl ObjectId {
    /// An object by its name alone.
    pub fn new(noun: Noun, name: impl Into<TableName>) -> Self {
        Self {
            noun,
            name: name.into(),
            table: None,
            arguments: None,
        }
    }

    /// The table that a trigger is on.
    #[must_use]
    pub fn on(mut self, table: impl Into<TableName>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// What a function takes: `a integer, b text`.
    #[must_use]
    pub fn arguments(mut self, arguments: impl Into<String>) -> Self {
        self.arguments = Some(arguments.into());
        self
    }

    /// The name as people read it, with what tells it from namesakes.
    pub fn label(&self) -> String {
        match (&self.arguments, &self.table) {
            (Some(arguments), _) => format!("{}({arguments})", self.name),
            (None, _) => self.name.to_string(),
        }
    }

    /// The schemas that it names, where they are not the default one.
    pub fn schemas(&self) -> impl Iterator<Item = &Name> {
        let table = self.table.as_ref().and_then(|t| t.schema.as_ref());
        self.name.schema.iter().chain(table)
    }

    /// The same, with the default schema left out.
    #[must_use]
    pub fn in_default_schema(mut self, default: &str) -> Self {
        for name in std::iter::once(&mut self.name).chain(&mut self.table) {
            name.schema = name.schema.take().filter(|schema| *schema != default);
        }
        self
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.noun.word(), self.label())?;
        match (&self.table, self.noun) {
            (Some(table), Noun::Trigger | Noun::Index) => write!(f, " on `{table}`"),
            _ => Ok(()),
        }
    }
}

/// An object with the statement that makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What it is called.
    pub id: ObjectId,
    /// The `CREATE` statement, without `OR REPLACE` and `IF NOT EXISTS`.
    pub sql: String,
}

impl Definition {
    /// The same, with the default schema left out of its name.
    #[must_use]
    pub fn in_default_schema(&self, default: &str) -> Self {
        Self {
            id: self.id.clone().in_default_schema(default),
            sql: self.sql.clone(),
        }
    }

    /// The same as introspection would give it.
    pub fn object(&self) -> SqlObject {
        let table = self.id.table.as_ref().unwrap_or(&self.id.name);
        SqlObject {
            kind: self.id.noun.kind(),
            name: self.id.label(),
            table: table.to_string(),
            sql: self.sql.clone(),
        }
    }
}

/// What a migration does with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectChange {
    /// It comes into being.
    Create(Definition),
    /// It goes away; the value is what it was. Its statement may be empty where
    /// only the name was said.
    Drop(Definition),
    /// It stays under its name and is defined anew.
    Replace(Pair<Definition>),
    /// It stays what it is under another name.
    Rename(Pair<ObjectId>),
}

impl ObjectChange {
    /// The way back.
    #[must_use]
    pub fn reverse(self) -> Self {
        match self {
            Self::Create(made) => Self::Drop(made),
            Self::Drop(gone) => Self::Create(gone),
            Self::Replace(pair) => Self::Replace(pair.reverse()),
            Self::Rename(pair) => Self::Rename(pair.reverse()),
        }
    }

    /// What it is called afterwards; before, where it goes away.
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Create(one) | Self::Drop(one) => &one.id,
            Self::Replace(pair) => &pair.to.id,
            Self::Rename(pair) => &pair.to,
        }
    }

    /// The word used in JSON, and the words for people.
    pub(crate) fn words(&self) -> (&'static str, String) {
        let id = self.id();
        let [create, drop, replace, rename] = id.noun.ops();
        match self {
            Self::Create(_) => (create, format!("create {id}")),
            Self::Drop(_) => (drop, format!("drop {id}")),
            Self::Replace(_) => (replace, format!("replace {id}")),
            Self::Rename(pair) => {
                let text = format!("rename {} to `{}`", pair.from, pair.to.name);
                (rename, text)
            }
        }
    }
}

/// An object that files ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedObject {
    /// What it is.
    pub definition: Definition,
    /// The name that it had before.
    pub renamed_from: Option<TableName>,
    /// Where it stands.
    pub origin: Origin,
}

/// All objects that files ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedObjects {
    /// The objects, in the order of files and lines.
    pub list: Vec<WantedObject>,
    /// Whether they are the whole truth: what no file lists is to go.
    pub whole: bool,
}
