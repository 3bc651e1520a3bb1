//! Calls that can be refined: `t.create_index("ix", ["a"]).unique()`.

use aludel_core::schema::{
    Check, Deferrable, Expression, ForeignKey, Generated, Identity, Index, Name, PrimaryKey,
    ReferentialAction, TableOptions, Unique,
};

use super::column::{DefaultValue, Value, generated};
use super::key::{OptionalText, names};
use super::types::Type;

/// A call that is recorded at the end of its statement, and until then takes
/// options.
pub struct Recording<'a, T: Clone> {
    value: T,
    finish: Box<dyn FnMut(T) + 'a>,
}

impl<'a, T: Clone> Recording<'a, T> {
    pub(super) fn new(value: T, finish: impl FnMut(T) + 'a) -> Self {
        Self {
            value,
            finish: Box::new(finish),
        }
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut T)) -> Self {
        change(&mut self.value);
        self
    }
}

impl<T: Clone> Drop for Recording<'_, T> {
    fn drop(&mut self) {
        (self.finish)(self.value.clone());
    }
}

impl<T: Clone + std::fmt::Debug> std::fmt::Debug for Recording<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Recording").field(&self.value).finish()
    }
}

/// What every part of a table takes.
macro_rules! parts {
    ($($part:ident),+) => {
        $(
            impl Recording<'_, $part> {
                /// Clauses in the database's own words, for what has no word here.
                pub fn extra(self, clauses: &str) -> Self {
                    self.with(|part| part.extra = Some(clauses.to_owned()))
                }
            }
        )+
    };
}

parts!(Check, ForeignKey, Index, PrimaryKey, Unique);

/// An index that goes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropIndex {
    pub(super) name: Name,
    pub(super) concurrently: bool,
}

impl DropIndex {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            concurrently: false,
        }
    }
}

impl Recording<'_, DropIndex> {
    /// Without locking out writers (PostgreSQL); inside of
    /// [`super::Op::autocommit`].
    pub fn concurrently(self) -> Self {
        self.with(|dropped| dropped.concurrently = true)
    }
}

impl Recording<'_, PrimaryKey> {
    /// Of one of its columns, only so many characters are part of the key
    /// (MySQL, MariaDB).
    pub fn prefix(self, column: &str, length: u32) -> Self {
        self.with(|key| {
            key.prefixes.resize(key.columns.len(), None);
            let parts = key.columns.iter().zip(&mut key.prefixes);
            for (_, prefix) in parts.filter(|(name, _)| name.as_str() == column) {
                *prefix = Some(length);
            }
        })
    }
}

impl Recording<'_, Index> {
    /// Built without locking out writers (PostgreSQL); inside of
    /// [`super::Op::autocommit`], and not where the table is new.
    pub fn concurrently(self) -> Self {
        self.with(|index| index.concurrently = true)
    }

    /// No two rows may have equal keys.
    pub fn unique(self) -> Self {
        self.with(|index| index.unique = true)
    }

    /// Only rows for which the condition is true.
    pub fn filter(self, condition: &str) -> Self {
        self.with(|index| index.predicate = Some(Expression::new(condition)))
    }

    /// The method (`gin`, `hash`, `fulltext`).
    pub fn using(self, method: &str) -> Self {
        self.with(|index| index.method = Some(method.to_owned()))
    }

    /// Columns kept beside the keys (PostgreSQL).
    pub fn include<N: Into<Name>>(self, columns: impl IntoIterator<Item = N>) -> Self {
        self.with(|index| index.include = names(columns))
    }

    /// Two NULLs count as equal (PostgreSQL 15).
    pub fn nulls_not_distinct(self) -> Self {
        self.with(|index| index.nulls_not_distinct = true)
    }
}

impl Recording<'_, Unique> {
    /// Columns kept beside the keys (PostgreSQL).
    pub fn include<N: Into<Name>>(self, columns: impl IntoIterator<Item = N>) -> Self {
        self.with(|unique| unique.include = names(columns))
    }

    /// Two NULLs count as equal (PostgreSQL 15).
    pub fn nulls_not_distinct(self) -> Self {
        self.with(|unique| unique.nulls_not_distinct = true)
    }

    /// A transaction may ask that it is checked at its end.
    pub fn deferrable(self) -> Self {
        self.with(|unique| unique.deferrable = Deferrable::InitiallyImmediate)
    }

    /// It is checked at the end of the transaction.
    pub fn initially_deferred(self) -> Self {
        self.with(|unique| unique.deferrable = Deferrable::InitiallyDeferred)
    }
}

impl Recording<'_, ForeignKey> {
    /// What happens here when the row there is deleted.
    pub fn on_delete(self, action: ReferentialAction) -> Self {
        self.with(|key| key.on_delete = action)
    }

    /// What happens here when the key there changes.
    pub fn on_update(self, action: ReferentialAction) -> Self {
        self.with(|key| key.on_update = action)
    }

    /// A transaction may ask that it is checked at its end.
    pub fn deferrable(self) -> Self {
        self.with(|key| key.deferrable = Deferrable::InitiallyImmediate)
    }

    /// It is checked at the end of the transaction.
    pub fn initially_deferred(self) -> Self {
        self.with(|key| key.deferrable = Deferrable::InitiallyDeferred)
    }

    /// Rows that exist already are not checked (PostgreSQL).
    pub fn not_valid(self) -> Self {
        self.with(|key| key.not_valid = true)
    }
}

impl Recording<'_, PrimaryKey> {
    /// The constraint's name.
    pub fn name(self, name: &str) -> Self {
        self.with(|key| key.name = Some(Name::from(name)))
    }
}

