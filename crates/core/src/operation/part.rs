//! What the parts of a table that are not columns have in common.

use super::identifiers;
use crate::schema::{
    Check, Expression, ForeignKey, Index, IndexTarget, Name, PrimaryKey, Table, Unique,
};

/// A key, a constraint or an index.
pub(crate) trait Part: Clone + PartialEq {
    /// What it is called in messages.
    const NOUN: &'static str;

    /// Its name.
    fn name(&self) -> Option<&Name>;
    /// Gives it another name.
    fn set_name(&mut self, name: Option<Name>);
    /// The clauses that no model can say.
    fn extra(&self) -> Option<&str>;
    /// Gives it other ones.
    fn set_extra(&mut self, extra: Option<String>);
    /// The columns of its table that it lists.
    fn columns(&self) -> Vec<&Name>;
    /// The expressions over the columns of its table.
    fn expressions(&self) -> Vec<&Expression>;
    /// What it is made of, for messages about one without a name.
    fn made_of(&self) -> String;

    /// Its name, or what it is made of, in backticks.
    fn label(&self) -> String {
        match self.name() {
            Some(name) => format!("`{name}`"),
            None => self.made_of(),
        }
    }

    /// Whether it uses the column of its table.
    fn uses(&self, column: &Name, table: &Table) -> bool {
        self.columns().contains(&column)
            || self
                .expressions()
                .iter()
                .any(|e| identifiers::mentions(e, column, table))
    }
}

/// Names in backticks, in parentheses.
pub(crate) fn listed(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    format!("({})", names.join(", "))
}

impl Part for PrimaryKey {
    const NOUN: &'static str = "primary key";

    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }
    fn set_name(&mut self, name: Option<Name>) {
        self.name = name;
    }
    fn extra(&self) -> Option<&str> {
        self.extra.as_deref()
    }
    fn set_extra(&mut self, extra: Option<String>) {
        self.extra = extra;
    }
    fn columns(&self) -> Vec<&Name> {
        self.columns.iter().collect()
    }
    fn expressions(&self) -> Vec<&Expression> {
        Vec::new()
    }
    fn made_of(&self) -> String {
        let part = |(name, prefix): (&Name, Option<u32>)| match prefix {
            Some(length) => format!("`{name}` ({length})"),
            None => format!("`{name}`"),
        };
        let parts: Vec<String> = self.parts().map(part).collect();
        format!("({})", parts.join(", "))
    }
}

impl Part for Unique {
    const NOUN: &'static str = "unique constraint";

    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }
    fn set_name(&mut self, name: Option<Name>) {
        self.name = name;
    }
    fn extra(&self) -> Option<&str> {
        self.extra.as_deref()
    }
    fn set_extra(&mut self, extra: Option<String>) {
        self.extra = extra;
    }
    fn columns(&self) -> Vec<&Name> {
        self.columns.iter().chain(&self.include).collect()
    }
    fn expressions(&self) -> Vec<&Expression> {
        Vec::new()
    }
    fn made_of(&self) -> String {
        listed(&self.columns)
    }
}

impl Part for Index {
    const NOUN: &'static str = "index";

    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }
    fn set_name(&mut self, name: Option<Name>) {
        self.name = name;
    }
    fn extra(&self) -> Option<&str> {
        self.extra.as_deref()
    }
    fn set_extra(&mut self, extra: Option<String>) {
        self.extra = extra;
    }
    fn columns(&self) -> Vec<&Name> {
        let keys = self.keys.iter().filter_map(|k| match &k.target {
            IndexTarget::Column(name) => Some(name),
            IndexTarget::Expression(_) => None,
        });
        keys.chain(&self.include).collect()
    }
    fn expressions(&self) -> Vec<&Expression> {
        let keys = self.keys.iter().filter_map(|k| match &k.target {
            IndexTarget::Column(_) => None,
            IndexTarget::Expression(expression) => Some(expression),
        });
        keys.chain(&self.predicate).collect()
    }
    fn made_of(&self) -> String {
        let keys: Vec<String> = self
            .keys
            .iter()
            .map(|k| match &k.target {
                IndexTarget::Column(name) => format!("`{name}`"),
                IndexTarget::Expression(expression) => format!("`{expression}`"),
            })
            .collect();
        format!("({})", keys.join(", "))
    }
}

impl Part for ForeignKey {
    const NOUN: &'static str = "foreign key";

    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }
    fn set_name(&mut self, name: Option<Name>) {
        self.name = name;
    }
    fn extra(&self) -> Option<&str> {
        self.extra.as_deref()
    }
    fn set_extra(&mut self, extra: Option<String>) {
        self.extra = extra;
    }
    fn columns(&self) -> Vec<&Name> {
        self.columns.iter().collect()
    }
    fn expressions(&self) -> Vec<&Expression> {
        Vec::new()
    }
    fn made_of(&self) -> String {
        format!("{} to `{}`", listed(&self.columns), self.references)
    }
}

impl Part for Check {
    const NOUN: &'static str = "check";

    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }
    fn set_name(&mut self, name: Option<Name>) {
        self.name = name;
    }
    fn extra(&self) -> Option<&str> {
        self.extra.as_deref()
    }
    fn set_extra(&mut self, extra: Option<String>) {
        self.extra = extra;
    }
    fn columns(&self) -> Vec<&Name> {
        Vec::new()
    }
    fn expressions(&self) -> Vec<&Expression> {
        vec![&self.expression]
    }
    fn made_of(&self) -> String {
        format!("`{}`", self.expression)
    }
}
