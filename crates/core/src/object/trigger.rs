//! Which triggers an `UPDATE` fires.
//!
//! Owns what the head of a `CREATE TRIGGER` says of the events. What stands in
//! the body, and whether it does anything, is not looked at.

use super::read::name_at;
use crate::dialect::{Dialect, ObjectKind, SqlObject};
use crate::schema::TableName;

/// A trigger that an `UPDATE` fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnUpdate {
    /// Its name.
    pub name: String,
    /// The table.
    pub table: TableName,
    /// The columns whose change fires it; any where there are none.
    pub columns: Vec<String>,
}

impl OnUpdate {
    /// Whether it is one of that table.
    pub(crate) fn is_on(&self, table: &TableName) -> bool {
        let table = table.to_string();
        self.table.to_string().eq_ignore_ascii_case(&table)
    }

    /// Whether a statement that sets these columns of the table fires it.
    pub fn fires(&self, table: &TableName, columns: &[String]) -> bool {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let of = |column: &String| columns.iter().any(|set| same(set, column));
        self.is_on(table)
            && (self.columns.is_empty() || columns.is_empty() || self.columns.iter().any(of))
    }
}

/// The triggers of a database that an `UPDATE` fires.
pub fn fired_by_update(
    dialect: &dyn Dialect,
    objects: &[SqlObject],
    default: &str,
) -> Vec<OnUpdate> {
    let triggers = objects.iter().filter(|o| o.kind == ObjectKind::Trigger);
    triggers
        .filter_map(|trigger| on_update(dialect, &trigger.sql, default))
        .collect()
}

/// What the statement that makes a trigger says; `None` where no `UPDATE` fires
/// it.
pub(crate) fn on_update(dialect: &dyn Dialect, sql: &str, default: &str) -> Option<OnUpdate> {
    let words = dialect.words(sql).ok()?;
    words.first().filter(|word| word.is("create"))?;
    let mut at = words.iter().position(|word| word.is("trigger"))? + 1;
    let is = |at: usize, text: &str| words.get(at).is_some_and(|word| word.is(text));
    if is(at, "if") && is(at + 1, "not") {
        at += 3;
    }
    let (name, length) = name_at(&words, at)?;
    let rest = words.get(at + length..)?;
    let events = rest.get(..rest.iter().position(|word| word.is("on"))?)?;
    let update = events.iter().position(|word| word.is("update"))?;
    let (table, _) = name_at(rest, events.len() + 1)?;
    let mut columns = Vec::new();
    if events.get(update + 1).is_some_and(|word| word.is("of")) {
        let listed = events.iter().skip(update + 2);
        let listed = listed.take_while(|word| !word.is("or"));
        columns = listed.filter_map(|word| word.name.clone()).collect();
    }
    let schema = table.schema.filter(|schema| *schema != default);
    Some(OnUpdate {
        name: name.name.to_string(),
        table: TableName {
            schema,
            name: table.name,
        },
        columns,
    })
}

/// The name of the trigger that a statement drops.
pub(crate) fn dropped_trigger(dialect: &dyn Dialect, sql: &str) -> Option<String> {
    let words = dialect.words(sql).ok()?;
    let is = |at: usize, text: &str| words.get(at).is_some_and(|word| word.is(text));
    if !is(0, "drop") || !is(1, "trigger") {
        return None;
    }
    let at = if is(2, "if") { 4 } else { 2 };
    name_at(&words, at).map(|(name, _)| name.name.to_string())
}

#[cfg(all(test, feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod tests {
    use super::*;

    fn found(dialect: &str, sql: &str) -> Option<OnUpdate> {
        on_update(crate::dialect::named(dialect)?, sql, "public")
    }

    fn trigger(table: &str, columns: &[&str]) -> Option<OnUpdate> {
        Some(OnUpdate {
            name: "tr".into(),
            table: TableName::new(table),
            columns: columns.iter().map(|&c| c.to_owned()).collect(),
        })
    }

    #[test]
    fn the_head_of_a_trigger_says_what_fires_it() {
        for (dialect, sql, expected) in [
            (
                "sqlite",
                "CREATE TRIGGER tr AFTER UPDATE OF a, \"b\" ON t BEGIN SELECT 1; END",
                trigger("t", &["a", "b"]),
            ),
            (
                "sqlite",
                "CREATE TRIGGER IF NOT EXISTS tr INSERT ON t BEGIN UPDATE t SET a = 1; END",
                None,
            ),
            (
                "postgres",
                "CREATE TRIGGER tr BEFORE INSERT OR UPDATE OF a OR DELETE ON public.t FOR EACH ROW \
                 EXECUTE FUNCTION f()",
                trigger("t", &["a"]),
            ),
            (
                "postgres",
                "CREATE CONSTRAINT TRIGGER tr AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
                trigger("t", &[]),
            ),
            (
                "mysql",
                "CREATE DEFINER=`a`@`b` TRIGGER `tr` BEFORE UPDATE ON `t` FOR EACH ROW SET @a = 1",
                trigger("t", &[]),
            ),
            (
                "mysql",
                "CREATE TRIGGER `tr` BEFORE DELETE ON `t` FOR EACH ROW SET @a = 1",
                None,
            ),
        ] {
            assert_eq!(found(dialect, sql), expected, "{sql}");
        }
    }

    #[test]
    fn one_that_waits_for_other_columns_is_not_fired() {
        let table = TableName::new("t");
        let fires = |trigger: Option<OnUpdate>, set: &[&str]| {
            let set: Vec<String> = set.iter().map(|&c| c.to_owned()).collect();
            trigger.is_some_and(|trigger| trigger.fires(&table, &set))
        };
        assert!(fires(trigger("t", &[]), &["a"]));
        assert!(fires(trigger("t", &["b", "A"]), &["a"]));
        assert!(!fires(trigger("t", &["b"]), &["a"]));
        assert!(!fires(trigger("u", &[]), &["a"]));
    }
}