/// What changes of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnAlteration {
    pub(super) ty: Option<Type>,
    pub(super) nullable: Option<bool>,
    pub(super) default: Option<Option<DefaultValue>>,
    pub(super) generated: Option<Option<Generated>>,
    pub(super) autoincrement: Option<bool>,
    pub(super) identity: Option<Identity>,
    pub(super) extra: Option<Option<String>>,
    pub(super) collation: Option<Option<String>>,
    pub(super) comment: Option<Option<String>>,
    pub(super) fill: Option<DefaultValue>,
    pub(super) using: Option<Expression>,
}

impl Recording<'_, ColumnAlteration> {
    /// Another type: `set_type(Type::varchar(100))`, or a spelling of the
    /// database's own.
    pub fn set_type(self, ty: impl Into<Type>) -> Self {
        self.with(|to| to.ty = Some(ty.into()))
    }

    /// NULL may be stored.
    pub fn set_nullable(self) -> Self {
        self.with(|to| to.nullable = Some(true))
    }

    /// NULL may no longer be stored.
    pub fn set_not_null(self) -> Self {
        self.with(|to| to.nullable = Some(false))
    }

    /// Another default.
    pub fn set_default(self, value: impl Value) -> Self {
        self.with(|to| to.default = Some(Some(value.into_value())))
    }

    /// No default.
    pub fn drop_default(self) -> Self {
        self.with(|to| to.default = Some(None))
    }

    /// Computed from other columns and kept on disk.
    pub fn set_generated_stored(self, expression: &str) -> Self {
        self.with(|to| to.generated = Some(Some(generated(expression, true))))
    }

    /// Computed from other columns at each read.
    pub fn set_generated_virtual(self, expression: &str) -> Self {
        self.with(|to| to.generated = Some(Some(generated(expression, false))))
    }

    /// No longer computed.
    pub fn drop_generated(self) -> Self {
        self.with(|to| to.generated = Some(None))
    }

    /// Whether numbers are given by the database and never used twice.
    pub fn set_autoincrement(self, on: bool) -> Self {
        self.with(|to| to.autoincrement = Some(on))
    }

    /// How the database gives the numbers (PostgreSQL).
    pub fn set_identity(self, identity: Identity) -> Self {
        self.with(|to| to.identity = Some(identity))
    }

    /// Other clauses in the database's own words.
    pub fn set_extra(self, clauses: &str) -> Self {
        self.with(|to| to.extra = Some(Some(clauses.to_owned())))
    }

    /// No clauses in the database's own words.
    pub fn drop_extra(self) -> Self {
        self.with(|to| to.extra = Some(None))
    }

    /// Another collation.
    pub fn set_collation(self, collation: &str) -> Self {
        self.with(|to| to.collation = Some(Some(collation.to_owned())))
    }

    /// The default collation.
    pub fn drop_collation(self) -> Self {
        self.with(|to| to.collation = Some(None))
    }

    /// Another comment.
    pub fn set_comment(self, comment: &str) -> Self {
        self.with(|to| to.comment = Some(Some(comment.to_owned())))
    }

    /// No comment.
    pub fn drop_comment(self) -> Self {
        self.with(|to| to.comment = Some(None))
    }

    /// How rows get the values of the new type: an expression of the row as it
    /// was, in the words of the database.
    pub fn using(self, expression: &str) -> Self {
        self.with(|to| to.using = Some(Expression::new(expression)))
    }

    /// What rows get that have NULL when the column becomes NOT NULL.
    pub fn fill(self, value: impl Value) -> Self {
        self.with(|to| to.fill = Some(value.into_value()))
    }
}

/// What changes of the options of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionsAlteration {
    strict: Option<bool>,
    without_rowid: Option<bool>,
    engine: Option<Option<String>>,
    charset: Option<Option<String>>,
    collation: Option<Option<String>>,
    extra: Option<Option<String>>,
}

impl OptionsAlteration {
    /// The options after the change.
    pub(super) fn apply(&self, before: &TableOptions) -> TableOptions {
        TableOptions {
            strict: self.strict.unwrap_or(before.strict),
            without_rowid: self.without_rowid.unwrap_or(before.without_rowid),
            engine: self.engine.clone().unwrap_or(before.engine.clone()),
            charset: self.charset.clone().unwrap_or(before.charset.clone()),
            collation: self.collation.clone().unwrap_or(before.collation.clone()),
            extra: self.extra.clone().unwrap_or(before.extra.clone()),
        }
    }
}

impl Recording<'_, OptionsAlteration> {
    /// SQLite `STRICT`.
    pub fn strict(self, on: bool) -> Self {
        self.with(|to| to.strict = Some(on))
    }

    /// SQLite `WITHOUT ROWID`.
    pub fn without_rowid(self, on: bool) -> Self {
        self.with(|to| to.without_rowid = Some(on))
    }

    /// MySQL `ENGINE`.
    pub fn engine(self, engine: impl OptionalText) -> Self {
        self.with(|to| to.engine = Some(engine.into_text()))
    }

    /// MySQL `CHARSET`.
    pub fn charset(self, charset: impl OptionalText) -> Self {
        self.with(|to| to.charset = Some(charset.into_text()))
    }

    /// Clauses in the database's own words.
    pub fn extra(self, clauses: impl OptionalText) -> Self {
        self.with(|to| to.extra = Some(clauses.into_text()))
    }

    /// MySQL table `COLLATE`.
    pub fn collation(self, collation: impl OptionalText) -> Self {
        self.with(|to| to.collation = Some(collation.into_text()))
    }
}
