//! Keys of indexes, and names that may be left out.

use aludel_core::schema::{IndexKey, Name, NullsOrder, TableName};

/// One key of an index. A plain column is just its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(IndexKey);

/// A column, from low to high.
pub fn asc(column: &str) -> Key {
    Key(IndexKey::column(column))
}

/// A column, from high to low.
pub fn desc(column: &str) -> Key {
    asc(column).desc()
}

/// An SQL expression.
pub fn expr(text: &str) -> Key {
    Key(IndexKey::expression(text))
}

impl Key {
    /// From high to low.
    #[must_use]
    pub fn desc(mut self) -> Self {
        self.0.descending = true;
        self
    }

    /// The collation.
    #[must_use]
    pub fn collate(mut self, collation: &str) -> Self {
        self.0.collation = Some(collation.to_owned());
        self
    }

    /// NULLs before all values (PostgreSQL).
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.0.nulls = Some(NullsOrder::First);
        self
    }

    /// NULLs after all values (PostgreSQL).
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.0.nulls = Some(NullsOrder::Last);
        self
    }

    /// The operator class (PostgreSQL).
    #[must_use]
    pub fn opclass(mut self, opclass: &str) -> Self {
        self.0.opclass = Some(opclass.to_owned());
        self
    }

    /// Only so many characters are indexed (MySQL).
    #[must_use]
    pub fn prefix(mut self, characters: u32) -> Self {
        self.0.prefix = Some(characters);
        self
    }
}

impl From<&str> for Key {
    fn from(column: &str) -> Self {
        asc(column)
    }
}

impl From<Key> for IndexKey {
    fn from(key: Key) -> Self {
        key.0
    }
}

/// A table or type of a named schema: `op.drop_table(in_schema("audit", "log"))`.
pub fn in_schema(schema: &str, name: &str) -> TableName {
    TableName::in_schema(schema, name)
}

/// The name of a constraint, or `None` for one without a name.
pub trait OptionalName {
    /// The name.
    fn into_name(self) -> Option<Name>;
}

impl OptionalName for &str {
    fn into_name(self) -> Option<Name> {
        Some(Name::from(self))
    }
}

impl OptionalName for String {
    fn into_name(self) -> Option<Name> {
        Some(Name::from(self))
    }
}

impl OptionalName for Option<Name> {
    fn into_name(self) -> Option<Name> {
        self
    }
}

/// A text, or `None` for none.
pub trait OptionalText {
    /// The text.
    fn into_text(self) -> Option<String>;
}

impl OptionalText for &str {
    fn into_text(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl OptionalText for String {
    fn into_text(self) -> Option<String> {
        Some(self)
    }
}

impl OptionalText for Option<String> {
    fn into_text(self) -> Option<String> {
        self
    }
}

pub(super) fn names<N: Into<Name>>(columns: impl IntoIterator<Item = N>) -> Vec<Name> {
    columns.into_iter().map(Into::into).collect()
}

pub(super) fn keys<K: Into<Key>>(keys: impl IntoIterator<Item = K>) -> Vec<IndexKey> {
    keys.into_iter().map(|key| key.into().into()).collect()
}
