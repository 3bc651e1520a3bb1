//! Names for what is new.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::table::Unnamed;
use crate::diff::parts::Compared;
use crate::diff::{Judge, Naming};
use crate::operation::identifiers;
use crate::operation::part::Part;
use crate::schema::{
    Check, Expression, ForeignKey, Index, IndexTarget, Name, PrimaryKey, Schema, Table, TableName,
    Unique,
};

/// A part of a table that a pattern names.
pub(super) trait Patterned: Compared {
    /// The pattern with the words of the part in it, of any length; none where
    /// the database gives the name.
    fn by_pattern(&self, table: &Table, naming: &Naming) -> Option<String>;
}

impl Patterned for PrimaryKey {
    fn by_pattern(&self, table: &Table, naming: &Naming) -> Option<String> {
        let pattern = naming.primary_key.as_ref()?;
        Some(filled(pattern, table, &joined(&self.columns), ""))
    }
}

impl Patterned for Unique {
    fn by_pattern(&self, table: &Table, naming: &Naming) -> Option<String> {
        Some(filled(&naming.unique, table, &joined(&self.columns), ""))
    }
}

impl Patterned for ForeignKey {
    fn by_pattern(&self, table: &Table, naming: &Naming) -> Option<String> {
        let other = self.references.name.as_str();
        let columns = joined(&self.columns);
        Some(filled(&naming.foreign_key, table, &columns, other))
    }
}

impl Patterned for Check {
    fn by_pattern(&self, table: &Table, naming: &Naming) -> Option<String> {
        Some(filled(&naming.check, table, &mentioned(self, table), ""))
    }
}

impl Patterned for Index {
    fn by_pattern(&self, table: &Table, naming: &Naming) -> Option<String> {
        Some(filled(&naming.index, table, &indexed(self, table), ""))
    }
}

fn filled(pattern: &str, table: &Table, columns: &str, other: &str) -> String {
    let name = pattern
        .replace("{table}", table.name.name.as_str())
        .replace("{columns}", columns)
        .replace("{referred_table}", other);
    name.trim_end_matches('_').to_owned()
}

/// Whether a part has the name that it would get if it were new.
pub(super) fn is_usual<T: Patterned>(
    part: &T,
    table: &Table,
    naming: &Naming,
    judge: &Judge<'_>,
) -> bool {
    let usual = part.by_pattern(table, naming);
    let usual = usual.map(|name| (judge.fold_name)(&cut(&name, naming.limit)));
    usual.is_some() && usual == part.name().map(|name| (judge.fold_name)(name.as_str()))
}

/// Puts the new parts into their tables, each under a name that nothing else in
/// the schema has.
pub(super) fn give_names(
    schema: &mut Schema,
    unnamed: Vec<(TableName, Unnamed)>,
    naming: &Naming,
    judge: &Judge<'_>,
) {
    let mut register = Register {
        taken: taken(schema, judge),
        limit: naming.limit,
        judge,
    };
    for (name, new) in unnamed {
        if let Some(table) = schema.tables.get_mut(&name) {
            register.name_parts(table, new, naming);
        }
    }
}

fn taken(schema: &Schema, judge: &Judge<'_>) -> BTreeSet<String> {
    fn names<T: Part>(parts: &[T]) -> impl Iterator<Item = &Name> {
        parts.iter().filter_map(Part::name)
    }
    let mut taken = BTreeSet::new();
    for table in schema.tables.values() {
        let parts = names(&table.uniques)
            .chain(names(&table.foreign_keys))
            .chain(names(&table.checks))
            .chain(names(&table.indexes))
            .chain(names(table.primary_key.as_slice()));
        let all = parts.chain([&table.name.name]);
        taken.extend(all.map(|name| (judge.fold_name)(name.as_str())));
    }
    taken
}

/// The names that are taken.
struct Register<'a> {
    taken: BTreeSet<String>,
    limit: usize,
    judge: &'a Judge<'a>,
}

impl Register<'_> {
    fn name_parts(&mut self, table: &mut Table, new: Unnamed, naming: &Naming) {
        let named = self.named(new.primary_key.into_iter().collect(), table, naming);
        table.primary_key = named.into_iter().next().or(table.primary_key.take());
        let named = self.named(new.uniques, table, naming);
        table.uniques.extend(named);
        let named = self.named(new.foreign_keys, table, naming);
        table.foreign_keys.extend(named);
        let named = self.named(new.checks, table, naming);
        table.checks.extend(named);
        let named = self.named(new.indexes, table, naming);
        table.indexes.extend(named);
    }

    /// The parts, with names.
    fn named<T: Patterned>(&mut self, mut new: Vec<T>, table: &Table, naming: &Naming) -> Vec<T> {
        for part in &mut new {
            let full = part.by_pattern(table, naming);
            part.set_name(full.map(|full| self.free(&full)));
        }
        new
    }

    /// A name that nothing else has.
    fn free(&mut self, full: &str) -> Name {
        let mut name = cut(full, self.limit);
        let mut n = 1;
        while !self.taken.insert((self.judge.fold_name)(&name)) {
            n += 1;
            name = cut(&format!("{full}_{n}"), self.limit);
        }
        Name::new(name)
    }
}

/// A name within the limit: what is too long ends with a hash of all of it.
fn cut(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    let hash: String = Sha256::digest(name.as_bytes())
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut end = limit.saturating_sub(hash.len() + 1);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{hash}", name.get(..end).unwrap_or_default())
}

fn joined(names: &[Name]) -> String {
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    names.join("_")
}

fn mentioned(check: &Check, table: &Table) -> String {
    joined(&identifiers::mentioned(&check.expression, table))
}

fn indexed(index: &Index, table: &Table) -> String {
    let keys: Vec<String> = index
        .keys
        .iter()
        .map(|key| match &key.target {
            IndexTarget::Column(name) => name.to_string(),
            IndexTarget::Expression(expression) => in_words(expression, table),
        })
        .collect();
    keys.join("_")
}

/// The columns of an expression; `expr` where it has none.
fn in_words(expression: &Expression, table: &Table) -> String {
    let columns = identifiers::mentioned(expression, table);
    if columns.is_empty() {
        "expr".to_owned()
    } else {
        joined(&columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_without_colliding() {
        let (a, b) = (
            format!("{}a", "é".repeat(40)),
            format!("{}b", "é".repeat(40)),
        );
        assert!(cut(&a, 63).len() <= 63);
        assert_ne!(cut(&a, 63), cut(&b, 63));
        assert_eq!(cut("ix_t_a", 63), "ix_t_a");
    }
}
