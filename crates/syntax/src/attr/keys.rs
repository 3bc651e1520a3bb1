//! The table of all attribute keys.
//!
//! A key that is not here does not exist: the derive, the scanner, the
//! suggestions after a misspelling and the documentation all read this table.

use std::fmt;

/// Where a key may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// `#[table(..)]` on a struct.
    Table,
    /// `#[column(..)]` on a field.
    Field,
    /// Inside `index(..)`.
    Index,
    /// After a key of an index: `index(a desc)`; `prefix` also after one of
    /// the primary key.
    IndexKey,
    /// Inside `unique(..)`.
    Unique,
    /// Inside `primary_key(..)`.
    PrimaryKey,
    /// Inside `foreign_key(..)` and `references(..)`.
    ForeignKey,
    /// Inside `check(..)`.
    Check,
    /// Inside `type(..)`.
    Type,
    /// `#[db_enum(..)]` on an enum.
    Enum,
    /// `#[db_enum(..)]` on a variant.
    Variant,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Table => "#[table(..)]",
            Self::Field => "#[column(..)]",
            Self::Index => "index(..)",
            Self::IndexKey => "a key of index(..)",
            Self::Unique => "unique(..)",
            Self::PrimaryKey => "primary_key(..)",
            Self::ForeignKey => "foreign_key(..)",
            Self::Check => "check(..)",
            Self::Type => "type(..)",
            Self::Enum => "#[db_enum(..)] on an enum",
            Self::Variant => "#[db_enum(..)] on a variant",
        })
    }
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: the key alone.
    Nothing,
    /// `= ".."`, not empty.
    Text,
    /// `= ".."`, empty too.
    AnyText,
    /// A word after it, `a collate "nocase"`.
    Word,
    /// A number after it, `a prefix 10`.
    Number,
    /// `first` or `last` after it.
    FirstOrLast,
    /// `= 5`, `= "x"`, `= true` or `= sql("..")`.
    Value,
    /// `= cascade` and its kin.
    Action,
    /// `(a, b)`.
    Fields,
    /// `= ".."` or `(sqlite = "..", ..)`.
    Type,
    /// `(a desc, b, ..)`; nothing or `(desc, ..)` on a field.
    Index,
    /// `(a, b, ..)`; nothing or `(..)` on a field.
    Unique,
    /// `(a, b, ..)`; nothing or `(..)` on a field.
    PrimaryKey,
    /// `(a, b => Other(x, y), ..)`.
    ForeignKey,
    /// `= User::id` or `(User::id, ..)`.
    Reference,
    /// `("..", ..)`; `= ".."` too.
    Check,
}

/// A database that a key has a meaning on.
pub type Databases = &'static [&'static str];

/// The names that `type(..)` and the table below know databases by.
pub const DATABASES: Databases = &["sqlite", "postgres", "mysql"];

const ALL: Databases = DATABASES;
const SQLITE: Databases = &["sqlite"];
const POSTGRES: Databases = &["postgres"];
const MYSQL: Databases = &["mysql"];
const SERVERS: Databases = &["postgres", "mysql"];
const TRANSACTIONAL: Databases = &["sqlite", "postgres"];

/// One row: a key in a place.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// How it is written.
    pub name: &'static str,
    /// Where it may stand.
    pub places: &'static [Place],
    /// What it takes.
    pub takes: Takes,
    /// Whether it may be given more than once.
    pub repeats: bool,
    /// The databases on which it means something.
    pub databases: Databases,
    /// What it says.
    pub doc: &'static str,
}

const fn key(
    name: &'static str,
    places: &'static [Place],
    takes: Takes,
    databases: Databases,
    doc: &'static str,
) -> Key {
    Key {
        name,
        places,
        takes,
        repeats: false,
        databases,
        doc,
    }
}

const fn many(key: Key) -> Key {
    Key {
        repeats: true,
        ..key
    }
}

use Place::{Check, Enum, Field, ForeignKey, Index, IndexKey, PrimaryKey, Table, Type, Unique};
use Takes::{Action, AnyText, Fields, FirstOrLast, Nothing, Number, Text, Value, Word};

