//! Add, drop, alter, rename: said once for every noun.

use crate::schema::Name;

/// Two of a thing: how it is, and how it will be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pair<T> {
    /// Before.
    pub from: T,
    /// After.
    pub to: T,
}

impl<T> Pair<T> {
    /// A pair.
    pub fn new(from: T, to: T) -> Self {
        Self { from, to }
    }

    /// The way back.
    #[must_use]
    pub fn reverse(self) -> Self {
        Self {
            from: self.to,
            to: self.from,
        }
    }

    /// The same done to both.
    pub fn map<U>(self, each: impl Fn(T) -> U) -> Pair<U> {
        Pair {
            from: each(self.from),
            to: each(self.to),
        }
    }

    /// The same pair, borrowed.
    pub fn as_ref(&self) -> Pair<&T> {
        Pair {
            from: &self.from,
            to: &self.to,
        }
    }
}

/// What happens to one thing. It carries what it destroys, so the way back is
/// always known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T> {
    /// It comes into being.
    Add(T),
    /// It goes away; the value is what it was.
    Drop(T),
    /// It stays under its name and becomes something else.
    Alter(Pair<T>),
    /// It stays what it is under another name.
    Rename(Pair<Name>),
}

impl<T> Change<T> {
    /// The way back.
    #[must_use]
    pub fn reverse(self) -> Self {
        match self {
            Self::Add(t) => Self::Drop(t),
            Self::Drop(t) => Self::Add(t),
            Self::Alter(pair) => Self::Alter(pair.reverse()),
            Self::Rename(pair) => Self::Rename(pair.reverse()),
        }
    }
}
