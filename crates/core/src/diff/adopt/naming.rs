//! Names for what is new.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::table::Unnamed;
use crate::diff::{Judge, Naming};
use crate::operation::identifiers;
use crate::operation::part::Part;
use crate::schema::{
    Check, Expression, ForeignKey, Index, IndexTarget, Name, Schema, Table, TableName,
};

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
        if let Some(mut key) = new.primary_key {
            key.name = naming
                .primary_key
                .as_ref()
                .map(|pattern| self.name(pattern, table, &joined(&key.columns), ""));
            table.primary_key = Some(key);
        }
        for mut unique in new.uniques {
            let columns = joined(&unique.columns);
            unique.name = Some(self.name(&naming.unique, table, &columns, ""));
            table.uniques.push(unique);
        }
        for mut key in new.foreign_keys {
            key.name = Some(self.foreign_key(&key, table, naming));
            table.foreign_keys.push(key);
        }
        for mut check in new.checks {
            let columns = mentioned(&check, table);
            check.name = Some(self.name(&naming.check, table, &columns, ""));
            table.checks.push(check);
        }
        for mut index in new.indexes {
            let columns = indexed(&index, table);
            index.name = Some(self.name(&naming.index, table, &columns, ""));
            table.indexes.push(index);
        }
    }

    fn foreign_key(&mut self, key: &ForeignKey, table: &Table, naming: &Naming) -> Name {
        let other = key.references.name.as_str();
        self.name(&naming.foreign_key, table, &joined(&key.columns), other)
    }

    fn name(&mut self, pattern: &str, table: &Table, columns: &str, other: &str) -> Name {
        let full = pattern
            .replace("{table}", table.name.name.as_str())
            .replace("{columns}", columns)
            .replace("{referred_table}", other);
        let full = full.trim_end_matches('_');
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
