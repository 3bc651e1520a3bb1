//! What only the words of a statement tell: for SQL that somebody wrote, of
//! which no operation is known.

use super::{Hazard, HazardKind};
use crate::dialect::{Found, Ground};
use crate::schema::{Column, TableName};
use crate::statement::{Clause, ColumnSaid, Key, Said};

fn hazard(kind: HazardKind, message: String) -> Found {
    Found::new(Hazard::new(kind, message))
}

fn deletes(message: String) -> Found {
    hazard(HazardKind::DeletesData, message)
}

fn breaks(message: String) -> Found {
    hazard(HazardKind::BreaksRunningCode, message)
}

fn may_fail(message: String) -> Found {
    hazard(HazardKind::MayFailOnRows, message)
}

/// The hazards of a statement that are the same on every database.
pub(crate) fn of_statement(said: &Said, ground: &Ground<'_>) -> Vec<Found> {
    match said {
        Said::DropTables(tables) => {
            let known = tables.iter().filter(|t| !ground.is_new(t));
            let both = |t: &TableName| {
                [
                    deletes(format!("every row of `{t}`")),
                    breaks(format!("what still uses `{t}`")),
                ]
            };
            known.flat_map(both).collect()
        }
        Said::RenameTables(pairs) => {
            let known = pairs.iter().filter(|(from, _)| !ground.is_new(from));
            known
                .map(|(from, _)| breaks(format!("what still says `{from}`")))
                .collect()
        }
        Said::AlterTable(table, _) if ground.is_new(table) => Vec::new(),
        Said::AlterTable(table, clauses) => {
            let clauses = clauses.iter();
            clauses.flat_map(|c| of_clause(table, c, ground)).collect()
        }
        Said::CreateIndex(index) if index.unique && !ground.is_new(&index.table) => {
            vec![may_fail(format!(
                "rows of `{}` with equal keys of {}",
                index.table,
                match &index.name {
                    Some(name) => format!("index `{name}`"),
                    None => "the index".to_owned(),
                }
            ))]
        }
        Said::Truncate(tables) => {
            let known = tables.iter().filter(|t| !ground.is_new(t));
            known
                .map(|t| deletes(format!("every row of `{t}`")))
                .collect()
        }
        Said::DeleteAll(table) if !ground.is_new(table) => {
            vec![deletes(format!("every row of `{table}`"))]
        }
        Said::Delete(table) if !ground.is_new(table) => {
            vec![deletes(format!("rows of `{table}`"))]
        }
        Said::Update {
            table,
            columns,
            all,
        } if !ground.is_new(table) => of_update(table, columns, *all, ground),
        Said::RenameEnumValue { ty, from } => {
            vec![breaks(format!("what still says `{from}` of `{ty}`"))]
        }
        Said::DropSchema { name, .. } => vec![
            deletes(format!("everything in `{name}`")),
            breaks(format!("what still uses `{name}`")),
        ],
        Said::DropObject { kind, names } => {
            let names = names.iter();
            names
                .map(|name| breaks(format!("what still uses {kind} `{name}`")))
                .collect()
        }
        Said::RenameObject { kind, name } => {
            vec![breaks(format!("what still says {kind} `{name}`"))]
        }
        _ => Vec::new(),
    }
}

fn of_update(table: &TableName, columns: &[String], all: bool, ground: &Ground<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    if all {
        let message = format!("every row of `{table}` is written again, and locked until then");
        let hazard = Hazard::new(HazardKind::RewritesTable, message);
        found.push(Found::new(hazard.instead(
            "in batches with a `WHERE`, each in a transaction of its own",
        )));
    }
    let fired = ground.fired_by_update(table, columns);
    if !fired.is_empty() {
        let message = format!("those of `{table}`: {}", list(&fired));
        found.push(hazard(HazardKind::FiresTriggers, message));
    }
    found
}

