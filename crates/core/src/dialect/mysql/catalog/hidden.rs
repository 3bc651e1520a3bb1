//! What MariaDB keeps from a user who may only read: what foreign keys do. It
//! stands in the statement that makes the table, which such a user may see.

use std::collections::BTreeSet;

use super::queries::Asked;
use super::rows::Row;
use crate::dialect::TextRow;
use crate::dialect::mysql::name::quote;

/// A table, with its database in front.
type Place<'a> = (&'a str, &'a str);

/// The statements that tell the rest; none where nothing was kept back.
pub(in crate::dialect::mysql) fn queries(answers: &[Vec<TextRow>]) -> Vec<String> {
    let show = |(schema, table): Place<'_>| {
        let (schema, table) = (quote(schema), quote(table));
        format!("SHOW CREATE TABLE {schema}.{table}")
    };
    places(answers).into_iter().map(show).collect()
}

/// The tables with foreign keys of which nothing more was told.
fn places(answers: &[Vec<TextRow>]) -> BTreeSet<Place<'_>> {
    let rows = |asked: Asked| {
        let at = Asked::LIST.iter().position(|a| *a == asked);
        let rows = at.and_then(|at| answers.get(at + 1));
        rows.map(Vec::as_slice).unwrap_or_default()
    };
    let key = |row| -> Option<(&str, &str, &str)> {
        let row = Row(row);
        Some((row.get(0)?, row.get(1)?, row.get(2)?))
    };
    let told: BTreeSet<_> = rows(Asked::References).iter().filter_map(key).collect();
    let keys = rows(Asked::KeyColumns).iter().filter_map(key);
    keys.filter(|key| !told.contains(key))
        .map(|(schema, table, _)| (schema, table))
        .collect()
}

/// The rows that were kept back, from what [`queries`] gave.
pub(super) fn rules(answers: &[Vec<TextRow>], shown: &[Vec<TextRow>]) -> Vec<TextRow> {
    let mut rules = Vec::new();
    for ((schema, table), rows) in places(answers).into_iter().zip(shown) {
        let text = rows.first().and_then(|row| Row(row).get(1));
        for line in text.unwrap_or_default().lines() {
            let Some((name, delete, update)) = foreign_key(line) else {
                continue;
            };
            let row = [schema, table, &name, delete, update];
            rules.push(row.map(|value| Some(value.to_owned())).to_vec());
        }
    }
    rules
}

/// The name and the actions of the foreign key on a line.
fn foreign_key(line: &str) -> Option<(String, &str, &str)> {
    let rest = line.trim().strip_prefix("CONSTRAINT `")?;
    let (quoted, rest) = rest.split_once("` FOREIGN KEY (")?;
    let (_, actions) = rest.trim_end_matches(',').rsplit_once(')')?;
    let action = |on: &str| {
        let said = actions.split_once(on).map(|(_, rest)| rest);
        let said = said.map(|rest| rest.split(" ON ").next().unwrap_or(rest));
        said.unwrap_or("RESTRICT")
    };
    let name = quoted.replace("``", "`");
    Some((name, action(" ON DELETE "), action(" ON UPDATE ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_keys_are_found_on_their_lines() {
        let key = |line| foreign_key(line);
        let plain = "  CONSTRAINT `fk` FOREIGN KEY (`a`) REFERENCES `t` (`id`)";
        assert_eq!(key(plain), Some(("fk".into(), "RESTRICT", "RESTRICT")));
        let both = "  CONSTRAINT `f``k` FOREIGN KEY (`a`, `b`) REFERENCES `t (x)` (`id`, `c`) \
                    ON DELETE SET NULL ON UPDATE CASCADE,";
        assert_eq!(key(both), Some(("f`k".into(), "SET NULL", "CASCADE")));
        let update = "CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `t` (`id`) ON UPDATE NO ACTION";
        assert_eq!(key(update), Some(("k".into(), "RESTRICT", "NO ACTION")));
        assert_eq!(key("  CONSTRAINT `c` CHECK (`a` > 0)"), None);
        assert_eq!(key("  `a` int(11) COMMENT 'x` FOREIGN KEY ('"), None);
    }
}