/// Every key.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    // a struct
    key("name", &[Table], Text, ALL, "the name of the table; the struct's name in snake_case if left out"),
    key("schema", &[Table], Text, POSTGRES, "the database schema that the table is in"),
    key("renamed_from", &[Table], Text, ALL, "the name that the table had before: `old`, or `schema.old` where it was in another schema"),
    key("comment", &[Table], AnyText, &["postgres", "mysql"], "the comment that the database keeps"),
    key("primary_key", &[Table], Takes::PrimaryKey, ALL, "the primary key over several fields: `primary_key(a, b)`"),
    many(key("unique", &[Table], Takes::Unique, ALL, "a unique constraint over fields: `unique(a, b)`")),
    many(key("index", &[Table], Takes::Index, ALL, "an index over fields or expressions: `index(a desc, b)`")),
    many(key("check", &[Table], Takes::Check, ALL, "a condition on every row, in SQL: `check(\"a < b\")`")),
    many(key("foreign_key", &[Table], Takes::ForeignKey, ALL, "a foreign key over several fields: `foreign_key(a, b => Other(x, y))`")),
    key("strict", &[Table], Nothing, SQLITE, "a STRICT table"),
    key("without_rowid", &[Table], Nothing, SQLITE, "a WITHOUT ROWID table"),
    key("engine", &[Table], Text, MYSQL, "the storage engine"),
    key("charset", &[Table], Text, MYSQL, "the default character set"),
    key("collate", &[Table], Text, MYSQL, "the default collation"),
    // a field
    key("name", &[Field], Text, ALL, "the name of the column; the field's name if left out"),
    key("type", &[Field], Takes::Type, ALL, "the column type as the database spells it: `type = \"varchar(100)\"`, or `type(postgres = \"citext\", sqlite = \"text\")`"),
    key("primary_key", &[Field], Takes::PrimaryKey, ALL, "the column is the primary key, or one column of it, in the order of the fields"),
    key("autoincrement", &[Field], Nothing, ALL, "the database numbers the rows and never uses a number twice"),
    key("identity", &[Field], Nothing, POSTGRES, "the database numbers the rows (`GENERATED BY DEFAULT AS IDENTITY`)"),
    key("identity_always", &[Field], Nothing, POSTGRES, "the database numbers the rows and takes no number from elsewhere (`GENERATED ALWAYS AS IDENTITY`)"),
    key("unique", &[Field], Takes::Unique, ALL, "no value occurs twice"),
    many(key("index", &[Field], Takes::Index, ALL, "an index over this column alone: `index`, or `index(desc, name = \"..\")`")),
    key("default", &[Field], Value, ALL, "what a row gets that does not name the column: a literal, or `sql(\"..\")`"),
    key("generated", &[Field], Text, ALL, "the expression, in SQL, that computes the column"),
    key("stored", &[Field], Nothing, ALL, "the generated column is kept on disk"),
    key("virtual", &[Field], Nothing, ALL, "the generated column is computed at each read; so it is if neither is said"),
    key("references", &[Field], Takes::Reference, ALL, "the field that this one refers to: `User::id`, `\"table.column\"`, or `User` for its primary key"),
    key("on_delete", &[Field], Action, ALL, "what happens here when the row there is deleted"),
    key("on_update", &[Field], Action, ALL, "what happens here when the key there changes"),
    many(key("check", &[Field], Takes::Check, ALL, "a condition on this column, in SQL: `check = \"length(id) > 0\"`")),
    key("collate", &[Field], Text, ALL, "the collation"),
    key("comment", &[Field], AnyText, &["postgres", "mysql"], "the comment that the database keeps"),
    key("renamed_from", &[Field], Text, ALL, "the name that the column had before"),
    key("fill", &[Field], Value, ALL, "what existing rows get when the column is added or made NOT NULL: a literal, or `sql(\"..\")`"),
    key("using", &[Field], Takes::Type, ALL, "the expression that makes the values of existing rows when the type changes: `using = \"..\"`, or `using(postgres = \"..\")`"),
    key("using_down", &[Field], Takes::Type, ALL, "the expression that makes the values of the former type again in the downgrade"),
    key("allow_lossy", &[Field], Nothing, ALL, "values may lose a part of what they say when the type changes"),
    key("skip", &[Field], Nothing, ALL, "the field is not a column"),
    // parts of a table
    key("name", &[Index, Unique, PrimaryKey, ForeignKey, Check], Text, ALL, "its name; one of the `[naming]` patterns if left out"),
    key("unique", &[Index], Nothing, ALL, "no two rows have equal keys"),
    key("using", &[Index], Text, &["postgres", "mysql"], "the index method: `using = \"gin\"`"),
    key("where", &[Index], Text, TRANSACTIONAL, "only rows that meet this condition are indexed"),
    key("include", &[Index, Unique], Fields, POSTGRES, "fields kept beside the keys: `include(a, b)`"),
    many(key("expr", &[Index], Text, ALL, "an expression as a key: `index(expr = \"lower(name)\" desc)`")),
    key("nulls_not_distinct", &[Index, Unique], Nothing, POSTGRES, "two NULLs count as equal"),
    key("concurrently", &[Index], Nothing, SERVERS, "built without locking out writers"),
    key("on_delete", &[ForeignKey], Action, ALL, "what happens here when the row there is deleted: `cascade`, `set_null`, `set_default`, `restrict`, `no_action`"),
    key("on_update", &[ForeignKey], Action, ALL, "what happens here when the key there changes"),
    key("deferrable", &[ForeignKey, Unique], Nothing, TRANSACTIONAL, "a transaction may put off the test to its end"),
    key("initially_deferred", &[ForeignKey, Unique], Nothing, TRANSACTIONAL, "the test is at the end of the transaction"),
    key("not_valid", &[ForeignKey], Nothing, POSTGRES, "rows that exist already are not tested"),
    // a key of an index
    key("asc", &[IndexKey], Nothing, ALL, "from low to high, as if nothing was said"),
    key("desc", &[IndexKey], Nothing, ALL, "from high to low"),
    key("collate", &[IndexKey], Word, TRANSACTIONAL, "the collation of this key: `index(a collate \"nocase\")`"),
    key("nulls", &[IndexKey], FirstOrLast, POSTGRES, "where NULLs go: `nulls first`, `nulls last`"),
    key("opclass", &[IndexKey], Word, POSTGRES, "the operator class: `index(a opclass \"text_pattern_ops\")`"),
    key("prefix", &[IndexKey], Number, MYSQL, "only so many characters are part of the key: `index(a prefix 10)`, `primary_key(a prefix 10)`"),
    // type(..)
    key("sqlite", &[Type], AnyText, SQLITE, "the type on SQLite"),
    key("postgres", &[Type], Text, POSTGRES, "the type on PostgreSQL"),
    key("mysql", &[Type], Text, MYSQL, "the type on MySQL and MariaDB"),
    // an enum
    key("name", &[Enum], Text, ALL, "the name of the database type; the enum's name in snake_case if left out"),
    key("schema", &[Enum], Text, POSTGRES, "the database schema that the type is in"),
    key("rename_all", &[Enum], Text, ALL, "how the variants' names are written: `snake_case`, `lowercase`, `UPPERCASE`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `camelCase`, `PascalCase`"),
    key("name", &[Place::Variant], Text, ALL, "the value in the database"),
    key("renamed_from", &[Place::Variant], Text, ALL, "the name that the value had before, in the database"),
];

