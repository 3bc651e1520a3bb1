//! Values of keys, and a list of keys with their values.

use aludel_core::schema::{DefaultValue, ReferentialAction};
use proc_macro2::Span;

use super::list::{FieldRef, List};
use super::{Key, Place};

/// What stands after a key.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Nothing.
    Nothing,
    /// A text.
    Text(String),
    /// A literal or `sql(..)`.
    Default(DefaultValue),
    /// A referential action.
    Action(ReferentialAction),
    /// Names of fields.
    Fields(Vec<FieldRef>),
    /// Everything in parentheses.
    List(Box<List>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: &'static Key,
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// The keys that were given in one place.
#[derive(Debug, Clone)]
pub(crate) struct Entries {
    pub(crate) place: Place,
    pub(crate) list: Vec<Entry>,
}

impl Entries {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            list: Vec::new(),
        }
    }

    /// All entries of that key.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.list.iter().filter(move |entry| entry.key.name == name)
    }

    /// The entry of that key.
    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.list.iter().find(|entry| entry.key.name == name)
    }

    /// Where the key stands, if it was given.
    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        self.get(name).map(|entry| entry.span)
    }

    /// Whether the key was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The text of that key.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match &self.get(name)?.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The literal or expression of that key.
    pub(crate) fn default(&self, name: &str) -> Option<DefaultValue> {
        match &self.get(name)?.value {
            Value::Default(value) => Some(value.clone()),
            _ => None,
        }
    }

    /// The action of that key.
    pub(crate) fn action(&self, name: &str) -> Option<ReferentialAction> {
        match &self.get(name)?.value {
            Value::Action(action) => Some(*action),
            _ => None,
        }
    }

    /// The fields of that key.
    pub(crate) fn fields(&self, name: &str) -> Vec<FieldRef> {
        match self.get(name).map(|entry| &entry.value) {
            Some(Value::Fields(fields)) => fields.clone(),
            _ => Vec::new(),
        }
    }
}

impl Entry {
    /// The list of a key that takes one; an empty one where the key stood alone.
    pub(crate) fn list(&self, place: Place) -> List {
        match &self.value {
            Value::List(list) => (**list).clone(),
            _ => List::new(place),
        }
    }
}
