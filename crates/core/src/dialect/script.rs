//! The statements of a file, judged as they follow each other.
//!
//! Owns what one statement means for those after it: a table that was just
//! made has no rows, and one that is made again under its name is not lost. It
//! must not know any dialect.

use std::collections::BTreeSet;

use super::{Dialect, Found, Ground, Known, Server};
use crate::hazard::{Hazard, HazardKind, in_order};
use crate::schema::TableName;

/// What a statement does to whole tables, and whether it changes the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The table that it makes.
    pub creates: Option<TableName>,
    /// The tables that it drops.
    pub drops: Vec<TableName>,
    /// The tables that it gives other names, before and after.
    pub renames: Vec<(TableName, TableName)>,
    /// Whether it changes the schema.
    pub changes_schema: bool,
}

/// The hazards of statements of one migration, one list a statement. What is
/// known of the database before them becomes what is known behind them; the
/// tables are told that the migration has made before.
pub fn judge_script<S: AsRef<str>>(
    dialect: &dyn Dialect,
    statements: &[S],
    known: &mut Known,
    server: &Server,
    new: &BTreeSet<TableName>,
) -> Vec<Vec<Hazard>> {
    let outlines: Vec<Outline> = statements
        .iter()
        .map(|sql| dialect.outline(sql.as_ref()))
        .collect();
    let mut new = new.clone();
    let mut all = Vec::with_capacity(statements.len());
    for (at, sql) in statements.iter().enumerate() {
        let outline = &outlines[at];
        let mut hazards = match made_again(&outlines, at, &new) {
            Some(table) => of_rebuild(table),
            None => {
                let is_new = |table: &TableName| new.contains(table);
                let mut ground = Ground::new(server, &is_new).triggers(&known.triggers);
                ground.schema = known.schema.as_ref();
                let found = dialect.judge(sql.as_ref(), &ground).into_iter();
                found.map(|Found { hazard, .. }| hazard).collect()
            }
        };
        in_order(&mut hazards);
        all.push(hazards);
        known.follow(dialect, sql.as_ref(), server);
        new.extend(outline.creates.clone());
        for (from, to) in &outline.renames {
            // What had the name before has rows.
            let replaces = outlines[..at].iter().any(|o| o.drops.contains(to));
            if new.remove(from) && !replaces {
                new.insert(to.clone());
            }
        }
    }
    if !dialect.is_transactional() {
        note_first(&outlines, &mut all);
    }
    all
}

/// The table that a statement drops and a later one makes again, of a new one
/// that has its rows.
fn made_again<'o>(
    outlines: &'o [Outline],
    at: usize,
    new: &BTreeSet<TableName>,
) -> Option<&'o TableName> {
    let [table] = outlines.get(at)?.drops.as_slice() else {
        return None;
    };
    let later = outlines[at..].iter().flat_map(|o| &o.renames);
    let mut later = later.filter(|(from, to)| to == table && new.contains(from));
    later.next().map(|_| table)
}

fn of_rebuild(table: &TableName) -> Vec<Hazard> {
    let rows = format!("every row of `{table}`");
    let writers = format!("`{table}` until then");
    vec![
        Hazard::new(HazardKind::RewritesTable, rows),
        Hazard::new(HazardKind::BlocksWrites, writers).note(),
    ]
}

/// Where every statement commits by itself, that is said once.
fn note_first(outlines: &[Outline], all: &mut [Vec<Hazard>]) {
    let mut places = outlines
        .iter()
        .enumerate()
        .filter(|(_, o)| o.changes_schema);
    let (Some((first, _)), Some(_)) = (places.next(), places.next()) else {
        return;
    };
    if let Some(hazards) = all.get_mut(first) {
        hazards.push(each_commits());
    }
}

/// The hazard of a migration of several statements, each of which commits by
/// itself.
pub(super) fn each_commits() -> Hazard {
    let message = "every statement of the migration commits by itself";
    Hazard::new(HazardKind::NotTransactional, message)
}

#[cfg(all(test, feature = "sqlite", feature = "mysql"))]
mod tests {
    use super::*;
    use crate::dialect::mysql::MySql;
    use crate::dialect::sqlite::Sqlite;

    fn told(dialect: &dyn Dialect, statements: &[&str]) -> Vec<Vec<String>> {
        let server = Server::default();
        let mut known = Known::default();
        let all = judge_script(dialect, statements, &mut known, &server, &BTreeSet::new());
        let words = |hazards: Vec<Hazard>| hazards.iter().map(ToString::to_string).collect();
        all.into_iter().map(words).collect()
    }

    #[test]
    fn a_table_that_is_made_again_is_not_lost() {
        let rebuild = [
            "CREATE TABLE _new (a)",
            "INSERT INTO _new SELECT a FROM t",
            "DROP TABLE t",
            "ALTER TABLE _new RENAME TO t",
            "DROP TABLE t",
        ];
        let told = told(&Sqlite, &rebuild);
        assert_eq!(told[2][0], "rewrites the table: every row of `t`");
        assert_eq!(told[3], [""; 0]);
        assert_eq!(told[4][0], "deletes data: every row of `t`");
    }

    #[test]
    fn a_table_that_was_just_made_has_nothing_to_lose() {
        let made = ["CREATE TABLE t (a)", "ALTER TABLE t DROP a", "DROP TABLE t"];
        assert_eq!(told(&Sqlite, &made).concat(), [""; 0]);
    }

    #[test]
    fn that_every_statement_commits_is_said_once() {
        let two = [
            "SELECT 1",
            "CREATE TABLE t (a int)",
            "CREATE TABLE u (a int)",
        ];
        let each = "not transactional: every statement of the migration commits by itself";
        assert_eq!(told(&MySql::MARIADB, &two)[1], [each]);
        assert_eq!(told(&MySql::MARIADB, &two).concat().len(), 1);
        assert_eq!(told(&MySql::MARIADB, &two[..2]).concat(), [""; 0]);
        assert_eq!(told(&Sqlite, &two).concat(), [""; 0]);
    }
}