impl Place {
    /// The keys that may stand here, in the order of the table.
    pub fn keys(self) -> impl Iterator<Item = &'static Key> {
        KEYS.iter().filter(move |key| key.places.contains(&self))
    }

    /// The key of that name that may stand here.
    pub(crate) fn key(self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}

impl Key {
    /// How the key is written, for hints.
    pub(crate) fn form(&self, place: Place) -> String {
        let name = self.name;
        let on_field = place == Place::Field;
        match self.takes {
            Takes::Nothing => format!("write `{name}` alone"),
            Takes::Text | Takes::AnyText => format!("write `{name} = \"..\"`"),
            Takes::Word => format!("write `{name} \"..\"`"),
            Takes::Number => format!("write `{name} 10`"),
            Takes::FirstOrLast => format!("write `{name} first` or `{name} last`"),
            Takes::Value => {
                format!("write a literal as in `{name} = 0`, or `{name} = sql(\"..\")`")
            }
            Takes::Action => format!("write one of {ACTIONS}, as in `{name} = cascade`"),
            Takes::Fields => format!("write `{name}(a, b)`"),
            Takes::Type => {
                format!("write `{name} = \"..\"` or `{name}(postgres = \"..\", sqlite = \"..\")`")
            }
            Takes::Index if on_field => format!("write `{name}` or `{name}(desc, name = \"..\")`"),
            Takes::Index => format!("write `{name}(a desc, b)`"),
            Takes::Unique | Takes::PrimaryKey if on_field => {
                format!("write `{name}` or `{name}(name = \"..\")`")
            }
            Takes::Unique | Takes::PrimaryKey => format!("write `{name}(a, b)`"),
            Takes::ForeignKey => format!("write `{name}(a, b => Other(x, y))`"),
            Takes::Reference => format!("write `{name} = User::id` or `{name} = \"table.column\"`"),
            Takes::Check => format!("write `{name}(\"..\")`"),
        }
    }
}

/// The referential actions, as hints list them.
pub(crate) const ACTIONS: &str = "`cascade`, `set_null`, `set_default`, `restrict`, `no_action`";

/// The table as Markdown, one line a key.
pub fn key_table() -> String {
    let mut text = String::from("| key | in | databases | says |\n|---|---|---|---|\n");
    for key in KEYS {
        let places: Vec<String> = key.places.iter().map(|p| format!("`{p}`")).collect();
        let databases = if key.databases.len() == DATABASES.len() {
            "all".to_owned()
        } else {
            key.databases.join(", ")
        };
        text += &format!(
            "| `{}` | {} | {databases} | {} |\n",
            key.name,
            places.join(", "),
            key.doc
        );
    }
    text
}
