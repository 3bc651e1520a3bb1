//! Expressions in SQL.

use std::fmt;

/// An SQL expression as text, without enclosing parentheses that it does not need.
///
/// Two expressions are `==` when their texts are. Whether two different texts
/// mean the same is a question for the dialect or the server
/// ([`crate::diff::Judge`]).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expression(String);

impl Expression {
    /// An expression from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Expression {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
