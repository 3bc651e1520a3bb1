//! Objects that are written in SQL: `view("v")`, `trigger("tr").on("t")`.
//!
//! It owns the words by which a migration names such an object, and the calls
//! about one. It must not know what their SQL says.

use aludel_core::change::Pair;
use aludel_core::object::{Definition, Noun, ObjectChange, ObjectId};
use aludel_core::schema::TableName;

use super::op::Op;
use super::record::{Request, here};

macro_rules! nouns {
    ($($(#[$doc:meta])* $name:ident => $noun:ident,)*) => {
        $(
            $(#[$doc])*
            pub fn $name(name: impl Into<TableName>) -> ObjectId {
                ObjectId::new(Noun::$noun, name)
            }
        )*
    };
}

nouns! {
    /// A view.
    view => View,
    /// A materialised view.
    materialized_view => MaterializedView,
    /// An index of a materialised view: `view_index("ix").on("v")`.
    view_index => Index,
    /// A trigger: `trigger("tr").on("t")`.
    trigger => Trigger,
    /// A function: `function("f").arguments("a integer")`.
    function => Function,
    /// A procedure: `procedure("p").arguments("a integer")`.
    procedure => Procedure,
    /// An aggregate function: `aggregate("f").arguments("text")`.
    aggregate => Aggregate,
    /// A domain.
    domain => Domain,
    /// A composite or range type.
    sql_type => Type,
    /// A sequence that no column owns.
    sequence => Sequence,
    /// An extension.
    extension => Extension,
    /// An event.
    event => Event,
}

/// The calls about objects that are written in SQL.
impl Op {
    /// Makes a view, a trigger or another object by its `CREATE` statement.
    #[track_caller]
    pub fn create_object(&mut self, object: ObjectId, sql: impl Into<String>) {
        let made = defined(object, sql.into());
        self.push(
            Request::Object(Box::new(ObjectChange::Create(made))),
            here(),
        );
    }

    /// Defines an object anew under its name: with `OR REPLACE` where the
    /// database has it, so that what stands upon it stays.
    #[track_caller]
    pub fn replace_object(&mut self, object: ObjectId, sql: impl Into<String>) {
        let before = defined(object.clone(), String::new());
        let pair = Pair::new(before, defined(object, sql.into()));
        self.push(
            Request::Object(Box::new(ObjectChange::Replace(pair))),
            here(),
        );
    }

    /// Takes an object away.
    #[track_caller]
    pub fn drop_object(&mut self, object: ObjectId) {
        let gone = defined(object, String::new());
        self.push(Request::Object(Box::new(ObjectChange::Drop(gone))), here());
    }

    /// Gives an object another name, where the database can.
    #[track_caller]
    pub fn rename_object(&mut self, object: ObjectId, to: impl Into<TableName>) {
        let mut renamed = object.clone();
        renamed.name = to.into();
        let ids = Pair::new(object, renamed);
        self.push(Request::Object(Box::new(ObjectChange::Rename(ids))), here());
    }
}

/// The statement stands on lines of its own in a migration file.
fn defined(id: ObjectId, sql: String) -> Definition {
    let sql = sql.trim().to_owned();
    Definition { id, sql }
}