fn of_clause(table: &TableName, clause: &Clause, ground: &Ground<'_>) -> Vec<Found> {
    let column = |name: &str| format!("`{table}.{name}`");
    match clause {
        Clause::AddColumn(said) => of_new_column(table, said),
        Clause::DropColumn(name) => vec![
            deletes(format!("every value of {}", column(name))),
            breaks(format!("what still uses {}", column(name))),
        ],
        Clause::RenameColumn(from, _) => {
            vec![breaks(format!("what still says {}", column(from)))]
        }
        Clause::RenameTable(_) | Clause::SetSchema(_) => {
            vec![breaks(format!("what still says `{table}`"))]
        }
        Clause::ColumnType { column, ty, .. } => of_new_type(table, (column, ty), ground),
        Clause::Modify(from, said) => of_modified(table, (from, said), ground),
        Clause::SetNotNull(name) => of_not_null(table, name, ground),
        Clause::AddPrimaryKey(key) if key.using_index.is_none() => {
            of_key(table, key, "equal or NULL")
        }
        Clause::AddUnique(key) if key.using_index.is_none() => of_key(table, key, "equal"),
        Clause::AddForeignKey { key, references } if !key.not_valid => {
            vec![may_fail(format!(
                "rows of `{table}` whose {} is not in `{references}`",
                list(&key.columns)
            ))]
        }
        Clause::AddCheck {
            expression,
            not_valid: false,
            ..
        } => vec![may_fail(format!(
            "rows of `{table}` for which `{}` is false",
            expression.replace('`', "")
        ))],
        Clause::DropPartition => vec![deletes(format!("every row of a partition of `{table}`"))],
        _ => Vec::new(),
    }
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn of_key(table: &TableName, key: &Key, how: &str) -> Vec<Found> {
    vec![may_fail(format!(
        "rows of `{table}` with {how} {}",
        list(&key.columns)
    ))]
}

fn of_new_column(table: &TableName, said: &ColumnSaid) -> Vec<Found> {
    let has_default = said.default.as_deref().is_some_and(|d| !is_null(d));
    let must = said.not_null && !has_default && !said.numbered && said.generated.is_none();
    if !must {
        return Vec::new();
    }
    vec![
        may_fail(format!(
            "`{table}.{}` is NOT NULL without a value for rows that exist",
            said.name
        )),
        breaks(format!(
            "what inserts into `{table}` without `{}`",
            said.name
        )),
    ]
}

fn is_null(default: &str) -> bool {
    default.eq_ignore_ascii_case("null")
}

fn of_not_null(table: &TableName, name: &str, ground: &Ground<'_>) -> Vec<Found> {
    let known = ground.column(table, name);
    if known.is_some_and(|c| !c.nullable) {
        return Vec::new();
    }
    let column = format!("`{table}.{name}`");
    let mut found = Vec::new();
    if ground.has_null(table, name) {
        found.push(may_fail(format!("rows where {column} is NULL")));
    }
    if known.is_none_or(|c| c.default.is_none()) {
        let who = format!("what still writes NULL into {column}, or leaves it out");
        found.push(breaks(who));
    }
    found
}

/// A type that any text is a value of takes all values.
fn takes_all(ty: &str) -> bool {
    matches!(ty, "text" | "varchar" | "longtext")
}

fn of_new_type(table: &TableName, (column, ty): (&str, &str), ground: &Ground<'_>) -> Vec<Found> {
    let fits = |known: &Column| {
        let to = (ground.read_type)(ty);
        to.is_some_and(|to| super::widening::widens(&known.ty, &to))
    };
    if takes_all(ty) || ground.column(table, column).is_some_and(fits) {
        return Vec::new();
    }
    let column = format!("`{table}.{column}`");
    vec![
        may_fail(format!("values of {column} that do not fit its new type")),
        breaks(format!("what still uses {column} as what it was before")),
    ]
}

fn of_modified(
    table: &TableName,
    (from, said): (&str, &ColumnSaid),
    ground: &Ground<'_>,
) -> Vec<Found> {
    let mut found = of_new_type(table, (from, &said.ty), ground);
    if said.not_null && !said.numbered && said.default.is_none() {
        found.extend(of_not_null(table, from, ground));
    }
    if !from.eq_ignore_ascii_case(&said.name) {
        found.push(breaks(format!("what still says `{table}.{from}`")));
    }
    found
}
